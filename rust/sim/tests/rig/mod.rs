//! An exchange in the hand: requests in, outputs out, time by hand.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, dead_code, reason = "a test may panic; not every test uses all of it")]

use std::net::{IpAddr, Ipv4Addr};

use okx_fast_core::sign::Signer;
use okx_fast_sim::exchange::Exchange;
use okx_fast_sim::exchange::config::{Config, ConfigError};
use okx_fast_sim::exchange::io::{ConnId, HttpRequest, Input, MILLI, Nanos, Output, SECOND};
use serde_json::{Value, json};

pub const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
pub const SPOT: &str = "BTC-USDT";
const ADMIN: ConnId = 9_000;

pub struct Rig {
    pub exchange: Exchange,
    /// What came out and was not looked at.
    kept: Vec<Output>,
}

pub fn exchange(config: &Value) -> Result<Exchange, ConfigError> {
    let mut all = json!({"clock": "virtual", "limits": 0, "switches": {"ws_instid": "accept"}});
    for (key, value) in config.as_object().unwrap() {
        all[key] = value.clone();
    }
    Exchange::new(Config::from_json(&all.to_string())?, 1_795_305_600_000 * MILLI)
}

impl Rig {
    pub fn new(config: &Value) -> Self {
        Self { exchange: exchange(config).unwrap(), kept: Vec::new() }
    }

    /// A house that stands still: prices and books change by command only.
    pub fn quiet() -> Self {
        Self::new(&json!({"house": {"trades": false, "volatility": 0.0, "interval_ms": 3_600_000}}))
    }

    pub fn now(&self) -> Nanos {
        self.exchange.now()
    }

    fn collect(&mut self) {
        let now = self.now();
        while let Some(output) = self.exchange.poll_output(now) {
            self.kept.push(output);
        }
    }

    /// What came out since the last look.
    pub fn outputs(&mut self) -> Vec<Output> {
        self.collect();
        std::mem::take(&mut self.kept)
    }

    /// What came out to one connection; the rest is forgotten.
    pub fn texts(&mut self, conn: ConnId) -> Vec<Value> {
        texts(&self.outputs(), conn)
    }

    pub fn run(&mut self, ms: u64) {
        let until = self.now() + ms * MILLI;
        while let Some(due) = self.exchange.poll_timeout().filter(|due| *due <= until) {
            self.exchange.advance(due);
            self.collect();
        }
        self.exchange.advance(until);
        self.collect();
    }

    pub fn input(&mut self, input: &Input) {
        self.exchange.handle(self.now(), input);
        self.collect();
    }

    /// The reply to a connection, if there is one by now.
    pub fn reply(&mut self, conn: ConnId) -> Option<(u16, Value)> {
        self.collect();
        let at = self.kept.iter().position(|output| matches!(output, Output::Reply { conn: of, .. } if *of == conn))?;
        let Output::Reply { status, body, .. } = self.kept.remove(at) else { return None };
        Some((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }

    pub fn admin(&mut self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request = HttpRequest { method: method.into(), target: path.into(), headers: Vec::new(), body };
        self.input(&Input::Admin { conn: ADMIN, request });
        self.reply(ADMIN).unwrap_or_else(|| panic!("{method} {path} was not answered"))
    }

    /// An admin request that is right.
    pub fn done(&mut self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.admin(method, path, body);
        assert_eq!(status, 200, "{method} {path} {body}: {answer}");
        answer
    }

    pub fn fault(&mut self, given: &Value) -> u64 {
        self.done("POST", "/faults", given)["id"].as_u64().unwrap()
    }

    /// How often a fault struck.
    pub fn hits(&mut self, id: u64) -> u64 {
        let list = self.done("GET", "/faults", &Value::Null);
        list.as_array().unwrap().iter().find(|fault| fault["id"] == id).unwrap()["hits"].as_u64().unwrap()
    }

    pub fn request(&self, method: &str, target: &str, body: &str) -> HttpRequest {
        let timestamp = iso(self.now() / MILLI);
        let sign = Signer::new(b"sim-secret").sign(&[timestamp.as_bytes(), method.as_bytes(), target.as_bytes(), body.as_bytes()]);
        let headers = [
            ("ok-access-key", "sim-key"),
            ("ok-access-sign", sign.as_str()),
            ("ok-access-timestamp", &timestamp),
            ("ok-access-passphrase", "sim-pass"),
            ("content-type", "application/json"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        HttpRequest { method: method.to_owned(), target: target.to_owned(), headers, body: body.as_bytes().to_vec() }
    }

    pub fn send(&mut self, conn: ConnId, method: &str, target: &str, body: &str) {
        let request = self.request(method, target, body);
        self.input(&Input::Http { conn, peer: PEER, request });
    }

    /// A signed request and its reply.
    pub fn ask(&mut self, method: &str, target: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(1, method, target, &body);
        self.reply(1).unwrap_or_else(|| panic!("{method} {target} was not answered"))
    }

    pub fn place(&mut self, cl_ord_id: &str, px: &str, sz: &str) -> (u16, Value) {
        self.ask("POST", "/api/v5/trade/order", &order(cl_ord_id, px, sz))
    }

    /// The order's row.
    pub fn order(&mut self, cl_ord_id: &str) -> Value {
        let (_, answer) = self.ask("GET", &format!("/api/v5/trade/order?instId={SPOT}&clOrdId={cl_ord_id}"), &Value::Null);
        answer["data"][0].clone()
    }

    pub fn ord_id(&mut self, cl_ord_id: &str) -> String {
        self.order(cl_ord_id)["ordId"].as_str().unwrap_or_default().to_owned()
    }

    pub fn connect(&mut self, conn: ConnId, path: &str) {
        let headers = vec![("upgrade".to_owned(), "websocket".to_owned())];
        let request = HttpRequest { method: "GET".to_owned(), target: format!("/ws/v5/{path}"), headers, body: Vec::new() };
        self.input(&Input::Http { conn, peer: PEER, request });
    }

    pub fn open(&mut self, conn: ConnId, path: &str) {
        self.connect(conn, path);
        let opened = self.outputs();
        assert!(opened.contains(&Output::Upgrade { conn }), "{opened:?}");
    }

    pub fn say(&mut self, conn: ConnId, text: &Value) {
        self.input(&Input::Text { conn, text: text.to_string().into_bytes() });
    }

    pub fn private(&mut self, conn: ConnId) {
        self.open(conn, "private");
        let timestamp = (self.now() / SECOND).to_string();
        let sign = Signer::new(b"sim-secret").sign_login(&timestamp);
        let arg = json!({"apiKey": "sim-key", "passphrase": "sim-pass", "timestamp": timestamp, "sign": sign.as_str()});
        self.say(conn, &json!({"op": "login", "args": [arg]}));
        let answers = self.texts(conn);
        assert_eq!(answers[0]["event"], "login", "{answers:?}");
    }

    pub fn subscribe(&mut self, conn: ConnId, arg: &Value) {
        self.say(conn, &json!({"op": "subscribe", "args": [arg]}));
    }
}

pub fn order(cl_ord_id: &str, px: &str, sz: &str) -> Value {
    json!({"instId": SPOT, "tdMode": "cash", "side": "buy", "ordType": "limit", "px": px, "sz": sz, "clOrdId": cl_ord_id})
}

/// Texts of a connection, in order; `null` for what is not JSON.
pub fn texts(outputs: &[Output], conn: ConnId) -> Vec<Value> {
    let of = |output: &Output| match output {
        Output::Text { conn: to, text } if *to == conn => Some(serde_json::from_slice(text).unwrap_or(Value::Null)),
        _ => None,
    };
    outputs.iter().filter_map(of).collect()
}

/// Of one month, which is enough here.
fn iso(ms: u64) -> String {
    let ms = ms - 1_795_305_600_000; // 2026-11-22
    let (day, ms) = (22 + ms / 86_400_000, ms % 86_400_000);
    format!("2026-11-{day}T{:02}:{:02}:{:02}.{:03}Z", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000)
}
