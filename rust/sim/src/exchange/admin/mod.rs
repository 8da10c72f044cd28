//! The admin port: look at the exchange, and reach into it. Never under `/api/v5`.

pub mod journal;

use crate::exchange::faults::Faults;
use crate::exchange::gate::Gate;
use crate::exchange::io::HttpRequest;
use crate::exchange::world::World;

/// HTTP status and JSON body.
pub fn handle(_world: &mut World, gate: &mut Gate, _faults: &mut Faults, request: &HttpRequest) -> (u16, String) {
    match (request.method.as_str(), request.path()) {
        ("GET", "/coverage") => (200, gate.coverage()),
        _ => (404, r#"{"error":"no such path"}"#.to_owned()),
    }
}
