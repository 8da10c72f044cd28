//! Leverage, and the margin of a position.

use crate::exchange::account::{AcctIx, Bill, LeverKey, PosKey, Position};
use crate::exchange::algo::model::Algo;
use crate::exchange::call::{Answer, Call, Reply};
use crate::exchange::fields::Fields;
use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::json::Row;
use crate::exchange::ledger::{bills, relever, reserve, risk, tiers};
use crate::exchange::num::{Dec, amount, text};
use crate::exchange::order::{PosSide, TdMode};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

pub const NO_INSTRUMENT: Refusal = Refusal::new("51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist.");

pub fn mgn_mode(params: &Fields) -> Result<TdMode, Refusal> {
    match params.required("mgnMode")?.as_str() {
        "cross" => Ok(TdMode::Cross),
        "isolated" => Ok(TdMode::Isolated),
        _ => Err(Refusal::parameter("mgnMode")),
    }
}

fn pos_side(params: &Fields) -> Result<Option<PosSide>, Refusal> {
    match params.text("posSide").as_deref() {
        None => Ok(None),
        Some("net") => Ok(Some(PosSide::Net)),
        Some("long") => Ok(Some(PosSide::Long)),
        Some("short") => Ok(Some(PosSide::Short)),
        Some(_) => Err(Refusal::parameter("posSide")),
    }
}

pub fn find_inst(world: &World, inst_id: &str) -> Result<InstIx, Refusal> {
    world.by_inst_id.get(inst_id).copied().ok_or(NO_INSTRUMENT)
}

/// A spot pair stands for its margin trades here.
pub fn leveraged_type(world: &World, inst: InstIx) -> InstType {
    let kind = world.inst(inst).inst_type;
    if kind == InstType::Spot { InstType::Margin } else { kind }
}

pub fn margin_bill(ccy: &str, kind: InstType, inst: InstIx, change: Dec, pos_bal: Dec, sub_type: &str) -> Bill {
    Bill {
        ccy: ccy.to_owned(),
        bal_chg: change,
        pos_bal,
        pos_bal_chg: -change,
        kind: "6".into(),
        sub_type: sub_type.into(),
        sz: change.abs(),
        inst: Some(inst),
        inst_type: Some(kind),
        mgn_mode: "isolated".into(),
        ..Bill::default()
    }
}

pub fn set_leverage(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let lever = call.params.dec("lever")?.ok_or_else(|| Refusal::missing("lever"))?;
    let mode = mgn_mode(&call.params)?;
    let side = pos_side(&call.params)?;
    let (inst_id, ccy) = (call.params.text("instId"), call.params.text("ccy"));
    let world = &mut *call.world;
    let account = world.account(acct);
    if account.acct_lv == 1 {
        return Err(Refusal::new("51010", "Request unsupported under current account mode"));
    }
    let (key, most, margin_ccy) = if let Some(inst_id) = &inst_id {
        let inst = find_inst(world, inst_id)?;
        let kind = leveraged_type(world, inst);
        let row = world.inst(inst);
        if kind == InstType::Option || (kind == InstType::Margin && row.margin_lever.is_none()) {
            return Err(Refusal::parameter("instId"));
        }
        if account.acct_lv == 4 && mode == TdMode::Cross && kind.is_contract() {
            return Err(Refusal::new(
                "51039",
                "Leverage cannot be adjusted for the cross positions of Expiry Futures and Perpetual Futures under the PM account.",
            ));
        }
        let split = mode == TdMode::Isolated && account.long_short && kind.is_contract();
        let side = match side {
            Some(side @ (PosSide::Long | PosSide::Short)) if split => side,
            _ if split => return Err(Refusal::parameter("posSide")),
            _ => PosSide::Net,
        };
        let settle = if kind == InstType::Margin { ccy.clone().unwrap_or_else(|| row.quote().to_owned()) } else { row.settle_ccy.clone() };
        (risk::lever_key(world, acct, inst, kind, mode, side, &settle), tiers::max_lever(row, kind), settle)
    } else {
        let ccy = ccy.clone().ok_or_else(|| Refusal::missing("instId"))?;
        if account.acct_lv < 3 || mode == TdMode::Isolated {
            return Err(Refusal::parameter("ccy"));
        }
        (LeverKey { scope: ccy.clone(), mode, side: PosSide::Net }, Dec::TEN, ccy)
    };
    if lever > most {
        return Err(Refusal::because("59102", "Leverage exceeds the maximum limit. Please lower the leverage.".to_owned()));
    }
    if lever < Dec::ONE {
        return Err(Refusal::new("59105", "Leverage can't be less than the minimum limit. Please raise the leverage."));
    }
    check_tiers(world, acct, &key, lever)?;
    let until_set = inst_id.as_deref().and_then(|id| world.by_inst_id.get(id));
    let until_set = until_set.map_or(Dec::from(3), |inst| risk::default_lever(world, *inst, leveraged_type(world, *inst)));
    if lever != world.account(acct).levers.get(&key).copied().unwrap_or(until_set) {
        check_waiting(world, acct, &key)?;
    }
    let (held, _) = relever::in_scope(world, acct, &key);
    let changed: Vec<&PosKey> =
        held.iter().filter(|key| world.account(acct).positions.get(key).is_some_and(|p| p.lever != lever)).collect();
    if !relever::apply(world, acct, &key, lever, &margin_ccy) {
        // Which code means which shortage is not established: of a coin here, and of the whole account.
        return Err(if world.account(acct).acct_lv < 3 {
            Refusal::new("59108", "Low leverage and insufficient margin, please adjust the leverage.")
        } else {
            Refusal::new("59109", "Account equity is less than the required margin amount after adjustment. Please adjust the leverage.")
        });
    }
    if !changed.is_empty() {
        world.push_change(acct, &[], &changed, &[], "set_leverage");
    }
    let row = Row::new();
    let row = match (&inst_id, &ccy) {
        (Some(inst_id), _) => row.s("instId", inst_id),
        (None, ccy) => row.s("ccy", ccy.as_deref().unwrap_or_default()),
    };
    let side = call.params.text("posSide").unwrap_or_default();
    Ok(Reply::Data(vec![row.s("lever", &text(lever)).s("mgnMode", mode.name()).s("posSide", &side).end()]))
}

/// Orders and algo orders wait for the old leverage: they go first.
fn check_waiting(world: &World, acct: AcctIx, key: &LeverKey) -> Result<(), Refusal> {
    let isolated = key.mode == TdMode::Isolated;
    if !relever::in_scope(world, acct, key).1.is_empty() {
        return Err(if isolated {
            Refusal::new(
                "59101",
                "Leverage can't be modified. Please cancel all pending isolated margin orders before adjusting the leverage.",
            )
        } else {
            Refusal::new(
                "59107",
                "Leverage can't be modified. Please cancel all pending cross margin orders before adjusting the leverage.",
            )
        });
    }
    let waits = |algo: &Algo| {
        let quote = world.inst(algo.inst).quote();
        let ccy = if algo.ccy.is_empty() { quote } else { &algo.ccy };
        algo.td_mode == key.mode && risk::lever_key(world, acct, algo.inst, algo.inst_type, algo.td_mode, algo.pos_side, ccy) == *key
    };
    if world.algos.open_of(acct).any(waits) {
        return Err(if isolated {
            Refusal::new(
                "59668",
                "Cancel all isolated margin TP/SL, trailing, trigger and chase orders or stop bots before adjusting your leverage.",
            )
        } else {
            Refusal::new(
                "59669",
                "Cancel all cross margin TP/SL, trailing, trigger and chase orders or stop bots before adjusting your leverage.",
            )
        });
    }
    Ok(())
}

/// A position too large for that leverage.
fn check_tiers(world: &World, acct: AcctIx, key: &LeverKey, lever: Dec) -> Result<(), Refusal> {
    let (held, _) = relever::in_scope(world, acct, key);
    for position in held.iter().filter_map(|key| world.account(acct).positions.get(key)) {
        if position.size() > tiers::largest(world.inst(position.inst), position.inst_type, lever) {
            return Err(Refusal::new("59106", "The leverage is too high for the tier of the position. Please lower the leverage."));
        }
    }
    Ok(())
}

pub fn leverage_info(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let mode = mgn_mode(&call.params)?;
    let ids = call.params.names("instId");
    let ccys = call.params.names("ccy");
    if ids.is_empty() && ccys.is_empty() {
        return Err(Refusal::missing("instId"));
    }
    if ids.len() > 20 {
        return Err(Refusal::parameter("instId"));
    }
    let world = &*call.world;
    let account = world.account(acct);
    let mut rows = Vec::new();
    let row = |ccy: &str, inst_id: &str, side: &str, lever: Dec| {
        Row::new().s("ccy", ccy).s("instId", inst_id).d("lever", lever).s("mgnMode", mode.name()).s("posSide", side).end()
    };
    for inst_id in &ids {
        let inst = find_inst(world, inst_id)?;
        let kind = leveraged_type(world, inst);
        if account.acct_lv == 4 && mode == TdMode::Cross && kind.is_contract() {
            return Err(Refusal::new("59111", "Leverage query isn't supported in portfolio margin account mode."));
        }
        let settle = if kind == InstType::Margin { world.inst(inst).quote().to_owned() } else { world.inst(inst).settle_ccy.clone() };
        let sides: &[PosSide] = if account.long_short && kind.is_contract() { &[PosSide::Long, PosSide::Short] } else { &[PosSide::Net] };
        for side in sides {
            rows.push(row("", inst_id, side.name(), risk::lever(world, acct, inst, kind, mode, *side, &settle)));
        }
    }
    for ccy in &ccys {
        if ids.is_empty() {
            rows.push(row(ccy, "", "net", account.lever(ccy, mode, PosSide::Net).unwrap_or(Dec::from(3))));
        }
    }
    Ok(Reply::Data(rows))
}

pub fn margin_balance(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let inst_id = call.params.required("instId")?;
    let side = pos_side(&call.params)?.unwrap_or(PosSide::Net);
    let kind = call.params.required("type")?;
    let amt = call.params.dec("amt")?.ok_or_else(|| Refusal::missing("amt"))?;
    if amt <= Dec::ZERO || amount(amt) != amt || !super::holdable(amt) {
        return Err(Refusal::parameter("amt"));
    }
    let add = match kind.as_str() {
        "add" => true,
        "reduce" => false,
        _ => return Err(Refusal::parameter("type")),
    };
    let world = &mut *call.world;
    let inst = find_inst(world, &inst_id)?;
    let key = PosKey { inst, mode: TdMode::Isolated, side };
    let Some(position) = world.account(acct).positions.get(&key).filter(|p| !p.is_flat()) else {
        return Err(Refusal::new("59300", "Margin call failed. Position does not exist."));
    };
    let view = risk::view(world, acct, position);
    let too_much = Refusal::new("59301", "Margin adjustment failed for exceeding the max limit.");
    let ccy = position.ccy.clone();
    if add && world.avail_bal(acct, &ccy) < amt {
        return Err(too_much);
    }
    // What must stay: the initial margin at the mark, losses on top.
    if !add && position.margin - amt + view.upl.min(Dec::ZERO) < view.imr {
        return Err(too_much);
    }
    let (inst_type, lever) = (position.inst_type, position.lever);
    let change = if add { amt } else { -amt };
    let mut left = Dec::ZERO;
    let now = world.now;
    if let Some(position) = world.account_mut(acct).positions.get_mut(&key) {
        position.margin += change;
        position.updated = now;
        if position.inst_type == InstType::Margin && position.ccy == position.pos_ccy {
            position.qty += change;
        }
        left = position.margin;
    }
    let bill = margin_bill(&ccy, inst_type, inst, -change, left, if add { "160" } else { "161" });
    bills::post(world, acct, bill);
    world.touch_position(acct, &key);
    world.push_change(acct, &[&ccy], &[&key], &[], "adjust_margin");
    let row = Row::new().d("amt", amt).s("ccy", &ccy).s("instId", &inst_id).d("leverage", lever);
    Ok(Reply::Data(vec![row.s("posSide", side.name()).s("type", &kind).end()]))
}

/// Estimates of what another leverage would mean.
pub fn adjust_leverage_info(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let mode = mgn_mode(&call.params)?;
    let lever = call.params.dec("lever")?.filter(|lever| *lever >= Dec::ONE).ok_or_else(|| Refusal::parameter("lever"))?;
    call.params.required("instType")?;
    let inst_id = call.params.required("instId")?;
    let side = pos_side(&call.params)?.unwrap_or(PosSide::Net);
    let world = &*call.world;
    let inst = find_inst(world, &inst_id)?;
    let kind = leveraged_type(world, inst);
    let row = world.inst(inst);
    let most = tiers::max_lever(row, kind);
    if lever > most {
        return Err(Refusal::new("59102", "Leverage exceeds the maximum limit. Please lower the leverage."));
    }
    let settle = if kind == InstType::Margin { row.quote().to_owned() } else { row.settle_ccy.clone() };
    let key = PosKey { inst, mode, side };
    let position = world.account(acct).positions.get(&key).filter(|p| !p.is_flat());
    let view = position.map(|p| risk::view(world, acct, p));
    let margin = view.map(|view| view.notional.checked_div(lever).unwrap_or_default());
    let liq = position.zip(view).and_then(|(p, view)| {
        let changed = Position { lever, ..p.clone() };
        super::rows::liquidation(world, acct, &changed, &view).0
    });
    let mark = risk::mark_of(world, inst);
    let each = reserve::value(world, inst, Dec::ONE, mark).checked_div(lever).unwrap_or_default();
    let free = world.avail_eq(acct, &settle);
    let loan = amount(free * (lever - Dec::ONE));
    let (contract, base_loan) = (kind.is_contract(), loan.checked_div(mark).unwrap_or_default());
    let most_amt =
        if contract { free.checked_div(each).unwrap_or_default().floor().min(tiers::largest(row, kind, lever)) } else { amount(base_loan) };
    let orders = world.orders.open_of(acct).any(|order| order.inst == inst && order.td_mode == mode);
    let spare = (free - margin.unwrap_or_default() + view.map_or(Dec::ZERO, |view| view.imr)).max(Dec::ZERO);
    let answer = Row::new()
        .s("estAvailQuoteTrans", &if contract { String::new() } else { text(amount(spare)) })
        .d("estAvailTrans", amount(if contract { spare } else { spare.checked_div(mark).unwrap_or_default() }))
        .od("estLiqPx", liq)
        .d("estMaxAmt", most_amt)
        .d("estMgn", amount(margin.unwrap_or_default()))
        .s("estQuoteMaxAmt", &if contract { String::new() } else { text(loan) })
        .s("estQuoteMgn", "")
        .raw("existOrd", if orders { "true" } else { "false" })
        .d("maxLever", most)
        .s("minLever", "0.01")
        .end();
    Ok(Reply::Data(vec![answer]))
}
