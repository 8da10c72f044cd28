//! What is refused, row by row.

use serde_json::{Value, json};

use super::{Bench, SPOT, SWAP};
use crate::exchange::order::Side;

/// A stop that is fine, with changes.
fn body(changes: &Value) -> Value {
    let mut body = json!({"instId": SWAP, "tdMode": "cross", "side": "sell", "ordType": "conditional", "sz": "1", "slTriggerPx": "89000", "slOrdPx": "-1"});
    let fields = body.as_object_mut().expect("an object");
    fields.extend(changes.as_object().expect("an object").clone());
    fields.retain(|_, value| !value.is_null());
    body
}

#[test]
fn requests_that_cannot_be_are_refused() {
    for (changes, code) in [
        (json!({}), "0"),
        (
            json!({"sz": 1, "reduceOnly": "true", "ccy": "", "clOrdId": "x_x", "posSide": "net", "attachAlgoOrds": "", "tpTriggerPx": ""}),
            "0",
        ),
        (json!({"instId": null}), "50014"),
        (json!({"instId": "BTC-NONE"}), "51001"),
        (json!({"tdMode": null}), "50014"),
        (json!({"tdMode": "cash"}), "51000"),
        (json!({"tdMode": "margin"}), "51000"),
        (json!({"side": "long"}), "51000"),
        (json!({"posSide": "long"}), "51000"),
        (json!({"ordType": "stop"}), "51000"),
        (json!({"ordType": "iceberg"}), "50062"),
        (json!({"ordType": "smart_iceberg"}), "50062"),
        (json!({"algoClOrdId": "with-dash"}), "51000"),
        (json!({"algoClOrdId": "a23456789012345678901234567890123"}), "51000"),
        (json!({"tag": "seventeen12345678"}), "51000"),
        (json!({"sz": null}), "50015"),
        (json!({"sz": "0"}), "51000"),
        (json!({"sz": "x"}), "51000"),
        (json!({"sz": "79228162514264337593543950335"}), "51000"),
        (json!({"sz": "0.001"}), "51020"),
        (json!({"sz": "1.005"}), "51121"),
        (json!({"sz": "100000000"}), "51275"),
        (json!({"sz": "1000000000", "slOrdPx": "88000"}), "51101"),
        (json!({"sz": "1", "closeFraction": "1"}), "50024"),
        (json!({"sz": null, "closeFraction": "0.5"}), "51000"),
        (json!({"sz": null, "closeFraction": "1"}), "51328"),
        (json!({"sz": null, "closeFraction": "1", "reduceOnly": true}), "51058"),
        (json!({"sz": null, "closeFraction": "1", "reduceOnly": true, "slOrdPx": "88000"}), "51330"),
        (json!({"sz": null, "closeFraction": "1", "instId": SPOT, "tdMode": "cash"}), "51327"),
        (json!({"slOrdPx": null}), "51000"),
        (json!({"slOrdPx": "-2"}), "51000"),
        (json!({"slTriggerPx": null}), "51000"),
        (json!({"slTriggerPx": null, "slOrdPx": null}), "50015"),
        (json!({"slTriggerPxType": "bid"}), "51000"),
        (json!({"instId": SPOT, "tdMode": "cash", "slTriggerPxType": "mark"}), "51415"),
        (json!({"cxlOnClosePos": true}), "51000"),
        (json!({"ordType": "oco"}), "51000"),
        (json!({"ordType": "oco", "slTriggerPx": null, "slOrdPx": null, "tpTriggerPx": "91000", "tpOrdPx": "-1"}), "51000"),
        (json!({"tpOrdKind": "limit", "tpOrdPx": "91000", "instId": SPOT, "tdMode": "cash"}), "51094"),
        (json!({"tpOrdKind": "limit", "tpOrdPx": "-1"}), "51093"),
        (json!({"tpOrdKind": "limit", "tpOrdPx": "91000", "slTriggerPx": null, "slOrdPx": null}), "51095"),
        (json!({"tpOrdKind": "limit", "tpOrdPx": "91000", "reduceOnly": true}), "51096"),
        (json!({"ordType": "trigger"}), "50014"),
        (json!({"ordType": "trigger", "triggerPx": "91000"}), "50014"),
        (json!({"ordType": "trigger", "triggerPx": "91000", "orderPx": "-1", "advanceOrdType": "fok"}), "51000"),
        (
            json!({"ordType": "trigger", "triggerPx": "91000", "orderPx": "-1", "instId": SPOT, "tdMode": "cash", "tgtCcy": "base_ccy"}),
            "51281",
        ),
        (json!({"ordType": "trigger", "triggerPx": "91000", "orderPx": "-1", "instId": SPOT, "tdMode": "cross"}), "51317"),
        (json!({"ordType": "move_order_stop"}), "50015"),
        (json!({"ordType": "move_order_stop", "callbackRatio": "0.1", "callbackSpread": "1"}), "50024"),
        (json!({"ordType": "move_order_stop", "callbackRatio": "0.0001"}), "51311"),
        (json!({"ordType": "move_order_stop", "callbackSpread": "0"}), "51000"),
        (json!({"ordType": "move_order_stop", "callbackRatio": "0.1", "activePx": "89000"}), "51258"),
        (json!({"ordType": "move_order_stop", "callbackRatio": "0.1", "activePx": "91000", "side": "buy"}), "51259"),
        (json!({"ordType": "move_order_stop", "callbackRatio": "0.1", "sz": "100000000"}), "51312"),
        (json!({"ordType": "twap", "szLimit": "1", "pxLimit": "90000", "timeInterval": "10"}), "50015"),
        (json!({"ordType": "twap", "szLimit": "1", "pxLimit": "90000", "timeInterval": "10", "pxVar": "0.1"}), "51270"),
        (json!({"ordType": "twap", "szLimit": "2", "pxLimit": "90000", "timeInterval": "10", "pxVar": "0.01"}), "51274"),
        (json!({"ordType": "twap", "szLimit": "1", "pxLimit": "-1", "timeInterval": "10", "pxVar": "0.01"}), "51265"),
        (json!({"ordType": "twap", "szLimit": "1", "pxLimit": "1", "timeInterval": "0", "pxVar": "0.01"}), "51269"),
        (json!({"ordType": "chase", "instId": SPOT, "tdMode": "cash"}), "51287"),
        (json!({"ordType": "chase", "maxChaseVal": "10"}), "51000"),
    ] {
        let mut bench = Bench::new();
        let body = body(&changes);
        assert_eq!(bench.code("trade/order-algo", &body), code, "{body}");
    }
}

#[test]
fn trigger_prices_must_be_on_their_side() {
    for (kind, codes) in [
        ("last", ["51277", "51278", "51279", "51280"]),
        ("mark", ["51300", "51302", "51303", "51304"]),
        ("index", ["51305", "51306", "51307", "51308"]),
    ] {
        let leg = |name: &str, side: &str, px: &str| {
            json!({"instId": SWAP, "tdMode": "cross", "side": side, "ordType": "conditional", "sz": "1",
                format!("{name}TriggerPx"): px, format!("{name}OrdPx"): "-1", format!("{name}TriggerPxType"): kind})
        };
        let cases = [leg("tp", "buy", "99000"), leg("sl", "buy", "81000"), leg("tp", "sell", "81000"), leg("sl", "sell", "99000")];
        for (body, code) in cases.iter().zip(codes) {
            assert_eq!(Bench::new().code("trade/order-algo", body), code, "{body}");
        }
    }
}

#[test]
fn modes_decide_what_is_open_to_an_account() {
    for (level, pos_mode, changes, code) in [
        ("1", "net_mode", json!({}), "51010"),
        ("1", "net_mode", json!({"instId": SPOT, "tdMode": "cash"}), "0"),
        ("3", "net_mode", json!({"tdMode": "isolated"}), "50072"),
        ("4", "net_mode", json!({"sz": null, "closeFraction": "1", "reduceOnly": true}), "51332"),
        ("2", "long_short_mode", json!({}), "51000"),
        ("2", "long_short_mode", json!({"posSide": "net"}), "51000"),
        ("2", "long_short_mode", json!({"posSide": "long"}), "0"),
        ("2", "long_short_mode", json!({"posSide": "short", "sz": null, "closeFraction": "1"}), "51331"),
    ] {
        let mut bench = Bench::with(level, pos_mode);
        let body = body(&changes);
        assert_eq!(bench.code("trade/order-algo", &body), code, "level {level}, {pos_mode}: {body}");
    }
}

#[test]
fn names_are_used_once_while_they_wait() {
    let mut bench = Bench::new();
    let named = body(&json!({"algoClOrdId": "mine"}));
    let id = bench.algo(&named);
    assert_eq!(bench.code("trade/order-algo", &named), "51065");
    assert_eq!(bench.code("trade/cancel-algos", &json!([{"instId": SWAP, "algoClOrdId": "mine"}])), "0");
    assert_ne!(bench.algo(&named), id);
}

#[test]
fn each_kind_has_its_cap_on_an_instrument() {
    for (fields, most, code) in [
        (json!({}), 100, "51261"),
        (json!({"ordType": "trigger", "triggerPx": "91000", "orderPx": "-1"}), 500, "51299"),
        (json!({"ordType": "move_order_stop", "callbackRatio": "0.1"}), 50, "51260"),
        (json!({"ordType": "twap", "szLimit": "1", "pxLimit": "90000", "timeInterval": "10", "pxVar": "0.01"}), 20, "51263"),
        (json!({"ordType": "chase"}), 1, "55116"),
    ] {
        let mut bench = Bench::new();
        let body = body(&fields);
        for _ in 0..most {
            bench.algo(&body);
        }
        assert_eq!(bench.code("trade/order-algo", &body), code);
    }
}

#[test]
fn cancellations_and_look_ups_that_find_nothing() {
    let mut bench = Bench::new();
    for (path, request, code) in [
        ("trade/cancel-algos", json!([{"instId": SWAP, "algoId": "1"}]), "51400"),
        ("trade/cancel-algos", json!([{"instId": SWAP, "algoId": "x"}]), "51400"),
        ("trade/cancel-algos", json!([{"instId": SWAP}]), "50015"),
        ("trade/cancel-algos", json!([{"algoId": "1"}]), "50014"),
        ("trade/cancel-algos", Value::Array(vec![json!({"instId": SWAP, "algoId": "1"}); 11]), "51406"),
        ("trade/cancel-advance-algos", json!([{"instId": SWAP, "algoId": "1"}]), "51400"),
        ("trade/amend-algos", json!({"instId": SWAP, "algoId": "1", "newSz": "1"}), "51503"),
    ] {
        assert_eq!(bench.code(path, &request), code, "{path} {request}");
    }
    for (path, query, code) in [
        ("trade/order-algo", json!({}), "50015"),
        ("trade/order-algo", json!({"algoId": "1"}), "51603"),
        ("trade/orders-algo-pending", json!({}), "50014"),
        ("trade/orders-algo-pending", json!({"ordType": "trigger,oco"}), "51000"),
        ("trade/orders-algo-history", json!({"ordType": "oco"}), "50015"),
        ("trade/orders-algo-history", json!({"ordType": "oco", "state": "live"}), "51000"),
    ] {
        assert_eq!(bench.call("GET", path, &query).err().as_deref(), Some(code), "{path} {query}");
    }
}

#[test]
fn amendments_have_their_own_refusals() {
    for (placed, change, code) in [
        (json!({}), json!({}), "51500"),
        (json!({}), json!({"newSlTriggerPx": "88000"}), "0"),
        (json!({}), json!({"newTpTriggerPx": "91000", "newTpOrdPx": "-1"}), "0"),
        (json!({}), json!({"newSlTriggerPx": "91000"}), "51280"),
        (json!({}), json!({"newSlTriggerPx": "0"}), "51531"),
        (json!({}), json!({"newSz": "0"}), "51000"),
        (json!({}), json!({"newSz": "1.001"}), "51121"),
        (json!({"instId": SPOT, "tdMode": "cash"}), json!({"newTpTriggerPx": "91000", "newTpOrdPx": "-1"}), "51526"),
        (json!({"sz": null, "closeFraction": "1", "reduceOnly": true}), json!({"newSz": "2"}), "51500"),
        (json!({"sz": null, "closeFraction": "1", "reduceOnly": true}), json!({"newSz": "2", "newSlTriggerPx": "88000"}), "51524"),
        (json!({"sz": null, "closeFraction": "1", "reduceOnly": true}), json!({"newSlOrdPx": "88000"}), "51523"),
        (json!({"ordType": "move_order_stop", "callbackRatio": "0.1"}), json!({"newSz": "2"}), "51506"),
        (json!({"ordType": "trigger", "triggerPx": "91000", "orderPx": "-1"}), json!({}), "51500"),
        (json!({"ordType": "trigger", "triggerPx": "91000", "orderPx": "-1"}), json!({"newTriggerPx": "89000", "newOrdPx": "88000"}), "0"),
    ] {
        let mut bench = Bench::new();
        bench.trade(SWAP, Side::Buy, "1", None);
        let id = bench.algo(&body(&placed));
        let mut change = change;
        change.as_object_mut().expect("an object").extend([("instId".to_owned(), json!(SWAP)), ("algoId".to_owned(), json!(id))]);
        let want = if code == "51500" && change.get("newSz").is_some() { "51524" } else { code };
        assert_eq!(bench.code("trade/amend-algos", &change), want, "{placed} {change}");
    }
}

#[test]
fn history_pages_backwards_by_state() {
    let mut bench = Bench::new();
    let ids: Vec<String> = (0..5).map(|_| bench.algo(&body(&json!({})))).collect();
    for id in &ids {
        bench.code("trade/cancel-algos", &json!([{"instId": SWAP, "algoId": id}]));
    }
    let mut list = |query: Value| -> Vec<String> {
        let rows = bench.call("GET", "trade/orders-algo-history", &query).expect("a list");
        rows.iter().map(|row| row.get("algoId").and_then(Value::as_str).expect("an id").to_owned()).collect()
    };
    let newest: Vec<String> = ids.iter().rev().cloned().collect();
    assert_eq!(list(json!({"ordType": "conditional", "state": "canceled"})), newest);
    let middle = ids.get(2).expect("five of them");
    assert_eq!(list(json!({"ordType": "conditional", "state": "canceled", "after": middle})), newest.get(3..).expect("two older"));
    assert_eq!(list(json!({"ordType": "conditional", "state": "canceled", "before": middle, "limit": "1"})), newest.get(..1).expect("one"));
    assert_eq!(list(json!({"ordType": "conditional", "state": "effective"})), Vec::<String>::new());
    assert_eq!(list(json!({"ordType": "conditional", "algoId": middle})), std::slice::from_ref(middle));
}
