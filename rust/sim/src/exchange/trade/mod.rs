//! The order desk: place, amend, cancel, match.

use serde::{Deserialize, Serialize};

use crate::exchange::account::AcctIx;
use crate::exchange::call::{Operation, Route};
use crate::exchange::io::Nanos;
use crate::exchange::order::{OrdId, PlaceRequest};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

/// Timers and counters of the desk.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Desk {}

pub const ROUTES: &[Route] = &[];
pub const OPERATIONS: &[Operation] = &[];

impl World {
    /// Checks, books and matches an order. `Err`: refused at once, nothing exists. `Ok`: it has an id; what became of it is in
    /// `orders` and in the events.
    pub fn place(&mut self, _acct: AcctIx, _request: PlaceRequest) -> Result<OrdId, Refusal> {
        Err(Refusal::not_simulated("order placement"))
    }

    /// Ends an open order; `false` if it was not open. Pushes, releases what was reserved, and tells its attached orders.
    pub fn cancel(&mut self, _id: OrdId, _source: &str) -> bool {
        false
    }
}

pub fn next(_world: &World) -> Option<Nanos> {
    None
}

pub fn run(_world: &mut World) {}
