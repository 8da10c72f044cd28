//! `attachAlgoOrds`: TP/SL and trailing stops sent along with an order, read, checked and shown.

use std::collections::BTreeSet;

use crate::exchange::account::AcctIx;
use crate::exchange::algo::checks::{MARKET, against_order, callback, id, number, ord_px, positive, px_type};
use crate::exchange::fields::Fields;
use crate::exchange::instrument::{InstIx, InstType};
use crate::exchange::json::{Row, array};
use crate::exchange::num::Dec;
use crate::exchange::order::{Attached, OrdType, PlaceRequest, PosSide, Side, TdMode};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

/// Take-profits one order can be split into.
const SPLITS: usize = 10;

/// What the attached orders depend on.
#[derive(Clone, Copy, Debug)]
pub struct Parent {
    pub inst: InstIx,
    pub inst_type: InstType,
    pub side: Side,
    /// Only reduces.
    pub closing: bool,
    /// `None`: market.
    pub px: Option<Dec>,
    pub sz: Dec,
}

/// Reads and checks `attachAlgoOrds` of an order request (the older flat `tp…`/`sl…` fields too).
pub fn read_attached(world: &mut World, acct: AcctIx, fields: &Fields, order: &PlaceRequest) -> Result<Vec<Attached>, Refusal> {
    let mut wanted = fields.list("attachAlgoOrds")?;
    if wanted.is_empty() {
        let flat = ["tpTriggerPx", "tpOrdPx", "slTriggerPx", "slOrdPx", "attachAlgoClOrdId"];
        if !flat.iter().any(|name| fields.text(name).is_some()) {
            return Ok(Vec::new());
        }
        wanted.push(fields.clone().with("sz", "").with("activePx", "").with("callbackRatio", "").with("callbackSpread", ""));
    }
    let inst = world.inst(order.inst);
    let leveraged = inst.inst_type == InstType::Spot && order.td_mode != TdMode::Cash && world.account(acct).acct_lv == 2;
    let inst_type = if leveraged { InstType::Margin } else { inst.inst_type };
    let closes = matches!((order.side, order.pos_side), (Side::Sell, Some(PosSide::Long)) | (Side::Buy, Some(PosSide::Short)));
    if closes {
        return Err(Refusal::new("51333", "Close position order in hedge-mode or reduce-only order in one-way mode cannot attach TPSL"));
    }
    let refused = match order.ord_type {
        OrdType::Rpi => return Err(Refusal::new("54040", "RPI orders don't support attached TP/SL.")),
        OrdType::Mmp | OrdType::MmpAndPostOnly => Some(""),
        // In these the size is counted in what is received: nobody knows it beforehand.
        OrdType::Market if inst.inst_type == InstType::Spot => match (order.side, order.tgt_ccy.as_str()) {
            (Side::Buy, "base_ccy") => Some("base_ccy"),
            (Side::Sell, "quote_ccy") => Some("quote_ccy"),
            _ => None,
        },
        _ if inst.inst_type == InstType::Option => Some("OPTION"),
        _ => None,
    };
    if let Some(why) = refused {
        return Err(Refusal::because(
            "51044",
            format!("The order type {}, {why} is not allowed to set stop loss and take profit", order.ord_type.name()),
        ));
    }
    let parent = Parent {
        inst: order.inst,
        inst_type,
        side: order.side,
        closing: order.reduce_only && inst_type != InstType::Spot,
        px: order.px.filter(|_| !order.ord_type.is_market()),
        sz: order.sz,
    };
    read_list(world, acct, &wanted, &parent)
}

pub fn read_list(world: &mut World, acct: AcctIx, wanted: &[Fields], parent: &Parent) -> Result<Vec<Attached>, Refusal> {
    if parent.closing {
        return Err(Refusal::new(
            "51100",
            "Unable to place order. Take profit/Stop loss conditions cannot be added to reduce-only orders.",
        ));
    }
    let mut read = wanted.iter().map(|fields| one(fields, parent)).collect::<Result<Vec<_>, _>>()?;
    let mut names = BTreeSet::new();
    for name in read.iter().map(|entry| &entry.attach_algo_cl_ord_id).filter(|name| !name.is_empty()) {
        if !names.insert(name.clone()) || world.algos.takes(acct, name) || id_taken(world, acct, name) {
            return Err(Refusal::because("51068", format!("{name} already exists within algoClOrdId and attachAlgoClOrdId.")));
        }
    }
    if read.len() > 1 {
        split(&read, parent)?;
    } else if read.iter().any(|entry| entry.amend_px_on_trigger_type == "1") {
        return Err(needs_two());
    }
    for entry in &read {
        directions(world, entry, parent)?;
    }
    for entry in &mut read {
        entry.attach_algo_id = world.ids.take();
    }
    Ok(read)
}

/// Does an open order promise this `attachAlgoClOrdId` already?
pub fn id_taken(world: &World, acct: AcctIx, cl_id: &str) -> bool {
    let promised = |attached: &[Attached]| attached.iter().any(|entry| entry.attach_algo_cl_ord_id == cl_id);
    world.orders.open_of(acct).any(|order| promised(&order.attached)) || world.algos.open_of(acct).any(|algo| promised(&algo.attached))
}

fn needs_two() -> Refusal {
    Refusal::new(
        "51085",
        "The number of TP orders cannot be less than 2 when cost-price SL is enabled (amendPxOnTriggerType set as 1) for Split TPs",
    )
}

fn one(fields: &Fields, parent: &Parent) -> Result<Attached, Refusal> {
    let contract = matches!(parent.inst_type, InstType::Swap | InstType::Futures);
    let trail = callback(fields, ["callbackRatio", "callbackSpread"])?;
    let entry = Attached {
        attach_algo_id: 0,
        attach_algo_cl_ord_id: id(fields, "attachAlgoClOrdId", 32)?,
        tp_trigger_px: number(fields, "tpTriggerPx")?.filter(|px| !px.is_zero()),
        tp_trigger_ratio: number(fields, "tpTriggerRatio")?,
        tp_trigger_px_type: px_type(fields, "tpTriggerPxType", parent.inst_type)?.name().to_owned(),
        tp_ord_px: ord_px(fields, "tpOrdPx")?,
        tp_ord_kind: fields.word("tpOrdKind", &["condition", "limit"])?.to_owned(),
        sl_trigger_px: number(fields, "slTriggerPx")?.filter(|px| !px.is_zero()),
        sl_trigger_ratio: number(fields, "slTriggerRatio")?,
        sl_trigger_px_type: px_type(fields, "slTriggerPxType", parent.inst_type)?.name().to_owned(),
        sl_ord_px: ord_px(fields, "slOrdPx")?,
        sz: positive(fields, "sz")?,
        amend_px_on_trigger_type: fields.word("amendPxOnTriggerType", &["0", "1"])?.to_owned(),
        callback_ratio: trail.and_then(|(ratio, _)| ratio),
        callback_spread: trail.and_then(|(_, spread)| spread),
        active_px: positive(fields, "activePx")?,
    };
    check(&entry, parent, contract)?;
    Ok(entry)
}

pub(super) fn has_tp(entry: &Attached) -> bool {
    entry.tp_trigger_px.is_some() || entry.tp_trigger_ratio.is_some() || entry.tp_ord_kind == "limit"
}

pub(super) fn has_sl(entry: &Attached) -> bool {
    entry.sl_trigger_px.is_some() || entry.sl_trigger_ratio.is_some()
}

pub(super) fn is_trail(entry: &Attached) -> bool {
    entry.callback_ratio.is_some() || entry.callback_spread.is_some()
}

pub(super) fn check(entry: &Attached, parent: &Parent, contract: bool) -> Result<(), Refusal> {
    for (name, px) in [("tpTriggerPx", entry.tp_trigger_px), ("slTriggerPx", entry.sl_trigger_px)] {
        if px.is_some_and(|px| px < Dec::ZERO) {
            return Err(Refusal::parameter(name));
        }
    }
    if entry.tp_ord_kind == "limit" {
        if !contract {
            return Err(Refusal::new("51094", "You can't place TP limit orders in spot, margin, or options trading."));
        }
        match entry.tp_ord_px {
            None => return Err(Refusal::parameter("tpOrdPx")),
            Some(px) if px == MARKET => {
                return Err(Refusal::new("51093", "TP limit order prices (tpOrdPx) in one order can't be –1 (market price)."));
            }
            Some(_) => {}
        }
    }
    if !has_tp(entry) && !has_sl(entry) && !is_trail(entry) {
        if entry.tp_ord_px.is_some() {
            return Err(Refusal::parameter("tpTriggerPx"));
        }
        if entry.sl_ord_px.is_some() {
            return Err(Refusal::parameter("slTriggerPx"));
        }
        return Err(Refusal::new("51178", "tpTriggerPx&tpOrdPx or slTriggerPx&slOrdPx can't be empty when using attachAlgoClOrdId."));
    }
    if has_tp(entry) && entry.tp_ord_px.is_none() {
        return Err(Refusal::parameter("tpOrdPx"));
    }
    if has_sl(entry) && entry.sl_ord_px.is_none() {
        return Err(Refusal::parameter("slOrdPx"));
    }
    for (px, ratio, name) in
        [(entry.tp_trigger_px, entry.tp_trigger_ratio, "tpTriggerRatio"), (entry.sl_trigger_px, entry.sl_trigger_ratio, "slTriggerRatio")]
    {
        let Some(ratio) = ratio else { continue };
        if px.is_some() || !contract {
            return Err(Refusal::parameter(name));
        }
        let tp = name == "tpTriggerRatio";
        let fits = match (tp, parent.side) {
            (true, Side::Buy) | (false, Side::Sell) => ratio > Dec::ZERO,
            (true, Side::Sell) => ratio > Dec::NEGATIVE_ONE && ratio < Dec::ZERO,
            (false, Side::Buy) => ratio > Dec::ZERO && ratio < Dec::ONE,
        };
        if !fits {
            return Err(Refusal::because("54078", format!("{name} is out of range for this side of the order.")));
        }
    }
    Ok(())
}

/// Several entries: take-profits for parts of the order, and at most one stop-loss for all of it.
pub(super) fn split(entries: &[Attached], parent: &Parent) -> Result<(), Refusal> {
    let tps = || entries.iter().filter(|entry| has_tp(entry));
    let count = tps().count();
    let distinct = |prices: Vec<Option<Dec>>| prices.iter().flatten().collect::<BTreeSet<_>>().len() == prices.iter().flatten().count();
    if !parent.inst_type.is_contract() {
        return Err(Refusal::new("51077", "Setting multiple TP and cost-price SL orders isn’t supported for spot and margin trading."));
    }
    if entries.len() > SPLITS + 2 {
        return Err(Refusal::because(
            "51086",
            format!("The number of orders with Split TPs attached in a same order cannot exceed {}", SPLITS + 2),
        ));
    }
    if entries.iter().any(|entry| has_tp(entry) && has_sl(entry)) {
        return Err(Refusal::new(
            "51076",
            "TP/SL orders in Split TPs only support one-way TP/SL. You can't use slTriggerPx&slOrdPx and tpTriggerPx&tpOrdPx at the same time.",
        ));
    }
    if count > SPLITS {
        return Err(Refusal::because(
            "51079",
            format!("The number of TP orders with Split TPs attached in a same order cannot exceed {SPLITS}"),
        ));
    }
    if entries.iter().filter(|entry| has_sl(entry)).count() > 1 {
        return Err(Refusal::new("51084", "The number of SL orders with Split TPs attached in a same order cannot exceed 1"));
    }
    if tps().map(|entry| &entry.tp_ord_kind).collect::<BTreeSet<_>>().len() > 1 {
        return Err(Refusal::new("51091", "All TP orders in one order must be of the same type."));
    }
    let limit = tps().any(|entry| entry.tp_ord_kind == "limit");
    if limit && !distinct(tps().map(|entry| entry.tp_ord_px).collect()) {
        return Err(Refusal::new("51092", "TP order prices (tpOrdPx) in one order must be different."));
    }
    if tps().map(|entry| &entry.tp_trigger_px_type).collect::<BTreeSet<_>>().len() > 1 {
        return Err(Refusal::new(
            "51080",
            "Take-profit trigger price types (tpTriggerPxType) must be the same in an order with Split TPs attached",
        ));
    }
    if !limit && !distinct(tps().map(|entry| entry.tp_trigger_px.or(entry.tp_trigger_ratio)).collect()) {
        return Err(Refusal::new(
            "51081",
            "Take-profit trigger prices (tpTriggerPx) cannot be the same in an order with Split TPs attached",
        ));
    }
    if !limit && count > 1 && tps().any(|entry| entry.tp_ord_px != Some(MARKET)) {
        return Err(Refusal::new("51082", "TP trigger prices (tpOrdPx) in one order with multiple TPs must be market prices."));
    }
    if entries.iter().any(|entry| entry.amend_px_on_trigger_type == "1") && count < 2 {
        return Err(needs_two());
    }
    if count > 0 {
        if tps().any(|entry| entry.sz.is_none()) {
            return Err(Refusal::new("51089", "The size of the TP order among split TPs attached cannot be empty"));
        }
        let sum: Dec = tps().filter_map(|entry| entry.sz).sum();
        if sum != parent.sz {
            return Err(Refusal::new(
                "51083",
                "The total size of TP orders with Split TPs attached in a same order should equal the size of this order",
            ));
        }
    }
    Ok(())
}

pub(super) fn directions(world: &World, entry: &Attached, parent: &Parent) -> Result<(), Refusal> {
    let tp = if entry.tp_ord_kind == "limit" { entry.tp_ord_px } else { entry.tp_trigger_px };
    against_order(world, parent.inst, parent.side, parent.px, tp, entry.sl_trigger_px)
}

/// `attachAlgoOrds` as an order row shows it: a JSON array.
pub fn attached_json(attached: &[Attached]) -> String {
    let id = |entry: &Attached| if entry.attach_algo_id == 0 { String::new() } else { entry.attach_algo_id.to_string() };
    let rows: Vec<String> = attached
        .iter()
        .map(|entry| {
            let (tp, sl) = (has_tp(entry), has_sl(entry));
            Row::new()
                .s("attachAlgoId", &id(entry))
                .s("attachAlgoClOrdId", &entry.attach_algo_cl_ord_id)
                .s("tpOrdKind", if tp { &entry.tp_ord_kind } else { "" })
                .od("tpTriggerPx", entry.tp_trigger_px)
                .od("tpTriggerRatio", entry.tp_trigger_ratio)
                .s("tpTriggerPxType", if tp { &entry.tp_trigger_px_type } else { "" })
                .od("tpOrdPx", entry.tp_ord_px)
                .od("slTriggerPx", entry.sl_trigger_px)
                .od("slTriggerRatio", entry.sl_trigger_ratio)
                .s("slTriggerPxType", if sl { &entry.sl_trigger_px_type } else { "" })
                .od("slOrdPx", entry.sl_ord_px)
                .od("sz", entry.sz)
                .s("amendPxOnTriggerType", &entry.amend_px_on_trigger_type)
                .od("callbackRatio", entry.callback_ratio)
                .od("callbackSpread", entry.callback_spread)
                .od("activePx", entry.active_px)
                .s("failCode", "")
                .s("failReason", "")
                .end()
        })
        .collect();
    array(&rows)
}
