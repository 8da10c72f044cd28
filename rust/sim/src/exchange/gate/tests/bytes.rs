use proptest::prelude::*;
use serde_json::json;

use super::{PEER, Rig};
use crate::exchange::io::{HttpRequest, Input};

/// Texts that are near what is understood, so that they come further than noise does.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("login"),
        Just("subscribe"),
        Just("unsubscribe"),
        Just("order"),
        Just("dance"),
        Just("ping"),
        Just(""),
        Just("tickers"),
        Just("orders"),
        Just("ANY"),
        Just("BTC-USDT"),
        Just("{\"updateInterval\":\"0\"}"),
        Just("\u{0}\"\\"),
    ];
    let value = prop_oneof![
        word.clone().prop_map(|word| json!(word)),
        any::<i64>().prop_map(|n| json!(n)),
        any::<f64>().prop_map(|n| json!(n)),
        Just(json!(null)),
        Just(json!([])),
        Just(json!({})),
        Just(json!([[{}]])),
    ];
    let name = prop_oneof![
        Just("channel"),
        Just("instId"),
        Just("instType"),
        Just("uly"),
        Just("extraParams"),
        Just("apiKey"),
        Just("timestamp"),
        Just("x"),
    ];
    let arg = prop::collection::vec((name, value.clone()), 0..4)
        .prop_map(|fields| json!(fields.into_iter().collect::<std::collections::BTreeMap<_, _>>()));
    let args = prop_oneof![prop::collection::vec(prop_oneof![arg, value.clone()], 0..3).prop_map(|args| json!(args)), value.clone()];
    prop_oneof![(value, word, args).prop_map(|(id, op, args)| json!({"id": id, "op": op, "args": args}).to_string()), ".*",]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_of_a_stranger_change_anything(
        method in prop_oneof![Just("GET"), Just("POST"), Just("PUT"), Just("")],
        target in prop_oneof![
            "/api/v5/(trade/order|account/balance|public/instruments|sprd/order)(\\?[a-zA-Z=&%]{0,20})?", ".*", Just("/ws/v5/public".to_owned()),
        ],
        headers in prop::collection::vec(("(ok-access-[a-z]{3,10}|upgrade|content-type|exptime)", ".{0,40}"), 0..6),
        body in prop_oneof![prop::collection::vec(any::<u8>(), 0..200), text().prop_map(String::into_bytes)],
        texts in prop::collection::vec(prop_oneof![text().prop_map(String::into_bytes), prop::collection::vec(any::<u8>(), 0..100)], 0..6),
    ) {
        let mut rig = Rig::new(&json!({}));
        rig.open(10, "private");
        let before = rig.dump();
        let request = HttpRequest { method: method.to_owned(), target, headers, body };
        rig.exchange.handle(rig.at, &Input::Http { conn: 1, peer: PEER, request });
        for text in texts {
            rig.exchange.handle(rig.at, &Input::Text { conn: 10, text });
        }
        rig.exchange.handle(rig.at, &Input::Binary { conn: 10 });
        rig.outputs();
        prop_assert_eq!(before, rig.dump());
    }
}
