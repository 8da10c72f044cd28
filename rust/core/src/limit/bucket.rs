//! One sliding window: what was sent, what is in line, and when the next may go.
//!
//! ```text
//!        sent (by time)            in line (first come first served)
//!  ──┬──────┬───────┬──────┬──── now ────┬─────────┬──────▶ time
//!    └──────── window ─────┘             └─ counts where it is booked, or now if that has passed
//! ```

use super::{BucketView, HEADROOM_NS, HEADROOM_PERCENT, REGAIN_NS, Rule, SHRINK_PERCENT};
use std::cmp::Reverse;
use std::collections::VecDeque;

#[derive(Clone, Copy, Debug)]
struct Waiting {
    id: u64,
    /// Where it fits here, and where it goes, as things stand: later, if another bucket makes it wait.
    at_ns: u64,
    goes_ns: u64,
    /// Its owner does not send it after this.
    latest_ns: u64,
    n: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Bucket {
    rule: Rule,
    /// By time; what left the window is gone after the next booking.
    sent: VecDeque<(u64, u32)>,
    sent_total: u32,
    /// By id, and by `at_ns`.
    waiting: VecDeque<Waiting>,
    waiting_total: u32,
    closed_until_ns: u64,
    /// How many shares of the count are given up, and since when.
    shrunk: u32,
    shrunk_at_ns: u64,
}

/// What a window of this rule really spans.
fn span(rule: Rule) -> u64 {
    rule.window_ns.saturating_add(rule.window_ns / 100 * HEADROOM_PERCENT).saturating_add(HEADROOM_NS)
}

impl Bucket {
    pub(super) fn new(rule: Rule) -> Self {
        let (sent, waiting) = (VecDeque::new(), VecDeque::new());
        Self { rule, sent, sent_total: 0, waiting, waiting_total: 0, closed_until_ns: 0, shrunk: 0, shrunk_at_ns: 0 }
    }

    pub(super) fn set_rule(&mut self, rule: Rule) {
        self.rule = rule;
    }

    /// When `n` more could go, behind everything in line.
    pub(super) fn earliest(&self, now: u64, rule: Rule, n: u32) -> u64 {
        self.fit(now, rule, n, self.waiting.len())
    }

    /// Puts `n` in line where it fits.
    pub(super) fn book(&mut self, now: u64, id: u64, goes_ns: u64, latest_ns: u64, n: u32) {
        self.expire(now);
        let at_ns = self.earliest(now, self.rule, n);
        self.waiting.push_back(Waiting { id, at_ns, goes_ns, latest_ns, n });
        self.waiting_total = self.waiting_total.saturating_add(n);
    }

    /// When the one in line as `id` may go, by what is before it now; that becomes its place.
    pub(super) fn due(&mut self, now: u64, id: u64) -> u64 {
        self.place(id).and_then(|place| self.replace(now, place)).unwrap_or(now)
    }

    /// Notes where the one in line as `id` goes by all its buckets.
    pub(super) fn goes(&mut self, id: u64, at_ns: u64) {
        if let Some(waiting) = self.place(id).and_then(|place| self.waiting.get_mut(place)) {
            waiting.goes_ns = at_ns;
        }
    }

    pub(super) fn sent(&mut self, id: u64, at: u64, n: u32) {
        // One that was given up for lost has been sent after all: it counts.
        self.release(id);
        let place = self.sent.iter().rposition(|&(other, _)| other <= at).map_or(0, |last| last + 1);
        match place.checked_sub(1).and_then(|last| self.sent.get_mut(last)).filter(|last| last.0 == at) {
            Some(last) => last.1 = last.1.saturating_add(n),
            None => self.sent.insert(place, (at, n)),
        }
        self.sent_total = self.sent_total.saturating_add(n);
    }

    pub(super) fn release(&mut self, id: u64) {
        if let Some(gone) = self.place(id).and_then(|place| self.waiting.remove(place)) {
            self.waiting_total = self.waiting_total.saturating_sub(gone.n);
        }
    }

    pub(super) fn refused(&mut self, now: u64) {
        // Several requests of one burst are refused together: that is one refusal.
        if self.closed_until_ns <= now {
            self.shrunk = self.shrunk_now(now).saturating_add(1).min(100 / SHRINK_PERCENT);
        }
        self.shrunk_at_ns = now;
        self.closed_until_ns = now.saturating_add(span(self.rule));
        // The line moves back as a whole, so that those who ask next are told the truth.
        for place in 0..self.waiting.len() {
            self.replace(now, place);
        }
    }

    pub(super) fn is_idle(&self, now: u64) -> bool {
        let span = span(self.rule);
        self.sent.back().is_none_or(|&(at, _)| at.saturating_add(span) <= now)
            && self.waiting.iter().all(|waiting| waiting.latest_ns.saturating_add(span) <= now)
            && self.closed_until_ns <= now
            && self.shrunk_now(now) == 0
    }

    pub(super) fn view(&self, bucket: u32, key: &str, now: u64) -> BucketView {
        let span = span(self.rule);
        BucketView {
            bucket,
            key: key.into(),
            rule: self.rule,
            allowed: self.allowed(now, self.rule),
            used: self.sent.iter().filter(|(at, _)| at.saturating_add(span) > now).fold(0u32, |sum, (_, n)| sum.saturating_add(*n)),
            waiting: self.waiting_total,
            closed_until_ns: if self.closed_until_ns > now { self.closed_until_ns } else { 0 },
        }
    }

    fn place(&self, id: u64) -> Option<usize> {
        self.waiting.binary_search_by_key(&id, |waiting| waiting.id).ok()
    }

    /// Moves the one at `place` to where it fits now, and nobody behind stays before it.
    fn replace(&mut self, now: u64, place: usize) -> Option<u64> {
        let n = self.waiting.get(place)?.n;
        let at = self.fit(now, self.rule, n, place);
        let mut line = self.waiting.range_mut(place..);
        let moved = line.next()?;
        (moved.at_ns, moved.goes_ns) = (at, moved.goes_ns.max(at));
        for behind in line.take_while(|behind| behind.at_ns < at) {
            (behind.at_ns, behind.goes_ns) = (at, behind.goes_ns.max(at));
        }
        Some(at)
    }

    fn shrunk_now(&self, now: u64) -> u32 {
        let regained = now.saturating_sub(self.shrunk_at_ns) / REGAIN_NS;
        self.shrunk.saturating_sub(u32::try_from(regained).unwrap_or(u32::MAX))
    }

    fn allowed(&self, now: u64, rule: Rule) -> u32 {
        let share = (u64::from(rule.count) * u64::from(SHRINK_PERCENT)).div_ceil(100);
        let given_up = share * u64::from(self.shrunk_now(now));
        u64::from(rule.count).saturating_sub(given_up).max(1) as u32
    }

    /// The earliest moment from `now` on at which `n` have room behind the first `place` in line.
    fn fit(&self, now: u64, rule: Rule, n: u32, place: usize) -> u64 {
        let span = span(rule);
        let line = self.waiting.range(..place.min(self.waiting.len()));
        let floor = line.clone().next_back().map_or(now, |last| now.max(last.at_ns)).max(self.closed_until_ns);
        let allowed = self.allowed(now, rule);
        let room = allowed - n.min(allowed);
        // Mostly there is room for everybody. The totals hold those behind as well, and the one asked for if it is in line.
        let others = if place < self.waiting.len() { allowed } else { room };
        if self.sent_total.saturating_add(self.waiting_total) <= others {
            return floor;
        }
        // From the last to leave the window back: the first that is too many has to leave it, and with it all before it.
        let mut line: Vec<_> = line.map(|waiting| (waiting.goes_ns.max(now), waiting.n)).collect();
        line.sort_unstable_by_key(|&(goes, _)| Reverse(goes));
        let mut in_window = 0u32;
        for (at, n) in line.into_iter().chain(self.sent.iter().rev().copied()) {
            in_window = in_window.saturating_add(n);
            if in_window > room {
                return floor.max(at.saturating_add(span));
            }
        }
        floor
    }

    fn expire(&mut self, now: u64) {
        let span = span(self.rule);
        while let Some(&(_, n)) = self.sent.front().filter(|(at, _)| at.saturating_add(span) <= now) {
            self.sent.pop_front();
            self.sent_total = self.sent_total.saturating_sub(n);
        }
        while let Some(&Waiting { n, .. }) = self.waiting.front().filter(|lost| lost.latest_ns.saturating_add(span) <= now) {
            self.waiting.pop_front();
            self.waiting_total = self.waiting_total.saturating_sub(n);
        }
    }
}
