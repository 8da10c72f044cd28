//! The limiter's rules as tables of times, and the limiter against a slow model of sliding windows.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use super::*;
use proptest::prelude::*;

const MS: u64 = 1_000_000;
/// OKX's 60 requests in 2 s have a little brother here: 3 in 2 s, which really span 2065 ms.
const RULE: Rule = Rule { count: 3, window_ns: 2000 * MS };
const SPAN: u64 = 2065 * MS;
const NEVER: u64 = u64::MAX;

fn want(key: &str, n: u32) -> Want<'_> {
    Want { bucket: 1, key, rule: RULE, n }
}

/// Claims and sends at once, if that is possible.
fn go(limiter: &mut Limiter, now: u64, wants: &[Want<'_>]) -> Result<(), NotBefore> {
    let claim = limiter.claim(now, wants, now)?;
    limiter.sent(claim, now);
    Ok(())
}

fn book(limiter: &mut Limiter, now: u64, wants: &[Want<'_>]) -> Claim {
    limiter.claim(now, wants, NEVER).unwrap()
}

#[test]
fn a_window_takes_its_count_and_the_next_when_the_first_has_left() {
    let mut limiter = Limiter::new();
    for (at, next) in [(0, 0), (10, 10), (20, SPAN)] {
        go(&mut limiter, at, &[want("A", 1)]).unwrap();
        assert_eq!(limiter.ready_at(at, &[want("A", 1)]), next, "after {at}");
    }
    assert_eq!(go(&mut limiter, 30, &[want("A", 1)]), Err(NotBefore { at_ns: SPAN, bucket: 1 }));
    assert_eq!(limiter.ready_at(30, &[want("A", 2)]), SPAN + 10);
    go(&mut limiter, SPAN, &[want("A", 1)]).unwrap();
    assert_eq!(limiter.ready_at(SPAN, &[want("A", 1)]), SPAN + 10);
}

#[test]
fn subjects_and_rules_do_not_share() {
    let mut limiter = Limiter::new();
    go(&mut limiter, 0, &[want("A", 3)]).unwrap();
    go(&mut limiter, 0, &[want("B", 3)]).unwrap();
    go(&mut limiter, 0, &[Want { bucket: 2, ..want("A", 3) }]).unwrap();
    assert!(go(&mut limiter, 0, &[want("A", 1)]).is_err());
}

#[test]
fn waiters_are_booked_one_after_another_and_none_overtakes() {
    let mut limiter = Limiter::new();
    let booked: Vec<u64> = [1, 1, 1, 3, 1, 1].iter().map(|&n| book(&mut limiter, 0, &[want("A", n)]).send_at_ns).collect();
    assert_eq!(booked, [0, 0, 0, SPAN, 2 * SPAN, 2 * SPAN]);
    // There is room for one at 2 × SPAN; two have to let the window empty first.
    assert_eq!(limiter.ready_at(0, &[want("A", 1)]), 2 * SPAN);
    assert_eq!(limiter.ready_at(0, &[want("A", 2)]), 3 * SPAN);
}

#[test]
fn a_batch_counts_its_orders_and_is_booked_whole_or_not_at_all() {
    let mut limiter = Limiter::new();
    go(&mut limiter, 0, &[want("B", 2)]).unwrap();
    let before = limiter.snapshot(0);
    // B has room for one, so A gets nothing either.
    let refused = limiter.claim(0, &[want("A", 1), Want { bucket: 1, ..want("B", 2) }], SPAN - 1).unwrap_err();
    assert_eq!(refused, NotBefore { at_ns: SPAN, bucket: 1 });
    assert_eq!(limiter.snapshot(0), before);
    let claim = limiter.claim(0, &[want("A", 1), want("B", 2)], SPAN).unwrap();
    assert_eq!(claim.send_at_ns, SPAN);
    // Both places are taken until then.
    assert_eq!(limiter.snapshot(0).iter().map(|view| (view.used, view.waiting)).collect::<Vec<_>>(), [(0, 1), (2, 2)]);
    limiter.release(claim);
    assert_eq!(limiter.snapshot(0).iter().map(|view| (view.used, view.waiting)).collect::<Vec<_>>(), [(0, 0), (2, 0)]);
}

#[test]
fn two_wants_for_one_bucket_count_together() {
    let mut limiter = Limiter::new();
    go(&mut limiter, 0, &[want("A", 1), want("B", 1), want("A", 2)]).unwrap();
    assert!(go(&mut limiter, 0, &[want("A", 1)]).is_err());
    go(&mut limiter, 0, &[want("B", 2)]).unwrap();
}

#[test]
fn the_cap_of_the_account_is_one_more_want() {
    let cap = |n| Want { bucket: 9, key: "", rule: Rule { count: 4, window_ns: 2000 * MS }, n };
    let mut limiter = Limiter::new();
    go(&mut limiter, 0, &[want("A", 3), cap(3)]).unwrap();
    assert_eq!(go(&mut limiter, 1, &[want("B", 2), cap(2)]), Err(NotBefore { at_ns: SPAN, bucket: 9 }));
    // Cancels do not count toward it.
    go(&mut limiter, 1, &[want("B", 2)]).unwrap();
    // What OKX tells of the account replaces what its wants say.
    limiter.set_rule(9, Rule { count: 5, window_ns: 2000 * MS });
    go(&mut limiter, 1, &[want("C", 2), cap(2)]).unwrap();
    assert!(go(&mut limiter, 1, &[want("D", 1), cap(1)]).is_err());
    limiter.set_rule(9, Rule { count: 0, window_ns: 0 });
    go(&mut limiter, 1, &[want("D", 1), cap(1)]).unwrap();
}

#[test]
fn no_limit_and_nothing_wanted_are_free() {
    let mut limiter = Limiter::new();
    let free = Want { bucket: 3, key: "", rule: Rule { count: 0, window_ns: 2000 * MS }, n: 1 };
    for _ in 0..100 {
        go(&mut limiter, 5, &[free]).unwrap();
        go(&mut limiter, 5, &[want("A", 0)]).unwrap();
        go(&mut limiter, 5, &[]).unwrap();
    }
    assert_eq!(limiter.snapshot(5), []);
}

#[test]
fn more_than_the_window_holds_takes_a_whole_window() {
    let mut limiter = Limiter::new();
    go(&mut limiter, 0, &[want("A", 1)]).unwrap();
    assert_eq!(limiter.ready_at(0, &[want("A", 20)]), SPAN);
    go(&mut limiter, SPAN, &[want("A", 20)]).unwrap();
    assert_eq!(limiter.ready_at(SPAN, &[want("A", 1)]), 2 * SPAN);
}

#[test]
fn a_request_that_waits_for_its_connection_holds_its_place() {
    let mut limiter = Limiter::new();
    let slow = book(&mut limiter, 0, &[want("A", 3)]);
    let mut next = book(&mut limiter, 0, &[want("A", 3)]);
    assert_eq!(next.send_at_ns, SPAN);
    // At its time the one before has not gone yet: it could go this very moment, so a window from now.
    assert_eq!(limiter.due(&mut next, SPAN), 2 * SPAN);
    limiter.sent(slow, SPAN + MS);
    assert_eq!(limiter.due(&mut next, SPAN + MS), 2 * SPAN + MS);
    assert_eq!(next.send_at_ns, 2 * SPAN + MS);
    // Those who come now are behind it.
    assert_eq!(limiter.ready_at(SPAN + MS, &[want("A", 1)]), 3 * SPAN + MS);
    assert_eq!(limiter.due(&mut next, 2 * SPAN + MS), 2 * SPAN + MS);
    limiter.sent(next, 2 * SPAN + MS);
}

#[test]
fn a_place_given_back_goes_to_the_next_who_asks() {
    let mut limiter = Limiter::new();
    let first = book(&mut limiter, 0, &[want("A", 3)]);
    let mut second = book(&mut limiter, 0, &[want("A", 3)]);
    limiter.release(first);
    assert_eq!(limiter.due(&mut second, 5), 5);
    limiter.release(second);
    go(&mut limiter, 5, &[want("A", 3)]).unwrap();
}

#[test]
fn a_lost_claim_blocks_its_place_until_its_latest_time_only() {
    let mut limiter = Limiter::new();
    _ = limiter.claim(0, &[want("A", 3)], 10_000 * MS).unwrap();
    assert!(go(&mut limiter, 9_000 * MS, &[want("A", 1)]).is_err());
    // It may have left at its latest time, so that window has to pass.
    let free = 10_000 * MS + SPAN;
    let claim = book(&mut limiter, free, &[want("A", 1)]);
    limiter.release(claim);
    go(&mut limiter, free, &[want("A", 3)]).unwrap();
}

#[test]
fn a_refusal_closes_the_bucket_for_a_window_and_for_those_in_line() {
    let ten = |n| Want { bucket: 1, key: "A", rule: Rule { count: 10, window_ns: 2000 * MS }, n };
    let mut limiter = Limiter::new();
    go(&mut limiter, 0, &[ten(10)]).unwrap();
    let mut waiting = book(&mut limiter, 0, &[ten(9)]);
    let mut behind = book(&mut limiter, 0, &[ten(9)]);
    let closed = 1000 * MS + SPAN;
    limiter.refused(1000 * MS, &[ten(1)]);
    assert_eq!(limiter.due(&mut waiting, SPAN), closed);
    assert_eq!(limiter.due(&mut behind, SPAN), closed + SPAN);
    let view = &limiter.snapshot(1000 * MS)[0];
    assert_eq!((view.allowed, view.closed_until_ns), (9, closed));
}

#[test]
fn who_is_late_moves_back_the_line_behind_and_those_who_come_are_told_so() {
    let mut limiter = Limiter::new();
    let slow = book(&mut limiter, 0, &[want("A", 3)]);
    let mut line: Vec<Claim> = (0..3).map(|_| book(&mut limiter, 0, &[want("A", 1)])).collect();
    assert_eq!(limiter.ready_at(0, &[want("A", 1)]), 2 * SPAN);
    limiter.sent(slow, 10);
    assert_eq!(limiter.due(&mut line[0], SPAN), SPAN + 10);
    assert_eq!(limiter.ready_at(SPAN, &[want("A", 3)]), 2 * SPAN + 10);
    limiter.refused(SPAN, &[want("A", 1)]);
    // Closed until 2 × SPAN, and then two at a time.
    assert_eq!(limiter.ready_at(SPAN, &[want("A", 1)]), 3 * SPAN);
    for (claim, at) in line.iter_mut().zip([2 * SPAN, 2 * SPAN, 3 * SPAN]) {
        assert_eq!(limiter.due(claim, SPAN), at);
    }
    assert_eq!(limiter.ready_at(SPAN, &[want("A", 1)]), 3 * SPAN);
}

#[test]
fn refusals_cost_a_tenth_each_and_clean_minutes_give_it_back() {
    let rule = Rule { count: 60, window_ns: 2000 * MS };
    let sixty = Want { bucket: 1, key: "A", rule, n: 1 };
    let mut limiter = Limiter::new();
    let allowed = |limiter: &Limiter, now: u64| limiter.snapshot(now)[0].allowed;
    limiter.refused(0, &[sixty]);
    // The rest of the same burst.
    limiter.refused(MS, &[sixty]);
    limiter.refused(2 * MS, &[sixty]);
    assert_eq!(allowed(&limiter, 3 * MS), 54);
    limiter.refused(10_000 * MS, &[sixty]);
    assert_eq!(allowed(&limiter, 10_000 * MS), 48);
    for (after_s, want) in [(59, 48), (60, 54), (119, 54), (120, 60), (600, 60)] {
        assert_eq!(allowed(&limiter, (10 + after_s) * 1000 * MS), want, "{after_s} s");
    }
    // A small rule never falls below one, and comes back, too.
    let small = Want { bucket: 2, key: "", rule: Rule { count: 2, window_ns: 2000 * MS }, n: 1 };
    for i in 0..20 {
        limiter.refused(i * 10_000 * MS, &[small]);
    }
    let view = |limiter: &Limiter, now: u64| limiter.snapshot(now)[1].allowed;
    assert_eq!(view(&limiter, 190_000 * MS), 1);
    assert_eq!(view(&limiter, (190 + 600) * 1000 * MS), 2);
}

#[test]
fn buckets_nobody_uses_are_forgotten() {
    let mut limiter = Limiter::new();
    for i in 0..50_000u64 {
        let key = format!("COIN{i}-USDT");
        go(&mut limiter, i * 100 * MS, &[want(&key, 1)]).unwrap();
    }
    assert!(limiter.snapshot(0).len() <= SWEEP_AT, "{}", limiter.snapshot(0).len());
    assert_eq!(limiter.buckets.len(), limiter.index[&1].by_key.len());
}

#[test]
fn times_at_the_end_of_the_clock_do_not_overflow() {
    let mut limiter = Limiter::new();
    let endless = Want { rule: Rule { count: 1, window_ns: u64::MAX }, ..want("A", u32::MAX) };
    go(&mut limiter, u64::MAX - 1, &[endless, endless]).unwrap();
    assert_eq!(limiter.ready_at(u64::MAX, &[endless]), u64::MAX);
    limiter.refused(u64::MAX, &[endless]);
}

/// Every booking ever made, and the rule applied to all of them by brute force.
#[derive(Default)]
struct Model(Vec<(usize, u64, u32)>);

impl Model {
    fn has_room(&self, subject: usize, at: u64, n: u32) -> bool {
        let others = self.0.iter().filter(|(other, sent, _)| *other == subject && *sent <= at && sent + SPAN > at);
        others.map(|(.., n)| n).sum::<u32>() + n <= RULE.count
    }

    fn earliest(&self, now: u64, wants: &[(usize, u32)]) -> u64 {
        let mine = || self.0.iter().filter(|(subject, ..)| wants.iter().any(|(other, _)| other == subject));
        let floor = mine().map(|(_, at, _)| *at).max().unwrap_or(0).max(now);
        let mut moments: Vec<u64> = mine().map(|(_, at, _)| at + SPAN).filter(|at| *at >= floor).chain([floor]).collect();
        moments.sort_unstable();
        moments.into_iter().find(|&at| wants.iter().all(|&(subject, n)| self.has_room(subject, at, n))).unwrap()
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
            let at = model.earliest(now, &wanted);
            prop_assert_eq!(limiter.ready_at(now, &asked), at);
            let before = limiter.snapshot(now);
            match limiter.claim(now, &asked, now + patience_ms * MS) {
                Ok(claim) => {
                    prop_assert_eq!(claim.send_at_ns, at);
                    prop_assert!(at <= now + patience_ms * MS);
                    model.0.extend(wanted.iter().map(|&(subject, n)| (subject, at, n)));
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
                    model.0.push((subject, now, n));
                }
                limiter.sent(turn.claim, now);
            }
        }
    }
}
