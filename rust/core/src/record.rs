//! What a session was told, as lines of a recording; and back, so that another session can be told the same.
//!
//! ```text
//! {"recv":1785096000.123456789,"mono":7123456789,"conn":"public","msg":{…}}             a frame that is JSON
//! {"recv":…,"mono":…,"conn":"public","event":"sent","text":"{\"id\":\"s1\",…}"}         everything else
//! ```
//!
//! `recv` is the wall clock in seconds, `mono` the monotonic clock in nanoseconds. Given the same entries in the same
//! order, a session ends in the same state: it reads no clock of its own.

use crate::channel::Arg;
use crate::error::Error;
use crate::session::{Config, LegId};
use crate::time::Stamp;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;

/// What happened. Its text is the frame, the reason, or JSON of one of the functions below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A connection is to be made; the text is [`opened`].
    Open,
    /// The user asked for a subscription; the text is [`subscribed`].
    Subscribe,
    /// The user ended one; the text is its number.
    Unsubscribe,
    Connected,
    Disconnected,
    /// A frame as it came.
    Frame,
    /// A frame of ours; the moment is the one at which the session was asked for it.
    Sent,
    /// A deadline of the session had passed.
    Timeout,
    /// Nothing was read, because the consumer held us up.
    Stall,
    /// The reply to a look-up by REST; the text is [`fetched`].
    Fetched,
    /// The user asked for new connections.
    Reconnect,
    /// The user asked for a new snapshot; the text is the subscription's number.
    Resync,
    /// Something is not in this recording; the text says how much.
    Lost,
}

const NAMES: [(Kind, &str); 13] = [
    (Kind::Open, "open"),
    (Kind::Subscribe, "subscribe"),
    (Kind::Unsubscribe, "unsubscribe"),
    (Kind::Connected, "connected"),
    (Kind::Disconnected, "disconnected"),
    (Kind::Frame, "frame"),
    (Kind::Sent, "sent"),
    (Kind::Timeout, "timeout"),
    (Kind::Stall, "stall"),
    (Kind::Fetched, "fetched"),
    (Kind::Reconnect, "reconnect"),
    (Kind::Resync, "resync"),
    (Kind::Lost, "lost"),
];

impl Kind {
    pub fn as_str(self) -> &'static str {
        NAMES.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    pub fn from_byte(byte: u8) -> Option<Self> {
        NAMES.iter().map(|(kind, _)| *kind).find(|kind| *kind as u8 == byte)
    }
}

/// What is written down of a login: nothing of what was in it.
pub const LOGIN: &str = r#"{"op":"login"}"#;

/// The settings of a session that decide what it does when. Whether it logs in belongs to them, the key does not.
pub fn opened(config: Config, logs_in: bool) -> String {
    json!({
        "ping_after": config.ping_after,
        "pong_within": config.pong_within,
        "answer_within": config.answer_within,
        "first_backoff": config.first_backoff,
        "most_backoff": config.most_backoff,
        "healthy_after": config.healthy_after,
        "redundancy": config.redundancy,
        "rotate_after": config.rotate_after,
        "recover": config.recover,
        "insists": config.insists,
        "scarce": config.scarce,
        "seed": config.seed,
        "logs_in": logs_in,
    })
    .to_string()
}

/// Settings of a recording; one that it does not have is the default.
pub fn opened_from(text: &str) -> Option<(Config, bool)> {
    let value = serde_json::from_str::<Value>(text).ok().filter(Value::is_object)?;
    let number = |key: &str, default: u64| value.get(key).and_then(Value::as_u64).unwrap_or(default);
    let flag = |key: &str| value.get(key).and_then(Value::as_bool).unwrap_or(false);
    let usual = Config::default();
    let config = Config {
        ping_after: number("ping_after", usual.ping_after),
        pong_within: number("pong_within", usual.pong_within),
        answer_within: number("answer_within", usual.answer_within),
        first_backoff: number("first_backoff", usual.first_backoff),
        most_backoff: number("most_backoff", usual.most_backoff),
        healthy_after: number("healthy_after", usual.healthy_after),
        redundancy: number("redundancy", 1).clamp(1, 2) as u8,
        rotate_after: number("rotate_after", usual.rotate_after),
        recover: flag("recover"),
        insists: flag("insists"),
        scarce: number("scarce", usual.scarce),
        seed: number("seed", usual.seed),
    };
    Some((config, flag("logs_in")))
}

/// The reply to a look-up: its number, and the body or why there is none.
pub fn fetched(id: u64, reply: Result<&[u8], &str>) -> String {
    json!([id, reply.is_ok(), reply.map_or_else(Into::into, String::from_utf8_lossy)]).to_string()
}

pub fn fetched_from(text: &str) -> Option<(u64, Result<Vec<u8>, String>)> {
    let (id, is_ok, said) = serde_json::from_str::<(u64, bool, String)>(text).ok()?;
    Some((id, if is_ok { Ok(said.into_bytes()) } else { Err(said) }))
}

/// As pairs, since the order of parameters counts.
pub fn subscribed(arg: &Arg) -> String {
    json!([arg.channel, arg.params]).to_string()
}

pub fn subscribed_from(text: &str) -> Option<Arg> {
    let (channel, params) = serde_json::from_str(text).ok()?;
    Some(Arg { channel, params })
}

/// Appends one line. `text` may be anything: what a line cannot hold as it is goes in as a JSON string, bytes that are
/// not UTF-8 as numbers.
pub fn write_line(out: &mut Vec<u8>, conn: &str, kind: Kind, at: Stamp, text: &[u8]) {
    let conn = Value::from(conn);
    let (seconds, nanos) = (at.wall_ns / 1_000_000_000, at.wall_ns % 1_000_000_000);
    _ = write!(out, "{{\"recv\":{seconds}.{nanos:09},\"mono\":{},\"conn\":{conn},", at.mono_ns);
    // Only the writer's thread looks so closely: a frame is wrapped as it stands if it reads back to the byte.
    let is_whole = kind == Kind::Frame && text.starts_with(b"{") && !text.iter().any(|b| matches!(b, b'\n' | b'\r'));
    if is_whole && serde_json::from_slice::<&RawValue>(text).is_ok_and(|raw| raw.get().len() == text.len()) {
        out.extend_from_slice(b"\"msg\":");
        out.extend_from_slice(text);
    } else {
        let said = std::str::from_utf8(text).map_or_else(|_| json!(text), Value::from);
        _ = write!(out, "\"event\":\"{}\",\"text\":{said}", kind.as_str());
    }
    out.extend_from_slice(b"}\n");
}

/// One line of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub conn: String,
    pub kind: Kind,
    /// None: the line does not tell. Without a monotonic clock, the wall clock stands in for it.
    pub at: Option<Stamp>,
    pub text: Vec<u8>,
    /// A recording of ours, made to be played again: connections, requests and deadlines are in it.
    pub is_ours: bool,
}

impl Entry {
    /// The session of this entry, and which of its connections: `public#2/1` is the second of session `public#2`.
    pub fn connection(&self) -> (&str, LegId) {
        let parts = self.conn.rsplit_once('/').and_then(|(name, leg)| Some((name, leg.parse().ok()?)));
        match parts {
            Some((name, leg)) => (name, LegId(leg)),
            None => (&self.conn, LegId::FIRST),
        }
    }

    /// Reads a line: one of [`write_line`], `{"recv": seconds, "conn": name, "msg": frame}`, or a frame alone.
    pub fn parse(line: &[u8]) -> Result<Self, Error> {
        Self::read(line).ok_or_else(|| Error::not_okx(line))
    }

    fn read(line: &[u8]) -> Option<Self> {
        let line = line.trim_ascii();
        let bare = |text: &[u8]| Self { conn: String::new(), kind: Kind::Frame, at: None, text: text.to_vec(), is_ours: false };
        if line == b"pong" || line.starts_with(b"{\"arg\"") {
            return Some(bare(line));
        }
        let parts = serde_json::from_slice::<BTreeMap<String, &RawValue>>(line).ok()?;
        let text_of = |name| parts.get(name).and_then(|v| serde_json::from_str::<String>(v.get()).ok());
        let mono = parts.get("mono").and_then(|v| v.get().parse::<u64>().ok());
        let wall_ns = parts.get("recv").and_then(|v| nanos(v.get()));
        let at = wall_ns.map(|wall_ns| Stamp { mono_ns: mono.unwrap_or(wall_ns), wall_ns });
        let conn = parts.get("conn").map_or_else(String::new, |c| text_of("conn").unwrap_or_else(|| c.get().to_owned()));
        let entry = |kind, text| Some(Self { conn: conn.clone(), kind, at, text, is_ours: mono.is_some() });
        // Events and answers to orders have a `msg`, too: a text.
        if let Some(frame) = parts.get("msg").filter(|msg| msg.get().starts_with('{')) {
            return entry(Kind::Frame, frame.get().as_bytes().to_vec());
        }
        if mono.is_none() {
            return Some(bare(line));
        }
        let name = text_of("event")?;
        let (kind, _) = NAMES.iter().find(|(_, known)| *known == name)?;
        let said = parts.get("text")?.get();
        let text = serde_json::from_str::<String>(said).map(String::into_bytes).or_else(|_| serde_json::from_str(said)).ok()?;
        entry(*kind, text)
    }
}

/// Seconds as nanoseconds, without a float in between.
fn nanos(seconds: &str) -> Option<u64> {
    let (whole, part) = seconds.split_once('.').unwrap_or((seconds, ""));
    let digits = part.get(..part.len().min(9))?;
    let scale = 10u64.pow(9 - digits.len() as u32);
    let part = if digits.is_empty() { 0 } else { digits.parse::<u64>().ok()? * scale };
    whole.parse::<u64>().ok()?.checked_mul(1_000_000_000)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const AT: Stamp = Stamp { mono_ns: 77, wall_ns: 1_785_096_000_000_000_007 };

    fn line(kind: Kind, text: &[u8]) -> String {
        let mut out = Vec::new();
        write_line(&mut out, "public", kind, AT, text);
        String::from_utf8(out).expect("JSON")
    }

    #[test]
    fn a_frame_stands_in_its_line_as_it_came() {
        let want = "{\"recv\":1785096000.000000007,\"mono\":77,\"conn\":\"public\",\"msg\":{\"a\": 1.50}}\n";
        assert_eq!(line(Kind::Frame, br#"{"a": 1.50}"#), want);
    }

    #[test]
    fn what_is_no_json_of_one_line_is_a_text() {
        for frame in ["pong", "{\"a\":\n1}", "{", "{}x", " {}", "", "\u{7}\""] {
            let line = line(Kind::Frame, frame.as_bytes());
            assert!(line.contains("\"event\":\"frame\",\"text\":\"") && line.matches('\n').count() == 1, "{line}");
        }
    }

    #[test]
    fn settings_and_subscriptions_come_back() {
        let arg = Arg { channel: "liquidation-orders".into(), params: vec![("instType".into(), "SWAP".into()), ("a".into(), "\"".into())] };
        assert_eq!(subscribed_from(&subscribed(&arg)), Some(arg));
        let config = Config { ping_after: 1, pong_within: 2, answer_within: u64::MAX, redundancy: 2, recover: true, ..Config::default() };
        assert_eq!(opened_from(&opened(config, true)), Some((config, true)));
        assert_eq!(fetched_from(&fetched(7, Ok(b"{}"))), Some((7, Ok(b"{}".to_vec()))));
        assert_eq!(fetched_from(&fetched(8, Err("no"))), Some((8, Err("no".to_owned()))));
    }

    #[test]
    fn recordings_of_others_are_read() {
        let frame = br#"{"arg":{"channel":"books"}}"#;
        let bare = Entry { conn: String::new(), kind: Kind::Frame, at: None, text: frame.to_vec(), is_ours: false };
        assert_eq!(Entry::parse(frame), Ok(bare.clone()));
        let line = br#"{"recv":1.5,"conn":2,"msg":{"arg":{"channel":"books"}}}"#;
        let at = Some(Stamp { mono_ns: 1_500_000_000, wall_ns: 1_500_000_000 });
        assert_eq!(Entry::parse(line), Ok(Entry { conn: "2".into(), at, ..bare }));
        let error = br#"{"event":"error","code":"60012","msg":"no"}"#;
        assert_eq!(Entry::parse(error).map(|e| e.text), Ok(error.to_vec()));
        for bad in ["", "{", "7", "{\"recv\":1,\"mono\":1,\"event\":\"other\",\"text\":\"\"}"] {
            assert!(Entry::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_come_back_as_they_were(kind in 0..10u8, text in prop::collection::vec(any::<u8>(), 0..60), words in "[{}\":a1,\\[\\] ]{0,12}") {
            let kind = Kind::from_byte(kind).expect("there are ten");
            for text in [text, words.into_bytes()] {
                let entry = Entry::parse(line(kind, &text).as_bytes()).expect("our own line");
                prop_assert_eq!((entry.kind, entry.at, entry.text, entry.is_ours), (kind, Some(AT), text, true));
            }
        }

        #[test]
        fn no_line_makes_it_panic(line in prop::collection::vec(any::<u8>(), 0..80), said in "\\{\"recv\":[0-9.e-]{0,30},\"mono\":[0-9]{0,22},\"event\":\"sent\"\\}") {
            _ = (Entry::parse(&line), Entry::parse(said.as_bytes()));
        }
    }
}
