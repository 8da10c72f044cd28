//! What goes into the exchange and what comes out: the border to the sockets.

use std::net::IpAddr;
use std::sync::Arc;

/// Nanoseconds since 1970.
pub type Nanos = u64;

pub const MILLI: Nanos = 1_000_000;
pub const SECOND: Nanos = 1_000_000_000;

/// A connection, as the front numbers it; never reused.
pub type ConnId = u64;

/// A request as it came over the wire.
#[derive(Clone, Debug, Default)]
pub struct HttpRequest {
    pub method: String,
    /// Path and query, byte for byte.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl HttpRequest {
    /// The first header of that name (given in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }
}

#[derive(Clone, Debug)]
pub enum Input {
    /// A request, also one with `Upgrade: websocket`.
    Http {
        conn: ConnId,
        peer: IpAddr,
        request: HttpRequest,
    },
    /// A text frame.
    Text {
        conn: ConnId,
        text: Vec<u8>,
    },
    Binary {
        conn: ConnId,
    },
    /// A ping or pong frame: traffic, no more.
    Control {
        conn: ConnId,
    },
    /// The peer went away, or the front gave up on it.
    Closed {
        conn: ConnId,
    },
    /// A request on the admin port.
    Admin {
        conn: ConnId,
        request: HttpRequest,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Answers the oldest unanswered request of the connection.
    Reply {
        conn: ConnId,
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
        close: bool,
    },
    /// Answers a request: from here on the connection is a WebSocket.
    Upgrade {
        conn: ConnId,
    },
    Text {
        conn: ConnId,
        text: Arc<[u8]>,
    },
    /// A close frame, then the end.
    Close {
        conn: ConnId,
        code: u16,
        reason: String,
    },
    /// A TCP reset.
    Reset {
        conn: ConnId,
    },
    /// Half open: neither read nor written any more, the socket stays.
    Freeze {
        conn: ConnId,
    },
    /// Whether new TCP connections are accepted.
    Listen {
        open: bool,
    },
}
