//! Counters of one connection, readable from any thread while the connection runs.

use crate::channel::CHANNELS;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A counter with one writer: a plain load and store, no locked instruction.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    #[inline]
    pub fn add(&self, n: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(n), Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Messages of one channel.
#[derive(Debug, Default)]
pub struct ChannelStats {
    pub messages: Counter,
    /// Messages that did not have the expected shape and went through the general parser.
    pub fallbacks: Counter,
    pub malformed: Counter,
}

#[derive(Debug, Default)]
pub struct Stats {
    /// In the order of [`CHANNELS`].
    pub channels: [ChannelStats; CHANNELS.len()],
    /// Pushes of subscribed channels that are handed on as bytes.
    pub raw: Counter,
    /// Pushes nobody here subscribed to: stragglers after an unsubscribe.
    pub unrouted: Counter,
    pub control: Counter,
    pub not_okx: Counter,
    /// Updates whose place in the chain was checked and right.
    pub updates_verified: Counter,
    pub snapshots: Counter,
    pub keepalives: Counter,
    pub resets: Counter,
    pub checksums_ok: Counter,
    pub checksums_bad: Counter,
    pub gaps: Counter,
    /// Updates that came while their book waited for a snapshot.
    pub skipped: Counter,
    pub resyncs: Counter,
    /// Books made valid by a snapshot from REST.
    pub bridged: Counter,
    /// Messages that another connection had brought before.
    pub known: Counter,
    /// Messages of a connection that was ahead of the others.
    pub ahead: Counter,
    /// Blind spots that are over.
    pub blind: Counter,
    /// Trades fetched by REST, and those that are lost.
    pub recovered: Counter,
    pub unfillable: Counter,
    /// Channels that fell silent, and old snapshots that were refused.
    pub stale: Counter,
    /// Times a connection turned late.
    pub late: Counter,
    /// Connections closed after another had taken their place.
    pub replaced: Counter,
    pub connects: Counter,
    /// Times the socket gave bytes.
    pub reads: Counter,
}
