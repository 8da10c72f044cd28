//! How Python sees okx_fast.
use pyo3::prelude::*;

#[pymodule]
mod _native {}
