//! Moves bytes: TCP, TLS, WebSocket.
#![forbid(unsafe_code)]

pub mod ws;
