//! The exchange's clock, as far as round trips tell: for timestamps that OKX accepts within 30 s, and for `expTime`.
//!
//! ```text
//!  ours:   sent ────────────── recv        offset = server − middle, wrong by at most half the round trip
//!  theirs:         server_ms               (and by the half millisecond that OKX cuts off)
//! ```
//!
//! The best of several round trips is kept and carried on by the monotonic clock. So a step of the local wall clock
//! changes nothing: it is reported, and so is a reading that contradicts the one before. Nothing is followed silently.
//!
//! Source: OKX API v5, Public Data › Get system time; Overview › REST authentication (30 s); Error codes (50102).

#[cfg(test)]
mod tests;

use crate::rest::date::parse_http_date;
use crate::time::Stamp;
use std::fmt;

/// A larger offset is not believed: something is wrong that adding it would hide.
pub const MAX_OFFSET_NS: u64 = 600 * SECOND_NS;
/// How fast two clocks may part: 100 ppm, five times what a bad quartz does. A reading is worth this much less as it ages.
pub const DRIFT_PER_MILLION: u64 = 100;
/// A wall clock that moved this far against the monotonic one was set by somebody.
pub const STEP_NS: u64 = SECOND_NS;
/// How far a reply's own time may be off before it is suspicious.
pub const SUSPICIOUS_NS: u64 = 2 * SECOND_NS;

const SECOND_NS: u64 = 1_000_000_000;
const MILLI_NS: u64 = 1_000_000;

/// One round trip of `GET /api/v5/public/time`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Before the first byte of the request was handed to the kernel: the exchange does not read its clock earlier.
    pub sent: Stamp,
    /// When the first byte of the reply came.
    pub recv: Stamp,
    /// What the reply said.
    pub server_ms: u64,
}

/// What one sample says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The exchange's clock minus this machine's wall clock, when it was read.
    pub offset_ns: i64,
    /// It is off by at most this.
    pub error_ns: u64,
    pub rtt_ns: u64,
    /// The middle of the round trip, on both of our clocks.
    pub at: Stamp,
}

impl Reading {
    /// `None` if the clocks of the sample contradict themselves.
    fn of(sample: &Sample) -> Option<Self> {
        let rtt_ns = sample.recv.mono_ns.checked_sub(sample.sent.mono_ns)?;
        // The wall clock is read once and carried on by the other: it may be set in between.
        let at = Stamp { mono_ns: sample.sent.mono_ns + rtt_ns / 2, wall_ns: sample.sent.wall_ns.saturating_add(rtt_ns / 2) };
        let server_ns = sample.server_ms.saturating_mul(MILLI_NS).saturating_add(MILLI_NS / 2);
        Some(Self { offset_ns: minus(server_ns, at.wall_ns), error_ns: rtt_ns.div_ceil(2) + MILLI_NS / 2, rtt_ns, at })
    }

    /// What the exchange's clock shows at a monotonic time.
    fn server_ns(&self, mono_ns: u64) -> u64 {
        let since = minus(mono_ns, self.at.mono_ns);
        self.at.wall_ns.saturating_add_signed(self.offset_ns).saturating_add_signed(since)
    }

    /// How far that may be off by then.
    fn error_at(&self, mono_ns: u64) -> u64 {
        self.error_ns + mono_ns.abs_diff(self.at.mono_ns) / (1_000_000 / DRIFT_PER_MILLION)
    }
}

/// Two readings contradict each other: a clock was set, ours or theirs. To be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jump {
    /// Both as offsets to this machine's clock as it stood at the new reading.
    pub from_ns: i64,
    pub to_ns: i64,
}

/// A sample that was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// What is used from now on: the new reading, or the one before if that is still the better one.
    pub reading: Reading,
    pub jump: Option<Jump>,
}

/// This machine's wall clock was set, or the machine slept and its monotonic clock with it. In the second case the
/// reading in use is wrong by as much: it is time to measure again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Forward, or back if negative.
    pub by_ns: i64,
}

/// A reply's own time does not fit the offset: time to measure again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suspicion {
    /// Where it was seen: `Date` or `outTime`.
    pub source: &'static str,
    /// At least so much does the reply's time lie after (before, if negative) what our offset allows.
    pub by_ns: i64,
}

/// Why samples were not taken in. What was known before stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no usable sample.
    Nothing,
    /// The clocks are further apart than allowed.
    TooFar { offset_ns: i64, bound_ns: u64 },
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("the exchange's clock could not be read"),
            Self::TooFar { offset_ns, bound_ns } => {
                let (offset, bound) = (offset_ns.unsigned_abs() / MILLI_NS, bound_ns / MILLI_NS);
                let side = if *offset_ns < 0 { "behind" } else { "ahead of" };
                write!(f, "the exchange's clock is {offset} ms {side} this machine's, more than the {bound} ms allowed: set the clock")
            }
        }
    }
}

impl std::error::Error for Refused {}

/// What we know of the exchange's clock.
#[derive(Clone, Debug)]
pub struct ClockOffset {
    bound_ns: u64,
    /// Both clocks at one moment: a wall clock that leaves this line made a step.
    base: Stamp,
    reading: Option<Reading>,
}

impl ClockOffset {
    /// `now`: until the first reading, the exchange's clock is taken to be this machine's as it is now, carried on by the
    /// monotonic clock.
    pub const fn new(bound_ns: u64, now: Stamp) -> Self {
        Self { bound_ns, base: now, reading: None }
    }

    /// The reading in use; `None` before the first.
    pub const fn reading(&self) -> Option<Reading> {
        self.reading
    }

    /// How far [`Self::server_ns`] may be off at a monotonic time; `None` before the first reading.
    pub fn error_ns(&self, mono_ns: u64) -> Option<u64> {
        self.reading.map(|reading| reading.error_at(mono_ns))
    }

    /// The exchange's clock at a monotonic time, Unix nanoseconds.
    pub fn server_ns(&self, mono_ns: u64) -> u64 {
        match &self.reading {
            Some(reading) => reading.server_ns(mono_ns),
            None => self.base.wall_ns.saturating_add_signed(minus(mono_ns, self.base.mono_ns)),
        }
    }

    /// Takes in the sample with the smallest round trip.
    pub fn apply(&mut self, samples: &[Sample]) -> Result<Applied, Refused> {
        let new = samples.iter().filter_map(Reading::of).min_by_key(|reading| reading.rtt_ns).ok_or(Refused::Nothing)?;
        if new.offset_ns.unsigned_abs() > self.bound_ns {
            return Err(Refused::TooFar { offset_ns: new.offset_ns, bound_ns: self.bound_ns });
        }
        let mut applied = Applied { reading: new, jump: None };
        if let Some(old) = self.reading {
            let expected = minus(old.server_ns(new.at.mono_ns), new.at.wall_ns);
            let error = old.error_at(new.at.mono_ns);
            if expected.abs_diff(new.offset_ns) > error.saturating_add(new.error_ns) {
                applied.jump = Some(Jump { from_ns: expected, to_ns: new.offset_ns });
            } else if error < new.error_ns {
                applied.reading = old;
            }
        }
        self.reading = Some(applied.reading);
        self.base = new.at;
        Ok(applied)
    }

    /// Whether the wall clock left the monotonic one since the last look. Reported once per step. A reading stays as it is;
    /// before the first one, the wall clock is all there is, and is followed.
    pub fn step(&mut self, now: Stamp) -> Option<Step> {
        let expected = self.base.wall_ns.saturating_add_signed(minus(now.mono_ns, self.base.mono_ns));
        let by_ns = minus(now.wall_ns, expected);
        if by_ns.unsigned_abs() <= STEP_NS {
            return None;
        }
        self.base = now;
        Some(Step { by_ns })
    }

    /// The machine was suspended for `by_ns`, which the monotonic clock did not count.
    pub fn slept(&mut self, by_ns: u64) {
        self.base.wall_ns = self.base.wall_ns.saturating_add(by_ns);
        if let Some(reading) = &mut self.reading {
            reading.at.wall_ns = reading.at.wall_ns.saturating_add(by_ns);
        }
    }

    /// Compares the header `Date` of a reply (whole seconds) with what we believe. An unreadable one says nothing.
    pub fn check_date(&self, date: &str, sent_mono_ns: u64, recv_mono_ns: u64) -> Option<Suspicion> {
        let from = parse_http_date(date.as_bytes())?.saturating_mul(SECOND_NS);
        self.check("Date", from, from.saturating_add(SECOND_NS), sent_mono_ns, recv_mono_ns)
    }

    /// Compares the `outTime` of an order's reply (microseconds) with what we believe.
    pub fn check_out_time(&self, out_time_us: u64, sent_mono_ns: u64, recv_mono_ns: u64) -> Option<Suspicion> {
        let from = out_time_us.saturating_mul(1000);
        self.check("outTime", from, from.saturating_add(1000), sent_mono_ns, recv_mono_ns)
    }

    /// The reply was written between two moments of theirs, and between two of ours.
    fn check(&self, source: &'static str, from_ns: u64, to_ns: u64, sent_mono_ns: u64, recv_mono_ns: u64) -> Option<Suspicion> {
        let first = self.server_ns(sent_mono_ns).saturating_sub(SUSPICIOUS_NS);
        let last = self.server_ns(recv_mono_ns).saturating_add(SUSPICIOUS_NS);
        let by_ns = if from_ns > last {
            minus(from_ns, last)
        } else if to_ns < first {
            minus(to_ns, first)
        } else {
            return None;
        };
        Some(Suspicion { source, by_ns })
    }
}

/// `a - b`, as far as it fits: 292 years.
fn minus(a: u64, b: u64) -> i64 {
    i64::try_from(i128::from(a) - i128::from(b)).unwrap_or(if a > b { i64::MAX } else { i64::MIN })
}
