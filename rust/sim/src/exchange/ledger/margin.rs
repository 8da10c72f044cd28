//! Margin arithmetic, as pure functions: trading sections 11.1 to 11.3.
//!
//! `None` where a division cannot be made or a number leaves what a `Decimal` holds.

use crate::exchange::num::Dec;

/// What does not change with the price.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    pub inverse: bool,
    /// Contracts times the size of one, signed: negative when short.
    pub size: Dec,
    /// Σ of what was paid for them, signed as `size`.
    pub cost: Dec,
    pub lever: Dec,
}

impl Terms {
    /// In the settlement currency, at a price; never negative.
    pub fn notional(&self, px: Dec) -> Option<Dec> {
        let size = self.size.abs();
        if self.inverse { size.checked_div(px) } else { size.checked_mul(px) }
    }

    /// Signed value at a price.
    fn worth(&self, px: Dec) -> Option<Dec> {
        if self.inverse { self.size.checked_div(px) } else { self.size.checked_mul(px) }
    }

    pub fn upl(&self, mark: Dec) -> Option<Dec> {
        let worth = self.worth(mark)?;
        Some(if self.inverse { self.cost - worth } else { worth - self.cost })
    }

    pub fn avg_px(&self) -> Option<Dec> {
        if self.inverse { self.size.checked_div(self.cost) } else { self.cost.checked_div(self.size) }
    }

    /// Against the margin it was opened with.
    pub fn upl_ratio(&self, mark: Dec) -> Option<Dec> {
        self.upl(mark)?.checked_mul(self.lever)?.checked_div(self.cost.abs())
    }

    pub fn imr(&self, mark: Dec) -> Option<Dec> {
        self.notional(mark)?.checked_div(self.lever)
    }

    pub fn mmr(&self, mark: Dec, m: Dec) -> Option<Dec> {
        self.notional(mark)?.checked_mul(m)
    }

    /// `backing`: the margin, or the cash a cross position can use. `None` where no price would bring it down.
    pub fn liq_px(&self, backing: Dec, m: Dec, t: Dec) -> Option<Dec> {
        let (size, cost) = (self.size.abs(), self.cost.abs());
        let (up, down) = (Dec::ONE + m + t, Dec::ONE - m - t);
        let px = match (self.inverse, self.size > Dec::ZERO) {
            (false, true) => (cost - backing).checked_div(size.checked_mul(down)?),
            (false, false) => (cost + backing).checked_div(size.checked_mul(up)?),
            (true, true) => size.checked_mul(up)?.checked_div(backing + cost),
            (true, false) => size.checked_mul(down)?.checked_div(cost - backing),
        }?;
        (px > Dec::ZERO).then_some(px)
    }
}

/// Equity against maintenance margin and the fee of closing.
pub fn mgn_ratio(equity: Dec, mmr: Dec, fee: Dec) -> Option<Dec> {
    equity.checked_div(mmr + fee)
}

/// A margin trade of a spot pair, in the position's own currency.
#[derive(Clone, Copy, Debug)]
pub struct Loan {
    /// The position asset is the base currency.
    pub long: bool,
    /// The asset, with a margin of the same currency.
    pub pos: Dec,
    /// Owed, with interest, positive.
    pub liab: Dec,
    /// Of the position's currency; 0 if the margin is in the other one.
    pub margin: Dec,
}

impl Loan {
    /// The debt in the position's currency.
    pub fn owed(&self, mark: Dec) -> Option<Dec> {
        if self.long { self.liab.checked_div(mark) } else { self.liab.checked_mul(mark) }
    }

    pub fn mmr(&self, mark: Dec, m: Dec) -> Option<Dec> {
        self.owed(mark)?.checked_mul(m)
    }

    pub fn close_fee(&self, mark: Dec, m: Dec, t: Dec) -> Option<Dec> {
        self.owed(mark)?.checked_mul(Dec::ONE + m)?.checked_mul(t)
    }

    pub fn upl(&self, mark: Dec) -> Option<Dec> {
        Some(self.pos - self.owed(mark)? - self.margin)
    }

    pub fn mgn_ratio(&self, mark: Dec, m: Dec, t: Dec) -> Option<Dec> {
        (self.pos - self.owed(mark)?).checked_div(self.mmr(mark, m)? + self.close_fee(mark, m, t)?)
    }

    pub fn liq_px(&self, m: Dec, t: Dec) -> Option<Dec> {
        let owed = self.liab.checked_mul(Dec::ONE + m)?.checked_mul(Dec::ONE + t)?;
        let px = if self.long { owed.checked_div(self.pos) } else { self.pos.checked_div(owed) }?;
        (px > Dec::ZERO).then_some(px)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Dec {
        text.parse().expect("a number of the table")
    }

    /// Equal within 1e-12, or within the last digit printed: the exchange computes in doubles.
    fn same(what: &str, have: Option<Dec>, want: &str) {
        let (have, want) = (have.expect(what), d(want));
        let digit = Dec::new(1, want.scale());
        let near = (want.abs() * Dec::new(1, 12)).max(digit);
        assert!((have - want).abs() <= near, "{what}: {have}, not {want}");
    }

    #[test]
    fn vector_a_is_a_linear_cross_position_of_a_futures_mode_account() {
        let (mark, m, t) = (d("43691.043152768407"), d("0.004"), d("0.0005"));
        let cash = d("200.5137143201668551");
        let terms = Terms { inverse: false, size: d("0.01"), cost: d("436.84"), lever: d("10") };
        same("avgPx", terms.avg_px(), "43684");
        same("imr", terms.imr(mark), "43.69104315276841");
        same("mmr", terms.mmr(mark, m), "1.7476417261107364");
        same("upl", terms.upl(mark).map(|upl| upl.round_dp(13)), "0.0704315276840");
        same("uplRatio", terms.upl_ratio(mark).map(|r| r.round_dp(13)), "0.0016122957532");
        let notional = terms.notional(mark).expect("a price");
        same("mgnRatio", mgn_ratio(cash + d("0.0704315276840498"), notional * m, notional * t), "102.02149323145969");
        same("liqPx", terms.liq_px(cash, m, t), "23739.456120525683");
    }

    #[test]
    fn vector_b_is_a_multi_currency_account() {
        let (notional, m, t) = (d("85.737166146"), d("0.004"), d("0.0005"));
        same("imr", notional.checked_div(d("10")), "8.5737166146");
        same("mmr", Some(notional * m), "0.342948664584");
        same("mgnRatio", mgn_ratio(d("55444.12216906034"), notional * m, notional * t), "143705.65988369548");
    }

    #[test]
    fn vector_c_is_an_inverse_isolated_position() {
        let (mark, m, t, avg) = (d("2565.656"), d("0.008"), d("0.0005"), d("2566.31"));
        let terms = Terms { inverse: true, size: d("10"), cost: d("10") / avg, lever: d("10") };
        let margin = d("0.0003896645377994");
        same("margin", terms.cost.checked_div(terms.lever), "0.0003896645377994");
        same("upl", terms.upl(mark), "-0.0000009932766034");
        same("uplRatio", terms.upl_ratio(mark), "-0.00254905568");
        same("mmr", terms.mmr(mark, m), "0.0000311811092368");
        let notional = terms.notional(mark).expect("a price");
        same("mgnRatio", mgn_ratio(margin + terms.upl(mark).expect("a price"), notional * m, notional * t), "11.731726509588816");
        // The published liqPx, 2352.84967, is one tick of 0.01 higher than its own formula.
        same("liqPx", terms.liq_px(margin, m, t), "2352.83967");
    }

    #[test]
    fn vector_d_is_an_isolated_margin_position() {
        let (mark, m, t) = (d("62891.9"), d("0.02"), d("0.001"));
        let loan = Loan { long: true, pos: d("0.00190433573"), liab: d("99.9998177776581948"), margin: d("0.000317654") };
        same("mmr", loan.mmr(mark, m), "0.0000318005395854");
        same("mgnRatio", loan.mgn_ratio(mark, m, t), "9.404143929947395");
        same("liqPx", loan.liq_px(m, t), "53615.448336593756");
        same("upl", loan.upl(mark), "-0.0000033452492717");
        same("uplRatio", loan.upl(mark).and_then(|upl| upl.checked_div(loan.margin)), "-0.0105311101755551");
    }

    #[test]
    fn shorts_mirror_longs() {
        let terms = Terms { inverse: false, size: d("-0.01"), cost: d("-500"), lever: d("10") };
        same("upl", terms.upl(d("49000")), "10");
        same("liqPx", terms.liq_px(d("50"), d("0.004"), d("0.0005")), "54753.608760577402");
        let terms = Terms { inverse: true, size: d("-100"), cost: d("-0.002"), lever: d("10") };
        same("upl", terms.upl(d("40000")), "0.0005");
        assert_eq!(terms.liq_px(d("1"), d("0.004"), d("0.0005")), None, "a covered short is never liquidated");
        let loan = Loan { long: false, pos: d("1200"), liab: d("0.01"), margin: d("200") };
        same("upl", loan.upl(d("90000")), "100");
        same("liqPx", loan.liq_px(d("0.02"), d("0.001")), "117529.529294235");
    }
}
