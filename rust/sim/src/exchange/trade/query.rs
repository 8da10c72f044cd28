//! Orders and fills, asked for.

use crate::exchange::account::Fill;
use crate::exchange::call::{Answer, Call, Reply};
use crate::exchange::fields::Fields;
use crate::exchange::instrument::{InstType, Instrument};
use crate::exchange::io::{MILLI, Nanos, SECOND};
use crate::exchange::json::Row;
use crate::exchange::num::Dec;
use crate::exchange::order::{OrdState, Order};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

use super::{read, rows};

const HOUR: Nanos = 3_600 * SECOND;
const DAY: Nanos = 24 * HOUR;
/// Three months.
const ARCHIVE: Nanos = 90 * DAY;
/// A canceled order without a fill is forgotten after this time.
const UNFILLED: Nanos = 2 * HOUR;
const PAGE: usize = 100;

/// `GET trade/order`.
pub(super) fn order(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let world = &*call.world;
    let inst = read::instrument(world, &call.params, false)?;
    let found = read::named(world, acct, &call.params, inst, "51003")?.and_then(|id| world.orders.get(id));
    let order = found.filter(|order| !faded(world, order, UNFILLED)).ok_or(Refusal::new("51603", "Order does not exist"))?;
    Ok(Reply::Data(vec![rows::asked(world, order)]))
}

/// A canceled order that never filled, this long ago.
fn faded(world: &World, order: &Order, after: Nanos) -> bool {
    let empty = matches!(order.state, OrdState::Canceled | OrdState::MmpCanceled) && order.acc_fill_sz.is_zero();
    empty && world.now.saturating_sub(order.updated) >= after
}

/// What all lists filter by.
struct Filter {
    inst_type: Option<InstType>,
    family: Option<String>,
    inst_id: Option<String>,
    begin: Nanos,
    end: Nanos,
    /// Older than this id, newer than that.
    after: u64,
    before: u64,
    limit: usize,
}

impl Filter {
    fn read(params: &Fields, type_needed: bool) -> Result<Self, Refusal> {
        let inst_type = match params.text("instType") {
            None if type_needed => return Err(Refusal::missing("instType")),
            None => None,
            Some(name) => Some(InstType::of(&name).ok_or_else(|| Refusal::parameter("instType"))?),
        };
        let limit = params.int("limit")?.map_or(PAGE, |limit| limit as usize);
        if limit == 0 {
            return Err(Refusal::parameter("limit"));
        }
        Ok(Self {
            inst_type,
            family: params.text("instFamily").or_else(|| params.text("uly")),
            inst_id: params.text("instId"),
            begin: params.int("begin")?.map_or(0, |ms| ms.saturating_mul(MILLI)),
            end: params.int("end")?.map_or(u64::MAX, |ms| ms.saturating_mul(MILLI)),
            after: params.int("after")?.unwrap_or(u64::MAX),
            before: params.int("before")?.unwrap_or(0),
            limit: limit.min(PAGE),
        })
    }

    fn fits(&self, kind: InstType, inst: &Instrument, id: u64, at: Nanos) -> bool {
        id < self.after
            && id > self.before
            && self.inst_type.is_none_or(|wanted| wanted == kind)
            && self.family.as_ref().is_none_or(|wanted| *wanted == inst.family || *wanted == inst.uly)
            && self.inst_id.as_ref().is_none_or(|wanted| *wanted == inst.inst_id)
            && (self.begin..=self.end).contains(&at)
    }
}

/// Words an order must have: comma lists, empty for any.
struct Words {
    ord_types: Vec<String>,
    states: Vec<String>,
    categories: Vec<String>,
}

impl Words {
    fn read(params: &Fields, states: &[&str]) -> Result<Self, Refusal> {
        let words = Self { ord_types: params.names("ordType"), states: params.names("state"), categories: params.names("category") };
        if words.ord_types.iter().any(|kind| read::ord_type(kind).is_none() && kind != "op_fok") {
            return Err(Refusal::parameter("ordType"));
        }
        if words.states.iter().any(|state| !states.contains(&state.as_str())) {
            return Err(Refusal::parameter("state"));
        }
        Ok(words)
    }

    fn fit(&self, order: &Order) -> bool {
        let any = |words: &[String], word: &str| words.is_empty() || words.iter().any(|wanted| wanted == word);
        any(&self.ord_types, order.ord_type.name()) && any(&self.states, order.state.name()) && any(&self.categories, &order.category)
    }
}

/// `GET trade/orders-pending`.
pub(super) fn pending(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let filter = Filter::read(&call.params, false)?;
    let words = Words::read(&call.params, &["live", "partially_filled"])?;
    let world = &*call.world;
    let fits = |order: &&Order| filter.fits(order.inst_type, world.inst(order.inst), order.ord_id, order.created) && words.fit(order);
    let found = world.orders.open_of(acct).rev().filter(fits).take(filter.limit);
    Ok(Reply::Data(found.map(|order| rows::asked(world, order)).collect()))
}

/// `GET trade/orders-history`: seven days.
pub(super) fn history(call: &mut Call<'_>) -> Answer {
    ended(call, 7 * DAY, UNFILLED)
}

/// `GET trade/orders-history-archive`: three months, without canceled orders that never filled.
pub(super) fn archive(call: &mut Call<'_>) -> Answer {
    ended(call, ARCHIVE, 0)
}

fn ended(call: &mut Call<'_>, span: Nanos, unfilled: Nanos) -> Answer {
    let acct = call.who()?;
    let filter = Filter::read(&call.params, true)?;
    let words = Words::read(&call.params, &["canceled", "filled", "mmp_canceled"])?;
    let world = &*call.world;
    let oldest = world.now.saturating_sub(span);
    let done = world.orders.done.get(&acct).into_iter().flatten().filter_map(|id| world.orders.get(*id));
    let mut found: Vec<&Order> = done
        .filter(|order| filter.fits(order.inst_type, world.inst(order.inst), order.ord_id, order.created) && words.fit(order))
        .filter(|order| order.updated >= oldest && !faded(world, order, unfilled))
        .collect();
    found.sort_unstable_by_key(|order| std::cmp::Reverse(order.ord_id));
    Ok(Reply::Data(found.into_iter().take(filter.limit).map(|order| rows::asked(world, order)).collect()))
}

/// `GET trade/fills`: three days.
pub(super) fn fills(call: &mut Call<'_>) -> Answer {
    filled(call, 3 * DAY, false)
}

/// `GET trade/fills-history`: three months.
pub(super) fn fills_history(call: &mut Call<'_>) -> Answer {
    filled(call, ARCHIVE, true)
}

fn filled(call: &mut Call<'_>, span: Nanos, type_needed: bool) -> Answer {
    let acct = call.who()?;
    let filter = Filter::read(&call.params, type_needed)?;
    let ord_id = call.params.int("ordId")?;
    let sub_type = call.params.text("subType");
    let world = &*call.world;
    let oldest = world.now.saturating_sub(span);
    let fits = |fill: &&Fill| {
        filter.fits(fill.inst_type, world.inst(fill.inst), fill.bill_id, fill.at)
            && ord_id.is_none_or(|id| id == fill.ord_id)
            && sub_type.as_ref().is_none_or(|kind| *kind == fill.sub_type)
            && fill.at >= oldest
    };
    let found = world.account(acct).fills.iter().rev().filter(fits).take(filter.limit);
    Ok(Reply::Data(found.map(|fill| fill_row(world, fill)).collect()))
}

/// Trades of a liquidation or ADL have negative numbers here; their sub-types have three digits.
fn trade_id(fill: &Fill) -> String {
    if fill.sub_type.len() > 2 { format!("-{}", fill.trade_id) } else { fill.trade_id.to_string() }
}

fn fill_row(world: &World, fill: &Fill) -> String {
    let inst = world.inst(fill.inst);
    let spot = !inst.inst_type.is_contract();
    let option = inst.inst_type == InstType::Option;
    let row = Row::new()
        .s("instType", fill.inst_type.name())
        .s("instId", &inst.inst_id)
        .s("tradeId", &trade_id(fill))
        .n("ordId", fill.ord_id)
        .s("clOrdId", &fill.cl_ord_id)
        .n("billId", fill.bill_id)
        .s("subType", &fill.sub_type)
        .s("tag", &fill.tag)
        .d("fillPx", fill.px)
        .d("fillSz", fill.sz)
        .od("fillIdxPx", fill.idx_px)
        .d("fillPnl", fill.pnl)
        .s("fillPxVol", "")
        .od("fillPxUsd", fill.idx_px.filter(|_| option).map(|index| (index * fill.px).round_dp(8)))
        .s("fillMarkVol", "")
        .s("fillFwdPx", "")
        .od("fillMarkPx", fill.mark_px)
        .s("side", fill.side.name())
        .s("posSide", fill.pos_side.name())
        .s("execType", if fill.taker { "T" } else { "M" })
        .s("feeCcy", &fill.fee_ccy)
        .d("fee", fill.fee);
    row.od("feeRate", Some(fill.fee_rate).filter(|_| spot))
        .n("ts", fill.at / MILLI)
        .n("fillTime", fill.at / MILLI)
        .s("tradeQuoteCcy", &fill.trade_quote_ccy)
        .end()
}

/// `GET trade/account-rate-limit`: fill ratios are counted from VIP5 on only.
pub(super) fn rate_limit(call: &mut Call<'_>) -> Answer {
    call.who()?;
    let limit = (Dec::from(1_000) * Dec::try_from(call.world.config.limits).unwrap_or(Dec::ONE)).floor();
    let row = Row::new().d("accRateLimit", limit).s("fillRatio", "").s("mainFillRatio", "").s("nextAccRateLimit", "");
    Ok(Reply::Data(vec![row.n("ts", call.world.now_ms()).end()]))
}
