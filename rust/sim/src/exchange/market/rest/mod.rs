//! Public REST endpoints.

mod candles;
mod instruments;
#[allow(clippy::unnecessary_wraps, reason = "handlers of answers that cannot fail have the type of all handlers")]
mod quotes;
#[allow(clippy::unnecessary_wraps, reason = "handlers of answers that cannot fail have the type of all handlers")]
mod reference;

use crate::exchange::call::{Call, Handler, Limit, Per, Permission, Route};
use crate::exchange::fields::Fields;
use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

/// So many requests in so many seconds, by address.
const fn get(path: &'static str, count: u32, seconds: u32, handler: Handler) -> Route {
    let limit = Limit { bucket: path, count, window_ms: seconds * 1_000, per: Per::Ip, orders: false };
    Route { method: "GET", path, permission: Permission::None, limit, handler }
}

/// By address and instrument.
const fn each(path: &'static str, count: u32, handler: Handler) -> Route {
    let limit = Limit { bucket: path, count, window_ms: 2_000, per: Per::IpInst, orders: false };
    Route { method: "GET", path, permission: Permission::None, limit, handler }
}

pub const ROUTES: &[Route] = &[
    get("public/instruments", 20, 2, instruments::instruments),
    get("public/underlying", 20, 2, instruments::underlying),
    get("public/instrument-tick-bands", 5, 2, instruments::tick_bands),
    get("public/mm-instrument-types", 5, 2, instruments::mm_types),
    get("public/convert-contract-coin", 10, 2, instruments::convert),
    get("public/time", 10, 2, reference::time),
    each("public/mark-price", 10, reference::mark_price),
    each("public/funding-rate", 10, reference::funding_rate),
    each("public/funding-rate-history", 10, reference::funding_rate_history),
    get("public/premium-history", 20, 2, reference::premium_history),
    each("public/open-interest", 20, reference::open_interest),
    get("public/price-limit", 20, 2, reference::price_limit),
    each("public/estimated-price", 10, reference::estimated_price),
    each("public/estimated-settlement-info", 10, reference::nothing_to_settle),
    get("public/settlement-history", 40, 2, reference::settlement_history),
    get("public/opt-summary", 20, 2, reference::opt_summary),
    get("public/delivery-exercise-history", 40, 2, reference::delivery_history),
    get("public/discount-rate-interest-free-quota", 2, 2, reference::discount_rate),
    get("public/option-trades", 20, 2, quotes::option_trades),
    get("system/status", 1, 5, reference::status),
    get("market/ticker", 20, 2, quotes::ticker),
    get("market/tickers", 20, 2, quotes::tickers),
    get("market/index-tickers", 20, 2, quotes::index_tickers),
    get("market/books", 40, 2, quotes::books),
    get("market/books-full", 10, 2, quotes::books_full),
    get("market/books-rpi", 20, 2, quotes::books_rpi),
    get("market/trades", 100, 2, quotes::trades),
    get("market/history-trades", 20, 2, quotes::history_trades),
    get("market/option/instrument-family-trades", 20, 2, quotes::family_trades),
    get("market/platform-24-volume", 2, 2, quotes::platform_volume),
    get("market/exchange-rate", 1, 2, quotes::exchange_rate),
    get("market/index-components", 20, 2, quotes::index_components),
    get("market/candles", 40, 2, candles::candles),
    get("market/history-candles", 20, 2, candles::candles),
    get("market/mark-price-candles", 20, 2, candles::mark_candles),
    get("market/history-mark-price-candles", 20, 2, candles::mark_candles),
    get("market/index-candles", 20, 2, candles::index_candles),
    get("market/history-index-candles", 10, 2, candles::index_candles),
];

const UNKNOWN: Refusal = Refusal::new("51001", "Instrument ID, Instrument ID code or Spread ID doesn't exist.");

/// The instrument a call must name.
fn instrument(call: &Call<'_>) -> Result<InstIx, Refusal> {
    let id = call.params.required("instId")?;
    call.world.by_inst_id.get(&id).copied().ok_or(UNKNOWN)
}

/// The type a call must name, one of these.
fn inst_type(params: &Fields, allowed: &[InstType]) -> Result<InstType, Refusal> {
    let name = params.required("instType")?;
    InstType::of(&name).filter(|kind| allowed.contains(kind)).ok_or_else(|| Refusal::parameter("instType"))
}

/// `instFamily`, or `uly` of older clients.
fn family(params: &Fields) -> Option<String> {
    params.text("instFamily").or_else(|| params.text("uly"))
}

/// Page size: what is asked for, no more than there may be.
fn limit(params: &Fields, default: u64, most: u64) -> Result<usize, Refusal> {
    let asked = params.int("limit")?.unwrap_or(default);
    if asked == 0 {
        return Err(Refusal::parameter("limit"));
    }
    Ok(asked.min(most) as usize)
}

/// One page, newest first: `after` is older than the cursor, `before` newer; both leave the cursor itself out.
fn page<T>(params: &Fields, rows: impl Iterator<Item = (u64, T)>, most: usize) -> Result<Vec<T>, Refusal> {
    let (after, before) = (params.int("after")?, params.int("before")?);
    let inside = |cursor: u64| after.is_none_or(|after| cursor < after) && before.is_none_or(|before| cursor > before);
    Ok(rows.filter(|(cursor, _)| inside(*cursor)).take(most).map(|(_, row)| row).collect())
}

/// Listed instruments of a type, by `instFamily` and `instId` where they are named. A spot pair on margin counts as both.
fn chosen(world: &World, params: &Fields, kind: InstType) -> Result<Vec<InstIx>, Refusal> {
    let (id, family) = (params.text("instId"), family(params));
    if let Some(id) = &id
        && !world.by_inst_id.contains_key(id)
    {
        return Err(UNKNOWN);
    }
    let of_kind = |inst: &&crate::exchange::instrument::Instrument| match kind {
        InstType::Margin => inst.margin_lever.is_some(),
        kind => inst.inst_type == kind,
    };
    let listed = world.instruments.iter().filter(of_kind).filter(|inst| inst.state != "expired");
    let named = listed.filter(|inst| id.as_ref().is_none_or(|id| inst.inst_id == *id));
    let in_family =
        named.filter(|inst| kind == InstType::Spot || family.as_ref().is_none_or(|family| inst.family == *family || inst.uly == *family));
    Ok(in_family.map(|inst| inst.ix).collect())
}

#[cfg(test)]
mod tests;
