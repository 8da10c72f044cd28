//! OKX's limits: three connects a second from an address, 480 requests an hour on a connection, 64 KB a request.
//!
//! They are held against every client. Connects of clients that do not pace them together wait here for their turn.

use std::collections::{BTreeMap, VecDeque};

use okx_fast_sim::exchange::io::{ConnId, MILLI, Nanos, SECOND};

use crate::client::Leg;

const CONNECTS_A_SECOND: usize = 3;
const REQUESTS_AN_HOUR: u32 = 480;
const MOST_BYTES: usize = 64 * 1024;

#[derive(Debug, Default)]
pub struct Limits {
    /// The clients keep to three a second by themselves.
    pub unpaced: bool,
    waiting: VecDeque<(usize, Leg)>,
    /// When the last connects were made.
    lately: VecDeque<Nanos>,
    /// To subscribe, unsubscribe and log in. No run lasts longer than the hour that the limit is about.
    requests: BTreeMap<ConnId, u32>,
    pub connects: u64,
    pub most_requests: u32,
}

impl Limits {
    pub fn new(unpaced: bool) -> Self {
        Self { unpaced, ..Self::default() }
    }

    pub fn wait(&mut self, shard: usize, leg: Leg) {
        self.waiting.push_back((shard, leg));
    }

    /// When somebody's turn comes.
    pub fn next(&self, now: Nanos) -> Option<Nanos> {
        self.waiting.front().map(|_| match self.lately.front() {
            Some(first) if !self.unpaced && self.lately.len() == CONNECTS_A_SECOND => first + SECOND + MILLI,
            _ => now,
        })
    }

    /// Whose turn it is: shard and leg.
    pub fn connect(&mut self, now: Nanos) -> Option<Result<(usize, Leg), String>> {
        self.next(now).filter(|due| *due <= now)?;
        let (shard, leg) = self.waiting.pop_front()?;
        if self.lately.len() == CONNECTS_A_SECOND && self.lately.pop_front().is_some_and(|first| now < first + SECOND) {
            return Some(Err(format!("a fourth connect within a second, by shard {shard}")));
        }
        self.lately.push_back(now);
        self.connects += 1;
        Some(Ok((shard, leg)))
    }

    pub fn request(&mut self, conn: ConnId, text: &str) -> Result<(), String> {
        if text.len() > MOST_BYTES {
            return Err(format!("a request of {} bytes on connection {conn}", text.len()));
        }
        if ["subscribe", "unsubscribe", "login"].iter().any(|op| text.contains(&format!("\"op\":\"{op}\""))) {
            let count = self.requests.entry(conn).or_default();
            *count += 1;
            self.most_requests = self.most_requests.max(*count);
            if *count > REQUESTS_AN_HOUR {
                return Err(format!("{count} requests on connection {conn}"));
            }
        }
        Ok(())
    }

    pub fn over(&mut self, conn: ConnId) {
        self.requests.remove(&conn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connects_take_turns_or_are_found_out() {
        let mut limits = Limits::new(false);
        (0..4).for_each(|shard| limits.wait(shard, 0));
        assert_eq!((0..3).filter_map(|_| limits.connect(5)).flatten().count(), 3);
        assert_eq!((limits.connect(6), limits.next(6)), (None, Some(5 + SECOND + MILLI)));
        assert_eq!(limits.connect(5 + SECOND + MILLI), Some(Ok((3, 0))));
        // Unpaced, one more than fits the second after that one is found out.
        limits.unpaced = true;
        (4..7).for_each(|shard| limits.wait(shard, 0));
        assert_eq!((0..2).filter_map(|_| limits.connect(5 + 2 * SECOND)).flatten().count(), 2);
        assert!(limits.connect(5 + 2 * SECOND).is_some_and(|made| made.is_err_and(|wrong| wrong.contains("shard 6"))));
    }

    #[test]
    fn requests_are_counted_by_connection_and_measured() {
        let mut limits = Limits::new(false);
        let subscribe = r#"{"id":"s1","op":"subscribe","args":[]}"#;
        assert!((0..480).all(|_| limits.request(1, subscribe).is_ok()));
        assert_eq!((limits.request(2, subscribe), limits.request(1, "ping")), (Ok(()), Ok(())));
        assert!(limits.request(1, subscribe).is_err());
        limits.over(1);
        assert_eq!((limits.request(1, subscribe), limits.most_requests), (Ok(()), 481));
        assert!(limits.request(3, &"x".repeat(65_537)).is_err_and(|wrong| wrong.contains("65537 bytes")));
    }
}
