//! A generated market, looked at from outside: through the frames it sends.
#![allow(clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::HashMap;

use okx_fast_sim::feed::market::{CHANNELS, MarketOptions, generate};
use okx_fast_sim::feed::{Model, Played};
use serde_json::Value;

fn options(checksums: bool) -> MarketOptions {
    MarketOptions { seed: 7, instruments: 3, messages: 6_000, checksums, ..MarketOptions::default() }
}

/// Every message of so many rounds, with every stream subscribed from the start.
fn messages(options: &MarketOptions, rounds: usize) -> Vec<String> {
    let feed = generate(options);
    let count = feed.len() * rounds;
    Played::all(feed).take(count).collect()
}

fn arg(message: &Value) -> (String, String) {
    let text = |name| message.pointer(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("/arg/channel"), text("/arg/instId"))
}

#[test]
fn chains_go_straight_on_over_many_rounds() {
    let mut last: HashMap<(String, String), i64> = HashMap::new();
    let (mut updates, mut idle) = (0, 0);
    for text in messages(&options(false), 4) {
        let message: Value = serde_json::from_str(&text).expect("JSON");
        let Some(prev) = message.pointer("/data/0/prevSeqId").and_then(Value::as_i64) else { continue };
        let seq = message.pointer("/data/0/seqId").and_then(Value::as_i64).expect("a seqId");
        let known = last.insert(arg(&message), seq);
        assert_eq!(known.unwrap_or(-1), prev, "{text:.200}");
        assert_eq!(known.is_none(), message.get("action") == Some(&"snapshot".into()), "one snapshot, at the start");
        updates += 1;
        idle += u32::from(seq == prev);
        assert!(seq >= prev);
    }
    assert_eq!(last.len(), 4 * 3);
    assert!(updates > 8_000, "{updates}");
    assert!((1..updates / 100).contains(&idle), "keep-alives now and then: {idle}");
}

#[test]
fn every_checksum_is_right_in_every_round() {
    let mut books: HashMap<(String, String), Model> = HashMap::new();
    let mut checked = 0;
    for text in messages(&options(true), 3) {
        let message: Value = serde_json::from_str(&text).expect("JSON");
        if message.get("action").is_none() {
            continue;
        }
        let book = books.entry(arg(&message)).or_default();
        book.apply(&text).expect("a book message");
        if let Some(sum) = book.told_checksum() {
            assert_eq!(sum, i64::from(book.checksum()), "{text:.200}");
            checked += 1;
        }
    }
    assert!(checked > 4_000, "{checked}");
}

#[test]
fn a_round_ends_where_it_began() {
    let feed = generate(&options(false));
    let count = feed.len();
    let mut books: HashMap<(String, String), (Model, String)> = HashMap::new();
    for text in Played::all(feed).take(count) {
        let message: Value = serde_json::from_str(&text).expect("JSON");
        let action = message.get("action").and_then(Value::as_str);
        if action.is_none() {
            continue;
        }
        let (book, first) = books.entry(arg(&message)).or_default();
        book.apply(&text).expect("a book message");
        if action == Some("snapshot") {
            *first = book.digest();
        }
    }
    assert_eq!(books.len(), 12);
    for (stream, (book, first)) in books {
        assert_eq!(book.digest(), first, "{stream:?}");
    }
}

#[test]
fn books_updates_look_like_okx_ones() {
    let (mut updates, mut levels, mut removals, mut unheld) = (0u32, 0u32, 0u32, 0u32);
    let mut books: HashMap<(String, String), Model> = HashMap::new();
    for text in messages(&options(false), 1) {
        let message: Value = serde_json::from_str(&text).expect("JSON");
        let (channel, id) = arg(&message);
        if channel != "books" {
            continue;
        }
        let book = books.entry((channel, id)).or_default();
        let before = book.levels();
        book.apply(&text).expect("a book message");
        let held = book.levels();
        assert!(held.0 <= 400 && held.1 <= 400, "{held:?}");
        if message.get("action") == Some(&"snapshot".into()) {
            assert_eq!(held, (400, 400));
            continue;
        }
        updates += 1;
        let (mut gone, mut all) = (0u32, 0u32);
        for side in ["bids", "asks"] {
            let rows = message.pointer(&format!("/data/0/{side}")).and_then(Value::as_array).expect("rows");
            let px: Vec<f64> = rows.iter().map(|row| row[0].as_str().expect("px").parse().expect("a number")).collect();
            assert!(px.windows(2).all(|two| (two[0] < two[1]) == (side == "asks")), "best first: {px:?}");
            all += rows.len() as u32;
            gone += rows.iter().filter(|row| row[1] == "0" && row[2] == "0" && row[3] == "0").count() as u32;
        }
        levels += all;
        removals += gone;
        let fell = (before.0 + before.1).saturating_sub(held.0 + held.1) as u32;
        unheld += u32::from(gone > all - gone + fell);
    }
    let mean = f64::from(levels) / f64::from(updates);
    println!("updates {updates}, mean levels {mean:.1}, removed {:.2}, unheld {unheld}", f64::from(removals) / f64::from(levels));
    assert!((12.5..16.5).contains(&mean), "mean {mean}");
    assert!(f64::from(removals) / f64::from(levels) > 0.25);
    assert!(unheld > 0, "some removals name levels nobody holds");
}

#[test]
fn every_channel_is_there_and_numbers_are_plain() {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut trade_ids: HashMap<(String, String), u64> = HashMap::new();
    for text in messages(&options(false), 2) {
        let message: Value = serde_json::from_str(&text).expect("JSON");
        let key = arg(&message);
        let data = message.pointer("/data/0").expect("data");
        *seen.entry(key.0.clone()).or_default() += 1;
        assert_eq!(data["ts"].as_str().expect("ts"), "1785096000123");
        if let Some(id) = data.get("tradeId") {
            let id: u64 = id.as_str().expect("a text").parse().expect("a number");
            let last = trade_ids.insert(key, id).unwrap_or(0);
            assert!(id > last, "trade ids rise, over the rounds too: {last} {id}");
        }
        for side in ["bids", "asks"] {
            for row in data.get(side).and_then(Value::as_array).into_iter().flatten() {
                assert_eq!(row.as_array().expect("a row").len(), 4);
                for field in [&row[0], &row[1]] {
                    let text = field.as_str().expect("a text");
                    assert!(!text.contains('.') || !text.ends_with('0'), "{text}");
                }
            }
        }
    }
    assert_eq!(seen.len(), CHANNELS.len(), "{seen:?}");
    println!("{seen:?}");
}

#[test]
fn one_seed_makes_one_market() {
    assert_eq!(messages(&options(true), 1), messages(&options(true), 1));
    let other = MarketOptions { seed: 8, ..options(true) };
    assert_ne!(messages(&options(true), 1), messages(&other, 1));
}

#[test]
fn channels_can_be_chosen() {
    let only = MarketOptions { channels: vec!["books".to_owned()], ..options(false) };
    let feed = generate(&only);
    assert_eq!(feed.streams().len(), 3);
    assert!(feed.streams().iter().all(|stream| stream.channel == "books" && stream.incremental));
}
