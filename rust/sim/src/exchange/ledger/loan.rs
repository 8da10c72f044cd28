//! Margin trades of a spot pair: the position asset is bought with borrowed coins (long) or sold while borrowed (short).
//!
//! ```text
//! long   asset base,  debt quote      buy: debt + value, asset + size      sell: asset − size, debt − value
//! short  asset quote, debt base       sell: debt + size, asset + value     buy: asset − value, debt − size
//! ```
//!
//! The debt gone, what is left of asset and margin is cash again. An isolated margin of the asset's currency is part of the asset.

use crate::exchange::account::{Bill, Position};
use crate::exchange::ledger::fill::{Booked, Trade, collect, ended, open_position, share, turned};
use crate::exchange::ledger::{bills, reserve};
use crate::exchange::num::{Dec, amount};
use crate::exchange::order::{Side, TdMode};
use crate::exchange::world::World;

/// What closing could trade, in base currency: the whole asset of a long, what pays back the debt (with its fee) of a short.
pub fn closable(position: &Position, taker: Dec, lot: Dec) -> Dec {
    let whole = if position.is_long() {
        position.qty
    } else {
        (position.liab + position.interest).checked_div(Dec::ONE - taker).unwrap_or_default()
    };
    let lots = whole.checked_div(lot).unwrap_or_default();
    let lots = if position.is_long() { lots.floor() } else { lots.ceil() };
    lots * lot
}

/// What a trade gives back to cash or takes from it, by currency.
struct Flows<'a> {
    base: &'a str,
    to_base: Dec,
    to_quote: Dec,
}

impl Flows<'_> {
    fn add(&mut self, ccy: &str, amt: Dec) {
        // A zero with a sign would not read back as it was written.
        let amt = if amt.is_zero() { Dec::ZERO } else { amt };
        if ccy == self.base {
            self.to_base += amt;
        } else {
            self.to_quote += amt;
        }
    }
}

pub fn book(world: &mut World, trade: &Trade) -> Booked {
    let inst = world.inst(trade.inst);
    let (base, quote) = (inst.base().to_owned(), inst.quote().to_owned());
    let mut position = open_position(world, trade, &trade.ccy);
    let value = reserve::value(world, trade.inst, trade.sz, trade.px);
    let buy = trade.side == Side::Buy;
    let fee_ccy = if buy { base.clone() } else { quote.clone() };
    let fee = amount(if buy { trade.sz } else { value } * trade.rate);
    let mut flows = Flows { base: &base, to_base: Dec::ZERO, to_quote: Dec::ZERO };

    // Received and paid; the fee comes out of what is received.
    let (mut got, mut paid) = if buy { (trade.sz + fee, value) } else { (value + fee, trade.sz) };
    let mut pnl = Dec::ZERO;
    let mut base_left = trade.sz;
    let flat = position.is_flat();
    let was_long = position.is_long();
    let mut done = false;
    if !flat && was_long != buy {
        // Closing pays with the asset, and pays back the debt: a long sells what it has, a short buys what it owes.
        let owing = position.liab + position.interest;
        let lot = world.inst(trade.inst).lot_sz;
        let (pay, get) = if was_long {
            if paid <= position.qty { (paid, got) } else { (position.qty, amount(share(got, position.qty, paid))) }
        } else if got <= owing + lot + lot {
            // A little more than owed, of a size in whole lots, is left over.
            (paid, got)
        } else {
            (amount(share(paid, owing, got)), owing)
        };
        let part = if pay == paid { Dec::ONE } else { pay.checked_div(paid).unwrap_or_default() };
        let size = position.size();
        let closing = if was_long { pay } else { amount(trade.sz * part) }.min(size);
        let removed = if closing == size { position.cost } else { amount(share(position.cost, closing, size)) };
        let worth = if closing == trade.sz { value } else { amount(share(value, closing, trade.sz)) };
        pnl = -trade.side.sign() * worth - removed;
        position.cost -= removed;
        position.closed_qty += closing;
        position.close_value += worth;
        position.pnl += pnl;
        // What the asset cannot pay, cash does.
        let short = (pay - position.qty).max(Dec::ZERO);
        position.qty -= pay - short;
        flows.add(&position.pos_ccy.clone(), -short);
        let owed = get.min(position.interest);
        position.interest -= owed;
        let back = (get - owed).min(position.liab);
        position.liab -= back;
        flows.add(&position.liab_ccy.clone(), get - owed - back);
        (got, paid) = (got - get, paid - pay);
        base_left -= if was_long { pay } else { amount(trade.sz * part) };
        done = settle(&mut position, &mut flows);
    }
    // Profit is counted in quote currency, so the fees beside it are too, whatever they were taken from.
    position.fee += if buy { amount(fee * trade.px) } else { fee };
    (position.trade_id, position.updated) = (trade.trade_id, world.now);
    if done {
        ended(world, trade.acct, &position, was_long, trade.ended);
    }
    if !got.is_zero() || !paid.is_zero() {
        if position.is_flat() {
            if done {
                turned(&mut position, world.now);
            }
            (position.pos_ccy, position.liab_ccy) = if buy { (base.clone(), quote.clone()) } else { (quote.clone(), base.clone()) };
            position.ccy.clone_from(&trade.ccy);
            position.sold = !buy;
        }
        position.qty += got;
        position.liab += paid;
        let worth = if base_left == trade.sz { value } else { amount(share(value, base_left, trade.sz)) };
        position.cost += worth * trade.side.sign();
        position.opened_qty += base_left;
        position.open_value += worth;
        position.max_qty = position.max_qty.max(position.size());
        if trade.mode == TdMode::Isolated {
            // The position's currency: an order that waited may have named the other one before there was a position.
            let ccy = position.ccy.clone();
            let of = if ccy == base { base_left } else { worth };
            let margin = amount(of.checked_div(trade.lever.max(Dec::ONE)).unwrap_or_default());
            flows.add(&ccy, -margin);
            position.margin += margin;
            if position.ccy == position.pos_ccy {
                position.qty += margin;
            }
        }
    }
    world.account_mut(trade.acct).positions.insert(trade.key(), position);
    let (to_base, to_quote) = (flows.to_base, flows.to_quote);
    let mut bill_id = 0;
    for (ccy, change) in [(&base, to_base), (&quote, to_quote)] {
        let of_fee = *ccy == fee_ccy;
        if change.is_zero() && !of_fee {
            continue;
        }
        let mut bill: Bill = trade.bill(ccy, change);
        if of_fee {
            (bill.fee, bill.pnl) = (fee, pnl);
        }
        let id = bills::post(world, trade.acct, bill);
        if of_fee {
            bill_id = id;
        }
    }
    collect(world, &fee_ccy, fee);
    world.touch_position(trade.acct, &trade.key());
    Booked { fee, fee_ccy, pnl, bill_id, sub_type: if buy { "1" } else { "2" } }
}

/// The debt is gone, or the asset of a long is: what is left goes back to cash, what is missing comes from margin and cash.
fn settle(position: &mut Position, flows: &mut Flows<'_>) -> bool {
    let owed = position.liab + position.interest;
    if owed > Dec::ZERO && (position.sold || position.qty > Dec::ZERO) {
        return false;
    }
    flows.add(&position.pos_ccy.clone(), position.qty);
    if position.ccy != position.pos_ccy {
        flows.add(&position.ccy.clone(), position.margin);
    }
    flows.add(&position.liab_ccy.clone(), -owed);
    (position.qty, position.liab, position.interest, position.margin) = (Dec::ZERO, Dec::ZERO, Dec::ZERO, Dec::ZERO);
    // What the fee took out of the asset was bought, and is not there to be sold.
    position.cost = Dec::ZERO;
    true
}
