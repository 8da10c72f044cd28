//! One run: a market, clients, a network between them, and what befalls them; all from one seed, without waiting.
//!
//! ```text
//! next of: exchange · network · clients' deadlines · strikes · random looks ─▶ now ─▶ do it ─▶ judge ─▶ …
//! ```

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use okx_fast_core::channel::{Arg, Socket, socket_of};
use okx_fast_sim::exchange::io::{ConnId, MILLI, Nanos, SECOND};

use crate::client::{Action, Client, Leg, Seen, Sub, promises};
use crate::dice::Dice;
use crate::heap;
use crate::judge::{Judge, Tally, clock};
use crate::net::{Arrival, Down, Net, Owner};
use crate::sabotage::{Instead, Sabotage};
use crate::sick::Weather;
use crate::venue::{START, Venue};

/// How large a run is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub instruments: usize,
    pub books_a_shard: usize,
    /// From the beginning to the last strike.
    pub sick: Nanos,
    /// From there to the end; less than the client may take to recover, and whether it has is not looked at.
    pub well: Nanos,
}

/// Ten minutes, hundreds of books.
pub const FULL: Size = Size { instruments: 200, books_a_shard: 20, sick: 470 * SECOND, well: 130 * SECOND };
/// As much in less, for every run of the tests.
pub const SHORT: Size = Size { instruments: 16, books_a_shard: 8, sick: 60 * SECOND, well: 110 * SECOND };

/// As little as has everything in it, for tests that are about one thing.
pub const TINY: Size = Size { instruments: 6, books_a_shard: 2, sick: 60 * SECOND, well: 105 * SECOND };

/// What is left of a run.
#[derive(Clone, Debug)]
pub struct Summary {
    pub strikes: BTreeMap<&'static str, u32>,
    /// How often the exchange's faults found something to strike, as far as it remembers them.
    pub hits: BTreeMap<String, u64>,
    pub tally: Tally,
    pub connects: u64,
    pub books: usize,
    pub truths: (usize, usize),
    /// Bytes the clients held at most, in the second quarter and in the last.
    pub held: (i64, i64),
    /// From the last strike until all books were valid.
    pub well_after: Nanos,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tally = &self.tally;
        let seconds = |time: Nanos| time as f64 / SECOND as f64;
        let (states, tape) = self.truths;
        write!(f, "{} books, {} book messages, {} checks against {states} states", self.books, tally.books, tally.checks)?;
        write!(f, ", {} trades of {tape}", tally.trades)?;
        write!(f, ", {} gaps and {} outages announced, {} connects", tally.gaps, tally.outages, self.connects)?;
        write!(f, ", longest recovery {:.1} s, all well after {:.1} s", seconds(tally.longest_recovery), seconds(self.well_after))?;
        write!(f, ", {} kB held then {}", self.held.0 / 1024, self.held.1 / 1024)?;
        write!(f, ", excused: {} doubled and {} unnoticed trades, {} stale books; strikes", tally.doubled, tally.unnoticed, tally.stale)?;
        self.strikes.iter().try_for_each(|(kind, count)| write!(f, " {kind} {count}"))
    }
}

struct Shard {
    client: Client,
    path: &'static str,
    legs: BTreeMap<Leg, ConnId>,
    due: Option<Nanos>,
    /// The user holds it up until then; what came meanwhile waits.
    paused: Option<Nanos>,
    unread: VecDeque<(ConnId, Leg, Down)>,
}

pub struct Run {
    pub now: Nanos,
    pub dice: Dice,
    pub venue: Venue,
    pub net: Net,
    pub judge: Judge,
    shards: Vec<Shard>,
    /// Connects that wait for their turn, and when the last ones were made.
    connects: VecDeque<(usize, Leg)>,
    connected: VecDeque<Nanos>,
    /// Requests to subscribe, unsubscribe and log in, by connection.
    requests: BTreeMap<ConnId, u32>,
    /// Subscriptions the user will make.
    errands: BTreeMap<(Nanos, usize), (usize, Arg)>,
    errand: usize,
    /// Nobody is kept out before.
    pub spared_until: Nanos,
    made: u64,
    wrong: Option<String>,
    /// Bytes that clients of earlier runs on this thread left behind.
    held_before: i64,
    hits: BTreeMap<String, u64>,
    /// `TRACE=2`: every frame of shard 2 is printed.
    trace: Option<usize>,
    /// How the client breaks its word, to see whether the judge notices.
    pub sabotage: Option<Sabotage>,
}

/// OKX's limits.
const CONNECTS_A_SECOND: usize = 3;
const REQUESTS_AN_HOUR: u32 = 480;
const MOST_BYTES: usize = 64 * 1024;
/// Bytes that a subscription leaves behind when it is over.
const LEFT_BEHIND: i64 = 1024;
/// Steps at one moment; more, and some deadline does not move.
const MOST_AT_ONCE: u32 = 100_000;

/// What the user watches of an instrument.
fn wishes(dice: &mut Dice, at: usize, name: &str) -> Vec<Arg> {
    let mut all = vec![Arg::new("books", name)];
    let mut sometimes = |one_in: u64, channel: &str| {
        if dice.one_in(one_in) {
            all.push(Arg::new(channel, name));
        }
    };
    for (one_in, channel) in [
        (12, "books5"),
        (12, "bbo-tbt"),
        (16, "books-rpi"),
        (2, "trades"),
        (4, "trades-all"),
        (4, "tickers"),
        (20, "mark-price"),
        (20, "price-limit"),
        (30, "candle1m"),
    ] {
        sometimes(one_in, channel);
    }
    if at == 0 {
        all.push(Arg { channel: "status".into(), params: Vec::new() });
    }
    all
}

impl Run {
    pub fn new(seed: u64, size: Size) -> Self {
        let held_before = heap::held();
        let mut dice = Dice::of(seed, "wishes");
        let names: Vec<String> =
            (0..size.instruments).map(|at| format!("C{:03}-USDT{}", at / 2, if at % 2 == 0 { "" } else { "-SWAP" })).collect();
        let venue = Venue::new(seed, size.instruments, &names);
        let (mut public, mut business) = (Vec::new(), Vec::new());
        for (at, name) in names.iter().enumerate() {
            for arg in wishes(&mut dice, at, name) {
                let of = if socket_of(&arg.channel) == Socket::Public { &mut public } else { &mut business };
                of.push((at / size.books_a_shard, arg));
            }
        }
        let shards = size.instruments.div_ceil(size.books_a_shard);
        let shard = |at: usize, path| Shard {
            client: Client::new(START, Dice::of(seed, &format!("client {at}"))),
            path,
            legs: BTreeMap::new(),
            due: Some(START),
            paused: None,
            unread: VecDeque::new(),
        };
        let mut all: Vec<Shard> = (0..shards).map(|at| shard(at, Socket::Public.path())).collect();
        all.push(shard(shards, Socket::Business.path()));
        let mut run = Self {
            now: START,
            dice: Dice::of(seed, "strikes"),
            venue,
            net: Net::new(Dice::of(seed, "net")),
            judge: Judge::new(all.len()),
            shards: all,
            connects: VecDeque::new(),
            connected: VecDeque::new(),
            requests: BTreeMap::new(),
            errands: BTreeMap::new(),
            errand: 0,
            spared_until: 0,
            made: 0,
            wrong: None,
            held_before,
            hits: BTreeMap::new(),
            trace: std::env::var("TRACE").ok().and_then(|shard| shard.parse().ok()),
            sabotage: None,
        };
        run.carry();
        public.into_iter().for_each(|(shard, arg)| run.subscribe(shard, &arg));
        business.into_iter().for_each(|(_, arg)| run.subscribe(shards, &arg));
        run
    }

    fn subscribe(&mut self, shard: usize, arg: &Arg) {
        let inst = self.venue.exchange.world().by_inst_id.get(arg.inst_id()).map_or(usize::MAX, |ix| ix.0 as usize);
        let (sub, book) = self.shards[shard].client.subscribe(arg);
        self.judge.subscribed(self.now, shard, sub, arg, inst, book);
        self.shards[shard].due = Some(self.now);
    }

    /// The user ends a subscription, and makes it anew after a while.
    pub fn resubscribe(&mut self, shard: usize, sub: Sub, after: Nanos) {
        let Some(arg) = self.judge.live(shard).into_iter().find(|(of, _)| *of == sub).map(|(_, arg)| arg.clone()) else { return };
        self.shards[shard].client.unsubscribe(sub);
        self.judge.unsubscribed(self.now, shard, sub);
        self.shards[shard].due = Some(self.now);
        self.run_errand(self.now + after, shard, arg);
    }

    fn run_errand(&mut self, at: Nanos, shard: usize, arg: Arg) {
        self.errand += 1;
        self.errands.insert((at, self.errand), (shard, arg));
    }

    pub fn reconnect(&mut self, shard: usize) {
        let now = self.now;
        self.shards[shard].client.reconnect(now);
        self.shards[shard].due = Some(self.now);
    }

    /// The user's code is slow: nothing is read until then.
    pub fn pause(&mut self, shard: usize, until: Nanos) {
        self.shards[shard].paused = Some(until);
    }

    /// Runs to the end, or to the first thing that is wrong. `only`: these sicknesses, whatever the seed says.
    pub fn run(mut self, size: Size, only: Option<&[&'static str]>) -> Result<Summary, String> {
        let weather = Weather::of(&mut self.dice, only);
        let mut strikes: BTreeMap<&'static str, u32> = BTreeMap::new();
        let (sick_until, end) = (START + size.sick, START + size.sick + size.well);
        let quarter = |n: u64| START + (end - START) / 4 * n;
        let (mut strike_at, mut look_at) = (START + 5 * SECOND, START + SECOND);
        let (mut held, mut healed, mut well_at) = ((0, 0), false, None);
        let (mut at_once, mut before) = (0, START);
        while self.now < end {
            let shards = self.shards.iter().filter_map(|s| s.paused.or(s.due)).min();
            let errand = self.errands.first_key_value().map(|((at, _), _)| *at);
            let connect = self.connects.front().map(|_| self.connect_free_at());
            let strike = if healed { None } else { Some(strike_at.min(sick_until)) };
            let all = [self.venue.next(), self.net.next(), shards, errand, connect, strike, Some(look_at), Some(end)];
            let next = all.into_iter().flatten().min().unwrap_or(end).max(self.now);
            at_once = if next == before { at_once + 1 } else { 0 };
            before = next;
            if at_once > MOST_AT_ONCE {
                return Err(self.report("time does not move on".into()));
            }
            self.now = next;
            self.venue_runs();
            while let Some(arrival) = self.net.arrive(self.now) {
                self.arrived(arrival);
            }
            self.make_connects();
            self.deadlines();
            while let Some(entry) = self.errands.first_entry().filter(|entry| entry.key().0 <= next) {
                let (shard, arg) = entry.remove();
                self.subscribe(shard, &arg);
            }
            if !healed && next >= sick_until {
                healed = true;
                self.heal();
            } else if !healed && next >= strike_at {
                strike_at = next + self.dice.wait(weather.every);
                // Now and then several at once.
                let together = if self.dice.one_in(4) { self.dice.between(2, 5) } else { 1 };
                for _ in 0..together {
                    let kind = *self.dice.pick(&weather.kinds).expect("a run has sicknesses");
                    if self.strike(kind).is_some() {
                        self.judge.note(next, || format!("strikes: {kind}"));
                        *strikes.entry(kind).or_default() += 1;
                    }
                }
            }
            if next >= look_at {
                look_at = next + self.dice.wait(2 * SECOND);
                self.judge.well = next >= sick_until + promises::WELL_WITHIN;
                match self.judge.look(next) {
                    Ok(true) if healed && well_at.is_none() => well_at = Some(next),
                    Ok(_) => {}
                    Err(wrong) => self.wrong = Some(wrong),
                }
                let holds = heap::held() - self.held_before;
                if (quarter(1)..quarter(2)).contains(&next) {
                    held.0 = held.0.max(holds);
                } else if next >= quarter(3) {
                    held.1 = held.1.max(holds);
                }
            }
            if let Some(wrong) = self.wrong.take() {
                return Err(self.report(wrong));
            }
        }
        self.judge.well = size.well >= promises::WELL_WITHIN;
        let last = self.judge.look(self.now);
        last.map_err(|wrong| self.report(wrong))?;
        let (links, hops) = self.net.sizes();
        let left = if promises::FORGETS_THE_ENDED { 0 } else { self.judge.tally.ended * LEFT_BEHIND };
        if held.1 > held.0 * 11 / 10 + 128 * 1024 + left {
            return Err(self.report(format!("the clients held {} bytes in the second quarter, {} in the last", held.0, held.1)));
        }
        if links > self.shards.len() * 3 || hops > 2_000 {
            return Err(self.report(format!("{links} links and {hops} frames on their way at the end")));
        }
        let books = self.judge.books();
        let well_after = well_at.map_or(Nanos::MAX, |at| at - sick_until);
        let (truths, tally) = (self.judge.truth.counts(), self.judge.tally);
        Ok(Summary { strikes, hits: self.hits, tally, connects: self.made, books, truths, held, well_after })
    }

    fn report(&self, wrong: String) -> String {
        format!("at {} s: {wrong}\nwhat came before:{}", clock(self.now), self.judge.history())
    }

    fn venue_runs(&mut self) {
        if self.venue.next().is_some_and(|due| due <= self.now) {
            self.venue.advance(self.now, &mut self.judge.truth);
            self.carry();
        }
    }

    /// Puts on the lines what the exchange has to say.
    pub fn carry(&mut self) {
        while let Some(output) = self.venue.output(self.now, &mut self.judge.truth) {
            self.net.carry(self.now, output);
        }
        for (shard, frame) in std::mem::take(&mut self.net.swallowed) {
            self.judge.swallowed(shard, &frame);
        }
    }

    fn heal(&mut self) {
        self.judge.note(self.now, || "nothing is sick any more".to_owned());
        self.venue.admin("GET", "/faults", None);
        self.carry();
        let (_, faults) = self.venue.answered().expect("the admin port answers at once");
        for fault in faults.as_array().expect("a list") {
            let kind = fault["kind"].as_str().expect("a text").to_owned();
            *self.hits.entry(kind).or_default() += fault["hits"].as_u64().expect("a number");
        }
        self.venue.admin("DELETE", "/faults", None);
        self.carry();
        self.net.heal(self.now);
    }

    fn arrived(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::AtExchange(input) => {
                // Its clock may not have been looked at since the last step.
                self.venue.advance(self.now, &mut self.judge.truth);
                self.venue.give(&input);
                self.carry();
            }
            Arrival::AtClient(conn, Owner::Leg(shard, leg), down) => {
                if self.shards[shard].paused.is_some() {
                    self.shards[shard].unread.push_back((conn, leg, down));
                } else {
                    self.hand_over(shard, conn, leg, &down);
                    self.flush(shard);
                }
            }
            Arrival::AtClient(_, Owner::Fetch(shard, id), down) => {
                self.tell(shard, |client, now, on| match &down {
                    Down::Answer(body) => client.fetched(id, now, Ok(body), on),
                    Down::Ended(why) => client.fetched(id, now, Err(why), on),
                    Down::Open | Down::Text(_) => {}
                });
                self.flush(shard);
            }
        }
    }

    /// Calls the client, and shows the judge what it says meanwhile.
    fn tell(&mut self, shard: usize, call: impl FnOnce(&mut Client, Nanos, &mut dyn FnMut(Seen<'_>))) {
        let Self { shards, judge, wrong, errands, errand, now, sabotage, .. } = self;
        let now = *now;
        let mut ended = Vec::new();
        call(&mut shards[shard].client, now, &mut |seen| {
            if let Seen::Ended(sub) = seen
                && judge.is_live(shard, sub)
            {
                ended.push(sub);
            }
            if let (Some(sabotage), Seen::Book(sub, _)) = (&sabotage, seen) {
                judge.shared(shard, sub).into_iter().for_each(|book| sabotage.of_book(now, book));
            }
            if sabotage.is_some_and(|sabotage| sabotage.hides(&seen)) {
                return;
            }
            let times = if sabotage.is_some_and(|sabotage| sabotage.repeats(&seen)) { 2 } else { 1 };
            for _ in 0..times {
                if let Err(found) = judge.seen(now, shard, &seen) {
                    wrong.get_or_insert(found);
                }
            }
        });
        // A user whose subscription was ended for good makes it anew.
        for sub in ended {
            let arg = judge.arg(shard, sub).clone();
            *errand += 1;
            errands.insert((now + 2 * SECOND, *errand), (shard, arg));
        }
    }

    fn hand_over(&mut self, shard: usize, conn: ConnId, leg: Leg, down: &Down) {
        if self.shards[shard].legs.get(&leg) != Some(&conn) {
            return;
        }
        if self.trace == Some(shard) {
            let text = if let Down::Text(text) = down { String::from_utf8_lossy(text).into_owned() } else { format!("{down:?}") };
            println!("{} {conn} ◀ {text:.200}", clock(self.now));
        }
        match down {
            Down::Open => {
                let now = self.now;
                self.judge.note(now, || format!("shard {shard} is connected ({conn})"));
                self.tell(shard, |client, now, on| client.opened(leg, now, on));
            }
            Down::Text(text) => {
                let times = match self.sabotage.map_or(Instead::Once, |sabotage| sabotage.of_frame(self.now, text)) {
                    Instead::Never => 0,
                    Instead::Once => 1,
                };
                for _ in 0..times {
                    self.tell(shard, |client, now, on| client.frame(leg, now, text, on));
                }
            }
            Down::Ended(why) => self.ended(shard, leg, why),
            Down::Answer(_) => {}
        }
    }

    fn ended(&mut self, shard: usize, leg: Leg, why: &str) {
        let Some(conn) = self.shards[shard].legs.remove(&leg) else { return };
        self.judge.note(self.now, || format!("shard {shard} lost {conn}: {why}"));
        self.net.hang_up(self.now, conn);
        self.requests.remove(&conn);
        if self.sabotage == Some(Sabotage::TrustsDeadBooks) {
            return self.tell(shard, |_, _, on| on(Seen::Dark(None)));
        }
        self.tell(shard, |client, now, on| client.closed(leg, now, why, on));
    }

    /// Does what the client wants done, and sends what it has to say.
    fn flush(&mut self, shard: usize) {
        let now = self.now;
        loop {
            let legs: Vec<(Leg, ConnId)> = self.shards[shard].legs.iter().map(|(leg, conn)| (*leg, *conn)).collect();
            for (leg, conn) in legs {
                while let Some(text) = self.shards[shard].client.poll_transmit(leg, now) {
                    if self.trace == Some(shard) {
                        println!("{} {conn} ▶ {text:.200}", clock(now));
                    }
                    self.count(conn, &text);
                    self.net.send(now, conn, text);
                }
                if self.sabotage == Some(Sabotage::AsksTooMuch) {
                    self.count(conn, r#"{"op":"subscribe","args":[]}"#);
                }
            }
            match self.shards[shard].client.poll_action() {
                None => break,
                Some(Action::Connect(_)) if self.sabotage == Some(Sabotage::StaysAway) && now > START + 40 * SECOND => {}
                Some(Action::Connect(leg)) => self.connects.push_back((shard, leg)),
                Some(Action::Close(leg, why)) => self.ended(shard, leg, &why),
                Some(Action::Fetch(id, target)) => {
                    self.net.fetch(now, Owner::Fetch(shard, id), &target);
                }
            }
        }
        self.shards[shard].due = self.shards[shard].client.poll_timeout(now);
    }

    fn count(&mut self, conn: ConnId, text: &str) {
        if text.len() > MOST_BYTES {
            self.wrong = Some(format!("a request of {} bytes", text.len()));
        }
        if ["\"subscribe\"", "\"unsubscribe\"", "\"login\""].iter().any(|op| text.contains(&format!("\"op\":{op}"))) {
            let count = self.requests.entry(conn).or_default();
            *count += 1;
            // No run lasts longer than the hour that the limit is about.
            if *count > REQUESTS_AN_HOUR {
                self.wrong = Some(format!("{count} requests on connection {conn}"));
            }
        }
    }

    /// When another connect may be made; at once, where that is the client's business.
    fn connect_free_at(&self) -> Nanos {
        match self.connected.front() {
            _ if promises::PACES_CONNECTS || self.sabotage == Some(Sabotage::ConnectsAtOnce) => self.now,
            Some(first) if self.connected.len() == CONNECTS_A_SECOND => first + SECOND + MILLI,
            _ => self.now,
        }
    }

    fn make_connects(&mut self) {
        while !self.connects.is_empty() && self.connect_free_at() <= self.now {
            let Some((shard, leg)) = self.connects.pop_front() else { return };
            if self.connected.len() == CONNECTS_A_SECOND {
                let first = self.connected.pop_front();
                if first.is_some_and(|first| self.now < first + SECOND) {
                    self.wrong = Some(format!("a fourth connect within a second, by shard {shard}"));
                }
            }
            self.connected.push_back(self.now);
            self.made += 1;
            let conn = self.net.connect(self.now, Owner::Leg(shard, leg), self.shards[shard].path);
            self.shards[shard].legs.insert(leg, conn);
        }
    }

    fn deadlines(&mut self) {
        for at in 0..self.shards.len() {
            let now = self.now;
            if let Some(until) = self.shards[at].paused {
                if until > now {
                    continue;
                }
                self.shards[at].paused = None;
                self.shards[at].client.stall(now);
                while let Some((conn, leg, down)) = self.shards[at].unread.pop_front() {
                    self.hand_over(at, conn, leg, &down);
                }
                self.flush(at);
            }
            if self.shards[at].due.is_some_and(|due| due <= now) {
                self.tell(at, |client, now, on| client.timeout(now, on));
                self.flush(at);
            }
        }
    }
}
