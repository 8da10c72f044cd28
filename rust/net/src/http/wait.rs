//! Waiting for sockets, bounded by a deadline and open to interruption.

use std::io;
use std::time::Duration;

use rustix::event::{PollFd, Timespec, poll};
use rustix::io::Errno;

use super::Pause;
use crate::clock::mono_ns;

/// Longest sleep between two looks at [`Pause`].
pub(super) const SLICE: Duration = Duration::from_millis(40);
pub(super) const SLICE_NS: u64 = 40_000_000;

/// Why a wait ended without what was waited for.
#[derive(Debug)]
pub(super) enum Stop {
    Deadline,
    Interrupted,
    Io(io::Error),
}

/// Waits until one of `fds` is ready; `Stop::Deadline` at `until_ns`.
pub(super) fn ready(fds: &mut [PollFd<'_>], until_ns: u64, pause: &dyn Pause) -> Result<(), Stop> {
    loop {
        let left = until_ns.saturating_sub(mono_ns());
        let slice = left.min(SLICE_NS);
        match poll(fds, Some(&Timespec { tv_sec: 0, tv_nsec: slice.cast_signed() })) {
            Ok(0) if left <= slice => return Err(Stop::Deadline),
            Ok(0) | Err(Errno::INTR) => ask(pause)?,
            Ok(_) => return Ok(()),
            Err(error) => return Err(Stop::Io(error.into())),
        }
    }
}

pub(super) fn ask(pause: &dyn Pause) -> Result<(), Stop> {
    if pause.interrupted() { Err(Stop::Interrupted) } else { Ok(()) }
}
