//! What happens to an account: rows, reserves, funding, liquidation, settings.

use serde_json::{Value, json};

use crate::exchange::account::{AcctIx, HOUSE, PosKey};
use crate::exchange::call::{Call, Handler, Reply};
use crate::exchange::fields::Fields;
use crate::exchange::instrument::InstType;
use crate::exchange::ledger::fill::{self, Trade};
use crate::exchange::ledger::tests::{OPTION, d, mark, named, side, world};
use crate::exchange::ledger::{funds, journal, modes, push, rows, settings, sizes, views};
use crate::exchange::num::Dec;
use crate::exchange::order::{OrdState, OrdType, Order, PosSide, Side, TdMode};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

pub const ME: AcctIx = AcctIx(1);
pub const SWAP: &str = "BTC-USDT-SWAP";

/// Trades with the house; the bookings of one side.
pub fn trade(world: &mut World, acct: AcctIx, what: (&str, InstType, TdMode), way: Side, sz: &str, px: &str) -> fill::Booked {
    let (inst, kind, mode) = what;
    let (sz, px) = (d(sz), d(px));
    let mine = side(world, acct, inst, kind, mode, way, PosSide::Net);
    let lever = super::risk::lever(world, acct, mine.inst, kind, mode, PosSide::Net, &mine.ccy);
    let theirs = side(world, HOUSE, inst, kind, mode, way.other(), PosSide::Net);
    fill::book(world, &Trade { px, sz, ..theirs });
    fill::book(world, &Trade { lever, px, sz, ..mine })
}

pub fn call(world: &mut World, acct: AcctIx, handler: Handler, params: Value) -> Result<Vec<Value>, Refusal> {
    let Value::Object(map) = params else { panic!("an object") };
    let fields = Fields::new(map);
    let mut call = Call { world, acct: Some(acct), params: fields.clone(), items: vec![fields], ws: false, exp_time: None };
    match handler(&mut call)? {
        Reply::Data(rows) => Ok(rows.iter().map(|row| serde_json::from_str(row).expect("a row is JSON")).collect()),
        other => panic!("no rows: {other:?}"),
    }
}

fn code(world: &mut World, handler: Handler, params: Value) -> &'static str {
    call(world, ME, handler, params).expect_err("refused").code
}

fn position_row(world: &World, acct: AcctIx, inst: &str, mode: TdMode) -> Value {
    let key = PosKey { inst: named(world, inst), mode, side: PosSide::Net };
    let position = world.account(acct).positions.get(&key).expect("a position");
    serde_json::from_str(&rows::position(world, acct, &key, position, false)).expect("a row is JSON")
}

/// The price moved, and what follows.
pub fn look(world: &mut World, inst: &str) {
    let inst = named(world, inst);
    super::prices_moved(world, inst);
    super::run(world);
}

fn number(row: &Value, key: &str) -> Dec {
    row.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("{key} in {row}")).parse().unwrap_or_else(|_| panic!("{key} in {row}"))
}

fn near(have: Dec, want: &str) {
    let want = d(want);
    assert!((have - want).abs() <= (want.abs() * d("0.000000000001")).max(Dec::new(1, want.scale())), "{have}, not {want}");
}

/// An order the desk would hand to `reserve`.
fn order(world: &World, acct: AcctIx, what: (&str, InstType, TdMode), way: Side, sz: &str, px: Option<&str>) -> Order {
    let (inst, kind, mode) = what;
    let blank = Order::blank(acct, named(world, inst), kind, way, d(sz));
    let ord_type = if px.is_some() { OrdType::Limit } else { OrdType::Market };
    Order { ord_id: 1, td_mode: mode, ord_type, px: px.map(d), ..blank }
}

#[test]
fn the_rows_of_vector_a_are_those_of_the_exchange() {
    let mut world = world();
    trade(&mut world, ME, (SWAP, InstType::Swap, TdMode::Cross), Side::Buy, "1", "43684");
    let cash = world.account(ME).cash("USDT");
    world.deposit(ME, "USDT", d("200.5137143201668") - cash, false);
    mark(&mut world, SWAP, "43691.043152768407");
    let row = position_row(&world, ME, SWAP, TdMode::Cross);
    assert_eq!((row["pos"].as_str(), row["avgPx"].as_str(), row["lever"].as_str()), (Some("1"), Some("43684"), Some("10")));
    near(number(&row, "imr"), "43.69104315276841");
    near(number(&row, "mmr"), "1.7476417261107364");
    near(number(&row, "upl").round_dp(12), "0.070431527684");
    near(number(&row, "uplRatio").round_dp(12), "0.001612295753");
    near(number(&row, "mgnRatio"), "102.0214932314");
    near(number(&row, "liqPx"), "23739.456120525");
    assert_eq!(row["margin"], "");
    let balance = call(&mut world, ME, views::balance, json!({"ccy": "USDT"})).expect("a balance").remove(0);
    let detail = balance["details"][0].clone();
    near(number(&detail, "mgnRatio"), "102.0214932314");
    assert_eq!((balance["adjEq"].as_str(), detail["disEq"].as_str()), (Some(""), Some("")), "futures mode");
    assert_eq!((number(&detail, "eq"), number(&detail, "cashBal")), (d("200.58414584785087"), d("200.5137143201668")));
}

#[test]
fn rows_have_every_key_clients_read() {
    let mut world = world();
    trade(&mut world, ME, (SWAP, InstType::Swap, TdMode::Isolated), Side::Sell, "2", "90000");
    trade(&mut world, ME, ("BTC-USDT", InstType::Margin, TdMode::Cross), Side::Buy, "0.01", "90000");
    trade(&mut world, ME, (OPTION, InstType::Option, TdMode::Cross), Side::Sell, "1", "0.05");
    let listed = "adl,availPos,avgPx,baseBal,baseBorrowed,baseInterest,bePx,bizRefId,bizRefType,cTime,ccy,clSpotInUseAmt,closeOrderAlgo,\
        deltaBS,deltaPA,fee,fundingFee,gammaBS,gammaPA,hedgedPos,idxPx,imr,instId,instType,interest,last,lever,liab,liabCcy,liqPenalty,\
        liqPx,margin,markPx,maxSpotInUseAmt,mgnMode,mgnRatio,mmr,nonSettleAvgPx,notionalUsd,optVal,pendingCloseOrdLiabVal,pnl,pos,posCcy,\
        posId,posSide,quoteBal,quoteBorrowed,quoteInterest,realizedPnl,settledPnl,spotInUseAmt,spotInUseCcy,thetaBS,thetaPA,tradeId,uTime,\
        upl,uplLastPx,uplRatio,uplRatioLastPx,usdPx,vegaBS,vegaPA";
    let mut keys: Vec<&str> = listed.split(',').collect();
    keys.sort_unstable();
    let positions = call(&mut world, ME, views::positions, json!({})).expect("positions");
    assert_eq!(positions.len(), 3);
    for row in positions {
        let mut have: Vec<String> = row.as_object().expect("an object").keys().cloned().collect();
        have.sort_unstable();
        assert_eq!(have, keys, "{row}");
    }
    for (push, one, other) in [(true, "maxSpotInUseAmt", "maxSpotInUse"), (false, "maxSpotInUse", "maxSpotInUseAmt")] {
        let row: Value = serde_json::from_str(&rows::balance(&world, ME, |_| true, push)).expect("JSON");
        let detail = row["details"][0].as_object().expect("a coin");
        assert!(detail.contains_key(one) && !detail.contains_key(other));
        assert_eq!(detail.len(), if push { 49 } else { 48 });
    }
}

#[test]
fn orders_set_aside_what_they_need_and_no_more() {
    let mut world = world();
    let spot = ("BTC-USDT", InstType::Spot, TdMode::Cash);
    let swap = (SWAP, InstType::Swap, TdMode::Cross);
    let frozen = |world: &World, ccy: &str| world.account(ME).coins.get(ccy).map_or(Dec::ZERO, |coin| coin.ord_frozen);
    let mut buy = order(&world, ME, spot, Side::Buy, "1", Some("90000"));
    world.reserve(&mut buy).expect("there is enough");
    assert_eq!((buy.reserved.clone(), frozen(&world, "USDT")), (Some(("USDT".into(), d("90000"))), d("90000")));
    assert_eq!((buy.fee_ccy.as_str(), buy.rebate_ccy.as_str()), ("BTC", "USDT"));
    let refused = world.reserve(&mut order(&world, ME, spot, Side::Buy, "1", Some("10001"))).expect_err("too much");
    assert_eq!((refused.code, refused.sub_code), ("51008", "1000"));
    assert_eq!(refused.msg, "Order failed. Insufficient USDT balance in account");
    assert_eq!(frozen(&world, "USDT"), d("90000"), "a refusal leaves nothing behind");
    let refused = world.reserve(&mut order(&world, ME, swap, Side::Buy, "120", Some("90000"))).expect_err("too much");
    assert_eq!((refused.code, refused.sub_code), ("51008", "1001"));
    // 10 contracts of 0.01 BTC at 10x: 900 USDT and the fee.
    let mut long = order(&world, ME, swap, Side::Buy, "10", Some("90000"));
    world.reserve(&mut long).expect("there is enough");
    assert_eq!(long.reserved, Some(("USDT".into(), d("904.5"))));
    // Given back bit by bit.
    long.left = d("4");
    world.orders.add(Box::new(long));
    world.adjust_reserve(1).expect("less");
    assert_eq!(frozen(&world, "USDT"), d("90361.8"));
    if let Some(order) = world.orders.get_mut(1) {
        order.left = d("4000");
    }
    assert_eq!(world.adjust_reserve(1).expect_err("too much").code, "51502");
    assert_eq!(frozen(&world, "USDT"), d("90361.8"));
    if let Some(order) = world.orders.get_mut(1) {
        order.state = OrdState::Canceled;
    }
    world.adjust_reserve(1).expect("nothing needed");
    assert_eq!(frozen(&world, "USDT"), d("90000"));
    let huge = world.reserve(&mut order(&world, ME, swap, Side::Sell, "1000000", Some("90000"))).expect_err("beyond every tier");
    assert_eq!((huge.code, huge.sub_code), ("51004", "1105"));
}

#[test]
fn closing_needs_no_margin_of_its_own() {
    let mut world = world();
    let swap = (SWAP, InstType::Swap, TdMode::Cross);
    mark(&mut world, SWAP, "90000");
    trade(&mut world, ME, swap, Side::Buy, "1000", "90000");
    // Nearly everything is in use: 90 000 of 100 000 USDT, less the fee.
    assert!(world.avail_eq(ME, "USDT") < d("10000"));
    let mut close = order(&world, ME, swap, Side::Sell, "1000", Some("90000"));
    world.reserve(&mut close).expect("closing");
    assert_eq!(world.closable(&close), d("1000"));
    assert!(world.reserve(&mut order(&world, ME, swap, Side::Buy, "1000", Some("90000"))).is_err(), "opening");
    let reduce = Order { reduce_only: true, ..order(&world, ME, swap, Side::Sell, "500", Some("90000")) };
    let mut reduce = reduce;
    world.reserve(&mut reduce).expect("closing");
    assert_eq!(reduce.reserved, None);
}

#[test]
fn funding_is_paid_by_longs_and_received_by_the_other_side() {
    let mut world = world();
    mark(&mut world, SWAP, "90000");
    trade(&mut world, ME, (SWAP, InstType::Swap, TdMode::Cross), Side::Buy, "10", "90000");
    trade(&mut world, AcctIx(2), (SWAP, InstType::Swap, TdMode::Isolated), Side::Sell, "5", "90000");
    let (cash, margin) = (world.account(ME).cash("USDT"), position_row(&world, AcctIx(2), SWAP, TdMode::Isolated));
    world.settle_funding(named(&world, SWAP), Some(d("0.0001"))).expect("a swap");
    assert_eq!(world.account(ME).cash("USDT"), cash - d("0.9"));
    let row = position_row(&world, AcctIx(2), SWAP, TdMode::Isolated);
    assert_eq!(number(&row, "margin"), number(&margin, "margin") + d("0.45"));
    assert_eq!(number(&row, "fundingFee"), d("0.45"));
    let bill = call(&mut world, ME, journal::week, json!({"type": "8"})).expect("bills").remove(0);
    assert_eq!((bill["subType"].as_str(), bill["balChg"].as_str()), (Some("173"), Some("-0.9")));
    assert!(world.adds_up());
    assert!(world.settle_funding(named(&world, "BTC-USDT"), None).is_err());
}

#[test]
fn a_position_without_margin_goes_and_the_sums_stay() {
    for (kind, inst, mode, way, jump) in [
        (InstType::Swap, SWAP, TdMode::Isolated, Side::Buy, "80000"),
        (InstType::Swap, SWAP, TdMode::Cross, Side::Sell, "160000"),
        (InstType::Swap, "BTC-USD-SWAP", TdMode::Isolated, Side::Sell, "101000"),
        (InstType::Margin, "BTC-USDT", TdMode::Isolated, Side::Buy, "50000"),
        (InstType::Margin, "BTC-USDT", TdMode::Isolated, Side::Sell, "130000"),
    ] {
        let mut world = world();
        mark(&mut world, inst, "90000");
        let size = if mode == TdMode::Cross {
            "150"
        } else if kind == InstType::Margin {
            "0.1"
        } else {
            "10"
        };
        if mode == TdMode::Cross {
            call(&mut world, ME, settings::set_leverage, json!({"instId": inst, "lever": 50, "mgnMode": "cross"})).expect("in bounds");
        }
        trade(&mut world, ME, (inst, kind, mode), way, size, "90000");
        let isolated = world.account(ME).cash("USDT");
        world.events.clear();
        mark(&mut world, inst, jump);
        look(&mut world, inst);
        let row = position_row(&world, ME, inst, mode);
        assert_eq!(row["pos"], "0", "{inst} {mode:?} {row}");
        assert!(world.adds_up(), "{inst}: {:?}", world.sums());
        assert!(world.account(ME).coins.values().all(|coin| coin.cash >= Dec::ZERO), "nobody owes: {:?}", world.account(ME).coins);
        for channel in ["orders", "liquidation-orders", "liquidation-warning", "balance_and_position"] {
            assert!(world.events.iter().any(|event| event.channel == channel), "{inst}: {channel}");
        }
        let order = world.orders.all.values().find(|order| order.acct == ME).expect("its order");
        assert_eq!(order.category, "full_liquidation");
        if mode == TdMode::Isolated && inst != "BTC-USD-SWAP" {
            assert_eq!(world.account(ME).cash("USDT"), isolated, "an isolated position takes its margin with it, no more");
        }
        assert_eq!(world.account(ME).closed.back().map(|closed| closed.kind.as_str()), Some("3"));
    }
}

#[test]
fn a_large_position_goes_down_tier_by_tier() {
    let mut world = world();
    mark(&mut world, SWAP, "90000");
    world.deposit(ME, "USDT", d("60000000"), false);
    trade(&mut world, ME, (SWAP, InstType::Swap, TdMode::Isolated), Side::Buy, "12000", "90000");
    mark(&mut world, SWAP, "81500");
    look(&mut world, SWAP);
    let first = world.orders.all.values().find(|order| order.acct == ME).expect("an order");
    assert_eq!(first.category, "partial_liquidation");
    assert!(world.adds_up(), "{:?}", world.sums());
}

#[test]
fn history_tells_what_is_partly_closed_and_what_ended() {
    let mut world = world();
    let swap = (SWAP, InstType::Swap, TdMode::Cross);
    trade(&mut world, ME, swap, Side::Buy, "10", "90000");
    trade(&mut world, ME, swap, Side::Sell, "4", "91000");
    let row = call(&mut world, ME, views::positions_history, json!({})).expect("one").remove(0);
    assert_eq!((row["type"].as_str(), row["closeTotalPos"].as_str(), row["pnl"].as_str()), (Some("1"), Some("4"), Some("40")));
    trade(&mut world, ME, swap, Side::Sell, "6", "89000");
    let rows = call(&mut world, ME, views::positions_history, json!({"instId": SWAP})).expect("one");
    let row = &rows[0];
    assert_eq!((rows.len(), row["type"].as_str(), row["openAvgPx"].as_str()), (1, Some("2"), Some("90000")));
    assert_eq!((row["closeAvgPx"].as_str(), row["pnl"].as_str(), row["direction"].as_str()), (Some("89800"), Some("-20"), Some("long")));
    let gone = call(&mut world, ME, views::positions, json!({"instId": SWAP})).expect("asked for by name");
    assert_eq!((gone.len(), gone[0]["pos"].as_str()), (1, Some("0")));
    assert_eq!(call(&mut world, ME, views::positions, json!({})).map(|rows| rows.len()), Ok(0));
}

#[test]
fn settings_are_refused_with_the_codes_of_the_exchange() {
    let mut world = world();
    let lever = |lever: &str| json!({"instId": SWAP, "lever": lever, "mgnMode": "cross"});
    assert_eq!(code(&mut world, settings::set_leverage, lever("101")), "59102");
    assert_eq!(code(&mut world, settings::set_leverage, lever("0.5")), "59105");
    assert_eq!(code(&mut world, settings::set_leverage, lever("abc")), "51000");
    assert_eq!(code(&mut world, settings::set_leverage, json!({"instId": "X-Y", "lever": "5", "mgnMode": "cross"})), "51001");
    for _ in 0..2 {
        let row = call(&mut world, ME, settings::set_leverage, lever("5")).expect("in bounds").remove(0);
        assert_eq!(row, json!({"instId": SWAP, "lever": "5", "mgnMode": "cross", "posSide": ""}));
    }
    let info = call(&mut world, ME, settings::leverage_info, json!({"instId": SWAP, "mgnMode": "cross"})).expect("set");
    assert_eq!((info.len(), info[0]["lever"].as_str(), info[0]["posSide"].as_str()), (1, Some("5"), Some("net")));
    let split = json!({"instId": SWAP, "lever": "5", "mgnMode": "isolated"});
    assert_eq!(call(&mut world, AcctIx(2), settings::set_leverage, split).expect_err("which side?").msg, "Parameter posSide error");
    assert_eq!(
        call(&mut world, AcctIx(2), settings::leverage_info, json!({"instId": SWAP, "mgnMode": "isolated"})).map(|r| r.len()),
        Ok(2)
    );

    mark(&mut world, SWAP, "90000");
    trade(&mut world, ME, (SWAP, InstType::Swap, TdMode::Cross), Side::Buy, "100", "90000");
    assert_eq!(code(&mut world, modes::set_position_mode, json!({"posMode": "long_short_mode"})), "59000");
    assert!(call(&mut world, ME, modes::set_position_mode, json!({"posMode": "net_mode"})).is_ok(), "no change");
    assert_eq!(code(&mut world, modes::set_account_level, json!({"acctLv": "1"})), "59134");
    assert_eq!(code(&mut world, modes::set_account_level, json!({"acctLv": "5"})), "51000");
    assert_eq!(code(&mut world, settings::margin_balance, json!({"instId": SWAP, "posSide": "net", "type": "add", "amt": "1"})), "59300");
    trade(&mut world, ME, (SWAP, InstType::Swap, TdMode::Isolated), Side::Buy, "100", "90000");
    let change = |kind: &str, amt: &str| json!({"instId": SWAP, "posSide": "net", "type": kind, "amt": amt});
    assert_eq!(code(&mut world, settings::margin_balance, change("reduce", "1")), "59301");
    let row = call(&mut world, ME, settings::margin_balance, change("add", "100")).expect("enough").remove(0);
    assert_eq!((row["amt"].as_str(), row["leverage"].as_str()), (Some("100"), Some("10")));
    call(&mut world, ME, settings::margin_balance, change("reduce", "99")).expect("there is more than the initial margin");
    assert!(world.adds_up());
    call(&mut world, ME, modes::set_account_level, json!({"acctLv": "3"})).expect_err("isolated");
}

#[test]
fn transfers_move_coins_and_leave_the_sums() {
    let mut world = world();
    let row = call(&mut world, ME, funds::transfer, json!({"ccy": "USDT", "amt": "1.5", "from": "18", "to": "6", "clientId": "a"}));
    let id = row.expect("enough")[0]["transId"].as_str().expect("an id").to_owned();
    assert_eq!(call(&mut world, ME, funds::transfer_state, json!({"transId": id})).expect("known")[0]["state"], "success");
    assert_eq!(call(&mut world, ME, funds::balances, json!({})).expect("rows")[0]["bal"], "1.5");
    for (amt, ccy, to, want) in
        [("2", "USDT", "18", "58350"), ("0", "USDT", "18", "58114"), ("1", "USDT", "6", "58123"), ("1", "XYZ", "18", "51000")]
    {
        assert_eq!(code(&mut world, funds::transfer, json!({"ccy": ccy, "amt": amt, "from": "6", "to": to})), want);
    }
    let bill = call(&mut world, ME, journal::week, json!({"type": "1"})).expect("bills").remove(0);
    assert_eq!((bill["subType"].as_str(), bill["balChg"].as_str()), (Some("12"), Some("-1.5")));
    assert_eq!(
        code(
            &mut world,
            funds::sub_transfer,
            json!({"ccy": "USDT", "amt": "1", "from": "6", "to": "6", "fromSubAccount": "a", "toSubAccount": "b"})
        ),
        "58115"
    );
    assert!(world.adds_up());
}

#[test]
fn sizes_are_what_an_order_could_have() {
    let mut world = world();
    mark(&mut world, SWAP, "90000");
    let row = call(&mut world, ME, sizes::max_size, json!({"instId": SWAP, "tdMode": "cross", "px": "90000"})).expect("a size").remove(0);
    let most = number(&row, "maxBuy");
    let swap = (SWAP, InstType::Swap, TdMode::Cross);
    let text = most.to_string();
    world.reserve(&mut order(&world, ME, swap, Side::Buy, &text, Some("90000"))).expect("as told");
    assert_eq!(code(&mut world, sizes::max_size, json!({"instId": SWAP, "tdMode": "cross", "px": "0"})), "51000");
    let spot = call(&mut world, ME, sizes::max_avail_size, json!({"instId": "BTC-USDT", "tdMode": "cash"})).expect("a size").remove(0);
    assert_eq!(spot["availSell"], "2");
}

#[test]
fn changes_gather_and_go_out_together() {
    let mut world = world();
    super::run(&mut world);
    world.now += 100_000_000;
    super::run(&mut world);
    world.events.clear();
    trade(&mut world, ME, ("BTC-USDT", InstType::Spot, TdMode::Cash), Side::Buy, "0.01", "90000");
    trade(&mut world, ME, (SWAP, InstType::Swap, TdMode::Cross), Side::Buy, "1", "90000");
    assert!(world.events.is_empty());
    world.now += 50_000_000;
    super::run(&mut world);
    let account: Vec<_> = world.events.iter().filter(|e| e.channel == "account").collect();
    assert_eq!(account.len(), 1);
    assert_eq!((account[0].event_type, account[0].scope.ccy.as_str()), (Some("event_update"), "BTC,USDT"));
    assert_eq!(world.events.iter().filter(|e| e.channel == "positions").count(), 1);
    // Closed: once more, with nothing in it; then no more.
    trade(&mut world, ME, (SWAP, InstType::Swap, TdMode::Cross), Side::Sell, "1", "90000");
    world.events.clear();
    world.now += 50_000_000;
    super::run(&mut world);
    let row = world.events.iter().find(|e| e.channel == "positions").and_then(|e| e.rows.first()).expect("its last row");
    assert!(row.contains("\"pos\":\"0\""));
    let first = push::snapshot(&world, ME, "positions", &Fields::from_query("instType=ANY"));
    assert_eq!((first.len(), first[0].rows.len()), (1, 0));
}
