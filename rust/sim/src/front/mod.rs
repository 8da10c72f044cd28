//! The exchange's sockets: REST and WebSocket on a plain and on a TLS port, and the admin port, all on one thread.
//!
//! ```text
//! listen ─▶ conn (http, WebSocket) ─▶ hub ─▶ Engine
//!             ▲ mailbox ◀────────────── hub ◀─┘   alarm ─▶ hub: timers, delayed outputs
//! ```
//!
//! Broken HTTP and broken frames end here; everything else is the engine's to answer.

mod clock;
mod conn;
pub mod http;
mod hub;
mod listen;
mod mailbox;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::rc::Rc;
use std::thread::{self, JoinHandle};

use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::task::{LocalSet, spawn_local};
use tokio_rustls::TlsAcceptor;

use crate::exchange::Exchange;
use crate::exchange::account::HOUSE;
use crate::exchange::config::{ClockMode, Config, ConfigError};
use crate::exchange::io::{Input, Nanos, Output};
use crate::tls::{CaFile, loopback};
use clock::{Alarm, Clock};
use hub::Hub;
use listen::{Kind, bind, listen};

/// What answers: the exchange, or a stand-in of a test.
pub trait Engine: Send + 'static {
    fn handle(&mut self, at: Nanos, input: &Input);
    fn advance(&mut self, at: Nanos);
    fn poll_output(&mut self, at: Nanos) -> Option<Output>;
    fn poll_timeout(&self) -> Option<Nanos>;
    fn clock(&self) -> ClockMode;
    fn now(&self) -> Nanos;
}

impl Engine for Exchange {
    fn handle(&mut self, at: Nanos, input: &Input) {
        self.handle(at, input);
    }

    fn advance(&mut self, at: Nanos) {
        self.advance(at);
    }

    fn poll_output(&mut self, at: Nanos) -> Option<Output> {
        self.poll_output(at)
    }

    fn poll_timeout(&self) -> Option<Nanos> {
        self.poll_timeout()
    }

    fn clock(&self) -> ClockMode {
        self.clock()
    }

    fn now(&self) -> Nanos {
        self.now()
    }
}

/// Why nothing listens.
#[derive(Debug)]
pub enum StartError {
    Config(ConfigError),
    Io(io::Error),
}

impl From<ConfigError> for StartError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StartError {}

/// Where to listen. Port 0: any free one.
#[derive(Clone, Copy, Debug)]
pub struct FrontOptions {
    pub host: IpAddr,
    pub port: u16,
    pub tls_port: u16,
    pub admin_port: u16,
    /// Take a host that others can reach. The admin port stays on loopback.
    pub expose: bool,
}

impl Default for FrontOptions {
    fn default() -> Self {
        Self { host: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 0, tls_port: 0, admin_port: 0, expose: false }
    }
}

/// What an exchange starts with.
#[derive(Clone, Debug, Default)]
pub struct Content {
    pub instruments: Vec<String>,
    /// Label and uid.
    pub accounts: Vec<(String, String)>,
}

/// A running front; stops when dropped.
#[derive(Debug)]
pub struct Front {
    plain: SocketAddr,
    tls: SocketAddr,
    admin: SocketAddr,
    ca: CaFile,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Front {
    /// An exchange of that configuration, at the addresses it names; and what is in it.
    pub fn exchange(config: Config) -> Result<(Self, Content), StartError> {
        let host = config.host.parse().map_err(|_| ConfigError(format!("host: not an address: {}", config.host)))?;
        let Config { port, tls_port, admin_port, expose, .. } = config;
        let options = FrontOptions { host, port, tls_port, admin_port, expose };
        let mut content = Content::default();
        let front = Self::start(options, |at| {
            let exchange = Exchange::new(config, at)?;
            let world = exchange.world();
            content.instruments = world.instruments.iter().map(|instrument| instrument.inst_id.clone()).collect();
            let users = world.accounts.iter().filter(|account| account.ix != HOUSE);
            content.accounts = users.map(|account| (account.label.clone(), account.uid.clone())).collect();
            Ok(exchange)
        })?;
        Ok((front, content))
    }

    /// Listens, then makes the engine with the time of the front's clock and runs it on a thread of its own.
    pub fn start<E: Engine>(options: FrontOptions, engine: impl FnOnce(Nanos) -> Result<E, StartError>) -> Result<Self, StartError> {
        let FrontOptions { host, port, tls_port, admin_port, expose } = options;
        if !host.is_loopback() && !expose {
            let what = format!("host: the simulator listens on loopback only, not on {host}, unless \"expose\" is true");
            return Err(ConfigError(what).into());
        }
        let plain = bind((host, port).into())?;
        let tls = bind((host, tls_port).into())?;
        let admin = bind((Ipv4Addr::LOCALHOST, admin_port).into())?;
        let (plain_at, tls_at, admin_at) = (plain.local_addr()?, tls.local_addr()?, admin.local_addr()?);
        let (config, ca) = loopback()?;
        let clock = Clock::start();
        let engine = engine(clock.now())?;
        let ports = [(plain, Kind::Plain), (tls, Kind::Tls(TlsAcceptor::from(config))), (admin, Kind::Admin)];
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let alarm = {
            let _inside = runtime.enter();
            Alarm::new()?
        };
        let (stop, stopped) = oneshot::channel();
        let run = async move || {
            let hub = Rc::new(Hub::new(engine, clock, alarm));
            for (listener, kind) in ports {
                spawn_local(listen(listener, kind, Rc::clone(&hub)));
            }
            tokio::select! {
                // A broken timer ends everything: better no exchange than one that stands still.
                _ = hub.keep_time() => {}
                () = hub.failure() => {}
                _ = stopped => {}
            }
        };
        // Dropped at the end, the set takes every task and every socket with it.
        let thread =
            thread::Builder::new().name("okx-fast-exchange".to_owned()).spawn(move || LocalSet::new().block_on(&runtime, run()))?;
        Ok(Self { plain: plain_at, tls: tls_at, admin: admin_at, ca, stop: Some(stop), thread: Some(thread) })
    }

    /// Of `http://` and `ws://`.
    pub fn plain(&self) -> SocketAddr {
        self.plain
    }

    /// Of `https://` and `wss://`.
    pub fn tls(&self) -> SocketAddr {
        self.tls
    }

    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    pub fn ca_file(&self) -> &Path {
        self.ca.path()
    }

    /// `false` after a stop, and after a failure of the engine.
    pub fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Closes every connection and joins the thread.
    pub fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.stop();
    }
}
