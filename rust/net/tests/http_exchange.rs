//! One exchange over a plain connection, against a server that follows a script.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use okx_fast_net::clock::mono_ns;
use okx_fast_net::http::{Conn, DialOptions, Dialer, Origin, Reply, Steady};
use okx_fast_net::tls::TlsConfig;

const PATIENCE_NS: u64 = 20_000_000_000;

fn serve(script: impl FnOnce(TcpStream) + Send + 'static) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (port, thread::spawn(move || script(listener.accept().unwrap().0)))
}

fn dial(port: u16) -> Conn {
    let origin = Origin::parse(&format!("http://localhost:{port}")).unwrap();
    let options =
        DialOptions { proxy: None, local_address: None, connect_within: Duration::from_secs(20), dns_ttl: Duration::from_secs(60) };
    let dialer = Dialer::new(origin, &TlsConfig::new(None).unwrap(), options);
    dialer.dial(mono_ns() + PATIENCE_NS, &Steady).unwrap()
}

fn request_of(socket: &mut TcpStream) -> Vec<u8> {
    let mut got = vec![0; 4096];
    let n = socket.read(&mut got).unwrap();
    got.truncate(n);
    got
}

#[test]
fn two_exchanges_share_a_connection() {
    let (port, server) = serve(|mut socket| {
        for body in ["one", "three"] {
            assert_eq!(request_of(&mut socket), b"GET / HTTP/1.1\r\n\r\n");
            write!(socket, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nx-trace-id: {body}\r\n\r\n{body}", body.len()).unwrap();
        }
    });
    let mut conn = dial(port);
    let mut reply = Reply::default();
    for body in ["one", "three"] {
        assert!(conn.is_alive());
        let before = mono_ns();
        conn.exchange(b"GET / HTTP/1.1\r\n\r\n", before + PATIENCE_NS, &Steady, &mut reply).unwrap();
        assert_eq!((reply.status, reply.body.as_slice(), reply.request_id.as_deref()), (200, body.as_bytes(), Some(body)));
        assert!(before <= reply.sent_ns && reply.sent_ns <= reply.recv_ns && reply.recv_ns <= reply.done_ns);
        assert!(reply.keep_alive);
    }
    server.join().unwrap();
}
