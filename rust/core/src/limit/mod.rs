//! Rate limits as OKX counts them: sliding windows, one per rule and subject, counted when a request leaves.
//!
//! ```text
//! claim(now, wants) ─▶ Claim { send_at } ─▶ wait ─▶ due(claim, now) ─▶ later? wait again
//!        │                                             └─▶ now ─▶ sent(claim, at), then write
//!        └─▶ NotBefore: it could not go in time, nothing is booked      not sent after all ─▶ release(claim)
//! ```
//!
//! A claim books its place at once, so that waiters go one after another instead of all at the same moment. It counts as
//! being in the window from then until it is sent or released, however long a connection takes. Where several buckets
//! count it, it counts in each from when it fits there: nobody stands behind one that waits for another bucket.
//!
//! OKX does not say how its windows are shaped, so ours is the strictest, a sliding one, and a little wider than told:
//! [`HEADROOM_PERCENT`].
//!
//! Source: OKX API v5, Overview › Rate limits; Order book trading › Trade, "sub-account rate limit".

mod bucket;
#[cfg(test)]
mod tests;

use bucket::Bucket;
use rustc_hash::FxHashMap;
use std::fmt;

/// Windows are this much wider than told, and by [`HEADROOM_NS`] more: requests do not arrive as evenly as they leave.
pub const HEADROOM_PERCENT: u64 = 3;
/// See [`HEADROOM_PERCENT`].
pub const HEADROOM_NS: u64 = 5_000_000;
/// A bucket that was refused gives up this share of its count (one at least) ...
pub const SHRINK_PERCENT: u32 = 10;
/// ... and gets the same share back after each such time without a refusal.
pub const REGAIN_NS: u64 = 60_000_000_000;

/// Buckets looked at before the idle ones are thrown out.
const SWEEP_AT: usize = 1024;

/// `count` requests (or orders, where OKX counts orders) per window. A count of 0: no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    pub count: u32,
    pub window_ns: u64,
}

/// What a request takes from one bucket.
#[derive(Clone, Copy, Debug)]
pub struct Want<'a> {
    /// Which rule, by the caller's numbering.
    pub bucket: u32,
    /// The subject within it: an instId, a family, a tag; empty if the rule has none.
    pub key: &'a str,
    pub rule: Rule,
    /// Requests or orders. More than the window holds takes the whole window: whether it is allowed, OKX says.
    pub n: u32,
}

/// A place in line. It has to end in [`Limiter::sent`] or [`Limiter::release`]; lost, it blocks its place until the
/// `latest_ns` it was made with.
#[must_use = "a claim counts until it is sent or released"]
#[derive(Debug)]
pub struct Claim {
    /// The request may go then (monotonic clock, never before the claim's `now`), if [`Limiter::due`] agrees.
    pub send_at_ns: u64,
    tickets: Vec<Ticket>,
}

/// One booking of a claim. Ids are never used twice.
#[derive(Clone, Copy, Debug)]
struct Ticket {
    bucket: u64,
    id: u64,
    n: u32,
}

/// The request could not go before the caller's latest time; nothing was booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotBefore {
    /// When it could go at the earliest, as things stand.
    pub at_ns: u64,
    /// The rule that has it wait the longest.
    pub bucket: u32,
}

impl fmt::Display for NotBefore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the rate limit leaves no room in time")
    }
}

impl std::error::Error for NotBefore {}

/// How full one bucket is, for statistics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketView {
    pub bucket: u32,
    pub key: Box<str>,
    /// As told by OKX.
    pub rule: Rule,
    /// What we allow ourselves: less than the rule's count after a refusal.
    pub allowed: u32,
    /// Sent within the window.
    pub used: u32,
    /// Booked and not sent yet.
    pub waiting: u32,
    /// Nothing goes before (monotonic clock); 0: open.
    pub closed_until_ns: u64,
}

/// All limits of one address or one account. No clock: every call says what time it is (monotonic, nanoseconds).
#[derive(Debug, Default)]
pub struct Limiter {
    index: FxHashMap<u32, Subjects>,
    buckets: FxHashMap<u64, Bucket>,
    last_id: u64,
    sweep_at: usize,
}

/// The buckets of one rule.
#[derive(Debug, Default)]
struct Subjects {
    /// Outranks the rule in a [`Want`].
    rule: Option<Rule>,
    by_key: FxHashMap<Box<str>, u64>,
}

impl Limiter {
    pub fn new() -> Self {
        Self::default()
    }

    /// Books the earliest place at which all `wants` have room, first come first served in every bucket; all of them or
    /// none. Nothing is booked if that place lies after `latest_ns`, the time after which the caller would not send any more
    /// (`now_ns`: at once or not at all).
    pub fn claim(&mut self, now_ns: u64, wants: &[Want<'_>], latest_ns: u64) -> Result<Claim, NotBefore> {
        let (at_ns, bucket) = self.earliest(now_ns, wants);
        if at_ns > latest_ns.max(now_ns) {
            return Err(NotBefore { at_ns, bucket });
        }
        let mut tickets = Vec::with_capacity(wants.len());
        for (i, want) in wants.iter().enumerate() {
            let Some(n) = total(wants, i) else { continue };
            let rule = self.rule(want);
            if rule.count == 0 {
                continue;
            }
            let uid = self.bucket(want, rule, now_ns);
            self.last_id += 1;
            let ticket = Ticket { bucket: uid, id: self.last_id, n };
            if let Some(bucket) = self.buckets.get_mut(&uid) {
                bucket.book(now_ns, ticket.id, at_ns, latest_ns, n);
            }
            tickets.push(ticket);
        }
        Ok(Claim { send_at_ns: at_ns, tickets })
    }

    /// When `claim` may go, given what has happened since: at or before `now_ns`, send it; else ask again then. It can have
    /// become later, because the request before it was late itself, or because OKX refused one.
    pub fn due(&mut self, claim: &mut Claim, now_ns: u64) -> u64 {
        let mut at = now_ns;
        for ticket in &claim.tickets {
            if let Some(bucket) = self.buckets.get_mut(&ticket.bucket) {
                at = at.max(bucket.due(now_ns, ticket.id));
            }
        }
        for ticket in &claim.tickets {
            if let Some(bucket) = self.buckets.get_mut(&ticket.bucket) {
                bucket.goes(ticket.id, at);
            }
        }
        claim.send_at_ns = at;
        at
    }

    /// Counts the claim at `at_ns`, which is now: to be called just before the first byte is written.
    pub fn sent(&mut self, claim: Claim, at_ns: u64) {
        for ticket in claim.tickets {
            if let Some(bucket) = self.buckets.get_mut(&ticket.bucket) {
                bucket.sent(ticket.id, at_ns, ticket.n);
            }
        }
    }

    /// Gives the place back: nothing was sent, for certain.
    pub fn release(&mut self, claim: Claim) {
        for ticket in claim.tickets {
            if let Some(bucket) = self.buckets.get_mut(&ticket.bucket) {
                bucket.release(ticket.id);
            }
        }
    }

    /// When `wants` could go if they were claimed now: `now_ns`, or later.
    pub fn ready_at(&self, now_ns: u64, wants: &[Want<'_>]) -> u64 {
        self.earliest(now_ns, wants).0
    }

    /// OKX refused a request for its rate (50011: its own buckets; 50061: the one of the account's cap). The buckets are
    /// closed for a window from now, and allow less for a while.
    pub fn refused(&mut self, now_ns: u64, wants: &[Want<'_>]) {
        for want in wants {
            let rule = self.rule(want);
            if rule.count == 0 {
                continue;
            }
            let uid = self.bucket(want, rule, now_ns);
            if let Some(bucket) = self.buckets.get_mut(&uid) {
                bucket.refused(now_ns);
            }
        }
    }

    /// Replaces the rule of a bucket, whatever its wants say from now on (`account-rate-limit`).
    pub fn set_rule(&mut self, bucket: u32, rule: Rule) {
        self.index.entry(bucket).or_default().rule = Some(rule);
    }

    /// The buckets in use, by rule and subject.
    pub fn snapshot(&self, now_ns: u64) -> Vec<BucketView> {
        let mut views: Vec<_> = self
            .index
            .iter()
            .flat_map(|(&number, subjects)| subjects.by_key.iter().map(move |(key, uid)| (number, key, uid)))
            .filter_map(|(number, key, uid)| Some(self.buckets.get(uid)?.view(number, key, now_ns)))
            .collect();
        views.sort_unstable_by(|a, b| (a.bucket, &a.key).cmp(&(b.bucket, &b.key)));
        views
    }

    fn rule(&self, want: &Want<'_>) -> Rule {
        self.index.get(&want.bucket).and_then(|subjects| subjects.rule).unwrap_or(want.rule)
    }

    /// The earliest moment for all wants, and the rule that decides it. Requests in line go before, so that a window only
    /// empties as time goes on: what has room at one moment has room at any later one.
    fn earliest(&self, now_ns: u64, wants: &[Want<'_>]) -> (u64, u32) {
        let mut found = (now_ns, wants.first().map_or(0, |want| want.bucket));
        for (i, want) in wants.iter().enumerate() {
            let Some(n) = total(wants, i) else { continue };
            let Some(subjects) = self.index.get(&want.bucket) else { continue };
            let Some(bucket) = subjects.by_key.get(want.key).and_then(|uid| self.buckets.get(uid)) else { continue };
            let rule = subjects.rule.unwrap_or(want.rule);
            if rule.count == 0 {
                continue;
            }
            let at = bucket.earliest(now_ns, rule, n);
            if at > found.0 {
                found = (at, want.bucket);
            }
        }
        found
    }

    /// The bucket of `want`, made if it is new, with its rule up to date.
    fn bucket(&mut self, want: &Want<'_>, rule: Rule, now_ns: u64) -> u64 {
        let known = self.index.get(&want.bucket).and_then(|subjects| subjects.by_key.get(want.key)).copied();
        if let Some(uid) = known {
            if let Some(bucket) = self.buckets.get_mut(&uid) {
                bucket.set_rule(rule);
            }
            return uid;
        }
        self.sweep(now_ns);
        self.last_id += 1;
        let uid = self.last_id;
        self.index.entry(want.bucket).or_default().by_key.insert(want.key.into(), uid);
        self.buckets.insert(uid, Bucket::new(rule));
        uid
    }

    /// Whether it holds nothing that could make anybody wait.
    pub fn is_idle(&self, now_ns: u64) -> bool {
        self.buckets.values().all(|bucket| bucket.is_idle(now_ns))
    }

    /// Forgets buckets that say nothing any more, so that memory follows what is traded and not what ever was.
    fn sweep(&mut self, now_ns: u64) {
        if self.buckets.len() < self.sweep_at.max(SWEEP_AT) {
            return;
        }
        self.buckets.retain(|_, bucket| !bucket.is_idle(now_ns));
        for subjects in self.index.values_mut() {
            subjects.by_key.retain(|_, uid| self.buckets.contains_key(uid));
        }
        self.index.retain(|_, subjects| subjects.rule.is_some() || !subjects.by_key.is_empty());
        self.sweep_at = self.buckets.len() * 2;
    }
}

/// What all wants for the bucket of the `i`th take together; `None` if an earlier one stands for it already, or if it
/// takes nothing.
fn total(wants: &[Want<'_>], i: usize) -> Option<u32> {
    let want = wants.get(i)?;
    let same = |other: &&Want<'_>| other.bucket == want.bucket && other.key == want.key;
    if wants.iter().take(i).any(|other| same(&other)) {
        return None;
    }
    let n = wants.iter().filter(same).fold(0u32, |sum, other| sum.saturating_add(other.n));
    (n > 0).then_some(n)
}
