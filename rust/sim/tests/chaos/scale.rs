//! How large a run is, and what the user of its clients watches.

use okx_fast_core::channel::Arg;
use okx_fast_sim::exchange::io::{Nanos, SECOND};

use crate::dice::Dice;

#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub instruments: usize,
    pub books_a_shard: usize,
    /// From the beginning to the last strike.
    pub sick: Nanos,
    /// From there to the end; less than the client may take to recover, and whether it has is not looked at.
    pub well: Nanos,
}

/// Ten minutes, hundreds of books.
pub const FULL: Size = Size { instruments: 200, books_a_shard: 20, sick: 470 * SECOND, well: 130 * SECOND };
/// As much in less, for every run of the tests.
pub const SHORT: Size = Size { instruments: 16, books_a_shard: 8, sick: 60 * SECOND, well: 110 * SECOND };

/// As little as has everything in it, for tests that are about one thing.
pub const TINY: Size = Size { instruments: 6, books_a_shard: 2, sick: 60 * SECOND, well: 105 * SECOND };

/// What the user watches of an instrument.
pub fn wishes(dice: &mut Dice, at: usize, name: &str) -> Vec<Arg> {
    let mut all = vec![Arg::new("books", name)];
    let mut sometimes = |one_in: u64, channel: &str| {
        if dice.one_in(one_in) {
            all.push(Arg::new(channel, name));
        }
    };
    for (one_in, channel) in [
        (12, "books5"),
        (12, "bbo-tbt"),
        (16, "books-rpi"),
        (2, "trades"),
        (4, "trades-all"),
        (4, "tickers"),
        (20, "mark-price"),
        (20, "price-limit"),
        (30, "candle1m"),
    ] {
        sometimes(one_in, channel);
    }
    if at == 0 {
        all.push(Arg { channel: "status".into(), params: Vec::new() });
    }
    all
}
