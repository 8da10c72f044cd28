//! Too little margin: a warning, then open orders go, then the position goes, in parts as long as its tier allows.
//!
//! ```text
//! ratio ≤ 300 %            liquidation-warning, once an hour
//! equity − frozen < need   orders that need margin are canceled (3)
//! ratio ≤ 100 %            down one tier after the other (partial_liquidation), the last one whole (full_liquidation),
//!                          at the mark against the house; what is left of an isolated margin is the penalty
//! ```

use std::collections::BTreeSet;

use crate::exchange::account::{AcctIx, HOUSE, PosKey, Position};
use crate::exchange::event::{Event, Scope};
use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::io::{Nanos, SECOND};
use crate::exchange::json::{Row, array};
use crate::exchange::ledger::forced::{self, ADL, Cause, FULL, PARTIAL};
use crate::exchange::ledger::{loan, margin, reserve, risk, rows, tiers};
use crate::exchange::num::{Dec, amount};
use crate::exchange::order::{OrdId, Side, TdMode};
use crate::exchange::world::World;

const WARNING: Dec = Dec::from_parts(3, 0, 0, false, 0);
const WARN_EVERY: Nanos = 3_600 * SECOND;
/// Steps in one look; what is left goes at the next price.
const STEPS: usize = 32;
/// Liquidations `public/liquidation-orders` remembers.
const KEPT: usize = 500;

/// Looks at one account.
pub fn check(world: &mut World, acct: AcctIx) {
    if acct == HOUSE {
        return;
    }
    for _ in 0..STEPS {
        if !step(world, acct) {
            return;
        }
    }
}

/// What backs a group of positions: equity, need, and what open orders froze of it.
struct Group {
    keys: Vec<PosKey>,
    equity: Dec,
    need: Dec,
    frozen: Dec,
    /// The currency; `None` for all of an account.
    ccy: Option<String>,
}

fn groups(world: &World, acct: AcctIx) -> Vec<Group> {
    let account = world.account(acct);
    let mut groups = Vec::new();
    let mut ccys = BTreeSet::new();
    let mut cross = Vec::new();
    for (key, position) in account.positions.iter().filter(|(_, p)| !p.is_flat()) {
        let bought_option = position.inst_type == InstType::Option && position.qty > Dec::ZERO;
        if key.mode == TdMode::Cash || bought_option {
            continue;
        }
        if key.mode == TdMode::Isolated {
            let view = risk::view(world, acct, position);
            let need = view.mmr + view.close_fee;
            groups.push(Group { keys: vec![key.clone()], equity: position.margin + view.upl, need, frozen: Dec::ZERO, ccy: None });
        } else {
            ccys.insert(position.ccy.clone());
            cross.push(key.clone());
        }
    }
    if account.acct_lv >= 3 && !cross.is_empty() {
        let total = risk::Total::of(world, acct);
        let need = total.mmr + total.close_fee;
        groups.push(Group { keys: cross, equity: total.adj_eq, need, frozen: total.frozen, ccy: None });
        return groups;
    }
    for ccy in ccys {
        let coin = risk::coin(world, acct, &ccy);
        let keys = cross.iter().filter(|key| account.positions.get(*key).is_some_and(|p| p.ccy == ccy)).cloned().collect();
        let (equity, need) = (coin.cash + coin.upl + coin.opt_val, coin.mmr + coin.close_fee);
        groups.push(Group { keys, equity, need, frozen: coin.ord_frozen, ccy: Some(ccy) });
    }
    groups
}

/// One step down the ladder; `false` when nothing is to be done.
fn step(world: &mut World, acct: AcctIx) -> bool {
    for group in groups(world, acct) {
        let Some(ratio) = margin::mgn_ratio(group.equity, group.need, Dec::ZERO) else { continue };
        if ratio > WARNING && group.equity - group.frozen >= group.need {
            continue;
        }
        if ratio <= WARNING {
            warn(world, acct, &group.keys);
        }
        let orders = doomed(world, acct, &group);
        if group.equity - group.frozen < group.need && !orders.is_empty() {
            for id in orders {
                world.cancel(id, "3");
            }
            return true;
        }
        if ratio <= Dec::ONE && liquidate_one(world, acct, &group) {
            return true;
        }
    }
    false
}

/// Open orders that hold margin of the group, or would add to an isolated position in trouble.
fn doomed(world: &World, acct: AcctIx, group: &Group) -> Vec<OrdId> {
    let isolated = group.keys.first().is_some_and(|key| key.mode == TdMode::Isolated);
    let of_group = world.orders.open_of(acct).filter(|order| {
        let reserved = order.reserved.as_ref();
        if isolated {
            return reserved.is_some() && group.keys.iter().any(|key| Some(key) == reserve::key_of(order).as_ref());
        }
        reserved.is_some_and(|(ccy, _)| group.ccy.as_ref().is_none_or(|wanted| wanted == ccy))
    });
    of_group.map(|order| order.ord_id).collect()
}

fn warn(world: &mut World, acct: AcctIx, keys: &[PosKey]) {
    for key in keys {
        let last = world.ledger.warned.get(&(acct, key.clone())).copied();
        let due = last.is_none_or(|at| at + WARN_EVERY <= world.now);
        let Some(position) = world.account(acct).positions.get(key).filter(|_| due) else { continue };
        let row = rows::warning(world, acct, key, position);
        let scope = Scope { inst_type: position.inst_type.name(), ..world.scope(key.inst) };
        world.ledger.warned.insert((acct, key.clone()), world.now);
        world.events.push(Event {
            channel: "liquidation-warning",
            acct: Some(acct),
            scope,
            action: None,
            event_type: None,
            rows: vec![row],
        });
    }
}

/// The largest position of a group, down a tier or whole.
fn liquidate_one(world: &mut World, acct: AcctIx, group: &Group) -> bool {
    let size_of = |key: &&PosKey| world.account(acct).positions.get(*key).map(|p| risk::notional_usd(world, acct, p));
    let Some(key) = group.keys.iter().max_by_key(size_of).cloned() else { return false };
    let Some(position) = world.account(acct).positions.get(&key) else { return false };
    let inst = world.inst(key.inst);
    let size = position.size();
    let tier = tiers::of_size(inst, position.inst_type, size);
    let below = tiers::all(inst, position.inst_type).into_iter().take_while(|one| one.tier < tier.tier).last();
    match below.filter(|_| position.inst_type.is_contract() && position.inst_type != InstType::Option) {
        Some(below) => take(world, acct, &key, size - below.max_sz, &PARTIAL),
        None => whole(world, acct, &key),
    }
}

/// All of a position; nothing of an isolated margin comes back, and no debt stays.
fn whole(world: &mut World, acct: AcctIx, key: &PosKey) -> bool {
    let Some(position) = world.account(acct).positions.get(key) else { return false };
    let size = if position.inst_type == InstType::Margin {
        loan::closable(position, Dec::ZERO, world.inst(key.inst).lot_sz)
    } else {
        position.qty.abs()
    };
    take(world, acct, key, size, &FULL)
}

/// Closes a part at the mark, and settles what it leaves.
fn take(world: &mut World, acct: AcctIx, key: &PosKey, sz: Dec, cause: &Cause) -> bool {
    let Some(position) = world.account(acct).positions.get(key).cloned() else { return false };
    let mark = risk::mark_of(world, key.inst);
    let px = if mark.is_zero() { world.inst(key.inst).tick_sz } else { mark };
    let view = risk::view(world, acct, &position);
    let ccys = currencies(world, &position);
    let before: Vec<Dec> = ccys.iter().map(|ccy| world.account(acct).cash(ccy)).collect();
    if forced::close(world, acct, key, sz, px, cause).is_none() {
        return false;
    }
    let whole = world.account(acct).positions.get(key).is_none_or(Position::is_flat);
    for (ccy, before) in ccys.iter().zip(before) {
        let after = world.account(acct).cash(ccy);
        if key.mode == TdMode::Isolated && whole {
            forced::penalty(world, acct, key, ccy, after - before);
        } else if *ccy == position.ccy && after > Dec::ZERO {
            let rate = if whole { view.m } else { view.t };
            let part = view.notional.checked_mul(sz).and_then(|n| n.checked_div(position.size())).unwrap_or_default();
            forced::penalty(world, acct, key, ccy, amount(part * rate).min(after));
        }
    }
    cover(world, acct, key, &ccys);
    announce(world, key, &position, sz, px);
    true
}

/// A coin that is overdrawn with no position left on it is made whole out of the fees collected.
fn cover(world: &mut World, acct: AcctIx, key: &PosKey, ccys: &[String]) {
    let account = world.account(acct);
    if account.acct_lv >= 3 && account.positions.values().any(|p| !p.is_flat()) {
        return;
    }
    for ccy in ccys {
        let account = world.account(acct);
        let open = account.positions.values().any(|p| p.ccy == *ccy && !p.is_flat());
        let cash = account.cash(ccy);
        if cash < Dec::ZERO && !open {
            forced::penalty(world, acct, key, ccy, cash);
        }
    }
}

fn currencies(world: &World, position: &Position) -> Vec<String> {
    let inst = world.inst(position.inst);
    let mut ccys = if position.inst_type == InstType::Margin {
        vec![inst.base().to_owned(), inst.quote().to_owned()]
    } else {
        vec![inst.settle_ccy.clone()]
    };
    ccys.dedup();
    ccys
}

/// `liquidation-orders`: for everybody, without saying whose.
fn announce(world: &mut World, key: &PosKey, position: &Position, sz: Dec, px: Dec) {
    let side = position.side_to_close();
    let pos_side = if position.is_long() { "long" } else { "short" };
    let now = world.now_ms();
    let detail = Row::new()
        .s("bkLoss", "0")
        .d("bkPx", px)
        .s("ccy", "")
        .s("posSide", pos_side)
        .s("side", if side == Side::Buy { "buy" } else { "sell" })
        .d("sz", sz)
        .n("time", now)
        .n("ts", now)
        .end();
    let inst = world.inst(key.inst);
    let row = Row::new()
        .raw("details", &array(&[detail]))
        .s("instFamily", &inst.family)
        .s("instId", &inst.inst_id)
        .s("instType", position.inst_type.name())
        .s("uly", &inst.uly)
        .end();
    let scope = Scope { inst_type: position.inst_type.name(), ..world.scope(key.inst) };
    let seen = &mut world.ledger.liquidations;
    if seen.len() >= KEPT {
        seen.pop_front();
    }
    seen.push_back((position.inst_type, key.inst, now, row.clone()));
    world.events.push(Event { channel: "liquidation-orders", acct: None, scope, action: None, event_type: None, rows: vec![row] });
}

impl World {
    /// Takes away all an account holds of an instrument, as if its margin were gone.
    pub fn liquidate(&mut self, acct: AcctIx, inst: InstIx) -> Result<(), String> {
        let keys = held(self, acct, inst)?;
        let orders: Vec<OrdId> = self.orders.open_of(acct).filter(|order| order.inst == inst).map(|order| order.ord_id).collect();
        for id in orders {
            self.cancel(id, "3");
        }
        for key in keys {
            whole(self, acct, &key);
        }
        Ok(())
    }

    /// Auto-deleveraging: part of a position (all, if not told) is closed at the mark.
    pub fn deleverage(&mut self, acct: AcctIx, inst: InstIx, sz: Option<Dec>) -> Result<(), String> {
        let px = risk::mark_of(self, inst);
        if px.is_zero() {
            return Err("no mark price".into());
        }
        for key in held(self, acct, inst)? {
            let size = self.account(acct).positions.get(&key).map_or(Dec::ZERO, Position::size);
            let lot = self.inst(inst).lot_sz;
            let part = sz.map_or(size, |sz| (sz.checked_div(lot).unwrap_or_default().floor() * lot).min(size));
            forced::close(self, acct, &key, part, px, &ADL);
        }
        Ok(())
    }
}

fn held(world: &World, acct: AcctIx, inst: InstIx) -> Result<Vec<PosKey>, String> {
    let account = world.account(acct);
    let keys: Vec<PosKey> =
        account.positions.iter().filter(|(key, p)| key.inst == inst && !p.is_flat()).map(|(key, _)| key.clone()).collect();
    if keys.is_empty() { Err(format!("{} has no position in {}", account.label, world.inst(inst).inst_id)) } else { Ok(keys) }
}
