//! Books that become valid by a snapshot from REST and the updates since.

use super::*;

const SUBS: [(&str, &str); 2] = [("books", "A"), ("books50-l2-tbt", "A")];

/// Acked a moment ago, without a snapshot so far.
fn without_snapshot() -> Feed {
    let mut feed = Feed::with(Config { recover: true, ..Config::default() }, &SUBS[..1]);
    feed.connect();
    feed.ack_all();
    feed.take_actions();
    feed.seen.clear();
    feed
}

/// Valid at 10, after `used` requests.
fn after_requests(used: usize) -> Feed {
    let mut feed = without_snapshot();
    feed.frame(&snapshot("A"));
    feed.seen.clear();
    let now = feed.now;
    while feed.session.legs[0].requests.used(now) < used {
        feed.session.legs[0].requests.count_other(now);
    }
    feed
}

/// A book by REST with a bid of this size.
fn rest(feed: &mut Feed, id: u64, seq: i64, sz: &str) {
    let body = format!(
        r#"{{"code":"0","msg":"","data":[{{"asks":[["67500.2","1","0","1"]],"bids":[["67500.1","{sz}","0","1"],["67500","7","0","1"]],"ts":"1785096000200","seqId":{seq}}}]}}"#
    );
    feed.drive(|s, at, on| s.handle_fetched(id, at, Ok(body.as_bytes()), on));
}

/// What reached the user of book A since the last look: action and numbers.
fn updates(feed: &mut Feed) -> Vec<(&'static str, Option<i64>, Option<i64>)> {
    let book = |seen| if let Seen::Book(_, u) = seen { Some((u.action.as_str(), u.prev_seq_id, u.seq_id)) } else { None };
    feed.take().into_iter().filter_map(book).collect()
}

fn best_bid(feed: &Feed) -> String {
    let shared = feed.session.book(SubId(0)).unwrap().clone();
    let book = shared.lock();
    book.sides().unwrap().0.best().unwrap().sz.to_string()
}

#[test]
fn without_a_snapshot_on_the_socket_rest_and_the_updates_since_make_the_book() {
    let mut feed = without_snapshot();
    feed.frame(&update("A", 11, 12));
    feed.pass(S - 1);
    assert_eq!(feed.take_actions(), [], "the socket's own is waited for");
    feed.pass(1);
    let fetch = fetch(&mut feed);
    assert_eq!((fetch.path, fetch.query.as_str(), fetch.count), ("/api/v5/market/books", "instId=A&sz=400", 40));
    feed.frame(&update("A", 12, 14));
    assert_eq!((feed.validity(0), feed.take()), (Validity::Waiting, vec![]));
    rest(&mut feed, fetch.id, 12, "3");
    assert_eq!(updates(&mut feed), [("snapshot", Some(-1), Some(12)), ("update", Some(12), Some(14))]);
    assert_eq!((feed.validity(0), best_bid(&feed).as_str(), feed.session.stats.bridged.get()), (Validity::Valid, "1.25", 1));
    // From here on as ever, and nothing is left to be asked for.
    feed.frame(&update("A", 14, 15));
    assert_eq!(updates(&mut feed), [("update", Some(14), Some(15))]);
    feed.pass(60 * S);
    assert_eq!((feed.take_actions(), feed.requests()), (vec![], vec![]));
}

#[test]
fn the_sockets_snapshot_needs_no_rest() {
    let mut feed = without_snapshot();
    feed.frame(&update("A", 9, 10));
    feed.frame(&snapshot("A"));
    feed.frame(&update("A", 10, 11));
    feed.pass(20 * S);
    assert_eq!((feed.validity(0), feed.take_actions()), (Validity::Valid, vec![]));
    // A reply to what was asked before it came changes nothing.
    let mut feed = without_snapshot();
    feed.frame(&update("A", 9, 10));
    feed.pass(S);
    let fetch = fetch(&mut feed);
    feed.frame(&snapshot("A"));
    feed.seen.clear();
    rest(&mut feed, fetch.id, 10, "3");
    assert_eq!((updates(&mut feed), best_bid(&feed).as_str()), (vec![], "0.95"));
}

#[test]
fn a_snapshot_that_is_ahead_waits_for_the_socket_and_others_are_asked_for_again() {
    let mut feed = without_snapshot();
    feed.frame(&update("A", 11, 12));
    feed.pass(S);
    let first = fetch(&mut feed);
    // Older than what is kept; then from within an update.
    rest(&mut feed, first.id, 10, "3");
    feed.pass(S / 2);
    feed.frame(&update("A", 12, 16));
    let second = fetch(&mut feed);
    rest(&mut feed, second.id, 14, "3");
    feed.pass(S / 2);
    let third = fetch(&mut feed);
    rest(&mut feed, third.id, 20, "3");
    assert_eq!((updates(&mut feed), feed.validity(0)), (vec![], Validity::Waiting));
    feed.frame(&update("A", 16, 20));
    assert_eq!(updates(&mut feed), [("snapshot", Some(-1), Some(20))]);
    assert_eq!((feed.validity(0), best_bid(&feed).as_str()), (Validity::Valid, "3"));
}

#[test]
fn what_rest_cannot_give_is_asked_for_on_the_socket() {
    let mut feed = without_snapshot();
    feed.frame(&update("A", 11, 12));
    feed.pass(S);
    for _ in 0..4 {
        let asked = fetch(&mut feed);
        feed.drive(|s, at, on| s.handle_fetched(asked.id, at, Ok(br#"{"code":"50013","msg":"busy","data":[]}"#), on));
        feed.pass(S / 2);
    }
    let notice = feed.notice(Kind::Timeout);
    assert_eq!(notice.msg, "no snapshot by REST: no snapshot that fits, subscribing again");
    assert_eq!((feed.take_actions(), feed.request("unsubscribe").args), (vec![], vec!["books A".to_owned()]));
    // Numbers that start anew make nothing of what was kept comparable.
    let mut feed = without_snapshot();
    feed.frame(&update("A", 11, 12));
    feed.frame(&update("A", 12, 3));
    assert_eq!(feed.notice(Kind::Timeout).msg, "no snapshot by REST: OKX started its numbers anew, subscribing again");
    assert_eq!(feed.request("unsubscribe").args, ["books A"]);
}

#[test]
fn with_half_of_the_requests_used_up_a_gap_is_closed_by_rest() {
    let mut feed = after_requests(240);
    feed.frame(&update("A", 11, 12));
    assert_eq!(feed.notices(), [(Kind::Gap, Some(0), Some(Validity::Broken))]);
    feed.pass(0);
    let fetch = fetch(&mut feed);
    assert_eq!(feed.requests(), []);
    rest(&mut feed, fetch.id, 11, "3");
    assert_eq!(feed.validity(0), Validity::Valid);
    let seen = feed.take();
    let [Seen::Notice(_, told, _), Seen::Book(_, start), Seen::Book(_, next)] = &seen[..] else { panic!("{seen:?}") };
    assert_eq!((told.kind, start.seq_id, next.seq_id), (Kind::Resynced, Some(11), Some(12)));
    assert_eq!((feed.blind.len(), feed.blind[0].cause.as_str()), (1, "gap"));
    feed.pass(60 * S);
    assert_eq!(feed.requests(), []);
}

#[test]
fn with_requests_to_spare_a_gap_is_closed_on_the_socket_and_so_it_is_without_rest() {
    let mut feed = after_requests(239);
    feed.frame(&update("A", 11, 12));
    feed.pass(S);
    assert_eq!((feed.request("unsubscribe").args, feed.take_actions()), (vec!["books A".to_owned()], vec![]));
    let mut feed = Feed::live(&SUBS[..1]);
    feed.frame(&update("A", 11, 12));
    feed.pass(9 * S);
    assert_eq!((feed.take_actions(), feed.requests()), (vec![], vec![]), "nothing but the socket's own snapshot counts");
}

#[test]
fn only_so_many_snapshots_are_asked_for_at_a_time() {
    let ids = (0..8).map(|at| format!("I{at}")).collect::<Vec<_>>();
    let subs = ids.iter().map(|id| ("books", id.as_str())).collect::<Vec<_>>();
    let mut feed = Feed::with(Config { recover: true, ..Config::default() }, &subs);
    feed.connect();
    feed.ack_all();
    feed.take_actions();
    for id in &ids {
        feed.frame(&update(id, 11, 12));
    }
    feed.pass(S);
    let asked = feed.take_actions();
    assert_eq!(asked.len(), 6);
    let Some(Action::Fetch(first)) = asked.first() else { panic!("{asked:?}") };
    rest(&mut feed, first.id, 12, "3");
    feed.pass(0);
    assert_eq!((feed.validity(0), feed.take_actions().len()), (Validity::Valid, 1));
}

#[test]
fn a_book_of_fifty_levels_asks_for_fifty_and_a_lost_connection_asks_for_nothing() {
    let mut feed = Feed::with(Config { recover: true, ..Config::default() }, &SUBS[1..]);
    feed.connect();
    feed.ack_all();
    feed.take_actions();
    feed.frame(&update("A", 11, 12).replace("\"books\"", "\"books50-l2-tbt\""));
    feed.pass(S);
    let asked = fetch(&mut feed);
    assert_eq!(asked.query, "instId=A&sz=50");
    feed.lose(0, "reset by peer");
    rest(&mut feed, asked.id, 12, "3");
    assert_eq!(feed.validity(0), Validity::Disconnected);
}
