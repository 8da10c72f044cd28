//! Sensitivities of positions and coins, to the dollar (BS) and to the coin (PA).

use std::collections::BTreeMap;

use crate::exchange::account::{AcctIx, Position};
use crate::exchange::instrument::InstType;
use crate::exchange::json::Row;
use crate::exchange::ledger::risk::{self, View};
use crate::exchange::ledger::rows::float;
use crate::exchange::market::options;
use crate::exchange::num::Dec;
use crate::exchange::world::World;

#[derive(Clone, Copy, Debug, Default)]
pub struct Set {
    pub delta: Dec,
    pub gamma: Dec,
    pub theta: Dec,
    pub vega: Dec,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Both {
    pub bs: Set,
    pub pa: Set,
}

/// Of an option position; `None` of anything else.
pub fn of_position(world: &World, position: &Position, view: &View) -> Option<Both> {
    if position.inst_type != InstType::Option || position.is_flat() {
        return None;
    }
    let inst = world.inst(position.inst);
    let index = float(world.index_px(position.inst)?);
    let each = options::greeks(inst, index, world.now);
    let size = float(position.qty * inst.face());
    let set = |g: &options::Greeks| Set {
        delta: options::dec(g.delta * size, 12),
        gamma: options::dec(g.gamma * size, 16),
        theta: options::dec(g.theta * size, 12),
        vega: options::dec(g.vega * size, 12),
    };
    let _ = view;
    Some(Both { bs: set(&each), pa: set(&each.in_coin()) })
}

/// Per coin: options by their greeks, contracts and coins by their delta.
pub fn of_account(world: &World, acct: AcctIx) -> BTreeMap<String, Both> {
    let mut all: BTreeMap<String, Both> = BTreeMap::new();
    let account = world.account(acct);
    for position in account.positions.values().filter(|p| !p.is_flat()) {
        let view = risk::view(world, acct, position);
        let inst = world.inst(position.inst);
        let sum = all.entry(inst.base().to_owned()).or_default();
        if let Some(both) = of_position(world, position, &view) {
            for (to, from) in [(&mut sum.bs, both.bs), (&mut sum.pa, both.pa)] {
                to.delta += from.delta;
                to.gamma += from.gamma;
                to.theta += from.theta;
                to.vega += from.vega;
            }
            continue;
        }
        let size = match position.inst_type {
            InstType::Margin if position.is_long() => position.size(),
            InstType::Margin => -position.size(),
            _ if inst.inverse => (position.qty * inst.face()).checked_div(view.mark).unwrap_or_default(),
            _ => position.qty * inst.face(),
        };
        let size = size.round_dp(12);
        sum.bs.delta += size;
        sum.pa.delta += size;
    }
    for (ccy, coin) in &account.coins {
        if !matches!(ccy.as_str(), "USDT" | "USDC" | "USD") && !coin.cash.is_zero() {
            let sum = all.entry(ccy.clone()).or_default();
            sum.bs.delta += coin.cash;
        }
    }
    all
}

/// A row of `account/greeks` and the `account-greeks` channel.
pub fn row(world: &World, ccy: &str, both: &Both) -> String {
    Row::new()
        .s("ccy", ccy)
        .d("deltaBS", both.bs.delta)
        .d("deltaPA", both.pa.delta)
        .d("gammaBS", both.bs.gamma)
        .d("gammaPA", both.pa.gamma)
        .d("thetaBS", both.bs.theta)
        .d("thetaPA", both.pa.theta)
        .d("vegaBS", both.bs.vega)
        .d("vegaPA", both.pa.vega)
        .n("ts", world.now_ms())
        .end()
}
