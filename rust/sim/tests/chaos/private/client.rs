//! One account's client, driven as `okx_fast_net` drives it, in virtual time.
//!
//! ```text
//! order line   ─ answers ───────────────▶ Desk ─ done ─▶ Keeper     questions of both ─▶ REST ─▶ their answers
//! private line ─ orders ─▶ Desk, Keeper · positions, account ─▶ Keeper
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use okx_fast_core::channel::Arg;
use okx_fast_core::order::Does;
use okx_fast_core::order::answer::leaves_open;
use okx_fast_core::order::desk::{Asked, Call, Config as DeskConfig, Desk, Item, Outcome as Said, Proof, Query, Report};
use okx_fast_core::order::keep::{Ask, Keeper, Told, What};
use okx_fast_core::order::seen::Seen;
use okx_fast_core::rest::query::encode_query;
use okx_fast_core::secret::{Credentials, Secret};
use okx_fast_core::session::{Action, Config, Event, Kind, LegId, Outcome, Outgoing, Session, SubId};
use okx_fast_core::time::Stamp;
use okx_fast_sim::exchange::io::{ConnId, MILLI, Nanos, SECOND};
use serde_json::Value;

use crate::client::Leg;
use crate::dice::Dice;

use super::sabotage::Sabotage;
use super::venue::{PASSPHRASE, key_of, secret_of};

/// Where the clients' monotonic clock starts.
const BOOT: Nanos = 1_795_305_000 * SECOND;
/// The two lines of a client.
pub const ORDERS: usize = 0;
pub const PRIVATE: usize = 1;
/// Questions of the desk that are asked at once, and how long one may take; one of the keeper.
const AT_ONCE: usize = 4;
const ASK_WITHIN: Nanos = 5 * SECOND;
const KEEP_WITHIN: Nanos = 10 * SECOND;

/// Something that came of it.
#[derive(Debug)]
pub enum Heard {
    Done(usize, Box<Report>),
    Told(Told),
    /// The private line brought a row of this order, perhaps of this amendment.
    Row {
        ord_id: String,
        req_id: String,
        over: bool,
    },
    /// OKX answered a question of the desk; what was asked, and when.
    Answered {
        query: Query,
        asked: Nanos,
        good: bool,
    },
}

#[derive(Debug)]
enum About {
    Query(Query),
    Ask(u64),
    /// A call by REST.
    Call(Box<Call<usize>>),
}

/// Ids of calls by REST, one for each of their orders: the desk's come after all others. The last bits say which.
const POSTED: u64 = 1 << 40;
const PLACES: u32 = 5;

fn by_rest(id: u64, place: usize) -> u64 {
    POSTED | id << PLACES | place as u64
}

/// A call by REST, some of whose orders are settled.
#[derive(Debug)]
struct Partial {
    report: Report,
    open: usize,
}

#[derive(Debug)]
struct Asking {
    about: About,
    asked: Nanos,
    give_up: Nanos,
}

/// A connection that is kept up.
pub struct Line {
    pub session: Session,
    pub legs: BTreeMap<Leg, ConnId>,
    pub due: Option<Nanos>,
}

pub struct Client {
    pub acct: usize,
    pub lines: [Line; 2],
    pub desk: Desk<usize>,
    pub keeper: Keeper,
    /// Our wall clock minus the exchange's.
    skew_ms: i64,
    /// What we take the exchange's minus ours to be.
    offset_ms: i64,
    queries: VecDeque<Query>,
    asking: BTreeMap<u64, Asking>,
    partial: BTreeMap<u64, Partial>,
    last_fetch: u64,
    heard: Vec<Heard>,
    pub sabotage: Option<Sabotage>,
}

pub const RESOLVE_WITHIN: Nanos = 10 * SECOND;

impl Client {
    pub fn new(acct: usize, now: Nanos, mut dice: Dice) -> Self {
        let skew_ms = dice.between(0, 6_000).cast_signed() - 3_000;
        // The estimate is as good as a request and its answer take the same time.
        let offset_ms = -skew_ms + dice.between(0, 300).cast_signed() - 150;
        let secret = |text: &str| Secret::new(text.as_bytes().to_vec());
        let credentials = Credentials::new(&key_of(acct), &secret(&secret_of(acct)), secret(PASSPHRASE)).expect("good credentials");
        let credentials = Arc::new(credentials);
        let mut line = |operates: bool| {
            let seed = dice.below(u64::MAX);
            let rotate_after = if dice.one_in(3) { 60 * SECOND } else { 0 };
            let session =
                Session::new(Config { seed, rotate_after, insists: true, ..Config::default() }).with_login(Arc::clone(&credentials));
            let mut session = if operates { session.with_operations() } else { session };
            if !operates {
                let any = || vec![("instType".to_owned(), "ANY".to_owned())];
                for (channel, params) in [("orders", any()), ("positions", any()), ("account", Vec::new())] {
                    session.subscribe(Arg { channel: channel.to_owned(), params }, None);
                }
            }
            Line { session, legs: BTreeMap::new(), due: Some(now) }
        };
        let lines = [line(true), line(false)];
        let mut client = Self {
            acct,
            lines,
            desk: Desk::new(DeskConfig { resolve_within: RESOLVE_WITHIN, ..DeskConfig::default() }),
            keeper: Keeper::default(),
            skew_ms,
            offset_ms,
            queries: VecDeque::new(),
            asking: BTreeMap::new(),
            partial: BTreeMap::new(),
            last_fetch: 0,
            heard: Vec::new(),
            sabotage: None,
        };
        client.desk.set_clock(offset_ms);
        client.keeper.set_clock(offset_ms);
        let at = client.stamp(now);
        client.lines.iter_mut().for_each(|line| line.session.start(at));
        client
    }

    pub fn stamp(&self, now: Nanos) -> Stamp {
        Stamp { mono_ns: now - BOOT, wall_ns: now.saturating_add_signed(self.skew_ms * MILLI.cast_signed()) }
    }

    /// The exchange's clock, as far as we know it.
    pub fn exchange_ns(&self, now: Nanos) -> Nanos {
        self.stamp(now).wall_ns.saturating_add_signed(self.offset_ms * MILLI.cast_signed())
    }

    /// What came of it since the last time.
    pub fn take_heard(&mut self) -> Vec<Heard> {
        std::mem::take(&mut self.heard)
    }

    /// Calls a session, and does with what it says what the driver's handlers do.
    fn tell(&mut self, line: usize, now: Nanos, call: impl FnOnce(&mut Session, Stamp, &mut dyn FnMut(Event<'_>))) {
        let at = self.stamp(now);
        let Self { lines, desk, keeper, heard, sabotage, .. } = self;
        call(&mut lines[line].session, at, &mut |event| match event {
            Event::Notice(..) if *sabotage == Some(Sabotage::NeverCompares) => {}
            Event::Raw(SubId(1..), _) if *sabotage == Some(Sabotage::HoldsOn) => {}
            Event::Answer(_, answer) => _ = desk.handle_answer(at, answer),
            Event::Raw(SubId(0), frame) => {
                for seen in Seen::of_push(frame) {
                    let over = matches!(seen.state.as_str(), "filled" | "canceled" | "mmp_canceled");
                    heard.push(Heard::Row { ord_id: seen.ord_id.clone(), req_id: seen.req_id.clone(), over });
                    desk.handle_seen(at, &seen);
                }
                keeper.handle_orders(at, frame);
            }
            Event::Raw(SubId(1), frame) => keeper.handle_positions(at, frame),
            Event::Raw(_, frame) => keeper.handle_account(at, frame),
            // `Blind`: it flows again, though the ack never came.
            Event::Notice(Some(SubId(0)), notice) if matches!(notice.kind, Kind::Subscribed | Kind::Blind) => {
                keeper.handle_flowing(at, "orders flow");
            }
            Event::Notice(Some(SubId(1)), notice) if matches!(notice.kind, Kind::Subscribed | Kind::Blind) => {
                keeper.handle_positions_flowing();
            }
            Event::Notice(Some(SubId(2)), notice) if matches!(notice.kind, Kind::Subscribed | Kind::Blind) => {
                keeper.handle_account_flowing();
            }
            // The connection that went may have been silent for a while, and its successor was asked for pushes only then.
            Event::Notice(None, notice) if line == PRIVATE && notice.kind == Kind::Replaced => {
                keeper.handle_flowing(at, "a connection was replaced");
            }
            _ => {}
        });
    }

    pub fn opened(&mut self, line: usize, leg: Leg, now: Nanos) {
        self.tell(line, now, |session, at, on| session.handle_connected(LegId(leg), at, on));
    }

    pub fn frame(&mut self, line: usize, leg: Leg, now: Nanos, frame: &[u8]) {
        self.lines[line].session.handle_read();
        self.tell(line, now, |session, at, on| session.handle_frame(LegId(leg), at, frame, on));
    }

    /// A connection is gone, or never came about: first those who wait for answers on it know.
    pub fn closed(&mut self, line: usize, leg: Leg, conn: ConnId, now: Nanos, why: &str) {
        let at = self.stamp(now);
        if line == ORDERS {
            self.desk.handle_lost(at, conn, why);
        }
        self.tell(line, now, |session, at, on| session.handle_disconnected(LegId(leg), at, why, on));
    }

    /// Nothing is waited for any more.
    pub fn close(&mut self, now: Nanos) {
        let at = self.stamp(now);
        self.desk.close(at);
    }

    pub fn reconnect(&mut self, line: usize, now: Nanos) {
        let at = self.stamp(now);
        self.lines[line].session.reconnect(at, Arc::new(Outcome::default()));
    }

    /// The connection that operations go over now.
    pub fn way_out(&self) -> Option<ConnId> {
        let leg = self.lines[ORDERS].session.best_leg()?;
        self.lines[ORDERS].legs.get(&leg.0).copied()
    }

    /// A call is about to leave.
    pub fn begin(&mut self, call: Call<usize>) {
        self.desk.begin(call);
    }

    pub fn poll_action(&mut self, line: usize) -> Option<Action> {
        self.lines[line].session.poll_action()
    }

    pub fn poll_transmit(&mut self, line: usize, leg: Leg, now: Nanos) -> Option<String> {
        let at = self.stamp(now);
        Some(match self.lines[line].session.poll_transmit(LegId(leg), at)? {
            Outgoing::Text(text) => text,
            Outgoing::Login(frame) => String::from_utf8_lossy(frame.expose()).into_owned(),
        })
    }

    /// When it next has something to do.
    pub fn next(&self) -> Option<Nanos> {
        let nanos = |mono: u64| mono.saturating_add(BOOT);
        let lines = self.lines.iter().filter_map(|line| line.due).min();
        let keeper = if self.is_keeper_asking() { None } else { self.keeper.poll_timeout() };
        let asking = self.asking.values().map(|asking| asking.give_up).min();
        [lines, self.desk.poll_timeout().map(nanos), keeper.map(nanos), asking].into_iter().flatten().min()
    }

    fn is_keeper_asking(&self) -> bool {
        self.asking.values().any(|asking| matches!(asking.about, About::Ask(_)))
    }

    /// Deadlines of all parts.
    pub fn timeout(&mut self, now: Nanos) {
        let at = self.stamp(now);
        for line in 0..self.lines.len() {
            if self.lines[line].due.is_some_and(|due| due <= now) {
                self.tell(line, now, |session, at, on| {
                    if session.poll_timeout(at).is_some_and(|due| due <= at.mono_ns) {
                        session.handle_timeout(at, on);
                    }
                });
            }
        }
        let late: Vec<u64> = self.asking.iter().filter(|(_, asking)| asking.give_up <= now).map(|(id, _)| *id).collect();
        for fetch in late {
            self.answered(fetch, now, Err("no answer in time"));
        }
        if self.desk.poll_timeout().is_some_and(|due| due <= at.mono_ns) {
            self.desk.handle_timeout(at);
        }
    }

    pub fn rest(&mut self, line: usize, now: Nanos) {
        let at = self.stamp(now);
        self.lines[line].due = self.lines[line].session.poll_timeout(at).map(|mono| mono.saturating_add(BOOT));
    }

    /// The answer to a question, or why there is none. One that came too late is not looked at.
    pub fn answered(&mut self, fetch: u64, now: Nanos, reply: Result<&[u8], &str>) {
        let at = self.stamp(now);
        let Some(asking) = self.asking.remove(&fetch) else { return };
        match asking.about {
            About::Query(query) => {
                let seen = reply.map_err(str::to_owned).and_then(Seen::of_reply);
                let good = seen.is_ok();
                self.heard.push(Heard::Answered { query: query.clone(), asked: asking.asked, good });
                self.desk.handle_queried(at, query.id, seen.as_ref().map(Option::as_ref).map_err(String::as_str));
            }
            About::Ask(id) => self.keeper.handle_reply(id, at, reply),
            About::Call(call) => self.posted(&call, at, reply),
        }
    }

    /// A call leaves by REST, and is waited for until its time is over. Its number.
    pub fn post(&mut self, now: Nanos, within: Nanos, call: Call<usize>) -> u64 {
        for (place, asked) in call.asked.iter().enumerate() {
            let Call { op, called, exp_ms, ticket, .. } = call;
            let (id, asked) = (by_rest(call.id, place), vec![asked.clone()]);
            self.desk.begin(Call { id, op, line: 0, called, answer_by: u64::MAX, exp_ms, asked, ticket });
        }
        let (answered, open) = (None, call.asked.len());
        let (op, items, called, settled) = (call.op, call.asked.iter().map(unknown).collect(), call.called, call.called);
        let (code, msg, in_time_us, out_time_us) = (String::new(), String::new(), None, None);
        let report = Report { id: call.id, op, items, code, msg, called, answered, in_time_us, out_time_us, exp_ms: call.exp_ms, settled };
        self.partial.insert(call.id, Partial { report, open });
        self.last_fetch += 1;
        self.asking.insert(self.last_fetch, Asking { about: About::Call(Box::new(call)), asked: now, give_up: now + within });
        self.last_fetch
    }

    /// What came of it: the answer, or the desk is to find out, of all its orders or of some.
    fn posted(&mut self, call: &Call<usize>, at: Stamp, reply: Result<&[u8], &str>) {
        let answer = reply.map_err(str::to_owned).and_then(|body| rest_answer(call, body));
        for (place, asked) in call.asked.iter().enumerate() {
            let id = by_rest(call.id, place);
            let item = match &answer {
                Ok(items) => &items[place],
                Err(why) => &Err(why.clone()),
            };
            match item {
                Err(why) => self.desk.handle_open(at, id, why),
                Ok(item) => {
                    if self.desk.take_back(id).is_none() {
                        continue;
                    }
                    if call.op.does() == Does::Place && item.outcome == Said::Confirmed {
                        self.desk.handle_placed(asked.cl_ord_id.as_str(), &item.ord_id);
                    }
                    self.ended(call.ticket, id, at, item.clone(), true);
                }
            }
        }
    }

    /// One order of a call by REST is settled, by its answer or by the desk.
    fn ended(&mut self, ticket: usize, id: u64, at: Stamp, item: Item, is_answer: bool) {
        let (id, place) = ((id & !POSTED) >> PLACES, (id & ((1 << PLACES) - 1)) as usize);
        let Partial { report, open } = self.partial.get_mut(&id).expect("it is on its way");
        if is_answer {
            let one = Report { items: vec![item.clone()], answered: Some(at), settled: at, ..report.clone() };
            self.keeper.handle_done(at, &one);
        }
        (report.items[place], report.settled, *open) = (item, at, *open - 1);
        if *open == 0 {
            let Partial { report, .. } = self.partial.remove(&id).expect("it was there");
            self.heard.push(Heard::Done(ticket, Box::new(report)));
        }
    }

    /// What is done and told, and the next question to be asked: its number and its target.
    pub fn settle(&mut self, now: Nanos) -> Option<(u64, String)> {
        let at = self.stamp(now);
        while let Some((ticket, report)) = self.desk.poll_done() {
            self.keeper.handle_done(report.settled, &report);
            if report.id & POSTED > 0 {
                let item = report.items.into_iter().next().expect("a call by REST is about one order");
                self.ended(ticket, report.id, report.settled, item, false);
            } else {
                self.heard.push(Heard::Done(ticket, Box::new(report)));
            }
        }
        while let Some(query) = self.desk.poll_query() {
            self.queries.push_back(query);
        }
        let asked = self.asking.values().filter(|asking| matches!(asking.about, About::Query(_))).count();
        let (about, target, within) = if let Some(query) = if asked < AT_ONCE { self.queries.pop_front() } else { None } {
            let pairs = [("instId", &*query.inst), ("ordId", &*query.ord_id), ("clOrdId", &*query.cl_ord_id)];
            let target = target("trade/order", pairs.into_iter());
            (About::Query(query), target, ASK_WITHIN)
        } else if let Some(ask) = if self.is_keeper_asking() { None } else { self.keeper.poll_ask(at) } {
            let Ask { id, what, params } = ask;
            let target = target(path_of(what), params.iter().map(|(name, value)| (*name, value.as_str())));
            (About::Ask(id), target, KEEP_WITHIN)
        } else {
            while let Some(told) = self.keeper.poll_told() {
                self.heard.push(Heard::Told(told));
            }
            return None;
        };
        self.last_fetch += 1;
        self.asking.insert(self.last_fetch, Asking { about, asked: now, give_up: now + within });
        Some((self.last_fetch, target))
    }

    /// What is still open: it may not be, once all is over.
    pub fn unfinished(&self) -> Option<String> {
        let (calls, questions, asked) = (self.desk.len(), self.queries.len(), self.asking.len());
        let (reconciles, due) = (self.keeper.is_reconciling(), self.keeper.poll_timeout());
        let is_over = calls + questions + asked == 0 && !reconciles && due.is_none();
        (!is_over).then(|| format!("{calls} calls, {questions} and {asked} questions, reconciling: {reconciles}, due: {due:?}"))
    }
}

fn unknown(asked: &Asked) -> Item {
    Item {
        outcome: Said::Unknown,
        proof: Proof::None,
        inst: Arc::clone(&asked.inst),
        ord_id: asked.ord_id.as_str().to_owned(),
        cl_ord_id: asked.cl_ord_id.as_str().to_owned(),
        tag: String::new(),
        req_id: asked.req_id.as_str().to_owned(),
        code: String::new(),
        sub_code: String::new(),
        msg: String::new(),
        ts_ms: None,
        doubt: String::new(),
        queries: 0,
    }
}

/// What OKX says by REST to each order of a call; `Err`: it may have been done.
fn rest_answer(call: &Call<usize>, body: &[u8]) -> Result<Vec<Result<Item, String>>, String> {
    let reply: Value = serde_json::from_slice(body).map_err(|_| "not OKX's answer".to_owned())?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let whole = text(&reply["code"]);
    let item = |(place, asked): (usize, &Asked)| {
        let row = &reply["data"][place];
        let code = if text(&row["sCode"]).is_empty() { whole.clone() } else { text(&row["sCode"]) };
        if leaves_open(&code) || code.is_empty() {
            return Err(format!("OKX {code}"));
        }
        let outcome = if code == "0" { Said::Confirmed } else { Said::Rejected };
        let item = Item { outcome, proof: Proof::Answer, tag: text(&row["tag"]), code, msg: text(&row["sMsg"]), ..unknown(asked) };
        let ord_id = text(&row["ordId"]);
        Ok(if ord_id.is_empty() { item } else { Item { ord_id, ..item } })
    };
    Ok(call.asked.iter().enumerate().map(item).collect())
}

fn path_of(what: What) -> &'static str {
    match what {
        What::Pending => "trade/orders-pending",
        What::Order => "trade/order",
        What::History => "trade/orders-history",
        What::Fills => "trade/fills",
        What::Positions => "account/positions",
        What::Balance => "account/balance",
        #[allow(unreachable_patterns, reason = "algo orders are not traded here")]
        other => unreachable!("{other:?} is not asked here"),
    }
}

fn target<'a>(path: &str, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut query = Vec::new();
    encode_query(pairs.filter(|(_, value)| !value.is_empty()), &mut query);
    let mark = if query.is_empty() { "" } else { "?" };
    format!("/api/v5/{path}{mark}{}", String::from_utf8_lossy(&query))
}
