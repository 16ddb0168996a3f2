//! Dates and times of day in text: `2024-01-31` and `2024-01-31 12:34:56.789`.
//!
//! Source of the rules: `Date.valueOf` and `Timestamp.valueOf` of Hive's `common.type`. Where its versions differ, version 4 counts, for
//! which the 30th of February is no day.

use chrono::{NaiveDate, NaiveTime};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Days since 1970. A time that follows does not count.
pub(crate) fn date(text: &str) -> Option<i32> {
    let text = text.trim();
    day(text.split_once([' ', 'T']).map_or(text, |(date, _)| date))
}

/// Microseconds since 1970, of what says no time zone.
pub(crate) fn timestamp(text: &str) -> Option<i64> {
    let text = text.trim();
    let (date, time) = text.split_once([' ', 'T', 't'])?;
    let is_iso = text.as_bytes()[date.len()] != b' ';
    let (clock, fraction) = time.split_once('.').map_or((time, None), |(clock, fraction)| (clock, Some(fraction)));
    let mut parts = clock.split(':').map(|part| number(part, 2));
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = match parts.next() {
        Some(second) => second?,
        // In ISO 8601 it may be missing.
        None if is_iso && fraction.is_none() => 0,
        None => return None,
    };
    if parts.next().is_some() {
        return None;
    }
    let micro = fraction.map_or(Some(0), micros)?;
    let time = NaiveTime::from_hms_micro_opt(hour, minute, second, micro)?.signed_duration_since(NaiveTime::MIN);
    Some(i64::from(day(date)?) * MICROS_PER_DAY + time.num_microseconds()?)
}

/// The same, of a partition's value, which may be a date alone.
pub(crate) fn timestamp_or_date(text: &str) -> Option<i64> {
    timestamp(text).or_else(|| Some(i64::from(day(text.trim())?) * MICROS_PER_DAY))
}

/// Days since 1970 of a year of four digits, a month and a day.
fn day(date: &str) -> Option<i32> {
    let (year, rest) = date.split_once('-').filter(|(year, _)| year.len() == 4)?;
    let (month, day) = rest.split_once('-')?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(number(year, 4)?).ok()?, number(month, 2)?, number(day, 2)?)?;
    Some(date.to_epoch_days())
}

/// A number of so many digits at most, and of one at least.
fn number(digits: &str, most: usize) -> Option<u32> {
    let is_number = (1..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.bytes().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}

/// The part of a second that up to nine digits write, as far as it is whole microseconds.
fn micros(digits: &str) -> Option<u32> {
    let nanos = number(digits, 9)? * 10_u32.pow(9 - digits.len() as u32);
    Some(nanos / 1000)
}

/// What is expected here is what `LazySimpleSerDe` of Hive 4.0.1 itself makes of these texts.
#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn dates_are_those_of_hive() {
        for (text, expected) in [
            ("2024-02-29", Some(19_782)),
            ("2024-2-9", Some(19_762)),
            (" 2024-01-01 ", Some(19_723)),
            ("2024-01-01 10:00:00", Some(19_723)),
            ("2024-01-01T10:00:00", Some(19_723)),
            ("0001-01-01", Some(-719_162)),
            ("2024-02-30", None),
            ("20240101", None),
            ("24-1-1", None),
            ("10000-01-01", None),
            ("+2024-01-01", None),
            ("2024/01/01", None),
            ("2024-01", None),
            ("", None),
        ] {
            assert_eq!(date(text), expected, "{text}");
        }
    }

    #[test]
    fn timestamps_are_those_of_hive() {
        let shown = |text| timestamp(text).and_then(DateTime::from_timestamp_micros).map(|at| at.naive_utc().to_string());
        for (text, expected) in [
            ("2024-1-2 3:04:5", Some("2024-01-02 03:04:05")),
            (" 2024-01-01 10:00:00 ", Some("2024-01-01 10:00:00")),
            ("2024-01-01T10:00:00.25", Some("2024-01-01 10:00:00.250")),
            ("2024-01-01T10:00", Some("2024-01-01 10:00:00")),
            ("2024-01-01 10:00:00.123456789", Some("2024-01-01 10:00:00.123456")),
            ("9999-12-31 23:59:59.999999", Some("9999-12-31 23:59:59.999999")),
            ("1969-12-31 23:59:59.5", Some("1969-12-31 23:59:59.500")),
            ("2024-01-01 10:00:00.1234567891", None),
            ("2024-01-01 10:00:00.", None),
            ("2024-01-01 24:00:00", None),
            ("2024-01-01 10:00", None),
            ("2024-01-01  10:00:00", None),
            ("2024-01-01T00:00:00Z", None),
            ("2024-01-01 00:00:00+02:00", None),
            ("2024-01-01 00:00:00 UTC", None),
            ("2024-01-01", None),
            ("1704067200", None),
        ] {
            assert_eq!(shown(text).as_deref(), expected, "{text}");
        }
        assert_eq!(timestamp_or_date("1970-01-02"), Some(MICROS_PER_DAY));
    }
}
