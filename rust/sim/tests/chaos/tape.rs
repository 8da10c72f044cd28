//! A subscription's place on the tape of all trades: what came, what is missing, and whether that was said.

use std::collections::BTreeSet;

use okx_fast_core::msg::trade::Trade;
use okx_fast_sim::exchange::io::Nanos;

use crate::client::Promises;
use crate::judge::{Tally, clock};
use crate::truth::Told;

#[derive(Debug)]
pub struct Place {
    /// On the tape: what comes next, if nothing is left out.
    next: usize,
    /// The first trade has come: what was before it is nobody's. It may be a straggler of the subscription before.
    started: bool,
    /// Announced, and not over yet.
    dark: bool,
    /// What is missing up to then was announced.
    excused: Nanos,
    /// Left out by the server, seen by nobody.
    swallowed: BTreeSet<u64>,
    unfillable: Vec<(u64, u64)>,
    promises: Promises,
}

impl Place {
    pub fn at_the_end_of(tape: &[Told], promises: Promises) -> Self {
        Self { next: tape.len(), started: false, dark: true, excused: 0, swallowed: BTreeSet::new(), unfillable: Vec::new(), promises }
    }

    pub fn swallowed(&mut self, id: u64) {
        self.swallowed.insert(id);
    }

    pub fn unfillable(&mut self, from: u64, to: u64) {
        self.unfillable.push((from, to));
    }

    pub fn live(&mut self, now: Nanos) {
        if std::mem::take(&mut self.dark) {
            self.excused = now;
        }
    }

    /// A trade of the user's.
    pub fn trade(&mut self, now: Nanos, tape: &[Told], trade: &Trade, doubles: bool, tally: &mut Tally) -> Result<(), String> {
        let at = tape.binary_search_by_key(&trade.trade_id, |told| told.id).ok();
        let Some((at, told)) = at.and_then(|at| Some((at, tape.get(at)?))) else {
            return Err(format!("trade {} was never made", trade.trade_id));
        };
        let got = (trade.px.to_string(), trade.sz.to_string());
        if got != (told.px.clone(), told.sz.clone()) {
            return Err(format!("trade {}: {} at {}, got {} at {}", told.id, told.sz, told.px, got.1, got.0));
        }
        if !self.started && now <= told.at + self.promises.fresh_within {
            self.next = self.next.min(at);
        }
        if at < self.next {
            if doubles && at + 1 == self.next {
                tally.doubled += 1;
                return Ok(());
            }
            return Err(format!("trade {} again, or out of order: the next was to be number {} of {}", told.id, self.next, tape.len()));
        }
        let missing = tape.get(self.next..at).unwrap_or_default();
        if let Some(missing) = missing.iter().find(|told| !self.is_excused(told)) {
            return Err(format!("trade {} of {} is left out unsaid before {}", missing.id, clock(missing.at), told.id));
        }
        tally.unnoticed += missing.iter().filter(|told| self.is_unnoticed(told)).count() as u64;
        // What was fetched says nothing of the connection: it may be lost again by now.
        if !trade.recovered {
            self.live(now);
        }
        self.started = true;
        self.next = at + 1;
        Ok(())
    }

    fn is_excused(&self, told: &Told) -> bool {
        if !self.started {
            return true;
        }
        if self.promises.recovers_trades {
            return self.unfillable.iter().any(|(from, to)| (*from..=*to).contains(&told.id));
        }
        self.dark || told.at <= self.excused || self.is_unnoticed(told)
    }

    fn is_unnoticed(&self, told: &Told) -> bool {
        !self.promises.notices_lost_trades && self.swallowed.contains(&told.id)
    }

    /// When a client can know of a trade that has not come: one that was swallowed is noticed by the number of the next.
    fn shows_at(&self, tape: &[Told], told: &Told) -> Option<Nanos> {
        let from = tape.partition_point(|other| other.id < told.id);
        tape.get(from..)?.iter().find(|other| !self.swallowed.contains(&other.id)).map(|other| other.at)
    }

    /// Something may be missing, and it was said.
    pub fn announced(&mut self, now: Nanos, tape: &[Told], dark: bool) -> Result<(), String> {
        let late = tape.get(self.next..).unwrap_or_default().iter().find(|told| !self.dark && told.at > self.excused);
        let shows = |told: &Told| self.shows_at(tape, told).is_some_and(|at| now > at + self.promises.fresh_within);
        if let Some(late) = late.filter(|told| self.started && shows(told) && !self.is_unnoticed(told)) {
            return Err(format!("trade {} of {} is missing, which is said only now", late.id, clock(late.at)));
        }
        if dark {
            self.dark = true;
        } else if !self.dark {
            self.excused = now;
        }
        Ok(())
    }

    /// At a random moment: nothing waits for too long without a word. `well`: by now it must be live.
    pub fn look(&self, now: Nanos, tape: &[Told], within: Nanos, well: bool) -> Result<(), String> {
        if self.dark && well {
            return Err("dark, and nothing is sick any more".to_owned());
        }
        let mut waiting = tape
            .get(self.next..)
            .unwrap_or_default()
            .iter()
            .take_while(|told| self.shows_at(tape, told).is_some_and(|at| now > at + within));
        // What is said to be dark is fetched when it is over.
        let is_fetched = |told: &Told| self.dark || (told.at <= self.excused && now < self.excused + self.promises.fetched_within);
        match waiting.find(|told| !(self.is_excused(told) || (self.promises.recovers_trades && is_fetched(told)))) {
            Some(told) => Err(format!("trade {} of {} has not come, and nothing was said", told.id, clock(told.at))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::PROMISES;
    use okx_fast_core::msg::trade::Side;
    use okx_fast_core::num::Dec;
    use okx_fast_sim::exchange::io::SECOND;

    /// One trade a second; the first has come.
    fn after_the_first(tape: &[Told]) -> Place {
        let mut place = Place::at_the_end_of(&[], PROMISES);
        let one = Dec { mantissa: 1, scale: 0 };
        let trade =
            Trade { trade_id: 1, px: one, sz: one, side: Side::Buy, ts_ms: 1, count: None, source: None, seq_id: None, recovered: false };
        place.trade(SECOND, tape, &trade, false, &mut Tally::default()).unwrap();
        place
    }

    fn tape(count: u64) -> Vec<Told> {
        (1..=count).map(|id| Told { at: id * SECOND, id, px: "1".into(), sz: "1".into() }).collect()
    }

    #[test]
    fn what_is_missing_has_to_be_said_in_time() {
        let tape = tape(2);
        let patience = 2 * SECOND + PROMISES.fresh_within;
        let mut late = after_the_first(&tape);
        assert!(late.announced(patience + 1, &tape, true).is_err_and(|wrong| wrong.contains("which is said only now")));
        let mut early = after_the_first(&tape);
        assert_eq!(early.announced(patience, &tape, true), Ok(()));
        // What is dark at last is not well.
        assert!(early.look(patience, &tape, PROMISES.fresh_within, true).is_err_and(|wrong| wrong.contains("dark")));
    }

    #[test]
    fn what_was_swallowed_shows_when_the_next_one_comes() {
        let within = PROMISES.fresh_within;
        let (two, three) = (tape(2), tape(3));
        let mut place = after_the_first(&two);
        place.swallowed(2);
        assert_eq!(place.look(1000 * SECOND, &two, within, false), Ok(()));
        assert_eq!(place.look(3 * SECOND + within, &three, within, false), Ok(()));
        assert!(place.look(3 * SECOND + within + 1, &three, within, false).is_err_and(|wrong| wrong.contains("trade 2 of")));
    }

    #[test]
    fn what_was_announced_is_fetched_in_time_or_given_up() {
        let tape = tape(2);
        let mut place = after_the_first(&tape);
        place.announced(3 * SECOND, &tape, true).unwrap();
        place.live(4 * SECOND);
        let late = 4 * SECOND + PROMISES.fetched_within;
        assert_eq!(place.look(late - 1, &tape, PROMISES.fresh_within, false), Ok(()));
        assert!(place.look(late, &tape, PROMISES.fresh_within, false).is_err_and(|wrong| wrong.contains("has not come")));
        place.unfillable(2, 2);
        assert_eq!(place.look(late, &tape, PROMISES.fresh_within, false), Ok(()));
    }
}
