//! The sequence chain: does this message follow the last one?
//!
//! Source: OKX API v5, WS order book channel › Sequence ID.

/// How a message joins the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Starts a chain.
    Snapshot,
    /// Continues it.
    Next,
    /// Continues it without moving on: OKX's keep-alive, about once a minute on a quiet book.
    Idle,
    /// Continues it with a lower number: OKX restarted its numbering. Not a gap.
    Reset,
    /// Neither this message nor the chain has numbers (OKX before May 2023).
    Unnumbered,
    /// Something went missing. `expected` is our last `seqId`, `got` the message's `prevSeqId`.
    Gap { expected: Option<i64>, got: Option<i64> },
}

/// The last `seqId` of one subscription.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeqChain {
    last: Option<i64>,
}

impl SeqChain {
    pub fn last(&self) -> Option<i64> {
        self.last
    }

    /// A snapshot (or full push) with this `seqId` is now the last message.
    pub fn start(&mut self, seq_id: Option<i64>) -> Link {
        self.last = seq_id;
        Link::Snapshot
    }

    /// Judges an update. Moves on unless it is a gap.
    #[inline]
    pub fn observe(&mut self, prev_seq_id: Option<i64>, seq_id: Option<i64>) -> Link {
        let link = match (self.last, prev_seq_id, seq_id) {
            (Some(last), Some(prev), Some(seq)) if prev == last => match seq.cmp(&prev) {
                std::cmp::Ordering::Greater => Link::Next,
                std::cmp::Ordering::Equal => Link::Idle,
                std::cmp::Ordering::Less => Link::Reset,
            },
            (None, None, None) => Link::Unnumbered,
            (expected, got, _) => return Link::Gap { expected, got },
        };
        self.last = seq_id;
        link
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_chain_and_what_breaks_it() {
        let mut chain = SeqChain::default();
        assert_eq!(chain.start(Some(10)), Link::Snapshot);
        for (prev, seq, want) in [
            (Some(10), Some(15), Link::Next),
            (Some(15), Some(15), Link::Idle),
            (Some(15), Some(3), Link::Reset),
            (Some(3), Some(5), Link::Next),
            (Some(9), Some(11), Link::Gap { expected: Some(5), got: Some(9) }),
            (Some(-1), Some(11), Link::Gap { expected: Some(5), got: Some(-1) }),
            (None, Some(11), Link::Gap { expected: Some(5), got: None }),
            (None, None, Link::Gap { expected: Some(5), got: None }),
            (Some(5), None, Link::Gap { expected: Some(5), got: Some(5) }),
            (Some(5), Some(6), Link::Next),
        ] {
            assert_eq!(chain.observe(prev, seq), want, "prevSeqId={prev:?} seqId={seq:?}");
        }
    }

    #[test]
    fn old_messages_without_numbers_follow_each_other() {
        let mut chain = SeqChain::default();
        chain.start(None);
        assert_eq!(chain.observe(None, None), Link::Unnumbered);
        assert_eq!(chain.observe(Some(1), Some(2)), Link::Gap { expected: None, got: Some(1) });
    }
}
