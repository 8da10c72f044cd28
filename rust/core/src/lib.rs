#![forbid(unsafe_code)]
//! What OKX means: bytes and time in; events, bytes and deadlines out.
//!
//! Nothing here waits, reads a clock, opens a socket or knows Python.

pub mod time;
