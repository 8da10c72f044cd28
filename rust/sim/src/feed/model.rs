//! The server's own book: a sorted map, slow and plain.
//!
//! It is not core's book on purpose: what the simulator says about a book must not come from the code under test.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

/// Levels that count for a checksum, each side.
const CHECKED: usize = 25;
/// Digits after the point that prices are compared with.
const SCALE: usize = 18;

/// A level as its message had it: `["px","sz",…]`.
#[derive(Clone, Debug)]
struct Row(Box<str>);

impl Row {
    fn px(&self) -> &str {
        self.field(1)
    }

    fn sz(&self) -> &str {
        self.field(3)
    }

    fn field(&self, at: usize) -> &str {
        self.0.split('"').nth(at).expect("a row was read before it was kept")
    }
}

/// A message of a book, its numbers and levels as they stand there.
#[derive(Deserialize)]
struct Push<'a> {
    #[serde(borrow)]
    action: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Vec<Data<'a>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, default)]
    asks: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    bids: Vec<&'a RawValue>,
    #[serde(borrow)]
    ts: Option<&'a RawValue>,
    #[serde(borrow)]
    checksum: Option<&'a RawValue>,
    #[serde(borrow, rename = "seqId")]
    seq_id: Option<&'a RawValue>,
}

/// One book, replayed from its messages.
#[derive(Clone, Debug, Default)]
pub struct Model {
    bids: BTreeMap<i128, Row>,
    asks: BTreeMap<i128, Row>,
    seq_id: Option<i64>,
    ts: String,
    checksum: Option<i64>,
}

impl Model {
    /// Applies one data message; anything that is no book message is refused with a reason.
    pub fn apply(&mut self, message: &str) -> Result<(), String> {
        let push: Push<'_> = serde_json::from_str(message).map_err(|e| e.to_string())?;
        let data = push.data.first().ok_or("empty data")?;
        if push.action.is_none_or(|action| action.get() == "\"snapshot\"") {
            self.bids.clear();
            self.asks.clear();
        }
        for (levels, side) in [(&data.bids, &mut self.bids), (&data.asks, &mut self.asks)] {
            for level in levels {
                apply_row(side, level.get())?;
            }
        }
        let number = |field: Option<&RawValue>| field.and_then(|v| v.get().parse().ok());
        self.seq_id = number(data.seq_id);
        self.checksum = number(data.checksum);
        data.ts.map_or("", RawValue::get).trim_matches('"').clone_into(&mut self.ts);
        Ok(())
    }

    pub fn seq_id(&self) -> Option<i64> {
        self.seq_id
    }

    /// Levels held: bids, asks.
    pub fn levels(&self) -> (usize, usize) {
        (self.bids.len(), self.asks.len())
    }

    /// What the last message said its checksum was.
    pub fn told_checksum(&self) -> Option<i64> {
        self.checksum
    }

    /// OKX's checksum: best 25 a side, alternating, texts as received, CRC-32 read as signed.
    pub fn checksum(&self) -> i32 {
        let mut text = String::new();
        let mut bids = self.bids.values().rev();
        let mut asks = self.asks.values();
        for _ in 0..CHECKED {
            for row in [bids.next(), asks.next()].into_iter().flatten() {
                let _ = write!(text, "{}:{}:", row.px(), row.sz());
            }
        }
        crc32fast::hash(text.trim_end_matches(':').as_bytes()).cast_signed()
    }

    /// SHA-256 over `bids\n`, `px:sz\n` by rising price, `asks\n`, then the same: one text for one book.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for (name, side) in [("bids\n", &self.bids), ("asks\n", &self.asks)] {
            hash.update(name);
            for row in side.values() {
                hash.update(format!("{}:{}\n", row.px(), row.sz()));
            }
        }
        hash.finalize().iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// A snapshot message of this book, as OKX would send it to a client that subscribes now.
    /// Ids and checksum appear when the stream carries them; `seq_id` and `ts` replace the last message's.
    pub fn snapshot(&self, arg: &str, seq_id: Option<i64>, ts: Option<u64>) -> String {
        let rows = |rows: &mut dyn Iterator<Item = &Row>| rows.map(|row| &*row.0).collect::<Vec<_>>().join(",");
        let mut text = format!(
            r#"{{"arg":{arg},"action":"snapshot","data":[{{"asks":[{}],"bids":[{}],"ts":"{}""#,
            rows(&mut self.asks.values()),
            rows(&mut self.bids.values().rev()),
            ts.map_or_else(|| self.ts.clone(), |ts| ts.to_string()),
        );
        match self.checksum {
            Some(0) => text.push_str(r#","checksum":0"#),
            Some(_) => {
                let _ = write!(text, r#","checksum":{}"#, self.checksum());
            }
            None => {}
        }
        if let Some(seq_id) = seq_id {
            let _ = write!(text, r#","prevSeqId":-1,"seqId":{seq_id}"#);
        }
        text.push_str("}]}");
        text
    }
}

fn apply_row(side: &mut BTreeMap<i128, Row>, text: &str) -> Result<(), String> {
    let Some((px, sz)) = first_two(text) else { return Err(format!("not a level: {text}")) };
    let key = scaled(px).ok_or_else(|| format!("not a price: {px}"))?;
    if scaled(sz).ok_or_else(|| format!("not a size: {sz}"))? == 0 {
        side.remove(&key);
    } else {
        side.insert(key, Row(text.into()));
    }
    Ok(())
}

/// The first two texts of a JSON list that starts with them; none of ours has an escape.
fn first_two(list: &str) -> Option<(&str, &str)> {
    let (px, rest) = list.strip_prefix('[')?.trim_start().strip_prefix('"')?.split_once('"')?;
    let (sz, _) = rest.trim_start().strip_prefix(',')?.trim_start().strip_prefix('"')?.split_once('"')?;
    Some((px, sz))
}

/// A plain decimal text as an integer of 10^-18, to order prices by.
fn scaled(text: &str) -> Option<i128> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || part.len() > SCALE {
        return None;
    }
    let mut value: i128 = 0;
    for byte in whole.bytes().chain(part.bytes()) {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        value = value.checked_mul(10)?.checked_add(i128::from(digit))?;
    }
    let unit = 10i128.pow(u32::try_from(SCALE - part.len()).ok()?);
    let value = value.checked_mul(unit)?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(bids: &str, asks: &str) -> Model {
        let mut model = Model::default();
        let text = format!(r#"{{"action":"snapshot","data":[{{"asks":[{asks}],"bids":[{bids}],"ts":"1","seqId":7}}]}}"#);
        model.apply(&text).expect("a book message");
        model
    }

    #[test]
    fn the_checksum_agrees_with_okx_examples() {
        let asks = r#"["3366.8","9","0","1"],["3368","8","0","1"]"#;
        assert_eq!(book(r#"["3366.1","7","0","1"],["3366","6","0","1"]"#, asks).checksum(), -1_881_014_294);
        let asks = r#"["3366.8","9","0","1"],["3368","8","0","1"],["3372","8","0","1"]"#;
        assert_eq!(book(r#"["3366.1","7","0","1"]"#, asks).checksum(), 831_078_360);
    }

    #[test]
    fn a_snapshot_rebuilds_the_book_it_was_made_from() {
        let model = book(r#"["9.5","1","0","1"],["10","2","0","1"]"#, r#"["-1","3","0","1"],["10.25","4","0","1"]"#);
        let text = model.snapshot(r#"{"channel":"books"}"#, Some(7), None);
        let mut again = Model::default();
        again.apply(&text).expect("its own snapshot");
        assert_eq!(again.digest(), model.digest());
        assert_eq!(again.seq_id(), Some(7));
        assert!(text.contains(r#""asks":[["-1","3""#), "rows are best first: {text}");
        assert!(text.contains(r#""bids":[["10","2""#), "rows are best first: {text}");
        assert!(!text.contains("checksum"), "the stream carries none: {text}");
    }

    #[test]
    fn prices_are_ordered_exactly_and_nonsense_is_refused() {
        for (text, want) in [
            ("0", Some(0)),
            ("-1.5", Some(-1_500_000_000_000_000_000)),
            ("67500.1", Some(67_500_100_000_000_000_000_000)),
            ("0.000000000000000001", Some(1)),
            ("0.0000000000000000001", None),
            ("1e5", None),
            ("", None),
            (".5", None),
            ("1.2.3", None),
            ("9999999999999999999999999999999999999999", None),
        ] {
            assert_eq!(scaled(text), want, "{text}");
        }
        for row in [r#"["1"]"#, "[1,2]", r#"["1",2]"#, r#"["\u0031","2"]"#, r#"["1","x"]"#] {
            assert!(apply_row(&mut BTreeMap::new(), row).is_err(), "{row}");
        }
    }

    #[test]
    fn removing_a_level_that_is_not_held_changes_nothing() {
        let mut model = book(r#"["9.5","1","0","1"]"#, "");
        let before = model.digest();
        model.apply(r#"{"action":"update","data":[{"asks":[["11","0","0","0"]],"bids":[],"ts":"2"}]}"#).expect("an update");
        assert_eq!(model.digest(), before);
    }
}
