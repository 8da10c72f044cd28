//! What an account can be set to: level, position mode, and settings that are kept and echoed; what it pays in fees.

use crate::exchange::account::{AcctIx, Position};
use crate::exchange::call::{Answer, Call, Reply};
use crate::exchange::fields::Fields;
use crate::exchange::instrument::InstType;
use crate::exchange::json::{Row, array};
use crate::exchange::ledger::settings::find_inst;
use crate::exchange::ledger::{bills, fees};
use crate::exchange::num::{Dec, amount, text};
use crate::exchange::order::TdMode;
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

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
            || world.algos.open_of(acct).any(|algo| algo.inst_type.is_contract())
            || world.account(acct).positions.values().any(|p| !p.is_flat() && p.inst_type.is_contract());
        if busy {
            return Err(Refusal::new("59000", "Setting failed. Cancel any open orders, close positions, and stop trading bots first."));
        }
        world.account_mut(acct).long_short = long_short;
    }
    Ok(Reply::Data(vec![Row::new().s("posMode", &mode).end()]))
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
    if world.algos.open_of(acct).next().is_some() {
        return Some(("pending_algos", Vec::new()));
    }
    let held: Vec<_> = account.positions.values().filter(|p| !p.is_flat()).collect();
    let ids = |list: Vec<&&Position>| list.iter().map(|p| format!("\"{}\"", p.pos_id)).collect::<Vec<_>>();
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
        Some(("pending_orders" | "pending_algos", _)) => {
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
