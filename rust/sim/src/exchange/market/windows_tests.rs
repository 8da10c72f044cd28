use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::exchange::config::Config;
use crate::rng::Rng;

const START: Nanos = 1_795_305_600_000 * MILLI;
const ID: &str = "BTC-USDT-SWAP";

fn world(checksum: Checksum) -> (World, InstIx) {
    let mut config = Config { checksum, ..Config::default() };
    config.house.enabled = false;
    let world = World::new(config, START).expect("the default world");
    let ix = *world.by_inst_id.get(ID).expect("a default instrument");
    (world, ix)
}

/// A client's book, kept from messages alone.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Client {
    bids: BTreeMap<Dec, (String, String)>,
    asks: BTreeMap<Dec, (String, String)>,
    seq: i64,
}

impl Client {
    fn take(&mut self, event: &Event, legacy: bool) {
        let row: Value = serde_json::from_str(event.rows.first().expect("a row")).expect("a row of JSON");
        let (prev, seq) = (row.get("prevSeqId").and_then(Value::as_i64), row.get("seqId").and_then(Value::as_i64));
        if event.action == Some("snapshot") {
            assert_eq!(prev, Some(-1));
            *self = Self::default();
        } else {
            assert_eq!(prev, Some(self.seq), "the chain holds");
            assert!(seq >= prev);
        }
        self.seq = seq.expect("a seqId");
        for (side, rows) in [(&mut self.bids, "bids"), (&mut self.asks, "asks")] {
            for level in row.get(rows).and_then(Value::as_array).expect("levels") {
                let part = |at: usize| level.get(at).and_then(Value::as_str).expect("a text").to_owned();
                let px = crate::exchange::num::parse(&part(0)).expect("a price");
                if part(1) == "0" {
                    assert!(side.remove(&px).is_some(), "only what was shown is taken away");
                } else {
                    side.insert(px, (part(1), part(3)));
                }
            }
        }
        if legacy {
            let (bids, asks): (Vec<_>, Vec<_>) = (self.bids.iter().rev().collect(), self.asks.iter().collect());
            let mut parts = Vec::new();
            for at in 0..25 {
                for (px, (sz, _)) in [bids.get(at), asks.get(at)].into_iter().flatten() {
                    parts.push(format!("{px}:{sz}"));
                }
            }
            let want = crc32fast::hash(parts.join(":").as_bytes()).cast_signed();
            assert_eq!(row.get("checksum").and_then(Value::as_i64), Some(i64::from(want)));
        }
    }

    fn of(book: &Book, depth: usize, seq: i64) -> Self {
        let side = |side| {
            let rows = book.levels(side).take(depth);
            rows.map(|(px, level)| (px, (text(level.total), level.queue.len().to_string()))).collect()
        };
        Self { bids: side(Side::Buy), asks: side(Side::Sell), seq }
    }
}

/// Something happens in the book.
fn disturb(world: &mut World, ix: InstIx, rng: &mut Rng, orders: &mut Vec<(Side, Dec, u64)>, next: &mut u64) {
    let book = world.book_mut(ix);
    if orders.len() > 900 || (!orders.is_empty() && rng.chance(3)) {
        let at = rng.below(orders.len() as u64) as usize;
        let (side, px, id) = orders.swap_remove(at);
        if rng.chance(3) {
            book.set(side, px, id, Dec::new(1 + rng.below(50).cast_signed(), 2));
            orders.push((side, px, id));
        } else {
            book.remove(side, px, id);
        }
        return;
    }
    let side = if rng.chance(2) { Side::Buy } else { Side::Sell };
    let away = rng.below(600).cast_signed();
    let px = Dec::new(if side == Side::Buy { 899_999 - away } else { 900_001 + away }, 1);
    *next += 1;
    book.push(side, px, *next, Dec::new(1 + rng.below(900).cast_signed(), 2));
    orders.push((side, px, *next));
}

#[test]
fn a_book_made_from_snapshot_and_updates_equals_the_engines_whenever_one_subscribes() {
    for (seed, checksum) in [(1, Checksum::Legacy), (2, Checksum::Zero), (3, Checksum::Legacy), (4, Checksum::Legacy)] {
        let (mut world, ix) = world(checksum);
        let mut rng = Rng::new(seed);
        let (mut orders, mut next) = (Vec::new(), 0);
        let mut clients: Vec<(&str, usize, Client)> = Vec::new();
        for round in 0..400 {
            for _ in 0..rng.below(if round % 40 < 4 { 200 } else { 6 }) {
                disturb(&mut world, ix, &mut rng, &mut orders, &mut next);
            }
            if rng.chance(12) {
                let (channel, depth) =
                    [("books", 400), ("books-l2-tbt", 400), ("books50-l2-tbt", 50)].into_iter().nth(rng.below(3) as usize).expect("three");
                world.interest.entry(channel.to_owned()).or_default().insert(ID.to_owned());
                let event = snapshot(&mut world, channel, ix).expect("a book channel");
                let mut client = Client::default();
                client.take(&event, checksum == Checksum::Legacy);
                clients.push((channel, depth, client));
            }
            world.now += rng.between(1, 30) * MILLI;
            world.events.clear();
            run(&mut world, 0);
            for event in std::mem::take(&mut world.events) {
                for (_, _, client) in clients.iter_mut().filter(|(channel, ..)| *channel == event.channel) {
                    client.take(&event, checksum == Checksum::Legacy);
                }
            }
        }
        assert!(clients.len() > 10, "enough of them");
        let body: Value = serde_json::from_str(&rest(&mut world, ix, 400, false)).expect("JSON");
        for event in std::mem::take(&mut world.events) {
            for (_, _, client) in clients.iter_mut().filter(|(channel, ..)| *channel == event.channel) {
                client.take(&event, checksum == Checksum::Legacy);
            }
        }
        for (channel, depth, client) in &clients {
            assert_eq!(client, &Client::of(world.book(ix), *depth, client.seq), "{channel}");
            if *channel == "books" {
                assert_eq!(body.get("seqId").and_then(Value::as_i64), Some(client.seq), "REST and channel name the book alike");
            }
        }
    }
}

#[test]
fn a_quiet_book_says_that_it_lives_and_a_book_nobody_watches_is_not_rendered() {
    let (mut world, ix) = world(Checksum::Zero);
    world.book_mut(ix).push(Side::Buy, Dec::from(90_000), 1, Dec::ONE);
    for channel in ["books", "books5"] {
        world.interest.entry(channel.to_owned()).or_default().insert(ID.to_owned());
        snapshot(&mut world, channel, ix).expect("a book channel");
    }
    world.now += QUIET;
    run(&mut world, 0);
    let events = std::mem::take(&mut world.events);
    let said: Vec<(&str, Option<&str>)> = events.iter().map(|event| (event.channel, event.action)).collect();
    assert_eq!(said, [("books", Some("update")), ("books5", None)]);
    let row: Value = serde_json::from_str(events.first().and_then(|e| e.rows.first()).expect("a row")).expect("JSON");
    assert_eq!(row.get("prevSeqId"), row.get("seqId"));
    assert_eq!(row.get("bids").and_then(Value::as_array).map(Vec::len), Some(0));
    world.interest.clear();
    world.book_mut(ix).push(Side::Buy, Dec::from(89_999), 2, Dec::ONE);
    world.now += SECOND;
    run(&mut world, 0);
    assert!(world.events.is_empty());
    assert_eq!(world.market.windows.next(), None);
}

#[test]
fn hot_messages_keep_their_key_order() {
    let (mut world, ix) = world(Checksum::Zero);
    world.book_mut(ix).seq = 9;
    world.book_mut(ix).push(Side::Buy, Dec::new(900_000, 1), 1, Dec::new(150, 2));
    let shown = |world: &mut World, channel| snapshot(world, channel, ix).and_then(|event| event.rows.into_iter().next());
    for (channel, want) in [
        ("books", r#"{"asks":[],"bids":[["90000","1.5","0","1"]],"ts":"1795305600000","checksum":0,"prevSeqId":-1,"seqId":10}"#),
        ("books-rpi", r#"{"asks":[],"bids":[["90000","1.5","1.5","1"]],"ts":"1795305600000","prevSeqId":-1,"seqId":10}"#),
        ("books5", r#"{"asks":[],"bids":[["90000","1.5","0","1"]],"instId":"BTC-USDT-SWAP","ts":"1795305600000","seqId":10}"#),
        ("bbo-tbt", r#"{"asks":[],"bids":[["90000","1.5","0","1"]],"ts":"1795305600000","seqId":10}"#),
    ] {
        assert_eq!(shown(&mut world, channel).as_deref(), Some(want));
    }
}
