//! A shared market of many instruments: what is made, and what its listeners get.
#![allow(clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::HashMap;

use okx_fast_sim::feed::crowd::{CROWD_CHANNELS, CrowdOptions, generate};
use okx_fast_sim::feed::market::CHANNELS;
use okx_fast_sim::feed::{Model, Played};
use serde_json::Value;

fn options() -> CrowdOptions {
    CrowdOptions { seed: 7, instruments: 60, rate: 600.0, round_s: 8.0, checksums: true, channels: Vec::new() }
}

/// So many rounds as texts, all streams subscribed from the start.
fn messages(options: &CrowdOptions, rounds: usize) -> Vec<String> {
    let feed = generate(options).expect("a market");
    let count = feed.len() * rounds;
    Played::all(feed).take(count).collect()
}

fn arg(message: &Value) -> (String, String) {
    let text = |name| message.pointer(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    (text("/arg/channel"), text("/arg/instId"))
}

#[test]
fn chains_books_and_trades_go_straight_on_over_the_rounds() {
    let mut books: HashMap<String, (Model, i64)> = HashMap::new();
    let mut trades: HashMap<String, u64> = HashMap::new();
    let mut seqs: HashMap<i64, (String, String)> = HashMap::new();
    let (mut updates, mut traded) = (0, 0);
    for text in messages(&options(), 3) {
        let message: Value = serde_json::from_str(&text).expect("JSON");
        let (channel, id) = arg(&message);
        let data = &message["data"][0];
        if let Some(seq) = data["seqId"].as_i64() {
            assert_eq!(seqs.insert(seq, arg(&message)), None, "no number twice: {text:.200}");
        }
        if channel == "books" {
            let (prev, seq) = (data["prevSeqId"].as_i64().expect("a number"), data["seqId"].as_i64().expect("a number"));
            let (book, last) = books.entry(id).or_insert((Model::default(), -1));
            assert_eq!(prev, *last, "{text:.200}");
            book.apply(&text).expect("a book message");
            assert_eq!(book.told_checksum(), Some(i64::from(book.checksum())));
            *last = seq;
            updates += 1;
        } else if channel == "trades" {
            let number = |name: &str| data[name].as_str().expect("a text").parse::<u64>().expect("a number");
            let (last, count) = (number("tradeId"), number("count"));
            let before = trades.insert(id, last).unwrap_or(last - count);
            assert_eq!(before + count, last, "the fills summed up follow those before: {text:.200}");
            traded += 1;
        }
    }
    assert_eq!(books.len(), 60);
    assert!(updates > 4_000 && traded > 500, "{updates} {traded}");
}

#[test]
fn few_are_busy_most_are_quiet_and_the_rate_is_kept() {
    let options = CrowdOptions { instruments: 300, rate: 1_500.0, round_s: 20.0, ..options() };
    let feed = generate(&options).expect("a market");
    let rounds = 2;
    let openings = feed.streams().iter().filter(|stream| stream.channel != "trades").count();
    let all = Played::all(feed).take_while({
        let mut seen = 0;
        move |_| {
            seen += 1;
            seen <= openings + 2 * 1_500 * 20
        }
    });
    let mut by_stream: HashMap<(String, String), f64> = HashMap::new();
    for text in all {
        let message: Value = serde_json::from_str(&text).expect("JSON");
        *by_stream.entry(arg(&message)).or_default() += 1.0;
    }
    let per_s = |channel: &str, id: &str| {
        let count = by_stream.get(&(channel.to_owned(), id.to_owned())).copied().unwrap_or_default();
        count / (20.0 * f64::from(rounds))
    };
    assert!((8.0..=10.5).contains(&per_s("books", "BTC-USDT-SWAP")), "{}", per_s("books", "BTC-USDT-SWAP"));
    assert!(per_s("tickers", "BTC-USDT-SWAP") <= 10.5);
    assert!(per_s("trades", "BTC-USDT-SWAP") > 10.0, "{}", per_s("trades", "BTC-USDT-SWAP"));
    let quiet: Vec<f64> = (150..=300).map(|n| per_s("books", &format!("S{n:04}-USDT-SWAP"))).collect();
    let mean = quiet.iter().sum::<f64>() / quiet.len() as f64;
    assert!((0.2..2.5).contains(&mean), "{mean}");
}

#[test]
fn the_times_of_a_round_add_up_to_the_rate() {
    for (instruments, rate) in [(5, 40.0), (300, 900.0), (300, 4_000.0)] {
        let feed = generate(&CrowdOptions { instruments, rate, round_s: 15.0, ..options() }).expect("a market");
        let openings = 2 * instruments;
        let exact = (feed.len() - openings) as f64 / rate;
        assert!((11.0..19.0).contains(&exact), "{instruments} at {rate}: a round of {exact} s");
    }
}

#[test]
fn a_rate_beyond_what_a_market_can_have_is_refused() {
    let one = CrowdOptions { instruments: 1, rate: 50.0, channels: vec!["books".to_owned()], ..options() };
    let error = generate(&one).expect_err("ten a second are the most");
    assert_eq!(error, "rate: these instruments and channels have 10 messages a second at most, not 50");
}

#[test]
fn every_channel_can_be_had_and_one_seed_makes_one_market() {
    let all = CrowdOptions { instruments: 8, rate: 400.0, round_s: 3.0, channels: CHANNELS.map(str::to_owned).to_vec(), ..options() };
    let mut seen: HashMap<String, usize> = HashMap::new();
    let texts = messages(&all, 2);
    for text in &texts {
        let message: Value = serde_json::from_str(text).expect("JSON");
        *seen.entry(arg(&message).0).or_default() += 1;
    }
    assert_eq!(seen.len(), CHANNELS.len(), "{seen:?}");
    assert_eq!(texts, messages(&all, 2));
    assert_ne!(texts, messages(&CrowdOptions { seed: 8, ..all }, 2));
    let usual = generate(&options()).expect("a market");
    assert!(usual.streams().iter().all(|stream| CROWD_CHANNELS.contains(&stream.channel.as_str())));
}
