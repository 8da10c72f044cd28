//! The trades of one subscription in the order of their ids: each once, and none missed without a word.
//!
//! ```text
//! first id = last + 1 ─▶ handed on                       (a trade of `count` matches has the ids n-count+1 … n)
//! id ≤ last ──────────▶ known: another connection, or a repetition, brought it
//! a hole before it ───▶ held, until another connection or a fetch fills the hole, or nobody can
//! ```
//!
//! Ids of an instrument follow each other without a hole; where they turn out not to, holes are no longer looked for.
//!
//! Source: OKX API v5, Order book trading › Market data › WS trades channel, "tradeId", "count".

use crate::msg::trade::Trade;
use std::collections::VecDeque;

/// Trades that may wait for a hole to be filled.
const MOST_HELD: usize = 10_000;
/// Holes in an unbroken stream after which its ids are not believed to follow each other, if nobody can look them up.
const MOST_DOUBTS: u32 = 3;

/// What to do with a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Hand it on.
    Next,
    Known,
    /// Ids before it are missing: it is held.
    Held,
}

/// The ids that are missing, first and last.
pub(super) type Hole = (u64, u64);

#[derive(Debug, Default)]
pub(super) struct TradeSeq {
    last: Option<u64>,
    /// Sorted by id.
    held: VecDeque<Trade>,
    /// Ids do not follow each other.
    is_loose: bool,
    doubts: u32,
    /// A blind spot is being looked up: what comes is held, hole or not.
    is_looking: bool,
}

fn first_id(trade: &Trade) -> u64 {
    trade.trade_id.saturating_sub(trade.count.unwrap_or(1).max(1) - 1)
}

impl TradeSeq {
    pub fn last(&self) -> Option<u64> {
        self.last
    }

    #[inline]
    pub fn judge(&mut self, trade: &Trade) -> Verdict {
        let Some(last) = self.last else {
            self.last = Some(trade.trade_id);
            return Verdict::Next;
        };
        if trade.trade_id <= last {
            return Verdict::Known;
        }
        if !self.is_looking && (first_id(trade) <= last.saturating_add(1) || self.is_loose) && self.held.is_empty() {
            self.last = Some(trade.trade_id);
            return Verdict::Next;
        }
        self.hold(trade, last)
    }

    #[cold]
    fn hold(&mut self, trade: &Trade, last: u64) -> Verdict {
        let place = self.held.partition_point(|t| t.trade_id < trade.trade_id);
        if self.held.get(place).is_some_and(|t| t.trade_id == trade.trade_id) {
            return Verdict::Known;
        }
        // What fills the hole needs no waiting.
        if !self.is_looking && place == 0 && first_id(trade) <= last.saturating_add(1) {
            self.last = Some(trade.trade_id);
            return Verdict::Next;
        }
        self.held.insert(place, *trade);
        Verdict::Held
    }

    /// The next held trade that has no hole before it any more.
    pub fn pop_ready(&mut self) -> Option<Trade> {
        let last = self.last?;
        let front = self.held.front()?;
        if front.trade_id <= last {
            self.held.pop_front();
            return self.pop_ready();
        }
        if self.is_looking || (first_id(front) > last.saturating_add(1) && !self.is_loose) {
            return None;
        }
        let trade = self.held.pop_front()?;
        self.last = Some(trade.trade_id);
        Some(trade)
    }

    /// What is missing before the first that is held.
    pub fn hole(&self) -> Option<Hole> {
        let (last, front) = (self.last?, self.held.front()?);
        let before = first_id(front).saturating_sub(1);
        (before > last).then_some((last + 1, before))
    }

    pub fn is_full(&self) -> bool {
        self.held.len() > MOST_HELD
    }

    /// Of what was looked up and waits: the first, the last, and how many.
    pub fn recovered(&self) -> Option<(u64, u64, u64)> {
        let ids = || self.held.iter().filter(|t| t.recovered).map(|t| t.trade_id);
        Some((ids().min()?, ids().max()?, ids().count() as u64))
    }

    pub fn is_waiting(&self) -> bool {
        self.is_looking || !self.held.is_empty()
    }

    /// From now on everything is held until [`Self::found`] or [`Self::give_up`].
    pub fn look(&mut self) {
        self.is_looking = self.last.is_some();
    }

    /// Trades that were looked up, in any order. Puts those that are news among the held, marked; returns how many, and
    /// whether the rows reach back to what was handed on.
    pub fn found(&mut self, rows: &[Trade]) -> (usize, bool) {
        let Some(last) = self.last else { return (0, true) };
        let (mut news, mut reaches) = (0, false);
        for row in rows {
            reaches |= row.trade_id <= last.saturating_add(1);
            // A live trade of several matches covers ids that a look-up names one by one.
            let is_covered = self.held.iter().any(|t| !t.recovered && first_id(t) <= row.trade_id && row.trade_id <= t.trade_id);
            if row.trade_id <= last || is_covered {
                continue;
            }
            let place = self.held.partition_point(|t| t.trade_id < row.trade_id);
            if self.held.get(place).is_none_or(|t| t.trade_id != row.trade_id) {
                self.held.insert(place, Trade { recovered: true, ..*row });
                news += 1;
            }
        }
        (news, reaches)
    }

    /// Nothing more will be found. `complete`: what was found is all there is, so remaining holes are none.
    pub fn end(&mut self, complete: bool) {
        self.is_looking = false;
        if complete && self.hole().is_some() {
            self.is_loose = true;
        }
    }

    /// Goes on after the hole; gives it.
    pub fn give_up(&mut self, unbroken: bool) -> Option<Hole> {
        self.is_looking = false;
        let hole = self.hole()?;
        self.last = Some(hole.1);
        if unbroken {
            self.doubts += 1;
            self.is_loose |= self.doubts >= MOST_DOUBTS;
        }
        Some(hole)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::msg::trade::Side;
    use crate::num::Dec;

    fn trade(trade_id: u64, count: u64) -> Trade {
        let one = Dec { mantissa: 1, scale: 0 };
        Trade { trade_id, px: one, sz: one, side: Side::Buy, ts_ms: 1, count: Some(count), source: None, seq_id: None, recovered: false }
    }

    fn ready(seq: &mut TradeSeq) -> Vec<(u64, bool)> {
        std::iter::from_fn(|| seq.pop_ready()).map(|t| (t.trade_id, t.recovered)).collect()
    }

    #[test]
    fn a_count_covers_the_ids_before_it() {
        let mut seq = TradeSeq::default();
        for (id, count, want) in
            [(10, 3, Verdict::Next), (11, 1, Verdict::Next), (14, 3, Verdict::Next), (16, 1, Verdict::Held), (14, 3, Verdict::Known)]
        {
            assert_eq!(seq.judge(&trade(id, count)), want, "{id} of {count}");
        }
        assert_eq!(seq.hole(), Some((15, 15)));
        assert_eq!(seq.judge(&trade(15, 1)), Verdict::Next);
        assert_eq!(ready(&mut seq), [(16, false)]);
        assert!(!seq.is_waiting());
    }

    #[test]
    fn two_connections_out_of_step_give_each_trade_once_in_order() {
        let mut seq = TradeSeq::default();
        let mut out = Vec::new();
        for id in [1, 4, 2, 2, 5, 3, 4, 5, 6, 6] {
            if seq.judge(&trade(id, 1)) == Verdict::Next {
                out.push(id);
            }
            out.extend(ready(&mut seq).into_iter().map(|(id, _)| id));
        }
        assert_eq!(out, [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn what_was_missed_is_looked_up_and_comes_first_and_marked() {
        let mut seq = TradeSeq::default();
        seq.judge(&trade(10, 1));
        seq.look();
        assert_eq!(seq.judge(&trade(15, 2)), Verdict::Held);
        let rows = [15, 14, 13, 12, 11, 10].map(|id| trade(id, 1));
        assert_eq!(seq.found(&rows), (3, true));
        assert_eq!(ready(&mut seq), [], "not before the end of the look-up");
        seq.end(true);
        assert_eq!(ready(&mut seq), [(11, true), (12, true), (13, true), (15, false)]);
    }

    #[test]
    fn a_hole_nobody_can_fill_is_named_and_passed() {
        let mut seq = TradeSeq::default();
        seq.judge(&trade(10, 1));
        assert_eq!(seq.judge(&trade(20, 2)), Verdict::Held);
        assert_eq!(seq.give_up(false), Some((11, 18)));
        assert_eq!(ready(&mut seq), [(20, false)]);
    }

    #[test]
    fn ids_that_have_holes_by_nature_are_not_looked_at_any_more() {
        let mut seq = TradeSeq::default();
        seq.judge(&trade(10, 1));
        assert_eq!(seq.judge(&trade(20, 1)), Verdict::Held);
        assert_eq!(seq.found(&[trade(20, 1), trade(10, 1)]), (0, true));
        seq.end(true);
        assert_eq!(ready(&mut seq), [(20, false)]);
        assert_eq!(seq.judge(&trade(30, 1)), Verdict::Next);
    }

    #[test]
    fn without_anybody_to_ask_three_holes_are_enough() {
        let mut seq = TradeSeq::default();
        seq.judge(&trade(10, 1));
        for id in [20, 30, 40] {
            assert_eq!(seq.judge(&trade(id, 1)), Verdict::Held);
            assert!(seq.give_up(true).is_some());
            assert_eq!(ready(&mut seq), [(id, false)]);
        }
        assert_eq!(seq.judge(&trade(50, 1)), Verdict::Next);
    }

    #[test]
    fn what_waits_has_a_bound() {
        let mut seq = TradeSeq::default();
        seq.judge(&trade(1, 1));
        seq.look();
        let full = (0..=MOST_HELD as u64).position(|n| {
            seq.judge(&trade(10 + n, 1));
            seq.is_full()
        });
        assert_eq!(full, Some(MOST_HELD));
    }
}
