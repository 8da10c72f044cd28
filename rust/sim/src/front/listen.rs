//! Sockets that listen: accept, and close or come back as the engine says.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::rc::Rc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::Engine;
use super::conn::{Port, serve};
use super::hub::Hub;

const TLS_WITHIN: Duration = Duration::from_secs(10);
const BACKLOG: u32 = 1024;
/// After a failed accept (no descriptors left) or bind (the port was taken meanwhile).
const AGAIN_AFTER: Duration = Duration::from_millis(20);

/// How a port speaks.
#[derive(Clone)]
pub enum Kind {
    Plain,
    Tls(TlsAcceptor),
    Admin,
}

/// Binds before the front's thread starts, so that a port that is taken is known at once.
pub fn bind(at: SocketAddr) -> io::Result<StdListener> {
    let listener = StdListener::bind(at).map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {at}: {error}")))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Accepts until the front stops.
pub async fn listen<E: Engine>(listener: StdListener, kind: Kind, hub: Rc<Hub<E>>) -> io::Result<()> {
    let at = listener.local_addr()?;
    let mut listener = TcpListener::from_std(listener)?;
    if matches!(kind, Kind::Admin) {
        loop {
            accept(&listener, &kind, &hub).await;
        }
    }
    let mut open = hub.open.subscribe();
    loop {
        tokio::select! {
            () = accept(&listener, &kind, &hub) => continue,
            _ = open.wait_for(|open| !open) => {}
        }
        // Without a socket that listens, the system itself refuses.
        drop(listener);
        let _ = open.wait_for(|open| *open).await;
        listener = rebind(at).await;
    }
}

async fn accept<E: Engine>(listener: &TcpListener, kind: &Kind, hub: &Rc<Hub<E>>) {
    match listener.accept().await {
        Ok((stream, peer)) => {
            spawn_local(connection(stream, peer, kind.clone(), Rc::clone(hub)));
        }
        Err(_) => sleep(AGAIN_AFTER).await,
    }
}

/// What goes wrong here ends this connection only.
async fn connection<E: Engine>(stream: TcpStream, peer: SocketAddr, kind: Kind, hub: Rc<Hub<E>>) {
    let _ = stream.set_nodelay(true);
    let peer = peer.ip().to_canonical();
    match kind {
        Kind::Plain => serve(stream, peer, Port::Public, hub).await,
        Kind::Admin => serve(stream, peer, Port::Admin, hub).await,
        Kind::Tls(acceptor) => {
            if let Ok(Ok(stream)) = timeout(TLS_WITHIN, acceptor.accept(stream)).await {
                serve(stream, peer, Port::Public, hub).await;
            }
        }
    }
}

async fn rebind(at: SocketAddr) -> TcpListener {
    let bind = || {
        let socket = if at.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        socket.bind(at)?;
        socket.listen(BACKLOG)
    };
    loop {
        match bind() {
            Ok(listener) => return listener,
            Err(_) => sleep(AGAIN_AFTER).await,
        }
    }
}
