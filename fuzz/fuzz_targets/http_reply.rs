//! HTTP replies: any bytes in any pieces give the same reply or refusal as the whole, memory stays bounded by what came,
//! and a tunnel's answer neither panics nor opens a tunnel that was not granted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use okx_fast_net::http::{Destination, Proxy, Reply, ReplyError, ReplyReader, Tunnel};

/// The replies that followed each other, and why there are no more: what was expected, or nothing if more bytes were.
type Outcome = (Vec<Reply>, Option<&'static str>);

fn read(bytes: &[u8], pieces: impl Iterator<Item = usize>) -> Outcome {
    let (mut reader, mut reply, mut out) = (ReplyReader::new(), Reply::default(), Vec::new());
    let (mut used, mut arrived) = (0, 0_usize);
    for size in pieces {
        arrived = bytes.len().min(arrived.saturating_add(size));
        loop {
            match reader.read(bytes.get(used..arrived).expect("used at most what arrived"), &mut reply) {
                Ok(progress) => {
                    assert_eq!(progress.done, reader.is_done());
                    used += progress.used;
                    assert!(used <= arrived);
                }
                Err(ReplyError::Malformed { expected, .. }) => return (out, Some(expected)),
                Err(ReplyError::TooLarge { what }) => return (out, Some(what)),
            }
            assert!(reply.body.len() <= bytes.len() && reply.body.capacity() <= (2 << 20).max(4 * bytes.len()));
            if !reader.is_done() {
                break;
            }
            assert!((200..1000).contains(&reply.status));
            out.push(reply.clone());
            reader.start(&mut reply);
        }
        if arrived == bytes.len() {
            break;
        }
    }
    if reader.end() {
        out.push(reply);
    }
    (out, None)
}

fn tunnel(url: &str, bytes: &[u8], size: usize) -> Option<bool> {
    let proxy = Proxy::parse(url).expect("a good URL");
    let mut tunnel = Tunnel::new(&proxy, Destination::Name("www.okx.com", 443)).expect("a short name");
    let mut done = false;
    for piece in bytes.chunks(size) {
        done = tunnel.received(piece).ok()?;
        tunnel.transmit();
    }
    Some(done)
}

fuzz_target!(|data: &[u8]| {
    let Some((&seed, bytes)) = data.split_first() else { return };
    let whole = read(bytes, std::iter::once(usize::MAX));
    let mut x = usize::from(seed);
    let pieces = std::iter::from_fn(|| {
        x = x * 31 % 251 + 7;
        Some(x % 13 + 1)
    });
    assert_eq!(read(bytes, std::iter::repeat(1)), whole, "byte by byte");
    assert_eq!(read(bytes, pieces), whole, "in pieces");

    let size = usize::from(seed) % 7 + 1;
    let http = tunnel("http://proxy:3128", bytes, size);
    assert!(http != Some(true) || bytes.windows(4).any(|piece| matches!(piece, b" 200" | [b' ', b'2', _, _])), "granted with a 2xx");
    for url in ["socks5://proxy:1080", "socks5://user:password@proxy:1080"] {
        assert!(tunnel(url, bytes, size) != Some(true) || bytes.starts_with(&[5]), "granted in SOCKS 5");
    }
});
