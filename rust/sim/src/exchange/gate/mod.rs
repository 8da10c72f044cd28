//! The gate: who asks, whether they may and how often; who gets to see what happened.
//!
//! ```text
//! Http ─▶ rest: route, auth, limit, envelope        Text ─▶ socket, message ─▶ subscribe: channel, topic
//!           └─ upgrade ─▶ socket                                            └▶ operate: route, limit, envelope
//! world.events ─▶ topic ─▶ frames to whoever listens
//! ```
//!
//! Where OKX's behaviour is not established, this was chosen (switches of the configuration are in brackets):
//!
//! - a failed first login is answered and then closed with 4001; one account a connection, the same login again is answered
//!   with success [`repeat_login`], any other with 60031; a WebSocket takes live and demo keys alike
//! - a channel of another path is 60018 [`wrong_path`]; a repeated subscription gets ack and snapshot again [`resubscribe`]
//! - two args that overlap each get their push; regular snapshots of account and positions come every 5 s
//! - traffic of either side keeps a connection alive, control frames too [`strict_idle`]
//! - a key in the form of a UUID that nobody has is 50119 (60032 at login), any other unknown one 50111 (60005)
//! - an operation without `id` is answered without `id`
//! - limits are sliding windows; what is refused does not count; a batch over a limit is refused whole: HTTP 429, or `code` of
//!   the operation's answer; a connection too many is HTTP 429
//! - endpoints, channels and operations that OKX has and this has not: 50062, 60008 and 50062, and they say so

mod auth;
pub mod channel;
mod coverage;
pub mod envelope;
mod limit;
mod message;
mod operate;
mod rest;
mod route;
mod socket;
mod subscribe;
#[cfg(test)]
mod tests;
pub mod time;
mod topic;

use std::collections::{BTreeMap, BTreeSet};

use crate::exchange::admin;
use crate::exchange::event::Event;
use crate::exchange::faults::Faults;
use crate::exchange::io::{ConnId, Input, Nanos, Output};
use crate::exchange::world::World;
use limit::Limits;
use rest::Asked;
use route::Routes;
use socket::Socket;
use topic::{TopicIx, Topics};

pub use socket::SocketInfo;

/// Connections, sessions, subscriptions, limits. None of it is part of the state that is written down.
#[derive(Debug, Default)]
pub struct Gate {
    routes: Routes,
    limits: Limits,
    transit: Transit,
    sockets: BTreeMap<ConnId, Socket>,
    topics: Topics,
    /// When a connection is looked at for silence.
    idle: BTreeSet<(Nanos, ConnId)>,
    /// Both kept for their room.
    found: Vec<TopicIx>,
    events: Vec<Event>,
}

/// Inputs on their way from the socket: each connection's stay in order.
#[derive(Debug, Default)]
struct Transit {
    /// Due time and sequence → arrival and input.
    queue: BTreeMap<(Nanos, u64), (Nanos, Input)>,
    sequence: u64,
    /// When the last input of a connection is due, while it is later than now.
    last: BTreeMap<ConnId, Nanos>,
}

impl Gate {
    pub fn new(world: &mut World) -> Self {
        world.is_gated = true;
        Self::default()
    }

    pub fn handle(&mut self, world: &mut World, faults: &mut Faults, input: &Input) {
        if let Input::Admin { conn, request } = input {
            let (status, body) = admin::handle(world, self, faults, request);
            faults.emit(world.now, Output::Reply { conn: *conn, status, headers: Vec::new(), body: body.into_bytes(), close: false });
            self.hand_out(world, faults);
            return;
        }
        let due = self.transit.due(world.now, conn_of(input), faults.inbound(world, input));
        if due > world.now {
            self.transit.sequence += 1;
            self.transit.queue.insert((due, self.transit.sequence), (world.now, input.clone()));
        } else {
            self.process(world, faults, input, world.now);
        }
    }

    fn process(&mut self, world: &mut World, faults: &mut Faults, input: &Input, arrived: Nanos) {
        faults.journal.came(world, input);
        match input {
            Input::Http { conn, peer, request } => self.http(world, faults, &Asked { conn: *conn, peer: *peer, request, arrived }),
            Input::Text { conn, text } => self.text(world, faults, *conn, text, arrived),
            Input::Binary { conn } => self.close(world, faults, *conn, 4002, "Invalid Request"),
            Input::Control { conn } => {
                if let Some(socket) = self.sockets.get_mut(conn)
                    && !world.config.switches.strict_idle
                {
                    socket.heard = world.now;
                }
            }
            Input::Closed { conn } => {
                self.forget(world, *conn);
                faults.forget(*conn);
            }
            Input::Admin { .. } => {}
        }
        self.hand_out(world, faults);
    }

    /// When `run` next has something to do.
    pub fn next(&self) -> Option<Nanos> {
        let transit = self.transit.queue.first_key_value().map(|((due, _), _)| *due);
        let idle = self.idle.first().map(|(due, _)| *due);
        let regular = self.topics.timers.first().map(|(due, _)| *due);
        [transit, idle, regular].into_iter().flatten().min()
    }

    /// Timers of connections, inputs that have arrived; hands out what the rooms' timers brought about.
    pub fn run(&mut self, world: &mut World, faults: &mut Faults) {
        self.hand_out(world, faults);
        while let Some(entry) = self.transit.queue.first_entry().filter(|entry| entry.key().0 <= world.now) {
            let (arrived, input) = entry.remove();
            self.process(world, faults, &input, arrived);
        }
        self.transit.forget(world.now);
        self.push_regular(world, faults);
        self.close_idle(world, faults);
    }

    /// The world was read back: what it does not write down is told to it again.
    pub fn restored(&self, world: &mut World) {
        self.topics.announce(world);
    }
}

impl Transit {
    fn due(&mut self, now: Nanos, conn: ConnId, delay: Nanos) -> Nanos {
        let due = now.saturating_add(delay).max(self.last.get(&conn).copied().unwrap_or(0));
        if due > now {
            self.last.insert(conn, due);
        }
        due
    }

    fn forget(&mut self, now: Nanos) {
        self.last.retain(|_, due| *due > now);
    }
}

fn conn_of(input: &Input) -> ConnId {
    match input {
        Input::Http { conn, .. }
        | Input::Text { conn, .. }
        | Input::Binary { conn }
        | Input::Control { conn }
        | Input::Closed { conn }
        | Input::Admin { conn, .. } => *conn,
    }
}
