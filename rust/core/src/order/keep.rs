//! What an account has: its orders, fills, positions and balances, kept right across lost connections.
//!
//! ```text
//! pushes of orders, positions, account ─┐
//! answers to placed orders ─────────────┼─▶ Tracker, Holdings ─▶ Told: orders, fills, what cannot be
//! replies ◀─ poll_ask ──────────────────┘
//!   flowing (again)  ─▶ all open orders, page by page · orders that are not among them · fills since · positions · balances
//!   a gap in fills   ─▶ trade/fills of that order
//! ```
//!
//! One question at a time; one that fails is asked again after a pause. What is found is told as if it had been pushed,
//! and a reconciliation ends in [`Told::Reconciled`], which counts it.
//!
//! Source: OKX API v5, Order book trading › Trade › Order list, Transaction details (last 3 days); Trading account.

use super::desk::{Outcome, Report};
use super::holdings::Holdings;
use super::row::{parse_fills_reply, parse_push, parse_reply};
use super::track::{Accepted, Change, Fill, OrderRef, Source, Tracker};
use super::{Does, row};
use crate::num::Num;
use crate::time::Stamp;
use std::collections::VecDeque;

const MS: u64 = 1_000_000;
/// Rows of a page.
const PAGE: usize = 100;
/// Orders that ended and are remembered.
const KEEP: usize = 10_000;
/// First and longest pause before a question is asked again.
const FIRST_PAUSE: u64 = 250 * MS;
const MOST_PAUSE: u64 = 30_000 * MS;
/// A fill is there by REST a little after its push: so often the gap is looked at again.
const GAP_TRIES: u32 = 8;
/// OKX's clock and ours may differ by so much, and fills are looked for from so much earlier.
const OVERLAP_MS: i64 = 10_000;
/// Events that wait to be told, at most; beyond that the oldest go, and are counted.
const MOST_TOLD: usize = 65_536;

/// A question to be asked by REST; answered by [`Keeper::handle_reply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    pub id: u64,
    pub what: What,
    /// Parameters of the query; those that are empty are not sent.
    pub params: Vec<(&'static str, String)>,
}

/// Where a question goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// `trade/orders-pending`
    Pending,
    /// `trade/order`
    Order,
    /// `trade/fills`
    Fills,
    /// `account/positions`
    Positions,
    /// `account/balance`
    Balance,
}

impl What {
    pub const ALL: [Self; 5] = [Self::Pending, Self::Order, Self::Fills, Self::Positions, Self::Balance];
}

/// Something for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// An order is new, or has changed: as it is now.
    Order(Box<row::OrderRow>),
    /// Each fill exactly once. `found`: by REST, not by a push.
    Fill {
        fill: Box<Fill>,
        found: bool,
    },
    Amended {
        ord_id: String,
        req_id: String,
        result: String,
        code: String,
        msg: String,
    },
    /// What OKX said cannot be.
    Illegal {
        ord_id: String,
        why: &'static str,
        from: String,
        to: String,
    },
    /// A message or a reply that cannot be read.
    Unreadable {
        what: &'static str,
        why: String,
    },
    /// Everything was compared with what REST says; how much of it was news.
    Reconciled {
        why: String,
        orders: u64,
        fills: u64,
        positions: u64,
        balances: u64,
        took_ms: u64,
    },
    /// A question failed, and is asked again.
    Failed {
        what: &'static str,
        why: String,
    },
}

impl Told {
    /// An order, a fill, an amendment: everyday news.
    pub fn is_plain(&self) -> bool {
        matches!(self, Self::Order(_) | Self::Fill { .. } | Self::Amended { .. })
    }
}

#[derive(Clone, Debug)]
enum Task {
    Pending { after: String, listed: Vec<String>, as_of_ms: i64 },
    Order { ord_id: String, inst_id: String },
    FillsSince { begin_ms: i64, after: String },
    FillsOf { ord_id: String, inst_type: String, tries: u32 },
    Positions,
    Balance,
    Done,
}

/// A comparison under way.
#[derive(Debug)]
struct Round {
    why: String,
    began: Stamp,
    orders: u64,
    fills: u64,
    positions: u64,
    balances: u64,
}

#[derive(Debug)]
pub struct Keeper {
    pub tracker: Tracker,
    pub holdings: Holdings,
    tasks: VecDeque<Task>,
    /// Gaps: after those of a round, and each at its time.
    gaps: VecDeque<(u64, Task)>,
    open: Option<(u64, Task)>,
    last_ask: u64,
    pause: u64,
    not_before: u64,
    round: Option<Round>,
    /// Fills before this were known, OKX's clock, Unix ms.
    fills_from_ms: Option<i64>,
    told: VecDeque<Told>,
    pub dropped: u64,
    changes: Vec<Change>,
    offset_ms: i64,
}

impl Default for Keeper {
    fn default() -> Self {
        Self {
            tracker: Tracker::new(KEEP),
            holdings: Holdings::default(),
            tasks: VecDeque::new(),
            gaps: VecDeque::new(),
            open: None,
            last_ask: 0,
            pause: FIRST_PAUSE,
            not_before: 0,
            round: None,
            fills_from_ms: None,
            told: VecDeque::new(),
            dropped: 0,
            changes: Vec::new(),
            offset_ms: 0,
        }
    }
}

impl Keeper {
    /// OKX's clock minus ours.
    pub fn set_clock(&mut self, offset_ms: i64) {
        self.offset_ms = offset_ms;
    }

    fn server_ms(&self, at: Stamp) -> i64 {
        i64::try_from(at.wall_ns / MS).unwrap_or(i64::MAX).saturating_add(self.offset_ms)
    }

    /// A call is over: what was placed exists.
    pub fn handle_done(&mut self, at: Stamp, report: &Report) {
        if report.op.does() != Does::Place || report.op.is_sprd() {
            return;
        }
        let at_ms = self.server_ms(at);
        for item in report.items.iter().filter(|item| item.outcome == Outcome::Confirmed) {
            let ts_ms = item.ts_ms.and_then(|ms| i64::try_from(ms).ok());
            let ack = Accepted { inst_id: &item.inst, ord_id: &item.ord_id, cl_ord_id: &item.cl_ord_id, ts_ms };
            self.tracker.accepted(at_ms, ack);
        }
    }

    /// A push of `orders`.
    pub fn handle_orders(&mut self, at: Stamp, frame: &[u8]) {
        match parse_push(frame) {
            Ok(rows) => self.handle_rows(at, &rows),
            Err(error) => {
                self.tell(Told::Unreadable { what: "orders", why: error.to_string() });
                self.begin(at, "a message of the orders channel cannot be read");
            }
        }
    }

    /// The rows of a push of `orders`.
    pub fn handle_rows(&mut self, at: Stamp, rows: &[row::OrderRow]) {
        for row in rows {
            self.tracker.row(Source::Push, row, &mut self.changes);
        }
        self.tell_changes(at, false);
    }

    /// A push of `positions`.
    pub fn handle_positions(&mut self, at: Stamp, frame: &[u8]) {
        if !self.holdings.positions_push(at, frame) {
            self.tell(Told::Unreadable { what: "positions", why: crate::error::excerpt(frame) });
            self.tasks.push_back(Task::Positions);
        }
    }

    /// A push of `account`.
    pub fn handle_account(&mut self, at: Stamp, frame: &[u8]) {
        if !self.holdings.account_push(at, frame) {
            self.tell(Told::Unreadable { what: "account", why: crate::error::excerpt(frame) });
            self.tasks.push_back(Task::Balance);
        }
    }

    /// The `orders` channel flows from now on: what happened before is looked up.
    pub fn handle_flowing(&mut self, at: Stamp, why: &str) {
        self.begin(at, why);
    }

    fn begin(&mut self, at: Stamp, why: &str) {
        let as_of_ms = self.server_ms(at);
        let begin_ms = self.fills_from_ms.unwrap_or(as_of_ms) - OVERLAP_MS;
        self.tasks.clear();
        self.open = None;
        self.round = Some(Round { why: why.to_owned(), began: at, orders: 0, fills: 0, positions: 0, balances: 0 });
        self.tasks.push_back(Task::Pending { after: String::new(), listed: Vec::new(), as_of_ms });
        self.tasks.push_back(Task::FillsSince { begin_ms, after: String::new() });
        self.tasks.extend([Task::Positions, Task::Balance, Task::Done]);
        (self.pause, self.not_before) = (FIRST_PAUSE, at.mono_ns);
    }

    /// Whether a comparison is under way.
    pub fn is_reconciling(&self) -> bool {
        self.round.is_some()
    }

    /// The next question, if one is due.
    pub fn poll_ask(&mut self, at: Stamp) -> Option<Ask> {
        let now = at.mono_ns;
        if self.open.is_some() || self.not_before > now {
            return None;
        }
        if matches!(self.tasks.front(), Some(Task::Done)) {
            self.tasks.pop_front();
            self.finish(at);
        }
        let is_due = |(due, _): &(u64, Task)| *due <= now;
        let task = match self.tasks.pop_front() {
            Some(task) => task,
            None => self.gaps.iter().position(is_due).and_then(|place| self.gaps.remove(place))?.1,
        };
        let text = str::to_owned;
        let (what, params) = match &task {
            Task::Pending { after, .. } => (What::Pending, vec![("limit", PAGE.to_string()), ("after", after.clone())]),
            Task::Order { ord_id, inst_id } => (What::Order, vec![("instId", inst_id.clone()), ("ordId", ord_id.clone())]),
            Task::FillsSince { begin_ms, after } => {
                (What::Fills, vec![("begin", begin_ms.to_string()), ("limit", PAGE.to_string()), ("after", after.clone())])
            }
            Task::FillsOf { ord_id, inst_type, .. } => (What::Fills, vec![("instType", text(inst_type)), ("ordId", text(ord_id))]),
            Task::Positions => (What::Positions, Vec::new()),
            Task::Balance | Task::Done => (What::Balance, Vec::new()),
        };
        self.last_ask += 1;
        self.open = Some((self.last_ask, task));
        Some(Ask { id: self.last_ask, what, params: params.into_iter().filter(|(_, value)| !value.is_empty()).collect() })
    }

    /// When `poll_ask` may have a question (monotonic).
    pub fn poll_timeout(&self) -> Option<u64> {
        if self.open.is_some() {
            return None;
        }
        let due = if self.tasks.is_empty() { self.gaps.iter().map(|(due, _)| *due).min()? } else { 0 };
        Some(due.max(self.not_before))
    }

    /// The answer to a question: the body, or why there is none.
    pub fn handle_reply(&mut self, id: u64, at: Stamp, reply: Result<&[u8], &str>) {
        let Some((_, task)) = self.open.take_if(|(open, _)| *open == id) else { return };
        let read = match reply {
            Ok(body) => self.take(at, task.clone(), body),
            Err(why) => Err(why.to_owned()),
        };
        match read {
            Ok(()) => self.pause = FIRST_PAUSE,
            Err(why) => {
                self.tell(Told::Failed { what: task.name(), why });
                self.not_before = at.mono_ns + self.pause;
                self.pause = (self.pause * 2).min(MOST_PAUSE);
                self.tasks.push_front(task);
            }
        }
    }

    fn take(&mut self, at: Stamp, task: Task, body: &[u8]) -> Result<(), String> {
        let unreadable = |error: crate::error::Error| error.to_string();
        match task {
            Task::Pending { mut listed, as_of_ms, .. } => {
                let reply = parse_reply(body).map_err(unreadable)?;
                good(&reply.code, &reply.msg)?;
                for row in &reply.rows {
                    listed.push(row.ord_id.clone());
                    self.tracker.row(Source::Query, row, &mut self.changes);
                }
                match reply.rows.last().filter(|_| reply.rows.len() >= PAGE) {
                    Some(last) => self.tasks.push_front(Task::Pending { after: last.ord_id.clone(), listed, as_of_ms }),
                    None => self.miss(&listed, as_of_ms),
                }
                self.tell_changes(at, true);
            }
            Task::Order { ord_id, .. } => {
                let reply = parse_reply(body).map_err(unreadable)?;
                if matches!(reply.code.as_str(), "51603" | "51001") {
                    // Cancelled without a fill more than two hours ago, or never there: nobody can say.
                    self.tracker.forget(&ord_id);
                    let why = "it was open, and OKX does not know it any more";
                    self.tell(Told::Illegal { ord_id, why, from: String::new(), to: String::new() });
                    return Ok(());
                }
                good(&reply.code, &reply.msg)?;
                for row in &reply.rows {
                    self.tracker.row(Source::Query, row, &mut self.changes);
                }
                self.tell_changes(at, true);
            }
            Task::FillsSince { begin_ms, .. } => {
                let reply = parse_fills_reply(body).map_err(unreadable)?;
                good(&reply.code, &reply.msg)?;
                for row in &reply.rows {
                    self.tracker.fill(row, &mut self.changes);
                }
                if let Some(last) = reply.rows.last().filter(|_| reply.rows.len() >= PAGE) {
                    self.tasks.push_front(Task::FillsSince { begin_ms, after: last.bill_id.clone() });
                }
                self.fills_from_ms = Some(self.server_ms(at));
                self.tell_changes(at, true);
            }
            Task::FillsOf { ord_id, inst_type, tries } => {
                let reply = parse_fills_reply(body).map_err(unreadable)?;
                good(&reply.code, &reply.msg)?;
                for row in &reply.rows {
                    self.tracker.fill(row, &mut self.changes);
                }
                self.tell_changes(at, true);
                let is_short = self.tracker.get(&ord_id).is_some_and(|order| !order.is_complete());
                if is_short && tries + 1 < GAP_TRIES {
                    let due = at.mono_ns + (FIRST_PAUSE << tries);
                    self.gaps.push_back((due, Task::FillsOf { ord_id, inst_type, tries: tries + 1 }));
                }
            }
            Task::Positions => {
                let changed = self.holdings.positions_reply(at, body).ok_or_else(|| crate::error::excerpt(body))?;
                if let Some(round) = &mut self.round {
                    round.positions += changed as u64;
                }
            }
            Task::Balance | Task::Done => {
                let changed = self.holdings.balance_reply(at, body).ok_or_else(|| crate::error::excerpt(body))?;
                if let Some(round) = &mut self.round {
                    round.balances += changed as u64;
                }
            }
        }
        Ok(())
    }

    /// Orders we hold open and a whole list of open orders does not.
    fn miss(&mut self, listed: &[String], as_of_ms: i64) {
        let open: Vec<(String, String)> = self.tracker.open().map(|o| (o.row.ord_id.clone(), o.row.inst_id.clone())).collect();
        let listed: rustc_hash::FxHashSet<&str> = listed.iter().map(String::as_str).collect();
        for (ord_id, inst_id) in open.into_iter().filter(|(id, _)| !listed.contains(id.as_str())) {
            self.tracker.absent(OrderRef::OrdId(&ord_id), as_of_ms, &mut self.changes);
            let is_missing = self.changes.iter().any(|c| matches!(c, Change::Missing { ord_id: id } if *id == ord_id));
            if is_missing {
                self.tasks.push_front(Task::Order { ord_id, inst_id });
            }
        }
    }

    fn finish(&mut self, at: Stamp) {
        let Some(round) = self.round.take() else { return };
        let Round { why, began, orders, fills, positions, balances } = round;
        let took_ms = at.mono_ns.saturating_sub(began.mono_ns) / MS;
        self.tell(Told::Reconciled { why, orders, fills, positions, balances, took_ms });
    }

    fn tell_changes(&mut self, at: Stamp, found: bool) {
        let mut changes = std::mem::take(&mut self.changes);
        for change in changes.drain(..) {
            let told = match change {
                Change::Order { ord_id, .. } => {
                    if let Some(round) = self.round.as_mut().filter(|_| found) {
                        round.orders += 1;
                    }
                    let Some(order) = self.tracker.get(&ord_id) else { continue };
                    Told::Order(Box::new(order.row.clone()))
                }
                Change::Fill(fill) => {
                    if let Some(round) = self.round.as_mut().filter(|_| found) {
                        round.fills += 1;
                    }
                    self.fills_from_ms = self.fills_from_ms.max(fill.time_ms);
                    Told::Fill { fill, found }
                }
                Change::Amended { ord_id, req_id, result, code, msg } => {
                    let text = |code: crate::code::Code| code.as_str().to_owned();
                    Told::Amended { ord_id, req_id, result: text(result), code: text(code), msg }
                }
                Change::Gap { ord_id, inst_type, .. } => {
                    // The push of a fill may be just behind: a moment before it is asked for.
                    let task = Task::FillsOf { ord_id, inst_type: inst_type.as_str().to_owned(), tries: 0 };
                    self.gaps.push_back((at.mono_ns + 20 * MS, task));
                    continue;
                }
                Change::Missing { .. } => continue,
                Change::Illegal { ord_id, from, to, why } => {
                    let (from, to) = (from.as_str().to_owned(), to.as_str().to_owned());
                    Told::Illegal { ord_id, why: why.as_str(), from, to }
                }
            };
            self.tell(told);
        }
        self.changes = changes;
    }

    fn tell(&mut self, told: Told) {
        if self.told.len() >= MOST_TOLD {
            self.told.pop_front();
            self.dropped += 1;
        }
        self.told.push_back(told);
    }

    /// Something for the user.
    pub fn poll_told(&mut self) -> Option<Told> {
        self.told.pop_front()
    }

    /// The fills of an order are all told.
    pub fn is_complete(&self, ord_id: &str) -> bool {
        self.tracker.get(ord_id).is_some_and(super::track::Order::is_complete)
    }

    /// Sum of the fills told of an order.
    pub fn filled(&self, ord_id: &str) -> Option<Num> {
        self.tracker.get(ord_id).map(|order| order.filled_seen)
    }
}

impl Task {
    fn name(&self) -> &'static str {
        match self {
            Self::Pending { .. } => "trade/orders-pending",
            Self::Order { .. } => "trade/order",
            Self::FillsSince { .. } | Self::FillsOf { .. } => "trade/fills",
            Self::Positions => "account/positions",
            Self::Balance | Self::Done => "account/balance",
        }
    }
}

fn good(code: &str, msg: &str) -> Result<(), String> {
    if code == "0" { Ok(()) } else { Err(format!("OKX {code}: {msg}")) }
}

#[cfg(test)]
mod tests;
