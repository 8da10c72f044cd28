//! The client under test, and what it promises: the only file that knows its API.
//!
//! ```text
//! opened · closed · frame · timeout · fetched ─▶ Client ─▶ Seen (to the judge)
//!                                                   └─▶ Action (connect, close, fetch) · text to send · deadline
//! ```

use okx_fast_core::channel::{Arg, Channel};
use okx_fast_core::msg::trade::Trade;
use okx_fast_core::session::{self, BookUpdate, Config, Event, Kind, LegId, Notice, Outcome, Outgoing, Session, SharedBook, SubId};
use okx_fast_core::time::Stamp;
use okx_fast_sim::exchange::io::{Nanos, SECOND};
use std::sync::Arc;

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
    /// They are there, or given up, so long after the blind spot.
    pub fetched_within: Nanos,
    /// A channel that the server ended is noticed by its silence, even if the word of its end was lost.
    pub watches_channels: bool,
    /// A snapshot older than what a subscription has shown before makes its book not valid.
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
    // 5 s of silence, 5 s for the pong, and what frames and connects may be late in a sick network.
    fresh_within: 25 * SECOND,
    // Detection, the longest back-off, refusals before.
    well_within: 100 * SECOND,
    notices_lost_trades: true,
    drops_double_trades: true,
    recovers_trades: true,
    fetched_within: 40 * SECOND,
    watches_channels: false,
    refuses_old_snapshots: true,
    forgets_the_ended: false,
    makes_before_break: true,
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
    Unfillable(Sub, u64, u64),
}

/// What the client wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Connect(Leg),
    Close(Leg, String),
    /// A GET of this target.
    Fetch(u64, String),
}

#[derive(Debug)]
pub struct Client {
    session: Session,
    subs: Sub,
    /// What is told in one call, translated.
    told: Told,
}

/// A notice may mean that something does not flow any more; whether another connection carries it is seen after the call.
#[derive(Debug, Default)]
struct Told {
    doubts: Vec<Option<Sub>>,
}

impl Client {
    /// Every other one carries everything twice, every other one replaces its connections now and then, and every third one
    /// finds requests scarce.
    pub fn new(now: Nanos, mut dice: Dice) -> Self {
        let redundancy = if dice.one_in(2) { 2 } else { 1 };
        let rotate_after = if dice.one_in(2) { 90 * SECOND } else { 0 };
        let seed = dice.below(u64::MAX);
        // No run is long enough to use up half of the requests.
        let scarce = if dice.one_in(3) { 3 } else { Config::default().scarce };
        let config = Config { recover: true, redundancy, rotate_after, scarce, seed, ..Config::default() };
        let mut session = heap::inside(|| Session::new(config));
        heap::inside(|| session.start(stamp(now)));
        Self { session, subs: 0, told: Told::default() }
    }

    /// The subscription, and its book if it has one.
    pub fn subscribe(&mut self, arg: &Arg) -> (Sub, Option<SharedBook>) {
        let id = heap::inside(|| self.session.subscribe(arg.clone(), None));
        self.subs += 1;
        (id.0, self.session.book(id).cloned())
    }

    pub fn unsubscribe(&mut self, sub: Sub) {
        heap::inside(|| self.session.unsubscribe(SubId(sub)));
    }

    pub fn reconnect(&mut self, now: Nanos) {
        heap::inside(|| self.session.reconnect(stamp(now), Arc::new(Outcome::default())));
    }

    pub fn opened(&mut self, leg: Leg, now: Nanos, on: &mut dyn FnMut(Seen<'_>)) {
        let Self { session, told, .. } = self;
        heap::inside(|| session.handle_connected(LegId(leg), stamp(now), |event| told.event(&event, on)));
        self.settle(on);
    }

    /// The connection ended, or never came about.
    pub fn closed(&mut self, leg: Leg, now: Nanos, why: &str, on: &mut dyn FnMut(Seen<'_>)) {
        let Self { session, told, .. } = self;
        heap::inside(|| session.handle_disconnected(LegId(leg), stamp(now), why, |event| told.event(&event, on)));
        self.settle(on);
    }

    pub fn frame(&mut self, leg: Leg, now: Nanos, frame: &[u8], on: &mut dyn FnMut(Seen<'_>)) {
        let Self { session, told, .. } = self;
        session.handle_read();
        heap::inside(|| session.handle_frame(LegId(leg), stamp(now), frame, |event| told.event(&event, on)));
        self.settle(on);
    }

    pub fn timeout(&mut self, now: Nanos, on: &mut dyn FnMut(Seen<'_>)) {
        let Self { session, told, .. } = self;
        if session.poll_timeout(stamp(now)).is_some_and(|due| due <= stamp(now).mono_ns) {
            heap::inside(|| session.handle_timeout(stamp(now), |event| told.event(&event, on)));
            self.settle(on);
        }
    }

    /// The user holds the session up.
    pub fn stall(&mut self, now: Nanos) {
        self.session.handle_stall(stamp(now));
    }

    /// The answer to a fetch.
    pub fn fetched(&mut self, id: u64, now: Nanos, answer: Result<&[u8], &str>, on: &mut dyn FnMut(Seen<'_>)) {
        let Self { session, told, .. } = self;
        heap::inside(|| session.handle_fetched(id, stamp(now), answer, |event| told.event(&event, on)));
        self.settle(on);
    }

    /// What was in doubt, and no connection carries, is dark from here on.
    fn settle(&mut self, on: &mut dyn FnMut(Seen<'_>)) {
        for doubt in std::mem::take(&mut self.told.doubts) {
            let subs = doubt.map_or(0..self.subs, |sub| sub..sub + 1);
            subs.filter(|sub| !self.session.is_flowing(SubId(*sub))).for_each(|sub| on(Seen::Dark(Some(sub))));
        }
    }

    pub fn poll_action(&mut self) -> Option<Action> {
        let action = heap::inside(|| self.session.poll_action())?;
        Some(match action {
            session::Action::Connect(leg) => Action::Connect(leg.0),
            session::Action::Close(leg, why) => Action::Close(leg.0, why),
            session::Action::Fetch(fetch) => Action::Fetch(fetch.id, format!("{}?{}", fetch.path, fetch.query)),
        })
    }

    pub fn poll_transmit(&mut self, leg: Leg, now: Nanos) -> Option<String> {
        let Outgoing::Text(text) = heap::inside(|| self.session.poll_transmit(LegId(leg), stamp(now)))? else { return None };
        let copy = text.clone();
        heap::inside(|| drop(text));
        Some(copy)
    }

    pub fn poll_timeout(&mut self, now: Nanos) -> Option<Nanos> {
        heap::inside(|| self.session.poll_timeout(stamp(now))).map(nanos)
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

impl Told {
    /// Translates, outside of the client's memory.
    fn event(&mut self, event: &Event<'_>, on: &mut dyn FnMut(Seen<'_>)) {
        heap::outside(|| match *event {
            Event::Book(sub, update) => on(Seen::Book(sub.0, update)),
            Event::Trade(sub, trade) => on(Seen::Trade(sub.0, trade)),
            Event::Ticker(sub, _) => on(Seen::Other(sub.0, None)),
            Event::Answer(..) => {}
            Event::Raw(sub, frame) => on(Seen::Other(sub.0, Some(frame))),
            Event::Notice(sub, notice) => self.notice(sub.map(|sub| sub.0), notice, on),
        });
    }

    fn notice(&mut self, sub: Option<Sub>, notice: &Notice, on: &mut dyn FnMut(Seen<'_>)) {
        match (notice.kind, sub) {
            (Kind::Refused, Some(sub)) if notice.is_end() => on(Seen::Ended(sub)),
            (Kind::Disconnected | Kind::Replaced, None) => self.doubts.push(None),
            // Another connection may carry it meanwhile.
            (Kind::Refused | Kind::Timeout, Some(sub)) => self.doubts.push(Some(sub)),
            (Kind::Gap | Kind::Checksum | Kind::Stale, Some(sub)) => on(Seen::Dark(Some(sub))),
            // Of a book, its fault and its resync were told.
            (Kind::Blind, Some(sub)) if !Channel::find(&notice.channel).is_some_and(Channel::is_book) => {
                on(Seen::Dark(Some(sub)));
                on(Seen::Live(sub));
            }
            (Kind::Unfillable, Some(sub)) => {
                let (first, last) = notice.ids.unwrap_or_default();
                on(Seen::Unfillable(sub, first, last));
            }
            // Another connection may bring it whole: then nothing is lost, and a book stays valid.
            (Kind::Malformed, Some(sub)) if Channel::find(&notice.channel).is_some_and(Channel::is_book) => self.doubts.push(Some(sub)),
            (Kind::Malformed, sub) => on(Seen::Lost(sub)),
            (Kind::Subscribed | Kind::Resynced, Some(sub)) => on(Seen::Live(sub)),
            _ => {}
        }
    }
}
