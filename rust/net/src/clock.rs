//! The real clock.

use okx_fast_core::time::Stamp;
use rustix::time::{ClockId, Timespec, clock_gettime};

/// Both clocks, now. The monotonic one is the system's own `CLOCK_MONOTONIC`, so its numbers
/// compare across processes (and with Python's `time.monotonic_ns()`).
pub fn now() -> Stamp {
    Stamp { mono_ns: nanos(clock_gettime(ClockId::Monotonic)), wall_ns: nanos(clock_gettime(ClockId::Realtime)) }
}

/// The monotonic clock alone.
#[inline]
pub fn mono_ns() -> u64 {
    nanos(clock_gettime(ClockId::Monotonic))
}

/// The monotonic clock as of the kernel's last tick: some milliseconds behind, and several times cheaper.
#[inline]
pub fn coarse_ns() -> u64 {
    nanos(clock_gettime(ClockId::MonotonicCoarse))
}

/// How long the machine has been suspended since it started: the monotonic clock stands still then. Good to a few
/// microseconds.
pub fn suspended_ns() -> u64 {
    let mono = mono_ns();
    nanos(clock_gettime(ClockId::Boottime)).saturating_sub(mono)
}

/// Neither clock is below zero on a machine whose date is past 1970; below it counts as zero.
fn nanos(time: Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds * 1_000_000_000 + nanos
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use super::now;

    #[test]
    fn the_wall_clock_is_the_systems_and_the_monotonic_one_does_not_go_back() {
        let (a, b) = (now(), now());
        let system = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let ours = Duration::from_nanos(b.wall_ns);
        assert!(system.abs_diff(ours) < Duration::from_secs(1));
        assert!(a.mono_ns <= b.mono_ns);
    }
}
