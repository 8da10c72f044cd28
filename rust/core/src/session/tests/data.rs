//! Pushes: routing, the fast path, what is not decoded here, what is not OKX's.

use super::*;

/// A live session with one subscription; what `frame` brought; messages and fallbacks counted.
fn one(channel: &str, frame: &str) -> (Vec<Seen>, u64, u64) {
    let mut feed = Feed::live(&[(channel, "BTC-USDT")]);
    feed.frame(frame);
    let slot = feed.session.subs[0].slot;
    let (messages, fallbacks) = feed.session.stats().channels.get(slot).map_or((0, 0), |c| (c.messages.get(), c.fallbacks.get()));
    (feed.take(), messages, fallbacks)
}

/// Each channel with a message as OKX documents it.
pub(super) const DOCUMENTED: [(&str, &str); 12] = [
    (
        "tickers",
        r#"{"arg":{"channel":"tickers","instId":"BTC-USDT"},"data":[{"instType":"SPOT","instId":"BTC-USDT","last":"67500.1","lastSz":"0.01","askPx":"67500.2","askSz":"1.2","bidPx":"67500.1","bidSz":"0.95","open24h":"66000","high24h":"68000","low24h":"65000","volCcy24h":"125000000","vol24h":"1875","sodUtc0":"66250","sodUtc8":"66400","ts":"1785096000123"}]}"#,
    ),
    (
        "trades",
        r#"{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":"130639474","px":"67500.1","sz":"0.12","side":"buy","ts":"1785096000120","count":"3","source":"0","seqId":123461}]}"#,
    ),
    (
        "trades-all",
        r#"{"arg":{"channel":"trades-all","instId":"BTC-USDT"},"data":[{"instId":"BTC-USDT","tradeId":"130639474","px":"67500.1","sz":"0.04","side":"sell","source":"0","ts":"1785096000120"}]}"#,
    ),
    (
        "books",
        r#"{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"snapshot","data":[{"asks":[["67500.2","1.20","0","3"],["67500.3","0.80","0","2"]],"bids":[["67500.1","0.95","0","4"],["67500","2.10","0","5"]],"ts":"1785096000123","checksum":0,"prevSeqId":-1,"seqId":10}]}"#,
    ),
    (
        "books-l2-tbt",
        r#"{"arg":{"channel":"books-l2-tbt","instId":"BTC-USDT"},"action":"snapshot","data":[{"asks":[["67500.2","1.20","0","3"]],"bids":[],"ts":"1785096000123","checksum":0,"seqId":10,"prevSeqId":-1}]}"#,
    ),
    (
        "books50-l2-tbt",
        r#"{"arg":{"channel":"books50-l2-tbt","instId":"BTC-USDT"},"action":"snapshot","data":[{"asks":[],"bids":[],"ts":"1785096000123","checksum":0,"prevSeqId":-1,"seqId":10}]}"#,
    ),
    (
        "books-rpi",
        r#"{"arg":{"channel":"books-rpi","instId":"BTC-USDT"},"action":"snapshot","data":[{"asks":[["67500.2","1.7","1.2","3"]],"bids":[],"ts":"1785096000223","prevSeqId":-1,"seqId":18}]}"#,
    ),
    (
        "bbo-tbt",
        r#"{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[["67500.2","1.2","0","3"]],"bids":[["67500.1","0.95","0","4"]],"ts":"1785096000123","seqId":363996337}]}"#,
    ),
    (
        "books5",
        r#"{"arg":{"channel":"books5","instId":"BTC-USDT"},"data":[{"asks":[["67500.2","1.2","0","3"]],"bids":[["67500.1","0.95","0","4"]],"instId":"BTC-USDT","ts":"1785096000123","seqId":363996340}]}"#,
    ),
    (
        "sprd-books-l2-tbt",
        r#"{"arg":{"channel":"sprd-books-l2-tbt","sprdId":"BTC-USDT"},"action":"snapshot","data":[{"asks":[["1.9","1.1","3"]],"bids":[["-0.1","1","1"]],"ts":"1785096000926","checksum":-1723136089,"prevSeqId":-1,"seqId":1724294007352168320}]}"#,
    ),
    (
        "sprd-books5",
        r#"{"arg":{"channel":"sprd-books5","sprdId":"BTC-USDT"},"data":[{"bids":[["0","18100","1"],["-13.5","50000","1"]],"asks":[["1328","11000","2"]],"ts":"1703155859507"}]}"#,
    ),
    (
        "sprd-bbo-tbt",
        r#"{"arg":{"channel":"sprd-bbo-tbt","sprdId":"BTC-USDT"},"data":[{"asks":[["12.1","5","2"]],"bids":[["11.9","4","2"]],"ts":"1785096000802","seqId":1724294007352168320}]}"#,
    ),
];

#[test]
fn every_documented_message_takes_the_fast_path() {
    for (channel, frame) in DOCUMENTED {
        let (seen, messages, fallbacks) = one(channel, frame);
        assert_eq!((seen.len(), messages, fallbacks), (1, 1, 0), "{channel}");
    }
}

#[test]
fn another_key_order_and_unknown_fields_bring_the_same_and_are_counted() {
    for (channel, frame) in DOCUMENTED {
        let want = one(channel, frame).0;
        let value: Value = serde_json::from_str(frame).unwrap();
        // The keys by name: `action`, `arg`, `data`.
        let sorted = value.to_string();
        let mut more = value.clone();
        more["data"][0]["mood"] = "fine".into();
        more["weather"] = serde_json::json!({"rain": [1, null]});
        more["arg"]["uid"] = "1".into();
        let spaced = frame.replace(',', ", ");
        let (_, data) = frame.split_once(r#"},""#).unwrap();
        let last = format!(r#"{{"{},"arg":{}}}"#, data.strip_suffix('}').unwrap(), value["arg"]);
        for (other, always) in [(sorted, false), (more.to_string(), true), (spaced, true), (last, true)] {
            let (seen, messages, fallbacks) = one(channel, &other);
            assert_eq!(seen, want, "{other}");
            assert_eq!(messages, 1);
            assert!(fallbacks == 1 || !always, "{other}");
        }
    }
}

#[test]
fn a_trade_is_read_to_the_letter() {
    let [Seen::Trade(0, trade)] = one("trades", DOCUMENTED[1].1).0[..] else { panic!() };
    assert_eq!(
        (trade.trade_id, trade.px.to_string(), trade.sz.to_string(), trade.side),
        (130_639_474, "67500.1".into(), "0.12".into(), trade::Side::Buy)
    );
    assert_eq!((trade.ts_ms, trade.count, trade.seq_id), (1_785_096_000_120, Some(3), Some(123_461)));
    assert_eq!(trade.source.map(|s| s.as_str().to_owned()).as_deref(), Some("0"));
}

#[test]
fn values_okx_left_empty_are_absent() {
    let frame = DOCUMENTED[1].1.replace(r#""count":"3""#, r#""count":"""#).replace(":123461", r#":"""#);
    let [Seen::Trade(0, trade)] = one("trades", &frame).0[..] else { panic!("{frame}") };
    assert_eq!((trade.count, trade.seq_id), (None, None));
    let frame = DOCUMENTED[0].1.replace(r#""askPx":"67500.2""#, r#""askPx":"""#);
    let (seen, _, fallbacks) = one("tickers", &frame);
    let [Seen::Ticker(0, ticker)] = &seen[..] else { panic!() };
    assert_eq!((ticker.ask_px, ticker.bid_px.map(|n| n.to_string()), fallbacks), (None, Some("67500.1".into()), 0));
}

#[test]
fn a_side_nobody_has_documented_survives() {
    let (seen, _, fallbacks) = one("trades", &DOCUMENTED[1].1.replace("buy", "auction"));
    let [Seen::Trade(0, trade)] = &seen[..] else { panic!() };
    assert_eq!((trade.side.as_str(), fallbacks), ("auction", 1));
}

#[test]
fn several_trades_of_one_message_come_in_their_order() {
    let (head, row) = DOCUMENTED[1].1.split_once('[').unwrap();
    let row = row.strip_suffix("]}").unwrap();
    let frame = format!("{head}[{row},{}]}}", row.replace("130639474", "130639475"));
    let (seen, messages, fallbacks) = one("trades", &frame);
    assert!(matches!(seen[..], [Seen::Trade(0, a), Seen::Trade(0, b)] if a.trade_id + 1 == b.trade_id));
    assert_eq!((messages, fallbacks), (1, 0));
}

#[test]
fn a_channel_without_a_decoder_is_handed_on_as_it_came() {
    for frame in [
        r#"{"arg":{"channel":"candle1m","instId":"BTC-USDT"},"data":[["1785096000000","67500"]]}"#,
        r#"{"data":[["1785096000000","67500"]],"arg":{"instId":"BTC-USDT","channel":"candle1m"}}"#,
        r#"{"arg":{"channel":"candle1m","instId":"BTC-USDT"},"eventType":"snapshot","curPage":1,"data":[]}"#,
    ] {
        let mut feed = Feed::live(&[("candle1m", "BTC-USDT")]);
        feed.frame(frame);
        assert_eq!(feed.take(), [Seen::Raw(0, frame.to_owned())]);
        assert_eq!(feed.session.stats().raw.get(), 1);
    }
}

#[test]
fn a_push_that_echoes_less_than_was_asked_for_goes_to_the_only_one_it_can_be() {
    let short = r#"{"arg":{"channel":"block-tickers"},"data":[]}"#;
    for (args, want) in [
        (&[("block-tickers", "A"), ("status", "A")][..], vec![Seen::Raw(0, short.to_owned())]),
        (&[("block-tickers", "A"), ("block-tickers", "B")], vec![]),
    ] {
        let mut feed = Feed::live(args);
        feed.frame(short);
        assert_eq!(feed.take(), want);
    }
    // What is decoded here must say whose it is.
    let mut feed = Feed::live(&[("trades", "A")]);
    feed.frame(r#"{"arg":{"channel":"trades"},"data":[]}"#);
    assert_eq!((feed.take(), feed.session.stats().unrouted.get()), (vec![], 1));
}

#[test]
fn similar_names_are_not_confused() {
    let mut feed = Feed::live(&[("books", "BTC-USDT"), ("books", "BTC-USDT-SWAP"), ("books5", "BTC-USDT")]);
    feed.frame(DOCUMENTED[8].1);
    assert!(matches!(feed.take()[..], [Seen::Book(2, _)]));
    feed.frame(&snapshot("BTC-USDT-SWAP"));
    assert!(matches!(feed.take()[..], [Seen::Book(1, _)]));
}

#[test]
fn strangers_are_counted_and_dropped() {
    let mut feed = Feed::live(&[("trades", "A")]);
    feed.frame(&trade_push("B"));
    feed.frame(r#"{"arg":{"channel":"tickers","instId":"A"},"data":[]}"#);
    assert_eq!((feed.take(), feed.session.stats().unrouted.get()), (vec![], 2));
}

#[test]
fn frames_that_are_not_okxs_are_told() {
    let deep = "[".repeat(100_000);
    let long = format!(r#"{{"hello":"{}"}}"#, "x".repeat(100_000));
    for frame in [
        "",
        "{",
        "null",
        "[]",
        "{}",
        "pong ",
        r#"{"arg":{}}"#,
        r#"{"data":[]}"#,
        r#"{"event":7}"#,
        &deep,
        &long,
        "\u{feff}{}",
        r#"{"arg":{"channel":"books"#,
    ] {
        let mut feed = Feed::live(&[("books", "A")]);
        feed.frame(&snapshot("A"));
        feed.seen.clear();
        feed.frame(frame);
        let notice = feed.notice(Kind::Malformed);
        assert!(notice.msg.starts_with("expected an OKX event or push, got ") && notice.msg.len() < 400, "{}", notice.msg);
        assert_eq!((feed.validity(0), feed.session.stats().not_okx.get()), (Validity::Valid, 1));
    }
}

#[test]
fn bytes_that_are_no_text_end_in_a_notice() {
    let mut feed = Feed::live(&[("books", "A")]);
    feed.frame(&snapshot("A"));
    for bytes in [&b"\xff\xfe"[..], b"{\"arg\":{\"channel\":\"books\",\"instId\":\"A\"},\"action\":\"update\",\"data\":[{\"x\":\"\xff\"}]}"]
    {
        feed.seen.clear();
        feed.drive(|s, at, on| s.handle_frame(LegId::FIRST, at, bytes, on));
        feed.notice(Kind::Malformed);
    }
    assert_eq!(feed.validity(0), Validity::Broken);
}
