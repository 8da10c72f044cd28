//! L2 order book of one subscription.
//!
//! ```text
//! snapshot ─▶ replace ──────────────────────────┐
//! update ──▶ SeqChain ─▶ apply ─▶ checksum if ≠ 0 ┴─▶ Applied
//!                └─ gap        └─ differs ─▶ Fault: the book is invalid and gives nothing away
//! ```
//!
//! Source: OKX API v5, Order book trading › Market data › WS order book channel.

mod checksum;
mod read;
mod seq;
mod side;

pub use checksum::checksum;
pub use read::{Cost, DepthRow};
pub use seq::{Link, SeqChain};
pub use side::{Level, Quote, Row, ScaleOverflow, Side};

use crate::channel::Channel;
use crate::msg::book::{Action, BookMsg};
use crate::time::Stamp;
use sha2::{Digest, Sha256};
use std::fmt::{self, Write as _};

/// Old snapshots in a row that a book refuses.
const MOST_REFUSED: u32 = 5;

/// Whether a book may be read, and if not, why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Validity {
    Valid,
    /// Subscribed, no snapshot yet.
    #[default]
    Waiting,
    /// A message went missing, was wrong or could not be read: a resync is under way.
    Broken,
    /// The connection is down.
    Disconnected,
    /// Nothing was read from the connection for so long that it may be dead, or the client is not run.
    Stale,
    /// The subscription has ended: by the user, by OKX, or because OKX refused it.
    Ended,
}

impl Validity {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Waiting => "waiting for a snapshot",
            Self::Broken => "broken, resyncing",
            Self::Disconnected => "disconnected",
            Self::Stale => "stale, nothing was heard from the connection for too long",
            Self::Ended => "subscription ended",
        }
    }
}

/// Why a message could not be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Gap {
        expected: Option<i64>,
        got: Option<i64>,
    },
    Checksum {
        expected: i32,
        got: i32,
    },
    Overflow,
    /// A snapshot from before what the book had already been shown, by number and by OKX's time in ms.
    Old {
        expected: (Option<i64>, u64),
        got: (Option<i64>, u64),
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = |v: Option<i64>| v.map_or_else(|| "none".to_owned(), |v| v.to_string());
        match self {
            Self::Gap { expected, got } => write!(f, "book gap, expected prevSeqId {}, got {}", id(*expected), id(*got)),
            Self::Checksum { expected, got } => write!(f, "wrong checksum, expected {expected} of the message, got {got} from the book"),
            Self::Overflow => write!(f, "prices do not fit 64 bits at one scale"),
            Self::Old { expected, got } => {
                write!(f, "an old snapshot, seqId {} of {} after seqId {} of {}", id(got.0), got.1, id(expected.0), expected.1)
            }
        }
    }
}

/// What a message did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    pub link: Link,
    /// The message carried a checksum other than 0, and it was right.
    pub checksum_ok: bool,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Applied(Applied),
    /// The book has no valid state to build on: stragglers of an old subscription come for seconds after its end.
    Skipped,
    /// It came before, on this connection or another.
    Known,
    /// Of several connections, this one is further on: another is about to bring what lies between.
    Ahead,
}

/// One book, with the chain that vouches for it.
#[derive(Debug)]
pub struct Book {
    depth: usize,
    bids: Side,
    asks: Side,
    chain: SeqChain,
    validity: Validity,
    ts_ms: u64,
    heard: Stamp,
    /// Old snapshots refused since the last message that was applied.
    refused: u32,
    text: Vec<u8>,
}

impl Book {
    pub fn new(channel: &Channel) -> Self {
        Self {
            depth: channel.depth,
            bids: Side::bids(),
            asks: Side::asks(),
            chain: SeqChain::default(),
            validity: Validity::Waiting,
            ts_ms: 0,
            heard: Stamp::default(),
            refused: 0,
            text: Vec::new(),
        }
    }

    /// Checks a message against the chain, applies it, verifies its checksum. `merged`: several connections bring the
    /// same chain, each in order, so that what does not continue it is known already, or ahead.
    ///
    /// On a [`Fault`] the book is [`Validity::Broken`] before this returns.
    #[inline]
    pub fn apply(&mut self, at: Stamp, msg: &BookMsg, merged: bool) -> Result<Verdict, Fault> {
        if (merged || msg.prev_seq_id != self.chain.last())
            && let Some(verdict) = self.place(msg, merged)
        {
            return Ok(verdict);
        }
        let link = match msg.action {
            Action::Full if self.validity != Validity::Valid && self.is_old(msg) => return Ok(Verdict::Skipped),
            Action::Snapshot if self.is_old(msg) => return Err(self.refuse(msg)),
            Action::Snapshot | Action::Full => {
                self.bids.clear();
                self.asks.clear();
                self.chain.start(msg.seq_id)
            }
            Action::Update if self.validity != Validity::Valid => return Ok(Verdict::Skipped),
            Action::Update => match self.chain.observe(msg.prev_seq_id, msg.seq_id) {
                Link::Gap { expected, got } => return Err(self.fail(Fault::Gap { expected, got })),
                link => link,
            },
        };
        if self.bids.apply(&msg.bids).is_err() || self.asks.apply(&msg.asks).is_err() {
            return Err(self.fail(Fault::Overflow));
        }
        self.bids.truncate(self.depth);
        self.asks.truncate(self.depth);
        let mut checksum_ok = false;
        if let Some(expected) = msg.checksum.filter(|&sum| sum != 0) {
            let got = checksum(&self.bids, &self.asks, &mut self.text);
            if got != expected {
                return Err(self.fail(Fault::Checksum { expected, got }));
            }
            checksum_ok = true;
        }
        (self.validity, self.refused) = (Validity::Valid, 0);
        self.ts_ms = msg.ts_ms;
        self.heard = at;
        Ok(Verdict::Applied(Applied { link, checksum_ok }))
    }

    /// Where a message stands that is not simply the next; `None`: it is to be applied, or is a gap. The numbers and OKX's
    /// times are the same on all connections. What is older by both is known, whoever brings it again; an older number
    /// with a newer time is what follows a restart of the numbers that was missed.
    fn place(&self, msg: &BookMsg, merged: bool) -> Option<Verdict> {
        let last = self.chain.last().filter(|_| self.validity == Validity::Valid)?;
        let seq = msg.seq_id?;
        let is_old = seq <= last && msg.ts_ms <= self.ts_ms;
        let verdict = match msg.action {
            Action::Snapshot | Action::Full if merged => is_old.then_some(Verdict::Known),
            Action::Snapshot => None,
            Action::Full => (is_old && seq < last && msg.ts_ms < self.ts_ms).then_some(Verdict::Known),
            // Of two keep-alives, one is enough.
            Action::Update if msg.prev_seq_id == Some(last) => (merged && seq == last && is_old).then_some(Verdict::Known),
            Action::Update if is_old => Some(Verdict::Known),
            Action::Update => merged.then_some(Verdict::Ahead),
        };
        verdict.filter(|_| msg.prev_seq_id.is_some() || msg.action != Action::Update)
    }

    /// Whether a whole book is from before what was applied last, by number and by time: a server that lags behind gave it
    /// out. One that insists is right: then the time of what was applied last was wrong.
    fn is_old(&self, msg: &BookMsg) -> bool {
        msg.ts_ms < self.ts_ms && msg.seq_id.is_some() && msg.seq_id < self.chain.last() && self.refused < MOST_REFUSED
    }

    fn refuse(&mut self, msg: &BookMsg) -> Fault {
        self.refused += 1;
        self.fail(Fault::Old { expected: (self.chain.last(), self.ts_ms), got: (msg.seq_id, msg.ts_ms) })
    }

    fn fail(&mut self, fault: Fault) -> Fault {
        self.invalidate(Validity::Broken);
        fault
    }

    /// From now on the book gives nothing away until a snapshot comes.
    pub fn invalidate(&mut self, why: Validity) {
        self.validity = why;
        if why == Validity::Ended {
            // Whoever still holds the book need not hold its levels.
            (self.bids, self.asks, self.text) = (Side::bids(), Side::asks(), Vec::new());
        }
    }

    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// The sides, or why they must not be read.
    #[inline]
    pub fn sides(&self) -> Result<(&Side, &Side), Validity> {
        match self.validity {
            Validity::Valid => Ok((&self.bids, &self.asks)),
            why => Err(why),
        }
    }

    /// The last `seqId` applied.
    pub fn seq_id(&self) -> Option<i64> {
        self.chain.last()
    }

    /// OKX's time of the last message applied, milliseconds.
    pub fn ts_ms(&self) -> u64 {
        self.ts_ms
    }

    /// When the last message applied came from the socket.
    pub fn heard(&self) -> Stamp {
        self.heard
    }
}

/// SHA-256 over all levels by rising price: `bids\n`, then `px:sz\n` a level, `asks\n`, then the same.
/// Two books with equal digests hold the same levels, to the letter.
pub fn digest(bids: &Side, asks: &Side) -> [u8; 32] {
    let mut text = b"bids\n".to_vec();
    let line = |quote: Quote, text: &mut Vec<u8>| {
        quote.px.write_to(text);
        text.push(b':');
        quote.sz.write_to(text);
        text.push(b'\n');
    };
    bids.iter().rev().for_each(|quote| line(quote, &mut text));
    text.extend(b"asks\n");
    asks.iter().for_each(|quote| line(quote, &mut text));
    Sha256::digest(&text).into()
}

/// A digest as text.
pub fn hex(digest: &[u8; 32]) -> String {
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes it");
        text
    })
}

#[cfg(test)]
mod tests;
