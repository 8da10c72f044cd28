//! Sending operations from any thread, past the driver that reads their connection.
//!
//! ```text
//! caller ─▶ Port::send ─ mask, encrypt, send ─▶ socket        the driver's thread reads, and finishes what did not fit
//! driver ─▶ set (which connection) · lost (after it nothing is sent there, then whoever waits is told)
//! ```
//!
//! Locks are taken in one order: the port's, then the wire's. The driver holds a wire's while it hands frames on, and
//! never the port's then.

use crate::clock;
use crate::driver::Commands;
use crate::transport::Transport;
use crate::ws::Opcode;
use okx_fast_core::time::Stamp;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// A connection that several threads may write to.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    /// Its number: never used twice in this process.
    line: u64,
    transport: Arc<Mutex<Transport>>,
}

impl Wire {
    pub fn new(transport: Transport) -> Self {
        static LINES: AtomicU64 = AtomicU64::new(1);
        Self { line: LINES.fetch_add(1, Relaxed), transport: Arc::new(Mutex::new(transport)) }
    }

    pub fn lock(&self) -> MutexGuard<'_, Transport> {
        self.transport.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says goodbye; the last one to hold it does.
    pub async fn close(self) {
        if let Some(transport) = Arc::into_inner(self.transport) {
            transport.into_inner().unwrap_or_else(PoisonError::into_inner).close(1000).await;
        }
    }
}

/// Who is told of a connection that is gone.
pub trait Waiting: Send + Sync {
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
}

/// The way out of one session for operations.
pub struct Port {
    held: Mutex<Held>,
    /// A connection has come.
    came: Condvar,
    waiting: Box<dyn Waiting>,
    /// Of the driver: it finishes what the socket did not take at once.
    driver: Arc<Commands>,
}

impl fmt::Debug for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Port").finish_non_exhaustive()
    }
}

impl Port {
    pub fn new(waiting: Box<dyn Waiting>, driver: Arc<Commands>) -> Self {
        let held = Mutex::new(Held { wire: None, why: "not connected yet".to_owned() });
        Self { held, came: Condvar::new(), waiting, driver }
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
        let mut transport = wire.lock();
        transport.queue(Opcode::Text, text).map_err(|error| NotSent(error.to_string()))?;
        transport.seal_queued().map_err(|error| NotSent(error.to_string()))?;
        sealed(clock::now());
        if !transport.send_sealed() {
            self.driver.wake();
        }
        Ok(())
    }

    /// From now on this connection is used, or none.
    pub(crate) fn set(&self, wire: Option<Wire>) {
        let mut held = self.held();
        if held.wire.as_ref().map(|w| w.line) != wire.as_ref().map(|w| w.line) {
            held.wire = wire;
            self.came.notify_all();
        }
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
                held.wire = None;
            }
            why.clone_into(&mut held.why);
        }
        self.waiting.lost(wire.line, why);
    }

    /// Nothing more is sent.
    pub(crate) fn shut(&self, why: &str) {
        let mut held = self.held();
        held.wire = None;
        why.clone_into(&mut held.why);
    }
}
