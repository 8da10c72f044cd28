//! Reads that compute: sums and averages over a side. Integers all the way; a ratio is left to the caller.

use super::{Quote, Side};
use crate::num::{Dec, Num, POW10};

/// What it takes to fill a size from one side of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// What the side can fill: the size asked for, or less when the side is too thin.
    pub filled: Num,
    /// Sum of price × size of what is filled. Divided by `filled` it is the volume-weighted average price.
    pub notional: Num,
    /// The price of the last level touched.
    pub worst_px: Dec,
    pub complete: bool,
}

/// A level for numeric work: everything at the side's common scales.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepthRow {
    pub px: i64,
    pub sz: i64,
    pub orders: u32,
}

impl Quote {
    /// Whether a bid stands at or above an ask: legal in call auctions and before the opening, so no fault of a book.
    ///
    /// Source: OKX API v5, Order book trading › Market data › WS order book channel.
    pub fn crosses(&self, ask: &Self) -> bool {
        Num::from(self.px).cmp_value(ask.px.into()).is_ge()
    }
}

impl Side {
    /// Decimals that every size of the best `n` levels has room for.
    pub fn sz_scale(&self, n: usize) -> u8 {
        self.keyed().take(n).map(|(_, level)| level.sz_scale).max().unwrap_or(0)
    }

    /// The best `n` levels with prices at [`Side::px_scale`] and sizes at `sz_scale`; `None` if one does not fit.
    pub fn rows(&self, n: usize, px_scale: u8, sz_scale: u8) -> impl Iterator<Item = Option<DepthRow>> + '_ {
        self.keyed().take(n).map(move |(px, level)| {
            let px = Dec { mantissa: px, scale: self.px_scale() }.mantissa_at(px_scale)?;
            let sz = Dec { mantissa: level.sz, scale: level.sz_scale }.mantissa_at(sz_scale)?;
            Some(DepthRow { px, sz, orders: level.orders })
        })
    }

    /// Total size of the best `n` levels.
    pub fn size_of(&self, n: usize) -> Num {
        sum(self.iter().take(n).map(|quote| quote.sz))
    }

    /// Total size at `px` and every better price.
    pub fn size_to(&self, px: Num, is_bid: bool) -> Num {
        let reaches = |quote: &Quote| {
            let order = Num::from(quote.px).cmp_value(px);
            if is_bid { order.is_ge() } else { order.is_le() }
        };
        sum(self.iter().take_while(reaches).map(|quote| quote.sz))
    }

    /// Fills `sz` from the best level on. `None` when the side is empty, `sz` is not positive, or the sums do not fit 38 digits.
    pub fn cost_of(&self, sz: Num) -> Option<Cost> {
        let scale = self.sz_scale(self.len()).max(sz.scale);
        let wanted = lift(sz, scale)?;
        if wanted <= 0 {
            return None;
        }
        let (mut left, mut notional, mut worst) = (wanted, 0i128, None);
        for (px, level) in self.keyed() {
            let here = lift(Num { mantissa: i128::from(level.sz), scale: level.sz_scale }, scale)?.min(left);
            notional = notional.checked_add(here.checked_mul(i128::from(px))?)?;
            left -= here;
            worst = Some((px, level.px_scale));
            if left == 0 {
                break;
            }
        }
        let (px, px_scale) = worst?;
        let down = POW10.get(usize::from(self.px_scale() - px_scale))?;
        Some(Cost {
            filled: Num { mantissa: wanted - left, scale }.normalized(),
            notional: Num { mantissa: notional, scale: scale + self.px_scale() }.normalized(),
            worst_px: Dec { mantissa: px / down, scale: px_scale },
            complete: left == 0,
        })
    }
}

fn lift(num: Num, scale: u8) -> Option<i128> {
    num.mantissa.checked_mul(10i128.checked_pow(u32::from(scale.checked_sub(num.scale)?))?)
}

/// An exact sum; 400 sizes of 18 digits fit 38.
fn sum(values: impl Iterator<Item = Dec>) -> Num {
    values.fold(Num::default(), |total, dec| {
        let scale = total.scale.max(dec.scale);
        let at = |num| lift(num, scale).expect("21 digits with at most 18 decimals fit 38");
        Num { mantissa: at(total) + at(dec.into()), scale }
    })
}
