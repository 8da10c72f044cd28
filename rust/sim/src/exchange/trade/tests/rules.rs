//! Trading section 3, the rows that have no test of their own elsewhere: position sides, order types, units of size, reduce-only, numbers.

use serde_json::json;

use super::{Rig, order, text_of, with};
use crate::exchange::config::{AccountConfig, Config};
use crate::exchange::instrument::InstType;
use crate::exchange::order::{OrdType, PlaceRequest, Side, TdMode};
use crate::exchange::world::World;

const SWAP: &str = "BTC-USDT-SWAP";
const SPOT: &str = "BTC-USDT";

/// An instrument of that name or, of a type, the first one on BTC; with the mode it is traded in and a price for it.
fn of(rig: &Rig, kind: &str) -> (String, &'static str, &'static str) {
    let first = |kind: InstType| {
        let mut all = rig.world.instruments.iter();
        all.find(|i| i.inst_type == kind && i.inst_id.starts_with("BTC-USD")).expect("one of each type").inst_id.clone()
    };
    match kind {
        "SPOT" => (SPOT.to_owned(), "cash", "89000"),
        "MARGIN" => (SPOT.to_owned(), "cross", "89000"),
        "SWAP" => (SWAP.to_owned(), "cross", "89000"),
        "FUTURES" => (first(InstType::Futures), "cross", "89000"),
        _ => (rig.option(), "cross", "0.01"),
    }
}

#[test]
fn position_sides_by_type() {
    // Position mode, type of instrument; what "", net, long and short become.
    for (mode, kind, want) in [
        ("net_mode", "FUTURES", ["net", "net", "51000", "51000"]),
        ("net_mode", "SWAP", ["net", "net", "51000", "51000"]),
        ("net_mode", "SPOT", ["net", "net", "51000", "51000"]),
        ("net_mode", "MARGIN", ["net", "net", "51000", "51000"]),
        ("net_mode", "OPTION", ["net", "net", "51000", "51000"]),
        ("long_short_mode", "FUTURES", ["51000", "51000", "long", "51169"]),
        ("long_short_mode", "SWAP", ["51000", "51000", "long", "51169"]),
        ("long_short_mode", "SPOT", ["net", "net", "51000", "51000"]),
        ("long_short_mode", "MARGIN", ["net", "net", "51000", "51000"]),
        ("long_short_mode", "OPTION", ["net", "net", "51000", "51000"]),
    ] {
        for (side, want) in ["", "net", "long", "short"].into_iter().zip(want) {
            let mut rig = Rig::of("2", mode);
            let (inst_id, td_mode, px) = of(&rig, kind);
            let request = with(order(&inst_id, td_mode, "limit", &format!("buy 1 @ {px}")), json!({"posSide": side}));
            let got =
                rig.place(request).map_or_else(|code| code, |id| rig.world.orders.get(id).expect("placed").pos_side.name().to_owned());
            assert_eq!(got, want, "{mode} {kind} {side:?}");
        }
    }
}

#[test]
fn side_and_position_side_open_or_close() {
    // What is held, side and posSide; what becomes of 2 contracts, and of 4 (one more than there is).
    for (held, side, pos_side, two, four) in [
        ("", "buy", "long", "live", "live"),
        ("", "sell", "short", "live", "live"),
        ("", "sell", "long", "51169", "51169"),
        ("", "buy", "short", "51169", "51169"),
        ("buy 3 @ 90000", "buy", "long", "live", "live"),
        ("buy 3 @ 90000", "sell", "short", "live", "live"),
        ("buy 3 @ 90000", "sell", "long", "live", "51112"),
        ("buy 3 @ 90000", "buy", "short", "51169", "51169"),
        ("sell 3 @ 90000", "buy", "short", "live", "51112"),
        ("sell 3 @ 90000", "sell", "long", "51169", "51169"),
    ] {
        for (reduce_only, sz, want) in [(false, 2, two), (true, 2, two), (false, 4, four), (true, 4, four)] {
            let mut rig = Rig::of("2", "long_short_mode");
            if !held.is_empty() {
                rig.position(SWAP, held);
            }
            let px = if side == "buy" { 89_000 } else { 91_000 };
            let more = json!({"posSide": pos_side, "reduceOnly": reduce_only});
            let got = rig.place(with(order(SWAP, "cross", "limit", &format!("{side} {sz} @ {px}")), more));
            let got = got.map_or_else(|code| code, |id| rig.state(id));
            assert_eq!(got, want, "{held}: {side} {pos_side} {sz}, reduceOnly {reduce_only}");
        }
    }
}

#[test]
fn order_types_by_instrument() {
    // Where it is allowed: alone in the book without a price, with one, and against one contract where it wants two.
    for (kind, insts, without_px, alone, short) in [
        ("limit", "SPOT MARGIN SWAP FUTURES OPTION", "needs", "live", "partially_filled"),
        ("post_only", "SPOT MARGIN SWAP FUTURES OPTION", "needs", "live", "canceled 31"),
        ("ioc", "SPOT MARGIN SWAP FUTURES OPTION", "needs", "canceled 14", "canceled 14"),
        ("fok", "SPOT MARGIN SWAP FUTURES OPTION", "needs", "canceled 13", "canceled 13"),
        ("market", "SPOT MARGIN SWAP FUTURES", "canceled 14", "canceled 14", "canceled 14"),
        ("optimal_limit_ioc", "SWAP FUTURES", "canceled 14", "canceled 14", "canceled 14"),
    ] {
        for inst in ["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION"] {
            let try_it = |rig: &mut Rig, px: bool| {
                let (inst_id, mode, at) = of(rig, inst);
                let what = if px { format!("sell 2 @ {at}") } else { "sell 2".to_owned() };
                let got = rig.place(with(order(&inst_id, mode, kind, &what), json!({"tgtCcy": "base_ccy"})));
                got.map_or_else(|code| code, |id| rig.state(id))
            };
            let refused = match (kind, inst) {
                ("market", "OPTION") => Some("51066"),
                ("optimal_limit_ioc", "SPOT" | "MARGIN" | "OPTION") => Some("51000"),
                _ => None,
            };
            assert_eq!(refused.is_none(), insts.split(' ').any(|one| one == inst));
            let no_px = if inst == "OPTION" { "51175" } else { "51204" };
            let without_px = refused.unwrap_or(if without_px == "needs" { no_px } else { without_px });
            assert_eq!(try_it(&mut Rig::new(), false), without_px, "{kind} {inst} without a price");
            assert_eq!(try_it(&mut Rig::new(), true), refused.unwrap_or(alone), "{kind} {inst} alone");
            let mut rig = Rig::new();
            let (inst_id, _, px) = of(&rig, inst);
            rig.limit(rig.other, &inst_id, &format!("buy 1 @ {px}"));
            assert_eq!(try_it(&mut rig, true), refused.unwrap_or(short), "{kind} {inst} against one");
        }
    }
}

#[test]
fn market_maker_orders_are_refused_by_right_mode_and_instrument() {
    for (kind, level, inst, mode, want) in [
        ("mmp", "4", "OPTION", "cross", "51035"),
        ("mmp_and_post_only", "4", "OPTION", "cross", "51035"),
        ("mmp", "3", "OPTION", "cross", "51036"),
        ("mmp", "4", "SWAP", "cross", "51036"),
        ("mmp", "4", "OPTION", "isolated", "51042"),
        ("mmp_and_post_only", "4", "OPTION", "cash", "51042"),
        ("op_fok", "4", "OPTION", "cross", "51000"),
        ("rpi", "2", "SPOT", "cash", "54042"),
        ("rpi", "2", "FUTURES", "cross", "54042"),
        ("elp", "2", "SWAP", "cross", "54042"),
    ] {
        let mut rig = Rig::of(level, "net_mode");
        let (inst_id, _, px) = of(&rig, inst);
        let got = rig.place(order(&inst_id, mode, kind, &format!("buy 1 @ {px}")));
        assert_eq!(got.map(|_| ()), Err(want.to_owned()), "{kind} level {level} {inst} {mode}");
    }
}

#[test]
fn sizes_count_base_or_contracts_but_for_market_orders_of_pairs() {
    // Type, order type, side, tgtCcy; the unit shown, and what of 2 is traded.
    for (inst, kind, side, tgt_ccy, shown, filled) in [
        ("SPOT", "limit", "buy", "quote_ccy", "", "2"),
        ("SPOT", "ioc", "sell", "quote_ccy", "", "2"),
        ("SPOT", "fok", "buy", "", "", "2"),
        ("MARGIN", "limit", "buy", "quote_ccy", "", "2"),
        ("SWAP", "limit", "buy", "quote_ccy", "", "2"),
        ("SWAP", "market", "buy", "quote_ccy", "", "2"),
        ("SWAP", "market", "sell", "base_ccy", "", "2"),
        ("FUTURES", "market", "buy", "", "", "2"),
        ("FUTURES", "optimal_limit_ioc", "sell", "", "", "2"),
        ("OPTION", "limit", "buy", "quote_ccy", "", "2"),
        ("SPOT", "market", "buy", "base_ccy", "base_ccy", "2"),
        ("SPOT", "market", "sell", "", "base_ccy", "2"),
    ] {
        let mut rig = Rig::new();
        let (inst_id, mode, px) = of(&rig, inst);
        let other = if side == "buy" { "sell" } else { "buy" };
        rig.limit(rig.other, &inst_id, &format!("{other} 5 @ {px}"));
        let what = if kind == "market" { format!("{side} 2") } else { format!("{side} 2 @ {px}") };
        let id = rig
            .place(with(order(&inst_id, mode, kind, &what), json!({"tgtCcy": tgt_ccy})))
            .unwrap_or_else(|code| panic!("{inst} {kind}: {code}"));
        let row = rig.order(id);
        assert_eq!(["sz", "tgtCcy", "accFillSz"].map(|key| text_of(&row, key)), ["2", shown, filled], "{inst} {kind} {side} {tgt_ccy}");
    }
}

#[test]
fn reduce_only_by_type_and_level() {
    for (level, inst, want) in [
        ("2", "MARGIN", "live"),
        ("2", "SWAP", "live"),
        ("2", "FUTURES", "live"),
        ("3", "SWAP", "live"),
        ("3", "FUTURES", "live"),
        ("4", "SWAP", "51205"),
        ("4", "FUTURES", "51205"),
        ("2", "OPTION", "51205"),
        ("2", "SPOT", "51139"),
        ("3", "SPOT", "51133"),
        ("4", "SPOT", "51133"),
    ] {
        let mut rig = Rig::of(level, "net_mode");
        let (inst_id, mode, px) = of(&rig, inst);
        rig.limit(rig.other, &inst_id, &format!("sell 2 @ {px}"));
        rig.place(order(&inst_id, mode, "limit", &format!("buy 2 @ {px}"))).unwrap_or_else(|code| panic!("{level} {inst}: {code}"));
        let above = if inst == "OPTION" { "0.02" } else { "91000" };
        let got = rig.place(with(order(&inst_id, mode, "limit", &format!("sell 1 @ {above}")), json!({"reduceOnly": true})));
        assert_eq!(got.map_or_else(|code| code, |id| rig.state(id)), want, "level {level} {inst}");
    }
}

#[test]
fn ids_are_letters_and_digits_of_a_length() {
    for (name, longest) in [("clOrdId", 32), ("tag", 16)] {
        let long = "aZ09".repeat(8);
        for (text, good) in [
            (&long[..longest], true),
            ("a", true),
            (&"a".repeat(longest + 1), false),
            ("a-b", false),
            ("a_b", false),
            ("a b", false),
            ("é", false),
        ] {
            let mut rig = Rig::new();
            let row = rig.one(super::orders::place, with(order(SPOT, "cash", "limit", "buy 1 @ 80000"), json!({name: text})));
            let want = if good { ("0", "Order placed".to_owned()) } else { ("51000", format!("Parameter {name} error")) };
            assert_eq!((text_of(&row, "sCode").as_str(), text_of(&row, "sMsg")), want, "{name} {text}");
        }
    }
}

#[test]
fn there_is_no_event_contract_here() {
    let mut rig = Rig::new();
    let got = rig.place(order("BTC-ABOVE-DAILY-260224-1600-65000", "isolated", "limit", "buy 1 @ 0.5"));
    assert_eq!(got, Err("51001".into()), "clearly refused");
}

#[test]
fn an_account_has_four_thousand_open_orders() {
    let mut config = Config::default();
    config.house.enabled = false;
    let coins = [("USDT".to_owned(), super::d("100000000")), ("BTC".to_owned(), super::d("10000")), ("ETH".to_owned(), super::d("10000"))];
    config.accounts = vec![AccountConfig { balances: coins.into(), ..AccountConfig::default() }];
    let mut world = World::new(config, super::START).expect("a plain configuration");
    let me = crate::exchange::account::AcctIx(1);
    let mut refused = None;
    let insts: Vec<_> = world.instruments.iter().map(|inst| (inst.ix, inst.inst_type, inst.min_sz)).collect();
    'all: for (inst, kind, sz) in insts {
        let mode = if kind == InstType::Spot { TdMode::Cash } else { TdMode::Cross };
        let Some(px) = world.mark_px(inst).or_else(|| world.index_px(inst)) else { continue };
        let tick = world.inst(inst).tick_at(px);
        let px = ((px * super::d("0.9") / tick).floor() * tick).max(tick);
        for _ in 0..500 {
            if let Err(no) = world.place(me, PlaceRequest::new(inst, mode, Side::Buy, OrdType::Limit, sz, Some(px))) {
                refused = Some(no.code);
                break 'all;
            }
        }
    }
    assert_eq!((refused, world.orders.open_of(me).count()), (Some("51174"), 4_000));
}
