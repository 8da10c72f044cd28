//! Whom to ask: scheme, host and port of a base URL, checked.

use std::fmt;

use crate::authority;

/// A parsed `https://host[:port]`, or an `http://` one whose host is this machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    tls: bool,
    host: String,
    port: u16,
}

/// The URL is not one we send requests to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OriginError {
    /// Not `https://host[:port]`.
    Url { url: String, expected: &'static str },
    /// Plain text to another machine.
    NotLoopback { host: String },
}

impl fmt::Display for OriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url { url, expected } => write!(f, "URL {url:?}: expected {expected}"),
            Self::NotLoopback { host } => {
                write!(f, "URL: expected https:// (http:// is for 127.0.0.0/8, ::1 and localhost only), got http://{host}")
            }
        }
    }
}

impl std::error::Error for OriginError {}

impl Origin {
    /// A base URL without a path; a lone slash at its end is taken.
    pub fn parse(url: &str) -> Result<Self, OriginError> {
        let bad = |expected| OriginError::Url { url: url.to_owned(), expected };
        if !url.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(bad("printable ASCII without spaces"));
        }
        let (scheme, rest) = url.split_once("://").ok_or_else(|| bad("https://host[:port]"))?;
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(bad("https://host[:port]")),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#']) {
            return Err(bad("no path, query or fragment"));
        }
        let (host, port) = authority::parse(rest).map_err(bad)?;
        if !tls && !authority::is_loopback(&host) {
            return Err(OriginError::NotLoopback { host });
        }
        Ok(Self { tls, host, port: port.unwrap_or(if tls { 443 } else { 80 }) })
    }

    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// Name or address in lower case, an IPv6 one without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The `Host` header: the port stands in it unless it is the scheme's own.
    pub fn host_header(&self) -> String {
        let host = authority::bracketed(&self.host);
        match (self.tls, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.host_header())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{Origin, OriginError};

    #[test]
    fn base_urls_are_taken_apart() {
        for (url, tls, host, port, header) in [
            ("https://www.okx.com", true, "www.okx.com", 443, "www.okx.com"),
            ("HTTPS://EEA.okx.com:8443/", true, "eea.okx.com", 8443, "eea.okx.com:8443"),
            ("http://127.8.9.1:9", false, "127.8.9.1", 9, "127.8.9.1:9"),
            ("http://localhost", false, "localhost", 80, "localhost"),
            ("http://[::1]:9", false, "::1", 9, "[::1]:9"),
            ("https://[2001:db8:0::1]", true, "2001:db8::1", 443, "[2001:db8::1]"),
        ] {
            let origin = Origin::parse(url).unwrap();
            let got = (origin.is_tls(), origin.host(), origin.port(), origin.host_header());
            assert_eq!(got, (tls, host, port, header.to_owned()), "{url}");
            assert_eq!(Origin::parse(&origin.to_string()), Ok(origin));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for url in [
            "",
            "h",
            "wss://h",
            "https://",
            "https:///",
            "https://h/api",
            "https://h?x",
            "https://h#f",
            "https://u:p@h",
            "https://h:0",
            "https://h:+1",
            "https://h:99999",
            "https://h\r\nX: y",
            "https://[::1",
            "https://[x]",
            "https://[::1]9",
            "https://é",
        ] {
            assert!(matches!(Origin::parse(url), Err(OriginError::Url { .. })), "{url}");
        }
    }

    #[test]
    fn plain_text_stays_on_this_machine() {
        for url in ["http://www.okx.com", "http://10.0.0.1", "http://localhost.example", "http://[::2]", "http://[::ffff:1.2.3.4]"] {
            let error = Origin::parse(url).unwrap_err();
            assert!(matches!(error, OriginError::NotLoopback { .. }), "{url}: {error}");
        }
    }
}
