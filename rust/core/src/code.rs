//! Short texts kept inline: enum-like values (`side`, `source`) that must survive even when they are new.

use std::fmt;

/// The longest text kept: twice the longest value OKX documents.
pub const MOST: usize = 31;

/// A text of at most [`MOST`] bytes, copied without allocating.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Code {
    len: u8,
    bytes: [u8; MOST],
}

impl Code {
    /// `None` when `text` is longer than [`MOST`] bytes or not UTF-8.
    pub fn new(text: &[u8]) -> Option<Self> {
        if !text.is_ascii() {
            std::str::from_utf8(text).ok()?;
        }
        let mut bytes = [0; MOST];
        bytes.get_mut(..text.len())?.copy_from_slice(text);
        Some(Self { len: text.len() as u8, bytes })
    }

    pub fn as_str(&self) -> &str {
        self.bytes.get(..usize::from(self.len)).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
