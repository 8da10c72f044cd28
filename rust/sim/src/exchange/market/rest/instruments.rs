//! `public/instruments` and what else describes instruments.

use crate::exchange::call::{Answer, Call, Reply};
use crate::exchange::instrument::{InstType, Instrument, OPTION_BAND};
use crate::exchange::json::{Row, array};
use crate::exchange::market::rest::{chosen, family, inst_type, instrument};
use crate::exchange::market::rows::{instrument_row, texts};
use crate::exchange::num::Dec;
use crate::exchange::refusal::Refusal;

pub fn instruments(call: &mut Call<'_>) -> Answer {
    // Event contracts exist at OKX; there are none here.
    if call.params.required("instType")? == "EVENTS" {
        call.params.required("seriesId")?;
        return Ok(Reply::Data(Vec::new()));
    }
    let kind = inst_type(&call.params, &InstType::ALL)?;
    if kind == InstType::Option && family(&call.params).is_none() && call.params.text("instId").is_none() {
        return Err(Refusal::missing("instFamily"));
    }
    let found = chosen(call.world, &call.params, kind)?;
    Ok(Reply::Data(found.into_iter().map(|ix| instrument_row(call.world.inst(ix), kind).end()).collect()))
}

/// One row: a list of the underlyings of a type.
pub fn underlying(call: &mut Call<'_>) -> Answer {
    let kind = inst_type(&call.params, &[InstType::Swap, InstType::Futures, InstType::Option])?;
    let mut names: Vec<String> = call.world.instruments.iter().filter(|inst| inst.inst_type == kind).map(|inst| inst.uly.clone()).collect();
    names.sort_unstable();
    names.dedup();
    Ok(Reply::Data(vec![texts(&names)]))
}

pub fn tick_bands(call: &mut Call<'_>) -> Answer {
    let kind = inst_type(&call.params, &[InstType::Option])?;
    let wanted = family(&call.params);
    let mut families: Vec<(&str, Dec)> =
        call.world.instruments.iter().filter(|inst| inst.inst_type == kind).map(|inst| (inst.family.as_str(), inst.tick_sz)).collect();
    families.sort_unstable();
    families.dedup_by(|a, b| a.0 == b.0);
    let band = |low: Option<Dec>, high: Option<Dec>, tick| Row::new().od("maxPx", high).od("minPx", low).d("tickSz", tick).end();
    let row = |(family, tick): (&str, Dec)| {
        let fine = band(Some(Dec::ZERO), Some(OPTION_BAND), tick);
        let coarse = band(Some(OPTION_BAND), None, tick * Dec::from(5));
        Row::new().s("instType", kind.name()).s("instFamily", family).raw("tickBand", &array(&[fine, coarse])).end()
    };
    let asked = families.into_iter().filter(|(family, _)| wanted.as_ref().is_none_or(|wanted| wanted == family));
    Ok(Reply::Data(asked.map(row).collect()))
}

pub fn mm_types(call: &mut Call<'_>) -> Answer {
    let kinds = match call.params.text("instType").as_deref() {
        None => vec![InstType::Spot, InstType::Swap],
        Some(_) => vec![inst_type(&call.params, &[InstType::Spot, InstType::Swap])?],
    };
    let mut rows = Vec::new();
    for kind in kinds {
        for ix in chosen(call.world, &call.params, kind)? {
            let id = &call.world.inst(ix).inst_id;
            rows.push(Row::new().s("instId", id).s("instType", kind.name()).s("pairType", "A").end());
        }
    }
    Ok(Reply::Data(rows))
}

/// Coins to contracts, or contracts to coins.
pub fn convert(call: &mut Call<'_>) -> Answer {
    let ix = instrument(call)?;
    let params = &call.params;
    let inst: &Instrument = call.world.inst(ix);
    if !inst.inst_type.is_contract() {
        return Err(Refusal::parameter("instId"));
    }
    let to_coins = params.word("type", &["1", "2"])? == "2";
    let unit = params.word("unit", &["coin", "usds"])?;
    let opening = params.word("opType", &["close", "open"])? == "open";
    params.required("sz")?;
    let sz = params.dec("sz")?.filter(|sz| *sz > Dec::ZERO).ok_or_else(|| Refusal::parameter("sz"))?;
    let px = params.dec("px")?;
    let face = inst.face();
    // What one contract is, in the unit asked for.
    let one = match (inst.inverse, unit) {
        (true, _) => px.filter(|px| *px > Dec::ZERO).and_then(|px| face.checked_div(px)).ok_or_else(|| Refusal::missing("px"))?,
        (false, "usds") => face.checked_mul(px.ok_or_else(|| Refusal::missing("px"))?).ok_or_else(|| Refusal::parameter("px"))?,
        _ => face,
    };
    let told = if to_coins {
        sz.checked_mul(one).map(|coins| coins.round_dp(8))
    } else {
        let lots = sz.checked_div(one).and_then(|contracts| contracts.checked_div(inst.lot_sz));
        lots.map(|lots| if opening { lots.floor() } else { lots.round() }).and_then(|lots| lots.checked_mul(inst.lot_sz))
    };
    let told = told.ok_or_else(|| Refusal::parameter("sz"))?;
    let row = Row::new().s("instId", &inst.inst_id).od("px", px).d("sz", told).s("type", if to_coins { "2" } else { "1" }).s("unit", unit);
    Ok(Reply::Data(vec![row.end()]))
}
