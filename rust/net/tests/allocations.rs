//! Receiving allocates nothing per message or read once the buffers have their size.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::mpsc;
use std::thread;

use okx_fast_net::ws::Opcode;
use support::{connect, frame, next, patiently, serve};

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

/// Allocations of the reading thread while it takes `MESSAGES`, each of them a TLS record if `tls`.
fn allocations(tls: bool) -> usize {
    const WARM_UP: usize = 2000;
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (tell, told) = mpsc::channel();
    let server = thread::spawn(move || {
        runtime().block_on(async {
            let (port, task) = serve(tls, |mut peer| async move {
                let one = frame(Opcode::Text, &[b'x'; 300]);
                for _ in 0..WARM_UP + MESSAGES {
                    peer.send(&one).await;
                }
            })
            .await;
            tell.send(port).unwrap();
            task.await.unwrap();
        });
    });
    let port = told.recv().unwrap();
    let count = runtime().block_on(async {
        let mut transport = patiently(connect(tls, port)).await.unwrap();
        for _ in 0..WARM_UP {
            patiently(next(&mut transport)).await;
        }
        let before = COUNT.get();
        let mut seen = 0;
        while seen < MESSAGES {
            while let Some(message) = transport.next_message().unwrap() {
                assert_eq!(message.payload.len(), 300);
                seen += 1;
            }
            if seen < MESSAGES {
                transport.read().await.unwrap();
            }
        }
        COUNT.get() - before
    });
    server.join().unwrap();
    count
}

const MESSAGES: usize = 5000;

#[test]
fn plain_text_is_received_without_allocating() {
    assert_eq!(allocations(false), 0);
}

#[test]
fn tls_costs_the_one_allocation_per_record_that_rustls_makes() {
    let count = allocations(true);
    assert!(count <= MESSAGES + MESSAGES / 50, "{count} allocations for {MESSAGES} records");
}
