//! Sicknesses: every request is shown to them before it is done, every output passes through them before it is sent.
//!
//! ```text
//! request ─▶ on_request ─▶ Verdict: pass, refuse, drop, answer late, do but lose
//! output  ─▶ on_output ──▶ (due, sequence) ─▶ poll_output
//! ```

use std::collections::BTreeMap;

use crate::exchange::account::AcctIx;
use crate::exchange::config::ConfigError;
use crate::exchange::gate::Gate;
use crate::exchange::io::{ConnId, Input, Nanos, Output};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Rest,
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

#[derive(Debug, Default)]
pub struct Faults {
    queue: BTreeMap<(Nanos, u64), Output>,
    sequence: u64,
}

impl Faults {
    pub fn new(_world: &World) -> Result<Self, ConfigError> {
        Ok(Self::default())
    }

    /// How long an input is under way from the socket to the engine. The gate keeps the order of each connection.
    pub fn inbound(&mut self, _world: &World, _input: &Input) -> Nanos {
        0
    }

    pub fn on_request(&mut self, _world: &mut World, _request: &RequestInfo<'_>) -> Verdict {
        Verdict::Pass
    }

    /// Takes an output that is ready at `at`; the answers of a connection stay in their order.
    pub fn on_output(&mut self, at: Nanos, _class: Class<'_>, output: Output) {
        self.emit(at, output);
    }

    /// Sends at `due`, untouched.
    pub fn emit(&mut self, due: Nanos, output: Output) {
        self.sequence += 1;
        self.queue.insert((due, self.sequence), output);
    }

    pub fn poll_output(&mut self, at: Nanos) -> Option<Output> {
        let first = self.queue.first_entry().filter(|entry| entry.key().0 <= at)?;
        Some(first.remove())
    }

    pub fn next_output(&self) -> Option<Nanos> {
        self.queue.first_key_value().map(|((due, _), _)| *due)
    }

    /// When `run` next has something to do.
    pub fn next(&self) -> Option<Nanos> {
        None
    }

    /// Sicknesses that come by themselves: closes, resets, notices.
    pub fn run(&mut self, _world: &mut World, _gate: &mut Gate) {}
}
