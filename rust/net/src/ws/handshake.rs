//! The HTTP/1.1 upgrade, both sides, without I/O.
//!
//! Heads are bounded ([`MAX_HEAD`], [`MAX_HEADERS`]). A client refuses any extension or
//! subprotocol in the answer, since it offers none; a server ignores what is offered.

use std::fmt;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use httparse::Status;
use sha1::{Digest as _, Sha1};

/// Longest head (first line and headers) either side reads.
pub const MAX_HEAD: usize = 16 * 1024;
/// Most headers in a head.
pub const MAX_HEADERS: usize = 64;
/// Bytes kept of the body of an answer that refuses the upgrade.
pub const MAX_REFUSAL_BODY: usize = 512;

/// The upgrade failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandshakeError {
    /// The server answered, but not with 101; `body` is the first 512 bytes at most.
    Refused { status: u16, body: Vec<u8> },
    /// The head is longer than [`MAX_HEAD`].
    HeadTooLong { limit: usize },
    /// Not HTTP/1.1, or more than [`MAX_HEADERS`].
    Http(httparse::Error),
    /// A header the upgrade needs is missing or says something else.
    Header { name: &'static str, expected: String, got: Option<String> },
    /// The request's first line is not `GET … HTTP/1.1`, or the answer's version is not 1.1.
    FirstLine { expected: &'static str, got: String },
    /// A header or path we were asked to send would break the head.
    Unsendable { what: String },
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { status, body } => {
                let body = String::from_utf8_lossy(body);
                write!(f, "handshake: expected status 101, got {status}: {}", body.escape_debug())
            }
            Self::HeadTooLong { limit } => {
                write!(f, "handshake: expected a head of at most {limit} bytes, got more")
            }
            Self::Http(error) => write!(f, "handshake: expected HTTP/1.1, got {error}"),
            Self::Header { name, expected, got: Some(got) } => write!(f, "handshake: expected {name}: {expected}, got {got:?}"),
            Self::Header { name, expected, .. } => {
                write!(f, "handshake: expected {name}: {expected}, got no such header")
            }
            Self::FirstLine { expected, got } => {
                write!(f, "handshake: expected {expected}, got {got:?}")
            }
            Self::Unsendable { what } => {
                write!(f, "handshake: expected printable ASCII to send, got {what:?}")
            }
        }
    }
}

impl std::error::Error for HandshakeError {}

/// `Sec-WebSocket-Key` from 16 random bytes.
pub fn key(random: [u8; 16]) -> String {
    STANDARD.encode(random)
}

/// `Sec-WebSocket-Accept` that answers `key`.
pub fn accept(key: &str) -> String {
    const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    let digest = Sha1::new().chain_update(key.trim()).chain_update(GUID).finalize();
    STANDARD.encode(digest)
}

/// The client's request. `host` is the Host header (with the port unless it is the default one),
/// `path` starts with `/`; `extra` headers follow ours.
pub fn client_request(host: &str, path: &str, key: &str, extra: &[(String, String)]) -> Result<Vec<u8>, HandshakeError> {
    let sendable = |text: &str, space: bool| {
        let ok = |b: u8| b.is_ascii_graphic() || space && b == b' ';
        if text.bytes().all(ok) {
            return Ok(());
        }
        Err(HandshakeError::Unsendable { what: text.to_owned() })
    };
    sendable(host, false)?;
    sendable(path, false)?;
    let mut head = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
    );
    for (name, value) in extra {
        sendable(name, false)?;
        sendable(value, true)?;
        if name.is_empty() || name.contains(':') {
            return Err(HandshakeError::Unsendable { what: name.clone() });
        }
        write!(head, "{name}: {value}\r\n").expect("a String takes all");
    }
    head.push_str("\r\n");
    Ok(head.into_bytes())
}

/// Reads the server's answer from all bytes `received` so far: how many of them the head takes
/// (frames may follow), or `None` when more are needed.
///
/// `eof`: nothing more will come (end of stream, or out of patience), so a refusal is reported
/// with as much of its body as is here.
pub fn check_response(received: &[u8], key: &str, eof: bool) -> Result<Option<usize>, HandshakeError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response.parse(received).map_err(HandshakeError::Http)?;
    let Some(head) = whole_head(parsed, received)? else {
        return Ok(None);
    };
    let version = response.version.unwrap_or_default();
    let status = response.code.unwrap_or_default();
    let headers = &*response.headers;
    if status != 101 {
        let body = received.get(head..).unwrap_or_default();
        let full = find(headers, "Content-Length")
            .and_then(|text| text.trim().parse::<usize>().ok())
            .map_or(MAX_REFUSAL_BODY, |len| len.min(MAX_REFUSAL_BODY));
        if body.len() < full && !eof {
            return Ok(None);
        }
        let body = body.get(..full).unwrap_or(body).to_vec();
        return Err(HandshakeError::Refused { status, body });
    }
    if version != 1 {
        return Err(HandshakeError::FirstLine { expected: "HTTP/1.1", got: format!("HTTP/1.{version}") });
    }
    want_token(headers, "Upgrade", "websocket")?;
    want_token(headers, "Connection", "upgrade")?;
    want_value(headers, "Sec-WebSocket-Accept", &accept(key))?;
    want_absent(headers, "Sec-WebSocket-Extensions")?;
    want_absent(headers, "Sec-WebSocket-Protocol")?;
    Ok(Some(head))
}

/// What a client asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Path and query, as sent.
    pub path: String,
    /// All headers, in order; values that are not UTF-8 are replaced lossily.
    pub headers: Vec<(String, String)>,
    /// `Sec-WebSocket-Key`.
    pub key: String,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(n, _)| n.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }
}

/// Reads a client's request from all bytes `received` so far, with the length of its head; `None`
/// when more bytes are needed.
pub fn read_request(received: &[u8]) -> Result<Option<(Request, usize)>, HandshakeError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let parsed = request.parse(received).map_err(HandshakeError::Http)?;
    let Some(head) = whole_head(parsed, received)? else {
        return Ok(None);
    };
    let (Some(method), Some(path), Some(version)) = (request.method, request.path, request.version) else {
        return Ok(None);
    };
    if method != "GET" || version != 1 {
        return Err(HandshakeError::FirstLine { expected: "GET … HTTP/1.1", got: format!("{method} {path} HTTP/1.{version}") });
    }
    let headers = &*request.headers;
    want_token(headers, "Upgrade", "websocket")?;
    want_token(headers, "Connection", "upgrade")?;
    want_value(headers, "Sec-WebSocket-Version", "13")?;
    let key = find(headers, "Sec-WebSocket-Key").map(|key| key.trim().to_owned());
    let Some(key) = key.filter(|key| STANDARD.decode(key).is_ok_and(|raw| raw.len() == 16)) else {
        return Err(HandshakeError::Header {
            name: "Sec-WebSocket-Key",
            expected: "16 bytes in base64".to_owned(),
            got: find(headers, "Sec-WebSocket-Key").map(str::to_owned),
        });
    };
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let headers = headers.iter().map(|h| (h.name.to_owned(), text(h.value))).collect();
    let path = path.to_owned();
    Ok(Some((Request { path, headers, key }, head)))
}

/// The server's answer that accepts `request`.
pub fn accept_response(request: &Request) -> Vec<u8> {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n\r\n",
        accept(&request.key)
    )
    .into_bytes()
}

/// The server's answer that refuses; the caller closes the connection after it.
pub fn refuse_response(status: u16, reason: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn whole_head(parsed: Status<usize>, received: &[u8]) -> Result<Option<usize>, HandshakeError> {
    let (size, head) = match parsed {
        Status::Complete(head) => (head, Some(head)),
        Status::Partial => (received.len(), None),
    };
    if size > MAX_HEAD {
        return Err(HandshakeError::HeadTooLong { limit: MAX_HEAD });
    }
    Ok(head)
}

fn find<'b>(headers: &[httparse::Header<'b>], name: &str) -> Option<&'b str> {
    let mut headers = headers.iter();
    let header = headers.find(|header| header.name.eq_ignore_ascii_case(name))?;
    std::str::from_utf8(header.value).ok()
}

/// `name`, which may come more than once and hold a comma-separated list, must name `token`.
fn want_token(headers: &[httparse::Header<'_>], name: &'static str, token: &str) -> Result<(), HandshakeError> {
    let holds = |header: &httparse::Header<'_>| {
        header.name.eq_ignore_ascii_case(name)
            && std::str::from_utf8(header.value).is_ok_and(|list| list.split(',').any(|t| t.trim().eq_ignore_ascii_case(token)))
    };
    if headers.iter().any(holds) {
        return Ok(());
    }
    Err(HandshakeError::Header { name, expected: token.to_owned(), got: find(headers, name).map(str::to_owned) })
}

fn want_value(headers: &[httparse::Header<'_>], name: &'static str, value: &str) -> Result<(), HandshakeError> {
    let got = find(headers, name);
    if got.is_some_and(|got| got.trim() == value) {
        return Ok(());
    }
    Err(HandshakeError::Header { name, expected: value.to_owned(), got: got.map(str::to_owned) })
}

fn want_absent(headers: &[httparse::Header<'_>], name: &'static str) -> Result<(), HandshakeError> {
    let present = headers.iter().find(|h| h.name.eq_ignore_ascii_case(name));
    present.map_or(Ok(()), |header| {
        Err(HandshakeError::Header {
            name,
            expected: "no such header".to_owned(),
            got: Some(String::from_utf8_lossy(header.value).into_owned()),
        })
    })
}
