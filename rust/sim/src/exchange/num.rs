//! Exact numbers: read from what clients send, written as OKX writes them.

use rust_decimal::Decimal;

/// Every price, size and amount of the exchange.
pub type Dec = Decimal;

/// Digits after the point that a computed amount keeps, at most: what a division leaves beyond them is rounded off once,
/// for both sides of a trade alike.
pub const AMOUNT_DIGITS: u32 = 16;

/// Digits before the point a client may send. Two such numbers multiplied still fit a `Dec`; no price or size comes near.
const WHOLE_DIGITS: usize = 13;

/// A plain decimal of at most 28 digits: no exponent, no sign but `-`, no spaces.
pub fn parse(text: &str) -> Option<Dec> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || digits.len() > 40 || !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let whole = digits.split('.').next().unwrap_or_default().trim_start_matches('0');
    if !digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') || digits.ends_with('.') || whole.len() > WHOLE_DIGITS {
        return None;
    }
    Decimal::from_str_exact(text).ok()
}

/// As OKX writes it: no exponent, no trailing zeros.
pub fn text(value: Dec) -> String {
    value.normalize().to_string()
}

/// The amount as the ledger keeps it.
pub fn amount(value: Dec) -> Dec {
    value.round_dp(AMOUNT_DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_decimals_are_numbers() {
        for (given, want) in [
            ("1", Some("1")),
            ("0.00100000", Some("0.001")),
            ("-2.50", Some("-2.5")),
            ("100", Some("100")),
            ("", None),
            ("-", None),
            ("+1", None),
            ("1e3", None),
            (".5", None),
            ("5.", None),
            ("1.2.3", None),
            (" 1", None),
            ("NaN", None),
            ("0000000000000000001.5", Some("1.5")),
            ("9999999999999", Some("9999999999999")),
            ("10000000000000", None),
            ("0.0000000000000000000000000001", Some("0.0000000000000000000000000001")),
            ("0.00000000000000000000000000001", None),
            ("99999999999999999999999999999999", None),
        ] {
            assert_eq!(parse(given).map(text).as_deref(), want, "{given}");
        }
    }
}
