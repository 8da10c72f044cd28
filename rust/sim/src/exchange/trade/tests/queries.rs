//! Trading section 4.4: orders and fills asked for, filtered and in pages.

use serde_json::{Value, json};

use super::super::query;
use super::{MILLI, Rig, order, text_of, with};

const SWAP: &str = "BTC-USDT-SWAP";
const SPOT: &str = "BTC-USDT";
const HOUR: u64 = 3_600_000 * MILLI;

fn ids(rig: &mut Rig, handler: crate::exchange::call::Handler, params: Value) -> Vec<u64> {
    let rows = rig.call(rig.me, handler, false, vec![params]).expect("answered");
    rows.iter().map(|(_, row)| text_of(row, "ordId").parse().expect("an id")).collect()
}

#[test]
fn open_orders_come_newest_first_filtered_and_in_pages() {
    let mut rig = Rig::new();
    let a = rig.limit(rig.me, SWAP, "buy 1 @ 80000");
    let b = rig.limit(rig.me, SPOT, "buy 1 @ 80000");
    let c = rig.place(order(SWAP, "cross", "post_only", "buy 1 @ 90000")).expect("rests");
    rig.limit(rig.other, SWAP, "sell 0.5 @ 90000");
    for (params, want) in [
        (json!({}), vec![c, b, a]),
        (json!({"instType": "SWAP"}), vec![c, a]),
        (json!({"instType": "SPOT"}), vec![b]),
        (json!({"instType": "MARGIN"}), vec![]),
        (json!({"instId": SPOT}), vec![b]),
        (json!({"uly": "BTC-USDT", "instType": "SWAP"}), vec![c, a]),
        (json!({"ordType": "post_only,ioc"}), vec![c]),
        (json!({"state": "live"}), vec![b, a]),
        (json!({"state": "partially_filled"}), vec![c]),
        (json!({"after": c.to_string()}), vec![b, a]),
        (json!({"before": a.to_string()}), vec![c, b]),
        (json!({"limit": "1"}), vec![c]),
        (json!({"after": b.to_string(), "limit": 1}), vec![a]),
        (json!({"limit": "500"}), vec![c, b, a]),
    ] {
        assert_eq!(ids(&mut rig, query::pending, params.clone()), want, "{params}");
    }
    for params in
        [json!({"instType": "EVENTS"}), json!({"state": "filled"}), json!({"ordType": "x"}), json!({"limit": "0"}), json!({"after": "x"})]
    {
        assert_eq!(rig.call(rig.me, query::pending, false, vec![params.clone()]).expect_err("refused").code, "51000", "{params}");
    }
}

#[test]
fn history_forgets_what_never_filled_after_two_hours() {
    let mut rig = Rig::new();
    let empty = rig.limit(rig.me, SWAP, "buy 1 @ 80000");
    rig.world.cancel(empty, "1");
    let part = rig.limit(rig.me, SWAP, "buy 2 @ 90000");
    rig.limit(rig.other, SWAP, "sell 1 @ 90000");
    rig.world.cancel(part, "1");
    let full = rig.limit(rig.me, SWAP, "buy 1 @ 90000");
    rig.limit(rig.other, SWAP, "sell 1 @ 90000");
    let swaps = || json!({"instType": "SWAP"});
    assert_eq!(ids(&mut rig, query::history, swaps()), [full, part, empty]);
    assert_eq!(ids(&mut rig, query::archive, swaps()), [full, part]);
    assert_eq!(ids(&mut rig, query::history, with(swaps(), json!({"state": "filled"}))), [full]);
    assert_eq!(ids(&mut rig, query::history, with(swaps(), json!({"after": full.to_string()}))), [part, empty]);
    assert_eq!(ids(&mut rig, query::history, json!({"instType": "SPOT"})), Vec::<u64>::new());
    assert_eq!(rig.call(rig.me, query::history, false, vec![json!({})]).expect_err("refused").code, "50014");
    let row = rig.order(empty);
    assert_eq!(["state", "cancelSource"].map(|key| text_of(&row, key)), ["canceled", "1"]);

    rig.world.now += 2 * HOUR;
    assert_eq!(ids(&mut rig, query::history, swaps()), [full, part]);
    let gone = rig.call(rig.me, query::order, false, vec![json!({"instId": SWAP, "ordId": empty.to_string()})]).expect_err("gone");
    assert_eq!((gone.code, gone.msg.as_ref()), ("51603", "Order does not exist"));
    rig.world.now += 7 * 24 * HOUR;
    assert_eq!(ids(&mut rig, query::history, swaps()), Vec::<u64>::new());
    assert_eq!(ids(&mut rig, query::archive, swaps()), [full, part]);
}

#[test]
fn an_order_is_found_by_either_id_of_its_owner() {
    let mut rig = Rig::new();
    let id = rig.place(with(order(SWAP, "cross", "limit", "buy 1 @ 80000"), json!({"clOrdId": "a1"}))).expect("rests");
    for (params, want) in [
        (json!({"instId": SWAP, "ordId": id.to_string()}), Ok(())),
        (json!({"instId": SWAP, "clOrdId": "a1"}), Ok(())),
        (json!({"instId": SWAP, "ordId": id.to_string(), "clOrdId": "zz"}), Ok(())),
        (json!({"instId": SWAP, "clOrdId": "a2"}), Err("51603")),
        (json!({"instId": SPOT, "ordId": id.to_string()}), Err("51603")),
        (json!({"instId": SWAP}), Err("51003")),
        (json!({"ordId": id.to_string()}), Err("50014")),
    ] {
        let got = rig.call(rig.me, query::order, false, vec![params.clone()]).map(|_| ()).map_err(|no| no.code);
        assert_eq!(got, want, "{params}");
    }
    let other = rig.call(rig.other, query::order, false, vec![json!({"instId": SWAP, "ordId": id.to_string()})]);
    assert_eq!(other.expect_err("not his").code, "51603");
}

#[test]
fn fills_come_newest_first_and_in_pages() {
    let mut rig = Rig::new();
    for _ in 0..3 {
        rig.limit(rig.other, SWAP, "sell 1 @ 90000");
    }
    let id = rig.limit(rig.me, SWAP, "buy 3 @ 90000");
    let rows = rig.call(rig.me, query::fills, false, vec![json!({"ordId": id.to_string()})]).expect("answered");
    let bills: Vec<u64> = rows.iter().map(|(_, row)| text_of(row, "billId").parse().expect("an id")).collect();
    assert!(bills.len() == 3 && bills.is_sorted_by(|a, b| a > b));
    let row = &rows.first().expect("three").1;
    for (key, want) in
        [("fillSz", "1"), ("fillPx", "90000"), ("execType", "T"), ("side", "buy"), ("posSide", "net"), ("feeCcy", "USDT"), ("feeRate", "")]
    {
        assert_eq!(text_of(row, key), want, "{key}");
    }
    let page = |rig: &mut Rig, params: Value| rig.call(rig.me, query::fills, false, vec![params]).expect("answered").len();
    assert_eq!(page(&mut rig, json!({"after": bills[0].to_string()})), 2);
    assert_eq!(page(&mut rig, json!({"before": bills[2].to_string(), "limit": "1"})), 1);
    assert_eq!(page(&mut rig, json!({"instType": "SPOT"})), 0);
    let later = (rig.world.now_ms() + 1).to_string();
    assert_eq!(page(&mut rig, json!({"begin": later})), 0);
    assert_eq!(rig.call(rig.me, query::fills_history, false, vec![json!({})]).expect_err("refused").code, "50014");
    rig.world.now += 73 * HOUR;
    assert_eq!(page(&mut rig, json!({})), 0);
    assert_eq!(rig.call(rig.me, query::fills_history, false, vec![json!({"instType": "SWAP"})]).expect("answered").len(), 3);
}

#[test]
fn history_is_bounded() {
    use crate::exchange::order::HISTORY;
    let mut rig = Rig::new();
    let request = || with(order(SWAP, "cross", "ioc", "buy 1 @ 80000"), json!({"clOrdId": "same"}));
    let first = rig.place(with(order(SWAP, "cross", "ioc", "buy 1 @ 80000"), json!({"clOrdId": "first"}))).expect("accepted");
    for _ in 0..HISTORY {
        rig.place(request()).expect("accepted");
        rig.world.events.clear();
    }
    assert!(rig.world.orders.get(first).is_none());
    assert_eq!(rig.world.orders.all.len(), HISTORY);
    assert_eq!(rig.world.orders.by_cl.get(&rig.me).map(std::collections::BTreeMap::len), Some(1));
    assert!(rig.world.orders.counts.values().all(|n| *n == 0));
}

#[test]
fn the_rate_limit_of_the_account_is_told() {
    let mut rig = Rig::new();
    let row = rig.one(query::rate_limit, json!({}));
    assert_eq!(["accRateLimit", "fillRatio"].map(|key| text_of(&row, key)), ["1000", ""]);
}
