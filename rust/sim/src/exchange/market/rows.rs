//! The row of an instrument, as `public/instruments`, `account/instruments` and the `instruments` channel show it.

use crate::exchange::instrument::{InstType, Instrument};
use crate::exchange::json::{Row, array, quoted};
use crate::exchange::num::Dec;

/// Open for its caller, who may add the fields of an account. `as_type`: a spot pair has a MARGIN row too.
pub fn instrument_row(inst: &Instrument, as_type: InstType) -> Row {
    let contract = inst.inst_type.is_contract();
    let option = inst.inst_type == InstType::Option;
    let of = |holds: bool, value: Dec| if holds { Some(value) } else { None };
    let lever = match as_type {
        InstType::Option => None,
        InstType::Spot | InstType::Margin => inst.margin_lever,
        _ => Some(inst.max_lever),
    };
    let [init, float, most] = match inst.px_lmt_pct {
        Some([init, float, most]) => [Some(init), Some(float), Some(most)],
        None => [None; 3],
    };
    let kind = match (contract, option) {
        (true, false) if inst.inverse => "inverse",
        (true, false) => "linear",
        _ => "",
    };
    let spot = as_type == InstType::Spot;
    let max_iceberg = inst.max_lmt_sz;
    Row::new()
        .s("instType", as_type.name())
        .s("instId", &inst.inst_id)
        .s("seriesId", "")
        .s("uly", if spot { "" } else { &inst.uly })
        .s("instFamily", if spot { "" } else { &inst.family })
        .s("groupId", &inst.group_id)
        .s("category", "1")
        .s("baseCcy", &inst.base_ccy)
        .s("quoteCcy", &inst.quote_ccy)
        .s("settleCcy", &inst.settle_ccy)
        .od("ctVal", of(contract, inst.ct_val))
        .od("ctMult", of(contract, inst.ct_mult))
        .s("ctValCcy", &inst.ct_val_ccy)
        .s("optType", inst.strike.map_or("", |(_, kind)| if kind == 'C' { "C" } else { "P" }))
        .od("stk", inst.strike.map(|(strike, _)| strike))
        .n("listTime", inst.list_time_ms)
        .s("auctionEndTime", "")
        .s("contTdSwTime", "")
        .s("preMktSwTime", "")
        .s("openType", "")
        .s("expTime", &inst.exp_time_ms.map(|at| at.to_string()).unwrap_or_default())
        .od("lever", lever)
        .d("tickSz", inst.tick_sz)
        .d("lotSz", inst.lot_sz)
        .d("minSz", inst.min_sz)
        .s("ctType", kind)
        .s("alias", &inst.alias)
        .s("state", &inst.state)
        .s("ruleType", &inst.rule_type)
        .d("maxLmtSz", inst.max_lmt_sz)
        .d("maxMktSz", inst.max_mkt_sz)
        .d("maxLmtAmt", inst.max_lmt_amt)
        .od("maxMktAmt", inst.max_mkt_amt)
        .d("maxTwapSz", inst.max_lmt_sz)
        .d("maxIcebergSz", max_iceberg)
        .d("maxTriggerSz", inst.max_lmt_sz)
        .d("maxStopSz", inst.max_mkt_sz)
        .raw("futureSettlement", "false")
        .raw("instIdCode", &inst.code.map_or_else(|| "null".to_owned(), |code| code.to_string()))
        .s("instCategory", &inst.inst_category)
        .raw("upcChg", &changes(inst))
        .raw("tradeQuoteCcyList", &if spot { texts(&inst.trade_quote_ccys) } else { "[]".to_owned() })
        .s("rpiMinLevel", "")
        .s("rpiMinPxBand", "")
        .od("initPxLmtPct", init)
        .od("floatPxLmtPct", float)
        .od("maxPxLmtPct", most)
}

fn changes(inst: &Instrument) -> String {
    let row = |(param, value, at): &(String, Dec, u64)| Row::new().s("param", param).d("newValue", *value).n("effTime", *at).end();
    array(&inst.upc_chg.iter().map(row).collect::<Vec<_>>())
}

pub fn texts(list: &[String]) -> String {
    let quoted = |text: &String| {
        let mut out = String::new();
        quoted(&mut out, text);
        out
    };
    array(&list.iter().map(quoted).collect::<Vec<_>>())
}
