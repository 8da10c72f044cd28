//! Trading section 2.1, set-leverage: what it is refused for, row by row.

use serde_json::{Value, json};

use super::{Rig, order, text_of, with};
use crate::exchange::{algo, ledger};

const SWAP: &str = "BTC-USDT-SWAP";
const SPOT: &str = "BTC-USDT";

fn set(rig: &mut Rig, request: Value) -> Result<String, &'static str> {
    let rows = rig.call(rig.me, ledger::set_leverage, false, vec![request]).map_err(|no| no.code)?;
    Ok(text_of(&rows.first().expect("one row").1, "lever"))
}

fn of(inst_id: &str, mode: &str, lever: &str) -> Value {
    json!({"instId": inst_id, "mgnMode": mode, "lever": lever})
}

#[test]
fn values_are_checked_first() {
    for (level, request, want) in [
        ("2", json!({"instId": SWAP, "lever": "5"}), Err("50014")),
        ("2", json!({"instId": SWAP, "mgnMode": "cross"}), Err("50014")),
        ("2", json!({"mgnMode": "cross", "lever": "5"}), Err("50014")),
        ("2", of(SWAP, "cash", "5"), Err("51000")),
        ("2", of(SWAP, "portfolio", "5"), Err("51000")),
        ("2", of(SWAP, "cross", "x"), Err("51000")),
        ("2", of(SWAP, "cross", "1e1"), Err("51000")),
        ("2", of(SWAP, "cross", "99999999999999999999"), Err("51000")),
        ("2", of("X-Y-SWAP", "cross", "5"), Err("51001")),
        ("2", of(SWAP, "cross", "100.1"), Err("59102")),
        ("2", of(SPOT, "isolated", "11"), Err("59102")),
        ("2", of(SWAP, "cross", "0.99"), Err("59105")),
        ("2", of(SWAP, "cross", "0"), Err("59105")),
        ("2", of(SWAP, "cross", "-5"), Err("59105")),
        ("2", with(of(SWAP, "isolated", "5"), json!({"posSide": "up"})), Err("51000")),
        ("2", json!({"ccy": "USDT", "mgnMode": "cross", "lever": "5"}), Err("51000")), // by pair in this mode
        ("3", json!({"ccy": "USDT", "mgnMode": "cross", "lever": "5"}), Ok("5")),
        ("1", of(SWAP, "cross", "5"), Err("51010")),
        ("4", of(SWAP, "cross", "5"), Err("51039")),
        ("2", of(SWAP, "cross", "5.5"), Ok("5.5")),
        ("2", with(of(SWAP, "cross", "1"), json!({"lever": 5})), Ok("5")),
        ("2", of(SPOT, "cross", "5"), Ok("5")),
        ("3", of(SWAP, "cross", "5"), Ok("5")),
    ] {
        let mut rig = Rig::of(level, "net_mode");
        assert_eq!(set(&mut rig, request.clone()), want.map(str::to_owned), "level {level} {request}");
    }
}

#[test]
fn a_side_is_named_where_there_are_two() {
    for (mode, side, want) in [
        ("isolated", "", Err("51000")),
        ("isolated", "net", Err("51000")),
        ("isolated", "long", Ok("5")),
        ("isolated", "short", Ok("5")),
        ("cross", "", Ok("5")),
        ("cross", "long", Ok("5")),
    ] {
        let mut rig = Rig::of("2", "long_short_mode");
        let got = set(&mut rig, with(of(SWAP, mode, "5"), json!({"posSide": side})));
        assert_eq!(got, want.map(str::to_owned), "{mode} {side:?}");
    }
}

#[test]
fn open_orders_go_first() {
    for (inst_id, mode, code) in
        [(SWAP, "isolated", "59101"), (SWAP, "cross", "59107"), (SPOT, "isolated", "59101"), (SPOT, "cross", "59107")]
    {
        let mut rig = Rig::new();
        assert_eq!(set(&mut rig, of(inst_id, mode, "4")), Ok("4".into()));
        let id = rig.place(order(inst_id, mode, "limit", "buy 1 @ 89000")).expect("rich enough");
        assert_eq!(set(&mut rig, of(inst_id, mode, "5")), Err(code), "{inst_id} {mode}");
        assert_eq!(set(&mut rig, of(inst_id, mode, "4")), Ok("4".into()), "no change");
        let other = if mode == "cross" { "isolated" } else { "cross" };
        assert_eq!(set(&mut rig, of(inst_id, other, "5")), Ok("5".into()), "of the other mode");
        rig.world.cancel(id, "1");
        assert_eq!(set(&mut rig, of(inst_id, mode, "5")), Ok("5".into()));
    }
}

#[test]
fn open_algo_orders_go_first() {
    for (inst_id, mode, code) in
        [(SWAP, "isolated", "59668"), (SWAP, "cross", "59669"), (SPOT, "isolated", "59668"), (SPOT, "cross", "59669")]
    {
        for waits in [
            json!({"ordType": "trigger", "triggerPx": "80000", "orderPx": "-1"}),
            json!({"ordType": "conditional", "slTriggerPx": "95000", "slOrdPx": "-1"}),
            json!({"ordType": "move_order_stop", "callbackRatio": "0.05"}),
        ] {
            if inst_id == SPOT && waits["ordType"] == "trigger" {
                continue; // not on margin
            }
            let mut rig = Rig::new();
            rig.limit(rig.other, inst_id, "sell 1 @ 90000");
            let request = with(order(inst_id, mode, "", "buy 0.1"), with(waits.clone(), json!({"tgtCcy": "base_ccy"})));
            let row = rig.call_route(algo::ROUTES, "trade/order-algo", request).expect("accepted");
            assert_eq!(text_of(&row, "sCode"), "0", "{inst_id} {mode} {waits}: {row}");
            assert_eq!(set(&mut rig, of(inst_id, mode, "5")), Err(code), "{inst_id} {mode} {waits}");
            let other = if mode == "cross" { "isolated" } else { "cross" };
            assert_eq!(set(&mut rig, of(inst_id, other, "5")), Ok("5".into()), "of the other mode");
            let gone = json!({"instId": inst_id, "algoId": text_of(&row, "algoId")});
            rig.call_route(algo::ROUTES, "trade/cancel-algos", gone).expect("it is there");
            assert_eq!(set(&mut rig, of(inst_id, mode, "5")), Ok("5".into()), "{inst_id} {mode} {waits}");
        }
    }
}

#[test]
fn a_lower_leverage_needs_its_margin() {
    for (level, mode, code) in [("2", "isolated", "59108"), ("2", "cross", "59108"), ("3", "cross", "59109")] {
        let mut rig = Rig::of(level, "net_mode");
        rig.limit(rig.other, SWAP, "sell 4000 @ 90000");
        // 3.6 million at 10: more than the account has at 3.
        rig.place(order(SWAP, mode, "limit", "buy 4000 @ 90000")).expect("rich enough");
        let me = rig.me;
        if level == "3" {
            rig.world.set_balance(me, "BTC", super::d("0"), false).expect("a balance");
        }
        let before = serde_json::to_string(rig.world.account(me)).expect("an account");
        assert_eq!(set(&mut rig, of(SWAP, mode, "3")), Err(code), "level {level} {mode}");
        assert_eq!(serde_json::to_string(rig.world.account(me)).expect("an account"), before, "a refusal changes nothing");
        assert_eq!(set(&mut rig, of(SWAP, mode, "5")), Ok("5".into()), "level {level} {mode}");
        assert!(rig.world.adds_up());
    }
}

#[test]
fn a_large_position_bounds_its_leverage() {
    let mut rig = Rig::new();
    assert_eq!(set(&mut rig, of(SWAP, "cross", "20")), Ok("20".into()));
    let me = rig.me;
    rig.world.set_balance(me, "USDT", super::d("100000000"), false).expect("a balance");
    for _ in 0..3 {
        rig.limit(rig.other, SWAP, "sell 10000 @ 90000");
        rig.place(order(SWAP, "cross", "limit", "buy 10000 @ 90000")).expect("rich enough");
    }
    assert_eq!(set(&mut rig, of(SWAP, "cross", "100")), Err("59106"));
}
