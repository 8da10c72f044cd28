//! What must hold between any two requests: books, orders, reserves and positions say the same.

use std::collections::{BTreeMap, BTreeSet};

use okx_fast_sim::exchange::account::HOUSE;
use okx_fast_sim::exchange::num::Dec;
use okx_fast_sim::exchange::order::Side;
use okx_fast_sim::exchange::world::World;

/// Each open order stands in its book once, with what it still wants; nothing else stands there.
pub fn books_hold_open_orders(world: &World) {
    let mut standing = BTreeSet::new();
    for inst in &world.instruments {
        let book = world.book(inst.ix);
        for side in [Side::Buy, Side::Sell] {
            for (px, level) in book.levels(side) {
                assert_eq!(level.total, level.queue.iter().map(|(_, sz)| *sz).sum::<Dec>(), "{} {px}", inst.inst_id);
                for (id, sz) in &level.queue {
                    let order = world.orders.get(*id).unwrap_or_else(|| panic!("{id} is in the book of {} only", inst.inst_id));
                    assert_eq!((order.inst, order.side, order.px, order.left, order.in_book), (inst.ix, side, Some(px), *sz, true));
                    assert!(order.state.is_open() && *sz > Dec::ZERO && standing.insert(*id), "{order:?}");
                }
            }
        }
        let crossed = book.best(Side::Buy).zip(book.best(Side::Sell)).is_some_and(|((bid, _), (ask, _))| bid >= ask);
        assert!(!crossed, "{}", inst.inst_id);
    }
    let open: BTreeSet<_> = world.orders.open.values().flatten().copied().collect();
    assert_eq!(open, standing, "every open order stands somewhere");
    let of_house = world.orders.all.values().filter(|order| order.acct == HOUSE && !order.state.is_open()).count();
    assert_eq!(of_house, 0, "the house leaves no order behind");
}

pub fn reserves_are_what_orders_say(world: &World) {
    for account in world.accounts.iter().filter(|account| account.ix != HOUSE) {
        let mut wanted: BTreeMap<String, Dec> = BTreeMap::new();
        for order in world.orders.open_of(account.ix) {
            if let Some((ccy, amt)) = &order.reserved {
                assert!(*amt >= Dec::ZERO, "{order:?}");
                *wanted.entry(ccy.clone()).or_default() += amt;
            }
        }
        for (ccy, coin) in &account.coins {
            assert_eq!(coin.ord_frozen, wanted.remove(ccy).unwrap_or_default(), "{} {ccy}", account.label);
            assert!(account.acct_lv > 1 || coin.cash >= Dec::ZERO, "{} owes {} {ccy}", account.label, coin.cash);
        }
        assert!(wanted.is_empty(), "{} {wanted:?}", account.label);
        for order in world.orders.all.values().filter(|order| !order.state.is_open()) {
            assert!(order.reserved.is_none() && !order.in_book, "{order:?}");
        }
    }
}

/// Never more to close than there is.
pub fn closing_orders_fit(world: &World) {
    for account in world.accounts.iter().filter(|account| account.ix != HOUSE) {
        for inst in &world.instruments {
            let mut sums: BTreeMap<_, Dec> = BTreeMap::new();
            for order in world.orders.closing_of(account.ix, inst.ix) {
                let sum = sums.entry((order.td_mode.name(), order.pos_side.name())).or_default();
                *sum += order.left;
                assert!(*sum <= world.closable(order), "{} {sum} of {}: {order:?}", account.label, world.closable(order));
            }
        }
    }
}

/// Every contract has two sides.
pub fn positions_cancel_out(world: &World) {
    let mut sums: BTreeMap<_, Dec> = BTreeMap::new();
    for position in world.accounts.iter().flat_map(|account| account.positions.values()) {
        if position.inst_type.is_contract() {
            *sums.entry(position.inst).or_default() += position.qty;
        }
        assert!(position.margin.is_zero() || !position.is_flat(), "{position:?}");
        assert!(!position.qty.is_zero() || position.cost.is_zero(), "{position:?}");
    }
    assert!(sums.values().all(Dec::is_zero), "{sums:?}");
}
