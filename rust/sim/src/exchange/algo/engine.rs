//! What waits, and what happens when it need not wait any longer.
//!
//! Everything that places or cancels orders runs here, one thing after the other, never inside a match:
//!
//! ```text
//! a price moved ─┐                     ┌▶ trigger reached: child order, algo effective or failed, siblings follow
//! position gone ─┼─▶ queues ─▶ settle ─┼▶ algo orders bound to it go
//! child ended  ──┤                     ├▶ stop-loss of a filled limit take-profit goes
//! born         ──┘                     └▶ limit take-profit into the book
//! ```

use crate::exchange::account::{AcctIx, PosKey};
use crate::exchange::algo::checks::MARKET;
use crate::exchange::algo::model::{Algo, AlgoId, Kind, Leg, State};
use crate::exchange::algo::{child, rows, timed};
use crate::exchange::instrument::InstIx;
use crate::exchange::num::Dec;
use crate::exchange::order::{OrdId, OrdState, Side};
use crate::exchange::world::World;

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

/// A position is gone, perhaps: algo orders that lived on it go too. Its closing orders are the desk's.
pub fn position_closed(world: &mut World, acct: AcctIx, inst: InstIx) {
    world.algos.closed.insert((acct, inst));
    settle(world);
}

/// Nothing waits on an instrument that is no more.
fn drop_expired(world: &mut World) {
    let expired = |inst: &&InstIx| world.inst(**inst).state == "expired";
    let gone: Vec<InstIx> = world.algos.by_inst.keys().filter(expired).copied().collect();
    for inst in gone {
        let ids: Vec<AlgoId> = world.algos.by_inst.get(&inst).into_iter().flatten().copied().collect();
        for id in ids {
            cancel(world, id);
        }
    }
}

/// Works the queues off.
pub fn settle(world: &mut World) {
    if world.algos.busy {
        return;
    }
    world.algos.busy = true;
    drop_expired(world);
    loop {
        if let Some((acct, inst)) = world.algos.closed.pop_first() {
            drop_bound(world, acct, inst);
        } else if let Some(id) = world.algos.ended.pop_first() {
            child_ended(world, id);
        } else if let Some(id) = world.algos.to_place.pop_first() {
            let _ = child::place_limit_tp(world, id);
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
        child::spawn_chase(world, &algo, chase);
    } else {
        let placed = child::place_parts(world, &algo, sz, ord_px);
        child::record(world, id, placed, ord_px);
    }
    rows::push(world, id);
    follow(world, &algo, hit, sz);
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

/// Algo orders without a position to close.
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
    for id in algos {
        cancel(world, id);
    }
}
