//! A connection's way through the feed: its cursor, what it is subscribed to, what goes out next. No I/O, no clock.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use okx_fast_net::ws::{Opcode, Role, encode};

use crate::feed::frames::{Feed, Frame};
use crate::feed::model::Model;
use crate::feed::pace::{Pace, Schedule};

/// A write of so much plaintext makes one full TLS record.
const FULL_WRITE: usize = 16 * 1024;

/// What a player is told to do besides sending the feed.
#[derive(Clone, Debug)]
pub struct Script {
    pub pace: Pace,
    /// Leaves out this data message (counted from 1) of the first connection that gets so far.
    pub skip: Option<u64>,
    /// Sends so many data messages on a connection, then none.
    pub limit: Option<u64>,
    /// Starts when so many streams are subscribed.
    pub await_streams: usize,
}

impl Default for Script {
    fn default() -> Self {
        Self { pace: Pace::Recorded { factor: 1.0 }, skip: None, limit: None, await_streams: 1 }
    }
}

/// A message written to the output: its `seqId` (0: none) and when it was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Went {
    pub seq_id: u64,
    pub due_ns: u64,
}

/// A book as the server has it, at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookReport {
    pub channel: String,
    pub id: String,
    pub seq_id: Option<i64>,
    pub digest: String,
}

/// What a connection was sent, or all connections of a shared market.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub sent: u64,
    pub shared: Option<Visits>,
    /// Every book that was subscribed.
    pub books: Vec<BookReport>,
}

/// Who came to a shared market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Visits {
    /// WebSockets opened.
    pub connections: u64,
    /// Requests on them, pings aside.
    pub requests: u64,
}

impl Report {
    pub fn to_json(&self) -> String {
        let mut text = format!(r#"{{"sent":{},"#, self.sent);
        if let Some(Visits { connections, requests }) = self.shared {
            let _ = write!(text, r#""connections":{connections},"requests":{requests},"#);
        }
        text.push_str(r#""books":["#);
        for (at, book) in self.books.iter().enumerate() {
            let seq_id = book.seq_id.map_or_else(|| "null".to_owned(), |seq| seq.to_string());
            let (channel, id) = (serde_json::json!(book.channel), serde_json::json!(book.id));
            let comma = if at > 0 { "," } else { "" };
            let _ = write!(text, r#"{comma}{{"channel":{channel},"id":{id},"seqId":{seq_id},"digest":"{}"}}"#, book.digest);
        }
        text.push_str("]}");
        text
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Wish {
    live: bool,
    ever: bool,
}

#[derive(Debug)]
pub(crate) struct Player {
    feed: Arc<Feed>,
    script: Script,
    /// The one-shot skip was used, on this connection or another.
    skipped: Arc<AtomicBool>,
    schedule: Schedule,
    wishes: Vec<Wish>,
    live: usize,
    started: bool,
    at: usize,
    round: u64,
    offered: u64,
    sent: u64,
    /// Books replayed so far, and from how many messages of their stream.
    models: HashMap<u16, (Model, usize)>,
}

impl Player {
    pub fn new(feed: Arc<Feed>, script: Script, skipped: Arc<AtomicBool>) -> Self {
        Self {
            wishes: vec![Wish::default(); feed.streams().len()],
            schedule: Schedule::new(script.pace),
            feed,
            script,
            skipped,
            live: 0,
            started: false,
            at: 0,
            round: 0,
            offered: 0,
            sent: 0,
            models: HashMap::new(),
        }
    }

    pub fn is_live(&self, stream: u16) -> bool {
        self.wishes.get(usize::from(stream)).is_some_and(|wish| wish.live)
    }

    /// Subscribes; a stream whose first message is past sends its present state at once.
    pub fn subscribe(&mut self, stream: u16, now: u64, ts_ms: u64, out: &mut Vec<u8>) -> Option<Went> {
        let wish = self.wishes.get_mut(usize::from(stream)).expect("stream ids come from this feed");
        self.live += usize::from(!wish.live);
        *wish = Wish { live: true, ever: true };
        self.started |= self.live >= self.script.await_streams;
        let feed = Arc::clone(&self.feed);
        let (last, count, round) = feed.passed(stream, self.at, self.round)?;
        if self.limit_reached() {
            return None;
        }
        let seq_id = feed.seq_in_round(last, round);
        if feed.stream(stream).incremental {
            let ts = feed.is_endless().then_some(ts_ms);
            let text = self.model(stream, count).snapshot(&feed.stream(stream).arg, seq_id, ts);
            encode(Role::Server, Opcode::Text, text.as_bytes(), [0; 4], out);
        } else if keeps_state(&feed.stream(stream).channel) {
            feed.write(last, round, ts_ms, out);
        } else {
            return None;
        }
        self.sent += 1;
        Some(Went { seq_id: seq_id.map_or(0, i64::cast_unsigned), due_ns: now })
    }

    pub fn unsubscribe(&mut self, stream: u16) {
        let wish = self.wishes.get_mut(usize::from(stream)).expect("stream ids come from this feed");
        self.live -= usize::from(wish.live);
        wish.live = false;
    }

    /// The stream's book after its first `count` messages.
    fn model(&mut self, stream: u16, count: usize) -> &Model {
        let (model, applied) = self.models.entry(stream).or_default();
        if *applied > count {
            (*model, *applied) = (Model::default(), 0);
        }
        self.feed.replay(stream, model, *applied, count);
        *applied = count;
        model
    }

    fn limit_reached(&self) -> bool {
        self.script.limit.is_some_and(|limit| self.sent >= limit)
    }

    /// Moves the cursor to the next message to send; `None`: nothing to send as things stand.
    fn upcoming(&mut self) -> Option<Frame> {
        if !self.started || self.live == 0 || self.limit_reached() {
            return None;
        }
        // Twice round without a message: the streams subscribed have none but their snapshots.
        for _ in 0..=2 * self.feed.len() {
            let Some(frame) = self.feed.frame(self.at) else {
                self.feed.round_ns()?;
                self.at = 0;
                self.round += 1;
                continue;
            };
            let again = frame.once && self.round > 0;
            if again || !self.is_live(frame.stream) {
                self.at += 1;
                continue;
            }
            if self.script.skip == Some(self.offered + 1) && !self.skipped.swap(true, Ordering::Relaxed) {
                self.offered += 1;
                self.at += 1;
                continue;
            }
            return Some(*frame);
        }
        None
    }

    /// When the next message is due; `None`: nothing to send until something is subscribed.
    pub fn due(&mut self, now: u64) -> Option<u64> {
        let Some(frame) = self.upcoming() else {
            self.schedule.pause();
            return None;
        };
        Some(self.schedule.due(now, self.feed_time(&frame)))
    }

    fn feed_time(&self, frame: &Frame) -> u64 {
        frame.at_ns + self.round * self.feed.round_ns().unwrap_or(0)
    }

    /// Appends what goes out in one write now: a message, or at full speed as many as make a full write.
    pub fn fill(&mut self, now: u64, ts_ms: u64, out: &mut Vec<u8>, went: &mut Vec<Went>) {
        let from = out.len();
        while let Some(frame) = self.upcoming() {
            if self.schedule.is_full() && out.len() > from && out.len() - from + Feed::wire_len(&frame) > FULL_WRITE {
                return;
            }
            let due_ns = self.schedule.due(now, self.feed_time(&frame));
            self.feed.write(&frame, self.round, ts_ms, out);
            let seq_id = self.feed.seq_in_round(&frame, self.round).map_or(0, i64::cast_unsigned);
            went.push(Went { seq_id, due_ns });
            self.at += 1;
            self.offered += 1;
            self.sent += 1;
            self.schedule.went();
            if !self.schedule.is_full() {
                return;
            }
        }
    }

    /// What was sent, and the books at the cursor.
    pub fn report(&mut self) -> Report {
        let mut books = Vec::new();
        for stream in 0..self.wishes.len() {
            let ever = self.wishes.get(stream).is_some_and(|wish| wish.ever);
            let stream = u16::try_from(stream).expect("there are at most 2^16 streams");
            if !ever || !self.feed.stream(stream).incremental {
                continue;
            }
            let Some((last, count, round)) = self.feed.passed(stream, self.at, self.round) else { continue };
            let (channel, id) = (self.feed.stream(stream).channel.clone(), self.feed.stream(stream).id.clone());
            let seq_id = self.feed.seq_in_round(last, round);
            books.push(BookReport { channel, id, seq_id, digest: self.model(stream, count).digest() });
        }
        Report { sent: self.sent, shared: None, books }
    }
}

/// A feed's messages as texts, every stream subscribed from the start: what a client would receive. For tests and tools.
#[derive(Debug)]
pub struct Played {
    player: Player,
    buffer: Vec<u8>,
}

impl Played {
    pub fn all(feed: Feed) -> Self {
        let script = Script { pace: Pace::Rate { per_s: 1.0, burst: 1 }, ..Script::default() };
        let mut player = Player::new(Arc::new(feed), script, Arc::default());
        for stream in 0..player.wishes.len() {
            player.subscribe(stream as u16, 0, 0, &mut Vec::new());
        }
        Self { player, buffer: Vec::new() }
    }
}

impl Iterator for Played {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        self.buffer.clear();
        self.player.fill(0, 1_785_096_000_123, &mut self.buffer, &mut Vec::new());
        let payload = self.buffer.get(ws_head(&self.buffer)..)?;
        Some(String::from_utf8_lossy(payload).into_owned()).filter(|text| !text.is_empty())
    }
}

/// Length of an unmasked frame's head.
pub(crate) fn ws_head(frame: &[u8]) -> usize {
    match frame.get(1) {
        Some(126) => 4,
        Some(127) => 10,
        _ => 2,
    }
}

/// Channels that tell a late subscriber how things are; the others tell only what happens.
pub(crate) fn keeps_state(channel: &str) -> bool {
    !["trades", "trades-all", "option-trades", "liquidation-orders", "adl-warning"].contains(&channel)
}
