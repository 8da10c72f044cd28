//! What control events mean for the session.

use super::requests::Phase;
use super::{Kind, Notice, SECOND, Session, Sub, SubId};
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
            None if about.is_some() => about.into_iter().for_each(|id| self.refuse(at, id, control)),
            None => self.push(Kind::Error, at, control),
        }
    }

    /// OKX will not serve this subscription. After a passing fault it is asked for again.
    fn refuse(&mut self, at: Stamp, id: SubId, control: &Control) {
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        let notice = Notice::new(Kind::Refused, at).about(&sub.arg).with_okx(control).expected("", &control.conn_count);
        if sub.phase.is_for_good() {
            sub.end(false);
        } else if is_temporary(&control.code) {
            sub.phase = Phase::Wanted { not_before: at.mono_ns + 5 * SECOND, alone: true };
        } else {
            sub.end(false);
            self.unroute(id);
        }
        self.requests.wake();
        self.notices.push((Some(id), notice));
    }
}
