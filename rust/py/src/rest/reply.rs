//! What comes back: a reply, a reading of the clock, or an exception.

use crate::errors;
use okx_fast_core::code::Code;
use okx_fast_net::rest::{Answer, Failure, Reading};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// A reply of OKX, or of a gateway in front of it: any status, any body.
#[pyclass(frozen, module = "okx_fast._native")]
#[derive(Debug)]
pub struct RawReply {
    /// The HTTP status.
    #[pyo3(get)]
    status: u16,
    /// The body, as it came.
    #[pyo3(get)]
    body: Py<PyBytes>,
    code: Option<Code>,
    /// OKX's own id of the request, for its support.
    #[pyo3(get)]
    request_id: Option<String>,
    /// The header `Content-Type`.
    #[pyo3(get)]
    content_type: Option<String>,
    /// Monotonic: the last byte handed to the kernel.
    #[pyo3(get)]
    sent_ns: u64,
    /// Monotonic: the reply's first byte.
    #[pyo3(get)]
    recv_ns: u64,
    /// Times it was sent.
    #[pyo3(get)]
    attempts: u32,
    /// Spent waiting for limits.
    #[pyo3(get)]
    waited_ns: u64,
}

impl RawReply {
    pub fn new(py: Python<'_>, answer: Answer) -> Self {
        let Answer { status, body, code, request_id, content_type, sent_ns, recv_ns, attempts, waited_ns } = answer;
        let body = PyBytes::new(py, &body).unbind();
        Self { status, body, code, request_id, content_type, sent_ns, recv_ns, attempts, waited_ns }
    }
}

#[pymethods]
impl RawReply {
    /// The top-level `code`, if the body is JSON that has one.
    #[getter]
    fn code(&self) -> Option<&str> {
        self.code.as_ref().map(Code::as_str)
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let (status, length) = (self.status, self.body.bind(py).as_bytes().len());
        let code = self.code().unwrap_or("none");
        format!("RawReply(status={status}, code={code}, {length} bytes)")
    }
}

/// How far OKX's clock is ahead of ours: `offset_ms`, give or take `error_ms`, measured `age_s` ago.
#[pyclass(frozen, eq, module = "okx_fast._native")]
#[derive(Clone, Debug, PartialEq)]
pub struct ClockReading {
    /// OKX's clock minus this machine's.
    #[pyo3(get)]
    offset_ms: f64,
    /// The offset may be wrong by so much: half of the round trip, and what clocks drift apart since.
    #[pyo3(get)]
    error_ms: f64,
    /// The round trip it was read in.
    #[pyo3(get)]
    rtt_ms: f64,
    /// How long ago.
    #[pyo3(get)]
    age_s: f64,
}

impl From<Reading> for ClockReading {
    fn from(reading: Reading) -> Self {
        Self {
            offset_ms: reading.offset_ns as f64 / 1e6,
            error_ms: reading.error_ns as f64 / 1e6,
            rtt_ms: reading.rtt_ns as f64 / 1e6,
            age_s: reading.age_ns as f64 / 1e9,
        }
    }
}

#[pymethods]
impl ClockReading {
    fn __repr__(&self) -> String {
        let Self { offset_ms, error_ms, rtt_ms, age_s } = self;
        format!("ClockReading(offset_ms={offset_ms:.3}, error_ms={error_ms:.3}, rtt_ms={rtt_ms:.3}, age_s={age_s:.1})")
    }
}

/// The exception for a call without an answer. `seconds`: what it was given.
pub fn failure(py: Python<'_>, endpoint: &str, seconds: f64, failure: &Failure) -> PyErr {
    match failure {
        Failure::NotSent { reason } => errors::raise(py, "NotSentError", (endpoint, reason)),
        Failure::OutcomeUnknown { reason } => errors::raise(py, "OutcomeUnknownError", (endpoint, reason)),
        Failure::Transport { reason } => errors::raise(py, "TransportError", (endpoint, reason)),
        Failure::Deadline { at } => errors::raise(py, "DeadlineError", (endpoint, seconds, at.as_str())),
        Failure::Limit { retry_in_ns } => errors::raise(py, "LimitError", (endpoint, *retry_in_ns as f64 / 1e9)),
        Failure::Config { reason } => errors::config(py, reason),
        Failure::Closed => errors::closed(py),
        // A call of a thread that was interrupted raises what interrupted it; a job that was given up tells nobody.
        Failure::Interrupted => errors::raise(py, "NotSentError", (endpoint, "given up before it was sent")),
    }
}
