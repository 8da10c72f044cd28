//! The whole exchange, from the bytes that come in to the bytes that go out: no room is touched but through the gate.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

mod bench;
mod corners;
mod pushes;
mod replay;
mod sane;
mod storm;
mod storms;
mod trips;
