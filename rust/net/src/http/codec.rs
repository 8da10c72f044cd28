//! HTTP/1.1 replies, without I/O: received bytes in, a [`Reply`] out.
//!
//! ```text
//! Head ─▶ Length │ ChunkSize ⇄ ChunkData ─▶ Trailers │ UntilClose ─▶ Done
//!   └ 1xx: the next head
//! ```
//!
//! Source: RFC 9112 (framing), RFC 9110 (fields). Stricter than asked where two readers could differ: a reply with both
//! Content-Length and Transfer-Encoding is refused, and so is any coding we did not offer.

use std::fmt;

use httparse::{EMPTY_HEADER, Header, ParserConfig, Response, Status};

/// Longest head taken, with the 1xx heads before it and the trailers after it.
pub const MAX_HEAD: usize = 64 * 1024;
/// Longest body taken. OKX's longest replies, whole instrument lists, have a few MiB.
pub const MAX_BODY: usize = 64 * 1024 * 1024;
/// Most header lines.
const MAX_FIELDS: usize = 96;
/// Longest line that opens a chunk, extensions included.
const MAX_CHUNK_LINE: usize = 1024;
/// Reserved at most before the bytes are there: a length is only a claim.
const MAX_RESERVE: usize = 1024 * 1024;

/// One reply. Give the same one to the next exchange and its memory is used again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// 200 to 999; 0 until the head is in.
    pub status: u16,
    pub body: Vec<u8>,
    /// OKX's own id of the request: `x-trace-id`, else `x-request-id`.
    pub request_id: Option<String>,
    /// The server's clock, as in the `Date` header.
    pub date: Option<String>,
    pub content_type: Option<String>,
    /// Seconds; the form with a date is not read.
    pub retry_after: Option<u64>,
    /// Whether the connection may be used again.
    pub keep_alive: bool,
    /// Monotonic clock, after the kernel took the request's last byte.
    pub sent_ns: u64,
    /// Monotonic clock, when the reply's first bytes were received.
    pub recv_ns: u64,
    /// Monotonic clock, when the reply was whole.
    pub done_ns: u64,
}

/// Why the bytes are not a reply we take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplyError {
    /// `got` holds the first bytes of what came instead, as text.
    Malformed { expected: &'static str, got: String },
    /// More than the bound named.
    TooLarge { what: &'static str },
}

impl fmt::Display for ReplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { expected, got } => write!(f, "reply: expected {expected}, got {got:?}"),
            Self::TooLarge { what } => write!(f, "reply: expected {what}, got more"),
        }
    }
}

impl std::error::Error for ReplyError {}

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
                self.state = head(bytes.get(..end).unwrap_or_default(), reply)?;
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

/// Reads a whole head; what follows it.
fn head(bytes: &[u8], reply: &mut Reply) -> Result<State, ReplyError> {
    let mut fields = [EMPTY_HEADER; MAX_FIELDS];
    let mut response = Response::new(&mut fields);
    let parsed = ParserConfig::default().parse_response(&mut response, bytes);
    let (Ok(Status::Complete(end)), Some(status), Some(minor)) = (parsed, response.code, response.version) else {
        return Err(malformed("an HTTP/1.1 head", bytes));
    };
    if end != bytes.len() {
        return Err(malformed("an HTTP/1.1 head", bytes));
    }
    match status {
        101 | 0..100 => return Err(malformed("a status for a plain request", bytes)),
        102..200 | 100 => return Ok(State::Head { seen: 0 }),
        _ => {}
    }
    let fields = Fields::read(response.headers)?;
    reply.status = status;
    put(&mut reply.request_id, fields.trace_id.or(fields.request_id));
    put(&mut reply.date, fields.date);
    put(&mut reply.content_type, fields.content_type);
    reply.retry_after = fields.retry_after;
    reply.keep_alive = if minor == 0 { fields.keep_alive && !fields.close } else { !fields.close };
    if matches!(status, 204 | 304) {
        return Ok(State::Done);
    }
    match (fields.chunked, fields.length) {
        (true, Some(_)) => Err(malformed("one framing, Content-Length or chunked", bytes)),
        (true, None) if minor == 0 => Err(malformed("no chunks in HTTP/1.0", bytes)),
        (true, None) => Ok(State::ChunkSize { seen: 0 }),
        (false, Some(left)) => {
            within_body(0, left)?;
            reply.body.reserve(usize::try_from(left).unwrap_or(MAX_RESERVE).min(MAX_RESERVE));
            Ok(State::Length { left })
        }
        (false, None) => {
            reply.keep_alive = false;
            Ok(State::UntilClose)
        }
    }
}

/// The header fields that mean something to us.
#[derive(Default)]
struct Fields<'a> {
    length: Option<u64>,
    chunked: bool,
    close: bool,
    keep_alive: bool,
    trace_id: Option<&'a str>,
    request_id: Option<&'a str>,
    date: Option<&'a str>,
    content_type: Option<&'a str>,
    retry_after: Option<u64>,
}

impl<'a> Fields<'a> {
    fn read(headers: &[Header<'a>]) -> Result<Self, ReplyError> {
        let mut fields = Self::default();
        for &Header { name, value } in headers {
            let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
            let text = || std::str::from_utf8(value).ok();
            // By length first: most fields are none of ours.
            match name.len() {
                4 if is("date") => fields.date = text(),
                10 if is("connection") => {
                    fields.close |= lists(value, "close");
                    fields.keep_alive |= lists(value, "keep-alive");
                }
                10 if is("x-trace-id") => fields.trace_id = text(),
                11 if is("retry-after") => fields.retry_after = number(value),
                12 if is("content-type") => fields.content_type = text(),
                12 if is("x-request-id") => fields.request_id = text(),
                14 if is("content-length") => {
                    let length = number(value).ok_or_else(|| malformed("a Content-Length", value))?;
                    if fields.length.is_some_and(|before| before != length) {
                        return Err(malformed("one Content-Length", value));
                    }
                    fields.length = Some(length);
                }
                16 if is("content-encoding") && !matches!(value.trim_ascii().to_ascii_lowercase().as_slice(), b"identity" | b"") => {
                    return Err(malformed("no Content-Encoding, as none was offered", value));
                }
                17 if is("transfer-encoding") => {
                    if fields.chunked || !value.trim_ascii().eq_ignore_ascii_case(b"chunked") {
                        return Err(malformed("Transfer-Encoding: chunked", value));
                    }
                    fields.chunked = true;
                }
                _ => {}
            }
        }
        Ok(fields)
    }
}

/// Whether a comma-separated field value holds `token`.
fn lists(value: &[u8], token: &str) -> bool {
    value.split(|&byte| byte == b',').any(|item| item.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}

/// Decimal digits and nothing else.
fn number(value: &[u8]) -> Option<u64> {
    let digits = value.trim_ascii();
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0, |number: u64, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// Sets `slot`, in the memory it has.
fn put(slot: &mut Option<String>, value: Option<&str>) {
    match (slot, value) {
        (Some(slot), Some(value)) => {
            slot.clear();
            slot.push_str(value);
        }
        (slot, value) => *slot = value.map(str::to_owned),
    }
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

fn malformed(expected: &'static str, bytes: &[u8]) -> ReplyError {
    let got = bytes.get(..bytes.len().min(80)).unwrap_or_default();
    ReplyError::Malformed { expected, got: String::from_utf8_lossy(got).into_owned() }
}
