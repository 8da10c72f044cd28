//! From an event to the user's callback, with the interpreter attached.

use crate::events::{BookUpdate, Event, RawMessage, Ticker, Trade};
use crate::subs::{Latest, PySub, SubFlags, locked};
use hdrhistogram::Histogram;
use okx_fast_core::session::{Event as CoreEvent, SubId};
use okx_fast_core::stats::Stats;
use okx_fast_core::time::Stamp;
use okx_fast_net::clock;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3::{PyClass, PyClassInitializer};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

/// What every part of one client shares.
#[derive(Debug)]
pub struct Shared {
    /// Called with each `Event` that is not data; `None`: nobody listens.
    pub on_event: Mutex<Option<Py<PyAny>>>,
    /// Called with `(exception, event)` when a callback raises.
    pub on_error: Mutex<Option<Py<PyAny>>>,
    /// Socket to callback, nanoseconds.
    pub latency: Mutex<Histogram<u64>>,
    /// Events that reached Python.
    pub events: AtomicU64,
    pub callback_errors: AtomicU64,
    /// `stop()` was called, or an exception ends the run.
    pub stopping: AtomicBool,
    /// KeyboardInterrupt or SystemExit out of a callback, to be raised where the client is run.
    pub fatal: Mutex<Option<PyErr>>,
    pub conns: Mutex<Vec<Arc<Conn>>>,
}

impl Shared {
    pub fn new() -> Self {
        Self {
            on_event: Mutex::default(),
            on_error: Mutex::default(),
            latency: Mutex::new(Histogram::new_with_bounds(1, 60_000_000_000, 2).expect("the bounds are constant and right")),
            events: AtomicU64::new(0),
            callback_errors: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            fatal: Mutex::default(),
            conns: Mutex::default(),
        }
    }
}

/// The subscriptions of one connection, in the order of their ids.
#[derive(Debug, Default)]
pub struct Conn {
    pub subs: Mutex<Vec<Arc<PySub>>>,
    pub flags: Mutex<Vec<Arc<SubFlags>>>,
    pub stats: Mutex<Option<Arc<Stats>>>,
}

impl Conn {
    pub fn add(&self, sub: &Arc<PySub>) {
        // Flags first: the I/O side looks an id up only after the subscription was asked for.
        locked(&self.flags).push(Arc::clone(&sub.flags));
        locked(&self.subs).push(Arc::clone(sub));
    }

    /// Takes the last one back: nobody was told of it.
    pub fn remove_last(&self) {
        locked(&self.flags).pop();
        let sub = locked(&self.subs).pop();
        drop(sub);
    }
}

/// Calls callbacks for one connection's events.
#[derive(Debug)]
pub struct Dispatcher {
    pub shared: Arc<Shared>,
    conn: Arc<Conn>,
    /// A copy of the connection's list, so that no lock is taken per event.
    subs: Vec<Arc<PySub>>,
    /// Record the time from socket to callback; pointless for frames that came from no socket.
    timed: bool,
}

impl Dispatcher {
    pub fn new(shared: Arc<Shared>, conn: Arc<Conn>, timed: bool) -> Self {
        Self { shared, conn, subs: Vec::new(), timed }
    }

    #[inline]
    fn sub(&mut self, id: SubId) -> Option<&Arc<PySub>> {
        let at = id.0 as usize;
        if at >= self.subs.len() {
            self.subs.clone_from(&locked(&self.conn.subs));
        }
        self.subs.get(at)
    }

    /// The flags of a subscription that conflates.
    #[inline]
    pub fn conflated(&mut self, id: SubId) -> Option<&SubFlags> {
        self.sub(id).map(|sub| &*sub.flags).filter(|flags| flags.conflate)
    }

    /// Whether somebody listens to this event.
    #[inline]
    pub fn wants(&mut self, event: &CoreEvent<'_>) -> bool {
        match event {
            CoreEvent::Book(id, _) | CoreEvent::Trade(id, _) | CoreEvent::Ticker(id, _) | CoreEvent::Raw(id, _) => {
                self.sub(*id).is_some_and(|sub| sub.flags.wants())
            }
            CoreEvent::Notice(..) => true,
        }
    }

    /// One event; each callback that raises is reported and the next event goes on.
    #[inline]
    pub fn event(&mut self, py: Python<'_>, at: Stamp, event: CoreEvent<'_>) {
        match event {
            CoreEvent::Book(id, update) => {
                let Some(sub) = self.sub(id).cloned() else { return };
                let Some(callback) = sub.callback(py) else { return };
                self.call(py, at, &callback, BookUpdate { sub, update: *update, at });
            }
            CoreEvent::Trade(id, trade) => {
                let Some(sub) = self.sub(id).cloned() else { return };
                let Some(callback) = sub.callback(py) else { return };
                self.call(py, at, &callback, Trade { sub, trade: *trade, at });
            }
            CoreEvent::Ticker(id, ticker) => {
                let Some(sub) = self.sub(id).cloned() else { return };
                let Some(callback) = sub.callback(py) else { return };
                self.call(py, at, &callback, Ticker { sub, ticker: *ticker, at });
            }
            CoreEvent::Raw(id, frame) => {
                let Some(sub) = self.sub(id).cloned() else { return };
                let Some(callback) = sub.callback(py) else { return };
                self.call(py, at, &callback, RawMessage { sub, data: PyBytes::new(py, frame).unbind(), at });
            }
            CoreEvent::Notice(id, notice) => {
                let callback = locked(&self.shared.on_event).as_ref().map(|c| c.clone_ref(py));
                if let Some(callback) = callback {
                    self.call(py, at, &callback, Event(notice.clone()));
                }
                if notice.is_end()
                    && let Some(sub) = id.and_then(|id| self.sub(id).cloned())
                {
                    sub.end_by_okx(py);
                }
            }
        }
    }

    /// The newest state of a conflated subscription.
    pub fn latest(&mut self, py: Python<'_>, id: SubId) {
        let Some((at, latest)) = self.sub(id).and_then(|sub| sub.flags.take()) else { return };
        match latest {
            Latest::Book(update) => self.event(py, at, CoreEvent::Book(id, &update)),
            Latest::Ticker(ticker) => self.event(py, at, CoreEvent::Ticker(id, &ticker)),
        }
    }

    #[inline]
    fn call<T>(&mut self, py: Python<'_>, at: Stamp, callback: &Py<PyAny>, event: T)
    where
        T: PyClass + Into<PyClassInitializer<T>>,
    {
        self.shared.events.fetch_add(1, SeqCst);
        if self.timed {
            let waited = clock::mono_ns().saturating_sub(at.mono_ns);
            locked(&self.shared.latency).saturating_record(waited);
        }
        let outcome = Py::new(py, event).and_then(|event| match callback.call1(py, (&event,)) {
            Ok(_) => Ok(()),
            Err(error) => self.report(py, error, event.into_any()),
        });
        if let Err(error) = outcome {
            self.fail(py, error);
        }
    }

    /// Tells of an exception in a callback. Those that end a program end the run instead.
    #[cold]
    fn report(&self, py: Python<'_>, error: PyErr, event: Py<PyAny>) -> PyResult<()> {
        if !error.is_instance_of::<PyException>(py) {
            return Err(error);
        }
        self.shared.callback_errors.fetch_add(1, SeqCst);
        let handler = locked(&self.shared.on_error).as_ref().map(|h| h.clone_ref(py));
        match handler {
            Some(handler) => {
                if let Err(second) = handler.call1(py, (error.into_value(py), event)) {
                    second.write_unraisable(py, Some(handler.bind(py)));
                }
            }
            None => error.write_unraisable(py, Some(event.bind(py))),
        }
        Ok(())
    }

    #[cold]
    fn fail(&self, py: Python<'_>, error: PyErr) {
        if error.is_instance_of::<PyException>(py) {
            error.write_unraisable(py, None);
        } else {
            *locked(&self.shared.fatal) = Some(error);
            self.shared.stopping.store(true, SeqCst);
        }
    }
}
