//! There and back again: what a bot does in a day, with balances that add up to the last digit.

use serde_json::{Value, json};

use crate::bench::{Bench, SPOT, SWAP, config};

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_else(|| panic!("{name} in {row}")).to_owned()
}

#[test]
fn a_spot_round_trip_costs_its_fees() {
    let mut bench = Bench::new(config(false));
    bench.order("two", SPOT, "sell", "limit", "1", "90000", &Value::Null);
    let id = bench.order("one", SPOT, "buy", "limit", "1", "90000", &Value::Null);
    let row = bench.get("one", &format!("trade/order?instId={SPOT}&ordId={id}")).remove(0);
    assert_eq!((text(&row, "state").as_str(), text(&row, "avgPx").as_str(), text(&row, "accFillSz").as_str()), ("filled", "90000", "1"));
    // Taker 0.1 % of what arrived, in what arrived.
    assert_eq!((text(&row, "fee").as_str(), text(&row, "feeCcy").as_str()), ("-0.001", "BTC"));
    assert_eq!((bench.cash("one", "USDT").as_str(), bench.cash("one", "BTC").as_str()), ("10000", "2.999"));
    bench.adds_up();

    bench.order("two", SPOT, "buy", "limit", "1", "89000", &Value::Null);
    bench.order("one", SPOT, "sell", "market", "1", "", &Value::Null);
    assert_eq!((bench.cash("one", "USDT").as_str(), bench.cash("one", "BTC").as_str()), ("98911", "1.999"));
    bench.adds_up();
    let fills = bench.get("one", "trade/fills?instType=SPOT");
    assert_eq!(
        fills.iter().map(|fill| (text(fill, "side"), text(fill, "execType"))).collect::<Vec<_>>(),
        [("sell".into(), "T".into()), ("buy".into(), "T".into())]
    );
}

#[test]
fn a_swap_round_trip_settles_profit_and_fees() {
    let mut bench = Bench::new(config(false));
    bench.order("two", SWAP, "sell", "limit", "10", "90000", &Value::Null);
    bench.order("one", SWAP, "buy", "limit", "10", "90000", &Value::Null);
    let row = bench.get("one", &format!("account/positions?instId={SWAP}")).remove(0);
    assert_eq!((text(&row, "pos").as_str(), text(&row, "avgPx").as_str(), text(&row, "mgnMode").as_str()), ("10", "90000", "cross"));
    let other = bench.get("two", &format!("account/positions?instId={SWAP}")).remove(0);
    assert_eq!(text(&other, "pos"), "-10");
    bench.adds_up();

    bench.order("two", SWAP, "buy", "limit", "10", "91000", &Value::Null);
    let id = bench.order("one", SWAP, "sell", "market", "10", "", &json!({"reduceOnly": true}));
    let order = bench.get("one", &format!("trade/order?instId={SWAP}&ordId={id}")).remove(0);
    // 10 contracts of 0.01 BTC, 1000 higher.
    assert_eq!((text(&order, "pnl").as_str(), text(&order, "fee").as_str()), ("100", "-4.55"));
    // Fees: 0.05 % of 9000 and of 9100.
    assert_eq!(bench.cash("one", "USDT"), "100090.95");
    bench.adds_up();
    let closed = bench.get("one", &format!("account/positions-history?instId={SWAP}"));
    assert_eq!(closed.len(), 1);
    assert_eq!(text(&closed[0], "realizedPnl"), "90.95");
}

#[test]
fn a_stop_closes_the_position_when_the_price_falls() {
    let mut bench = Bench::new(config(false));
    let business = bench.listen("business", "one", &["orders-algo"]);
    let private = bench.listen("private", "one", &["orders"]);
    bench.order("two", SWAP, "sell", "limit", "10", "90000", &Value::Null);
    let attached = json!({"attachAlgoOrds": [{"attachAlgoClOrdId": "guard", "slTriggerPx": "89500", "slOrdPx": "-1"}]});
    bench.order("one", SWAP, "buy", "limit", "10", "90000", &attached);
    assert_eq!(
        bench.pushed(business, "orders-algo").iter().map(|row| (text(row, "state"), text(row, "algoClOrdId"))).collect::<Vec<_>>(),
        [("live".into(), "guard".into())]
    );

    // The other account trades with itself no more than with one: it needs somebody to fall with.
    bench.order("two", SWAP, "buy", "limit", "20", "89400", &Value::Null);
    bench.order("one", SWAP, "sell", "limit", "1", "89400", &Value::Null);
    bench.pass(100);
    let heard = std::mem::take(&mut bench.heard);
    bench.heard.clone_from(&heard);
    let algo = bench.pushed(business, "orders-algo");
    assert_eq!(
        algo.iter().map(|row| (text(row, "state"), text(row, "actualSide"))).collect::<Vec<_>>(),
        [("effective".into(), "sl".into())]
    );
    bench.heard = heard;
    let child: Vec<_> = bench.pushed(private, "orders").into_iter().filter(|row| row["source"] == "7").collect();
    // Ten were bought and one is sold already: the stop is cut to nine on entry.
    assert_eq!(child.iter().map(|row| text(row, "state")).collect::<Vec<_>>(), ["live", "live", "filled"]);
    assert_eq!((&child[0]["algoClOrdId"], &child[0]["algoId"]), (&json!("guard"), &algo[0]["algoId"]));
    assert_eq!(algo[0]["ordId"], child[0]["ordId"]);
    assert!(bench.get("one", "account/positions").iter().all(|row| row["pos"] == "0"), "closed");
    bench.adds_up();
}

#[test]
fn orders_over_a_websocket_name_the_instrument_by_its_code() {
    let mut bench = Bench::new(config(false));
    let code = bench.exchange.world().find_inst(SWAP).and_then(|inst| inst.code).unwrap();
    let conn = bench.socket("private", "one");
    let order = |code: &Value| json!({"id": "1", "op": "order", "args": [{"instIdCode": code, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": "80000", "clOrdId": "w1"}]});
    bench.heard.clear();
    bench.say(conn, &order(&json!(code)));
    let (_, answer) = bench.heard.pop_front().unwrap();
    assert_eq!(
        (&answer["code"], &answer["op"], &answer["id"], &answer["data"][0]["clOrdId"]),
        (&json!("0"), &json!("order"), &json!("1"), &json!("w1"))
    );
    bench.say(conn, &order(&Value::Null));
    let (_, answer) = bench.heard.pop_front().unwrap();
    assert_eq!((&answer["code"], &answer["data"][0]["sCode"]), (&json!("1"), &json!("50014")));
    bench.say(conn, &json!({"id": "2", "op": "cancel-order", "args": [{"instIdCode": code, "clOrdId": "w1"}]}));
    let (_, answer) = bench.heard.pop_front().unwrap();
    assert_eq!(answer["data"][0]["sCode"], "0");
    bench.adds_up();
}
