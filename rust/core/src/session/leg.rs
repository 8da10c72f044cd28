//! One connection of a session: whether it is up, whether it is alive, what it still has to do before it counts.
//!
//! ```text
//! Off ─▶ Connecting ─▶ Up ─ login, subscribe, snapshots ─▶ joined ─▶ … ─▶ draining ─▶ Off
//!          ▲            └ lost ─▶ Down, until its back-off is over ┐
//!          └────────────────────────────────────────────────────────┘
//! ```
//!
//! Source: OKX API v5, WebSocket › Connect, Login.

use super::outcome::Outcome;
use super::requests::Requests;
use crate::time::Stamp;
use std::sync::{Arc, Mutex, PoisonError};

/// Connections a session may have at once: two that carry the same, and one that is to replace one of them.
pub const LEGS: usize = 3;

/// A connection of a session, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegId(pub u8);

impl LegId {
    /// The first, and where nothing goes wrong the only one.
    pub const FIRST: Self = Self(0);

    pub fn all() -> impl Iterator<Item = Self> {
        (0..LEGS as u8).map(Self)
    }

    #[inline]
    pub(super) fn ix(self) -> usize {
        usize::from(self.0)
    }
}

/// How a connection stands, as its user sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// No connection, and none wanted.
    #[default]
    Closed,
    /// To be connected, logged in, subscribed: not everything wanted flows yet.
    Connecting,
    /// Everything wanted flows.
    Live,
    /// Silent for so long that a `ping` waits for its answer, or what it brings is late.
    Stale,
    /// To be closed as soon as its replacement is live.
    Draining,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Stale => "stale",
            Self::Draining => "draining",
        }
    }
}

/// Where the socket stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Line {
    #[default]
    Off,
    /// Lost, or never had: to be connected then.
    Down {
        not_before: u64,
    },
    Connecting,
    Up,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Login {
    /// This session has no key.
    #[default]
    None,
    Wanted,
    Asked {
        by: u64,
    },
    Done,
}

/// Why a connection is to be replaced, and by when it is closed in any case.
#[derive(Clone, Debug)]
pub(super) struct Drain {
    pub why: String,
    /// The replacement is live: what is still under way on this one gets so long.
    pub close_at: Option<u64>,
    pub asked: Vec<Arc<Outcome>>,
}

#[derive(Debug, Default)]
pub(super) struct Leg {
    pub line: Line,
    pub login: Login,
    /// The last sign of life, or when a stall of our own ended: silence counts from here.
    pub heard: u64,
    /// The last sign of life, stall or not: what it has brought goes up to here.
    pub spoke: u64,
    pub pinged: Option<u64>,
    /// By how much the last of its messages that tell was late, nanoseconds.
    pub lag: u64,
    /// When the next is looked at for that.
    pub time_at: u64,
    /// When that was said.
    pub late: Option<u64>,
    /// A `ping` is to be sent.
    pub ping: bool,
    pub requests: Requests,
    /// When it came up.
    pub up_at: u64,
    /// Subscriptions before this place have been seen to flow on this connection.
    pub checked: usize,
    /// Everything wanted flowed here once.
    pub joined: bool,
    pub drain: Option<Drain>,
    /// To be rotated then.
    pub rotate_at: Option<u64>,
    /// Given up: the driver has been asked to close it.
    pub closing: bool,
    /// Why it stands as it does.
    pub why: String,
    /// What was told last.
    pub told: State,
}

impl Leg {
    #[inline]
    pub fn is_up(&self) -> bool {
        self.line == Line::Up
    }

    /// It was asked, or held up, and has not been heard of since.
    pub fn is_in_doubt(&self) -> bool {
        self.is_up() && (self.pinged.is_some() || self.spoke < self.heard)
    }

    /// One that the session counts on: not Off, and not about to be replaced.
    pub fn is_active(&self) -> bool {
        self.line != Line::Off && self.drain.is_none()
    }

    /// May requests be sent?
    pub fn is_open(&self) -> bool {
        self.is_up() && !self.closing && matches!(self.login, Login::None | Login::Done)
    }

    pub fn state(&self) -> State {
        match self.line {
            Line::Off => State::Closed,
            Line::Up if self.drain.is_some() => State::Draining,
            Line::Up if self.pinged.is_some() || self.late.is_some() => State::Stale,
            Line::Up if self.joined => State::Live,
            Line::Down { .. } | Line::Connecting | Line::Up => State::Connecting,
        }
    }
}

/// A connection as others see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    pub state: State,
    /// Why it is in that state.
    pub why: String,
    pub since: Stamp,
    /// Subscribe, unsubscribe and login requests sent on it within the last hour, when the state was told.
    pub requests: usize,
}

/// The connections of a session, for whoever wants to look: written when something changes.
#[derive(Debug, Default)]
pub struct Board(Mutex<[View; LEGS]>);

impl Board {
    pub fn look(&self) -> [View; LEGS] {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn write(&self, leg: LegId, view: View) {
        if let Some(place) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(leg.ix()) {
            *place = view;
        }
    }
}
