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

use super::answer::{Answer, Item as Said, leaves_open};
use super::seen::Seen;
use super::{Does, Id, Op};
use crate::num::Num;
use crate::time::Stamp;
use rustc_hash::FxHashMap;
use std::cmp::Ordering::Equal;
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
    /// The connection it goes over; numbers of connections are never used again.
    pub line: u64,
    pub called: Stamp,
    /// Without an answer by then (monotonic) it is in doubt.
    pub answer_by: u64,
    pub exp_ms: Option<u64>,
    pub asked: Vec<Asked>,
    /// The caller's own.
    pub ticket: T,
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

#[derive(Debug)]
struct Doubt {
    why: String,
    /// OKX's, where it answered with one that leaves it open.
    code: String,
    until: u64,
    next: u64,
    pause: u64,
    queries: u32,
    /// The question under way, and OKX's time when it was asked.
    open: Option<(u64, u64)>,
    last: String,
}

#[derive(Debug)]
struct Line {
    asked: Asked,
    /// The order that had this clOrdId before the call: it proves nothing.
    before: Option<Id>,
    said: Option<Item>,
    /// Rare, and kept out of the way of what is not: so is `shown`.
    doubt: Option<Box<Doubt>>,
    /// What a row has shown before the answer came.
    shown: Option<Box<Item>>,
}

#[derive(Debug)]
struct Pending<T> {
    call: Call<T>,
    lines: Vec<Line>,
    /// The answer is still to come.
    is_waiting: bool,
    answered: Option<Stamp>,
    code: String,
    msg: String,
    in_time_us: Option<u64>,
    out_time_us: Option<u64>,
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

/// An amendment that was sent: it may have undone what one before it did.
#[derive(Debug)]
struct Amended {
    call: u64,
    at: u64,
    inst: Arc<str>,
    ord_id: Id,
    cl_ord_id: Id,
}

/// Amendments remembered before those from which on no call waits are forgotten.
const MOST_AMENDED: usize = 1024;

/// All calls of a client that are not over. `T`: what the caller wants back with a report.
#[derive(Debug)]
pub struct Desk<T> {
    config: Config,
    calls: FxHashMap<u64, Pending<T>>,
    done: VecDeque<(T, Report)>,
    queries: VecDeque<Query>,
    last_query: u64,
    /// Oldest first.
    amended: VecDeque<Amended>,
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
        let (done, queries, amended) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
        Self {
            config,
            calls,
            done,
            queries,
            last_query: 0,
            amended,
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
            self.note_amended(&call);
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

    fn note_amended(&mut self, call: &Call<T>) {
        if self.amended.len() >= MOST_AMENDED {
            let oldest = self.calls.values().map(|p| p.call.called.mono_ns).min().unwrap_or(call.called.mono_ns);
            let is_old = |amended: &Amended| amended.at < oldest;
            while self.amended.front().is_some_and(is_old) {
                self.amended.pop_front();
            }
        }
        self.amended.extend(call.asked.iter().map(|asked| {
            let Asked { inst, ord_id, cl_ord_id, .. } = asked;
            Amended { call: call.id, at: call.called.mono_ns, inst: Arc::clone(inst), ord_id: *ord_id, cl_ord_id: *cl_ord_id }
        }));
    }

    /// It did not leave after all.
    pub fn take_back(&mut self, id: u64) -> Option<T> {
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

    /// Calls that went another way (REST) and came back without an answer.
    pub fn handle_open(&mut self, at: Stamp, id: u64, why: &str) {
        self.doubt(at, id, why);
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
        let last_amended = self.amended.iter().rev().find(|amended| amended.is_about(seen)).map(|amended| amended.call);
        for pending in self.calls.values_mut() {
            if pending.see(seen, proof, last_amended, self.config, self.offset_ms) {
                if pending.is_waiting {
                    pending.call.answer_by = pending.call.answer_by.min(at.mono_ns + PROVED);
                    self.next = self.next.min(pending.call.answer_by);
                } else {
                    touched.push(pending.call.id);
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
        let last_amended = match reply {
            Ok(Some(seen)) => self.amended.iter().rev().find(|amended| amended.is_about(seen)).map(|amended| amended.call),
            _ => None,
        };
        let Some(pending) = self.calls.values_mut().find(|p| p.lines.iter().any(&is_it)) else { return };
        let is_last = last_amended.is_none_or(|last| last <= pending.call.id);
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
                Does::Amend if is_last && reply.is_ok_and(|r| r.is_some_and(|seen| !line.may_be_done(seen))) => {
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

impl Amended {
    fn is_about(&self, seen: &Seen) -> bool {
        let is_same = if self.ord_id.is_empty() { self.cl_ord_id.as_str() == seen.cl_ord_id } else { self.ord_id.as_str() == seen.ord_id };
        is_same && (self.inst.is_empty() || *self.inst == *seen.inst)
    }
}

impl<T> Pending<T> {
    /// Takes what OKX answered.
    fn take(&mut self, at: Stamp, answer: &Answer<'_>, until: u64) {
        (self.is_waiting, self.answered) = (false, Some(at));
        (self.in_time_us, self.out_time_us) = (answer.in_time_us, answer.out_time_us);
        (self.code, self.msg) = (answer.code.to_string(), answer.msg.to_string());
        let mut items = Vec::with_capacity(self.lines.len());
        answer.items(|item| items.push(item));
        let of_whole = !matches!(&*answer.code, "" | "0" | "1" | "2");
        let many = self.lines.len() > 1;
        for (index, line) in self.lines.iter_mut().enumerate().filter(|(_, l)| l.said.is_none()) {
            let said = items.get(index).filter(|said| !many || line.is_meant_by(said));
            match said {
                Some(said) if !of_whole || !said.s_code.is_empty() => line.answered(at, said, answer, until),
                _ if &*answer.code == "0" && !many => {
                    let said = Said { s_code: "0".into(), ..Said::default() };
                    line.answered(at, &said, answer, until);
                }
                _ if of_whole => {
                    let said = Said { s_code: answer.code.clone(), s_msg: answer.msg.clone(), ..Said::default() };
                    line.answered(at, &said, answer, until);
                }
                // A batch's answer that leaves one of its orders out, or an answer that says nothing.
                _ => line.begin_doubt(at, format!("OKX answered {} without a word on this order", answer.code), until),
            }
        }
    }

    /// Takes what a row shows. Whether it settles anything. `last_amended`: the last call that was to amend this order.
    fn see(&mut self, seen: &Seen, proof: Proof, last_amended: Option<u64>, config: Config, offset_ms: i64) -> bool {
        let called_ms = server_ms(self.call.called, offset_ms).saturating_sub(config.clock_slack_ms);
        let does = self.call.op.does();
        let is_last = last_amended.is_none_or(|last| last <= self.call.id);
        let mut news = false;
        for line in self
            .lines
            .iter_mut()
            .filter(|l| l.said.is_none() && l.shown.is_none() && (l.asked.inst.is_empty() || *l.asked.inst == *seen.inst))
        {
            if let Some((outcome, words)) = line.judge(seen, does, called_ms, is_last) {
                let mut shown = line.report(outcome, proof, words);
                shown.ord_id.clone_from(&seen.ord_id);
                shown.cl_ord_id.clone_from(&seen.cl_ord_id);
                if outcome == Outcome::Rejected {
                    shown.code.clone_from(&seen.code);
                    if !seen.msg.is_empty() {
                        shown.msg.clone_from(&seen.msg);
                    }
                }
                line.shown = Some(Box::new(shown));
                news = true;
            }
        }
        news
    }

    fn deadline(&self) -> Option<u64> {
        if self.is_waiting {
            return Some(self.call.answer_by);
        }
        let of_line = |line: &Line| match (&line.said, &line.doubt) {
            (None, Some(doubt)) if line.is_named() && doubt.open.is_none() => Some(doubt.next.min(doubt.until)),
            (None, Some(doubt)) => Some(doubt.until),
            _ => None,
        };
        self.lines.iter().filter_map(of_line).min()
    }
}

impl Line {
    /// Can OKX be asked after it?
    fn is_named(&self) -> bool {
        !self.asked.ord_id.is_empty() || !self.asked.cl_ord_id.is_empty()
    }

    /// An amendment to no more than is filled ends the order: its size is new then, and its price is not.
    fn may_be_done(&self, seen: &Seen) -> bool {
        let is_sz = |sz: Num| seen.sz.is_some_and(|is| is.cmp_value(sz) == Equal);
        seen.state == "filled" && self.asked.new_sz.is_some_and(is_sz)
    }

    fn is_meant_by(&self, said: &Said<'_>) -> bool {
        let differs = |ours: &Id, theirs: &str| !ours.is_empty() && !theirs.is_empty() && ours.as_str() != theirs;
        !differs(&self.asked.ord_id, &said.ord_id) && !differs(&self.asked.cl_ord_id, &said.cl_ord_id)
    }

    fn begin_doubt(&mut self, at: Stamp, why: String, until: u64) {
        if let Some(doubt) = &mut self.doubt {
            // It stays in doubt for as long as it was to be.
            doubt.why = why;
            return;
        }
        let last = if self.is_named() { "" } else { "there is no clOrdId to ask for" };
        self.doubt = Some(Box::new(Doubt {
            why,
            code: String::new(),
            until,
            next: at.mono_ns,
            pause: FIRST_PAUSE,
            queries: 0,
            open: None,
            last: last.to_owned(),
        }));
    }

    fn answered(&mut self, at: Stamp, said: &Said<'_>, answer: &Answer<'_>, until: u64) {
        let code = if said.s_code.is_empty() { &answer.code } else { &said.s_code };
        let is_swept = said.result != Some(false);
        if leaves_open(code) {
            let msg = if said.s_msg.is_empty() { &answer.msg } else { &said.s_msg };
            self.begin_doubt(at, format!("OKX {code}: {msg}"), until);
            if let Some(doubt) = &mut self.doubt {
                doubt.code = code.to_string();
            }
            return;
        }
        let is_good = &**code == "0" && is_swept;
        let outcome = if is_good { Outcome::Confirmed } else { Outcome::Rejected };
        let mut item = self.report(outcome, Proof::Answer, "");
        item.doubt.clear();
        if !said.ord_id.is_empty() {
            item.ord_id = said.ord_id.to_string();
        }
        if !said.cl_ord_id.is_empty() {
            item.cl_ord_id = said.cl_ord_id.to_string();
        }
        item.tag = said.tag.to_string();
        item.sub_code = said.sub_code.to_string();
        item.ts_ms = said.ts_ms;
        item.code = code.to_string();
        item.msg = if said.s_msg.is_empty() { answer.msg.to_string() } else { said.s_msg.to_string() };
        self.said = Some(item);
    }

    /// What a row proves about what was asked, if anything.
    fn judge(&self, seen: &Seen, does: Does, called_ms: u64, is_last: bool) -> Option<(Outcome, &'static str)> {
        let asked = &self.asked;
        let is_same = match (asked.ord_id.is_empty(), asked.cl_ord_id.is_empty()) {
            (false, _) => asked.ord_id.as_str() == seen.ord_id,
            (true, false) => asked.cl_ord_id.as_str() == seen.cl_ord_id,
            (true, true) => false,
        };
        if !is_same {
            return None;
        }
        match does {
            Does::Place if self.before.is_some_and(|before| before.as_str() == seen.ord_id) => None,
            Does::Place => (seen.c_time_ms? >= called_ms).then_some((Outcome::Confirmed, "")),
            Does::Cancel if seen.is_canceled() => Some((Outcome::Confirmed, "")),
            Does::Cancel => seen.is_over().then_some((Outcome::Rejected, "the order is filled")),
            Does::Amend => {
                let has = |want: Option<Num>, is: Option<Num>| want.is_none_or(|w| is.is_some_and(|i| i.cmp_value(w) == Equal));
                let is_as_asked = has(asked.new_px, seen.px) && has(asked.new_sz, seen.sz);
                if !asked.req_id.is_empty() && asked.req_id.as_str() == seen.req_id {
                    match seen.amend_result.as_str() {
                        "0" | "2" => return Some((Outcome::Confirmed, "")),
                        "-1" | "1" => return Some((Outcome::Rejected, "the amendment failed")),
                        // `cxlOnFail`, refused at once.
                        _ if seen.is_canceled() && !is_as_asked => {
                            return Some((Outcome::Rejected, "the amendment failed, and so the order was canceled"));
                        }
                        _ => {}
                    }
                }
                let is_later = seen.u_time_ms.is_some_and(|ms| ms >= called_ms);
                if is_as_asked && is_later {
                    Some((Outcome::Confirmed, ""))
                } else {
                    let is_as_it_was = seen.is_over() && is_last && !self.may_be_done(seen);
                    is_as_it_was.then_some((Outcome::Rejected, "the order is over, and as it was"))
                }
            }
            Does::Sweep => None,
        }
    }

    fn report(&self, outcome: Outcome, proof: Proof, msg: &str) -> Item {
        let Asked { inst, ord_id, cl_ord_id, req_id, .. } = &self.asked;
        let text = |id: &Id| id.as_str().to_owned();
        let (doubt, queries) = self.doubt.as_ref().map_or((String::new(), 0), |d| (d.why.clone(), d.queries));
        Item {
            outcome,
            proof,
            inst: Arc::clone(inst),
            ord_id: text(ord_id),
            cl_ord_id: text(cl_ord_id),
            tag: String::new(),
            req_id: text(req_id),
            code: String::new(),
            sub_code: String::new(),
            msg: msg.to_owned(),
            ts_ms: None,
            doubt,
            queries,
        }
    }

    fn over(self) -> Option<Item> {
        let mut item = self.said?;
        if let Some(doubt) = self.doubt {
            (item.doubt, item.queries) = (doubt.why, doubt.queries);
        }
        Some(item)
    }
}

/// OKX's clock, as far as we know it, Unix milliseconds.
fn server_ms(at: Stamp, offset_ms: i64) -> u64 {
    (at.wall_ns / MS).saturating_add_signed(offset_ms)
}

#[cfg(test)]
mod tests;
