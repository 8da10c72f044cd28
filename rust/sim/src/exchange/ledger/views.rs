//! What an account is and has, over REST: balance, positions, configuration, risk.

use crate::exchange::account::{Account, AcctIx, Closed, Position};
use crate::exchange::call::{Answer, Call, Reply};
use crate::exchange::fields::Fields;
use crate::exchange::instrument::InstType;
use crate::exchange::io::MILLI;
use crate::exchange::json::{Row, array};
use crate::exchange::ledger::{greeks, risk, rows};
use crate::exchange::market;
use crate::exchange::num::{Dec, amount};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

pub fn balance(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let ccys = call.params.names("ccy");
    if ccys.len() > 20 {
        return Err(Refusal::parameter("ccy"));
    }
    let row = rows::balance(call.world, acct, |ccy| ccys.is_empty() || ccys.iter().any(|wanted| wanted == ccy), false);
    Ok(Reply::Data(vec![row]))
}

/// A type of instrument, where one is named.
pub fn inst_type(params: &Fields) -> Result<Option<InstType>, Refusal> {
    match params.text("instType").as_deref() {
        None | Some("ANY") => Ok(None),
        Some(name) => InstType::of(name).map(Some).ok_or_else(|| Refusal::parameter("instType")),
    }
}

pub fn positions(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let (ids, pos_ids) = (call.params.names("instId"), call.params.names("posId"));
    let kind = inst_type(&call.params)?;
    let world = &*call.world;
    let named = !ids.is_empty() || !pos_ids.is_empty();
    let wanted = |position: &Position| {
        let inst_id = &world.inst(position.inst).inst_id;
        kind.is_none_or(|kind| kind == position.inst_type)
            && (ids.is_empty() || ids.contains(inst_id))
            && (pos_ids.is_empty() || pos_ids.contains(&position.pos_id.to_string()))
            // A flat one is told only to who asks for it.
            && (named || !position.is_flat())
    };
    let held = world.account(acct).positions.iter().filter(|(_, position)| wanted(position));
    Ok(Reply::Data(held.map(|(key, position)| rows::position(world, acct, key, position, false)).collect()))
}

/// Pages of rows by time or id, newest first: older than `after`, newer than `before`, at most `limit`.
pub struct Page {
    after: Option<u64>,
    before: Option<u64>,
    limit: usize,
}

impl Page {
    pub fn of(params: &Fields) -> Result<Self, Refusal> {
        let limit = params.int("limit")?.unwrap_or(100);
        if !(1..=100).contains(&limit) {
            return Err(Refusal::parameter("limit"));
        }
        Ok(Self { after: params.int("after")?, before: params.int("before")?, limit: limit as usize })
    }

    pub fn rows<'a, T: 'a>(
        &self,
        newest_first: impl Iterator<Item = &'a T>,
        id: impl Fn(&T) -> u64,
        row: impl Fn(&T) -> String,
    ) -> Vec<String> {
        let inside = newest_first.filter(|one| {
            let id = id(one);
            self.after.is_none_or(|after| id < after) && self.before.is_none_or(|before| id > before)
        });
        inside.take(self.limit).map(row).collect()
    }
}

pub fn positions_history(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let (page, kind) = (Page::of(&call.params)?, inst_type(&call.params)?);
    let text = |name: &str| call.params.text(name);
    let (inst_id, mode, ended, pos_id) = (text("instId"), text("mgnMode"), text("type"), text("posId"));
    let world = &*call.world;
    let is = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
    // Partly closed ones are told too, as they stand; then those that ended, newest first.
    let account = world.account(acct);
    let partly = account.positions.values().filter(|p| !p.is_flat() && !p.closed_qty.is_zero());
    let mut all: Vec<Closed> = partly
        .map(|p| Closed { position: p.clone(), kind: "1".to_owned(), long: p.is_long(), at: p.updated })
        .chain(account.closed.iter().cloned())
        .collect();
    all.sort_by_key(|closed| std::cmp::Reverse(closed.at));
    let list = all.iter().filter(|closed| {
        let position = &closed.position;
        kind.is_none_or(|kind| kind == position.inst_type)
            && is(&inst_id, &world.inst(position.inst).inst_id)
            && is(&mode, position.mode.name())
            && is(&ended, &closed.kind)
            && is(&pos_id, &position.pos_id.to_string())
    });
    Ok(Reply::Data(page.rows(list, |closed| closed.at / MILLI, |closed| closed_row(world, closed))))
}

fn closed_row(world: &World, closed: &Closed) -> String {
    let position = &closed.position;
    let inst = world.inst(position.inst);
    let avg = |qty: Dec, value: Dec| {
        let size = if position.inst_type == InstType::Margin { qty } else { qty * inst.face() };
        let px = if inst.inverse { size.checked_div(value) } else { value.checked_div(size) };
        px.map(|px| px.round_dp(12))
    };
    let margin = position.open_value.checked_div(position.lever.max(Dec::ONE)).unwrap_or_default();
    let liquidated = !matches!(closed.kind.as_str(), "1" | "2");
    Row::new()
        .n("cTime", position.created / MILLI)
        .s("ccy", &position.ccy)
        .od("closeAvgPx", avg(position.closed_qty, position.close_value))
        .d("closeTotalPos", position.closed_qty)
        .s("instId", &inst.inst_id)
        .s("instType", position.inst_type.name())
        .d("lever", position.lever)
        .s("mgnMode", position.mode.name())
        .od("openAvgPx", avg(position.opened_qty, position.open_value))
        .d("openMaxPos", position.max_qty)
        .d("realizedPnl", amount(position.realized()))
        .d("fee", amount(position.fee))
        .d("fundingFee", amount(position.funding_fee))
        .d("liqPenalty", amount(position.liq_penalty))
        .d("pnl", amount(position.pnl))
        .d("pnlRatio", position.realized().checked_div(margin).unwrap_or_default().round_dp(16))
        .n("posId", position.pos_id)
        .s("posSide", position.pos_side.name())
        .s("direction", if closed.long { "long" } else { "short" })
        .od("triggerPx", world.mark_px(position.inst).filter(|_| liquidated))
        .s("type", &closed.kind)
        .n("uTime", closed.at / MILLI)
        .s("uly", &inst.uly)
        .od("nonSettleAvgPx", position.non_settle_avg_px)
        .s("settledPnl", "")
        .end()
}

pub fn position_risk(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let kind = inst_type(&call.params)?;
    let world = &*call.world;
    let account = world.account(acct);
    let total = risk::Total::of(world, acct);
    let coins = total.coins.iter().filter(|(_, coin)| !coin.eq().is_zero()).map(|(ccy, coin)| {
        let usd = world.usd(ccy) * super::reserve::discount(ccy);
        Row::new().s("ccy", ccy).d("disEq", amount(coin.eq() * usd)).d("eq", amount(coin.eq())).end()
    });
    let held = account.positions.values().filter(|p| !p.is_flat() && kind.is_none_or(|kind| kind == p.inst_type)).map(|position| {
        let view = risk::view(world, acct, position);
        Row::new()
            .s("baseBal", "")
            .s("ccy", &position.ccy)
            .s("instId", &world.inst(position.inst).inst_id)
            .s("instType", position.inst_type.name())
            .s("mgnMode", position.mode.name())
            .d("notionalCcy", amount(view.notional))
            .d("notionalUsd", amount(risk::notional_usd(world, acct, position)))
            .d("pos", rows::pos(position))
            .s("posCcy", &position.pos_ccy)
            .n("posId", position.pos_id)
            .s("posSide", position.pos_side.name())
            .s("quoteBal", "")
            .end()
    });
    let adj_eq = Some(amount(total.adj_eq)).filter(|_| account.acct_lv >= 3);
    let row = Row::new()
        .od("adjEq", adj_eq)
        .raw("balData", &array(&coins.collect::<Vec<_>>()))
        .raw("posData", &array(&held.collect::<Vec<_>>()))
        .n("ts", world.now_ms())
        .end();
    Ok(Reply::Data(vec![row]))
}

/// A setting that is kept as it was sent, with what it is before.
pub fn setting<'a>(account: &'a Account, name: &str, unset: &'a str) -> &'a str {
    account.settings.get(name).map_or(unset, String::as_str)
}

pub fn config(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let account = call.world.account(acct);
    let key = account.keys.first();
    let (perm, ip, label) = key.map_or_else(Default::default, |key| (key.perm.join(","), key.ip.join(","), key.label.clone()));
    let row = Row::new()
        .n("acctLv", u64::from(account.acct_lv))
        .s("acctStpMode", account.stp_mode.name())
        .raw("autoLoan", setting(account, "autoLoan", "false"))
        .s("ctIsoMode", setting(account, "ctIsoMode", "automatic"))
        .raw("enableSpotBorrow", "false")
        .s("feeType", setting(account, "feeType", "0"))
        .s("greeksType", &account.greeks_type)
        .s("ip", &ip)
        .s("kycLv", "3")
        .s("label", &label)
        .s("level", &account.level)
        .s("levelTmp", "")
        .s("liquidationGear", "-1")
        .s("mainUid", &account.main_uid)
        .s("mgnIsoMode", setting(account, "mgnIsoMode", "automatic"))
        .s("opAuth", setting(account, "opAuth", "1"))
        .s("perm", &perm)
        .s("posMode", if account.long_short { "long_short_mode" } else { "net_mode" })
        .s("roleType", "0")
        .s("settleCcy", setting(account, "settleCcy", "USDC"))
        .raw("settleCcyList", r#"["USD","USDC","USDG"]"#)
        .raw("spotBorrowAutoRepay", "false")
        .s("spotOffsetType", "")
        .s("spotRoleType", "0")
        .raw("spotTraderInsts", "[]")
        .s("stgyType", "0")
        .raw("traderInsts", "[]")
        .s("type", "0")
        .s("uid", &account.uid)
        .end();
    Ok(Reply::Data(vec![row]))
}

pub fn risk_state(call: &mut Call<'_>) -> Answer {
    call.who()?;
    let row = Row::new().raw("atRisk", "false").raw("atRiskIdx", "[]").raw("atRiskMgn", "[]").n("ts", call.world.now_ms()).end();
    Ok(Reply::Data(vec![row]))
}

pub fn greeks(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let ccy = call.params.text("ccy");
    let all = greeks::of_account(call.world, acct);
    let wanted = all.iter().filter(|(name, _)| ccy.as_deref().is_none_or(|ccy| ccy == *name));
    Ok(Reply::Data(wanted.map(|(name, both)| greeks::row(call.world, name, both)).collect()))
}

pub fn instruments(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let name = call.params.required("instType")?;
    let kind = InstType::of(&name).ok_or_else(|| Refusal::parameter("instType"))?;
    let (family, inst_id) = (call.params.text("instFamily").or_else(|| call.params.text("uly")), call.params.text("instId"));
    if kind == InstType::Option && family.is_none() && inst_id.is_none() {
        return Err(Refusal::missing("instFamily"));
    }
    let world = &*call.world;
    let of_type = world.instruments.iter().filter(|inst| match kind {
        InstType::Margin => inst.inst_type == InstType::Spot && inst.margin_lever.is_some(),
        kind => inst.inst_type == kind,
    });
    let wanted = of_type.filter(|inst| {
        inst.state != "expired"
            && family.as_deref().is_none_or(|family| family == inst.family || family == inst.uly)
            && inst_id.as_deref().is_none_or(|id| id == inst.inst_id)
    });
    let rows: Vec<String> = wanted
        .map(|inst| {
            let quota = quota(world, acct, inst.ix);
            market::instrument_row(inst, kind)
                .s("rpi", "0")
                .s("posLmtAmt", "")
                .s("posLmtPct", "30")
                .s("maxPlatOILmt", "")
                .s("maxPlatOICoinLmt", "")
                .s("longPosRemainingQuota", &quota)
                .s("shortPosRemainingQuota", &quota)
                .end()
        })
        .collect();
    if rows.is_empty() && inst_id.is_some() {
        return Err(Refusal::new("51001", "Instrument ID or Spread ID doesn't exist."));
    }
    Ok(Reply::Data(rows))
}

/// How much more of a contract the account may hold, in USD: not limited here.
fn quota(world: &World, _acct: AcctIx, inst: crate::exchange::instrument::InstIx) -> String {
    if world.inst(inst).inst_type.is_contract() { "100000000".to_owned() } else { String::new() }
}
