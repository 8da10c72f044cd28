//! The last seconds of one connection, bounded in bytes; touched by nobody but its driver.

use super::entries::{Entry, HEAD, first, head, size};
use okx_fast_core::record::Kind;
use okx_fast_core::time::Stamp;
use std::collections::VecDeque;
use std::time::Duration;

#[derive(Debug)]
pub struct Ring {
    bytes: VecDeque<u8>,
    /// The monotonic time and the size of each entry, oldest first.
    ages: VecDeque<(u64, usize)>,
    span_ns: u64,
    most: usize,
}

impl Ring {
    /// Takes memory as it fills.
    pub fn new(span: Duration, most: usize) -> Self {
        Self { bytes: VecDeque::new(), ages: VecDeque::new(), span_ns: span.as_nanos() as u64, most }
    }

    /// The oldest make place; an entry that is larger than the ring leaves it empty.
    #[inline]
    pub fn push(&mut self, conn: u16, kind: Kind, at: Stamp, text: &[u8]) {
        let need = size(text);
        while let Some(&(then, size)) = self.ages.front() {
            let is_old = then.saturating_add(self.span_ns) < at.mono_ns;
            if !is_old && self.bytes.len() + need <= self.most {
                break;
            }
            self.ages.pop_front();
            self.bytes.drain(..size);
        }
        if need <= self.most {
            self.bytes.extend(&head(conn, kind, at, text));
            self.bytes.extend(text);
            self.ages.push_back((at.mono_ns, need));
        }
    }

    /// Every entry, oldest first.
    pub fn each(&mut self, mut on: impl FnMut(Entry<'_>)) {
        let mut rest: &[u8] = self.bytes.make_contiguous();
        while let Some((entry, behind)) = first(rest) {
            on(entry);
            rest = behind;
        }
        debug_assert!(rest.len() < HEAD, "only whole entries go in");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(ring: &mut Ring) -> Vec<String> {
        let mut out = Vec::new();
        ring.each(|e| out.push(String::from_utf8_lossy(e.text).into_owned()));
        out
    }

    fn at(seconds: u64) -> Stamp {
        Stamp { mono_ns: seconds * 1_000_000_000, wall_ns: 0 }
    }

    #[test]
    fn the_oldest_go_when_they_are_too_old_or_there_is_no_room() {
        let mut ring = Ring::new(Duration::from_secs(10), 3 * size(b"12345"));
        for (second, text) in [(0, "first"), (5, "secnd"), (10, "third")] {
            ring.push(0, Kind::Frame, at(second), text.as_bytes());
        }
        assert_eq!(texts(&mut ring), ["first", "secnd", "third"]);
        ring.push(0, Kind::Frame, at(10), b"forth");
        assert_eq!(texts(&mut ring), ["secnd", "third", "forth"]);
        ring.push(0, Kind::Frame, at(16), b"fifth");
        assert_eq!(texts(&mut ring), ["third", "forth", "fifth"]);
        ring.push(0, Kind::Frame, at(16), &[b'x'; 200]);
        assert_eq!(texts(&mut ring), [""; 0]);
    }

    #[test]
    fn it_never_grows_beyond_its_bound() {
        let mut ring = Ring::new(Duration::from_secs(1000), 1000);
        for n in 0..10_000_u64 {
            ring.push(0, Kind::Frame, at(n / 100), &vec![b'x'; (n % 97) as usize]);
            assert!(ring.bytes.len() <= 1000);
            assert_eq!(ring.ages.iter().map(|(_, size)| size).sum::<usize>(), ring.bytes.len());
        }
    }
}
