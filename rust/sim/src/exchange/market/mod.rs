//! The market: instruments, prices, the house that keeps every book moving, and all public data.

mod bars;
pub mod calendar;
mod catalogue;
mod listing;
pub mod options;
mod prices;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::exchange::call::Route;
use crate::exchange::config::ConfigError;
use crate::exchange::event::Event;
use crate::exchange::fields::Fields;
use crate::exchange::instrument::InstIx;
use crate::exchange::io::{Nanos, SECOND};
use crate::exchange::num::Dec;
use crate::exchange::order::Side;
use crate::exchange::world::World;
use crate::exchange::{algo, ledger};

pub use catalogue::catalogue;
use prices::{CoinPx, Index, Prices};
pub use rows::instrument_row;

/// Prices, candles, windows shown, the house's plans.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Market {
    coins: BTreeMap<String, CoinPx>,
    indices: BTreeMap<String, Index>,
    /// By `InstIx`.
    prices: Vec<Prices>,
    /// By `InstIx`.
    tapes: Vec<Tape>,
    price_at: Nanos,
    /// The second the premium was last sampled in.
    sampled: u64,
    /// Instruments whose last, mark or index price moved since it was told.
    moved: BTreeSet<InstIx>,
}

/// What traded on one instrument.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Tape {
    trade_id: u64,
    last: Dec,
}

impl Market {
    fn prices_of(&self, ix: InstIx) -> Option<&Prices> {
        self.prices.get(ix.0 as usize)
    }

    fn tape(&self, ix: InstIx) -> Option<&Tape> {
        self.tapes.get(ix.0 as usize)
    }
}

pub const ROUTES: &[Route] = &[];

/// First prices and first quotes.
pub fn open(world: &mut World) -> Result<(), ConfigError> {
    prices::open(world)?;
    for at in 0..world.instruments.len() {
        let ix = InstIx(at as u32);
        let last = prices::fair(world, ix).unwrap_or_default();
        let tick = world.inst(ix).tick_sz;
        let last = (last / tick).round().max(Dec::ONE) * tick;
        let trade_id = 1_000_000 + world.rng.below(100_000_000);
        world.market.tapes.push(Tape { trade_id, last });
        let seq = 10_000_000_000 + world.rng.below(1 << 30);
        world.book_mut(ix).seq = seq;
    }
    Ok(())
}

/// What a taker traded at one price: `count` makers, the last of them with `trade_id`.
#[derive(Clone, Debug)]
pub struct Print {
    pub inst: InstIx,
    /// The taker's.
    pub side: Side,
    pub px: Dec,
    pub sz: Dec,
    pub trade_id: u64,
    pub count: u32,
    /// Each maker's part, for `trades-all`.
    pub parts: Vec<(u64, Dec)>,
}

impl World {
    /// The next `tradeId` of an instrument.
    pub fn take_trade_id(&mut self, inst: InstIx) -> u64 {
        let Some(tape) = self.market.tapes.get_mut(inst.0 as usize) else { return 0 };
        tape.trade_id += 1;
        tape.trade_id
    }

    /// Trades happened: last price, volumes, candles, `trades` and `trades-all`.
    pub fn printed(&mut self, print: Print) {
        let Some(tape) = self.market.tapes.get_mut(print.inst.0 as usize) else { return };
        tape.last = print.px;
        self.market.moved.insert(print.inst);
    }

    pub fn last_px(&self, inst: InstIx) -> Option<Dec> {
        self.market.tape(inst).map(|tape| tape.last)
    }
}

/// What a new subscription of a public channel gets first.
pub fn snapshot(_world: &mut World, _channel: &str, _arg: &Fields) -> Vec<Event> {
    Vec::new()
}

pub fn next(world: &World) -> Option<Nanos> {
    if world.market.moved.is_empty() { Some(world.market.price_at) } else { Some(world.now) }
}

pub fn run(world: &mut World) {
    if world.now >= world.market.price_at {
        let seconds = prices::STEP as f64 / SECOND as f64;
        world.market.price_at = (world.now / prices::STEP + 1) * prices::STEP;
        prices::step(world, seconds);
    }
    while let Some(ix) = world.market.moved.pop_first() {
        ledger::prices_moved(world, ix);
        algo::prices_moved(world, ix);
    }
}
