//! One market for everybody: a feed with one cursor, and who listens to what. No I/O, no clock.
//!
//! The market goes on whoever listens. A message is written once, so every listener gets the same bytes; who comes later
//! gets the state at the cursor first. Books that stay quiet send a keep-alive each minute, as OKX's do.

use std::collections::VecDeque;
use std::sync::Arc;

use okx_fast_net::ws::{Opcode, Role, encode};

use crate::feed::frames::{Feed, Frame};
use crate::feed::model::Model;
use crate::feed::pace::Schedule;
use crate::feed::player::{BookReport, Report, Script, Went, keeps_state};
use crate::rng::mix;

const SECOND_NS: u64 = 1_000_000_000;
/// A book without an update for so long says that it is alive.
const QUIET_NS: u64 = 60 * SECOND_NS;

/// Who listens: a number of the server's choice.
pub(crate) type Seat = u32;

#[derive(Debug)]
pub(crate) struct Broadcast {
    feed: Arc<Feed>,
    script: Script,
    schedule: Schedule,
    streams: Vec<Heard>,
    live: usize,
    started: bool,
    at: usize,
    round: u64,
    /// Messages of the market so far, heard or not.
    passed: u64,
    /// Messages handed to listeners.
    sent: u64,
    /// When the quiet books are looked for next, and those found.
    look_at: u64,
    quiet: VecDeque<u16>,
}

/// A stream and its listeners.
#[derive(Clone, Debug, Default)]
struct Heard {
    seats: Vec<Seat>,
    ever: bool,
    /// When a book said something last.
    spoke: u64,
}

/// A message that is due: the stream, and where and when it stands if it moves a book on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub stream: u16,
    pub went: Option<Went>,
}

impl Broadcast {
    pub fn new(feed: Arc<Feed>, script: Script) -> Self {
        let mut broadcast = Self {
            streams: vec![Heard::default(); feed.streams().len()],
            schedule: Schedule::new(script.pace),
            feed,
            script,
            live: 0,
            started: false,
            at: 0,
            round: 0,
            passed: 0,
            sent: 0,
            look_at: 0,
            quiet: VecDeque::new(),
        };
        // What opens a stream is past: a subscriber gets it as the state.
        while broadcast.feed.frame(broadcast.at).is_some_and(|frame| frame.once) {
            broadcast.at += 1;
        }
        broadcast
    }

    pub fn is_live(&self, stream: u16, seat: Seat) -> bool {
        self.streams.get(usize::from(stream)).is_some_and(|heard| heard.seats.contains(&seat))
    }

    /// Who gets the messages of a stream.
    pub fn seats(&self, stream: u16) -> &[Seat] {
        self.streams.get(usize::from(stream)).map_or(&[], |heard| &heard.seats)
    }

    fn heard(&mut self, stream: u16) -> &mut Heard {
        self.streams.get_mut(usize::from(stream)).expect("stream ids come from this feed")
    }

    /// From now on this seat listens; first it gets the state, where the stream has one.
    pub fn subscribe(&mut self, stream: u16, seat: Seat, now: u64, ts_ms: u64, out: &mut Vec<u8>) {
        if !self.is_live(stream, seat) {
            self.heard(stream).seats.push(seat);
            self.live += 1;
        }
        self.heard(stream).ever = true;
        if !self.started && self.live >= self.script.await_streams {
            self.start(now);
        }
        let Some((last, count, round)) = self.feed.passed(stream, self.at, self.round) else { return };
        let told = self.feed.stream(stream);
        if told.incremental && !last.once {
            let seq_id = self.feed.seq_in_round(last, round);
            let text = self.book(stream, count).snapshot(&told.arg, seq_id, Some(ts_ms));
            encode(Role::Server, Opcode::Text, text.as_bytes(), [0; 4], out);
        } else if told.incremental || keeps_state(&told.channel) {
            self.feed.write(last, round, ts_ms, out);
        } else {
            return;
        }
        self.sent += 1;
    }

    pub fn unsubscribe(&mut self, stream: u16, seat: Seat) {
        let heard = self.heard(stream);
        let before = heard.seats.len();
        heard.seats.retain(|other| *other != seat);
        self.live -= before - self.heard(stream).seats.len();
    }

    /// Somebody is gone.
    pub fn leave(&mut self, seat: Seat) {
        for stream in 0..self.streams.len() as u16 {
            if self.is_live(stream, seat) {
                self.unsubscribe(stream, seat);
            }
        }
    }

    /// A book after the first `count` messages of its stream in a round.
    fn book(&self, stream: u16, count: usize) -> Model {
        let mut model = Model::default();
        self.feed.replay(stream, &mut model, 0, count);
        model
    }

    fn start(&mut self, now: u64) {
        self.started = true;
        self.look_at = now + SECOND_NS;
        for (number, heard) in self.streams.iter_mut().enumerate() {
            // As if they had gone quiet at different times.
            heard.spoke = now.saturating_sub(mix(number as u64) % QUIET_NS);
        }
    }

    fn goes(&self) -> bool {
        self.started && self.script.limit.is_none_or(|limit| self.passed < limit)
    }

    /// Moves the cursor to the market's next message; `None`: it has none but its openings.
    fn upcoming(&mut self) -> Option<Frame> {
        for _ in 0..=2 * self.feed.len() {
            match self.feed.frame(self.at) {
                Some(frame) if !frame.once => return Some(*frame),
                Some(_) => self.at += 1,
                None => {
                    self.feed.round_ns()?;
                    self.at = 0;
                    self.round += 1;
                }
            }
        }
        None
    }

    /// When there is something to do next; `None`: not before somebody subscribes, or never again.
    pub fn due(&mut self, now: u64) -> Option<u64> {
        if !self.goes() {
            return None;
        }
        if !self.quiet.is_empty() {
            return Some(now);
        }
        let Some(frame) = self.upcoming() else { return Some(self.look_at) };
        let feed_ns = self.feed_time(&frame);
        Some(self.schedule.due(now, feed_ns).min(self.look_at))
    }

    fn feed_time(&self, frame: &Frame) -> u64 {
        frame.at_ns + self.round * self.feed.round_ns().unwrap_or(0)
    }

    /// The next message that is due by now, written if anybody listens; `None`: no more for now.
    pub fn next(&mut self, now: u64, ts_ms: u64, out: &mut Vec<u8>) -> Option<Due> {
        out.clear();
        if !self.goes() {
            return None;
        }
        if self.look_at <= now {
            self.look_for_quiet_books(now);
        }
        if let Some(stream) = self.quiet.pop_front() {
            self.keep_alive(stream, ts_ms, out);
            return Some(Due { stream, went: None });
        }
        let frame = self.upcoming()?;
        let feed_ns = self.feed_time(&frame);
        let due_ns = self.schedule.due(now, feed_ns);
        if due_ns > now {
            return None;
        }
        let stream = frame.stream;
        let listeners = self.seats(stream).len();
        if listeners > 0 {
            self.feed.write(&frame, self.round, ts_ms, out);
        }
        let book = self.feed.stream(stream).incremental && listeners > 0;
        let seq_id = self.feed.seq_in_round(&frame, self.round).filter(|_| book);
        self.heard(stream).spoke = now;
        self.at += 1;
        self.passed += 1;
        self.sent += listeners as u64;
        self.schedule.went();
        Some(Due { stream, went: seq_id.map(|seq_id| Went { seq_id: seq_id.cast_unsigned(), due_ns }) })
    }

    /// Once a second: which books said nothing for a minute?
    fn look_for_quiet_books(&mut self, now: u64) {
        self.look_at = now + SECOND_NS;
        for (number, (heard, stream)) in self.streams.iter_mut().zip(self.feed.streams()).enumerate() {
            if stream.incremental && heard.spoke + QUIET_NS <= now {
                heard.spoke = now;
                self.quiet.push_back(number as u16);
            }
        }
    }

    fn keep_alive(&mut self, stream: u16, ts_ms: u64, out: &mut Vec<u8>) {
        let listeners = self.seats(stream).len();
        let Some((last, _, round)) = self.feed.passed(stream, self.at, self.round) else { return };
        let (Some(seq_id), 1..) = (self.feed.seq_in_round(last, round), listeners) else { return };
        let told = self.feed.stream(stream);
        // Nothing changed since the last message, nor did its checksum, if the channel has one.
        let payload = self.feed.payload(last);
        let checksum = payload.rfind(r#","checksum":"#).and_then(|at| payload.get(at..)?.split(r#","prevSeqId""#).next());
        let text = format!(
            r#"{{"arg":{},"action":"update","data":[{{"asks":[],"bids":[],"ts":"{ts_ms}"{},"prevSeqId":{seq_id},"seqId":{seq_id}}}]}}"#,
            told.arg,
            checksum.unwrap_or_default()
        );
        encode(Role::Server, Opcode::Text, text.as_bytes(), [0; 4], out);
        self.sent += listeners as u64;
    }

    /// What was sent, and every book that was ever subscribed, at the cursor.
    pub fn report(&self) -> Report {
        let mut books = Vec::new();
        for (number, heard) in self.streams.iter().enumerate() {
            let stream = number as u16;
            let told = self.feed.stream(stream);
            if !heard.ever || !told.incremental {
                continue;
            }
            let Some((last, count, round)) = self.feed.passed(stream, self.at, self.round) else { continue };
            books.push(BookReport {
                channel: told.channel.clone(),
                id: told.id.clone(),
                seq_id: self.feed.seq_in_round(last, round),
                digest: self.book(stream, count).digest(),
            });
        }
        Report { sent: self.sent, shared: None, books }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::Value;

    use super::*;
    use crate::feed::crowd::{CrowdOptions, generate};
    use crate::feed::player::ws_head;

    const START: u64 = 1_000 * SECOND_NS;

    fn market(limit: Option<u64>) -> Broadcast {
        let options = CrowdOptions { seed: 3, instruments: 20, rate: 30.0, round_s: 5.0, checksums: true, channels: Vec::new() };
        let script = Script { limit, ..Script::default() };
        Broadcast::new(Arc::new(generate(&options).expect("a market")), script)
    }

    fn json(frame: &[u8]) -> Value {
        serde_json::from_slice(frame.get(ws_head(frame)..).expect("more than a head")).expect("JSON")
    }

    fn number(message: &Value, name: &str) -> i64 {
        message.pointer(&format!("/data/0/{name}")).and_then(Value::as_i64).expect("a number")
    }

    /// All that is due until then, with the time it came at.
    fn hear(market: &mut Broadcast, from: u64, until: u64) -> Vec<(u64, Due, Vec<u8>)> {
        let (mut heard, mut text, mut now) = (Vec::new(), Vec::new(), from);
        while let Some(due) = market.due(now).filter(|due| *due <= until) {
            now = now.max(due);
            while let Some(due) = market.next(now, now / 1_000_000, &mut text) {
                heard.push((now, due, text.clone()));
            }
        }
        heard
    }

    #[test]
    fn a_late_subscriber_goes_on_from_the_state_as_those_before_it() {
        let mut market = market(None);
        let books: Vec<u16> = (0..60).filter(|stream| market.feed.stream(*stream).incremental).collect();
        let mut out = Vec::new();
        for stream in &books {
            market.subscribe(*stream, 0, START, 1, &mut out);
        }
        let mut now = START;
        let mut models: HashMap<u16, (Model, i64)> = HashMap::new();
        for late in &books {
            for (_, due, text) in hear(&mut market, now, now + SECOND_NS) {
                let Some((model, last)) = models.get_mut(&due.stream) else { continue };
                let message = json(&text);
                assert_eq!(number(&message, "prevSeqId"), *last);
                model.apply(&message.to_string()).expect("a book message");
                assert_eq!(model.told_checksum(), Some(i64::from(model.checksum())));
                *last = number(&message, "seqId");
            }
            now += SECOND_NS;
            out.clear();
            market.subscribe(*late, 1, now, 1, &mut out);
            let snapshot = json(&out);
            assert_eq!((number(&snapshot, "prevSeqId"), snapshot.get("action")), (-1, Some(&Value::from("snapshot"))));
            let mut model = Model::default();
            model.apply(&snapshot.to_string()).expect("a book message");
            models.insert(*late, (model, number(&snapshot, "seqId")));
        }
        assert!(market.round >= 3, "it went round: {}", market.round);
        let report = market.report();
        assert_eq!(report.books.len(), books.len());
        for book in report.books {
            let stream = market.feed.find(&serde_json::json!({"channel": book.channel, "instId": book.id})).expect("a stream");
            let (model, last) = models.get(&stream).expect("subscribed");
            assert_eq!((Some(*last), model.digest()), (book.seq_id, book.digest), "{}", book.id);
        }
    }

    #[test]
    fn a_quiet_book_says_each_minute_that_it_is_alive() {
        let mut market = market(None);
        let silent = (0..60)
            .find(|stream| market.feed.stream(*stream).incremental && market.feed.stream(*stream).frames.len() == 1)
            .expect("at 30 messages a second for 20 instruments some have no event in a round");
        let mut out = Vec::new();
        market.subscribe(silent, 0, START, 1, &mut out);
        let snapshot = json(&out);
        let alive: Vec<(u64, Value)> = hear(&mut market, START, START + 300 * SECOND_NS)
            .into_iter()
            .filter(|(_, due, text)| due.stream == silent && !text.is_empty())
            .map(|(at, _, text)| (at, json(&text)))
            .collect();
        assert_eq!(alive.len(), 5, "{alive:?}");
        let seq_id = number(&snapshot, "seqId");
        for (_, message) in &alive {
            assert_eq!((number(message, "prevSeqId"), number(message, "seqId")), (seq_id, seq_id));
            assert_eq!(number(message, "checksum"), number(&snapshot, "checksum"));
            assert_eq!(
                (message.pointer("/data/0/asks"), message.pointer("/data/0/bids")),
                (Some(&Value::from(vec![0; 0])), Some(&Value::from(vec![0; 0])))
            );
        }
        let times: Vec<u64> = alive.iter().map(|(at, _)| *at).collect();
        let steps: Vec<u64> = times.iter().skip(1).zip(&times).map(|(late, early)| (late - early) / SECOND_NS).collect();
        assert!(steps.iter().all(|step| (60..=61).contains(step)), "{steps:?}");
    }

    #[test]
    fn what_is_due_is_told_once_and_counted_for_each_listener() {
        let mut market = market(Some(100));
        let busiest = 0;
        let mut out = Vec::new();
        for seat in [4, 9] {
            market.subscribe(busiest, seat, START, 1, &mut out);
        }
        market.subscribe(busiest, 9, START, 1, &mut out);
        assert_eq!(market.seats(busiest), [4, 9]);
        let heard = hear(&mut market, START, START + 60 * SECOND_NS);
        let told = heard.iter().filter(|(_, due, text)| due.stream == busiest && !text.is_empty()).count() as u64;
        assert_eq!((heard.len(), market.due(START)), (100, None), "it stands still after so many");
        assert_eq!(market.report().sent, 3 + 2 * told);
        market.leave(4);
        assert_eq!((market.seats(busiest), market.live), (&[9][..], 1));
        market.unsubscribe(busiest, 9);
        market.unsubscribe(busiest, 9);
        assert_eq!(market.live, 0);
    }
}
