//! A market of many instruments at OKX-like rates: few have most of the traffic, most are quiet.
//!
//! ```text
//! weight of an instrument: 1 / (rank + 2)       events: at random, more of them in some fifths of a second
//! event ─▶ trades, bbo-tbt, books-l2-tbt, …     at once
//!     └──▶ books, books5, tickers, …            each 100 ms, if changed
//! ```
//!
//! A round is a closed path, as that of `market.rs`: the second half takes the first half's events back, at mirrored
//! times. An instrument without an event is silent: what its books say each minute is the server's own affair.

use crate::feed::flow::{Flow, Row, Side, taken};
use crate::feed::frames::Feed;
use crate::feed::instrument::{Instrument, choose};
use crate::feed::maker::{FIRST_SEQ, Maker};
use crate::feed::pace::whole;
use crate::rng::{Rng, mix};

/// What a crowd is made from.
#[derive(Clone, Debug)]
pub struct CrowdOptions {
    pub seed: u64,
    /// 1 to `MAX_INSTRUMENTS`.
    pub instruments: usize,
    /// Messages a second, all streams together.
    pub rate: f64,
    /// About so long until the market is back at its start; two seconds at least.
    pub round_s: f64,
    /// Real checksums, or the 0 OKX sends since June 2026.
    pub checksums: bool,
    /// Only these channels; empty: `CROWD_CHANNELS`.
    pub channels: Vec<String>,
}

/// What most watch of everything.
pub const CROWD_CHANNELS: [&str; 3] = ["books", "trades", "tickers"];

const TICK_NS: u64 = 100_000_000;
/// Length of a stretch of one weather.
const SPELL_NS: u64 = 200_000_000;
/// The first and the last of a round, and the middle: no events, so that every tick falls into the round.
const EDGE_NS: u64 = 200_000_000;
/// A shorter round would repeat itself before anybody's eyes.
const SHORTEST_NS: u64 = 2_000_000_000;
/// Numbers an instrument has for itself: two hours of the busiest.
const SEQ_RANGE: u64 = 100_000_000;
/// Events a second of the busiest instrument, at most.
const BUSIEST: f64 = 2_000.0;

/// Makes the market; refused if it cannot have so many messages.
pub fn generate(options: &CrowdOptions) -> Result<Feed, String> {
    let channels = match options.channels.as_slice() {
        [] => CROWD_CHANNELS.map(str::to_owned).to_vec(),
        chosen => chosen.to_vec(),
    };
    let instruments = choose(options.instruments);
    let round_ns = whole(options.round_s * 1e9).max(SHORTEST_NS);
    let mut rng = Rng::new(options.seed);
    let weather = Weather::new(round_ns / 2, &mut rng);
    let busiest = busiest(&instruments, &channels, options.rate, &mut rng)?;
    let mut feed = Feed::default();
    for (rank, instrument) in instruments.into_iter().enumerate() {
        let mut rng = Rng::new(mix(options.seed) ^ mix(rank as u64 + 1));
        let mut maker = Maker::new(instrument, &channels, options.checksums, &mut feed, &mut rng);
        maker.count_from(FIRST_SEQ + rank as u64 * SEQ_RANGE + rng.below(SEQ_RANGE / 100));
        let opening = feed.len();
        maker.open(&mut feed);
        feed.open_once(opening);
        let times = weather.times(busiest * weight(rank), &mut rng);
        tell(&mut maker, &times, round_ns, &mut feed, &mut rng);
    }
    // Chance made a few per cent more or fewer than meant: the time between them makes up for it.
    let exact_ns = whole(feed.told() as f64 / options.rate * 1e9);
    feed.arrange(round_ns, exact_ns.max(round_ns / 2));
    Ok(feed)
}

/// An instrument's share of all events, that of the first being 1.
fn weight(rank: usize) -> f64 {
    3.0 / (rank as f64 + 3.0)
}

/// One instrument's round: events at these times, then the same ones back.
fn tell(maker: &mut Maker, times: &[u64], round_ns: u64, feed: &mut Feed, rng: &mut Rng) {
    let phase = rng.below(TICK_NS);
    let mut due: Option<u64> = None;
    let back = times.iter().rev().map(|at| (round_ns - at, false));
    for (at, forward) in times.iter().map(|at| (*at, true)).chain(back) {
        if let Some(tick) = due.take_if(|tick| *tick <= at) {
            maker.tell_changes(feed, rng, tick);
        }
        let trades = if forward { maker.step(rng) } else { maker.step_back().unwrap_or_default() };
        maker.tell_at_once(feed, rng, at, &trades);
        due.get_or_insert((at + TICK_NS - phase) / TICK_NS * TICK_NS + phase);
    }
    match due {
        Some(tick) => {
            maker.close(feed, rng, tick);
            maker.tell_top(feed, tick);
        }
        None => maker.settle(feed),
    }
}

/// How busy the whole market is, fifth of a second by fifth of a second: many messages come together.
struct Weather {
    /// Events there have been at the end of each spell, of a market with one event a spell on average.
    until: Vec<f64>,
}

impl Weather {
    fn new(half_ns: u64, rng: &mut Rng) -> Self {
        let spells = (half_ns - 2 * EDGE_NS).div_ceil(SPELL_NS).max(1);
        let force = |rng: &mut Rng| match rng.below(50) {
            0 => 4.0,
            1..8 => 2.0,
            _ => 0.75,
        };
        let mut sum = 0.0;
        let sums: Vec<f64> = (0..spells)
            .map(|_| {
                sum += force(rng);
                sum
            })
            .collect();
        Self { until: sums.iter().map(|until| until * spells as f64 / sum).collect() }
    }

    /// When events happen in the first half of a round, `per_s` of them on average.
    fn times(&self, per_s: f64, rng: &mut Rng) -> Vec<u64> {
        let per_spell = per_s * SPELL_NS as f64 / 1e9;
        let mut times = Vec::new();
        let mut at = 0.0;
        let mut spell = 0;
        loop {
            at -= rng.unit().ln() / per_spell;
            while self.until.get(spell).is_some_and(|until| *until < at) {
                spell += 1;
            }
            let Some(until) = self.until.get(spell) else { return times };
            let from = spell.checked_sub(1).and_then(|before| self.until.get(before)).copied().unwrap_or_default();
            let within = (at - from) / (until - from) * SPELL_NS as f64;
            times.push(EDGE_NS + spell as u64 * SPELL_NS + whole(within));
        }
    }
}

/// How often an event is told on a channel.
#[derive(Clone, Copy)]
enum Told {
    /// So many messages an event.
    Each(f64),
    /// Once in 100 ms, if one of its events was one of these.
    InTick(f64),
}

/// Events a second of the busiest instrument, so that all of them make `rate` messages a second.
fn busiest(instruments: &[Instrument], channels: &[String], rate: f64, rng: &mut Rng) -> Result<f64, String> {
    let told = odds(instruments, rng);
    let told: Vec<Told> = channels.iter().filter_map(|name| told.iter().find(|(known, _)| known == name)).map(|(_, told)| *told).collect();
    let messages = |busiest: f64| -> f64 {
        let of = |events: f64| -> f64 {
            let on = |told: &Told| match told {
                Told::Each(share) => events * share,
                Told::InTick(share) => 10.0 * (1.0 - (-events * share / 10.0).exp()),
            };
            told.iter().map(on).sum()
        };
        (0..instruments.len()).map(|rank| of(busiest * weight(rank))).sum()
    };
    let most = messages(BUSIEST);
    if rate > most {
        return Err(format!("rate: these instruments and channels have {most:.0} messages a second at most, not {rate}"));
    }
    let (mut low, mut high) = (0.0, BUSIEST);
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if messages(middle) < rate { low = middle } else { high = middle }
    }
    Ok(high)
}

/// What share of events each channel tells: looked up in a trial.
fn odds(instruments: &[Instrument], rng: &mut Rng) -> [(&'static str, Told); 9] {
    const TRIAL: usize = 1_000;
    let instrument = instruments.first().expect("a market has an instrument");
    let mut flow = Flow::new(instrument, rng);
    let depths = [1, 5, 50];
    let mut shown = depths.map(|depth| both(&flow, depth));
    let mut changed = [0.0; 3];
    let (mut trades, mut parts, mut past) = (0.0, 0.0, Vec::new());
    for round in 0..2 * TRIAL {
        let touch = (flow.best(Side::Bid), flow.best(Side::Ask));
        let event = if round < TRIAL {
            let event = flow.event(rng);
            past.push(event.clone());
            event
        } else {
            flow.undo(&past.pop().unwrap_or_default())
        };
        for trade in taken(&event, touch) {
            trades += 1.0;
            parts += u64::from(trade.orders).min(trade.sz) as f64;
        }
        for ((depth, shown), changed) in depths.iter().zip(&mut shown).zip(&mut changed) {
            let now = both(&flow, *depth);
            *changed += f64::from(u8::from(now != *shown));
            *shown = now;
        }
    }
    let all = 2.0 * TRIAL as f64;
    let [one, five, fifty] = changed.map(|changed| changed / all);
    [
        ("bbo-tbt", Told::Each(one)),
        ("books-l2-tbt", Told::Each(1.0)),
        ("books50-l2-tbt", Told::Each(fifty)),
        ("books", Told::InTick(1.0)),
        ("books-rpi", Told::InTick(1.0)),
        ("books5", Told::InTick(five)),
        ("trades", Told::Each(trades / all)),
        ("trades-all", Told::Each(parts / all)),
        // A trade always takes from the best level.
        ("tickers", Told::InTick(one)),
    ]
}

fn both(flow: &Flow, depth: usize) -> Vec<Row> {
    let (mut bids, mut asks) = (Vec::new(), Vec::new());
    flow.window(Side::Bid, depth, &mut bids);
    flow.window(Side::Ask, depth, &mut asks);
    bids.append(&mut asks);
    bids
}
