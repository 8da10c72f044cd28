//! OKX on loopback: a server of public feeds, prepared before they are sent.
//!
//! ```text
//! market (from a seed) ─┐
//!                       ├─▶ Feed ─▶ Player (one a connection) ─▶ conn ─▶ server: ws:// and wss:// on loopback
//! recording (JSONL) ────┘              └─ Model: the server's own books
//! ```
#![forbid(unsafe_code)]

mod clock;
mod conn;
mod feed;
mod flow;
mod instrument;
pub mod market;
mod model;
mod pace;
mod player;
mod protocol;
pub mod recording;
mod requests;
mod rng;
mod server;
mod tls;

pub use feed::{Feed, Stream};
pub use instrument::MAX_INSTRUMENTS;
pub use model::Model;
pub use pace::Pace;
pub use player::{BookReport, Played, Report, Script};
pub use server::{Server, ServerOptions};
