//! OKX on loopback.
//!
//! ```text
//! feed      prepared frames of public channels, at any rate: load, and recordings played back
//! exchange  an exchange without I/O: requests and time in, replies and pushes out
//! front     its sockets: REST and WebSocket, plain and TLS, and the admin port
//! ```
#![forbid(unsafe_code)]

mod clock;

pub mod exchange;
pub mod feed;
pub mod front;
mod rng;
mod tls;
