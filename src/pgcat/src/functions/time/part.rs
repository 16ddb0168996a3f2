//! Parts of dates, times and intervals: `date_part`, which gives `double precision`, and `extract`, which gives `numeric`.

use bigdecimal::ToPrimitive as _;
use spi::{Error, Result};

use crate::function::{Context, ScalarEntry};
use crate::functions::Arguments;
use crate::functions::operators::numerics;
use crate::io::calendar::{DAY, DAY_2000, HOUR, MINUTE, SECOND, SINCE_1970, is_infinite, julian, weekday};
use crate::io::numeric::with_scale;
use crate::io::unit::{Unit, not_recognized, not_supported};
use crate::io::zone::Zone;
use crate::value::{Interval, Numeric, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("timestamp_part", |_, _, arguments| float(timestamp(arguments)?)),
    ScalarEntry::new("timestamptz_part", |context, _, arguments| float(timestamptz(context, arguments)?)),
    ScalarEntry::new("interval_part", |_, _, arguments| float(interval(arguments)?)),
    ScalarEntry::new("time_part", |_, _, arguments| float(time(arguments)?)),
    ScalarEntry::new("timetz_part", |_, _, arguments| float(timetz(arguments)?)),
    ScalarEntry::new("extract_timestamp", |_, _, arguments| Ok(timestamp(arguments)?.map_or(Value::Null, numerics::value))),
    ScalarEntry::new("extract_timestamptz", |context, _, arguments| {
        Ok(timestamptz(context, arguments)?.map_or(Value::Null, numerics::value))
    }),
    ScalarEntry::new("extract_date", |_, _, arguments| Ok(date(arguments)?.map_or(Value::Null, numerics::value))),
    ScalarEntry::new("extract_interval", |_, _, arguments| Ok(interval(arguments)?.map_or(Value::Null, numerics::value))),
    ScalarEntry::new("extract_time", |_, _, arguments| Ok(time(arguments)?.map_or(Value::Null, numerics::value))),
    ScalarEntry::new("extract_timetz", |_, _, arguments| Ok(timetz(arguments)?.map_or(Value::Null, numerics::value))),
];

const DATE: &str = "date";
const TIME: &str = "time without time zone";
const TIMETZ: &str = "time with time zone";
const TIMESTAMP: &str = "timestamp without time zone";
const TIMESTAMPTZ: &str = "timestamp with time zone";
const INTERVAL: &str = "interval";

/// Seconds of an average year, and of a month of 30 days.
const YEAR_SECONDS: i64 = 31_557_600;
const MONTH_SECONDS: i64 = 2_592_000;
const DAY_SECONDS: i64 = 86_400;

/// A part, or `None` for one that an infinite moment has not.
type Part = Option<Numeric>;

fn float(part: Part) -> Result<Value> {
    Ok(match part {
        None => Value::Null,
        Some(Numeric::Finite(number)) => Value::Float(number.to_f64().unwrap_or(f64::NAN)),
        Some(Numeric::Infinity) => Value::Float(f64::INFINITY),
        Some(Numeric::NegativeInfinity) => Value::Float(f64::NEG_INFINITY),
        Some(Numeric::NaN) => Value::Float(f64::NAN),
    })
}

/// A whole number of units of so many digits behind the point.
fn scaled(units: impl Into<i128>, scale: i64) -> Part {
    Some(Numeric::Finite(with_scale(units.into().into(), scale)))
}

fn whole(number: impl Into<i64>) -> Part {
    scaled(number.into(), 0)
}

fn unit(arguments: &[Value], type_name: &str) -> Result<Unit> {
    let name = arguments.text(0)?;
    Unit::named(name).ok_or_else(|| not_recognized(name, type_name))
}

fn unsupported(arguments: &[Value], type_name: &str) -> Error {
    not_supported(arguments.text(0).unwrap_or_default(), type_name)
}

fn timestamp(arguments: &[Value]) -> Result<Part> {
    let (unit, local) = (unit(arguments, TIMESTAMP)?, arguments.timestamp(1)?);
    if matches!(unit, Unit::Zone | Unit::ZoneHour | Unit::ZoneMinute) {
        return Err(unsupported(arguments, TIMESTAMP));
    }
    of_moment(unit, local, local)
}

fn timestamptz(context: &Context<'_>, arguments: &[Value]) -> Result<Part> {
    let (unit, moment) = (unit(arguments, TIMESTAMPTZ)?, arguments.timestamp(1)?);
    let zone = Zone::of(context.host);
    match unit {
        Unit::Zone | Unit::ZoneHour | Unit::ZoneMinute if is_infinite(moment) => Ok(None),
        Unit::Zone | Unit::ZoneHour | Unit::ZoneMinute => Ok(of_displacement(unit, zone.east(moment))),
        _ => of_moment(unit, zone.to_local(moment), moment),
    }
}

fn date(arguments: &[Value]) -> Result<Part> {
    let (unit, days) = (unit(arguments, DATE)?, arguments.date(1)?);
    let has_time = matches!(unit, Unit::Microsecond | Unit::Millisecond | Unit::Second | Unit::Minute | Unit::Hour);
    if has_time || matches!(unit, Unit::Zone | Unit::ZoneHour | Unit::ZoneMinute) {
        return Err(unsupported(arguments, DATE));
    }
    let local = match days {
        i32::MIN => i64::MIN,
        i32::MAX => i64::MAX,
        // These two do not need a timestamp, whose range is smaller.
        _ if unit == Unit::Julian => return Ok(whole(i64::from(days) + i64::from(DAY_2000))),
        _ if unit == Unit::Epoch => return Ok(whole(i64::from(days) * DAY_SECONDS + SINCE_1970 / SECOND)),
        _ => return Ok(of_day(unit, days)),
    };
    of_moment(unit, local, local)
}

/// Of a local time; the epoch is that of the moment.
fn of_moment(unit: Unit, local: i64, moment: i64) -> Result<Part> {
    if is_infinite(local) {
        let grows =
            matches!(unit, Unit::Year | Unit::Decade | Unit::Century | Unit::Millennium | Unit::Julian | Unit::IsoYear | Unit::Epoch);
        let infinity = if local == i64::MAX { Numeric::Infinity } else { Numeric::NegativeInfinity };
        return Ok(grows.then_some(infinity));
    }
    let (days, time) = (local.div_euclid(DAY) as i32, local.rem_euclid(DAY));
    Ok(match unit {
        Unit::Epoch => scaled(i128::from(moment) + i128::from(SINCE_1970), 6),
        Unit::Julian => {
            let day = Numeric::Finite((i64::from(days) + i64::from(DAY_2000)).into());
            let share = numerics::divide(&Numeric::Finite(time.into()), &Numeric::Finite(DAY.into()))?;
            Some(numerics::add(&day, &share)?)
        }
        _ => of_time(unit, time).unwrap_or_else(|| of_day(unit, days)),
    })
}

/// Of microseconds, which may be negative; `None` for the units of days and more.
fn of_time(unit: Unit, time: i64) -> Option<Part> {
    Some(match unit {
        Unit::Microsecond => whole(time % MINUTE),
        Unit::Millisecond => scaled(time % MINUTE, 3),
        Unit::Second => scaled(time % MINUTE, 6),
        Unit::Minute => whole(time / MINUTE % 60),
        Unit::Hour => whole(time / HOUR),
        _ => return None,
    })
}

/// Of a day since 2000.
fn of_day(unit: Unit, days: i32) -> Part {
    let day = days.wrapping_add(DAY_2000);
    let (year, month, day_of_month) = crate::io::calendar::civil(day);
    // Before the first year comes none of number 0.
    let before = year - 1;
    whole(match unit {
        Unit::Day => day_of_month,
        Unit::Month => month,
        Unit::Quarter => (month - 1) / 3 + 1,
        Unit::Week => iso_week(day).1,
        Unit::IsoYear => {
            let iso = iso_week(day).0;
            if iso > 0 { iso } else { iso - 1 }
        }
        Unit::Year => {
            if year > 0 {
                year
            } else {
                before
            }
        }
        Unit::Decade => {
            if year >= 0 {
                year / 10
            } else {
                -((8 - before) / 10)
            }
        }
        Unit::Century => {
            if year > 0 {
                (year + 99) / 100
            } else {
                -((99 - before) / 100)
            }
        }
        Unit::Millennium => {
            if year > 0 {
                (year + 999) / 1000
            } else {
                -((999 - before) / 1000)
            }
        }
        Unit::DayOfWeek => weekday(day) as i32,
        Unit::IsoDayOfWeek => iso_weekday(day),
        Unit::DayOfYear => day - julian(year, 1, 1) + 1,
        _ => return None,
    })
}

/// 1 for Monday, 7 for Sunday, of a Julian day.
pub fn iso_weekday(day: i32) -> i32 {
    match weekday(day) {
        0 => 7,
        weekday => weekday as i32,
    }
}

/// The year and the number of the week that a Julian day is in: the first week of a year is that of its first Thursday.
pub fn iso_week(day: i32) -> (i32, i32) {
    let thursday = day + 4 - iso_weekday(day);
    let (year, _, _) = crate::io::calendar::civil(thursday);
    (year, (thursday - julian(year, 1, 1)) / 7 + 1)
}

fn of_displacement(unit: Unit, east: i32) -> Part {
    whole(match unit {
        Unit::ZoneHour => east / 3600,
        Unit::ZoneMinute => east % 3600 / 60,
        _ => east,
    })
}

fn time(arguments: &[Value]) -> Result<Part> {
    let (unit, time) = (unit(arguments, TIME)?, arguments.time(1)?);
    match unit {
        Unit::Epoch => Ok(scaled(time, 6)),
        _ => of_time(unit, time).ok_or_else(|| unsupported(arguments, TIME)),
    }
}

fn timetz(arguments: &[Value]) -> Result<Part> {
    let unit = unit(arguments, TIMETZ)?;
    let Some(Value::TimeTz(time, west)) = arguments.get(1) else { return Err(Error::internal("a time with zone was expected")) };
    match unit {
        Unit::Epoch => Ok(scaled(time + i64::from(*west) * SECOND, 6)),
        Unit::Zone | Unit::ZoneHour | Unit::ZoneMinute => Ok(of_displacement(unit, -west)),
        _ => of_time(unit, *time).ok_or_else(|| unsupported(arguments, TIMETZ)),
    }
}

fn interval(arguments: &[Value]) -> Result<Part> {
    let (unit, Interval { months, days, microseconds }) = (unit(arguments, INTERVAL)?, arguments.interval(1)?);
    let (years, month) = (months / 12, months % 12);
    Ok(match unit {
        Unit::Day => whole(days),
        Unit::Month => whole(month),
        Unit::Quarter => whole(month / 3 + 1),
        Unit::Year => whole(years),
        Unit::Decade => whole(years / 10),
        Unit::Century => whole(years / 100),
        Unit::Millennium => whole(years / 1000),
        Unit::Epoch => {
            let seconds = i64::from(years) * YEAR_SECONDS + i64::from(month) * MONTH_SECONDS + i64::from(days) * DAY_SECONDS;
            scaled(i128::from(seconds) * i128::from(SECOND) + i128::from(microseconds), 6)
        }
        _ => of_time(unit, microseconds).ok_or_else(|| unsupported(arguments, INTERVAL))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::calendar::Local;

    fn timestamp_of(year: i32, month: i32, day: i32, hour: i32, minute: i32, second: i32, micros: i32) -> i64 {
        Local { year, month, day, hour, minute, second, micros }.timestamp().unwrap()
    }

    fn text(part: Part) -> String {
        let mut out = String::new();
        crate::io::numeric::write(&part.unwrap(), &mut out);
        out
    }

    /// Recorded from PostgreSQL 16.
    #[test]
    fn parts_of_timestamps() {
        let moment = timestamp_of(2024, 2, 29, 13, 14, 15, 678_000);
        for (unit, expected) in [
            ("epoch", "1709212455.678000"),
            ("second", "15.678000"),
            ("milliseconds", "15678.000"),
            ("microseconds", "15678000"),
            ("century", "21"),
            ("decade", "202"),
            ("millennium", "3"),
            ("quarter", "1"),
            ("week", "9"),
            ("dow", "4"),
            ("doy", "60"),
        ] {
            assert_eq!(text(timestamp(&[unit.into(), Value::Timestamp(moment)]).unwrap()), expected, "{unit}");
        }
        let noon = Value::Timestamp(timestamp_of(2024, 2, 29, 12, 0, 0, 0));
        assert_eq!(text(timestamp(&["julian".into(), noon]).unwrap()), "2460370.50000000000000000000");
        let ides = Value::Timestamp(timestamp_of(-43, 3, 15, 0, 0, 0, 0));
        for (unit, expected) in [("year", "-44"), ("century", "-1"), ("decade", "-5")] {
            assert_eq!(text(timestamp(&[unit.into(), ides.clone()]).unwrap()), expected, "{unit}");
        }
        let new_year = julian(2024, 12, 31);
        assert_eq!(iso_week(new_year), (2025, 1));
    }

    /// Recorded from PostgreSQL 16.
    #[test]
    fn parts_of_intervals() {
        let span = |months, days, microseconds| Value::Interval(Box::new(Interval { months, days, microseconds }));
        let part = |unit: &str, value: Value| text(interval(&[unit.into(), value]).unwrap());
        assert_eq!(part("epoch", span(14, 3, 4 * HOUR + 5 * MINUTE + 6_700_000)), "37015506.700000");
        assert_eq!((part("year", span(-14, 0, 0)), part("month", span(-14, 0, 0))), ("-1".to_owned(), "-2".to_owned()));
        assert_eq!(part("hour", span(0, 0, 30 * HOUR)), "30");
        let error = interval(&["dow".into(), span(0, 1, 0)]).unwrap_err();
        assert_eq!((error.code.sqlstate(), error.message.as_str()), ("0A000", "unit \"dow\" not supported for type interval"));
    }
}
