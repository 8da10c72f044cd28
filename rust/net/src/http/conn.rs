//! One connection: a request out, a reply in.

use std::fmt;

use super::Pause;
use super::error::{ExchangeError, Wrote};
use super::reader::ReplyReader;
use super::reply::{Reply, ReplyError};
use super::socket::{SLICE_NS, Stop, ask};
use super::stream::{Received, Stream};
use crate::clock::mono_ns;

/// An open connection, for one exchange at a time. Dropped, it closes.
pub struct Conn {
    stream: Stream,
    reader: ReplyReader,
    /// No exchange has failed, and the last reply left the connection open.
    usable: bool,
}

impl fmt::Debug for Conn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conn").field("usable", &self.usable).finish_non_exhaustive()
    }
}

impl Conn {
    pub(super) fn new(stream: Stream) -> Self {
        Self { stream, reader: ReplyReader::new(), usable: true }
    }

    /// Whether an idle connection may carry another exchange: open, and nothing came that nobody asked for. One
    /// system call, which does not wait; nothing is sent.
    pub fn is_alive(&mut self) -> bool {
        self.usable = self.usable && self.stream.is_idle();
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
        // What came before the request cannot be its reply.
        if !self.usable || self.stream.inbox().len() > 0 {
            return Err(Failed::Closed);
        }
        if mono_ns() >= deadline_ns {
            return Err(Failed::Stop(Stop::Deadline));
        }
        self.stream.send(request, sent, deadline_ns, pause).map_err(Failed::Stop)?;
        self.reply(deadline_ns, pause, reply)
    }

    fn reply(&mut self, deadline_ns: u64, pause: &dyn Pause, reply: &mut Reply) -> Result<(), Failed> {
        reply.sent_ns = mono_ns();
        reply.recv_ns = 0;
        let mut ask_ns = reply.sent_ns.saturating_add(SLICE_NS);
        loop {
            match self.stream.receive(deadline_ns, pause).map_err(Failed::Stop)? {
                Received::End { vouched } if vouched && self.reader.end() => break,
                Received::End { .. } => return Err(Failed::Closed),
                Received::Bytes => {}
            }
            let inbox = self.stream.inbox();
            if reply.recv_ns == 0 && inbox.len() > 0 {
                reply.recv_ns = mono_ns();
            }
            let progress = self.reader.read(inbox.held(), reply).map_err(Failed::Reply)?;
            inbox.consume(progress.used);
            if progress.done {
                // More than was asked for: whose reply that is cannot be told.
                reply.keep_alive &= inbox.len() == 0;
                break;
            }
            // A reply that pours in leaves no wait in which to ask.
            let now = mono_ns();
            if now >= ask_ns {
                ask(pause).map_err(Failed::Stop)?;
                ask_ns = now.saturating_add(SLICE_NS);
            }
        }
        reply.done_ns = mono_ns();
        Ok(())
    }
}

/// An [`ExchangeError`] that does not know yet what was written.
enum Failed {
    Stop(Stop),
    Reply(ReplyError),
    Closed,
}

impl Failed {
    fn with(self, wrote: Wrote, reply: &Reply) -> ExchangeError {
        match self {
            Self::Stop(Stop::Io(error)) => ExchangeError::Io { wrote, error },
            Self::Stop(Stop::Deadline) => ExchangeError::Deadline { wrote },
            Self::Stop(Stop::Interrupted) => ExchangeError::Interrupted { wrote },
            Self::Reply(ReplyError::Malformed { expected, got }) => ExchangeError::Malformed { wrote, expected, got },
            Self::Reply(ReplyError::TooLarge { what }) => ExchangeError::TooLarge { wrote, what },
            Self::Closed => ExchangeError::Closed { wrote, status: (reply.status != 0).then_some(reply.status), body: reply.body.len() },
        }
    }
}
