//! The same inputs give the same bytes, also across a dump and a restore.

use serde_json::{Value, json};

use crate::bench::{Bench, SPOT, SWAP, config};

fn last(bench: &mut Bench) -> String {
    let market = bench.admin("GET", &format!("/market/{SWAP}"), &Value::Null);
    market["last"].as_str().unwrap_or_else(|| panic!("{market}")).to_owned()
}

/// Orders of all sorts on a moving market, each after a while.
fn work(bench: &mut Bench, from: usize, to: usize) {
    let steps: [fn(&mut Bench); 8] = [
        |bench| drop(bench.order("one", SWAP, "buy", "market", "3", "", &json!({"clOrdId": "open1"}))),
        |bench| {
            let px = last(bench);
            drop(bench.order("two", SWAP, "sell", "limit", "2", &px, &Value::Null));
        },
        |bench| drop(bench.order("one", SPOT, "buy", "market", "500", "", &Value::Null)),
        |bench| {
            let body = json!({"instId": SWAP, "tdMode": "cross", "side": "sell", "ordType": "move_order_stop", "sz": "1",
                "callbackRatio": "0.001", "reduceOnly": true});
            drop(bench.post("one", "trade/order-algo", &body));
        },
        |bench| drop(bench.order("two", SPOT, "sell", "market", "0.1", "", &Value::Null)),
        |bench| drop(bench.rest("one", "POST", "trade/cancel-order", &json!({"instId": SWAP, "ordId": "1"}))),
        |bench| drop(bench.get("one", "account/positions")),
        |bench| drop(bench.get("one", "account/balance")),
    ];
    for (at, step) in steps.iter().enumerate() {
        if (from..to).contains(&at) {
            step(bench);
            bench.pass(1_500);
        }
    }
}

fn ears(bench: &mut Bench) {
    bench.listen("private", "one", &["orders", "positions", "account", "balance_and_position"]);
    bench.listen("business", "one", &["orders-algo", "algo-advance"]);
    let public = bench.socket("public", "");
    let args = json!([{"channel": "books", "instId": SWAP}, {"channel": "trades", "instId": SPOT}, {"channel": "tickers", "instId": SWAP}]);
    bench.say(public, &json!({"op": "subscribe", "args": args}));
    let others = [
        ("mark-price", SWAP),
        ("index-tickers", SPOT),
        ("price-limit", SWAP),
        ("open-interest", SWAP),
        ("funding-rate", SWAP),
        ("bbo-tbt", SPOT),
    ];
    let args: Vec<Value> = others.iter().map(|(channel, inst_id)| json!({"channel": channel, "instId": inst_id})).collect();
    bench.say(public, &json!({"op": "subscribe", "args": args}));
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let run = || {
        let mut bench = Bench::new(config(true));
        ears(&mut bench);
        work(&mut bench, 0, 8);
        bench.adds_up();
        bench.log
    };
    let (first, second) = (run(), run());
    assert!(first.len() > 150, "{} outputs", first.len());
    for (a, b) in first.iter().zip(&second) {
        assert_eq!(a, b);
    }
    assert_eq!(first.len(), second.len());
}

#[test]
fn another_seed_gives_another_market() {
    let run = |seed| {
        let mut bench = Bench::new(okx_fast_sim::exchange::config::Config { seed, ..config(true) });
        bench.pass(5_000);
        last(&mut bench)
    };
    assert_ne!(run(1), run(2));
}

#[test]
fn a_restored_exchange_goes_on_as_if_nothing_had_happened() {
    let mut bench = Bench::new(config(true));
    work(&mut bench, 0, 4);
    let state = bench.admin("GET", "/state", &Value::Null);
    let again = bench.admin("GET", "/state", &Value::Null);
    assert_eq!(state, again, "looking changes nothing");

    let mut other = Bench::new(config(true));
    other.pass(77_000);
    let answer = other.admin("POST", "/state", &state);
    assert_eq!(answer.get("error"), None, "{answer}");
    assert_eq!(other.exchange.now(), bench.exchange.now());

    // Connections are not part of the state: both begin anew, on numbers of their own.
    let rest = |mut bench: Bench| {
        bench.log.clear();
        ears(&mut bench);
        bench.log.clear();
        work(&mut bench, 4, 8);
        bench.adds_up();
        bench.log.iter().map(|line| without_conn(line)).collect::<Vec<_>>()
    };
    let (first, second) = (rest(bench), rest(other));
    assert!(first.len() > 50);
    for (a, b) in first.iter().zip(&second) {
        assert_eq!(a, b);
    }
    assert_eq!(first.len(), second.len());
}

/// `time kind conn rest` without the number of the connection.
pub fn without_conn(line: &str) -> String {
    let mut parts = line.splitn(4, ' ');
    let (time, kind, _, rest) = (parts.next().unwrap(), parts.next().unwrap(), parts.next(), parts.next().unwrap_or_default());
    format!("{time} {kind} {rest}")
}
