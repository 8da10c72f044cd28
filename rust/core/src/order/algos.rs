//! Algo orders as OKX told them last: pushes of `orders-algo` and `algo-advance`, and rows by REST, joined by algoId.
//!
//! A row is newer than what is known if its `uTime` is, or if it tells an end. An end is final.
//!
//! Source: OKX API v5, Order book trading › Algo trading › WS Algo orders channel, WS Advance algo orders channel.

use crate::shallow::{Raw, array, object};
use crate::time::Stamp;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// Those that ended and are remembered.
const KEEP: usize = 2000;

/// One algo order, in OKX's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Algo {
    pub row: Box<[u8]>,
    pub at: Stamp,
    pub algo_cl_ord_id: String,
    pub is_over: bool,
    u_time_ms: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Algos {
    known: FxHashMap<Box<str>, Algo>,
    /// In the order of their ends.
    ended: VecDeque<Box<str>>,
}

impl Algos {
    pub fn get(&self, algo_id: &str) -> Option<&Algo> {
        self.known.get(algo_id)
    }

    /// The newest with this algoClOrdId.
    pub fn by_cl_ord_id(&self, algo_cl_ord_id: &str) -> Option<&Algo> {
        self.known.values().filter(|algo| algo.algo_cl_ord_id == algo_cl_ord_id).max_by_key(|algo| algo.at.mono_ns)
    }

    /// Those that may still do something, by their ids.
    pub fn open(&self) -> impl Iterator<Item = (&str, &Algo)> {
        self.known.iter().filter(|(_, algo)| !algo.is_over).map(|(id, algo)| (&**id, algo))
    }

    /// The rows of a push or of a reply's `data`; `on` gets each that is news. The ids of all; `None`: it cannot be read.
    pub fn rows(&mut self, at: Stamp, message: &[u8], mut on: impl FnMut(&[u8])) -> Option<Vec<String>> {
        let mut data = None;
        object(message, |key, value| {
            if let (b"data", Raw::Nested(list)) = (key, value) {
                data = Some(list);
            }
        })?;
        let (mut ids, mut is_good) = (Vec::new(), true);
        array(data?, |row| {
            let Raw::Nested(row) = row else { return is_good = false };
            match self.row(at, row) {
                Some((id, is_news)) => {
                    if is_news {
                        on(row);
                    }
                    ids.push(id);
                }
                None => is_good = false,
            }
        })?;
        is_good.then_some(ids)
    }

    /// One row: its id, and whether it is news.
    fn row(&mut self, at: Stamp, row: &[u8]) -> Option<(String, bool)> {
        let (mut id, mut name, mut state, mut u_time_ms) = (String::new(), String::new(), String::new(), 0);
        object(row, |key, value| match key {
            b"algoId" => id = value.text().into_owned(),
            b"algoClOrdId" => name = value.text().into_owned(),
            b"state" => state = value.text().into_owned(),
            b"uTime" => u_time_ms = value.int().unwrap_or(0),
            _ => {}
        })?;
        if id.is_empty() || state.is_empty() {
            return None;
        }
        let is_over = matches!(state.as_str(), "effective" | "canceled" | "order_failed" | "partially_failed");
        let known = self.known.get(id.as_str());
        let is_newer = known.is_none_or(|k| !k.is_over && (is_over || u_time_ms >= k.u_time_ms) && *k.row != *row);
        if is_newer {
            if is_over {
                self.ended.push_back(id.as_str().into());
            }
            self.known.insert(id.as_str().into(), Algo { row: row.into(), at, algo_cl_ord_id: name, is_over, u_time_ms });
            while self.ended.len() > KEEP {
                if let Some(oldest) = self.ended.pop_front() {
                    self.known.remove(&oldest);
                }
            }
        }
        Some((id, is_newer))
    }

    /// OKX does not know it any more.
    pub fn forget(&mut self, algo_id: &str) {
        self.known.remove(algo_id);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn push(rows: &[(&str, &str, u64)]) -> Vec<u8> {
        let rows: Vec<_> = rows
            .iter()
            .map(|(id, state, ms)| format!(r#"{{"algoId":"{id}","algoClOrdId":"c{id}","state":"{state}","uTime":"{ms}"}}"#))
            .collect();
        format!(r#"{{"arg":{{"channel":"orders-algo"}},"data":[{}]}}"#, rows.join(",")).into_bytes()
    }

    fn take(algos: &mut Algos, rows: &[(&str, &str, u64)]) -> usize {
        let mut news = 0;
        algos.rows(Stamp::default(), &push(rows), |_| news += 1).unwrap();
        news
    }

    #[test]
    fn the_newest_row_counts_and_an_end_is_final() {
        let mut algos = Algos::default();
        assert_eq!(take(&mut algos, &[("1", "live", 10), ("2", "live", 10)]), 2);
        assert_eq!(take(&mut algos, &[("1", "live", 10)]), 0, "known");
        assert_eq!(take(&mut algos, &[("1", "pause", 5)]), 0, "older");
        assert_eq!(take(&mut algos, &[("1", "effective", 5)]), 1, "an end, whatever its time");
        assert_eq!(take(&mut algos, &[("1", "live", 99)]), 0);
        assert_eq!(algos.open().map(|(id, _)| id).collect::<Vec<_>>(), ["2"]);
        assert!(algos.by_cl_ord_id("c1").unwrap().is_over);
    }

    #[test]
    fn those_that_ended_are_forgotten_in_their_order() {
        let mut algos = Algos::default();
        for n in 0..KEEP + 5 {
            take(&mut algos, &[(&n.to_string(), "canceled", 1)]);
        }
        assert!(algos.get("4").is_none() && algos.get("5").is_some());
    }

    #[test]
    fn what_cannot_be_read_is_none() {
        let mut algos = Algos::default();
        for message in [&b"{"[..], b"{}", br#"{"data":[1]}"#, br#"{"data":[{"algoId":"1"}]}"#] {
            assert!(algos.rows(Stamp::default(), message, |_| {}).is_none());
        }
    }
}
