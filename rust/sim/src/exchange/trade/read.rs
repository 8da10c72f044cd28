//! Requests read from their fields, tolerantly; what is wrong is refused with OKX's code for it.

use crate::exchange::account::AcctIx;
use crate::exchange::algo;
use crate::exchange::fields::Fields;
use crate::exchange::instrument::InstIx;
use crate::exchange::num::Dec;
use crate::exchange::order::{OrdId, OrdType, PlaceRequest, PosSide, Side, StpMode, TdMode};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

/// The instrument of an order request: `instId` over REST, `instIdCode` over WebSocket.
pub(super) fn instrument(world: &World, fields: &Fields, ws: bool) -> Result<InstIx, Refusal> {
    let unknown = |what: &str| Refusal::because("51001", format!("{what} does not exist."));
    if ws {
        if let Some(code) = fields.text("instIdCode") {
            let code: u64 = code.parse().map_err(|_| Refusal::parameter("instIdCode"))?;
            return world.find_code(code).map(|inst| inst.ix).ok_or_else(|| unknown("Instrument ID code"));
        }
        if world.config.switches.ws_instid != "accept" || fields.text("instId").is_none() {
            return Err(Refusal::missing("instIdCode"));
        }
    }
    let inst_id = fields.required("instId")?;
    world.find_inst(&inst_id).map(|inst| inst.ix).ok_or_else(|| unknown("Instrument ID"))
}

/// 1 to `most` letters and digits.
pub(super) fn id_text(fields: &Fields, name: &str, most: usize) -> Result<String, Refusal> {
    let text = fields.text(name).unwrap_or_default();
    if text.len() > most || !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Refusal::parameter(name));
    }
    Ok(text)
}

/// A value that must be there and be one of OKX's words.
fn needed<T>(fields: &Fields, name: &str, of: impl Fn(&str) -> Option<T>) -> Result<T, Refusal> {
    let text = fields.required(name)?;
    of(&text).ok_or_else(|| Refusal::parameter(name))
}

fn optional<T>(fields: &Fields, name: &str, of: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Refusal> {
    fields.text(name).map(|text| of(&text).ok_or_else(|| Refusal::parameter(name))).transpose()
}

pub(super) fn td_mode(text: &str) -> Option<TdMode> {
    [TdMode::Cash, TdMode::Cross, TdMode::Isolated].into_iter().find(|mode| mode.name() == text)
}

pub(super) fn pos_side(text: &str) -> Option<PosSide> {
    [PosSide::Net, PosSide::Long, PosSide::Short].into_iter().find(|side| side.name() == text)
}

fn side(text: &str) -> Option<Side> {
    [Side::Buy, Side::Sell].into_iter().find(|side| side.name() == text)
}

fn stp_mode(text: &str) -> Option<StpMode> {
    [StpMode::CancelMaker, StpMode::CancelTaker, StpMode::CancelBoth].into_iter().find(|mode| mode.name() == text)
}

pub(super) fn ord_type(text: &str) -> Option<OrdType> {
    // `elp` was the name of `rpi` until 2026-10-31.
    OrdType::of(if text == "elp" { "rpi" } else { text })
}

/// `pxAmendType`: move a price outside the band to its edge?
pub(super) fn clamp(fields: &Fields) -> Result<bool, Refusal> {
    Ok(fields.word("pxAmendType", &["0", "1"])? == "1")
}

/// A number above zero, if there is one.
pub(super) fn positive(fields: &Fields, name: &str) -> Result<Option<Dec>, Refusal> {
    match fields.dec(name)? {
        Some(value) if value <= Dec::ZERO => Err(Refusal::parameter(name)),
        value => Ok(value),
    }
}

pub(super) fn place(world: &mut World, acct: AcctIx, fields: &Fields, ws: bool) -> Result<PlaceRequest, Refusal> {
    let inst = instrument(world, fields, ws)?;
    let td_mode = needed(fields, "tdMode", td_mode)?;
    let side = needed(fields, "side", side)?;
    let ord_type = needed(fields, "ordType", ord_type)?;
    let sz = positive(fields, "sz")?.ok_or_else(|| Refusal::missing("sz"))?;
    let mut request = PlaceRequest::new(inst, td_mode, side, ord_type, sz, None);
    request.px = positive(fields, "px")?;
    request.px_usd = positive(fields, "pxUsd")?;
    request.px_vol = positive(fields, "pxVol")?;
    request.cl_ord_id = id_text(fields, "clOrdId", 32)?;
    request.tag = id_text(fields, "tag", 16)?;
    request.pos_side = optional(fields, "posSide", pos_side)?;
    request.ccy = fields.text("ccy").unwrap_or_default();
    request.reduce_only = fields.flag("reduceOnly")?;
    request.ban_amend = fields.flag("banAmend")?;
    request.clamp_px = clamp(fields)?;
    request.slippage_pct = fields.dec("slippagePct")?;
    request.stp_mode = optional(fields, "stpMode", stp_mode)?;
    request.trade_quote_ccy = fields.text("tradeQuoteCcy").unwrap_or_default();
    let tgt_ccy = fields.text("tgtCcy").unwrap_or_default();
    if !matches!(tgt_ccy.as_str(), "" | "base_ccy" | "quote_ccy") {
        return Err(Refusal::parameter("tgtCcy"));
    }
    // It has a meaning on spot pairs without leverage only; clients send it with everything.
    let leveraged = td_mode != TdMode::Cash && world.account(acct).acct_lv == 2;
    if !leveraged {
        request.tgt_ccy = tgt_ccy;
    }
    request.attached = algo::read_attached(world, acct, fields, &request)?;
    Ok(request)
}

/// The order a request names: `ordId` wins over `clOrdId`. `Ok(None)`: there is no such order of this account on this instrument.
pub(super) fn named(world: &World, acct: AcctIx, fields: &Fields, inst: InstIx, neither: &'static str) -> Result<Option<OrdId>, Refusal> {
    let order = if let Some(id) = fields.text("ordId") {
        let id: OrdId = id.parse().map_err(|_| Refusal::parameter("ordId"))?;
        world.orders.get(id)
    } else if let Some(cl_ord_id) = fields.text("clOrdId") {
        world.orders.by_cl_ord_id(acct, &cl_ord_id)
    } else {
        return Err(Refusal::new(neither, "Either parameter ordId or clOrdId is required"));
    };
    Ok(order.filter(|order| order.acct == acct && order.inst == inst).map(|order| order.ord_id))
}
