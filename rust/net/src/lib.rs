//! Moves bytes: TCP, TLS, WebSocket.
#![forbid(unsafe_code)]

mod buffer;
pub mod clock;
pub mod driver;
pub mod tls;
pub mod transport;
pub mod ws;
