//! Who gets a connection, and in which order. Slots without a line: nothing here connects.

use super::{Lane, Pool};
use crate::clock::mono_ns;
use crate::http::{Pause, Steady};
use crate::rest::Failure;
use crate::rest::call::Place;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

const LONG: u64 = 10_000_000_000;

struct Impatient;

impl Pause for Impatient {
    fn interrupted(&self) -> bool {
        true
    }
}

fn soon() -> u64 {
    mono_ns() + 20_000_000
}

#[test]
fn cancels_have_one_connection_more() {
    let pool = Pool::new(2);
    let _orders: Vec<_> = (0..2).map(|_| pool.checkout(Lane::Common, soon(), &Steady).unwrap()).collect();
    assert_eq!(pool.checkout(Lane::Common, soon(), &Steady).unwrap_err(), Failure::Deadline { at: Place::Connection });
    let _cancel = pool.checkout(Lane::Cancel, soon(), &Steady).unwrap();
    assert!(pool.checkout(Lane::Cancel, soon(), &Steady).is_err());
    assert_eq!(pool.count(), (0, 3));
}

#[test]
fn cancels_take_any_connection_that_is_free() {
    let pool = Pool::new(1);
    let _first = pool.checkout(Lane::Cancel, soon(), &Steady).unwrap();
    let second = pool.checkout(Lane::Cancel, soon(), &Steady).unwrap();
    assert!(pool.checkout(Lane::Common, soon(), &Steady).is_err());
    assert!(pool.spare().is_none());
    drop(second);
    assert!(pool.checkout(Lane::Common, soon(), &Steady).is_ok());
    assert_eq!(pool.count(), (0, 1));
}

#[test]
fn those_who_wait_are_served_in_order_and_cancels_first() {
    let pool = Pool::new(1);
    let order_in_flight = pool.checkout(Lane::Common, soon(), &Steady).unwrap();
    let cancel_in_flight = pool.checkout(Lane::Cancel, soon(), &Steady).unwrap();
    let (told, order) = mpsc::channel();
    thread::scope(|scope| {
        for (name, lane) in [("first", Lane::Common), ("second", Lane::Common), ("cancel", Lane::Cancel)] {
            let (pool, told) = (&pool, told.clone());
            let before = pool.waiting();
            scope.spawn(move || {
                let slot = pool.checkout(lane, mono_ns() + LONG, &Steady).unwrap();
                told.send(name).unwrap();
                drop(slot);
            });
            while pool.waiting() == before {
                thread::yield_now();
            }
        }
        drop(order_in_flight);
    });
    drop(cancel_in_flight);
    assert_eq!(order.try_iter().collect::<Vec<_>>(), ["cancel", "first", "second"]);
}

#[test]
fn who_gives_up_leaves_the_queue_and_what_was_meant_for_it_goes_on() {
    let pool = Pool::new(1);
    let held = pool.checkout(Lane::Common, soon(), &Steady).unwrap();
    assert_eq!(pool.checkout(Lane::Common, mono_ns() + LONG, &Impatient).unwrap_err(), Failure::Interrupted);
    assert_eq!(pool.waiting(), 0);
    drop(held);
    assert!(pool.checkout(Lane::Common, soon(), &Steady).is_ok());
}

#[test]
fn many_threads_never_hold_more_than_there_are() {
    let pool = Pool::new(3);
    let held = std::sync::atomic::AtomicUsize::new(0);
    thread::scope(|scope| {
        for i in 0..12 {
            let (pool, held) = (&pool, &held);
            scope.spawn(move || {
                for _ in 0..200 {
                    let lane = if i % 4 == 0 { Lane::Cancel } else { Lane::Common };
                    let slot = pool.checkout(lane, mono_ns() + LONG, &Steady).unwrap();
                    let now = held.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
                    assert!(now <= 4, "{now}");
                    if now == 4 {
                        thread::sleep(Duration::from_micros(5));
                    }
                    held.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                    drop(slot);
                }
            });
        }
    });
    assert_eq!((pool.count(), pool.waiting()), ((0, 0), 0));
}
