//! Orders attached to other orders: checks, birth, death, amendment.

use serde_json::{Value, json};

use super::{Bench, SPOT, SWAP, d, fields};
use crate::exchange::order::{OrdType, Side};

fn text(row: &Value, name: &str) -> String {
    row.get(name).and_then(Value::as_str).unwrap_or("?").to_owned()
}

#[test]
fn attached_orders_are_checked() {
    let tp = |px: &str, sz: &str| json!({"tpTriggerPx": px, "tpOrdPx": "-1", "sz": sz});
    let limit = |px: &str, sz: &str| json!({"tpOrdKind": "limit", "tpOrdPx": px, "sz": sz});
    let many = |count: usize| Value::Array((0..count).map(|at| tp(&(90_100 + at).to_string(), "1")).collect());
    for (inst, side, px, sz, attached, code) in [
        (SWAP, Side::Buy, Some("89000"), "1", json!([{"tpTriggerPx": "88000", "tpOrdPx": "-1"}]), "51046"),
        (SWAP, Side::Buy, Some("89000"), "1", json!([{"slTriggerPx": "89500", "slOrdPx": "-1"}]), "51047"),
        (SWAP, Side::Sell, Some("91000"), "1", json!([{"tpTriggerPx": "92000", "tpOrdPx": "-1"}]), "51048"),
        (SWAP, Side::Sell, Some("91000"), "1", json!([{"slTriggerPx": "90000", "slOrdPx": "-1"}]), "51049"),
        (SWAP, Side::Buy, None, "1", json!([{"tpTriggerPx": "90000", "tpOrdPx": "-1"}]), "51050"),
        (SWAP, Side::Buy, None, "1", json!([{"slTriggerPx": "90500", "slOrdPx": "-1"}]), "51051"),
        (SWAP, Side::Sell, None, "1", json!([{"tpTriggerPx": "90500", "tpOrdPx": "-1"}]), "51052"),
        (SWAP, Side::Sell, None, "1", json!([{"slTriggerPx": "89500", "slOrdPx": "-1"}]), "51053"),
        (SWAP, Side::Buy, None, "1", json!([{"tpTriggerPx": "91000"}]), "51000"),
        (SWAP, Side::Buy, None, "1", json!([{"tpOrdPx": "-1"}]), "51000"),
        (SWAP, Side::Buy, None, "1", json!([{"attachAlgoClOrdId": "a1"}]), "51178"),
        (SWAP, Side::Buy, None, "1", json!([{"attachAlgoClOrdId": "a-1", "tpTriggerPx": "91000", "tpOrdPx": "-1"}]), "51000"),
        (SWAP, Side::Buy, None, "1", json!([{"tpTriggerRatio": "-0.1", "tpOrdPx": "-1"}]), "54078"),
        (SWAP, Side::Buy, None, "1", json!([{"slTriggerRatio": "1.5", "slOrdPx": "-1"}]), "54078"),
        (SPOT, Side::Buy, Some("89000"), "1", json!([{"tpTriggerRatio": "0.1", "tpOrdPx": "-1"}]), "51000"),
        (SPOT, Side::Buy, Some("89000"), "1", json!([{"tpTriggerPx": "91000", "tpOrdPx": "-1", "tpTriggerPxType": "mark"}]), "51415"),
        (SPOT, Side::Buy, Some("89000"), "1", json!([limit("91000", "1")]), "51094"),
        (SPOT, Side::Buy, Some("89000"), "2", json!([tp("91000", "1"), tp("92000", "1")]), "51077"),
        (SPOT, Side::Buy, None, "1", json!([{"tpTriggerPx": "91000", "tpOrdPx": "-1"}]), "51044"),
        (SWAP, Side::Buy, None, "1", json!([limit("-1", "1")]), "51093"),
        (
            SWAP,
            Side::Buy,
            None,
            "2",
            json!([{"tpTriggerPx": "91000", "tpOrdPx": "-1", "slTriggerPx": "88000", "slOrdPx": "-1", "sz": "1"}, tp("92000", "1")]),
            "51076",
        ),
        (SWAP, Side::Buy, None, "11", many(11), "51079"),
        (
            SWAP,
            Side::Buy,
            None,
            "2",
            json!([tp("91000", "1"), {"tpTriggerPx": "92000", "tpOrdPx": "-1", "tpTriggerPxType": "mark", "sz": "1"}]),
            "51080",
        ),
        (SWAP, Side::Buy, None, "2", json!([tp("91000", "1"), tp("91000", "1")]), "51081"),
        (SWAP, Side::Buy, None, "2", json!([tp("91000", "1"), {"tpTriggerPx": "92000", "tpOrdPx": "92000", "sz": "1"}]), "51082"),
        (SWAP, Side::Buy, None, "3", json!([tp("91000", "1"), tp("92000", "1")]), "51083"),
        (
            SWAP,
            Side::Buy,
            None,
            "1",
            json!([{"slTriggerPx": "88000", "slOrdPx": "-1"}, {"slTriggerPx": "87000", "slOrdPx": "-1"}]),
            "51084",
        ),
        (
            SWAP,
            Side::Buy,
            None,
            "1",
            json!([tp("91000", "1"), {"slTriggerPx": "88000", "slOrdPx": "-1", "amendPxOnTriggerType": "1"}]),
            "51085",
        ),
        (SWAP, Side::Buy, None, "13", many(13), "51086"),
        (SWAP, Side::Buy, None, "2", json!([tp("91000", "2"), tp("92000", "")]), "51089"),
        (SWAP, Side::Buy, None, "2", json!([tp("91000", "1"), limit("92000", "1")]), "51091"),
        (SWAP, Side::Buy, None, "2", json!([limit("92000", "1"), limit("92000", "1")]), "51092"),
        (SWAP, Side::Buy, None, "1", json!([{"callbackRatio": "0.01", "callbackSpread": "1"}]), "50024"),
        (SWAP, Side::Buy, None, "1", json!([{"callbackRatio": "1.5"}]), "51311"),
        (
            SWAP,
            Side::Buy,
            None,
            "1",
            json!([{"attachAlgoClOrdId": "a1", "callbackRatio": "0.1"}, {"attachAlgoClOrdId": "a1", "callbackRatio": "0.2"}]),
            "51068",
        ),
    ] {
        let mut bench = Bench::new();
        let request = bench.request(inst, side, if px.is_some() { OrdType::Limit } else { OrdType::Market }, sz, px);
        assert_eq!(bench.parent(request, &attached).err().as_deref(), Some(code), "{inst} {side:?} {px:?} {attached}");
    }
}

#[test]
fn reduce_only_orders_carry_none() {
    let mut bench = Bench::new();
    let mut request = bench.request(SWAP, Side::Sell, OrdType::Market, "1", None);
    request.reduce_only = true;
    assert_eq!(bench.parent(request, &json!([{"tpTriggerPx": "80000", "tpOrdPx": "-1"}])).err().as_deref(), Some("51100"));
}

#[test]
fn the_older_flat_fields_do_as_well() {
    let mut bench = Bench::new();
    let request = bench.request(SWAP, Side::Buy, OrdType::Limit, "1", Some("89000"));
    let flat = fields(
        &json!({"sz": "1", "tpTriggerPx": "91000", "tpOrdPx": "-1", "slTriggerPx": "88000", "slOrdPx": "-1", "attachAlgoOrds": null}),
    );
    let read = crate::exchange::algo::read_attached(&mut bench.world, bench.acct, &flat, &request).expect("read");
    assert_eq!(
        read.iter().map(|entry| (entry.tp_trigger_px, entry.sl_trigger_px, entry.sz)).collect::<Vec<_>>(),
        [(Some(d("91000")), Some(d("88000")), None)]
    );
    let none = fields(&json!({"attachAlgoOrds": [], "tpTriggerPx": ""}));
    assert!(crate::exchange::algo::read_attached(&mut bench.world, bench.acct, &none, &request).expect("read").is_empty());
}

#[test]
fn a_filled_parent_gives_birth_and_a_canceled_one_does_not() {
    let attached =
        json!([{"attachAlgoClOrdId": "stop1", "tpTriggerPx": "91000", "tpOrdPx": "-1", "slTriggerPx": "89000", "slOrdPx": "-1"}]);
    let mut bench = Bench::new();
    let request = bench.request(SWAP, Side::Buy, OrdType::Limit, "2", Some("89500"));
    let canceled = bench.parent(request.clone(), &attached).expect("taken");
    bench.world.cancel(canceled, "1");
    assert!(bench.pending("conditional,oco").is_empty());

    let filled = bench.parent(request, &attached).expect("the name is free again");
    assert!(bench.pending("conditional,oco").is_empty(), "not before the parent fills");
    bench.pushed("", "");
    bench.hit("89500", "2");
    assert_eq!(bench.world.order(filled).map(|order| order.state.name()), Some("filled"));
    assert_eq!(bench.pushed("orders-algo", "algoClOrdId"), ["live stop1"]);
    let rows = bench.pending("conditional,oco");
    let row = rows.first().expect("one is born");
    for (name, want) in [
        ("ordType", "oco"),
        ("side", "sell"),
        ("sz", "2"),
        ("algoClOrdId", "stop1"),
        ("reduceOnly", "true"),
        ("tdMode", "cross"),
        ("state", "live"),
    ] {
        assert_eq!(text(row, name), want, "{name}");
    }
    bench.last("89000");
    assert_eq!(bench.position(SWAP), d("0"));
}

#[test]
fn a_half_filled_parent_leaves_orders_for_what_was_filled() {
    let mut bench = Bench::new();
    let request = bench.request(SWAP, Side::Buy, OrdType::Limit, "5", Some("89500"));
    let split = json!([{"tpTriggerPx": "91000", "tpOrdPx": "-1", "sz": "1"}, {"tpTriggerPx": "91500", "tpOrdPx": "-1", "sz": "2"},
        {"tpTriggerPx": "92000", "tpOrdPx": "-1", "sz": "2"}, {"slTriggerPx": "89000", "slOrdPx": "-1"}]);
    let parent = bench.parent(request, &split).expect("taken");
    bench.hit("89500", "2");
    assert!(bench.pending("conditional,oco").is_empty(), "open still");
    bench.world.cancel(parent, "1");
    let born: Vec<_> =
        bench.pending("conditional,oco").iter().map(|row| (text(row, "tpTriggerPx"), text(row, "slTriggerPx"), text(row, "sz"))).collect();
    let want =
        [("91000", "", "1"), ("91500", "", "1"), ("", "89000", "2")].map(|(tp, sl, sz)| (tp.to_owned(), sl.to_owned(), sz.to_owned()));
    assert_eq!(born, want);
}

#[test]
fn split_take_profits_shrink_the_stop_and_move_it_to_cost() {
    let mut bench = Bench::new();
    let request = bench.request(SWAP, Side::Buy, OrdType::Market, "3", None);
    let split = json!([{"tpTriggerPx": "90500", "tpOrdPx": "-1", "sz": "1"}, {"tpTriggerPx": "91000", "tpOrdPx": "-1", "sz": "2"},
        {"slTriggerPx": "89000", "slOrdPx": "-1", "amendPxOnTriggerType": "1"}]);
    bench.parent(request, &split).expect("taken");
    assert_eq!(bench.pending("conditional,oco").len(), 3);
    bench.last("90500");
    let left = bench.pending("conditional,oco");
    let stop = left.iter().find(|row| !text(row, "slTriggerPx").is_empty()).expect("the stop");
    assert_eq!((text(stop, "slTriggerPx").as_str(), text(stop, "sz").as_str()), ("90000.1", "2"), "at what the parent paid");
    bench.last("90000.1");
    assert_eq!(bench.position(SWAP), d("0"));
    assert!(bench.pending("conditional,oco").is_empty(), "the other take-profit goes with the stop");
}

#[test]
fn ratios_and_trailing_stops_start_from_the_fill() {
    let mut bench = Bench::new();
    let request = bench.request(SWAP, Side::Sell, OrdType::Market, "1", None);
    bench
        .parent(request, &json!([{"tpTriggerRatio": "-0.01", "tpOrdPx": "-1", "slTriggerRatio": "0.02", "slOrdPx": "-1"}]))
        .expect("taken");
    let row = bench.pending("conditional,oco").pop().expect("born");
    assert_eq!((text(&row, "tpTriggerPx").as_str(), text(&row, "slTriggerPx").as_str()), ("89099.9", "91799.8"));
    let request = bench.request(SWAP, Side::Sell, OrdType::Market, "1", None);
    bench.parent(request, &json!([{"callbackSpread": "100", "attachAlgoClOrdId": "trail"}])).expect("taken");
    let row = bench.pending("move_order_stop").pop().expect("born");
    assert_eq!(
        (text(&row, "moveTriggerPx").as_str(), text(&row, "algoClOrdId").as_str(), text(&row, "side").as_str()),
        ("90099.9", "trail", "buy")
    );
}

#[test]
fn a_spot_buy_leaves_a_stop_for_what_arrived() {
    let mut bench = Bench::new();
    let request = bench.request(SPOT, Side::Buy, OrdType::Limit, "1", Some("90500"));
    bench.parent(request, &json!([{"slTriggerPx": "89000", "slOrdPx": "-1"}])).expect("taken");
    let row = bench.pending("conditional").pop().expect("born");
    assert_eq!((text(&row, "sz").as_str(), text(&row, "reduceOnly").as_str()), ("0.999", "false"), "less the fee");
}

#[test]
fn attached_orders_are_amended_by_their_id() {
    let mut bench = Bench::new();
    let request = bench.request(SWAP, Side::Buy, OrdType::Limit, "1", Some("89000"));
    let parent =
        bench.parent(request, &json!([{"tpTriggerPx": "91000", "tpOrdPx": "-1", "slTriggerPx": "88000", "slOrdPx": "-1"}])).expect("taken");
    let id = bench.world.order(parent).and_then(|order| order.attached.first()).expect("one").attach_algo_id.to_string();
    for (change, want) in [
        (json!([{"attachAlgoId": "1", "newTpTriggerPx": "92000"}]), Err("51527")),
        (json!([{"attachAlgoId": id, "newTpTriggerPx": "92000"}, {"attachAlgoId": id, "newSlTriggerPx": "87000"}]), Err("51539")),
        (json!([{"attachAlgoId": id, "newTpTriggerPx": "80000"}]), Err("51046")),
        (json!([{"attachAlgoId": id, "newTpTriggerPx": "92000"}]), Ok((Some("92000"), Some("88000")))),
        (json!([{"attachAlgoId": id, "newTpTriggerPx": "0", "newSlTriggerPx": "87000"}]), Ok((None, Some("87000")))),
        (json!([]), Ok((None, None))),
    ] {
        let given = fields(&json!({ "attachAlgoOrds": change }));
        let got = bench.world.amend_attached(parent, &given, None, None).map_err(|refusal| refusal.code);
        let got =
            got.map(|list| list.and_then(|list| list.first().map(|entry| (entry.tp_trigger_px, entry.sl_trigger_px))).unwrap_or_default());
        assert_eq!(got, want.map(|(tp, sl)| (tp.map(d), sl.map(d))), "{change}");
    }
}

#[test]
fn a_trigger_passes_its_attached_orders_on() {
    let mut bench = Bench::new();
    bench.algo(
        &json!({"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "trigger", "sz": "1", "triggerPx": "90500", "orderPx": "-1",
        "attachAlgoOrds": [{"attachAlgoClOrdId": "sl9", "slTriggerPx": "89000", "slOrdPx": "-1"}]}),
    );
    bench.last("90500");
    let row = bench.pending("conditional").pop().expect("born from the child");
    assert_eq!((text(&row, "algoClOrdId").as_str(), text(&row, "slTriggerPx").as_str()), ("sl9", "89000"));
    bench.last("88900");
    assert_eq!(bench.position(SWAP), d("0"));
}
