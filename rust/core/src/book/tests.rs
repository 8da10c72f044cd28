//! The book against OKX's rules, and against a sorted map.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use super::*;
use crate::num::{Dec, Num};
use proptest::prelude::*;
use std::collections::BTreeMap;

mod model;

/// A level as written: price and size.
type Text<'a> = (&'a str, &'a str);

impl Book {
    /// As the only connection's message.
    fn alone(&mut self, at: Stamp, msg: &BookMsg) -> Result<Option<Applied>, Fault> {
        self.apply(at, msg, false).map(|verdict| match verdict {
            Verdict::Applied(applied) => Some(applied),
            other => {
                assert_eq!(other, Verdict::Skipped);
                None
            }
        })
    }
}

fn dec(text: &str) -> Dec {
    Dec::parse(text.as_bytes()).expect(text)
}

fn row(px: Dec, sz: Dec) -> Row {
    let orders = u32::from(sz.mantissa != 0);
    Row { px: px.mantissa, level: Level { sz: sz.mantissa, orders, px_scale: px.scale, sz_scale: sz.scale, ..Level::default() } }
}

fn rows(levels: &[Text<'_>]) -> Vec<Row> {
    levels.iter().map(|(px, sz)| row(dec(px), dec(sz))).collect()
}

fn message(action: Action, bids: &[Text<'_>], asks: &[Text<'_>], ids: Option<(i64, i64)>) -> BookMsg {
    let (prev_seq_id, seq_id) = ids.unzip();
    BookMsg { action, asks: rows(asks), bids: rows(bids), ts_ms: 1_785_096_000_123, checksum: None, prev_seq_id, seq_id }
}

fn book(channel: &str) -> Book {
    Book::new(Channel::find(channel).unwrap())
}

fn now(mono_ns: u64) -> Stamp {
    Stamp { mono_ns, wall_ns: 0 }
}

/// Best first, as written.
fn texts(side: &Side) -> Vec<(String, String)> {
    side.iter().map(|q| (q.px.to_string(), q.sz.to_string())).collect()
}

fn written(levels: &[Text<'_>]) -> Vec<(String, String)> {
    levels.iter().map(|(px, sz)| ((*px).to_owned(), (*sz).to_owned())).collect()
}

const BIDS: [Text<'_>; 3] = [("67500.1", "0.95"), ("67500", "2.10"), ("67499.9", "1")];
const ASKS: [Text<'_>; 2] = [("67500.2", "1.20"), ("67500.3", "0.80")];

fn started() -> Book {
    let mut book = book("books");
    book.alone(now(1), &message(Action::Snapshot, &BIDS, &ASKS, Some((-1, 10)))).unwrap().unwrap();
    book
}

#[test]
fn a_book_gives_nothing_away_before_its_snapshot() {
    let mut book = book("books");
    assert_eq!(book.sides().err(), Some(Validity::Waiting));
    assert_eq!(book.alone(now(1), &message(Action::Update, &BIDS, &[], Some((5, 6)))), Ok(None));
    assert_eq!(book.sides().err(), Some(Validity::Waiting));
}

#[test]
fn a_crossed_book_stays_valid_and_says_so() {
    for (bid, ask, crossed) in [
        ("67500.1", "67500.2", false),
        ("67500.1", "67500.1", true),
        ("67500.10", "67500.1", true),
        ("67500.2", "67500.1", true),
        ("-0.2", "-0.1", false),
        ("-0.1", "-0.2", true),
        ("0", "-0.1", true),
        ("999999999999999999", "0.00000000000000001", true),
    ] {
        let mut book = book("sprd-books-l2-tbt");
        let msg = message(Action::Snapshot, &[(bid, "1")], &[(ask, "1")], Some((-1, 10)));
        book.alone(now(1), &msg).unwrap().unwrap();
        assert_eq!(book.validity(), Validity::Valid);
        let (bids, asks) = book.sides().unwrap();
        assert_eq!(bids.best().unwrap().crosses(&asks.best().unwrap()), crossed, "{bid} and {ask}");
    }
}

#[test]
fn a_book_that_crosses_and_parts_again_is_never_broken() {
    let mut book = started();
    let cross: [(i64, &[Text<'_>], bool); 3] =
        [(15, &[("67500.2", "1")], true), (20, &[("67500.3", "1")], true), (25, &[("67500.3", "0"), ("67500.2", "0")], false)];
    let mut last = 10;
    for (seq, bids, crossed) in cross {
        book.alone(now(2), &message(Action::Update, bids, &[], Some((last, seq)))).unwrap().unwrap();
        let (bids, asks) = book.sides().unwrap();
        assert_eq!(bids.best().unwrap().crosses(&asks.best().unwrap()), crossed, "seqId {seq}");
        last = seq;
    }
}

#[test]
fn the_documented_chain_of_five_messages_is_applied() {
    let mut book = started();
    for (ids, bids, link) in [
        ((10, 15), &[("67500.1", "1.25")][..], Link::Next),
        ((15, 15), &[], Link::Idle),
        ((15, 3), &[("67500.1", "3")], Link::Reset),
        ((3, 5), &[("67500.1", "0")], Link::Next),
    ] {
        let applied = book.alone(now(2), &message(Action::Update, bids, &[], Some(ids))).unwrap().unwrap();
        assert_eq!(applied, Applied { link, checksum_ok: false }, "{ids:?}");
        assert_eq!((book.seq_id(), book.heard()), (Some(ids.1), now(2)));
        let (held, _) = book.sides().unwrap();
        let want = bids.iter().find(|(px, sz)| *px == "67500.1" && *sz != "0").map(|(_, sz)| dec(sz));
        if link != Link::Idle {
            assert_eq!(held.best().map(|q| q.sz), want.or(Some(dec("2.10"))), "{ids:?}");
        }
    }
}

#[test]
fn a_message_that_does_not_follow_breaks_the_book_until_a_snapshot() {
    for (ids, got) in [(Some((9, 11)), Some(9)), (Some((-1, 11)), Some(-1)), (Some((11, 12)), Some(11)), (None, None)] {
        let mut book = started();
        let fault = book.alone(now(2), &message(Action::Update, &[("1", "1")], &[], ids)).unwrap_err();
        assert_eq!(fault, Fault::Gap { expected: Some(10), got });
        assert!(fault.to_string().starts_with("book gap, expected prevSeqId 10, got "), "{fault}");
        assert_eq!(book.sides().err(), Some(Validity::Broken));
        // The message that would have followed does not mend it.
        assert_eq!(book.alone(now(3), &message(Action::Update, &[], &[], Some((10, 15)))), Ok(None));
        assert_eq!(book.sides().err(), Some(Validity::Broken));
        book.alone(now(4), &message(Action::Snapshot, &[("5", "1")], &[], Some((-1, 40)))).unwrap().unwrap();
        let (bids, asks) = book.sides().unwrap();
        assert_eq!((texts(bids), texts(asks)), (written(&[("5", "1")]), Vec::new()));
        book.alone(now(5), &message(Action::Update, &[], &[], Some((40, 41)))).unwrap().unwrap();
    }
}

#[test]
fn books_of_before_2023_have_no_numbers() {
    let mut book = book("books");
    book.alone(now(1), &message(Action::Snapshot, &BIDS, &ASKS, None)).unwrap().unwrap();
    let applied = book.alone(now(2), &message(Action::Update, &[("67500.1", "7")], &[], None)).unwrap().unwrap();
    assert_eq!((applied.link, book.seq_id()), (Link::Unnumbered, None));
}

#[test]
fn rows_set_insert_and_remove() {
    for (change, want) in [
        // Set, insert between, insert best, insert worst.
        (&[("67500", "9")][..], &[("67500.1", "0.95"), ("67500", "9"), ("67499.9", "1")][..]),
        (&[("67500.05", "9")], &[("67500.1", "0.95"), ("67500.05", "9"), ("67500", "2.10"), ("67499.9", "1")]),
        (&[("67500.15", "9")], &[("67500.15", "9"), ("67500.1", "0.95"), ("67500", "2.10"), ("67499.9", "1")]),
        (&[("1", "9")], &[("67500.1", "0.95"), ("67500", "2.10"), ("67499.9", "1"), ("1", "9")]),
        // Remove; what is not held is ignored, above, between and below.
        (&[("67500.1", "0")], &[("67500", "2.10"), ("67499.9", "1")]),
        (&[("67501", "0"), ("67500.05", "0"), ("67499.8", "0")], &BIDS),
        (&[("67500.1", "0"), ("67500", "0"), ("67499.9", "0")], &[]),
        // The last word in one message counts, and the price is as it was written last.
        (&[("67500", "1"), ("67500", "0")], &[("67500.1", "0.95"), ("67499.9", "1")]),
        (&[("67500", "0"), ("67500.00", "4")], &[("67500.1", "0.95"), ("67500.00", "4"), ("67499.9", "1")]),
        // Out of order.
        (&[("67499.9", "5"), ("67500.1", "6")], &[("67500.1", "6"), ("67500", "2.10"), ("67499.9", "5")]),
    ] {
        let mut book = started();
        book.alone(now(2), &message(Action::Update, change, &[], Some((10, 11)))).unwrap().unwrap();
        let (bids, asks) = book.sides().unwrap();
        assert_eq!((texts(bids), texts(asks)), (written(want), written(&ASKS)), "{change:?}");
    }
}

#[test]
fn a_finer_price_after_a_better_one_keeps_the_order() {
    // The new scale comes with a row that is out of order.
    let mut book = started();
    book.alone(now(2), &message(Action::Snapshot, &[], &[("100", "1"), ("101", "1"), ("99.5", "2")], Some((-1, 11)))).unwrap();
    assert_eq!(texts(book.sides().unwrap().1), written(&[("99.5", "2"), ("100", "1"), ("101", "1")]));
}

#[test]
fn a_book_may_lose_one_side_or_both() {
    let mut book = started();
    let none = BIDS.map(|(px, _)| (px, "0"));
    book.alone(now(2), &message(Action::Update, &none, &[], Some((10, 11)))).unwrap().unwrap();
    let (bids, asks) = book.sides().unwrap();
    assert_eq!((bids.best(), asks.best().map(|q| q.px)), (None, Some(dec("67500.2"))));
    let none = ASKS.map(|(px, _)| (px, "0"));
    book.alone(now(2), &message(Action::Update, &[], &none, Some((11, 12)))).unwrap().unwrap();
    let (bids, asks) = book.sides().unwrap();
    assert!(bids.is_empty() && asks.is_empty());
}

#[test]
fn a_side_holds_no_more_than_its_channels_depth() {
    for (channel, depth) in [
        ("books", 400),
        ("books-rpi", 400),
        ("books-l2-tbt", 400),
        ("books50-l2-tbt", 50),
        ("books5", 5),
        ("bbo-tbt", 1),
        ("sprd-books-l2-tbt", 400),
        ("sprd-books5", 5),
        ("sprd-bbo-tbt", 1),
    ] {
        let mut book = book(channel);
        let action = if depth < 50 { Action::Full } else { Action::Snapshot };
        let mut msg = message(action, &[], &[], Some((-1, 1)));
        msg.bids = (0i64..).take(depth + 7).map(|i| row(Dec { mantissa: 10_000 - i, scale: 1 }, dec("1"))).collect();
        book.alone(now(1), &msg).unwrap().unwrap();
        let (bids, _) = book.sides().unwrap();
        assert_eq!((bids.len(), bids.best().unwrap().px), (depth, dec("1000.0")), "{channel}");
    }
}

#[test]
fn a_full_push_replaces_everything_and_has_no_chain() {
    let mut book = book("books5");
    for (bids, seq) in [(&BIDS[..], 7), (&BIDS[1..], 7), (&BIDS[2..], 3)] {
        let applied = book.alone(now(1), &message(Action::Full, bids, &[], Some((99, seq)))).unwrap().unwrap();
        assert_eq!((applied.link, book.seq_id()), (Link::Snapshot, Some(seq)));
        assert_eq!(texts(book.sides().unwrap().0), written(bids));
    }
}

#[test]
fn the_third_column_of_rpi_books_is_kept() {
    let mut book = book("books-rpi");
    let level = Level { sz: 17, non_rpi: 12, orders: 3, px_scale: 1, sz_scale: 1, non_rpi_scale: 1 };
    let mut msg = message(Action::Snapshot, &[], &[], Some((-1, 15)));
    msg.asks = vec![Row { px: 675_002, level }];
    book.alone(now(1), &msg).unwrap().unwrap();
    let best = book.sides().unwrap().1.best().unwrap();
    assert_eq!(best, Quote { px: dec("67500.2"), sz: dec("1.7"), non_rpi: dec("1.2"), orders: 3 });
}

#[test]
fn prices_of_spreads_may_be_zero_or_negative_and_their_checksum_counts() {
    const BIDS: [Text<'_>; 3] = [("0", "2"), ("-0.1", "1"), ("-10.25", "4")];
    const ASKS: [Text<'_>; 2] = [("0.5", "3"), ("1.9", "1.1")];
    // CRC-32 of 0:2:0.5:3:-0.1:1:1.9:1.1:-10.25:4, by zlib.
    for (sum, right) in [(270_245_052, true), (270_245_053, false)] {
        let mut book = book("sprd-books-l2-tbt");
        let mut msg = message(Action::Snapshot, &[BIDS[2], BIDS[0], BIDS[1]], &ASKS, Some((-1, 1_724_294_007_352_168_320)));
        msg.checksum = Some(sum);
        assert_eq!(book.alone(now(1), &msg).is_ok_and(|a| a.is_some_and(|a| a.checksum_ok)), right);
        if right {
            let (bids, asks) = book.sides().unwrap();
            assert_eq!((texts(bids), texts(asks)), (written(&BIDS), written(&ASKS)));
        }
    }
}

#[test]
fn prices_that_outgrow_64_bits_at_one_scale_break_the_book() {
    for asks in [[("0.0000000000001", "1"), ("999999999999999999", "1")], [("999999999999999999", "1"), ("0.0000000000001", "1")]] {
        let mut book = started();
        let fault = book.alone(now(2), &message(Action::Update, &[], &asks, Some((10, 11)))).unwrap_err();
        assert_eq!((fault, book.sides().err()), (Fault::Overflow, Some(Validity::Broken)));
        book.alone(now(3), &message(Action::Snapshot, &BIDS, &ASKS, Some((-1, 12)))).unwrap().unwrap();
        assert_eq!(texts(book.sides().unwrap().1), written(&ASKS));
    }
}

/// Bids, asks, checksum.
fn vectors() -> Vec<(Vec<Row>, Vec<Row>, i32)> {
    let pairs = |text: &str| -> Vec<Row> {
        let pair = |level: &str| level.split_once('×').map(|(px, sz)| row(dec(px), dec(sz))).unwrap();
        text.split_whitespace().map(pair).collect()
    };
    [
        ("3366.1×7 3366×6", "3366.8×9 3368×8", -1_881_014_294),
        ("3366.1×7", "3366.8×9 3368×8 3372×8", 831_078_360),
        (
            "5×7 3×5 2.5×100 1.5×100 1.1×100 1×1004.9998",
            "8.8×96.99999966 9×39 9.5×100 12×12 95×0.42973686 11111×1003.99999795",
            468_410_539,
        ),
        (
            "0.07014×56 0.07011×608 0.07009×110 0.07006×1264 0.07004×2347 0.07003×279 0.07001×52 0.06997×91 0.06996×4242 \
             0.06995×486 0.06992×161 0.06991×63 0.06988×7518 0.06976×186 0.06975×71 0.06973×1086 0.06961×513 0.06959×4603 \
             0.0695×186 0.06946×3043 0.06939×103 0.0693×5053 0.06909×5039 0.06888×5037 0.06886×1526 0.0688×1 0.068×2",
            "0.07026×5 0.07027×765 0.07028×110 0.0703×1264 0.07034×280 0.07035×2255 0.07036×28 0.07037×63 0.07039×137 \
             0.0704×48 0.07041×32 0.07043×3985 0.07057×257 0.07058×7870 0.07059×161 0.07061×4539 0.07068×1438 0.07088×3162 \
             0.07104×99 0.07108×5018 0.07115×1540 0.07129×5080 0.07145×1512 0.0715×5016 0.07171×5026 0.08×1",
            -1_462_286_744,
        ),
        ("8476.97×256 8475.55×101", "8476.98×415 8477×7", 2_123_921_068),
    ]
    .map(|(bids, asks, sum)| (pairs(bids), pairs(asks), sum))
    .into()
}

#[test]
fn the_checksum_vectors_are_right() {
    for (bids, asks, sum) in vectors() {
        let mut book = book("books");
        let msg = BookMsg { bids, asks, checksum: Some(sum), seq_id: Some(1), ..BookMsg::default() };
        assert_eq!(book.alone(now(1), &msg), Ok(Some(Applied { link: Link::Snapshot, checksum_ok: true })), "{sum}");
    }
}

#[test]
fn the_checksum_runs_over_texts_as_received() {
    let sum = |text: &str| Some(crc32fast::hash(text.as_bytes()).cast_signed());
    let mut book = book("books");
    for (bids, asks, text) in [
        (&[("7.10", "1.00")][..], &[("7.2", "3")][..], "7.10:1.00:7.2:3"),
        (&[("7.1", "1.00")], &[], "7.1:1.00"),
        (&[], &[("7.2", "0.10"), ("7.25", "1")], "7.2:0.10:7.25:1"),
        (&[("-0.1", "1")], &[("0.00", "2")], "-0.1:1:0.00:2"),
    ] {
        let mut msg = message(Action::Snapshot, bids, asks, Some((-1, 1)));
        msg.checksum = sum(text);
        assert_eq!(book.alone(now(1), &msg).map(|a| a.unwrap().checksum_ok), Ok(true), "{text}");
    }
}

#[test]
fn a_checksum_that_is_0_or_absent_is_not_verified() {
    for checksum in [None, Some(0)] {
        let mut book = started();
        let msg = BookMsg { checksum, ..message(Action::Update, &[("67500.1", "7")], &[], Some((10, 11))) };
        assert_eq!(book.alone(now(2), &msg), Ok(Some(Applied { link: Link::Next, checksum_ok: false })));
    }
}

#[test]
fn a_wrong_checksum_breaks_the_book() {
    let mut book = started();
    let msg = BookMsg { checksum: Some(1), ..message(Action::Update, &[("67500.1", "7")], &[], Some((10, 11))) };
    let Err(fault @ Fault::Checksum { expected: 1, got }) = book.alone(now(2), &msg) else { panic!("a fault") };
    assert_ne!(got, 1);
    assert!(fault.to_string().contains("expected 1 of the message"));
    assert_eq!(book.sides().err(), Some(Validity::Broken));
    assert_eq!(book.heard(), now(1), "the last message applied");
    assert_eq!(book.alone(now(3), &message(Action::Update, &[], &[], Some((11, 12)))), Ok(None));
}

#[test]
fn filling_a_size_reports_what_it_costs() {
    let book = started();
    let (_, asks) = book.sides().unwrap();
    let num = |text: &str| Num::parse(text.as_bytes()).unwrap();
    for (sz, filled, notional, worst, complete) in [
        ("0.2", "0.2", "13500.04", "67500.2", true),
        ("1.2", "1.2", "81000.24", "67500.2", true),
        ("1.5", "1.5", "101250.33", "67500.3", true),
        ("9", "2", "135000.48", "67500.3", false),
    ] {
        let want = Cost { filled: num(filled), notional: num(notional), worst_px: dec(worst), complete };
        assert_eq!(asks.cost_of(num(sz)), Some(want), "{sz}");
    }
    for sz in ["0", "-1"] {
        assert_eq!(asks.cost_of(num(sz)), None, "{sz}");
    }
    assert_eq!(Side::asks().cost_of(num("1")), None, "an empty side");
}

#[test]
fn an_old_snapshot_is_refused_until_the_server_insists() {
    let at = |ts_ms: u64, seq: i64| BookMsg { ts_ms, ..message(Action::Snapshot, &[("1", "1")], &[("2", "1")], Some((-1, seq))) };
    let mut book = book("books");
    book.alone(now(1), &at(1000, 50)).unwrap();
    // Older by number and by time, whether the book was valid or not; five times.
    let old = Fault::Old { expected: (Some(50), 1000), got: (Some(40), 900) };
    for _ in 0..5 {
        assert_eq!((book.alone(now(2), &at(900, 40)), book.validity()), (Err(old), Validity::Broken));
    }
    assert!(book.alone(now(3), &at(900, 40)).is_ok());
    assert_eq!((book.validity(), book.seq_id()), (Validity::Valid, Some(40)));
    // Numbers that start anew come with a later time; the same snapshot again is not older.
    for (ts_ms, seq) in [(950, 3), (950, 3), (900, 4)] {
        assert!(book.alone(now(4), &at(ts_ms, seq)).is_ok(), "{seq} of {ts_ms}");
    }
    assert_eq!(old.to_string(), "an old snapshot, seqId 40 of 900 after seqId 50 of 1000");
}
