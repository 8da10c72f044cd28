//! The gate from outside: requests and frames in, replies and pushes out, time by hand.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod bytes;
mod codes;
mod flow;
mod hostile;
mod limits;
mod login;
mod pushes;
mod rest;
mod subscribe;

use std::net::IpAddr;

use okx_fast_core::sign::Signer;
use serde_json::{Value, json};

use crate::exchange::Exchange;
use crate::exchange::account::AcctIx;
use crate::exchange::config::Config;
use crate::exchange::event::{Event, Scope};
use crate::exchange::io::{ConnId, HttpRequest, Input, MILLI, Nanos, Output, SECOND};

pub(super) const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// An exchange whose clock stands still until it is moved.
pub(super) struct Rig {
    pub exchange: Exchange,
    pub at: Nanos,
}

impl Rig {
    /// `config`: keys to add to the rig's own.
    pub fn new(config: &Value) -> Self {
        let mut all = json!({"clock": "virtual", "house": {"enabled": false}});
        for (key, value) in config.as_object().unwrap() {
            all[key] = value.clone();
        }
        let exchange = Exchange::new(Config::from_json(&all.to_string()).unwrap(), 0).unwrap();
        let at = exchange.now();
        let mut rig = Self { exchange, at };
        rig.outputs();
        rig
    }

    pub fn advance(&mut self, by: Nanos) {
        self.at += by;
        self.exchange.advance(self.at);
    }

    pub fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.exchange.poll_output(self.at)).collect()
    }

    /// `2026-11-22T…Z`, that many milliseconds from now.
    pub fn timestamp(&self, off_ms: i64) -> String {
        let ms = (self.at / MILLI).cast_signed() + off_ms - 1_795_305_600_000;
        let (day, ms) = (22 + ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
        format!("2026-11-{day}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1000)
    }

    pub fn send(&mut self, request: HttpRequest) -> (u16, Value) {
        self.exchange.handle(self.at, &Input::Http { conn: 1, peer: PEER, request });
        match self.outputs().as_slice() {
            [Output::Reply { status, body, .. }] => (*status, serde_json::from_slice(body).unwrap_or(Value::Null)),
            other => panic!("one reply, got {other:?}"),
        }
    }

    pub fn request(&self, method: &str, target: &str, body: &str) -> HttpRequest {
        let timestamp = self.timestamp(0);
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

    pub fn signed(&mut self, method: &str, target: &str, body: &str) -> (u16, Value) {
        self.send(self.request(method, target, body))
    }

    /// Opens a WebSocket, and waits until the limit of connections has forgotten it.
    pub fn open(&mut self, conn: ConnId, path: &str) {
        let headers = vec![("upgrade".to_owned(), "websocket".to_owned())];
        let request = HttpRequest { method: "GET".to_owned(), target: format!("/ws/v5/{path}"), headers, body: Vec::new() };
        self.exchange.handle(self.at, &Input::Http { conn, peer: PEER, request });
        assert_eq!(self.outputs(), [Output::Upgrade { conn }]);
        self.advance(SECOND / 2);
    }

    pub fn say(&mut self, conn: ConnId, text: &str) -> Vec<Output> {
        self.exchange.handle(self.at, &Input::Text { conn, text: text.as_bytes().to_vec() });
        self.outputs()
    }

    /// Texts of a connection that answer a text.
    pub fn ask(&mut self, conn: ConnId, text: &Value) -> Vec<Value> {
        texts(&self.say(conn, &text.to_string()), conn)
    }

    pub fn login_args(&self, key: &str) -> Value {
        let timestamp = (self.at / SECOND).to_string();
        let sign = Signer::new(b"sim-secret").sign_login(&timestamp);
        json!({"apiKey": key, "passphrase": "sim-pass", "timestamp": timestamp, "sign": sign.as_str()})
    }

    pub fn login(&mut self, conn: ConnId) {
        let args = self.login_args("sim-key");
        let answers = self.ask(conn, &json!({"op": "login", "args": [args]}));
        assert_eq!(answers[0]["event"], "login", "{answers:?}");
    }

    pub fn private(&mut self, conn: ConnId) {
        self.open(conn, "private");
        self.login(conn);
    }

    /// Something happened, as a room would say it.
    pub fn happened(&mut self, event: Event) -> Vec<Output> {
        self.exchange.world_mut().events.push(event);
        // Any input hands out what is there.
        self.exchange.handle(self.at, &Input::Closed { conn: 0 });
        self.outputs()
    }

    pub fn dump(&self) -> String {
        serde_json::to_string(self.exchange.world()).unwrap()
    }
}

pub(super) fn event(channel: &'static str, acct: Option<u32>, inst_id: &str, row: &str) -> Event {
    let scope = Scope { inst_type: "SPOT", family: String::new(), inst_id: inst_id.to_owned(), ..Scope::default() };
    Event { channel, acct: acct.map(AcctIx), scope, action: None, event_type: None, rows: vec![row.to_owned()] }
}

pub(super) fn texts(outputs: &[Output], conn: ConnId) -> Vec<Value> {
    let of = |output: &Output| match output {
        Output::Text { conn: to, text } if *to == conn => Some(serde_json::from_slice(text).unwrap_or(Value::Null)),
        _ => None,
    };
    outputs.iter().filter_map(of).collect()
}
