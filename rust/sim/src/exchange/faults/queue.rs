//! What leaves the exchange, in order of the time it is due.
//!
//! ```text
//! lane (connection, stream) ─▶ not before what the lane already holds ─▶ (due, number)
//! ```
//!
//! Outputs of one connection keep their order, with one exception: answers to order operations are a stream of their own, so that a slow
//! acknowledgement does not hold back pushes. HTTP replies always keep the order of their requests.

use std::collections::{BTreeMap, VecDeque};

use crate::exchange::io::{ConnId, Nanos, Output};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lane {
    Main,
    Acks,
    /// After everything that is on its way.
    Last,
    /// Bound to no order.
    Free,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    number: u64,
    /// Due when it came: grows by itself.
    ready: VecDeque<(Nanos, u64, Output)>,
    later: BTreeMap<(Nanos, u64), Output>,
    /// When the last output of a lane that waits is due.
    busy: BTreeMap<(ConnId, Lane), Nanos>,
}

impl Queue {
    pub fn push(&mut self, at: Nanos, delay: Nanos, conn: ConnId, lane: Lane, output: Output) {
        let own = at.saturating_add(delay);
        let due = match lane {
            _ if self.busy.is_empty() => own,
            Lane::Free => own,
            Lane::Last => {
                [Lane::Main, Lane::Acks].iter().filter_map(|lane| self.busy.get(&(conn, *lane))).fold(own, |due, busy| due.max(*busy))
            }
            lane => self.busy.get(&(conn, lane)).map_or(own, |busy| own.max(*busy)),
        };
        self.number += 1;
        // A clock that was set back must not disturb the order of what is ready.
        if due <= at && self.ready.back().is_none_or(|(last, ..)| *last <= at) {
            self.ready.push_back((at, self.number, output));
            return;
        }
        if matches!(lane, Lane::Main | Lane::Acks) {
            self.busy.insert((conn, lane), due);
        }
        self.later.insert((due, self.number), output);
    }

    pub fn next(&self) -> Option<Nanos> {
        let ready = self.ready.front().map(|(due, ..)| *due);
        let later = self.later.first_key_value().map(|((due, _), _)| *due);
        [ready, later].into_iter().flatten().min()
    }

    pub fn pop(&mut self, at: Nanos) -> Option<Output> {
        let ready = self.ready.front().map(|(due, number, _)| (*due, *number)).filter(|(due, _)| *due <= at);
        let later = self.later.first_key_value().map(|(key, _)| *key).filter(|(due, _)| *due <= at);
        if later.is_some_and(|later| ready.is_none_or(|ready| later < ready)) {
            let output = self.later.pop_first().map(|(_, output)| output);
            if self.later.is_empty() {
                self.busy.clear();
            }
            return output;
        }
        ready.and_then(|_| self.ready.pop_front()).map(|(.., output)| output)
    }

    /// The connection is gone: so is what was on its way to it.
    pub fn forget(&mut self, conn: ConnId, conn_of: impl Fn(&Output) -> Option<ConnId>) {
        if self.busy.keys().any(|(of, _)| *of == conn) {
            self.later.retain(|_, output| conn_of(output) != Some(conn));
            self.busy.retain(|(of, _), _| *of != conn);
        }
    }

    /// Everything at once, in the order it would have come.
    pub fn hurried(self, now: Nanos) -> Self {
        let mut all: Vec<_> =
            self.ready.into_iter().chain(self.later.into_iter().map(|((due, number), output)| (due, number, output))).collect();
        all.sort_by_key(|(due, number, _)| (*due, *number));
        let ready = all.into_iter().enumerate().map(|(at, (.., output))| (now, at as u64, output)).collect();
        Self { ready, number: self.number, ..Self::default() }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.ready.len() + self.later.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(conn: ConnId, text: &str) -> Output {
        Output::Text { conn, text: text.as_bytes().into() }
    }

    fn all(queue: &mut Queue, at: Nanos) -> Vec<String> {
        let name = |output| match output {
            Output::Text { text, .. } => String::from_utf8_lossy(&text).into_owned(),
            other => format!("{other:?}"),
        };
        std::iter::from_fn(|| queue.pop(at)).map(name).collect()
    }

    #[test]
    fn a_connection_keeps_its_order_and_others_do_not_wait_for_it() {
        let mut queue = Queue::default();
        queue.push(0, 50, 1, Lane::Main, text(1, "slow"));
        queue.push(0, 10, 1, Lane::Main, text(1, "behind it"));
        queue.push(0, 20, 2, Lane::Main, text(2, "other"));
        queue.push(1, 0, 3, Lane::Main, text(3, "now"));
        assert_eq!(all(&mut queue, 1), ["now"]);
        assert_eq!(queue.next(), Some(20));
        assert_eq!(all(&mut queue, 49), ["other"]);
        assert_eq!(all(&mut queue, 50), ["slow", "behind it"]);
        assert_eq!((queue.next(), queue.len()), (None, 0));
    }

    #[test]
    fn acks_and_pushes_pass_each_other_but_an_end_comes_last() {
        let mut queue = Queue::default();
        queue.push(0, 30, 1, Lane::Acks, text(1, "ack"));
        queue.push(0, 5, 1, Lane::Main, text(1, "push"));
        queue.push(0, 0, 1, Lane::Last, text(1, "end"));
        queue.push(0, 0, 1, Lane::Free, text(1, "free"));
        assert_eq!(all(&mut queue, 30), ["free", "push", "ack", "end"]);
    }
}
