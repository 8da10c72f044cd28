//! The exchange's request path: raw bytes through the HTTP parser, signed requests made of likely and unlikely fields,
//! frames on a logged-in socket. Each request has one answer, and balances add up at the end.
#![no_main]

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use okx_fast_core::sign::Signer;
use okx_fast_sim::exchange::Exchange;
use okx_fast_sim::exchange::config::Config;
use okx_fast_sim::exchange::io::{ConnId, HttpRequest, Input, MILLI, Output, SECOND};
use okx_fast_sim::front::http::{MAX_BODY, Parser, Step};
use serde_json::{Map, Value};

const CONFIG: &str = r#"{"clock": "virtual", "start": "2026-11-22T00:00:00Z", "limits": 0, "house": {"enabled": false}}"#;
const START_S: u64 = 1_795_305_600;
/// The socket that is logged in, and where numbers of other connections begin.
const SOCKET: ConnId = 1;
const FIRST: ConnId = 100;

const POSTS: &[&str] = &[
    "trade/order", "trade/batch-orders", "trade/amend-order", "trade/amend-batch-orders", "trade/cancel-order",
    "trade/cancel-batch-orders", "trade/close-position", "trade/cancel-all-after", "trade/mass-cancel", "trade/order-precheck",
    "trade/order-algo", "trade/cancel-algos", "trade/amend-algos", "account/set-leverage", "account/set-position-mode",
    "account/position/margin-balance", "account/set-account-level", "asset/transfer", "no/such",
];
const GETS: &[&str] = &[
    "account/balance", "account/positions", "account/config", "account/bills", "account/max-size", "account/max-avail-size",
    "account/leverage-info", "trade/order", "trade/orders-pending", "trade/orders-history", "trade/fills",
    "trade/orders-algo-pending", "public/instruments", "public/mark-price", "public/price-limit", "public/time",
    "market/ticker", "market/tickers", "market/books", "market/candles", "market/trades", "no/such",
];
const OPS: &[&str] =
    &["order", "batch-orders", "amend-order", "cancel-order", "batch-cancel-orders", "mass-cancel", "subscribe", "unsubscribe", "login", "sing"];
const KEYS: &[&str] = &[
    "instId", "instIdCode", "instType", "tdMode", "side", "posSide", "ordType", "sz", "px", "ordId", "clOrdId", "tgtCcy", "reduceOnly",
    "ccy", "amt", "from", "to", "type", "lever", "mgnMode", "posMode", "stpMode", "newSz", "newPx", "tag", "limit", "after", "before",
    "channel", "timeOut", "attachAlgoOrds", "tpTriggerPx", "tpOrdPx", "slTriggerPx", "slOrdPx", "triggerPx", "orderPx", "callbackRatio",
    "bar", "uly", "instFamily", "acctLv", "args", "id", "expTime",
];
const VALUES: &[&str] = &[
    "BTC-USDT", "BTC-USDT-SWAP", "BTC-USD-SWAP", "SPOT", "SWAP", "ANY", "cash", "cross", "isolated", "buy", "sell", "long", "short",
    "net", "limit", "market", "post_only", "ioc", "fok", "optimal_limit_ioc", "trigger", "conditional", "oco", "move_order_stop", "0", "1",
    "0.1", "10", "100", "50000", "86000", "90000.5", "-1", "-0", "1e9", "NaN", "", " ", "99999999999999999999999999999999", "0.00000000000000001",
    "79228162514264337593543950335", "1.5.", "true", "x1", "x2", "USDT", "BTC", "6", "18", "2", "3", "base_ccy", "quote_ccy", "orders", "books",
    "account", "positions", "trades", "1m", "long_short_mode", "net_mode", "1900000000000000001", "1900000000000000002",
    "1900000000000000003", "ÿü", "\u{0}",
];

#[derive(Arbitrary, Debug)]
enum Scalar {
    Known(u8),
    Text(String),
    Number(f64),
    Whole(i64),
    Bool(bool),
    Null,
}

#[derive(Arbitrary, Debug)]
enum Body {
    One(Vec<(u8, Scalar)>),
    Many(Vec<Vec<(u8, Scalar)>>),
    Text(String),
}

#[derive(Arbitrary, Debug)]
enum Move {
    Raw(Vec<u8>),
    Get(u8, Vec<(u8, Scalar)>),
    Post(u8, Body),
    Op(u8, Body),
    Frame(Vec<u8>),
    Wait(u16),
    Price(u8, u32),
}

fn pick<'a>(from: &[&'a str], at: u8) -> &'a str {
    from.get(usize::from(at) % from.len()).copied().unwrap_or_default()
}

fn value(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::Known(at) => pick(VALUES, *at).into(),
        Scalar::Text(text) => text.as_str().into(),
        Scalar::Number(number) => (*number).into(),
        Scalar::Whole(number) => (*number).into(),
        Scalar::Bool(flag) => (*flag).into(),
        Scalar::Null => Value::Null,
    }
}

fn object(fields: &[(u8, Scalar)]) -> Value {
    Value::Object(fields.iter().map(|(key, scalar)| (pick(KEYS, *key).to_owned(), value(scalar))).collect::<Map<_, _>>())
}

fn text(body: &Body) -> String {
    match body {
        Body::One(fields) => object(fields).to_string(),
        Body::Many(rows) => Value::Array(rows.iter().map(|row| object(row)).collect()).to_string(),
        Body::Text(text) => text.clone(),
    }
}

struct Play {
    exchange: Exchange,
    signer: Signer,
    next: ConnId,
    /// Requests that have no answer yet.
    open: BTreeSet<ConnId>,
}

impl Play {
    fn input(&mut self, input: &Input) {
        let at = self.exchange.now();
        self.exchange.handle(at, input);
        self.drain();
    }

    fn drain(&mut self) {
        let at = self.exchange.now();
        while let Some(output) = self.exchange.poll_output(at) {
            match output {
                Output::Reply { conn, status, body, .. } => {
                    assert!(self.open.remove(&conn), "an answer to nothing");
                    assert!((200..600).contains(&status));
                    serde_json::from_slice::<Value>(&body).expect("every answer is JSON");
                }
                Output::Upgrade { conn } => assert!(self.open.remove(&conn), "an answer to nothing"),
                Output::Text { text, .. } if &*text != b"pong" => {
                    serde_json::from_slice::<Value>(&text).expect("every push is JSON");
                }
                _ => {}
            }
        }
    }

    fn request(&mut self, request: HttpRequest) {
        self.next += 1;
        self.open.insert(self.next);
        let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
        self.input(&Input::Http { conn: self.next, peer, request });
    }

    fn signed(&mut self, method: &str, target: String, body: String) {
        let time = (self.exchange.now() / SECOND).to_string();
        let sign = self.signer.sign(&[time.as_bytes(), method.as_bytes(), target.as_bytes(), body.as_bytes()]);
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = vec![
            header("content-type", "application/json"),
            header("ok-access-key", "sim-key"),
            header("ok-access-passphrase", "sim-pass"),
            header("ok-access-timestamp", &time),
            header("ok-access-sign", sign.as_str()),
        ];
        self.request(HttpRequest { method: method.to_owned(), target, headers, body: body.into_bytes() });
    }

    fn admin(&mut self, method: &str, target: String, body: String) {
        self.next += 1;
        self.open.insert(self.next);
        let request = HttpRequest { method: method.to_owned(), target, headers: Vec::new(), body: body.into_bytes() };
        self.input(&Input::Admin { conn: self.next, request });
    }

    fn open_socket(&mut self) {
        self.open.insert(SOCKET);
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = vec![header("upgrade", "websocket"), header("connection", "upgrade")];
        let request = HttpRequest { method: "GET".to_owned(), target: "/ws/v5/private".to_owned(), headers, body: Vec::new() };
        self.input(&Input::Http { conn: SOCKET, peer: IpAddr::V4(Ipv4Addr::LOCALHOST), request });
        let time = START_S.to_string();
        let sign = self.signer.sign_login(&time);
        let login = serde_json::json!({"op": "login", "args": [
            {"apiKey": "sim-key", "passphrase": "sim-pass", "timestamp": time, "sign": sign.as_str()}]});
        self.input(&Input::Text { conn: SOCKET, text: login.to_string().into_bytes() });
    }

    fn play(&mut self, step: &Move) {
        match step {
            Move::Raw(bytes) => {
                let (mut parser, mut rest) = (Parser::new(MAX_BODY), bytes.as_slice());
                loop {
                    let (used, step) = parser.step(rest);
                    rest = rest.get(used..).expect("it uses what it was given");
                    match step {
                        Step::Request(whole) => self.request(whole.request),
                        Step::Continue => {}
                        Step::More | Step::Bad(_) => break,
                    }
                }
            }
            Move::Get(path, fields) => {
                let query: Vec<String> = fields
                    .iter()
                    .map(|(key, scalar)| match value(scalar) {
                        Value::String(text) => format!("{}={text}", pick(KEYS, *key)),
                        other => format!("{}={other}", pick(KEYS, *key)),
                    })
                    .collect();
                self.signed("GET", format!("/api/v5/{}?{}", pick(GETS, *path), query.join("&")), String::new());
            }
            Move::Post(path, body) => self.signed("POST", format!("/api/v5/{}", pick(POSTS, *path)), text(body)),
            Move::Op(op, body) => {
                let args = match body {
                    Body::One(fields) => Value::Array(vec![object(fields)]),
                    Body::Many(rows) => Value::Array(rows.iter().map(|row| object(row)).collect()),
                    Body::Text(text) => text.as_str().into(),
                };
                let frame = serde_json::json!({"id": "1", "op": pick(OPS, *op), "args": args}).to_string();
                self.input(&Input::Text { conn: SOCKET, text: frame.into_bytes() });
            }
            Move::Frame(bytes) => self.input(&Input::Text { conn: SOCKET, text: bytes.clone() }),
            Move::Wait(ms) => {
                let at = self.exchange.now() + u64::from(*ms) * MILLI;
                self.exchange.advance(at);
                self.drain();
            }
            Move::Price(inst, px) => {
                let body = serde_json::json!({"px": px.to_string()}).to_string();
                self.admin("POST", format!("/market/{}", pick(&VALUES[..3], *inst)), body);
            }
        }
    }
}

fuzz_target!(|moves: Vec<Move>| {
    let config = Config::from_json(CONFIG).expect("a sound configuration");
    let exchange = Exchange::new(config, START_S * SECOND).expect("a sound configuration");
    let mut play = Play { exchange, signer: Signer::new(b"sim-secret"), next: FIRST, open: BTreeSet::new() };
    play.open_socket();
    for step in moves.iter().take(64) {
        play.play(step);
    }
    let later = play.exchange.now() + 10 * SECOND;
    play.exchange.advance(later);
    play.drain();
    assert!(play.open.is_empty(), "requests without an answer");
    play.exchange.handle(later, &Input::Admin {
        conn: SOCKET,
        request: HttpRequest { method: "GET".to_owned(), target: "/invariants".to_owned(), ..HttpRequest::default() },
    });
    while let Some(output) = play.exchange.poll_output(later) {
        if let Output::Reply { status: 200, body, .. } = output {
            let said: Value = serde_json::from_slice(&body).expect("JSON");
            assert_eq!(said.get("ok"), Some(&Value::Bool(true)), "{said}");
        }
    }
});
