//! Which connections there are to be: lost ones made again, those about to go replaced before they do.
//!
//! ```text
//! notice 64008 · age · silence · requests used up · asked for
//!    └─▶ drain ─▶ another leg connects, logs in, subscribes, has its snapshots ─▶ a moment for what is under way ─▶ close
//! ```
//!
//! Source: OKX API v5, WebSocket › Connect, Notification.

use super::leg::{Drain, Leg, LegId, Line, Login, State, View};
use super::requests::{Phase, Requests};
use super::{ASKED, Action, Event, Kind, Notice, OnLeg, Outcome, SECOND, Session, SubId};
use crate::book::Validity;
use crate::time::Stamp;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// What a connection still brings that its replacement did not get, because it was asked for later.
const LINGER: u64 = SECOND;
/// How often a replacement is looked at.
const LOOK: u64 = SECOND / 10;
/// How often silent channels are looked for.
const WATCH: u64 = 5 * SECOND;
/// After a stall of our own, the time to read what has come meanwhile.
const CATCH_UP: u64 = SECOND / 4;
/// Commands that may wait for a connection.
const MOST_ASKED: usize = 64;

impl Session {
    /// From now on connections are wanted.
    pub fn start(&mut self, at: Stamp) {
        self.started = true;
        self.plan(at);
    }

    pub fn state(&self, leg: LegId) -> State {
        self.legs.get(leg.ix()).map(Leg::state).unwrap_or_default()
    }

    /// The connection that operations go over: one that is logged in, not about to go if there is a choice.
    pub fn best_leg(&self) -> Option<LegId> {
        let open = |leg: &LegId| self.legs.get(leg.ix()).is_some_and(Leg::is_open);
        let stays = |leg: &LegId| self.legs.get(leg.ix()).is_some_and(|l| l.drain.is_none());
        LegId::all().filter(open).find(stays).or_else(|| LegId::all().find(open))
    }

    /// Something for the driver to do.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// A socket is up: everything wanted is subscribed on it.
    pub fn handle_connected(&mut self, leg: LegId, at: Stamp, mut on: impl FnMut(Event<'_>)) {
        let login = if self.credentials.is_some() { Login::Wanted } else { Login::None };
        let rotate_at = (self.config.rotate_after > 0).then(|| at.mono_ns + self.config.rotate_after);
        let Some(this) = self.legs.get_mut(leg.ix()) else { return };
        let told = this.told;
        let (heard, spoke, up_at) = (at.mono_ns, at.mono_ns, at.mono_ns);
        *this = Leg { line: Line::Up, login, heard, spoke, up_at, rotate_at, told, requests: Requests::default(), ..Leg::default() };
        "subscribing".clone_into(&mut this.why);
        for sub in self.subs.iter_mut().filter(|s| !s.ended) {
            if let Some(here) = sub.on.get_mut(leg.ix()) {
                *here = OnLeg { phase: Phase::WANTED, ..OnLeg::default() };
            }
        }
        self.alive.store(at.mono_ns, Relaxed);
        self.count_legs();
        self.stats.connects.add(1);
        self.wake();
        on(Event::Notice(None, &Notice::new(Kind::Connected, at).on(leg)));
        self.look_joined(leg, at);
        self.note_states(at);
        self.tell(&mut on);
    }

    /// The socket is gone, or could not be made: what no other connection carries is invalid before anyone hears of it.
    pub fn handle_disconnected(&mut self, leg: LegId, at: Stamp, why: &str, mut on: impl FnMut(Event<'_>)) {
        let Some(this) = self.legs.get_mut(leg.ix()) else { return };
        let told = this.told;
        let before = std::mem::replace(this, Leg { told, ..Leg::default() });
        let was_up = before.line == Line::Up;
        let is_planned = before.drain.as_ref().is_some_and(|d| d.close_at.is_some()) && was_up;
        self.count_legs();
        let missed = if before.is_in_doubt() { self.missed_in_silence(leg, before.spoke) } else { Vec::new() };
        for sub in &mut self.subs {
            sub.off(leg);
            if sub.ended || sub.flows_on(None) {
                continue;
            }
            if let Some(book) = &sub.book {
                book.lock().invalidate(Validity::Disconnected);
            }
            sub.go_blind(at, why);
            (sub.ahead, sub.bridge, sub.told) = (None, None, false);
        }
        self.doubt_those_ahead(at, leg);
        if before.drain.is_none() && before.line != Line::Off {
            let healthy = was_up && at.mono_ns.saturating_sub(before.up_at) >= self.config.healthy_after;
            if healthy {
                self.backoff = self.config.first_backoff;
            }
            let pause = self.jittered(self.backoff);
            self.backoff = (self.backoff * 2).min(self.config.most_backoff);
            if let Some(this) = self.legs.get_mut(leg.ix()) {
                this.line = Line::Down { not_before: at.mono_ns + pause };
            }
        }
        if let Some(this) = self.legs.get_mut(leg.ix()) {
            why.clone_into(&mut this.why);
        }
        let kind = if is_planned { Kind::Replaced } else { Kind::Disconnected };
        if is_planned {
            self.stats.replaced.add(1);
        }
        for outcome in before.drain.into_iter().flat_map(|d| d.asked) {
            if is_planned { outcome.set(Ok("replaced by a new connection".to_owned())) } else { self.ask_joined(outcome) }
        }
        on(Event::Notice(None, &Notice::new(kind, at).on(leg).saying(why)));
        self.tell_missed(at, before.spoke, &missed, why);
        self.wake();
        self.plan(at);
        self.note_states(at);
        self.tell(&mut on);
    }

    /// The consumer holds us up, so nothing was read since we last ran: that silence proves nothing. What was waited before
    /// counts on, or a consumer that is slow again and again would hide a dead connection.
    pub fn handle_stall(&mut self, at: Stamp) {
        let now = at.mono_ns;
        let read = self.legs.iter().map(|l| l.spoke).max().unwrap_or_default();
        let held = now.saturating_sub(self.ran.max(read));
        self.ran = now;
        let (shifted, pong_within) = (|then: u64| (then + held).min(now), self.config.pong_within);
        for leg in self.legs.iter_mut().filter(|l| l.is_up()) {
            leg.heard = shifted(leg.heard);
            // The answer may have come meanwhile, and is read first.
            let within = if leg.drain.is_some() { pong_within } else { pong_within / 2 };
            leg.pinged = leg.pinged.map(|pinged| shifted(pinged).max((now + CATCH_UP).saturating_sub(within)));
        }
        for sub in &mut self.subs {
            if sub.quiet > 0 && sub.served {
                sub.heard.mono_ns = shifted(sub.heard.mono_ns);
            }
        }
    }

    /// When `handle_timeout` is to be called, at the latest.
    pub fn poll_timeout(&mut self, at: Stamp) -> Option<u64> {
        let (ping_after, pong_within) = (self.config.ping_after, self.config.pong_within);
        let life = |leg: &Leg| match leg.pinged {
            Some(pinged) if leg.drain.is_some() => pinged + pong_within,
            Some(pinged) => pinged + pong_within / 2,
            None => leg.heard + ping_after,
        };
        let life = self.legs.iter().filter(|l| l.is_up() && !l.closing).map(life).min();
        if self.next_look == 0 {
            self.next_look = self.next_deadline(at.mono_ns).unwrap_or(u64::MAX).max(1);
        }
        life.into_iter().chain((self.next_look != u64::MAX).then_some(self.next_look)).min()
    }

    fn next_deadline(&self, now: u64) -> Option<u64> {
        let of_leg = |leg: LegId, this: &Leg| {
            let login = match this.login {
                Login::Asked { by } => Some(by),
                _ => None,
            };
            let down = match this.line {
                Line::Down { not_before } if self.started => Some(not_before),
                _ => None,
            };
            let drain = this.drain.as_ref().filter(|_| this.is_up() && !this.closing);
            let drain = drain.map(|d| d.close_at.unwrap_or(now + LOOK));
            let rotate = this.rotate_at.filter(|_| this.drain.is_none());
            let request = if this.is_open() { self.request_due(leg, this, now) } else { None };
            let is_up = this.is_up();
            [down, login.filter(|_| is_up), drain, rotate.filter(|_| is_up), request, this.requests.deadline().filter(|_| is_up)]
        };
        let legs = LegId::all().zip(&self.legs).flat_map(|(leg, this)| of_leg(leg, this)).flatten();
        let has_room = self.room_for_books() > 0;
        let subs = self.subs.iter().flat_map(|s| {
            let snapshot = s.on.iter().filter_map(|on| on.snapshot_by).min();
            [snapshot, s.ahead.map(|a| a.by), s.fill_by, s.bridge_due().filter(|_| has_room)]
        });
        let is_up = self.legs.iter().any(Leg::is_up);
        let watch = (is_up && self.subs.iter().any(|s| s.quiet > 0)).then_some(self.next_watch);
        legs.chain(subs.flatten()).chain(watch).chain(self.fetches.deadline()).min()
    }

    /// A deadline has passed.
    pub fn handle_timeout(&mut self, at: Stamp, mut on: impl FnMut(Event<'_>)) {
        let now = at.mono_ns;
        self.ran = now;
        self.look_alive(at);
        if now >= self.next_look {
            self.overdue(at);
            self.look_ahead(at);
            self.look_silent(at);
            self.look_old(at);
            self.late_fetches(at, &mut on);
            self.late_fills(at, &mut on);
            self.look_at_bridges(at);
            self.wake();
        }
        self.plan(at);
        self.note_states(at);
        self.tell(&mut on);
    }

    /// Connections that do not answer.
    fn look_alive(&mut self, at: Stamp) {
        for leg in LegId::all() {
            let Some(this) = self.legs.get_mut(leg.ix()).filter(|l| l.is_up() && !l.closing) else { continue };
            if this.pinged.is_none() && at.mono_ns >= this.heard + self.config.ping_after {
                (this.pinged, this.ping) = (Some(at.mono_ns), true);
                "no message for some time: asked whether it lives".clone_into(&mut this.why);
            }
            let silent = this.pinged.map(|pinged| at.mono_ns.saturating_sub(pinged));
            match silent {
                Some(silent) if silent >= self.config.pong_within => self.give_up(leg, at, "no answer to ping"),
                Some(silent) if silent >= self.config.pong_within / 2 && this.drain.is_none() => {
                    self.drain(leg, at, "no answer to ping so far", None);
                }
                _ => {}
            }
            let late_login = matches!(self.legs.get(leg.ix()).map(|l| l.login), Some(Login::Asked { by }) if by <= at.mono_ns);
            if late_login {
                self.give_up(leg, at, "no answer to login");
            }
        }
    }

    /// Connections that have lived long enough, or have no requests left.
    fn look_old(&mut self, at: Stamp) {
        let now = at.mono_ns;
        for leg in LegId::all() {
            let Some(this) = self.legs.get(leg.ix()).filter(|l| l.is_up() && l.drain.is_none() && !l.closing) else { continue };
            if this.rotate_at.is_some_and(|by| by <= now) {
                self.drain(leg, at, "its planned age is reached", None);
            } else if this.requests.is_spent(now) && self.request_due(leg, this, now).is_some_and(|due| due <= now) {
                self.drain(leg, at, "the requests OKX allows a connection in an hour are used up", None);
            }
        }
    }

    /// Books of which a connection has long known more than the others brought.
    fn look_ahead(&mut self, at: Stamp) {
        for index in 0..self.subs.len() {
            let Some(ahead) = self.subs.get(index).and_then(|s| s.ahead).filter(|a| a.by <= at.mono_ns) else { continue };
            self.fall_behind(at, SubId(index as u32), ahead.leg, ahead.seq_id);
        }
    }

    /// What lay between the book and a connection that was ahead went with the one that is gone.
    fn doubt_those_ahead(&mut self, at: Stamp, gone: LegId) {
        if self.merged {
            return;
        }
        for index in 0..self.subs.len() {
            let Some(ahead) = self.subs.get(index).and_then(|s| s.ahead).filter(|a| a.leg != gone) else { continue };
            self.fall_behind(at, SubId(index as u32), ahead.leg, ahead.seq_id);
        }
    }

    fn fall_behind(&mut self, at: Stamp, id: SubId, leg: LegId, seq_id: Option<i64>) {
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return };
        sub.ahead = None;
        let Some(book) = &sub.book else { return };
        let expected = book.lock().seq_id();
        self.stats.gaps.add(1);
        sub.resync(leg, at, Kind::Gap.as_str(), &self.stats);
        let shown = |v: Option<i64>| v.map_or_else(|| "none".to_owned(), |v| v.to_string());
        let words = format!("{}: book gap, what follows seqId {} came on no connection", sub.arg.inst_id(), shown(expected));
        let notice = Notice::new(Kind::Gap, at).about(&sub.arg).on(leg).saying(words).expected(shown(expected), shown(seq_id));
        self.notices.push((Some(id), notice));
        self.wake();
    }

    /// Channels that are silent for longer than a healthy one ever is.
    fn look_silent(&mut self, at: Stamp) {
        let now = at.mono_ns;
        if now < self.next_watch {
            return;
        }
        self.next_watch = now + WATCH;
        for index in 0..self.subs.len() {
            let Some(sub) = self.subs.get_mut(index) else { break };
            let most = sub.quiet + sub.quiet / 4 + WATCH;
            let silent = now.saturating_sub(sub.heard.mono_ns);
            if sub.quiet == 0 || sub.ended || !sub.served || sub.blind.is_some() || silent < most {
                continue;
            }
            let live = |leg: &LegId| sub.on.get(leg.ix()).is_some_and(|on| on.phase.is_live());
            let Some(leg) = LegId::all().find(live) else { continue };
            self.stats.stale.add(1);
            sub.resync(leg, at, Kind::Stale.as_str(), &self.stats);
            let notice = Notice::new(Kind::Stale, at).about(&sub.arg).on(leg).saying("silent for too long: subscribing again");
            let notice = notice.expected(format!("a message each {} s", sub.quiet / SECOND), format!("none for {} s", silent / SECOND));
            self.notices.push((Some(SubId(index as u32)), notice));
        }
    }

    /// This connection is to be replaced; `asked` by whom.
    pub(super) fn drain(&mut self, leg: LegId, at: Stamp, why: &str, asked: Option<Arc<Outcome>>) {
        let Some(this) = self.legs.get_mut(leg.ix()).filter(|l| l.is_up()) else { return };
        let drain = this.drain.get_or_insert_with(|| Drain { why: why.to_owned(), close_at: None, asked: Vec::new() });
        drain.asked.extend(asked);
        why.clone_into(&mut this.why);
        self.wake();
        self.plan(at);
        self.note_states(at);
    }

    /// This connection is of no use any more.
    pub(super) fn give_up(&mut self, leg: LegId, at: Stamp, why: &str) {
        let Some(this) = self.legs.get_mut(leg.ix()).filter(|l| l.is_up() && !l.closing) else { return };
        this.closing = true;
        // Broken, not replaced.
        if let Some(drain) = &mut this.drain {
            drain.close_at = None;
        }
        self.actions.push_back(Action::Close(leg, why.to_owned()));
        self.note_states(at);
    }

    /// Replaces every connection, each before it goes. The outcome is set when that is done.
    pub fn reconnect(&mut self, at: Stamp, asked: Arc<Outcome>) {
        let mut is_any = false;
        for leg in LegId::all() {
            let Some(this) = self.legs.get_mut(leg.ix()) else { continue };
            match this.line {
                Line::Up if !this.closing && this.drain.is_none() => {
                    let asked = (!is_any).then(|| Arc::clone(&asked));
                    is_any = true;
                    self.drain(leg, at, ASKED, asked);
                }
                Line::Down { .. } => this.line = Line::Down { not_before: at.mono_ns },
                _ => {}
            }
        }
        self.wake();
        if !is_any {
            self.ask_joined(asked);
        }
    }

    /// Asks for a new snapshot of a book; until it is in, the book is invalid.
    pub fn resync(&mut self, id: SubId, at: Stamp, asked: Arc<Outcome>) {
        let refuse = |why: &str| asked.set(Err(why.to_owned()));
        let Some(sub) = self.subs.get_mut(id.0 as usize) else { return refuse("no such subscription") };
        if sub.book.is_none() {
            return refuse("not a book");
        }
        if sub.ended {
            return refuse("the subscription has ended");
        }
        if sub.asked.len() >= MOST_ASKED {
            return refuse("too many wait already");
        }
        sub.asked.push(asked);
        let live = |leg: &LegId| sub.on.get(leg.ix()).is_some_and(|on| on.phase.is_live());
        // Without a connection, or with a resync under way, a snapshot is on its way anyhow.
        if let Some(leg) = LegId::all().find(live) {
            sub.resync(leg, at, ASKED, &self.stats);
        }
        self.wake();
    }

    /// To be told when a connection carries everything.
    fn ask_joined(&mut self, asked: Arc<Outcome>) {
        if self.asked.len() >= MOST_ASKED {
            asked.set(Err("too many wait already".to_owned()));
        } else {
            self.asked.push(asked);
        }
    }

    /// Does everything wanted flow on this connection by now?
    pub(super) fn look_joined(&mut self, leg: LegId, at: Stamp) {
        let Some(this) = self.legs.get_mut(leg.ix()) else { return };
        if this.joined || !this.is_open() {
            return;
        }
        while let Some(sub) = self.subs.get(this.checked) {
            let here = sub.on.get(leg.ix()).copied().unwrap_or_default();
            let flows = here.phase.is_live() && (!sub.is_chained() || here.has_snapshot);
            if !flows && !sub.ended {
                return;
            }
            this.checked += 1;
        }
        this.joined = true;
        "everything wanted flows".clone_into(&mut this.why);
        for outcome in self.asked.drain(..) {
            outcome.set(Ok("connected anew".to_owned()));
        }
        self.wake();
        self.note_states(at);
    }

    /// Whether nothing would be lost if the draining connections went: what flows there flows on this one too.
    fn can_replace(&self, leg: LegId) -> bool {
        let flows = |sub: &super::Sub, at: LegId| {
            let on = sub.on.get(at.ix()).copied().unwrap_or_default();
            on.phase.is_live() && (!sub.is_chained() || on.has_snapshot)
        };
        let draining = |at: &LegId| self.legs.get(at.ix()).is_some_and(|l| l.is_up() && l.drain.is_some());
        self.subs.iter().filter(|s| !s.ended).all(|s| flows(s, leg) || !LegId::all().filter(draining).any(|at| flows(s, at)))
    }

    /// Makes, replaces and closes connections as it is due.
    pub(super) fn plan(&mut self, at: Stamp) {
        if !self.started {
            return;
        }
        let now = at.mono_ns;
        for leg in LegId::all() {
            let Some(this) = self.legs.get_mut(leg.ix()) else { continue };
            if matches!(this.line, Line::Down { not_before } if not_before <= now) {
                this.line = Line::Connecting;
                self.actions.push_back(Action::Connect(leg));
            }
        }
        let want = usize::from(self.config.redundancy.clamp(1, 2));
        let mut active = self.legs.iter().filter(|l| l.is_active()).count();
        for leg in LegId::all() {
            let Some(this) = self.legs.get_mut(leg.ix()) else { continue };
            if active < want && this.line == Line::Off {
                this.line = Line::Connecting;
                "not connected so far".clone_into(&mut this.why);
                self.actions.push_back(Action::Connect(leg));
                active += 1;
            }
        }
        self.plan_closes(now, want);
    }

    fn plan_closes(&mut self, now: u64, want: usize) {
        let is_draining = |l: &Leg| l.is_up() && l.drain.is_some();
        if !self.legs.iter().any(is_draining) {
            return;
        }
        let is_ready = |leg: &LegId| self.legs.get(leg.ix()).is_some_and(|l| l.is_open() && l.is_active()) && self.can_replace(*leg);
        let ready = LegId::all().filter(is_ready).count();
        let mut open = self.legs.iter().filter(|l| is_draining(l) && !l.closing).count();
        for leg in LegId::all() {
            let Some(this) = self.legs.get_mut(leg.ix()).filter(|l| is_draining(l) && !l.closing) else { continue };
            let Some(drain) = &mut this.drain else { continue };
            // One goes when another is there in its place.
            if ready + open <= want {
                drain.close_at = None;
                continue;
            }
            open -= 1;
            if drain.close_at.is_none() && this.pinged.is_none() {
                // Its answer shows that all it had to bring has come.
                (this.pinged, this.ping) = (Some(now), true);
            }
            let by = *drain.close_at.get_or_insert(now + LINGER);
            if by <= now {
                this.closing = true;
                let why = drain.why.clone();
                self.actions.push_back(Action::Close(leg, why));
            }
        }
    }

    fn count_legs(&mut self) {
        self.merged = self.legs.iter().filter(|l| l.is_up()).count() > 1;
    }

    /// Tells of connections whose state has changed.
    pub(super) fn note_states(&mut self, at: Stamp) {
        for leg in LegId::all() {
            let Some(this) = self.legs.get_mut(leg.ix()) else { continue };
            let state = this.state();
            if state != this.told {
                this.told = state;
                let requests = this.requests.used(at.mono_ns);
                self.board.write(leg, View { state, why: this.why.clone(), since: at, requests });
                let notice = Notice::new(Kind::State, at).on(leg).expected("", state.as_str()).saying(this.why.clone());
                self.notices.push((None, notice));
            }
        }
    }

    /// Between half of `pause` and all of it.
    fn jittered(&mut self, pause: u64) -> u64 {
        // xorshift: no secret, only so that many clients do not come back at the same moment.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        pause / 2 + self.random % (pause / 2).max(1)
    }
}
