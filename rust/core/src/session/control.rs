//! What control events mean for the session.

use super::requests::Phase;
use super::{Kind, Notice, SECOND, Session, Sub, SubId};
use crate::book::Validity;
use crate::channel::Arg;
use crate::error::is_temporary;
use crate::msg::control::Control;
use crate::time::Stamp;
use std::cmp::Reverse;

impl Session {
    pub(super) fn handle_control(&mut self, at: Stamp, control: &Control) {
        let about = control.arg.as_ref().and_then(|arg| self.find(arg, control.event == "unsubscribe"));
        match (control.event.as_str(), about) {
            ("subscribe", Some(id)) => self.confirmed(at, id, self.config),
            ("unsubscribe", Some(id)) => self.dropped(at, id, control.id.starts_with('u')),
            // Acks for subscriptions that are not ours any more.
            ("subscribe" | "unsubscribe" | "login", _) => {}
            ("error", _) => self.refused(at, about, control),
            ("channel-conn-count-error", _) => {
                for index in 0..self.subs.len() {
                    let held = |s: &Sub| s.phase != Phase::Ended && s.arg.channel == control.channel;
                    if self.subs.get(index).is_some_and(held) {
                        self.refuse(at, SubId(index as u32), control);
                    }
                }
            }
            ("channel-conn-count", _) => self.push(Kind::ConnCount, at, control),
            // `notice`, and events that are not documented yet.
            _ => self.push(Kind::Notice, at, control),
        }
    }

    /// The subscription an event is about. While one is leaving, its successor may already be asked for.
    fn find(&self, echo: &Arg, leaving: bool) -> Option<SubId> {
        let open = |p: Phase| p != Phase::Ended;
        self.closest(echo, |p| open(p) && p.is_leaving() == leaving).or_else(|| self.closest(echo, open))
    }

    /// Of the subscriptions in a `wanted` phase that `echo` fits, the one that shares most with it: one for a whole
    /// instrument type must not take what belongs to one for a family.
    pub(super) fn closest(&self, echo: &Arg, wanted: impl Fn(Phase) -> bool) -> Option<SubId> {
        let fits = self.subs.iter().enumerate().filter(|(_, s)| wanted(s.phase) && s.arg.matches(echo));
        fits.min_by_key(|(_, s)| Reverse(s.arg.params.len())).map(|(index, _)| SubId(index as u32))
    }

    /// The one subscription that says all that a push's echo says, and more: some channels of OKX seem to echo less than
    /// was asked for. Two of them, and nobody can tell whose it is. Channels decoded here echo all.
    pub(super) fn only_one(&self, echo: &Arg) -> Option<SubId> {
        let fits = |s: &Sub| s.phase.takes_data() && s.channel.is_none() && echo.matches(&s.arg);
        let mut fits = self.subs.iter().enumerate().filter(|(_, s)| fits(s));
        match (fits.next(), fits.next()) {
            (Some((index, _)), None) => Some(SubId(index as u32)),
            _ => None,
        }
    }

    fn push(&mut self, kind: Kind, at: Stamp, control: &Control) {
        let mut notice = Notice::new(kind, at).with_okx(control);
        if !control.conn_count.is_empty() {
            notice.got.clone_from(&control.conn_count);
        }
        if notice.msg.is_empty() {
            notice.msg.clone_from(&control.event);
        }
        self.notices.push((None, notice));
    }

    /// An error event. It carries no `arg`: the request's `id` says what it is about, if that request had one argument.
    fn refused(&mut self, at: Stamp, about: Option<SubId>, control: &Control) {
        match self.requests.failed(at.mono_ns, &control.id) {
            Some((id, true)) => self.refuse(at, id, control),
            Some((id, false)) => self.dropped(at, id, true),
            None => match about.or_else(|| self.excluded(&control.code)) {
                Some(id) => self.refuse(at, id, control),
                None => self.push(Kind::Error, at, control),
            },
        }
    }

    /// 64004 comes after the ack and names nothing: the smaller book of an instrument whose `books-l2-tbt` is on this
    /// connection too is not served. It is the one without a valid book.
    fn excluded(&self, code: &str) -> Option<SubId> {
        let is_served = |s: &Sub| s.book.as_ref().is_some_and(|b| b.lock().validity() == Validity::Valid);
        let excludes = |s: &Sub, other: &Sub| {
            other.arg.channel == "books-l2-tbt" && other.phase.takes_data() && other.arg.inst_id() == s.arg.inst_id()
        };
        let index = self.subs.iter().position(|s| {
            matches!(s.arg.channel.as_str(), "books" | "books50-l2-tbt")
                && s.phase.takes_data()
                && !is_served(s)
                && self.subs.iter().any(|other| excludes(s, other))
        })?;
        (code == "64004").then_some(SubId(index as u32))
    }

    /// OKX will not serve this subscription. After a passing fault it is asked for again.
    fn refuse(&mut self, at: Stamp, id: SubId, control: &Control) {
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        let notice = Notice::new(Kind::Refused, at).about(&sub.arg).with_okx(control).expected("", &control.conn_count);
        if sub.phase.is_for_good() {
            sub.end(false);
        } else if is_temporary(&control.code) {
            let delay = ((5 * SECOND) << sub.refusals.min(4)).min(60 * SECOND);
            sub.refusals += 1;
            sub.ask_again(at.mono_ns, delay);
        } else {
            sub.end(false);
            self.unroute(id);
        }
        self.requests.wake();
        self.notices.push((Some(id), notice));
    }
}
