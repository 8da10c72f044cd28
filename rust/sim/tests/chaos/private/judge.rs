//! The judge: each call ends once, in time, and as it was; at the end both sides say the same.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use okx_fast_core::num::Num;
use okx_fast_core::order::desk::{Item as Said, Outcome, Proof as Proved, Query, Report};
use okx_fast_core::order::keep::Told;
use okx_fast_core::order::{Does, Op};
use okx_fast_sim::exchange::account::{AcctIx, Fill};
use okx_fast_sim::exchange::io::{ConnId, MILLI, Nanos};
use okx_fast_sim::exchange::order::{OrdState, Order};
use okx_fast_sim::exchange::world::World;
use serde_json::Value;

use crate::dice::mix;
use crate::judge::clock;

use super::client::{Client, RESOLVE_WITHIN};
use super::plan::Item;
use super::venue::{ACCOUNTS, Venue};

/// What came before a fault, for people.
const LINES: usize = 80;
/// Orders that ended and that a client remembers at least.
const REMEMBERED: usize = 10_000;

#[derive(Debug)]
pub struct Call {
    pub acct: usize,
    pub strategy: usize,
    pub id: u64,
    pub op: Op,
    pub called: Nanos,
    pub within: Nanos,
    pub items: Vec<Item>,
    pub done: Option<(Nanos, Box<Report>)>,
}

/// A question of the desk that OKX answered.
#[derive(Debug)]
struct Proof {
    query: Query,
    asked: Nanos,
    at: Nanos,
}

/// Since when, price and size.
type Values = (Nanos, Option<Num>, Option<Num>);

/// What an account's client was told, and what its ear heard.
#[derive(Debug, Default)]
struct Side {
    fills: BTreeMap<(String, String), (Num, Option<Num>)>,
    /// When rows reached the client: of an order, of its amendment, of its end.
    rows: BTreeMap<String, Vec<Nanos>>,
    amends: BTreeMap<(String, String), Vec<Nanos>>,
    ends: BTreeMap<String, Vec<Nanos>>,
    proofs: BTreeMap<String, Vec<Proof>>,
    /// Amendments as they were: by order and reqId.
    amended: BTreeMap<(String, String), bool>,
    /// Price and size of orders, and since when.
    values: BTreeMap<String, Vec<Values>>,
    arrived: BTreeMap<u64, u32>,
    /// Tag and state of orders, as the ear heard them last: the exchange forgets the oldest.
    last: BTreeMap<String, (String, String)>,
    /// Fills as they were made: the exchange forgets the oldest.
    made: Vec<Fill>,
}

#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub calls: u64,
    pub not_sent: u64,
    /// CONFIRMED, REJECTED, UNKNOWN.
    pub outcomes: [u64; 3],
    /// UNKNOWN, although it was done.
    pub done_unknown: u64,
    pub doubted: u64,
    pub queries: u64,
    pub orders: usize,
    pub fills: u64,
    pub fills_found: u64,
    pub rounds: u64,
    pub failed: u64,
    pub strikes: u64,
    /// How often the exchange's faults found something to strike.
    pub hits: u64,
    pub digest: u64,
}

#[derive(Debug, Default)]
pub struct Judge {
    pub calls: Vec<Call>,
    sides: [Side; 2],
    /// Operations that a connection carried.
    lines: BTreeMap<ConnId, usize>,
    pub tally: Tally,
    history: VecDeque<String>,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [confirmed, rejected, unknown] = self.outcomes;
        write!(f, "{} calls for {} orders, {} not sent", self.calls, self.orders, self.not_sent)?;
        write!(f, "; {confirmed} confirmed, {rejected} rejected, {unknown} unknown ({} of them done)", self.done_unknown)?;
        write!(f, "; {} in doubt, {} questions", self.doubted, self.queries)?;
        write!(f, "; {} fills, {} found by REST", self.fills, self.fills_found)?;
        write!(f, "; {} comparisons, {} failed questions", self.rounds, self.failed)?;
        write!(f, "; {} strikes, {} hits", self.strikes, self.hits)
    }
}

fn name_of(query: &Query) -> String {
    if query.ord_id.is_empty() { format!("={}", query.cl_ord_id) } else { query.ord_id.clone() }
}

fn within(times: Option<&Vec<Nanos>>, from: Nanos, to: Nanos) -> bool {
    times.is_some_and(|times| times.iter().any(|at| *at >= from && *at < to))
}

impl Judge {
    pub fn note(&mut self, now: Nanos, what: impl FnOnce() -> String) {
        if self.history.len() == LINES {
            self.history.pop_front();
        }
        self.history.push_back(format!("{} {}", clock(now), what()));
    }

    pub fn history(&self) -> String {
        self.history.iter().fold(String::new(), |all, line| all + "\n  " + line)
    }

    pub fn sent(&mut self, conn: ConnId, call: Call) {
        self.lines.insert(conn, call.acct);
        self.posted(call);
    }

    /// By REST, on a connection of its own.
    pub fn posted(&mut self, call: Call) {
        self.tally.calls += 1;
        self.calls.push(call);
    }

    /// A frame came to the exchange: a request comes once.
    pub fn arrived(&mut self, conn: ConnId, text: &[u8]) -> Result<(), String> {
        let Some(rest) = text.strip_prefix(b"{\"id\":\"") else { return Ok(()) };
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let id = std::str::from_utf8(&rest[..digits]).ok().and_then(|id| id.parse::<u64>().ok());
        let (Some(id), Some(acct)) = (id, self.lines.get(&conn)) else { return Ok(()) };
        let times = self.sides[*acct].arrived.entry(id).or_default();
        *times += 1;
        if *times > 1 { Err(format!("request {id} of {} was sent {times} times", ACCOUNTS[*acct])) } else { Ok(()) }
    }

    pub fn done(&mut self, now: Nanos, acct: usize, ticket: usize, report: Box<Report>) -> Result<(), String> {
        let digest = report.items.iter().fold(report.id, |at, item| mix(at ^ item.outcome as u64 ^ u64::from(item.queries)));
        self.tally.digest = mix(self.tally.digest ^ now ^ digest);
        let call = self.calls.get_mut(ticket).ok_or("a call ended that was never made")?;
        if call.acct != acct || call.id != report.id || call.op != report.op {
            return Err(format!("call {ticket} ended as another: {report:?}"));
        }
        if let Some((at, _)) = call.done {
            return Err(format!("call {ticket} ended twice, first at {}", clock(at)));
        }
        if report.items.len() != call.items.len() {
            return Err(format!("call {ticket} was about {} orders, its report is about {}", call.items.len(), report.items.len()));
        }
        let latest = call.called + call.within + RESOLVE_WITHIN + 2 * MILLI;
        if now > latest {
            return Err(format!("call {ticket} ended {} ms after it had to: {report:?}", (now - latest) / MILLI));
        }
        for item in &report.items {
            self.tally.outcomes[item.outcome as usize] += 1;
        }
        call.done = Some((now, report));
        Ok(())
    }

    pub fn row(&mut self, now: Nanos, acct: usize, ord_id: &str, req_id: &str, over: bool) {
        let side = &mut self.sides[acct];
        side.rows.entry(ord_id.to_owned()).or_default().push(now);
        if !req_id.is_empty() {
            side.amends.entry((ord_id.to_owned(), req_id.to_owned())).or_default().push(now);
        }
        if over {
            side.ends.entry(ord_id.to_owned()).or_default().push(now);
        }
    }

    pub fn answered(&mut self, now: Nanos, acct: usize, query: Query, asked: Nanos) {
        self.sides[acct].proofs.entry(name_of(&query)).or_default().push(Proof { query, asked, at: now });
    }

    pub fn told(&mut self, now: Nanos, acct: usize, told: &Told) -> Result<(), String> {
        match told {
            Told::Order(row) => self.tally.digest = mix(self.tally.digest ^ now ^ row.u_time_ms.unwrap_or(0).cast_unsigned()),
            Told::Fill { fill, found } => {
                self.tally.fills += 1;
                self.tally.fills_found += u64::from(*found);
                let key = (fill.ord_id.clone(), fill.trade_id.clone());
                if self.sides[acct].fills.insert(key, (fill.sz, fill.px)).is_some() {
                    return Err(format!("a fill was told twice: {fill:?}"));
                }
            }
            Told::Illegal { .. } | Told::Unreadable { .. } => return Err(format!("{}: {told:?}", ACCOUNTS[acct])),
            Told::Reconciled { .. } => self.tally.rounds += 1,
            Told::Failed { .. } => self.tally.failed += 1,
            _ => {}
        }
        Ok(())
    }

    /// What an ear hears: every row there is.
    pub fn heard(&mut self, now: Nanos, acct: usize, frame: &Value) {
        for row in frame["data"].as_array().into_iter().flatten() {
            let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            let num = |name: &str| Num::parse(text(name).as_bytes());
            self.sides[acct].last.insert(text("ordId"), (text("tag"), text("state")));
            let values = self.sides[acct].values.entry(text("ordId")).or_default();
            if values.last().is_none_or(|(_, px, sz)| (*px, *sz) != (num("px"), num("sz"))) {
                values.push((now, num("px"), num("sz")));
            }
            if !text("reqId").is_empty() {
                let done = matches!(row["amendResult"].as_str(), Some("0" | "2"));
                self.sides[acct].amended.insert((text("ordId"), text("reqId")), done);
            }
        }
    }

    /// Writes down the fills that were made since the last time.
    pub fn look(&mut self, world: &World) {
        for (acct, side) in self.sides.iter_mut().enumerate() {
            let last = side.made.last().map_or(0, |fill| fill.bill_id);
            let fills = &world.account(AcctIx(acct as u32 + 1)).fills;
            let new = fills.iter().rev().take_while(|fill| fill.bill_id > last).count();
            side.made.extend(fills.iter().skip(fills.len() - new).cloned());
        }
    }

    /// What must hold at the end of all.
    pub fn last_look(&mut self, venue: &mut Venue, clients: &[Client]) -> Result<(), String> {
        for client in clients {
            if let Some(left) = client.unfinished() {
                return Err(format!("{}: not at rest at the end: {left}", ACCOUNTS[client.acct]));
            }
            let counts = client.desk.counts();
            self.tally.doubted += counts.doubted;
            self.tally.queries += counts.queries;
        }
        self.calls_are_true(venue.exchange.world())?;
        for client in clients {
            let at = |wrong: String| format!("{}: {wrong}", ACCOUNTS[client.acct]);
            self.orders_agree(venue.exchange.world(), client).map_err(at)?;
            self.fills_agree(client).map_err(at)?;
            holdings_agree(venue, client).map_err(at)?;
        }
        Ok(())
    }

    fn calls_are_true(&mut self, world: &World) -> Result<(), String> {
        let mut by_tag: BTreeMap<(usize, &str), Vec<&Order>> = BTreeMap::new();
        let mut by_name: BTreeMap<(usize, &str), Vec<&Order>> = BTreeMap::new();
        for order in world.orders.all.values() {
            let Some(acct) = side_of(order.acct) else { continue };
            by_tag.entry((acct, &order.tag)).or_default().push(order);
            by_name.entry((acct, &order.cl_ord_id)).or_default().push(order);
            self.tally.orders += 1;
        }
        let mut canceled_by_us = BTreeSet::new();
        for (ticket, call) in self.calls.iter().enumerate() {
            let Some((at, report)) = &call.done else { return Err(format!("call {ticket} never ended: {call:?}")) };
            for (item, said) in call.items.iter().zip(&report.items) {
                let side = &self.sides[call.acct];
                let wrong = |what: String| {
                    let span = format!("{}–{}", clock(call.called), clock(*at));
                    Err(format!("call {ticket} ({}, {span}): {what}\n{item:?}\n{said:?}", call.op.as_str()))
                };
                match call.op.does() {
                    Does::Place => {
                        let made = by_tag.get(&(call.acct, &*item.tag)).map_or(&[][..], Vec::as_slice);
                        if made.len() > 1 {
                            return wrong(format!("{} orders were made of it", made.len()));
                        }
                        match (said.outcome, made) {
                            (Outcome::Confirmed, [order]) if order.ord_id.to_string() == said.ord_id => {}
                            (Outcome::Confirmed, []) if side.last.get(&said.ord_id).is_some_and(|(tag, _)| *tag == item.tag) => {}
                            (Outcome::Confirmed, made) => return wrong(format!("confirmed, but the exchange has {made:?}")),
                            (Outcome::Rejected, [order, ..]) => return wrong(format!("rejected, but there is {order:?}")),
                            (Outcome::Unknown, [order, ..]) => {
                                self.tally.done_unknown += 1;
                                if let Some(proof) = side.proved(item, order, call.called, *at) {
                                    return wrong(format!("unknown, but {proof}: {order:?}"));
                                }
                            }
                            (Outcome::Rejected | Outcome::Unknown, []) => {}
                        }
                    }
                    Does::Cancel => {
                        let named = by_name.get(&(call.acct, &*item.cl_ord_id)).filter(|_| !item.cl_ord_id.is_empty());
                        let found = named.into_iter().flatten().copied();
                        let of_id = item.ord_id.parse().ok().and_then(|id| world.orders.get(id));
                        let meant: Vec<&Order> = if item.ord_id.is_empty() { found.collect() } else { of_id.into_iter().collect() };
                        if said.outcome != Outcome::Rejected {
                            canceled_by_us.extend(meant.iter().map(|order| order.ord_id));
                        }
                        if let Some(what) = cancel_is_true(said, item, world, side) {
                            return wrong(what);
                        }
                        if said.outcome == Outcome::Unknown
                            && let [order] = meant.as_slice()
                            && !order.state.is_open()
                        {
                            self.tally.done_unknown += u64::from(order.state == OrdState::Canceled);
                            if let Some(proof) = side.end_proved(order, item, call.called, *at) {
                                return wrong(format!("unknown, but {proof}: {order:?}"));
                            }
                        }
                    }
                    Does::Amend if !item.req_id.is_empty() => {
                        let key = (item.meant.clone(), item.req_id.clone());
                        let is_done = side.amended.get(&key).copied().unwrap_or(false);
                        match said.outcome {
                            // Without a row of it, that the order is as asked is all there is to go by.
                            Outcome::Confirmed if !is_done && said.proof != Proved::Answer && side.was_as_asked(item, call.called, *at) => {
                            }
                            Outcome::Confirmed if !is_done => return wrong("confirmed, but it was never amended so".to_owned()),
                            Outcome::Rejected if is_done => return wrong("rejected, but it was amended so".to_owned()),
                            Outcome::Unknown if within(side.amends.get(&key), call.called, *at) => {
                                return wrong("unknown, but a row with its reqId had come".to_owned());
                            }
                            Outcome::Unknown => self.tally.done_unknown += u64::from(is_done),
                            _ => {}
                        }
                    }
                    Does::Amend | Does::Sweep => {}
                }
            }
        }
        let by_user = |order: &&Order| order.state == OrdState::Canceled && order.cancel_source == "1" && side_of(order.acct).is_some();
        for order in world.orders.all.values().map(|order| &**order).filter(by_user) {
            if !canceled_by_us.contains(&order.ord_id) {
                return Err(format!("canceled by its user, whose calls were all rejected: {order:?}"));
            }
        }
        Ok(())
    }

    fn orders_agree(&self, world: &World, client: &Client) -> Result<(), String> {
        let acct = AcctIx(client.acct as u32 + 1);
        let ours: BTreeMap<&str, _> = client.keeper.tracker.open().map(|order| (order.row.ord_id.as_str(), order)).collect();
        let theirs: BTreeMap<String, &Order> = world.orders.open_of(acct).map(|order| (order.ord_id.to_string(), order)).collect();
        if let Some((_, order)) = ours.iter().find(|(id, _)| !theirs.contains_key(**id)) {
            return Err(format!(
                "open for us alone: {:?}, at OKX {:?}",
                order.row,
                order.row.ord_id.parse().ok().and_then(|id| world.orders.get(id))
            ));
        }
        if let Some((_, order)) = theirs.iter().find(|(id, _)| !ours.contains_key(id.as_str())) {
            return Err(format!("open at the exchange alone: {order:?}"));
        }
        for order in world.orders.all.values().filter(|order| order.acct == acct) {
            let id = order.ord_id.to_string();
            let Some(known) = client.keeper.tracker.get(&id) else { continue };
            let row = &known.row;
            let same = |ours: Option<Num>, theirs: Option<String>| match (ours, theirs) {
                (ours, None) => ours.is_none_or(|num| num.mantissa == 0),
                (Some(ours), Some(theirs)) => Num::parse(theirs.as_bytes()).is_some_and(|theirs| theirs.cmp_value(ours).is_eq()),
                (None, Some(_)) => false,
            };
            let px = order.px.filter(|_| order.ord_type.name() != "market").map(|px| px.to_string());
            let agrees = row.state.as_str() == order.state.name()
                && same(row.px, px)
                && same(row.sz, Some(order.sz.to_string()))
                && same(row.acc_fill_sz, Some(order.acc_fill_sz.to_string()))
                && same(Some(known.filled_seen), Some(order.acc_fill_sz.to_string()));
            if !agrees {
                return Err(format!("not the same order: fills {:?}, {row:?}\n{order:?}", known.filled_seen));
            }
        }
        let confirmed = self.calls.iter().filter(|call| call.acct == client.acct && call.op.does() == Does::Place);
        for said in confirmed.filter_map(|call| call.done.as_ref()).flat_map(|(_, report)| &report.items) {
            let is_known = client.keeper.tracker.get(&said.ord_id).is_some();
            if said.outcome == Outcome::Confirmed && !is_known && self.sides[client.acct].last.len() <= REMEMBERED {
                return Err(format!("a confirmed order is not known: {said:?}"));
            }
        }
        Ok(())
    }

    fn fills_agree(&self, client: &Client) -> Result<(), String> {
        let Side { fills: told, made, .. } = &self.sides[client.acct];
        for fill in made {
            let key = (fill.ord_id.to_string(), fill.trade_id.to_string());
            let same = |num: Num, text: String| Num::parse(text.as_bytes()).is_some_and(|of| of.cmp_value(num).is_eq());
            match told.get(&key) {
                None => return Err(format!("a fill was never told: {fill:?}")),
                Some((sz, px)) if same(*sz, fill.sz.to_string()) && px.is_some_and(|px| same(px, fill.px.to_string())) => {}
                Some(told) => return Err(format!("told {told:?} of {fill:?}")),
            }
        }
        if told.len() != made.len() {
            return Err(format!("{} fills were told, {} were made", told.len(), made.len()));
        }
        Ok(())
    }
}

impl Side {
    /// What had shown the client that the order was made.
    fn proved(&self, item: &Item, order: &Order, called: Nanos, settled: Nanos) -> Option<&'static str> {
        if item.cl_ord_id.is_empty() {
            return None;
        }
        if within(self.rows.get(&order.ord_id.to_string()), called, settled) {
            return Some("a row of it had come");
        }
        let proofs = self.proofs.get(&format!("={}", item.cl_ord_id))?;
        let is_proof = |proof: &&Proof| *proof.query.inst == *item.inst_id && proof.asked >= order.created && proof.at < settled;
        proofs.iter().find(is_proof).map(|_| "a question after it was answered")
    }

    /// The order had the price and size that the amendment was to give it at some time between.
    fn was_as_asked(&self, item: &Item, called: Nanos, settled: Nanos) -> bool {
        let Some(values) = self.values.get(&item.meant) else { return false };
        let has = |want: &Option<String>, is: Option<Num>| {
            let want = want.as_ref().and_then(|text| Num::parse(text.as_bytes()));
            want.is_none_or(|want| is.is_some_and(|is| is.cmp_value(want).is_eq()))
        };
        let until = |at: usize| values.get(at + 1).map_or(Nanos::MAX, |(next, ..)| *next);
        let span = |(at, (since, ..)): &(usize, &(Nanos, _, _))| *since < settled && until(*at) > called;
        values.iter().enumerate().filter(span).any(|(_, (_, px, sz))| has(&item.new_px, *px) && has(&item.new_sz, *sz))
    }

    fn end_proved(&self, order: &Order, item: &Item, called: Nanos, settled: Nanos) -> Option<&'static str> {
        if within(self.ends.get(&order.ord_id.to_string()), called, settled) {
            return Some("the row of its end had come");
        }
        let name = if item.ord_id.is_empty() { format!("={}", item.cl_ord_id) } else { item.ord_id.clone() };
        let is_proof = |proof: &&Proof| proof.asked >= order.updated.max(called) && proof.at < settled;
        self.proofs.get(&name)?.iter().find(is_proof).map(|_| "a question after it was answered")
    }
}

/// The account's place in a run; the house has none.
fn side_of(acct: AcctIx) -> Option<usize> {
    (acct.0 as usize).checked_sub(1)
}

fn cancel_is_true(said: &Said, item: &Item, world: &World, side: &Side) -> Option<String> {
    if said.outcome != Outcome::Confirmed {
        return None;
    }
    let id = if said.ord_id.is_empty() { &item.meant } else { &said.ord_id };
    let order = id.parse().ok().and_then(|id| world.orders.get(id));
    match order {
        Some(order) if *id == item.meant && order.state == OrdState::Canceled => None,
        None if *id == item.meant && side.last.get(id).is_some_and(|(_, state)| state == "canceled") => None,
        order => Some(format!("confirmed, but {} is {order:?}", item.meant)),
    }
}

fn holdings_agree(venue: &mut Venue, client: &Client) -> Result<(), String> {
    let holdings = &client.keeper.holdings;
    let parse = |row: &[u8]| serde_json::from_slice::<Value>(row).expect("rows are JSON");
    let keyed = |rows: Vec<Value>, key: &str, fields: &[&str]| -> BTreeMap<String, Vec<Value>> {
        let of = |row: &Value| (row[key].as_str().unwrap_or_default().to_owned(), fields.iter().map(|name| row[*name].clone()).collect());
        rows.iter().map(of).collect()
    };
    let positions = venue.ask(client.acct, "/api/v5/account/positions").as_array().cloned().unwrap_or_default();
    let fields = ["instId", "posSide", "pos", "avgPx", "uTime"];
    let theirs = keyed(positions, "posId", &fields);
    let mut ours = keyed(holdings.positions.rows().map(|held| parse(&held.row)).collect(), "posId", &fields);
    // A push that was told again had its time moved on by a millisecond.
    for (id, fields) in &mut ours {
        let ms = |fields: &[Value]| fields.last().and_then(Value::as_str).and_then(|ms| ms.parse::<u64>().ok());
        let told = theirs.get(id).and_then(|fields| Some((fields.last()?, ms(fields)?)));
        if let Some(((at, told), ours)) = told.zip(ms(fields))
            && ours == told + 1
        {
            fields.pop();
            fields.push(at.clone());
        }
    }
    if ours != theirs {
        return Err(format!("positions are {theirs:?}\nknown are {ours:?}"));
    }
    let balance = venue.ask(client.acct, "/api/v5/account/balance");
    // `ordFrozen` moves with the mark price, of which nobody is told at once.
    let fields = ["cashBal", "uTime"];
    let theirs = keyed(balance[0]["details"].as_array().cloned().unwrap_or_default(), "ccy", &fields);
    let ours = keyed(holdings.balances.rows().map(|held| parse(&held.row)).collect(), "ccy", &fields);
    if ours != theirs {
        return Err(format!("balances are {theirs:?}\nknown are {ours:?}"));
    }
    Ok(())
}
