//! Place, amend and cancel, single and in batches, over REST and WebSocket: one row for each item.

use crate::exchange::account::AcctIx;
use crate::exchange::call::{Answer, Call, Reply};
use crate::exchange::fields::Fields;
use crate::exchange::io::MILLI;
use crate::exchange::json::Row;
use crate::exchange::order::OrdId;
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

use super::{amend, check, read};

/// Orders a batch may have.
const BATCH: usize = 20;

fn sized(call: &Call<'_>, too_many: &'static str) -> Result<AcctIx, Refusal> {
    if call.items.is_empty() {
        return Err(Refusal::parameter("args"));
    }
    if call.items.len() > BATCH {
        return Err(Refusal::new(too_many, "A batch can have 20 orders at most."));
    }
    call.who()
}

/// `trade/order`, `trade/batch-orders` and their operations.
pub(super) fn place(call: &mut Call<'_>) -> Answer {
    let acct = sized(call, "51111")?;
    let (items, ws) = (std::mem::take(&mut call.items), call.ws);
    let world = &mut *call.world;
    if items.len() > 1 && world.account(acct).acct_lv == 4 {
        return Ok(Reply::Items(all_or_none(world, acct, &items, ws)));
    }
    let mut seen: Vec<String> = Vec::new();
    let answers = items.iter().map(|fields| {
        let cl_ord_id = fields.text("clOrdId").unwrap_or_default();
        let twice = !cl_ord_id.is_empty() && seen.contains(&cl_ord_id);
        if items.len() > 1 {
            seen.push(cl_ord_id);
        }
        let result = if twice {
            Err(Refusal::new("51016", "Duplicated client order ID"))
        } else {
            read::place(world, acct, fields, ws).and_then(|request| world.place(acct, request))
        };
        placed(world, fields, result)
    });
    Ok(Reply::Items(answers.collect()))
}

/// Portfolio margin: one order that cannot be refuses the whole batch.
fn all_or_none(world: &mut World, acct: AcctIx, items: &[Fields], ws: bool) -> Vec<(bool, String)> {
    let mut seen: Vec<String> = Vec::new();
    let mut drafts = Vec::new();
    for fields in items {
        let draft = read::place(world, acct, fields, ws).and_then(|request| check::draft(world, acct, request));
        let twice = draft.as_ref().is_ok_and(|draft| !draft.order.cl_ord_id.is_empty() && seen.contains(&draft.order.cl_ord_id));
        seen.extend(draft.as_ref().ok().map(|draft| draft.order.cl_ord_id.clone()));
        drafts.push(if twice { Err(Refusal::new("51016", "Duplicated client order ID")) } else { draft });
    }
    if drafts.iter().all(Result::is_ok) {
        let short = world.affords(drafts.iter().flatten().map(|draft| &*draft.order));
        for (draft, short) in drafts.iter_mut().zip(short) {
            if let Err(refusal) = short {
                *draft = Err(refusal);
            }
        }
    }
    if drafts.iter().any(Result::is_err) {
        let others = || Refusal::new("54004", "The batch was refused because one of its orders failed.");
        let refused = items.iter().zip(drafts).map(|(fields, draft)| placed(world, fields, Err(draft.err().unwrap_or_else(others))));
        return refused.collect();
    }
    let mut rows = Vec::new();
    for (fields, draft) in items.iter().zip(drafts) {
        let result = draft.and_then(|draft| world.enter(draft));
        rows.push(placed(world, fields, result));
    }
    rows
}

/// The row of a new order.
fn placed(world: &World, fields: &Fields, result: Result<OrdId, Refusal>) -> (bool, String) {
    let row = Row::new().s("clOrdId", &fields.text("clOrdId").unwrap_or_default());
    let (good, row) = outcome(row, result, "Order placed");
    let row = row.s("tag", &fields.text("tag").unwrap_or_default()).n("ts", world.now_ms());
    (good, row.end())
}

/// `ordId`, `sCode`, `sMsg`, `subCode`.
fn outcome(row: Row, result: Result<OrdId, Refusal>, done: &str) -> (bool, Row) {
    match result {
        Ok(id) => (true, row.n("ordId", id).s("sCode", "0").s("sMsg", done).s("subCode", "")),
        Err(no) => (false, row.s("ordId", "").s("sCode", no.code).s("sMsg", &no.msg).s("subCode", no.sub_code)),
    }
}

/// `trade/amend-order`, `trade/amend-batch-orders` and their operations.
pub(super) fn amend(call: &mut Call<'_>) -> Answer {
    let acct = sized(call, "51501")?;
    let (items, ws) = (std::mem::take(&mut call.items), call.ws);
    let world = &mut *call.world;
    let mut seen: Vec<OrdId> = Vec::new();
    let answers = items.iter().map(|fields| {
        let found = find(world, acct, fields, ws, "51003", Refusal::new("51503", GONE_AMEND));
        let result = match found {
            Ok(id) if seen.contains(&id) => Err(Refusal::new("51512", "The batch amends the same order twice.")),
            Ok(id) => {
                seen.push(id);
                amend::read(world, id, fields).and_then(|change| world.amend(id, &change)).map(|()| id)
            }
            Err(no) => Err(no),
        };
        amended(world, fields, result)
    });
    Ok(Reply::Items(answers.collect()))
}

const GONE_AMEND: &str = "Your order has already been filled or canceled.";
const GONE: &str = "Cancellation failed as the order has been filled, canceled or does not exist.";

/// The open or closed order a request names.
fn find(world: &World, acct: AcctIx, fields: &Fields, ws: bool, neither: &'static str, gone: Refusal) -> Result<OrdId, Refusal> {
    let inst = read::instrument(world, fields, ws)?;
    read::named(world, acct, fields, inst, neither)?.ok_or(gone)
}

fn amended(world: &World, fields: &Fields, result: Result<OrdId, Refusal>) -> (bool, String) {
    let (cl_ord_id, ts) = known(world, fields, &result);
    let asked = fields.text("ordId").unwrap_or_default();
    let row = Row::new().s("clOrdId", &cl_ord_id);
    let (good, row) = match result {
        Ok(id) => (true, row.n("ordId", id).n("ts", ts).s("reqId", &req_id(fields)).s("sCode", "0").s("sMsg", "").s("subCode", "")),
        Err(no) => {
            let row = row.s("ordId", &asked).n("ts", ts).s("reqId", &req_id(fields));
            (false, row.s("sCode", no.code).s("sMsg", &no.msg).s("subCode", no.sub_code))
        }
    };
    (good, row.end())
}

fn req_id(fields: &Fields) -> String {
    fields.text("reqId").unwrap_or_default()
}

/// `clOrdId` and the time of creation: of the order where there is one, as sent and now where not.
fn known(world: &World, fields: &Fields, result: &Result<OrdId, Refusal>) -> (String, u64) {
    match result.as_ref().ok().and_then(|id| world.orders.get(*id)) {
        Some(order) => (order.cl_ord_id.clone(), order.created / MILLI),
        None => (fields.text("clOrdId").unwrap_or_default(), world.now_ms()),
    }
}

/// `trade/cancel-order`, `trade/cancel-batch-orders` and their operations.
pub(super) fn cancel(call: &mut Call<'_>) -> Answer {
    let acct = sized(call, "51406")?;
    let (items, ws) = (std::mem::take(&mut call.items), call.ws);
    let world = &mut *call.world;
    let answers = items.iter().map(|fields| {
        let gone = || Refusal::new("51400", GONE);
        let result = find(world, acct, fields, ws, "51407", gone());
        let result = result.and_then(|id| if world.cancel(id, "1") { Ok(id) } else { Err(gone()) });
        canceled(world, fields, result)
    });
    Ok(Reply::Items(answers.collect()))
}

fn canceled(world: &World, fields: &Fields, result: Result<OrdId, Refusal>) -> (bool, String) {
    let (cl_ord_id, ts) = known(world, fields, &result);
    let row = Row::new().s("clOrdId", &cl_ord_id);
    let (good, row) = match result {
        Ok(id) => (true, row.n("ordId", id).n("ts", ts).s("sCode", "0").s("sMsg", "")),
        Err(no) => {
            let row = row.s("ordId", &fields.text("ordId").unwrap_or_default()).n("ts", ts);
            (false, row.s("sCode", no.code).s("sMsg", &no.msg))
        }
    };
    (good, row.end())
}
