//! What a handler of a REST endpoint or a WebSocket operation gets and gives.
//!
//! Each room exports `ROUTES`; the gate joins them to one table, checks key, permission and limits, and wraps the reply.

use crate::exchange::account::AcctIx;
use crate::exchange::fields::Fields;
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

/// What is asked, by whom.
#[derive(Debug)]
pub struct Call<'a> {
    pub world: &'a mut World,
    /// Who signed; `None` on public endpoints.
    pub acct: Option<AcctIx>,
    /// Query or JSON object; the first object where the body is an array.
    pub params: Fields,
    /// The objects, where the body is an array; otherwise the one object.
    pub items: Vec<Fields>,
    /// Operation over WebSocket: `instIdCode` names the instrument.
    pub ws: bool,
    /// The deadline the client set (ms), with `expTime`.
    pub exp_time: Option<u64>,
}

impl Call<'_> {
    /// Whose call it is. The gate lets nobody through to a private endpoint without.
    pub fn who(&self) -> Result<AcctIx, Refusal> {
        self.acct.ok_or(Refusal::new("50103", "Request header OK-ACCESS-KEY cannot be empty."))
    }
}

#[derive(Debug)]
pub enum Reply {
    /// `code` 0 and these rows.
    Data(Vec<String>),
    /// `code` 0 and `data` that is one object instead of a list: a few endpoints do that.
    Object(String),
    /// One row for each item, in request order, `true` for an accepted one: `code` 0, 1 or 2 follows. Rows carry `sCode` themselves.
    /// `inTime`/`outTime` are added.
    Items(Vec<(bool, String)>),
}

pub type Answer = Result<Reply, Refusal>;
pub type Handler = fn(&mut Call<'_>) -> Answer;

/// How a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    Ip,
    User,
    /// User and `instId`; options count by family.
    UserInst,
    UserCcy,
    IpInst,
}

/// Requests (or orders of a batch, where `orders` is set) in a window.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Endpoints and operations with the same bucket name share a count.
    pub bucket: &'static str,
    pub count: u32,
    pub window_ms: u32,
    pub per: Per,
    /// Each item of a batch counts.
    pub orders: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    None,
    Read,
    Trade,
    Withdraw,
}

/// One REST endpoint that is simulated.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    pub method: &'static str,
    /// Without `/api/v5/`: `trade/order`.
    pub path: &'static str,
    pub permission: Permission,
    pub limit: Limit,
    pub handler: Handler,
}

/// One WebSocket operation on the private path.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    pub op: &'static str,
    /// The REST limit it shares.
    pub limit: Limit,
    pub handler: Handler,
}
