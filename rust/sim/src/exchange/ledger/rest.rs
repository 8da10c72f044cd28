//! The REST endpoints of the ledger, with OKX's limits.

use crate::exchange::call::{Answer, Call, Handler, Limit, Per, Permission, Reply, Route};
use crate::exchange::instrument::InstType;
use crate::exchange::json::Row;
use crate::exchange::ledger::{funds, journal, modes, settings, sizes, tiers, views};
use crate::exchange::refusal::Refusal;

const fn route(
    method: &'static str,
    path: &'static str,
    permission: Permission,
    count: u32,
    secs: u32,
    per: Per,
    handler: Handler,
) -> Route {
    Route { method, path, permission, limit: Limit { bucket: path, count, window_ms: secs * 1000, per, orders: false }, handler }
}

const fn get(path: &'static str, count: u32, secs: u32, handler: Handler) -> Route {
    route("GET", path, Permission::Read, count, secs, Per::User, handler)
}

const fn post(path: &'static str, count: u32, secs: u32, handler: Handler) -> Route {
    route("POST", path, Permission::Trade, count, secs, Per::User, handler)
}

pub const ROUTES: &[Route] = &[
    get("account/balance", 10, 2, views::balance),
    get("account/positions", 10, 2, views::positions),
    get("account/positions-history", 10, 2, views::positions_history),
    get("account/account-position-risk", 10, 2, views::position_risk),
    get("account/config", 5, 2, views::config),
    get("account/instruments", 20, 2, views::instruments),
    get("account/risk-state", 10, 2, views::risk_state),
    get("account/greeks", 10, 2, views::greeks),
    get("account/bills", 5, 1, journal::week),
    get("account/bills-archive", 5, 2, journal::archive),
    get("account/subtypes", 20, 2, journal::subtypes),
    get("account/leverage-info", 20, 2, settings::leverage_info),
    get("account/adjust-leverage-info", 5, 2, settings::adjust_leverage_info),
    get("account/trade-fee", 5, 2, modes::trade_fee),
    get("account/max-size", 20, 2, sizes::max_size),
    get("account/max-avail-size", 20, 2, sizes::max_avail_size),
    get("account/max-loan", 20, 2, sizes::max_loan),
    get("account/max-withdrawal", 20, 2, sizes::max_withdrawal),
    get("account/interest-rate", 5, 2, sizes::interest_rate),
    get("account/set-account-switch-precheck", 5, 2, modes::switch_precheck),
    post("account/account-level-switch-preset", 5, 2, modes::switch_preset),
    post("account/set-account-level", 5, 2, modes::set_account_level),
    post("account/set-leverage", 20, 2, settings::set_leverage),
    post("account/set-position-mode", 5, 2, modes::set_position_mode),
    post("account/position/margin-balance", 20, 2, settings::margin_balance),
    post("account/set-greeks", 5, 2, modes::set_greeks),
    post("account/set-fee-type", 5, 2, modes::set_fee_type),
    post("account/set-auto-loan", 5, 2, modes::set_auto_loan),
    post("account/set-isolated-mode", 5, 2, modes::set_isolated_mode),
    post("account/set-settle-currency", 20, 2, modes::set_settle_currency),
    post("account/activate-option", 5, 2, modes::activate_option),
    post("account/activate-feature", 5, 2, modes::activate_feature),
    post("account/demo-adjust-balance", 1, 2, modes::demo_adjust),
    get("asset/currencies", 6, 1, funds::currencies),
    get("asset/balances", 6, 1, funds::balances),
    get("asset/bills", 6, 1, funds::funding_bills),
    get("asset/asset-valuation", 1, 1, funds::valuation),
    get("asset/transfer-state", 10, 1, funds::transfer_state),
    route("POST", "asset/transfer", Permission::Trade, 2, 1, Per::UserCcy, funds::transfer),
    get("users/subaccount/list", 20, 2, funds::sub_list),
    get("users/subaccount/apikey", 20, 2, funds::sub_keys),
    get("account/subaccount/balances", 6, 2, funds::sub_balance),
    get("asset/subaccount/balances", 6, 2, funds::sub_funding),
    get("account/subaccount/max-withdrawal", 20, 2, funds::sub_withdrawal),
    post("asset/subaccount/transfer", 1, 1, funds::sub_transfer),
    route("GET", "public/liquidation-orders", Permission::None, 40, 2, Per::Ip, liquidation_orders),
    route("GET", "public/position-tiers", Permission::None, 10, 2, Per::Ip, position_tiers),
];

fn position_tiers(call: &mut Call<'_>) -> Answer {
    let name = call.params.required("instType")?;
    let kind = InstType::of(&name).filter(|kind| *kind != InstType::Spot).ok_or_else(|| Refusal::parameter("instType"))?;
    if !matches!(call.params.required("tdMode")?.as_str(), "cross" | "isolated") {
        return Err(Refusal::parameter("tdMode"));
    }
    let mut families = call.params.names("instFamily");
    if families.is_empty() {
        families = call.params.names("uly");
    }
    let ids = call.params.names("instId");
    if kind.is_contract() && families.is_empty() && ids.is_empty() {
        return Err(Refusal::missing("instFamily"));
    }
    let tier = call.params.text("tier");
    let world = &*call.world;
    let mut rows = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for inst in &world.instruments {
        let same_kind =
            if kind == InstType::Margin { inst.margin_lever.is_some() && inst.inst_type == InstType::Spot } else { inst.inst_type == kind };
        let named = if kind == InstType::Margin {
            ids.is_empty() || ids.contains(&inst.inst_id)
        } else {
            families.contains(&inst.family) || ids.contains(&inst.inst_id)
        };
        // One table for a family; for a pair on margin.
        let table = if kind == InstType::Margin { inst.inst_id.as_str() } else { inst.family.as_str() };
        if !same_kind || !named || seen.contains(&table) {
            continue;
        }
        seen.push(table);
        for one in tiers::all(inst, kind).iter().filter(|one| tier.as_ref().is_none_or(|tier| *tier == one.tier.to_string())) {
            let margin = kind == InstType::Margin;
            let loan = |px: Option<crate::exchange::num::Dec>| px.filter(|_| margin);
            let row = Row::new()
                .od("baseMaxLoan", loan(Some(one.max_sz)))
                .d("imr", one.imr)
                .s("instFamily", if margin { "" } else { &inst.family })
                .s("instId", if margin { &inst.inst_id } else { "" })
                .d("maxLever", one.max_lever)
                .d("maxSz", one.max_sz)
                .d("minSz", one.min_sz)
                .d("mmr", one.mmr)
                .s("optMgnFactor", if kind == InstType::Option { "1" } else { "0" })
                .od("quoteMaxLoan", loan(world.index_px(inst.ix).map(|px| (px * one.max_sz).round())))
                .n("tier", u64::from(one.tier))
                .s("uly", if margin { "" } else { &inst.uly });
            rows.push(row.end());
        }
    }
    Ok(Reply::Data(rows))
}

fn liquidation_orders(call: &mut Call<'_>) -> Answer {
    let name = call.params.required("instType")?;
    let kind = InstType::of(&name).ok_or_else(|| Refusal::parameter("instType"))?;
    let (family, inst_id) = (call.params.text("instFamily").or_else(|| call.params.text("uly")), call.params.text("instId"));
    let page = views::Page::of(&call.params)?;
    let world = &*call.world;
    let seen = world.ledger.liquidations.iter().rev().filter(|(of, inst, ..)| {
        let inst = world.inst(*inst);
        *of == kind
            && family.as_deref().is_none_or(|family| family == inst.family || family == inst.uly)
            && inst_id.as_deref().is_none_or(|id| id == inst.inst_id)
    });
    Ok(Reply::Data(page.rows(seen, |one| one.2, |one| one.3.clone())))
}
