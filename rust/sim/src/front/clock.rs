//! Time for the engine: the wall clock read once, carried on by the monotonic one, so that it never goes back.

use std::io;
use std::time::Duration;

use okx_fast_net::clock;
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime};
use tokio::io::unix::AsyncFd;

use crate::exchange::io::Nanos;

#[derive(Clone, Copy, Debug)]
pub struct Clock {
    offset_ns: u64,
}

impl Clock {
    pub fn start() -> Self {
        let now = clock::now();
        Self { offset_ns: now.wall_ns.saturating_sub(now.mono_ns) }
    }

    pub fn now(self) -> Nanos {
        clock::now().mono_ns + self.offset_ns
    }
}

/// A timer of the system: tokio's own are exact to a millisecond, and simulated latencies are microseconds.
#[derive(Debug)]
pub struct Alarm(AsyncFd<std::os::fd::OwnedFd>);

impl Alarm {
    #[allow(deprecated, reason = "its successor is unsafe for the sake of types that may lose their descriptor; OwnedFd does not")]
    pub fn new() -> io::Result<Self> {
        let fd = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        Ok(Self(AsyncFd::new(fd)?))
    }

    /// Rings once after `wait`; replaces what was set.
    pub fn set(&self, wait: Duration) -> io::Result<()> {
        let wait = wait.max(Duration::from_nanos(1)); // zero would switch it off
        let once = Itimerspec {
            it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
            it_value: Timespec { tv_sec: wait.as_secs().try_into().unwrap_or(i64::MAX), tv_nsec: wait.subsec_nanos().into() },
        };
        timerfd_settime(&self.0, TimerfdTimerFlags::empty(), &once)?;
        Ok(())
    }

    pub async fn ring(&self) -> io::Result<()> {
        loop {
            let mut ready = self.0.readable().await?;
            let mut count = [0; 8];
            match ready.try_io(|fd| Ok(rustix::io::read(fd, &mut count)?)) {
                Ok(read) => return read.map(|_| ()),
                Err(_would_block) => {}
            }
        }
    }
}
