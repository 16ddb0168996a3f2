//! Moments as the server writes and reads them, in its format `strict_date_optional_time_nanos`.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, SecondsFormat};

/// The format in which moments are asked for and given.
pub(crate) const FORMAT: &str = "strict_date_optional_time_nanos";

/// Years that the format writes with four digits and without a sign.
const YEARS: std::ops::RangeInclusive<i32> = 1..=9999;

const DAY_SECONDS: i64 = 86_400;

/// The moment in microseconds since 1970-01-01 UTC, what is finer cut off; `None` where that many microseconds are no 64 bits, or the
/// text is none of the format in UTC. Years may have a sign and more digits than four.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (negative, date) = match date.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, date.strip_prefix('+').unwrap_or(date)),
    };
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let year: i32 = year.parse().ok()?;
    let date = NaiveDate::from_ymd_opt(if negative { -year } else { year }, month.parse().ok()?, day.parse().ok()?)?;
    let time = NaiveTime::parse_from_str(time, "%H:%M:%S%.f").ok()?;
    let days = i64::from(date.num_days_from_ce()) - i64::from(NaiveDate::default().num_days_from_ce());
    let seconds = days * DAY_SECONDS + i64::from(chrono::Timelike::num_seconds_from_midnight(&time));
    seconds.checked_mul(1_000_000)?.checked_add(i64::from(chrono::Timelike::nanosecond(&time)) / 1000)
}

/// The moment as text; `None` for years that the format does not write plainly.
pub(crate) fn write(micros: i64, nanos: Nanos) -> Option<String> {
    let moment = DateTime::from_timestamp_micros(micros).filter(|moment| YEARS.contains(&moment.year()))?;
    let text = moment.to_rfc3339_opts(SecondsFormat::Micros, true);
    let end = match nanos {
        Nanos::First => "000Z",
        Nanos::Last => "999Z",
    };
    Some(format!("{}{end}", text.trim_end_matches('Z')))
}

/// Which nanosecond of a microsecond is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nanos {
    First,
    Last,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_server_writes() {
        for (text, micros) in [
            ("1970-01-01T00:00:00.000Z", Some(0)),
            ("1969-12-31T23:59:59.999Z", Some(-1000)),
            ("2024-02-29T12:00:00.123456789Z", Some(1_709_208_000_123_456)),
            ("-0044-03-15T00:00:00.000Z", Some(-63_549_360_000_000_000)),
            ("+12345-01-01T00:00:00.000Z", Some(327_403_382_400_000_000)),
            ("+292278994-08-17T07:12:55.807Z", None),
            ("2024-02-30T00:00:00.000Z", None),
            ("yesterday", None),
        ] {
            assert_eq!(parse(text), micros, "{text}");
        }
    }

    #[test]
    fn writes_whole_microseconds() {
        assert_eq!(write(1, Nanos::First).as_deref(), Some("1970-01-01T00:00:00.000001000Z"));
        assert_eq!(write(-1, Nanos::Last).as_deref(), Some("1969-12-31T23:59:59.999999999Z"));
        assert_eq!(write(i64::MAX, Nanos::First), None);
    }
}
