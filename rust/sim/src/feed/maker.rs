//! Messages of one instrument, on every channel that tells of it.
//!
//! An update lists what differs between the window a channel last showed and the window now, so a level that leaves
//! the best 400 is removed and one that comes back is sent again, as OKX does it.

use std::fmt::Write as _;

use crate::feed::flow::{Change, Flow, Level, Row, Side, Taken, taken};
use crate::feed::frames::{Draft, Feed, Marks, SEQ_DIGITS, TRADE_DIGITS, TS_DIGITS};
use crate::feed::instrument::{Instrument, decimal};
use crate::feed::market::CHANNELS;
use crate::feed::window::{add_phantoms, difference};
use crate::rng::{Rng, mix};

/// Events between two pushes of the slower channels.
const SLOW_EVERY: usize = 3;
pub(crate) const FIRST_SEQ: u64 = 100_000_000_000;
const FIRST_TRADE: u64 = 1_000_000_000;

/// Which message of an incremental channel to make.
enum Show<'a> {
    Snapshot,
    Update(&'a mut Rng),
    /// None at all if the window is what it was.
    IfChanged(&'a mut Rng),
    /// Nothing is told now; the next update tells it all.
    KeepAlive,
    /// Closes the round: sent whether anything changed or not.
    Last,
}

/// An incremental channel: what it last showed.
#[derive(Debug)]
struct Window {
    stream: u16,
    depth: usize,
    rpi: bool,
    slow: bool,
    bids: Vec<Row>,
    asks: Vec<Row>,
    seq: u64,
}

/// What tells one instrument's story: its order flow, and what each channel last showed of it.
#[derive(Debug)]
pub(crate) struct Maker {
    instrument: Instrument,
    flow: Flow,
    events: Vec<Vec<Change>>,
    told: usize,
    seq: u64,
    trade_id: u64,
    last: Taken,
    volume: u64,
    checksums: bool,
    windows: Vec<Window>,
    bbo: Option<u16>,
    books5: Option<u16>,
    trades: Option<u16>,
    trades_all: Option<u16>,
    tickers: Option<u16>,
    shown_bbo: Vec<Row>,
    shown_five: Vec<Row>,
    /// What the ticker last told: best bid and ask, and up to which trade.
    shown_touch: Vec<Row>,
    shown_trade: u64,
    text: String,
}

impl Maker {
    /// `channels`: only these; none: all of them.
    pub fn new(instrument: Instrument, channels: &[String], checksums: bool, feed: &mut Feed, rng: &mut Rng) -> Self {
        let mut streams = CHANNELS.map(|channel| {
            if !channels.is_empty() && !channels.iter().any(|c| c == channel) {
                return None;
            }
            feed.add_stream(&format!(r#"{{"channel":"{channel}","instId":"{}"}}"#, instrument.id))
        });
        let mut take = |channel: &str| {
            let at = CHANNELS.iter().position(|c| *c == channel)?;
            streams.get_mut(at)?.take()
        };
        let mut windows = Vec::new();
        for (channel, depth, slow) in
            [("books-l2-tbt", 400, false), ("books50-l2-tbt", 50, false), ("books", 400, true), ("books-rpi", 400, true)]
        {
            if let Some(stream) = take(channel) {
                let rpi = channel == "books-rpi";
                windows.push(Window { stream, depth, rpi, slow, bids: Vec::new(), asks: Vec::new(), seq: 0 });
            }
        }
        let flow = Flow::new(&instrument, rng);
        let last = Taken { side: Side::Ask, px: flow.best(Side::Ask), sz: 1, orders: 1 };
        Self {
            flow,
            events: Vec::new(),
            told: 0,
            seq: FIRST_SEQ + rng.below(1 << 30),
            trade_id: FIRST_TRADE + rng.below(1 << 28),
            last,
            volume: instrument.lots * 1_000_000,
            checksums,
            windows,
            bbo: take("bbo-tbt"),
            books5: take("books5"),
            trades: take("trades"),
            trades_all: take("trades-all"),
            tickers: take("tickers"),
            shown_bbo: Vec::new(),
            shown_five: Vec::new(),
            shown_touch: Vec::new(),
            shown_trade: 0,
            text: String::new(),
            instrument,
        }
    }

    /// Counts from here, and not from where chance put it; before `open`.
    pub fn count_from(&mut self, seq: u64) {
        self.seq = seq;
    }

    /// The first message of every channel: snapshots, all at one sequence number.
    pub fn open(&mut self, feed: &mut Feed) {
        for at in 0..self.windows.len() {
            self.show_window(feed, at, 0, Show::Snapshot);
        }
        for window in &self.windows {
            let stream = feed.stream_mut(window.stream);
            stream.incremental = true;
            stream.seq_span = self.seq; // the start for now; `close` makes it a length
        }
        for stream in [self.bbo, self.books5, self.trades].into_iter().flatten() {
            feed.stream_mut(stream).seq_span = self.seq;
        }
        for stream in [self.trades, self.trades_all].into_iter().flatten() {
            feed.stream_mut(stream).trade_span = self.trade_id;
        }
        self.tell_top(feed, 0);
    }

    pub fn forward(&mut self, feed: &mut Feed, rng: &mut Rng, now: u64) {
        let trades = self.step(rng);
        self.tell(feed, rng, now, &trades);
    }

    /// Plays the last event not yet played back; false when there is none.
    pub fn backward(&mut self, feed: &mut Feed, rng: &mut Rng, now: u64) -> bool {
        let Some(trades) = self.step_back() else { return false };
        self.tell(feed, rng, now, &trades);
        true
    }

    /// Something happens, and is told to nobody yet; the trades it is.
    pub fn step(&mut self, rng: &mut Rng) -> Vec<Taken> {
        let touch = self.touch();
        let event = self.flow.event(rng);
        let trades = taken(&event, touch);
        self.events.push(event);
        trades
    }

    /// The last event not yet taken back happens the other way round; `None` when there is none.
    pub fn step_back(&mut self) -> Option<Vec<Taken>> {
        let event = self.events.pop()?;
        let touch = self.touch();
        Some(taken(&self.flow.undo(&event), touch))
    }

    fn touch(&self) -> (i64, i64) {
        (self.flow.best(Side::Bid), self.flow.best(Side::Ask))
    }

    /// The last updates of a round: every chain ends at one number, where the next round's first update starts.
    pub fn close(&mut self, feed: &mut Feed, rng: &mut Rng, now: u64) {
        self.seq += rng.between(2, 79);
        for at in 0..self.windows.len() {
            self.show_window(feed, at, now, Show::Last);
        }
        self.settle(feed);
    }

    /// How far the round went: from here on the streams know it.
    pub fn settle(&self, feed: &mut Feed) {
        let windows = self.windows.iter().map(|w| w.stream);
        for stream in windows.chain([self.bbo, self.books5, self.trades].into_iter().flatten()) {
            let stream = feed.stream_mut(stream);
            stream.seq_span = self.seq - stream.seq_span;
        }
        for stream in [self.trades, self.trades_all].into_iter().flatten() {
            let stream = feed.stream_mut(stream);
            stream.trade_span = self.trade_id - stream.trade_span;
        }
    }

    /// Trades, and the channels that tell each event.
    pub fn tell_at_once(&mut self, feed: &mut Feed, rng: &mut Rng, now: u64, trades: &[Taken]) {
        for trade in trades {
            self.seq += rng.between(2, 79);
            self.show_trade(feed, *trade, now);
        }
        self.seq += rng.between(2, 79);
        self.show_top(feed, now, false);
        for at in 0..self.windows.len() {
            if self.windows.get(at).is_some_and(|w| !w.slow) {
                self.show_window(feed, at, now, Show::Update(rng));
            }
        }
    }

    /// The channels that tell what has changed in a tenth of a second.
    pub fn tell_changes(&mut self, feed: &mut Feed, rng: &mut Rng, now: u64) {
        self.seq += rng.between(2, 79);
        for at in 0..self.windows.len() {
            if self.windows.get(at).is_some_and(|w| w.slow) {
                self.show_window(feed, at, now, Show::IfChanged(rng));
            }
        }
        self.tell_top(feed, now);
    }

    /// `books5` and `tickers`, if they changed.
    pub fn tell_top(&mut self, feed: &mut Feed, now: u64) {
        self.show_top(feed, now, true);
        let (mut now_at, mut ask) = (Vec::new(), Vec::new());
        self.flow.window(Side::Bid, 1, &mut now_at);
        self.flow.window(Side::Ask, 1, &mut ask);
        now_at.append(&mut ask);
        if (&self.shown_touch, self.shown_trade) != (&now_at, self.trade_id) {
            (self.shown_touch, self.shown_trade) = (now_at, self.trade_id);
            self.show_ticker(feed, now);
        }
    }

    fn tell(&mut self, feed: &mut Feed, rng: &mut Rng, now: u64, trades: &[Taken]) {
        self.seq += rng.between(2, 79);
        self.told += 1;
        let slow = self.told.is_multiple_of(SLOW_EVERY);
        for trade in trades {
            self.show_trade(feed, *trade, now);
        }
        self.show_top(feed, now, slow);
        for at in 0..self.windows.len() {
            let follows = self.windows.get(at).is_some_and(|w| w.slow);
            if slow || !follows {
                let quiet = follows && rng.chance(400);
                self.show_window(feed, at, now, if quiet { Show::KeepAlive } else { Show::Update(rng) });
            }
        }
        if slow {
            self.show_ticker(feed, now);
        }
    }

    fn row(&self, out: &mut String, (px, level): Row, rpi: bool) {
        let Instrument { px_digits, sz_digits, lots, .. } = self.instrument;
        out.push_str("[\"");
        decimal(px.unsigned_abs(), px_digits, out);
        out.push_str("\",\"");
        // Which levels hold RPI orders follows from the level itself, so it needs no state.
        let hash = mix(px.cast_unsigned() ^ level.sz);
        let hidden = if rpi && level.sz > 0 && hash.is_multiple_of(8) { 1 + hash % lots } else { 0 };
        decimal(level.sz + hidden, sz_digits, out);
        out.push_str("\",\"");
        if rpi {
            decimal(level.sz, sz_digits, out);
        } else {
            out.push('0');
        }
        let _ = write!(out, "\",\"{}\"],", level.orders + u32::from(hidden > 0));
    }

    fn rows(&self, out: &mut String, rows: &[Row], rpi: bool) {
        for &row in rows {
            self.row(out, row, rpi);
        }
        if !rows.is_empty() {
            out.pop(); // the last comma
        }
    }

    fn show_window(&mut self, feed: &mut Feed, at: usize, now: u64, show: Show<'_>) {
        let window = self.windows.get_mut(at).expect("an index of the list");
        let (stream, rpi, prev) = (window.stream, window.rpi, window.seq);
        let old = (std::mem::take(&mut window.bids), std::mem::take(&mut window.asks));
        let (mut bids, mut asks) = (Vec::new(), Vec::new());
        self.flow.window(Side::Bid, window.depth, &mut bids);
        self.flow.window(Side::Ask, window.depth, &mut asks);
        let snapshot = matches!(show, Show::Snapshot);
        let mut seq = self.seq;
        let (bid_rows, ask_rows) = match show {
            Show::Snapshot => (bids.clone(), asks.clone()),
            Show::KeepAlive => {
                (bids, asks) = old;
                seq = prev;
                (Vec::new(), Vec::new())
            }
            show => {
                let mut rows = (difference(&old.0, &bids, Side::Bid), difference(&old.1, &asks, Side::Ask));
                let same = rows.0.is_empty() && rows.1.is_empty();
                match show {
                    Show::IfChanged(rng) if !same => add_phantoms(&mut rows, &old, (&bids, &asks), rng),
                    Show::Update(rng) if window.slow => add_phantoms(&mut rows, &old, (&bids, &asks), rng),
                    Show::IfChanged(_) | Show::Update(_) if same => {
                        (window.bids, window.asks) = old; // nothing of this depth changed: no push
                        return;
                    }
                    _ => {}
                }
                rows
            }
        };
        window.seq = seq;
        let action = if snapshot { "snapshot" } else { "update" };
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        let _ = write!(text, r#"{{"arg":{},"action":"{action}","data":[{{"asks":["#, feed.stream(stream).arg);
        self.rows(&mut text, &ask_rows, rpi);
        text.push_str(r#"],"bids":["#);
        self.rows(&mut text, &bid_rows, rpi);
        text.push(']');
        let mut marks = Marks { ts: stamp(&mut text, now), ..Marks::default() };
        if !rpi {
            let sum = if self.checksums { self.checksum(&bids, &asks) } else { 0 };
            let _ = write!(text, r#","checksum":{sum}"#);
        }
        text.push_str(r#","prevSeqId":"#);
        if snapshot {
            text.push_str("-1");
        } else {
            marks.prev = number(&mut text, prev, SEQ_DIGITS);
        }
        text.push_str(r#","seqId":"#);
        marks.seq = number(&mut text, seq, SEQ_DIGITS);
        text.push_str("}]}");
        let prev_id = if snapshot { -1 } else { prev.cast_signed() };
        let seq_id = Some(seq.cast_signed());
        feed.push(&text, Draft { stream, once: snapshot, marks, seq_id, prev_id, trade_id: 0, at_ns: now });
        self.text = text;
        let window = self.windows.get_mut(at).expect("an index of the list");
        (window.bids, window.asks) = (bids, asks);
    }

    fn checksum(&self, bids: &[Row], asks: &[Row]) -> i32 {
        let mut text = String::new();
        for at in 0..25 {
            for (px, level) in [bids.get(at), asks.get(at)].into_iter().flatten() {
                decimal(px.unsigned_abs(), self.instrument.px_digits, &mut text);
                text.push(':');
                decimal(level.sz, self.instrument.sz_digits, &mut text);
                text.push(':');
            }
        }
        text.pop();
        crc32fast::hash(text.as_bytes()).cast_signed()
    }

    /// `bbo-tbt`, and `books5` when it is due: in full, if changed.
    fn show_top(&mut self, feed: &mut Feed, now: u64, five: bool) {
        let due = [(self.bbo, 1, true), (self.books5, 5, five)];
        for (stream, depth, due) in due {
            let Some(stream) = stream.filter(|_| due) else { continue };
            let (mut bids, mut asks) = (Vec::new(), Vec::new());
            self.flow.window(Side::Bid, depth, &mut bids);
            self.flow.window(Side::Ask, depth, &mut asks);
            let all: Vec<Row> = bids.iter().chain(&asks).copied().collect();
            let shown = if depth == 1 { &mut self.shown_bbo } else { &mut self.shown_five };
            if *shown == all {
                continue;
            }
            *shown = all;
            let mut text = format!(r#"{{"arg":{},"data":[{{"asks":["#, feed.stream(stream).arg);
            self.rows(&mut text, &asks, false);
            text.push_str(r#"],"bids":["#);
            self.rows(&mut text, &bids, false);
            text.push(']');
            if depth == 5 {
                let _ = write!(text, r#","instId":"{}""#, self.instrument.id);
            }
            let mut marks = Marks { ts: stamp(&mut text, now), ..Marks::default() };
            text.push_str(r#","seqId":"#);
            marks.seq = number(&mut text, self.seq, SEQ_DIGITS);
            text.push_str("}]}");
            let seq_id = Some(self.seq.cast_signed());
            feed.push(&text, Draft { stream, marks, seq_id, at_ns: now, ..Draft::default() });
        }
    }

    fn show_trade(&mut self, feed: &mut Feed, trade: Taken, now: u64) {
        let side = if trade.side == Side::Ask { "buy" } else { "sell" };
        let count = u64::from(trade.orders);
        self.last = trade;
        self.volume += trade.sz;
        let (px, id) = (self.px(trade.px), self.instrument.id.clone());
        if let Some(stream) = self.trades_all {
            for n in 1..=count.min(trade.sz) {
                let part = if n == count.min(trade.sz) {
                    trade.sz - (n - 1) * (trade.sz / count.min(trade.sz))
                } else {
                    trade.sz / count.min(trade.sz)
                };
                let mut text = format!(r#"{{"arg":{},"data":[{{"instId":"{id}","tradeId":""#, feed.stream(stream).arg);
                let trade_id = self.trade_id + n;
                let mut marks = Marks { trade: number(&mut text, trade_id, TRADE_DIGITS), ..Marks::default() };
                let _ = write!(text, r#"","px":"{px}","sz":"{}","side":"{side}","source":"0""#, self.sz(part));
                marks.ts = stamp(&mut text, now);
                text.push_str("}]}");
                feed.push(&text, Draft { stream, marks, trade_id, at_ns: now, ..Draft::default() });
            }
        }
        self.trade_id += count;
        if let Some(stream) = self.trades {
            let mut text = format!(r#"{{"arg":{},"data":[{{"instId":"{id}","tradeId":""#, feed.stream(stream).arg);
            let trade_id = self.trade_id;
            let mut marks = Marks { trade: number(&mut text, trade_id, TRADE_DIGITS), ..Marks::default() };
            let _ = write!(text, r#"","px":"{px}","sz":"{}","side":"{side}""#, self.sz(trade.sz));
            marks.ts = stamp(&mut text, now);
            let _ = write!(text, r#","count":"{count}","source":"0","seqId":"#);
            marks.seq = number(&mut text, self.seq, SEQ_DIGITS);
            text.push_str("}]}");
            let seq_id = Some(self.seq.cast_signed());
            feed.push(&text, Draft { stream, marks, seq_id, trade_id, at_ns: now, ..Draft::default() });
        }
    }

    fn show_ticker(&mut self, feed: &mut Feed, now: u64) {
        let Some(stream) = self.tickers else { return };
        let (mut bid, mut ask) = (Vec::new(), Vec::new());
        self.flow.window(Side::Bid, 1, &mut bid);
        self.flow.window(Side::Ask, 1, &mut ask);
        let size = |rows: &[Row]| rows.first().map_or(0, |(_, level): &(i64, Level)| level.sz);
        let first = self.instrument.mid;
        let mut text = format!(
            r#"{{"arg":{},"data":[{{"instType":"{}","instId":"{}","last":"{}","lastSz":"{}","askPx":"{}","askSz":"{}","bidPx":"{}","bidSz":"{}","open24h":"{}","high24h":"{}","low24h":"{}","volCcy24h":"{}","vol24h":"{}","sodUtc0":"{}","sodUtc8":"{}""#,
            feed.stream(stream).arg,
            if self.instrument.swap { "SWAP" } else { "SPOT" },
            self.instrument.id,
            self.px(self.last.px),
            self.sz(self.last.sz),
            self.px(self.flow.best(Side::Ask)),
            self.sz(size(&ask)),
            self.px(self.flow.best(Side::Bid)),
            self.sz(size(&bid)),
            self.px(first - first / 80),
            self.px(first + first / 40),
            self.px(first - first / 32),
            self.sz(self.volume * 67),
            self.sz(self.volume),
            self.px(first - first / 100),
            self.px(first + first / 120),
        );
        let marks = Marks { ts: stamp(&mut text, now), ..Marks::default() };
        text.push_str("}]}");
        feed.push(&text, Draft { stream, marks, at_ns: now, ..Draft::default() });
    }

    fn px(&self, ticks: i64) -> String {
        let mut text = String::new();
        decimal(ticks.unsigned_abs(), self.instrument.px_digits, &mut text);
        text
    }

    fn sz(&self, lots: u64) -> String {
        let mut text = String::new();
        decimal(lots, self.instrument.sz_digits, &mut text);
        text
    }
}

/// Appends a number of fixed width and says where it stands.
fn number(text: &mut String, value: u64, width: usize) -> u16 {
    let at = u16::try_from(text.len()).expect("a 400-level message is below 64 KB");
    let _ = write!(text, "{value:0width$}");
    at
}

/// Appends the `ts` field; until it is written over it holds the virtual time.
fn stamp(text: &mut String, now: u64) -> u16 {
    text.push_str(r#","ts":""#);
    let at = number(text, 1_785_096_000_000 + now / 1_000_000, TS_DIGITS);
    text.push('"');
    at
}
