//! A client that breaks its word: what the judge must notice.

use okx_fast_core::order::desk::Outcome;
use okx_fast_core::order::keep::Told;

use super::client::Heard;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    LosesFills,
    DoublesFills,
    /// Says REJECTED of what was done.
    Denies,
    /// Says CONFIRMED of what was not.
    Boasts,
    /// Says UNKNOWN of what is known.
    Shrugs,
    /// Some calls never end.
    FallsSilent,
    /// Some calls end twice.
    RepeatsItself,
    SendsTwice,
    /// What was missed on the private line is never looked up.
    NeverCompares,
    /// Pushes of positions and balances are not taken over.
    HoldsOn,
}

impl Sabotage {
    /// What reaches the judge in place of this.
    pub fn twist(self, heard: Heard) -> Vec<Heard> {
        match heard {
            Heard::Told(Told::Fill { fill, found }) if fill.trade_id.ends_with('7') => match self {
                Self::LosesFills => Vec::new(),
                Self::DoublesFills => (0..2).map(|_| Heard::Told(Told::Fill { fill: fill.clone(), found })).collect(),
                _ => vec![Heard::Told(Told::Fill { fill, found })],
            },
            Heard::Done(ticket, mut report) if ticket % 20 == 7 || self == Self::Boasts => {
                let word = match self {
                    Self::Denies => Outcome::Rejected,
                    Self::Boasts => Outcome::Confirmed,
                    Self::Shrugs => Outcome::Unknown,
                    Self::FallsSilent => return Vec::new(),
                    Self::RepeatsItself => return vec![Heard::Done(ticket, report.clone()), Heard::Done(ticket, report)],
                    _ => return vec![Heard::Done(ticket, report)],
                };
                report.items.iter_mut().for_each(|item| item.outcome = word);
                vec![Heard::Done(ticket, report)]
            }
            heard => vec![heard],
        }
    }
}
