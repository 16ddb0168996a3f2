//! Arithmetic of dates, times, timestamps and intervals.

mod casts;
mod comparison;
pub mod intervals;

pub use casts::FUNCTIONS as CASTS;
pub use comparison::FUNCTIONS as COMPARISONS;

use spi::{Code, Error, Result};

use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::functions::time::zone::named;
use crate::io::calendar::{self, DAY, Local, MONTHS_PER_YEAR, SECOND, days_in_month, midnight, out_of_range};
use crate::io::zone::Zone;
use crate::value::{Interval, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("date_mi", date_difference),
    ScalarEntry::new("date_pli", |_, _, a| move_date(a.date(0)?, a.int(1)?)),
    ScalarEntry::new("date_mii", |_, _, a| move_date(a.date(0)?, -a.int(1)?)),
    ScalarEntry::new("date_pl_interval", |_, _, a| Ok(Value::Timestamp(add(midnight(a.date(0)?)?, a.interval(1)?)?))),
    ScalarEntry::new("date_mi_interval", |_, _, a| Ok(Value::Timestamp(add(midnight(a.date(0)?)?, intervals::negated(a.interval(1)?)?)?))),
    ScalarEntry::new("datetime_timestamp", |_, _, a| date_and_time(a.date(0)?, a.time(1)?)),
    ScalarEntry::new("datetimetz_timestamptz", |_, _, a| {
        let (time, west) = time_and_zone(a, 1)?;
        date_and_time(a.date(0)?, time + i64::from(west) * SECOND)
    }),
    ScalarEntry::new("timestamp_mi", timestamp_difference),
    ScalarEntry::new("timestamp_pl_interval", |_, _, a| Ok(Value::Timestamp(add(a.timestamp(0)?, a.interval(1)?)?))),
    ScalarEntry::new("timestamp_mi_interval", |_, _, a| Ok(Value::Timestamp(add(a.timestamp(0)?, intervals::negated(a.interval(1)?)?)?))),
    ScalarEntry::new("timestamptz_pl_interval", |c, _, a| {
        Ok(Value::Timestamp(add_in_zone(a.timestamp(0)?, a.interval(1)?, &Zone::of(c.host))?))
    }),
    ScalarEntry::new("timestamptz_mi_interval", |c, _, a| {
        Ok(Value::Timestamp(add_in_zone(a.timestamp(0)?, intervals::negated(a.interval(1)?)?, &Zone::of(c.host))?))
    }),
    ScalarEntry::new("timestamptz_pl_interval_at_zone", |_, _, a| {
        Ok(Value::Timestamp(add_in_zone(a.timestamp(0)?, a.interval(1)?, &named(a.text(2)?)?)?))
    }),
    ScalarEntry::new("timestamptz_mi_interval_at_zone", |_, _, a| {
        Ok(Value::Timestamp(add_in_zone(a.timestamp(0)?, intervals::negated(a.interval(1)?)?, &named(a.text(2)?)?)?))
    }),
    ScalarEntry::new("time_mi_time", |_, _, a| Ok(intervals::value(0, 0, a.time(0)? - a.time(1)?))),
    ScalarEntry::new("time_pl_interval", |_, _, a| Ok(Value::Time(of_day(a.time(0)?, a.interval(1)?.microseconds)))),
    ScalarEntry::new("time_mi_interval", |_, _, a| Ok(Value::Time(of_day(a.time(0)?, a.interval(1)?.microseconds.wrapping_neg())))),
    ScalarEntry::new("timetz_pl_interval", |_, _, a| {
        let (time, west) = time_and_zone(a, 0)?;
        Ok(Value::TimeTz(of_day(time, a.interval(1)?.microseconds), west))
    }),
    ScalarEntry::new("timetz_mi_interval", |_, _, a| {
        let (time, west) = time_and_zone(a, 0)?;
        Ok(Value::TimeTz(of_day(time, a.interval(1)?.microseconds.wrapping_neg()), west))
    }),
];

/// A time of day some microseconds later, around the clock.
fn of_day(time: i64, micros: i64) -> i64 {
    time.wrapping_add(micros % DAY).rem_euclid(DAY)
}

/// A `timetz`: microseconds since midnight, and seconds west.
fn time_and_zone(arguments: &[Value], place: usize) -> Result<(i64, i32)> {
    match arguments.get(place) {
        Some(Value::TimeTz(time, west)) => Ok((*time, *west)),
        other => Err(Error::internal(format!("argument {} of a function is not a time with zone but {other:?}", place + 1))),
    }
}

fn date_difference(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let (left, right) = (arguments.date(0)?, arguments.date(1)?);
    if [left, right].iter().any(|date| matches!(*date, i32::MIN | i32::MAX)) {
        return Err(Error::new(Code::DatetimeRange, "cannot subtract infinite dates"));
    }
    Ok(Value::Int((left - right).into()))
}

fn move_date(date: i32, days: i64) -> Result<Value> {
    if matches!(date, i32::MIN | i32::MAX) {
        return Ok(Value::Date(date));
    }
    calendar::date(i64::from(date) + days).map(Value::Date).ok_or_else(|| out_of_range("date"))
}

fn date_and_time(date: i32, time: i64) -> Result<Value> {
    let midnight = midnight(date)?;
    if calendar::is_infinite(midnight) {
        return Ok(Value::Timestamp(midnight));
    }
    calendar::timestamp(midnight + time).map(Value::Timestamp).ok_or_else(|| out_of_range("timestamp"))
}

/// In days and less.
fn timestamp_difference(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let (left, right) = (arguments.timestamp(0)?, arguments.timestamp(1)?);
    if calendar::is_infinite(left) || calendar::is_infinite(right) {
        return Err(Error::new(Code::DatetimeRange, "cannot subtract infinite timestamps"));
    }
    let micros = left.checked_sub(right).ok_or_else(|| out_of_range("interval"))?;
    Ok(intervals::value(0, (micros / DAY) as i32, micros % DAY))
}

/// A local time some months, days and microseconds later. The end of a month stays within it.
pub fn add(timestamp: i64, interval: Interval) -> Result<i64> {
    if calendar::is_infinite(timestamp) {
        return Ok(timestamp);
    }
    add_micros(add_days(timestamp, interval)?, interval.microseconds)
}

/// The same for a moment: months and days are counted in the zone, hours are not.
pub fn add_in_zone(moment: i64, interval: Interval, zone: &Zone) -> Result<i64> {
    if calendar::is_infinite(moment) {
        return Ok(moment);
    }
    let moved = match (interval.months, interval.days) {
        (0, 0) => moment,
        _ => {
            // Each of the two steps ends in a time that the zone has.
            let months = Interval { days: 0, ..interval };
            let moved = if interval.months == 0 { moment } else { zone.to_utc(add_days(zone.to_local(moment), months)?) };
            let days = Interval { months: 0, ..interval };
            if interval.days == 0 { moved } else { zone.to_utc(add_days(zone.to_local(moved), days)?) }
        }
    };
    add_micros(moved, interval.microseconds)
}

fn add_days(timestamp: i64, interval: Interval) -> Result<i64> {
    let moved = || {
        let mut local = Local::of(timestamp);
        if interval.months != 0 {
            let months = local.year.checked_mul(MONTHS_PER_YEAR)?.checked_add(local.month - 1)?.checked_add(interval.months)?;
            (local.year, local.month) = (months.div_euclid(MONTHS_PER_YEAR), months.rem_euclid(MONTHS_PER_YEAR) + 1);
            local.day = local.day.min(days_in_month(local.year, local.month));
        }
        let days = local.days()?.checked_add(interval.days)?;
        calendar::date(days.into())?;
        i64::from(days).checked_mul(DAY)?.checked_add(local.time())
    };
    moved().ok_or_else(|| out_of_range("timestamp"))
}

fn add_micros(timestamp: i64, micros: i64) -> Result<i64> {
    timestamp.checked_add(micros).and_then(calendar::timestamp).ok_or_else(|| out_of_range("timestamp"))
}
