//! Positions and balances as OKX told them last, row by row, as it wrote them.
//!
//! ```text
//! positions  snapshot pages · updates ─▶ a row for each posId; pos "0" takes it away
//! account    snapshot · updates ─▶ the account's row, and one for each currency
//! account/positions, account/balance ─▶ the same, whole
//! ```
//!
//! Replies and pushes pass each other: of two rows the one with the later `uTime` stands, and what was pushed after a
//! question is not taken back by its answer.
//!
//! Source: OKX API v5, Trading account › WS Account channel, WS Positions channel.

use crate::num::Num;
use crate::shallow::{Raw, array, object};
use crate::time::Stamp;
use rustc_hash::FxHashMap;
use std::cmp::Ordering;

/// A row, and when it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub row: Box<[u8]>,
    pub at: Stamp,
    /// OKX's clock; 0 where it says none.
    pub u_time_ms: u64,
}

/// One kind of rows.
#[derive(Clone, Debug, Default)]
pub struct View {
    rows: FxHashMap<Box<str>, Held>,
    /// All there was then is told; zero: never.
    pub whole: Stamp,
    /// The last that was told.
    pub told: Stamp,
    /// Of a snapshot whose last page is still to come.
    pages: FxHashMap<Box<str>, Held>,
    /// Rows that pushes took away, since the last that was whole.
    gone: FxHashMap<Box<str>, Held>,
}

impl View {
    pub fn rows(&self) -> impl Iterator<Item = &Held> {
        self.rows.values()
    }

    /// A later row of what this one is about is known.
    fn is_old(&self, key: &str, u_time_ms: u64) -> bool {
        self.rows.get(key).or_else(|| self.gone.get(key)).is_some_and(|known| known.u_time_ms > u_time_ms)
    }

    /// A row of a push.
    fn follow(&mut self, key: Box<str>, held: Held, is_gone: bool) {
        if self.is_old(&key, held.u_time_ms) {
            return;
        }
        if is_gone {
            self.rows.remove(&key);
            self.gone.insert(key, held);
        } else {
            self.gone.remove(&key);
            self.rows.insert(key, held);
        }
    }

    /// Takes over all there was at some time after `asked`. How many rows differ from what was known.
    fn replace(&mut self, at: Stamp, asked: Stamp, mut rows: FxHashMap<Box<str>, Held>) -> usize {
        let since = |known: &Held| known.at.mono_ns > asked.mono_ns;
        let stands = |known: &Held, held: &Held| match known.u_time_ms.cmp(&held.u_time_ms) {
            Ordering::Greater => true,
            Ordering::Equal => since(known),
            Ordering::Less => false,
        };
        rows.retain(|key, held| !self.gone.get(key).is_some_and(|gone| stands(gone, held)));
        for (key, known) in &self.rows {
            if rows.get(key).map_or_else(|| since(known), |held| stands(known, held)) {
                rows.insert(key.clone(), known.clone());
            }
        }
        self.gone.retain(|_, gone| since(gone));
        let changed = rows.iter().filter(|(key, held)| self.rows.get(*key).is_none_or(|known| known.row != held.row)).count();
        let gone = self.rows.keys().filter(|key| !rows.contains_key(*key)).count();
        self.rows = rows;
        self.told = at;
        if asked.mono_ns > self.whole.mono_ns {
            self.whole = asked;
        }
        changed + gone
    }
}

#[derive(Clone, Debug, Default)]
pub struct Holdings {
    pub positions: View,
    /// By currency.
    pub balances: View,
    /// The account's own row, its `details` taken out.
    pub account: Option<Held>,
}

impl Holdings {
    /// A push of `positions`. `false`: it cannot be read.
    pub fn positions_push(&mut self, at: Stamp, frame: &[u8]) -> bool {
        let Some(push) = Push::read(frame) else { return false };
        let Some(rows) = keyed(at, push.data, b"posId") else { return false };
        let view = &mut self.positions;
        if push.is_snapshot {
            view.pages.extend(rows.into_iter().map(|(key, held, _)| (key, held)));
            if push.is_last {
                let pages = std::mem::take(&mut view.pages);
                view.replace(at, at, pages);
            }
            return true;
        }
        view.told = at;
        for (key, held, pos) in rows {
            view.follow(key, held, is_zero(pos));
        }
        true
    }

    /// A push of `account`.
    pub fn account_push(&mut self, at: Stamp, frame: &[u8]) -> bool {
        let Some(push) = Push::read(frame) else { return false };
        self.account(at, at, push.data, push.is_snapshot && push.is_last && push.is_first).is_some()
    }

    /// The reply of `account/positions`, asked for at `asked`. How many rows differ.
    pub fn positions_reply(&mut self, at: Stamp, asked: Stamp, body: &[u8]) -> Option<usize> {
        let rows = keyed(at, data_of(body)?, b"posId")?;
        let rows = rows.into_iter().filter(|(_, _, pos)| !is_zero(pos)).map(|(key, held, _)| (key, held)).collect();
        Some(self.positions.replace(at, asked, rows))
    }

    /// The reply of `account/balance`, asked for at `asked`. How many rows differ.
    pub fn balance_reply(&mut self, at: Stamp, asked: Stamp, body: &[u8]) -> Option<usize> {
        self.account(at, asked, data_of(body)?, true)
    }

    fn account(&mut self, at: Stamp, asked: Stamp, data: &[u8], is_whole: bool) -> Option<usize> {
        let (mut top, mut details, mut u_time_ms) = (None, None, 0);
        array(data, |row| {
            if let Raw::Nested(row @ [b'{', ..]) = row {
                _ = object(row, |key, value| match (key, value) {
                    (b"details", Raw::Nested(list)) => details = Some(list),
                    (b"uTime", value) => u_time_ms = value.int().unwrap_or(0),
                    _ => {}
                });
                top = Some(row);
            }
        })?;
        let Some(top) = top else { return Some(0) };
        if self.account.as_ref().is_none_or(|known| known.u_time_ms <= u_time_ms) {
            self.account = Some(Held { row: top.into(), at, u_time_ms });
        }
        let rows = keyed(at, details.unwrap_or(b"[]"), b"ccy")?;
        if is_whole {
            let rows = rows.into_iter().map(|(key, held, _)| (key, held)).collect();
            return Some(self.balances.replace(at, asked, rows));
        }
        self.balances.told = at;
        let count = rows.len();
        for (key, held, _) in rows {
            self.balances.follow(key, held, false);
        }
        Some(count)
    }
}

/// What a push says beside its rows.
struct Push<'a> {
    data: &'a [u8],
    is_snapshot: bool,
    is_first: bool,
    is_last: bool,
}

impl<'a> Push<'a> {
    fn read(frame: &'a [u8]) -> Option<Self> {
        let mut push = Self { data: b"[]", is_snapshot: true, is_first: true, is_last: true };
        object(frame, |key, value| match (key, value) {
            (b"data", Raw::Nested(data)) => push.data = data,
            (b"eventType", value) => push.is_snapshot = value == Raw::Text(b"snapshot"),
            (b"curPage", value) => push.is_first = value.int().is_none_or(|page| page <= 1),
            (b"lastPage", value) => push.is_last = value != Raw::Word(b"false"),
            _ => {}
        })?;
        Some(push)
    }
}

/// A size of nothing; one that cannot be read is none.
fn is_zero(size: &[u8]) -> bool {
    Num::parse(size).is_some_and(|n| n.mantissa == 0)
}

fn data_of(body: &[u8]) -> Option<&[u8]> {
    let (mut data, mut is_good) = (None, false);
    object(body, |key, value| match (key, value) {
        (b"data", Raw::Nested(list)) => data = Some(list),
        (b"code", value) => is_good = value.plain() == b"0",
        _ => {}
    })?;
    data.filter(|_| is_good)
}

type Row<'a> = (Box<str>, Held, &'a [u8]);

/// The rows by their key, each with its `pos`. `None`: it is no list of objects that have one.
fn keyed<'a>(at: Stamp, data: &'a [u8], name: &[u8]) -> Option<Vec<Row<'a>>> {
    let (mut rows, mut is_good) = (Vec::new(), true);
    array(data, |row| {
        let (mut found, mut pos, mut u_time_ms): (Option<Box<str>>, &[u8], u64) = (None, b"1", 0);
        let Raw::Nested(row) = row else { return is_good = false };
        let read = object(row, |key, value| {
            if key == name {
                found = Some(value.text().into());
            } else if key == b"pos" {
                pos = value.plain();
            } else if key == b"uTime" {
                u_time_ms = value.int().unwrap_or(0);
            }
        });
        match (read, found) {
            (Some(()), Some(key)) => rows.push((key, Held { row: row.into(), at, u_time_ms }, pos)),
            _ => is_good = false,
        }
    })?;
    is_good.then_some(rows)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn at(ns: u64) -> Stamp {
        Stamp { mono_ns: ns, wall_ns: ns }
    }

    fn ids(view: &View) -> Vec<String> {
        let mut ids: Vec<_> = view.rows.keys().map(ToString::to_string).collect();
        ids.sort();
        ids
    }

    fn positions(event: &str, rows: &[(&str, &str)], pages: &str) -> Vec<u8> {
        let rows: Vec<_> = rows.iter().map(|(id, pos)| format!(r#"{{"posId":"{id}","pos":"{pos}"}}"#)).collect();
        format!(r#"{{"arg":{{"channel":"positions"}},"eventType":"{event}"{pages},"data":[{}]}}"#, rows.join(",")).into_bytes()
    }

    #[test]
    fn a_snapshot_says_all_there_is_and_an_update_what_has_changed() {
        let mut held = Holdings::default();
        assert!(held.positions_push(at(1), &positions("snapshot", &[("1", "5"), ("2", "-3")], r#","curPage":1,"lastPage":true"#)));
        assert_eq!((ids(&held.positions), held.positions.whole), (vec!["1".into(), "2".into()], at(1)));
        assert!(held.positions_push(at(2), &positions("event_update", &[("2", "0"), ("3", "1")], "")));
        assert_eq!((ids(&held.positions), held.positions.whole, held.positions.told), (vec!["1".into(), "3".into()], at(1), at(2)));
        for (page, rows) in [("1", [("3", "1")]), ("2", [("4", "2")])] {
            let pages = format!(r#","curPage":{page},"lastPage":{}"#, page == "2");
            assert!(held.positions_push(at(3), &positions("snapshot", &rows, &pages)));
        }
        assert_eq!(ids(&held.positions), ["3", "4"], "what no page named is gone");
        assert!(held.positions_push(at(4), &positions("snapshot", &[], "")));
        assert!(ids(&held.positions).is_empty());
    }

    #[test]
    fn balances_go_by_currency_and_a_reply_tells_how_much_was_missed() {
        let mut held = Holdings::default();
        let row = |ccy: &str, eq: &str| format!(r#"{{"ccy":"{ccy}","eq":"{eq}"}}"#);
        let push = |event: &str, rows: &[String]| {
            format!(r#"{{"arg":{{}},"eventType":"{event}","data":[{{"totalEq":"9","details":[{}]}}]}}"#, rows.join(",")).into_bytes()
        };
        assert!(held.account_push(at(1), &push("snapshot", &[row("BTC", "1"), row("USDT", "7")])));
        assert!(held.account_push(at(2), &push("event_update", &[row("USDT", "8")])));
        assert_eq!((ids(&held.balances), held.balances.whole), (vec!["BTC".into(), "USDT".into()], at(1)));
        let reply = format!(r#"{{"code":"0","msg":"","data":[{{"totalEq":"9","details":[{},{}]}}]}}"#, row("USDT", "8"), row("ETH", "2"));
        assert_eq!(held.balance_reply(at(3), at(3), reply.as_bytes()), Some(2), "one came, one went");
        assert_eq!(ids(&held.balances), ["ETH", "USDT"]);
        assert_eq!(held.account.as_ref().map(|h| h.at), Some(at(3)));
    }

    /// A row of each, with its uTime.
    fn timed(rows: &[(&str, &str, u64)]) -> String {
        let rows: Vec<_> = rows.iter().map(|(id, pos, ms)| format!(r#"{{"posId":"{id}","pos":"{pos}","uTime":"{ms}"}}"#)).collect();
        format!("[{}]", rows.join(","))
    }

    #[test]
    fn a_reply_takes_back_nothing_that_was_pushed_after_its_question() {
        let mut held = Holdings::default();
        let push = |rows: &[(&str, &str, u64)]| format!(r#"{{"arg":{{}},"eventType":"event_update","data":{}}}"#, timed(rows)).into_bytes();
        let reply = |rows: &[(&str, &str, u64)]| format!(r#"{{"code":"0","msg":"","data":{}}}"#, timed(rows)).into_bytes();
        let known = |held: &Holdings, id: &str| held.positions.rows.get(id).map(|held| held.u_time_ms);
        assert!(held.positions_push(at(1), &push(&[("1", "5", 10), ("2", "5", 10), ("3", "5", 10), ("4", "5", 10)])));
        // Asked at 5; then 1 changes, 2 goes, 5 comes.
        assert!(held.positions_push(at(6), &push(&[("1", "6", 60), ("2", "0", 60), ("5", "1", 60)])));
        let old = reply(&[("1", "5", 10), ("2", "5", 10), ("3", "7", 55)]);
        assert_eq!(held.positions_reply(at(9), at(5), &old), Some(2), "3 differs, 4 is gone");
        assert_eq!(["1", "2", "3", "4", "5"].map(|id| known(&held, id)), [Some(60), None, Some(55), None, Some(60)]);
        // A row of before comes late, by another connection.
        assert!(held.positions_push(at(10), &push(&[("1", "5", 10), ("2", "5", 10)])));
        assert_eq!(["1", "2"].map(|id| known(&held, id)), [Some(60), None]);
        assert_eq!(held.positions_reply(at(12), at(11), &reply(&[("1", "6", 60), ("2", "3", 110)])), Some(3));
        assert_eq!(ids(&held.positions), ["1", "2"]);
    }

    #[test]
    fn what_cannot_be_read_changes_nothing() {
        let mut held = Holdings::default();
        assert!(held.positions_push(at(1), &positions("snapshot", &[("1", "5")], "")));
        for frame in [&b"{"[..], br#"{"data":[{"pos":"1"}]}"#, br#"{"data":[1]}"#, b"[]"] {
            assert!(!held.positions_push(at(2), frame), "{}", String::from_utf8_lossy(frame));
        }
        assert_eq!(held.positions_reply(at(2), at(2), br#"{"code":"50011","msg":"","data":[]}"#), None);
        assert_eq!(ids(&held.positions), ["1"]);
    }
}
