//! The connection's life: silence, pings, loss, reconnect, and events about the connection.

use super::*;

#[test]
fn quiet_for_5_s_sends_ping() {
    let mut feed = Feed::live(&[("trades", "A")]);
    feed.pongs = false;
    feed.pass(5 * S - 1);
    assert_eq!(feed.sent, [""; 0]);
    feed.pass(1);
    assert_eq!(feed.sent, ["ping"]);
    feed.pass(2 * S);
    assert_eq!(feed.sent, ["ping"], "once");
    feed.frame("pong");
    assert_eq!((feed.take(), feed.failure()), (vec![], None));
    feed.pass(5 * S);
    assert_eq!(feed.sent, ["ping", "ping"]);
}

#[test]
fn whole_messages_put_the_ping_off_and_less_does_not() {
    let mut feed = Feed::live(&[("trades", "A")]);
    feed.pongs = false;
    for _ in 0..10 {
        feed.pass(4 * S);
        feed.frame(&trade_push("A"));
    }
    assert_eq!(feed.sent, [""; 0]);
    // A read without a message: part of a frame, or a ping of the WebSocket.
    feed.pass(4 * S);
    feed.session.handle_read();
    feed.pass(S);
    assert_eq!(feed.sent, ["ping"]);
}

#[test]
fn without_a_pong_the_connection_counts_as_dead() {
    let mut feed = Feed::live(&[("trades", "A")]);
    feed.pongs = false;
    feed.pass(5 * S);
    assert_eq!(feed.session.poll_timeout(feed.at()), Some(feed.now + 5 * S / 2));
    feed.pass(5 * S - 1);
    assert_eq!(feed.failure(), None);
    feed.pass(1);
    assert_eq!(feed.failure(), Some("no answer to ping".to_owned()));
    feed.disconnect();
    assert_eq!(feed.failure(), None);
    assert_eq!(feed.session.poll_timeout(feed.at()), None);
}

#[test]
fn a_stall_of_our_own_proves_no_silence() {
    let mut feed = Feed::live(&[("trades", "A")]);
    feed.pongs = false;
    feed.pass(4 * S);
    feed.session.handle_stall(feed.at());
    feed.pass(4 * S);
    assert_eq!(feed.sent, [""; 0]);
}

#[test]
fn a_loss_invalidates_every_book_before_anyone_hears_and_a_new_connection_resubscribes_all() {
    let mut feed = Feed::live(&[("books", "A"), ("books", "B"), ("trades", "A")]);
    feed.frame(&snapshot("A"));
    feed.frame(&snapshot("B"));
    feed.seen.clear();
    let books: Vec<_> = (0..2).map(|i| feed.session.book(SubId(i)).unwrap().clone()).collect();
    let mut heard = 0;
    let at = feed.at();
    feed.session.handle_disconnected(LegId::FIRST, at, "reset by peer", |event| {
        let Event::Notice(None, notice) = event else { panic!("{event:?}") };
        if notice.kind == Kind::State {
            return;
        }
        assert_eq!((notice.kind, notice.msg.as_str()), (Kind::Disconnected, "reset by peer"));
        assert!(books.iter().all(|b| b.lock().validity() == Validity::Disconnected));
        heard += 1;
    });
    assert_eq!(heard, 1);
    feed.pass(2 * S);
    assert_eq!(feed.sent, [""; 0]);
    feed.connect();
    let sent = feed.request("subscribe");
    assert_eq!(sent.args, ["books A", "books B", "trades A"]);
    assert_eq!(feed.validity(0), Validity::Disconnected, "until its snapshot");
    for arg in &sent.args {
        feed.ack(&sent, arg);
    }
    // An update that would have fitted the lost book is not taken.
    feed.frame(&update("A", 10, 11));
    assert_eq!(feed.validity(0), Validity::Disconnected);
    feed.seen.clear();
    feed.frame(&snapshot("A"));
    assert!(matches!(&feed.take()[..], [Seen::Notice(Some(0), n, Some(Validity::Valid)), Seen::Book(0, _)] if n.kind == Kind::Resynced));
}

#[test]
fn what_was_unsubscribed_is_not_resubscribed_after_a_loss() {
    let mut feed = Feed::live(&[("trades", "A"), ("trades", "B")]);
    feed.session.unsubscribe(SubId(0));
    feed.flush();
    feed.disconnect();
    feed.session.unsubscribe(SubId(1));
    feed.sent.clear();
    feed.connect();
    feed.pass(60 * S);
    assert_eq!(feed.requests(), []);
}

#[test]
fn a_notice_of_okx_reaches_the_user_with_its_hint() {
    let mut feed = Feed::live(&[]);
    feed.frame(r#"{"event":"notice","code":"64008","msg":"The connection will soon be closed for a service upgrade. Please reconnect.","connId":"7f1c02aa"}"#);
    let notice = feed.notice(Kind::Notice);
    assert_eq!(notice.code, "64008");
    assert!(notice.msg.starts_with("The connection will") && notice.hint.contains("upgrade"));
}

#[test]
fn an_event_nobody_has_documented_reaches_the_user() {
    let mut feed = Feed::live(&[]);
    feed.frame(r#"{"event":"lunch-break","until":"13:00"}"#);
    assert_eq!(feed.notice(Kind::Notice).msg, "lunch-break");
}

#[test]
fn connection_counts_are_told() {
    let mut feed = Feed::live(&[]);
    feed.frame(r#"{"event":"channel-conn-count","channel":"orders","connCount":"2","connId":"7f1c02aa"}"#);
    let notice = feed.notice(Kind::ConnCount);
    assert_eq!((notice.channel.as_str(), notice.got.as_str()), ("orders", "2"));
}

#[test]
fn too_many_connections_end_the_subscriptions_of_that_channel() {
    let mut feed = Feed::live(&[("orders", "A"), ("orders", "B"), ("trades", "A"), ("orders", "C")]);
    feed.session.unsubscribe(SubId(3));
    feed.flush();
    let request = feed.request("unsubscribe");
    feed.ack(&request, "orders C");
    feed.seen.clear();
    feed.frame(r#"{"event":"channel-conn-count-error","channel":"orders","connCount":"30","connId":"7f1c02aa"}"#);
    assert_eq!(feed.take().len(), 2, "not the one that had ended before");
    assert_eq!((feed.phase(0), feed.phase(1)), (Phase::Off, Phase::Off));
    feed.frame(&trade_push("A"));
    assert!(matches!(feed.take()[..], [Seen::Trade(2, _)]));
}

#[test]
fn login_answers_pass() {
    let mut feed = Feed::live(&[]);
    feed.frame(r#"{"event":"login","code":"0","msg":"","connId":"7f"}"#);
    assert_eq!(feed.take(), []);
}

/// An update of book A that OKX made at this time.
fn made_at(prev: i64, ts_ms: u64) -> String {
    update("A", prev, prev + 1).replace("1785096000123", &ts_ms.to_string())
}

#[test]
fn what_comes_late_is_told_and_known_to_be_old() {
    let mut feed = Feed::live(&[("books", "A")]);
    feed.frame(&snapshot("A"));
    let there = 1_785_096_000_123;
    feed.frame(&made_at(10, there));
    feed.seen.clear();
    feed.states.clear();
    // Made at once, but 8 s on its way.
    feed.pass(S / 10);
    let made = feed.now;
    feed.now += 8 * S;
    feed.frame(&made_at(11, there + 100));
    let seen = feed.take();
    let [Seen::Notice(None, told, _), Seen::Book(..)] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((told.kind, told.expected.as_str(), told.got.as_str()), (Kind::Late, "at most 1000 ms", "7999 ms"));
    assert_eq!((told.leg, told.msg.as_str()), (Some(LegId(0)), "what it brings is 7999 ms late"));
    assert_eq!(feed.states, [(0, "stale".to_owned())]);
    let known = |feed: &Feed| feed.session.alive.load(Relaxed).abs_diff(made) / 1_000_000;
    assert_eq!(known(&feed), 0, "as old as what it tells");
    feed.frame(&made_at(12, there + 8_100));
    assert_eq!(feed.notices(), [], "one message tells for all that come at the same time");
    feed.now += S / 1000;
    feed.frame(&made_at(13, there + 200));
    assert!(known(&feed) <= 100);
    feed.seen.clear();
    // Nearly on time is not told again; on time is.
    feed.now += S / 1000;
    feed.frame(&made_at(14, there + 8_100 - 700));
    assert_eq!(feed.notices(), []);
    feed.now += S / 1000;
    feed.frame(&made_at(15, there + 8_103));
    assert_eq!(feed.notice(Kind::Late).msg, "what it brings is on time again");
    assert_eq!((feed.states.last().unwrap().1.as_str(), feed.session.stats.late.get()), ("live", 1));
    feed.frame("pong");
    assert_eq!(feed.session.alive.load(Relaxed), feed.now);
}

#[test]
fn snapshots_and_keep_alives_say_nothing_of_the_way() {
    let mut feed = Feed::live(&[("books", "A")]);
    feed.frame(&snapshot("A"));
    feed.frame(&made_at(10, 1_785_096_000_123));
    feed.now += 60 * S;
    feed.frame(&update("A", 11, 11));
    feed.frame(&snapshot("A").replace("10}", "11}"));
    assert_eq!(feed.session.stats.late.get(), 0);
}
