//! One run of the account side: two accounts, four strategies each, and what befalls them; all from one seed, without waiting.
//!
//! ```text
//! next of: exchange · network · clients · strategies · strikes ─▶ now ─▶ do it ─▶ judge ─▶ …
//! sick: strategies trade, things strike ─▶ well: they trade on ─▶ quiet: nobody trades, all comes to rest ─▶ last look
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use okx_fast_core::num::Num;
use okx_fast_core::order::desk::{Asked, Call as CoreCall, Outcome};
use okx_fast_core::order::frame::Frame;
use okx_fast_core::order::keep::Told;
use okx_fast_core::order::{Does, Id, Op};
use okx_fast_core::session::Action;
use okx_fast_sim::exchange::account::AcctIx;
use okx_fast_sim::exchange::io::{ConnId, HttpRequest, Input, MILLI, Nanos, SECOND};
use serde_json::{Value, json};

use crate::client::Leg;
use crate::dice::Dice;
use crate::judge::clock;
use crate::limits::Limits;
use crate::net::{Arrival, Down, Net, Owner};
use crate::venue::START;

use super::client::{Client, Heard};
use super::judge::{Call, Judge, Tally};
use super::plan::{self, Item, Strategy, Wish};
use super::sabotage::Sabotage;
use super::sick::KINDS;
use super::venue::{ACCOUNTS, TRADED, Venue, signed};
use super::{FAILED_ONCE, LATER};

#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub sick: Nanos,
    pub well: Nanos,
    pub quiet: Nanos,
    /// Of each kind, for each account.
    pub strategies: usize,
}

/// What is at work at the end is given so long.
const GRACE: Nanos = 5 * SECOND;

pub const FULL: Size = Size { sick: 170 * SECOND, well: 20 * SECOND, quiet: 90 * SECOND, strategies: 2 };
pub const SHORT: Size = Size { sick: 30 * SECOND, well: 5 * SECOND, quiet: 60 * SECOND, strategies: 1 };

/// Steps at one moment; more, and some deadline does not move.
const MOST_AT_ONCE: u32 = 100_000;
/// The house rests, and so do prices that nobody is told of, for the last part of a run.
const STILL: Nanos = 10 * SECOND;

pub struct Run {
    pub now: Nanos,
    pub dice: Dice,
    pub venue: Venue,
    pub net: Net,
    pub judge: Judge,
    pub clients: Vec<Client>,
    /// No outage of all before.
    pub spared_until: Nanos,
    strategies: Vec<Vec<Strategy>>,
    next_id: [u64; 2],
    limits: Limits,
    size: Size,
    kinds: Vec<&'static str>,
    every: Nanos,
    strike_at: Nanos,
    healed: bool,
    stilled: bool,
    strikes: BTreeMap<&'static str, u32>,
    /// How the clients break their word, to see whether the judge notices.
    pub sabotage: Option<Sabotage>,
    wrong: Option<String>,
    /// Of what these runs did not have at first: calls by REST, channels refused for good, a trader that is closed. Seeds that failed
    /// before have none of it still.
    later: Option<Dice>,
    /// Who is closed, and when.
    close: Option<(usize, Nanos)>,
    trace: Option<usize>,
}

impl Run {
    pub fn new(seed: u64, size: Size, only: Option<&[&'static str]>) -> Self {
        let mut dice = Dice::of(seed, "account side");
        let some = match dice.below(12) {
            0 => 1,
            1..5 => dice.between(2, 6) as usize,
            _ => KINDS.len(),
        };
        let mut kinds = KINDS.to_vec();
        while kinds.len() > some {
            kinds.swap_remove(dice.below(kinds.len() as u64) as usize);
        }
        let every = *dice.pick(&[SECOND, 2 * SECOND, 4 * SECOND]).expect("three");
        let mut size = size;
        let mut later = FAILED_ONCE.iter().all(|(failed, _)| *failed != seed || seed >= LATER).then(|| Dice::of(seed, "later"));
        let close = later.as_mut().and_then(|dice| {
            let at = START + size.sick / 2 + dice.below(size.sick / 2 + size.well);
            dice.one_in(3).then(|| (dice.below(ACCOUNTS.len() as u64) as usize, at))
        });
        if later.is_some() {
            // A channel may be refused for a minute after all is well, and then there is a comparison.
            size.quiet += 90 * SECOND;
        }
        let strategies = |acct: usize| {
            let kinds = plan::KINDS.iter().cycle().take(plan::KINDS.len() * size.strategies);
            kinds.enumerate().map(|(at, kind)| Strategy::new(*kind, at, START, Dice::of(seed, &format!("strategy {acct} {at}")))).collect()
        };
        Self {
            now: START,
            venue: Venue::new(seed),
            net: Net::new(Dice::of(seed, "account net"), true),
            judge: Judge::default(),
            clients: (0..ACCOUNTS.len()).map(|acct| Client::new(acct, START, Dice::of(seed, &format!("account {acct}")))).collect(),
            spared_until: 0,
            strategies: (0..ACCOUNTS.len()).map(strategies).collect(),
            next_id: [0; 2],
            limits: Limits::new(false),
            size,
            kinds: only.map_or(kinds, <[_]>::to_vec),
            every,
            strike_at: START + 5 * SECOND,
            healed: false,
            stilled: false,
            strikes: BTreeMap::new(),
            sabotage: None,
            wrong: None,
            later,
            close,
            trace: std::env::var("TRACE").ok().and_then(|acct| acct.parse().ok()),
            dice,
        }
    }

    fn sick_until(&self) -> Nanos {
        START + self.size.sick
    }

    fn busy_until(&self) -> Nanos {
        self.sick_until() + self.size.well
    }

    fn end(&self) -> Nanos {
        self.busy_until() + self.size.quiet
    }

    /// To the end, or to the first thing that is wrong.
    pub fn run(mut self) -> Result<Tally, String> {
        self.clients.iter_mut().for_each(|client| client.sabotage = self.sabotage);
        (0..self.clients.len()).for_each(|acct| self.attend(acct));
        let (mut at_once, mut before) = (0, START);
        while self.now < self.end() || (self.now < self.end() + GRACE && self.is_at_work()) {
            self.now = self.next();
            at_once = if self.now == before { at_once + 1 } else { 0 };
            before = self.now;
            if at_once > MOST_AT_ONCE {
                return Err(self.report("time does not move on"));
            }
            if self.venue.next().is_some_and(|due| due <= self.now) {
                self.venue.advance(self.now);
                self.carry();
            }
            while let Some(arrival) = self.net.arrive(self.now) {
                self.arrived(arrival);
            }
            self.make_connects();
            for acct in 0..self.clients.len() {
                if self.clients[acct].next().is_some_and(|due| due <= self.now) {
                    self.clients[acct].timeout(self.now);
                    self.attend(acct);
                }
            }
            self.close_one();
            self.trade();
            self.befall();
            if let Some(wrong) = self.wrong.take() {
                return Err(self.report(&wrong));
            }
        }
        let Self { venue, judge, clients, .. } = &mut self;
        judge.last_look(venue, clients).map_err(|wrong| self.report(&wrong))?;
        Ok(self.judge.tally)
    }

    /// One in so many of what came later to these runs.
    pub fn later(&mut self, n: u64) -> bool {
        self.later.as_mut().is_some_and(|dice| dice.one_in(n))
    }

    /// A trader is closed with calls on their way; nobody sends any after that.
    fn close_one(&mut self) {
        let Some((acct, _)) = self.close.take_if(|(_, at)| *at <= self.now) else { return };
        self.judge.note(self.now, || format!("{} is closed", ACCOUNTS[acct]));
        self.clients[acct].close(self.now);
        self.strategies[acct].clear();
        self.attend(acct);
    }

    fn next(&self) -> Nanos {
        let clients = self.clients.iter().filter_map(Client::next).min();
        let strategies = self.strategies.iter().flatten().map(|strategy| strategy.due).min().filter(|due| *due < self.busy_until());
        let strike = (!self.healed).then(|| self.strike_at.min(self.sick_until()));
        let still = (!self.stilled).then(|| self.end() - STILL);
        let close = self.close.map(|(_, at)| at);
        let all = [self.venue.next(), self.net.next(), clients, strategies, self.limits.next(self.now), strike, still, close];
        let until = if self.now < self.end() { self.end() } else { self.end() + GRACE };
        all.into_iter().flatten().fold(until, Nanos::min).max(self.now)
    }

    /// A comparison may have begun just before the end: connections are replaced at their age, well or not.
    fn is_at_work(&self) -> bool {
        self.clients.iter().any(|client| client.unfinished().is_some())
    }

    /// Puts on the lines what the exchange has to say, and shows the judge what the ears heard.
    pub fn carry(&mut self) {
        while let Some(output) = self.venue.output(self.now) {
            self.net.carry(self.now, output);
        }
        self.net.swallowed.clear();
        for (acct, frame) in std::mem::take(&mut self.venue.heard) {
            self.judge.heard(self.now, acct, &frame);
        }
        self.judge.look(self.venue.exchange.world());
    }

    fn arrived(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::AtExchange(input) => {
                if let Input::Text { conn, text } = &input {
                    let found = self.judge.arrived(*conn, text);
                    self.note_wrong(found);
                }
                self.venue.advance(self.now);
                self.venue.give(&input);
                self.carry();
            }
            Arrival::AtClient(conn, Owner::Leg(shard, leg), down) => {
                let (acct, line) = (shard / 2, shard % 2);
                if self.clients[acct].lines[line].legs.get(&leg) != Some(&conn) {
                    return;
                }
                match down {
                    Down::Open => self.clients[acct].opened(line, leg, self.now),
                    Down::Text(text) => {
                        self.say(acct, || format!("{conn} ◀ {}", String::from_utf8_lossy(&text)));
                        self.clients[acct].frame(line, leg, self.now, &text);
                    }
                    Down::Ended(why) => self.ended(acct, line, leg, &why),
                    Down::Answer(_) => {}
                }
                self.attend(acct);
            }
            Arrival::AtClient(_, Owner::Fetch(acct, id), down) => {
                match &down {
                    Down::Answer(body) => {
                        self.say(acct, || format!("question {id} ◀ {}", String::from_utf8_lossy(body)));
                        self.clients[acct].answered(id, self.now, Ok(body));
                    }
                    Down::Ended(why) => self.clients[acct].answered(id, self.now, Err(why)),
                    Down::Open | Down::Text(_) => {}
                }
                self.attend(acct);
            }
        }
    }

    fn say(&self, acct: usize, what: impl FnOnce() -> String) {
        if self.trace == Some(acct) {
            println!("{} {}", clock(self.now), what());
        }
    }

    fn ended(&mut self, acct: usize, line: usize, leg: Leg, why: &str) {
        let Some(conn) = self.clients[acct].lines[line].legs.remove(&leg) else { return };
        self.judge.note(self.now, || format!("{} lost line {line} ({conn}): {why}", ACCOUNTS[acct]));
        self.say(acct, || format!("{conn} is over: {why}"));
        self.net.hang_up(self.now, conn);
        self.limits.over(conn);
        self.clients[acct].closed(line, leg, conn, self.now, why);
    }

    pub fn reconnect(&mut self, shard: usize) {
        self.clients[shard / 2].reconnect(shard % 2, self.now);
        self.attend(shard / 2);
    }

    /// Does what a client wants done, asks its questions, sends what it has to say, and hears what came of it.
    fn attend(&mut self, acct: usize) {
        let now = self.now;
        for line in 0..2 {
            loop {
                let legs: Vec<(Leg, ConnId)> = self.clients[acct].lines[line].legs.iter().map(|(leg, conn)| (*leg, *conn)).collect();
                for (leg, conn) in legs {
                    while let Some(text) = self.clients[acct].poll_transmit(line, leg, now) {
                        let found = self.limits.request(conn, &text);
                        self.note_wrong(found);
                        self.net.send(now, conn, text);
                    }
                }
                match self.clients[acct].poll_action(line) {
                    None => break,
                    Some(Action::Connect(leg)) => self.limits.wait(acct * 2 + line, leg.0),
                    Some(Action::Close(leg, why)) => self.ended(acct, line, leg.0, &why),
                    Some(Action::Fetch(_)) => {}
                }
            }
            self.clients[acct].rest(line, now);
        }
        while let Some((id, target)) = self.clients[acct].settle(now) {
            let headers = signed(acct, "GET", &target, b"", self.clients[acct].exchange_ns(now));
            self.say(acct, || format!("question {id} ▶ {target}"));
            self.net.fetch(now, Owner::Fetch(acct, id), &target, headers);
        }
        for heard in self.clients[acct].take_heard() {
            let twisted = match self.sabotage {
                Some(sabotage) => sabotage.twist(heard),
                None => vec![heard],
            };
            for heard in twisted {
                self.heard(acct, heard);
            }
        }
    }

    fn heard(&mut self, acct: usize, heard: Heard) {
        let now = self.now;
        match heard {
            Heard::Done(ticket, report) => {
                self.say(acct, || format!("call {ticket}: {report:?}"));
                let found = match self.judge.calls.get(ticket) {
                    Some(call) => {
                        // A name whose place ended without a word is not used again: nobody knows whether it is free.
                        let known = report.items.iter().filter(|item| item.outcome != Outcome::Unknown && call.op.does() == Does::Place);
                        for said in known {
                            let Some(strategy) = self.strategies[acct].get_mut(call.strategy) else { break };
                            let is_open =
                                said.outcome == Outcome::Confirmed && strategy.orders.get(&said.ord_id).is_none_or(|own| own.is_open);
                            if is_open {
                                strategy.taken.insert(said.cl_ord_id.clone(), said.ord_id.clone());
                            } else {
                                strategy.taken.remove(&said.cl_ord_id);
                            }
                        }
                        self.judge.done(now, acct, ticket, report)
                    }
                    None => Err(format!("call {ticket} was never made")),
                };
                self.note_wrong(found);
            }
            Heard::Told(told) => {
                self.say(acct, || format!("told {told:?}"));
                if let Told::Order(row) = &told {
                    let ticket =
                        row.tag.strip_prefix('c').and_then(|tag| tag.split('i').next()).and_then(|text| text.parse::<usize>().ok());
                    if let Some(call) = ticket.and_then(|ticket| self.judge.calls.get(ticket)) {
                        self.strategies[acct].get_mut(call.strategy).into_iter().for_each(|strategy| strategy.told(row));
                    }
                }
                let found = self.judge.told(now, acct, &told);
                self.note_wrong(found);
            }
            Heard::Row { ord_id, req_id, over } => self.judge.row(now, acct, &ord_id, &req_id, over),
            Heard::Answered { query, asked, good: true } => self.judge.answered(now, acct, query, asked),
            Heard::Answered { .. } => {}
        }
    }

    fn note_wrong(&mut self, found: Result<(), String>) {
        if let Err(found) = found {
            self.wrong.get_or_insert(found);
        }
    }

    fn make_connects(&mut self) {
        while let Some(turn) = self.limits.connect(self.now) {
            match turn {
                Ok((shard, leg)) => {
                    let conn = self.net.connect(self.now, Owner::Leg(shard, leg), "/ws/v5/private");
                    if let Some(old) = self.clients[shard / 2].lines[shard % 2].legs.insert(leg, conn) {
                        self.net.hang_up(self.now, old);
                    }
                }
                Err(wrong) => return self.note_wrong(Err(wrong)),
            }
        }
    }

    fn trade(&mut self) {
        if self.now >= self.busy_until() {
            return;
        }
        for acct in 0..self.strategies.len() {
            for at in 0..self.strategies[acct].len() {
                if self.strategies[acct][at].due > self.now {
                    continue;
                }
                let world = self.venue.exchange.world();
                let long_short = world.account(AcctIx(acct as u32 + 1)).long_short;
                if let Some(wish) = self.strategies[acct][at].wish(self.now, world, long_short) {
                    self.send(acct, at, wish);
                }
            }
        }
    }

    fn send(&mut self, acct: usize, strategy: usize, wish: Wish) {
        let Wish { op, exp_in, within, mut items } = wish;
        let by_rest = self.later(4);
        let client = &mut self.clients[acct];
        let Some(conn) = client.way_out().filter(|_| !by_rest).or(by_rest.then_some(0)) else {
            self.judge.tally.not_sent += 1;
            return;
        };
        let ticket = self.judge.calls.len();
        self.next_id[acct] += 1;
        let id = self.next_id[acct];
        let careless = self.strategies[acct][strategy].kind == plan::Kind::Careless;
        let exp_ms = exp_in.map(|ms| (client.exchange_ns(self.now) / MILLI).saturating_add_signed(ms));
        let mut bytes = Vec::new();
        let mut frame = Frame::new(&mut bytes, id, op, exp_ms);
        for (at, item) in items.iter_mut().enumerate() {
            match op.does() {
                Does::Place => item.tag = format!("c{ticket}i{at}"),
                Does::Amend if !careless || self.dice.one_in(2) => item.req_id = format!("r{ticket}i{at}"),
                _ => {}
            }
            write(&mut frame, item);
        }
        frame.done();
        for item in items.iter().filter(|item| op.does() == Does::Place && !item.cl_ord_id.is_empty()) {
            self.strategies[acct][strategy].taken.insert(item.cl_ord_id.clone(), String::new());
        }
        let called = client.stamp(self.now);
        let asked = items.iter().map(asked).collect();
        let call = CoreCall { id, op, line: conn, called, answer_by: called.mono_ns + within, exp_ms, asked, ticket };
        if by_rest {
            self.post(call, within, Call { acct, strategy, id, op, called: self.now, within, items, done: None });
            return;
        }
        client.begin(call);
        let text = String::from_utf8(bytes).expect("a frame is text");
        self.say(acct, || format!("{conn} ▶ {text}"));
        let found = self.limits.request(conn, &text);
        self.note_wrong(found);
        self.judge.sent(conn, Call { acct, strategy, id, op, called: self.now, within, items, done: None });
        if self.sabotage == Some(Sabotage::SendsTwice) {
            self.net.send(self.now, conn, text.clone());
        }
        self.net.send(self.now, conn, text);
        self.attend(acct);
    }

    fn post(&mut self, call: CoreCall<usize>, within: Nanos, judged: Call) {
        let acct = judged.acct;
        let target = match call.op {
            Op::Order => "/api/v5/trade/order",
            Op::AmendOrder => "/api/v5/trade/amend-order",
            Op::CancelOrder => "/api/v5/trade/cancel-order",
            Op::BatchOrders => "/api/v5/trade/batch-orders",
            Op::BatchAmendOrders => "/api/v5/trade/amend-batch-orders",
            _ => "/api/v5/trade/cancel-batch-orders",
        };
        let mut bodies: Vec<Value> = judged.items.iter().map(rest_body).collect();
        let body = if call.op.is_batch() { Value::Array(bodies) } else { bodies.remove(0) }.to_string().into_bytes();
        let mut headers = signed(acct, "POST", target, &body, self.clients[acct].exchange_ns(self.now));
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
        headers.extend(call.exp_ms.map(|ms| ("exptime".to_owned(), ms.to_string())));
        let id = self.clients[acct].post(self.now, within, call);
        self.say(acct, || format!("question {id} ▶ {target} {}", String::from_utf8_lossy(&body)));
        self.judge.posted(judged);
        let request = HttpRequest { method: "POST".into(), target: target.into(), headers, body };
        self.net.request(self.now, Owner::Fetch(acct, id), request);
        self.attend(acct);
    }

    /// What befalls them, until all is healed; near the end the market stands still.
    fn befall(&mut self) {
        if !self.stilled && self.now >= self.end() - STILL {
            self.stilled = true;
            for inst_id in TRADED {
                self.venue.admin("POST", &format!("/market/{inst_id}"), &json!({"hold": true}));
            }
            self.carry();
        }
        if self.healed {
            return;
        }
        if self.now >= self.sick_until() {
            self.healed = true;
            self.judge.note(self.now, || "nothing is sick any more".to_owned());
            let faults = self.venue.admin("GET", "/faults", &Value::Null);
            for fault in faults.as_array().into_iter().flatten() {
                self.judge.tally.hits += fault["hits"].as_u64().unwrap_or(0);
            }
            self.venue.admin("DELETE", "/faults", &Value::Null);
            self.carry();
            return self.net.heal(self.now);
        }
        if self.now < self.strike_at {
            return;
        }
        self.strike_at = self.now + self.dice.wait(self.every);
        let together = if self.dice.one_in(4) { self.dice.between(2, 5) } else { 1 };
        for _ in 0..together {
            let kind = *self.dice.pick(&self.kinds).expect("a run has sicknesses");
            if self.strike(kind).is_some() {
                self.judge.note(self.now, || format!("strikes: {kind}"));
                *self.strikes.entry(kind).or_default() += 1;
                self.judge.tally.strikes += 1;
            }
        }
    }

    fn report(&self, wrong: &str) -> String {
        let strikes = &self.strikes;
        format!("at {} s: {wrong}\nstrikes: {strikes:?}\nwhat came before:{}", clock(self.now), self.judge.history())
    }
}

fn write(frame: &mut Frame<'_>, item: &Item) {
    frame.item();
    frame.int("instIdCode", item.code);
    let texts = [("ordId", &item.ord_id), ("clOrdId", &item.cl_ord_id), ("reqId", &item.req_id), ("tag", &item.tag)];
    for (name, value) in texts.into_iter().filter(|(_, value)| !value.is_empty()) {
        frame.text(name, value);
    }
    for (name, value) in &item.fields {
        frame.text(name, value);
    }
    for (name, value) in [("newPx", &item.new_px), ("newSz", &item.new_sz)] {
        if let Some(value) = value {
            frame.text(name, value);
        }
    }
    if item.cancel_on_fail {
        frame.raw("cxlOnFail", b"true");
    }
}

/// As REST wants it: by instId.
fn rest_body(item: &Item) -> Value {
    let mut body = json!({"instId": item.inst_id});
    let texts = [("ordId", &item.ord_id), ("clOrdId", &item.cl_ord_id), ("reqId", &item.req_id), ("tag", &item.tag)];
    for (name, value) in texts.into_iter().filter(|(_, value)| !value.is_empty()) {
        body[name] = json!(value);
    }
    for (name, value) in &item.fields {
        body[*name] = json!(value);
    }
    for (name, value) in [("newPx", &item.new_px), ("newSz", &item.new_sz)] {
        if let Some(value) = value {
            body[name] = json!(value);
        }
    }
    if item.cancel_on_fail {
        body["cxlOnFail"] = json!(true);
    }
    body
}

fn asked(item: &Item) -> Asked {
    let id = |text: &str| Id::new(text).expect("ids are short");
    let num = |text: &Option<String>| text.as_ref().and_then(|text| Num::parse(text.as_bytes()));
    Asked {
        inst: Arc::from(item.inst_id.as_str()),
        ord_id: id(&item.ord_id),
        cl_ord_id: id(&item.cl_ord_id),
        new_px: num(&item.new_px),
        new_sz: num(&item.new_sz),
        req_id: id(&item.req_id),
    }
}
