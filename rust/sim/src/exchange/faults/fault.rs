//! One registered fault: what it is, when it may strike, and how often it did.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::exchange::faults::ill::Ill;
use crate::exchange::faults::params::Params;
use crate::exchange::io::{ConnId, MILLI, Nanos};

/// `at_ms` from here on is a time since 1970; below, since the fault was registered.
const UNIX_MS: u64 = 1_000_000_000_000;

#[derive(Debug, Serialize, Deserialize)]
pub struct Fault {
    pub id: u64,
    /// As given: what the list shows.
    pub given: Map<String, Value>,
    pub ill: Ill,
    /// Strikes each time it is armed.
    pub count: u32,
    pub left: u32,
    pub from: Nanos,
    pub every: Option<Nanos>,
    pub until: Option<Nanos>,
    /// Only on this connection.
    pub conn: Option<ConnId>,
    pub hits: u64,
    /// A spell that has begun.
    pub on: bool,
    /// The frame struck last: its other subscribers get the same, and it counts once.
    #[serde(skip)]
    pub struck: Option<(Nanos, Arc<[u8]>)>,
}

impl Fault {
    /// An error names kind and field.
    pub fn read(id: u64, given: &Map<String, Value>, now: Nanos) -> Result<Self, String> {
        let kind = given.get("kind").and_then(Value::as_str).ok_or("kind: expected the name of a fault")?;
        let mut p = Params::new(kind, given);
        let ill = Ill::read(&mut p)?;
        // Without a count, `for_ms` strikes all there is in that time.
        let lasts = p.millis("for_ms")?;
        let count = p.count("count", if lasts.is_some() { u32::MAX } else { 1 })?;
        let at = p.int("at_ms")?;
        let every = p.int("every_ms")?.map(|ms| ms.max(1).saturating_mul(MILLI));
        let conn = p.int("conn")?;
        p.finish()?;
        let from = match at {
            None => now,
            Some(ms) if ms >= UNIX_MS => ms.saturating_mul(MILLI),
            Some(ms) => now.saturating_add(ms.saturating_mul(MILLI)),
        };
        let lasts = match &ill {
            Ill::RefuseConnect { lasts } | Ill::Maintenance { lasts, .. } => Some(*lasts),
            _ => lasts,
        };
        let until = lasts.map(|lasts| from.saturating_add(lasts));
        Ok(Self { id, given: given.clone(), ill, count, left: count, from, every, until, conn, hits: 0, on: false, struck: None })
    }

    /// May it strike now?
    pub fn is_live(&self, now: Nanos) -> bool {
        self.left > 0 && self.from <= now && self.until.is_none_or(|until| now < until)
    }

    /// It will never strike again.
    pub fn is_spent(&self, now: Nanos) -> bool {
        self.every.is_none() && !self.on && (self.left == 0 || self.until.is_some_and(|until| until <= now))
    }

    pub fn hit(&mut self) {
        self.left = self.left.saturating_sub(1);
        self.hits += 1;
    }

    /// The time of a command or spell has come and is over: `every_ms` sets the next one.
    pub fn rearm(&mut self, now: Nanos) {
        let Some(every) = self.every else { return };
        self.step(now.saturating_add(every));
    }

    /// A blow whose time has come again.
    pub fn renew(&mut self, now: Nanos) {
        self.step(now);
    }

    /// To the last of its times that is not after `to`.
    fn step(&mut self, to: Nanos) {
        let Some(every) = self.every.filter(|_| self.from <= to) else { return };
        let by = (to - self.from) / every * every;
        self.from = self.from.saturating_add(by);
        self.until = self.until.map(|until| until.saturating_add(by));
        self.left = self.count;
    }

    pub fn show(&self, now: Nanos) -> Value {
        let mut shown = self.given.clone();
        shown.insert("id".into(), json!(self.id));
        shown.insert("left".into(), json!(self.left));
        shown.insert("hits".into(), json!(self.hits));
        shown.insert("from_ms".into(), json!(self.from / MILLI));
        shown.insert("active".into(), json!(self.on || self.is_live(now)));
        Value::Object(shown)
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::exchange::faults::ill::KINDS;

    fn read(given: &Value) -> Result<Fault, String> {
        Fault::read(1, given.as_object().expect("an object"), 1_000 * MILLI)
    }

    #[test]
    fn an_error_names_kind_and_field() {
        for (given, says) in [
            (json!({}), "kind: expected"),
            (json!({"kind": "gap"}), "no such fault: gap"),
            (json!({"kind": "book_gap", "inst": "X"}), "book_gap: inst: no such field (there are kind, channel, instId, "),
            (json!({"kind": "book_gap", "count": 0}), "book_gap: count: expected a count of 1 or more, got 0"),
            (json!({"kind": "book_gap", "at_ms": -1}), "book_gap: at_ms: expected a whole number of 0 or more, got -1"),
            (json!({"kind": "latency", "us": 5}), "latency: path: expected one of inbound, outbound, push, ack, got nothing"),
            (json!({"kind": "latency", "path": "ack"}), "latency: us, or median and sigma, are needed"),
            (json!({"kind": "close", "code": 1005}), "close: code: expected a close code that may be sent, got 1005"),
            (json!({"kind": "close", "path": "rest"}), "close: path: expected one of public, private, business, got \"rest\""),
            (json!({"kind": "refuse_connect"}), "refuse_connect: ms: expected a whole number of 0 or more, got nothing"),
            (json!({"kind": "maintenance", "ms": 5, "code": "50002"}), "maintenance: code: expected one of 50001"),
            (json!({"kind": "error", "op": "order"}), "error: code: expected an error code, got nothing"),
            (json!({"kind": "error", "code": "abc"}), "error: code: expected five digits, got \"abc\""),
            (json!({"kind": "fill_probability", "p": 1.5}), "fill_probability: p: expected a decimal from 0 to 1, got 1.5"),
            (json!({"kind": "partial_fill", "schedule": [{"after_ms": 5}]}), "partial_fill: schedule: sz: expected a decimal above 0"),
            (json!({"kind": "clock_skew"}), "clock_skew: ms: expected a whole number, ten years at most, got nothing"),
        ] {
            let error = read(&given).expect_err("it is wrong");
            assert!(error.contains(says), "{given}: {error}");
        }
    }

    #[test]
    fn every_kind_is_read_with_what_it_needs() {
        for kind in KINDS {
            let mut given = json!({"kind": kind, "ms": 5, "path": "ack", "us": 5, "code": "50001", "channel": "orders", "p": 0.5});
            given["schedule"] = json!([{"sz": "1"}]);
            // Fields are taken away until none is unknown: each kind must then be complete.
            let fault = loop {
                match read(&given) {
                    Ok(fault) => break fault,
                    Err(error) if error.contains("no such field") || error.contains("path:") || error.contains("code:") => {
                        let name = error.split(": ").nth(1).expect("it names the field").to_owned();
                        assert!(given.as_object_mut().expect("an object").remove(&name).is_some(), "{error}");
                    }
                    Err(error) => panic!("{error}"),
                }
            };
            assert_eq!((fault.count, fault.left, fault.is_live(1_000 * MILLI)), (1, 1, true), "{kind}");
        }
    }

    #[test]
    fn a_schedule_counts_from_registration_or_from_1970() {
        let fault = read(&json!({"kind": "book_gap", "at_ms": 500, "every_ms": 100, "count": 2})).expect("right");
        assert_eq!((fault.from, fault.count), (1_500 * MILLI, 2));
        assert!(!fault.is_live(1_499 * MILLI) && fault.is_live(1_500 * MILLI));
        let fault = read(&json!({"kind": "book_gap", "at_ms": UNIX_MS, "for_ms": 10})).expect("right");
        assert_eq!((fault.from, fault.count, fault.until), (UNIX_MS * MILLI, u32::MAX, Some((UNIX_MS + 10) * MILLI)));
    }

    #[test]
    fn a_repeated_fault_is_armed_anew_each_time() {
        let mut fault = read(&json!({"kind": "book_gap", "every_ms": 100})).expect("right");
        fault.hit();
        assert!(!fault.is_live(1_050 * MILLI) && !fault.is_spent(1_050 * MILLI));
        fault.rearm(1_000 * MILLI);
        assert!(!fault.is_live(1_050 * MILLI) && fault.is_live(1_100 * MILLI));
        fault.hit();
        fault.renew(1_350 * MILLI);
        assert_eq!((fault.from, fault.left), (1_300 * MILLI, 1));
    }
}
