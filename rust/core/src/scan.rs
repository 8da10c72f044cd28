//! A forward-only reader for messages whose shape is known: it compares literals and reads numbers where they stand.
//!
//! Every method answers `None` at the first surprise. A surprise is not an error: the caller then hands the whole
//! message to the general parser, which decides.

use crate::num::Dec;

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scan<'a> {
    rest: &'a [u8],
}

impl<'a> Scan<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Exactly these bytes come next.
    #[inline]
    pub(crate) fn lit(&mut self, literal: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(literal)?;
        Some(())
    }

    /// Takes `literal` if it comes next.
    #[inline]
    pub(crate) fn has(&mut self, literal: &[u8]) -> bool {
        self.lit(literal).is_some()
    }

    /// Whether what follows an `arg` is a push's: control events may start with their `arg`, too.
    #[inline]
    pub(crate) fn is_push(&self) -> bool {
        [&b",\"data\":"[..], b",\"action\":", b",\"eventType\":"].iter().any(|key| self.rest.starts_with(key))
    }

    pub(crate) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    /// The bytes up to `"`, which is taken too. Escapes are a surprise, and so are control characters (not JSON).
    #[inline]
    pub(crate) fn text(&mut self) -> Option<&'a [u8]> {
        let end = self.rest.iter().position(|&b| b == b'"' || b == b'\\' || b < b' ')?;
        let (text, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest.strip_prefix(b"\"")?;
        Some(text)
    }

    /// A decimal and its closing quote: `67500.1"`. At most 18 digits.
    #[inline]
    pub(crate) fn dec(&mut self) -> Option<Dec> {
        let mut mantissa = 0u64;
        let mut dot = usize::MAX;
        let mut bytes = self.rest.iter();
        let mut len = 0;
        loop {
            let byte = *bytes.next()?;
            let digit = byte.wrapping_sub(b'0');
            if digit < 10 {
                mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
            } else if byte == b'"' {
                break;
            } else if byte == b'.' && dot == usize::MAX {
                dot = len;
            } else {
                return None;
            }
            len += 1;
        }
        // 18 digits and a dot; longer, empty, padded or dangling numbers are for the general reader to judge.
        let whole = dot.min(len);
        let scale = (len - whole).saturating_sub(1);
        if len == 0 || len > 18 || whole == 0 || whole + 1 == len || (whole > 1 && self.rest.first() == Some(&b'0')) {
            return None;
        }
        self.rest = bytes.as_slice();
        Some(Dec { mantissa: mantissa.cast_signed(), scale: scale as u8 })
    }

    /// A decimal that may be negative, and its closing quote: `-0.1"`.
    pub(crate) fn signed_dec(&mut self) -> Option<Dec> {
        if self.has(b"-") {
            let Dec { mantissa, scale } = self.dec()?;
            (mantissa != 0).then_some(Dec { mantissa: -mantissa, scale })
        } else {
            self.dec()
        }
    }

    /// An unsigned integer of at most 63 bits up to the byte that ends it (not taken): `15,` or `15}`.
    #[inline]
    pub(crate) fn int(&mut self) -> Option<u64> {
        // 19 digits fit 64 bits, and ids of spreads have as many.
        self.digits(19)
    }

    #[inline]
    fn digits(&mut self, most: usize) -> Option<u64> {
        let mut value = 0u64;
        let mut len = 0;
        let mut rest = self.rest;
        while let [byte, tail @ ..] = rest {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            rest = tail;
            len += 1;
        }
        if len == 0 || len > most || value > i64::MAX.cast_unsigned() || (len > 1 && self.rest.first() == Some(&b'0')) {
            return None;
        }
        self.rest = rest;
        Some(value)
    }

    /// A signed integer: `-1`, `15`.
    #[inline]
    pub(crate) fn signed(&mut self) -> Option<i64> {
        if self.has(b"-") {
            let value = self.int()?.cast_signed();
            (value != 0).then_some(-value)
        } else {
            self.int().map(u64::cast_signed)
        }
    }

    /// A quoted unsigned integer's digits and the closing quote: `1785096000123"`.
    #[inline]
    pub(crate) fn quoted_int(&mut self) -> Option<u64> {
        let value = self.digits(18)?;
        self.lit(b"\"")?;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::Num;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_fast_number_reader_never_disagrees_with_the_general_one(text in "-?[0-9]{0,20}(\\.[0-9]{0,20})?[e+ ]?") {
            let quoted = format!("{text}\",");
            let mut scan = Scan::new(quoted.as_bytes());
            if let Some(dec) = scan.dec() {
                prop_assert_eq!(Num::parse(text.as_bytes()), Some(dec.into()));
                prop_assert!(scan.has(b","));
            }
        }
    }

    #[test]
    fn surprises_are_refused() {
        for text in ["\"", ".5\"", "5.\"", "01\"", "1e5\"", "-1\"", "1", "1234567890123456789\""] {
            assert!(Scan::new(text.as_bytes()).dec().is_none(), "{text}");
        }
        assert!(Scan::new(b"a\\\"b\"").text().is_none());
        assert_eq!(Scan::new(b"-0.1\"").signed_dec(), Some(Dec { mantissa: -1, scale: 1 }));
        assert_eq!(Scan::new(b"-0\"").signed_dec(), None);
        assert_eq!(Scan::new(b"9223372036854775807,").int(), Some(i64::MAX.cast_unsigned()));
        assert_eq!(Scan::new(b"9223372036854775808,").int(), None);
        assert_eq!(Scan::new(b"-1,").signed(), Some(-1));
        assert_eq!(Scan::new(b"-0,").signed(), None);
    }
}
