//! From an event to the user's callback, with the interpreter attached.

use crate::events::{BookUpdate, Event, RawMessage, Ticker, Trade};
use crate::stages::{Stages, histogram};
use crate::subs::{Latest, PySub, SubFlags, locked};
use hdrhistogram::Histogram;
use okx_fast_core::session::{Board, Event as CoreEvent, LegId, Notice, SubId};
use okx_fast_core::stats::Stats;
use okx_fast_core::time::Stamp;
use okx_fast_net::clock;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use pyo3::{PyClass, PyClassInitializer};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock};

/// What every part of one client shares.
#[derive(Debug)]
pub struct Shared {
    /// Called with each `Event` that is not data; `None`: nobody listens.
    pub on_event: Mutex<Option<Py<PyAny>>>,
    /// Called with `(exception, event)` when a callback raises.
    pub on_error: Mutex<Option<Py<PyAny>>>,
    /// Socket to callback, nanoseconds.
    pub latency: Mutex<Histogram<u64>>,
    pub stages: Stages,
    /// Events that reached Python.
    pub events: AtomicU64,
    pub callback_errors: AtomicU64,
    /// `stop()` was called, or an exception ends the run.
    pub stopping: AtomicBool,
    /// KeyboardInterrupt or SystemExit out of a callback, or a defect of ours: to be raised where the client is run.
    fatal: Mutex<Option<PyErr>>,
    /// There is one: no further callback runs until it was raised.
    doomed: AtomicBool,
    pub conns: Mutex<Vec<Arc<Conn>>>,
}

impl Shared {
    pub fn new() -> Self {
        Self {
            on_event: Mutex::default(),
            on_error: Mutex::default(),
            latency: Mutex::new(histogram()),
            stages: Stages::default(),
            events: AtomicU64::new(0),
            callback_errors: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
            fatal: Mutex::default(),
            doomed: AtomicBool::new(false),
            conns: Mutex::default(),
        }
    }

    /// Ends the run with `error`.
    pub fn doom(&self, error: PyErr) {
        let before = locked(&self.fatal).replace(error);
        self.doomed.store(true, SeqCst);
        self.stopping.store(true, SeqCst);
        drop(before);
    }

    #[inline]
    pub fn is_doomed(&self) -> bool {
        self.doomed.load(Relaxed)
    }

    /// What ended the run, to be raised now.
    pub fn take_fatal(&self) -> Option<PyErr> {
        if !self.doomed.swap(false, SeqCst) {
            return None;
        }
        locked(&self.fatal).take()
    }
}

/// The subscriptions of one session, in the order of their ids, and how its connections stand.
#[derive(Debug, Default)]
pub struct Conn {
    pub subs: Mutex<Vec<Arc<PySub>>>,
    /// The I/O side's part of the same list: no Python in it.
    pub flags: Arc<Mutex<Vec<Arc<SubFlags>>>>,
    /// Held from a subscription's id to its command, so that both sides count alike. No Python runs under it.
    pub numbering: Mutex<()>,
    pub stats: Mutex<Option<Arc<Stats>>>,
    /// When one of its connections was last heard (monotonic).
    pub alive: Arc<AtomicU64>,
    pub board: Arc<Board>,
    pub name: OnceLock<String>,
}

impl Conn {
    /// Gives `sub` the next id.
    pub fn add(&self, sub: &Arc<PySub>) {
        // Flags first: the I/O side looks an id up only after the subscription was asked for.
        locked(&self.flags).push(Arc::clone(&sub.flags));
        let mut subs = locked(&self.subs);
        sub.set_id(SubId(subs.len() as u32));
        subs.push(Arc::clone(sub));
    }

    /// The name of a connection: the session's, and a number for any but the first.
    pub fn leg_name(&self, leg: LegId) -> String {
        let name = self.name.get().map_or("", String::as_str);
        if leg == LegId::FIRST { name.to_owned() } else { format!("{name}/{}", leg.0) }
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
            CoreEvent::Answer(..) => false,
        }
    }

    /// One event; each callback that raises is reported and the next event goes on, unless it ends the program.
    #[inline]
    pub fn event(&mut self, py: Python<'_>, at: Stamp, event: CoreEvent<'_>) {
        if self.shared.is_doomed() {
            return;
        }
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
                let message = RawMessage { sub, data: PyBytes::new(py, frame).unbind(), at };
                match message.sub.decode.as_ref().map(|decode| decode.clone_ref(py)) {
                    None => self.call(py, at, &callback, message),
                    Some(decode) => self.rows(py, at, id, &decode, message),
                }
            }
            CoreEvent::Answer(..) => {}
            CoreEvent::Notice(id, notice) => {
                let callback = locked(&self.shared.on_event).as_ref().map(|c| c.clone_ref(py));
                if let Some(callback) = callback {
                    let connection = notice.leg.map(|leg| self.conn.leg_name(leg)).unwrap_or_default();
                    self.call(py, at, &callback, Event { notice: notice.clone(), connection });
                }
                if notice.is_end()
                    && let Some(sub) = id.and_then(|id| self.sub(id).cloned())
                {
                    sub.end_by_okx(py);
                }
            }
        }
    }

    /// The rows which `decode` makes of a message, each an event. One it cannot read is told as `malformed`.
    fn rows(&mut self, py: Python<'_>, at: Stamp, id: SubId, decode: &Py<PyAny>, message: RawMessage) {
        let sub = Arc::clone(&message.sub);
        let rows = Py::new(py, message).and_then(|message| Ok(decode.call1(py, (message,))?.cast_bound::<PyList>(py)?.clone()));
        match rows {
            Ok(rows) => {
                for row in rows {
                    // A callback may end the run, or its own subscription.
                    let Some(callback) = sub.callback(py).filter(|_| !self.shared.is_doomed()) else { return };
                    self.hand_on(py, at, &callback, Ok(row.unbind()));
                }
            }
            Err(error) if error.is_instance_of::<PyException>(py) => {
                let notice = Notice::malformed(at, &sub.arg, error.value(py).to_string());
                self.event(py, at, CoreEvent::Notice(Some(id), &notice));
            }
            Err(error) => self.fail(py, error),
        }
    }

    /// The newest state of a conflated subscription.
    pub fn latest(&mut self, py: Python<'_>, id: SubId) {
        let Some((at, latest)) = self.sub(id).and_then(|sub| sub.flags.take()) else { return };
        match latest {
            Latest::Book(update) => self.event(py, at, CoreEvent::Book(id, &update)),
            Latest::Raw(frame) => self.event(py, at, CoreEvent::Raw(id, &frame)),
            Latest::Ticker(ticker) => self.event(py, at, CoreEvent::Ticker(id, &ticker)),
        }
    }

    #[inline]
    fn call<T>(&mut self, py: Python<'_>, at: Stamp, callback: &Py<PyAny>, event: T)
    where
        T: PyClass + Into<PyClassInitializer<T>>,
    {
        self.hand_on(py, at, callback, Py::new(py, event).map(Py::into_any));
    }

    #[inline]
    fn hand_on(&mut self, py: Python<'_>, at: Stamp, callback: &Py<PyAny>, event: PyResult<Py<PyAny>>) {
        let events = self.shared.events.fetch_add(1, SeqCst);
        let mut measured = None;
        if self.timed {
            let now = clock::mono_ns();
            let waited = now.saturating_sub(at.mono_ns);
            locked(&self.shared.latency).saturating_record(waited);
            if Stages::is_turn(events) {
                locked(&self.shared.stages.queue).saturating_record(waited);
                measured = Some(now);
            }
        }
        let outcome = event.and_then(|event| match callback.call1(py, (&event,)) {
            Ok(_) => Ok(()),
            Err(error) => self.report(py, error, event),
        });
        if let Some(since) = measured {
            locked(&self.shared.stages.callback).saturating_record(clock::mono_ns().saturating_sub(since));
        }
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
                    if !second.is_instance_of::<PyException>(py) {
                        return Err(second);
                    }
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
            self.shared.doom(error);
        }
    }
}
