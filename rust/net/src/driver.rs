//! Keeps one session connected: moves its frames, wakes it for its deadlines, reconnects.
//!
//! ```text
//! connect ─▶ read ─▶ Session::handle_frame ─▶ Handler (callbacks, or a queue to them)
//!    ▲        └ deadline · command · no room ┘
//!    └── back-off with jitter ◀── lost
//! ```

use crate::clock;
use crate::http::Proxy;
use crate::record::Tap;
use crate::tls::TlsConfig;
use crate::transport::{Target, Transport};
use crate::ws::{Opcode, close_reason};
use okx_fast_core::channel::Arg;
use okx_fast_core::record::Kind;
use okx_fast_core::session::{Event, Notice, Session, SharedBook, SubId};
use okx_fast_core::time::Stamp;
use std::collections::VecDeque;
use std::collections::hash_map::RandomState;
use std::future::Future;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// What a user's thread asks of the driver.
#[derive(Debug)]
pub enum Command {
    Subscribe(Arg, Option<SharedBook>),
    Unsubscribe(SubId),
    /// Drops the connection and makes a new one.
    Reconnect,
    Stop,
}

/// Commands that may wait; [`Command::Stop`] always finds a place.
const MOST_COMMANDS: usize = 65_536;

/// Reads between a deadline and its consequences.
const MOST_READS: usize = 256;

/// Commands on their way, at most [`MOST_COMMANDS`] of them: a call that finds no place is refused.
#[derive(Debug, Default)]
pub struct Commands {
    queue: Mutex<VecDeque<Command>>,
    arrived: Notify,
}

impl Commands {
    /// Gives the command back when too many wait already. Of several [`Command::Reconnect`] that wait, one is kept.
    pub fn send(&self, command: Command) -> Result<(), Command> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.len() >= MOST_COMMANDS && !matches!(command, Command::Stop) {
            return Err(command);
        }
        if matches!(command, Command::Reconnect) && queue.iter().any(|c| matches!(c, Command::Reconnect)) {
            return Ok(());
        }
        queue.push_back(command);
        self.arrived.notify_one();
        Ok(())
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

/// Times of one connection.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    pub connect_within: Duration,
    /// A write the server does not take for so long ends the connection.
    pub write_within: Duration,
    pub first_backoff: Duration,
    pub most_backoff: Duration,
    /// A connection that lived so long starts the back-off anew.
    pub healthy_after: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            connect_within: Duration::from_secs(10),
            write_within: Duration::from_secs(10),
            first_backoff: Duration::from_millis(250),
            most_backoff: Duration::from_secs(30),
            healthy_after: Duration::from_secs(60),
        }
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
}

/// How a connection, or a wait, came to its end.
enum End {
    Stop,
    Lost(String),
}

impl Driver {
    /// Runs until [`Command::Stop`]. Dropping the future drops the connection.
    pub async fn run(mut self, mut handler: impl Handler) {
        let mut backoff = self.timing.first_backoff;
        loop {
            let started = Instant::now();
            let end = self.connection(&mut handler).await;
            let End::Lost(why) = end else { return };
            let at = clock::now();
            self.note(Kind::Disconnected, at, why.as_bytes());
            handler.batch(at, &mut |sink| self.session.handle_disconnected(at, &why, |e| sink.event(e)));
            if started.elapsed() >= self.timing.healthy_after {
                backoff = self.timing.first_backoff;
            }
            if matches!(self.pause(jittered(backoff)).await, Some(End::Stop)) {
                return;
            }
            backoff = (backoff * 2).min(self.timing.most_backoff);
        }
    }

    fn note(&mut self, kind: Kind, at: Stamp, text: &[u8]) {
        if let Some(tap) = &mut self.tap {
            tap.note(kind, at, text);
        }
    }

    /// Lets the recorder dump what led to a fault, and hands on what it has to say.
    fn settle(&mut self, handler: &mut impl Handler) {
        let Some(tap) = &mut self.tap else { return };
        let at = clock::now();
        let Some(words) = tap.settle(at) else { return };
        handler.batch(at, &mut |sink| words.iter().for_each(|w| sink.event(Event::Notice(None, &Notice::recording(at, w)))));
    }

    /// Waits out a back-off, still taking commands.
    async fn pause(&mut self, pause: Duration) -> Option<End> {
        let over = Instant::now() + pause;
        loop {
            match self.obey() {
                Some(End::Lost(_)) => return None,
                Some(End::Stop) => return Some(End::Stop),
                None => {}
            }
            tokio::select! {
                () = sleep_until(over) => return None,
                () = self.commands.arrived.notified() => {}
            }
        }
    }

    /// Carries out what the user asked for meanwhile.
    fn obey(&mut self) -> Option<End> {
        while let Some(command) = self.commands.next() {
            match command {
                Command::Subscribe(arg, book) => {
                    if let Some(tap) = &mut self.tap {
                        tap.subscribed(clock::now(), &arg);
                    }
                    self.session.subscribe(arg, book);
                }
                Command::Unsubscribe(sub) => {
                    if let Some(tap) = &mut self.tap {
                        tap.unsubscribed(clock::now(), sub);
                    }
                    self.session.unsubscribe(sub);
                }
                Command::Reconnect => return Some(End::Lost("reconnect asked for".to_owned())),
                Command::Stop => return Some(End::Stop),
            }
        }
        None
    }

    /// One connection, from connect to its end.
    async fn connection(&mut self, handler: &mut impl Handler) -> End {
        let connect = Transport::connect(&self.target, &self.tls, self.proxy.as_ref(), self.timing.connect_within);
        let commands = Arc::clone(&self.commands);
        let mut transport = tokio::select! {
            made = connect => match made {
                Ok(transport) => transport,
                Err(error) => return End::Lost(format!("{}: {error}", self.target)),
            },
            // Commands wait for the connection, except the one to stop.
            () = commands.stop_asked() => return End::Stop,
        };
        let at = clock::now();
        self.note(Kind::Connected, at, b"");
        handler.batch(at, &mut |sink| self.session.handle_connected(at, |e| sink.event(e)));
        let end = self.converse(&mut transport, handler).await;
        if matches!(end, End::Stop) {
            // A courtesy with a bound: the server learns why, if it listens.
            _ = timeout(Duration::from_millis(200), transport.close(1000)).await;
        }
        end
    }

    async fn converse(&mut self, transport: &mut Transport, handler: &mut impl Handler) -> End {
        // One timer, moved only when a deadline comes nearer: silence moves the deadline away with every read.
        let mut alarm = std::pin::pin!(sleep(Duration::ZERO));
        let commands = Arc::clone(&self.commands);
        let mut unsent_since = None;
        // Frames may have come with the answer to the handshake.
        if let Some(end) = self.consume(clock::now(), transport, handler).await {
            return end;
        }
        loop {
            if let Some(end) = self.obey() {
                return end;
            }
            self.settle(handler);
            let now = clock::now();
            while let Some(text) = self.session.poll_transmit(now) {
                self.note(Kind::Sent, now, text.as_bytes());
                if let Err(error) = transport.queue(Opcode::Text, text.as_bytes()) {
                    return End::Lost(error.to_string());
                }
            }
            // Reading sends what is queued as it goes; here is only the patience for it.
            let unsent = match (transport.wants_write(), unsent_since) {
                (false, _) => None,
                (true, since) => Some(since.unwrap_or(now.mono_ns)),
            };
            unsent_since = unsent;
            let write_by = unsent.map(|since| since + self.timing.write_within.as_nanos() as u64);
            if write_by.is_some_and(|by| by <= now.mono_ns) {
                return End::Lost("the server does not take what is sent".to_owned());
            }
            let is_late = |due: Option<u64>| due.is_some_and(|due| due <= now.mono_ns);
            let late = is_late(self.session.poll_timeout());
            if late {
                // The answer that a deadline waits for may lie unread, because our own consumer held us up.
                if let Some(end) = self.catch_up(transport, handler).await {
                    return end;
                }
            }
            if let Some(why) = self.session.poll_failure(now) {
                return End::Lost(why.to_owned());
            }
            if late {
                self.note(Kind::Timeout, now, b"");
                let Self { session, tap, .. } = self;
                handler.batch(now, &mut |sink| session.handle_timeout(now, |event| watched(tap, event, sink)));
            }
            let due = self.session.poll_timeout();
            if let Some(due) = due.into_iter().chain(write_by).min() {
                let due = Instant::now() + Duration::from_nanos(due.saturating_sub(now.mono_ns));
                if alarm.is_elapsed() || due < alarm.deadline() {
                    alarm.as_mut().reset(due);
                }
            }
            // Reading goes first; deadlines are looked at above in any case, so that a busy socket starves none.
            tokio::select! {
                biased;
                read = transport.read() => match read {
                    Ok(at) => if let Some(end) = self.consume(at, transport, handler).await { return end },
                    Err(error) => return End::Lost(error.to_string()),
                },
                () = commands.arrived.notified() => {}
                () = alarm.as_mut() => {}
            }
        }
    }

    /// Reads what has arrived, but not for ever: a server that never pauses must not starve the deadlines.
    async fn catch_up(&mut self, transport: &mut Transport, handler: &mut impl Handler) -> Option<End> {
        for _ in 0..MOST_READS {
            match transport.try_read() {
                Ok(Some(at)) => {
                    if let Some(end) = self.consume(at, transport, handler).await {
                        return Some(end);
                    }
                }
                Ok(None) => break,
                Err(error) => return Some(End::Lost(error.to_string())),
            }
        }
        None
    }

    /// Hands on every whole frame that was read, at the pace of the consumer.
    async fn consume(&mut self, at: Stamp, transport: &mut Transport, handler: &mut impl Handler) -> Option<End> {
        self.session.handle_read();
        loop {
            let mut outcome = Outcome::Full;
            let Self { session, tap, .. } = self;
            handler.batch(at, &mut |sink| outcome = frames(session, tap, transport, at, sink));
            match outcome {
                Outcome::Drained => return None,
                Outcome::Ended(why) => return Some(End::Lost(why)),
                Outcome::Full => {}
            }
            tokio::select! {
                () = handler.room() => {}
                () = sleep(Duration::from_secs(1)) => {
                    let at = clock::now();
                    self.note(Kind::Stall, at, b"");
                    self.session.handle_stall(at);
                }
                () = self.commands.stop_asked() => return Some(End::Stop),
            }
        }
    }
}

enum Outcome {
    /// Every whole frame was handed on.
    Drained,
    /// The consumer has to catch up first.
    Full,
    Ended(String),
}

/// Hands an event on, past the recorder.
fn watched(tap: &mut Option<Tap>, event: Event<'_>, sink: &mut dyn Sink) {
    if let Some(tap) = tap {
        tap.look(&event);
    }
    sink.event(event);
}

fn frames(session: &mut Session, tap: &mut Option<Tap>, transport: &mut Transport, at: Stamp, sink: &mut dyn Sink) -> Outcome {
    let (decoder, outbox) = transport.parts();
    while sink.has_room() {
        let message = match decoder.next_message() {
            Ok(Some(message)) => message,
            Ok(None) => return Outcome::Drained,
            Err(error) => return Outcome::Ended(error.to_string()),
        };
        match message.opcode {
            // Binary frames belong to the SBE endpoints; here the session reports one as what it is: not OKX.
            Opcode::Text | Opcode::Binary => match tap {
                None => session.handle_frame(at, message.payload, |event| sink.event(event)),
                Some(tap) => {
                    tap.note(Kind::Frame, at, message.payload);
                    session.handle_frame(at, message.payload, |event| {
                        tap.look(&event);
                        sink.event(event);
                    });
                }
            },
            Opcode::Ping => {
                if let Err(error) = outbox.queue(Opcode::Pong, message.payload) {
                    return Outcome::Ended(error.to_string());
                }
            }
            Opcode::Pong => {}
            Opcode::Close => {
                let said = message.close().map_or_else(
                    || "no code".to_owned(),
                    |(code, reason)| format!("{code} ({}) {reason}", close_reason(code)).trim_end().to_owned(),
                );
                return Outcome::Ended(format!("closed by the server: {said}"));
            }
        }
    }
    Outcome::Full
}

/// Between half of `pause` and all of it, so that many clients do not come back in step.
fn jittered(pause: Duration) -> Duration {
    let random = RandomState::new().hash_one(pause) % 1024;
    pause / 2 + pause / 2 * random as u32 / 1024
}
