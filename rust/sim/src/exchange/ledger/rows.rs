//! The rows of balances and positions, as REST and the channels show them.

use rust_decimal::prelude::ToPrimitive;

use crate::exchange::account::{Account, AcctIx, PosKey, Position};
use crate::exchange::algo::close_order_algo;
use crate::exchange::instrument::InstType;
use crate::exchange::io::MILLI;
use crate::exchange::json::{Row, array};
use crate::exchange::ledger::reserve::discount;
use crate::exchange::ledger::risk::{self, CoinView, View};
use crate::exchange::ledger::{greeks, margin};
use crate::exchange::num::{Dec, amount};
use crate::exchange::order::{PosSide, TdMode};
use crate::exchange::world::World;

/// Not told in this account mode.
fn when(holds: bool, value: Dec) -> Option<Dec> {
    holds.then(|| amount(value))
}

/// `account/balance` and the `account` channel: one row, of all coins or those named.
pub fn balance(world: &World, acct: AcctIx, wanted: impl Fn(&str) -> bool, push: bool) -> String {
    let account = world.account(acct);
    let total = risk::Total::of(world, acct);
    let lv = account.acct_lv;
    let (multi, derivatives) = (lv >= 3, lv >= 2);
    let details: Vec<String> = total
        .coins
        .iter()
        .filter(|(ccy, coin)| wanted(ccy) && !(coin.cash.is_zero() && coin.eq().is_zero() && coin.ord_frozen.is_zero()))
        .map(|(ccy, coin)| detail(world, account, ccy, coin, push))
        .collect();
    let at = account.coins.values().map(|coin| coin.updated).max().unwrap_or(account.updated).max(account.updated);
    Row::new()
        .n("uTime", at / MILLI)
        .d("totalEq", amount(total.eq))
        .od("isoEq", when(derivatives, total.iso_eq))
        .od("adjEq", when(multi, total.adj_eq))
        .od("availEq", when(multi, (total.adj_eq - total.imr - total.frozen).max(Dec::ZERO)))
        .od("ordFroz", when(multi, total.frozen))
        .od("imr", when(multi, total.imr))
        .od("mmr", when(multi, total.mmr))
        .od("borrowFroz", when(multi, Dec::ZERO))
        .od("mgnRatio", total.mgn_ratio().filter(|_| multi).map(amount))
        .od("notionalUsd", when(multi, total.notional))
        .od("notionalUsdForBorrow", when(multi, Dec::ZERO))
        .od("notionalUsdForSwap", when(multi, total.by_type(InstType::Swap)))
        .od("notionalUsdForFutures", when(multi, total.by_type(InstType::Futures)))
        .od("notionalUsdForOption", when(multi, total.by_type(InstType::Option)))
        .od("upl", when(multi, total.upl))
        .s("delta", "")
        .s("deltaLever", "")
        .s("deltaNeutralStatus", "0")
        .raw("details", &array(&details))
        .end()
}

fn detail(world: &World, account: &Account, ccy: &str, coin: &CoinView, push: bool) -> String {
    let lv = account.acct_lv;
    let (borrows, derivatives, futures) = (lv != 2, lv >= 2, lv == 2);
    let usd = world.usd(ccy);
    let eq = coin.eq();
    let debt = (-coin.cash).max(Dec::ZERO);
    let at = account.coins.get(ccy).map_or(account.updated, |coin| coin.updated);
    let free = coin.free_bal().max(Dec::ZERO);
    let ratio = margin::mgn_ratio(coin.cash + coin.upl + coin.opt_val, coin.mmr, coin.close_fee).filter(|_| futures);
    let lever = coin.notional.checked_div(eq).filter(|lever| futures && !lever.is_zero());
    let row = Row::new()
        .s("ccy", ccy)
        .d("eq", amount(eq))
        .d("cashBal", amount(coin.cash))
        .n("uTime", at / MILLI)
        .od("isoEq", when(derivatives, coin.iso_eq))
        .od("availEq", when(derivatives, coin.free_eq().max(Dec::ZERO)))
        .od("disEq", when(borrows, eq * usd * discount(ccy)))
        .s("fixedBal", "0")
        .d("availBal", amount(free))
        .d("frozenBal", amount((eq - free).max(Dec::ZERO)))
        .d("ordFrozen", amount(coin.ord_frozen.max(Dec::ZERO)))
        .od("liab", when(borrows, debt))
        .od("upl", when(derivatives, coin.upl))
        .od("uplLiab", when(borrows, Dec::ZERO))
        .od("crossLiab", when(borrows, debt))
        .od("isoLiab", when(borrows, Dec::ZERO))
        .s("rewardBal", "0")
        .od("mgnRatio", ratio.map(amount))
        .od("imr", when(futures, coin.imr))
        .od("mmr", when(futures, coin.mmr))
        .od("interest", when(borrows, Dec::ZERO))
        .od("twap", when(borrows, Dec::ZERO))
        .s("frpType", "0")
        .od("maxLoan", when(borrows, Dec::ZERO))
        .d("eqUsd", amount(eq * usd))
        .s("borrowFroz", if borrows { "0" } else { "" })
        .od("notionalLever", lever.map(|lever| lever.round_dp(8)));
    let row = if push { row.d("coinUsdPrice", usd) } else { row };
    row.s("stgyEq", "0")
        .od("isoUpl", when(derivatives, coin.iso_upl))
        .s("spotInUseAmt", "")
        .s("clSpotInUseAmt", "")
        // One of the two spellings, never both: clients take the second for a duplicate of the first.
        .s(if push { "maxSpotInUseAmt" } else { "maxSpotInUse" }, "")
        .s("spotIsoBal", "0")
        .s("smtSyncEq", "0")
        .s("spotCopyTradingEq", "0")
        .s("spotBal", "")
        .s("openAvgPx", "")
        .s("accAvgPx", "")
        .s("spotUpl", "")
        .s("spotUplRatio", "")
        .s("totalPnl", "")
        .s("totalPnlRatio", "")
        .s("colRes", "0")
        .s("colBorrAutoConversion", "0")
        .raw("collateralRestrict", "false")
        .raw("collateralEnabled", if lv >= 3 { "true" } else { "false" })
        .s("autoLendStatus", "off")
        .s("autoLendMtAmt", "0")
        .end()
}

/// Average entry price.
pub fn avg_px(world: &World, position: &Position) -> Option<Dec> {
    let px = match position.inst_type {
        InstType::Margin => position.cost.checked_div(position.size()).map(|px| px.abs()),
        _ => risk::terms(world, position).avg_px(),
    };
    // The cost of an inverse position has 16 decimals: more digits than this are only its rounding.
    px.and_then(|px| if world.inst(position.inst).inverse { px.round_sf(12) } else { Some(px.round_dp(12)) })
}

/// `pos` as rows show it: signed in net mode, without a sign for margin trades and by position side.
pub fn pos(position: &Position) -> Dec {
    let plain = position.pos_side != PosSide::Net || position.inst_type == InstType::Margin;
    if plain { position.qty.abs() } else { position.qty }
}

/// What of it no order closes yet.
fn avail(world: &World, acct: AcctIx, position: &Position) -> Dec {
    let side = position.side_to_close();
    let closing = world.orders.open_of(acct).filter(|order| {
        let same = order.inst == position.inst && order.td_mode == position.mode && order.side == side;
        same && (position.pos_side == PosSide::Net || order.pos_side == position.pos_side)
    });
    let busy: Dec = closing.map(|order| order.left).sum();
    (position.qty.abs() - busy).max(Dec::ZERO)
}

/// Liquidation price and margin ratio of a position.
pub fn liquidation(world: &World, acct: AcctIx, position: &Position, view: &View) -> (Option<Dec>, Option<Dec>) {
    let tick = world.inst(position.inst).tick_sz.scale() + 8;
    if position.inst_type == InstType::Option || position.is_flat() {
        let coin = risk::coin(world, acct, &position.ccy);
        let short = position.qty < Dec::ZERO && position.mode == TdMode::Cross && world.account(acct).acct_lv == 2;
        let ratio = if short { margin::mgn_ratio(coin.cash + coin.upl + coin.opt_val, coin.mmr, coin.close_fee) } else { None };
        return (None, ratio.map(amount));
    }
    if position.mode == TdMode::Isolated {
        if position.inst_type == InstType::Margin {
            let loan = risk::loan(position);
            let (px, ratio) = if position.ccy == position.pos_ccy {
                (loan.liq_px(view.m, view.t), loan.mgn_ratio(view.mark, view.m, view.t))
            } else {
                // The margin is of the other currency: it pays part of the debt.
                let liab = (loan.liab - position.margin).max(Dec::ZERO);
                let covered = margin::Loan { liab, ..loan };
                let equity = position.margin + view.upl;
                (covered.liq_px(view.m, view.t), margin::mgn_ratio(equity, view.mmr, view.close_fee))
            };
            return (px.map(|px| px.round_dp(tick)), ratio.map(amount));
        }
        let px = risk::terms(world, position).liq_px(position.margin, view.m, view.t);
        let ratio = margin::mgn_ratio(position.margin + view.upl, view.mmr, view.close_fee);
        return (px.map(|px| px.round_dp(tick)), ratio.map(amount));
    }
    // Cross: what the other positions of the coin (or, with several coins, of the account) leave to this one.
    let (backing, ratio) = if world.account(acct).acct_lv >= 3 {
        let total = risk::Total::of(world, acct);
        let usd = world.usd(&position.ccy);
        let others = total.adj_eq - (total.mmr + total.close_fee);
        let own = view.upl - view.mmr - view.close_fee;
        (others.checked_div(usd).unwrap_or_default() - own, total.mgn_ratio())
    } else {
        let coin = risk::coin(world, acct, &position.ccy);
        let others = (coin.upl - view.upl) - (coin.mmr - view.mmr) - (coin.close_fee - view.close_fee);
        (coin.cash + coin.opt_val + others, margin::mgn_ratio(coin.cash + coin.upl + coin.opt_val, coin.mmr, coin.close_fee))
    };
    let px = if position.inst_type == InstType::Margin {
        let loan = risk::loan(position);
        let spare = if position.ccy == position.pos_ccy { backing } else { Dec::ZERO };
        let debt = if position.ccy == position.pos_ccy { loan.liab } else { (loan.liab - backing).max(Dec::ZERO) };
        margin::Loan { pos: loan.pos + spare, liab: debt, ..loan }.liq_px(view.m, view.t)
    } else {
        risk::terms(world, position).liq_px(backing, view.m, view.t)
    };
    let absurd = view.mark * Dec::ONE_THOUSAND;
    (px.filter(|px| *px < absurd).map(|px| px.round_dp(tick)), ratio.map(amount))
}

/// A row of `account/positions` and of the `positions` channel.
pub fn position(world: &World, acct: AcctIx, key: &PosKey, position: &Position, push: bool) -> String {
    let inst = world.inst(key.inst);
    let view = risk::view(world, acct, position);
    let flat = position.is_flat();
    let kind = position.inst_type;
    let (is_margin, is_option) = (kind == InstType::Margin, kind == InstType::Option);
    let terms = risk::terms(world, position);
    let last = world.last_px(key.inst);
    let index = world.index_px(key.inst);
    let upl_at = |px: Dec| if is_margin { risk::view_at(world, acct, position, px).upl } else { terms.upl(px).unwrap_or_default() };
    let upl_last = last.map_or(view.upl, upl_at);
    let base_margin = base_margin(position, &terms);
    let ratio = |upl: Dec| upl.checked_div(base_margin).map_or(Dec::ZERO, |ratio| ratio.round_dp(16));
    let (liq_px, mgn_ratio) = if flat { (None, None) } else { liquidation(world, acct, position, &view) };
    let isolated = position.mode == TdMode::Isolated;
    let usd = world.usd(&position.ccy);
    let avail_shown = is_margin || is_option || position.pos_side != PosSide::Net;
    let liab = if is_margin { Some(-amount(position.liab + position.interest)) } else { None };
    let break_even = if is_margin || is_option || flat { None } else { terms.liq_px(position.realized(), Dec::ZERO, view.t) };
    let greek = greeks::of_position(world, position, &view);
    let notional_usd = risk::notional_usd(world, acct, position);
    let row = Row::new()
        .s("instType", kind.name())
        .s("instId", &inst.inst_id)
        .n("posId", position.pos_id)
        .s("posSide", position.pos_side.name())
        .s("mgnMode", position.mode.name())
        .d("pos", pos(position))
        .s("hedgedPos", "")
        .s("posCcy", &position.pos_ccy)
        .od("availPos", when(avail_shown, if avail_shown { avail(world, acct, position) } else { Dec::ZERO }))
        .od("avgPx", if flat { None } else { avg_px(world, position) })
        .od("nonSettleAvgPx", position.non_settle_avg_px)
        .d("markPx", view.mark)
        .od("last", last)
        .od("idxPx", index)
        .d("usdPx", usd)
        .od("bePx", break_even.map(|px| px.round_dp(12)))
        .d("upl", amount(view.upl))
        .d("uplRatio", ratio(view.upl))
        .d("uplLastPx", amount(upl_last))
        .d("uplRatioLastPx", ratio(upl_last))
        .od("lever", Some(position.lever).filter(|_| !is_option))
        .od("liqPx", liq_px)
        .od("imr", when(!isolated, view.imr))
        .d("mmr", amount(view.mmr))
        .od("margin", when(isolated, position.margin))
        .od("mgnRatio", mgn_ratio)
        .od("liab", liab)
        .s("liabCcy", &position.liab_ccy)
        .od("interest", when(is_margin, position.interest))
        .s("tradeId", &if position.trade_id == 0 { String::new() } else { position.trade_id.to_string() })
        .d("notionalUsd", amount(notional_usd))
        .od("optVal", when(is_option, view.opt_val))
        .s("adl", if flat { "0" } else { "1" })
        .s("ccy", &position.ccy)
        .od("deltaBS", greek.map(|g| g.bs.delta))
        .od("deltaPA", greek.map(|g| g.pa.delta))
        .od("gammaBS", greek.map(|g| g.bs.gamma))
        .od("gammaPA", greek.map(|g| g.pa.gamma))
        .od("thetaBS", greek.map(|g| g.bs.theta))
        .od("thetaPA", greek.map(|g| g.pa.theta))
        .od("vegaBS", greek.map(|g| g.bs.vega))
        .od("vegaPA", greek.map(|g| g.pa.vega))
        .s("spotInUseAmt", "")
        .s("clSpotInUseAmt", "")
        .s("maxSpotInUseAmt", "")
        .s("spotInUseCcy", "")
        .s("bizRefId", "")
        .s("bizRefType", "")
        .d("realizedPnl", amount(position.realized()))
        .d("pnl", amount(position.pnl))
        .d("fee", amount(position.fee))
        .d("fundingFee", amount(position.funding_fee))
        .d("liqPenalty", amount(position.liq_penalty))
        .s("settledPnl", "")
        .s("pendingCloseOrdLiabVal", "")
        .s("baseBal", "")
        .s("quoteBal", "")
        .s("baseBorrowed", "")
        .s("baseInterest", "")
        .s("quoteBorrowed", "")
        .s("quoteInterest", "")
        .raw("closeOrderAlgo", &close_order_algo(world, acct, key))
        .n("cTime", position.created / MILLI)
        .n("uTime", position.updated / MILLI);
    if push { row.n("pTime", world.now_ms()).end() } else { row.end() }
}

/// The margin a position was opened with: what its profit is compared to.
fn base_margin(position: &Position, terms: &margin::Terms) -> Dec {
    match position.inst_type {
        InstType::Margin if position.mode == TdMode::Isolated => position.margin,
        InstType::Margin => {
            let in_pos = if position.is_long() == (position.ccy == position.pos_ccy) { position.size() } else { position.cost.abs() };
            in_pos.checked_div(position.lever.max(Dec::ONE)).unwrap_or_default()
        }
        InstType::Option => position.cost.abs(),
        _ => position.cost.abs().checked_div(terms.lever).unwrap_or_default(),
    }
}

/// A part of `posData` in `balance_and_position`.
pub fn brief(world: &World, key: &PosKey, position: &Position) -> String {
    Row::new()
        .n("posId", position.pos_id)
        .s("tradeId", &if position.trade_id == 0 { String::new() } else { position.trade_id.to_string() })
        .s("instId", &world.inst(key.inst).inst_id)
        .s("instType", position.inst_type.name())
        .s("mgnMode", position.mode.name())
        .s("posSide", position.pos_side.name())
        .d("pos", pos(position))
        .s("ccy", &position.ccy)
        .s("posCcy", &position.pos_ccy)
        .od("avgPx", if position.is_flat() { None } else { avg_px(world, position) })
        .od("nonSettleAvgPx", position.non_settle_avg_px)
        .s("settledPnl", "")
        .s("baseBal", "")
        .s("quoteBal", "")
        .n("uTime", position.updated / MILLI)
        .end()
}

/// A row of `liquidation-warning`.
pub fn warning(world: &World, acct: AcctIx, key: &PosKey, position: &Position) -> String {
    let view = risk::view(world, acct, position);
    let (_, ratio) = liquidation(world, acct, position, &view);
    Row::new()
        .s("instType", position.inst_type.name())
        .s("instId", &world.inst(key.inst).inst_id)
        .n("posId", position.pos_id)
        .s("posSide", position.pos_side.name())
        .s("mgnMode", position.mode.name())
        .d("pos", pos(position))
        .s("posCcy", &position.pos_ccy)
        .d("lever", position.lever)
        .d("markPx", view.mark)
        .od("mgnRatio", ratio)
        .s("ccy", &position.ccy)
        .n("cTime", position.created / MILLI)
        .n("uTime", position.updated / MILLI)
        .n("pTime", world.now_ms())
        .end()
}

/// A float of the greeks, for arithmetic that is approximate anyway.
pub fn float(value: Dec) -> f64 {
    value.to_f64().unwrap_or_default()
}
