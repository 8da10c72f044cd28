//! The simulator's two clocks.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Nanoseconds of CLOCK_MONOTONIC. The standard library reads that clock but does not tell its number, so whoever
/// starts the server may pass one reading of it; otherwise time starts at 0.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    start_ns: u64,
}

impl Clock {
    pub fn starting_at(monotonic_ns: u64) -> Self {
        Self { start: Instant::now(), start_ns: monotonic_ns }
    }

    pub fn now(&self) -> u64 {
        self.start_ns + self.start.elapsed().as_nanos() as u64
    }

    pub(crate) fn instant(&self, ns: u64) -> Instant {
        self.start + Duration::from_nanos(ns.saturating_sub(self.start_ns))
    }
}

/// Milliseconds since 1970, as OKX's `ts`.
pub(crate) fn wall_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
