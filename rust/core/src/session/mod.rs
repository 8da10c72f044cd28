//! One connection's conversation with OKX, as a state machine.
//!
//! ```text
//! handle_connected ─▶ subscribe in batches ─▶ acks ─▶ live
//! handle_frame ─▶ route by `arg` ─▶ decode ─▶ book / trade / ticker ─▶ Event
//! handle_timeout ─▶ ping on silence · resend · resync
//! poll_transmit, poll_timeout, poll_failure: what the driver has to do next
//! ```
//!
//! Call order: `handle_connected` once a socket is up, then any of the others, `handle_disconnected` when it is
//! gone, and so on. After every `handle_*` or command, `poll_transmit` until `None`, then read `poll_timeout`.
//!
//! Source: OKX API v5, WebSocket › Connect, Subscribe; WS order book channel.

mod control;
mod notice;
mod requests;

pub use notice::{Kind, Notice};

use crate::book::{Applied, Book, Fault, Link, Quote, Validity};
use crate::channel::{Arg, CHANNELS, Channel, Payload};
use crate::error::{Error, excerpt};
use crate::msg::book::{Action, BookMsg};
use crate::msg::control::Control;
use crate::msg::ticker::Ticker;
use crate::msg::trade::Trade;
use crate::msg::{Field, book, split_arg, ticker, trade};
use crate::scan::Scan;
use crate::stats::{ChannelStats, Stats};
use crate::time::Stamp;
use requests::{Phase, Requests};
use rustc_hash::FxHashMap;
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const SECOND: u64 = 1_000_000_000;

/// A book shared with whoever reads it. Held only for one message or one read.
#[derive(Clone, Debug)]
pub struct SharedBook(Arc<Mutex<Book>>);

impl SharedBook {
    pub fn new(channel: &Channel) -> Self {
        Self(Arc::new(Mutex::new(Book::new(channel))))
    }

    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, Book> {
        // A panic while the lock was held would leave a book whose checks still guard it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A subscription of this session: its position in the order of subscribing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubId(pub u32);

/// What came of a book message that was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookUpdate {
    pub action: Action,
    pub seq_id: Option<i64>,
    pub prev_seq_id: Option<i64>,
    /// OKX's clock, milliseconds.
    pub ts_ms: u64,
    pub best_bid: Option<Quote>,
    pub best_ask: Option<Quote>,
}

/// Something for the user, borrowed from the session's buffers.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    Book(SubId, &'a BookUpdate),
    Trade(SubId, &'a Trade),
    Ticker(SubId, &'a Ticker),
    /// The frame of a channel that is not decoded here.
    Raw(SubId, &'a [u8]),
    Notice(Option<SubId>, &'a Notice),
}

/// All there is to tune, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Silence after which `ping` is sent; OKX drops a connection silent for 30 s.
    pub ping_after: u64,
    /// Silence after the ping, after which the connection counts as dead.
    pub pong_within: u64,
    /// Wait for an ack, and for a snapshot after it.
    pub answer_within: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { ping_after: 20 * SECOND, pong_within: 8 * SECOND, answer_within: 10 * SECOND }
    }
}

#[derive(Debug)]
struct Sub {
    arg: Arg,
    channel: Option<&'static Channel>,
    /// Where this channel's counters stand in [`CHANNELS`].
    slot: usize,
    book: Option<SharedBook>,
    phase: Phase,
    /// Resyncs since the book was last valid for a minute.
    resyncs: u32,
    /// Refusals that may pass, since the last ack.
    refusals: u32,
    /// When a book became invalid, until it is valid again.
    broken_at: Option<u64>,
    /// A snapshot has to be here by then.
    snapshot_by: Option<u64>,
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
    subs: Vec<Sub>,
    /// The raw `arg` of a push, as OKX writes it, to its subscription.
    routes: FxHashMap<Box<[u8]>, SubId>,
    requests: Requests,
    room: Room,
    stats: Arc<Stats>,
    connected: bool,
    /// The last sign of life.
    heard: u64,
    pinged: Option<u64>,
    notices: Vec<(Option<SubId>, Notice)>,
}

impl Session {
    pub fn new(config: Config) -> Self {
        Self {
            config,
            subs: Vec::new(),
            routes: FxHashMap::default(),
            requests: Requests::default(),
            room: Room::default(),
            stats: Arc::default(),
            connected: false,
            heard: 0,
            pinged: None,
            notices: Vec::new(),
        }
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

    /// Adds a subscription. Ids count up from 0, so that a caller on another thread can know them in advance.
    /// `book` is the one to keep for a book channel; without one, one is made.
    pub fn subscribe(&mut self, arg: Arg, book: Option<SharedBook>) -> SubId {
        let id = SubId(self.subs.len() as u32);
        let channel = Channel::find(&arg.channel);
        let slot = CHANNELS.iter().position(|c| c.name == arg.channel).unwrap_or(CHANNELS.len());
        let book = channel.filter(|c| c.is_book()).map(|c| book.unwrap_or_else(|| SharedBook::new(c)));
        self.routes.insert(arg.to_json().into_bytes().into_boxed_slice(), id);
        self.subs.push(Sub {
            arg,
            channel,
            slot,
            book,
            phase: Phase::default(),
            resyncs: 0,
            refusals: 0,
            broken_at: None,
            snapshot_by: None,
        });
        self.requests.wake();
        id
    }

    /// For frames that come without a connection: this subscription counts as asked for.
    pub fn assume_asked(&mut self, id: SubId) {
        if let Some(sub) = self.subs.get_mut(id.0 as usize) {
            sub.phase = Phase::Asked;
        }
    }

    /// Ends a subscription. Its book is invalid at once.
    pub fn unsubscribe(&mut self, id: SubId) {
        let connected = self.connected;
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        sub.end(connected);
        self.unroute(id);
        self.requests.wake();
    }

    /// Pushes go to `id` no longer. A successor with the same argument keeps its route.
    fn unroute(&mut self, id: SubId) {
        let Some(key) = self.arg(id).map(Arg::to_json) else { return };
        if self.routes.get(key.as_bytes()) == Some(&id) {
            self.routes.remove(key.as_bytes());
        }
    }

    /// A socket is up: everything wanted is subscribed anew.
    pub fn handle_connected(&mut self, at: Stamp, mut on: impl FnMut(Event<'_>)) {
        self.connected = true;
        self.heard = at.mono_ns;
        self.pinged = None;
        self.requests = Requests::default();
        self.stats.connects.add(1);
        on(Event::Notice(None, &Notice::new(Kind::Connected, at)));
    }

    /// The socket is gone: every book is invalid before anyone hears of it.
    pub fn handle_disconnected(&mut self, at: Stamp, why: &str, mut on: impl FnMut(Event<'_>)) {
        self.connected = false;
        self.pinged = None;
        for sub in &mut self.subs {
            sub.reset(at.mono_ns);
        }
        on(Event::Notice(None, &Notice::new(Kind::Disconnected, at).saying(why)));
    }

    /// The consumer holds us up, so nothing was read: silence proves nothing.
    pub fn handle_stall(&mut self, at: Stamp) {
        self.heard = at.mono_ns;
        self.pinged = None;
    }

    /// Bytes came. Call once per read, before its frames. Only whole messages count as a sign of life: a proxy in
    /// front of a dead exchange still answers pings of the WebSocket.
    pub fn handle_read(&mut self) {
        self.stats.reads.add(1);
    }

    /// One text frame, whole. Everything it brings reaches `on` before this returns.
    #[inline]
    pub fn handle_frame(&mut self, at: Stamp, frame: &[u8], mut on: impl FnMut(Event<'_>)) {
        self.heard = at.mono_ns;
        self.pinged = None;
        if let Some((arg, scan)) = split_arg(frame)
            && scan.is_push()
            && let Some(&id) = self.routes.get(arg)
        {
            self.handle_push(at, id, frame, scan, &mut on);
        } else if frame != b"pong" {
            self.handle_other(at, frame, &mut on);
        }
        self.tell(&mut on);
    }

    fn tell(&mut self, on: &mut impl FnMut(Event<'_>)) {
        for (sub, notice) in self.notices.drain(..) {
            on(Event::Notice(sub, &notice));
        }
    }

    /// A push whose `arg` is ours, to the letter.
    #[inline]
    fn handle_push(&mut self, at: Stamp, id: SubId, frame: &[u8], scan: Scan<'_>, on: &mut impl FnMut(Event<'_>)) {
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        if !sub.phase.is_live() {
            if !sub.phase.takes_data() {
                self.stats.skipped.add(1);
                return;
            }
            sub.phase.data_came(at.mono_ns);
        }
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
            None => {
                self.stats.raw.add(1);
                on(Event::Raw(id, frame));
            }
            Some((_, _, true)) => self.emit(at, id, on),
            Some((channel, counts, false)) => {
                let read = general(channel, &sub.arg, counts, frame, None, room);
                self.finish_general(at, id, read, on);
            }
        }
    }

    fn finish_general(&mut self, at: Stamp, id: SubId, read: Result<(), Error>, on: &mut impl FnMut(Event<'_>)) {
        match read {
            Ok(()) => self.emit(at, id, on),
            Err(error) => {
                let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
                if let Some(counts) = self.stats.channels.get(sub.slot) {
                    counts.malformed.add(1);
                }
                if sub.book.is_some() {
                    sub.resync(at.mono_ns, &self.stats);
                }
                let notice = Notice::new(Kind::Malformed, at).about(&sub.arg).saying(error.to_string());
                let notice = match error {
                    Error::Malformed { what, got, .. } => notice.expected(what, got),
                    Error::NotOkx { got } => notice.expected("JSON", got),
                };
                self.requests.wake();
                on(Event::Notice(Some(id), &notice));
            }
        }
    }

    /// Hands on what the room holds for `id`.
    #[inline]
    fn emit(&mut self, at: Stamp, id: SubId, on: &mut impl FnMut(Event<'_>)) {
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        match sub.channel.map(|c| c.payload) {
            Some(Payload::Trade) => self.room.trades.iter().for_each(|t| on(Event::Trade(id, t))),
            Some(Payload::Ticker) => self.room.tickers.iter().for_each(|t| on(Event::Ticker(id, t))),
            Some(Payload::Book | Payload::FullBook) => self.apply(at, id, on),
            Some(Payload::Raw) | None => {}
        }
    }

    #[inline]
    fn apply(&mut self, at: Stamp, id: SubId, on: &mut impl FnMut(Event<'_>)) {
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        let Some(shared) = &sub.book else { return };
        let msg = &self.room.book;
        let (applied, update) = {
            let mut book = shared.lock();
            let applied = book.apply(at, msg);
            let update = match (&applied, book.sides()) {
                (Ok(Some(_)), Ok((bids, asks))) => Some(BookUpdate {
                    action: msg.action,
                    seq_id: msg.seq_id,
                    prev_seq_id: msg.prev_seq_id,
                    ts_ms: msg.ts_ms,
                    best_bid: bids.best(),
                    best_ask: asks.best(),
                }),
                _ => None,
            };
            (applied, update)
        };
        match (applied, update) {
            (Ok(Some(applied)), Some(update)) => {
                count(&self.stats, applied);
                if applied.link == Link::Snapshot && (sub.broken_at.is_some() || sub.snapshot_by.is_some()) {
                    sub.snapshot_by = None;
                    if let Some(since) = sub.broken_at.take() {
                        let ms = at.mono_ns.saturating_sub(since) / 1_000_000;
                        let notice = Notice::new(Kind::Resynced, at).about(&sub.arg).saying(format!("valid again after {ms} ms"));
                        on(Event::Notice(Some(id), &notice));
                    }
                    self.requests.wake();
                }
                on(Event::Book(id, &update));
            }
            (Err(fault), _) => {
                let notice = sub.fault(at, fault, &self.stats);
                self.requests.wake();
                on(Event::Notice(Some(id), &notice));
            }
            _ => self.stats.skipped.add(1),
        }
    }

    /// Anything whose `arg` is not ours to the letter: control events, unusual key orders, strangers.
    #[cold]
    fn handle_other(&mut self, at: Stamp, frame: &[u8], on: &mut impl FnMut(Event<'_>)) {
        let value = serde_json::from_slice::<Value>(frame).ok();
        if let Some(control) = value.as_ref().and_then(Control::from_json) {
            self.stats.control.add(1);
            self.handle_control(at, &control);
            return;
        }
        let echo = value.as_ref().and_then(|v| v.get("data").and(v.get("arg"))).and_then(Arg::from_value);
        let (Some(value), Some(echo)) = (value, echo) else {
            self.stats.not_okx.add(1);
            let got = excerpt(frame);
            let notice = Notice::new(Kind::Malformed, at).saying(Error::NotOkx { got: got.clone() }.to_string());
            on(Event::Notice(None, &notice.expected("an OKX event or push", got)));
            return;
        };
        let id = self.closest(&echo, Phase::takes_data).or_else(|| self.only_one(&echo));
        let Some((id, sub)) = id.and_then(|id| Some((id, self.subs.get_mut(id.0 as usize)?))) else {
            self.stats.unrouted.add(1);
            return;
        };
        sub.phase.data_came(at.mono_ns);
        if let (Some(channel), Some(counts)) = (sub.channel, self.stats.channels.get(sub.slot)) {
            counts.messages.add(1);
            let read = general(channel, &sub.arg, counts, frame, Some(value), &mut self.room);
            self.finish_general(at, id, read, on);
        } else {
            self.stats.raw.add(1);
            on(Event::Raw(id, frame));
        }
    }
}

fn count(stats: &Stats, applied: Applied) {
    match applied.link {
        Link::Snapshot => stats.snapshots.add(1),
        Link::Idle => {
            stats.updates_verified.add(1);
            stats.keepalives.add(1);
        }
        Link::Reset => {
            stats.updates_verified.add(1);
            stats.resets.add(1);
        }
        Link::Next => stats.updates_verified.add(1),
        // Without numbers only the checksum can vouch for an update.
        Link::Unnumbered => stats.updates_verified.add(u64::from(applied.checksum_ok)),
        Link::Gap { .. } => {}
    }
    if applied.checksum_ok {
        stats.checksums_ok.add(1);
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

impl Sub {
    /// A book message could not be applied: the book is already invalid.
    fn fault(&mut self, at: Stamp, fault: Fault, stats: &Stats) -> Notice {
        let shown = |v: Option<i64>| v.map_or_else(|| "none".to_owned(), |v| v.to_string());
        let (kind, expected, got) = match fault {
            Fault::Gap { expected, got } => {
                stats.gaps.add(1);
                (Kind::Gap, shown(expected), shown(got))
            }
            Fault::Checksum { expected, got } => {
                stats.checksums_bad.add(1);
                (Kind::Checksum, expected.to_string(), got.to_string())
            }
            Fault::Overflow => (Kind::Malformed, "prices that fit 64 bits at one scale".to_owned(), "more digits".to_owned()),
        };
        self.resync(at.mono_ns, stats);
        Notice::new(kind, at).about(&self.arg).saying(format!("{}: {fault}", self.arg.inst_id())).expected(expected, got)
    }

    /// Makes the book invalid and asks for a new snapshot: at once the first time, then ever more slowly.
    fn resync(&mut self, now: u64, stats: &Stats) {
        if let Some(book) = &self.book {
            book.lock().invalidate(Validity::Broken);
        }
        stats.resyncs.add(1);
        if self.phase.live_for(now) > 60 * SECOND {
            self.resyncs = 0;
        }
        let delay = if self.resyncs == 0 { 0 } else { (SECOND << (self.resyncs - 1).min(5)).min(30 * SECOND) };
        self.resyncs += 1;
        self.broken_at.get_or_insert(now);
        self.snapshot_by = None;
        self.phase = Phase::Resync { not_before: now + delay };
    }

    /// Whether a snapshot of the current subscription has come: nothing of an earlier one makes such a book valid.
    fn has_snapshot(&self) -> bool {
        let is_chained = self.channel.is_some_and(|c| c.payload == Payload::Book);
        is_chained && self.book.as_ref().is_some_and(|b| b.lock().validity() == Validity::Valid)
    }

    /// To be subscribed anew, by a request of its own. Nothing that came so far counts any more.
    fn ask_again(&mut self, now: u64, delay: u64) {
        if let Some(book) = &self.book {
            let mut book = book.lock();
            if book.validity() == Validity::Valid {
                self.broken_at.get_or_insert(now);
                book.invalidate(Validity::Broken);
            }
        }
        self.snapshot_by = None;
        self.phase = Phase::Wanted { not_before: now + delay, alone: true };
    }

    fn end(&mut self, connected: bool) {
        if let Some(book) = &self.book {
            book.lock().invalidate(Validity::Ended);
        }
        self.snapshot_by = None;
        self.phase = match self.phase {
            Phase::Leaving | Phase::Dropping if connected => Phase::Leaving,
            phase if connected && phase.is_with_okx() => Phase::Leave,
            _ => Phase::Ended,
        };
    }

    /// The connection is gone.
    fn reset(&mut self, now: u64) {
        match self.phase {
            Phase::Ended | Phase::Leave | Phase::Leaving => self.phase = Phase::Ended,
            _ => {
                if let Some(book) = &self.book {
                    let mut book = book.lock();
                    if book.validity() == Validity::Valid {
                        self.broken_at.get_or_insert(now);
                    }
                    book.invalidate(Validity::Disconnected);
                }
                self.snapshot_by = None;
                self.phase = Phase::default();
            }
        }
    }
}

#[cfg(test)]
mod tests;
