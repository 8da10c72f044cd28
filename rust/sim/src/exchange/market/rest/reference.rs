//! Reference data over REST: marks, funding, limits, options, history of deliveries, status.

use crate::exchange::call::{Answer, Call, Reply};
use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::json::{Row, array};
use crate::exchange::market::calendar::{DAY_MS, HOUR_MS, MINUTE_MS};
use crate::exchange::market::prices::{FUNDING_MS, INTEREST};
use crate::exchange::market::rest::{UNKNOWN, chosen, family, inst_type, instrument, limit, page};
use crate::exchange::market::tape::seed_of;
use crate::exchange::market::{pushes, reference, status as announced};
use crate::exchange::num::Dec;
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;
use crate::rng::mix;

pub fn time(call: &mut Call<'_>) -> Answer {
    Ok(Reply::Data(vec![Row::new().n("ts", call.world.skewed_now_ms()).end()]))
}

pub fn mark_price(call: &mut Call<'_>) -> Answer {
    let kind = inst_type(&call.params, &[InstType::Margin, InstType::Swap, InstType::Futures, InstType::Option])?;
    let found = chosen(call.world, &call.params, kind)?;
    Ok(Reply::Data(found.into_iter().map(|ix| reference::mark(call.world, ix, kind)).collect()))
}

/// The swap a call must name.
fn swap(call: &Call<'_>) -> Result<InstIx, Refusal> {
    let ix = instrument(call)?;
    if call.world.inst(ix).inst_type == InstType::Swap { Ok(ix) } else { Err(UNKNOWN) }
}

/// `ANY` asks for all.
pub fn funding_rate(call: &mut Call<'_>) -> Answer {
    if call.params.text("instId").as_deref() == Some("ANY") {
        let swaps = call.world.instruments.iter().filter(|inst| inst.inst_type == InstType::Swap);
        return Ok(Reply::Data(swaps.map(|inst| reference::funding(call.world, inst.ix)).collect()));
    }
    let ix = swap(call)?;
    Ok(Reply::Data(vec![reference::funding(call.world, ix)]))
}

/// What was settled, and before the opening what would have been.
fn settlements(world: &World, ix: InstIx) -> impl Iterator<Item = (u64, Dec)> + '_ {
    let settled = world.market.prices_of(ix).into_iter().flat_map(|prices| prices.funding.iter().rev().copied());
    let opened = world.market.tape(ix).map_or(0, |tape| tape.past.opened_ms) / FUNDING_MS;
    let seed = seed_of(world.config.seed, &world.inst(ix).inst_id);
    let rate = move |period: u64| INTEREST + Dec::new(i64::try_from(mix(seed ^ period) % 160).unwrap_or(0) - 80, 6);
    let earlier = (opened.saturating_sub(3 * 92)..=opened).rev().map(move |period| (period * FUNDING_MS, rate(period)));
    settled.chain(earlier)
}

pub fn funding_rate_history(call: &mut Call<'_>) -> Answer {
    let (ix, most) = (swap(call)?, limit(&call.params, 400, 400)?);
    let id = call.world.inst(ix).inst_id.clone();
    let row = |(at, rate): (u64, Dec)| {
        let row = Row::new().s("formulaType", "withRate").d("fundingRate", rate).n("fundingTime", at).s("instId", &id);
        (at, row.s("instType", "SWAP").s("method", "current_period").d("realizedRate", rate).end())
    };
    Ok(Reply::Data(page(&call.params, settlements(call.world, ix).map(row), most)?))
}

/// Premium of each minute since the opening, as mark against index.
pub fn premium_history(call: &mut Call<'_>) -> Answer {
    let (ix, most) = (swap(call)?, limit(&call.params, 100, 100)?);
    let world = &*call.world;
    let id = &world.inst(ix).inst_id;
    let prices = world.market.prices_of(ix).ok_or(UNKNOWN)?;
    let index = world.market.indices.get(&prices.index).ok_or(UNKNOWN)?;
    let pairs = prices.bars.minutes.iter().rev().zip(index.bars.minutes.iter().rev());
    let rows = pairs.filter(|(mark, index)| mark.ts == index.ts).map(|(mark, index)| {
        let premium = (mark.close - index.close).checked_div(index.close).unwrap_or_default().round_dp(12);
        (mark.ts, Row::new().s("instId", id).d("premium", premium).n("ts", mark.ts + MINUTE_MS).end())
    });
    Ok(Reply::Data(page(&call.params, rows, most)?))
}

pub fn open_interest(call: &mut Call<'_>) -> Answer {
    let kind = inst_type(&call.params, &[InstType::Swap, InstType::Futures, InstType::Option])?;
    if kind == InstType::Option && family(&call.params).is_none() && call.params.text("instId").is_none() {
        return Err(Refusal::missing("instFamily"));
    }
    let found = chosen(call.world, &call.params, kind)?;
    Ok(Reply::Data(found.into_iter().map(|ix| reference::open_interest(call.world, ix)).collect()))
}

pub fn price_limit(call: &mut Call<'_>) -> Answer {
    let ix = instrument(call)?;
    Ok(Reply::Data(vec![reference::price_limit(call.world, ix, call.world.inst(ix).inst_type)]))
}

pub fn estimated_price(call: &mut Call<'_>) -> Answer {
    let ix = instrument(call)?;
    let inst = call.world.inst(ix);
    let Some(exp) = inst.exp_time_ms else { return Err(Refusal::parameter("instId")) };
    // There is none until an hour before.
    let soon = call.world.now_ms() + HOUR_MS >= exp;
    Ok(Reply::Data(if soon { vec![reference::estimated(call.world, ix, false)] } else { Vec::new() }))
}

/// No contract here is settled daily.
pub fn nothing_to_settle(call: &mut Call<'_>) -> Answer {
    let ix = instrument(call)?;
    if call.world.inst(ix).inst_type != InstType::Futures {
        return Err(Refusal::parameter("instId"));
    }
    Ok(Reply::Data(Vec::new()))
}

/// No contract here is settled daily.
pub fn settlement_history(call: &mut Call<'_>) -> Answer {
    call.params.required("instFamily")?;
    Ok(Reply::Data(Vec::new()))
}

pub fn opt_summary(call: &mut Call<'_>) -> Answer {
    let family = family(&call.params).ok_or_else(|| Refusal::missing("instFamily"))?;
    let exp = call.params.text("expTime");
    if exp.as_ref().is_some_and(|exp| exp.len() != 6 || exp.parse::<u32>().is_err()) {
        return Err(Refusal::parameter("expTime"));
    }
    Ok(Reply::Data(pushes::option_rows(call.world, &family, exp.as_deref())))
}

/// What has been delivered since the opening, in the last three months.
pub fn delivery_history(call: &mut Call<'_>) -> Answer {
    let kind = inst_type(&call.params, &[InstType::Futures, InstType::Option])?;
    let family = family(&call.params).ok_or_else(|| Refusal::missing("instFamily"))?;
    let most = limit(&call.params, 100, 100)?;
    let oldest = call.world.now_ms().saturating_sub(92 * DAY_MS);
    let mut times: Vec<(u64, Vec<String>)> = Vec::new();
    for delivered in call.world.market.deliveries.iter().rev().filter(|delivered| delivered.ts >= oldest) {
        let inst = call.world.inst(delivered.ix);
        if inst.inst_type != kind || (inst.family != family && inst.uly != family) {
            continue;
        }
        let row = Row::new().s("type", &delivered.kind).s("insId", &inst.inst_id).d("px", delivered.px).end();
        match times.last_mut() {
            Some((ts, rows)) if *ts == delivered.ts => rows.push(row),
            _ => times.push((delivered.ts, vec![row])),
        }
    }
    let rows = times.into_iter().map(|(ts, rows)| (ts, Row::new().n("ts", ts).raw("details", &array(&rows)).end()));
    Ok(Reply::Data(page(&call.params, rows, most)?))
}

/// One tier: what accounts count a currency for as collateral.
pub fn discount_rate(call: &mut Call<'_>) -> Answer {
    let wanted = call.params.names("ccy");
    let all = call.world.market.coins.keys().filter(|ccy| *ccy != "USD");
    let asked = all.filter(|ccy| wanted.is_empty() || wanted.contains(ccy));
    let row = |ccy: &String| {
        let rate = if call.world.usd(ccy) == Dec::ONE { "1" } else { "0.98" };
        let tier = Row::new().s("discountRate", rate).s("liqPenaltyRate", "0.02").s("maxAmt", "").s("minAmt", "0").s("tier", "1");
        let tier = tier.s("disCcyEq", "").end();
        let row = Row::new().s("amt", "0").s("ccy", ccy).s("colRes", "0").raw("collateralRestrict", "false");
        row.raw("details", &array(&[tier])).s("discountLv", "1").s("minDiscountRate", "0").end()
    };
    Ok(Reply::Data(asked.map(row).collect()))
}

pub fn status(call: &mut Call<'_>) -> Answer {
    let state = call.params.text("state");
    if state.as_ref().is_some_and(|state| !announced::is_state(state)) {
        return Err(Refusal::parameter("state"));
    }
    let rows = call.world.market.statuses.iter().rev();
    let asked = rows.filter(|row| state.as_ref().map_or_else(|| row.open(), |state| row.state() == state));
    Ok(Reply::Data(asked.map(announced::Status::row).collect()))
}
