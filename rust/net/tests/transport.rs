//! A transport and a well-behaved server: messages whole and in chunks, plain and over TLS.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod support;

use okx_fast_net::clock;
use okx_fast_net::transport::{MAX_OUTGOING, ReadError};
use okx_fast_net::ws::{Opcode, Role, encode_fragment};
use support::{connect, frame, next, patiently, serve};
use tokio::sync::oneshot;
use tokio::time::{Duration, Instant, timeout};

fn messages() -> Vec<(Opcode, Vec<u8>)> {
    let mut all: Vec<_> = (0..300)
        .map(|i| {
            let text = format!(r#"{{"arg":{{"channel":"trades"}},"seqId":{i}}}"#);
            (Opcode::Text, text.into_bytes())
        })
        .collect();
    all.push((Opcode::Text, vec![b'x'; 70_000]));
    all.push((Opcode::Ping, b"are you there".to_vec()));
    all.push((Opcode::Binary, (0..=255).collect()));
    all
}

#[tokio::test]
async fn messages_arrive_whole_and_in_chunks_of_1_and_7() {
    for tls in [false, true] {
        for chunk in [1, 7, usize::MAX] {
            let (port, server) = serve(tls, move |mut peer| async move {
                let mut bytes = Vec::new();
                for (opcode, payload) in messages() {
                    bytes.extend(frame(opcode, &payload));
                }
                encode_fragment(Role::Server, Some(Opcode::Text), false, b"a", [0; 4], &mut bytes);
                encode_fragment(Role::Server, None, true, b"b", [0; 4], &mut bytes);
                for piece in bytes.chunks(chunk.min(bytes.len())) {
                    peer.send(piece).await;
                }
                let first = peer.message().await;
                (first, peer.message().await)
            })
            .await;
            patiently(async {
                let before = clock::now();
                let mut client = connect(tls, port).await.unwrap();
                for want in messages() {
                    assert!(next(&mut client).await == want, "tls {tls}, chunk {chunk}");
                }
                assert_eq!(next(&mut client).await, (Opcode::Text, b"ab".to_vec()));
                client.queue(Opcode::Text, b"ping").unwrap();
                client.queue(Opcode::Pong, b"are you there").unwrap();
                assert!(client.wants_write());
                client.flush().await.unwrap();
                assert!(!client.wants_write());
                let (first, second) = server.await.unwrap();
                assert_eq!(first, Some((Opcode::Text, b"ping".to_vec())));
                assert_eq!(second, Some((Opcode::Pong, b"are you there".to_vec())));
                assert!(before.mono_ns < clock::now().mono_ns);
            })
            .await;
        }
    }
}

#[tokio::test]
async fn the_stamp_of_a_read_lies_between_sending_and_decoding() {
    for tls in [false, true] {
        let (go, gone) = oneshot::channel();
        let (port, server) = serve(tls, move |mut peer| async move {
            gone.await.unwrap();
            let sent = clock::now();
            peer.send(&frame(Opcode::Text, b"now")).await;
            sent
        })
        .await;
        let mut client = patiently(connect(tls, port)).await.unwrap();
        go.send(()).unwrap();
        let stamp = loop {
            let stamp = patiently(client.read()).await.unwrap();
            if client.next_message().unwrap().is_some() {
                break stamp;
            }
        };
        let sent = patiently(server).await.unwrap();
        assert!(sent.mono_ns <= stamp.mono_ns && stamp.mono_ns <= clock::now().mono_ns);
    }
}

#[tokio::test]
async fn a_message_is_answered_while_it_is_held() {
    let (port, server) = serve(true, |mut peer| async move {
        peer.send(&frame(Opcode::Ping, b"payload")).await;
        peer.message().await
    })
    .await;
    let mut client = patiently(connect(true, port)).await.unwrap();
    patiently(async {
        loop {
            let (inbox, outbox) = client.parts();
            if let Some(message) = inbox.next_message().unwrap() {
                outbox.queue(Opcode::Pong, message.payload).unwrap();
                break;
            }
            client.read().await.unwrap();
        }
        client.flush().await.unwrap();
        let answer = server.await.unwrap();
        assert_eq!(answer, Some((Opcode::Pong, b"payload".to_vec())));
    })
    .await;
}

#[tokio::test]
async fn try_read_never_waits() {
    for tls in [false, true] {
        let (go, gone) = oneshot::channel();
        let (port, server) = serve(tls, move |mut peer| async move {
            gone.await.unwrap();
            peer.send(&frame(Opcode::Text, b"now")).await;
            peer
        })
        .await;
        let mut client = patiently(connect(tls, port)).await.unwrap();
        // Session tickets may be on their way still; a message is not.
        client.try_read().unwrap();
        assert_eq!(client.next_message(), Ok(None));
        go.send(()).unwrap();
        let mut peer = patiently(server).await.unwrap();
        // Nothing here lets the runtime look at the socket.
        let late = Instant::now() + support::PATIENCE;
        while client.next_message().unwrap().is_none() {
            client.try_read().unwrap();
            assert!(Instant::now() < late);
        }
        // And the runtime still notices what comes next.
        peer.send(&frame(Opcode::Text, b"then")).await;
        assert_eq!(patiently(next(&mut client)).await.1, b"then");
    }
}

#[tokio::test]
async fn reading_goes_on_while_the_server_does_not_read_and_nothing_is_lost_or_sent_twice() {
    for tls in [false, true] {
        let (go, gone) = oneshot::channel();
        let (port, server) = serve(tls, move |mut peer| async move {
            peer.send(&frame(Opcode::Text, b"still here")).await;
            gone.await.unwrap();
            let mut got = Vec::new();
            while let Some((Opcode::Binary, payload)) = peer.message().await {
                got.push(payload);
            }
            got
        })
        .await;
        let mut client = patiently(connect(tls, port)).await.unwrap();
        let mut queued = 0u32;
        let full = loop {
            let payload = [&queued.to_be_bytes()[..], &vec![b'x'; 60_000]].concat();
            match client.queue(Opcode::Binary, &payload) {
                Ok(()) => queued += 1,
                Err(full) => break full,
            }
            // Dropped halfway, whenever the socket is full.
            let _ = timeout(Duration::from_millis(5), client.flush()).await;
        };
        assert_eq!(full.limit, MAX_OUTGOING);
        assert_eq!(patiently(next(&mut client)).await.1, b"still here");
        assert!(client.wants_write());
        go.send(()).unwrap();
        patiently(client.flush()).await.unwrap();
        client.queue(Opcode::Text, b"that was all").unwrap();
        patiently(client.flush()).await.unwrap();
        let got = patiently(server).await.unwrap();
        assert_eq!(got.len() as u32, queued);
        for (want, payload) in (0u32..).zip(&got) {
            assert_eq!((payload.len(), &payload[..4]), (60_004, &want.to_be_bytes()[..]));
        }
    }
}

#[tokio::test]
async fn close_is_said_and_answered() {
    for tls in [false, true] {
        let (port, server) = serve(tls, |mut peer| async move {
            peer.send(&frame(Opcode::Text, b"too late to matter")).await;
            let close = peer.message().await;
            peer.send(&frame(Opcode::Close, &1000u16.to_be_bytes())).await;
            // Under TLS this is an error unless close_notify came.
            let end = peer.receive().await;
            (close, end)
        })
        .await;
        let mut client = patiently(connect(tls, port)).await.unwrap();
        patiently(client.close(1000)).await;
        client.queue(Opcode::Text, b"after the end").unwrap();
        assert!(!client.wants_write());
        let (close, end) = patiently(server).await.unwrap();
        assert_eq!(close, Some((Opcode::Close, 1000u16.to_be_bytes().to_vec())));
        assert_eq!(end, 0);
    }
}

#[tokio::test]
async fn closing_may_be_given_up_on_a_server_that_does_not_answer() {
    let (port, server) = serve(true, |mut peer| async move { while peer.message().await.is_some() {} }).await;
    let mut client = patiently(connect(true, port)).await.unwrap();
    let closed = timeout(Duration::from_millis(50), client.close(1000)).await;
    assert!(closed.is_err());
    server.abort();
}

#[tokio::test]
async fn a_read_dropped_halfway_loses_nothing() {
    for tls in [false, true] {
        let (go, gone) = oneshot::channel();
        let whole = frame(Opcode::Text, b"in two parts");
        let (port, _server) = serve(tls, move |mut peer| async move {
            peer.send(&whole[..5]).await;
            gone.await.unwrap();
            peer.send(&whole[5..]).await;
            peer
        })
        .await;
        let mut client = patiently(connect(tls, port)).await.unwrap();
        for _ in 0..5 {
            let read = timeout(Duration::from_millis(10), client.read()).await;
            assert!(matches!(read, Ok(Ok(_)) | Err(_)), "{read:?}");
            assert_eq!(client.next_message(), Ok(None));
        }
        go.send(()).unwrap();
        assert_eq!(patiently(next(&mut client)).await.1, b"in two parts");
    }
}

#[tokio::test]
async fn the_end_of_the_stream_comes_after_its_last_message() {
    for tls in [false, true] {
        let (port, server) = serve(tls, |mut peer| async move {
            peer.send(&frame(Opcode::Text, b"last words")).await;
            tokio::io::AsyncWriteExt::shutdown(&mut peer.io).await.unwrap();
            // The other half stays open.
            peer.message().await
        })
        .await;
        let mut client = patiently(connect(tls, port)).await.unwrap();
        assert_eq!(patiently(next(&mut client)).await.1, b"last words");
        let end = loop {
            if let Err(end) = patiently(client.read()).await {
                break end;
            }
        };
        if tls {
            assert!(matches!(end, ReadError::TlsClosed), "{end:?}");
        } else {
            assert!(matches!(end, ReadError::Eof), "{end:?}");
        }
        client.queue(Opcode::Text, b"goodbye").unwrap();
        patiently(client.flush()).await.unwrap();
        let heard = patiently(server).await.unwrap();
        assert_eq!(heard, Some((Opcode::Text, b"goodbye".to_vec())));
    }
}
