//! Which session carries a subscription, and how sessions come to be.
//!
//! ```text
//! arg ─▶ socket, login ─▶ a link with room, near what concerns the same instrument ─┬─▶ its commands
//!                                                     none: a new one, launched ─────┘
//! ```

use super::Engine;
use super::Mode;
use crate::dispatch::{Conn, Dispatcher};
use crate::errors;
use crate::live::Work;
use crate::pump::Pump;
use crate::subs::{PySub, locked};
use okx_fast_core::channel::{Arg, Socket, is_of_account, needs_login, socket_of};
use okx_fast_core::session::{Config, LegId, Session};
use okx_fast_net::clock;
use okx_fast_net::driver::{Commands, Driver};
use okx_fast_net::fetch::Fetcher;
use okx_fast_net::http::{DialOptions, Origin, Proxy};
use okx_fast_net::rest;
use okx_fast_net::tls::TlsConfig;
use okx_fast_net::transport::Target;
use pyo3::prelude::*;
use std::sync::Arc;
use std::time::Duration;

/// Look-ups by REST at once.
const LOOK_UPS: usize = 3;

/// One session, with its share of the subscriptions: a connection, or as many as it takes to keep it alive.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) socket: Socket,
    /// It logs in.
    pub(super) private: bool,
    pub(super) commands: Arc<Commands>,
    pub(super) conn: Arc<Conn>,
    /// Its driver is at work.
    pub(super) launched: bool,
}

/// How many subscriptions share a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shares {
    /// Of books with more than ten levels a side, and of all channels.
    pub(super) books: usize,
    pub(super) channels: usize,
}

impl Engine {
    /// No callback runs and no book is read after this. Callbacks are dropped without a lock held.
    pub(super) fn end_all(&self) {
        let conns: Vec<Arc<Conn>> = locked(&self.links).iter().map(|l| Arc::clone(&l.conn)).collect();
        for conn in conns {
            let subs = locked(&conn.subs).clone();
            for sub in &subs {
                sub.end();
            }
        }
    }

    /// A book is not believed if its connection was not heard for as long as a ping and its answer may take.
    pub(super) fn fresh_within(&self) -> u64 {
        self.config.ping_after + self.config.pong_within + 1_000_000_000
    }

    /// Where commands about a subscription of this client go.
    pub(super) fn commands_of(&self, sub: &Arc<PySub>) -> Option<Arc<Commands>> {
        let links = locked(&self.links);
        let link = links.get(sub.line as usize)?;
        let is_it = locked(&link.conn.subs).get(sub.id().0 as usize).is_some_and(|s| Arc::ptr_eq(s, sub));
        is_it.then(|| Arc::clone(&link.commands))
    }

    /// The session that is to carry `arg`, made (and, on a running client, connected) when there is none with room. What
    /// concerns one instrument shares a connection where it can: OKX orders its messages there.
    pub(super) fn link(&self, py: Python<'_>, arg: &Arg, is_deep: bool) -> PyResult<(u32, Arc<Commands>, Arc<Conn>)> {
        let socket = socket_of(&arg.channel);
        let private = self.credentials.is_some() && needs_login(&arg.channel);
        if !private && is_of_account(&arg.channel) {
            return Err(errors::config(py, &format!("channel: {} needs a login, for which this client has no credentials", arg.channel)));
        }
        if self.target(socket).is_none() {
            return Err(errors::config(py, &format!("this site has no address for {}", socket.path())));
        }
        let mut links = locked(&self.links);
        let fits = |index: usize, link: &Link| {
            let is_it = link.socket == socket && link.private == private && has_room(link, is_deep, self.shares);
            is_it.then(|| (index as u32, Arc::clone(&link.commands), Arc::clone(&link.conn)))
        };
        let home = (socket, private, arg.inst_id().to_owned());
        let mut homes = locked(&self.homes);
        let near = homes.get(&home).and_then(|&index| fits(index, links.get(index)?));
        let found = near.or_else(|| links.iter().enumerate().rev().find_map(|(index, link)| fits(index, link)));
        if let Some(found) = found {
            homes.entry(home).or_insert(found.0 as usize);
            return Ok(found);
        }
        homes.insert(home, links.len());
        drop(homes);
        let alike = links.iter().filter(|l| l.socket == socket && l.private == private).count();
        let is_beside = private && socket != Socket::Private;
        let name = format!("{}{}", socket.as_str(), if is_beside { "-login" } else { "" });
        let conn = Arc::new(Conn::default());
        _ = conn.name.set(if alike == 0 { name } else { format!("{name}#{}", alike + 1) });
        let link = Link { socket, private, commands: Arc::default(), conn, launched: false };
        let index = links.len();
        let parts = (index as u32, Arc::clone(&link.commands), Arc::clone(&link.conn));
        locked(&self.shared.conns).push(Arc::clone(&link.conn));
        links.push(link);
        drop(links);
        self.launch(py, index)?;
        Ok(parts)
    }

    pub(super) fn target(&self, socket: Socket) -> Option<&Target> {
        let [public, private, business] = &self.targets;
        match socket {
            Socket::Public => public.as_ref(),
            Socket::Private => private.as_ref(),
            Socket::Business => business.as_ref(),
        }
    }

    /// Starts the driver of a link, if the client is being run.
    pub(super) fn launch(&self, py: Python<'_>, index: usize) -> PyResult<()> {
        let mode = locked(&self.mode);
        if matches!(*mode, Mode::Idle) {
            return Ok(());
        }
        let (socket, private, commands, conn) = {
            let mut links = locked(&self.links);
            let Some(link) = links.get_mut(index).filter(|l| !l.launched) else { return Ok(()) };
            link.launched = true;
            (link.socket, link.private, Arc::clone(&link.commands), Arc::clone(&link.conn))
        };
        let Some(target) = self.target(socket).cloned() else { return Ok(()) };
        let now = clock::now();
        // Not two sessions in step.
        let config = Config { seed: now.mono_ns ^ (index as u64) << 32, ..self.config };
        let session = Session::new(config).with_board(Arc::clone(&conn.alive), Arc::clone(&conn.board));
        let session = match self.credentials.as_ref().filter(|_| private) {
            Some(credentials) => session.with_login(Arc::clone(credentials)),
            None => session,
        };
        *locked(&conn.stats) = Some(Arc::clone(session.stats()));
        let tap = self.recorder.as_ref().map(|r| r.tap(&conn.leg_name(LegId::FIRST), config, private, now));
        let driver = Driver {
            session,
            target,
            tls: self.tls.clone(),
            proxy: self.proxy.clone(),
            timing: self.timing,
            commands,
            tap,
            fetcher: self.fetcher.clone(),
            port: None,
        };
        let dispatcher = Dispatcher::new(Arc::clone(&self.shared), Arc::clone(&conn), true);
        let work = Work { live: Arc::clone(&self.live), shared: Arc::clone(&self.shared), conn: Arc::clone(&conn) };
        let wake = locked(&self.wake).clone();
        match (&*mode, wake) {
            (Mode::Pump { runtime }, _) => {
                let signals = Arc::clone(&self.signals);
                let pump = Pump::new(dispatcher, Arc::clone(&signals));
                work.spawn(runtime.handle(), driver, pump, move || signals.progress.notify_one());
            }
            (Mode::Threaded { handle, .. }, Some(wake)) => {
                let Some(feeds) = locked(&self.feeds).clone() else { return Ok(()) };
                locked(&self.added).push((index, dispatcher));
                let feed = feeds.feed(index as u32, Arc::clone(&self.shared), Arc::clone(&conn.flags));
                work.spawn(handle, driver, feed, move || wake.raise());
            }
            _ => {
                drop(mode);
                return Err(errors::closed(py));
            }
        }
        Ok(())
    }
}

/// Whether a session has room for one more.
fn has_room(link: &Link, is_deep: bool, shares: Shares) -> bool {
    let subs = locked(&link.conn.subs);
    let live = || subs.iter().filter(|s| !s.has_ended());
    live().count() < shares.channels && (!is_deep || live().filter(|s| s.is_deep).count() < shares.books)
}

/// What looks things up by REST.
pub(super) fn fetcher(
    py: Python<'_>,
    rest: &str,
    demo: bool,
    tls: &TlsConfig,
    proxy: Option<Proxy>,
    connect_within: Duration,
) -> PyResult<Arc<Fetcher>> {
    let origin = Origin::parse(rest).map_err(|e| errors::config(py, &e.to_string()))?;
    let dial = DialOptions { proxy, local_address: None, connect_within, dns_ttl: Duration::from_secs(60) };
    let engine = rest::Engine::new(rest::Config {
        origin,
        tls: tls.clone(),
        dial,
        demo,
        connections: LOOK_UPS,
        keep_warm: None,
        max_clock_offset: Duration::from_secs(60),
        order_cap: 1000,
    });
    Ok(Arc::new(Fetcher::new(Arc::new(engine.map_err(|e| errors::config(py, &e.to_string()))?))))
}
