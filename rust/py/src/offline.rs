//! The same core without a socket: recordings, single frames, signatures.

use crate::book::Book;
use crate::dispatch::{Conn, Dispatcher, Shared};
use crate::errors;
use crate::subs::{PySub, locked};
use crate::subscription::{Subscription, expect_kind, kind_of};
use okx_fast_core::channel::{Arg, Channel, socket_of};
use okx_fast_core::session::{Config, Session, SharedBook};
use okx_fast_core::sign::Signer;
use okx_fast_core::verify::Verifier as CoreVerifier;
use okx_fast_net::clock;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

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

/// Feeds frames to the same session, books and callbacks that a connection feeds; no socket, no thread.
///
/// A book that broke stays so: there is nobody to ask for a new snapshot.
/// An exception in a callback goes to `sys.unraisablehook`; KeyboardInterrupt and SystemExit come out of `feed`.
#[pyclass(frozen, module = "okx_fast")]
#[derive(Debug)]
pub struct Replay {
    shared: Arc<Shared>,
    conn: Arc<Conn>,
    inner: Mutex<(Session, Dispatcher)>,
}

#[pymethods]
impl Replay {
    #[new]
    fn new() -> Self {
        let (shared, conn) = (Arc::new(Shared::new()), Arc::new(Conn::default()));
        let session = Session::new(Config::default());
        *locked(&conn.stats) = Some(Arc::clone(session.stats()));
        locked(&shared.conns).push(Arc::clone(&conn));
        let dispatcher = Dispatcher::new(Arc::clone(&shared), Arc::clone(&conn), false);
        Self { shared, conn, inner: Mutex::new((session, dispatcher)) }
    }

    /// As `Client.subscribe_book`, without conflation.
    #[pyo3(signature = (inst_id, on_update = None, *, channel = "books"))]
    fn subscribe_book(&self, py: Python<'_>, inst_id: &str, on_update: Option<Py<PyAny>>, channel: &str) -> PyResult<Book> {
        Ok(Book { sub: self.add(py, "book", Arg::new(channel, inst_id), on_update)? })
    }

    /// As `Client.subscribe_trades`.
    #[pyo3(signature = (inst_id, on_trade = None, *, channel = "trades"))]
    fn subscribe_trades(&self, py: Python<'_>, inst_id: &str, on_trade: Option<Py<PyAny>>, channel: &str) -> PyResult<Subscription> {
        Ok(Subscription { sub: self.add(py, "trade", Arg::new(channel, inst_id), on_trade)? })
    }

    /// As `Client.subscribe_ticker`, without conflation.
    #[pyo3(signature = (inst_id, on_ticker = None))]
    fn subscribe_ticker(&self, py: Python<'_>, inst_id: &str, on_ticker: Option<Py<PyAny>>) -> PyResult<Subscription> {
        Ok(Subscription { sub: self.add(py, "ticker", Arg::new("tickers", inst_id), on_ticker)? })
    }

    /// Calls `callback` with each `Event`; `None`: with none.
    #[pyo3(signature = (callback))]
    fn on_event(&self, callback: Option<Py<PyAny>>) {
        *locked(&self.shared.on_event) = callback;
    }

    /// One frame. Returns the number of callbacks it caused. What is wrong with a frame becomes an `Event`.
    fn feed(&self, py: Python<'_>, frame: &[u8]) -> PyResult<u64> {
        let before = self.shared.events.load(SeqCst);
        let at = clock::now();
        let mut inner = self.inner.try_lock().map_err(|_| errors::config(py, "feed() was called from one of its own callbacks"))?;
        let (session, dispatcher) = &mut *inner;
        session.handle_frame(at, frame, |event| {
            if dispatcher.wants(&event) {
                dispatcher.event(py, at, event);
            }
        });
        drop(inner);
        match self.shared.take_fatal() {
            Some(error) => Err(error),
            None => Ok(self.shared.events.load(SeqCst) - before),
        }
    }

    /// Counters since the start; `Client.stats` names them.
    fn stats<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        crate::stats::to_dict(py, &self.shared, 0)
    }
}

impl Replay {
    fn add(&self, py: Python<'_>, kind: &str, arg: Arg, callback: Option<Py<PyAny>>) -> PyResult<Arc<PySub>> {
        let book = expect_kind(py, kind, &arg.channel)?.filter(|c| c.is_book()).map(SharedBook::new);
        let sub = Arc::new(PySub::new(py, arg.clone(), book.clone(), None, false));
        // No Python runs under these locks.
        let refusal = match (self.inner.try_lock(), self.conn.holds(&arg)) {
            (Err(_), _) => "subscribing from a callback of feed() cannot work".to_owned(),
            (_, true) => format!("{arg}: already subscribed"),
            (Ok(mut inner), false) => {
                self.conn.add(&sub);
                let id = inner.0.subscribe(arg, book);
                // As if OKX had acked: data may come before its ack anyway.
                inner.0.assume_asked(id);
                drop(inner);
                sub.set_callback(callback);
                return Ok(sub);
            }
        };
        Err(errors::config(py, &refusal))
    }
}

/// The socket of a channel (`public` or `business`), and the kind of its events: `book`, `trade`, `ticker` or `raw`.
#[pyfunction]
pub fn channel_facts(channel: &str) -> (&'static str, &'static str) {
    (socket_of(channel).as_str(), kind_of(Channel::find(channel)))
}

/// Base64 of the HMAC-SHA256 of `prehash`, as OKX wants requests and logins signed.
#[pyfunction]
#[pyo3(signature = (secret, prehash))]
pub fn sign(secret: &str, prehash: &str) -> String {
    Signer::new(secret.as_bytes()).sign(&[prehash.as_bytes()]).as_str().to_owned()
}
