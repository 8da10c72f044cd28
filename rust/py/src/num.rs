//! Numbers as Python sees them: exact, made into text, `Decimal` or `float` only when asked.

use okx_fast_core::num as core;
use pyo3::basic::CompareOp;
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyInt, PyString, PyType};

/// An exact decimal number of at most 38 digits, `mantissa / 10**scale`. `str()` gives the text received.
///
/// Made from plain text (`Num('7.10')`), ValueError for any other. Equal by value to `Num`, `int` and `Decimal`,
/// never to a `float`; `float()` gives the nearest one. `+`, `-`, `*` with them are exact; `OverflowError` beyond 38 digits.
#[pyclass(frozen, freelist = 256, module = "okx_fast")]
#[derive(Debug)]
pub struct Num(pub core::Num);

impl From<core::Dec> for Num {
    fn from(dec: core::Dec) -> Self {
        Self(dec.into())
    }
}

pub fn decimal_type(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    DECIMAL.import(py, "decimal", "Decimal")
}

/// What arithmetic takes besides `Num`: `int` and finite `Decimal`. `None` for all else, floats above all.
fn operand(value: &Bound<'_, PyAny>) -> PyResult<Option<core::Num>> {
    if let Ok(num) = value.cast::<Num>() {
        return Ok(Some(num.get().0));
    }
    if value.is_instance_of::<PyInt>() {
        let mantissa = value.extract().map_err(|_| too_long())?;
        return Ok(Some(core::Num { mantissa, scale: 0 }));
    }
    if !value.is_instance(decimal_type(value.py())?)? {
        return Ok(None);
    }
    if !value.call_method0("is_finite")?.is_truthy()? {
        return Err(PyValueError::new_err(format!("expected a finite number, got {value:?}")));
    }
    let text: String = value.call_method1("__format__", ("f",))?.extract()?;
    // Decimal has a negative zero, which plain decimals have not.
    let text = if value.is_truthy()? { text.as_str() } else { text.trim_start_matches('-') };
    core::Num::parse(text.as_bytes()).ok_or_else(too_long).map(Some)
}

fn too_long() -> PyErr {
    PyOverflowError::new_err("a Num has at most 38 digits")
}

/// At most 38 digits of text, as [`core::Num::parse`] takes them; zeros at the end make room if they have to.
fn fitted(mantissa: i128, scale: u8) -> Option<core::Num> {
    const MOST: i128 = 10i128.pow(38) - 1;
    let fits = |n: core::Num| n.scale < 38 && n.mantissa.unsigned_abs() <= MOST.unsigned_abs();
    let mut num = core::Num { mantissa, scale };
    while !fits(num) && num.scale > 0 && num.mantissa % 10 == 0 {
        num = core::Num { mantissa: num.mantissa / 10, scale: num.scale - 1 };
    }
    fits(num).then_some(num)
}

fn sum(a: core::Num, b: core::Num) -> Option<core::Num> {
    let add = |a: core::Num, b: core::Num| {
        let scale = a.scale.max(b.scale);
        let lift = |n: core::Num| 10i128.checked_pow(u32::from(scale - n.scale)).and_then(|p| n.mantissa.checked_mul(p));
        fitted(lift(a)?.checked_add(lift(b)?)?, scale)
    };
    add(a, b).or_else(|| add(a.normalized(), b.normalized()))
}

fn product(a: core::Num, b: core::Num) -> Option<core::Num> {
    let multiply = |a: core::Num, b: core::Num| fitted(a.mantissa.checked_mul(b.mantissa)?, a.scale + b.scale);
    multiply(a, b).or_else(|| multiply(a.normalized(), b.normalized()))
}

fn negated(num: core::Num) -> core::Num {
    core::Num { mantissa: -num.mantissa, ..num }
}

impl Num {
    fn with<'py>(
        &self,
        other: &Bound<'py, PyAny>,
        op: impl FnOnce(core::Num, core::Num) -> Option<core::Num>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = other.py();
        match operand(other)? {
            Some(other) => Ok(Bound::new(py, Self(op(self.0, other).ok_or_else(too_long)?))?.into_any()),
            None => Ok(py.NotImplemented().into_bound(py)),
        }
    }
}

#[pymethods]
impl Num {
    #[new]
    fn new(text: &str) -> PyResult<Self> {
        core::Num::parse(text.as_bytes())
            .map(Self)
            .ok_or_else(|| PyValueError::new_err(format!("expected a plain decimal of at most 38 digits, got {text:?}")))
    }

    /// The digits as an integer, with the sign.
    #[getter]
    fn mantissa(&self) -> i128 {
        self.0.mantissa
    }

    /// Digits after the point; `Num('7.10').scale` is 2.
    #[getter]
    fn scale(&self) -> u8 {
        self.0.scale
    }

    /// The same as `decimal.Decimal`, exact.
    #[getter]
    fn decimal<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        decimal_type(py)?.call1((self.0.to_string(),))
    }

    fn __float__(&self) -> f64 {
        self.0.to_f64()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("Num('{}')", self.0)
    }

    /// As `Decimal` formats it.
    fn __format__<'py>(&self, py: Python<'py>, spec: &str) -> PyResult<Bound<'py, PyAny>> {
        if spec.is_empty() {
            return Ok(PyString::new(py, &self.0.to_string()).into_any());
        }
        self.decimal(py)?.call_method1("__format__", (spec,))
    }

    fn __neg__(&self) -> Self {
        Self(negated(self.0))
    }

    fn __pos__(&self) -> Self {
        Self(self.0)
    }

    fn __abs__(&self) -> Self {
        Self(core::Num { mantissa: self.0.mantissa.abs(), ..self.0 })
    }

    fn __add__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.with(other, sum)
    }

    fn __radd__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.with(other, sum)
    }

    fn __sub__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.with(other, |a, b| sum(a, negated(b)))
    }

    fn __rsub__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.with(other, |a, b| sum(b, negated(a)))
    }

    fn __mul__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.with(other, product)
    }

    fn __rmul__<'py>(&self, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.with(other, product)
    }

    fn __bool__(&self) -> bool {
        self.0.mantissa != 0
    }

    /// Equal numbers hash alike, also across `Num`, `int` and `Decimal`.
    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.decimal(py)?.hash()
    }

    fn __richcmp__<'py>(&self, other: &Bound<'py, PyAny>, op: CompareOp) -> PyResult<Bound<'py, PyAny>> {
        let py = other.py();
        if let Ok(other) = other.cast::<Self>() {
            let result = op.matches(self.0.cmp_value(other.get().0));
            return Ok(pyo3::types::PyBool::new(py, result).to_owned().into_any());
        }
        // Floats are left out: an exact number equals no binary fraction by accident.
        if other.is_instance_of::<PyInt>() || other.is_instance(decimal_type(py)?)? {
            return self.decimal(py)?.rich_compare(other, op);
        }
        Ok(py.NotImplemented().into_bound(py))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> (Bound<'py, PyType>, (Bound<'py, PyString>,)) {
        (slf.get_type(), (PyString::new(slf.py(), &slf.get().0.to_string()),))
    }
}
