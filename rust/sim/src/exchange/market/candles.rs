//! Candles of every bar: what was traded since the exchange opened, and before that a past that always was the same.
//!
//! ```text
//!        a past made from the seed             │ bars by the minute and second
//! ────────────────────────────────────────────┴─────────────────────────────────▶ time
//!                                           opened
//! ```

use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::exchange::market::bars::{Bar, Bars};
use crate::exchange::market::calendar::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, month_start, months};
use crate::exchange::market::options::dec;
use crate::exchange::num::Dec;
use crate::feed::pace::whole;
use crate::rng::mix;

/// A length of bars, and its channel names.
#[derive(Debug)]
pub struct BarKind {
    pub name: &'static str,
    span: Span,
    /// Bars of six hours and more begin by the clock of UTC+8, unless their name says UTC.
    shift: u64,
    pub candle: &'static str,
    pub mark: &'static str,
    pub index: &'static str,
}

#[derive(Clone, Copy, Debug)]
enum Span {
    Ms(u64),
    Weeks,
    Months(u64),
}

macro_rules! kind {
    ($name:literal, $span:expr, $shift:expr) => {
        BarKind {
            name: $name,
            span: $span,
            shift: $shift * HOUR_MS,
            candle: concat!("candle", $name),
            mark: concat!("mark-price-candle", $name),
            index: concat!("index-candle", $name),
        }
    };
}

pub const BARS: &[BarKind] = &[
    kind!("1s", Span::Ms(SECOND_MS), 0),
    kind!("1m", Span::Ms(MINUTE_MS), 0),
    kind!("3m", Span::Ms(3 * MINUTE_MS), 0),
    kind!("5m", Span::Ms(5 * MINUTE_MS), 0),
    kind!("15m", Span::Ms(15 * MINUTE_MS), 0),
    kind!("30m", Span::Ms(30 * MINUTE_MS), 0),
    kind!("1H", Span::Ms(HOUR_MS), 0),
    kind!("2H", Span::Ms(2 * HOUR_MS), 0),
    kind!("4H", Span::Ms(4 * HOUR_MS), 0),
    kind!("6H", Span::Ms(6 * HOUR_MS), 8),
    kind!("12H", Span::Ms(12 * HOUR_MS), 8),
    kind!("1D", Span::Ms(DAY_MS), 8),
    kind!("2D", Span::Ms(2 * DAY_MS), 8),
    kind!("3D", Span::Ms(3 * DAY_MS), 8),
    kind!("5D", Span::Ms(5 * DAY_MS), 8),
    kind!("1W", Span::Weeks, 8),
    kind!("1M", Span::Months(1), 8),
    kind!("3M", Span::Months(3), 8),
    kind!("6Hutc", Span::Ms(6 * HOUR_MS), 0),
    kind!("12Hutc", Span::Ms(12 * HOUR_MS), 0),
    kind!("1Dutc", Span::Ms(DAY_MS), 0),
    kind!("2Dutc", Span::Ms(2 * DAY_MS), 0),
    kind!("3Dutc", Span::Ms(3 * DAY_MS), 0),
    kind!("5Dutc", Span::Ms(5 * DAY_MS), 0),
    kind!("1Wutc", Span::Weeks, 0),
    kind!("1Mutc", Span::Months(1), 0),
    kind!("3Mutc", Span::Months(3), 0),
];

/// 1970-01-05 was a Monday.
const MONDAY_MS: u64 = 4 * DAY_MS;

impl BarKind {
    pub fn of(name: &str) -> Option<&'static Self> {
        BARS.iter().find(|kind| kind.name == name)
    }

    /// Where the bar of a time begins.
    pub fn start(&self, ms: u64) -> u64 {
        let local = ms + self.shift;
        let start = match self.span {
            Span::Ms(ms) => local / ms * ms,
            Span::Weeks => (local.saturating_sub(MONDAY_MS)) / (7 * DAY_MS) * (7 * DAY_MS) + MONDAY_MS,
            Span::Months(n) => month_start(months(local / DAY_MS) / n * n) * DAY_MS,
        };
        start.saturating_sub(self.shift)
    }

    /// Where the next bar begins.
    pub fn end(&self, start: u64) -> u64 {
        let local = start + self.shift;
        let end = match self.span {
            Span::Ms(ms) => local + ms,
            Span::Weeks => local + 7 * DAY_MS,
            Span::Months(n) => month_start(months(local / DAY_MS) + n) * DAY_MS,
        };
        end - self.shift
    }
}

/// The time before the exchange opened, of one price.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Past {
    pub seed: u64,
    pub opened_ms: u64,
    /// The price it opened with, and its digits after the point.
    pub first: Dec,
    pub digits: u32,
    /// Options move more than their coin.
    pub swing: f64,
    /// Mean volume of a minute in lots, and the lot; 0 for indices and marks.
    pub lots_per_minute: u64,
    pub lot: Dec,
    /// One unit of volume in the other currency, and in quote currency, at the price 1: see `volumes`.
    pub face: Dec,
    pub kind: VolumeKind,
}

/// How a volume is told in currencies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum VolumeKind {
    /// Of a pair: base, then quote.
    #[default]
    Pair,
    /// Of contracts: base coin, then quote.
    Linear,
    Inverse,
    /// Its price is in coin, so the index tells the quote amount.
    Option,
}

/// `volCcy` and `volCcyQuote` of a size at a price.
pub fn volumes(kind: VolumeKind, face: Dec, sz: Dec, px: Dec, index: Dec) -> (Dec, Dec) {
    let face = sz * face;
    match kind {
        VolumeKind::Pair => (sz * px, sz * px),
        VolumeKind::Linear => (face, face * px),
        VolumeKind::Inverse => (face.checked_div(px).unwrap_or_default().round_dp(8), face),
        VolumeKind::Option => (face, (face * index).round_dp(4)),
    }
}

/// Periods and amplitudes of the waves a past price is made of. Between the knots of the shortest, 20 s, it moves in straight lines.
const WAVES: [(u64, f64); 9] = [
    (20 * SECOND_MS, 0.000_2),
    (MINUTE_MS, 0.000_3),
    (7 * MINUTE_MS, 0.000_6),
    (45 * MINUTE_MS, 0.001_5),
    (4 * HOUR_MS, 0.003),
    (DAY_MS, 0.008),
    (7 * DAY_MS, 0.02),
    (40 * DAY_MS, 0.06),
    (400 * DAY_MS, 0.15),
];
const KNOT: u64 = 20 * SECOND_MS;

impl Past {
    fn wave(&self, ms: u64) -> f64 {
        let knot = |n: usize, at: u64| (mix(self.seed ^ mix(at.wrapping_mul(31) + n as u64)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0;
        let one = |(n, (period, height)): (usize, &(u64, f64))| {
            let (at, part) = (ms / period, (ms % period) as f64 / *period as f64);
            height * (knot(n, at) * (1.0 - part) + knot(n, at + 1) * part)
        };
        WAVES.iter().enumerate().map(one).sum::<f64>() * self.swing
    }

    fn px(&self, ms: u64, now_wave: f64) -> Dec {
        let factor = dec((self.wave(ms) - now_wave).exp(), 10);
        (self.first * factor).round_dp(self.digits).max(Dec::new(1, self.digits))
    }

    /// The price at a time before the opening.
    pub fn at(&self, ms: u64) -> Dec {
        self.px(ms, self.wave(self.opened_ms))
    }

    /// What went on from `from` to `to`, both before the opening.
    pub fn bar(&self, from: u64, to: u64) -> Bar {
        let now_wave = self.wave(self.opened_ms);
        let span = to - from;
        let step = match span {
            0..KNOT => span.max(1),
            KNOT..=HOUR_MS => KNOT,
            _ if span <= DAY_MS => MINUTE_MS,
            _ => 15 * MINUTE_MS,
        };
        let (mut low, mut high) = (f64::MAX, f64::MIN);
        let mut at = from;
        while at < to {
            let wave = self.wave(at);
            (low, high) = (low.min(wave), high.max(wave));
            at = (at / step + 1) * step;
        }
        let px = |wave: f64| (self.first * dec((wave - now_wave).exp(), 10)).round_dp(self.digits).max(Dec::new(1, self.digits));
        // Long bars are looked at less often: make sure that no short bar sticks out of them.
        let margin = if span > HOUR_MS { 0.000_8 * self.swing } else { 0.0 };
        let (open, close) = (self.px(from, now_wave), self.px(to, now_wave));
        let mut bar = Bar::flat(from, open);
        bar.close = close;
        bar.high = px(high + margin).max(open).max(close);
        bar.low = px(low - margin).min(open).min(close);
        let noise = 512 + mix(self.seed ^ from) % 1024;
        let lots = u128::from(self.lots_per_minute) * u128::from(noise) * u128::from(span) / u128::from(MINUTE_MS) / 1024;
        bar.vol = Dec::from(u64::try_from(lots).unwrap_or(u64::MAX)) * self.lot;
        (bar.vol_ccy, bar.vol_quote) = volumes(self.kind, self.face, bar.vol, open, Dec::ONE_HUNDRED);
        bar
    }
}

/// Bars of one kind, oldest first, from the bar that begins at `first` to the one that begins at `last`.
pub fn series(past: &Past, bars: &Bars, kind: &BarKind, first: u64, last: u64) -> Vec<Bar> {
    let live = if kind.name == "1s" { &bars.seconds } else { &bars.minutes };
    let from = live.partition_point(|bar| bar.ts < first);
    let mut rest = live.range(from..).peekable();
    let mut carry = from.checked_sub(1).and_then(|at| live.get(at)).map(|bar| bar.close);
    let mut out = Vec::new();
    let mut start = first;
    while start <= last {
        let end = kind.end(start);
        let mut made = (start < past.opened_ms).then(|| past.bar(start, end.min(past.opened_ms)));
        while let Some(part) = rest.next_if(|part| part.ts < end) {
            match &mut made {
                Some(bar) => bar.extend(part),
                None => made = Some(part.clone()),
            }
        }
        let mut bar = made.unwrap_or_else(|| Bar::flat(start, carry.unwrap_or(past.first)));
        bar.ts = start;
        carry = Some(bar.close);
        out.push(bar);
        start = end;
    }
    out
}

/// One bar.
pub fn bar_at(past: &Past, bars: &Bars, kind: &BarKind, start: u64) -> Bar {
    series(past, bars, kind, start, start).pop().unwrap_or_else(|| Bar::flat(start, past.first))
}

/// What a ticker says about the last day. Its long part is counted once a minute.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Day {
    minute: u64,
    base: Option<Bar>,
    /// Opening prices of today, in UTC and in UTC+8.
    pub sod_utc0: Dec,
    pub sod_utc8: Dec,
}

impl Day {
    /// The bar of the last 24 hours.
    pub fn bar(&mut self, past: &Past, bars: &Bars, now_ms: u64) -> Bar {
        let minute = now_ms / MINUTE_MS * MINUTE_MS;
        if self.base.is_none() || self.minute != minute {
            self.minute = minute;
            let from = now_ms.saturating_sub(DAY_MS) / MINUTE_MS * MINUTE_MS;
            let mut base = (from < past.opened_ms).then(|| past.bar(from, past.opened_ms.min(minute).max(from + 1)));
            let live = bars.minutes.partition_point(|bar| bar.ts < from);
            for part in bars.minutes.range(live..).filter(|part| part.ts < minute) {
                match &mut base {
                    Some(bar) => bar.extend(part),
                    None => base = Some(part.clone()),
                }
            }
            self.base = base;
            let open = |kind: &BarKind| bar_at(past, bars, kind, kind.start(now_ms)).open;
            let days = [BarKind::of("1Dutc"), BarKind::of("1D")].map(|kind| kind.map(open).unwrap_or_default());
            [self.sod_utc0, self.sod_utc8] = days;
        }
        let live = bars.minutes.back().filter(|bar| bar.ts == minute);
        match (&self.base, live) {
            (Some(base), Some(live)) => {
                let mut bar = base.clone();
                bar.extend(live);
                bar
            }
            (Some(bar), None) | (None, Some(bar)) => bar.clone(),
            (None, None) => Bar::flat(minute, bars.minutes.back().map_or(past.first, |bar| bar.close)),
        }
    }
}

/// Mean lots of a minute that come to about so many USD.
pub fn lots_for(usd: f64, lot_usd: Dec) -> u64 {
    let lots = usd / lot_usd.to_f64().unwrap_or(1.0).max(1e-9);
    if lots.is_finite() { whole(lots.clamp(1.0, 1e15)) } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past() -> Past {
        Past {
            seed: 7,
            opened_ms: 1_795_305_630_500,
            first: Dec::from(90_000),
            digits: 1,
            swing: 1.0,
            lots_per_minute: 1000,
            lot: Dec::new(1, 2),
            face: Dec::ONE,
            kind: VolumeKind::Pair,
        }
    }

    #[test]
    fn bars_begin_where_okx_says() {
        for (kind, at, want) in [
            ("1m", 1_795_305_630_500, 1_795_305_600_000),
            ("1H", 1_795_309_199_999, 1_795_305_600_000),
            ("1Dutc", 1_795_305_600_000 + 5 * HOUR_MS, 1_795_305_600_000),
            ("1D", 1_795_305_600_000 + 5 * HOUR_MS, 1_795_305_600_000 - 8 * HOUR_MS),
            ("1D", 1_795_305_600_000 + 17 * HOUR_MS, 1_795_305_600_000 + 16 * HOUR_MS),
            // 2026-11-22 is a Sunday.
            ("1Wutc", 1_795_305_600_000, 1_795_305_600_000 - 6 * DAY_MS),
            ("1Mutc", 1_795_305_600_000, 1_795_305_600_000 - 21 * DAY_MS),
            ("3Mutc", 1_795_305_600_000, 1_795_305_600_000 - 52 * DAY_MS),
            ("1M", 1_795_305_600_000, 1_795_305_600_000 - 21 * DAY_MS - 8 * HOUR_MS),
        ] {
            let kind = BarKind::of(kind).expect("a bar");
            assert_eq!(kind.start(at), want, "{}", kind.name);
            assert_eq!(kind.start(kind.end(want) - 1), want, "{}", kind.name);
            assert_eq!(kind.start(kind.end(want)), kind.end(want), "{}", kind.name);
        }
    }

    #[test]
    fn short_bars_make_up_the_long_ones() {
        let past = past();
        let mut bars = Bars::default();
        for (after, px) in [(0, 90_000), (700, 90_100), (40_000, 89_900), (100_000, 90_050), (3_000_000, 90_200)] {
            bars.record(past.opened_ms + after, Dec::from(px), Dec::ONE, Dec::ONE, Dec::ONE);
        }
        let now = past.opened_ms + 3_000_000;
        let minute = BarKind::of("1m").expect("a bar");
        for name in ["5m", "15m", "1H", "4H", "1D"] {
            let kind = BarKind::of(name).expect("a bar");
            let start = kind.start(now);
            let long = bar_at(&past, &bars, kind, start);
            let short = series(&past, &bars, minute, start, minute.start(now));
            assert_eq!(Some(long.open), short.first().map(|bar| bar.open), "{name}");
            assert_eq!(Some(long.close), short.last().map(|bar| bar.close), "{name}");
            assert!(short.iter().all(|bar| bar.high <= long.high && bar.low >= long.low), "{name}");
            assert!(short.iter().all(|bar| bar.low <= bar.open && bar.low <= bar.close && bar.high >= bar.open && bar.high >= bar.close));
        }
    }

    #[test]
    fn the_past_leads_to_the_first_price_without_a_jump() {
        let past = past();
        assert_eq!(past.at(past.opened_ms), past.first);
        let minute = BarKind::of("1m").expect("a bar");
        let mut bars = Bars::default();
        bars.record(past.opened_ms, past.first, Dec::ZERO, Dec::ZERO, Dec::ZERO);
        let last = minute.start(past.opened_ms);
        let rows = series(&past, &bars, minute, last - 1_500 * MINUTE_MS, last);
        assert_eq!(rows.len(), 1_501);
        for pair in rows.windows(2) {
            let [a, b] = pair else { continue };
            assert_eq!(a.close, b.open);
        }
        assert_eq!(rows.last().map(|bar| bar.close), Some(past.first));
    }
}
