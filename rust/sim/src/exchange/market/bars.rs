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
}

impl Bar {
    pub fn flat(ts: u64, px: Dec) -> Self {
        Self { ts, open: px, high: px, low: px, close: px, vol: Dec::ZERO, vol_ccy: Dec::ZERO }
    }

    fn trade(&mut self, px: Dec, vol: Dec, vol_ccy: Dec) {
        self.high = self.high.max(px);
        self.low = self.low.min(px);
        self.close = px;
        self.vol += vol;
        self.vol_ccy += vol_ccy;
    }

    /// A later bar, taken into this one.
    pub fn extend(&mut self, later: &Self) {
        self.high = self.high.max(later.high);
        self.low = self.low.min(later.low);
        self.close = later.close;
        self.vol += later.vol;
        self.vol_ccy += later.vol_ccy;
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Bars {
    pub seconds: VecDeque<Bar>,
    pub minutes: VecDeque<Bar>,
}

impl Bars {
    /// A price at a time, with what was traded at it.
    pub fn record(&mut self, now_ms: u64, px: Dec, vol: Dec, vol_ccy: Dec) {
        add(&mut self.seconds, now_ms / SECOND_MS * SECOND_MS, SECONDS_KEPT, px, vol, vol_ccy);
        add(&mut self.minutes, now_ms / MINUTE_MS * MINUTE_MS, MINUTES_KEPT, px, vol, vol_ccy);
    }
}

fn add(bars: &mut VecDeque<Bar>, ts: u64, keep: usize, px: Dec, vol: Dec, vol_ccy: Dec) {
    if bars.back().is_none_or(|bar| bar.ts < ts) {
        if bars.len() >= keep {
            bars.pop_front();
        }
        // A bar opens where the one before it closed: a chart has no holes.
        let open = bars.back().map_or(px, |bar| bar.close);
        bars.push_back(Bar::flat(ts, open));
    }
    if let Some(bar) = bars.back_mut() {
        bar.trade(px, vol, vol_ccy);
    }
}
