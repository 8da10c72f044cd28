//! Rows of algo orders: REST, `orders-algo`, `algo-advance`.

use crate::exchange::account::{AcctIx, PosKey};
use crate::exchange::algo::attached::attached_json;
use crate::exchange::algo::model::{Algo, AlgoId, Chase, Kind, Leg};
use crate::exchange::event::{Event, Scope};
use crate::exchange::fields::Fields;
use crate::exchange::instrument::InstType;
use crate::exchange::json::{Row, array};
use crate::exchange::ledger;
use crate::exchange::num::{Dec, text};
use crate::exchange::order::{OrdId, OrdType, PosSide};
use crate::exchange::world::World;

fn ms(at: Option<u64>) -> String {
    at.map(|at| (at / crate::exchange::io::MILLI).to_string()).unwrap_or_default()
}

fn flag(yes: bool) -> &'static str {
    if yes { "true" } else { "false" }
}

fn ids(ids: &[OrdId]) -> String {
    array(&ids.iter().map(|id| format!("\"{id}\"")).collect::<Vec<_>>())
}

fn trigger_px(leg: Option<&Leg>) -> Option<Dec> {
    leg.and_then(|leg| leg.trigger_px)
}

fn px_type(leg: Option<&Leg>) -> &'static str {
    leg.filter(|leg| leg.trigger_px.is_some()).map_or("", |leg| leg.px_type.name())
}

/// `chaseType`, `chaseVal`, `maxChaseType`, `maxChaseVal`.
fn chase(row: Row, plan: Option<&Chase>) -> Row {
    let name = |ratio: bool| if ratio { "ratio" } else { "distance" };
    let most = plan.and_then(|plan| plan.max);
    row.s("chaseType", plan.map_or("", |plan| name(plan.ratio)))
        .od("chaseVal", plan.map(|plan| plan.val))
        .s("maxChaseType", most.map_or("", |(ratio, _)| name(ratio)))
        .od("maxChaseVal", most.map(|(_, val)| val))
}

/// What the shapes share, each in its own words.
struct Shown<'a> {
    inst_id: &'a str,
    lever: String,
    sz: String,
    notional: String,
    tgt_ccy: &'a str,
    quote: &'a str,
}

fn shown<'a>(world: &'a World, algo: &'a Algo) -> Shown<'a> {
    let inst = world.inst(algo.inst);
    let leveraged = algo.inst_type != InstType::Spot;
    let lever = leveraged.then(|| ledger::lever(world, algo.acct, algo.inst, algo.inst_type, algo.td_mode, algo.pos_side, &algo.ccy));
    let px = algo.trigger.as_ref().map(|trigger| trigger.px).or(world.last_px(algo.inst)).unwrap_or_default();
    let quote_sized = !inst.inst_type.is_contract() && algo.tgt_ccy == "quote_ccy";
    let notional = match () {
        () if quote_sized => algo.sz * world.usd(inst.quote()),
        () if inst.inverse => algo.sz * inst.face(),
        () => (algo.sz * inst.face()).checked_mul(px * world.usd(inst.quote())).unwrap_or_default(),
    };
    Shown {
        inst_id: &inst.inst_id,
        lever: lever.map(text).unwrap_or_default(),
        sz: if algo.closes_position() { String::new() } else { text(algo.sz) },
        notional: text(notional.round_dp(8)),
        tgt_ccy: &algo.tgt_ccy,
        quote: if inst.inst_type.is_contract() {
            ""
        } else if algo.trade_quote_ccy.is_empty() {
            &inst.quote_ccy
        } else {
            &algo.trade_quote_ccy
        },
    }
}

/// `GET order-algo` and the lists.
pub fn rest(world: &World, algo: &Algo) -> String {
    let shown = shown(world, algo);
    let (trail, slices, trigger) = (algo.trail.as_ref(), algo.slices.as_ref(), algo.trigger.as_ref());
    let own_chase = algo.chase.as_ref().filter(|_| algo.kind == Kind::Chase);
    let row = Row::new()
        .od("activePx", trail.and_then(|trail| trail.active_px))
        .od("actualPx", algo.actual_px)
        .s("actualSide", &algo.actual_side)
        .d("actualSz", algo.actual_sz)
        .raw("advChaseParams", &advanced(algo))
        .s("advanceOrdType", trigger.map_or("", |trigger| &trigger.advance))
        .s("algoClOrdId", &algo.cl_id)
        .n("algoId", algo.id)
        .s("amendPxOnTriggerType", if algo.to_cost { "1" } else { "0" })
        .raw("attachAlgoOrds", &attached_json(&algo.attached))
        .s("cTime", &ms(Some(algo.created)))
        .od("callbackRatio", trail.and_then(|trail| trail.ratio))
        .od("callbackSpread", trail.and_then(|trail| trail.spread))
        .s("ccy", &algo.ccy);
    chase(row, own_chase)
        .s("clOrdId", "")
        .s("closeFraction", if algo.closes_position() { "1" } else { "" })
        .s("failCode", &algo.fail_code)
        .s("instId", shown.inst_id)
        .s("instType", algo.inst_type.name())
        .s("isTradeBorrowMode", "")
        .od("last", algo.last)
        .s("lever", &shown.lever)
        .raw("linkedOrd", &linked(algo))
        .od("moveTriggerPx", trail.and_then(|trail| trail.trigger_px(algo.side)))
        .s("ordId", &algo.ord_ids.last().map(u64::to_string).unwrap_or_default())
        .raw("ordIdList", &ids(&algo.ord_ids))
        .od("ordPx", trigger.map(|trigger| trigger.ord_px))
        .s("ordType", algo.kind.name())
        .s("posSide", algo.pos_side.name())
        .od("pxLimit", slices.map(|slices| slices.px_limit))
        .od("pxSpread", slices.and_then(|slices| slices.px_spread))
        .od("pxVar", slices.and_then(|slices| slices.px_var))
        .s("quickMgnType", "")
        .s("reduceOnly", flag(algo.reduce_only))
        .s("side", algo.side.name())
        .od("slOrdPx", algo.sl.map(|leg| leg.ord_px))
        .od("slTriggerPx", trigger_px(algo.sl.as_ref()))
        .s("slTriggerPxType", px_type(algo.sl.as_ref()))
        .s("state", algo.state.name())
        .raw("subAlgoIdList", &ids(&algo.sub_algos))
        .s("sz", &shown.sz)
        .od("szLimit", slices.map(|slices| slices.sz_limit))
        .s("tag", &algo.tag)
        .s("tdMode", algo.td_mode.name())
        .s("tgtCcy", shown.tgt_ccy)
        .s("timeInterval", &slices.map(|slices| slices.interval_s.to_string()).unwrap_or_default())
        .od("tpOrdPx", algo.tp.map(|leg| leg.ord_px))
        .od("tpTriggerPx", trigger_px(algo.tp.as_ref()))
        .s("tpTriggerPxType", px_type(algo.tp.as_ref()))
        .s("tradeQuoteCcy", shown.quote)
        .od("triggerPx", trigger.map(|trigger| trigger.px))
        .s("triggerPxType", trigger.map_or("", |trigger| trigger.px_type.name()))
        .s("triggerTime", &ms(algo.triggered))
        .s("uTime", &ms(Some(algo.updated)))
        .end()
}

fn advanced(algo: &Algo) -> String {
    match algo.chase.as_ref().filter(|_| algo.kind == Kind::Trigger) {
        None => "[]".to_owned(),
        plan => array(&[chase(Row::new(), plan).end()]),
    }
}

fn linked(algo: &Algo) -> String {
    Row::new().s("ordId", &algo.tp_order.filter(|_| algo.sl.is_some()).map(|id| id.to_string()).unwrap_or_default()).end()
}

/// As pushed: a leverage that does not apply is `0`, `posSide` is empty where there are no positions.
fn pushed_lever(shown: &Shown<'_>) -> String {
    if shown.lever.is_empty() { "0".to_owned() } else { shown.lever.clone() }
}

fn pushed_side(algo: &Algo) -> &'static str {
    if algo.pos_side == PosSide::Net && algo.inst_type == InstType::Spot { "" } else { algo.pos_side.name() }
}

fn orders_algo(world: &World, algo: &Algo) -> String {
    let shown = shown(world, algo);
    let trigger = algo.trigger.as_ref();
    let row = Row::new()
        .s("instType", algo.inst_type.name())
        .s("instId", shown.inst_id)
        .s("ccy", &algo.ccy)
        .s("ordId", &algo.ord_ids.last().map(u64::to_string).unwrap_or_default())
        .raw("ordIdList", &ids(&algo.ord_ids))
        .raw("subAlgoIdList", &ids(&algo.sub_algos))
        .n("algoId", algo.id)
        .s("clOrdId", "")
        .s("sz", &shown.sz)
        .s("ordType", algo.kind.name())
        .s("side", algo.side.name())
        .s("posSide", pushed_side(algo))
        .s("tdMode", algo.td_mode.name())
        .s("tgtCcy", shown.tgt_ccy)
        .s("lever", &pushed_lever(&shown))
        .s("state", algo.state.name())
        .od("tpTriggerPx", trigger_px(algo.tp.as_ref()))
        .s("tpTriggerPxType", px_type(algo.tp.as_ref()))
        .od("tpOrdPx", algo.tp.map(|leg| leg.ord_px))
        .od("slTriggerPx", trigger_px(algo.sl.as_ref()))
        .s("slTriggerPxType", px_type(algo.sl.as_ref()))
        .od("slOrdPx", algo.sl.map(|leg| leg.ord_px))
        .od("triggerPx", trigger.map(|trigger| trigger.px))
        .s("triggerPxType", trigger.map_or("", |trigger| trigger.px_type.name()))
        .od("ordPx", trigger.map(|trigger| trigger.ord_px))
        .s("advanceOrdType", trigger.map_or("", |trigger| &trigger.advance))
        .raw("advChaseParams", &advanced(algo))
        .od("last", algo.last)
        .d("actualSz", algo.actual_sz)
        .d("actualPx", algo.actual_px.unwrap_or_default())
        .s("actualSide", &algo.actual_side)
        .s("tag", &algo.tag)
        .s("notionalUsd", &shown.notional)
        .s("triggerTime", &ms(algo.triggered))
        .s("reduceOnly", flag(algo.reduce_only))
        .s("failCode", &algo.fail_code)
        .s("algoClOrdId", &algo.cl_id)
        .s("reqId", &algo.req_id)
        .s("amendResult", &algo.amend_result)
        .s("amendPxOnTriggerType", if algo.to_cost { "1" } else { "0" })
        .raw("attachAlgoOrds", &attached_json(&algo.attached))
        .raw("linkedOrd", &linked(algo))
        .s("closeFraction", if algo.closes_position() { "1" } else { "" })
        .s("quickMgnType", "");
    chase(row, algo.chase.as_ref().filter(|_| algo.kind == Kind::Chase))
        .s("isTradeBorrowMode", "")
        .s("tradeQuoteCcy", shown.quote)
        .s("cTime", &ms(Some(algo.created)))
        .s("uTime", &ms(Some(algo.updated)))
        .end()
}

fn algo_advance(world: &World, algo: &Algo) -> String {
    let shown = shown(world, algo);
    let (trail, slices) = (algo.trail.as_ref(), algo.slices.as_ref());
    Row::new()
        .s("instType", algo.inst_type.name())
        .s("instId", shown.inst_id)
        .s("ccy", &algo.ccy)
        .s("ordId", &algo.ord_ids.last().map(u64::to_string).unwrap_or_default())
        .n("algoId", algo.id)
        .s("clOrdId", "")
        .s("sz", &shown.sz)
        .s("ordType", algo.kind.name())
        .s("side", algo.side.name())
        .s("posSide", algo.pos_side.name())
        .s("tdMode", algo.td_mode.name())
        .s("tgtCcy", shown.tgt_ccy)
        .s("lever", &pushed_lever(&shown))
        .s("state", algo.state.name())
        .s("tpTriggerPx", "")
        .s("tpOrdPx", "")
        .s("slTriggerPx", "")
        .s("slOrdPx", "")
        .s("triggerPx", "")
        .s("ordPx", "")
        .d("actualSz", algo.actual_sz)
        .od("actualPx", algo.actual_px)
        .s("notionalUsd", &shown.notional)
        .s("tag", &algo.tag)
        .s("actualSide", &algo.actual_side)
        .s("triggerTime", &ms(algo.triggered))
        .s("cTime", &ms(Some(algo.created)))
        .s("uTime", &ms(Some(algo.updated)))
        .od("pxVar", slices.and_then(|slices| slices.px_var))
        .od("pxSpread", slices.and_then(|slices| slices.px_spread))
        .od("szLimit", slices.map(|slices| slices.sz_limit))
        .od("pxLimit", slices.map(|slices| slices.px_limit))
        .s("timeInterval", &slices.map(|slices| slices.interval_s.to_string()).unwrap_or_default())
        .s("count", &slices.map(|slices| slices.count.to_string()).unwrap_or_default())
        .od("callbackRatio", trail.and_then(|trail| trail.ratio))
        .od("callbackSpread", trail.and_then(|trail| trail.spread))
        .od("activePx", trail.and_then(|trail| trail.active_px))
        .od("moveTriggerPx", trail.and_then(|trail| trail.trigger_px(algo.side)))
        .s("failCode", &algo.fail_code)
        .s("algoClOrdId", &algo.cl_id)
        .s("reduceOnly", flag(algo.reduce_only))
        .n("pTime", world.now_ms())
        .raw("isTradeBorrowMode", "false")
        .s("tradeQuoteCcy", shown.quote)
        .end()
}

fn event(world: &World, algo: &Algo) -> Event {
    let channel = algo.kind.channel();
    let row = if channel == "orders-algo" { orders_algo(world, algo) } else { algo_advance(world, algo) };
    let scope = Scope { inst_type: algo.inst_type.name(), algo_id: algo.id.to_string(), ..world.scope(algo.inst) };
    Event { channel, acct: Some(algo.acct), scope, action: None, event_type: None, rows: vec![row] }
}

/// Tells the owner what has become of it.
pub fn push(world: &mut World, id: AlgoId) {
    if let Some(algo) = world.algos.get(id) {
        let event = event(world, algo);
        world.events.push(event);
    }
}

/// What a new subscription of `algo-advance` gets first.
pub fn snapshot(world: &mut World, acct: AcctIx, channel: &str, arg: &Fields) -> Vec<Event> {
    if channel != "algo-advance" {
        return Vec::new();
    }
    let fits = |name: &str, value: &str| arg.text(name).is_none_or(|wanted| wanted == value || wanted == "ANY");
    let wanted = |algo: &&Algo| {
        let inst = world.inst(algo.inst);
        algo.kind.channel() == channel
            && fits("instType", algo.inst_type.name())
            && fits("instId", &inst.inst_id)
            && fits("algoId", &algo.id.to_string())
    };
    world.algos.open_of(acct).filter(wanted).map(|algo| event(world, algo)).collect()
}

/// `closeOrderAlgo` of a position row: TP/SL orders that close all of it.
pub fn close_order_algo(world: &World, acct: AcctIx, key: &PosKey) -> String {
    let closes = |algo: &&Algo| algo.closes_position() && (algo.inst, algo.td_mode, algo.pos_side) == (key.inst, key.mode, key.side);
    let row = |algo: &Algo| {
        Row::new()
            .n("algoId", algo.id)
            .od("slTriggerPx", trigger_px(algo.sl.as_ref()))
            .s("slTriggerPxType", px_type(algo.sl.as_ref()))
            .od("tpTriggerPx", trigger_px(algo.tp.as_ref()))
            .s("tpTriggerPxType", px_type(algo.tp.as_ref()))
            .s("closeFraction", "1")
            .end()
    };
    array(&world.algos.open_of(acct).filter(closes).map(row).collect::<Vec<_>>())
}

/// The algo order that put a limit take-profit into the book, if the order is one (`isTpLimit`).
fn tp_limit_of(world: &World, order: OrdId) -> Option<&Algo> {
    let order = world.order(order)?;
    let algo = world.algos.get(order.algo.as_ref()?.0)?;
    let rests = algo.tp_is_limit() && order.ord_type == OrdType::Limit && order.px == algo.tp.map(|leg| leg.ord_px);
    rests.then_some(algo)
}

pub fn is_tp_limit(world: &World, order: OrdId) -> bool {
    tp_limit_of(world, order).is_some()
}

/// `linkedAlgoOrd.algoId` of a limit take-profit: its stop-loss.
pub fn linked_algo(world: &World, order: OrdId) -> Option<AlgoId> {
    tp_limit_of(world, order).filter(|algo| algo.sl.is_some()).map(|algo| algo.id)
}
