//! Reading answers on the thread that waits for them, beside the driver.
//!
//! ```text
//! driver ─ set, lost ─▶ Port ─▶ Watch: readable when an answer may have come
//! waiter ─ attend, poll ─▶ Inbox::read ─ answers ─▶ whoever waits for them
//!                               └ all else is set aside in the connection ─▶ driver
//! ```
//!
//! It saves the hop from thread to thread. While somebody attends, the driver is not woken for bytes, only for the end of
//! a connection; it reads at its deadlines, so that one who attends and does not read holds nothing up for longer.

use crate::port::Port;
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, epoll, eventfd, poll};
use rustix::io::Errno;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Instant;

/// Two descriptors: one that is readable while a connection is, and one for a client's news as well.
#[derive(Debug)]
pub struct Watch {
    connections: OwnedFd,
    all: OwnedFd,
}

impl Watch {
    /// `news`: readable while news of the client waits that came another way.
    pub fn new(news: impl AsFd) -> io::Result<Self> {
        let new = || epoll::create(epoll::CreateFlags::CLOEXEC);
        let watch = Self { connections: new()?, all: new()? };
        add(&watch.all, news)?;
        Ok(watch)
    }

    /// Readable while a connection has something.
    pub fn connections(&self) -> BorrowedFd<'_> {
        self.connections.as_fd()
    }

    /// Readable while a connection has something, or news waits.
    pub fn all(&self) -> BorrowedFd<'_> {
        self.all.as_fd()
    }

    pub(crate) fn add(&self, connection: BorrowedFd<'_>) -> io::Result<()> {
        add(&self.connections, connection)?;
        add(&self.all, connection)
    }

    /// Whether they are readable for the sake of this connection.
    pub(crate) fn tell(&self, connection: BorrowedFd<'_>, is_told: bool) {
        let flags = if is_told { epoll::EventFlags::IN } else { epoll::EventFlags::empty() };
        // Not watched any more: then nobody is told.
        _ = epoll::modify(&self.connections, connection, epoll::EventData::new_u64(0), flags);
        _ = epoll::modify(&self.all, connection, epoll::EventData::new_u64(0), flags);
    }

    pub(crate) fn remove(&self, connection: BorrowedFd<'_>) {
        // Gone already: then there is nothing to do.
        _ = epoll::delete(&self.connections, connection);
        _ = epoll::delete(&self.all, connection);
    }
}

fn add(to: &OwnedFd, fd: impl AsFd) -> io::Result<()> {
    Ok(epoll::add(to, fd, epoll::EventData::new_u64(0), epoll::EventFlags::IN)?)
}

/// Wakes one thread that waits in [`Inbox::wait`].
#[derive(Debug)]
pub struct Nudge(OwnedFd);

impl Nudge {
    pub fn new() -> io::Result<Self> {
        Ok(Self(eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?))
    }

    pub fn give(&self) {
        // It counts to 2^64: there is always room.
        _ = rustix::io::write(&self.0, &1u64.to_ne_bytes());
    }

    fn clear(&self) {
        _ = rustix::io::read(&self.0, &mut [0; 8]);
    }
}

/// Somebody reads as bytes come.
#[derive(Debug)]
pub struct Attending(Arc<Inbox>);

impl Drop for Attending {
    fn drop(&mut self) {
        if !self.0.is_shut.load(Relaxed) {
            for port in &self.0.ports {
                port.leave();
            }
        }
    }
}

/// The connections of one client that bring answers.
#[derive(Debug)]
pub struct Inbox {
    watch: Arc<Watch>,
    ports: Vec<Arc<Port>>,
    /// The connections are another process's.
    is_shut: AtomicBool,
}

impl Inbox {
    /// `ports`: those that were made with this watch.
    pub fn new(watch: Arc<Watch>, ports: Vec<Arc<Port>>) -> Self {
        Self { watch, ports, is_shut: AtomicBool::new(false) }
    }

    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// In a child of `fork()`: nothing is read from here on.
    pub fn shut(&self) {
        self.is_shut.store(true, Relaxed);
    }

    /// From now on this thread reads as bytes come, until what is given back is dropped.
    pub fn attend(self: &Arc<Self>) -> Attending {
        // Not in a child: the parent's descriptors would be meant.
        let ports = if self.is_shut.load(Relaxed) { &[] } else { &*self.ports };
        for port in ports {
            port.attend();
        }
        Attending(Arc::clone(self))
    }

    /// Takes the answers that are there to those who wait for them. Does not wait.
    pub fn read(&self) {
        if !self.is_shut.load(Relaxed) {
            for port in &self.ports {
                port.read();
            }
        }
    }

    /// Waits until something may be there, the nudge was given, a signal came, or the time is over. Whether a signal came.
    pub fn wait(&self, nudge: &Nudge, until: Instant) -> bool {
        if self.is_shut.load(Relaxed) {
            // Not even the nudge is this process's alone.
            thread::sleep(until.saturating_duration_since(Instant::now()));
            return false;
        }
        let mut fds = [PollFd::new(&nudge.0, PollFlags::IN), PollFd::new(&self.watch.connections, PollFlags::IN)];
        let is_interrupted = is_interrupted(&mut fds, until);
        if fds.first().is_some_and(|fd| fd.revents().contains(PollFlags::IN)) {
            nudge.clear();
        }
        is_interrupted
    }

    /// The same without a nudge, and for news too.
    pub fn wait_news(&self, until: Instant) -> bool {
        is_interrupted(&mut [PollFd::new(&self.watch.all, PollFlags::IN)], until)
    }
}

/// Waits for one of them; whether a signal came first.
fn is_interrupted(fds: &mut [PollFd<'_>], until: Instant) -> bool {
    let left = until.saturating_duration_since(Instant::now());
    // One that no Timespec can hold is over at once.
    let left = Timespec::try_from(left).unwrap_or_default();
    poll(fds, Some(&left)) == Err(Errno::INTR)
}
