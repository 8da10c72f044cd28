//! How much an account can trade, borrow, withdraw.

use crate::exchange::account::{AcctIx, PosKey};
use crate::exchange::call::{Answer, Call, Reply};
use crate::exchange::fields::Fields;
use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::json::Row;
use crate::exchange::ledger::settings::{find_inst, leveraged_type, mgn_mode};
use crate::exchange::ledger::{reserve, risk, tiers};
use crate::exchange::num::{Dec, amount};
use crate::exchange::order::{PosSide, Side, TdMode};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

/// Beyond these no price or leverage makes sense.
const SMALLEST: Dec = Dec::from_parts(1, 0, 0, false, 9);
const LARGEST: Dec = Dec::from_parts(1_000_000_000, 0, 0, false, 0);

fn td_mode(params: &Fields) -> Result<TdMode, Refusal> {
    match params.required("tdMode")?.as_str() {
        "cash" => Ok(TdMode::Cash),
        "cross" => Ok(TdMode::Cross),
        "isolated" => Ok(TdMode::Isolated),
        _ => Err(Refusal::parameter("tdMode")),
    }
}

fn ids(params: &Fields) -> Result<Vec<String>, Refusal> {
    let ids = params.names("instId");
    if ids.is_empty() {
        return Err(Refusal::missing("instId"));
    }
    if ids.len() > 5 {
        return Err(Refusal::parameter("instId"));
    }
    Ok(ids)
}

fn floor(amt: Dec, lot: Dec) -> Dec {
    amt.checked_div(lot).map_or(Dec::ZERO, |lots| lots.floor() * lot).max(Dec::ZERO)
}

/// Spendable, of coins and their loans where these may be used.
fn spendable(world: &World, acct: AcctIx, ccy: &str) -> Dec {
    world.avail_bal(acct, ccy)
}

struct Asked {
    acct: AcctIx,
    inst: InstIx,
    mode: TdMode,
    px: Dec,
    lever: Option<Dec>,
    ccy: Option<String>,
}

/// Largest buy and sell: contracts; base and quote currency on pairs.
fn largest(world: &World, asked: &Asked) -> (String, Dec, Dec) {
    let inst = world.inst(asked.inst);
    let kind = if asked.mode == TdMode::Cash { inst.inst_type } else { leveraged_type(world, asked.inst) };
    match kind {
        InstType::Spot => {
            let (base, quote) = (spendable(world, asked.acct, inst.base()), spendable(world, asked.acct, inst.quote()));
            let buy = floor(quote.checked_div(asked.px).unwrap_or_default(), inst.lot_sz).min(inst.max_lmt_sz);
            (String::new(), buy, amount(base.min(inst.max_lmt_sz) * asked.px))
        }
        InstType::Margin => {
            let ccy = asked.ccy.clone().unwrap_or_else(|| inst.quote().to_owned());
            let lever =
                asked.lever.unwrap_or_else(|| risk::lever(world, asked.acct, asked.inst, InstType::Margin, asked.mode, PosSide::Net, &ccy));
            let free = if asked.mode == TdMode::Cross { world.avail_eq(asked.acct, &ccy) } else { spendable(world, asked.acct, &ccy) };
            let base = if ccy == inst.base() { free * lever } else { (free * lever).checked_div(asked.px).unwrap_or_default() };
            let base = floor(base, inst.lot_sz).min(tiers::largest(inst, kind, lever));
            (ccy, base, amount(base * asked.px))
        }
        kind => {
            let ccy = inst.settle_ccy.clone();
            let lever = asked
                .lever
                .unwrap_or_else(|| risk::lever(world, asked.acct, asked.inst, kind, asked.mode, PosSide::Net, &ccy))
                .max(Dec::ONE);
            let free = free_margin(world, asked.acct, asked.mode, &ccy);
            let value = reserve::value(world, asked.inst, Dec::ONE, asked.px);
            let each = value.checked_div(lever).unwrap_or_default() + value * risk::taker_rate(world, asked.acct, asked.inst);
            let open = free.checked_div(each).unwrap_or_default();
            let held = world.account(asked.acct).positions.get(&PosKey { inst: asked.inst, mode: asked.mode, side: PosSide::Net });
            let held = held.map_or(Dec::ZERO, |position| position.qty);
            let cap = if kind == InstType::Option { inst.max_lmt_sz } else { tiers::largest(inst, kind, lever).min(inst.max_lmt_sz) };
            let size = |side: Side| {
                let closing = (-held * side.sign()).max(Dec::ZERO);
                floor((open + closing).min((cap - held * side.sign()).max(Dec::ZERO)), inst.lot_sz)
            };
            (ccy, size(Side::Buy), size(Side::Sell))
        }
    }
}

/// Margin an account has for new positions, in that currency.
fn free_margin(world: &World, acct: AcctIx, mode: TdMode, ccy: &str) -> Dec {
    if world.account(acct).acct_lv >= 3 && mode == TdMode::Cross {
        return world.free_usd(acct).checked_div(world.usd(ccy)).unwrap_or_default().max(Dec::ZERO);
    }
    if mode == TdMode::Cross { world.avail_eq(acct, ccy) } else { world.avail_bal(acct, ccy) }
}

pub fn max_size(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let mode = td_mode(&call.params)?;
    let sensible = |name: &str| -> Result<Option<Dec>, Refusal> {
        match call.params.dec(name)? {
            Some(value) if value < SMALLEST || value > LARGEST => Err(Refusal::parameter(name)),
            other => Ok(other),
        }
    };
    let (px, lever, ccy) = (sensible("px")?, sensible("leverage")?, call.params.text("ccy"));
    let world = &*call.world;
    let mut rows = Vec::new();
    for inst_id in ids(&call.params)? {
        let inst = find_inst(world, &inst_id)?;
        let px = px.unwrap_or_else(|| world.last_px(inst).unwrap_or_else(|| risk::mark_of(world, inst)));
        let (ccy, buy, sell) = largest(world, &Asked { acct, inst, mode, px, lever, ccy: ccy.clone() });
        rows.push(Row::new().s("ccy", &ccy).s("instId", &inst_id).d("maxBuy", buy).d("maxSell", sell).end());
    }
    Ok(Reply::Data(rows))
}

pub fn max_avail_size(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let mode = td_mode(&call.params)?;
    let reduce = call.params.flag("reduceOnly")?;
    let ccy = call.params.text("ccy");
    let world = &*call.world;
    let mut rows = Vec::new();
    for inst_id in ids(&call.params)? {
        let inst = find_inst(world, &inst_id)?;
        let row = world.inst(inst);
        let (buy, sell) = if row.inst_type.is_contract() {
            if reduce {
                let held = world.account(acct).positions.get(&PosKey { inst, mode, side: PosSide::Net }).map_or(Dec::ZERO, |p| p.qty);
                ((-held).max(Dec::ZERO), held.max(Dec::ZERO))
            } else {
                let free = free_margin(world, acct, mode, &row.settle_ccy);
                (free, free)
            }
        } else if mode == TdMode::Cash {
            (spendable(world, acct, row.quote()), spendable(world, acct, row.base()))
        } else {
            let ccy = ccy.clone().unwrap_or_else(|| row.quote().to_owned());
            let lever = risk::lever(world, acct, inst, InstType::Margin, mode, PosSide::Net, &ccy);
            let free = free_margin(world, acct, mode, &ccy) * lever;
            let mark = risk::mark_of(world, inst);
            if ccy == row.base() { (free * mark, free) } else { (free, free.checked_div(mark).unwrap_or_default()) }
        };
        rows.push(Row::new().d("availBuy", amount(buy)).d("availSell", amount(sell)).s("instId", &inst_id).end());
    }
    Ok(Reply::Data(rows))
}

pub fn max_loan(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let mode = mgn_mode(&call.params)?;
    let mgn_ccy = call.params.text("mgnCcy");
    let world = &*call.world;
    let mut rows = Vec::new();
    for inst_id in ids(&call.params)? {
        let inst = find_inst(world, &inst_id)?;
        let row = world.inst(inst);
        if row.margin_lever.is_none() {
            return Err(Refusal::parameter("instId"));
        }
        let ccy = mgn_ccy.clone().unwrap_or_else(|| row.quote().to_owned());
        let lever = risk::lever(world, acct, inst, InstType::Margin, mode, PosSide::Net, &ccy);
        let mark = risk::mark_of(world, inst);
        let free = free_margin(world, acct, mode, &ccy) * (lever - Dec::ONE).max(Dec::ZERO);
        let in_quote = if ccy == row.base() { free * mark } else { free };
        let in_base = in_quote.checked_div(mark).unwrap_or_default();
        for (borrowed, most, side) in [(row.quote(), in_quote, "buy"), (row.base(), in_base, "sell")] {
            let line = Row::new().s("ccy", borrowed).s("instId", &inst_id).d("maxLoan", amount(most)).s("mgnCcy", &ccy);
            rows.push(line.s("mgnMode", mode.name()).s("side", side).end());
        }
    }
    Ok(Reply::Data(rows))
}

pub fn max_withdrawal(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let wanted = call.params.names("ccy");
    Ok(Reply::Data(withdrawals(call.world, acct, &wanted)))
}

pub fn withdrawals(world: &World, acct: AcctIx, wanted: &[String]) -> Vec<String> {
    let account = world.account(acct);
    let coins = account.coins.iter().filter(|(ccy, coin)| if wanted.is_empty() { !coin.cash.is_zero() } else { wanted.contains(ccy) });
    let row = |ccy: &String| {
        let most = amount(world.withdrawable(acct, ccy)).max(Dec::ZERO);
        Row::new().s("ccy", ccy).d("maxWd", most).d("maxWdEx", most).s("spotOffsetMaxWd", "").s("spotOffsetMaxWdEx", "").end()
    };
    coins.map(|(ccy, _)| row(ccy)).collect()
}

/// What borrowing costs, per day: one rate for all, as OKX's change by the hour.
pub const DAILY_INTEREST: Dec = Dec::from_parts(24, 0, 0, false, 5);

pub fn interest_rate(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let wanted = call.params.text("ccy");
    let ccys = call.world.account(acct).coins.keys().filter(|ccy| wanted.as_ref().is_none_or(|wanted| wanted == *ccy));
    let hourly = DAILY_INTEREST / Dec::from(24);
    Ok(Reply::Data(ccys.map(|ccy| Row::new().s("ccy", ccy).d("interestRate", hourly).end()).collect()))
}
