//! What is left of a run, on one line.

use std::collections::BTreeMap;
use std::fmt;

use okx_fast_sim::exchange::io::{Nanos, SECOND};

use crate::judge::Tally;

#[derive(Clone, Debug)]
pub struct Summary {
    pub strikes: BTreeMap<&'static str, u32>,
    /// How often the exchange's faults found something to strike, as far as it remembers them.
    pub hits: BTreeMap<String, u64>,
    pub tally: Tally,
    pub connects: u64,
    /// To subscribe, unsubscribe and log in, on one connection.
    pub most_requests: u32,
    pub books: usize,
    pub truths: (usize, usize),
    /// Bytes the clients held at most, in the second quarter and in the last.
    pub held: (i64, i64),
    /// From the last strike until all books were valid.
    pub well_after: Nanos,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tally = &self.tally;
        let seconds = |time: Nanos| time as f64 / SECOND as f64;
        let (states, tape) = self.truths;
        write!(f, "{} books, {} book messages, {} checks against {states} states", self.books, tally.books, tally.checks)?;
        write!(f, ", {} books by REST, {} trades of {tape}", tally.by_rest, tally.trades)?;
        write!(f, ", {} gaps and {} outages announced", tally.gaps, tally.outages)?;
        write!(f, ", {} connects, at most {} requests on one", self.connects, self.most_requests)?;
        write!(f, ", longest recovery {:.1} s, all well after {:.1} s", seconds(tally.longest_recovery), seconds(self.well_after))?;
        write!(f, ", {} kB held then {}", self.held.0 / 1024, self.held.1 / 1024)?;
        write!(f, ", excused: {} doubled and {} unnoticed trades, {} stale books; strikes", tally.doubled, tally.unnoticed, tally.stale)?;
        self.strikes.iter().try_for_each(|(kind, count)| write!(f, " {kind} {count}"))
    }
}
