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
mod tests;
