//! Counters and times of an engine.

use super::pool::locked;
use hdrhistogram::Histogram;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Times are kept with two digits up to a minute.
const MOST_NS: u64 = 60_000_000_000;

#[derive(Debug, Default)]
pub struct Stats {
    pub dials: AtomicU64,
    pub dials_failed: AtomicU64,
    /// Calls, and how often they were sent.
    pub calls: AtomicU64,
    pub requests: AtomicU64,
    pub retries: AtomicU64,
    pub failures: AtomicU64,
    /// Idle connections found dead before a byte was sent.
    pub stale: AtomicU64,
    pub bytes_sent: AtomicU64,
    pub bytes_received: AtomicU64,
    /// Calls that had to wait for a limit, and for how long together.
    pub limit_waits: AtomicU64,
    pub limit_wait_ns: AtomicU64,
    /// Calls refused by our limits, and by OKX's.
    pub limit_refused: AtomicU64,
    pub limit_refused_by_okx: AtomicU64,
    spans: Mutex<Spans>,
}

/// How long things took, ns: from the call to its last byte with the kernel, from there to the reply's first byte,
/// and from the call to its answer. Waits for limits do not count; of calls that were sent again, only the replies do.
#[derive(Clone, Debug)]
pub struct Spans {
    pub to_sent: Histogram<u64>,
    pub to_reply: Histogram<u64>,
    pub total: Histogram<u64>,
}

impl Default for Spans {
    fn default() -> Self {
        let histogram = || Histogram::new_with_bounds(1, MOST_NS, 2).expect("bounds and digits are in range");
        Self { to_sent: histogram(), to_reply: histogram(), total: histogram() }
    }
}

/// One number more.
pub fn count(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Relaxed);
}

/// All counters by name, in the order of a call's life.
#[derive(Clone, Debug)]
pub struct Figures {
    pub counters: Vec<(&'static str, u64)>,
    pub spans: Spans,
}

impl Stats {
    /// `begun_ns`: when the call began, or when its limits let it go; `None` if it was tried before.
    pub fn took(&self, begun_ns: Option<u64>, sent_ns: u64, recv_ns: u64, now_ns: u64) {
        let mut spans = locked(&self.spans);
        spans.to_reply.saturating_record(recv_ns.saturating_sub(sent_ns));
        if let Some(begun_ns) = begun_ns {
            spans.to_sent.saturating_record(sent_ns.saturating_sub(begun_ns));
            spans.total.saturating_record(now_ns.saturating_sub(begun_ns));
        }
    }

    pub fn figures(&self) -> Figures {
        let counters = [
            ("calls", &self.calls),
            ("requests", &self.requests),
            ("retries", &self.retries),
            ("failures", &self.failures),
            ("dials", &self.dials),
            ("dials_failed", &self.dials_failed),
            ("connections_stale", &self.stale),
            ("bytes_sent", &self.bytes_sent),
            ("bytes_received", &self.bytes_received),
            ("limit_waits", &self.limit_waits),
            ("limit_wait_ns", &self.limit_wait_ns),
            ("limit_refused", &self.limit_refused),
            ("limit_refused_by_okx", &self.limit_refused_by_okx),
        ];
        Figures { counters: counters.map(|(name, n)| (name, n.load(Relaxed))).into(), spans: locked(&self.spans).clone() }
    }
}
