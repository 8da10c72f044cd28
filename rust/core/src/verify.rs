//! Judges a recording: every book message in it, checked and applied as a live one would be, but without giving up.
//!
//! A live book stops at the first fault and asks OKX for a snapshot. A recording cannot answer, so here a fault is
//! counted and the message applied all the same. Before a stream's first snapshot neither chain nor checksum can be
//! judged.

use crate::book::{Link, Quote, SeqChain, Side, checksum, digest, hex};
use crate::channel::{Arg, Channel, Payload};
use crate::error::Error;
use crate::msg::book::{self, Action, BookMsg};
use crate::msg::{Field, split_arg, ticker, trade};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One book stream of a recording: a subscription on one connection.
#[derive(Debug)]
struct Stream {
    conn: String,
    channel: &'static Channel,
    inst_id: String,
    bids: Side,
    asks: Side,
    chain: SeqChain,
    started: bool,
    count: Count,
}

#[derive(Debug, Default)]
struct Count {
    messages: u64,
    snapshots: u64,
    updates: u64,
    sum_ok: u64,
    sum_bad: u64,
    sum_zero: u64,
    gaps: u64,
}

/// Reads a recording line by line.
#[derive(Debug, Default)]
pub struct Verifier {
    streams: Vec<Stream>,
    msg: BookMsg,
    text: Vec<u8>,
}

impl Verifier {
    /// One line: a frame as it came, or an envelope `{"recv": seconds, "conn": name, "msg": frame}`.
    /// Control events and channels without a decoder pass; an unreadable line is an error.
    /// `false`: the line is JSON, but nothing that OKX sends.
    pub fn line(&mut self, line: &[u8]) -> Result<bool, Error> {
        let line = line.trim_ascii();
        if line.is_empty() || line == b"pong" {
            return Ok(true);
        }
        if !line.starts_with(b"{\"arg\"") {
            let parts = serde_json::from_slice::<BTreeMap<String, &RawValue>>(line).map_err(|_| Error::not_okx(line))?;
            // Events and answers to orders have a `msg`, too: a text.
            if let Some(frame) = parts.get("msg").filter(|msg| msg.get().starts_with('{')) {
                let conn = parts.get("conn").and_then(|c| serde_json::from_str::<Value>(c.get()).ok());
                let conn = conn.map_or_else(String::new, |c| c.as_str().map_or_else(|| c.to_string(), str::to_owned));
                return self.frame(&conn, frame.get().as_bytes());
            }
        }
        self.frame("", line)
    }

    fn frame(&mut self, conn: &str, frame: &[u8]) -> Result<bool, Error> {
        let value = serde_json::from_slice::<Value>(frame).map_err(|_| Error::not_okx(frame))?;
        if value.get("event").is_some() || value.get("op").is_some() {
            return Ok(true);
        }
        let Some(arg) = value.get("data").and(value.get("arg")).and_then(Arg::from_value) else { return Ok(false) };
        let Some(channel) = Channel::find(&arg.channel) else { return Ok(true) };
        let push = Field { channel: &arg.channel, inst_id: arg.inst_id(), value: &value };
        let scan = split_arg(frame).map(|(_, scan)| scan);
        match channel.payload {
            Payload::Book | Payload::FullBook => {
                if scan.and_then(|s| book::scan(s, channel, &mut self.msg)).is_none() {
                    book::from_json(push, channel, &mut self.msg)?;
                }
                let Self { streams, msg, text } = self;
                stream(streams, conn, channel, arg.inst_id()).apply(msg, text).map_err(|what| push.wrong(what))?;
            }
            Payload::Trade => {
                let mut trades = Vec::new();
                if scan.and_then(|s| trade::scan(s, arg.inst_id().as_bytes(), &mut trades)).is_none() {
                    trade::from_json(push.need("data", "a push with data")?, &mut trades)?;
                }
            }
            Payload::Ticker => {
                let mut tickers = Vec::new();
                if scan.and_then(|s| ticker::scan(s, &mut tickers)).is_none() {
                    ticker::from_json(push.need("data", "a push with data")?, &mut tickers)?;
                }
            }
            Payload::Raw => {}
        }
        Ok(true)
    }

    /// One JSON object a stream, in the order of their first messages.
    pub fn report(&self) -> Vec<Value> {
        self.streams.iter().map(Stream::report).collect()
    }

    /// Whether every checksum was right and no chain broke.
    pub fn is_clean(&self) -> bool {
        self.streams.iter().all(|s| s.count.sum_bad == 0 && s.count.gaps == 0)
    }
}

fn stream<'a>(streams: &'a mut Vec<Stream>, conn: &str, channel: &'static Channel, inst_id: &str) -> &'a mut Stream {
    let is_it = |s: &Stream| s.channel == channel && s.inst_id == inst_id && s.conn == conn;
    let at = streams.iter().position(is_it).unwrap_or_else(|| {
        streams.push(Stream {
            conn: conn.into(),
            channel,
            inst_id: inst_id.into(),
            bids: Side::bids(),
            asks: Side::asks(),
            chain: SeqChain::default(),
            started: false,
            count: Count::default(),
        });
        streams.len() - 1
    });
    streams.get_mut(at).expect("found, or pushed just now")
}

impl Stream {
    fn apply(&mut self, msg: &BookMsg, text: &mut Vec<u8>) -> Result<(), &'static str> {
        self.count.messages += 1;
        if msg.action == Action::Update {
            self.count.updates += 1;
            if self.started && matches!(self.chain.observe(msg.prev_seq_id, msg.seq_id), Link::Gap { .. }) {
                self.count.gaps += 1;
            }
        } else {
            self.count.snapshots += 1;
            self.started = true;
            self.bids.clear();
            self.asks.clear();
        }
        self.chain.start(msg.seq_id);
        let applied = self.bids.apply(&msg.bids).and_then(|()| self.asks.apply(&msg.asks));
        applied.map_err(|_| "prices that fit 64 bits at one scale")?;
        self.bids.truncate(self.channel.depth);
        self.asks.truncate(self.channel.depth);
        match msg.checksum {
            Some(0) => self.count.sum_zero += 1,
            Some(sum) if self.started => {
                let right = checksum(&self.bids, &self.asks, text) == sum;
                *(if right { &mut self.count.sum_ok } else { &mut self.count.sum_bad }) += 1;
            }
            _ => {}
        }
        Ok(())
    }

    fn report(&self) -> Value {
        let top = |side: &Side| side.iter().take(5).map(|q: Quote| json!([q.px.to_string(), q.sz.to_string()])).collect::<Vec<_>>();
        json!({
            "conn": self.conn, "channel": self.channel.name, "id": self.inst_id,
            "messages": self.count.messages, "snapshots": self.count.snapshots, "updates": self.count.updates,
            "sum_ok": self.count.sum_ok, "sum_bad": self.count.sum_bad, "sum_zero": self.count.sum_zero,
            "gaps": self.count.gaps, "seqId": self.chain.last(),
            "levels": [self.bids.len(), self.asks.len()],
            "bids": top(&self.bids), "asks": top(&self.asks), "digest": hex(&digest(&self.bids, &self.asks)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SNAPSHOT: &str = r#"{"arg":{"channel":"books","instId":"A"},"action":"snapshot","data":[{"asks":[["2","1","0","1"]],"bids":[],"ts":"5","checksum":0,"prevSeqId":-1,"seqId":10}]}"#;

    fn update(prev: i64, seq: i64) -> String {
        SNAPSHOT.replace("snapshot", "update").replace(":10", &format!(":{seq}")).replace("-1", &prev.to_string())
    }

    #[test]
    fn lines_that_are_no_book_messages_pass() {
        let mut verifier = Verifier::default();
        for (line, okxs) in [
            ("", true),
            ("  \r", true),
            ("pong", true),
            (r#"{"event":"error","code":"60012","msg":"{no","connId":"7f"}"#, true),
            (r#"{"event":"login","code":"0","msg":""}"#, true),
            (r#"{"id":"1","op":"order","data":[{"sCode":"0"}],"code":"0","msg":""}"#, true),
            (r#"{"recv":1.5,"conn":"1","msg":{"event":"subscribe","arg":{"channel":"books","instId":"A"}}}"#, true),
            (r#"{"arg":{"channel":"candle1m","instId":"A"},"data":[["1"]]}"#, true),
            (r#"{"hello":1}"#, false),
            (r#"{"recv":1,"msg":"hello"}"#, false),
        ] {
            assert_eq!(verifier.line(line.as_bytes()), Ok(okxs), "{line}");
        }
        assert_eq!(verifier.report(), [] as [Value; 0]);
    }

    #[test]
    fn unreadable_lines_are_errors_and_the_next_line_is_read() {
        let mut verifier = Verifier::default();
        let broken = SNAPSHOT.replace(r#""2""#, r#""2e5""#);
        for line in ["{", "7", &broken] {
            assert!(verifier.line(line.as_bytes()).is_err(), "{line}");
        }
        assert_eq!(verifier.line(SNAPSHOT.as_bytes()), Ok(true));
        assert_eq!(verifier.report().len(), 1);
    }

    #[test]
    fn a_gap_is_counted_once_and_streams_of_two_connections_are_apart() {
        let mut verifier = Verifier::default();
        for (conn, frame) in [("a", SNAPSHOT), ("b", SNAPSHOT), ("a", &update(10, 11)), ("b", &update(12, 13)), ("b", &update(13, 14))] {
            verifier.line(format!(r#"{{"recv":1.5,"conn":"{conn}","msg":{frame}}}"#).as_bytes()).expect("readable");
        }
        let gaps = verifier.report().iter().map(|s| (s.get("conn").cloned(), s.get("gaps").cloned())).collect::<Vec<_>>();
        assert_eq!(gaps, [(Some(json!("a")), Some(json!(0))), (Some(json!("b")), Some(json!(1)))]);
        assert!(!verifier.is_clean());
    }
}
