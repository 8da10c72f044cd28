//! The instruments there are without a configuration, and the specification of those a configuration adds.

use crate::exchange::config::{Config, ConfigError};
use crate::exchange::instrument::{InstIx, InstType, Instrument};
use crate::exchange::io::{MILLI, Nanos};
use crate::exchange::market::calendar::{DAY_MS, expiry, quarter_end, yymmdd};
use crate::exchange::market::listing;
use crate::exchange::num::Dec;

/// Long ago, for everything that does not expire.
const LISTED_MS: u64 = 1_606_468_572_000;
const FIRST_CODE: u32 = 10_001;

/// What a coin costs in USD when the exchange opens.
const COINS: [(&str, i64, u32); 14] = [
    ("BTC", 90_000, 0),
    ("ETH", 3_000, 0),
    ("SOL", 150, 0),
    ("BNB", 900, 0),
    ("OKB", 120, 0),
    ("LTC", 90, 0),
    ("XRP", 22, 1),
    ("ADA", 5, 1),
    ("DOGE", 18, 2),
    ("TON", 18, 1),
    ("AVAX", 15, 0),
    ("LINK", 14, 0),
    ("TRX", 28, 2),
    ("DOT", 25, 1),
];

const STABLE: [&str; 4] = ["USD", "USDT", "USDC", "USDG"];

/// USD price of a currency at the start; `None`: not known here.
pub fn first_usd(ccy: &str) -> Option<Dec> {
    if STABLE.contains(&ccy) {
        return Some(Dec::ONE);
    }
    COINS.iter().find(|(coin, ..)| *coin == ccy).map(|(_, digits, scale)| Dec::new(*digits, *scale))
}

/// Every instrument there is, complete.
pub fn catalogue(config: &Config, now: Nanos) -> Result<Vec<Instrument>, ConfigError> {
    let now_ms = now / MILLI;
    let quarter = yymmdd(quarter_end(now_ms));
    let mut ids: Vec<String> = ["BTC-USDT", "ETH-USDT", "BTC-USDT-SWAP", "ETH-USDT-SWAP", "BTC-USD-SWAP"].map(str::to_owned).into();
    ids.extend([format!("BTC-USD-{quarter}"), format!("BTC-USDT-{quarter}")]);
    for (strike, kinds) in [(86_000, "CP"), (90_000, "CP"), (95_000, "CP")] {
        ids.extend(kinds.chars().map(|kind| format!("BTC-USD-{quarter}-{strike}-{kind}")));
    }
    ids.extend(['C', 'P'].map(|kind| format!("ETH-USD-{quarter}-3000-{kind}")));
    let mut list: Vec<Instrument> = Vec::new();
    for id in ids {
        let mut instrument = template(&id, now_ms).map_err(ConfigError)?;
        instrument.ix = InstIx(u32::try_from(list.len()).unwrap_or(u32::MAX));
        instrument.code = Some(FIRST_CODE + instrument.ix.0);
        list.push(instrument);
    }
    for fields in &config.instruments {
        let Some(id) = fields.get("instId").and_then(|id| id.as_str()) else {
            return Err(ConfigError("instruments: every entry needs an instId".into()));
        };
        let fail = |what: String| ConfigError(format!("instruments: {id}: {what}"));
        let at = if let Some(at) = list.iter().position(|held| held.inst_id == id) {
            at
        } else {
            let mut added = template(id, now_ms).map_err(fail)?;
            added.ix = InstIx(u32::try_from(list.len()).unwrap_or(u32::MAX));
            added.code = Some(FIRST_CODE + added.ix.0);
            let known = first_usd(added.base()).is_some() && first_usd(added.quote()).is_some();
            let told = list.iter().any(|other| other.base() == added.base());
            if !known && !told && !fields.contains_key("px") {
                return Err(fail(format!("the price of {} is not known: give px, the price to start with", added.base())));
            }
            list.push(added);
            list.len() - 1
        };
        let Some(instrument) = list.get_mut(at) else { continue };
        for (key, value) in fields.iter().filter(|(key, _)| !matches!(key.as_str(), "instId" | "px")) {
            listing::apply(instrument, key, value).map_err(fail)?;
        }
        if let Some(px) = fields.get("px") {
            listing::decimal("px", px).map_err(fail)?;
        }
        listing::check(instrument).map_err(fail)?;
    }
    Ok(list)
}

fn d(mantissa: i64, scale: u32) -> Dec {
    Dec::new(mantissa, scale)
}

/// A power of ten, also below one.
fn ten(exponent: i32) -> Dec {
    let digits = i64::from(exponent.max(0).cast_unsigned());
    let whole = (0..digits).fold(Dec::ONE, |at, _| at * Dec::TEN);
    if exponent < 0 { d(1, exponent.unsigned_abs()) } else { whole }
}

/// Power of ten of the first digit of a price.
fn magnitude(px: Dec) -> i32 {
    let mut at = 0;
    while at < 12 && px >= ten(at + 1) {
        at += 1;
    }
    while at > -12 && px < ten(at) {
        at -= 1;
    }
    at
}

/// An instrument with the specification its kind has, from its instId alone.
fn template(id: &str, now_ms: u64) -> Result<Instrument, String> {
    let parts: Vec<&str> = id.split('-').collect();
    if parts.iter().any(|part| part.is_empty() || !part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')) {
        return Err("not an instId".into());
    }
    match *parts.as_slice() {
        [base, quote] => Ok(pair(id, base, quote)),
        [base, quote, "SWAP"] => Ok(contract(id, base, quote, InstType::Swap, None, now_ms)),
        [base, quote, date] => {
            let exp = expiry(date).ok_or("the last part must be SWAP or a date, such as 261225")?;
            Ok(contract(id, base, quote, InstType::Futures, Some(exp), now_ms))
        }
        [base, quote, date, strike, kind @ ("C" | "P")] => {
            let exp = expiry(date).ok_or("the third part must be a date, such as 261225")?;
            let strike = crate::exchange::num::parse(strike).filter(|strike| *strike > Dec::ZERO).ok_or("the strike must be a number")?;
            let mut option = contract(id, base, quote, InstType::Option, Some(exp), now_ms);
            option.strike = Some((strike, if kind == "C" { 'C' } else { 'P' }));
            Ok(option)
        }
        _ => Err("not an instId of SPOT, SWAP, FUTURES or OPTION".into()),
    }
}

/// Spot pair with a MARGIN row. BTC-USDT has the numbers of the real one; others scale with their price.
fn pair(id: &str, base: &str, quote: &str) -> Instrument {
    let px = first_usd(base).unwrap_or(Dec::ONE_HUNDRED);
    let size = magnitude(px);
    let (tick, lot, min) = match base {
        "BTC" => (d(1, 1), d(1, 8), d(1, 5)),
        "ETH" => (d(1, 2), d(1, 6), d(1, 3)),
        _ => (ten(size - 4), ten(-size.clamp(0, 6) - 2), ten(-size.clamp(0, 6))),
    };
    Instrument {
        ix: InstIx(0),
        inst_id: id.to_owned(),
        inst_type: InstType::Spot,
        code: None,
        uly: id.to_owned(),
        family: id.to_owned(),
        base_ccy: base.to_owned(),
        quote_ccy: quote.to_owned(),
        settle_ccy: String::new(),
        ct_val: Dec::ONE,
        ct_mult: Dec::ONE,
        ct_val_ccy: String::new(),
        inverse: false,
        strike: None,
        max_lever: Dec::TEN,
        margin_lever: Some(Dec::TEN),
        tick_sz: tick,
        lot_sz: lot,
        min_sz: min,
        max_lmt_sz: d(999_999_999_999, 0),
        max_mkt_sz: d(1_000_000, 0),
        max_lmt_amt: d(20_000_000, 0),
        max_mkt_amt: Some(d(1_000_000, 0)),
        list_time_ms: LISTED_MS,
        exp_time_ms: None,
        state: "live".into(),
        group_id: "12".into(),
        alias: String::new(),
        rule_type: "normal".into(),
        inst_category: "1".into(),
        px_lmt_pct: Some([d(5, 2), d(3, 2), d(15, 2)]),
        upc_chg: Vec::new(),
        trade_quote_ccys: vec![quote.to_owned()],
    }
}

fn contract(id: &str, base: &str, quote: &str, kind: InstType, exp: Option<u64>, now_ms: u64) -> Instrument {
    let px = first_usd(base).unwrap_or(Dec::ONE_HUNDRED);
    let size = magnitude(px);
    // `BTC-USD_UM` is the family, `BTC-USD` the underlying; it settles in a dollar coin.
    let stem = quote.split('_').next().unwrap_or(quote);
    let inverse = quote == "USD" && kind != InstType::Option;
    let option = kind == InstType::Option;
    let settle = if quote == "USD" { base } else { stem };
    let face = ten(-size.clamp(-6, 2));
    let (ct_val, ct_mult) = match (option, inverse, base) {
        (true, _, "BTC") => (Dec::ONE, d(1, 2)),
        (true, ..) => (Dec::ONE, d(1, 1)),
        (_, true, "BTC") => (Dec::ONE_HUNDRED, Dec::ONE),
        (_, true, _) => (Dec::TEN, Dec::ONE),
        (_, _, "BTC") => (d(1, 2), Dec::ONE),
        (_, _, "ETH") => (d(1, 1), Dec::ONE),
        _ => (face, Dec::ONE),
    };
    let tick = match (option, base) {
        (true, _) => d(1, 4),
        (_, "BTC") => d(1, 1),
        (_, "ETH") => d(1, 2),
        _ => ten(size - 4),
    };
    let lot = if option || inverse { Dec::ONE } else { d(1, 2) };
    let max_mkt = match (kind, inverse) {
        (InstType::Option, _) => 3_000,
        (InstType::Swap, true) => 30_000,
        (InstType::Swap, false) => 12_000,
        _ => 6_000,
    };
    let lever = match kind {
        InstType::Option => 1,
        InstType::Futures => 20,
        _ => 100,
    };
    let family = format!("{base}-{quote}");
    Instrument {
        uly: format!("{base}-{stem}"),
        family,
        base_ccy: String::new(),
        quote_ccy: String::new(),
        settle_ccy: settle.to_owned(),
        inst_type: kind,
        ct_val,
        ct_mult,
        ct_val_ccy: if inverse { "USD" } else { base }.to_owned(),
        inverse,
        max_lever: Dec::from(lever),
        margin_lever: None,
        tick_sz: tick,
        lot_sz: lot,
        min_sz: lot,
        max_lmt_sz: d(if option { 1_000_000 } else { 100_000_000 }, 0),
        max_mkt_sz: Dec::from(max_mkt),
        max_mkt_amt: None,
        list_time_ms: if exp.is_some() { LISTED_MS.max(now_ms.saturating_sub(60 * DAY_MS)) } else { LISTED_MS },
        exp_time_ms: exp,
        group_id: match kind {
            InstType::Option => "1",
            InstType::Futures => "5",
            _ => "4",
        }
        .to_owned(),
        alias: if kind == InstType::Futures { alias(exp.unwrap_or_default(), now_ms) } else { "" }.to_owned(),
        px_lmt_pct: if option { None } else { Some([d(5, 2), d(3, 2), d(15, 2)]) },
        trade_quote_ccys: Vec::new(),
        ..pair(id, base, stem)
    }
}

fn alias(exp_ms: u64, now_ms: u64) -> &'static str {
    match exp_ms.saturating_sub(now_ms) / (7 * DAY_MS) {
        0 => "this_week",
        1 => "next_week",
        2..14 => "quarter",
        _ => "next_quarter",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::num::text;
    use crate::exchange::world::World;

    const NOW: Nanos = 1_795_305_600_000 * MILLI;

    fn config(instruments: &serde_json::Value) -> Config {
        serde_json::from_value(serde_json::json!({ "instruments": instruments })).expect("a configuration")
    }

    #[test]
    fn the_seeds_of_the_specification_are_the_real_ones() {
        let list = catalogue(&Config::default(), NOW).expect("the default catalogue");
        for (id, ct_val, lot, min, tick, max_mkt) in [
            ("BTC-USDT-SWAP", "0.01", "0.01", "0.01", "0.1", "12000"),
            ("BTC-USD-SWAP", "100", "1", "1", "0.1", "30000"),
            ("BTC-USDT", "1", "0.00000001", "0.00001", "0.1", "1000000"),
            ("BTC-USD-261225", "100", "1", "1", "0.1", "6000"),
            ("BTC-USD-261225-90000-C", "1", "1", "1", "0.0001", "3000"),
        ] {
            let inst = list.iter().find(|inst| inst.inst_id == id).expect(id);
            let got = [inst.ct_val, inst.lot_sz, inst.min_sz, inst.tick_sz, inst.max_mkt_sz].map(text);
            assert_eq!(got, [ct_val, lot, min, tick, max_mkt].map(str::to_owned), "{id}");
        }
        assert_eq!(list.len(), 15);
        let inverse: Vec<&str> = list.iter().filter(|inst| inst.inverse).map(|inst| inst.inst_id.as_str()).collect();
        assert_eq!(inverse, ["BTC-USD-SWAP", "BTC-USD-261225"]);
    }

    #[test]
    fn a_configuration_changes_and_adds_instruments() {
        let added = config(&serde_json::json!([
            {"instId": "BTC-USDT", "tickSz": "0.5", "minSz": 0.001, "lever": ""},
            {"instId": "SOL-USDT-SWAP", "instIdCode": 77},
            {"instId": "XYZ-USDT", "px": "12.5", "state": "suspend"},
        ]));
        let world = World::new(added, NOW).expect("a world");
        let of = |id: &str| world.find_inst(id).expect("in the catalogue");
        assert_eq!((text(of("BTC-USDT").tick_sz), of("BTC-USDT").margin_lever), ("0.5".to_owned(), None));
        assert_eq!((of("SOL-USDT-SWAP").code, of("SOL-USDT-SWAP").settle_ccy.as_str()), (Some(77), "USDT"));
        assert_eq!(world.index_px(of("XYZ-USDT").ix).map(text), Some("12.5".to_owned()));
        assert_eq!(of("XYZ-USDT").state, "suspend");
    }

    #[test]
    fn a_configuration_that_cannot_be_says_why() {
        for (entry, why) in [
            (serde_json::json!({"tickSz": "1"}), "every entry needs an instId"),
            (serde_json::json!({"instId": "BTC-USDT", "colour": "red"}), "BTC-USDT: unknown or fixed field colour"),
            (serde_json::json!({"instId": "BTC-USDT", "tickSz": "-1"}), "tickSz must be above zero"),
            (serde_json::json!({"instId": "BTC-USDT", "minSz": "0.000000015"}), "minSz must be a multiple of lotSz"),
            (serde_json::json!({"instId": "BTC-USDT", "state": "odd"}), "state must be one of"),
            (serde_json::json!({"instId": "XYZ-USDT"}), "give px"),
            (serde_json::json!({"instId": "BTC-USDT-269999"}), "a date"),
            (serde_json::json!({"instId": "BTC"}), "not an instId"),
        ] {
            let error = World::new(config(&serde_json::json!([entry])), NOW).expect_err(why);
            assert!(error.0.contains(why), "{error}");
        }
    }
}
