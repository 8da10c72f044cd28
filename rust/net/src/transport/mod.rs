//! One WebSocket connection: TCP, TLS unless on loopback, frames.
//!
//! ```text
//! connect ─▶ Transport ─ read ─▶ Stamp, then next_message until None
//!                      ◀ queue ─ sent by the next flush or read
//! ```
//!
//! Nothing is allocated per message or read once the buffers have grown to their working size
//! (but see [`crate::tls`]). Answering pings and close messages is the driver's job; `parts` lends
//! both directions at once, so that it can answer while it still holds the message.

mod error;
mod outbox;
mod socket;
mod target;

use std::future::poll_fn;
use std::net::SocketAddr;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use okx_fast_core::time::Stamp;
use rustix::io::Errno;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout, timeout_at};

pub use error::{ConnectError, QueueFull, ReadError, Stage, WriteError};
pub use outbox::{MAX_OUTGOING, Outbox};
pub use target::{Target, TargetError};

use socket::Socket;

use crate::clock;
use crate::http::{Destination, Proxy, ProxyKind, Tunnel, TunnelError};
use crate::tls::{TlsConfig, TlsStream};
use crate::ws::{Decoder, Message, Opcode, Role, WsError, handshake};

/// Less room than this behind a cut frame is not worth a read.
const MIN_READ: usize = 16 * 1024;
/// A proxy's answer is short; a longer one takes more reads.
const PROXY_READ: usize = 1024;
/// Longest allowance for connecting; keeps the deadline within what a clock can hold.
const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// Longest message taken, fragments joined. OKX's longest, a book of 400 levels a side, has some 40 kB.
pub const MAX_MESSAGE: usize = 4 * 1024 * 1024;

/// An open WebSocket.
#[derive(Debug)]
pub struct Transport {
    socket: Socket,
    tls: Option<Box<TlsStream>>,
    decoder: Decoder,
    outbox: Outbox,
    /// The last receive filled all the room it had.
    may_have_more: bool,
}

impl Transport {
    /// Connects, through `proxy` if there is one, and upgrades. Every address of the host is tried, each with a fair
    /// share of the time left; name lookup, TCP, tunnel, TLS and the upgrade together stay `within` that time.
    pub async fn connect(target: &Target, tls: &TlsConfig, proxy: Option<&Proxy>, within: Duration) -> Result<Self, ConnectError> {
        let allowed = within.min(MAX_TIMEOUT);
        let deadline = Instant::now() + allowed;
        let late = |stage| ConnectError::Timeout { stage, allowed };

        let socket = match proxy {
            None => {
                let found = resolve(target.host(), target.port(), !target.is_tls());
                let addresses = timeout_at(deadline, found).await.map_err(|_| late(Stage::Resolve))??;
                dial(&addresses, deadline, late(Stage::Tcp)).await?
            }
            Some(proxy) => timeout_at(deadline, tunnel(target, proxy, deadline, &late)).await.map_err(|_| late(Stage::Proxy))??,
        };
        let tls = if target.is_tls() { Some(Box::new(TlsStream::new(tls, target.host())?)) } else { None };
        let mut transport = Self {
            socket: Socket::Own(socket),
            tls,
            decoder: Decoder::new(Role::Client, MAX_MESSAGE),
            outbox: Outbox::new(),
            may_have_more: false,
        };
        timeout_at(deadline, transport.secure()).await.map_err(|_| late(Stage::Tls))?.map_err(|error| lost(Stage::Tls, error))?;

        let key = handshake::key(transport.outbox.random());
        let host = target.host_header();
        let request = handshake::client_request(&host, target.path(), &key, &[])?;
        transport.outbox.frames.extend_from_slice(&request);
        let Ok(done) = timeout_at(deadline, transport.upgrade(&key)).await else {
            // A refusal whose body never ended says more than "no answer".
            handshake::check_response(transport.decoder.undecoded(), &key, true)?;
            return Err(late(Stage::WebSocket));
        };
        done?;
        Ok(transport)
    }

    /// Waits for bytes, receives once (64 KiB at most) and decrypts all of it; then call
    /// [`Self::next_message`] until it gives `None`. Sends what is queued while it waits.
    ///
    /// The stamp is taken right after the bytes left the socket. They need not hold a whole message.
    ///
    /// Cancel safe: dropped while it waits, it has received nothing.
    pub async fn read(&mut self) -> Result<Stamp, ReadError> {
        poll_fn(|cx| self.poll_read(cx)).await
    }

    /// As [`Self::read`], but never waits and never sends: `None` when nothing is there.
    ///
    /// Asks the socket itself, not the runtime's idea of it, so it may be called in a loop.
    pub fn try_read(&mut self) -> Result<Option<Stamp>, ReadError> {
        self.check_open()?;
        let space = receive_space(self.tls.as_deref_mut(), &mut self.decoder);
        let room = space.len();
        let n = match self.socket.try_recv(space) {
            Ok(n) => n,
            Err(Errno::AGAIN) => return Ok(None),
            Err(error) => return Err(std::io::Error::from(error).into()),
        };
        self.may_have_more = n == room;
        let at = clock::now();
        self.received(n)?;
        Ok(Some(at))
    }

    /// The socket, to be watched: readable while bytes wait.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Whether more may lie there than the last [`Self::try_read`] took.
    pub(crate) fn may_have_more(&self) -> bool {
        self.may_have_more
    }

    /// Whether the peer has said that nothing more comes, so that the next read fails.
    pub(crate) fn is_over(&self) -> bool {
        self.check_open().is_err()
    }

    /// One that other threads may read beside its driver.
    pub(crate) fn shared(self) -> std::io::Result<Self> {
        Ok(Self { socket: self.socket.shared()?, ..self })
    }

    /// Whether the driver of one that is shared is woken for bytes that come.
    pub(crate) fn wake_driver(&mut self, is_wanted: bool) -> std::io::Result<()> {
        self.socket.wake_driver(is_wanted)
    }

    /// The next whole message that was received; `None` when another read is needed. Ask before the first read too: the
    /// server's answer to the upgrade may have had company.
    pub fn next_message(&mut self) -> Result<Option<Message<'_>>, WsError> {
        self.decoder.next_message()
    }

    /// Appends a message to what waits to be sent.
    pub fn queue(&mut self, opcode: Opcode, payload: &[u8]) -> Result<(), QueueFull> {
        self.outbox.queue(opcode, payload)
    }

    /// Both directions apart: to queue an answer while a message is still borrowed.
    pub fn parts(&mut self) -> (&mut Decoder, &mut Outbox) {
        (&mut self.decoder, &mut self.outbox)
    }

    /// Makes what is queued ready for the socket: encrypts it, where there is TLS.
    pub(crate) fn seal_queued(&mut self) -> Result<(), WriteError> {
        if self.outbox.frames.is_empty() { Ok(()) } else { self.seal() }
    }

    /// Gives the socket what is sealed, without waiting. Whether it took everything: if not, a read or a flush goes on.
    ///
    /// An error of the socket counts as not taken: whoever reads learns of it.
    pub(crate) fn send_sealed(&mut self) -> bool {
        while !self.outbox.unsent().is_empty() {
            match self.socket.try_send(self.outbox.unsent()) {
                Ok(n) => self.outbox.sent(n),
                Err(_) => return false,
            }
        }
        true
    }

    /// Whether anything waits to be sent.
    pub fn wants_write(&self) -> bool {
        self.outbox.waiting() > 0
    }

    /// Sends all that is queued.
    ///
    /// Cancel safe: what the socket has taken is not sent again, the rest stays queued.
    pub async fn flush(&mut self) -> Result<(), WriteError> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Closes in good order: our close message, theirs, `close_notify`, end of stream; messages still arriving are
    /// dropped. Returns early when the connection breaks, but the caller bounds the time: a server may never answer.
    /// Drop the transport afterwards, or when out of patience.
    pub async fn close(&mut self, code: u16) {
        // Broken, it is closed too.
        let _ = self.close_orderly(code).await;
    }

    async fn close_orderly(&mut self, code: u16) -> Option<()> {
        // No room: a peer that reads nothing will not read a close message either.
        self.queue(Opcode::Close, &code.to_be_bytes()).ok()?;
        self.flush().await.ok()?;
        loop {
            while self.decoder.next_message().ok()?.is_some() {}
            if self.decoder.is_closed() {
                break;
            }
            self.read().await.ok()?;
        }
        if let Some(tls) = &mut self.tls {
            tls.seal_close(&mut self.decoder, self.outbox.wire()).ok()?;
            self.flush().await.ok()?;
        }
        self.socket.shut().ok()
    }

    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Stamp, ReadError>> {
        self.check_open()?;
        if self.socket.gives_way(cx) {
            return Poll::Pending;
        }
        let sending = self.poll_flush(cx);
        let space = receive_space(self.tls.as_deref_mut(), &mut self.decoder);
        let Poll::Ready(received) = self.socket.poll_recv(cx, space) else {
            // What the peer sent before it broke off comes first, so this waits till now.
            if let Poll::Ready(Err(error)) = sending {
                return Poll::Ready(Err(error.into()));
            }
            return Poll::Pending;
        };
        let at = clock::now();
        self.received(received?)?;
        Poll::Ready(Ok(at))
    }

    fn check_open(&self) -> Result<(), ReadError> {
        match &self.tls {
            Some(tls) if tls.is_peer_closed() => Err(ReadError::TlsClosed),
            _ => Ok(()),
        }
    }

    fn received(&mut self, n: usize) -> Result<(), ReadError> {
        if n == 0 {
            return Err(ReadError::Eof);
        }
        let Some(tls) = &mut self.tls else {
            self.decoder.filled(n);
            return Ok(());
        };
        let done = tls.received(n, &mut self.decoder, self.outbox.wire());
        if done.is_err() {
            // The alert; whether it arrives does not matter to us.
            let _ = self.socket.try_send(self.outbox.unsent());
        }
        Ok(done?)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WriteError>> {
        if !self.outbox.frames.is_empty() {
            self.seal()?;
        }
        while !self.outbox.unsent().is_empty() {
            let n = ready!(self.socket.poll_send(cx, self.outbox.unsent()))?;
            self.outbox.sent(n);
        }
        Poll::Ready(Ok(()))
    }

    /// Moves queued frames to the wire, encrypted when there is TLS.
    fn seal(&mut self) -> Result<(), WriteError> {
        let Some(tls) = &mut self.tls else {
            self.outbox.frames_to_wire();
            return Ok(());
        };
        let (frames, wire) = self.outbox.frames_and_wire();
        tls.seal(frames, &mut self.decoder, wire).map_err(WriteError::Tls)?;
        self.outbox.frames.clear();
        Ok(())
    }

    async fn secure(&mut self) -> Result<(), ReadError> {
        let Some(tls) = &mut self.tls else {
            return Ok(());
        };
        tls.received(0, &mut self.decoder, self.outbox.wire())?;
        while self.tls.as_ref().is_some_and(|tls| !tls.is_established()) {
            self.read().await?;
        }
        Ok(())
    }

    async fn upgrade(&mut self, key: &str) -> Result<(), ConnectError> {
        loop {
            match self.read().await {
                Ok(_) => {
                    let received = self.decoder.undecoded();
                    if let Some(head) = handshake::check_response(received, key, false)? {
                        self.decoder.skip(head);
                        return Ok(());
                    }
                }
                Err(error) => {
                    handshake::check_response(self.decoder.undecoded(), key, true)?;
                    return Err(lost(Stage::WebSocket, error));
                }
            }
        }
    }
}

/// Where the next bytes from the socket go.
fn receive_space<'a>(tls: Option<&'a mut TlsStream>, decoder: &'a mut Decoder) -> &'a mut [u8] {
    match tls {
        Some(tls) => tls.space(),
        None => decoder.space(MIN_READ),
    }
}

fn lost(stage: Stage, error: ReadError) -> ConnectError {
    match error {
        ReadError::Tls(error) => ConnectError::Tls(error),
        error => ConnectError::Lost { stage, error },
    }
}

/// The host's addresses: at least one; for plain text, only this machine's.
async fn resolve(host: &str, port: u16, plain: bool) -> Result<Vec<SocketAddr>, ConnectError> {
    let failed = |why: String| ConnectError::Resolve { host: host.to_owned(), why };
    let found = lookup_host((host, port)).await;
    let addresses: Vec<SocketAddr> =
        found.map_err(|error| failed(error.to_string()))?.filter(|address| !plain || address.ip().is_loopback()).collect();
    if addresses.is_empty() {
        return Err(failed("none".to_owned()));
    }
    Ok(addresses)
}

/// The first address that takes a connection.
async fn dial(addresses: &[SocketAddr], deadline: Instant, late: ConnectError) -> Result<TcpStream, ConnectError> {
    let mut failed = late;
    for (left, &address) in (1..=addresses.len() as u32).rev().zip(addresses) {
        let share = deadline.saturating_duration_since(Instant::now()) / left;
        let Ok(connected) = timeout(share, TcpStream::connect(address)).await else {
            continue;
        };
        match connected.and_then(|socket| socket.set_nodelay(true).map(|()| socket)) {
            Ok(socket) => return Ok(socket),
            Err(error) => failed = ConnectError::Tcp { address, error },
        }
    }
    Err(failed)
}

/// A connection through `proxy`. With `socks5://` the name is looked up here, and an address that the proxy refuses is
/// followed by the next.
async fn tunnel(
    target: &Target,
    proxy: &Proxy,
    deadline: Instant,
    late: &(impl Fn(Stage) -> ConnectError + Sync),
) -> Result<TcpStream, ConnectError> {
    let hops = resolve(proxy.host(), proxy.port(), !target.is_tls()).await?;
    let refused = |why| ConnectError::Proxy { proxy: proxy.to_string(), why };
    let mut destinations = Vec::new();
    if proxy.kind() == ProxyKind::Socks5 {
        let addresses = resolve(target.host(), target.port(), !target.is_tls()).await?;
        destinations.extend(addresses.into_iter().map(Destination::Address));
        // A proxy reaches IPv4 more often than IPv6.
        destinations.sort_by_key(|destination| matches!(destination, Destination::Address(address) if address.is_ipv6()));
    } else {
        destinations.push(Destination::Name(target.host(), target.port()));
    }
    let mut failed = refused(TunnelError::Refused { why: "no address to ask for".to_owned() });
    for destination in destinations {
        let tunnel = Tunnel::new(proxy, destination).map_err(refused)?;
        let socket = dial(&hops, deadline, late(Stage::Tcp)).await?;
        match open(tunnel, socket).await {
            Ok(socket) => return Ok(socket),
            Err(Closed::Tunnel(why @ TunnelError::Refused { .. })) => failed = refused(why),
            Err(Closed::Tunnel(why)) => return Err(refused(why)),
            Err(Closed::Read(error)) => return Err(lost(Stage::Proxy, error)),
        }
    }
    Err(failed)
}

/// How a tunnel failed to open.
enum Closed {
    Tunnel(TunnelError),
    Read(ReadError),
}

impl From<std::io::Error> for Closed {
    fn from(error: std::io::Error) -> Self {
        Self::Read(error.into())
    }
}

async fn open(mut tunnel: Tunnel, mut socket: TcpStream) -> Result<TcpStream, Closed> {
    let mut space = [0; PROXY_READ];
    loop {
        socket.write_all(tunnel.transmit().expose()).await?;
        let n = socket.read(&mut space).await?;
        if n == 0 {
            return Err(Closed::Read(ReadError::Eof));
        }
        if tunnel.received(space.get(..n).unwrap_or_default()).map_err(Closed::Tunnel)? {
            return Ok(socket);
        }
    }
}
