//! What waits, and what happens when it need not wait any longer.
//!
//! Everything that places or cancels orders runs here, one thing after the other, never inside a match:
//!
//! ```text
//! a price moved ─┐                     ┌▶ trigger reached: child order, algo effective or failed, siblings follow
//! position gone ─┼─▶ queues ─▶ settle ─┼▶ bound orders go (17, 21)
//! child ended  ──┤                     ├▶ stop-loss of a filled limit take-profit goes
//! born         ──┘                     └▶ limit take-profit into the book
//! ```

use crate::exchange::account::{AcctIx, PosKey};
use crate::exchange::algo::checks::MARKET;
use crate::exchange::algo::model::{Algo, AlgoId, Chase, Kind, Leg, State};
use crate::exchange::algo::{rows, timed};
use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::num::Dec;
use crate::exchange::order::{OrdId, OrdState, OrdType, PlaceRequest, PosSide, Side, TdMode};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

/// Orders one trigger is split into, at most, when the position is larger than a market order may be.
const PARTS: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hit {
    Tp,
    Sl,
    Trigger,
    Trail,
}

/// A last, mark or index price moved: what waited for it goes. Called when no match is under way.
pub fn prices_moved(world: &mut World, inst: InstIx) {
    if world.algos.by_inst.contains_key(&inst) {
        world.algos.moved.insert(inst);
    }
    settle(world);
}

/// A position is gone: closing orders that lived on it go too (cancelSource 17/21).
pub fn position_closed(world: &mut World, acct: AcctIx, inst: InstIx) {
    world.algos.closed.insert((acct, inst));
}

/// Works the queues off.
pub fn settle(world: &mut World) {
    if world.algos.busy {
        return;
    }
    world.algos.busy = true;
    loop {
        if let Some((acct, inst)) = world.algos.closed.pop_first() {
            drop_bound(world, acct, inst);
        } else if let Some(id) = world.algos.ended.pop_first() {
            child_ended(world, id);
        } else if let Some(id) = world.algos.to_place.pop_first() {
            let _ = place_limit_tp(world, id);
        } else if let Some(inst) = world.algos.moved.pop_first() {
            let ids: Vec<AlgoId> = world.algos.by_inst.get(&inst).into_iter().flatten().copied().collect();
            for id in ids {
                if let Some(hit) = due(world, id) {
                    fire(world, id, hit);
                }
            }
        } else {
            break;
        }
    }
    world.algos.busy = false;
}

/// Is its price reached? Moves a trailing stop along.
fn due(world: &mut World, id: AlgoId) -> Option<Hit> {
    let algo = world.algos.get(id).filter(|algo| algo.state == State::Live)?;
    let (inst, side) = (algo.inst, algo.side);
    if let Some(trigger) = &algo.trigger {
        let px = world.trigger_px(inst, trigger.px_type)?;
        return (if trigger.up { px >= trigger.px } else { px <= trigger.px }).then_some(Hit::Trigger);
    }
    if algo.trail.is_some() {
        let px = world.last_px(inst)?;
        let trail = world.algos.all.get_mut(&id)?.trail.as_mut()?;
        let better = |a: Dec, b: Dec| if side == Side::Sell { a > b } else { a < b };
        match trail.extreme {
            None if trail.active_px.is_none_or(|at| !better(at, px)) => trail.extreme = Some(px),
            Some(extreme) if better(px, extreme) => trail.extreme = Some(px),
            _ => {}
        }
        let at = trail.trigger_px(side)?;
        return (if side == Side::Sell { px <= at } else { px >= at }).then_some(Hit::Trail);
    }
    let reached = |leg: Option<Leg>, above: bool| -> bool {
        leg.and_then(|leg| Some((leg.trigger_px?, world.trigger_px(inst, leg.px_type)?)))
            .is_some_and(|(at, px)| if above { px >= at } else { px <= at })
    };
    if reached(algo.sl, side == Side::Buy) {
        return Some(Hit::Sl);
    }
    reached(algo.tp, side == Side::Sell).then_some(Hit::Tp)
}

/// What is left of the position an algo order closes.
fn position(world: &World, algo: &Algo) -> Dec {
    let key = PosKey { inst: algo.inst, mode: algo.td_mode, side: algo.pos_side };
    world.account(algo.acct).positions.get(&key).map_or(Dec::ZERO, |position| position.qty.abs())
}

fn fire(world: &mut World, id: AlgoId, hit: Hit) {
    let Some(algo) = world.algos.get(id).cloned() else { return };
    let ord_px = match hit {
        Hit::Tp => algo.tp.map(|leg| leg.ord_px),
        Hit::Sl => algo.sl.map(|leg| leg.ord_px),
        Hit::Trigger => algo.trigger.as_ref().map(|trigger| trigger.ord_px),
        Hit::Trail => None,
    }
    .unwrap_or(MARKET);
    let now = world.now;
    let mut sz = algo.sz;
    if let Some(tp) = algo.tp_order {
        sz -= world.orders.get(tp).map_or(Dec::ZERO, |order| order.acc_fill_sz);
        if world.algos.children.remove(&tp).is_some() {
            world.cancel(tp, "36");
        }
    }
    if algo.closes_position() {
        sz = position(world, &algo);
    }
    if let Some(held) = world.algos.all.get_mut(&id) {
        held.triggered = Some(now);
        held.updated = now;
        held.state = State::Effective;
        match hit {
            Hit::Tp => "tp",
            Hit::Sl => "sl",
            _ => "",
        }
        .clone_into(&mut held.actual_side);
    }
    world.algos.retire(id);
    if let Some(chase) = algo.chase.clone().filter(|_| algo.kind == Kind::Trigger) {
        spawn_chase(world, &algo, chase);
    } else {
        let placed = place_parts(world, &algo, sz, ord_px);
        record(world, id, placed, ord_px);
    }
    rows::push(world, id);
    follow(world, &algo, hit, sz);
}

/// Places what was triggered, in parts where one market order cannot hold it.
fn place_parts(world: &mut World, algo: &Algo, sz: Dec, ord_px: Dec) -> (Vec<OrdId>, Option<Refusal>) {
    let inst = world.inst(algo.inst);
    let most = if inst.inst_type.is_contract() { if ord_px == MARKET { inst.max_mkt_sz } else { inst.max_lmt_sz } } else { sz };
    let mut left = sz;
    let mut ids = Vec::new();
    if left <= Dec::ZERO {
        let msg = "Order failed because you don't have any positions in this direction for this contract to reduce or close.";
        return (ids, Some(Refusal::new("51169", msg)));
    }
    while left > Dec::ZERO && ids.len() < PARTS {
        let part = left.min(most.max(inst_min(world, algo)));
        left -= part;
        match place_one(world, algo, part, ord_px) {
            Ok(id) => ids.push(id),
            Err(refusal) => return (ids, Some(refusal)),
        }
    }
    (ids, None)
}

fn inst_min(world: &World, algo: &Algo) -> Dec {
    world.inst(algo.inst).min_sz
}

fn place_one(world: &mut World, algo: &Algo, sz: Dec, ord_px: Dec) -> Result<OrdId, Refusal> {
    let request = request(world, algo, sz, ord_px);
    match world.place(algo.acct, request) {
        // A trigger order on a spot pair makes do with what there is.
        Err(refusal) if refusal.code == "51008" && algo.kind == Kind::Trigger && algo.inst_type == InstType::Spot => {
            let Some(sz) = affordable(world, algo, ord_px).filter(|less| *less > Dec::ZERO && *less < sz) else { return Err(refusal) };
            let request = self::request(world, algo, sz, ord_px);
            world.place(algo.acct, request)
        }
        answer => answer,
    }
}

/// How much of a spot order the coins at hand pay for.
fn affordable(world: &World, algo: &Algo, ord_px: Dec) -> Option<Dec> {
    let inst = world.inst(algo.inst);
    let ccy = if algo.side == Side::Sell { inst.base() } else { inst.quote() };
    let coin = world.account(algo.acct).coins.get(ccy)?;
    let free = coin.cash - coin.ord_frozen;
    if algo.side == Side::Buy && ord_px == MARKET {
        return Some(free); // counted in quote currency
    }
    let sz = if algo.side == Side::Buy { free.checked_div(ord_px)? } else { free };
    sz.checked_rem(inst.lot_sz).map(|rest| sz - rest)
}

/// The order an algo order places.
pub fn request(world: &World, algo: &Algo, sz: Dec, ord_px: Dec) -> PlaceRequest {
    let market = ord_px == MARKET;
    let spot = !world.inst(algo.inst).inst_type.is_contract();
    let ord_type = match algo.trigger.as_ref().map(|trigger| trigger.advance.as_str()) {
        _ if market => OrdType::Market,
        Some("ioc") => OrdType::Ioc,
        Some("fok") => OrdType::Fok,
        _ => OrdType::Limit,
    };
    PlaceRequest {
        inst: algo.inst,
        td_mode: algo.td_mode,
        side: algo.side,
        pos_side: (algo.pos_side != PosSide::Net).then_some(algo.pos_side),
        ord_type,
        sz,
        px: (!market).then_some(ord_px),
        px_usd: None,
        px_vol: None,
        ccy: algo.ccy.clone(),
        cl_ord_id: String::new(),
        tag: algo.tag.clone(),
        reduce_only: algo.reduce_only,
        tgt_ccy: if market && spot && algo.td_mode == TdMode::Cash { algo.tgt_ccy.clone() } else { String::new() },
        ban_amend: false,
        clamp_px: false,
        slippage_pct: None,
        trade_quote_ccy: algo.trade_quote_ccy.clone(),
        stp_mode: None,
        attached: algo.attached.clone(),
        source: algo.kind.source(),
        category: "normal",
        algo: Some((algo.id, algo.cl_id.clone())),
    }
}

/// What the child orders came to.
fn record(world: &mut World, id: AlgoId, (ids, refusal): (Vec<OrdId>, Option<Refusal>), ord_px: Dec) {
    let orders = ids.iter().filter_map(|id| world.orders.get(*id));
    let sz: Dec = orders.clone().map(|order| order.sz).sum();
    let avg = orders.into_iter().next_back().and_then(|order| order.avg_px(world.inst(order.inst).inverse));
    let Some(algo) = world.algos.all.get_mut(&id) else { return };
    algo.actual_sz = sz;
    algo.actual_px = avg.or_else(|| (ord_px != MARKET && !ids.is_empty()).then_some(ord_px));
    if let Some(refusal) = refusal {
        algo.state = if ids.is_empty() { State::OrderFailed } else { State::PartiallyFailed };
        refusal.code.clone_into(&mut algo.fail_code);
    }
    algo.ord_ids = ids;
}

/// What a trigger means for those born with it: a take-profit makes the stop-loss smaller (and moves it to cost); any stop ends them all.
fn follow(world: &mut World, fired: &Algo, hit: Hit, sz: Dec) {
    let Some(parent) = fired.parent else { return };
    let failed = world.algos.get(fired.id).is_some_and(|algo| algo.state == State::OrderFailed);
    let siblings: Vec<AlgoId> = world.algos.born.get(&parent).into_iter().flatten().copied().filter(|id| *id != fired.id).collect();
    if hit == Hit::Tp && fired.kind == Kind::Conditional {
        if !failed {
            shrink(world, parent, &siblings, sz);
        }
        return;
    }
    for id in siblings {
        let resting = world.algos.get(id).and_then(|algo| algo.tp_order);
        if let Some(tp) = resting
            && world.algos.children.remove(&tp).is_some()
        {
            world.cancel(tp, "36");
        }
        cancel(world, id);
    }
}

/// A part of a position has been taken: its stops cover the rest.
fn shrink(world: &mut World, parent: OrdId, siblings: &[AlgoId], sz: Dec) {
    let cost = world.orders.get(parent).and_then(|order| order.avg_px(world.inst(order.inst).inverse));
    let now = world.now;
    for id in siblings {
        let Some(algo) = world.algos.all.get_mut(id).filter(|algo| algo.state.is_open()) else { continue };
        if algo.tp.is_some() {
            continue;
        }
        algo.sz -= sz;
        algo.updated = now;
        if algo.to_cost
            && let (Some(leg), Some(cost)) = (algo.sl.as_mut(), cost)
        {
            leg.trigger_px = Some(cost);
            algo.to_cost = false;
        }
        if algo.sz <= Dec::ZERO {
            algo.sz = sz; // shows what it was
            cancel(world, *id);
        } else {
            rows::push(world, *id);
        }
    }
}

/// Ends a waiting algo order; `false` if it was not waiting.
pub fn cancel(world: &mut World, id: AlgoId) -> bool {
    let now = world.now;
    let Some(algo) = world.algos.all.get_mut(&id).filter(|algo| algo.state.is_open()) else { return false };
    algo.state = State::Canceled;
    algo.updated = now;
    let child = if algo.kind == Kind::Chase { algo.ord_ids.last().copied() } else { algo.tp_order };
    let source = if algo.kind == Kind::Chase { "1" } else { "37" };
    world.algos.retire(id);
    rows::push(world, id);
    if let Some(child) = child
        && world.algos.children.remove(&child).is_some()
    {
        world.cancel(child, source);
    }
    true
}

/// Puts a limit take-profit into the book. `Err`: it cannot be, and nothing waits any more.
pub fn place_limit_tp(world: &mut World, id: AlgoId) -> Result<(), Refusal> {
    let Some(algo) = world.algos.get(id).filter(|algo| algo.tp_is_limit()).cloned() else { return Ok(()) };
    let Some(leg) = algo.tp else { return Ok(()) };
    let request = request(world, &algo, algo.sz, leg.ord_px);
    let placed = world.place(algo.acct, request);
    let now = world.now;
    let alone = algo.sl.is_none();
    let Some(held) = world.algos.all.get_mut(&id) else { return Ok(()) };
    held.updated = now;
    match placed {
        Ok(order) => {
            held.tp_order = Some(order);
            if alone {
                held.state = State::Effective;
                held.triggered = Some(now);
                "tp".clone_into(&mut held.actual_side);
                held.ord_ids = vec![order];
                (held.actual_sz, held.actual_px) = (held.sz, Some(leg.ord_px));
                world.algos.retire(id);
            }
            world.algos.children.insert(order, id);
            // It may have been filled or canceled on the way in.
            if world.orders.get(order).is_none_or(|order| !order.state.is_open()) {
                world.algos.ended.insert(order);
            }
            rows::push(world, id);
            Ok(())
        }
        Err(refusal) => {
            held.state = State::OrderFailed;
            refusal.code.clone_into(&mut held.fail_code);
            world.algos.retire(id);
            rows::push(world, id);
            Err(refusal)
        }
    }
}

/// An order some algo order looked after is over.
fn child_ended(world: &mut World, order: OrdId) {
    let Some(id) = world.algos.children.remove(&order) else { return };
    let (Some(algo), Some(ended)) = (world.algos.get(id).cloned(), world.orders.get(order)) else { return };
    let (state, filled) = (ended.state, ended.acc_fill_sz);
    if algo.kind == Kind::Chase {
        timed::chased(world, id, state, filled);
        return;
    }
    if state == OrdState::Filled && algo.sl.is_some() {
        cancel(world, id);
    }
    if let Some(parent) = algo.parent
        && algo.sl.is_none()
        && filled > Dec::ZERO
    {
        let siblings: Vec<AlgoId> = world.algos.born.get(&parent).into_iter().flatten().copied().filter(|held| *held != id).collect();
        shrink(world, parent, &siblings, filled);
    }
}

/// Closing orders without a position to close.
fn drop_bound(world: &mut World, acct: AcctIx, inst: InstIx) {
    let gone = |mode, side| {
        let key = PosKey { inst, mode, side };
        world.account(acct).positions.get(&key).is_none_or(|position| position.qty.is_zero())
    };
    let contract = world.inst(inst).inst_type.is_contract();
    let bound = |algo: &&Algo| {
        algo.inst == inst
            && (algo.cxl_on_close_pos || algo.closes_position() || contract && algo.parent.is_some())
            && gone(algo.td_mode, algo.pos_side)
    };
    let algos: Vec<AlgoId> = world.algos.open_of(acct).filter(bound).map(|algo| algo.id).collect();
    let closing = |side, pos_side| matches!((side, pos_side), (Side::Sell, PosSide::Long) | (Side::Buy, PosSide::Short));
    let orders: Vec<(OrdId, bool)> = world
        .orders
        .open_of(acct)
        .filter(|order| order.inst == inst && (order.reduce_only || closing(order.side, order.pos_side)))
        .filter(|order| gone(order.td_mode, order.pos_side))
        .map(|order| (order.ord_id, order.source == "7"))
        .collect();
    for (id, tp_sl) in orders {
        world.cancel(id, if tp_sl { "21" } else { "17" });
    }
    for id in algos {
        cancel(world, id);
    }
}

/// A trigger with `advanceOrdType` chase: the order it places is an algo order itself.
fn spawn_chase(world: &mut World, trigger: &Algo, chase: Chase) {
    let id = world.ids.take();
    let algo = Algo {
        id,
        kind: Kind::Chase,
        cl_id: String::new(),
        trigger: None,
        chase: Some(chase),
        state: State::Live,
        last: world.last_px(trigger.inst),
        created: world.now,
        updated: world.now,
        ..trigger.clone()
    };
    world.algos.insert(algo);
    let started = timed::start(world, id);
    let Some(held) = world.algos.all.get_mut(&trigger.id) else { return };
    match started {
        Ok(()) => held.sub_algos = vec![id],
        Err(refusal) => {
            held.state = State::OrderFailed;
            refusal.code.clone_into(&mut held.fail_code);
        }
    }
}
