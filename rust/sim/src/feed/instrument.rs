//! Invented instruments with OKX's names: ticks, lots and a first price.

use crate::rng::mix;

/// How an instrument counts, and where its price starts.
#[derive(Clone, Debug)]
pub(crate) struct Instrument {
    pub id: String,
    pub swap: bool,
    /// First middle price, in ticks.
    pub mid: i64,
    /// Digits after the point: of a tick, and of a lot.
    pub px_digits: u32,
    pub sz_digits: u32,
    /// A usual size near the touch, in lots.
    pub lots: u64,
}

/// Base currency, price in ticks, digits of a tick.
const BASES: [(&str, i64, u32); 32] = [
    ("BTC", 675_000, 1),
    ("ETH", 352_140, 2),
    ("SOL", 18_245, 2),
    ("XRP", 21_730, 4),
    ("DOGE", 31_452, 5),
    ("ADA", 7_421, 4),
    ("LTC", 8_381, 2),
    ("BCH", 4_873, 1),
    ("LINK", 17_342, 3),
    ("AVAX", 28_410, 3),
    ("DOT", 5_233, 3),
    ("TRX", 28_765, 5),
    ("UNI", 8_214, 3),
    ("ATOM", 4_812, 3),
    ("ETC", 19_847, 3),
    ("FIL", 3_456, 3),
    ("NEAR", 4_783, 3),
    ("APT", 9_134, 3),
    ("ARB", 4_921, 4),
    ("OP", 7_614, 4),
    ("SUI", 36_241, 4),
    ("TON", 5_124, 3),
    ("INJ", 13_452, 3),
    ("AAVE", 24_617, 2),
    ("LDO", 11_243, 4),
    ("CRV", 6_127, 4),
    ("SAND", 26_341, 5),
    ("MANA", 28_123, 5),
    ("GALA", 17_452, 6),
    ("ALGO", 18_234, 5),
    ("XLM", 27_345, 5),
    ("HBAR", 18_912, 5),
];

/// As many as a feed can have, with all of its channels each.
pub const MAX_INSTRUMENTS: usize = 5_000;

/// The first `count`: the best known first, swap and spot in turn after the first pair of swaps, then numbered ones
/// (`S0065-USDT-SWAP`, …).
pub(crate) fn choose(count: usize) -> Vec<Instrument> {
    let swaps = BASES.iter().map(|base| make(base, true));
    let spots = BASES.iter().map(|base| make(base, false));
    let mut swaps = swaps.collect::<Vec<_>>().into_iter();
    let mut spots = spots.collect::<Vec<_>>().into_iter();
    let mut all: Vec<Instrument> = swaps.by_ref().take(2).chain(spots.by_ref().take(2)).collect();
    for (swap, spot) in swaps.zip(spots) {
        all.extend([swap, spot]);
    }
    for number in all.len() + 1..=count.min(MAX_INSTRUMENTS) {
        let chance = mix(number as u64);
        let base = format!("S{number:04}");
        all.push(make(&(base.as_str(), 5_000 + (chance % 60_000).cast_signed(), 1 + (chance >> 32) as u32 % 5), true));
    }
    all.truncate(count.clamp(1, MAX_INSTRUMENTS));
    all
}

fn make(&(base, mid, px_digits): &(&str, i64, u32), swap: bool) -> Instrument {
    let (id, sz_digits, lots) = if swap {
        (format!("{base}-USDT-SWAP"), 2, 500)
    } else {
        // A spot lot is fine where the coin is dear.
        let sz_digits = if mid >= 100_000 { 8 } else { 6 };
        (format!("{base}-USDT"), sz_digits, 10u64.pow(sz_digits) / 7)
    };
    Instrument { id, swap, mid, px_digits, sz_digits, lots }
}

/// A count of units of 10^-digits as OKX writes it: no exponent, no trailing zeros.
pub(crate) fn decimal(units: u64, digits: u32, out: &mut String) {
    use std::fmt::Write as _;
    let unit = 10u64.pow(digits);
    let (whole, mut part, mut width) = (units / unit, units % unit, digits as usize);
    if part == 0 {
        let _ = write!(out, "{whole}");
        return;
    }
    while part % 10 == 0 {
        part /= 10;
        width -= 1;
    }
    let _ = write!(out, "{whole}.{part:0width$}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_have_no_trailing_zeros() {
        for (units, digits, want) in
            [(0, 2, "0"), (675_000, 1, "67500"), (675_001, 1, "67500.1"), (120, 2, "1.2"), (5, 8, "0.00000005"), (7, 0, "7")]
        {
            let mut text = String::new();
            decimal(units, digits, &mut text);
            assert_eq!(text, want);
        }
    }

    #[test]
    fn names_differ_and_the_known_ones_come_first() {
        let names: Vec<String> = choose(MAX_INSTRUMENTS + 1).into_iter().map(|i| i.id).collect();
        assert_eq!(names.get(63..66).expect("more"), ["HBAR-USDT", "S0065-USDT-SWAP", "S0066-USDT-SWAP"]);
        assert_eq!(names.get(..5).expect("five"), ["BTC-USDT-SWAP", "ETH-USDT-SWAP", "BTC-USDT", "ETH-USDT", "SOL-USDT-SWAP"]);
        let mut unique = names.clone();
        unique.sort();
        unique.dedup();
        assert_eq!((names.len(), unique.len()), (MAX_INSTRUMENTS, MAX_INSTRUMENTS));
    }
}
