//! Sicknesses: every request is shown to them before it is done, every output passes through them before it is sent.
//!
//! ```text
//! request ─▶ on_request ─▶ Verdict: pass, refuse, drop, answer late, do but lose
//! output  ─▶ on_output ─▶ struck frames, delays ─▶ (due, number) ─▶ poll_output
//! time    ─▶ run: closes, resets, notices, forced fills; what lasts begins and ends
//! ```
//!
//! Delays are drawn from a generator of their own, so that a slow line does not move the market.

mod books;
mod commands;
mod delay;
mod fault;
mod fills;
mod frames;
mod ill;
mod params;
mod pushes;
mod queue;
mod registry;
mod requests;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use crate::exchange::account::AcctIx;
use crate::exchange::admin::journal::Journal;
use crate::exchange::config::ConfigError;
use crate::exchange::io::{ConnId, Nanos, Output};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;
use crate::rng::{Rng, mix};
use commands::Plan;
use delay::Draw;
use fault::Fault;
use ill::Leg;
use pushes::Held;
use queue::{Lane, Queue};

pub use ill::KINDS;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Rest,
    /// A GET.
    RestRead,
    WsOp,
    /// Also unsubscribe.
    Subscribe,
    Login,
    /// The request that becomes a WebSocket.
    Connect,
}

/// A request, before anything of it is done.
#[derive(Clone, Copy, Debug)]
pub struct RequestInfo<'a> {
    pub conn: ConnId,
    pub kind: Kind,
    /// `trade/order`, the operation, the channel of a subscription's first arg, `public` `private` `business`.
    pub endpoint: &'a str,
    /// Who asks, where that is established.
    pub account: Option<AcctIx>,
    /// Of the first item.
    pub cl_ord_id: Option<&'a str>,
    /// For the log: the raw target of an HTTP request, operation and args of a subscription.
    pub detail: &'a str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    /// With this HTTP status, where it is a REST request.
    Refuse(Refusal, u16),
    /// Not done, not answered.
    Drop,
    /// Done now, answered that much later.
    AnswerLate(Nanos),
    /// Done, but answered with this, or not at all.
    DoButLose(Option<Refusal>),
}

/// What kind of output is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class<'a> {
    /// To a REST request.
    Reply {
        endpoint: &'a str,
    },
    /// To an operation over WebSocket.
    Ack {
        op: &'a str,
    },
    Push {
        channel: &'a str,
        inst_id: &'a str,
    },
    /// Acks of subscriptions, logins, pongs, upgrades, closes.
    Control,
}

#[derive(Debug)]
pub struct Faults {
    /// The newest time seen.
    now: Nanos,
    rng: Rng,
    list: Vec<Fault>,
    next_id: u64,
    /// Of the configuration: inbound, outbound, push, ack.
    lines: [Draw; 4],
    queue: Queue,
    /// When `run` has something to do.
    wake: Option<Nanos>,
    plans: BTreeMap<(Nanos, u64), Plan>,
    books: books::Books,
    held: Vec<Held>,
    /// Pushes of private channels wait until then.
    pushes_wait: Nanos,
    /// Some fault strikes pushes until then: while none does, they pass unread.
    striking: Nanos,
    /// Some fault slows outputs until then.
    slowing: Nanos,
    /// Ended by us: nothing more goes out to them.
    gone: BTreeSet<ConnId>,
    pub journal: Journal,
}

impl Faults {
    pub fn new(world: &World) -> Result<Self, ConfigError> {
        let latency = &world.config.latency;
        let mut lines = [Draw::Fixed(0.0); 4];
        let given = [
            ("inbound_us", &latency.inbound_us),
            ("outbound_us", &latency.outbound_us),
            ("push_us", &latency.push_us),
            ("ack_us", &latency.ack_us),
        ];
        for (line, (name, delay)) in lines.iter_mut().zip(given) {
            *line = Draw::of(delay).map_err(|error| ConfigError(format!("latency: {name}: {error}")))?;
        }
        let mut faults = Self {
            now: world.now,
            rng: Rng::new(mix(world.config.seed ^ 0x5EED_0FFA_0175)),
            list: Vec::new(),
            next_id: 1,
            lines,
            queue: Queue::default(),
            wake: None,
            plans: BTreeMap::new(),
            books: books::Books::default(),
            held: Vec::new(),
            pushes_wait: 0,
            striking: 0,
            slowing: 0,
            gone: BTreeSet::new(),
            journal: Journal::default(),
        };
        for (at, given) in world.config.faults.iter().enumerate() {
            let given = given.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
            faults.register(&given, world.now).map_err(|error| ConfigError(format!("faults[{at}]: {error}")))?;
        }
        Ok(faults)
    }

    /// Takes an output that is ready at `at`; the answers of a connection stay in their order.
    pub fn on_output(&mut self, at: Nanos, class: Class<'_>, output: Output) {
        let Some(conn) = conn_of(&output) else { return self.emit(at, output) };
        if self.gone.contains(&conn) {
            return;
        }
        self.journal.left(conn, class, &output);
        let late = at.saturating_sub(self.now) + self.out_delay(conn, class);
        match (class, output) {
            (Class::Push { channel, inst_id }, Output::Text { text, .. }) => self.push(conn, channel, inst_id, text, late),
            (Class::Ack { .. }, output @ Output::Text { .. }) => self.queue.push(self.now, late, conn, Lane::Acks, output),
            (_, output @ (Output::Close { .. } | Output::Reset { .. } | Output::Freeze { .. })) => {
                self.gone.insert(conn);
                self.queue.push(self.now, late, conn, Lane::Last, output);
            }
            (_, output) => self.queue.push(self.now, late, conn, Lane::Main, output),
        }
    }

    /// Sends at `due`, untouched.
    pub fn emit(&mut self, due: Nanos, output: Output) {
        let conn = conn_of(&output).unwrap_or_default();
        self.queue.push(self.now, due.saturating_sub(self.now), conn, Lane::Free, output);
    }

    pub fn poll_output(&mut self, at: Nanos) -> Option<Output> {
        self.queue.pop(at)
    }

    pub fn next_output(&self) -> Option<Nanos> {
        self.queue.next()
    }

    /// When `run` next has something to do.
    pub fn next(&self) -> Option<Nanos> {
        self.wake
    }

    /// A connection is over, and all that came from it has been done.
    pub fn forget(&mut self, conn: ConnId) {
        self.queue.forget(conn, conn_of);
        self.books.forget(conn);
        self.held.retain(|held| held.conn != conn);
        self.gone.remove(&conn);
        self.journal.closed(conn);
    }

    /// It is later than the last input or timer said.
    pub fn see(&mut self, now: Nanos) {
        self.now = now;
    }

    fn line(&mut self, leg: Leg) -> Nanos {
        let [inbound, outbound, push, ack] = self.lines;
        let draw = match leg {
            Leg::Inbound => inbound,
            Leg::Outbound => outbound,
            Leg::Push => push,
            Leg::Ack => ack,
        };
        if draw.is_zero() { 0 } else { draw.draw(&mut self.rng) }
    }

    /// How long an output takes: the way out, and what its kind adds.
    fn out_delay(&mut self, conn: ConnId, class: Class<'_>) -> Nanos {
        let own = match class {
            Class::Push { .. } => Some(Leg::Push),
            Class::Ack { .. } => Some(Leg::Ack),
            Class::Reply { endpoint } if requests::is_order_request(endpoint) => Some(Leg::Ack),
            Class::Reply { .. } | Class::Control => None,
        };
        let mut delay = self.line(Leg::Outbound) + own.map_or(0, |leg| self.line(leg));
        if self.slowing >= self.now {
            let channel = if let Class::Push { channel, .. } = class { channel } else { "" };
            delay += self.slowed(conn, own, channel);
        }
        delay
    }
}

fn conn_of(output: &Output) -> Option<ConnId> {
    match output {
        Output::Reply { conn, .. }
        | Output::Upgrade { conn }
        | Output::Text { conn, .. }
        | Output::Close { conn, .. }
        | Output::Reset { conn }
        | Output::Freeze { conn } => Some(*conn),
        Output::Listen { .. } => None,
    }
}
