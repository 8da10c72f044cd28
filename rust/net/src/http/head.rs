//! The head of a reply: status, and the fields that mean something to us.
//!
//! Source: RFC 9112, 2 to 6; RFC 9110 (fields). Stricter than asked where two readers could differ: a reply with both
//! Content-Length and Transfer-Encoding is refused, and so is any coding we did not offer.

use httparse::{EMPTY_HEADER, Header, ParserConfig, Response, Status};

use super::reply::{Reply, ReplyError, malformed};

/// Longest head taken, with the 1xx heads before it and the trailers after it.
pub const MAX_HEAD: usize = 64 * 1024;
/// Most header lines.
const MAX_FIELDS: usize = 96;

/// What follows a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// Another head: this one was an interim reply (1xx).
    Head,
    Length(u64),
    Chunks,
    UntilClose,
}

/// Reads a whole head, its empty line included; what follows it.
pub(super) fn read_head(bytes: &[u8], reply: &mut Reply) -> Result<Body, ReplyError> {
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
        102..200 | 100 => return Ok(Body::Head),
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
        return Ok(Body::Length(0));
    }
    match (fields.chunked, fields.length) {
        (true, Some(_)) => Err(malformed("one framing, Content-Length or chunked", bytes)),
        (true, None) if minor == 0 => Err(malformed("no chunks in HTTP/1.0", bytes)),
        (true, None) => Ok(Body::Chunks),
        (false, Some(length)) => Ok(Body::Length(length)),
        (false, None) => {
            reply.keep_alive = false;
            Ok(Body::UntilClose)
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
