//! The same core without a socket: verdicts on recordings, facts of channels, signatures.

use crate::errors;
use crate::subs::locked;
use crate::subscription::kind_of;
use okx_fast_core::channel::{Channel, needs_login, quiet_of, socket_of};
use okx_fast_core::sign::Signer;
use okx_fast_core::verify::Verifier as CoreVerifier;
use pyo3::prelude::*;
use std::sync::Mutex;

/// Judges a recording line by line.
#[pyclass(frozen, module = "okx_fast._native")]
#[derive(Debug, Default)]
pub struct Verifier(Mutex<CoreVerifier>);

#[pymethods]
impl Verifier {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// One line: a frame, or `{"recv": …, "conn": …, "msg": frame}`. False: JSON, but nothing that OKX sends.
    /// Raises `MalformedError`.
    fn line(&self, py: Python<'_>, line: &[u8]) -> PyResult<bool> {
        locked(&self.0).line(line).map_err(|error| errors::core(py, &error))
    }

    /// One dict per stream, in the order of their first messages; `okx_fast.verify_file` names the fields.
    fn report<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let rows = serde_json::Value::from(locked(&self.0).report()).to_string();
        py.import("orjson")?.call_method1("loads", (rows,))
    }
}

/// Of a channel: its socket (`public` or `business`), the kind of its events (`book`, `trade`, `ticker` or `raw`), whether
/// it needs a logged-in connection, and its longest silence in seconds, `None` where it may be silent.
#[pyfunction]
pub fn channel_facts(channel: &str) -> (&'static str, &'static str, bool, Option<u64>) {
    (socket_of(channel).as_str(), kind_of(Channel::find(channel)), needs_login(channel), quiet_of(channel))
}

/// Base64 of the HMAC-SHA256 of `prehash`, as OKX wants requests and logins signed.
#[pyfunction]
#[pyo3(signature = (secret, prehash))]
pub fn sign(secret: &str, prehash: &str) -> String {
    Signer::new(secret.as_bytes()).sign(&[prehash.as_bytes()]).as_str().to_owned()
}
