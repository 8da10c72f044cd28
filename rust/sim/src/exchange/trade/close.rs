//! Ways to end many orders or a whole position at once: close-position, mass-cancel, cancel-all-after.

use std::collections::BTreeMap;

use crate::exchange::account::{AcctIx, PosKey};
use crate::exchange::call::{Answer, Call, Reply};
use crate::exchange::instrument::InstType;
use crate::exchange::io::{MILLI, Nanos, SECOND};
use crate::exchange::json::Row;
use crate::exchange::num::Dec;
use crate::exchange::order::{OrdId, OrdState, OrdType, Order, PlaceRequest, PosSide, TdMode};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

use super::push::Note;
use super::read;

/// When all orders of an account (`""`), or those with a tag, are canceled.
pub(super) type Timers = BTreeMap<(AcctIx, String), Nanos>;

/// Tags an account may have timers for.
const TAGS: usize = 20;

/// `POST trade/close-position`: everything, at market.
pub(super) fn position(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let params = std::mem::take(&mut call.params);
    let world = &mut *call.world;
    let inst = read::instrument(world, &params, false)?;
    let mode = read::td_mode(&params.required("mgnMode")?).filter(|mode| *mode != TdMode::Cash);
    let mode = mode.ok_or_else(|| Refusal::parameter("mgnMode"))?;
    let kind = world.inst(inst).inst_type;
    let two_sided = world.account(acct).long_short && matches!(kind, InstType::Swap | InstType::Futures);
    let pos_side = match (params.text("posSide").as_deref().map(read::pos_side), two_sided) {
        (None | Some(Some(PosSide::Net)), false) => PosSide::Net,
        (Some(Some(side @ (PosSide::Long | PosSide::Short))), true) => side,
        _ => return Err(Refusal::parameter("posSide")),
    };
    let cl_ord_id = read::id_text(&params, "clOrdId", 32)?;
    let tag = read::id_text(&params, "tag", 16)?;
    let auto_cancel = params.flag("autoCxl")?;

    let key = PosKey { inst, mode, side: pos_side };
    let position = world.account(acct).positions.get(&key).filter(|position| !position.is_flat());
    let missing = || Refusal::new("51023", "Position does not exist.");
    let position = position.ok_or_else(missing)?;
    let side = position.side_to_close();
    let inst_type = position.inst_type;
    let blank = Order { td_mode: mode, pos_side, ccy: position.ccy.clone(), ..Order::blank(acct, inst, inst_type, side, Dec::ZERO) };
    let sz = world.closable(&blank);
    if sz <= Dec::ZERO {
        return Err(missing());
    }
    let pending = world.orders.closing_of(acct, inst).filter(|o| o.td_mode == mode && o.pos_side == pos_side && o.side == side);
    let pending: Vec<OrdId> = pending.map(|order| order.ord_id).collect();
    if !pending.is_empty() && !auto_cancel {
        return Err(Refusal::new("51115", "Cancel the open orders that close this position first."));
    }
    for id in pending {
        world.finish(id, OrdState::Canceled, "1", &Note::default());
    }
    // Options have no market orders: the worst price of the book stands for one.
    let worst = world.book(inst).levels(side.other()).last().map(|(px, _)| px);
    let option = kind == InstType::Option;
    let ord_type = if option { OrdType::Ioc } else { OrdType::Market };
    let mut request = PlaceRequest::new(inst, mode, side, ord_type, sz, worst.filter(|_| option));
    request.pos_side = Some(pos_side).filter(|side| *side != PosSide::Net);
    request.reduce_only = !option && world.account(acct).acct_lv != 4;
    request.tgt_ccy = "base_ccy".into();
    request.ccy = blank.ccy;
    request.cl_ord_id.clone_from(&cl_ord_id);
    request.tag.clone_from(&tag);
    world.place(acct, request)?;
    let row = Row::new().s("clOrdId", &cl_ord_id).s("instId", &world.inst(inst).inst_id).s("posSide", pos_side.name()).s("tag", &tag);
    Ok(Reply::Data(vec![row.end()]))
}

/// `POST trade/mass-cancel` and its operation: MMP orders, which nobody here has the permission for, so there are none to cancel.
pub(super) fn mass_cancel(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    if call.params.required("instType")? != InstType::Option.name() {
        return Err(Refusal::parameter("instType"));
    }
    let family = call.params.required("instFamily")?;
    let mut options = call.world.instruments.iter().filter(|inst| inst.inst_type == InstType::Option);
    if !options.any(|inst| inst.family == family) {
        return Err(Refusal::parameter("instFamily"));
    }
    if call.params.int("lockInterval")?.is_some_and(|ms| ms > 10_000) {
        return Err(Refusal::parameter("lockInterval"));
    }
    if call.world.account(acct).acct_lv != 4 {
        return Err(Refusal::new("51411", "This account has no permission for mass cancel."));
    }
    Ok(Reply::Data(vec![Row::new().raw("result", "true").end()]))
}

/// `POST trade/cancel-all-after`.
pub(super) fn all_after(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let seconds = call.params.int("timeOut")?.ok_or_else(|| Refusal::missing("timeOut"))?;
    let tag = read::id_text(&call.params, "tag", 16)?;
    let world = &mut *call.world;
    let key = (acct, tag.clone());
    let at = match seconds {
        0 => {
            world.desk.timers.remove(&key);
            0
        }
        10..=120 => {
            let tags = world.desk.timers.keys().filter(|(owner, tag)| *owner == acct && !tag.is_empty()).count();
            if !tag.is_empty() && tags >= TAGS && !world.desk.timers.contains_key(&key) {
                return Err(Refusal::new("51071", "Too many tags with a cancel-all-after timer."));
            }
            let at = world.now + seconds * SECOND;
            world.desk.timers.insert(key, at);
            at
        }
        _ => return Err(Refusal::parameter("timeOut")),
    };
    let row = Row::new().s("tag", &tag).n("triggerTime", at / MILLI).n("ts", world.now_ms());
    Ok(Reply::Data(vec![row.end()]))
}

pub(super) fn next(world: &World) -> Option<Nanos> {
    world.desk.timers.values().min().copied()
}

/// Cancels what its timer says.
pub(super) fn run(world: &mut World) {
    let now = world.now;
    while let Some(key) = world.desk.timers.iter().find(|(_, at)| **at <= now).map(|(key, _)| key.clone()) {
        world.desk.timers.remove(&key);
        let (acct, tag) = key;
        let hit = world.orders.open_of(acct).filter(|order| tag.is_empty() || order.tag == tag);
        let ids: Vec<OrdId> = hit.map(|order| order.ord_id).collect();
        for id in ids {
            world.finish(id, OrdState::Canceled, "20", &Note::default());
        }
        world.settle();
    }
}
