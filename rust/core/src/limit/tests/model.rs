//! The limiter against a slow model of sliding windows.

use super::*;
use proptest::prelude::*;

/// Something in a window: from when it fits by this subject alone until a window after it goes.
#[derive(Clone, Copy)]
struct Place {
    subject: usize,
    fits: u64,
    goes: u64,
    n: u32,
}

/// Every booking ever made, and the rule applied to all of them by brute force.
#[derive(Default)]
struct Model(Vec<Place>);

impl Model {
    fn has_room(&self, subject: usize, at: u64, n: u32) -> bool {
        let others = self.0.iter().filter(|place| place.subject == subject && place.fits <= at && place.goes + SPAN > at);
        others.map(|place| place.n).sum::<u32>() + n <= RULE.count
    }

    /// When it fits by one subject: behind everybody in its line.
    fn fits(&self, now: u64, subject: usize, n: u32) -> u64 {
        let mine = || self.0.iter().filter(|place| place.subject == subject);
        let floor = mine().map(|place| place.fits).max().unwrap_or(0).max(now);
        let mut moments: Vec<u64> = mine().map(|place| place.goes + SPAN).filter(|at| *at >= floor).chain([floor]).collect();
        moments.sort_unstable();
        moments.into_iter().find(|&at| self.has_room(subject, at, n)).unwrap()
    }

    /// Its places: it goes when it fits everywhere.
    fn places(&self, now: u64, wants: &[(usize, u32)]) -> Vec<Place> {
        let fits: Vec<u64> = wants.iter().map(|&(subject, n)| self.fits(now, subject, n)).collect();
        let goes = fits.iter().copied().max().unwrap_or(now);
        wants.iter().zip(fits).map(|(&(subject, n), fits)| Place { subject, fits, goes, n }).collect()
    }
}

/// One in line.
struct Turn {
    look_at: u64,
    /// How long its connection will take once its turn has come.
    dial: u64,
    dialed: bool,
    wanted: Vec<(usize, u32)>,
    claim: Claim,
}

const KEYS: [&str; 3] = ["A", "B", "C"];

fn wants(picked: &[u32]) -> Vec<(usize, u32)> {
    picked.iter().enumerate().filter(|(_, n)| **n > 0).map(|(subject, n)| (subject, *n)).collect()
}

proptest! {
    #[test]
    fn places_are_exactly_those_of_a_slow_model(
        calls in prop::collection::vec((0u64..3000, prop::array::uniform3(0u32..=3), 0u64..9000), 1..60),
    ) {
        let (mut limiter, mut model, mut line) = (Limiter::new(), Model::default(), Vec::<Claim>::new());
        let mut now = 0;
        for (pause_ms, picked, patience_ms) in calls {
            now += pause_ms / 4 * MS;
            line.sort_by_key(|claim| claim.send_at_ns);
            while line.first().is_some_and(|claim| claim.send_at_ns <= now) {
                let mut claim = line.remove(0);
                let at = claim.send_at_ns;
                prop_assert_eq!(limiter.due(&mut claim, at), at);
                limiter.sent(claim, at);
            }
            let wanted = wants(&picked);
            let asked: Vec<Want<'_>> = wanted.iter().map(|&(subject, n)| want(KEYS[subject], n)).collect();
            let places = model.places(now, &wanted);
            let at = places.first().map_or(now, |place| place.goes);
            prop_assert_eq!(limiter.ready_at(now, &asked), at);
            let before = limiter.snapshot(now);
            match limiter.claim(now, &asked, now + patience_ms * MS) {
                Ok(claim) => {
                    prop_assert_eq!(claim.send_at_ns, at);
                    prop_assert!(at <= now + patience_ms * MS);
                    model.0.extend(places);
                    line.push(claim);
                }
                Err(refused) => {
                    prop_assert_eq!(refused.at_ns, at);
                    prop_assert!(at > now + patience_ms * MS);
                    prop_assert_eq!(limiter.snapshot(now), before);
                }
            }
        }
    }

    #[test]
    fn no_window_ever_holds_too_much_whatever_is_late_given_up_or_refused(
        calls in prop::collection::vec((0u64..2000, prop::array::uniform3(0u32..=3), 0u64..4000, 0u8..10), 1..80),
    ) {
        let (mut limiter, mut model) = (Limiter::new(), Model::default());
        let mut line: Vec<Turn> = Vec::new();
        let mut calls = calls.into_iter();
        let (mut now, mut next) = (0, Some(0));
        let mut steps = 0;
        loop {
            steps += 1;
            prop_assert!(steps < 20_000, "everybody gets a turn");
            line.sort_by_key(|turn| turn.look_at);
            let first = line.first().map(|turn| turn.look_at);
            if let Some(at) = next.filter(|at| first.is_none_or(|first| *at <= first)) {
                now = at;
                let Some((pause_ms, picked, slow_ms, fate)) = calls.next() else {
                    next = None;
                    continue;
                };
                next = Some(now + pause_ms * MS);
                let wanted = wants(&picked);
                let asked: Vec<Want<'_>> = wanted.iter().map(|&(subject, n)| want(KEYS[subject], n)).collect();
                let claim = book(&mut limiter, now, &asked);
                if fate == 0 {
                    limiter.release(claim);
                    continue;
                }
                if fate == 1 {
                    limiter.refused(now, &asked);
                }
                let dial = if fate < 4 { slow_ms * MS } else { 0 };
                line.push(Turn { look_at: claim.send_at_ns, dial, dialed: false, wanted, claim });
                continue;
            }
            let Some(first) = first else { break };
            now = now.max(first);
            let mut turn = line.remove(0);
            // Its turn has come, its connection has not: it goes when that is there, without asking again.
            let due = if turn.dialed { now } else { limiter.due(&mut turn.claim, now) };
            if due > now {
                line.push(Turn { look_at: due, ..turn });
            } else if turn.dial > 0 {
                line.push(Turn { look_at: now + turn.dial, dial: 0, dialed: true, ..turn });
            } else {
                for &(subject, n) in &turn.wanted {
                    prop_assert!(model.has_room(subject, now, n), "{subject} at {now}");
                    model.0.push(Place { subject, fits: now, goes: now, n });
                }
                limiter.sent(turn.claim, now);
            }
        }
    }
}
