//! The book channels: what each has shown, and the message that leads from there to the book as it is.
//!
//! ```text
//! 10 ms   bbo-tbt, books-l2-tbt, books50-l2-tbt      100 ms   books, books-rpi, books5
//! ```
//!
//! A window is what all subscribers of a channel have seen last. A new one gets that as its snapshot, so that the next
//! update continues its chain like everybody's. An update lists what differs, whatever happened in between.

use std::fmt::Write as _;

use crate::exchange::book::Book;
use crate::exchange::config::Checksum;
use crate::exchange::event::Event;
use crate::exchange::instrument::InstIx;
use crate::exchange::io::{MILLI, Nanos, SECOND};
use crate::exchange::json::{Row, array};
use crate::exchange::num::{Dec, text};
use crate::exchange::order::Side;
use crate::exchange::world::World;

/// Without a change for so long, a channel says that it lives.
const QUIET: Nanos = 60 * SECOND;
const FAST: Nanos = 10 * MILLI;
const SLOW: Nanos = 100 * MILLI;

/// A book channel, in the order OKX pushes them.
#[derive(Debug)]
struct Kind {
    channel: &'static str,
    depth: usize,
    every: Nanos,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The whole, each time; with `instId` among the data.
    Full { inst_id: bool },
    /// A snapshot, then differences; with `checksum`.
    Chain,
    /// The same for `books-rpi`: no checksum, the third of a level is its size without RPI orders.
    Rpi,
}

const KINDS: [Kind; 6] = [
    Kind { channel: "bbo-tbt", depth: 1, every: FAST, form: Form::Full { inst_id: false } },
    Kind { channel: "books-l2-tbt", depth: 400, every: FAST, form: Form::Chain },
    Kind { channel: "books50-l2-tbt", depth: 50, every: FAST, form: Form::Chain },
    Kind { channel: "books", depth: 400, every: SLOW, form: Form::Chain },
    Kind { channel: "books-rpi", depth: 400, every: SLOW, form: Form::Rpi },
    Kind { channel: "books5", depth: 5, every: SLOW, form: Form::Full { inst_id: true } },
];

/// Price, size, orders.
type Level = (Dec, Dec, usize);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Sides {
    bids: Vec<Level>,
    asks: Vec<Level>,
}

impl Sides {
    fn of(book: &Book, depth: usize) -> Self {
        let side = |side| book.levels(side).take(depth).map(|(px, level)| (px, level.total, level.queue.len())).collect();
        Self { bids: side(Side::Buy), asks: side(Side::Sell) }
    }
}

/// What one channel has shown of one book.
#[derive(Clone, Debug)]
struct Window {
    kind: usize,
    ix: InstIx,
    shown: Sides,
    /// `seqId` of the last message.
    seq: u64,
    /// The book's, when it was last looked at.
    looked: u64,
    at: Nanos,
}

/// All windows somebody looks through, by book, then in push order. No part of the state that is written down: whoever
/// listens after a restore gets a snapshot.
#[derive(Debug, Default)]
pub struct Windows {
    live: Vec<Window>,
    fast_at: Nanos,
    slow_at: Nanos,
}

impl Windows {
    pub fn next(&self) -> Option<Nanos> {
        let fast = self.live.iter().any(|window| window.every() == FAST);
        let slow = self.live.iter().any(|window| window.every() == SLOW);
        [fast.then_some(self.fast_at), slow.then_some(self.slow_at)].into_iter().flatten().min()
    }

    fn find(&self, ix: InstIx, kind: usize) -> Option<&Window> {
        self.live.iter().find(|window| window.ix == ix && window.kind == kind)
    }
}

impl Window {
    fn kind(&self) -> &'static Kind {
        KINDS.get(self.kind).expect("a window is made with an index of the kinds")
    }

    fn every(&self) -> Nanos {
        self.kind().every
    }
}

pub fn is_book(channel: &str) -> bool {
    KINDS.iter().any(|kind| kind.channel == channel)
}

/// The first message of a new subscription: what the others saw last, or the book as it is.
pub fn snapshot(world: &mut World, channel: &str, ix: InstIx) -> Option<Event> {
    let at = KINDS.iter().position(|kind| kind.channel == channel)?;
    if world.market.windows.find(ix, at).is_none() {
        let window = open(world, ix, at);
        let windows = &mut world.market.windows;
        windows.fast_at = windows.fast_at.max((world.now / FAST + 1) * FAST);
        windows.slow_at = windows.slow_at.max((world.now / SLOW + 1) * SLOW);
        let before = windows.live.partition_point(|held| (held.ix, held.kind) < (ix, at));
        windows.live.insert(before, window);
    }
    let window = world.market.windows.find(ix, at)?;
    let form = window.kind().form;
    let row = row(world, window, form, (&window.shown.bids, &window.shown.asks), -1);
    let action = if matches!(form, Form::Full { .. }) { None } else { Some("snapshot") };
    Some(event(world, window, action, row))
}

fn open(world: &World, ix: InstIx, kind: usize) -> Window {
    let book = world.book(ix);
    let depth = KINDS.get(kind).map_or(0, |kind| kind.depth);
    Window { kind, ix, shown: Sides::of(book, depth), seq: book.seq, looked: book.seq, at: world.now }
}

/// Pushes what is due. `pace`: virtual time may run in longer steps.
pub fn run(world: &mut World, pace: Nanos) {
    let windows = &mut world.market.windows;
    let (fast, slow) = (world.now >= windows.fast_at, world.now >= windows.slow_at);
    if !fast && !slow {
        return;
    }
    let after = |every: Nanos| (world.now / every + 1) * every;
    if fast {
        windows.fast_at = after(FAST).max(world.now + pace);
    }
    if slow {
        windows.slow_at = after(SLOW).max(world.now + pace);
    }
    let mut live = std::mem::take(&mut windows.live);
    live.retain_mut(|window| {
        let kind = window.kind();
        if !(if kind.every == FAST { fast } else { slow }) {
            return true;
        }
        let wanted = world.wanted(kind.channel, &world.inst(window.ix).inst_id);
        if wanted {
            show(world, window);
        }
        wanted
    });
    world.market.windows.live = live;
}

/// Shows everybody the book as it is, before it is shown to somebody else: so that one `seqId` means one book.
pub fn flush(world: &mut World, ix: InstIx) {
    let mut live = std::mem::take(&mut world.market.windows.live);
    for window in live.iter_mut().filter(|window| window.ix == ix) {
        show(world, window);
    }
    world.market.windows.live = live;
}

/// Who subscribed and has no window, after a restore, gets one with a snapshot.
pub fn adopt(world: &mut World) {
    for (at, kind) in KINDS.iter().enumerate() {
        let Some(keys) = world.interest.get(kind.channel) else { continue };
        let found = keys.iter().filter_map(|id| world.by_inst_id.get(id)).copied();
        let missing: Vec<InstIx> = found.filter(|ix| world.market.windows.find(*ix, at).is_none()).collect();
        for ix in missing {
            let event = snapshot(world, kind.channel, ix);
            world.events.extend(event);
        }
    }
}

/// Pushes what changed, or that nothing did for long.
fn show(world: &mut World, window: &mut Window) {
    let book = world.book(window.ix);
    let form = window.kind().form;
    let quiet = world.now >= window.at + QUIET;
    if book.seq == window.looked && !quiet {
        return;
    }
    window.looked = book.seq;
    let now = Sides::of(book, window.kind().depth);
    let changed = now != window.shown;
    if !changed && !quiet {
        return;
    }
    let prev = window.seq;
    if changed {
        window.seq = book.seq;
    }
    let (row, action) = if let Form::Full { .. } = form {
        window.shown = now;
        (row(world, window, form, (&window.shown.bids, &window.shown.asks), 0), None)
    } else {
        let bids = difference(&window.shown.bids, &now.bids, Side::Buy);
        let asks = difference(&window.shown.asks, &now.asks, Side::Sell);
        window.shown = now;
        (row(world, window, form, (&bids, &asks), prev.cast_signed()), Some("update"))
    };
    window.at = world.now;
    let event = event(world, window, action, row);
    world.events.push(event);
}

fn event(world: &World, window: &Window, action: Option<&'static str>, row: String) -> Event {
    let channel = window.kind().channel;
    Event { channel, acct: None, scope: world.scope(window.ix), action, event_type: None, rows: vec![row] }
}

/// The data of a message.
fn row(world: &World, window: &Window, form: Form, (bids, asks): (&[Level], &[Level]), prev: i64) -> String {
    let mut out = String::with_capacity(160 + 36 * (bids.len() + asks.len()));
    let rpi = form == Form::Rpi;
    out.push_str("{\"asks\":");
    levels(&mut out, asks, rpi);
    out.push_str(",\"bids\":");
    levels(&mut out, bids, rpi);
    if form == (Form::Full { inst_id: true }) {
        let _ = write!(out, ",\"instId\":\"{}\"", world.inst(window.ix).inst_id);
    }
    let _ = write!(out, ",\"ts\":\"{}\"", world.now_ms());
    if form == Form::Chain {
        let sum = if world.config.checksum == Checksum::Legacy { checksum(&window.shown.bids, &window.shown.asks) } else { 0 };
        let _ = write!(out, ",\"checksum\":{sum}");
    }
    if form == Form::Chain || form == Form::Rpi {
        let _ = write!(out, ",\"prevSeqId\":{prev}");
    }
    let _ = write!(out, ",\"seqId\":{}}}", window.seq);
    out
}

fn levels(out: &mut String, levels: &[Level], rpi: bool) {
    out.push('[');
    for (at, (px, sz, orders)) in levels.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        let sz = sz.normalize();
        let _ = write!(out, "[\"{}\",\"{sz}\",\"", px.normalize());
        // Nobody here may place RPI orders, so all of a level is open to everybody.
        if rpi {
            let _ = write!(out, "{sz}");
        } else {
            out.push('0');
        }
        let _ = write!(out, "\",\"{orders}\"]");
    }
    out.push(']');
}

/// The book as REST shows it: the same state and `seqId` as the channels.
pub fn rest(world: &mut World, ix: InstIx, depth: usize, rpi: bool) -> String {
    flush(world, ix);
    let book = world.book(ix);
    // Changes that took each other back have a number of their own that no channel shows: the channel's stands for both.
    let shown = KINDS.iter().position(|kind| kind.channel == "books").and_then(|at| world.market.windows.find(ix, at));
    let seq = shown.map_or(book.seq, |window| window.seq);
    let sides = Sides::of(book, depth);
    let mut out = String::with_capacity(128 + 36 * (sides.bids.len() + sides.asks.len()));
    out.push_str("{\"asks\":");
    levels(&mut out, &sides.asks, rpi);
    out.push_str(",\"bids\":");
    levels(&mut out, &sides.bids, rpi);
    let _ = write!(out, ",\"ts\":\"{}\",\"seqId\":{seq}}}", world.now_ms());
    out
}

/// Deeper, with levels of three: price, size, orders.
pub fn rest_full(world: &World, ix: InstIx, depth: usize) -> String {
    let sides = Sides::of(world.book(ix), depth);
    let rows = |levels: &[Level]| {
        let row = |(px, sz, orders): &Level| format!("[\"{}\",\"{}\",\"{orders}\"]", text(*px), text(*sz));
        array(&levels.iter().map(row).collect::<Vec<_>>())
    };
    Row::new().raw("asks", &rows(&sides.asks)).raw("bids", &rows(&sides.bids)).n("ts", world.now_ms()).end()
}

/// Over the best 25 of both sides, as OKX sent it until June 2026.
fn checksum(bids: &[Level], asks: &[Level]) -> i32 {
    let mut joined = String::with_capacity(1024);
    for at in 0..25 {
        for (px, sz, _) in [bids.get(at), asks.get(at)].into_iter().flatten() {
            let _ = write!(joined, "{}:{}:", text(*px), text(*sz));
        }
    }
    joined.pop();
    crc32fast::hash(joined.as_bytes()).cast_signed()
}

/// Levels that turn one list into the other, best first; size 0: gone.
fn difference(old: &[Level], new: &[Level], side: Side) -> Vec<Level> {
    let better = |a: Dec, b: Dec| if side == Side::Buy { a > b } else { a < b };
    let mut rows = Vec::new();
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    loop {
        match (old.peek(), new.peek()) {
            (Some(&&(was, ..)), now) if now.is_none_or(|&&(px, ..)| better(was, px)) => {
                rows.push((was, Dec::ZERO, 0));
                old.next();
            }
            (was, Some(&&level)) => {
                let same = was.is_some_and(|&&(px, ..)| px == level.0);
                if !same || was.is_some_and(|&&held| held != level) {
                    rows.push(level);
                }
                if same {
                    old.next();
                }
                new.next();
            }
            // An old row without a new one was taken by the first arm.
            (_, None) => return rows,
        }
    }
}

#[cfg(test)]
#[path = "windows_tests.rs"]
mod tests;
