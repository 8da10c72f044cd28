//! The admin port: look at the exchange, and reach into it. Never under `/api/v5`.
//!
//! ```text
//! GET  /health /metrics /coverage /log?after=N /invariants
//! GET  /clock · POST /clock {"advance_ms"}          GET /state · POST /state (what GET gave)
//! GET  /accounts · GET /accounts/LABEL · POST /accounts · POST /accounts/LABEL/balance {"ccy", "amount", "funding"}
//! GET  /market/INSTID · POST /market/INSTID {"px", "index", "mark", "house", "hold", "funding_rate"} · POST /instrument/INSTID
//! POST /order/ORDID/fill {"sz", "px"} · POST /order/ORDID/cancel {"cancelSource"}
//! POST /funding/INSTID {"rate"} · POST /liquidate/LABEL/INSTID {"adl", "sz"} · POST /deliver/INSTID · POST /status
//! GET  /faults · POST /faults {"kind", …} · DELETE /faults · DELETE /faults/ID
//! ```

mod accounts;
mod body;
pub mod journal;
mod markets;
mod state;

use serde_json::{Map, Value, json};

use crate::exchange::faults::Faults;
use crate::exchange::gate::Gate;
use crate::exchange::io::HttpRequest;
use crate::exchange::world::World;
use body::Body;

/// Why not: 404 for what is not there, 400 for what makes no sense.
#[derive(Debug)]
struct Fail(u16, String);

type Answer = Result<Value, Fail>;

fn bad(why: impl Into<String>) -> Fail {
    Fail(400, why.into())
}

fn missing(why: impl Into<String>) -> Fail {
    Fail(404, why.into())
}

/// All that a request may reach.
struct Desk<'a> {
    world: &'a mut World,
    gate: &'a mut Gate,
    faults: &'a mut Faults,
}

/// HTTP status and JSON body.
pub fn handle(world: &mut World, gate: &mut Gate, faults: &mut Faults, request: &HttpRequest) -> (u16, String) {
    faults.see(world.now);
    let path = request.path();
    let (method, parts) = (request.method.as_str(), path.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>());
    if (method, parts.as_slice()) == ("GET", &["coverage"]) {
        return (200, gate.coverage());
    }
    let mut desk = Desk { world, gate, faults };
    let answer = match method {
        "GET" => desk.get(&parts, request.query()),
        "POST" => object(&request.body).and_then(|given| desk.post(&parts, given)),
        "DELETE" => desk.delete(&parts),
        _ => Err(Fail(405, format!("{method}: there are GET, POST and DELETE"))),
    };
    match answer {
        Ok(value) => (200, value.to_string()),
        Err(Fail(status, why)) => (status, json!({ "error": why }).to_string()),
    }
}

/// The body: a JSON object, or nothing.
fn object(body: &[u8]) -> Result<Map<String, Value>, Fail> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    serde_json::from_slice(body).map_err(|error| bad(format!("body: expected a JSON object: {error}")))
}

impl Desk<'_> {
    fn get(&mut self, parts: &[&str], query: &str) -> Answer {
        match parts {
            ["health"] => Ok(self.health()),
            ["metrics"] => Ok(self.metrics()),
            ["log"] => {
                let after = query.split('&').find_map(|pair| pair.strip_prefix("after="));
                let after = after.map_or(Ok(0), str::parse).map_err(|_| bad("after: expected a number"))?;
                Ok(self.faults.journal.log(after))
            }
            ["invariants"] => Ok(self.invariants()),
            ["clock"] => Ok(self.clock()),
            ["state"] => self.dump(),
            ["accounts"] => Ok(self.accounts()),
            ["accounts", label] => self.account(label),
            ["market", inst_id] => self.market(inst_id),
            ["faults"] => Ok(Value::Array(self.faults.shown())),
            _ => Err(self.nothing("GET", parts)),
        }
    }

    fn post(&mut self, parts: &[&str], given: Map<String, Value>) -> Answer {
        match parts {
            ["clock"] => self.advance(Body::new(&given)),
            ["state"] => self.restore(given),
            ["accounts"] => self.open_account(given),
            ["accounts", label, "balance"] => self.set_balance(label, Body::new(&given)),
            ["market", inst_id] => self.set_market(inst_id, Body::new(&given)),
            ["instrument", inst_id] => self.set_instrument(inst_id, &given),
            ["order", ord_id, "fill"] => self.fill(ord_id, Body::new(&given)),
            ["order", ord_id, "cancel"] => self.cancel(ord_id, Body::new(&given)),
            ["funding", inst_id] => self.settle_funding(inst_id, Body::new(&given)),
            ["liquidate", label, inst_id] => self.liquidate(label, inst_id, Body::new(&given)),
            ["deliver", inst_id] => self.deliver(inst_id, Body::new(&given)),
            ["status"] => self.set_status(&given),
            ["faults"] => {
                let id = self.faults.register(&given, self.world.now).map_err(bad)?;
                self.faults.run(self.world, self.gate);
                Ok(json!({ "id": id }))
            }
            _ => Err(self.nothing("POST", parts)),
        }
    }

    fn delete(&mut self, parts: &[&str]) -> Answer {
        let id = match parts {
            ["faults"] => None,
            ["faults", id] => Some(id.parse().map_err(|_| bad(format!("{id}: expected the number of a fault")))?),
            _ => return Err(self.nothing("DELETE", parts)),
        };
        if self.faults.heal(self.world, id) { Ok(json!({ "ok": true })) } else { Err(missing("no fault of that number")) }
    }

    #[expect(clippy::unused_self, reason = "reads as the others do")]
    fn nothing(&self, method: &str, parts: &[&str]) -> Fail {
        missing(format!("{method} /{}: no such path", parts.join("/")))
    }
}
