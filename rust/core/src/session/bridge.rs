//! A book's snapshot by REST: where none comes on the socket, and where asking there would cost requests that are scarce.
//!
//! ```text
//! updates of one connection, in one chain ─▶ kept ─┬─▶ the snapshot's seqId is where one of them ends, or the first begins
//!                              GET market/books ───┘      └─▶ the snapshot, then what follows it: the book is valid
//!                                                  anything else: asked again, and in the end subscribed anew
//! ```
//!
//! OKX's procedure also takes a snapshot from within an update (`prevSeqId` ≤ its `seqId` < `seqId`). Not so here: an update
//! tells what differs between its two ends, and a level that changed and changed back between them is not in it.
//!
//! Source: OKX API v5, Order book trading › Market data › GET order book, WS order book channel.

use super::fetch::What;
use super::leg::LegId;
use super::requests::Phase;
use super::{Event, Kind, Notice, OnLeg, SECOND, Session, Sub, SubId};
use crate::book::Validity;
use crate::msg::book::BookMsg;
use crate::time::Stamp;
use std::collections::VecDeque;

/// After an ack, a snapshot on the socket is waited for so long while updates come.
const PATIENCE: u64 = SECOND;
/// So long after a reply that was of no use, the next is asked for.
const PAUSE: u64 = SECOND / 2;
/// A snapshot that is further on than the socket waits so long for it.
const CATCH_UP: u64 = 2 * SECOND;
/// From then on a book is subscribed anew.
const WITHIN: u64 = 30 * SECOND;
/// Replies of no use before that.
const MOST_ASKED: u32 = 4;
/// What is kept of one book.
const MOST_KEPT: usize = 1024;
const MOST_LEVELS: usize = 20_000;
/// Snapshots asked for at the same time.
const AT_ONCE: usize = 6;

/// Channels whose numbers REST shares, with the depth to ask for.
const DEPTHS: [(&str, u32); 3] = [("books", 400), ("books-l2-tbt", 400), ("books50-l2-tbt", 50)];

/// A book on its way from a snapshot by REST to what comes on a connection.
#[derive(Debug)]
pub(super) struct Bridge {
    leg: LegId,
    kept: VecDeque<(Stamp, BookMsg)>,
    levels: usize,
    found: Option<BookMsg>,
    /// The look-up under way.
    fetch: Option<u64>,
    asked: u32,
    /// When it is looked at next.
    due: u64,
}

/// Where a snapshot stands among the updates.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// Followed by those from here on.
    Before(usize),
    /// Further on than they are.
    Ahead,
    /// Older than they are, or from within one.
    Apart,
}

impl Bridge {
    fn new(leg: LegId, due: u64) -> Box<Self> {
        Box::new(Self { leg, kept: VecDeque::new(), levels: 0, found: None, fetch: None, asked: 0, due })
    }

    /// Keeps an update; or why it cannot be.
    fn keep(&mut self, at: Stamp, msg: &BookMsg) -> Result<(), &'static str> {
        let (Some(prev), Some(seq)) = (msg.prev_seq_id, msg.seq_id) else { return Err("updates without numbers") };
        if seq < prev {
            return Err("OKX started its numbers anew");
        }
        if let Some((_, last)) = self.kept.back()
            && last.seq_id != Some(prev)
        {
            if last.seq_id >= Some(seq) && last.ts_ms >= msg.ts_ms {
                return Ok(());
            }
            self.kept.clear();
            self.levels = 0;
        }
        self.levels += msg.bids.len() + msg.asks.len();
        if self.kept.len() == MOST_KEPT || self.levels > MOST_LEVELS {
            return Err("too many updates came meanwhile");
        }
        self.kept.push_back((at, msg.clone()));
        Ok(())
    }

    fn place(&self, snapshot: &BookMsg) -> Place {
        let (Some((_, first)), Some((_, last))) = (self.kept.front(), self.kept.back()) else { return Place::Ahead };
        if snapshot.seq_id == first.prev_seq_id {
            return Place::Before(0);
        }
        let ends_here = |(_, msg): &(Stamp, BookMsg)| msg.seq_id == snapshot.seq_id && msg.ts_ms <= snapshot.ts_ms;
        match self.kept.iter().rposition(ends_here) {
            Some(index) => Place::Before(index + 1),
            None if snapshot.seq_id > last.seq_id => Place::Ahead,
            None => Place::Apart,
        }
    }
}

impl Sub {
    /// The depth to ask for by REST, if its numbers are the channel's.
    pub(super) fn rest_depth(&self) -> Option<u32> {
        DEPTHS.iter().find(|(name, _)| *name == self.arg.channel).map(|(_, depth)| *depth)
    }

    /// When its bridge is to be looked at; not while a reply is under way.
    pub(super) fn bridge_due(&self) -> Option<u64> {
        self.bridge.as_ref().filter(|bridge| bridge.fetch.is_none()).map(|bridge| bridge.due)
    }
}

impl Session {
    /// The room holds an update of a book that has nothing to build on.
    #[cold]
    pub(super) fn keep_update(&mut self, leg: LegId, at: Stamp, id: SubId, on: &mut impl FnMut(Event<'_>)) {
        let recover = self.config.recover;
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        if sub.bridge.is_none() {
            let Some(here) = sub.on.get(leg.ix()).filter(|on| on.snapshot_by.is_some() && !on.has_snapshot) else { return };
            let Some(since) = here.phase.live_since().filter(|_| recover && sub.rest_depth().is_some()) else { return };
            sub.bridge = Some(Bridge::new(leg, at.mono_ns.max(since + PATIENCE)));
            self.next_look = 0;
        }
        let Some(bridge) = sub.bridge.as_mut().filter(|bridge| bridge.leg == leg) else { return };
        match bridge.keep(at, &self.room.book) {
            Err(why) => self.give_up_bridge(at, id, why),
            Ok(()) if bridge.found.is_some() => self.cross(at, id, on),
            Ok(()) => {}
        }
    }

    /// After a gap: where requests are scarce, REST is asked instead of the socket. The room holds what came after the gap.
    pub(super) fn spare_requests(&mut self, leg: LegId, at: Stamp, id: SubId) {
        let now = at.mono_ns;
        let used = self.legs.get(leg.ix()).map_or(0, |l| l.requests.used(now));
        let is_scarce = self.config.recover && !self.merged && used as u64 >= self.config.scarce;
        let Some(sub) = self.subs.get_mut(id.0 as usize).filter(|sub| is_scarce && sub.rest_depth().is_some()) else { return };
        let Some(here) = sub.on.get_mut(leg.ix()) else { return };
        let Phase::Resync { not_before } = here.phase else { return };
        let mut bridge = Bridge::new(leg, not_before.max(now));
        if bridge.keep(at, &self.room.book).is_ok() {
            *here =
                OnLeg { phase: Phase::Live { since: now }, snapshot_by: Some(now + WITHIN), refusals: here.refusals, has_snapshot: false };
            (sub.bridge, sub.told) = (Some(bridge), true);
            self.wake();
        }
    }

    /// How many more snapshots may be asked for now.
    pub(super) fn room_for_books(&self) -> usize {
        let is_asked = |sub: &&Sub| sub.bridge.as_ref().is_some_and(|bridge| bridge.fetch.is_some());
        AT_ONCE.saturating_sub(self.subs.iter().filter(is_asked).count())
    }

    /// Those whose time has come are asked for.
    pub(super) fn look_at_bridges(&mut self, at: Stamp) {
        let mut room = self.room_for_books();
        for index in 0..self.subs.len() {
            let Some(sub) = self.subs.get_mut(index) else { break };
            if sub.bridge_due().is_none_or(|due| due > at.mono_ns) {
                continue;
            }
            if sub.book.as_ref().is_some_and(|book| book.lock().validity() == Validity::Valid) {
                sub.bridge = None;
                continue;
            }
            if room == 0 {
                break;
            }
            let Some(bridge) = &mut sub.bridge else { continue };
            bridge.found = None;
            bridge.asked += 1;
            let id = SubId(index as u32);
            if bridge.asked > MOST_ASKED {
                self.give_up_bridge(at, id, "no snapshot that fits");
            } else {
                room -= 1;
                let fetch = self.fetch(at, What::Book { sub: id });
                if let Some(bridge) = self.subs.get_mut(index).and_then(|sub| sub.bridge.as_mut()) {
                    bridge.fetch = Some(fetch);
                }
            }
        }
    }

    /// The reply to one of them.
    pub(super) fn snapshot_came(
        &mut self,
        at: Stamp,
        id: SubId,
        fetch: u64,
        reply: Result<BookMsg, String>,
        on: &mut impl FnMut(Event<'_>),
    ) {
        let bridge = self.subs.get_mut(id.0 as usize).and_then(|sub| sub.bridge.as_mut());
        let Some(bridge) = bridge.filter(|bridge| bridge.fetch == Some(fetch)) else { return };
        (bridge.fetch, bridge.due) = (None, at.mono_ns + PAUSE);
        if let Ok(msg) = reply {
            (bridge.found, bridge.due) = (Some(msg), at.mono_ns + CATCH_UP);
            self.cross(at, id, on);
        }
        self.wake();
    }

    /// If the snapshot meets what was kept, the book goes on from there.
    fn cross(&mut self, at: Stamp, id: SubId, on: &mut impl FnMut(Event<'_>)) {
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        let Some(bridge) = &mut sub.bridge else { return };
        let Some(found) = bridge.found.take() else { return };
        match bridge.place(&found) {
            Place::Apart => {
                bridge.due = at.mono_ns + PAUSE;
                self.wake();
            }
            Place::Ahead => bridge.found = Some(found),
            Place::Before(index) => {
                let Some(bridge) = sub.bridge.take() else { return };
                let leg = bridge.leg;
                self.stats.bridged.add(1);
                self.room.book = found;
                self.apply(leg, at, id, on);
                for (came, msg) in bridge.kept.into_iter().skip(index) {
                    self.room.book = msg;
                    self.apply(leg, came, id, on);
                }
            }
        }
    }

    fn give_up_bridge(&mut self, at: Stamp, id: SubId, why: &str) {
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        let Some(bridge) = sub.bridge.take() else { return };
        let notice = Notice::new(Kind::Timeout, at).about(&sub.arg).on(bridge.leg);
        self.notices.push((Some(id), notice.saying(format!("no snapshot by REST: {why}, subscribing again"))));
        sub.resync(bridge.leg, at, "no snapshot", &self.stats);
        self.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn msg(prev: i64, seq: i64, ts_ms: u64) -> BookMsg {
        BookMsg { prev_seq_id: Some(prev), seq_id: Some(seq), ts_ms, ..BookMsg::default() }
    }

    fn kept(msgs: &[BookMsg]) -> Bridge {
        let mut bridge = Bridge::new(LegId::FIRST, 0);
        for msg in msgs {
            bridge.keep(Stamp::default(), msg).unwrap_or_default();
        }
        *bridge
    }

    #[test]
    fn a_snapshot_counts_only_at_an_end_of_an_update() {
        let bridge = kept(&[msg(10, 15, 100), msg(15, 15, 160), msg(15, 20, 200)]);
        for (seq, ts_ms, want) in [
            (9, 90, Place::Apart),
            (10, 95, Place::Before(0)),
            // Asked for before the update came, answered after: still what the first follows.
            (10, 300, Place::Before(0)),
            (12, 150, Place::Apart),
            (15, 120, Place::Before(1)),
            (15, 180, Place::Before(2)),
            (15, 90, Place::Apart),
            (19, 300, Place::Apart),
            (20, 300, Place::Before(3)),
            (21, 300, Place::Ahead),
        ] {
            assert_eq!(bridge.place(&msg(-1, seq, ts_ms)), want, "{seq} of {ts_ms}");
        }
        assert_eq!(kept(&[]).place(&msg(-1, 1, 1)), Place::Ahead);
    }

    #[test]
    fn only_one_chain_is_kept_and_not_too_much_of_it() {
        let ids = |bridge: &Bridge| bridge.kept.iter().map(|(_, msg)| msg.seq_id.unwrap_or_default()).collect::<Vec<_>>();
        // What came before a gap is of no use; a repetition is none.
        assert_eq!(ids(&kept(&[msg(1, 2, 1), msg(4, 5, 2), msg(5, 6, 3), msg(5, 6, 3), msg(4, 5, 2), msg(6, 7, 4)])), [5, 6, 7]);
        let mut bridge = kept(&[msg(1, 9, 1)]);
        assert_eq!(bridge.keep(Stamp::default(), &msg(9, 3, 2)), Err("OKX started its numbers anew"));
        assert_eq!(bridge.keep(Stamp::default(), &BookMsg::default()), Err("updates without numbers"));
        let mut bridge = kept(&[]);
        let many = (0..).map(|seq| bridge.keep(Stamp::default(), &msg(seq, seq + 1, 1)));
        assert_eq!(many.take_while(Result::is_ok).count(), MOST_KEPT);
        let row = crate::book::Row::default();
        let large = BookMsg { bids: vec![row; MOST_LEVELS + 1], ..msg(1, 2, 1) };
        assert_eq!(kept(&[]).keep(Stamp::default(), &large), Err("too many updates came meanwhile"));
    }
}
