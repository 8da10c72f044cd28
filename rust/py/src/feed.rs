//! asyncio mode: the I/O thread puts events in a bounded queue and wakes the loop; the loop's thread drains it.
//!
//! ```text
//! I/O thread ─▶ ring (bounded) ─▶ eventfd, on the first event after a drain ─▶ loop.add_reader ─▶ drain
//!      └─ ring full: the socket is left unread until a drain made room (TCP holds the sender back)
//! ```
//!
//! The I/O thread never needs the interpreter: nothing here holds a Python object.

use crate::dispatch::Shared;
use crate::subs::{Latest, SubFlags, locked};
use okx_fast_core::msg::ticker::Ticker;
use okx_fast_core::msg::trade::Trade;
use okx_fast_core::session::{BookUpdate, Event, Notice, SubId};
use okx_fast_core::time::Stamp;
use okx_fast_net::clock;
use okx_fast_net::driver::{Handler, Sink};
use rtrb::{Consumer, Producer};
use rustix::event::{EventfdFlags, eventfd};
use std::collections::VecDeque;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::Notify;

/// Free places a frame needs to be taken up; what it brings beyond them waits in a side queue, no longer than a frame.
const RESERVE: usize = 32;
/// Raw frames and notices that may wait, in bytes: events are counted too, but these can be of any size.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// An event on its way between threads.
#[derive(Debug)]
pub enum Owned {
    Book(SubId, BookUpdate),
    Trade(SubId, Trade),
    Ticker(SubId, Box<Ticker>),
    Raw(SubId, Box<[u8]>),
    Notice(Option<SubId>, Box<Notice>),
    /// A conflated subscription has news.
    Dirty(SubId),
}

impl Owned {
    /// Bytes held besides the event itself.
    fn weight(&self) -> usize {
        match self {
            Self::Raw(_, frame) => frame.len(),
            Self::Notice(_, notice) => notice.msg.len() + notice.expected.len() + notice.got.len(),
            Self::Book(..) | Self::Trade(..) | Self::Ticker(..) | Self::Dirty(_) => 0,
        }
    }

    pub fn as_event(&self) -> Option<Event<'_>> {
        Some(match self {
            Self::Book(id, update) => Event::Book(*id, update),
            Self::Trade(id, trade) => Event::Trade(*id, trade),
            Self::Ticker(id, ticker) => Event::Ticker(*id, ticker),
            Self::Raw(id, frame) => Event::Raw(*id, frame),
            Self::Notice(id, notice) => Event::Notice(*id, notice),
            Self::Dirty(_) => return None,
        })
    }
}

impl AsFd for Wake {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Wakes the loop, at most once between two drains.
#[derive(Debug)]
pub struct Wake {
    fd: OwnedFd,
    raised: AtomicBool,
    /// The I/O thread waits for room.
    blocked: AtomicBool,
    drained: Notify,
    /// What waits beyond the places themselves, in bytes.
    bytes: AtomicUsize,
    /// When the loop was last woken (monotonic): how late it comes is how starved it is.
    raised_ns: AtomicU64,
}

impl Wake {
    pub fn new() -> std::io::Result<Self> {
        let fd = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?;
        Ok(Self {
            fd,
            raised: AtomicBool::new(false),
            blocked: AtomicBool::new(false),
            drained: Notify::new(),
            bytes: AtomicUsize::new(0),
            raised_ns: AtomicU64::new(0),
        })
    }

    pub fn fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }

    pub fn raise(&self) {
        if !self.raised.swap(true, SeqCst) {
            self.raised_ns.store(clock::mono_ns(), SeqCst);
            // A full counter cannot happen (it counts to 2^64), and a closed one has no reader left to wake.
            _ = rustix::io::write(&self.fd, &1u64.to_ne_bytes());
        }
    }

    /// Takes the signal back before the queues are read: what is put after this raises it again.
    /// Gives how long ago the loop was woken, if it was.
    pub fn lower(&self) -> Option<u64> {
        _ = rustix::io::read(&self.fd, &mut [0; 8]);
        let was_raised = self.raised.swap(false, SeqCst);
        was_raised.then(|| clock::mono_ns().saturating_sub(self.raised_ns.load(SeqCst)))
    }

    /// For how long the loop has been called and has not come.
    pub fn late(&self) -> u64 {
        let since = self.raised.load(SeqCst).then(|| self.raised_ns.load(SeqCst));
        since.map_or(0, |since| clock::mono_ns().saturating_sub(since))
    }

    /// An event was taken from a queue.
    pub fn took(&self, event: &Owned) {
        let weight = event.weight();
        if weight > 0 {
            self.bytes.fetch_sub(weight, SeqCst);
        }
    }

    pub fn made_room(&self) {
        if self.blocked.swap(false, SeqCst) {
            // All sessions wait for the same ring.
            self.drained.notify_waiters();
            self.drained.notify_one();
        }
    }
}

/// An event in the ring: whose (the number of the session's line), and when its bytes came.
pub type Entry = (u32, Stamp, Owned);

/// The I/O thread's end, shared by all sessions of a client: all their drivers run on that thread.
#[derive(Debug)]
struct Ring {
    ring: Producer<Entry>,
    spill: VecDeque<Entry>,
    /// Something was queued since the loop was last woken.
    news: bool,
}

impl Ring {
    fn push(&mut self, wake: &Wake, entry: Entry) {
        self.news = true;
        let weight = entry.2.weight();
        if weight > 0 {
            wake.bytes.fetch_add(weight, SeqCst);
        }
        if !self.spill.is_empty() {
            self.spill.push_back(entry);
        } else if let Err(rtrb::PushError::Full(entry)) = self.ring.push(entry) {
            self.spill.push_back(entry);
        }
    }

    fn has_room(&self, wake: &Wake) -> bool {
        self.spill.is_empty() && self.ring.slots() >= RESERVE && wake.bytes.load(SeqCst) < MOST_BYTES
    }

    fn unspill(&mut self) {
        self.news |= !self.spill.is_empty();
        while let Some(entry) = self.spill.pop_front() {
            if let Err(rtrb::PushError::Full(entry)) = self.ring.push(entry) {
                self.spill.push_front(entry);
                return;
            }
        }
    }
}

/// Makes the feeds of a client's sessions.
#[derive(Clone, Debug)]
pub struct Feeds {
    ring: Arc<Mutex<Ring>>,
    wake: Arc<Wake>,
}

impl Feeds {
    pub fn new(wake: Arc<Wake>, capacity: usize) -> (Self, Consumer<Entry>) {
        let (ring, consumer) = rtrb::RingBuffer::new(capacity.max(2 * RESERVE));
        (Self { ring: Arc::new(Mutex::new(Ring { ring, spill: VecDeque::new(), news: false })), wake }, consumer)
    }

    pub fn feed(&self, line: u32, shared: Arc<Shared>, all: Arc<Mutex<Vec<Arc<SubFlags>>>>) -> Feed {
        Feed { line, shared, all, flags: Vec::new(), ring: Arc::clone(&self.ring), wake: Arc::clone(&self.wake) }
    }
}

/// The end of one session.
#[derive(Debug)]
pub struct Feed {
    line: u32,
    shared: Arc<Shared>,
    /// The session's list, and a copy of it, so that no lock is taken per event.
    all: Arc<Mutex<Vec<Arc<SubFlags>>>>,
    flags: Vec<Arc<SubFlags>>,
    ring: Arc<Mutex<Ring>>,
    wake: Arc<Wake>,
}

impl Feed {
    /// Books that are read, not listened to, leave the loop alone.
    fn raise(wake: &Wake, ring: &mut Ring) {
        if std::mem::take(&mut ring.news) {
            wake.raise();
        }
    }
}

/// One batch, the ring locked: nobody else waits for it.
struct Batch<'a> {
    at: Stamp,
    line: u32,
    shared: &'a Shared,
    all: &'a Mutex<Vec<Arc<SubFlags>>>,
    flags: &'a mut Vec<Arc<SubFlags>>,
    ring: MutexGuard<'a, Ring>,
    wake: &'a Wake,
}

impl Batch<'_> {
    #[inline]
    fn flags(&mut self, id: SubId) -> Option<&Arc<SubFlags>> {
        let at = id.0 as usize;
        if at >= self.flags.len() {
            self.flags.clone_from(&locked(self.all));
        }
        self.flags.get(at)
    }
}

impl Sink for Batch<'_> {
    #[inline]
    fn event(&mut self, event: Event<'_>) {
        let at = self.at;
        let conflated = |flags: &SubFlags, id, latest| flags.put(at, latest).then_some(Owned::Dirty(id));
        self.shared.stages.applied(at, &event);
        let owned = match event {
            Event::Notice(id, notice) => Some(Owned::Notice(id, Box::new(notice.clone()))),
            Event::Answer(..) => None,
            Event::Book(id, _) | Event::Trade(id, _) | Event::Ticker(id, _) | Event::Raw(id, _) => {
                let Some(flags) = self.flags(id).filter(|f| f.wants()) else { return };
                match event {
                    Event::Book(_, update) if flags.conflate => conflated(flags, id, Latest::Book(*update)),
                    Event::Ticker(_, ticker) if flags.conflate => conflated(flags, id, Latest::Ticker(Box::new(*ticker))),
                    Event::Raw(_, frame) if flags.conflate => conflated(flags, id, Latest::Raw(frame.into())),
                    Event::Book(_, update) => Some(Owned::Book(id, *update)),
                    Event::Trade(_, trade) => Some(Owned::Trade(id, *trade)),
                    Event::Ticker(_, ticker) => Some(Owned::Ticker(id, Box::new(*ticker))),
                    Event::Raw(_, frame) => Some(Owned::Raw(id, frame.into())),
                    Event::Notice(..) | Event::Answer(..) => None,
                }
            }
        };
        if let Some(owned) = owned {
            self.ring.push(self.wake, (self.line, at, owned));
        }
    }

    fn has_room(&self) -> bool {
        self.ring.has_room(self.wake)
    }
}

impl Handler for Feed {
    fn batch(&mut self, at: Stamp, work: &mut dyn FnMut(&mut dyn Sink)) {
        let Self { line, shared, all, flags, ring, wake } = self;
        let mut ring = locked(ring);
        ring.unspill();
        let mut batch = Batch { at, line: *line, shared, all, flags, ring, wake };
        work(&mut batch);
        Self::raise(wake, &mut batch.ring);
    }

    async fn room(&mut self) {
        loop {
            let drained = self.wake.drained.notified();
            {
                let mut ring = locked(&self.ring);
                ring.unspill();
                Self::raise(&self.wake, &mut ring);
                if ring.has_room(&self.wake) {
                    return;
                }
                self.wake.blocked.store(true, SeqCst);
                if ring.has_room(&self.wake) {
                    return;
                }
            }
            drained.await;
        }
    }
}
