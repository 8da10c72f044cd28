//! The gate: who asks, whether they may and how often; who gets to see what happened.

pub mod time;

use crate::exchange::admin;
use crate::exchange::faults::{Class, Faults};
use crate::exchange::io::{Input, Nanos, Output};
use crate::exchange::world::World;

/// Connections, sessions, subscriptions, limits. None of it is part of the state that is written down.
#[derive(Debug, Default)]
pub struct Gate {}

impl Gate {
    pub fn new(_world: &World) -> Self {
        Self::default()
    }

    pub fn handle(&mut self, world: &mut World, faults: &mut Faults, input: &Input) {
        match input {
            Input::Admin { conn, request } => {
                let (status, body) = admin::handle(world, self, faults, request);
                faults.emit(world.now, Output::Reply { conn: *conn, status, headers: Vec::new(), body: body.into_bytes(), close: false });
            }
            Input::Http { conn, .. } => {
                let body = br#"{"code":"50062","data":[],"msg":"This feature is currently unavailable."}"#.to_vec();
                let reply = Output::Reply { conn: *conn, status: 404, headers: Vec::new(), body, close: false };
                faults.on_output(world.now, Class::Reply { endpoint: "" }, reply);
            }
            _ => {}
        }
        world.events.clear();
    }

    pub fn next(&self) -> Option<Nanos> {
        None
    }

    /// Timers of connections; hands out what the rooms' timers brought about.
    pub fn run(&mut self, _world: &mut World, _faults: &mut Faults) {}

    /// What is simulated and what is refused, as JSON.
    pub fn coverage(&self) -> String {
        "{}".to_owned()
    }
}
