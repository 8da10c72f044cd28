//! What control events mean for the session.

use super::leg::{LegId, Login};
use super::requests::Phase;
use super::{Kind, Notice, SECOND, Session, Sub, SubId};
use crate::book::Validity;
use crate::channel::Arg;
use crate::error::is_temporary;
use crate::msg::control::Control;
use crate::time::Stamp;
use std::cmp::Reverse;

/// OKX is about to close a connection.
const GOING: &str = "64008";

impl Session {
    pub(super) fn handle_control(&mut self, leg: LegId, at: Stamp, control: &Control) {
        let about = control.arg.as_ref().and_then(|arg| self.find(leg, arg, control.event == "unsubscribe"));
        match (control.event.as_str(), about) {
            ("subscribe", Some(id)) => self.confirmed(leg, at, id),
            ("unsubscribe", Some(id)) => self.dropped(leg, at, id, control.id.starts_with('u')),
            // Acks for subscriptions that are not ours any more.
            ("subscribe" | "unsubscribe", _) => {}
            ("login", _) => self.logged_in(leg, at, control),
            ("error", _) if self.is_login_error(leg, control) => self.login_failed(leg, at, control),
            ("error", _) => self.refused(leg, at, about, control),
            ("channel-conn-count-error", _) => {
                for index in 0..self.subs.len() {
                    let phase = |s: &Sub| s.on.get(leg.ix()).map_or(Phase::Off, |on| on.phase);
                    let held = |s: &Sub| phase(s) != Phase::Off && s.arg.channel == control.channel;
                    if self.subs.get(index).is_some_and(held) {
                        self.refuse(leg, at, SubId(index as u32), control);
                    }
                }
            }
            ("channel-conn-count", _) => self.push(leg, Kind::ConnCount, at, control),
            // `notice`, and events that are not documented yet.
            _ => {
                self.push(leg, Kind::Notice, at, control);
                if control.code == GOING {
                    self.drain(leg, at, "OKX closes it for an upgrade", None);
                }
            }
        }
    }

    /// The subscription an event is about. While one is leaving, its successor may already be asked for.
    fn find(&self, leg: LegId, echo: &Arg, leaving: bool) -> Option<SubId> {
        let open = |p: Phase| p != Phase::Off;
        self.closest(leg, echo, |p| open(p) && p.is_leaving() == leaving).or_else(|| self.closest(leg, echo, open))
    }

    /// Of the subscriptions in a `wanted` phase that `echo` fits, the one that shares most with it: one for a whole
    /// instrument type must not take what belongs to one for a family.
    pub(super) fn closest(&self, leg: LegId, echo: &Arg, wanted: impl Fn(Phase) -> bool) -> Option<SubId> {
        let is_wanted = |s: &Sub| s.on.get(leg.ix()).is_some_and(|on| wanted(on.phase));
        let fits = self.subs.iter().enumerate().filter(|(_, s)| is_wanted(s) && s.arg.matches(echo));
        fits.min_by_key(|(_, s)| Reverse(s.arg.shared(echo))).map(|(index, _)| SubId(index as u32))
    }

    /// The one subscription that a push's echo does not contradict: some channels of OKX seem to echo less than was
    /// asked for. Two of them, and nobody can tell whose it is. Channels decoded here echo all.
    pub(super) fn only_one(&self, leg: LegId, echo: &Arg) -> Option<SubId> {
        let takes = |s: &Sub| s.on.get(leg.ix()).is_some_and(|on| on.phase.takes_data());
        let fits = |s: &Sub| takes(s) && s.channel.is_none() && s.arg.may_be(echo);
        let mut fits = self.subs.iter().enumerate().filter(|(_, s)| fits(s));
        match (fits.next(), fits.next()) {
            (Some((index, _)), None) => Some(SubId(index as u32)),
            _ => None,
        }
    }

    fn push(&mut self, leg: LegId, kind: Kind, at: Stamp, control: &Control) {
        let mut notice = Notice::new(kind, at).on(leg).with_okx(control);
        if !control.conn_count.is_empty() {
            notice.got.clone_from(&control.conn_count);
        }
        if notice.msg.is_empty() {
            notice.msg.clone_from(&control.event);
        }
        self.notices.push((None, notice));
    }

    fn logged_in(&mut self, leg: LegId, at: Stamp, control: &Control) {
        if !control.code.is_empty() && control.code != "0" {
            return self.login_failed(leg, at, control);
        }
        let Some(this) = self.legs.get_mut(leg.ix()) else { return };
        if matches!(this.login, Login::Asked { .. }) {
            this.login = Login::Done;
            self.push(leg, Kind::LoggedIn, at, control);
            self.wake();
            self.look_joined(leg, at);
        }
    }

    /// Nothing else is asked for before the answer to a login.
    fn is_login_error(&self, leg: LegId, control: &Control) -> bool {
        let is_waiting = self.legs.get(leg.ix()).is_some_and(|l| matches!(l.login, Login::Asked { .. }));
        is_waiting && control.arg.is_none() && control.id.is_empty()
    }

    /// The connection is of no use: it is made anew, after a pause.
    fn login_failed(&mut self, leg: LegId, at: Stamp, control: &Control) {
        self.push(leg, Kind::LoginFailed, at, control);
        if matches!(control.code.as_str(), "60004" | "60006") {
            self.read_clock(at);
        }
        self.give_up(leg, at, &format!("login failed, {}: {}", control.code, control.msg));
    }

    /// An error event. It carries no `arg`: the request's `id` says what it is about, if that request had one argument.
    fn refused(&mut self, leg: LegId, at: Stamp, about: Option<SubId>, control: &Control) {
        let failed = self.legs.get_mut(leg.ix()).and_then(|l| l.requests.failed(at.mono_ns, &control.id));
        self.wake();
        match failed {
            Some((id, true)) => self.refuse(leg, at, id, control),
            Some((id, false)) => self.dropped(leg, at, id, true),
            None => match about.or_else(|| self.excluded(leg, &control.code)) {
                Some(id) => self.refuse(leg, at, id, control),
                None => self.push(leg, Kind::Error, at, control),
            },
        }
    }

    /// 64004 comes after the ack and names nothing: the smaller book of an instrument whose `books-l2-tbt` is on this
    /// connection too is not served. It is the one without a valid book.
    fn excluded(&self, leg: LegId, code: &str) -> Option<SubId> {
        let takes = |s: &Sub| s.on.get(leg.ix()).is_some_and(|on| on.phase.takes_data());
        let is_served = |s: &Sub| s.book.as_ref().is_some_and(|b| b.lock().validity() == Validity::Valid);
        let excludes = |s: &Sub, other: &Sub| other.arg.channel == "books-l2-tbt" && takes(other) && other.arg.inst_id() == s.arg.inst_id();
        let index = self.subs.iter().position(|s| {
            matches!(s.arg.channel.as_str(), "books" | "books50-l2-tbt")
                && takes(s)
                && !is_served(s)
                && self.subs.iter().any(|other| excludes(s, other))
        })?;
        (code == "64004").then_some(SubId(index as u32))
    }

    /// OKX will not serve this subscription here. After a passing fault, while another connection carries it, or where the
    /// session insists, it is asked for again.
    fn refuse(&mut self, leg: LegId, at: Stamp, id: SubId, control: &Control) {
        self.wake();
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        let mut notice = Notice::new(Kind::Refused, at).about(&sub.arg).on(leg).with_okx(control).expected("", &control.conn_count);
        if notice.msg.is_empty() {
            notice.msg.clone_from(&control.event);
        }
        let Some(refusals) = sub.on.get_mut(leg.ix()).map(|on| &mut on.refusals) else { return };
        *refusals += 1;
        let delay = ((5 * SECOND) << (*refusals - 1).min(4)).min(60 * SECOND);
        if sub.ended {
            sub.off(leg);
        } else if is_temporary(&control.code) {
            sub.ask_again(leg, at, delay, "refused");
        } else if self.config.insists {
            let pause = sub.insist(at);
            sub.ask_again(leg, at, pause, "refused");
            self.notices.push((Some(id), notice.passing()));
            return;
        } else if sub.flows_on(Some(leg)) {
            // OKX counts connections, not users: the one that carries it is about to go, or the only one allowed.
            sub.ask_again(leg, at, 60 * SECOND, "refused");
            self.notices.push((Some(id), notice.passing()));
            return;
        } else {
            sub.off(leg);
            sub.end();
            self.unroute(id);
        }
        self.notices.push((Some(id), notice));
    }
}
