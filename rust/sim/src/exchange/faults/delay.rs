//! How long something takes: always the same, or drawn from a log-normal distribution.

use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

use crate::exchange::config::Delay;
use crate::exchange::io::{MILLI, Nanos};
use crate::feed::pace::whole;
use crate::rng::Rng;

/// Longer than any test waits; keeps drawn tails and typing errors finite.
const MOST: f64 = 3_600_000.0 * MILLI as f64;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Draw {
    /// Microseconds.
    Fixed(f64),
    /// Median in microseconds, and the standard deviation of the logarithm.
    LogNormal { median: f64, sigma: f64 },
}

impl Draw {
    pub fn of(config: &Delay) -> Result<Self, String> {
        let good = |n: f64| n.is_finite() && n >= 0.0;
        match config {
            Delay::Fixed(us) if good(*us) => Ok(Self::Fixed(*us)),
            Delay::Fixed(us) => Err(format!("expected microseconds of 0 or more, got {us}")),
            Delay::Drawn { kind, .. } if kind != "lognormal" => Err(format!("kind: expected lognormal, got {kind}")),
            Delay::Drawn { median, sigma, .. } if good(*median) && good(*sigma) => Ok(Self::LogNormal { median: *median, sigma: *sigma }),
            Delay::Drawn { .. } => Err("median and sigma: expected numbers of 0 or more".to_owned()),
        }
    }

    pub fn is_zero(self) -> bool {
        matches!(self, Self::Fixed(0.0) | Self::LogNormal { median: 0.0, .. })
    }

    pub fn draw(self, rng: &mut Rng) -> Nanos {
        let us = match self {
            Self::Fixed(us) => us,
            Self::LogNormal { median, sigma } => median * (sigma * normal(rng)).exp(),
        };
        whole((us * 1_000.0).clamp(0.0, MOST))
    }
}

/// Standard normal, after Box and Muller.
fn normal(rng: &mut Rng) -> f64 {
    let mut unit = || ((rng.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    (-2.0 * unit().ln()).sqrt() * (TAU * unit()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_drawn_delays_are_below_the_median_and_the_spread_is_sigma() {
        let mut rng = Rng::new(5);
        let draw = Draw::LogNormal { median: 200.0, sigma: 0.5 };
        let mut drawn: Vec<f64> = (0..10_000).map(|_| draw.draw(&mut rng) as f64 / 1_000.0).collect();
        drawn.sort_by(f64::total_cmp);
        let at = |rank: usize| drawn.get(rank).copied().unwrap_or_default();
        assert!((at(5_000) / 200.0 - 1.0).abs() < 0.03, "{}", at(5_000));
        assert!((at(8_410) / (200.0 * 0.5_f64.exp()) - 1.0).abs() < 0.05, "{}", at(8_410));
        assert_eq!(Draw::Fixed(1.5).draw(&mut rng), 1_500);
    }

    #[test]
    fn a_configuration_names_lognormal_or_a_number() {
        let drawn = |kind: &str, sigma| Draw::of(&Delay::Drawn { kind: kind.into(), median: 1.0, sigma });
        assert_eq!(drawn("lognormal", 0.1), Ok(Draw::LogNormal { median: 1.0, sigma: 0.1 }));
        assert!(drawn("uniform", 0.1).is_err_and(|e| e.contains("uniform")));
        assert!(drawn("lognormal", -0.1).is_err());
        assert!(Draw::of(&Delay::Fixed(f64::NAN)).is_err());
    }
}
