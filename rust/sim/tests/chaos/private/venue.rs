//! The exchange with two accounts, an ear for each of them, and its admin door.

use std::collections::VecDeque;

use okx_fast_core::rest::date::IsoMs;
use okx_fast_core::sign::Signer;
use okx_fast_sim::exchange::Exchange;
use okx_fast_sim::exchange::config::Config;
use okx_fast_sim::exchange::io::{ConnId, HttpRequest, Input, Nanos, Output, SECOND};
use serde_json::{Value, json};

use crate::dice::Dice;
use crate::net::{FIRST, PEER};
use crate::venue::START;

/// Accounts of a run, by label, with their keys.
pub const ACCOUNTS: [&str; 2] = ["left", "right"];
/// What is traded: spot, a linear and an inverse contract.
pub const TRADED: [&str; 3] = ["BTC-USDT", "BTC-USDT-SWAP", "BTC-USD-SWAP"];
pub const PASSPHRASE: &str = "chaos-pass";

const ADMIN: ConnId = 1;
/// Connections on which nothing is ever sick: 10 and 11 hear what the accounts are told.
const EAR: ConnId = 10;
/// The first of those that ask at the end.
const ASKING: ConnId = 20;
const EAR_PEER: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

pub fn key_of(acct: usize) -> String {
    format!("key-{}", ACCOUNTS[acct])
}

pub fn secret_of(acct: usize) -> String {
    format!("secret-{}", ACCOUNTS[acct])
}

/// Headers that sign a request.
pub fn signed(acct: usize, method: &str, target: &str, body: &[u8], wall_ns: u64) -> Vec<(String, String)> {
    let at = IsoMs::new(wall_ns);
    let sign = Signer::new(secret_of(acct).as_bytes()).sign(&[at.as_bytes(), method.as_bytes(), target.as_bytes(), body]);
    let at = String::from_utf8_lossy(at.as_bytes()).into_owned();
    [
        ("ok-access-key", key_of(acct)),
        ("ok-access-sign", sign.as_str().to_owned()),
        ("ok-access-timestamp", at),
        ("ok-access-passphrase", PASSPHRASE.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

pub struct Venue {
    pub exchange: Exchange,
    ping_at: Nanos,
    admin_says: Option<(u16, Value)>,
    /// What the ears heard: account and frame.
    pub heard: Vec<(usize, Value)>,
    asked: ConnId,
    replied: Option<(ConnId, Value)>,
    /// For clients, put aside while something else was asked.
    aside: VecDeque<Output>,
}

impl Venue {
    pub fn new(seed: u64) -> Self {
        let mut dice = Dice::of(seed, "venue");
        let accounts: Vec<Value> = (0..ACCOUNTS.len())
            .map(|acct| {
                // Long and short are kept apart in the second account of every other run, and it counts its coins together.
                let other = acct == 1 && dice.one_in(2);
                json!({
                    "label": ACCOUNTS[acct], "uid": format!("{}", 7_001 + acct),
                    "acctLv": if other { "3" } else { "2" },
                    "posMode": if other { "long_short_mode" } else { "net_mode" },
                    "balances": {"USDT": "3000000", "BTC": "40"},
                    "keys": [{"apiKey": key_of(acct), "secretKey": secret_of(acct), "passphrase": PASSPHRASE, "perm": "read_only,trade"}],
                })
            })
            .collect();
        let unused = ["ETH-USDT", "ETH-USDT-SWAP", "BTC-USD-261225", "BTC-USDT-261225"];
        let instruments: Vec<Value> = unused.iter().map(|id| json!({"instId": id, "state": "suspend"})).collect();
        let config = json!({
            "clock": "virtual", "seed": seed, "accounts": accounts, "instruments": instruments,
            "switches": {"live_first": !dice.one_in(4)},
            "house": {"levels": 15, "interval_ms": dice.between(150, 600), "volatility": 0.0006},
        });
        let config = Config::from_json(&config.to_string()).expect("a configuration");
        let exchange = Exchange::new(config, START).expect("a configuration that can be");
        let aside = VecDeque::new();
        let mut venue = Self { exchange, ping_at: START, admin_says: None, heard: Vec::new(), asked: ASKING, replied: None, aside };
        for acct in 0..ACCOUNTS.len() {
            let conn = EAR + acct as u64;
            let headers = vec![("upgrade".to_owned(), "websocket".to_owned())];
            let request = HttpRequest { method: "GET".into(), target: "/ws/v5/private".into(), headers, body: Vec::new() };
            venue.give(&Input::Http { conn, peer: EAR_PEER, request });
            let at = (START / SECOND).to_string();
            let sign = Signer::new(secret_of(acct).as_bytes()).sign_login(&at);
            let arg = json!({"apiKey": key_of(acct), "passphrase": PASSPHRASE, "timestamp": at, "sign": sign.as_str()});
            venue.say(conn, &json!({"op": "login", "args": [arg]}));
            venue.say(conn, &json!({"op": "subscribe", "args": [{"channel": "orders", "instType": "ANY"}]}));
        }
        venue
    }

    fn say(&mut self, conn: ConnId, text: &Value) {
        self.give(&Input::Text { conn, text: text.to_string().into_bytes() });
    }

    pub fn give(&mut self, input: &Input) {
        let now = self.exchange.now();
        self.exchange.handle(now, input);
    }

    pub fn next(&self) -> Option<Nanos> {
        [self.exchange.poll_timeout(), Some(self.ping_at)].into_iter().flatten().min()
    }

    pub fn advance(&mut self, now: Nanos) {
        self.exchange.advance(now);
        if now >= self.ping_at {
            self.ping_at = now + 15 * SECOND;
            for acct in 0..ACCOUNTS.len() {
                self.give(&Input::Text { conn: EAR + acct as u64, text: b"ping".to_vec() });
            }
        }
    }

    /// What goes out to clients now; what is said to the others stays here.
    pub fn output(&mut self, now: Nanos) -> Option<Output> {
        if let Some(output) = self.aside.pop_front() {
            return Some(output);
        }
        self.poll(now)
    }

    fn poll(&mut self, now: Nanos) -> Option<Output> {
        loop {
            match self.exchange.poll_output(now)? {
                Output::Text { conn, text } if conn < FIRST => self.hear((conn - EAR) as usize, &text),
                Output::Reply { conn: ADMIN, status, body, .. } => {
                    self.admin_says = Some((status, serde_json::from_slice(&body).unwrap_or(Value::Null)));
                }
                Output::Reply { conn, body, .. } if conn < FIRST => {
                    self.replied = Some((conn, serde_json::from_slice(&body).unwrap_or(Value::Null)));
                }
                Output::Upgrade { conn } if conn < FIRST => {}
                Output::Close { conn, code, reason } if conn < FIRST => panic!("ear {conn} was closed: {code} {reason}"),
                output => return Some(output),
            }
        }
    }

    fn hear(&mut self, acct: usize, text: &[u8]) {
        if text == b"pong" {
            return;
        }
        let frame: Value = serde_json::from_slice(text).expect("the exchange sends JSON");
        assert_ne!(frame["event"], "error", "an ear was refused: {frame}");
        if frame.get("data").is_some() {
            self.heard.push((acct, frame));
        }
    }

    /// A request on the admin port; its answer.
    pub fn admin(&mut self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request = HttpRequest { method: method.into(), target: path.into(), headers: Vec::new(), body };
        self.give(&Input::Admin { conn: ADMIN, request });
        self.put_aside();
        let (status, answer) = self.admin_says.take().expect("the admin port answers at once");
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }

    /// Asked by somebody whose line is never sick.
    pub fn ask(&mut self, acct: usize, target: &str) -> Value {
        let conn = self.asked;
        self.asked = ASKING + (self.asked + 1 - ASKING) % (FIRST - ASKING);
        let headers = signed(acct, "GET", target, b"", self.exchange.now());
        let request = HttpRequest { method: "GET".into(), target: target.into(), headers, body: Vec::new() };
        self.give(&Input::Http { conn, peer: PEER, request });
        self.put_aside();
        self.give(&Input::Closed { conn });
        let (of, answer) = self.replied.take().expect("REST answers at once");
        assert_eq!((of, &answer["code"]), (conn, &json!("0")), "{target}: {answer}");
        answer["data"].clone()
    }

    fn put_aside(&mut self) {
        let now = self.exchange.now();
        while let Some(output) = self.poll(now) {
            self.aside.push_back(output);
        }
    }
}
