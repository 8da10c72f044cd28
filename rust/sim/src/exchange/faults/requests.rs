//! What happens to requests: lost, refused, late, done without an answer.

use crate::exchange::faults::commands::cut;
use crate::exchange::faults::fault::Fault;
use crate::exchange::faults::ill::{Aim, Ill, Leg};
use crate::exchange::faults::queue::Lane;
use crate::exchange::faults::words::{refusal, status};
use crate::exchange::faults::{Faults, Kind, RequestInfo, Verdict};
use crate::exchange::io::{Input, Nanos};
use crate::exchange::world::World;

/// What a lost answer and the order of ack and push are about, unless a fault says otherwise.
const ORDER_REQUESTS: [&str; 17] = [
    "trade/order",
    "trade/batch-orders",
    "trade/amend-order",
    "trade/amend-batch-orders",
    "trade/cancel-order",
    "trade/cancel-batch-orders",
    "trade/close-position",
    "trade/order-algo",
    "trade/amend-algos",
    "trade/cancel-algos",
    "order",
    "batch-orders",
    "amend-order",
    "batch-amend-orders",
    "cancel-order",
    "batch-cancel-orders",
    "mass-cancel",
];

pub(super) fn is_order_request(endpoint: &str) -> bool {
    ORDER_REQUESTS.contains(&endpoint)
}

impl Aim {
    fn fits(&self, request: &RequestInfo<'_>, orders_only: bool) -> bool {
        let endpoint = match &self.endpoint {
            Some(wanted) => {
                let (method, path) = wanted.split_once(' ').unwrap_or(("", wanted));
                let fits = method.is_empty() || (method == "GET") == (request.kind == Kind::RestRead);
                fits && path == request.endpoint
            }
            None => !orders_only || request.kind != Kind::RestRead && is_order_request(request.endpoint),
        };
        endpoint && self.cl_ord_id.as_ref().is_none_or(|prefix| request.cl_ord_id.is_some_and(|id| id.starts_with(prefix.as_str())))
    }
}

impl Faults {
    /// How long an input is under way from the socket to the engine. The gate keeps the order of each connection.
    pub fn inbound(&mut self, world: &World, input: &Input) -> Nanos {
        self.now = world.now;
        let (conn, endpoint) = match input {
            Input::Closed { .. } | Input::Admin { .. } | Input::Control { .. } | Input::Binary { .. } => return 0,
            Input::Http { conn, request, .. } => (*conn, request.path().split_once("/api/v5/").map_or("", |(_, path)| path)),
            Input::Text { conn, text } => (*conn, op_of(text)),
        };
        let mut delay = self.line(Leg::Inbound);
        let now = self.now;
        for fault in &mut self.list {
            if let Ill::Latency { leg: Leg::Inbound, draw, endpoint: of, .. } = &fault.ill
                && fault.is_live(now)
                && fault.conn.is_none_or(|of| of == conn)
                && of.as_deref().is_none_or(|of| of == endpoint)
            {
                delay += draw.draw(&mut self.rng);
                fault.hit();
            }
        }
        delay
    }

    pub fn on_request(&mut self, world: &mut World, request: &RequestInfo<'_>) -> Verdict {
        self.now = world.now;
        self.journal.named(world, request);
        if self.list.is_empty() {
            return Verdict::Pass;
        }
        let Some(at) = self.list.iter().position(|fault| fault.is_live(world.now) && strikes(fault, request)) else { return Verdict::Pass };
        let Some(fault) = self.list.get_mut(at) else { return Verdict::Pass };
        let verdict = match &fault.ill {
            Ill::Maintenance { code, .. } => {
                fault.hits += 1; // it lasts; nothing is used up
                return Verdict::Refuse(refusal(code, None), status(code));
            }
            Ill::Error { code, msg, .. } => Verdict::Refuse(refusal(code, msg.as_deref()), status(code)),
            Ill::RequestLost { .. } => Verdict::Drop,
            Ill::AckLost { code, .. } => Verdict::DoButLose(match (code, request.kind) {
                (Some(code), _) => Some(refusal(code, None)),
                (None, Kind::Rest | Kind::RestRead) => Some(refusal("50004", None)),
                (None, _) => None,
            }),
            Ill::PushBeforeAck { by, .. } => Verdict::AnswerLate(*by),
            Ill::AckBeforePush { by, .. } => {
                self.pushes_wait = world.now.saturating_add(*by);
                Verdict::Pass
            }
            Ill::Latency { draw, .. } => Verdict::AnswerLate(draw.draw(&mut self.rng)),
            Ill::Cut { how, .. } => {
                self.gone.insert(request.conn);
                self.queue.push(world.now, 0, request.conn, Lane::Last, cut(*how, request.conn));
                Verdict::Drop
            }
            _ => Verdict::Pass,
        };
        fault.hit();
        self.plan_ahead();
        verdict
    }
}

fn strikes(fault: &Fault, request: &RequestInfo<'_>) -> bool {
    let fits = match &fault.ill {
        // Its own announcement stays readable.
        Ill::Maintenance { .. } => {
            matches!(request.kind, Kind::Rest | Kind::RestRead | Kind::WsOp | Kind::Connect) && request.endpoint != "system/status"
        }
        Ill::Error { aim, .. } | Ill::RequestLost { aim } => aim.fits(request, false),
        Ill::AckLost { aim, .. } | Ill::PushBeforeAck { aim, .. } | Ill::AckBeforePush { aim, .. } => aim.fits(request, true),
        Ill::Latency { leg: Leg::Ack | Leg::Outbound, endpoint: Some(endpoint), .. } | Ill::Cut { endpoint: Some(endpoint), .. } => {
            endpoint == request.endpoint
        }
        _ => false,
    };
    fits && fault.conn.is_none_or(|conn| conn == request.conn)
}

/// The operation of a frame, without reading all of it.
fn op_of(text: &[u8]) -> &str {
    let text = std::str::from_utf8(text).unwrap_or_default();
    let Some((_, tail)) = text.split_once("\"op\"") else { return "" };
    tail.trim_start_matches([' ', ':']).strip_prefix('"').and_then(|tail| tail.split_once('"')).map_or("", |(op, _)| op)
}
