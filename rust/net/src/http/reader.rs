//! HTTP/1.1 replies, without I/O: received bytes in, a [`Reply`] out.
//!
//! ```text
//! Head ─▶ Length │ ChunkSize ⇄ ChunkData ─▶ Trailers │ UntilClose ─▶ Done
//!   └ 1xx: the next head
//! ```
//!
//! Source: RFC 9112, 6 and 7 (framing).

use super::head::{Body, MAX_HEAD, read_head};
use super::reply::{MAX_BODY, Reply, ReplyError, malformed};

/// Longest line that opens a chunk, extensions included.
const MAX_CHUNK_LINE: usize = 1024;
/// Reserved at most before the bytes are there: a length is only a claim.
const MAX_RESERVE: usize = 1024 * 1024;

/// What [`ReplyReader::read`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are done with; the others must come again, with more behind them.
    pub used: usize,
    /// The reply is whole.
    pub done: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// `seen` bytes of the head hold no end of it.
    Head {
        seen: usize,
    },
    Length {
        left: u64,
    },
    ChunkSize {
        seen: usize,
    },
    ChunkData {
        left: u64,
    },
    /// The line end after a chunk.
    ChunkEnd,
    Trailers {
        seen: usize,
    },
    UntilClose,
    Done,
}

/// Reads one reply after another from a connection's bytes.
#[derive(Debug)]
pub struct ReplyReader {
    state: State,
    /// Bytes of heads and trailers of this reply so far.
    head: usize,
}

impl Default for ReplyReader {
    fn default() -> Self {
        Self::new()
    }
}

impl ReplyReader {
    pub fn new() -> Self {
        Self { state: State::Head { seen: 0 }, head: 0 }
    }

    /// Makes ready for the next reply.
    pub fn start(&mut self, reply: &mut Reply) {
        *self = Self::new();
        reply.status = 0;
        reply.body.clear();
        reply.keep_alive = false;
    }

    /// Reads on. `bytes` are those received and not used yet.
    pub fn read(&mut self, bytes: &[u8], reply: &mut Reply) -> Result<Progress, ReplyError> {
        let mut used = 0;
        while self.state != State::Done {
            let rest = bytes.get(used..).unwrap_or_default();
            match self.step(rest, reply)? {
                Some(n) => used += n,
                None => return Ok(Progress { used, done: false }),
            }
        }
        Ok(Progress { used, done: true })
    }

    /// The stream has ended in good order: whether that was the end of the reply too.
    pub fn end(&mut self) -> bool {
        if self.state == State::UntilClose {
            self.state = State::Done;
        }
        self.state == State::Done
    }

    /// Whether the reply is whole.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// One step: bytes used, or `None` when more are needed.
    fn step(&mut self, bytes: &[u8], reply: &mut Reply) -> Result<Option<usize>, ReplyError> {
        match self.state {
            State::Head { seen } => {
                let Some(end) = end_of_head(bytes, seen) else {
                    within(self.head + bytes.len(), MAX_HEAD, "a head of at most 64 KiB")?;
                    self.state = State::Head { seen: bytes.len() };
                    return Ok(None);
                };
                self.head += end;
                within(self.head, MAX_HEAD, "a head of at most 64 KiB")?;
                self.state = match read_head(bytes.get(..end).unwrap_or_default(), reply)? {
                    Body::Head => State::Head { seen: 0 },
                    Body::Length(left) => {
                        within_body(0, left)?;
                        reply.body.reserve(usize::try_from(left).unwrap_or(MAX_RESERVE).min(MAX_RESERVE));
                        State::Length { left }
                    }
                    Body::Chunks => State::ChunkSize { seen: 0 },
                    Body::UntilClose => State::UntilClose,
                };
                Ok(Some(end))
            }
            State::Length { left } => {
                let n = take(bytes, left, reply);
                self.state = if n as u64 == left { State::Done } else { State::Length { left: left - n as u64 } };
                Ok((n > 0 || left == 0).then_some(n))
            }
            State::ChunkSize { seen } => {
                let Some(end) = end_of_line(bytes, seen) else {
                    if bytes.len() > MAX_CHUNK_LINE {
                        return Err(malformed("a chunk size", bytes));
                    }
                    self.state = State::ChunkSize { seen: bytes.len() };
                    return Ok(None);
                };
                let left = chunk_size(bytes.get(..end).unwrap_or_default())?;
                within_body(reply.body.len(), left)?;
                self.state = if left == 0 { State::Trailers { seen: 0 } } else { State::ChunkData { left } };
                Ok(Some(end))
            }
            State::ChunkData { left } => {
                let n = take(bytes, left, reply);
                self.state = if n as u64 == left { State::ChunkEnd } else { State::ChunkData { left: left - n as u64 } };
                Ok((n > 0).then_some(n))
            }
            State::ChunkEnd => match bytes {
                [b'\r', b'\n', ..] => {
                    self.state = State::ChunkSize { seen: 0 };
                    Ok(Some(2))
                }
                [] | [b'\r'] => Ok(None),
                _ => Err(malformed("the end of a chunk", bytes)),
            },
            State::Trailers { seen } => {
                let Some(end) = end_of_line(bytes, seen) else {
                    within(self.head + bytes.len(), MAX_HEAD, "trailers of at most 64 KiB")?;
                    self.state = State::Trailers { seen: bytes.len() };
                    return Ok(None);
                };
                self.head += end;
                within(self.head, MAX_HEAD, "trailers of at most 64 KiB")?;
                self.state = if bytes.starts_with(b"\r\n") { State::Done } else { State::Trailers { seen: 0 } };
                Ok(Some(end))
            }
            State::UntilClose => {
                within_body(reply.body.len(), bytes.len() as u64)?;
                reply.body.extend_from_slice(bytes);
                Ok((!bytes.is_empty()).then_some(bytes.len()))
            }
            State::Done => Ok(Some(0)),
        }
    }
}

/// Moves at most `left` bytes into the body.
fn take(bytes: &[u8], left: u64, reply: &mut Reply) -> usize {
    let n = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
    reply.body.extend_from_slice(bytes.get(..n).unwrap_or_default());
    n
}

/// Where the head ends, its empty line included; the first `seen` bytes hold no end.
fn end_of_head(bytes: &[u8], seen: usize) -> Option<usize> {
    let from = seen.saturating_sub(3);
    let tail = bytes.get(from..)?;
    tail.iter().enumerate().filter(|&(_, &byte)| byte == b'\n').find_map(|(at, _)| match tail.get(at + 1..)? {
        [b'\n', ..] => Some(from + at + 2),
        [b'\r', b'\n', ..] => Some(from + at + 3),
        _ => None,
    })
}

/// Where the line ends, its CRLF included; the first `seen` bytes hold no end.
fn end_of_line(bytes: &[u8], seen: usize) -> Option<usize> {
    let from = seen.saturating_sub(1);
    let at = bytes.get(from..)?.windows(2).position(|pair| pair == b"\r\n")?;
    Some(from + at + 2)
}

/// RFC 9112, 7.1: hexadecimal digits, then perhaps extensions, which mean nothing to us.
fn chunk_size(line: &[u8]) -> Result<u64, ReplyError> {
    let bad = || malformed("a chunk size", line);
    if line.len() > MAX_CHUNK_LINE {
        return Err(bad());
    }
    let line = line.strip_suffix(b"\r\n").ok_or_else(bad)?;
    let digits = line.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii_end();
    if digits.is_empty() || digits.len() > 16 {
        return Err(bad());
    }
    digits.iter().try_fold(0, |size: u64, &byte| {
        let digit = char::from(byte).to_digit(16).ok_or_else(bad)?;
        Ok(size << 4 | u64::from(digit))
    })
}

fn within(size: usize, most: usize, what: &'static str) -> Result<(), ReplyError> {
    if size > most { Err(ReplyError::TooLarge { what }) } else { Ok(()) }
}

fn within_body(held: usize, more: u64) -> Result<(), ReplyError> {
    if more > (MAX_BODY - held.min(MAX_BODY)) as u64 {
        return Err(ReplyError::TooLarge { what: "a body of at most 64 MiB" });
    }
    Ok(())
}
