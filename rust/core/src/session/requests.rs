//! Subscribe and unsubscribe requests: batched, counted against OKX's budget, matched with their answers.
//!
//! ```text
//! Wanted ─▶ Asked ─▶ Live ─▶ Resync ─▶ Dropping ─▶ Wanted …
//!                      └──▶ Leave ─▶ Leaving ─▶ Ended
//! ```
//!
//! Source: OKX API v5, WebSocket › Subscribe, Unsubscribe, Connection limits (480 requests an hour).

use super::{Config, Kind, Notice, SECOND, Session, SubId};
use crate::book::Validity;
use crate::time::Stamp;
use std::collections::VecDeque;

/// Requests we make in an hour, of the 480 that OKX allows a connection: ten fewer, as its hour is not ours.
const BUDGET: usize = 470;
const HOUR: u64 = 3600 * SECOND;
/// Bytes of one request; OKX closes the connection over 64 KB.
const MOST_BYTES: usize = 60_000;
/// After an error, how long the other answers to the same request may take.
const SETTLE: u64 = SECOND;

/// Where a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// To be asked for; `alone` once a shared request went wrong, so that an error can be told apart.
    Wanted {
        not_before: u64,
        alone: bool,
    },
    Asked,
    Live {
        since: u64,
    },
    /// To be unsubscribed, then wanted again.
    Resync {
        not_before: u64,
    },
    Dropping,
    /// To be unsubscribed for good.
    Leave,
    Leaving,
    Ended,
}

impl Default for Phase {
    fn default() -> Self {
        Self::Wanted { not_before: 0, alone: false }
    }
}

impl Phase {
    #[inline]
    pub(super) fn is_live(self) -> bool {
        matches!(self, Self::Live { .. })
    }

    /// Whether pushes are for a current subscription, not stragglers of an old one.
    #[inline]
    pub(super) fn takes_data(self) -> bool {
        matches!(self, Self::Live { .. } | Self::Asked)
    }

    pub(super) fn is_leaving(self) -> bool {
        matches!(self, Self::Dropping | Self::Leave | Self::Leaving)
    }

    /// Ended by the user, or by OKX.
    pub(super) fn is_for_good(self) -> bool {
        matches!(self, Self::Leave | Self::Leaving | Self::Ended)
    }

    pub(super) fn is_with_okx(self) -> bool {
        !matches!(self, Self::Wanted { .. } | Self::Ended)
    }

    pub(super) fn live_for(self, now: u64) -> u64 {
        match self {
            Self::Live { since } => now.saturating_sub(since),
            _ => 0,
        }
    }

    /// Data may come before its ack.
    pub(super) fn data_came(&mut self, now: u64) {
        if *self == Self::Asked {
            *self = Self::Live { since: now };
        }
    }
}

#[derive(Debug)]
struct Request {
    id: String,
    subscribe: bool,
    /// Not answered yet.
    open: Vec<SubId>,
    deadline: u64,
}

#[derive(Debug, Default)]
pub(super) struct Requests {
    open: Vec<Request>,
    count: u64,
    sent: VecDeque<u64>,
    /// No timer needs a look before then; 0 when that is not known.
    next_look: u64,
}

impl Requests {
    /// Some timer changed.
    pub(super) fn wake(&mut self) {
        self.next_look = 0;
    }

    /// Takes `id` from the open requests of its kind. Whether there was one.
    pub(super) fn answered(&mut self, id: SubId, subscribe: bool) -> bool {
        let mut found = false;
        for request in self.open.iter_mut().filter(|r| r.subscribe == subscribe) {
            if let Some(at) = request.open.iter().position(|&sub| sub == id) {
                request.open.swap_remove(at);
                found = true;
            }
        }
        self.open.retain(|r| !r.open.is_empty());
        self.wake();
        found
    }

    /// An error came for request `id` (or for the only open one, when OKX named none).
    /// Gives the subscription it is about, if there is but one; else the request is left to settle.
    pub(super) fn failed(&mut self, now: u64, id: &str) -> Option<(SubId, bool)> {
        self.wake();
        let at = match self.open.iter().position(|r| r.id == id) {
            Some(at) => at,
            None if id.is_empty() && self.open.len() == 1 => 0,
            None => return None,
        };
        let request = self.open.get_mut(at)?;
        if let [sub] = request.open[..] {
            let subscribe = request.subscribe;
            self.open.remove(at);
            return Some((sub, subscribe));
        }
        request.deadline = request.deadline.min(now + SETTLE);
        None
    }

    fn budget_free_at(&self, now: u64) -> Option<u64> {
        if self.sent.len() < BUDGET {
            return None;
        }
        let recent = self.sent.iter().filter(|&&at| at + HOUR > now).count();
        if recent < BUDGET { None } else { self.sent.front().map(|at| at + HOUR) }
    }

    fn open_new(&mut self, now: u64, subscribe: bool, subs: Vec<SubId>, deadline: u64) -> String {
        self.count += 1;
        self.sent.push_back(now);
        while self.sent.len() > BUDGET {
            self.sent.pop_front();
        }
        let id = format!("{}{}", if subscribe { 's' } else { 'u' }, self.count);
        self.open.push(Request { id: id.clone(), subscribe, open: subs, deadline });
        id
    }
}

impl Session {
    /// The next text frame to send, if any.
    pub fn poll_transmit(&mut self, at: Stamp) -> Option<String> {
        if !self.connected {
            return None;
        }
        let now = at.mono_ns;
        if self.pinged.is_none() && now >= self.heard + self.config.ping_after {
            self.pinged = Some(now);
            return Some("ping".into());
        }
        if now < self.requests.next_look || self.requests.budget_free_at(now).is_some() {
            return None;
        }
        self.next_request(now, false).or_else(|| self.next_request(now, true))
    }

    /// One request for as many subscriptions as are due and fit.
    fn next_request(&mut self, now: u64, subscribe: bool) -> Option<String> {
        let (mut args, mut ids) = (String::new(), Vec::new());
        for (index, sub) in self.subs.iter_mut().enumerate() {
            let (due, alone_now, next) = match (sub.phase, subscribe) {
                (Phase::Wanted { not_before, alone }, true) => (not_before <= now, alone, Phase::Asked),
                (Phase::Resync { not_before }, false) => (not_before <= now, false, Phase::Dropping),
                (Phase::Leave, false) => (true, false, Phase::Leaving),
                _ => continue,
            };
            if !due || (alone_now && !ids.is_empty()) {
                continue;
            }
            let arg = sub.arg.to_json();
            if !ids.is_empty() && args.len() + arg.len() > MOST_BYTES {
                break;
            }
            if !ids.is_empty() {
                args.push(',');
            }
            args.push_str(&arg);
            ids.push(SubId(index as u32));
            sub.phase = next;
            if alone_now {
                break;
            }
        }
        if ids.is_empty() {
            return None;
        }
        let op = if subscribe { "subscribe" } else { "unsubscribe" };
        let id = self.requests.open_new(now, subscribe, ids, now + self.config.answer_within);
        self.requests.wake();
        Some(format!("{{\"id\":\"{id}\",\"op\":\"{op}\",\"args\":[{args}]}}"))
    }

    /// When `handle_timeout` is to be called, at the latest.
    pub fn poll_timeout(&mut self) -> Option<u64> {
        if !self.connected {
            return None;
        }
        let life = match self.pinged {
            Some(at) => at + self.config.pong_within,
            None => self.heard + self.config.ping_after,
        };
        if self.requests.next_look == 0 {
            let budget = self.requests.budget_free_at(self.heard);
            let requests = self.requests.open.iter().map(|r| r.deadline);
            let subs = self.subs.iter().flat_map(|s| {
                let due = match s.phase {
                    Phase::Wanted { not_before, .. } | Phase::Resync { not_before } => Some(not_before.max(budget.unwrap_or(0))),
                    Phase::Leave => Some(budget.unwrap_or(0)),
                    _ => None,
                };
                [due, s.snapshot_by]
            });
            self.requests.next_look = requests.chain(subs.flatten()).min().unwrap_or(u64::MAX).max(1);
        }
        Some(life.min(self.requests.next_look))
    }

    /// Why the connection is to be given up, if it is.
    pub fn poll_failure(&self, at: Stamp) -> Option<&'static str> {
        let now = at.mono_ns;
        if self.pinged.is_some_and(|pinged| now >= pinged + self.config.pong_within) {
            return Some("no answer to ping");
        }
        // A new connection has a new budget; waiting would leave a book broken for up to an hour.
        let free_at = self.requests.budget_free_at(now)?;
        let is_due = |phase| matches!(phase, Phase::Wanted { not_before, .. } | Phase::Resync { not_before } if not_before <= now);
        let waits = free_at > now + self.config.answer_within && self.subs.iter().any(|s| is_due(s.phase));
        waits.then_some("the requests OKX allows a connection in an hour are used up")
    }

    /// A deadline has passed.
    pub fn handle_timeout(&mut self, at: Stamp, mut on: impl FnMut(super::Event<'_>)) {
        let now = at.mono_ns;
        if now < self.requests.next_look {
            return;
        }
        let late = self.requests.open.extract_if(.., |r| r.deadline <= now).collect::<Vec<_>>();
        for request in late {
            for id in request.open {
                self.unanswered(at, id, request.subscribe);
            }
        }
        for index in 0..self.subs.len() {
            let Some(sub) = self.subs.get_mut(index) else { break };
            if sub.snapshot_by.is_some_and(|by| by <= now) {
                sub.resync(now, &self.stats);
                let notice = Notice::new(Kind::Timeout, at).about(&sub.arg).saying("no snapshot in time, subscribing again");
                self.notices.push((Some(SubId(index as u32)), notice));
            }
        }
        self.requests.wake();
        self.tell(&mut on);
    }

    /// A request settled without an answer for `id`.
    fn unanswered(&mut self, at: Stamp, id: SubId, subscribe: bool) {
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        let now = at.mono_ns;
        match (sub.phase, subscribe) {
            // Alone, so that an error can be told apart; a little later, so that a silent server is not flooded.
            (Phase::Asked, true) => sub.ask_again(now, SECOND),
            // What came may be stragglers of the one before, unless it was a snapshot.
            (Phase::Live { .. }, true) if !sub.has_snapshot() => sub.ask_again(now, SECOND),
            // Asking for a subscription that may still stand brings an ack, and on OKX a snapshot.
            (Phase::Dropping, false) => sub.phase = Phase::default(),
            (Phase::Leaving, false) => sub.phase = Phase::Ended,
            _ => return,
        }
        let op = if subscribe { "subscribe" } else { "unsubscribe" };
        self.notices.push((Some(id), Notice::new(Kind::Timeout, at).about(&sub.arg).saying(format!("no answer to {op}"))));
    }

    /// OKX confirmed a subscription.
    pub(super) fn confirmed(&mut self, at: Stamp, id: SubId, config: Config) {
        // OKX may repeat an ack.
        if !self.requests.answered(id, true) {
            return;
        }
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        sub.phase.data_came(at.mono_ns);
        sub.refusals = 0;
        // A late ack may be for a subscription that is being dropped already.
        if !sub.phase.is_live() {
            return;
        }
        if let Some(book) = &sub.book
            && book.lock().validity() != Validity::Valid
        {
            sub.snapshot_by = Some(at.mono_ns + config.answer_within);
        }
        self.notices.push((Some(id), Notice::new(Kind::Subscribed, at).about(&sub.arg)));
    }

    /// OKX confirmed the end of a subscription, or ended it by itself. `answer`: it named an unsubscribe request of ours.
    pub(super) fn dropped(&mut self, at: Stamp, id: SubId, answer: bool) {
        let asked = self.requests.answered(id, false);
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        match sub.phase {
            Phase::Dropping => {
                sub.phase = Phase::default();
                return;
            }
            Phase::Leaving | Phase::Leave => sub.phase = Phase::Ended,
            // A late or repeated ack of a resync that has moved on.
            _ if asked || answer || !sub.phase.is_with_okx() || sub.phase == Phase::Asked => return,
            _ => {}
        }
        let own = sub.phase == Phase::Ended;
        let kind = if own { Kind::Unsubscribed } else { Kind::Refused };
        let notice = Notice::new(kind, at).about(&sub.arg);
        let notice = if own { notice } else { notice.saying("OKX ended this subscription: asking once more") };
        if !own {
            // It may be a repeated ack without an id; if OKX means it, it refuses.
            sub.ask_again(at.mono_ns, SECOND);
        }
        self.notices.push((Some(id), notice));
    }
}
