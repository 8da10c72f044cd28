//! Who owns what: accounts, positions, margin, funding, liquidation, bills.
//!
//! ```text
//! reserve ─▶ coins set aside            fill ─▶ coins, position, fee, bill, fill row ─▶ 50 ms window ─▶ account, positions
//!                                                                                   └▶ at once ─────▶ balance_and_position
//! prices_moved ─▶ risk ─▶ warning, cancel, liquidate        funding, delivery: against the house
//! ```
//!
//! Every amount is rounded once and the same number is booked on both sides, so that `World::sums` is exact.

mod bills;
mod fees;
mod fill;
mod forced;
mod funds;
mod greeks;
mod journal;
mod liquidate;
mod loan;
pub mod margin;
mod modes;
mod open;
mod outlook;
mod push;
mod relever;
mod reserve;
mod rest;
mod risk;
mod rows;
#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test may panic")]
mod scenes;
#[cfg(test)]
mod sequences;
mod settings;
mod settle;
mod sizes;
#[cfg(test)]
mod tests;
pub mod tiers;
mod views;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::exchange::account::{AcctIx, PosKey};
use crate::exchange::algo;
use crate::exchange::event::Event;
use crate::exchange::fields::Fields;
use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::io::Nanos;
use crate::exchange::num::Dec;
use crate::exchange::order::{OrdId, Order, pairs};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

pub use fees::{Rates, rates, rates_of};
pub use open::{Sums, api_key, holdable, open_accounts};
pub use rest::ROUTES;

pub use risk::lever;
#[cfg(test)]
pub use settings::set_leverage;
#[cfg(test)]
pub use views::{balance, positions};

/// Fees collected, what waits to be pushed, and the timers of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ledger {
    /// Collected, by currency.
    pub fees: BTreeMap<String, Dec>,
    /// What all accounts and the fees must add up to: what came in from outside less what left.
    pub expected: BTreeMap<String, Dec>,
    /// What open orders on a position have set aside: buys and sells.
    #[serde(with = "pairs")]
    resting: BTreeMap<(AcctIx, PosKey), [Dec; 2]>,
    pending: push::Pending,
    /// Positions that closed, or that the exchange made smaller: their closing orders follow when no match is under way.
    gone: Vec<(AcctIx, InstIx)>,
    /// Accounts whose risk is to be looked at.
    at_risk: BTreeSet<AcctIx>,
    transfers: funds::Transfers,
    /// When a position was last warned of its liquidation.
    #[serde(with = "pairs")]
    warned: BTreeMap<(AcctIx, PosKey), Nanos>,
    /// Type, instrument, time (ms) and row of the latest liquidations.
    liquidations: VecDeque<(InstType, InstIx, u64, String)>,
    funding_at: Nanos,
    interest_at: Nanos,
}

impl World {
    /// Sets aside what the order needs; fills in `order.reserved`, `order.lever`, `order.fee_ccy`, `order.rebate_ccy`. 51008 and its kin if
    /// the account cannot. The order is not in `orders` yet.
    pub fn reserve(&mut self, order: &mut Order) -> Result<(), Refusal> {
        reserve::reserve(self, order)
    }

    /// Could the account pay for all of these orders together? 51008 and its kin for those it could not. Nothing stays set aside.
    pub fn affords<'a>(&mut self, orders: impl Iterator<Item = &'a Order>) -> Vec<Result<(), Refusal>> {
        let mut tried: Vec<Order> = orders.cloned().collect();
        let results = tried.iter_mut().map(|order| reserve::reserve(self, order)).collect();
        for order in &mut tried {
            reserve::release(self, order);
        }
        results
    }

    /// After `order.left` or its price changed, or it ended: sets aside what it needs now, gives the rest back. An order that ended needs
    /// nothing. `Err` (51502-like) only when more is needed than there is; then nothing has changed.
    pub fn adjust_reserve(&mut self, id: OrdId) -> Result<(), Refusal> {
        reserve::adjust(self, id)
    }

    /// Books one side of a trade: coins, position, fee, bills, fill rows; sets `fee`, `pnl`, `rebate`, `fill_notional_usd` and
    /// `last_fill` of the order. The desk has moved `left`, `acc_fill_sz`, the sums and `state` on already.
    pub fn apply_fill(&mut self, id: OrdId, px: Dec, sz: Dec, trade_id: u64, taker: bool) {
        fill::apply(self, id, px, sz, trade_id, taker);
    }

    /// How much of a position an order of this kind could still close (open closing orders not counted): 0 if there is none.
    pub fn closable(&self, order: &Order) -> Dec {
        fill::closable(self, order)
    }
}

/// The index or the mark of an instrument moved: unrealized profit, margin, liquidation.
pub fn prices_moved(world: &mut World, inst: InstIx) {
    risk::prices_moved(world, inst);
}

/// What a new subscription of `account`, `positions`, `balance_and_position` or `account-greeks` gets first.
pub fn snapshot(world: &mut World, acct: AcctIx, channel: &str, arg: &Fields) -> Vec<Event> {
    push::snapshot(world, acct, channel, arg)
}

pub fn next(world: &World) -> Option<Nanos> {
    if !world.ledger.gone.is_empty() || !world.ledger.at_risk.is_empty() {
        return Some(world.now);
    }
    let calendar = settle::next(world);
    Some(world.ledger.pending.due().map_or(calendar, |due| due.min(calendar)))
}

pub fn run(world: &mut World) {
    settle::run(world);
    while let Some(acct) = world.ledger.at_risk.pop_first() {
        liquidate::check(world, acct);
    }
    for (acct, inst) in std::mem::take(&mut world.ledger.gone) {
        world.fit_closing(acct, inst);
        algo::position_closed(world, acct, inst);
    }
    push::run(world);
}
