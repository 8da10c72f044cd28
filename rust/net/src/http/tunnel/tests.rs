//! Tunnels against the bytes of RFC 1928, RFC 1929 and RFC 7617.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

const OKX: Destination<'_> = Destination::Name("www.okx.com", 443);

fn tunnel(url: &str, destination: Destination<'_>) -> Tunnel {
    Tunnel::new(&Proxy::parse(url).unwrap(), destination).unwrap()
}

/// Hands `answers` over byte by byte; what the tunnel sent in between, and how it ended.
fn played(mut tunnel: Tunnel, answers: &[u8]) -> (Vec<u8>, Result<bool, TunnelError>) {
    let mut sent = tunnel.transmit().expose().to_vec();
    let mut done = Ok(false);
    for byte in answers {
        done = tunnel.received(&[*byte]);
        sent.extend(tunnel.transmit().expose());
        if done.is_err() {
            break;
        }
    }
    (sent, done)
}

#[test]
fn http_connects_with_basic_login() {
    let answer = b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n";
    let plain = b"CONNECT www.okx.com:443 HTTP/1.1\r\nHost: www.okx.com:443\r\n\r\n";
    assert_eq!(played(tunnel("http://proxy:3128", OKX), answer), (plain.to_vec(), Ok(true)));
    // The example of RFC 7617, 2.
    let (sent, done) = played(tunnel("http://Aladdin:open%20sesame@proxy:3128", OKX), answer);
    let sent = String::from_utf8(sent).unwrap();
    assert!(sent.contains("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"), "{sent}");
    assert_eq!(done, Ok(true));
    let (sent, _) = played(tunnel("http://proxy:3128", Destination::Name("::1", 80)), answer);
    assert!(sent.starts_with(b"CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n"));
}

#[test]
fn socks_asks_by_name_or_address() {
    let v4 = Destination::Address(([127, 0, 0, 1], 443).into());
    let v6 = Destination::Address(([0, 0, 0, 0, 0, 0, 0, 1], 443).into());
    let by_name = [b"\x05\x01\x00\x03\x0bwww.okx.com".as_slice(), &[1, 187]].concat();
    let by_v4 = [5, 1, 0, 1, 127, 0, 0, 1, 1, 187].to_vec();
    let by_v6 = [[5, 1, 0, 4].as_slice(), &[0; 15], &[1, 1, 187]].concat();
    for (destination, request) in [(OKX, &by_name), (v4, &by_v4), (v6, &by_v6), (Destination::Name("127.0.0.1", 443), &by_v4)] {
        for bound in [[1, 0, 0, 0, 0, 0, 0].as_slice(), &[3, 2, b'a', b'b', 0, 0], &[3, 0, 0, 0], &[[4].as_slice(), &[0; 18]].concat()] {
            let answers = [[5, 0, 5, 0, 0].as_slice(), bound].concat();
            let want = [[5, 1, 0].as_slice(), request].concat();
            assert_eq!(played(tunnel("socks5h://proxy:1080", destination), &answers), (want, Ok(true)), "{destination:?} {bound:?}");
        }
    }
}

#[test]
fn socks_logs_in_if_asked_to() {
    let login = || tunnel("socks5h://me:p%40ss@proxy:1080", OKX);
    let (sent, done) = played(login(), &[5, 2, 1, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    assert!(sent.starts_with(b"\x05\x02\x00\x02\x01\x02me\x04p@ss\x05\x01\x00\x03\x0bwww.okx.com"), "{sent:?}");
    assert_eq!(done, Ok(true));
    let (sent, done) = played(login(), &[5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    assert!(!sent.windows(4).any(|bytes| bytes == b"p@ss"), "not asked for, not sent");
    assert_eq!(done, Ok(true));
}

#[test]
fn each_refusal_is_named() {
    let http = |answer: &str| played(tunnel("http://proxy:1", OKX), answer.as_bytes()).1.unwrap_err();
    assert!(matches!(http("HTTP/1.1 407 Auth\r\n\r\n"), TunnelError::Login { .. }));
    assert_eq!(http("HTTP/1.1 403 Not you\r\n\r\n"), TunnelError::Refused { why: "HTTP 403 Not you".to_owned() });
    assert!(matches!(http("SSH-2.0\r\n\r\n"), TunnelError::Protocol { .. }));
    assert!(matches!(http(&format!("HTTP/1.1 200 OK\r\nX: {}", "y".repeat(MAX_HEAD))), TunnelError::Protocol { .. }));

    let socks = |url: &str, answer: &[u8]| played(tunnel(url, OKX), answer).1.unwrap_err();
    let anonymous = "socks5://proxy:1";
    assert!(matches!(socks(anonymous, &[5, 255]), TunnelError::Login { .. }));
    assert!(matches!(socks("socks5://u:p@proxy:1", &[5, 255]), TunnelError::Login { .. }));
    assert!(matches!(socks("socks5://u:p@proxy:1", &[5, 2, 1, 1]), TunnelError::Login { .. }));
    assert!(matches!(socks(anonymous, &[5, 2]), TunnelError::Protocol { .. }), "a method that was not offered");
    assert!(matches!(socks(anonymous, &[5, 1]), TunnelError::Protocol { .. }));
    assert!(matches!(socks(anonymous, &[4]), TunnelError::Protocol { .. }));
    assert!(matches!(socks(anonymous, &[5, 0, 5, 0, 1]), TunnelError::Protocol { .. }));
    assert!(matches!(socks(anonymous, &[5, 0, 5, 0, 0, 2]), TunnelError::Protocol { .. }));
    for code in 1..=9 {
        assert!(matches!(socks(anonymous, &[5, 0, 5, code]), TunnelError::Refused { .. }), "{code}");
    }
    let long = "x".repeat(256);
    let refused = Tunnel::new(&Proxy::parse("socks5h://proxy:1").unwrap(), Destination::Name(&long, 1)).unwrap_err();
    assert_eq!(refused, TunnelError::NameTooLong);
}

#[test]
fn bytes_behind_the_answer_are_refused() {
    let mut http = tunnel("http://proxy:1", OKX);
    assert!(http.received(b"HTTP/1.1 200 OK\r\n\r\nx").is_err());
    let mut socks = tunnel("socks5://proxy:1", OKX);
    assert!(socks.received(&[5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9]).is_err());
}

#[test]
fn no_answer_panics_or_is_kept_without_bound() {
    for first in 0..=255 {
        for second in 0..=255 {
            for url in ["http://proxy:1", "socks5://proxy:1", "socks5://u:p@proxy:1"] {
                let (_, done) = played(tunnel(url, OKX), &[first, second, first, second, 0, 3, 255]);
                assert!(done != Ok(true), "{url} {first} {second}");
            }
        }
    }
}
