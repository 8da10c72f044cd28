//! What the calendar does to positions: funding, interest, delivery and exercise. All of it is paid to or by the house.

use crate::exchange::account::{AcctIx, Bill, HOUSE, PosKey};
use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::io::{MILLI, Nanos, SECOND};
use crate::exchange::ledger::fill::collect;
use crate::exchange::ledger::forced::{self, Cause};
use crate::exchange::ledger::{bills, risk, sizes};
use crate::exchange::num::{Dec, amount};
use crate::exchange::order::{OrdId, TdMode};
use crate::exchange::world::World;

const HOUR: Nanos = 3_600 * SECOND;

const DELIVERY: Cause = Cause {
    category: "delivery",
    bill: "3",
    subs: ["112", "113", "113", "112"],
    ended: "2",
    event: "delivered",
    rate: Dec::from_parts(1, 0, 0, true, 4),
    silent: false,
};

/// Options end without order rows.
const EXERCISE: Cause =
    Cause { subs: ["170", "171", "171", "170"], event: "exercised", rate: Dec::from_parts(2, 0, 0, true, 4), silent: true, ..DELIVERY };

/// When the calendar has something to do.
pub fn next(world: &World) -> Nanos {
    let expiry = world.instruments.iter().filter(|i| i.inst_type.is_contract() && i.state != "expired").filter_map(|i| i.exp_time_ms).min();
    let clock = world.ledger.funding_at.min(world.ledger.interest_at);
    expiry.map_or(clock, |at| clock.min(at * MILLI))
}

pub fn run(world: &mut World) {
    let now = world.now;
    if world.ledger.funding_at <= now {
        let first = world.ledger.funding_at == 0;
        world.ledger.funding_at = world.funding_time() * MILLI;
        let swaps: Vec<InstIx> = world.instruments.iter().filter(|i| i.inst_type == InstType::Swap).map(|i| i.ix).collect();
        for inst in swaps.into_iter().filter(|_| !first) {
            let _ = world.settle_funding(inst, None);
        }
    }
    if world.ledger.interest_at <= now {
        let first = world.ledger.interest_at == 0;
        world.ledger.interest_at = (now / HOUR + 1) * HOUR;
        if !first {
            interest(world);
        }
    }
    let over = |i: &&crate::exchange::instrument::Instrument| {
        i.inst_type.is_contract() && i.state != "expired" && i.exp_time_ms.is_some_and(|at| at * MILLI <= now)
    };
    let ended: Vec<InstIx> = world.instruments.iter().filter(over).map(|i| i.ix).collect();
    for inst in ended {
        let _ = world.deliver(inst);
    }
}

fn holders(world: &World, inst: InstIx) -> Vec<(AcctIx, PosKey)> {
    let clients = world.accounts.iter().filter(|a| a.ix != HOUSE);
    let keys =
        clients.flat_map(|a| a.positions.iter().filter(|(key, p)| key.inst == inst && !p.is_flat()).map(|(key, _)| (a.ix, key.clone())));
    keys.collect()
}

impl World {
    /// Settles funding of a swap now, at its rate or another; the rate.
    pub fn settle_funding(&mut self, inst: InstIx, rate: Option<Dec>) -> Result<Dec, String> {
        if self.inst(inst).inst_type != InstType::Swap {
            return Err(format!("{} has no funding", self.inst(inst).inst_id));
        }
        let rate = rate.unwrap_or_else(|| self.funding_rate(inst));
        if rate.abs() > Dec::ONE {
            return Err("a funding rate beyond 100 %".into());
        }
        self.note_funding(inst, rate);
        for (acct, key) in holders(self, inst) {
            fund(self, acct, &key, rate);
        }
        Ok(rate)
    }

    /// Ends a dated contract: everything is closed at the delivery price, its orders go, its state is `expired`.
    pub fn deliver(&mut self, inst: InstIx) -> Result<Dec, String> {
        let row = self.inst(inst);
        let (kind, strike) = (row.inst_type, row.strike);
        if !matches!(kind, InstType::Futures | InstType::Option) {
            return Err(format!("{} is not delivered", row.inst_id));
        }
        let index = self.index_px(inst).filter(|px| !px.is_zero()).ok_or("no index price")?;
        let px = match strike {
            Some((strike, 'C')) => amount((index - strike).max(Dec::ZERO) / index),
            Some((strike, _)) => amount((strike - index).max(Dec::ZERO) / index),
            None => index,
        };
        let option = kind == InstType::Option;
        let all: Vec<AcctIx> = self.accounts.iter().map(|a| a.ix).filter(|ix| *ix != HOUSE).collect();
        for acct in all {
            let orders: Vec<OrdId> = self.orders.open_of(acct).filter(|order| order.inst == inst).map(|order| order.ord_id).collect();
            for id in orders {
                self.cancel(id, if option { "10" } else { "7" });
            }
        }
        let cause = if option { EXERCISE } else { DELIVERY };
        for (acct, key) in holders(self, inst) {
            let size = self.account(acct).positions.get(&key).map_or(Dec::ZERO, |p| p.qty.abs());
            let worthless = option && px.is_zero();
            let subs = if worthless { ["172"; 4] } else { cause.subs };
            forced::close(self, acct, &key, size, px, &Cause { subs, ..cause });
        }
        self.note_delivery(inst, index);
        Ok(px)
    }
}

/// One position pays or receives; no more than leaves it its maintenance margin.
fn fund(world: &mut World, acct: AcctIx, key: &PosKey, rate: Dec) {
    let Some(position) = world.account(acct).positions.get(key) else { return };
    let view = risk::view(world, acct, position);
    let due = amount(view.notional * rate);
    let mut flow = if position.qty > Dec::ZERO { -due } else { due };
    let isolated = key.mode == TdMode::Isolated;
    let (ccy, inst_type, size) = (position.ccy.clone(), position.inst_type, position.size());
    if flow < Dec::ZERO {
        let spare = if isolated {
            position.margin + view.upl - view.mmr - view.close_fee
        } else if world.account(acct).acct_lv >= 3 {
            -flow
        } else {
            let coin = risk::coin(world, acct, &ccy);
            coin.cash + coin.upl - coin.mmr - coin.close_fee
        };
        if spare < -flow {
            flow = -amount(spare.max(Dec::ZERO));
            let orders = world.orders.open_of(acct).filter(|o| o.inst == key.inst && o.reserved.is_some());
            let orders: Vec<OrdId> = orders.map(|order| order.ord_id).collect();
            for id in orders {
                world.cancel(id, "9");
            }
        }
    }
    let now = world.now;
    let mut left = Dec::ZERO;
    if let Some(position) = world.account_mut(acct).positions.get_mut(key) {
        position.funding_fee += flow;
        position.updated = now;
        if isolated {
            position.margin += flow;
            left = position.margin;
        }
    }
    let bill = Bill {
        ccy: ccy.clone(),
        bal_chg: flow,
        pos_bal: left,
        pos_bal_chg: if isolated { flow } else { Dec::ZERO },
        pnl: flow,
        kind: "8".into(),
        sub_type: if flow < Dec::ZERO { "173" } else { "174" }.into(),
        sz: size,
        px: Some(view.mark),
        inst: Some(key.inst),
        inst_type: Some(inst_type),
        mgn_mode: key.mode.name().into(),
        ..Bill::default()
    };
    if isolated {
        // It moved the margin, not the cash; clients read the amount from `balChg` all the same.
        let bill = Bill { bill_id: world.ids.take(), bal: world.account(acct).cash(&ccy), at: now, ..bill };
        bills::keep(world, acct, bill);
    } else {
        bills::post(world, acct, bill);
    }
    bills::post(world, HOUSE, Bill { ccy: ccy.clone(), bal_chg: -flow, ..Bill::default() });
    world.touch_position(acct, key);
    world.push_change(acct, &[&ccy], &[key], &[], "funding_fee");
}

/// An hour of interest on every debt of a margin trade.
fn interest(world: &mut World) {
    let accounts: Vec<AcctIx> = world.accounts.iter().map(|a| a.ix).filter(|ix| *ix != HOUSE).collect();
    for acct in accounts {
        let owing = world.account(acct).positions.iter().filter(|(_, p)| p.liab > Dec::ZERO).map(|(key, _)| key.clone());
        for key in owing.collect::<Vec<_>>() {
            let now = world.now;
            let Some(position) = world.account_mut(acct).positions.get_mut(&key) else { continue };
            let accrued = amount(position.liab * sizes::DAILY_INTEREST / Dec::from(24));
            position.interest += accrued;
            position.updated = now;
            let ccy = position.liab_ccy.clone();
            collect(world, &ccy, -accrued);
            world.touch_position(acct, &key);
            let bill = Bill {
                bill_id: world.ids.take(),
                bal: world.account(acct).cash(&ccy),
                ccy,
                pos_bal_chg: -accrued,
                kind: "7".into(),
                sub_type: "9".into(),
                sz: accrued,
                inst: Some(key.inst),
                inst_type: Some(InstType::Margin),
                mgn_mode: key.mode.name().into(),
                at: now,
                ..Bill::default()
            };
            bills::keep(world, acct, bill);
        }
    }
}
