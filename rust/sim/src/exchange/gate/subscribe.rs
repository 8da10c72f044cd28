//! Subscriptions: each arg is answered for itself, so that a bad one does not spoil the good ones.

use serde_json::Value;

use crate::exchange::account::AcctIx;
use crate::exchange::event::Event;
use crate::exchange::faults::{Class, Faults, Kind, RequestInfo, Verdict};
use crate::exchange::gate::channel::{self, Arg, COUNTED, Channel, EXCLUDED, EXCLUSIVE, Site};
use crate::exchange::gate::limit::scaled;
use crate::exchange::gate::message::{BAD_ARGS, Message};
use crate::exchange::gate::socket::say;
use crate::exchange::gate::topic::TopicIx;
use crate::exchange::gate::{Gate, envelope};
use crate::exchange::io::{ConnId, Nanos, Output};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;
use crate::exchange::{algo, ledger, market};

/// Subscriptions of one connection. OKX has a limit (its close code says so) and publishes no number.
const MOST_TOPICS: usize = 5_000;

/// Connections of an account that may hold one of the counted channels.
const MOST_HOLDERS: u32 = 30;

const ULY: Refusal = Refusal::new(
    "64000",
    "Subscription parameter uly is unavailable anymore, please replace uly with instFamily. More details can refer to: \
     https://www.okx.com/help-center/changes-to-v5-api-websocket-subscription-parameter-and-url.",
);
const MOVED: Refusal = Refusal::new(
    "64001",
    "This channel has been migrated to the '/business' URL. Please subscribe using the new URL. More details can refer to: \
     https://www.okx.com/help-center/changes-to-v5-api-websocket-subscription-parameter-and-url.",
);
const NOT_BUSINESS: Refusal = Refusal::new(
    "64002",
    "This channel is not supported by \"/business\" URL. Please use \"/private\" URL(for private channels), or \"/public\" URL(for public \
     channels). More details can refer to: \
     https://www.okx.com/help-center/changes-to-v5-api-websocket-subscription-parameter-and-url.",
);
pub(super) const LOG_IN: Refusal = Refusal::new("60011", "Please log in");
const TIER: Refusal = Refusal::new("64003", "Your trading fee tier doesn't meet the requirement to access this channel");

impl Gate {
    pub(super) fn subscribe(&mut self, world: &mut World, faults: &mut Faults, conn: ConnId, mut message: Message) {
        let Some((at, args)) = self.admitted(world, faults, conn, &mut message) else { return };
        let id = message.id.as_deref();
        for arg in args {
            match self.admits(world, conn, arg) {
                Ok(_) if self.sockets.get(&conn).is_some_and(|socket| socket.topics.len() >= MOST_TOPICS) => {
                    return self.close(world, faults, conn, 4009, "Subscribed channels exceed the limit of the connection");
                }
                Ok((channel, arg)) => self.start(world, faults, at, conn, id, channel, &arg),
                Err(refusal) => self.error(at.unwrap_or(world.now), faults, conn, id, &refusal),
            }
        }
    }

    pub(super) fn unsubscribe(&mut self, world: &mut World, faults: &mut Faults, conn: ConnId, mut message: Message) {
        let Some((at, args)) = self.admitted(world, faults, conn, &mut message) else { return };
        let id = message.id.as_deref();
        for arg in args {
            let Value::Object(fields) = arg else {
                self.error(at.unwrap_or(world.now), faults, conn, id, &BAD_ARGS);
                continue;
            };
            let arg = Arg::read(fields);
            let Some(found) = channel::find(&arg.channel) else {
                self.error(at.unwrap_or(world.now), faults, conn, id, &arg.unknown());
                continue;
            };
            let acct = self.listener(conn, found);
            if let Some(topic) = self.topics.find(acct, &arg) {
                self.stop(world, conn, topic);
            }
            self.acked(faults, at, conn, id, "unsubscribe", &arg);
        }
    }

    /// The args, and when to answer (`None`: never), after the faults have seen the request; `None` where it ends here.
    fn admitted(&self, world: &mut World, faults: &mut Faults, conn: ConnId, message: &mut Message) -> Option<(Option<Nanos>, Vec<Value>)> {
        let first = message.args.first().and_then(|arg| arg.get("channel")).and_then(Value::as_str).unwrap_or_default();
        let account = self.sockets.get(&conn).and_then(|socket| Some(socket.caller.as_ref()?.acct));
        let detail = format!("{} {}", message.op, Value::Array(message.args.clone()));
        let info = RequestInfo { conn, kind: Kind::Subscribe, endpoint: first, account, cl_ord_id: None, detail: &detail };
        let at = match faults.on_request(world, &info) {
            Verdict::Pass => Some(world.now),
            Verdict::AnswerLate(by) => Some(world.now.saturating_add(by)),
            Verdict::Refuse(refusal, _) => {
                self.error(world.now, faults, conn, message.id.as_deref(), &refusal);
                return None;
            }
            Verdict::Drop => return None,
            Verdict::DoButLose(instead) => {
                if let Some(refusal) = instead {
                    self.error(world.now, faults, conn, message.id.as_deref(), &refusal);
                }
                None
            }
        };
        if message.args.is_empty() {
            self.error(world.now, faults, conn, message.id.as_deref(), &BAD_ARGS);
            return None;
        }
        Some((at, std::mem::take(&mut message.args)))
    }

    /// Whether this connection may have what an arg asks for.
    fn admits(&self, world: &World, conn: ConnId, arg: Value) -> Result<(&'static Channel, Arg), Refusal> {
        let Value::Object(fields) = arg else { return Err(BAD_ARGS) };
        let arg = Arg::read(fields);
        if arg.channel.is_empty() {
            return Err(BAD_ARGS);
        }
        if arg.fields.text("uly").is_some() {
            return Err(ULY);
        }
        let (Some(channel), Some(socket)) = (channel::find(&arg.channel), self.sockets.get(&conn)) else { return Err(arg.unknown()) };
        if channel.site != socket.site {
            return Err(match (channel.site, socket.site) {
                (Site::Business, _) if world.config.switches.wrong_path == "64001" => MOVED,
                (_, Site::Business) if world.config.switches.wrong_path == "64001" => NOT_BUSINESS,
                _ => arg.unknown(),
            });
        }
        if channel.login && socket.caller.is_none() {
            return Err(LOG_IN);
        }
        if channel.vip && world.config.switches.vip_gate {
            let level = socket.caller.as_ref().map_or("", |caller| world.account(caller.acct).level.as_str());
            if level.strip_prefix("VIP").and_then(|tier| tier.parse::<u32>().ok()).is_none_or(|tier| tier < 4) {
                return Err(TIER);
            }
        }
        if !channel.simulated {
            let msg = format!(
                "The current WebSocket endpoint does not support subscribing to {} channels. Please check the WebSocket URL. \
                 (simulator: this channel is not simulated)",
                arg.channel
            );
            return Err(Refusal::because("60008", msg));
        }
        arg.check(world, channel)?;
        Ok((channel, arg))
    }

    /// Whose events a subscription of this connection gets: its account's on private channels.
    fn listener(&self, conn: ConnId, channel: &Channel) -> Option<AcctIx> {
        let private = channel.login && channel.site != Site::Public;
        private.then(|| self.sockets.get(&conn)?.caller.as_ref().map(|caller| caller.acct)).flatten()
    }

    #[expect(clippy::too_many_arguments, reason = "one subscription, and how it is answered")]
    fn start(
        &mut self,
        world: &mut World,
        faults: &mut Faults,
        at: Option<Nanos>,
        conn: ConnId,
        id: Option<&str>,
        channel: &'static Channel,
        arg: &Arg,
    ) {
        self.acked(faults, at, conn, id, "subscribe", arg);
        let acct = self.listener(conn, channel);
        if EXCLUDED.contains(&channel.name) && self.held(conn, EXCLUSIVE, &arg.inst_id).is_some() {
            let msg = format!(
                "Subscribe to both {} and books-l2-tbt for {} is not allowed. Unsubscribe books-l2-tbt first.",
                channel.name, arg.inst_id
            );
            self.error(at.unwrap_or(world.now), faults, conn, id, &Refusal::because("64004", msg));
            return;
        }
        for smaller in EXCLUDED.into_iter().filter(|_| channel.name == EXCLUSIVE) {
            if let Some(topic) = self.held(conn, smaller, &arg.inst_id) {
                let echo = self.topics.get(topic).map(|topic| topic.arg.clone());
                self.stop(world, conn, topic);
                if let Some(arg) = echo {
                    self.acked(faults, at, conn, None, "unsubscribe", &arg);
                }
            }
        }
        if let Some(acct) = acct.filter(|_| COUNTED.contains(&channel.name)) {
            let mut holders = self.topics.holders(acct, channel.name);
            if holders.insert(conn) {
                let over = scaled(world, MOST_HOLDERS).filter(|most| holders.len() > *most as usize);
                self.counted(
                    at.unwrap_or(world.now),
                    faults,
                    conn,
                    channel.name,
                    over.map_or(holders.len(), |most| most as usize),
                    over.is_some(),
                );
                if over.is_some() {
                    return;
                }
            }
        }
        let repeated = self.topics.find(acct, arg).is_some_and(|topic| self.sockets.get(&conn).is_some_and(|s| s.topics.contains(&topic)));
        let topic = self.topics.join(world, acct, arg, conn);
        let Some(socket) = self.sockets.get_mut(&conn) else { return };
        socket.topics.insert(topic);
        if repeated && world.config.switches.resubscribe == "ack" {
            return;
        }
        let events = first(world, acct, arg);
        self.push_to(faults, at.unwrap_or(world.now), topic, conn, &events);
    }

    fn acked(&self, faults: &mut Faults, at: Option<Nanos>, conn: ConnId, id: Option<&str>, event: &str, arg: &Arg) {
        let (Some(at), Some(socket)) = (at, self.sockets.get(&conn)) else { return };
        say(at, faults, conn, envelope::ack(id, event, &arg.echo(), &socket.conn_id));
    }

    /// Tells a connection how many hold a channel; `error`: that it is one too many.
    pub fn counted(&self, at: Nanos, faults: &mut Faults, conn: ConnId, channel: &str, count: usize, error: bool) {
        let Some(socket) = self.sockets.get(&conn) else { return };
        let event = if error { "channel-conn-count-error" } else { "channel-conn-count" };
        let conn_id = &socket.conn_id;
        say(at, faults, conn, format!(r#"{{"event":"{event}","channel":"{channel}","connCount":"{count}","connId":"{conn_id}"}}"#));
    }

    fn stop(&mut self, world: &mut World, conn: ConnId, topic: TopicIx) {
        self.topics.leave(world, topic, conn);
        if let Some(socket) = self.sockets.get_mut(&conn) {
            socket.topics.remove(&topic);
        }
    }

    /// Connections that listen to a channel.
    pub fn listeners(&self, channel: &str) -> Vec<ConnId> {
        let on = |ix: &TopicIx| self.topics.get(*ix).is_some_and(|topic| topic.arg.channel == channel);
        self.sockets.iter().filter(|(_, socket)| socket.topics.iter().any(on)).map(|(conn, _)| *conn).collect()
    }

    /// Ends what a connection has of a channel, without a word.
    pub fn drop_channel(&mut self, world: &mut World, conn: ConnId, channel: &str) {
        let Some(socket) = self.sockets.get(&conn) else { return };
        let of = |ix: &&TopicIx| self.topics.get(**ix).is_some_and(|topic| topic.arg.channel == channel);
        for topic in socket.topics.iter().filter(of).copied().collect::<Vec<_>>() {
            self.stop(world, conn, topic);
        }
    }

    /// What a connection has of a channel for an instrument.
    fn held(&self, conn: ConnId, channel: &str, inst_id: &str) -> Option<TopicIx> {
        let of = |ix: &&TopicIx| self.topics.get(**ix).is_some_and(|t| t.arg.channel == channel && t.arg.inst_id == inst_id);
        self.sockets.get(&conn)?.topics.iter().find(of).copied()
    }

    /// Events for one listener of a topic alone.
    fn push_to(&mut self, faults: &mut Faults, at: Nanos, topic: TopicIx, conn: ConnId, events: &[Event]) {
        let Some(topic) = self.topics.get_mut(topic) else { return };
        topic.sent = topic.sent.max(at);
        for event in events {
            for text in topic.frames(event) {
                let class = Class::Push { channel: event.channel, inst_id: &event.scope.inst_id };
                faults.on_output(at, class, Output::Text { conn, text });
            }
        }
    }

    /// Regular snapshots of account and positions, each to all listeners of its topic.
    pub(super) fn push_regular(&mut self, world: &mut World, faults: &mut Faults) {
        while let Some((at, ix)) = self.topics.timers.first().copied().filter(|(at, _)| *at <= world.now) {
            self.topics.timers.remove(&(at, ix));
            let Some(topic) = self.topics.get_mut(ix) else { continue };
            let due = world.now + topic.arg.interval;
            topic.regular = Some(due);
            let (acct, arg) = (topic.acct, topic.arg.clone());
            self.topics.timers.insert((due, ix));
            let events = first(world, acct, &arg);
            self.push(world.now, faults, ix, &events);
        }
    }

    /// Hands what happened to whoever listens.
    pub(super) fn hand_out(&mut self, world: &mut World, faults: &mut Faults) {
        let (mut found, mut events) = (std::mem::take(&mut self.found), std::mem::take(&mut self.events));
        while !world.events.is_empty() {
            std::mem::swap(&mut events, &mut world.events);
            for event in &events {
                self.topics.matching(event, &mut found);
                for ix in &found {
                    let Some(topic) = self.topics.get(*ix) else { continue };
                    if topic.is_part_of(event) {
                        let mut own = first(world, topic.acct, &topic.arg);
                        for own in &mut own {
                            own.event_type = event.event_type;
                        }
                        self.push(world.now, faults, *ix, &own);
                    } else {
                        self.push(world.now, faults, *ix, std::slice::from_ref(event));
                    }
                }
            }
            events.clear();
        }
        self.found = found;
        self.events = events;
    }

    fn push(&mut self, now: Nanos, faults: &mut Faults, ix: TopicIx, events: &[Event]) {
        let Some(topic) = self.topics.get_mut(ix) else { return };
        for event in events {
            topic.sent = now;
            let class = Class::Push { channel: event.channel, inst_id: &event.scope.inst_id };
            for text in topic.frames(event) {
                for conn in &topic.conns {
                    faults.on_output(now, class, Output::Text { conn: *conn, text: text.clone() });
                }
            }
        }
    }
}

/// What a new subscription gets first; account and positions get it again and again.
fn first(world: &mut World, acct: Option<AcctIx>, arg: &Arg) -> Vec<Event> {
    match (acct, arg.channel.as_str()) {
        (None, channel) => market::snapshot(world, channel, &arg.fields),
        (Some(acct), channel @ ("orders-algo" | "algo-advance")) => algo::snapshot(world, acct, channel, &arg.fields),
        (Some(acct), channel) => ledger::snapshot(world, acct, channel, &arg.fields),
    }
}
