//! Connections come about only with a peer that proves who it is, in time, by the way that was asked for.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod http_support;

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Shutdown, TcpStream};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use http_support::{OK, Peer, dial, eventually, exchange, later, listen, options, origin, serve, trusting, within};
use okx_fast_net::clock::mono_ns;
use okx_fast_net::http::{Conn, DialError, DialOptions, DialStage, Dialer, Origin, Pause, Proxy, Steady, TunnelError};
use okx_fast_net::tls::{TlsConfig, TlsError};
use tokio_rustls::rustls::HandshakeKind;

fn dial_with(origin: Origin, tls: &TlsConfig, options: DialOptions) -> Result<Conn, DialError> {
    Dialer::new(origin, tls, options).dial(later(), &Steady)
}

/// A server that takes one connection and reads until it ends.
fn taker() -> (u16, JoinHandle<()>) {
    serve(false, |mut peer| while !peer.is_left() {})
}

#[test]
fn a_certificate_must_be_trusted_and_name_the_host() {
    for (host, tls) in [("localhost", TlsConfig::new(None).unwrap()), ("127.0.0.1", trusting())] {
        let (listener, port) = listen();
        let server = thread::spawn(move || assert!(Peer::accept(&listener, true).is_left()));
        let origin = Origin::parse(&format!("https://{host}:{port}")).unwrap();
        let error = dial_with(origin, &tls, options()).unwrap_err();
        assert!(matches!(error, DialError::Tls(TlsError::Certificate { .. })), "{host}: {error:?}");
        server.join().unwrap();
    }
}

#[test]
fn a_server_that_does_not_speak_tls_is_named_so() {
    let (port, server) = serve(false, |mut peer| peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
    let error = dial_with(origin(true, port), &trusting(), options()).unwrap_err();
    assert!(matches!(error, DialError::Tls(TlsError::Protocol { .. })), "{error:?}");
    server.join().unwrap();
}

#[test]
fn a_second_connection_resumes_the_tls_session() {
    let (listener, port) = listen();
    let server = thread::spawn(move || {
        [(); 2].map(|()| {
            let mut peer = Peer::accept(&listener, true);
            peer.answer(OK);
            let Peer::Tls(stream) = &peer else { unreachable!("asked for TLS") };
            stream.conn.handshake_kind()
        })
    });
    let dialer = Dialer::new(origin(true, port), &trusting(), options());
    for _ in 0..2 {
        exchange(&mut dialer.dial(later(), &Steady).unwrap()).unwrap();
    }
    assert_eq!(server.join().unwrap(), [Some(HandshakeKind::Full), Some(HandshakeKind::Resumed)]);
}

#[test]
fn nobody_there_is_an_error_of_tcp() {
    let port = listen().1;
    let error = dial_with(origin(false, port), &trusting(), options()).unwrap_err();
    assert!(matches!(error, DialError::Tcp { .. }), "{error:?}");
}

#[test]
fn a_server_that_hangs_up_in_the_handshake_is_named_with_its_stage() {
    let (port, server) = serve(false, Peer::close);
    let error = dial_with(origin(true, port), &trusting(), options()).unwrap_err();
    assert!(matches!(error, DialError::Lost { stage: DialStage::Tls, .. }), "{error:?}");
    server.join().unwrap();
}

#[test]
fn a_handshake_without_an_answer_ends_at_the_deadline_or_the_time_allowed() {
    let short = Duration::from_millis(100);
    for (deadline, allowed) in [(Duration::from_secs(20), short), (short, Duration::from_secs(20))] {
        let (port, server) = taker();
        let dialer = Dialer::new(origin(true, port), &trusting(), DialOptions { connect_within: allowed, ..options() });
        let before = mono_ns();
        let error = dialer.dial(within(deadline), &Steady).unwrap_err();
        assert!(matches!(error, DialError::Deadline { stage: DialStage::Tls }), "{error:?}");
        assert!((100_000_000..5_000_000_000).contains(&(mono_ns() - before)));
        server.join().unwrap();
    }
}

#[test]
fn a_dial_can_be_interrupted() {
    struct Now;
    impl Pause for Now {
        fn interrupted(&self) -> bool {
            true
        }
    }
    let (port, server) = taker();
    let error = Dialer::new(origin(true, port), &trusting(), options()).dial(later(), &Now).unwrap_err();
    assert!(matches!(error, DialError::Interrupted), "{error:?}");
    server.join().unwrap();
}

#[test]
fn connections_come_from_the_local_address() {
    let local: IpAddr = [127, 0, 0, 2].into();
    let (port, server) = serve(false, |peer| peer.socket().peer_addr().unwrap().ip());
    dial_with(origin(false, port), &trusting(), DialOptions { local_address: Some(local), ..options() }).unwrap();
    assert_eq!(server.join().unwrap(), local);
}

#[test]
fn many_threads_may_dial_at_once() {
    let (listener, port) = listen();
    let server = thread::spawn(move || {
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| Peer::accept(&listener, true).answer(OK));
            }
        });
    });
    let dialer = Dialer::new(origin(true, port), &trusting(), options());
    dialer.prepare();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(exchange(&mut dialer.dial(later(), &Steady).unwrap()).unwrap().body, b"ok"));
        }
    });
    server.join().unwrap();
}

/// Reads one request of a client to a proxy.
type Handshake = fn(&mut TcpStream) -> (String, u16);

/// A proxy for one tunnel, of which it tells the destination.
fn proxy(handshake: Handshake) -> (u16, JoinHandle<String>) {
    let (listener, port) = listen();
    let server = thread::spawn(move || {
        let (mut near, _) = listener.accept().unwrap();
        let (host, port) = handshake(&mut near);
        let far = TcpStream::connect((host.as_str(), port)).unwrap();
        let (from, to) = (near.try_clone().unwrap(), far.try_clone().unwrap());
        let upstream = thread::spawn(move || splice(from, to));
        splice(far, near);
        upstream.join().unwrap();
        host
    });
    (port, server)
}

fn splice(mut from: TcpStream, mut to: TcpStream) {
    // Either side may break off; the other then ends too.
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

fn bytes<const N: usize>(socket: &mut TcpStream) -> [u8; N] {
    let mut bytes = [0; N];
    socket.read_exact(&mut bytes).unwrap();
    bytes
}

fn http_proxy(socket: &mut TcpStream) -> (String, u16) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        head.push(char::from(bytes::<1>(socket)[0]));
    }
    assert!(head.contains("\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n"), "{head}");
    let authority = head.strip_prefix("CONNECT ").unwrap().split(' ').next().unwrap();
    let (host, port) = authority.split_once(':').unwrap();
    socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    (host.to_owned(), port.parse().unwrap())
}

fn socks_proxy(socket: &mut TcpStream) -> (String, u16) {
    assert_eq!(bytes(socket), [5, 2, 0, 2]);
    socket.write_all(&[5, 2]).unwrap();
    assert_eq!(&bytes::<11>(socket), b"\x01\x04user\x04pass");
    socket.write_all(&[1, 0]).unwrap();
    let host = match bytes(socket) {
        [5, 1, 0, 1] => IpAddr::from(bytes::<4>(socket)).to_string(),
        [5, 1, 0, 3] => {
            let mut name = vec![0; usize::from(bytes::<1>(socket)[0])];
            socket.read_exact(&mut name).unwrap();
            String::from_utf8(name).unwrap()
        }
        other => panic!("{other:?}"),
    };
    let port = u16::from_be_bytes(bytes(socket));
    socket.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).unwrap();
    (host, port)
}

#[test]
fn each_kind_of_proxy_opens_a_tunnel_for_both_schemes() {
    let kinds: [(&str, Handshake, &str); 3] =
        [("http", http_proxy, "localhost"), ("socks5h", socks_proxy, "localhost"), ("socks5", socks_proxy, "127.0.0.1")];
    for tls in [false, true] {
        for (scheme, handshake, host) in kinds {
            let (port, server) = serve(tls, |mut peer| peer.answer(OK));
            let (through, proxy) = proxy(handshake);
            let url = format!("{scheme}://user:pass@127.0.0.1:{through}");
            let options = DialOptions { proxy: Some(Proxy::parse(&url).unwrap()), ..options() };
            let mut conn = dial_with(origin(tls, port), &trusting(), options).unwrap();
            assert_eq!(exchange(&mut conn).unwrap().body, b"ok", "{scheme}");
            drop(conn);
            server.join().unwrap();
            assert_eq!(proxy.join().unwrap(), host, "{scheme}");
        }
    }
}

fn through(url: &str, origin: Origin) -> DialError {
    dial_with(origin, &trusting(), DialOptions { proxy: Some(Proxy::parse(url).unwrap()), ..options() }).unwrap_err()
}

#[test]
fn a_proxy_that_refuses_hangs_up_or_talks_on_is_named() {
    for (answer, wanted) in [
        ("HTTP/1.1 407 x\r\n\r\n", "proxy http://127.0.0.1:PORT: login: the proxy wants another user and password (HTTP 407)"),
        ("HTTP/1.1 502 no way\r\n\r\n", "proxy http://127.0.0.1:PORT: expected a tunnel, got HTTP 502 no way"),
        ("HTTP/1.1 200 OK\r\n\r\nmore", "proxy http://127.0.0.1:PORT: expected nothing behind the answer, got other bytes"),
        ("", "tunnel through the proxy: unexpected end of file"),
    ] {
        let (port, server) = serve(false, |mut peer| peer.answer(answer.as_bytes()));
        let error = through(&format!("http://user:secret@127.0.0.1:{port}"), origin(true, 1));
        assert_eq!(error.to_string(), wanted.replace("PORT", &port.to_string()));
        assert!(!format!("{error:?}").contains("secret"));
        server.join().unwrap();
    }
}

#[test]
fn a_silent_proxy_ends_at_the_deadline() {
    let (port, server) = taker();
    let proxy = Proxy::parse(&format!("socks5h://127.0.0.1:{port}")).unwrap();
    let dialer = Dialer::new(origin(true, 1), &trusting(), DialOptions { proxy: Some(proxy), ..options() });
    let error = dialer.dial(within(Duration::from_millis(100)), &Steady).unwrap_err();
    assert!(matches!(error, DialError::Deadline { stage: DialStage::Proxy }), "{error:?}");
    server.join().unwrap();
}

#[test]
fn plain_text_does_not_go_to_a_proxy_elsewhere() {
    let error = through("http://192.0.2.1:3128", origin(false, 80));
    assert!(matches!(error, DialError::Proxy { why: TunnelError::NotLoopback, .. }), "{error:?}");
}

#[test]
fn a_dropped_connection_is_closed() {
    let (tell, told) = mpsc::channel();
    let (port, server) = serve(false, move |mut peer| tell.send(peer.is_left()).unwrap());
    drop(dial(false, port));
    eventually("the end", || told.try_recv() == Ok(true));
    server.join().unwrap();
}
