//! A subscription as Python holds it, and which kind of events a channel has.

use crate::book::Book;
use crate::errors;
use crate::subs::PySub;
use okx_fast_core::channel::{Channel, Payload};
use pyo3::prelude::*;
use pyo3::types::PyString;
use std::sync::Arc;

/// A subscription to anything but a book.
#[pyclass(frozen, generic, module = "okx_fast")]
#[derive(Debug)]
pub struct Subscription {
    pub sub: Arc<PySub>,
}

#[pymethods]
impl Subscription {
    /// The instrument, family or spread it names; empty if none.
    #[getter]
    fn inst_id(&self, py: Python<'_>) -> Py<PyString> {
        self.sub.inst_id.clone_ref(py)
    }

    /// Whether of several events that wait only the newest is handed on.
    #[getter]
    fn conflate(&self) -> bool {
        self.sub.flags.conflate
    }

    /// The channel's name, such as `books`.
    #[getter]
    fn channel(&self, py: Python<'_>) -> Py<PyString> {
        self.sub.channel.clone_ref(py)
    }

    fn __repr__(&self) -> String {
        format!("Subscription({}{})", self.sub.arg, if self.sub.has_ended() { ", ended" } else { "" })
    }
}

/// What a channel's events are: book, trade, ticker, or raw.
pub fn kind_of(channel: Option<&Channel>) -> &'static str {
    match channel.map(|c| c.payload) {
        Some(Payload::Book | Payload::FullBook) => "book",
        Some(Payload::Trade) => "trade",
        Some(Payload::Ticker) => "ticker",
        Some(Payload::Raw) | None => "raw",
    }
}

/// The row of a channel, which has to be of this kind; "any" is each of them.
pub fn expect_kind(py: Python<'_>, kind: &str, channel: &str) -> PyResult<Option<&'static Channel>> {
    let row = Channel::find(channel);
    let is = kind_of(row);
    if is == kind || kind == "any" {
        return Ok(row);
    }
    Err(errors::config(py, &format!("channel: expected a {kind} channel, got {channel:?}, a {is} channel")))
}

pub fn sub_of(subscription: &Bound<'_, PyAny>) -> PyResult<Arc<PySub>> {
    if let Ok(book) = subscription.cast::<Book>() {
        return Ok(Arc::clone(&book.get().sub));
    }
    Ok(Arc::clone(&subscription.cast::<Subscription>()?.get().sub))
}
