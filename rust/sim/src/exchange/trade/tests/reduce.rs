//! Trading section 3.5: orders that only close.

use serde_json::json;

use super::{PosSide, Rig, TdMode, order, text_of, with};

const SWAP: &str = "BTC-USDT-SWAP";
const SPOT: &str = "BTC-USDT";

fn reduce(what: &str) -> serde_json::Value {
    with(order(SWAP, "cross", "limit", what), json!({"reduceOnly": true}))
}

#[test]
fn reduce_only_needs_a_position_on_the_other_side() {
    for (held, what, want) in [
        ("", "sell 1 @ 91000", "51169"),
        ("buy 2 @ 90000", "buy 1 @ 89000", "51170"),
        ("sell 2 @ 90000", "sell 1 @ 91000", "51170"),
        ("buy 2 @ 90000", "sell 1 @ 91000", "live"),
        ("sell 2 @ 90000", "buy 2 @ 89000", "live"),
    ] {
        let mut rig = Rig::new();
        if !held.is_empty() {
            rig.position(SWAP, held);
        }
        let got = rig.place(reduce(what)).map_or_else(|code| code, |id| rig.state(id));
        assert_eq!(got, want, "{held}: {what}");
    }
}

#[test]
fn a_reduce_only_order_larger_than_the_position_is_cut_down_or_refused() {
    let mut rig = Rig::new();
    rig.position(SWAP, "buy 2 @ 90000");
    let id = rig.place(reduce("sell 5 @ 91000")).expect("cut down");
    assert_eq!(rig.pushed(), ["live source=4 result=0", "live"]);
    assert_eq!(text_of(&rig.order(id), "sz"), "2");
    assert_eq!(text_of(&rig.order(id), "reduceOnly"), "true");

    let mut rig = Rig::new();
    rig.world.config.switches.reduce_only = "reject".into();
    rig.position(SWAP, "buy 2 @ 90000");
    assert_eq!(rig.place(reduce("sell 5 @ 91000")), Err("51112".into()));
    assert!(rig.place(reduce("sell 2 @ 91000")).is_ok());
}

#[test]
fn the_better_price_displaces_the_worse() {
    // first order, second order: what becomes of both.
    for (first, second, want) in [
        ("sell 2 @ 91000", "sell 2 @ 90500", ["canceled 23", "live"]),
        ("sell 2 @ 90500", "sell 2 @ 91000", ["live", "canceled 22"]),
        ("sell 1 @ 91000", "sell 1 @ 90500", ["live", "live"]),
        ("sell 2 @ 91000", "sell 1 @ 91000", ["live", "canceled 22"]),
    ] {
        let mut rig = Rig::new();
        rig.position(SWAP, "buy 2 @ 90000");
        let ids = [first, second].map(|what| rig.place(reduce(what)).expect("accepted"));
        assert_eq!(ids.map(|id| rig.state(id)), want, "{first}, {second}");
    }
}

#[test]
fn orders_of_a_closed_position_go() {
    let mut rig = Rig::new();
    rig.position(SWAP, "buy 2 @ 90000");
    let waiting = rig.place(reduce("sell 2 @ 91000")).expect("accepted");
    let plain = rig.limit(rig.me, SWAP, "sell 1 @ 91000");
    rig.limit(rig.other, SWAP, "buy 2 @ 90000");
    rig.limit(rig.me, SWAP, "sell 2 @ 90000");
    assert_eq!((rig.state(waiting).as_str(), rig.state(plain).as_str()), ("canceled 17", "live"));
    assert_eq!(rig.held(SWAP, TdMode::Cross, PosSide::Net), "0");
}

#[test]
fn orders_of_a_smaller_position_are_cut_down() {
    let mut rig = Rig::new();
    rig.position(SWAP, "buy 3 @ 90000");
    let waiting = rig.place(reduce("sell 3 @ 91000")).expect("accepted");
    rig.limit(rig.other, SWAP, "buy 2 @ 90000");
    rig.limit(rig.me, SWAP, "sell 2 @ 90000");
    assert_eq!(text_of(&rig.order(waiting), "sz"), "1");
    rig.limit(rig.other, SWAP, "buy 5 @ 91000");
    assert_eq!((rig.state(waiting).as_str(), rig.held(SWAP, TdMode::Cross, PosSide::Net).as_str()), ("filled", "0"));
}

#[test]
fn one_sweep_does_not_close_more_than_there_is() {
    let mut rig = Rig::new();
    rig.position(SWAP, "buy 2 @ 90000");
    rig.limit(rig.me, SWAP, "sell 1 @ 91000");
    let waiting = rig.place(reduce("sell 2 @ 91000")).expect("accepted");
    let taker = rig.limit(rig.other, SWAP, "buy 5 @ 91000");
    assert_eq!(rig.held(SWAP, TdMode::Cross, PosSide::Net), "0");
    assert_eq!((rig.state(waiting).as_str(), rig.state(taker).as_str()), ("canceled 17", "partially_filled"));
}

#[test]
fn long_and_short_close_by_their_nature() {
    let mut rig = Rig::of("2", "long_short_mode");
    let at = |what: &str, pos_side: &str| with(order(SWAP, "cross", "limit", what), json!({"posSide": pos_side, "reduceOnly": true}));
    assert_eq!(rig.place(at("sell 1 @ 91000", "long")), Err("51169".into()));
    rig.position(SWAP, "buy 3 @ 90000");
    assert_eq!(rig.place(at("sell 4 @ 91000", "long")), Err("51112".into()));
    let first = rig.place(at("sell 2 @ 91000", "long")).expect("fits");
    assert_eq!(rig.place(at("sell 2 @ 91000", "long")), Err("51112".into()), "two of three are spoken for");
    assert_eq!(rig.place(at("buy 1 @ 89000", "short")), Err("51169".into()), "no short position");
    assert!(rig.place(at("sell 1 @ 91000", "short")).is_ok(), "opens, whatever reduceOnly says");
    assert_eq!(text_of(&rig.order(first), "reduceOnly"), "false");
    rig.limit(rig.other, SWAP, "buy 3 @ 91000");
    assert_eq!(rig.held(SWAP, TdMode::Cross, PosSide::Long), "1");
    assert_eq!(rig.held(SWAP, TdMode::Cross, PosSide::Short), "-1");
}

#[test]
fn not_everything_can_be_reduce_only() {
    for (level, inst_id, mode, want) in [
        ("1", SPOT, "cash", "51139"),
        ("2", SPOT, "cash", "51139"),
        ("3", SPOT, "cross", "51133"),
        ("4", SWAP, "cross", "51205"),
        ("3", "option", "cross", "51205"),
        ("2", SPOT, "cross", "51169"), // margin: may be, but there is no position
    ] {
        let mut rig = Rig::of(level, "net_mode");
        let option = rig.option();
        let (inst_id, px) = if inst_id == "option" { (option.as_str(), "0.01") } else { (inst_id, "91000") };
        let request = with(order(inst_id, mode, "limit", &format!("sell 1 @ {px}")), json!({"reduceOnly": "true"}));
        assert_eq!(rig.place(request), Err(want.into()), "level {level} {inst_id}");
    }
}

#[test]
fn a_market_reduce_only_order_closes_what_there_is() {
    let mut rig = Rig::new();
    rig.position(SWAP, "buy 2 @ 90000");
    rig.limit(rig.other, SWAP, "buy 9 @ 89900");
    let id = rig.place(with(order(SWAP, "cross", "market", "sell 7"), json!({"reduceOnly": true}))).expect("cut down");
    assert_eq!((rig.state(id).as_str(), rig.held(SWAP, TdMode::Cross, PosSide::Net).as_str()), ("filled", "0"));
}
