//! A receive buffer: initialised once, filled at the back, consumed at the front.
//!
//! ```text
//! [ consumed │ start … end: held │ tail: space() ]
//! ```
//!
//! Nothing is cleared between reads, and bytes move only when the tail is too short, which happens
//! when a frame or record is cut by the end of a read.

use std::ops::Range;

const STEP: usize = 64 * 1024;

#[derive(Debug)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Buffer {
    pub(crate) fn new() -> Self {
        Self { bytes: vec![0; STEP], start: 0, end: 0 }
    }

    /// The tail, at least `at_least` bytes of it. Its content is left over from earlier reads.
    pub(crate) fn space(&mut self, at_least: usize) -> &mut [u8] {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
        if self.bytes.len() - self.end < at_least {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            let needed = self.end + at_least;
            if self.bytes.len() < needed {
                self.bytes.resize(needed.next_multiple_of(STEP), 0);
            }
        }
        let end = self.end;
        self.bytes.get_mut(end..).expect("end is within the buffer")
    }

    pub(crate) fn filled(&mut self, n: usize) {
        assert!(n <= self.bytes.len() - self.end, "filled more than space() gave");
        self.end += n;
    }

    /// Copies `bytes` in: for callers that hold them elsewhere already.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.space(bytes.len()).get_mut(..bytes.len()).expect("space() gave what was asked").copy_from_slice(bytes);
        self.filled(bytes.len());
    }

    pub(crate) fn len(&self) -> usize {
        self.end - self.start
    }

    pub(crate) fn held(&self) -> &[u8] {
        self.at(self.start..self.end)
    }

    pub(crate) fn held_mut(&mut self) -> &mut [u8] {
        self.at_mut(self.start..self.end)
    }

    /// Lets go of the first `n` held bytes; where they lie, until `space` is called again.
    pub(crate) fn consume(&mut self, n: usize) -> Range<usize> {
        assert!(n <= self.len(), "consumed more than is held");
        let from = self.start;
        self.start += n;
        from..self.start
    }

    pub(crate) fn at(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(range).expect("a range within the buffer")
    }

    pub(crate) fn at_mut(&mut self, range: Range<usize>) -> &mut [u8] {
        self.bytes.get_mut(range).expect("a range within the buffer")
    }
}
