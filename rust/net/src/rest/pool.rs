//! Connections that are kept: who has one, who waits for one, and which idle one is next.
//!
//! ```text
//! checkout ─▶ the idle one used last ─┐
//!          ─▶ room for a new one ─────┴─▶ Slot ─▶ dropped: kept for the next, or made room for one
//!          ─▶ a place in the queue of its lane
//! ```
//!
//! Cancels have one connection more than the others, and come first where both wait: they are never stuck behind orders.

use super::call::{Failure, Place};
use crate::clock;
use crate::http::{Conn, Pause, Reply};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;
use zeroize::Zeroizing;

/// Connections, and workers, beyond those asked for, that nothing but a cancel takes.
pub const FOR_CANCELS: usize = 1;
/// How often a waiting thread looks whether it was told to stop.
pub const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Room for any usual request, so that its buffer need not move and leave a copy of the passphrase behind.
const MOST_REQUEST: usize = 16 * 1024;

/// A lock whose data stays usable after a panic elsewhere.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    Common,
    Cancel,
}

/// A connection with the buffers that go with it, so that a warm exchange allocates nothing but the body.
pub struct Line {
    pub conn: Conn,
    /// Holds the passphrase while in use.
    pub out: Zeroizing<Vec<u8>>,
    pub reply: Reply,
    /// Monotonic: when it was last known to work.
    pub used_ns: u64,
}

impl Line {
    pub fn new(conn: Conn) -> Self {
        let out = Zeroizing::new(Vec::with_capacity(MOST_REQUEST));
        Self { conn, out, reply: Reply::default(), used_ns: clock::mono_ns() }
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("conn", &self.conn).finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub struct Pool {
    most: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The last one was used last.
    idle: Vec<Line>,
    is_closed: bool,
    busy: Lanes<usize>,
    waiting: Lanes<VecDeque<Arc<Waiter>>>,
}

/// One of each.
#[derive(Debug, Default)]
pub struct Lanes<T> {
    pub common: T,
    pub cancel: T,
}

impl<T> Lanes<T> {
    pub fn of(&mut self, lane: Lane) -> &mut T {
        match lane {
            Lane::Common => &mut self.common,
            Lane::Cancel => &mut self.cancel,
        }
    }
}

/// What a waiter was given.
enum Grant {
    Line(Box<Line>),
    /// Room to make one.
    Room,
}

impl Grant {
    fn line(self) -> Option<Line> {
        match self {
            Self::Line(line) => Some(*line),
            Self::Room => None,
        }
    }
}

struct Waiter {
    thread: Thread,
    grant: Mutex<Option<Grant>>,
}

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiter").finish_non_exhaustive()
    }
}

impl State {
    fn has_room(&self, lane: Lane, most: usize) -> bool {
        let (common, all) = (self.busy.common, self.busy.common + self.busy.cancel);
        match lane {
            Lane::Cancel => all < most,
            Lane::Common => all < most && common < most - FOR_CANCELS,
        }
    }

    /// Hands what is free to those who wait, cancels first.
    fn grant(&mut self, most: usize) {
        for lane in [Lane::Cancel, Lane::Common] {
            while self.has_room(lane, most) {
                let Some(waiter) = self.waiting.of(lane).pop_front() else { break };
                *self.busy.of(lane) += 1;
                *locked(&waiter.grant) = Some(self.idle.pop().map_or(Grant::Room, |line| Grant::Line(Box::new(line))));
                waiter.thread.unpark();
            }
        }
    }
}

/// A right to one connection, and the connection once there is one. When dropped, the right goes to the next.
#[derive(Debug)]
pub struct Slot<'a> {
    pool: &'a Pool,
    lane: Lane,
    /// Kept for the next if still here when the slot is dropped.
    pub line: Option<Line>,
}

impl Slot<'_> {
    /// Another idle line in place of one that turned out dead; `None`: a new one must be made.
    pub fn next_idle(&mut self) {
        self.line = locked(&self.pool.state).idle.pop();
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut state = locked(&self.pool.state);
        *state.busy.of(self.lane) -= 1;
        if !state.is_closed {
            state.idle.extend(self.line.take());
        }
        state.grant(self.pool.most);
    }
}

impl Pool {
    /// At most `common` connections, at least one, and [`FOR_CANCELS`].
    pub fn new(common: usize) -> Self {
        Self { most: common.max(1) + FOR_CANCELS, state: Mutex::default() }
    }

    fn slot(&self, lane: Lane, line: Option<Line>) -> Slot<'_> {
        Slot { pool: self, lane, line }
    }

    /// A slot, in the order of asking within a lane. Waits until `until_ns`.
    pub fn checkout(&self, lane: Lane, until_ns: u64, pause: &dyn Pause) -> Result<Slot<'_>, Failure> {
        let waiter = {
            let mut state = locked(&self.state);
            if state.waiting.of(lane).is_empty() && state.has_room(lane, self.most) {
                *state.busy.of(lane) += 1;
                let line = state.idle.pop();
                drop(state);
                return Ok(self.slot(lane, line));
            }
            let waiter = Arc::new(Waiter { thread: thread::current(), grant: Mutex::default() });
            state.waiting.of(lane).push_back(Arc::clone(&waiter));
            waiter
        };
        let why = loop {
            if let Some(grant) = locked(&waiter.grant).take() {
                return Ok(self.slot(lane, grant.line()));
            }
            let left = Duration::from_nanos(until_ns.saturating_sub(clock::mono_ns()));
            if left.is_zero() {
                break Failure::Deadline { at: Place::Connection };
            }
            if pause.interrupted() {
                break Failure::Interrupted;
            }
            thread::park_timeout(left.min(LOOK_EVERY));
        };
        let mut state = locked(&self.state);
        state.waiting.of(lane).retain(|w| !Arc::ptr_eq(w, &waiter));
        drop(state);
        // Given meanwhile: goes to the next.
        if let Some(grant) = locked(&waiter.grant).take() {
            drop(self.slot(lane, grant.line()));
        }
        Err(why)
    }

    /// Room for one more connection, if nobody waits for it.
    pub fn spare(&self) -> Option<Slot<'_>> {
        let mut state = locked(&self.state);
        let open = state.idle.len() + state.busy.common + state.busy.cancel;
        if open >= self.most {
            return None;
        }
        // One that is being prewarmed delays nobody: it counts as what it will be used for.
        state.busy.cancel += 1;
        drop(state);
        Some(self.slot(Lane::Cancel, None))
    }

    /// The line that has been idle longest, if that is at least `for_ns`.
    pub fn stale(&self, now_ns: u64, for_ns: u64) -> Option<Slot<'_>> {
        let mut state = locked(&self.state);
        let at = state.idle.iter().position(|line| line.used_ns.saturating_add(for_ns) <= now_ns)?;
        let line = state.idle.remove(at);
        state.busy.cancel += 1;
        drop(state);
        Some(self.slot(Lane::Cancel, Some(line)))
    }

    /// Idle lines are closed, those at work when they come back.
    pub fn close(&self) {
        let mut state = locked(&self.state);
        state.is_closed = true;
        let idle = std::mem::take(&mut state.idle);
        drop(state);
        drop(idle);
    }

    /// Idle and busy.
    pub fn count(&self) -> (usize, usize) {
        let state = locked(&self.state);
        (state.idle.len(), state.busy.common + state.busy.cancel)
    }

    #[cfg(test)]
    fn waiting(&self) -> usize {
        let state = locked(&self.state);
        state.waiting.common.len() + state.waiting.cancel.len()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests;
