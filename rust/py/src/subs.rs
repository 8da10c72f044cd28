//! Subscriptions as both sides know them.
//!
//! ```text
//! SubFlags    shared with the I/O thread: no Python in it
//! PySub       instrument, callback, book: touched only with the interpreter attached
//! ```

use okx_fast_core::book::Validity;
use okx_fast_core::channel::{Arg, Channel};
use okx_fast_core::msg::ticker::Ticker;
use okx_fast_core::session::{BookUpdate, SharedBook, SubId};
use okx_fast_core::time::Stamp;
use okx_fast_net::clock;
use pyo3::prelude::*;
use pyo3::types::PyString;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A lock whose data stays usable after a panic elsewhere.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The newest state of a conflated subscription.
#[derive(Clone, Debug)]
pub enum Latest {
    Book(BookUpdate),
    Ticker(Box<Ticker>),
    Raw(Box<[u8]>),
}

/// What the I/O side has to know of a subscription.
#[derive(Debug, Default)]
pub struct SubFlags {
    /// Somebody listens; if nobody does, no event is made.
    wants: AtomicBool,
    pub conflate: bool,
    latest: Mutex<Option<(Stamp, Latest)>>,
}

impl SubFlags {
    pub fn new(conflate: bool) -> Self {
        Self { conflate, ..Self::default() }
    }

    #[inline]
    pub fn wants(&self) -> bool {
        self.wants.load(Relaxed)
    }

    /// Puts the newest state in place. Whether the last one was taken, so that the consumer has to be told.
    pub fn put(&self, at: Stamp, latest: Latest) -> bool {
        locked(&self.latest).replace((at, latest)).is_none()
    }

    pub fn take(&self) -> Option<(Stamp, Latest)> {
        locked(&self.latest).take()
    }
}

/// One subscription of one client.
#[derive(Debug)]
pub struct PySub {
    /// Known once it is in its session's list.
    id: AtomicU32,
    /// Which session carries it.
    pub line: u32,
    /// When its session was last heard (monotonic; 0: never), and how long ago that may be.
    fresh: Option<(Arc<AtomicU64>, u64)>,
    pub arg: Arg,
    pub inst_id: Py<PyString>,
    pub channel: Py<PyString>,
    /// A book of more than ten levels a side.
    pub is_deep: bool,
    pub book: Option<SharedBook>,
    /// Makes a list of rows of a raw message; each of them is then an event.
    pub decode: Option<Py<PyAny>>,
    pub flags: Arc<SubFlags>,
    callback: Mutex<Option<Py<PyAny>>>,
    on_end: Mutex<Option<Py<PyAny>>>,
    ended: AtomicBool,
    pid: u32,
}

impl PySub {
    pub fn new(py: Python<'_>, arg: Arg, book: Option<SharedBook>, decode: Option<Py<PyAny>>, conflate: bool) -> Self {
        Self {
            id: AtomicU32::new(u32::MAX),
            line: 0,
            fresh: None,
            inst_id: PyString::new(py, arg.inst_id()).unbind(),
            channel: PyString::intern(py, &arg.channel).unbind(),
            is_deep: Channel::find(&arg.channel).is_some_and(|c| c.depth > 10),
            arg,
            book,
            decode,
            flags: Arc::new(SubFlags::new(conflate)),
            callback: Mutex::new(None),
            on_end: Mutex::new(None),
            ended: AtomicBool::new(false),
            pid: std::process::id(),
        }
    }

    /// Carried by session number `line`, which counts as alive for so long after it was heard.
    #[must_use]
    pub fn on_line(mut self, line: u32, alive: Arc<AtomicU64>, within_ns: u64) -> Self {
        (self.line, self.fresh) = (line, Some((alive, within_ns)));
        self
    }

    /// Whether its session was heard lately; in a replay there is nothing to hear.
    #[inline]
    pub fn is_fresh(&self) -> bool {
        self.fresh.as_ref().is_none_or(|(alive, within)| clock::coarse_ns() < alive.load(Relaxed).saturating_add(*within))
    }

    pub fn id(&self) -> SubId {
        SubId(self.id.load(SeqCst))
    }

    pub fn set_id(&self, id: SubId) {
        self.id.store(id.0, SeqCst);
    }

    pub fn set_callback(&self, callback: Option<Py<PyAny>>) {
        self.flags.wants.store(callback.is_some(), SeqCst);
        let before = std::mem::replace(&mut *locked(&self.callback), callback);
        drop(before); // without the lock: this may run a destructor of the user's
    }

    pub fn has_callback(&self) -> bool {
        locked(&self.callback).is_some()
    }

    #[inline]
    pub fn callback(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        locked(&self.callback).as_ref().map(|c| c.clone_ref(py))
    }

    /// Who wants to know when OKX ends it.
    pub fn set_on_end(&self, on_end: Option<Py<PyAny>>) {
        let before = std::mem::replace(&mut *locked(&self.on_end), on_end);
        drop(before);
    }

    /// From now on no callback runs and no book is read, whatever the I/O side still has in hand.
    pub fn end(&self) {
        self.ended.store(true, SeqCst);
        // Whoever keeps the book keeps no levels. In a child of fork() its lock may be held by a thread that is not there.
        if let Some(book) = self.book.as_ref().filter(|_| !self.is_foreign()) {
            book.lock().invalidate(Validity::Ended);
        }
        self.set_callback(None);
        self.set_on_end(None);
    }

    /// OKX refused it or ended it: it may be subscribed anew.
    pub fn end_by_okx(&self, py: Python<'_>) {
        let on_end = locked(&self.on_end).take();
        self.end();
        if let Some(on_end) = on_end
            && let Err(error) = on_end.call0(py)
        {
            error.write_unraisable(py, Some(on_end.bind(py)));
        }
    }

    pub fn has_ended(&self) -> bool {
        self.ended.load(Relaxed)
    }

    /// Made by the parent of this process.
    pub fn is_foreign(&self) -> bool {
        self.pid != std::process::id()
    }
}
