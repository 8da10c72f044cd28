//! The server over real sockets, with a WebSocket client from another crate.
#![allow(clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use okx_fast_sim::feed::crowd::{self, CrowdOptions};
use okx_fast_sim::feed::market::{MarketOptions, generate};
use okx_fast_sim::feed::{Model, Pace, Script, Server, ServerOptions, Visits, recording};
use serde_json::{Value, json};
use tungstenite::protocol::Role;
use tungstenite::{Message, WebSocket};

const FULL: Script = Script { pace: Pace::Full, skip: None, limit: None, await_streams: 1 };

fn start(script: Script) -> Server {
    let market = MarketOptions { instruments: 2, messages: 4_000, checksums: true, ..MarketOptions::default() };
    serve(script, generate(&market), None)
}

fn serve(script: Script, feed: okx_fast_sim::feed::Feed, chunk: Option<usize>) -> Server {
    let idle_after = Duration::from_millis(700);
    Server::start(feed, ServerOptions { script, chunk, idle_after, ..ServerOptions::default() }).expect("a free port")
}

struct Client(WebSocket<TcpStream>);

/// Asks for a WebSocket; returns the head of the answer.
fn upgrade(server: &Server, path: &str) -> (TcpStream, String) {
    let url = server.ws();
    let host = url.trim_start_matches("ws://");
    let mut stream = TcpStream::connect(host).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a socket option");
    let key = "dGhlIHNhbXBsZSBub25jZQ==";
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").expect("the server reads");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a whole head");
        head.extend(byte);
    }
    (stream, String::from_utf8(head).expect("text"))
}

impl Client {
    fn connect(server: &Server, path: &str) -> Self {
        let (stream, head) = upgrade(server, path);
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(head.contains("\r\nx-okx-fast-simulator: 1\r\n"), "{head}");
        Self(WebSocket::from_raw_socket(stream, Role::Client, None))
    }

    fn send(&mut self, text: &str) {
        self.0.send(Message::text(text)).expect("the server reads");
    }

    fn ask(&mut self, op: &str, args: &[Value]) {
        self.send(&json!({"id": "r1", "op": op, "args": args}).to_string());
    }

    fn text(&mut self) -> String {
        loop {
            match self.0.read().expect("a message") {
                Message::Text(text) => return text.to_string(),
                Message::Close(close) => panic!("closed: {close:?}"),
                _ => {}
            }
        }
    }

    fn json(&mut self) -> Value {
        serde_json::from_str(&self.text()).expect("JSON")
    }

    fn close_code(&mut self) -> u16 {
        loop {
            if let Message::Close(close) = self.0.read().expect("a message") {
                return close.expect("a code").code.into();
            }
        }
    }
}

fn arg(channel: &str, id: &str) -> Value {
    json!({"channel": channel, "instId": id})
}

const BTC: &str = "BTC-USDT-SWAP";

#[test]
fn each_arg_is_acknowledged_or_refused_by_itself() {
    let server = start(Script { await_streams: 99, ..FULL });
    let mut client = Client::connect(&server, "/any/ws/v5/public");
    client.ask("subscribe", &[arg("books", BTC), arg("books", "NO-SUCH"), arg("trades-all", BTC), arg("trades", BTC)]);
    let ack = client.json();
    assert_eq!((&ack["event"], &ack["arg"], &ack["id"]), (&json!("subscribe"), &arg("books", BTC), &json!("r1")));
    let conn_id = ack["connId"].as_str().expect("a connId").to_owned();
    assert_eq!(conn_id.len(), 8);
    let codes: Vec<Value> = (0..2).map(|_| client.json()["code"].clone()).collect();
    assert_eq!(codes, ["60018", "64001"]);
    assert_eq!(client.json()["arg"], arg("trades", BTC));
    client.ask("unsubscribe", &[arg("trades", BTC)]);
    assert_eq!(client.json()["event"], "unsubscribe");
    for (request, code) in [
        ("{", "60012"),
        (r#"{"op":"login","args":[{"apiKey":"k"}]}"#, "60009"),
        (r#"{"op":"order","args":[{}]}"#, "60019"),
        (r#"{"op":"subscribe","args":"books"}"#, "60013"),
    ] {
        client.send(request);
        assert_eq!(client.json()["code"], code, "{request}");
    }
    client.send("ping");
    assert_eq!(client.text(), "pong");
    let mut business = Client::connect(&server, "/ws/v5/business");
    business.ask("subscribe", &[arg("books", BTC), arg("trades-all", BTC)]);
    assert_eq!(business.json()["code"], "64002");
    assert_eq!(business.json()["event"], "subscribe");
}

#[test]
fn the_fast_book_excludes_the_slower_ones() {
    let server = start(Script { await_streams: 99, ..FULL });
    let mut client = Client::connect(&server, "/ws/v5/public");
    client.ask("subscribe", &[arg("books", BTC), arg("books-l2-tbt", BTC), arg("books50-l2-tbt", BTC)]);
    let events: Vec<(Value, Value)> = (0..5).map(|_| client.json()).map(|e| (e["event"].clone(), e["arg"]["channel"].clone())).collect();
    let want = [
        ("subscribe", json!("books")),
        ("subscribe", json!("books-l2-tbt")),
        ("unsubscribe", json!("books")),
        ("subscribe", json!("books50-l2-tbt")),
        ("error", json!(null)),
    ];
    assert_eq!(events, want.map(|(event, channel)| (json!(event), channel)));
}

#[test]
fn wrong_use_closes_with_okx_codes() {
    let server = start(FULL);
    let mut big = Client::connect(&server, "/ws/v5/public");
    big.send(&format!(r#"{{"op":"subscribe","args":[{{"channel":"{}"}}]}}"#, "x".repeat(70_000)));
    assert_eq!(big.close_code(), 1009);
    let mut idle = Client::connect(&server, "/ws/v5/public");
    assert_eq!(idle.close_code(), 4004);
    assert!(upgrade(&server, "/ws/v5/private").1.starts_with("HTTP/1.1 404 "));
}

/// Reads so many messages of one book, checks chain and checksums, and returns the book.
fn follow(client: &mut Client, count: usize) -> (Model, i64, usize) {
    let (mut book, mut last, mut snapshots) = (Model::default(), None, 0);
    for _ in 0..count {
        let text = client.text();
        let message: Value = serde_json::from_str(&text).expect("JSON");
        if message.get("event").is_some() {
            continue;
        }
        let data = &message["data"][0];
        let (prev, seq) = (data["prevSeqId"].as_i64().expect("an id"), data["seqId"].as_i64().expect("an id"));
        if message["action"] == "snapshot" {
            assert_eq!(prev, -1);
            snapshots += 1;
        } else {
            assert_eq!(Some(prev), last);
        }
        last = Some(seq);
        book.apply(&text).expect("a book message");
        assert_eq!(book.told_checksum(), Some(i64::from(book.checksum())));
    }
    (book, last.expect("at least a snapshot"), snapshots)
}

#[test]
fn a_late_subscriber_gets_a_snapshot_and_goes_on() {
    // Far enough to go round more than once: a round has about 300 of them.
    let mut server = start(Script { limit: Some(2_000), pace: Pace::Rate { per_s: 5_000.0, burst: 1 }, ..FULL });
    let mut client = Client::connect(&server, "/ws/v5/public");
    client.ask("subscribe", &[arg("books", BTC)]);
    follow(&mut client, 700);
    client.ask("subscribe", &[arg("books", BTC)]);
    let (book, last, snapshots) = follow_to(&mut client, 2_000 - 699);
    assert_eq!(snapshots, 1);
    let report = server.stop();
    assert_eq!(report.sent, 2_000);
    let [theirs] = report.books.as_slice() else { panic!("one book: {report:?}") };
    assert_eq!((theirs.seq_id, &theirs.digest), (Some(last), &book.digest()));
}

/// As `follow`, for a book that is asked for again on the way.
fn follow_to(client: &mut Client, data: usize) -> (Model, i64, usize) {
    let (mut book, mut last, mut snapshots, mut seen) = (Model::default(), 0, 0, 0);
    while seen < data {
        let text = client.text();
        let message: Value = serde_json::from_str(&text).expect("JSON");
        if message.get("event").is_some() {
            continue;
        }
        seen += 1;
        if message["action"] == "snapshot" {
            snapshots += 1;
        } else if snapshots == 0 {
            continue;
        } else {
            assert_eq!(message["data"][0]["prevSeqId"], last);
        }
        last = message["data"][0]["seqId"].as_i64().expect("an id");
        book.apply(&text).expect("a book message");
        assert_eq!(book.told_checksum(), Some(i64::from(book.checksum())));
    }
    (book, last, snapshots)
}

#[test]
fn a_message_left_out_is_one_gap_and_no_more() {
    let mut server = start(Script { skip: Some(5), limit: Some(50), ..FULL });
    let mut digests = Vec::new();
    for gaps in [1, 0] {
        let mut client = Client::connect(&server, "/ws/v5/public");
        client.ask("subscribe", &[arg("books", BTC)]);
        let (mut last, mut found) = (-1, 0);
        for _ in 0..=50 {
            let message = client.json();
            let Some(seq) = message["data"][0]["seqId"].as_i64() else { continue };
            found += i64::from(message["data"][0]["prevSeqId"] != last);
            last = seq;
        }
        assert_eq!(found, gaps);
        digests.push(last);
    }
    assert_ne!(digests.first(), digests.last(), "the one left out was not made up for");
    assert_eq!(server.stop().books.len(), 1);
}

#[test]
fn a_recording_arrives_byte_for_byte_in_pieces_of_any_size() {
    let line = |n: u32| {
        format!(
            r#"{{"arg":{{"channel":"books","instId":"A"}},"action":"{}","data":[{{"asks":[["{n}.5","1","0","1"]],"bids":[], "ts":"{n}"}}]}}"#,
            if n == 1 { "snapshot" } else { "update" }
        )
    };
    let text: String = (1..=20).map(|n| line(n) + "\n").collect();
    for chunk in [Some(1), Some(7), None] {
        let mut server = serve(FULL, recording::read(&text, None).expect("a recording"), chunk);
        let mut client = Client::connect(&server, "/ws/v5/public");
        client.ask("subscribe", &[arg("books", "A")]);
        assert_eq!(client.json()["event"], "subscribe");
        for n in 1..=20 {
            assert_eq!(client.text(), line(n));
        }
        client.send("ping");
        assert_eq!(client.text(), "pong", "a recording that is over leaves the connection open");
        client.ask("subscribe", &[arg("books", "A")]);
        client.json();
        let again = client.text();
        assert!(again.contains(r#""action":"snapshot""#) && again.contains(r#"["20.5","1","0","1"]"#), "{again}");
        assert!(!again.contains("seqId") && !again.contains("checksum"), "the recording has none: {again}");
        let report = server.stop();
        assert_eq!((report.sent, report.books.len()), (21, 1));
    }
}

#[test]
fn a_rate_is_kept() {
    let server = start(Script { pace: Pace::Rate { per_s: 2_000.0, burst: 20 }, ..FULL });
    let mut client = Client::connect(&server, "/ws/v5/public");
    client.ask("subscribe", &[arg("books", BTC), arg("trades", BTC), arg("tickers", BTC)]);
    let begin = std::time::Instant::now();
    for _ in 0..1_003 {
        client.text();
    }
    let took = begin.elapsed().as_secs_f64();
    assert!((0.4..2.0).contains(&took), "1,000 messages at 2,000 a second took {took}");
}

#[test]
fn only_loopback_is_served() {
    let options = ServerOptions { host: "0.0.0.0".parse().expect("an address"), ..ServerOptions::default() };
    let error = Server::start(generate(&MarketOptions { messages: 100, ..MarketOptions::default() }), options);
    assert_eq!(error.expect_err("refused").to_string(), "the simulator listens on loopback only, not on 0.0.0.0");
}

#[test]
fn several_connections_are_served_each_from_the_start() {
    let server = start(Script { limit: Some(100), ..FULL });
    let mut last: HashMap<usize, i64> = HashMap::new();
    let mut clients: Vec<Client> = (0..5).map(|_| Client::connect(&server, "/ws/v5/public")).collect();
    for client in &mut clients {
        client.ask("subscribe", &[arg("books", BTC)]);
    }
    for (at, client) in clients.iter_mut().enumerate() {
        last.insert(at, follow(client, 101).1);
    }
    assert!(last.values().all(|seq| Some(seq) == last.get(&0)), "{last:?}");
}

/// A market for all, with so many messages.
fn share(limit: u64, await_streams: usize, okx_limits: bool) -> Server {
    let market = CrowdOptions { seed: 5, instruments: 30, rate: 1_500.0, round_s: 2.0, checksums: true, channels: Vec::new() };
    let script = Script { limit: Some(limit), await_streams, ..Script::default() };
    let idle_after = Duration::from_millis(700);
    let options = ServerOptions { script, idle_after, shared: true, okx_limits, ..ServerOptions::default() };
    Server::start(crowd::generate(&market).expect("a market"), options).expect("a free port")
}

#[test]
fn everybody_hears_the_same_market() {
    let mut server = share(1_500, 6, false);
    let args = [arg("books", BTC), arg("trades", BTC), arg("tickers", BTC)];
    let mut clients: Vec<Client> = (0..2).map(|_| Client::connect(&server, "/ws/v5/public")).collect();
    for client in &mut clients {
        client.ask("subscribe", &args);
        let first: Vec<Value> = (0..5).map(|_| client.json()).collect();
        assert_eq!(first.iter().filter(|message| message["event"] == "subscribe").count(), 3);
        assert_eq!(first.iter().filter(|message| message["action"] == "snapshot").count(), 1, "and a ticker, and no trade");
    }
    // The market's first second, until nobody says anything: 700 ms of silence close the connection.
    let mut heard: Vec<Vec<String>> = Vec::new();
    for client in &mut clients {
        let mut texts = Vec::new();
        while let Message::Text(text) = client.0.read().expect("a message") {
            texts.push(text.to_string());
        }
        heard.push(texts);
    }
    assert!(heard[0].len() > 30, "{}", heard[0].len());
    assert_eq!(heard[0], heard[1], "byte for byte, and in the same order");
    let report = server.stop();
    assert_eq!(report.shared, Some(Visits { connections: 2, requests: 2 }));
    assert_eq!(report.sent, 2 * (2 + heard[0].len() as u64));
    let [book] = report.books.as_slice() else { panic!("one book: {report:?}") };
    let last = heard[0].iter().rev().find(|text| text.contains(r#""channel":"books""#)).expect("an update");
    let last: Value = serde_json::from_str(last).expect("JSON");
    assert_eq!(book.seq_id, last["data"][0]["seqId"].as_i64());
}

#[test]
fn who_comes_late_to_a_shared_market_gets_its_state() {
    let mut server = share(3_000, 1, false);
    let mut early = Client::connect(&server, "/ws/v5/public");
    early.ask("subscribe", &[arg("books", BTC)]);
    let (_, first, snapshots) = follow(&mut early, 2);
    assert_eq!(snapshots, 1);
    for _ in 0..8 {
        early.text();
    }
    let mut late = Client::connect(&server, "/ws/v5/public");
    late.ask("subscribe", &[arg("books", BTC)]);
    let (mut book, start, snapshots) = follow(&mut late, 2);
    assert_eq!(snapshots, 1);
    assert!(start > first, "not from the beginning: {start} {first}");
    let mut last = start;
    while let Message::Text(text) = late.0.read().expect("a message") {
        let message: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(message["data"][0]["prevSeqId"], last);
        last = message["data"][0]["seqId"].as_i64().expect("an id");
        book.apply(&text).expect("a book message");
    }
    let report = server.stop();
    assert_eq!((report.books[0].seq_id, &report.books[0].digest), (Some(last), &book.digest()));
}

#[test]
fn a_listener_that_does_not_read_harms_nobody() {
    // 5,000 snapshots of one book, asked for and left alone, are more than a socket holds.
    let server = share(1_000_000, 1, false);
    let mut deaf = Client::connect(&server, "/ws/v5/public");
    let books = vec![arg("books", BTC); 1_000];
    for _ in 0..5 {
        deaf.ask("subscribe", &books);
    }
    let mut well = Client::connect(&server, "/ws/v5/public");
    well.ask("subscribe", &[arg("books", BTC), arg("tickers", BTC)]);
    for _ in 0..50 {
        well.text();
    }
    well.send("ping");
    while well.text() != "pong" {}
}

#[test]
fn okx_limits_hold_when_asked_for() {
    for shared in [true, false] {
        let server = if shared {
            share(1, 99, true)
        } else {
            let market = MarketOptions { instruments: 2, messages: 4_000, ..MarketOptions::default() };
            let script = Script { await_streams: 99, ..FULL };
            let options = ServerOptions { script, okx_limits: true, ..ServerOptions::default() };
            Server::start(generate(&market), options).expect("a free port")
        };
        let begin = std::time::Instant::now();
        let refused = (0..20).position(|_| upgrade(&server, "/ws/v5/public").1.starts_with("HTTP/1.1 429 ")).expect("a refusal");
        assert!((3..=3 + 3 * begin.elapsed().as_secs() as usize).contains(&refused), "{refused}");
        let (stream, _) = std::iter::repeat_with(|| upgrade(&server, "/ws/v5/public"))
            .find(|(_, head)| head.starts_with("HTTP/1.1 101 "))
            .expect("room after a second");
        let mut client = Client(WebSocket::from_raw_socket(stream, Role::Client, None));
        for request in 1..=481 {
            client.ask("unsubscribe", &[arg("books", BTC)]);
            let answer = client.json();
            assert_eq!(answer["code"], if request > 480 { json!("60014") } else { json!(null) }, "{request}");
        }
        client.send("ping");
        assert_eq!(client.text(), "pong", "the connection stays");
    }
}
