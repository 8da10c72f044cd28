//! Sick book frames, and what heals them: after the one strike the chain goes on as if nothing had been.
//!
//! ```text
//! gap         15→20 │ (dropped)        │ 25→30        the client sees 20 ≠ 25
//! duplicate   15→20 │ 20→25, 20→25     │ 25→30
//! reset       15→20 │ 20→3             │ 3→30         the told number is taken back in the next update
//! crossed     15→20 │ 20→25 + a bid on the ask │ 25→30 − that bid
//! heartbeat   15→20 │ 20→25, 25→25 {}  │ 25→30
//! checksum    15→20 │ 20→25, one off   │ 25→30
//! stale       (an older snapshot)      │ 25→30        the client sees a gap
//! delta       18→25 (leftover), snapshot 25 │ 25→30
//! ```
//!
//! With legacy checksums a crossed frame carries the one of the true book.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::exchange::faults::frames::{emptied, is_snapshot, is_update, levels, number, with_levels, with_number};
use crate::exchange::faults::ill::BookIll;
use crate::exchange::io::ConnId;

/// A subscription as frames name it: connection, channel, instrument.
type Place = (ConnId, String, String);

/// What the next update must put right.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Mend {
    /// The true number, and the one told.
    Seq(i64, i64),
    /// A level that never was.
    Level(&'static str, String),
}

#[derive(Debug, Default)]
pub(super) struct Books {
    mends: BTreeMap<Place, Mend>,
    /// The first snapshot seen of a channel and instrument: stale ever after.
    old: BTreeMap<(String, String), Arc<[u8]>>,
}

/// Where `action` stands.
const HEAD: usize = 256;
const SNAPSHOT: &[u8] = b"\"action\":\"snapshot\"";

/// Channels with a chain of numbers.
pub(super) fn is_chained(channel: &str) -> bool {
    matches!(channel, "books" | "books-l2-tbt" | "books50-l2-tbt" | "books-rpi" | "books-elp")
}

pub(super) fn is_book(channel: &str) -> bool {
    is_chained(channel) || matches!(channel, "books5" | "bbo-tbt")
}

impl Books {
    /// Remembers snapshots, and heals what was struck before.
    pub fn pass(&mut self, conn: ConnId, channel: &str, inst_id: &str, frame: &Arc<[u8]>) -> Option<Arc<[u8]>> {
        if !is_chained(channel) {
            return None;
        }
        // Every frame comes by here: of a healthy one only the head is read.
        let head = frame.get(..HEAD.min(frame.len())).unwrap_or_default();
        if head.windows(SNAPSHOT.len()).any(|part| part == SNAPSHOT) {
            self.old.entry((channel.into(), inst_id.into())).or_insert_with(|| Arc::clone(frame));
        }
        if self.mends.is_empty() {
            return None;
        }
        let text = std::str::from_utf8(frame).ok()?;
        let mend = self.mends.remove(&(conn, channel.into(), inst_id.into()))?;
        if is_snapshot(text) {
            return None;
        }
        let healed = match &mend {
            Mend::Seq(truth, told) if number(text, "prevSeqId") == Some(*truth) => {
                let healed = with_number(text, "prevSeqId", *told)?;
                // A keep-alive repeats the number told, and heals nothing.
                if number(text, "seqId") == Some(*truth) {
                    let same = with_number(&healed, "seqId", *told)?;
                    self.mends.insert((conn, channel.into(), inst_id.into()), mend);
                    return Some(same.into_bytes().into());
                }
                healed
            }
            Mend::Seq(..) => return None,
            Mend::Level(side, px) => {
                let mut all = levels(text, side);
                if all.iter().any(|level| level.first() == Some(px)) {
                    return None; // the true level is told anyway
                }
                all.push(vec![px.clone(), "0".into(), "0".into(), "0".into()]);
                with_levels(text, side, &all)?
            }
        };
        Some(healed.into_bytes().into())
    }

    /// The frames that go out instead, or `None` if this frame does not suit.
    pub fn strike(&mut self, ill: BookIll, conn: ConnId, channel: &str, inst_id: &str, frame: &Arc<[u8]>) -> Option<Vec<Arc<[u8]>>> {
        let text = std::str::from_utf8(frame).ok()?;
        let bytes = |text: String| -> Arc<[u8]> { text.into_bytes().into() };
        let same = || Arc::clone(frame);
        let place = || (conn, channel.to_owned(), inst_id.to_owned());
        let chained = is_chained(channel);
        let running = if chained { is_update(text) } else { is_book(channel) };
        Some(match ill {
            BookIll::Gap if running => Vec::new(),
            BookIll::Reset if running => {
                let seq = number(text, "seqId")?;
                let prev = if chained { number(text, "prevSeqId")? } else { seq };
                if seq == prev && chained || prev < 2 {
                    return None;
                }
                let told = prev / 2;
                let frame = bytes(with_number(text, "seqId", told)?);
                if chained {
                    self.mends.insert(place(), Mend::Seq(seq, told));
                }
                vec![frame]
            }
            BookIll::Crossed if running => {
                // On a side's price as this very frame tells it, so that the levels meet whatever else the book holds.
                let (from, to) = [("asks", "bids"), ("bids", "asks")].into_iter().find(|(from, _)| first(text, from).is_some())?;
                let level = first(text, from)?;
                let px = level.first()?.clone();
                let mut all = levels(text, to);
                all.retain(|level| level.first() != Some(&px));
                if chained {
                    all.push(level);
                    self.mends.insert(place(), Mend::Level(to, px));
                } else {
                    all.insert(0, level);
                    all.truncate(levels(text, to).len().max(1));
                }
                vec![bytes(with_levels(text, to, &all)?)]
            }
            BookIll::Heartbeat if running && chained => {
                let seq = number(text, "seqId")?;
                vec![same(), bytes(with_number(&emptied(text)?, "prevSeqId", seq)?)]
            }
            // Where all is told each time, a keep-alive is a repetition.
            BookIll::Duplicate | BookIll::Heartbeat if running => vec![same(), same()],
            BookIll::Checksum => {
                let wrong = number(text, "checksum")? + 1;
                vec![bytes(with_number(text, "checksum", wrong)?)]
            }
            BookIll::StaleSnapshot if chained && is_snapshot(text) => {
                let old = self.old.get(&(channel.to_owned(), inst_id.to_owned())).cloned();
                let seq = number(text, "seqId")?;
                match old.filter(|old| std::str::from_utf8(old).ok().and_then(|old| number(old, "seqId")) != Some(seq)) {
                    Some(old) => vec![old],
                    None => vec![bytes(with_number(text, "seqId", seq - 1)?)],
                }
            }
            BookIll::LostSnapshot if chained && is_snapshot(text) => Vec::new(),
            BookIll::DeltaBeforeSnapshot if chained && is_snapshot(text) => {
                let seq = number(text, "seqId")?;
                let mut delta = with_number(text, "prevSeqId", (seq - 7).max(0))?.replacen("\"snapshot\"", "\"update\"", 1);
                for side in ["asks", "bids"] {
                    let some: Vec<_> = levels(&delta, side).into_iter().take(1).collect();
                    delta = with_levels(&delta, side, &some)?;
                }
                vec![bytes(delta), same()]
            }
            _ => return None,
        })
    }

    pub fn forget(&mut self, conn: ConnId) {
        self.mends.retain(|(of, ..), _| *of != conn);
    }
}

/// The first level of a side that is not a deletion.
fn first(text: &str, side: &str) -> Option<Vec<String>> {
    levels(text, side).into_iter().find(|level| level.get(1).is_some_and(|sz| sz != "0"))
}
