//! Public feeds prepared before they are sent: for load, and for recordings played back as they came.
//!
//! ```text
//! market (from a seed) ─┐
//!                       ├─▶ Feed ─▶ Player (one a connection) ─▶ conn ─▶ server: ws:// and wss:// on loopback
//! recording (JSONL) ────┘   │          └─ Model: the server's own books
//! crowd (from a seed) ──────┴─▶ Broadcast (one for all connections) ─▶ hall ─▶ server
//! ```

mod broadcast;
mod conn;
pub mod crowd;
mod flow;
mod frames;
mod hall;
mod instrument;
mod limits;
mod maker;
pub mod market;
mod model;
pub(crate) mod pace;
mod player;
mod protocol;
pub mod recording;
mod requests;
mod server;
mod window;

pub use frames::{Feed, Stream};
pub use instrument::MAX_INSTRUMENTS;
pub use model::Model;
pub use pace::Pace;
pub use player::{BookReport, Played, Report, Script, Visits};
pub use server::{Server, ServerOptions};
