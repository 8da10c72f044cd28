//! Replies decode the same however their bytes are cut, and what RFC 9112 leaves open or forbids is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use okx_fast_net::http::{MAX_BODY, MAX_HEAD, Reply, ReplyError, ReplyReader};
use proptest::prelude::*;

/// What came of some bytes: the reply and the bytes left over, or what was expected instead; `None` if it is not whole.
type Outcome = Option<Result<(Reply, usize), &'static str>>;

/// Reads `bytes` as they arrive in pieces of these sizes, and then the end of the stream.
fn read(bytes: &[u8], pieces: impl IntoIterator<Item = usize>) -> Outcome {
    let (mut reader, mut reply) = (ReplyReader::new(), Reply::default());
    reader.start(&mut reply);
    let (mut used, mut arrived) = (0, 0);
    let mut pieces = pieces.into_iter();
    while arrived < bytes.len() {
        arrived = bytes.len().min(arrived + pieces.next().unwrap());
        match reader.read(&bytes[used..arrived], &mut reply) {
            Ok(progress) => used += progress.used,
            Err(ReplyError::Malformed { expected, .. }) => return Some(Err(expected)),
            Err(ReplyError::TooLarge { what }) => return Some(Err(what)),
        }
        if reader.is_done() {
            return Some(Ok((reply, bytes.len() - used)));
        }
    }
    reader.end().then_some(Ok((reply, 0)))
}

/// The outcome, which must not depend on the pieces.
fn outcome(bytes: &[u8]) -> Outcome {
    let whole = read(bytes, [bytes.len()]);
    for size in [1, 7] {
        assert_eq!(read(bytes, std::iter::repeat(size)).map(kept), whole.clone().map(kept), "in pieces of {size}");
    }
    whole
}

/// Without what the pieces may change: how many bytes came too many.
fn kept(done: Result<(Reply, usize), &'static str>) -> Result<Reply, &'static str> {
    done.map(|(reply, _)| reply)
}

fn reply(text: &str) -> Reply {
    outcome(text.as_bytes()).expect("a whole reply").expect("a good reply").0
}

fn refused(text: &str) -> &'static str {
    outcome(text.as_bytes()).expect("a refusal").expect_err("a refusal")
}

#[test]
fn a_body_ends_as_its_framing_says() {
    for (text, body, keep_alive) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", true),
        ("HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n", "", true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "hello", true),
        ("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "", true),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nhe\r\n03;x=\"y\"\r\nllo\r\n0\r\nX-After: 1\r\n\r\n", "hello", true),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na \r\n0123456789\r\n0\r\n\r\n", "0123456789", true),
        ("HTTP/1.1 200 OK\r\n\r\nuntil the end", "until the end", false),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "", true),
        ("HTTP/1.1 304 Not Modified\r\n\r\n", "", true),
        ("HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "ok", true),
    ] {
        let got = reply(text);
        assert_eq!((String::from_utf8(got.body).unwrap().as_str(), got.keep_alive), (body, keep_alive), "{text:?}");
    }
}

#[test]
fn a_connection_stays_open_if_both_versions_of_http_would_have_it_so() {
    for (version, connection, keep_alive) in [
        ("1.1", "", true),
        ("1.1", "Connection: keep-alive\r\n", true),
        ("1.1", "Connection: Close\r\n", false),
        ("1.1", "Connection: foo, close\r\n", false),
        ("1.1", "Connection: keep-alive\r\nConnection: close\r\n", false),
        ("1.0", "", false),
        ("1.0", "Connection: Keep-Alive\r\n", true),
        ("1.0", "Connection: keep-alive, close\r\n", false),
    ] {
        let text = format!("HTTP/{version} 200 OK\r\nContent-Length: 0\r\n{connection}\r\n");
        assert_eq!(reply(&text).keep_alive, keep_alive, "{text:?}");
    }
}

#[test]
fn interim_replies_are_skipped() {
    let got =
        reply("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    assert_eq!((got.status, got.body.as_slice()), (200, b"ok".as_slice()));
}

#[test]
fn the_fields_that_support_asks_for_are_kept() {
    let got = reply(
        "HTTP/1.1 429 Too Many\r\nDate: Sun, 22 Nov 2026 23:00:00 GMT\r\nContent-Type: text/html\r\nRetry-After: 7\r\n\
         X-Request-Id: r1\r\nX-Trace-Id: t1\r\nContent-Length: 0\r\n\r\n",
    );
    assert_eq!(got.status, 429);
    assert_eq!(got.date.as_deref(), Some("Sun, 22 Nov 2026 23:00:00 GMT"));
    assert_eq!(got.content_type.as_deref(), Some("text/html"));
    assert_eq!(got.request_id.as_deref(), Some("t1"));
    assert_eq!(got.retry_after, Some(7));
    let got = reply("HTTP/1.1 503 x\r\nX-Request-Id: r1\r\nRetry-After: Sun, 22 Nov 2026 23:00:00 GMT\r\nContent-Length: 0\r\n\r\n");
    assert_eq!((got.request_id.as_deref(), got.retry_after), (Some("r1"), None));
}

#[test]
fn a_reply_used_again_keeps_nothing_of_the_one_before() {
    let (mut reader, mut reply) = (ReplyReader::new(), Reply::default());
    let first = b"HTTP/1.1 500 x\r\nX-Trace-Id: t\r\nDate: d\r\nContent-Type: c\r\nRetry-After: 1\r\nContent-Length: 3\r\n\r\nabc";
    let second = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    for bytes in [first.as_slice(), second] {
        reader.start(&mut reply);
        reader.read(bytes, &mut reply).unwrap();
    }
    assert_eq!(reply, Reply { status: 200, keep_alive: true, ..Reply::default() });
}

#[test]
fn what_two_readers_could_read_differently_is_refused() {
    for (head, expected) in [
        ("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "one framing, Content-Length or chunked"),
        ("Content-Length: 1\r\nContent-Length: 2\r\n", "one Content-Length"),
        ("Content-Length: 1, 1\r\n", "a Content-Length"),
        ("Content-Length: +1\r\n", "a Content-Length"),
        ("Content-Length: -1\r\n", "a Content-Length"),
        ("Content-Length: 0x1\r\n", "a Content-Length"),
        ("Content-Length:\r\n", "a Content-Length"),
        ("Content-Length: 99999999999999999999\r\n", "a Content-Length"),
        ("Transfer-Encoding: gzip\r\n", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked"),
        ("Content-Encoding: gzip\r\nContent-Length: 1\r\n", "no Content-Encoding, as none was offered"),
        ("Content-Length : 1\r\n", "an HTTP/1.1 head"),
        ("X: a\r\n b\r\n", "an HTTP/1.1 head"),
        ("no colon\r\n", "an HTTP/1.1 head"),
        (": no name\r\n", "an HTTP/1.1 head"),
        ("X: \0\r\n", "an HTTP/1.1 head"),
    ] {
        assert_eq!(refused(&format!("HTTP/1.1 200 OK\r\n{head}\r\nx")), expected, "{head:?}");
    }
    assert_eq!(reply("HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 1\r\n\r\nx").body, b"x");
}

#[test]
fn what_is_no_reply_is_refused() {
    for text in [
        "\r\n\r\n",
        "<html>\r\n\r\n",
        "HTTP/2 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "ICY 200 OK\r\n\r\n",
        "POST / HTTP/1.1\r\n\r\n",
        "SSH-2.0-OpenSSH_9.6\r\n\r\n",
    ] {
        assert_eq!(refused(text), "an HTTP/1.1 head", "{text:?}");
    }
    assert_eq!(refused("HTTP/1.1 101 Switching\r\n\r\n"), "a status for a plain request");
    assert_eq!(refused("HTTP/1.1 099 x\r\n\r\n"), "a status for a plain request");
    assert_eq!(refused("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), "no chunks in HTTP/1.0");
}

#[test]
fn broken_chunks_are_refused() {
    let chunked = |rest: &str| format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{rest}");
    for rest in ["\r\n", "x\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", " 1\r\n", ";\r\n", "10000000000000000\r\n", "1\nx\r\n"] {
        assert_eq!(refused(&chunked(rest)), "a chunk size", "{rest:?}");
    }
    assert_eq!(refused(&chunked(&format!("1;{}\r\nx", "e".repeat(1024)))), "a chunk size");
    assert_eq!(refused(&chunked("1\r\nxy\r\n")), "the end of a chunk");
    assert_eq!(refused(&chunked("1\r\nx\n0\r\n")), "the end of a chunk");
}

#[test]
fn a_reply_that_is_cut_short_is_not_whole() {
    let whole = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
    for cut in 0..whole.len() {
        assert_eq!(outcome(&whole.as_bytes()[..cut]), None, "cut at {cut}");
    }
    assert_eq!(outcome(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"), None);
}

#[test]
fn heads_and_bodies_are_bounded_by_what_they_claim_and_what_they_send() {
    let long = "x".repeat(MAX_HEAD);
    let head = "a head of at most 64 KiB";
    assert_eq!(refused(&format!("HTTP/1.1 200 OK\r\nX: {long}\r\n\r\n")), head);
    assert_eq!(refused(&long.repeat(2)), head, "without an end");
    let interim = "HTTP/1.1 100 Continue\r\n\r\n".repeat(MAX_HEAD / 20);
    assert_eq!(refused(&interim), head, "interim heads count");
    assert_eq!(refused(&format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(100))), "an HTTP/1.1 head", "too many fields");
    let trailers = "X: y\r\n".repeat(MAX_HEAD / 4);
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(refused(&format!("{chunked}0\r\n{trailers}")), "trailers of at most 64 KiB");

    let body = "a body of at most 64 MiB";
    assert_eq!(refused(&format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", MAX_BODY + 1)), body);
    assert_eq!(refused(&format!("{chunked}{:x}\r\n", MAX_BODY + 1)), body);
    assert_eq!(refused(&format!("{chunked}1\r\nx\r\n{MAX_BODY:x}\r\n")), body);
    assert_eq!(refused(&format!("{chunked}ffffffffffffffff\r\n")), body);

    // A claim alone takes no memory to speak of.
    let (mut reader, mut reply) = (ReplyReader::new(), Reply::default());
    reader.read(format!("HTTP/1.1 200 OK\r\nContent-Length: {MAX_BODY}\r\n\r\n").as_bytes(), &mut reply).unwrap();
    assert!(reply.body.capacity() <= 2 << 20);
}

#[test]
fn a_body_without_end_is_refused_at_the_bound() {
    let (mut reader, mut reply) = (ReplyReader::new(), Reply::default());
    reader.read(b"HTTP/1.1 200 OK\r\n\r\n", &mut reply).unwrap();
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..MAX_BODY >> 20 {
        reader.read(&piece, &mut reply).unwrap();
    }
    assert_eq!(reader.read(b"x", &mut reply), Err(ReplyError::TooLarge { what: "a body of at most 64 MiB" }));
}

#[derive(Clone, Debug)]
enum Framing {
    Length,
    Chunked(Vec<usize>),
    UntilClose,
}

fn encode(status: u16, framing: &Framing, fields: &[(String, String)], body: &[u8]) -> Vec<u8> {
    let mut out = format!("HTTP/1.1 {status} any reason\r\n").into_bytes();
    for (name, value) in fields {
        out.extend(format!("x-{name}: {value}\r\n").bytes());
    }
    match framing {
        Framing::Length => {
            out.extend(format!("Content-Length: {}\r\n\r\n", body.len()).bytes());
            out.extend(body);
        }
        Framing::UntilClose => {
            out.extend(b"\r\n");
            out.extend(body);
        }
        Framing::Chunked(sizes) => {
            out.extend(b"Transfer-Encoding: chunked\r\n\r\n");
            let mut rest = body;
            let mut sizes = sizes.iter().cycle();
            while !rest.is_empty() {
                let (chunk, tail) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
                out.extend(format!("{:X}\r\n", chunk.len()).bytes());
                out.extend(chunk);
                out.extend(b"\r\n");
                rest = tail;
            }
            out.extend(b"0\r\n\r\n");
        }
    }
    out
}

/// Bytes that often look like a reply.
fn wild() -> impl Strategy<Value = Vec<u8>> {
    const TOKENS: &[&str] = &[
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.0 200\r\n",
        "HTTP/1.1 100 x\r\n\r\n",
        "Content-Length: 3\r\n",
        "Content-Length: 0\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Connection: close\r\n",
        "\r\n",
        "\n",
        "\r",
        "abc",
        "3\r\n",
        "0\r\n",
        "5;e\r\n",
        "hello",
        "X: y\r\n",
        "\0",
    ];
    let token = prop_oneof![
        9 => proptest::sample::select(TOKENS).prop_map(|token| token.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ];
    let start = proptest::sample::select(vec!["HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", ""]);
    (start, proptest::collection::vec(token, 0..14)).prop_map(|(start, tokens)| [start.as_bytes().to_vec(), tokens.concat()].concat())
}

proptest! {
    #[test]
    fn what_is_encoded_comes_back(
        status in prop_oneof![200u16..204, 205u16..304, 305u16..1000],
        framing in prop_oneof![
            Just(Framing::Length),
            Just(Framing::UntilClose),
            proptest::collection::vec(1usize..300, 1..4).prop_map(Framing::Chunked),
        ],
        fields in proptest::collection::vec(("[a-z]{1,12}", "[!-~]{0,30}"), 0..20),
        body in proptest::collection::vec(any::<u8>(), 0..2000),
        pieces in proptest::collection::vec(1usize..400, 1..8),
    ) {
        let wire = encode(status, &framing, &fields, &body);
        let (got, left) = read(&wire, pieces.iter().copied().cycle()).unwrap().unwrap();
        prop_assert_eq!((got.status, &got.body, left), (status, &body, 0));
        prop_assert_eq!(got.keep_alive, !matches!(framing, Framing::UntilClose));
    }

    #[test]
    fn any_bytes_give_the_same_however_they_are_cut(bytes in wild(), pieces in proptest::collection::vec(1usize..40, 1..8)) {
        let whole = read(&bytes, [bytes.len()]).map(kept);
        prop_assert_eq!(read(&bytes, pieces.into_iter().cycle()).map(kept), whole);
    }
}
