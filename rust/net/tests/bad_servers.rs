//! Servers that answer late, wrongly, in part or not at all: each ends in a typed error, in time.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::path::Path;

use okx_fast_net::tls::{TlsConfig, TlsError};
use okx_fast_net::transport::{ConnectError, MAX_MESSAGE, ReadError, Stage, Target, Transport};
use okx_fast_net::ws::handshake::HandshakeError;
use okx_fast_net::ws::{Opcode, Role, WsError, encode_fragment, handshake};
use support::{connect, frame, listen, next, patiently, secure, serve, target, trusting};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Duration, Instant, timeout};

/// Accepts one connection and answers the first bytes with `answer`, then holds the line (or not).
async fn answering(answer: Vec<u8>, hold: bool) -> u16 {
    let (listener, port) = listen().await;
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let _ = socket.read(&mut [0; 4096]).await.unwrap();
        socket.write_all(&answer).await.unwrap();
        while hold && socket.read(&mut [0; 4096]).await.is_ok_and(|n| n > 0) {}
    });
    port
}

async fn connect_within(tls: bool, port: u16, allowed: Duration) -> ConnectError {
    let (target, config) = (target(tls, port), trusting());
    let begun = Instant::now();
    let connected = Transport::connect(&target, &config, None, allowed);
    let error = patiently(connected).await.unwrap_err();
    assert!(begun.elapsed() < allowed + Duration::from_secs(5), "{error}");
    error
}

#[tokio::test]
async fn one_that_never_answers_ends_at_the_deadline() {
    let allowed = Duration::from_millis(100);
    for (tls, want) in [(false, Stage::WebSocket), (true, Stage::Tls)] {
        let port = answering(Vec::new(), true).await;
        let error = connect_within(tls, port, allowed).await;
        assert!(matches!(error, ConnectError::Timeout { stage, .. } if stage == want), "{error}");
    }
}

#[tokio::test]
async fn one_that_drips_its_answer_ends_at_the_deadline() {
    let (listener, port) = listen().await;
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut tick = tokio::time::interval(Duration::from_millis(10));
        while socket.write_all(b"HTTP/1.1 101 Switching Protocols\r\nx: y").await.is_ok() {
            for _ in 0..1000 {
                tick.tick().await;
            }
        }
    });
    let error = connect_within(false, port, Duration::from_millis(100)).await;
    assert!(matches!(error, ConnectError::Timeout { .. }), "{error}");
}

#[tokio::test]
async fn a_503_keeps_its_status_and_the_start_of_its_page() {
    let page = "<html><body>Service Unavailable</body></html>".repeat(40);
    let whole = handshake::refuse_response(503, "Service Unavailable", &page);
    let endless = format!("HTTP/1.1 503 Service Unavailable\r\n\r\n{}", &page[..90]);
    for (answer, hold, kept) in [(whole, true, 512), (endless.clone().into_bytes(), false, 90), (endless.into_bytes(), true, 90)] {
        let port = answering(answer, hold).await;
        let error = connect_within(false, port, Duration::from_millis(300)).await;
        let ConnectError::Handshake(HandshakeError::Refused { status, body }) = error else {
            panic!("{error:?}");
        };
        assert_eq!((status, body.len()), (503, kept));
        assert!(body.starts_with(b"<html>"));
    }
}

#[tokio::test]
async fn one_that_hangs_up_in_a_handshake_is_named_with_its_stage() {
    for (tls, want) in [(false, Stage::WebSocket), (true, Stage::Tls)] {
        let port = answering(Vec::new(), false).await;
        let error = connect_within(tls, port, support::PATIENCE).await;
        assert!(
            matches!(
                error,
                ConnectError::Lost { stage, error: ReadError::Eof | ReadError::Reset } if stage == want
            ),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn no_one_there_is_an_error_of_tcp() {
    let (listener, port) = listen().await;
    drop(listener);
    let error = connect_within(false, port, support::PATIENCE).await;
    assert!(matches!(error, ConnectError::Tcp { .. }), "{error}");
}

#[tokio::test]
async fn an_endless_head_is_refused() {
    let mut answer = b"HTTP/1.1 101 Switching Protocols\r\nx: ".to_vec();
    answer.resize(40_000, b'a');
    let port = answering(answer, true).await;
    let error = connect_within(false, port, support::PATIENCE).await;
    let too_long = HandshakeError::HeadTooLong { limit: handshake::MAX_HEAD };
    assert!(matches!(&error, ConnectError::Handshake(e) if *e == too_long), "{error}");
}

#[tokio::test]
async fn one_that_does_not_speak_tls_is_named_so() {
    let port = answering(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), true).await;
    let error = connect_within(true, port, support::PATIENCE).await;
    assert!(matches!(error, ConnectError::Tls(TlsError::Protocol { .. })), "{error}");
}

#[tokio::test]
async fn a_certificate_must_be_trusted_and_name_the_host() {
    for (host, config) in [("localhost", TlsConfig::new(None).unwrap()), ("127.0.0.1", trusting())] {
        let (port, server) = serve(true, |_| async {}).await;
        let url = format!("wss://{host}:{port}/ws/v5/public");
        let target = Target::parse(&url).unwrap();
        let connected = Transport::connect(&target, &config, None, support::PATIENCE);
        let error = patiently(connected).await.unwrap_err();
        assert!(matches!(error, ConnectError::Tls(TlsError::Certificate { .. })), "{error}");
        // The alert reached the server, which reports it.
        let refused = patiently(server).await.unwrap_err();
        assert!(refused.is_panic());
    }
}

#[test]
fn a_ca_file_must_hold_a_certificate() {
    let this_file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad_servers.rs");
    for path in [Path::new("no/such/file.pem"), &this_file] {
        let error = TlsConfig::new(Some(path)).unwrap_err();
        assert!(matches!(error, TlsError::CaFile { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_reset_is_named_so() {
    let (listener, port) = listen().await;
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        upgrade(&mut socket).await;
        socket.set_zero_linger().unwrap();
    });
    let mut client = patiently(connect(false, port)).await.unwrap();
    let error = patiently(client.read()).await.unwrap_err();
    assert!(matches!(error, ReadError::Reset), "{error}");
}

#[tokio::test]
async fn a_tls_stream_cut_without_close_notify_is_no_orderly_end() {
    let (listener, port) = listen().await;
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut stream = secure(socket).await;
        upgrade(&mut stream).await;
        stream.write_all(&frame(Opcode::Text, b"last words")).await.unwrap();
        stream.flush().await.unwrap();
        // Ends TCP alone.
        stream.get_mut().0.shutdown().await.unwrap();
        while stream.read(&mut [0; 64]).await.is_ok_and(|n| n > 0) {}
    });
    let mut client = patiently(connect(true, port)).await.unwrap();
    assert_eq!(patiently(next(&mut client)).await.1, b"last words");
    let end = loop {
        if let Err(end) = patiently(client.read()).await {
            break end;
        }
    };
    assert!(matches!(end, ReadError::Eof), "{end}");
}

#[tokio::test]
async fn damaged_ciphertext_is_an_error_that_stays() {
    let (listener, port) = listen().await;
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let mut stream = secure(socket).await;
        upgrade(&mut stream).await;
        stream.flush().await.unwrap();
        assert!(stream.read(&mut [0; 64]).await.unwrap() > 0, "the client's go");
        let raw: &mut TcpStream = stream.get_mut().0;
        raw.write_all(b"\x17\x03\x03\x00\x20").await.unwrap();
        raw.write_all(&[0; 32]).await.unwrap();
        while stream.read(&mut [0; 64]).await.is_ok_and(|n| n > 0) {}
    });
    let mut client = patiently(connect(true, port)).await.unwrap();
    client.queue(Opcode::Text, b"go").unwrap();
    patiently(client.flush()).await.unwrap();
    let error = loop {
        if let Err(error) = patiently(client.read()).await {
            break error;
        }
    };
    assert!(matches!(error, ReadError::Tls(TlsError::Protocol { .. })), "{error}");
    client.queue(Opcode::Text, b"x").unwrap();
    assert!(patiently(client.flush()).await.is_err());
}

#[tokio::test]
async fn a_fragment_and_then_silence_is_no_message() {
    let (port, server) = serve(true, |mut peer| async move {
        let mut bytes = Vec::new();
        encode_fragment(Role::Server, Some(Opcode::Text), false, b"{\"arg\"", [0; 4], &mut bytes);
        peer.send(&bytes).await;
        peer.message().await
    })
    .await;
    let mut client = patiently(connect(true, port)).await.unwrap();
    let waiting = async {
        loop {
            client.read().await.unwrap();
            assert_eq!(client.next_message(), Ok(None));
        }
    };
    assert!(timeout(Duration::from_millis(100), waiting).await.is_err());
    // The line is up meanwhile: our ping gets through.
    client.queue(Opcode::Text, b"ping").unwrap();
    patiently(client.flush()).await.unwrap();
    let heard = patiently(server).await.unwrap();
    assert_eq!(heard, Some((Opcode::Text, b"ping".to_vec())));
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_by_its_header() {
    let (port, _server) = serve(false, |mut peer| async move {
        peer.send(b"\x81\x7f\x00\x00\x00\x01\x00\x00\x00\x00").await;
        peer.message().await
    })
    .await;
    let mut client = patiently(connect(false, port)).await.unwrap();
    let error = loop {
        if let Err(error) = client.next_message() {
            break error;
        }
        patiently(client.read()).await.unwrap();
    };
    let limit = MAX_MESSAGE;
    assert_eq!(error, WsError::TooBig { limit, got: 1 << 32 });
}

async fn upgrade(stream: &mut (impl support::Io + ?Sized)) {
    let mut received = Vec::new();
    let request = loop {
        assert!(stream.read_buf(&mut received).await.unwrap() > 0);
        if let Some((request, _)) = handshake::read_request(&received).unwrap() {
            break request;
        }
    };
    stream.write_all(&handshake::accept_response(&request)).await.unwrap();
}
