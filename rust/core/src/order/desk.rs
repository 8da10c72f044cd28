//! Calls on their way, each to one of three words.
//!
//! ```text
//! begin ─▶ waiting ─ answer ─▶ CONFIRMED · REJECTED
//!             └ no answer in time · connection lost · a code that leaves it open
//!                   └─▶ in doubt ─ question by clOrdId or ordId · row of the `orders` channel · late answer
//!                          ├─▶ CONFIRMED · REJECTED   where one of them proves it
//!                          └─▶ UNKNOWN                where none did in time, with all that is known
//! ```
//!
//! What proves what:
//!
//! - A place is confirmed by an order with its clOrdId that was made after the call: OKX keeps a clOrdId from reuse only
//!   while its order is open, so an older one with the same name is another order.
//! - That no such order is there proves nothing while the request may still be taken: only with an `expTime` that has
//!   passed on OKX's clock does it reject the place.
//! - A cancel is confirmed by the order being canceled, whoever did it, and rejected by its being filled.
//! - An amendment is judged by its `reqId` where it has one, else by the order having the new price and size. That it has
//!   not proves nothing where another amendment of ours may have come after it.
//!
//! Nothing is ever sent again. Call order: as in [`crate::session`]; after every `handle_*`, `poll_done` and `poll_query`
//! until `None`, then `poll_timeout`.
//!
//! Source: OKX API v5, Order book trading › Trade › Place order, Order details, WS Order channel.

mod amended;
mod line;
mod pending;
#[cfg(test)]
mod tests;

use super::answer::Answer;
use super::seen::Seen;
use super::{Does, Id, Op};
use crate::num::Num;
use crate::time::Stamp;
use amended::{Amendments, Sent};
use line::Line;
use pending::{Pending, server_ms};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::sync::Arc;

const MS: u64 = 1_000_000;
/// Pause after the first question, doubled with each.
const FIRST_PAUSE: u64 = 100 * MS;
const MOST_PAUSE: u64 = 2_000 * MS;
/// Orders remembered by their clOrdId.
const MOST_NAMED: usize = 10_000;
/// Once a row has proved it, the answer itself is waited for no longer than this.
const PROVED: u64 = 250 * MS;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// OKX took it: it said so, or its order shows it.
    Confirmed,
    /// OKX did not do it, and will not.
    Rejected,
    /// It may have been done.
    Unknown,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "CONFIRMED",
            Self::Rejected => "REJECTED",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// What says how a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// OKX's answer to it.
    Answer,
    /// A row of the `orders` channel.
    Push,
    /// The answer to a question after the order.
    Query,
    /// Nothing does.
    None,
}

impl Proof {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Push => "push",
            Self::Query => "query",
            Self::None => "",
        }
    }
}

/// Times in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// A call in doubt is resolved within this, or its outcome is unknown.
    pub resolve_within: u64,
    /// By so much a time of OKX's and ours may differ once the clocks were compared, milliseconds.
    pub clock_slack_ms: u64,
    /// OKX has dropped what is so much later than its expTime, milliseconds.
    pub expiry_slack_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { resolve_within: 10_000 * MS, clock_slack_ms: 1000, expiry_slack_ms: 1000 }
    }
}

/// One order that a call is about.
#[derive(Clone, Debug)]
pub struct Asked {
    /// instId or sprdId.
    pub inst: Arc<str>,
    pub ord_id: Id,
    pub cl_ord_id: Id,
    /// Of an amendment.
    pub new_px: Option<Num>,
    pub new_sz: Option<Num>,
    pub req_id: Id,
}

/// A call that is about to be sent.
#[derive(Debug)]
pub struct Call<T> {
    /// The request's `id`, never used before.
    pub id: u64,
    pub op: Op,
    /// The connection it goes over; numbers of connections are never used again. 0: it goes by REST.
    pub line: u64,
    pub called: Stamp,
    /// Without an answer by then (monotonic) it is in doubt.
    pub answer_by: u64,
    pub exp_ms: Option<u64>,
    pub asked: Vec<Asked>,
    /// The caller's own.
    pub ticket: T,
}

impl<T> Call<T> {
    fn sent(&self) -> Sent {
        Sent { call: self.id, at: self.called.mono_ns, line: self.line }
    }
}

/// How it went with one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub outcome: Outcome,
    pub proof: Proof,
    pub inst: Arc<str>,
    pub ord_id: String,
    pub cl_ord_id: String,
    pub tag: String,
    pub req_id: String,
    /// OKX's, where it refused: the item's, else that of the whole request.
    pub code: String,
    pub sub_code: String,
    pub msg: String,
    pub ts_ms: Option<u64>,
    /// Why the answer did not settle it; empty if it did.
    pub doubt: String,
    /// How often OKX was asked after the order.
    pub queries: u32,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub id: u64,
    pub op: Op,
    pub items: Vec<Item>,
    pub code: String,
    pub msg: String,
    pub called: Stamp,
    /// When its answer came; `None`: it never did.
    pub answered: Option<Stamp>,
    pub in_time_us: Option<u64>,
    pub out_time_us: Option<u64>,
    pub exp_ms: Option<u64>,
    /// When the last of its orders was settled.
    pub settled: Stamp,
}

/// A question after an order: `trade/order`, or `sprd/order` for `sprd`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub id: u64,
    pub sprd: bool,
    pub inst: Arc<str>,
    /// One of the two is not empty.
    pub ord_id: String,
    pub cl_ord_id: String,
}

/// How many calls ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub calls: u64,
    pub confirmed: u64,
    pub rejected: u64,
    pub unknown: u64,
    /// Calls that were in doubt for a while.
    pub doubted: u64,
    pub queries: u64,
    /// Answers to no call that waits: doubled, or too late.
    pub unmatched: u64,
}

/// All calls of a client that are not over. `T`: what the caller wants back with a report.
#[derive(Debug)]
pub struct Desk<T> {
    config: Config,
    calls: FxHashMap<u64, Pending<T>>,
    done: VecDeque<(T, Report)>,
    queries: VecDeque<Query>,
    last_query: u64,
    amended: Amendments,
    /// No deadline lies before it.
    next: u64,
    offset_ms: i64,
    counts: Counts,
    named: Named,
}

/// The newest order known by each clOrdId, of the last so many.
#[derive(Debug, Default)]
struct Named {
    orders: FxHashMap<Id, Id>,
    oldest: VecDeque<Id>,
}

impl Named {
    fn put(&mut self, cl_ord_id: &str, ord_id: &str) {
        let (Some(cl_ord_id), Some(ord_id)) = (Id::new(cl_ord_id), Id::new(ord_id)) else { return };
        if cl_ord_id.is_empty() || ord_id.is_empty() {
            return;
        }
        if self.orders.insert(cl_ord_id, ord_id).is_none() {
            self.oldest.push_back(cl_ord_id);
        }
        if self.oldest.len() > MOST_NAMED
            && let Some(oldest) = self.oldest.pop_front()
        {
            self.orders.remove(&oldest);
        }
    }
}

impl<T> Desk<T> {
    pub fn new(config: Config) -> Self {
        let calls = FxHashMap::with_capacity_and_hasher(256, rustc_hash::FxBuildHasher);
        let (done, queries) = (VecDeque::new(), VecDeque::new());
        Self {
            config,
            calls,
            done,
            queries,
            last_query: 0,
            amended: Amendments::default(),
            next: u64::MAX,
            offset_ms: 0,
            counts: Counts::default(),
            named: Named::default(),
        }
    }

    /// OKX's clock minus ours.
    pub fn set_clock(&mut self, offset_ms: i64) {
        self.offset_ms = offset_ms;
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Calls that are not over.
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// A call is about to be sent: its answer may come from now on.
    pub fn begin(&mut self, mut call: Call<T>) {
        self.next = self.next.min(call.answer_by);
        if call.op.does() == Does::Amend {
            self.amended.note(call.sent(), &call.asked);
        }
        let asked = std::mem::take(&mut call.asked);
        let is_place = call.op.does() == Does::Place;
        let before = |asked: &Asked| self.named.orders.get(&asked.cl_ord_id).filter(|_| is_place).copied();
        let line = |asked: Asked| Line { before: before(&asked), asked, said: None, doubt: None, shown: None };
        let lines = asked.into_iter().map(line).collect();
        let (code, msg) = (String::new(), String::new());
        let pending = Pending { lines, is_waiting: true, answered: None, code, msg, in_time_us: None, out_time_us: None, call };
        self.counts.calls += 1;
        self.calls.insert(pending.call.id, pending);
    }

    /// It did not leave after all, or went by REST and was answered there. Nothing is done to one that is in doubt.
    pub fn take_back(&mut self, id: u64) -> Option<T> {
        self.calls.get(&id).filter(|pending| pending.is_waiting)?;
        let pending = self.calls.remove(&id)?;
        self.counts.calls -= 1;
        Some(pending.call.ticket)
    }

    /// OKX's answer to an operation. Whether a call waited for it.
    pub fn handle_answer(&mut self, at: Stamp, answer: &Answer<'_>) -> bool {
        let found = answer.id.and_then(|id| self.calls.get_mut(&id)).filter(|p| answer.op.is_none_or(|op| op == p.call.op));
        let Some(pending) = found.filter(|p| p.answered.is_none()) else {
            self.counts.unmatched += 1;
            return false;
        };
        let id = pending.call.id;
        let was_waiting = pending.is_waiting;
        pending.take(at, answer, at.mono_ns + self.config.resolve_within);
        if was_waiting && pending.lines.iter().any(|l| l.said.is_none()) {
            self.counts.doubted += 1;
        }
        self.ask(at, id);
        self.look(at, id);
        true
    }

    /// A connection is gone: what was sent on it and has no answer is in doubt.
    pub fn handle_lost(&mut self, at: Stamp, line: u64, why: &str) {
        let lost: Vec<u64> = self.calls.values().filter(|p| p.is_waiting && p.call.line == line).map(|p| p.call.id).collect();
        for id in lost {
            self.doubt(at, id, &format!("the connection was lost before the answer: {why}"));
        }
    }

    /// A call that went by REST came back without an answer that settles it.
    pub fn handle_open(&mut self, at: Stamp, id: u64, why: &str) {
        self.doubt(at, id, why);
    }

    /// An order that went another way (REST) and was taken: it has this name from now on.
    pub fn handle_placed(&mut self, cl_ord_id: &str, ord_id: &str) {
        self.named.put(cl_ord_id, ord_id);
    }

    /// What the `orders` channel says of an order.
    pub fn handle_seen(&mut self, at: Stamp, seen: &Seen) {
        for id in self.show(at, seen, Proof::Push) {
            self.look(at, id);
        }
    }

    /// Shows a row to every call it may be about; those in doubt that it settles.
    fn show(&mut self, at: Stamp, seen: &Seen, proof: Proof) -> Vec<u64> {
        let mut touched = Vec::new();
        for pending in self.calls.values_mut() {
            if pending.see(seen, proof, &self.amended, self.config, self.offset_ms) {
                match (pending.is_waiting, pending.call.line) {
                    (false, _) => touched.push(pending.call.id),
                    // What it shows is kept until the call by REST comes back.
                    (true, 0) => {}
                    (true, _) => {
                        pending.call.answer_by = pending.call.answer_by.min(at.mono_ns + PROVED);
                        self.next = self.next.min(pending.call.answer_by);
                    }
                }
            }
        }
        touched
    }

    /// The answer to a question: the order, that there is none, or why there is no answer.
    pub fn handle_queried(&mut self, at: Stamp, query: u64, reply: Result<Option<&Seen>, &str>) {
        let is_it = |line: &Line| line.doubt.as_ref().and_then(|d| d.open).is_some_and(|(id, _)| id == query);
        // Other calls may be about the same order, whoever's question it was.
        let touched = if let Ok(Some(seen)) = reply { self.show(at, seen, Proof::Query) } else { Vec::new() };
        self.handle_replied(at, is_it, reply);
        for id in touched {
            self.look(at, id);
        }
    }

    /// What the answer means for the call whose question it was.
    fn handle_replied(&mut self, at: Stamp, is_it: impl Fn(&Line) -> bool, reply: Result<Option<&Seen>, &str>) {
        let Some(pending) = self.calls.values_mut().find(|p| p.lines.iter().any(&is_it)) else { return };
        let sent = pending.call.sent();
        let (id, exp_ms) = (pending.call.id, pending.call.exp_ms);
        for line in pending.lines.iter_mut().filter(|line| is_it(line)) {
            let Some(doubt) = &mut line.doubt else { continue };
            let Some((_, asked_ms)) = doubt.open.take() else { continue };
            doubt.next = at.mono_ns + doubt.pause;
            doubt.pause = (doubt.pause * 2).min(MOST_PAUSE);
            let is_expired = exp_ms.is_some_and(|exp| asked_ms > exp + self.config.expiry_slack_ms);
            doubt.last = match reply {
                Err(why) => format!("could not be asked: {why}"),
                Ok(None) => "OKX has no such order".to_owned(),
                Ok(Some(seen)) => format!("OKX has the order {} as {}", seen.ord_id, seen.state),
            };
            if line.said.is_some() || line.shown.is_some() || !is_expired || reply.is_err() {
                continue;
            }
            // expTime has passed: what has not been done by now will not be.
            let what = match pending.call.op.does() {
                Does::Place => "expTime has passed, and OKX has no such order",
                Does::Amend if reply.is_ok_and(|r| r.is_some_and(|s| self.amended.is_last(sent, s) && !line.may_be_done(s))) => {
                    "expTime has passed, and the order is as it was"
                }
                _ => continue,
            };
            line.shown = Some(Box::new(line.report(Outcome::Rejected, Proof::Query, what)));
        }
        self.look(at, id);
    }

    /// When `handle_timeout` is to be called, at the latest (monotonic).
    pub fn poll_timeout(&self) -> Option<u64> {
        (self.next < u64::MAX).then_some(self.next)
    }

    /// A deadline has passed.
    pub fn handle_timeout(&mut self, at: Stamp) {
        let now = at.mono_ns;
        if now < self.next {
            return;
        }
        let late: Vec<(u64, u64)> =
            self.calls.values().filter(|p| p.is_waiting && p.call.answer_by <= now).map(|p| (p.call.id, p.call.called.mono_ns)).collect();
        for (id, called) in late {
            let ms = now.saturating_sub(called) / MS;
            self.doubt(at, id, &format!("no answer within {ms} ms"));
        }
        let in_doubt: Vec<u64> = self.calls.values().filter(|p| !p.is_waiting).map(|p| p.call.id).collect();
        for id in in_doubt {
            self.ask(at, id);
            self.look(at, id);
        }
        self.next = self.calls.values().filter_map(Pending::deadline).min().unwrap_or(u64::MAX);
    }

    /// A question to be asked by REST; answered by `handle_queried`.
    pub fn poll_query(&mut self) -> Option<Query> {
        self.queries.pop_front()
    }

    /// A call that is over.
    pub fn poll_done(&mut self) -> Option<(T, Report)> {
        self.done.pop_front()
    }

    /// The client ends: what is not settled is unknown.
    pub fn close(&mut self, at: Stamp) {
        let ids: Vec<u64> = self.calls.keys().copied().collect();
        for id in ids {
            self.doubt(at, id, "the client was closed before the answer");
            if let Some(pending) = self.calls.get_mut(&id) {
                for doubt in pending.lines.iter_mut().filter_map(|l| l.doubt.as_mut()) {
                    doubt.until = 0;
                }
            }
            self.look(at, id);
        }
    }

    /// No answer settles this call, or not yet.
    fn doubt(&mut self, at: Stamp, id: u64, why: &str) {
        let Some(pending) = self.calls.get_mut(&id).filter(|p| p.is_waiting) else { return };
        pending.is_waiting = false;
        let until = at.mono_ns + self.config.resolve_within;
        for line in pending.lines.iter_mut().filter(|l| l.said.is_none()) {
            line.begin_doubt(at, why.to_owned(), until);
        }
        self.counts.doubted += 1;
        self.ask(at, id);
        self.look(at, id);
    }

    /// Puts the questions that are due.
    fn ask(&mut self, at: Stamp, id: u64) {
        let Some(pending) = self.calls.get_mut(&id) else { return };
        let asked_ms = server_ms(at, self.offset_ms);
        let sprd = pending.call.op.is_sprd();
        for line in pending.lines.iter_mut().filter(|l| l.said.is_none() && l.shown.is_none()) {
            let is_named = line.is_named();
            let Some(doubt) = &mut line.doubt else { continue };
            if !is_named || doubt.open.is_some() || doubt.next > at.mono_ns || doubt.until <= at.mono_ns {
                continue;
            }
            self.last_query += 1;
            doubt.open = Some((self.last_query, asked_ms));
            doubt.queries += 1;
            self.counts.queries += 1;
            let Asked { inst, ord_id, cl_ord_id, .. } = &line.asked;
            // Where both are given OKX goes by ordId.
            let cl_ord_id = if ord_id.is_empty() { cl_ord_id.as_str().to_owned() } else { String::new() };
            self.queries.push_back(Query {
                id: self.last_query,
                sprd,
                inst: Arc::clone(inst),
                ord_id: ord_id.as_str().to_owned(),
                cl_ord_id,
            });
        }
    }

    /// Is it over?
    fn look(&mut self, at: Stamp, id: u64) {
        let Some(pending) = self.calls.get_mut(&id) else { return };
        if pending.is_waiting {
            return;
        }
        let now = at.mono_ns;
        for line in pending.lines.iter_mut().filter(|l| l.said.is_none()) {
            if let Some(shown) = line.shown.take() {
                line.said = Some(*shown);
            } else if let Some(doubt) = line.doubt.as_ref().filter(|d| d.until <= now) {
                let (words, code) = (doubt.last.clone(), doubt.code.clone());
                line.said = Some(Item { code, ..line.report(Outcome::Unknown, Proof::None, &words) });
            }
        }
        self.next = pending.deadline().map_or(self.next, |due| self.next.min(due));
        if pending.lines.iter().any(|l| l.said.is_none()) {
            return;
        }
        let Some(pending) = self.calls.remove(&id) else { return };
        let Pending { call, lines, answered, code, msg, in_time_us, out_time_us, .. } = pending;
        let items: Vec<Item> = lines.into_iter().filter_map(Line::over).collect();
        for item in &items {
            if item.outcome == Outcome::Confirmed && call.op.does() == Does::Place {
                self.named.put(&item.cl_ord_id, &item.ord_id);
            }
            let count = match item.outcome {
                Outcome::Confirmed => &mut self.counts.confirmed,
                Outcome::Rejected => &mut self.counts.rejected,
                Outcome::Unknown => &mut self.counts.unknown,
            };
            *count += 1;
        }
        let Call { id, op, called, exp_ms, ticket, .. } = call;
        let report = Report { id, op, items, code, msg, called, answered, in_time_us, out_time_us, exp_ms, settled: at };
        self.done.push_back((ticket, report));
    }
}
