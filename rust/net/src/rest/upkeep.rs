//! What an engine does besides calls: connections made ahead and kept warm, the clock, the end.

use super::call::{Failure, Place};
use super::clock::Reading;
use super::engine::{Engine, Gate};
use super::pool::{LOOK_EVERY, Lane};
use crate::clock;
use crate::http::{DialError, Pause};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

/// How long a kept connection may take to answer before it is given up.
const KEEP_WITHIN_NS: u64 = 5_000_000_000;

/// One of several threads that work for a caller.
struct Helper<'a>(&'a AtomicBool);

impl Pause for Helper<'_> {
    fn interrupted(&self) -> bool {
        self.0.load(SeqCst)
    }
}

impl Gate for Helper<'_> {}

impl Engine {
    /// Makes up to `n` connections, side by side, without a request. How many it made; `Err` if none came about.
    pub fn prewarm(&self, n: usize, deadline_ns: u64, gate: &dyn Gate) -> Result<usize, Failure> {
        if self.is_closed() {
            return Err(Failure::Closed);
        }
        let slots: Vec<_> = (0..n).map_while(|_| self.pool.spare()).collect();
        let (stop, made, ended) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
        let all = slots.len();
        thread::scope(|scope| {
            let (stop, made, ended, caller) = (&stop, &made, &ended, thread::current());
            let dials: Vec<_> = slots
                .into_iter()
                .map(|mut slot| {
                    let caller = caller.clone();
                    scope.spawn(move || {
                        let helper = Helper(stop);
                        let dialed = self.connect(&mut slot, deadline_ns, &self.watch(&helper));
                        made.fetch_add(usize::from(dialed.is_ok()), SeqCst);
                        drop(slot);
                        ended.fetch_add(1, SeqCst);
                        caller.unpark();
                        dialed
                    })
                })
                .collect();
            let mut result = Ok(());
            while ended.load(SeqCst) < all {
                if result.is_ok() && self.watch(gate).interrupted() {
                    stop.store(true, SeqCst);
                    result = Err(self.given(Failure::Interrupted));
                }
                thread::park_timeout(LOOK_EVERY);
            }
            let failed = dials.into_iter().filter_map(|dial| dial.join().ok()?.err()).last();
            result?;
            match (made.load(SeqCst), failed) {
                (0, Some(error)) => Err(Self::undone(&error, deadline_ns)),
                (made, _) => Ok(made),
            }
        })
    }

    fn undone(error: &DialError, deadline_ns: u64) -> Failure {
        match error {
            DialError::Deadline { .. } if clock::mono_ns() >= deadline_ns => Failure::Deadline { at: Place::Connecting },
            error => Failure::Transport { reason: error.to_string() },
        }
    }

    /// Sets the clock from the best of `samples` round trips.
    pub fn sync_clock(&self, samples: u32, deadline_ns: u64, gate: &dyn Gate) -> Result<Reading, Failure> {
        if self.is_closed() {
            return Err(Failure::Closed);
        }
        let watch = self.watch(gate);
        let mut slot = self.pool.checkout(Lane::Common, deadline_ns, &watch).map_err(|failure| self.given(failure))?;
        self.connect(&mut slot, deadline_ns, &watch).map_err(|error| match error {
            DialError::Interrupted => self.given(Failure::Interrupted),
            error => Self::undone(&error, deadline_ns),
        })?;
        self.set_clock(&mut slot, samples, deadline_ns, true, &watch)
    }

    pub fn clock(&self) -> Option<Reading> {
        self.clock.reading()
    }

    /// Idle and busy connections.
    pub fn connections(&self) -> (usize, usize) {
        self.pool.count()
    }

    /// Starts what keeps idle connections warm, if that was asked for.
    pub fn start(self: &Arc<Self>) -> std::io::Result<()> {
        let Some(every) = self.keep_warm else { return Ok(()) };
        let engine = Arc::downgrade(self);
        let keeper = thread::Builder::new().name("okx-rest-keeper".to_owned()).spawn(move || {
            let calm = AtomicBool::new(false);
            let every_ns = u64::try_from(every.as_nanos()).unwrap_or(u64::MAX);
            while let Some(engine) = engine.upgrade().filter(|engine| !engine.is_closed()) {
                engine.keep(every_ns, &Helper(&calm));
                drop(engine);
                // Unparked by the end.
                thread::park_timeout((every / 4).clamp(Duration::from_millis(10), Duration::from_secs(1)));
            }
        })?;
        self.adopt(keeper);
        Ok(())
    }

    /// Uses each connection that was idle for `every_ns`. One that does not answer is closed.
    fn keep(&self, every_ns: u64, gate: &dyn Gate) {
        while let Some(mut slot) = self.pool.stale(clock::mono_ns(), every_ns) {
            let alive = slot.line.as_mut().is_some_and(|line| line.conn.is_alive());
            if !alive {
                slot.line = None;
                continue;
            }
            let by = clock::mono_ns().saturating_add(KEEP_WITHIN_NS);
            if self.set_clock(&mut slot, 1, by, false, &self.watch(gate)).is_err() {
                // Most likely its limit: next time.
                return;
            }
        }
    }

    /// Ends everything: what waits fails, replies to what has left and changes state are waited for a little, connections
    /// close. Joins the threads, unless it runs on one of them.
    pub fn close(&self) {
        self.close_now();
        for thread in self.end_jobs() {
            thread.thread().unpark();
            if thread.thread().id() != thread::current().id() {
                _ = thread.join();
            }
        }
        self.pool.close();
    }

    /// As `close`, without waiting for the threads.
    pub fn abandon_all(&self) {
        self.close_now();
        for thread in self.end_jobs() {
            thread.thread().unpark();
        }
        self.pool.close();
    }
}
