#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use super::*;

/// OKX's clock is ours; both started at this moment.
const BEGIN_MS: u64 = 1_785_096_000_000;

fn at(ms: u64) -> Stamp {
    Stamp { mono_ns: ms * MS, wall_ns: (BEGIN_MS + ms) * MS }
}

fn asked(cl_ord_id: &str, ord_id: &str) -> Asked {
    let id = |text| Id::new(text).unwrap();
    let (ord_id, cl_ord_id) = (id(ord_id), id(cl_ord_id));
    Asked { inst: "BTC-USDT-SWAP".into(), ord_id, cl_ord_id, new_px: None, new_sz: None, req_id: Id::default() }
}

fn call(id: u64, op: Op, asked: Vec<Asked>) -> Call<&'static str> {
    Call { id, op, line: 1, called: at(1000), answer_by: at(6000).mono_ns, exp_ms: None, asked, ticket: "ticket" }
}

/// A call by REST, about to leave.
fn by_rest(op: Op, id: u64, called: Stamp, asked: Asked) -> Call<&'static str> {
    Call { line: 0, called, answer_by: u64::MAX, ..call(id, op, vec![asked]) }
}

fn begun(op: Op, asked: Vec<Asked>) -> Desk<&'static str> {
    let mut desk = Desk::new(Config::default());
    desk.begin(call(7, op, asked));
    desk
}

fn answer(desk: &mut Desk<&'static str>, ms: u64, text: &str) -> bool {
    desk.handle_answer(at(ms), &Answer::parse(text.as_bytes()).unwrap())
}

fn order(state: &str, c_time: u64) -> Seen {
    let row = format!(
        r#"{{"data":[{{"instId":"BTC-USDT-SWAP","ordId":"31","clOrdId":"a1","state":"{state}","px":"60000","sz":"1","cTime":"{}","uTime":"{}"}}]}}"#,
        BEGIN_MS + c_time,
        BEGIN_MS + c_time
    );
    Seen::of_push(row.as_bytes()).remove(0)
}

fn over(desk: &mut Desk<&'static str>) -> Report {
    let (_, report) = desk.poll_done().expect("a call that is over");
    report
}

/// Lets time pass as a driver would, every question answered with `reply`.
fn pass(desk: &mut Desk<&'static str>, until: u64, reply: Result<Option<&Seen>, &str>) -> usize {
    let mut questions = 0;
    while let Some(due) = desk.poll_timeout().filter(|due| *due <= at(until).mono_ns) {
        let now = at(due.div_ceil(MS));
        desk.handle_timeout(now);
        while let Some(query) = desk.poll_query() {
            questions += 1;
            desk.handle_queried(now, query.id, reply);
        }
    }
    questions
}

#[test]
fn okxs_answer_is_the_outcome() {
    for (op, item, outcome, code) in [
        (Op::Order, r#"{"ordId":"31","clOrdId":"a1","sCode":"0","ts":"5"}"#, Outcome::Confirmed, "0"),
        (Op::Order, r#"{"ordId":"","clOrdId":"a1","sCode":"51008","sMsg":"no","subCode":"1000"}"#, Outcome::Rejected, "51008"),
        (Op::CancelOrder, r#"{"ordId":"31","clOrdId":"a1","sCode":"51400","sMsg":"gone"}"#, Outcome::Rejected, "51400"),
        (Op::MassCancel, r#"{"result":true}"#, Outcome::Confirmed, "0"),
        (Op::MassCancel, r#"{"result":false}"#, Outcome::Rejected, "0"),
    ] {
        let mut desk = begun(op, vec![asked("a1", "")]);
        let top = if outcome == Outcome::Confirmed || code == "0" { "0" } else { "1" };
        let text = format!(r#"{{"id":"7","op":"{}","code":"{top}","msg":"","data":[{item}],"inTime":"9","outTime":"10"}}"#, op.as_str());
        assert!(answer(&mut desk, 1001, &text));
        let report = over(&mut desk);
        assert_eq!(
            (report.items[0].outcome, report.items[0].code.as_str(), report.items[0].proof),
            (outcome, code, Proof::Answer),
            "{text}"
        );
        assert_eq!((report.in_time_us, report.out_time_us, report.answered), (Some(9), Some(10), Some(at(1001))));
        assert!(desk.is_empty());
        assert!(!answer(&mut desk, 1002, &text), "the second answer is nobody's");
    }
}

#[test]
fn a_refusal_of_the_request_is_one_of_each_order() {
    let mut desk = begun(Op::BatchOrders, vec![asked("a1", ""), asked("a2", "")]);
    answer(&mut desk, 1001, r#"{"id":"7","op":"batch-orders","code":"50011","msg":"Too many","data":[]}"#);
    let report = over(&mut desk);
    assert!(report.items.iter().all(|i| (i.outcome, i.code.as_str(), i.msg.as_str()) == (Outcome::Rejected, "50011", "Too many")));
}

#[test]
fn a_batch_is_judged_order_by_order() {
    let mut desk = begun(Op::BatchOrders, vec![asked("a0", ""), asked("a1", ""), asked("a2", "")]);
    answer(
        &mut desk,
        1001,
        r#"{"id":"7","op":"batch-orders","code":"2","msg":"","data":[{"ordId":"30","clOrdId":"a0","sCode":"0"},{"ordId":"","clOrdId":"a1","sCode":"50004","sMsg":"timeout"},{"ordId":"","clOrdId":"a2","sCode":"51020","sMsg":"small"}]}"#,
    );
    assert!(desk.poll_done().is_none(), "one of them is in doubt");
    let query = desk.poll_query().unwrap();
    assert_eq!((query.cl_ord_id.as_str(), query.ord_id.as_str()), ("a1", ""));
    desk.handle_queried(at(1100), query.id, Ok(Some(&order("live", 1050))));
    let report = over(&mut desk);
    let words: Vec<_> = report.items.iter().map(|i| (i.outcome, i.proof)).collect();
    assert_eq!(words, [(Outcome::Confirmed, Proof::Answer), (Outcome::Confirmed, Proof::Query), (Outcome::Rejected, Proof::Answer)]);
    assert_eq!((report.items[1].ord_id.as_str(), report.items[1].doubt.as_str()), ("31", "OKX 50004: timeout"));
}

#[test]
fn a_place_without_an_answer_is_confirmed_by_its_order_and_not_by_an_older_one() {
    let mut desk = begun(Op::Order, vec![asked("a1", "")]);
    desk.handle_lost(at(1500), 2, "another line");
    assert!(desk.poll_query().is_none(), "its own line is up");
    desk.handle_lost(at(1500), 1, "reset");
    let query = desk.poll_query().unwrap();
    // The clOrdId was used before: that order is another one.
    desk.handle_queried(at(1510), query.id, Ok(Some(&order("canceled", 0 /* a second before */).older())));
    assert!(desk.poll_done().is_none());
    desk.handle_timeout(at(1700));
    let query = desk.poll_query().unwrap();
    desk.handle_queried(at(1710), query.id, Ok(Some(&order("filled", 1001))));
    let report = over(&mut desk);
    let item = &report.items[0];
    assert_eq!((item.outcome, item.proof, item.queries, item.ord_id.as_str()), (Outcome::Confirmed, Proof::Query, 2, "31"));
    assert_eq!(item.doubt, "the connection was lost before the answer: reset");
    assert_eq!(report.answered, None);
}

impl Seen {
    fn older(mut self) -> Self {
        self.c_time_ms = Some(BEGIN_MS - 60_000);
        self
    }
}

#[test]
fn that_there_is_no_order_proves_nothing_before_its_exp_time_has_passed() {
    for (exp, outcome) in [(None, Outcome::Unknown), (Some(3000), Outcome::Rejected), (Some(60_000), Outcome::Unknown)] {
        let mut desk = Desk::new(Config::default());
        desk.begin(Call { exp_ms: exp.map(|ms: u64| BEGIN_MS + ms), ..call(7, Op::Order, vec![asked("a1", "")]) });
        desk.handle_lost(at(1500), 1, "reset");
        let query = desk.poll_query().unwrap();
        desk.handle_queried(at(1501), query.id, Ok(None));
        assert!(desk.poll_done().is_none(), "it may still be under way");
        let questions = pass(&mut desk, 30_000, Ok(None));
        let report = over(&mut desk);
        assert_eq!(report.items[0].outcome, outcome, "{exp:?}");
        assert!(questions < 12, "{questions} questions in ten seconds");
        if outcome == Outcome::Unknown {
            assert_eq!(report.items[0].msg, "OKX has no such order");
            assert!(report.settled.mono_ns >= at(11_500).mono_ns, "{:?}", report.settled);
        } else {
            assert!(report.settled.mono_ns > at(4000).mono_ns, "not before expTime and the slack have passed");
        }
    }
}

#[test]
fn questions_that_fail_prove_nothing_either() {
    let mut desk = Desk::new(Config::default());
    desk.begin(Call { exp_ms: Some(BEGIN_MS + 1100), ..call(7, Op::Order, vec![asked("a1", "")]) });
    desk.handle_lost(at(1500), 1, "reset");
    pass(&mut desk, 30_000, Err("no route"));
    let report = over(&mut desk);
    assert_eq!((report.items[0].outcome, report.items[0].msg.as_str()), (Outcome::Unknown, "could not be asked: no route"));
}

#[test]
fn an_order_without_a_name_cannot_be_asked_for_but_its_answer_may_be_late() {
    for is_late in [true, false] {
        let mut desk = begun(Op::Order, vec![asked("", "")]);
        assert_eq!(pass(&mut desk, 8000, Ok(None)), 0);
        if is_late {
            answer(&mut desk, 9000, r#"{"id":"7","op":"order","code":"0","msg":"","data":[{"ordId":"31","clOrdId":"","sCode":"0"}]}"#);
        }
        pass(&mut desk, 30_000, Ok(None));
        let item = over(&mut desk).items.remove(0);
        assert_eq!(item.outcome, if is_late { Outcome::Confirmed } else { Outcome::Unknown });
        assert_eq!(item.doubt, "no answer within 5000 ms");
    }
}

#[test]
fn a_push_proves_as_much_as_an_answer_which_is_then_not_waited_for_long() {
    let mut desk = begun(Op::Order, vec![asked("a1", "")]);
    desk.handle_seen(at(1002), &order("live", 1001));
    assert!(desk.poll_done().is_none(), "the answer says more, and is as good as here");
    pass(&mut desk, 1300, Ok(None));
    let item = over(&mut desk).items.remove(0);
    assert_eq!((item.outcome, item.proof, item.queries), (Outcome::Confirmed, Proof::Push, 0));
}

#[test]
fn a_cancel_in_doubt_is_judged_by_the_order() {
    for (state, outcome) in [
        ("canceled", Outcome::Confirmed),
        ("mmp_canceled", Outcome::Confirmed),
        ("filled", Outcome::Rejected),
        ("live", Outcome::Unknown),
        ("partially_filled", Outcome::Unknown),
    ] {
        let mut desk = begun(Op::CancelOrder, vec![asked("", "31")]);
        desk.handle_lost(at(1500), 1, "reset");
        pass(&mut desk, 30_000, Ok(Some(&order(state, 1))));
        let item = over(&mut desk).items.remove(0);
        assert_eq!(item.outcome, outcome, "{state}");
        if outcome == Outcome::Unknown {
            assert_eq!(item.msg, format!("OKX has the order 31 as {state}"));
        }
    }
}

#[test]
fn an_amendment_in_doubt_is_judged_by_its_req_id_or_by_what_the_order_has_become() {
    let num = |text: &str| Num::parse(text.as_bytes());
    let amended =
        |req: &str, px: &str, sz: &str| Asked { req_id: Id::new(req).unwrap(), new_px: num(px), new_sz: num(sz), ..asked("", "31") };
    let row = |state: &str, req: &str, result: &str| Seen { req_id: req.into(), amend_result: result.into(), ..order(state, 1100) };
    for (asked, seen, outcome) in [
        (amended("r1", "61000", ""), row("live", "r1", "0"), Outcome::Confirmed),
        (amended("r1", "61000", ""), row("live", "r1", "-1"), Outcome::Rejected),
        (amended("r1", "61000", ""), row("canceled", "r1", "1"), Outcome::Rejected),
        (amended("r1", "61000", ""), row("canceled", "r1", "") /* cxlOnFail, refused at once */, Outcome::Rejected),
        (amended("r1", "60000", ""), row("canceled", "r1", ""), Outcome::Confirmed),
        (amended("", "60000.0", ""), row("live", "", ""), Outcome::Confirmed),
        (amended("", "60000", "1.00"), row("live", "other", "0"), Outcome::Confirmed),
        (amended("", "60000", "2"), row("live", "", ""), Outcome::Unknown),
        (amended("", "61000", ""), row("filled", "", ""), Outcome::Rejected),
        (amended("", "60000", ""), row("filled", "", ""), Outcome::Confirmed),
        // To a size that was filled already: the order ended by it, at its old price. Or its size was so before.
        (amended("r1", "61000", "1"), row("filled", "", ""), Outcome::Unknown),
        (amended("r1", "61000", "1"), row("filled", "r1", "0"), Outcome::Confirmed),
        (amended("r1", "61000", "1"), row("canceled", "", ""), Outcome::Rejected),
        (amended("", "60000", ""), Seen { u_time_ms: Some(BEGIN_MS - 5000), ..row("live", "", "") }, Outcome::Unknown),
    ] {
        let mut desk = begun(Op::AmendOrder, vec![asked.clone()]);
        desk.handle_lost(at(1500), 1, "reset");
        desk.handle_seen(at(1501), &seen);
        pass(&mut desk, 30_000, Ok(Some(&seen)));
        assert_eq!(over(&mut desk).items[0].outcome, outcome, "{asked:?} {seen:?}");
    }
}

#[test]
fn an_amendment_that_expired_undone_is_rejected() {
    let mut desk = Desk::new(Config::default());
    let asked = Asked { new_px: Num::parse(b"61000"), ..asked("", "31") };
    desk.begin(Call { exp_ms: Some(BEGIN_MS + 1100), ..call(7, Op::AmendOrder, vec![asked]) });
    desk.handle_lost(at(1500), 1, "reset");
    pass(&mut desk, 30_000, Ok(Some(&order("live", 10))));
    let item = over(&mut desk).items.remove(0);
    assert_eq!((item.outcome, item.msg.as_str()), (Outcome::Rejected, "expTime has passed, and the order is as it was"));
}

#[test]
fn a_call_that_did_not_leave_is_gone_and_a_closed_desk_leaves_nothing_open() {
    let mut desk = begun(Op::Order, vec![asked("a1", "")]);
    assert_eq!(desk.take_back(7), Some("ticket"));
    assert!(desk.is_empty());
    desk.begin(call(8, Op::Order, vec![asked("a1", "")]));
    desk.close(at(1100));
    let item = over(&mut desk).items.remove(0);
    assert_eq!((item.outcome, item.doubt.as_str()), (Outcome::Unknown, "the client was closed before the answer"));
    assert_eq!(desk.counts(), Counts { calls: 1, unknown: 1, doubted: 1, queries: 1, ..Counts::default() });
}

#[test]
fn an_answer_for_another_operation_or_for_nobody_settles_nothing() {
    let mut desk = begun(Op::Order, vec![asked("a1", "")]);
    for text in [
        r#"{"id":"7","op":"cancel-order","code":"0","msg":"","data":[{"ordId":"31","clOrdId":"a1","sCode":"0"}]}"#,
        r#"{"id":"8","op":"order","code":"0","msg":"","data":[{"ordId":"31","clOrdId":"a1","sCode":"0"}]}"#,
        r#"{"id":"x7","op":"order","code":"0","msg":"","data":[]}"#,
    ] {
        assert!(!answer(&mut desk, 1001, text), "{text}");
    }
    assert_eq!((desk.len(), desk.counts().unmatched), (1, 3));
}

#[test]
fn a_late_answer_that_leaves_it_open_prolongs_nothing() {
    let mut desk = begun(Op::Order, vec![asked("a1", "")]);
    pass(&mut desk, 8000, Ok(None));
    assert!(answer(&mut desk, 8000, r#"{"id":"7","op":"order","code":"50004","msg":"timeout","data":[]}"#));
    pass(&mut desk, 60_000, Ok(None));
    let report = over(&mut desk);
    assert_eq!(report.settled, at(16_000));
    assert_eq!((report.items[0].doubt.as_str(), desk.counts().doubted), ("OKX 50004: timeout", 1));
}

#[test]
fn an_answer_to_one_calls_question_proves_as_much_to_another_about_the_same_order() {
    let mut desk = begun(Op::CancelOrder, vec![asked("", "31")]);
    desk.begin(call(8, Op::CancelOrder, vec![asked("a1", "")]));
    desk.handle_lost(at(1500), 1, "reset");
    let first = desk.poll_query().unwrap();
    assert!(desk.poll_query().is_some());
    desk.handle_queried(at(1600), first.id, Ok(Some(&order("canceled", 1))));
    assert_eq!([over(&mut desk), over(&mut desk)].map(|report| report.items[0].outcome), [Outcome::Confirmed; 2]);
    assert!(desk.is_empty());
}

#[test]
fn an_order_that_had_the_name_before_proves_nothing_however_young_it_is() {
    let mut desk = begun(Op::Order, vec![asked("a1", "")]);
    answer(&mut desk, 1001, r#"{"id":"7","op":"order","code":"0","msg":"","data":[{"ordId":"31","clOrdId":"a1","sCode":"0"}]}"#);
    over(&mut desk);
    // Canceled within a millisecond, and the name used again: that request is lost.
    desk.begin(Call { called: at(1003), ..call(8, Op::Order, vec![asked("a1", "")]) });
    desk.handle_seen(at(1004), &order("canceled", 1001));
    desk.handle_lost(at(1500), 1, "reset");
    pass(&mut desk, 30_000, Ok(Some(&order("canceled", 1001))));
    let item = over(&mut desk).items.remove(0);
    assert_eq!((item.outcome, item.msg.as_str()), (Outcome::Unknown, "OKX has the order 31 as canceled"));
}

#[test]
fn an_answer_that_says_nothing_settles_nothing_and_a_code_that_leaves_it_open_is_kept() {
    let mut desk = begun(Op::Order, vec![asked("a1", "")]);
    answer(&mut desk, 1001, r#"{"id":"7","op":"order"}"#);
    pass(&mut desk, 30_000, Ok(None));
    assert_eq!(over(&mut desk).items[0].outcome, Outcome::Unknown);
    desk.begin(call(8, Op::Order, vec![asked("a1", "")]));
    answer(&mut desk, 1001, r#"{"id":"8","op":"order","code":"50004","msg":"timeout","data":[]}"#);
    pass(&mut desk, 30_000, Ok(None));
    let item = over(&mut desk).items.remove(0);
    assert_eq!((item.outcome, item.code.as_str()), (Outcome::Unknown, "50004"));
}

#[test]
fn an_order_that_is_over_as_it_was_rejects_no_amendment_that_another_may_have_undone() {
    let amended = |px: &str| Asked { new_px: Num::parse(px.as_bytes()), ..asked("", "31") };
    let mut desk = begun(Op::AmendOrder, vec![amended("61000")]);
    desk.begin(call(8, Op::AmendOrder, vec![amended("62000")]));
    desk.begin(call(9, Op::AmendOrder, vec![Asked { inst: "other".into(), ..amended("63000") }]));
    desk.handle_lost(at(1500), 1, "reset");
    pass(&mut desk, 30_000, Ok(Some(&order("canceled", 1100))));
    let mut words: Vec<_> = std::iter::from_fn(|| desk.poll_done()).map(|(_, report)| (report.id, report.items[0].outcome)).collect();
    words.sort_by_key(|(id, _)| *id);
    assert_eq!(words, [(7, Outcome::Unknown), (8, Outcome::Rejected), (9, Outcome::Unknown)]);
}

#[test]
fn an_amendment_by_rest_may_have_undone_one_that_left_about_then_or_before() {
    let amended = |px: &str| Asked { new_px: Num::parse(px.as_bytes()), ..asked("", "31") };
    // The one in doubt was called at 1000 over a connection; the order is canceled, with another price.
    for (other, outcome) in
        [(None, Outcome::Rejected), (Some(1200), Outcome::Unknown), (Some(900), Outcome::Unknown), (Some(0), Outcome::Unknown)]
    {
        let mut desk = Desk::new(Config::default());
        if let Some(ms) = other.filter(|ms| *ms < 1000) {
            desk.begin(by_rest(Op::AmendOrder, 3, at(ms), amended("62000")));
        }
        desk.begin(call(7, Op::AmendOrder, vec![amended("61000")]));
        if let Some(ms) = other.filter(|ms| *ms > 1000) {
            desk.begin(by_rest(Op::AmendOrder, 8, at(ms), amended("62000")));
        }
        desk.handle_lost(at(1500), 1, "reset");
        pass(&mut desk, 30_000, Ok(Some(&order("canceled", 1100))));
        assert_eq!(over(&mut desk).items[0].outcome, outcome, "{other:?}");
    }
    // One of long ago has arrived by now, or never will.
    let mut desk = Desk::new(Config::default());
    desk.begin(by_rest(Op::AmendOrder, 3, at(1000), amended("62000")));
    desk.begin(Call { called: at(12_000), answer_by: at(17_000).mono_ns, ..call(7, Op::AmendOrder, vec![amended("61000")]) });
    desk.handle_lost(at(12_500), 1, "reset");
    pass(&mut desk, 60_000, Ok(Some(&order("canceled", 12_100))));
    assert_eq!(over(&mut desk).items[0].outcome, Outcome::Rejected);
}

#[test]
fn an_amendment_by_rest_is_no_other_than_itself_and_one_that_was_answered_is_remembered() {
    let amended = || Asked { new_px: Num::parse(b"61000"), ..asked("", "31") };
    for (between, outcome) in [(false, Outcome::Rejected), (true, Outcome::Unknown)] {
        let mut desk = Desk::new(Config::default());
        desk.begin(by_rest(Op::AmendOrder, 7, at(1000), amended()));
        if between {
            desk.begin(by_rest(Op::AmendOrder, 8, at(1100), amended()));
            assert_eq!(desk.take_back(8), Some("ticket"));
        }
        desk.handle_open(at(2000), 7, "no answer");
        let query = desk.poll_query().unwrap();
        desk.handle_queried(at(2010), query.id, Ok(Some(&order("canceled", 1150))));
        pass(&mut desk, 30_000, Ok(Some(&order("canceled", 1150))));
        assert_eq!(over(&mut desk).items[0].outcome, outcome, "{between}");
    }
}

#[test]
fn what_is_seen_while_a_call_by_rest_is_on_its_way_settles_it_once_it_comes_back_without_an_answer() {
    let placed = || by_rest(Op::Order, 7, at(1000), asked("a1", ""));
    let mut desk = Desk::new(Config::default());
    desk.begin(placed());
    desk.handle_seen(at(1020), &order("live", 1010));
    desk.handle_timeout(at(60_000));
    assert!(desk.poll_done().is_none(), "it may still be answered");
    desk.handle_open(at(61_000), 7, "no answer");
    let report = over(&mut desk);
    assert_eq!((report.items[0].outcome, report.items[0].proof, &*report.items[0].ord_id), (Outcome::Confirmed, Proof::Push, "31"));
    // In doubt it is not taken back; answered by REST it is, and leaves nothing behind.
    desk.begin(placed());
    desk.handle_open(at(62_000), 7, "no answer");
    assert_eq!((desk.take_back(7), desk.len()), (None, 1));
    let mut desk = Desk::new(Config::default());
    desk.begin(placed());
    assert_eq!((desk.take_back(7), desk.len(), desk.counts().calls), (Some("ticket"), 0, 0));
}

#[test]
fn amendments_remembered_are_bounded_and_a_call_of_a_forgotten_time_is_judged_by_none() {
    let other = |n: u64| Asked { new_px: Num::parse(b"62000"), ..asked("", &format!("9{n}")) };
    for (more, outcome) in [(0, Outcome::Rejected), (20_000, Outcome::Unknown)] {
        let mut desk = Desk::new(Config::default());
        desk.begin(call(7, Op::AmendOrder, vec![Asked { new_px: Num::parse(b"61000"), ..asked("", "31") }]));
        for n in 0..more {
            desk.begin(by_rest(Op::AmendOrder, 8 + n, Stamp { mono_ns: at(1001).mono_ns + n, ..at(1001) }, other(n)));
            desk.take_back(8 + n);
        }
        desk.handle_lost(at(1500), 1, "reset");
        pass(&mut desk, 30_000, Ok(Some(&order("canceled", 1100))));
        assert_eq!(over(&mut desk).items[0].outcome, outcome, "{more}");
    }
}
