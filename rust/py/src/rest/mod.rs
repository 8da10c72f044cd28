//! REST as Python sees it. What decides anything is in `okx_fast_net::rest`.
//!
//! ```text
//! RestCore.call(spec, …)            this thread, detached ─▶ RawReply, or an exception
//! RestCore.submit(queue, token, …)  a worker ─▶ ReplyQueue.fileno() is readable ─▶ take(): (token, RawReply | exception)
//! ```

mod core;
mod figures;
mod queue;
mod reply;
mod secret;
mod spec;

pub use self::core::RestCore;
pub use queue::ReplyQueue;
pub use reply::{ClockReading, RawReply};
pub use secret::{Secret, bytes_of};
pub use spec::Spec;
