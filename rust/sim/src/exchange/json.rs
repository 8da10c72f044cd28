//! Rows written in the order given: what a push or a reply is made of.

use std::fmt::Write as _;

use crate::exchange::num::{Dec, text};

/// A JSON object being written.
#[derive(Clone, Debug)]
pub struct Row(String);

impl Default for Row {
    fn default() -> Self {
        Self::new()
    }
}

impl Row {
    pub fn new() -> Self {
        Self::with_capacity(256)
    }

    pub fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    fn key(&mut self, key: &str) -> &mut String {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        self.0.push('"');
        self.0.push_str(key); // keys are ours
        self.0.push_str("\":");
        &mut self.0
    }

    /// A text.
    #[must_use]
    pub fn s(mut self, key: &str, value: &str) -> Self {
        quoted(self.key(key), value);
        self
    }

    /// A number, as text: OKX's way.
    #[must_use]
    pub fn d(self, key: &str, value: Dec) -> Self {
        let value = text(value);
        self.s(key, &value)
    }

    /// A number as text, or `""` where it does not apply.
    #[must_use]
    pub fn od(self, key: &str, value: Option<Dec>) -> Self {
        match value {
            Some(value) => self.d(key, value),
            None => self.s(key, ""),
        }
    }

    /// An integer, as text.
    #[must_use]
    pub fn n(mut self, key: &str, value: u64) -> Self {
        let _ = write!(self.key(key), "\"{value}\"");
        self
    }

    /// What is JSON already: real numbers, booleans, arrays, objects.
    #[must_use]
    pub fn raw(mut self, key: &str, value: &str) -> Self {
        self.key(key).push_str(value);
        self
    }

    /// The object, closed.
    pub fn end(mut self) -> String {
        self.0.push_str(if self.0.is_empty() { "{}" } else { "}" });
        self.0
    }
}

/// Appends a JSON string.
pub fn quoted(out: &mut String, value: &str) {
    out.push('"');
    if value.bytes().all(|b| b >= 0x20 && b != b'"' && b != b'\\') {
        out.push_str(value);
    } else {
        for c in value.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                c if u32::from(c) < 0x20 => {
                    let _ = write!(out, "\\u{:04x}", u32::from(c));
                }
                c => out.push(c),
            }
        }
    }
    out.push('"');
}

/// `[a,b,c]` of rows that are JSON already.
pub fn array<S: AsRef<str>>(rows: &[S]) -> String {
    let mut out = String::with_capacity(2 + rows.iter().map(|row| row.as_ref().len() + 1).sum::<usize>());
    out.push('[');
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str(row.as_ref());
    }
    out.push(']');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_order_and_escape_texts() {
        let row = Row::new().s("b", "x\"\\\n").d("a", Dec::new(1500, 3)).n("n", 7).raw("t", "true").od("none", None).end();
        assert_eq!(row, r#"{"b":"x\"\\\u000a","a":"1.5","n":"7","t":true,"none":""}"#);
        assert_eq!(Row::new().end(), "{}");
        assert_eq!(array(&["1", "2"]), "[1,2]");
    }
}
