//! Numbers as Python sees them: exact, made into text, `Decimal` or `float` only when asked.

use okx_fast_core::num as core;
use pyo3::basic::CompareOp;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyInt, PyString, PyType};

/// An exact decimal number of at most 38 digits, `mantissa / 10**scale`. `str()` gives the text received.
///
/// Made from plain text (`Num('7.10')`), ValueError for any other. Equal by value to `Num`, `int` and `Decimal`,
/// never to a `float`; `float()` gives the nearest one.
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

#[pymethods]
impl Num {
    #[new]
    fn new(text: &str) -> PyResult<Self> {
        core::Num::parse(text.as_bytes())
            .map(Self)
            .ok_or_else(|| pyo3::exceptions::PyValueError::new_err(format!("expected a plain decimal of at most 38 digits, got {text:?}")))
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
