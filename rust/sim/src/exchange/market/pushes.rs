//! Public channels that are pushed by the clock: prices, candles, reference data.
//!
//! ```text
//! 100 ms  tickers, index-tickers   200 ms  mark-price, price-limit, estimated-price
//! 1 s     candles, opt-summary     3 s     open-interest      60 s  funding-rate
//! ```
//!
//! Nothing is written that nobody listens to.

use std::collections::BTreeMap;

use crate::exchange::event::{Event, Scope};
use crate::exchange::fields::Fields;
use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::io::{MILLI, Nanos, SECOND};
use crate::exchange::json::array;
use crate::exchange::market::bars::Bar;
use crate::exchange::market::calendar::MINUTE_MS;
use crate::exchange::market::candles::{BARS, BarKind, bar_at};
use crate::exchange::market::{reference, status, tape, windows};
use crate::exchange::num::text;
use crate::exchange::world::World;

pub const EVERY: Nanos = 100 * MILLI;
/// Repeated so often when nothing changes.
const MARK_QUIET: Nanos = 10 * SECOND;
const INDEX_QUIET: Nanos = 60 * SECOND;
/// Estimates are made for so long before a delivery.
const ESTIMATED_MS: u64 = 30 * MINUTE_MS;

/// The last bar pushed of each candle channel and instrument.
pub type ShownBars = BTreeMap<(&'static str, String), Bar>;

/// What a new subscription gets first.
pub fn snapshot(world: &mut World, channel: &str, arg: &Fields) -> Vec<Event> {
    let id = arg.text("instId").unwrap_or_default();
    let by_id = world.by_inst_id.get(&id).copied();
    if channel == "status" {
        return status::latest(world).into_iter().collect();
    }
    if channel == "opt-summary" {
        return arg.text("instFamily").and_then(|family| summary(world, &family)).into_iter().collect();
    }
    if channel == "index-tickers" {
        return index_ticker(world, &id).into_iter().collect();
    }
    if let Some((kind, price)) = candle_of(channel) {
        return candle(world, kind, price, &id, world.now_ms()).into_iter().collect();
    }
    if channel == "estimated-price" {
        let family = arg.text("instFamily").unwrap_or_default();
        return due_soon(world, if id.is_empty() { &family } else { &id }).into_iter().map(|ix| estimate(world, ix)).collect();
    }
    let Some(ix) = by_id else { return Vec::new() };
    if windows::is_book(channel) {
        return windows::snapshot(world, channel, ix).into_iter().collect();
    }
    let of = |world: &mut World, channel, row| vec![event(channel, world.scope(ix), row)];
    match channel {
        "tickers" => {
            let row = tape::ticker_row(world, ix, world.inst(ix).inst_type);
            of(world, "tickers", row)
        }
        "mark-price" => of(world, "mark-price", reference::mark(world, ix, as_margin(world, ix))),
        "price-limit" => of(world, "price-limit", reference::price_limit(world, ix, world.inst(ix).inst_type)),
        "open-interest" => of(world, "open-interest", reference::open_interest(world, ix)),
        "funding-rate" => of(world, "funding-rate", reference::funding(world, ix)),
        _ => Vec::new(),
    }
}

/// A pair has a mark price as a MARGIN instrument.
pub fn as_margin(world: &World, ix: InstIx) -> InstType {
    match world.inst(ix).inst_type {
        InstType::Spot => InstType::Margin,
        other => other,
    }
}

fn event(channel: &'static str, scope: Scope, row: String) -> Event {
    Event { channel, acct: None, scope, action: None, event_type: None, rows: vec![row] }
}

/// Pushes what is due.
pub fn run(world: &mut World, pace: Nanos) {
    let (before, now) = (world.market.pushed, world.now);
    if now < world.market.push_at {
        return;
    }
    world.market.pushed = now;
    world.market.push_at = ((now / EVERY + 1) * EVERY).max(now + pace);
    if world.interest.is_empty() {
        return;
    }
    let passed = |every: Nanos| now / every != before / every;
    tape::tickers(world);
    index_tickers(world);
    if passed(2 * EVERY) {
        marks(world);
        limits(world);
        estimates(world);
        windows::adopt(world);
    }
    if passed(SECOND) {
        candles(world);
        summaries(world);
    }
    if passed(3 * SECOND) {
        open_interests(world);
    }
    if passed(60 * SECOND) {
        for ix in listened(world, "funding-rate") {
            let row = reference::funding(world, ix);
            let scope = world.scope(ix);
            world.events.push(event("funding-rate", scope, row));
        }
    }
}

fn listened(world: &World, channel: &str) -> Vec<InstIx> {
    let keys = world.interest.get(channel).into_iter().flatten();
    keys.filter_map(|id| world.by_inst_id.get(id)).copied().collect()
}

fn index_ticker(world: &mut World, name: &str) -> Option<Event> {
    let row = reference::index_ticker(world, name)?;
    Some(event("index-tickers", Scope { inst_id: name.to_owned(), ..Scope::default() }, row))
}

fn index_tickers(world: &mut World) {
    let names: Vec<String> = world.interest.get("index-tickers").into_iter().flatten().cloned().collect();
    for name in names {
        let now = world.now;
        let Some(index) = world.market.indices.get_mut(&name) else { continue };
        if index.fresh || now >= index.told + INDEX_QUIET {
            (index.fresh, index.told) = (false, now);
            let event = index_ticker(world, &name);
            world.events.extend(event);
        }
    }
}

fn marks(world: &mut World) {
    for ix in listened(world, "mark-price") {
        let now = world.now;
        let Some(prices) = world.market.prices.get_mut(ix.0 as usize) else { continue };
        if prices.fresh || now >= prices.told + MARK_QUIET {
            (prices.fresh, prices.told) = (false, now);
            let row = reference::mark(world, ix, as_margin(world, ix));
            // Its listeners may have named either type, so the event names none.
            let scope = Scope { inst_type: "", ..world.scope(ix) };
            world.events.push(event("mark-price", scope, row));
        }
    }
}

fn limits(world: &mut World) {
    for ix in listened(world, "price-limit") {
        let limit = world.price_limit(ix);
        let Some(prices) = world.market.prices.get_mut(ix.0 as usize).filter(|prices| prices.shown_limit != limit) else { continue };
        prices.shown_limit = limit;
        let row = reference::price_limit(world, ix, world.inst(ix).inst_type);
        let scope = world.scope(ix);
        world.events.push(event("price-limit", scope, row));
    }
}

fn open_interests(world: &mut World) {
    for ix in listened(world, "open-interest") {
        let held = Some(reference::open_contracts(world, ix));
        let Some(prices) = world.market.prices.get_mut(ix.0 as usize).filter(|prices| prices.shown_interest != held) else { continue };
        prices.shown_interest = held;
        let row = reference::open_interest(world, ix);
        let scope = world.scope(ix);
        world.events.push(event("open-interest", scope, row));
    }
}

/// Contracts named by instId or family that expire within the half hour.
fn due_soon(world: &World, key: &str) -> Vec<InstIx> {
    let now_ms = world.now_ms();
    let soon = |exp: u64| exp > now_ms && exp <= now_ms + ESTIMATED_MS;
    let named = world.instruments.iter().filter(|inst| inst.inst_id == key || inst.family == key);
    named.filter(|inst| inst.state != "expired" && inst.exp_time_ms.is_some_and(soon)).map(|inst| inst.ix).collect()
}

fn estimate(world: &World, ix: InstIx) -> Event {
    event("estimated-price", world.scope(ix), reference::estimated(world, ix, true))
}

fn estimates(world: &mut World) {
    let Some(keys) = world.interest.get("estimated-price") else { return };
    let mut found: Vec<InstIx> = keys.iter().flat_map(|key| due_soon(world, key)).collect();
    found.sort_unstable();
    found.dedup();
    let events: Vec<Event> = found.into_iter().map(|ix| estimate(world, ix)).collect();
    world.events.extend(events);
}

/// All options of a family, in one message.
fn summary(world: &World, family: &str) -> Option<Event> {
    let rows = option_rows(world, family, None);
    let scope = Scope { inst_type: InstType::Option.name(), family: family.to_owned(), ..Scope::default() };
    (!rows.is_empty()).then_some(Event { channel: "opt-summary", acct: None, scope, action: None, event_type: None, rows })
}

/// `exp`: only those that expire on this day, `261225`.
pub fn option_rows(world: &World, family: &str, exp: Option<&str>) -> Vec<String> {
    let options = world.instruments.iter().filter(|inst| inst.inst_type == InstType::Option && inst.family == family);
    let live = options.filter(|inst| inst.state != "expired");
    let chosen = live.filter(|inst| exp.is_none_or(|exp| inst.inst_id.split('-').nth(2) == Some(exp)));
    chosen.map(|inst| reference::option_summary(world, inst.ix)).collect()
}

fn summaries(world: &mut World) {
    let Some(keys) = world.interest.get("opt-summary") else { return };
    let events: Vec<Event> = keys.iter().filter_map(|family| summary(world, family)).collect();
    world.events.extend(events);
}

/// Which price a candle channel shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Price {
    Traded,
    Mark,
    Index,
}

fn candle_of(channel: &str) -> Option<(&'static BarKind, Price)> {
    BARS.iter().find_map(|kind| match channel {
        name if name == kind.candle => Some((kind, Price::Traded)),
        name if name == kind.mark => Some((kind, Price::Mark)),
        name if name == kind.index => Some((kind, Price::Index)),
        _ => None,
    })
}

fn name_of(kind: &BarKind, price: Price) -> &'static str {
    match price {
        Price::Traded => kind.candle,
        Price::Mark => kind.mark,
        Price::Index => kind.index,
    }
}

/// `[ts,o,h,l,c,vol,volCcy,volCcyQuote,confirm]`; marks and indices without the volumes.
pub fn bar_row(bar: &Bar, price: Price, closed: bool) -> String {
    let mut parts: Vec<String> = vec![bar.ts.to_string()];
    parts.extend([bar.open, bar.high, bar.low, bar.close].map(text));
    if price == Price::Traded {
        parts.extend([bar.vol, bar.vol_ccy.round_dp(8), bar.vol_quote.round_dp(8)].map(text));
    }
    parts.push(if closed { "1" } else { "0" }.to_owned());
    array(&parts.iter().map(|part| format!("\"{part}\"")).collect::<Vec<_>>())
}

/// The bar a time falls into.
fn bar_of(world: &World, kind: &BarKind, price: Price, id: &str, at_ms: u64) -> Option<Bar> {
    let start = kind.start(at_ms);
    if price == Price::Index {
        let index = world.market.indices.get(id)?;
        return Some(bar_at(&index.past, &index.bars, kind, start));
    }
    let ix = *world.by_inst_id.get(id)?;
    if price == Price::Mark {
        let prices = world.market.prices_of(ix)?;
        return Some(bar_at(&prices.past, &prices.bars, kind, start));
    }
    let tape = world.market.tape(ix)?;
    Some(bar_at(&tape.past, &tape.bars, kind, start))
}

fn candle_event(world: &World, kind: &BarKind, price: Price, id: &str, bar: &Bar, closed: bool) -> Event {
    let scope = match world.by_inst_id.get(id) {
        Some(ix) if price != Price::Index => world.scope(*ix),
        _ => Scope { inst_id: id.to_owned(), ..Scope::default() },
    };
    event(name_of(kind, price), scope, bar_row(bar, price, closed))
}

fn candle(world: &World, kind: &BarKind, price: Price, id: &str, at_ms: u64) -> Option<Event> {
    let bar = bar_of(world, kind, price, id, at_ms)?;
    Some(candle_event(world, kind, price, id, &bar, false))
}

fn candles(world: &mut World) {
    let mut shown = std::mem::take(&mut world.market.shown_bars);
    shown.retain(|(channel, id), _| world.wanted(channel, id));
    let mut events = Vec::new();
    for (channel, ids) in &world.interest {
        let Some((kind, price)) = candle_of(channel) else { continue };
        for id in ids {
            let Some(bar) = bar_of(world, kind, price, id, world.now_ms()) else { continue };
            let key = (name_of(kind, price), id.clone());
            let last = shown.get(&key);
            if let Some(last) = last.filter(|last| last.ts < bar.ts)
                && let Some(closed) = bar_of(world, kind, price, id, last.ts)
            {
                events.push(candle_event(world, kind, price, id, &closed, true));
            }
            if last != Some(&bar) {
                events.push(candle_event(world, kind, price, id, &bar, false));
                shown.insert(key, bar);
            }
        }
    }
    world.events.append(&mut events);
    world.market.shown_bars = shown;
}

#[cfg(test)]
#[path = "pushes_tests.rs"]
mod tests;
