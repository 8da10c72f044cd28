//! The book as Python reads it. Every read checks validity under the book's lock.

use crate::errors::invalid_book;
use crate::num::{Num, decimal_type};
use crate::subs::PySub;
use okx_fast_core::book::{Book as CoreBook, Quote, Side, Validity, checksum, digest, hex};
use okx_fast_core::num as core;
use okx_fast_net::clock;
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyList, PyMemoryView, PySlice, PyString};
use std::sync::Arc;

/// One price of a book: what stands there, and in how many orders.
#[pyclass(frozen, freelist = 256, module = "okx_fast")]
#[derive(Debug)]
pub struct Level(pub Quote);

#[pymethods]
impl Level {
    /// Price, exactly as received.
    #[getter]
    fn px(&self) -> Num {
        self.0.px.into()
    }

    /// Size, exactly as received: contracts for derivatives, base currency for spot.
    #[getter]
    fn sz(&self) -> Num {
        self.0.sz.into()
    }

    /// The part of `sz` that is not RPI, in the same unit; only `books-rpi` has it, 0 elsewhere.
    #[getter]
    fn non_rpi_sz(&self) -> Num {
        self.0.non_rpi.into()
    }

    /// Orders at this price; 0 where OKX does not say.
    #[getter]
    fn n_orders(&self) -> u32 {
        self.0.orders
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    fn __repr__(&self) -> String {
        format!("Level({} x {}, {} orders)", self.0.px, self.0.sz, self.0.orders)
    }
}

/// What a size costs; see `Book.cost`.
#[pyclass(frozen, module = "okx_fast")]
#[derive(Debug)]
pub struct Cost(okx_fast_core::book::Cost);

#[pymethods]
impl Cost {
    /// What the side can fill: the size asked for, or less when the side is too thin.
    #[getter]
    fn filled(&self) -> Num {
        Num(self.0.filled)
    }

    /// Sum of price × size over what is filled.
    #[getter]
    fn notional(&self) -> Num {
        Num(self.0.notional)
    }

    /// Price of the last level touched.
    #[getter]
    fn worst_px(&self) -> Num {
        self.0.worst_px.into()
    }

    /// Whether all of the size asked for is filled.
    #[getter]
    fn complete(&self) -> bool {
        self.0.complete
    }

    /// notional / filled as `Decimal`: the one number here that may not be exact.
    #[getter]
    fn vwap<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let decimal = |num| Bound::new(py, Num(num))?.getattr("decimal");
        decimal(self.0.notional)?.div(decimal(self.0.filled)?)
    }

    fn __repr__(&self) -> String {
        format!("Cost(filled {}, notional {}, worst {})", self.0.filled, self.0.notional, self.0.worst_px)
    }
}

/// A copy of the best levels for numeric work.
#[pyclass(frozen, module = "okx_fast")]
#[derive(Debug)]
pub struct Depth {
    bids: Py<PyAny>,
    asks: Py<PyAny>,
    /// Decimals of every price here.
    #[pyo3(get)]
    px_scale: u8,
    /// Decimals of every size here.
    #[pyo3(get)]
    sz_scale: u8,
    /// The book's `seqId` when it was copied; `None` if OKX sent none.
    #[pyo3(get)]
    seq_id: Option<i64>,
    /// OKX's clock at the last message applied, milliseconds since 1970.
    #[pyo3(get)]
    ts_ms: u64,
}

#[pymethods]
impl Depth {
    /// Best first: a memoryview of int64, shape (levels, 3): price, size, orders.
    /// Price / 10**px_scale, size / 10**sz_scale. `numpy.asarray` reads it without copying.
    #[getter]
    fn bids(&self, py: Python<'_>) -> Py<PyAny> {
        self.bids.clone_ref(py)
    }

    /// As `bids`.
    #[getter]
    fn asks(&self, py: Python<'_>) -> Py<PyAny> {
        self.asks.clone_ref(py)
    }
}

/// One order book, kept in Rust and verified before every change.
///
/// Every read of its content raises `BookInvalidError` while it is not `valid`, and `ForkError` in a
/// child of `fork()`.
/// OKX: Order book trading › Market data › WS order book channel.
#[pyclass(frozen, module = "okx_fast")]
#[derive(Debug)]
pub struct Book {
    pub sub: Arc<PySub>,
}

impl Book {
    /// Runs `read` on a valid book; raises `BookInvalidError` for any other.
    #[inline]
    fn read<T>(&self, py: Python<'_>, read: impl FnOnce(&CoreBook, &Side, &Side) -> T) -> PyResult<T> {
        let why = match &self.sub.book {
            Some(shared) if !self.sub.has_ended() => {
                let book = shared.lock();
                match book.sides() {
                    Ok((bids, asks)) if self.sub.is_fresh() => return Ok(read(&book, bids, asks)),
                    Ok(_) => Validity::Stale,
                    Err(why) => why,
                }
            }
            _ => Validity::Ended,
        };
        Err(invalid_book(py, &self.sub, why))
    }

    fn validity(&self) -> Validity {
        match &self.sub.book {
            Some(book) if !self.sub.has_ended() => match book.lock().validity() {
                Validity::Valid if !self.sub.is_fresh() => Validity::Stale,
                validity => validity,
            },
            _ => Validity::Ended,
        }
    }

    fn touch(&self, py: Python<'_>) -> PyResult<Option<(Quote, Quote)>> {
        self.read(py, |_, bids, asks| bids.best().zip(asks.best()))
    }
}

/// `(a ± b)` at the larger scale.
fn combine(a: core::Dec, b: core::Dec, op: fn(i128, i128) -> i128) -> core::Num {
    let scale = a.scale.max(b.scale);
    // 18 digits lifted by at most 17 decimals fit 38 digits.
    let lift = |d: core::Dec| i128::from(d.mantissa) * 10i128.pow(u32::from(scale - d.scale));
    core::Num { mantissa: op(lift(a), lift(b)), scale }
}

fn is_bid(side: &str) -> PyResult<bool> {
    match side {
        "bid" => Ok(true),
        "ask" => Ok(false),
        other => Err(PyValueError::new_err(format!("expected side 'bid' or 'ask', got {other:?}"))),
    }
}

/// A number the user gives: `Num`, `int`, `Decimal` or its text. A float is refused: it is not exact.
fn exact(value: &Bound<'_, PyAny>) -> PyResult<core::Num> {
    if let Ok(num) = value.cast::<Num>() {
        return Ok(num.get().0);
    }
    let refused = || PyValueError::new_err(format!("expected a Num, int, Decimal or decimal text, got {value:?}"));
    let text = if value.is_instance_of::<PyString>() || value.is_instance_of::<PyInt>() {
        value.str()?.to_string()
    } else if value.is_instance(decimal_type(value.py())?)? {
        value.call_method1("__format__", ("f",))?.extract()?
    } else {
        return Err(refused());
    };
    core::Num::parse(text.as_bytes()).ok_or_else(refused)
}

#[pymethods]
impl Book {
    /// OKX's instrument id, such as `BTC-USDT-SWAP`.
    #[getter]
    fn inst_id(&self, py: Python<'_>) -> Py<PyString> {
        self.sub.inst_id.clone_ref(py)
    }

    /// Whether of several events that wait only the newest is handed on.
    #[getter]
    fn conflate(&self) -> bool {
        self.sub.flags.conflate
    }

    /// The channel's name, such as `books`.
    #[getter]
    fn channel(&self, py: Python<'_>) -> Py<PyString> {
        self.sub.channel.clone_ref(py)
    }

    /// Whether the book may be read now: its snapshot is in and nothing since was missing or wrong.
    #[getter]
    fn valid(&self) -> bool {
        self.validity() == Validity::Valid
    }

    /// Why it is or is not valid: `valid`, `waiting for a snapshot`, `broken, resyncing`, `disconnected`,
    /// `stale, …` (nothing was heard from its connection for longer than a ping and its answer take), `subscription ended`.
    #[getter]
    fn state(&self) -> &'static str {
        self.validity().as_str()
    }

    /// `None`: no bids. Raises `BookInvalidError`.
    #[getter]
    fn best_bid(&self, py: Python<'_>) -> PyResult<Option<Level>> {
        self.read(py, |_, bids, _| bids.best().map(Level))
    }

    /// `None`: no asks. Raises `BookInvalidError`.
    #[getter]
    fn best_ask(&self, py: Python<'_>) -> PyResult<Option<Level>> {
        self.read(py, |_, _, asks| asks.best().map(Level))
    }

    /// Exact middle of best bid and ask; `None` if a side is empty. Raises `BookInvalidError`.
    #[getter]
    fn mid(&self, py: Python<'_>) -> PyResult<Option<Num>> {
        Ok(self.touch(py)?.map(|(bid, ask)| {
            let sum = combine(bid.px, ask.px, |b, a| b + a);
            Num(core::Num { mantissa: sum.mantissa * 5, scale: sum.scale + 1 }.normalized())
        }))
    }

    /// Best ask - best bid, exact, negative in a crossed book; `None` if a side is empty. Raises `BookInvalidError`.
    #[getter]
    fn spread(&self, py: Python<'_>) -> PyResult<Option<Num>> {
        Ok(self.touch(py)?.map(|(bid, ask)| Num(combine(ask.px, bid.px, |a, b| a - b))))
    }

    /// Best bid at or above best ask: legal in auctions and before the opening, so the book stays valid.
    /// Raises `BookInvalidError`.
    #[getter]
    fn crossed(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.touch(py)?.is_some_and(|(bid, ask)| bid.crosses(&ask)))
    }

    /// The last `seqId` applied; `None` if OKX sent none. Raises `BookInvalidError`.
    #[getter]
    fn seq_id(&self, py: Python<'_>) -> PyResult<Option<i64>> {
        self.read(py, |book, _, _| book.seq_id())
    }

    /// OKX's clock at the last message applied, milliseconds since 1970. Raises `BookInvalidError`.
    #[getter]
    fn ts_ms(&self, py: Python<'_>) -> PyResult<u64> {
        self.read(py, |book, _, _| book.ts_ms())
    }

    /// When that message left the socket, nanoseconds since 1970. Raises `BookInvalidError`.
    #[getter]
    fn recv_ns(&self, py: Python<'_>) -> PyResult<u64> {
        self.read(py, |book, _, _| book.heard().wall_ns)
    }

    /// The same moment on CLOCK_MONOTONIC, nanoseconds: for measuring. Raises `BookInvalidError`.
    #[getter]
    fn recv_mono_ns(&self, py: Python<'_>) -> PyResult<u64> {
        self.read(py, |book, _, _| book.heard().mono_ns)
    }

    /// Milliseconds since that message left the socket. Raises `BookInvalidError`.
    #[getter]
    fn age_ms(&self, py: Python<'_>) -> PyResult<f64> {
        self.read(py, |book, _, _| clock::now().mono_ns.saturating_sub(book.heard().mono_ns) as f64 / 1e6)
    }

    /// (bids, asks): how many levels a side. Raises `BookInvalidError`.
    #[getter]
    fn depth(&self, py: Python<'_>) -> PyResult<(usize, usize)> {
        self.read(py, |_, bids, asks| (bids.len(), asks.len()))
    }

    /// (bids, asks), best first, at most `n` levels each. Raises `BookInvalidError`.
    #[pyo3(signature = (n = 5))]
    fn top<'py>(&self, py: Python<'py>, n: usize) -> PyResult<(Bound<'py, PyList>, Bound<'py, PyList>)> {
        let take = |side: &Side| side.iter().take(n).map(Level).collect::<Vec<_>>();
        let (bids, asks) = self.read(py, |_, bids, asks| (take(bids), take(asks)))?;
        Ok((PyList::new(py, bids)?, PyList::new(py, asks)?))
    }

    /// Total size of `side` (`bid` or `ask`) at `px` and every better price. Raises `BookInvalidError`; ValueError
    /// for another side, or a `px` that is not exact (a float).
    fn size_to(&self, py: Python<'_>, side: &str, px: &Bound<'_, PyAny>) -> PyResult<Num> {
        let (is_bid, px) = (is_bid(side)?, exact(px)?);
        self.read(py, |_, bids, asks| Num(if is_bid { bids } else { asks }.size_to(px, is_bid)))
    }

    /// What filling `sz` from `side` takes: `ask` to buy, `bid` to sell. `None`: the side is empty, or a sum has more
    /// than 38 digits. Raises `BookInvalidError`; ValueError for another side, or a `sz` that is not exact or not positive.
    fn cost(&self, py: Python<'_>, side: &str, sz: &Bound<'_, PyAny>) -> PyResult<Option<Cost>> {
        let (is_bid, sz) = (is_bid(side)?, exact(sz)?);
        if sz.mantissa <= 0 {
            return Err(PyValueError::new_err(format!("expected a positive size, got {sz}")));
        }
        self.read(py, |_, bids, asks| if is_bid { bids } else { asks }.cost_of(sz).map(Cost))
    }

    /// (bids - asks) / (bids + asks) of the sizes of the best `n` levels, -1 to 1; `None` if both sides are empty.
    /// Raises `BookInvalidError`.
    #[pyo3(signature = (n = 1))]
    fn imbalance(&self, py: Python<'_>, n: usize) -> PyResult<Option<f64>> {
        let (bids, asks) = self.read(py, |_, bids, asks| (bids.size_of(n).to_f64(), asks.size_of(n).to_f64()))?;
        let total = bids + asks;
        Ok((total > 0.0).then(|| (bids - asks) / total))
    }

    /// A copy of the best `n` levels as integers that numpy reads. Raises `BookInvalidError`; OverflowError if sizes
    /// do not fit 64 bits at one scale.
    #[pyo3(signature = (n = 400))]
    fn snapshot(&self, py: Python<'_>, n: usize) -> PyResult<Depth> {
        let copied = self.read(py, |book, bids, asks| {
            let px_scale = bids.px_scale().max(asks.px_scale());
            let sz_scale = bids.sz_scale(n).max(asks.sz_scale(n));
            let pack = |side: &Side| {
                let mut out = Vec::with_capacity(side.len().min(n) * 24);
                for row in side.rows(n, px_scale, sz_scale) {
                    let row = row?;
                    for value in [row.px, row.sz, i64::from(row.orders)] {
                        out.extend(value.to_ne_bytes());
                    }
                }
                Some(out)
            };
            Some((pack(bids)?, pack(asks)?, px_scale, sz_scale, book.seq_id(), book.ts_ms()))
        })?;
        let Some((bids, asks, px_scale, sz_scale, seq_id, ts_ms)) = copied else {
            return Err(PyOverflowError::new_err("the sizes do not fit 64 bits at one scale"));
        };
        Ok(Depth { bids: matrix(py, &bids)?, asks: matrix(py, &asks)?, px_scale, sz_scale, seq_id, ts_ms })
    }

    /// CRC-32 of the best 25 levels a side over the texts as received, signed, as OKX defines it. Raises `BookInvalidError`.
    fn checksum(&self, py: Python<'_>) -> PyResult<i32> {
        self.read(py, |_, bids, asks| checksum(bids, asks, &mut Vec::with_capacity(2048)))
    }

    /// SHA-256 over all levels as hex: equal digests, equal books, to the letter. Raises `BookInvalidError`.
    fn digest(&self, py: Python<'_>) -> PyResult<String> {
        let bytes = self.read(py, |_, bids, asks| digest(bids, asks))?;
        Ok(hex(&bytes))
    }

    fn __repr__(&self) -> String {
        format!("Book({} {}, {})", self.sub.arg.inst_id(), self.sub.arg.channel, self.state())
    }
}

/// Packed rows as a memoryview of shape (levels, 3) and type int64.
fn matrix(py: Python<'_>, packed: &[u8]) -> PyResult<Py<PyAny>> {
    // A memoryview cannot be cast to a shape with a zero in it, but one row can be cut down to none.
    let bytes = if packed.is_empty() { &[0; 24] } else { packed };
    let view = PyMemoryView::from(PyBytes::new(py, bytes).as_any())?;
    let shape = PyList::new(py, [bytes.len() / 24, 3])?;
    let view = view.call_method1("cast", ("q", shape))?;
    if packed.is_empty() {
        return Ok(view.get_item(PySlice::new(py, 0, 0, 1))?.unbind());
    }
    Ok(view.unbind())
}
