//! The matching book of one instrument: price, then time.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::exchange::num::Dec;
use crate::exchange::order::{OrdId, Side, pairs};

/// Orders at one price, oldest first, with what each still wants.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Level {
    pub total: Dec,
    pub queue: VecDeque<(OrdId, Dec)>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Book {
    #[serde(with = "pairs")]
    pub bids: BTreeMap<Dec, Level>,
    #[serde(with = "pairs")]
    pub asks: BTreeMap<Dec, Level>,
    /// `seqId`: moves on with every change.
    pub seq: u64,
}

impl Book {
    pub fn side(&self, side: Side) -> &BTreeMap<Dec, Level> {
        if side == Side::Buy { &self.bids } else { &self.asks }
    }

    fn side_mut(&mut self, side: Side) -> &mut BTreeMap<Dec, Level> {
        if side == Side::Buy { &mut self.bids } else { &mut self.asks }
    }

    /// Best price of a side, with its level.
    pub fn best(&self, side: Side) -> Option<(Dec, &Level)> {
        let best = if side == Side::Buy { self.bids.last_key_value() } else { self.asks.first_key_value() };
        best.map(|(px, level)| (*px, level))
    }

    /// Levels of a side, best first.
    pub fn levels(&self, side: Side) -> Box<dyn Iterator<Item = (Dec, &Level)> + '_> {
        match side {
            Side::Buy => Box::new(self.bids.iter().rev().map(|(px, level)| (*px, level))),
            Side::Sell => Box::new(self.asks.iter().map(|(px, level)| (*px, level))),
        }
    }

    /// Middle of the best prices.
    pub fn mid(&self) -> Option<Dec> {
        let (bid, ask) = (self.best(Side::Buy)?.0, self.best(Side::Sell)?.0);
        Some((bid + ask) / Dec::TWO)
    }

    /// Would an order of this side at this price trade at once?
    pub fn crosses(&self, side: Side, px: Dec) -> bool {
        self.best(side.other()).is_some_and(|(best, _)| if side == Side::Buy { px >= best } else { px <= best })
    }

    /// Behind everybody at its price.
    pub fn push(&mut self, side: Side, px: Dec, id: OrdId, sz: Dec) {
        let level = self.side_mut(side).entry(px).or_default();
        level.total += sz;
        level.queue.push_back((id, sz));
        self.seq += 1;
    }

    /// Who trades first with an order of the other side: price, order, what it wants.
    pub fn front(&self, side: Side) -> Option<(Dec, OrdId, Dec)> {
        let (px, level) = self.best(side)?;
        level.queue.front().map(|(id, sz)| (px, *id, *sz))
    }

    /// The first of a side traded this much.
    pub fn fill_front(&mut self, side: Side, sz: Dec) {
        self.seq += 1;
        let levels = self.side_mut(side);
        let Some(mut entry) = (if side == Side::Buy { levels.last_entry() } else { levels.first_entry() }) else { return };
        let level = entry.get_mut();
        if let Some((_, wants)) = level.queue.front_mut() {
            *wants -= sz;
            level.total -= sz;
            if *wants <= Dec::ZERO {
                level.queue.pop_front();
            }
        }
        if level.queue.is_empty() {
            entry.remove();
        }
    }

    /// Takes an order out; what it still wanted.
    pub fn remove(&mut self, side: Side, px: Dec, id: OrdId) -> Option<Dec> {
        self.seq += 1;
        let levels = self.side_mut(side);
        let level = levels.get_mut(&px)?;
        let at = level.queue.iter().position(|(held, _)| *held == id)?;
        let (_, sz) = level.queue.remove(at)?;
        level.total -= sz;
        if level.queue.is_empty() {
            levels.remove(&px);
        }
        Some(sz)
    }

    /// Changes what an order wants where it stands: after a fill of it, or an amendment downwards.
    pub fn set(&mut self, side: Side, px: Dec, id: OrdId, sz: Dec) {
        if sz <= Dec::ZERO {
            self.remove(side, px, id);
            return;
        }
        self.seq += 1;
        if let Some(level) = self.side_mut(side).get_mut(&px)
            && let Some(entry) = level.queue.iter_mut().find(|(held, _)| *held == id)
        {
            level.total += sz - entry.1;
            entry.1 = sz;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_stand_in_a_queue_at_their_price() {
        let d = |n: i64| Dec::from(n);
        let mut book = Book::default();
        book.push(Side::Buy, d(10), 1, d(5));
        book.push(Side::Buy, d(10), 2, d(3));
        book.push(Side::Buy, d(11), 3, d(1));
        book.push(Side::Sell, d(12), 4, d(2));
        assert_eq!(book.best(Side::Buy).map(|(px, level)| (px, level.total)), Some((d(11), d(1))));
        assert!(book.crosses(Side::Sell, d(11)) && !book.crosses(Side::Sell, Dec::new(111, 1)));
        assert_eq!(book.remove(Side::Buy, d(11), 3), Some(d(1)));
        book.set(Side::Buy, d(10), 1, d(2));
        let (_, level) = book.best(Side::Buy).expect("two orders are left");
        assert_eq!((level.total, level.queue.front().copied()), (d(5), Some((1, d(2)))));
        assert_eq!(book.remove(Side::Buy, d(10), 9), None);
        assert_eq!(book.mid(), Some(d(11)));
    }
}
