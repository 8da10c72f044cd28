//! Dates as REST writes them: ISO 8601 in a signed request, IMF-fixdate in the header `Date` of a reply.
//!
//! Source: OKX API v5, Overview › REST authentication › Making requests (`OK-ACCESS-TIMESTAMP`); RFC 9110, section 5.6.7.

const SECOND_NS: u64 = 1_000_000_000;
const DAY_S: u64 = 86_400;
const MONTHS: [&[u8; 3]; 12] = [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// `2020-12-08T09:08:57.715Z`, on the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IsoMs([u8; 24]);

impl IsoMs {
    /// Milliseconds are cut, not rounded: a timestamp never lies ahead of the clock.
    pub fn new(wall_ns: u64) -> Self {
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let (days, second) = (wall_ns / SECOND_NS / DAY_S, wall_ns / SECOND_NS % DAY_S);
        let (year, month, day) = civil(days);
        for (at, width, value) in [
            (0, 4, year),
            (5, 2, month),
            (8, 2, day),
            (11, 2, second / 3600),
            (14, 2, second / 60 % 60),
            (17, 2, second % 60),
            (20, 3, wall_ns / 1_000_000 % 1000),
        ] {
            let mut value = value;
            for digit in text.iter_mut().skip(at).take(width).rev() {
                *digit = b'0' + (value % 10) as u8;
                value /= 10;
            }
        }
        Self(text)
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The second since the Unix epoch that `Sun, 06 Nov 1994 08:49:37 GMT` names; `None` for any other spelling.
pub fn parse_http_date(text: &[u8]) -> Option<u64> {
    let [_, _, _, b',', b' ', d1, d2, b' ', m1, m2, m3, b' ', y1, y2, y3, y4, b' ', clock @ ..] = text else { return None };
    let [h1, h2, b':', n1, n2, b':', s1, s2, b' ', b'G', b'M', b'T'] = clock else { return None };
    let number =
        |digits: &[u8]| digits.iter().try_fold(0u64, |value, digit| digit.is_ascii_digit().then(|| value * 10 + u64::from(digit - b'0')));
    let month = MONTHS.iter().position(|name| **name == [*m1, *m2, *m3])? as u64 + 1;
    let (year, day) = (number(&[*y1, *y2, *y3, *y4])?, number(&[*d1, *d2])?);
    let (hour, minute, second) = (number(&[*h1, *h2])?, number(&[*n1, *n2])?, number(&[*s1, *s2])?);
    // 60 is a leap second.
    if year < 1970 || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days = days(year, month, day);
    // A day that its month does not have comes out as another.
    (civil(days) == (year, month, day)).then_some(days * DAY_S + hour * 3600 + minute * 60 + second)
}

/// Year, month, day of a day since 1970-01-01, by the Gregorian calendar. Years begin in March here, so that the
/// leap day is a year's last and month lengths repeat every five months (153 days).
fn civil(days: u64) -> (u64, u64, u64) {
    let day = days + 719_468; // days from 0000-03-01 to 1970-01-01
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + u64::from(month <= 2), month, of_year - (153 * shifted + 2) / 5 + 1)
}

/// The inverse of [`civil`], for years from 1970 and months 1 to 12.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, shifted) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let of_era = year % 400;
    let of_year = (153 * shifted + 2) / 5 + day;
    (year / 400 * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year).saturating_sub(719_469)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_moments_read_as_iso_dates() {
        for (wall_ns, want) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_607_418_537_715_999_999, "2020-12-08T09:08:57.715Z"),
            (951_782_399_999_999_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_001_000_000, "2024-02-29T23:59:59.001Z"),
            (1_767_225_599_999_000_000, "2025-12-31T23:59:59.999Z"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000Z"),
            (u64::MAX, "2554-07-21T23:34:33.709Z"),
        ] {
            assert_eq!(std::str::from_utf8(IsoMs::new(wall_ns).as_bytes()), Ok(want));
        }
    }

    #[test]
    fn http_dates_are_read_and_other_spellings_are_not() {
        assert_eq!(parse_http_date(b"Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(parse_http_date(b"Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(parse_http_date(b"Thu, 29 Feb 2024 23:59:59 GMT"), Some(1_709_251_199));
        for text in [
            "",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 31 Feb 2024 00:00:00 GMT",
            "Sun, 00 Feb 2024 00:00:00 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1969 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT ",
            "Sun, 0x Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(parse_http_date(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_day_is_the_day_after_its_predecessor(day in 0u64..213_504) {
            let (year, month, of_month) = civil(day);
            prop_assert_eq!(days(year, month, of_month), day);
            let next = civil(day + 1);
            prop_assert!(next == (year, month, of_month + 1) || next == (year, month + 1, 1) || next == (year + 1, 1, 1));
        }
    }
}
