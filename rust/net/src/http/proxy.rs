//! A proxy to go through, from its URL.

use std::fmt;
use std::sync::Arc;

use okx_fast_core::secret::Secret;

use crate::authority;

/// How the proxy is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProxyKind {
    /// HTTP CONNECT; the proxy looks the name up.
    Http,
    /// SOCKS 5; we look the name up.
    Socks5,
    /// SOCKS 5; the proxy looks the name up.
    Socks5h,
}

/// `http://[user:pass@]host:port`, `socks5://…` or `socks5h://…`. User and password are never printed.
#[derive(Clone)]
pub struct Proxy {
    kind: ProxyKind,
    host: String,
    port: u16,
    login: Option<Login>,
}

#[derive(Clone)]
pub(super) struct Login {
    pub user: Vec<u8>,
    pub password: Arc<Secret>,
}

/// The URL is not one of a proxy. It is not repeated here, since it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyRefused {
    pub expected: &'static str,
}

impl fmt::Display for ProxyRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "proxy URL: expected {}", self.expected)
    }
}

impl std::error::Error for ProxyRefused {}

impl Proxy {
    pub fn parse(url: &str) -> Result<Self, ProxyRefused> {
        let bad = |expected| ProxyRefused { expected };
        if !url.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(bad("printable ASCII without spaces, other bytes percent-encoded"));
        }
        let form = "http://, socks5:// or socks5h://, then [user:password@]host:port";
        let (scheme, rest) = url.split_once("://").ok_or_else(|| bad(form))?;
        let kind = match scheme.to_ascii_lowercase().as_str() {
            "http" => ProxyKind::Http,
            "socks5" => ProxyKind::Socks5,
            "socks5h" => ProxyKind::Socks5h,
            _ => return Err(bad(form)),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (login, authority) = match rest.rsplit_once('@') {
            None => (None, rest),
            Some((login, authority)) => (Some(Login::parse(login, kind).map_err(bad)?), authority),
        };
        if authority.contains(['/', '?', '#']) {
            return Err(bad("no path, query or fragment"));
        }
        let (host, port) = authority::parse(authority).map_err(bad)?;
        Ok(Self { kind, host, port: port.ok_or_else(|| bad("a port"))?, login })
    }

    pub fn kind(&self) -> ProxyKind {
        self.kind
    }

    /// Name or address in lower case, an IPv6 one without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn login(&self) -> Option<&Login> {
        self.login.as_ref()
    }
}

impl Login {
    fn parse(text: &str, kind: ProxyKind) -> Result<Self, &'static str> {
        let (user, password) = text.split_once(':').ok_or("user:password before the @")?;
        let user = percent_decoded(user)?;
        let password = Arc::new(Secret::new(percent_decoded(password)?));
        let parts = [&user, password.expose()];
        if kind == ProxyKind::Http {
            // RFC 7617, 2: the user's name ends at the first colon.
            if user.contains(&b':') || parts.iter().any(|part| part.iter().any(u8::is_ascii_control)) {
                return Err("a user without colons, no control characters");
            }
        } else if !parts.iter().all(|part| (1..=255).contains(&part.len())) {
            // RFC 1929, 2: each has one byte for its length, and is not empty.
            return Err("1 to 255 bytes each of user and password");
        }
        Ok(Self { user, password })
    }
}

fn percent_decoded(text: &str) -> Result<Vec<u8>, &'static str> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => return Ok(out),
            [b'%', high, low, tail @ ..] => {
                let digit = |byte: u8| char::from(byte).to_digit(16).ok_or("two hexadecimal digits after %");
                out.push((digit(*high)? << 4 | digit(*low)?) as u8);
                tail
            }
            [b'%', ..] => return Err("two hexadecimal digits after %"),
            [byte, tail @ ..] => {
                out.push(*byte);
                tail
            }
        };
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.kind {
            ProxyKind::Http => "http",
            ProxyKind::Socks5 => "socks5",
            ProxyKind::Socks5h => "socks5h",
        };
        write!(f, "{scheme}://{}:{}", authority::bracketed(&self.host), self.port)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{Proxy, ProxyKind};

    #[test]
    fn proxy_urls_are_taken_apart_and_printed_without_the_login() {
        for (url, kind, host, port, login, shown) in [
            ("http://proxy:3128", ProxyKind::Http, "proxy", 3128, None, "http://proxy:3128"),
            ("HTTP://u:p@Proxy:3128/", ProxyKind::Http, "proxy", 3128, Some(("u", "p")), "http://proxy:3128"),
            ("socks5://u%3a:p%2F@10.0.0.1:1080", ProxyKind::Socks5, "10.0.0.1", 1080, Some(("u:", "p/")), "socks5://10.0.0.1:1080"),
            ("socks5h://u:a@b@[::1]:1080", ProxyKind::Socks5h, "::1", 1080, Some(("u", "a@b")), "socks5h://[::1]:1080"),
            ("http://:p@h:1", ProxyKind::Http, "h", 1, Some(("", "p")), "http://h:1"),
        ] {
            let proxy = Proxy::parse(url).unwrap();
            assert_eq!((proxy.kind(), proxy.host(), proxy.port()), (kind, host, port), "{url}");
            let got = proxy.login().map(|login| (login.user.as_slice(), login.password.expose()));
            assert_eq!(got, login.map(|(user, password)| (user.as_bytes(), password.as_bytes())), "{url}");
            assert_eq!((proxy.to_string().as_str(), format!("{proxy:?}")), (shown, format!("Proxy({shown})")));
        }
    }

    #[test]
    fn anything_else_is_refused_without_being_repeated() {
        let long = format!("socks5://u:{}@h:1", "secret".repeat(50));
        for url in [
            "",
            "h:1",
            "https://h:1",
            "socks4://h:1",
            "http://h",
            "http://h:0",
            "http://h:1/p",
            "http://h:1?secret",
            "http://secret@h:1",
            "http://u:se%cret@h:1",
            "http://u:secret%2@h:1",
            "http://u:secret%0d%0a@h:1",
            "http://u%3ax:secret@h:1",
            "socks5://:secret@h:1",
            "socks5://secret:@h:1",
            "http://u:secret@:1",
            "http://u:sec ret@h:1",
            &long,
        ] {
            let error = Proxy::parse(url).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("secret"), "{url}: {error}");
        }
    }
}
