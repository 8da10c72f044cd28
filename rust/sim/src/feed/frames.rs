//! A feed: every message prepared once, as the WebSocket frame that goes out.
//!
//! A generated market is a closed path: its last messages bring each book back to where the first found it, so the
//! feed can go round for ever. Only digits of fixed width change from round to round (`ts`, `seqId`, `prevSeqId`,
//! `tradeId`); they are written over at send time, and the sequence chain goes straight on. Checksums need no change.

use std::collections::{HashMap, HashSet};

use okx_fast_net::ws::{Opcode, Role, encode};
use serde_json::Value;

use crate::feed::model::Model;

/// Width of the ids in a generated market, and where they start: as long as the real ones.
pub(crate) const SEQ_DIGITS: usize = 12;
pub(crate) const TS_DIGITS: usize = 13;
pub(crate) const TRADE_DIGITS: usize = 10;

/// Where in a payload the digits stand that are written over at send time; 0 means there are none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Marks {
    pub ts: u16,
    pub seq: u16,
    pub prev: u16,
    pub trade: u16,
}

/// One message of a feed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    start: usize,
    len: u32,
    head: u8,
    pub stream: u16,
    /// Opens a stream; a round after the first leaves it out.
    pub once: bool,
    marks: Marks,
    /// `seqId`, `prevSeqId` and `tradeId` of the first round, where the message carries them.
    pub seq_id: Option<i64>,
    prev_id: i64,
    trade_id: u64,
    /// Time since the feed's first message, as recorded.
    pub at_ns: u64,
}

/// One subscription's worth of messages.
#[derive(Clone, Debug)]
pub struct Stream {
    pub channel: String,
    /// `instId`, or what stands in its place (`sprdId`, `instFamily`, `instType`); may be empty.
    pub id: String,
    /// The `arg` as its messages carry it.
    pub arg: String,
    /// Indices of its messages, in order.
    pub(crate) frames: Vec<u32>,
    /// Snapshot and updates, so that a late subscriber needs a snapshot made for it.
    pub incremental: bool,
    /// How far ids move on with each round.
    pub(crate) seq_span: u64,
    pub(crate) trade_span: u64,
}

/// All messages there are to send, in order.
#[derive(Debug, Default)]
pub struct Feed {
    bytes: Vec<u8>,
    frames: Vec<Frame>,
    streams: Vec<Stream>,
    by_key: HashMap<String, u16>,
    /// Length of a round in nanoseconds; `None`: the feed ends.
    round_ns: Option<u64>,
}

/// A message on its way into a feed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Draft {
    pub stream: u16,
    pub once: bool,
    pub marks: Marks,
    pub seq_id: Option<i64>,
    pub prev_id: i64,
    pub trade_id: u64,
    pub at_ns: u64,
}

impl Feed {
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }

    pub fn len(&self) -> usize {
        self.frames.len()
    }

    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Goes round for ever, or ends after the last message.
    pub fn is_endless(&self) -> bool {
        self.round_ns.is_some()
    }

    pub(crate) fn round_ns(&self) -> Option<u64> {
        self.round_ns
    }

    pub(crate) fn close_round(&mut self, round_ns: u64) {
        self.round_ns = Some(round_ns);
    }

    /// Ids of everything that has a stream here, in order of first appearance.
    pub fn instruments(&self) -> Vec<String> {
        let mut seen = HashSet::new();
        let ids = self.streams.iter().map(|stream| &stream.id);
        ids.filter(|id| !id.is_empty() && seen.insert(*id)).cloned().collect()
    }

    /// The stream an `arg` names, if this feed has it. The order of an arg's keys does not matter.
    pub fn find(&self, arg: &Value) -> Option<u16> {
        self.by_key.get(&key(arg)?).copied()
    }

    pub(crate) fn stream(&self, id: u16) -> &Stream {
        self.streams.get(usize::from(id)).expect("stream ids come from this feed")
    }

    pub(crate) fn stream_mut(&mut self, id: u16) -> &mut Stream {
        self.streams.get_mut(usize::from(id)).expect("stream ids come from this feed")
    }

    pub(crate) fn frame(&self, at: usize) -> Option<&Frame> {
        self.frames.get(at)
    }

    /// Finds or makes the stream of an `arg`; `None` if it is no arg, or there are too many streams.
    pub(crate) fn add_stream(&mut self, arg: &str) -> Option<u16> {
        let value: Value = serde_json::from_str(arg).ok()?;
        let key = key(&value)?;
        if let Some(&known) = self.by_key.get(&key) {
            return Some(known);
        }
        let new = u16::try_from(self.streams.len()).ok()?;
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        self.streams.push(Stream {
            channel: text("channel")?,
            id: ["instId", "sprdId", "instFamily", "instType"].into_iter().find_map(text).unwrap_or_default(),
            arg: arg.to_owned(),
            frames: Vec::new(),
            incremental: false,
            seq_span: 0,
            trade_span: 0,
        });
        self.by_key.insert(key, new);
        Some(new)
    }

    pub(crate) fn push(&mut self, payload: &str, draft: Draft) {
        let start = self.bytes.len();
        encode(Role::Server, Opcode::Text, payload.as_bytes(), [0; 4], &mut self.bytes);
        let len = self.bytes.len() - start;
        let index = u32::try_from(self.frames.len()).expect("a feed is far smaller than 2^32 messages");
        self.stream_mut(draft.stream).frames.push(index);
        self.frames.push(Frame {
            start,
            len: u32::try_from(len).expect("a message is far smaller than 4 GB"),
            head: u8::try_from(len - payload.len()).expect("a frame's head has at most 10 bytes"),
            stream: draft.stream,
            once: draft.once,
            marks: draft.marks,
            seq_id: draft.seq_id,
            prev_id: draft.prev_id,
            trade_id: draft.trade_id,
            at_ns: draft.at_ns,
        });
    }

    /// Messages of each round, openings left out.
    pub(crate) fn told(&self) -> usize {
        self.frames.iter().filter(|frame| !frame.once).count()
    }

    /// Marks everything from this message on as an opening.
    pub(crate) fn open_once(&mut self, from: usize) {
        for frame in self.frames.iter_mut().skip(from) {
            frame.once = true;
        }
    }

    /// Puts the messages into the order of their times, which are stretched so that a round takes `round_ns`.
    /// Messages of one time stay as they came.
    pub(crate) fn arrange(&mut self, before_ns: u64, round_ns: u64) {
        for frame in &mut self.frames {
            frame.at_ns = (u128::from(frame.at_ns) * u128::from(round_ns) / u128::from(before_ns.max(1))) as u64;
        }
        self.frames.sort_by_key(|frame| frame.at_ns);
        for stream in &mut self.streams {
            stream.frames.clear();
        }
        for (index, frame) in self.frames.iter().enumerate() {
            let stream = self.streams.get_mut(usize::from(frame.stream)).expect("stream ids come from this feed");
            stream.frames.push(u32::try_from(index).expect("a feed is far smaller than 2^32 messages"));
        }
        self.bytes.shrink_to_fit();
        self.frames.shrink_to_fit();
        self.close_round(round_ns);
    }

    /// The last message of a stream before the cursor (`at` in `round`), how many of its messages make its state,
    /// and the round they count in. `None`: it has sent nothing yet.
    pub(crate) fn passed(&self, stream: u16, at: usize, round: u64) -> Option<(&Frame, usize, u64)> {
        let frames = &self.stream(stream).frames;
        let (count, round) = match (frames.partition_point(|&index| (index as usize) < at), round) {
            (0, 0) => return None,
            (0, round) => (frames.len(), round - 1),
            passed => passed,
        };
        let last = frames.get(count.checked_sub(1)?)?;
        Some((self.frame(*last as usize)?, count, round))
    }

    /// Applies messages `from` to `to` of a stream to its book.
    pub(crate) fn replay(&self, stream: u16, model: &mut Model, from: usize, to: usize) {
        for &index in self.stream(stream).frames.iter().take(to).skip(from) {
            if let Some(frame) = self.frame(index as usize) {
                // A recording may hold a message nobody can apply; it is served as it is, and changes no book.
                let _ = model.apply(self.payload(frame));
            }
        }
    }

    pub(crate) fn wire_len(frame: &Frame) -> usize {
        frame.len as usize
    }

    /// The text of a message as prepared.
    pub(crate) fn payload(&self, frame: &Frame) -> &str {
        let end = frame.start + frame.len as usize;
        let text = self.bytes.get(frame.start + usize::from(frame.head)..end);
        std::str::from_utf8(text.expect("frames lie inside the feed's bytes")).expect("payloads came in as text")
    }

    /// `seqId` of a message in a given round.
    pub(crate) fn seq_in_round(&self, frame: &Frame, round: u64) -> Option<i64> {
        let moved = self.stream(frame.stream).seq_span * round;
        frame.seq_id.map(|seq| seq.saturating_add_unsigned(moved))
    }

    /// Appends the frame, its digits set for this round and time.
    pub(crate) fn write(&self, frame: &Frame, round: u64, ts_ms: u64, out: &mut Vec<u8>) {
        let source = self.bytes.get(frame.start..frame.start + frame.len as usize);
        let from = out.len() + usize::from(frame.head);
        out.extend_from_slice(source.expect("frames lie inside the feed's bytes"));
        let Marks { ts, seq, prev, trade } = frame.marks;
        if ts != 0 {
            digits(out, from + usize::from(ts), TS_DIGITS, ts_ms);
        }
        if round == 0 {
            return; // the ids are those of the first round already
        }
        let stream = self.stream(frame.stream);
        let moved = stream.seq_span * round;
        if seq != 0 {
            digits(out, from + usize::from(seq), SEQ_DIGITS, frame.seq_id.unwrap_or(0).cast_unsigned() + moved);
        }
        if prev != 0 {
            digits(out, from + usize::from(prev), SEQ_DIGITS, frame.prev_id.cast_unsigned() + moved);
        }
        if trade != 0 {
            digits(out, from + usize::from(trade), TRADE_DIGITS, frame.trade_id + stream.trade_span * round);
        }
    }
}

fn digits(out: &mut [u8], at: usize, width: usize, mut value: u64) {
    let field = out.get_mut(at..at + width).expect("marks lie inside their frame");
    for digit in field.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// An arg as one text whatever the order of its keys (`serde_json`'s map is sorted).
fn key(arg: &Value) -> Option<String> {
    let mut fields = arg.as_object()?.clone();
    fields.remove("extraParams");
    fields.get("channel")?.as_str()?;
    Some(Value::Object(fields).to_string())
}
