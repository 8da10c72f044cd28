//! Frames of channels without numbers that several connections carry: each is handed on once.
//!
//! The connections carry the same bytes. A frame counts as known if another connection has brought it as often as this
//! one; a channel that repeats itself on one connection is left to do so.

use super::leg::{LEGS, LegId};
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// Frames remembered of a subscription, while it has more than one connection.
const KEPT: usize = 64;

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    hash: u64,
    by_leg: [u32; LEGS],
    handed_on: u32,
}

/// The last frames of one subscription.
#[derive(Debug, Default)]
pub(super) struct Recent {
    entries: Vec<Entry>,
    next: usize,
}

/// What a frame is known by.
#[inline]
pub(super) fn hash(frame: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(frame);
    hasher.finish()
}

impl Recent {
    /// The frame that `leg` brought last, while it was alone.
    pub fn since(leg: LegId, hash: u64) -> Self {
        let mut recent = Self::default();
        recent.is_news(leg, hash);
        recent
    }

    /// Whether the frame of this [`hash`] is news.
    pub fn is_news(&mut self, leg: LegId, hash: u64) -> bool {
        let at = self.entries.iter().position(|e| e.hash == hash).unwrap_or_else(|| self.add(hash));
        let Some(entry) = self.entries.get_mut(at) else { return true };
        let Some(count) = entry.by_leg.get_mut(leg.ix()) else { return true };
        *count += 1;
        let is_news = *count > entry.handed_on;
        entry.handed_on = entry.handed_on.max(*count);
        is_news
    }

    fn add(&mut self, hash: u64) -> usize {
        let entry = Entry { hash, ..Entry::default() };
        if self.entries.len() < KEPT {
            self.entries.push(entry);
            return self.entries.len() - 1;
        }
        let at = self.next;
        self.next = (self.next + 1) % KEPT;
        if let Some(place) = self.entries.get_mut(at) {
            *place = entry;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_frame_counts_once_whoever_brings_it_and_repetitions_of_one_connection_stay() {
        let mut recent = Recent::default();
        for (leg, frame, want) in [
            (0, "a", true),
            (1, "a", false),
            (1, "b", true),
            (0, "b", false),
            (0, "b", true),
            (1, "b", false),
            (2, "a", false),
            (0, "a", true),
        ] {
            assert_eq!(recent.is_news(LegId(leg), hash(frame.as_bytes())), want, "{leg} {frame}");
        }
    }

    #[test]
    fn the_last_frame_before_the_second_connection_is_known() {
        let mut recent = Recent::since(LegId(0), hash(b"a"));
        assert!(!recent.is_news(LegId(1), hash(b"a")));
        assert!(recent.is_news(LegId(0), hash(b"a")));
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let mut recent = Recent::default();
        for n in 0..1000_u32 {
            assert!(recent.is_news(LegId(0), hash(&n.to_le_bytes())));
        }
        assert_eq!(recent.entries.len(), KEPT);
    }
}
