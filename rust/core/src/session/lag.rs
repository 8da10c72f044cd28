//! How late a connection brings what OKX stamped: by how much the way is longer now than it ever was lately.
//!
//! ```text
//! our monotonic clock - OKX's ts = the way + what lies between the clocks ─▶ its least so far is the way at its best
//!                                                                         └▶ what is beyond: lag
//! ```
//!
//! No clock has to be right for that, only steady. What is late from the first message on does not show.

use super::leg::LegId;
use super::{Kind, Notice, SECOND, Session};
use crate::time::Stamp;
use std::sync::atomic::Ordering::Relaxed;

/// From here on a connection is late.
const LATE: u64 = SECOND;
/// Below this it is on time again.
const ON_TIME: u64 = SECOND / 2;
/// A message moves the best way by at most this: one with a wrong time does no harm.
const STEP: i64 = SECOND.cast_signed() / 4;
/// Of what comes at the same time, one message tells for all.
const EACH: u64 = SECOND / 1000;
/// Clocks drift apart by less than one part in this.
const DRIFT: u64 = 10_000;

/// What a session knows of the way at its best, nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BestWay {
    ns: Option<i64>,
    at: u64,
}

impl BestWay {
    /// By how much a message stamped `ts_ms` is late.
    #[inline]
    fn lag(&mut self, now: u64, ts_ms: u64) -> u64 {
        let way = now.cast_signed().saturating_sub_unsigned(ts_ms.saturating_mul(1_000_000));
        let drift = (now.saturating_sub(self.at) / DRIFT).cast_signed();
        self.at = now;
        let best = match self.ns {
            None => way,
            Some(best) if way < best => way.max(best - STEP),
            Some(best) => (best + drift).min(way),
        };
        self.ns = Some(best);
        way.saturating_sub(best).max(0).cast_unsigned()
    }
}

impl Session {
    /// A message that OKX sent when it made it: how late it comes. Whether there is something to tell of it.
    #[inline]
    pub(super) fn time(&mut self, leg: LegId, at: Stamp, ts_ms: u64) -> bool {
        let Some(this) = self.legs.get_mut(leg.ix()).filter(|l| at.mono_ns >= l.time_at) else { return false };
        let lag = self.best_way.lag(at.mono_ns, ts_ms);
        (this.lag, this.time_at) = (lag, at.mono_ns + EACH);
        let turns = if this.late.is_some() { lag < ON_TIME } else { lag >= LATE };
        if turns {
            self.turns_late(leg, at, lag);
        }
        turns
    }

    #[cold]
    fn turns_late(&mut self, leg: LegId, at: Stamp, lag: u64) {
        let Some(this) = self.legs.get_mut(leg.ix()) else { return };
        let is_late = this.late.is_none();
        this.late = is_late.then_some(at.mono_ns);
        let ms = lag / 1_000_000;
        let words = if is_late { format!("what it brings is {ms} ms late") } else { "what it brings is on time again".to_owned() };
        words.clone_into(&mut this.why);
        if is_late && !self.merged {
            // Until now it counted as news.
            self.alive.store(at.mono_ns.saturating_sub(lag), Relaxed);
        }
        self.stats.late.add(u64::from(is_late));
        let notice = Notice::new(Kind::Late, at).on(leg).expected(format!("at most {} ms", LATE / 1_000_000), format!("{ms} ms"));
        self.notices.push((None, notice.saying(words)));
        self.note_states(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;
    /// OKX's clock when ours is at 0, milliseconds.
    const THERE: u64 = 1_785_096_000_000;

    /// Lags of messages made at these milliseconds, each so many on its way.
    fn lags(of: &[(u64, u64)]) -> Vec<u64> {
        let mut best = BestWay::default();
        of.iter().map(|(made, way)| best.lag((made + way) * MS, THERE + made) / MS).collect()
    }

    #[test]
    fn the_least_way_so_far_is_what_others_are_measured_by() {
        assert_eq!(lags(&[(1000, 30), (1100, 20), (1200, 20), (1300, 8020), (1400, 7000), (9500, 20)]), [0, 0, 0, 7999, 6979, 0]);
    }

    #[test]
    fn a_single_wrong_time_does_no_harm() {
        let mut best = BestWay::default();
        best.lag(1000 * MS, THERE + 980);
        // From an hour ahead: a quarter of a second is believed, for as long as it takes to drift away.
        assert_eq!(best.lag(1100 * MS, THERE + 3_600_000), 0);
        assert_eq!(best.lag(1200 * MS, THERE + 1180) / MS, 249);
        assert!(best.lag(6_001_200 * MS, THERE + 6_001_180) < MS);
        // From an hour ago, and from nowhere.
        assert!(best.lag(6_001_300 * MS, THERE) > 3600 * SECOND);
        assert_eq!(best.lag(6_001_400 * MS, u64::MAX), 0);
        assert!(best.lag(6_001_500 * MS, THERE + 6_001_480) < SECOND);
    }

    #[test]
    fn clocks_that_drift_apart_make_nothing_late() {
        // 50 parts in a million, a message a second, for a day.
        let mut best = BestWay::default();
        let worst = (1..86_400).map(|s| best.lag(s * SECOND + s * 50_000, THERE + s * 1000)).max();
        assert!(worst < Some(MS), "{worst:?}");
    }
}
