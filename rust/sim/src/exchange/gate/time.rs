//! Times as texts: ISO 8601 with `Z`, as REST headers carry them.

use crate::exchange::io::{MILLI, Nanos, SECOND};

/// `2020-12-08T09:08:57.715Z`; the fraction may be left out or have up to nine digits.
pub fn parse_iso(text: &str) -> Option<Nanos> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.split('-').map(number);
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (clock, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut clock = clock.split(':').map(number);
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let plausible = (1970..2500).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    if !plausible || date.next().is_some() || clock.next().is_some() || hour > 23 || minute > 59 || second > 60 || fraction.len() > 9 {
        return None;
    }
    let nanos = if fraction.is_empty() { 0 } else { number(fraction)? * 10u64.pow(9 - u32::try_from(fraction.len()).ok()?) };
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Some(seconds * SECOND + nanos)
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
fn days(year: u64, month: u64, day: u64) -> u64 {
    // Years that begin in March put the leap day last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let of_year = (153 * month + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719_468
}

/// Milliseconds since 1970.
pub fn millis(at: Nanos) -> u64 {
    at / MILLI
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_times_are_read() {
        for (text, want) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2020-12-08T09:08:57.715Z", Some(1_607_418_537_715 * MILLI)),
            ("2024-02-29T23:59:59.5Z", Some(1_709_251_199_500 * MILLI)),
            ("2020-12-08T09:08:57.715", None),
            ("2020-12-08 09:08:57Z", None),
            ("2020-13-08T09:08:57Z", None),
            ("", None),
            ("1607418537715", None),
        ] {
            assert_eq!(parse_iso(text), want, "{text}");
        }
    }
}
