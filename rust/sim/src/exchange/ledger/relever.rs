//! Another leverage for all that a leverage holds for: positions, open orders, isolated margins. It is there for all of them, or none.

use crate::exchange::account::{AcctIx, LeverKey, PosKey, Position};
use crate::exchange::ledger::settings::margin_bill;
use crate::exchange::ledger::{bills, risk};
use crate::exchange::num::{Dec, amount};
use crate::exchange::order::{OrdId, TdMode};
use crate::exchange::world::World;

/// The positions and open orders a leverage holds for.
pub fn in_scope(world: &World, acct: AcctIx, key: &LeverKey) -> (Vec<PosKey>, Vec<OrdId>) {
    let positions = world
        .account(acct)
        .positions
        .iter()
        .filter(|(_, p)| p.mode == key.mode && risk::lever_key(world, acct, p.inst, p.inst_type, p.mode, p.pos_side, &p.ccy) == *key);
    let orders = world.orders.open_of(acct).filter(|order| {
        let lever_key = |kind| risk::lever_key(world, acct, order.inst, kind, order.td_mode, order.pos_side, &order.ccy);
        order.td_mode == key.mode && order.lever.is_some() && lever_key(order.inst_type) == *key
    });
    (positions.map(|(key, _)| key.clone()).collect(), orders.map(|order| order.ord_id).collect())
}

/// Applies a leverage to all it holds for. `false`: the margin for it is not there, and nothing has changed.
pub fn apply(world: &mut World, acct: AcctIx, key: &LeverKey, lever: Dec, ccy: &str) -> bool {
    let (positions, orders) = in_scope(world, acct, key);
    let before = spare(world, acct, key.mode, ccy);
    let was: Vec<(OrdId, Option<Dec>)> = orders.iter().filter_map(|id| world.orders.get(*id)).map(|o| (o.ord_id, o.lever)).collect();
    let held: Vec<(PosKey, Dec)> =
        positions.iter().filter_map(|key| world.account(acct).positions.get(key).map(|p| (key.clone(), p.lever))).collect();
    for (pos_key, _) in &held {
        position_at(world, acct, pos_key, lever);
    }
    let mut fits = true;
    for id in &orders {
        fits &= order_at(world, *id, Some(lever));
    }
    let missing: Vec<(&PosKey, Dec)> = held.iter().map(|(pos_key, _)| (pos_key, missing_margin(world, acct, pos_key))).collect();
    let after = spare(world, acct, key.mode, ccy) - missing.iter().map(|(_, amt)| *amt).sum::<Dec>();
    if !fits || after < Dec::ZERO && after < before {
        for (pos_key, old) in &held {
            position_at(world, acct, pos_key, *old);
        }
        for (id, old) in was {
            order_at(world, id, old); // what they had is free again
        }
        return false;
    }
    world.account_mut(acct).levers.insert(key.clone(), lever);
    for (pos_key, amt) in missing {
        if amt > Dec::ZERO
            && let Some(position) = world.account_mut(acct).positions.get_mut(pos_key)
        {
            position.margin += amt;
            let bill = margin_bill(&position.ccy, position.inst_type, position.inst, -amt, position.margin, "162");
            bills::post(world, acct, bill);
        }
        world.touch_position(acct, pos_key);
    }
    true
}

fn position_at(world: &mut World, acct: AcctIx, key: &PosKey, lever: Dec) {
    if let Some(position) = world.account_mut(acct).positions.get_mut(key) {
        position.lever = lever;
    }
}

/// `false`: what the order needs with it is not there.
fn order_at(world: &mut World, id: OrdId, lever: Option<Dec>) -> bool {
    if let Some(order) = world.orders.get_mut(id) {
        order.lever = lever;
    }
    world.adjust_reserve(id).is_ok()
}

/// A lower leverage needs more margin on an isolated position; a higher one leaves what is there.
fn missing_margin(world: &World, acct: AcctIx, key: &PosKey) -> Dec {
    let isolated = |p: &&Position| key.mode == TdMode::Isolated && p.inst_type.is_contract() && !p.is_flat();
    let position = world.account(acct).positions.get(key).filter(isolated);
    let missing = |p: &Position| amount(p.cost.abs().checked_div(p.lever).unwrap_or_default()) - p.margin;
    position.map_or(Dec::ZERO, missing).max(Dec::ZERO)
}

/// What the account would still have for margin, in its own measure.
fn spare(world: &World, acct: AcctIx, mode: TdMode, ccy: &str) -> Dec {
    if world.account(acct).acct_lv >= 3 {
        return world.free_usd(acct);
    }
    let coin = risk::coin(world, acct, ccy);
    if mode == TdMode::Isolated { coin.free_bal() } else { coin.free_eq() }
}
