//! How fast one connection can be fed: `cargo run --release -p okx-fast-sim --example throughput`.
//!
//! The receiver only counts frames, so what is measured is the server and the kernel, and for TLS the decryption.
#![allow(clippy::unwrap_used, reason = "a measurement that fails may panic")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use okx_fast_net::ws::{Decoder, Opcode, Role, encode};
use okx_fast_sim::feed::market::{MarketOptions, generate};
use okx_fast_sim::feed::{Pace, Script, Server, ServerOptions};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};

const REQUEST: &str = "GET /ws/v5/public HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const FOR: Duration = Duration::from_secs(3);

fn main() {
    for channels in [vec!["books".to_owned()], Vec::new()] {
        let began = Instant::now();
        let feed = generate(&MarketOptions { channels: channels.clone(), ..MarketOptions::default() });
        println!("market of {} messages in {:.0?}, channels {channels:?}", feed.len(), began.elapsed());
        let script = Script { pace: Pace::Full, ..Script::default() };
        let server = Server::start(feed, ServerOptions { script, ..ServerOptions::default() }).unwrap();
        let plain = TcpStream::connect(server.ws().trim_start_matches("ws://")).unwrap();
        println!("  plain {}", receive(plain));
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(server.ca_file()).unwrap()).unwrap();
        let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let session = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
        let socket = TcpStream::connect(server.wss().trim_start_matches("wss://")).unwrap();
        println!("  tls   {}", receive(rustls::StreamOwned::new(session, socket)));
    }
}

fn receive(mut stream: impl Read + Write) -> String {
    stream.write_all(REQUEST.as_bytes()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    let ask = br#"{"op":"subscribe","args":[{"channel":"books","instId":"BTC-USDT-SWAP"}]}"#;
    let mut out = Vec::new();
    encode(Role::Client, Opcode::Text, ask, [1, 2, 3, 4], &mut out);
    stream.write_all(&out).unwrap();
    let mut decoder = Decoder::new(Role::Client, 1 << 20);
    let (mut messages, mut bytes, began) = (0u64, 0u64, Instant::now());
    while began.elapsed() < FOR {
        let n = stream.read(decoder.space(1 << 16)).unwrap();
        decoder.filled(n);
        while let Some(message) = decoder.next_message().unwrap() {
            messages += 1;
            bytes += message.payload.len() as u64;
        }
    }
    let took = began.elapsed().as_secs_f64();
    let mean = bytes.checked_div(messages).unwrap_or(0);
    format!("{:.0} messages/s, {:.0} MB/s, mean {mean} bytes", messages as f64 / took, bytes as f64 / took / 1e6)
}
