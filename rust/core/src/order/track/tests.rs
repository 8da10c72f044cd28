//! Orders' lives as tables: what comes, and what is told of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod histories;

use super::*;
use serde_json::json;

/// One thing that comes, in words: `push live u=1 sz=3`, `query filled u=9 acc=3`, `fills t=7:1`, `ack u=1`,
/// `absent u=5`. `t=7:1` is trade id 7 of size 1.
fn feed(tracker: &mut Tracker, what: &str) -> Vec<Change> {
    let mut words = what.split_whitespace();
    let kind = words.next().unwrap();
    let mut row =
        json!({ "instType": "SWAP", "instId": "X", "ordId": "1", "clOrdId": "c", "sz": "3", "px": "10", "accFillSz": "0", "fillSz": "0" });
    for word in words {
        let Some((key, value)) = word.split_once('=') else {
            row["state"] = json!(word);
            continue;
        };
        let key = match key {
            "u" if kind == "fills" => "fillTime",
            "u" => "uTime",
            "acc" => "accFillSz",
            "req" => "reqId",
            "result" => "amendResult",
            "type" => "ordType",
            "t" => {
                let (id, sz) = value.split_once(':').unwrap();
                row["fillSz"] = json!(sz);
                row["tradeId"] = json!(id);
                continue;
            }
            other => other,
        };
        row[key] = json!(value);
    }
    let mut out = Vec::new();
    let at_ms = || row["uTime"].as_str().unwrap().parse().unwrap();
    match kind {
        "push" => tracker.row(Source::Push, &OrderRow::from_json(&row, "orders").unwrap(), &mut out),
        "query" => tracker.row(Source::Query, &OrderRow::from_json(&row, "trade/order").unwrap(), &mut out),
        "fills" => tracker.fill(&FillRow::from_json(&row, "trade/fills").unwrap(), &mut out),
        "ack" => tracker.accepted(0, Accepted { inst_id: "X", ord_id: "1", cl_ord_id: "c", ts_ms: Some(at_ms()) }),
        "absent" => tracker.absent(OrderRef::OrdId("1"), at_ms(), &mut out),
        other => panic!("{other}"),
    }
    out
}

fn show(change: &Change) -> String {
    match change {
        Change::Order { from, to, .. } if from == to => format!("{} changed", to.as_str()),
        Change::Order { from, to, .. } => format!("{} > {}", from.as_str(), to.as_str()),
        Change::Fill(fill) => format!("fill {}:{}", fill.trade_id, fill.sz),
        Change::Amended { req_id, result, .. } => format!("amended {req_id}:{}", result.as_str()),
        Change::Gap { expected, got, .. } => format!("gap {expected}/{got}"),
        Change::Missing { .. } => "missing".to_owned(),
        Change::Illegal { from, to, why, .. } => format!("illegal {} > {}: {}", from.as_str(), to.as_str(), why.as_str()),
    }
}

/// Feeds one order; each line is what comes, and what is told.
fn check(name: &str, steps: &[(&str, &[&str])]) -> Tracker {
    let mut tracker = Tracker::new(10);
    for (what, want) in steps {
        let told: Vec<String> = feed(&mut tracker, what).iter().map(show).collect();
        assert_eq!(told, *want, "{name}: {what}");
    }
    tracker
}

fn num(text: &str) -> Num {
    Num::parse(text.as_bytes()).unwrap()
}

/// Order book trading › Trade, how an order lives: the pushes of each kind, in order.
#[test]
fn every_life_is_told_as_it_is() {
    type Steps<'a> = &'a [(&'a str, &'a [&'a str])];
    let lives: &[(&str, Steps<'_>)] = &[
        ("rests", &[("ack u=1", &[]), ("push live u=1", &["accepted > live"])]),
        (
            "crosses fully, three makers",
            &[
                ("push live u=1", &["accepted > live"]),
                ("push partially_filled u=1 acc=1 t=7:1", &["fill 7:1", "live > partially_filled"]),
                ("push partially_filled u=1 acc=2 t=8:1", &["fill 8:1", "partially_filled changed"]),
                ("push filled u=1 acc=3 t=9:1", &["fill 9:1", "partially_filled > filled"]),
                ("ack u=1", &[]),
            ],
        ),
        (
            "crosses partly, rests, is hit later",
            &[
                ("push live u=1", &["accepted > live"]),
                ("push partially_filled u=2 acc=1 t=7:1", &["fill 7:1", "live > partially_filled"]),
                ("push filled u=9 acc=3 t=8:2", &["fill 8:2", "partially_filled > filled"]),
            ],
        ),
        (
            "spot market by value; its end has no trade",
            &[
                ("push live u=1 px= sz=10 instType=SPOT type=market tgtCcy=quote_ccy", &["accepted > live"]),
                (
                    "push partially_filled u=2 px= sz=10 instType=SPOT type=market tgtCcy=quote_ccy acc=30 t=7:30",
                    &["fill 7:30", "live > partially_filled"],
                ),
                ("push filled u=2 px= sz=10 instType=SPOT type=market tgtCcy=quote_ccy acc=30", &["partially_filled > filled"]),
            ],
        ),
        (
            "ioc, partly",
            &[
                ("push live u=1", &["accepted > live"]),
                ("push partially_filled u=1 acc=1 t=7:1", &["fill 7:1", "live > partially_filled"]),
                ("push canceled u=1 acc=1 cancelSource=14", &["partially_filled > canceled"]),
            ],
        ),
        ("fok, unmatched", &[("push live u=1", &["accepted > live"]), ("push canceled u=1 cancelSource=13", &["live > canceled"])]),
        ("post-only that would take", &[("ack u=1", &[]), ("push canceled u=1 cancelSource=31", &["accepted > canceled"])]),
        ("market maker protection", &[("push live u=1", &["accepted > live"]), ("push mmp_canceled u=2", &["live > mmp_canceled"])]),
        (
            "amended",
            &[
                ("push live u=1", &["accepted > live"]),
                ("push live u=2 px=11 req=r1 result=0", &["amended r1:0", "live changed"]),
                ("push partially_filled u=3 px=11 acc=1 t=7:1", &["fill 7:1", "live > partially_filled"]),
                ("push partially_filled u=4 px=11 sz=5 acc=1 req=r2 result=0", &["amended r2:0", "partially_filled changed"]),
            ],
        ),
        (
            "amendment refused later",
            &[("push live u=1", &["accepted > live"]), ("push live u=2 req=r1 result=-1 code=51511", &["amended r1:-1"])],
        ),
        (
            "amendment refused later, and canceled for it",
            &[("push live u=1", &["accepted > live"]), ("push canceled u=2 req=r1 result=1", &["amended r1:1", "live > canceled"])],
        ),
        (
            "amended to less than what is filled",
            &[
                ("push live u=1", &["accepted > live"]),
                ("push partially_filled u=2 acc=2 t=7:2", &["fill 7:2", "live > partially_filled"]),
                ("push filled u=3 sz=1 acc=2 req=r1 result=0", &["amended r1:0", "partially_filled > filled"]),
            ],
        ),
        (
            "amended there and back without a reqId",
            &[
                ("push live u=1 px=10", &["accepted > live"]),
                ("push live u=2 px=11 result=0", &["amended :0", "live changed"]),
                ("push live u=3 px=10 result=0", &["amended :0", "live changed"]),
                ("push live u=4 px=11 result=0", &["amended :0", "live changed"]),
            ],
        ),
        (
            "resized on entry by reduce-only",
            &[("push live u=1 sz=2 amendSource=4 result=0", &["amended :0", "accepted > live"]), ("push live u=1 sz=2", &[])],
        ),
        (
            "liquidated: the push has no trade id, its fill a negative one",
            &[
                ("push filled u=1 acc=3 t=0:3 category=full_liquidation", &["accepted > filled", "gap 3/0"]),
                ("fills t=-8:3", &["fill -8:3"]),
                ("fills t=-8:3", &[]),
            ],
        ),
        (
            "amendment refused at once by an end",
            &[("push live u=1", &["accepted > live"]), ("push canceled u=2 req=r1", &["amended r1:", "live > canceled"])],
        ),
    ];
    for (name, steps) in lives {
        let tracker = check(name, steps);
        assert_eq!(tracker.counts().illegal, 0, "{name}");
    }
}

#[test]
fn pushes_in_the_wrong_order_end_where_the_right_order_ends() {
    let tracker = check(
        "reversed",
        &[
            ("push filled u=4 px=11 acc=3 t=8:2", &["fill 8:2", "accepted > filled", "gap 3/2"]),
            ("push live u=3 px=11 acc=1 req=r1 result=0", &["amended r1:0"]),
            ("push partially_filled u=2 acc=1 t=7:1", &["fill 7:1"]),
            ("push live u=1", &[]),
        ],
    );
    assert_eq!(tracker.counts(), Counts { stale: 3, fills: 2, ..Counts::default() });
    let order = tracker.get("1").unwrap();
    assert_eq!((&order.row.state, order.row.px, order.is_complete()), (&State::Filled, Some(num("11")), true));
}

#[test]
fn repetitions_with_another_u_time_take_nothing_back() {
    let tracker = check(
        "repeated",
        &[
            ("push live u=1", &["accepted > live"]),
            ("push live u=2", &[]),
            ("push live u=3 px=11 req=r1 result=0", &["amended r1:0", "live changed"]),
            ("push live u=5", &[]),
            ("push live u=4 px=12 req=r2 result=0", &["amended r2:0", "live changed"]),
            ("push live u=6 px=11 req=r1 result=0", &[]),
            ("push partially_filled u=7 px=12 acc=1 t=7:1", &["fill 7:1", "live > partially_filled"]),
            ("push live u=8", &[]),
            ("push filled u=9 px=12 acc=3 t=8:2", &["fill 8:2", "partially_filled > filled"]),
            ("push partially_filled u=10 px=12 acc=1 t=7:1", &[]),
            ("push live u=11", &[]),
            ("push filled u=12 px=12 acc=3 t=8:2", &[]),
        ],
    );
    assert_eq!(tracker.counts(), Counts { duplicates: 7, fills: 2, ..Counts::default() });
    assert_eq!(tracker.get("1").unwrap().row.u_time_ms, Some(9));
}

#[test]
fn an_end_is_believed_even_if_a_repetition_before_it_had_a_later_time() {
    check(
        "late end",
        &[
            ("push live u=1", &["accepted > live"]),
            ("push live u=9 px=11 req=r1 result=0", &["amended r1:0", "live changed"]),
            ("push canceled u=8", &["live > canceled"]),
        ],
    );
}

#[test]
fn a_fill_counts_once_whatever_brings_it() {
    let tracker = check(
        "fills first",
        &[
            ("fills t=7:1 u=2", &["fill 7:1"]),
            ("fills t=8:2 count=2", &[]),
            ("push partially_filled u=2 acc=1 t=7:1", &["accepted > partially_filled"]),
            ("push filled u=3 acc=3.0 t=8:2", &["fill 8:2", "partially_filled > filled"]),
            ("fills t=8:2.0", &[]),
            ("query filled u=3 acc=3 t=8:2", &[]),
        ],
    );
    assert_eq!(tracker.counts(), Counts { duplicates: 1, fills: 2, unkeyed: 1, ..Counts::default() });
}

#[test]
fn what_is_missing_is_said_once_per_amount() {
    check(
        "gaps",
        &[
            ("push live u=1", &["accepted > live"]),
            ("query partially_filled u=2 acc=1 t=7:1", &["live > partially_filled", "gap 1/0"]),
            ("query partially_filled u=2 acc=1 t=7:1", &[]),
            ("push partially_filled u=3 acc=2 t=8:1", &["fill 8:1", "partially_filled changed", "gap 2/1"]),
            ("push partially_filled u=3 acc=2 t=8:1", &[]),
            ("fills t=7:1", &["fill 7:1"]),
            ("push filled u=4 acc=3 t=9:1", &["fill 9:1", "partially_filled > filled"]),
        ],
    );
}

#[test]
fn what_cannot_be_is_reported_and_the_proven_stays() {
    let cases: &[(&str, &str, &str, &str, &str)] = &[
        // what was, what comes, what is told, and state and amount after it
        ("push filled u=5 acc=3 t=7:3", "push live u=6", "illegal filled > live: another state after the end", "filled", "3"),
        ("push filled u=5 acc=3 t=7:3", "push canceled u=6 acc=3", "illegal filled > canceled: another state after the end", "filled", "3"),
        ("push canceled u=5", "push filled u=4 acc=3", "illegal canceled > filled: another state after the end", "canceled", "0"),
        (
            "push partially_filled u=5 acc=2 t=7:2",
            "query partially_filled u=6 acc=1",
            "illegal partially_filled > partially_filled: less filled than before",
            "partially_filled",
            "2",
        ),
        (
            "push partially_filled u=5 acc=2 t=7:2",
            "push canceled u=6 acc=1",
            "illegal partially_filled > canceled: less filled than before",
            "partially_filled",
            "2",
        ),
        (
            "push partially_filled u=5 acc=2 t=7:2",
            "push live u=6 acc=2",
            "illegal partially_filled > live: an earlier state in a later row",
            "partially_filled",
            "2",
        ),
        ("push live u=5", "push live u=6 instId=Y", "illegal live > live: another instrument", "live", "0"),
        (
            "push partially_filled u=5 acc=2 t=7:2",
            "fills t=7:1",
            "illegal partially_filled > partially_filled: one trade id with two sizes",
            "partially_filled",
            "2",
        ),
    ];
    for (before, what, want, state, amount) in cases {
        let mut tracker = Tracker::new(10);
        feed(&mut tracker, before);
        let told: Vec<String> = feed(&mut tracker, what).iter().map(show).collect();
        assert_eq!(told, [*want], "{before}, {what}");
        assert_eq!(feed(&mut tracker, what), [], "told once: {what}");
        let order = tracker.get("1").unwrap();
        assert_eq!((order.row.state.as_str(), order.row.acc_fill_sz), (*state, Some(num(amount))), "{before}, {what}");
    }
}

#[test]
fn what_was_filled_against_the_rules_was_filled_nevertheless() {
    let over = "more filled than ordered";
    check("maybe amended to less", &[("query filled u=1 acc=4", &["accepted > filled", "gap 4/0"])]);
    check(
        "overfilled",
        &[
            ("push live u=1", &["accepted > live"]),
            ("push filled u=2 acc=4 t=7:4", &["fill 7:4", &format!("illegal live > filled: {over}"), "live > filled"]),
        ],
    );
    check(
        "filled after the end",
        &[
            ("push canceled u=1 acc=1 t=7:1", &["fill 7:1", "accepted > canceled"]),
            ("fills t=8:1", &["fill 8:1", "illegal canceled > canceled: more fills than the final accFillSz"]),
            ("fills t=8:1", &[]),
            ("query canceled u=2 acc=2", &["illegal canceled > canceled: more filled after the end", "canceled changed"]),
        ],
    );
}

#[test]
fn absence_asks_for_a_query_and_decides_nothing() {
    let tracker = check(
        "absent",
        &[
            ("absent u=9", &[]),
            ("ack u=5", &[]),
            ("absent u=4", &[]),
            ("absent u=5", &["missing"]),
            ("push live u=7", &["accepted > live"]),
            ("absent u=6", &[]),
            ("absent u=8", &["missing"]),
            ("query canceled u=8", &["live > canceled"]),
            ("absent u=9", &[]),
        ],
    );
    assert_eq!(tracker.open().count(), 0);
}

fn named(ord_id: &str, cl_ord_id: &str, state: State, c_time_ms: i64) -> OrderRow {
    OrderRow {
        inst_id: "X".into(),
        ord_id: ord_id.into(),
        cl_ord_id: cl_ord_id.into(),
        state,
        c_time_ms: Some(c_time_ms),
        u_time_ms: Some(c_time_ms),
        ..OrderRow::default()
    }
}

#[test]
fn a_cl_ord_id_means_the_newest_order_that_has_it() {
    let mut tracker = Tracker::new(1);
    let mut out = Vec::new();
    let id = |tracker: &Tracker| tracker.by_cl_ord_id("c").map(|order| order.row.ord_id.clone());
    tracker.row(Source::Query, &named("2", "c", State::Live, 20), &mut out);
    tracker.row(Source::Query, &named("1", "c", State::Canceled, 10), &mut out);
    assert_eq!(id(&tracker).as_deref(), Some("2"));
    tracker.row(Source::Push, &named("2", "c", State::Filled, 20), &mut out);
    tracker.row(Source::Push, &named("3", "", State::Live, 30), &mut out);
    assert_eq!((id(&tracker).as_deref(), tracker.get("1").is_none()), (Some("2"), true), "the one that ended first is forgotten");
    assert!(tracker.forget("2").is_some());
    assert_eq!((id(&tracker), tracker.by_cl_ord_id.len(), tracker.ended.len()), (None, 0, 0));
}

#[test]
fn what_ended_is_forgotten_and_what_is_open_is_not() {
    for keep in [0, 3] {
        let mut tracker = Tracker::new(keep);
        let mut out = Vec::new();
        for i in 0..100 {
            let id = i.to_string();
            tracker.row(Source::Push, &named(&id, &format!("c{id}"), State::Live, i), &mut out);
            if i % 2 == 0 {
                tracker.row(Source::Push, &named(&id, &format!("c{id}"), State::Canceled, i), &mut out);
                assert!(tracker.get(&id).is_some(), "readable until the next call");
            }
        }
        assert_eq!((tracker.open().count(), tracker.orders.len(), tracker.by_cl_ord_id.len()), (50, 50 + keep, 50 + keep));
    }
}

#[test]
fn later_rows_keep_what_they_leave_empty() {
    let mut tracker = Tracker::new(1);
    feed(&mut tracker, "push live u=1 side=buy feeCcy=USDT posSide=net tag=T fee=0");
    feed(&mut tracker, "query partially_filled u=2 acc=1 px= sz= fee=-0.1");
    let row = &tracker.get("1").unwrap().row;
    assert_eq!((row.side.as_str(), row.fee_ccy.as_str(), row.pos_side.as_str(), row.tag.as_str()), ("buy", "USDT", "net", "T"));
    assert_eq!((row.px, row.sz, row.fee), (Some(num("10")), Some(num("3")), Some(num("-0.1"))));
}

#[test]
fn fees_add_up_or_nobody_knows() {
    for (first, second, want) in [
        ("fillFee=-0.1 fillFeeCcy=USDT", "fillFee=-0.20 fillFeeCcy=USDT", Some(true)),
        ("fillFee=-0.1 fillFeeCcy=USDT", "fillFee=-0.3 fillFeeCcy=USDT", Some(false)),
        ("fillFee=-0.1 fillFeeCcy=USDT", "fillFee=-0.2 fillFeeCcy=BTC", None),
        ("", "fillFee=-0.3 fillFeeCcy=USDT", None),
    ] {
        let mut tracker = Tracker::new(1);
        feed(&mut tracker, &format!("push partially_filled u=1 acc=1 t=7:1 {first}"));
        feed(&mut tracker, &format!("push filled u=2 acc=3 t=8:2 fee=-0.3 feeCcy=USDT {second}"));
        assert_eq!(tracker.get("1").unwrap().fees_agree(), want, "{first} {second}");
    }
}
