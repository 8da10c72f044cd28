//! Keeps one session connected: makes and ends its connections, moves their frames, wakes it for its deadlines.
//!
//! ```text
//! Action::Connect ─▶ pace, connect ─▶ read ─▶ Session::handle_frame ─▶ Handler (callbacks, or a queue to them)
//! Action::Close   ─▶ goodbye            └ deadline · command · no room
//! Action::Fetch   ─▶ REST ─▶ Session::handle_fetched
//! ```
//!
//! Whether a connection is made, replaced or given up is the session's business; nothing is decided here.

use crate::clock;
use crate::fetch::Fetcher;
use crate::http::Proxy;
use crate::pace;
use crate::port::{Aside, Port, Shared, Wire};
use crate::record::Tap;
use crate::tls::TlsConfig;
use crate::transport::{ConnectError, Outbox, ReadError, Target, Transport};
use crate::ws::{Message, Opcode, close_reason};
use okx_fast_core::channel::Arg;
use okx_fast_core::record::{self, Kind};
use okx_fast_core::session::{self, Action, Event, LEGS, LegId, Notice, Outgoing, Session, SharedBook, SubId};
use okx_fast_core::time::Stamp;
use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

/// What a user's thread asks of the driver.
#[derive(Debug)]
pub enum Command {
    Subscribe(Arg, Option<SharedBook>),
    Unsubscribe(SubId),
    /// Replaces every connection, each before it goes.
    Reconnect(Arc<session::Outcome>),
    /// Asks for a new snapshot of a book.
    Resync(SubId, Arc<session::Outcome>),
    Stop,
}

/// Commands that may wait; [`Command::Stop`] always finds a place.
const MOST_COMMANDS: usize = 65_536;

/// Reads between a deadline and its consequences.
const MOST_READS: usize = 256;

/// A goodbye takes no longer.
const GOODBYE: Duration = Duration::from_millis(200);

/// Commands on their way, at most [`MOST_COMMANDS`] of them: a call that finds no place is refused.
#[derive(Debug, Default)]
pub struct Commands {
    queue: Mutex<VecDeque<Command>>,
    arrived: Notify,
}

impl Commands {
    /// Gives the command back when too many wait already.
    pub fn send(&self, command: Command) -> Result<(), Command> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.len() >= MOST_COMMANDS && !matches!(command, Command::Stop) {
            return Err(command);
        }
        queue.push_back(command);
        self.arrived.notify_one();
        Ok(())
    }

    /// Has the driver look at its connections.
    pub(crate) fn wake(&self) {
        self.arrived.notify_one();
    }

    fn wants_stop(&self) -> bool {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.iter().any(|c| matches!(c, Command::Stop))
    }

    /// Completes when the user asked to stop. Takes nothing from the queue.
    async fn stop_asked(&self) {
        while !self.wants_stop() {
            self.arrived.notified().await;
        }
    }

    fn next(&self) -> Option<Command> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

/// Takes events, each while the session holds what it borrows from.
pub trait Sink {
    fn event(&mut self, event: Event<'_>);

    /// Whether the events of another frame can be taken. If not, the socket is left alone until [`Handler::room`].
    fn has_room(&self) -> bool;
}

/// Where events go.
pub trait Handler: Send {
    /// Runs `work` with a sink for all events of one read (or of one change of state), received `at`.
    fn batch(&mut self, at: Stamp, work: &mut dyn FnMut(&mut dyn Sink));

    /// Completes when there is room again. Cancel safe.
    fn room(&mut self) -> impl Future<Output = ()> + Send;
}

/// Times of one connection that the session does not know of.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    pub connect_within: Duration,
    /// A write the server does not take for so long ends the connection.
    pub write_within: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { connect_within: Duration::from_secs(10), write_within: Duration::from_secs(10) }
    }
}

#[derive(Debug)]
pub struct Driver {
    pub session: Session,
    pub target: Target,
    pub tls: TlsConfig,
    pub proxy: Option<Proxy>,
    pub timing: Timing,
    pub commands: Arc<Commands>,
    /// What the session is told goes here too.
    pub tap: Option<Tap>,
    /// Looks things up by REST; without it, look-ups fail.
    pub fetcher: Option<Arc<Fetcher>>,
    /// Where other threads send operations, past this one.
    pub port: Option<Arc<Port>>,
}

type Making = Pin<Box<dyn Future<Output = Result<Transport, ConnectError>> + Send>>;

/// The socket of one leg.
#[derive(Default)]
enum Slot {
    #[default]
    Off,
    Connecting(Making),
    Up(Wire, Option<u64>),
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "Off",
            Self::Connecting(_) => "Connecting",
            Self::Up(..) => "Up",
        })
    }
}

/// What a slot has to tell.
enum Came {
    Made(Result<Transport, ConnectError>),
    Read(Result<Stamp, ReadError>),
}

impl Slot {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Came> {
        match self {
            Self::Off => Poll::Pending,
            Self::Connecting(making) => making.as_mut().poll(cx).map(Came::Made),
            Self::Up(wire, _) => wire.lock().poll_read(cx).map(Came::Read),
        }
    }
}

/// The sockets of a session, by leg.
#[derive(Debug, Default)]
struct Slots {
    slots: [Slot; LEGS],
    /// Who is looked at first: a busy connection must not starve another.
    first: usize,
}

impl Slots {
    fn get(&mut self, leg: LegId) -> Option<&mut Slot> {
        self.slots.get_mut(usize::from(leg.0))
    }

    fn wire(&mut self, leg: LegId) -> Option<Wire> {
        match self.get(leg)? {
            Slot::Up(wire, _) => Some(wire.clone()),
            _ => None,
        }
    }

    /// Cancel safe: dropped while it waits, it has received nothing.
    async fn next(&mut self) -> (LegId, Came) {
        poll_fn(|cx| {
            for step in 0..LEGS {
                let ix = (self.first + step) % LEGS;
                if let Some(Poll::Ready(came)) = self.slots.get_mut(ix).map(|slot| slot.poll(cx)) {
                    self.first = (ix + 1) % LEGS;
                    return Poll::Ready((LegId(ix as u8), came));
                }
            }
            Poll::Pending
        })
        .await
    }
}

/// The user asked to stop.
struct Stop;

/// How a connection came to its end.
type Lost = String;

type Reply = (u64, Result<Vec<u8>, String>);

impl Driver {
    /// Runs until [`Command::Stop`]. Dropping the future drops the connections.
    pub async fn run(mut self, mut handler: impl Handler) {
        let mut slots = Slots::default();
        if let Err(Stop) = self.converse(&mut slots, &mut handler).await {
            if let Some(port) = &self.port {
                port.shut("the client was closed");
            }
            // A courtesy with a bound: the server learns why, if it listens.
            let goodbye = async {
                for slot in slots.slots {
                    if let Slot::Up(wire, _) = slot {
                        wire.close().await;
                    }
                }
            };
            _ = timeout(GOODBYE, goodbye).await;
        }
    }

    fn note(&mut self, leg: LegId, kind: Kind, at: Stamp, text: &[u8]) {
        if let Some(tap) = &mut self.tap {
            tap.note(leg, kind, at, text);
        }
    }

    /// Lets the recorder dump what led to a fault, and hands on what it has to say.
    fn settle(&mut self, handler: &mut impl Handler) {
        let Some(tap) = &mut self.tap else { return };
        let at = clock::now();
        let Some(words) = tap.settle(at) else { return };
        handler.batch(at, &mut |sink| words.iter().for_each(|w| sink.event(Event::Notice(None, &Notice::recording(at, w)))));
    }

    /// Carries out what the user asked for meanwhile.
    fn obey(&mut self) -> Result<(), Stop> {
        while let Some(command) = self.commands.next() {
            let at = clock::now();
            match command {
                Command::Subscribe(arg, book) => {
                    if let Some(tap) = &mut self.tap {
                        tap.subscribed(at, &arg);
                    }
                    self.session.subscribe(arg, book);
                }
                Command::Unsubscribe(sub) => {
                    if let Some(tap) = &mut self.tap {
                        tap.unsubscribed(at, sub);
                    }
                    self.session.unsubscribe(sub);
                }
                Command::Reconnect(asked) => {
                    self.note(LegId::FIRST, Kind::Reconnect, at, b"");
                    self.session.reconnect(at, asked);
                }
                Command::Resync(sub, asked) => {
                    self.note(LegId::FIRST, Kind::Resync, at, sub.0.to_string().as_bytes());
                    self.session.resync(sub, at, asked);
                }
                Command::Stop => return Err(Stop),
            }
        }
        Ok(())
    }

    /// Carries out what the session asks for.
    fn act(&mut self, slots: &mut Slots, replies: &mpsc::Sender<Reply>, handler: &mut impl Handler) {
        while let Some(action) = self.session.poll_action() {
            match action {
                Action::Connect(leg) => {
                    let (target, tls, proxy, within) =
                        (self.target.clone(), self.tls.clone(), self.proxy.clone(), self.timing.connect_within);
                    let making = Box::pin(async move {
                        pace::connect(&target, proxy.as_ref()).await;
                        Transport::connect(&target, &tls, proxy.as_ref(), within).await
                    });
                    if let Some(slot) = slots.get(leg) {
                        *slot = Slot::Connecting(making);
                    }
                }
                Action::Close(leg, why) => self.lost(slots, leg, &why, handler),
                Action::Fetch(fetch) => match &self.fetcher {
                    Some(fetcher) => fetcher.spawn(fetch, replies.clone()),
                    None => self.fetched(handler, fetch.id, Err("no REST address is known")),
                },
            }
        }
    }

    fn fetched(&mut self, handler: &mut impl Handler, id: u64, reply: Result<&[u8], &str>) {
        let at = clock::now();
        self.note(LegId::FIRST, Kind::Fetched, at, record::fetched(id, reply).as_bytes());
        let Self { session, tap, .. } = self;
        handler.batch(at, &mut |sink| session.handle_fetched(id, at, reply, |event| watched(tap, event, sink)));
    }

    fn made(&mut self, slots: &mut Slots, leg: LegId, made: Result<Transport, ConnectError>, handler: &mut impl Handler) {
        let made = made.map_err(|error| error.to_string());
        let made = match &self.port {
            // Others read its answers, too.
            Some(_) => made.and_then(|transport| transport.shared().map_err(|error| error.to_string())),
            None => made,
        };
        match made {
            Ok(transport) => {
                if let Some(slot) = slots.get(leg) {
                    *slot = Slot::Up(Wire::new(transport), None);
                }
                let at = clock::now();
                self.note(leg, Kind::Connected, at, b"");
                let Self { session, tap, .. } = self;
                handler.batch(at, &mut |sink| session.handle_connected(leg, at, |event| watched(tap, event, sink)));
            }
            Err(error) => self.lost(slots, leg, &format!("{}: {error}", self.target), handler),
        }
    }

    /// A connection is gone, could not be made, or is to go.
    fn lost(&mut self, slots: &mut Slots, leg: LegId, why: &str, handler: &mut impl Handler) {
        if let Some(Slot::Up(wire, _)) = slots.get(leg).map(std::mem::take) {
            // Nobody sends on it from here on, so that what was sent is known to those who wait for answers.
            if let Some(port) = &self.port {
                port.lost(&wire, why);
            }
            tokio::spawn(async move { timeout(GOODBYE, wire.close()).await });
        } else if let Some(port) = &self.port {
            port.failed(why);
        }
        let at = clock::now();
        self.note(leg, Kind::Disconnected, at, why.as_bytes());
        let Self { session, tap, .. } = self;
        handler.batch(at, &mut |sink| session.handle_disconnected(leg, at, why, |event| watched(tap, event, sink)));
    }

    async fn converse(&mut self, slots: &mut Slots, handler: &mut impl Handler) -> Result<(), Stop> {
        // One timer, moved only when a deadline comes nearer: silence moves the deadline away with every read.
        let mut alarm = std::pin::pin!(sleep(Duration::ZERO));
        let commands = Arc::clone(&self.commands);
        // A look-up waits in its own task until there is room.
        let (replies, mut replied) = mpsc::channel(16);
        self.session.start(clock::now());
        loop {
            self.obey()?;
            self.settle(handler);
            self.act(slots, &replies, handler);
            if let Some(port) = &self.port {
                port.set(self.session.best_leg().and_then(|leg| slots.wire(leg)));
            }
            let now = clock::now();
            let write_by = self.transmit(slots, now, handler);
            let is_late = |due: Option<u64>| due.is_some_and(|due| due <= now.mono_ns);
            if is_late(self.session.poll_timeout(now)) {
                // The answer that a deadline waits for may lie unread, because our own consumer held us up.
                self.catch_up(slots, handler).await?;
                self.note(LegId::FIRST, Kind::Timeout, now, b"");
                let Self { session, tap, .. } = self;
                handler.batch(now, &mut |sink| session.handle_timeout(now, |event| watched(tap, event, sink)));
                // What became due, a ping above all, is sent before anything is waited for.
                continue;
            }
            let due = self.session.poll_timeout(now);
            if let Some(due) = due.into_iter().chain(write_by).min() {
                let due = Instant::now() + Duration::from_nanos(due.saturating_sub(now.mono_ns));
                if alarm.is_elapsed() || due < alarm.deadline() {
                    alarm.as_mut().reset(due);
                }
            }
            // Reading goes first; deadlines are looked at above in any case, so that a busy socket starves none.
            tokio::select! {
                biased;
                (leg, came) = slots.next() => match came {
                    Came::Read(Ok(at)) => self.consume(at, slots, leg, handler).await?,
                    Came::Read(Err(error)) => self.lost(slots, leg, &error.to_string(), handler),
                    Came::Made(made) => {
                        let is_up = made.is_ok();
                        self.made(slots, leg, made, handler);
                        // Frames may have come with the answer to the handshake.
                        if is_up {
                            self.consume(clock::now(), slots, leg, handler).await?;
                        }
                    }
                },
                () = commands.arrived.notified() => {}
                Some((id, reply)) = replied.recv() => self.fetched(handler, id, reply.as_deref().map_err(String::as_str)),
                () = alarm.as_mut() => {}
            }
        }
    }

    /// Queues what the session wants to send; gives the time by which a server has to take what waits already.
    fn transmit(&mut self, slots: &mut Slots, now: Stamp, handler: &mut impl Handler) -> Option<u64> {
        let mut write_by = None;
        for leg in LegId::all() {
            let Some(Slot::Up(wire, unsent_since)) = slots.get(leg) else { continue };
            let mut shared = wire.lock();
            let Shared { transport, heard, .. } = &mut *shared;
            if let Some((reads, at)) = heard.take() {
                self.session.handle_answered(leg, at, reads);
            }
            let mut failed = None;
            while let Some(outgoing) = self.session.poll_transmit(leg, now) {
                let queued = match &outgoing {
                    Outgoing::Text(text) => {
                        if let Some(tap) = &mut self.tap {
                            tap.note(leg, Kind::Sent, now, text.as_bytes());
                        }
                        transport.queue(Opcode::Text, text.as_bytes())
                    }
                    Outgoing::Login(frame) => {
                        if let Some(tap) = &mut self.tap {
                            tap.note(leg, Kind::Sent, now, record::LOGIN.as_bytes());
                        }
                        // Frames are masked as they are queued: what is written stands nowhere as it is.
                        transport.queue(Opcode::Text, frame.expose())
                    }
                };
                if let Err(error) = queued {
                    failed = Some(error.to_string());
                    break;
                }
            }
            // Reading sends what is queued as it goes; here is only the patience for it.
            *unsent_since = transport.wants_write().then(|| unsent_since.unwrap_or(now.mono_ns));
            drop(shared);
            let by = unsent_since.map(|since| since + self.timing.write_within.as_nanos() as u64);
            if by.is_some_and(|by| by <= now.mono_ns) {
                failed = Some("the server does not take what is sent".to_owned());
            }
            match failed {
                Some(why) => self.lost(slots, leg, &why, handler),
                None => write_by = write_by.into_iter().chain(by).min(),
            }
        }
        write_by
    }

    /// Reads what has arrived, but not for ever: a server that never pauses must not starve the deadlines.
    async fn catch_up(&mut self, slots: &mut Slots, handler: &mut impl Handler) -> Result<(), Stop> {
        for leg in LegId::all() {
            for _ in 0..MOST_READS {
                let Some(wire) = slots.wire(leg) else { break };
                let (read, heard) = {
                    let mut shared = wire.lock();
                    (shared.try_read(), shared.heard.take())
                };
                drop(wire);
                if let Some((reads, at)) = heard {
                    self.session.handle_answered(leg, at, reads);
                }
                match read {
                    Ok(Some(at)) => self.consume(at, slots, leg, handler).await?,
                    Ok(None) => break,
                    Err(error) => self.lost(slots, leg, &error.to_string(), handler),
                }
            }
        }
        Ok(())
    }

    /// Hands on every whole frame that was read, at the pace of the consumer.
    async fn consume(&mut self, at: Stamp, slots: &mut Slots, leg: LegId, handler: &mut impl Handler) -> Result<(), Stop> {
        self.session.handle_read();
        loop {
            let Some(wire) = slots.wire(leg) else { return Ok(()) };
            let mut outcome = Outcome::Full;
            let Self { session, tap, port, .. } = self;
            handler.batch(at, &mut |sink| {
                let mut shared = wire.lock();
                outcome = frames(session, tap, &mut shared, leg, at, sink);
                if let Some(port) = port {
                    // The next poll of this slot receives until there is nothing: see there.
                    port.took(&mut shared);
                }
            });
            drop(wire);
            match outcome {
                Outcome::Drained => return Ok(()),
                Outcome::Ended(why) => {
                    self.lost(slots, leg, &why, handler);
                    return Ok(());
                }
                Outcome::Full => {}
            }
            tokio::select! {
                () = handler.room() => {}
                () = sleep(Duration::from_secs(1)) => {
                    let at = clock::now();
                    self.note(leg, Kind::Stall, at, b"");
                    self.session.handle_stall(at);
                }
                () = self.commands.stop_asked() => return Err(Stop),
            }
        }
    }
}

enum Outcome {
    /// Every whole frame was handed on.
    Drained,
    /// The consumer has to catch up first.
    Full,
    Ended(Lost),
}

/// Hands an event on, past the recorder.
fn watched(tap: &mut Option<Tap>, event: Event<'_>, sink: &mut dyn Sink) {
    if let Some(tap) = tap {
        tap.look(&event);
    }
    sink.event(event);
}

fn frames(session: &mut Session, tap: &mut Option<Tap>, shared: &mut Shared, leg: LegId, at: Stamp, sink: &mut dyn Sink) -> Outcome {
    let Shared { transport, aside, .. } = shared;
    let (decoder, outbox) = transport.parts();
    while sink.has_room() {
        let ended = match aside.pop_front() {
            Some(Aside::Message(at, opcode, payload)) => take(session, tap, outbox, leg, at, &Message { opcode, payload: &payload }, sink),
            Some(Aside::Failed(why)) => Err(why),
            None => match decoder.next_message() {
                Ok(Some(message)) => take(session, tap, outbox, leg, at, &message, sink),
                Ok(None) => return Outcome::Drained,
                Err(error) => Err(error.to_string()),
            },
        };
        if let Err(why) = ended {
            return Outcome::Ended(why);
        }
    }
    Outcome::Full
}

/// One message.
#[inline]
fn take(
    session: &mut Session,
    tap: &mut Option<Tap>,
    outbox: &mut Outbox,
    leg: LegId,
    at: Stamp,
    message: &Message<'_>,
    sink: &mut dyn Sink,
) -> Result<(), Lost> {
    match message.opcode {
        // Binary frames belong to the SBE endpoints; here the session reports one as what it is: not OKX.
        Opcode::Text | Opcode::Binary => match tap {
            None => session.handle_frame(leg, at, message.payload, |event| sink.event(event)),
            Some(tap) => {
                tap.note(leg, Kind::Frame, at, message.payload);
                session.handle_frame(leg, at, message.payload, |event| {
                    tap.look(&event);
                    sink.event(event);
                });
            }
        },
        Opcode::Ping => outbox.queue(Opcode::Pong, message.payload).map_err(|error| error.to_string())?,
        Opcode::Pong => {}
        Opcode::Close => {
            let said = message.close().map_or_else(
                || "no code".to_owned(),
                |(code, reason)| format!("{code} ({}) {reason}", close_reason(code)).trim_end().to_owned(),
            );
            return Err(format!("closed by the server: {said}"));
        }
    }
    Ok(())
}
