//! Orders that wait for a price: TP/SL, trigger, trailing stop, and those attached to other orders.

use serde::{Deserialize, Serialize};

use crate::exchange::account::AcctIx;
use crate::exchange::call::Route;
use crate::exchange::event::Event;
use crate::exchange::fields::Fields;
use crate::exchange::instrument::InstIx;
use crate::exchange::io::Nanos;
use crate::exchange::order::{Attached, OrdId, PlaceRequest};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Algos {}

pub const ROUTES: &[Route] = &[];

/// Reads and checks `attachAlgoOrds` of an order request (the older flat `tp…`/`sl…` fields too).
pub fn read_attached(_world: &mut World, _acct: AcctIx, _fields: &Fields, _order: &PlaceRequest) -> Result<Vec<Attached>, Refusal> {
    Ok(Vec::new())
}

/// `attachAlgoOrds` as an order row shows it: a JSON array.
pub fn attached_json(_attached: &[Attached]) -> String {
    "[]".to_owned()
}

/// An order reached its last state, or filled for the first time: its attached orders are born or die.
pub fn order_ended(_world: &mut World, _id: OrdId) {}

/// A last, mark or index price moved: what waited for it goes. Called when no match is under way.
pub fn prices_moved(_world: &mut World, _inst: InstIx) {}

/// A position is gone: closing orders that lived on it go too (cancelSource 17/21).
pub fn position_closed(_world: &mut World, _acct: AcctIx, _inst: InstIx) {}

/// What a new subscription of `algo-advance` gets first.
pub fn snapshot(_world: &mut World, _acct: AcctIx, _channel: &str, _arg: &Fields) -> Vec<Event> {
    Vec::new()
}

pub fn next(_world: &World) -> Option<Nanos> {
    None
}

pub fn run(_world: &mut World) {}
