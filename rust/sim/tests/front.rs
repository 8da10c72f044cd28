//! The front over real sockets, with an engine that says what it is told to.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use okx_fast_sim::exchange::config::ClockMode;
use okx_fast_sim::exchange::io::{ConnId, HttpRequest, Input, MILLI, Nanos, Output};
use okx_fast_sim::front::{Engine, Front, FrontOptions, StartError};
use tungstenite::protocol::Role;
use tungstenite::{Message, WebSocket};

const WAIT: Duration = Duration::from_secs(10);
const UPGRADE: &str = "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate\r\n";

#[derive(Default)]
struct Echo {
    now: Nanos,
    is_virtual: bool,
    outputs: VecDeque<Output>,
    later: BTreeMap<Nanos, Output>,
    closed: Arc<AtomicUsize>,
    controls: usize,
}

impl Echo {
    fn reply(conn: ConnId, request: &HttpRequest) -> Output {
        let mut body = format!("{} {} ", request.method, request.target).into_bytes();
        body.extend_from_slice(&request.body);
        Output::Reply { conn, status: 200, headers: Vec::new(), body, close: request.target == "/bye" }
    }

    fn text(conn: ConnId, text: &[u8]) -> Output {
        Output::Text { conn, text: text.into() }
    }

    fn said(&mut self, conn: ConnId, text: &[u8]) {
        let output = match text {
            b"close" => Output::Close { conn, code: 4001, reason: "ü".repeat(100) },
            b"reset" => Output::Reset { conn },
            b"panic" => panic!("a bug of this test's own"),
            b"freeze" => Output::Freeze { conn },
            b"controls" => Self::text(conn, self.controls.to_string().as_bytes()),
            b"shut" => {
                self.later.insert(self.now + 200 * MILLI, Output::Listen { open: true });
                Output::Listen { open: false }
            }
            b"flood" => {
                let text: Arc<[u8]> = vec![b'x'; 100_000].into();
                self.outputs.extend((0..200).map(|_| Output::Text { conn, text: Arc::clone(&text) }));
                return;
            }
            text => Self::text(conn, text),
        };
        self.outputs.push_back(output);
    }
}

impl Engine for Echo {
    fn handle(&mut self, at: Nanos, input: &Input) {
        self.now = at;
        match input {
            Input::Http { conn, request, .. } if request.header("upgrade").is_some() && request.path() == "/ws" => {
                self.outputs.push_back(Output::Upgrade { conn: *conn });
                self.outputs.push_back(Self::text(*conn, b"welcome"));
            }
            Input::Http { conn, request, .. } if request.path() == "/later" => {
                let micros: u64 = request.query().parse().unwrap_or_default();
                self.later.insert(at + micros * 1000, Self::reply(*conn, request));
            }
            Input::Http { conn, request, .. } | Input::Admin { conn, request } => {
                if request.target == "/clock" {
                    self.now += 1_000 * MILLI;
                }
                self.outputs.push_back(Self::reply(*conn, request));
            }
            Input::Text { conn, text } => self.said(*conn, text),
            Input::Binary { conn } => self.outputs.push_back(Output::Close { conn: *conn, code: 1003, reason: String::new() }),
            Input::Control { .. } => self.controls += 1,
            Input::Closed { .. } => {
                self.closed.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    fn advance(&mut self, at: Nanos) {
        self.now = self.now.max(at);
    }

    fn poll_output(&mut self, at: Nanos) -> Option<Output> {
        if let Some(output) = self.outputs.pop_front() {
            return Some(output);
        }
        let due = *self.later.keys().next().filter(|due| **due <= at)?;
        self.later.remove(&due)
    }

    fn poll_timeout(&self) -> Option<Nanos> {
        self.later.keys().next().copied()
    }

    fn clock(&self) -> ClockMode {
        if self.is_virtual { ClockMode::Virtual } else { ClockMode::Real }
    }

    fn now(&self) -> Nanos {
        self.now
    }
}

fn start() -> (Front, Arc<AtomicUsize>) {
    let closed = Arc::<AtomicUsize>::default();
    let engine = Echo { closed: Arc::clone(&closed), ..Echo::default() };
    (Front::start(FrontOptions::default(), |_| Ok(engine)).unwrap(), closed)
}

fn dial(at: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(WAIT)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// One answer: its head, its body.
fn answer(stream: &mut TcpStream) -> (String, String) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    (head, String::from_utf8(body).unwrap())
}

fn web_socket(front: &Front) -> WebSocket<TcpStream> {
    let mut stream = dial(front.plain());
    write!(stream, "GET /ws HTTP/1.1\r\nHost: x\r\n{UPGRADE}\r\n").unwrap();
    let (head, _) = answer(&mut stream);
    assert!(head.starts_with("HTTP/1.1 101 ") && head.contains("\r\nx-okx-fast-simulator: 1\r\n"), "{head}");
    assert!(!head.to_lowercase().contains("extensions"), "{head}");
    let mut socket = WebSocket::from_raw_socket(stream, Role::Client, None);
    assert_eq!(socket.read().unwrap(), Message::text("welcome"));
    socket
}

fn close_code(socket: &mut WebSocket<TcpStream>) -> (u16, String) {
    loop {
        if let Message::Close(frame) = socket.read().unwrap() {
            let frame = frame.unwrap();
            return (frame.code.into(), frame.reason.to_string());
        }
    }
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + WAIT;
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn a_connection_is_kept_and_answers_keep_their_order() {
    let (front, closed) = start();
    let mut stream = dial(front.plain());
    for round in 0..3 {
        let mut all = format!("GET /later?3000 HTTP/1.1\r\n\r\nPOST /b{round} HTTP/1.1\r\ncontent-length: 2\r\n\r\nhi").into_bytes();
        all.extend_from_slice(b"POST /c HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nHEAD /h HTTP/1.1\r\n\r\n");
        stream.write_all(&all).unwrap();
        assert_eq!(answer(&mut stream).1, "GET /later?3000 ");
        assert_eq!(answer(&mut stream).1, format!("POST /b{round} hi"));
        assert_eq!(answer(&mut stream).1, "POST /c x");
        let mut head = [0; 200];
        let n = stream.read(&mut head).unwrap();
        assert!(head[..n].ends_with(b"content-length: 8\r\n\r\n"), "a HEAD is answered without a body");
    }
    stream.write_all(b"GET /bye HTTP/1.1\r\n\r\nGET /unheard HTTP/1.1\r\n\r\n").unwrap();
    let (head, body) = answer(&mut stream);
    assert!(head.contains("connection: close") && body == "GET /bye ");
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    until("the engine hears of the end once", || closed.load(Ordering::SeqCst) == 1);
}

#[test]
fn bytes_may_come_one_by_one_and_a_half_closed_peer_is_still_answered() {
    let (front, _) = start();
    let mut stream = dial(front.plain());
    for byte in b"POST /later?20000 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc" {
        stream.write_all(&[*byte]).unwrap();
    }
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(answer(&mut stream).1, "POST /later?20000 abc");
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
}

#[test]
fn what_is_malformed_or_too_long_is_refused_by_the_front() {
    let (front, closed) = start();
    for (bytes, status) in [
        (b"rubbish\r\n\r\n".to_vec(), 400),
        (b"POST / HTTP/1.1\r\ncontent-length: 2000000\r\n\r\n".to_vec(), 413),
        ([b"GET / HTTP/1.1\r\nx: ".to_vec(), vec![b'x'; 100_000]].concat(), 431),
        (b"GET /ws HTTP/1.1\r\nupgrade: websocket\r\n\r\n".to_vec(), 400),
    ] {
        let mut stream = dial(front.plain());
        stream.write_all(&bytes).unwrap();
        let (head, body) = answer(&mut stream);
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        assert!(head.contains("\r\nx-okx-fast-simulator: 1\r\n") && head.contains("\r\nconnection: close\r\n"), "{head}");
        assert!(body.starts_with(r#"{"code":"50000","#), "{body}");
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    }
    until("each is over", || closed.load(Ordering::SeqCst) == 4);
}

#[test]
fn a_state_is_longer_than_the_body_of_a_client_may_be() {
    let (front, _) = start();
    let mut admin = dial(front.admin());
    let state = "s".repeat(3_000_000);
    write!(admin, "POST /state HTTP/1.1\r\ncontent-length: 3000000\r\n\r\n{state}").unwrap();
    assert_eq!(answer(&mut admin).1.len(), "POST /state ".len() + 3_000_000);
}

#[test]
fn expect_100_continue_is_answered_before_the_body() {
    let (front, _) = start();
    let mut stream = dial(front.plain());
    stream.write_all(b"POST /e HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n").unwrap();
    assert_eq!(answer(&mut stream).0, "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"ok").unwrap();
    assert_eq!(answer(&mut stream).1, "POST /e ok");
}

#[test]
fn a_web_socket_speaks_pings_and_closes_as_the_engine_says() {
    let (front, _) = start();
    let mut socket = web_socket(&front);
    socket.send(Message::text("hello")).unwrap();
    assert_eq!(socket.read().unwrap(), Message::text("hello"));
    socket.send(Message::Ping(b"p".to_vec().into())).unwrap();
    assert_eq!(socket.read().unwrap(), Message::Pong(b"p".to_vec().into()));
    socket.send(Message::Pong(b"".to_vec().into())).unwrap();
    socket.send(Message::text("controls")).unwrap();
    assert_eq!(socket.read().unwrap(), Message::text("2"), "both count as traffic");
    socket.send(Message::text("close")).unwrap();
    assert_eq!(close_code(&mut socket), (4001, "ü".repeat(61)), "a reason is cut between letters");

    let mut socket = web_socket(&front);
    socket.send(Message::binary(b"x".to_vec())).unwrap();
    assert_eq!(close_code(&mut socket).0, 1003);
    let mut socket = web_socket(&front);
    socket.send(Message::text("x".repeat(70_000))).unwrap();
    assert_eq!(close_code(&mut socket).0, 1009);
    let mut socket = web_socket(&front);
    socket.get_mut().write_all(b"\xff\xff\xff").unwrap();
    assert_eq!(close_code(&mut socket).0, 1002);
    let mut socket = web_socket(&front);
    socket.close(None).unwrap();
    assert!(matches!(socket.read().unwrap(), Message::Close(_)), "a close is answered");
}

#[test]
fn frames_behind_the_upgrade_and_a_refused_upgrade_are_not_lost() {
    let (front, _) = start();
    let mut stream = dial(front.plain());
    write!(stream, "GET /elsewhere HTTP/1.1\r\n{UPGRADE}\r\n").unwrap();
    assert_eq!(answer(&mut stream).1, "GET /elsewhere ");
    let mut all = format!("GET /ws HTTP/1.1\r\n{UPGRADE}\r\n").into_bytes();
    all.extend_from_slice(b"\x81\x82\0\0\0\0hi");
    for byte in all {
        stream.write_all(&[byte]).unwrap();
    }
    assert!(answer(&mut stream).0.starts_with("HTTP/1.1 101 "));
    let mut frames = [0; 13];
    stream.read_exact(&mut frames).unwrap();
    assert_eq!(&frames, b"\x81\x07welcome\x81\x02hi");
}

#[test]
fn a_reset_is_a_reset() {
    let (front, closed) = start();
    let mut socket = web_socket(&front);
    socket.send(Message::text("reset")).unwrap();
    let error = socket.get_mut().read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    until("closed", || closed.load(Ordering::SeqCst) == 1);
}

#[test]
fn a_frozen_connection_is_silent_until_its_peer_goes() {
    let (front, closed) = start();
    let mut socket = web_socket(&front);
    socket.send(Message::text("freeze")).unwrap();
    socket.send(Message::text("anybody?")).unwrap();
    socket.get_mut().set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let error = socket.get_mut().read(&mut [0]).unwrap_err();
    assert!(matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), "{error}");
    assert_eq!(closed.load(Ordering::SeqCst), 0);
    drop(socket);
    until("the socket is let go", || closed.load(Ordering::SeqCst) == 1);
}

#[test]
fn a_consumer_that_does_not_read_is_closed_with_4005() {
    let (front, closed) = start();
    let mut socket = web_socket(&front);
    socket.send(Message::text("flood")).unwrap();
    until("the engine is told before all is read", || closed.load(Ordering::SeqCst) == 1);
    assert_eq!(close_code(&mut socket).0, 4005);
}

#[test]
fn a_peer_that_asks_without_reading_cannot_fill_the_memory() {
    let (front, _) = start();
    // Pings: their pongs are bounded like everything else, and the reader finds out why it was closed.
    let mut socket = web_socket(&front);
    let ping = [&b"\x89\xfd\0\0\0\0"[..], &[b'p'; 125]].concat().repeat(1000);
    let stream = socket.get_mut();
    stream.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    while stream.write_all(&ping).is_ok() {}
    assert_eq!(close_code(&mut socket).0, 4005);
    // Requests sent ahead: not read any further until answers are taken; then all of them are answered.
    let mut stream = dial(front.plain());
    let mut writer = stream.try_clone().unwrap();
    let body = "x".repeat(10_000);
    let written = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&written);
    let sent = std::thread::spawn(move || {
        for _ in 0..5_000 {
            write!(writer, "POST / HTTP/1.1\r\ncontent-length: 10000\r\n\r\n{body}").unwrap();
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let mut before = None;
    while before != Some(written.load(Ordering::SeqCst)) {
        before = Some(written.load(Ordering::SeqCst));
        std::thread::sleep(Duration::from_millis(100)); // the writer stands when nothing moves between two looks
    }
    assert!(before < Some(5_000), "50 MB do not fit what the system buffers");
    let mut answers = io::BufReader::new(&mut stream);
    let mut answer = Vec::new();
    for _ in 0..5_000 {
        answer.clear();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.extend([0]);
            let at = answer.len() - 1;
            answers.read_exact(&mut answer[at..]).unwrap();
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"));
        answer.resize(10_000 + 7, 0);
        answers.read_exact(&mut answer).unwrap();
    }
    sent.join().unwrap();
}

#[test]
fn a_closed_door_refuses_and_opens_again() {
    let (front, _) = start();
    let mut socket = web_socket(&front);
    socket.send(Message::text("shut")).unwrap();
    until("refused", || TcpStream::connect(front.plain()).is_err());
    assert!(TcpStream::connect(front.admin()).is_ok(), "the admin port stays");
    socket.send(Message::text("still here")).unwrap();
    assert_eq!(socket.read().unwrap(), Message::text("still here"));
    until("open", || TcpStream::connect(front.plain()).is_ok());
    let _ = web_socket(&front);
}

#[test]
fn connections_that_come_and_go_leave_nothing_behind() {
    let (front, closed) = start();
    drop(web_socket(&front));
    until("closed", || closed.load(Ordering::SeqCst) == 1);
    let before = descriptors();
    for _ in 0..300 {
        let mut stream = dial(front.plain());
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        assert_eq!(answer(&mut stream).1, "GET / ");
        drop(web_socket(&front));
        drop(dial(front.tls()));
    }
    until("all closed", || closed.load(Ordering::SeqCst) == 601);
    // Other tests of this process open and close theirs meanwhile.
    until("no descriptor left", || descriptors() < before + 100);
}

#[test]
fn fifty_clients_at_once_are_each_answered() {
    let (front, _) = start();
    let mut sockets: Vec<_> = (0..50).map(|_| web_socket(&front)).collect();
    for round in 0..20 {
        for socket in &mut sockets {
            socket.send(Message::text(format!("r{round}"))).unwrap();
        }
        for socket in &mut sockets {
            assert_eq!(socket.read().unwrap(), Message::text(format!("r{round}")));
        }
    }
}

#[test]
fn delayed_answers_come_when_they_are_due() {
    let (front, _) = start();
    let mut stream = dial(front.plain());
    let began = Instant::now();
    stream.write_all(b"GET /later?30000 HTTP/1.1\r\n\r\n").unwrap();
    answer(&mut stream);
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(30), "{took:?}");
}

#[test]
fn a_virtual_clock_moves_only_when_told() {
    let engine = Echo { is_virtual: true, now: 5, ..Echo::default() };
    let front = Front::start(FrontOptions::default(), |_| Ok(engine)).unwrap();
    let mut stream = dial(front.plain());
    stream.write_all(b"GET /later?1000 HTTP/1.1\r\n\r\n").unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    assert!(stream.read(&mut [0]).is_err(), "a millisecond has passed, but not on this clock");
    let mut admin = dial(front.admin());
    admin.write_all(b"POST /clock HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(answer(&mut admin).1, "POST /clock ");
    assert_eq!(answer(&mut stream).1, "GET /later?1000 ");
}

#[test]
fn an_engine_that_fails_takes_the_simulator_with_it() {
    let (front, _) = start();
    let (mut one, mut other) = (web_socket(&front), web_socket(&front));
    assert!(front.is_running());
    one.send(Message::text("panic")).unwrap();
    until("the end", || !front.is_running());
    while other.read().is_ok() {}
    assert!(TcpStream::connect(front.plain()).is_err() && TcpStream::connect(front.admin()).is_err());
}

#[test]
fn stop_closes_everything_and_joins() {
    let (mut front, _) = start();
    let (mut socket, mut stream) = (web_socket(&front), dial(front.plain()));
    let (plain, ca_file) = (front.plain(), front.ca_file().to_owned());
    assert!(ca_file.exists());
    front.stop();
    assert!(socket.read().is_err());
    assert!(stream.read(&mut [0]).is_ok_and(|n| n == 0) || stream.write(b"x").is_err());
    assert!(TcpStream::connect(plain).is_err());
    front.stop();
    drop(front);
    assert!(!ca_file.exists());
}

#[test]
fn a_port_that_is_taken_and_a_host_that_others_reach_are_errors() {
    let (front, _) = start();
    let taken = FrontOptions { port: front.plain().port(), ..FrontOptions::default() };
    let error = Front::start(taken, |_| Ok(Echo::default())).unwrap_err();
    assert!(matches!(&error, StartError::Io(error) if error.kind() == io::ErrorKind::AddrInUse), "{error}");
    assert!(error.to_string().contains(&front.plain().to_string()), "{error}");
    let wide = FrontOptions { host: [0, 0, 0, 0].into(), ..FrontOptions::default() };
    let error = Front::start(wide, |_| Ok(Echo::default())).unwrap_err();
    assert!(error.to_string().contains("loopback only, not on 0.0.0.0"), "{error}");
    let exposed = Front::start(FrontOptions { expose: true, ..wide }, |_| Ok(Echo::default())).unwrap();
    assert!(exposed.admin().ip().is_loopback() && !exposed.plain().ip().is_loopback());
}
