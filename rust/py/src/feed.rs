//! asyncio mode: the I/O thread puts events in a bounded queue and wakes the loop; the loop's thread drains it.
//!
//! ```text
//! I/O thread ─▶ ring (bounded) ─▶ eventfd, on the first event after a drain ─▶ loop.add_reader ─▶ drain
//!      └─ ring full: the socket is left unread until a drain made room (TCP holds the sender back)
//! ```
//!
//! The I/O thread never needs the interpreter: nothing here holds a Python object.

use crate::subs::{Latest, SubFlags, locked};
use okx_fast_core::msg::ticker::Ticker;
use okx_fast_core::msg::trade::Trade;
use okx_fast_core::session::{BookUpdate, Event, Notice, SubId};
use okx_fast_core::time::Stamp;
use okx_fast_net::driver::{Handler, Sink};
use rtrb::{Consumer, Producer};
use rustix::event::{EventfdFlags, eventfd};
use std::collections::VecDeque;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
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
}

impl Wake {
    pub fn new() -> std::io::Result<Self> {
        let fd = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?;
        Ok(Self { fd, raised: AtomicBool::new(false), blocked: AtomicBool::new(false), drained: Notify::new(), bytes: AtomicUsize::new(0) })
    }

    pub fn fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }

    pub fn raise(&self) {
        if !self.raised.swap(true, SeqCst) {
            // A full counter cannot happen (it counts to 2^64), and a closed one has no reader left to wake.
            _ = rustix::io::write(&self.fd, &1u64.to_ne_bytes());
        }
    }

    /// Takes the signal back before the queues are read: what is put after this raises it again.
    pub fn lower(&self) {
        _ = rustix::io::read(&self.fd, &mut [0; 8]);
        self.raised.store(false, SeqCst);
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
            self.drained.notify_waiters();
            self.drained.notify_one();
        }
    }
}

/// The I/O thread's end.
#[derive(Debug)]
pub struct Feed {
    /// The connection's list, and a copy of it, so that no lock is taken per event.
    all: Arc<Mutex<Vec<Arc<SubFlags>>>>,
    flags: Vec<Arc<SubFlags>>,
    ring: Producer<(Stamp, Owned)>,
    spill: VecDeque<(Stamp, Owned)>,
    wake: Arc<Wake>,
    /// Something was queued since the loop was last woken.
    news: bool,
}

impl Feed {
    pub fn new(all: Arc<Mutex<Vec<Arc<SubFlags>>>>, wake: Arc<Wake>, capacity: usize) -> (Self, Consumer<(Stamp, Owned)>) {
        let (ring, consumer) = rtrb::RingBuffer::new(capacity.max(2 * RESERVE));
        (Self { all, flags: Vec::new(), ring, spill: VecDeque::new(), wake, news: false }, consumer)
    }

    #[inline]
    fn flags(&mut self, id: SubId) -> Option<&Arc<SubFlags>> {
        let at = id.0 as usize;
        if at >= self.flags.len() {
            self.flags.clone_from(&locked(&self.all));
        }
        self.flags.get(at)
    }

    fn push(&mut self, at: Stamp, event: Owned) {
        self.news = true;
        let weight = event.weight();
        if weight > 0 {
            self.wake.bytes.fetch_add(weight, SeqCst);
        }
        if !self.spill.is_empty() {
            self.spill.push_back((at, event));
        } else if let Err(rtrb::PushError::Full(entry)) = self.ring.push((at, event)) {
            self.spill.push_back(entry);
        }
    }

    fn has_room(&self) -> bool {
        self.spill.is_empty() && self.ring.slots() >= RESERVE && self.wake.bytes.load(SeqCst) < MOST_BYTES
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

struct Batch<'a> {
    at: Stamp,
    feed: &'a mut Feed,
}

impl Sink for Batch<'_> {
    #[inline]
    fn event(&mut self, event: Event<'_>) {
        let at = self.at;
        let conflated = |flags: &SubFlags, id, latest| flags.put(at, latest).then_some(Owned::Dirty(id));
        let owned = match event {
            Event::Notice(id, notice) => Some(Owned::Notice(id, Box::new(notice.clone()))),
            Event::Book(id, _) | Event::Trade(id, _) | Event::Ticker(id, _) | Event::Raw(id, _) => {
                let Some(flags) = self.feed.flags(id).filter(|f| f.wants()) else { return };
                match event {
                    Event::Book(_, update) if flags.conflate => conflated(flags, id, Latest::Book(*update)),
                    Event::Ticker(_, ticker) if flags.conflate => conflated(flags, id, Latest::Ticker(Box::new(*ticker))),
                    Event::Book(_, update) => Some(Owned::Book(id, *update)),
                    Event::Trade(_, trade) => Some(Owned::Trade(id, *trade)),
                    Event::Ticker(_, ticker) => Some(Owned::Ticker(id, Box::new(*ticker))),
                    Event::Raw(_, frame) => Some(Owned::Raw(id, frame.into())),
                    Event::Notice(..) => None,
                }
            }
        };
        if let Some(owned) = owned {
            self.feed.push(at, owned);
        }
    }

    fn has_room(&self) -> bool {
        self.feed.has_room()
    }
}

impl Handler for Feed {
    fn batch(&mut self, at: Stamp, work: &mut dyn FnMut(&mut dyn Sink)) {
        self.unspill();
        work(&mut Batch { at, feed: self });
        // Books that are read, not listened to, leave the loop alone.
        if std::mem::take(&mut self.news) {
            self.wake.raise();
        }
    }

    async fn room(&mut self) {
        loop {
            self.unspill();
            if std::mem::take(&mut self.news) {
                self.wake.raise();
            }
            if self.has_room() {
                return;
            }
            self.wake.blocked.store(true, SeqCst);
            if self.has_room() {
                return;
            }
            self.wake.drained.notified().await;
        }
    }
}
