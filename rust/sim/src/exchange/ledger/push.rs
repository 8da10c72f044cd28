//! What subscribers of the account side are told, and when: changes gather for 50 ms, trades go out at once. The gate repeats
//! `snapshot` as often as a subscription wants it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::exchange::account::{AcctIx, HOUSE, PosKey, Position};
use crate::exchange::event::{Event, Scope};
use crate::exchange::fields::Fields;
use crate::exchange::instrument::InstType;
use crate::exchange::io::{MILLI, Nanos};
use crate::exchange::json::{Row, array};
use crate::exchange::ledger::fill::Trade;
use crate::exchange::ledger::{greeks, rows};
use crate::exchange::num::amount;
use crate::exchange::world::World;

/// How long changes gather before they are pushed.
const WINDOW: Nanos = 50 * MILLI;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Pending {
    accounts: BTreeMap<AcctIx, Changed>,
    due: Option<Nanos>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Changed {
    coins: BTreeSet<String>,
    positions: BTreeSet<PosKey>,
}

impl Pending {
    pub fn due(&self) -> Option<Nanos> {
        self.due
    }
}

impl World {
    fn changed(&mut self, acct: AcctIx) -> &mut Changed {
        let due = self.now + WINDOW;
        let pending = &mut self.ledger.pending;
        pending.due.get_or_insert(due);
        pending.accounts.entry(acct).or_default()
    }

    pub(super) fn touch_coin(&mut self, acct: AcctIx, ccy: &str) {
        if acct == HOUSE {
            return;
        }
        let changed = self.changed(acct);
        if !changed.coins.contains(ccy) {
            changed.coins.insert(ccy.to_owned());
        }
    }

    pub(super) fn touch_position(&mut self, acct: AcctIx, key: &PosKey) {
        if acct != HOUSE {
            self.changed(acct).positions.insert(key.clone());
        }
    }

    /// `balance_and_position`, of the coins and the position named.
    pub(super) fn push_change(&mut self, acct: AcctIx, ccys: &[&str], keys: &[&PosKey], trades: &[String], event_type: &str) {
        if acct == HOUSE || !self.is_heard("balance_and_position") {
            return;
        }
        let account = self.account(acct);
        let coins: Vec<String> = ccys.iter().filter_map(|ccy| account.coins.get(*ccy).map(|coin| brief_coin(ccy, coin))).collect();
        let held = keys.iter().filter_map(|key| account.positions.get(*key).map(|position| rows::brief(self, key, position)));
        let positions: Vec<String> = held.collect();
        let row = both(self.now_ms(), event_type, &coins, &positions, trades);
        self.events.push(plain("balance_and_position", acct, Scope::default(), vec![row]));
    }

    pub(super) fn push_balances(&mut self, acct: AcctIx, ccys: &[&str], event_type: &str) {
        self.push_change(acct, ccys, &[], &[], event_type);
    }

    /// `balance_and_position` of a trade.
    pub(super) fn push_trade(&mut self, trade: &Trade, event_type: &str) {
        let inst = self.inst(trade.inst);
        let (base, quote, settle) = (inst.base().to_owned(), inst.quote().to_owned(), inst.settle_ccy.clone());
        let row = Row::new().s("instId", &inst.inst_id).n("tradeId", trade.trade_id).end();
        let key = trade.key();
        match trade.inst_type {
            InstType::Spot => self.push_change(trade.acct, &[&base, &quote], &[], &[row], event_type),
            InstType::Margin => self.push_change(trade.acct, &[&base, &quote], &[&key], &[row], event_type),
            _ => self.push_change(trade.acct, &[&settle], &[&key], &[row], event_type),
        }
    }
}

fn plain(channel: &'static str, acct: AcctIx, scope: Scope, rows: Vec<String>) -> Event {
    Event { channel, acct: Some(acct), scope, action: None, event_type: None, rows }
}

fn brief_coin(ccy: &str, coin: &crate::exchange::account::Coin) -> String {
    Row::new().s("ccy", ccy).d("cashBal", amount(coin.cash)).n("uTime", coin.updated / MILLI).end()
}

fn both(now_ms: u64, event_type: &str, coins: &[String], positions: &[String], trades: &[String]) -> String {
    Row::new()
        .n("pTime", now_ms)
        .s("eventType", event_type)
        .raw("balData", &array(coins))
        .raw("posData", &array(positions))
        .raw("trades", &array(trades))
        .end()
}

fn account_event(world: &World, acct: AcctIx, event_type: &'static str, wanted: impl Fn(&str) -> bool) -> Event {
    let row = rows::balance(world, acct, wanted, true);
    Event { channel: "account", acct: Some(acct), scope: Scope::default(), action: None, event_type: Some(event_type), rows: vec![row] }
}

fn scope_of(world: &World, key: &PosKey, position: &Position) -> Scope {
    Scope { inst_type: position.inst_type.name(), ..world.scope(key.inst) }
}

pub fn run(world: &mut World) {
    if world.ledger.pending.due.is_some_and(|due| due <= world.now) {
        world.ledger.pending.due = None;
        let changed = std::mem::take(&mut world.ledger.pending.accounts);
        for (acct, changed) in changed {
            flush(world, acct, &changed);
        }
    }
}

fn flush(world: &mut World, acct: AcctIx, changed: &Changed) {
    if !changed.coins.is_empty() && world.is_heard("account") {
        let mut event = account_event(world, acct, "event_update", |ccy| changed.coins.contains(ccy));
        event.scope.ccy = joined(changed.coins.iter());
        world.events.push(event);
    }
    let is_heard = world.is_heard("positions");
    for key in changed.positions.iter().filter(|_| is_heard) {
        let Some(position) = world.account(acct).positions.get(key) else { continue };
        let event = Event {
            channel: "positions",
            acct: Some(acct),
            scope: scope_of(world, key, position),
            action: None,
            event_type: Some("event_update"),
            rows: vec![rows::position(world, acct, key, position, true)],
        };
        world.events.push(event);
    }
    let greek =
        if changed.positions.is_empty() || !world.is_heard("account-greeks") { BTreeMap::new() } else { greeks::of_account(world, acct) };
    for (ccy, both) in greek {
        let row = greeks::row(world, &ccy, &both);
        world.events.push(plain("account-greeks", acct, Scope { ccy, ..Scope::default() }, vec![row]));
    }
}

fn joined<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(",")
}

/// What a subscription gets first, and again at every regular push.
pub fn snapshot(world: &World, acct: AcctIx, channel: &str, arg: &Fields) -> Vec<Event> {
    let account = world.account(acct);
    let text = |name: &str| arg.text(name).unwrap_or_default();
    match channel {
        "account" => {
            let ccy = text("ccy");
            let mut event = account_event(world, acct, "snapshot", |name| ccy.is_empty() || ccy == name);
            event.scope.ccy = ccy;
            vec![event]
        }
        "positions" => {
            let (kind, family, inst_id) = (text("instType"), text("instFamily"), text("instId"));
            let wanted = |key: &PosKey, position: &Position| {
                let inst = world.inst(key.inst);
                (kind.is_empty() || kind == "ANY" || kind == position.inst_type.name())
                    && (family.is_empty() || family == inst.family)
                    && (inst_id.is_empty() || inst_id == inst.inst_id)
            };
            let held = account.positions.iter().filter(|(key, position)| !position.is_flat() && wanted(key, position));
            let rows = held.map(|(key, position)| rows::position(world, acct, key, position, true)).collect();
            let scope = Scope { inst_type: InstType::of(&kind).map_or("", InstType::name), family, inst_id, ..Scope::default() };
            vec![Event { channel: "positions", acct: Some(acct), scope, action: None, event_type: Some("snapshot"), rows }]
        }
        "balance_and_position" => {
            let coins: Vec<String> = account.coins.iter().map(|(ccy, coin)| brief_coin(ccy, coin)).collect();
            let held = account.positions.iter().filter(|(_, position)| !position.is_flat());
            let positions: Vec<String> = held.map(|(key, position)| rows::brief(world, key, position)).collect();
            let row = both(world.now_ms(), "snapshot", &coins, &positions, &[]);
            vec![plain("balance_and_position", acct, Scope::default(), vec![row])]
        }
        "account-greeks" => {
            let ccy = text("ccy");
            let all = greeks::of_account(world, acct);
            let rows = all.iter().filter(|(name, _)| ccy.is_empty() || ccy == **name).map(|(name, both)| greeks::row(world, name, both));
            vec![plain("account-greeks", acct, Scope { ccy: ccy.clone(), ..Scope::default() }, rows.collect())]
        }
        _ => Vec::new(),
    }
}
