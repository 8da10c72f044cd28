//! Amendments that were sent: one may have undone what another did.

use super::super::Id;
use super::super::seen::Seen;
use super::{Asked, MS};
use std::collections::VecDeque;
use std::sync::Arc;

/// Amendments remembered; beyond that the oldest go, and calls of that time are judged by none.
const MOST: usize = 16_384;
/// Requests that go different ways may overtake each other within this.
const IN_FLIGHT: u64 = 10_000 * MS;

/// How a call left: its number, when (monotonic), and over which connection; 0: by REST.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    pub call: u64,
    pub at: u64,
    pub line: u64,
}

impl Sent {
    /// OKX may see it after the other.
    fn may_follow(self, other: Self) -> bool {
        let has_one_way = self.line == other.line && self.line > 0;
        (self.at, self.call) > (other.at, other.call) || (!has_one_way && self.at + IN_FLIGHT >= other.at)
    }
}

#[derive(Debug)]
struct Amended {
    sent: Sent,
    inst: Arc<str>,
    ord_id: Id,
    cl_ord_id: Id,
}

impl Amended {
    fn is_about(&self, seen: &Seen) -> bool {
        let is_same = if self.ord_id.is_empty() { self.cl_ord_id.as_str() == seen.cl_ord_id } else { self.ord_id.as_str() == seen.ord_id };
        is_same && (self.inst.is_empty() || *self.inst == *seen.inst)
    }
}

/// Those of a client.
#[derive(Debug, Default)]
pub struct Amendments {
    /// In the order in which they left.
    known: VecDeque<Amended>,
    /// When the last of those left that are known no more; none has: 0.
    forgotten: u64,
}

impl Amendments {
    /// One is about to be sent.
    pub fn note(&mut self, sent: Sent, asked: &[Asked]) {
        let of = |asked: &Asked| {
            let Asked { inst, ord_id, cl_ord_id, .. } = asked;
            Amended { sent, inst: Arc::clone(inst), ord_id: *ord_id, cl_ord_id: *cl_ord_id }
        };
        self.known.extend(asked.iter().map(of));
        while self.known.len() > MOST {
            let oldest = self.known.pop_front().map_or(0, |oldest| oldest.sent.at);
            self.forgotten = self.forgotten.max(oldest);
        }
    }

    /// Whether what the order is cannot be the work of another one, seen after it.
    pub fn is_last(&self, sent: Sent, seen: &Seen) -> bool {
        let is_known = self.forgotten == 0 || self.forgotten + IN_FLIGHT < sent.at;
        is_known && !self.known.iter().any(|other| other.sent.call != sent.call && other.sent.may_follow(sent) && other.is_about(seen))
    }
}
