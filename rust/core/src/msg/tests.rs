//! The two decoders of each payload against each other, and against numbers and shapes nobody should send.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::channel::{Channel, Payload};
use book::BookMsg;
use proptest::prelude::*;
use ticker::Ticker;
use trade::Trade;

/// What a decoder made of a message.
#[derive(Clone, Debug, Default, PartialEq)]
struct Read {
    book: BookMsg,
    trades: Vec<Trade>,
    tickers: Vec<Ticker>,
}

const INST_ID: &str = "BTC-USDT";

/// A message of `channel` whose part after the `arg` is `tail`.
fn message(channel: &str, tail: &str) -> String {
    format!(r#"{{"arg":{{"channel":"{channel}","instId":"{INST_ID}"}}{tail}"#)
}

fn fast(channel: &Channel, frame: &str) -> Option<Read> {
    let (_, scan) = split_arg(frame.as_bytes())?;
    let mut read = Read::default();
    match channel.payload {
        Payload::Book | Payload::FullBook => book::scan(scan, channel, &mut read.book),
        Payload::Trade => trade::scan(scan, INST_ID.as_bytes(), &mut read.trades),
        Payload::Ticker => ticker::scan(scan, &mut read.tickers),
        Payload::Raw => None,
    }?;
    Some(read)
}

fn general(channel: &Channel, frame: &str) -> Result<Read, Error> {
    let value = serde_json::from_str(frame).map_err(|_| Error::not_okx(frame.as_bytes()))?;
    let push = Field { channel: channel.name, inst_id: INST_ID, value: &value };
    let mut read = Read::default();
    match channel.payload {
        Payload::Book | Payload::FullBook => book::from_json(push, channel, &mut read.book)?,
        Payload::Trade => trade::from_json(push.need("data", "data")?, &mut read.trades)?,
        Payload::Ticker => ticker::from_json(push.need("data", "data")?, &mut read.tickers)?,
        Payload::Raw => {}
    }
    Ok(read)
}

fn find(name: &str) -> &'static Channel {
    Channel::find(name).unwrap()
}

const BOOK: &str = r#","action":"update","data":[{"asks":[["67500.2","1.20","0","3"]],"bids":[["67500.1","0.95","0","4"],["67500","0","0","0"]],"ts":"1785096000123","checksum":-5,"prevSeqId":10,"seqId":15}]}"#;
const TRADE: &str = r#","data":[{"instId":"BTC-USDT","tradeId":"130639474","px":"67500.1","sz":"0.12","side":"buy","ts":"1785096000120","count":"3","source":"0","seqId":123461}]}"#;
const TICKER: &str = r#","data":[{"instType":"SPOT","instId":"BTC-USDT","last":"67500.1","lastSz":"","askPx":"67500.2","vol24h":"1875","ts":"1785096000123"}]}"#;

const PREDICTION: &str = r#","action":"snapshot","data":[{"asks":[["0.52","100","2"]],"bids":[["0.5","20.5","1"],["0.4896","1","3"]],"ts":"1785096000085","checksum":0,"prevSeqId":-1,"seqId":15}]}"#;

/// Price, size and orders as texts.
fn levels_of(rows: &[crate::book::Row]) -> Vec<(String, String, u32)> {
    let text = |mantissa, scale| Dec { mantissa, scale }.to_string();
    rows.iter().map(|r| (text(r.px, r.level.px_scale), text(r.level.sz, r.level.sz_scale), r.level.orders)).collect()
}

#[test]
fn a_prediction_markets_levels_are_three_wide_and_null_is_nothing() {
    let channel = find("pm-books");
    let level = |px: &str, sz: &str, n| (px.to_owned(), sz.to_owned(), n);
    let ask = [level("0.52", "100", 2)];
    let bids = [level("0.5", "20.5", 1), level("0.4896", "1", 3)];
    let plain = PREDICTION.to_owned();
    let no_bids = plain.replace(r#"[["0.5","20.5","1"],["0.4896","1","3"]]"#, "null");
    let uncounted = plain.replace(r#""1"],"#, "null],");
    let unsummed = plain.replace(":0,", ":null,").replace(":-1,", ":null,");
    for (tail, by_shape, bids, checksum, prev) in [
        (&plain, true, &bids[..], Some(0), Some(-1)),
        (&no_bids, false, &[], Some(0), Some(-1)),
        (&uncounted, false, &[level("0.5", "20.5", 0), level("0.4896", "1", 3)], Some(0), Some(-1)),
        (&unsummed, false, &bids, None, None),
    ] {
        let frame = message("pm-books", tail);
        let read = general(channel, &frame).unwrap();
        assert_eq!(fast(channel, &frame), by_shape.then(|| read.clone()), "{frame}");
        let book = read.book;
        assert_eq!((levels_of(&book.asks), levels_of(&book.bids)), (ask.to_vec(), bids.to_vec()), "{frame}");
        assert_eq!((book.action, book.ts_ms, book.seq_id), (book::Action::Snapshot, 1_785_096_000_085, Some(15)));
        assert_eq!((book.checksum, book.prev_seq_id), (checksum, prev));
    }
}

#[test]
fn a_prediction_markets_snapshot_without_a_number_vouches_for_nothing_and_is_refused() {
    let channel = find("pm-books");
    for bad in [
        PREDICTION.replace(":15}", ":null}"),
        PREDICTION.replace(r#","seqId":15"#, ""),
        PREDICTION.replace(r#""0.52""#, "null"),
        PREDICTION.replace(r#""100""#, "null"),
        PREDICTION.replace(r#""2"]"#, r#""0","2"]"#),
        PREDICTION.replace(r#","2"]"#, "]"),
        PREDICTION.replace(r#""1785096000085""#, "null"),
        PREDICTION.replace("asks", "offers"),
    ] {
        let frame = message("pm-books", &bad);
        assert_eq!(fast(channel, &frame), None, "{frame}");
        assert!(matches!(general(channel, &frame), Err(Error::Malformed { .. })), "{frame}");
    }
    // A chain's update without one is a gap, which the chain finds.
    let update = message("pm-books", &PREDICTION.replace("snapshot", "update").replace(":15}", ":null}").replace(":-1", ":null"));
    assert_eq!(general(channel, &update).map(|read| (read.book.prev_seq_id, read.book.seq_id)), Ok((None, None)));
}

#[test]
fn a_value_no_decoder_should_take_is_refused_with_instrument_expected_and_got() {
    let forty = format!(r#""{}""#, "1234567890".repeat(4));
    let decimals = [
        r#""""#,
        r#""1e5""#,
        r#""1E-7""#,
        r#""+1""#,
        r#""-""#,
        r#"".5""#,
        r#""5.""#,
        r#""01""#,
        r#""-0""#,
        r#"" 1""#,
        r#""1 ""#,
        r#""1,5""#,
        r#""NaN""#,
        r#""Infinity""#,
        r#""0x10""#,
        r#""1.2.3""#,
        r#""１""#,
        &forty,
        r#""1234567890123456789""#,
        "1",
        "1.5",
        "null",
        "true",
        "[]",
        "{}",
    ];
    let integers = [r#""1.5""#, r#""x""#, r#""-1""#, "1.5", "-7", "true", "[]", "null", r#""""#, &forty, "1e30"];
    // `null` and "" stand for a value that is absent.
    let optional = [r#""1.5""#, "1.5", "true", "[]", "{}", r#""x""#, "1e30", &forty];
    let mut cases: Vec<(&str, String)> = Vec::new();
    for bad in decimals {
        cases.push(("books", BOOK.replace(r#""67500.1""#, bad)));
        cases.push(("books", BOOK.replace(r#""0.95""#, bad)));
        cases.push(("books-rpi", BOOK.replace(r#""0","4""#, &format!(r#"{bad},"4""#))));
        cases.push(("trades", TRADE.replace(r#""67500.1""#, bad)));
        cases.push(("trades-all", TRADE.replace(r#""0.12""#, bad)));
        // In a ticker, "" and null are absent values, and 38 digits fit.
        if ![r#""""#, "null", r#""1234567890123456789""#].contains(&bad) {
            cases.push(("tickers", TICKER.replace(r#""67500.1""#, bad)));
        }
    }
    for bad in integers {
        cases.push(("books", BOOK.replace(r#""4"]"#, &format!("{bad}]"))));
        cases.push(("books", BOOK.replace(r#""1785096000123""#, bad)));
        cases.push(("trades", TRADE.replace(r#""130639474""#, bad)));
        cases.push(("trades", TRADE.replace(r#""1785096000120""#, bad)));
        cases.push(("tickers", TICKER.replace(r#""1785096000123""#, bad)));
    }
    for bad in optional {
        cases.push(("books", BOOK.replace(":-5,", &format!(":{bad},"))));
        cases.push(("books", BOOK.replace(":10,", &format!(":{bad},"))));
        cases.push(("books", BOOK.replace(":15}", &format!(":{bad}}}"))));
        cases.push(("trades", TRADE.replace(r#""3""#, bad)));
        cases.push(("trades", TRADE.replace("123461", bad)));
    }
    for (channel, bad) in [
        // Negative sizes.
        ("books", BOOK.replace("0.95", "-0.95")),
        ("books-rpi", BOOK.replace(r#""0","4""#, r#""-1","4""#)),
        // Levels that are too short, and no levels at all.
        ("books", BOOK.replace(r#"["67500.2","1.20","0","3"]"#, r#"["67500.2","1.20"]"#)),
        ("books", BOOK.replace(r#"["67500.2","1.20","0","3"]"#, r#"["67500.2","1.20","3"]"#)),
        ("books", BOOK.replace(r#"["67500.2","1.20","0","3"]"#, "[]")),
        ("books", BOOK.replace(r#"["67500.2","1.20","0","3"]"#, r#"{"px":"1"}"#)),
        ("books", BOOK.replace(r#"[["67500.2","1.20","0","3"]]"#, "null")),
        ("books", BOOK.replace(r#"[["67500.2","1.20","0","3"]]"#, r#""none""#)),
        ("books", BOOK.replace("asks", "offers")),
        // 2^32 orders, 33 bits of checksum.
        ("books", BOOK.replace(r#""4"]"#, r#""4294967296"]"#)),
        ("books", BOOK.replace(":-5,", ":2147483648,")),
        // No action, two books, no book, data of another type.
        ("books", BOOK.replace(r#","action":"update""#, "")),
        ("books", BOOK.replace("update", "erase")),
        ("books5", BOOK.into()),
        ("books", BOOK.replace("}]}", "},{}]}")),
        ("books", r#","action":"update","data":[]}"#.into()),
        ("books", r#","action":"update","data":{}}"#.into()),
        ("books", r#","action":"update"}"#.into()),
        ("trades", r#","data":7}"#.into()),
        ("trades", r#","data":[7]}"#.into()),
        ("trades", TRADE.replace(r#""buy""#, r#""a side of more than thirty-one bytes""#)),
        ("tickers", r#","data":"none"}"#.into()),
        ("tickers", r#","data":[null]}"#.into()),
    ] {
        cases.push((channel, bad));
    }
    for (channel, tail) in cases {
        let frame = message(channel, &tail);
        assert_eq!(fast(find(channel), &frame), None, "{frame}");
        let error = general(find(channel), &frame).expect_err(&frame);
        let Error::Malformed { channel: named, inst_id, what, got } = &error else { panic!("{frame} brought {error:?}") };
        assert_eq!((named.as_str(), inst_id.as_str()), (channel, INST_ID));
        assert!(!what.is_empty() && !got.is_empty() && got.len() < 400, "{error:?}");
        assert_eq!(error.to_string(), format!("{INST_ID}: {channel}: expected {what}, got {got}"));
    }
}

#[test]
fn a_side_takes_twice_its_depth_and_no_more() {
    for (channel, depth) in [("books", 400), ("books50-l2-tbt", 50)] {
        let with = |rows: usize| {
            let rows: Vec<_> = (0..rows).map(|i| format!(r#"["{}","1","0","1"]"#, 10_000 + i)).collect();
            message(channel, &BOOK.replace(r#"["67500.2","1.20","0","3"]"#, &rows.join(",")))
        };
        assert_eq!(fast(find(channel), &with(2 * depth)).unwrap().book.asks.len(), 2 * depth);
        assert_eq!(fast(find(channel), &with(2 * depth)), general(find(channel), &with(2 * depth)).ok());
        assert_eq!(fast(find(channel), &with(2 * depth + 1)), None);
        assert!(general(find(channel), &with(100_000)).unwrap_err().to_string().contains("no more levels"));
    }
}

#[test]
fn a_side_that_comes_three_times_is_not_added_up() {
    let row = r#""asks":[["1","1","0","1"]],"#;
    for times in 2..5 {
        let tail = BOOK.replace(r#"{"asks""#, &format!(r#"{{{}"asks""#, row.repeat(times)));
        assert_eq!(fast(find("books"), &message("books", &tail)), None, "{times}");
    }
}

/// A number of up to 20 digits, now and then one that is out of the ordinary.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        60 => "(0|[1-9][0-9]{0,9})(\\.[0-9]{1,8})?",
        1 => "-?[0-9]{1,20}(\\.[0-9]{0,20})?",
        1 => Just(String::new()),
    ]
}

fn spread_levels() -> impl Strategy<Value = String> {
    let px = prop_oneof![2 => number().boxed(), 1 => number().prop_map(|n| format!("-{n}")).boxed()];
    let row = (px, number(), 0u64..4_300_000_000).prop_map(|(px, sz, n)| format!(r#"["{px}","{sz}","{n}"]"#));
    prop::collection::vec(row, 0..6).prop_map(|rows| format!("[{}]", rows.join(",")))
}

fn prediction_levels() -> impl Strategy<Value = String> {
    let orders = prop_oneof![19 => (0u64..4_300_000_000).prop_map(|n| format!("\"{n}\"")).boxed(), 1 => Just("null".to_owned()).boxed()];
    let row = (number(), number(), orders).prop_map(|(px, sz, n)| format!(r#"["{px}","{sz}",{n}]"#));
    prop::collection::vec(row, 0..6).prop_map(|rows| format!("[{}]", rows.join(",")))
}

fn levels() -> impl Strategy<Value = String> {
    let row = (number(), number(), prop_oneof![20 => Just("0".to_owned()), 1 => number()], 0u64..4_300_000_000)
        .prop_map(|(px, sz, third, n)| format!(r#"["{px}","{sz}","{third}","{n}"]"#));
    prop::collection::vec(row, 0..6).prop_map(|rows| format!("[{}]", rows.join(",")))
}

/// The keys of an object in any order, some left out or repeated.
fn object(fields: Vec<BoxedStrategy<String>>) -> impl Strategy<Value = String> {
    let order = prop_oneof![
        3 => Just(fields.clone()).boxed(),
        1 => prop::sample::subsequence(fields.clone(), 0..=fields.len()).prop_shuffle().boxed(),
        1 => prop::collection::vec(prop::sample::select(fields), 0..8).boxed(),
    ];
    order.prop_flat_map(|fields| fields).prop_map(|fields| format!("{{{}}}", fields.join(",")))
}

fn field(key: &'static str, value: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    value.prop_map(move |v| format!("\"{key}\":{v}")).boxed()
}

fn quoted(key: &'static str, value: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    value.prop_map(move |v| format!("\"{key}\":\"{v}\"")).boxed()
}

fn integer() -> impl Strategy<Value = String> {
    prop_oneof![40 => "[1-9][0-9]{0,12}", 1 => "-?[0-9]{1,20}", 1 => Just("0".to_owned())]
}

fn generated() -> impl Strategy<Value = (&'static str, String)> {
    let book = object(vec![
        field("asks", levels()),
        field("bids", levels()),
        quoted("ts", integer()),
        field("checksum", integer()),
        field("prevSeqId", integer()),
        field("seqId", integer()),
    ])
    .boxed();
    let spread = object(vec![
        field("asks", spread_levels()),
        field("bids", spread_levels()),
        quoted("ts", integer()),
        field("seqId", prop_oneof![integer().boxed(), "[1-9][0-9]{18}".boxed()]),
        field("prevSeqId", integer()),
    ])
    .boxed();
    let trade = object(vec![
        quoted("instId", Just(INST_ID.to_owned())),
        quoted("tradeId", integer()),
        quoted("px", number()),
        quoted("sz", number()),
        quoted("side", prop_oneof![Just("buy".to_owned()), Just("sell".to_owned()), "[a-z]{0,18}"]),
        quoted("ts", integer()),
        quoted("count", integer()),
        quoted("source", "[0-9é]{0,2}"),
        field("seqId", integer()),
    ])
    .boxed();
    let ticker = object(vec![
        quoted("instId", Just(INST_ID.to_owned())),
        quoted("last", number()),
        quoted("askPx", number()),
        quoted("bidSz", number()),
        quoted("vol24h", number()),
        quoted("ts", integer()),
    ])
    .boxed();
    let wrap = |action: &'static str| move |rows: Vec<String>| format!("{action},\"data\":[{}]}}", rows.join(","));
    let one = |row: &BoxedStrategy<String>| prop::collection::vec(row.clone(), 1);
    let prediction = object(vec![
        field("asks", prop_oneof![9 => prediction_levels().boxed(), 1 => Just("null".to_owned()).boxed()]),
        field("bids", prediction_levels()),
        quoted("ts", integer()),
        field("checksum", prop_oneof![9 => integer().boxed(), 1 => Just("null".to_owned()).boxed()]),
        field("prevSeqId", integer()),
        field("seqId", integer()),
    ])
    .boxed();
    prop_oneof![
        (Just("pm-books"), one(&prediction).prop_map(wrap(r#","action":"snapshot""#))),
        (Just("pm-books"), one(&prediction).prop_map(wrap(r#","action":"update""#))),
        (Just("books"), one(&book).prop_map(wrap(r#","action":"update""#))),
        (Just("books-rpi"), one(&book).prop_map(wrap(r#","action":"snapshot""#))),
        (Just("sprd-books-l2-tbt"), one(&spread).prop_map(wrap(r#","action":"update""#))),
        (Just("sprd-books5"), one(&book).prop_map(wrap(""))),
        (Just("books5"), one(&book).prop_map(wrap(""))),
        (prop_oneof![Just("trades"), Just("trades-all")], prop::collection::vec(trade, 1..4).prop_map(wrap(""))),
        (Just("tickers"), prop::collection::vec(ticker, 1..3).prop_map(wrap(""))),
    ]
}

/// Documented or generated messages after the `arg`, with up to three small changes.
fn mutated() -> impl Strategy<Value = (&'static str, String)> {
    let documented = prop::sample::select(vec![("books", BOOK), ("trades", TRADE), ("tickers", TICKER)]);
    let base = prop_oneof![documented.prop_map(|(c, t)| (c, t.to_owned())), generated()];
    let bytes = prop::sample::select(b"\"{}[]:,.-+0159eE \\\x01".to_vec());
    let change = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), bytes, 0u8..4);
    (base, prop::collection::vec(change, 0..4)).prop_map(|((channel, tail), changes)| {
        let mut text: Vec<char> = tail.chars().collect();
        for (at, other, byte, kind) in changes {
            if text.len() < 2 {
                break;
            }
            let (at, other) = (at.index(text.len()), other.index(text.len()));
            match kind {
                0 => *text.get_mut(at).unwrap() = char::from(byte),
                1 => text.insert(at, char::from(byte)),
                2 => drop(text.remove(at)),
                // A piece comes twice.
                _ => {
                    let piece: Vec<char> = text.get(at.min(other)..at.max(other)).unwrap().to_vec();
                    text.splice(at..at, piece);
                }
            }
        }
        (channel, text.into_iter().collect())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn what_the_fast_decoder_takes_the_general_one_reads_the_same((channel, tail) in mutated()) {
        let frame = message(channel, &tail);
        if let Some(read) = fast(find(channel), &frame) {
            prop_assert_eq!(Ok(read), general(find(channel), &frame), "{}", frame);
        }
    }
}

#[test]
fn most_generated_messages_take_the_fast_path() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut taken = 0;
    for _ in 0..1000 {
        let (channel, tail) = generated().new_tree(&mut runner).unwrap().current();
        taken += usize::from(fast(find(channel), &message(channel, &tail)).is_some());
    }
    assert!(taken > 100, "the property above is not empty: {taken} of 1000");
}
