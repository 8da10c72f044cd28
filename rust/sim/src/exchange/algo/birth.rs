//! What becomes of attached orders when their parent ends.
//!
//! OKX says they are placed "once the general order is filled completely". A parent that ends half filled (canceled, IOC remainder)
//! brings them into the world for what was filled; one that ends unfilled takes them with it. While it is partially filled
//! and open nothing happens yet. Split take-profits are served in the order sent until what was filled is used up.

use crate::exchange::algo::checks::MARKET;
use crate::exchange::algo::model::{Algo, Kind, Leg, PxType, State, Trail};
use crate::exchange::algo::{engine, rows};
use crate::exchange::num::Dec;
use crate::exchange::order::{Attached, OrdId, Order, PosSide, Side};
use crate::exchange::world::World;

/// An order reached its last state, or filled for the first time: its attached orders are born or die.
pub fn order_ended(world: &mut World, id: OrdId) {
    if world.orders.get(id).is_none_or(|order| order.state.is_open()) {
        return;
    }
    if world.algos.children.contains_key(&id) {
        world.algos.ended.insert(id);
        engine::settle(world);
    }
    let Some(order) = world.orders.get(id) else { return };
    if order.attached.is_empty() || order.acc_fill_sz.is_zero() || world.algos.born.contains_key(&id) {
        return;
    }
    let order = order.clone();
    let mut left = filled(world, &order);
    let whole = left;
    let mut born = Vec::new();
    let split = order.attached.len() > 1;
    for entry in &order.attached {
        let part = match entry.sz {
            Some(sz) if split => sz.min(left),
            _ => whole,
        };
        if part <= Dec::ZERO {
            continue;
        }
        if split && entry.sz.is_some() {
            left -= part;
        }
        for algo in children(world, &order, entry, part) {
            let (id, limit_tp) = (algo.id, algo.tp_is_limit());
            world.algos.insert(algo);
            if limit_tp {
                world.algos.to_place.insert(id);
            }
            rows::push(world, id);
            born.push(id);
        }
    }
    if !born.is_empty() {
        world.algos.born.insert(id, born);
    }
    engine::settle(world);
}

/// What there is to close: fees taken out of the coins bought are gone.
fn filled(world: &World, order: &Order) -> Dec {
    let inst = world.inst(order.inst);
    let fee = if order.fee_ccy == inst.base_ccy && order.side == Side::Buy { order.fee } else { Dec::ZERO };
    let whole = order.acc_fill_sz + fee.min(Dec::ZERO);
    whole.checked_rem(inst.lot_sz).map_or(whole, |rest| whole - rest)
}

fn kind_of(name: &str) -> PxType {
    PxType::of(name).unwrap_or_default()
}

/// One entry gives one TP/SL order, or a trailing stop, or both.
fn children(world: &mut World, order: &Order, entry: &Attached, sz: Dec) -> Vec<Algo> {
    let inst = world.inst(order.inst);
    let entry_px = order.avg_px(inst.inverse).unwrap_or_default();
    let tick = inst.tick_sz;
    let from = |ratio: Dec| {
        let px = entry_px * (Dec::ONE + ratio);
        px.checked_rem(tick).map_or(px, |rest| px - rest)
    };
    // A ratio of the stop-loss is a distance: below the entry of a buy, above that of a sell.
    let sl_ratio = entry.sl_trigger_ratio.map(|ratio| -order.side.sign() * ratio);
    let limit_tp = entry.tp_ord_kind == "limit";
    let tp_px = if limit_tp { None } else { entry.tp_trigger_px.or(entry.tp_trigger_ratio.map(from)) };
    let tp = (tp_px.is_some() || limit_tp && entry.tp_ord_px.is_some()).then(|| Leg {
        trigger_px: tp_px,
        px_type: kind_of(&entry.tp_trigger_px_type),
        ord_px: entry.tp_ord_px.unwrap_or(MARKET),
    });
    let sl = entry.sl_trigger_px.or(sl_ratio.map(from)).map(|px| Leg {
        trigger_px: Some(px),
        px_type: kind_of(&entry.sl_trigger_px_type),
        ord_px: entry.sl_ord_px.unwrap_or(MARKET),
    });
    let last = world.last_px(order.inst);
    let mut out = Vec::new();
    if tp.is_some() || sl.is_some() {
        let kind = if tp.is_some() && sl.is_some() { Kind::Oco } else { Kind::Conditional };
        out.push(Algo { tp, sl, to_cost: entry.amend_px_on_trigger_type == "1", ..bare(world, order, entry, kind, sz) });
    }
    if entry.callback_ratio.is_some() || entry.callback_spread.is_some() {
        let trail = Trail {
            ratio: entry.callback_ratio,
            spread: entry.callback_spread,
            active_px: entry.active_px,
            extreme: if entry.active_px.is_none() { last } else { None },
        };
        let mut algo = Algo { trail: Some(trail), ..bare(world, order, entry, Kind::MoveOrderStop, sz) };
        if !out.is_empty() {
            algo.cl_id.clear(); // the TP/SL of the same entry has the name
        }
        out.push(algo);
    }
    out
}

fn bare(world: &mut World, order: &Order, entry: &Attached, kind: Kind, sz: Dec) -> Algo {
    let account = world.account(order.acct);
    let contract = world.inst(order.inst).inst_type.is_contract();
    let spot_buy = !contract && order.side == Side::Sell;
    Algo {
        reduce_only: contract && order.pos_side == PosSide::Net && account.acct_lv != 4,
        id: world.ids.take(),
        acct: order.acct,
        inst: order.inst,
        inst_type: order.inst_type,
        cl_id: entry.attach_algo_cl_ord_id.clone(),
        tag: order.tag.clone(),
        kind,
        td_mode: order.td_mode,
        side: order.side.other(),
        pos_side: order.pos_side,
        ccy: order.ccy.clone(),
        sz,
        tgt_ccy: if spot_buy { "base_ccy".to_owned() } else { String::new() },
        cxl_on_close_pos: false,
        trade_quote_ccy: order.trade_quote_ccy.clone(),
        tp: None,
        sl: None,
        trigger: None,
        trail: None,
        slices: None,
        chase: None,
        attached: Vec::new(),
        to_cost: false,
        parent: Some(order.ord_id),
        state: State::Live,
        fail_code: String::new(),
        ord_ids: Vec::new(),
        sub_algos: Vec::new(),
        tp_order: None,
        actual_sz: Dec::ZERO,
        actual_px: None,
        actual_side: String::new(),
        triggered: None,
        last: world.last_px(order.inst),
        req_id: String::new(),
        amend_result: String::new(),
        created: world.now,
        updated: world.now,
    }
}
