//! What is at work for a client: drivers, and the thread that runs it. Whatever way they end, they are counted out.

use crate::dispatch::{Conn, Shared};
use crate::subs::locked;
use okx_fast_core::book::Validity;
use okx_fast_net::driver::{Driver, Handler};
use pyo3::exceptions::PyRuntimeError;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Notify;

/// How long connections may take to end.
pub const CLOSE_WITHIN: Duration = Duration::from_millis(500);

/// Drivers at work, so that a client can wait until they have said goodbye.
#[derive(Debug, Default)]
pub struct Live {
    count: AtomicUsize,
    ended: Notify,
}

/// A driver at work. However it ends, it is counted out; if by a panic, no book of its stays readable.
pub struct Work {
    pub live: Arc<Live>,
    pub shared: Arc<Shared>,
    pub conn: Arc<Conn>,
}

impl Work {
    /// `tell` wakes the thread that calls callbacks, so that it raises what went wrong.
    pub fn spawn(self, handle: &Handle, driver: Driver, handler: impl Handler + 'static, tell: impl Fn() + Send + 'static) {
        struct Guard<F: Fn()>(Work, F);
        impl<F: Fn()> Drop for Guard<F> {
            fn drop(&mut self) {
                let Self(work, tell) = self;
                if thread::panicking() {
                    work.fail();
                    tell();
                }
                work.live.count.fetch_sub(1, SeqCst);
                work.live.ended.notify_one();
            }
        }
        self.live.count.fetch_add(1, SeqCst);
        let guard = Guard(self, tell);
        handle.spawn(async move {
            let _guard = guard;
            driver.run(handler).await;
        });
    }

    fn fail(&self) {
        for book in locked(&self.conn.subs).iter().filter_map(|s| s.book.as_ref()) {
            book.lock().invalidate(Validity::Disconnected);
        }
        self.shared.doom(PyRuntimeError::new_err("a defect in okx_fast ended a connection: its books stay invalid, make a new client"));
    }
}

/// A thread in run() or poll().
pub struct Running<'a> {
    runner: &'a Mutex<Option<ThreadId>>,
    shared: &'a Shared,
}

impl<'a> Running<'a> {
    /// `None`: there is one already.
    pub fn begin(runner: &'a Mutex<Option<ThreadId>>, shared: &'a Shared) -> Option<Self> {
        let mut place = locked(runner);
        if place.is_some() {
            return None;
        }
        *place = Some(thread::current().id());
        Some(Self { runner, shared })
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        // A stop() counts for one run, also if it came before it.
        self.shared.stopping.store(false, SeqCst);
        *locked(self.runner) = None;
    }
}

impl Live {
    /// Until every driver has obeyed `Stop`, or for `CLOSE_WITHIN`.
    pub async fn idle(&self) {
        let idle = async {
            while self.count.load(SeqCst) > 0 {
                self.ended.notified().await;
            }
        };
        _ = tokio::time::timeout(CLOSE_WITHIN, idle).await;
    }
}
