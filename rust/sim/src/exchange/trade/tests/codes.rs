//! Trading sections 3.7, 4.1 and 15: what is refused with which code and text, and what clients may send anyway.

use serde_json::{Value, json};

use super::super::{close, orders, spreads};
use super::{Rig, order, text_of, with};

const SWAP: &str = "BTC-USDT-SWAP";
const SPOT: &str = "BTC-USDT";

#[test]
fn bad_orders_are_refused_with_the_code_of_the_table() {
    let spot = |what: &str| order(SPOT, "cash", "limit", what);
    let swap = |what: &str| order(SWAP, "cross", "limit", what);
    let without = |key: &str| {
        let mut request = spot("buy 1 @ 80000");
        request.as_object_mut().expect("an object").remove(key);
        request
    };
    for (request, code, text) in [
        (without("instId"), "50014", "Parameter instId can not be empty."),
        (without("tdMode"), "50014", "Parameter tdMode can not be empty."),
        (without("side"), "50014", "Parameter side can not be empty."),
        (without("ordType"), "50014", "Parameter ordType can not be empty."),
        (without("sz"), "50014", "Parameter sz can not be empty."),
        (without("px"), "51204", ""),
        (with(spot("buy 1 @ 1"), json!({"instId": "NONE-USDT"})), "51001", ""),
        (with(spot("buy 1 @ 1"), json!({"side": "long"})), "51000", "Parameter side error"),
        (with(spot("buy 1 @ 1"), json!({"sz": "abc"})), "51000", "Parameter sz error"),
        (with(spot("buy 1 @ 1"), json!({"sz": "0"})), "51000", "Parameter sz error"),
        (with(spot("buy 1 @ 1"), json!({"sz": "-1"})), "51000", "Parameter sz error"),
        (with(spot("buy 1 @ 1"), json!({"px": "0"})), "51000", "Parameter px error"),
        (with(spot("buy 1 @ 1"), json!({"px": "1e5"})), "51000", "Parameter px error"),
        (with(spot("buy 1 @ 1"), json!({"clOrdId": "a-b"})), "51000", "Parameter clOrdId error"),
        (with(spot("buy 1 @ 1"), json!({"clOrdId": "a".repeat(33)})), "51000", "Parameter clOrdId error"),
        (with(spot("buy 1 @ 1"), json!({"tag": "a".repeat(17)})), "51000", "Parameter tag error"),
        (with(spot("buy 1 @ 1"), json!({"reduceOnly": "yes"})), "51000", "Parameter reduceOnly error"),
        (with(spot("buy 1 @ 1"), json!({"pxAmendType": "2"})), "51000", "Parameter pxAmendType error"),
        (spot("buy 1 @ 80000.05"), "51000", "Parameter px error"),
        (spot("buy 0.000001 @ 80000"), "51020", ""),
        (swap("buy 0.001 @ 80000"), "51020", ""),
        (swap("buy 1.001 @ 80000"), "51121", "Order quantity must be a multiple of the lot size."),
        (swap("buy 1000000000 @ 80000"), "51101", ""),
        (spot("buy 1000000000000 @ 80000"), "51005", ""),
        (spot("buy 1000000 @ 80000"), "51185", ""),
        (swap("buy 30000 @ 80000"), "51185", ""),
        (order(SWAP, "cross", "market", "buy 20000"), "51202", ""),
        (order(SPOT, "cash", "market", "buy 2000000"), "51201", ""),
        (spot("buy 100 @ 80000"), "51008", "Order failed. Insufficient USDT balance in account"),
        (swap("buy 20000 @ 90000"), "51008", "Order failed. Insufficient USDT margin in account"),
        (spot("buy 1 @ 95000"), "51137", ""),
        (spot("sell 1 @ 85000"), "51138", ""),
        (swap("buy 1 @ 95000"), "51006", ""),
        (swap("sell 1 @ 85000"), "51006", ""),
        (with(spot("buy 1 @ 1"), json!({"pxUsd": "1"})), "51537", ""),
        (with(spot("buy 1 @ 80000"), json!({"reduceOnly": true})), "51139", ""),
    ] {
        let mut rig = Rig::new();
        let rows = rig.call(rig.me, orders::place, false, vec![request.clone()]).expect("an answer for each item");
        let (good, row) = rows.first().expect("one row");
        assert!(!good, "{request}");
        assert_eq!(text_of(row, "sCode"), code, "{request}: {row}");
        if !text.is_empty() {
            assert_eq!(text_of(row, "sMsg"), text, "{request}");
        }
        assert_eq!(text_of(row, "ordId"), "");
        assert!(rig.world.orders.all.is_empty() && rig.world.events.iter().all(|e| e.channel != "orders"), "{request}");
    }
}

#[test]
fn a_short_account_is_told_what_is_short() {
    let mut rig = Rig::new();
    let row = rig.one(orders::place, order(SPOT, "cash", "limit", "buy 100 @ 80000"));
    assert_eq!(text_of(&row, "subCode"), "1000");
    let row = rig.one(orders::place, order(SWAP, "cross", "limit", "buy 20000 @ 90000"));
    assert_eq!(text_of(&row, "subCode"), "1001");
}

#[test]
fn a_position_beyond_what_its_leverage_allows_is_refused() {
    for (mode, side, pos_side, sub_code) in [
        ("net_mode", "buy", "", "1104"),
        ("net_mode", "sell", "", "1105"),
        ("long_short_mode", "buy", "long", "1102"),
        ("long_short_mode", "sell", "short", "1102"),
    ] {
        let mut rig = Rig::of("2", mode);
        let me = rig.me;
        rig.world.set_balance(me, "USDT", super::d("1000000000"), false).expect("a balance");
        rig.world.account_mut(me).levers.insert(
            crate::exchange::account::LeverKey { scope: SWAP.into(), mode: super::TdMode::Cross, side: super::PosSide::Net },
            super::d("100"),
        );
        let request = with(order(SWAP, "cross", "limit", &format!("{side} 6000 @ 90000")), json!({"posSide": pos_side}));
        let row = rig.one(orders::place, request);
        assert_eq!((text_of(&row, "sCode").as_str(), text_of(&row, "subCode").as_str()), ("51004", sub_code), "{mode} {side}: {row}");
    }
}

#[test]
fn the_state_of_the_instrument_decides() {
    for (state, kind, want) in [
        ("preopen", "limit", "51021"),
        ("suspend", "limit", "51022"),
        ("rebase", "limit", "51022"),
        ("test", "limit", "51022"),
        ("settling", "limit", "51029"),
        ("expired", "limit", "51027"),
        ("delivering", "limit", "51028"),
        ("post_only", "limit", "51022"),
        ("post_only", "post_only", "ok"),
        ("live", "limit", "ok"),
    ] {
        let mut rig = Rig::new();
        let ix = rig.inst(SWAP);
        rig.world.inst_mut(ix).state = state.into();
        let got = rig.place(order(SWAP, "cross", kind, "buy 1 @ 80000")).map_or_else(|code| code, |_| "ok".into());
        assert_eq!(got, want, "{state} {kind}");
    }
}

#[test]
fn what_official_clients_send_is_accepted() {
    let empty = json!({"ccy": "", "clOrdId": "", "tag": "", "posSide": "", "reduceOnly": "", "tgtCcy": "", "stpMode": "", "pxUsd": "",
        "pxVol": "", "banAmend": "", "attachAlgoOrds": null, "unknown": {"a": 1}});
    for more in [
        empty,
        json!({"px": 80000, "sz": 1}),
        json!({"reduceOnly": "false", "posSide": "net"}),
        json!({"sz": "1.00000000", "ccy": "USDT", "tgtCcy": "base_ccy"}),
        json!({"attachAlgoOrds": []}),
    ] {
        let mut rig = Rig::new();
        let row = rig.one(orders::place, with(order(SPOT, "cash", "limit", "buy 1 @ 80000"), more.clone()));
        assert_eq!((text_of(&row, "sCode"), text_of(&row, "sMsg")), ("0".into(), "Order placed".into()), "{more}");
        assert!(text_of(&row, "ordId").len() >= 18);
        let keys: Vec<&str> = row.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(keys, ["clOrdId", "ordId", "sCode", "sMsg", "subCode", "tag", "ts"]);
    }
}

#[test]
fn a_client_order_id_is_taken_as_long_as_its_order_is_open() {
    let mut rig = Rig::new();
    let request = || with(order(SPOT, "cash", "limit", "buy 1 @ 80000"), json!({"clOrdId": "a1"}));
    let first = rig.place(request()).expect("new");
    let row = rig.one(orders::place, request());
    assert_eq!(
        (text_of(&row, "sCode"), text_of(&row, "sMsg"), text_of(&row, "clOrdId")),
        ("51016".into(), "Duplicated client order ID".into(), "a1".into())
    );
    assert!(rig.place_as(rig.other, request()).is_ok(), "another account's");
    rig.world.cancel(first, "1");
    let second = rig.place(request()).expect("free again");
    let found = rig.one(super::query::order, json!({"instId": SPOT, "clOrdId": "a1"}));
    assert_eq!(text_of(&found, "ordId"), second.to_string());
}

#[test]
fn a_batch_keeps_the_order_of_its_items() {
    let mut rig = Rig::new();
    let item = |what: &str, cl: &str| with(order(SWAP, "cross", "limit", what), json!({"clOrdId": cl}));
    let items = vec![item("buy 1 @ 80000", "a"), item("buy 1.001 @ 80000", "b"), item("buy 1 @ 80000", "a"), item("buy 1 @ 80000", "c")];
    let rows = rig.call(rig.me, orders::place, false, items).expect("an answer for each");
    let codes: Vec<String> = rows.iter().map(|(_, row)| text_of(row, "sCode")).collect();
    assert_eq!(codes, ["0", "51121", "51016", "0"]);
    let ioc = || with(order(SWAP, "cross", "ioc", "buy 1 @ 80000"), json!({"clOrdId": "x"}));
    let rows = rig.call(rig.me, orders::place, false, vec![ioc(), ioc()]).expect("an answer for each");
    assert_eq!(text_of(&rows.last().expect("two").1, "sCode"), "51016", "unique in a batch, though the first has ended");
}

#[test]
fn large_batches_are_refused_whole() {
    let mut rig = Rig::new();
    let many = |item: Value| std::iter::repeat_n(item, 21).collect::<Vec<_>>();
    for (handler, code) in [(orders::place as crate::exchange::call::Handler, "51111"), (orders::amend, "51501"), (orders::cancel, "51406")]
    {
        let refusal = rig.call(rig.me, handler, false, many(order(SPOT, "cash", "limit", "buy 1 @ 80000"))).expect_err("21 orders");
        assert_eq!(refusal.code, code);
    }
    assert!(rig.world.orders.all.is_empty());
}

#[test]
fn portfolio_margin_refuses_a_batch_whole() {
    let mut rig = Rig::of("4", "net_mode");
    let items = ["buy 1 @ 80000", "buy 1.001 @ 80000"].map(|what| order(SWAP, "cross", "limit", what)).to_vec();
    let rows = rig.call(rig.me, orders::place, false, items).expect("an answer for each");
    let codes: Vec<String> = rows.iter().map(|(_, row)| text_of(row, "sCode")).collect();
    assert_eq!(codes, ["54004", "51121"]);
    let twin = || with(order(SWAP, "cross", "limit", "buy 1 @ 80000"), json!({"clOrdId": "a"}));
    let rows = rig.call(rig.me, orders::place, false, vec![twin(), twin()]).expect("an answer for each");
    let codes: Vec<String> = rows.iter().map(|(_, row)| text_of(row, "sCode")).collect();
    assert_eq!(codes, ["54004", "51016"]);
    assert!(rig.world.orders.all.is_empty());
}

#[test]
fn over_websocket_the_instrument_code_counts() {
    let mut rig = Rig::new();
    let code = rig.world.inst(rig.inst(SWAP)).code.expect("has one");
    let by_id = order(SWAP, "cross", "limit", "buy 1 @ 80000");
    let rows = rig.call(rig.me, orders::place, true, vec![by_id.clone()]).expect("an answer");
    let row = &rows.first().expect("one").1;
    assert_eq!((text_of(row, "sCode"), text_of(row, "sMsg")), ("50014".into(), "Parameter instIdCode can not be empty.".into()));
    assert_eq!(text_of(row, "ordId"), "");
    for (code, want) in [(json!(code), "0"), (json!(code.to_string()), "0"), (json!(99_999_999), "51001"), (json!("x"), "51000")] {
        let rows = rig.call(rig.me, orders::place, true, vec![with(by_id.clone(), json!({"instIdCode": code}))]).expect("an answer");
        assert_eq!(text_of(&rows.first().expect("one").1, "sCode"), want);
    }
    rig.world.config.switches.ws_instid = "accept".into();
    let rows = rig.call(rig.me, orders::place, true, vec![by_id]).expect("an answer");
    assert_eq!(text_of(&rows.first().expect("one").1, "sCode"), "0");
}

#[test]
fn there_is_a_limit_to_open_orders() {
    let mut rig = Rig::new();
    for _ in 0..500 {
        rig.limit(rig.me, SWAP, "buy 0.01 @ 80000");
    }
    assert_eq!(rig.place(order(SWAP, "cross", "limit", "buy 0.01 @ 80000")), Err("51102".into()));
    let first = rig.world.orders.open_of(rig.me).next().expect("500 of them").ord_id;
    rig.world.cancel(first, "1");
    assert!(rig.place(order(SWAP, "cross", "limit", "buy 0.01 @ 80000")).is_ok());
}

#[test]
fn a_price_outside_the_band_can_be_moved_to_its_edge() {
    let rig = Rig::new();
    let (buy_max, sell_min) = rig.world.price_limit(rig.inst(SWAP)).expect("has a band");
    for (what, edge) in [("buy 1 @ 99000", buy_max), ("sell 1 @ 70000", sell_min)] {
        let mut rig = Rig::new();
        let id = rig.place(with(order(SWAP, "cross", "limit", what), json!({"pxAmendType": "1"}))).expect("clamped");
        assert_eq!(rig.world.orders.get(id).and_then(|order| order.px), Some(edge));
    }
}

#[test]
fn option_prices_are_rounded_to_the_tick() {
    let mut rig = Rig::of("2", "net_mode");
    let option = rig.option();
    let tick = rig.world.inst(rig.inst(&option)).tick_sz;
    for (px, ticks) in [("0.00012", 1), ("0.00015", 2), ("0.00001", 1), ("0.0049", 49), ("0.0123", 125), ("0.0122", 120)] {
        let id = rig.place(order(&option, "cross", "limit", &format!("buy 1 @ {px}"))).unwrap_or_else(|code| panic!("{px}: {code}"));
        assert_eq!(rig.world.orders.get(id).and_then(|o| o.px), Some(tick * super::Dec::from(ticks)), "{px}");
    }
    for (more, want) in [(json!({"px": ""}), "51175"), (json!({"pxUsd": "10"}), "51176"), (json!({"px": "", "pxVol": "x"}), "51000")] {
        assert_eq!(rig.place(with(order(&option, "cross", "limit", "buy 1 @ 0.01"), more.clone())), Err(want.into()), "{more}");
    }
    let id = rig.place(with(order(&option, "cross", "limit", "buy 1"), json!({"pxUsd": "900"}))).expect("accepted");
    let row = rig.order(id);
    assert_eq!(["px", "pxUsd", "pxType"].map(|key| text_of(&row, key)), ["0.01", "900", "pxUsd"]);
    let amend = |rig: &mut Rig, more: Value| {
        let change = with(json!({"instId": option, "ordId": id.to_string()}), more);
        text_of(&rig.one(orders::amend, change), "sCode")
    };
    assert_eq!(amend(&mut rig, json!({"newPx": "0.02"})), "51177");
    assert_eq!(amend(&mut rig, json!({"newPxUsd": "1800"})), "0");
    assert_eq!(rig.world.orders.get(id).and_then(|o| o.px), Some(super::d("0.02")));
    let id = rig.place(with(order(&option, "cross", "limit", "buy 1"), json!({"pxVol": "0.5"}))).expect("accepted");
    let row = rig.order(id);
    assert_eq!(["pxVol", "pxType"].map(|key| text_of(&row, key)), ["0.5", "pxVol"]);
    assert!(rig.world.orders.get(id).and_then(|o| o.px).is_some_and(|px| px >= tick));
}

#[test]
fn options_cannot_be_sold_short_in_spot_mode() {
    let mut rig = Rig::of("1", "net_mode");
    let option = rig.option();
    assert_eq!(rig.place(order(&option, "cash", "limit", "sell 1 @ 0.01")), Err("51018".into()));
}

#[test]
fn mass_cancel_is_for_option_market_makers() {
    for (level, request, want) in [
        ("4", json!({"instType": "OPTION", "instFamily": "BTC-USD"}), Ok(())),
        ("2", json!({"instType": "OPTION", "instFamily": "BTC-USD"}), Err("51411")),
        ("4", json!({"instType": "SWAP", "instFamily": "BTC-USD"}), Err("51000")),
        ("4", json!({"instType": "OPTION"}), Err("50014")),
        ("4", json!({"instType": "OPTION", "instFamily": "BTC-USD", "lockInterval": "10001"}), Err("51000")),
    ] {
        let mut rig = Rig::of(level, "net_mode");
        let got = rig
            .call(rig.me, close::mass_cancel, false, vec![request.clone()])
            .map(|rows| assert_eq!(rows.first().map(|r| &r.1), Some(&json!({"result": true}))));
        assert_eq!(got.map_err(|no| no.code), want, "{request}");
    }
}

#[test]
fn there_are_no_spread_orders_to_cancel() {
    let mut rig = Rig::of("2", "net_mode");
    assert_eq!(rig.call(rig.me, spreads::pending, false, vec![json!({})]).map(|rows| rows.len()).map_err(|no| no.code), Ok(0));
    let rows = rig.call(rig.me, spreads::mass_cancel, false, vec![json!({})]).expect("taken");
    assert_eq!(rows.first().map(|r| &r.1), Some(&json!({"result": true})));
    for (request, want) in [
        (json!({"timeOut": "10"}), Ok(10_000)),
        (json!({"timeOut": "0"}), Ok(0)),
        (json!({"timeOut": "9"}), Err("51000")),
        (json!({"timeOut": "121"}), Err("51000")),
        (json!({}), Err("50014")),
    ] {
        let ms = |row: &Value, name: &str| row[name].as_str().and_then(|text| text.parse::<u64>().ok()).expect("a time");
        let got = rig.call(rig.me, spreads::all_after, false, vec![request.clone()]).map(|rows| {
            let row = &rows.first().expect("a row").1;
            ms(row, "triggerTime").saturating_sub(if ms(row, "triggerTime") == 0 { 0 } else { ms(row, "ts") })
        });
        assert_eq!(got.map_err(|no| no.code), want, "{request}");
    }
}
