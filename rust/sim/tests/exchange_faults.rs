//! Every sickness: it is seen exactly once, then all is well.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may panic")]

mod rig;

use okx_fast_sim::exchange::io::{ConnId, HttpRequest, Input, Output};
use rig::{PEER, Rig, SPOT, exchange, order, texts};
use serde_json::{Value, json};

const BOOK: ConnId = 10;

fn books() -> Value {
    json!({"channel": "books", "instId": SPOT})
}

/// What a client's chain makes of the frames: `snapshot`, `next`, `same` (keep-alive), `reset`, `gap`.
fn chain(frames: &[Value]) -> Vec<&'static str> {
    let mut last = None;
    frames
        .iter()
        .filter(|frame| frame["data"].is_array())
        .map(|frame| {
            let (prev, seq) = (frame["data"][0]["prevSeqId"].as_i64().unwrap(), frame["data"][0]["seqId"].as_i64().unwrap());
            let known = last.replace(seq);
            match known {
                _ if frame["action"] == "snapshot" => "snapshot",
                Some(known) if known != prev => "gap",
                _ if seq == prev => "same",
                _ if seq < prev => "reset",
                _ => "next",
            }
        })
        .collect()
}

/// A subscribed socket, past its snapshot.
fn subscribed() -> Rig {
    let mut rig = Rig::new(&json!({}));
    rig.open(BOOK, "public");
    rig.subscribe(BOOK, &books());
    rig.run(500);
    rig
}

/// Frames of one second after a fault, and what the chain says: everything but `next`.
fn struck(kind: &str) -> (Rig, Vec<Value>, Vec<&'static str>) {
    let mut rig = subscribed();
    let id = rig.fault(&json!({"kind": kind, "instId": SPOT}));
    rig.run(1_000);
    let frames: Vec<Value> = rig.texts(BOOK).into_iter().filter(|frame| frame["data"].is_array()).collect();
    let odd = chain(&frames).into_iter().filter(|seen| *seen != "next").collect();
    assert_eq!(rig.hits(id), 1, "{kind}");
    (rig, frames, odd)
}

#[test]
fn faults_that_break_the_chain_of_a_book_break_it_once() {
    for (kind, want) in [
        ("book_gap", vec!["snapshot", "gap"]),
        ("book_duplicate", vec!["snapshot", "gap"]),
        ("book_reset", vec!["snapshot", "reset"]),
        ("book_heartbeat", vec!["snapshot", "same"]),
        ("book_crossed", vec!["snapshot"]),
        ("book_checksum", vec!["snapshot"]),
    ] {
        let (_, frames, odd) = struck(kind);
        assert!(frames.len() > 10, "{kind}: {}", frames.len());
        assert_eq!(odd, want, "{kind}");
    }
}

#[test]
fn a_wrong_checksum_stands_in_one_frame_only() {
    let (_, frames, _) = struck("book_checksum");
    assert_eq!(frames.iter().filter(|frame| frame["data"][0]["checksum"] != 0).count(), 1);
}

/// Best bid and ask after each frame.
fn touches(frames: &[Value]) -> Vec<(f64, f64)> {
    let mut sides = [std::collections::BTreeMap::new(), std::collections::BTreeMap::new()];
    let touch = |sides: &[std::collections::BTreeMap<i64, bool>; 2]| {
        let px = |px: Option<&i64>| px.map_or(0.0, |px| *px as f64 / 1e6);
        (px(sides[0].keys().next_back()), px(sides[1].keys().next()))
    };
    let mut seen = Vec::new();
    for frame in frames {
        if frame["action"] == "snapshot" {
            sides.iter_mut().for_each(std::collections::BTreeMap::clear);
        }
        for (side, name) in ["bids", "asks"].into_iter().enumerate() {
            for level in frame["data"][0][name].as_array().unwrap() {
                let px = (level[0].as_str().unwrap().parse::<f64>().unwrap() * 1e6).round() as i64;
                if level[1] == "0" {
                    sides[side].remove(&px);
                } else {
                    sides[side].insert(px, true);
                }
            }
        }
        seen.push(touch(&sides));
    }
    seen
}

#[test]
fn a_crossed_book_is_whole_again_with_the_next_update() {
    let (mut rig, frames, _) = struck("book_crossed");
    let crossed = |frames: &[Value]| touches(frames).iter().filter(|(bid, ask)| bid >= ask).count();
    assert_eq!(crossed(&frames), 1);
    // What the client holds then is what the exchange shows.
    let market = rig.done("GET", &format!("/market/{SPOT}"), &Value::Null);
    let (bid, ask) = *touches(&frames).last().unwrap();
    assert_eq!((market["bid"].as_str().unwrap().parse::<f64>(), market["ask"].as_str().unwrap().parse::<f64>()), (Ok(bid), Ok(ask)));
}

#[test]
fn snapshots_can_be_stale_or_late_once() {
    for (kind, want) in [("book_stale_snapshot", vec!["snapshot", "gap"]), ("delta_before_snapshot", vec!["snapshot"])] {
        let mut rig = Rig::new(&json!({}));
        let id = rig.fault(&json!({"kind": kind}));
        rig.open(BOOK, "public");
        rig.subscribe(BOOK, &books());
        rig.run(1_000);
        let frames = rig.texts(BOOK);
        let odd: Vec<_> = chain(&frames).into_iter().filter(|seen| *seen != "next").collect();
        let first = frames.iter().find(|frame| frame["data"].is_array()).unwrap();
        assert_eq!(first["action"] == "update", kind == "delta_before_snapshot");
        assert_eq!((odd, rig.hits(id)), (want, 1), "{kind}");
        rig.open(BOOK + 1, "public");
        rig.subscribe(BOOK + 1, &books());
        rig.run(1_000);
        let odd: Vec<_> = chain(&rig.texts(BOOK + 1)).into_iter().filter(|seen| *seen != "next").collect();
        assert_eq!(odd, ["snapshot"], "{kind}");
    }
}

#[test]
fn a_snapshot_may_never_come_while_updates_do() {
    let mut rig = Rig::new(&json!({}));
    let id = rig.fault(&json!({"kind": "snapshot_lost"}));
    rig.open(BOOK, "public");
    rig.subscribe(BOOK, &books());
    rig.run(1_000);
    let frames = rig.texts(BOOK);
    let actions: Vec<_> = frames.iter().filter(|frame| frame["data"].is_array()).map(|frame| frame["action"].as_str()).collect();
    assert!(actions.len() > 3 && actions.iter().all(|action| *action == Some("update")), "{actions:?}");
    assert_eq!(rig.hits(id), 1);
}

#[test]
fn all_subscribers_of_a_frame_see_the_same_fault() {
    let mut rig = subscribed();
    rig.open(BOOK + 1, "public");
    rig.subscribe(BOOK + 1, &books());
    rig.run(300);
    rig.outputs();
    let id = rig.fault(&json!({"kind": "book_reset"}));
    rig.run(1_000);
    let outputs = rig.outputs();
    let data = |conn| texts(&outputs, conn).into_iter().map(|frame| frame["data"].clone()).collect::<Vec<_>>();
    assert_eq!(data(BOOK), data(BOOK + 1));
    assert_eq!(chain(&texts(&outputs, BOOK)).iter().filter(|seen| **seen == "reset").count(), 1);
    assert_eq!(rig.hits(id), 1);
}

#[test]
fn a_fault_of_one_connection_leaves_the_others_alone() {
    let mut rig = subscribed();
    rig.open(BOOK + 1, "public");
    rig.subscribe(BOOK + 1, &books());
    rig.run(300);
    rig.fault(&json!({"kind": "book_gap", "conn": BOOK}));
    rig.run(1_000);
    let outputs = rig.outputs();
    assert!(chain(&texts(&outputs, BOOK + 1)).iter().all(|seen| matches!(*seen, "next" | "snapshot")));
    assert_eq!(chain(&texts(&outputs, BOOK)).iter().filter(|seen| **seen == "gap").count(), 1);
}

#[test]
fn a_schedule_strikes_when_it_says_and_again() {
    let mut rig = subscribed();
    rig.outputs();
    let id = rig.fault(&json!({"kind": "book_gap", "at_ms": 1_000, "every_ms": 1_000}));
    rig.run(900);
    assert_eq!(rig.hits(id), 0);
    rig.run(3_000);
    assert_eq!(rig.hits(id), 3);
    rig.done("DELETE", &format!("/faults/{id}"), &Value::Null);
    rig.outputs();
    rig.run(2_000);
    assert_eq!(rig.done("GET", "/faults", &Value::Null), json!([]));
}

#[test]
fn faults_of_the_configuration_are_checked_and_strike() {
    let error = exchange(&json!({"faults": [{"kind": "close", "cod": 4004}]})).unwrap_err();
    assert!(error.0.starts_with("faults[0]: close: cod: no such field"), "{error}");
    let mut rig = Rig::new(&json!({"faults": [{"kind": "close", "code": 4004, "at_ms": 1_000}]}));
    rig.open(BOOK, "public");
    rig.run(999);
    assert_eq!(rig.outputs(), []);
    rig.run(1);
    assert_eq!(rig.outputs(), [Output::Close { conn: BOOK, code: 4004, reason: String::new() }]);
}

/// An account's socket that listens to its orders.
const MINE: ConnId = 20;

fn trading() -> Rig {
    let mut rig = Rig::quiet();
    rig.private(MINE);
    rig.subscribe(MINE, &json!({"channel": "orders", "instType": "ANY"}));
    rig.outputs();
    rig
}

fn op(cl_ord_id: &str) -> Value {
    json!({"id": "1", "op": "order", "args": [order(cl_ord_id, "20000", "0.01")]})
}

/// `ack` and `orders` frames in the order they came.
fn told(outputs: &[Output]) -> Vec<String> {
    let name = |frame: &Value| frame["op"].as_str().or(frame["arg"]["channel"].as_str()).map(str::to_owned);
    texts(outputs, MINE).iter().filter_map(name).collect()
}

#[test]
fn an_ack_can_be_lost_while_the_order_lives() {
    let mut rig = trading();
    rig.fault(&json!({"kind": "ack_lost"}));
    let (status, answer) = rig.place("a1", "20000", "0.01");
    assert_eq!((status, &answer["code"]), (400, &json!("50004")));
    assert_eq!(rig.order("a1")["state"], "live");
    assert_eq!(rig.place("a2", "20000", "0.01").1["code"], "0");
    // Over WebSocket nothing comes, or 51149.
    rig.outputs();
    rig.fault(&json!({"kind": "ack_lost", "op": "order"}));
    rig.say(MINE, &op("a3"));
    assert_eq!(told(&rig.outputs()), ["orders"]);
    rig.fault(&json!({"kind": "ack_lost", "op": "order", "code": "51149"}));
    rig.say(MINE, &op("a4"));
    let acks: Vec<Value> = rig.texts(MINE).into_iter().filter(|frame| frame["op"] == "order").collect();
    assert!(acks.len() == 1 && acks[0].to_string().contains("51149"), "{acks:?}");
    assert_eq!((rig.order("a3")["state"].clone(), rig.order("a4")["state"].clone()), (json!("live"), json!("live")));
}

#[test]
fn reading_an_order_is_not_placing_one() {
    let mut rig = trading();
    rig.place("a1", "20000", "0.01");
    let id = rig.fault(&json!({"kind": "ack_lost"}));
    assert_eq!(rig.order("a1")["state"], "live");
    assert_eq!(rig.hits(id), 0);
}

#[test]
fn a_request_can_be_lost_before_it_is_done() {
    let mut rig = trading();
    rig.fault(&json!({"kind": "request_lost", "endpoint": "POST trade/order"}));
    rig.send(1, "POST", "/api/v5/trade/order", &order("a1", "20000", "0.01").to_string());
    assert_eq!(rig.reply(1), None);
    assert_eq!(rig.order("a1"), Value::Null);
    assert_eq!(rig.place("a1", "20000", "0.01").1["code"], "0");
}

#[test]
fn ack_and_push_come_in_the_order_that_is_asked_for() {
    for (kind, want) in [("push_before_ack", ["orders", "order"]), ("ack_before_push", ["order", "orders"])] {
        let mut rig = trading();
        rig.fault(&json!({"kind": kind}));
        rig.say(MINE, &op("a1"));
        rig.run(10);
        assert_eq!(told(&rig.outputs()), want, "{kind}");
        rig.say(MINE, &op("a2"));
        assert_eq!(told(&rig.outputs()).len(), 2, "{kind}: then at once");
    }
}

#[test]
fn delays_of_acks_and_pushes_are_apart() {
    let mut rig = Rig::new(&json!({
        "house": {"enabled": false}, "latency": {"inbound_us": 1_000, "outbound_us": 2_000, "push_us": 3_000, "ack_us": 5_000},
    }));
    rig.connect(MINE, "private");
    rig.run(20);
    assert_eq!(rig.outputs(), [Output::Upgrade { conn: MINE }]);
    rig.input(&Input::Text { conn: MINE, text: b"ping".to_vec() });
    rig.run(2);
    assert_eq!(rig.outputs(), []);
    rig.run(1);
    assert_eq!(rig.outputs().len(), 1);
    let started = rig.now();
    rig.send(1, "POST", "/api/v5/trade/order", &order("a1", "20000", "0.01").to_string());
    let mut late = 0;
    while rig.reply(1).is_none() {
        rig.run(1);
        late += 1;
        assert!(late < 50, "no reply");
    }
    assert_eq!((rig.now() - started) / 1_000_000, 8); // in, out, and what an ack takes
}

#[test]
fn latency_on_command_slows_so_many_and_no_more() {
    let mut rig = Rig::quiet();
    rig.fault(&json!({"kind": "latency", "path": "outbound", "us": 50_000, "endpoint": "/api/v5/public/time"}));
    rig.send(1, "GET", "/api/v5/public/time", "");
    assert_eq!(rig.reply(1), None);
    rig.run(50);
    assert!(rig.reply(1).is_some());
    rig.send(1, "GET", "/api/v5/public/time", "");
    assert!(rig.reply(1).is_some());
    let id = rig.fault(&json!({"kind": "latency", "path": "inbound", "median": 10_000, "sigma": 0.3, "count": 2}));
    for _ in 0..3 {
        rig.send(1, "GET", "/api/v5/public/time", "");
    }
    assert_eq!(rig.reply(1), None, "what came behind keeps its place");
    rig.run(200);
    assert_eq!((0..3).filter_map(|_| rig.reply(1)).count(), 3);
    assert_eq!(rig.hits(id), 2);
}

#[test]
fn latency_of_one_connection_leaves_the_others_alone() {
    let mut rig = Rig::quiet();
    rig.open(BOOK, "public");
    rig.open(BOOK + 1, "public");
    let id = rig.fault(&json!({"kind": "latency", "path": "outbound", "us": 50_000, "conn": BOOK, "for_ms": 1_000}));
    for conn in [BOOK, BOOK + 1] {
        rig.input(&Input::Text { conn, text: b"ping".to_vec() });
    }
    let pong = |conn| Output::Text { conn, text: b"pong".to_vec().into() };
    assert_eq!(rig.outputs(), [pong(BOOK + 1)]);
    rig.run(50);
    assert_eq!(rig.outputs(), [pong(BOOK)]);
    assert_eq!(rig.hits(id), 1);
}

#[test]
fn pushes_can_come_twice_with_another_time() {
    let mut rig = trading();
    let id = rig.fault(&json!({"kind": "push_duplicate", "channel": "orders"}));
    rig.place("a1", "20000", "0.01");
    let pushes = rig.texts(MINE);
    assert_eq!(pushes.len(), 2);
    let (first, second) = (&pushes[0]["data"][0], &pushes[1]["data"][0]);
    assert_eq!(first["ordId"], second["ordId"]);
    assert_ne!(first["uTime"], second["uTime"]);
    rig.place("a2", "20000", "0.01");
    assert_eq!((rig.texts(MINE).len(), rig.hits(id)), (1, 1));
}

#[test]
fn pushes_of_one_channel_can_be_passed_by_another() {
    let mut rig = Rig::new(&json!({}));
    rig.open(BOOK, "public");
    rig.subscribe(BOOK, &books());
    rig.subscribe(BOOK, &json!({"channel": "bbo-tbt", "instId": SPOT}));
    rig.run(300);
    rig.outputs();
    let id = rig.fault(&json!({"kind": "push_reorder", "channel": "books"}));
    rig.run(2_000);
    let frames = rig.texts(BOOK);
    assert_eq!(rig.hits(id), 1);
    let times: Vec<u64> = frames.iter().map(|frame| frame["data"][0]["ts"].as_str().unwrap().parse().unwrap()).collect();
    assert!(times.windows(2).any(|pair| pair[0] > pair[1]), "some frame is older than the one before it");
    let own: Vec<Value> = frames.into_iter().filter(|frame| frame["arg"]["channel"] == "books").collect();
    assert!(chain(&own)[1..].iter().all(|seen| *seen == "next"), "each channel keeps its own order");
}

#[test]
fn connections_end_as_they_are_told() {
    for (fault, want) in [
        (json!({"kind": "close"}), Output::Close { conn: MINE, code: 1000, reason: String::new() }),
        (json!({"kind": "close", "code": 4006, "reason": "sick"}), Output::Close { conn: MINE, code: 4006, reason: "sick".into() }),
        (json!({"kind": "tcp_reset"}), Output::Reset { conn: MINE }),
        (json!({"kind": "half_open"}), Output::Freeze { conn: MINE }),
    ] {
        let mut rig = trading();
        rig.open(BOOK, "public");
        let mut given = fault.clone();
        given["path"] = json!("private");
        rig.fault(&given);
        assert_eq!(rig.outputs(), [want], "{fault}");
        rig.place("a1", "20000", "0.01");
        assert_eq!(rig.texts(MINE), [] as [Value; 0], "nothing more goes there");
        rig.input(&Input::Closed { conn: MINE });
        rig.private(MINE + 1);
    }
}

#[test]
fn a_request_can_end_in_a_reset() {
    let mut rig = Rig::quiet();
    rig.fault(&json!({"kind": "tcp_reset", "endpoint": "public/time"}));
    rig.send(1, "GET", "/api/v5/public/time", "");
    assert_eq!(rig.outputs(), [Output::Reset { conn: 1 }]);
    rig.send(2, "GET", "/api/v5/public/time", "");
    assert!(rig.reply(2).is_some());
}

#[test]
fn connects_are_refused_for_a_while() {
    let mut rig = Rig::quiet();
    rig.fault(&json!({"kind": "refuse_connect", "ms": 500}));
    assert_eq!(rig.outputs(), [Output::Listen { open: false }]);
    rig.run(499);
    assert_eq!(rig.outputs(), []);
    rig.run(1);
    assert_eq!(rig.outputs(), [Output::Listen { open: true }]);
    let id = rig.fault(&json!({"kind": "refuse_connect", "ms": 500}));
    rig.outputs();
    rig.done("DELETE", &format!("/faults/{id}"), &Value::Null);
    assert_eq!(rig.outputs(), [Output::Listen { open: true }]);
}

#[test]
fn a_notice_comes_before_the_end() {
    let mut rig = trading();
    rig.fault(&json!({"kind": "notice", "close_after_ms": 1_500}));
    let told = rig.texts(MINE);
    assert_eq!((&told[0]["event"], &told[0]["code"]), (&json!("notice"), &json!("64008")));
    assert!(told[0]["connId"].as_str().is_some_and(|id| !id.is_empty()));
    rig.run(1_499);
    assert_eq!(rig.outputs(), []);
    rig.run(1);
    assert!(matches!(rig.outputs().as_slice(), [Output::Close { conn: MINE, .. }]));
}

#[test]
fn counts_of_a_channel_are_told_and_one_too_many_ends_it() {
    let mut rig = trading();
    rig.fault(&json!({"kind": "conn_count", "channel": "orders"}));
    let told = rig.texts(MINE);
    assert_eq!(
        (&told[0]["event"], &told[0]["channel"], &told[0]["connCount"]),
        (&json!("channel-conn-count"), &json!("orders"), &json!("2"))
    );
    rig.place("a1", "20000", "0.01");
    assert_eq!(rig.texts(MINE).len(), 1);
    rig.fault(&json!({"kind": "conn_count", "channel": "orders", "error": true}));
    let told = rig.texts(MINE);
    assert_eq!((&told[0]["event"], &told[0]["connCount"]), (&json!("channel-conn-count-error"), &json!("30")));
    rig.place("a2", "20000", "0.01");
    assert_eq!(rig.texts(MINE).len(), 0);
}

#[test]
fn a_skewed_clock_tells_another_time_and_holds_clients_to_it() {
    let mut rig = Rig::quiet();
    let time =
        |rig: &mut Rig| rig.ask("GET", "/api/v5/public/time", &Value::Null).1["data"][0]["ts"].as_str().unwrap().parse::<i64>().unwrap();
    let before = time(&mut rig);
    let id = rig.fault(&json!({"kind": "clock_skew", "ms": 31_000}));
    assert_eq!(time(&mut rig), before + 31_000);
    let (status, answer) = rig.ask("GET", "/api/v5/account/balance", &Value::Null);
    assert_eq!((status, &answer["code"]), (401, &json!("50102")));
    rig.done("DELETE", &format!("/faults/{id}"), &Value::Null);
    assert_eq!(time(&mut rig), before);
    assert_eq!(rig.ask("GET", "/api/v5/account/balance", &Value::Null).0, 200);
}

#[test]
fn maintenance_refuses_everything_for_a_while() {
    for (code, status) in [("50001", 503), ("50013", 429), ("50026", 500)] {
        let mut rig = trading();
        rig.fault(&json!({"kind": "maintenance", "ms": 1_000, "code": code}));
        let (got, answer) = rig.ask("GET", "/api/v5/public/time", &Value::Null);
        assert_eq!((got, &answer["code"]), (status, &json!(code)));
        rig.say(MINE, &op("a1"));
        assert!(rig.texts(MINE).iter().any(|frame| frame["op"] == "order" && frame["code"] == code), "{code}");
        let (_, status) = rig.ask("GET", "/api/v5/system/status", &Value::Null);
        assert_eq!((&status["code"], &status["data"][0]["state"]), (&json!("0"), &json!("ongoing")));
        rig.run(1_000);
        assert_eq!(rig.place("a1", "20000", "0.01").1["code"], "0", "{code}");
    }
}

#[test]
fn an_error_script_answers_so_many_calls() {
    let mut rig = trading();
    rig.fault(&json!({"kind": "error", "endpoint": "/api/v5/trade/order", "code": "51008", "clOrdId_prefix": "bad", "count": 2}));
    let answers = ["good1", "bad1", "bad2", "bad3"].map(|id| rig.place(id, "20000", "0.01"));
    let codes = answers.each_ref().map(|(status, answer)| (*status, answer["code"].as_str(), answer["data"][0]["sCode"].as_str()));
    let (good, bad) = ((200, Some("0"), Some("0")), (200, Some("1"), Some("51008")));
    assert_eq!(codes, [good, bad, bad, good]);
    rig.outputs();
    // What is wrong with more than the order is told for the whole request, with the status of its code.
    for (code, status) in [("50111", 401), ("50001", 503), ("50011", 429), ("51149", 500), ("50115", 405), ("50061", 200)] {
        rig.fault(&json!({"kind": "error", "endpoint": "trade/order", "code": code}));
        let (got, answer) = rig.place("a2", "20000", "0.01");
        assert_eq!((got, &answer["code"]), (status, &json!(code)));
    }
    rig.fault(&json!({"kind": "error", "op": "order", "code": "51000"}));
    rig.say(MINE, &op("a3"));
    let answer = rig.texts(MINE).remove(0);
    assert_eq!((&answer["code"], &answer["data"][0]["sCode"], &answer["data"][0]["clOrdId"]), (&json!("1"), &json!("51000"), &json!("a3")));
    rig.fault(&json!({"kind": "error", "op": "order", "code": "50099", "msg": "no such thing"}));
    rig.say(MINE, &op("a1"));
    let answer = &rig.texts(MINE)[0];
    assert!(answer.to_string().contains("50099") && answer.to_string().contains("no such thing"), "{answer}");
}

#[test]
fn orders_fill_and_end_because_it_is_said() {
    let mut rig = trading();
    rig.place("a1", "20000", "0.03");
    rig.place("b1", "20000", "0.01");
    rig.fault(&json!({"kind": "force_fill", "clOrdId_prefix": "a", "sz": "0.01"}));
    let row = rig.order("a1");
    assert_eq!((&row["state"], &row["accFillSz"], &row["avgPx"]), (&json!("partially_filled"), &json!("0.01"), &json!("20000")));
    rig.fault(&json!({"kind": "force_cancel", "clOrdId_prefix": "b", "cancelSource": "2"}));
    let row = rig.order("b1");
    assert_eq!((&row["state"], &row["cancelSource"]), (&json!("canceled"), &json!("2")));
    let pushed: Vec<Value> =
        rig.texts(MINE).iter().filter(|f| f["arg"]["channel"] == "orders").map(|f| f["data"][0]["state"].clone()).collect();
    assert_eq!(pushed, ["live", "live", "partially_filled", "canceled"]);
    assert_eq!(rig.done("GET", "/invariants", &Value::Null)["ok"], true);
    // A fault that finds no order waits for one.
    rig.fault(&json!({"kind": "force_fill", "clOrdId_prefix": "c"}));
    rig.run(100);
    rig.place("c1", "20000", "0.01");
    rig.run(20);
    assert_eq!(rig.order("c1")["state"], "filled");
}

#[test]
fn an_order_fills_in_parts_after_a_schedule() {
    let mut rig = trading();
    let schedule = json!([{"after_ms": 100, "sz": "0.01"}, {"after_ms": 200, "sz": "0.02"}, {"after_ms": 50, "sz": "5"}]);
    rig.fault(&json!({"kind": "partial_fill", "schedule": schedule}));
    rig.place("a1", "20000", "0.05");
    let mut seen = Vec::new();
    for ms in [150, 200, 100] {
        rig.run(ms);
        let row = rig.order("a1");
        seen.push(format!("{} {}", row["state"].as_str().unwrap(), row["accFillSz"].as_str().unwrap()));
    }
    assert_eq!(seen, ["partially_filled 0.01", "partially_filled 0.03", "filled 0.05"]);
    assert_eq!(rig.done("GET", "/invariants", &Value::Null)["ok"], true);
}

#[test]
fn a_maker_with_no_chance_is_passed_by() {
    let fills = |p: Option<&str>| {
        let mut rig = Rig::new(&json!({"house": {"volatility": 0.0005, "interval_ms": 100}}));
        if let Some(p) = p {
            rig.fault(&json!({"kind": "fill_probability", "p": p}));
        }
        let market = rig.done("GET", &format!("/market/{SPOT}"), &Value::Null);
        let bid = market["bid"].as_str().unwrap().to_owned();
        rig.place("a1", &bid, "0.001");
        rig.run(120_000);
        let row = rig.order("a1");
        assert_eq!(rig.done("GET", "/invariants", &Value::Null)["ok"], true);
        row["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(fills(None), "filled");
    assert_eq!(fills(Some("1")), "filled");
    assert_eq!(fills(Some("0")), "live");
}

#[test]
fn the_house_draws_back_once_before_a_taker() {
    let mut rig = trading();
    let ask = |rig: &mut Rig| rig.done("GET", &format!("/market/{SPOT}"), &Value::Null)["ask"].as_str().unwrap().parse::<f64>().unwrap();
    let market = |id: &str| json!({"instId": SPOT, "tdMode": "cash", "side": "buy", "ordType": "market", "sz": "10", "clOrdId": id});
    let best = ask(&mut rig);
    rig.fault(&json!({"kind": "slippage", "ticks": 30}));
    rig.ask("POST", "/api/v5/trade/order", &market("a1"));
    let paid: f64 = rig.order("a1")["avgPx"].as_str().unwrap().parse().unwrap();
    assert!(paid >= best + 3.0 - 1e-9, "{paid} for {best}");
    let best = ask(&mut rig);
    rig.ask("POST", "/api/v5/trade/order", &market("a2"));
    assert_eq!(rig.order("a2")["avgPx"].as_str().unwrap().parse::<f64>(), Ok(best));
}

#[test]
fn nothing_of_a_fault_is_a_panic() {
    let mut rig = trading();
    for body in ["", "[]", "{", "null", "{\"kind\":5}", "{\"kind\":\"close\",\"code\":99999999999999999999}"] {
        let request = HttpRequest { method: "POST".into(), target: "/faults".into(), headers: Vec::new(), body: body.as_bytes().to_vec() };
        rig.input(&Input::Admin { conn: 5, request });
        let (status, answer) = rig.reply(5).unwrap();
        assert!(status == 400 && answer["error"].is_string(), "{body}: {status} {answer}");
    }
    for body in [json!({"kind": "clock_skew", "ms": i64::MIN}), json!({"kind": "clock_skew", "ms": i64::MAX})] {
        assert_eq!(rig.admin("POST", "/faults", &body).0, 400, "{body}");
    }
    for given in [
        json!({"kind": "clock_skew", "ms": -315_619_200_000_i64}),
        json!({"kind": "latency", "path": "push", "us": 1e300, "at_ms": u64::MAX}),
        json!({"kind": "maintenance", "ms": u64::MAX, "at_ms": u64::MAX}),
        json!({"kind": "refuse_connect", "ms": u64::MAX, "at_ms": u64::MAX}),
        json!({"kind": "notice", "close_after_ms": u64::MAX}),
        json!({"kind": "push_reorder", "ms": u64::MAX}),
        json!({"kind": "partial_fill", "schedule": [{"after_ms": u64::MAX, "sz": "1"}]}),
    ] {
        rig.fault(&given);
        rig.run(10);
    }
    let _ = PEER;
}
