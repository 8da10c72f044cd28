//! What is asked for by REST: trades that were missed, snapshots of books, and OKX's clock.
//!
//! ```text
//! a hole, or a blind spot that is over ─▶ Action::Fetch ─▶ handle_fetched ─▶ Recovered, then the trades in order
//!                                            ▲    └ reaches not far enough back: the page before it
//!                                            └────┘ …, or Unfillable
//! ```
//!
//! Source: OKX API v5, Order book trading › Market data › GET order book, GET trades, GET trades history; Public data › GET
//! system time.

use super::{Action, Event, Kind, Notice, SECOND, Session, SubId};
use crate::msg::Field;
use crate::msg::book::{self, BookMsg};
use crate::msg::trade::{self, Trade};
use crate::time::Stamp;
use serde_json::Value;

/// The newest trades in one reply, and those of a page further back.
const NEWEST: u32 = 500;
const PAGE: u32 = 100;
/// Pages of one look-up: some 2,400 trades.
const MOST_PAGES: u32 = 20;
/// Failures of one look-up, after which it is given up.
const MOST_FAILURES: u32 = 3;
/// One look-up may take so long, pages, limits and all.
const WITHIN: u64 = 30 * SECOND;
/// Another connection may fill a hole within so long.
const PATIENCE: u64 = SECOND;

/// One GET. OKX's own words: path, query, and how often it may be asked per IP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    pub id: u64,
    pub path: &'static str,
    pub query: String,
    /// So many in two seconds.
    pub count: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Book { sub: SubId },
    Trades { sub: SubId, pages: u32, failures: u32, before: Option<u64> },
    Clock,
}

#[derive(Debug)]
struct Open {
    id: u64,
    what: What,
    by: u64,
}

#[derive(Debug, Default)]
pub(super) struct Fetches {
    open: Vec<Open>,
    count: u64,
}

impl Fetches {
    pub fn deadline(&self) -> Option<u64> {
        self.open.iter().map(|o| o.by).min()
    }

    fn is_open(&self, sub: SubId) -> bool {
        self.open.iter().any(|o| matches!(o.what, What::Trades { sub: of, .. } if of == sub))
    }
}

impl Session {
    pub(super) fn fetch(&mut self, at: Stamp, what: What) -> u64 {
        self.fetches.count += 1;
        let id = self.fetches.count;
        let (path, query, count) = match what {
            What::Clock => ("/api/v5/public/time", String::new(), 10),
            What::Book { sub } => {
                let (inst_id, depth) =
                    self.subs.get(sub.0 as usize).map_or(("", 400), |s| (s.arg.inst_id(), s.rest_depth().unwrap_or(400)));
                ("/api/v5/market/books", format!("instId={inst_id}&sz={depth}"), 40)
            }
            What::Trades { sub, before, .. } => {
                let inst_id = self.arg(sub).map(|a| a.inst_id().to_owned()).unwrap_or_default();
                match before {
                    None => ("/api/v5/market/trades", format!("instId={inst_id}&limit={NEWEST}"), 100),
                    Some(id) => ("/api/v5/market/history-trades", format!("instId={inst_id}&type=1&after={id}&limit={PAGE}"), 20),
                }
            }
        };
        self.fetches.open.push(Open { id, what, by: at.mono_ns + WITHIN });
        self.actions.push_back(Action::Fetch(Fetch { id, path, query, count }));
        self.wake();
        id
    }

    /// A login was refused for its time.
    pub(super) fn read_clock(&mut self, at: Stamp) {
        if self.config.recover && !self.fetches.open.iter().any(|o| o.what == What::Clock) {
            self.fetch(at, What::Clock);
        }
    }

    /// A blind spot is over: what was missed is looked up before anything else is handed on.
    pub(super) fn look_up(&mut self, at: Stamp, id: SubId) {
        if !self.config.recover {
            return;
        }
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        let Some(seq) = sub.trades.as_mut().filter(|s| s.last().is_some()) else { return };
        seq.look();
        sub.fill_by = Some(at.mono_ns + WITHIN);
        if !self.fetches.is_open(id) {
            self.fetch(at, What::Trades { sub: id, pages: 0, failures: 0, before: None });
        }
    }

    /// After a trade that was out of order: hands on what has become ready, and sees to what has not.
    #[cold]
    pub(super) fn settle_trades(&mut self, at: Stamp, id: SubId, on: &mut impl FnMut(Event<'_>)) {
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        let Some(seq) = &mut sub.trades else { return };
        while let Some(trade) = seq.pop_ready() {
            on(Event::Trade(id, &trade));
        }
        if !seq.is_waiting() {
            sub.fill_by = None;
            return;
        }
        if seq.is_full() {
            return self.give_up_trades(at, id, "too many trades came meanwhile", on);
        }
        if sub.fill_by.is_some() {
            return;
        }
        let (merged, recover) = (self.merged, self.config.recover);
        if merged || recover {
            sub.fill_by = Some(at.mono_ns + if merged { PATIENCE } else { WITHIN });
        }
        self.wake();
        match (merged, recover) {
            (true, _) => {}
            (false, true) => _ = self.fetch(at, What::Trades { sub: id, pages: 0, failures: 0, before: None }),
            (false, false) => self.give_up_trades(at, id, "no REST to fetch them from", on),
        }
    }

    /// Holes that had to be filled by now.
    pub(super) fn late_fills(&mut self, at: Stamp, on: &mut impl FnMut(Event<'_>)) {
        for index in 0..self.subs.len() {
            let id = SubId(index as u32);
            let Some(sub) = self.subs.get_mut(index).filter(|s| s.fill_by.is_some_and(|by| by <= at.mono_ns)) else { continue };
            if self.config.recover && !self.fetches.is_open(id) {
                sub.fill_by = Some(at.mono_ns + WITHIN);
                self.fetch(at, What::Trades { sub: id, pages: 0, failures: 0, before: None });
            } else {
                self.give_up_trades(at, id, "not to be had in time", on);
            }
        }
    }

    /// Look-ups nobody answered.
    pub(super) fn late_fetches(&mut self, at: Stamp, on: &mut impl FnMut(Event<'_>)) {
        let late = self.fetches.open.iter().filter(|o| o.by <= at.mono_ns).map(|o| o.id).collect::<Vec<_>>();
        for id in late {
            self.handle_fetched(id, at, Err("no answer in time"), &mut *on);
        }
    }

    /// Names every hole, and goes on after it.
    fn give_up_trades(&mut self, at: Stamp, id: SubId, why: &str, on: &mut impl FnMut(Event<'_>)) {
        let unbroken = !self.merged;
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        sub.fill_by = None;
        let Some(seq) = &mut sub.trades else { return };
        loop {
            if let Some(hole) = seq.give_up(unbroken) {
                self.stats.unfillable.add(hole.1 - hole.0 + 1);
                let words = format!("trades {} to {} are missing: {why}", hole.0, hole.1);
                on(Event::Notice(Some(id), &Notice::new(Kind::Unfillable, at).about(&sub.arg).saying(words).of_trades(hole).because(why)));
            }
            while let Some(trade) = seq.pop_ready() {
                on(Event::Trade(id, &trade));
            }
            if !seq.is_waiting() {
                return;
            }
        }
    }

    /// The reply to a [`Fetch`]: the body of a 200, or why there is none.
    pub fn handle_fetched(&mut self, id: u64, at: Stamp, reply: Result<&[u8], &str>, mut on: impl FnMut(Event<'_>)) {
        let Some(index) = self.fetches.open.iter().position(|o| o.id == id) else { return };
        let Open { what, .. } = self.fetches.open.swap_remove(index);
        self.wake();
        match what {
            What::Clock => self.clock_came(at, reply),
            What::Book { sub } => {
                let book = reply.map_err(str::to_owned).and_then(|body| self.snapshot(sub, body));
                self.snapshot_came(at, sub, id, book, &mut on);
            }
            What::Trades { sub, pages, failures, .. } => {
                let rows = reply.map_err(str::to_owned).and_then(|body| self.rows(sub, body));
                match rows {
                    Ok(rows) => self.trades_came(at, sub, pages + 1, &rows, &mut on),
                    Err(_) if failures + 1 < MOST_FAILURES => _ = self.fetch(at, again(what)),
                    Err(why) => self.give_up_trades(at, sub, &why, &mut on),
                }
            }
        }
        self.tell(&mut on);
    }

    fn clock_came(&mut self, at: Stamp, reply: Result<&[u8], &str>) {
        let value = reply.ok().and_then(|body| serde_json::from_slice::<Value>(body).ok());
        let ts = value.as_ref().and_then(|v| v.pointer("/data/0/ts")).and_then(Value::as_str).and_then(|t| t.parse::<i64>().ok());
        if let Some(ts) = ts {
            self.clock_offset_ms = ts.saturating_sub(i64::try_from(at.wall_ns / 1_000_000).unwrap_or(i64::MAX));
        }
    }

    fn snapshot(&self, id: SubId, body: &[u8]) -> Result<BookMsg, String> {
        let value = read(body)?;
        let sub = self.subs.get(id.0 as usize).and_then(|sub| Some((sub.channel?, sub.arg.inst_id())));
        let (channel, inst_id) = sub.ok_or("no such subscription")?;
        let mut msg = BookMsg::default();
        book::from_rest(Field { channel: "market/books", inst_id, value: &value }, channel, &mut msg).map_err(|e| e.to_string())?;
        Ok(msg)
    }

    fn rows(&self, id: SubId, body: &[u8]) -> Result<Vec<Trade>, String> {
        let value = read(body)?;
        let inst_id = self.arg(id).map(|a| a.inst_id().to_owned()).unwrap_or_default();
        let push = Field { channel: "trades", inst_id: &inst_id, value: &value };
        let mut rows = Vec::new();
        push.need("data", "a reply with data").and_then(|data| trade::from_json(data, &mut rows)).map_err(|e| e.to_string())?;
        Ok(rows)
    }

    fn trades_came(&mut self, at: Stamp, id: SubId, pages: u32, rows: &[Trade], on: &mut impl FnMut(Event<'_>)) {
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        let Some(seq) = &mut sub.trades else { return };
        let (_, reaches) = seq.found(rows);
        let lowest = rows.iter().map(|t| t.trade_id).min();
        // The first reply is what a server holds ready; an empty page further back is the end of what it keeps.
        let is_end = reaches || (rows.is_empty() && pages > 1);
        match lowest {
            Some(lowest) if !is_end && pages < MOST_PAGES => {
                self.fetch(at, What::Trades { sub: id, pages, failures: 0, before: Some(lowest) });
                return;
            }
            _ => {}
        }
        let found = seq.recovered();
        if let Some((first, last, n)) = found {
            self.stats.recovered.add(n);
            let words = format!("{n} missed trades, {first} to {last}, were fetched");
            on(Event::Notice(Some(id), &Notice::new(Kind::Recovered, at).about(&sub.arg).saying(words).of_trades((first, last))));
        }
        seq.end(reaches);
        while let Some(trade) = seq.pop_ready() {
            on(Event::Trade(id, &trade));
        }
        if seq.is_waiting() {
            self.give_up_trades(at, id, "OKX does not keep them any more", on);
        } else {
            sub.fill_by = None;
        }
    }
}

/// The document of a reply that OKX does not call a failure.
fn read(body: &[u8]) -> Result<Value, String> {
    let value = serde_json::from_slice::<Value>(body).map_err(|_| "the reply is not JSON".to_owned())?;
    match value.get("code").and_then(Value::as_str).unwrap_or_default() {
        "0" => Ok(value),
        code => Err(format!("OKX answered {code:?} {}", value.get("msg").and_then(Value::as_str).unwrap_or_default())),
    }
}

/// The same once more, after a failure.
fn again(what: What) -> What {
    match what {
        What::Trades { sub, pages, failures, before } => What::Trades { sub, pages, failures: failures + 1, before },
        What::Clock | What::Book { .. } => what,
    }
}
