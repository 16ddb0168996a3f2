//! Dates and times as PostgreSQL computes them: on the proleptic Gregorian calendar, in microseconds, with an infinity at each end.
//!
//! Moments are counted from 1970 UTC, local times from 1970 in their zone.

pub(crate) mod read;
pub(crate) mod zone;

use arrow::datatypes::IntervalMonthDayNano;
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime};
use spi::{Code, Error, Result};

pub(crate) use zone::Zone;

pub(crate) const SECOND: i64 = 1_000_000;
pub(crate) const DAY: i64 = 86_400 * SECOND;
/// How long a month is where intervals are compared.
pub(crate) const DAYS_PER_MONTH: i64 = 30;

/// From the first day of year 1 to 1970.
const DAYS_BEFORE_1970: i32 = 719_163;

/// Whether a time is one of the two infinities.
pub(crate) fn is_infinite(micros: i64) -> bool {
    matches!(micros, i64::MAX | i64::MIN)
}

/// A local time as the calendar has it; none for infinities and beyond the calendar's years.
pub(crate) fn local(micros: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_micros(micros).map(|time| time.naive_utc())
}

pub(crate) fn micros(local: NaiveDateTime) -> i64 {
    local.and_utc().timestamp_micros()
}

/// Days since 1970.
pub(crate) fn days(date: NaiveDate) -> i32 {
    date.num_days_from_ce() - DAYS_BEFORE_1970
}

/// Midnight of a day; the infinities stay.
pub(crate) fn midnight(days: i32) -> Result<i64> {
    match days {
        i32::MAX => Ok(i64::MAX),
        i32::MIN => Ok(i64::MIN),
        _ => i64::from(days).checked_mul(DAY).ok_or_else(|| out_of_range("date")),
    }
}

/// The day of a local time; the infinities stay.
pub(crate) fn day(micros: i64) -> i32 {
    match micros {
        i64::MAX => i32::MAX,
        i64::MIN => i32::MIN,
        _ => micros.div_euclid(DAY) as i32,
    }
}

/// A local time some months, days and microseconds later; with `sign` -1, earlier. The end of a month stays within it.
pub(crate) fn add(micros: i64, interval: IntervalMonthDayNano, sign: i64) -> Result<i64> {
    add_time(add_days(micros, interval, sign)?, interval, sign)
}

/// Its months and days only.
pub(crate) fn add_days(start: i64, interval: IntervalMonthDayNano, sign: i64) -> Result<i64> {
    if is_infinite(start) || (interval.months == 0 && interval.days == 0) {
        return Ok(start);
    }
    let (months, days) = (i64::from(interval.months) * sign, i64::from(interval.days) * sign);
    let moved = local(start).and_then(|time| {
        let count = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
        let time = if months < 0 { time.checked_sub_months(count)? } else { time.checked_add_months(count)? };
        let count = Days::new(days.unsigned_abs());
        if days < 0 { time.checked_sub_days(count) } else { time.checked_add_days(count) }
    });
    moved.map(micros).ok_or_else(|| out_of_range("timestamp"))
}

/// Its hours and less only.
pub(crate) fn add_time(start: i64, interval: IntervalMonthDayNano, sign: i64) -> Result<i64> {
    if is_infinite(start) {
        return Ok(start);
    }
    start.checked_add(interval.nanoseconds / 1000 * sign).filter(|end| !is_infinite(*end)).ok_or_else(|| out_of_range("timestamp"))
}

/// The same moment's interval with a time zone: days are counted in the zone, hours are not.
pub(crate) fn add_in_zone(moment: i64, interval: IntervalMonthDayNano, sign: i64, zone: Zone) -> Result<i64> {
    let moved = match (interval.months, interval.days) {
        (0, 0) => moment,
        _ => zone.to_utc(add_days(zone.to_local(moment), interval, sign)?),
    };
    add_time(moved, interval, sign)
}

/// From one time to another, in days and less.
pub(crate) fn difference(later: i64, earlier: i64) -> Result<IntervalMonthDayNano> {
    if is_infinite(later) || is_infinite(earlier) {
        return Err(Error::new(Code::DatetimeRange, "cannot subtract infinite timestamps"));
    }
    let micros = later.checked_sub(earlier).ok_or_else(|| out_of_range("interval"))?;
    Ok(interval(0, (micros / DAY) as i32, micros % DAY))
}

/// An interval that holds microseconds, as PostgreSQL's do.
pub(crate) fn interval(months: i32, days: i32, micros: i64) -> IntervalMonthDayNano {
    IntervalMonthDayNano::new(months, days, micros.saturating_mul(1000))
}

/// The microseconds of an interval whose months have 30 days and whose days have 24 hours: what intervals are compared by.
pub(crate) fn length(interval: IntervalMonthDayNano) -> i128 {
    let days = i128::from(interval.months) * i128::from(DAYS_PER_MONTH) + i128::from(interval.days);
    days * i128::from(DAY) + i128::from(interval.nanoseconds / 1000)
}

pub(crate) fn out_of_range(what: &str) -> Error {
    Error::new(Code::DatetimeRange, format!("{what} out of range"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        micros(NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").expect("a time"))
    }

    #[test]
    fn months_end_with_their_last_day() {
        let month = interval(1, 0, 0);
        assert_eq!(add(at("2026-01-31 12:00:00"), month, 1).expect("a time"), at("2026-02-28 12:00:00"));
        assert_eq!(add(at("2026-03-31 12:00:00"), month, -1).expect("a time"), at("2026-02-28 12:00:00"));
        assert_eq!(add(i64::MAX, month, 1).expect("infinity"), i64::MAX);
        assert_eq!(add(0, interval(i32::MAX, 0, 0), 1).expect_err("too late").code, Code::DatetimeRange);
    }

    #[test]
    fn days_of_a_zone_have_more_or_fewer_hours() {
        let berlin = Zone::named("Europe/Berlin").expect("a zone");
        let start = at("2026-03-28 11:00:00");
        assert_eq!(add_in_zone(start, interval(0, 1, 0), 1, berlin).expect("a time"), at("2026-03-29 10:00:00"));
        assert_eq!(add_in_zone(start, interval(0, 0, DAY), 1, berlin).expect("a time"), at("2026-03-29 11:00:00"));
    }

    #[test]
    fn intervals_are_compared_by_their_length() {
        assert_eq!(length(interval(1, 0, 0)), length(interval(0, 30, 0)));
        assert_eq!(length(interval(0, 1, 0)), length(interval(0, 0, DAY)));
    }

    #[test]
    fn days_count_from_1970() {
        assert_eq!(days(NaiveDate::from_ymd_opt(1970, 1, 2).expect("a date")), 1);
        assert_eq!((day(-1), day(i64::MAX)), (-1, i32::MAX));
    }
}
