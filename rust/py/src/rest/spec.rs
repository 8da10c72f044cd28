//! `Spec`: what all calls of an endpoint have in common.

use crate::errors;
use okx_fast_core::rest::head::Method;
use okx_fast_net::rest::Spec as NetSpec;
use pyo3::prelude::*;
use std::sync::Arc;

/// An endpoint, checked once; `RestCore.call` takes it.
#[pyclass(frozen, module = "okx_fast._native")]
#[derive(Debug)]
pub struct Spec(pub Arc<NetSpec>);

#[pymethods]
impl Spec {
    #[new]
    #[pyo3(signature = (*, method, path, signed, idempotent, cancel, bucket, count, window_ms, by_ip, capped))]
    #[allow(clippy::too_many_arguments, clippy::fn_params_excessive_bools, reason = "keyword-only: a row of the endpoint table")]
    fn new(
        py: Python<'_>,
        method: &str,
        path: &str,
        signed: bool,
        idempotent: bool,
        cancel: bool,
        bucket: u32,
        count: u32,
        window_ms: u32,
        by_ip: bool,
        capped: bool,
    ) -> PyResult<Self> {
        let method = match method {
            "GET" => Method::Get,
            "POST" => Method::Post,
            other => return Err(errors::config(py, &format!("method: expected GET or POST, got {other:?}"))),
        };
        let endpoint = "".into();
        let spec = NetSpec { method, path: path.into(), signed, idempotent, cancel, bucket, count, window_ms, by_ip, capped, endpoint };
        spec.checked().map(|spec| Self(Arc::new(spec))).map_err(|error| errors::config(py, &error.to_string()))
    }

    /// `POST /api/v5/trade/order`.
    #[getter]
    fn endpoint(&self) -> &str {
        &self.0.endpoint
    }

    fn __repr__(&self) -> String {
        format!("Spec({})", self.0.endpoint)
    }
}
