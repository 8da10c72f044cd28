//! Nothing is allocated per message or request once the buffers have grown: counted by the allocator itself.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use okx_fast_core::channel::Arg;
use okx_fast_core::rest::head::{Method, Request, Writer};
use okx_fast_core::rest::query::encode_query;
use okx_fast_core::rest::reply;
use okx_fast_core::secret::{Credentials, Secret};
use okx_fast_core::session::{Config, Event, LegId, Session};
use okx_fast_core::time::Stamp;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    /// Each test counts its own.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// A thread that is going away is not a test.
fn count() {
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every call goes to the system's allocator unchanged; the counter has no part in it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: `ptr` came from `System` with this `layout`, as the caller promises.
        unsafe { System.dealloc(ptr, layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count();
        // SAFETY: as for `dealloc`; the caller vouches for `new_size`.
        unsafe { System.realloc(ptr, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn book(action: &str, best: i64, count: i64, prev: i64, seq: i64) -> String {
    let rows = |sign: i64| {
        (0..count).map(|i| format!(r#"["{}","{}","0","1"]"#, best + sign * (i + 1), (seq + i) % 5)).collect::<Vec<_>>().join(",")
    };
    format!(
        r#"{{"arg":{{"channel":"books","instId":"A"}},"action":"{action}","data":[{{"asks":[{}],"bids":[{}],"ts":"1785096000123","checksum":0,"prevSeqId":{prev},"seqId":{seq}}}]}}"#,
        rows(1),
        rows(-1)
    )
}

fn bbo(i: i64) -> String {
    format!(
        r#"{{"arg":{{"channel":"bbo-tbt","instId":"A"}},"data":[{{"asks":[["{}","1.2","0","3"]],"bids":[["67500.1","0.95","0","4"]],"ts":"1785096000123","seqId":{i}}}]}}"#,
        67_501 + i % 7
    )
}

fn trade(id: i64) -> String {
    r#"{"arg":{"channel":"trades","instId":"A"},"data":[{"instId":"A","tradeId":"130639474","px":"67500.1","sz":"0.12","side":"buy","ts":"1785096000120","count":"3","source":"0","seqId":123461}]}"#.replace("130639474", &(130_639_474 + 3 * id).to_string())
}

const TICKER: &str = r#"{"arg":{"channel":"tickers","instId":"A"},"data":[{"instType":"SPOT","instId":"A","last":"67500.1","lastSz":"0.01","askPx":"67500.2","askSz":"1.2","bidPx":"","bidSz":"0.95","open24h":"66000","high24h":"68000","low24h":"65000","volCcy24h":"125000000","vol24h":"1875","sodUtc0":"66250","sodUtc8":"66400","ts":"1785096000123"}]}"#;

#[test]
fn a_live_session_allocates_nothing_per_message() {
    let mut session = Session::new(Config::default());
    for channel in ["books", "bbo-tbt", "trades", "tickers"] {
        session.subscribe(Arg::new(channel, "A"), None);
    }
    let at = Stamp::default();
    session.handle_connected(LegId::FIRST, at, |_| ());
    session.poll_transmit(LegId::FIRST, at).unwrap();
    for channel in ["books", "bbo-tbt", "trades", "tickers"] {
        let ack = format!(r#"{{"event":"subscribe","arg":{{"channel":"{channel}","instId":"A"}}}}"#);
        session.handle_frame(LegId::FIRST, at, ack.as_bytes(), |_| ());
    }
    // The market drifts up and down, so that levels come and go at both ends of the window.
    let mut frames = vec![book("snapshot", 67_500, 400, -1, 0)];
    for i in 0..2000 {
        let drift = if i % 600 < 300 { i % 300 } else { 300 - i % 300 };
        frames.extend([book("update", 67_500 + drift, 40, i, i + 1), bbo(i), trade(i), TICKER.to_owned()]);
    }
    let mut events = 0u64;
    let mut feed = |session: &mut Session, frames: &[String]| {
        let before = ALLOCATIONS.get();
        for frame in frames {
            session.handle_read();
            session.handle_frame(LegId::FIRST, at, frame.as_bytes(), |event| events += u64::from(!matches!(event, Event::Notice(..))));
            assert!(session.poll_transmit(LegId::FIRST, at).is_none());
            assert!(session.poll_timeout(at).is_some());
        }
        ALLOCATIONS.get() - before
    };
    let (warm, steady) = frames.split_at(4 * 1000);
    assert!(feed(&mut session, warm) > 0, "the counter counts");
    assert_eq!(feed(&mut session, steady), 0);
    assert_eq!(events, frames.len() as u64);
    let stats = session.stats();
    assert!(stats.channels.iter().all(|c| c.fallbacks.get() == 0 && c.malformed.get() == 0));
    assert_eq!((stats.updates_verified.get(), stats.gaps.get()), (2000, 0));
}

#[test]
fn a_signed_request_and_a_look_at_its_reply_allocate_nothing() {
    let account = Credentials::new("key", &Secret::from(&b"secret"[..]), Secret::from(&b"passphrase"[..])).unwrap();
    let writer = Writer::new("openapi.okx.com", true).unwrap();
    let (mut query, mut out) = (Vec::new(), Vec::new());
    let mut round = |wall_ns| {
        let before = ALLOCATIONS.get();
        query.clear();
        encode_query([("instId", "BTC-USDT"), ("ccy", "BTC,ETH")], &mut query);
        let request =
            Request { method: Method::Get, path: "/api/v5/account/balance", query: &query, body: b"", exp_time: None, language: None };
        writer.write(&request, Some(&account), wall_ns, &mut out).unwrap();
        let code = reply::code(br#"{"msg":"","data":[{"sCode":"0"}],"code":"0"}"#).unwrap();
        assert_eq!(code.as_str(), "0");
        ALLOCATIONS.get() - before
    };
    assert!(round(0) > 0, "the counter counts");
    assert_eq!((1..100).map(|i| round(i * 1_000_000_000)).sum::<u64>(), 0);
}
