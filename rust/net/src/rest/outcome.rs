//! Before a try, the limits; after it, what it means and whether there is another one.

use super::call::{Answer, CAP_BUCKET, Call, Failure, Keys, Place, Spec};
use super::clock::Renewed;
use super::engine::{Account, Engine, Watch};
use super::judge::{Verdict, judge};
use super::pool::{Slot, locked};
use super::scope;
use super::stats::count;
use super::turn::{Booking, Step, Turn};
use crate::clock;
use crate::http::{DialError, ExchangeError, Wrote};
use crate::tls::TlsError;
use okx_fast_core::code::Code;
use okx_fast_core::limit::{BucketView, Want};
use okx_fast_core::rest::reply;

impl Engine {
    /// Books the place of a call that is only submitted yet.
    pub(super) fn book_first(&self, spec: &Spec, call: &Call, turn: &mut Turn) -> Result<(), Step> {
        let account = self.account_for(spec)?;
        self.book(spec, call, account.as_deref(), turn, call.begun_ns)
    }

    /// Nanoseconds until such a call may be sent.
    pub fn when(&self, spec: &Spec, keys: &Keys) -> u64 {
        let now_ns = clock::mono_ns();
        let wants = scope::wants(spec, keys, self.order_cap());
        let account = self.account().filter(|_| spec.signed);
        let ready_at = locked(self.limits_of(spec, account.as_deref())).ready_at(now_ns, &wants);
        ready_at.saturating_sub(now_ns)
    }

    /// A place in the limits for something that is sent another way, now or not at all: given back if it is not used.
    pub fn book_now(&self, spec: &Spec, keys: &Keys) -> Result<Option<Booking>, Failure> {
        let wants = scope::wants(spec, keys, self.order_cap());
        if wants.is_empty() {
            return Ok(None);
        }
        let now_ns = clock::mono_ns();
        let account = self.account_for(spec)?;
        let limits = self.limits_of(spec, account.as_deref());
        let claimed = locked(limits).claim(now_ns, &wants, now_ns);
        let claim = claimed.map_err(|e| Failure::Limit { retry_in_ns: e.at_ns.saturating_sub(now_ns) })?;
        Ok(Some(Booking::new(limits.clone(), claim)))
    }

    /// OKX's clock minus ours, as it was last read.
    pub fn clock_offset_ms(&self) -> i64 {
        let now = clock::now();
        let theirs = i64::try_from(self.clock.server_ns(now) / 1_000_000).unwrap_or(i64::MAX);
        theirs.saturating_sub_unsigned(now.wall_ns / 1_000_000)
    }

    /// The buckets in use, and whether OKX counts them per IP.
    pub fn limits(&self) -> Vec<(bool, BucketView)> {
        let now_ns = clock::mono_ns();
        let by_ip = locked(&self.ip_limits).snapshot(now_ns).into_iter().map(|view| (true, view));
        let account = self.account();
        let by_user = account.iter().flat_map(|account| locked(&account.limits).snapshot(now_ns)).map(|view| (false, view));
        by_ip.chain(by_user).collect()
    }

    /// OKX refused for a limit where only the items of a reply say so, with 50011 or 50061.
    pub fn limit_refused(&self, spec: &Spec, keys: &Keys, code: &str) {
        let account = self.account().filter(|_| spec.signed);
        self.refuse(spec, keys, account.as_deref(), code == "50061");
    }

    /// Books the call's place in the limits, if it has none. `Err`: nothing may be sent now.
    pub(super) fn book(&self, spec: &Spec, call: &Call, account: Option<&Account>, turn: &mut Turn, now_ns: u64) -> Result<(), Step> {
        if turn.booking.is_some() {
            return self.due(call, turn, now_ns);
        }
        let wants = scope::wants(spec, &call.keys, self.order_cap());
        if wants.is_empty() {
            return Ok(());
        }
        let limits = self.limits_of(spec, account);
        let latest_ns = if call.wait { call.deadline_ns } else { now_ns };
        let claimed = locked(limits).claim(now_ns, &wants, latest_ns);
        let claim = claimed.map_err(|e| turn.end(Failure::Limit { retry_in_ns: e.at_ns.saturating_sub(now_ns) }))?;
        let at_ns = claim.send_at_ns;
        turn.booking = Some(Booking::new(limits.clone(), claim));
        if at_ns <= now_ns { Ok(()) } else { Err(self.waits(turn, now_ns, at_ns)) }
    }

    /// Whether the time of what was booked has come. Others may have been late, or refused.
    pub(super) fn due(&self, call: &Call, turn: &mut Turn, now_ns: u64) -> Result<(), Step> {
        let at_ns = turn.booking.as_mut().map_or(now_ns, |booking| booking.due(now_ns));
        if at_ns <= now_ns {
            return Ok(());
        }
        if !call.wait || at_ns >= call.deadline_ns {
            turn.booking = None;
            return Err(turn.end(Failure::Limit { retry_in_ns: at_ns - now_ns }));
        }
        Err(self.waits(turn, now_ns, at_ns))
    }

    fn waits(&self, turn: &mut Turn, now_ns: u64, at_ns: u64) -> Step {
        turn.waited_ns += at_ns - now_ns;
        count(&self.stats.limit_waits, 1);
        count(&self.stats.limit_wait_ns, at_ns - now_ns);
        Step::Again { at_ns }
    }

    /// A reply is in the slot's line.
    pub(super) fn replied(
        &self,
        spec: &Spec,
        call: &Call,
        turn: &mut Turn,
        mut slot: Slot<'_>,
        account: Option<&Account>,
        watch: &Watch<'_>,
    ) -> Step {
        let Some(line) = slot.line.as_mut() else { return Failure::Closed.into() };
        let reply = &mut line.reply;
        line.used_ns = reply.done_ns;
        let answer = Answer {
            status: reply.status,
            code: reply::code(&reply.body),
            body: std::mem::take(&mut reply.body),
            request_id: reply.request_id.take(),
            content_type: reply.content_type.take(),
            sent_ns: reply.sent_ns,
            recv_ns: reply.recv_ns,
            attempts: turn.attempts,
            waited_ns: turn.waited_ns,
        };
        let begun_ns = (turn.attempts == 1).then(|| call.begun_ns.saturating_add(turn.waited_ns));
        self.stats.took(begun_ns, answer.sent_ns, answer.recv_ns, reply.done_ns);
        count(&self.stats.requests, 1);
        count(&self.stats.bytes_sent, line.out.len() as u64);
        count(&self.stats.bytes_received, answer.body.len() as u64);
        if let Some(date) = &reply.date {
            self.clock.notice(date, reply.sent_ns, reply.recv_ns);
        }
        let retry_after_ns = reply.retry_after.unwrap_or(0).saturating_mul(1_000_000_000);
        let verdict = judge(answer.status, answer.code.as_ref().map(Code::as_str));
        if !reply.keep_alive {
            slot.line = None;
        }
        match verdict {
            Verdict::Final | Verdict::Busy => {}
            Verdict::Limited => self.refuse(spec, &call.keys, account, false),
            Verdict::Capped => self.refuse(spec, &call.keys, account, true),
            Verdict::Clock if turn.clock_set => return Step::Done(Box::new(Ok(answer))),
            Verdict::Clock => {
                let renewed = self.renew_clock(&mut slot, answer.sent_ns, call.deadline_ns, watch);
                drop(slot);
                // If it cannot be set, OKX's answer says all there is to say.
                if !spec.idempotent || renewed == Renewed::No {
                    return Step::Done(Box::new(Ok(answer)));
                }
                // While somebody else is at it, the next try may be too early: that one does not count.
                turn.clock_set = renewed == Renewed::Yes;
                return self.again(call, turn, Ok(answer), 0);
            }
        }
        drop(slot);
        let is_over = verdict == Verdict::Final || !spec.idempotent || (verdict != Verdict::Busy && !call.wait);
        if is_over { Step::Done(Box::new(Ok(answer))) } else { self.again(call, turn, Ok(answer), retry_after_ns) }
    }

    /// Another try of a read, later; or what the last one came to, if there is no time for it.
    fn again(&self, call: &Call, turn: &mut Turn, last: Result<Answer, Failure>, least_ns: u64) -> Step {
        let at_ns = clock::mono_ns().saturating_add(self.jitter.after(turn.tries).max(least_ns));
        turn.tries += 1;
        if at_ns >= call.deadline_ns {
            return Step::Done(Box::new(last));
        }
        count(&self.stats.retries, 1);
        turn.last = Some(last);
        Step::Again { at_ns }
    }

    /// OKX refused for a limit: the buckets concerned are closed for a window.
    fn refuse(&self, spec: &Spec, keys: &Keys, account: Option<&Account>, by_cap: bool) {
        count(&self.stats.limit_refused_by_okx, 1);
        let wants = scope::wants(spec, keys, self.order_cap());
        let concerned: Vec<Want<'_>> = wants.into_iter().filter(|w| (w.bucket == CAP_BUCKET) == by_cap).collect();
        locked(self.limits_of(spec, account)).refused(clock::mono_ns(), &concerned);
    }

    /// No connection came about.
    pub(super) fn undialed(&self, spec: &Spec, call: &Call, turn: &mut Turn, error: &DialError) -> Step {
        turn.booking = None;
        let reason = error.to_string();
        let failure = match error {
            DialError::Interrupted => return self.given(Failure::Interrupted).into(),
            DialError::Deadline { .. } if clock::mono_ns() >= call.deadline_ns => {
                return turn.end(Failure::Deadline { at: Place::Connecting });
            }
            _ if !spec.idempotent => return Failure::NotSent { reason }.into(),
            _ => Failure::Transport { reason },
        };
        // A certificate does not get better by asking again.
        if matches!(error, DialError::Tls(TlsError::Certificate { .. } | TlsError::ServerName { .. })) {
            return failure.into();
        }
        self.again(call, turn, Err(failure), 0)
    }

    /// No reply came. A write is over: either certainly not sent, or of unknown outcome.
    pub(super) fn lost(&self, spec: &Spec, call: &Call, turn: &mut Turn, error: &ExchangeError, reused: bool) -> Step {
        count(&self.stats.requests, 1);
        let is_open = error.wrote() == Wrote::Maybe && !spec.idempotent;
        let reason = error.to_string();
        match error {
            ExchangeError::Interrupted { .. } if is_open && self.is_closed() => {
                let reason = "the client was closed while waiting for the reply".to_owned();
                Failure::OutcomeUnknown { reason }.into()
            }
            ExchangeError::Interrupted { .. } => self.given(Failure::Interrupted).into(),
            _ if is_open => Failure::OutcomeUnknown { reason }.into(),
            ExchangeError::Deadline { wrote } => {
                let at = if *wrote == Wrote::Nothing { Place::Sending } else { Place::Reply };
                Failure::Deadline { at }.into()
            }
            _ if !spec.idempotent => Failure::NotSent { reason }.into(),
            // It would be as large again.
            ExchangeError::TooLarge { .. } => Failure::Transport { reason }.into(),
            // A kept connection was closed just as we used it: the next one is another matter.
            ExchangeError::Closed { status: None, .. } | ExchangeError::Io { .. } if reused => {
                count(&self.stats.retries, 1);
                turn.last = Some(Err(Failure::Transport { reason }));
                Step::Again { at_ns: clock::mono_ns() }
            }
            _ => self.again(call, turn, Err(Failure::Transport { reason }), 0),
        }
    }
}
