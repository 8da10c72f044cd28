//! Calls that nobody waits for: a queue, workers, and a timer.
//!
//! ```text
//! submit ─▶ limits ─▶ ready (cancels first) ─▶ worker ─▶ Completions
//!              └─▶ later ─▶ timer ─▶ ready        └─▶ later: another try of a read
//! ```
//!
//! The timer also ends jobs whose deadline passes while they wait. Threads start when they are first needed, at most
//! `connections` workers, and one more that takes cancels only.

use super::call::{Answer, Call, Failure, Place, Spec};
use super::engine::{Engine, Gate};
use super::pool::{FOR_CANCELS, Lane, Lanes, locked};
use super::turn::{Step, Turn};
use crate::clock;
use crate::http::Pause;
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU8, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Where answers go. Called on a worker's thread, or on the one that submits; must not wait.
pub trait Completions: Send + Sync {
    fn done(&self, token: u64, spec: &Spec, call: &Call, result: Result<Answer, Failure>);
}

/// How far a job is, for those who want to give it up.
#[derive(Debug)]
struct Ticket {
    queue: usize,
    token: u64,
    state: AtomicU8,
}

const WAITING: u8 = 0;
const SENT: u8 = 1;
/// Given up before it was sent: it never is.
const DROPPED: u8 = 2;
/// Given up after it was sent: its answer is not wanted.
const UNWANTED: u8 = 3;

impl Pause for Ticket {
    fn interrupted(&self) -> bool {
        self.state.load(SeqCst) == DROPPED
    }
}

impl Gate for Ticket {
    fn may_send(&self) -> bool {
        matches!(self.state.compare_exchange(WAITING, SENT, SeqCst, SeqCst), Ok(_) | Err(SENT))
    }
}

impl Ticket {
    fn is_of(&self, queue: usize, token: u64) -> bool {
        self.queue == queue && self.token == token
    }

    /// Whether it will certainly not be sent.
    fn give_up(&self) -> bool {
        if self.state.compare_exchange(WAITING, DROPPED, SeqCst, SeqCst).is_ok() {
            return true;
        }
        self.state.compare_exchange(SENT, UNWANTED, SeqCst, SeqCst) == Err(DROPPED)
    }

    fn is_wanted(&self) -> bool {
        self.state.load(SeqCst) <= SENT
    }
}

struct Job {
    ticket: Arc<Ticket>,
    spec: Arc<Spec>,
    call: Call,
    turn: Turn,
    sink: Arc<dyn Completions>,
    /// Nothing to do before; monotonic.
    at_ns: u64,
}

impl Job {
    fn lane(&self) -> Lane {
        if self.spec.cancel { Lane::Cancel } else { Lane::Common }
    }

    fn finish(self, engine: &Engine, result: Result<Answer, Failure>) {
        let result = engine.counted(result);
        if self.ticket.is_wanted() {
            self.sink.done(self.ticket.token, &self.spec, &self.call, result);
        }
    }
}

#[derive(Default)]
pub struct Jobs {
    state: Mutex<State>,
    /// Something is ready.
    work: Condvar,
    /// The next time has come nearer.
    time: Condvar,
}

#[derive(Default)]
struct State {
    ready: Lanes<VecDeque<Job>>,
    /// Not before their time; in no order.
    later: Vec<Job>,
    running: Vec<Arc<Ticket>>,
    running_common: usize,
    idle_workers: usize,
    threads: Vec<JoinHandle<()>>,
    workers: usize,
    has_timer: bool,
    /// When the timer looks next.
    timer_at_ns: u64,
    is_closed: bool,
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs").finish_non_exhaustive()
    }
}

impl State {
    /// The next job for a worker: a cancel, or another one if fewer than `most` run.
    fn next(&mut self, most: usize) -> Option<Job> {
        if let Some(job) = self.ready.cancel.pop_front() {
            return Some(job);
        }
        if self.running_common >= most {
            return None;
        }
        let job = self.ready.common.pop_front()?;
        self.running_common += 1;
        Some(job)
    }

    /// Takes out what waits and is chosen.
    fn take(&mut self, mut chosen: impl FnMut(&Job) -> bool) -> Vec<Job> {
        let mut taken = Vec::new();
        for queue in [&mut self.ready.cancel, &mut self.ready.common] {
            for _ in 0..queue.len() {
                let Some(job) = queue.pop_front() else { break };
                if chosen(&job) { taken.push(job) } else { queue.push_back(job) }
            }
        }
        taken.extend(self.later.extract_if(.., |job| chosen(job)));
        taken
    }

    /// When the next waiting job is due, or over.
    fn next_time(&self) -> u64 {
        let ready = self.ready.cancel.iter().chain(&self.ready.common).map(|job| job.call.deadline_ns);
        ready.chain(self.later.iter().map(|job| job.at_ns.min(job.call.deadline_ns))).min().unwrap_or(u64::MAX)
    }
}

impl Engine {
    /// Starts a call whose answer goes to `sink` under `token`. Its limits are booked now: in order of submission.
    pub fn submit(self: &Arc<Self>, spec: Arc<Spec>, call: Call, token: u64, sink: Arc<dyn Completions>) -> io::Result<()> {
        let ticket = Arc::new(Ticket { queue: address(&sink), token, state: AtomicU8::new(WAITING) });
        let mut job = Job { ticket, spec, call, turn: Turn::default(), sink, at_ns: 0 };
        match self.book_first(&job.spec, &job.call, &mut job.turn) {
            Ok(()) => {}
            Err(Step::Again { at_ns }) => job.at_ns = at_ns,
            Err(Step::Done(result)) => {
                job.finish(self, *result);
                return Ok(());
            }
        }
        let state = locked(&self.jobs.state);
        if state.is_closed {
            drop(state);
            job.finish(self, Err(Failure::Closed));
            return Ok(());
        }
        self.enqueue(state, job)
    }

    /// Gives up a job. Whether it will certainly not be sent.
    pub fn abandon(&self, sink: &Arc<dyn Completions>, token: u64) -> bool {
        let queue = address(sink);
        let mut state = locked(&self.jobs.state);
        let taken = state.take(|job| job.ticket.is_of(queue, token));
        let running = state.running.iter().find(|ticket| ticket.is_of(queue, token)).cloned();
        drop(state);
        // What waited for another try has been sent before: a read, whose answer is not wanted any more.
        let unsent = taken.iter().map(|job| job.ticket.give_up()).chain(running.map(|ticket| ticket.give_up()));
        unsent.last().unwrap_or(false)
    }

    fn enqueue(self: &Arc<Self>, mut state: MutexGuard<'_, State>, job: Job) -> io::Result<()> {
        let (now, deadline) = (clock::mono_ns(), job.call.deadline_ns);
        self.man(&mut state)?;
        let next = if job.at_ns > now { job.at_ns.min(deadline) } else { deadline };
        if next < state.timer_at_ns {
            self.jobs.time.notify_one();
        }
        if job.at_ns > now {
            state.later.push(job);
            return Ok(());
        }
        let lane = job.lane();
        state.ready.of(lane).push_back(job);
        drop(state);
        self.jobs.work.notify_one();
        Ok(())
    }

    /// Sees to it that there are threads for one more job. `Err`: it would have none.
    fn man(self: &Arc<Self>, state: &mut State) -> io::Result<()> {
        if !state.has_timer {
            let engine = Arc::clone(self);
            state.threads.push(thread::Builder::new().name("okx-rest-timer".to_owned()).spawn(move || engine.keep_time())?);
            state.has_timer = true;
        }
        let waiting = state.ready.cancel.len() + state.ready.common.len();
        if waiting >= state.idle_workers && state.workers < self.connections + FOR_CANCELS {
            let engine = Arc::clone(self);
            let worker = thread::Builder::new().name(format!("okx-rest-{}", state.workers)).spawn(move || engine.work());
            match worker {
                Ok(worker) => {
                    state.threads.push(worker);
                    state.workers += 1;
                }
                Err(_) if state.workers > 0 => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// A worker's life.
    fn work(self: Arc<Self>) {
        let mut state = locked(&self.jobs.state);
        loop {
            if state.is_closed {
                return;
            }
            let Some(mut job) = state.next(self.connections) else {
                state.idle_workers += 1;
                state = self.jobs.work.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle_workers -= 1;
                continue;
            };
            state.running.push(Arc::clone(&job.ticket));
            drop(state);
            let step = self.run(&mut job);
            state = locked(&self.jobs.state);
            state.running.retain(|ticket| !Arc::ptr_eq(ticket, &job.ticket));
            if job.lane() == Lane::Common {
                state.running_common -= 1;
            }
            match step {
                Step::Again { at_ns } if !state.is_closed && job.ticket.is_wanted() => {
                    job.at_ns = at_ns;
                    // Its threads run already: nothing that could fail.
                    _ = self.enqueue(state, job);
                }
                step => {
                    drop(state);
                    let result = if let Step::Done(result) = step { *result } else { Err(Failure::Closed) };
                    job.finish(&self, result);
                }
            }
            state = locked(&self.jobs.state);
        }
    }

    /// One step of a job; a defect of ours becomes an error of the call, not a call that never ends.
    fn run(&self, job: &mut Job) -> Step {
        let Job { ticket, spec, call, turn, .. } = job;
        let attempt = std::panic::AssertUnwindSafe(|| self.step(spec, call, turn, &**ticket));
        std::panic::catch_unwind(attempt).unwrap_or_else(|_| {
            let reason = "a defect in okx_fast ended the call".to_owned();
            let failure = if job.spec.idempotent { Failure::Transport { reason } } else { Failure::OutcomeUnknown { reason } };
            failure.into()
        })
    }

    /// The timer's life.
    fn keep_time(self: Arc<Self>) {
        let mut state = locked(&self.jobs.state);
        while !state.is_closed {
            let now = clock::mono_ns();
            let over = state.take(|job| job.call.deadline_ns <= now);
            if !over.is_empty() {
                drop(state);
                for mut job in over {
                    let at = if job.turn.attempts > 0 { Place::Retry } else { Place::Queue };
                    let Step::Done(result) = job.turn.end(Failure::Deadline { at }) else { continue };
                    job.finish(&self, *result);
                }
                state = locked(&self.jobs.state);
                continue;
            }
            let mut due: Vec<Job> = state.later.extract_if(.., |job| job.at_ns <= now).collect();
            due.sort_by_key(|job| job.at_ns);
            for job in due {
                // There is one worker at least since it was submitted.
                _ = self.man(&mut state);
                let lane = job.lane();
                state.ready.of(lane).push_back(job);
                self.jobs.work.notify_one();
            }
            state.timer_at_ns = state.next_time();
            let left = Duration::from_nanos(state.timer_at_ns.saturating_sub(clock::mono_ns()));
            state = if state.timer_at_ns == u64::MAX {
                self.jobs.time.wait(state).unwrap_or_else(PoisonError::into_inner)
            } else {
                self.jobs.time.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
            };
        }
    }

    /// A thread that ends with the others.
    pub(super) fn adopt(&self, thread: JoinHandle<()>) {
        locked(&self.jobs.state).threads.push(thread);
    }

    /// Ends waiting jobs and gives the threads, to be joined.
    pub(super) fn end_jobs(&self) -> Vec<JoinHandle<()>> {
        let mut state = locked(&self.jobs.state);
        state.is_closed = true;
        let jobs = state.take(|_| true);
        let threads = std::mem::take(&mut state.threads);
        drop(state);
        self.jobs.work.notify_all();
        self.jobs.time.notify_all();
        for job in jobs {
            job.finish(self, Err(Failure::Closed));
        }
        threads
    }
}

/// Tells queues apart.
fn address(sink: &Arc<dyn Completions>) -> usize {
    Arc::as_ptr(sink).cast::<()>() as usize
}
