//! One side of a trade is booked: coins, position, fee, bills, fill rows.

use crate::exchange::account::{AcctIx, Bill, Closed, Fill, HOUSE, PosKey, Position};
use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::ledger::{bills, fees, loan, reserve, risk};
use crate::exchange::num::{Dec, amount};
use crate::exchange::order::{LastFill, OrdId, Order, PosSide, Side, TdMode};
use crate::exchange::world::World;

/// Closed positions an account remembers.
const KEPT: usize = 1_000;

/// One side of a trade, with an order or without (liquidation, delivery).
#[derive(Clone, Debug)]
pub struct Trade {
    pub acct: AcctIx,
    pub inst: InstIx,
    pub inst_type: InstType,
    pub mode: TdMode,
    pub side: Side,
    pub pos_side: PosSide,
    /// Margin currency.
    pub ccy: String,
    pub lever: Dec,
    pub px: Dec,
    pub sz: Dec,
    /// The rate it pays, signed.
    pub rate: Dec,
    pub trade_id: u64,
    pub taker: bool,
    pub ord_id: OrdId,
    pub cl_ord_id: String,
    pub tag: String,
    pub trade_quote_ccy: String,
    pub fee_in_quote: bool,
    /// Bill type and sub-type, where it is no ordinary trade.
    pub bill: Option<(&'static str, &'static str)>,
    /// What `positions-history` calls the end of the position.
    pub ended: &'static str,
}

/// What became of it.
#[derive(Clone, Debug, Default)]
pub struct Booked {
    pub fee: Dec,
    pub fee_ccy: String,
    pub pnl: Dec,
    pub bill_id: u64,
    pub sub_type: &'static str,
}

impl Trade {
    pub fn key(&self) -> PosKey {
        let side = if self.inst_type.is_contract() { self.pos_side } else { PosSide::Net };
        PosKey { inst: self.inst, mode: self.mode, side }
    }

    /// The bill of one currency.
    pub fn bill(&self, ccy: &str, change: Dec) -> Bill {
        let (kind, sub_type) = self.bill.unwrap_or(("2", self.sub_type()));
        Bill {
            ccy: ccy.to_owned(),
            bal_chg: change,
            kind: kind.into(),
            sub_type: sub_type.into(),
            sz: self.sz,
            px: Some(self.px),
            inst: Some(self.inst),
            inst_type: Some(self.inst_type),
            mgn_mode: self.mode.name().into(),
            ord_id: Some(self.ord_id).filter(|id| *id > 0),
            cl_ord_id: self.cl_ord_id.clone(),
            trade_id: Some(self.trade_id).filter(|id| *id > 0),
            exec_type: if self.taker { "T" } else { "M" }.into(),
            tag: self.tag.clone(),
            ..Bill::default()
        }
    }

    /// 1 buy, 2 sell; by position side 3 open long, 4 open short, 5 close long, 6 close short.
    fn sub_type(&self) -> &'static str {
        match (self.pos_side, self.side) {
            (PosSide::Net, Side::Buy) => "1",
            (PosSide::Net, Side::Sell) => "2",
            (PosSide::Long, Side::Buy) => "3",
            (PosSide::Short, Side::Sell) => "4",
            (PosSide::Long, Side::Sell) => "5",
            (PosSide::Short, Side::Buy) => "6",
        }
    }
}

/// The trade of an order.
pub fn trade_of(world: &World, order: &Order, px: Dec, sz: Dec, trade_id: u64, taker: bool) -> Trade {
    let account = world.account(order.acct);
    let house = order.acct == HOUSE;
    let contract = order.inst_type.is_contract();
    Trade {
        acct: order.acct,
        inst: order.inst,
        inst_type: if house && !contract { InstType::Spot } else { order.inst_type },
        mode: if house && contract { TdMode::Cross } else { order.td_mode },
        side: order.side,
        pos_side: if house { PosSide::Net } else { order.pos_side },
        ccy: order.ccy.clone(),
        lever: order.lever.unwrap_or(Dec::ONE),
        px,
        sz,
        rate: fees::rates_of(account, world.inst(order.inst)).of(taker),
        trade_id,
        taker,
        ord_id: order.ord_id,
        cl_ord_id: order.cl_ord_id.clone(),
        tag: order.tag.clone(),
        trade_quote_ccy: order.trade_quote_ccy.clone(),
        fee_in_quote: account.setting("feeType") == "1",
        bill: None,
        ended: "2",
    }
}

pub fn apply(world: &mut World, id: OrdId, px: Dec, sz: Dec, trade_id: u64, taker: bool) {
    let Some(order) = world.orders.get(id) else { return };
    let trade = trade_of(world, order, px, sz, trade_id, taker);
    let booked = book(world, &trade);
    let usd = notional_usd(world, trade.inst, trade.sz, trade.px);
    let at = world.now;
    let Some(order) = world.orders.get_mut(id) else { return };
    if booked.fee > Dec::ZERO && !trade.inst_type.is_contract() {
        order.rebate += booked.fee;
        order.rebate_ccy.clone_from(&booked.fee_ccy);
    } else {
        order.fee += booked.fee;
        order.fee_ccy.clone_from(&booked.fee_ccy);
    }
    order.pnl += booked.pnl;
    order.fill_notional_usd += usd;
    order.last_fill = Some(LastFill { trade_id, px, sz, fee: booked.fee, pnl: booked.pnl, taker, at });
    if trade.acct == HOUSE {
        return;
    }
    record(world, &trade, &booked);
}

/// In USD, at the traded price.
pub fn notional_usd(world: &World, inst: InstIx, sz: Dec, px: Dec) -> Dec {
    let row = world.inst(inst);
    let size = sz * row.face();
    if row.inverse {
        return size;
    }
    if row.inst_type == InstType::Option {
        return amount(size * world.index_px(inst).unwrap_or_default());
    }
    amount(size * px * world.usd(row.quote()))
}

/// The row of `fills`, and word to those who watch.
pub fn record(world: &mut World, trade: &Trade, booked: &Booked) {
    record_as(world, trade, booked, "filled");
}

/// As `record`, with the `eventType` of what happened.
pub fn record_as(world: &mut World, trade: &Trade, booked: &Booked, event_type: &str) {
    let fill = Fill {
        bill_id: booked.bill_id,
        ord_id: trade.ord_id,
        cl_ord_id: trade.cl_ord_id.clone(),
        tag: trade.tag.clone(),
        inst: trade.inst,
        inst_type: trade.inst_type,
        trade_id: trade.trade_id,
        px: trade.px,
        sz: trade.sz,
        side: trade.side,
        pos_side: trade.pos_side,
        taker: trade.taker,
        fee: booked.fee,
        fee_ccy: booked.fee_ccy.clone(),
        fee_rate: trade.rate,
        pnl: booked.pnl,
        mark_px: Some(trade.inst_type).filter(|kind| kind.is_contract()).and_then(|_| world.mark_px(trade.inst)),
        idx_px: world.index_px(trade.inst),
        sub_type: booked.sub_type.to_owned(),
        trade_quote_ccy: trade.trade_quote_ccy.clone(),
        at: world.now,
    };
    bills::keep_fill(world, trade.acct, fill);
    world.push_trade(trade, event_type);
}

/// Moves coins and position; what was paid and earned.
pub fn book(world: &mut World, trade: &Trade) -> Booked {
    match trade.inst_type {
        InstType::Spot => spot(world, trade),
        InstType::Margin => loan::book(world, trade),
        _ => contract(world, trade),
    }
}

/// Fees go from an account to the exchange; `fee` is signed as the account sees it.
pub fn collect(world: &mut World, ccy: &str, fee: Dec) {
    if !fee.is_zero() {
        *world.ledger.fees.entry(ccy.to_owned()).or_default() -= fee;
    }
}

fn spot(world: &mut World, trade: &Trade) -> Booked {
    let inst = world.inst(trade.inst);
    let (base, quote) = (inst.base().to_owned(), inst.quote().to_owned());
    let value = reserve::value(world, trade.inst, trade.sz, trade.px);
    let sign = trade.side.sign();
    let in_base = trade.side == Side::Buy && !trade.fee_in_quote;
    let fee = amount(if in_base { trade.sz } else { value } * trade.rate);
    let (base_fee, quote_fee) = if in_base { (fee, Dec::ZERO) } else { (Dec::ZERO, fee) };
    let mut bill = trade.bill(&base, trade.sz * sign + base_fee);
    bill.fee = base_fee;
    let first = bills::post(world, trade.acct, bill);
    let mut bill = trade.bill(&quote, -value * sign + quote_fee);
    bill.fee = quote_fee;
    bill.sz = value;
    let second = bills::post(world, trade.acct, bill);
    let fee_ccy = if in_base { base } else { quote };
    collect(world, &fee_ccy, fee);
    let bill_id = if trade.side == Side::Buy { first } else { second };
    Booked { fee, fee_ccy, pnl: Dec::ZERO, bill_id, sub_type: trade.sub_type() }
}

/// How a trade splits over what is held: what it closes (size, value), what it opens, and what of the cost goes.
struct Split {
    close: Dec,
    close_value: Dec,
    open: Dec,
    open_value: Dec,
    /// Signed as the position.
    removed: Dec,
}

fn split(position: &Position, side: Side, sz: Dec, value: Dec) -> Split {
    let held = position.qty.abs();
    let opposite = (position.qty > Dec::ZERO) == (side == Side::Sell) && !held.is_zero();
    let close = if opposite { sz.min(held) } else { Dec::ZERO };
    let close_value = if close == sz { value } else { amount(share(value, close, sz)) };
    let removed = if close == held { position.cost } else { amount(share(position.cost, close, held)) };
    let removed = if close.is_zero() { Dec::ZERO } else { removed };
    Split { close, close_value, open: sz - close, open_value: value - close_value, removed }
}

/// `part` of `whole`, of an amount.
pub fn share(amt: Dec, part: Dec, whole: Dec) -> Dec {
    part.checked_div(whole).and_then(|ratio| ratio.checked_mul(amt)).unwrap_or_default()
}

/// A position of that key, flat if there was none; the same one when it opens again.
pub fn open_position(world: &mut World, trade: &Trade, ccy: &str) -> Position {
    let now = world.now;
    if let Some(held) = world.account(trade.acct).positions.get(&trade.key()) {
        if !held.is_flat() {
            return held.clone();
        }
        let pos_id = held.pos_id;
        return Position { lever: trade.lever, ..fresh(trade, ccy, pos_id, now) };
    }
    let pos_id = world.ids.take();
    fresh(trade, ccy, pos_id, now)
}

fn fresh(trade: &Trade, ccy: &str, pos_id: u64, now: u64) -> Position {
    Position {
        pos_id,
        inst: trade.inst,
        inst_type: trade.inst_type,
        mode: trade.mode,
        pos_side: trade.key().side,
        ccy: ccy.to_owned(),
        qty: Dec::ZERO,
        cost: Dec::ZERO,
        lever: trade.lever,
        margin: Dec::ZERO,
        pos_ccy: String::new(),
        sold: false,
        liab: Dec::ZERO,
        liab_ccy: String::new(),
        interest: Dec::ZERO,
        opened_qty: Dec::ZERO,
        closed_qty: Dec::ZERO,
        open_value: Dec::ZERO,
        close_value: Dec::ZERO,
        max_qty: Dec::ZERO,
        pnl: Dec::ZERO,
        fee: Dec::ZERO,
        funding_fee: Dec::ZERO,
        liq_penalty: Dec::ZERO,
        settled_pnl: Dec::ZERO,
        non_settle_avg_px: None,
        trade_id: 0,
        created: now,
        updated: now,
    }
}

/// Forgets what a position did before it was flat: it opens on the other side with the rest of a trade.
pub fn turned(position: &mut Position, now: u64) {
    position.cost = Dec::ZERO;
    position.opened_qty = Dec::ZERO;
    position.closed_qty = Dec::ZERO;
    (position.open_value, position.close_value, position.max_qty) = (Dec::ZERO, Dec::ZERO, Dec::ZERO);
    (position.pnl, position.fee, position.funding_fee) = (Dec::ZERO, Dec::ZERO, Dec::ZERO);
    (position.liq_penalty, position.settled_pnl) = (Dec::ZERO, Dec::ZERO);
    position.non_settle_avg_px = None;
    position.created = now;
}

/// A position came to its end: its history row, and its orders go soon.
pub fn ended(world: &mut World, acct: AcctIx, position: &Position, long: bool, kind: &str) {
    if acct == HOUSE {
        return;
    }
    let (at, inst) = (world.now, position.inst);
    let closed = &mut world.account_mut(acct).closed;
    if closed.len() >= KEPT {
        closed.pop_front();
    }
    closed.push_back(Closed { position: position.clone(), kind: kind.to_owned(), long, at });
    world.ledger.gone.push((acct, inst));
}

fn contract(world: &mut World, trade: &Trade) -> Booked {
    let inst = world.inst(trade.inst);
    let (inverse, settle) = (inst.inverse, inst.settle_ccy.clone());
    let option = trade.inst_type == InstType::Option;
    let value = reserve::value(world, trade.inst, trade.sz, trade.px);
    let fee = fees::of_contract(world.inst(trade.inst), trade.sz, value, trade.rate);
    let mut position = open_position(world, trade, &settle);
    let sign = trade.side.sign();
    let parts = split(&position, trade.side, trade.sz, value);
    let was_long = position.qty > Dec::ZERO;
    let held = position.qty.abs();
    let mut margin_back = Dec::ZERO;
    let mut pnl = Dec::ZERO;
    if !parts.close.is_zero() {
        pnl = if inverse { parts.removed + sign * parts.close_value } else { -sign * parts.close_value - parts.removed };
        margin_back = if parts.close == held { position.margin } else { amount(share(position.margin, parts.close, held)) };
        position.cost -= parts.removed;
        position.qty += parts.close * sign;
        position.margin -= margin_back;
        position.closed_qty += parts.close;
        position.close_value += parts.close_value;
        position.pnl += pnl;
    }
    position.fee += fee;
    (position.trade_id, position.updated) = (trade.trade_id, world.now);
    let closed = position.qty.is_zero() && !parts.close.is_zero();
    if closed {
        ended(world, trade.acct, &position, was_long, trade.ended);
    }
    let mut margin_in = Dec::ZERO;
    if !parts.open.is_zero() {
        if closed {
            turned(&mut position, world.now);
        }
        position.qty += parts.open * sign;
        position.cost += parts.open_value * sign;
        position.opened_qty += parts.open;
        position.open_value += parts.open_value;
        position.max_qty = position.max_qty.max(position.qty.abs());
        if trade.mode == TdMode::Isolated {
            margin_in = match (option, trade.side) {
                (false, _) => amount(parts.open_value.checked_div(trade.lever.max(Dec::ONE)).unwrap_or_default()),
                (true, Side::Sell) => amount(risk::option_margin(world, trade.inst, parts.open * world.inst(trade.inst).face())),
                (true, Side::Buy) => Dec::ZERO, // the premium is all there is to lose
            };
            position.margin += margin_in;
        }
    }
    // Premiums are paid in cash; of other contracts only profit is.
    let flow = if option { -sign * value } else { pnl };
    let mut bill = trade.bill(&settle, flow + fee + margin_back - margin_in);
    (bill.fee, bill.pnl, bill.pos_bal, bill.pos_bal_chg) = (fee, pnl, position.margin, margin_in - margin_back);
    world.account_mut(trade.acct).positions.insert(trade.key(), position);
    let bill_id = bills::post(world, trade.acct, bill);
    collect(world, &settle, fee);
    world.touch_position(trade.acct, &trade.key());
    Booked { fee, fee_ccy: settle, pnl, bill_id, sub_type: trade.sub_type() }
}

pub fn closable(world: &World, order: &Order) -> Dec {
    let Some(key) = reserve::key_of(order) else { return Dec::ZERO };
    let Some(position) = world.account(order.acct).positions.get(&key).filter(|p| !p.is_flat()) else { return Dec::ZERO };
    if position.side_to_close() != order.side {
        return Dec::ZERO;
    }
    if position.inst_type == InstType::Margin {
        return loan::closable(position, risk::taker_rate(world, order.acct, order.inst), world.inst(order.inst).lot_sz);
    }
    position.qty.abs()
}
