//! What a user is told besides data: connections, subscriptions, gaps, errors.

use super::leg::LegId;
use crate::channel::Arg;
use crate::error::{hint, is_temporary};
use crate::msg::control::Control;
use crate::time::Stamp;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Connected,
    Disconnected,
    Subscribed,
    Unsubscribed,
    /// OKX refused a subscription, or ended it.
    Refused,
    /// `prevSeqId` did not continue the chain: the book is invalid and resyncs.
    Gap,
    /// A checksum was wrong: the book is invalid and resyncs.
    Checksum,
    /// A message could not be read. If it was a book's, the book is invalid and resyncs.
    Malformed,
    /// No ack or no snapshot came in time: the subscription is tried again.
    Timeout,
    /// A book that was invalid is valid again.
    Resynced,
    /// OKX announces something, such as an upgrade (64008).
    Notice,
    /// How many connections hold a channel.
    ConnCount,
    /// An error from OKX that names no subscription of ours.
    Error,
    /// A connection changed its state; `got` is the new one.
    State,
    LoggedIn,
    /// OKX refused a login: the connection is made anew after a pause.
    LoginFailed,
    /// A connection was closed after another had taken its place.
    Replaced,
    /// From when to when a subscription did not flow, told once it flows again.
    Blind,
    /// Trades missed on the socket were fetched, and are handed on next.
    Recovered,
    /// Trades missed on the socket are not to be had.
    Unfillable,
    /// A channel has been silent for longer than it ever is, or a book's snapshot is older than what came before: it is
    /// subscribed anew.
    Stale,
    /// What a connection brings comes late, or is on time again; `got` is by how much.
    Late,
    /// The event loop did not come when there was something for it.
    Starved,
    /// The recorder lost something, cannot write, or wrote what led to a fault.
    Recording,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::Subscribed => "subscribed",
            Self::Unsubscribed => "unsubscribed",
            Self::Refused => "refused",
            Self::Gap => "gap",
            Self::Checksum => "checksum",
            Self::Malformed => "malformed",
            Self::Timeout => "timeout",
            Self::Resynced => "resynced",
            Self::Notice => "notice",
            Self::ConnCount => "conn-count",
            Self::Error => "error",
            Self::State => "state",
            Self::LoggedIn => "logged-in",
            Self::LoginFailed => "login-failed",
            Self::Replaced => "replaced",
            Self::Blind => "blind",
            Self::Recovered => "recovered",
            Self::Unfillable => "unfillable",
            Self::Stale => "stale",
            Self::Late => "late",
            Self::Starved => "starved",
            Self::Recording => "recording",
        }
    }
}

/// From when to when, by our wall clock in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from_ns: u64,
    pub to_ns: u64,
}

/// One notice. Texts that do not apply are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub kind: Kind,
    pub at: Stamp,
    /// The connection it is about.
    pub leg: Option<LegId>,
    pub channel: String,
    pub inst_id: String,
    pub expected: String,
    pub got: String,
    /// OKX's code.
    pub code: String,
    pub msg: String,
    /// What to do about it.
    pub hint: &'static str,
    /// Why: of a blind spot.
    pub cause: String,
    pub span: Option<Span>,
    /// Trades, first and last.
    pub ids: Option<(u64, u64)>,
    /// A refusal that ends nothing.
    is_passing: bool,
}

impl Notice {
    /// What the recorder has to say.
    pub fn recording(at: Stamp, words: impl Into<String>) -> Self {
        Self::new(Kind::Recording, at).saying(words)
    }

    /// Whether the subscription it is about has ended for good: OKX refused or ended it, and asking again is no use.
    pub fn is_end(&self) -> bool {
        self.kind == Kind::Refused && !self.is_passing && !is_temporary(&self.code)
    }

    /// The event loop came so much later than it was called; up to `most_ns` is nothing to speak of.
    pub fn starved(at: Stamp, late_ns: u64, most_ns: u64) -> Self {
        let (ms, most) = (late_ns / 1_000_000, most_ns / 1_000_000);
        let words = format!("the event loop came {ms} ms after it was called: something held it up");
        Self::new(Kind::Starved, at).expected(format!("within {most} ms"), format!("{ms} ms")).saying(words)
    }

    /// A message that the consumer could not read.
    pub fn malformed(at: Stamp, arg: &Arg, msg: impl Into<String>) -> Self {
        Self::new(Kind::Malformed, at).about(arg).saying(msg)
    }

    pub(crate) fn new(kind: Kind, at: Stamp) -> Self {
        let empty = String::new;
        Self {
            kind,
            at,
            leg: None,
            channel: empty(),
            inst_id: empty(),
            expected: empty(),
            got: empty(),
            code: empty(),
            msg: empty(),
            hint: "",
            cause: empty(),
            span: None,
            ids: None,
            is_passing: false,
        }
    }

    pub(crate) fn on(mut self, leg: LegId) -> Self {
        self.leg = Some(leg);
        self
    }

    pub(crate) fn spanning(mut self, from: Stamp, to: Stamp) -> Self {
        self.span = Some(Span { from_ns: from.wall_ns, to_ns: to.wall_ns });
        self
    }

    pub(crate) fn because(mut self, cause: &str) -> Self {
        cause.clone_into(&mut self.cause);
        self
    }

    pub(crate) fn of_trades(mut self, ids: (u64, u64)) -> Self {
        self.ids = Some(ids);
        self
    }

    pub(crate) fn passing(mut self) -> Self {
        self.is_passing = true;
        self
    }

    pub(crate) fn about(mut self, arg: &Arg) -> Self {
        self.channel.clone_from(&arg.channel);
        arg.inst_id().clone_into(&mut self.inst_id);
        self
    }

    pub(crate) fn saying(mut self, msg: impl Into<String>) -> Self {
        self.msg = msg.into();
        self
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>, got: impl Into<String>) -> Self {
        (self.expected, self.got) = (expected.into(), got.into());
        self
    }

    pub(crate) fn with_okx(mut self, control: &Control) -> Self {
        self.code.clone_from(&control.code);
        self.msg.clone_from(&control.msg);
        self.hint = hint(&control.code);
        if self.channel.is_empty() {
            self.channel.clone_from(&control.channel);
        }
        self
    }
}
