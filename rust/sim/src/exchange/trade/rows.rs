//! An order as JSON: the row that is pushed and the row that is asked for.
//!
//! Source: OKX API v5, Order Book Trading › Trade › WS Order channel and GET Order details.

use crate::exchange::algo;
use crate::exchange::instrument::InstType;
use crate::exchange::io::MILLI;
use crate::exchange::json::Row;
use crate::exchange::num::Dec;
use crate::exchange::order::{LastFill, OrdType, Order};
use crate::exchange::world::World;

use super::push::Note;

/// About what a row takes.
const WIDTH: usize = 2_048;

/// The row on the `orders` channel.
pub(super) fn pushed(world: &World, order: &Order, note: &Note) -> String {
    let inst = world.inst(order.inst);
    let fill = order.last_fill.as_ref().filter(|_| note.fill);
    let contract = inst.inst_type.is_contract();
    let mark = fill.filter(|_| contract).and_then(|_| world.mark_px(order.inst));
    let index = fill.and_then(|_| world.index_px(order.inst));
    let option = fill.filter(|_| inst.inst_type == InstType::Option);
    let px_usd = option.zip(index).map(|(fill, index)| (fill.px * index).round_dp(8));
    let pos_side = if order.inst_type == InstType::Spot { "" } else { order.pos_side.name() };
    let avg_px = order.avg_px(inst.inverse).unwrap_or(Dec::ZERO);
    let row = head(world, order, pos_side, Row::with_capacity(WIDTH))
        .od("notionalUsd", notional_usd(world, order))
        .od("fillPx", fill.map(|fill| fill.px))
        .s("tradeId", &trade_id(order, fill))
        .d("fillSz", fill.map_or(Dec::ZERO, |fill| fill.sz))
        .d("fillPnl", fill.map_or(Dec::ZERO, |fill| fill.pnl))
        .s("fillTime", &time(fill.map(|fill| fill.at)))
        .d("fillFee", fill.map_or(Dec::ZERO, |fill| fill.fee))
        .s("fillFeeCcy", if fill.is_some() { &order.fee_ccy } else { "" })
        .s("fillPxVol", "")
        .od("fillPxUsd", px_usd)
        .s("fillMarkVol", "")
        .s("fillFwdPx", "")
        .od("fillMarkPx", mark)
        .od("fillIdxPx", index)
        .od("fillNotionalUsd", Some(order.fill_notional_usd).filter(|_| !order.acc_fill_sz.is_zero()))
        .s("execType", fill.map_or("", |fill| if fill.taker { "T" } else { "M" }))
        .d("avgPx", avg_px);
    tail(world, order, row)
        .s("amendSource", note.amend_source)
        .s("reqId", &note.req_id)
        .s("amendResult", note.amend_result)
        .od("lastPx", world.last_px(order.inst))
        .s("riskBypassResult", "")
        .s("code", if note.code.is_empty() { "0" } else { note.code })
        .s("msg", &note.msg)
        .n("uTime", order.updated / MILLI)
        .n("cTime", order.created / MILLI)
        .end()
}

/// The row of `GET trade/order` and the lists.
pub(super) fn asked(world: &World, order: &Order) -> String {
    let fill = order.last_fill.as_ref();
    let avg_px = order.avg_px(world.inst(order.inst).inverse);
    let row = head(world, order, order.pos_side.name(), Row::with_capacity(WIDTH))
        .od("fillPx", fill.map(|fill| fill.px))
        .s("tradeId", &trade_id(order, fill))
        .d("fillSz", fill.map_or(Dec::ZERO, |fill| fill.sz))
        .s("fillTime", &time(fill.map(|fill| fill.at)))
        .od("avgPx", avg_px);
    tail(world, order, row)
        .s("cancelSourceReason", &order.cancel_reason)
        .n("uTime", order.updated / MILLI)
        .n("cTime", order.created / MILLI)
        .end()
}

/// What was asked for.
fn head(world: &World, order: &Order, pos_side: &str, row: Row) -> Row {
    let px_type = match (order.px_usd, order.px_vol, order.inst_type) {
        (Some(_), _, _) => "pxUsd",
        (_, Some(_), _) => "pxVol",
        (_, _, InstType::Option) => "px",
        _ => "",
    };
    row.s("instType", order.inst_type.name())
        .s("instId", &world.inst(order.inst).inst_id)
        .s("ccy", if order.inst_type == InstType::Margin { &order.ccy } else { "" })
        .n("ordId", order.ord_id)
        .s("clOrdId", &order.cl_ord_id)
        .s("tag", &order.tag)
        .od("px", order.px.filter(|_| order.ord_type != OrdType::Market))
        .od("pxUsd", order.px_usd)
        .od("pxVol", order.px_vol)
        .s("pxType", px_type)
        .d("sz", order.sz)
        .s("ordType", order.ord_type.name())
        .s("side", order.side.name())
        .s("posSide", pos_side)
        .s("tdMode", order.td_mode.name())
        .s("tgtCcy", &order.tgt_ccy)
        .s("tradeQuoteCcy", &order.trade_quote_ccy)
}

/// What became of it.
fn tail(world: &World, order: &Order, row: Row) -> Row {
    // The flat fields repeat a single attached TP/SL.
    let single = match order.attached.as_slice() {
        [single] => Some(single),
        _ => None,
    };
    let (algo_id, algo_cl_ord_id) = order.algo.clone().map_or_else(Default::default, |(id, cl)| (id.to_string(), cl));
    let linked = algo::linked_algo(world, order.ord_id).map(|id| id.to_string()).unwrap_or_default();
    row.d("accFillSz", order.acc_fill_sz)
        .s("state", order.state.name())
        .d("lever", order.lever.unwrap_or(Dec::ZERO))
        .s("attachAlgoClOrdId", single.map_or("", |a| &a.attach_algo_cl_ord_id))
        .raw("attachAlgoOrds", &algo::attached_json(&order.attached))
        .raw("linkedAlgoOrd", &Row::new().s("algoId", &linked).end())
        .od("tpTriggerPx", single.and_then(|a| a.tp_trigger_px))
        .s("tpTriggerPxType", single.map_or("", |a| &a.tp_trigger_px_type))
        .od("tpOrdPx", single.and_then(|a| a.tp_ord_px))
        .od("slTriggerPx", single.and_then(|a| a.sl_trigger_px))
        .s("slTriggerPxType", single.map_or("", |a| &a.sl_trigger_px_type))
        .od("slOrdPx", single.and_then(|a| a.sl_ord_px))
        .s("stpId", &order.stp_id)
        .s("stpMode", order.stp_mode.name())
        .s("feeCcy", &order.fee_ccy)
        .d("fee", order.fee)
        .s("rebateCcy", &order.rebate_ccy)
        .d("rebate", order.rebate)
        .d("pnl", order.pnl)
        .s("source", &order.source)
        .s("cancelSource", &order.cancel_source)
        .s("category", &order.category)
        .s("isTpLimit", if algo::is_tp_limit(world, order.ord_id) { "true" } else { "false" })
        .s("reduceOnly", if order.reduce_only { "true" } else { "false" })
        .s("quickMgnType", "")
        .s("algoClOrdId", &algo_cl_ord_id)
        .s("algoId", &algo_id)
        .s("outcome", "")
}

/// Trades of a liquidation are not of the order book: they have no id here.
fn trade_id(order: &Order, fill: Option<&LastFill>) -> String {
    match fill {
        Some(_) if order.category != "normal" => "0".to_owned(),
        Some(fill) => fill.trade_id.to_string(),
        None => String::new(),
    }
}

fn time(at: Option<u64>) -> String {
    at.map_or_else(String::new, |at| (at / MILLI).to_string())
}

/// What the whole order is about, in USD.
fn notional_usd(world: &World, order: &Order) -> Option<Dec> {
    let inst = world.inst(order.inst);
    let quote = world.usd(inst.quote());
    if order.quote_left.is_some() {
        return Some(order.sz * quote);
    }
    let n = order.sz * inst.face();
    if inst.inverse {
        return Some(n);
    }
    if inst.inst_type == InstType::Option {
        return world.index_px(order.inst).map(|index| n * index);
    }
    let px = order.px.or_else(|| world.last_px(order.inst)).or_else(|| world.mark_px(order.inst))?;
    Some(n * px * quote)
}
