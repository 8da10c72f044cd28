//! Row fields of an instrument, set by name: from the configuration, and while the exchange runs.

use serde_json::Value;

use crate::exchange::instrument::Instrument;
use crate::exchange::num::{Dec, parse};

const STATES: [&str; 7] = ["live", "suspend", "preopen", "post_only", "rebase", "test", "expired"];

fn text(key: &str, value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(format!("{key} must be a text")),
    }
}

pub fn decimal(key: &str, value: &Value) -> Result<Dec, String> {
    parse(&text(key, value)?).ok_or_else(|| format!("{key} must be a number"))
}

fn positive(key: &str, value: &Value) -> Result<Dec, String> {
    decimal(key, value).and_then(|number| if number > Dec::ZERO { Ok(number) } else { Err(format!("{key} must be above zero")) })
}

fn time(key: &str, value: &Value) -> Result<Option<u64>, String> {
    let text = text(key, value)?;
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| format!("{key} must be a time in ms")) }
}

/// Sets one field, by the name it has in the row.
pub fn apply(to: &mut Instrument, key: &str, value: &Value) -> Result<(), String> {
    let contract = to.inst_type.is_contract();
    match key {
        "instType" => {
            let told = text(key, value)?;
            if told != to.inst_type.name() && (contract || told != "MARGIN") {
                return Err(format!("instType is {} by its instId", to.inst_type.name()));
            }
        }
        "instIdCode" if value.is_null() => to.code = None,
        "instIdCode" => to.code = Some(value.as_u64().and_then(|code| u32::try_from(code).ok()).ok_or("instIdCode must be an integer")?),
        "lever" if contract => to.max_lever = positive(key, value)?,
        "lever" => to.margin_lever = if text(key, value)?.is_empty() { None } else { Some(positive(key, value)?) },
        "ctVal" if contract => to.ct_val = positive(key, value)?,
        "ctMult" if contract => to.ct_mult = positive(key, value)?,
        "ctValCcy" if contract => to.ct_val_ccy = text(key, value)?,
        "settleCcy" if contract => to.settle_ccy = text(key, value)?,
        "tickSz" => to.tick_sz = positive(key, value)?,
        "lotSz" => to.lot_sz = positive(key, value)?,
        "minSz" => to.min_sz = positive(key, value)?,
        "maxLmtSz" => to.max_lmt_sz = positive(key, value)?,
        "maxMktSz" => to.max_mkt_sz = positive(key, value)?,
        "maxLmtAmt" => to.max_lmt_amt = positive(key, value)?,
        "maxMktAmt" => to.max_mkt_amt = if text(key, value)?.is_empty() { None } else { Some(positive(key, value)?) },
        "listTime" => to.list_time_ms = time(key, value)?.unwrap_or(0),
        "expTime" => to.exp_time_ms = time(key, value)?,
        "state" => {
            let state = text(key, value)?;
            if !STATES.contains(&state.as_str()) {
                return Err(format!("state must be one of {}", STATES.join(", ")));
            }
            to.state = state;
        }
        "groupId" => to.group_id = text(key, value)?,
        "alias" => to.alias = text(key, value)?,
        "ruleType" => to.rule_type = text(key, value)?,
        "instCategory" => to.inst_category = text(key, value)?,
        "initPxLmtPct" | "floatPxLmtPct" | "maxPxLmtPct" => {
            let number = positive(key, value)?;
            let Some([first, float, most]) = &mut to.px_lmt_pct else { return Err(format!("{key}: options have no price band")) };
            *match key {
                "initPxLmtPct" => first,
                "floatPxLmtPct" => float,
                _ => most,
            } = number;
        }
        "upcChg" => to.upc_chg = changes(value)?,
        "tradeQuoteCcyList" => {
            let list = value.as_array().ok_or("tradeQuoteCcyList must be an array")?;
            to.trade_quote_ccys = list.iter().map(|ccy| text(key, ccy)).collect::<Result<_, _>>()?;
        }
        _ => return Err(format!("unknown or fixed field {key}")),
    }
    Ok(())
}

fn changes(value: &Value) -> Result<Vec<(String, Dec, u64)>, String> {
    let list = value.as_array().ok_or("upcChg must be an array")?;
    let one = |change: &Value| {
        let get = |key: &str| change.get(key).ok_or_else(|| format!("upcChg: {key} is missing"));
        let param = text("param", get("param")?)?;
        if !["tickSz", "minSz", "maxMktSz"].contains(&param.as_str()) {
            return Err("upcChg: param must be tickSz, minSz or maxMktSz".to_owned());
        }
        let at = time("effTime", get("effTime")?)?.ok_or("upcChg: effTime is missing")?;
        Ok((param, positive("newValue", get("newValue")?)?, at))
    };
    list.iter().map(one).collect()
}

/// What must hold between the fields.
pub fn check(of: &Instrument) -> Result<(), String> {
    if of.min_sz < of.lot_sz || !(of.min_sz % of.lot_sz).is_zero() {
        return Err("minSz must be a multiple of lotSz".into());
    }
    Ok(())
}
