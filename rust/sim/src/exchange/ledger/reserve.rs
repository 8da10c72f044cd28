//! What open orders set aside, and whether there is enough: trading section 11.4.

use crate::exchange::account::{AcctIx, HOUSE, PosKey, Position};
use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::ledger::{risk, tiers};
use crate::exchange::num::{Dec, amount};
use crate::exchange::order::{OrdId, Order, PosSide, Side, TdMode};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

/// A market order for a base amount sets this much more aside.
const MARKET_EXTRA: Dec = Dec::from_parts(105, 0, 0, false, 2);

/// The position an order works on; `None` on plain spot.
pub fn key_of(order: &Order) -> Option<PosKey> {
    if order.inst_type == InstType::Spot {
        return None;
    }
    let side = if order.inst_type.is_contract() { order.pos_side } else { PosSide::Net };
    Some(PosKey { inst: order.inst, mode: order.td_mode, side })
}

/// Price an order without one will meet: the best it sees, else the mark.
pub fn meeting_px(world: &World, inst: InstIx, side: Side) -> Dec {
    world.book(inst).best(side.other()).map_or_else(|| risk::mark_of(world, inst), |(px, _)| px)
}

/// Value of a trade in quote or settlement currency: the one number both sides book.
pub fn value(world: &World, inst: InstIx, sz: Dec, px: Dec) -> Dec {
    let row = world.inst(inst);
    let size = sz * row.face();
    amount(if row.inverse { size.checked_div(px).unwrap_or_default() } else { size * px })
}

/// Closes by nature: long_short mode, or told to only reduce.
fn only_closes(order: &Order) -> bool {
    let closes = matches!((order.pos_side, order.side), (PosSide::Long, Side::Sell) | (PosSide::Short, Side::Buy));
    order.reduce_only || (order.inst_type.is_contract() && closes)
}

/// Currency and amount an open order needs.
fn need(world: &World, order: &Order) -> Option<(String, Dec)> {
    if only_closes(order) || order.left.max(order.quote_left.unwrap_or_default()) <= Dec::ZERO {
        return None;
    }
    let inst = world.inst(order.inst);
    let px = order.px.unwrap_or_else(|| meeting_px(world, order.inst, order.side));
    match order.inst_type {
        InstType::Spot => {
            if order.side == Side::Buy {
                let quote = match (order.quote_left, order.px) {
                    (Some(quote), _) => quote,
                    (None, Some(px)) => order.left * px,
                    (None, None) => order.left * px * MARKET_EXTRA,
                };
                return Some((inst.quote().to_owned(), amount(quote * world.with_fee(order))));
            }
            let base = order.quote_left.map_or(order.left, |quote| amount(quote.checked_div(px).unwrap_or_default() * MARKET_EXTRA));
            Some((inst.base().to_owned(), base))
        }
        InstType::Margin => {
            let base = order.quote_left.map_or(order.left, |quote| quote.checked_div(px).unwrap_or_default());
            let position = key_of(order).and_then(|key| world.account(order.acct).positions.get(&key));
            let closing = position.filter(|p| !p.is_flat() && p.side_to_close() == order.side).map_or(Dec::ZERO, Position::size);
            let base = (base - closing).max(Dec::ZERO);
            let lever = order.lever.unwrap_or(Dec::ONE).max(Dec::ONE);
            let in_margin = if order.ccy == inst.base() { base } else { base * px };
            Some((order.ccy.clone(), amount(in_margin.checked_div(lever).unwrap_or_default())))
        }
        InstType::Option => {
            let premium = value(world, order.inst, order.left, px);
            let size = order.left * inst.face();
            let fee = (size * risk::taker_rate(world, order.acct, order.inst)).min(premium * Dec::new(125, 3));
            let margin = if order.side == Side::Buy { premium } else { size * Dec::new(15, 2) };
            Some((inst.settle_ccy.clone(), amount(margin + fee)))
        }
        InstType::Swap | InstType::Futures => {
            let value = value(world, order.inst, order.left, px);
            let lever = order.lever.unwrap_or(Dec::ONE).max(Dec::ONE);
            let fee = value * risk::taker_rate(world, order.acct, order.inst);
            Some((inst.settle_ccy.clone(), amount(value.checked_div(lever).unwrap_or_default() + fee)))
        }
    }
}

/// Sets aside another amount for an order; what was is given back.
fn swap(world: &mut World, order: &mut Order, wanted: Option<(String, Dec)>) {
    let acct = order.acct;
    let before = std::mem::replace(&mut order.reserved, wanted);
    let key = key_of(order).filter(|_| order.inst_type.is_contract());
    let side = usize::from(order.side == Side::Sell);
    let changes = [(before.as_ref(), Dec::NEGATIVE_ONE), (order.reserved.as_ref(), Dec::ONE)];
    for (ccy, change) in changes.into_iter().filter_map(|(what, sign)| what.map(|(ccy, amt)| (ccy, amt * sign))) {
        if change.is_zero() {
            continue;
        }
        let now = world.now;
        let coin = world.account_mut(acct).coins.entry(ccy.clone()).or_default();
        coin.ord_frozen += change;
        coin.updated = now;
        world.touch_coin(acct, ccy);
        if let Some(key) = &key {
            let resting = world.ledger.resting.entry((acct, key.clone())).or_default();
            if let Some(sum) = resting.get_mut(side) {
                *sum += change;
            }
            if resting.iter().all(Dec::is_zero) {
                world.ledger.resting.remove(&(acct, key.clone()));
            }
        }
    }
}

/// Gives back what an order has set aside.
pub fn release(world: &mut World, order: &mut Order) {
    swap(world, order, None);
}

/// What an account can still use for such an order; negative when it is overdrawn.
fn free(world: &World, order: &Order, ccy: &str) -> Dec {
    let account = world.account(order.acct);
    let cash_like = order.inst_type == InstType::Spot || order.td_mode == TdMode::Isolated || order.inst_type == InstType::Option;
    if account.acct_lv <= 2 {
        let coin = risk::coin(world, order.acct, ccy);
        return if cash_like { coin.free_bal() } else { coin.free_eq() };
    }
    if cash_like && account.setting("autoLoan") != "true" {
        return risk::coin(world, order.acct, ccy).free_bal();
    }
    world.free_usd(order.acct)
}

/// 51008: which of its texts depends on what is short.
fn short_of(order: &Order, ccy: &str, amend: bool) -> Refusal {
    let balance = order.inst_type == InstType::Spot || order.td_mode == TdMode::Cash;
    let what = if balance { "balance" } else { "margin" };
    let text = format!("Order failed. Insufficient {ccy} {what} in account");
    match (amend, balance) {
        (false, true) => Refusal::because("51008", text).sub("1000"),
        (false, false) => Refusal::because("51008", text).sub("1001"),
        (true, true) => Refusal::because("51502", text).sub("1030"),
        (true, false) => Refusal::because("51502", text).sub("1031"),
    }
}

/// Swaps the reservation and takes it back if the account is then overdrawn by it.
fn try_swap(world: &mut World, order: &mut Order, amend: bool) -> Result<(), Refusal> {
    let wanted = need(world, order);
    let Some((ccy, amt)) = wanted.clone() else {
        swap(world, order, None);
        return Ok(());
    };
    let had = order.reserved.as_ref().map_or(Dec::ZERO, |(_, amt)| *amt);
    if amt <= had {
        swap(world, order, wanted);
        return Ok(());
    }
    let before = free(world, order, &ccy);
    let old = order.reserved.clone();
    swap(world, order, wanted);
    let after = free(world, order, &ccy);
    if after < Dec::ZERO && after < before {
        let spare = before + had;
        swap(world, order, old);
        let base_market = order.inst_type == InstType::Spot && order.px.is_none() && order.quote_left.is_none() && !amend;
        // The extra of a market order is set aside as far as it goes.
        if base_market && spare > Dec::ZERO && spare.checked_mul(MARKET_EXTRA).is_some_and(|most| most >= amt) {
            swap(world, order, Some((ccy, spare)));
            return Ok(());
        }
        return Err(short_of(order, &ccy, amend));
    }
    Ok(())
}

/// The position would grow beyond what its leverage allows.
fn check_tier(world: &World, order: &Order) -> Result<(), Refusal> {
    if !matches!(order.inst_type, InstType::Swap | InstType::Futures) || only_closes(order) {
        return Ok(());
    }
    let inst = world.inst(order.inst);
    let held = key_of(order).and_then(|key| world.account(order.acct).positions.get(&key)).map_or(Dec::ZERO, |p| p.qty);
    let after = (held + order.left * order.side.sign()).abs();
    if after <= held.abs() || after <= tiers::largest(inst, order.inst_type, order.lever.unwrap_or(Dec::ONE)) {
        return Ok(());
    }
    let sub = match (order.pos_side, order.side) {
        (PosSide::Net, Side::Buy) => "1104",
        (PosSide::Net, Side::Sell) => "1105",
        _ if order.td_mode == TdMode::Isolated => "1101",
        _ => "1102",
    };
    let text = "Order failed. The position would exceed the limit of the current leverage. Please lower the leverage or the size.";
    Err(Refusal::new("51004", text).sub(sub))
}

pub fn reserve(world: &mut World, order: &mut Order) -> Result<(), Refusal> {
    let inst = world.inst(order.inst);
    let (base, quote) = (inst.base().to_owned(), inst.quote().to_owned());
    if order.inst_type.is_contract() {
        let settle = inst.settle_ccy.clone();
        order.fee_ccy.clone_from(&settle);
        order.rebate_ccy.clone_from(&settle);
        order.ccy = settle;
    } else {
        let in_quote = order.side == Side::Sell || world.account(order.acct).setting("feeType") == "1";
        (order.fee_ccy, order.rebate_ccy) = if in_quote { (quote.clone(), base) } else { (base, quote.clone()) };
        if order.inst_type == InstType::Margin && order.ccy.is_empty() {
            order.ccy = quote;
        }
    }
    if order.acct == HOUSE {
        return Ok(());
    }
    order.lever = match order.inst_type {
        InstType::Spot | InstType::Option => None,
        kind => Some(risk::lever(world, order.acct, order.inst, kind, order.td_mode, order.pos_side, &order.ccy)),
    };
    check_tier(world, order)?;
    try_swap(world, order, false)
}

pub fn adjust(world: &mut World, id: OrdId) -> Result<(), Refusal> {
    let Some(order) = world.orders.get_mut(id).filter(|order| order.acct != HOUSE) else { return Ok(()) };
    if !order.state.is_open() && order.reserved.is_none() {
        return Ok(());
    }
    // The order is taken out for the time of the change: it and the accounts are parts of one world.
    let mut order = order.clone();
    let result = if order.state.is_open() {
        try_swap(world, &mut order, true)
    } else {
        swap(world, &mut order, None);
        Ok(())
    };
    if let Some(kept) = world.orders.get_mut(id) {
        kept.reserved = order.reserved;
    }
    result
}

impl World {
    /// What a spot buy costs for each unit of value: more than one where its fee is taken in quote currency.
    pub fn with_fee(&self, order: &Order) -> Dec {
        let in_quote = order.side == Side::Buy && order.inst_type == InstType::Spot && order.fee_ccy == self.inst(order.inst).quote_ccy;
        if in_quote { Dec::ONE + risk::taker_rate(self, order.acct, order.inst) } else { Dec::ONE }
    }

    /// What can leave the account: no more than its other coins can carry the positions without.
    pub fn withdrawable(&self, acct: AcctIx, ccy: &str) -> Dec {
        let own = self.avail_bal(acct, ccy).min(self.account(acct).cash(ccy));
        if self.account(acct).acct_lv <= 2 {
            return own;
        }
        let each = self.usd(ccy) * discount(ccy);
        self.free_usd(acct).max(Dec::ZERO).checked_div(each).map_or(own, |most| own.min(amount(most)))
    }

    /// Spendable of a currency: for spot, isolated margin and premiums.
    pub fn avail_bal(&self, acct: AcctIx, ccy: &str) -> Dec {
        risk::coin(self, acct, ccy).free_bal().max(Dec::ZERO)
    }

    /// Usable as margin of cross positions.
    pub fn avail_eq(&self, acct: AcctIx, ccy: &str) -> Dec {
        risk::coin(self, acct, ccy).free_eq().max(Dec::ZERO)
    }

    /// Multi-currency: what all coins together are still good for, in USD; negative when overdrawn.
    pub fn free_usd(&self, acct: AcctIx) -> Dec {
        let account = self.account(acct);
        account.coins.keys().fold(Dec::ZERO, |sum, ccy| {
            let coin = risk::coin(self, acct, ccy);
            sum + amount(coin.free_eq() * self.usd(ccy) * discount(ccy))
        })
    }
}

/// What a coin counts as collateral: ours, as OKX's table is not established.
pub fn discount(ccy: &str) -> Dec {
    match ccy {
        "USDT" | "USDC" | "USD" => Dec::ONE,
        "BTC" | "ETH" => Dec::new(98, 2),
        _ => Dec::new(9, 1),
    }
}
