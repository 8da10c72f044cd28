//! A server for one connection: accepts, upgrades, then follows the test's script.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by several test files")]

use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use okx_fast_net::tls::TlsConfig;
use okx_fast_net::transport::{ConnectError, Target, Transport};
use okx_fast_net::ws::{Decoder, Opcode, Role, encode, handshake};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// Far beyond what loopback needs: a test that gets here has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub trait Io: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// The server's side of a connection.
pub struct Peer {
    pub io: Box<dyn Io>,
    pub decoder: Decoder,
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
        let name = format!("ca-{}.pem", std::process::id());
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

pub async fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

pub fn target(tls: bool, port: u16) -> Target {
    let scheme = if tls { "wss" } else { "ws" };
    Target::parse(&format!("{scheme}://localhost:{port}/ws/v5/public")).unwrap()
}

pub async fn connect(tls: bool, port: u16) -> Result<Transport, ConnectError> {
    Transport::connect(&target(tls, port), &trusting(), None, PATIENCE).await
}

pub async fn secure(socket: TcpStream) -> tokio_rustls::server::TlsStream<TcpStream> {
    let acceptor = TlsAcceptor::from(Arc::clone(&identity().server));
    acceptor.accept(socket).await.unwrap()
}

/// Accepts one connection, upgrades it and runs `script`; gives the port.
pub async fn serve<F, T>(tls: bool, script: impl FnOnce(Peer) -> F + Send + 'static) -> (u16, JoinHandle<T>)
where
    F: Future<Output = T> + Send,
    T: Send + 'static,
{
    let (listener, port) = listen().await;
    let task = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        socket.set_nodelay(true).unwrap();
        let io: Box<dyn Io> = if tls { Box::new(secure(socket).await) } else { Box::new(socket) };
        let mut peer = Peer { io, decoder: Decoder::new(Role::Server, 8 << 20) };
        peer.upgrade().await;
        script(peer).await
    });
    (port, task)
}

impl Peer {
    async fn upgrade(&mut self) {
        loop {
            assert!(self.receive().await > 0, "the client went away");
            let read = handshake::read_request(self.decoder.undecoded()).unwrap();
            if let Some((request, head)) = read {
                assert_eq!(request.path, "/ws/v5/public");
                self.decoder.skip(head);
                let answer = handshake::accept_response(&request);
                return self.send(&answer).await;
            }
        }
    }

    pub async fn receive(&mut self) -> usize {
        let n = self.io.read(self.decoder.space(1)).await.unwrap();
        self.decoder.filled(n);
        n
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.io.write_all(bytes).await.unwrap();
        self.io.flush().await.unwrap();
    }

    /// The next message; `None` when the client ended the stream.
    pub async fn message(&mut self) -> Option<(Opcode, Vec<u8>)> {
        loop {
            if let Some(message) = self.decoder.next_message().unwrap() {
                return Some((message.opcode, message.payload.to_vec()));
            }
            if self.receive().await == 0 {
                return None;
            }
        }
    }
}

/// One frame as a server sends it.
pub fn frame(opcode: Opcode, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    encode(Role::Server, opcode, payload, [0; 4], &mut out);
    out
}

/// The next message from the server, read as a driver would.
pub async fn next(transport: &mut Transport) -> (Opcode, Vec<u8>) {
    loop {
        if let Some(message) = transport.next_message().unwrap() {
            return (message.opcode, message.payload.to_vec());
        }
        transport.read().await.unwrap();
    }
}

/// Waits, but not for ever.
pub async fn patiently<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("in time")
}
