//! Corners where money or orders could get lost.

use okx_fast_sim::exchange::config::Config;
use serde_json::{Value, json};

use crate::bench::{Bench, SPOT, SWAP, config};

/// One account of the key `one` as given, and a rich one of the key `two`.
fn against(one: &Value) -> Bench {
    let key = |key: &str| json!([{"apiKey": key, "secretKey": "sim-secret", "passphrase": "sim-pass", "perm": "read_only,trade"}]);
    let mut first = json!({"label": "main", "keys": key("one")});
    first.as_object_mut().unwrap().extend(one.as_object().unwrap().clone());
    let other = json!({"label": "other", "balances": {"USDT": "10000000", "BTC": "100"}, "keys": key("two")});
    let given = json!({"clock": "virtual", "limits": 0, "accounts": [first, other]});
    let given = Config::from_json(&given.to_string()).unwrap();
    Bench::new(Config { house: config(false).house, ..given })
}

fn code(reply: &Value) -> String {
    reply["data"][0]["sCode"].as_str().or(reply["code"].as_str()).unwrap().to_owned()
}

fn option(bench: &Bench) -> String {
    let world = bench.exchange.world();
    world.instruments.iter().find(|inst| inst.strike.is_some()).unwrap().inst_id.clone()
}

#[test]
fn a_fee_in_quote_is_set_aside_with_the_price() {
    for (kind, sz, px, extra) in
        [("limit", "0.1", "90000", json!({})), ("market", "9000", "", json!({})), ("market", "0.1", "", json!({"tgtCcy": "base_ccy"}))]
    {
        let mut bench = against(&json!({"acctLv": "1", "balances": {"USDT": "9000"}}));
        bench.post("one", "account/set-fee-type", &json!({"feeType": "1"}));
        bench.order("two", SPOT, "sell", "limit", "1", "90000", &Value::Null);
        let mut body = json!({"instId": SPOT, "tdMode": "cash", "side": "buy", "ordType": kind, "sz": sz, "px": px});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let reply = bench.rest("one", "POST", "trade/order", &body);
        println!("{body} {reply}");
        let cash: f64 = bench.cash("one", "USDT").parse().unwrap();
        assert!(cash >= 0.0, "{kind} {extra}: {cash}");
    }
}

#[test]
fn a_leverage_that_is_refused_changes_nothing() {
    let mut bench = against(&json!({"balances": {"USDT": "1100"}}));
    bench.order("two", SWAP, "sell", "limit", "10", "90000", &Value::Null);
    bench.order("one", SWAP, "buy", "limit", "10", "90000", &json!({"tdMode": "isolated"}));
    let look = |bench: &mut Bench| {
        (bench.cash("one", "USDT"), bench.get("one", "account/positions")[0]["margin"].clone(), bench.get("one", "account/bills").len())
    };
    let before = look(&mut bench);
    let reply = bench.rest("one", "POST", "account/set-leverage", &json!({"instId": SWAP, "lever": "2", "mgnMode": "isolated"}));
    assert_eq!(code(&reply), "59108", "{reply}");
    assert_eq!(look(&mut bench), before);
    let info = bench.get("one", &format!("account/leverage-info?instId={SWAP}&mgnMode=isolated"));
    assert_eq!(info[0]["lever"], "10");
}

#[test]
fn a_leverage_waits_for_the_open_orders() {
    for (mode, want) in [("cross", "59107"), ("isolated", "59101")] {
        let mut bench = against(&json!({"balances": {"USDT": "1100"}}));
        let id = bench.order("one", SWAP, "buy", "limit", "10", "90000", &json!({"tdMode": mode}));
        let reply = bench.rest("one", "POST", "account/set-leverage", &json!({"instId": SWAP, "lever": "2", "mgnMode": mode}));
        assert_eq!(code(&reply), want, "{mode}: {reply}");
        let row = bench.get("one", &format!("trade/order?instId={SWAP}&ordId={id}")).remove(0);
        assert_eq!(row["lever"], "10", "{mode}");
        bench.post("one", "trade/cancel-order", &json!({"instId": SWAP, "ordId": id}));
    }
}

#[test]
fn spot_mode_never_sells_options_short() {
    let mut bench = against(&json!({"acctLv": "1", "balances": {"USDT": "1000", "BTC": "1"}}));
    let option = option(&bench);
    bench.order("two", &option, "sell", "limit", "10", "0.01", &Value::Null);
    bench.order("one", &option, "buy", "limit", "10", "0.01", &json!({"tdMode": "cash"}));
    bench.order("one", &option, "sell", "limit", "10", "0.05", &json!({"tdMode": "cash"}));
    let more = json!({"instId": option, "tdMode": "cash", "side": "sell", "ordType": "limit", "sz": "10", "px": "0.05"});
    let reply = bench.rest("one", "POST", "trade/order", &more);
    assert_eq!(code(&reply), "51018", "{reply}");
    let id = bench.get("one", "trade/orders-pending")[0]["ordId"].clone();
    let reply = bench.rest("one", "POST", "trade/amend-order", &json!({"instId": option, "ordId": id, "newSz": "20"}));
    assert_ne!(code(&reply), "0", "{reply}");
}

#[test]
fn a_short_option_of_isolated_margin_lives() {
    let mut bench = against(&json!({"balances": {"USDT": "1000", "BTC": "1"}}));
    let option = option(&bench);
    bench.order("two", &option, "buy", "limit", "10", "0.01", &Value::Null);
    bench.order("one", &option, "sell", "limit", "10", "0.01", &json!({"tdMode": "isolated"}));
    bench.pass(5_000);
    let row = bench.get("one", "account/positions").remove(0);
    println!("{row}");
    assert_eq!(row["pos"], "-10", "{row}");
    println!("{:?}", bench.get("one", "account/balance"));
    bench.adds_up();
}

#[test]
fn what_backs_positions_in_other_coins_cannot_be_taken_out() {
    let mut bench = against(&json!({"acctLv": "3", "balances": {"USDT": "10000"}}));
    bench.post("one", "account/set-leverage", &json!({"instId": "BTC-USD-SWAP", "lever": "10", "mgnMode": "cross"}));
    bench.order("two", "BTC-USD-SWAP", "sell", "limit", "500", "90000", &Value::Null);
    bench.order("one", "BTC-USD-SWAP", "buy", "limit", "500", "90000", &json!({}));
    let reply = bench.rest("one", "POST", "asset/transfer", &json!({"ccy": "USDT", "amt": "9000", "from": "18", "to": "6"}));
    assert_eq!(reply["code"], "58350", "{reply}");
    let most = bench.get("one", "account/max-withdrawal?ccy=USDT");
    println!("{most:?}");
    let most: f64 = most[0]["maxWd"].as_str().unwrap().parse().unwrap();
    assert!((4_000.0..5_100.0).contains(&most), "{most}");
}

#[test]
fn the_position_mode_waits_for_algo_orders() {
    let mut bench = against(&json!({"balances": {"USDT": "10000"}}));
    bench.order("two", SWAP, "sell", "limit", "1", "90000", &Value::Null);
    bench.order("one", SWAP, "buy", "limit", "1", "90000", &json!({}));
    bench.order("two", SWAP, "buy", "limit", "1", "90000", &Value::Null);
    bench.order("one", SWAP, "sell", "limit", "1", "90000", &json!({}));
    let algo =
        json!({"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "trigger", "sz": "1", "triggerPx": "91000", "orderPx": "-1"});
    bench.post("one", "trade/order-algo", &algo);
    let reply = bench.rest("one", "POST", "account/set-position-mode", &json!({"posMode": "long_short_mode"}));
    assert_eq!(reply["code"], "59000", "{reply}");
}

#[test]
fn a_list_of_cancellations_with_a_hole_cancels_nothing() {
    let mut bench = against(&json!({"balances": {"USDT": "10000"}}));
    bench.order("two", SWAP, "sell", "limit", "1", "90000", &Value::Null);
    bench.order("two", SWAP, "buy", "limit", "1", "89999", &Value::Null);
    bench.order("one", SWAP, "buy", "limit", "1", "90000", &json!({}));
    let algo =
        json!({"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "trigger", "sz": "1", "triggerPx": "91000", "orderPx": "-1"});
    let id = bench.post("one", "trade/order-algo", &algo)["algoId"].clone();
    let reply = bench.rest("one", "POST", "trade/cancel-algos", &json!([{"instId": SWAP, "algoId": id}, {"algoId": id}]));
    assert_eq!(reply["code"], "50014", "{reply}");
    assert_eq!(bench.get("one", "trade/orders-algo-pending?ordType=trigger").len(), 1);
}
