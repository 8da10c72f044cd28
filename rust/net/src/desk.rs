//! The order desk at work: deadlines, questions by REST, answers to whoever waits.
//!
//! ```text
//! caller's thread ─ begin, then Port::send ─▶ OKX ─▶ Driver ─▶ Lines (a handler) ─ answer, rows ─▶ desk ─▶ Told::done
//!                                                └─▶ Port::read, on the thread of who waits ─ answer ─┘
//! Desk::run       ─ deadlines · questions (`trade/order`) on threads made for waiting
//! ```
//!
//! Everything here is short under one lock; nothing waits for Python.

use crate::clock;
use crate::http::Steady;
use crate::inbox::Inbox;
use crate::port::Waiting;
use crate::rest::{Call as RestCall, Engine, Spec};
use okx_fast_core::order::answer::Answer;
use okx_fast_core::order::desk::{self, Call, Counts, Query, Report};
use okx_fast_core::order::seen::Seen;
use okx_fast_core::rest::query::encode_query;
use okx_fast_core::time::Stamp;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use tokio::task::{spawn_blocking, yield_now};
use tokio::time::{Instant, sleep_until};

/// Calls that may be on their way at once: one more is refused.
pub const MOST_CALLS: usize = 4096;
/// Questions asked at once.
const AT_ONCE: usize = 4;
/// A question takes no longer, limits and all.
const ASK_WITHIN_NS: u64 = 5_000_000_000;
/// Deadlines are looked at this often at least.
const LOOK: Duration = Duration::from_secs(1);

/// Who is told how a call ended, on the thread that read it: it must not wait.
pub trait Told<T>: Send + Sync {
    fn done(&self, ticket: T, report: Report);
}

/// The desk of one client.
pub struct Desk<T> {
    core: Mutex<desk::Desk<T>>,
    told: Arc<dyn Told<T>>,
    due: Notify,
    /// When the desk looks at its deadlines next (monotonic).
    look_at: AtomicU64,
    rest: Arc<Engine>,
    /// `trade/order` and `sprd/order`.
    asks: [Arc<Spec>; 2],
}

impl<T> fmt::Debug for Desk<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Desk<T> {
    pub fn new(config: desk::Config, told: Arc<dyn Told<T>>, rest: Arc<Engine>, asks: [Arc<Spec>; 2]) -> Self {
        Self { core: Mutex::new(desk::Desk::new(config)), told, due: Notify::new(), look_at: AtomicU64::new(0), rest, asks }
    }

    fn core(&self) -> MutexGuard<'_, desk::Desk<T>> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether one more would be too many.
    pub fn is_full(&self) -> bool {
        self.core().len() >= MOST_CALLS
    }

    /// A call is about to be sent.
    pub fn begin(&self, call: Call<T>) {
        let due = call.answer_by;
        self.core().begin(call);
        // The thread that watches is not woken for what it would see in time anyway.
        if due < self.look_at.load(Relaxed) {
            self.due.notify_one();
        }
    }

    /// It did not leave, or went by REST and was answered there. Nothing is done to one that is in doubt.
    pub fn take_back(&self, id: u64) -> Option<T> {
        self.core().take_back(id)
    }

    pub fn counts(&self) -> Counts {
        self.core().counts()
    }

    /// Calls on their way.
    pub fn waiting(&self) -> usize {
        self.core().len()
    }

    pub fn answer(&self, at: Stamp, answer: &Answer<'_>) -> bool {
        self.turn(|core| core.handle_answer(at, answer))
    }

    pub fn seen(&self, at: Stamp, seen: &Seen) {
        self.turn(|core| core.handle_seen(at, seen));
    }

    /// A call that went by REST came back without a word on its outcome.
    pub fn open(&self, id: u64, why: &str) {
        self.turn(|core| core.handle_open(clock::now(), id, why));
    }

    /// An order that went by REST and was taken has this name.
    pub fn placed(&self, cl_ord_id: &str, ord_id: &str) {
        self.core().handle_placed(cl_ord_id, ord_id);
    }

    /// Nothing is waited for any more.
    pub fn close(&self) {
        self.turn(|core| core.close(clock::now()));
    }

    /// One step of the core; then whoever waited is told, without the lock.
    fn turn<R>(&self, step: impl FnOnce(&mut desk::Desk<T>) -> R) -> R {
        let mut core = self.core();
        let result = step(&mut core);
        let mut done = core.poll_done();
        let is_sooner = core.poll_timeout().is_some_and(|due| due < self.look_at.load(Relaxed));
        drop(core);
        while let Some((ticket, report)) = done {
            self.told.done(ticket, report);
            done = self.core().poll_done();
        }
        if is_sooner {
            self.due.notify_one();
        }
        result
    }

    /// Watches deadlines and asks questions, until it is dropped. What lies unread in `inbox` is read before a deadline is
    /// held to have passed.
    pub async fn run(self: Arc<Self>, inbox: Arc<Inbox>) {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            if self.core().poll_timeout().is_some_and(|due| due <= clock::mono_ns()) {
                inbox.read();
                // What is the drivers' business may hold answers, too.
                yield_now().await;
            }
            let now = clock::now();
            let offset = self.rest.clock_offset_ms();
            self.turn(|core| {
                core.set_clock(offset);
                core.handle_timeout(now);
            });
            loop {
                let query = self.core().poll_query();
                let Some(query) = query else { break };
                let (desk, turns) = (Arc::clone(&self), Arc::clone(&turns));
                tokio::spawn(async move {
                    // The semaphore is never closed.
                    let Ok(_turn) = turns.acquire().await else { return };
                    let asking = Arc::clone(&desk);
                    let id = query.id;
                    let reply = spawn_blocking(move || asking.ask(&query)).await;
                    let reply = reply.unwrap_or_else(|_| Err("the question ended early".to_owned()));
                    let at = clock::now();
                    desk.turn(|core| core.handle_queried(at, id, reply.as_ref().map(Option::as_ref).map_err(String::as_str)));
                    // It may be due again.
                    desk.due.notify_one();
                });
            }
            let due = self.core().poll_timeout();
            let now_ns = clock::mono_ns();
            let left = due.map_or(LOOK, |due| Duration::from_nanos(due.saturating_sub(now_ns)).min(LOOK));
            self.look_at.store(now_ns + left.as_nanos() as u64, Relaxed);
            tokio::select! {
                () = sleep_until(Instant::now() + left) => {}
                () = self.due.notified() => {}
            }
        }
    }

    fn ask(&self, query: &Query) -> Result<Option<Seen>, String> {
        let [order, sprd] = &self.asks;
        let spec = if query.sprd { sprd } else { order };
        let begun_ns = clock::mono_ns();
        let mut payload = Vec::with_capacity(96);
        let (ord_id, cl_ord_id) = (query.ord_id.as_str(), query.cl_ord_id.as_str());
        let inst = if query.sprd { "" } else { &*query.inst };
        let pairs = [("instId", inst), ("ordId", ord_id), ("clOrdId", cl_ord_id)];
        encode_query(pairs.into_iter().filter(|(_, value)| !value.is_empty()), &mut payload);
        let call = RestCall {
            payload,
            keys: vec![(inst.into(), 1)],
            exp_time: None,
            language: None,
            begun_ns,
            deadline_ns: begun_ns + ASK_WITHIN_NS,
            wait: true,
        };
        match self.rest.call(spec, &call, &Steady) {
            Ok(answer) => Seen::of_reply(&answer.body),
            Err(failure) => Err(failure.words()),
        }
    }
}

impl<T: Send + 'static> Waiting for Arc<Desk<T>> {
    fn answer(&self, at: Stamp, answer: &Answer<'_>) {
        Desk::answer(self, at, answer);
    }

    fn lost(&self, line: u64, why: &str) {
        self.turn(|core| core.handle_lost(clock::now(), line, why));
    }
}
