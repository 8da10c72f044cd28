//! Counters as one Python dict.

use crate::dispatch::{Conn, Shared};
use crate::subs::locked;
use hdrhistogram::Histogram;
use okx_fast_core::channel::CHANNELS;
use okx_fast_core::session::{LegId, View};
use okx_fast_core::stats::{Counter, Stats};
use okx_fast_net::record::Recorder;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

/// What the recorder did so far.
pub fn recording<'py>(py: Python<'py>, recorder: &Recorder) -> PyResult<Bound<'py, PyDict>> {
    let (dict, figures) = (PyDict::new(py), recorder.figures());
    for (name, figure) in [
        ("entries", &figures.entries),
        ("bytes", &figures.bytes),
        ("written", &figures.written),
        ("files", &figures.files),
        ("lost", &figures.lost),
        ("lost_bytes", &figures.lost_bytes),
        ("errors", &figures.errors),
        ("dumps", &figures.dumps),
        ("dumps_skipped", &figures.dumps_skipped),
    ] {
        dict.set_item(name, figure.load(SeqCst))?;
    }
    dict.set_item("waiting_bytes", recorder.waiting())?;
    Ok(dict)
}

type Sum = (&'static str, fn(&Stats) -> &Counter);

const SUMS: [Sum; 23] = [
    ("updates_verified", |s| &s.updates_verified),
    ("snapshots", |s| &s.snapshots),
    ("keepalives", |s| &s.keepalives),
    ("resets", |s| &s.resets),
    ("checksums_ok", |s| &s.checksums_ok),
    ("checksums_bad", |s| &s.checksums_bad),
    ("gaps", |s| &s.gaps),
    ("skipped", |s| &s.skipped),
    ("resyncs", |s| &s.resyncs),
    ("bridged", |s| &s.bridged),
    ("known", |s| &s.known),
    ("ahead", |s| &s.ahead),
    ("blind", |s| &s.blind),
    ("recovered", |s| &s.recovered),
    ("unfillable", |s| &s.unfillable),
    ("stale", |s| &s.stale),
    ("late", |s| &s.late),
    ("replaced", |s| &s.replaced),
    ("connects", |s| &s.connects),
    ("reads", |s| &s.reads),
    ("unrouted", |s| &s.unrouted),
    ("control", |s| &s.control),
    ("not_okx", |s| &s.not_okx),
];

/// Everything counted so far, summed over the client's connections.
pub fn to_dict<'py>(py: Python<'py>, shared: &Shared, waiting: usize) -> PyResult<Bound<'py, PyDict>> {
    let all: Vec<Arc<Stats>> = locked(&shared.conns).iter().filter_map(|c| locked(&c.stats).clone()).collect();
    let sum = |get: &dyn Fn(&Stats) -> u64| all.iter().map(|s| get(s)).sum::<u64>();
    let dict = PyDict::new(py);
    let channels = PyDict::new(py);
    let mut messages = sum(&|s| s.raw.get());
    for (slot, channel) in CHANNELS.iter().enumerate() {
        let of = |get: fn(&okx_fast_core::stats::ChannelStats) -> &Counter| sum(&|s| s.channels.get(slot).map_or(0, |c| get(c).get()));
        let count = of(|c| &c.messages);
        if count > 0 {
            messages += count;
            let row = PyDict::new(py);
            row.set_item("messages", count)?;
            row.set_item("fallbacks", of(|c| &c.fallbacks))?;
            row.set_item("malformed", of(|c| &c.malformed))?;
            channels.set_item(channel.name, row)?;
        }
    }
    dict.set_item("messages", messages)?;
    for (name, counter) in SUMS {
        dict.set_item(name, sum(&|s| counter(s).get()))?;
    }
    dict.set_item("events", shared.events.load(SeqCst))?;
    dict.set_item("events_waiting", waiting)?;
    dict.set_item("callback_errors", shared.callback_errors.load(SeqCst))?;
    dict.set_item("channels", channels)?;
    dict.set_item("latency_us", quantiles(py, &locked(&shared.latency))?)?;
    let stages = PyDict::new(py);
    for (name, histogram) in shared.stages.all() {
        stages.set_item(name, quantiles(py, &locked(histogram))?)?;
    }
    dict.set_item("stages", stages)?;
    let conns = locked(&shared.conns).clone();
    let rows = conns.iter().filter(|c| c.name.get().is_some()).map(|c| connections(py, c)).collect::<PyResult<Vec<_>>>()?;
    dict.set_item("connections", PyList::new(py, rows.into_iter().flatten())?)?;
    Ok(dict)
}

/// Microseconds.
pub fn quantiles<'py>(py: Python<'py>, histogram: &Histogram<u64>) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, quantile) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
        dict.set_item(name, histogram.value_at_quantile(quantile) as f64 / 1e3)?;
    }
    dict.set_item("count", histogram.len())?;
    Ok(dict)
}

/// The connections of one session that are not closed, or were ever open.
pub fn connections<'py>(py: Python<'py>, conn: &Conn) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let subscriptions = locked(&conn.subs).iter().filter(|s| !s.has_ended()).count();
    let views = LegId::all().zip(conn.board.look()).filter(|(_, view)| *view != View::default());
    views
        .map(|(leg, view)| {
            let dict = PyDict::new(py);
            dict.set_item("name", conn.leg_name(leg))?;
            dict.set_item("state", view.state.as_str())?;
            dict.set_item("reason", view.why)?;
            dict.set_item("since_ns", view.since.wall_ns)?;
            dict.set_item("requests", view.requests)?;
            dict.set_item("subscriptions", subscriptions)?;
            Ok(dict)
        })
        .collect()
}
