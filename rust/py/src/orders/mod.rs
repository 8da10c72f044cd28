//! Orders as Python sees them: sent on the caller's thread, and read there while it waits.
//!
//! ```text
//! OrderCore.send(op, params) ─▶ bytes ─▶ limits ─▶ desk ─▶ Port::send ─▶ OrderCall
//! OrderCall.wait, drain(), Client.run ─ answers ─▶ OrderCall
//! I/O thread ─ all else, deadlines, answers nobody waits for ─▶ OrderCall (whoever waits is woken) · Out ─▶ drain(): callbacks
//! ```

mod call;
mod core;
mod lines;
mod out;
mod told;
mod write;

pub use self::core::OrderCore;
pub use call::OrderCall;
