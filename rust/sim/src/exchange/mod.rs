//! The exchange, without sockets and without a clock.
//!
//! ```text
//! Input ─▶ gate ─▶ faults ─▶ trade · ledger · market · algo ─▶ events ─▶ gate ─▶ faults ─▶ Output
//!           who, may they,     one World: books, orders,         who subscribed     late, twice,
//!           how often          accounts, prices                                     or not at all
//! ```
//!
//! The same configuration, inputs and times give the same outputs, byte for byte.

pub mod account;
pub mod admin;
pub mod algo;
pub mod book;
pub mod call;
pub mod config;
pub mod event;
pub mod faults;
pub mod fields;
pub mod gate;
pub mod instrument;
pub mod io;
pub mod json;
pub mod ledger;
pub mod market;
pub mod num;
pub mod order;
pub mod orders;
pub mod refusal;
pub mod trade;
pub mod world;

use config::{ClockMode, Config, ConfigError};
use faults::Faults;
use gate::Gate;
use io::{Input, Nanos, Output};
use world::World;

#[derive(Debug)]
pub struct Exchange {
    world: World,
    gate: Gate,
    faults: Faults,
}

impl Exchange {
    /// `at`: the time now; a virtual clock starts where its configuration says.
    pub fn new(config: Config, at: Nanos) -> Result<Self, ConfigError> {
        if config.limits.is_nan() || config.limits < 0.0 {
            return Err(ConfigError(format!("limits: expected a multiplier of 0 or more, got {}", config.limits)));
        }
        let start = match config.clock {
            ClockMode::Real => at,
            ClockMode::Virtual => gate::time::parse_iso(&config.start)
                .ok_or_else(|| ConfigError(format!("start: expected a time such as 2026-11-22T00:00:00Z, got {}", config.start)))?,
        };
        let mut world = World::new(config, start)?;
        Ok(Self { gate: Gate::new(&mut world), faults: Faults::new(&world)?, world })
    }

    pub fn handle(&mut self, at: Nanos, input: &Input) {
        self.advance(at);
        self.gate.handle(&mut self.world, &mut self.faults, input);
    }

    /// Runs everything due up to `at`, in order.
    pub fn advance(&mut self, at: Nanos) {
        advance(&mut self.world, &mut self.gate, &mut self.faults, at);
    }

    pub fn poll_output(&mut self, at: Nanos) -> Option<Output> {
        self.faults.poll_output(at)
    }

    /// When `advance` or `poll_output` next have something to do.
    pub fn poll_timeout(&self) -> Option<Nanos> {
        [next_timer(&self.world, &self.gate, &self.faults), self.faults.next_output()].into_iter().flatten().min()
    }

    pub fn clock(&self) -> ClockMode {
        self.world.config.clock
    }

    pub fn now(&self) -> Nanos {
        self.world.now
    }

    pub fn world(&self) -> &World {
        &self.world
    }

    /// For tests of other rooms: state set up by hand.
    pub fn world_mut(&mut self) -> &mut World {
        &mut self.world
    }
}

/// Runs everything due up to `at`, in order; the admin API moves a virtual clock with it.
pub(crate) fn advance(world: &mut World, gate: &mut Gate, faults: &mut Faults, at: Nanos) {
    market::until(world, at);
    while let Some(due) = next_timer(world, gate, faults).filter(|due| *due <= at) {
        world.now = world.now.max(due);
        market::run(world);
        ledger::run(world);
        trade::run(world);
        algo::run(world);
        faults.run(world, gate);
        gate.run(world, faults);
    }
    world.now = world.now.max(at);
}

fn next_timer(world: &World, gate: &Gate, faults: &Faults) -> Option<Nanos> {
    let rooms = [market::next(world), ledger::next(world), trade::next(world), algo::next(world), faults.next(), gate.next()];
    rooms.into_iter().flatten().min()
}
