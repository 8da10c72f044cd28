//! A TCP socket whose waits are bounded by a deadline and open to interruption.
//!
//! It blocks, but for [`SLICE`] at most, so that a reply costs one system call and an interruption is noticed; close to
//! the deadline it is polled instead.

use std::io;
use std::net::TcpStream;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};

use super::Pause;
use crate::clock::mono_ns;

/// Longest sleep between two looks at [`Pause`].
pub(super) const SLICE_NS: u64 = 40_000_000;
const SLICE: Duration = Duration::from_nanos(SLICE_NS);

/// Why a wait ended without what was waited for.
#[derive(Debug)]
pub(super) enum Stop {
    Deadline,
    Interrupted,
    Io(io::Error),
}

/// Waits until one of `fds` is ready; `Stop::Deadline` at `until_ns`, ready or not.
pub(super) fn ready(fds: &mut [PollFd<'_>], until_ns: u64, pause: &dyn Pause) -> Result<(), Stop> {
    loop {
        let left = until_ns.saturating_sub(mono_ns());
        if left == 0 {
            return Err(Stop::Deadline);
        }
        let slice = left.min(SLICE_NS);
        match poll(fds, Some(&Timespec { tv_sec: 0, tv_nsec: slice.cast_signed() })) {
            Ok(0) | Err(Errno::INTR) => ask(pause)?,
            Ok(_) => return Ok(()),
            Err(error) => return Err(Stop::Io(error.into())),
        }
    }
}

/// The time of the next look at [`Pause`], `until_ns` at the latest; for waits that are no polls.
pub(super) fn slice(until_ns: u64) -> Duration {
    Duration::from_nanos(until_ns.saturating_sub(mono_ns()).min(SLICE_NS))
}

pub(super) fn ask(pause: &dyn Pause) -> Result<(), Stop> {
    if pause.interrupted() { Err(Stop::Interrupted) } else { Ok(()) }
}

/// A connected socket.
#[derive(Debug)]
pub(super) struct Socket(TcpStream);

impl Socket {
    pub fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(SLICE))?;
        Ok(Self(stream))
    }

    /// Sends all of `bytes`; `sent` says how many the kernel took, on error too.
    pub fn send(&self, bytes: &[u8], sent: &mut usize, deadline_ns: u64, pause: &dyn Pause) -> Result<(), Stop> {
        while let Some(rest) = bytes.get(*sent..).filter(|rest| !rest.is_empty()) {
            match rustix::net::send(&self.0, rest, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
                Ok(n) => *sent += n,
                Err(Errno::INTR) => ask(pause)?,
                Err(Errno::AGAIN) => ready(&mut [PollFd::new(&self.0, PollFlags::OUT)], deadline_ns, pause)?,
                Err(error) => return Err(Stop::Io(error.into())),
            }
        }
        Ok(())
    }

    /// Sends what the kernel takes at once, and does not care about the rest.
    pub fn send_some(&self, bytes: &[u8]) -> usize {
        rustix::net::send(&self.0, bytes, SendFlags::NOSIGNAL | SendFlags::DONTWAIT).unwrap_or(0)
    }

    /// Receives once; 0 at the end of the stream.
    pub fn receive(&self, space: &mut [u8], deadline_ns: u64, pause: &dyn Pause) -> Result<usize, Stop> {
        loop {
            let flags = if deadline_ns.saturating_sub(mono_ns()) > 2 * SLICE_NS {
                RecvFlags::empty()
            } else {
                ready(&mut [PollFd::new(&self.0, PollFlags::IN)], deadline_ns, pause)?;
                RecvFlags::DONTWAIT
            };
            match rustix::net::recv(&self.0, &mut *space, flags) {
                Ok((_, n)) => return Ok(n),
                Err(Errno::AGAIN | Errno::INTR) => ask(pause)?,
                Err(error) => return Err(Stop::Io(error.into())),
            }
        }
    }

    /// Receives what is there, without waiting; 0 at the end of the stream, `None` when nothing is there.
    pub fn look(&self, space: &mut [u8]) -> io::Result<Option<usize>> {
        match rustix::net::recv(&self.0, space, RecvFlags::DONTWAIT) {
            Ok((_, n)) => Ok(Some(n)),
            Err(Errno::AGAIN | Errno::INTR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
