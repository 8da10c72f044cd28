//! REST: from a request to a reply.
//!
//! ```text
//! target ─▶ route ─▶ who signed ─▶ body ─▶ faults ─▶ permission ─▶ limits ─▶ handler ─▶ envelope
//! ```

use std::net::IpAddr;

use serde_json::Value;

use crate::exchange::call::{Call, Permission, Reply};
use crate::exchange::faults::{Class, Faults, Kind, RequestInfo, Verdict};
use crate::exchange::fields::Fields;
use crate::exchange::gate::auth::{self, Caller};
use crate::exchange::gate::limit::Who;
use crate::exchange::gate::route::{Endpoint, Found, Shape, api_path};
use crate::exchange::gate::{Gate, envelope};
use crate::exchange::io::{ConnId, HttpRequest, MILLI, Nanos, Output};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;

/// Endpoints that honour a deadline, and count for the account's order limit.
const ORDERS: [&str; 4] = ["trade/order", "trade/batch-orders", "trade/amend-order", "trade/amend-batch-orders"];

const JSON: Refusal = Refusal::new("50002", "JSON syntax error");

/// A request as it came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub conn: ConnId,
    pub peer: IpAddr,
    pub request: &'a HttpRequest,
    /// When it came: before what latency the faults add.
    pub arrived: Nanos,
}

/// Status and body of what is answered.
type Written = (u16, String);

impl Gate {
    pub(super) fn http(&mut self, world: &mut World, faults: &mut Faults, asked: &Asked<'_>) {
        if asked.request.header("upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket")) {
            self.connect(world, faults, asked);
        } else {
            self.rest(world, faults, asked);
        }
    }

    fn rest(&mut self, world: &mut World, faults: &mut Faults, asked: &Asked<'_>) {
        let path = api_path(asked.request.path()).unwrap_or_default();
        let (at, written) = match self.routes.find(&asked.request.method, path) {
            Found::Endpoint(endpoint) => {
                let endpoint = *endpoint;
                self.endpoint(world, faults, asked, &endpoint)
            }
            found => {
                let detail = &asked.request.target;
                let info = RequestInfo { conn: asked.conn, kind: Kind::Rest, endpoint: path, account: None, cl_ord_id: None, detail };
                let verdict = faults.on_request(world, &info);
                ruled(verdict, world, |_| not_there(&found))
            }
        };
        let Some((status, body)) = written else { return };
        let body = body.into_bytes();
        let reply = Output::Reply { conn: asked.conn, status, headers: Vec::new(), body, close: false };
        faults.on_output(at, Class::Reply { endpoint: path }, reply);
    }

    fn endpoint(&mut self, world: &mut World, faults: &mut Faults, asked: &Asked<'_>, endpoint: &Endpoint) -> (Nanos, Option<Written>) {
        let route = &endpoint.route;
        let public = route.permission == Permission::None;
        let caller = if public { Ok(None) } else { auth::rest(world, asked.request, asked.peer).map(Some) };
        let items =
            if route.method == "POST" { body(asked.request, endpoint.body) } else { Ok(vec![Fields::from_query(asked.request.query())]) };
        let first = items.as_ref().ok().and_then(|items| items.first());
        let info = RequestInfo {
            conn: asked.conn,
            kind: if route.method == "GET" { Kind::RestRead } else { Kind::Rest },
            endpoint: route.path,
            account: caller.as_ref().ok().and_then(|caller| caller.as_ref().map(|c| c.acct)),
            cl_ord_id: first.and_then(|item| item.get("clOrdId")).and_then(Value::as_str),
            detail: &asked.request.target,
        };
        let verdict = faults.on_request(world, &info);
        let verdict = match (verdict, &items) {
            (Verdict::Refuse(refusal, status), Ok(items)) if route.method == "POST" => {
                match envelope::scripted(route.path, refusal, items, world.now_ms()) {
                    Ok(reply) => {
                        return (world.now, Some((200, envelope::rest(reply, told(world, asked.arrived), told(world, world.now)))));
                    }
                    Err(refusal) => Verdict::Refuse(refusal, status),
                }
            }
            (verdict, _) => verdict,
        };
        ruled(verdict, world, |world| match self.called(world, asked, endpoint, caller, items) {
            Ok(reply) => (200, envelope::rest(reply, told(world, asked.arrived), told(world, world.now))),
            Err(refusal) => refused(&refusal),
        })
    }

    fn called(
        &mut self,
        world: &mut World,
        asked: &Asked<'_>,
        endpoint: &Endpoint,
        caller: Result<Option<Caller>, Refusal>,
        items: Result<Vec<Fields>, Refusal>,
    ) -> Result<Reply, Refusal> {
        let route = &endpoint.route;
        let caller = caller?;
        if let Some(caller) = &caller {
            caller.may(route.permission)?;
        }
        let items = items?;
        let orders = ORDERS.contains(&route.path);
        let acct = caller.map(|caller| caller.acct);
        let who = Who { ip: asked.peer, acct };
        let limited = self.limits.check(world, who, &route.limit, &endpoint.single, &items, orders);
        limited.map_err(|refusal| if refusal.code == "50011" { envelope::TOO_MANY } else { refusal })?;
        let deadline = asked.request.header("exptime").filter(|value| !value.is_empty());
        let exp_time = if orders { deadline.map(|value| deadline_of(value, world, asked.arrived)).transpose()? } else { None };
        let params = items.first().cloned().unwrap_or_default();
        (route.handler)(&mut Call { world, acct, params, items, ws: false, exp_time })
    }
}

/// What a verdict makes of a request, and when that is answered.
fn ruled(verdict: Verdict, world: &mut World, answer: impl FnOnce(&mut World) -> Written) -> (Nanos, Option<Written>) {
    let now = world.now;
    match verdict {
        Verdict::Pass => (now, Some(answer(world))),
        Verdict::AnswerLate(by) => (now.saturating_add(by), Some(answer(world))),
        Verdict::Refuse(refusal, status) => (now, Some((status, envelope::refused(&refusal, status)))),
        Verdict::Drop => (now, None),
        Verdict::DoButLose(instead) => {
            answer(world);
            (now, instead.map(|refusal| refused(&refusal)))
        }
    }
}

fn refused(refusal: &Refusal) -> Written {
    let status = envelope::status(refusal.code);
    (status, envelope::refused(refusal, status))
}

fn not_there(found: &Found<'_>) -> Written {
    match found {
        Found::Refused(path) => refused(&Refusal::not_simulated(&format!("/api/v5/{path}"))),
        Found::WrongMethod => refused(&Refusal::new("50115", "Invalid request method.")),
        _ => (404, envelope::NOT_FOUND.to_owned()),
    }
}

/// A time as clients are told it.
pub(super) fn told(world: &World, at: Nanos) -> Nanos {
    at.saturating_add_signed(world.ailments.clock_skew_ms.saturating_mul(MILLI.cast_signed()))
}

/// A deadline in ms. One that was past when it came is another matter than one that passed on the way.
pub(super) fn deadline_of(value: &str, world: &World, arrived: Nanos) -> Result<u64, Refusal> {
    let deadline: u64 = value.parse().map_err(|_| Refusal::parameter("expTime"))?;
    if deadline < told(world, arrived) / MILLI {
        let msg = "The expTime can't be earlier than the current system time. Please adjust the expTime and try again.";
        return Err(Refusal::new("50036", msg));
    }
    if deadline < world.skewed_now_ms() {
        return Err(Refusal::new("50037", "Order expired."));
    }
    Ok(deadline)
}

/// The objects of a POST body.
fn body(request: &HttpRequest, shape: Shape) -> Result<Vec<Fields>, Refusal> {
    if request.body.iter().all(u8::is_ascii_whitespace) {
        return match shape {
            Shape::ObjectOrNothing => Ok(vec![Fields::default()]),
            _ => Err(Refusal::new("50000", "Body for POST request cannot be empty.")),
        };
    }
    // Without the header, clients that build requests by hand are given the benefit of the doubt.
    let media = request.header("content-type").unwrap_or("application/json");
    if !media.trim_start().get(..16).is_some_and(|start| start.eq_ignore_ascii_case("application/json")) {
        return Err(Refusal::new("50006", "Invalid Content-Type. Please use \"application/JSON\"."));
    }
    let value = serde_json::from_slice(&request.body).map_err(|_| JSON)?;
    match (value, shape) {
        (Value::Object(fields), Shape::Object | Shape::ObjectOrNothing) => Ok(vec![Fields::new(fields)]),
        (Value::Array(items), Shape::Array) => {
            let object = |item| if let Value::Object(fields) = item { Ok(Fields::new(fields)) } else { Err(JSON) };
            items.into_iter().map(object).collect()
        }
        _ => Err(JSON),
    }
}
