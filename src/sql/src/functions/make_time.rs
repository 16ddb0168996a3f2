//! `make_date(year, month, day)`, `make_timestamp(year, month, day, hour, minute, second)` and `make_interval(…)`.

use chrono::{NaiveDate, NaiveTime};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Volatility;
use spi::types::oid;
use spi::{Code, Error, Result};

use super::plain::{Plain, Returns, Work, float, integer};
use crate::calendar::{self, SECOND};

/// A day. Years before Christ are negative.
pub(super) static MAKE_DATE: Plain = Plain {
    name: "make_date",
    aliases: &[],
    ways: &[&[oid::INT4, oid::INT4, oid::INT4]],
    returns: Returns::Type(oid::DATE),
    volatility: Volatility::Immutable,
    work: Work::Rows(|_, values| Ok(ScalarValue::Date32(Some(calendar::days(date(values)?))))),
};

/// A local time.
pub(super) static MAKE_TIMESTAMP: Plain = Plain {
    name: "make_timestamp",
    aliases: &[],
    ways: &[&[oid::INT4, oid::INT4, oid::INT4, oid::INT4, oid::INT4, oid::FLOAT8]],
    returns: Returns::Type(oid::TIMESTAMP),
    volatility: Volatility::Immutable,
    work: Work::Rows(make_timestamp),
};

/// An interval of years, months, weeks, days, hours, minutes and seconds. What is left out is none.
pub(super) static MAKE_INTERVAL: Plain = Plain {
    name: "make_interval",
    aliases: &[],
    ways: &[
        &[oid::INT4],
        &[oid::INT4, oid::INT4],
        &[oid::INT4, oid::INT4, oid::INT4],
        &[oid::INT4, oid::INT4, oid::INT4, oid::INT4],
        &[oid::INT4, oid::INT4, oid::INT4, oid::INT4, oid::INT4],
        &[oid::INT4, oid::INT4, oid::INT4, oid::INT4, oid::INT4, oid::INT4],
        &[oid::INT4, oid::INT4, oid::INT4, oid::INT4, oid::INT4, oid::INT4, oid::FLOAT8],
    ],
    returns: Returns::Type(oid::INTERVAL),
    volatility: Volatility::Immutable,
    work: Work::Rows(make_interval),
};

fn date(values: &[ScalarValue]) -> Result<NaiveDate> {
    let (year, month, day) = (integer(values, 0), integer(values, 1), integer(values, 2));
    // There is no year 0: the one before year 1 is 1 before Christ.
    let astronomical = if year < 0 { year + 1 } else { year };
    let date = NaiveDate::from_ymd_opt(astronomical, month.try_into().unwrap_or(0), day.try_into().unwrap_or(0));
    date.filter(|_| year != 0)
        .ok_or_else(|| Error::new(Code::DatetimeRange, format!("date field value out of range: {year}-{month:02}-{day:02}")))
}

fn make_timestamp(_: calendar::Zone, values: &[ScalarValue]) -> Result<ScalarValue> {
    let (hour, minute, second) = (integer(values, 3), integer(values, 4), float(values, 5));
    let fits = (0..=24).contains(&hour) && (0..60).contains(&minute) && (0.0..=60.0).contains(&second);
    let micros = i64::from(hour * 60 + minute) * 60 * SECOND + (second * SECOND as f64).round() as i64;
    if !fits || micros > calendar::DAY {
        return Err(Error::new(Code::DatetimeRange, format!("time field value out of range: {hour}:{minute:02}:{second:02}")));
    }
    let midnight = calendar::micros(date(values)?.and_time(NaiveTime::MIN));
    Ok(ScalarValue::TimestampMicrosecond(Some(midnight + micros), None))
}

fn make_interval(_: calendar::Zone, values: &[ScalarValue]) -> Result<ScalarValue> {
    let part = |place| i64::from(integer(values, place));
    let (months, days) = (part(0) * 12 + part(1), part(2) * 7 + part(3));
    let micros = (part(4) * 60 + part(5)) as f64 * 60.0 * SECOND as f64 + float(values, 6) * SECOND as f64;
    match (i32::try_from(months), i32::try_from(days)) {
        (Ok(months), Ok(days)) if micros.abs() < 9.2e15 => {
            Ok(ScalarValue::IntervalMonthDayNano(Some(calendar::interval(months, days, micros.round() as i64))))
        }
        _ => Err(calendar::out_of_range("interval")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integers(numbers: &[i32]) -> Vec<ScalarValue> {
        numbers.iter().map(|&number| ScalarValue::from(number)).collect()
    }

    #[test]
    fn days_must_exist() {
        assert_eq!(date(&integers(&[1970, 1, 2])).map(calendar::days).expect("a date"), 1);
        let error = date(&integers(&[2026, 2, 30])).expect_err("no date");
        assert_eq!((error.code, error.message.as_str()), (Code::DatetimeRange, "date field value out of range: 2026-02-30"));
        assert!(date(&integers(&[0, 1, 1])).is_err());
    }

    #[test]
    fn intervals_have_three_parts() {
        let zone = calendar::Zone::named("UTC").expect("a zone");
        let made = make_interval(zone, &integers(&[1, 2, 3, 4, 5, 6])).expect("an interval");
        let expected = calendar::interval(14, 25, (5 * 60 + 6) * 60 * SECOND);
        assert_eq!(made, ScalarValue::IntervalMonthDayNano(Some(expected)));
    }
}
