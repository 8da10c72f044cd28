//! One connection with a feed of its own: handshake, requests and the feed, on a thread of its own.
//!
//! A thread each, because exact pacing blocks it for up to two milliseconds and spins the rest. What the connections of
//! a shared market do alike (`hall.rs`) stands here too.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use okx_fast_net::ws::handshake::{accept_response, read_request, refuse_response};
use okx_fast_net::ws::{Decoder, Opcode, Role, encode};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::{mpsc, watch};
use tokio::task::yield_now;
use tokio::time::{sleep_until, timeout};

use crate::clock::{Clock, wall_ms};
use crate::feed::frames::Feed;
use crate::feed::limits::Window;
use crate::feed::player::{Player, Report, Script, Went};
use crate::feed::protocol::{MAX_REQUEST, Path};
use crate::feed::requests::{Answer, Desk};
use crate::rng::mix;

pub(crate) const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
pub(crate) const CLOSE_WITHIN: Duration = Duration::from_millis(500);
/// Longest request head.
const MAX_HEAD: usize = 16 * 1024;
/// Requests waiting while the socket does not take what we send.
pub(crate) const WAITING: usize = 64;
/// Timers are exact to a millisecond: from here on the thread sleeps by itself, and spins at the end.
pub(crate) const BY_ITSELF_NS: u64 = 2_500_000;
pub(crate) const SPIN_NS: u64 = 150_000;

/// What all connections of a server share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub feed: Arc<Feed>,
    pub script: Script,
    pub chunk: Option<usize>,
    pub idle_after: Duration,
    pub clock: Clock,
    pub skipped: Arc<AtomicBool>,
    pub log: Option<Mutex<BufWriter<File>>>,
    /// Where OKX's rules hold: connections of the last second.
    pub connects: Option<Mutex<Window>>,
    /// Of the last connection that subscribed to anything, by its number.
    pub report: Mutex<(u64, Report)>,
}

impl Shared {
    /// What a new connection may still ask for; `None`: there is no limit.
    pub fn requests(&self) -> Option<Window> {
        self.connects.as_ref().map(|_| Window::requests())
    }

    /// Notes what is about to be written: `seqId`, when it was due, and the time now.
    pub fn note(&self, went: &[Went]) {
        let Some(log) = self.log.as_ref().filter(|_| !went.is_empty()) else { return };
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        for went in went {
            for number in [went.seq_id, went.due_ns, now] {
                // A full disk shows at the flush below, where nothing is lost but the log.
                let _ = log.write_all(&number.to_le_bytes());
            }
        }
    }

    /// Leaves a report behind, unless a later connection did.
    pub fn hand_in(&self, number: u64, report: Report) {
        if let Some(log) = &self.log {
            let _ = log.lock().unwrap_or_else(PoisonError::into_inner).flush();
        }
        let mut kept = self.report.lock().unwrap_or_else(PoisonError::into_inner);
        if number >= kept.0 && (report.sent > 0 || !report.books.is_empty()) {
            *kept = (number, report);
        }
    }

    /// As acks and errors name a connection.
    pub fn conn_id(number: u64) -> String {
        format!("{:08x}", mix(number ^ wall_ms()) as u32)
    }
}

pub(crate) enum In {
    Text(String),
    Ping(Vec<u8>),
    Pong,
    Close(u16),
    /// The frames are broken; the close code says how.
    Broken(u16),
}

/// Why a connection ends: a close code to send first, or nothing.
pub(crate) type End = Option<(u16, &'static str)>;

/// What OKX says to a connection that had no traffic for half a minute.
pub(crate) const IDLE: (u16, &str) = (4004, "No data received in 30s.");

pub(crate) async fn serve<S>(mut stream: S, number: u64, shared: &Shared, mut stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let opened = tokio::select! {
        _ = stop.changed() => return,
        opened = timeout(HANDSHAKE_WITHIN, open(&mut stream, shared)) => opened,
    };
    let Ok(Ok(Some((path, early)))) = opened else { return };
    let (read, write) = tokio::io::split(stream);
    let (tx, rx) = mpsc::channel(WAITING);
    let mut decoder = Decoder::new(Role::Server, MAX_REQUEST);
    decoder.feed(&early);
    let reader = read_all(read, decoder, tx);
    tokio::pin!(reader);
    let mut reading = true;
    let mut talk = Talk {
        out: Out { write, chunk: shared.chunk },
        path,
        conn_id: Shared::conn_id(number),
        requests: shared.requests(),
        player: Player::new(Arc::clone(&shared.feed), shared.script.clone(), Arc::clone(&shared.skipped)),
        shared,
        last: shared.clock.now(),
        buffer: Vec::with_capacity(32 * 1024),
        went: Vec::with_capacity(64),
    };
    let stopped = {
        let talking = talk.run(rx);
        tokio::pin!(talking);
        loop {
            tokio::select! {
                _ = &mut talking => break false,
                _ = stop.changed() => break true,
                () = &mut reader, if reading => reading = false,
            }
        }
    };
    shared.hand_in(number, talk.player.report());
    // The peer gets to read what we sent before the socket goes: reading on until it closes keeps a reset away.
    let _ = timeout(CLOSE_WITHIN, talk.out.write.shutdown()).await;
    if reading && !stopped {
        let _ = timeout(CLOSE_WITHIN, reader).await;
    }
}

/// The HTTP part. `None`: refused.
pub(crate) async fn open<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, shared: &Shared) -> io::Result<Option<(Path, Vec<u8>)>> {
    let mut head = Vec::with_capacity(1024);
    let refusal = loop {
        if stream.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match read_request(&head) {
            Ok(None) if head.len() < MAX_HEAD => {}
            Ok(None) => break refuse_response(431, "Request Header Fields Too Large", ""),
            Err(error) => break refuse_response(400, "Bad Request", &error.to_string()),
            Ok(Some((request, used))) => {
                let Some(path) = Path::of(&request.path) else {
                    break refuse_response(404, "Not Found", "simulator: try /ws/v5/public or /ws/v5/business");
                };
                if let Some(connects) = &shared.connects
                    && !connects.lock().unwrap_or_else(PoisonError::into_inner).take(shared.clock.now())
                {
                    break refuse_response(429, "Too Many Requests", "simulator: 3 new connections a second, as on OKX");
                }
                let mut response = accept_response(&request);
                response.truncate(response.len().saturating_sub(2)); // the empty line that ends the head
                response.extend_from_slice(b"x-okx-fast-simulator: 1\r\n\r\n");
                stream.write_all(&response).await?;
                stream.flush().await?;
                return Ok(Some((path, head.split_off(used))));
            }
        }
    };
    stream.write_all(&refusal).await?;
    stream.shutdown().await?;
    Ok(None)
}

/// Reads until the peer closes; once nobody listens any more, reads on and throws away.
pub(crate) async fn read_all(mut read: impl AsyncRead + Unpin, mut decoder: Decoder, tx: mpsc::Sender<In>) {
    let mut over = false;
    loop {
        while !over {
            let message = match decoder.next_message() {
                Ok(None) => break,
                Ok(Some(message)) => match message.opcode {
                    Opcode::Text => In::Text(String::from_utf8_lossy(message.payload).into_owned()),
                    Opcode::Binary => In::Broken(1003),
                    Opcode::Ping => In::Ping(message.payload.to_vec()),
                    Opcode::Pong => In::Pong,
                    Opcode::Close => In::Close(message.close().map_or(1000, |(code, _)| code)),
                },
                Err(error) => In::Broken(error.close_code()),
            };
            over = matches!(message, In::Close(_) | In::Broken(_));
            over |= tx.send(message).await.is_err();
        }
        let space = decoder.space(4096);
        match read.read(space).await {
            Ok(0) | Err(_) => return,
            Ok(_) if over => {}
            Ok(n) => decoder.filled(n),
        }
    }
}

pub(crate) struct Out<W> {
    pub write: W,
    pub chunk: Option<usize>,
}

impl<W: AsyncWrite + Unpin> Out<W> {
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        for piece in bytes.chunks(self.chunk.unwrap_or(usize::MAX).max(1)) {
            self.write.write_all(piece).await?;
            self.write.flush().await?;
        }
        Ok(())
    }

    pub async fn close(&mut self, code: u16, reason: &str) -> io::Result<()> {
        let (mut payload, mut frame) = (code.to_be_bytes().to_vec(), Vec::new());
        payload.extend_from_slice(reason.as_bytes());
        encode(Role::Server, Opcode::Close, &payload, [0; 4], &mut frame);
        self.send(&frame).await
    }
}

struct Talk<'a, W> {
    out: Out<W>,
    path: Path,
    conn_id: String,
    requests: Option<Window>,
    player: Player,
    shared: &'a Shared,
    /// Last traffic, either way.
    last: u64,
    buffer: Vec<u8>,
    went: Vec<Went>,
}

impl<W: AsyncWrite + Unpin> Talk<'_, W> {
    /// Answers and sends until the connection ends, then says goodbye if there is something to say.
    async fn run(&mut self, mut rx: mpsc::Receiver<In>) -> io::Result<()> {
        let Some((code, reason)) = self.talk(&mut rx).await? else { return Ok(()) };
        self.out.close(code, reason).await
    }

    async fn talk(&mut self, rx: &mut mpsc::Receiver<In>) -> io::Result<End> {
        let clock = self.shared.clock;
        loop {
            loop {
                match rx.try_recv() {
                    Ok(message) => {
                        if let Some(end) = self.receive(message).await? {
                            return Ok(Some(end));
                        }
                    }
                    Err(mpsc::error::TryRecvError::Empty) => break,
                    Err(mpsc::error::TryRecvError::Disconnected) => return Ok(None),
                }
            }
            let now = clock.now();
            let idle_at = self.last + self.shared.idle_after.as_nanos() as u64;
            if now >= idle_at {
                return Ok(Some(IDLE));
            }
            match self.player.due(now) {
                Some(due) if due <= now => self.play(now).await?,
                Some(due) if due < now + SPIN_NS => yield_now().await,
                Some(due) if due < now + BY_ITSELF_NS => {
                    std::thread::sleep(Duration::from_nanos(due - now - SPIN_NS));
                    yield_now().await;
                }
                due => {
                    // A timer may be two milliseconds late (it rounds up twice), hence the distance to the due time.
                    let wake = due.map_or(idle_at, |due| (due - BY_ITSELF_NS).min(idle_at));
                    tokio::select! {
                        message = rx.recv() => match message {
                            None => return Ok(None),
                            Some(message) => if let Some(end) = self.receive(message).await? {
                                return Ok(Some(end));
                            },
                        },
                        () = sleep_until(clock.instant(wake).into()) => {}
                    }
                }
            }
        }
    }

    /// One write of the feed.
    async fn play(&mut self, now: u64) -> io::Result<()> {
        self.buffer.clear();
        self.went.clear();
        self.player.fill(now, wall_ms(), &mut self.buffer, &mut self.went);
        self.shared.note(&self.went);
        self.out.send(&self.buffer).await?;
        self.last = now;
        yield_now().await; // requests get their turn at full speed too
        Ok(())
    }

    async fn receive(&mut self, message: In) -> io::Result<End> {
        self.last = self.shared.clock.now();
        self.buffer.clear();
        self.went.clear();
        match message {
            In::Close(code) | In::Broken(code) => return Ok(Some((code, ""))),
            In::Pong => return Ok(None),
            In::Ping(payload) => encode(Role::Server, Opcode::Pong, &payload, [0; 4], &mut self.buffer),
            In::Text(ping) if ping == "ping" => say("pong", &mut self.buffer),
            In::Text(request) => {
                let mut desk = Desk {
                    feed: &self.shared.feed,
                    path: self.path,
                    conn_id: &self.conn_id,
                    is_live: &|stream| self.player.is_live(stream),
                    requests: self.requests.as_mut(),
                    now: self.last,
                };
                for step in desk.answer(&request) {
                    match step {
                        Answer::Text(reply) => say(&reply, &mut self.buffer),
                        Answer::Start(stream) => {
                            self.went.extend(self.player.subscribe(stream, self.last, wall_ms(), &mut self.buffer));
                        }
                        Answer::Stop(stream) => self.player.unsubscribe(stream),
                    }
                }
            }
        }
        self.shared.note(&self.went);
        self.out.send(&self.buffer).await?;
        Ok(None)
    }
}

/// Appends a text frame.
pub(crate) fn say(text: &str, out: &mut Vec<u8>) {
    encode(Role::Server, Opcode::Text, text.as_bytes(), [0; 4], out);
}
