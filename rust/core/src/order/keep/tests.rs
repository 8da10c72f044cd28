#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::unnecessary_wraps, reason = "tests")]

use super::*;
use serde_json::json;

fn at(ms: u64) -> Stamp {
    Stamp { mono_ns: ms * MS, wall_ns: (1_785_096_000_000 + ms) * MS }
}

fn order(ord_id: &str, state: &str, filled: &str, ms: u64) -> serde_json::Value {
    json!({"instType": "SWAP", "instId": "BTC-USDT-SWAP", "ordId": ord_id, "clOrdId": format!("c{ord_id}"), "side": "buy",
        "ordType": "limit", "tdMode": "cross", "state": state, "px": "60000", "sz": "2", "accFillSz": filled, "avgPx": "",
        "cTime": "1785096000000", "uTime": (1_785_096_000_000 + ms).to_string(), "fillSz": "0", "tradeId": ""})
}

fn fill(ord_id: &str, trade_id: &str, sz: &str) -> serde_json::Value {
    json!({"instType": "SWAP", "instId": "BTC-USDT-SWAP", "ordId": ord_id, "clOrdId": format!("c{ord_id}"), "tradeId": trade_id,
        "billId": format!("9{trade_id}"), "fillPx": "60000", "fillSz": sz, "side": "buy", "execType": "M", "fee": "-0.1",
        "feeCcy": "USDT", "fillTime": "1785096000500", "ts": "1785096000500"})
}

fn push(rows: &[serde_json::Value]) -> Vec<u8> {
    json!({"arg": {"channel": "orders", "instType": "ANY", "uid": "1"}, "data": rows}).to_string().into_bytes()
}

fn reply(rows: &[serde_json::Value]) -> Vec<u8> {
    json!({"code": "0", "msg": "", "data": rows}).to_string().into_bytes()
}

fn told(keeper: &mut Keeper) -> Vec<Told> {
    std::iter::from_fn(|| keeper.poll_told()).collect()
}

/// Answers every question with what `exchange` makes of it, until none is due by `ms`.
fn converse(keeper: &mut Keeper, ms: u64, mut exchange: impl FnMut(&Ask) -> Result<Vec<u8>, String>) -> Vec<What> {
    let mut asked = Vec::new();
    while let Some(ask) = keeper.poll_ask(at(ms)) {
        asked.push(ask.what);
        let body = exchange(&ask);
        keeper.handle_reply(ask.id, at(ms), body.as_deref().map_err(String::as_str));
    }
    asked
}

fn nothing(ask: &Ask) -> Result<Vec<u8>, String> {
    Ok(match ask.what {
        What::Balance => reply(&[json!({"totalEq": "1", "details": [{"ccy": "USDT", "eq": "5"}]})]),
        _ => reply(&[]),
    })
}

#[test]
fn what_was_missed_is_found_and_told_once() {
    let mut keeper = Keeper::default();
    keeper.handle_flowing(at(0), "connected");
    converse(&mut keeper, 0, nothing);
    assert!(matches!(told(&mut keeper).as_slice(), [Told::Reconciled { orders: 0, fills: 0, balances: 1, .. }]));
    keeper.handle_orders(at(10), &push(&[order("1", "live", "0", 10), order("2", "live", "0", 10)]));
    assert_eq!(told(&mut keeper).len(), 2);

    // Away: 1 was filled in part, 2 canceled, 3 placed by somebody else.
    keeper.handle_flowing(at(1000), "reconnected");
    let asked = converse(&mut keeper, 1000, |ask| {
        Ok(match (ask.what, ask.params.iter().find(|(k, _)| *k == "ordId")) {
            (What::Pending, _) => reply(&[order("3", "live", "0", 700), order("1", "partially_filled", "1", 500)]),
            (What::Order, Some((_, id))) => reply(&[order(id, "canceled", "0", 600)]),
            (What::Fills, _) => reply(&[fill("1", "77", "1")]),
            _ => return nothing(ask),
        })
    });
    assert_eq!(asked, [What::Pending, What::Order, What::Fills, What::Positions, What::Balance]);
    let news = told(&mut keeper);
    let fills = news.iter().filter(|t| matches!(t, Told::Fill { found: true, fill } if fill.trade_id == "77")).count();
    assert_eq!(fills, 1, "{news:?}");
    assert!(matches!(news.last(), Some(Told::Reconciled { orders: 3, fills: 1, positions: 0, balances: 0, .. })), "{news:?}");
    let state = |id: &str| keeper.tracker.get(id).unwrap().row.state.as_str().to_owned();
    assert_eq!((state("1"), state("2"), state("3")), ("partially_filled".into(), "canceled".into(), "live".into()));

    // The push of the same fill comes late: nobody hears of it twice.
    let mut late = order("1", "partially_filled", "1", 500);
    (late["tradeId"], late["fillSz"], late["fillPx"]) = (json!("77"), json!("1"), json!("60000"));
    keeper.handle_orders(at(1100), &push(&[late]));
    assert!(!told(&mut keeper).iter().any(|t| matches!(t, Told::Fill { .. })));
    assert!(keeper.is_complete("1"));
}

#[test]
fn a_gap_in_the_fills_is_fetched_and_looked_at_again_if_it_is_too_early() {
    let mut keeper = Keeper::default();
    let mut row = order("1", "partially_filled", "2", 10);
    (row["tradeId"], row["fillSz"], row["fillPx"]) = (json!("78"), json!("1"), json!("60000"));
    keeper.handle_orders(at(10), &push(&[row]));
    assert!(keeper.poll_ask(at(10)).is_none(), "a moment for the push");
    let mut tries = 0;
    for ms in [30, 1000, 2000] {
        converse(&mut keeper, ms, |ask| {
            tries += 1;
            assert_eq!(ask.params, [("instType", "SWAP".to_owned()), ("ordId", "1".to_owned())]);
            Ok(if tries == 1 { reply(&[fill("1", "78", "1")]) } else { reply(&[fill("1", "78", "1"), fill("1", "77", "1")]) })
        });
    }
    assert_eq!(tries, 2);
    let ids: Vec<_> =
        told(&mut keeper).into_iter().filter_map(|t| if let Told::Fill { fill, .. } = t { Some(fill.trade_id) } else { None }).collect();
    assert_eq!(ids, ["78", "77"]);
}

#[test]
fn every_page_is_read_and_a_question_that_fails_is_asked_again() {
    let mut keeper = Keeper::default();
    keeper.handle_flowing(at(0), "connected");
    let page: Vec<_> = (0..PAGE).map(|n| order(&format!("{}", 1000 - n), "live", "0", 10)).collect();
    let mut failed = false;
    let mut exchange = |ask: &Ask| {
        if ask.what == What::Pending {
            let after = ask.params.iter().find(|(k, _)| *k == "after").map(|(_, v)| v.as_str());
            return match after {
                None if !failed => {
                    failed = true;
                    Err("no route".to_owned())
                }
                None => Ok(reply(&page)),
                Some("901") => Ok(reply(&[order("900", "live", "0", 10)])),
                Some(other) => panic!("{other}"),
            };
        }
        nothing(ask)
    };
    assert_eq!(converse(&mut keeper, 0, &mut exchange), [What::Pending]);
    assert!(keeper.poll_timeout().unwrap() > at(0).mono_ns && keeper.is_reconciling());
    let asked = converse(&mut keeper, 5000, &mut exchange);
    assert_eq!(asked[..2], [What::Pending, What::Pending]);
    assert_eq!(keeper.tracker.open().count(), PAGE + 1);
    assert!(matches!(told(&mut keeper).first(), Some(Told::Failed { what: "trade/orders-pending", .. })));
}

#[test]
fn algo_orders_are_listed_by_kind_and_those_that_are_gone_are_asked_for() {
    let algo = |id: &str, state: &str| json!({"algoId": id, "algoClOrdId": "", "state": state, "uTime": "5", "ordType": "trigger"});
    let mut keeper = Keeper::default();
    keeper.handle_algos(at(1), &push(&[algo("1", "live"), algo("2", "live")]));
    keeper.handle_algos_flowing();
    let asked = converse(&mut keeper, 10, |ask| {
        Ok(match (ask.what, ask.params.first()) {
            (What::AlgosPending, Some((_, kind))) if kind == "trigger" => reply(&[algo("2", "live"), algo("3", "live")]),
            (What::AlgosPending, _) => reply(&[]),
            (What::Algo, Some((_, id))) => reply(&[algo(id, "effective")]),
            other => panic!("{other:?}"),
        })
    });
    assert_eq!((asked.len(), asked.last()), (ALGO_KINDS.len() + 1, Some(&What::Algo)));
    let news: Vec<_> = told(&mut keeper).into_iter().filter(|t| matches!(t, Told::Algo(_))).collect();
    assert_eq!(news.len(), 4, "two by pushes, one found, one over: {news:?}");
    let mut open: Vec<_> = keeper.algos.open().map(|(id, _)| id.to_owned()).collect();
    open.sort();
    assert_eq!(open, ["2", "3"]);
}

#[test]
fn a_message_that_cannot_be_read_is_told_and_everything_is_compared() {
    let mut keeper = Keeper::default();
    keeper.handle_orders(at(10), br#"{"arg":{"channel":"orders"},"data":[{"ordId":"1"}]}"#);
    assert!(matches!(told(&mut keeper).as_slice(), [Told::Unreadable { what: "orders", .. }]));
    assert!(keeper.is_reconciling() && keeper.poll_ask(at(10)).is_some());
}

/// A place that OKX confirmed.
fn placed(ord_id: &str, called_ms: u64) -> Report {
    let item = crate::order::desk::Item {
        outcome: Outcome::Confirmed,
        proof: crate::order::desk::Proof::Query,
        inst: "BTC-USDT-SWAP".into(),
        ord_id: ord_id.into(),
        cl_ord_id: format!("c{ord_id}"),
        tag: String::new(),
        req_id: String::new(),
        code: String::new(),
        sub_code: String::new(),
        msg: String::new(),
        ts_ms: None,
        doubt: String::new(),
        queries: 1,
    };
    let (called, settled) = (at(called_ms), at(called_ms + 5000));
    let (code, msg) = (String::new(), String::new());
    let op = crate::order::Op::Order;
    Report { id: 1, op, items: vec![item], code, msg, called, answered: None, in_time_us: None, out_time_us: None, exp_ms: None, settled }
}

#[test]
fn an_order_that_is_confirmed_after_the_list_was_asked_for_is_asked_after() {
    let mut keeper = Keeper::default();
    keeper.handle_flowing(at(1000), "connected");
    converse(&mut keeper, 1000, nothing);
    // Its rows went by before orders flowed; of 3 they come in time.
    keeper.handle_done(at(5000), &placed("2", 900));
    keeper.handle_done(at(5000), &placed("3", 900));
    keeper.handle_done(at(5000), &placed("4", 1100));
    keeper.handle_orders(at(5100), &push(&[order("3", "live", "0", 5100)]));
    assert!(keeper.poll_ask(at(5100)).is_none(), "a moment for its push");
    let asked = converse(&mut keeper, 6000, |ask| {
        assert_eq!(ask.params, [("instId", "BTC-USDT-SWAP".to_owned()), ("ordId", "2".to_owned())]);
        Ok(reply(&[order("2", "canceled", "0", 950)]))
    });
    assert_eq!((asked, keeper.poll_timeout()), (vec![What::Order], None));
    assert_eq!(keeper.tracker.get("2").unwrap().row.state.as_str(), "canceled");
}

#[test]
fn an_order_known_by_a_fill_alone_is_asked_after_and_one_that_is_complete_is_not() {
    let mut keeper = Keeper::default();
    keeper.handle_orders(at(10), &push(&[order("1", "filled", "1", 10)]));
    keeper.handle_flowing(at(20), "reconnected");
    let asked = converse(&mut keeper, 1000, |ask| match ask.what {
        What::Fills => Ok(reply(&[fill("2", "78", "1"), fill("1", "77", "1")])),
        What::Order => Ok(reply(&[order("2", "filled", "1", 10)])),
        _ => nothing(ask),
    });
    assert_eq!(asked, [What::Pending, What::Fills, What::Positions, What::Balance, What::Order]);
    assert!(keeper.is_complete("1") && keeper.is_complete("2"));
    assert_eq!(keeper.tracker.open().count(), 0);
}

/// The `begin` of the question after fills, in ms after the start.
fn fills_from(keeper: &mut Keeper, ms: u64, page: &[serde_json::Value]) -> i64 {
    let mut begin = None;
    while let Some(ask) = keeper.poll_ask(at(ms)) {
        let param = |name: &str| ask.params.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
        if ask.what == What::Fills {
            begin = param("begin").and_then(|text| text.parse::<i64>().ok());
            keeper.handle_reply(ask.id, at(ms), Ok(&reply(page)));
            break;
        }
        let body = nothing(&ask).unwrap();
        keeper.handle_reply(ask.id, at(ms), Ok(&body));
    }
    begin.unwrap() - 1_785_096_000_000
}

#[test]
fn fills_are_looked_for_since_the_last_that_was_known_without_a_hole() {
    let mut keeper = Keeper::default();
    keeper.handle_flowing(at(0), "connected");
    converse(&mut keeper, 0, nothing);
    let filled = |id: &str, ms: u64| {
        let mut row = order("1", "partially_filled", id, ms);
        (row["tradeId"], row["fillSz"], row["fillPx"]) = (json!(id), json!("1"), json!("60000"));
        row["fillTime"] = json!((1_785_096_000_000 + ms).to_string());
        push(&[row])
    };
    keeper.handle_orders(at(20_000), &filled("1", 20_000));
    // After an outage a fill comes before the news that orders flow: it says nothing of those it was away for.
    keeper.handle_orders(at(90_000), &filled("2", 90_000));
    keeper.handle_flowing(at(90_000), "reconnected");
    let page: Vec<_> = (0..PAGE).map(|n| fill("9", &format!("{}", 500 - n), "1")).collect();
    assert_eq!(fills_from(&mut keeper, 90_000, &page), 10_000);
    // Another page was to come, as the connection was lost again: nothing is known beyond.
    keeper.handle_orders(at(95_000), &filled("3", 95_000));
    keeper.handle_flowing(at(100_000), "reconnected");
    assert_eq!(fills_from(&mut keeper, 100_000, &[]), 10_000);
    keeper.handle_flowing(at(130_000), "reconnected");
    assert_eq!(fills_from(&mut keeper, 130_000, &[]), 90_000, "known until the last comparison began");
}

#[test]
fn a_gap_that_is_asked_for_outlives_a_new_comparison_and_has_pages() {
    let mut keeper = Keeper::default();
    keeper.handle_orders(at(10), &push(&[order("1", "filled", "101", 10)]));
    let ask = keeper.poll_ask(at(40)).unwrap();
    keeper.handle_flowing(at(50), "reconnected");
    keeper.handle_reply(ask.id, at(60), Ok(&reply(&[])));
    let asked = converse(&mut keeper, 60, |ask| match ask.params.iter().find(|(key, _)| *key == "after") {
        _ if !ask.params.iter().any(|(key, _)| *key == "ordId") => nothing(ask),
        None => Ok(reply(&(0..PAGE).map(|n| fill("1", &format!("{}", 500 - n), "1")).collect::<Vec<_>>())),
        Some((_, id)) => {
            assert_eq!(id, "9401");
            Ok(reply(&[fill("1", "400", "1")]))
        }
    });
    assert_eq!(asked.last(), Some(&What::Fills));
    assert!(keeper.is_complete("1"), "{asked:?}");
}

#[test]
fn a_channel_that_flows_again_has_what_it_tells_asked_for_once() {
    let mut keeper = Keeper::default();
    for _ in 0..2 {
        keeper.handle_positions_flowing();
        keeper.handle_account_flowing();
        keeper.handle_algos_flowing();
    }
    let asked = converse(&mut keeper, 0, nothing);
    let kinds = [What::AlgosPending; ALGO_KINDS.len()];
    assert_eq!(asked, [&[What::Positions, What::Balance], &kinds[..]].concat());
    keeper.handle_positions_flowing();
    let before = keeper.poll_ask(at(10)).unwrap();
    keeper.handle_positions_flowing();
    keeper.handle_reply(before.id, at(20), Ok(&reply(&[])));
    assert_eq!(keeper.holdings.positions.whole, at(10), "as of the question, not of the answer");
    assert_eq!(converse(&mut keeper, 30, nothing), [What::Positions], "it was asked before that");
}

#[test]
fn two_news_of_one_read_begin_one_comparison() {
    let mut keeper = Keeper::default();
    keeper.handle_flowing(at(5), "subscribed");
    let first = keeper.poll_ask(at(5)).unwrap();
    keeper.handle_flowing(at(5), "blind");
    keeper.handle_reply(first.id, at(6), Ok(&reply(&[])));
    assert_eq!(converse(&mut keeper, 6, nothing), [What::Fills, What::Positions, What::Balance], "the first question counts");
    assert!(matches!(told(&mut keeper).as_slice(), [Told::Reconciled { why, .. }] if why == "subscribed"));
    keeper.handle_flowing(at(7), "blind");
    keeper.handle_flowing(at(8), "blind");
    assert_eq!(converse(&mut keeper, 8, nothing), [What::Pending, What::Fills, What::Positions, What::Balance]);
}

#[test]
fn many_orders_that_ended_unseen_are_looked_for_in_the_history() {
    let mut keeper = Keeper::default();
    // 250 open orders, of which a page and more ended; 13 is in no history, 500 and 501 are somebody's who is long gone.
    let ids: Vec<u64> = (1..=250).collect();
    keeper.handle_orders(at(10), &push(&ids.iter().map(|id| order(&id.to_string(), "live", "0", 10)).collect::<Vec<_>>()));
    told(&mut keeper);
    keeper.handle_flowing(at(1000), "reconnected");
    let mut alone = Vec::new();
    let asked = converse(&mut keeper, 1000, |ask| {
        let param = |name: &str| ask.params.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
        Ok(match ask.what {
            What::History => {
                assert_eq!((param("instType").as_deref(), param("limit").as_deref()), (Some("SWAP"), Some("100")));
                let before: u64 = param("after").unwrap().parse().unwrap();
                let known = (1..=501).rev().filter(|id| *id < before && *id != 13).take(PAGE);
                reply(&known.map(|id| order(&id.to_string(), "canceled", "0", 600)).collect::<Vec<_>>())
            }
            What::Order => {
                alone.push(param("ordId").unwrap());
                json!({"code": "51603", "msg": "Order does not exist", "data": []}).to_string().into_bytes()
            }
            _ => return nothing(ask),
        })
    });
    let history = asked.iter().filter(|what| **what == What::History).count();
    assert_eq!((history, alone), (3, vec!["13".to_owned()]));
    let news = told(&mut keeper);
    assert!(matches!(news.last(), Some(Told::Reconciled { orders: 249, .. })), "{:?}", news.last());
    assert_eq!(news.iter().filter(|t| matches!(t, Told::Illegal { ord_id, .. } if ord_id == "13")).count(), 1);
    assert!(keeper.tracker.open().next().is_none());
    assert!(keeper.tracker.get("501").is_none(), "what was not missing is not news");
}

#[test]
fn a_history_that_fails_is_asked_again_and_few_orders_are_asked_after_alone() {
    let mut keeper = Keeper::default();
    let rows: Vec<_> = (1..=4).map(|id| order(&id.to_string(), "live", "0", 10)).collect();
    keeper.handle_orders(at(10), &push(&rows));
    keeper.handle_flowing(at(1000), "reconnected");
    let exchange = |ask: &Ask| match ask.what {
        // It knows the newest and nothing else.
        What::History => Ok(reply(&[order("4", "canceled", "0", 600)])),
        What::Order => Ok(reply(&[order(&ask.params[1].1, "filled", "2", 600)])),
        _ => nothing(ask),
    };
    let asked = converse(&mut keeper, 1000, |ask| if ask.what == What::History { Err("no route".to_owned()) } else { exchange(ask) });
    assert_eq!(asked, [What::Pending, What::History]);
    let asked = converse(&mut keeper, 2000, exchange);
    assert_eq!(asked[..4], [What::History, What::Order, What::Order, What::Order]);
    assert!(keeper.tracker.open().next().is_none());
}
