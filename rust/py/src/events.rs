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

/// One trade, or (channel `trades`) one taker order's fills at one price.
///
/// OKX: Order book trading › Market data › WS trades channel, WS all trades channel.
#[pyclass(frozen, freelist = 512, module = "okx_fast")]
#[derive(Debug)]
pub struct Trade {
    pub sub: Arc<PySub>,
    pub trade: CoreTrade,
    pub at: Stamp,
}

#[pymethods]
impl Trade {
    /// OKX's instrument id, such as `BTC-USDT-SWAP`.
    #[getter]
    fn inst_id(&self, py: Python<'_>) -> Py<PyString> {
        self.sub.inst_id.clone_ref(py)
    }

    /// `trades` or `trades-all`.
    #[getter]
    fn channel(&self, py: Python<'_>) -> Py<PyString> {
        self.sub.channel.clone_ref(py)
    }

    /// Of the last fill, where several are summed up.
    #[getter]
    fn trade_id(&self) -> u64 {
        self.trade.trade_id
    }

    /// Price.
    #[getter]
    fn px(&self) -> Num {
        self.trade.px.into()
    }

    /// Size: contracts for derivatives, base currency for spot.
    #[getter]
    fn sz(&self) -> Num {
        self.trade.sz.into()
    }

    /// The taker's: `buy` or `sell`.
    #[getter]
    fn side<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::intern(py, self.trade.side.as_str())
    }

    /// Fills summed up; `None` on `trades-all`.
    #[getter]
    fn count(&self) -> Option<u64> {
        self.trade.count
    }

    /// `0` normal, `1` against RPI orders; `None` in old messages.
    #[getter]
    fn source<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyString>> {
        self.trade.source.map(|code| PyString::intern(py, code.as_str()))
    }

    /// Missed on the socket and fetched by REST: it comes late, in its place among the others, each of its fills by itself.
    #[getter]
    fn recovered(&self) -> bool {
        self.trade.recovered
    }

    /// Place in the book's numbering; `None` on `trades-all`.
    #[getter]
    fn seq_id(&self) -> Option<i64> {
        self.trade.seq_id
    }

    /// OKX's clock, milliseconds since 1970.
    #[getter]
    fn ts_ms(&self) -> u64 {
        self.trade.ts_ms
    }

    /// When the bytes left the socket: nanoseconds since 1970, before parsing.
    #[getter]
    fn recv_ns(&self) -> u64 {
        self.at.wall_ns
    }

    /// The same moment on CLOCK_MONOTONIC, nanoseconds: for measuring.
    #[getter]
    fn recv_mono_ns(&self) -> u64 {
        self.at.mono_ns
    }

    fn __repr__(&self) -> String {
        let trade = &self.trade;
        format!("Trade({} {} {} @ {} id {})", self.sub.arg.inst_id(), trade.side.as_str(), trade.sz, trade.px, trade.trade_id)
    }
}

/// Last price, best bid and ask, and the last 24 hours of one instrument. A value OKX left empty is `None`.
///
/// The best prices include RPI orders, which `books` leaves out.
/// OKX: Order book trading › Market data › WS tickers channel.
#[pyclass(frozen, freelist = 128, module = "okx_fast")]
#[derive(Debug)]
pub struct Ticker {
    pub sub: Arc<PySub>,
    pub ticker: CoreTicker,
    pub at: Stamp,
}

/// Getters that hand out a number of the ticker, or `None` where OKX left it empty.
macro_rules! ticker_numbers {
    ($($(#[$doc:meta])* $name:ident),*) => {
        #[pymethods]
        impl Ticker {
            $($(#[$doc])*
            #[getter]
            fn $name(&self) -> Option<Num> {
                self.ticker.$name.map(Num)
            })*

            /// OKX's instrument id, such as `BTC-USDT-SWAP`.
            #[getter]
            fn inst_id(&self, py: Python<'_>) -> Py<PyString> {
                self.sub.inst_id.clone_ref(py)
            }

            /// `tickers`.
            #[getter]
            fn channel(&self, py: Python<'_>) -> Py<PyString> {
                self.sub.channel.clone_ref(py)
            }

            /// OKX's clock, milliseconds since 1970.
            #[getter]
            fn ts_ms(&self) -> u64 {
                self.ticker.ts_ms
            }

            /// When the bytes left the socket: nanoseconds since 1970, before parsing.
            #[getter]
            fn recv_ns(&self) -> u64 {
                self.at.wall_ns
            }

            /// The same moment on CLOCK_MONOTONIC, nanoseconds: for measuring.
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
    /// Price of the last trade.
    last,
    /// Size of the last trade: contracts for derivatives, base currency for spot.
    last_sz,
    /// Best ask.
    ask_px,
    /// Size at the best ask.
    ask_sz,
    /// Best bid.
    bid_px,
    /// Size at the best bid.
    bid_sz,
    /// Price 24 hours ago.
    open_24h,
    /// Highest price of the last 24 hours.
    high_24h,
    /// Lowest price of the last 24 hours.
    low_24h,
    /// 24 h volume in currency: base for derivatives, quote for spot.
    vol_ccy_24h,
    /// 24 h volume: contracts for derivatives, base currency for spot.
    vol_24h,
    /// Price at 00:00 UTC.
    sod_utc0,
    /// Price at 00:00 UTC+8.
    sod_utc8
);

/// What one applied message made of a book; with `conflate`, the last of several.
///
/// OKX: Order book trading › Market data › WS order book channel.
#[pyclass(frozen, freelist = 512, module = "okx_fast")]
#[derive(Debug)]
pub struct BookUpdate {
    pub sub: Arc<PySub>,
    pub update: CoreUpdate,
    pub at: Stamp,
}

#[pymethods]
impl BookUpdate {
    /// OKX's instrument id, such as `BTC-USDT-SWAP`.
    #[getter]
    fn inst_id(&self, py: Python<'_>) -> Py<PyString> {
        self.sub.inst_id.clone_ref(py)
    }

    /// The channel's name, such as `books`.
    #[getter]
    fn channel(&self, py: Python<'_>) -> Py<PyString> {
        self.sub.channel.clone_ref(py)
    }

    /// `snapshot`, `update`, or `full` on channels that send the whole book each time.
    #[getter]
    fn action<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::intern(py, self.update.action.as_str())
    }

    /// This message's `seqId`; `None` if OKX sent none.
    #[getter]
    fn seq_id(&self) -> Option<i64> {
        self.update.seq_id
    }

    /// The `seqId` it followed, -1 on a snapshot; `None` on full books.
    #[getter]
    fn prev_seq_id(&self) -> Option<i64> {
        self.update.prev_seq_id
    }

    /// OKX's clock, milliseconds since 1970.
    #[getter]
    fn ts_ms(&self) -> u64 {
        self.update.ts_ms
    }

    /// When the bytes left the socket: nanoseconds since 1970, before parsing.
    #[getter]
    fn recv_ns(&self) -> u64 {
        self.at.wall_ns
    }

    /// The same moment on CLOCK_MONOTONIC, nanoseconds: for measuring.
    #[getter]
    fn recv_mono_ns(&self) -> u64 {
        self.at.mono_ns
    }

    /// After this message; `None`: no bids. Kept in the event: it never raises.
    #[getter]
    fn best_bid(&self) -> Option<Level> {
        self.update.best_bid.map(Level)
    }

    /// After this message; `None`: no asks. Kept in the event: it never raises.
    #[getter]
    fn best_ask(&self) -> Option<Level> {
        self.update.best_ask.map(Level)
    }

    /// The book as it is now, which may be newer than this event.
    #[getter]
    fn book(&self) -> Book {
        Book { sub: Arc::clone(&self.sub) }
    }

    fn __repr__(&self) -> String {
        let show = |level: Option<okx_fast_core::book::Quote>| level.map_or_else(|| "none".to_owned(), |q| q.px.to_string());
        let update = &self.update;
        let crossed = update.best_bid.zip(update.best_ask).is_some_and(|(bid, ask)| bid.crosses(&ask));
        format!(
            "BookUpdate({} {} {} bid {} ask {}{})",
            self.sub.arg.inst_id(),
            self.sub.arg.channel,
            update.action.as_str(),
            show(update.best_bid),
            show(update.best_ask),
            if crossed { ", crossed" } else { "" }
        )
    }
}

/// A push of a channel that is not decoded here.
#[pyclass(frozen, module = "okx_fast")]
#[derive(Debug)]
pub struct RawMessage {
    pub sub: Arc<PySub>,
    pub data: Py<PyBytes>,
    pub at: Stamp,
}

#[pymethods]
impl RawMessage {
    /// The channel's name, such as `books`.
    #[getter]
    fn channel(&self, py: Python<'_>) -> Py<PyString> {
        self.sub.channel.clone_ref(py)
    }

    /// The instrument, family or spread the subscription names; empty if none.
    #[getter]
    fn inst_id(&self, py: Python<'_>) -> Py<PyString> {
        self.sub.inst_id.clone_ref(py)
    }

    /// The frame as received, JSON in UTF-8.
    #[getter]
    fn data(&self, py: Python<'_>) -> Py<PyBytes> {
        self.data.clone_ref(py)
    }

    /// When the bytes left the socket: nanoseconds since 1970, before parsing.
    #[getter]
    fn recv_ns(&self) -> u64 {
        self.at.wall_ns
    }

    /// The same moment on CLOCK_MONOTONIC, nanoseconds: for measuring.
    #[getter]
    fn recv_mono_ns(&self) -> u64 {
        self.at.mono_ns
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        format!("RawMessage({} {} bytes)", self.sub.arg, self.data.bind(py).as_bytes().len())
    }
}

/// What happens besides data; `str()` says it in a line. Texts that do not apply are empty.
///
/// `kind`: connected, disconnected, subscribed, unsubscribed, refused, gap, checksum, malformed, timeout, resynced,
/// notice, conn-count, error, state (`got` is the connection's new state), logged-in, login-failed, replaced, blind, recovered,
/// unfillable, stale, late, starved, recording.
#[pyclass(frozen, module = "okx_fast")]
#[derive(Debug)]
pub struct Event {
    pub notice: Notice,
    pub connection: String,
}

#[pymethods]
impl Event {
    /// What happened; the class lists the kinds.
    #[getter]
    fn kind<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        PyString::intern(py, self.notice.kind.as_str())
    }

    /// The instrument it concerns.
    #[getter]
    fn inst_id(&self) -> &str {
        &self.notice.inst_id
    }

    /// The channel it concerns.
    #[getter]
    fn channel(&self) -> &str {
        &self.notice.channel
    }

    /// gap: the `prevSeqId` that would continue the book · checksum: the message's · malformed: what belongs there.
    #[getter]
    fn expected(&self) -> &str {
        &self.notice.expected
    }

    /// What came in its place; for a checksum, our book's.
    #[getter]
    fn got(&self) -> &str {
        &self.notice.got
    }

    /// OKX's code.
    #[getter]
    fn code(&self) -> &str {
        &self.notice.code
    }

    /// OKX's words, or why a connection ended.
    #[getter]
    fn msg(&self) -> &str {
        &self.notice.msg
    }

    /// What to do about it.
    #[getter]
    fn hint(&self) -> &str {
        self.notice.hint
    }

    /// The connection it is about: the name of its socket, and a number behind `#` if the subscriptions are spread over
    /// several, behind `/` for a second one that carries the same. Empty if it is about none.
    #[getter]
    fn connection(&self) -> &str {
        &self.connection
    }

    /// Why there was a blind spot: `gap`, `checksum`, `stale`, or how the connection ended.
    #[getter]
    fn cause(&self) -> &str {
        &self.notice.cause
    }

    /// Of a blind spot: the last moment of which something is known, nanoseconds since 1970 by our clock.
    #[getter(from_ns)]
    fn span_from_ns(&self) -> Option<u64> {
        self.notice.span.map(|span| span.from_ns)
    }

    /// Of a blind spot: when the subscription flowed again.
    #[getter(to_ns)]
    fn span_to_ns(&self) -> Option<u64> {
        self.notice.span.map(|span| span.to_ns)
    }

    /// Of trades that were recovered or are missing: the first `trade_id`.
    #[getter(from_id)]
    fn first_id(&self) -> Option<u64> {
        self.notice.ids.map(|ids| ids.0)
    }

    /// Of trades that were recovered or are missing: the last `trade_id`.
    #[getter(to_id)]
    fn last_id(&self) -> Option<u64> {
        self.notice.ids.map(|ids| ids.1)
    }

    /// When it was noticed: nanoseconds since 1970.
    #[getter]
    fn recv_ns(&self) -> u64 {
        self.notice.at.wall_ns
    }

    /// The same moment on CLOCK_MONOTONIC, nanoseconds: for measuring.
    #[getter]
    fn recv_mono_ns(&self) -> u64 {
        self.notice.at.mono_ns
    }

    /// The same as an exception of `okx_fast.errors`, for those who want to raise it; `None` where nothing is wrong.
    #[getter]
    fn error<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        let Notice { kind, inst_id, channel, expected, got, code, msg, hint, .. } = &self.notice;
        let (inst_id, channel, expected, got) = (inst_id.as_str(), channel.as_str(), expected.as_str(), got.as_str());
        let number = |text: &str| text.parse::<i64>().ok();
        let error = match kind {
            Kind::Gap => raise(py, "BookGapError", (inst_id, channel, number(expected), number(got))),
            Kind::Checksum => raise(py, "ChecksumError", (inst_id, channel, number(expected), number(got))),
            Kind::Malformed => raise(py, "MalformedError", (inst_id, channel, format!("expected {expected}"), got)),
            Kind::Refused | Kind::Error | Kind::LoginFailed => raise(py, "ApiError", (code.as_str(), msg.as_str(), *hint)),
            Kind::Timeout => raise(py, "ProtocolError", (format!("{channel} {inst_id}: {msg}"),)),
            Kind::Disconnected => raise(py, "ConnectError", (msg.as_str(),)),
            _ => return None,
        };
        Some(error.into_value(py).into_bound(py).into_any())
    }

    fn __repr__(&self) -> String {
        format!("Event({self})", self = self.__str__())
    }

    fn __str__(&self) -> String {
        let notice = &self.notice;
        let mut text = notice.kind.as_str().to_owned();
        let state = if notice.kind == Kind::State { notice.got.as_str() } else { "" };
        for part in [&*self.connection, state, &notice.channel, &notice.inst_id, &notice.code, &notice.msg, &notice.cause] {
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
