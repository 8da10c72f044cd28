//! Amendments: a new price, a new size, or both.
//!
//! A smaller size keeps the place in the queue; another price or a larger size goes to its end.

use crate::exchange::fields::Fields;
use crate::exchange::num::Dec;
use crate::exchange::order::{Attached, OrdId, OrdState, OrdType, Order};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

use super::push::Note;
use super::{check, price, read};

#[derive(Clone, Debug, Default)]
pub(super) struct Change {
    /// With what is filled already.
    pub sz: Option<Dec>,
    pub px: Option<Dec>,
    pub px_usd: Option<Dec>,
    pub px_vol: Option<Dec>,
    pub req_id: String,
    /// Cancel the order if it cannot be amended.
    pub cancel_on_fail: bool,
    pub clamp_px: bool,
    /// Its attached orders as they are to be.
    pub attached: Option<Vec<Attached>>,
    /// Not the account asks for it, but the exchange.
    pub system: bool,
}

pub(super) fn read(world: &World, id: OrdId, fields: &Fields) -> Result<Change, Refusal> {
    let mut change = Change {
        sz: read::positive(fields, "newSz")?,
        px: read::positive(fields, "newPx")?,
        px_usd: read::positive(fields, "newPxUsd")?,
        px_vol: read::positive(fields, "newPxVol")?,
        req_id: read::id_text(fields, "reqId", 32)?,
        cancel_on_fail: fields.flag("cxlOnFail")?,
        clamp_px: read::clamp(fields)?,
        ..Change::default()
    };
    if world.orders.get(id).is_some_and(|order| order.state.is_open()) {
        change.attached = world.amend_attached(id, fields, change.px, change.sz)?;
    }
    let same = change.sz.is_none() && change.px.is_none() && change.px_usd.is_none() && change.px_vol.is_none();
    if same && change.attached.is_none() {
        return Err(Refusal::new("51500", "A new price or a new size is needed."));
    }
    Ok(change)
}

struct NewPrice {
    px: Option<Dec>,
    px_usd: Option<Dec>,
    px_vol: Option<Dec>,
}

/// What an amendment makes of an order.
struct Plan {
    px: Option<Dec>,
    px_usd: Option<Dec>,
    px_vol: Option<Dec>,
    sz: Dec,
    left: Dec,
}

impl World {
    /// Moves an order to another price, as the exchange does for one that chases the best price.
    pub fn reprice(&mut self, id: OrdId, px: Dec) -> Result<(), Refusal> {
        self.amend(id, &Change { px: Some(px), system: true, ..Change::default() })
    }

    pub(super) fn amend(&mut self, id: OrdId, change: &Change) -> Result<(), Refusal> {
        let result = self.try_amend(id, change);
        if result.is_err() && change.cancel_on_fail && self.orders.get(id).is_some_and(|order| order.state.is_open()) {
            self.finish(id, OrdState::Canceled, "0", &Note { req_id: change.req_id.clone(), ..Note::default() });
        }
        self.settle();
        result
    }

    fn try_amend(&mut self, id: OrdId, change: &Change) -> Result<(), Refusal> {
        let gone = || Refusal::new("51503", "Your order has already been filled or canceled.");
        let order = self.orders.get(id).filter(|order| order.state.is_open()).ok_or_else(gone)?;
        let plan = self.plan(order, change)?;
        let (inst, side, kind) = (order.inst, order.side, order.ord_type);
        let old = (order.px, order.px_usd, order.px_vol, order.sz, order.left);
        let note = Note::amended(if change.system { "4" } else { "1" }, "0", &change.req_id);
        let now = self.now;
        let Some(order) = self.orders.get_mut(id) else { return Err(gone()) };
        (order.px, order.px_usd, order.px_vol, order.sz, order.left) = (plan.px, plan.px_usd, plan.px_vol, plan.sz, plan.left);
        if plan.left <= Dec::ZERO {
            // What was asked for is filled already.
            (order.px, order.left) = (old.0, Dec::ZERO);
            self.finish(id, OrdState::Filled, "", &note);
            return Ok(());
        }
        if let Err(short) = self.adjust_reserve(id) {
            if let Some(order) = self.orders.get_mut(id) {
                (order.px, order.px_usd, order.px_vol, order.sz, order.left) = old;
            }
            return Err(short);
        }
        let Some(order) = self.orders.get_mut(id) else { return Err(gone()) };
        order.updated = now;
        if let Some(attached) = &change.attached {
            order.attached.clone_from(attached);
        }
        let stays = old.0 == plan.px && plan.left <= old.4;
        if !stays {
            order.in_book = false;
        }
        if let Some(px) = old.0 {
            if stays {
                self.book_mut(inst).set(side, px, id, plan.left);
            } else {
                self.book_mut(inst).remove(side, px, id);
            }
        }
        self.push_order(id, &note);
        if !stays {
            let stop = if kind == OrdType::PostOnly { super::matching::Stop::Dry } else { self.take(id, plan.px) };
            self.after_take(id, stop, false);
        }
        Ok(())
    }

    /// Checks a change; nothing is done yet.
    fn plan(&self, order: &Order, change: &Change) -> Result<Plan, Refusal> {
        let inst = self.inst(order.inst);
        match inst.state.as_str() {
            "live" | "post_only" => {}
            "preopen" => return Err(Refusal::new("51508", "Orders cannot be amended during the call auction.")),
            "expired" => return Err(Refusal::new("51027", "The contract has expired.")),
            _ => return Err(Refusal::new("51022", "Trading of the instrument is suspended.")),
        }
        let new = self.new_price(order, change)?;
        let px = new.px.map(|px| price::banded(self, inst, order.side, px, change.clamp_px, true)).transpose()?;
        let sz = change.sz.unwrap_or(order.sz);
        let left = sz - order.acc_fill_sz;
        if change.sz.is_some() && left > Dec::ZERO {
            check::check_lots(inst, sz)?;
            if sz > inst.max_lmt_sz {
                let code = if inst.inst_type.is_contract() { "51101" } else { "51005" };
                return Err(Refusal::new(code, "The new size is above the maximum size of an order."));
            }
        }
        let px = px.or(order.px);
        if order.ord_type == OrdType::PostOnly && px != order.px && px.is_some_and(|px| self.book(order.inst).crosses(order.side, px)) {
            return Err(Refusal::new("51511", "The amendment failed: the post-only order would take liquidity."));
        }
        if order.closes() && left > order.left && left > self.closable(order) - self.rival_size(order) {
            return Err(Refusal::new("51112", "The size to close is above the closable size."));
        }
        if left > order.left {
            check::check_cover(self, self.account(order.acct), order, left)?;
        }
        Ok(Plan { px, px_usd: new.px_usd, px_vol: new.px_vol, sz, left })
    }

    /// A price is amended in the unit it was placed in: the price in coins, and the units as they will be.
    fn new_price(&self, order: &Order, change: &Change) -> Result<NewPrice, Refusal> {
        let units = [change.px, change.px_usd, change.px_vol];
        if units.iter().flatten().count() > 1 {
            return Err(Refusal::new("51176", "Only one of newPx, newPxUsd and newPxVol can be given."));
        }
        let kept = NewPrice { px: None, px_usd: order.px_usd, px_vol: order.px_vol };
        let inst = self.inst(order.inst);
        match (units, order.px_usd, order.px_vol) {
            ([None, None, None], _, _) => Ok(kept),
            ([px, None, None], None, None) => Ok(NewPrice { px, ..kept }),
            ([None, Some(usd), None], Some(_), None) => {
                let px = price::of_usd(self, inst, usd).ok_or_else(|| Refusal::parameter("newPxUsd"))?;
                Ok(NewPrice { px: Some(px), px_usd: Some(usd), ..kept })
            }
            ([None, None, Some(vol)], None, Some(_)) => {
                let px = price::of_vol(self, inst, vol).ok_or_else(|| Refusal::parameter("newPxVol"))?;
                Ok(NewPrice { px: Some(px), px_vol: Some(vol), ..kept })
            }
            _ => Err(Refusal::new("51177", "The price can only be amended in the unit the order was placed in.")),
        }
    }
}
