//! A client of an exchange without sockets: signs requests, logs in, listens.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};

use okx_fast_core::sign::Signer;
use okx_fast_sim::exchange::Exchange;
use okx_fast_sim::exchange::config::Config;
use okx_fast_sim::exchange::io::{ConnId, HttpRequest, Input, MILLI, Output};
use serde_json::{Value, json};

/// Midnight of 2026-11-22, where every virtual clock of these tests starts.
const START_MS: u64 = 1_795_305_600_000;
const SECRET: &str = "sim-secret";
const PASS: &str = "sim-pass";

pub const SWAP: &str = "BTC-USDT-SWAP";
pub const SPOT: &str = "BTC-USDT";

/// Two accounts with the same coins; a market without a house unless `house` is set.
pub fn config(house: bool) -> Config {
    let account = |label: &str, key: &str| {
        json!({"label": label, "balances": {"USDT": "100000", "BTC": "2"},
            "keys": [{"apiKey": key, "secretKey": SECRET, "passphrase": PASS, "perm": "read_only,trade"}]})
    };
    let config = json!({"clock": "virtual", "limits": 0, "accounts": [account("main", "one"), account("other", "two")],
        "house": if house { json!({}) } else { json!({"enabled": false, "volatility": 0.0}) }});
    Config::from_json(&config.to_string()).unwrap()
}

pub struct Bench {
    pub exchange: Exchange,
    conns: ConnId,
    replies: VecDeque<Value>,
    /// What came over WebSockets and was not looked at yet.
    pub heard: VecDeque<(ConnId, Value)>,
    /// Every output, as it left.
    pub log: Vec<String>,
}

impl Bench {
    pub fn new(config: Config) -> Self {
        let exchange = Exchange::new(config, 0).unwrap();
        Self { exchange, conns: 0, replies: VecDeque::new(), heard: VecDeque::new(), log: Vec::new() }
    }

    pub fn give(&mut self, input: &Input) {
        let now = self.exchange.now();
        self.exchange.handle(now, input);
        self.drain();
    }

    fn drain(&mut self) {
        let now = self.exchange.now();
        while let Some(output) = self.exchange.poll_output(now) {
            self.log.push(format!("{now} {}", shown(&output)));
            match output {
                Output::Reply { body, .. } => self.replies.push_back(serde_json::from_slice(&body).unwrap()),
                Output::Text { conn, text } => {
                    let value = serde_json::from_slice(&text).unwrap_or_else(|_| json!(String::from_utf8_lossy(&text)));
                    self.heard.push_back((conn, value));
                }
                _ => {}
            }
        }
    }

    fn conn(&mut self) -> ConnId {
        self.conns += 1;
        self.conns
    }

    fn iso(&self) -> String {
        let ms = self.exchange.now() / MILLI - START_MS;
        assert!(ms < 86_400_000, "these tests last a day");
        format!("2026-11-22T{:02}:{:02}:{:02}.{:03}Z", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000)
    }

    /// A signed request of the account of a key; the whole reply.
    pub fn rest(&mut self, key: &str, method: &str, target: &str, body: &Value) -> Value {
        let conn = self.conn();
        let target = format!("/api/v5/{target}");
        let body = if method == "GET" { Vec::new() } else { body.to_string().into_bytes() };
        let time = self.iso();
        let signed = Signer::new(SECRET.as_bytes()).sign(&[time.as_bytes(), method.as_bytes(), target.as_bytes(), &body]);
        let headers = [
            ("ok-access-key", key.to_owned()),
            ("ok-access-sign", signed.as_str().to_owned()),
            ("ok-access-timestamp", time),
            ("ok-access-passphrase", PASS.to_owned()),
            ("content-type", "application/json".to_owned()),
        ];
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let request = HttpRequest { method: method.to_owned(), target, headers, body };
        self.give(&Input::Http { conn, peer: IpAddr::V4(Ipv4Addr::LOCALHOST), request });
        self.replies.pop_front().unwrap()
    }

    /// Rows of a query.
    pub fn get(&mut self, key: &str, target: &str) -> Vec<Value> {
        let reply = self.rest(key, "GET", target, &Value::Null);
        assert_eq!(reply["code"], "0", "{target}: {reply}");
        reply["data"].as_array().unwrap().clone()
    }

    /// First item of a command; `sCode` must be 0.
    pub fn post(&mut self, key: &str, target: &str, body: &Value) -> Value {
        let reply = self.rest(key, "POST", target, body);
        assert_eq!(reply["data"][0].get("sCode").unwrap_or(&reply["code"]), "0", "{target} {body}: {reply}");
        reply["data"][0].clone()
    }

    /// Places an order; its id.
    #[allow(clippy::too_many_arguments, reason = "an order has that many")]
    pub fn order(&mut self, key: &str, inst_id: &str, side: &str, kind: &str, sz: &str, px: &str, more: &Value) -> String {
        let mode = if inst_id == SPOT { "cash" } else { "cross" };
        let mut body = json!({"instId": inst_id, "tdMode": mode, "side": side, "ordType": kind, "sz": sz, "px": px});
        if let Some(more) = more.as_object() {
            body.as_object_mut().unwrap().extend(more.clone());
        }
        self.post(key, "trade/order", &body)["ordId"].as_str().unwrap().to_owned()
    }

    pub fn admin(&mut self, method: &str, target: &str, body: &Value) -> Value {
        let conn = self.conn();
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request = HttpRequest { method: method.to_owned(), target: target.to_owned(), headers: Vec::new(), body };
        self.give(&Input::Admin { conn, request });
        self.replies.pop_front().unwrap()
    }

    pub fn pass(&mut self, ms: u64) {
        self.admin("POST", "/clock", &json!({ "advance_ms": ms }));
    }

    /// A WebSocket; `private` and `business` ones are logged in.
    pub fn socket(&mut self, path: &str, key: &str) -> ConnId {
        let conn = self.conn();
        let headers = [("upgrade", "websocket"), ("connection", "Upgrade")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let request = HttpRequest { method: "GET".into(), target: format!("/ws/v5/{path}"), headers: headers.into(), body: Vec::new() };
        self.give(&Input::Http { conn, peer: IpAddr::V4(Ipv4Addr::LOCALHOST), request });
        if path != "public" {
            let time = (self.exchange.now() / MILLI / 1000).to_string();
            let sign = Signer::new(SECRET.as_bytes()).sign_login(&time).as_str().to_owned();
            self.say(conn, &json!({"op": "login", "args": [{"apiKey": key, "passphrase": PASS, "timestamp": time, "sign": sign}]}));
            let (_, answer) = self.heard.pop_back().unwrap();
            assert_eq!(answer["event"], "login", "{answer}");
        }
        conn
    }

    pub fn say(&mut self, conn: ConnId, message: &Value) {
        self.give(&Input::Text { conn, text: message.to_string().into_bytes() });
    }

    /// A private or business socket that listens to channels of every instrument type.
    pub fn listen(&mut self, path: &str, key: &str, channels: &[&str]) -> ConnId {
        let conn = self.socket(path, key);
        for channel in channels {
            self.say(conn, &json!({"op": "subscribe", "args": [{"channel": channel, "instType": "ANY"}]}));
        }
        self.heard.clear();
        conn
    }

    /// Rows pushed on a channel since the last look, oldest first; whatever else was heard is dropped.
    pub fn pushed(&mut self, conn: ConnId, channel: &str) -> Vec<Value> {
        let heard = std::mem::take(&mut self.heard);
        let of = |(on, value): &(ConnId, Value)| *on == conn && value["arg"]["channel"] == channel && value.get("data").is_some();
        heard.into_iter().filter(of).flat_map(|(_, value)| value["data"].as_array().unwrap().clone()).collect()
    }

    /// Nothing was made, nothing was lost.
    pub fn adds_up(&mut self) {
        let invariants = self.admin("GET", "/invariants", &Value::Null);
        assert_eq!(invariants["ok"], true, "{invariants}");
    }

    /// Cash of an account in one currency.
    pub fn cash(&mut self, key: &str, ccy: &str) -> String {
        let rows = self.get(key, &format!("account/balance?ccy={ccy}"));
        rows[0]["details"].as_array().unwrap().first().map_or("0".into(), |coin| coin["cashBal"].as_str().unwrap().to_owned())
    }
}

/// An output as bytes: what two runs are compared by.
pub fn shown(output: &Output) -> String {
    match output {
        Output::Reply { conn, status, body, .. } => format!("reply {conn} {status} {}", String::from_utf8_lossy(body)),
        Output::Text { conn, text } => format!("text {conn} {}", String::from_utf8_lossy(text)),
        other => format!("{other:?}"),
    }
}
