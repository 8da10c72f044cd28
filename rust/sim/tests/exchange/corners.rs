//! Corners where money or orders could get lost.

use okx_fast_sim::exchange::config::Config;
use serde_json::{Value, json};

use crate::bench::{Bench, SPOT, SWAP, config};

/// One account of the key `one` as given, and a rich one of the key `two`.
fn against(one: &Value) -> Bench {
    let key = |key: &str| json!([{"apiKey": key, "secretKey": "sim-secret", "passphrase": "sim-pass", "perm": "read_only,trade"}]);
    let mut first = json!({"label": "main", "keys": key("one")});
    first.as_object_mut().unwrap().extend(one.as_object().unwrap().clone());
    let other = json!({"label": "other", "balances": {"USDT": "10000000", "BTC": "100"}, "keys": key("two")});
    let given = json!({"clock": "virtual", "limits": 0, "accounts": [first, other]});
    let given = Config::from_json(&given.to_string()).unwrap();
    Bench::new(Config { house: config(false).house, ..given })
}

fn code(reply: &Value) -> String {
    reply["data"][0]["sCode"].as_str().or(reply["code"].as_str()).unwrap().to_owned()
}

fn option(bench: &Bench) -> String {
    let world = bench.exchange.world();
    world.instruments.iter().find(|inst| inst.strike.is_some()).unwrap().inst_id.clone()
}

#[test]
fn a_fee_in_quote_is_set_aside_with_the_price() {
    for (kind, sz, px, extra) in
        [("limit", "0.1", "90000", json!({})), ("market", "9000", "", json!({})), ("market", "0.1", "", json!({"tgtCcy": "base_ccy"}))]
    {
        let mut bench = against(&json!({"acctLv": "1", "balances": {"USDT": "9000"}}));
        bench.post("one", "account/set-fee-type", &json!({"feeType": "1"}));
        bench.order("two", SPOT, "sell", "limit", "1", "90000", &Value::Null);
        let mut body = json!({"instId": SPOT, "tdMode": "cash", "side": "buy", "ordType": kind, "sz": sz, "px": px});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let reply = bench.rest("one", "POST", "trade/order", &body);
        assert!(matches!(code(&reply).as_str(), "0" | "51008"), "{reply}");
        let cash: f64 = bench.cash("one", "USDT").parse().unwrap();
        assert!(cash >= 0.0, "{kind} {extra}: {cash}");
    }
}

#[test]
fn a_leverage_that_is_refused_changes_nothing() {
    let mut bench = against(&json!({"balances": {"USDT": "1100"}}));
    bench.order("two", SWAP, "sell", "limit", "10", "90000", &Value::Null);
    bench.order("one", SWAP, "buy", "limit", "10", "90000", &json!({"tdMode": "isolated"}));
    let look = |bench: &mut Bench| {
        (bench.cash("one", "USDT"), bench.get("one", "account/positions")[0]["margin"].clone(), bench.get("one", "account/bills").len())
    };
    let before = look(&mut bench);
    let reply = bench.rest("one", "POST", "account/set-leverage", &json!({"instId": SWAP, "lever": "2", "mgnMode": "isolated"}));
    assert_eq!(code(&reply), "59108", "{reply}");
    assert_eq!(look(&mut bench), before);
    let info = bench.get("one", &format!("account/leverage-info?instId={SWAP}&mgnMode=isolated"));
    assert_eq!(info[0]["lever"], "10");
}

#[test]
fn a_leverage_waits_for_the_open_orders() {
    for (mode, want) in [("cross", "59107"), ("isolated", "59101")] {
        let mut bench = against(&json!({"balances": {"USDT": "1100"}}));
        let id = bench.order("one", SWAP, "buy", "limit", "10", "90000", &json!({"tdMode": mode}));
        let reply = bench.rest("one", "POST", "account/set-leverage", &json!({"instId": SWAP, "lever": "2", "mgnMode": mode}));
        assert_eq!(code(&reply), want, "{mode}: {reply}");
        let row = bench.get("one", &format!("trade/order?instId={SWAP}&ordId={id}")).remove(0);
        assert_eq!(row["lever"], "10", "{mode}");
        bench.post("one", "trade/cancel-order", &json!({"instId": SWAP, "ordId": id}));
    }
}

#[test]
fn spot_mode_never_sells_options_short() {
    let mut bench = against(&json!({"acctLv": "1", "balances": {"USDT": "1000", "BTC": "1"}}));
    let option = option(&bench);
    bench.order("two", &option, "sell", "limit", "10", "0.01", &Value::Null);
    bench.order("one", &option, "buy", "limit", "10", "0.01", &json!({"tdMode": "cash"}));
    bench.order("one", &option, "sell", "limit", "10", "0.05", &json!({"tdMode": "cash"}));
    let more = json!({"instId": option, "tdMode": "cash", "side": "sell", "ordType": "limit", "sz": "10", "px": "0.05"});
    let reply = bench.rest("one", "POST", "trade/order", &more);
    assert_eq!(code(&reply), "51018", "{reply}");
    let id = bench.get("one", "trade/orders-pending")[0]["ordId"].clone();
    let reply = bench.rest("one", "POST", "trade/amend-order", &json!({"instId": option, "ordId": id, "newSz": "20"}));
    assert_ne!(code(&reply), "0", "{reply}");
}

#[test]
fn what_backs_positions_in_other_coins_cannot_be_taken_out() {
    let mut bench = against(&json!({"acctLv": "3", "balances": {"USDT": "10000"}}));
    bench.post("one", "account/set-leverage", &json!({"instId": "BTC-USD-SWAP", "lever": "10", "mgnMode": "cross"}));
    bench.order("two", "BTC-USD-SWAP", "sell", "limit", "500", "90000", &Value::Null);
    bench.order("one", "BTC-USD-SWAP", "buy", "limit", "500", "90000", &json!({}));
    let reply = bench.rest("one", "POST", "asset/transfer", &json!({"ccy": "USDT", "amt": "9000", "from": "18", "to": "6"}));
    assert_eq!(reply["code"], "58350", "{reply}");
    let most = bench.get("one", "account/max-withdrawal?ccy=USDT");
    let most: f64 = most[0]["maxWd"].as_str().unwrap().parse().unwrap();
    assert!((4_000.0..5_100.0).contains(&most), "{most}");
}

#[test]
fn the_position_mode_waits_for_algo_orders() {
    let mut bench = against(&json!({"balances": {"USDT": "10000"}}));
    bench.order("two", SWAP, "sell", "limit", "1", "90000", &Value::Null);
    bench.order("one", SWAP, "buy", "limit", "1", "90000", &json!({}));
    bench.order("two", SWAP, "buy", "limit", "1", "90000", &Value::Null);
    bench.order("one", SWAP, "sell", "limit", "1", "90000", &json!({}));
    let algo =
        json!({"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "trigger", "sz": "1", "triggerPx": "91000", "orderPx": "-1"});
    bench.post("one", "trade/order-algo", &algo);
    let reply = bench.rest("one", "POST", "account/set-position-mode", &json!({"posMode": "long_short_mode"}));
    assert_eq!(reply["code"], "59000", "{reply}");
}

#[test]
fn a_list_of_cancellations_with_a_hole_cancels_nothing() {
    let mut bench = against(&json!({"balances": {"USDT": "10000"}}));
    bench.order("two", SWAP, "sell", "limit", "1", "90000", &Value::Null);
    bench.order("two", SWAP, "buy", "limit", "1", "89999", &Value::Null);
    bench.order("one", SWAP, "buy", "limit", "1", "90000", &json!({}));
    let algo =
        json!({"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "trigger", "sz": "1", "triggerPx": "91000", "orderPx": "-1"});
    let id = bench.post("one", "trade/order-algo", &algo)["algoId"].clone();
    let reply = bench.rest("one", "POST", "trade/cancel-algos", &json!([{"instId": SWAP, "algoId": id}, {"algoId": id}]));
    assert_eq!(reply["code"], "50014", "{reply}");
    assert_eq!(bench.get("one", "trade/orders-algo-pending?ordType=trigger").len(), 1);
}

/// Best prices to trade at, from an account that has enough of everything.
fn quotes(bench: &mut Bench, inst_id: &str, sz: &str, [bid, ask]: [&str; 2]) {
    for (side, px) in [("buy", bid), ("sell", ask)] {
        bench.order("two", inst_id, side, "limit", sz, px, &json!({"stpMode": "cancel_taker"}));
    }
}

#[test]
fn an_isolated_option_sold_has_a_margin_of_its_own() {
    let mut bench = against(&json!({"balances": {"USDT": "1000", "BTC": "1"}}));
    let option = option(&bench);
    bench.order("two", &option, "buy", "limit", "10", "0.01", &Value::Null);
    bench.order("one", &option, "sell", "limit", "10", "0.01", &json!({"tdMode": "isolated"}));
    bench.admin("POST", &format!("/market/{option}"), &json!({"mark": "0.0105"}));
    bench.pass(5_000);
    let row = bench.get("one", "account/positions").remove(0);
    assert_eq!(row["pos"], "-10", "{row}");
    bench.adds_up();
}

#[test]
fn a_position_cut_by_liquidation_cuts_its_closing_orders() {
    let mut bench = against(&json!({"balances": {"USDT": "200000"}}));
    bench.post("one", "account/set-leverage", &json!({"instId": SWAP, "lever": "40", "mgnMode": "cross"}));
    bench.order("two", SWAP, "sell", "limit", "6000", "90000", &Value::Null);
    bench.order("one", SWAP, "buy", "limit", "6000", "90000", &json!({}));
    let id = bench.order("one", SWAP, "sell", "limit", "6000", "92000", &json!({"reduceOnly": true}));
    bench.admin("POST", &format!("/market/{SWAP}"), &json!({"mark": "87190"}));
    bench.pass(1_000);
    let pos = bench.get("one", "account/positions").remove(0);
    let order = bench.get("one", &format!("trade/order?instId={SWAP}&ordId={id}")).remove(0);
    assert_eq!((&pos["pos"], &order["sz"], &order["state"]), (&json!("5000"), &json!("5000"), &json!("live")));
    bench.adds_up();
}

#[test]
fn a_deleveraged_position_is_told_as_such_and_cuts_its_closing_orders() {
    let mut bench = against(&json!({"balances": {"USDT": "20000"}}));
    bench.order("two", SWAP, "sell", "limit", "10", "90000", &Value::Null);
    bench.order("one", SWAP, "buy", "limit", "10", "90000", &json!({}));
    let id = bench.order("one", SWAP, "sell", "limit", "8", "92000", &json!({"reduceOnly": true}));
    let conn = bench.listen("private", "one", &["orders"]);
    bench.admin("POST", &format!("/liquidate/main/{SWAP}"), &json!({"adl": true, "sz": "4"}));
    let rows = bench.pushed(conn, "orders");
    assert_eq!(
        (&rows[0]["category"], &rows[0]["state"], &rows[0]["sz"], &rows[0]["tradeId"]),
        (&json!("adl"), &json!("filled"), &json!("4"), &json!("0"))
    );
    assert_eq!((&rows[1]["ordId"], &rows[1]["sz"], &rows[1]["amendSource"]), (&json!(id), &json!("6"), &json!("4")));
    bench.adds_up();
}

#[test]
fn a_batch_of_portfolio_margin_is_taken_whole_or_not_at_all() {
    let mut bench = against(&json!({"acctLv": "4", "balances": {"USDT": "1000"}}));
    let order = |sz: &str| json!({"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": sz, "px": "89000"});
    let reply = bench.rest("one", "POST", "trade/batch-orders", &json!([order("6"), order("6")]));
    let codes: Vec<&str> = reply["data"].as_array().unwrap().iter().map(|row| row["sCode"].as_str().unwrap()).collect();
    assert_eq!((&reply["code"], codes.as_slice()), (&json!("1"), ["54004", "51008"].as_slice()), "{reply}");
    assert!(bench.get("one", "trade/orders-pending").is_empty());
    assert!(bench.exchange.world().account_by_label("main").unwrap().coins.values().all(|coin| coin.ord_frozen.is_zero()));
    let reply = bench.rest("one", "POST", "trade/batch-orders", &json!([order("5"), order("5")]));
    assert_eq!((&reply["code"], bench.get("one", "trade/orders-pending").len()), (&json!("0"), 2), "{reply}");
}

#[test]
fn a_delivered_future_leaves_nothing_open() {
    let mut bench = against(&json!({"balances": {"USDT": "20000", "BTC": "1"}}));
    let world = bench.exchange.world();
    let future =
        world.instruments.iter().find(|inst| inst.inst_id.starts_with("BTC-USD-") && inst.exp_time_ms.is_some() && inst.strike.is_none());
    let future = future.unwrap().inst_id.clone();
    let px = bench.admin("GET", &format!("/market/{future}"), &Value::Null)["mark"].as_str().unwrap().to_owned();
    bench.order("two", &future, "sell", "limit", "10", &px, &Value::Null);
    bench.order("one", &future, "buy", "limit", "10", &px, &json!({"tdMode": "isolated"}));
    let resting = bench.order("one", &future, "buy", "limit", "10", &px, &Value::Null);
    let stop = json!({"instId": future, "tdMode": "cross", "side": "buy", "ordType": "trigger", "sz": "1", "triggerPx": "100000", "orderPx": "-1"});
    bench.post("one", "trade/order-algo", &stop);
    bench.admin("POST", &format!("/deliver/{future}"), &Value::Null);
    bench.pass(1_000);
    let row = bench.get("one", &format!("trade/order?instId={future}&ordId={resting}")).remove(0);
    assert_eq!((&row["state"], &row["cancelSource"]), (&json!("canceled"), &json!("7")));
    assert!(bench.get("one", "trade/orders-algo-pending?ordType=trigger").is_empty());
    assert!(bench.get("one", "account/positions").iter().all(|row| row["pos"] == "0"));
    let world = bench.exchange.world();
    let ix = world.by_inst_id[&future];
    assert!(world.book(ix).bids.is_empty() && world.book(ix).asks.is_empty());
    assert!(world.account_by_label("main").unwrap().coins.values().all(|coin| coin.ord_frozen.is_zero()));
    let order = json!({"instId": future, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1", "px": px});
    assert_eq!(code(&bench.rest("one", "POST", "trade/order", &order)), "51027");
    bench.adds_up();
}

#[test]
fn a_sub_account_does_not_trade_with_its_main_account() {
    let keys = |key: &str| json!([{"apiKey": key, "secretKey": "sim-secret", "passphrase": "sim-pass", "perm": "read_only,trade"}]);
    for (mode, taker, maker) in
        [("cancel_maker", "live", "canceled"), ("cancel_taker", "canceled", "live"), ("cancel_both", "canceled", "canceled")]
    {
        let given = json!({"clock": "virtual", "limits": 0, "accounts": [
            {"label": "main", "balances": {"USDT": "100000"}, "keys": keys("one")},
            {"label": "sub", "main": "main", "balances": {"USDT": "100000"}, "keys": keys("two")}]});
        let given = Config::from_json(&given.to_string()).unwrap();
        let mut bench = Bench::new(Config { house: config(false).house, ..given });
        let theirs = bench.order("two", SWAP, "sell", "limit", "1", "90000", &Value::Null);
        let mine = bench.order("one", SWAP, "buy", "limit", "1", "90000", &json!({"stpMode": mode}));
        let mut look = |key: &str, id: &str| bench.get(key, &format!("trade/order?instId={SWAP}&ordId={id}")).remove(0);
        let (mine, theirs) = (look("one", &mine), look("two", &theirs));
        assert_eq!((&mine["state"], &theirs["state"]), (&json!(taker), &json!(maker)), "{mode}");
        for row in [mine, theirs] {
            assert_eq!(row["cancelSource"], if row["state"] == "canceled" { "32" } else { "" }, "{mode}");
        }
    }
}

/// Keys of the rows as the documents list them.
const ORDER: &str = "instType instId ordId clOrdId tag side posSide tdMode ordType ccy px pxType pxUsd pxVol sz tgtCcy notionalUsd state fillPx tradeId fillTime fillSz fillPnl fillFee fillFeeCcy fillNotionalUsd fillPxVol fillPxUsd fillMarkVol fillFwdPx fillMarkPx fillIdxPx execType accFillSz avgPx lever fee feeCcy rebate rebateCcy pnl source category cancelSource amendSource amendResult reqId stpId stpMode reduceOnly isTpLimit attachAlgoOrds attachAlgoClOrdId linkedAlgoOrd algoId algoClOrdId lastPx code msg tradeQuoteCcy quickMgnType outcome riskBypassResult cTime uTime tpTriggerPx tpTriggerPxType tpOrdPx slTriggerPx slTriggerPxType slOrdPx";
const POSITION: &str = "adl availPos avgPx baseBal baseBorrowed baseInterest bePx bizRefId bizRefType cTime ccy clSpotInUseAmt closeOrderAlgo deltaBS deltaPA fee fundingFee gammaBS gammaPA hedgedPos idxPx imr instId instType interest last lever liab liabCcy liqPenalty liqPx margin markPx maxSpotInUseAmt mgnMode mgnRatio mmr nonSettleAvgPx notionalUsd optVal pendingCloseOrdLiabVal pnl pos posCcy posId posSide quoteBal quoteBorrowed quoteInterest realizedPnl settledPnl spotInUseAmt spotInUseCcy thetaBS thetaPA tradeId uTime upl uplLastPx uplRatio uplRatioLastPx usdPx vegaBS vegaPA";
const ACCOUNT: &str = "adjEq availEq borrowFroz delta deltaLever deltaNeutralStatus details imr isoEq mgnRatio mmr notionalUsd notionalUsdForBorrow notionalUsdForFutures notionalUsdForOption notionalUsdForSwap ordFroz totalEq uTime upl";
const DETAIL: &str = "accAvgPx autoLendMtAmt autoLendStatus availBal availEq borrowFroz cashBal ccy clSpotInUseAmt colBorrAutoConversion colRes collateralEnabled collateralRestrict crossLiab disEq eq eqUsd fixedBal frozenBal frpType imr interest isoEq isoLiab isoUpl liab maxLoan mgnRatio mmr notionalLever openAvgPx ordFrozen rewardBal smtSyncEq spotBal spotCopyTradingEq spotInUseAmt spotIsoBal spotUpl spotUplRatio stgyEq totalPnl totalPnlRatio twap uTime upl uplLiab";

fn keys(row: &Value) -> Vec<String> {
    let mut keys: Vec<String> = row.as_object().unwrap().keys().cloned().collect();
    keys.sort();
    keys
}

fn listed(names: &str, more: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = names.split(' ').chain(more.iter().copied()).map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn rows_have_the_keys_the_documents_list() {
    let mut bench = against(&json!({"balances": {"USDT": "20000", "BTC": "1"}}));
    let conn = bench.socket("private", "one");
    for channel in ["orders", "positions"] {
        bench.say(conn, &json!({"op": "subscribe", "args": [{"channel": channel, "instType": "ANY"}]}));
    }
    bench.say(conn, &json!({"op": "subscribe", "args": [{"channel": "account"}]}));
    quotes(&mut bench, SWAP, "1", ["89000", "90000"]);
    bench.heard.clear();
    let id = bench.order("one", SWAP, "buy", "limit", "1", "90000", &json!({}));
    bench.pass(200);
    let heard = bench.heard.clone();
    assert_eq!(keys(&bench.pushed(conn, "orders")[0]), listed(ORDER, &[]));
    bench.heard.clone_from(&heard);
    assert_eq!(keys(&bench.pushed(conn, "positions")[0]), listed(POSITION, &["pTime"]));
    bench.heard = heard;
    let account = bench.pushed(conn, "account").remove(0);
    assert_eq!(keys(&account), listed(ACCOUNT, &[]));
    assert_eq!(keys(&account["details"][0]), listed(DETAIL, &["coinUsdPrice", "maxSpotInUseAmt"]));
    assert_eq!(keys(&bench.get("one", "account/positions")[0]), listed(POSITION, &[]));
    let account = bench.get("one", "account/balance").remove(0);
    assert_eq!(keys(&account), listed(ACCOUNT, &[]));
    assert_eq!(keys(&account["details"][0]), listed(DETAIL, &["maxSpotInUse"]));
    let row = bench.get("one", &format!("trade/order?instId={SWAP}&ordId={id}")).remove(0);
    let pushed_only = "fillFee fillFeeCcy fillPnl fillNotionalUsd notionalUsd execType lastPx code msg reqId amendResult amendSource fillMarkVol fillMarkPx fillPxVol fillPxUsd fillFwdPx fillIdxPx riskBypassResult";
    let gone: Vec<&str> = pushed_only.split(' ').collect();
    let kept: Vec<&str> = ORDER.split(' ').filter(|name| !gone.contains(name)).collect();
    assert_eq!(keys(&row), listed(&kept.join(" "), &["cancelSourceReason"]));
}
