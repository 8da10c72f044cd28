//! The limiter's rules as tables of times.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod model;

use super::*;

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
fn who_waits_for_its_own_instrument_holds_up_no_other() {
    let cap = |n| Want { bucket: 9, key: "", rule: Rule { count: 8, window_ns: 2000 * MS }, n };
    let mut limiter = Limiter::new();
    go(&mut limiter, 0, &[want("A", 3), cap(3)]).unwrap();
    let mut waits = book(&mut limiter, 1, &[want("A", 2), cap(2)]);
    assert_eq!(waits.send_at_ns, SPAN);
    // The cap has room for the one that waits and for three more, at once.
    assert_eq!(limiter.ready_at(1, &[want("B", 3), cap(3)]), 1);
    go(&mut limiter, 1, &[want("B", 3), cap(3)]).unwrap();
    assert_eq!(go(&mut limiter, 2, &[want("C", 1), cap(1)]), Err(NotBefore { at_ns: SPAN, bucket: 9 }));
    assert_eq!(limiter.due(&mut waits, SPAN), SPAN);
    limiter.sent(waits, SPAN);
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
