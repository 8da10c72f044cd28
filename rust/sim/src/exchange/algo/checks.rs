//! What trigger prices may be: against the order's own price, against the best quotes, against last, mark and index.
//!
//! A take-profit that sells waits above the price, a stop-loss that sells below it; for buys the other way round.

use crate::exchange::algo::model::{Leg, PxType};
use crate::exchange::fields::Fields;
use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::num::Dec;
use crate::exchange::order::Side;
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

pub const MARKET: Dec = Dec::NEGATIVE_ONE;

/// Numbers beyond this are nobody's price or size, and products of them must not overflow.
const LARGEST: Dec = Dec::from_parts(3_567_587_328, 232, 0, false, 0);

/// A number that can be multiplied with another one.
pub fn number(fields: &Fields, name: &str) -> Result<Option<Dec>, Refusal> {
    match fields.dec(name)? {
        Some(value) if value.abs() > LARGEST => Err(Refusal::parameter(name)),
        value => Ok(value),
    }
}

/// A number above zero.
pub fn positive(fields: &Fields, name: &str) -> Result<Option<Dec>, Refusal> {
    match number(fields, name)? {
        Some(value) if value <= Dec::ZERO => Err(Refusal::parameter(name)),
        value => Ok(value),
    }
}

/// A price above zero, or -1 for market.
pub fn ord_px(fields: &Fields, name: &str) -> Result<Option<Dec>, Refusal> {
    match number(fields, name)? {
        Some(value) if value <= Dec::ZERO && value != MARKET => Err(Refusal::parameter(name)),
        value => Ok(value),
    }
}

/// Letters and digits, 1 to `longest` of them; `""` if absent.
pub fn id(fields: &Fields, name: &str, longest: usize) -> Result<String, Refusal> {
    let text = fields.text(name).unwrap_or_default();
    if text.len() > longest || !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Refusal::parameter(name));
    }
    Ok(text)
}

/// `last` (if absent), `index` or `mark`; spot pairs know the last price only.
pub fn px_type(fields: &Fields, name: &str, inst_type: InstType) -> Result<PxType, Refusal> {
    let kind = match fields.text(name) {
        None => PxType::Last,
        Some(text) => PxType::of(&text).ok_or_else(|| Refusal::parameter(name))?,
    };
    if inst_type == InstType::Spot && kind != PxType::Last {
        return Err(Refusal::new("51415", "Failed to place order. Spot trading only supports using the last price as trigger price."));
    }
    Ok(kind)
}

/// A TP/SL order that trades on `side`: is its trigger price on the right side of the price it watches?
pub fn against_market(world: &World, inst: InstIx, side: Side, tp: Option<&Leg>, sl: Option<&Leg>) -> Result<(), Refusal> {
    for (leg, is_tp) in [(tp, true), (sl, false)] {
        let Some(leg) = leg else { continue };
        let (Some(px), Some(now)) = (leg.trigger_px, world.trigger_px(inst, leg.px_type)) else { continue };
        // A take-profit sells above and buys below; a stop-loss the other way round.
        let above = (side == Side::Sell) == is_tp;
        if above && px <= now || !above && px >= now {
            return Err(beyond(leg.px_type, is_tp, above));
        }
    }
    Ok(())
}

/// 51277-51280 against the last price, 51300-51304 against the mark price, 51305-51308 against the index.
fn beyond(kind: PxType, is_tp: bool, must_be_above: bool) -> Refusal {
    let (code, msg) = match (kind, is_tp, must_be_above) {
        (PxType::Last, true, false) => ("51277", "TP trigger price cannot be higher than the last price."),
        (PxType::Last, false, true) => ("51278", "SL trigger price cannot be lower than the last price."),
        (PxType::Last, true, true) => ("51279", "TP trigger price cannot be lower than the last price."),
        (PxType::Last, false, false) => ("51280", "SL trigger price cannot be higher than the last price."),
        (PxType::Mark, true, false) => ("51300", "TP trigger price cannot be higher than the mark price"),
        (PxType::Mark, false, true) => ("51302", "SL trigger price cannot be lower than the mark price"),
        (PxType::Mark, true, true) => ("51303", "TP trigger price cannot be lower than the mark price"),
        (PxType::Mark, false, false) => ("51304", "SL trigger price cannot be higher than the mark price"),
        (PxType::Index, true, false) => ("51305", "TP trigger price cannot be higher than the index price"),
        (PxType::Index, false, true) => ("51306", "SL trigger price cannot be lower than the index price"),
        (PxType::Index, true, true) => ("51307", "TP trigger price cannot be lower than the index price"),
        (PxType::Index, false, false) => ("51308", "SL trigger price cannot be higher than the index price"),
    };
    Refusal::new(code, msg)
}

/// TP/SL attached to an order of this side, at `px` or at market: 51046-51049, 51050-51053.
pub fn against_order(world: &World, inst: InstIx, side: Side, px: Option<Dec>, tp: Option<Dec>, sl: Option<Dec>) -> Result<(), Refusal> {
    let best = || world.book(inst).best(side.other()).map(|(px, _)| px);
    let (at_order, Some(px)) = (px.is_some(), px.or_else(best)) else { return Ok(()) };
    let buy = side == Side::Buy;
    if tp.is_some_and(|tp| if buy { tp <= px } else { tp >= px }) {
        return Err(match (at_order, buy) {
            (true, true) => Refusal::new("51046", "The take profit trigger price must be higher than the order price"),
            (true, false) => Refusal::new("51048", "The take profit trigger price must be lower than the order price"),
            (false, true) => Refusal::new("51050", "The take profit trigger price must be higher than the best ask price"),
            (false, false) => Refusal::new("51052", "The take profit trigger price must be lower than the best bid price"),
        });
    }
    if sl.is_some_and(|sl| if buy { sl >= px } else { sl <= px }) {
        return Err(match (at_order, buy) {
            (true, true) => Refusal::new("51047", "The stop loss trigger price must be lower than the order price"),
            (true, false) => Refusal::new("51049", "The stop loss trigger price must be higher than the order price"),
            (false, true) => Refusal::new("51051", "The stop loss trigger price must be lower than the best ask price"),
            (false, false) => Refusal::new("51053", "The stop loss trigger price must be higher than the best bid price"),
        });
    }
    Ok(())
}

/// How far a trailing stop stays behind: a ratio or a distance.
pub type Callback = (Option<Dec>, Option<Dec>);

/// `callbackRatio` or `callbackSpread`, under the names given, not both.
pub fn callback(fields: &Fields, names: [&str; 2]) -> Result<Option<Callback>, Refusal> {
    let [ratio_name, spread_name] = names;
    let (ratio, spread) = (number(fields, ratio_name)?, positive(fields, spread_name)?);
    if ratio.is_some() && spread.is_some() {
        return Err(Refusal::because("50024", format!("Parameter {ratio_name} and {spread_name} can not exist at the same time.")));
    }
    if ratio.is_some_and(|ratio| ratio < Dec::new(1, 3) || ratio > Dec::ONE) {
        return Err(Refusal::new("51311", "Failed to place trailing stop order. Callback rate should be within 0.001<x<=1"));
    }
    Ok((ratio.is_some() || spread.is_some()).then_some((ratio, spread)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_number_is_a_million_million() {
        assert_eq!(LARGEST, Dec::from(1_000_000_000_000_u64));
    }

    #[test]
    fn every_wrong_side_has_its_code() {
        for (kind, codes) in [
            (PxType::Last, ["51277", "51278", "51279", "51280"]),
            (PxType::Mark, ["51300", "51302", "51303", "51304"]),
            (PxType::Index, ["51305", "51306", "51307", "51308"]),
        ] {
            let got = [(true, false), (false, true), (true, true), (false, false)].map(|(tp, above)| beyond(kind, tp, above).code);
            assert_eq!(got, codes);
        }
    }
}
