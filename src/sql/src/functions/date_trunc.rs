//! `date_trunc(unit, time)` and `date_trunc(unit, moment, time_zone)`.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{IntervalMonthDayNano, IntervalMonthDayNanoType, TimestampMicrosecondType};
use chrono::{Datelike, Days, Months, NaiveDateTime, NaiveTime};
use datafusion::logical_expr::Volatility;
use spi::types::oid;
use spi::{Code, Error, Result};

use super::plain::{Plain, Returns, Work, column};
use crate::calendar::{self, DAY, SECOND, Zone, is_infinite};

/// A time, cut to a unit such as `month`. A moment is cut in the session's time zone, or in the given one.
pub(super) static DATE_TRUNC: Plain = Plain {
    name: "date_trunc",
    aliases: &[],
    ways: &[
        &[oid::TEXT, oid::TIMESTAMPTZ],
        &[oid::TEXT, oid::TIMESTAMP],
        &[oid::TEXT, oid::INTERVAL],
        &[oid::TEXT, oid::TIMESTAMPTZ, oid::TEXT],
    ],
    returns: Returns::Argument(1),
    volatility: Volatility::Stable,
    work: Work::Columns(compute),
};

fn compute(session: Zone, arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let units = arguments[0].as_string::<i32>();
    let unit = |row: usize| if units.is_null(row) { Ok(None) } else { Unit::named(units.value(row)).map(Some) };
    // The unit is a literal nearly always: it is read once.
    let first = if units.is_empty() { None } else { unit(0)? };
    let unit = |row: usize| if units.is_null(row) || units.value(row) == units.value(0) { Ok(first) } else { unit(row) };
    if let Some(intervals) = arguments[1].as_primitive_opt::<IntervalMonthDayNanoType>() {
        let cut = |row: usize| {
            Ok(unit(row)?.filter(|_| !intervals.is_null(row) && !units.is_null(row)).map(|unit| unit.cut_interval(intervals.value(row))))
        };
        return column((0..intervals.len()).map(cut).collect::<Result<arrow::array::IntervalMonthDayNanoArray>>()?);
    }
    let times = arguments[1].as_primitive::<TimestampMicrosecondType>();
    let zones = arguments.get(2).map(|zones| zones.as_string::<i32>());
    let cut = |row: usize| {
        if times.is_null(row) || units.is_null(row) || zones.is_some_and(|zones| zones.is_null(row)) {
            return Ok(None);
        }
        let (Some(unit), time) = (unit(row)?, times.value(row)) else { return Ok(None) };
        if times.timezone().is_none() {
            return unit.cut(time).map(Some);
        }
        let zone = zones.map_or(Ok(session), |zones| super::timezone::zone(zones.value(row)))?;
        Ok(Some(zone.to_utc(unit.cut(zone.to_local(time))?)))
    };
    let cut = (0..times.len()).map(cut).collect::<Result<arrow::array::TimestampMicrosecondArray>>()?;
    column(cut.with_timezone_opt(times.timezone()))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    /// So many microseconds.
    Time(i64),
    Week,
    /// So many months, counted from year 0, or from year 1 where centuries begin.
    Months {
        count: i32,
        from_year_one: bool,
    },
}

impl Unit {
    fn named(name: &str) -> Result<Unit> {
        let months = |count| Unit::Months { count, from_year_one: false };
        let from_year_one = |count| Unit::Months { count, from_year_one: true };
        Ok(match name.to_ascii_lowercase().as_str() {
            "microsecond" | "microseconds" | "us" => Unit::Time(1),
            "millisecond" | "milliseconds" | "ms" => Unit::Time(1000),
            "second" | "seconds" | "s" => Unit::Time(SECOND),
            "minute" | "minutes" | "m" => Unit::Time(60 * SECOND),
            "hour" | "hours" | "h" => Unit::Time(3600 * SECOND),
            "day" | "days" | "d" => Unit::Time(DAY),
            "week" | "weeks" | "w" => Unit::Week,
            "month" | "months" | "mon" => months(1),
            "quarter" | "quarters" => months(3),
            "year" | "years" | "y" => months(12),
            "decade" | "decades" => months(120),
            "century" | "centuries" => from_year_one(1200),
            "millennium" | "millennia" => from_year_one(12_000),
            _ => {
                return Err(Error::new(
                    Code::InvalidArgument,
                    format!("unit \"{name}\" not recognized for type timestamp without time zone"),
                ));
            }
        })
    }

    fn cut(self, time: i64) -> Result<i64> {
        if is_infinite(time) {
            return Ok(time);
        }
        if let Unit::Time(unit) = self {
            return Ok(time - time.rem_euclid(unit));
        }
        let midnight = calendar::local(time).map(|local| local.date().and_time(NaiveTime::MIN));
        midnight.and_then(|midnight| self.cut_day(midnight)).map(calendar::micros).ok_or_else(|| calendar::out_of_range("timestamp"))
    }

    fn cut_day(self, midnight: NaiveDateTime) -> Option<NaiveDateTime> {
        match self {
            Unit::Time(_) => Some(midnight),
            Unit::Week => midnight.checked_sub_days(Days::new(u64::from(midnight.weekday().num_days_from_monday()))),
            Unit::Months { count, from_year_one } => {
                let first = midnight.with_day(1)?;
                let months = (first.year() - i32::from(from_year_one)) * 12 + first.month0() as i32;
                first.checked_sub_months(Months::new(months.rem_euclid(count) as u32))
            }
        }
    }

    fn cut_interval(self, interval: IntervalMonthDayNano) -> IntervalMonthDayNano {
        let micros = interval.nanoseconds / 1000;
        match self {
            Unit::Time(DAY) => calendar::interval(interval.months, interval.days, 0),
            Unit::Time(unit) => calendar::interval(interval.months, interval.days, micros - micros % unit),
            Unit::Week => calendar::interval(interval.months, interval.days - interval.days % 7, 0),
            Unit::Months { count, .. } => calendar::interval(interval.months - interval.months % count, 0, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_cut() {
        let at = |text: &str| calendar::micros(NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").expect("a time"));
        let time = at("2026-05-17 23:34:56");
        for (unit, expected) in [
            ("hour", "2026-05-17 23:00:00"),
            ("day", "2026-05-17 00:00:00"),
            ("week", "2026-05-11 00:00:00"),
            ("month", "2026-05-01 00:00:00"),
            ("QUARTER", "2026-04-01 00:00:00"),
            ("year", "2026-01-01 00:00:00"),
            ("decade", "2020-01-01 00:00:00"),
            ("century", "2001-01-01 00:00:00"),
        ] {
            assert_eq!(Unit::named(unit).and_then(|unit| unit.cut(time)).expect(unit), at(expected), "{unit}");
        }
        assert_eq!(Unit::Week.cut(i64::MAX).expect("infinity"), i64::MAX);
        assert!(Unit::named("nonsense").is_err());
    }
}
