//! Exact numbers: an integer mantissa and a decimal scale, never a float.
//!
//! ```text
//! "67500.10" ─▶ Dec { mantissa: 6750010, scale: 2 } ─▶ "67500.10"
//! ```
//!
//! OKX sends decimals as strings; its SBE feeds carry the same mantissa and exponent. The scale keeps trailing
//! zeros, so the text that came in can always be given back (a checksum runs over that text).

use std::fmt;

/// Most digits a [`Dec`] holds: every 18-digit number fits an `i64`.
const DEC_DIGITS: usize = 18;
/// Most digits a [`Num`] holds: every 38-digit number fits an `i128`.
const NUM_DIGITS: usize = 38;

/// A price or size as it stands in books and trades: `mantissa / 10^scale`, at most 18 digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dec {
    pub mantissa: i64,
    pub scale: u8,
}

/// Any other number OKX sends (24 h volumes outgrow 18 digits): `mantissa / 10^scale`, at most 38 digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Num {
    pub mantissa: i128,
    pub scale: u8,
}

/// `10^n` for `n` in 0..=18.
#[allow(clippy::indexing_slicing, reason = "evaluated at compile time")]
pub const POW10: [i64; DEC_DIGITS + 1] = {
    let mut table = [1; DEC_DIGITS + 1];
    let mut i = 1;
    while i < table.len() {
        table[i] = table[i - 1] * 10;
        i += 1;
    }
    table
};

/// The powers of ten that a float holds exactly.
#[rustfmt::skip]
const POW10_F64: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

impl Dec {
    pub const ZERO: Self = Self { mantissa: 0, scale: 0 };

    /// Reads a plain decimal: digits, at most one dot with digits on both sides, an optional leading minus.
    /// `None` for anything else: exponents, plus signs, spaces, needless leading zeros, `-0`, over 18 digits.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (num, digits) = parse_digits(text)?;
        (digits <= DEC_DIGITS).then_some(Self { mantissa: num.mantissa as i64, scale: num.scale })
    }

    /// The mantissa this number has at a larger scale; `None` if it does not fit.
    pub fn mantissa_at(self, scale: u8) -> Option<i64> {
        let up = POW10.get(usize::from(scale.checked_sub(self.scale)?))?;
        self.mantissa.checked_mul(*up)
    }

    /// Appends the exact text that was parsed.
    pub fn write_to(self, out: &mut Vec<u8>) {
        write_decimal(self.mantissa < 0, self.mantissa.unsigned_abs(), self.scale, out);
    }
}

impl Num {
    pub const ZERO: Self = Self { mantissa: 0, scale: 0 };

    /// As [`Dec::parse`], for up to 38 digits.
    pub fn parse(text: &[u8]) -> Option<Self> {
        parse_digits(text).map(|(num, _)| num)
    }

    /// The nearest `f64`. The only place where a float appears, and only because the caller asked.
    pub fn to_f64(self) -> f64 {
        // Both operands are exact up to 2^53 and 10^22, so one division rounds once, as parsing the text would.
        match (i64::try_from(self.mantissa), POW10_F64.get(usize::from(self.scale))) {
            (Ok(mantissa), Some(down)) if mantissa.unsigned_abs() < 1 << 53 => mantissa as f64 / down,
            _ => self.to_string().parse().unwrap_or(f64::NAN),
        }
    }

    /// Compares by value: `7.10` equals `7.1`.
    pub fn cmp_value(self, other: Self) -> std::cmp::Ordering {
        let (a, b) = (self.normalized(), other.normalized());
        let scale = a.scale.max(b.scale);
        let lift = |n: Self| 10i128.checked_pow(u32::from(scale - n.scale)).and_then(|p| n.mantissa.checked_mul(p));
        match (lift(a), lift(b)) {
            (Some(x), Some(y)) => x.cmp(&y),
            // Lifting overflows only for the one with fewer decimals, whose magnitude is then the larger.
            (None, _) => a.mantissa.cmp(&0),
            (_, None) => 0.cmp(&b.mantissa),
        }
    }

    /// The exact sum, at the larger of the two scales; `None` if it does not fit.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let at = |n: Self| n.mantissa.checked_mul(10i128.checked_pow(u32::from(scale - n.scale))?);
        Some(Self { mantissa: at(self)?.checked_add(at(other)?)?, scale })
    }

    /// The same value without trailing zeros after the point.
    #[must_use]
    pub fn normalized(mut self) -> Self {
        while self.scale > 0 && self.mantissa % 10 == 0 {
            self.mantissa /= 10;
            self.scale -= 1;
        }
        self
    }
}

impl From<Dec> for Num {
    fn from(dec: Dec) -> Self {
        Self { mantissa: i128::from(dec.mantissa), scale: dec.scale }
    }
}

/// The general reader behind both types; also gives the number of digits.
fn parse_digits(text: &[u8]) -> Option<(Num, usize)> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let mut mantissa = 0i128;
    let mut count = 0;
    let mut dot = None;
    for (i, &byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                count += 1;
                if count > NUM_DIGITS {
                    return None;
                }
                mantissa = mantissa * 10 + i128::from(byte - b'0');
            }
            b'.' if dot.is_none() => dot = Some(i),
            _ => return None,
        }
    }
    let whole = dot.unwrap_or(digits.len());
    let scale = digits.len() - whole - usize::from(dot.is_some());
    let padded = whole > 1 && digits.first() == Some(&b'0');
    if whole == 0 || padded || (dot.is_some() && scale == 0) || (negative && mantissa == 0) {
        return None;
    }
    let mantissa = if negative { -mantissa } else { mantissa };
    Some((Num { mantissa, scale: scale as u8 }, count))
}

/// Writes digits right to left into a stack buffer, two at a time.
pub(crate) fn write_decimal(negative: bool, mut magnitude: u64, scale: u8, out: &mut Vec<u8>) {
    let mut buf = [b'0'; 48];
    let mut at = buf.len();
    let mut put = |byte: u8| {
        at -= 1;
        if let Some(slot) = buf.get_mut(at) {
            *slot = byte;
        }
    };
    for _ in 0..scale.min(40) {
        put(b'0' + (magnitude % 10) as u8);
        magnitude /= 10;
    }
    if scale > 0 {
        put(b'.');
    }
    loop {
        put(b'0' + (magnitude % 10) as u8);
        magnitude /= 10;
        if magnitude == 0 {
            break;
        }
    }
    if negative {
        put(b'-');
    }
    out.extend_from_slice(buf.get(at..).unwrap_or_default());
}

impl fmt::Display for Dec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Num::from(*self).fmt(f)
    }
}

impl fmt::Display for Num {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.mantissa.unsigned_abs().to_string();
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let scale = usize::from(self.scale);
        if scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        write!(f, "{sign}{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_decimals_come_back_as_the_text_they_were() {
        for text in ["0", "7", "7.10", "0.5", "0.00", "67500.1", "-0.1", "-10", "999999999999999999", "0.000000452"] {
            let dec = Dec::parse(text.as_bytes()).expect(text);
            assert_eq!(dec.to_string(), text);
            let mut out = Vec::new();
            dec.write_to(&mut out);
            assert_eq!(out, text.as_bytes());
        }
    }

    #[test]
    fn anything_but_a_plain_decimal_is_refused() {
        for text in
            ["", "-", ".", ".5", "5.", "1e5", "1E-7", "+1", " 1", "1 ", "01", "00.5", "-0", "-0.0", "1.2.3", "0x1", "NaN", "1,5", "--1"]
        {
            assert_eq!(Num::parse(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(Dec::parse(b"1234567890123456789"), None, "19 digits");
        assert!(Num::parse(b"1234567890123456789.0123456789012345678").is_some(), "38 digits");
        assert_eq!(Num::parse(b"1234567890123456789012345678901234567890"), None, "40 digits");
    }

    #[test]
    fn numbers_compare_by_value() {
        use std::cmp::Ordering::{Equal, Greater, Less};
        for (a, b, want) in [
            ("7.10", "7.1", Equal),
            ("7.11", "7.1", Greater),
            ("-1", "1", Less),
            ("99999999999999999999999999999999999999", "0.0000000000000000000000000000000000001", Greater),
            ("-99999999999999999999999999999999999999", "0.0000000000000000000000000000000000001", Less),
            ("0.0000000000000000000000000000000000001", "99999999999999999999999999999999999999", Less),
        ] {
            let parse = |t: &str| Num::parse(t.as_bytes()).expect(t);
            assert_eq!(parse(a).cmp_value(parse(b)), want, "{a} against {b}");
        }
    }

    #[test]
    fn sums_are_exact_or_none() {
        for (a, b, want) in [
            ("0.1", "0.2", Some("0.3")),
            ("1", "0.001", Some("1.001")),
            ("-0.50", "0.5", Some("0.00")),
            ("0.00038128", "0", Some("0.00038128")),
            ("99999999999999999999999999999999999999", "0.1", None),
        ] {
            let parse = |t: &str| Num::parse(t.as_bytes()).expect(t);
            assert_eq!(parse(a).checked_add(parse(b)).map(|n| n.to_string()).as_deref(), want, "{a} + {b}");
            assert_eq!(parse(b).checked_add(parse(a)), parse(a).checked_add(parse(b)));
        }
    }

    proptest! {
        #[test]
        fn printing_then_parsing_is_the_identity(mantissa in -999_999_999_999_999_999i64..=999_999_999_999_999_999, scale in 0u8..=17) {
            let dec = Dec { mantissa, scale };
            let text = dec.to_string();
            prop_assume!(mantissa != 0 || !text.starts_with('-'));
            prop_assert_eq!(Dec::parse(text.as_bytes()), Some(dec));
            let mut out = Vec::new();
            dec.write_to(&mut out);
            prop_assert_eq!(out, text.as_bytes());
        }

        #[test]
        fn floats_are_those_of_the_text(mantissa: i64, scale in 0u8..=30) {
            let num = Num { mantissa: i128::from(mantissa), scale };
            prop_assert_eq!(num.to_f64().to_bits(), num.to_string().parse::<f64>().expect("a decimal").to_bits());
        }
    }
}
