//! Orders that wait for a price: TP/SL, trigger, trailing stop, and those attached to other orders.
//!
//! ```text
//! POST order-algo ─▶ read + checks ─▶ Algo, live ─┬─ price reached ─▶ child order ─▶ effective · order_failed
//! attachAlgoOrds ─▶ parent fills ─▶ birth ────────┤
//!                                                 ├─ cancel-algos, position gone, sibling went ─▶ canceled
//!                                                 └─ amend-algos ─▶ live, amendResult 0
//! ```
//!
//! Funds are not reserved before the trigger: a child order that cannot be placed leaves `order_failed` and its code.

mod amend;
pub mod attached;
mod birth;
mod checks;
mod child;
mod engine;
pub mod model;
mod read;
mod reattach;
mod rest;
mod rows;
mod size;
mod store;
#[cfg(test)]
mod tests;
mod timed;

pub use attached::{attached_json, read_attached};
pub use birth::order_ended;
pub use engine::{position_closed, prices_moved};

pub use rest::ROUTES;
pub use rows::{close_order_algo, is_tp_limit, linked_algo, snapshot};
pub use store::Algos;
pub use timed::{next, run};
