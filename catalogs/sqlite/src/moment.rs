//! SQLite's three ways of storing a moment, as microseconds since 1970-01-01T00:00:00Z. See the table in `types.rs`.

use chrono::{NaiveDate, NaiveTime, TimeDelta};

const MICROSECONDS_PER_SECOND: i64 = 1_000_000;
const MICROSECONDS_PER_DAY: i64 = 86_400 * MICROSECONDS_PER_SECOND;

/// 0000-01-01 00:00:00 and 9999-12-31 23:59:59, the range of SQLite's date functions, in seconds since 1970.
const SECONDS_MIN: i64 = -62_167_219_200;
const SECONDS_MAX: i64 = 253_402_300_799;

/// The Julian day number of 1970-01-01 00:00, in milliseconds, in which SQLite counts.
const EPOCH_JULIAN_MS: i64 = 210_866_760_000_000;

/// Of seconds since 1970.
pub(crate) fn of_unix_time(seconds: i64) -> Option<i64> {
    (SECONDS_MIN..=SECONDS_MAX).contains(&seconds).then(|| seconds * MICROSECONDS_PER_SECOND)
}

/// Of a Julian day number. A double says it to some 40 microseconds; SQLite rounds it to the millisecond, and so do we.
pub(crate) fn of_julian_day(day: f64) -> Option<i64> {
    if !(0.0..5_373_484.5).contains(&day) {
        return None;
    }
    let since_epoch_ms = (day * 86_400_000.0 + 0.5) as i64 - EPOCH_JULIAN_MS;
    in_range(since_epoch_ms * 1_000)
}

/// Of `YYYY-MM-DD[ HH:MM[:SS[.fraction]]][Z|±HH:MM]`.
pub(crate) fn of_text(text: &str) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let date = NaiveDate::from_ymd_opt(number(date, 0, 4)? as i32, number_after(date, 4, '-', 2)?, number_after(date, 7, '-', 2)?)?;
    let (time, fraction, offset_minutes) = if rest.is_empty() { (NaiveTime::MIN, 0, 0) } else { time_of_day(rest)? };
    let local = date.and_time(time).and_utc().timestamp_micros().checked_add(fraction)?;
    in_range(local - TimeDelta::minutes(offset_minutes).num_microseconds()?)
}

/// The days since 1970-01-01, where a moment is a midnight.
pub(crate) fn whole_days(microseconds: i64) -> Option<i32> {
    (microseconds % MICROSECONDS_PER_DAY == 0).then(|| i32::try_from(microseconds / MICROSECONDS_PER_DAY).ok()).flatten()
}

/// Time, microseconds, and the minutes that its zone is ahead of UTC.
fn time_of_day(rest: &str) -> Option<(NaiveTime, i64, i64)> {
    let time = rest.strip_prefix([' ', 'T'])?;
    let zone = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (time, zone) = (time[..zone].trim_end(), &time[zone..]);
    let (hour, minute) = (number(time, 0, 2)?, number_after(time, 2, ':', 2)?);
    let seconds = time.get(5..)?;
    let (second, fraction) = match seconds {
        "" => (0, 0),
        _ => (number_after(seconds, 0, ':', 2)?, fraction(&seconds[3..])?),
    };
    Some((NaiveTime::from_hms_opt(hour, minute, second)?, fraction, zone_minutes(zone)?))
}

/// `.123` as microseconds.
fn fraction(text: &str) -> Option<i64> {
    let Some(digits) = text.strip_prefix('.') else { return text.is_empty().then_some(0) };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let microseconds: i64 = format!("{:0<6}", &digits[..digits.len().min(6)]).parse().ok()?;
    Some(microseconds + i64::from(digits.as_bytes().get(6).is_some_and(|digit| *digit >= b'5')))
}

fn zone_minutes(zone: &str) -> Option<i64> {
    let sign = match zone {
        "" | "Z" => return Some(0),
        _ if zone.starts_with('-') => -1,
        _ => 1,
    };
    let (hours, minutes) = (number(zone, 1, 2)?, number_after(zone, 3, ':', 2)?);
    (zone.len() == 6 && hours <= 14 && minutes <= 59).then(|| sign * i64::from(hours * 60 + minutes))
}

/// The number of exactly so many digits at a place.
fn number(text: &str, start: usize, length: usize) -> Option<u32> {
    let digits = text.get(start..start + length)?;
    digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

fn number_after(text: &str, start: usize, separator: char, length: usize) -> Option<u32> {
    text.get(start..)?.starts_with(separator).then(|| number(text, start + 1, length)).flatten()
}

fn in_range(microseconds: i64) -> Option<i64> {
    (SECONDS_MIN * MICROSECONDS_PER_SECOND..(SECONDS_MAX + 1) * MICROSECONDS_PER_SECOND).contains(&microseconds).then_some(microseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_sqlite_reads_them() {
        for (text, expected) in [
            ("1970-01-01", 0),
            ("1970-01-02 00:00", MICROSECONDS_PER_DAY),
            ("1970-01-01T00:00:01", 1_000_000),
            ("1970-01-01 00:00:00.5", 500_000),
            ("1970-01-01 00:00:00.1234565", 123_457),
            ("1970-01-01 01:00:00+01:00", 0),
            ("1969-12-31 23:30:00.000-00:30", 0),
            ("1970-01-01 00:00:00Z", 0),
            ("1969-12-31", -MICROSECONDS_PER_DAY),
            ("0000-01-01", SECONDS_MIN * 1_000_000),
            ("9999-12-31 23:59:59", SECONDS_MAX * 1_000_000),
        ] {
            assert_eq!(of_text(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "2024",
            "2024-1-1",
            "2024-02-30",
            "2024-01-01 ",
            "2024-01-01 24:00",
            "2024-01-01 10",
            "2024-01-01 10:00:",
            "2024-01-01 10:00:00.",
            "2024-01-01 10:00:60",
            "2024-01-01 10:00 PST",
            "2024-01-01 10:00+1",
            "2024-01-01x",
            "01/02/2024",
            "+024-01-01",
            "2024-01-0ü",
            "9999-12-31 23:59:59.9999999",
        ] {
            assert_eq!(of_text(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_seconds_and_julian_days() {
        assert_eq!(of_unix_time(86_400).and_then(whole_days), Some(1));
        assert_eq!(of_unix_time(1_700_000_000_000), None, "milliseconds are not taken for seconds");
        assert_eq!(of_julian_day(2_440_587.5), Some(0));
        assert_eq!(of_julian_day(2_460_310.75).map(|moment| moment / MICROSECONDS_PER_SECOND), Some(1_704_088_800));
        assert_eq!((of_julian_day(-1.0), of_julian_day(f64::NAN), of_julian_day(6e6)), (None, None, None));
        assert_eq!((whole_days(-MICROSECONDS_PER_DAY), whole_days(1)), (Some(-1), None));
    }
}
