//! How much an algo order trades: `sz`, or the whole position.

use crate::exchange::account::PosKey;
use crate::exchange::algo::checks::{MARKET, number, positive};
use crate::exchange::algo::model::{Algo, Kind};
use crate::exchange::fields::Fields;
use crate::exchange::instrument::{InstType, Instrument};
use crate::exchange::num::Dec;
use crate::exchange::order::{PosSide, Side};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

pub fn lot(sz: Dec, inst: &Instrument) -> Result<(), Refusal> {
    if sz < inst.min_sz {
        return Err(Refusal::new("51020", "Your order should meet or exceed the minimum order amount."));
    }
    if sz.checked_rem(inst.lot_sz).is_some_and(|rest| !rest.is_zero()) {
        return Err(Refusal::new("51121", "Order quantity must be a multiple of the lot size."));
    }
    Ok(())
}

/// `sz`, or `closeFraction` 1.
pub fn read(world: &World, fields: &Fields, algo: &mut Algo, inst: &Instrument) -> Result<(), Refusal> {
    let (sz, fraction) = (positive(fields, "sz")?, number(fields, "closeFraction")?);
    match (sz, fraction) {
        (None, None) => Err(Refusal::new("50015", "Either parameter sz or closeFraction is required")),
        (Some(_), Some(_)) => Err(Refusal::new("50024", "Parameter sz and closeFraction can not exist at the same time.")),
        (None, Some(fraction)) if fraction != Dec::ONE => Err(Refusal::parameter("closeFraction")),
        (None, Some(_)) => whole_position(world, algo),
        (Some(sz), None) => {
            algo.sz = sz;
            within(algo, inst)
        }
    }
}

pub fn within(algo: &Algo, inst: &Instrument) -> Result<(), Refusal> {
    let market = match (&algo.trigger, algo.kind) {
        (Some(trigger), _) => trigger.ord_px == MARKET,
        (None, Kind::MoveOrderStop) => true,
        _ => [algo.tp, algo.sl].iter().flatten().any(|leg| leg.ord_px == MARKET),
    };
    // A market order may count in quote currency; its size is checked when it is placed.
    let base =
        inst.inst_type.is_contract() || !market || algo.tgt_ccy == "base_ccy" || algo.side == Side::Sell && algo.tgt_ccy != "quote_ccy";
    if base {
        lot(algo.sz, inst)?;
    }
    if market && inst.inst_type.is_contract() && algo.sz > inst.max_mkt_sz {
        return Err(if algo.kind == Kind::MoveOrderStop {
            Refusal::because(
                "51312",
                format!("Failed to place trailing stop order. Order amount should be within 0<x<={}", inst.max_mkt_sz),
            )
        } else {
            Refusal::new("51275", "The amount of single stop-market order cannot exceed the upper limit.")
        });
    }
    if !market && algo.sz > inst.max_lmt_sz {
        return Err(Refusal::because(
            "51101",
            format!("Order failed, the sz of the current order can’t be more than {} (contracts).", inst.max_lmt_sz),
        ));
    }
    if let Some(slices) = &algo.slices
        && algo.sz < slices.sz_limit
    {
        return Err(Refusal::new("51274", "Total quantity of time-weighted order must be larger than single order limit."));
    }
    Ok(())
}

fn whole_position(world: &World, algo: &mut Algo) -> Result<(), Refusal> {
    let account = world.account(algo.acct);
    if !matches!(algo.inst_type, InstType::Swap | InstType::Futures) {
        return Err(Refusal::new("51327", "closeFraction is only available for Expiry Futures and Perpetual Futures"));
    }
    if account.acct_lv == 4 {
        return Err(Refusal::new("51332", "closeFraction is not applicable to Portfolio Margin"));
    }
    if !algo.kind.is_stop() {
        return Err(Refusal::parameter("closeFraction"));
    }
    let opens = matches!((algo.side, algo.pos_side), (Side::Buy, PosSide::Long) | (Side::Sell, PosSide::Short));
    if opens {
        return Err(Refusal::new("51331", "closeFraction is only available for close position orders"));
    }
    if algo.pos_side == PosSide::Net && !algo.reduce_only {
        return Err(Refusal::new("51328", "closeFraction is only available for reduceOnly orders"));
    }
    if [algo.tp, algo.sl].iter().flatten().any(|leg| leg.ord_px != MARKET) {
        return Err(Refusal::new("51330", "closeFraction is only available for stop market orders"));
    }
    let key = PosKey { inst: algo.inst, mode: algo.td_mode, side: algo.pos_side };
    if account.positions.get(&key).is_none_or(|position| position.qty.is_zero()) {
        return Err(Refusal::new("51058", "No available position for this algo order"));
    }
    let same =
        |held: &&Algo| held.closes_position() && (held.inst, held.td_mode, held.pos_side) == (algo.inst, algo.td_mode, algo.pos_side);
    if world.algos.open_of(algo.acct).filter(same).count() > 0 {
        return Err(Refusal::new("51088", "You can only place 1 TP/SL order to close an entire position"));
    }
    algo.sz = Dec::ZERO;
    Ok(())
}
