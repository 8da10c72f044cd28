//! What an account can be set to: modes, leverage, margin of a position.

use crate::exchange::account::{AcctIx, Bill, LeverKey, PosKey};
use crate::exchange::call::{Answer, Call, Reply};
use crate::exchange::fields::Fields;
use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::json::{Row, array};
use crate::exchange::ledger::{bills, fees, reserve, risk, tiers};
use crate::exchange::num::{Dec, amount, text};
use crate::exchange::order::{OrdId, PosSide, TdMode};
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

pub fn set_position_mode(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let mode = call.params.required("posMode")?;
    let long_short = match mode.as_str() {
        "net_mode" => false,
        "long_short_mode" => true,
        _ => return Err(Refusal::parameter("posMode")),
    };
    let world = &mut *call.world;
    if long_short && world.account(acct).acct_lv == 4 {
        return Err(Refusal::new("51041", "Portfolio margin account only supports net mode."));
    }
    if long_short != world.account(acct).long_short {
        let busy = world.orders.open_of(acct).any(|order| order.inst_type.is_contract())
            || world.account(acct).positions.values().any(|p| !p.is_flat() && p.inst_type.is_contract());
        if busy {
            return Err(Refusal::new("59000", "Setting failed. Cancel any open orders, close positions, and stop trading bots first."));
        }
        world.account_mut(acct).long_short = long_short;
    }
    Ok(Reply::Data(vec![Row::new().s("posMode", &mode).end()]))
}

/// The positions and open orders a leverage holds for.
fn in_scope(world: &World, acct: AcctIx, key: &LeverKey) -> (Vec<PosKey>, Vec<OrdId>) {
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

/// Applies a leverage to all it holds for.
fn apply_lever(world: &mut World, acct: AcctIx, key: &LeverKey, lever: Dec) {
    let (positions, orders) = in_scope(world, acct, key);
    world.account_mut(acct).levers.insert(key.clone(), lever);
    for pos_key in positions {
        let Some(position) = world.account_mut(acct).positions.get_mut(&pos_key) else { continue };
        position.lever = lever;
        // A lower leverage needs more margin on an isolated position; a higher one leaves what is there.
        let initial = amount(position.cost.abs().checked_div(lever).unwrap_or_default());
        let missing = initial - position.margin;
        if key.mode == TdMode::Isolated && position.inst_type.is_contract() && missing > Dec::ZERO && !position.is_flat() {
            position.margin = initial;
            let ccy = position.ccy.clone();
            let (kind, inst) = (position.inst_type, position.inst);
            bills::post(world, acct, margin_bill(&ccy, kind, inst, -missing, initial, "162"));
        }
        world.touch_position(acct, &pos_key);
    }
    for id in orders {
        if let Some(order) = world.orders.get_mut(id) {
            order.lever = Some(lever);
        }
        let _ = world.adjust_reserve(id);
    }
}

fn margin_bill(ccy: &str, kind: InstType, inst: InstIx, change: Dec, pos_bal: Dec, sub_type: &str) -> Bill {
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

/// What the account would still have for margin, in its own measure.
fn spare(world: &World, acct: AcctIx, ccy: &str) -> Dec {
    if world.account(acct).acct_lv >= 3 { world.free_usd(acct) } else { risk::coin(world, acct, ccy).free_eq() }
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
    let (held, _) = in_scope(world, acct, &key);
    let before = world.account(acct).levers.get(&key).copied();
    let old = before.unwrap_or_else(|| old_lever(world, acct, &key, &held, inst_id.as_deref()));
    if lever != old || before.is_none() {
        let spare_before = spare(world, acct, &margin_ccy);
        apply_lever(world, acct, &key, lever);
        let spare_after = spare(world, acct, &margin_ccy);
        if spare_after < Dec::ZERO && spare_after < spare_before {
            apply_lever(world, acct, &key, old);
            return Err(Refusal::new("59108", "Low leverage and insufficient margin, please adjust the leverage."));
        }
        let keys: Vec<&PosKey> = held.iter().collect();
        if !keys.is_empty() && lever != old {
            world.push_change(acct, &[], &keys, &[], "set_leverage");
        }
    }
    let row = Row::new();
    let row = match (&inst_id, &ccy) {
        (Some(inst_id), _) => row.s("instId", inst_id),
        (None, ccy) => row.s("ccy", ccy.as_deref().unwrap_or_default()),
    };
    let side = call.params.text("posSide").unwrap_or_default();
    Ok(Reply::Data(vec![row.s("lever", &text(lever)).s("mgnMode", mode.name()).s("posSide", &side).end()]))
}

fn old_lever(world: &World, acct: AcctIx, key: &LeverKey, held: &[PosKey], inst_id: Option<&str>) -> Dec {
    let of_position = held.first().and_then(|held| world.account(acct).positions.get(held)).map(|p| p.lever);
    let of_inst =
        || inst_id.and_then(|id| world.by_inst_id.get(id)).map(|inst| risk::default_lever(world, *inst, leveraged_type(world, *inst)));
    let _ = key;
    of_position.or_else(of_inst).unwrap_or(Dec::from(3))
}

/// A position too large for that leverage.
fn check_tiers(world: &World, acct: AcctIx, key: &LeverKey, lever: Dec) -> Result<(), Refusal> {
    let (held, _) = in_scope(world, acct, key);
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

/// Why a change of the account mode is refused; the name of the check that fails, and the positions.
fn switch_blocked(world: &World, acct: AcctIx, to: u8) -> Option<(&'static str, Vec<String>)> {
    let account = world.account(acct);
    if account.acct_lv == to {
        return None;
    }
    if world.orders.open_of(acct).next().is_some() {
        return Some(("pending_orders", Vec::new()));
    }
    let held: Vec<_> = account.positions.values().filter(|p| !p.is_flat()).collect();
    let ids = |list: Vec<&&crate::exchange::account::Position>| list.iter().map(|p| format!("\"{}\"", p.pos_id)).collect::<Vec<_>>();
    if to == 1 && !held.is_empty() {
        return Some(("all_positions", ids(held.iter().collect())));
    }
    let isolated: Vec<_> = held.iter().filter(|p| p.mode == TdMode::Isolated).collect();
    if to >= 3 && !isolated.is_empty() {
        return Some(("isolated_contract", ids(isolated)));
    }
    let borrowed: Vec<_> = held.iter().filter(|p| p.inst_type == InstType::Margin).collect();
    if !borrowed.is_empty() {
        return Some(("cross_margin", ids(borrowed)));
    }
    if to == 4 && account.long_short && !held.is_empty() {
        return Some(("contract_long_short", ids(held.iter().collect())));
    }
    if to <= 2 && account.coins.values().any(|coin| coin.cash < Dec::ZERO) {
        return Some(("repay_borrowings", Vec::new()));
    }
    None
}

fn level(params: &Fields) -> Result<u8, Refusal> {
    let text = params.required("acctLv")?;
    text.parse().ok().filter(|lv| (1..=4).contains(lv)).ok_or_else(|| Refusal::parameter("acctLv"))
}

pub fn set_account_level(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let to = level(&call.params)?;
    let world = &mut *call.world;
    match switch_blocked(world, acct, to) {
        Some(("pending_orders", _)) => {
            return Err(Refusal::new(
                "59132",
                "Unable to switch. Please close or cancel all open orders and refer to the pre-check endpoint to stop any incompatible bots.",
            ));
        }
        Some(("repay_borrowings", _)) => return Err(Refusal::new("59001", "Switching failed as you have borrowings.")),
        Some(_) => {
            return Err(Refusal::new(
                "59134",
                "Unable to switch. You have positions that are incompatible with the new account mode; refer to the pre-check endpoint.",
            ));
        }
        None => {}
    }
    let account = world.account_mut(acct);
    account.acct_lv = to;
    if to == 4 {
        account.long_short = false;
    }
    let ccys: Vec<String> = account.coins.keys().cloned().collect();
    for ccy in ccys {
        world.touch_coin(acct, &ccy);
    }
    Ok(Reply::Data(vec![Row::new().n("acctLv", u64::from(to)).end()]))
}

pub fn switch_precheck(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let to = level(&call.params)?;
    let world = &*call.world;
    let blocked = switch_blocked(world, acct, to);
    let unmatched = blocked.as_ref().map_or_else(Vec::new, |(kind, positions)| {
        vec![Row::new().raw("posList", &array(positions)).s("totalAsset", "").s("type", kind).end()]
    });
    let row = Row::new()
        .n("acctLv", u64::from(to))
        .n("curAcctLv", u64::from(world.account(acct).acct_lv))
        .raw("mgnAft", "null")
        .raw("mgnBf", "null")
        .raw("posList", "[]")
        .raw("posTierCheck", "[]")
        .s("riskOffsetType", "")
        .s("sCode", if blocked.is_some() { "1" } else { "0" })
        .raw("unmatchedInfoCheck", &array(&unmatched))
        .end();
    Ok(Reply::Data(vec![row]))
}

pub fn switch_preset(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let to = level(&call.params)?;
    let row = Row::new()
        .n("acctLv", u64::from(to))
        .n("curAcctLv", u64::from(call.world.account(acct).acct_lv))
        .s("lever", &call.params.text("lever").unwrap_or_default())
        .s("riskOffsetType", "")
        .end();
    Ok(Reply::Data(vec![row]))
}

/// Keeps a word of a list under its name and echoes it.
fn keep(call: &mut Call<'_>, name: &'static str, words: &[&'static str], as_bool: bool) -> Answer {
    let acct = call.who()?;
    let word = call.params.required(name)?;
    if !words.contains(&word.as_str()) {
        return Err(Refusal::parameter(name));
    }
    call.world.account_mut(acct).settings.insert(name.to_owned(), word.clone());
    let row = if as_bool { Row::new().raw(name, &word) } else { Row::new().s(name, &word) };
    Ok(Reply::Data(vec![row.end()]))
}

pub fn set_greeks(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let answer = keep(call, "greeksType", &["PA", "BS"], false)?;
    let kind = call.params.required("greeksType")?;
    call.world.account_mut(acct).greeks_type = kind;
    Ok(answer)
}

pub fn set_fee_type(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    if call.world.orders.open_of(acct).any(|order| order.inst_type == InstType::Spot) {
        return Err(Refusal::new("59678", "Please cancel all your spot orders first."));
    }
    keep(call, "feeType", &["0", "1"], false)
}

pub fn set_auto_loan(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    if call.world.account(acct).acct_lv < 3 {
        return Err(Refusal::new("51010", "Request unsupported under current account mode"));
    }
    let on = call.params.flag("autoLoan")?;
    let word = if on { "true" } else { "false" };
    call.world.account_mut(acct).settings.insert("autoLoan".into(), word.into());
    Ok(Reply::Data(vec![Row::new().raw("autoLoan", word).end()]))
}

pub fn set_isolated_mode(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let mode = call.params.required("isoMode")?;
    let kind = call.params.required("type")?;
    let name = match kind.as_str() {
        "MARGIN" => "mgnIsoMode",
        "CONTRACTS" => "ctIsoMode",
        _ => return Err(Refusal::parameter("type")),
    };
    if mode != "automatic" {
        return Err(if matches!(mode.as_str(), "autonomy" | "auto_transfers_ccy" | "quick_margin") {
            Refusal::not_simulated("a margin transfer mode other than automatic")
        } else {
            Refusal::parameter("isoMode")
        });
    }
    call.world.account_mut(acct).settings.insert(name.into(), mode.clone());
    Ok(Reply::Data(vec![Row::new().s("isoMode", &mode).end()]))
}

pub fn set_settle_currency(call: &mut Call<'_>) -> Answer {
    keep(call, "settleCcy", &["USD", "USDC", "USDG"], false)
}

pub fn activate_option(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    call.world.account_mut(acct).settings.insert("opAuth".into(), "1".into());
    Ok(Reply::Data(vec![Row::new().n("ts", call.world.now_ms()).end()]))
}

pub fn activate_feature(call: &mut Call<'_>) -> Answer {
    keep(call, "feature", &["1"], false)
}

pub fn trade_fee(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let name = call.params.required("instType")?;
    let kind = InstType::of(&name).ok_or_else(|| Refusal::parameter("instType"))?;
    let world = &*call.world;
    let account = world.account(acct);
    let listed = if kind == InstType::Margin { InstType::Spot } else { kind };
    let mut groups: Vec<&str> = world.instruments.iter().filter(|i| i.inst_type == listed).map(|i| i.group_id.as_str()).collect();
    groups.sort_unstable();
    groups.dedup();
    let wanted = match (call.params.text("instId"), call.params.text("groupId")) {
        (Some(_), Some(_)) => return Err(Refusal::parameter("groupId")),
        (Some(inst_id), None) => Some(world.inst(find_inst(world, &inst_id)?).group_id.clone()),
        (None, group) => group,
    };
    let rates = fees::rates(listed, wanted.as_deref().or(groups.first().copied()).unwrap_or_default(), &account.level);
    let listing = groups.iter().filter(|group| wanted.as_deref().is_none_or(|wanted| wanted == **group)).map(|group| {
        let rates = fees::rates(listed, group, &account.level);
        Row::new().s("elpMaker", "").s("groupId", group).d("maker", rates.maker).s("rpiMaker", "").d("taker", rates.taker).end()
    });
    let listing: Vec<String> = listing.collect();
    let contract = kind.is_contract();
    let of = |holds: bool, rate: Dec| if holds { text(rate) } else { String::new() };
    let stable = matches!(kind, InstType::Swap | InstType::Futures);
    let row = Row::new()
        .s("category", "1")
        .s("delivery", if kind == InstType::Futures { "0.0001" } else { "" })
        .s("exercise", if kind == InstType::Option { "0.0002" } else { "" })
        .raw("feeGroup", &array(&listing))
        .raw("fiat", "[]")
        .s("instType", kind.name())
        .s("level", &account.level)
        .d("maker", rates.maker)
        .s("makerU", &of(stable, rates.maker))
        .s("makerUSDC", &of(contract, rates.maker))
        .s("ruleType", "normal")
        .d("taker", rates.taker)
        .s("takerU", &of(stable, rates.taker))
        .s("takerUSDC", &of(contract, rates.taker))
        .n("ts", world.now_ms())
        .end();
    Ok(Reply::Data(vec![row]))
}

/// More coins for practice: three times a day, or fewer of them at any time.
pub fn demo_adjust(call: &mut Call<'_>) -> Answer {
    const CAPS: [(&str, i64); 4] = [("BTC", 1), ("ETH", 1), ("USDT", 5_000), ("OKB", 100)];
    const A_DAY: u64 = 3;
    let acct = call.who()?;
    let kind = call.params.required("type")?;
    let more = match kind.as_str() {
        "increase" => true,
        "reduce" => false,
        _ => return Err(Refusal::parameter("type")),
    };
    let list = call.params.list("adjustments")?;
    let mut changes: Vec<(String, Dec)> = Vec::new();
    for item in &list {
        let ccy = item.required("ccy")?;
        let amt = item.dec("amt")?.ok_or_else(|| Refusal::missing("amt"))?;
        let cap = CAPS.iter().find(|(known, _)| *known == ccy).ok_or_else(|| Refusal::parameter("ccy"))?.1;
        let once = !changes.iter().any(|(known, _)| *known == ccy);
        if !once || amt <= Dec::ZERO || amount(amt) != amt || (more && amt > Dec::from(cap)) {
            return Err(Refusal::parameter(if once { "amt" } else { "ccy" }));
        }
        changes.push((ccy, amt));
    }
    if changes.is_empty() {
        return Err(Refusal::missing("adjustments"));
    }
    let world = &mut *call.world;
    let day = (world.now_ms() / 86_400_000).to_string();
    let used = match world.account(acct).setting("demoAdjusted").split_once(':') {
        Some((on, used)) if on == day => used.parse().unwrap_or(0),
        _ => 0u64,
    };
    if more && used >= A_DAY {
        return Err(Refusal::new("59691", "The daily limit of demo balance increases has been reached."));
    }
    for (ccy, amt) in changes.iter().filter(|_| !more) {
        if world.account(acct).cash(ccy) < *amt {
            return Err(Refusal::new("59692", "The demo balance can't be reduced below zero."));
        }
        if world.avail_bal(acct, ccy) < *amt {
            return Err(Refusal::new("59693", "The demo funds are in use. Cancel orders or close positions first."));
        }
    }
    let mut details = Vec::new();
    for (ccy, amt) in &changes {
        let change = if more { *amt } else { -*amt };
        world.deposit(acct, ccy, change, false);
        bills::transfer(world, acct, ccy, change);
        details.push(Row::new().d("amt", *amt).d("bal", world.account(acct).cash(ccy)).s("ccy", ccy).end());
    }
    let ccys: Vec<&str> = changes.iter().map(|(ccy, _)| ccy.as_str()).collect();
    world.push_balances(acct, &ccys, "transferred");
    let used = used + u64::from(more);
    world.account_mut(acct).settings.insert("demoAdjusted".into(), format!("{day}:{used}"));
    Ok(Reply::Data(vec![Row::new().raw("details", &array(&details)).n("remainCnt", A_DAY - used).n("totalCnt", A_DAY).end()]))
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
        let changed = crate::exchange::account::Position { lever, ..p.clone() };
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
