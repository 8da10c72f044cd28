//! What a subscription missed: spans, look-ups of trades, channels that fell silent.

use super::*;

fn config() -> Config {
    Config { recover: true, ..Config::default() }
}

fn live() -> Feed {
    let mut feed = Feed::with(config(), &[("trades", "A")]);
    feed.connect();
    feed.ack_all();
    feed.take_actions();
    feed.seen.clear();
    feed
}

/// Lost, and back.
fn again(feed: &mut Feed) {
    feed.lose(0, "reset by peer");
    feed.pass(S);
    feed.connect();
    feed.ack_all();
    feed.seen.clear();
}

fn reply(feed: &mut Feed, id: u64, ids: impl Iterator<Item = u64>) {
    let row = |id: u64| format!(r#"{{"instId":"A","side":"sell","sz":"1","px":"5","tradeId":"{id}","ts":"1785096000120","source":"0"}}"#);
    let body = format!(r#"{{"code":"0","msg":"","data":[{}]}}"#, ids.map(row).collect::<Vec<_>>().join(","));
    feed.drive(|s, at, on| s.handle_fetched(id, at, Ok(body.as_bytes()), on));
}

#[test]
fn a_blind_spot_says_from_when_to_when_and_why() {
    let mut feed = Feed::with(Config::default(), &[("funding-rate", "A")]);
    feed.connect();
    feed.ack_all();
    assert_eq!(feed.blind, [], "what has never flowed was not missed");
    feed.drive(|s, at, on| {
        let at = Stamp { wall_ns: 5, ..at };
        s.handle_frame(LegId(0), at, br#"{"arg":{"channel":"funding-rate","instId":"A"},"data":[]}"#, on);
    });
    feed.lose(0, "reset by peer");
    feed.pass(S);
    assert_eq!(feed.blind, []);
    feed.connect();
    feed.ack_all();
    let [notice] = &feed.blind[..] else { panic!("{:?}", feed.blind) };
    assert_eq!((notice.inst_id.as_str(), notice.cause.as_str(), notice.span), ("A", "reset by peer", Some(Span { from_ns: 5, to_ns: 7 })));
}

#[test]
fn trades_missed_are_looked_up_and_come_in_order_before_the_live_ones() {
    let mut feed = live();
    feed.frame(&trade("A", 10));
    again(&mut feed);
    let asked = fetch(&mut feed);
    assert_eq!((asked.path, asked.query.as_str()), ("/api/v5/market/trades", "instId=A&limit=500"));
    feed.frame(&trade("A", 15));
    assert_eq!(feed.trades(), [], "held until what lies before it is known");
    reply(&mut feed, asked.id, (8..=15).rev());
    let seen = feed.take();
    let Seen::Notice(_, notice, _) = &seen[0] else { panic!("{seen:?}") };
    assert_eq!((notice.kind, notice.ids), (Kind::Recovered, Some((11, 14))));
    feed.seen = seen;
    assert_eq!(feed.trades(), [(11, true), (12, true), (13, true), (14, true), (15, false)]);
    feed.frame(&trade("A", 16));
    assert_eq!(feed.trades(), [(16, false)]);
}

#[test]
fn a_long_blind_spot_takes_several_pages() {
    let mut feed = live();
    feed.frame(&trade("A", 1000));
    again(&mut feed);
    let first = fetch(&mut feed);
    reply(&mut feed, first.id, (1101..=1600).rev());
    let second = fetch(&mut feed);
    assert_eq!((second.path, second.query.as_str()), ("/api/v5/market/history-trades", "instId=A&type=1&after=1101&limit=100"));
    reply(&mut feed, second.id, (1001..=1100).rev());
    let trades = feed.trades();
    assert!(trades.iter().copied().eq((1001..=1600).map(|id| (id, true))), "{}", trades.len());
}

#[test]
fn trades_okx_does_not_keep_any_more_are_named() {
    let mut feed = live();
    feed.frame(&trade("A", 10));
    again(&mut feed);
    let first = fetch(&mut feed);
    reply(&mut feed, first.id, 100..=110);
    let second = fetch(&mut feed);
    reply(&mut feed, second.id, 0..0);
    let seen = feed.take();
    let kinds = seen.iter().filter_map(|s| if let Seen::Notice(_, n, _) = s { Some((n.kind, n.ids)) } else { None });
    assert_eq!(kinds.collect::<Vec<_>>(), [(Kind::Recovered, Some((100, 110))), (Kind::Unfillable, Some((11, 99)))]);
    feed.seen = seen;
    assert_eq!(feed.trades().len(), 11);
}

#[test]
fn a_look_up_that_fails_three_times_is_given_up_and_the_live_ones_go_on() {
    let mut feed = live();
    feed.frame(&trade("A", 10));
    again(&mut feed);
    feed.frame(&trade("A", 12));
    for _ in 0..3 {
        let asked = fetch(&mut feed);
        feed.drive(|s, at, on| s.handle_fetched(asked.id, at, Ok(br#"{"code":"50013","msg":"busy","data":[]}"#), on));
    }
    assert!(feed.take_actions().is_empty());
    let seen = feed.take();
    let [Seen::Notice(_, notice, _), Seen::Trade(_, last)] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((notice.kind, notice.ids, last.trade_id), (Kind::Unfillable, Some((11, 11)), 12));
    assert!(notice.cause.contains("50013"), "{}", notice.cause);
}

#[test]
fn a_look_up_nobody_answers_is_given_up() {
    let mut feed = live();
    feed.frame(&trade("A", 10));
    again(&mut feed);
    fetch(&mut feed);
    feed.frame(&trade("A", 12));
    feed.pass(40 * S);
    assert_eq!(feed.trades(), [(12, false)]);
}

#[test]
fn a_hole_in_an_unbroken_stream_is_looked_up_too() {
    let mut feed = live();
    feed.frame(&trade("A", 10));
    feed.frame(&trade("A", 12));
    let asked = fetch(&mut feed);
    reply(&mut feed, asked.id, 9..=12);
    assert_eq!(feed.trades(), [(10, false), (11, true), (12, false)]);
}

#[test]
fn a_trade_that_comes_twice_is_handed_on_once() {
    let mut feed = live();
    for id in [10, 11, 11, 10, 12] {
        feed.frame(&trade("A", id));
    }
    assert_eq!(feed.trades(), [(10, false), (11, false), (12, false)]);
    assert_eq!(feed.session.stats().known.get(), 2);
}

#[test]
fn without_rest_what_is_missing_is_named_when_it_shows() {
    let mut feed = Feed::live(&[("trades", "A")]);
    feed.frame(&trade("A", 10));
    feed.disconnect();
    feed.connect();
    feed.ack_all();
    feed.seen.clear();
    feed.frame(&trade("A", 13));
    let seen = feed.take();
    let [Seen::Notice(_, notice, _), Seen::Trade(_, last)] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((notice.kind, notice.ids, last.trade_id), (Kind::Unfillable, Some((11, 12)), 13));
}

#[test]
fn a_channel_silent_beyond_its_cadence_is_stale_and_subscribed_anew() {
    let mut feed = Feed::live(&[("mark-price", "A"), ("trades", "A")]);
    let push = r#"{"arg":{"channel":"mark-price","instId":"A"},"data":[{"markPx":"1"}]}"#;
    feed.frame(push);
    feed.seen.clear();
    feed.pass(21 * S);
    let notice = feed.notice(Kind::Stale);
    assert_eq!((notice.channel.as_str(), notice.expected.as_str()), ("mark-price", "a message each 10 s"));
    let drop = feed.request("unsubscribe");
    assert_eq!(drop.args, ["mark-price A"], "trades may be silent");
    feed.ack(&drop, "mark-price A");
    feed.ack_all();
    assert_eq!(feed.blind.iter().map(|n| n.cause.as_str()).collect::<Vec<_>>(), ["stale"]);
}

#[test]
fn a_book_without_keep_alives_is_stale_and_unreadable() {
    let mut feed = Feed::live(&[("books", "A")]);
    feed.frame(&snapshot("A"));
    feed.pass(75 * S);
    assert_eq!(feed.validity(0), Validity::Valid);
    feed.pass(10 * S);
    assert_eq!(feed.validity(0), Validity::Broken);
}

#[test]
fn a_trade_that_cannot_be_read_is_looked_up() {
    let mut feed = live();
    feed.frame(&trade("A", 5));
    feed.seen.clear();
    feed.frame(&trade("A", 6).replace("\"instId\":\"A\",\"tradeId\"", "instId\":\"A\",\"tradeId\""));
    assert_eq!(feed.notices(), [(Kind::Malformed, Some(0), None)]);
    let asked = fetch(&mut feed);
    feed.frame(&trade("A", 7));
    assert_eq!(feed.trades(), [], "what was missed comes before what is new");
    reply(&mut feed, asked.id, 4..=7);
    assert_eq!(feed.trades(), [(6, true), (7, false)]);
}
