//! The account side: orders of several strategies of two accounts, under whatever befalls lines, requests, answers and pushes.
//!
//! ```text
//! strategies ─▶ Client (order line, private line, desk, keeper) ─▶ net ─▶ exchange     ears hear what was true
//!                   └─ words on each call, orders, fills, positions, balances ─▶ judge ◀─┘
//! ```

mod client;
mod judge;
mod plan;
mod run;
mod sick;
mod venue;

use judge::Tally;
use run::{FULL, Run, SHORT, Size};

use crate::{cpu, seeds_are_clean};

/// Seeds of `FULL` runs that failed once, and why.
const FAILED_ONCE: [(u64, &str); 0] = [];

/// Runs a seed and says on one line what came of it.
fn said(seed: u64, size: Size) -> Result<Tally, String> {
    let before = cpu();
    let done = Run::new(seed, size, only().as_deref()).run();
    let cpu = cpu() - before;
    match &done {
        Ok(tally) => println!("account seed {seed}: {tally}, {cpu:.1} s CPU"),
        Err(wrong) => println!("account seed {seed}: FAILED after {cpu:.1} s CPU, {wrong}\nagain: make chaos SIDE=account SEED={seed}"),
    }
    done
}

/// The sicknesses that the environment asks for: `KINDS="ack_lost close"`.
fn only() -> Option<Vec<&'static str>> {
    let asked = std::env::var("KINDS").ok().filter(|text| !text.is_empty())?;
    let known = |name: &str| *sick::KINDS.iter().find(|kind| **kind == name).unwrap_or_else(|| panic!("KINDS: there is no {name}"));
    Some(asked.split_whitespace().map(known).collect())
}

#[test]
fn short_seeds_are_clean() {
    for seed in 1..=3 {
        said(seed, SHORT).unwrap();
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    let run = |seed| Run::new(seed, SHORT, None).run().unwrap();
    let first = run(4);
    assert!(first.calls > 100, "{first}");
    assert_eq!(first.digest, run(4).digest);
    assert_ne!(first.digest, run(5).digest);
}

#[test]
#[ignore = "minutes; `make chaos` runs it"]
fn account_seeds_of_the_environment_are_clean() {
    seeds_are_clean(&FAILED_ONCE, |seed| said(seed, FULL).is_ok());
}
