//! Clocks that are off, that drift, that are set, and replies that say so.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use proptest::prelude::*;

const MS: u64 = MILLI_NS;
/// 2026-11-22T00:00:00Z
const WALL: u64 = 1_795_305_600 * SECOND_NS;

/// Both of our clocks, `ns` after the test began.
fn at(ns: u64) -> Stamp {
    Stamp { mono_ns: 1000 + ns, wall_ns: WALL + ns }
}

/// A round trip from `sent_ms` to `recv_ms` that found the exchange's clock at `server_ms`, all since the test began.
fn sample(sent_ms: u64, recv_ms: u64, server_ms: u64) -> Sample {
    Sample { sent: at(sent_ms * MS), recv: at(recv_ms * MS), server_ms: WALL / MS + server_ms }
}

fn clock() -> ClockOffset {
    ClockOffset::new(MAX_OFFSET_NS, at(0))
}

#[test]
fn the_offset_is_the_servers_time_less_the_middle_of_the_round_trip() {
    for (sent, recv, server, offset_ns, error_ns) in [
        (0, 100, 50, 500_000, 50_500_000), // the same clock: within the millisecond that was cut off
        (0, 100, 1050, 1_000_500_000, 50_500_000),
        (1000, 1010, 5, -999_500_000, 5_500_000),
        (7, 7, 7, 500_000, 500_000),
    ] {
        let reading = clock().apply(&[sample(sent, recv, server)]).unwrap().reading;
        assert_eq!((reading.offset_ns, reading.error_ns), (offset_ns, error_ns), "{sent} {recv} {server}");
        assert_eq!(reading.rtt_ns, (recv - sent) * MS);
    }
}

#[test]
fn of_several_round_trips_the_shortest_counts() {
    let mut clock = clock();
    let applied = clock.apply(&[sample(0, 80, 300), sample(100, 110, 120), sample(200, 240, 500)]).unwrap();
    assert_eq!((applied.reading.rtt_ns, applied.reading.offset_ns), (10 * MS, 15_500_000));
    assert_eq!(clock.server_ns(at(500 * MS).mono_ns), WALL + 515_500_000);
}

#[test]
fn before_the_first_reading_the_local_clock_is_all_there_is() {
    let clock = clock();
    assert_eq!(clock.reading(), None);
    assert_eq!(clock.error_ns(at(0).mono_ns), None);
    assert_eq!(clock.server_ns(at(5 * MS).mono_ns), WALL + 5 * MS);
}

#[test]
fn sleep_that_the_monotonic_clock_did_not_count_is_no_step_and_loses_no_time() {
    let hour = 3600 * SECOND_NS;
    for measured in [false, true] {
        let mut clock = clock();
        if measured {
            clock.apply(&[sample(0, 10, 1005)]).unwrap();
        }
        let before = clock.server_ns(at(20 * MS).mono_ns);
        clock.slept(hour);
        let awake = Stamp { mono_ns: at(20 * MS).mono_ns, wall_ns: at(20 * MS).wall_ns + hour };
        assert_eq!(clock.step(awake), None, "measured {measured}");
        assert_eq!(clock.server_ns(awake.mono_ns), before + hour, "measured {measured}");
    }
}

#[test]
fn samples_that_say_nothing_are_refused_and_change_nothing() {
    let mut clock = clock();
    let backwards = Sample { sent: at(10), recv: at(5), server_ms: WALL / MS };
    assert_eq!(clock.apply(&[]), Err(Refused::Nothing));
    assert_eq!(clock.apply(&[backwards]), Err(Refused::Nothing));
    assert_eq!(clock.reading(), None);
}

#[test]
fn an_offset_beyond_the_bound_is_refused_in_words_and_what_was_known_stays() {
    let mut clock = clock();
    clock.apply(&[sample(0, 10, 1005)]).unwrap();
    let known = clock.reading();
    for (server_ms, text) in [
        (
            WALL / MS + 3_600_005,
            "the exchange's clock is 3600000 ms ahead of this machine's, more than the 600000 ms allowed: set the clock",
        ),
        (WALL / MS - 3_599_996, "the exchange's clock is 3600000 ms behind this machine's, more than the 600000 ms allowed: set the clock"),
    ] {
        let refused = clock.apply(&[Sample { server_ms, ..sample(0, 10, 0) }]).unwrap_err();
        assert_eq!(refused.to_string(), text);
        assert_eq!(clock.reading(), known);
    }
    for server_ms in [0, 1, u64::MAX / MS, u64::MAX] {
        assert!(matches!(clock.apply(&[Sample { server_ms, ..sample(0, 10, 0) }]), Err(Refused::TooFar { .. })), "{server_ms}");
    }
}

#[test]
fn readings_that_agree_are_no_jump_and_the_better_one_is_kept() {
    let mut clock = clock();
    let good = clock.apply(&[sample(0, 10, 105)]).unwrap().reading;
    // 100 ms of round trip say no more than "somewhere near": the old reading stays.
    let vague = clock.apply(&[sample(1000, 1100, 1180)]).unwrap();
    assert_eq!(vague, Applied { reading: good, jump: None });
    // After some hours the old one may have drifted further than that.
    let hours = 4 * 3600 * 1000;
    let later = clock.apply(&[sample(hours, hours + 100, hours + 180)]).unwrap();
    assert_eq!(later.jump, None);
    assert_eq!(later.reading.rtt_ns, 100 * MS);
    // And a sharper one is always welcome.
    let sharp = clock.apply(&[sample(hours + 200, hours + 202, hours + 320)]).unwrap();
    assert_eq!((sharp.jump, sharp.reading.rtt_ns), (None, 2 * MS));
}

#[test]
fn a_reading_that_contradicts_the_one_before_is_followed_and_reported() {
    let mut clock = clock();
    clock.apply(&[sample(0, 10, 5)]).unwrap();
    let applied = clock.apply(&[sample(1000, 1010, 6005)]).unwrap();
    assert_eq!(applied.jump, Some(Jump { from_ns: 500_000, to_ns: 5_000_500_000 }));
    assert_eq!(clock.reading(), Some(applied.reading));
}

#[test]
fn a_wall_clock_that_is_set_is_reported_once_and_does_not_move_the_exchanges() {
    let mut clock = clock();
    clock.apply(&[sample(0, 10, 2005)]).unwrap();
    let later = at(60_000 * MS);
    let expected = clock.server_ns(later.mono_ns);
    assert_eq!(clock.step(later), None);
    let slewed = Stamp { wall_ns: later.wall_ns + 900 * MS, ..later };
    assert_eq!(clock.step(slewed), None);
    let set = Stamp { wall_ns: later.wall_ns - 3_600_000 * MS, ..later };
    assert_eq!(clock.step(set), Some(Step { by_ns: -3_600_000_000_000 }));
    assert_eq!(clock.step(set), None);
    assert_eq!(clock.server_ns(later.mono_ns), expected);
    // The next reading tells the offset to the clock as it stands now: the exchange's has not jumped.
    let round = |ns: u64| Stamp { mono_ns: set.mono_ns + ns, wall_ns: set.wall_ns + ns };
    let server_ms = (expected + 5 * MS) / MS;
    let applied = clock.apply(&[Sample { sent: round(0), recv: round(10 * MS), server_ms }]).unwrap_err();
    assert!(matches!(applied, Refused::TooFar { offset_ns, .. } if offset_ns > 3_601_000_000_000), "{applied:?}");
}

#[test]
fn a_step_within_the_bound_is_no_jump_of_the_exchanges_clock() {
    let mut clock = clock();
    clock.apply(&[sample(0, 10, 5)]).unwrap();
    let set = |ns: u64| Stamp { mono_ns: at(ns).mono_ns, wall_ns: at(ns).wall_ns - 5000 * MS };
    assert_eq!(clock.step(set(100 * MS)), Some(Step { by_ns: -5_000_000_000 }));
    let applied = clock.apply(&[Sample { sent: set(100 * MS), recv: set(110 * MS), server_ms: WALL / MS + 105 }]).unwrap();
    assert_eq!((applied.jump, applied.reading.offset_ns / 1_000_000), (None, 5000));
    assert_eq!(clock.step(set(200 * MS)), None);
}

#[test]
fn without_a_reading_a_step_is_reported_and_followed() {
    let mut clock = clock();
    let set = Stamp { wall_ns: WALL + 7_200_000 * MS, ..at(1000 * MS) };
    assert_eq!(clock.step(set), Some(Step { by_ns: 7_199_000_000_000 }));
    assert_eq!(clock.server_ns(set.mono_ns), set.wall_ns);
}

#[test]
fn replies_that_tell_another_time_are_suspicious() {
    let mut clock = clock();
    clock.apply(&[sample(0, 0, 0)]).unwrap();
    let (sent, recv) = (at(1000 * MS).mono_ns, at(1500 * MS).mono_ns);
    // The exchange wrote it between 00:00:01.0 and 00:00:01.5, by our reading.
    for (date, want) in [
        ("Sun, 22 Nov 2026 00:00:01 GMT", None),
        ("Sun, 22 Nov 2026 00:00:03 GMT", None),
        ("Sun, 22 Nov 2026 00:00:04 GMT", Some(499)),
        ("Sun, 22 Nov 2026 00:10:01 GMT", Some(597_499)),
        ("Sat, 21 Nov 2026 23:59:59 GMT", None),
        ("Sat, 21 Nov 2026 23:59:57 GMT", Some(-1000)),
        ("yesterday", None),
    ] {
        let found = clock.check_date(date, sent, recv);
        assert_eq!(found.map(|suspicion| (suspicion.source, suspicion.by_ns / 1_000_000)), want.map(|by| ("Date", by)), "{date}");
    }
    for (after_ms, want) in [(1200, None), (3400, None), (3600, Some(99)), (0, None)] {
        let found = clock.check_out_time((WALL + after_ms * MS) / 1000, sent, recv);
        assert_eq!(found.map(|suspicion| (suspicion.source, suspicion.by_ns / 1_000_000)), want.map(|by| ("outTime", by)), "{after_ms}");
    }
    assert_eq!(clock.check_out_time(0, sent, recv).unwrap().source, "outTime");
}

proptest! {
    #[test]
    fn the_true_time_lies_within_the_error_however_the_delays_fall_and_the_clocks_drift(
        there in prop::collection::vec((0u64..300_000_000, 0u64..300_000_000), 1..6),
        true_offset in -500_000_000_000i64..500_000_000_000,
        drift in -80i64..=80,
        later in 0u64..100_000 * SECOND_NS,
    ) {
        let server = |ns: u64| (WALL + ns).saturating_add_signed(true_offset).saturating_add_signed(ns.cast_signed() / 1_000_000 * drift);
        let mut now = 0;
        let samples: Vec<Sample> = there.iter().map(|&(out, back)| {
            let sample = Sample { sent: at(now), recv: at(now + out + back), server_ms: server(now + out) / MS };
            now += out + back;
            sample
        }).collect();
        let mut clock = clock();
        clock.apply(&samples).unwrap();
        let mono_ns = at(now + later).mono_ns;
        let off = clock.server_ns(mono_ns).abs_diff(server(now + later));
        prop_assert!(off <= clock.error_ns(mono_ns).unwrap(), "off by {off} ns");
        // Measured again, that is no jump.
        let again = Sample { sent: at(now + later), recv: at(now + later + MS), server_ms: server(now + later) / MS };
        prop_assert_eq!(clock.apply(&[again]).map(|applied| applied.jump), Ok(None));
    }

    #[test]
    fn any_numbers_are_taken_without_overflow(times in prop::array::uniform8(any::<u64>()), small in any::<bool>()) {
        let [a, b, c, d, e, f, g, h] = times.map(|time| if small { time % 3 } else { time });
        let (sent, recv) = (Stamp { mono_ns: a, wall_ns: b }, Stamp { mono_ns: c, wall_ns: d });
        let mut clock = ClockOffset::new(u64::MAX, Stamp { mono_ns: e, wall_ns: f });
        for server_ms in [g, h] {
            let _ = clock.apply(&[Sample { sent, recv, server_ms }]).map_err(|refused| refused.to_string());
            let _ = (clock.step(recv), clock.server_ns(h), clock.error_ns(h), clock.check_out_time(g, a, c));
            let _ = clock.check_date("Fri, 31 Dec 9999 23:59:59 GMT", a, c);
        }
    }
}
