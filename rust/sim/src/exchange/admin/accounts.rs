//! Accounts by label: looked at, opened, given money.

use serde_json::{Map, Value, json};

use crate::exchange::account::{Account, HOUSE, Position};
use crate::exchange::admin::body::Body;
use crate::exchange::admin::{Answer, Desk, Fail, bad, missing};
use crate::exchange::config::AccountConfig;
use crate::exchange::io::MILLI;
use crate::exchange::num::text;
use crate::exchange::order::{OrdId, Order};
use crate::exchange::world::World;

impl Desk<'_> {
    pub(super) fn accounts(&self) -> Value {
        let short = |account: &Account| {
            json!({
                "label": account.label, "uid": account.uid, "mainUid": account.main_uid, "acctLv": account.acct_lv.to_string(),
                "posMode": if account.long_short { "long_short_mode" } else { "net_mode" }, "level": account.level,
                "positions": account.positions.len(), "open_orders": self.world.orders.open_of(account.ix).count(),
            })
        };
        Value::Array(self.world.accounts.iter().filter(|account| account.ix != HOUSE).map(short).collect())
    }

    pub(super) fn account(&self, label: &str) -> Answer {
        let world = &*self.world;
        let account = find(world, label)?;
        let coins = account.coins.iter().map(|(ccy, coin)| {
            let shown = json!({
                "cash": text(coin.cash), "frozen": text(coin.ord_frozen), "liab": text(coin.liab), "interest": text(coin.interest),
            });
            (ccy.clone(), shown)
        });
        let funding = account.funding.iter().map(|(ccy, held)| (ccy.clone(), json!(text(*held))));
        let keys = account.keys.iter().map(|key| json!({ "apiKey": key.api_key, "perm": key.perm, "ip": key.ip, "demo": key.demo }));
        Ok(json!({
            "label": account.label, "uid": account.uid, "mainUid": account.main_uid, "acctLv": account.acct_lv.to_string(),
            "posMode": if account.long_short { "long_short_mode" } else { "net_mode" }, "level": account.level,
            "settings": account.settings, "keys": keys.collect::<Vec<_>>(),
            "balances": coins.collect::<Map<_, _>>(), "funding": funding.collect::<Map<_, _>>(),
            "positions": account.positions.values().map(|position| shown_position(world, position)).collect::<Vec<_>>(),
            "open_orders": world.orders.open_of(account.ix).map(|order| shown_order(world, order)).collect::<Vec<_>>(),
            "algos": world.algos.open_of(account.ix).map(|algo| json!({
                "algoId": algo.id.to_string(), "algoClOrdId": algo.cl_id, "instId": world.inst(algo.inst).inst_id,
            })).collect::<Vec<_>>(),
            "bills": account.bills.len(), "fills": account.fills.len(),
        }))
    }

    pub(super) fn open_account(&mut self, given: Map<String, Value>) -> Answer {
        let config: AccountConfig = serde_json::from_value(Value::Object(given)).map_err(|error| bad(error.to_string()))?;
        let ix = self.world.add_account(&config).map_err(|error| bad(error.to_string()))?;
        let account = self.world.account(ix);
        Ok(json!({ "label": account.label, "uid": account.uid }))
    }

    pub(super) fn set_balance(&mut self, label: &str, mut given: Body<'_>) -> Answer {
        let acct = find(self.world, label)?.ix;
        let ccy = given.text("ccy")?.ok_or_else(|| bad("ccy: expected a currency"))?;
        let to = given.dec("amount")?.ok_or_else(|| bad("amount: expected a decimal"))?;
        let funding = given.flag("funding")?.unwrap_or(false);
        given.finish()?;
        self.world.set_balance(acct, &ccy, to, funding).map_err(bad)?;
        Ok(json!({ "ccy": ccy, "amount": text(to), "funding": funding }))
    }

    pub(super) fn fill(&mut self, ord_id: &str, mut given: Body<'_>) -> Answer {
        let id = self.open_order(ord_id)?;
        let (sz, px) = (given.positive("sz")?, given.positive("px")?);
        given.finish()?;
        let filled = self.world.force_fill(id, sz, px).map_err(|why| bad(format!("{ord_id}: {why}")))?;
        Ok(json!({ "ordId": ord_id, "fillSz": text(filled) }))
    }

    pub(super) fn cancel(&mut self, ord_id: &str, mut given: Body<'_>) -> Answer {
        let id = self.open_order(ord_id)?;
        let source = given.text("cancelSource")?.unwrap_or_else(|| "0".to_owned());
        given.finish()?;
        self.world.cancel(id, &source);
        Ok(json!({ "ordId": ord_id, "cancelSource": source }))
    }

    fn open_order(&self, ord_id: &str) -> Result<OrdId, Fail> {
        let id = ord_id.parse().map_err(|_| bad(format!("{ord_id}: expected an ordId")))?;
        let open = self.world.order(id).is_some_and(|order| order.state.is_open() && order.acct != HOUSE);
        if open { Ok(id) } else { Err(missing(format!("{ord_id}: no open order of an account"))) }
    }
}

pub(super) fn find<'w>(world: &'w World, label: &str) -> Result<&'w Account, Fail> {
    world.account_by_label(label).ok_or_else(|| missing(format!("no account {label}")))
}

fn shown_position(world: &World, position: &Position) -> Value {
    json!({
        "posId": position.pos_id.to_string(), "instId": world.inst(position.inst).inst_id, "instType": position.inst_type.name(),
        "mgnMode": position.mode.name(), "posSide": position.pos_side.name(), "ccy": position.ccy, "pos": text(position.qty),
        "lever": text(position.lever), "margin": text(position.margin), "realizedPnl": text(position.pnl), "fee": text(position.fee),
        "fundingFee": text(position.funding_fee), "uTime": (position.updated / MILLI).to_string(),
    })
}

fn shown_order(world: &World, order: &Order) -> Value {
    json!({
        "ordId": order.ord_id.to_string(), "clOrdId": order.cl_ord_id, "instId": world.inst(order.inst).inst_id,
        "instType": order.inst_type.name(), "tdMode": order.td_mode.name(), "side": order.side.name(), "posSide": order.pos_side.name(),
        "ordType": order.ord_type.name(), "px": order.px.map_or_else(String::new, text), "sz": text(order.sz),
        "accFillSz": text(order.acc_fill_sz), "state": order.state.name(), "cTime": (order.created / MILLI).to_string(),
    })
}
