#![forbid(unsafe_code)]
//! What OKX means: bytes and time in; events, bytes and deadlines out.
//!
//! Nothing here waits, reads a clock, opens a socket or knows Python.

pub mod book;
pub mod channel;
pub mod code;
pub mod error;
pub mod limit;
pub mod msg;
pub mod num;
pub mod offset;
pub mod order;
pub mod record;
pub mod rest;
mod scan;
pub mod secret;
pub mod session;
mod shallow;
pub mod sign;
pub mod stats;
pub mod time;
pub mod verify;
