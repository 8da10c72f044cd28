//! Trading section 6: the pushes of every scenario, in order; and the rows of section 7.

use serde_json::json;

use super::{Rig, d, order, text_of, with};

const SWAP: &str = "BTC-USDT-SWAP";
const SPOT: &str = "BTC-USDT";

/// Scenario, what others have in the book, the order's type and what it asks for, what is pushed.
type Scenario = (&'static str, &'static [&'static str], &'static str, &'static str, &'static [&'static str]);

const SCENARIOS: &[Scenario] = &[
    ("limit rests", &[], "limit", "buy 1 @ 90000", &["live"]),
    ("limit crosses fully, one maker", &["sell 1 @ 90000"], "limit", "buy 1 @ 90000", &["live", "filled fill=1"]),
    (
        "limit crosses fully, three makers",
        &["sell 1 @ 90000", "sell 1 @ 90000", "sell 3 @ 90001"],
        "limit",
        "buy 3 @ 90001",
        &["live", "partially_filled fill=1", "partially_filled fill=1", "filled fill=1"],
    ),
    ("limit crosses partly, rests", &["sell 1 @ 90000", "sell 5 @ 90002"], "limit", "buy 3 @ 90001", &["live", "partially_filled fill=1"]),
    ("market", &["sell 1 @ 90000", "sell 5 @ 90002"], "market", "buy 2", &["live", "partially_filled fill=1", "filled fill=1"]),
    ("market stops at the band", &["sell 1 @ 90000"], "market", "buy 2", &["live", "partially_filled fill=1", "canceled 14"]),
    ("optimal_limit_ioc", &["sell 1 @ 90000"], "optimal_limit_ioc", "buy 2", &["live", "partially_filled fill=1", "canceled 14"]),
    ("ioc without a match", &[], "ioc", "buy 1 @ 90000", &["live", "canceled 14"]),
    ("ioc with part of a match", &["sell 1 @ 90000"], "ioc", "buy 2 @ 90000", &["live", "partially_filled fill=1", "canceled 14"]),
    ("ioc filled", &["sell 1 @ 90000"], "ioc", "buy 1 @ 90000", &["live", "filled fill=1"]),
    ("fok unmatched", &["sell 1 @ 90000", "sell 5 @ 90001"], "fok", "buy 2 @ 90000", &["live", "canceled 13"]),
    ("fok matched", &["sell 1 @ 90000", "sell 5 @ 90001"], "fok", "buy 2 @ 90001", &["live", "partially_filled fill=1", "filled fill=1"]),
    ("post_only crosses", &["sell 1 @ 90000"], "post_only", "buy 1 @ 90000", &["canceled 31"]),
    ("post_only rests", &["sell 1 @ 90000"], "post_only", "buy 1 @ 89999.9", &["live"]),
];

#[test]
fn every_scenario_pushes_what_the_table_says() {
    for (name, makers, kind, what, want) in SCENARIOS {
        let mut rig = Rig::new();
        for maker in *makers {
            rig.limit(rig.other, SWAP, maker);
        }
        rig.place(order(SWAP, "cross", kind, what)).unwrap_or_else(|code| panic!("{name}: {code}"));
        assert_eq!(rig.pushed(), *want, "{name}");
    }
}

#[test]
fn a_resting_order_that_is_hit_pushes_each_trade() {
    let mut rig = Rig::new();
    rig.limit(rig.me, SWAP, "buy 3 @ 90000");
    rig.limit(rig.other, SWAP, "sell 1 @ 89000");
    rig.limit(rig.other, SWAP, "sell 2 @ 90000");
    assert_eq!(rig.pushed(), ["live", "partially_filled fill=1", "filled fill=2"]);
}

#[test]
fn a_user_cancel_is_pushed_once() {
    let mut rig = Rig::new();
    let id = rig.limit(rig.me, SWAP, "buy 3 @ 90000");
    assert!(rig.world.cancel(id, "1") && !rig.world.cancel(id, "1"));
    assert_eq!(rig.pushed(), ["live", "canceled 1"]);
}

#[test]
fn a_spot_market_order_in_quote_ends_filled() {
    let mut rig = Rig::new();
    rig.limit(rig.other, SPOT, "sell 0.01 @ 90000");
    rig.limit(rig.other, SPOT, "sell 1 @ 90001");
    let id = rig.place(order(SPOT, "cash", "market", "buy 1000")).expect("enough money");
    assert_eq!(rig.pushed(), ["live", "partially_filled fill=0.01", "filled fill=0.00111109"]);
    let row = rig.order(id);
    assert_eq!(
        (text_of(&row, "sz"), text_of(&row, "tgtCcy"), text_of(&row, "accFillSz")),
        ("1000".into(), "quote_ccy".into(), "0.01111109".into())
    );
}

#[test]
fn without_live_first_immediate_orders_push_their_end_only() {
    let mut rig = Rig::new();
    rig.world.config.switches.live_first = false;
    rig.place(order(SWAP, "cross", "ioc", "buy 1 @ 90000")).expect("accepted");
    rig.place(order(SWAP, "cross", "limit", "buy 1 @ 90000")).expect("accepted");
    assert_eq!(rig.pushed(), ["canceled 14", "live"]);
}

#[test]
fn a_live_row_is_the_recorded_one() {
    let mut rig = Rig::new();
    rig.place(order("BTC-USD-SWAP", "cross", "limit", "buy 1 @ 89000")).expect("accepted");
    let rows = rig.rows(rig.me, "orders");
    let row = rows.first().expect("pushed");
    for (key, want) in [
        ("avgPx", "0"),
        ("execType", ""),
        ("fee", "0"),
        ("feeCcy", "BTC"),
        ("fillFee", "0"),
        ("fillFeeCcy", ""),
        ("fillNotionalUsd", ""),
        ("fillPx", ""),
        ("fillSz", "0"),
        ("fillTime", ""),
        ("notionalUsd", "100"),
        ("pnl", "0"),
        ("rebate", "0"),
        ("rebateCcy", "BTC"),
        ("reduceOnly", "false"),
        ("state", "live"),
        ("tradeId", ""),
        ("posSide", "net"),
        ("code", "0"),
        ("accFillSz", "0"),
        ("ccy", ""),
        ("isTpLimit", "false"),
        ("algoId", ""),
        ("stpMode", "cancel_maker"),
    ] {
        assert_eq!(text_of(row, key), want, "{key}");
    }
    assert_eq!(row.get("linkedAlgoOrd"), Some(&json!({"algoId": ""})));
    assert_eq!(row.get("attachAlgoOrds"), Some(&json!([])));
}

#[test]
fn pushed_and_asked_rows_differ_as_told() {
    let mut rig = Rig::new();
    let id = rig.limit(rig.me, SPOT, "buy 1 @ 89000");
    let asked = rig.order(id);
    assert_eq!((text_of(&asked, "avgPx"), text_of(&asked, "posSide"), text_of(&asked, "lever")), (String::new(), "net".into(), "0".into()));
    let rows = rig.rows(rig.me, "orders");
    let pushed = rows.first().expect("pushed");
    assert_eq!((text_of(pushed, "avgPx"), text_of(pushed, "posSide")), ("0".into(), String::new()));
    for key in ["fillFee", "notionalUsd", "execType", "lastPx", "code", "msg", "reqId", "amendResult", "fillMarkPx", "fillPnl"] {
        assert!(asked.get(key).is_none() && pushed.get(key).is_some(), "{key}");
    }
    assert!(asked.get("cancelSourceReason").is_some() && pushed.get("cancelSourceReason").is_none());
    for key in ["feeCcy", "rebateCcy"] {
        assert_eq!(text_of(&asked, key), if key == "feeCcy" { "BTC" } else { "USDT" });
    }
}

#[test]
fn a_fill_row_tells_trade_and_sums() {
    let mut rig = Rig::new();
    rig.limit(rig.other, SWAP, "sell 1 @ 90000");
    rig.limit(rig.other, SWAP, "sell 1 @ 90100");
    rig.place(with(order(SWAP, "cross", "limit", "buy 3 @ 90100"), json!({"clOrdId": "7"}))).expect("accepted");
    let rows = rig.rows(rig.me, "orders");
    let last = rows.last().expect("pushed");
    for (key, want) in [("fillPx", "90100"), ("fillSz", "1"), ("accFillSz", "2"), ("avgPx", "90050"), ("execType", "T"), ("feeCcy", "USDT")]
    {
        assert_eq!(text_of(last, key), want, "{key}");
    }
    assert!(text_of(last, "fillFee").starts_with('-') && d(&text_of(last, "fee")) < d(&text_of(last, "fillFee")));
    let taker = rig.rows(rig.me, "fills");
    let maker = rig.rows(rig.other, "fills");
    let brief = |rows: &[serde_json::Value]| -> Vec<[String; 4]> {
        rows.iter().map(|row| ["fillPx", "execType", "count", "clOrdId"].map(|key| text_of(row, key))).collect()
    };
    assert_eq!(brief(&taker), [["90000", "T", "1", "7"], ["90100", "T", "1", "7"]]);
    assert_eq!(brief(&maker), [["90000", "M", "1", "0"], ["90100", "M", "1", "0"]]);
}

#[test]
fn fills_of_a_taker_come_together_by_price() {
    let mut rig = Rig::new();
    for _ in 0..3 {
        rig.limit(rig.other, SWAP, "sell 1 @ 90000");
    }
    rig.limit(rig.me, SWAP, "buy 3 @ 90000");
    let rows = rig.rows(rig.me, "fills");
    let row = rows.first().expect("pushed");
    assert_eq!((rows.len(), text_of(row, "count"), text_of(row, "fillSz")), (1, "3".into(), "3".into()));
    let orders = rig.rows(rig.me, "orders");
    assert_eq!(text_of(orders.last().expect("filled"), "tradeId"), text_of(row, "tradeId"));
    assert_eq!(rig.rows(rig.other, "fills").len(), 3);
}

#[test]
fn a_match_ends_after_a_thousand_makers() {
    let mut rig = Rig::new();
    for _ in 0..1001 {
        rig.world.place_house(rig.inst(SWAP), crate::exchange::order::Side::Sell, d("90000"), d("0.01"));
    }
    rig.world.events.clear();
    let id = rig.place(order(SWAP, "cross", "limit", "buy 20 @ 90000")).expect("accepted");
    assert_eq!((rig.state(id), rig.rows(rig.me, "orders").len()), ("canceled 33".into(), 1002));
    for _ in 0..1000 {
        rig.world.place_house(rig.inst(SWAP), crate::exchange::order::Side::Sell, d("90000"), d("0.01"));
    }
    let id = rig.place(order(SWAP, "cross", "fok", "buy 10.01 @ 90000")).expect("accepted");
    assert_eq!(rig.state(id), "canceled 33");
}

#[test]
fn the_house_leaves_nothing_behind_and_tells_nobody() {
    use crate::exchange::order::Side;
    let mut rig = Rig::new();
    let inst = rig.inst(SWAP);
    let quote = rig.world.place_house(inst, Side::Sell, d("90000"), d("5"));
    assert_eq!(rig.world.take_house(inst, Side::Buy, d("2")), d("2"));
    assert_eq!(rig.world.orders.all.len(), 1);
    rig.world.place_house(inst, Side::Buy, d("90000"), d("3"));
    assert_eq!((rig.world.orders.all.len(), rig.world.orders.done.len()), (0, 0));
    assert!(!rig.world.cancel_house(quote));
    assert!(rig.world.events.iter().all(|event| event.acct.is_none()));
    assert_eq!(rig.world.take_house(inst, Side::Buy, d("2")), d("0"));
}

#[test]
fn an_order_can_be_filled_by_force() {
    let mut rig = Rig::new();
    let id = rig.limit(rig.me, SWAP, "buy 3 @ 80000");
    assert_eq!(rig.world.force_fill(id, Some(d("1")), None), Ok(d("1")));
    assert_eq!(rig.world.force_fill(id, Some(d("9")), Some(d("79000"))), Ok(d("2")));
    assert!(rig.world.force_fill(id, None, None).is_err());
    assert_eq!(rig.pushed(), ["live", "partially_filled fill=1", "filled fill=2"]);
    assert!(rig.world.book(rig.inst(SWAP)).bids.is_empty());
    assert_eq!(rig.held(SWAP, super::TdMode::Cross, super::PosSide::Net), "3");
}
