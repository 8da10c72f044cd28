//! The house: it keeps every book filled around the right price, and trades now and then.
//!
//! An action on a book takes away what the price has passed, takes what others offer beyond it, and fills up. Orders away
//! from the top stay where they are, so a book moves by a few levels at a time. It never stands in its own way: first it
//! cancels, then it places.

use std::collections::BTreeMap;

use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::exchange::instrument::{InstIx, InstType, Instrument};
use crate::exchange::io::{MILLI, Nanos};
use crate::exchange::market::prices;
use crate::exchange::num::Dec;
use crate::exchange::order::{OrdId, Side, pairs};
use crate::exchange::world::World;
use crate::feed::pace::whole;

/// Mean USD of one of its orders.
const ORDER_USD: f64 = 15_000.0;
/// Mean distance between two of its prices, in millionths of the price.
const SPACING_PPM: i64 = 15;
/// One in so many actions is a trade.
const TRADES_ONE_IN: u64 = 8;
/// Levels added between two others in one action.
const FILL_IN: usize = 2;

/// The house on one book.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Maker {
    pub on: bool,
    /// Does nothing, but leaves its orders.
    #[serde(default)]
    pub held: bool,
    pub due: Nanos,
    /// Its orders, one at a price.
    #[serde(with = "pairs")]
    pub bids: BTreeMap<Dec, OrdId>,
    #[serde(with = "pairs")]
    pub asks: BTreeMap<Dec, OrdId>,
}

impl Maker {
    fn acts(&self) -> bool {
        self.on && !self.held
    }

    pub fn side(&mut self, side: Side) -> &mut BTreeMap<Dec, OrdId> {
        if side == Side::Buy { &mut self.bids } else { &mut self.asks }
    }
}

/// Best first.
fn nearer(side: Side, a: Dec, b: Dec) -> bool {
    if side == Side::Buy { a > b } else { a < b }
}

pub fn open(world: &mut World) {
    let interval = Nanos::from(world.config.house.interval_ms.max(1)) * MILLI;
    let count = world.instruments.len() as u64;
    for at in 0..count {
        // Books take turns within an interval.
        let due = world.now + interval + interval * at / count.max(1);
        let recorded = world.market.recording.as_ref().is_some_and(|recording| u64::from(recording.ix.0) == at);
        let on = world.config.house.enabled && !recorded;
        world.market.makers.push(Maker { on, due, ..Maker::default() });
        if on {
            quote(world, InstIx(at as u32), usize::MAX);
        }
    }
}

pub fn next(world: &World) -> Option<Nanos> {
    world.market.makers.iter().filter(|maker| maker.acts()).map(|maker| maker.due).min()
}

/// Acts on the books whose turn it is. `pace`: virtual time may run in longer steps.
pub fn run(world: &mut World, pace: Nanos) {
    let interval = (Nanos::from(world.config.house.interval_ms.max(1)) * MILLI).max(pace);
    for at in 0..world.market.makers.len() {
        let now = world.now;
        let Some(maker) = world.market.makers.get_mut(at).filter(|maker| maker.acts() && maker.due <= now) else { continue };
        maker.due += interval * ((now - maker.due) / interval + 1);
        act(world, InstIx(at as u32));
    }
}

fn act(world: &mut World, ix: InstIx) {
    if world.inst(ix).state != "live" {
        withdraw(world, ix);
        return;
    }
    quote(world, ix, FILL_IN);
    resize(world, ix);
    if world.config.house.trades && world.rng.chance(TRADES_ONE_IN) {
        trade(world, ix);
    }
}

/// Takes all its orders out of a book.
pub fn withdraw(world: &mut World, ix: InstIx) {
    let Some(maker) = world.market.makers.get_mut(ix.0 as usize) else { return };
    let orders: Vec<OrdId> = std::mem::take(&mut maker.bids).into_values().chain(std::mem::take(&mut maker.asks).into_values()).collect();
    for id in orders {
        world.cancel_house(id);
    }
}

fn remove(world: &mut World, ix: InstIx, side: Side, px: Dec) {
    let Some(maker) = world.market.makers.get_mut(ix.0 as usize) else { return };
    if let Some(id) = maker.side(side).remove(&px) {
        world.cancel_house(id);
    }
}

fn place(world: &mut World, ix: InstIx, side: Side, px: Dec) {
    let sz = size(world, ix);
    let id = world.place_house(ix, side, px, sz);
    if world.orders.get(id).is_some()
        && let Some(maker) = world.market.makers.get_mut(ix.0 as usize)
    {
        maker.side(side).insert(px, id);
    }
}

/// Best bid and ask for a fair price.
fn touch(inst: &Instrument, fair: Dec, spread_ticks: u32) -> (Dec, Dec) {
    let tick = inst.tick_at(fair);
    let spread = Dec::from(spread_ticks.max(1)) * tick;
    let ask = ((fair + spread / Dec::TWO) / tick).floor() * tick;
    let ask = ask.max(spread);
    (ask - spread, ask)
}

/// Moves its orders to the right price and fills up: at the opening all of it, then some levels at a time.
pub fn quote(world: &mut World, ix: InstIx, fill_in: usize) {
    let Some(fair) = prices::fair(world, ix).filter(|_| world.inst(ix).state == "live") else { return };
    let (bid, ask) = touch(world.inst(ix), fair, world.config.house.spread_ticks);
    let levels = world.config.house.levels.max(1) as usize;
    for (side, best) in [(Side::Buy, bid), (Side::Sell, ask)] {
        let World { market, orders, .. } = world;
        let Some(maker) = market.makers.get_mut(ix.0 as usize) else { return };
        let mine = maker.side(side);
        mine.retain(|_, id| orders.get(*id).is_some());
        let passed: Vec<Dec> = mine.keys().copied().filter(|px| nearer(side, *px, best)).collect();
        for px in passed {
            remove(world, ix, side, px);
        }
    }
    sweep(world, ix, bid, ask);
    for (side, best) in [(Side::Buy, bid), (Side::Sell, ask)] {
        fill(world, ix, side, best, levels, fill_in);
    }
}

/// The price went through what others offer: the house takes it.
pub fn sweep(world: &mut World, ix: InstIx, bid: Dec, ask: Dec) {
    for (side, limit) in [(Side::Sell, ask), (Side::Buy, bid)] {
        let beyond = |px: Dec| if side == Side::Sell { px >= limit } else { px <= limit };
        let offered: Dec = world.book(ix).levels(side.other()).take_while(|(px, _)| beyond(*px)).map(|(_, level)| level.total).sum();
        if offered > Dec::ZERO {
            world.take_house(ix, side, offered);
        }
    }
}

fn fill(world: &mut World, ix: InstIx, side: Side, best: Dec, levels: usize, fill_in: usize) {
    if best <= Dec::ZERO {
        return;
    }
    let mut held: Vec<Dec> = held(world, ix, side);
    if held.first() != Some(&best) {
        place(world, ix, side, best);
        held.insert(0, best);
    }
    // The widest hole first: where the price came from.
    let mut added = 0;
    while added < fill_in.min(levels) && held.len() > 1 {
        let reach = step(world, ix, best, 4);
        let hole = held.windows(2).position(|pair| matches!(pair, [a, b] if (*a - *b).abs() > reach * Dec::from(3)));
        let Some(from) = hole.and_then(|at| held.get(at).copied().map(|px| (at, px))) else { break };
        let px = away(world, ix, side, from.1);
        place(world, ix, side, px);
        held.insert(from.0 + 1, px);
        added += 1;
    }
    while held.len() < levels {
        let Some(px) = held.last().map(|last| away(world, ix, side, *last)).filter(|px| *px > Dec::ZERO) else { break };
        place(world, ix, side, px);
        held.push(px);
    }
    while held.len() > levels {
        if let Some(px) = held.pop() {
            remove(world, ix, side, px);
        }
    }
}

fn held(world: &mut World, ix: InstIx, side: Side) -> Vec<Dec> {
    let Some(maker) = world.market.makers.get_mut(ix.0 as usize) else { return Vec::new() };
    let mine = maker.side(side).keys().copied();
    if side == Side::Buy { mine.rev().collect() } else { mine.collect() }
}

/// `n` mean distances at a price, at least a tick.
fn step(world: &World, ix: InstIx, px: Dec, n: i64) -> Dec {
    let tick = world.inst(ix).tick_at(px);
    ((px * Dec::new(SPACING_PPM * n, 6) / tick).floor() * tick).max(tick)
}

/// The next price after one, further from the middle.
fn away(world: &mut World, ix: InstIx, side: Side, px: Dec) -> Dec {
    let tick = world.inst(ix).tick_at(px);
    let mean = (step(world, ix, px, 1) / tick).to_u64().unwrap_or(1);
    let ticks = 1 + world.rng.below(mean * 2);
    px - side.sign() * tick * Dec::from(ticks)
}

/// A random size, about `ORDER_USD` worth.
fn size(world: &mut World, ix: InstIx) -> Dec {
    let draw = 100 + world.rng.below(900) * world.rng.below(1_000) / 250;
    let inst = world.inst(ix);
    let coin = world.usd(inst.base());
    let unit = if inst.inverse && inst.inst_type != InstType::Option { inst.face() } else { inst.face() * coin };
    let lots = ORDER_USD * draw as f64 / 1_000.0 / (unit * inst.lot_sz).to_f64().unwrap_or(1.0).max(1e-9);
    (Dec::from(whole(lots.clamp(1.0, 1e15))) * inst.lot_sz).max(inst.min_sz)
}

/// One of its orders near the top gets another size.
fn resize(world: &mut World, ix: InstIx) {
    let side = if world.rng.chance(2) { Side::Buy } else { Side::Sell };
    let at = world.rng.geometric(4.0) as usize;
    if let Some(px) = held(world, ix, side).get(at).copied() {
        remove(world, ix, side, px);
        place(world, ix, side, px);
    }
}

/// It takes a part of what is offered best.
fn trade(world: &mut World, ix: InstIx) {
    let side = if world.rng.chance(2) { Side::Buy } else { Side::Sell };
    let Some((_, level)) = world.book(ix).best(side.other()) else { return };
    let offered = level.total;
    let part = Dec::new((5 + world.rng.below(60)).cast_signed(), 2);
    let inst = world.inst(ix);
    let sz = ((offered * part / inst.lot_sz).floor() * inst.lot_sz).max(inst.min_sz).min(offered);
    world.take_house(ix, side, sz);
}

#[cfg(test)]
#[path = "house_tests.rs"]
mod tests;
