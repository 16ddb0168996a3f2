//! `age(later, earlier)`.

use chrono::{Datelike, NaiveDateTime, Timelike};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Volatility;
use spi::types::oid;
use spi::{Code, Error, Result};

use super::plain::{Plain, Returns, Work};
use crate::calendar::{self, DAY, SECOND, Zone};

/// How much later one time is than another, in years, months and days as people count them. Moments are told in the session's
/// time zone.
pub(super) static AGE: Plain = Plain {
    name: "age",
    aliases: &[],
    ways: &[&[oid::TIMESTAMPTZ, oid::TIMESTAMPTZ], &[oid::TIMESTAMP, oid::TIMESTAMP]],
    returns: Returns::Type(oid::INTERVAL),
    volatility: Volatility::Stable,
    work: Work::Rows(age),
};

fn age(zone: Zone, values: &[ScalarValue]) -> Result<ScalarValue> {
    let time = |value: &ScalarValue| {
        let local = match value {
            ScalarValue::TimestampMicrosecond(Some(time), None) => calendar::local(*time),
            ScalarValue::TimestampMicrosecond(Some(moment), Some(_)) => calendar::local(zone.to_local(*moment)),
            _ => None,
        };
        local.ok_or_else(|| Error::new(Code::DatetimeRange, "timestamp out of range"))
    };
    let (later, earlier) = (time(&values[0])?, time(&values[1])?);
    let (months, days, micros) = if later >= earlier {
        between(later, earlier, earlier)
    } else {
        let (months, days, micros) = between(earlier, later, later);
        (-months, -days, -micros)
    };
    Ok(ScalarValue::IntervalMonthDayNano(Some(calendar::interval(months, days, micros))))
}

/// Each field less the other's. What is missing is borrowed from the next larger one; a month has the days of `borrowed`'s.
fn between(later: NaiveDateTime, earlier: NaiveDateTime, borrowed: NaiveDateTime) -> (i32, i32, i64) {
    let clock = |time: NaiveDateTime| i64::from(time.num_seconds_from_midnight()) * SECOND + i64::from(time.nanosecond() / 1000);
    let month = |time: NaiveDateTime| time.year() * 12 + time.month0() as i32;
    let mut micros = clock(later) - clock(earlier);
    let mut days = later.day() as i32 - earlier.day() as i32;
    let mut months = month(later) - month(earlier);
    if micros < 0 {
        (micros, days) = (micros + DAY, days - 1);
    }
    if days < 0 {
        (days, months) = (days + i32::from(borrowed.num_days_in_month()), months - 1);
    }
    (months, days, micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages() {
        let zone = Zone::named("UTC").expect("a zone");
        let time = |text: &str| {
            let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a time");
            ScalarValue::TimestampMicrosecond(Some(calendar::micros(time)), None)
        };
        for (later, earlier, months, days, hours) in [
            ("2026-03-01 00:00", "2025-01-15 00:00", 13, 17, 0),
            ("2001-04-10 00:00", "1957-06-13 00:00", 43 * 12 + 9, 27, 0),
            ("2026-01-01 00:00", "2026-01-01 12:00", 0, 0, -12),
            ("2026-01-02 06:00", "2026-01-01 12:00", 0, 0, 18),
        ] {
            let expected = calendar::interval(months, days, hours * DAY / 24);
            let found = age(zone, &[time(later), time(earlier)]).expect("an age");
            assert_eq!(found, ScalarValue::IntervalMonthDayNano(Some(expected)), "{later} {earlier}");
        }
    }
}
