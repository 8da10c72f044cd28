use serde_json::{Value, json};

use super::{Rig, event, texts};
use crate::exchange::event::{Event, Scope};
use crate::exchange::io::{Output, SECOND};

fn listen(rig: &mut Rig, conn: u64, arg: &Value) {
    let answers = rig.ask(conn, &json!({"op": "subscribe", "args": [arg]}));
    assert_eq!(answers[0]["event"], "subscribe", "{answers:?}");
}

#[test]
fn a_public_frame_is_written_once_for_all_listeners() {
    let mut rig = Rig::new(&json!({"limits": 0}));
    for conn in 10..60 {
        rig.open(conn, "public");
        listen(&mut rig, conn, &json!({"channel": "trades", "instId": if conn == 59 { "ETH-USDT" } else { "BTC-USDT" }}));
    }
    let outputs = rig.happened(event("trades", None, "BTC-USDT", r#"{"px":"1"}"#));
    let frames = outputs.iter().map(|output| match output {
        Output::Text { conn, text } => (*conn, text.as_ptr(), std::str::from_utf8(text).unwrap()),
        other => panic!("{other:?}"),
    });
    let frames = frames.collect::<Vec<_>>();
    assert_eq!(frames.iter().map(|(conn, ..)| *conn).collect::<Vec<_>>(), (10..59).collect::<Vec<_>>());
    assert!(
        frames.iter().all(|(_, at, text)| {
            *at == frames[0].1 && *text == r#"{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"px":"1"}]}"#
        })
    );
}

#[test]
fn private_args_choose_what_is_pushed_and_are_echoed_with_the_uid() {
    let mut rig = Rig::new(&json!({"limits": 0}));
    let args = [
        (json!({"channel": "orders", "instType": "ANY"}), [true, true, true]),
        (json!({"channel": "orders", "instType": "SPOT"}), [true, true, false]),
        (json!({"channel": "orders", "instType": "SPOT", "instId": "BTC-USDT"}), [true, false, false]),
        (json!({"channel": "orders", "instType": "SWAP", "instFamily": "BTC-USDT"}), [false, false, true]),
        (json!({"channel": "orders", "instType": "ANY", "instId": "ETH-USDT"}), [false, true, false]),
    ];
    for (conn, (arg, _)) in (10..).zip(&args) {
        rig.private(conn);
        listen(&mut rig, conn, arg);
    }
    let swap = Scope { inst_type: "SWAP", family: "BTC-USDT".into(), inst_id: "BTC-USDT-SWAP".into(), ..Scope::default() };
    let events = [
        event("orders", Some(1), "BTC-USDT", "{}"),
        event("orders", Some(1), "ETH-USDT", "{}"),
        Event { scope: swap, ..event("orders", Some(1), "", "{}") },
    ];
    let uid = rig.exchange.world().accounts[1].uid.clone();
    for (n, happened) in events.into_iter().enumerate() {
        let outputs = rig.happened(happened);
        for (conn, (arg, wanted)) in (10..).zip(&args) {
            let pushed = texts(&outputs, conn);
            assert_eq!(pushed.len(), usize::from(wanted[n]), "{arg}, event {n}");
            let mut echoed = arg.clone();
            echoed["uid"] = json!(uid);
            assert!(pushed.iter().all(|push| push["arg"] == echoed && push["data"] == json!([{}])));
        }
    }
    assert_eq!(rig.happened(event("orders", Some(0), "BTC-USDT", "{}")), [], "somebody else's");
}

#[test]
fn snapshots_of_the_account_side_come_in_pages_and_events_do_not() {
    let mut rig = Rig::new(&json!({"limits": 0}));
    rig.private(10);
    listen(&mut rig, 10, &json!({"channel": "positions", "instType": "ANY", "extraParams": "{\"updateInterval\":\"0\"}"}));
    let rows = |n: usize| (0..n).map(|n| n.to_string()).collect::<Vec<_>>();
    let of =
        |event_type, rows| Event { event_type: Some(event_type), rows, scope: Scope::default(), ..event("positions", Some(1), "", "") };
    for (event_type, n, pages) in [
        ("snapshot", 0, vec![(0, Some((1, true)))]),
        ("snapshot", 100, vec![(100, Some((1, true)))]),
        ("snapshot", 201, vec![(100, Some((1, false))), (100, Some((2, false))), (1, Some((3, true)))]),
        ("event_update", 201, vec![(201, None)]),
    ] {
        let pushed = texts(&rig.happened(of(event_type, rows(n))), 10);
        let got = pushed.iter().map(|push| {
            assert_eq!(push["eventType"], event_type);
            assert!(push["arg"].get("extraParams").is_none());
            let page = push.get("curPage").map(|page| (page.as_u64().unwrap(), push["lastPage"].as_bool().unwrap()));
            (push["data"].as_array().unwrap().len(), page)
        });
        assert_eq!(got.collect::<Vec<_>>(), pages, "{event_type} {n}");
    }
}

#[test]
fn books_carry_their_action() {
    let mut rig = Rig::new(&json!({}));
    rig.open(10, "public");
    listen(&mut rig, 10, &json!({"channel": "books", "instId": "BTC-USDT"}));
    let outputs = rig.happened(Event { action: Some("update"), ..event("books", None, "BTC-USDT", "{}") });
    let Output::Text { text, .. } = &outputs[0] else { panic!("{outputs:?}") };
    assert_eq!(**text, *br#"{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{}]}"#);
}

#[test]
fn pushes_keep_a_connection_alive() {
    let mut rig = Rig::new(&json!({}));
    rig.open(10, "public");
    listen(&mut rig, 10, &json!({"channel": "trades", "instId": "BTC-USDT"}));
    for _ in 0..4 {
        rig.advance(20 * SECOND);
        rig.happened(event("trades", None, "BTC-USDT", "{}"));
    }
    assert_eq!(rig.say(10, "ping").len(), 1);
}

#[test]
fn the_answer_to_an_operation_has_its_id_and_its_times() {
    let mut rig = Rig::new(&json!({}));
    rig.private(10);
    rig.open(11, "private");
    rig.open(12, "business");
    let order = json!({"id": "o1", "op": "order", "args": [{"instIdCode": 1, "tdMode": "cash"}]});
    let answers = rig.ask(10, &order);
    let us = (rig.at / 1000).to_string();
    assert_eq!((&answers[0]["id"], &answers[0]["op"], &answers[0]["msg"]), (&json!("o1"), &json!("order"), &json!("")), "{answers:?}");
    assert_eq!((&answers[0]["inTime"], &answers[0]["outTime"]), (&json!(us), &json!(us)));
    for (conn, text, code) in [
        (11, order.clone(), "60011"),
        (12, order, "60028"),
        (10, json!({"id": "o2", "op": "order", "args": []}), "60013"),
        (10, json!({"id": "o2", "op": "order", "args": [1]}), "60013"),
        (10, json!({"id": "o2", "op": "order", "args": [{}, {}]}), "60013"),
        (10, json!({"id": "o2", "op": "sprd-order", "args": [{}]}), "60028"),
        (10, json!({"id": "o2", "op": "order", "expTime": "1", "args": [{}]}), "50036"),
    ] {
        let answers = rig.ask(conn, &text);
        assert_eq!((answers.len(), &answers[0]["code"], &answers[0]["data"]), (1, &json!(code), &json!([])), "{text}: {answers:?}");
        assert_eq!((&answers[0]["op"], &answers[0]["id"]), (&text["op"], &text["id"]));
    }
}

#[test]
fn an_account_row_holds_no_more_than_the_currency_asked_for() {
    let mut rig = Rig::new(&json!({"limits": 0}));
    rig.private(10);
    listen(&mut rig, 10, &json!({"channel": "account", "ccy": "BTC"}));
    let of = |ccy: &str| Event {
        event_type: Some("event_update"),
        scope: Scope { ccy: ccy.into(), ..Scope::default() },
        ..event("account", Some(1), "", r#"{"details":[]}"#)
    };
    assert_eq!(rig.happened(of("USDT,ETH")), []);
    let pushed = texts(&rig.happened(of("BTC,USDT")), 10);
    assert_eq!((pushed.len(), &pushed[0]["eventType"], pushed[0].get("curPage")), (1, &json!("event_update"), None));
    let coins = pushed[0]["data"][0]["details"].as_array().unwrap().iter().map(|coin| coin["ccy"].as_str().unwrap());
    assert_eq!(coins.collect::<Vec<_>>(), ["BTC"]);
}

#[test]
fn regular_snapshots_come_as_often_as_asked_for() {
    let mut rig = Rig::new(&json!({"limits": 0}));
    let extra = |ms: &str| json!({"updateInterval": ms}).to_string();
    rig.private(10);
    for (arg, per_minute) in [
        (json!({"channel": "account"}), 12),
        (json!({"channel": "account", "extraParams": extra("0")}), 0),
        (json!({"channel": "positions", "instType": "ANY"}), 12),
        (json!({"channel": "positions", "instType": "ANY", "extraParams": extra("2000")}), 30),
        (json!({"channel": "positions", "instType": "ANY", "extraParams": extra("0")}), 0),
        (json!({"channel": "balance_and_position"}), 0),
    ] {
        listen(&mut rig, 10, &arg);
        rig.outputs();
        let mut seen = 0;
        for _ in 0..6 {
            rig.say(10, "ping");
            rig.advance(10 * SECOND);
            seen += texts(&rig.outputs(), 10).iter().filter(|push| push["eventType"] == "snapshot").count();
        }
        assert_eq!(seen, per_minute, "{arg}");
        rig.ask(10, &json!({"op": "unsubscribe", "args": [arg]}));
    }
}
