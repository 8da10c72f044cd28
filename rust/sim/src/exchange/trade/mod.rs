//! The order desk: place, amend, cancel, match.
//!
//! ```text
//! request ─▶ check ─▶ enter ─▶ reserve (ledger) ─▶ matching ─▶ book
//!               │                                     │ fill: both sides to the ledger, then pushed
//!               └─▶ refusal, nothing exists           ▼
//!                                                   after: attached orders, waiting prices, closing orders too large
//! ```

mod after;
mod amend;
mod bands;
mod check;
mod close;
mod enter;
mod forced;
mod house;
mod matching;
mod orders;
mod precheck;
mod price;
mod push;
mod query;
mod read;
mod reduce;
mod routes;
mod rows;
mod spreads;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::exchange::account::AcctIx;
use crate::exchange::io::Nanos;
use crate::exchange::order::{OrdId, OrdState, PlaceRequest, pairs};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

use after::After;
use push::Note;

/// Timers and counters of the desk.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Desk {
    /// What follows from a match, to be done when it is over.
    #[serde(skip)]
    after: VecDeque<After>,
    /// It is being done.
    #[serde(skip)]
    settling: bool,
    /// Cancel-all-after.
    #[serde(with = "pairs")]
    timers: close::Timers,
    /// When resting orders are next held against the price bands.
    bands_at: Nanos,
}

pub use routes::{OPERATIONS, ROUTES};

impl World {
    /// Checks, books and matches an order. `Err`: refused at once, nothing exists. `Ok`: it has an id; what became of it is in
    /// `orders` and in the events.
    pub fn place(&mut self, acct: AcctIx, request: PlaceRequest) -> Result<OrdId, Refusal> {
        let draft = check::draft(self, acct, request)?;
        self.enter(draft)
    }

    /// Ends an open order; `false` if it was not open. Pushes, releases what was reserved, and tells its attached orders.
    pub fn cancel(&mut self, id: OrdId, source: &str) -> bool {
        if !self.orders.get(id).is_some_and(|order| order.state.is_open()) {
            return false;
        }
        self.finish(id, OrdState::Canceled, source, &Note::default());
        self.settle();
        true
    }
}

pub fn next(world: &World) -> Option<Nanos> {
    [close::next(world), bands::next(world)].into_iter().flatten().min()
}

pub fn run(world: &mut World) {
    close::run(world);
    bands::run(world);
}
