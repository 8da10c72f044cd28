//! Algo orders that work by the clock: time-weighted slices, and orders that chase the best price.

use crate::exchange::algo::model::{AlgoId, Chase, Kind, State};
use crate::exchange::algo::{child, engine, rows};
use crate::exchange::instrument::Instrument;
use crate::exchange::io::{MILLI, Nanos, SECOND};
use crate::exchange::num::Dec;
use crate::exchange::order::{OrdState, OrdType, Side};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

/// How often a chased order looks at the book.
const CHASE_EVERY: Nanos = 100 * MILLI;

/// Child orders a row names, at most.
const NAMED: usize = 100;

pub fn next(world: &World) -> Option<Nanos> {
    let algos = &world.algos;
    let waiting = !(algos.closed.is_empty() && algos.ended.is_empty() && algos.to_place.is_empty() && algos.moved.is_empty());
    if waiting { Some(world.now) } else { algos.timers.first().map(|(at, _)| *at) }
}

pub fn run(world: &mut World) {
    engine::settle(world);
    while let Some((_, id)) = world.algos.timers.first().copied().filter(|(at, _)| *at <= world.now) {
        world.algos.timers.pop_first();
        world.algos.busy = true;
        match world.algos.get(id).filter(|algo| algo.state.is_open()).map(|algo| algo.kind) {
            Some(Kind::Twap) => slice(world, id),
            Some(Kind::Chase) => chase(world, id),
            _ => {}
        }
        world.algos.busy = false;
        engine::settle(world);
    }
}

/// A new one begins at once. `Err`: a chased order cannot be placed; the algo order is gone.
pub fn start(world: &mut World, id: AlgoId) -> Result<(), Refusal> {
    match world.algos.get(id).map(|algo| algo.kind) {
        Some(Kind::Twap) => world.algos.timers.insert((world.now, id)),
        Some(Kind::Chase) => return first_chase(world, id),
        _ => return Ok(()),
    };
    Ok(())
}

fn to_tick(px: Dec, inst: &Instrument, up: bool) -> Dec {
    let rest = px.checked_rem(inst.tick_sz).unwrap_or_default();
    if rest.is_zero() {
        px
    } else if up {
        px - rest + inst.tick_sz
    } else {
        px - rest
    }
}

/// The next part of a time-weighted order: immediate or cancel, a little beyond the best price of the other side, never beyond the limit.
fn slice(world: &mut World, id: AlgoId) {
    let Some(algo) = world.algos.get(id).cloned() else { return };
    let Some(plan) = &algo.slices else { return };
    let inst = world.inst(algo.inst).clone();
    let buy = algo.side == Side::Buy;
    let limited = plan.px_limit > Dec::ZERO;
    let best = world.book(algo.inst).best(algo.side.other()).map(|(px, _)| px);
    let beyond = best.is_none_or(|px| limited && if buy { px > plan.px_limit } else { px < plan.px_limit });
    let now = world.now;
    world.algos.timers.insert((now + plan.interval_s * SECOND, id));
    if let Some(held) = world.algos.all.get_mut(&id) {
        held.updated = now;
        if let Some(plan) = held.slices.as_mut() {
            plan.count += 1;
        }
    }
    let begun = if algo.actual_sz.is_zero() { State::Live } else { State::PartiallyEffective };
    let Some(best) = best.filter(|_| !beyond) else {
        become_state(world, id, State::Pause, algo.state);
        return;
    };
    let step = plan.px_spread.unwrap_or_else(|| best * plan.px_var.unwrap_or_default());
    let mut px = to_tick(best + algo.side.sign() * step, &inst, buy).max(inst.tick_sz);
    if limited {
        px = if buy { px.min(plan.px_limit) } else { px.max(plan.px_limit) };
    }
    let left = algo.sz - algo.actual_sz;
    let sz = if left - plan.sz_limit < inst.min_sz { left } else { plan.sz_limit };
    let mut request = child::request(world, &algo, sz, px);
    (request.ord_type, request.category) = (OrdType::Ioc, "twap");
    match world.place(algo.acct, request) {
        Ok(order) => {
            let placed = world.orders.get(order);
            let filled = placed.map_or(Dec::ZERO, |order| order.acc_fill_sz);
            let avg = placed.and_then(|order| order.avg_px(inst.inverse));
            let Some(held) = world.algos.all.get_mut(&id) else { return };
            held.actual_sz += filled;
            held.actual_px = avg.or(held.actual_px);
            held.triggered = held.triggered.or(Some(now));
            held.ord_ids.push(order);
            if held.ord_ids.len() > NAMED {
                held.ord_ids.remove(0);
            }
            let state = if held.actual_sz >= held.sz {
                State::Effective
            } else if held.actual_sz.is_zero() {
                begun
            } else {
                State::PartiallyEffective
            };
            if state == State::Effective || filled > Dec::ZERO || state != algo.state {
                finish(world, id, state);
            }
        }
        Err(refusal) => {
            if let Some(held) = world.algos.all.get_mut(&id) {
                refusal.code.clone_into(&mut held.fail_code);
            }
            finish(world, id, if algo.actual_sz.is_zero() { State::OrderFailed } else { State::PartiallyFailed });
        }
    }
}

fn become_state(world: &mut World, id: AlgoId, state: State, was: State) {
    if state != was {
        finish(world, id, state);
    }
}

/// Sets a state, pushes it, and puts the order away if that was its last.
fn finish(world: &mut World, id: AlgoId, state: State) {
    if let Some(held) = world.algos.all.get_mut(&id) {
        held.state = state;
        held.updated = world.now;
    }
    if !state.is_open() {
        world.algos.retire(id);
    }
    rows::push(world, id);
}

/// Where a chased order belongs now.
fn chase_px(world: &World, id: AlgoId) -> Option<Dec> {
    let algo = world.algos.get(id)?;
    let plan = algo.chase.as_ref()?;
    let inst = world.inst(algo.inst);
    let best = world.book(algo.inst).best(algo.side).map(|(px, _)| px)?;
    let off = if plan.ratio { best * plan.val } else { plan.val };
    let buy = algo.side == Side::Buy;
    Some(to_tick(best - algo.side.sign() * off, inst, !buy).max(inst.tick_sz))
}

fn too_far(plan: &Chase, px: Dec) -> bool {
    let (Some((ratio, most)), Some(start)) = (plan.max, plan.start) else { return false };
    (px - start).abs() > if ratio { start * most } else { most }
}

fn first_chase(world: &mut World, id: AlgoId) -> Result<(), Refusal> {
    let (Some(algo), px) = (world.algos.get(id).cloned(), chase_px(world, id)) else { return Ok(()) };
    let px = px.ok_or(Refusal::new("51109", "No available offers."));
    let placed = px.and_then(|px| {
        let mut request = child::request(world, &algo, algo.sz, px);
        request.ord_type = OrdType::PostOnly;
        world.place(algo.acct, request).map(|order| (order, px))
    });
    match placed {
        Ok((order, px)) => {
            if let Some(held) = world.algos.all.get_mut(&id) {
                held.ord_ids = vec![order];
                held.actual_px = Some(px);
                held.triggered = Some(world.now);
                if let Some(plan) = held.chase.as_mut() {
                    plan.start = Some(px);
                }
            }
            world.algos.children.insert(order, id);
            world.algos.timers.insert((world.now + CHASE_EVERY, id));
            if world.orders.get(order).is_none_or(|order| !order.state.is_open()) {
                world.algos.ended.insert(order);
            }
            Ok(())
        }
        Err(refusal) => {
            if let Some(held) = world.algos.all.get_mut(&id) {
                refusal.code.clone_into(&mut held.fail_code);
                held.state = State::OrderFailed;
            }
            world.algos.retire(id);
            Err(refusal)
        }
    }
}

/// Moves the order after the best price, unless it is the best price itself.
fn chase(world: &mut World, id: AlgoId) {
    world.algos.timers.insert((world.now + CHASE_EVERY, id));
    let (Some(algo), Some(px)) = (world.algos.get(id).cloned(), chase_px(world, id)) else { return };
    let Some(order) = algo.ord_ids.last().copied() else { return };
    let Some(resting) = world.orders.get(order).filter(|order| order.state.is_open()) else { return };
    let (at, left) = (resting.px, resting.left);
    // Alone at the best price of its side: there is nobody to follow but itself.
    let alone = world.book(algo.inst).best(algo.side).is_some_and(|(best, level)| Some(best) == at && level.total == left);
    let Some(plan) = algo.chase.as_ref() else { return };
    if alone || at == Some(px) {
        return;
    }
    if too_far(plan, px) {
        world.algos.children.remove(&order);
        world.cancel(order, "42");
        finish(world, id, State::Canceled);
        return;
    }
    match world.reprice(order, px) {
        Ok(()) => {
            if let Some(held) = world.algos.all.get_mut(&id) {
                held.actual_px = Some(px);
            }
        }
        // The book moved on in between: the next look decides.
        Err(refusal) if refusal.code == "51511" => {}
        Err(refusal) => {
            world.algos.children.remove(&order);
            world.cancel(order, "0");
            if let Some(held) = world.algos.all.get_mut(&id) {
                refusal.code.clone_into(&mut held.fail_code);
            }
            finish(world, id, State::OrderFailed);
        }
    }
}

/// The chased order is over: so is the chase.
pub fn chased(world: &mut World, id: AlgoId, state: OrdState, filled: Dec) {
    let Some(algo) = world.algos.all.get_mut(&id).filter(|algo| algo.state.is_open()) else { return };
    algo.actual_sz = filled;
    finish(world, id, if state == OrdState::Filled { State::Effective } else { State::Canceled });
}
