//! The HTTP/1.1 upgrade, both sides.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use okx_fast_net::ws::handshake::{
    HandshakeError, MAX_HEAD, accept, accept_response, check_response, client_request, key, read_request, refuse_response,
};

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

fn response(lines: &[&str]) -> Vec<u8> {
    (lines.join("\r\n") + "\r\n\r\n").into_bytes()
}

const GOOD: [&str; 4] = [
    "HTTP/1.1 101 Switching Protocols",
    "upgrade: WebSocket",
    "connection: keep-alive, Upgrade",
    "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
];

#[test]
fn the_example_of_the_rfc_is_accepted() {
    assert_eq!(accept(KEY), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_eq!(key(*b"the sample nonce"), KEY);
    let bytes = response(&GOOD);
    for cut in 0..bytes.len() {
        assert_eq!(check_response(&bytes[..cut], KEY, false), Ok(None));
    }
    let with_a_frame = [bytes.as_slice(), b"\x81\x00"].concat();
    assert_eq!(check_response(&with_a_frame, KEY, false), Ok(Some(bytes.len())));
}

#[test]
fn a_request_offers_no_extension_and_the_server_side_reads_it() {
    let extra = [("x-simulated-trading".to_owned(), "1".to_owned())];
    let bytes = client_request("ws.okx.com", "/ws/v5/public", KEY, &extra).unwrap();
    let text = std::str::from_utf8(&bytes).unwrap();
    assert!(!text.to_lowercase().contains("extension"), "{text}");
    for cut in 0..bytes.len() {
        assert_eq!(read_request(&bytes[..cut]), Ok(None));
    }
    let (request, head) = read_request(&bytes).unwrap().unwrap();
    assert_eq!((head, request.path.as_str()), (bytes.len(), "/ws/v5/public"));
    assert_eq!(request.header("host"), Some("ws.okx.com"));
    assert_eq!(request.header("X-Simulated-Trading"), Some("1"));
    let answer = accept_response(&request);
    assert_eq!(check_response(&answer, KEY, false), Ok(Some(answer.len())));
}

#[test]
fn what_would_break_the_head_is_not_sent() {
    let bad = |name: &str, value: &str| client_request("h", "/", KEY, &[(name.to_owned(), value.to_owned())]);
    for result in [
        bad("a", "b\r\nEvil: 1"),
        bad("a b", "c"),
        bad("a:", "c"),
        bad("", "c"),
        client_request("h", "/a b", KEY, &[]),
        client_request("h\r\n", "/", KEY, &[]),
    ] {
        assert!(matches!(result, Err(HandshakeError::Unsendable { .. })), "{result:?}");
    }
}

#[test]
fn each_fault_of_an_answer_is_named() {
    let without = |i: usize| {
        let mut lines = GOOD.to_vec();
        lines.remove(i);
        lines
    };
    let with = |line| [GOOD.as_slice(), &[line]].concat();
    for (lines, name) in [
        (without(1), "Upgrade"),
        (without(2), "Connection"),
        (without(3), "Sec-WebSocket-Accept"),
        (with("Sec-WebSocket-Extensions: permessage-deflate"), "Sec-WebSocket-Extensions"),
        (with("Sec-WebSocket-Protocol: chat"), "Sec-WebSocket-Protocol"),
    ] {
        let error = check_response(&response(&lines), KEY, false).unwrap_err();
        assert!(error.to_string().contains(&format!("expected {name}")), "{error}");
    }
    let wrong = check_response(&response(&GOOD), "AAAAAAAAAAAAAAAAAAAAAA==", false).unwrap_err();
    assert!(wrong.to_string().contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{wrong}");
    let mut old = GOOD;
    old[0] = "HTTP/1.0 101 Switching Protocols";
    let old = check_response(&response(&old), KEY, false).unwrap_err();
    assert!(matches!(old, HandshakeError::FirstLine { .. }), "{old}");
    let noise = check_response(b"\x16\x03\x01\x02\x00", KEY, false).unwrap_err();
    assert!(matches!(noise, HandshakeError::Http(_)), "{noise}");
}

#[test]
fn a_refusal_keeps_the_status_and_the_start_of_the_body() {
    let bytes = refuse_response(503, "Service Unavailable", &"<html>".repeat(200));
    let head = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(check_response(&bytes[..head + 100], KEY, false), Ok(None));
    for (upto, eof, kept) in [(head + 100, true, 100), (bytes.len(), false, 512)] {
        let Err(HandshakeError::Refused { status, body }) = check_response(&bytes[..upto], KEY, eof) else {
            panic!("a refusal");
        };
        assert_eq!((status, body.len()), (503, kept));
    }
    let short = refuse_response(401, "Unauthorized", "no");
    let error = check_response(&short, KEY, false).unwrap_err();
    assert_eq!(error.to_string(), "handshake: expected status 101, got 401: no");
}

#[test]
fn a_head_without_end_is_refused() {
    let mut bytes = response(&GOOD);
    bytes.truncate(bytes.len() - 2);
    bytes.extend_from_slice(b"x: ");
    bytes.resize(MAX_HEAD + 1, b'a');
    assert_eq!(check_response(&bytes, KEY, false), Err(HandshakeError::HeadTooLong { limit: MAX_HEAD }));
    assert!(read_request(&[b"GET / HTTP/1.1\r\nx: ".as_slice(), &bytes].concat()).is_err());
}

#[test]
fn a_request_must_be_an_upgrade() {
    let request = |first: &str, headers: &str| {
        let text = format!("{first}\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{headers}\r\n");
        read_request(text.as_bytes())
    };
    let version = "Sec-WebSocket-Version: 13\r\n";
    let key_line = format!("Sec-WebSocket-Key: {KEY}\r\n");
    let good = version.to_owned() + &key_line;
    assert!(request("GET / HTTP/1.1", &good).unwrap().is_some());
    for (first, headers, why) in [
        ("POST / HTTP/1.1", good.as_str(), "GET"),
        ("GET / HTTP/1.0", &good, "HTTP/1.1"),
        ("GET / HTTP/1.1", version, "Sec-WebSocket-Key"),
        ("GET / HTTP/1.1", &key_line, "Sec-WebSocket-Version"),
        ("GET / HTTP/1.1", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n", "16 bytes"),
    ] {
        let error = request(first, headers).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
}
