//! The request log and the counters, written as requests come and answers leave. Times are the exchange's own.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use crate::exchange::faults::{Class, Kind, RequestInfo};
use crate::exchange::io::{ConnId, Input, Output};
use crate::exchange::world::World;

/// Requests remembered.
pub const KEPT: usize = 5_000;
/// Of a frame or a path, at most.
const LONGEST: usize = 4_096;
/// Names counted apart; a client may invent paths without end.
const NAMES: usize = 1_000;

#[derive(Debug, Default)]
struct Entry {
    n: u64,
    at_ms: u64,
    conn: ConnId,
    /// Of an HTTP request: method and target as they came.
    method: String,
    target: String,
    /// Of a WebSocket: the frame as it came, but for logins.
    text: String,
    /// What the gate made of it.
    kind: &'static str,
    account: String,
    name: String,
    cl_ord_id: String,
    /// The raw target, or operation and args of a subscription.
    detail: String,
    /// Of the answer, once there is one.
    status: Option<u16>,
    code: String,
}

#[derive(Debug, Default)]
pub struct Journal {
    entries: VecDeque<Entry>,
    written: u64,
    /// The newest request of a connection, while it is not answered.
    open: BTreeMap<ConnId, u64>,
    requests: BTreeMap<String, u64>,
    codes: BTreeMap<String, u64>,
    pushes: BTreeMap<String, u64>,
    pings: u64,
    connects: u64,
    closes: u64,
}

impl Journal {
    /// A request or a frame is about to be done.
    pub fn came(&mut self, world: &World, input: &Input) {
        let mut entry = Entry { n: self.written + 1, at_ms: world.now_ms(), ..Entry::default() };
        match input {
            Input::Http { conn, request, .. } => {
                entry.conn = *conn;
                entry.method = short(&request.method);
                entry.target = short(&request.target);
            }
            Input::Text { text, .. } if text == b"ping" => {
                self.pings += 1;
                return;
            }
            Input::Text { conn, text } => {
                entry.conn = *conn;
                let head = String::from_utf8_lossy(text.get(..text.len().min(LONGEST)).unwrap_or_default());
                entry.text = if is_secret(&head) { r#"{"op":"login"}"#.to_owned() } else { head.into_owned() };
            }
            _ => return,
        }
        self.written += 1;
        self.open.insert(entry.conn, self.written);
        self.entries.push_back(entry);
        if self.entries.len() > KEPT {
            self.entries.pop_front();
        }
    }

    /// The gate found out what it is, and whose.
    pub fn named(&mut self, world: &World, request: &RequestInfo<'_>) {
        let name = match request.kind {
            Kind::Subscribe => format!("subscribe {}", request.endpoint),
            Kind::Connect => format!("connect {}", request.endpoint),
            _ => request.endpoint.to_owned(),
        };
        let name: String = name.chars().take(100).collect();
        count(&mut self.requests, &name);
        let Some(entry) = self.open.get(&request.conn).copied().and_then(|n| self.entry(n)) else { return };
        entry.kind = match request.kind {
            Kind::Rest | Kind::RestRead => "rest",
            Kind::WsOp => "op",
            Kind::Subscribe => "subscribe",
            Kind::Login => "login",
            Kind::Connect => "connect",
        };
        entry.account = request.account.map_or_else(String::new, |ix| world.account(ix).label.clone());
        entry.name = name;
        entry.cl_ord_id = request.cl_ord_id.unwrap_or_default().chars().take(64).collect();
        entry.detail = if is_secret(request.detail) { String::new() } else { short(request.detail) };
    }

    fn entry(&mut self, n: u64) -> Option<&mut Entry> {
        let first = self.entries.front()?.n;
        self.entries.get_mut(usize::try_from(n.checked_sub(first)?).ok()?)
    }

    /// An output was made: the answer to the newest request of its connection, or a push.
    pub fn left(&mut self, conn: ConnId, class: Class<'_>, output: &Output) {
        let (status, body) = match (class, output) {
            (Class::Push { channel, .. }, _) => return count(&mut self.pushes, channel),
            (_, Output::Upgrade { .. }) => {
                self.connects += 1;
                (Some(101), &[][..])
            }
            (_, Output::Reply { status, body, .. }) => (Some(*status), body.as_slice()),
            (_, Output::Text { text, .. }) => (None, text.as_ref()),
            _ => return,
        };
        let Some(n) = self.open.remove(&conn) else { return };
        let Some(entry) = self.entry(n) else { return };
        entry.status = status;
        entry.code = code_of(body);
        let code = if entry.code.is_empty() { "none".to_owned() } else { entry.code.clone() };
        count(&mut self.codes, &code);
    }

    pub fn closed(&mut self, conn: ConnId) {
        self.open.remove(&conn);
        self.closes += 1;
    }

    /// Entries newer than `after`, oldest first.
    pub fn log(&self, after: u64) -> Value {
        let rows = self.entries.iter().filter(|entry| entry.n > after).map(|entry| {
            let frame = entry.target.is_empty();
            let (text, method, target) =
                if frame { (Some(&entry.text), None, None) } else { (None, Some(&entry.method), Some(&entry.target)) };
            json!({
                "n": entry.n, "at_ms": entry.at_ms, "conn": entry.conn, "kind": entry.kind, "account": entry.account, "name": entry.name,
                "clOrdId": entry.cl_ord_id, "status": entry.status, "code": entry.code,
                "detail": entry.detail, "text": text, "method": method, "target": target,
            })
        });
        json!({ "log": rows.collect::<Vec<_>>(), "written": self.written, "kept": KEPT })
    }

    pub fn metrics(&self) -> serde_json::Map<String, Value> {
        let counters = json!({
            "requests": self.requests, "codes": self.codes, "pushes": self.pushes, "logged": self.written, "connects": self.connects,
            "disconnects": self.closes, "pings": self.pings,
        });
        if let Value::Object(counters) = counters { counters } else { serde_json::Map::new() }
    }
}

/// What a login holds, or what somebody sent who meant to log in, is not written down.
fn is_secret(text: &str) -> bool {
    text.contains("\"login\"") || text.contains("assphrase") || text.contains("secretKey")
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

fn count(of: &mut BTreeMap<String, u64>, name: &str) {
    if let Some(n) = of.get_mut(name) {
        *n += 1;
    } else {
        let name = if of.len() < NAMES { name } else { "(others)" };
        *of.entry(name.to_owned()).or_default() += 1;
    }
}

/// The `code` of an answer, which stands near one of its ends.
fn code_of(body: &[u8]) -> String {
    const END: usize = 200;
    let part = |from: usize, to: usize| body.get(from..to).unwrap_or_default();
    let find = |part: &[u8]| {
        let text = String::from_utf8_lossy(part);
        let tail = text.split_once("\"code\":\"").map(|(_, tail)| tail.to_owned())?;
        tail.split_once('"').map(|(code, _)| code.chars().take(8).collect::<String>())
    };
    let head = find(part(0, body.len().min(END)));
    head.or_else(|| find(part(body.len().saturating_sub(END), body.len()))).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::exchange::config::Config;
    use crate::exchange::io::{HttpRequest, SECOND};

    fn world() -> World {
        World::new(Config::default(), SECOND).expect("the defaults are right")
    }

    fn http(conn: ConnId, target: &str) -> Input {
        let request = HttpRequest { method: "POST".into(), target: target.into(), ..HttpRequest::default() };
        Input::Http { conn, peer: [127, 0, 0, 1].into(), request }
    }

    fn info(conn: ConnId, endpoint: &str) -> RequestInfo<'_> {
        RequestInfo { conn, kind: Kind::Rest, endpoint, account: None, cl_ord_id: Some("a1"), detail: "" }
    }

    #[test]
    fn the_log_and_the_counters_are_bounded() {
        let (world, mut journal) = (world(), Journal::default());
        let many = KEPT as u64 + 500;
        for n in 0..many {
            journal.came(&world, &http(n, &"x".repeat(2 * LONGEST)));
            journal.named(&world, &info(n, &format!("x/{n}")));
            journal.closed(n);
        }
        assert_eq!((journal.entries.len(), journal.requests.len(), journal.open.len()), (KEPT, NAMES + 1, 0));
        let log = journal.log(many - 2);
        assert_eq!(log["log"].as_array().map(Vec::len), Some(2));
        assert_eq!((&log["log"][0]["n"], log["log"][0]["target"].as_str().map(str::len)), (&json!(many - 1), Some(LONGEST)));
    }

    #[test]
    fn an_entry_gets_status_and_code_of_its_answer() {
        let (world, mut journal) = (world(), Journal::default());
        journal.came(&world, &http(1, "/api/v5/trade/order"));
        journal.named(&world, &info(1, "trade/order"));
        let body = br#"{"code":"51008","data":[],"msg":"x"}"#.to_vec();
        let reply = Output::Reply { conn: 1, status: 200, headers: vec![], body, close: false };
        journal.left(1, Class::Reply { endpoint: "trade/order" }, &reply);
        let row = &journal.log(0)["log"][0];
        assert_eq!((&row["status"], &row["code"], &row["name"]), (&json!(200), &json!("51008"), &json!("trade/order")));
        assert_eq!((&row["target"], &row["clOrdId"]), (&json!("/api/v5/trade/order"), &json!("a1")));
        assert_eq!(journal.metrics()["codes"]["51008"], 1);
    }

    #[test]
    fn what_logs_in_is_not_written_down() {
        let (world, mut journal) = (world(), Journal::default());
        let text = br#"{"op":"login","args":[{"apiKey":"k","passphrase":"hush","timestamp":"1","sign":"s"}]}"#;
        journal.came(&world, &Input::Text { conn: 1, text: text.to_vec() });
        journal.came(&world, &Input::Text { conn: 1, text: b"ping".to_vec() });
        let log = journal.log(0);
        assert_eq!((log["log"].as_array().map(Vec::len), &log["log"][0]["text"]), (Some(1), &json!(r#"{"op":"login"}"#)));
    }
}
