//! The algo endpoints: place, cancel, amend, look up.
//!
//! A parameter that is missing or cannot be is refused at the top of the reply, everything else in its item.

use crate::exchange::account::AcctIx;
use crate::exchange::algo::model::{Algo, Kind};
use crate::exchange::algo::{amend, child, engine, read, rows, timed};
use crate::exchange::call::{Answer, Call, Limit, Per, Permission, Reply, Route};
use crate::exchange::fields::Fields;
use crate::exchange::instrument::InstType;
use crate::exchange::json::Row;
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

/// Cancellations in one request.
const BATCH: usize = 10;

const fn limit(bucket: &'static str, per: Per, orders: bool) -> Limit {
    Limit { bucket, count: 20, window_ms: 2_000, per, orders }
}

const fn post(path: &'static str, limit: Limit, handler: fn(&mut Call<'_>) -> Answer) -> Route {
    Route { method: "POST", path, permission: Permission::Trade, limit, handler }
}

const fn get(path: &'static str, bucket: &'static str, handler: fn(&mut Call<'_>) -> Answer) -> Route {
    Route { method: "GET", path, permission: Permission::Read, limit: limit(bucket, Per::User, false), handler }
}

pub const ROUTES: &[Route] = &[
    post("trade/order-algo", limit("order-algo", Per::UserInst, false), place),
    post("trade/cancel-algos", limit("cancel-algos", Per::UserInst, true), cancel),
    post("trade/cancel-advance-algos", limit("cancel-advance-algos", Per::User, false), cancel),
    post("trade/amend-algos", limit("amend-algos", Per::UserInst, false), change),
    get("trade/order-algo", "get-order-algo", one),
    get("trade/orders-algo-pending", "orders-algo-pending", pending),
    get("trade/orders-algo-history", "orders-algo-history", history),
];

/// Codes of requests that are wrong in themselves.
fn at_top(refusal: &Refusal) -> bool {
    matches!(refusal.code, "50014" | "50015" | "50024" | "50026" | "50062" | "51000")
}

fn row(id: &str, cl_id: &str, tag: &str, refusal: Option<&Refusal>) -> (bool, String) {
    let row = Row::new()
        .s("algoClOrdId", cl_id)
        .s("algoId", id)
        .s("clOrdId", "")
        .s("sCode", refusal.map_or("0", |refusal| refusal.code))
        .s("sMsg", refusal.map_or("", |refusal| &refusal.msg))
        .s("tag", tag)
        .end();
    (refusal.is_none(), row)
}

fn place(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    let (cl_id, tag) = (call.params.text("algoClOrdId").unwrap_or_default(), call.params.text("tag").unwrap_or_default());
    engine::settle(call.world);
    let placed = read::read(call.world, acct, &call.params).and_then(|algo| enter(call.world, algo));
    match placed {
        Ok(id) => {
            engine::settle(call.world);
            Ok(Reply::Items(vec![row(&id.to_string(), &cl_id, &tag, None)]))
        }
        Err(refusal) if at_top(&refusal) => Err(refusal),
        Err(refusal) => Ok(Reply::Items(vec![row("", &cl_id, &tag, Some(&refusal))])),
    }
}

/// Takes a checked order in; what places orders at once does so before the answer.
fn enter(world: &mut World, algo: Algo) -> Result<u64, Refusal> {
    let id = world.ids.take();
    let limit_tp = algo.tp_is_limit();
    world.algos.insert(Algo { id, ..algo });
    if limit_tp {
        child::place_limit_tp(world, id)?;
        return Ok(id);
    }
    timed::start(world, id)?;
    rows::push(world, id);
    Ok(id)
}

fn find<'a>(world: &'a World, acct: AcctIx, fields: &Fields) -> Result<Option<&'a Algo>, Refusal> {
    let found = match (fields.text("algoId"), fields.text("algoClOrdId")) {
        (Some(id), _) => id.parse().ok().and_then(|id| world.algos.get(id)),
        (None, Some(cl_id)) => world.algos.by_cl.get(&(acct, cl_id)).and_then(|id| world.algos.get(*id)),
        (None, None) => return Err(Refusal::new("50015", "Either parameter algoId or algoClOrdId is required")),
    };
    Ok(found.filter(|algo| algo.acct == acct))
}

fn cancel(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    if call.items.len() > BATCH {
        return Err(Refusal::because("51406", format!("Canceled - order count exceeds the limit {BATCH}")));
    }
    engine::settle(call.world);
    // A list that is wrong in itself is refused as a whole, before anything is canceled.
    for fields in &call.items {
        fields.required("instId")?;
        find(call.world, acct, fields)?;
    }
    let mut out = Vec::new();
    for fields in &call.items {
        let found = find(call.world, acct, fields)?.map(|algo| (algo.id, algo.cl_id.clone()));
        let gone = Refusal::new("51400", "Cancellation failed as the order has been filled, canceled or does not exist.");
        out.push(match found {
            Some((id, cl_id)) if engine::cancel(call.world, id) => row(&id.to_string(), &cl_id, "", None),
            Some((id, cl_id)) => row(&id.to_string(), &cl_id, "", Some(&gone)),
            None => {
                let given = |name: &str| fields.text(name).unwrap_or_default();
                row(&given("algoId"), &given("algoClOrdId"), "", Some(&gone))
            }
        });
    }
    engine::settle(call.world);
    if out.is_empty() { Err(Refusal::missing("algoId")) } else { Ok(Reply::Items(out)) }
}

fn change(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    call.params.required("instId")?;
    let req_id = crate::exchange::algo::checks::id(&call.params, "reqId", 32)?;
    engine::settle(call.world);
    let found = find(call.world, acct, &call.params)?.map(|algo| (algo.id, algo.cl_id.clone()));
    let changed = match &found {
        Some((id, _)) => amend::amend(call.world, *id, &call.params, &req_id),
        None => Err(Refusal::new("51503", "Order modification failed as the order has been filled, canceled or does not exist.")),
    };
    if let (Some((id, _)), Err(_), true) = (&found, &changed, call.params.flag("cxlOnFail")?) {
        engine::cancel(call.world, *id);
    }
    engine::settle(call.world);
    if let Err(refusal) = &changed
        && at_top(refusal)
    {
        return Err(refusal.clone());
    }
    let given = |name: &str| call.params.text(name).unwrap_or_default();
    let (id, cl_id) = found.map_or_else(|| (given("algoId"), given("algoClOrdId")), |(id, cl_id)| (id.to_string(), cl_id));
    let refusal = changed.err();
    let row = Row::new()
        .s("algoClOrdId", &cl_id)
        .s("algoId", &id)
        .s("reqId", &req_id)
        .s("sCode", refusal.as_ref().map_or("0", |refusal| refusal.code))
        .s("sMsg", refusal.as_ref().map_or("", |refusal| &refusal.msg))
        .end();
    Ok(Reply::Items(vec![(refusal.is_none(), row)]))
}

fn one(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    engine::settle(call.world);
    let algo = find(call.world, acct, &call.params)?.ok_or(Refusal::new("51603", "Order does not exist"))?;
    Ok(Reply::Data(vec![rows::rest(call.world, algo)]))
}

/// `ordType`: one kind, or `conditional,oco`.
fn kinds(fields: &Fields) -> Result<Vec<Kind>, Refusal> {
    let names = fields.names("ordType");
    if names.is_empty() {
        return Err(Refusal::missing("ordType"));
    }
    // Kinds that are never taken have no orders to list.
    let known = names.iter().filter(|name| !matches!(name.as_str(), "iceberg" | "smart_iceberg"));
    let kinds = known.map(|name| Kind::of(name).ok_or_else(|| Refusal::parameter("ordType"))).collect::<Result<Vec<_>, _>>()?;
    if names.len() > 1 && !kinds.iter().all(|kind| kind.is_stop()) {
        return Err(Refusal::parameter("ordType"));
    }
    Ok(kinds)
}

fn list<'a>(
    world: &World,
    fields: &Fields,
    algos: impl Iterator<Item = &'a Algo>,
    fits: impl Fn(&Algo) -> bool,
) -> Result<Vec<String>, Refusal> {
    let kinds = kinds(fields)?;
    let inst_type = match fields.text("instType") {
        None => None,
        Some(name) => Some(InstType::of(&name).ok_or_else(|| Refusal::parameter("instType"))?),
    };
    let (inst_id, algo_id) = (fields.text("instId"), fields.int("algoId")?);
    let (after, before) = (fields.int("after")?, fields.int("before")?);
    let most = fields.int("limit")?.unwrap_or(100).clamp(1, 100);
    let wanted = |algo: &&Algo| {
        kinds.contains(&algo.kind)
            && fits(algo)
            && inst_type.is_none_or(|wanted| wanted == algo.inst_type)
            && inst_id.as_ref().is_none_or(|wanted| *wanted == world.inst(algo.inst).inst_id)
            && algo_id.is_none_or(|wanted| wanted == algo.id)
            && after.is_none_or(|after| algo.id < after)
            && before.is_none_or(|before| algo.id > before)
    };
    let mut found: Vec<&Algo> = algos.filter(wanted).collect();
    found.sort_by_key(|algo| std::cmp::Reverse(algo.id));
    Ok(found.into_iter().take(usize::try_from(most).unwrap_or(100)).map(|algo| rows::rest(world, algo)).collect())
}

fn pending(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    engine::settle(call.world);
    let world = &*call.world;
    list(world, &call.params, world.algos.open_of(acct), |_| true).map(Reply::Data)
}

fn history(call: &mut Call<'_>) -> Answer {
    let acct = call.who()?;
    engine::settle(call.world);
    let world = &*call.world;
    kinds(&call.params)?;
    let state = call.params.text("state");
    match state.as_deref() {
        None if call.params.text("algoId").is_none() => {
            return Err(Refusal::new("50015", "Either parameter state or algoId is required"));
        }
        None | Some("effective" | "canceled" | "order_failed" | "partially_failed") => {}
        Some(_) => return Err(Refusal::parameter("state")),
    }
    let fits = |algo: &Algo| state.as_ref().is_none_or(|state| state == algo.state.name());
    list(world, &call.params, world.algos.done_of(acct), fits).map(Reply::Data)
}
