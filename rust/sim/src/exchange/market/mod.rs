//! The market: instruments, prices, the house that keeps every book moving, and all public data.

use serde::{Deserialize, Serialize};

use crate::exchange::call::Route;
use crate::exchange::config::{Config, ConfigError};
use crate::exchange::event::Event;
use crate::exchange::fields::Fields;
use crate::exchange::instrument::{InstIx, Instrument};
use crate::exchange::io::Nanos;
use crate::exchange::num::Dec;
use crate::exchange::order::Side;
use crate::exchange::world::World;

/// Prices, candles, windows shown, the house's plans.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Market {}

pub const ROUTES: &[Route] = &[];

/// Every instrument there is, complete.
pub fn catalogue(_config: &Config, _now: Nanos) -> Result<Vec<Instrument>, ConfigError> {
    Ok(Vec::new())
}

/// First prices and first quotes.
pub fn open(_world: &mut World) -> Result<(), ConfigError> {
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
    pub fn take_trade_id(&mut self, _inst: InstIx) -> u64 {
        0
    }

    /// Trades happened: last price, volumes, candles, `trades` and `trades-all`.
    pub fn printed(&mut self, _print: Print) {}

    pub fn last_px(&self, _inst: InstIx) -> Option<Dec> {
        None
    }

    pub fn mark_px(&self, _inst: InstIx) -> Option<Dec> {
        None
    }

    pub fn index_px(&self, _inst: InstIx) -> Option<Dec> {
        None
    }

    /// Highest price for buys, lowest for sells; `None`: no band.
    pub fn price_limit(&self, _inst: InstIx) -> Option<(Dec, Dec)> {
        None
    }

    /// What one unit of a currency is worth in USD; 0 if nobody knows.
    pub fn usd(&self, _ccy: &str) -> Dec {
        Dec::ZERO
    }

    /// Current funding rate of a swap.
    pub fn funding_rate(&self, _inst: InstIx) -> Dec {
        Dec::ZERO
    }
}

/// What a new subscription of a public channel gets first.
pub fn snapshot(_world: &mut World, _channel: &str, _arg: &Fields) -> Vec<Event> {
    Vec::new()
}

pub fn next(_world: &World) -> Option<Nanos> {
    None
}

pub fn run(_world: &mut World) {}
