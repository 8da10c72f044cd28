//! What can go wrong on the way to a reply.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use super::socket::Stop;
use super::tunnel::TunnelError;
use crate::tls::TlsError;

/// Whether a byte of the request may have reached the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrote {
    /// Certainly none: the server cannot have seen the request.
    Nothing,
    /// The kernel took some: the server may have acted on the request.
    Maybe,
}

/// The step of a dial that was under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialStage {
    Resolve,
    Tcp,
    Proxy,
    Tls,
}

impl fmt::Display for DialStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "host name lookup",
            Self::Tcp => "TCP connection",
            Self::Proxy => "tunnel through the proxy",
            Self::Tls => "TLS handshake",
        })
    }
}

/// No connection came about, so nothing of a request was sent.
#[derive(Debug)]
pub enum DialError {
    /// The name has no address, or none we may use.
    Resolve {
        host: String,
        why: String,
    },
    /// No address took the connection; the last one's answer.
    Tcp {
        address: SocketAddr,
        error: io::Error,
    },
    /// The proxy did not open the tunnel.
    Proxy {
        proxy: String,
        why: TunnelError,
    },
    Tls(TlsError),
    /// The connection broke at this stage.
    Lost {
        stage: DialStage,
        error: io::Error,
    },
    /// The deadline came at this stage.
    Deadline {
        stage: DialStage,
    },
    /// [`super::Pause`] ended the wait.
    Interrupted,
}

impl fmt::Display for DialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resolve { host, why } => write!(f, "connect: expected an address for {host}, got {why}"),
            Self::Tcp { address, error } => write!(f, "connect to {address}: {error}"),
            Self::Proxy { proxy, why } => write!(f, "proxy {proxy}: {why}"),
            Self::Tls(error) => error.fmt(f),
            Self::Lost { stage, error } => write!(f, "{stage}: {error}"),
            Self::Deadline { stage } => write!(f, "{stage}: expected an open connection before the deadline, got no answer"),
            Self::Interrupted => f.write_str("connect: interrupted"),
        }
    }
}

impl std::error::Error for DialError {}

impl DialError {
    pub(super) fn stopped(stage: DialStage, stop: Stop) -> Self {
        match stop {
            Stop::Deadline => Self::Deadline { stage },
            Stop::Interrupted => Self::Interrupted,
            Stop::Io(error) => Self::Lost { stage, error },
        }
    }
}

impl From<TlsError> for DialError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}

/// No whole reply came. The connection is of no use any more.
#[derive(Debug)]
pub enum ExchangeError {
    /// The socket failed, or TLS did.
    Io { wrote: Wrote, error: io::Error },
    /// The stream ended early: `status` if the head of the reply was in, `body` bytes of its body.
    Closed { wrote: Wrote, status: Option<u16>, body: usize },
    /// The bytes are no HTTP/1.1 reply we take.
    Malformed { wrote: Wrote, expected: &'static str, got: String },
    /// Head or body is longer than [`super::MAX_HEAD`] or [`super::MAX_BODY`].
    TooLarge { wrote: Wrote, what: &'static str },
    /// The deadline came first.
    Deadline { wrote: Wrote },
    /// [`super::Pause`] ended the wait.
    Interrupted { wrote: Wrote },
}

impl ExchangeError {
    /// Whether the server may have seen the request.
    pub fn wrote(&self) -> Wrote {
        match self {
            Self::Io { wrote, .. }
            | Self::Closed { wrote, .. }
            | Self::Malformed { wrote, .. }
            | Self::TooLarge { wrote, .. }
            | Self::Deadline { wrote }
            | Self::Interrupted { wrote } => *wrote,
        }
    }
}

impl fmt::Display for ExchangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { error, .. } => write!(f, "connection: {error}"),
            Self::Closed { status: None, .. } => f.write_str("expected a reply, got the end of the connection"),
            Self::Closed { status: Some(status), body, .. } => {
                write!(f, "HTTP {status}: expected the whole body, got {body} bytes and the end of the connection")
            }
            Self::Malformed { expected, got, .. } => write!(f, "reply: expected {expected}, got {got:?}"),
            Self::TooLarge { what, .. } => write!(f, "reply: expected {what}, got more"),
            Self::Deadline { .. } => f.write_str("expected a reply before the deadline, got none"),
            Self::Interrupted { .. } => f.write_str("interrupted"),
        }?;
        match self.wrote() {
            Wrote::Nothing => f.write_str(" (nothing was sent)"),
            Wrote::Maybe => Ok(()),
        }
    }
}

impl std::error::Error for ExchangeError {}
