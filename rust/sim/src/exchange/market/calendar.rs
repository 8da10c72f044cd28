//! Days and months: expiries, and where candles of days, weeks and months begin.

pub const SECOND_MS: u64 = 1_000;
pub const MINUTE_MS: u64 = 60 * SECOND_MS;
pub const HOUR_MS: u64 = 60 * MINUTE_MS;
pub const DAY_MS: u64 = 24 * HOUR_MS;

/// Contracts are delivered and options exercised at 08:00 UTC.
const DELIVERY_HOUR_MS: u64 = 8 * HOUR_MS;

/// Year, month and day of a day counted from 1970-01-01.
pub fn date(day: u64) -> (u64, u64, u64) {
    // Years that begin in March put the leap day last.
    let day = day + 719_468;
    let era = day / 146_097;
    let of_era = day % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, of_month)
}

/// The day, counted from 1970-01-01, of a date.
pub fn day(year: u64, month: u64, of_month: u64) -> u64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + of_month - 1 - 719_468
}

/// The first day of the month that many months after January 1970.
pub fn month_start(months: u64) -> u64 {
    day(1970 + months / 12, months % 12 + 1, 1)
}

/// Months since January 1970.
pub fn months(of_day: u64) -> u64 {
    let (year, month, _) = date(of_day);
    (year - 1970) * 12 + month - 1
}

/// 0 is Sunday.
fn weekday(day: u64) -> u64 {
    (day + 4) % 7
}

/// Delivery of the nearest quarterly contract that has more than a day to live: the last Friday of March, June, September or December.
pub fn quarter_end(now_ms: u64) -> u64 {
    let now_months = months(now_ms / DAY_MS);
    let quarters = (0..).map(|n| (now_months / 3 + n) * 3 + 3).map(|next_month| {
        let last = month_start(next_month) - 1;
        last - (weekday(last) + 2) % 7
    });
    let ends = quarters.map(|friday| friday * DAY_MS + DELIVERY_HOUR_MS);
    ends.into_iter().find(|end| *end > now_ms + DAY_MS).expect("quarters do not end")
}

/// `261225`.
pub fn yymmdd(ms: u64) -> String {
    let (year, month, of_month) = date(ms / DAY_MS);
    format!("{:02}{month:02}{of_month:02}", year % 100)
}

/// The time an expiry in an instId means.
pub fn expiry(yymmdd: &str) -> Option<u64> {
    if yymmdd.len() != 6 || !yymmdd.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |at: usize| yymmdd.get(at..at + 2)?.parse::<u64>().ok();
    let (year, month, of_month) = (2000 + part(0)?, part(2)?, part(4)?);
    let real = (1..=12).contains(&month) && date(day(year, month, of_month.max(1))) == (year, month, of_month);
    real.then(|| day(year, month, of_month) * DAY_MS + DELIVERY_HOUR_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_days_are_each_others_inverse() {
        for (days, want) in [(0, (1970, 1, 1)), (11_016, (2000, 2, 29)), (20_779, (2026, 11, 22)), (19_782, (2024, 2, 29))] {
            assert_eq!(date(days), want);
        }
        for days in (0..60_000).step_by(13) {
            let (y, m, d) = date(days);
            assert_eq!(day(y, m, d), days);
        }
    }

    #[test]
    fn the_quarter_ends_on_its_last_friday() {
        let at = |y, m, d| day(y, m, d) * DAY_MS;
        for (now, want) in [
            (at(2026, 11, 22), "261225"),
            (at(2026, 12, 24), "261225"),
            (at(2026, 12, 25), "270326"),
            (at(2026, 1, 1), "260327"),
            (at(2026, 6, 1), "260626"),
        ] {
            assert_eq!(yymmdd(quarter_end(now)), want);
            assert_eq!(expiry(want), Some(quarter_end(now)));
        }
        assert_eq!(expiry("261301"), None);
        assert_eq!(expiry("260230"), None);
    }
}
