//! HTTP/1.1 without I/O: bytes in, whole requests out; replies to bytes.
//!
//! ```text
//! received bytes ─▶ Parser::step ─▶ More │ Continue │ Request │ Bad
//! Reply ─▶ write_reply ─▶ bytes to send
//! ```
//!
//! The target, the header values and the body stay as they were sent: signatures are computed over them.

use std::io::Write as _;

use httparse::Status;
use okx_fast_net::ws::handshake;

use crate::exchange::io::HttpRequest;

/// Longest request line with headers.
pub const MAX_HEAD: usize = 64 * 1024;
/// Longest body of a client.
pub const MAX_BODY: usize = 1024 * 1024;
/// Longest body on the admin port: a state of the whole exchange.
pub const MAX_STATE: usize = 512 * 1024 * 1024;
const MAX_HEADERS: usize = 128;
/// Longest line between two chunks, and most bytes of trailers.
const MAX_CHUNK_LINE: usize = 4096;

/// What came of the bytes so far.
#[derive(Debug)]
pub enum Step {
    More,
    /// The head is here, and the client wants to hear `100 Continue` before it sends the body.
    Continue,
    Request(Box<Whole>),
    /// Answer this and close: where the next request would begin is anybody's guess.
    Bad(Bad),
}

/// A whole request, and what its answer depends on.
#[derive(Debug)]
pub struct Whole {
    pub request: HttpRequest,
    pub manner: Manner,
    /// A valid request for a WebSocket.
    pub upgrade: Option<handshake::Request>,
}

/// How to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    pub head_only: bool,
    pub keep_alive: bool,
    /// HTTP/1.0 has to be told that the connection stays.
    pub old: bool,
}

/// A request that cannot be read: HTTP status, OKX's code, what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    pub status: u16,
    pub code: &'static str,
    pub msg: String,
}

impl Bad {
    fn malformed(msg: impl Into<String>) -> Self {
        Self { status: 400, code: "50000", msg: msg.into() }
    }

    fn too_long(status: u16, msg: &str) -> Self {
        Self { status, code: "50000", msg: msg.to_owned() }
    }

    /// The answer, in OKX's envelope.
    pub fn body(&self) -> Vec<u8> {
        serde_json::json!({"code": self.code, "data": [], "msg": self.msg}).to_string().into_bytes()
    }
}

#[derive(Debug, Default)]
enum Stage {
    #[default]
    Head,
    Body {
        whole: Box<Whole>,
        left: usize,
    },
    /// Before the line with a chunk's size.
    ChunkSize(Box<Whole>),
    /// Within a chunk: its bytes and the line end behind them.
    Chunk {
        whole: Box<Whole>,
        left: usize,
    },
    Trailers {
        whole: Box<Whole>,
        seen: usize,
    },
}

/// Reads one request after the other. Give it all bytes not yet used; it says how many it used.
#[derive(Debug)]
pub struct Parser {
    max_body: usize,
    stage: Stage,
    /// Bytes of an unfinished head that were looked at before.
    looked: usize,
    /// `100 Continue` is still to be said.
    announce: bool,
}

impl Parser {
    pub fn new(max_body: usize) -> Self {
        Self { max_body, stage: Stage::default(), looked: 0, announce: false }
    }

    pub fn step(&mut self, bytes: &[u8]) -> (usize, Step) {
        let mut used = 0;
        loop {
            let rest = bytes.get(used..).unwrap_or_default();
            let stage = std::mem::take(&mut self.stage);
            match self.advance(stage, rest) {
                Ok((n, Some(step))) => return (used + n, step),
                Ok((0, None)) => {
                    let announce = std::mem::take(&mut self.announce);
                    return (used, if announce { Step::Continue } else { Step::More });
                }
                Ok((n, None)) => used += n,
                Err(bad) => return (bytes.len(), Step::Bad(bad)),
            }
        }
    }

    /// One stage forward: how many bytes it took, and the request if it is whole. Nothing taken: more is needed.
    fn advance(&mut self, stage: Stage, bytes: &[u8]) -> Result<(usize, Option<Step>), Bad> {
        match stage {
            Stage::Head => self.head(bytes),
            Stage::Body { mut whole, left } => {
                let n = left.min(bytes.len());
                whole.request.body.extend_from_slice(bytes.get(..n).unwrap_or_default());
                if n == left {
                    return Ok((n, Some(Step::Request(whole))));
                }
                self.stage = Stage::Body { whole, left: left - n };
                Ok((n, None))
            }
            Stage::ChunkSize(whole) => self.chunk_size(whole, bytes),
            Stage::Chunk { whole, left } => self.chunk(whole, left, bytes),
            Stage::Trailers { whole, seen } => self.trailers(whole, seen, bytes),
        }
    }

    fn head(&mut self, bytes: &[u8]) -> Result<(usize, Option<Step>), Bad> {
        // A head ends with a line: without a new one there is nothing new to find, except right at the start.
        let fresh = bytes.get(self.looked..).unwrap_or_default();
        let worth = self.looked == 0 || fresh.contains(&b'\n');
        let parsed = if bytes.is_empty() || !worth { None } else { read_head(bytes, self.max_body)? };
        let Some((head, used)) = parsed else {
            if bytes.len() > MAX_HEAD {
                return Err(Bad::too_long(431, "Request header fields too large"));
            }
            self.looked = bytes.len();
            return Ok((0, None));
        };
        self.looked = 0;
        self.announce = head.expects;
        let whole = Box::new(head.whole);
        match head.length {
            Length::Exactly(0) => return Ok((used, Some(Step::Request(whole)))),
            Length::Exactly(left) => self.stage = Stage::Body { whole, left },
            Length::Chunked => self.stage = Stage::ChunkSize(whole),
        }
        if bytes.len() > used {
            self.announce = false; // the body did not wait
        }
        Ok((used, None))
    }

    fn chunk_size(&mut self, whole: Box<Whole>, bytes: &[u8]) -> Result<(usize, Option<Step>), Bad> {
        let (n, size) = match httparse::parse_chunk_size(bytes) {
            Ok(Status::Complete(found)) => found,
            Ok(Status::Partial) if bytes.len() <= MAX_CHUNK_LINE => {
                self.stage = Stage::ChunkSize(whole);
                return Ok((0, None));
            }
            _ => return Err(Bad::malformed("Malformed chunked request body")),
        };
        if size > (self.max_body - whole.request.body.len()) as u64 {
            return Err(Bad::too_long(413, "Request body too large"));
        }
        self.stage = match size {
            0 => Stage::Trailers { whole, seen: 0 },
            size => Stage::Chunk { whole, left: size as usize + 2 },
        };
        Ok((n, None))
    }

    fn chunk(&mut self, mut whole: Box<Whole>, left: usize, bytes: &[u8]) -> Result<(usize, Option<Step>), Bad> {
        let n = left.min(bytes.len());
        let taken = bytes.get(..n).unwrap_or_default();
        let (data, line_end) = taken.split_at_checked(left.saturating_sub(2)).unwrap_or((taken, &[]));
        let expected = b"\r\n".get(2 - left.min(2)..).unwrap_or_default();
        if !expected.starts_with(line_end) {
            return Err(Bad::malformed("Malformed chunked request body"));
        }
        whole.request.body.extend_from_slice(data);
        self.stage = if n == left { Stage::ChunkSize(whole) } else { Stage::Chunk { whole, left: left - n } };
        Ok((n, None))
    }

    /// Header lines after the last chunk: skipped.
    fn trailers(&mut self, whole: Box<Whole>, seen: usize, bytes: &[u8]) -> Result<(usize, Option<Step>), Bad> {
        let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
            if bytes.len() > MAX_CHUNK_LINE {
                return Err(Bad::malformed("Malformed chunked request body"));
            }
            self.stage = Stage::Trailers { whole, seen };
            return Ok((0, None));
        };
        if end == 0 || bytes.starts_with(b"\r\n") {
            return Ok((end + 1, Some(Step::Request(whole))));
        }
        let seen = seen + end;
        if seen > MAX_CHUNK_LINE {
            return Err(Bad::malformed("Malformed chunked request body"));
        }
        self.stage = Stage::Trailers { whole, seen };
        Ok((end + 1, None))
    }
}

enum Length {
    Exactly(usize),
    Chunked,
}

struct Head {
    whole: Whole,
    length: Length,
    expects: bool,
}

fn read_head(bytes: &[u8], max_body: usize) -> Result<Option<(Head, usize)>, Bad> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let used = match parsed.parse(bytes) {
        Ok(Status::Complete(used)) => used,
        Ok(Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(Bad::too_long(431, "Too many request header fields")),
        Err(error) => return Err(Bad::malformed(format!("Malformed HTTP request: {error}"))),
    };
    if used > MAX_HEAD {
        return Err(Bad::too_long(431, "Request header fields too large"));
    }
    let (Some(method), Some(target), Some(version)) = (parsed.method, parsed.path, parsed.version) else {
        return Ok(None);
    };
    let headers: Vec<(String, String)> = parsed
        .headers
        .iter()
        .map(|header| (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned()))
        .collect();
    let old = version == 0;
    let keep_alive = if old { names(&headers, "connection", "keep-alive") } else { !names(&headers, "connection", "close") };
    let upgrade = if names(&headers, "upgrade", "websocket") {
        let head = bytes.get(..used).unwrap_or_default();
        handshake::read_request(head).map_err(|error| Bad::malformed(error.to_string()))?.map(|(request, _)| request)
    } else {
        None
    };
    let length = if upgrade.is_some() { Length::Exactly(0) } else { length(&headers, max_body)? };
    let expects = !old && names(&headers, "expect", "100-continue");
    let manner = Manner { head_only: method == "HEAD", keep_alive, old };
    let request = HttpRequest { method: method.to_owned(), target: target.to_owned(), headers, body: Vec::new() };
    Ok(Some((Head { whole: Whole { request, manner, upgrade }, length, expects }, used)))
}

fn length(headers: &[(String, String)], max_body: usize) -> Result<Length, Bad> {
    let of = |name: &'static str| headers.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.trim());
    let mut codings = of("transfer-encoding");
    let mut lengths = of("content-length");
    match (codings.next(), lengths.next()) {
        (None, None) => Ok(Length::Exactly(0)),
        (Some(coding), None) if coding.eq_ignore_ascii_case("chunked") && codings.next().is_none() => Ok(Length::Chunked),
        (Some(_), None) => Err(Bad::malformed("Malformed HTTP request: expected transfer-encoding chunked")),
        (Some(_), Some(_)) => Err(Bad::malformed("Malformed HTTP request: both content-length and transfer-encoding")),
        (None, Some(text)) => {
            if lengths.any(|other| other != text) || text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(Bad::malformed("Malformed HTTP request: invalid content-length"));
            }
            match text.parse() {
                Ok(length) if length <= max_body => Ok(Length::Exactly(length)),
                _ => Err(Bad::too_long(413, "Request body too large")),
            }
        }
    }
}

/// Header `name`, a comma list that may come more than once, holds `token`.
fn names(headers: &[(String, String)], name: &str, token: &str) -> bool {
    let mut values = headers.iter().filter(|(n, _)| n == name).flat_map(|(_, value)| value.split(','));
    values.any(|value| value.trim().eq_ignore_ascii_case(token))
}

/// Appends a whole answer; says whether the connection must be closed after it.
pub fn write_reply(status: u16, headers: &[(&'static str, String)], body: &[u8], close: bool, manner: Manner, out: &mut Vec<u8>) -> bool {
    let close = close || !manner.keep_alive;
    let bodiless = status == 204 || status == 304 || (100..200).contains(&status);
    // Writing to memory cannot fail.
    let _ = write!(out, "HTTP/1.1 {status} {}\r\nx-okx-fast-simulator: 1\r\nserver: okx-fast-simulator\r\n", reason(status));
    let mut typed = false;
    for (name, value) in headers {
        if name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("x-okx-fast-simulator") {
            continue;
        }
        typed |= name.eq_ignore_ascii_case("content-type");
        let _ = write!(out, "{name}: ");
        out.extend(value.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0)));
        out.extend_from_slice(b"\r\n");
    }
    if !typed && !body.is_empty() {
        out.extend_from_slice(b"content-type: application/json\r\n");
    }
    if !bodiless {
        let _ = write!(out, "content-length: {}\r\n", body.len());
    }
    if close {
        out.extend_from_slice(b"connection: close\r\n");
    } else if manner.old {
        out.extend_from_slice(b"connection: keep-alive\r\n");
    }
    out.extend_from_slice(b"\r\n");
    if !manner.head_only && !bodiless {
        out.extend_from_slice(body);
    }
    close
}

/// The answer that makes the connection a WebSocket.
pub fn write_upgrade(request: &handshake::Request, out: &mut Vec<u8>) {
    let mut response = handshake::accept_response(request);
    response.truncate(response.len().saturating_sub(2)); // the empty line that ends the head
    out.append(&mut response);
    out.extend_from_slice(b"x-okx-fast-simulator: 1\r\n\r\n");
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        410 => "Gone",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Status",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests;
