//! What is told of an account, in plain values; `okx_fast.orders.state` makes objects of them.

use okx_fast_core::num::Num;
use okx_fast_core::order::keep::Told;
use okx_fast_core::order::row::OrderRow;
use okx_fast_core::order::track::Fill;
use okx_fast_net::keep::Switched;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};

fn num(value: Option<Num>) -> Option<String> {
    value.map(|n| n.to_string())
}

/// The fields of `OrderState`, in their order.
pub fn order<'py>(py: Python<'py>, row: &OrderRow) -> PyResult<Bound<'py, PyTuple>> {
    let ids = (row.inst_type.as_str(), row.inst_id.as_str(), row.ord_id.as_str(), row.cl_ord_id.as_str(), row.tag.as_str());
    let asked = (row.side.as_str(), row.pos_side.as_str(), row.td_mode.as_str(), row.ord_type.as_str(), num(row.px), num(row.sz));
    let state = (row.state.as_str(), num(row.acc_fill_sz), num(row.avg_px), num(row.fee), row.fee_ccy.as_str(), num(row.pnl));
    let rest = (
        row.c_time_ms,
        row.u_time_ms,
        row.cancel_source.as_str(),
        row.source.as_str(),
        row.category.as_str(),
        row.algo_id.as_str(),
        row.algo_cl_ord_id.as_str(),
        row.reduce_only,
    );
    (ids, asked, state, rest).into_pyobject(py)
}

fn fill<'py>(py: Python<'py>, fill: &Fill, found: bool) -> PyResult<Bound<'py, PyTuple>> {
    let ids = (fill.inst_id.as_str(), fill.ord_id.as_str(), fill.cl_ord_id.as_str(), fill.trade_id.as_str());
    let what = (num(fill.px), fill.sz.to_string(), fill.side.as_str(), fill.pos_side.as_str(), fill.exec_type.as_str());
    let rest = (num(fill.fee), fill.fee_ccy.as_str(), num(fill.pnl), fill.time_ms, found);
    (ids, what, rest).into_pyobject(py)
}

/// Its kind, and the parts.
pub fn told<'py>(py: Python<'py>, told: &Told) -> PyResult<Bound<'py, PyTuple>> {
    match told {
        Told::Order(row) => ("order", order(py, row)?).into_pyobject(py),
        Told::Fill { fill: of, found } => ("fill", fill(py, of, *found)?).into_pyobject(py),
        Told::Algo(row) => ("algo", PyBytes::new(py, row)).into_pyobject(py),
        Told::Amended { ord_id, req_id, result, code, msg } => {
            ("amended", (ord_id.as_str(), req_id.as_str(), result.as_str(), code.as_str(), msg.as_str())).into_pyobject(py)
        }
        Told::Illegal { ord_id, why, from, to } => ("illegal", (ord_id.as_str(), *why, from.as_str(), to.as_str())).into_pyobject(py),
        Told::Unreadable { what, why } => ("unreadable", (*what, why.as_str())).into_pyobject(py),
        Told::Reconciled { why, orders, fills, positions, balances, took_ms } => {
            ("reconciled", (why.as_str(), *orders, *fills, *positions, *balances, *took_ms)).into_pyobject(py)
        }
        Told::Failed { what, why } => ("failed", (*what, why.as_str())).into_pyobject(py),
    }
}

pub fn switched<'py>(py: Python<'py>, switched: &Switched) -> PyResult<Bound<'py, PyTuple>> {
    match switched {
        Switched::Armed { trigger_ms } => ("armed", (*trigger_ms,)).into_pyobject(py),
        Switched::NotRenewed { why } => ("not-renewed", (why.as_str(),)).into_pyobject(py),
        Switched::Fired { silent_ms } => ("fired", (*silent_ms,)).into_pyobject(py),
        Switched::Killed { canceled, left, why } => ("killed", (*canceled, *left, why.as_str())).into_pyobject(py),
    }
}
