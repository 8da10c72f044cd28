//! The exchange inside this process: `ExchangeServer`. Its thread is Rust's own and never touches the GIL.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use okx_fast_sim::exchange::config::Config;
use okx_fast_sim::front::{Front, StartError};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// A simulated exchange that speaks OKX's REST and WebSocket; it runs until `stop` or the end of its life.
#[pyclass(frozen, module = "okx_fast._native")]
#[derive(Debug)]
pub struct ExchangeServer {
    /// Taken only when dropped.
    front: Mutex<Option<Front>>,
    pid: u32,
    /// Base of the plain REST addresses, `http://127.0.0.1:PORT`.
    #[pyo3(get)]
    rest: String,
    /// Base of the TLS REST addresses, `https://127.0.0.1:PORT`.
    #[pyo3(get)]
    rest_tls: String,
    /// Base of the plain WebSocket addresses, `ws://127.0.0.1:PORT`.
    #[pyo3(get)]
    ws: String,
    /// Base of the TLS WebSocket addresses, `wss://127.0.0.1:PORT`.
    #[pyo3(get)]
    wss: String,
    /// Base of the admin API, plain, always on loopback.
    #[pyo3(get)]
    admin: String,
    /// PEM of the authority behind the TLS addresses, made for this run.
    #[pyo3(get)]
    ca_file: PathBuf,
    /// Instrument ids at the start.
    #[pyo3(get)]
    instruments: Vec<String>,
    /// Label and uid of each account at the start.
    #[pyo3(get)]
    accounts: Vec<(String, String)>,
}

#[pymethods]
impl ExchangeServer {
    #[new]
    fn new(py: Python<'_>, config_json: &str) -> PyResult<Self> {
        let (front, content) = py.detach(|| Front::exchange(Config::from_json(config_json)?)).map_err(|error| match error {
            StartError::Config(error) => PyValueError::new_err(error.to_string()),
            StartError::Io(error) => error.into(),
        })?;
        let (plain, tls) = (front.plain(), front.tls());
        Ok(Self {
            rest: format!("http://{plain}"),
            rest_tls: format!("https://{tls}"),
            ws: format!("ws://{plain}"),
            wss: format!("wss://{tls}"),
            admin: format!("http://{}", front.admin()),
            ca_file: front.ca_file().to_owned(),
            instruments: content.instruments,
            accounts: content.accounts,
            front: Mutex::new(Some(front)),
            pid: std::process::id(),
        })
    }

    /// Closes every connection and joins the thread; again: does nothing.
    fn stop(&self, py: Python<'_>) {
        if self.is_foreign() {
            return;
        }
        py.detach(|| {
            let mut front = self.front.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(front) = front.as_mut() {
                front.stop();
            }
        });
    }

    /// Whether it answers: not after `stop`, and not after a failure of its own.
    #[getter]
    fn running(&self) -> bool {
        let front = self.front.lock().unwrap_or_else(PoisonError::into_inner);
        !self.is_foreign() && front.as_ref().is_some_and(Front::is_running)
    }

    fn __enter__(this: Py<Self>) -> Py<Self> {
        this
    }

    #[pyo3(signature = (*_exc_info))]
    fn __exit__(&self, py: Python<'_>, _exc_info: &Bound<'_, pyo3::types::PyTuple>) {
        self.stop(py);
    }
}

impl ExchangeServer {
    /// In a child of `fork()`: thread, sockets and the CA's file are the parent's.
    fn is_foreign(&self) -> bool {
        self.pid != std::process::id()
    }
}

impl Drop for ExchangeServer {
    fn drop(&mut self) {
        if self.is_foreign()
            && let Ok(front) = self.front.get_mut()
        {
            std::mem::forget(front.take());
        }
    }
}
