use serde_json::{Value, json};

use super::{Rig, texts};
use crate::exchange::io::{MILLI, SECOND};

fn code_of(rig: &Rig, inst_id: &str) -> u32 {
    rig.exchange.world().find_inst(inst_id).and_then(|inst| inst.code).unwrap()
}

fn order(rig: &Rig, id: &str, px: &str) -> Value {
    let order = json!({"instIdCode": code_of(rig, "BTC-USDT"), "tdMode": "cash", "side": "buy", "ordType": "limit", "px": px, "sz": "0.01", "clOrdId": id});
    json!({"id": id, "op": "order", "args": [order]})
}

#[test]
fn an_order_is_answered_first_and_then_pushed() {
    let mut rig = Rig::new(&json!({}));
    rig.private(10);
    rig.private(11);
    for arg in [json!({"channel": "orders", "instType": "ANY"}), json!({"channel": "account"})] {
        rig.ask(11, &json!({"op": "subscribe", "args": [arg]}));
    }
    let outputs = rig.say(10, &order(&rig, "a1", "1000").to_string());
    let (answer, pushed) = (texts(&outputs, 10), texts(&outputs, 11));
    assert_eq!((answer.len(), &answer[0]["code"], &answer[0]["data"][0]["sCode"]), (1, &json!("0"), &json!("0")), "{answer:?}");
    assert_eq!((pushed.len(), &pushed[0]["data"][0]["state"]), (1, &json!("live")), "{pushed:?}");
    assert_eq!(texts(&outputs[..1], 10).len(), 1, "the answer comes first");
    assert_eq!(pushed[0]["data"][0]["ordId"], answer[0]["data"][0]["ordId"]);
    rig.advance(60 * MILLI);
    let pushed = texts(&rig.outputs(), 11);
    assert!(pushed.iter().any(|push| push["arg"]["channel"] == "account" && push["eventType"] == "event_update"), "{pushed:?}");
    rig.advance(5 * SECOND);
    let pushed = texts(&rig.outputs(), 11);
    assert!(pushed.iter().any(|push| push["arg"]["channel"] == "account" && push["eventType"] == "snapshot"), "{pushed:?}");
    let (_, body) = rig.signed("GET", "/api/v5/trade/orders-pending", "");
    assert_eq!(body["data"][0]["clOrdId"], "a1", "{body}");
}

#[test]
fn the_sixty_first_order_in_two_seconds_is_too_many() {
    let mut rig = Rig::new(&json!({}));
    rig.private(10);
    let codes = (0..61).map(|n| rig.ask(10, &order(&rig, &format!("a{n}"), "1000"))[0]["code"].clone()).collect::<Vec<_>>();
    assert!(codes[..60].iter().all(|code| *code == "0"), "{codes:?}");
    assert_eq!(codes[60], "50011");
    let body = json!([{"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "1000", "sz": "0.01"}]);
    let (status, _) = rig.signed("POST", "/api/v5/trade/batch-orders", &body.to_string());
    assert_eq!(status, 429, "REST and WebSocket count together, a batch of one as a single order");
}
