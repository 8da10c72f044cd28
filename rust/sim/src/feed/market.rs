//! A generated market: several instruments, one path of events forward and back, all public channels told along it.
//!
//! ```text
//! event ─▶ Flow ─┬─▶ books-l2-tbt, books50-l2-tbt, bbo-tbt, trades, trades-all      each event
//!                └─▶ books, books-rpi, books5, tickers                              each third event
//! ```
//!
//! What the messages look like is the maker's business (`maker.rs`).

use crate::feed::frames::Feed;
use crate::feed::instrument::choose;
use crate::feed::maker::Maker;
use crate::rng::Rng;

/// Virtual time between two events of one instrument.
const EVENT_NS: u64 = 33_000_000;

/// Channels a market can have, in the order OKX pushes them.
pub const CHANNELS: [&str; 9] =
    ["bbo-tbt", "books-l2-tbt", "books50-l2-tbt", "books", "books-rpi", "books5", "trades", "trades-all", "tickers"];

/// What a market is made from.
#[derive(Clone, Debug)]
pub struct MarketOptions {
    pub seed: u64,
    /// 1 to `MAX_INSTRUMENTS`.
    pub instruments: usize,
    /// About so many messages until the market is back at its start.
    pub messages: usize,
    /// Real checksums, or the 0 OKX sends since June 2026.
    pub checksums: bool,
    /// Only these channels; empty: all of them.
    pub channels: Vec<String>,
}

impl Default for MarketOptions {
    fn default() -> Self {
        Self { seed: 1, instruments: 5, messages: 40_000, checksums: false, channels: Vec::new() }
    }
}

/// Makes the market.
pub fn generate(options: &MarketOptions) -> Feed {
    let mut feed = Feed::default();
    let mut rng = Rng::new(options.seed);
    let mut makers: Vec<Maker> =
        choose(options.instruments).into_iter().map(|i| Maker::new(i, &options.channels, options.checksums, &mut feed, &mut rng)).collect();
    for maker in &mut makers {
        maker.open(&mut feed);
    }
    let step_ns = EVENT_NS / makers.len() as u64;
    let mut now = 0;
    let pick = |rng: &mut Rng, now: &mut u64, among: usize| {
        *now += rng.between(step_ns / 2, step_ns * 3 / 2);
        rng.below(among as u64) as usize
    };
    // At least one event each, so that every stream has more than its snapshot.
    for maker in &mut makers {
        maker.forward(&mut feed, &mut rng, now);
    }
    while feed.len() < options.messages / 2 {
        let which = pick(&mut rng, &mut now, makers.len());
        makers.get_mut(which).expect("picked among them").forward(&mut feed, &mut rng, now);
    }
    let mut left: Vec<Maker> = makers;
    while !left.is_empty() {
        let which = pick(&mut rng, &mut now, left.len());
        let maker = left.get_mut(which).expect("picked among them");
        if !maker.backward(&mut feed, &mut rng, now) {
            maker.close(&mut feed, &mut rng, now);
            left.swap_remove(which);
        }
    }
    feed.close_round(now + step_ns);
    feed
}
