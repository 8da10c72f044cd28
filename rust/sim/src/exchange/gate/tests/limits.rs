use serde_json::{Map, Value, json};

use super::{PEER, Rig};
use crate::exchange::account::AcctIx;
use crate::exchange::call::{Limit, Per};
use crate::exchange::fields::Fields;
use crate::exchange::gate::limit::{Limits, Who};
use crate::exchange::io::{HttpRequest, Input, MILLI, Output, SECOND};

const ORDER: Limit = Limit { bucket: "order", count: 60, window_ms: 2000, per: Per::UserInst, orders: false };
const BATCH: Limit = Limit { bucket: "batch", count: 300, window_ms: 2000, per: Per::UserInst, orders: true };

fn item(inst_id: &str) -> Fields {
    Fields::new(Map::from_iter([("instId".to_owned(), Value::from(inst_id))]))
}

fn who(acct: u32) -> Who {
    Who { ip: PEER, acct: Some(AcctIx(acct)) }
}

/// How often one may ask now.
fn asked(rig: &Rig, limits: &mut Limits, acct: u32, limit: &Limit, single: &Limit, items: &[Fields], counts: bool) -> u32 {
    (0..).take_while(|_| limits.check(rig.exchange.world(), who(acct), limit, single, items, counts).is_ok()).take(5000).count() as u32
}

#[test]
fn orders_count_by_user_and_instrument_in_a_sliding_window() {
    let mut rig = Rig::new(&json!({}));
    let mut limits = Limits::default();
    let btc = [item("BTC-USDT")];
    assert_eq!(asked(&rig, &mut limits, 1, &ORDER, &ORDER, &btc, false), 60);
    assert_eq!(asked(&rig, &mut limits, 1, &ORDER, &ORDER, &[item("ETH-USDT")], false), 60);
    assert_eq!(asked(&rig, &mut limits, 2, &ORDER, &ORDER, &btc, false), 60);
    rig.advance(2 * SECOND - 1);
    assert_eq!(asked(&rig, &mut limits, 1, &ORDER, &ORDER, &btc, false), 0);
    rig.advance(1);
    assert_eq!(asked(&rig, &mut limits, 1, &ORDER, &ORDER, &btc, false), 60);
}

#[test]
fn refused_requests_do_not_count() {
    let mut rig = Rig::new(&json!({}));
    let mut limits = Limits::default();
    let btc = [item("BTC-USDT")];
    for _ in 0..30 {
        asked(&rig, &mut limits, 1, &ORDER, &ORDER, &btc, false);
        rig.advance(100 * MILLI);
    }
    assert_eq!(asked(&rig, &mut limits, 1, &ORDER, &ORDER, &btc, false), 0);
    rig.advance(SECOND);
    assert_eq!(asked(&rig, &mut limits, 1, &ORDER, &ORDER, &btc, false), 60);
}

#[test]
fn batches_count_their_orders_and_a_batch_of_one_is_a_single_order() {
    let rig = Rig::new(&json!({}));
    let mut limits = Limits::default();
    let many = vec![item("BTC-USDT"); 20];
    assert_eq!(asked(&rig, &mut limits, 1, &BATCH, &ORDER, &many, false), 15);
    assert_eq!(asked(&rig, &mut limits, 1, &BATCH, &ORDER, &[item("BTC-USDT")], false), 60);
    assert_eq!(asked(&rig, &mut limits, 2, &BATCH, &ORDER, &vec![item("BTC-USDT"); 500], false), 15, "twenty count, the rest is refused");
    assert_eq!(asked(&rig, &mut limits, 1, &ORDER, &ORDER, &[item("BTC-USDT")], false), 0);
    let mixed = [many.as_slice(), &[item("ETH-USDT")]].concat();
    assert_eq!(asked(&rig, &mut limits, 1, &BATCH, &ORDER, &mixed, false), 0, "one instrument of it is over");
}

#[test]
fn an_instrument_is_one_whether_by_id_or_by_code_and_options_are_one_family() {
    let rig = Rig::new(&json!({}));
    let mut limits = Limits::default();
    let world = rig.exchange.world();
    let code = world.find_inst("BTC-USDT").and_then(|inst| inst.code).unwrap();
    let by_code = Fields::new(Map::from_iter([("instIdCode".to_owned(), Value::from(code))]));
    assert_eq!(asked(&rig, &mut limits, 1, &ORDER, &ORDER, &[by_code], false), 60);
    assert_eq!(asked(&rig, &mut limits, 1, &ORDER, &ORDER, &[item("BTC-USDT")], false), 0);
    let options = world.instruments.iter().filter(|inst| inst.inst_id.starts_with("BTC-USD-") && inst.strike.is_some());
    let options = options.map(|inst| inst.inst_id.clone()).collect::<Vec<_>>();
    assert_eq!(asked(&rig, &mut limits, 1, &ORDER, &ORDER, &[item(&options[0])], false), 60);
    assert_eq!(asked(&rig, &mut limits, 1, &ORDER, &ORDER, &[item(&options[1])], false), 0);
}

#[test]
fn an_account_has_a_thousand_contract_orders() {
    let rig = Rig::new(&json!({}));
    let mut limits = Limits::default();
    let wide = Limit { count: 100_000, ..BATCH };
    let items = vec![item("BTC-USDT-SWAP"); 20];
    assert_eq!(asked(&rig, &mut limits, 1, &wide, &wide, &items, true), 50);
    let refused = limits.check(rig.exchange.world(), who(1), &wide, &wide, &items, true).expect_err("over");
    assert_eq!(refused.code, "50061");
    assert!(limits.check(rig.exchange.world(), who(1), &wide, &wide, &[item("BTC-USDT")], true).is_ok(), "spot is exempt");
    assert!(limits.check(rig.exchange.world(), who(2), &wide, &wide, &items, true).is_ok());
}

#[test]
fn limits_can_be_multiplied_and_switched_off() {
    for (factor, want) in [(0.5, 30), (2.0, 120), (0.0, 5000), (0.001, 1)] {
        let rig = Rig::new(&json!({"limits": factor}));
        assert_eq!(asked(&rig, &mut Limits::default(), 1, &ORDER, &ORDER, &[item("BTC-USDT")], false), want, "{factor}");
    }
}

#[test]
fn memory_follows_who_is_active() {
    let mut rig = Rig::new(&json!({}));
    let mut limits = Limits::default();
    let per_ip = Limit { per: Per::Ip, ..ORDER };
    for n in 0..50_000u32 {
        let ip = std::net::Ipv4Addr::from(n).into();
        limits.check(rig.exchange.world(), Who { ip, acct: None }, &per_ip, &per_ip, &[], false).unwrap();
        if n % 100 == 0 {
            rig.at += SECOND;
            rig.exchange.world_mut().now = rig.at;
        }
    }
    assert!(limits.len() <= 4096, "{}", limits.len());
}

#[test]
fn a_fourth_connection_in_a_second_is_refused() {
    let mut rig = Rig::new(&json!({}));
    let open = |rig: &mut Rig, conn| {
        let headers = vec![("upgrade".to_owned(), "WebSocket".to_owned())];
        let request = HttpRequest { method: "GET".into(), target: "/ws/v5/public".into(), headers, body: Vec::new() };
        rig.exchange.handle(rig.at, &Input::Http { conn, peer: PEER, request });
        matches!(rig.outputs().as_slice(), [Output::Upgrade { .. }])
    };
    assert_eq!([10, 11, 12, 13].map(|conn| open(&mut rig, conn)), [true, true, true, false]);
    rig.advance(SECOND);
    assert!(open(&mut rig, 14));
}

#[test]
fn a_limited_request_is_answered_with_429() {
    let mut rig = Rig::new(&json!({}));
    let answers = (0..200).map(|_| rig.signed("GET", "/api/v5/trade/orders-pending", "")).collect::<Vec<_>>();
    let (status, body) = answers.last().unwrap();
    assert_eq!((*status, body), (429, &json!({"msg": "Too Many Requests", "code": "50011"})));
}
