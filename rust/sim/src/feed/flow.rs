//! Order flow of one instrument: a full book in ticks and lots, and random events that change it.
//!
//! Every event is kept with what it replaced. Played backwards, the same events lead back to the first book: that is
//! how a generated market closes its round.

use crate::feed::instrument::Instrument;
use crate::rng::{Rng, mix};

/// Levels a side stays between these; OKX shows the best 400 of them.
const FEWEST: usize = 410;
const MOST: usize = 450;
/// A wider spread than this is closed by the next event.
const WIDEST: i64 = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Level {
    pub sz: u64,
    pub orders: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Bid,
    Ask,
}

/// One level before and after.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    pub side: Side,
    pub px: i64,
    before: Option<Level>,
    after: Option<Level>,
}

/// What a taker took from one level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub side: Side,
    pub px: i64,
    pub sz: u64,
    pub orders: u32,
}

/// A row of a window: price, level.
pub(crate) type Row = (i64, Level);

/// One side by rising price: a list, because it is read whole far more often than a level comes or goes.
#[derive(Debug, Default)]
struct Ladder(Vec<Row>);

impl Ladder {
    fn get(&self, px: i64) -> Option<Level> {
        let at = self.0.binary_search_by_key(&px, |row| row.0).ok()?;
        self.0.get(at).map(|row| row.1)
    }

    /// Puts a level there, or nothing; what was there before.
    fn set(&mut self, px: i64, after: Option<Level>) -> Option<Level> {
        match (self.0.binary_search_by_key(&px, |row| row.0), after) {
            (Ok(at), Some(level)) => self.0.get_mut(at).map(|row| std::mem::replace(&mut row.1, level)),
            (Ok(at), None) => Some(self.0.remove(at).1),
            (Err(at), Some(level)) => {
                self.0.insert(at, (px, level));
                None
            }
            (Err(_), None) => None,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Flow {
    bids: Ladder,
    asks: Ladder,
    lots: u64,
    /// Which side pushes now: the walk of the price.
    pressure: Side,
}

impl Flow {
    pub fn new(instrument: &Instrument, rng: &mut Rng) -> Self {
        let mut flow = Self { bids: Ladder::default(), asks: Ladder::default(), lots: instrument.lots, pressure: Side::Bid };
        for side in [Side::Bid, Side::Ask] {
            let mut px = if side == Side::Bid { instrument.mid } else { instrument.mid + 1 };
            for _ in 0..usize::midpoint(FEWEST, MOST) {
                let level = flow.level(rng);
                flow.side_mut(side).set(px, Some(level));
                let gap = 1 + i64::try_from(rng.geometric(1.2)).unwrap_or(1);
                px += if side == Side::Bid { -gap } else { gap };
            }
        }
        flow
    }

    fn side(&self, side: Side) -> &Ladder {
        if side == Side::Bid { &self.bids } else { &self.asks }
    }

    fn side_mut(&mut self, side: Side) -> &mut Ladder {
        if side == Side::Bid { &mut self.bids } else { &mut self.asks }
    }

    /// The best `depth` levels, best first.
    pub fn window(&self, side: Side, depth: usize, out: &mut Vec<Row>) {
        out.clear();
        match side {
            Side::Bid => out.extend(self.bids.0.iter().rev().take(depth)),
            Side::Ask => out.extend(self.asks.0.iter().take(depth)),
        }
    }

    pub fn best(&self, side: Side) -> i64 {
        let best = if side == Side::Bid { self.bids.0.last() } else { self.asks.0.first() };
        best.expect("a side never runs empty: it has 400 levels, and an event takes three").0
    }

    fn nth(&self, side: Side, rank: usize) -> i64 {
        let rows = &self.side(side).0;
        let rank = rank.min(rows.len() - 1);
        let row = rows.get(if side == Side::Bid { rows.len() - 1 - rank } else { rank });
        row.expect("the rank is below the number of levels").0
    }

    /// A size as markets have them: many small, some large, some round.
    fn level(&self, rng: &mut Rng) -> Level {
        let spread = 1u64 << rng.below(8);
        let sz = (self.lots * rng.between(1, 16) * spread / 128).max(1);
        let sz = if rng.chance(3) { sz } else { sz + mix(rng.next_u64()) % self.lots };
        Level { sz, orders: 1 + u32::try_from(rng.geometric(1.1)).unwrap_or(0) }
    }

    /// One random event: up to a few levels change, and are returned as they changed.
    pub fn event(&mut self, rng: &mut Rng) -> Vec<Change> {
        if rng.chance(60) {
            self.pressure = if rng.chance(2) { Side::Bid } else { Side::Ask };
        }
        let mut changes = Vec::new();
        let spread = self.best(Side::Ask) - self.best(Side::Bid);
        if spread > WIDEST {
            let side = self.pressure;
            let touch = self.best(side);
            let px = if side == Side::Bid { touch + 1 } else { touch - 1 };
            self.put(side, px, rng, &mut changes);
        } else if rng.chance(6) {
            // A taker, more often with the pressure than against it.
            let with = rng.chance(3);
            let hit = if (self.pressure == Side::Bid) == with { Side::Bid } else { Side::Ask };
            self.take(hit, rng, &mut changes);
        } else {
            for _ in 0..rng.between(1, 8) {
                let side = if rng.chance(2) { Side::Bid } else { Side::Ask };
                self.rest(side, rng, &mut changes);
            }
        }
        changes
    }

    fn take(&mut self, side: Side, rng: &mut Rng, changes: &mut Vec<Change>) {
        for _ in 0..rng.between(0, 2) {
            let px = self.best(side);
            self.set(side, px, None, changes);
        }
        let px = self.best(side);
        let level = self.side(side).get(px).expect("the best level is there");
        if level.sz > 1 {
            let left = Level { sz: level.sz - rng.between(1, level.sz - 1), orders: level.orders.div_ceil(2) };
            self.set(side, px, Some(left), changes);
        }
    }

    /// Somebody adds, amends or cancels, mostly near the touch.
    fn rest(&mut self, side: Side, rng: &mut Rng, changes: &mut Vec<Change>) {
        let rank = if rng.chance(12) { rng.below(400) } else { rng.geometric(14.0) } as usize;
        let px = self.nth(side, rank);
        let held = self.side(side).0.len();
        match rng.below(8) {
            0..3 => self.put(side, px, rng, changes),
            3 | 4 if held > FEWEST => self.set(side, px, None, changes),
            _ if held < MOST => {
                let away = if side == Side::Bid { -1 } else { 1 };
                let far = 1 + i64::try_from(rng.geometric(2.0)).unwrap_or(0);
                let inside = self.best(Side::Ask) - self.best(Side::Bid) > 1 && rng.chance(6);
                let new = if inside { self.best(side) - away } else { px + away * far };
                let (bid, ask) = (self.best(Side::Bid), self.best(Side::Ask));
                let crossed = if side == Side::Bid { new >= ask } else { new <= bid };
                self.put(side, if crossed { px } else { new }, rng, changes);
            }
            _ => self.set(side, px, None, changes),
        }
    }

    fn put(&mut self, side: Side, px: i64, rng: &mut Rng, changes: &mut Vec<Change>) {
        let level = self.level(rng);
        self.set(side, px, Some(level), changes);
    }

    fn set(&mut self, side: Side, px: i64, after: Option<Level>, changes: &mut Vec<Change>) {
        let before = self.side_mut(side).set(px, after);
        changes.push(Change { side, px, before, after });
    }

    /// Takes an event back; returns it as it now happened.
    pub fn undo(&mut self, event: &[Change]) -> Vec<Change> {
        let mut changes = Vec::with_capacity(event.len());
        for change in event.iter().rev() {
            self.set(change.side, change.px, change.before, &mut changes);
        }
        changes
    }
}

/// The trades an event is, if every change of it takes from the touch of one side; otherwise none.
/// `touch` is the best price of each side (bid, ask) before the event.
pub(crate) fn taken(event: &[Change], touch: (i64, i64)) -> Vec<Taken> {
    let mut trades: Vec<Taken> = Vec::new();
    for change in event {
        let Some(before) = change.before else { return Vec::new() };
        let left = change.after.map_or(0, |level| level.sz);
        let best = if change.side == Side::Bid { touch.0 } else { touch.1 };
        let from_touch = match trades.last() {
            None => change.px == best,
            Some(last) => last.side == change.side && (change.px < last.px) == (change.side == Side::Bid),
        };
        if left >= before.sz || !from_touch {
            return Vec::new();
        }
        let orders = before.orders.saturating_sub(change.after.map_or(0, |level| level.orders));
        trades.push(Taken { side: change.side, px: change.px, sz: before.sz - left, orders: orders.max(1) });
    }
    trades
}
