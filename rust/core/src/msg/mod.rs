//! One file per payload: its struct, its fast decoder, its general decoder, its tests.
//!
//! ```text
//! push ─▶ by shape (scan.rs) ──────────────▶ payload
//!             └─ surprise ─▶ serde_json ───▶ payload, or Error::Malformed
//! ```
//!
//! Source: OKX API v5, WebSocket; Order book trading › Market data.

pub mod book;
pub mod control;
pub mod ticker;
pub mod trade;

use crate::error::{Error, excerpt};
use crate::num::Dec;
use crate::scan::Scan;
use serde_json::Value;

/// A JSON value inside a push, with the words for a complaint about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a> {
    pub channel: &'a str,
    pub inst_id: &'a str,
    pub value: &'a Value,
}

impl<'a> Field<'a> {
    pub(crate) fn wrong(&self, what: &'static str) -> Error {
        Error::Malformed {
            channel: self.channel.into(),
            inst_id: self.inst_id.into(),
            what,
            got: excerpt(self.value.to_string().as_bytes()),
        }
    }

    fn with(&self, value: &'a Value) -> Self {
        Self { value, ..*self }
    }

    pub(crate) fn get(&self, key: &str) -> Option<Self> {
        self.value.get(key).filter(|v| !v.is_null()).map(|v| self.with(v))
    }

    /// As [`Field::get`]; OKX also writes `""` for a value it does not have.
    pub(crate) fn filled(&self, key: &str) -> Option<Self> {
        self.get(key).filter(|f| f.value != "")
    }

    pub(crate) fn need(&self, key: &str, what: &'static str) -> Result<Self, Error> {
        self.get(key).ok_or_else(|| self.wrong(what))
    }

    pub(crate) fn items(&self, what: &'static str) -> Result<impl Iterator<Item = Self>, Error> {
        let this = *self;
        Ok(self.value.as_array().ok_or_else(|| self.wrong(what))?.iter().map(move |v| this.with(v)))
    }

    pub(crate) fn text(&self, what: &'static str) -> Result<&'a str, Error> {
        self.value.as_str().ok_or_else(|| self.wrong(what))
    }

    pub(crate) fn dec(&self, what: &'static str) -> Result<Dec, Error> {
        self.value.as_str().and_then(|t| Dec::parse(t.as_bytes())).ok_or_else(|| self.wrong(what))
    }

    /// An integer, as JSON number or as text: OKX uses both.
    pub(crate) fn int(&self, what: &'static str) -> Result<i64, Error> {
        let value = match self.value {
            Value::String(text) => Dec::parse(text.as_bytes()).filter(|d| d.scale == 0).map(|d| d.mantissa),
            other => other.as_i64(),
        };
        value.ok_or_else(|| self.wrong(what))
    }

    pub(crate) fn unsigned(&self, what: &'static str) -> Result<u64, Error> {
        self.int(what).and_then(|v| u64::try_from(v).map_err(|_| self.wrong(what)))
    }
}

/// The raw `arg` object at the start of a push, and what follows it. `None` when the message does not start with it.
#[inline]
pub(crate) fn split_arg(frame: &[u8]) -> Option<(&[u8], Scan<'_>)> {
    let body = frame.strip_prefix(b"{\"arg\":")?;
    let end = body.iter().take(256).position(|&b| b == b'}')?;
    let (arg, rest) = body.split_at_checked(end + 1)?;
    Some((arg, Scan::new(rest)))
}

#[cfg(test)]
mod tests;
