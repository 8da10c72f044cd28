//! Which endpoint a request means: the rooms' routes, and the endpoints of OKX that are not simulated.
//!
//! `endpoints.txt` names every endpoint of OKX, one a line: method, path, and `array` where the body is an array of orders,
//! `empty` where a POST may come without parameters.

use std::collections::BTreeMap;

use crate::exchange::call::{Limit, Operation, Route};
use crate::exchange::{algo, ledger, market, trade};

const ENDPOINTS: &str = include_str!("endpoints.txt");

/// A batch of one counts as the single operation: the limit it then shares.
const SINGLE: [(&str, &str); 3] = [
    ("trade/batch-orders", "trade/order"),
    ("trade/amend-batch-orders", "trade/amend-order"),
    ("trade/cancel-batch-orders", "trade/cancel-order"),
];

const SINGLE_OP: [(&str, &str); 3] =
    [("batch-orders", "order"), ("batch-amend-orders", "amend-order"), ("batch-cancel-orders", "cancel-order")];

/// Operations OKX has on its private and business paths.
pub(super) const OPS: [&str; 11] = [
    "order",
    "batch-orders",
    "amend-order",
    "batch-amend-orders",
    "cancel-order",
    "batch-cancel-orders",
    "mass-cancel",
    "sprd-order",
    "sprd-amend-order",
    "sprd-cancel-order",
    "sprd-mass-cancel",
];

/// A route with what the gate adds to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Endpoint {
    pub route: Route,
    /// Of a batch of one.
    pub single: Limit,
    pub body: Shape,
}

/// What a POST body has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Object,
    ObjectOrNothing,
    Array,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Op {
    pub operation: Operation,
    pub single: Limit,
}

impl Op {
    /// Takes more than one order.
    pub fn is_batch(&self) -> bool {
        SINGLE_OP.iter().any(|(batch, _)| *batch == self.operation.op)
    }
}

#[derive(Debug)]
pub(super) enum Found<'a> {
    Endpoint(&'a Endpoint),
    /// OKX has it, the simulator has not.
    Refused(&'static str),
    WrongMethod,
    Nothing,
}

#[derive(Debug)]
pub(super) struct Routes {
    /// Path → method → endpoint; `None`: not simulated.
    rest: BTreeMap<&'static str, BTreeMap<&'static str, Option<Endpoint>>>,
    ops: BTreeMap<&'static str, Op>,
}

impl Default for Routes {
    fn default() -> Self {
        let rooms = [trade::ROUTES, ledger::ROUTES, market::ROUTES, algo::ROUTES];
        Self::new(&rooms.concat(), trade::OPERATIONS)
    }
}

impl Routes {
    fn new(routes: &[Route], operations: &[Operation]) -> Self {
        let mut rest: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        let mut shapes = BTreeMap::new();
        for line in ENDPOINTS.lines() {
            let mut words = line.split(' ');
            let (Some(method), Some(path)) = (words.next(), words.next()) else { continue };
            rest.entry(path).or_default().insert(method, None);
            let shape = match words.next() {
                Some("array") => Shape::Array,
                Some("empty") => Shape::ObjectOrNothing,
                _ => Shape::Object,
            };
            shapes.insert((method, path), shape);
        }
        for route in routes.iter().copied() {
            let sibling = SINGLE.iter().find(|(batch, _)| *batch == route.path).map(|(_, single)| *single);
            let single = sibling.and_then(|path| routes.iter().find(|route| route.path == path)).map_or(route.limit, |r| r.limit);
            let body = shapes.get(&(route.method, route.path)).copied().unwrap_or(Shape::Object);
            rest.entry(route.path).or_default().insert(route.method, Some(Endpoint { route, single, body }));
        }
        let op = |operation: &Operation| {
            let operation = *operation;
            let sibling = SINGLE_OP.iter().find(|(batch, _)| *batch == operation.op).map(|(_, single)| *single);
            let single = sibling.and_then(|op| operations.iter().find(|o| o.op == op)).map_or(operation.limit, |o| o.limit);
            (operation.op, Op { operation, single })
        };
        let ops = operations.iter().map(op).collect();
        Self { rest, ops }
    }

    pub fn find(&self, method: &str, path: &str) -> Found<'_> {
        let Some((path, methods)) = self.rest.get_key_value(path) else { return Found::Nothing };
        match methods.get(method) {
            Some(Some(endpoint)) => Found::Endpoint(endpoint),
            Some(None) => Found::Refused(path),
            None => Found::WrongMethod,
        }
    }

    pub fn op(&self, name: &str) -> Option<&Op> {
        self.ops.get(name)
    }

    /// Every endpoint, `true` where it is simulated.
    pub fn endpoints(&self) -> impl Iterator<Item = (&'static str, &'static str, bool)> + '_ {
        let of = |(path, methods): (&&'static str, &BTreeMap<&'static str, Option<Endpoint>>)| {
            let path = *path;
            methods.iter().map(|(method, endpoint)| (*method, path, endpoint.is_some())).collect::<Vec<_>>()
        };
        self.rest.iter().flat_map(of)
    }
}

/// What comes after `/api/v5/`, whatever a client puts before it.
pub(super) fn api_path(path: &str) -> Option<&str> {
    path.split_once("/api/v5/").map(|(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::call::{Call, Per, Permission, Reply};

    const LIMIT: Limit = Limit { bucket: "order", count: 60, window_ms: 2000, per: Per::UserInst, orders: false };

    fn nothing(call: &mut Call<'_>) -> crate::exchange::call::Answer {
        call.who().map(|_| Reply::Data(Vec::new()))
    }

    fn route(path: &'static str, bucket: &'static str) -> Route {
        Route { method: "POST", path, permission: Permission::Trade, limit: Limit { bucket, ..LIMIT }, handler: nothing }
    }

    #[test]
    fn a_path_is_simulated_known_or_unknown() {
        let routes = Routes::new(&[route("trade/order", "order")], &[]);
        assert!(matches!(routes.find("POST", "trade/order"), Found::Endpoint(_)));
        assert!(matches!(routes.find("GET", "trade/order"), Found::Refused("trade/order")));
        assert!(matches!(routes.find("DELETE", "trade/order"), Found::WrongMethod));
        assert!(matches!(routes.find("POST", "sprd/order"), Found::Refused(_)));
        assert!(matches!(routes.find("GET", "trade/orders"), Found::Nothing));
    }

    #[test]
    fn a_batch_of_one_shares_the_limit_of_the_single_order() {
        let routes = Routes::new(&[route("trade/order", "order"), route("trade/batch-orders", "batch")], &[]);
        let Found::Endpoint(batch) = routes.find("POST", "trade/batch-orders") else { panic!("it is there") };
        assert_eq!((batch.route.limit.bucket, batch.single.bucket, batch.body), ("batch", "order", Shape::Array));
    }

    #[test]
    fn any_base_path_may_come_first() {
        for (path, want) in [
            ("/api/v5/public/time", Some("public/time")),
            ("/x/y/api/v5/public/time", Some("public/time")),
            ("/api/v4/x", None),
            ("/", None),
        ] {
            assert_eq!(api_path(path), want, "{path}");
        }
    }
}
