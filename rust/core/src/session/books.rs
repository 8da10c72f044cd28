//! Books: messages applied to them, connections that are ahead of them, and faults.
//!
//! ```text
//! room ─▶ Book::apply ─▶ Applied ─▶ Event::Book        (a snapshot ends a blind spot)
//!                     ├▶ Known · Ahead: another connection brought it, or is about to bring what lies between
//!                     └▶ Fault: the book is invalid, its user hears of it, a new snapshot is asked for
//! ```

use super::leg::LegId;
use super::{Ahead, Event, Kind, Notice, SECOND, Session, Sub, SubId};
use crate::book::{Applied, Book, Fault, Link, Quote, Verdict};
use crate::channel::Channel;
use crate::msg::book::Action as BookAction;
use crate::stats::Stats;
use crate::time::Stamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A connection that is ahead of the book is believed after this.
const DOUBT: u64 = SECOND;

/// A book shared with whoever reads it. Held only for one message or one read.
#[derive(Clone, Debug)]
pub struct SharedBook(Arc<Mutex<Book>>);

impl SharedBook {
    pub fn new(channel: &Channel) -> Self {
        Self(Arc::new(Mutex::new(Book::new(channel))))
    }

    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, Book> {
        // A panic while the lock was held would leave a book whose checks still guard it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What came of a book message that was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookUpdate {
    pub action: BookAction,
    pub seq_id: Option<i64>,
    pub prev_seq_id: Option<i64>,
    /// OKX's clock, milliseconds.
    pub ts_ms: u64,
    pub best_bid: Option<Quote>,
    pub best_ask: Option<Quote>,
}

impl Session {
    #[inline]
    pub(super) fn apply(&mut self, leg: LegId, at: Stamp, id: SubId, on: &mut impl FnMut(Event<'_>)) {
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        let Some(shared) = &sub.book else { return };
        let msg = &self.room.book;
        let (verdict, update) = {
            let mut book = shared.lock();
            let verdict = book.apply(at, msg, self.merged);
            let update = match (&verdict, book.sides()) {
                (Ok(Verdict::Applied(_)), Ok((bids, asks))) => Some(BookUpdate {
                    action: msg.action,
                    seq_id: msg.seq_id,
                    prev_seq_id: msg.prev_seq_id,
                    ts_ms: msg.ts_ms,
                    best_bid: bids.best(),
                    best_ask: asks.best(),
                }),
                _ => None,
            };
            (verdict, update)
        };
        let is_start = msg.action != BookAction::Update;
        match (verdict, update) {
            (Ok(Verdict::Applied(applied)), Some(update)) => {
                count(&self.stats, applied);
                if sub.ahead.is_some() {
                    sub.in_step(leg, update.seq_id);
                }
                if is_start {
                    self.started_book(leg, at, id, on);
                }
                on(Event::Book(id, &update));
            }
            (Ok(Verdict::Known), _) => {
                self.stats.known.add(1);
                if sub.ahead.is_some() {
                    sub.in_step(leg, None);
                }
                if is_start {
                    self.started_book(leg, at, id, on);
                }
            }
            (Ok(Verdict::Ahead), _) => {
                self.stats.ahead.add(1);
                if sub.ahead.is_none() {
                    sub.ahead = Some(Ahead { leg, seq_id: msg.seq_id, by: at.mono_ns + DOUBT });
                    self.wake();
                }
            }
            (Err(fault), _) => {
                let notice = sub.fault(leg, at, fault, &self.stats);
                if matches!(fault, Fault::Gap { .. }) {
                    self.spare_requests(leg, at, id);
                }
                self.wake();
                on(Event::Notice(Some(id), &notice));
            }
            (Ok(Verdict::Skipped | Verdict::Applied(_)), _) => {
                self.stats.skipped.add(1);
                self.keep_update(leg, at, id, on);
            }
        }
    }

    /// A snapshot (or a whole book) came, news or not: this connection carries the book from here on.
    #[inline]
    fn started_book(&mut self, leg: LegId, at: Stamp, id: SubId, on: &mut impl FnMut(Event<'_>)) {
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        let Some(here) = sub.on.get_mut(leg.ix()) else { return };
        if here.has_snapshot && here.snapshot_by.is_none() && sub.blind.is_none() && sub.served {
            return;
        }
        (here.has_snapshot, here.snapshot_by, sub.served, sub.bridge) = (true, None, true, None);
        if let Some(blind) = sub.blind.take() {
            let ms = at.mono_ns.saturating_sub(blind.since.mono_ns) / 1_000_000;
            let words = format!("valid again after {ms} ms");
            sub.asked.drain(..).for_each(|outcome| outcome.set(Ok(words.clone())));
            let notice = Notice::new(Kind::Resynced, at).about(&sub.arg).on(leg).saying(words);
            on(Event::Notice(Some(id), &notice.spanning(blind.since, at).because(&blind.cause)));
            self.stats.blind.add(1);
            on(Event::Notice(Some(id), &blind.notice(&sub.arg, at)));
        }
        self.wake();
        self.look_joined(leg, at);
    }
}

fn count(stats: &Stats, applied: Applied) {
    match applied.link {
        Link::Snapshot => stats.snapshots.add(1),
        Link::Idle => {
            stats.updates_verified.add(1);
            stats.keepalives.add(1);
        }
        Link::Reset => {
            stats.updates_verified.add(1);
            stats.resets.add(1);
        }
        Link::Next => stats.updates_verified.add(1),
        // Without numbers only the checksum can vouch for an update.
        Link::Unnumbered => stats.updates_verified.add(u64::from(applied.checksum_ok)),
        Link::Gap { .. } => {}
    }
    if applied.checksum_ok {
        stats.checksums_ok.add(1);
    }
}

impl Sub {
    /// A connection is in step with the book again, or the book with it.
    #[cold]
    fn in_step(&mut self, leg: LegId, seq_id: Option<i64>) {
        if self.ahead.is_some_and(|a| a.leg == leg || (seq_id.is_some() && seq_id >= a.seq_id)) {
            self.ahead = None;
        }
    }

    /// A book message could not be applied: the book is already invalid.
    fn fault(&mut self, leg: LegId, at: Stamp, fault: Fault, stats: &Stats) -> Notice {
        let shown = |v: Option<i64>| v.map_or_else(|| "none".to_owned(), |v| v.to_string());
        let (kind, expected, got) = match fault {
            Fault::Gap { expected, got } => {
                stats.gaps.add(1);
                (Kind::Gap, shown(expected), shown(got))
            }
            Fault::Checksum { expected, got } => {
                stats.checksums_bad.add(1);
                (Kind::Checksum, expected.to_string(), got.to_string())
            }
            Fault::Old { expected, got } => {
                stats.stale.add(1);
                (Kind::Stale, shown(expected.0), shown(got.0))
            }
            Fault::Overflow => (Kind::Malformed, "prices that fit 64 bits at one scale".to_owned(), "more digits".to_owned()),
        };
        self.resync(leg, at, kind.as_str(), stats);
        Notice::new(kind, at).about(&self.arg).on(leg).saying(format!("{}: {fault}", self.arg.inst_id())).expected(expected, got)
    }
}
