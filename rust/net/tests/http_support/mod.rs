//! A server for one connection, on a thread of its own: accepts, then follows the test's script.
#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing, reason = "shared by several test files")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use okx_fast_net::clock::mono_ns;
use okx_fast_net::http::{Conn, DialOptions, Dialer, ExchangeError, Origin, Reply, Steady};
use okx_fast_net::tls::TlsConfig;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Far beyond what loopback needs: a test that gets here has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub const GET: &[u8] = b"GET /api/v5/public/time HTTP/1.1\r\nHost: localhost\r\n\r\n";
pub const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A deadline that only a broken test meets.
pub fn later() -> u64 {
    within(PATIENCE)
}

pub fn within(time: Duration) -> u64 {
    mono_ns() + u64::try_from(time.as_nanos()).unwrap()
}

struct Identity {
    ca_file: PathBuf,
    server: Arc<ServerConfig>,
}

/// A throw-away certificate for localhost, and the file a client trusts it by.
fn identity() -> &'static Identity {
    static IDENTITY: OnceLock<Identity> = OnceLock::new();
    IDENTITY.get_or_init(|| {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let name = format!("http-ca-{}.pem", std::process::id());
        let ca_file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&ca_file, cert.pem()).unwrap();
        let key = PrivatePkcs8KeyDer::from(signing_key.serialize_der());
        let server = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![cert.der().clone()], key.into()).unwrap();
        Identity { ca_file, server: Arc::new(server) }
    })
}

pub fn trusting() -> TlsConfig {
    TlsConfig::new(Some(&identity().ca_file)).unwrap()
}

/// The server's side of a connection.
pub enum Peer {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Peer {
    pub fn accept(listener: &TcpListener, tls: bool) -> Self {
        let (socket, _) = listener.accept().unwrap();
        socket.set_nodelay(true).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        if tls {
            let connection = ServerConnection::new(Arc::clone(&identity().server)).unwrap();
            Self::Tls(Box::new(StreamOwned::new(connection, socket)))
        } else {
            Self::Plain(socket)
        }
    }

    /// The next request's head, whole.
    pub fn request(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.io().read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        String::from_utf8(head).unwrap()
    }

    /// So many bytes.
    pub fn read(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.io().read_exact(&mut bytes).unwrap();
        bytes
    }

    /// Whether the client has gone, whichever way.
    pub fn is_left(&mut self) -> bool {
        !matches!(self.io().read(&mut [0]), Ok(1..))
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.io().write_all(bytes).unwrap();
        self.io().flush().unwrap();
    }

    /// Sends more: whether the client is still there.
    pub fn send_more(&mut self, bytes: &[u8]) -> bool {
        self.io().write_all(bytes).and_then(|()| self.io().flush()).is_ok()
    }

    /// Answers a request.
    pub fn answer(&mut self, reply: &[u8]) {
        self.request();
        self.send(reply);
    }

    /// Says `close_notify`, if there is TLS, and ends the stream.
    pub fn close(mut self) {
        if let Self::Tls(stream) = &mut self {
            stream.conn.send_close_notify();
            stream.flush().unwrap();
        }
    }

    /// Breaks the connection off.
    pub fn reset(self) {
        rustix::net::sockopt::set_socket_linger(self.socket(), Some(Duration::ZERO)).unwrap();
    }

    pub fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => &stream.sock,
        }
    }

    fn io(&mut self) -> &mut dyn ReadWrite {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => stream,
        }
    }
}

trait ReadWrite: Read + Write {}
impl<T: Read + Write> ReadWrite for T {}

pub fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Accepts one connection and runs `script`; gives the port.
pub fn serve<T: Send + 'static>(tls: bool, script: impl FnOnce(Peer) -> T + Send + 'static) -> (u16, JoinHandle<T>) {
    let (listener, port) = listen();
    (port, thread::spawn(move || script(Peer::accept(&listener, tls))))
}

pub fn options() -> DialOptions {
    DialOptions { proxy: None, local_address: None, connect_within: PATIENCE, dns_ttl: PATIENCE }
}

pub fn origin(tls: bool, port: u16) -> Origin {
    let scheme = if tls { "https" } else { "http" };
    Origin::parse(&format!("{scheme}://localhost:{port}")).unwrap()
}

pub fn dial(tls: bool, port: u16) -> Conn {
    Dialer::new(origin(tls, port), &trusting(), options()).dial(later(), &Steady).unwrap()
}

pub fn exchange(conn: &mut Conn) -> Result<Reply, ExchangeError> {
    let mut reply = Reply::default();
    conn.exchange(GET, later(), &Steady, &mut reply)?;
    Ok(reply)
}

/// Waits for what another thread or the kernel is about to do, but not for ever.
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = later();
    while !is_so() {
        assert!(mono_ns() < deadline, "expected in time: {what}");
        thread::yield_now();
    }
}
