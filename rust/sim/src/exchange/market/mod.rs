//! The market: instruments, prices, the house that keeps every book moving, and all public data.

mod bars;
pub mod calendar;
mod candles;
mod catalogue;
mod control;
mod house;
mod listing;
pub mod options;
mod prices;
mod pushes;
mod recording;
mod reference;
mod rest;
mod rows;
mod status;
mod tape;
mod windows;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

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
pub use control::{Pin, SetMarket};
use house::Maker;
use prices::{CoinPx, Index, Prices, STEP};
use pushes::ShownBars;
use recording::Recording;
pub use rows::instrument_row;
use status::Status;
use tape::Tape;
use windows::Windows;

/// Prices, candles, windows shown, the house's plans.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Market {
    coins: BTreeMap<String, CoinPx>,
    indices: BTreeMap<String, Index>,
    /// By `InstIx`.
    prices: Vec<Prices>,
    /// By `InstIx`.
    tapes: Vec<Tape>,
    /// By `InstIx`.
    makers: Vec<Maker>,
    recording: Option<Recording>,
    #[serde(skip)]
    windows: Windows,
    #[serde(skip)]
    shown_bars: ShownBars,
    /// When the channels that go by the clock were last looked at, and will be next.
    pushed: Nanos,
    push_at: Nanos,
    /// Maintenance announced, newest last.
    statuses: Vec<Status>,
    /// What was delivered and exercised, newest last; bounded.
    deliveries: Vec<Delivery>,
    price_at: Nanos,
    /// When prices last moved.
    priced: Nanos,
    /// How far a virtual clock is about to run: a long way is done in longer steps.
    #[serde(skip)]
    horizon: Nanos,
    /// The second the premium was last sampled in.
    sampled: u64,
    /// Instruments whose last, mark or index price moved since it was told.
    moved: BTreeSet<InstIx>,
}

/// A contract that was delivered, or an option that was exercised or ended without worth.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Delivery {
    ix: InstIx,
    ts: u64,
    px: Dec,
    /// `delivery`, `exercised` or `expired_otm`.
    kind: String,
}

const DELIVERIES: usize = 1_000;

impl Market {
    fn prices_of(&self, ix: InstIx) -> Option<&Prices> {
        self.prices.get(ix.0 as usize)
    }

    fn tape(&self, ix: InstIx) -> Option<&Tape> {
        self.tapes.get(ix.0 as usize)
    }
}

pub use rest::ROUTES;

/// First prices and first quotes.
pub fn open(world: &mut World) -> Result<(), ConfigError> {
    prices::open(world)?;
    for at in 0..world.instruments.len() {
        let ix = InstIx(at as u32);
        let tape = tape::open(world, ix);
        world.market.tapes.push(tape);
        let seq = 10_000_000_000 + world.rng.below(1 << 30);
        world.book_mut(ix).seq = seq;
    }
    (world.market.pushed, world.market.push_at) = (world.now, world.now + pushes::EVERY);
    world.market.recording = recording::open(world)?;
    house::open(world);
    recording::run(world);
    world.market.moved.clear();
    world.events.clear();
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
    /// A contract was delivered at this price: its history, and the end of its row.
    pub fn note_delivery(&mut self, ix: InstIx, px: Dec) {
        let inst = self.inst(ix);
        let in_the_money = inst.strike.map(|(strike, kind)| if kind == 'C' { px > strike } else { px < strike });
        let kind = match in_the_money {
            None => "delivery",
            Some(true) => "exercised",
            Some(false) => "expired_otm",
        };
        let ts = self.now_ms();
        self.market.deliveries.push(Delivery { ix, ts, px, kind: kind.to_owned() });
        let over = self.market.deliveries.len().saturating_sub(DELIVERIES);
        self.market.deliveries.drain(..over);
        self.inst_mut(ix).state = "expired".into();
        house::withdraw(self, ix);
        self.tell_instrument(ix);
    }
}

/// What a new subscription of a public channel gets first.
pub fn snapshot(world: &mut World, channel: &str, arg: &Fields) -> Vec<Event> {
    pushes::snapshot(world, channel, arg)
}

pub fn next(world: &World) -> Option<Nanos> {
    let market = &world.market;
    if !market.moved.is_empty() {
        return Some(world.now);
    }
    let recording = market.recording.as_ref().and_then(|recording| recording.due);
    [Some(market.price_at), Some(market.push_at), house::next(world), recording, market.windows.next()].into_iter().flatten().min()
}

/// The clock is about to run up to `at`.
pub fn until(world: &mut World, at: Nanos) {
    world.market.horizon = at;
}

/// A virtual clock that is moved by hours does not show every ten milliseconds of them.
fn pace(world: &World) -> Nanos {
    let ahead = world.market.horizon.saturating_sub(world.now);
    if ahead > LONG { ahead / STEPS } else { 0 }
}

const LONG: Nanos = 60 * SECOND;
const STEPS: Nanos = 300;

pub fn run(world: &mut World) {
    let pace = pace(world);
    if world.now >= world.market.price_at {
        let market = &mut world.market;
        let seconds = (world.now - market.priced) as f64 / SECOND as f64;
        market.priced = world.now;
        market.price_at = (world.now / STEP + 1) * STEP;
        market.price_at = market.price_at.max(world.now + pace);
        prices::step(world, seconds);
        control::calendar(world);
    }
    recording::run(world);
    house::run(world, pace);
    while let Some(ix) = world.market.moved.pop_first() {
        ledger::prices_moved(world, ix);
        algo::prices_moved(world, ix);
    }
    windows::run(world, pace);
    pushes::run(world, pace);
}
