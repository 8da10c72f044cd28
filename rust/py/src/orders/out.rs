//! What waits for the thread of the callbacks, and what is measured on the way.
//!
//! Calls that are over are bounded by those that may be on their way. Of what is told and of notices at most [`MOST_TOLD`] and
//! [`MOST_NOTICES`] wait: beyond that the oldest go, and are counted. The connection is read on in any case, or what the
//! desk knows of the orders would grow old with a callback that hangs.

use super::call::Ticket;
use crate::feed::Wake;
use crate::pump::Signals;
use crate::stages::histogram;
use crate::subs::locked;
use hdrhistogram::Histogram;
use okx_fast_core::order::Id;
use okx_fast_core::order::desk::Report;
use okx_fast_core::order::keep::Told as KeepTold;
use okx_fast_core::session::Notice;
use okx_fast_core::time::Stamp;
use okx_fast_net::desk::Told;
use okx_fast_net::keep::{Hears, Keep, Switched};
use okx_fast_net::rest::Engine;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, Weak};

const MOST_TOLD: usize = 65_536;
const MOST_NOTICES: usize = 1024;

/// Something for a callback.
#[derive(Debug)]
pub enum News {
    Done(Arc<Ticket>),
    Notice(&'static str, Box<Notice>),
    /// Of the account: an order, a fill, something found.
    Told(Box<KeepTold>),
    Switched(Box<Switched>),
}

/// Where an order's time goes, nanoseconds.
#[derive(Debug)]
pub struct Spans {
    /// From the Python call until the bytes are ready for the socket.
    pub build: Mutex<Histogram<u64>>,
    /// From then until OKX's gateway had it: both clocks' error is in it.
    pub there: Mutex<Histogram<u64>>,
    /// In OKX's gateway: its `inTime` to its `outTime`.
    pub okx: Mutex<Histogram<u64>>,
    /// From OKX's gateway to our socket: both clocks' error is in it.
    pub back: Mutex<Histogram<u64>>,
    /// From bytes ready to the answer received.
    pub ack: Mutex<Histogram<u64>>,
    /// From bytes ready to the first row of the `orders` channel that shows the order.
    pub push: Mutex<Histogram<u64>>,
}

impl Default for Spans {
    fn default() -> Self {
        let new = || Mutex::new(histogram());
        Self { build: new(), there: new(), okx: new(), back: new(), ack: new(), push: new() }
    }
}

impl Spans {
    fn all(&self) -> [(&'static str, &Mutex<Histogram<u64>>); 6] {
        let Self { build, there, okx, back, ack, push } = self;
        [("build", build), ("there", there), ("okx", okx), ("back", back), ("ack", ack), ("push", push)]
    }

    pub fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (name, histogram) in self.all() {
            dict.set_item(name, crate::stats::quantiles(py, &locked(histogram))?)?;
        }
        Ok(dict)
    }
}

/// Orders whose first row is still to come, so that it can be timed.
const MOST_TIMED: usize = 1024;

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<News>,
    told: usize,
    notices: usize,
}

impl Queue {
    fn pop(&mut self) -> Option<News> {
        let news = self.waiting.pop_front()?;
        match &news {
            News::Told(_) => self.told -= 1,
            News::Notice(..) | News::Switched(_) => self.notices -= 1,
            News::Done(_) => {}
        }
        Some(news)
    }

    /// Lets the oldest go where there are too many of a kind. Whether it did.
    fn shorten(&mut self) -> bool {
        let is_over = |news: &News| match news {
            News::Told(_) => self.told > MOST_TOLD,
            News::Notice(..) => self.notices > MOST_NOTICES,
            News::Done(_) | News::Switched(_) => false,
        };
        if self.told <= MOST_TOLD && self.notices <= MOST_NOTICES {
            return false;
        }
        let Some(at) = self.waiting.iter().position(is_over) else { return false };
        match self.waiting.remove(at) {
            Some(News::Told(_)) => self.told -= 1,
            Some(News::Notice(..)) => self.notices -= 1,
            _ => {}
        }
        true
    }
}

#[derive(Debug)]
pub struct Out {
    queue: Mutex<Queue>,
    /// Somebody listens to orders and fills.
    pub wants_orders: AtomicBool,
    /// No new orders: why.
    stopped: RwLock<Option<String>>,
    /// Of the client in whose run() the callbacks are called.
    pub pump: OnceLock<Arc<Signals>>,
    pub rest: OnceLock<Arc<Engine>>,
    /// Learns of calls that are over, where the account is kept.
    pub keep: OnceLock<Weak<Keep>>,
    pub lost: AtomicU64,
    pub wake: Wake,
    draining: AtomicBool,
    pub spans: Spans,
    /// Ids of placed orders, and when their bytes were ready.
    timed: Mutex<VecDeque<(Id, u64)>>,
}

impl Out {
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            queue: Mutex::default(),
            wants_orders: AtomicBool::new(false),
            stopped: RwLock::default(),
            pump: OnceLock::new(),
            rest: OnceLock::new(),
            keep: OnceLock::new(),
            lost: AtomicU64::new(0),
            wake: Wake::new()?,
            draining: AtomicBool::new(false),
            spans: Spans::default(),
            timed: Mutex::default(),
        })
    }

    pub fn push(&self, news: News) {
        let mut queue = locked(&self.queue);
        match &news {
            News::Told(told) if told.is_plain() && !self.wants_orders.load(Relaxed) => return,
            News::Told(_) => queue.told += 1,
            News::Notice(..) | News::Switched(_) => queue.notices += 1,
            News::Done(_) => {}
        }
        queue.waiting.push_back(news);
        if queue.shorten() {
            self.lost.fetch_add(1, Relaxed);
        }
        drop(queue);
        if let Some(pump) = self.pump.get() {
            pump.outcomes.store(true, SeqCst);
            pump.progress.notify_one();
        } else if !self.draining.load(SeqCst) {
            self.wake.raise();
        }
    }

    /// Whether something waits; if not, the descriptor is readable once it does.
    pub fn has_news(&self) -> bool {
        _ = self.wake.lower();
        !locked(&self.queue).waiting.is_empty()
    }

    /// Somebody takes what waits, and what comes until [`Self::drained`]: nobody is woken for it.
    pub fn drain(&self) {
        self.draining.store(true, SeqCst);
        _ = self.wake.lower();
    }

    /// Nobody takes more for now. Whether something waits; if so, the descriptor is readable.
    pub fn drained(&self) -> bool {
        self.draining.store(false, SeqCst);
        let waits = !locked(&self.queue).waiting.is_empty();
        if waits {
            self.wake.raise();
        }
        waits
    }

    pub fn pop(&self) -> Option<News> {
        locked(&self.queue).pop()
    }

    /// No new orders from now on, and why; `None`: they may be sent again.
    pub fn set_stopped(&self, why: Option<String>) {
        *self.stopped.write().unwrap_or_else(PoisonError::into_inner) = why;
    }

    pub fn stopped(&self) -> Option<String> {
        self.stopped.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first row that shows an order is timed from when it was sent.
    pub fn saw(&self, at: Stamp, cl_ord_id: &str) {
        let mut timed = locked(&self.timed);
        if let Some(place) = timed.iter().position(|(id, _)| id.as_str() == cl_ord_id)
            && let Some((_, sealed)) = timed.remove(place)
        {
            drop(timed);
            locked(&self.spans.push).saturating_record(at.mono_ns.saturating_sub(sealed));
        }
    }

    /// An order was sent under this name, and its row will come.
    pub fn sent(&self, cl_ord_id: Id, sealed_ns: u64) {
        if cl_ord_id.is_empty() {
            return;
        }
        let mut timed = locked(&self.timed);
        if timed.len() >= MOST_TIMED {
            timed.pop_front();
        }
        timed.push_back((cl_ord_id, sealed_ns));
    }

    /// OKX refused for a limit: it is closed for a window, for REST too.
    fn note_limits(&self, ticket: &Ticket, report: &Report) {
        let refused = report.items.iter().find(|item| matches!(item.code.as_str(), "50011" | "50061"));
        let (Some(item), Some((spec, keys)), Some(rest)) = (refused, ticket.limit.get(), self.rest.get()) else { return };
        rest.limit_refused(spec, keys, &item.code);
    }

    fn measure(&self, ticket: &Ticket, report: &Report) {
        let (sealed, wall) = (ticket.sealed_ns.load(Relaxed), ticket.sealed_wall_ns.load(Relaxed));
        if sealed == 0 {
            return;
        }
        locked(&self.spans.build).saturating_record(sealed.saturating_sub(ticket.called.mono_ns));
        let Some(answered) = report.answered else { return };
        locked(&self.spans.ack).saturating_record(answered.mono_ns.saturating_sub(sealed));
        if let (Some(arrived), Some(left)) = (report.in_time_us, report.out_time_us) {
            locked(&self.spans.okx).saturating_record(left.saturating_sub(arrived).saturating_mul(1000));
            locked(&self.spans.there).saturating_record(arrived.saturating_mul(1000).saturating_sub(wall));
            locked(&self.spans.back).saturating_record(answered.wall_ns.saturating_sub(left.saturating_mul(1000)));
        }
    }
}

impl Told<Arc<Ticket>> for Out {
    fn done(&self, ticket: Arc<Ticket>, report: Report) {
        self.measure(&ticket, &report);
        self.note_limits(&ticket, &report);
        if let Some(keep) = self.keep.get().and_then(Weak::upgrade) {
            keep.done(&report);
        }
        ticket.finish(report, || {
            if ticket.wants() {
                self.push(News::Done(Arc::clone(&ticket)));
            }
        });
    }
}

impl Hears for Out {
    fn told(&self, told: KeepTold) {
        self.push(News::Told(Box::new(told)));
    }

    fn switched(&self, switched: Switched) {
        self.push(News::Switched(Box::new(switched)));
    }

    fn stop(&self, why: &str) {
        self.set_stopped(Some(why.to_owned()));
    }
}
