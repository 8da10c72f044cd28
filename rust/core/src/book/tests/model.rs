//! A book kept in a sorted map, and the property that ours never differs from it.

use super::*;
use sha2::{Digest, Sha256};

/// Decimals at which the model compares prices.
const SCALE: u8 = 6;

/// Price at [`SCALE`], with its sign turned for bids: best first. The value is the level as written last.
#[derive(Default)]
struct Model(BTreeMap<i128, (Dec, Dec)>);

impl Model {
    fn apply(&mut self, rows: &[Row], sign: i128, depth: usize) {
        for row in rows {
            let px = Dec { mantissa: row.px, scale: row.level.px_scale };
            let key = sign * i128::from(px.mantissa_at(SCALE).unwrap());
            let sz = Dec { mantissa: row.level.sz, scale: row.level.sz_scale };
            if sz.mantissa == 0 {
                self.0.remove(&key);
            } else {
                self.0.insert(key, (px, sz));
            }
        }
        while self.0.len() > depth {
            self.0.pop_last();
        }
    }

    fn levels(&self) -> Vec<(Dec, Dec)> {
        self.0.values().copied().collect()
    }
}

fn checksum_of(bids: &Model, asks: &Model) -> i32 {
    let (bids, asks) = (bids.levels(), asks.levels());
    let mut parts = Vec::new();
    for i in 0..25 {
        for (px, sz) in [bids.get(i), asks.get(i)].into_iter().flatten() {
            parts.extend([px.to_string(), sz.to_string()]);
        }
    }
    crc32fast::hash(parts.join(":").as_bytes()).cast_signed()
}

fn digest_of(bids: &Model, asks: &Model) -> [u8; 32] {
    let mut text = String::from("bids\n");
    let line = |(px, sz): &(Dec, Dec)| format!("{px}:{sz}\n");
    text.extend(bids.levels().iter().rev().map(line));
    text.push_str("asks\n");
    text.extend(asks.levels().iter().map(line));
    Sha256::digest(text).into()
}

fn value(dec: Dec, scale: u8) -> i128 {
    i128::from(dec.mantissa) * 10i128.pow(u32::from(scale - dec.scale))
}

/// Every read of `side` against the model's.
fn same_reads(side: &Side, model: &Model, is_bid: bool) -> Result<(), TestCaseError> {
    let want = model.levels();
    prop_assert_eq!(side.len(), want.len());
    prop_assert_eq!(side.iter().map(|q| (q.px, q.sz)).collect::<Vec<_>>(), want.clone());
    prop_assert_eq!(side.best().map(|q| (q.px, q.sz)), want.first().copied());
    let total = |levels: &[(Dec, Dec)]| levels.iter().map(|(_, sz)| value(*sz, SCALE)).sum::<i128>();
    for n in [1, 3, want.len()] {
        let top = &want[..n.min(want.len())];
        prop_assert_eq!(value_of(side.size_of(n)), total(top), "size of {}", n);
        let scales = (side.px_scale(), side.sz_scale(n));
        let rows = side.rows(n, scales.0, scales.1).map(|r| r.map(|r| (i128::from(r.px), i128::from(r.sz))));
        let expected = top.iter().map(|(px, sz)| Some((value(*px, scales.0), value(*sz, scales.1))));
        prop_assert_eq!(rows.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }
    for (px, _) in [want.first(), want.get(want.len() / 2), want.last()].into_iter().flatten() {
        let reached: Vec<_> = want
            .iter()
            .filter(|(p, _)| if is_bid { value(*p, SCALE) >= value(*px, SCALE) } else { value(*p, SCALE) <= value(*px, SCALE) })
            .copied()
            .collect();
        prop_assert_eq!(value_of(side.size_to((*px).into(), is_bid)), total(&reached), "size to {}", px);
    }
    for wanted in [1, 1_234_567, 1_000_000_000_000_000] {
        let mut left = wanted;
        let (mut notional, mut worst) = (0, None);
        for (px, sz) in &want {
            let here = value(*sz, SCALE).min(left);
            left -= here;
            notional += here * value(*px, SCALE);
            worst = Some(*px);
            if left == 0 {
                break;
            }
        }
        let cost = worst.map(|worst_px| Cost {
            filled: Num { mantissa: wanted - left, scale: SCALE }.normalized(),
            notional: Num { mantissa: notional, scale: 2 * SCALE }.normalized(),
            worst_px,
            complete: left == 0,
        });
        prop_assert_eq!(side.cost_of(Num { mantissa: wanted, scale: SCALE }), cost);
    }
    Ok(())
}

fn value_of(num: Num) -> i128 {
    num.mantissa * 10i128.pow(u32::from(SCALE - num.scale))
}

/// Prices of mixed scales around `centre`, some of them equal in value but written differently.
fn price(centre: i64) -> impl Strategy<Value = Dec> {
    (0u8..=3, -60i64..60).prop_map(move |(scale, step)| {
        let tenths = Dec { mantissa: centre + step, scale: 1 };
        match scale {
            // A whole number, or one with needless or real decimals.
            0 => Dec { mantissa: (centre + step) / 10, scale: 0 },
            1 => tenths,
            scale => Dec { mantissa: tenths.mantissa_at(scale).unwrap() + step % 2, scale },
        }
    })
}

fn size() -> impl Strategy<Value = Dec> {
    prop_oneof![
        2 => Just(Dec::ZERO),
        3 => (1i64..5_000_000, 0u8..=6).prop_map(|(mantissa, scale)| Dec { mantissa, scale }),
    ]
}

/// Rows in the order OKX sends them, or in any order, with repetitions.
fn changes(centre: i64, most: usize, sign: i64) -> impl Strategy<Value = Vec<Row>> {
    let rows = prop::collection::vec((price(centre), size()).prop_map(|(px, sz)| row(px, sz)), 0..most);
    (rows, any::<bool>()).prop_map(move |(mut rows, sorted)| {
        if sorted {
            rows.sort_by_key(|r| sign * r.px * 10i64.pow(u32::from(SCALE - r.level.px_scale)));
        }
        rows
    })
}

/// Rows of one message: bids, asks.
type Step = (Vec<Row>, Vec<Row>);

/// A market that drifts by `drift` tenths a message, so that the window travels through its buffer.
fn script() -> impl Strategy<Value = (usize, Vec<Step>)> {
    (prop_oneof![Just(1usize), Just(5), Just(20), Just(400)], -40i64..40, -300i64..2000, 1i64..40).prop_flat_map(
        |(depth, drift, start, count)| {
            let steps: Vec<_> = (0..count)
                .map(|i| {
                    let most = if i == 0 { 120 } else { 20 };
                    let centre = start + i * drift;
                    (changes(centre, most, -1), changes(centre + 20, most, 1))
                })
                .collect();
            (Just(depth), steps)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_book_after_any_updates_equals_a_sorted_map((depth, steps) in script(), snapshot_again in 0i64..40) {
        let channel = Channel { depth, name: "books", socket: crate::channel::Socket::Public, payload: crate::channel::Payload::Book, columns: crate::channel::Columns::Plain };
        let mut book = Book::new(&channel);
        let (mut bids, mut asks) = (Model::default(), Model::default());
        for (i, (bid_rows, ask_rows)) in (0i64..).zip(steps) {
            let action = if i == 0 || i == snapshot_again { Action::Snapshot } else { Action::Update };
            if action == Action::Snapshot {
                (bids, asks) = (Model::default(), Model::default());
            }
            bids.apply(&bid_rows, -1, depth);
            asks.apply(&ask_rows, 1, depth);
            let sum = checksum_of(&bids, &asks);
            let msg = BookMsg {
                action, bids: bid_rows, asks: ask_rows, ts_ms: 1, checksum: Some(sum),
                prev_seq_id: Some(i), seq_id: Some(i + 1),
            };
            let applied = book.alone(now(1), &msg);
            prop_assert_eq!(applied.map(|a| a.map(|a| a.checksum_ok)), Ok(Some(sum != 0)));
            let (held_bids, held_asks) = book.sides().unwrap();
            same_reads(held_bids, &bids, true)?;
            same_reads(held_asks, &asks, false)?;
            prop_assert_eq!(digest(held_bids, held_asks), digest_of(&bids, &asks));
        }
    }
}

#[test]
fn a_full_window_that_drifts_for_a_long_time_stays_right_and_small() {
    for (sign, drift) in [(1, 1i64), (1, -1), (-1, 1), (-1, -1)] {
        let mut side = if sign == 1 { Side::bids() } else { Side::asks() };
        let mut model = Model::default();
        for step in 0..5000i64 {
            let top = 1_000_000 + step * drift;
            // One level arrives at each end; the depth cap drops one.
            let rows = [row(Dec { mantissa: top, scale: 1 }, dec("1")), row(Dec { mantissa: top - 400, scale: 1 }, dec("2"))];
            side.apply(&rows).unwrap();
            side.truncate(400);
            model.apply(&rows, i128::from(-sign), 400);
        }
        assert_eq!(side.iter().map(|q| (q.px, q.sz)).collect::<Vec<_>>(), model.levels());
    }
}
