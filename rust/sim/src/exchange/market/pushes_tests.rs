use serde_json::Value;

use super::*;
use crate::exchange::config::{ClockMode, Config};
use crate::exchange::market;

const START: Nanos = 1_795_305_600_000 * MILLI;

fn world(wanted: &[(&str, &str)]) -> World {
    let mut world = World::new(Config { clock: ClockMode::Virtual, ..Config::default() }, START).expect("the default world");
    for (channel, key) in wanted {
        world.interest.entry((*channel).to_owned()).or_default().insert((*key).to_owned());
    }
    world
}

fn advance(world: &mut World, by: Nanos) -> Vec<Event> {
    let end = world.now + by;
    while let Some(due) = market::next(world).filter(|due| *due <= end) {
        world.now = world.now.max(due);
        market::run(world);
    }
    world.now = end;
    std::mem::take(&mut world.events)
}

#[test]
fn every_channel_that_is_listened_to_speaks_at_its_pace() {
    let (swap, option, index) = ("BTC-USDT-SWAP", "BTC-USD-261225-90000-C", "BTC-USDT");
    // Channel, key, and how often within ten seconds.
    let table = [
        ("tickers", swap, 20..=100),
        ("trades", swap, 5..=30),
        ("trades-all", swap, 5..=60),
        ("books", swap, 60..=101),
        ("books5", swap, 50..=101),
        ("bbo-tbt", swap, 30..=300),
        ("books-l2-tbt", swap, 60..=300),
        ("books50-l2-tbt", swap, 60..=300),
        ("books-rpi", swap, 60..=101),
        ("candle1m", swap, 2..=10),
        ("candle1s", swap, 12..=25),
        ("mark-price-candle1m", swap, 9..=11),
        ("index-candle1m", index, 9..=11),
        ("option-trades", "BTC-USD", 5..=200),
        ("funding-rate", swap, 0..=1),
        ("open-interest", swap, 1..=4),
        ("price-limit", swap, 5..=51),
        ("opt-summary", "BTC-USD", 9..=11),
        ("mark-price", swap, 40..=51),
        ("mark-price", option, 10..=51),
        ("index-tickers", index, 40..=51),
        ("instruments", "SWAP", 0..=0),
        ("status", "", 0..=0),
        ("estimated-price", "BTC-USD", 0..=0),
    ];
    let wanted: Vec<(&str, &str)> = table.iter().map(|(channel, key, _)| (*channel, *key)).collect();
    let mut world = world(&wanted);
    for (channel, key, _) in &table {
        let name = if *channel == "opt-summary" { "instFamily" } else { "instId" };
        snapshot(&mut world, channel, &Fields::default().with(name, key));
    }
    let events = advance(&mut world, 10 * SECOND);
    for (channel, key, often) in table {
        let of = |event: &&Event| {
            let scope = &event.scope;
            event.channel == channel && (scope.inst_id == key || (scope.inst_id != swap && scope.family == key))
        };
        let heard: Vec<&Event> = events.iter().filter(of).collect();
        assert!(often.contains(&heard.len()), "{channel} {key}: {}", heard.len());
        for event in heard {
            assert!(!event.rows.is_empty());
            for row in &event.rows {
                let row: Value = serde_json::from_str(row).expect("rows are JSON");
                assert!(!row.is_null());
            }
        }
    }
    for event in &events {
        assert!(world.interest.contains_key(event.channel), "{} was not asked for", event.channel);
    }
}

#[test]
fn a_candle_that_ends_is_confirmed_and_the_next_one_opens_where_it_closed() {
    let mut world = world(&[("candle1m", "BTC-USDT")]);
    let events = advance(&mut world, 62 * SECOND);
    let rows: Vec<Vec<String>> =
        events.iter().flat_map(|event| &event.rows).map(|row| serde_json::from_str(row).expect("a list of texts")).collect();
    let end = rows.iter().position(|row| row.last().map(String::as_str) == Some("1")).expect("a closed bar");
    let (closed, next) = (rows.get(end).expect("found"), rows.get(end + 1).expect("a new bar follows"));
    assert_eq!(closed.first().map(String::as_str), Some("1795305600000"));
    assert_eq!(next.first().map(String::as_str), Some("1795305660000"));
    assert_eq!(next.get(1), closed.get(4));
    assert_eq!(rows.iter().filter(|row| row.last().map(String::as_str) == Some("1")).count(), 1);
}

#[test]
fn snapshots_are_there_for_channels_that_have_one() {
    let mut world = world(&[]);
    for (channel, key, value, rows) in [
        ("tickers", "instId", "BTC-USDT", 1),
        ("trades", "instId", "BTC-USDT", 0),
        ("books", "instId", "BTC-USDT", 1),
        ("bbo-tbt", "instId", "BTC-USDT", 1),
        ("candle1Dutc", "instId", "BTC-USDT", 1),
        ("mark-price-candle1H", "instId", "BTC-USDT-SWAP", 1),
        ("index-candle1H", "instId", "BTC-USD", 1),
        ("index-tickers", "instId", "BTC-USD", 1),
        ("mark-price", "instId", "BTC-USDT", 1),
        ("price-limit", "instId", "BTC-USDT-SWAP", 1),
        ("open-interest", "instId", "BTC-USDT-SWAP", 1),
        ("funding-rate", "instId", "BTC-USDT-SWAP", 1),
        ("opt-summary", "instFamily", "BTC-USD", 6),
        ("instruments", "instType", "SPOT", 0),
        ("status", "x", "", 0),
    ] {
        let events = snapshot(&mut world, channel, &Fields::default().with(key, value));
        assert_eq!(events.iter().map(|event| event.rows.len()).sum::<usize>(), rows, "{channel}");
    }
}
