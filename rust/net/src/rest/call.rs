//! What is asked for, and what comes of it.

use okx_fast_core::code::Code;
use okx_fast_core::rest::head::{Method, check_path};
use std::fmt;
use std::sync::Arc;

/// Rule of `GET public/time`, which the engine itself may ask: 10 in 2 s per IP.
pub const TIME_PATH: &str = "/api/v5/public/time";
pub const TIME_COUNT: u32 = 10;
pub const TIME_WINDOW_MS: u32 = 2000;
/// Buckets of our own; those of endpoints are numbered from 0.
pub const TIME_BUCKET: u32 = u32::MAX;
pub const CAP_BUCKET: u32 = u32::MAX - 1;
/// The cap on new and amended orders counts in windows of two seconds.
pub const CAP_WINDOW_MS: u32 = 2000;

/// An endpoint: what all calls of it have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "a row of the endpoint table")]
pub struct Spec {
    pub method: Method,
    /// `/api/v5/…`
    pub path: Box<str>,
    pub signed: bool,
    /// May be sent again: it changes nothing.
    pub idempotent: bool,
    /// Goes in the lane that is kept free for cancels.
    pub cancel: bool,
    pub bucket: u32,
    /// Requests (or items) a window may take; 0: no limit of its own.
    pub count: u32,
    pub window_ms: u32,
    /// Counted per IP, else per user.
    pub by_ip: bool,
    /// Counts toward the sub-account's cap too.
    pub capped: bool,
    /// `POST /api/v5/…`, for messages.
    pub endpoint: Box<str>,
}

/// Why a `Spec` cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecError(pub String);

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SpecError {}

impl Spec {
    /// Checks and completes: `endpoint` is made here, and `public/time` shares its bucket with our own clock.
    pub fn checked(mut self) -> Result<Self, SpecError> {
        check_path(&self.path).map_err(|error| SpecError(format!("{}, got {:?}", error, self.path)))?;
        if self.count > 0 && self.window_ms == 0 {
            return Err(SpecError("window_ms: expected above 0 where count is".to_owned()));
        }
        if self.bucket >= CAP_BUCKET {
            return Err(SpecError(format!("bucket: expected below {CAP_BUCKET}, got {}", self.bucket)));
        }
        if self.method == Method::Get && &*self.path == TIME_PATH {
            (self.bucket, self.count, self.window_ms, self.by_ip) = (TIME_BUCKET, TIME_COUNT, TIME_WINDOW_MS, true);
        }
        self.endpoint = format!("{} {}", self.method.as_str(), self.path).into();
        Ok(self)
    }
}

/// What a call counts against its endpoint's limit: a key within the bucket (`BTC-USDT`, or empty), and how many.
pub type Keys = Vec<(Arc<str>, u32)>;

/// One call.
#[derive(Debug)]
pub struct Call {
    /// GET: the encoded query without `?`; POST: the body.
    pub payload: Vec<u8>,
    pub keys: Keys,
    /// Unix ms, as text.
    pub exp_time: Option<String>,
    /// For `Accept-Language`.
    pub language: Option<String>,
    /// Monotonic: when the call began, and when it must have ended.
    pub begun_ns: u64,
    pub deadline_ns: u64,
    /// Wait for the limits' permission, or fail at once.
    pub wait: bool,
}

/// A reply of OKX, or of a gateway in front of it: any status, any body.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    /// The top-level `code`, if the body is JSON that has one.
    pub code: Option<Code>,
    pub request_id: Option<String>,
    pub content_type: Option<String>,
    /// Monotonic: the last byte handed to the kernel, the first byte of the reply.
    pub sent_ns: u64,
    pub recv_ns: u64,
    /// Times it was sent.
    pub attempts: u32,
    /// Spent waiting for limits.
    pub waited_ns: u64,
}

/// Where a call was when its time was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the queue of jobs.
    Queue,
    /// Waiting for a free connection.
    Connection,
    Connecting,
    Sending,
    Reply,
    /// Before another try.
    Retry,
}

impl Place {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queue => "in the queue",
            Self::Connection => "waiting for a free connection",
            Self::Connecting => "connecting",
            Self::Sending => "sending",
            Self::Reply => "waiting for the reply",
            Self::Retry => "waiting to try again",
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A request that changes state did not leave: certain.
    NotSent { reason: String },
    /// A request that changes state may have left, and no reply says what became of it.
    OutcomeUnknown { reason: String },
    /// A read failed, for the last time.
    Transport { reason: String },
    /// The time was over, and nothing is left open: a read, or nothing was sent.
    Deadline { at: Place },
    /// A limit of ours does not allow it now, or not before the deadline.
    Limit { retry_in_ns: u64 },
    /// A setting or an argument cannot work; nothing was sent.
    Config { reason: String },
    /// The engine is closed; nothing was sent, or it was a read.
    Closed,
    /// The caller does not want it any more.
    Interrupted,
}

impl Failure {
    /// Why a read brought nothing, for people.
    pub(crate) fn words(self) -> String {
        match self {
            Self::NotSent { reason } | Self::OutcomeUnknown { reason } | Self::Transport { reason } | Self::Config { reason } => reason,
            Self::Deadline { at } => format!("no reply in time, {}", at.as_str()),
            Self::Limit { .. } => "the rate limit leaves no room in time".to_owned(),
            Self::Closed | Self::Interrupted => "the client was closed".to_owned(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{CAP_BUCKET, Method, Spec, TIME_BUCKET, TIME_COUNT, TIME_PATH};

    fn spec(method: Method, path: &str) -> Spec {
        Spec {
            method,
            path: path.into(),
            signed: false,
            idempotent: true,
            cancel: false,
            bucket: 7,
            count: 60,
            window_ms: 2000,
            by_ip: false,
            capped: false,
            endpoint: "".into(),
        }
    }

    #[test]
    fn an_endpoint_is_named_by_method_and_path() {
        let checked = spec(Method::Post, "/api/v5/trade/order").checked().unwrap();
        assert_eq!((&*checked.endpoint, checked.bucket), ("POST /api/v5/trade/order", 7));
    }

    #[test]
    fn the_clock_of_the_engine_and_that_of_the_user_share_one_bucket() {
        let checked = spec(Method::Get, TIME_PATH).checked().unwrap();
        assert_eq!((checked.bucket, checked.count, checked.by_ip), (TIME_BUCKET, TIME_COUNT, true));
    }

    #[test]
    fn what_could_change_the_request_line_is_refused() {
        for path in ["", "api", "/a b", "/a?b", "/a#b", "/a\r\nX: y", "/é"] {
            assert!(spec(Method::Get, path).checked().unwrap_err().to_string().contains("path"), "{path:?}");
        }
        assert!(Spec { window_ms: 0, ..spec(Method::Get, "/a") }.checked().is_err());
        assert!(Spec { bucket: CAP_BUCKET, ..spec(Method::Get, "/a") }.checked().is_err());
    }
}
