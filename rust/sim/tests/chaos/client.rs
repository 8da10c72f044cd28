//! The client under test, and what it promises: the only file that knows its API.
//!
//! ```text
//! opened · closed · frame · timeout · fetched ─▶ Client ─▶ Seen (to the judge)
//!                                                   └─▶ Action (connect, close, fetch) · text to send · deadline
//! ```
//!
//! Today a session has one connection, leg 0, and the pause before the next one is the driver's: it is played here as
//! the driver of `okx-fast-net` does it, with the seed's chance instead of the clock's.

use okx_fast_core::channel::Arg;
use okx_fast_core::msg::trade::Trade;
use okx_fast_core::session::{BookUpdate, Config, Event, Kind, Notice, Session, SharedBook, SubId};
use okx_fast_core::time::Stamp;
use okx_fast_sim::exchange::io::{MILLI, Nanos, SECOND};

use crate::dice::Dice;
use crate::heap;

/// What a client promises beyond what every check demands. Where one is `false`, the judge excuses what follows from the
/// sickness in question, and nothing else.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a list of answers")]
pub struct Promises {
    /// A valid book is never older than this while the exchange moves on.
    pub fresh_within: Nanos,
    /// All books are valid again so long after the last sickness.
    pub well_within: Nanos,
    /// A trade that the server leaves out is noticed by the numbers of its neighbours.
    pub notices_lost_trades: bool,
    /// A trade that the server tells twice reaches the user once.
    pub drops_double_trades: bool,
    /// Trades missed are fetched, or declared unfillable.
    pub recovers_trades: bool,
    /// A channel that the server ended is noticed by its silence, even if the word of its end was lost.
    pub watches_channels: bool,
    /// A snapshot older than what was seen before makes no book valid.
    pub refuses_old_snapshots: bool,
    /// A subscription that is over leaves nothing behind.
    pub forgets_the_ended: bool,
    /// After a `notice` nothing is invalid and nothing is lost, as long as nothing else is sick.
    pub makes_before_break: bool,
    /// Connects of all sessions together stay within OKX's three a second; otherwise the harness paces them.
    pub paces_connects: bool,
}

/// What today's client promises.
pub const PROMISES: Promises = Promises {
    // 20 s of silence, 8 s for the pong, and what frames may be late in a sick network.
    fresh_within: 45 * SECOND,
    // Detection, the longest back-off, refusals before.
    well_within: 100 * SECOND,
    notices_lost_trades: false,
    drops_double_trades: false,
    recovers_trades: false,
    watches_channels: false,
    refuses_old_snapshots: false,
    forgets_the_ended: false,
    makes_before_break: false,
    paces_connects: false,
};

/// Of the connections of a session.
pub type Leg = u8;
/// A subscription: its position in the order of subscribing.
pub type Sub = u32;

/// What reaches the user.
#[derive(Clone, Copy, Debug)]
pub enum Seen<'a> {
    Book(Sub, &'a BookUpdate),
    Trade(Sub, &'a Trade),
    /// Data that only has to belong to its subscription: the frame, where it is handed on.
    Other(Sub, Option<&'a [u8]>),
    /// From now on nothing may come until `Live`, and something may be missing since the last message. `None`: of the
    /// whole session.
    Dark(Option<Sub>),
    /// Something was lost just now, or just noticed.
    Lost(Option<Sub>),
    Live(Sub),
    /// For good: the user has to subscribe anew.
    Ended(Sub),
    /// Trades that will not come any more, both ends included.
    #[expect(dead_code, reason = "said once the client recovers trades")]
    Unfillable(Sub, u64, u64),
}

/// What the client wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Connect(Leg),
    Close(Leg, String),
    /// A GET of this target.
    #[expect(dead_code, reason = "asked for once the client recovers trades")]
    Fetch(u64, String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    /// The next connect is due then.
    Down {
        again: Nanos,
    },
    Connecting,
    Up {
        since: Nanos,
    },
}

/// Times of the driver.
const FIRST_BACKOFF: Nanos = 250 * MILLI;
const MOST_BACKOFF: Nanos = 30 * SECOND;
const HEALTHY_AFTER: Nanos = 60 * SECOND;

#[derive(Debug)]
pub struct Client {
    session: Session,
    line: Line,
    backoff: Nanos,
    dice: Dice,
    /// The user asked for a new connection.
    reconnect: bool,
}

impl Client {
    pub fn new(now: Nanos, dice: Dice) -> Self {
        let session = heap::inside(|| Session::new(Config::default()));
        Self { session, line: Line::Down { again: now }, backoff: FIRST_BACKOFF, dice, reconnect: false }
    }

    /// The subscription, and its book if it has one.
    pub fn subscribe(&mut self, arg: &Arg) -> (Sub, Option<SharedBook>) {
        let id = heap::inside(|| self.session.subscribe(arg.clone(), None));
        (id.0, self.session.book(id).cloned())
    }

    pub fn unsubscribe(&mut self, sub: Sub) {
        heap::inside(|| self.session.unsubscribe(SubId(sub)));
    }

    pub fn reconnect(&mut self) {
        self.reconnect = true;
    }

    pub fn opened(&mut self, _leg: Leg, now: Nanos, on: &mut dyn FnMut(Seen<'_>)) {
        self.line = Line::Up { since: now };
        let session = &mut self.session;
        heap::inside(|| session.handle_connected(stamp(now), |event| told(&event, on)));
    }

    /// The connection ended, or never came about.
    pub fn closed(&mut self, _leg: Leg, now: Nanos, why: &str, on: &mut dyn FnMut(Seen<'_>)) {
        let session = &mut self.session;
        heap::inside(|| session.handle_disconnected(stamp(now), why, |event| told(&event, on)));
        if matches!(self.line, Line::Up { since } if now >= since + HEALTHY_AFTER) {
            self.backoff = FIRST_BACKOFF;
        }
        let pause = self.backoff / 2 + self.dice.below(self.backoff / 2);
        self.line = Line::Down { again: now + pause };
        self.backoff = (self.backoff * 2).min(MOST_BACKOFF);
    }

    pub fn frame(&mut self, _leg: Leg, now: Nanos, frame: &[u8], on: &mut dyn FnMut(Seen<'_>)) {
        let session = &mut self.session;
        session.handle_read();
        heap::inside(|| session.handle_frame(stamp(now), frame, |event| told(&event, on)));
    }

    pub fn timeout(&mut self, now: Nanos, on: &mut dyn FnMut(Seen<'_>)) {
        let session = &mut self.session;
        let late = session.poll_timeout().is_some_and(|due| due <= stamp(now).mono_ns);
        if late && session.poll_failure(stamp(now)).is_none() {
            heap::inside(|| session.handle_timeout(stamp(now), |event| told(&event, on)));
        }
    }

    /// The user holds the session up.
    pub fn stall(&mut self, now: Nanos) {
        self.session.handle_stall(stamp(now));
    }

    /// The answer to a fetch.
    #[expect(clippy::unused_self, reason = "used once the client fetches")]
    pub fn fetched(&mut self, id: u64, _now: Nanos, _answer: Result<&[u8], &str>, _on: &mut dyn FnMut(Seen<'_>)) {
        unreachable!("this client fetches nothing, and yet {id} was answered");
    }

    pub fn poll_action(&mut self, now: Nanos) -> Option<Action> {
        match self.line {
            Line::Down { again } if again <= now => {
                self.line = Line::Connecting;
                self.reconnect = false;
                Some(Action::Connect(0))
            }
            Line::Up { .. } if std::mem::take(&mut self.reconnect) => Some(Action::Close(0, "reconnect asked for".into())),
            Line::Up { .. } => self.session.poll_failure(stamp(now)).map(|why| Action::Close(0, why.into())),
            _ => None,
        }
    }

    pub fn poll_transmit(&mut self, _leg: Leg, now: Nanos) -> Option<String> {
        let text = heap::inside(|| self.session.poll_transmit(stamp(now)))?;
        let copy = text.clone();
        heap::inside(|| drop(text));
        Some(copy)
    }

    pub fn poll_timeout(&mut self) -> Option<Nanos> {
        match self.line {
            Line::Down { again } => Some(again),
            Line::Connecting => None,
            Line::Up { .. } => heap::inside(|| self.session.poll_timeout()).map(nanos),
        }
    }
}

/// Where the client's monotonic clock starts.
const BOOT: Nanos = 1_795_305_000 * SECOND;

fn stamp(now: Nanos) -> Stamp {
    Stamp { mono_ns: now - BOOT, wall_ns: now }
}

fn nanos(mono_ns: u64) -> Nanos {
    mono_ns.saturating_add(BOOT)
}

/// Translates, outside of the client's memory.
fn told(event: &Event<'_>, on: &mut dyn FnMut(Seen<'_>)) {
    heap::outside(|| match *event {
        Event::Book(sub, update) => on(Seen::Book(sub.0, update)),
        Event::Trade(sub, trade) => on(Seen::Trade(sub.0, trade)),
        Event::Ticker(sub, _) => on(Seen::Other(sub.0, None)),
        Event::Raw(sub, frame) => on(Seen::Other(sub.0, Some(frame))),
        Event::Notice(sub, notice) => {
            if let Some(seen) = meaning(sub.map(|sub| sub.0), notice) {
                on(seen);
            }
        }
    });
}

fn meaning(sub: Option<Sub>, notice: &Notice) -> Option<Seen<'static>> {
    Some(match (notice.kind, sub) {
        (Kind::Disconnected, _) => Seen::Dark(None),
        // `is_end` says so too of one that OKX ended and that is asked for once more: it goes on.
        (Kind::Refused, Some(sub)) if notice.is_end() && !notice.msg.ends_with("asking once more") => Seen::Ended(sub),
        (Kind::Refused | Kind::Timeout | Kind::Gap | Kind::Checksum, Some(sub)) => Seen::Dark(Some(sub)),
        (Kind::Malformed, sub) => Seen::Lost(sub),
        (Kind::Subscribed | Kind::Resynced, Some(sub)) => Seen::Live(sub),
        _ => return None,
    })
}
