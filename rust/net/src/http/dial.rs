//! Opens connections to one origin.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use super::conn::Conn;
use super::error::{DialError, DialStage};
use super::{Origin, Pause};
use crate::clock::mono_ns;
use crate::tls::TlsConfig;

/// How connections are opened.
#[derive(Clone, Debug)]
pub struct DialOptions {
    /// The address connections come from.
    pub local_address: Option<IpAddr>,
    /// For the whole of one dial: name lookup, TCP, proxy, TLS.
    pub connect_within: Duration,
    /// How long a name's addresses are taken as fresh.
    pub dns_ttl: Duration,
}

/// Opens connections to one origin; share it among threads.
#[derive(Debug)]
pub struct Dialer {
    origin: Origin,
    options: DialOptions,
}

impl Dialer {
    pub fn new(origin: Origin, _tls: &TlsConfig, options: DialOptions) -> Self {
        Self { origin, options }
    }

    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Opens a connection before `deadline_ns` of the monotonic clock.
    pub fn dial(&self, deadline_ns: u64, _pause: &dyn Pause) -> Result<Conn, DialError> {
        let failed = |why: String| DialError::Resolve { host: self.origin.host().to_owned(), why };
        let within = u64::try_from(self.options.connect_within.as_nanos()).unwrap_or(u64::MAX);
        let left = deadline_ns.saturating_sub(mono_ns()).min(within);
        if left == 0 {
            return Err(DialError::Deadline { stage: DialStage::Resolve });
        }
        let found = (self.origin.host(), self.origin.port()).to_socket_addrs();
        let addresses: Vec<SocketAddr> = found
            .map_err(|error| failed(error.to_string()))?
            .filter(|address| self.origin.is_tls() || address.ip().is_loopback())
            .collect();
        let mut last = failed("none".to_owned());
        for address in addresses {
            let connected = TcpStream::connect_timeout(&address, Duration::from_nanos(left)).and_then(opened);
            match connected {
                Ok(conn) => return Ok(conn),
                Err(error) => last = DialError::Tcp { address, error },
            }
        }
        Err(last)
    }
}

fn opened(socket: TcpStream) -> io::Result<Conn> {
    socket.set_nodelay(true)?;
    Conn::new(socket)
}
