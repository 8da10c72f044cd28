//! The request log and the counters, written as requests come and answers leave. Times are the exchange's own.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use crate::exchange::faults::{Class, Kind, RequestInfo};
use crate::exchange::io::{ConnId, Output};
use crate::exchange::world::World;

/// Requests remembered.
pub const KEPT: usize = 10_000;
/// Characters of a request's detail.
const DETAIL: usize = 500;
/// Names counted apart; a client may invent paths without end.
const NAMES: usize = 1_000;

#[derive(Debug)]
struct Entry {
    n: u64,
    at_ms: u64,
    conn: ConnId,
    kind: Kind,
    account: String,
    name: String,
    cl_ord_id: String,
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
    connects: u64,
    closes: u64,
}

impl Journal {
    pub fn came(&mut self, world: &World, request: &RequestInfo<'_>) {
        self.written += 1;
        let name = request.endpoint.chars().take(100).collect::<String>();
        self.open.insert(request.conn, self.written);
        count(&mut self.requests, &name);
        self.entries.push_back(Entry {
            n: self.written,
            at_ms: world.now_ms(),
            conn: request.conn,
            kind: request.kind,
            account: request.account.map_or_else(String::new, |ix| world.account(ix).label.clone()),
            name,
            cl_ord_id: request.cl_ord_id.unwrap_or_default().chars().take(64).collect(),
            detail: request.detail.chars().take(DETAIL).collect(),
            status: None,
            code: String::new(),
        });
        if self.entries.len() > KEPT {
            self.entries.pop_front();
        }
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
        let first = self.entries.front().map_or(0, |entry| entry.n);
        let Some(entry) = n.checked_sub(first).and_then(|at| self.entries.get_mut(usize::try_from(at).ok()?)) else { return };
        entry.status = status;
        entry.code = code_of(body);
        let code = if entry.code.is_empty() { "none" } else { &entry.code };
        count(&mut self.codes, code);
    }

    pub fn closed(&mut self, conn: ConnId) {
        self.open.remove(&conn);
        self.closes += 1;
    }

    /// Entries newer than `after`, oldest first.
    pub fn log(&self, after: u64) -> Value {
        let rows = self.entries.iter().filter(|entry| entry.n > after).map(|entry| {
            let kind = match entry.kind {
                Kind::Rest | Kind::RestRead => "rest",
                Kind::WsOp => "op",
                Kind::Subscribe => "subscribe",
                Kind::Login => "login",
                Kind::Connect => "connect",
            };
            json!({
                "n": entry.n, "at_ms": entry.at_ms, "conn": entry.conn, "kind": kind, "account": entry.account, "name": entry.name,
                "clOrdId": entry.cl_ord_id, "status": entry.status, "code": entry.code,
                "detail": entry.detail,
            })
        });
        json!({ "log": rows.collect::<Vec<_>>(), "written": self.written, "kept": KEPT })
    }

    pub fn metrics(&self) -> Value {
        json!({
            "requests": self.requests, "codes": self.codes, "pushes": self.pushes, "logged": self.written, "connects": self.connects,
            "disconnects": self.closes,
        })
    }
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
mod tests {
    use super::*;
    use crate::exchange::config::Config;
    use crate::exchange::io::SECOND;

    fn request(conn: ConnId, endpoint: &str) -> RequestInfo<'_> {
        RequestInfo { conn, kind: Kind::Rest, endpoint, account: None, cl_ord_id: None, detail: "" }
    }

    #[test]
    fn the_log_and_the_counters_are_bounded() {
        let world = World::new(Config::default(), SECOND).expect("the defaults are right");
        let mut journal = Journal::default();
        for n in 0..KEPT as u64 + 500 {
            journal.came(&world, &request(n, &format!("x/{n}")));
        }
        assert_eq!((journal.entries.len(), journal.requests.len()), (KEPT, NAMES + 1));
        let log = journal.log(KEPT as u64 + 498);
        assert_eq!(log["log"].as_array().map(Vec::len), Some(2));
        assert_eq!(log["log"][0]["n"], KEPT as u64 + 499);
    }

    #[test]
    fn an_entry_gets_status_and_code_of_its_answer() {
        let world = World::new(Config::default(), SECOND).expect("the defaults are right");
        let mut journal = Journal::default();
        journal.came(&world, &request(1, "trade/order"));
        let body = br#"{"code":"51008","data":[],"msg":"x"}"#.to_vec();
        journal.left(
            1,
            Class::Reply { endpoint: "trade/order" },
            &Output::Reply { conn: 1, status: 200, headers: vec![], body, close: false },
        );
        let row = &journal.log(0)["log"][0];
        assert_eq!((&row["status"], &row["code"], &row["name"]), (&json!(200), &json!("51008"), &json!("trade/order")));
        assert_eq!(journal.metrics()["codes"]["51008"], 1);
    }
}
