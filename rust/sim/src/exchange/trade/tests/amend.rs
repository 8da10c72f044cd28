//! Trading sections 4.2 and 4.3: amendments and cancellations.

use serde_json::{Value, json};

use super::super::orders;
use super::{Rig, order, text_of, with};

const SWAP: &str = "BTC-USDT-SWAP";

fn by_id(id: u64, more: Value) -> Value {
    with(json!({"instId": SWAP, "ordId": id.to_string()}), more)
}

#[test]
fn an_amendment_answers_and_pushes() {
    let mut rig = Rig::new();
    let id = rig.limit(rig.me, SWAP, "buy 3 @ 89000");
    rig.world.events.clear();
    let row = rig.one(orders::amend, by_id(id, json!({"newPx": "89500", "newSz": "4", "reqId": "r1"})));
    assert_eq!(["ordId", "sCode", "sMsg", "reqId", "subCode"].map(|key| text_of(&row, key)), [&id.to_string(), "0", "", "r1", ""]);
    assert_eq!(rig.pushed(), ["live source=1 result=0 req=r1"]);
    let row = rig.order(id);
    assert_eq!(["px", "sz", "state"].map(|key| text_of(&row, key)), ["89500", "4", "live"]);
}

#[test]
fn what_cannot_be_amended_is_refused() {
    for (more, want) in [
        (json!({}), "51500"),
        (json!({"newSz": "0"}), "51000"),
        (json!({"newPx": "x"}), "51000"),
        (json!({"newSz": "1.001"}), "51121"),
        (json!({"newPx": "89000.05"}), "51000"),
        (json!({"newPx": "99000"}), "51006"),
        (json!({"newPx": "90000"}), "51511"), // would cross
        (json!({"newSz": "20000"}), "51502"),
        (json!({"newSz": "2", "reqId": "a-b"}), "51000"),
        (json!({"newPxUsd": "90000"}), "51177"),
        (json!({"newSz": "2", "ordId": "123"}), "51503"),
        (json!({"newSz": "2", "ordId": ""}), "51003"),
        (json!({"newSz": "2", "instId": "BTC-USD-SWAP"}), "51503"),
        (json!({"newPx": "99000", "pxAmendType": "1"}), "51511"), // moved to the edge, and crossing there
        (json!({"newPx": "89500"}), "0"),
    ] {
        let mut rig = Rig::new();
        rig.limit(rig.other, SWAP, "sell 1 @ 90000");
        let id = rig.place(order(SWAP, "cross", "post_only", "buy 3 @ 89000")).expect("rests");
        rig.world.events.clear();
        let row = rig.one(orders::amend, by_id(id, more.clone()));
        assert_eq!(text_of(&row, "sCode"), want, "{more}: {row}");
        if want != "0" {
            assert!(rig.pushed().is_empty(), "{more}");
            assert_eq!((rig.state(id).as_str(), text_of(&rig.order(id), "sz").as_str()), ("live", "3"), "{more}");
        }
    }
}

#[test]
fn cxl_on_fail_cancels_what_cannot_be_amended() {
    let mut rig = Rig::new();
    let id = rig.limit(rig.me, SWAP, "buy 3 @ 89000");
    rig.world.events.clear();
    let row = rig.one(orders::amend, by_id(id, json!({"newPx": "99000", "cxlOnFail": true, "reqId": "r"})));
    assert_eq!(text_of(&row, "sCode"), "51006");
    assert_eq!(rig.pushed(), ["canceled 0 req=r"]);
}

#[test]
fn a_new_price_that_crosses_trades() {
    let mut rig = Rig::new();
    rig.limit(rig.other, SWAP, "sell 1 @ 90000");
    let id = rig.limit(rig.me, SWAP, "buy 3 @ 89000");
    rig.world.events.clear();
    rig.one(orders::amend, by_id(id, json!({"newPx": "90000"})));
    assert_eq!(rig.pushed(), ["live source=1 result=0", "partially_filled fill=1"]);
    assert_eq!(rig.world.book(rig.inst(SWAP)).bids.values().next().map(|level| level.total), Some(super::d("2")));
}

#[test]
fn a_size_not_above_what_is_filled_ends_the_order() {
    let mut rig = Rig::new();
    let id = rig.limit(rig.me, SWAP, "buy 3 @ 90000");
    rig.limit(rig.other, SWAP, "sell 2 @ 90000");
    rig.world.events.clear();
    let row = rig.one(orders::amend, by_id(id, json!({"newSz": "2"})));
    assert_eq!((text_of(&row, "sCode"), rig.state(id)), ("0".into(), "filled".into()));
    assert_eq!(rig.pushed(), ["filled source=1 result=0"]);
    assert!(rig.world.book(rig.inst(SWAP)).bids.is_empty());
    let row = rig.one(orders::amend, by_id(id, json!({"newSz": "5"})));
    assert_eq!(text_of(&row, "sCode"), "51503");
}

#[test]
fn only_a_smaller_size_keeps_the_place_in_the_queue() {
    for (more, first) in [
        (json!({"newSz": "1"}), true),
        (json!({"newSz": "2", "newPx": "89000"}), true),
        (json!({"newSz": "4"}), false),
        (json!({"newPx": "89000"}), true), // nothing changes
    ] {
        let mut rig = Rig::new();
        let id = rig.limit(rig.me, SWAP, "buy 3 @ 89000");
        rig.limit(rig.other, SWAP, "buy 1 @ 89000");
        let row = rig.one(orders::amend, by_id(id, more.clone()));
        assert_eq!(text_of(&row, "sCode"), "0", "{more}");
        let front = rig.world.book(rig.inst(SWAP)).front(crate::exchange::order::Side::Buy).map(|(_, id, _)| id);
        assert_eq!(front == Some(id), first, "{more}");
    }
}

#[test]
fn a_batch_does_not_amend_an_order_twice() {
    let mut rig = Rig::new();
    let ids = ["buy 3 @ 89000", "buy 3 @ 88000"].map(|what| rig.limit(rig.me, SWAP, what));
    let items = vec![by_id(ids[0], json!({"newSz": "4"})), by_id(ids[0], json!({"newSz": "5"})), by_id(ids[1], json!({"newSz": "5"}))];
    let rows = rig.call(rig.me, orders::amend, false, items).expect("an answer for each");
    let codes: Vec<String> = rows.iter().map(|(_, row)| text_of(row, "sCode")).collect();
    assert_eq!(codes, ["0", "51512", "0"]);
}

#[test]
fn a_cancel_finds_its_order_or_says_which_way_it_does_not() {
    let mut rig = Rig::new();
    let id = rig.limit(rig.me, SWAP, "buy 3 @ 89000");
    let strange = rig.limit(rig.other, SWAP, "buy 3 @ 89000");
    let named = rig.place(with(order(SWAP, "cross", "limit", "buy 1 @ 89000"), json!({"clOrdId": "c1"}))).expect("rests");
    for (request, want) in [
        (json!({"instId": SWAP}), "51407"),
        (json!({"instId": SWAP, "ordId": "1"}), "51400"),
        (json!({"instId": SWAP, "ordId": "x"}), "51000"),
        (json!({"instId": SWAP, "ordId": strange.to_string()}), "51400"),
        (json!({"instId": "BTC-USD-SWAP", "ordId": id.to_string()}), "51400"),
        (json!({"instId": "NO-SUCH", "ordId": id.to_string()}), "51001"),
        (json!({"ordId": id.to_string()}), "50014"),
        (by_id(id, json!({"clOrdId": "c1"})), "0"), // ordId wins
        (by_id(id, json!({})), "51400"),
        (json!({"instId": SWAP, "clOrdId": "c1"}), "0"),
        (json!({"instId": SWAP, "clOrdId": "c1"}), "51400"),
    ] {
        let row = rig.one(orders::cancel, request.clone());
        assert_eq!(text_of(&row, "sCode"), want, "{request}");
    }
    assert_eq!((rig.state(id).as_str(), rig.state(named).as_str(), rig.state(strange).as_str()), ("canceled 1", "canceled 1", "live"));
    let keys: Vec<String> = rig.one(orders::cancel, by_id(id, json!({}))).as_object().expect("an object").keys().cloned().collect();
    assert_eq!(keys, ["clOrdId", "ordId", "sCode", "sMsg", "ts"]);
}
