//! What follows from a match, done when it is over: nobody places or cancels orders in the middle of one.

use crate::exchange::account::AcctIx;
use crate::exchange::algo;
use crate::exchange::instrument::InstIx;
use crate::exchange::order::OrdId;
use crate::exchange::world::World;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// An order ended, or filled for the first time.
    Ended(OrdId),
    /// There was a trade: what waits for its price goes.
    Moved(InstIx),
    /// A position changed.
    Touched(AcctIx, InstIx),
}

impl World {
    pub(super) fn later(&mut self, what: After) {
        // Who ended is named once by whoever ended it; positions are touched by every trade of a match.
        if matches!(what, After::Ended(_)) || !self.desk.after.contains(&what) {
            self.desk.after.push_back(what);
        }
    }

    /// Does what is due. What it sets off is due in turn, in order.
    pub(super) fn settle(&mut self) {
        if self.desk.settling {
            return;
        }
        self.desk.settling = true;
        while let Some(what) = self.desk.after.pop_front() {
            match what {
                After::Ended(id) => algo::order_ended(self, id),
                After::Moved(inst) => algo::prices_moved(self, inst),
                After::Touched(acct, inst) => self.fit_closing(acct, inst),
            }
        }
        self.desk.settling = false;
    }
}
