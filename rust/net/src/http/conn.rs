//! One connection: bytes of a request out, a reply in.
//!
//! The socket blocks, but for [`SLICE`] at most, so that a reply costs one system call and Ctrl-C is noticed; close to
//! the deadline it is polled instead.

use std::fmt;
use std::io;
use std::net::TcpStream;

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};

use super::Pause;
use super::codec::{Reply, ReplyError, ReplyReader};
use super::error::{ExchangeError, Wrote};
use super::wait::{self, SLICE, SLICE_NS, Stop};
use crate::buffer::Buffer;
use crate::clock::mono_ns;

/// Less room than this is not worth a read.
const MIN_READ: usize = 16 * 1024;

/// An open connection, for one exchange at a time.
pub struct Conn {
    socket: TcpStream,
    inbox: Buffer,
    reader: ReplyReader,
    /// No exchange has failed, and the last reply left the connection open.
    usable: bool,
}

impl fmt::Debug for Conn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conn").field("socket", &self.socket).field("usable", &self.usable).finish_non_exhaustive()
    }
}

impl Conn {
    pub(super) fn new(socket: TcpStream) -> io::Result<Self> {
        socket.set_nonblocking(false)?;
        socket.set_read_timeout(Some(SLICE))?;
        Ok(Self { socket, inbox: Buffer::new(), reader: ReplyReader::new(), usable: true })
    }

    /// Whether an idle connection may carry another exchange: open, and nothing came that nobody asked for. Sends
    /// nothing and does not wait.
    pub fn is_alive(&mut self) -> bool {
        if self.usable {
            let received = rustix::net::recv(&self.socket, self.inbox.space(MIN_READ), RecvFlags::DONTWAIT);
            self.usable = matches!(received, Err(Errno::AGAIN | Errno::INTR));
        }
        self.usable
    }

    /// Sends `request`, finished HTTP/1.1 bytes, and waits for its reply until `deadline_ns` of the monotonic clock.
    /// On error `reply` holds nothing of use.
    pub fn exchange(&mut self, request: &[u8], deadline_ns: u64, pause: &dyn Pause, reply: &mut Reply) -> Result<(), ExchangeError> {
        let mut sent = 0;
        self.reader.start(reply);
        let done = self.attempt(request, &mut sent, deadline_ns, pause, reply);
        self.usable = done.is_ok() && reply.keep_alive;
        done.map_err(|failed| {
            let wrote = if sent == 0 { Wrote::Nothing } else { Wrote::Maybe };
            failed.with(wrote, reply)
        })
    }

    fn attempt(&mut self, request: &[u8], sent: &mut usize, deadline_ns: u64, pause: &dyn Pause, reply: &mut Reply) -> Result<(), Failed> {
        if !self.usable {
            return Err(Failed::Closed);
        }
        if mono_ns() >= deadline_ns {
            return Err(Stop::Deadline.into());
        }
        while let Some(rest) = request.get(*sent..).filter(|rest| !rest.is_empty()) {
            match rustix::net::send(&self.socket, rest, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
                Ok(n) => *sent += n,
                Err(Errno::INTR) => wait::ask(pause)?,
                Err(Errno::AGAIN) => wait::ready(&mut [PollFd::new(&self.socket, PollFlags::OUT)], deadline_ns, pause)?,
                Err(error) => return Err(Failed::Io(error.into())),
            }
        }
        reply.sent_ns = mono_ns();
        reply.recv_ns = 0;
        loop {
            if self.receive(deadline_ns, pause)? == 0 {
                if !self.reader.end() {
                    return Err(Failed::Closed);
                }
                break;
            }
            if reply.recv_ns == 0 {
                reply.recv_ns = mono_ns();
            }
            let progress = self.reader.read(self.inbox.held(), reply)?;
            self.inbox.consume(progress.used);
            if progress.done {
                // More than was asked for: whose reply that is cannot be told.
                reply.keep_alive &= self.inbox.len() == 0;
                break;
            }
        }
        reply.done_ns = mono_ns();
        Ok(())
    }

    /// Receives once; 0 at the end of the stream.
    fn receive(&mut self, deadline_ns: u64, pause: &dyn Pause) -> Result<usize, Stop> {
        loop {
            let left = deadline_ns.saturating_sub(mono_ns());
            let flags = if left > 2 * SLICE_NS {
                RecvFlags::empty()
            } else {
                wait::ready(&mut [PollFd::new(&self.socket, PollFlags::IN)], deadline_ns, pause)?;
                RecvFlags::DONTWAIT
            };
            match rustix::net::recv(&self.socket, self.inbox.space(MIN_READ), flags) {
                Ok((_, n)) => {
                    self.inbox.filled(n);
                    return Ok(n);
                }
                Err(Errno::AGAIN | Errno::INTR) => wait::ask(pause)?,
                Err(error) => return Err(Stop::Io(error.into())),
            }
        }
    }
}

/// An [`ExchangeError`] that does not know yet what was written.
enum Failed {
    Io(io::Error),
    Closed,
    Reply(ReplyError),
    Deadline,
    Interrupted,
}

impl From<Stop> for Failed {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Deadline => Self::Deadline,
            Stop::Interrupted => Self::Interrupted,
            Stop::Io(error) => Self::Io(error),
        }
    }
}

impl From<ReplyError> for Failed {
    fn from(error: ReplyError) -> Self {
        Self::Reply(error)
    }
}

impl Failed {
    fn with(self, wrote: Wrote, reply: &Reply) -> ExchangeError {
        match self {
            Self::Io(error) => ExchangeError::Io { wrote, error },
            Self::Closed => ExchangeError::Closed { wrote, status: (reply.status != 0).then_some(reply.status), body: reply.body.len() },
            Self::Reply(ReplyError::Malformed { expected, got }) => ExchangeError::Malformed { wrote, expected, got },
            Self::Reply(ReplyError::TooLarge { what }) => ExchangeError::TooLarge { wrote, what },
            Self::Deadline => ExchangeError::Deadline { wrote },
            Self::Interrupted => ExchangeError::Interrupted { wrote },
        }
    }
}
