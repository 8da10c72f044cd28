//! Where time goes between OKX and a callback, stage by stage. One event in sixteen is measured.
//!
//! ```text
//! OKX's `ts` ─ network ─▶ recv ─ apply ─▶ applied ─ queue ─▶ taken up ─ callback ─▶ returned
//! ```

use crate::subs::locked;
use hdrhistogram::Histogram;
use okx_fast_core::session::Event;
use okx_fast_core::time::Stamp;
use okx_fast_net::clock;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// One event in so many is measured.
const EVERY: u32 = 16;
const MOST_NS: u64 = 60_000_000_000;

pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, MOST_NS, 2).expect("the bounds are constant and right")
}

#[derive(Debug)]
pub struct Stages {
    turn: AtomicU32,
    /// From OKX's time in the message to our socket: both clocks' error is in it.
    pub network: Mutex<Histogram<u64>>,
    /// From the socket to the book, or to a decoded event.
    pub apply: Mutex<Histogram<u64>>,
    /// From the socket until the thread of the callbacks takes it up.
    pub queue: Mutex<Histogram<u64>>,
    /// Inside the callback.
    pub callback: Mutex<Histogram<u64>>,
    /// From waking the event loop until it comes (asyncio).
    pub wake: Mutex<Histogram<u64>>,
}

impl Default for Stages {
    fn default() -> Self {
        let new = || Mutex::new(histogram());
        Self { turn: AtomicU32::new(0), network: new(), apply: new(), queue: new(), callback: new(), wake: new() }
    }
}

impl Stages {
    /// Each stage and its name, in the order of time.
    pub fn all(&self) -> [(&'static str, &Mutex<Histogram<u64>>); 5] {
        [("network", &self.network), ("apply", &self.apply), ("queue", &self.queue), ("wake", &self.wake), ("callback", &self.callback)]
    }

    /// An event came out of the session.
    #[inline]
    pub fn applied(&self, at: Stamp, event: &Event<'_>) {
        let turn = self.turn.load(Relaxed).wrapping_add(1);
        self.turn.store(turn, Relaxed);
        if turn.is_multiple_of(EVERY) {
            self.measure(at, event);
        }
    }

    #[cold]
    fn measure(&self, at: Stamp, event: &Event<'_>) {
        let ts_ms = match event {
            Event::Book(_, update) => update.ts_ms,
            Event::Trade(_, trade) => trade.ts_ms,
            Event::Ticker(_, ticker) => ticker.ts_ms,
            Event::Raw(..) => 0,
            Event::Notice(..) | Event::Answer(..) => return,
        };
        locked(&self.apply).saturating_record(clock::mono_ns().saturating_sub(at.mono_ns));
        if ts_ms > 0 {
            locked(&self.network).saturating_record(at.wall_ns.saturating_sub(ts_ms.saturating_mul(1_000_000)));
        }
    }

    /// Whether this callback is to be measured.
    #[inline]
    pub fn is_turn(events: u64) -> bool {
        events.is_multiple_of(u64::from(EVERY))
    }
}
