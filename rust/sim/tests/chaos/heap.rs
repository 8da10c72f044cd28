//! How much memory the client holds: bytes it allocated and has not given back, counted thread by thread.
//!
//! Only what happens within [`inside`] counts, so the exchange and the judge, which grow with time, stay out of it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

#[global_allocator]
static HEAP: Counting = Counting;

thread_local! {
    static COUNTS: Cell<bool> = const { Cell::new(false) };
    static HELD: Cell<i64> = const { Cell::new(0) };
}

fn count(bytes: usize, sign: i64) {
    // At the end of a thread there is nobody left to count for.
    let _ = COUNTS.try_with(|counts| {
        if counts.get() {
            let _ = HELD.try_with(|held| held.set(held.get() + sign * bytes.cast_signed() as i64));
        }
    });
}

#[expect(unsafe_code, reason = "an allocator cannot be written without; every call goes to the system's unchanged")]
// SAFETY: each method hands its arguments to `System` as they came, under the same contract, and only counts besides.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 1);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(layout.size(), -1);
        // SAFETY: `at` came from `System` with this layout.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(layout.size(), -1);
        count(size, 1);
        // SAFETY: `at` came from `System` with this layout, and the caller keeps the contract of `realloc`.
        unsafe { System.realloc(at, layout, size) }
    }
}

fn switched<T>(counts: bool, work: impl FnOnce() -> T) -> T {
    let before = COUNTS.replace(counts);
    let done = work();
    COUNTS.set(before);
    done
}

/// What is allocated and freed meanwhile is the client's.
pub fn inside<T>(work: impl FnOnce() -> T) -> T {
    switched(true, work)
}

/// The client calls back: what is allocated meanwhile is not its own.
pub fn outside<T>(work: impl FnOnce() -> T) -> T {
    switched(false, work)
}

/// Bytes the clients of this thread hold.
pub fn held() -> i64 {
    HELD.get()
}

#[test]
fn only_what_is_allocated_inside_counts() {
    let before = held();
    let outer = vec![0u8; 1000];
    let inner = inside(|| {
        let mine = vec![0u8; 500];
        outside(|| drop(vec![0u8; 3000]));
        mine
    });
    assert_eq!((held() - before, outer.len()), (500, 1000));
    inside(|| drop(inner));
    assert_eq!(held(), before);
}
