//! Trading sections 3.1 to 3.4: which combinations are legal, row by row.

use serde_json::json;

use super::{Rig, d, order, text_of, with};

const SWAP: &str = "BTC-USDT-SWAP";
const SPOT: &str = "BTC-USDT";

/// Sell orders here need a coin or a position; buys do not.
fn try_mode(rig: &mut Rig, inst_id: &str, mode: &str) -> String {
    let (what, kind) = if inst_id.matches('-').count() == 4 { ("buy 1 @ 0.001", "limit") } else { ("buy 1 @ 80000", "limit") };
    match rig.place(order(inst_id, mode, kind, what)) {
        Ok(id) => rig.world.orders.get(id).expect("placed").inst_type.name().to_owned(),
        Err(code) => code,
    }
}

#[test]
fn td_mode_against_account_level_and_instrument() {
    // instrument, level, what cash, cross and isolated become: instType of the order, or the refusal.
    for (kind, level, want) in [
        ("SPOT", "1", ["SPOT", "51000", "51000"]),
        ("SPOT", "2", ["SPOT", "MARGIN", "MARGIN"]),
        ("SPOT", "3", ["SPOT", "SPOT", "50072"]),
        ("SPOT", "4", ["SPOT", "SPOT", "50072"]),
        ("SWAP", "1", ["51010", "51010", "51010"]),
        ("SWAP", "2", ["51000", "SWAP", "SWAP"]),
        ("SWAP", "3", ["51000", "SWAP", "50072"]),
        ("SWAP", "4", ["51000", "SWAP", "50072"]),
        ("FUTURES", "1", ["51010", "51010", "51010"]),
        ("FUTURES", "2", ["51000", "FUTURES", "FUTURES"]),
        ("FUTURES", "3", ["51000", "FUTURES", "50072"]),
        ("FUTURES", "4", ["51000", "FUTURES", "50072"]),
        ("OPTION", "1", ["OPTION", "51000", "51000"]),
        ("OPTION", "2", ["51000", "OPTION", "OPTION"]),
        ("OPTION", "3", ["51000", "OPTION", "50072"]),
        ("OPTION", "4", ["51000", "OPTION", "50072"]),
    ] {
        for (mode, want) in ["cash", "cross", "isolated"].into_iter().zip(want) {
            let mut rig = Rig::of(level, "net_mode");
            let inst_id = match kind {
                "SPOT" => SPOT.to_owned(),
                "SWAP" => SWAP.to_owned(),
                "FUTURES" => rig.world.instruments.iter().find(|i| i.inst_type.name() == "FUTURES").expect("one").inst_id.clone(),
                _ => rig.option(),
            };
            assert_eq!(try_mode(&mut rig, &inst_id, mode), want, "{kind} level {level} {mode}");
        }
    }
}

#[test]
fn an_unknown_td_mode_is_a_bad_parameter() {
    let mut rig = Rig::new();
    for mode in ["spot_isolated", "CASH", "x"] {
        let row = rig.one(super::orders::place, order(SPOT, mode, "limit", "buy 1 @ 80000"));
        assert_eq!((text_of(&row, "sCode"), text_of(&row, "sMsg")), ("51000".into(), "Parameter tdMode error".into()));
    }
}

#[test]
fn the_margin_of_a_pair_is_of_one_of_its_currencies() {
    for (inst_id, mode, ccy, want) in [
        (SPOT, "cross", "", Ok("USDT")),
        (SPOT, "cross", "USDT", Ok("USDT")),
        (SPOT, "isolated", "BTC", Ok("BTC")),
        (SPOT, "isolated", "ETH", Err("51000")),
        (SPOT, "cross", "XYZ", Err("51000")),
        (SPOT, "cash", "XYZ", Ok("")), // means nothing there, and clients send it
        (SWAP, "cross", "XYZ", Ok("USDT")),
    ] {
        let mut rig = Rig::new();
        let request = with(order(inst_id, mode, "limit", "buy 1 @ 80000"), json!({"ccy": ccy}));
        let got = rig.place(request).map(|id| rig.world.orders.get(id).expect("placed").ccy.clone());
        assert_eq!(got, want.map(str::to_owned).map_err(str::to_owned), "{inst_id} {mode} {ccy}");
    }
}

#[test]
fn a_position_of_a_pair_keeps_its_margin_currency() {
    for (side, opposite) in [("buy", "sell"), ("sell", "buy")] {
        let mut rig = Rig::new();
        let at = |what: &str, ccy: &str| with(order(SPOT, "isolated", "limit", what), json!({"ccy": ccy}));
        // It waits with the other currency, from before there was a position.
        rig.place(at(&format!("{side} 1 @ 90000"), "BTC")).expect("rich enough");
        rig.place(at(&format!("{side} 1 @ 90000"), "USDT")).expect("rich enough");
        rig.limit(rig.other, SPOT, &format!("{opposite} 1 @ 90000"));
        assert!(rig.world.adds_up());
        assert_eq!(rig.place(at(&format!("{side} 1 @ 90000"), "USDT")), Err("50062".into()));
        rig.limit(rig.other, SPOT, &format!("{opposite} 1 @ 90000"));
        assert!(rig.world.adds_up(), "{:?}", rig.world.sums());
        let id = rig.place(at(&format!("{opposite} 1 @ 90000"), "")).expect("closes");
        assert_eq!(rig.world.orders.get(id).expect("placed").ccy, "BTC");
    }
}

#[test]
fn pos_side_against_position_mode_and_instrument() {
    for (mode, inst_id, pos_side, want) in [
        ("net_mode", SWAP, "", "net"),
        ("net_mode", SWAP, "net", "net"),
        ("net_mode", SWAP, "long", "51000"),
        ("net_mode", SWAP, "short", "51000"),
        ("net_mode", SPOT, "net", "net"),
        ("net_mode", SPOT, "long", "51000"),
        ("long_short_mode", SWAP, "", "51000"),
        ("long_short_mode", SWAP, "net", "51000"),
        ("long_short_mode", SWAP, "long", "long"),
        ("long_short_mode", SWAP, "short", "51169"), // buy + short closes, and there is nothing to close
        ("long_short_mode", SWAP, "up", "51000"),
        ("long_short_mode", SPOT, "", "net"),
        ("long_short_mode", SPOT, "net", "net"),
        ("long_short_mode", SPOT, "long", "51000"),
    ] {
        let mut rig = Rig::of("2", mode);
        let td_mode = if inst_id == SPOT { "cash" } else { "cross" };
        let request = with(order(inst_id, td_mode, "limit", "buy 1 @ 80000"), json!({"posSide": pos_side}));
        let got = rig.place(request).map_or_else(|code| code, |id| rig.world.orders.get(id).expect("placed").pos_side.name().to_owned());
        assert_eq!(got, want, "{mode} {inst_id} {pos_side:?}");
    }
}

#[test]
fn ord_type_against_instrument() {
    for (inst_id, level, kind, more, want) in [
        ("option", "2", "market", json!({}), "51066"),
        ("option", "2", "optimal_limit_ioc", json!({}), "51000"),
        (SPOT, "2", "optimal_limit_ioc", json!({}), "51000"),
        (SWAP, "2", "mmp", json!({}), "51036"),
        ("option", "2", "mmp_and_post_only", json!({}), "51036"),
        ("option", "4", "mmp", json!({}), "51035"),
        (SWAP, "2", "rpi", json!({}), "54042"),
        (SWAP, "2", "elp", json!({}), "54042"),
        (SWAP, "2", "rpi", json!({"reduceOnly": true}), "54039"),
        ("option", "2", "rpi", json!({}), "54041"),
        (SWAP, "2", "op_fok", json!({}), "51000"),
        (SWAP, "2", "Limit", json!({}), "51000"),
        (SWAP, "2", "fok", json!({"stpMode": "cancel_both"}), "54036"),
        (SWAP, "2", "limit", json!({"stpMode": "cancel_all"}), "51000"),
    ] {
        let mut rig = Rig::of(level, "net_mode");
        let option = rig.option();
        let (inst_id, px) = if inst_id == "option" { (option.as_str(), "0.01") } else { (inst_id, "89000") };
        let mode = if inst_id == SPOT { "cash" } else { "cross" };
        let got = rig.place(with(order(inst_id, mode, kind, &format!("buy 1 @ {px}")), more.clone()));
        assert_eq!(got.map(|_| ()), Err(want.to_owned()), "{inst_id} level {level} {kind} {more}");
    }
}

#[test]
fn sizes_of_spot_market_orders_count_what_the_table_says() {
    // td mode, side, size, tgtCcy; tgtCcy of the row, what is filled in base.
    for (mode, side, sz, tgt_ccy, shown, filled) in [
        ("cash", "buy", "900", "", "quote_ccy", "0.01"),
        ("cash", "buy", "900", "quote_ccy", "quote_ccy", "0.01"),
        ("cash", "buy", "0.01", "base_ccy", "base_ccy", "0.01"),
        ("cash", "sell", "0.01", "", "base_ccy", "0.01"),
        ("cash", "sell", "0.01", "base_ccy", "base_ccy", "0.01"),
        ("cash", "sell", "900", "quote_ccy", "quote_ccy", "0.01"),
        ("cross", "buy", "900", "base_ccy", "", "0.01"),    // no tgtCcy on margin: quote
        ("cross", "sell", "0.01", "quote_ccy", "", "0.01"), // no tgtCcy on margin: base
    ] {
        let mut rig = Rig::new();
        let other = if side == "buy" { "sell 1 @ 90000" } else { "buy 1 @ 90000" };
        rig.limit(rig.other, SPOT, other);
        let request = with(order(SPOT, mode, "market", &format!("{side} {sz}")), json!({"tgtCcy": tgt_ccy}));
        let id = rig.place(request).unwrap_or_else(|code| panic!("{mode} {side} {tgt_ccy}: {code}"));
        let row = rig.order(id);
        let got = ["state", "sz", "tgtCcy", "accFillSz"].map(|key| text_of(&row, key));
        assert_eq!(got, ["filled", sz, shown, filled], "{mode} {side} {tgt_ccy}");
    }
}

#[test]
fn tgt_ccy_on_other_orders_is_ignored() {
    let mut rig = Rig::new();
    for (inst_id, mode, kind) in [(SPOT, "cash", "limit"), (SWAP, "cross", "market")] {
        rig.limit(rig.other, inst_id, "sell 1 @ 90000");
        let request = with(order(inst_id, mode, kind, "buy 1 @ 90000"), json!({"tgtCcy": "base_ccy", "ccy": "USDT"}));
        let id = rig.place(request).expect("accepted");
        let row = rig.order(id);
        assert_eq!(["tgtCcy", "ccy", "accFillSz"].map(|key| text_of(&row, key)), ["", "", "1"]);
    }
    let wrong = with(order(SPOT, "cash", "limit", "buy 1 @ 90000"), json!({"tgtCcy": "usd"}));
    assert_eq!(rig.place(wrong), Err("51000".into()));
}

#[test]
fn a_market_buy_of_base_shrinks_to_what_the_money_buys_unless_told_not_to() {
    for (ban_amend, want) in [(true, Err("51008".to_owned())), (false, Ok("filled".to_owned()))] {
        let mut rig = Rig::new();
        rig.limit(rig.other, SPOT, "sell 100 @ 90000");
        rig.limit(rig.me, SPOT, "buy 5 @ 80000"); // leaves 600 000: enough for 6.67
        let request = with(order(SPOT, "cash", "market", "buy 8"), json!({"tgtCcy": "base_ccy", "banAmend": ban_amend}));
        let got = rig.place(request).map(|id| {
            let row = rig.order(id);
            assert_eq!(text_of(&row, "sz"), "8");
            let filled = d(&text_of(&row, "accFillSz"));
            assert!(filled < d("6.67") && filled > d("6.3"), "{filled}");
            text_of(&row, "state")
        });
        assert_eq!(got, want);
    }
}

#[test]
fn slippage_and_trade_quote_currency_have_limits() {
    let mut rig = Rig::new();
    rig.limit(rig.other, SPOT, "sell 1 @ 90000");
    rig.limit(rig.other, SPOT, "sell 1 @ 91000");
    for (more, want) in [
        (json!({"slippagePct": "0.051"}), "54084"),
        (json!({"slippagePct": "-0.01"}), "54084"),
        (json!({"slippagePct": "0.01234"}), "54085"),
        (json!({"tradeQuoteCcy": "EUR"}), "51000"),
    ] {
        assert_eq!(rig.place(with(order(SPOT, "cash", "market", "buy 100"), more.clone())), Err(want.to_owned()), "{more}");
    }
    let request =
        with(order(SPOT, "cash", "market", "buy 2"), json!({"slippagePct": "0.01", "tgtCcy": "base_ccy", "tradeQuoteCcy": "USDT"}));
    let id = rig.place(request).expect("accepted");
    let row = rig.order(id);
    assert_eq!(["state", "accFillSz", "cancelSource"].map(|key| text_of(&row, key)), ["canceled", "1", "27"]);
}
