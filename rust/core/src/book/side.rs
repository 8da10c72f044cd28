//! One side of a book: price levels in one contiguous window with room at both ends.
//!
//! ```text
//! keys    [ . . . worst … … best . . . ]     ascending; a bid's key is its price, an ask's is minus its price
//! levels  [ . . . worst … … best . . . ]
//! ```
//!
//! An insert or removal moves the shorter part of the window, so one near the touch moves a few levels, and one at
//! the far edge, where every level that enters a full window pushes another out, moves none.

use crate::num::{Dec, POW10};

/// What stands at one price. Scales are those of the texts received, so the exact text can be given back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    pub sz: i64,
    /// The part of `sz` that is not RPI; only `books-rpi` has it.
    pub non_rpi: i64,
    pub orders: u32,
    pub px_scale: u8,
    pub sz_scale: u8,
    pub non_rpi_scale: u8,
}

/// A level as a message brings it: `px` at the level's own `px_scale`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    pub px: i64,
    pub level: Level,
}

/// A level read from a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    pub px: Dec,
    pub sz: Dec,
    pub non_rpi: Dec,
    pub orders: u32,
}

/// The prices of a book outgrew 64 bits at one common scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScaleOverflow;

#[derive(Clone, Debug)]
pub struct Side {
    /// `-1` for asks, `1` for bids: key = price × sign.
    sign: i64,
    /// Decimals of all keys.
    scale: u8,
    start: usize,
    end: usize,
    keys: Vec<i64>,
    levels: Vec<Level>,
}

impl Side {
    pub fn asks() -> Self {
        Self::new(-1)
    }

    pub fn bids() -> Self {
        Self::new(1)
    }

    fn new(sign: i64) -> Self {
        Self { sign, scale: 0, start: 0, end: 0, keys: Vec::new(), levels: Vec::new() }
    }

    pub fn len(&self) -> usize {
        self.end - self.start
    }

    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Decimals that every price of this side has room for.
    pub fn px_scale(&self) -> u8 {
        self.scale
    }

    fn keys(&self) -> &[i64] {
        self.keys.get(self.start..self.end).unwrap_or_default()
    }

    fn levels(&self) -> &[Level] {
        self.levels.get(self.start..self.end).unwrap_or_default()
    }

    /// Best first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Quote> + ExactSizeIterator + '_ {
        self.keys().iter().zip(self.levels()).rev().map(|(&key, level)| self.quote(key, level))
    }

    #[inline]
    pub fn best(&self) -> Option<Quote> {
        Some(self.quote(*self.keys().last()?, self.levels().last()?))
    }

    #[inline]
    fn quote(&self, key: i64, level: &Level) -> Quote {
        // A level keeps the decimals it came with; the key has at least as many.
        let down = POW10.get(usize::from(self.scale - level.px_scale)).copied().unwrap_or(1);
        Quote {
            px: Dec { mantissa: if down == 1 { key } else { key / down } * self.sign, scale: level.px_scale },
            sz: Dec { mantissa: level.sz, scale: level.sz_scale },
            non_rpi: Dec { mantissa: level.non_rpi, scale: level.non_rpi_scale },
            orders: level.orders,
        }
    }

    /// The best price at the side's common scale, and the sum of sizes: for reads that compare or add.
    pub fn keyed(&self) -> impl Iterator<Item = (i64, &Level)> + '_ {
        self.keys().iter().zip(self.levels()).rev().map(|(&key, level)| (key * self.sign, level))
    }

    pub fn clear(&mut self) {
        (self.start, self.end, self.scale) = (0, 0, 0);
    }

    /// Applies rows in the order sent: size 0 removes (and is ignored where nothing stands), any other size is set.
    pub fn apply(&mut self, rows: &[Row]) -> Result<(), ScaleOverflow> {
        // Rows come best first, so each search starts where the last one ended.
        let mut hint = self.len();
        let mut last = i64::MAX;
        for row in rows {
            let scale = self.scale;
            let key = self.key_of(row)?;
            // Out of order, or `last` was a key at another scale.
            if key >= last || self.scale != scale {
                hint = self.len();
            }
            last = key;
            let at = self.lower_bound(key, hint);
            let found = self.keys().get(at) == Some(&key);
            hint = match (found, row.level.sz == 0) {
                (true, true) => {
                    self.remove(at);
                    at
                }
                (true, false) => {
                    if let Some(level) = self.levels.get_mut(self.start + at) {
                        *level = row.level;
                    }
                    at
                }
                (false, true) => at,
                (false, false) => {
                    self.insert(at, key, row.level);
                    at
                }
            };
        }
        Ok(())
    }

    /// Drops the worst levels beyond `depth`.
    pub fn truncate(&mut self, depth: usize) {
        self.start += self.len().saturating_sub(depth);
    }

    #[inline]
    fn key_of(&mut self, row: &Row) -> Result<i64, ScaleOverflow> {
        let scale = row.level.px_scale;
        if scale > self.scale {
            self.rescale(scale)?;
        }
        let up = POW10.get(usize::from(self.scale - scale)).ok_or(ScaleOverflow)?;
        row.px.checked_mul(*up).map(|px| px * self.sign).ok_or(ScaleOverflow)
    }

    /// Gives every key more decimals; rare: an instrument's tick became finer, or one deep level has more decimals.
    #[cold]
    fn rescale(&mut self, scale: u8) -> Result<(), ScaleOverflow> {
        let up = *POW10.get(usize::from(scale - self.scale)).ok_or(ScaleOverflow)?;
        let window = self.start..self.end;
        for key in self.keys.get_mut(window).unwrap_or_default() {
            *key = key.checked_mul(up).ok_or(ScaleOverflow)?;
        }
        self.scale = scale;
        Ok(())
    }

    /// The first position in `0..hint` whose key is not below `key`; keys from `hint` on are above it.
    /// Gallops from `hint` towards the worst, then bisects what it jumped over.
    #[inline]
    fn lower_bound(&self, key: i64, hint: usize) -> usize {
        let keys = self.keys().get(..hint).unwrap_or_default();
        let mut high = keys.len();
        let mut step = 1;
        loop {
            let low = high.saturating_sub(step);
            match keys.get(low..high) {
                Some([first, ..]) if *first < key => {
                    let span = keys.get(low..high).unwrap_or_default();
                    return low + span.partition_point(|&k| k < key);
                }
                Some([_, ..]) => high = low,
                _ => return 0,
            }
            step *= 2;
        }
    }

    #[inline]
    fn remove(&mut self, at: usize) {
        let at = self.start + at;
        if at - self.start < self.end - at {
            self.keys.copy_within(self.start..at, self.start + 1);
            self.levels.copy_within(self.start..at, self.start + 1);
            self.start += 1;
        } else {
            self.keys.copy_within(at + 1..self.end, at);
            self.levels.copy_within(at + 1..self.end, at);
            self.end -= 1;
        }
    }

    #[inline]
    fn insert(&mut self, at: usize, key: i64, level: Level) {
        let toward_start = at < self.len() - at;
        if (toward_start && self.start == 0) || (!toward_start && self.end == self.keys.len()) {
            self.recentre();
        }
        let at = self.start + at;
        let at = if toward_start {
            self.keys.copy_within(self.start..at, self.start - 1);
            self.levels.copy_within(self.start..at, self.start - 1);
            self.start -= 1;
            at - 1
        } else {
            self.keys.copy_within(at..self.end, at + 1);
            self.levels.copy_within(at..self.end, at + 1);
            self.end += 1;
            at
        };
        if let (Some(slot), Some(place)) = (self.keys.get_mut(at), self.levels.get_mut(at)) {
            *slot = key;
            *place = level;
        }
    }

    /// Moves the window to the middle, with more room if there is too little to last.
    #[cold]
    fn recentre(&mut self) {
        let len = self.len();
        let want = (len * 2).max(16);
        if self.keys.len() < len + len / 2 + 2 {
            self.keys.resize(want, 0);
            self.levels.resize(want, Level::default());
        }
        let start = (self.keys.len() - len) / 2;
        self.keys.copy_within(self.start..self.end, start);
        self.levels.copy_within(self.start..self.end, start);
        (self.start, self.end) = (start, start + len);
    }
}
