//! Rows as OKX writes them, and as it should not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use super::*;
use proptest::prelude::*;
use serde_json::json;
use std::fs;
use std::path::PathBuf;

fn num(text: &str) -> Option<Num> {
    Num::parse(text.as_bytes())
}

fn push_of(row: &Value) -> String {
    json!({ "arg": { "channel": "orders", "instType": "ANY", "uid": "1" }, "data": [row] }).to_string()
}

#[test]
fn a_push_is_read_whole() {
    let row = r#"{
        "instType": "SWAP", "instId": "ETH-USDT-SWAP", "ordId": "9", "clOrdId": "mine9", "tag": "T", "px": "2000.50", "sz": "3", "ordType": "limit",
        "side": "sell", "posSide": "net", "tdMode": "cross", "tgtCcy": "", "fillPx": "2001", "tradeId": "77", "fillSz": "1.0", "fillPnl": "-0.5",
        "fillTime": "1700000000003", "fillFee": "-0.02", "fillFeeCcy": "USDT", "execType": "M", "accFillSz": "2", "avgPx": "2000.75",
        "state": "partially_filled", "feeCcy": "USDT", "fee": "-0.04", "pnl": "1", "source": "6", "cancelSource": "", "amendSource": "1",
        "category": "normal", "reduceOnly": "true", "algoId": "5", "algoClOrdId": "a5", "attachAlgoClOrdId": "b5", "reqId": "r", "amendResult": "0",
        "code": "0", "msg": "", "cTime": "1700000000001", "uTime": "1700000000004", "linkedAlgoOrd": { "algoId": "" }, "attachAlgoOrds": [], "new": [1]
    }"#;
    let code = |text: &str| Code::new(text.as_bytes()).unwrap();
    let want = OrderRow {
        inst_type: code("SWAP"),
        inst_id: "ETH-USDT-SWAP".into(),
        ord_id: "9".into(),
        cl_ord_id: "mine9".into(),
        tag: "T".into(),
        side: code("sell"),
        pos_side: code("net"),
        td_mode: code("cross"),
        ord_type: code("limit"),
        tgt_ccy: Code::default(),
        state: State::PartiallyFilled,
        px: num("2000.50"),
        sz: num("3"),
        acc_fill_sz: num("2"),
        fill_sz: num("1.0"),
        fill_px: num("2001"),
        fill_fee: num("-0.02"),
        fill_fee_ccy: code("USDT"),
        fill_pnl: num("-0.5"),
        fill_time_ms: Some(1_700_000_000_003),
        exec_type: code("M"),
        trade_id: "77".into(),
        avg_px: num("2000.75"),
        fee: num("-0.04"),
        fee_ccy: code("USDT"),
        pnl: num("1"),
        c_time_ms: Some(1_700_000_000_001),
        u_time_ms: Some(1_700_000_000_004),
        req_id: "r".into(),
        amend_result: code("0"),
        amend_source: code("1"),
        cancel_source: Code::default(),
        code: code("0"),
        msg: String::new(),
        source: code("6"),
        category: code("normal"),
        algo_id: "5".into(),
        algo_cl_ord_id: "a5".into(),
        attach_algo_cl_ord_id: "b5".into(),
        reduce_only: Some(true),
    };
    assert_eq!(parse_push(push_of(&serde_json::from_str(row).unwrap()).as_bytes()).unwrap(), [want]);
}

#[test]
fn three_fields_are_enough_and_numbers_may_be_numbers() {
    let want = OrderRow { inst_id: "X".into(), ord_id: "9".into(), state: State::Live, ..OrderRow::default() };
    for row in [
        json!({ "instId": "X", "ordId": "9", "state": "live" }),
        json!({ "instId": "X", "ordId": 9, "state": "live", "px": "", "sz": null, "cTime": "", "reduceOnly": "", "side": "", "reqId": null }),
    ] {
        assert_eq!(OrderRow::from_json(&row, "orders"), Ok(want.clone()), "{row}");
    }
    let row = json!({ "instId": "X", "ordId": "9", "state": "live", "px": 0.1, "sz": 7, "fee": -1e-7, "uTime": 5, "tradeId": -3, "code": 0, "reduceOnly": false });
    let row = OrderRow::from_json(&row, "orders").unwrap();
    assert_eq!((row.px, row.sz, row.fee), (num("0.1"), num("7"), num("-0.0000001")));
    assert_eq!((row.u_time_ms, row.trade_id.as_str(), row.code.as_str(), row.reduce_only), (Some(5), "-3", "0", Some(false)));
}

#[test]
fn states_are_okxs_words_and_new_ones_survive() {
    for (word, is_terminal) in
        [("live", false), ("partially_filled", false), ("filled", true), ("canceled", true), ("mmp_canceled", true), ("paused", false)]
    {
        let state = State::new(word.to_owned());
        assert_eq!((state.as_str(), state.is_terminal()), (word, is_terminal));
    }
    assert_eq!(State::new("accepted".to_owned()), State::Other("accepted".to_owned()), "ours is not theirs");
}

#[test]
fn a_complaint_names_instrument_expected_and_got() {
    let whole = json!({ "instId": "X", "ordId": "9", "state": "live" });
    for (key, value, want) in [
        ("ordId", json!(""), r#"X: orders: expected a row with ordId, got {\"instId\":\"X\",\"ordId\":\"\",\"state\":\"live\"}"#),
        ("state", json!(null), r#"X: orders: expected a row with state, got {\"instId\":\"X\",\"ordId\":\"9\",\"state\":null}"#),
        ("state", json!(["live"]), r#"X: orders: expected a row with state, got [\"live\"]"#),
        ("instId", json!({}), ": orders: expected a row with instId, got {}"),
        ("px", json!("1e5"), r#"X: orders: expected a decimal px, got \"1e5\""#),
        ("accFillSz", json!("-"), r#"X: orders: expected a decimal accFillSz, got \"-\""#),
        ("fee", json!(true), "X: orders: expected a decimal fee, got true"),
        ("uTime", json!("1.5"), r#"X: orders: expected uTime in milliseconds, got \"1.5\""#),
        ("reduceOnly", json!("yes"), r#"X: orders: expected true or false as reduceOnly, got \"yes\""#),
        (
            "side",
            json!("a side of more than thirty-one bytes"),
            r#"X: orders: expected a short side, got \"a side of more than thirty-one bytes\""#,
        ),
        ("reqId", json!([]), "X: orders: expected a text as reqId, got []"),
    ] {
        let mut row = whole.clone();
        row[key] = value;
        let got = parse_push(push_of(&row).as_bytes()).unwrap_err().to_string();
        assert_eq!(got, want, "{key}");
    }
}

#[test]
fn frames_that_are_no_push_of_orders_are_refused() {
    for frame in [
        "pong",
        "[]",
        r#"{"event":"subscribe","arg":{"channel":"orders"}}"#,
        r#"{"arg":{"channel":"orders-algo"},"data":[]}"#,
        r#"{"arg":{"channel":"orders"},"data":[{"#,
    ] {
        assert!(matches!(parse_push(frame.as_bytes()), Err(Error::NotOkx { .. })), "{frame}");
    }
    let no_rows = r#"{"arg":{"channel":"orders"},"data":{}}"#;
    assert!(matches!(parse_push(no_rows.as_bytes()), Err(Error::Malformed { what: "an array of rows", .. })));
    assert_eq!(parse_push(br#"{"arg":{"channel":"orders"},"data":[]}"#), Ok(vec![]));
}

#[test]
fn a_reply_has_rows_only_with_code_0() {
    let row = r#"{"instId":"X","ordId":"9","state":"filled"}"#;
    for (body, want) in [
        (format!(r#"{{"code":"0","msg":"","data":[{row},{row}]}}"#), Some(("0", "", 2))),
        (format!(r#"{{"code":0,"data":[{row}]}}"#), Some(("0", "", 1))),
        (r#"{"code":"51603","msg":"Order does not exist","data":[]}"#.to_owned(), Some(("51603", "Order does not exist", 0))),
        (r#"{"code":"1","msg":"m","data":[{"sCode":"1"}]}"#.to_owned(), Some(("1", "m", 0))),
        (r#"{"code":"50011","msg":"Too Many Requests"}"#.to_owned(), Some(("50011", "Too Many Requests", 0))),
        (r#"{"code":"0","msg":""}"#.to_owned(), None),
        (r#"{"msg":"","data":[]}"#.to_owned(), None),
        ("<html>".to_owned(), None),
        (r#"{"code":"0","data":[{}]}"#.to_owned(), None),
    ] {
        let got = parse_reply(body.as_bytes()).ok();
        assert_eq!(got.as_ref().map(|r| (r.code.as_str(), r.msg.as_str(), r.rows.len())), want, "{body}");
    }
}

#[test]
fn fills_come_from_both_sides() {
    let body = r#"{"code":"0","msg":"","data":[{"instType":"SPOT","instId":"X","tradeId":"-7","ordId":"9","clOrdId":"c","billId":"b",
        "fillPx":"2","fillSz":"0.5","side":"buy","posSide":"","execType":"T","fee":"-0.001","feeCcy":"X","fillPnl":"0","fillTime":"4","ts":"5"}]}"#;
    let fill = parse_fills_reply(body.as_bytes()).unwrap().rows.remove(0);
    assert_eq!((fill.trade_id.as_str(), fill.bill_id.as_str(), fill.fill_sz, fill.fee), ("-7", "b", num("0.5"), num("-0.001")));
    assert_eq!((fill.fill_time_ms, fill.ts_ms, fill.count), (Some(4), Some(5), None));
    let frame = r#"{"arg":{"channel":"fills","uid":"1"},"data":[{"instId":"X","fillSz":"3","fillPx":"2","side":"buy","ts":"5","ordId":"9","clOrdId":"0","tradeId":"8","execType":"T","count":"2"}]}"#;
    let fill = parse_fills_push(frame.as_bytes()).unwrap().remove(0);
    assert_eq!((fill.trade_id.as_str(), fill.fill_sz, fill.fee, fill.count), ("8", num("3"), None, Some(2)));
    assert!(parse_push(frame.as_bytes()).is_err());
}

proptest! {
    #[test]
    fn the_fast_road_never_disagrees_with_the_general_one(
        fields in prop::collection::btree_map(
            prop::sample::select(vec![
                "instType", "instId", "ordId", "clOrdId", "side", "state", "px", "sz", "accFillSz", "fillSz", "fillTime", "tradeId", "avgPx",
                "fee", "cTime", "uTime", "reqId", "amendResult", "code", "msg", "reduceOnly", "new", "attachAlgoOrds",
            ]),
            prop_oneof![
                "[0-9]{0,3}(\\.[0-9]{1,3})?".prop_map(Value::from),
                prop::sample::select(vec!["live", "filled", "true", "false", "", "a\"b", "é", "-1", "1e5", "BTC-USDT"]).prop_map(Value::from),
                any::<i32>().prop_map(Value::from),
                any::<bool>().prop_map(Value::from),
                Just(Value::Null),
                Just(serde_json::json!([{"x": "}"}])),
            ],
            0..23,
        ),
        whole in any::<bool>(),
    ) {
        let mut fields = fields;
        if whole {
            for key in ["instId", "ordId", "state"] {
                fields.insert(key, "live".into());
            }
        }
        let frame = serde_json::json!({"arg": {"channel": "orders", "uid": "1"}, "data": [fields]}).to_string();
        if let Some(rows) = scan_push(frame.as_bytes()) {
            prop_assert_eq!(Ok(rows), push(frame.as_bytes(), "orders", OrderRow::from_json));
        }
    }

    #[test]
    fn a_push_as_okx_writes_it_takes_the_fast_road(px in "[1-9][0-9]{0,6}\\.[0-9]") {
        let row = serde_json::json!({"instId": "BTC-USDT", "ordId": "1", "state": "live", "px": px, "sz": "1", "reduceOnly": "false", "uTime": "17", "fillPx": ""});
        let frame = serde_json::json!({"arg": {"channel": "orders"}, "data": [row]}).to_string();
        prop_assert!(scan_push(frame.as_bytes()).is_some());
    }
}

proptest! {
    #[test]
    fn any_bytes_give_rows_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..80), text in "[\\[\\]{}\":,a-zI0-9. -]{0,80}") {
        for bytes in [&bytes[..], text.as_bytes()] {
            let _ = (parse_push(bytes), parse_reply(bytes), parse_fills_push(bytes), parse_fills_reply(bytes));
        }
    }

    #[test]
    fn any_values_in_a_row_give_a_row_or_an_error(key in prop::sample::select(vec!["instId", "ordId", "state", "px", "fillSz", "uTime", "side", "reqId", "reduceOnly"]), number in any::<f64>(), text in "[0-9.e+-]{0,45}") {
        for value in [json!(number), json!(text), json!([text]), json!({ text.as_str(): number })] {
            let mut row = json!({ "instId": "X", "ordId": "9", "state": "live" });
            row[key] = value;
            let _ = OrderRow::from_json(&row, "orders");
        }
    }
}

/// Lines of a recording, read in place: `OKX_FAST_CAPTURES`, or the folder beside the project.
fn recorded(file: &str) -> Option<Vec<Value>> {
    let root = std::env::var_os("OKX_FAST_CAPTURES")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/captures"), PathBuf::from);
    let path = root.join("private").join(file);
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!("SKIPPED: no recording at {}", path.display());
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Every text of a row that we read must say what the recording says.
fn agrees(row: &OrderRow, raw: &Value) {
    let text = |key: &str| raw[key].as_str().unwrap_or_default().to_owned();
    let plain = |n: Option<Num>| n.map(|n| n.to_string()).unwrap_or_default();
    let ms = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
    for (key, got) in [
        ("instId", row.inst_id.clone()),
        ("ordId", row.ord_id.clone()),
        ("clOrdId", row.cl_ord_id.clone()),
        ("tradeId", row.trade_id.clone()),
        ("state", row.state.as_str().to_owned()),
        ("side", row.side.as_str().to_owned()),
        ("category", row.category.as_str().to_owned()),
        ("px", plain(row.px)),
        ("sz", plain(row.sz)),
        ("accFillSz", plain(row.acc_fill_sz)),
        ("avgPx", plain(row.avg_px)),
        ("fillSz", plain(row.fill_sz)),
        ("fee", plain(row.fee)),
        ("uTime", ms(row.u_time_ms)),
        ("fillTime", ms(row.fill_time_ms)),
    ] {
        assert_eq!(got, text(key), "{key} of {raw}");
    }
    assert!(!matches!(row.state, State::Other(_)), "{raw}");
}

#[test]
fn recorded_rows_are_read_as_they_are() {
    let mut read = 0;
    for frame in recorded("okx-2022-2023-orders.jsonl").unwrap_or_default() {
        for (row, raw) in parse_push(frame.to_string().as_bytes()).unwrap().iter().zip(frame["data"].as_array().unwrap()) {
            agrees(row, raw);
            read += 1;
        }
    }
    for line in recorded("nautilus-2025-2026-test-data.jsonl").unwrap_or_default() {
        let (name, msg) = (line["name"].as_str().unwrap(), &line["msg"]);
        let body = msg.to_string();
        let rows = if name == "ws_orders" || name.starts_with("ws_orders_") && msg["arg"]["channel"] == "orders" {
            parse_push(body.as_bytes()).unwrap()
        } else if name == "http_get_orders_pending" {
            parse_reply(body.as_bytes()).unwrap().rows
        } else {
            continue;
        };
        for (row, raw) in rows.iter().zip(msg["data"].as_array().unwrap()) {
            agrees(row, raw);
            read += 1;
        }
    }
    eprintln!("{read} recorded rows read");
}
