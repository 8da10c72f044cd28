//! Trading section 4.4: close-position and cancel-all-after.

use serde_json::json;

use super::super::close;
use super::{MILLI, PosSide, Rig, TdMode, order, text_of, with};

const SWAP: &str = "BTC-USDT-SWAP";

#[test]
fn a_position_is_closed_at_market() {
    for (what, bid_or_ask) in [("buy 2 @ 90000", "buy 5 @ 89900"), ("sell 2 @ 90000", "sell 5 @ 90100")] {
        let mut rig = Rig::new();
        rig.position(SWAP, what);
        rig.limit(rig.other, SWAP, bid_or_ask);
        let row = rig.one(close::position, json!({"instId": SWAP, "mgnMode": "cross", "clOrdId": "c1", "tag": "t"}));
        assert_eq!(["instId", "posSide", "clOrdId", "tag"].map(|key| text_of(&row, key)), [SWAP, "net", "c1", "t"]);
        assert_eq!(rig.held(SWAP, TdMode::Cross, PosSide::Net), "0", "{what}");
    }
}

#[test]
fn what_cannot_be_closed_is_refused() {
    for (mode, held, request, want) in [
        ("net_mode", "", json!({"instId": SWAP, "mgnMode": "cross"}), "51023"),
        ("net_mode", "buy 1 @ 90000", json!({"instId": SWAP, "mgnMode": "isolated"}), "51023"),
        ("net_mode", "buy 1 @ 90000", json!({"instId": SWAP, "mgnMode": "cash"}), "51000"),
        ("net_mode", "buy 1 @ 90000", json!({"instId": SWAP}), "50014"),
        ("net_mode", "buy 1 @ 90000", json!({"instId": SWAP, "mgnMode": "cross", "posSide": "long"}), "51000"),
        ("long_short_mode", "buy 1 @ 90000", json!({"instId": SWAP, "mgnMode": "cross"}), "51000"),
        ("long_short_mode", "buy 1 @ 90000", json!({"instId": SWAP, "mgnMode": "cross", "posSide": "short"}), "51023"),
    ] {
        let mut rig = Rig::of("2", mode);
        if !held.is_empty() {
            rig.position(SWAP, held);
        }
        let refusal = rig.call(rig.me, close::position, false, vec![request.clone()]).expect_err("refused");
        assert_eq!(refusal.code, want, "{mode} {request}");
    }
}

#[test]
fn closing_orders_are_in_the_way_unless_they_may_go() {
    let mut rig = Rig::new();
    rig.position(SWAP, "buy 2 @ 90000");
    rig.limit(rig.other, SWAP, "buy 5 @ 89900");
    let waiting = rig.place(with(order(SWAP, "cross", "limit", "sell 2 @ 91000"), json!({"reduceOnly": true}))).expect("rests");
    let request = |auto: &str| json!({"instId": SWAP, "mgnMode": "cross", "autoCxl": auto});
    assert_eq!(rig.call(rig.me, close::position, false, vec![request("false")]).expect_err("pending").code, "51115");
    rig.one(close::position, request("true"));
    assert_eq!((rig.state(waiting).as_str(), rig.held(SWAP, TdMode::Cross, PosSide::Net).as_str()), ("canceled 1", "0"));
}

#[test]
fn each_side_closes_by_itself_in_long_short_mode() {
    let mut rig = Rig::of("2", "long_short_mode");
    rig.position(SWAP, "buy 2 @ 90000");
    rig.position(SWAP, "sell 1 @ 90000");
    rig.limit(rig.other, SWAP, "buy 5 @ 89900");
    let row = rig.one(close::position, json!({"instId": SWAP, "mgnMode": "cross", "posSide": "long"}));
    assert_eq!(text_of(&row, "posSide"), "long");
    assert_eq!([PosSide::Long, PosSide::Short].map(|side| rig.held(SWAP, TdMode::Cross, side)), ["0", "-1"]);
}

#[test]
fn cancel_all_after_counts_down_and_can_be_called_off() {
    let mut rig = Rig::new();
    let tagged = rig.place(with(order(SWAP, "cross", "limit", "buy 1 @ 80000"), json!({"tag": "t1"}))).expect("rests");
    let plain = rig.limit(rig.me, SWAP, "buy 1 @ 80000");
    let now = rig.world.now;
    let row = rig.one(close::all_after, json!({"timeOut": "10", "tag": "t1"}));
    assert_eq!((text_of(&row, "triggerTime"), text_of(&row, "tag")), ((now / MILLI + 10_000).to_string(), "t1".into()));
    rig.one(close::all_after, json!({"timeOut": 30}));
    let due = close::next(&rig.world).expect("a timer runs");
    assert_eq!(due, now + 10_000 * MILLI);
    rig.world.now = due;
    super::super::run(&mut rig.world);
    assert_eq!((rig.state(tagged).as_str(), rig.state(plain).as_str()), ("canceled 20", "live"));
    let row = rig.one(close::all_after, json!({"timeOut": "0"}));
    assert_eq!(text_of(&row, "triggerTime"), "0");
    assert_eq!(close::next(&rig.world), None);
    rig.one(close::all_after, json!({"timeOut": "120"}));
    rig.world.now += 120_000 * MILLI;
    super::super::run(&mut rig.world);
    assert_eq!(rig.state(plain), "canceled 20");
    for (request, code) in [(json!({"timeOut": "9"}), "51000"), (json!({"timeOut": "121"}), "51000"), (json!({}), "50014")] {
        assert_eq!(rig.call(rig.me, close::all_after, false, vec![request]).expect_err("refused").code, code);
    }
}

#[test]
fn twenty_tags_can_have_timers() {
    let mut rig = Rig::new();
    for n in 0..20 {
        rig.one(close::all_after, json!({"timeOut": "10", "tag": format!("t{n}")}));
    }
    rig.one(close::all_after, json!({"timeOut": "10", "tag": "t3"}));
    let refusal = rig.call(rig.me, close::all_after, false, vec![json!({"timeOut": "10", "tag": "t20"})]).expect_err("one too many");
    assert_eq!(refusal.code, "51071");
}

#[test]
fn the_price_band_takes_along_what_it_left_behind() {
    let mut rig = Rig::new();
    let inst = rig.inst(SWAP);
    let (buy_max, _) = rig.world.price_limit(inst).expect("a band");
    let high = rig.limit(rig.me, SWAP, &format!("buy 1 @ {buy_max}"));
    let low = rig.limit(rig.me, SWAP, "buy 1 @ 80000");
    super::super::run(&mut rig.world);
    assert_eq!(rig.state(high), "live");
    rig.world.inst_mut(inst).px_lmt_pct = Some([super::d("0.01"); 3]);
    rig.world.now = super::super::next(&rig.world).expect("orders are open");
    super::super::run(&mut rig.world);
    assert_eq!((rig.state(high).as_str(), rig.state(low).as_str()), ("canceled 15", "live"));
}
