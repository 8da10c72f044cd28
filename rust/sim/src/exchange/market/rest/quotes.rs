//! Tickers, books and trades over REST.

use crate::exchange::call::{Answer, Call, Reply};
use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::json::{Row, array};
use crate::exchange::market::options::dec;
use crate::exchange::market::rest::{UNKNOWN, chosen, family, inst_type, instrument, limit, page};
use crate::exchange::market::tape::{Trade, day_usd, ticker_row, trade_row};
use crate::exchange::market::{reference, windows};
use crate::exchange::num::Dec;
use crate::exchange::refusal::Refusal;

const TRADED: [InstType; 4] = [InstType::Spot, InstType::Swap, InstType::Futures, InstType::Option];
/// Yuan of a dollar, for the figures that are told in yuan.
const USD_CNY: (i64, u32) = (712, 2);

pub fn ticker(call: &mut Call<'_>) -> Answer {
    let ix = instrument(call)?;
    let kind = call.world.inst(ix).inst_type;
    Ok(Reply::Data(vec![ticker_row(call.world, ix, kind)]))
}

pub fn tickers(call: &mut Call<'_>) -> Answer {
    let kind = inst_type(&call.params, &TRADED)?;
    let found = chosen(call.world, &call.params, kind)?;
    Ok(Reply::Data(found.into_iter().map(|ix| ticker_row(call.world, ix, kind)).collect()))
}

pub fn index_tickers(call: &mut Call<'_>) -> Answer {
    let (id, quote) = (call.params.text("instId"), call.params.text("quoteCcy"));
    if id.is_none() && quote.is_none() {
        return Err(Refusal::missing("instId"));
    }
    if let Some(id) = &id
        && !call.world.market.indices.contains_key(id)
    {
        return Err(UNKNOWN);
    }
    let all = call.world.market.indices.iter();
    let named = all.filter(|(name, _)| id.as_ref().is_none_or(|id| id == *name));
    let names: Vec<String> =
        named.filter(|(_, index)| quote.as_ref().is_none_or(|quote| *quote == index.quote)).map(|(name, _)| name.clone()).collect();
    Ok(Reply::Data(names.iter().filter_map(|name| reference::index_ticker(call.world, name)).collect()))
}

fn depth(call: &Call<'_>, most: u64) -> Result<usize, Refusal> {
    let sz = call.params.int("sz")?.unwrap_or(1);
    if sz == 0 || sz > most {
        return Err(Refusal::parameter("sz"));
    }
    Ok(sz as usize)
}

pub fn books(call: &mut Call<'_>) -> Answer {
    let (ix, depth) = (instrument(call)?, depth(call, 400)?);
    Ok(Reply::Data(vec![windows::rest(call.world, ix, depth, false)]))
}

pub fn books_rpi(call: &mut Call<'_>) -> Answer {
    let (ix, depth) = (instrument(call)?, depth(call, 400)?);
    Ok(Reply::Data(vec![windows::rest(call.world, ix, depth, true)]))
}

pub fn books_full(call: &mut Call<'_>) -> Answer {
    let (ix, depth) = (instrument(call)?, depth(call, 5_000)?);
    Ok(Reply::Data(vec![windows::rest_full(call.world, ix, depth)]))
}

pub fn trades(call: &mut Call<'_>) -> Answer {
    let (ix, most) = (instrument(call)?, limit(&call.params, 100, 500)?);
    let tape = call.world.market.tape(ix).ok_or(UNKNOWN)?;
    Ok(Reply::Data(tape.trades.iter().rev().take(most).map(|trade| trade_row(call.world, ix, trade)).collect()))
}

/// By `tradeId`, or by time with `type` 2, where `before` has no meaning.
pub fn history_trades(call: &mut Call<'_>) -> Answer {
    let (ix, most) = (instrument(call)?, limit(&call.params, 100, 100)?);
    let by_time = call.params.word("type", &["1", "2"])? == "2";
    if by_time && call.params.text("before").is_some() {
        return Err(Refusal::new("50039", "The before parameter is not available for implementing timestamp pagination"));
    }
    let tape = call.world.market.tape(ix).ok_or(UNKNOWN)?;
    let rows = tape.trades.iter().rev().map(|trade| (if by_time { trade.ts } else { trade.id }, trade));
    let rows = page(&call.params, rows, most)?;
    Ok(Reply::Data(rows.into_iter().map(|trade| trade_row(call.world, ix, trade)).collect()))
}

/// Options, newest trade first.
fn option_tape<'a>(call: &'a Call<'_>, keep: impl Fn(InstIx) -> bool + 'a) -> Vec<(InstIx, &'a Trade)> {
    let options = call.world.instruments.iter().filter(|inst| inst.inst_type == InstType::Option && keep(inst.ix));
    let mut found: Vec<(InstIx, &Trade)> = options
        .filter_map(|inst| call.world.market.tape(inst.ix).map(|tape| (inst.ix, tape)))
        .flat_map(|(ix, tape)| tape.trades.iter().map(move |trade| (ix, trade)))
        .collect();
    found.sort_by_key(|(ix, trade)| (std::cmp::Reverse(trade.ts), *ix, std::cmp::Reverse(trade.id)));
    found.truncate(100);
    found
}

pub fn option_trades(call: &mut Call<'_>) -> Answer {
    let (id, family) = (call.params.text("instId"), family(&call.params));
    let kind = call.params.word("optType", &["", "C", "P"])?;
    if id.is_none() && family.is_none() {
        return Err(Refusal::missing("instFamily"));
    }
    if id.as_ref().is_some_and(|id| !call.world.by_inst_id.contains_key(id)) {
        return Err(UNKNOWN);
    }
    let keep = |ix: InstIx| {
        let inst = call.world.inst(ix);
        let named = id.as_ref().map_or_else(|| family.as_ref() == Some(&inst.family), |id| *id == inst.inst_id);
        named && (kind.is_empty() || inst.strike.is_some_and(|(_, of)| kind.starts_with(of)))
    };
    let rows = option_tape(call, keep);
    Ok(Reply::Data(rows.into_iter().map(|(ix, trade)| reference::option_trade(call.world, ix, trade)).collect()))
}

pub fn family_trades(call: &mut Call<'_>) -> Answer {
    let family = call.params.required("instFamily")?;
    let mut rows = Vec::new();
    for (kind, name) in [('C', "C"), ('P', "P")] {
        let of = |ix: InstIx| call.world.inst(ix).family == family && call.world.inst(ix).strike.is_some_and(|(_, of)| of == kind);
        let info = option_tape(call, of).into_iter().map(|(ix, trade)| {
            let id = &call.world.inst(ix).inst_id;
            Row::new()
                .s("instId", id)
                .s("side", trade.side.name())
                .d("sz", trade.sz)
                .d("px", trade.px)
                .n("tradeId", trade.id)
                .n("ts", trade.ts)
                .end()
        });
        let info: Vec<String> = info.collect();
        let books: Vec<InstIx> = call.world.instruments.iter().map(|inst| inst.ix).filter(|ix| of(*ix)).collect();
        let now_ms = call.world.now_ms();
        let tapes = books.iter().filter_map(|ix| call.world.market.tape(*ix));
        let vol: Dec = tapes.map(|tape| tape.day.clone().bar(&tape.past, &tape.bars, now_ms).vol).sum();
        rows.push(Row::new().d("vol24h", vol).raw("tradeInfo", &array(&info)).s("optType", name).end());
    }
    Ok(Reply::Data(rows))
}

pub fn platform_volume(call: &mut Call<'_>) -> Answer {
    let books: Vec<InstIx> = call.world.instruments.iter().map(|inst| inst.ix).collect();
    let usd = dec(books.into_iter().map(|ix| day_usd(call.world, ix)).sum(), 0);
    let cny = (usd * Dec::new(USD_CNY.0, USD_CNY.1)).round_dp(0);
    Ok(Reply::Data(vec![Row::new().d("volCny", cny).d("volUsd", usd).n("ts", call.world.now_ms()).end()]))
}

pub fn exchange_rate(_: &mut Call<'_>) -> Answer {
    Ok(Reply::Data(vec![Row::new().d("usdCny", Dec::new(USD_CNY.0, USD_CNY.1)).end()]))
}

/// `data` is an object here, not a list.
pub fn index_components(call: &mut Call<'_>) -> Answer {
    let name = call.params.required("index")?;
    let index = call.world.market.indices.get(&name).ok_or(UNKNOWN)?;
    let symbol = format!("{}/{}", index.base, index.quote);
    let part = Row::new().s("symbol", &symbol).d("symPx", index.px).s("wgt", "1").d("cnvPx", index.px).s("exch", "OKX").end();
    let row = Row::new().raw("components", &array(&[part])).d("last", index.px).s("index", &name).n("ts", call.world.now_ms());
    Ok(Reply::Object(row.end()))
}
