//! Bars of one price since the exchange opened: by the second for a while, by the minute for days. Longer bars are sums of these.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::exchange::market::calendar::{MINUTE_MS, SECOND_MS};
use crate::exchange::num::Dec;

const SECONDS_KEPT: usize = 3_600;
const MINUTES_KEPT: usize = 4_320;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    pub ts: u64,
    pub open: Dec,
    pub high: Dec,
    pub low: Dec,
    pub close: Dec,
    pub vol: Dec,
    /// The same in the other currency: quote of a pair, base of a contract.
    pub vol_ccy: Dec,
    pub vol_quote: Dec,
}

impl Bar {
    pub fn flat(ts: u64, px: Dec) -> Self {
        Self { ts, open: px, high: px, low: px, close: px, vol: Dec::ZERO, vol_ccy: Dec::ZERO, vol_quote: Dec::ZERO }
    }

    /// A later bar, taken into this one.
    pub fn extend(&mut self, later: &Self) {
        self.high = self.high.max(later.high);
        self.low = self.low.min(later.low);
        self.close = later.close;
        self.vol += later.vol;
        self.vol_ccy += later.vol_ccy;
        self.vol_quote += later.vol_quote;
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Bars {
    pub seconds: VecDeque<Bar>,
    pub minutes: VecDeque<Bar>,
}

impl Bars {
    /// A price at a time, with what was traded at it: in units of the instrument, in the other currency, in quote currency.
    pub fn record(&mut self, now_ms: u64, px: Dec, vol: Dec, vol_ccy: Dec, vol_quote: Dec) {
        let point = |ts| Bar { vol, vol_ccy, vol_quote, ..Bar::flat(ts, px) };
        add(&mut self.seconds, SECONDS_KEPT, &point(now_ms / SECOND_MS * SECOND_MS));
        add(&mut self.minutes, MINUTES_KEPT, &point(now_ms / MINUTE_MS * MINUTE_MS));
    }

    /// A price nobody traded at: of an index or a mark.
    pub fn quote(&mut self, now_ms: u64, px: Dec) {
        self.record(now_ms, px, Dec::ZERO, Dec::ZERO, Dec::ZERO);
    }
}

fn add(bars: &mut VecDeque<Bar>, keep: usize, point: &Bar) {
    if bars.back().is_none_or(|bar| bar.ts < point.ts) {
        if bars.len() >= keep {
            bars.pop_front();
        }
        // A bar opens where the one before it closed: a chart has no holes.
        let open = bars.back().map_or(point.open, |bar| bar.close);
        bars.push_back(Bar::flat(point.ts, open));
    }
    if let Some(bar) = bars.back_mut() {
        bar.extend(point);
    }
}
