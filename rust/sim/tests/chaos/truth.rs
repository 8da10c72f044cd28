//! What is true: every state of every book and every trade, taken from the exchange itself before any fault.
//!
//! ```text
//! World.books ─▶ after each step, of each book that changed: seqId, time, prints of its best 1, 5, 50 and 400 levels
//! an ear (a healthy connection) ─▶ `trades`, `trades-all` ─▶ id, price, size, in order
//! ```
//!
//! A print is a hash over prices and sizes as texts give them (digits and scale), best first. Client's and exchange's are
//! made by separate code from separate types; the client's parser, chain and book have no part in the truth.

use std::collections::BTreeMap;

use okx_fast_core::book::Side;
use okx_fast_sim::exchange::book::Book;
use okx_fast_sim::exchange::io::Nanos;
use okx_fast_sim::exchange::order::Side as BookSide;
use okx_fast_sim::exchange::world::World;
use serde_json::Value;

use crate::dice::mix;

/// Depths that channels show.
const DEPTHS: [usize; 4] = [1, 5, 50, 400];

/// A hash of the best levels of both sides.
pub type Print = u64;

#[derive(Clone, Copy, Debug)]
pub struct State {
    pub at: Nanos,
    pub seq: i64,
    prints: [Print; 4],
}

impl State {
    pub fn print(&self, depth: usize) -> Print {
        let at = DEPTHS.iter().position(|known| *known == depth).expect("a depth that a channel has");
        self.prints[at]
    }
}

/// One trade, or one row of `trades`, as told to everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub at: Nanos,
    pub id: u64,
    pub px: String,
    pub sz: String,
}

#[derive(Debug, Default)]
pub struct Truth {
    /// By `InstIx`, in order.
    books: Vec<Vec<State>>,
    /// Channel and instrument, in order.
    trades: BTreeMap<(String, String), Vec<Told>>,
}

impl Truth {
    /// Looks at every book; to be called after each step of the exchange.
    pub fn look(&mut self, world: &World) {
        self.books.resize(world.books.len(), Vec::new());
        for (book, states) in world.books.iter().zip(&mut self.books) {
            let seq = book.seq.cast_signed();
            if states.last().is_none_or(|last| last.seq != seq) {
                states.push(State { at: world.now, seq, prints: true_prints(book) });
            }
        }
    }

    pub fn states(&self, inst: usize) -> &[State] {
        self.books.get(inst).map_or(&[], Vec::as_slice)
    }

    /// A frame of `trades` or `trades-all`, as the ear heard it. Trades are numbered without holes.
    pub fn heard(&mut self, now: Nanos, frame: &Value) {
        let text = |value: &Value, key: &str| value[key].as_str().expect("a push of trades has texts").to_owned();
        let (arg, row) = (&frame["arg"], &frame["data"][0]);
        let told = Told { at: now, id: text(row, "tradeId").parse().expect("a number"), px: text(row, "px"), sz: text(row, "sz") };
        let count = row["count"].as_str().map_or(1, |count| count.parse::<u64>().expect("a number"));
        let tape = self.trades.entry((text(arg, "channel"), text(arg, "instId"))).or_default();
        if let Some(last) = tape.last() {
            assert_eq!(told.id, last.id + count, "the exchange numbers its trades without holes: {frame}");
        }
        tape.push(told);
    }

    pub fn tape(&self, channel: &str, inst_id: &str) -> &[Told] {
        self.trades.get(&(channel.to_owned(), inst_id.to_owned())).map_or(&[], Vec::as_slice)
    }

    pub fn counts(&self) -> (usize, usize) {
        (self.books.iter().map(Vec::len).sum(), self.trades.values().map(Vec::len).sum())
    }
}

fn level(hash: u64, px: (i64, u8), sz: (i64, u8)) -> u64 {
    let word = |(mantissa, scale): (i64, u8)| mantissa.cast_unsigned().rotate_left(u32::from(scale) * 3) ^ u64::from(scale) << 56;
    mix(mix(hash ^ word(px)).wrapping_add(word(sz)))
}

fn joined(bids: u64, asks: u64) -> Print {
    mix(bids ^ mix(asks ^ 0xA5))
}

/// At the depths of all channels, in one walk a side.
fn true_prints(book: &Book) -> [Print; 4] {
    let of = |side| {
        let (mut hashes, mut hash, mut count) = ([0; 4], 0, 0);
        for (px, held) in book.levels(side).take(400) {
            for (at, depth) in DEPTHS.iter().enumerate() {
                if count == *depth {
                    hashes[at] = hash;
                }
            }
            let parts = |dec: okx_fast_sim::exchange::num::Dec| {
                let dec = dec.normalize();
                (i64::try_from(dec.mantissa()).expect("18 digits"), u8::try_from(dec.scale()).expect("below 29"))
            };
            hash = level(hash, parts(px), parts(held.total));
            count += 1;
        }
        for (at, depth) in DEPTHS.iter().enumerate() {
            if count <= *depth {
                hashes[at] = hash;
            }
        }
        hashes
    };
    let (bids, asks) = (of(BookSide::Buy), of(BookSide::Sell));
    std::array::from_fn(|at| joined(bids[at], asks[at]))
}

/// Of what the client holds, all of it.
pub fn print_of(bids: &Side, asks: &Side) -> Print {
    let of = |side: &Side| side.iter().fold(0, |hash, q| level(hash, (q.px.mantissa, q.px.scale), (q.sz.mantissa, q.sz.scale)));
    joined(of(bids), of(asks))
}
