//! The admin port: its routes, its errors, and the state it writes down and reads back.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

mod rig;

use okx_fast_sim::exchange::io::Output;
use rig::{Rig, SPOT};
use serde_json::{Value, json};

const SWAP: &str = "BTC-USDT-SWAP";

#[test]
fn every_route_answers() {
    let mut rig = Rig::quiet();
    rig.place("a1", "20000", "0.03");
    rig.place("a2", "20000", "0.03");
    let (first, second) = (rig.ord_id("a1"), rig.ord_id("a2"));
    let dated = rig.exchange.world().instruments.iter().find(|i| i.inst_type.name() == "FUTURES").unwrap().inst_id.clone();
    let state = rig.done("GET", "/state", &Value::Null);
    for (method, path, body) in [
        ("GET", "/health".to_owned(), Value::Null),
        ("GET", "/metrics".into(), Value::Null),
        ("GET", "/coverage".into(), Value::Null),
        ("GET", "/log?after=1".into(), Value::Null),
        ("GET", "/clock".into(), Value::Null),
        ("GET", "/invariants".into(), Value::Null),
        ("GET", "/accounts".into(), Value::Null),
        ("GET", "/accounts/main".into(), Value::Null),
        ("GET", format!("/market/{SPOT}"), Value::Null),
        ("GET", "/faults".into(), Value::Null),
        ("POST", "/clock".into(), json!({"advance_ms": 1.5})),
        ("POST", "/accounts".into(), json!({"label": "second", "balances": {"USDT": "5"}})),
        ("POST", "/accounts/second/balance".into(), json!({"ccy": "ETH", "amount": "3"})),
        ("POST", "/accounts/second/balance".into(), json!({"ccy": "ETH", "amount": 1, "funding": true})),
        ("POST", format!("/market/{SPOT}"), json!({"px": "61000", "index": "61000", "mark": "61001", "house": false})),
        ("POST", format!("/market/{SPOT}"), json!({"index": "", "mark": "", "house": true})),
        ("POST", format!("/market/{SWAP}"), json!({"funding_rate": "0.0003"})),
        ("POST", format!("/instrument/{SPOT}"), json!({"state": "suspend"})),
        ("POST", format!("/instrument/{SPOT}"), json!({"state": "live", "tickSz": "0.5"})),
        ("POST", format!("/order/{first}/fill"), json!({"sz": "0.01"})),
        ("POST", format!("/order/{first}/fill"), Value::Null),
        ("POST", format!("/order/{second}/cancel"), json!({"cancelSource": "4"})),
        ("POST", format!("/funding/{SWAP}"), json!({"rate": "0.0001"})),
        ("POST", format!("/deliver/{dated}"), Value::Null),
        ("POST", "/status".into(), json!({"title": "t", "state": "scheduled"})),
        ("POST", "/faults".into(), json!({"kind": "book_gap"})),
        ("DELETE", "/faults/1".into(), Value::Null),
        ("DELETE", "/faults".into(), Value::Null),
        ("POST", "/state".into(), state),
    ] {
        let (status, answer) = rig.admin(method, &path, &body);
        assert_eq!(status, 200, "{method} {path}: {answer}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    let mut rig = Rig::quiet();
    for (method, path, body, status, says) in [
        ("GET", "/nothing", Value::Null, 404, "GET /nothing: no such path"),
        ("GET", "/", Value::Null, 404, "no such path"),
        ("GET", "/api/v5/public/time", Value::Null, 404, "no such path"),
        ("PUT", "/faults", Value::Null, 405, "PUT: there are GET, POST and DELETE"),
        ("GET", "/log?after=x", Value::Null, 400, "after: expected a number"),
        ("GET", "/accounts/nobody", Value::Null, 404, "no account nobody"),
        ("POST", "/accounts", json!({"label": "main"}), 400, "label"),
        ("POST", "/accounts", json!({"lable": "x"}), 400, "lable"),
        ("POST", "/accounts/main/balance", json!({"amount": "5"}), 400, "ccy: expected a currency"),
        ("POST", "/accounts/main/balance", json!({"ccy": "BTC", "amount": "-5"}), 400, "cannot be"),
        ("POST", "/accounts/main/balance", json!({"ccy": "BTC", "amount": "x"}), 400, "amount: expected a decimal, got x"),
        ("POST", "/accounts/main/balance", json!({"ccy": "BTC", "amount": "5", "fund": true}), 400, "fund: no such field"),
        ("POST", "/market/NO-SUCH", json!({"px": "5"}), 404, "no instrument NO-SUCH"),
        ("POST", "/market/BTC-USDT", json!({"px": "0"}), 400, "px: expected a decimal above 0"),
        ("POST", "/market/BTC-USDT", json!({"funding_rate": "0.1"}), 400, "funding_rate: only a swap has one"),
        ("POST", "/instrument/BTC-USDT", json!({"state": "sick"}), 400, "state must be one of"),
        ("POST", "/instrument/BTC-USDT", json!({"colour": "red"}), 400, "colour"),
        ("POST", "/order/5/fill", Value::Null, 404, "5: no open order of an account"),
        ("POST", "/order/x/cancel", Value::Null, 400, "x: expected an ordId"),
        ("POST", "/funding/BTC-USDT", Value::Null, 400, "has no funding"),
        ("POST", "/deliver/BTC-USDT", Value::Null, 400, "is not delivered"),
        ("POST", "/liquidate/main/BTC-USDT-SWAP", Value::Null, 400, ""),
        ("POST", "/status", json!({"state": "sick"}), 400, "state must be one of"),
        ("POST", "/clock", json!({"advance_ms": -5}), 400, "advance_ms: expected milliseconds"),
        ("POST", "/clock", json!({}), 400, "advance_ms: expected milliseconds"),
        ("POST", "/state", json!({"version": 1}), 400, "world: expected the state"),
        ("POST", "/state", json!({"version": 1, "world": {}}), 400, "world: missing field"),
        ("POST", "/state", json!({}), 400, "version: expected 1"),
        ("POST", "/faults", json!({"kind": "measles"}), 400, "no such fault: measles"),
        ("DELETE", "/faults/77", Value::Null, 404, "no fault of that number"),
        ("DELETE", "/faults/x", Value::Null, 400, "expected the number of a fault"),
    ] {
        let (got, answer) = rig.admin(method, path, &body);
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(got == status && error.contains(says), "{method} {path} {body}: {got} {answer}");
    }
    let mut real = Rig::new(&json!({"clock": "real", "house": {"enabled": false}}));
    let (status, answer) = real.admin("POST", "/clock", &json!({"advance_ms": 5}));
    assert!(status == 400 && answer["error"].as_str().unwrap().contains("virtual"), "{answer}");
}

#[test]
fn a_dump_read_back_and_dumped_again_is_the_same() {
    let mut rig = Rig::new(&json!({}));
    rig.place("a1", "20000", "0.03");
    let swap = json!({"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "market", "sz": "3", "clOrdId": "s1"});
    rig.ask("POST", "/api/v5/trade/order", &swap);
    rig.fault(&json!({"kind": "book_gap", "at_ms": 100_000}));
    rig.fault(&json!({"kind": "clock_skew", "ms": 1_000}));
    rig.run(5_000);
    let dump = rig.done("GET", "/state", &Value::Null);
    rig.done("POST", "/state", &dump);
    assert_eq!(rig.done("GET", "/state", &Value::Null), dump);
    assert_eq!(rig.done("GET", "/invariants", &Value::Null)["ok"], true);
}

#[test]
fn what_follows_a_restored_state_is_what_followed_before() {
    let mut rig = Rig::new(&json!({}));
    rig.place("a1", "20000", "0.03");
    rig.run(1_000);
    let dump = rig.done("GET", "/state", &Value::Null);
    rig.run(3_000);
    let once = rig.done("GET", "/state", &Value::Null);
    rig.done("POST", "/state", &dump);
    rig.run(3_000);
    assert_eq!(rig.done("GET", "/state", &Value::Null)["world"], once["world"]);
    // Another exchange goes on from there just as well.
    let mut other = Rig::new(&json!({"seed": 9}));
    other.done("POST", "/state", &dump);
    other.run(3_000);
    assert_eq!(other.done("GET", "/state", &Value::Null)["world"], once["world"]);
}

#[test]
fn sockets_are_closed_when_a_state_comes_back() {
    let mut rig = Rig::new(&json!({}));
    rig.private(20);
    let dump = rig.done("GET", "/state", &Value::Null);
    rig.place("a1", "20000", "0.03");
    rig.outputs();
    rig.done("POST", "/state", &dump);
    let closed = Output::Close { conn: 20, code: 4006, reason: "State restored".into() };
    assert!(rig.outputs().contains(&closed));
    assert_eq!(rig.order("a1"), Value::Null);
    rig.private(21);
    rig.subscribe(21, &json!({"channel": "orders", "instType": "ANY"}));
    rig.place("a1", "20000", "0.03");
    assert_eq!(rig.texts(21).last().unwrap()["data"][0]["state"], "live");
}

#[test]
fn the_clock_runs_what_is_due_on_its_way() {
    let mut rig = Rig::new(&json!({}));
    rig.open(10, "public");
    rig.subscribe(10, &json!({"channel": "books", "instId": SPOT}));
    rig.outputs();
    let before = rig.now();
    let clock = rig.done("POST", "/clock", &json!({"advance_ms": 2_000}));
    assert_eq!(clock["now_ms"], (before / 1_000_000) + 2_000);
    let frames = rig.texts(10);
    assert!(frames.len() >= 15, "{} frames came out at once", frames.len());
}

#[test]
fn the_log_tells_who_asked_what_and_what_came_back() {
    let mut rig = Rig::quiet();
    rig.private(20);
    rig.subscribe(20, &json!({"channel": "orders", "instType": "ANY"}));
    rig.place("a1", "20000", "0.03");
    rig.ask("GET", "/api/v5/no/such", &Value::Null);
    let log = rig.done("GET", "/log?after=0", &Value::Null);
    let rows: Vec<String> = log["log"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {} {} {} {}", row["kind"], row["name"], row["account"], row["status"], row["code"]).replace('"', ""))
        .collect();
    assert_eq!(
        rows,
        [
            "connect connect private  101 ",
            "login login main null 0",
            "subscribe subscribe orders main null ",
            "rest trade/order main 200 0",
            "rest no/such  404 ",
        ]
    );
    assert!(!log.to_string().contains("sim-pass") && !log.to_string().contains("sim-secret"));
    let metrics = rig.done("GET", "/metrics", &Value::Null);
    assert_eq!(
        (&metrics["requests"]["trade/order"], &metrics["pushes"]["orders"], &metrics["connects"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!(metrics["sockets"][0]["account"], "main");
}

#[test]
fn an_account_shows_what_it_has() {
    let mut rig = Rig::quiet();
    rig.done("POST", "/accounts/main/balance", &json!({"ccy": "USDT", "amount": "70000"}));
    rig.place("a1", "20000", "0.03");
    let account = rig.done("GET", "/accounts/main", &Value::Null);
    assert_eq!(account["balances"]["USDT"]["cash"], "70000");
    assert_eq!((&account["open_orders"][0]["clOrdId"], &account["open_orders"][0]["state"]), (&json!("a1"), &json!("live")));
    assert_ne!(account["balances"]["USDT"]["frozen"], "0");
    assert!(!account.to_string().contains("sim-secret"));
    assert_eq!(rig.done("GET", "/invariants", &Value::Null)["ok"], true);
}

#[test]
fn an_instrument_can_be_suspended_and_comes_back() {
    let mut rig = Rig::quiet();
    rig.done("POST", &format!("/instrument/{SPOT}"), &json!({"state": "suspend"}));
    assert_ne!(rig.place("a1", "20000", "0.03").1["code"], "0");
    rig.done("POST", &format!("/instrument/{SPOT}"), &json!({"state": "live"}));
    assert_eq!(rig.place("a1", "20000", "0.03").1["code"], "0");
}
