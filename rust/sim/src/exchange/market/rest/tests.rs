use serde_json::{Map, Value};

use super::*;
use crate::exchange::call::Reply;
use crate::exchange::config::{ClockMode, Config};
use crate::exchange::io::{MILLI, Nanos, SECOND};
use crate::exchange::market;
use crate::exchange::num::{Dec, parse};

const START: Nanos = 1_795_305_600_000 * MILLI;

fn world() -> World {
    World::new(Config { clock: ClockMode::Virtual, ..Config::default() }, START).expect("the default world")
}

fn advance(world: &mut World, by: Nanos) {
    let end = world.now + by;
    while let Some(due) = market::next(world).filter(|due| *due <= end) {
        world.now = world.now.max(due);
        market::run(world);
    }
    world.now = end;
}

fn ask(world: &mut World, path: &str, query: &str) -> Result<Vec<Value>, Refusal> {
    let route = ROUTES.iter().find(|route| route.path == path).expect("a route");
    let params = Fields::from_query(query);
    let mut call = Call { world, acct: None, items: vec![params.clone()], params, ws: false, exp_time: None };
    let rows = match (route.handler)(&mut call)? {
        Reply::Data(rows) => rows,
        Reply::Object(row) => vec![row],
        Reply::Items(_) => Vec::new(),
    };
    Ok(rows.iter().map(|row| serde_json::from_str(row).expect("rows are JSON")).collect())
}

fn keys(row: &Value) -> Vec<&str> {
    row.as_object().into_iter().flat_map(Map::keys).map(String::as_str).collect()
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The fields of an instrument, and those that are no text.
const ROW: &str = "instType instId seriesId uly instFamily groupId category baseCcy quoteCcy settleCcy ctVal ctMult ctValCcy optType stk \
    listTime auctionEndTime contTdSwTime preMktSwTime openType expTime lever tickSz lotSz minSz ctType alias state ruleType maxLmtSz maxMktSz \
    maxLmtAmt maxMktAmt maxTwapSz maxIcebergSz maxTriggerSz maxStopSz futureSettlement instIdCode instCategory upcChg tradeQuoteCcyList \
    rpiMinLevel rpiMinPxBand initPxLmtPct floatPxLmtPct maxPxLmtPct";

#[test]
fn rows_of_every_type_are_complete_and_leave_empty_what_does_not_apply() {
    let mut world = world();
    // Type and query; how many; fields that are filled; fields that are "".
    let table = [
        ("instType=SPOT", 2, "baseCcy quoteCcy lever maxMktAmt floatPxLmtPct", "uly instFamily settleCcy ctVal ctType expTime stk alias"),
        ("instType=MARGIN", 2, "uly instFamily baseCcy quoteCcy lever", "settleCcy ctVal ctType stk"),
        (
            "instType=SWAP",
            3,
            "uly instFamily settleCcy ctVal ctMult ctValCcy ctType lever maxPxLmtPct",
            "baseCcy quoteCcy expTime stk maxMktAmt",
        ),
        ("instType=FUTURES", 2, "uly instFamily settleCcy ctVal ctType lever expTime alias", "baseCcy quoteCcy stk optType"),
        (
            "instType=OPTION&uly=BTC-USD",
            6,
            "uly instFamily settleCcy ctVal ctMult ctValCcy optType stk expTime",
            "baseCcy lever ctType initPxLmtPct",
        ),
        ("instType=OPTION&instFamily=ETH-USD", 2, "stk optType", "lever"),
    ];
    let want: std::collections::BTreeSet<&str> = ROW.split_whitespace().collect();
    for (query, count, filled, empty) in table {
        let rows = ask(&mut world, "public/instruments", query).expect("instruments");
        assert_eq!(rows.len(), count, "{query}");
        for row in &rows {
            assert_eq!(keys(row).into_iter().collect::<std::collections::BTreeSet<_>>(), want, "{query}");
            for key in filled.split_whitespace() {
                assert!(!text(row, key).is_empty(), "{query}: {key}");
            }
            for key in empty.split_whitespace() {
                assert_eq!(row.get(key).and_then(Value::as_str), Some(""), "{query}: {key}");
            }
            assert!(row.get("instIdCode").is_some_and(Value::is_u64));
            assert!(row.get("futureSettlement").is_some_and(Value::is_boolean));
            assert!(row.get("upcChg").is_some_and(Value::is_array) && row.get("tradeQuoteCcyList").is_some_and(Value::is_array));
        }
    }
    let future = ask(&mut world, "public/instruments", "instType=FUTURES&instFamily=BTC-USD").expect("the future");
    assert_eq!(future.first().map(|row| text(row, "instId")), Some("BTC-USD-261225"));
}

#[test]
fn wrong_parameters_are_refused_with_okxs_codes() {
    let mut world = world();
    for (path, query, code) in [
        ("public/instruments", "", "50014"),
        ("public/instruments", "instType=X", "51000"),
        ("public/instruments", "instType=OPTION", "50014"),
        ("public/instruments", "instType=SPOT&instId=X-Y", "51001"),
        ("market/books", "", "50014"),
        ("market/books", "instId=X-Y", "51001"),
        ("market/books", "instId=BTC-USDT&sz=401", "51000"),
        ("market/books", "instId=BTC-USDT&sz=x", "51000"),
        ("market/candles", "instId=BTC-USDT&bar=7m", "51000"),
        ("market/mark-price-candles", "instId=BTC-USDT&bar=1s", "51000"),
        ("market/candles", "instId=BTC-USDT&limit=-1", "51000"),
        ("market/history-trades", "instId=BTC-USDT&type=2&before=1", "50039"),
        ("market/tickers", "instType=MARGIN", "51000"),
        ("market/index-tickers", "", "50014"),
        ("public/funding-rate", "instId=BTC-USDT", "51001"),
        ("public/mark-price", "instType=SPOT", "51000"),
        ("public/convert-contract-coin", "instId=BTC-USD-SWAP&sz=1", "50014"),
        ("system/status", "state=x", "51000"),
    ] {
        assert_eq!(ask(&mut world, path, query).expect_err(query).code, code, "{path}?{query}");
    }
}

#[test]
fn every_endpoint_answers() {
    let mut world = world();
    advance(&mut world, 5 * SECOND);
    for (path, query, keys_wanted) in [
        ("public/time", "", "ts"),
        ("public/mark-price", "instType=SWAP", "instType instId markPx ts"),
        ("public/mark-price", "instType=MARGIN&instId=BTC-USDT", "instType instId markPx ts"),
        (
            "public/funding-rate",
            "instId=BTC-USDT-SWAP",
            "fundingRate fundingTime nextFundingRate nextFundingTime premium settFundingRate ts",
        ),
        ("public/funding-rate", "instId=ANY", "fundingRate"),
        ("public/funding-rate-history", "instId=BTC-USDT-SWAP", "fundingRate realizedRate fundingTime instId instType method formulaType"),
        ("public/premium-history", "instId=BTC-USDT-SWAP", "instId premium ts"),
        ("public/open-interest", "instType=SWAP", "instId instType oi oiCcy oiUsd ts"),
        ("public/open-interest", "instType=OPTION&instFamily=BTC-USD", "oi"),
        ("public/price-limit", "instId=BTC-USDT", "instType instId buyLmt sellLmt ts enabled"),
        ("public/opt-summary", "instFamily=BTC-USD&expTime=261225", "instId uly delta gamma vega theta deltaBS markVol fwdPx volLv ts"),
        ("public/instrument-tick-bands", "instType=OPTION", "instType instFamily tickBand"),
        ("public/option-trades", "instFamily=BTC-USD", "fillVol fwdPx idxPx instFamily instId markPx optType px side sz tradeId ts"),
        ("public/discount-rate-interest-free-quota", "ccy=BTC", "amt ccy colRes collateralRestrict details discountLv minDiscountRate"),
        ("public/mm-instrument-types", "instType=SWAP", "instId instType pairType"),
        (
            "market/ticker",
            "instId=BTC-USDT",
            "instType instId last lastSz askPx askSz bidPx bidSz open24h high24h low24h volCcy24h vol24h sodUtc0 sodUtc8 ts",
        ),
        ("market/tickers", "instType=OPTION&uly=BTC-USD", "last"),
        ("market/index-tickers", "quoteCcy=USD", "instId idxPx open24h high24h low24h sodUtc0 sodUtc8 ts"),
        ("market/books", "instId=BTC-USDT&sz=400", "asks bids ts seqId"),
        ("market/books-full", "instId=BTC-USDT&sz=5", "asks bids ts"),
        ("market/books-rpi", "instId=BTC-USDT&sz=5", "asks bids ts"),
        ("market/trades", "instId=BTC-USDT&limit=500", "instId side sz source px tradeId ts"),
        ("market/history-trades", "instId=BTC-USDT", "instId side sz px tradeId ts"),
        ("market/option/instrument-family-trades", "instFamily=BTC-USD", "vol24h tradeInfo optType"),
        ("market/platform-24-volume", "", "volCny volUsd ts"),
        ("market/exchange-rate", "", "usdCny"),
        ("market/index-components", "index=BTC-USDT", "components last index ts"),
        ("public/convert-contract-coin", "instId=BTC-USD-SWAP&px=35000&sz=0.888", "instId px sz type unit"),
    ] {
        let rows = ask(&mut world, path, query).unwrap_or_else(|refusal| panic!("{path}?{query}: {refusal:?}"));
        let row = rows.first().unwrap_or_else(|| panic!("{path}?{query} has rows"));
        for key in keys_wanted.split_whitespace() {
            assert!(keys(row).contains(&key), "{path}?{query}: {key}");
        }
    }
    for (path, query) in [
        ("public/delivery-exercise-history", "instType=FUTURES&instFamily=BTC-USD"),
        ("public/estimated-price", "instId=BTC-USD-261225"),
        ("public/estimated-settlement-info", "instId=BTC-USD-261225"),
        ("public/settlement-history", "instFamily=BTC-USD"),
        ("system/status", ""),
    ] {
        assert_eq!(ask(&mut world, path, query), Ok(Vec::new()), "{path}");
    }
    assert_eq!(
        ask(&mut world, "public/convert-contract-coin", "instId=BTC-USD-SWAP&px=35000&sz=0.888")
            .map(|rows| rows.first().map(|row| text(row, "sz").to_owned())),
        Ok(Some("311".to_owned()))
    );
    let names = ask(&mut world, "public/underlying", "instType=OPTION").expect("a list");
    assert_eq!(names, [serde_json::json!(["BTC-USD", "ETH-USD"])]);
}

#[test]
fn pages_lead_back_through_1440_candles_without_a_hole() {
    let mut world = world();
    advance(&mut world, 150 * SECOND);
    for (path, id, columns, most) in [
        ("market/candles", "BTC-USDT-SWAP", 9, 300),
        ("market/history-candles", "BTC-USDT-SWAP", 9, 300),
        ("market/mark-price-candles", "BTC-USDT-SWAP", 6, 100),
        ("market/index-candles", "BTC-USDT", 6, 100),
    ] {
        let mut all: Vec<Vec<Value>> = Vec::new();
        let mut after = String::new();
        while all.len() < 1_440 {
            let rows = ask(&mut world, path, &format!("instId={id}&bar=1m&limit=1000&after={after}")).expect("candles");
            assert_eq!(rows.len(), most, "{path}");
            all.extend(rows.iter().map(|row| row.as_array().expect("a list").clone()));
            after = all.last().and_then(|row| row.first()).and_then(Value::as_str).expect("a time").to_owned();
        }
        let part = |row: &Vec<Value>, at: usize| row.get(at).and_then(Value::as_str).and_then(parse).expect("a number");
        assert!(all.iter().all(|row| row.len() == columns));
        for pair in all.windows(2) {
            let [later, earlier] = pair else { continue };
            assert_eq!(part(later, 0), part(earlier, 0) + Dec::from(60_000), "{path}");
            assert_eq!(part(later, 1), part(earlier, 4), "{path}: opens where the one before closed");
        }
        let confirm: Vec<&str> = all.iter().take(2).filter_map(|row| row.last()).filter_map(Value::as_str).collect();
        assert_eq!(confirm, ["0", "1"]);
    }
    let newest = ask(&mut world, "market/candles", "instId=BTC-USDT&limit=2").expect("candles");
    let before = newest.get(1).and_then(|row| row.get(0)).and_then(Value::as_str).expect("a time").to_owned();
    let newer = ask(&mut world, "market/candles", &format!("instId=BTC-USDT&before={before}")).expect("candles");
    assert_eq!(newer.len(), 1);
    for bar in ["1s", "1Dutc", "1W", "1M"] {
        let rows = ask(&mut world, "market/candles", &format!("instId=BTC-USDT&bar={bar}&limit=30")).expect("candles");
        assert_eq!(rows.len(), 30, "{bar}");
    }
}

#[test]
fn candles_say_what_the_trades_say() {
    let mut world = world();
    // To the next minute, so that the tape holds all trades of the bar.
    advance(&mut world, 60 * SECOND);
    let id = "ETH-USDT-SWAP";
    let from = world.now_ms();
    advance(&mut world, 30 * SECOND);
    let trades = ask(&mut world, "market/trades", &format!("instId={id}&limit=500")).expect("trades");
    let ts = |row: &Value| text(row, "ts").parse::<u64>().expect("a time");
    let number = |row: &Value, key: &str| parse(text(row, key)).expect("a number");
    let inside: Vec<&Value> = trades.iter().filter(|row| ts(row) >= from).collect();
    assert!(inside.len() > 5 && inside.len() < 500);
    let candles = ask(&mut world, "market/candles", &format!("instId={id}&limit=1")).expect("candles");
    let bar = candles.first().and_then(Value::as_array).expect("a bar");
    let part = |at: usize| bar.get(at).and_then(Value::as_str).and_then(parse).expect("a number");
    let vol: Dec = inside.iter().map(|row| number(row, "sz")).sum();
    assert_eq!(part(5), vol);
    assert_eq!(part(4), inside.first().map(|row| number(row, "px")).expect("trades"));
    let prices = inside.iter().map(|row| number(row, "px"));
    assert!(prices.clone().all(|px| px <= part(2) && px >= part(3)));
    let ticker = ask(&mut world, "market/ticker", &format!("instId={id}")).expect("a ticker");
    assert_eq!(ticker.first().map(|row| number(row, "last")), Some(part(4)));
    // Pages of the tape, by tradeId.
    let newest = trades.first().map(|row| text(row, "tradeId").to_owned()).expect("trades");
    let older = ask(&mut world, "market/history-trades", &format!("instId={id}&after={newest}&limit=3")).expect("trades");
    assert_eq!(older.as_slice(), trades.get(1..4).expect("four trades"));
}

#[test]
fn listeners_hear_of_a_changed_instrument_and_of_maintenance() {
    let mut world = world();
    for (channel, key) in [("instruments", "SPOT"), ("status", "")] {
        world.interest.entry(channel.to_owned()).or_default().insert(key.to_owned());
    }
    let ix = world.find_inst("BTC-USDT").expect("a default instrument").ix;
    let Value::Object(fields) = serde_json::json!({"state": "suspend", "tickSz": "0.5"}) else { panic!("an object") };
    world.set_instrument(ix, &fields).expect("fields of a row");
    assert!(world.book(ix).best(crate::exchange::order::Side::Buy).is_none(), "the house leaves a suspended book");
    let Value::Object(fields) = serde_json::json!({"title": "Upgrade", "state": "ongoing"}) else { panic!("an object") };
    world.set_status(&fields).expect("a row");
    let heard: Vec<(&str, Value)> =
        world.events.iter().map(|event| (event.channel, serde_json::from_str(event.rows.first().expect("a row")).expect("JSON"))).collect();
    assert_eq!(heard.iter().map(|(channel, _)| *channel).collect::<Vec<_>>(), ["instruments", "status"]);
    assert_eq!(heard.first().map(|(_, row)| (text(row, "state"), text(row, "tickSz"))), Some(("suspend", "0.5")));
    assert_eq!(ask(&mut world, "system/status", "").map(|rows| rows.len()), Ok(1));
    let Value::Object(fields) = serde_json::json!({"colour": "red"}) else { panic!("an object") };
    assert!(world.set_instrument(ix, &fields).expect_err("no such field").contains("colour"));
    assert!(world.set_status(&fields).expect_err("no such field").contains("colour"));
}
