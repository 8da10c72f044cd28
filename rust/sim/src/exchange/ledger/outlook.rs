//! What an order would make of an account: tried, measured and undone.
//!
//! Source: OKX API v5, Order Book Trading › Trade › Order precheck.

use crate::exchange::account::AcctIx;
use crate::exchange::instrument::InstType;
use crate::exchange::json::Row;
use crate::exchange::ledger::{fill, reserve, risk, rows};
use crate::exchange::num::{Dec, amount};
use crate::exchange::order::{OrdType, Order, Side};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

/// The measures of an account that an order changes.
struct Sight {
    adj_eq: Dec,
    imr: Dec,
    mmr: Dec,
    mgn_ratio: Option<Dec>,
    avail_bal: Dec,
    liab: Dec,
    liq_px: Option<Dec>,
}

impl Sight {
    fn of(world: &World, order: &Order, ccy: &str) -> Self {
        let total = risk::Total::of(world, order.acct);
        let account = world.account(order.acct);
        let position = reserve::key_of(order).and_then(|key| account.positions.get(&key)).filter(|position| !position.is_flat());
        let liq_px = position.and_then(|position| {
            let view = risk::view(world, order.acct, position);
            rows::liquidation(world, order.acct, position, &view).0
        });
        Self {
            adj_eq: amount(total.adj_eq),
            imr: amount(total.imr),
            mmr: amount(total.mmr),
            mgn_ratio: total.mgn_ratio().map(amount),
            avail_bal: amount(world.avail_bal(order.acct, ccy)),
            liab: amount((-account.cash(ccy)).max(Dec::ZERO)),
            liq_px,
        }
    }
}

impl World {
    /// Does something to an account and takes it back: nothing has happened then, to it or to anybody.
    pub fn undone<R>(&mut self, acct: AcctIx, what: impl FnOnce(&mut Self) -> R) -> R {
        let (account, ledger, ids, events) = (self.account(acct).clone(), self.ledger.clone(), self.ids.clone(), self.events.len());
        let result = what(self);
        *self.account_mut(acct) = account;
        (self.ledger, self.ids) = (ledger, ids);
        self.events.truncate(events);
        result
    }

    /// The row of `trade/order-precheck`: the account now, and how an order that fills at its price changes it. To be called in `undone`;
    /// `fund` sets aside what the order needs, or refuses it.
    pub fn outlook(
        &mut self,
        order: &mut Order,
        fund: impl FnOnce(&mut Self, &mut Order) -> Result<(), Refusal>,
    ) -> Result<String, Refusal> {
        let ccy = spent(self, order);
        let before = Sight::of(self, order, &ccy);
        fund(self, order)?;
        reserve::release(self, order);
        let mark = risk::mark_of(self, order.inst);
        let trade = filled(self, order);
        fill::book(self, &trade);
        let after = Sight::of(self, order, &ccy);
        Ok(row(self, order, &ccy, &before, &after, mark))
    }
}

/// What pays for an order.
fn spent(world: &World, order: &Order) -> String {
    let inst = world.inst(order.inst);
    match (order.inst_type, order.side) {
        (InstType::Spot | InstType::Margin, Side::Buy) => inst.quote().to_owned(),
        (InstType::Spot | InstType::Margin, Side::Sell) => inst.base().to_owned(),
        _ => inst.settle_ccy.clone(),
    }
}

/// All of it traded, at its own price or at the one it would meet.
fn filled(world: &World, order: &Order) -> fill::Trade {
    let px = order.px.unwrap_or_else(|| reserve::meeting_px(world, order.inst, order.side));
    let lot = world.inst(order.inst).lot_sz;
    let lots = |quote: Dec| quote.checked_div(px)?.checked_div(lot)?.floor().checked_mul(lot);
    let sz = order.quote_left.map_or(order.left, |quote| lots(quote).unwrap_or_default());
    fill::trade_of(world, order, px, sz, 0, order.ord_type != OrdType::PostOnly)
}

fn row(world: &World, order: &Order, ccy: &str, before: &Sight, after: &Sight, mark: Dec) -> String {
    let borrows = world.account(order.acct).setting("autoLoan") == "true";
    let own = |value: Dec| Some(value).filter(|_| !borrows);
    let away = after.liq_px.map(|px| px - mark);
    Row::new()
        .d("adjEq", before.adj_eq)
        .d("adjEqChg", after.adj_eq - before.adj_eq)
        .od("availBal", own(before.avail_bal))
        .od("availBalChg", own(after.avail_bal - before.avail_bal))
        .d("imr", before.imr)
        .d("imrChg", after.imr - before.imr)
        .d("liab", before.liab)
        .d("liabChg", after.liab - before.liab)
        .s("liabChgCcy", if borrows { ccy } else { "" })
        // With no position yet, that of the one it opens: so the documented example has it.
        .od("liqPx", before.liq_px.or(after.liq_px))
        .od("liqPxDiff", away)
        .od("liqPxDiffRatio", away.and_then(|away| away.checked_div(mark)).map(amount))
        .od("mgnRatio", before.mgn_ratio)
        .od("mgnRatioChg", after.mgn_ratio.zip(before.mgn_ratio).map(|(after, before)| after - before))
        .d("mmr", before.mmr)
        .d("mmrChg", after.mmr - before.mmr)
        // Of isolated margin positions, which these account modes do not have.
        .s("posBal", "")
        .s("posBalChg", "")
        .s("type", "")
        .end()
}
