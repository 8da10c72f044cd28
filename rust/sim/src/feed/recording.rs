//! A recording: JSONL lines, each a raw message or an envelope `{"recv": seconds, "conn": name, "msg": message}`.
//!
//! Messages go out byte for byte as recorded. Acks and other control events are left out: those are the server's own.

use std::collections::HashMap;
use std::fmt;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::feed::frames::{Draft, Feed};
use crate::feed::pace::whole;

/// A line that is no message of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingError {
    /// Counted from 1; 0: the recording as a whole.
    pub line: usize,
    pub what: String,
}

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "recording: {}", self.what),
            line => write!(f, "recording, line {line}: {}", self.what),
        }
    }
}

impl std::error::Error for RecordingError {}

/// Reads the data messages of one recorded connection: `conn`, or the first one seen. Lines without a connection's
/// name belong to every connection.
pub fn read(text: &str, conn: Option<&str>) -> Result<Feed, RecordingError> {
    let mut feed = Feed::default();
    let mut conn = conn.map(str::to_owned);
    let mut first_recv = None;
    let mut at_ns = 0;
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let fail = |what: &str| RecordingError { line: number + 1, what: what.to_owned() };
        let outer = object(line).ok_or_else(|| fail("not a JSON object"))?;
        let message = match outer.get("msg") {
            // An error event has a `msg` of its own, but that is a text.
            Some(inner) if inner.get().starts_with('{') => inner.get(),
            _ => line.trim(),
        };
        let name = outer.get("conn").map(|name| name.get().trim_matches('"'));
        if name.is_some_and(|name| conn.get_or_insert_with(|| name.to_owned()) != name) {
            continue;
        }
        let fields = object(message).ok_or_else(|| fail("the message is not a JSON object"))?;
        let (Some(arg), Some(data)) = (fields.get("arg"), fields.get("data")) else { continue };
        if let Some(recv) = outer.get("recv").and_then(|recv| recv.get().parse::<f64>().ok()) {
            let since = recv - *first_recv.get_or_insert(recv);
            at_ns = at_ns.max(whole(since.max(0.0) * 1e9));
        }
        let stream = feed.add_stream(arg.get()).ok_or_else(|| fail("the message's arg has no channel"))?;
        let seq_id = seq_id(data.get());
        let action = fields.get("action").map(|action| action.get());
        if action.is_some() {
            feed.stream_mut(stream).incremental = true;
        }
        let once = action == Some("\"snapshot\"");
        feed.push(message, Draft { stream, once, seq_id, at_ns, ..Draft::default() });
    }
    if feed.is_empty() {
        let what = match conn {
            Some(name) => format!("no data message on connection {name:?}"),
            None => "no data message".to_owned(),
        };
        return Err(RecordingError { line: 0, what });
    }
    Ok(feed)
}

fn object(text: &str) -> Option<HashMap<String, &RawValue>> {
    serde_json::from_str(text).ok()
}

fn seq_id(data: &str) -> Option<i64> {
    let rows: Vec<&RawValue> = serde_json::from_str(data).ok()?;
    let row: Value = serde_json::from_str(rows.last()?.get()).ok()?;
    row.get("seqId")?.as_i64()
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPDATE: &str =
        r#"{"arg":{"channel":"books","instId":"A"}, "action":"update","data":[{"asks":[],"bids":[],"ts":"1","seqId":9,"prevSeqId":8}]}"#;

    fn payloads(feed: &Feed) -> Vec<&str> {
        (0..feed.len()).filter_map(|at| feed.frame(at)).map(|frame| feed.payload(frame)).collect()
    }

    #[test]
    fn raw_lines_and_envelopes_are_served_byte_for_byte() {
        let text = format!("{UPDATE}\n\n{{\"recv\":12.5,\"conn\":\"1\",\"msg\":{UPDATE}}}\n");
        let feed = read(&text, None).expect("a recording");
        assert_eq!(payloads(&feed), [UPDATE, UPDATE]);
        assert_eq!(feed.frame(0).and_then(|f| f.seq_id), Some(9));
    }

    #[test]
    fn control_events_are_not_replayed() {
        let text = format!(
            "{{\"event\":\"error\",\"msg\":\"x\",\"code\":\"1\"}}\n{{\"event\":\"subscribe\",\"arg\":{{\"channel\":\"books\"}}}}\n{UPDATE}"
        );
        assert_eq!(payloads(&read(&text, None).expect("a recording")).len(), 1);
    }

    #[test]
    fn one_recorded_connection_is_chosen() {
        let line = |conn: &str, at: f64| format!("{{\"recv\":{at},\"conn\":\"{conn}\",\"msg\":{UPDATE}}}\n");
        let text = format!("{}{}{}", line("1", 5.0), line("2", 5.5), line("1", 6.0));
        let first = read(&text, None).expect("a recording");
        assert_eq!(first.len(), 2);
        assert_eq!(first.frame(1).map(|f| f.at_ns), Some(1_000_000_000));
        assert_eq!(read(&text, Some("2")).expect("a recording").len(), 1);
        let error = read(&text, Some("3")).expect_err("there is no such connection");
        assert_eq!(error.to_string(), "recording: no data message on connection \"3\"");
    }

    #[test]
    fn a_bad_line_is_named() {
        let error = read(&format!("{UPDATE}\nnot json"), None).expect_err("line 2 is not JSON");
        assert_eq!(error.to_string(), "recording, line 2: not a JSON object");
    }
}
