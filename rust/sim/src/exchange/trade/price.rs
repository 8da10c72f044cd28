//! Prices of orders: units, grid and band.

use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

use crate::exchange::instrument::{InstType, Instrument};
use crate::exchange::market::options;
use crate::exchange::num::{Dec, text};
use crate::exchange::order::{PlaceRequest, Side};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

use super::matching::beyond;

/// The price of a limit order: on the grid, inside the band.
pub(super) fn limit(world: &World, inst: &Instrument, request: &PlaceRequest, free: bool) -> Result<Dec, Refusal> {
    let option = inst.inst_type == InstType::Option;
    let given = [request.px, request.px_usd, request.px_vol].into_iter().flatten().count();
    if !option && (request.px_usd.is_some() || request.px_vol.is_some()) {
        return Err(Refusal::new("51537", "pxUsd and pxVol are for options only."));
    }
    if given == 0 && option {
        return Err(Refusal::new("51175", "One of px, pxUsd and pxVol is needed."));
    }
    if given > 1 {
        return Err(Refusal::new("51176", "Only one of px, pxUsd and pxVol can be given."));
    }
    let px = match (request.px, request.px_usd, request.px_vol) {
        (Some(px), _, _) => px,
        (None, Some(usd), _) => of_usd(world, inst, usd).ok_or_else(|| Refusal::parameter("pxUsd"))?,
        (None, None, Some(vol)) => of_vol(world, inst, vol).ok_or_else(|| Refusal::parameter("pxVol"))?,
        (None, None, None) => return Err(Refusal::new("51204", "A limit order needs a price.")),
    };
    banded(world, inst, request.side, px, request.clamp_px, free)
}

/// What a price in USD is in the coin, on options.
pub(super) fn of_usd(world: &World, inst: &Instrument, usd: Dec) -> Option<Dec> {
    usd.checked_div(world.index_px(inst.ix)?).map(|px| on_grid(inst, px))
}

/// What a price as a volatility (1 is 100 %) is in the coin, on options.
pub(super) fn of_vol(world: &World, inst: &Instrument, vol: Dec) -> Option<Dec> {
    let px = options::at_vol(inst, world.index_px(inst.ix)?.to_f64()?, world.now, vol.to_f64()).px;
    Some(on_grid(inst, Dec::from_f64(px)?))
}

/// The next tick, half a tick up; one tick at least: options only.
fn on_grid(inst: &Instrument, px: Dec) -> Dec {
    let tick = inst.tick_at(px);
    let ticks = (px / tick).round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
    (ticks * tick).max(tick)
}

/// A price on the grid and inside the band, or moved to its edge.
pub(super) fn banded(world: &World, inst: &Instrument, side: Side, px: Dec, clamp: bool, free: bool) -> Result<Dec, Refusal> {
    if px <= Dec::ZERO {
        return Err(Refusal::parameter("px"));
    }
    let px = if inst.inst_type == InstType::Option { on_grid(inst, px) } else { px };
    if !(px % inst.tick_at(px)).is_zero() {
        return Err(Refusal::parameter("px"));
    }
    let Some((buy_max, sell_min)) = world.price_limit(inst.ix).filter(|_| free) else { return Ok(px) };
    let edge = if side == Side::Buy { buy_max } else { sell_min };
    if !beyond(side, px, edge) {
        return Ok(px);
    }
    if clamp {
        let ticks = edge / inst.tick_sz;
        return Ok(if side == Side::Buy { ticks.floor() } else { ticks.ceil() } * inst.tick_sz);
    }
    let edge = text(edge);
    Err(match (inst.inst_type.is_contract(), side) {
        (true, Side::Buy) => Refusal::because("51006", format!("Order price is not within the price limit (max buy price: {edge}).")),
        (true, Side::Sell) => Refusal::because("51006", format!("Order price is not within the price limit (min sell price: {edge}).")),
        (false, Side::Buy) => Refusal::because("51137", format!("The highest price limit for buy orders is {edge}.")),
        (false, Side::Sell) => Refusal::because("51138", format!("The lowest price limit for sell orders is {edge}.")),
    })
}

/// How far a market order goes: contracts to the edge of the band, spot 5 % (or as told) from the best price.
pub(super) fn of_market(world: &World, inst: &Instrument, request: &PlaceRequest) -> Option<Dec> {
    if inst.inst_type.is_contract() {
        let (buy_max, sell_min) = world.price_limit(inst.ix)?;
        return Some(if request.side == Side::Buy { buy_max } else { sell_min });
    }
    let (best, _) = world.book(inst.ix).best(request.side.other())?;
    let width = request.slippage_pct.unwrap_or(Dec::new(5, 2));
    Some(best * (Dec::ONE + request.side.sign() * width))
}
