//! OKX's rules for connections, where a server is told to keep them.
//!
//! Source: OKX API v5, Overview › WebSocket › Connect, "Connection limit" and the limit on requests of a connection.

use std::collections::VecDeque;

const SECOND_NS: u64 = 1_000_000_000;

/// At most so many in any span of time; what is refused does not count.
#[derive(Debug)]
pub(crate) struct Window {
    most: usize,
    span_ns: u64,
    taken: VecDeque<u64>,
}

impl Window {
    /// New connections of one address: 3 in a second.
    pub fn connects() -> Self {
        Self { most: 3, span_ns: SECOND_NS, taken: VecDeque::new() }
    }

    /// `subscribe`, `unsubscribe` and `login` on one connection: 480 in an hour.
    pub fn requests() -> Self {
        Self { most: 480, span_ns: 3600 * SECOND_NS, taken: VecDeque::new() }
    }

    /// Counts one, if there is room.
    pub fn take(&mut self, now: u64) -> bool {
        while self.taken.front().is_some_and(|at| at + self.span_ns <= now) {
            self.taken.pop_front();
        }
        let room = self.taken.len() < self.most;
        if room {
            self.taken.push_back(now);
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_slides_and_refusals_do_not_count() {
        let mut connects = Window::connects();
        let taken: Vec<bool> = [0, 1, 2, 3, 999_999_999, 1_000_000_000, 1_000_000_000].map(|now| connects.take(now)).to_vec();
        assert_eq!(taken, [true, true, true, false, false, true, false]);
        let mut requests = Window::requests();
        assert_eq!((0..1_000).filter(|now| requests.take(*now)).count(), 480);
        assert!(requests.take(3600 * SECOND_NS));
    }
}
