//! Subscribing and unsubscribing: batches, acks, errors, the budget.

use super::*;

const TWO: [(&str, &str); 2] = [("books", "A"), ("trades", "B")];

#[test]
fn everything_wanted_goes_out_in_one_request_with_an_id() {
    let mut feed = Feed::new(&TWO);
    assert!(feed.session.poll_transmit(LegId::FIRST, feed.at()).is_none(), "not connected");
    assert_eq!(feed.session.poll_timeout(feed.at()), None);
    feed.connect();
    let sent = feed.request("subscribe");
    assert_eq!(sent.args, ["books A", "trades B"]);
    assert!((1..=32).contains(&sent.id.len()) && sent.id.bytes().all(|b| b.is_ascii_alphanumeric()));
    feed.ack(&sent, "trades B");
    feed.ack(&sent, "books A");
    assert_eq!(
        feed.notices(),
        [(Kind::Connected, None, None), (Kind::Subscribed, Some(1), None), (Kind::Subscribed, Some(0), Some(Validity::Waiting))]
    );
    feed.frame(&snapshot("A"));
    feed.pass(60 * S);
    assert_eq!(feed.requests(), []);
}

#[test]
fn a_request_stays_below_64_kb() {
    let ids: Vec<String> = (0..3000).map(|i| format!("INSTRUMENT-{i:05}-SWAP")).collect();
    let mut feed = Feed::new(&[]);
    for id in &ids {
        feed.session.subscribe(Arg::new("trades", id), None);
    }
    feed.connect();
    assert!(feed.sent.len() > 2);
    assert!(feed.sent.iter().all(|f| f.len() < 65_536));
    let args: Vec<_> = feed.requests().into_iter().flat_map(|r| r.args).collect();
    assert_eq!(args, ids.iter().map(|id| format!("trades {id}")).collect::<Vec<_>>());
}

#[test]
fn a_subscription_added_later_is_asked_for_at_once() {
    let mut feed = Feed::live(&[("trades", "A")]);
    feed.pass(5 * S);
    feed.session.subscribe(Arg::new("trades", "B"), None);
    feed.flush();
    assert_eq!(feed.request("subscribe").args, ["trades B"]);
}

#[test]
fn one_of_a_batch_refused_is_asked_for_alone_and_then_refused_with_code_and_hint() {
    let mut feed = Feed::new(&[("books", "A"), ("books", "TYPO"), ("trades", "B")]);
    feed.connect();
    let batch = feed.request("subscribe");
    feed.ack(&batch, "books A");
    feed.error(&batch, "60018");
    feed.ack(&batch, "trades B");
    feed.seen.clear();
    feed.frame(&snapshot("A"));
    feed.pass(4 * S);
    let alone = feed.request("subscribe");
    assert_eq!(alone.args, ["books TYPO"]);
    feed.seen.clear();
    feed.error(&alone, "60018");
    assert_eq!(feed.validity(1), Validity::Ended);
    let notice = feed.notice(Kind::Refused);
    assert_eq!(
        (notice.inst_id.as_str(), notice.channel.as_str(), notice.code.as_str(), notice.msg.as_str()),
        ("TYPO", "books", "60018", "no")
    );
    assert!(!notice.hint.is_empty());
    feed.pass(70 * S);
    assert_eq!(feed.requests(), []);
    assert_eq!(feed.validity(0), Validity::Valid);
}

#[test]
fn an_error_for_the_last_unanswered_of_a_batch_is_its_own() {
    let mut feed = Feed::new(&TWO);
    feed.connect();
    let batch = feed.request("subscribe");
    feed.ack(&batch, "trades B");
    feed.error(&batch, "64003");
    assert_eq!(feed.notice(Kind::Refused).inst_id, "A");
}

#[test]
fn an_error_without_an_id_is_about_the_only_open_request() {
    let mut feed = Feed::new(&[("books", "A")]);
    feed.connect();
    feed.frame(r#"{"event":"error","code":"60018","msg":"no"}"#);
    assert_eq!(feed.notice(Kind::Refused).inst_id, "A");
    feed.frame(r#"{"event":"error","code":"60012","msg":"what?"}"#);
    let notice = feed.notice(Kind::Error);
    assert_eq!((notice.inst_id.as_str(), notice.code.as_str()), ("", "60012"));
}

#[test]
fn after_a_temporary_error_it_is_asked_for_again() {
    for code in ["60014", "64007", "63999", "50001", "50026"] {
        let mut feed = Feed::new(&[("books", "A")]);
        feed.connect();
        let first = feed.request("subscribe");
        feed.error(&first, code);
        assert_eq!(feed.notice(Kind::Refused).code, code);
        feed.pass(4 * S);
        assert_eq!(feed.requests(), [], "{code}");
        feed.pass(2 * S);
        let again = feed.request("subscribe");
        feed.ack(&again, "books A");
        feed.frame(&snapshot("A"));
        assert_eq!(feed.validity(0), Validity::Valid, "{code}");
    }
}

#[test]
fn a_repeated_ack_changes_nothing() {
    let mut feed = Feed::new(&[("books", "A")]);
    feed.connect();
    let sent = feed.request("subscribe");
    feed.ack(&sent, "books A");
    feed.seen.clear();
    feed.ack(&sent, "books A");
    assert_eq!(feed.take(), []);
    feed.frame(&snapshot("A"));
    feed.ack(&sent, "books A");
    feed.pass(60 * S);
    assert_eq!((feed.validity(0), feed.requests()), (Validity::Valid, vec![]));
}

#[test]
fn an_ack_may_start_with_its_arg() {
    let mut feed = Feed::new(&[("books", "A"), ("candle1m", "A")]);
    feed.connect();
    for channel in ["books", "candle1m"] {
        feed.frame(&format!(r#"{{"arg":{{"channel":"{channel}","instId":"A"}},"event":"subscribe","connId":"7f"}}"#));
    }
    assert_eq!(feed.notices().iter().filter(|n| n.0 == Kind::Subscribed).count(), 2);
    assert_eq!(feed.session.stats().raw.get(), 0);
}

#[test]
fn data_may_come_before_its_ack() {
    let mut feed = Feed::new(&TWO);
    feed.connect();
    let sent = feed.request("subscribe");
    feed.seen.clear();
    feed.frame(&snapshot("A"));
    feed.frame(&trade_push("B"));
    assert!(matches!(feed.take()[..], [Seen::Book(0, _), Seen::Trade(1, _)]));
    feed.ack(&sent, "books A");
    feed.ack(&sent, "trades B");
    feed.pass(60 * S);
    assert_eq!((feed.validity(0), feed.requests()), (Validity::Valid, vec![]));
}

#[test]
fn without_an_ack_it_is_asked_for_again_alone() {
    let mut feed = Feed::new(&TWO);
    feed.connect();
    feed.seen.clear();
    let first = feed.request("subscribe");
    feed.pass(9 * S);
    assert_eq!(feed.requests(), []);
    feed.pass(3 * S);
    assert_eq!(feed.notices().iter().filter(|n| n.0 == Kind::Timeout).count(), 2);
    let again = feed.requests();
    assert_eq!(again.iter().map(|r| &r.args[..]).collect::<Vec<_>>(), [["books A"], ["trades B"]]);
    // The first answer was only late.
    feed.ack(&first, "books A");
    feed.ack(&first, "trades B");
    feed.frame(&snapshot("A"));
    feed.pass(60 * S);
    assert_eq!((feed.validity(0), feed.requests()), (Validity::Valid, vec![]));
}

#[test]
fn stragglers_of_an_old_subscription_do_not_count_as_an_ack() {
    let mut feed = Feed::live(&[("books", "A")]);
    feed.frame(&snapshot("A"));
    feed.frame(&update("A", 99, 100));
    let drop = feed.request("unsubscribe");
    feed.ack(&drop, "books A");
    let ask = feed.request("subscribe");
    feed.frame(&update("A", 100, 101));
    // The server never answers the second subscribe.
    feed.pass(12 * S);
    let again = feed.request("subscribe");
    assert_eq!((ask.args, again.args), (vec!["books A".to_owned()], vec!["books A".to_owned()]));
}

#[test]
fn unsubscribing_invalidates_at_once_and_is_confirmed_by_okx() {
    let mut feed = Feed::live(&[("books", "A"), ("trades", "A")]);
    feed.frame(&snapshot("A"));
    feed.seen.clear();
    feed.session.unsubscribe(SubId(0));
    assert_eq!(feed.validity(0), Validity::Ended);
    feed.flush();
    let sent = feed.request("unsubscribe");
    assert_eq!(sent.args, ["books A"]);
    // Pushes may go on for seconds.
    feed.frame(&update("A", 10, 11));
    feed.frame(&snapshot("A"));
    assert_eq!(feed.take(), []);
    feed.ack(&sent, "books A");
    assert_eq!(feed.notice(Kind::Unsubscribed).inst_id, "A");
    feed.frame(&trade_push("A"));
    assert!(matches!(feed.take()[..], [Seen::Trade(1, _)]));
    assert_eq!((feed.phase(0), feed.validity(0)), (Phase::Off, Validity::Ended));
}

#[test]
fn unsubscribing_before_the_ack_does_not_come_back_to_life() {
    let mut feed = Feed::new(&[("books", "A")]);
    feed.connect();
    let ask = feed.request("subscribe");
    feed.session.unsubscribe(SubId(0));
    feed.flush();
    let drop = feed.request("unsubscribe");
    feed.ack(&ask, "books A");
    feed.frame(&snapshot("A"));
    feed.ack(&drop, "books A");
    feed.pass(60 * S);
    assert_eq!((feed.requests(), feed.validity(0), feed.phase(0)), (vec![], Validity::Ended, Phase::Off));
}

#[test]
fn unsubscribing_without_an_answer_ends_all_the_same() {
    let mut feed = Feed::live(&[("trades", "A")]);
    feed.session.unsubscribe(SubId(0));
    feed.flush();
    feed.request("unsubscribe");
    feed.pass(12 * S);
    assert_eq!((feed.phase(0), feed.requests()), (Phase::Off, vec![]));
}

#[test]
fn the_same_argument_may_be_subscribed_again_while_the_old_one_is_leaving() {
    let mut feed = Feed::live(&[("books", "A")]);
    feed.frame(&snapshot("A"));
    feed.session.unsubscribe(SubId(0));
    let again = feed.session.subscribe(Arg::new("books", "A"), None);
    feed.flush();
    // A second call, by mistake, does not hit the successor.
    feed.session.unsubscribe(SubId(0));
    feed.flush();
    let [drop, ask] = <[Sent; 2]>::try_from(feed.requests()).unwrap();
    assert_eq!((drop.op.as_str(), ask.op.as_str()), ("unsubscribe", "subscribe"));
    feed.ack(&drop, "books A");
    feed.ack(&ask, "books A");
    feed.seen.clear();
    feed.frame(&snapshot("A"));
    assert!(matches!(feed.take()[..], [Seen::Book(1, _)]));
    assert_eq!((feed.validity(0), feed.validity(again.0)), (Validity::Ended, Validity::Valid));
    feed.session.unsubscribe(SubId(0));
    feed.frame(&update("A", 10, 11));
    assert!(matches!(feed.take()[..], [Seen::Book(1, _)]));
    assert_eq!(feed.session.stats().channels[0].fallbacks.get(), 0, "its route is its own");
}

#[test]
fn a_subscription_that_okx_ends_is_asked_for_once_more_and_refused_if_okx_means_it() {
    let mut feed = Feed::live(&[("books", "A"), ("books", "B")]);
    feed.frame(&snapshot("A"));
    feed.frame(&snapshot("B"));
    feed.seen.clear();
    feed.frame(r#"{"event":"unsubscribe","arg":{"channel":"books","instId":"A"},"connId":"7f"}"#);
    assert_eq!(feed.notices(), [(Kind::Refused, Some(0), Some(Validity::Broken))]);
    feed.frame(&update("A", 10, 11));
    assert_eq!(feed.take(), []);
    feed.pass(2 * S);
    let again = feed.request("subscribe");
    assert_eq!(again.args, ["books A"]);
    feed.error(&again, "64003");
    assert_eq!(feed.notices(), [(Kind::Refused, Some(0), Some(Validity::Ended))]);
    assert_eq!(feed.validity(1), Validity::Valid);
    feed.pass(60 * S);
    assert_eq!(feed.requests(), []);
}

#[test]
fn a_passing_refusal_makes_a_book_that_was_ahead_of_its_ack_unreadable() {
    let mut feed = Feed::new(&[("books", "A")]);
    feed.connect();
    let ask = feed.request("subscribe");
    feed.frame(&snapshot("A"));
    assert_eq!(feed.validity(0), Validity::Valid);
    feed.error(&ask, "64007");
    assert_eq!(feed.validity(0), Validity::Broken);
    feed.pass(5 * S);
    let again = feed.request("subscribe");
    feed.error(&again, "64007");
    feed.pass(5 * S);
    assert_eq!(feed.requests(), [], "each refusal doubles the pause");
    feed.pass(5 * S);
    let again = feed.request("subscribe");
    feed.ack(&again, "books A");
    feed.frame(&snapshot("A"));
    assert_eq!(feed.validity(0), Validity::Valid);
}

#[test]
fn a_straggler_of_a_full_book_is_no_ack() {
    let mut feed = Feed::new(&[("books5", "A"), ("trades", "TYPO")]);
    feed.connect();
    let ask = feed.request("subscribe");
    feed.frame(&snapshot("A").replace("books", "books5").replace(r#""action":"snapshot","#, ""));
    assert_eq!(feed.validity(0), Validity::Valid, "nothing says yet that it is old");
    feed.error(&ask, "60018");
    feed.pass(3 * S);
    assert_eq!(feed.validity(0), Validity::Broken);
    let args: Vec<_> = feed.requests().into_iter().flat_map(|r| r.args).collect();
    assert_eq!(args, ["books5 A", "trades TYPO"]);
}

#[test]
fn the_smaller_book_excluded_after_its_ack_is_refused_by_name() {
    let mut feed = Feed::live(&[("books-l2-tbt", "A"), ("books", "A"), ("books", "B")]);
    feed.frame(&snapshot("B"));
    feed.seen.clear();
    feed.frame(r#"{"event":"error","code":"64004","msg":"excluded","connId":"7f"}"#);
    assert_eq!(feed.notices(), [(Kind::Refused, Some(1), Some(Validity::Ended))]);
    assert_eq!(feed.validity(2), Validity::Valid);
}

#[test]
fn a_spent_budget_ends_the_connection_when_something_waits_for_it() {
    let mut feed = Feed::live(&[("books", "A")]);
    spend(&mut feed, 439);
    feed.frame(&snapshot("A"));
    assert_eq!(feed.states.pop(), Some((0, "live".into())), "a book that is well waits for nothing");
    feed.frame(&update("A", 99, 100));
    feed.pass(4 * S);
    assert_eq!(feed.states.pop(), Some((0, "draining".into())));
    assert!(feed.session.poll_action().is_none(), "no connections are made before start");
}

#[test]
fn a_repeated_unsubscribe_ack_does_not_end_a_book_that_resynced() {
    let mut feed = Feed::live(&[("books", "A")]);
    feed.frame(&snapshot("A"));
    feed.frame(&update("A", 99, 100));
    let drop = feed.request("unsubscribe");
    feed.ack(&drop, "books A");
    let ask = feed.request("subscribe");
    feed.ack(&drop, "books A");
    feed.ack(&ask, "books A");
    feed.frame(&snapshot("A"));
    feed.ack(&drop, "books A");
    assert_eq!(feed.validity(0), Validity::Valid);
}

/// Requests of a single subscription, as fast as they may go.
fn spend(feed: &mut Feed, n: usize) {
    for _ in 0..n {
        let id = feed.session.subscribe(Arg::new("trades", "B"), None);
        while feed.requests().is_empty() {
            feed.pass(S / 20);
            feed.frame("pong");
        }
        feed.session.unsubscribe(id);
        feed.session.subs.pop();
    }
}

#[test]
fn at_most_470_requests_an_hour_are_sent() {
    let mut feed = Feed::live(&[]);
    let mut sent = Vec::new();
    for i in 0..6000 {
        if i < 3000 {
            feed.session.subscribe(Arg::new("trades", &format!("I{i}")), None);
        }
        feed.pass(S);
        feed.frame("pong");
        for request in feed.requests() {
            sent.push(feed.now);
            for arg in &request.args {
                feed.ack(&request, arg);
            }
        }
    }
    let most =
        (0..sent.len()).map(|i| sent[i..].iter().take_while(|at| **at < sent[i] + 3599 * S /* looked at once a second */).count()).max();
    assert!(most.is_some_and(|n| (441..=470).contains(&n)), "{most:?}");
    assert!(feed.session.subs.iter().all(|s| s.on[0].phase.is_live()), "those that had to wait went together");
}

#[test]
fn a_new_connection_has_a_new_budget() {
    let mut feed = Feed::live(&[]);
    for i in 0..480 {
        feed.session.subscribe(Arg::new("trades", &format!("I{i}")), None);
        feed.flush();
    }
    assert_eq!(feed.requests().len(), 60, "the rest shares a request, a moment later");
    feed.disconnect();
    feed.connect();
    assert_eq!(feed.request("subscribe").args.len(), 480);
}

#[test]
fn the_more_requests_are_used_up_the_longer_those_to_come_wait_for_company() {
    let mut feed = Feed::live(&[]);
    spend(&mut feed, 60);
    for (used, pause) in [(60, 50), (120, 100), (300, 800), (420, 3200)] {
        let here = feed.session.legs[0].requests.used(feed.now);
        spend(&mut feed, used - here);
        let now = feed.now;
        let free = feed.session.legs[0].requests.free_at(now);
        assert!(free <= now + pause * 1_000_000 && free > now + pause * 1_000_000 - S / 10, "{used}: {}", free - now);
    }
}

#[test]
fn an_ack_goes_to_the_subscription_that_shares_most_with_it() {
    let mut feed = Feed::new(&[]);
    let whole = Arg { channel: "instruments".into(), params: vec![("instType".into(), "SWAP".into())] };
    let mut family = whole.clone();
    family.params.push(("instFamily".into(), "BTC-USD".into()));
    feed.session.subscribe(whole, None);
    feed.session.subscribe(family, None);
    feed.connect();
    feed.seen.clear();
    feed.frame(r#"{"event":"subscribe","arg":{"instFamily":"BTC-USD","channel":"instruments","instType":"SWAP"}}"#);
    assert_eq!(feed.notices(), [(Kind::Subscribed, Some(1), None)]);
    feed.frame(r#"{"event":"subscribe","arg":{"channel":"instruments","instType":"SWAP","uid":"1"}}"#);
    assert_eq!(feed.notices(), [(Kind::Subscribed, Some(0), None)]);
}

/// A session that insists, acked: `orders` flows.
fn insisting() -> Feed {
    let mut feed = Feed::with(Config { insists: true, ..Config::default() }, &[("orders", "A")]);
    feed.connect();
    feed.ack_all();
    feed.seen.clear();
    feed
}

/// After how many seconds it is asked for again, and the request.
fn asked_after(feed: &mut Feed) -> (u64, Sent) {
    for seconds in 1..100 {
        feed.pass(S);
        if let Some(sent) = feed.requests().pop() {
            return (seconds, sent);
        }
    }
    panic!("never asked for again")
}

const ONE_TOO_MANY: &str = r#"{"event":"channel-conn-count-error","channel":"orders","connCount":"30","connId":"7f1c02aa"}"#;

#[test]
fn a_session_that_insists_asks_again_after_ever_longer_pauses_until_okx_gives_in() {
    let mut feed = insisting();
    feed.frame(ONE_TOO_MANY);
    let notice = feed.notice(Kind::Refused);
    assert_eq!((notice.channel.as_str(), notice.got.as_str(), notice.msg.as_str()), ("orders", "30", "channel-conn-count-error"));
    assert!(!notice.is_end());
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let (pause, sent) = asked_after(&mut feed);
        pauses.push(pause);
        feed.error(&sent, "60018");
        assert!(!feed.notice(Kind::Refused).is_end(), "told each time");
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
    let (_, sent) = asked_after(&mut feed);
    feed.ack(&sent, "orders A");
    assert_eq!(feed.notices(), [(Kind::Subscribed, Some(0), None)]);
    assert_eq!(feed.blind.pop().map(|n| n.cause), Some("refused".to_owned()));
}

#[test]
fn an_ack_that_is_taken_back_does_not_shorten_the_pause() {
    let mut feed = insisting();
    let mut pauses = Vec::new();
    for _ in 0..3 {
        feed.frame(ONE_TOO_MANY);
        let (pause, sent) = asked_after(&mut feed);
        feed.ack(&sent, "orders A");
        pauses.push(pause);
    }
    assert_eq!(pauses, [1, 2, 4]);
    feed.pass(301 * S);
    feed.frame(ONE_TOO_MANY);
    assert_eq!(asked_after(&mut feed).0, 1, "it had flowed for long");
}

#[test]
fn since_when_it_flows_is_for_all_to_see() {
    let mut feed = insisting();
    let since = Arc::clone(feed.session.since(SubId(0)).unwrap());
    assert_eq!(since.load(Relaxed), feed.now);
    feed.frame(ONE_TOO_MANY);
    assert_eq!(since.load(Relaxed), 0);
    let (_, sent) = asked_after(&mut feed);
    assert_eq!(since.load(Relaxed), 0, "asked for, not given");
    feed.ack(&sent, "orders A");
    let acked = feed.now;
    feed.pass(S);
    feed.frame(r#"{"arg":{"channel":"orders","instId":"A"},"data":[]}"#);
    assert_eq!(since.load(Relaxed), acked);
    feed.lose(0, "reset by peer");
    assert_eq!(since.load(Relaxed), 0);
    feed.connect();
    assert_eq!(since.load(Relaxed), 0);
    feed.frame(r#"{"arg":{"channel":"orders","instId":"A"},"data":[]}"#);
    assert_eq!(since.load(Relaxed), feed.now, "data came before the ack");
    feed.session.unsubscribe(SubId(0));
    assert_eq!(since.load(Relaxed), 0);
}
