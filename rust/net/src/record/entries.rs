//! Entries one behind the other in one piece of memory, as they wait for the writer.

use okx_fast_core::record::Kind;
use okx_fast_core::time::Stamp;

/// kind, connection, monotonic clock, wall clock, length of the text.
pub const HEAD: usize = 1 + 2 + 8 + 8 + 4;

/// Bytes an entry takes.
#[inline]
pub fn size(text: &[u8]) -> usize {
    HEAD + text.len()
}

#[inline]
pub fn head(conn: u16, kind: Kind, at: Stamp, text: &[u8]) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    let [k, rest @ ..] = &mut head;
    *k = kind as u8;
    let len = u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes();
    let parts = conn.to_le_bytes().into_iter().chain(at.mono_ns.to_le_bytes()).chain(at.wall_ns.to_le_bytes()).chain(len);
    rest.iter_mut().zip(parts).for_each(|(place, byte)| *place = byte);
    head
}

/// One entry, borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    pub conn: u16,
    pub kind: Kind,
    pub at: Stamp,
    pub text: &'a [u8],
}

/// The first entry of `bytes`, and what follows it.
pub fn first(bytes: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
    let (kind, head) = head.split_first()?;
    let (conn, head) = head.split_first_chunk()?;
    let (mono, head) = head.split_first_chunk()?;
    let (wall, head) = head.split_first_chunk()?;
    let len = u32::from_le_bytes(*head.first_chunk()?) as usize;
    let (text, rest) = rest.split_at_checked(len)?;
    let at = Stamp { mono_ns: u64::from_le_bytes(*mono), wall_ns: u64::from_le_bytes(*wall) };
    Some((Entry { conn: u16::from_le_bytes(*conn), kind: Kind::from_byte(*kind)?, at, text }, rest))
}

#[derive(Debug, Default)]
pub struct Entries {
    bytes: Vec<u8>,
    count: u64,
}

impl Entries {
    #[inline]
    pub fn push(&mut self, conn: u16, kind: Kind, at: Stamp, text: &[u8]) {
        self.bytes.extend_from_slice(&head(conn, kind, at, text));
        self.bytes.extend_from_slice(text);
        self.count += 1;
    }

    /// In bytes.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// Forgets all, and keeps no more room than `most` bytes.
    pub fn clear(&mut self, most: usize) {
        self.bytes.clear();
        self.bytes.shrink_to(most);
        self.count = 0;
    }

    pub fn iter(&self) -> impl Iterator<Item = Entry<'_>> {
        let mut rest = self.bytes.as_slice();
        std::iter::from_fn(move || {
            let (entry, behind) = first(rest)?;
            rest = behind;
            Some(entry)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_out_as_they_went_in() {
        let mut entries = Entries::default();
        let at = |n| Stamp { mono_ns: n, wall_ns: u64::MAX - n };
        entries.push(0, Kind::Frame, at(1), b"one");
        entries.push(u16::MAX, Kind::Lost, at(2), b"");
        let out = entries.iter().map(|e| (e.conn, e.kind, e.at, e.text)).collect::<Vec<_>>();
        assert_eq!(out, [(0, Kind::Frame, at(1), &b"one"[..]), (u16::MAX, Kind::Lost, at(2), b"")]);
        assert_eq!(entries.len(), size(b"one") + size(b""));
    }

    #[test]
    fn half_an_entry_is_none() {
        let mut entries = Entries::default();
        entries.push(0, Kind::Frame, Stamp::default(), b"one");
        for len in 0..entries.len() {
            assert_eq!(entries.bytes.get(..len).and_then(first), None);
        }
    }
}
