//! One exchange over a connection: what is written, what is said when no whole reply comes, what is used again.
#![allow(clippy::unwrap_used, reason = "tests")]

mod http_support;

use std::cell::Cell;
use std::io::ErrorKind;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use http_support::{GET, OK, dial, eventually, exchange, later, serve, within};
use okx_fast_net::clock::mono_ns;
use okx_fast_net::http::{ExchangeError, Pause, Reply, Steady, Wrote};

/// Interrupts at the `after`-th question.
struct Interrupt {
    after: usize,
    asked: Cell<usize>,
}

impl Pause for Interrupt {
    fn interrupted(&self) -> bool {
        self.asked.set(self.asked.get() + 1);
        self.asked.get() >= self.after
    }
}

/// Tells when it was asked the third time, and interrupts nothing.
struct Asked(mpsc::Sender<()>, Cell<usize>);

impl Pause for Asked {
    fn interrupted(&self) -> bool {
        self.1.set(self.1.get() + 1);
        if self.1.get() == 3 {
            self.0.send(()).unwrap();
        }
        false
    }
}

#[test]
fn exchanges_share_a_connection_plain_or_with_tls() {
    for tls in [false, true] {
        let (port, server) = serve(tls, |mut peer| {
            for body in ["one", "three", ""] {
                assert_eq!(peer.request().as_bytes(), GET);
                peer.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nx-trace-id: id {body}\r\n\r\n{body}", body.len()).as_bytes());
            }
        });
        let mut conn = dial(tls, port);
        let mut reply = Reply::default();
        for body in ["one", "three", ""] {
            assert!(conn.is_alive());
            let before = mono_ns();
            conn.exchange(GET, later(), &Steady, &mut reply).unwrap();
            assert_eq!((reply.status, reply.body.as_slice()), (200, body.as_bytes()));
            assert_eq!(reply.request_id.as_deref(), Some(format!("id {body}").trim_end()));
            assert!(before <= reply.sent_ns && reply.sent_ns <= reply.recv_ns && reply.recv_ns <= reply.done_ns);
            assert!(reply.keep_alive);
        }
        server.join().unwrap();
    }
}

#[test]
fn a_reply_may_come_in_pieces_of_any_size() {
    let body = "x".repeat(300);
    let long = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n12c\r\n{body}\r\n0\r\n\r\n");
    for tls in [false, true] {
        for size in [1, 7, 100] {
            let long = long.clone();
            let (port, server) = serve(tls, move |mut peer| {
                peer.request();
                for piece in long.as_bytes().chunks(size) {
                    peer.send(piece);
                }
            });
            assert_eq!(exchange(&mut dial(tls, port)).unwrap().body, body.as_bytes());
            server.join().unwrap();
        }
    }
}

#[test]
fn a_long_request_and_a_long_reply_go_through() {
    // More than the kernel holds for a socket, so that both sides have to wait for each other.
    let long = vec![b'x'; 8 << 20];
    for tls in [false, true] {
        let body = long.clone();
        let (port, server) = serve(tls, move |mut peer| {
            peer.request();
            assert!(peer.read(body.len()) == body);
            peer.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes());
            peer.send(&body);
        });
        let request = [b"POST / HTTP/1.1\r\nContent-Length: 8388608\r\n\r\n", long.as_slice()].concat();
        let mut reply = Reply::default();
        dial(tls, port).exchange(&request, later(), &Steady, &mut reply).unwrap();
        assert!(reply.body == long);
        server.join().unwrap();
    }
}

#[test]
fn an_html_page_of_a_gateway_is_a_reply() {
    let page = "<html><h1>502 Bad Gateway</h1></html>";
    let (port, server) = serve(false, move |mut peer| {
        peer.answer(format!("HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n{page}").as_bytes());
    });
    let mut conn = dial(false, port);
    let reply = exchange(&mut conn).unwrap();
    assert_eq!((reply.status, reply.body.as_slice(), reply.content_type.as_deref()), (502, page.as_bytes(), Some("text/html")));
    assert!(!reply.keep_alive && !conn.is_alive());
    server.join().unwrap();
}

#[test]
fn a_connection_the_server_closed_while_idle_is_found_before_a_byte_is_sent() {
    for tls in [false, true] {
        let (say, said) = mpsc::channel();
        let (port, server) = serve(tls, move |mut peer| {
            peer.answer(OK);
            said.recv().unwrap();
            peer.close();
        });
        let mut conn = dial(tls, port);
        exchange(&mut conn).unwrap();
        assert!(conn.is_alive());
        say.send(()).unwrap();
        server.join().unwrap();
        eventually("the end to be seen", || !conn.is_alive());
        let error = exchange(&mut conn).unwrap_err();
        assert!(matches!(error, ExchangeError::Closed { wrote: Wrote::Nothing, status: None, body: 0 }), "{error:?}");
    }
}

#[test]
fn bytes_nobody_asked_for_end_a_connection() {
    for tls in [false, true] {
        let (say, said) = mpsc::channel();
        let (port, server) = serve(tls, move |mut peer| {
            peer.answer(OK);
            said.recv().unwrap();
            peer.send(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
            assert!(peer.is_left());
        });
        let mut conn = dial(tls, port);
        exchange(&mut conn).unwrap();
        say.send(()).unwrap();
        eventually("the bytes to be seen", || !conn.is_alive());
        drop(conn);
        server.join().unwrap();
    }
    // Behind a reply, in the same breath.
    let (port, server) = serve(false, |mut peer| peer.answer(&[OK, b"HTTP/1.1 200 OK\r\n"].concat()));
    let mut conn = dial(false, port);
    let reply = exchange(&mut conn).unwrap();
    assert_eq!((reply.body.as_slice(), reply.keep_alive), (b"ok".as_slice(), false));
    assert_eq!(exchange(&mut conn).unwrap_err().wrote(), Wrote::Nothing);
    server.join().unwrap();
}

#[test]
fn a_reply_cut_short_says_how_far_it_came() {
    for tls in [false, true] {
        for (sent, status, body) in [
            ("", None, 0),
            ("HTTP/1.1 200 OK\r\nContent-Le", None, 0),
            ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", Some(200), 0),
            ("HTTP/1.1 504 x\r\nContent-Length: 10\r\n\r\n12345", Some(504), 5),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", Some(200), 3),
        ] {
            let (port, server) = serve(tls, move |mut peer| {
                peer.answer(sent.as_bytes());
                peer.close();
            });
            let mut conn = dial(tls, port);
            match exchange(&mut conn).unwrap_err() {
                ExchangeError::Closed { wrote: Wrote::Maybe, status: got, body: length } => assert_eq!((got, length), (status, body)),
                error => panic!("{sent:?}: {error:?}"),
            }
            assert!(!conn.is_alive());
            server.join().unwrap();
        }
    }
}

#[test]
fn the_end_of_a_tls_stream_vouches_for_a_body_only_with_close_notify() {
    let reply = b"HTTP/1.1 200 OK\r\n\r\n{\"code\":\"0\"";
    let (port, server) = serve(true, move |mut peer| {
        peer.answer(reply);
        peer.close();
    });
    assert_eq!(exchange(&mut dial(true, port)).unwrap().body, b"{\"code\":\"0\"");
    server.join().unwrap();

    let (port, server) = serve(true, move |mut peer| peer.answer(reply));
    let error = exchange(&mut dial(true, port)).unwrap_err();
    assert!(matches!(error, ExchangeError::Closed { wrote: Wrote::Maybe, status: Some(200), .. }), "{error:?}");
    server.join().unwrap();
}

#[test]
fn a_reset_after_the_request_leaves_the_outcome_open() {
    for tls in [false, true] {
        let (port, server) = serve(tls, |mut peer| {
            peer.request();
            peer.reset();
        });
        let mut conn = dial(tls, port);
        match exchange(&mut conn).unwrap_err() {
            ExchangeError::Io { wrote: Wrote::Maybe, error } => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
            error => panic!("{error:?}"),
        }
        assert!(!conn.is_alive());
        server.join().unwrap();
    }
}

#[test]
fn the_deadline_holds_however_slowly_the_reply_comes() {
    for tls in [false, true] {
        let (port, server) = serve(tls, |mut peer| {
            peer.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
            // A byte now and then, so that each wait on its own would be short.
            while peer.send_more(b"x") {
                thread::sleep(Duration::from_millis(5));
            }
        });
        let mut conn = dial(tls, port);
        let mut reply = Reply::default();
        let (before, allowed) = (mono_ns(), Duration::from_millis(200));
        let error = conn.exchange(GET, within(allowed), &Steady, &mut reply).unwrap_err();
        let took = Duration::from_nanos(mono_ns() - before);
        assert!(matches!(error, ExchangeError::Deadline { wrote: Wrote::Maybe }), "{error:?}");
        assert!(took >= allowed && took < Duration::from_secs(5), "{took:?}");
        assert!(!conn.is_alive());
        drop(conn);
        server.join().unwrap();
    }
}

#[test]
fn a_server_that_says_nothing_and_one_that_reads_nothing_end_at_the_deadline() {
    let (stop, stopped) = mpsc::channel::<()>();
    let (port, server) = serve(false, move |_peer| assert!(stopped.recv().is_err()));
    let endless = vec![b'x'; 64 << 20];
    for request in [GET, &endless] {
        let mut conn = dial(false, port);
        let error = conn.exchange(request, within(Duration::from_millis(100)), &Steady, &mut Reply::default()).unwrap_err();
        assert!(matches!(error, ExchangeError::Deadline { wrote: Wrote::Maybe }), "{error:?}");
    }
    drop(stop);
    server.join().unwrap();
}

/// Chunks whose extensions are most of them: endless, for all that the body's bound allows.
fn pour(tls: bool) -> (u16, JoinHandle<()>) {
    let chunks = format!("1;{}\r\nx\r\n", "e".repeat(1000)).repeat(16);
    serve(tls, move |mut peer| {
        peer.answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while peer.send_more(chunks.as_bytes()) {}
    })
}

#[test]
fn a_reply_that_pours_in_without_end_ends_at_the_deadline_and_can_be_interrupted() {
    for tls in [false, true] {
        let (port, server) = pour(tls);
        let error = dial(tls, port).exchange(GET, within(Duration::from_millis(100)), &Steady, &mut Reply::default()).unwrap_err();
        assert!(matches!(error, ExchangeError::Deadline { wrote: Wrote::Maybe }), "{error:?}");
        server.join().unwrap();

        let (port, server) = pour(tls);
        let pause = Interrupt { after: 2, asked: Cell::new(0) };
        let error = dial(tls, port).exchange(GET, later(), &pause, &mut Reply::default()).unwrap_err();
        assert!(matches!(error, ExchangeError::Interrupted { wrote: Wrote::Maybe }), "{error:?}");
        server.join().unwrap();
    }
}

#[test]
fn nothing_is_written_after_the_deadline() {
    let (port, server) = serve(false, |mut peer| assert!(peer.is_left()));
    let mut conn = dial(false, port);
    let error = conn.exchange(GET, mono_ns(), &Steady, &mut Reply::default()).unwrap_err();
    assert!(matches!(error, ExchangeError::Deadline { wrote: Wrote::Nothing }), "{error:?}");
    drop(conn);
    server.join().unwrap();
}

#[test]
fn a_wait_can_be_interrupted() {
    for left in [Duration::from_millis(70), Duration::from_secs(20)] {
        let (port, server) = serve(false, |mut peer| {
            peer.request();
            assert!(peer.is_left());
        });
        let mut conn = dial(false, port);
        let (before, pause) = (mono_ns(), Interrupt { after: 1, asked: Cell::new(0) });
        let error = conn.exchange(GET, within(left), &pause, &mut Reply::default()).unwrap_err();
        assert!(matches!(error, ExchangeError::Interrupted { wrote: Wrote::Maybe }), "{error:?}");
        assert!(mono_ns() - before < 5_000_000_000);
        drop(conn);
        server.join().unwrap();
    }
}

#[test]
fn waiting_goes_on_when_asking_gives_no_interruption() {
    let (say, said) = mpsc::channel();
    let (port, server) = serve(false, move |mut peer| {
        peer.request();
        said.recv().unwrap();
        peer.send(OK);
    });
    let pause = Asked(say, Cell::new(0));
    let mut reply = Reply::default();
    dial(false, port).exchange(GET, later(), &pause, &mut reply).unwrap();
    assert_eq!(reply.body, b"ok");
    assert!(pause.1.get() >= 3);
    server.join().unwrap();
}

#[test]
fn what_is_no_reply_is_refused_with_its_first_bytes_and_the_connection_is_done() {
    for (sent, want) in [
        ("SSH-2.0-OpenSSH_9.6\r\n\r\n".to_owned(), "an HTTP/1.1 head"),
        (
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nxyz".to_owned(),
            "no Content-Encoding, as none was offered",
        ),
    ] {
        let (port, server) = serve(false, move |mut peer| peer.answer(sent.as_bytes()));
        let mut conn = dial(false, port);
        match exchange(&mut conn).unwrap_err() {
            ExchangeError::Malformed { wrote: Wrote::Maybe, expected, got } => assert!(expected == want && !got.is_empty(), "{got}"),
            error => panic!("{error:?}"),
        }
        assert!(!conn.is_alive());
        server.join().unwrap();
    }
    let (port, server) = serve(false, |mut peer| {
        peer.answer(b"HTTP/1.1 200 OK\r\nX: ");
        // The client leaves in the middle of it.
        while peer.send_more(&[b'x'; 1000]) {}
    });
    let mut conn = dial(false, port);
    let error = exchange(&mut conn).unwrap_err();
    assert!(matches!(error, ExchangeError::TooLarge { wrote: Wrote::Maybe, .. }), "{error:?}");
    drop(conn);
    server.join().unwrap();
}
