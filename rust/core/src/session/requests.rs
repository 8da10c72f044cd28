//! Subscribe and unsubscribe requests: batched, counted against OKX's budget, matched with their answers.
//!
//! ```text
//! Wanted ─▶ Asked ─▶ Live ─▶ Resync ─▶ Dropping ─▶ Wanted …
//!                      └──▶ Leave ─▶ Leaving ─▶ Ended
//! ```
//!
//! Source: OKX API v5, WebSocket › Subscribe, Unsubscribe, Connection limits (480 requests an hour).

use super::leg::{Leg, LegId, Login};
use super::{Kind, Notice, OnLeg, SECOND, Session, SubId};
use crate::book::Validity;
use crate::secret::Secret;
use crate::time::Stamp;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::atomic::Ordering::Relaxed;

/// Requests we make in an hour, of the 480 that OKX allows a connection: ten fewer, as its hour is not ours.
const BUDGET: usize = 470;
/// From here on the connection is replaced, which brings a budget of its own.
const SPENT: usize = 440;
const HOUR: u64 = 3600 * SECOND;
/// Requests in an hour that go at once; after them the pause between two doubles with each such number more.
const FREE: usize = 60;
/// The first such pause: many books that break together share a request.
const PAUSE: u64 = SECOND / 20;
/// Bytes of one request; OKX closes the connection over 64 KB.
const MOST_BYTES: usize = 60_000;
/// After an error, how long the other answers to the same request may take.
const SETTLE: u64 = SECOND;

/// Where a subscription stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// Not on this connection.
    #[default]
    Off,
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
}

impl Phase {
    pub(super) const WANTED: Self = Self::Wanted { not_before: 0, alone: false };

    #[inline]
    pub(super) fn is_live(self) -> bool {
        matches!(self, Self::Live { .. })
    }

    /// Since when it flows, if it does.
    pub(super) fn live_since(self) -> Option<u64> {
        match self {
            Self::Live { since } => Some(since),
            _ => None,
        }
    }

    /// Whether pushes are for a current subscription, not stragglers of an old one.
    #[inline]
    pub(super) fn takes_data(self) -> bool {
        matches!(self, Self::Live { .. } | Self::Asked)
    }

    pub(super) fn is_leaving(self) -> bool {
        matches!(self, Self::Dropping | Self::Leave | Self::Leaving)
    }

    pub(super) fn is_with_okx(self) -> bool {
        !matches!(self, Self::Wanted { .. } | Self::Off)
    }

    /// Data may come before its ack.
    pub(super) fn data_came(&mut self, now: u64) {
        if *self == Self::Asked {
            *self = Self::Live { since: now };
        }
    }
}

/// A text frame of ours.
#[derive(Debug)]
pub enum Outgoing {
    Text(String),
    /// It holds a signature and a passphrase: to be wiped, and not to be written down.
    Login(Secret),
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
}

impl Requests {
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
        found
    }

    /// An error came for request `id` (or for the only open one, when OKX named none).
    /// Gives the subscription it is about, if there is but one; else the request is left to settle.
    pub(super) fn failed(&mut self, now: u64, id: &str) -> Option<(SubId, bool)> {
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

    /// Requests sent within the last hour.
    pub(super) fn used(&self, now: u64) -> usize {
        self.sent.iter().filter(|&&at| at + HOUR > now).count()
    }

    /// Whether so many are used up that the connection is to be replaced.
    pub(super) fn is_spent(&self, now: u64) -> bool {
        self.sent.len() >= SPENT && self.used(now) >= SPENT
    }

    /// When the next one may go.
    pub(super) fn free_at(&self, now: u64) -> u64 {
        let Some(last) = self.sent.back().filter(|_| self.sent.len() >= FREE) else { return 0 };
        match self.used(now) {
            used if used >= BUDGET => self.sent.front().map_or(0, |at| at + HOUR),
            used if used >= FREE => last + (PAUSE << ((used - FREE) / FREE).min(8)),
            _ => 0,
        }
    }

    /// A request that is no subscription: it counts, too.
    pub(super) fn count_other(&mut self, now: u64) {
        self.sent.push_back(now);
        while self.sent.len() > BUDGET {
            self.sent.pop_front();
        }
    }

    pub(super) fn deadline(&self) -> Option<u64> {
        self.open.iter().map(|r| r.deadline).min()
    }

    /// Takes out those whose time is over: their subscriptions, and whether they were to be subscribed.
    fn late(&mut self, now: u64) -> Vec<(Vec<SubId>, bool)> {
        self.open.extract_if(.., |r| r.deadline <= now).map(|r| (r.open, r.subscribe)).collect()
    }

    fn open_new(&mut self, now: u64, subscribe: bool, subs: Vec<SubId>, deadline: u64) -> String {
        self.count += 1;
        self.count_other(now);
        let id = format!("{}{}", if subscribe { 's' } else { 'u' }, self.count);
        self.open.push(Request { id: id.clone(), subscribe, open: subs, deadline });
        id
    }
}

impl Session {
    /// The next text frame to send on this connection, if any.
    pub fn poll_transmit(&mut self, leg: LegId, at: Stamp) -> Option<Outgoing> {
        let (now, next_look) = (at.mono_ns, self.next_look);
        let this = self.legs.get_mut(leg.ix()).filter(|l| l.is_up() && !l.closing)?;
        if std::mem::take(&mut this.ping) {
            return Some(Outgoing::Text("ping".into()));
        }
        if this.login == Login::Wanted {
            this.login = Login::Asked { by: now + self.config.answer_within };
            this.requests.count_other(now);
            self.wake();
            return self.login_frame(at).map(Outgoing::Login);
        }
        if !this.is_open() || now < next_look || this.requests.free_at(now) > now {
            return None;
        }
        self.next_request(leg, now, false).or_else(|| self.next_request(leg, now, true)).map(Outgoing::Text)
    }

    /// Source: OKX API v5, WebSocket › Login.
    fn login_frame(&self, at: Stamp) -> Option<Secret> {
        let credentials = self.credentials.as_ref()?;
        let seconds = (at.wall_ns / 1_000_000).saturating_add_signed(self.clock_offset_ms) / 1000;
        let timestamp = seconds.to_string();
        let sign = credentials.signer().sign_login(&timestamp);
        // Written piece by piece into one buffer of the right size, which is wiped: nothing of it is left behind.
        let phrase = std::str::from_utf8(credentials.passphrase().expose()).unwrap_or_default();
        let mut frame = Vec::with_capacity(256 + credentials.key().len() + 6 * phrase.len());
        frame.extend_from_slice(b"{\"op\":\"login\",\"args\":[{\"apiKey\":");
        frame.extend_from_slice(Value::from(credentials.key()).to_string().as_bytes());
        frame.extend_from_slice(b",\"passphrase\":\"");
        for byte in phrase.bytes() {
            // Control characters are refused where credentials are made.
            if matches!(byte, b'"' | b'\\') {
                frame.push(b'\\');
            }
            frame.push(byte);
        }
        frame.extend_from_slice(b"\",\"timestamp\":\"");
        frame.extend_from_slice(timestamp.as_bytes());
        frame.extend_from_slice(b"\",\"sign\":\"");
        frame.extend_from_slice(sign.as_str().as_bytes());
        frame.extend_from_slice(b"\"}]}");
        Some(Secret::new(frame))
    }

    /// One request for as many subscriptions as are due and fit.
    fn next_request(&mut self, leg: LegId, now: u64, subscribe: bool) -> Option<String> {
        let (mut args, mut ids) = (String::new(), Vec::new());
        for (index, sub) in self.subs.iter_mut().enumerate() {
            let Some(here) = sub.on.get_mut(leg.ix()) else { continue };
            let (due, alone_now, next) = match (here.phase, subscribe) {
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
            here.phase = next;
            if alone_now {
                break;
            }
        }
        if ids.is_empty() {
            return None;
        }
        let op = if subscribe { "subscribe" } else { "unsubscribe" };
        let id = self.legs.get_mut(leg.ix())?.requests.open_new(now, subscribe, ids, now + self.config.answer_within);
        self.wake();
        Some(format!("{{\"id\":\"{id}\",\"op\":\"{op}\",\"args\":[{args}]}}"))
    }

    /// When a request of this connection is due, if one waits; a spent budget does not make it wait, it ends the connection.
    pub(super) fn request_due(&self, leg: LegId, this: &Leg, now: u64) -> Option<u64> {
        let free = if this.drain.is_none() && this.requests.is_spent(now) { 0 } else { this.requests.free_at(now) };
        let due = |on: &OnLeg| match on.phase {
            Phase::Wanted { not_before, .. } | Phase::Resync { not_before } => Some(not_before.max(free)),
            Phase::Leave => Some(free),
            _ => None,
        };
        self.subs.iter().filter_map(|s| s.on.get(leg.ix()).and_then(due)).min()
    }

    /// Requests and snapshots whose time is over.
    pub(super) fn overdue(&mut self, at: Stamp) {
        let now = at.mono_ns;
        for leg in LegId::all() {
            let Some(this) = self.legs.get_mut(leg.ix()).filter(|l| l.is_up()) else { continue };
            for (subs, subscribe) in this.requests.late(now) {
                for id in subs {
                    self.unanswered(leg, at, id, subscribe);
                }
            }
        }
        for (index, sub) in self.subs.iter_mut().enumerate() {
            for leg in LegId::all() {
                if sub.on.get(leg.ix()).is_some_and(|on| on.snapshot_by.is_some_and(|by| by <= now)) {
                    let notice = Notice::new(Kind::Timeout, at).about(&sub.arg).on(leg);
                    self.notices.push((Some(SubId(index as u32)), notice.saying("no snapshot in time, subscribing again")));
                    // While another connection carries the book, nothing is broken.
                    if sub.flows_on(Some(leg)) {
                        if let Some(on) = sub.on.get_mut(leg.ix()) {
                            *on = OnLeg { phase: Phase::Resync { not_before: now }, refusals: on.refusals, ..OnLeg::default() };
                        }
                    } else {
                        sub.resync(leg, at, "no snapshot", &self.stats);
                    }
                }
            }
        }
    }

    /// A request settled without an answer for `id`.
    fn unanswered(&mut self, leg: LegId, at: Stamp, id: SubId, subscribe: bool) {
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        let Some(phase) = sub.on.get(leg.ix()).map(|on| on.phase) else { return };
        let op = if subscribe { "subscribe" } else { "unsubscribe" };
        let next = match (phase, subscribe) {
            // Alone, so that an error can be told apart; a little later, so that a silent server is not flooded.
            (Phase::Asked, true) => None,
            // What came may be stragglers of the one before, unless it was a snapshot.
            (Phase::Live { .. }, true) if !sub.has_snapshot(leg) => None,
            // Asking for a subscription that may still stand brings an ack, and on OKX a snapshot.
            (Phase::Dropping, false) => Some(Phase::WANTED),
            (Phase::Leaving, false) => Some(Phase::Off),
            _ => return,
        };
        match (next, sub.on.get_mut(leg.ix())) {
            (Some(next), Some(on)) => on.phase = next,
            _ => sub.ask_again(leg, at, SECOND, "no answer to subscribe"),
        }
        let notice = Notice::new(Kind::Timeout, at).about(&sub.arg).on(leg).saying(format!("no answer to {op}"));
        self.notices.push((Some(id), notice));
    }

    /// OKX confirmed a subscription.
    pub(super) fn confirmed(&mut self, leg: LegId, at: Stamp, id: SubId) {
        // OKX may repeat an ack.
        if !self.legs.get_mut(leg.ix()).is_some_and(|l| l.requests.answered(id, true)) {
            return;
        }
        self.wake();
        let by = at.mono_ns + self.config.answer_within;
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        let is_chained = sub.is_chained();
        let Some(here) = sub.on.get_mut(leg.ix()) else { return };
        here.phase.data_came(at.mono_ns);
        here.refusals = 0;
        // A late ack may be for a subscription that is being dropped already.
        if !here.phase.is_live() {
            return;
        }
        let is_waiting = |book: &super::SharedBook| book.lock().validity() != Validity::Valid;
        if (is_chained && !here.has_snapshot) || sub.book.as_ref().is_some_and(is_waiting) {
            here.snapshot_by = Some(by);
        }
        if !std::mem::replace(&mut sub.told, true) {
            self.notices.push((Some(id), Notice::new(Kind::Subscribed, at).about(&sub.arg).on(leg)));
        }
        self.flows(leg, at, id);
    }

    /// A subscription flows on this connection: by its ack, or by data that came before.
    pub(super) fn flows(&mut self, leg: LegId, at: Stamp, id: SubId) {
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        // Of a book, the snapshot says so.
        if sub.book.is_none() {
            sub.served = true;
            if sub.since.load(Relaxed) == 0 {
                sub.since.store(at.mono_ns.max(1), Relaxed);
            }
            // What is silent counts from here.
            sub.heard = if sub.heard.mono_ns == 0 { at } else { sub.heard };
            if let Some(blind) = sub.blind.take() {
                self.stats.blind.add(1);
                self.notices.push((Some(id), blind.notice(&sub.arg, at)));
                sub.heard = at;
                self.look_up(at, id);
            }
        }
        self.look_joined(leg, at);
    }

    /// OKX confirmed the end of a subscription, or ended it by itself. `answer`: it named an unsubscribe request of ours.
    pub(super) fn dropped(&mut self, leg: LegId, at: Stamp, id: SubId, answer: bool) {
        let asked = self.legs.get_mut(leg.ix()).is_some_and(|l| l.requests.answered(id, false));
        self.wake();
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        let Some(here) = sub.on.get_mut(leg.ix()) else { return };
        match here.phase {
            Phase::Dropping => {
                here.phase = Phase::WANTED;
                return;
            }
            Phase::Leaving | Phase::Leave => here.phase = Phase::Off,
            // A late or repeated ack of a resync that has moved on.
            _ if asked || answer || !here.phase.is_with_okx() || here.phase == Phase::Asked => return,
            _ => {}
        }
        let own = here.phase == Phase::Off;
        if own && (!sub.ended || sub.on.iter().any(|on| on.phase != Phase::Off)) {
            return;
        }
        let kind = if own { Kind::Unsubscribed } else { Kind::Refused };
        let notice = Notice::new(kind, at).about(&sub.arg).on(leg);
        let notice = if own { notice } else { notice.saying("OKX ended this subscription: asking once more").passing() };
        if !own {
            // It may be a repeated ack without an id; if OKX means it, it refuses.
            sub.ask_again(leg, at, SECOND, "ended by OKX");
        }
        self.notices.push((Some(id), notice));
    }
}
