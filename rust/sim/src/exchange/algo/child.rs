//! The orders algo orders place.

use crate::exchange::algo::checks::MARKET;
use crate::exchange::algo::model::{Algo, AlgoId, Chase, Kind, State};
use crate::exchange::algo::{rows, timed};
use crate::exchange::instrument::InstType;
use crate::exchange::num::Dec;
use crate::exchange::order::{OrdId, OrdType, PlaceRequest, PosSide, Side, TdMode};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

/// Orders one trigger is split into, at most, when the position is larger than a market order may be.
const PARTS: usize = 20;

/// Places what was triggered, in parts where one market order cannot hold it.
pub fn place_parts(world: &mut World, algo: &Algo, sz: Dec, ord_px: Dec) -> (Vec<OrdId>, Option<Refusal>) {
    let inst = world.inst(algo.inst);
    let most = if inst.inst_type.is_contract() { if ord_px == MARKET { inst.max_mkt_sz } else { inst.max_lmt_sz } } else { sz };
    let mut left = sz;
    let mut ids = Vec::new();
    if left <= Dec::ZERO {
        let msg = "Order failed because you don't have any positions in this direction for this contract to reduce or close.";
        return (ids, Some(Refusal::new("51169", msg)));
    }
    while left > Dec::ZERO && ids.len() < PARTS {
        let part = left.min(most.max(inst_min(world, algo)));
        left -= part;
        match place_one(world, algo, part, ord_px) {
            Ok(id) => ids.push(id),
            Err(refusal) => return (ids, Some(refusal)),
        }
    }
    (ids, None)
}

fn inst_min(world: &World, algo: &Algo) -> Dec {
    world.inst(algo.inst).min_sz
}

fn place_one(world: &mut World, algo: &Algo, sz: Dec, ord_px: Dec) -> Result<OrdId, Refusal> {
    let request = request(world, algo, sz, ord_px);
    match world.place(algo.acct, request) {
        // A trigger order on a spot pair makes do with what there is.
        Err(refusal) if refusal.code == "51008" && algo.kind == Kind::Trigger && algo.inst_type == InstType::Spot => {
            let Some(sz) = affordable(world, algo, ord_px).filter(|less| *less > Dec::ZERO && *less < sz) else { return Err(refusal) };
            let request = self::request(world, algo, sz, ord_px);
            world.place(algo.acct, request)
        }
        answer => answer,
    }
}

/// How much of a spot order the coins at hand pay for.
fn affordable(world: &World, algo: &Algo, ord_px: Dec) -> Option<Dec> {
    let inst = world.inst(algo.inst);
    let ccy = if algo.side == Side::Sell { inst.base() } else { inst.quote() };
    let coin = world.account(algo.acct).coins.get(ccy)?;
    let free = coin.cash - coin.ord_frozen;
    if algo.side == Side::Buy && ord_px == MARKET {
        return Some(free); // counted in quote currency
    }
    let sz = if algo.side == Side::Buy { free.checked_div(ord_px)? } else { free };
    sz.checked_rem(inst.lot_sz).map(|rest| sz - rest)
}

/// The order an algo order places.
pub fn request(world: &World, algo: &Algo, sz: Dec, ord_px: Dec) -> PlaceRequest {
    let market = ord_px == MARKET;
    let spot = !world.inst(algo.inst).inst_type.is_contract();
    let ord_type = match algo.trigger.as_ref().map(|trigger| trigger.advance.as_str()) {
        _ if market => OrdType::Market,
        Some("ioc") => OrdType::Ioc,
        Some("fok") => OrdType::Fok,
        _ => OrdType::Limit,
    };
    PlaceRequest {
        inst: algo.inst,
        td_mode: algo.td_mode,
        side: algo.side,
        pos_side: (algo.pos_side != PosSide::Net).then_some(algo.pos_side),
        ord_type,
        sz,
        px: (!market).then_some(ord_px),
        px_usd: None,
        px_vol: None,
        ccy: algo.ccy.clone(),
        cl_ord_id: String::new(),
        tag: algo.tag.clone(),
        reduce_only: algo.reduce_only,
        tgt_ccy: if market && spot && algo.td_mode == TdMode::Cash { algo.tgt_ccy.clone() } else { String::new() },
        ban_amend: false,
        clamp_px: false,
        slippage_pct: None,
        trade_quote_ccy: algo.trade_quote_ccy.clone(),
        stp_mode: None,
        attached: algo.attached.clone(),
        source: algo.kind.source(),
        category: "normal",
        algo: Some((algo.id, algo.cl_id.clone())),
    }
}

/// What the child orders came to.
pub fn record(world: &mut World, id: AlgoId, (ids, refusal): (Vec<OrdId>, Option<Refusal>), ord_px: Dec) {
    let orders = ids.iter().filter_map(|id| world.orders.get(*id));
    let sz: Dec = orders.clone().map(|order| order.sz).sum();
    let avg = orders.into_iter().next_back().and_then(|order| order.avg_px(world.inst(order.inst).inverse));
    let Some(algo) = world.algos.all.get_mut(&id) else { return };
    algo.actual_sz = sz;
    algo.actual_px = avg.or_else(|| (ord_px != MARKET && !ids.is_empty()).then_some(ord_px));
    if let Some(refusal) = refusal {
        algo.state = if ids.is_empty() { State::OrderFailed } else { State::PartiallyFailed };
        refusal.code.clone_into(&mut algo.fail_code);
    }
    algo.ord_ids = ids;
}

/// Puts a limit take-profit into the book. `Err`: it cannot be, and nothing waits any more.
pub fn place_limit_tp(world: &mut World, id: AlgoId) -> Result<(), Refusal> {
    let Some(algo) = world.algos.get(id).filter(|algo| algo.tp_is_limit()).cloned() else { return Ok(()) };
    let Some(leg) = algo.tp else { return Ok(()) };
    let request = request(world, &algo, algo.sz, leg.ord_px);
    let placed = world.place(algo.acct, request);
    let now = world.now;
    let alone = algo.sl.is_none();
    let Some(held) = world.algos.all.get_mut(&id) else { return Ok(()) };
    held.updated = now;
    match placed {
        Ok(order) => {
            held.tp_order = Some(order);
            if alone {
                held.state = State::Effective;
                held.triggered = Some(now);
                "tp".clone_into(&mut held.actual_side);
                held.ord_ids = vec![order];
                (held.actual_sz, held.actual_px) = (held.sz, Some(leg.ord_px));
                world.algos.retire(id);
            }
            world.algos.children.insert(order, id);
            // It may have been filled or canceled on the way in.
            if world.orders.get(order).is_none_or(|order| !order.state.is_open()) {
                world.algos.ended.insert(order);
            }
            rows::push(world, id);
            Ok(())
        }
        Err(refusal) => {
            held.state = State::OrderFailed;
            refusal.code.clone_into(&mut held.fail_code);
            world.algos.retire(id);
            rows::push(world, id);
            Err(refusal)
        }
    }
}

/// A trigger with `advanceOrdType` chase: the order it places is an algo order itself.
pub fn spawn_chase(world: &mut World, trigger: &Algo, chase: Chase) {
    let id = world.ids.take();
    let algo = Algo {
        id,
        kind: Kind::Chase,
        cl_id: String::new(),
        trigger: None,
        chase: Some(chase),
        state: State::Live,
        last: world.last_px(trigger.inst),
        created: world.now,
        updated: world.now,
        ..trigger.clone()
    };
    world.algos.insert(algo);
    let started = timed::start(world, id);
    let Some(held) = world.algos.all.get_mut(&trigger.id) else { return };
    match started {
        Ok(()) => held.sub_algos = vec![id],
        Err(refusal) => {
            held.state = State::OrderFailed;
            refusal.code.clone_into(&mut held.fail_code);
        }
    }
}
