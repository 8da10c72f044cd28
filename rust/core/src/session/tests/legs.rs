//! Several connections for one set of subscriptions: replaced before they go, merged while they overlap.

use super::*;

const SUBS: [(&str, &str); 3] = [("books", "A"), ("trades", "A"), ("funding-rate", "A")];

fn config(redundancy: u8) -> Config {
    Config { redundancy, ..Config::default() }
}

/// One connection, live.
fn one() -> Feed {
    let mut feed = Feed::with(config(1), &SUBS);
    assert_eq!(feed.take_actions(), [Action::Connect(LegId(0))]);
    feed.connect();
    feed.ack_all();
    feed.frame(&snapshot("A"));
    assert_eq!(feed.states, [(0, "connecting".into()), (0, "live".into())]);
    feed.states.clear();
    feed.seen.clear();
    feed
}

/// Two connections that carry the same, live.
fn two() -> Feed {
    let mut feed = Feed::with(config(2), &SUBS);
    assert_eq!(feed.take_actions(), [Action::Connect(LegId(0)), Action::Connect(LegId(1))]);
    feed.connect();
    feed.ack_all();
    feed.frame(&snapshot("A"));
    feed.connect_on(1);
    feed.ack_on(1);
    feed.frame_on(1, &snapshot("A"));
    feed.states.clear();
    feed.seen.clear();
    feed
}

fn rate(value: &str) -> String {
    format!(r#"{{"arg":{{"channel":"funding-rate","instId":"A"}},"data":[{{"fundingRate":"{value}"}}]}}"#)
}

fn books(feed: &mut Feed) -> Vec<(Option<i64>, Option<i64>)> {
    feed.take().into_iter().filter_map(|s| if let Seen::Book(_, u) = s { Some((u.prev_seq_id, u.seq_id)) } else { None }).collect()
}

#[test]
fn a_notice_of_an_upgrade_brings_a_replacement_that_is_live_before_the_old_one_goes() {
    let mut feed = one();
    feed.frame(r#"{"event":"notice","code":"64008","msg":"soon","connId":"7f"}"#);
    assert_eq!(feed.take_actions(), [Action::Connect(LegId(1))]);
    assert_eq!(feed.states, [(0, "draining".into()), (1, "connecting".into())]);
    feed.frame(&update("A", 10, 11));
    feed.connect_on(1);
    feed.ack_on(1);
    feed.pass(5 * S);
    assert_eq!(feed.take_actions(), [], "no snapshot so far: the old one still carries the book");
    feed.seen.clear();
    // The new one is a little ahead, then both bring the same.
    feed.frame_on(1, &snapshot("A").replace(r#""seqId":10"#, r#""seqId":12"#));
    feed.frame(&update("A", 11, 12));
    feed.frame(&update("A", 12, 13));
    feed.frame_on(1, &update("A", 12, 13));
    feed.frame_on(1, &update("A", 13, 14));
    feed.frame(&update("A", 13, 14));
    assert_eq!(books(&mut feed), [(Some(-1), Some(12)), (Some(12), Some(13)), (Some(13), Some(14))]);
    feed.pass(2 * S);
    assert_eq!(feed.take_actions(), [Action::Close(LegId(0), "OKX closes it for an upgrade".into())]);
    feed.lose(0, "OKX closes it for an upgrade");
    assert_eq!(feed.notices(), [(Kind::Replaced, None, None)]);
    assert_eq!((feed.validity(0), feed.blind.len(), feed.session.legs[1].joined), (Validity::Valid, 0, true));
    feed.frame_on(1, &update("A", 14, 15));
    assert_eq!(books(&mut feed), [(Some(14), Some(15))]);
    assert_eq!(feed.take_actions(), [], "one connection is enough");
}

#[test]
fn a_replacement_that_fails_is_tried_again_while_the_old_one_goes_on() {
    let mut feed = one();
    feed.frame(r#"{"event":"notice","code":"64008","msg":"soon","connId":"7f"}"#);
    feed.take_actions();
    for _ in 0..3 {
        feed.lose(1, "refused");
        feed.pass(2 * S);
        assert_eq!(feed.take_actions(), [Action::Connect(LegId(1))]);
    }
    feed.seen.clear();
    feed.frame(&update("A", 10, 11));
    assert_eq!(books(&mut feed), [(Some(10), Some(11))]);
    // OKX does not wait.
    feed.lose(0, "closed by the server");
    assert_eq!(feed.validity(0), Validity::Disconnected);
    assert_eq!(feed.notices(), [(Kind::Disconnected, None, None)]);
    assert_eq!(feed.take_actions(), [], "the replacement is under way");
}

#[test]
fn silence_brings_a_replacement_before_the_connection_counts_as_dead() {
    let mut feed = one();
    feed.pongs = false;
    feed.pass(5 * S);
    assert_eq!(feed.states, [(0, "stale".into())]);
    feed.pass(5 * S / 2);
    assert_eq!(feed.take_actions(), [Action::Connect(LegId(1))]);
    feed.pass(5 * S / 2);
    assert_eq!(feed.take_actions(), [Action::Close(LegId(0), "no answer to ping".into())]);
    feed.lose(0, "no answer to ping");
    assert_eq!(feed.notices(), [(Kind::Disconnected, None, None)]);
    feed.connect_on(1);
    feed.ack_on(1);
    feed.frame_on(1, &snapshot("A"));
    assert_eq!(feed.validity(0), Validity::Valid);
    let causes = feed.blind.iter().map(|n| (n.channel.as_str(), n.cause.as_str())).collect::<Vec<_>>();
    assert_eq!(causes, [("trades", "no answer to ping"), ("funding-rate", "no answer to ping"), ("books", "no answer to ping")]);
}

/// Leg 0 brought trade 1 and fell silent; leg 1 came to replace it, and brings nothing so far.
fn replaced_after_a_silence(meanwhile: impl FnOnce(&mut Feed)) -> Feed {
    let mut feed = Feed::with(Config { recover: true, ..config(1) }, &SUBS);
    feed.connect();
    feed.ack_all();
    feed.frame(&snapshot("A"));
    feed.frame(&trade("A", 1));
    feed.pongs = false;
    feed.pass(5 * S + 5 * S / 2);
    feed.connect_on(1);
    feed.ack_on(1);
    feed.frame_on(1, &snapshot("A"));
    meanwhile(&mut feed);
    feed.take_actions();
    feed.pass(3 * S / 2);
    assert_eq!(feed.take_actions(), [Action::Close(LegId(0), "no answer to ping so far".into())]);
    feed.lose(0, "no answer to ping so far");
    feed
}

#[test]
fn what_a_silent_connection_may_have_missed_before_its_replacement_came_is_a_blind_spot() {
    let feed = replaced_after_a_silence(|_| ());
    blind_for_7500_ms(feed);
    // Our own stall makes nothing of it undone.
    let feed = replaced_after_a_silence(|feed| feed.session.handle_stall(feed.at()));
    blind_for_7500_ms(feed);
}

fn blind_for_7500_ms(mut feed: Feed) {
    let blind = feed.blind.iter().map(|n| (n.channel.as_str(), n.cause.as_str(), n.msg.as_str())).collect::<Vec<_>>();
    let words = ("no answer to ping so far", "nothing is known of 7500 ms");
    assert_eq!(blind, ["books", "trades", "funding-rate"].map(|channel| (channel, words.0, words.1)));
    assert_eq!((feed.validity(0), feed.session.stats.blind.get()), (Validity::Valid, 3));
    let [Action::Fetch(fetch)] = &feed.take_actions()[..] else { panic!("the trades missed are looked up") };
    assert_eq!(fetch.query, "instId=A&limit=500");
}

#[test]
fn a_connection_that_answers_before_it_is_replaced_has_missed_nothing() {
    let mut feed = replaced_after_a_silence(|feed| feed.frame("pong"));
    // Whether it still brought all when its replacement was there is asked once more; that was not answered.
    let spans = feed.blind.iter().map(|n| n.msg.clone()).collect::<Vec<_>>();
    assert_eq!((spans, feed.take_actions()), (Vec::new(), Vec::new()));
}

#[test]
fn a_consumer_that_is_slow_again_and_again_hides_no_dead_connection() {
    let mut feed = two();
    feed.pongs = false;
    feed.take_actions();
    let begun = feed.now;
    // Of each 1.5 s, what leg 1 brings holds us up for 1 s: leg 0's 10 s of silence are found after 30 s.
    while !feed.take_actions().contains(&Action::Close(LegId(0), "no answer to ping".into())) {
        feed.pass(S / 2);
        feed.frame_on(1, "pong");
        feed.now += S;
        let at = feed.at();
        feed.session.handle_stall(at);
        assert!(feed.now < begun + 33 * S);
    }
    assert!(feed.now > begun + 28 * S, "{}", (feed.now - begun) / S);
}

#[test]
fn of_two_connections_the_loss_of_one_is_heard_of_and_costs_nothing() {
    let mut feed = two();
    feed.frame(&update("A", 10, 11));
    feed.lose(0, "reset by peer");
    feed.frame_on(1, &update("A", 10, 11));
    feed.frame_on(1, &update("A", 11, 12));
    assert_eq!((feed.validity(0), feed.blind.len()), (Validity::Valid, 0));
    assert_eq!(books(&mut feed), [(Some(10), Some(11)), (Some(11), Some(12))]);
    feed.pass(S);
    assert_eq!(feed.take_actions(), [Action::Connect(LegId(0))]);
    feed.connect();
    feed.ack_all();
    feed.frame(&snapshot("A"));
    assert_eq!((feed.validity(0), books(&mut feed)), (Validity::Valid, vec![]), "an older snapshot changes nothing");
}

#[test]
fn a_message_lost_on_one_of_two_connections_is_no_gap() {
    let mut feed = two();
    feed.frame(&update("A", 10, 11));
    feed.frame(&update("A", 12, 13)); // 11 to 12 went missing here
    feed.frame_on(1, &update("A", 10, 11));
    feed.frame_on(1, &update("A", 11, 12));
    feed.frame_on(1, &update("A", 12, 13));
    feed.frame(&update("A", 13, 14));
    assert_eq!(books(&mut feed), [(Some(10), Some(11)), (Some(11), Some(12)), (Some(12), Some(13)), (Some(13), Some(14))]);
    feed.pass(3 * S);
    assert_eq!((feed.session.stats().gaps.get(), feed.validity(0)), (0, Validity::Valid));
}

#[test]
fn a_message_lost_on_both_is_a_gap_after_a_second() {
    let mut feed = two();
    feed.frame(&update("A", 11, 12));
    feed.frame_on(1, &update("A", 11, 12));
    assert_eq!((feed.validity(0), feed.notices()), (Validity::Valid, vec![]));
    feed.pass(S);
    assert_eq!(feed.validity(0), Validity::Broken);
    let notice = feed.notice(Kind::Gap);
    assert_eq!((notice.expected.as_str(), notice.got.as_str()), ("10", "12"));
    assert_eq!(feed.request("unsubscribe").args, ["books A"]);
}

#[test]
fn what_only_the_lost_connection_could_have_brought_is_a_gap_at_once() {
    let mut feed = two();
    feed.frame_on(1, &update("A", 11, 12)); // ahead: it lost one, and the other is to bring it
    feed.lose(0, "reset by peer");
    assert_eq!(feed.validity(0), Validity::Broken);
    assert!(feed.take().iter().any(|s| matches!(s, Seen::Notice(_, n, _) if n.kind == Kind::Gap)));
}

#[test]
fn a_restart_of_the_numbers_on_two_connections_out_of_step_is_no_gap() {
    let mut feed = two();
    for (leg, prev, seq) in [(0, 10, 15), (0, 15, 3), (0, 3, 5), (1, 10, 15), (1, 15, 3), (1, 3, 5), (1, 5, 6), (0, 5, 6)] {
        feed.frame_on(leg, &update("A", prev, seq));
    }
    feed.pass(3 * S);
    assert_eq!((feed.session.stats().gaps.get(), feed.validity(0)), (0, Validity::Valid));
    assert_eq!(books(&mut feed).len(), 4);
}

#[test]
fn trades_of_two_connections_come_once_and_in_order() {
    let mut feed = two();
    for (leg, id) in [(0, 5), (1, 5), (1, 6), (0, 6), (1, 8), (0, 7), (0, 8), (1, 9)] {
        feed.frame_on(leg, &trade("A", id));
    }
    assert_eq!(feed.trades(), [(5, false), (6, false), (7, false), (8, false), (9, false)]);
}

#[test]
fn a_trade_lost_on_both_is_named_after_a_second() {
    let mut feed = two();
    for (leg, id) in [(0, 5), (0, 7), (1, 7)] {
        feed.frame_on(leg, &trade("A", id));
    }
    assert_eq!(feed.trades(), [(5, false)]);
    feed.pass(S);
    let seen = feed.take();
    let [Seen::Notice(_, notice, _), Seen::Trade(_, last)] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((notice.kind, notice.ids, last.trade_id), (Kind::Unfillable, Some((6, 6)), 7));
}

#[test]
fn rows_without_numbers_come_once_too_and_repetitions_of_okx_stay() {
    let mut feed = two();
    for (leg, value) in [(0, "1"), (1, "1"), (1, "2"), (0, "2"), (0, "2"), (1, "2")] {
        feed.frame_on(leg, &rate(value));
    }
    assert_eq!(feed.take().len(), 3);
}

#[test]
fn both_connections_of_a_pair_are_replaced_one_after_the_other() {
    let mut feed = two();
    for leg in [0, 1] {
        feed.frame_on(leg, r#"{"event":"notice","code":"64008","msg":"soon"}"#);
    }
    assert_eq!(feed.take_actions(), [Action::Connect(LegId(2))]);
    feed.connect_on(2);
    feed.ack_on(2);
    feed.frame_on(2, &snapshot("A"));
    feed.pass(2 * S);
    let Some(Action::Close(first, _)) = feed.take_actions().pop() else { panic!("one of them goes") };
    feed.lose(first.0, "replaced");
    assert_eq!(feed.take_actions(), [Action::Connect(first)]);
    feed.pass(5 * S);
    assert_eq!(feed.take_actions(), [], "the second stays until its own replacement is there");
}

#[test]
fn a_spent_budget_brings_a_replacement() {
    let mut feed = one();
    for _ in 0..500 {
        let id = feed.session.subscribe(Arg::new("trades", "B"), None);
        feed.pass(4 * S);
        feed.session.unsubscribe(id);
        if let Some(Action::Connect(leg)) = feed.take_actions().pop() {
            assert_eq!(leg, LegId(1));
            assert!((440..=470).contains(&feed.session.legs[0].requests.used(feed.now)));
            return;
        }
    }
    panic!("no replacement");
}

#[test]
fn at_its_planned_age_a_connection_is_replaced() {
    let mut feed = Feed::with(Config { rotate_after: 100 * S, ..config(1) }, &[("trades", "A")]);
    feed.connect();
    feed.ack_all();
    feed.take_actions();
    feed.pass(99 * S);
    assert_eq!(feed.take_actions(), []);
    feed.pass(S);
    assert_eq!(feed.take_actions(), [Action::Connect(LegId(1))]);
}

#[test]
fn commands_have_an_outcome() {
    let mut feed = one();
    let (anew, again, wrong) = (Arc::new(Outcome::default()), Arc::new(Outcome::default()), Arc::new(Outcome::default()));
    let at = feed.at();
    feed.session.resync(SubId(0), at, Arc::clone(&again));
    feed.session.resync(SubId(1), at, Arc::clone(&wrong));
    assert_eq!(wrong.get(), Some(Err("not a book".into())));
    assert_eq!((feed.validity(0), again.get()), (Validity::Broken, None));
    feed.flush();
    feed.ack_all();
    feed.frame(&snapshot("A"));
    assert_eq!((feed.validity(0), again.get()), (Validity::Valid, Some(Ok("valid again after 0 ms".into()))));

    feed.session.reconnect(at, Arc::clone(&anew));
    assert_eq!(feed.take_actions(), [Action::Connect(LegId(1))]);
    feed.connect_on(1);
    feed.ack_on(1);
    feed.frame_on(1, &snapshot("A"));
    feed.pass(2 * S);
    assert_eq!((feed.take_actions().len(), anew.get()), (1, None));
    feed.lose(0, "asked for");
    assert_eq!(anew.get(), Some(Ok("replaced by a new connection".into())));
}

#[test]
fn connections_are_made_again_ever_more_slowly_and_a_healthy_one_starts_anew() {
    let mut feed = Feed::with(config(1), &[("trades", "A")]);
    let mut pauses = Vec::new();
    for _ in 0..10 {
        feed.take_actions();
        feed.lose(0, "refused");
        let began = feed.now;
        while feed.take_actions().is_empty() {
            feed.pass(S / 100);
        }
        pauses.push(feed.now - began);
    }
    for (n, pause) in pauses.iter().enumerate() {
        let most = ((S / 4) << n).min(30 * S);
        assert!((most / 2..=most + S / 100).contains(pause), "{n}: {pause}");
    }
    feed.connect();
    feed.ack_all();
    feed.pass(61 * S);
    feed.lose(0, "reset");
    feed.pass(S / 4);
    assert_eq!(feed.take_actions(), [Action::Connect(LegId(0))]);
}

#[test]
fn a_session_with_a_key_logs_in_before_it_subscribes() {
    let credentials = Credentials::new(
        "k-123",
        &crate::secret::Secret::from(b"22582BD0CFF14C41EDBF1AB98506286D".as_slice()),
        crate::secret::Secret::from(b"p\"123".as_slice()),
    );
    let mut session = Session::new(Config::default()).with_login(Arc::new(credentials.unwrap()));
    session.subscribe(Arg::new("books-l2-tbt", "A"), None);
    let at = Stamp { mono_ns: S, wall_ns: 1_704_876_947 * S };
    session.start(at);
    session.handle_connected(LegId(0), at, |_| ());
    let Some(Outgoing::Login(frame)) = session.poll_transmit(LegId(0), at) else { panic!("a login") };
    let value: Value = serde_json::from_slice(frame.expose()).unwrap();
    let want = serde_json::json!({"op": "login", "args": [{"apiKey": "k-123", "passphrase": "p\"123", "timestamp": "1704876947",
        "sign": "5/36BgGV6m/6pmdc20zdqk0mzF5ZalmzzPD2fo3wavU="}]});
    assert_eq!(value, want, "the documented vector");
    assert!(session.poll_transmit(LegId(0), at).is_none(), "nothing before the answer");
    session.handle_frame(LegId(0), at, br#"{"event":"login","code":"0","msg":"","connId":"7f"}"#, |_| ());
    let Some(Outgoing::Text(text)) = session.poll_transmit(LegId(0), at) else { panic!("a request") };
    assert!(text.contains("books-l2-tbt"));
}

#[test]
fn a_login_that_is_refused_ends_the_connection_and_is_told_with_its_code() {
    for frame in [r#"{"event":"error","code":"60009","msg":"Login failed.","connId":"7f"}"#, ""] {
        let credentials =
            Credentials::new("k", &crate::secret::Secret::from(b"s".as_slice()), crate::secret::Secret::from(b"p".as_slice()));
        let mut session = Session::new(Config::default()).with_login(Arc::new(credentials.unwrap()));
        let at = Stamp { mono_ns: S, wall_ns: S };
        session.start(at);
        session.poll_action();
        session.handle_connected(LegId(0), at, |_| ());
        session.poll_transmit(LegId(0), at);
        let mut told = Vec::new();
        if frame.is_empty() {
            let late = Stamp { mono_ns: 12 * S, wall_ns: S };
            session.handle_timeout(late, |_| ());
        } else {
            session.handle_frame(LegId(0), at, frame.as_bytes(), |e| {
                if let Event::Notice(_, n) = e {
                    told.push((n.kind, n.code.clone()));
                }
            });
            assert!(told.contains(&(Kind::LoginFailed, "60009".into())), "{told:?}");
        }
        assert!(matches!(session.poll_action(), Some(Action::Close(LegId(0), why)) if why.contains("login")), "{frame}");
    }
}
