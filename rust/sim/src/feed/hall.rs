//! A shared market and all of its listeners, on one thread: thousands of streams over a hundred connections need no more.
//!
//! ```text
//! market: due ─▶ write once ─▶ copied for each seat ─┐
//! connection: request ─▶ acks, state ────────────────┴─▶ what waits for the seat ─▶ its socket
//! ```

use std::cell::{Cell, RefCell};
use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use okx_fast_net::ws::{Decoder, Opcode, Role, encode};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{LocalSet, spawn_local, yield_now};
use tokio::time::{sleep_until, timeout};
use tokio_rustls::TlsAcceptor;

use crate::clock::wall_ms;
use crate::feed::broadcast::{Broadcast, Seat};
use crate::feed::conn::{BY_ITSELF_NS, CLOSE_WITHIN, End, HANDSHAKE_WITHIN, IDLE, In, Out, SPIN_NS, Shared, WAITING, open, read_all, say};
use crate::feed::limits::Window;
use crate::feed::player::{Report, Visits, Went};
use crate::feed::protocol::{MAX_REQUEST, Path};
use crate::feed::requests::{Answer, Desk};

/// More connections than this at a time are closed unanswered.
const MAX_CONNECTIONS: usize = 1024;
/// Bytes that may wait for a connection that does not read; then it is closed, as OKX does it.
const MAX_WAITING: usize = 16 << 20;
const TOO_SLOW: (u16, &str) = (4005, "The write buffer is full.");
/// What a connection that is too slow gets to read what waits for it.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);
/// States written before the socket gets them.
const STATES: usize = 64 * 1024;
/// Messages of the market before connections get their turn: on time that is one or two, and more the later it is, so
/// that a write then takes several.
const TURN: usize = 1024;

/// Serves until stopped; then leaves the report behind.
pub(crate) async fn run(
    plain: TcpListener,
    tls: TcpListener,
    acceptor: TlsAcceptor,
    shared: Arc<Shared>,
    mut stopped: watch::Receiver<bool>,
) -> io::Result<()> {
    plain.set_nonblocking(true)?;
    tls.set_nonblocking(true)?;
    let (plain, tls) = (tokio::net::TcpListener::from_std(plain)?, tokio::net::TcpListener::from_std(tls)?);
    let hall = Rc::new(Hall::new(shared, stopped.clone()));
    let connections = LocalSet::new();
    let serving = async {
        tokio::select! {
            _ = stopped.changed() => {}
            () = listen(&hall, plain, tls, acceptor) => {}
            () = play(&hall) => {}
        }
        while hall.taken.get() > 0 {
            yield_now().await; // each sees the end for itself
        }
    };
    connections.run_until(serving).await;
    let report = hall.market.borrow().report();
    hall.shared.hand_in(u64::MAX, Report { shared: Some(hall.visits.get()), ..report });
    Ok(())
}

struct Hall {
    shared: Arc<Shared>,
    market: RefCell<Broadcast>,
    seats: RefCell<Vec<Option<Rc<Waiting>>>>,
    /// Connections that are served.
    taken: Cell<usize>,
    visits: Cell<Visits>,
    /// Seats with something to write that have not come to it yet.
    unsent: Cell<usize>,
    /// Somebody subscribed.
    begun: Notify,
    stopped: watch::Receiver<bool>,
}

/// What waits to be written on one connection.
#[derive(Default)]
struct Waiting {
    bytes: RefCell<Vec<u8>>,
    wake: Notify,
    /// Counted in `unsent`.
    counted: Cell<bool>,
    /// Writing: it looks for more by itself.
    busy: Cell<bool>,
    too_slow: Cell<bool>,
    overflow: Notify,
}

impl Hall {
    fn new(shared: Arc<Shared>, stopped: watch::Receiver<bool>) -> Self {
        let market = Broadcast::new(Arc::clone(&shared.feed), shared.script.clone());
        Self {
            shared,
            market: RefCell::new(market),
            seats: RefCell::default(),
            taken: Cell::new(0),
            visits: Cell::default(),
            unsent: Cell::new(0),
            begun: Notify::new(),
            stopped,
        }
    }

    fn sit(&self) -> (Seat, Rc<Waiting>) {
        self.visit(1, 0);
        let mut seats = self.seats.borrow_mut();
        let waiting = Rc::new(Waiting::default());
        let free = seats.iter().position(Option::is_none).unwrap_or(seats.len());
        if free == seats.len() {
            seats.push(None);
        }
        if let Some(seat) = seats.get_mut(free) {
            *seat = Some(Rc::clone(&waiting));
        }
        (free as Seat, waiting)
    }

    fn visit(&self, connections: u64, requests: u64) {
        let before = self.visits.get();
        self.visits.set(Visits { connections: before.connections + connections, requests: before.requests + requests });
    }

    fn leave(&self, seat: Seat) {
        self.market.borrow_mut().leave(seat);
        if let Some(waiting) = self.seats.borrow_mut().get_mut(seat as usize).and_then(Option::take) {
            self.count(&waiting, false);
        }
    }

    fn count(&self, waiting: &Waiting, counted: bool) {
        match (waiting.counted.replace(counted), counted) {
            (false, true) => self.unsent.set(self.unsent.get() + 1),
            (true, false) => self.unsent.set(self.unsent.get() - 1),
            _ => {}
        }
    }

    /// Hands the market's due messages to those who listen; a turn at most.
    fn tell(&self, now: u64, text: &mut Vec<u8>, went: &mut Vec<Went>) {
        let mut market = self.market.borrow_mut();
        let seats = self.seats.borrow();
        let ts_ms = wall_ms();
        for _ in 0..TURN {
            let Some(due) = market.next(now, ts_ms, text) else { break };
            went.extend(due.went);
            for seat in market.seats(due.stream) {
                let Some(Some(waiting)) = seats.get(*seat as usize) else { continue };
                self.hand(waiting, text);
            }
        }
        self.shared.note(went);
        went.clear();
    }

    fn hand(&self, waiting: &Waiting, text: &[u8]) {
        let mut bytes = waiting.bytes.borrow_mut();
        if waiting.too_slow.get() {
            return;
        }
        if bytes.len() + text.len() > MAX_WAITING {
            waiting.too_slow.set(true);
            waiting.overflow.notify_one();
            return;
        }
        bytes.extend_from_slice(text);
        if !waiting.busy.get() {
            self.count(waiting, true);
            waiting.wake.notify_one();
        }
    }
}

async fn listen(hall: &Rc<Hall>, plain: tokio::net::TcpListener, tls: tokio::net::TcpListener, acceptor: TlsAcceptor) {
    for number in 1.. {
        let (accepted, acceptor) = tokio::select! {
            accepted = plain.accept() => (accepted, None),
            accepted = tls.accept() => (accepted, Some(acceptor.clone())),
        };
        // A peer that went away before it was accepted is no reason to stop listening.
        let Ok((stream, _)) = accepted else { continue };
        if hall.taken.get() < MAX_CONNECTIONS {
            hall.taken.set(hall.taken.get() + 1);
            spawn_local(connection(Rc::clone(hall), stream, acceptor, number));
        }
    }
}

/// The market goes on.
async fn play(hall: &Hall) {
    let clock = hall.shared.clock;
    let (mut text, mut went) = (Vec::new(), Vec::new());
    loop {
        let now = clock.now();
        let due = hall.market.borrow_mut().due(now);
        match due {
            Some(due) if due <= now => {
                hall.tell(now, &mut text, &mut went);
                yield_now().await;
            }
            // Nobody else gets to work while the thread sleeps by itself.
            Some(due) if due < now + SPIN_NS || hall.unsent.get() > 0 => yield_now().await,
            Some(due) if due < now + BY_ITSELF_NS => {
                std::thread::sleep(Duration::from_nanos(due - now - SPIN_NS));
                yield_now().await;
            }
            Some(due) => tokio::select! {
                () = sleep_until(clock.instant(due - BY_ITSELF_NS).into()) => {}
                () = hall.begun.notified() => {}
            },
            None => hall.begun.notified().await,
        }
    }
}

async fn connection(hall: Rc<Hall>, stream: TcpStream, acceptor: Option<TlsAcceptor>, number: u64) {
    let mut stopped = hall.stopped.clone();
    tokio::select! {
        _ = stopped.changed() => {}
        () = accept(&hall, stream, acceptor, number) => {}
    }
    hall.taken.set(hall.taken.get() - 1);
}

async fn accept(hall: &Hall, stream: TcpStream, acceptor: Option<TlsAcceptor>, number: u64) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    match acceptor {
        None => serve(hall, stream, number).await,
        Some(acceptor) => {
            if let Ok(Ok(stream)) = timeout(HANDSHAKE_WITHIN, acceptor.accept(stream)).await {
                serve(hall, stream, number).await;
            }
        }
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(hall: &Hall, mut stream: S, number: u64) {
    let opened = timeout(HANDSHAKE_WITHIN, open(&mut stream, &hall.shared)).await;
    let Ok(Ok(Some((path, early)))) = opened else { return };
    let (read, write) = tokio::io::split(stream);
    let (tx, rx) = mpsc::channel(WAITING);
    let mut decoder = Decoder::new(Role::Server, MAX_REQUEST);
    decoder.feed(&early);
    let reader = read_all(read, decoder, tx);
    tokio::pin!(reader);
    let mut reading = true;
    let (seat, waiting) = hall.sit();
    let seated = Seated { hall, seat };
    let mut talk = Talk {
        hall,
        seat,
        waiting,
        out: Out { write, chunk: None },
        path,
        conn_id: Shared::conn_id(number),
        requests: hall.shared.requests(),
        last: hall.shared.clock.now(),
        buffer: Vec::new(),
    };
    {
        let talking = talk.run(rx);
        tokio::pin!(talking);
        loop {
            tokio::select! {
                _ = &mut talking => break,
                () = &mut reader, if reading => reading = false,
            }
        }
    }
    drop(seated);
    // The peer gets to read what we sent before the socket goes: reading on until it closes keeps a reset away.
    let _ = timeout(CLOSE_WITHIN, talk.out.write.shutdown()).await;
    if reading {
        let _ = timeout(CLOSE_WITHIN, reader).await;
    }
}

/// Leaves the hall however the connection ends.
struct Seated<'a> {
    hall: &'a Hall,
    seat: Seat,
}

impl Drop for Seated<'_> {
    fn drop(&mut self) {
        self.hall.leave(self.seat);
    }
}

struct Talk<'a, S> {
    hall: &'a Hall,
    seat: Seat,
    waiting: Rc<Waiting>,
    out: Out<WriteHalf<S>>,
    path: Path,
    conn_id: String,
    requests: Option<Window>,
    /// Last traffic, either way.
    last: u64,
    buffer: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<'_, S> {
    /// Answers and sends until the connection ends, then says goodbye if there is something to say.
    async fn run(&mut self, mut rx: mpsc::Receiver<In>) -> io::Result<()> {
        let Some((code, reason)) = self.talk(&mut rx).await? else { return Ok(()) };
        self.out.close(code, reason).await
    }

    async fn talk(&mut self, rx: &mut mpsc::Receiver<In>) -> io::Result<End> {
        let clock = self.hall.shared.clock;
        let idle_after = self.hall.shared.idle_after.as_nanos() as u64;
        let waiting = Rc::clone(&self.waiting);
        let idle = sleep_until(clock.instant(self.last + idle_after).into());
        tokio::pin!(idle);
        loop {
            let end = tokio::select! {
                message = rx.recv() => match message {
                    None => return Ok(None),
                    Some(message) => self.receive(message).await?,
                },
                () = waiting.wake.notified() => self.flush().await?,
                () = &mut idle => {
                    if self.last + idle_after <= clock.now() {
                        return Ok(Some(IDLE));
                    }
                    idle.as_mut().reset(clock.instant(self.last + idle_after).into());
                    None
                }
            };
            if end.is_some() {
                return Ok(end);
            }
        }
    }

    async fn receive(&mut self, message: In) -> io::Result<End> {
        self.last = self.hall.shared.clock.now();
        match message {
            In::Close(code) | In::Broken(code) => return Ok(Some((code, ""))),
            In::Pong => return Ok(None),
            In::Ping(payload) => encode(Role::Server, Opcode::Pong, &payload, [0; 4], &mut self.waiting.bytes.borrow_mut()),
            In::Text(ping) if ping == "ping" => say("pong", &mut self.waiting.bytes.borrow_mut()),
            In::Text(request) => return self.answer(&request).await,
        }
        self.flush().await
    }

    async fn answer(&mut self, request: &str) -> io::Result<End> {
        let (hall, seat) = (self.hall, self.seat);
        hall.visit(0, 1);
        let answers = Desk {
            feed: &hall.shared.feed,
            path: self.path,
            conn_id: &self.conn_id,
            is_live: &|stream| hall.market.borrow().is_live(stream, seat),
            requests: self.requests.as_mut(),
            now: self.last,
        }
        .answer(request);
        for step in answers {
            match step {
                Answer::Text(reply) => say(&reply, &mut self.waiting.bytes.borrow_mut()),
                Answer::Stop(stream) => hall.market.borrow_mut().unsubscribe(stream, seat),
                Answer::Start(stream) => {
                    hall.market.borrow_mut().subscribe(stream, seat, self.last, wall_ms(), &mut self.waiting.bytes.borrow_mut());
                    hall.begun.notify_one();
                }
            }
            if self.waiting.bytes.borrow().len() >= STATES {
                if let Some(end) = self.flush().await? {
                    return Ok(Some(end));
                }
                yield_now().await; // states take a while to write: the market comes first
            }
        }
        self.flush().await
    }

    /// Writes all that waits.
    async fn flush(&mut self) -> io::Result<End> {
        let waiting = Rc::clone(&self.waiting);
        waiting.busy.set(true);
        self.hall.count(&waiting, false);
        while !waiting.bytes.borrow().is_empty() {
            self.buffer.clear();
            std::mem::swap(&mut self.buffer, &mut waiting.bytes.borrow_mut());
            let sending = self.out.send(&self.buffer);
            tokio::pin!(sending);
            if !waiting.too_slow.get() {
                tokio::select! {
                    sent = &mut sending => {
                        sent?;
                        self.last = self.hall.shared.clock.now();
                        continue;
                    }
                    () = waiting.overflow.notified() => {}
                }
            }
            timeout(DRAIN_WITHIN, sending).await??;
        }
        waiting.busy.set(false);
        Ok(waiting.too_slow.get().then_some(TOO_SLOW))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;
    use crate::clock::Clock;
    use crate::feed::crowd::{CrowdOptions, generate};
    use crate::feed::player::Script;

    fn hall() -> Hall {
        let market = CrowdOptions { seed: 1, instruments: 1, rate: 5.0, round_s: 2.0, checksums: false, channels: Vec::new() };
        let shared = Shared {
            feed: Arc::new(generate(&market).expect("a market")),
            script: Script::default(),
            chunk: None,
            idle_after: Duration::from_secs(30),
            clock: Clock::start(),
            skipped: Arc::default(),
            log: None,
            connects: None,
            report: std::sync::Mutex::default(),
        };
        Hall::new(Arc::new(shared), watch::channel(false).1)
    }

    #[tokio::test]
    async fn a_connection_with_too_much_waiting_gets_what_waits_and_is_closed() {
        let hall = hall();
        let (seat, waiting) = hall.sit();
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..20 {
            hall.hand(&waiting, &piece);
        }
        assert_eq!((waiting.bytes.borrow().len(), waiting.too_slow.get(), hall.unsent.get()), (MAX_WAITING, true, 1));
        let (ours, mut theirs) = tokio::io::duplex(64 * 1024);
        let (_, write) = tokio::io::split(ours);
        let mut talk = Talk {
            hall: &hall,
            seat,
            waiting,
            out: Out { write, chunk: None },
            path: Path::Public,
            conn_id: String::new(),
            requests: None,
            last: hall.shared.clock.now(),
            buffer: Vec::new(),
        };
        let (_tx, rx) = mpsc::channel(1);
        let read = async {
            let mut got = vec![0; MAX_WAITING + 4];
            theirs.read_exact(&mut got).await.expect("all that waited, and a close frame");
            got.split_off(MAX_WAITING)
        };
        let (ended, close) = tokio::join!(talk.run(rx), read);
        ended.expect("it could be written");
        assert_eq!(close.get(2..), Some(&4005u16.to_be_bytes()[..]));
        hall.leave(seat);
        assert_eq!(hall.unsent.get(), 0);
    }
}
