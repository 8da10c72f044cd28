//! Who owns what: accounts, positions, margin, funding, liquidation, bills.

use serde::{Deserialize, Serialize};

use crate::exchange::account::AcctIx;
use crate::exchange::call::Route;
use crate::exchange::config::ConfigError;
use crate::exchange::event::Event;
use crate::exchange::fields::Fields;
use crate::exchange::instrument::InstIx;
use crate::exchange::io::Nanos;
use crate::exchange::num::Dec;
use crate::exchange::order::{OrdId, Order};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

/// Fees collected, what waits to be pushed, and the timers of it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Ledger {}

pub const ROUTES: &[Route] = &[];

/// The house and the accounts of the configuration.
pub fn open_accounts(_world: &mut World) -> Result<(), ConfigError> {
    Ok(())
}

impl World {
    /// Sets aside what the order needs; fills in `order.reserved`, `order.lever`, `order.fee_ccy`, `order.rebate_ccy`. 51008 and its kin if
    /// the account cannot. The order is not in `orders` yet.
    pub fn reserve(&mut self, _order: &mut Order) -> Result<(), Refusal> {
        Ok(())
    }

    /// After `order.left` or its price changed, or it ended: sets aside what it needs now, gives the rest back. An order that ended needs
    /// nothing. `Err` (51502-like) only when more is needed than there is; then nothing has changed.
    pub fn adjust_reserve(&mut self, _id: OrdId) -> Result<(), Refusal> {
        Ok(())
    }

    /// Books one side of a trade: coins, position, fee, bills, fill rows; sets `fee`, `pnl`, `rebate`, `fill_notional_usd` and
    /// `last_fill` of the order. The desk has moved `left`, `acc_fill_sz`, the sums and `state` on already.
    pub fn apply_fill(&mut self, _id: OrdId, _px: Dec, _sz: Dec, _trade_id: u64, _taker: bool) {}

    /// How much of a position an order of this kind could still close (open closing orders not counted): 0 if there is none.
    pub fn closable(&self, _order: &Order) -> Dec {
        Dec::ZERO
    }
}

/// The index or the mark of an instrument moved: unrealized profit, margin, liquidation.
pub fn prices_moved(_world: &mut World, _inst: InstIx) {}

/// What a new subscription of `account`, `positions`, `balance_and_position` or `account-greeks` gets first.
pub fn snapshot(_world: &mut World, _acct: AcctIx, _channel: &str, _arg: &Fields) -> Vec<Event> {
    Vec::new()
}

pub fn next(_world: &World) -> Option<Nanos> {
    None
}

pub fn run(_world: &mut World) {}
