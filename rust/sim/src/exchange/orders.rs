//! All orders there are, and the ways to find one. Nothing here is ever searched from end to end.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::exchange::account::{AcctIx, HOUSE};
use crate::exchange::instrument::InstIx;
use crate::exchange::order::{OrdId, Order, pairs};

/// Terminal orders an account keeps; older ones are forgotten.
pub const HISTORY: usize = 10_000;

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Orders {
    /// Boxed: the tree moves its values about.
    pub all: BTreeMap<OrdId, Box<Order>>,
    /// Live and partially filled ones of an account.
    pub open: BTreeMap<AcctIx, BTreeSet<OrdId>>,
    /// The newest order of a `clOrdId`.
    pub by_cl: BTreeMap<AcctIx, BTreeMap<String, OrdId>>,
    /// Terminal ones of an account, oldest first: history. The house has none.
    pub done: BTreeMap<AcctIx, VecDeque<OrdId>>,
    /// How many are open, by account and instrument; the house is not counted.
    #[serde(with = "pairs")]
    pub counts: BTreeMap<(AcctIx, InstIx), u32>,
    /// Open ones that can only close, by account and instrument.
    #[serde(with = "pairs")]
    pub closing: BTreeMap<(AcctIx, InstIx), BTreeSet<OrdId>>,
}

impl Orders {
    pub fn get(&self, id: OrdId) -> Option<&Order> {
        self.all.get(&id).map(|order| &**order)
    }

    pub fn get_mut(&mut self, id: OrdId) -> Option<&mut Order> {
        self.all.get_mut(&id).map(|order| &mut **order)
    }

    /// Open orders of an account, oldest first.
    pub fn open_of(&self, acct: AcctIx) -> impl DoubleEndedIterator<Item = &Order> {
        self.open.get(&acct).into_iter().flatten().filter_map(|id| self.get(*id))
    }

    /// Open orders of an account on an instrument that can only close, oldest first.
    pub fn closing_of(&self, acct: AcctIx, inst: InstIx) -> impl DoubleEndedIterator<Item = &Order> {
        self.closing.get(&(acct, inst)).into_iter().flatten().filter_map(|id| self.get(*id))
    }

    /// The newest order of an account with this `clOrdId`.
    pub fn by_cl_ord_id(&self, acct: AcctIx, cl_ord_id: &str) -> Option<&Order> {
        self.get(*self.by_cl.get(&acct)?.get(cl_ord_id)?)
    }

    pub fn open_count(&self, acct: AcctIx, inst: InstIx) -> u32 {
        self.counts.get(&(acct, inst)).copied().unwrap_or(0)
    }

    /// A new order, open.
    pub fn add(&mut self, order: Box<Order>) {
        let (id, acct, inst) = (order.ord_id, order.acct, order.inst);
        self.open.entry(acct).or_default().insert(id);
        if acct != HOUSE {
            *self.counts.entry((acct, inst)).or_default() += 1;
            if order.closes() {
                self.closing.entry((acct, inst)).or_default().insert(id);
            }
            if !order.cl_ord_id.is_empty() {
                self.by_cl.entry(acct).or_default().insert(order.cl_ord_id.clone(), id);
            }
        }
        self.all.insert(id, order);
    }

    /// An order reached its last state: from the open ones to history.
    pub fn retire(&mut self, id: OrdId) {
        let Some((acct, inst)) = self.get(id).map(|order| (order.acct, order.inst)) else { return };
        if let Some(open) = self.open.get_mut(&acct) {
            open.remove(&id);
        }
        if acct == HOUSE {
            self.all.remove(&id);
            return;
        }
        if let Some(count) = self.counts.get_mut(&(acct, inst)) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.counts.remove(&(acct, inst));
            }
        }
        if let Some(closing) = self.closing.get_mut(&(acct, inst)) {
            closing.remove(&id);
            if closing.is_empty() {
                self.closing.remove(&(acct, inst));
            }
        }
        let done = self.done.entry(acct).or_default();
        done.push_back(id);
        let oldest = if done.len() > HISTORY { done.pop_front() } else { None };
        if let Some(gone) = oldest.and_then(|oldest| self.all.remove(&oldest))
            && let Some(by_cl) = self.by_cl.get_mut(&acct)
            && by_cl.get(&gone.cl_ord_id) == Some(&gone.ord_id)
        {
            by_cl.remove(&gone.cl_ord_id);
        }
    }
}
