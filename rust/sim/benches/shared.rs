//! A shared market alone: `cargo bench -p okx-fast-sim --bench shared`. How much can one core hand to 100 TLS connections?
//!
//! The server has one core, clients that only decrypt and count the other. The same market, 3,000 instruments with three
//! channels each, goes one to sixteen times as fast as OKX's; every message must arrive before a figure counts.
#![allow(clippy::unwrap_used, reason = "a measurement that fails may panic")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use okx_fast_net::ws::{Decoder, Opcode, Role, encode};
use okx_fast_sim::feed::crowd::{CrowdOptions, generate};
use okx_fast_sim::feed::{Feed, Pace, Script, Server, ServerOptions};
use rustix::thread::{CpuSet, sched_setaffinity};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const INSTRUMENTS: usize = 3_000;
const CHANNELS: [&str; 3] = ["books", "trades", "tickers"];
const CONNECTIONS: usize = 100;
const RATE: u64 = 9_000;
const LASTS_S: u64 = 5;

fn main() {
    pin(0);
    let market =
        CrowdOptions { seed: 1, instruments: INSTRUMENTS, rate: RATE as f64, round_s: 20.0, checksums: false, channels: Vec::new() };
    println!(
        "shared: {INSTRUMENTS} instruments, {} channels, {CONNECTIONS} TLS connections, server on one core, clients on another",
        3 * INSTRUMENTS
    );
    println!("{:>10} {:>10} {:>10} {:>28}", "times OKX", "asked/s", "came/s", "due to sent us (p50 p99 p99.9)");
    for factor in [1, 2, 4, 8, 16] {
        let began = Instant::now();
        let feed = generate(&market).unwrap();
        let prepared = began.elapsed();
        let (messages, resident) = (feed.len(), resident_mb());
        run(feed, factor);
        if factor == 1 {
            println!("           prepared in {:.1} s: {messages} messages, {resident:.0} MB resident", prepared.as_secs_f64());
        }
    }
}

fn run(feed: Feed, factor: u32) {
    let limit = RATE * LASTS_S * u64::from(factor);
    let log = std::env::temp_dir().join(format!("okx-fast-shared-{}.log", std::process::id()));
    let script = Script {
        pace: Pace::Recorded { factor: f64::from(factor) },
        limit: Some(limit),
        await_streams: CHANNELS.len() * INSTRUMENTS,
        ..Script::default()
    };
    pin(0);
    let options = ServerOptions { script, shared: true, send_log: Some(log.clone()), ..ServerOptions::default() };
    let mut server = Server::start(feed, options).unwrap();
    pin(1);
    // A state of each book and ticker, and then every message of the market once.
    let states = 2 * INSTRUMENTS as u64;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let alive = runtime.block_on(receive(&server, states + limit));
    assert_eq!(server.stop().sent, states + limit + alive);
    let sends = sends(&log);
    std::fs::remove_file(&log).unwrap();
    let took_ns = sends.iter().map(|(_, sent)| sent).max().unwrap() - sends.iter().map(|(due, _)| due).min().unwrap();
    let mut lags: Vec<u64> = sends.iter().map(|(due, sent)| sent - due).collect();
    lags.sort_unstable();
    let at = |per_mille: usize| lags.get((lags.len() - 1) * per_mille / 1_000).map_or(0.0, |ns| *ns as f64 / 1e3);
    let came = limit as f64 * 1e9 / took_ns as f64;
    println!("{factor:>10} {:>10} {came:>10.0} {:>10.1} {:>8.1} {:>8.1}", RATE * u64::from(factor), at(500), at(990), at(999));
}

/// Counts over all connections until so many messages came; how many keep-alives came besides.
async fn receive(server: &Server, wanted: u64) -> u64 {
    let (sender, mut counts) = tokio::sync::mpsc::channel::<(u64, u64)>(CONNECTIONS);
    let connector = trusting(server.ca_file());
    let address = server.wss().trim_start_matches("wss://").to_owned();
    let instruments = server.feed().instruments();
    let mut clients = JoinSet::new();
    for share in instruments.chunks(INSTRUMENTS / CONNECTIONS) {
        let mut stream = connect(&connector, &address).await;
        let args: Vec<_> = share.iter().flat_map(|id| CHANNELS.map(|channel| json!({"channel": channel, "instId": id}))).collect();
        let mut out = Vec::new();
        encode(Role::Client, Opcode::Text, json!({"op": "subscribe", "args": args}).to_string().as_bytes(), [1, 2, 3, 4], &mut out);
        stream.write_all(&out).await.unwrap();
        clients.spawn(count(stream, sender.clone()));
    }
    drop(sender);
    let (mut seen, mut alive) = (0, 0);
    while seen < wanted {
        let waits = tokio::time::timeout(Duration::from_secs(60), counts.recv()).await;
        let (data, quiet) = waits.unwrap_or_else(|_| panic!("only {seen} of {wanted} messages came")).unwrap();
        seen += data;
        alive += quiet;
    }
    assert_eq!(seen, wanted, "no message twice");
    alive
}

/// Tells how many data messages each read brought, and how many keep-alives.
async fn count(mut stream: TlsStream<TcpStream>, counts: tokio::sync::mpsc::Sender<(u64, u64)>) {
    let mut decoder = Decoder::new(Role::Client, 1 << 20);
    while let Ok(n @ 1..) = stream.read(decoder.space(1 << 16)).await {
        decoder.filled(n);
        let (mut data, mut alive) = (0, 0);
        while let Some(message) = decoder.next_message().unwrap() {
            let quiet = message.payload.len() < 250 && message.payload.windows(20).any(|part| part == br#""asks":[],"bids":[],"#);
            data += u64::from(message.payload.starts_with(br#"{"arg""#) && !quiet);
            alive += u64::from(quiet);
        }
        if counts.send((data, alive)).await.is_err() {
            return;
        }
    }
}

async fn connect(connector: &TlsConnector, address: &str) -> TlsStream<TcpStream> {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
    let head = "GET /ws/v5/public HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut got = Vec::new();
    while !got.ends_with(b"\r\n\r\n") {
        got.push(stream.read_u8().await.unwrap());
    }
    stream
}

fn trusting(ca: &Path) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca).unwrap() {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

/// Of each update of a book: when it was due, and when it was handed to its connection, nanoseconds.
fn sends(log: &Path) -> Vec<(u64, u64)> {
    let bytes = std::fs::read(log).unwrap();
    let number = |row: &[u8], at: usize| u64::from_le_bytes(row.get(at..at + 8).unwrap().try_into().unwrap());
    bytes.chunks_exact(24).map(|row| (number(row, 8), number(row, 16))).collect()
}

fn pin(core: usize) {
    let mut set = CpuSet::new();
    set.set(core);
    // With one core everything shares it, which the figures then show.
    let _ = sched_setaffinity(None, &set);
}

fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}
