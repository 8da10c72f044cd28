//! One set of subscriptions, kept alive over one connection or several, as a state machine.
//!
//! ```text
//! start ─▶ Action::Connect ─▶ handle_connected ─▶ login ─▶ subscribe in batches ─▶ acks ─▶ live
//! handle_frame ─▶ route by `arg` ─▶ decode ─▶ is it news? ─▶ book / trade / ticker ─▶ Event
//! handle_timeout ─▶ ping on silence · resend · resync · replace a connection before it goes
//! poll_transmit, poll_timeout, poll_action: what the driver has to do next
//! ```
//!
//! Each connection is a [`LegId`]. All legs carry the same subscriptions; what several of them bring is handed on once, in
//! order. So a leg that is about to go (OKX says so, it has fallen silent, its requests are used up) is closed only when
//! another carries everything, and with `redundancy` 2 the loss of one costs nothing.
//!
//! Call order: `start`, then any of the others. After every `handle_*` or command, `poll_action` and (for each open leg)
//! `poll_transmit` until `None`, then read `poll_timeout`.
//!
//! Source: OKX API v5, WebSocket › Connect, Login, Subscribe; WS order book channel.

mod blind;
mod books;
mod bridge;
mod control;
mod fetch;
mod lag;
mod leg;
mod notice;
mod outcome;
mod recent;
mod requests;
mod sub;
mod supervise;
mod trades;

pub use books::{BookUpdate, SharedBook};
pub use fetch::Fetch;
pub use leg::{Board, LEGS, LegId, State, View};
pub use notice::{Kind, Notice, Span};
pub use outcome::Outcome;
pub use requests::Outgoing;

use crate::channel::{Arg, CHANNELS, Channel, Payload, quiet_of};
use crate::error::{Error, excerpt};
use crate::msg::book::{Action as BookAction, BookMsg};
use crate::msg::control::Control;
use crate::msg::ticker::Ticker;
use crate::msg::trade::Trade;
use crate::msg::{Field, book, split_arg, ticker, trade};
use crate::order::answer::Answer;
use crate::scan::Scan;
use crate::secret::Credentials;
use crate::stats::{ChannelStats, Stats};
use crate::time::Stamp;
use blind::Blind;
use bridge::Bridge;
use leg::Leg;
use recent::Recent;
use requests::Phase;
use rustc_hash::FxHashMap;
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use trades::{TradeSeq, Verdict as Place};

const SECOND: u64 = 1_000_000_000;
/// The cause of what a user wants.
const ASKED: &str = "asked for";

/// A subscription of this session: its position in the order of subscribing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubId(pub u32);

/// Something for the user, borrowed from the session's buffers.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    Book(SubId, &'a BookUpdate),
    Trade(SubId, &'a Trade),
    Ticker(SubId, &'a Ticker),
    /// The frame of a channel that is not decoded here.
    Raw(SubId, &'a [u8]),
    /// What OKX says to an operation, of a session that takes such.
    Answer(LegId, &'a Answer<'a>),
    Notice(Option<SubId>, &'a Notice),
}

/// Something the driver has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make this connection; answered by `handle_connected` or `handle_disconnected`.
    Connect(LegId),
    /// End this connection; answered by `handle_disconnected`, with these words.
    Close(LegId, String),
    /// Get this by REST; answered by `handle_fetched`.
    Fetch(Fetch),
}

/// All there is to tune, times in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Silence after which `ping` is sent; OKX drops a connection silent for 30 s.
    pub ping_after: u64,
    /// Silence after the ping, after which the connection counts as dead; after half of it, it is replaced.
    pub pong_within: u64,
    /// Wait for an ack, for a snapshot after it, and for the answer to a login.
    pub answer_within: u64,
    /// First and longest pause before a lost connection is made again; each is cut at random by up to half.
    pub first_backoff: u64,
    pub most_backoff: u64,
    /// A connection that lived so long starts the back-off anew.
    pub healthy_after: u64,
    /// Connections that carry the same, all the time: 1 or 2.
    pub redundancy: u8,
    /// A connection is replaced at this age; 0: never.
    pub rotate_after: u64,
    /// Fetch by REST what was missed.
    pub recover: bool,
    /// What OKX refuses for good is asked for again all the same, after a pause that doubles.
    pub insists: bool,
    /// Requests of a connection in the hour, of the 480 OKX allows, from which on a gap is closed by REST.
    pub scarce: u64,
    /// Of the random pauses.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ping_after: 5 * SECOND,
            pong_within: 5 * SECOND,
            answer_within: 10 * SECOND,
            first_backoff: SECOND / 4,
            most_backoff: 30 * SECOND,
            healthy_after: 60 * SECOND,
            redundancy: 1,
            rotate_after: 0,
            recover: false,
            insists: false,
            scarce: 240,
            seed: 1,
        }
    }
}

/// How a subscription stands on one connection.
#[derive(Clone, Copy, Debug, Default)]
struct OnLeg {
    phase: Phase,
    /// Refusals that may pass, since the last ack.
    refusals: u32,
    /// A snapshot has to be here by then.
    snapshot_by: Option<u64>,
    /// A snapshot of the present subscription has come on this connection.
    has_snapshot: bool,
}

#[derive(Debug)]
struct Sub {
    arg: Arg,
    /// The raw `arg` of its pushes where OKX adds the account's `uid` to it.
    echo: Option<Box<[u8]>>,
    channel: Option<&'static Channel>,
    /// Where this channel's counters stand in [`CHANNELS`].
    slot: usize,
    book: Option<SharedBook>,
    on: [OnLeg; LEGS],
    /// By the user, or by OKX.
    ended: bool,
    /// That OKX confirmed it was told since it last flowed nowhere.
    told: bool,
    /// It has flowed once: what it misses from now on is a blind spot.
    served: bool,
    /// Since when it flows (monotonic); 0: it does not. Not of books.
    since: Arc<AtomicU64>,
    /// The last data, by whatever connection.
    heard: Stamp,
    /// The longest silence of a healthy channel; 0: it may be silent.
    quiet: u64,
    blind: Option<Blind>,
    /// Resyncs since the book was last valid for a minute.
    resyncs: u32,
    resynced_at: u64,
    /// Refusals for good that did not end it, and when the last came.
    insisted: u32,
    insisted_at: u64,
    /// A connection is further on than the book, and the others have so long to bring what lies between.
    ahead: Option<Ahead>,
    /// On its way to be valid by a snapshot from REST.
    bridge: Option<Box<Bridge>>,
    trades: Option<Box<TradeSeq>>,
    /// A hole in the trades is to be filled by then.
    fill_by: Option<u64>,
    /// What the last frame was known by, for channels without numbers.
    last_hash: u64,
    last_leg: LegId,
    recent: Option<Box<Recent>>,
    /// Who waits for the book to be valid again.
    asked: Vec<Arc<Outcome>>,
}

#[derive(Clone, Copy, Debug)]
struct Ahead {
    leg: LegId,
    seq_id: Option<i64>,
    by: u64,
}

/// Reusable room for decoded messages: nothing is allocated per message.
#[derive(Debug, Default)]
struct Room {
    book: BookMsg,
    trades: Vec<Trade>,
    tickers: Vec<Ticker>,
}

#[derive(Debug)]
pub struct Session {
    config: Config,
    credentials: Option<Arc<Credentials>>,
    /// Frames may answer operations.
    operates: bool,
    subs: Vec<Sub>,
    /// The raw `arg` of a push, as OKX writes it, to its subscription.
    routes: FxHashMap<Box<[u8]>, SubId>,
    legs: [Leg; LEGS],
    /// More than one leg is up: what comes may be known already.
    merged: bool,
    room: Room,
    stats: Arc<Stats>,
    /// When a connection last proved alive (monotonic): readers of books compare.
    alive: Arc<AtomicU64>,
    board: Arc<Board>,
    best_way: lag::BestWay,
    /// When a deadline, or a stall of our own, was last seen to.
    ran: u64,
    started: bool,
    actions: VecDeque<Action>,
    fetches: fetch::Fetches,
    backoff: u64,
    random: u64,
    /// OKX's clock minus ours, for logins.
    clock_offset_ms: i64,
    /// No timer needs a look before then; 0 when that is not known.
    next_look: u64,
    /// When silent channels are looked for next.
    next_watch: u64,
    /// Who waits for a connection that carries everything.
    asked: Vec<Arc<Outcome>>,
    notices: Vec<(Option<SubId>, Notice)>,
}

impl Session {
    pub fn new(config: Config) -> Self {
        Self {
            config,
            credentials: None,
            operates: false,
            subs: Vec::new(),
            routes: FxHashMap::default(),
            legs: std::array::from_fn(|_| Leg::default()),
            merged: false,
            room: Room::default(),
            stats: Arc::default(),
            alive: Arc::default(),
            board: Arc::default(),
            best_way: lag::BestWay::default(),
            ran: 0,
            started: false,
            actions: VecDeque::new(),
            fetches: fetch::Fetches::default(),
            backoff: config.first_backoff,
            random: config.seed | 1,
            clock_offset_ms: 0,
            next_look: 0,
            next_watch: 0,
            asked: Vec::new(),
            notices: Vec::new(),
        }
    }

    /// Every connection logs in before it subscribes.
    #[must_use]
    pub fn with_login(mut self, credentials: Arc<Credentials>) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Its connections carry order operations: what OKX answers to them is handed on.
    #[must_use]
    pub fn with_operations(mut self) -> Self {
        self.operates = true;
        self
    }

    /// Where to write down when a connection last proved alive (monotonic clock), and how the connections stand.
    #[must_use]
    pub fn with_board(mut self, alive: Arc<AtomicU64>, board: Arc<Board>) -> Self {
        (self.alive, self.board) = (alive, board);
        self
    }

    pub fn stats(&self) -> &Arc<Stats> {
        &self.stats
    }

    pub fn arg(&self, sub: SubId) -> Option<&Arg> {
        self.subs.get(sub.0 as usize).map(|s| &s.arg)
    }

    pub fn book(&self, sub: SubId) -> Option<&SharedBook> {
        self.subs.get(sub.0 as usize)?.book.as_ref()
    }

    /// Whether a subscription flows on a connection now.
    pub fn is_flowing(&self, sub: SubId) -> bool {
        self.subs.get(sub.0 as usize).is_some_and(|s| !s.ended && s.flows_on(None))
    }

    /// Since when a subscription without a book flows (monotonic), for other threads to look at; 0: it does not.
    pub fn since(&self, sub: SubId) -> Option<&Arc<AtomicU64>> {
        self.subs.get(sub.0 as usize).map(|s| &s.since)
    }

    /// Adds a subscription. Ids count up from 0, so that a caller on another thread can know them in advance.
    /// `book` is the one to keep for a book channel; without one, one is made.
    pub fn subscribe(&mut self, arg: Arg, book: Option<SharedBook>) -> SubId {
        let id = SubId(self.subs.len() as u32);
        let channel = Channel::find(&arg.channel);
        let slot = CHANNELS.iter().position(|c| c.name == arg.channel).unwrap_or(CHANNELS.len());
        let book = channel.filter(|c| c.is_book()).map(|c| book.unwrap_or_else(|| SharedBook::new(c)));
        self.routes.insert(arg.to_json().into_bytes().into_boxed_slice(), id);
        let is_trade = channel.is_some_and(|c| c.payload == Payload::Trade);
        let phase = |leg: &Leg| if leg.is_up() { Phase::WANTED } else { Phase::Off };
        self.subs.push(Sub {
            quiet: quiet_of(&arg.channel).unwrap_or(0) * SECOND,
            arg,
            echo: None,
            channel,
            slot,
            book,
            on: std::array::from_fn(|at| OnLeg { phase: self.legs.get(at).map_or(Phase::Off, phase), ..OnLeg::default() }),
            ended: false,
            told: false,
            served: false,
            since: Arc::default(),
            heard: Stamp::default(),
            blind: None,
            resyncs: 0,
            resynced_at: 0,
            insisted: 0,
            insisted_at: 0,
            ahead: None,
            bridge: None,
            trades: is_trade.then(Box::default),
            fill_by: None,
            last_hash: 0,
            last_leg: LegId::FIRST,
            recent: None,
            asked: Vec::new(),
        });
        self.wake();
        id
    }

    /// For frames that come without a connection: this subscription counts as asked for.
    pub fn assume_asked(&mut self, id: SubId) {
        if let Some(on) = self.subs.get_mut(id.0 as usize).and_then(|sub| sub.on.first_mut()) {
            on.phase = Phase::Asked;
        }
    }

    /// Ends a subscription. Its book is invalid at once.
    pub fn unsubscribe(&mut self, id: SubId) {
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        sub.end();
        self.unroute(id);
        self.wake();
    }

    /// Some timer changed.
    fn wake(&mut self) {
        self.next_look = 0;
    }

    /// Pushes go to `id` no longer. A successor with the same argument keeps its route.
    fn unroute(&mut self, id: SubId) {
        let Some(key) = self.arg(id).map(Arg::to_json) else { return };
        let echo = self.subs.get_mut(id.0 as usize).and_then(|sub| sub.echo.take());
        for key in [key.as_bytes()].into_iter().chain(echo.as_deref()) {
            if self.routes.get(key) == Some(&id) {
                self.routes.remove(key);
            }
        }
    }

    /// Bytes came. Call once per read, before its frames. Only whole messages count as a sign of life: a proxy in
    /// front of a dead exchange still answers pings of the WebSocket.
    pub fn handle_read(&mut self) {
        self.stats.reads.add(1);
    }

    /// Answers to operations were read from this connection and handed on by another, in so many reads, the last of them
    /// then.
    pub fn handle_answered(&mut self, leg: LegId, at: Stamp, reads: u64) {
        self.stats.reads.add(reads);
        self.heard(leg, at);
    }

    /// One text frame, whole. Everything it brings reaches `on` before this returns.
    #[inline]
    pub fn handle_frame(&mut self, leg: LegId, at: Stamp, frame: &[u8], mut on: impl FnMut(Event<'_>)) {
        self.heard(leg, at);
        if let Some((arg, scan)) = split_arg(frame)
            && scan.is_push()
            && let Some(&id) = self.routes.get(arg)
        {
            self.handle_push(leg, at, id, frame, scan, &mut on);
        } else if frame != b"pong" {
            self.handle_other(leg, at, frame, &mut on);
        }
        self.tell(&mut on);
    }

    #[inline]
    fn heard(&mut self, leg: LegId, at: Stamp) {
        let Some(this) = self.legs.get_mut(leg.ix()) else { return };
        // What is late is only known to have been right so long ago; another connection may know better.
        let known = at.mono_ns.saturating_sub(this.lag);
        if known > self.alive.load(Relaxed) {
            self.alive.store(known, Relaxed);
        }
        (this.heard, this.spoke) = (at.mono_ns, at.mono_ns);
        if this.pinged.is_some() {
            (this.pinged, this.ping, this.lag) = (None, false, 0);
            self.note_states(at);
        }
    }

    fn tell(&mut self, on: &mut impl FnMut(Event<'_>)) {
        for (sub, notice) in self.notices.drain(..) {
            on(Event::Notice(sub, &notice));
        }
    }

    /// A push whose `arg` is ours, to the letter.
    #[inline]
    fn handle_push(&mut self, leg: LegId, at: Stamp, id: SubId, frame: &[u8], scan: Scan<'_>, on: &mut impl FnMut(Event<'_>)) {
        if !self.takes(leg, at, id) {
            self.stats.skipped.add(1);
            return;
        }
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        let room = &mut self.room;
        let known = match (sub.channel, self.stats.channels.get(sub.slot)) {
            (Some(channel), Some(counts)) => {
                let read = match channel.payload {
                    Payload::Book | Payload::FullBook => book::scan(scan, channel, &mut room.book),
                    Payload::Trade => {
                        room.trades.clear();
                        trade::scan(scan, sub.arg.inst_id().as_bytes(), &mut room.trades)
                    }
                    Payload::Ticker => {
                        room.tickers.clear();
                        ticker::scan(scan, &mut room.tickers)
                    }
                    Payload::Raw => None,
                };
                counts.messages.add(1);
                Some((channel, counts, read.is_some()))
            }
            _ => None,
        };
        match known {
            None => self.raw(leg, id, frame, on),
            Some((_, _, true)) => self.emit(leg, at, id, frame, on),
            Some((channel, counts, false)) => {
                let read = general(channel, &sub.arg, counts, frame, None, room);
                self.finish_general(leg, at, id, frame, read, on);
            }
        }
    }

    /// Whether a push of this connection is for a current subscription. It may come before its ack.
    #[inline]
    fn takes(&mut self, leg: LegId, at: Stamp, id: SubId) -> bool {
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return false };
        let Some(here) = sub.on.get_mut(leg.ix()) else { return false };
        if !here.phase.is_live() {
            if !here.phase.takes_data() {
                return false;
            }
            here.phase.data_came(at.mono_ns);
            self.flows(leg, at, id);
        }
        if let Some(sub) = self.subs.get_mut(id.0 as usize) {
            sub.heard = at;
        }
        true
    }

    /// The frame of a channel that is not decoded here.
    #[inline]
    fn raw(&mut self, leg: LegId, id: SubId, frame: &[u8], on: &mut impl FnMut(Event<'_>)) {
        self.stats.raw.add(1);
        let merged = self.merged;
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        if sub.is_news(leg, frame, merged) {
            on(Event::Raw(id, frame));
        } else {
            self.stats.known.add(1);
        }
    }

    fn finish_general(&mut self, leg: LegId, at: Stamp, id: SubId, frame: &[u8], read: Result<(), Error>, on: &mut impl FnMut(Event<'_>)) {
        match read {
            Ok(()) => self.emit(leg, at, id, frame, on),
            Err(error) => {
                let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
                if let Some(counts) = self.stats.channels.get(sub.slot) {
                    counts.malformed.add(1);
                }
                let notice = Notice::new(Kind::Malformed, at).about(&sub.arg).on(leg).saying(error.to_string());
                let notice = match error {
                    Error::Malformed { what, got, .. } => notice.expected(what, got),
                    Error::NotOkx { got } => notice.expected("JSON", got),
                };
                // Another connection may bring the same message whole; if none does, its successor shows it.
                if sub.book.is_some() && !self.merged {
                    sub.resync(leg, at, "malformed", &self.stats);
                }
                self.wake();
                on(Event::Notice(Some(id), &notice));
                if !self.merged {
                    self.look_up(at, id);
                }
            }
        }
    }

    /// Hands on what the room holds for `id`.
    #[inline]
    fn emit(&mut self, leg: LegId, at: Stamp, id: SubId, frame: &[u8], on: &mut impl FnMut(Event<'_>)) {
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        match sub.channel.map(|c| c.payload) {
            Some(Payload::Trade) => {
                if self.room.trades.last().map(|t| t.ts_ms).is_some_and(|ts_ms| self.time(leg, at, ts_ms)) {
                    self.tell(on);
                }
                self.trades(at, id, on);
            }
            Some(Payload::Ticker) => {
                if !self.merged || sub.is_news(leg, frame, true) {
                    self.room.tickers.iter().for_each(|t| on(Event::Ticker(id, t)));
                } else {
                    self.stats.known.add(1);
                }
                if !self.merged {
                    (sub.last_leg, sub.recent) = (leg, None);
                }
            }
            Some(Payload::Book | Payload::FullBook) => {
                let msg = &self.room.book;
                // Of a keep-alive and of a whole book it is not known whether they are made when they are sent.
                if msg.action == BookAction::Update && msg.seq_id != msg.prev_seq_id && self.time(leg, at, msg.ts_ms) {
                    self.tell(on);
                }
                self.apply(leg, at, id, on);
            }
            Some(Payload::Raw) | None => {}
        }
    }

    #[inline]
    fn trades(&mut self, at: Stamp, id: SubId, on: &mut impl FnMut(Event<'_>)) {
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        let Some(seq) = &mut sub.trades else { return };
        let mut is_odd = false;
        for trade in &self.room.trades {
            match seq.judge(trade) {
                Place::Next => {
                    on(Event::Trade(id, trade));
                    is_odd |= seq.is_waiting();
                }
                Place::Known => self.stats.known.add(1),
                Place::Held => is_odd = true,
            }
        }
        if is_odd {
            self.settle_trades(at, id, on);
        }
    }

    /// Anything whose `arg` is not ours to the letter: control events, unusual key orders, strangers.
    #[cold]
    fn handle_other(&mut self, leg: LegId, at: Stamp, frame: &[u8], on: &mut impl FnMut(Event<'_>)) {
        if self.operates
            && let Some(answer) = Answer::parse(frame)
        {
            return on(Event::Answer(leg, &answer));
        }
        let value = serde_json::from_slice::<Value>(frame).ok();
        if let Some(control) = value.as_ref().and_then(Control::from_json) {
            self.stats.control.add(1);
            self.handle_control(leg, at, &control);
            return;
        }
        let echo = value.as_ref().and_then(|v| v.get("data").and(v.get("arg"))).and_then(Arg::from_value);
        let (Some(value), Some(echo)) = (value, echo) else {
            self.stats.not_okx.add(1);
            let got = excerpt(frame);
            let notice = Notice::new(Kind::Malformed, at).on(leg).saying(Error::NotOkx { got: got.clone() }.to_string());
            on(Event::Notice(None, &notice.expected("an OKX event or push", got)));
            return;
        };
        let id = self.closest(leg, &echo, Phase::takes_data).or_else(|| self.only_one(leg, &echo));
        let Some(id) = id.filter(|&id| self.takes(leg, at, id)) else {
            self.stats.unrouted.add(1);
            return;
        };
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        if sub.arg.is_echoed_with_uid(&echo)
            && sub.echo.is_none()
            && let Some((arg, _)) = split_arg(frame)
        {
            sub.echo = Some(arg.into());
            self.routes.insert(arg.into(), id);
        }
        if let (Some(channel), Some(counts)) = (sub.channel, self.stats.channels.get(sub.slot)) {
            counts.messages.add(1);
            let read = general(channel, &sub.arg, counts, frame, Some(value), &mut self.room);
            self.finish_general(leg, at, id, frame, read, on);
        } else {
            self.raw(leg, id, frame, on);
        }
    }
}

/// Decodes a push through a document tree, because its shape was not the expected one.
#[cold]
fn general(channel: &Channel, arg: &Arg, counts: &ChannelStats, frame: &[u8], parsed: Option<Value>, room: &mut Room) -> Result<(), Error> {
    counts.fallbacks.add(1);
    let value = match parsed {
        Some(value) => value,
        None => serde_json::from_slice(frame).map_err(|_| Error::not_okx(frame))?,
    };
    let push = Field { channel: &arg.channel, inst_id: arg.inst_id(), value: &value };
    match channel.payload {
        Payload::Book | Payload::FullBook => book::from_json(push, channel, &mut room.book),
        Payload::Trade => {
            room.trades.clear();
            trade::from_json(push.need("data", "a push with data")?, &mut room.trades)
        }
        Payload::Ticker => {
            room.tickers.clear();
            ticker::from_json(push.need("data", "a push with data")?, &mut room.tickers)
        }
        Payload::Raw => Ok(()),
    }
}

#[cfg(test)]
mod tests;
