//! What callbacks receive. Fields become Python objects when they are read.

use crate::book::{Book, Level};
use crate::errors::raise;
use crate::num::Num;
use crate::subs::PySub;
use okx_fast_core::msg::ticker::Ticker as CoreTicker;
use okx_fast_core::msg::trade::Trade as CoreTrade;
use okx_fast_core::session::{BookUpdate as CoreUpdate, Kind, Notice};
use okx_fast_core::time::Stamp;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use std::sync::Arc;

#[pyclass(frozen, freelist = 512, module = "okx_fast")]
#[derive(Debug)]
pub struct Trade {
    pub sub: Arc<PySub>,
    pub trade: CoreTrade,
    pub at: Stamp,
}

#[pymethods]
impl Trade {
    #[getter]
    fn inst_id(&self, py: Python<'_>) -> Py<PyString> {
        self.sub.inst_id.clone_ref(py)
    }

    #[getter]
    fn channel(&self, py: Python<'_>) -> Py<PyString> {
        self.sub.channel.clone_ref(py)
    }

    #[getter]
    fn trade_id(&self) -> u64 {
        self.trade.trade_id
    }

    #[getter]
    fn px(&self) -> Num {
        self.trade.px.into()
    }

    #[getter]
    fn sz(&self) -> Num {
        self.trade.sz.into()
    }

    #[getter]
    fn side<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::intern(py, self.trade.side.as_str())
    }

    #[getter]
    fn count(&self) -> Option<u64> {
        self.trade.count
    }

    #[getter]
    fn source<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyString>> {
        self.trade.source.map(|code| PyString::intern(py, code.as_str()))
    }

    #[getter]
    fn seq_id(&self) -> Option<i64> {
        self.trade.seq_id
    }

    #[getter]
    fn ts_ms(&self) -> u64 {
        self.trade.ts_ms
    }

    #[getter]
    fn recv_ns(&self) -> u64 {
        self.at.wall_ns
    }

    #[getter]
    fn recv_mono_ns(&self) -> u64 {
        self.at.mono_ns
    }

    fn __repr__(&self) -> String {
        let trade = &self.trade;
        format!("Trade({} {} {} @ {} id {})", self.sub.arg.inst_id(), trade.side.as_str(), trade.sz, trade.px, trade.trade_id)
    }
}

#[pyclass(frozen, freelist = 128, module = "okx_fast")]
#[derive(Debug)]
pub struct Ticker {
    pub sub: Arc<PySub>,
    pub ticker: CoreTicker,
    pub at: Stamp,
}

/// Getters that hand out a number of the ticker, or `None` where OKX left it empty.
macro_rules! ticker_numbers {
    ($($name:ident),*) => {
        #[pymethods]
        impl Ticker {
            $(#[getter]
            fn $name(&self) -> Option<Num> {
                self.ticker.$name.map(Num)
            })*

            #[getter]
            fn inst_id(&self, py: Python<'_>) -> Py<PyString> {
                self.sub.inst_id.clone_ref(py)
            }

            #[getter]
            fn channel(&self, py: Python<'_>) -> Py<PyString> {
                self.sub.channel.clone_ref(py)
            }

            #[getter]
            fn ts_ms(&self) -> u64 {
                self.ticker.ts_ms
            }

            #[getter]
            fn recv_ns(&self) -> u64 {
                self.at.wall_ns
            }

            #[getter]
            fn recv_mono_ns(&self) -> u64 {
                self.at.mono_ns
            }

            fn __repr__(&self) -> String {
                let show = |num: Option<okx_fast_core::num::Num>| num.map_or_else(|| "none".to_owned(), |n| n.to_string());
                let ticker = &self.ticker;
                format!("Ticker({} last {} bid {} ask {})", self.sub.arg.inst_id(), show(ticker.last), show(ticker.bid_px), show(ticker.ask_px))
            }
        }
    };
}

ticker_numbers!(
    last, last_sz, ask_px, ask_sz, bid_px, bid_sz, open_24h, high_24h, low_24h, vol_ccy_24h, vol_24h, sod_utc0, sod_utc8
);

#[pyclass(frozen, freelist = 512, module = "okx_fast")]
#[derive(Debug)]
pub struct BookUpdate {
    pub sub: Arc<PySub>,
    pub update: CoreUpdate,
    pub at: Stamp,
}

#[pymethods]
impl BookUpdate {
    #[getter]
    fn inst_id(&self, py: Python<'_>) -> Py<PyString> {
        self.sub.inst_id.clone_ref(py)
    }

    #[getter]
    fn channel(&self, py: Python<'_>) -> Py<PyString> {
        self.sub.channel.clone_ref(py)
    }

    #[getter]
    fn action<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::intern(py, self.update.action.as_str())
    }

    #[getter]
    fn seq_id(&self) -> Option<i64> {
        self.update.seq_id
    }

    #[getter]
    fn prev_seq_id(&self) -> Option<i64> {
        self.update.prev_seq_id
    }

    #[getter]
    fn ts_ms(&self) -> u64 {
        self.update.ts_ms
    }

    #[getter]
    fn recv_ns(&self) -> u64 {
        self.at.wall_ns
    }

    #[getter]
    fn recv_mono_ns(&self) -> u64 {
        self.at.mono_ns
    }

    #[getter]
    fn best_bid(&self) -> Option<Level> {
        self.update.best_bid.map(Level)
    }

    #[getter]
    fn best_ask(&self) -> Option<Level> {
        self.update.best_ask.map(Level)
    }

    #[getter]
    fn book(&self) -> Book {
        Book { sub: Arc::clone(&self.sub) }
    }

    fn __repr__(&self) -> String {
        let show = |level: Option<okx_fast_core::book::Quote>| level.map_or_else(|| "none".to_owned(), |q| q.px.to_string());
        let update = &self.update;
        format!(
            "BookUpdate({} {} {} bid {} ask {})",
            self.sub.arg.inst_id(),
            self.sub.arg.channel,
            update.action.as_str(),
            show(update.best_bid),
            show(update.best_ask)
        )
    }
}

#[pyclass(frozen, module = "okx_fast")]
#[derive(Debug)]
pub struct RawMessage {
    pub sub: Arc<PySub>,
    pub data: Py<PyBytes>,
    pub at: Stamp,
}

#[pymethods]
impl RawMessage {
    #[getter]
    fn channel(&self, py: Python<'_>) -> Py<PyString> {
        self.sub.channel.clone_ref(py)
    }

    #[getter]
    fn inst_id(&self, py: Python<'_>) -> Py<PyString> {
        self.sub.inst_id.clone_ref(py)
    }

    #[getter]
    fn data(&self, py: Python<'_>) -> Py<PyBytes> {
        self.data.clone_ref(py)
    }

    #[getter]
    fn recv_ns(&self) -> u64 {
        self.at.wall_ns
    }

    #[getter]
    fn recv_mono_ns(&self) -> u64 {
        self.at.mono_ns
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        format!("RawMessage({} {} bytes)", self.sub.arg, self.data.bind(py).as_bytes().len())
    }
}

#[pyclass(frozen, module = "okx_fast")]
#[derive(Debug)]
pub struct Event(pub Notice);

#[pymethods]
impl Event {
    #[getter]
    fn kind<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::intern(py, self.0.kind.as_str())
    }

    #[getter]
    fn inst_id(&self) -> &str {
        &self.0.inst_id
    }

    #[getter]
    fn channel(&self) -> &str {
        &self.0.channel
    }

    #[getter]
    fn expected(&self) -> &str {
        &self.0.expected
    }

    #[getter]
    fn got(&self) -> &str {
        &self.0.got
    }

    #[getter]
    fn code(&self) -> &str {
        &self.0.code
    }

    #[getter]
    fn msg(&self) -> &str {
        &self.0.msg
    }

    #[getter]
    fn hint(&self) -> &str {
        self.0.hint
    }

    #[getter]
    fn recv_ns(&self) -> u64 {
        self.0.at.wall_ns
    }

    /// The same as an exception of `okx_fast.errors`, for those who want to raise it; `None` where nothing is wrong.
    #[getter]
    fn error<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        let Notice { kind, inst_id, channel, expected, got, code, msg, hint, .. } = &self.0;
        let (inst_id, channel, expected, got) = (inst_id.as_str(), channel.as_str(), expected.as_str(), got.as_str());
        let number = |text: &str| text.parse::<i64>().ok();
        let error = match kind {
            Kind::Gap => raise(py, "BookGapError", (inst_id, channel, number(expected), number(got))),
            Kind::Checksum => raise(py, "ChecksumError", (inst_id, channel, number(expected), number(got))),
            Kind::Malformed => raise(py, "MalformedError", (inst_id, channel, format!("expected {expected}"), got)),
            Kind::Refused | Kind::Error if !code.is_empty() => raise(py, "ApiError", (code.as_str(), msg.as_str(), *hint)),
            Kind::Disconnected => raise(py, "ConnectError", (msg.as_str(),)),
            _ => return None,
        };
        Some(error.into_value(py).into_bound(py).into_any())
    }

    fn __repr__(&self) -> String {
        format!("Event({self})", self = self.__str__())
    }

    fn __str__(&self) -> String {
        let notice = &self.0;
        let mut text = notice.kind.as_str().to_owned();
        for part in [&notice.channel, &notice.inst_id, &notice.code, &notice.msg] {
            if !part.is_empty() {
                text.push(' ');
                text.push_str(part);
            }
        }
        if !notice.hint.is_empty() {
            text = format!("{text} ({})", notice.hint);
        }
        text
    }
}
