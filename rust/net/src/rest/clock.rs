//! The exchange's clock, as far as we know it: what requests are stamped with, and how it is read.

use super::call::{Call, Failure, Place, Spec, TIME_PATH};
use super::engine::{Engine, Watch};
use super::pool::{Slot, locked};
use super::stats::count;
use super::turn::{Step, Turn};
use crate::clock;
use crate::http::{DialError, ExchangeError};
use okx_fast_core::offset::{ClockOffset, Jump, Refused, Sample, Step as WallStep, Suspicion};
use okx_fast_core::rest::head::{Method, Request};
use okx_fast_core::rest::reply;
use okx_fast_core::time::Stamp;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

/// After 50102: so many round trips, within this time.
const RENEW_SAMPLES: u32 = 3;
const RENEW_WITHIN_NS: u64 = 2_000_000_000;

/// How far OKX's clock is ahead of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    pub offset_ns: i64,
    /// It may be wrong by so much by now.
    pub error_ns: u64,
    pub rtt_ns: u64,
    pub age_ns: u64,
}

/// What happened to the clocks, so that nothing of it is silent.
#[derive(Clone, Copy, Debug, Default)]
pub struct News {
    /// Readings that contradicted the one before.
    pub jumps: u64,
    pub last_jump: Option<Jump>,
    /// Times this machine's wall clock was set.
    pub steps: u64,
    pub last_step: Option<WallStep>,
    /// Replies whose own time did not fit.
    pub suspicions: u64,
    pub last_suspicion: Option<Suspicion>,
}

#[derive(Debug)]
pub struct Clock {
    state: Mutex<(ClockOffset, News)>,
    /// Somebody reads it on account of 50102.
    is_being_set: AtomicBool,
    /// Monotonic: when it was read last, also if that left a better reading in place.
    read_ns: AtomicU64,
    /// What the machine has slept and `state` knows of.
    suspended_ns: AtomicU64,
}

/// Two clocks read one after the other differ by less, whatever comes between.
const ASLEEP_NS: u64 = 10_000_000;

impl Clock {
    pub fn new(bound: Duration) -> Self {
        let bound_ns = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
        Self {
            state: Mutex::new((ClockOffset::new(bound_ns, clock::now()), News::default())),
            is_being_set: AtomicBool::new(false),
            read_ns: AtomicU64::new(0),
            suspended_ns: AtomicU64::new(clock::suspended_ns()),
        }
    }

    /// OKX's time now, Unix ns.
    pub fn server_ns(&self, now: Stamp) -> u64 {
        let (offset, news) = &mut *locked(&self.state);
        let (slept, known) = (clock::suspended_ns(), self.suspended_ns.load(SeqCst));
        if slept > known + ASLEEP_NS {
            self.suspended_ns.store(slept, SeqCst);
            offset.slept(slept - known);
        }
        if let Some(step) = offset.step(now) {
            news.steps += 1;
            news.last_step = Some(step);
        }
        offset.server_ns(now.mono_ns)
    }

    pub fn reading(&self) -> Option<Reading> {
        let now = clock::mono_ns();
        let offset = &locked(&self.state).0;
        let reading = offset.reading()?;
        let error_ns = offset.error_ns(now).unwrap_or(reading.error_ns);
        let age_ns = now.saturating_sub(reading.at.mono_ns);
        Some(Reading { offset_ns: reading.offset_ns, error_ns, rtt_ns: reading.rtt_ns, age_ns })
    }

    pub fn news(&self) -> News {
        locked(&self.state).1
    }

    /// Whether it was read after this monotonic time.
    fn is_newer_than(&self, mono_ns: u64) -> bool {
        self.read_ns.load(SeqCst) > mono_ns
    }

    /// A reply's `Date`.
    pub fn notice(&self, date: &str, sent_ns: u64, recv_ns: u64) {
        let (offset, news) = &mut *locked(&self.state);
        if let Some(suspicion) = offset.check_date(date, sent_ns, recv_ns) {
            news.suspicions += 1;
            news.last_suspicion = Some(suspicion);
        }
    }

    fn apply(&self, samples: &[Sample]) -> Result<(), Failure> {
        let (offset, news) = &mut *locked(&self.state);
        match offset.apply(samples) {
            Ok(applied) => {
                self.read_ns.store(clock::mono_ns(), SeqCst);
                if let Some(jump) = applied.jump {
                    news.jumps += 1;
                    news.last_jump = Some(jump);
                }
                Ok(())
            }
            Err(Refused::Nothing) => Err(Failure::Transport { reason: Refused::Nothing.to_string() }),
            Err(refused) => Err(Failure::Config { reason: refused.to_string() }),
        }
    }
}

/// Whether the clock is newer than a request that was refused for its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewed {
    Yes,
    /// Somebody else reads it at this moment.
    Soon,
    No,
}

/// The flag goes down however it ends.
struct Renewal<'a>(&'a AtomicBool);

impl Drop for Renewal<'_> {
    fn drop(&mut self) {
        self.0.store(false, SeqCst);
    }
}

/// `GET public/time`.
pub fn time_spec() -> Spec {
    let (path, endpoint) = (TIME_PATH.into(), "".into());
    let spec = Spec {
        method: Method::Get,
        path,
        signed: false,
        idempotent: true,
        cancel: false,
        bucket: 0,
        count: 0,
        window_ms: 0,
        by_ip: true,
        capped: false,
        endpoint,
    };
    spec.checked().expect("the path is a plain one")
}

impl Engine {
    /// OKX refused a timestamp of `sent_ns`: reads the clock, unless that was done since. Holds nobody up for long: many
    /// calls are refused together, one of them reads, and none waits for the limit.
    pub(super) fn renew_clock(&self, slot: &mut Slot<'_>, sent_ns: u64, deadline_ns: u64, watch: &Watch<'_>) -> Renewed {
        if self.clock.is_newer_than(sent_ns) {
            return Renewed::Yes;
        }
        if self.clock.is_being_set.swap(true, SeqCst) {
            return Renewed::Soon;
        }
        let by = deadline_ns.min(clock::mono_ns().saturating_add(RENEW_WITHIN_NS));
        let _renewal = Renewal(&self.clock.is_being_set);
        if self.set_clock(slot, RENEW_SAMPLES, by, false, watch).is_ok() { Renewed::Yes } else { Renewed::No }
    }

    /// Reads the clock on the slot's connection, best of `samples`. Fewer count if time or the limit allows no more.
    /// `wait`: for the limit.
    pub(super) fn set_clock(
        &self,
        slot: &mut Slot<'_>,
        samples: u32,
        deadline_ns: u64,
        wait: bool,
        watch: &Watch<'_>,
    ) -> Result<Reading, Failure> {
        let mut taken = Vec::new();
        for _ in 0..samples {
            match self.read_clock(slot, deadline_ns, wait, watch) {
                Ok(sample) => taken.push(sample),
                Err(Failure::Interrupted) => return Err(self.given(Failure::Interrupted)),
                Err(failure) if taken.is_empty() => return Err(failure),
                Err(_) => break,
            }
        }
        self.clock.apply(&taken)?;
        self.clock.reading().ok_or_else(|| Failure::Transport { reason: Refused::Nothing.to_string() })
    }

    fn read_clock(&self, slot: &mut Slot<'_>, deadline_ns: u64, wait: bool, watch: &Watch<'_>) -> Result<Sample, Failure> {
        let begun_ns = clock::mono_ns();
        let keys = vec![("".into(), 1)];
        let call = Call { payload: Vec::new(), keys, exp_time: None, language: None, begun_ns, deadline_ns, wait };
        let mut turn = Turn::default();
        loop {
            match self.book(&self.time, &call, None, &mut turn, clock::mono_ns()) {
                Ok(()) => break,
                Err(Step::Again { at_ns }) => self.sleep(at_ns, watch.gate)?,
                Err(Step::Done(ended)) => return Err(ended.err().unwrap_or(Failure::Deadline { at: Place::Retry })),
            }
        }
        self.connect(slot, deadline_ns, watch).map_err(|error| match error {
            DialError::Interrupted => Failure::Interrupted,
            error => Failure::Transport { reason: error.to_string() },
        })?;
        let Some(line) = slot.line.as_mut() else { return Err(Failure::Interrupted) };
        let request = Request { method: Method::Get, path: TIME_PATH, query: &[], body: &[], exp_time: None, language: None };
        let written = self.writer.write(&request, None, 0, &mut line.out);
        written.map_err(|error| Failure::Config { reason: error.to_string() })?;
        // Before the write, not after: a thread that is put aside right after it would see a round trip of nothing, and take
        // that for the best one.
        let sent_ns = clock::mono_ns();
        turn.sending(sent_ns);
        count(&self.stats.requests, 1);
        let exchanged = line.conn.exchange(&line.out, deadline_ns, watch, &mut line.reply);
        if let Err(error) = exchanged {
            slot.line = None;
            return Err(match error {
                ExchangeError::Interrupted { .. } => Failure::Interrupted,
                ExchangeError::Deadline { .. } => Failure::Deadline { at: Place::Reply },
                error => Failure::Transport { reason: error.to_string() },
            });
        }
        let reply = &line.reply;
        line.used_ns = reply.done_ns;
        let now = clock::now();
        let at = |mono_ns: u64| Stamp { mono_ns, wall_ns: now.wall_ns.saturating_sub(now.mono_ns.saturating_sub(mono_ns)) };
        let sample = reply::time_ms(&reply.body).map(|server_ms| Sample { sent: at(sent_ns), recv: at(reply.recv_ns), server_ms });
        let (status, keep_alive) = (reply.status, reply.keep_alive);
        if !keep_alive {
            slot.line = None;
        }
        sample.ok_or_else(|| Failure::Transport { reason: format!("{TIME_PATH}: expected a time, got HTTP {status} without one") })
    }
}
