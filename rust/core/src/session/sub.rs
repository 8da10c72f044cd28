//! One subscription over its connections: where it flows, and how it is asked for anew.

use super::leg::LegId;
use super::recent::{self, Recent};
use super::requests::Phase;
use super::{ASKED, OnLeg, SECOND, Sub};
use crate::book::Validity;
use crate::channel::Payload;
use crate::stats::Stats;
use crate::time::Stamp;
use std::sync::atomic::Ordering::Relaxed;

/// So long after a refusal for good, the next is the first again.
const AFRESH: u64 = 300 * SECOND;

impl Sub {
    /// Whether it flows on a connection, other than `but`.
    pub(super) fn flows_on(&self, but: Option<LegId>) -> bool {
        let is_chained = self.is_chained();
        let flows = |on: &OnLeg| on.phase.is_live() && (!is_chained || on.has_snapshot);
        LegId::all().filter(|leg| Some(*leg) != but).any(|leg| self.on.get(leg.ix()).is_some_and(flows))
    }

    pub(super) fn is_chained(&self) -> bool {
        self.channel.is_some_and(|c| c.payload == Payload::Book)
    }

    /// Whether a frame without numbers is one that no connection has brought before.
    #[inline]
    pub(super) fn is_news(&mut self, leg: LegId, frame: &[u8], merged: bool) -> bool {
        let hash = recent::hash(frame);
        if !merged {
            (self.last_hash, self.last_leg, self.recent) = (hash, leg, None);
            return true;
        }
        let (last_leg, last_hash) = (self.last_leg, self.last_hash);
        self.recent.get_or_insert_with(|| Box::new(Recent::since(last_leg, last_hash))).is_news(leg, hash)
    }

    /// Makes the book invalid and asks for a new snapshot: at once the first time, then ever more slowly.
    pub(super) fn resync(&mut self, leg: LegId, at: Stamp, cause: &str, stats: &Stats) {
        let now = at.mono_ns;
        if let Some(book) = &self.book {
            book.lock().invalidate(Validity::Broken);
        }
        stats.resyncs.add(1);
        if now.saturating_sub(self.resynced_at) > 60 * SECOND {
            self.resyncs = 0;
        }
        let delay = if self.resyncs == 0 || cause == ASKED { 0 } else { (SECOND << (self.resyncs - 1).min(5)).min(30 * SECOND) };
        self.resyncs += 1;
        self.resynced_at = now;
        self.go_blind(at, cause);
        (self.ahead, self.bridge, self.told) = (None, None, false);
        if let Some(here) = self.on.get_mut(leg.ix()) {
            let next = if here.phase.is_with_okx() { Phase::Resync { not_before: now + delay } } else { here.phase };
            *here = OnLeg { phase: next, refusals: here.refusals, ..OnLeg::default() };
        }
    }

    /// Whether a snapshot of the current subscription has come: nothing of an earlier one makes such a book valid.
    pub(super) fn has_snapshot(&self, leg: LegId) -> bool {
        self.is_chained() && self.on.get(leg.ix()).is_some_and(|on| on.has_snapshot)
    }

    /// To be subscribed anew, by a request of its own. Nothing that came so far on this connection counts any more.
    pub(super) fn ask_again(&mut self, leg: LegId, at: Stamp, delay: u64, cause: &str) {
        if !self.flows_on(Some(leg)) {
            if let Some(book) = &self.book {
                let mut book = book.lock();
                if book.validity() == Validity::Valid {
                    book.invalidate(Validity::Broken);
                }
            }
            self.go_blind(at, cause);
            (self.bridge, self.told) = (None, false);
        }
        if let Some(here) = self.on.get_mut(leg.ix()) {
            let phase = Phase::Wanted { not_before: at.mono_ns + delay, alone: true };
            *here = OnLeg { phase, refusals: here.refusals, ..OnLeg::default() };
        }
    }

    /// How long to wait before asking again for what OKX refused for good: from a second, doubled to a minute.
    pub(super) fn insist(&mut self, at: Stamp) -> u64 {
        if at.mono_ns.saturating_sub(self.insisted_at) > AFRESH {
            self.insisted = 0;
        }
        let pause = (SECOND << self.insisted.min(6)).min(60 * SECOND);
        (self.insisted, self.insisted_at) = (self.insisted + 1, at.mono_ns);
        pause
    }

    /// By the user, or by OKX.
    pub(super) fn end(&mut self) {
        self.ended = true;
        self.since.store(0, Relaxed);
        if let Some(book) = &self.book {
            book.lock().invalidate(Validity::Ended);
        }
        (self.blind, self.ahead, self.bridge, self.fill_by, self.recent) = (None, None, None, None, None);
        self.trades = self.trades.take().map(|_| Box::default());
        self.asked.drain(..).for_each(|outcome| outcome.set(Err("the subscription ended".to_owned())));
        for on in &mut self.on {
            on.snapshot_by = None;
            on.phase = match on.phase {
                Phase::Leaving | Phase::Dropping => Phase::Leaving,
                phase if phase.is_with_okx() => Phase::Leave,
                _ => Phase::Off,
            };
        }
    }

    /// OKX does not have it (any more) on this connection.
    pub(super) fn off(&mut self, leg: LegId) {
        if let Some(on) = self.on.get_mut(leg.ix()) {
            *on = OnLeg::default();
        }
    }
}
