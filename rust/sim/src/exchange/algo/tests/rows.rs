//! The keys of the rows: all that others have seen, in every shape, whatever the kind.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Bench, SPOT, SWAP, fields};
use crate::exchange::algo;
use crate::exchange::order::Side;

fn keys(row: &Value) -> BTreeSet<String> {
    row.as_object().expect("an object").keys().cloned().collect()
}

/// One of every kind.
fn all(bench: &mut Bench) -> Vec<(String, &'static str)> {
    bench.trade(SWAP, Side::Buy, "1", None);
    [
        (json!({"ordType": "conditional", "slTriggerPx": "89000", "slOrdPx": "-1"}), "orders-algo"),
        (json!({"ordType": "oco", "slTriggerPx": "89000", "slOrdPx": "-1", "tpTriggerPx": "91000", "tpOrdPx": "-1"}), "orders-algo"),
        (json!({"ordType": "trigger", "triggerPx": "91000", "orderPx": "90000", "attachAlgoOrds": [{"slTriggerPx": "99000", "slOrdPx": "-1"}]}), "orders-algo"),
        (json!({"ordType": "chase", "chaseVal": "5"}), "orders-algo"),
        (json!({"ordType": "move_order_stop", "callbackRatio": "0.1"}), "algo-advance"),
        (json!({"ordType": "twap", "szLimit": "1", "pxLimit": "90000", "timeInterval": "10", "pxVar": "0.01"}), "algo-advance"),
    ]
    .into_iter()
    .map(|(changes, channel)| {
        let mut body = json!({"instId": SWAP, "tdMode": "cross", "side": "sell", "sz": "1"});
        body.as_object_mut().expect("an object").extend(changes.as_object().expect("an object").clone());
        (bench.algo(&body), channel)
    })
    .collect()
}

#[test]
fn rows_of_a_shape_have_the_same_keys_and_no_null() {
    let mut bench = Bench::new();
    bench.pushed("", "");
    let ids = all(&mut bench);
    let events = std::mem::take(&mut bench.world.events);
    for channel in ["orders-algo", "algo-advance"] {
        let rows: Vec<Value> = events
            .iter()
            .filter(|event| event.channel == channel)
            .flat_map(|event| &event.rows)
            .map(|row| serde_json::from_str(row).expect("rows are JSON"))
            .collect();
        assert_eq!(rows.len(), ids.iter().filter(|(_, of)| *of == channel).count());
        let shape = keys(rows.first().expect("some"));
        assert!(rows.iter().all(|row| keys(row) == shape && !row.to_string().contains("null")));
    }
    let rows: Vec<Value> = ids.iter().map(|(id, _)| bench.row(id)).collect();
    let shape = keys(rows.first().expect("some"));
    assert!(rows.iter().all(|row| keys(row) == shape && !row.to_string().contains("null")));
}

#[test]
fn recorded_rows_have_no_key_that_ours_lack() {
    let root = std::env::var_os("OKX_FAST_CAPTURES")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/captures"), PathBuf::from);
    let Ok(recorded) = std::fs::read_to_string(root.join("private/nautilus-2025-2026-test-data.jsonl")) else {
        eprintln!("SKIPPED: no recordings at {}", root.display());
        return;
    };
    let mut bench = Bench::new();
    let id = all(&mut bench).swap_remove(0).0;
    let ours = keys(&bench.row(&id));
    let mut seen = 0;
    for line in recorded.lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let name = line.get("name").and_then(Value::as_str).unwrap_or_default();
        if !name.starts_with("http_get_orders_algo") {
            continue;
        }
        let theirs = keys(line.pointer("/msg/data/0").expect("a row"));
        let missing: Vec<_> = theirs.difference(&ours).collect();
        assert!(missing.is_empty(), "{name}: {missing:?}");
        seen += 1;
    }
    assert_eq!(seen, 3);
}

#[test]
fn a_new_subscription_of_algo_advance_sees_what_waits() {
    let mut bench = Bench::new();
    let ids = all(&mut bench);
    let (world, acct) = (&mut bench.world, bench.acct);
    let mut count = |channel: &str, arg: Value| algo::snapshot(world, acct, channel, &fields(&arg)).len();
    assert_eq!(count("algo-advance", json!({"instType": "ANY"})), 2);
    assert_eq!(count("algo-advance", json!({"instType": "SWAP", "instId": SWAP})), 2);
    assert_eq!(count("algo-advance", json!({"instType": "SPOT", "instId": SPOT})), 0);
    assert_eq!(count("algo-advance", json!({"instType": "SWAP", "algoId": ids.last().expect("six").0})), 1);
    assert_eq!(count("orders-algo", json!({"instType": "ANY"})), 0);
}

#[test]
fn positions_show_the_stop_that_closes_them() {
    let mut bench = Bench::new();
    bench.trade(SWAP, Side::Buy, "1", None);
    let id = bench.algo(&json!({"instId": SWAP, "tdMode": "cross", "side": "sell", "ordType": "conditional", "closeFraction": "1",
        "reduceOnly": true, "slTriggerPx": "89000", "slOrdPx": "-1"}));
    let key = bench.world.account(bench.acct).positions.keys().next().expect("a position").clone();
    let shown: Value = serde_json::from_str(&algo::close_order_algo(&bench.world, bench.acct, &key)).expect("JSON");
    assert_eq!(
        shown,
        json!([{"algoId": id, "slTriggerPx": "89000", "slTriggerPxType": "last", "tpTriggerPx": "", "tpTriggerPxType": "", "closeFraction": "1"}])
    );
}

#[test]
fn what_waits_survives_being_written_down() {
    let mut bench = Bench::new();
    let ids = all(&mut bench);
    let before: Vec<Value> = ids.iter().map(|(id, _)| bench.row(id)).collect();
    let text = serde_json::to_string(&bench.world.algos).expect("it can be written");
    bench.world.algos = serde_json::from_str(&text).expect("and read");
    assert_eq!(serde_json::to_string(&bench.world.algos).expect("again"), text);
    let after: Vec<Value> = ids.iter().map(|(id, _)| bench.row(id)).collect();
    assert_eq!(before, after);
    bench.last("88900");
    let (stop, _) = ids.first().expect("six");
    assert_eq!(bench.state(stop), "effective");
}
