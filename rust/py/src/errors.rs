//! The only place where an error of ours becomes a Python exception of `okx_fast.errors`.

use crate::subs::PySub;
use okx_fast_core::book::Validity;
use okx_fast_core::error::Error;
use pyo3::call::PyCallArgs;
use pyo3::prelude::*;

/// `okx_fast.errors.<name>(*args)`.
pub fn raise<'py>(py: Python<'py>, name: &str, args: impl PyCallArgs<'py>) -> PyErr {
    match py.import("okx_fast.errors").and_then(|m| m.getattr(name)).and_then(|class| class.call1(args)) {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}

pub fn config(py: Python<'_>, what: &str) -> PyErr {
    raise(py, "ConfigError", (what,))
}

pub fn closed(py: Python<'_>) -> PyErr {
    raise(py, "ClosedError", ("this client is closed",))
}

pub fn forked(py: Python<'_>) -> PyErr {
    raise(py, "ForkError", ("this client belongs to the parent process; make a new one after fork()",))
}

pub fn invalid_book(py: Python<'_>, sub: &PySub, why: Validity) -> PyErr {
    if sub.is_foreign() {
        return forked(py);
    }
    raise(py, "BookInvalidError", (sub.arg.inst_id(), sub.arg.channel.as_str(), why.as_str()))
}

pub fn core(py: Python<'_>, error: &Error) -> PyErr {
    match error {
        Error::NotOkx { got } => raise(py, "MalformedError", ("", "", "expected an OKX event or push", got.as_str())),
        Error::Malformed { channel, inst_id, what, got } => {
            raise(py, "MalformedError", (inst_id.as_str(), channel.as_str(), format!("expected {what}"), got.as_str()))
        }
    }
}
