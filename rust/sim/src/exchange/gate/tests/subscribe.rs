use serde_json::{Value, json};

use super::{Rig, texts};
use crate::exchange::io::{Output, SECOND};

fn subscribe(rig: &mut Rig, conn: u64, args: &Value) -> Vec<Value> {
    rig.ask(conn, &json!({"id": "r1", "op": "subscribe", "args": args}))
}

/// `subscribe` or the code of the error.
fn outcome(answer: &Value) -> &str {
    answer["code"].as_str().or(answer["event"].as_str()).unwrap_or_default()
}

#[test]
fn every_arg_is_answered_for_itself() {
    let mut rig = Rig::new(&json!({}));
    rig.open(10, "public");
    let inst = |channel: &str, inst_id: &str| json!({"channel": channel, "instId": inst_id});
    let table = [
        (inst("tickers", "BTC-USDT"), "subscribe"),
        (inst("tickers", "BTC-USDX"), "60018"),
        (json!({"channel": "tickers"}), "60018"),
        (inst("tickerz", "BTC-USDT"), "60018"),
        (json!({"instId": "BTC-USDT"}), "60013"),
        (json!("tickers"), "60013"),
        (json!({"channel": "tickers", "instId": "BTC-USDT", "uly": "BTC-USDT"}), "64000"),
        (inst("candle1m", "BTC-USDT"), "60018"),
        (json!({"channel": "orders", "instType": "ANY"}), "60018"),
        (inst("books-l2-tbt", "BTC-USDT"), "60011"),
        (inst("call-auction-details", "BTC-USDT"), "60008"),
        (inst("funding-rate", "BTC-USDT"), "60018"),
        (inst("funding-rate", "BTC-USDT-SWAP"), "subscribe"),
        (inst("index-tickers", "BTC-USDT"), "subscribe"),
        (inst("index-tickers", "BTC-USDT-SWAP"), "60018"),
        (json!({"channel": "instruments", "instType": "SPOT"}), "subscribe"),
        (json!({"channel": "instruments", "instType": "BOND"}), "60018"),
        (json!({"channel": "opt-summary", "instFamily": "BTC-USD"}), "subscribe"),
        (json!({"channel": "status"}), "subscribe"),
    ];
    let args = table.iter().map(|(arg, _)| arg.clone()).collect::<Vec<_>>();
    let answers = subscribe(&mut rig, 10, &json!(args));
    let answers = answers.iter().filter(|answer| answer.get("data").is_none()).collect::<Vec<_>>();
    assert_eq!(answers.len(), table.len(), "{answers:?}");
    for (answer, (arg, want)) in answers.iter().zip(&table) {
        assert_eq!(outcome(answer), *want, "{arg}: {answer}");
        assert_eq!(answer["id"], "r1");
        assert!(answer["connId"].as_str().is_some_and(|id| id.len() == 8));
        if *want == "subscribe" {
            assert_eq!(answer["arg"], *arg);
        } else {
            assert!(answer.get("arg").is_none());
        }
    }
}

#[test]
fn a_request_as_a_whole_can_be_wrong() {
    let mut rig = Rig::new(&json!({}));
    rig.open(10, "public");
    for (text, code, id) in [
        (json!({"id": "a", "op": "subscribe", "args": []}), "60013", "a"),
        (json!({"id": "a", "op": "subscribe"}), "60013", "a"),
        (json!({"id": "a", "op": "subscribe", "args": {"channel": "status"}}), "60013", "a"),
        (json!({"id": "a", "op": "dance", "args": []}), "60019", "a"),
        (json!({"id": "a b", "op": "subscribe", "args": [{"channel": "status"}]}), "60033", ""),
        (json!([1]), "60012", ""),
    ] {
        let answers = rig.ask(10, &text);
        assert_eq!((answers.len(), answers[0]["event"].as_str(), answers[0]["code"].as_str()), (1, Some("error"), Some(code)), "{text}");
        assert_eq!(answers[0]["id"].as_str().unwrap_or_default(), id, "{text}");
    }
    let long = format!("{{\"op\":\"subscribe\",\"args\":[{}]}}", "1,".repeat(40_000));
    assert!(matches!(rig.say(10, &long).as_slice(), [Output::Close { code: 1009, .. }]));
}

#[test]
fn channels_of_another_path_are_refused_as_configured() {
    for (switch, on_public, on_business) in [("60018", "60018", "60018"), ("64001", "64001", "64002")] {
        let mut rig = Rig::new(&json!({"switches": {"wrong_path": switch}}));
        rig.open(10, "public");
        rig.open(11, "business");
        let candle = json!([{"channel": "candle1m", "instId": "BTC-USDT"}]);
        let books = json!([{"channel": "books", "instId": "BTC-USDT"}]);
        let orders = json!([{"channel": "orders", "instType": "ANY"}]);
        assert_eq!(outcome(&subscribe(&mut rig, 10, &candle)[0]), on_public);
        assert_eq!(outcome(&subscribe(&mut rig, 11, &books)[0]), on_business);
        assert_eq!(outcome(&subscribe(&mut rig, 11, &candle)[0]), "subscribe");
        assert_eq!(outcome(&subscribe(&mut rig, 10, &orders)[0]), "60018");
    }
}

#[test]
fn private_channels_need_a_login_and_some_a_tier() {
    for (level, gate, want) in [("Lv1", true, "64003"), ("VIP3", true, "64003"), ("VIP4", true, "subscribe"), ("Lv1", false, "subscribe")] {
        let key = json!({"apiKey": "sim-key", "secretKey": "sim-secret", "passphrase": "sim-pass"});
        let mut rig = Rig::new(&json!({"accounts": [{"label": "main", "level": level, "keys": [key]}], "switches": {"vip_gate": gate}}));
        rig.open(10, "private");
        rig.open(11, "public");
        rig.open(12, "business");
        for (conn, arg) in [
            (10, json!({"channel": "fills"})),
            (10, json!({"channel": "orders", "instType": "ANY"})),
            (11, json!({"channel": "books50-l2-tbt", "instId": "BTC-USDT"})),
            (12, json!({"channel": "orders-algo", "instType": "ANY"})),
        ] {
            assert_eq!(outcome(&subscribe(&mut rig, conn, &json!([arg]))[0]), "60011", "{arg}");
        }
        rig.login(10);
        rig.login(11);
        assert_eq!(outcome(&subscribe(&mut rig, 10, &json!([{"channel": "fills"}]))[0]), want, "{level}");
        assert_eq!(outcome(&subscribe(&mut rig, 11, &json!([{"channel": "books50-l2-tbt", "instId": "BTC-USDT"}]))[0]), want, "{level}");
        assert_eq!(outcome(&subscribe(&mut rig, 10, &json!([{"channel": "orders", "instType": "BOND"}]))[0]), "60018");
    }
}

#[test]
fn the_full_fast_book_excludes_the_smaller_ones() {
    let key = json!({"apiKey": "sim-key", "secretKey": "sim-secret", "passphrase": "sim-pass"});
    let mut rig = Rig::new(&json!({"accounts": [{"label": "main", "level": "VIP5", "keys": [key]}]}));
    rig.open(10, "public");
    rig.login(10);
    let book = |channel: &str| json!([{"channel": channel, "instId": "BTC-USDT"}]);
    let control = |answers: Vec<Value>| answers.into_iter().filter(|answer| answer.get("data").is_none()).collect::<Vec<_>>();
    assert_eq!(control(subscribe(&mut rig, 10, &book("books"))).len(), 1);
    let answers = control(subscribe(&mut rig, 10, &book("books-l2-tbt")));
    let [ack, ended] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!((outcome(ack), outcome(ended), &ended["arg"]["channel"]), ("subscribe", "unsubscribe", &json!("books")));
    let answers = control(subscribe(&mut rig, 10, &book("books50-l2-tbt")));
    let [ack, error] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!((outcome(ack), outcome(error)), ("subscribe", "64004"));
    let eth = control(subscribe(&mut rig, 10, &json!([{"channel": "books", "instId": "ETH-USDT"}])));
    assert_eq!(eth.len(), 1);
}

#[test]
fn subscriptions_end_and_the_world_knows_who_listens() {
    let mut rig = Rig::new(&json!({}));
    rig.open(10, "public");
    rig.open(11, "public");
    let args = json!([{"channel": "tickers", "instId": "BTC-USDT"}]);
    for conn in [10, 11, 10] {
        subscribe(&mut rig, conn, &args);
    }
    assert!(rig.exchange.world().wanted("tickers", "BTC-USDT"));
    let answers = rig.ask(10, &json!({"op": "unsubscribe", "args": args}));
    assert_eq!((outcome(&answers[0]), &answers[0]["arg"]), ("unsubscribe", &args[0]));
    assert!(rig.exchange.world().wanted("tickers", "BTC-USDT"), "one still listens");
    assert_eq!(outcome(&rig.ask(10, &json!({"op": "unsubscribe", "args": args}))[0]), "unsubscribe", "twice is harmless");
    rig.exchange.handle(rig.at, &crate::exchange::io::Input::Closed { conn: 11 });
    assert!(rig.exchange.world().interest.is_empty());
}

#[test]
fn connections_that_hold_a_private_channel_are_counted() {
    let mut rig = Rig::new(&json!({}));
    let args = json!([{"channel": "orders", "instType": "ANY"}, {"channel": "orders", "instType": "SPOT"}]);
    for conn in 1..=31 {
        rig.private(100 + conn);
        let answers = subscribe(&mut rig, 100 + conn, &args);
        let events = answers.iter().map(|answer| answer["event"].as_str().unwrap()).collect::<Vec<_>>();
        if conn <= 30 {
            assert_eq!(events, ["subscribe", "channel-conn-count", "subscribe"]);
            assert_eq!(answers[1]["connCount"], conn.to_string());
        } else {
            assert_eq!(events, ["subscribe", "channel-conn-count-error", "subscribe", "channel-conn-count-error"]);
            assert_eq!((&answers[1]["connCount"], &answers[1]["channel"]), (&json!("30"), &json!("orders")));
        }
        // The oldest would fall silent otherwise.
        for open in 1..=conn {
            rig.say(100 + open, "ping");
        }
    }
    let outputs = rig.happened(super::event("orders", Some(1), "BTC-USDT", "{}"));
    assert_eq!(texts(&outputs, 130).len(), 2);
    assert_eq!(texts(&outputs, 131).len(), 0, "its subscription was ended");
}

#[test]
fn a_connection_cannot_subscribe_without_end() {
    let mut rig = Rig::new(&json!({}));
    rig.open(10, "public");
    // `sprdId` means nothing here, and yet makes each of them a subscription of its own.
    let args = |page: u32| -> Value { (0..1000).map(|n| json!({"channel": "status", "sprdId": format!("{page}x{n}")})).collect() };
    for page in 0..5 {
        assert_eq!(subscribe(&mut rig, 10, &args(page)).len(), 1000);
    }
    let one_more = json!({"op": "subscribe", "args": [{"channel": "status"}]});
    assert!(matches!(rig.say(10, &one_more.to_string()).as_slice(), [Output::Close { code: 4009, .. }]));
}

#[test]
fn requests_of_a_connection_are_counted_by_the_hour() {
    let mut rig = Rig::new(&json!({}));
    rig.open(10, "public");
    let args = json!([{"channel": "status"}]);
    for n in 0..480 {
        assert_eq!(outcome(&subscribe(&mut rig, 10, &args)[0]), "subscribe", "{n}");
        if n % 50 == 0 {
            rig.advance(SECOND);
        }
    }
    assert_eq!(outcome(&subscribe(&mut rig, 10, &args)[0]), "60014");
    for _ in 0..130 {
        rig.advance(28 * SECOND);
        rig.say(10, "ping");
    }
    assert_eq!(outcome(&subscribe(&mut rig, 10, &args)[0]), "subscribe");
}
