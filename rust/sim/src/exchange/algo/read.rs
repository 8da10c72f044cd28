//! `POST trade/order-algo`: the request read and checked; funds are no concern before the trigger.

use crate::exchange::account::AcctIx;
use crate::exchange::algo::checks::{MARKET, against_market, callback, id, number, ord_px, positive, px_type};
use crate::exchange::algo::model::{Algo, Chase, Kind, Leg, PxType, Slices, State, Trail, Trigger};
use crate::exchange::algo::{attached, size};
use crate::exchange::fields::Fields;
use crate::exchange::instrument::{InstType, Instrument};
use crate::exchange::num::Dec;
use crate::exchange::order::{PosSide, Side, TdMode};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

/// The order asked for, complete but for its id; nothing has changed yet.
pub fn read(world: &mut World, acct: AcctIx, fields: &Fields) -> Result<Algo, Refusal> {
    let mut algo = frame(world, acct, fields)?;
    let inst = world.inst(algo.inst).clone();
    match algo.kind {
        Kind::Conditional | Kind::Oco => stop(world, fields, &mut algo)?,
        Kind::Trigger => trigger(world, fields, &mut algo)?,
        Kind::MoveOrderStop => trailing(world, fields, &mut algo)?,
        Kind::Twap => slices(fields, &mut algo, &inst)?,
        Kind::Chase => algo.chase = Some(chase(fields, &inst)?),
    }
    size::read(world, fields, &mut algo, &inst)?;
    let (most, code) = algo.kind.cap();
    let alike = |held: &&Algo| held.inst == algo.inst && held.kind.cap().1 == code;
    if world.algos.open_of(acct).filter(alike).count() >= most {
        return Err(full(code, most));
    }
    Ok(algo)
}

fn full(code: &'static str, most: usize) -> Refusal {
    Refusal::because(
        code,
        match code {
            "51260" => format!("Maximum of {most} pending trailing stop orders can be held at the same time."),
            "51261" => format!("Each user can hold up to {most} pending stop orders at the same time."),
            "51263" => format!("Maximum {most} pending time-weighted orders can be held at the same time."),
            "55116" => "Only one chase order is allowed for each trading pair.".to_owned(),
            _ => format!("Order did not go through. You can hold a maximum of {most} orders of this type."),
        },
    )
}

/// What all kinds share.
fn frame(world: &World, acct: AcctIx, fields: &Fields) -> Result<Algo, Refusal> {
    let inst_id = fields.required("instId")?;
    let td_mode = match fields.required("tdMode")?.as_str() {
        "cash" => TdMode::Cash,
        "cross" => TdMode::Cross,
        "isolated" => TdMode::Isolated,
        _ => return Err(Refusal::parameter("tdMode")),
    };
    let side = match fields.required("side")?.as_str() {
        "buy" => Side::Buy,
        "sell" => Side::Sell,
        _ => return Err(Refusal::parameter("side")),
    };
    let kind = match fields.required("ordType")?.as_str() {
        "iceberg" => return Err(Refusal::not_simulated("ordType iceberg")),
        "smart_iceberg" => return Err(Refusal::not_simulated("ordType smart_iceberg")),
        name => Kind::of(name).ok_or_else(|| Refusal::parameter("ordType"))?,
    };
    let (cl_id, tag) = (id(fields, "algoClOrdId", 32)?, id(fields, "tag", 16)?);
    let inst = world.find_inst(&inst_id).ok_or(Refusal::new("51001", "Instrument ID, Instrument ID code or Spread ID doesn't exist."))?;
    if inst.inst_type == InstType::Option {
        return Err(Refusal::new("51287", "This bot doesn't support current instrument"));
    }
    let inst_type = mode(world, acct, inst, td_mode)?;
    let pos_side = pos_side(world, acct, inst, fields)?;
    if !cl_id.is_empty() {
        if world.algos.takes(acct, &cl_id) {
            return Err(Refusal::new("51065", "algoClOrdId already exists."));
        }
        if attached::id_taken(world, acct, &cl_id) {
            return Err(Refusal::because("51068", format!("{cl_id} already exists within algoClOrdId and attachAlgoClOrdId.")));
        }
    }
    let contract = inst.inst_type.is_contract();
    let reduce_only = fields.flag("reduceOnly")? && inst_type != InstType::Spot && !world.account(acct).long_short;
    let tgt_ccy = fields.word("tgtCcy", &["", "base_ccy", "quote_ccy"])?;
    Ok(Algo {
        id: 0,
        acct,
        inst: inst.ix,
        inst_type,
        cl_id,
        tag,
        kind,
        td_mode,
        side,
        pos_side,
        ccy: fields.text("ccy").unwrap_or_default(),
        sz: Dec::ZERO,
        tgt_ccy: if contract { String::new() } else { tgt_ccy.to_owned() },
        reduce_only,
        cxl_on_close_pos: false,
        trade_quote_ccy: fields.text("tradeQuoteCcy").unwrap_or_default(),
        tp: None,
        sl: None,
        trigger: None,
        trail: None,
        slices: None,
        chase: None,
        attached: Vec::new(),
        to_cost: false,
        parent: None,
        state: State::Live,
        fail_code: String::new(),
        ord_ids: Vec::new(),
        sub_algos: Vec::new(),
        tp_order: None,
        actual_sz: Dec::ZERO,
        actual_px: None,
        actual_side: String::new(),
        triggered: None,
        last: world.last_px(inst.ix),
        req_id: String::new(),
        amend_result: String::new(),
        created: world.now,
        updated: world.now,
    })
}

/// The type the order's rows carry, if this account may trade so.
fn mode(world: &World, acct: AcctIx, inst: &Instrument, td_mode: TdMode) -> Result<InstType, Refusal> {
    let level = world.account(acct).acct_lv;
    if inst.inst_type.is_contract() {
        if level == 1 {
            return Err(Refusal::new("51010", "Request unsupported under current account mode"));
        }
        if td_mode == TdMode::Cash {
            return Err(Refusal::parameter("tdMode"));
        }
    }
    if td_mode == TdMode::Isolated && level >= 3 {
        return Err(Refusal::new(
            "50072",
            "Isolated margin mode is no longer supported in multi-currency margin mode and portfolio margin mode.",
        ));
    }
    if inst.inst_type.is_contract() || td_mode == TdMode::Cash {
        return Ok(inst.inst_type);
    }
    match level {
        1 => Err(Refusal::new("51010", "Request unsupported under current account mode")),
        2 if inst.margin_lever.is_none() => Err(Refusal::parameter("tdMode")),
        2 => Ok(InstType::Margin),
        _ => Ok(InstType::Spot),
    }
}

fn pos_side(world: &World, acct: AcctIx, inst: &Instrument, fields: &Fields) -> Result<PosSide, Refusal> {
    let two_ways = world.account(acct).long_short && matches!(inst.inst_type, InstType::Swap | InstType::Futures);
    match (fields.text("posSide").as_deref(), two_ways) {
        (None | Some("net"), false) => Ok(PosSide::Net),
        (Some("long"), true) => Ok(PosSide::Long),
        (Some("short"), true) => Ok(PosSide::Short),
        _ => Err(Refusal::parameter("posSide")),
    }
}

/// Trigger price, its type and order price of a take-profit or stop-loss; `None` if neither price is there.
pub fn leg(fields: &Fields, names: [&str; 3], inst_type: InstType) -> Result<Option<Leg>, Refusal> {
    let [trigger, kind, order] = names;
    let (trigger_px, ord_px) = (positive(fields, trigger)?, ord_px(fields, order)?);
    let px_type = px_type(fields, kind, inst_type)?;
    match (trigger_px, ord_px) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(Refusal::parameter(order)),
        (None, Some(_)) => Err(Refusal::parameter(trigger)),
        (Some(px), Some(ord_px)) => Ok(Some(Leg { trigger_px: Some(px), px_type, ord_px })),
    }
}

fn stop(world: &World, fields: &Fields, algo: &mut Algo) -> Result<(), Refusal> {
    algo.sl = leg(fields, ["slTriggerPx", "slTriggerPxType", "slOrdPx"], algo.inst_type)?;
    algo.cxl_on_close_pos = fields.flag("cxlOnClosePos")?;
    if algo.cxl_on_close_pos && !algo.reduce_only && algo.pos_side == PosSide::Net {
        return Err(Refusal::parameter("cxlOnClosePos"));
    }
    algo.tp = if fields.word("tpOrdKind", &["condition", "limit"])? == "limit" {
        Some(limit_tp(fields, algo)?)
    } else if algo.kind == Kind::Conditional && algo.sl.is_some() {
        None // both sent to a one-way order: only the stop-loss counts, the take-profit is not even looked at
    } else {
        leg(fields, ["tpTriggerPx", "tpTriggerPxType", "tpOrdPx"], algo.inst_type)?
    };
    match algo.kind {
        Kind::Oco if algo.tp.is_none() => Err(Refusal::parameter("tpTriggerPx")),
        Kind::Oco if algo.sl.is_none() => Err(Refusal::parameter("slTriggerPx")),
        _ if algo.tp.is_none() && algo.sl.is_none() => {
            Err(Refusal::new("50015", "Either parameter tpTriggerPx or slTriggerPx is required"))
        }
        _ => against_market(world, algo.inst, algo.side, algo.tp.as_ref(), algo.sl.as_ref()),
    }
}

/// A take-profit that rests in the book: futures and swaps, together with a stop-loss, bound to the position.
fn limit_tp(fields: &Fields, algo: &Algo) -> Result<Leg, Refusal> {
    let px = ord_px(fields, "tpOrdPx")?.ok_or_else(|| Refusal::parameter("tpOrdPx"))?;
    if !algo.inst_type.is_contract() {
        return Err(Refusal::new("51094", "You can't place TP limit orders in spot, margin, or options trading."));
    }
    if px == MARKET {
        return Err(Refusal::new("51093", "TP limit order prices (tpOrdPx) in one order can't be –1 (market price)."));
    }
    if algo.sl.is_none() {
        return Err(Refusal::new("51095", "To place TP limit orders at this endpoint, you must place an SL order at the same time."));
    }
    if !algo.cxl_on_close_pos {
        return Err(Refusal::new("51096", "cxlOnClosePos needs to be true to place a TP limit order"));
    }
    Ok(Leg { trigger_px: None, px_type: PxType::Last, ord_px: px })
}

fn trigger(world: &mut World, fields: &Fields, algo: &mut Algo) -> Result<(), Refusal> {
    if algo.inst_type == InstType::Margin {
        return Err(Refusal::new("51317", "Trigger orders are not available by margin"));
    }
    if !algo.tgt_ccy.is_empty() {
        return Err(Refusal::new("51281", "Trigger order do not support the tgtCcy parameter."));
    }
    let px = positive(fields, "triggerPx")?.ok_or_else(|| Refusal::missing("triggerPx"))?;
    let advance = fields.word("advanceOrdType", &["", "fok", "ioc", "chase"])?;
    if advance == "chase" {
        let inst = world.inst(algo.inst).clone();
        let [given] = fields.list("advChaseParams")?.try_into().map_err(|_| Refusal::missing("advChaseParams"))?;
        algo.chase = Some(chase(&given, &inst)?);
    }
    let ord_px = if advance == "chase" { Some(MARKET) } else { ord_px(fields, "orderPx")? };
    let ord_px = ord_px.ok_or_else(|| Refusal::missing("orderPx"))?;
    if matches!(advance, "fok" | "ioc") && ord_px == MARKET {
        return Err(Refusal::parameter("orderPx"));
    }
    let px_type = px_type(fields, "triggerPxType", algo.inst_type)?;
    let up = world.trigger_px(algo.inst, px_type).is_none_or(|now| px >= now);
    algo.trigger = Some(Trigger { px, px_type, ord_px, advance: advance.to_owned(), up });
    let wanted = fields.list("attachAlgoOrds")?;
    if !wanted.is_empty() {
        if advance == "chase" {
            return Err(Refusal::parameter("attachAlgoOrds"));
        }
        // A market order will go at about the trigger price.
        let order = attached::Parent {
            inst: algo.inst,
            inst_type: algo.inst_type,
            side: algo.side,
            closing: algo.reduce_only,
            px: Some(if ord_px == MARKET { px } else { ord_px }),
            sz: positive(fields, "sz")?.unwrap_or_default(),
        };
        algo.attached = attached::read_list(world, algo.acct, &wanted, &order)?;
    }
    Ok(())
}

fn trailing(world: &World, fields: &Fields, algo: &mut Algo) -> Result<(), Refusal> {
    let (ratio, spread) = callback(fields, ["callbackRatio", "callbackSpread"])?
        .ok_or(Refusal::new("50015", "Either parameter callbackRatio or callbackSpread is required"))?;
    let active_px = positive(fields, "activePx")?;
    let now = world.last_px(algo.inst);
    if let (Some(px), Some(now)) = (active_px, now) {
        if algo.side == Side::Sell && px <= now {
            return Err(Refusal::new(
                "51258",
                "Trailing stop order placement failed. The trigger price of a sell order must be higher than the last transaction price.",
            ));
        }
        if algo.side == Side::Buy && px >= now {
            return Err(Refusal::new(
                "51259",
                "Trailing stop order placement failed. The trigger price of a buy order must be lower than the last transaction price.",
            ));
        }
    }
    let extreme = if active_px.is_none() { now } else { None };
    algo.trail = Some(Trail { ratio, spread, active_px, extreme });
    Ok(())
}

fn slices(fields: &Fields, algo: &mut Algo, inst: &Instrument) -> Result<(), Refusal> {
    let (px_var, px_spread) = (number(fields, "pxVar")?, number(fields, "pxSpread")?);
    match (px_var, px_spread) {
        (None, None) => return Err(Refusal::new("50015", "Either parameter pxVar or pxSpread is required")),
        (Some(_), Some(_)) => return Err(Refusal::new("50024", "Parameter pxVar and pxSpread can not exist at the same time.")),
        (Some(var), None) if var < Dec::new(1, 4) || var > Dec::new(1, 2) => {
            return Err(Refusal::new("51270", "The limit of time-weighted order price variance is 0 < x <= 1%."));
        }
        (None, Some(spread)) if spread < Dec::ZERO => return Err(Refusal::parameter("pxSpread")),
        _ => {}
    }
    let sz_limit = positive(fields, "szLimit")?.ok_or_else(|| Refusal::missing("szLimit"))?;
    let px_limit = number(fields, "pxLimit")?.ok_or_else(|| Refusal::missing("pxLimit"))?;
    let interval_s = fields.int("timeInterval")?.ok_or_else(|| Refusal::missing("timeInterval"))?;
    if px_limit < Dec::ZERO {
        return Err(Refusal::new("51265", "Time-weighted order limit error."));
    }
    if !(1..=600).contains(&interval_s) {
        return Err(Refusal::new("51269", "Time-weighted order interval error. Interval must be 1<= x<=600."));
    }
    if sz_limit > inst.max_lmt_sz {
        return Err(Refusal::new("51264", "Average amount exceeds the limit of per time-weighted order."));
    }
    size::lot(sz_limit, inst)?;
    algo.slices = Some(Slices { px_var, px_spread, sz_limit, px_limit, interval_s, next: 0, count: 0 });
    Ok(())
}

fn chase(fields: &Fields, inst: &Instrument) -> Result<Chase, Refusal> {
    if !matches!(inst.inst_type, InstType::Swap | InstType::Futures) {
        return Err(Refusal::new("51287", "This bot doesn't support current instrument"));
    }
    let ratio = fields.word("chaseType", &["distance", "ratio"])? == "ratio";
    let val = number(fields, "chaseVal")?.unwrap_or_default();
    if val < Dec::ZERO || ratio && val >= Dec::ONE {
        return Err(Refusal::parameter("chaseVal"));
    }
    let most = positive(fields, "maxChaseVal")?;
    let max = match (fields.text("maxChaseType").as_deref(), most) {
        (None, None) => None,
        (Some(kind @ ("distance" | "ratio")), Some(most)) => Some((kind == "ratio", most)),
        (Some("distance" | "ratio"), None) => return Err(Refusal::parameter("maxChaseVal")),
        _ => return Err(Refusal::parameter("maxChaseType")),
    };
    Ok(Chase { ratio, val, max, start: None, next: 0 })
}
