//! One reply, and why there is none.

use std::fmt;

/// Longest body taken. OKX's longest replies, whole instrument lists, have a few MiB.
pub const MAX_BODY: usize = 64 * 1024 * 1024;

/// One reply. Give the same one to the next exchange and its memory is used again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// 200 to 999; 0 until the head is in.
    pub status: u16,
    pub body: Vec<u8>,
    /// OKX's own id of the request: `x-trace-id`, else `x-request-id`.
    pub request_id: Option<String>,
    /// The server's clock, as in the `Date` header.
    pub date: Option<String>,
    pub content_type: Option<String>,
    /// Seconds; the form with a date is not read.
    pub retry_after: Option<u64>,
    /// Whether the connection may be used again.
    pub keep_alive: bool,
    /// Monotonic clock, after the kernel took the request's last byte.
    pub sent_ns: u64,
    /// Monotonic clock, when the reply's first bytes were received.
    pub recv_ns: u64,
    /// Monotonic clock, when the reply was whole.
    pub done_ns: u64,
}

/// Why the bytes are not a reply we take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplyError {
    /// `got` holds the first bytes of what came instead, as text.
    Malformed { expected: &'static str, got: String },
    /// More than the bound named.
    TooLarge { what: &'static str },
}

impl fmt::Display for ReplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { expected, got } => write!(f, "reply: expected {expected}, got {got:?}"),
            Self::TooLarge { what } => write!(f, "reply: expected {what}, got more"),
        }
    }
}

impl std::error::Error for ReplyError {}

pub(super) fn malformed(expected: &'static str, bytes: &[u8]) -> ReplyError {
    let got = bytes.get(..bytes.len().min(80)).unwrap_or_default();
    ReplyError::Malformed { expected, got: String::from_utf8_lossy(got).into_owned() }
}
