//! Where prices come from.
//!
//! ```text
//! coin in USD (random walk) ─▶ index BTC-USDT, BTC-USD … ─▶ fair value the house quotes around
//!                                       └─▶ mark = index × (1 + smoothed basis of the book) ─▶ ledger, algo
//! ```

use std::collections::{BTreeMap, VecDeque};

use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::exchange::config::ConfigError;
use crate::exchange::instrument::{InstIx, InstType, Instrument};
use crate::exchange::io::{MILLI, Nanos, SECOND};
use crate::exchange::market::bars::Bars;
use crate::exchange::market::calendar::{HOUR_MS, MINUTE_MS};
use crate::exchange::market::candles::{Day, Past};
use crate::exchange::market::options::{self, CARRY, dec};
use crate::exchange::market::{catalogue, listing, tape};
use crate::exchange::num::Dec;
use crate::exchange::world::World;
use crate::rng::Rng;

/// Indices and marks move at this pace.
pub const STEP: Nanos = 200 * MILLI;
/// What a swap trades above its index.
const SWAP_PREMIUM: f64 = 0.000_05;
/// The mark follows the book's basis this slowly.
const BASIS_SECONDS: f64 = 60.0;
/// The premium of the price band is a mean over so many seconds.
const PREMIUM_SAMPLES: usize = 120;

/// A coin's price in USD.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CoinPx {
    pub usd: Dec,
    pub pinned: bool,
}

/// An index: `BTC-USDT`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Index {
    pub base: String,
    pub quote: String,
    pub px: Dec,
    pub digits: u32,
    pub bars: Bars,
    pub past: Past,
    pub day: Day,
    /// When it was pushed last, and whether it moved since.
    #[serde(skip)]
    pub told: Nanos,
    #[serde(skip)]
    pub fresh: bool,
}

/// The computed prices of one instrument.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Prices {
    pub index: String,
    pub mark: Dec,
    pub pinned_mark: Option<Dec>,
    /// Smoothed (mid − index) / index.
    pub basis: Dec,
    /// mid − index of the last seconds, for the price band.
    pub premiums: VecDeque<Dec>,
    pub premium_sum: Dec,
    /// Set by hand; otherwise it follows the premium.
    pub funding_rate: Option<Dec>,
    /// Times and rates of the last settlements, newest last.
    pub funding: VecDeque<(u64, Dec)>,
    pub bars: Bars,
    pub past: Past,
    /// When the mark was pushed last, and whether it moved since; the band that was pushed last.
    #[serde(skip)]
    pub told: Nanos,
    #[serde(skip)]
    pub fresh: bool,
    #[serde(skip)]
    pub shown_limit: Option<(Dec, Dec)>,
    #[serde(skip)]
    pub shown_interest: Option<Dec>,
}

impl Prices {
    pub fn premium(&self) -> Dec {
        self.premium_sum.checked_div(Dec::from(self.premiums.len())).unwrap_or_default()
    }

    fn sample(&mut self, premium: Dec) {
        self.premiums.push_back(premium);
        self.premium_sum += premium;
        if self.premiums.len() > PREMIUM_SAMPLES {
            self.premium_sum -= self.premiums.pop_front().unwrap_or_default();
        }
    }
}

/// Coins and indices the catalogue needs, at their first prices.
pub fn open(world: &mut World) -> Result<(), ConfigError> {
    let mut coins = BTreeMap::new();
    for inst in &world.instruments {
        for ccy in [inst.base(), inst.quote(), &inst.settle_ccy].into_iter().filter(|ccy| !ccy.is_empty()) {
            if let Some(usd) = catalogue::first_usd(ccy) {
                coins.entry(ccy.to_owned()).or_insert(CoinPx { usd, pinned: usd == Dec::ONE });
            }
        }
    }
    for fields in &world.config.instruments {
        let inst = fields.get("instId").and_then(|id| id.as_str()).and_then(|id| world.find_inst(id));
        if let (Some(inst), Some(px)) = (inst, fields.get("px")) {
            let px = listing::decimal("px", px).map_err(ConfigError)?;
            let quote = coins.get(inst.quote()).map_or(Dec::ONE, |coin| coin.usd);
            coins.insert(inst.base().to_owned(), CoinPx { usd: px * quote, pinned: false });
        }
    }
    let now_ms = world.now_ms();
    let mut indices: BTreeMap<String, Index> = BTreeMap::new();
    for inst in &world.instruments {
        let digits = inst.tick_sz.normalize().scale();
        let (base, quote) = (inst.base().to_owned(), inst.quote().to_owned());
        let option = inst.inst_type == InstType::Option;
        let index = indices.entry(format!("{base}-{quote}")).or_insert_with(|| Index {
            base,
            quote,
            px: Dec::ZERO,
            digits: if option { 2 } else { digits },
            bars: Bars::default(),
            past: Past::default(),
            day: Day::default(),
            told: 0,
            fresh: true,
        });
        if !option {
            index.digits = index.digits.min(digits);
        }
    }
    for index in indices.values_mut() {
        index.px = worth(&coins, index);
        index.bars.quote(now_ms, index.px);
        let seed = tape::seed_of(world.config.seed, &index.base);
        index.past = Past { seed, opened_ms: now_ms, first: index.px, digits: index.digits, swing: 1.0, ..Past::default() };
    }
    world.market.coins = coins;
    world.market.indices = indices;
    world.market.price_at = (world.now / STEP + 1) * STEP;
    world.market.priced = world.now;
    for at in 0..world.instruments.len() {
        let Some(inst) = world.instruments.get(at) else { continue };
        let index = format!("{}-{}", inst.base(), inst.quote());
        let basis = dec(premium_of(inst, world.now), 12);
        world.market.prices.push(Prices { index, basis, ..Prices::default() });
        let ix = inst.ix;
        let mark = mark_of(world, ix);
        let past = tape::past_of(world, world.inst(ix), mark, false);
        if let Some(prices) = world.market.prices.get_mut(at) {
            (prices.mark, prices.past) = (mark, past);
            prices.bars.quote(now_ms, mark);
        }
    }
    Ok(())
}

fn worth(coins: &BTreeMap<String, CoinPx>, index: &Index) -> Dec {
    let usd = |ccy: &str| coins.get(ccy).map_or(Dec::ONE, |coin| coin.usd);
    let px = usd(&index.base).checked_div(usd(&index.quote)).unwrap_or_default().round_dp(index.digits);
    px.max(Dec::new(1, index.digits))
}

/// What the contract trades above its index, as a share of it.
fn premium_of(inst: &Instrument, now: Nanos) -> f64 {
    match inst.inst_type {
        InstType::Swap => SWAP_PREMIUM,
        InstType::Futures => CARRY * options::years(inst, now),
        _ => 0.0,
    }
}

/// What the house takes for the right price.
pub fn fair(world: &World, ix: InstIx) -> Option<Dec> {
    let inst = world.inst(ix);
    let index = world.index_px(ix)?;
    Some(if inst.inst_type == InstType::Option {
        option_mark(inst, index, world.now)
    } else {
        index * (Dec::ONE + dec(premium_of(inst, world.now), 8))
    })
}

/// Makes a price the right one for an instrument: its coin moves there, and all that hangs on it. Options have no say.
pub fn set_fair(world: &mut World, ix: InstIx, px: Dec) {
    let inst = world.inst(ix);
    if inst.inst_type == InstType::Option {
        return;
    }
    let (base, quote) = (inst.base().to_owned(), world.usd(inst.quote()));
    let index = px.checked_div(Dec::ONE + dec(premium_of(inst, world.now), 8)).unwrap_or(px);
    set_coin(world, &base, index * quote);
}

pub fn set_coin(world: &mut World, base: &str, usd: Dec) {
    if let Some(coin) = world.market.coins.get_mut(base) {
        coin.usd = usd.round_dp(12).max(Dec::new(1, 10));
    }
    refresh(world, 0.0);
}

fn option_mark(inst: &Instrument, index: Dec, now: Nanos) -> Dec {
    dec(options::greeks(inst, index.to_f64().unwrap_or_default(), now).px, 6).max(Dec::new(1, 6))
}

fn mark_of(world: &World, ix: InstIx) -> Dec {
    let inst = world.inst(ix);
    let Some(prices) = world.market.prices_of(ix) else { return Dec::ZERO };
    if let Some(pinned) = prices.pinned_mark {
        return pinned;
    }
    let index = world.index_px(ix).unwrap_or_default();
    match inst.inst_type {
        InstType::Option => option_mark(inst, index, world.now),
        InstType::Swap | InstType::Futures => (index * (Dec::ONE + prices.basis)).round_dp(inst.tick_sz.normalize().scale()),
        _ => index,
    }
}

/// Standard normal enough for a walk: a sum of uniform numbers, the same on every machine.
pub fn gauss(rng: &mut Rng) -> f64 {
    (0..12).map(|_| (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64).sum::<f64>() - 6.0
}

/// One step of all prices; `seconds` since the last.
pub fn step(world: &mut World, seconds: f64) {
    let deviation = world.config.house.volatility * seconds.sqrt();
    let World { market, rng, .. } = world;
    if deviation > 0.0 {
        for coin in market.coins.values_mut().filter(|coin| !coin.pinned) {
            let moved = dec((deviation * gauss(rng)).clamp(-0.2, 0.2), 12);
            let digits = 12 - coin.usd.trunc().to_string().len().min(10) as u32;
            coin.usd = (coin.usd * (Dec::ONE + moved)).round_dp(digits).max(Dec::new(1, 10));
        }
    }
    refresh(world, seconds);
}

/// Indices from the coins, marks from indices and books; tells who depends on them.
pub fn refresh(world: &mut World, seconds: f64) {
    let now_ms = world.now_ms();
    let World { market, .. } = world;
    // In the order of their names.
    let mut moved_indices = Vec::new();
    for (name, index) in &mut market.indices {
        let px = worth(&market.coins, index);
        index.bars.quote(now_ms, px);
        if px != index.px {
            index.px = px;
            index.fresh = true;
            moved_indices.push(name.clone());
        }
    }
    let second = world.now / SECOND;
    let sample = second != market.sampled;
    market.sampled = second;
    let weight = dec((seconds / BASIS_SECONDS).min(1.0), 8);
    for at in 0..world.instruments.len() {
        let ix = InstIx(at as u32);
        let (mid, index) = (world.book(ix).mid(), world.index_px(ix).unwrap_or_default());
        let Some(prices) = world.market.prices.get_mut(at) else { continue };
        let by_index = moved_indices.binary_search(&prices.index).is_ok();
        if let Some(mid) = mid {
            let premium = mid - index;
            let basis = premium.checked_div(index).unwrap_or_default().clamp(Dec::new(-5, 2), Dec::new(5, 2));
            prices.basis = (prices.basis + (basis - prices.basis) * weight).round_dp(12);
            if sample {
                prices.sample(premium);
            }
        }
        let mark = mark_of(world, ix);
        let Some(prices) = world.market.prices.get_mut(at) else { continue };
        prices.bars.quote(now_ms, mark);
        if prices.mark != mark || by_index {
            prices.fresh |= prices.mark != mark;
            prices.mark = mark;
            world.market.moved.insert(ix);
        }
    }
}

impl World {
    pub fn mark_px(&self, inst: InstIx) -> Option<Dec> {
        self.market.prices_of(inst).map(|prices| prices.mark)
    }

    /// The index of the underlying, in its quote currency.
    pub fn index_px(&self, inst: InstIx) -> Option<Dec> {
        let prices = self.market.prices_of(inst)?;
        self.market.indices.get(&prices.index).map(|index| index.px)
    }

    /// What one unit of a currency is worth in USD; 0 if nobody knows.
    pub fn usd(&self, ccy: &str) -> Dec {
        let known = self.market.coins.get(ccy).map(|coin| coin.usd);
        known.or_else(|| catalogue::first_usd(ccy)).unwrap_or_default()
    }

    /// Highest price for buys, lowest for sells; `None`: no band.
    pub fn price_limit(&self, ix: InstIx) -> Option<(Dec, Dec)> {
        let inst = self.inst(ix);
        let [init, float, mut most] = inst.px_lmt_pct?;
        let (index, premium) = (self.index_px(ix)?, self.market.prices_of(ix)?.premium());
        let now_ms = self.now_ms();
        let young = now_ms < inst.list_time_ms + 10 * MINUTE_MS;
        if inst.alias.ends_with("week") && inst.exp_time_ms.is_some_and(|exp| now_ms + HOUR_MS / 2 >= exp) {
            most = Dec::new(3, 2);
        }
        let (buy, sell) = band(index, premium, [init, float, most], young);
        let digits = inst.tick_sz.normalize().scale();
        Some((buy.round_dp(digits), sell.round_dp(digits).max(inst.tick_sz)))
    }

    /// Current funding rate of a swap.
    pub fn funding_rate(&self, ix: InstIx) -> Dec {
        let Some(prices) = self.market.prices_of(ix) else { return Dec::ZERO };
        if self.inst(ix).inst_type != InstType::Swap {
            return Dec::ZERO;
        }
        prices.funding_rate.unwrap_or_else(|| {
            // The interest pulls the rate towards itself, by 0.05 % at most.
            let pull = (INTEREST - prices.basis).clamp(Dec::new(-5, 4), Dec::new(5, 4));
            (prices.basis + pull).clamp(-MAX_FUNDING, MAX_FUNDING).round_dp(12)
        })
    }
}

/// Funding is settled at 00:00, 08:00 and 16:00 UTC.
pub const FUNDING_MS: u64 = 8 * HOUR_MS;
/// Settlements `funding-rate-history` remembers.
const SETTLEMENTS: usize = 400;

impl World {
    /// When funding is settled next.
    pub fn funding_time(&self) -> u64 {
        (self.now_ms() / FUNDING_MS + 1) * FUNDING_MS
    }

    /// Funding of a swap was settled at this rate: for its history.
    pub fn note_funding(&mut self, ix: InstIx, rate: Dec) {
        let at = self.now_ms();
        let Some(prices) = self.market.prices.get_mut(ix.0 as usize) else { return };
        prices.funding.push_back((at, rate));
        if prices.funding.len() > SETTLEMENTS {
            prices.funding.pop_front();
        }
    }
}

/// Interest part of the funding rate, and the rate's limit.
pub const INTEREST: Dec = Dec::from_parts(1, 0, 0, false, 4);
pub const MAX_FUNDING: Dec = Dec::from_parts(375, 0, 0, false, 5);

/// Price band: trading section 14. `pct`: first, floating, at most.
pub fn band(index: Dec, premium: Dec, [init, float, most]: [Dec; 3], young: bool) -> (Dec, Dec) {
    let one = Dec::ONE;
    if young {
        return (index * (one + init), index * (one - init));
    }
    let buy = index.max(index * (one + float) + premium).min(index * (one + most));
    let sell = index.min(index * (one - float) + premium).max(index * (one - most));
    (buy, sell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_band_follows_the_table() {
        let d = |text: &str| crate::exchange::num::parse(text).expect("a number");
        let pct = ["0.05", "0.03", "0.15"].map(d);
        for (premium, young, buy, sell) in [
            ("0", true, "105", "95"),
            ("50", true, "105", "95"),
            ("0", false, "103", "97"),
            ("2", false, "105", "99"),
            ("5", false, "108", "100"),
            ("20", false, "115", "100"),
            ("-2", false, "101", "95"),
            ("-5", false, "100", "92"),
            ("-20", false, "100", "85"),
        ] {
            assert_eq!(band(d("100"), d(premium), pct, young), (d(buy), d(sell)), "{premium} {young}");
        }
    }
}
