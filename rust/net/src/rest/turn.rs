//! How far a call has come.

use super::call::{Answer, Failure};
use super::pool::locked;
use super::scope::Shared;
use okx_fast_core::limit::Claim;

/// Why a call does not go on right now.
#[derive(Debug)]
pub enum Step {
    Done(Box<Result<Answer, Failure>>),
    /// Nothing to do before this monotonic time.
    Again {
        at_ns: u64,
    },
}

impl From<Failure> for Step {
    fn from(failure: Failure) -> Self {
        Self::Done(Box::new(Err(failure)))
    }
}

/// A place in the windows of the limits; given back if it was not used.
#[derive(Debug)]
pub struct Booking {
    limits: Shared,
    /// Taken when it is used or given back.
    claim: Option<Claim>,
}

impl Booking {
    pub fn new(limits: Shared, claim: Claim) -> Self {
        Self { limits, claim: Some(claim) }
    }

    /// When it may go: at or before `now_ns` it is its turn.
    pub fn due(&mut self, now_ns: u64) -> u64 {
        self.claim.as_mut().map_or(now_ns, |claim| locked(&self.limits).due(claim, now_ns))
    }

    pub fn sent(mut self, at_ns: u64) {
        if let Some(claim) = self.claim.take() {
            locked(&self.limits).sent(claim, at_ns);
        }
    }
}

impl Drop for Booking {
    fn drop(&mut self) {
        if let Some(claim) = self.claim.take() {
            locked(&self.limits).release(claim);
        }
    }
}

/// A call between its steps.
#[derive(Debug, Default)]
pub struct Turn {
    /// Times it was sent.
    pub attempts: u32,
    /// Tries that failed and are to be followed by another after a pause.
    pub tries: u32,
    /// Waited for limits so far.
    pub waited_ns: u64,
    pub booking: Option<Booking>,
    /// The clock was set on account of this call.
    pub clock_set: bool,
    /// What it ends with if there is no time for another try.
    pub last: Option<Result<Answer, Failure>>,
}

impl Turn {
    /// The end of a call that cannot go on: a read that was answered or failed before ends with that.
    pub fn end(&mut self, failure: Failure) -> Step {
        Step::Done(Box::new(self.last.take().unwrap_or(Err(failure))))
    }

    /// The next byte is the request's first: what was booked is used.
    pub fn sending(&mut self, now_ns: u64) {
        self.attempts += 1;
        if let Some(booking) = self.booking.take() {
            booking.sent(now_ns);
        }
    }
}
