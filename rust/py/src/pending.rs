//! The outcome of a command, for whoever gave it.

use okx_fast_core::session::Outcome;
use pyo3::prelude::*;
use std::sync::Arc;

/// What came of `reconnect` or `resync`, once it has.
#[pyclass(frozen, module = "okx_fast")]
#[derive(Debug)]
pub struct Pending(pub Vec<Arc<Outcome>>);

#[pymethods]
impl Pending {
    /// Whether it is carried out, or cannot be.
    #[getter]
    fn done(&self) -> bool {
        self.0.iter().all(|outcome| outcome.get().is_some())
    }

    /// Whether it was carried out; `None` until it is `done`.
    #[getter]
    fn ok(&self) -> Option<bool> {
        let all = self.0.iter().map(|outcome| outcome.get()).collect::<Option<Vec<_>>>()?;
        Some(all.iter().all(Result::is_ok))
    }

    /// What was done, or why it was not; empty until it is `done`.
    #[getter]
    fn words(&self) -> String {
        let said = self.0.iter().filter_map(|outcome| outcome.get());
        let mut words = said.map(|said| said.unwrap_or_else(|why| why)).collect::<Vec<_>>();
        words.dedup();
        words.join("; ")
    }

    fn __repr__(&self) -> String {
        let state = match self.ok() {
            None => "pending",
            Some(true) => "ok",
            Some(false) => "failed",
        };
        format!("Pending({state} {:?})", self.words())
    }
}
