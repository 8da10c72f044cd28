//! The server: a plain and a TLS port on loopback. A feed for each connection takes a thread for each of them; a shared
//! market takes one thread for all.

use std::fs::File;
use std::io::{self, BufWriter};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::clock::Clock;
use crate::feed::conn::{Shared, serve};
use crate::feed::frames::Feed;
use crate::feed::hall;
use crate::feed::limits::Window;
use crate::feed::player::{Report, Script};
use crate::tls::{CaFile, loopback};

/// More connections than this at a time are closed unanswered.
const MAX_CONNECTIONS: usize = 64;
const TLS_WITHIN: Duration = Duration::from_secs(10);

/// Where to listen and how to send.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Loopback only.
    pub host: IpAddr,
    /// 0: any free one.
    pub port: u16,
    pub tls_port: u16,
    pub script: Script,
    /// Cuts what is sent into writes of so many bytes.
    pub chunk: Option<usize>,
    /// For each data message three little-endian u64: `seqId`, when it was due, when it was written (`CLOCK_MONOTONIC`, ns).
    pub send_log: Option<PathBuf>,
    /// A connection silent for so long, both ways, is closed with 4004.
    pub idle_after: Duration,
    /// One market for all connections, which goes on whoever listens. `chunk`, and of the script `skip` and a pace other
    /// than the recorded one, are for connections with a feed of their own.
    pub shared: bool,
    /// OKX's rules: 3 new connections a second, and 480 requests an hour on each.
    pub okx_limits: bool,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            tls_port: 0,
            script: Script::default(),
            chunk: None,
            send_log: None,
            idle_after: Duration::from_secs(30),
            shared: false,
            okx_limits: false,
        }
    }
}

/// A running server; stops when dropped.
#[derive(Debug)]
pub struct Server {
    plain: SocketAddr,
    tls: SocketAddr,
    ca: CaFile,
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(feed: Feed, options: ServerOptions) -> io::Result<Self> {
        if !options.host.is_loopback() {
            let what = format!("the simulator listens on loopback only, not on {}", options.host);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        }
        let plain = TcpListener::bind((options.host, options.port))?;
        let tls = TcpListener::bind((options.host, options.tls_port))?;
        let (plain_at, tls_at) = (plain.local_addr()?, tls.local_addr()?);
        let (config, ca) = loopback()?;
        let log = options.send_log.map(File::create).transpose()?;
        let shared = Arc::new(Shared {
            feed: Arc::new(feed),
            script: options.script,
            chunk: options.chunk,
            idle_after: options.idle_after,
            clock: Clock::start(),
            skipped: Arc::default(),
            log: log.map(|file| Mutex::new(BufWriter::with_capacity(1 << 16, file))),
            connects: options.okx_limits.then(|| Mutex::new(Window::connects())),
            report: Mutex::default(),
        });
        let (stop, stopped) = watch::channel(false);
        let runtime = runtime()?;
        let acceptor = TlsAcceptor::from(config);
        let listener_shared = Arc::clone(&shared);
        let thread = thread::Builder::new().name("okx-fast-sim".to_owned()).spawn(move || {
            if options.shared {
                // As below: a listener that fails ends it.
                let _ = runtime.block_on(hall::run(plain, tls, acceptor, listener_shared, stopped));
                return;
            }
            let mut connections = Connections { shared: listener_shared, stopped, threads: Vec::new(), count: 0 };
            // A listener that fails ends the listening; connections go on until `stop`.
            let _ = runtime.block_on(connections.listen(plain, tls, acceptor));
            for thread in connections.threads {
                let _ = thread.join();
            }
        })?;
        Ok(Self { plain: plain_at, tls: tls_at, ca, shared, stop, thread: Some(thread) })
    }

    /// `ws://host:port`
    pub fn ws(&self) -> String {
        format!("ws://{}", self.plain)
    }

    /// `wss://host:port`
    pub fn wss(&self) -> String {
        format!("wss://{}", self.tls)
    }

    pub fn ca_file(&self) -> &Path {
        self.ca.path()
    }

    pub fn feed(&self) -> &Feed {
        &self.shared.feed
    }

    /// Closes every connection, joins every thread, and returns what the last connection was sent; of a shared market,
    /// what all were.
    pub fn stop(&mut self) -> Report {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.shared.report.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

struct Connections {
    shared: Arc<Shared>,
    stopped: watch::Receiver<bool>,
    threads: Vec<JoinHandle<()>>,
    count: u64,
}

impl Connections {
    async fn listen(&mut self, plain: TcpListener, tls: TcpListener, acceptor: TlsAcceptor) -> io::Result<()> {
        plain.set_nonblocking(true)?;
        tls.set_nonblocking(true)?;
        let plain = tokio::net::TcpListener::from_std(plain)?;
        let tls = tokio::net::TcpListener::from_std(tls)?;
        let mut stopped = self.stopped.clone();
        loop {
            let (accepted, acceptor) = tokio::select! {
                _ = stopped.changed() => return Ok(()),
                accepted = plain.accept() => (accepted, None),
                accepted = tls.accept() => (accepted, Some(acceptor.clone())),
            };
            // A peer that went away before it was accepted is no reason to stop listening.
            let Ok((stream, _)) = accepted else { continue };
            self.threads.retain(|thread| !thread.is_finished());
            if self.threads.len() < MAX_CONNECTIONS {
                self.start(stream.into_std()?, acceptor)?;
            }
        }
    }

    fn start(&mut self, stream: TcpStream, acceptor: Option<TlsAcceptor>) -> io::Result<()> {
        self.count += 1;
        let (number, shared, stopped) = (self.count, Arc::clone(&self.shared), self.stopped.clone());
        let thread = thread::Builder::new().name(format!("okx-fast-sim-{number}")).spawn(move || {
            // What goes wrong with one connection ends that connection.
            let _ = connection(stream, acceptor, number, &shared, stopped);
        })?;
        self.threads.push(thread);
        Ok(())
    }
}

fn connection(
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    number: u64,
    shared: &Shared,
    mut stopped: watch::Receiver<bool>,
) -> io::Result<()> {
    runtime()?.block_on(async {
        stream.set_nodelay(true)?;
        let stream = tokio::net::TcpStream::from_std(stream)?;
        let Some(acceptor) = acceptor else {
            serve(stream, number, shared, stopped).await;
            return Ok(());
        };
        let stream = tokio::select! {
            _ = stopped.changed() => return Ok(()),
            stream = timeout(TLS_WITHIN, acceptor.accept(stream)) => stream??,
        };
        serve(stream, number, shared, stopped).await;
        Ok(())
    })
}
