//! `POST trade/amend-algos`: TP/SL and trigger orders that wait; no other kind can be amended.

use crate::exchange::algo::checks::{against_market, id, number, ord_px, positive, px_type};
use crate::exchange::algo::model::{Algo, AlgoId, Kind, Leg, State};
use crate::exchange::algo::{attached, read, reattach, rows, size};
use crate::exchange::fields::Fields;
use crate::exchange::instrument::InstType;
use crate::exchange::num::Dec;
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

pub fn amend(world: &mut World, id: AlgoId, fields: &Fields, req_id: &str) -> Result<(), Refusal> {
    let old = world.algos.get(id).ok_or_else(gone)?;
    if !old.state.is_open() {
        return Err(gone());
    }
    let mut new = old.clone();
    match new.kind {
        Kind::Conditional | Kind::Oco => stop(world, fields, &mut new)?,
        Kind::Trigger => trigger(world, fields, &mut new)?,
        _ => return Err(Refusal::new("51506", "Order modification unavailable for the order type.")),
    }
    if let Some(sz) = number(fields, "newSz")? {
        if new.closes_position() {
            return Err(Refusal::new(
                "51524",
                "Modification failed. The size of a TP/SL order that closes the entire position can't be changed.",
            ));
        }
        if new.tp_is_limit() {
            return Err(Refusal::new("51090", "You can't modify the amount of an SL order placed with a TP limit order."));
        }
        if sz <= Dec::ZERO {
            return Err(Refusal::parameter("newSz"));
        }
        new.sz = sz;
        size::within(&new, world.inst(new.inst))?;
    }
    new.updated = world.now;
    req_id.clone_into(&mut new.req_id);
    "0".clone_into(&mut new.amend_result);
    let inst = new.inst;
    world.algos.all.insert(id, new);
    rows::push(world, id);
    if let Some(algo) = world.algos.all.get_mut(&id) {
        algo.req_id.clear();
        algo.amend_result.clear();
    }
    world.algos.moved.insert(inst);
    Ok(())
}

fn gone() -> Refusal {
    Refusal::new("51503", "Order modification failed as the order has been filled, canceled or does not exist.")
}

fn asked(fields: &Fields, names: &[&str]) -> bool {
    names.iter().any(|name| fields.text(name).is_some())
}

/// The leg as amended; `0` in either price deletes it.
fn leg(fields: &Fields, names: [&str; 3], old: Option<Leg>, inst_type: InstType) -> Result<Option<Leg>, Refusal> {
    let [trigger, kind, order] = names;
    if [number(fields, trigger)?, number(fields, order)?].iter().flatten().any(Dec::is_zero) {
        return Ok(None);
    }
    let (new_trigger, new_order) = (positive(fields, trigger)?, ord_px(fields, order)?);
    let new_type = if fields.text(kind).is_some() { Some(px_type(fields, kind, inst_type)?) } else { None };
    match old {
        Some(old) => Ok(Some(Leg {
            trigger_px: if old.trigger_px.is_none() { None } else { new_trigger.or(old.trigger_px) },
            px_type: new_type.unwrap_or(old.px_type),
            ord_px: new_order.unwrap_or(old.ord_px),
        })),
        None if asked(fields, &[trigger, order]) => read::leg(fields, [trigger, kind, order], inst_type),
        None => Ok(None),
    }
}

fn stop(world: &World, fields: &Fields, algo: &mut Algo) -> Result<(), Refusal> {
    let tp = ["newTpTriggerPx", "newTpTriggerPxType", "newTpOrdPx"];
    let sl = ["newSlTriggerPx", "newSlTriggerPxType", "newSlOrdPx"];
    if !asked(fields, &tp) && !asked(fields, &sl) && !asked(fields, &["newSz"]) {
        return Err(Refusal::new("51500", "You must enter a price, quantity, or TP/SL."));
    }
    if algo.state == State::PartiallyEffective {
        return Err(Refusal::new("51532", "Order modification failed. Partially triggered TP/SL orders can't be modified."));
    }
    let limit = algo.tp_is_limit();
    if limit && asked(fields, &tp) {
        return Err(Refusal::new("51098", "You can't add a new TP order to an SL order placed with a TP limit order."));
    }
    let (had_tp, had_sl) = (algo.tp, algo.sl);
    algo.tp = leg(fields, tp, algo.tp, algo.inst_type)?;
    algo.sl = leg(fields, sl, algo.sl, algo.inst_type)?;
    if algo.tp.is_none() && algo.sl.is_none() {
        return Err(Refusal::new("51531", "Order modification failed. A TP/SL order needs a take profit or a stop loss."));
    }
    // Spot and margin orders stay what they are: one-way or two-way.
    if !algo.inst_type.is_contract() && (algo.tp.is_some() != had_tp.is_some() || algo.sl.is_some() != had_sl.is_some()) {
        return Err(Refusal::new("51526", "Order modification failed. A take profit or stop loss can't be added or removed."));
    }
    if algo.closes_position() && [algo.tp, algo.sl].iter().flatten().any(|leg| leg.ord_px != Dec::NEGATIVE_ONE) {
        return Err(Refusal::new(
            "51523",
            "Modification failed. The order price of a TP/SL order that closes the entire position can't be changed.",
        ));
    }
    algo.kind = if algo.tp.is_some() && algo.sl.is_some() { Kind::Oco } else { Kind::Conditional };
    let tp = algo.tp.filter(|leg| Some(*leg) != had_tp);
    let sl = algo.sl.filter(|leg| Some(*leg) != had_sl);
    against_market(world, algo.inst, algo.side, tp.as_ref(), sl.as_ref())
}

fn trigger(world: &World, fields: &Fields, algo: &mut Algo) -> Result<(), Refusal> {
    let wanted = fields.list("attachAlgoOrds")?;
    let chase = fields.list("advChaseParams")?;
    if !asked(fields, &["newTriggerPx", "newOrdPx", "newTriggerPxType", "newSz"]) && wanted.is_empty() && chase.is_empty() {
        return Err(Refusal::new("51500", "You must enter a price, quantity, or TP/SL."));
    }
    let Some(trigger) = algo.trigger.as_mut() else { return Ok(()) };
    trigger.px = positive(fields, "newTriggerPx")?.unwrap_or(trigger.px);
    trigger.ord_px = ord_px(fields, "newOrdPx")?.unwrap_or(trigger.ord_px);
    if fields.text("newTriggerPxType").is_some() {
        trigger.px_type = px_type(fields, "newTriggerPxType", algo.inst_type)?;
    }
    trigger.up = world.trigger_px(algo.inst, trigger.px_type).is_none_or(|now| trigger.px >= now);
    let px = if trigger.ord_px == Dec::NEGATIVE_ONE { trigger.px } else { trigger.ord_px };
    if let Some(given) = chase.first() {
        let plan = algo.chase.as_mut().ok_or_else(|| Refusal::parameter("advChaseParams"))?;
        if let Some(val) = number(given, "newChaseVal")? {
            // At the best price, or at a distance: one does not become the other.
            if val < Dec::ZERO || val.is_zero() != plan.val.is_zero() {
                return Err(Refusal::parameter("newChaseVal"));
            }
            plan.val = val;
        }
        if let Some(most) = positive(given, "newMaxChaseVal")? {
            let (ratio, _) = plan.max.ok_or_else(|| Refusal::parameter("newMaxChaseVal"))?;
            plan.max = Some((ratio, most));
        }
    }
    for given in &wanted {
        id(given, "attachAlgoClOrdId", 32)?;
    }
    let parent = attached::Parent {
        inst: algo.inst,
        inst_type: algo.inst_type,
        side: algo.side,
        closing: algo.reduce_only,
        px: Some(px),
        sz: positive(fields, "newSz")?.unwrap_or(algo.sz),
    };
    if let Some(entries) = reattach::amended(world, &algo.attached, &wanted, &parent)? {
        algo.attached = entries;
    }
    Ok(())
}
