//! The journal of an account: one bill for each change of a balance.
//!
//! Types (OKX API v5, Trading Account › Get bills details): 1 transfer, 2 trade, 3 delivery, 5 liquidation, 6 margin transfer, 7 interest,
//! 8 funding fee, 9 ADL.

use crate::exchange::account::{AcctIx, Bill, Fill, HOUSE};
use crate::exchange::num::Dec;
use crate::exchange::world::World;

/// Bills and fills an account remembers.
const KEPT: usize = 5_000;

/// Books a change of cash with its bill; the number of the bill.
pub fn post(world: &mut World, acct: AcctIx, mut bill: Bill) -> u64 {
    let now = world.now;
    let coin = world.account_mut(acct).coins.entry(bill.ccy.clone()).or_default();
    coin.cash += bill.bal_chg;
    coin.updated = now;
    bill.bal = coin.cash;
    if acct == HOUSE {
        return 0;
    }
    bill.bill_id = world.ids.take();
    bill.at = now;
    let id = bill.bill_id;
    world.touch_coin(acct, &bill.ccy);
    keep(world, acct, bill);
    id
}

/// A bill of what has been booked already.
pub fn keep(world: &mut World, acct: AcctIx, bill: Bill) {
    let bills = &mut world.account_mut(acct).bills;
    if bills.len() >= KEPT {
        bills.pop_front();
    }
    bills.push_back(bill);
}

pub fn keep_fill(world: &mut World, acct: AcctIx, fill: Fill) {
    let fills = &mut world.account_mut(acct).fills;
    if fills.len() >= KEPT {
        fills.pop_front();
    }
    fills.push_back(fill);
}

/// A transfer into (or out of) the trading account that was booked already: 11 in, 12 out.
pub fn transfer(world: &mut World, acct: AcctIx, ccy: &str, change: Dec) {
    if acct == HOUSE || change.is_zero() {
        return;
    }
    let (sub_type, from, to) = if change > Dec::ZERO { ("11", "6", "18") } else { ("12", "18", "6") };
    let bill = Bill {
        bill_id: world.ids.take(),
        ccy: ccy.to_owned(),
        bal: world.account(acct).cash(ccy),
        bal_chg: change,
        sz: change.abs(),
        kind: "1".into(),
        sub_type: sub_type.into(),
        from: from.into(),
        to: to.into(),
        at: world.now,
        ..Bill::default()
    };
    keep(world, acct, bill);
}
