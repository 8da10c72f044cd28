//! Where to connect: a WebSocket URL, checked.

use std::fmt;

use crate::authority;

/// A parsed `wss://` URL, or a `ws://` one whose host is this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    tls: bool,
    host: String,
    port: u16,
    path: String,
}

/// The URL is not one we connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetError {
    /// Not `wss://host[:port][/path]`.
    Url { url: String, expected: &'static str },
    /// Plain text to another machine.
    NotLoopback { host: String },
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url { url, expected } => write!(f, "URL {url:?}: expected {expected}"),
            Self::NotLoopback { host } => {
                write!(f, "URL: expected wss:// (ws:// is for 127.0.0.0/8, ::1 and localhost only), got ws://{host}")
            }
        }
    }
}

impl std::error::Error for TargetError {}

impl Target {
    pub fn parse(url: &str) -> Result<Self, TargetError> {
        let bad = |expected| TargetError::Url { url: url.to_owned(), expected };
        if !url.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(bad("printable ASCII without spaces"));
        }
        let (scheme, rest) = url.split_once("://").ok_or_else(|| bad("wss://host[:port]/path"))?;
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "wss" => true,
            "ws" => false,
            _ => return Err(bad("wss://host[:port]/path")),
        };
        if rest.contains('#') {
            return Err(bad("no fragment (#)"));
        }
        let split = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(split);
        let (host, port) = authority::parse(authority).map_err(bad)?;
        let port = port.unwrap_or(if tls { 443 } else { 80 });
        if !tls && !authority::is_loopback(&host) {
            return Err(TargetError::NotLoopback { host });
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Self { tls, host, port, path })
    }

    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// Name or address, an IPv6 one without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Path and query, with the leading slash.
    pub fn path(&self) -> &str {
        &self.path
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

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "wss" } else { "ws" };
        write!(f, "{scheme}://{}{}", self.host_header(), self.path)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{Target, TargetError};

    #[test]
    fn urls_are_taken_apart() {
        for (url, host, port, path, header) in [
            ("wss://ws.okx.com:8443/ws/v5/public", "ws.okx.com", 8443, "/ws/v5/public", "ws.okx.com:8443"),
            ("WSS://WS.okx.com/a?b=c", "ws.okx.com", 443, "/a?b=c", "ws.okx.com"),
            ("wss://h?b", "h", 443, "/?b", "h"),
            ("ws://127.8.9.1:9", "127.8.9.1", 9, "/", "127.8.9.1:9"),
            ("ws://localhost", "localhost", 80, "/", "localhost"),
            ("ws://[::1]:9/x", "::1", 9, "/x", "[::1]:9"),
            ("wss://[2001:db8:0::1]/", "2001:db8::1", 443, "/", "[2001:db8::1]"),
        ] {
            let target = Target::parse(url).unwrap();
            assert_eq!((target.host(), target.port(), target.path(), target.host_header().as_str()), (host, port, path, header), "{url}");
            assert_eq!(Target::parse(&target.to_string()), Ok(target));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for url in [
            "",
            "h",
            "http://h/",
            "wss://",
            "wss:///p",
            "wss://h:0",
            "wss://h:x",
            "wss://h:99999",
            "wss://u@h/",
            "wss://h/#f",
            "wss://h/a b",
            "wss://h/\r\nX: y",
            "wss://[::1",
            "wss://[x]/",
            "wss://[::1]9",
            "wss://é/",
        ] {
            assert!(matches!(Target::parse(url), Err(TargetError::Url { .. })), "{url}");
        }
    }

    #[test]
    fn plain_text_stays_on_this_machine() {
        for url in [
            "ws://ws.okx.com/",
            "ws://10.0.0.1/",
            "ws://localhost.example/",
            "ws://[::2]/",
            "ws://127.0.0.1.example/",
            "ws://[::ffff:1.2.3.4]/",
        ] {
            let error = Target::parse(url).unwrap_err();
            assert!(matches!(error, TargetError::NotLoopback { .. }), "{url}: {error}");
        }
    }
}
