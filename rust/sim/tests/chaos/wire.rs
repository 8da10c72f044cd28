//! The part of a run that moves things: between exchange, network and clients, and to the judge what the clients say.

use std::collections::{BTreeMap, VecDeque};

use okx_fast_sim::exchange::io::{ConnId, Nanos, SECOND};

use crate::client::{Action, Client, Leg, Seen};
use crate::judge::clock;
use crate::net::{Arrival, Down, Owner};
use crate::run::Run;
use crate::sabotage::{Instead, Sabotage};
use crate::venue::START;

/// One client, and its connections.
pub struct Shard {
    pub client: Client,
    pub path: &'static str,
    pub legs: BTreeMap<Leg, ConnId>,
    /// The client's deadline.
    pub due: Option<Nanos>,
    /// The user holds it up until then; what came meanwhile waits.
    pub paused: Option<Nanos>,
    unread: VecDeque<(ConnId, Leg, Down)>,
}

impl Shard {
    pub fn new(client: Client, path: &'static str) -> Self {
        Self { client, path, legs: BTreeMap::new(), due: Some(START), paused: None, unread: VecDeque::new() }
    }

    /// The user holds it up, and has something to do.
    fn is_held_up(&self) -> bool {
        self.paused.is_some() && !self.unread.is_empty()
    }

    /// When it has something to do.
    pub fn next(&self) -> Option<Nanos> {
        if self.is_held_up() { self.paused } else { self.paused.into_iter().chain(self.due).min() }
    }
}

impl Run {
    pub fn venue_runs(&mut self) {
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

    pub fn arrived(&mut self, arrival: &Arrival) {
        match arrival {
            Arrival::AtExchange(input) => {
                // Its clock may not have been looked at since the last step.
                self.venue.advance(self.now, &mut self.judge.truth);
                self.venue.give(input);
                self.carry();
            }
            &Arrival::AtClient(conn, Owner::Leg(shard, leg), ref down) => {
                if self.shards[shard].paused.is_some() {
                    self.shards[shard].unread.push_back((conn, leg, down.clone()));
                } else {
                    self.hand_over(shard, conn, leg, down);
                    self.flush(shard);
                }
            }
            &Arrival::AtClient(_, Owner::Fetch(shard, id), ref down) => {
                self.judge.fetched = true;
                self.tell(shard, |client, now, on| match down {
                    Down::Answer(body) => client.fetched(id, now, Ok(body), on),
                    Down::Ended(why) => client.fetched(id, now, Err(why), on),
                    Down::Open | Down::Text(_) => {}
                });
                self.judge.fetched = false;
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
            if sabotage.is_some_and(|sabotage| sabotage.hides(now, &seen)) {
                return;
            }
            let times = if sabotage.is_some_and(|sabotage| sabotage.repeats(&seen)) { 2 } else { 1 };
            let mut show = |seen: Seen<'_>| {
                if let Err(found) = judge.seen(now, shard, &seen) {
                    wrong.get_or_insert(found);
                }
            };
            (0..times).for_each(|_| match sabotage {
                Some(sabotage) => sabotage.bends(seen, &mut show),
                None => show(seen),
            });
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
                self.judge.shown(shard, conn, text);
                let times = match self.sabotage.map_or(Instead::Once, |sabotage| sabotage.of_frame(self.now, text)) {
                    Instead::Never => 0,
                    Instead::Once => 1,
                    Instead::HangUp => return self.ended(shard, leg, "an upgrade"),
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
        if self.sabotage != Some(Sabotage::LeavesLinesOpen) {
            self.net.hang_up(self.now, conn);
        }
        self.limits.over(conn);
        self.judge.lost(shard, conn);
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
                    self.request(conn, &text);
                    self.net.send(now, conn, text);
                }
                if self.sabotage == Some(Sabotage::AsksTooMuch) {
                    self.request(conn, r#"{"op":"subscribe","args":[]}"#);
                }
            }
            match self.shards[shard].client.poll_action() {
                None => break,
                Some(Action::Connect(_)) if self.sabotage == Some(Sabotage::StaysAway) && now > START + 40 * SECOND => {}
                Some(Action::Connect(leg)) => self.limits.wait(shard, leg),
                Some(Action::Close(leg, why)) => self.ended(shard, leg, &why),
                Some(Action::Fetch(id, target)) => {
                    self.net.fetch(now, Owner::Fetch(shard, id), &target, Vec::new());
                }
            }
        }
        let due = self.shards[shard].client.poll_timeout(now);
        self.shards[shard].due = if self.sabotage == Some(Sabotage::NeverRests) { Some(now) } else { due };
    }

    fn request(&mut self, conn: ConnId, text: &str) {
        if let Err(wrong) = self.limits.request(conn, text) {
            self.wrong.get_or_insert(wrong);
        }
    }

    pub fn make_connects(&mut self) {
        while let Some(turn) = self.limits.connect(self.now) {
            let (shard, leg) = match turn {
                Ok(turn) => turn,
                Err(wrong) => {
                    self.wrong.get_or_insert(wrong);
                    return;
                }
            };
            let conn = self.net.connect(self.now, Owner::Leg(shard, leg), self.shards[shard].path);
            if let Some(old) = self.shards[shard].legs.insert(leg, conn) {
                self.net.hang_up(self.now, old);
            }
        }
    }

    pub fn deadlines(&mut self) {
        for at in 0..self.shards.len() {
            let now = self.now;
            if let Some(until) = self.shards[at].paused {
                let is_held_up = self.shards[at].is_held_up();
                if until > now && is_held_up {
                    continue;
                }
                if until <= now {
                    self.shards[at].paused = None;
                    if is_held_up {
                        self.shards[at].client.stall(now);
                    }
                    while let Some((conn, leg, down)) = self.shards[at].unread.pop_front() {
                        self.hand_over(at, conn, leg, &down);
                    }
                    self.flush(at);
                }
            }
            if self.shards[at].due.is_some_and(|due| due <= now) {
                self.tell(at, |client, now, on| client.timeout(now, on));
                self.flush(at);
            }
        }
    }
}
