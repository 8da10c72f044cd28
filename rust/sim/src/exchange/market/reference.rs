//! Rows of reference data: what the channels and their REST twins both show.

use crate::exchange::instrument::{InstIx, InstType, Instrument};
use crate::exchange::json::Row;
use crate::exchange::market::options::{self, dec};
use crate::exchange::market::prices::{FUNDING_MS, INTEREST, Index, MAX_FUNDING};
use crate::exchange::market::tape::Trade;
use crate::exchange::num::Dec;
use crate::exchange::world::World;
use rust_decimal::prelude::ToPrimitive;

pub fn mark(world: &World, ix: InstIx, as_type: InstType) -> String {
    let row = Row::new().s("instType", as_type.name()).s("instId", &world.inst(ix).inst_id);
    row.od("markPx", world.mark_px(ix)).n("ts", world.now_ms()).end()
}

pub fn funding(world: &World, ix: InstIx) -> String {
    let basis = world.market.prices_of(ix).map(|prices| prices.basis).unwrap_or_default();
    let settled = world.market.prices_of(ix).and_then(|prices| prices.funding.back()).map(|(_, rate)| *rate);
    Row::new()
        .s("instType", world.inst(ix).inst_type.name())
        .s("instId", &world.inst(ix).inst_id)
        .s("method", "current_period")
        .s("formulaType", "withRate")
        .d("fundingRate", world.funding_rate(ix))
        .n("fundingTime", world.funding_time())
        .s("nextFundingRate", "")
        .n("nextFundingTime", world.funding_time() + FUNDING_MS)
        .d("minFundingRate", -MAX_FUNDING)
        .d("maxFundingRate", MAX_FUNDING)
        .d("interestRate", INTEREST)
        .s("impactValue", "20000")
        .s("settState", "settled")
        .od("settFundingRate", settled)
        .d("premium", basis)
        .n("ts", world.now_ms())
        .end()
}

pub fn price_limit(world: &World, ix: InstIx, as_type: InstType) -> String {
    let limit = world.price_limit(ix);
    Row::new()
        .s("instType", as_type.name())
        .s("instId", &world.inst(ix).inst_id)
        .od("buyLmt", limit.map(|(buy, _)| buy))
        .od("sellLmt", limit.map(|(_, sell)| sell))
        .n("ts", world.now_ms())
        .raw("enabled", if limit.is_some() { "true" } else { "false" })
        .end()
}

/// Contracts there are: what everybody who is long holds, the house too, and what others would hold.
pub fn open_contracts(world: &World, ix: InstIx) -> Dec {
    let held = world.accounts.iter().flat_map(|account| account.positions.values());
    let long: Dec = held.filter(|position| position.inst == ix && position.qty > Dec::ZERO).map(|position| position.qty).sum();
    long + Dec::from(1_000_000) * world.inst(ix).lot_sz
}

pub fn open_interest(world: &World, ix: InstIx) -> String {
    let inst = world.inst(ix);
    let oi = open_contracts(world, ix);
    let face = oi * inst.face();
    let index = world.index_px(ix).unwrap_or(Dec::ONE);
    let coins = if inst.inverse { face.checked_div(index).unwrap_or_default().round_dp(8) } else { face };
    Row::new()
        .s("instId", &inst.inst_id)
        .s("instType", inst.inst_type.name())
        .d("oi", oi)
        .d("oiCcy", coins)
        .d("oiUsd", (coins * world.usd(inst.base())).round_dp(4))
        .n("ts", world.now_ms())
        .end()
}

/// The price an expiring contract would be settled at: its index.
pub fn estimated(world: &World, ix: InstIx, in_channel: bool) -> String {
    let inst = world.inst(ix);
    let (id, kind) = (&inst.inst_id, inst.inst_type.name());
    let px = world.index_px(ix);
    let row = Row::new();
    if in_channel {
        let why = if inst.inst_type == InstType::Option { "exercise" } else { "delivery" };
        row.s("instId", id).s("instType", kind).od("settlePx", px).s("settleType", why).n("ts", world.now_ms()).end()
    } else {
        row.s("instType", kind).s("instId", id).od("settlePx", px).n("ts", world.now_ms()).end()
    }
}

pub fn option_summary(world: &World, ix: InstIx) -> String {
    let inst = world.inst(ix);
    let index = world.index_px(ix).and_then(|px| px.to_f64()).unwrap_or_default();
    let bs = options::greeks(inst, index, world.now);
    let pa = bs.in_coin();
    let d = |value: f64, digits| dec(value, digits);
    Row::new()
        .s("instType", inst.inst_type.name())
        .s("instId", &inst.inst_id)
        .s("uly", &inst.uly)
        .d("delta", d(pa.delta, 10))
        .d("gamma", d(pa.gamma, 10))
        .d("vega", d(pa.vega, 10))
        .d("theta", d(pa.theta, 10))
        .d("lever", d(if bs.px > 0.0 { 1.0 / bs.px } else { 0.0 }, 4))
        .d("markVol", d(bs.vol, 8))
        .d("bidVol", d((bs.vol - 0.01).max(0.0), 8))
        .d("askVol", d(bs.vol + 0.01, 8))
        .s("realVol", "")
        .d("deltaBS", d(bs.delta, 10))
        .d("gammaBS", d(bs.gamma, 12))
        .d("thetaBS", d(bs.theta, 6))
        .d("vegaBS", d(bs.vega, 6))
        .n("ts", world.now_ms())
        .d("fwdPx", d(bs.forward, 4))
        .d("volLv", d(bs.at_the_money_vol, 8))
        .end()
}

pub fn option_trade(world: &World, ix: InstIx, trade: &Trade) -> String {
    let inst: &Instrument = world.inst(ix);
    let index = world.index_px(ix).unwrap_or_default();
    let bs = options::greeks(inst, index.to_f64().unwrap_or_default(), world.now);
    Row::new()
        .d("fillVol", dec(bs.vol, 8))
        .d("fwdPx", dec(bs.forward, 4))
        .d("idxPx", index)
        .s("instFamily", &inst.family)
        .s("instId", &inst.inst_id)
        .od("markPx", world.mark_px(ix))
        .s("optType", inst.strike.map_or("", |(_, kind)| if kind == 'C' { "C" } else { "P" }))
        .d("px", trade.px)
        .s("side", trade.side.name())
        .d("sz", trade.sz)
        .n("tradeId", trade.id)
        .n("ts", trade.ts)
        .end()
}

/// A row of `index-tickers`; asks for the day's bar, which is counted as it goes.
pub fn index_ticker(world: &mut World, name: &str) -> Option<String> {
    let now_ms = world.now_ms();
    let Index { px, bars, past, day, .. } = world.market.indices.get_mut(name)?;
    let bar = day.bar(past, bars, now_ms);
    let row = Row::new()
        .s("instId", name)
        .d("idxPx", *px)
        .d("open24h", bar.open)
        .d("high24h", bar.high)
        .d("low24h", bar.low)
        .d("sodUtc0", day.sod_utc0)
        .d("sodUtc8", day.sod_utc8)
        .n("ts", now_ms);
    Some(row.end())
}
