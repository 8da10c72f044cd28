//! The gate: who asks, whether they may and how often; who gets to see what happened.

pub mod time;

use std::collections::VecDeque;

use crate::exchange::config::ConfigError;
use crate::exchange::io::{Input, Nanos, Output};
use crate::exchange::world::World;

/// Connections, sessions, subscriptions, limits. None of it is part of the state that is written down.
#[derive(Debug, Default)]
pub struct Gate {
    out: VecDeque<Output>,
}

impl Gate {
    pub fn new(_world: &World) -> Result<Self, ConfigError> {
        Ok(Self::default())
    }

    pub fn handle(&mut self, world: &mut World, input: &Input) {
        if let Input::Http { conn, .. } | Input::Admin { conn, .. } = *input {
            let body = br#"{"code":"50026","data":[],"msg":"System error. (simulator: not simulated)"}"#.to_vec();
            self.out.push_back(Output::Reply { conn, status: 404, headers: Vec::new(), body, close: false });
        }
        world.events.clear();
    }

    pub fn poll_output(&mut self, _at: Nanos) -> Option<Output> {
        self.out.pop_front()
    }

    pub fn next_output(&self) -> Option<Nanos> {
        None
    }

    pub fn next(&self) -> Option<Nanos> {
        None
    }

    pub fn run(&mut self, _world: &mut World) {}
}
