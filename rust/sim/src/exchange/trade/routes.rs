//! The desk's endpoints and operations, with their limits.

use crate::exchange::call::{Handler, Limit, Operation, Per, Permission, Route};

use super::{close, orders, precheck, query, spreads};

const fn limit(bucket: &'static str, count: u32, window_s: u32, per: Per) -> Limit {
    Limit { bucket, count, window_ms: window_s * 1_000, per, orders: false }
}

/// Single operations: requests; batches: orders.
const fn single(bucket: &'static str) -> Limit {
    limit(bucket, 60, 2, Per::UserInst)
}

const fn batch(bucket: &'static str) -> Limit {
    Limit { orders: true, ..limit(bucket, 300, 2, Per::UserInst) }
}

const fn post(path: &'static str, limit: Limit, handler: Handler) -> Route {
    Route { method: "POST", path, permission: Permission::Trade, limit, handler }
}

const fn get(path: &'static str, limit: Limit, handler: Handler) -> Route {
    Route { method: "GET", path, permission: Permission::Read, limit, handler }
}

pub const ROUTES: &[Route] = &[
    post("trade/order", single("order"), orders::place),
    post("trade/batch-orders", batch("batch-orders"), orders::place),
    post("trade/amend-order", single("amend-order"), orders::amend),
    post("trade/amend-batch-orders", batch("batch-amend-orders"), orders::amend),
    post("trade/cancel-order", single("cancel-order"), orders::cancel),
    post("trade/cancel-batch-orders", batch("batch-cancel-orders"), orders::cancel),
    post("trade/close-position", limit("close-position", 20, 2, Per::UserInst), close::position),
    post("trade/cancel-all-after", limit("cancel-all-after", 1, 1, Per::User), close::all_after),
    post("trade/mass-cancel", limit("mass-cancel", 5, 2, Per::User), close::mass_cancel),
    post("trade/order-precheck", limit("order-precheck", 5, 2, Per::User), precheck::order),
    get("trade/order", limit("get-order", 60, 2, Per::UserInst), query::order),
    get("trade/orders-pending", limit("orders-pending", 60, 2, Per::User), query::pending),
    get("trade/orders-history", limit("orders-history", 40, 2, Per::User), query::history),
    get("trade/orders-history-archive", limit("orders-history-archive", 20, 2, Per::User), query::archive),
    get("trade/fills", limit("fills", 60, 2, Per::User), query::fills),
    get("trade/fills-history", limit("fills-history", 10, 2, Per::User), query::fills_history),
    get("trade/account-rate-limit", limit("account-rate-limit", 1, 1, Per::User), query::rate_limit),
    get("sprd/orders-pending", limit("sprd-orders-pending", 10, 2, Per::User), spreads::pending),
    post("sprd/mass-cancel", limit("sprd-mass-cancel", 10, 2, Per::User), spreads::mass_cancel),
    post("sprd/cancel-all-after", limit("sprd-cancel-all-after", 1, 1, Per::User), spreads::all_after),
];

const fn operation(op: &'static str, limit: Limit, handler: Handler) -> Operation {
    Operation { op, limit, handler }
}

pub const OPERATIONS: &[Operation] = &[
    operation("order", single("order"), orders::place),
    operation("batch-orders", batch("batch-orders"), orders::place),
    operation("amend-order", single("amend-order"), orders::amend),
    operation("batch-amend-orders", batch("batch-amend-orders"), orders::amend),
    operation("cancel-order", single("cancel-order"), orders::cancel),
    operation("batch-cancel-orders", batch("batch-cancel-orders"), orders::cancel),
    operation("mass-cancel", limit("mass-cancel", 5, 2, Per::User), close::mass_cancel),
];
