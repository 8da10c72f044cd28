//! The floor of the order benches: the same orders from one thread that blocks on its sockets. No Python, no runtime, no
//! desk, no limits: nothing but TLS, WebSocket, the book and the request's bytes, in the code that okx_fast uses too.
//!
//!     okx-fast-bare '{"impl": "bare/orders", "ws": "wss://…", "ca_file": "…", "code": 10, "count": 1000, …}'
//!
//! `bare/orders`: call to answer; `bare/tick`: from the socket's bytes of a book update until the order's bytes are with
//! the kernel. Prints one line of JSON.

use okx_fast_core::channel::{Arg, Channel};
use okx_fast_core::order::Op;
use okx_fast_core::order::answer::Answer;
use okx_fast_core::order::frame::Frame;
use okx_fast_core::session::{Action, Config, Event, LegId, Outgoing, Session, SharedBook};
use okx_fast_core::sign::Signer;
use okx_fast_net::clock;
use okx_fast_net::tls::{TlsConfig, TlsStream};
use okx_fast_net::ws::{Decoder, Opcode, Role, encode, handshake};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Between two orders of a tick-to-trade run, as in the other benches.
const PAUSE_NS: u64 = 2_000_000;
const MOST_MESSAGE: usize = 16 << 20;
const SILENCE: Duration = Duration::from_secs(10);

/// What is to be done; the other benches know it under the same names.
#[derive(Deserialize)]
struct Job {
    #[serde(rename = "impl")]
    name: String,
    ws: String,
    feed: String,
    ca_file: Option<PathBuf>,
    key: String,
    secret: String,
    passphrase: String,
    /// The instrument's instIdCode.
    code: u64,
    px: String,
    sz: String,
    count: u64,
    /// Orders before any is timed.
    warm: u64,
}

/// One TLS connection that blocks.
struct Line {
    socket: TcpStream,
    tls: TlsStream,
    decoder: Decoder,
    out: Vec<u8>,
    frame: Vec<u8>,
}

impl Line {
    fn open(url: &str, tls: &TlsConfig) -> Result<Self> {
        let rest = url.strip_prefix("wss://").ok_or("expected wss://")?;
        let (address, path) = rest.split_at(rest.find('/').ok_or("expected a path")?);
        let (host, _) = address.rsplit_once(':').ok_or("expected a port")?;
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(SILENCE))?;
        let (tls, decoder) = (TlsStream::new(tls, host)?, Decoder::new(Role::Client, MOST_MESSAGE));
        let mut line = Self { socket, tls, decoder, out: Vec::new(), frame: Vec::new() };
        line.tls.received(0, &mut line.decoder, &mut line.out)?;
        line.flush()?;
        while !line.tls.is_established() {
            line.read()?;
        }
        let key = handshake::key([7; 16]);
        let request = handshake::client_request(address, path, &key, &[])?;
        line.tls.seal(&request, &mut line.decoder, &mut line.out)?;
        line.flush()?;
        loop {
            if let Some(head) = handshake::check_response(line.decoder.undecoded(), &key, false)? {
                line.decoder.skip(head);
                return Ok(line);
            }
            line.read()?;
        }
    }

    fn flush(&mut self) -> Result<()> {
        self.socket.write_all(&self.out)?;
        self.out.clear();
        Ok(())
    }

    /// Waits for bytes; when they had left the socket, monotonic.
    fn read(&mut self) -> Result<u64> {
        let n = self.socket.read(self.tls.space())?;
        let at = clock::mono_ns();
        if n == 0 {
            return Err("closed by the server".into());
        }
        self.tls.received(n, &mut self.decoder, &mut self.out)?;
        if !self.out.is_empty() {
            self.flush()?;
        }
        Ok(at)
    }

    fn send(&mut self, text: &[u8]) -> Result<()> {
        self.frame.clear();
        encode(Role::Client, Opcode::Text, text, [1, 2, 3, 4], &mut self.frame);
        self.tls.seal(&self.frame, &mut self.decoder, &mut self.out)?;
        self.flush()
    }

    /// Waits for a text message.
    fn text<T>(&mut self, mut take: impl FnMut(&[u8]) -> Option<T>) -> Result<T> {
        loop {
            while let Some(message) = self.decoder.next_message()? {
                if message.opcode == Opcode::Text
                    && let Some(found) = take(message.payload)
                {
                    return Ok(found);
                }
            }
            self.read()?;
        }
    }
}

/// What is asked for, and the line it goes over.
struct Orders {
    line: Line,
    request: Vec<u8>,
    code: u64,
    px: String,
    sz: String,
    sent: u64,
}

impl Orders {
    fn open(job: &Job, tls: &TlsConfig) -> Result<Self> {
        let mut line = Line::open(&format!("{}/ws/v5/private", job.ws), tls)?;
        let at = (clock::now().wall_ns / 1_000_000_000).to_string();
        let sign = Signer::new(job.secret.as_bytes()).sign_login(&at);
        let args = json!([{"apiKey": job.key, "passphrase": job.passphrase, "timestamp": at, "sign": sign.as_str()}]);
        line.send(json!({"op": "login", "args": args}).to_string().as_bytes())?;
        let answer = line.text(|text| serde_json::from_slice::<Value>(text).ok())?;
        if answer.get("event").and_then(Value::as_str) != Some("login") {
            return Err(format!("login: {answer}").into());
        }
        Ok(Self { line, request: Vec::new(), code: job.code, px: job.px.clone(), sz: job.sz.clone(), sent: 0 })
    }

    /// Writes and sends the next order.
    fn send(&mut self) -> Result<()> {
        self.sent += 1;
        let mut frame = Frame::new(&mut self.request, self.sent, Op::Order, None);
        frame.item();
        frame.int("instIdCode", self.code);
        for (key, value) in [("tdMode", "cash"), ("side", "buy"), ("ordType", "ioc"), ("sz", &self.sz), ("px", &self.px)] {
            frame.text(key, value);
        }
        frame.text("clOrdId", &format!("b{}", self.sent));
        frame.done();
        self.line.send(&self.request)
    }

    /// Waits for the answer: the order's id.
    fn answer(&mut self) -> Result<String> {
        let id = self.sent;
        self.line
            .text(|text| {
                let answer = Answer::parse(text).filter(|answer| answer.id == Some(id))?;
                let mut ord_id = Err(format!("refused: {}", String::from_utf8_lossy(text)));
                answer.items(|item| {
                    if item.s_code == "0" {
                        ord_id = Ok(item.ord_id.into_owned());
                    }
                });
                Some(ord_id)
            })?
            .map_err(Into::into)
    }
}

fn place(mut orders: Orders, count: u64, warm: u64) -> Result<Vec<u64>> {
    let (mut ns, mut seen) = (Vec::new(), HashSet::new());
    for number in 0..count + warm {
        let before = clock::mono_ns();
        orders.send()?;
        seen.insert(orders.answer()?);
        if number >= warm {
            ns.push(clock::mono_ns() - before);
        }
    }
    if seen.len() as u64 != count + warm {
        return Err("an order's id came twice".into());
    }
    Ok(ns)
}

fn tick(mut orders: Orders, feed: &str, tls: &TlsConfig, count: u64, warm: u64) -> Result<Vec<u64>> {
    let mut line = Line::open(feed, tls)?;
    let mut session = Session::new(Config::default());
    let params = vec![("instId".to_owned(), "BTC-USDT-SWAP".to_owned())];
    let books = Channel::find("books").ok_or("books: no such channel")?;
    session.subscribe(Arg { channel: "books".to_owned(), params }, Some(SharedBook::new(books)));
    session.start(clock::now());
    while !matches!(session.poll_action(), Some(Action::Connect(_))) {}
    session.handle_connected(LegId::FIRST, clock::now(), |_| {});
    let (mut ns, mut last, mut sent) = (Vec::new(), 0, 0);
    while sent < count + warm {
        while let Some(Outgoing::Text(text)) = session.poll_transmit(LegId::FIRST, clock::now()) {
            line.send(text.as_bytes())?;
        }
        let at_ns = line.read()?;
        let at = clock::now();
        session.handle_read();
        let mut is_sent = false;
        while let Some(message) = line.decoder.next_message()? {
            let mut is_update = false;
            session.handle_frame(LegId::FIRST, at, message.payload, |event| is_update |= matches!(event, Event::Book(..)));
            if is_update && !is_sent && at_ns - last >= PAUSE_NS {
                orders.send()?;
                let done = clock::mono_ns();
                (is_sent, last, sent) = (true, at_ns, sent + 1);
                if sent > warm {
                    ns.push(done - at_ns);
                }
            }
        }
        if is_sent {
            orders.answer()?;
        }
    }
    Ok(ns)
}

fn main() -> Result<()> {
    let job = std::env::args().nth(1).ok_or("expected a job, as JSON")?;
    let job: Job = serde_json::from_str(&job)?;
    let tls = TlsConfig::new(job.ca_file.as_deref())?;
    let orders = Orders::open(&job, &tls)?;
    let ns = match job.name.as_str() {
        "bare/orders" => place(orders, job.count, job.warm)?,
        "bare/tick" => tick(orders, &job.feed, &tls, job.count, job.warm)?,
        other => return Err(format!("impl: expected bare/orders or bare/tick, got {other}").into()),
    };
    println!("{}", json!({"impl": job.name, "ns": ns}));
    Ok(())
}
