//! An exchange on a warm connection allocates nothing, but for what TLS must.
#![allow(clippy::unwrap_used, reason = "tests")]

mod http_support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use http_support::{GET, dial, later, serve};
use okx_fast_net::http::{Reply, Steady};

/// Counts this thread's allocations.
struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are passed on as they are.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: `at` came from `alloc` above, so from the system.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const WARM_UP: usize = 200;
const EXCHANGES: usize = 1000;

/// Allocations of `EXCHANGES` exchanges on a connection that had `WARM_UP` before.
fn allocations(tls: bool) -> usize {
    let (port, server) = serve(tls, |mut peer| {
        let body = "x".repeat(300);
        let chunked = format!("12c\r\n{body}\r\n0\r\n\r\n");
        let head = "HTTP/1.1 200 OK\r\nDate: Sun, 22 Nov 2026 23:00:00 GMT\r\nContent-Type: application/json\r\nx-trace-id: abcdef\r\n";
        for at in 0..WARM_UP + EXCHANGES {
            let reply = match at % 2 {
                0 => format!("{head}Content-Length: 300\r\n\r\n{body}"),
                _ => format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunked}"),
            };
            peer.answer(reply.as_bytes());
        }
    });
    let (mut conn, mut reply) = (dial(tls, port), Reply::default());
    let mut exchange = || {
        assert!(conn.is_alive());
        conn.exchange(GET, later(), &Steady, &mut reply).unwrap();
        assert_eq!((reply.status, reply.body.len()), (200, 300));
    };
    (0..WARM_UP).for_each(|_| exchange());
    let before = COUNT.get();
    (0..EXCHANGES).for_each(|_| exchange());
    let count = COUNT.get() - before;
    server.join().unwrap();
    count
}

#[test]
fn a_plain_exchange_allocates_nothing() {
    assert_eq!(allocations(false), 0);
}

#[test]
fn tls_costs_the_one_allocation_per_record_sent_or_received_that_rustls_makes() {
    let count = allocations(true);
    assert!(count <= 2 * EXCHANGES + EXCHANGES / 50, "{count} allocations for {EXCHANGES} exchanges");
}
