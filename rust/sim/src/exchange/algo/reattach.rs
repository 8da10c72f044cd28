//! `attachAlgoOrds` of an amendment: by `attachAlgoId`, `new…` fields, `0` deletes.

use std::collections::BTreeSet;

use crate::exchange::algo::attached::{Parent, check, directions, has_sl, has_tp, is_trail, split};
use crate::exchange::algo::checks::{callback, number, positive, px_type};
use crate::exchange::fields::Fields;
use crate::exchange::instrument::InstType;
use crate::exchange::num::Dec;
use crate::exchange::order::{Attached, OrdId};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

impl World {
    /// The attached part of an amendment of an open order: `attachAlgoOrds` by `attachAlgoId` (or `attachAlgoClOrdId`), or the older
    /// flat `newTp…`/`newSl…` fields. `new_px`, `new_sz`: what the same amendment makes of the order. `Ok(None)`: nothing asked for.
    /// The caller stores the result in `order.attached` when the whole amendment goes through.
    pub fn amend_attached(
        &self,
        id: OrdId,
        fields: &Fields,
        new_px: Option<Dec>,
        new_sz: Option<Dec>,
    ) -> Result<Option<Vec<Attached>>, Refusal> {
        let Some(order) = self.orders.get(id) else { return Ok(None) };
        let mut wanted = fields.list("attachAlgoOrds")?;
        let flat = ["newTpTriggerPx", "newTpOrdPx", "newSlTriggerPx", "newSlOrdPx"];
        if wanted.is_empty() && flat.iter().any(|name| fields.text(name).is_some()) {
            wanted.push(fields.clone().with("attachAlgoId", "").with("attachAlgoClOrdId", "").with("sz", ""));
        }
        let contract = order.inst_type.is_contract() && order.inst_type != InstType::Option;
        let parent = Parent {
            inst: order.inst,
            inst_type: order.inst_type,
            side: order.side,
            closing: order.reduce_only && contract,
            px: new_px.or(order.px),
            sz: new_sz.unwrap_or(order.sz),
        };
        amended(self, &order.attached, &wanted, &parent)
    }
}

/// The changes to `entries` an amendment asks for (`new…` fields, `0` deletes); `false` if it asks for none.
pub fn amended(world: &World, entries: &[Attached], wanted: &[Fields], parent: &Parent) -> Result<Option<Vec<Attached>>, Refusal> {
    if wanted.is_empty() {
        return Ok(None);
    }
    if entries.is_empty() {
        return Err(Refusal::new(
            "51538",
            "You need to use attachAlgoOrds if you used attachAlgoOrds when placing an order. attachAlgoOrds is not supported if you did not use attachAlgoOrds when placing this order.",
        ));
    }
    let missing = || Refusal::new("51527", "Order modification failed. At least 1 of the attached TP/SL orders does not exist.");
    let mut out = entries.to_vec();
    let mut seen = BTreeSet::new();
    for fields in wanted {
        let (id, cl_id) = (fields.text("attachAlgoId"), fields.text("attachAlgoClOrdId"));
        let named = |entry: &Attached| match (&id, &cl_id) {
            (Some(id), _) => entry.attach_algo_id.to_string() == *id,
            (None, Some(cl_id)) => entry.attach_algo_cl_ord_id == *cl_id,
            (None, None) => entries.len() == 1,
        };
        let entry = out.iter_mut().find(|entry| named(entry)).ok_or_else(missing)?;
        if !seen.insert(entry.attach_algo_id) {
            return Err(Refusal::new(
                "51539",
                "attachAlgoId or attachAlgoClOrdId cannot be identical when modifying any TP/SL within your split TPs order",
            ));
        }
        change(entry, fields, parent)?;
    }
    out.retain(|entry| has_tp(entry) || has_sl(entry) || is_trail(entry));
    if out.len() > 1 {
        split(&out, parent)?;
    }
    for entry in &out {
        check(entry, parent, matches!(parent.inst_type, InstType::Swap | InstType::Futures))?;
        directions(world, entry, parent)?;
    }
    Ok(Some(out))
}

fn change(entry: &mut Attached, fields: &Fields, parent: &Parent) -> Result<(), Refusal> {
    let or_delete = |name: &str| number(fields, name);
    let kind = |name: &str, old: &mut String| -> Result<(), Refusal> {
        if fields.text(name).is_some() {
            px_type(fields, name, parent.inst_type)?.name().clone_into(old);
        }
        Ok(())
    };
    kind("newTpTriggerPxType", &mut entry.tp_trigger_px_type)?;
    kind("newSlTriggerPxType", &mut entry.sl_trigger_px_type)?;
    if fields.text("newTpOrdKind").is_some() {
        fields.word("newTpOrdKind", &["condition", "limit"])?.clone_into(&mut entry.tp_ord_kind);
    }
    let (tp_px, tp_ratio, tp_ord) = (or_delete("newTpTriggerPx")?, or_delete("newTpTriggerRatio")?, or_delete("newTpOrdPx")?);
    if [tp_px, tp_ratio, tp_ord].iter().flatten().any(Dec::is_zero) {
        (entry.tp_trigger_px, entry.tp_trigger_ratio, entry.tp_ord_px) = (None, None, None);
        "condition".clone_into(&mut entry.tp_ord_kind);
    } else {
        if tp_px.is_some() {
            (entry.tp_trigger_px, entry.tp_trigger_ratio) = (tp_px, None);
        }
        if tp_ratio.is_some() {
            (entry.tp_trigger_px, entry.tp_trigger_ratio) = (None, tp_ratio);
        }
        entry.tp_ord_px = tp_ord.or(entry.tp_ord_px);
    }
    let (sl_px, sl_ratio, sl_ord) = (or_delete("newSlTriggerPx")?, or_delete("newSlTriggerRatio")?, or_delete("newSlOrdPx")?);
    if [sl_px, sl_ratio, sl_ord].iter().flatten().any(Dec::is_zero) {
        (entry.sl_trigger_px, entry.sl_trigger_ratio, entry.sl_ord_px) = (None, None, None);
    } else {
        if sl_px.is_some() {
            (entry.sl_trigger_px, entry.sl_trigger_ratio) = (sl_px, None);
        }
        if sl_ratio.is_some() {
            (entry.sl_trigger_px, entry.sl_trigger_ratio) = (None, sl_ratio);
        }
        entry.sl_ord_px = sl_ord.or(entry.sl_ord_px);
    }
    if let Some((ratio, spread)) = callback(fields, ["newCallbackRatio", "newCallbackSpread"])? {
        if !is_trail(entry) {
            return Err(Refusal::parameter("newCallbackRatio"));
        }
        (entry.callback_ratio, entry.callback_spread) = (ratio, spread);
    }
    entry.active_px = positive(fields, "newActivePx")?.or(entry.active_px);
    entry.sz = positive(fields, "sz")?.or(entry.sz);
    if fields.text("amendPxOnTriggerType").is_some() {
        fields.word("amendPxOnTriggerType", &["0", "1"])?.clone_into(&mut entry.amend_px_on_trigger_type);
    }
    Ok(())
}
