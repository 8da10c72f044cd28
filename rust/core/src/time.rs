//! Time as the core sees it: a number its caller passes in.

/// One moment, read from both clocks at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Monotonic clock, nanoseconds: for deadlines and durations.
    pub mono_ns: u64,
    /// Wall clock, nanoseconds since the Unix epoch: to compare with OKX's `ts`.
    pub wall_ns: u64,
}
