//! Asking a proxy for a tunnel, without I/O.
//!
//! ```text
//! HTTP     CONNECT ─▶ 2xx
//! SOCKS 5  methods ─▶ choice [─▶ user, password ─▶ accepted] ─▶ CONNECT ─▶ reply
//! ```
//!
//! Send what [`Tunnel::transmit`] gives, hand what comes to [`Tunnel::received`], until it says that the tunnel is open.
//! The far side speaks first in no protocol we use, so bytes behind the proxy's answer are an error.
//!
//! Source: RFC 9110, 9.3.6 (CONNECT) and 11 (Basic: RFC 7617); RFC 1928 (SOCKS 5) and RFC 1929 (user and password).

use std::fmt;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use httparse::{EMPTY_HEADER, Response};
use okx_fast_core::secret::Secret;

use super::proxy::{Login, Proxy, ProxyKind};
use crate::authority;

/// Longest answer taken from an HTTP proxy.
const MAX_HEAD: usize = 16 * 1024;

/// Where the tunnel is to lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination<'a> {
    /// The proxy looks the name up.
    Name(&'a str, u16),
    Address(SocketAddr),
}

/// Why the tunnel did not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TunnelError {
    /// The proxy wants a user and a password, others, or in another way.
    Login { why: &'static str },
    /// The proxy said no.
    Refused { why: String },
    /// The proxy does not speak its protocol.
    Protocol { expected: &'static str },
    /// The host's name cannot be sent by SOCKS.
    NameTooLong,
    /// Plain text would leave this machine.
    NotLoopback,
}

impl fmt::Display for TunnelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Login { why } => write!(f, "login: {why}"),
            Self::Refused { why } => write!(f, "expected a tunnel, got {why}"),
            Self::Protocol { expected } => write!(f, "expected {expected}, got other bytes"),
            Self::NameTooLong => f.write_str("expected a host name of at most 255 bytes"),
            Self::NotLoopback => f.write_str("plain http:// goes through a proxy on this machine only"),
        }
    }
}

impl std::error::Error for TunnelError {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Http,
    SocksMethod,
    SocksLogin,
    SocksReply,
    Open,
}

/// One tunnel being opened.
pub struct Tunnel {
    state: State,
    out: Secret,
    held: Vec<u8>,
    login: Option<Login>,
    /// The SOCKS request that follows the login.
    request: Vec<u8>,
}

impl fmt::Debug for Tunnel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tunnel").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Tunnel {
    pub fn new(proxy: &Proxy, destination: Destination<'_>) -> Result<Self, TunnelError> {
        let login = proxy.login().cloned();
        if proxy.kind() == ProxyKind::Http {
            let out = connect(destination, login.as_ref());
            return Ok(Self { state: State::Http, out, held: Vec::new(), login, request: Vec::new() });
        }
        let request = socks_request(destination)?;
        // Version, the methods offered: none needed, and user with password if we have them.
        let out = Secret::new(if login.is_some() { vec![5, 2, 0, 2] } else { vec![5, 1, 0] });
        Ok(Self { state: State::SocksMethod, out, held: Vec::new(), login, request })
    }

    /// What is to be sent now, perhaps nothing; asked once, it is taken as sent. It may hold the password.
    pub fn transmit(&mut self) -> Secret {
        std::mem::replace(&mut self.out, Secret::new(Vec::new()))
    }

    /// Takes bytes of the proxy: whether the tunnel is open now.
    pub fn received(&mut self, bytes: &[u8]) -> Result<bool, TunnelError> {
        self.held.extend_from_slice(bytes);
        while self.state != State::Open {
            let Some(used) = self.step()? else {
                return Ok(false);
            };
            self.held.drain(..used);
        }
        if self.held.is_empty() { Ok(true) } else { Err(TunnelError::Protocol { expected: "nothing behind the answer" }) }
    }

    /// Reads one answer: the bytes used, or `None` if it is not whole.
    fn step(&mut self) -> Result<Option<usize>, TunnelError> {
        match (self.state, self.held.as_slice()) {
            (State::Open, _) => Ok(Some(0)),
            (State::Http, held) => {
                let end = connected(held)?;
                if end.is_some() {
                    self.state = State::Open;
                }
                Ok(end)
            }
            (State::SocksMethod, [5, 0, ..]) | (State::SocksLogin, [1, 0, ..]) => {
                self.ask();
                Ok(Some(2))
            }
            (State::SocksMethod, [5, 2, ..]) => {
                let login = self.login.as_ref().ok_or(TunnelError::Protocol { expected: "a method that was offered" })?;
                self.out = socks_login(login);
                self.state = State::SocksLogin;
                Ok(Some(2))
            }
            (State::SocksMethod, [5, 0xFF, ..]) => {
                let why = if self.login.is_some() { "the proxy takes no user and password" } else { "the proxy wants one" };
                Err(TunnelError::Login { why })
            }
            (State::SocksLogin, [1, _, ..]) => Err(TunnelError::Login { why: "the proxy refused user and password" }),
            (State::SocksReply, [5, 0, 0, kind, rest @ ..]) => {
                // The address bound at the proxy, which is of no use to us.
                let address = match (kind, rest) {
                    (1, _) => 4,
                    (4, _) => 16,
                    (3, [length, ..]) => 1 + usize::from(*length),
                    (3, []) => return Ok(None),
                    _ => return Err(TunnelError::Protocol { expected: "an address in the answer" }),
                };
                let whole = 4 + address + 2;
                if self.held.len() < whole {
                    return Ok(None);
                }
                self.state = State::Open;
                Ok(Some(whole))
            }
            (State::SocksReply, [5, code, ..]) if *code > 0 => Err(TunnelError::Refused { why: socks_reason(*code) }),
            (State::SocksMethod, [] | [5]) | (State::SocksLogin, [] | [1]) | (State::SocksReply, [] | [5] | [5, 0] | [5, 0, 0]) => Ok(None),
            (State::SocksMethod | State::SocksLogin | State::SocksReply, _) => {
                Err(TunnelError::Protocol { expected: "an answer in SOCKS 5" })
            }
        }
    }

    fn ask(&mut self) {
        self.out = Secret::new(std::mem::take(&mut self.request));
        self.state = State::SocksReply;
    }
}

fn connect(destination: Destination<'_>, login: Option<&Login>) -> Secret {
    let authority = match destination {
        Destination::Name(host, port) => format!("{}:{port}", authority::bracketed(host)),
        Destination::Address(address) => address.to_string(),
    };
    let head = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n");
    let Some(Login { user, password }) = login else {
        return Secret::new([head.as_bytes(), b"\r\n"].concat());
    };
    let joined = Secret::new([user, b":".as_slice(), password.expose()].concat());
    let encoded = Secret::new(STANDARD.encode(joined.expose()).into_bytes());
    Secret::new([head.as_bytes(), b"Proxy-Authorization: Basic ", encoded.expose(), b"\r\n\r\n"].concat())
}

/// Reads the answer to CONNECT: where it ends, if it is whole.
fn connected(held: &[u8]) -> Result<Option<usize>, TunnelError> {
    let mut fields = [EMPTY_HEADER; 64];
    let mut response = Response::new(&mut fields);
    let protocol = TunnelError::Protocol { expected: "an answer in HTTP/1.1" };
    let parsed = response.parse(held).map_err(|_| protocol.clone())?;
    if parsed.is_partial() {
        return if held.len() > MAX_HEAD { Err(protocol) } else { Ok(None) };
    }
    match response.code {
        Some(200..300) => Ok(Some(parsed.unwrap())),
        Some(407) => Err(TunnelError::Login { why: "the proxy wants another user and password (HTTP 407)" }),
        Some(code) => Err(TunnelError::Refused { why: format!("HTTP {code} {}", response.reason.unwrap_or_default()) }),
        None => Err(protocol),
    }
}

/// RFC 1928, 4: CONNECT to an address, or to a name that the proxy looks up.
fn socks_request(destination: Destination<'_>) -> Result<Vec<u8>, TunnelError> {
    let mut out = vec![5, 1, 0];
    let literal = |host: &str, port| host.parse().map(|ip| SocketAddr::new(ip, port)).ok();
    let (address, port) = match destination {
        Destination::Name(host, port) => (literal(host, port).ok_or(host), port),
        Destination::Address(address) => (Ok(address), address.port()),
    };
    match address {
        Ok(SocketAddr::V4(v4)) => {
            out.push(1);
            out.extend_from_slice(&v4.ip().octets());
        }
        Ok(SocketAddr::V6(v6)) => {
            out.push(4);
            out.extend_from_slice(&v6.ip().octets());
        }
        Err(host) => {
            out.push(3);
            out.push(u8::try_from(host.len()).map_err(|_| TunnelError::NameTooLong)?);
            out.extend_from_slice(host.as_bytes());
        }
    }
    out.extend_from_slice(&port.to_be_bytes());
    Ok(out)
}

/// RFC 1929, 2. The lengths were checked when the URL was read.
fn socks_login(login: &Login) -> Secret {
    let (user, password) = (login.user.as_slice(), login.password.expose());
    Secret::new([&[1, user.len() as u8], user, &[password.len() as u8], password].concat())
}

/// RFC 1928, 6.
fn socks_reason(code: u8) -> String {
    match code {
        1 => "a general failure".to_owned(),
        2 => "a refusal by its rules".to_owned(),
        3 => "network unreachable".to_owned(),
        4 => "host unreachable".to_owned(),
        5 => "connection refused".to_owned(),
        6 => "an expired TTL".to_owned(),
        7 => "no CONNECT there".to_owned(),
        8 => "no such address type there".to_owned(),
        code => format!("failure {code}"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const OKX: Destination<'_> = Destination::Name("www.okx.com", 443);

    fn tunnel(url: &str, destination: Destination<'_>) -> Tunnel {
        Tunnel::new(&Proxy::parse(url).unwrap(), destination).unwrap()
    }

    /// Hands `answers` over byte by byte; what the tunnel sent in between, and how it ended.
    fn played(mut tunnel: Tunnel, answers: &[u8]) -> (Vec<u8>, Result<bool, TunnelError>) {
        let mut sent = tunnel.transmit().expose().to_vec();
        let mut done = Ok(false);
        for byte in answers {
            done = tunnel.received(&[*byte]);
            sent.extend(tunnel.transmit().expose());
            if done.is_err() {
                break;
            }
        }
        (sent, done)
    }

    #[test]
    fn http_connects_with_basic_login() {
        let answer = b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n";
        let plain = b"CONNECT www.okx.com:443 HTTP/1.1\r\nHost: www.okx.com:443\r\n\r\n";
        assert_eq!(played(tunnel("http://proxy:3128", OKX), answer), (plain.to_vec(), Ok(true)));
        // The example of RFC 7617, 2.
        let (sent, done) = played(tunnel("http://Aladdin:open%20sesame@proxy:3128", OKX), answer);
        let sent = String::from_utf8(sent).unwrap();
        assert!(sent.contains("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"), "{sent}");
        assert_eq!(done, Ok(true));
        let (sent, _) = played(tunnel("http://proxy:3128", Destination::Name("::1", 80)), answer);
        assert!(sent.starts_with(b"CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n"));
    }

    #[test]
    fn socks_asks_by_name_or_address() {
        let v4 = Destination::Address(([127, 0, 0, 1], 443).into());
        let v6 = Destination::Address(([0, 0, 0, 0, 0, 0, 0, 1], 443).into());
        let by_name = [b"\x05\x01\x00\x03\x0bwww.okx.com".as_slice(), &[1, 187]].concat();
        let by_v4 = [5, 1, 0, 1, 127, 0, 0, 1, 1, 187].to_vec();
        let by_v6 = [[5, 1, 0, 4].as_slice(), &[0; 15], &[1, 1, 187]].concat();
        for (destination, request) in [(OKX, &by_name), (v4, &by_v4), (v6, &by_v6), (Destination::Name("127.0.0.1", 443), &by_v4)] {
            for bound in [[1, 0, 0, 0, 0, 0, 0].as_slice(), &[3, 2, b'a', b'b', 0, 0], &[3, 0, 0, 0], &[[4].as_slice(), &[0; 18]].concat()]
            {
                let answers = [[5, 0, 5, 0, 0].as_slice(), bound].concat();
                let want = [[5, 1, 0].as_slice(), request].concat();
                assert_eq!(played(tunnel("socks5h://proxy:1080", destination), &answers), (want, Ok(true)), "{destination:?} {bound:?}");
            }
        }
    }

    #[test]
    fn socks_logs_in_if_asked_to() {
        let login = || tunnel("socks5h://me:p%40ss@proxy:1080", OKX);
        let (sent, done) = played(login(), &[5, 2, 1, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        assert!(sent.starts_with(b"\x05\x02\x00\x02\x01\x02me\x04p@ss\x05\x01\x00\x03\x0bwww.okx.com"), "{sent:?}");
        assert_eq!(done, Ok(true));
        let (sent, done) = played(login(), &[5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        assert!(!sent.windows(4).any(|bytes| bytes == b"p@ss"), "not asked for, not sent");
        assert_eq!(done, Ok(true));
    }

    #[test]
    fn each_refusal_is_named() {
        let http = |answer: &str| played(tunnel("http://proxy:1", OKX), answer.as_bytes()).1.unwrap_err();
        assert!(matches!(http("HTTP/1.1 407 Auth\r\n\r\n"), TunnelError::Login { .. }));
        assert_eq!(http("HTTP/1.1 403 Not you\r\n\r\n"), TunnelError::Refused { why: "HTTP 403 Not you".to_owned() });
        assert!(matches!(http("SSH-2.0\r\n\r\n"), TunnelError::Protocol { .. }));
        assert!(matches!(http(&format!("HTTP/1.1 200 OK\r\nX: {}", "y".repeat(MAX_HEAD))), TunnelError::Protocol { .. }));

        let socks = |url: &str, answer: &[u8]| played(tunnel(url, OKX), answer).1.unwrap_err();
        let anonymous = "socks5://proxy:1";
        assert!(matches!(socks(anonymous, &[5, 255]), TunnelError::Login { .. }));
        assert!(matches!(socks("socks5://u:p@proxy:1", &[5, 255]), TunnelError::Login { .. }));
        assert!(matches!(socks("socks5://u:p@proxy:1", &[5, 2, 1, 1]), TunnelError::Login { .. }));
        assert!(matches!(socks(anonymous, &[5, 2]), TunnelError::Protocol { .. }), "a method that was not offered");
        assert!(matches!(socks(anonymous, &[5, 1]), TunnelError::Protocol { .. }));
        assert!(matches!(socks(anonymous, &[4]), TunnelError::Protocol { .. }));
        assert!(matches!(socks(anonymous, &[5, 0, 5, 0, 1]), TunnelError::Protocol { .. }));
        assert!(matches!(socks(anonymous, &[5, 0, 5, 0, 0, 2]), TunnelError::Protocol { .. }));
        for code in 1..=9 {
            assert!(matches!(socks(anonymous, &[5, 0, 5, code]), TunnelError::Refused { .. }), "{code}");
        }
        let long = "x".repeat(256);
        let refused = Tunnel::new(&Proxy::parse("socks5h://proxy:1").unwrap(), Destination::Name(&long, 1)).unwrap_err();
        assert_eq!(refused, TunnelError::NameTooLong);
    }

    #[test]
    fn bytes_behind_the_answer_are_refused() {
        let mut http = tunnel("http://proxy:1", OKX);
        assert!(http.received(b"HTTP/1.1 200 OK\r\n\r\nx").is_err());
        let mut socks = tunnel("socks5://proxy:1", OKX);
        assert!(socks.received(&[5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9]).is_err());
    }

    #[test]
    fn no_answer_panics_or_is_kept_without_bound() {
        for first in 0..=255 {
            for second in 0..=255 {
                for url in ["http://proxy:1", "socks5://proxy:1", "socks5://u:p@proxy:1"] {
                    let (_, done) = played(tunnel(url, OKX), &[first, second, first, second, 0, 3, 255]);
                    assert!(done != Ok(true), "{url} {first} {second}");
                }
            }
        }
    }
}
