//! One REST request as bytes, and what its reply says at a glance.
//!
//! ```text
//! parameters ─▶ query ─┐
//! method, path, body ──┴─▶ head (signed over these very bytes) ─▶ wire ─▶ reply: its code
//! ```
//!
//! Source: OKX API v5, Overview › REST authentication.

pub mod date;
pub mod head;
pub mod query;
pub mod reply;
