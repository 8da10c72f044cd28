//! What happened, ready to be pushed: the gate hands it to whoever subscribed.

use crate::exchange::account::AcctIx;

/// What a subscription's `arg` is compared with. A field an arg leaves out matches anything; `instType: ANY` too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    pub inst_type: &'static str,
    pub family: String,
    pub inst_id: String,
    /// More than one: with commas between.
    pub ccy: String,
    /// Of algo orders.
    pub algo_id: String,
}

#[derive(Clone, Debug)]
pub struct Event {
    pub channel: &'static str,
    /// `None`: public.
    pub acct: Option<AcctIx>,
    pub scope: Scope,
    /// `snapshot` or `update` on incremental books.
    pub action: Option<&'static str>,
    /// `snapshot` or `event_update`, on account and positions: pages and `eventType` follow from it.
    pub event_type: Option<&'static str>,
    /// The rows, each JSON.
    pub rows: Vec<String>,
}
