//! The desk by the rules of the book: what is refused with which code, what is pushed in which order.

#![allow(clippy::indexing_slicing, reason = "a test may panic")]

mod amend;
mod close;
mod codes;
mod leverage;
mod model;
mod modes;
mod precheck;
mod pushes;
mod queries;
mod reduce;
mod rules;
mod stp;

use serde_json::Value;

use crate::exchange::account::{AcctIx, PosKey};
use crate::exchange::call::{Call, Handler, Reply, Route};
use crate::exchange::config::{AccountConfig, Config};
use crate::exchange::fields::Fields;
use crate::exchange::instrument::InstIx;
use crate::exchange::io::{MILLI, Nanos};
use crate::exchange::num::{Dec, text};
use crate::exchange::order::{OrdId, PosSide, TdMode};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

use super::{orders, query};

/// A Sunday in November 2026.
const START: Nanos = 1_795_305_600_000 * MILLI;

pub(super) fn d(text: &str) -> Dec {
    text.parse().expect("a number of the test")
}

/// An exchange without a house, so that the only orders are the test's: BTC at 90 000, bands 3 % around it.
pub(super) struct Rig {
    pub world: World,
    /// The account under test, and its counterparty: a rich one in futures mode with net positions.
    pub me: AcctIx,
    pub other: AcctIx,
}

impl Rig {
    pub fn new() -> Self {
        Self::of("2", "net_mode")
    }

    pub fn of(acct_lv: &str, pos_mode: &str) -> Self {
        let account = |label: &str, acct_lv: &str, pos_mode: &str, usdt: i64| AccountConfig {
            label: label.into(),
            acct_lv: acct_lv.into(),
            pos_mode: pos_mode.into(),
            balances: [("USDT".to_owned(), Dec::from(usdt)), ("BTC".to_owned(), Dec::from(usdt / 50_000))].into(),
            ..AccountConfig::default()
        };
        let mut config = Config::default();
        config.house.enabled = false;
        config.house.volatility = 0.0;
        let sub = AccountConfig { main: "me".into(), ..account("sub", acct_lv, pos_mode, 1_000_000) };
        config.accounts = vec![account("me", acct_lv, pos_mode, 1_000_000), account("other", "2", "net_mode", 100_000_000), sub];
        let world = World::new(config, START).expect("a plain configuration");
        let find = |label: &str| world.accounts.iter().find(|a| a.label == label).map(|a| a.ix).expect("configured above");
        let (me, other) = (find("me"), find("other"));
        let mut rig = Self { world, me, other };
        rig.world.events.clear();
        rig
    }

    pub fn sub(&self) -> AcctIx {
        self.world.accounts.iter().find(|a| a.label == "sub").map(|a| a.ix).expect("configured in `of`")
    }

    pub fn inst(&self, inst_id: &str) -> InstIx {
        self.world.find_inst(inst_id).expect("in the catalogue").ix
    }

    pub fn option(&self) -> String {
        let option = self.world.instruments.iter().find(|i| i.strike.is_some() && i.inst_id.starts_with("BTC"));
        option.expect("the catalogue has options").inst_id.clone()
    }

    pub fn call(&mut self, acct: AcctIx, handler: Handler, ws: bool, items: Vec<Value>) -> Result<Vec<(bool, Value)>, Refusal> {
        let items: Vec<Fields> = items.into_iter().map(fields).collect();
        let params = items.first().cloned().unwrap_or_default();
        let mut call = Call { world: &mut self.world, acct: Some(acct), params, items, ws, exp_time: None };
        let json = |row: &str| serde_json::from_str(row).expect("rows are JSON");
        Ok(match handler(&mut call)? {
            Reply::Data(rows) => rows.iter().map(|row| (true, json(row))).collect(),
            Reply::Object(row) => vec![(true, json(&row))],
            Reply::Items(rows) => rows.iter().map(|(good, row)| (*good, json(row))).collect(),
        })
    }

    /// An endpoint of another room: its row, or the code it refused with.
    pub fn call_route(&mut self, routes: &[Route], path: &str, item: Value) -> Result<Value, &'static str> {
        let route = routes.iter().find(|route| route.method == "POST" && route.path == path).expect("a route");
        let rows = self.call(self.me, route.handler, false, vec![item]).map_err(|no| no.code)?;
        Ok(rows.into_iter().next().expect("one row for one item").1)
    }

    pub fn one(&mut self, handler: Handler, item: Value) -> Value {
        let rows = self.call(self.me, handler, false, vec![item]).expect("no refusal of the whole");
        rows.into_iter().next().expect("one row for one item").1
    }

    /// Places a request of the account under test; its id, or the code it was refused with.
    pub fn place(&mut self, request: Value) -> Result<OrdId, String> {
        self.place_as(self.me, request)
    }

    pub fn place_as(&mut self, acct: AcctIx, request: Value) -> Result<OrdId, String> {
        let rows = self.call(acct, orders::place, false, vec![request]).map_err(|no| no.code.to_owned())?;
        let (good, row) = rows.into_iter().next().expect("one row for one item");
        if good { Ok(text_of(&row, "ordId").parse().expect("an id")) } else { Err(text_of(&row, "sCode")) }
    }

    /// A limit order in short: `buy 2 @ 90000` on an instrument.
    pub fn limit(&mut self, acct: AcctIx, inst_id: &str, what: &str) -> OrdId {
        let mode = if inst_id.matches('-').count() == 1 { "cash" } else { "cross" };
        let request = order(inst_id, mode, "limit", what);
        self.place_as(acct, request).unwrap_or_else(|code| panic!("{inst_id} {what}: {code}"))
    }

    /// Gives the account under test a position.
    pub fn position(&mut self, inst_id: &str, what: &str) {
        let (side, rest) = what.split_once(' ').expect("side size @ price");
        let opposite = if side == "buy" { "sell" } else { "buy" };
        self.limit(self.other, inst_id, &format!("{opposite} {rest}"));
        let mut request = order(inst_id, "cross", "limit", what);
        if self.world.account(self.me).long_short
            && let Some(map) = request.as_object_mut()
        {
            map.insert("posSide".into(), if side == "buy" { "long" } else { "short" }.into());
        }
        self.place(request).expect("rich enough");
        self.world.events.clear();
    }

    /// Signed size of a position.
    pub fn held(&self, inst_id: &str, mode: TdMode, side: PosSide) -> String {
        let key = PosKey { inst: self.inst(inst_id), mode, side };
        text(self.world.account(self.me).positions.get(&key).map_or(Dec::ZERO, |position| position.qty))
    }

    /// What was pushed on `orders` to the account under test since the last time: state, cancelSource, amend fields.
    pub fn pushed(&mut self) -> Vec<String> {
        let me = self.me;
        self.rows(me, "orders").iter().map(short).collect()
    }

    pub fn rows(&mut self, acct: AcctIx, channel: &str) -> Vec<Value> {
        let events = std::mem::take(&mut self.world.events);
        let (mine, rest): (Vec<_>, Vec<_>) = events.into_iter().partition(|event| event.channel == channel && event.acct == Some(acct));
        self.world.events = rest;
        mine.iter().flat_map(|event| &event.rows).map(|row| serde_json::from_str(row).expect("rows are JSON")).collect()
    }

    /// The row of `GET trade/order`.
    pub fn order(&mut self, id: OrdId) -> Value {
        let inst = self.world.orders.get(id).expect("known").inst;
        let inst_id = self.world.inst(inst).inst_id.clone();
        self.one(query::order, serde_json::json!({"instId": inst_id, "ordId": id.to_string()}))
    }

    pub fn state(&self, id: OrdId) -> String {
        let order = self.world.orders.get(id).expect("known");
        format!("{} {}", order.state.name(), order.cancel_source).trim_end().to_owned()
    }
}

fn short(row: &Value) -> String {
    let get = |key: &str| text_of(row, key);
    let mut out = get("state");
    for (name, key) in
        [("", "cancelSource"), ("fill=", "fillSz"), ("source=", "amendSource"), ("result=", "amendResult"), ("req=", "reqId")]
    {
        let value = get(key);
        if !value.is_empty() && (key != "fillSz" || value != "0") {
            out.push(' ');
            out.push_str(name);
            out.push_str(&value);
        }
    }
    out
}

pub(super) fn text_of(row: &Value, key: &str) -> String {
    row.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("{key} in {row}")).to_owned()
}

pub(super) fn fields(value: Value) -> Fields {
    let Value::Object(map) = value else { panic!("an object") };
    Fields::new(map)
}

/// `buy 2 @ 90000`, or `buy 2` without a price.
pub(super) fn order(inst_id: &str, mode: &str, ord_type: &str, what: &str) -> Value {
    let (what, px) = what.split_once(" @ ").unwrap_or((what, ""));
    let (side, sz) = what.split_once(' ').expect("side size");
    serde_json::json!({"instId": inst_id, "tdMode": mode, "side": side, "ordType": ord_type, "sz": sz, "px": px})
}

/// A request with more fields.
pub(super) fn with(mut request: Value, more: Value) -> Value {
    let (Some(map), Value::Object(more)) = (request.as_object_mut(), more) else { panic!("objects") };
    map.extend(more);
    request
}
