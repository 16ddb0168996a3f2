//! Moments as PostgreSQL reads them from text: ISO 8601 with or without seconds and zone, and its words for moments.

use std::str::FromStr;

use arrow::array::timezone::Tz;
use arrow::compute::kernels::cast_utils::string_to_datetime;
use chrono::{Days, TimeZone, Utc};

/// How many characters `2026-12-31 10:00` has.
const TO_THE_MINUTE: usize = 16;

/// Why a text is no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It is not of a moment's form.
    Form,
    /// It is before or after all moments.
    Infinite,
}

/// Microseconds since 1970 UTC. What names no zone is meant in `time_zone`.
pub(crate) fn parse(text: &str, time_zone: &str) -> Result<i64, Refused> {
    let zone = Tz::from_str(time_zone).map_err(|_| Refused::Form)?;
    let written = text.trim();
    let midnight = |days: u64| {
        let day = Utc::now().with_timezone(&zone).date_naive() + Days::new(days);
        zone.from_local_datetime(&day.into()).earliest().map(|time| time.timestamp_micros()).ok_or(Refused::Form)
    };
    match written.to_ascii_lowercase().as_str() {
        "now" => return Ok(Utc::now().timestamp_micros()),
        "today" => return midnight(0),
        "tomorrow" => return midnight(1),
        "infinity" | "+infinity" | "-infinity" => return Err(Refused::Infinite),
        _ => {}
    }
    string_to_datetime(&zone, &with_seconds(written)).map(|time| time.timestamp_micros()).map_err(|_| Refused::Form)
}

/// The library wants seconds; PostgreSQL does not.
fn with_seconds(written: &str) -> String {
    match written.split_at_checked(TO_THE_MINUTE) {
        Some((minute, rest)) if minute.as_bytes()[13] == b':' && !rest.starts_with(':') => format!("{minute}:00{rest}"),
        _ => written.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-01 12:00 UTC.
    const NOON: i64 = 1_793_534_400_000_000;
    const HOUR: i64 = 3_600_000_000;

    #[test]
    fn moments() {
        for (text, time_zone, micros) in [
            ("2026-11-01 12:00:00+00", "UTC", NOON),
            ("2026-11-01T12:00:00Z", "America/New_York", NOON),
            ("2026-11-01 12:00", "UTC", NOON),
            ("2026-11-01 12:00+02", "UTC", NOON - 2 * HOUR),
            (" 2026-11-01 12:00:00.000001 ", "UTC", NOON + 1),
            ("2026-11-01", "UTC", NOON - 12 * HOUR),
            ("2026-11-01 12:00", "+03:00", NOON - 3 * HOUR),
            ("2026-11-01 12:00 Europe/Berlin", "UTC", NOON - HOUR),
        ] {
            assert_eq!(parse(text, time_zone).expect(text), micros, "{text}");
        }
        let (now, today, tomorrow) = (parse("NOW", "UTC"), parse("today", "UTC"), parse("tomorrow", "UTC"));
        let (now, today, tomorrow) = (now.expect("now"), today.expect("today"), tomorrow.expect("tomorrow"));
        assert!(today <= now && now < tomorrow && tomorrow - today == 24 * HOUR);
    }

    #[test]
    fn what_is_no_moment() {
        for text in ["", "soon", "2026-13-01", "2026-11-01 25:00", "12:00", "2026-11-01 1ü:00"] {
            assert!(matches!(parse(text, "UTC"), Err(Refused::Form)), "{text}");
        }
        for text in ["infinity", "-Infinity"] {
            assert!(matches!(parse(text, "UTC"), Err(Refused::Infinite)), "{text}");
        }
    }
}
