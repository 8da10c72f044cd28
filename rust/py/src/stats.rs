//! Counters as one Python dict.

use crate::dispatch::Shared;
use crate::subs::locked;
use okx_fast_core::channel::CHANNELS;
use okx_fast_core::stats::{Counter, Stats};
use okx_fast_net::record::Recorder;
use pyo3::prelude::*;
use pyo3::types::PyDict;
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

const SUMS: [Sum; 14] = [
    ("updates_verified", |s| &s.updates_verified),
    ("snapshots", |s| &s.snapshots),
    ("keepalives", |s| &s.keepalives),
    ("resets", |s| &s.resets),
    ("checksums_ok", |s| &s.checksums_ok),
    ("checksums_bad", |s| &s.checksums_bad),
    ("gaps", |s| &s.gaps),
    ("skipped", |s| &s.skipped),
    ("resyncs", |s| &s.resyncs),
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
    let latency = PyDict::new(py);
    let histogram = locked(&shared.latency);
    for (name, quantile) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
        latency.set_item(name, histogram.value_at_quantile(quantile) as f64 / 1e3)?;
    }
    latency.set_item("count", histogram.len())?;
    dict.set_item("latency_us", latency)?;
    Ok(dict)
}
