//! `RestCore.stats()`: counters, times, the clock and the limits, as a dict.

use super::reply::ClockReading;
use okx_fast_core::limit::BucketView;
use okx_fast_net::rest::{CAP_BUCKET, Engine};
use pyo3::prelude::*;
use pyo3::types::PyDict;

pub fn of<'py>(py: Python<'py>, engine: &Engine) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let figures = engine.figures();
    let (idle, busy) = engine.connections();
    dict.set_item("connections_idle", idle)?;
    dict.set_item("connections_busy", busy)?;
    for (name, value) in figures.counters {
        dict.set_item(name, value)?;
    }
    let spans = [("to_sent_us", &figures.spans.to_sent), ("to_reply_us", &figures.spans.to_reply), ("total_us", &figures.spans.total)];
    for (name, histogram) in spans {
        let row = PyDict::new(py);
        for (name, quantile) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
            row.set_item(name, histogram.value_at_quantile(quantile) as f64 / 1e3)?;
        }
        row.set_item("count", histogram.len())?;
        dict.set_item(name, row)?;
    }
    dict.set_item("clock", clock(py, engine)?)?;
    dict.set_item("limits", limits(py, engine)?)?;
    Ok(dict)
}

fn millis(ns: i64) -> f64 {
    ns as f64 / 1e6
}

/// The reading in use, and what happened to the clocks: nothing of it is silent.
fn clock<'py>(py: Python<'py>, engine: &Engine) -> PyResult<Bound<'py, PyDict>> {
    let row = PyDict::new(py);
    let news = engine.clock_news();
    row.set_item("reading", engine.clock().map(ClockReading::from))?;
    row.set_item("jumps", news.jumps)?;
    row.set_item("last_jump_ms", news.last_jump.map(|jump| (millis(jump.from_ns), millis(jump.to_ns))))?;
    row.set_item("steps", news.steps)?;
    row.set_item("last_step_ms", news.last_step.map(|step| millis(step.by_ns)))?;
    row.set_item("suspicions", news.suspicions)?;
    row.set_item("last_suspicion_ms", news.last_suspicion.map(|seen| (seen.source, millis(seen.by_ns))))?;
    Ok(row)
}

/// One dict for each bucket in use; `bucket` is `None` for the sub-account's cap.
fn limits<'py>(py: Python<'py>, engine: &Engine) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let row = |(by_ip, view): &(bool, BucketView)| {
        let row = PyDict::new(py);
        row.set_item("bucket", Some(view.bucket).filter(|bucket| *bucket != CAP_BUCKET))?;
        row.set_item("key", &*view.key)?;
        row.set_item("by_ip", by_ip)?;
        row.set_item("count", view.rule.count)?;
        row.set_item("window_s", view.rule.window_ns as f64 / 1e9)?;
        row.set_item("allowed", view.allowed)?;
        row.set_item("used", view.used)?;
        row.set_item("waiting", view.waiting)?;
        row.set_item("is_closed", view.closed_until_ns > 0)?;
        Ok(row)
    };
    engine.limits().iter().map(row).collect()
}
