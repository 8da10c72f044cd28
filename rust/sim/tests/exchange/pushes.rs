//! What the `orders` channel tells of each kind of life an order can have.

use serde_json::{Value, json};

use crate::bench::{Bench, SPOT, SWAP, config};

/// The states pushed for one order: with the source of its cancellation, and of its amendment with the result.
fn life(rows: &[Value], id: &str) -> Vec<String> {
    let of = rows.iter().filter(|row| row["ordId"] == id);
    of.map(|row| {
        let text = |name: &str| row[name].as_str().unwrap_or("?");
        let mut told = text("state").to_owned();
        for (name, mark) in [("cancelSource", " "), ("amendSource", " amend "), ("amendResult", " result ")] {
            if !text(name).is_empty() {
                told = told + mark + text(name);
            }
        }
        told
    })
    .collect()
}

/// Makers of the other account: `(side, sz, px)`.
type Makers<'a> = &'a [(&'a str, &'a str, &'a str)];

/// Instrument, what rests there, the order, more of it, what is told.
type Life<'a> = (&'a str, Makers<'a>, [&'a str; 4], Value, &'a [&'a str]);

#[test]
fn every_life_is_told_in_order() {
    let none = json!({});
    let cases: [Life<'_>; 17] = [
        (SWAP, &[], ["buy", "limit", "2", "90000"], none.clone(), &["live"]),
        (SWAP, &[("sell", "2", "90000")], ["buy", "limit", "2", "90000"], none.clone(), &["live", "filled"]),
        (
            SWAP,
            &[("sell", "1", "90000"), ("sell", "1", "90001"), ("sell", "1", "90002")],
            ["buy", "limit", "3", "90002"],
            none.clone(),
            &["live", "partially_filled", "partially_filled", "filled"],
        ),
        (SWAP, &[("sell", "1", "90000")], ["buy", "limit", "3", "90000"], none.clone(), &["live", "partially_filled"]),
        (
            SWAP,
            &[("sell", "1", "90000"), ("sell", "2", "90001")],
            ["buy", "market", "3", ""],
            none.clone(),
            &["live", "partially_filled", "filled"],
        ),
        (SPOT, &[("sell", "0.5", "90000")], ["buy", "limit", "0.1", "90000"], none.clone(), &["live", "filled"]),
        (SWAP, &[], ["buy", "ioc", "1", "90000"], none.clone(), &["live", "canceled 14"]),
        (SWAP, &[("sell", "1", "90000")], ["buy", "ioc", "3", "90000"], none.clone(), &["live", "partially_filled", "canceled 14"]),
        (SWAP, &[("sell", "3", "90000")], ["buy", "ioc", "3", "90000"], none.clone(), &["live", "filled"]),
        (SWAP, &[("sell", "1", "90000")], ["buy", "fok", "3", "90000"], none.clone(), &["live", "canceled 13"]),
        (SWAP, &[("sell", "3", "90000")], ["buy", "fok", "3", "90000"], none.clone(), &["live", "filled"]),
        (SWAP, &[("sell", "1", "90000")], ["buy", "post_only", "1", "90000"], none.clone(), &["canceled 31"]),
        (SWAP, &[("sell", "1", "90000")], ["buy", "post_only", "1", "89999"], none.clone(), &["live"]),
        (
            SWAP,
            &[("sell", "1", "90000")],
            ["buy", "optimal_limit_ioc", "3", ""],
            none.clone(),
            &["live", "partially_filled", "canceled 14"],
        ),
        (SWAP, &[("sell", "1", "90000")], ["buy", "optimal_limit_ioc", "1", ""], none.clone(), &["live", "filled"]),
        (SWAP, &[], ["sell", "limit", "1", "90000"], none.clone(), &["live"]),
        (SPOT, &[], ["buy", "post_only", "0.1", "80000"], none, &["live"]),
    ];
    for (inst, makers, [side, kind, sz, px], more, want) in cases {
        let mut bench = Bench::new(config(false));
        let conn = bench.listen("private", "one", &["orders"]);
        if kind.starts_with("optimal") || kind == "market" {
            bench.pass(1);
        }
        for (side, sz, px) in makers {
            bench.order("two", inst, side, "limit", sz, px, &Value::Null);
        }
        let id = bench.order("one", inst, side, kind, sz, px, &more);
        let rows = bench.pushed(conn, "orders");
        assert_eq!(life(&rows, &id), want, "{inst} {side} {kind} {sz} {px} against {makers:?}");
        assert!(rows.iter().all(|row| row["ordId"] == *id), "nobody else's");
        bench.adds_up();
    }
}

#[test]
fn a_resting_order_is_hit_amended_and_canceled() {
    let mut bench = Bench::new(config(false));
    let conn = bench.listen("private", "one", &["orders"]);
    let id = bench.order("one", SWAP, "buy", "post_only", "3", "89000", &Value::Null);
    bench.order("two", SWAP, "sell", "limit", "1", "89000", &Value::Null);
    bench.post("one", "trade/amend-order", &json!({"instId": SWAP, "ordId": id, "newSz": "4", "reqId": "a1"}));
    bench.order("two", SWAP, "sell", "ioc", "1", "89000", &Value::Null);
    bench.post("one", "trade/cancel-order", &json!({"instId": SWAP, "ordId": id}));
    let rows = bench.pushed(conn, "orders");
    let want = ["live", "partially_filled", "partially_filled amend 1 result 0", "partially_filled", "canceled 1"];
    assert_eq!(life(&rows, &id), want);
    assert_eq!((&rows[2]["reqId"], &rows[2]["sz"], &rows[4]["accFillSz"]), (&json!("a1"), &json!("4"), &json!("2")));

    let filled = bench.order("one", SWAP, "buy", "limit", "2", "89000", &Value::Null);
    bench.order("two", SWAP, "sell", "market", "2", "", &Value::Null);
    let rows = bench.pushed(conn, "orders");
    assert_eq!(life(&rows, &filled), ["live", "filled"]);
    assert_eq!((&rows[1]["execType"], &rows[1]["fillPx"]), (&json!("M"), &json!("89000")));
    bench.adds_up();
}

#[test]
fn an_amendment_that_fails_leaves_the_order_or_takes_it_along() {
    for (cancels, want) in [(false, vec!["live"]), (true, vec!["live", "canceled 0"])] {
        let mut bench = Bench::new(config(false));
        let conn = bench.listen("private", "one", &["orders"]);
        let id = bench.order("one", SWAP, "buy", "limit", "1", "89000", &Value::Null);
        let body = json!({"instId": SWAP, "ordId": id, "newSz": "1.005", "cxlOnFail": cancels});
        let reply = bench.rest("one", "POST", "trade/amend-order", &body);
        assert_eq!((&reply["code"], &reply["data"][0]["sCode"]), (&json!("1"), &json!("51121")));
        let rows = bench.pushed(conn, "orders");
        assert_eq!(life(&rows, &id), want, "cxlOnFail {cancels}");
    }
}

#[test]
fn a_reduce_only_order_is_cut_to_the_position() {
    let mut bench = Bench::new(config(false));
    bench.order("two", SWAP, "sell", "limit", "2", "90000", &Value::Null);
    bench.order("one", SWAP, "buy", "market", "2", "", &Value::Null);
    let conn = bench.listen("private", "one", &["orders"]);
    let id = bench.order("one", SWAP, "sell", "limit", "5", "91000", &json!({"reduceOnly": true}));
    let rows = bench.pushed(conn, "orders");
    assert_eq!(life(&rows, &id), ["live amend 4 result 0", "live"]);
    assert_eq!(rows[1]["sz"], "2");
}

#[test]
fn own_orders_do_not_meet() {
    for (mode, taker, maker) in [
        ("cancel_maker", vec!["live"], vec!["canceled 32"]),
        ("cancel_taker", vec!["live", "canceled 32"], vec![]),
        ("cancel_both", vec!["live", "canceled 32"], vec!["canceled 32"]),
    ] {
        let mut bench = Bench::new(config(false));
        let resting = bench.order("one", SWAP, "sell", "limit", "1", "90000", &Value::Null);
        let conn = bench.listen("private", "one", &["orders"]);
        let id = bench.order("one", SWAP, "buy", "limit", "1", "90000", &json!({ "stpMode": mode }));
        let rows = bench.pushed(conn, "orders");
        assert_eq!(
            (life(&rows, &id), life(&rows, &resting)),
            (taker.into_iter().map(str::to_owned).collect(), maker.into_iter().map(str::to_owned).collect()),
            "{mode}"
        );
    }
}

#[test]
fn what_is_refused_at_once_is_never_pushed() {
    let mut bench = Bench::new(config(false));
    let conn = bench.listen("private", "one", &["orders"]);
    let open = bench.order("one", SWAP, "buy", "limit", "1", "89000", &json!({"clOrdId": "twice"}));
    bench.pushed(conn, "orders");
    for (change, code) in [
        (json!({"clOrdId": "twice"}), "51016"),
        (json!({"clOrdId": "not-good"}), "51000"),
        (json!({"sz": "0.001"}), "51020"),
        (json!({"sz": "1.005"}), "51121"),
        (json!({"px": "89000.05"}), "51000"),
        (json!({"px": "200000"}), "51006"),
        (json!({"sz": "20000"}), "51008"),
        (json!({"instId": "BTC-NONE"}), "51001"),
        (json!({"tdMode": "cash"}), "51000"),
        (json!({"posSide": "long"}), "51000"),
        (json!({"side": "sell", "reduceOnly": true}), "51169"),
    ] {
        let mut body = json!({"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": "89000"});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let reply = bench.rest("one", "POST", "trade/order", &body);
        assert_eq!(
            (&reply["code"], &reply["data"][0]["sCode"], &reply["data"][0]["ordId"]),
            (&json!("1"), &json!(code), &json!("")),
            "{body}: {reply}"
        );
    }
    assert!(bench.pushed(conn, "orders").is_empty());
    let pending = bench.get("one", "trade/orders-pending");
    assert_eq!(pending.iter().map(|row| &row["ordId"]).collect::<Vec<_>>(), [&json!(open)]);
    bench.adds_up();
}

#[test]
fn a_forced_fill_and_a_forced_cancel_are_pushed_like_any_other() {
    let mut bench = Bench::new(config(false));
    let conn = bench.listen("private", "one", &["orders"]);
    let id = bench.order("one", SWAP, "buy", "limit", "3", "89000", &Value::Null);
    bench.admin("POST", &format!("/order/{id}/fill"), &json!({"sz": "1"}));
    bench.admin("POST", &format!("/order/{id}/cancel"), &json!({"cancelSource": "15"}));
    let rows = bench.pushed(conn, "orders");
    assert_eq!(life(&rows, &id), ["live", "partially_filled", "canceled 15"]);
    bench.adds_up();
}
