//! What traded: the tape of each instrument, `trades`, `trades-all` and `tickers`.

use std::collections::VecDeque;

use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::exchange::event::Event;
use crate::exchange::instrument::{InstIx, InstType, Instrument};
use crate::exchange::json::Row;
use crate::exchange::market::Print;
use crate::exchange::market::bars::Bars;
use crate::exchange::market::calendar::SECOND_MS;
use crate::exchange::market::candles::{Day, Past, VolumeKind, lots_for, volumes};
use crate::exchange::market::prices;
use crate::exchange::num::Dec;
use crate::exchange::order::Side;
use crate::exchange::world::World;
use crate::rng::{Rng, mix};

/// Trades `market/trades` can go back.
const KEPT: usize = 500;
/// USD a minute that a past is made with.
const PAST_USD: f64 = 2_000_000.0;

/// One trade of the tape: a maker's part of a taker's order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Trade {
    pub id: u64,
    pub side: Side,
    pub px: Dec,
    pub sz: Dec,
    pub ts: u64,
}

/// What traded on one instrument.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Tape {
    pub trade_id: u64,
    pub last: Dec,
    pub last_sz: Dec,
    pub trades: VecDeque<Trade>,
    pub bars: Bars,
    pub past: Past,
    pub day: Day,
    /// What the last `tickers` push said, without its time.
    #[serde(skip)]
    pub shown: Option<[Dec; 6]>,
}

/// A stable number for a name.
pub fn seed_of(seed: u64, name: &str) -> u64 {
    name.bytes().fold(mix(seed), |hash, byte| mix(hash ^ u64::from(byte)))
}

/// The time before the opening, for a price of this instrument.
pub fn past_of(world: &World, inst: &Instrument, first: Dec, volume: bool) -> Past {
    let kind = match inst.inst_type {
        InstType::Option => VolumeKind::Option,
        _ if inst.inverse => VolumeKind::Inverse,
        _ if inst.inst_type.is_contract() => VolumeKind::Linear,
        _ => VolumeKind::Pair,
    };
    let coin = world.usd(inst.base());
    let unit = if inst.inverse { inst.face() } else { inst.face() * coin };
    let usd = if inst.inst_type == InstType::Option { PAST_USD / 100.0 } else { PAST_USD };
    Past {
        seed: seed_of(world.config.seed, inst.base()),
        opened_ms: world.now_ms(),
        first,
        digits: inst.tick_sz.normalize().scale(),
        swing: if inst.inst_type == InstType::Option { 5.0 } else { 1.0 },
        lots_per_minute: if volume { lots_for(usd, unit * inst.lot_sz) } else { 0 },
        lot: inst.lot_sz,
        face: inst.face(),
        kind,
    }
}

/// A tape that looks as if there had been trades all along.
pub fn open(world: &World, ix: InstIx) -> Tape {
    let inst = world.inst(ix);
    let fair = prices::fair(world, ix).unwrap_or_default();
    let tick = inst.tick_at(fair);
    let last = (fair / tick).round().max(Dec::ONE) * tick;
    let past = past_of(world, inst, last, true);
    // A generator of its own: the tape must not depend on how many instruments there are.
    let mut rng = Rng::new(seed_of(world.config.seed, &inst.inst_id));
    let mut tape = Tape { trade_id: 100_000_000 + rng.below(100_000_000), last, past, ..Tape::default() };
    let now_ms = world.now_ms();
    for back in (1..=100).rev() {
        let ts = now_ms.saturating_sub(back * 3 * SECOND_MS + rng.below(2_000));
        let lots = 1 + rng.below((tape.past.lots_per_minute / 20).max(1));
        let sz = (Dec::from(lots) * inst.lot_sz).max(inst.min_sz);
        let side = if rng.chance(2) { Side::Buy } else { Side::Sell };
        tape.trade_id += 1;
        tape.trades.push_back(Trade { id: tape.trade_id, side, px: tape.past.at(ts), sz, ts });
    }
    tape.last_sz = tape.trades.back().map(|trade| trade.sz).unwrap_or_default();
    tape.bars.quote(now_ms, last);
    tape
}

impl World {
    /// The next `tradeId` of an instrument.
    pub fn take_trade_id(&mut self, inst: InstIx) -> u64 {
        let Some(tape) = self.market.tapes.get_mut(inst.0 as usize) else { return 0 };
        tape.trade_id += 1;
        tape.trade_id
    }

    pub fn last_px(&self, inst: InstIx) -> Option<Dec> {
        self.market.tape(inst).map(|tape| tape.last)
    }

    /// Trades happened: last price, volumes, candles, `trades` and `trades-all`.
    pub fn printed(&mut self, print: Print) {
        let (ix, now_ms) = (print.inst, self.now_ms());
        let index = self.index_px(ix).unwrap_or_default();
        let Some(tape) = self.market.tapes.get_mut(ix.0 as usize) else { return };
        let (ccy, quote) = volumes(tape.past.kind, tape.past.face, print.sz, print.px, index);
        tape.bars.record(now_ms, print.px, print.sz, ccy, quote);
        (tape.last, tape.last_sz) = (print.px, print.sz);
        self.tell_trades(&print, now_ms);
        let Some(tape) = self.market.tapes.get_mut(ix.0 as usize) else { return };
        for (id, sz) in print.parts {
            tape.trades.push_back(Trade { id, side: print.side, px: print.px, sz, ts: now_ms });
        }
        let over = tape.trades.len().saturating_sub(KEPT);
        tape.trades.drain(..over);
    }

    fn tell_trades(&mut self, print: &Print, now_ms: u64) {
        let inst = self.inst(print.inst);
        let id = &inst.inst_id;
        let (whole, parts) = (self.wanted("trades", id), self.wanted("trades-all", id));
        let option = inst.inst_type == InstType::Option && (self.wanted("option-trades", id) || self.wanted("option-trades", &inst.family));
        let event =
            |channel, row| Event { channel, acct: None, scope: self.scope(print.inst), action: None, event_type: None, rows: vec![row] };
        let start =
            |trade_id, sz| Row::new().s("instId", id).n("tradeId", trade_id).d("px", print.px).d("sz", sz).s("side", print.side.name());
        let mut events = Vec::new();
        if whole {
            let row = start(print.trade_id, print.sz)
                .n("ts", now_ms)
                .n("count", u64::from(print.count))
                .s("source", "0")
                .raw("seqId", &self.book(print.inst).seq.to_string());
            events.push(event("trades", row.end()));
        }
        if parts {
            for (trade_id, sz) in &print.parts {
                events.push(event("trades-all", start(*trade_id, *sz).s("source", "0").n("ts", now_ms).end()));
            }
        }
        if option {
            let trade = Trade { id: print.trade_id, side: print.side, px: print.px, sz: print.sz, ts: now_ms };
            events.push(event("option-trades", super::reference::option_trade(self, print.inst, &trade)));
        }
        self.events.append(&mut events);
    }
}

/// A row of `market/trades`.
pub fn trade_row(world: &World, ix: InstIx, trade: &Trade) -> String {
    Row::new()
        .s("instId", &world.inst(ix).inst_id)
        .s("side", trade.side.name())
        .d("sz", trade.sz)
        .s("source", "0")
        .d("px", trade.px)
        .n("tradeId", trade.id)
        .n("ts", trade.ts)
        .raw("seqId", &world.book(ix).seq.to_string())
        .end()
}

/// Last, and the best of both sides with their sizes: what makes a new ticker.
fn touch(world: &World, ix: InstIx) -> [Dec; 6] {
    let best = |side| world.book(ix).best(side).map_or((Dec::ZERO, Dec::ZERO), |(px, level)| (px, level.total));
    let (bid, ask) = (best(Side::Buy), best(Side::Sell));
    let (last, last_sz) = world.market.tape(ix).map(|tape| (tape.last, tape.last_sz)).unwrap_or_default();
    [last, last_sz, ask.0, ask.1, bid.0, bid.1]
}

/// A row of `market/ticker`, `market/tickers` and the `tickers` channel.
pub fn ticker_row(world: &mut World, ix: InstIx, as_type: InstType) -> String {
    let [last, last_sz, ask, ask_sz, bid, bid_sz] = touch(world, ix);
    let now_ms = world.now_ms();
    let Some(tape) = world.market.tapes.get_mut(ix.0 as usize) else { return String::new() };
    let day = tape.day.bar(&tape.past, &tape.bars, now_ms);
    let sods = (tape.day.sod_utc0, tape.day.sod_utc8);
    let (holds_ask, holds_bid) = (!ask_sz.is_zero(), !bid_sz.is_zero());
    let of = |holds: bool, value| if holds { Some(value) } else { None };
    Row::new()
        .s("instType", as_type.name())
        .s("instId", &world.inst(ix).inst_id)
        .d("last", last)
        .d("lastSz", last_sz)
        .od("askPx", of(holds_ask, ask))
        .od("askSz", of(holds_ask, ask_sz))
        .od("bidPx", of(holds_bid, bid))
        .od("bidSz", of(holds_bid, bid_sz))
        .d("open24h", day.open)
        .d("high24h", day.high.max(last))
        .d("low24h", day.low.min(last))
        .d("volCcy24h", day.vol_ccy.round_dp(8))
        .d("vol24h", day.vol)
        .d("sodUtc0", sods.0)
        .d("sodUtc8", sods.1)
        .n("ts", now_ms)
        .end()
}

/// Pushes the tickers that are new.
pub fn tickers(world: &mut World) {
    let Some(keys) = world.interest.get("tickers") else { return };
    let found: Vec<InstIx> = keys.iter().filter_map(|id| world.by_inst_id.get(id)).copied().collect();
    for ix in found {
        let now = Some(touch(world, ix));
        let Some(tape) = world.market.tapes.get_mut(ix.0 as usize).filter(|tape| tape.shown != now) else { continue };
        tape.shown = now;
        let kind = world.inst(ix).inst_type;
        let row = ticker_row(world, ix, kind);
        let scope = world.scope(ix);
        world.events.push(Event { channel: "tickers", acct: None, scope, action: None, event_type: None, rows: vec![row] });
    }
}

/// USD value of a size at a price, for volumes of the whole platform.
pub fn day_usd(world: &mut World, ix: InstIx) -> f64 {
    let (now_ms, quote) = (world.now_ms(), world.inst(ix).quote().to_owned());
    let usd = world.usd(&quote).max(Dec::ZERO);
    let Some(tape) = world.market.tapes.get_mut(ix.0 as usize) else { return 0.0 };
    let day = tape.day.bar(&tape.past, &tape.bars, now_ms);
    (day.vol_quote * usd).to_f64().unwrap_or_default()
}
