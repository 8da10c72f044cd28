//! One client's REST side: its origin, connections, key, clock and limits, and the way of a call through them.

use super::backoff::Jitter;
use super::call::{Answer, CAP_BUCKET, CAP_WINDOW_MS, Call, Failure, Place, Spec};
use super::clock::{Clock, News, time_spec};
use super::jobs::Jobs;
use super::pool::{LOOK_EVERY, Lane, Line, Pool, Slot, locked};
use super::scope::{self, Scope, Shared};
use super::stats::{Figures, Stats, count};
use super::turn::{Step, Turn};
use crate::clock;
use crate::http::{DialError, DialOptions, Dialer, ExchangeError, Origin, Pause, Steady, Wrote};
use crate::tls::TlsConfig;
use okx_fast_core::rest::head::{Method, Request, Unwritable, Writer};
use okx_fast_core::secret::Credentials;
use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

/// After a client is closed, what has left and changes state is waited for so much longer.
const LAST_REPLY_NS: u64 = 500_000_000;

/// What an engine is made of.
#[derive(Debug)]
pub struct Config {
    pub origin: Origin,
    pub tls: TlsConfig,
    pub dial: DialOptions,
    /// Every request carries `x-simulated-trading: 1`.
    pub demo: bool,
    pub connections: usize,
    /// Idle connections are used at least so often, with `GET public/time`.
    pub keep_warm: Option<Duration>,
    /// A server clock further off than this is not believed.
    pub max_clock_offset: Duration,
    /// New and amended orders in two seconds.
    pub order_cap: u32,
}

/// The caller's side of a call.
pub trait Gate: Pause {
    /// The next byte may leave: `false` if the caller gave up before.
    fn may_send(&self) -> bool {
        true
    }
}

impl Gate for Steady {}

/// A key and the limits OKX counts for it.
#[derive(Debug)]
pub struct Account {
    pub credentials: Credentials,
    pub(super) limits: Shared,
}

pub struct Engine {
    host: String,
    pub(super) writer: Writer,
    /// `GET public/time`.
    pub(super) time: Spec,
    dialer: Dialer,
    pub(super) pool: Pool,
    pub(super) connections: usize,
    account: RwLock<Option<Arc<Account>>>,
    pub(super) ip_limits: Shared,
    order_cap: AtomicU32,
    pub(super) clock: Clock,
    pub(super) jitter: Jitter,
    pub(super) stats: Stats,
    pub(super) jobs: Jobs,
    pub(super) keep_warm: Option<Duration>,
    /// Monotonic; 0: open.
    closed_at_ns: AtomicU64,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("host", &self.host).finish_non_exhaustive()
    }
}

/// Waits of a call end when its caller says so, and when the engine is closed.
pub(super) struct Watch<'a> {
    closed_at_ns: &'a AtomicU64,
    pub gate: &'a dyn Gate,
}

impl Pause for Watch<'_> {
    fn interrupted(&self) -> bool {
        self.closed_at_ns.load(SeqCst) != 0 || self.gate.interrupted()
    }
}

/// The wait for the reply to a request that changes state: a client that closes does not throw it away at once.
struct LastReply<'a>(&'a Watch<'a>);

impl Pause for LastReply<'_> {
    fn interrupted(&self) -> bool {
        let closed_at_ns = self.0.closed_at_ns.load(SeqCst);
        (closed_at_ns != 0 && clock::mono_ns() >= closed_at_ns.saturating_add(LAST_REPLY_NS)) || self.0.gate.interrupted()
    }
}

impl Engine {
    pub fn new(config: Config) -> Result<Self, Unwritable> {
        let Config { origin, tls, dial, demo, connections, keep_warm, max_clock_offset, order_cap } = config;
        let ip = Scope::Ip { host: origin.host_header(), proxy: dial.proxy.as_ref().map(ToString::to_string), local: dial.local_address };
        Ok(Self {
            host: origin.host_header(),
            writer: Writer::new(&origin.host_header(), demo)?,
            time: time_spec(),
            pool: Pool::new(connections),
            connections: connections.max(1),
            account: RwLock::default(),
            ip_limits: scope::shared(ip),
            order_cap: AtomicU32::new(order_cap),
            clock: Clock::new(max_clock_offset),
            jitter: Jitter::new(),
            stats: Stats::default(),
            jobs: Jobs::default(),
            keep_warm,
            closed_at_ns: AtomicU64::new(0),
            dialer: Dialer::new(origin, &tls, dial),
        })
    }

    /// From the next call on, in place of those before.
    pub fn set_credentials(&self, credentials: Credentials) {
        let limits = scope::shared(Scope::User { host: self.host.clone(), key: credentials.key().to_owned() });
        let account = Some(Arc::new(Account { credentials, limits }));
        *self.account.write().unwrap_or_else(PoisonError::into_inner) = account;
    }

    pub fn account(&self) -> Option<Arc<Account>> {
        self.account.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set_order_cap(&self, cap: u32) {
        self.order_cap.store(cap, SeqCst);
        if let Some(account) = self.account() {
            locked(&account.limits).set_rule(CAP_BUCKET, scope::rule(cap, CAP_WINDOW_MS));
        }
    }

    /// One call, on this thread.
    pub fn call(&self, spec: &Spec, call: &Call, gate: &dyn Gate) -> Result<Answer, Failure> {
        let mut turn = Turn::default();
        let result = loop {
            match self.step(spec, call, &mut turn, gate) {
                Step::Done(result) => break *result,
                Step::Again { at_ns } => {
                    if let Err(failure) = self.sleep(at_ns, gate) {
                        break Err(failure);
                    }
                }
            }
        };
        self.counted(result)
    }

    /// Sleeps until `at_ns`, looking for reasons not to.
    pub(super) fn sleep(&self, at_ns: u64, gate: &dyn Gate) -> Result<(), Failure> {
        loop {
            let left = Duration::from_nanos(at_ns.saturating_sub(clock::mono_ns()));
            if left.is_zero() {
                return Ok(());
            }
            if self.watch(gate).interrupted() {
                return Err(self.given(Failure::Interrupted));
            }
            thread::sleep(left.min(LOOK_EVERY));
        }
    }

    pub(super) fn counted(&self, result: Result<Answer, Failure>) -> Result<Answer, Failure> {
        count(&self.stats.calls, 1);
        match &result {
            Ok(_) => {}
            Err(Failure::Limit { .. }) => count(&self.stats.limit_refused, 1),
            Err(_) => count(&self.stats.failures, 1),
        }
        result
    }

    /// Goes on with a call until it is over, or until a moment worth waiting for.
    pub(super) fn step(&self, spec: &Spec, call: &Call, turn: &mut Turn, gate: &dyn Gate) -> Step {
        let watch = self.watch(gate);
        self.try_once(spec, call, turn, &watch).unwrap_or_else(|step| step)
    }

    fn try_once(&self, spec: &Spec, call: &Call, turn: &mut Turn, watch: &Watch<'_>) -> Result<Step, Step> {
        if self.is_closed() {
            return Err(Failure::Closed.into());
        }
        let now = clock::mono_ns();
        if now >= call.deadline_ns {
            let at = if turn.attempts > 0 { Place::Retry } else { Place::Queue };
            return Err(turn.end(Failure::Deadline { at }));
        }
        let account = self.account_for(spec)?;
        let account = account.as_deref();
        self.book(spec, call, account, turn, now)?;
        let lane = if spec.cancel { Lane::Cancel } else { Lane::Common };
        let mut slot = self.pool.checkout(lane, call.deadline_ns, watch).map_err(|failure| self.given(failure))?;
        loop {
            let reused = match self.connect(&mut slot, call.deadline_ns, watch) {
                Ok(reused) => reused,
                Err(error) => {
                    drop(slot);
                    return Err(self.undialed(spec, call, turn, &error));
                }
            };
            let Some(line) = slot.line.as_mut() else { continue };
            let stamp = clock::now();
            // It took time to get here: is it still this request's turn?
            self.due(call, turn, stamp.mono_ns)?;
            let (query, body): (&[u8], &[u8]) = match spec.method {
                Method::Get => (&call.payload, &[]),
                Method::Post => (&[], &call.payload),
            };
            let (exp_time, language) = (call.exp_time.as_deref(), call.language.as_deref());
            let request = Request { method: spec.method, path: &spec.path, query, body, exp_time, language };
            let written = self.writer.write(&request, account.map(|a| &a.credentials), self.clock.server_ns(stamp), &mut line.out);
            written.map_err(|error| Failure::Config { reason: format!("{}: {error}", spec.endpoint) })?;
            if !watch.gate.may_send() {
                return Err(Failure::Interrupted.into());
            }
            turn.sending(stamp.mono_ns);
            let pause: &dyn Pause = if spec.idempotent { watch } else { &LastReply(watch) };
            match line.conn.exchange(&line.out, call.deadline_ns, pause, &mut line.reply) {
                Ok(()) => return Ok(self.replied(spec, call, turn, slot, account, watch)),
                // Closed by the other side while idle: certain that nothing left, so another one takes it.
                Err(ExchangeError::Io { wrote: Wrote::Nothing, .. } | ExchangeError::Closed { wrote: Wrote::Nothing, .. }) if reused => {
                    count(&self.stats.stale, 1);
                    turn.attempts -= 1;
                    slot.next_idle();
                }
                Err(error) => {
                    slot.line = None;
                    drop(slot);
                    return Err(self.lost(spec, call, turn, &error, reused));
                }
            }
        }
    }

    pub(super) fn account_for(&self, spec: &Spec) -> Result<Option<Arc<Account>>, Failure> {
        if !spec.signed {
            return Ok(None);
        }
        let none = || Failure::Config { reason: format!("{}: expected credentials, got none", spec.endpoint) };
        self.account().map(Some).ok_or_else(none)
    }

    pub(super) fn limits_of<'a>(&'a self, spec: &Spec, account: Option<&'a Account>) -> &'a Shared {
        match account {
            Some(account) if !spec.by_ip => &account.limits,
            _ => &self.ip_limits,
        }
    }

    pub(super) fn order_cap(&self) -> u32 {
        self.order_cap.load(SeqCst)
    }

    pub(super) fn watch<'a>(&'a self, gate: &'a dyn Gate) -> Watch<'a> {
        Watch { closed_at_ns: &self.closed_at_ns, gate }
    }

    pub fn is_closed(&self) -> bool {
        self.closed_at_ns.load(SeqCst) != 0
    }

    /// A wait that was broken off: by whom?
    pub(super) fn given(&self, failure: Failure) -> Failure {
        if failure == Failure::Interrupted && self.is_closed() { Failure::Closed } else { failure }
    }

    /// A line in the slot that looks alive, made if need be. Whether it has carried requests before.
    pub(super) fn connect(&self, slot: &mut Slot<'_>, deadline_ns: u64, watch: &Watch<'_>) -> Result<bool, DialError> {
        while let Some(line) = &mut slot.line {
            if line.conn.is_alive() {
                return Ok(true);
            }
            count(&self.stats.stale, 1);
            slot.next_idle();
        }
        count(&self.stats.dials, 1);
        let conn = self.dialer.dial(deadline_ns, watch).inspect_err(|_| count(&self.stats.dials_failed, 1))?;
        slot.line = Some(Line::new(conn));
        Ok(false)
    }

    pub(super) fn close_now(&self) {
        _ = self.closed_at_ns.compare_exchange(0, clock::mono_ns(), SeqCst, SeqCst);
    }

    pub fn clock_news(&self) -> News {
        self.clock.news()
    }

    pub fn figures(&self) -> Figures {
        self.stats.figures()
    }
}
