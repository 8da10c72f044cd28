//! A WebSocket connection: from its first request to its close.
//!
//! ```text
//! GET /ws/v5/… ─▶ Upgrade ─▶ text: ping │ login │ subscribe, unsubscribe │ an operation
//!                               └─ 30 s without traffic ─▶ close 4004
//! ```

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::exchange::faults::{Class, Faults, Kind, RequestInfo, Verdict};
use crate::exchange::gate::auth::{self, Caller};
use crate::exchange::gate::channel::Site;
use crate::exchange::gate::limit::{Window, scaled};
use crate::exchange::gate::message::{self, BAD_ARGS, Message};
use crate::exchange::gate::rest::Asked;
use crate::exchange::gate::topic::TopicIx;
use crate::exchange::gate::{Gate, envelope};
use crate::exchange::io::{ConnId, Nanos, Output, SECOND};
use crate::exchange::refusal::Refusal;
use crate::exchange::world::World;
use crate::rng::mix;

/// A text above this closes the connection.
const MAX_TEXT: usize = 64 * 1024;
const IDLE: Nanos = 30 * SECOND;
/// Logins, subscriptions and their ends in an hour.
const REQUESTS: (u32, Nanos) = (480, 3600 * SECOND);
const REPEATED: Refusal = Refusal::new("60031", "The WebSocket endpoint does not allow multiple or repeated logins.");

#[derive(Debug)]
pub(super) struct Socket {
    pub site: Site,
    pub peer: IpAddr,
    /// As answers name it.
    pub conn_id: String,
    pub caller: Option<Caller>,
    pub topics: BTreeSet<TopicIx>,
    /// When there was traffic last, pushes aside.
    pub heard: Nanos,
    requests: Window,
}

/// A connection, to those who may look.
#[derive(Clone, Debug)]
pub struct SocketInfo {
    pub conn: ConnId,
    pub site: Site,
    pub conn_id: String,
    pub account: Option<crate::exchange::account::AcctIx>,
    pub subscriptions: usize,
}

impl Gate {
    pub(super) fn connect(&mut self, world: &mut World, faults: &mut Faults, asked: &Asked<'_>) {
        let (conn, now) = (asked.conn, world.now);
        let reply = |status, body: String| Output::Reply { conn, status, headers: Vec::new(), body: body.into_bytes(), close: false };
        let Some(site) = Site::of(asked.request.path()) else {
            faults.on_output(now, Class::Control, reply(404, envelope::NOT_FOUND.to_owned()));
            return;
        };
        let detail = &asked.request.target;
        let info = RequestInfo { conn, kind: Kind::Connect, endpoint: site.name(), account: None, cl_ord_id: None, detail };
        let at = match faults.on_request(world, &info) {
            Verdict::Pass => now,
            Verdict::AnswerLate(by) => now.saturating_add(by),
            Verdict::Refuse(refusal, status) => {
                faults.on_output(now, Class::Control, reply(status, envelope::refused(&refusal, status)));
                return;
            }
            Verdict::Drop | Verdict::DoButLose(_) => return,
        };
        if !self.limits.connect(world, asked.peer) {
            faults.on_output(now, Class::Control, reply(429, envelope::refused(&envelope::TOO_MANY, 429)));
            return;
        }
        let conn_id = format!("{:08x}", mix(world.config.seed ^ mix(conn)) >> 32);
        let socket =
            Socket { site, peer: asked.peer, conn_id, caller: None, topics: BTreeSet::new(), heard: now, requests: Window::default() };
        self.sockets.insert(conn, socket);
        self.idle.insert((now + IDLE, conn));
        faults.on_output(at, Class::Control, Output::Upgrade { conn });
    }

    pub(super) fn text(&mut self, world: &mut World, faults: &mut Faults, conn: ConnId, text: &[u8], arrived: Nanos) {
        let Some(socket) = self.sockets.get_mut(&conn) else { return };
        socket.heard = world.now;
        if text == b"ping" {
            say(world.now, faults, conn, "pong".to_owned());
            return;
        }
        if text.len() > MAX_TEXT {
            self.close(world, faults, conn, 1009, "Request message exceeds the maximum frame length");
            return;
        }
        let message = match message::read(text) {
            Ok(message) => message,
            Err((id, refusal)) => {
                self.error(world.now, faults, conn, id.as_deref(), &refusal);
                return;
            }
        };
        if !matches!(message.op.as_str(), "login" | "subscribe" | "unsubscribe") {
            self.operate(world, faults, conn, message, arrived);
            return;
        }
        if let Some(most) = scaled(world, REQUESTS.0)
            && !socket.requests.take(world.now, REQUESTS.1, most)
        {
            self.error(world.now, faults, conn, message.id.as_deref(), &Refusal::new("60014", "Requests too frequent"));
            return;
        }
        match message.op.as_str() {
            "login" => self.login(world, faults, conn, &message),
            "subscribe" => self.subscribe(world, faults, conn, message),
            _ => self.unsubscribe(world, faults, conn, message),
        }
    }

    fn login(&mut self, world: &mut World, faults: &mut Faults, conn: ConnId, message: &Message) {
        let Some(socket) = self.sockets.get(&conn) else { return };
        let found = match message.args.as_slice() {
            [arg] if arg.is_object() => auth::login(world, arg, socket.peer),
            [_, _, ..] => Err(REPEATED),
            _ => Err(BAD_ARGS),
        };
        let found = found.and_then(|caller| match &socket.caller {
            None => Ok(caller),
            Some(earlier) if *earlier == caller && world.config.switches.repeat_login == "accept" => Ok(caller),
            Some(_) => Err(REPEATED),
        });
        let account = found.as_ref().ok().map(|caller| caller.acct);
        let info = RequestInfo { conn, kind: Kind::Login, endpoint: "login", account, cl_ord_id: None, detail: "" };
        let (found, at) = match faults.on_request(world, &info) {
            Verdict::Pass => (found, world.now),
            Verdict::AnswerLate(by) => (found, world.now.saturating_add(by)),
            Verdict::Refuse(refusal, _) | Verdict::DoButLose(Some(refusal)) => (Err(refusal), world.now),
            Verdict::Drop | Verdict::DoButLose(None) => return,
        };
        let Some(socket) = self.sockets.get_mut(&conn) else { return };
        let id = message.id.as_deref();
        match found {
            Ok(caller) => {
                socket.caller = Some(caller);
                let id = id.map_or_else(String::new, |id| format!(r#""id":"{id}","#));
                let text = format!(r#"{{{id}"event":"login","code":"0","msg":"","connId":"{}"}}"#, socket.conn_id);
                say(at, faults, conn, text);
            }
            Err(refusal) => {
                let first = socket.caller.is_none();
                self.error(at, faults, conn, id, &refusal);
                // Who is logged in already stays so.
                if first {
                    self.close(world, faults, conn, 4001, "Login Failed");
                }
            }
        }
    }

    pub(super) fn error(&self, at: Nanos, faults: &mut Faults, conn: ConnId, id: Option<&str>, refusal: &Refusal) {
        let Some(socket) = self.sockets.get(&conn) else { return };
        say(at, faults, conn, envelope::error(id, refusal, &socket.conn_id));
    }

    /// Ends a connection with a close frame.
    pub fn close(&mut self, world: &mut World, faults: &mut Faults, conn: ConnId, code: u16, reason: &str) {
        if self.forget(world, conn) {
            faults.on_output(world.now, Class::Control, Output::Close { conn, code, reason: reason.to_owned() });
        }
    }

    /// The connection is gone; nothing is sent to it any more.
    pub fn forget(&mut self, world: &mut World, conn: ConnId) -> bool {
        let Some(socket) = self.sockets.remove(&conn) else { return false };
        for topic in socket.topics {
            self.topics.leave(world, topic, conn);
        }
        true
    }

    /// Connections that were silent for too long.
    pub(super) fn close_idle(&mut self, world: &mut World, faults: &mut Faults) {
        while let Some((at, conn)) = self.idle.first().copied().filter(|(at, _)| *at <= world.now) {
            self.idle.remove(&(at, conn));
            let Some(socket) = self.sockets.get(&conn) else { continue };
            let sent = socket.topics.iter().filter_map(|ix| self.topics.get(*ix)).map(|topic| topic.sent);
            let due = sent.fold(socket.heard, Nanos::max) + IDLE;
            if due <= world.now {
                self.close(world, faults, conn, 4004, "No data received in 30s");
            } else {
                self.idle.insert((due, conn));
            }
        }
    }

    pub fn sockets(&self) -> impl Iterator<Item = SocketInfo> + '_ {
        self.sockets.iter().map(|(conn, socket)| SocketInfo {
            conn: *conn,
            site: socket.site,
            conn_id: socket.conn_id.clone(),
            account: socket.caller.as_ref().map(|caller| caller.acct),
            subscriptions: socket.topics.len(),
        })
    }
}

/// A text to one connection that answers something.
pub(super) fn say(at: Nanos, faults: &mut Faults, conn: ConnId, text: String) {
    faults.on_output(at, Class::Control, Output::Text { conn, text: text.into_bytes().into() });
}
