//! What an account has: its orders, fills, positions and balances, kept right across lost connections.
//!
//! ```text
//! pushes of orders, positions, account ─┐
//! answers to placed orders ─────────────┼─▶ Tracker, Holdings ─▶ Told: orders, fills, what cannot be
//! replies ◀─ poll_ask ──────────────────┘
//!   flowing (again)  ─▶ all open orders, page by page · orders that are not among them, alone or, where they are many, from the
//!                       history · fills since · positions · balances
//!   a gap in fills   ─▶ trade/fills of that order
//! ```
//!
//! One question at a time; one that fails is asked again after a pause. What is found is told as if it had been pushed,
//! and a reconciliation ends in [`Told::Reconciled`], which counts it.
//!
//! Source: OKX API v5, Order book trading › Trade › Order list, Order history (last 7 days), Transaction details (last 3 days);
//! Trading account.

use super::algos::Algos;
use super::desk::{Outcome, Report};
use super::holdings::Holdings;
use super::row::{parse_fills_reply, parse_push, parse_reply};
use super::track::{Accepted, Change, Fill, OrderRef, Source, Tracker};
use super::{Does, row};
use crate::shallow::object;
use crate::time::Stamp;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

const MS: u64 = 1_000_000;
/// Rows of a page.
const PAGE: usize = 100;
/// From so many orders of a kind on that ended unseen, they are looked for in the history, a page at a time.
const MANY: usize = 4;
/// Orders that ended and are remembered.
const KEEP: usize = 10_000;
/// First and longest pause before a question is asked again.
const FIRST_PAUSE: u64 = 250 * MS;
const MOST_PAUSE: u64 = 30_000 * MS;
/// A fill is there by REST a little after its push: so often the gap is looked at again.
const GAP_TRIES: u32 = 8;
/// OKX's clock and ours may differ by so much, and fills are looked for from so much earlier.
const OVERLAP_MS: i64 = 10_000;
/// By so much a time of OKX's and ours may differ once the clocks were compared.
const CLOCK_SLACK_MS: i64 = 1_000;
/// An order whose acceptance is news after the list of open orders was asked for is asked after: its rows may have gone by.
const NEWS_AFTER: u64 = 500 * MS;
/// Events that wait to be told, at most; beyond that the oldest go, and are counted.
const MOST_TOLD: usize = 65_536;

/// Kinds of algo orders, as they are listed.
pub const ALGO_KINDS: [&str; 7] = ["conditional", "oco", "trigger", "move_order_stop", "chase", "twap", "smart_iceberg"];

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
    /// `trade/orders-history`
    History,
    /// `trade/fills`
    Fills,
    /// `account/positions`
    Positions,
    /// `account/balance`
    Balance,
    /// `trade/orders-algo-pending`
    AlgosPending,
    /// `trade/order-algo`
    Algo,
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
    /// An algo order is new, or has changed: its row as OKX wrote it.
    Algo(Box<[u8]>),
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
        matches!(self, Self::Order(_) | Self::Fill { .. } | Self::Algo(_) | Self::Amended { .. })
    }
}

#[derive(Clone, Debug)]
enum Task {
    Pending {
        after: String,
        listed: Vec<String>,
        as_of_ms: i64,
    },
    Order {
        ord_id: String,
        inst_id: String,
    },
    /// Orders of one instType that are not open any more, newest first: each with its instId.
    Ended {
        inst_type: String,
        missing: Vec<(String, String)>,
    },
    FillsSince {
        begin_ms: i64,
        after: String,
        as_of_ms: i64,
    },
    FillsOf {
        ord_id: String,
        inst_type: String,
        after: String,
        tries: u32,
    },
    Positions,
    Balance,
    Done,
    /// Open algo orders of a kind; `listed`: those of all kinds so far.
    Algos {
        kind: usize,
        after: String,
        listed: Vec<String>,
    },
    Algo {
        algo_id: String,
    },
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
    pub algos: Algos,
    tasks: VecDeque<Task>,
    /// Of single orders: after those of a round, and each at its time.
    gaps: VecDeque<(u64, Task)>,
    /// The question under way, and when it was asked.
    open: Option<(u64, Task, Stamp)>,
    last_ask: u64,
    pause: u64,
    not_before: u64,
    round: Option<Round>,
    /// When the last comparison began.
    began: Stamp,
    /// Fills before this were known, OKX's clock, Unix ms.
    fills_from_ms: Option<i64>,
    /// The same before the last read: a fill that comes with the news that orders flow again says nothing of those before.
    fills_from_before: (u64, Option<i64>),
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
            algos: Algos::default(),
            tasks: VecDeque::new(),
            gaps: VecDeque::new(),
            open: None,
            last_ask: 0,
            pause: FIRST_PAUSE,
            not_before: 0,
            round: None,
            began: Stamp::default(),
            fills_from_ms: None,
            fills_from_before: (0, None),
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
        for item in report.items.iter().filter(|item| item.outcome == Outcome::Confirmed) {
            let ts_ms = item.ts_ms.and_then(|ms| i64::try_from(ms).ok());
            let ack = Accepted { inst_id: &item.inst, ord_id: &item.ord_id, cl_ord_id: &item.cl_ord_id, ts_ms };
            self.handle_accepted(at, report.called, ack);
        }
    }

    /// OKX took an order, whichever way it went: it exists.
    pub fn handle_accepted(&mut self, at: Stamp, called: Stamp, ack: Accepted<'_>) {
        let (ord_id, inst_id) = (ack.ord_id, ack.inst_id);
        self.tracker.accepted(self.server_ms(at), ack);
        if called.mono_ns <= self.began.mono_ns && self.is_rowless(ord_id) {
            let task = Task::Order { ord_id: ord_id.to_owned(), inst_id: inst_id.to_owned() };
            self.gaps.push_back((at.mono_ns + NEWS_AFTER, task));
        }
    }

    /// OKX took it, and no row has told of it.
    fn is_rowless(&self, ord_id: &str) -> bool {
        self.tracker.get(ord_id).is_some_and(|order| order.row.state == row::State::Accepted)
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

    /// A push of `orders-algo` or `algo-advance`.
    pub fn handle_algos(&mut self, at: Stamp, frame: &[u8]) {
        if self.take_algos(at, frame).is_none() {
            self.tell(Told::Unreadable { what: "orders-algo", why: crate::error::excerpt(frame) });
            self.handle_algos_flowing();
        }
    }

    /// The channels of algo orders flow from now on: all open ones are listed.
    pub fn handle_algos_flowing(&mut self) {
        let is_whole = |task: &Task| matches!(task, Task::Algos { kind: 0, after, listed } if after.is_empty() && listed.is_empty());
        if !self.tasks.iter().any(is_whole) {
            self.tasks.push_back(Task::Algos { kind: 0, after: String::new(), listed: Vec::new() });
        }
    }

    /// The channel `positions` flows from now on: all there is is asked for, once.
    pub fn handle_positions_flowing(&mut self) {
        if !self.tasks.iter().any(|task| matches!(task, Task::Positions)) {
            self.tasks.push_back(Task::Positions);
        }
    }

    /// The channel `account` flows from now on.
    pub fn handle_account_flowing(&mut self) {
        if !self.tasks.iter().any(|task| matches!(task, Task::Balance)) {
            self.tasks.push_back(Task::Balance);
        }
    }

    fn take_algos(&mut self, at: Stamp, message: &[u8]) -> Option<Vec<String>> {
        let mut news = Vec::new();
        let ids = self.algos.rows(at, message, |row| news.push(Told::Algo(row.into())));
        for told in news {
            self.tell(told);
        }
        ids
    }

    /// The `orders` channel flows from now on: what happened before is looked up.
    pub fn handle_flowing(&mut self, at: Stamp, why: &str) {
        self.begin(at, why);
    }

    fn begin(&mut self, at: Stamp, why: &str) {
        // The ack after which orders flow may be news of a blind spot too: nothing was asked since that read.
        if self.round.is_some() && self.began.mono_ns == at.mono_ns {
            return;
        }
        let as_of_ms = self.server_ms(at);
        if self.fills_from_before.0 == at.mono_ns {
            self.fills_from_ms = self.fills_from_before.1;
        }
        let begin_ms = self.fills_from_ms.unwrap_or(as_of_ms) - OVERLAP_MS;
        // Gaps in fills are not the round's: what was asked is asked again.
        let open = self.open.take().map(|(_, task, _)| task);
        let gaps = open.into_iter().chain(self.tasks.drain(..)).filter(|task| {
            // Nor are algo orders.
            matches!(task, Task::FillsOf { .. } | Task::Algos { .. } | Task::Algo { .. })
        });
        self.gaps.extend(gaps.map(|task| (at.mono_ns, task)));
        self.began = at;
        self.round = Some(Round { why: why.to_owned(), began: at, orders: 0, fills: 0, positions: 0, balances: 0 });
        self.tasks.push_back(Task::Pending { after: String::new(), listed: Vec::new(), as_of_ms });
        self.tasks.push_back(Task::FillsSince { begin_ms, after: String::new(), as_of_ms });
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
        let task = match self.tasks.pop_front() {
            Some(task) => task,
            None => self.next_gap(now)?,
        };
        let text = str::to_owned;
        let (what, params) = match &task {
            Task::Pending { after, .. } => (What::Pending, vec![("limit", PAGE.to_string()), ("after", after.clone())]),
            Task::Order { ord_id, inst_id } => (What::Order, vec![("instId", inst_id.clone()), ("ordId", ord_id.clone())]),
            Task::Ended { inst_type, missing } => {
                // Those before an id: the first of ours is the first of the page.
                let after = missing.first().and_then(|(ord_id, _)| ord_id.parse::<u64>().ok()?.checked_add(1)).map(|id| id.to_string());
                let after = after.unwrap_or_default();
                (What::History, vec![("instType", text(inst_type)), ("limit", PAGE.to_string()), ("after", after)])
            }
            Task::FillsSince { begin_ms, after, .. } => {
                (What::Fills, vec![("begin", begin_ms.to_string()), ("limit", PAGE.to_string()), ("after", after.clone())])
            }
            Task::FillsOf { ord_id, inst_type, after, .. } => {
                (What::Fills, vec![("instType", text(inst_type)), ("ordId", text(ord_id)), ("after", text(after))])
            }
            Task::Algos { kind, after, .. } => {
                let kind = ALGO_KINDS.get(*kind).copied().unwrap_or_default();
                (What::AlgosPending, vec![("ordType", text(kind)), ("limit", PAGE.to_string()), ("after", after.clone())])
            }
            Task::Algo { algo_id } => (What::Algo, vec![("algoId", algo_id.clone())]),
            Task::Positions => (What::Positions, Vec::new()),
            Task::Balance | Task::Done => (What::Balance, Vec::new()),
        };
        self.last_ask += 1;
        self.open = Some((self.last_ask, task, at));
        Some(Ask { id: self.last_ask, what, params: params.into_iter().filter(|(_, value)| !value.is_empty()).collect() })
    }

    /// The first that is due, of those that are still needed.
    fn next_gap(&mut self, now: u64) -> Option<Task> {
        while let Some(place) = self.gaps.iter().position(|(due, _)| *due <= now) {
            let (_, task) = self.gaps.remove(place)?;
            match &task {
                Task::Order { ord_id, .. } if !self.is_rowless(ord_id) => {}
                Task::FillsOf { ord_id, .. } if self.is_complete(ord_id) => {}
                _ => return Some(task),
            }
        }
        None
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
        let Some((_, task, asked)) = self.open.take_if(|(open, ..)| *open == id) else { return };
        let read = match reply {
            Ok(body) => self.take(at, asked, task.clone(), body),
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

    fn take(&mut self, at: Stamp, asked: Stamp, task: Task, body: &[u8]) -> Result<(), String> {
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
            Task::Ended { inst_type, missing } => {
                let reply = parse_reply(body).map_err(unreadable)?;
                good(&reply.code, &reply.msg)?;
                let mut rows: FxHashMap<&str, &row::OrderRow> = reply.rows.iter().map(|row| (row.ord_id.as_str(), row)).collect();
                let mut left = Vec::new();
                for (number, (ord_id, inst_id)) in missing.into_iter().enumerate() {
                    match rows.remove(ord_id.as_str()) {
                        Some(row) => self.tracker.row(Source::Query, row, &mut self.changes),
                        // It would have come first: the history does not have it.
                        None if number == 0 => self.tasks.push_front(Task::Order { ord_id, inst_id }),
                        None => left.push((ord_id, inst_id)),
                    }
                }
                self.look_for(inst_type, left);
                self.tell_changes(at, true);
            }
            Task::FillsSince { begin_ms, as_of_ms, .. } => {
                let reply = parse_fills_reply(body).map_err(unreadable)?;
                good(&reply.code, &reply.msg)?;
                for row in &reply.rows {
                    self.tracker.fill(row, &mut self.changes);
                    // An order that nothing else has told of: placed by somebody else, or by a call that never heard of it.
                    let task = Task::Order { ord_id: row.ord_id.clone(), inst_id: row.inst_id.clone() };
                    if self.is_rowless(&row.ord_id) {
                        self.gaps.push_back((at.mono_ns, task));
                    }
                }
                match reply.rows.last().filter(|_| reply.rows.len() >= PAGE) {
                    Some(last) => self.tasks.push_front(Task::FillsSince { begin_ms, after: last.bill_id.clone(), as_of_ms }),
                    None => self.fills_from_ms = self.fills_from_ms.max(Some(as_of_ms)),
                }
                self.tell_changes(at, true);
            }
            Task::FillsOf { ord_id, inst_type, tries, .. } => {
                let reply = parse_fills_reply(body).map_err(unreadable)?;
                good(&reply.code, &reply.msg)?;
                for row in &reply.rows {
                    self.tracker.fill(row, &mut self.changes);
                }
                self.tell_changes(at, true);
                if self.tracker.get(&ord_id).is_none_or(super::track::Order::is_complete) {
                    return Ok(());
                }
                if let Some(last) = reply.rows.last().filter(|_| reply.rows.len() >= PAGE) {
                    let after = last.bill_id.clone();
                    self.tasks.push_front(Task::FillsOf { ord_id, inst_type, after, tries });
                } else if tries + 1 < GAP_TRIES {
                    let due = at.mono_ns + (FIRST_PAUSE << tries);
                    self.gaps.push_back((due, Task::FillsOf { ord_id, inst_type, after: String::new(), tries: tries + 1 }));
                }
            }
            Task::Algos { kind, listed, .. } => self.take_listed(at, body, kind, listed)?,
            Task::Algo { algo_id } => self.take_algo(at, body, algo_id)?,
            Task::Positions => {
                let changed = self.holdings.positions_reply(at, asked, body).ok_or_else(|| crate::error::excerpt(body))?;
                if let Some(round) = &mut self.round {
                    round.positions += changed as u64;
                }
            }
            Task::Balance | Task::Done => {
                let changed = self.holdings.balance_reply(at, asked, body).ok_or_else(|| crate::error::excerpt(body))?;
                if let Some(round) = &mut self.round {
                    round.balances += changed as u64;
                }
            }
        }
        Ok(())
    }

    /// A page of open algo orders of one kind.
    fn take_listed(&mut self, at: Stamp, body: &[u8], kind: usize, mut listed: Vec<String>) -> Result<(), String> {
        let (code, msg) = parse_codes(body)?;
        good(&code, &msg)?;
        let ids = self.take_algos(at, body).ok_or_else(|| crate::error::excerpt(body))?;
        let (last, count) = (ids.last().cloned(), ids.len());
        listed.extend(ids);
        match last.filter(|_| count >= PAGE) {
            Some(after) => self.tasks.push_front(Task::Algos { kind, after, listed }),
            None if kind + 1 < ALGO_KINDS.len() => {
                self.tasks.push_front(Task::Algos { kind: kind + 1, after: String::new(), listed });
            }
            None => {
                let listed: FxHashSet<&str> = listed.iter().map(String::as_str).collect();
                let gone = self.algos.open().map(|(id, _)| id).filter(|id| !listed.contains(id));
                let gone: Vec<Task> = gone.map(|id| Task::Algo { algo_id: id.to_owned() }).collect();
                for task in gone {
                    self.tasks.push_front(task);
                }
            }
        }
        Ok(())
    }

    /// An algo order that was open and is not listed.
    fn take_algo(&mut self, at: Stamp, body: &[u8], algo_id: String) -> Result<(), String> {
        let (code, msg) = parse_codes(body)?;
        if matches!(code.as_str(), "51603" | "51290") {
            self.algos.forget(&algo_id);
            let why = "it was open, and OKX does not know it any more";
            self.tell(Told::Illegal { ord_id: algo_id, why, from: String::new(), to: String::new() });
            return Ok(());
        }
        good(&code, &msg)?;
        self.take_algos(at, body).ok_or_else(|| crate::error::excerpt(body))?;
        Ok(())
    }

    /// Orders we hold open and a whole list of open orders does not.
    fn miss(&mut self, listed: &[String], as_of_ms: i64) {
        let listed: FxHashSet<&str> = listed.iter().map(String::as_str).collect();
        let mut missing: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for row in self.tracker.open().map(|order| &order.row).filter(|row| !listed.contains(row.ord_id.as_str())) {
            self.tracker.absent(OrderRef::OrdId(&row.ord_id), as_of_ms + CLOCK_SLACK_MS, &mut self.changes);
            let is_missing = matches!(self.changes.last(), Some(Change::Missing { ord_id }) if *ord_id == row.ord_id);
            if is_missing {
                let some = missing.entry(row.inst_type.as_str().to_owned()).or_default();
                some.push((row.ord_id.clone(), row.inst_id.clone()));
            }
        }
        for (inst_type, mut some) in missing {
            some.sort_unstable_by_key(|(ord_id, _)| Reverse(ord_id.parse::<u64>().unwrap_or(0)));
            self.look_for(inst_type, some);
        }
    }

    /// Asks after orders that are open no more: one by one, or many at once.
    fn look_for(&mut self, inst_type: String, missing: Vec<(String, String)>) {
        if inst_type.is_empty() || missing.len() < MANY {
            for (ord_id, inst_id) in missing {
                self.tasks.push_front(Task::Order { ord_id, inst_id });
            }
        } else {
            self.tasks.push_front(Task::Ended { inst_type, missing });
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
                    self.know_fills(at, fill.time_ms, found);
                    Told::Fill { fill, found }
                }
                Change::Amended { ord_id, req_id, result, code, msg } => {
                    let text = |code: crate::code::Code| code.as_str().to_owned();
                    Told::Amended { ord_id, req_id, result: text(result), code: text(code), msg }
                }
                Change::Gap { ord_id, inst_type, .. } => {
                    // The push of a fill may be just behind: a moment before it is asked for.
                    let (inst_type, after) = (inst_type.as_str().to_owned(), String::new());
                    let task = Task::FillsOf { ord_id, inst_type, after, tries: 0 };
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

    /// A push brought this fill: those before it were pushed too, unless a comparison is still to find what was missed.
    fn know_fills(&mut self, at: Stamp, time_ms: Option<i64>, found: bool) {
        if found || self.round.is_some() {
            return;
        }
        if self.fills_from_before.0 != at.mono_ns {
            self.fills_from_before = (at.mono_ns, self.fills_from_ms);
        }
        self.fills_from_ms = self.fills_from_ms.max(time_ms);
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
}

impl Task {
    fn name(&self) -> &'static str {
        match self {
            Self::Pending { .. } => "trade/orders-pending",
            Self::Order { .. } => "trade/order",
            Self::Ended { .. } => "trade/orders-history",
            Self::FillsSince { .. } | Self::FillsOf { .. } => "trade/fills",
            Self::Algos { .. } => "trade/orders-algo-pending",
            Self::Algo { .. } => "trade/order-algo",
            Self::Positions => "account/positions",
            Self::Balance | Self::Done => "account/balance",
        }
    }
}

/// `code` and `msg` of a reply.
fn parse_codes(body: &[u8]) -> Result<(String, String), String> {
    let (mut code, mut msg) = (String::new(), String::new());
    let read = object(body, |key, value| match key {
        b"code" => code = value.text().into_owned(),
        b"msg" => msg = value.text().into_owned(),
        _ => {}
    });
    read.map(|()| (code, msg)).ok_or_else(|| "the answer is not OKX's".to_owned())
}

fn good(code: &str, msg: &str) -> Result<(), String> {
    if code == "0" { Ok(()) } else { Err(format!("OKX {code}: {msg}")) }
}

#[cfg(test)]
mod tests;
