//! Candles over REST: newest first, as far back as one likes.

use crate::exchange::call::{Answer, Call, Reply};
use crate::exchange::market::bars::Bars;
use crate::exchange::market::candles::{BarKind, Past, series};
use crate::exchange::market::pushes::{Price, bar_row};
use crate::exchange::market::rest::{UNKNOWN, instrument, limit};
use crate::exchange::refusal::Refusal;

pub fn candles(call: &mut Call<'_>) -> Answer {
    let ix = instrument(call)?;
    let listed = call.world.inst(ix).list_time_ms;
    let tape = call.world.market.tape(ix).ok_or(UNKNOWN)?;
    answer(call, &tape.past, &tape.bars, Price::Traded, listed)
}

pub fn mark_candles(call: &mut Call<'_>) -> Answer {
    let ix = instrument(call)?;
    let listed = call.world.inst(ix).list_time_ms;
    let prices = call.world.market.prices_of(ix).ok_or(UNKNOWN)?;
    answer(call, &prices.past, &prices.bars, Price::Mark, listed)
}

pub fn index_candles(call: &mut Call<'_>) -> Answer {
    let name = call.params.required("instId")?;
    let index = call.world.market.indices.get(&name).ok_or(UNKNOWN)?;
    answer(call, &index.past, &index.bars, Price::Index, LONG_AGO)
}

/// Where prices begin that nobody listed.
const LONG_AGO: u64 = 1_500_000_000_000;

fn answer(call: &Call<'_>, past: &Past, bars: &Bars, price: Price, listed: u64) -> Answer {
    let params = &call.params;
    let kind = match params.text("bar") {
        None => BarKind::of("1m"),
        // Only trades have bars of a second.
        Some(bar) => BarKind::of(&bar).filter(|kind| kind.name != "1s" || price == Price::Traded),
    };
    let kind = kind.ok_or_else(|| Refusal::parameter("bar"))?;
    let most = limit(params, 100, if price == Price::Traded { 300 } else { 100 })?;
    let (after, before) = (params.int("after")?, params.int("before")?);
    let now_ms = call.world.now_ms();
    let Some(newest) = after.map_or(Some(now_ms), |after| after.min(now_ms + 1).checked_sub(1)).filter(|at| *at >= listed) else {
        return Ok(Reply::Data(Vec::new()));
    };
    let last = kind.start(newest);
    let mut first = last;
    for _ in 1..most {
        let earlier = kind.start(first.saturating_sub(1));
        if earlier < listed || earlier >= first || before.is_some_and(|before| earlier <= before) {
            break;
        }
        first = earlier;
    }
    if before.is_some_and(|before| last <= before) {
        return Ok(Reply::Data(Vec::new()));
    }
    let rows = series(past, bars, kind, first, last);
    Ok(Reply::Data(rows.iter().rev().map(|bar| bar_row(bar, price, kind.end(bar.ts) <= now_ms)).collect()))
}
