use okx_fast_core::sign::Signer;
use serde_json::{Value, json};

use super::{Rig, texts};
use crate::exchange::io::{Output, SECOND};

#[test]
fn every_login_that_is_wrong_has_its_own_code_and_ends_the_connection() {
    let mut rig = Rig::new(&json!({"limits": 0, "accounts": [{"label": "main", "keys": [
        {"apiKey": "sim-key", "secretKey": "sim-secret", "passphrase": "sim-pass"},
        {"apiKey": "elsewhere", "secretKey": "sim-secret", "passphrase": "sim-pass", "ip": "10.0.0.1"},
    ]}]}));
    let good = rig.login_args("sim-key");
    let with = |name: &str, value: Value| {
        let mut args = good.clone();
        args[name] = value;
        args
    };
    let now = rig.at / SECOND;
    let table = [
        (json!([with("timestamp", json!("soon"))]), "60004"),
        (json!([with("timestamp", json!("2026-11-22T00:00:00.000Z"))]), "60004"),
        (json!([with("timestamp", json!((now * 1000).to_string()))]), "60004"),
        (json!([with("timestamp", json!(""))]), "60004"),
        (json!([with("apiKey", json!(""))]), "60005"),
        (json!([with("apiKey", json!("nobody"))]), "60005"),
        (json!([with("apiKey", json!("4c221cda-0c0d-45d1-9f55-1a8dc4bcd0a6"))]), "60032"),
        (json!([with("timestamp", json!((now - 40).to_string()))]), "60006"),
        (json!([with("sign", json!("AAAA"))]), "60007"),
        (json!([with("timestamp", json!((now - 2).to_string()))]), "60007"),
        (json!([with("passphrase", json!("other"))]), "60024"),
        (json!([with("token", json!("t"))]), "60026"),
        (json!([with("apiKey", json!("elsewhere"))]), "60009"),
        (json!([]), "60013"),
        (json!(["x"]), "60013"),
        (json!([good.clone(), good.clone()]), "60031"),
    ];
    for (conn, (args, code)) in (10..).zip(table) {
        rig.open(conn, "private");
        let outputs = rig.say(conn, &json!({"op": "login", "args": args}).to_string());
        let [Output::Text { .. }, Output::Close { code: close, .. }] = outputs.as_slice() else { panic!("{outputs:?}") };
        let answer = &texts(&outputs, conn)[0];
        assert_eq!((answer["event"].as_str(), answer["code"].as_str(), *close), (Some("error"), Some(code), 4001), "{args}");
        assert!(answer["connId"].is_string());
    }
}

#[test]
fn three_shapes_of_a_timestamp_log_in_on_every_path() {
    let mut rig = Rig::new(&json!({"limits": 0}));
    let mut conn = 10;
    for path in ["public", "private", "business", "private?brokerId=9999"] {
        let now = rig.at / SECOND + 1;
        for (shown, signed) in
            [(json!(now.to_string()), now.to_string()), (json!(format!("{now}.007")), format!("{now}.007")), (json!(now), now.to_string())]
        {
            conn += 1;
            rig.open(conn, path);
            let sign = Signer::new(b"sim-secret").sign_login(&signed);
            let args = json!([{"apiKey": "sim-key", "passphrase": "sim-pass", "timestamp": shown, "sign": sign.as_str()}]);
            let answers = rig.ask(conn, &json!({"op": "login", "args": args}));
            assert_eq!((answers.len(), &answers[0]["event"], &answers[0]["code"]), (1, &json!("login"), &json!("0")), "{path} {shown}");
        }
    }
}

#[test]
fn a_repeated_login_is_harmless_or_refused_but_never_ends_the_session() {
    let both = json!([{"label": "main", "keys": [{"apiKey": "sim-key", "secretKey": "sim-secret", "passphrase": "sim-pass"}]},
        {"label": "other", "keys": [{"apiKey": "other-key", "secretKey": "sim-secret", "passphrase": "sim-pass"}]}]);
    for (switch, same) in [("accept", "0"), ("refuse", "60031")] {
        let mut rig = Rig::new(&json!({"accounts": both, "switches": {"repeat_login": switch}}));
        rig.private(10);
        for (key, code) in [("sim-key", same), ("other-key", "60031")] {
            let args = json!([rig.login_args(key)]);
            let answers = rig.ask(10, &json!({"op": "login", "args": args}));
            assert_eq!(answers[0]["code"], code, "{switch} {key}");
        }
        let answers = rig.ask(10, &json!({"op": "subscribe", "args": [{"channel": "orders", "instType": "ANY"}]}));
        assert_eq!(answers[0]["event"], "subscribe");
    }
}

#[test]
fn silence_ends_a_connection_and_control_frames_break_it_unless_told_otherwise() {
    use crate::exchange::io::Input;
    for (strict, closed) in [(false, false), (true, true)] {
        let mut rig = Rig::new(&json!({"switches": {"strict_idle": strict}}));
        rig.private(10);
        for _ in 0..4 {
            rig.advance(20 * SECOND);
            rig.exchange.handle(rig.at, &Input::Control { conn: 10 });
        }
        let outputs = rig.outputs();
        assert_eq!(outputs.iter().any(|output| matches!(output, Output::Close { code: 4004, .. })), closed, "{outputs:?}");
    }
    let mut rig = Rig::new(&json!({}));
    rig.open(10, "public");
    for _ in 0..3 {
        rig.advance(29 * SECOND);
        assert_eq!(rig.say(10, "ping"), [Output::Text { conn: 10, text: b"pong".as_slice().into() }]);
    }
    rig.advance(30 * SECOND - 1);
    assert_eq!(rig.outputs(), []);
    rig.advance(1);
    assert_eq!(rig.outputs(), [Output::Close { conn: 10, code: 4004, reason: "No data received in 30s".into() }]);
    assert_eq!(rig.say(10, "ping"), []);
}
