//! The socket of a connection: read by its driver alone, or beside it by threads that wait for what it brings.
//!
//! ```text
//! Own      runtime ─▶ socket
//! Shared   runtime ─▶ events ─▶ socket      what `events` tells of the socket is changed as others read, or stop
//! ```

use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, Shutdown};
use std::io;
use std::net::TcpStream as StdStream;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead as _, AsyncWrite as _, Interest, ReadBuf};
use tokio::net::TcpStream;

#[derive(Debug)]
pub(super) enum Socket {
    Own(TcpStream),
    Shared(Shared),
}

#[derive(Debug)]
pub(super) struct Shared {
    socket: StdStream,
    /// Wakes the driver.
    events: AsyncFd<OwnedFd>,
    /// What it wakes it for, beyond the end of the connection.
    wanted: EventFlags,
    /// The driver has read, and others on its thread are next: what decides on orders runs there.
    has_read: bool,
}

impl Socket {
    /// One that others may read too.
    #[allow(deprecated, reason = "an OwnedFd keeps the promise that the unsafe replacement asks for")]
    pub fn shared(self) -> io::Result<Self> {
        let Self::Own(socket) = self else { return Ok(self) };
        let (socket, events) = (socket.into_std()?, epoll::create(CreateFlags::CLOEXEC)?);
        let wanted = EventFlags::IN;
        epoll::add(&events, &socket, EventData::new_u64(0), wanted | EventFlags::RDHUP)?;
        Ok(Self::Shared(Shared { socket, events: AsyncFd::with_interest(events, Interest::READABLE)?, wanted, has_read: false }))
    }

    /// Whether the driver is woken for bytes that come from now on. It always is for the end of the connection.
    pub fn wake_driver(&mut self, is_wanted: bool) -> io::Result<()> {
        if let Self::Shared(shared) = self {
            shared.want(EventFlags::IN, is_wanted)?;
        }
        Ok(())
    }

    /// Receives without waiting.
    pub fn try_recv(&self, space: &mut [u8]) -> Result<usize, Errno> {
        loop {
            match rustix::net::recv(self, &mut *space, RecvFlags::DONTWAIT) {
                Ok((_, n)) => return Ok(n),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends without waiting.
    pub fn try_send(&self, bytes: &[u8]) -> Result<usize, Errno> {
        loop {
            match rustix::net::send(self, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Err(Errno::INTR) => {}
                done => return done,
            }
        }
    }

    /// Whether others on the thread are next, as after each read of one that is shared; then it goes on by itself.
    pub fn gives_way(&mut self, cx: &Context<'_>) -> bool {
        let gives_way = match self {
            Self::Own(_) => false,
            Self::Shared(shared) => std::mem::take(&mut shared.has_read),
        };
        if gives_way {
            cx.waker().wake_by_ref();
        }
        gives_way
    }

    pub fn poll_recv(&mut self, cx: &mut Context<'_>, space: &mut [u8]) -> Poll<io::Result<usize>> {
        if let Self::Own(socket) = self {
            let mut buf = ReadBuf::new(space);
            ready!(Pin::new(socket).poll_read(cx, &mut buf))?;
            return Poll::Ready(Ok(buf.filled().len()));
        }
        loop {
            match self.try_recv(space) {
                Err(Errno::AGAIN) => ready!(self.poll_event(cx))?,
                done => {
                    if let Self::Shared(shared) = self {
                        shared.has_read = true;
                    }
                    return Poll::Ready(Ok(done?));
                }
            }
        }
    }

    pub fn poll_send(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Self::Own(socket) = self {
            return Pin::new(socket).poll_write(cx, bytes);
        }
        loop {
            let done = self.try_send(bytes);
            let is_new = match self {
                Self::Shared(shared) => shared.want(EventFlags::OUT, done == Err(Errno::AGAIN))?,
                Self::Own(_) => false,
            };
            match done {
                // There may be room by now: it is told of what changes from now on.
                Err(Errno::AGAIN) if is_new => {}
                Err(Errno::AGAIN) => ready!(self.poll_event(cx))?,
                done => return Poll::Ready(Ok(done?)),
            }
        }
    }

    /// Something may have changed since the last try.
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self::Shared(Shared { events, .. }) = self else { return Poll::Pending };
        ready!(events.poll_read_ready(cx))?.clear_ready();
        Poll::Ready(Ok(()))
    }

    /// No more is sent.
    pub fn shut(&self) -> io::Result<()> {
        Ok(rustix::net::shutdown(self, Shutdown::Write)?)
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Own(socket) => socket.as_fd(),
            Self::Shared(shared) => shared.socket.as_fd(),
        }
    }
}

impl Shared {
    /// Whether that is new. The driver is woken for what happens from then on only: `events` is asked what is there when
    /// something happens, and may list the socket from an earlier time; of one that is listed a change says nothing.
    fn want(&mut self, what: EventFlags, is_wanted: bool) -> io::Result<bool> {
        let mut wanted = self.wanted;
        wanted.set(what, is_wanted);
        let is_new = wanted != self.wanted;
        if is_new {
            epoll::modify(self.events.get_ref(), &self.socket, EventData::new_u64(0), wanted | EventFlags::RDHUP)?;
            self.wanted = wanted;
        }
        Ok(is_new)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::Socket;
    use std::future::poll_fn;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::task::{Context, Poll, Wake, Waker};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }

    async fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (client, server) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        (client.unwrap(), server.unwrap().0)
    }

    /// One look of the runtime at its sockets.
    async fn a_turn(peers: &mut (TcpStream, TcpStream)) {
        peers.0.write_all(b"!").await.unwrap();
        // More room than bytes: the runtime knows then that the next read has to wait.
        assert_eq!(peers.1.read(&mut [0; 8]).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn the_driver_is_left_asleep_while_another_reads_but_for_the_end() {
        let ((client, mut server), mut others) = (pair().await, pair().await);
        let mut socket = Socket::Own(client).shared().unwrap();
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        let mut space = [0; 16];
        let mut poll = |socket: &mut Socket| match socket.poll_recv(&mut Context::from_waker(&waker), &mut space) {
            Poll::Ready(n) => Some(n.unwrap()),
            Poll::Pending => None,
        };
        let woken = || count.0.load(SeqCst);

        // The driver reads, as it does until it is logged in.
        assert_eq!(poll(&mut socket), None);
        server.write_all(b"login").await.unwrap();
        while woken() < 1 {
            a_turn(&mut others).await;
        }
        assert_eq!(poll(&mut socket), Some(5));
        assert!(socket.gives_way(&Context::from_waker(&waker)));
        assert_eq!(woken(), 2, "others first, then it goes on");
        assert!(!socket.gives_way(&Context::from_waker(&waker)));
        assert_eq!(poll(&mut socket), None);

        socket.wake_driver(false).unwrap();
        server.write_all(b"abc").await.unwrap();
        while socket.try_recv(&mut [0; 3]).is_err() {
            a_turn(&mut others).await;
        }
        a_turn(&mut others).await;
        assert_eq!(woken(), 2, "another reads it");

        socket.wake_driver(true).unwrap();
        server.write_all(b"d").await.unwrap();
        while woken() < 3 {
            a_turn(&mut others).await;
        }
        assert_eq!((poll(&mut socket), poll(&mut socket)), (Some(1), None), "nobody else does");

        socket.wake_driver(false).unwrap();
        server.shutdown().await.unwrap();
        while woken() < 4 {
            a_turn(&mut others).await;
        }
        assert_eq!(poll(&mut socket), Some(0), "the end of the connection is never another's business alone");
    }

    #[tokio::test]
    async fn what_the_socket_does_not_take_goes_on_when_there_is_room() {
        let (client, mut server) = pair().await;
        let mut socket = Socket::Own(client).shared().unwrap();
        let bytes = vec![7; 16 << 20];
        let mut sent = 0;
        // Until nothing more goes in.
        while let Poll::Ready(n) = socket.poll_send(&mut Context::from_waker(Waker::noop()), &bytes[sent..]) {
            sent += n.unwrap();
        }
        assert!(sent < bytes.len());
        let reading = tokio::spawn(async move {
            let mut all = Vec::new();
            server.read_to_end(&mut all).await.unwrap();
            all.len()
        });
        while sent < bytes.len() {
            sent += poll_fn(|cx| socket.poll_send(cx, &bytes[sent..])).await.unwrap();
        }
        socket.shut().unwrap();
        assert_eq!(reading.await.unwrap(), bytes.len());
    }
}
