//! Orders as Python sees them: sent on the caller's thread, read on a thread of Rust's own.
//!
//! ```text
//! OrderCore.send(op, params) ─▶ bytes ─▶ limits ─▶ desk ─▶ Port::send ─▶ OrderCall
//! I/O thread ─ answers, rows of `orders`, deadlines ─▶ OrderCall (whoever waits is woken) · Out ─▶ drain(): callbacks
//! ```

mod call;
mod core;
mod lines;
mod out;
mod told;
mod write;

pub use self::core::OrderCore;
pub use call::OrderCall;
