//! HTTP/1.1 connections with blocking I/O: the caller's thread does all the work of its own exchange.
//!
//! ```text
//! Origin, TlsConfig, DialOptions ─▶ Dialer ─ dial ─▶ Conn ─ exchange(request bytes) ─▶ Reply
//!                                                      └ is_alive: may it be used again?
//! ```
//!
//! Requests come as finished bytes, so that what was signed is what is sent. Every wait ends at a deadline of the
//! monotonic clock or when [`Pause`] says so. An [`ExchangeError`] says whether a byte of the request may have left.
//! A connection carries one exchange at a time and is never used again after an error.

mod conn;
mod connect;
mod dial;
mod dns;
mod error;
mod head;
mod origin;
mod proxy;
mod reader;
mod reply;
mod socket;
mod stream;
mod tunnel;

pub use conn::Conn;
pub use dial::{DialOptions, Dialer};
pub use error::{DialError, DialStage, ExchangeError, Wrote};
pub use head::MAX_HEAD;
pub use origin::{Origin, OriginError};
pub use proxy::{Proxy, ProxyKind, ProxyRefused};
pub use reader::{Progress, ReplyReader};
pub use reply::{MAX_BODY, Reply, ReplyError};
pub use tunnel::{Destination, Tunnel, TunnelError};

/// Lets a wait be broken off from outside, as by Ctrl-C.
pub trait Pause {
    /// Asked when a signal arrives and every 40 ms of waiting; `true` ends the wait.
    fn interrupted(&self) -> bool;
}

/// A wait that only the deadline ends.
#[derive(Clone, Copy, Debug, Default)]
pub struct Steady;

impl Pause for Steady {
    fn interrupted(&self) -> bool {
        false
    }
}
