//! What an option is worth: Black-76 on the forward, in the coin it settles in, with a fixed smile.

use crate::exchange::instrument::Instrument;
use crate::exchange::io::{MILLI, Nanos};
use crate::exchange::market::calendar::DAY_MS;
use crate::exchange::num::Dec;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

/// Yearly premium of a dated contract over its index.
pub const CARRY: f64 = 0.04;
const YEAR_MS: f64 = 365.0 * DAY_MS as f64;

/// Value and sensitivities of one option.
#[derive(Clone, Copy, Debug, Default)]
pub struct Greeks {
    /// In coin.
    pub px: f64,
    pub vol: f64,
    pub forward: f64,
    pub years: f64,
    pub at_the_money_vol: f64,
    /// Black-Scholes, in USD.
    pub delta: f64,
    pub gamma: f64,
    pub theta: f64,
    pub vega: f64,
}

impl Greeks {
    /// Sensitivities in the coin itself: what the coin's own price adds is taken off.
    #[must_use]
    pub fn in_coin(&self) -> Self {
        let index = self.forward.max(f64::MIN_POSITIVE);
        Self {
            delta: self.delta - self.px,
            gamma: self.gamma * index - self.delta + self.px,
            theta: self.theta / index,
            vega: self.vega / index,
            ..*self
        }
    }
}

pub fn years(inst: &Instrument, now: Nanos) -> f64 {
    inst.exp_time_ms.map_or(0.0, |exp| exp.saturating_sub(now / MILLI) as f64 / YEAR_MS)
}

/// `index` in USD. Expired: what it pays.
pub fn greeks(inst: &Instrument, index: f64, now: Nanos) -> Greeks {
    at_vol(inst, index, now, None)
}

/// With this volatility instead of the market's.
pub fn at_vol(inst: &Instrument, index: f64, now: Nanos, vol: Option<f64>) -> Greeks {
    let Some((strike, kind)) = inst.strike else { return Greeks::default() };
    let years = years(inst, now).max(1e-9);
    let forward = index * (1.0 + CARRY * years);
    let strike = strike.to_f64().unwrap_or(f64::MAX);
    let moneyness = (strike / forward).ln();
    let at_the_money_vol = 0.45;
    let vol = vol.unwrap_or(at_the_money_vol - 0.08 * moneyness + 0.25 * moneyness * moneyness).clamp(0.05, 3.0);
    let spread = vol * years.sqrt();
    let d1 = -moneyness / spread + spread / 2.0;
    let d2 = d1 - spread;
    let density = (-d1 * d1 / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let (sign, delta) = if kind == 'C' { (1.0, normal(d1)) } else { (-1.0, normal(d1) - 1.0) };
    let usd = (sign * (forward * normal(sign * d1) - strike * normal(sign * d2))).max(0.0);
    Greeks {
        px: usd / index.max(f64::MIN_POSITIVE),
        vol,
        forward,
        years,
        at_the_money_vol,
        delta,
        gamma: density / (forward * spread),
        theta: -forward * density * vol / (2.0 * years.sqrt()) / 365.0,
        vega: forward * density * years.sqrt() / 100.0,
    }
}

/// Distribution function of the standard normal (Zelen and Severo's polynomial; error below 1e-7).
fn normal(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let poly = t * (0.319_381_530 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let tail = (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt() * poly;
    if x >= 0.0 { 1.0 - tail } else { tail }
}

/// A float as an exact number of that many digits after the point; 0 if it is none.
pub fn dec(value: f64, digits: u32) -> Dec {
    Dec::from_f64(value).unwrap_or_default().round_dp(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::config::Config;
    use crate::exchange::market::catalogue::catalogue;

    #[test]
    fn calls_and_puts_keep_parity() {
        let now = 1_795_305_600_000 * MILLI;
        let list = catalogue(&Config::default(), now).expect("the default catalogue");
        let find = |end: &str| list.iter().find(|i| i.inst_id.ends_with(end)).expect("a default option");
        let (call, put) = (greeks(find("-90000-C"), 91_000.0, now), greeks(find("-90000-P"), 91_000.0, now));
        let parity = (call.px - put.px) * 91_000.0;
        assert!((parity - (call.forward - 90_000.0)).abs() < 0.1, "{parity}");
        assert!((call.delta - put.delta - 1.0).abs() < 1e-9);
        assert!(call.px > 0.01 && call.px < 0.2, "{}", call.px);
    }
}
