//! Moves bytes: TCP, TLS, WebSocket, HTTP.
#![forbid(unsafe_code)]

mod authority;
mod buffer;
pub mod clock;
pub mod desk;
pub mod driver;
pub mod fetch;
pub mod http;
pub mod inbox;
pub mod keep;
mod pace;
pub mod port;
pub mod record;
pub mod rest;
pub mod tls;
pub mod transport;
pub mod ws;
