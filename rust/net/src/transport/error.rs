//! What can go wrong between us and the server, below the messages.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::TargetError;
use crate::http::TunnelError;
use crate::tls::TlsError;
use crate::ws::handshake::HandshakeError;

/// A step on the way to an open WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Resolve,
    Tcp,
    Proxy,
    Tls,
    WebSocket,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "host name lookup",
            Self::Tcp => "TCP connection",
            Self::Proxy => "proxy",
            Self::Tls => "TLS handshake",
            Self::WebSocket => "WebSocket handshake",
        })
    }
}

/// The connection did not come about.
#[derive(Debug)]
pub enum ConnectError {
    Target(TargetError),
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
    /// The proxy did not open a tunnel.
    Proxy {
        proxy: String,
        why: TunnelError,
    },
    Tls(TlsError),
    Handshake(HandshakeError),
    /// The connection broke at this stage.
    Lost {
        stage: Stage,
        error: ReadError,
    },
    /// The whole allowance was used up at this stage.
    Timeout {
        stage: Stage,
        allowed: Duration,
    },
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target(error) => error.fmt(f),
            Self::Resolve { host, why } => {
                write!(f, "connect: expected an address for {host}, got {why}")
            }
            Self::Tcp { address, error } => write!(f, "connect to {address}: {error}"),
            Self::Proxy { proxy, why } => write!(f, "proxy {proxy}: {why}"),
            Self::Tls(error) => error.fmt(f),
            Self::Handshake(error) => error.fmt(f),
            Self::Lost { stage, error } => write!(f, "{stage}: {error}"),
            Self::Timeout { stage, allowed } => {
                let allowed = allowed.as_secs_f64();
                write!(f, "{stage}: expected an open connection within {allowed} s, got no answer")
            }
        }
    }
}

impl std::error::Error for ConnectError {}

impl From<TargetError> for ConnectError {
    fn from(error: TargetError) -> Self {
        Self::Target(error)
    }
}

impl From<TlsError> for ConnectError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}

impl From<HandshakeError> for ConnectError {
    fn from(error: HandshakeError) -> Self {
        Self::Handshake(error)
    }
}

/// Nothing more can be read. Messages read before are still to be had.
#[derive(Debug)]
pub enum ReadError {
    /// The stream ended; under TLS, without the `close_notify` that would vouch for it.
    Eof,
    /// The peer ended the stream in good order, by `close_notify`.
    TlsClosed,
    /// The peer reset the connection.
    Reset,
    Tls(TlsError),
    Io(io::Error),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Eof => f.write_str("connection: end of stream"),
            Self::TlsClosed => f.write_str("connection: closed by the peer (close_notify)"),
            Self::Reset => f.write_str("connection: reset by the peer"),
            Self::Tls(error) => error.fmt(f),
            Self::Io(error) => write!(f, "connection: {error}"),
        }
    }
}

impl std::error::Error for ReadError {}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Self::Reset,
            _ => Self::Io(error),
        }
    }
}

impl From<TlsError> for ReadError {
    fn from(error: TlsError) -> Self {
        Self::Tls(error)
    }
}

/// Nothing more can be sent.
#[derive(Debug)]
pub enum WriteError {
    /// The peer reset the connection, or stopped reading for good.
    Reset,
    Tls(TlsError),
    Io(io::Error),
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reset => f.write_str("connection: reset by the peer while sending"),
            Self::Tls(error) => error.fmt(f),
            Self::Io(error) => write!(f, "connection: sending failed: {error}"),
        }
    }
}

impl std::error::Error for WriteError {}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Self::Reset,
            _ => Self::Io(error),
        }
    }
}

impl From<WriteError> for ReadError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Reset => Self::Reset,
            WriteError::Tls(error) => Self::Tls(error),
            WriteError::Io(error) => Self::Io(error),
        }
    }
}

/// The outgoing buffer has no room for the frame: the peer does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueFull {
    pub limit: usize,
    pub got: usize,
}

impl fmt::Display for QueueFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, got } = self;
        write!(f, "outgoing buffer: expected at most {limit} bytes, got {got}")
    }
}

impl std::error::Error for QueueFull {}
