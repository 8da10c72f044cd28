//! WebSocket through a proxy: HTTP CONNECT and SOCKS 5, plain and under TLS; refusals name the proxy, not its password.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod support;

use okx_fast_net::http::Proxy;
use okx_fast_net::transport::{ConnectError, Transport};
use okx_fast_net::ws::Opcode;
use support::{PATIENCE, frame, listen, next, patiently, serve, target, trusting};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// A proxy for one connection, of the kind that the first byte asks for; gives what it was asked.
async fn proxy(answer: &'static [u8]) -> (u16, JoinHandle<String>) {
    let (listener, port) = listen().await;
    let task = tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut space = [0; 1024];
        let n = client.read(&mut space).await.unwrap();
        let (asked, far) = if space[0] == 5 {
            assert_eq!(&space[..n], [5, 2, 0, 2], "SOCKS 5, no login or user and password");
            client.write_all(&[5, 2]).await.unwrap();
            let n = client.read(&mut space).await.unwrap();
            assert_eq!(&space[..n], b"\x01\x02me\x06canary");
            client.write_all(&[1, 0]).await.unwrap();
            let n = client.read(&mut space).await.unwrap();
            let far = u16::from_be_bytes([space[n - 2], space[n - 1]]);
            let asked = match space[3] {
                1 => "127.0.0.1".to_owned(),
                3 => String::from_utf8_lossy(&space[5..n - 2]).into_owned(),
                kind => format!("address of kind {kind}"),
            };
            (asked, far)
        } else {
            let head = String::from_utf8_lossy(&space[..n]).into_owned();
            let authority = head.split(' ').nth(1).unwrap().to_owned();
            assert!(head.contains("Proxy-Authorization: Basic bWU6Y2FuYXJ5\r\n"), "{head}");
            let (name, far) = authority.split_once(':').unwrap();
            (name.to_owned(), far.parse().unwrap())
        };
        client.write_all(answer).await.unwrap();
        if let Ok(mut server) = TcpStream::connect(("127.0.0.1", far)).await {
            // Either side may be gone first.
            let _ = copy_bidirectional(&mut client, &mut server).await;
        }
        asked
    });
    (port, task)
}

const SOCKS_OPEN: &[u8] = &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0];

#[tokio::test]
async fn messages_come_through_each_kind_of_proxy() {
    for (scheme, answer, asked) in [
        ("http", b"HTTP/1.1 200 Connection established\r\n\r\n".as_slice(), "localhost"),
        ("socks5h", SOCKS_OPEN, "localhost"),
        ("socks5", SOCKS_OPEN, "127.0.0.1"),
    ] {
        for tls in [false, true] {
            let (far, server) = serve(tls, |mut peer| async move {
                peer.send(&frame(Opcode::Text, b"hello")).await;
                peer.message().await
            })
            .await;
            let (near, middle) = proxy(answer).await;
            patiently(async {
                let route = Proxy::parse(&format!("{scheme}://me:canary@127.0.0.1:{near}")).unwrap();
                let mut client = Transport::connect(&target(tls, far), &trusting(), Some(&route), PATIENCE).await.unwrap();
                assert_eq!(next(&mut client).await, (Opcode::Text, b"hello".to_vec()), "{scheme}, tls {tls}");
                client.queue(Opcode::Text, b"ping").unwrap();
                client.flush().await.unwrap();
                assert_eq!(server.await.unwrap(), Some((Opcode::Text, b"ping".to_vec())));
                drop(client);
                assert_eq!(middle.await.unwrap(), asked, "{scheme}");
            })
            .await;
        }
    }
}

#[tokio::test]
async fn a_proxy_that_says_no_is_named_without_its_password() {
    for (scheme, answer, want) in [
        ("http", b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n".as_slice(), "HTTP 407"),
        ("http", b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "HTTP 502 Bad Gateway"),
        ("socks5h", &[5, 5, 0, 1, 0, 0, 0, 0, 0, 0], "connection refused"),
    ] {
        let (near, _middle) = proxy(answer).await;
        patiently(async {
            let route = Proxy::parse(&format!("{scheme}://me:canary@127.0.0.1:{near}")).unwrap();
            let error = Transport::connect(&target(true, 1), &trusting(), Some(&route), PATIENCE).await.unwrap_err();
            assert!(matches!(error, ConnectError::Proxy { .. }), "{error}");
            let text = format!("{error} {error:?} {route:?}");
            assert!(text.contains(want) && text.contains(&near.to_string()), "{text}");
            assert!(!text.contains("canary"), "{text}");
        })
        .await;
    }
}
