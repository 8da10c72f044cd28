//! A script of book messages against a sorted map: levels, order, best, depth and checksum are the same after each,
//! and no message that does not follow leaves a readable book.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use okx_fast_core::book::{Applied, Book, Fault, Level, Row, Side, Validity};
use okx_fast_core::channel::{Channel, Columns, Payload, Socket};
use okx_fast_core::msg::book::{Action, BookMsg};
use okx_fast_core::num::Dec;
use okx_fast_core::time::Stamp;
use std::collections::BTreeMap;

#[derive(Arbitrary, Debug)]
struct Change {
    px: i16,
    px_scale: u8,
    sz: u16,
    sz_scale: u8,
}

#[derive(Arbitrary, Debug)]
struct Step {
    bids: Vec<Change>,
    asks: Vec<Change>,
    snapshot: bool,
    /// 0: the message does not follow. 1: its checksum is wrong.
    fate: u8,
    jump: i8,
}

#[derive(Arbitrary, Debug)]
struct Script {
    depth: u8,
    steps: Vec<Step>,
}

const SCALE: u8 = 4;

fn rows(changes: &[Change]) -> Vec<Row> {
    let row = |c: &Change| Row {
        px: i64::from(c.px),
        level: Level { sz: i64::from(c.sz), px_scale: c.px_scale % (SCALE + 1), sz_scale: c.sz_scale % 9, orders: 1, ..Level::default() },
    };
    changes.iter().map(row).collect()
}

#[derive(Default)]
struct Model(BTreeMap<i64, (Dec, Dec)>);

impl Model {
    fn apply(&mut self, rows: &[Row], sign: i64, depth: usize) {
        for row in rows {
            let px = Dec { mantissa: row.px, scale: row.level.px_scale };
            let key = sign * px.mantissa_at(SCALE).expect("small");
            if row.level.sz == 0 {
                self.0.remove(&key);
            } else {
                self.0.insert(key, (px, Dec { mantissa: row.level.sz, scale: row.level.sz_scale }));
            }
        }
        while self.0.len() > depth {
            self.0.pop_last();
        }
    }

    fn same(&self, side: &Side) {
        assert!(side.iter().map(|q| (q.px, q.sz)).eq(self.0.values().copied()));
        assert_eq!(side.best().map(|q| (q.px, q.sz)), self.0.values().next().copied());
        assert_eq!(side.len(), self.0.len());
    }
}

fn sum(bids: &Model, asks: &Model) -> i32 {
    let (mut bids, mut asks) = (bids.0.values().take(25), asks.0.values().take(25));
    let mut parts = Vec::new();
    loop {
        let pair = [bids.next(), asks.next()];
        if pair == [None, None] {
            return crc32(parts.join(":").as_bytes());
        }
        parts.extend(pair.into_iter().flatten().map(|(px, sz)| format!("{px}:{sz}")));
    }
}

/// CRC-32 bit by bit, so that the reference shares nothing with what it checks.
fn crc32(bytes: &[u8]) -> i32 {
    let crc = bytes
        .iter()
        .fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| crc >> 1 ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())));
    (!crc).cast_signed()
}

fuzz_target!(|script: Script| {
    let depth = usize::from(script.depth % 40) + 1;
    let channel = Channel { name: "books", socket: Socket::Public, payload: Payload::Book, depth, columns: Columns::Plain };
    let mut book = Book::new(&channel);
    let (mut bids, mut asks) = (Model::default(), Model::default());
    let (mut valid, mut last) = (false, 0i64);
    for (i, step) in (0u64..).zip(&script.steps) {
        let action = if step.snapshot { Action::Snapshot } else { Action::Update };
        let (prev, seq) = (if step.fate == 0 { last + 1 } else { last }, last + i64::from(step.jump));
        let mut msg = BookMsg {
            action,
            bids: rows(&step.bids),
            asks: rows(&step.asks),
            ts_ms: i,
            checksum: None,
            prev_seq_id: Some(prev),
            seq_id: Some(seq),
        };
        let at = Stamp { mono_ns: i, wall_ns: i };
        let readable = step.snapshot || (valid && step.fate != 0);
        if readable {
            if step.snapshot {
                (bids, asks) = (Model::default(), Model::default());
            }
            bids.apply(&msg.bids, -1, depth);
            asks.apply(&msg.asks, 1, depth);
            let right = sum(&bids, &asks);
            msg.checksum = Some(if step.fate == 1 { right ^ 1 } else { right });
        }
        let result = book.apply(at, &msg);
        match (readable, valid, &result) {
            (true, _, Ok(Some(Applied { checksum_ok, .. }))) => assert_eq!(*checksum_ok, msg.checksum != Some(0)),
            (true, _, Err(Fault::Checksum { .. })) => assert_eq!(step.fate, 1),
            (false, true, Err(Fault::Gap { expected, got })) => assert_eq!((*expected, *got), (Some(last), Some(prev))),
            (false, false, Ok(None)) => {}
            _ => panic!("{result:?} for {step:?}"),
        }
        valid = matches!(result, Ok(Some(_)));
        if let Ok((held_bids, held_asks)) = book.sides() {
            assert!(valid);
            bids.same(held_bids);
            asks.same(held_asks);
            last = seq;
        } else {
            assert!(!valid && matches!(book.validity(), Validity::Broken | Validity::Waiting));
        }
    }
});
