//! Chaos: a client against a sick exchange over a sick network, for ten minutes of exchange time, from a seed.
//!
//! ```text
//! seed ─▶ market · weather · network ─▶ run ─▶ Summary, or what was wrong at which moment
//! ```
//!
//! `make chaos SEEDS=20` runs many seeds (`JOBS=2`: two at a time; `FIRST=100`: from there on), `make chaos SEED=7` that one,
//! `KINDS="book_gap close"` with these sicknesses only. The tests run short ones. A seed that fails is added to `FAILED_ONCE`.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::needless_for_each, clippy::needless_pass_by_value, clippy::unnecessary_wraps, reason = "a test reads as it is told")]

mod client;
mod dice;
mod garble;
mod heap;
mod judge;
mod net;
mod run;
mod sabotage;
mod sick;
mod tape;
mod truth;
mod venue;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use client::promises;
use okx_fast_sim::exchange::io::SECOND;
use run::{FULL, Run, SHORT, Size, Summary, TINY};
use rustix::time::{ClockId, clock_gettime};
use sabotage::Sabotage;
use sick::KINDS;

/// Seeds of `FULL` runs that failed once, each with what was wrong.
const FAILED_ONCE: [u64; 0] = [];

fn run(seed: u64, size: Size) -> Result<Summary, String> {
    Run::new(seed, size).run(size, None)
}

/// CPU time of this thread, in seconds.
fn cpu() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

/// The sicknesses that the environment asks for: `KINDS="book_gap close"`.
fn only() -> Option<Vec<&'static str>> {
    let asked = std::env::var("KINDS").ok().filter(|text| !text.is_empty())?;
    let known = |name: &str| *KINDS.iter().find(|kind| **kind == name).unwrap_or_else(|| panic!("KINDS: there is no {name}"));
    Some(asked.split_whitespace().map(known).collect())
}

/// Runs a seed and says on one line what came of it.
fn said(seed: u64, size: Size) -> Result<Summary, String> {
    let before = cpu();
    let only = only();
    let done = Run::new(seed, size).run(size, only.as_deref());
    let cpu = cpu() - before;
    match &done {
        Ok(summary) => println!("seed {seed}: {summary}, {cpu:.1} s CPU"),
        Err(wrong) => println!("seed {seed}: FAILED after {cpu:.1} s CPU, {wrong}\nagain: make chaos SEED={seed}"),
    }
    done
}

#[test]
fn short_seeds_are_clean() {
    for seed in 1..=3 {
        said(seed, SHORT).unwrap();
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    let (first, second) = (run(4, SHORT).unwrap(), run(4, SHORT).unwrap());
    assert!(first.tally.books > 500, "{first}");
    assert_eq!((first.tally.digest, first.tally.checks), (second.tally.digest, second.tally.checks));
    assert_ne!(first.tally.digest, run(5, SHORT).unwrap().tally.digest);
}

#[test]
fn a_client_that_breaks_its_word_is_found_out() {
    for (sabotage, kind, says) in [
        (Sabotage::LosesTrades, "clock_skew", "is left out unsaid"),
        (Sabotage::DoublesTrades, "clock_skew", "again, or out of order"),
        (Sabotage::FreezesABook, "clock_skew", "books C000-USDT: valid at seqId"),
        (Sabotage::BendsABook, "clock_skew", "not the book of seqId"),
        (Sabotage::TrustsDeadBooks, "close_all", "and still its book is valid"),
        (Sabotage::HoardsMemory, "clock_skew", "bytes in the second quarter"),
        (Sabotage::AsksTooMuch, "clock_skew", "481 requests on connection"),
        (Sabotage::ConnectsAtOnce, "net_refuse_connect", "a fourth connect within a second"),
        (Sabotage::StaysAway, "close_all", "and nothing is sick any more"),
    ] {
        let mut run = Run::new(7, TINY);
        run.sabotage = Some(sabotage);
        let wrong = run.run(TINY, Some(&[kind])).map(|summary| summary.to_string()).unwrap_err();
        assert!(wrong.contains(says), "{sabotage:?}: {wrong}");
    }
}

#[test]
fn every_sickness_strikes() {
    for kind in KINDS {
        let size = Size { well: 5 * SECOND, ..TINY };
        // These need somebody who asks for a snapshot meanwhile.
        let kinds = if kind.ends_with("_snapshot") { vec![kind, "user_resubscribe"] } else { vec![kind] };
        let run = |seed| Run::new(seed, size).run(size, Some(&kinds)).unwrap_or_else(|wrong| panic!("{kind}: {wrong}"));
        let strikes = |summary: &Summary| summary.strikes.get(kind).is_some_and(|n| *n > 0) && summary.hits.values().all(|hits| *hits > 0);
        let summary = (8..24).map(run).find(strikes).unwrap_or_else(|| panic!("{kind} never strikes"));
        let exchanges_own = !kind.starts_with("net_") && !kind.starts_with("user_") && kind != "slow_reader";
        assert_eq!(exchanges_own, !summary.hits.is_empty(), "{kind}");
    }
}

#[test]
fn nothing_is_lost_to_an_announced_upgrade() {
    let summary = Run::new(6, SHORT).run(SHORT, Some(&["notice"])).unwrap();
    let (notices, dark) = (summary.strikes["notice"], summary.tally.gaps + summary.tally.outages);
    assert!(notices > 1, "{summary}");
    assert!(dark == 0 || !promises::MAKES_BEFORE_BREAK, "{summary}");
}

#[test]
#[ignore = "minutes; `make chaos` runs it"]
fn seeds_of_the_environment_are_clean() {
    let number = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty()).map(|text| text.parse::<u64>().unwrap());
    let first = number("FIRST").unwrap_or(1);
    let seeds: Vec<u64> = match (number("SEED"), number("SEEDS")) {
        (Some(seed), _) => vec![seed],
        (None, count) => FAILED_ONCE.into_iter().chain(first..first + count.unwrap_or(3)).collect(),
    };
    let next = AtomicUsize::new(0);
    let work = || {
        let one = || seeds.get(next.fetch_add(1, Relaxed)).copied();
        std::iter::from_fn(one).filter(|seed| said(*seed, FULL).is_err()).collect::<Vec<_>>()
    };
    let failed: Vec<u64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..number("JOBS").unwrap_or(1)).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(failed.is_empty(), "{} of {} seeds failed: {failed:?}", failed.len(), seeds.len());
}
