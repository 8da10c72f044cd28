//! Sending operations from any thread, past the driver that reads their connection.
//!
//! ```text
//! caller ─▶ Port::send ─ mask, encrypt, send ─▶ socket        the driver finishes what did not fit
//! caller ─▶ Port::read ◀─ answers ─ socket                    and reads what nobody waits for, or is no answer
//! driver ─▶ set (which connection) · lost (after it nothing is sent there, then whoever waits is told)
//! ```
//!
//! Locks are taken in one order: the port's, then the wire's. Whoever reads holds a wire's while answers are handed on,
//! and never the port's then.

use crate::clock;
use crate::driver::Commands;
use crate::inbox::Watch;
use crate::transport::{ReadError, Transport};
use crate::ws::Opcode;
use okx_fast_core::order::answer::Answer;
use okx_fast_core::time::Stamp;
use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

/// Reads of one go beside the driver: beyond that it goes on.
const MOST_READS: usize = 16;

/// What came while another than the driver read, and is the driver's business.
#[derive(Debug)]
pub(crate) enum Aside {
    Message(Stamp, Opcode, Vec<u8>),
    Failed(String),
}

/// A connection, and what is to be known of it by whoever reads it next.
#[derive(Debug)]
pub(crate) struct Shared {
    pub transport: Transport,
    /// At most what one read brings: nobody but the driver reads on while something lies here.
    pub aside: VecDeque<Aside>,
    /// Reads of others than the driver that brought an answer, and when the last was, since the driver looked.
    pub heard: Option<(u64, Stamp)>,
    /// Nobody else is told of bytes until the driver has taken what lies aside.
    is_muted: bool,
}

impl Shared {
    /// As [`Transport::poll_read`], for the driver: what lies aside comes first.
    pub fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Stamp, ReadError>> {
        match self.came_aside() {
            Some(at) => Poll::Ready(Ok(at)),
            None => self.transport.poll_read(cx),
        }
    }

    /// As [`Transport::try_read`], for the driver.
    pub fn try_read(&mut self) -> Result<Option<Stamp>, ReadError> {
        match self.came_aside() {
            Some(at) => Ok(Some(at)),
            None => self.transport.try_read(),
        }
    }

    fn came_aside(&self) -> Option<Stamp> {
        match self.aside.front()? {
            Aside::Message(at, ..) => Some(*at),
            Aside::Failed(_) => Some(clock::now()),
        }
    }

    /// Reads what is there, without waiting, and hands answers on. Whether the driver has something to do now.
    fn read_answers(&mut self, on: impl Fn(Stamp, &Answer<'_>)) -> bool {
        for _ in 0..MOST_READS {
            if !self.aside.is_empty() {
                return true;
            }
            let (at, failed) = match self.transport.try_read() {
                Ok(None) => return self.transport.wants_write(),
                Ok(Some(at)) => (at, None),
                Err(error) => (clock::now(), Some(error.to_string())),
            };
            // Whole messages may have come before what failed.
            self.sort(at, &on);
            if let Some(why) = failed {
                self.aside.push_back(Aside::Failed(why));
                return true;
            }
            if !self.transport.may_have_more() {
                // TLS may have something to say to what it read, or have heard its last.
                return !self.aside.is_empty() || self.transport.wants_write() || self.transport.is_over();
            }
        }
        true
    }

    /// Hands answers on and sets aside all else, in the order in which it came.
    fn sort(&mut self, at: Stamp, on: impl Fn(Stamp, &Answer<'_>)) {
        let mut is_heard = false;
        loop {
            match self.transport.next_message() {
                Ok(None) => break,
                Ok(Some(message)) => {
                    let answer = if message.opcode == Opcode::Text { Answer::parse(message.payload) } else { None };
                    match answer.filter(|_| self.aside.is_empty()) {
                        Some(answer) => {
                            on(at, &answer);
                            is_heard = true;
                        }
                        None => self.aside.push_back(Aside::Message(at, message.opcode, message.payload.to_vec())),
                    }
                }
                Err(error) => {
                    self.aside.push_back(Aside::Failed(error.to_string()));
                    break;
                }
            }
        }
        if is_heard {
            self.heard = Some((self.heard.map_or(1, |(reads, _)| reads + 1), at));
        }
    }
}

/// A connection that several threads may write to, and read.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    /// Its number: never used twice in this process.
    line: u64,
    shared: Arc<Mutex<Shared>>,
}

impl Wire {
    pub fn new(transport: Transport) -> Self {
        static LINES: AtomicU64 = AtomicU64::new(1);
        let shared = Shared { transport, aside: VecDeque::new(), heard: None, is_muted: false };
        Self { line: LINES.fetch_add(1, Relaxed), shared: Arc::new(Mutex::new(shared)) }
    }

    pub fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake_driver(&self, is_wanted: bool) {
        // It cannot fail for a descriptor that is there.
        _ = self.lock().transport.wake_driver(is_wanted);
    }

    /// Says goodbye; the last one to hold it does.
    pub async fn close(self) {
        if let Some(shared) = Arc::into_inner(self.shared) {
            shared.into_inner().unwrap_or_else(PoisonError::into_inner).transport.close(1000).await;
        }
    }
}

/// Who waits for answers.
pub trait Waiting: Send + Sync {
    fn answer(&self, at: Stamp, answer: &Answer<'_>);

    /// A connection is gone.
    fn lost(&self, line: u64, why: &str);
}

/// Why nothing was sent: certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotSent(pub String);

impl fmt::Display for NotSent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotSent {}

#[derive(Debug)]
struct Held {
    wire: Option<Wire>,
    /// Why there is none.
    why: String,
    /// Threads that read answers as they come.
    readers: usize,
    /// They can see that something comes.
    is_watched: bool,
}

/// The way out of one session for operations.
pub struct Port {
    held: Mutex<Held>,
    /// A connection has come.
    came: Condvar,
    waiting: Box<dyn Waiting>,
    /// Of the driver: it finishes what the socket did not take at once.
    driver: Arc<Commands>,
    watch: Arc<Watch>,
}

impl fmt::Debug for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Port").finish_non_exhaustive()
    }
}

impl Port {
    pub fn new(waiting: Box<dyn Waiting>, driver: Arc<Commands>, watch: Arc<Watch>) -> Self {
        let held = Mutex::new(Held { wire: None, why: "not connected yet".to_owned(), readers: 0, is_watched: false });
        Self { held, came: Condvar::new(), waiting, driver, watch }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether something could be sent now.
    pub fn is_up(&self) -> bool {
        self.held().wire.is_some()
    }

    /// Waits for a connection that is logged in; why there is none, if none comes in time.
    pub fn wait_up(&self, until: Instant) -> Result<(), String> {
        let mut held = self.held();
        while held.wire.is_none() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(held.why.clone());
            }
            held = self.came.wait_timeout(held, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// Sends one message on the caller's thread. `begin` learns the connection's number before the first byte leaves, and
    /// may write down that an answer is waited for; `sealed` when the bytes are ready for the socket.
    ///
    /// After an error nothing has left and `begin`'s work is to be undone.
    pub fn send(&self, text: &[u8], begin: impl FnOnce(u64), sealed: impl FnOnce(Stamp)) -> Result<(), NotSent> {
        let held = self.held();
        let Some(wire) = &held.wire else { return Err(NotSent(format!("no connection: {}", held.why))) };
        begin(wire.line);
        let Shared { transport, .. } = &mut *wire.lock();
        transport.queue(Opcode::Text, text).map_err(|error| NotSent(error.to_string()))?;
        transport.seal_queued().map_err(|error| NotSent(error.to_string()))?;
        sealed(clock::now());
        if !transport.send_sealed() {
            self.driver.wake();
        }
        Ok(())
    }

    /// Hands the answers that are there to those who wait for them, on the caller's thread.
    pub(crate) fn read(&self) {
        let Some(wire) = self.held().wire.clone() else { return };
        self.read_from(&wire);
    }

    fn read_from(&self, wire: &Wire) {
        let mut shared = wire.lock();
        if !shared.read_answers(|at, answer| self.waiting.answer(at, answer)) {
            return;
        }
        if !shared.aside.is_empty() && !shared.is_muted {
            shared.is_muted = true;
            self.watch.tell(shared.transport.fd(), false);
        }
        self.driver.wake();
    }

    /// The driver has taken what lay aside, and reads next what lies in the socket: whom this wakes is only told of what comes
    /// later, as an epoll that is watched by another may list the socket already.
    pub(crate) fn took(&self, shared: &mut Shared) {
        if shared.is_muted && shared.aside.is_empty() {
            shared.is_muted = false;
            self.watch.tell(shared.transport.fd(), true);
        }
    }

    /// From now on this connection is used, or none.
    pub(crate) fn set(&self, wire: Option<Wire>) {
        let mut held = self.held();
        if held.wire.as_ref().map(|w| w.line) != wire.as_ref().map(|w| w.line) {
            self.hold(&mut held, wire);
            self.came.notify_all();
        }
    }

    fn hold(&self, held: &mut Held, wire: Option<Wire>) {
        if let Some(wire) = &held.wire {
            self.watch.remove(wire.lock().transport.fd());
            wire.wake_driver(true);
        }
        if let Some(wire) = &wire {
            // What cannot be watched (no descriptors left) is read by its driver alone.
            held.is_watched = self.watch.add(wire.lock().transport.fd()).is_ok();
            wire.wake_driver(held.readers == 0 || !held.is_watched);
        }
        held.wire = wire;
    }

    /// Another thread calls [`Self::read`] as bytes come: the driver need not be woken for them.
    pub(crate) fn attend(&self) {
        let mut held = self.held();
        held.readers += 1;
        if let (1, true, Some(wire)) = (held.readers, held.is_watched, &held.wire) {
            wire.wake_driver(false);
        }
    }

    /// It does so no more.
    pub(crate) fn leave(&self) {
        let mut held = self.held();
        held.readers = held.readers.saturating_sub(1);
        let Some(wire) = held.wire.clone().filter(|_| held.readers == 0) else { return };
        wire.wake_driver(true);
        drop(held);
        // The driver is woken for what comes from now on, not for what lies there.
        self.read_from(&wire);
    }

    /// No connection came about.
    pub(crate) fn failed(&self, why: &str) {
        why.clone_into(&mut self.held().why);
    }

    /// A connection is gone. Once this returns nobody sends there, and those who wait for an answer from it know.
    pub(crate) fn lost(&self, wire: &Wire, why: &str) {
        {
            let mut held = self.held();
            if held.wire.as_ref().is_some_and(|w| w.line == wire.line) {
                self.hold(&mut held, None);
            }
            why.clone_into(&mut held.why);
        }
        self.waiting.lost(wire.line, why);
    }

    /// Nothing more is sent.
    pub(crate) fn shut(&self, why: &str) {
        let mut held = self.held();
        self.hold(&mut held, None);
        why.clone_into(&mut held.why);
    }
}
