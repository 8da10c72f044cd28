//! Trading section 4.4, order-precheck: the checks of an order and what it would change, and nothing changes.

use serde_json::{Value, json};

use super::super::precheck;
use super::{Rig, d, order, text_of, with};
use crate::exchange::num::Dec;

const SWAP: &str = "BTC-USDT-SWAP";
const SPOT: &str = "BTC-USDT";

fn dump(rig: &Rig) -> String {
    serde_json::to_string(&rig.world).expect("a world can be written down")
}

/// The row, or the code of the refusal; either way nothing happened.
fn asked(rig: &mut Rig, request: Value) -> Result<Value, String> {
    let (before, events) = (dump(rig), rig.world.events.len());
    let answer = rig.call(rig.me, precheck::order, false, vec![request]);
    assert_eq!(dump(rig), before, "nothing may change");
    assert_eq!(rig.world.events.len(), events, "nothing is told");
    Ok(answer.map_err(|no| no.code.to_owned())?.into_iter().next().expect("one row").1)
}

fn number(row: &Value, key: &str) -> Dec {
    d(&text_of(row, key))
}

#[test]
fn the_row_has_the_keys_of_the_exchange() {
    let mut rig = Rig::of("3", "net_mode");
    let row = asked(&mut rig, order(SWAP, "cross", "limit", "buy 10 @ 90000")).expect("rich enough");
    let keys: Vec<&str> = row.as_object().expect("an object").keys().map(String::as_str).collect();
    let mut listed: Vec<&str> = "adjEq,adjEqChg,imr,imrChg,mmr,mmrChg,mgnRatio,mgnRatioChg,availBal,availBalChg,liqPx,liqPxDiff,\
        liqPxDiffRatio,liab,liabChg,liabChgCcy,posBal,posBalChg,type"
        .split(',')
        .collect();
    listed.sort_unstable();
    assert_eq!(keys, listed);
}

#[test]
fn it_is_for_multi_currency_and_portfolio_margin() {
    for (level, want) in [("1", Err("51010".to_owned())), ("2", Err("51010".to_owned())), ("3", Ok(())), ("4", Ok(()))] {
        let mut rig = Rig::of(level, "net_mode");
        assert_eq!(asked(&mut rig, order(SPOT, "cash", "limit", "buy 1 @ 80000")).map(|_| ()), want, "level {level}");
    }
}

#[test]
fn what_it_tells_is_what_an_order_then_does() {
    for (what, first) in
        [("buy 10 @ 90000", ""), ("sell 10 @ 90000", ""), ("buy 10 @ 90000", "buy 5 @ 90000"), ("sell 4 @ 90000", "buy 5 @ 90000")]
    {
        let mut rig = Rig::of("3", "net_mode");
        if !first.is_empty() {
            rig.position(SWAP, first);
        }
        let row = asked(&mut rig, order(SWAP, "cross", "limit", what)).expect("rich enough");
        let balance = |rig: &mut Rig| rig.one(crate::exchange::ledger::balance, json!({}));
        let before = balance(&mut rig);
        rig.position(SWAP, what);
        let after = balance(&mut rig);
        for key in ["adjEq", "imr", "mmr"] {
            assert_eq!(number(&row, key), number(&before, key), "{what}: {key}");
            let change = number(&row, &format!("{key}Chg"));
            assert_eq!(change, number(&after, key) - number(&before, key), "{what}: change of {key}");
        }
        assert_eq!(text_of(&row, "mgnRatio"), text_of(&before, "mgnRatio"), "{what}");
        let positions = rig.one(crate::exchange::ledger::positions, json!({"instId": SWAP}));
        let (liq_px, mark) = (text_of(&positions, "liqPx"), number(&positions, "markPx"));
        let away = if liq_px.is_empty() { String::new() } else { crate::exchange::num::text(d(&liq_px) - mark) };
        assert_eq!(text_of(&row, "liqPxDiff"), away, "{what}");
    }
}

#[test]
fn coins_of_a_spot_order_are_those_it_spends() {
    let mut rig = Rig::of("3", "net_mode");
    let row = asked(&mut rig, order(SPOT, "cross", "limit", "buy 1 @ 90000")).expect("rich enough");
    assert_eq!(
        ["availBal", "availBalChg", "liab", "liabChg", "imrChg"].map(|key| text_of(&row, key)),
        ["1000000", "-90000", "0", "0", "0"]
    );
    let row = asked(&mut rig, order(SPOT, "cash", "limit", "sell 2 @ 90000")).expect("rich enough");
    assert_eq!(["availBal", "availBalChg"].map(|key| text_of(&row, key)), ["20", "-2"]);
    rig.limit(rig.other, SPOT, "sell 5 @ 90000");
    let row = asked(&mut rig, order(SPOT, "cash", "market", "buy 45000")).expect("counts quote currency");
    assert_eq!(text_of(&row, "availBalChg"), "-45000");
}

#[test]
fn borrowing_is_told_in_the_currency_that_is_borrowed() {
    let mut rig = Rig::of("3", "net_mode");
    rig.world.account_mut(rig.me).settings.insert("autoLoan".into(), "true".into());
    let row = asked(&mut rig, order(SPOT, "cross", "limit", "buy 12 @ 90000")).expect("against its coins");
    assert_eq!(["liab", "liabChg", "liabChgCcy", "availBal"].map(|key| text_of(&row, key)), ["0", "80000", "USDT", ""]);
}

#[test]
fn it_is_refused_as_the_order_would_be() {
    for request in [
        order(SPOT, "isolated", "limit", "buy 1 @ 80000"),
        order(SPOT, "cash", "limit", "buy 100 @ 80000"),
        order(SWAP, "cross", "limit", "buy 1.001 @ 80000"),
        order(SWAP, "cross", "limit", "buy 0.001 @ 80000"),
        order(SWAP, "cross", "limit", "buy 1 @ 95000"),
        order(SWAP, "cross", "limit", "buy 60000 @ 90000"),
        order(SWAP, "cross", "market", "buy 12001"),
        with(order(SWAP, "cross", "limit", "buy 1 @ 80000"), json!({"posSide": "long"})),
        with(order(SWAP, "cross", "limit", "sell 1 @ 90000"), json!({"reduceOnly": true})),
        with(order(SWAP, "cross", "limit", "buy 1 @ 80000"), json!({"instId": "X-Y-SWAP"})),
        with(order(SWAP, "cross", "limit", "buy 1 @ 80000"), json!({"attachAlgoOrds": [{"tpTriggerPx": "70000", "tpOrdPx": "-1"}]})),
    ] {
        let mut rig = Rig::of("3", "net_mode");
        let told = asked(&mut rig, request.clone()).map(|_| ()).expect_err("refused");
        assert_eq!(rig.place(request.clone()).map(|_| ()), Err(told), "{request}");
    }
}
