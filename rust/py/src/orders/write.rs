//! From what the user gave to the bytes of a request: text as it is, ints and decimals as their digits, nothing added.

use crate::errors;
use okx_fast_core::num::Num;
use okx_fast_core::order::desk::Asked;
use okx_fast_core::order::frame::Frame;
use okx_fast_core::order::{Id, Op};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString};
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

/// What is known of an instrument.
#[derive(Clone, Debug)]
pub struct Inst {
    pub inst_id: Arc<str>,
    pub code: Option<u64>,
    /// What its limits are counted by: itself, or an option's family.
    pub key: Arc<str>,
}

pub type Insts = FxHashMap<Arc<str>, Inst>;

/// The names a request may have.
pub type Names = FxHashSet<String>;

/// One order of a request.
#[derive(Debug)]
pub struct Written {
    pub asked: Asked,
    /// What its limit is counted by.
    pub key: Arc<str>,
}

fn refuse(py: Python<'_>, op: Op, name: &str, rule: &str) -> PyErr {
    errors::raise(py, "ParameterError", (op.as_str(), name, rule))
}

/// Text, or the digits of a number.
fn text_of<'a>(py: Python<'_>, op: Op, name: &str, value: &'a Bound<'_, PyAny>) -> PyResult<Cow<'a, str>> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Cow::Borrowed(text.to_str()?));
    }
    if value.is_instance_of::<PyInt>() {
        return Ok(Cow::Owned(value.str()?.to_str()?.to_owned()));
    }
    if value.is_instance_of::<PyFloat>() {
        return Err(refuse(py, op, name, "expected text, int or Decimal: a float is not what it looks like"));
    }
    let class = value.get_type();
    match class.name()?.to_str()? {
        // Its digits, without an exponent.
        "Decimal" => Ok(Cow::Owned(value.call_method1("__format__", ("f",))?.extract()?)),
        "Num" => Ok(Cow::Owned(value.str()?.to_str()?.to_owned())),
        other => Err(refuse(py, op, name, &format!("expected text, int or Decimal, got {other}"))),
    }
}

fn id_of(py: Python<'_>, op: Op, name: &str, text: &str) -> PyResult<Id> {
    Id::new(text).ok_or_else(|| refuse(py, op, name, &format!("expected at most 32 characters, got {text:?}")))
}

fn num_of(py: Python<'_>, op: Op, name: &str, text: &str) -> PyResult<Option<Num>> {
    match Num::parse(text.as_bytes()) {
        None if !text.is_empty() => Err(refuse(py, op, name, &format!("expected a decimal, got {text:?}"))),
        num => Ok(num),
    }
}

/// Writes one order into `frame`.
pub fn item(py: Python<'_>, op: Op, params: &Bound<'_, PyDict>, names: &Names, insts: &Insts, frame: &mut Frame<'_>) -> PyResult<Written> {
    static NO_INST: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from(""));
    let mut asked = Asked {
        inst: Arc::clone(&NO_INST),
        ord_id: Id::default(),
        cl_ord_id: Id::default(),
        new_px: None,
        new_sz: None,
        req_id: Id::default(),
    };
    let mut key: Option<Arc<str>> = None;
    frame.item();
    for (name, value) in params.iter() {
        let name = name.cast::<PyString>()?;
        let name = name.to_str()?;
        if value.is_none() {
            continue;
        }
        if !names.contains(name) {
            return Err(refuse(py, op, name, "OKX knows no such parameter here; `extra` sends what is new"));
        }
        write(py, op, name, &value, insts, frame, &mut asked, &mut key)?;
    }
    Ok(Written { key: key.unwrap_or_else(|| Arc::clone(&asked.inst)), asked })
}

/// What one order of a request is known by, for one that went another way.
pub fn named(py: Python<'_>, op: Op, params: &Bound<'_, PyDict>) -> PyResult<Asked> {
    let text = |name: &str| match params.get_item(name)? {
        Some(value) if !value.is_none() => text_of(py, op, name, &value).map(Cow::into_owned),
        _ => Ok(String::new()),
    };
    let inst = match text("instId")? {
        inst if inst.is_empty() => text("sprdId")?,
        inst => inst,
    };
    let id = |name: &str| id_of(py, op, name, &text(name)?);
    let num = |name: &str| num_of(py, op, name, &text(name)?);
    Ok(Asked {
        inst: inst.into(),
        ord_id: id("ordId")?,
        cl_ord_id: id("clOrdId")?,
        new_px: num("newPx")?,
        new_sz: num("newSz")?,
        req_id: id("reqId")?,
    })
}

/// Writes what OKX may know and we do not.
pub fn extra(py: Python<'_>, op: Op, params: &Bound<'_, PyDict>, frame: &mut Frame<'_>) -> PyResult<()> {
    for (name, value) in params.iter() {
        let name = name.cast::<PyString>()?;
        plain(py, op, name.to_str()?, &value, frame)?;
    }
    Ok(())
}

#[allow(clippy::too_many_arguments, reason = "the parts of one field")]
fn write(
    py: Python<'_>,
    op: Op,
    name: &str,
    value: &Bound<'_, PyAny>,
    insts: &Insts,
    frame: &mut Frame<'_>,
    asked: &mut Asked,
    key: &mut Option<Arc<str>>,
) -> PyResult<()> {
    match name {
        "instId" => {
            let inst_id = text_of(py, op, name, value)?;
            let inst = insts.get(&*inst_id);
            let Some(inst) = inst else {
                let rule = format!("{inst_id} is not among the instruments loaded: load its instType, or it is not listed here");
                return Err(refuse(py, op, name, &rule));
            };
            let Some(code) = inst.code else {
                return Err(refuse(py, op, name, &format!("{inst_id} has no instIdCode, which orders over WebSocket need: go by REST")));
            };
            frame.int("instIdCode", code);
            (asked.inst, *key) = (Arc::clone(&inst.inst_id), Some(Arc::clone(&inst.key)));
            return Ok(());
        }
        "instIdCode" => {
            let code = text_of(py, op, name, value)?;
            let Ok(code) = code.parse::<u64>() else {
                return Err(refuse(py, op, name, &format!("expected an integer, got {code:?}")));
            };
            frame.int(name, code);
            if let Some(inst) = insts.values().find(|inst| inst.code == Some(code)) {
                (asked.inst, *key) = (Arc::clone(&inst.inst_id), Some(Arc::clone(&inst.key)));
            }
            return Ok(());
        }
        "sprdId" => {
            let sprd_id = text_of(py, op, name, value)?;
            frame.text(name, &sprd_id);
            asked.inst = Arc::from(&*sprd_id);
            return Ok(());
        }
        "ordId" | "clOrdId" | "reqId" => {
            let text = text_of(py, op, name, value)?;
            let id = id_of(py, op, name, &text)?;
            frame.text(name, &text);
            match name {
                "ordId" => asked.ord_id = id,
                "clOrdId" => asked.cl_ord_id = id,
                _ => asked.req_id = id,
            }
            return Ok(());
        }
        "newPx" | "newSz" => {
            let text = text_of(py, op, name, value)?;
            let num = num_of(py, op, name, &text)?;
            frame.text(name, &text);
            if name == "newPx" {
                asked.new_px = num;
            } else {
                asked.new_sz = num;
            }
            return Ok(());
        }
        _ => {}
    }
    plain(py, op, name, value, frame)
}

/// A field that means nothing to us.
fn plain(py: Python<'_>, op: Op, name: &str, value: &Bound<'_, PyAny>, frame: &mut Frame<'_>) -> PyResult<()> {
    if let Ok(text) = value.cast::<PyString>() {
        frame.text(name, text.to_str()?);
    } else if let Ok(flag) = value.cast::<PyBool>() {
        frame.raw(name, if flag.is_true() { b"true" } else { b"false" });
    } else if value.is_instance_of::<PyList>() || value.is_instance_of::<PyDict>() {
        let json = py.import("orjson")?.call_method1("dumps", (value,))?;
        frame.raw(name, json.cast::<pyo3::types::PyBytes>()?.as_bytes());
    } else {
        frame.text(name, &text_of(py, op, name, value)?);
    }
    Ok(())
}
