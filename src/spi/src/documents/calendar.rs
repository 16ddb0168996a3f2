//! Dates and timestamps as text, and the ranges that PostgreSQL has for them.
//!
//! The arithmetic is our own because PostgreSQL's years reach beyond those of Arrow's.

use std::fmt::Write;

use arrow::array::timezone::Tz;
use arrow::compute::kernels::cast_utils::{Parser, string_to_datetime};
use arrow::datatypes::Date32Type;

const DAY_MICROS: i64 = 86_400_000_000;

/// 4714-11-24 BC, the first day that PostgreSQL has, in days since 1970-01-01.
const FIRST_DAY: i32 = -2_440_588;

/// The day after 5874897-12-31, the last one that its dates have.
const DATES_END: i32 = 2_145_042_906;

/// What stands for `infinity` and `-infinity`, where Arrow's dates and timestamps become PostgreSQL's.
fn is_infinity_of_dates(days: i32) -> bool {
    matches!(days, i32::MAX | i32::MIN)
}

/// Whether PostgreSQL has such a date.
pub(crate) fn is_date(days: i32) -> bool {
    (FIRST_DAY..DATES_END).contains(&days) || is_infinity_of_dates(days)
}

/// Whether its midnight is a timestamp.
pub(crate) fn is_date_of_timestamp(days: i32) -> bool {
    i64::from(days).checked_mul(DAY_MICROS).is_some_and(is_timestamp) || is_infinity_of_dates(days)
}

/// Whether PostgreSQL has such a timestamp. Its last one is beyond all microseconds since 1970 of 64 bits.
pub(crate) fn is_timestamp(micros: i64) -> bool {
    micros >= i64::from(FIRST_DAY) * DAY_MICROS || micros == i64::MIN
}

/// `2024-02-29`, and `0044-03-15 BC`.
pub(crate) fn write_date(days: i32, out: &mut String) {
    match days {
        i32::MAX => out.push_str("infinity"),
        i32::MIN => out.push_str("-infinity"),
        _ => {
            let era = write_day(days.into(), out);
            out.push_str(era);
        }
    }
}

/// `2024-02-29 12:00:00.5`, with what is to stand between date and time, and an offset from UTC behind it.
pub(crate) fn write_timestamp(micros: i64, separator: char, offset: &str, out: &mut String) {
    match micros {
        i64::MAX => return out.push_str("infinity"),
        i64::MIN => return out.push_str("-infinity"),
        _ => {}
    }
    let era = write_day(micros.div_euclid(DAY_MICROS), out);
    let time = micros.rem_euclid(DAY_MICROS);
    let (seconds, fraction) = (time / 1_000_000, time % 1_000_000);
    // Writing to a String does not fail.
    let _ = write!(out, "{separator}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if fraction != 0 {
        out.push_str(format!(".{fraction:06}").trim_end_matches('0'));
    }
    out.push_str(offset);
    out.push_str(era);
}

/// Writes the day, and returns what its year has to be followed by.
fn write_day(days: i64, out: &mut String) -> &'static str {
    let (year, month, day) = civil(days);
    let (year, era) = if year > 0 { (year, "") } else { (1 - year, " BC") };
    let _ = write!(out, "{year:04}-{month:02}-{day:02}");
    era
}

/// Year, month and day of a day since 1970-01-01, in the Gregorian calendar without a beginning. Years are counted through zero.
///
/// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Days since 1970-01-01 of `2024-02-29`.
pub(crate) fn parse_date(text: &str) -> Option<i32> {
    // Arrow takes some timestamps for dates; their time would be lost.
    Date32Type::parse(text).filter(|_| text.len() <= "2024-02-29".len())
}

/// Microseconds since 1970 of `2024-02-29 12:00:00.5`, with a T or a space, in UTC if there is no offset from it.
pub(crate) fn parse_timestamp(text: &str) -> Option<i64> {
    let utc: Tz = "+00:00".parse().ok()?;
    let time = string_to_datetime(&utc, text).ok()?;
    // To the nearest microsecond, a half to the even one, as PostgreSQL does.
    let (micros, rest) = (time.timestamp_micros(), time.timestamp_subsec_nanos() % 1000);
    let rounds_up = rest > 500 || rest == 500 && micros % 2 != 0;
    Some(micros + i64::from(rounds_up))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timestamp(micros: i64) -> String {
        let mut out = String::new();
        write_timestamp(micros, ' ', "", &mut out);
        out
    }

    #[test]
    fn days_are_those_of_postgresql() {
        for (days, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (19_782, "2024-02-29"),
            (-719_162, "0001-01-01"),
            (-719_163, "0001-12-31 BC"),
            (FIRST_DAY, "4714-11-24 BC"),
            (DATES_END - 1, "5874897-12-31"),
            (i32::MAX, "infinity"),
        ] {
            let mut out = String::new();
            write_date(days, &mut out);
            assert_eq!((out.as_str(), is_date(days)), (text, true));
        }
        assert!(!is_date(FIRST_DAY - 1) && !is_date(DATES_END));
    }

    #[test]
    fn timestamps_have_their_fraction_and_era() {
        assert_eq!(timestamp(1_500_000), "1970-01-01 00:00:01.5");
        assert_eq!(timestamp(-1), "1969-12-31 23:59:59.999999");
        assert_eq!(timestamp(i64::from(FIRST_DAY) * DAY_MICROS), "4714-11-24 00:00:00 BC");
        assert_eq!(timestamp(i64::MIN), "-infinity");
        assert!(is_timestamp(i64::from(FIRST_DAY) * DAY_MICROS) && !is_timestamp(i64::from(FIRST_DAY) * DAY_MICROS - 1));
    }

    #[test]
    fn text_is_read() {
        assert_eq!(parse_date("2024-02-29"), Some(19_782));
        assert_eq!((parse_date("2023-02-29"), parse_date("x"), parse_date("2024-02-29T12:00:00")), (None, None, None));
        assert_eq!(parse_timestamp("1970-01-01T01:00:00.5+01:00"), Some(500_000));
        assert_eq!(parse_timestamp("1970-01-01 00:00:01"), Some(1_000_000));
        assert_eq!(parse_timestamp("1970-01-01 00:00:00.9999999"), Some(1_000_000));
        assert_eq!(parse_timestamp("1969-12-31 23:59:59.000001501"), Some(-999_998));
        assert_eq!((parse_timestamp("1970-01-01 00:00:00.0000005"), parse_timestamp("1970-01-01 00:00:00.0000015")), (Some(0), Some(2)));
        assert_eq!(parse_timestamp("yesterday"), None);
    }
}
