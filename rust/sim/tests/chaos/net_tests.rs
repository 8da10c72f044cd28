use super::*;
use crate::truth::Truth;
use crate::venue::{START, Venue};

/// Until nothing is under way: what arrived at clients, and when.
fn settle(net: &mut Net, venue: &mut Venue, truth: &mut Truth) -> Vec<(Nanos, ConnId, Down)> {
    let mut arrived = Vec::new();
    while let Some(now) = net.next() {
        venue.advance(now, truth);
        while let Some(arrival) = net.arrive(now) {
            match arrival {
                Arrival::AtExchange(input) => venue.give(&input),
                Arrival::AtClient(conn, _, down) => arrived.push((now, conn, down)),
            }
        }
        while let Some(output) = venue.output(now, truth) {
            net.carry(now, output);
        }
    }
    arrived
}

fn set_up() -> (Net, Venue, Truth) {
    (Net::new(Dice::of(1, "net"), false), Venue::new(1, 2, &["C000-USDT".to_owned()]), Truth::default())
}

#[test]
fn a_fetch_goes_to_the_exchange_and_back() {
    let (mut net, mut venue, mut truth) = set_up();
    net.fetch(START, Owner::Fetch(0, 5), "/api/v5/market/books?instId=C000-USDT&sz=5", Vec::new());
    net.fetch(START, Owner::Fetch(0, 6), "/api/v5/market/nothing", Vec::new());
    let arrived = settle(&mut net, &mut venue, &mut truth);
    let answers = arrived.iter().map(|(_, _, down)| match down {
        Down::Answer(body) => String::from_utf8_lossy(body).contains("\"asks\":[[").to_string(),
        other => format!("{other:?}"),
    });
    let mut answers: Vec<String> = answers.collect();
    answers.sort();
    assert_eq!(answers, ["Ended(\"HTTP 404\")", "true"]);
    assert!(arrived.iter().all(|(at, ..)| *at > START));
}

#[test]
fn frames_keep_their_order_and_a_stall_holds_them_all() {
    let (mut net, mut venue, mut truth) = set_up();
    let conn = net.connect(START, Owner::Leg(0, 0), "/ws/v5/public");
    let opened = settle(&mut net, &mut venue, &mut truth);
    let [(now, _, Down::Open), ..] = opened.as_slice() else { panic!("{opened:?}") };
    let (now, until) = (*now, now + 7 * SECOND);
    (0..20u8).for_each(|n| net.carry(now, Output::Text { conn, text: [n].into() }));
    net.stall(conn, false, until);
    let texts = settle(&mut net, &mut venue, &mut truth);
    let order: Vec<u8> = texts.iter().map(|(_, _, down)| if let Down::Text(text) = down { text[0] } else { 99 }).collect();
    assert_eq!(order, (0..20).collect::<Vec<u8>>());
    assert!(texts.iter().all(|(at, ..)| *at == until));
}

#[test]
fn nobody_gets_in_while_nobody_listens_and_a_silent_server_tries_the_patience() {
    let (mut net, mut venue, mut truth) = set_up();
    net.carry(START, Output::Listen { open: false });
    net.connect(START, Owner::Leg(0, 0), "/ws/v5/public");
    net.carry(START, Output::Listen { open: true });
    let frozen = net.connect(START, Owner::Leg(0, 0), "/ws/v5/public");
    net.freeze(frozen);
    let ends = settle(&mut net, &mut venue, &mut truth);
    let ends: Vec<(Nanos, String)> =
        ends.into_iter().map(|(at, _, down)| (at.saturating_sub(START) / SECOND, format!("{down:?}"))).collect();
    assert!(ends.contains(&(0, "Ended(\"connection refused\")".to_owned())), "{ends:?}");
    assert!(ends.contains(&(10, "Ended(\"no answer within 10 s\")".to_owned())), "{ends:?}");
}
