//! One run: a market, clients, a network between them, and what befalls them; all from one seed, without waiting.
//!
//! ```text
//! next of: exchange · network · clients' deadlines · strikes · random looks ─▶ now ─▶ do it ─▶ judge ─▶ …
//! ```

use std::collections::BTreeMap;

use okx_fast_core::channel::{Arg, Socket, socket_of};
use okx_fast_sim::exchange::io::{Nanos, SECOND};

use crate::client::{Client, Promises, Sub};
use crate::dice::Dice;
use crate::heap;
use crate::judge::{Judge, clock};
use crate::limits::Limits;
use crate::net::Net;
use crate::sabotage::Sabotage;
use crate::scale::{Size, wishes};
use crate::sick::Weather;
use crate::summary::Summary;
use crate::venue::{START, Venue};
use crate::wire::Shard;

pub struct Run {
    pub now: Nanos,
    pub dice: Dice,
    pub venue: Venue,
    pub net: Net,
    pub judge: Judge,
    pub promises: Promises,
    pub shards: Vec<Shard>,
    pub limits: Limits,
    /// Subscriptions the user will make.
    pub errands: BTreeMap<(Nanos, usize), (usize, Arg)>,
    pub errand: usize,
    /// Nobody is kept out before.
    pub spared_until: Nanos,
    /// No storm of gaps before.
    pub calm_until: Nanos,
    /// The exchange may swallow its word of an end until then.
    pub mute_until: Nanos,
    /// The first thing that was wrong.
    pub wrong: Option<String>,
    /// `TRACE=2`: every frame of shard 2 is printed.
    pub trace: Option<usize>,
    /// How the client breaks its word, to see whether the judge notices.
    pub sabotage: Option<Sabotage>,
    course: Course,
}

/// How far a run has come.
struct Course {
    size: Size,
    weather: Weather,
    strike_at: Nanos,
    look_at: Nanos,
    healed: bool,
    /// When all books were valid, once nothing was sick any more.
    well_at: Option<Nanos>,
    strikes: BTreeMap<&'static str, u32>,
    hits: BTreeMap<String, u64>,
    /// Bytes that clients of earlier runs on this thread left behind.
    held_before: i64,
    /// What the clients held at most, in the second quarter and in the last.
    held: (i64, i64),
}

/// Bytes that a subscription leaves behind when it is over.
const LEFT_BEHIND: i64 = 1024;
/// Steps at one moment; more, and some deadline does not move.
const MOST_AT_ONCE: u32 = 100_000;

impl Run {
    /// `only`: these sicknesses, whatever the seed says.
    pub fn new(seed: u64, size: Size, promises: Promises, only: Option<&[&'static str]>) -> Self {
        let held_before = heap::held();
        let mut dice = Dice::of(seed, "wishes");
        let name = |at: usize| format!("C{:03}-USDT{}", at / 2, if at.is_multiple_of(2) { "" } else { "-SWAP" });
        let names: Vec<String> = (0..size.instruments).map(name).collect();
        let publics = size.instruments.div_ceil(size.books_a_shard);
        let client = |at: usize| Client::new(START, Dice::of(seed, &format!("client {at}")));
        let mut shards: Vec<Shard> = (0..publics).map(|at| Shard::new(client(at), Socket::Public.path())).collect();
        shards.push(Shard::new(client(publics), Socket::Business.path()));
        let mut strikes = Dice::of(seed, "strikes");
        let course = Course {
            size,
            weather: Weather::of(&mut strikes, only),
            strike_at: START + 5 * SECOND,
            look_at: START + SECOND,
            healed: false,
            well_at: None,
            strikes: BTreeMap::new(),
            hits: BTreeMap::new(),
            held_before,
            held: (0, 0),
        };
        let mut run = Self {
            now: START,
            dice: strikes,
            venue: Venue::new(seed, size.instruments, &names),
            net: Net::new(Dice::of(seed, "net"), !promises.watches_channels),
            judge: Judge::new(shards.len(), promises),
            promises,
            shards,
            limits: Limits::new(promises.paces_connects),
            errands: BTreeMap::new(),
            errand: 0,
            spared_until: 0,
            calm_until: 0,
            mute_until: 0,
            wrong: None,
            trace: std::env::var("TRACE").ok().and_then(|shard| shard.parse().ok()),
            sabotage: None,
            course,
        };
        run.carry();
        for (at, name) in names.iter().enumerate() {
            for arg in wishes(&mut dice, at, name) {
                let public = socket_of(&arg.channel) == Socket::Public;
                run.subscribe(if public { at / size.books_a_shard } else { publics }, &arg);
            }
        }
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
        self.errand += 1;
        self.errands.insert((self.now + after, self.errand), (shard, arg));
    }

    pub fn reconnect(&mut self, shard: usize) {
        self.shards[shard].client.reconnect(self.now);
        self.shards[shard].due = Some(self.now);
    }

    /// The user's code is slow: nothing is read until then.
    pub fn pause(&mut self, shard: usize, until: Nanos) {
        self.shards[shard].paused = Some(until);
    }

    /// To the end, or to the first thing that is wrong.
    pub fn run(mut self) -> Result<Summary, String> {
        let (mut at_once, mut before) = (0, START);
        while self.now < self.end() {
            self.now = self.next();
            at_once = if self.now == before { at_once + 1 } else { 0 };
            before = self.now;
            if at_once > MOST_AT_ONCE {
                return Err(self.report("time does not move on"));
            }
            self.venue_runs();
            while let Some(arrival) = self.net.arrive(self.now) {
                self.arrived(&arrival);
            }
            self.make_connects();
            self.deadlines();
            while let Some(entry) = self.errands.first_entry().filter(|entry| entry.key().0 <= self.now) {
                let (shard, arg) = entry.remove();
                self.subscribe(shard, &arg);
            }
            self.strikes();
            self.looks();
            if let Some(wrong) = self.wrong.take() {
                return Err(self.report(&wrong));
            }
        }
        self.last_look().map_err(|wrong| self.report(&wrong))?;
        Ok(self.summary())
    }

    fn sick_until(&self) -> Nanos {
        START + self.course.size.sick
    }

    fn end(&self) -> Nanos {
        self.sick_until() + self.course.size.well
    }

    /// When something happens next.
    fn next(&self) -> Nanos {
        let course = &self.course;
        let shards = self.shards.iter().filter_map(Shard::next).min();
        let errand = self.errands.first_key_value().map(|((at, _), _)| *at);
        let strike = (!course.healed).then(|| course.strike_at.min(self.sick_until()));
        let all = [self.venue.next(), self.net.next(), shards, errand, self.limits.next(self.now), strike, Some(course.look_at)];
        all.into_iter().flatten().fold(self.end(), Nanos::min).max(self.now)
    }

    /// What befalls everybody, until all is healed.
    fn strikes(&mut self) {
        if self.course.healed {
            return;
        }
        if self.now >= self.sick_until() {
            self.course.healed = true;
            return self.heal();
        }
        if self.now < self.course.strike_at {
            return;
        }
        self.course.strike_at = self.now + self.dice.wait(self.course.weather.every);
        // Now and then several at once.
        let together = if self.dice.one_in(4) { self.dice.between(2, 5) } else { 1 };
        for _ in 0..together {
            let kind = *self.dice.pick(&self.course.weather.kinds).expect("a run has sicknesses");
            if self.strike(kind).is_some() {
                self.judge.note(self.now, || format!("strikes: {kind}"));
                *self.course.strikes.entry(kind).or_default() += 1;
            }
        }
    }

    fn heal(&mut self) {
        self.judge.note(self.now, || "nothing is sick any more".to_owned());
        self.venue.admin("GET", "/faults", None);
        self.carry();
        let (_, faults) = self.venue.answered().expect("the admin port answers at once");
        for fault in faults.as_array().expect("a list") {
            let kind = fault["kind"].as_str().expect("a text").to_owned();
            *self.course.hits.entry(kind).or_default() += fault["hits"].as_u64().expect("a number");
        }
        self.venue.admin("DELETE", "/faults", None);
        self.carry();
        self.net.heal(self.now);
    }

    /// At random moments, whatever happens or does not.
    fn looks(&mut self) {
        if self.now < self.course.look_at {
            return;
        }
        self.course.look_at = self.now + self.dice.wait(2 * SECOND);
        self.judge.well = self.now >= self.sick_until() + self.promises.well_within;
        let (start, end) = (self.sick_until() - self.course.size.sick, self.end());
        let course = &mut self.course;
        match self.judge.look(self.now) {
            Ok(true) if course.healed => drop(course.well_at.get_or_insert(self.now)),
            Ok(_) => {}
            Err(wrong) => drop(self.wrong.get_or_insert(wrong)),
        }
        let holds = heap::held() - course.held_before;
        if self.trace.is_some() {
            println!("{} the clients hold {holds} bytes", clock(self.now));
        }
        match (self.now - start) * 4 / (end - start) {
            1 => course.held.0 = course.held.0.max(holds),
            3 => course.held.1 = course.held.1.max(holds),
            _ => {}
        }
    }

    /// What must hold at the end of all.
    fn last_look(&mut self) -> Result<(), String> {
        self.judge.well = self.course.size.well >= self.promises.well_within;
        self.judge.look(self.now)?;
        let (middle, last) = self.course.held;
        let left = if self.promises.forgets_the_ended { 0 } else { self.judge.tally.ended * LEFT_BEHIND };
        // A book keeps the room of its largest size so far, which in time comes to twice its levels.
        if last > middle * 5 / 4 + 128 * 1024 + left {
            return Err(format!("the clients held {middle} bytes in the second quarter, {last} in the last"));
        }
        let (links, hops) = self.net.sizes();
        if links > self.shards.len() * 3 || hops > 2_000 {
            return Err(format!("{links} links and {hops} frames on their way at the end"));
        }
        let dark = self.judge.tally.gaps + self.judge.tally.outages;
        if self.promises.makes_before_break && self.course.weather.kinds == ["notice"] && dark > 0 {
            return Err("an announced upgrade was felt".to_owned());
        }
        Ok(())
    }

    fn summary(self) -> Summary {
        let well_after = self.course.well_at.map_or(Nanos::MAX, |at| at - self.sick_until());
        Summary {
            books: self.judge.books(),
            truths: self.judge.truth.counts(),
            tally: self.judge.tally,
            connects: self.limits.connects,
            most_requests: self.limits.most_requests,
            strikes: self.course.strikes,
            hits: self.course.hits,
            held: self.course.held,
            well_after,
        }
    }

    fn report(&self, wrong: &str) -> String {
        let strikes = &self.course.strikes;
        format!("at {} s: {wrong}\nstrikes: {strikes:?}\nwhat came before:{}", clock(self.now), self.judge.history())
    }
}
