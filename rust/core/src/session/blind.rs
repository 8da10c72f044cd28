//! Blind spots: from when to when a subscription did not flow, and why.

use super::leg::LegId;
use super::{Kind, Notice, Session, Sub, SubId};
use crate::channel::Arg;
use crate::time::Stamp;
use std::sync::atomic::Ordering::Relaxed;

/// A blind spot that lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Blind {
    /// The last moment of which something is known.
    pub since: Stamp,
    pub cause: Box<str>,
}

impl Blind {
    /// It is over.
    pub fn notice(&self, arg: &Arg, at: Stamp) -> Notice {
        let ms = at.mono_ns.saturating_sub(self.since.mono_ns) / 1_000_000;
        Notice::new(Kind::Blind, at).about(arg).saying(format!("nothing is known of {ms} ms")).spanning(self.since, at).because(&self.cause)
    }
}

impl Sub {
    /// From its last data on it is blind, if it has flowed before. The first cause stays.
    pub(super) fn go_blind(&mut self, at: Stamp, cause: &str) {
        self.since.store(0, Relaxed);
        if !self.served || self.ended || self.blind.is_some() {
            return;
        }
        let since = if self.heard.mono_ns == 0 { at } else { self.heard };
        self.blind = Some(Blind { since, cause: cause.into() });
    }

    /// Since when it has flowed on a connection other than `but`.
    fn flows_since(&self, but: LegId) -> Option<u64> {
        let is_chained = self.is_chained();
        let since = |leg: LegId| match self.on.get(leg.ix()) {
            Some(on) if !is_chained || on.has_snapshot => on.phase.live_since(),
            _ => None,
        };
        LegId::all().filter(|leg| *leg != but).filter_map(since).min()
    }
}

impl Session {
    /// What a connection that fell silent at `spoke` may have missed although another carries it now: that one came later.
    /// Each with the moment from which on it flows there.
    pub(super) fn missed_in_silence(&self, gone: LegId, spoke: u64) -> Vec<(SubId, u64)> {
        let was_live = |sub: &Sub| sub.on.get(gone.ix()).is_some_and(|on| on.phase.is_live());
        let missed = |(index, sub): (usize, &Sub)| {
            let is_sound = sub.served && !sub.ended && sub.blind.is_none() && was_live(sub);
            let since = sub.flows_since(gone).filter(|since| is_sound && *since > spoke)?;
            Some((SubId(index as u32), since))
        };
        self.subs.iter().enumerate().filter_map(missed).collect()
    }

    /// They were blind from `spoke` on, and are not any more.
    pub(super) fn tell_missed(&mut self, at: Stamp, spoke: u64, missed: &[(SubId, u64)], why: &str) {
        for &(id, since) in missed {
            let Some(sub) = self.subs.get(id.0 as usize) else { continue };
            let mut notice = Blind { since: at.back_at(spoke), cause: why.into() }.notice(&sub.arg, at.back_at(since));
            self.stats.blind.add(1);
            notice.at = at;
            self.notices.push((Some(id), notice));
            self.look_up(at, id);
        }
    }
}
