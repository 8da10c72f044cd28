//! When each kind goes, and what it does then.

use serde_json::{Value, json};

use super::{Bench, SPOT, SWAP, d};
use crate::exchange::algo;
use crate::exchange::order::{PosSide, Side};

#[test]
fn tp_sl_and_triggers_go_when_the_price_reaches_them() {
    // kind, side, fields, a price that leaves it waiting, one that sets it off, which side went
    for (kind, side, fields, near, far, went) in [
        ("conditional", "sell", json!({"tpTriggerPx": "90500", "tpOrdPx": "-1"}), "90499.9", "90500", "tp"),
        ("conditional", "sell", json!({"slTriggerPx": "89500", "slOrdPx": "-1"}), "89500.1", "89500", "sl"),
        ("conditional", "buy", json!({"tpTriggerPx": "89500", "tpOrdPx": "-1"}), "89500.1", "89400", "tp"),
        ("conditional", "buy", json!({"slTriggerPx": "90500", "slOrdPx": "-1"}), "90499.9", "90500.3", "sl"),
        // Both on a one-way order: the take-profit is nobody's business.
        (
            "conditional",
            "sell",
            json!({"tpTriggerPx": "80000", "tpOrdPx": "-1", "slTriggerPx": "89500", "slOrdPx": "-1"}),
            "91000",
            "89500",
            "sl",
        ),
        (
            "oco",
            "sell",
            json!({"tpTriggerPx": "90500", "tpOrdPx": "-1", "slTriggerPx": "89500", "slOrdPx": "-1"}),
            "90499.9",
            "90501",
            "tp",
        ),
        ("oco", "buy", json!({"tpTriggerPx": "89500", "tpOrdPx": "-1", "slTriggerPx": "90500", "slOrdPx": "-1"}), "89600", "90500", "sl"),
        ("trigger", "buy", json!({"triggerPx": "90500", "orderPx": "-1"}), "90400", "90500", ""),
        ("trigger", "buy", json!({"triggerPx": "89500", "orderPx": "-1"}), "91000", "89500", ""),
        ("trigger", "sell", json!({"triggerPx": "90500", "orderPx": "-1"}), "89000", "90600", ""),
    ] {
        let mut bench = Bench::new();
        let mut body = json!({"instId": SWAP, "tdMode": "cross", "side": side, "ordType": kind, "sz": "1"});
        body.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
        let id = bench.algo(&body);
        bench.last(near);
        assert_eq!(bench.state(&id), "live", "{body} at {near}");
        bench.last(far);
        assert_eq!(bench.state(&id), "effective", "{body} at {far}");
        assert_eq!(bench.field(&id, "actualSide"), went, "{body}");
        assert_eq!(bench.field(&id, "actualSz"), "1");
        assert!(!bench.field(&id, "ordId").is_empty() && !bench.field(&id, "triggerTime").is_empty());
        let sign = if side == "buy" { d("1") } else { d("-1") };
        assert_eq!(bench.position(SWAP), sign, "{body}");
        bench.last(near);
        assert_eq!(bench.position(SWAP), sign, "it goes once");
    }
}

/// A side, the callback, prices and the trigger prices they lead to.
type Walk<'a> = (&'a str, Value, &'a [(&'a str, &'a str)]);

#[test]
fn trailing_stops_follow_and_turn() {
    // side, fields, then prices with the trigger price shown after each; the last one sets it off
    let cases: [Walk<'_>; 4] = [
        ("sell", json!({"callbackSpread": "200"}), &[("90000", "89800"), ("90300", "90100"), ("90200", "90100"), ("90100", "")]),
        ("sell", json!({"callbackRatio": "0.01"}), &[("90000", "89100"), ("91000", "90090"), ("90000", "")]),
        ("buy", json!({"callbackSpread": "100"}), &[("90000", "90100"), ("89000", "89100"), ("89100", "")]),
        ("sell", json!({"callbackSpread": "100", "activePx": "90500"}), &[("90400", ""), ("89000", ""), ("90500", "90400"), ("90400", "")]),
    ];
    for (side, fields, prices) in cases {
        let mut bench = Bench::new();
        let mut body = json!({"instId": SWAP, "tdMode": "cross", "side": side, "ordType": "move_order_stop", "sz": "1"});
        body.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
        let id = bench.algo(&body);
        for (at, (px, trigger)) in prices.iter().enumerate() {
            bench.last(px);
            let last = at + 1 == prices.len();
            assert_eq!(bench.state(&id), if last { "effective" } else { "live" }, "{body} at {px}");
            if !last {
                assert_eq!(bench.field(&id, "moveTriggerPx"), *trigger, "{body} at {px}");
            }
        }
    }
}

#[test]
fn the_child_says_where_it_comes_from() {
    for (kind, fields, source) in [
        ("conditional", json!({"slTriggerPx": "89500", "slOrdPx": "89400"}), "7"),
        ("trigger", json!({"triggerPx": "89500", "orderPx": "89400"}), "6"),
        ("move_order_stop", json!({"callbackSpread": "100"}), "25"),
    ] {
        let mut bench = Bench::new();
        let mut body =
            json!({"instId": SWAP, "tdMode": "cross", "side": "sell", "ordType": kind, "sz": "1", "algoClOrdId": "mine7", "tag": "t"});
        body.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
        let id = bench.algo(&body);
        bench.last("89000");
        let child: u64 = bench.field(&id, "ordId").parse().expect("an id");
        let order = bench.world.order(child).expect("the child").clone();
        assert_eq!(order.source, source);
        assert_eq!(order.algo, Some((id.parse().expect("a number"), "mine7".to_owned())));
        assert_eq!(order.tag, "t");
    }
}

#[test]
fn what_cannot_be_placed_leaves_its_code() {
    let mut bench = Bench::new();
    let far = bench.algo(&json!({"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "trigger", "sz": "20000", "triggerPx": "90500", "orderPx": "90400"}));
    let reduce = bench.algo(
        &json!({"instId": SWAP, "tdMode": "cross", "side": "sell", "ordType": "conditional", "sz": "1", "slTriggerPx": "89500", "slOrdPx": "-1", "reduceOnly": true}),
    );
    bench.last("90500");
    bench.last("89500");
    for (id, code) in [(far, "51008"), (reduce, "51169")] {
        assert_eq!((bench.state(&id).as_str(), bench.field(&id, "failCode").as_str()), ("order_failed", code));
        assert_eq!(bench.field(&id, "ordId"), "");
    }
}

#[test]
fn a_spot_trigger_makes_do_with_what_there_is() {
    let mut bench = Bench::new();
    let id = bench.algo(
        &json!({"instId": SPOT, "tdMode": "cash", "side": "sell", "ordType": "trigger", "sz": "3", "triggerPx": "89500", "orderPx": "-1"}),
    );
    bench.last("89500");
    assert_eq!((bench.state(&id).as_str(), bench.field(&id, "actualSz").as_str()), ("effective", "2"));
}

#[test]
fn a_stop_that_closes_all_closes_what_there_is_then() {
    let mut bench = Bench::new();
    bench.trade(SWAP, Side::Buy, "2", None);
    let body = json!({"instId": SWAP, "tdMode": "cross", "side": "sell", "ordType": "conditional", "closeFraction": "1", "reduceOnly": "true",
        "slTriggerPx": "89500", "slOrdPx": "-1"});
    let id = bench.algo(&body);
    assert_eq!(bench.code("trade/order-algo", &body), "51088");
    assert_eq!((bench.field(&id, "closeFraction").as_str(), bench.field(&id, "sz").as_str()), ("1", ""));
    bench.trade(SWAP, Side::Buy, "3", None);
    bench.last("89500");
    assert_eq!((bench.position(SWAP), bench.state(&id).as_str(), bench.field(&id, "actualSz").as_str()), (d("0"), "effective", "5"));
}

#[test]
fn a_position_that_goes_takes_its_stops_along() {
    let mut bench = Bench::with("2", "long_short_mode");
    bench.trade(SWAP, Side::Buy, "1", Some(PosSide::Long));
    let stop = |bound: bool| {
        json!({"instId": SWAP, "tdMode": "cross", "side": "sell", "posSide": "long", "ordType": "conditional", "sz": "1",
        "slTriggerPx": "89500", "slOrdPx": "-1", "cxlOnClosePos": bound})
    };
    let (bound, free) = (bench.algo(&stop(true)), bench.algo(&stop(false)));
    bench.trade(SWAP, Side::Sell, "1", Some(PosSide::Long));
    let inst = bench.inst(SWAP);
    algo::position_closed(&mut bench.world, bench.acct, inst);
    assert_eq!((bench.state(&bound).as_str(), bench.state(&free).as_str()), ("canceled", "live"));
}

#[test]
fn a_limit_take_profit_rests_and_the_stop_takes_it_out() {
    for (px, want, source) in [("89500", "effective", "36"), ("90600", "canceled", "")] {
        let mut bench = Bench::new();
        bench.trade(SWAP, Side::Buy, "1", None);
        let id = bench.algo(&json!({"instId": SWAP, "tdMode": "cross", "side": "sell", "ordType": "oco", "sz": "1", "reduceOnly": true,
            "cxlOnClosePos": true, "tpOrdKind": "limit", "tpOrdPx": "90500", "slTriggerPx": "89500", "slOrdPx": "-1"}));
        let row = bench.row(&id);
        let tp: u64 = row.pointer("/linkedOrd/ordId").and_then(Value::as_str).and_then(|id| id.parse().ok()).expect("the resting order");
        assert!(algo::is_tp_limit(&bench.world, tp));
        assert_eq!(algo::linked_algo(&bench.world, tp).map(|id| id.to_string()), Some(id.clone()));
        bench.last(px);
        assert_eq!(bench.state(&id), want, "at {px}");
        assert_eq!(bench.world.order(tp).expect("it stays in history").cancel_source, source);
        assert_eq!(bench.position(SWAP), d("0"));
    }
}

#[test]
fn nothing_waits_on_an_instrument_that_is_no_more() {
    let mut bench = Bench::new();
    let id = bench.algo(
        &json!({"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "trigger", "sz": "1", "triggerPx": "90500", "orderPx": "-1"}),
    );
    let inst = bench.inst(SWAP);
    bench.world.inst_mut(inst).state = "expired".into();
    algo::run(&mut bench.world);
    assert_eq!(bench.state(&id), "canceled");
}

#[test]
fn pushes_tell_the_life_of_an_order() {
    let mut bench = Bench::new();
    bench.pushed("", "");
    let body =
        json!({"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "trigger", "sz": "1", "triggerPx": "90500", "orderPx": "-1"});
    let id = bench.algo(&body);
    assert_eq!(bench.pushed("orders-algo", ""), ["live"]);
    assert_eq!(bench.code("trade/amend-algos", &json!({"instId": SWAP, "algoId": id, "newSz": "2", "reqId": "r1"})), "0");
    assert_eq!(bench.pushed("orders-algo", "reqId"), ["live r1"]);
    bench.last("90500");
    assert_eq!(bench.pushed("orders-algo", "actualSz"), ["effective 2"]);
    let gone = bench.algo(
        &body
            .as_object()
            .map(|body| {
                let mut body = body.clone();
                body.insert("triggerPx".into(), json!("91000"));
                Value::Object(body)
            })
            .expect("an object"),
    );
    bench.pushed("", "");
    assert_eq!(bench.code("trade/cancel-algos", &json!([{"instId": SWAP, "algoId": gone}])), "0");
    assert_eq!(bench.pushed("orders-algo", ""), ["canceled"]);
    let trailing = bench.algo(
        &json!({"instId": SWAP, "tdMode": "cross", "side": "sell", "ordType": "move_order_stop", "sz": "1", "callbackRatio": "0.05"}),
    );
    assert_eq!(bench.pushed("algo-advance", ""), ["live"]);
    assert_eq!(bench.code("trade/cancel-advance-algos", &json!([{"instId": SWAP, "algoId": trailing}])), "0");
    assert_eq!(bench.pushed("algo-advance", ""), ["canceled"]);
}

#[test]
fn slices_go_by_the_clock_and_stop_at_the_limit() {
    let mut bench = Bench::new();
    let id = bench.algo(&json!({"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "twap", "sz": "3", "szLimit": "1",
        "pxLimit": "90200", "pxSpread": "10", "timeInterval": "10"}));
    let mut seen = Vec::new();
    for px in ["90000", "91000", "90100", "90100"] {
        bench.last(px);
        algo::run(&mut bench.world);
        let row = bench.row(&id);
        let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        seen.push(format!("{} {}", text("state"), text("actualSz")));
        bench.world.now = algo::next(&bench.world).unwrap_or(bench.world.now);
    }
    assert_eq!(seen, ["partially_effective 1", "pause 1", "partially_effective 2", "effective 3"]);
    assert_eq!(algo::next(&bench.world), None);
}

#[test]
fn a_chased_order_follows_the_best_price_until_it_is_too_far() {
    let mut bench = Bench::new();
    let id = bench.algo(&json!({"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "chase", "sz": "1",
        "maxChaseType": "distance", "maxChaseVal": "300"}));
    let resting = |bench: &mut Bench| bench.field(&id, "actualPx");
    assert_eq!(resting(&mut bench), "89999.9");
    bench.last("90200");
    bench.world.now = algo::next(&bench.world).expect("it looks again");
    algo::run(&mut bench.world);
    assert_eq!((resting(&mut bench).as_str(), bench.state(&id).as_str()), ("90199.9", "live"));
    bench.last("90400");
    bench.world.now = algo::next(&bench.world).expect("it looks again");
    algo::run(&mut bench.world);
    assert_eq!(bench.state(&id), "canceled");
    let child = bench.field(&id, "ordId").parse().expect("an id");
    assert_eq!(bench.world.order(child).expect("the child").cancel_source, "42");
}
