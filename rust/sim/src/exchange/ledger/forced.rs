//! Trades the exchange makes by itself: a position is closed against the house, and an order row says why.

use crate::exchange::account::{AcctIx, Bill, HOUSE, PosKey};
use crate::exchange::instrument::InstType;
use crate::exchange::ledger::fill::{self, Booked, Trade};
use crate::exchange::ledger::{bills, fill::collect};
use crate::exchange::num::Dec;
use crate::exchange::order::{LastFill, OrdState, Order, PosSide, Side, TdMode};
use crate::exchange::world::World;

/// Why a position is closed, in the words of each row.
#[derive(Clone, Copy, Debug)]
pub struct Cause {
    /// Of the order.
    pub category: &'static str,
    /// Type of the bill.
    pub bill: &'static str,
    /// Sub-types: close long, close short, buy, sell.
    pub subs: [&'static str; 4],
    /// Of `positions-history`.
    pub ended: &'static str,
    /// Of `balance_and_position`.
    pub event: &'static str,
    /// Charged, signed.
    pub rate: Dec,
    /// No order and no fill is shown.
    pub silent: bool,
}

pub const FULL: Cause = Cause {
    category: "full_liquidation",
    bill: "5",
    subs: ["104", "105", "106", "107"],
    ended: "3",
    event: "liquidation",
    rate: Dec::ZERO,
    silent: false,
};

pub const PARTIAL: Cause = Cause { category: "partial_liquidation", subs: ["100", "101", "102", "103"], ended: "4", ..FULL };

pub const ADL: Cause = Cause { category: "adl", bill: "9", subs: ["125", "126", "127", "128"], ended: "5", event: "adl", ..FULL };

impl Cause {
    fn sub_type(&self, pos_side: PosSide, side: Side) -> &'static str {
        let [long, short, buy, sell] = self.subs;
        match (pos_side, side) {
            (PosSide::Long, _) => long,
            (PosSide::Short, _) => short,
            (PosSide::Net, Side::Buy) => buy,
            (PosSide::Net, Side::Sell) => sell,
        }
    }
}

/// Closes `sz` of a position at `px` against the house.
pub fn close(world: &mut World, acct: AcctIx, key: &PosKey, sz: Dec, px: Dec, cause: &Cause) -> Option<Booked> {
    let position = world.account(acct).positions.get(key).filter(|p| !p.is_flat() && sz > Dec::ZERO)?;
    let side = position.side_to_close();
    let (inst_type, ccy, lever) = (position.inst_type, position.ccy.clone(), position.lever);
    let ord_id = world.ids.take();
    let trade_id = world.take_trade_id(key.inst);
    let mine = Trade {
        acct,
        inst: key.inst,
        inst_type,
        mode: key.mode,
        side,
        pos_side: key.side,
        ccy: ccy.clone(),
        lever,
        px,
        sz,
        rate: cause.rate,
        trade_id,
        taker: true,
        ord_id,
        cl_ord_id: String::new(),
        tag: String::new(),
        trade_quote_ccy: String::new(),
        fee_in_quote: false,
        bill: Some((cause.bill, cause.sub_type(key.side, side))),
        ended: cause.ended,
    };
    let margin = inst_type == InstType::Margin;
    let theirs = Trade {
        acct: HOUSE,
        inst_type: if margin { InstType::Spot } else { inst_type },
        mode: if margin { TdMode::Cash } else { TdMode::Cross },
        side: side.other(),
        pos_side: PosSide::Net,
        rate: Dec::ZERO,
        taker: false,
        ..mine.clone()
    };
    fill::book(world, &theirs);
    let mut booked = fill::book(world, &mine);
    booked.sub_type = cause.sub_type(key.side, side);
    world.ledger.gone.push((acct, key.inst));
    if cause.silent {
        world.push_change(acct, &[&ccy], &[key], &[], cause.event);
        return Some(booked);
    }
    let usd = fill::notional_usd(world, key.inst, sz, px);
    let inverse = world.inst(key.inst).inverse;
    let order = Order {
        ord_id,
        td_mode: key.mode,
        pos_side: key.side,
        ccy,
        px: Some(px),
        left: Dec::ZERO,
        acc_fill_sz: sz,
        sum_px_sz: px * sz,
        sum_sz_over_px: if inverse { sz.checked_div(px).unwrap_or_default() } else { Dec::ZERO },
        last_fill: Some(LastFill { trade_id, px, sz, fee: booked.fee, pnl: booked.pnl, taker: true, at: world.now }),
        fee: booked.fee,
        fee_ccy: booked.fee_ccy.clone(),
        rebate_ccy: booked.fee_ccy.clone(),
        pnl: booked.pnl,
        fill_notional_usd: usd,
        state: OrdState::Filled,
        lever: Some(lever),
        category: cause.category.to_owned(),
        created: world.now,
        updated: world.now,
        ..Order::blank(acct, key.inst, inst_type, side, sz)
    };
    world.tell_forced(order);
    fill::record_as(world, &mine, &booked, cause.event);
    Some(booked)
}

/// Takes a penalty from cash into the fees (or, negative, pays a loss out of them), and notes it on the position.
pub fn penalty(world: &mut World, acct: AcctIx, key: &PosKey, ccy: &str, amt: Dec) {
    if amt.is_zero() {
        return;
    }
    let position = world.account(acct).positions.get(key);
    let bill = Bill {
        ccy: ccy.to_owned(),
        bal_chg: -amt,
        kind: "5".into(),
        sub_type: if amt > Dec::ZERO { "110" } else { "111" }.into(),
        sz: amt.abs(),
        inst: Some(key.inst),
        inst_type: position.map(|p| p.inst_type),
        mgn_mode: key.mode.name().into(),
        ..Bill::default()
    };
    let pos_id = position.map(|p| p.pos_id);
    bills::post(world, acct, bill);
    collect(world, ccy, -amt);
    let own = |p: &crate::exchange::account::Position| p.ccy == ccy && amt > Dec::ZERO;
    let account = world.account_mut(acct);
    if let Some(position) = account.positions.get_mut(key).filter(|p| own(p)) {
        position.liq_penalty -= amt;
    }
    if let Some(closed) = account.closed.back_mut().filter(|c| Some(c.position.pos_id) == pos_id && own(&c.position)) {
        closed.position.liq_penalty -= amt;
    }
}
