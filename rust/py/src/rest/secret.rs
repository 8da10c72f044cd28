//! `Secret`: a text that only Rust can read.

use okx_fast_core::secret::Secret as Bytes;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

/// A secret or a passphrase, wiped when it goes. It cannot be read, printed, copied, compared or pickled.
#[pyclass(frozen, module = "okx_fast._native")]
#[derive(Debug)]
pub struct Secret(Bytes);

#[pymethods]
impl Secret {
    #[new]
    fn new(value: &Bound<'_, PyAny>) -> PyResult<Self> {
        bytes_of(value).map(Self)
    }

    #[allow(clippy::unused_self, reason = "shows nothing of it")]
    fn __repr__(&self) -> &'static str {
        "Secret(..)"
    }

    fn __reduce_ex__(&self, _protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        self.refuse("pickled or copied")
    }

    fn __copy__(&self) -> PyResult<()> {
        self.refuse("copied")
    }

    fn __deepcopy__(&self, _memo: &Bound<'_, PyAny>) -> PyResult<()> {
        self.refuse("copied")
    }

    fn __format__(&self, _spec: &str) -> PyResult<String> {
        self.refuse("formatted").map(|()| String::new())
    }

    fn __str__(&self) -> &'static str {
        self.__repr__()
    }

    fn __bool__(&self) -> bool {
        !self.0.expose().is_empty()
    }
}

impl Secret {
    #[allow(clippy::unused_self, reason = "reads as what the object does")]
    fn refuse(&self, what: &str) -> PyResult<()> {
        Err(PyTypeError::new_err(format!("a Secret cannot be {what}")))
    }
}

/// A copy of our own of a str, bytes, or `Secret`. The error does not show what it got.
pub fn bytes_of(value: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    if let Ok(secret) = value.cast::<Secret>() {
        return Ok(Bytes::from(secret.get().0.expose()));
    }
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Bytes::from(text.to_str()?.as_bytes()));
    }
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(Bytes::from(bytes.as_bytes()));
    }
    Err(PyTypeError::new_err(format!("a secret: expected str, bytes or Secret, got {}", value.get_type().name()?)))
}
