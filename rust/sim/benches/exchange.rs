//! The exchange under load: `cargo bench -p okx-fast-sim`.
//!
//! The server has one core, the clients the other. Every answer is looked at before it counts: an order that is refused
//! ends the run, and at the end books, balances and pushes must agree. `MINUTES=10` makes the last part that long.
#![allow(clippy::unwrap_used, reason = "a measurement that fails may panic")]

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use okx_fast_core::sign::Signer;
use okx_fast_net::ws::{Decoder, Opcode, Role, encode};
use okx_fast_sim::exchange::config::Config;
use okx_fast_sim::feed::market::{MarketOptions, generate};
use okx_fast_sim::feed::{Pace, Script, Server, ServerOptions};
use okx_fast_sim::front::Front;
use rustix::thread::{CpuSet, sched_setaffinity};
use serde_json::{Value, json};

const ROUNDS: usize = 20_000;
const IN_FLIGHT: usize = 64;
const CLIENTS: usize = 50;

fn main() {
    let cores = thread::available_parallelism().unwrap();
    pin(0);
    let (server, _) = Front::exchange(Config::from_json(&config().to_string()).unwrap()).unwrap();
    pin(1);
    println!("exchange: {cores} cores, server on one, clients on another, house on, limits off");
    feed();
    ack_latency(&server);
    throughput(&server);
    many_clients(&server);
    steady(&server);
    let said = get(&server, "/invariants");
    assert_eq!(said.get("ok"), Some(&json!(true)), "balances do not add up: {said}");
    println!("balances add up: {said}");
}

/// One account a client, so that pushes can be counted.
fn config() -> Value {
    let account = |n: usize| {
        json!({"label": format!("c{n}"), "balances": {"USDT": "1000000000", "BTC": "1000000"}, "level": "VIP8",
            "keys": [{"apiKey": format!("k{n}"), "secretKey": "s", "passphrase": "p"}]})
    };
    json!({"limits": 0, "accounts": (0..CLIENTS).map(account).collect::<Vec<_>>()})
}

fn pin(core: usize) {
    let mut set = CpuSet::new();
    set.set(core);
    // With one core everything shares it, which the figures then show.
    let _ = sched_setaffinity(None, &set);
}

/// A raw client: one socket, logged in.
struct Client {
    stream: TcpStream,
    decoder: Decoder,
    out: Vec<u8>,
    /// Pushes of `orders` so far.
    orders: u64,
}

impl Client {
    fn new(server: &Front, number: usize) -> Self {
        let mut client = Self::open(server.plain(), "private");
        let timestamp = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs().to_string();
        let sign = Signer::new(b"s").sign_login(&timestamp);
        let login = json!({"op": "login", "args": [{"apiKey": format!("k{number}"), "passphrase": "p", "timestamp": timestamp, "sign": sign.as_str()}]});
        client.say(&login.to_string());
        client.hear_event("login");
        client.say(
            r#"{"op":"subscribe","args":[{"channel":"orders","instType":"ANY"},{"channel":"account"},{"channel":"balance_and_position"}]}"#,
        );
        client.hear_event("subscribe");
        client
    }

    fn open(address: SocketAddr, path: &str) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let head = format!(
            "GET /ws/v5/{path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut got = Vec::new();
        while !got.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            got.extend(byte);
        }
        Self { stream, decoder: Decoder::new(Role::Client, 1 << 22), out: Vec::new(), orders: 0 }
    }

    fn say(&mut self, text: &str) {
        self.queue(text);
        self.flush();
    }

    fn queue(&mut self, text: &str) {
        encode(Role::Client, Opcode::Text, text.as_bytes(), [1, 2, 3, 4], &mut self.out);
    }

    fn flush(&mut self) {
        self.stream.write_all(&self.out).unwrap();
        self.out.clear();
    }

    /// The next message, counted by what it is.
    fn hear(&mut self) -> Vec<u8> {
        loop {
            if let Some(message) = self.decoder.next_message().unwrap() {
                assert_eq!(message.opcode, Opcode::Text, "closed: {}", String::from_utf8_lossy(message.payload));
                let text = message.payload.to_vec();
                let head = text.get(..40).unwrap_or(&text);
                self.orders += u64::from(find(head, b"\"channel\":\"orders\""));
                return text;
            }
            let n = self.stream.read(self.decoder.space(1 << 16)).unwrap();
            assert!(n > 0, "the server hung up");
            self.decoder.filled(n);
        }
    }

    fn hear_event(&mut self, event: &str) {
        loop {
            let text = self.hear();
            let value: Value = serde_json::from_slice(&text).unwrap();
            assert_ne!(value.get("event"), Some(&json!("error")), "{value}");
            if value.get("event") == Some(&json!(event)) {
                return;
            }
        }
    }

    /// The `ordId` of the next answer, which must be an acceptance.
    fn hear_ack(&mut self) -> String {
        loop {
            let text = self.hear();
            if find(text.get(..40).unwrap_or(&text), b"\"arg\"") {
                continue;
            }
            let value: Value = serde_json::from_slice(&text).unwrap();
            if value.get("event") == Some(&json!("channel-conn-count")) {
                continue;
            }
            let row = value.pointer("/data/0").unwrap_or_else(|| panic!("no row in {value}"));
            assert_eq!(row.get("sCode"), Some(&json!("0")), "{value}");
            return row.get("ordId").and_then(Value::as_str).unwrap().to_owned();
        }
    }
}

fn find(text: &[u8], what: &[u8]) -> bool {
    text.windows(what.len()).any(|window| window == what)
}

fn place(code: &Value, side: &str, kind: &str, px: &str) -> String {
    json!({"id": "p", "op": "order", "args": [{"instIdCode": code, "tdMode": "cash", "side": side, "ordType": kind, "sz": "0.001", "px": px, "tgtCcy": "base_ccy"}]}).to_string()
}

fn cancel(code: &Value, id: &str) -> String {
    json!({"id": "c", "op": "cancel-order", "args": [{"instIdCode": code, "ordId": id}]}).to_string()
}

/// `instIdCode` of BTC-USDT, and a price that rests well below the market.
fn market(server: &Front) -> (Value, String) {
    let rows = get(server, "/api/v5/public/instruments?instType=SPOT&instId=BTC-USDT");
    let code = rows.pointer("/data/0/instIdCode").unwrap().clone();
    let ticker = get(server, "/api/v5/market/ticker?instId=BTC-USDT");
    let last: f64 = ticker.pointer("/data/0/last").and_then(Value::as_str).unwrap().parse().unwrap();
    (code, format!("{:.0}", last * 0.98))
}

/// GET on the exchange, or on its admin port.
fn get(server: &Front, path: &str) -> Value {
    let address = if path.starts_with("/api") { server.plain() } else { server.admin() };
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    serde_json::from_str(reply.split_once("\r\n\r\n").unwrap().1).unwrap()
}

/// Book messages of a prepared feed, as fast as one client takes them.
fn feed() {
    pin(0);
    let market = generate(&MarketOptions { channels: vec!["books".to_owned()], ..MarketOptions::default() });
    let script = Script { pace: Pace::Full, ..Script::default() };
    let server = Server::start(market, ServerOptions { script, ..ServerOptions::default() }).unwrap();
    pin(1);
    let mut client = Client::open(server.ws().trim_start_matches("ws://").parse().unwrap(), "public");
    client.say(r#"{"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT-SWAP"}]}"#);
    client.hear_event("subscribe");
    let (mut messages, began) = (0u64, Instant::now());
    while began.elapsed() < Duration::from_secs(3) {
        assert!(client.hear().starts_with(br#"{"arg":{"channel":"books""#));
        messages += 1;
    }
    println!("feed        {:>8.0} book messages a second to one client", messages as f64 / began.elapsed().as_secs_f64());
}

/// Order to answer, one at a time: place, cancel, place, …
fn ack_latency(server: &Front) {
    let (code, px) = market(server);
    let mut client = Client::new(server, 0);
    let mut took: HashMap<&str, Vec<u64>> = HashMap::new();
    for round in 0..ROUNDS + ROUNDS / 10 {
        let began = Instant::now();
        client.say(&place(&code, "buy", "limit", &px));
        let id = client.hear_ack();
        let placed = began.elapsed();
        let began = Instant::now();
        client.say(&cancel(&code, &id));
        client.hear_ack();
        if round >= ROUNDS / 10 {
            took.entry("order").or_default().push(placed.as_nanos() as u64);
            took.entry("cancel").or_default().push(began.elapsed().as_nanos() as u64);
        }
    }
    for (what, mut list) in took {
        list.sort_unstable();
        let at = |per_mille: usize| list.get((list.len() - 1) * per_mille / 1_000).map_or(0.0, |ns| *ns as f64 / 1e3);
        println!("ack/{what:<8} p50 {:>6.1} us   p99 {:>6.1} us   p99.9 {:>7.1} us   ({} rounds)", at(500), at(990), at(999), list.len());
    }
}

/// As many as go with so many unanswered: three that rest and go, and one that trades, in turn.
fn throughput(server: &Front) {
    let (code, px) = market(server);
    let (rate, pushes) = hammer(&mut Client::new(server, 1), &code, &px, Duration::from_secs(10));
    println!("operations  {rate:>8.0} a second, {IN_FLIGHT} in flight, one connection, {pushes} pushes of orders");
}

/// Operations a second; each place must be pushed at least once, each cancel once.
fn hammer(client: &mut Client, code: &Value, px: &str, lasts: Duration) -> (f64, u64) {
    let (began, pushed) = (Instant::now(), client.orders);
    let (mut done, mut placed) = (0u64, 0u64);
    while began.elapsed() < lasts {
        for n in 0..IN_FLIGHT {
            let crossing = n % 4 == 3;
            let side = if n % 8 == 3 { "buy" } else { "sell" };
            let text = if crossing { place(code, side, "market", "") } else { place(code, "buy", "limit", px) };
            client.queue(&text);
        }
        client.flush();
        let ids: Vec<String> = (0..IN_FLIGHT).map(|_| client.hear_ack()).collect();
        placed += IN_FLIGHT as u64;
        let resting: Vec<&String> = ids.iter().enumerate().filter(|(n, _)| n % 4 != 3).map(|(_, id)| id).collect();
        for id in &resting {
            client.queue(&cancel(code, id));
        }
        client.flush();
        for _ in &resting {
            client.hear_ack();
        }
        done += (IN_FLIGHT + resting.len()) as u64;
    }
    let rate = done as f64 / began.elapsed().as_secs_f64();
    let pushes = client.orders - pushed;
    assert!(pushes + 2 * (IN_FLIGHT as u64) >= done, "{done} operations of {placed} orders, only {pushes} pushes");
    (rate, pushes)
}

/// All at once, each with its own account and pushes.
fn many_clients(server: &Front) {
    let (code, px) = market(server);
    // Three new connections a second are OKX's limit; it is off here.
    let clients: Vec<Client> = (0..CLIENTS).map(|n| Client::new(server, n)).collect();
    let rates: Vec<f64> = thread::scope(|scope| {
        let (code, px) = (&code, &px);
        let running: Vec<_> =
            clients.into_iter().map(|mut client| scope.spawn(move || hammer(&mut client, code, px, Duration::from_secs(5)).0)).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let slowest = rates.iter().copied().fold(f64::INFINITY, f64::min);
    println!("clients     {CLIENTS} at once: {:.0} operations a second together, the slowest {slowest:.0}", rates.iter().sum::<f64>());
}

/// Full load for longer: does memory stand still?
fn steady(server: &Front) {
    let minutes: f64 = std::env::var("MINUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(0.5);
    let (code, px) = market(server);
    let mut client = Client::new(server, 2);
    let part = Duration::from_secs_f64(minutes * 60.0 / 10.0);
    let mut sizes = Vec::new();
    let mut rates = Vec::new();
    for _ in 0..10 {
        rates.push(hammer(&mut client, &code, &px, part).0);
        sizes.push(resident_mb());
    }
    let text: Vec<String> = sizes.iter().map(|mb| format!("{mb:.0}")).collect();
    println!("memory      {} MB over {minutes} min at {:.0} operations a second", text.join(" "), rates.iter().sum::<f64>() / 10.0);
}

fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}
