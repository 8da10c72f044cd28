//! Waits between the tries of a read: doubled each time, and spread, so that many clients do not come back together.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const FIRST_NS: u64 = 100_000_000;
const MOST_NS: u64 = 3_000_000_000;

/// A random number for each call (SplitMix64), seeded by the system.
#[derive(Debug)]
pub struct Jitter(AtomicU64);

impl Jitter {
    pub fn new() -> Self {
        Self(AtomicU64::new(RandomState::new().hash_one(std::process::id())))
    }

    fn next(&self) -> u64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut z = self.0.fetch_add(STEP, Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// How long to wait after the `tries`-th try failed, counted from 1: half of it fixed, half random.
    pub fn after(&self, tries: u32) -> u64 {
        let whole = FIRST_NS.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(MOST_NS);
        whole / 2 + self.next() % (whole / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::{FIRST_NS, Jitter, MOST_NS};

    #[test]
    fn waits_double_up_to_a_bound_and_are_spread_over_their_upper_half() {
        let jitter = Jitter::new();
        for (tries, whole) in [(1, FIRST_NS), (2, 2 * FIRST_NS), (3, 4 * FIRST_NS), (6, MOST_NS), (60, MOST_NS), (u32::MAX, MOST_NS)] {
            let waits: Vec<u64> = (0..100).map(|_| jitter.after(tries)).collect();
            assert!(waits.iter().all(|w| (whole / 2..whole).contains(w)), "{tries}: {waits:?}");
            let (least, most) = (waits.iter().min().copied().unwrap_or(0), waits.iter().max().copied().unwrap_or(0));
            assert!(most - least > whole / 8, "{tries}: {least}..{most}");
        }
    }

    #[test]
    fn two_clients_do_not_wait_alike() {
        let (a, b) = (Jitter::new(), Jitter::new());
        assert_ne!((0..4).map(|_| a.after(6)).collect::<Vec<_>>(), (0..4).map(|_| b.after(6)).collect::<Vec<_>>());
    }
}
