//! Time as the core sees it: a number its caller passes in.

/// One moment, read from both clocks at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Monotonic clock, nanoseconds: for deadlines and durations.
    pub mono_ns: u64,
    /// Wall clock, nanoseconds since the Unix epoch: to compare with OKX's `ts`.
    pub wall_ns: u64,
}

impl Stamp {
    /// An earlier moment of the monotonic clock, on both.
    pub(crate) fn back_at(self, mono_ns: u64) -> Self {
        Self { mono_ns, wall_ns: self.wall_ns.saturating_sub(self.mono_ns.saturating_sub(mono_ns)) }
    }
}
