use super::*;

/// All requests in `bytes`, handed over in pieces of `size`.
fn read(bytes: &[u8], size: usize) -> Result<Vec<Whole>, Bad> {
    let (mut parser, mut held, mut requests) = (Parser::new(MAX_BODY), Vec::new(), Vec::new());
    for piece in bytes.chunks(size) {
        held.extend_from_slice(piece);
        loop {
            let (used, step) = parser.step(&held);
            held.drain(..used);
            match step {
                Step::More => break,
                Step::Continue => {}
                Step::Request(whole) => requests.push(*whole),
                Step::Bad(bad) => return Err(bad),
            }
        }
    }
    Ok(requests)
}

#[test]
fn requests_are_the_same_whole_and_in_pieces() {
    let bytes = b"GET /api/v5/market/ticker?instId=BTC%2CETH HTTP/1.1\r\nHost: a\r\nX-UPPER: Value \r\n\r\n\
        POST /api/v5/trade/order HTTP/1.1\r\nhost: a\r\ncontent-length: 7\r\n\r\n{\"a\":1}\
        \r\nPOST /c HTTP/1.1\r\ntransfer-encoding: Chunked\r\n\r\n4;ext=1\r\n\r\nab\r\n3\r\ncde\r\n0\r\ntrailer: x\r\n\r\n\
        HEAD /h HTTP/1.0\r\nconnection: Keep-Alive\r\n\r\nOPTIONS * HTTP/1.1\r\nConnection: x, close\r\n\r\n";
    for size in [1, 2, 3, 7, 64, 10_000] {
        let requests = read(bytes, size).unwrap();
        let seen: Vec<_> = requests
            .iter()
            .map(|whole| {
                let HttpRequest { method, target, body, .. } = &whole.request;
                (method.as_str(), target.as_str(), std::str::from_utf8(body).unwrap(), whole.manner.keep_alive, whole.manner.old)
            })
            .collect();
        let want = [
            ("GET", "/api/v5/market/ticker?instId=BTC%2CETH", "", true, false),
            ("POST", "/api/v5/trade/order", "{\"a\":1}", true, false),
            ("POST", "/c", "\r\nabcde", true, false),
            ("HEAD", "/h", "", true, true),
            ("OPTIONS", "*", "", false, false),
        ];
        assert_eq!(seen, want, "pieces of {size}");
        assert_eq!(requests[0].request.header("x-upper"), Some("Value"), "names in lower case, values trimmed only");
        assert!(requests[3].manner.head_only);
    }
}

#[test]
fn what_cannot_be_read_has_a_status_and_the_envelope() {
    let post = "POST / HTTP/1.1\r\n";
    let many = "h: x\r\n".repeat(200);
    let long = "x".repeat(MAX_HEAD);
    for (bytes, status) in [
        ("\x16\x03\x01\x02\x00\x01 a TLS hello".to_owned(), 400),
        ("GET /\x01 HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/2.0\r\n\r\n".to_owned(), 400),
        ("no request at all\r\n\r\n".to_owned(), 400),
        (format!("{post}content-length: 5x\r\n\r\n"), 400),
        (format!("{post}content-length: -5\r\n\r\n"), 400),
        (format!("{post}content-length: \r\n\r\n"), 400),
        (format!("{post}content-length: 5\r\ncontent-length: 6\r\n\r\n"), 400),
        (format!("{post}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n"), 400),
        (format!("{post}transfer-encoding: gzip\r\n\r\n"), 400),
        (format!("{post}content-length: 1048577\r\n\r\n"), 413),
        (format!("{post}content-length: 99999999999999999999999\r\n\r\n"), 413),
        (format!("{post}transfer-encoding: chunked\r\n\r\nzz\r\n"), 400),
        (format!("{post}transfer-encoding: chunked\r\n\r\n2\r\nabcd\r\n"), 400),
        (format!("{post}transfer-encoding: chunked\r\n\r\n100001\r\n"), 413),
        (format!("{post}transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n"), 413),
        (format!("{post}transfer-encoding: chunked\r\n\r\n0\r\n{long}"), 400),
        (format!("{post}{many}\r\n"), 431),
        (format!("{post}h: {long}\r\n\r\n"), 431),
        (format!("{post}h: {long}{long}"), 431),
        ("GET /ws HTTP/1.1\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n\r\n".to_owned(), 400),
        ("GET /ws HTTP/1.1\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 8\r\n\r\n".to_owned(), 400),
    ] {
        for size in [5, 1 << 20] {
            let short: String = bytes.chars().take(120).collect();
            let bad = read(bytes.as_bytes(), size).expect_err(&short);
            assert_eq!(bad.status, status, "{short:?}: {bad:?}");
            let body: serde_json::Value = serde_json::from_slice(&bad.body()).unwrap();
            assert_eq!(body["code"], "50000");
            assert!(body["msg"].as_str().is_some_and(|msg| !msg.is_empty()));
        }
    }
}

#[test]
fn a_body_may_be_as_long_as_the_limit() {
    let mut bytes = format!("POST / HTTP/1.1\r\ncontent-length: {MAX_BODY}\r\n\r\n").into_bytes();
    bytes.resize(bytes.len() + MAX_BODY, b'a');
    assert_eq!(read(&bytes, 10_000).unwrap()[0].request.body.len(), MAX_BODY);
    let mut bytes = b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..MAX_BODY / 4096 {
        bytes.extend_from_slice(b"1000\r\n");
        bytes.resize(bytes.len() + 4096, b'a');
        bytes.extend_from_slice(b"\r\n");
    }
    let whole = [&bytes[..], b"0\r\n\r\n"].concat();
    assert_eq!(read(&whole, 10_000).unwrap()[0].request.body.len(), MAX_BODY);
    let more = [&bytes[..], b"1\r\na\r\n0\r\n\r\n"].concat();
    assert_eq!(read(&more, 10_000).unwrap_err().status, 413);
}

#[test]
fn a_client_that_waits_for_100_hears_it_once() {
    let head = b"POST / HTTP/1.1\r\nexpect: 100-Continue\r\ncontent-length: 2\r\n\r\n";
    let mut parser = Parser::new(MAX_BODY);
    let (used, step) = parser.step(head);
    assert!(used == head.len() && matches!(step, Step::Continue));
    assert!(matches!(parser.step(b"").1, Step::More));
    assert!(matches!(parser.step(b"ok").1, Step::Request(whole) if whole.request.body == b"ok"));
    let at_once = [&head[..], b"o"].concat();
    assert!(matches!(Parser::new(MAX_BODY).step(&at_once).1, Step::More), "the body did not wait");
}

#[test]
fn an_answer_says_what_it_is_and_how_it_ends() {
    let manner = Manner { head_only: false, keep_alive: true, old: false };
    let text = |status, manner, close| {
        let mut out = Vec::new();
        let headers = [("content-type", "text/plain".to_owned()), ("x-evil", "a\r\nb: c".to_owned())];
        let closes = write_reply(status, &headers, b"body", close, manner, &mut out);
        (String::from_utf8(out).unwrap(), closes)
    };
    let (answer, closes) = text(200, manner, false);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\nx-okx-fast-simulator: 1\r\n"), "{answer}");
    assert!(answer.contains("\r\ncontent-type: text/plain\r\nx-evil: ab: c\r\ncontent-length: 4\r\n\r\nbody"), "{answer}");
    assert!(!closes && !answer.contains("connection:"));
    let (answer, closes) = text(429, Manner { keep_alive: false, ..manner }, false);
    assert!(closes && answer.contains("\r\nconnection: close\r\n"));
    let (answer, closes) = text(200, Manner { old: true, ..manner }, false);
    assert!(!closes && answer.contains("\r\nconnection: keep-alive\r\n"));
    let (answer, _) = text(200, Manner { head_only: true, ..manner }, true);
    assert!(answer.ends_with("content-length: 4\r\nconnection: close\r\n\r\n"), "{answer}");
    let (answer, _) = text(204, manner, false);
    assert!(answer.ends_with("\r\n\r\n") && !answer.contains("content-length"), "{answer}");
}
