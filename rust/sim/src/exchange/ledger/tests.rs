//! The ledger against a slow model: whatever is traded, everything adds up.

use crate::exchange::account::{AcctIx, HOUSE};
use crate::exchange::config::{AccountConfig, Config};
use crate::exchange::instrument::{InstIx, InstType, Instrument};
use crate::exchange::ledger::fill::{self, Trade};
use crate::exchange::market::{Pin, SetMarket};
use crate::exchange::num::Dec;
use crate::exchange::order::{PosSide, Side, TdMode};
use crate::exchange::world::World;

pub fn d(text: &str) -> Dec {
    text.parse().expect("a number of the test")
}

/// The default exchange, its house quiet, with a second account in long/short mode.
pub fn world() -> World {
    let mut config = Config::default();
    let mut second = AccountConfig { label: "second".into(), pos_mode: "long_short_mode".into(), ..AccountConfig::default() };
    second.balances = [("USDT".to_owned(), d("50000")), ("BTC".to_owned(), d("3"))].into();
    config.accounts.push(second);
    config.house.enabled = false;
    World::new(config, 1_000_000_000_000_000_000).expect("a good configuration")
}

pub const OPTION: &str = "option";

/// By its name; `OPTION`: the first call on BTC.
pub fn named(world: &World, inst_id: &str) -> InstIx {
    let wanted =
        |i: &&Instrument| i.inst_id == inst_id || (inst_id == OPTION && i.strike.is_some_and(|(_, kind)| kind == 'C') && i.base() == "BTC");
    world.instruments.iter().find(wanted).expect("in the catalogue").ix
}

/// Holds the mark price of an instrument.
pub fn mark(world: &mut World, inst_id: &str, px: &str) {
    let inst = named(world, inst_id);
    let to = SetMarket { mark: Some(Pin::To(d(px))), ..SetMarket::default() };
    world.set_market(inst, &to).expect("a price");
}

/// One side of a trade, without an order.
pub fn side(world: &World, acct: AcctIx, inst: &str, inst_type: InstType, mode: TdMode, side: Side, pos_side: PosSide) -> Trade {
    let inst = named(world, inst);
    let house = acct == HOUSE;
    let ccy = if inst_type == InstType::Margin { world.inst(inst).quote().to_owned() } else { world.inst(inst).settle_ccy.clone() };
    Trade {
        acct,
        inst,
        inst_type: if house && inst_type == InstType::Margin { InstType::Spot } else { inst_type },
        mode: if house { TdMode::Cross } else { mode },
        side,
        pos_side: if house { PosSide::Net } else { pos_side },
        ccy,
        lever: Dec::TEN,
        px: Dec::ONE,
        sz: Dec::ONE,
        rate: if house { Dec::ZERO } else { d("-0.0005") },
        trade_id: 1,
        taker: true,
        ord_id: 0,
        cl_ord_id: String::new(),
        tag: String::new(),
        trade_quote_ccy: String::new(),
        fee_in_quote: false,
        bill: None,
        ended: "2",
    }
}

fn both(world: &mut World, acct: AcctIx, what: (&str, InstType, TdMode), way: Side, pos_side: PosSide, sz: &str, px: &str) -> fill::Booked {
    let (inst, kind, mode) = what;
    let mine = Trade { sz: d(sz), px: d(px), ..side(world, acct, inst, kind, mode, way, pos_side) };
    let theirs = Trade { sz: d(sz), px: d(px), ..side(world, HOUSE, inst, kind, mode, way.other(), pos_side) };
    fill::book(world, &theirs);
    let booked = fill::book(world, &mine);
    assert!(world.adds_up(), "{:?}", world.sums());
    booked
}

const ME: AcctIx = AcctIx(1);

#[test]
fn a_spot_buy_pays_quote_and_receives_base_less_the_fee() {
    let mut world = world();
    let booked = both(&mut world, ME, ("BTC-USDT", InstType::Spot, TdMode::Cash), Side::Buy, PosSide::Net, "0.01", "90000.3");
    assert_eq!((booked.fee, booked.fee_ccy.as_str()), (d("-0.000005"), "BTC"));
    assert_eq!((world.account(ME).cash("USDT"), world.account(ME).cash("BTC")), (d("99099.997"), d("2.009995")));
    assert_eq!(world.account(ME).bills.len(), 2);
    assert_eq!(world.ledger.fees.get("BTC"), Some(&d("0.000005")));
}

#[test]
fn contracts_realize_profit_exactly() {
    let mut world = world();
    let swap = ("BTC-USDT-SWAP", InstType::Swap, TdMode::Cross);
    both(&mut world, ME, swap, Side::Buy, PosSide::Net, "3", "90000");
    both(&mut world, ME, swap, Side::Buy, PosSide::Net, "1.17", "91000.7");
    let booked = both(&mut world, ME, swap, Side::Sell, PosSide::Net, "1.01", "92000.1");
    let avg = (d("2700") + d("1.17") * d("910.007")) / d("4.17");
    assert_eq!(booked.pnl.round_dp(9), (d("1.01") * (d("920.001") - avg)).round_dp(9));
    // Through zero: the rest opens on the other side.
    both(&mut world, ME, swap, Side::Sell, PosSide::Net, "5", "90000");
    let position = world.account(ME).positions.values().next().expect("a short");
    assert_eq!((position.qty, position.cost.normalize()), (d("-1.84"), d("-1656")));
    assert_eq!(world.account(ME).closed.len(), 1);
}

#[test]
fn inverse_contracts_settle_in_coin_and_isolated_ones_keep_their_margin_apart() {
    let mut world = world();
    let swap = ("BTC-USD-SWAP", InstType::Swap, TdMode::Isolated);
    both(&mut world, ME, swap, Side::Sell, PosSide::Net, "30", "90001.3");
    let position = world.account(ME).positions.values().next().expect("a short").clone();
    assert_eq!(position.margin, (d("3000") / d("90001.3") / d("10")).round_dp(16));
    both(&mut world, ME, swap, Side::Buy, PosSide::Net, "10", "85000");
    both(&mut world, ME, swap, Side::Buy, PosSide::Net, "20", "95000.7");
    let position = world.account(ME).positions.values().next().expect("kept for its posId").clone();
    assert!(position.is_flat() && position.margin.is_zero() && position.cost.is_zero());
    let expected = d("1000") / d("85000") + d("2000") / d("95000.7") - d("3000") / d("90001.3");
    assert_eq!(position.pnl.round_dp(12), expected.round_dp(12));
}

#[test]
fn margin_trades_borrow_and_pay_back() {
    for mode in [TdMode::Cross, TdMode::Isolated] {
        for way in [Side::Buy, Side::Sell] {
            let mut world = world();
            let pair = ("BTC-USDT", InstType::Margin, mode);
            both(&mut world, ME, pair, way, PosSide::Net, "0.1", "90000");
            let debt = world.account(ME).positions.values().find(|p| !p.is_flat()).expect("open").liab;
            assert_eq!(debt, if way == Side::Buy { d("9000") } else { d("0.1") });
            both(&mut world, ME, pair, way.other(), PosSide::Net, "0.06", "91000");
            both(&mut world, ME, pair, way.other(), PosSide::Net, "0.06", "91000");
            both(&mut world, ME, pair, way, PosSide::Net, "0.03", "91000");
            both(&mut world, ME, pair, way.other(), PosSide::Net, "0.2", "91000");
            both(&mut world, ME, pair, way, PosSide::Net, "0.5", "91000");
            both(&mut world, ME, pair, way.other(), PosSide::Net, "0.34", "91000");
        }
    }
}

#[test]
fn options_are_paid_for_in_cash() {
    let mut world = world();
    both(&mut world, ME, (OPTION, InstType::Option, TdMode::Cross), Side::Buy, PosSide::Net, "10", "0.05");
    assert_eq!(world.account(ME).cash("BTC"), d("2") - d("0.005") - d("0.00005"));
    let booked = both(&mut world, ME, (OPTION, InstType::Option, TdMode::Cross), Side::Sell, PosSide::Net, "10", "0.06");
    assert_eq!(booked.pnl.normalize(), d("0.001"));
}
