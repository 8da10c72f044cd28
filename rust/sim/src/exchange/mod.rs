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
pub mod algo;
pub mod book;
pub mod call;
pub mod config;
pub mod event;
pub mod fields;
pub mod gate;
pub mod instrument;
pub mod io;
pub mod json;
pub mod ledger;
pub mod market;
pub mod num;
pub mod order;
pub mod refusal;
pub mod trade;
pub mod world;

use config::{ClockMode, Config, ConfigError};
use gate::Gate;
use io::{Input, Nanos, Output};
use world::World;

#[derive(Debug)]
pub struct Exchange {
    world: World,
    gate: Gate,
}

impl Exchange {
    /// `at`: the time now; a virtual clock starts where its configuration says.
    pub fn new(config: Config, at: Nanos) -> Result<Self, ConfigError> {
        let start = match config.clock {
            ClockMode::Real => at,
            ClockMode::Virtual => gate::time::parse_iso(&config.start)
                .ok_or_else(|| ConfigError(format!("start: expected a time such as 2026-11-22T00:00:00Z, got {}", config.start)))?,
        };
        let world = World::new(config, start)?;
        Ok(Self { gate: Gate::new(&world)?, world })
    }

    pub fn handle(&mut self, at: Nanos, input: &Input) {
        self.advance(at);
        self.gate.handle(&mut self.world, input);
    }

    /// Runs everything due up to `at`, in order.
    pub fn advance(&mut self, at: Nanos) {
        while let Some(due) = self.next_timer().filter(|due| *due <= at) {
            self.world.now = self.world.now.max(due);
            market::run(&mut self.world);
            ledger::run(&mut self.world);
            trade::run(&mut self.world);
            algo::run(&mut self.world);
            self.gate.run(&mut self.world);
        }
        self.world.now = self.world.now.max(at);
    }

    pub fn poll_output(&mut self, at: Nanos) -> Option<Output> {
        self.gate.poll_output(at)
    }

    /// When `advance` or `poll_output` next have something to do.
    pub fn poll_timeout(&self) -> Option<Nanos> {
        [self.next_timer(), self.gate.next_output()].into_iter().flatten().min()
    }

    fn next_timer(&self) -> Option<Nanos> {
        let world = &self.world;
        [market::next(world), ledger::next(world), trade::next(world), algo::next(world), self.gate.next()].into_iter().flatten().min()
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
}
