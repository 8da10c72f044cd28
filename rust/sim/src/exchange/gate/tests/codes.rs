//! Trading section 15 from outside: where a code stands in an answer, and with which status.

use serde_json::{Value, json};

use super::{PEER, Rig};
use crate::exchange::io::{Input, MILLI, Output};

const SWAP: &str = "BTC-USDT-SWAP";

fn post(rig: &mut Rig, path: &str, body: &Value) -> (u16, Value) {
    rig.signed("POST", &format!("/api/v5/trade/{path}"), &body.to_string())
}

#[test]
fn codes_of_items_stand_in_items_and_codes_of_requests_on_top() {
    let order = |more: Value| {
        let mut body = json!({"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": "89000"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let by_id = json!({"instId": SWAP, "ordId": "1"});
    let amend = json!({"instId": SWAP, "ordId": "1", "newSz": "2"});
    let good = order(json!({}));
    // Path, body, status, code on top, code of the first item.
    for (path, body, status, top, item) in [
        ("order", good.clone(), 200, "0", "0"),
        ("order", order(json!({"sz": ""})), 200, "1", "50014"),
        ("order", order(json!({"side": "up"})), 200, "1", "51000"),
        ("order", order(json!({"instId": "X-Y"})), 200, "1", "51001"),
        ("order", order(json!({"tdMode": "cash"})), 200, "1", "51000"),
        ("order", order(json!({"sz": "1.001"})), 200, "1", "51121"),
        ("batch-orders", json!([good, order(json!({"sz": "1.001"}))]), 200, "2", "0"),
        ("batch-orders", json!([order(json!({"sz": "0.001"})), order(json!({"px": "99000"}))]), 200, "1", "51020"),
        ("batch-orders", Value::from(vec![good.clone(); 21]), 200, "51111", ""),
        ("amend-batch-orders", Value::from(vec![amend.clone(); 21]), 200, "51501", ""),
        ("cancel-batch-orders", Value::from(vec![by_id.clone(); 21]), 200, "51406", ""),
        ("cancel-order", by_id, 200, "1", "51400"),
        ("amend-order", amend, 200, "1", "51503"),
        ("close-position", json!({"instId": SWAP}), 400, "50014", ""),
        ("close-position", json!({"instId": SWAP, "mgnMode": "cash"}), 400, "51000", ""),
        ("cancel-all-after", json!({"timeOut": "5"}), 400, "51000", ""),
        ("order-precheck", good, 200, "51010", ""),
    ] {
        let mut rig = Rig::new(&json!({}));
        let (got, answer) = post(&mut rig, path, &body);
        let first = answer["data"][0]["sCode"].as_str().unwrap_or_default();
        assert_eq!((got, answer["code"].as_str(), first), (status, Some(top), item), "{path} {body}: {answer}");
    }
}

#[test]
fn an_unknown_order_is_asked_for_in_vain() {
    let mut rig = Rig::new(&json!({}));
    let (status, answer) = rig.signed("GET", &format!("/api/v5/trade/order?instId={SWAP}&ordId=1"), "");
    assert_eq!((status, answer), (200, json!({"code": "51603", "data": [], "msg": "Order does not exist"})));
    let (status, answer) = rig.signed("GET", "/api/v5/trade/order?ordId=1", "");
    assert_eq!((status, &answer["code"]), (400, &json!("50014")));
}

#[test]
fn a_deadline_can_pass_on_the_way() {
    // What a request takes to come, and its deadline: both from now.
    for (way_ms, deadline_ms, want) in [(0, -1, "50036"), (40, 20, "50037"), (40, 60, "1"), (0, 0, "1")] {
        let mut rig = Rig::new(&json!({"latency": {"inbound_us": way_ms * 1000}}));
        let mut request = rig.request("POST", "/api/v5/trade/order", r#"{"instId": "X-Y"}"#);
        let deadline = (rig.at / MILLI).cast_signed() + deadline_ms;
        request.headers.push(("exptime".into(), deadline.to_string()));
        rig.exchange.handle(rig.at, &Input::Http { conn: 1, peer: PEER, request });
        rig.advance(50 * MILLI);
        let outputs = rig.outputs();
        let [Output::Reply { body, .. }] = outputs.as_slice() else { panic!("one reply, got {outputs:?}") };
        let answer: Value = serde_json::from_slice(body).unwrap();
        assert_eq!(answer["code"], want, "{way_ms} {deadline_ms}: {answer}");
        assert!(rig.exchange.world().orders.all.is_empty());
    }
}

/// Disclaimers and features that nothing here asks for, and what else an exchange can be in the mood for.
#[test]
fn codes_without_a_cause_here_can_be_scripted() {
    for code in ["54092", "54109", "51119", "51127", "51131"] {
        let mut rig = Rig::new(&json!({"faults": [{"kind": "error", "endpoint": "trade/order", "code": code}]}));
        rig.advance(MILLI);
        let body = json!({"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": "89000"});
        let (_, answer) = post(&mut rig, "order", &body);
        assert!(answer["code"] == code || answer["data"][0]["sCode"] == code, "{code}: {answer}");
        assert_eq!(post(&mut rig, "order", &body).1["code"], "0", "once");
    }
}
