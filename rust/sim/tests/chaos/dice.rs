//! Seeded chance (SplitMix64): what a run does follows from its seed alone.

#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// A stream of its own for each use, so that one more roll in one place leaves the others as they were.
    pub fn of(seed: u64, use_: &str) -> Self {
        Self(use_.bytes().fold(mix(seed ^ 0x000C_4A05), |state, byte| mix(state ^ u64::from(byte))))
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// A number below `n`; 0 for `n` = 0.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }

    /// Both ends included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// `None` only of nothing.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len() as u64) as usize)
    }

    /// Roughly exponential waiting time with this mean, at most six times it.
    pub fn wait(&mut self, mean: u64) -> u64 {
        let u = (self.below(1 << 20) as f64 + 1.0) / (1u64 << 20) as f64;
        whole((-u.ln()).min(6.0) * mean as f64).max(1)
    }
}

#[expect(clippy::cast_sign_loss, reason = "a waiting time is above zero")]
fn whole(time: f64) -> u64 {
    time.trunc() as u64
}

pub fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
