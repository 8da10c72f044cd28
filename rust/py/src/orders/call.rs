//! `OrderCall`: a call on its way, and how it ended.

use crate::subs::locked;
use okx_fast_core::order::Op;
use okx_fast_core::order::desk::{Item, Report};
use okx_fast_core::time::Stamp;
use okx_fast_net::inbox::{Inbox, Nudge};
use okx_fast_net::rest::{Keys, Spec};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple, PyType};
use std::cell::OnceCell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

/// How often a waiting thread looks for signals.
const LOOK: Duration = Duration::from_millis(50);
/// Longest wait asked for at once.
const MOST_SECONDS: f64 = 86_400.0;

thread_local! {
    /// Wakes this thread, once it has waited for a call.
    static NUDGE: OnceCell<Arc<Nudge>> = const { OnceCell::new() };
}

/// How a call ended, or who waits for that.
#[derive(Debug)]
enum State {
    Waiting(Vec<Arc<Nudge>>),
    Over(Arc<Report>),
}

/// What both sides know of a call.
#[derive(Debug)]
pub struct Ticket {
    pub id: u64,
    pub op: Op,
    pub called: Stamp,
    /// When its bytes were ready for the socket, on both clocks; 0: not sent this way.
    pub sealed_ns: AtomicU64,
    pub sealed_wall_ns: AtomicU64,
    state: Mutex<State>,
    /// Called with the `OrderCall` once it is over.
    on_done: Mutex<Option<Py<PyAny>>>,
    /// What it counted against.
    pub limit: OnceLock<(Arc<Spec>, Keys)>,
}

impl Ticket {
    pub fn new(id: u64, op: Op, called: Stamp, on_done: Option<Py<PyAny>>) -> Self {
        let (sealed_ns, sealed_wall_ns) = (AtomicU64::new(0), AtomicU64::new(0));
        Self {
            id,
            op,
            called,
            sealed_ns,
            sealed_wall_ns,
            state: Mutex::new(State::Waiting(Vec::new())),
            on_done: Mutex::new(on_done),
            limit: OnceLock::new(),
        }
    }

    pub fn seal(&self, at: Stamp) {
        self.sealed_wall_ns.store(at.wall_ns, Relaxed);
        self.sealed_ns.store(at.mono_ns, Relaxed);
    }

    /// It is over. `told` has its callback wait before anybody can see that it is: whoever polls after a wait finds it.
    pub fn finish(&self, report: Report, told: impl FnOnce()) {
        let mut state = locked(&self.state);
        let before = std::mem::replace(&mut *state, State::Over(Arc::new(report)));
        told();
        drop(state);
        let State::Waiting(threads) = before else { return };
        for nudge in threads {
            nudge.give();
        }
    }

    fn report(&self) -> Option<Arc<Report>> {
        match &*locked(&self.state) {
            State::Over(report) => Some(Arc::clone(report)),
            State::Waiting(_) => None,
        }
    }

    /// Called once it is over; if it is already, `told` has it wait now.
    pub fn listen(&self, on_done: Py<PyAny>, told: impl FnOnce()) {
        *locked(&self.on_done) = Some(on_done);
        if self.is_over() {
            told();
        }
    }

    pub fn is_over(&self) -> bool {
        matches!(*locked(&self.state), State::Over(_))
    }

    /// Whether somebody is to be called.
    pub fn wants(&self) -> bool {
        locked(&self.on_done).is_some()
    }

    pub fn callback(&self) -> Option<Py<PyAny>> {
        locked(&self.on_done).take()
    }

    /// Waits until it is over, reading answers meanwhile: its own, and those of others. Comes back early for a signal.
    fn wait(&self, inbox: &Arc<Inbox>, nudge: &Arc<Nudge>, until: Instant) -> bool {
        let _attending = inbox.attend();
        loop {
            if let State::Waiting(threads) = &mut *locked(&self.state) {
                threads.push(Arc::clone(nudge));
            } else {
                return true;
            }
            let is_interrupted = inbox.wait(nudge, until);
            if let State::Waiting(threads) = &mut *locked(&self.state) {
                threads.retain(|each| !Arc::ptr_eq(each, nudge));
            } else {
                return true;
            }
            inbox.read();
            if is_interrupted || Instant::now() >= until {
                return self.is_over();
            }
        }
    }
}

/// A call on its way; `okx_fast.Trader` makes them.
#[pyclass(frozen, module = "okx_fast._native")]
#[derive(Debug)]
pub struct OrderCall(pub Arc<Ticket>, pub Arc<Inbox>);

#[pymethods]
impl OrderCall {
    /// The request's `id`, as OKX got it.
    #[getter]
    fn id(&self) -> String {
        self.0.id.to_string()
    }

    /// OKX's word for the operation.
    #[getter]
    fn op(&self) -> &'static str {
        self.0.op.as_str()
    }

    /// Whether its outcome is known, or known to stay unknown.
    #[getter]
    fn done(&self) -> bool {
        self.0.is_over()
    }

    /// Waits without the GIL until it is over, for at most so many seconds; whether it is. Ctrl-C is noticed within 50 ms.
    fn wait(&self, py: Python<'_>, seconds: f64) -> PyResult<bool> {
        let within = Duration::try_from_secs_f64(seconds.clamp(0.0, MOST_SECONDS)).unwrap_or_default();
        let until = Instant::now() + within;
        let nudge = NUDGE.with(|nudge| match nudge.get() {
            Some(nudge) => Ok(Arc::clone(nudge)),
            None => Nudge::new().map(|made| Arc::clone(nudge.get_or_init(|| Arc::new(made)))),
        })?;
        loop {
            let look = until.min(Instant::now() + LOOK);
            if py.detach(|| self.0.wait(&self.1, &nudge, look)) {
                return Ok(true);
            }
            py.check_signals()?;
            if Instant::now() >= until {
                return Ok(false);
            }
        }
    }

    /// How it ended for each of `sent`, as asked for: instances of `class_`, a named tuple. Empty while it is on its way.
    #[pyo3(signature = (class_, sent, route))]
    fn results<'py>(&self, class_: &Bound<'py, PyType>, sent: &Bound<'py, PyList>, route: &str) -> PyResult<Bound<'py, PyList>> {
        let py = class_.py();
        let results = PyList::empty(py);
        // Without the lock: making objects may run any Python.
        let Some(report) = self.0.report() else { return Ok(results) };
        let make = py.get_type::<PyTuple>().getattr(intern!(py, "__new__"))?;
        for (item, params) in report.items.iter().zip(sent.iter()) {
            let fields = self.fields(py, &report, item, params, route)?;
            results.append(make.call1((class_, fields))?)?;
        }
        Ok(results)
    }

    /// How it ended, in plain values and OKX's own words; `None` while it is on its way.
    fn report<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        // Without the lock: making objects may run any Python.
        let Some(report) = self.0.report() else { return Ok(None) };
        let items = report.items.iter().map(|item| of_item(py, item)).collect::<PyResult<Vec<_>>>()?;
        let sealed = self.0.sealed_ns.load(Relaxed);
        let answered = report.answered;
        let head = (
            report.code.as_str(),
            report.msg.as_str(),
            report.called.mono_ns,
            (sealed > 0).then_some(sealed),
            answered.map(|at| at.mono_ns),
            report.settled.mono_ns,
            report.called.wall_ns,
            report.in_time_us,
            report.out_time_us,
            report.exp_ms,
            PyList::new(py, items)?,
        );
        Ok(Some(head.into_pyobject(py)?))
    }

    fn __repr__(&self) -> String {
        let done = self.0.report();
        let state = done.as_ref().map_or("on its way", |r| r.items.first().map_or("over", |i| i.outcome.as_str()));
        format!("OrderCall({} {}, {state})", self.0.op.as_str(), self.0.id)
    }
}

impl OrderCall {
    /// The fields of an `OrderResult`, in their order.
    fn fields<'py>(
        &self,
        py: Python<'py>,
        report: &Report,
        item: &Item,
        params: Bound<'py, PyAny>,
        route: &str,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let text = |text: &str| PyString::new(py, text).into_any();
        let count = |count: u64| Ok::<_, PyErr>(count.into_pyobject(py)?.into_any());
        let maybe = |value: Option<u64>| value.map_or_else(|| Ok(py.None().into_bound(py)), count);
        // Of the whole where nothing is said of this one.
        let (code, msg) = if item.doubt.is_empty() { (report.code.as_str(), report.msg.as_str()) } else { ("", "") };
        let or = |own: &str, whole: &str| text(if own.is_empty() { whole } else { own });
        let sealed = self.0.sealed_ns.load(Relaxed);
        PyTuple::new(
            py,
            [
                text(item.outcome.as_str()),
                text(self.0.op.as_str()),
                text(route),
                if item.inst.is_empty() { named(&params)? } else { text(&item.inst) },
                text(&item.ord_id),
                text(&item.cl_ord_id),
                text(&item.tag),
                text(&item.req_id),
                or(&item.code, code),
                text(&item.sub_code),
                or(&item.msg, msg),
                text(item.proof.as_str()),
                text(&item.doubt),
                count(u64::from(item.queries))?,
                maybe(item.ts_ms)?,
                maybe(report.in_time_us)?,
                maybe(report.out_time_us)?,
                count(report.called.mono_ns)?,
                maybe((sealed > 0).then_some(sealed))?,
                maybe(report.answered.map(|at| at.mono_ns))?,
                count(report.settled.mono_ns)?,
                count(report.called.wall_ns / 1_000_000)?,
                maybe(report.exp_ms)?,
                params,
            ],
        )
    }
}

/// What an order was asked for by, if nothing is known of its instrument.
fn named<'py>(params: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    for name in ["instId", "sprdId"] {
        let value = params.call_method1("get", (name,))?;
        if value.is_truthy()? {
            return Ok(value.str()?.into_any());
        }
    }
    Ok(PyString::new(params.py(), "").into_any())
}

fn of_item<'py>(py: Python<'py>, item: &Item) -> PyResult<Bound<'py, PyTuple>> {
    let ids = (item.ord_id.as_str(), item.cl_ord_id.as_str(), item.tag.as_str(), item.req_id.as_str());
    let said = (item.code.as_str(), item.sub_code.as_str(), item.msg.as_str(), item.ts_ms);
    (item.outcome.as_str(), item.proof.as_str(), &*item.inst, ids, said, item.doubt.as_str(), item.queries).into_pyobject(py)
}
