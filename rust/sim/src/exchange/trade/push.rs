//! What the account is told: `orders` and `fills`.

use crate::exchange::account::HOUSE;
use crate::exchange::event::Event;
use crate::exchange::json::Row;
use crate::exchange::market::Print;
use crate::exchange::order::OrdId;
use crate::exchange::world::World;

use super::rows;

/// Why an order is pushed, beside its state.
#[derive(Clone, Debug, Default)]
pub(super) struct Note {
    /// A trade: the `fill…` fields are filled in.
    pub fill: bool,
    pub amend_source: &'static str,
    pub amend_result: &'static str,
    pub req_id: String,
    /// Of an amendment that failed.
    pub code: &'static str,
    pub msg: String,
}

impl Note {
    pub fn of_fill() -> Self {
        Self { fill: true, ..Self::default() }
    }

    pub fn amended(source: &'static str, result: &'static str, req_id: &str) -> Self {
        Self { amend_source: source, amend_result: result, req_id: req_id.to_owned(), ..Self::default() }
    }
}

impl World {
    /// One row on `orders`. The house has no subscribers.
    pub(super) fn push_order(&mut self, id: OrdId, note: &Note) {
        let Some(order) = self.orders.get(id).filter(|order| order.acct != HOUSE && self.is_heard("orders")) else { return };
        let mut scope = self.scope(order.inst);
        scope.inst_type = order.inst_type.name();
        let row = rows::pushed(self, order, note);
        let acct = Some(order.acct);
        self.events.push(Event { channel: "orders", acct, scope, action: None, event_type: None, rows: vec![row] });
    }

    /// A maker's part of a trade on `fills`.
    pub(super) fn push_maker_fill(&mut self, id: OrdId) {
        let Some(fill) = self.orders.get(id).and_then(|order| order.last_fill.clone()) else { return };
        self.push_fill(id, fill.trade_id, [fill.px, fill.sz], "M", 1);
    }

    /// What a taker traded at one price, on `fills`.
    pub(super) fn push_taker_fill(&mut self, id: OrdId, print: &Print) {
        self.push_fill(id, print.trade_id, [print.px, print.sz], "T", print.count);
    }

    fn push_fill(&mut self, id: OrdId, trade_id: u64, [px, sz]: [crate::exchange::num::Dec; 2], exec: &str, count: u32) {
        if !self.is_heard("fills") {
            return;
        }
        let Some(order) = self.orders.get(id).filter(|order| order.acct != HOUSE && order.category == "normal") else { return };
        // Only ids that fit a positive 64-bit number are told here.
        let cl_ord_id = order.cl_ord_id.parse::<i64>().ok().filter(|id| *id > 0).unwrap_or(0);
        let row = Row::new()
            .s("instId", &self.inst(order.inst).inst_id)
            .d("fillSz", sz)
            .d("fillPx", px)
            .s("side", order.side.name())
            .n("ts", self.now_ms())
            .n("ordId", id)
            .n("clOrdId", cl_ord_id.unsigned_abs())
            .n("tradeId", trade_id)
            .s("execType", exec)
            .n("count", u64::from(count))
            .end();
        let mut scope = self.scope(order.inst);
        scope.inst_type = order.inst_type.name();
        let acct = Some(order.acct);
        self.events.push(Event { channel: "fills", acct, scope, action: None, event_type: None, rows: vec![row] });
    }
}
