//! Opens connections to one origin: addresses, TCP, tunnel, TLS.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::conn::Conn;
use super::connect::connect_any;
use super::dns::Resolver;
use super::error::{DialError, DialStage};
use super::proxy::{Proxy, ProxyKind};
use super::socket::Socket;
use super::stream::Stream;
use super::tunnel::{Destination, Tunnel, TunnelError};
use super::{Origin, Pause};
use crate::authority::is_loopback;
use crate::clock::mono_ns;
use crate::tls::TlsConfig;

/// Room for what a proxy says.
const PROXY_READ: usize = 4096;

/// How connections are opened.
#[derive(Clone, Debug)]
pub struct DialOptions {
    pub proxy: Option<Proxy>,
    /// The address of this machine that connections come from.
    pub local_address: Option<IpAddr>,
    /// For the whole of one dial: name lookup, TCP, tunnel, TLS.
    pub connect_within: Duration,
    /// How long a name's addresses count as fresh. Older ones are used still, while they are looked up anew.
    pub dns_ttl: Duration,
}

/// Opens connections to one origin; share it among threads.
#[derive(Debug)]
pub struct Dialer {
    origin: Origin,
    tls: TlsConfig,
    options: DialOptions,
    /// Of the first hop: the proxy, or the origin itself.
    hop: Resolver,
    /// Of the origin behind a proxy that wants an address.
    far: Option<Resolver>,
    /// The address that connected last: tried first, so that only the first dial waits for a dead family.
    last: Mutex<Option<SocketAddr>>,
}

impl Dialer {
    /// Looks nothing up yet; see [`Self::prepare`].
    pub fn new(origin: Origin, tls: &TlsConfig, options: DialOptions) -> Self {
        let resolver = |host: &str, port| Resolver::new(host, port, options.dns_ttl);
        let (hop, far) = match &options.proxy {
            None => (resolver(origin.host(), origin.port()), None),
            Some(proxy) => {
                let far = (proxy.kind() == ProxyKind::Socks5).then(|| resolver(origin.host(), origin.port()));
                (resolver(proxy.host(), proxy.port()), far)
            }
        };
        Self { origin, tls: tls.clone(), options, hop, far, last: Mutex::new(None) }
    }

    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Starts the name lookup, so that the first dial need not wait for it. Does not wait.
    pub fn prepare(&self) {
        self.hop.prepare();
        if let Some(far) = &self.far {
            far.prepare();
        }
    }

    /// Opens a connection: before `deadline_ns` of the monotonic clock and within [`DialOptions::connect_within`].
    pub fn dial(&self, deadline_ns: u64, pause: &dyn Pause) -> Result<Conn, DialError> {
        let within = u64::try_from(self.options.connect_within.as_nanos()).unwrap_or(u64::MAX);
        let deadline_ns = deadline_ns.min(mono_ns().saturating_add(within));
        let socket = match &self.options.proxy {
            None => self.connect(deadline_ns, pause)?,
            Some(proxy) => self.tunnel(proxy, deadline_ns, pause)?,
        };
        let stream = if self.origin.is_tls() {
            Stream::secure(socket, &self.tls, self.origin.host(), deadline_ns, pause)?
        } else {
            Stream::plain(socket)
        };
        Ok(Conn::new(stream))
    }

    /// TCP to the first hop.
    fn connect(&self, deadline_ns: u64, pause: &dyn Pause) -> Result<Socket, DialError> {
        let known = self.hop.addresses(deadline_ns, pause)?;
        let mut addresses = match self.options.proxy {
            None => self.allowed(&known)?,
            Some(_) => known.to_vec(),
        };
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        addresses.sort_by_key(|address| Some(*address) != last);
        let connected = connect_any(&addresses, self.options.local_address, deadline_ns, pause);
        if let Err(DialError::Tcp { .. } | DialError::Deadline { .. }) = connected {
            self.hop.doubt();
        }
        let (stream, address) = connected?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(address);
        socket(stream)
    }

    /// Plain text stays on this machine, whatever the name resolves to.
    fn allowed(&self, known: &[SocketAddr]) -> Result<Vec<SocketAddr>, DialError> {
        let allowed: Vec<_> = known.iter().copied().filter(|address| self.origin.is_tls() || address.ip().is_loopback()).collect();
        if allowed.is_empty() {
            return Err(DialError::Resolve { host: self.origin.host().to_owned(), why: "none on this machine".to_owned() });
        }
        Ok(allowed)
    }

    /// A tunnel to the origin; one that fails for one of its addresses is tried for the next.
    fn tunnel(&self, proxy: &Proxy, deadline_ns: u64, pause: &dyn Pause) -> Result<Socket, DialError> {
        let refused = |why| DialError::Proxy { proxy: proxy.to_string(), why };
        if !self.origin.is_tls() && !is_loopback(proxy.host()) {
            return Err(refused(TunnelError::NotLoopback));
        }
        let Some(far) = &self.far else {
            let destination = Destination::Name(self.origin.host(), self.origin.port());
            let tunnel = Tunnel::new(proxy, destination).map_err(refused)?;
            return self.open(tunnel, &refused, deadline_ns, pause);
        };
        let mut addresses = self.allowed(&far.addresses(deadline_ns, pause)?)?;
        // A proxy reaches IPv4 more often than IPv6.
        addresses.sort_by_key(SocketAddr::is_ipv6);
        let mut failed = refused(TunnelError::Refused { why: "no address to ask for".to_owned() });
        for address in addresses {
            let tunnel = Tunnel::new(proxy, Destination::Address(address)).map_err(refused)?;
            match self.open(tunnel, &refused, deadline_ns, pause) {
                Err(error @ DialError::Proxy { why: TunnelError::Refused { .. }, .. }) => failed = error,
                done => return done,
            }
        }
        far.doubt();
        Err(failed)
    }

    fn open(
        &self,
        mut tunnel: Tunnel,
        refused: &dyn Fn(TunnelError) -> DialError,
        deadline_ns: u64,
        pause: &dyn Pause,
    ) -> Result<Socket, DialError> {
        let stopped = |stop| DialError::stopped(DialStage::Proxy, stop);
        let socket = self.connect(deadline_ns, pause)?;
        let mut space = [0; PROXY_READ];
        loop {
            socket.send(tunnel.transmit().expose(), &mut 0, deadline_ns, pause).map_err(stopped)?;
            let n = socket.receive(&mut space, deadline_ns, pause).map_err(stopped)?;
            if n == 0 {
                return Err(DialError::Lost { stage: DialStage::Proxy, error: io::ErrorKind::UnexpectedEof.into() });
            }
            if tunnel.received(space.get(..n).unwrap_or_default()).map_err(refused)? {
                return Ok(socket);
            }
        }
    }
}

fn socket(stream: TcpStream) -> Result<Socket, DialError> {
    Socket::new(stream).map_err(|error| DialError::Lost { stage: DialStage::Tcp, error })
}
