//! The simulator's clocks: the system's, with a way back to the standard library's instants for timers.

use std::time::{Duration, Instant};

use okx_fast_net::clock;

/// `CLOCK_MONOTONIC` in nanoseconds, so that a send log compares with stamps of other processes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
    start_ns: u64,
}

impl Clock {
    pub fn start() -> Self {
        Self { start: Instant::now(), start_ns: clock::now().mono_ns }
    }

    #[allow(clippy::unused_self, reason = "a clock is asked for its time")]
    pub fn now(&self) -> u64 {
        clock::now().mono_ns
    }

    pub fn instant(&self, ns: u64) -> Instant {
        self.start + Duration::from_nanos(ns.saturating_sub(self.start_ns))
    }
}

/// Milliseconds since 1970, as OKX's `ts`.
pub(crate) fn wall_ms() -> u64 {
    clock::now().wall_ns / 1_000_000
}
