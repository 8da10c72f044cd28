//! Books in trouble: gaps, wrong checksums, unreadable messages, missing snapshots.

use super::*;

/// Two live, valid books.
fn two_books() -> Feed {
    let mut feed = Feed::live(&[("books", "A"), ("books", "B")]);
    feed.frame(&snapshot("A"));
    feed.frame(&snapshot("B"));
    feed.seen.clear();
    feed
}

/// From the trouble with book A on: the whole way back.
fn comes_back(feed: &mut Feed) {
    let drop = feed.request("unsubscribe");
    assert_eq!(drop.args, ["books A"]);
    // Stragglers do not mend anything, not even a snapshot; the other book goes on.
    feed.frame(&update("A", 10, 11));
    feed.frame(&snapshot("A"));
    assert_eq!(feed.take(), []);
    assert_eq!(feed.validity(0), Validity::Broken);
    feed.frame(&update("B", 10, 11));
    assert!(matches!(feed.take()[..], [Seen::Book(1, _)]));
    assert_eq!(feed.requests(), [], "the ack is waited for");
    feed.ack(&drop, "books A");
    let ask = feed.request("subscribe");
    assert_eq!(ask.args, ["books A"]);
    feed.frame(&update("A", 11, 12));
    feed.ack(&ask, "books A");
    feed.frame(&update("A", 12, 13));
    assert_eq!(feed.notices(), [(Kind::Subscribed, Some(0), Some(Validity::Broken))]);
    feed.now += 250_000_000;
    feed.frame(&snapshot("A"));
    let seen = feed.take();
    let [Seen::Notice(Some(0), notice, Some(Validity::Valid)), Seen::Book(0, update)] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((notice.kind, notice.inst_id.as_str(), notice.msg.as_str()), (Kind::Resynced, "A", "valid again after 250 ms"));
    assert_eq!((update.action, update.seq_id), (BookAction::Snapshot, Some(10)));
    feed.pass(60 * S);
    assert_eq!(feed.requests(), []);
}

#[test]
fn an_update_reaches_the_user_with_the_best_of_both_sides() {
    let mut feed = two_books();
    feed.frame(&update("A", 10, 15));
    let [Seen::Book(0, update)] = feed.take()[..] else { panic!() };
    assert_eq!(
        (update.action, update.prev_seq_id, update.seq_id, update.ts_ms),
        (BookAction::Update, Some(10), Some(15), 1_785_096_000_123)
    );
    assert_eq!(update.best_bid.map(|q| (q.px.to_string(), q.sz.to_string(), q.orders)), Some(("67500.1".into(), "1.25".into(), 5)));
    assert_eq!(update.best_ask.map(|q| q.px.to_string()), Some("67500.2".into()));
    let stats = feed.session.stats();
    assert_eq!((stats.updates_verified.get(), stats.snapshots.get()), (1, 2));
}

#[test]
fn keepalives_and_resets_are_counted_and_no_gaps() {
    let mut feed = two_books();
    for (prev, seq) in [(10, 15), (15, 15), (15, 3), (3, 5)] {
        feed.frame(&update("A", prev, seq));
    }
    assert_eq!(feed.take().len(), 4);
    let stats = feed.session.stats();
    assert_eq!((stats.updates_verified.get(), stats.keepalives.get(), stats.resets.get(), stats.gaps.get()), (4, 1, 1, 0));
}

#[test]
fn a_gap_invalidates_the_book_before_anyone_hears_and_the_book_comes_back() {
    let mut feed = two_books();
    feed.frame(&update("A", 15, 18));
    let seen = feed.take();
    let [Seen::Notice(Some(0), notice, Some(Validity::Broken))] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((notice.kind, notice.channel.as_str(), notice.inst_id.as_str()), (Kind::Gap, "books", "A"));
    assert_eq!((notice.expected.as_str(), notice.got.as_str()), ("10", "15"));
    assert_eq!(notice.msg, "A: book gap, expected prevSeqId 10, got 15");
    assert_eq!((feed.session.stats().gaps.get(), feed.session.stats().resyncs.get()), (1, 1));
    comes_back(&mut feed);
}

#[test]
fn a_wrong_checksum_does_the_same() {
    let mut feed = two_books();
    feed.frame(&update("A", 10, 15).replace(r#""checksum":0"#, r#""checksum":-855196043"#));
    let seen = feed.take();
    let [Seen::Notice(Some(0), notice, Some(Validity::Broken))] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((notice.kind, notice.inst_id.as_str(), notice.expected.as_str()), (Kind::Checksum, "A", "-855196043"));
    assert!(notice.got.parse::<i32>().is_ok());
    assert_eq!(feed.session.stats().checksums_bad.get(), 1);
    comes_back(&mut feed);
}

#[test]
fn an_unreadable_message_does_the_same() {
    let whole = update("A", 10, 15);
    for bad in [
        whole.replace(r#""1.25""#, r#""1e5""#),
        whole.replace(r#""1.25""#, r#""""#),
        whole.replace(r#""1.25""#, "1.25"),
        whole.replace(r#"["67500.1","1.25","0","5"]"#, r#"["67500.1","1.25"]"#),
        whole.replace(r#""1.25""#, &format!(r#""{}""#, "9".repeat(40))),
        whole.replace("update", "partial"),
        whole[..whole.len() - 3].to_owned(),
        whole.replace(":10,", ":1e999,"),
    ] {
        let mut feed = two_books();
        feed.frame(&bad);
        let seen = feed.take();
        let [Seen::Notice(Some(0), notice, Some(Validity::Broken))] = &seen[..] else { panic!("{bad} brought {seen:?}") };
        assert_eq!((notice.kind, notice.inst_id.as_str()), (Kind::Malformed, "A"));
        assert!(!notice.expected.is_empty() && !notice.got.is_empty() && notice.got.len() < 300, "{notice:?}");
        assert_eq!(feed.session.stats().channels[0].malformed.get(), 1);
        comes_back(&mut feed);
    }
}

#[test]
fn an_unreadable_trade_is_told_and_the_next_one_is_taken() {
    let mut feed = Feed::live(&[("trades", "A")]);
    feed.frame(&trade_push("A").replace("67500.1", "cheap"));
    let notice = feed.notice(Kind::Malformed);
    assert_eq!((notice.inst_id.as_str(), notice.channel.as_str(), notice.got.as_str()), ("A", "trades", "\\\"cheap\\\""));
    feed.frame(&trade_push("A"));
    assert!(matches!(feed.take()[..], [Seen::Trade(0, _)]));
    assert_eq!(feed.requests(), []);
}

#[test]
fn the_second_resync_within_a_minute_is_delayed_and_each_further_one_more() {
    let mut feed = Feed::live(&[("books", "A")]);
    feed.frame(&snapshot("A"));
    for delay in [0, 1, 2, 4, 8, 16, 30, 30, 30] {
        feed.frame(&update("A", 99, 100));
        if delay > 0 {
            feed.pass(delay / 2 * S);
            feed.frame("pong");
            feed.pass((delay - delay / 2) * S - 1);
            assert_eq!(feed.requests(), [], "before {delay} s");
            feed.pass(1);
        }
        let drop = feed.request("unsubscribe");
        feed.ack(&drop, "books A");
        feed.ack_all();
        feed.frame(&snapshot("A"));
        assert_eq!(feed.validity(0), Validity::Valid);
    }
    // A minute of peace makes the next one immediate again.
    for _ in 0..4 {
        feed.pass(19 * S);
        feed.frame(&update("A", 10, 10));
    }
    feed.frame(&update("A", 99, 100));
    feed.request("unsubscribe");
}

#[test]
fn many_gaps_at_once_cost_one_request_each_way() {
    let args: Vec<String> = (0..50).map(|i| format!("I{i}")).collect();
    let args: Vec<(&str, &str)> = args.iter().map(|id| ("books", id.as_str())).collect();
    let mut feed = Feed::live(&args);
    let at = feed.at();
    for (_, id) in &args {
        feed.session.handle_frame(LegId::FIRST, at, snapshot(id).as_bytes(), |_| ());
        feed.session.handle_frame(LegId::FIRST, at, update(id, 99, 100).as_bytes(), |_| ());
    }
    feed.flush();
    assert_eq!(feed.request("unsubscribe").args.len(), 50);
}

#[test]
fn no_snapshot_in_time_resubscribes() {
    let mut feed = Feed::live(&[("books", "A"), ("books5", "A")]);
    feed.frame(r#"{"arg":{"channel":"books5","instId":"A"},"data":[{"asks":[],"bids":[],"instId":"A","ts":"1","seqId":2}]}"#);
    feed.seen.clear();
    feed.pass(9 * S);
    assert_eq!(feed.requests(), []);
    feed.pass(S);
    assert_eq!(feed.notices(), [(Kind::Timeout, Some(0), Some(Validity::Broken))]);
    assert_eq!(feed.request("unsubscribe").args, ["books A"]);
}

#[test]
fn a_resync_whose_unsubscribe_is_not_answered_goes_on() {
    let mut feed = two_books();
    feed.frame(&update("A", 15, 18));
    feed.request("unsubscribe");
    feed.frame("pong");
    feed.pass(9 * S);
    assert_eq!(feed.requests(), []);
    feed.pass(2 * S);
    assert_eq!(feed.request("subscribe").args, ["books A"]);
}

#[test]
fn an_error_to_the_unsubscribe_of_a_resync_counts_as_its_end() {
    let mut feed = two_books();
    feed.frame(&update("A", 15, 18));
    let drop = feed.request("unsubscribe");
    feed.error(&drop, "60018");
    assert_eq!(feed.request("subscribe").args, ["books A"]);
}

#[test]
fn unsubscribing_in_the_middle_of_a_resync_ends_it() {
    let mut feed = two_books();
    feed.frame(&update("A", 15, 18));
    let drop = feed.request("unsubscribe");
    feed.session.unsubscribe(SubId(0));
    feed.flush();
    feed.ack(&drop, "books A");
    feed.pass(60 * S);
    assert_eq!((feed.requests(), feed.validity(0), feed.phase(0)), (vec![], Validity::Ended, Phase::Off));
}

#[test]
fn a_loss_in_the_middle_of_a_resync_starts_afresh() {
    let mut feed = two_books();
    feed.frame(&update("A", 15, 18));
    feed.disconnect();
    feed.sent.clear();
    feed.connect();
    feed.ack_all();
    feed.frame(&snapshot("A"));
    assert_eq!(feed.validity(0), Validity::Valid);
    assert_eq!(feed.validity(1), Validity::Disconnected);
}
