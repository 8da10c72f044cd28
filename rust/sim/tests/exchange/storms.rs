//! Whatever clients and the exchange do to each other, nothing is made, lost, left behind or told wrong.

use std::collections::BTreeMap;

use okx_fast_sim::exchange::account::HOUSE;
use okx_fast_sim::exchange::io::Input;
use okx_fast_sim::exchange::num::{Dec, text};
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::replay::without_conn;
use crate::storm::{Dice, PEOPLE, Storm};

fn weather(seed: u64, house: bool, steps: usize) -> Storm {
    let mut storm = Storm::new(seed, house);
    for _ in 0..steps {
        storm.step();
        storm.check();
    }
    storm
}

/// A few seeds, or as many as the environment wishes: `STORMS=100`.
fn seeds(from: u64) -> std::ops::Range<u64> {
    let count = std::env::var("STORMS").ok().and_then(|n| n.parse().ok()).unwrap_or(2);
    from..from + count
}

#[test]
fn no_storm_leaves_anything_behind() {
    let mut done = BTreeMap::new();
    for seed in seeds(1) {
        let mut storm = weather(seed, seed % 2 == 0, 400);
        storm.calm();
        let world = storm.bench.exchange.world();
        for account in world.accounts.iter().filter(|account| account.ix != HOUSE) {
            assert!(account.coins.values().all(|coin| coin.ord_frozen.is_zero()), "{} {:?}", account.label, account.coins);
            assert_eq!(world.orders.open_of(account.ix).count() + world.algos.open_of(account.ix).count(), 0);
        }
        let ledger = serde_json::to_value(&world.ledger).unwrap();
        assert_eq!(ledger["resting"], json!([]), "seed {seed}");
        assert!(world.orders.closing.is_empty() && world.orders.counts.is_empty() && world.algos.by_inst.is_empty(), "seed {seed}");
        for (what, n) in &storm.done {
            *done.entry(what.clone()).or_insert(0) += n;
        }
    }
    for path in ["trade/order", "trade/amend-order", "trade/cancel-order", "trade/order-algo"] {
        assert!(done.get(path).is_some_and(|n| *n > 2), "{path}: {done:?}");
    }
}

/// Where two states differ, and how.
fn odd_one(a: &Value, b: &Value, at: &str) -> Option<String> {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => {
            a.iter().find_map(|(name, value)| odd_one(value, b.get(name).unwrap_or(&Value::Null), &format!("{at}/{name}")))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(n, (a, b))| odd_one(a, b, &format!("{at}/{n}")))
        }
        _ => (a != b).then(|| format!("{at}: {a} or {b}")),
    }
}

#[test]
fn a_storm_goes_on_the_same_after_a_restore() {
    for seed in seeds(101) {
        let mut storm = weather(seed, seed % 2 == 0, 250);
        let state = storm.bench.admin("GET", "/state", &Value::Null);
        let mut other = Storm::new(seed, seed % 2 == 0);
        other.bench.admin("POST", "/state", &state);
        let again = other.bench.admin("GET", "/state", &Value::Null);
        assert_eq!(odd_one(&state, &again, ""), None, "seed {seed}");
        other.dice = Dice(storm.dice.0);
        for one in [&mut storm, &mut other] {
            one.bench.log.clear();
            for _ in 0..250 {
                one.step();
            }
            one.calm();
        }
        assert!(storm.bench.log.len() > 200);
        for (a, b) in storm.bench.log.iter().zip(&other.bench.log) {
            assert_eq!(without_conn(a), without_conn(b), "seed {seed}");
        }
    }
}

/// Last row pushed for each order.
fn follow(bench: &mut Bench, conns: &BTreeMap<u64, &str>, last: &mut BTreeMap<String, Value>) {
    for (conn, value) in std::mem::take(&mut bench.heard) {
        let Some(rows) = value["data"].as_array().filter(|_| value["arg"]["channel"] == "orders") else { continue };
        assert!(conns.contains_key(&conn));
        for row in rows {
            let said = |row: &Value, name: &str| row[name].as_str().unwrap_or_else(|| panic!("{name} in {row}")).to_owned();
            let dec = |row: &Value, name: &str| said(row, name).parse::<Dec>().unwrap_or_else(|_| panic!("{name} in {row}"));
            let id = said(row, "ordId");
            let (state, filled) = (said(row, "state"), dec(row, "accFillSz"));
            if let Some(before) = last.get(&id) {
                let was = said(before, "state");
                assert!(was == "live" || was == "partially_filled", "{was} and then {row}");
                assert!(state != "live" || was == "live", "{before} and then {row}");
                assert!(filled >= dec(before, "accFillSz"), "{before} and then {row}");
                let traded = filled - dec(before, "accFillSz");
                assert_eq!(traded, dec(row, "fillSz"), "{before} and then {row}");
                assert_eq!(dec(before, "fee") + dec(before, "rebate") + dec(row, "fillFee"), dec(row, "fee") + dec(row, "rebate"), "{row}");
                assert_eq!(dec(before, "pnl") + dec(row, "fillPnl"), dec(row, "pnl"), "{row}");
                let keys = |row: &Value| row.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
                assert_eq!(keys(before), keys(row));
            } else {
                let forced = said(row, "category") != "normal" && said(row, "category") != "twap";
                assert!(state == "live" || state == "canceled" || forced, "begins with {row}");
            }
            assert_eq!(state == "canceled", !said(row, "cancelSource").is_empty(), "{row}");
            assert_eq!(dec(row, "fillSz").is_zero(), said(row, "tradeId").is_empty() && said(row, "fillPx").is_empty(), "{row}");
            assert!(state != "partially_filled" || !filled.is_zero(), "{row}");
            last.insert(id, row.clone());
        }
    }
}

#[test]
fn what_is_pushed_of_an_order_is_what_its_row_says() {
    for seed in seeds(201) {
        let mut storm = Storm::new(seed, seed % 2 == 0);
        let conns: BTreeMap<u64, &str> = PEOPLE.iter().map(|(key, ..)| (storm.bench.listen("private", key, &["orders"]), *key)).collect();
        let mut last = BTreeMap::new();
        for _ in 0..400 {
            for conn in conns.keys() {
                storm.bench.give(&Input::Control { conn: *conn }); // or it is closed as idle
            }
            storm.step();
            follow(&mut storm.bench, &conns, &mut last);
            let world = storm.bench.exchange.world();
            for order in world.orders.all.values().filter(|order| order.acct != HOUSE) {
                let row = last.get(&order.ord_id.to_string()).unwrap_or_else(|| panic!("nothing was said of {order:?}"));
                let same = row["state"] == order.state.name() && row["accFillSz"] == text(order.acc_fill_sz);
                assert!(same && row["cancelSource"] == order.cancel_source, "{order:?}: {row}");
                assert!(row["sz"] == text(order.sz), "{order:?}: {row}");
            }
        }
        assert!(last.len() > 50);
    }
}
