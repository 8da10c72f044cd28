//! The bytes of one request: request line, headers, body, in one buffer and for one write.
//!
//! ```text
//! prehash = timestamp + METHOD + path[?query] + body        signed at the last moment, over these very bytes
//! GET /api/v5/account/balance?ccy=BTC HTTP/1.1
//! Host · User-Agent · Accept · Content-Type [· x-simulated-trading]      the same for every request: written once
//! [OK-ACCESS-KEY · -SIGN · -TIMESTAMP · -PASSPHRASE] [· expTime] [· Accept-Language] [· Content-Length]
//! ```
//!
//! Source: OKX API v5, Overview › REST authentication › Making requests; Demo trading services; Trade › Place order (`expTime`).

use crate::rest::date::IsoMs;
use crate::secret::Credentials;
use std::fmt;

/// The two verbs of OKX's REST.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    Get,
    Post,
}

impl Method {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }

    /// Capitals only, as in the prehash.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "GET" => Some(Self::Get),
            "POST" => Some(Self::Post),
            _ => None,
        }
    }
}

/// One request, as its caller wants it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub method: Method,
    /// From `/` on, without parameters; segments already percent-encoded.
    pub path: &'a str,
    /// As [`crate::rest::query::encode_query`] made it; empty: no `?` either.
    pub query: &'a [u8],
    /// JSON text of a POST. A GET has none.
    pub body: &'a [u8],
    /// The header `expTime`: Unix milliseconds after which OKX drops the request. Not part of the signature.
    pub exp_time: Option<&'a str>,
    /// The header `Accept-Language`: `en-US`, `zh-CN`.
    pub language: Option<&'a str>,
}

/// Why a request cannot be written: it would not be one request on the wire, or not the one meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unwritable {
    /// The part: `path`, `query`, `body`, or the name of a header.
    pub part: &'static str,
    pub what: &'static str,
}

impl Unwritable {
    const fn new(part: &'static str, what: &'static str) -> Self {
        Self { part, what }
    }
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the request cannot be sent: {} {}", self.part, self.what)
    }
}

impl std::error::Error for Unwritable {}

/// Writes requests to one host.
#[derive(Clone, Debug)]
pub struct Writer {
    /// The headers that every request has, each with its line break.
    common: Vec<u8>,
}

impl Writer {
    /// `host`: as the header `Host` wants it, with the port unless it is the scheme's own. `demo`: every request says
    /// that it is simulated trading, keyless ones too.
    pub fn new(host: &str, demo: bool) -> Result<Self, Unwritable> {
        if host.is_empty() || !host.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'/' | b'?' | b'#' | b'@')) {
            return Err(Unwritable::new("Host", "must be a name or an address, and a port"));
        }
        let mut common = Vec::with_capacity(256);
        header(&mut common, "Host", host.as_bytes());
        header(&mut common, "User-Agent", concat!("okx_fast/", env!("CARGO_PKG_VERSION")).as_bytes());
        header(&mut common, "Accept", b"application/json");
        // Without this line a server may choose any encoding (RFC 9110, section 12.5.3).
        header(&mut common, "Accept-Encoding", b"identity");
        header(&mut common, "Content-Type", b"application/json");
        if demo {
            header(&mut common, "x-simulated-trading", b"1");
        }
        Ok(Self { common })
    }

    /// Replaces `out` by the whole request. With `credentials` it is signed, at `wall_ns` (Unix, the exchange's clock).
    ///
    /// Nothing is altered: what cannot stand in a request as it is, is refused, and `out` is then empty. `out` holds the
    /// passphrase afterwards; it is meant to be used again for the next request.
    pub fn write(
        &self,
        request: &Request<'_>,
        credentials: Option<&Credentials>,
        wall_ns: u64,
        out: &mut Vec<u8>,
    ) -> Result<(), Unwritable> {
        out.clear();
        check(request)?;
        let method = request.method.as_str().as_bytes();
        let (path, query) = (request.path.as_bytes(), request.query);
        let mark: &[u8] = if query.is_empty() { b"" } else { b"?" };
        out.reserve(self.common.len() + path.len() + query.len() + request.body.len() + 512);
        for part in [method, b" ", path, mark, query, b" HTTP/1.1\r\n", &self.common] {
            out.extend_from_slice(part);
        }
        if let Some(account) = credentials {
            let timestamp = IsoMs::new(wall_ns);
            let sign = account.signer().sign(&[timestamp.as_bytes(), method, path, mark, query, request.body]);
            header(out, "OK-ACCESS-KEY", account.key().as_bytes());
            header(out, "OK-ACCESS-SIGN", sign.as_str().as_bytes());
            header(out, "OK-ACCESS-TIMESTAMP", timestamp.as_bytes());
            header(out, "OK-ACCESS-PASSPHRASE", account.passphrase().expose());
        }
        if let Some(exp_time) = request.exp_time {
            header(out, "expTime", exp_time.as_bytes());
        }
        if let Some(language) = request.language {
            header(out, "Accept-Language", language.as_bytes());
        }
        if request.method == Method::Post {
            let (digits, from) = decimal(request.body.len());
            header(out, "Content-Length", digits.get(from..).unwrap_or_default());
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(request.body);
        Ok(())
    }
}

/// A path that stands in a request line as it is: OKX's own, or one with segments that were percent-encoded.
pub fn check_path(path: &str) -> Result<(), Unwritable> {
    if !path.starts_with('/') {
        return Err(Unwritable::new("path", "must begin with /"));
    }
    // RFC 3986, section 3.3: unreserved, sub-delims, `:`, `@`, `/`, and `%` of encoded bytes.
    if path.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/%!$&'()*+,;=:@".contains(&b)) {
        Ok(())
    } else {
        Err(Unwritable::new("path", "holds a character that has to be percent-encoded, or parameters, which go apart"))
    }
}

fn check(request: &Request<'_>) -> Result<(), Unwritable> {
    check_path(request.path)?;
    if request.query.iter().any(|b| !b.is_ascii_graphic() || *b == b'#') {
        return Err(Unwritable::new("query", "is not percent-encoded"));
    }
    if request.method == Method::Get && !request.body.is_empty() {
        return Err(Unwritable::new("body", "does not go with GET"));
    }
    if request.exp_time.is_some_and(|text| text.is_empty() || text.len() > 20 || !text.bytes().all(|b| b.is_ascii_digit())) {
        return Err(Unwritable::new("expTime", "must be Unix milliseconds, digits only"));
    }
    if request.language.is_some_and(|text| text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-,;=.* ".contains(&b))) {
        return Err(Unwritable::new("Accept-Language", "must be a language such as en-US"));
    }
    Ok(())
}

/// Every caller has made sure that `value` has no control characters.
fn header(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    for part in [name.as_bytes(), b": ", value, b"\r\n"] {
        out.extend_from_slice(part);
    }
}

/// `value` in decimal: the digits from the index on.
fn decimal(mut value: usize) -> ([u8; 20], usize) {
    let mut digits = [b'0'; 20];
    let mut from = digits.len();
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
        from -= 1;
        if value == 0 {
            break;
        }
    }
    (digits, from)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;
    use crate::secret::Secret;
    use proptest::prelude::*;

    const GET: Request<'_> =
        Request { method: Method::Get, path: "/api/v5/account/balance", query: b"ccy=BTC", body: b"", exp_time: None, language: None };
    const POST: Request<'_> =
        Request { method: Method::Post, path: "/api/v5/trade/order", query: b"", body: br#"{"sz":"1"}"#, exp_time: None, language: None };
    /// 2020-12-08T09:08:57.715Z
    const AT: u64 = 1_607_418_537_715_000_000;

    fn account() -> Credentials {
        Credentials::new("mykey", &Secret::from(&b"mysecret"[..]), Secret::from(&b"mypass"[..])).unwrap()
    }

    fn written(request: &Request<'_>, credentials: Option<&Credentials>, demo: bool) -> Result<String, Unwritable> {
        let mut out = b"left over".to_vec();
        let result = Writer::new("openapi.okx.com", demo).unwrap().write(request, credentials, AT, &mut out);
        assert!(result.is_ok() || out.is_empty());
        result.map(|()| String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_signed_read_has_these_bytes() {
        // The signature is the one of the recorded request to the same path with the same timestamp.
        let want = format!(
            "GET /api/v5/account/balance?ccy=BTC HTTP/1.1\r\nHost: openapi.okx.com\r\nUser-Agent: okx_fast/{}\r\n\
             Accept: application/json\r\nAccept-Encoding: identity\r\nContent-Type: application/json\r\nOK-ACCESS-KEY: mykey\r\n\
             OK-ACCESS-SIGN: OkAjRTXqfIRKxx7SRjIowU96vZPkf4n9X2G+8yduCf4=\r\nOK-ACCESS-TIMESTAMP: 2020-12-08T09:08:57.715Z\r\n\
             OK-ACCESS-PASSPHRASE: mypass\r\n\r\n",
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(written(&GET, Some(&account()), false).unwrap(), want);
    }

    #[test]
    fn a_keyless_request_says_nothing_of_a_key_but_says_demo() {
        let request = Request { query: b"", ..GET };
        let text = written(&request, None, true).unwrap();
        assert!(text.starts_with("GET /api/v5/account/balance HTTP/1.1\r\n"), "{text}");
        assert!(text.contains("\r\nx-simulated-trading: 1\r\n") && text.ends_with("\r\n\r\n"), "{text}");
        assert!(!text.contains("OK-ACCESS") && !text.contains("Content-Length"), "{text}");
        assert!(!written(&request, None, false).unwrap().contains("x-simulated-trading"));
    }

    #[test]
    fn a_write_carries_its_length_its_body_and_its_deadline() {
        let request = Request { exp_time: Some("1607418538000"), language: Some("zh-CN"), ..POST };
        let text = written(&request, Some(&account()), false).unwrap();
        assert!(
            text.ends_with("\r\nexpTime: 1607418538000\r\nAccept-Language: zh-CN\r\nContent-Length: 10\r\n\r\n{\"sz\":\"1\"}"),
            "{text}"
        );
        let bare = Request { body: b"", ..POST };
        assert!(written(&bare, None, false).unwrap().ends_with("\r\nContent-Length: 0\r\n\r\n"));
    }

    #[test]
    fn the_deadline_does_not_change_the_signature() {
        let sign = |request: &Request<'_>| {
            let text = written(request, Some(&account()), false).unwrap();
            text.lines().find(|line| line.starts_with("OK-ACCESS-SIGN")).unwrap().to_owned()
        };
        assert_eq!(sign(&POST), sign(&Request { exp_time: Some("1"), ..POST }));
        assert_ne!(sign(&POST), sign(&Request { body: br#"{"sz":"2"}"#, ..POST }));
    }

    #[test]
    fn what_would_not_be_one_request_is_refused() {
        for (part, request) in [
            ("path", Request { path: "", ..GET }),
            ("path", Request { path: "api/v5/x", ..GET }),
            ("path", Request { path: "/api/v5/x?y=1", ..GET }),
            ("path", Request { path: "/api/v5/x#y", ..GET }),
            ("path", Request { path: "/api/v5/x HTTP/1.1\r\nHost: evil", ..GET }),
            ("path", Request { path: "/api/v5/ä", ..GET }),
            ("query", Request { query: b"a=b c", ..GET }),
            ("query", Request { query: b"a=b\r\nX: y", ..GET }),
            ("query", Request { query: "a=ä".as_bytes(), ..GET }),
            ("query", Request { query: b"a#b", ..GET }),
            ("body", Request { body: b"{}", ..GET }),
            ("expTime", Request { exp_time: Some(""), ..POST }),
            ("expTime", Request { exp_time: Some("1\r\nX: y"), ..POST }),
            ("expTime", Request { exp_time: Some("-1"), ..POST }),
            ("Accept-Language", Request { language: Some("en\r\nX: y"), ..GET }),
            ("Accept-Language", Request { language: Some(""), ..GET }),
        ] {
            assert_eq!(written(&request, None, false).unwrap_err().part, part, "{request:?}");
        }
        for host in ["", "a b", "a\r\nX: y", "https://a", "a/b", "user@a"] {
            assert_eq!(Writer::new(host, false).unwrap_err().part, "Host", "{host:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_is_one_request(
            path in "/[ -~\\r\\n]{0,12}", query in "[ -~\\r\\n]{0,12}", exp in "[0-9\\r\\n:]{0,6}", language in "[a-z\\r\\n:-]{0,6}", body in "[ -~\\r\\n]{0,40}",
        ) {
            let request = Request { path: &path, query: query.as_bytes(), body: body.as_bytes(), exp_time: Some(&exp), language: Some(&language), ..POST };
            if let Ok(text) = written(&request, Some(&account()), false) {
                let (head, rest) = text.split_once("\r\n\r\n").unwrap();
                prop_assert_eq!(rest, &body);
                // Request line, 5 common, 4 of the signature, expTime, Accept-Language, Content-Length.
                prop_assert_eq!(head.split("\r\n").count(), 13);
                prop_assert!(!head.replace("\r\n", "").contains(['\r', '\n']));
                let length = format!("Content-Length: {}", body.len());
                prop_assert!(head.ends_with(&length));
            }
        }

        #[test]
        fn lengths_are_decimal(value in any::<usize>()) {
            let (digits, from) = decimal(value);
            prop_assert_eq!(std::str::from_utf8(&digits[from..]).unwrap(), value.to_string());
        }
    }
}
