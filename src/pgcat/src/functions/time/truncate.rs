//! `date_trunc`: moments and spans without what is smaller than a unit.

use spi::{Code, Error, Result};

use super::part::iso_weekday;
use super::zone::named;
use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::io::calendar::{DAY, DAY_2000, HOUR, Local, MINUTE, SECOND, is_infinite, out_of_range};
use crate::io::unit::{Unit, not_recognized};
use crate::io::zone::Zone;
use crate::value::{Interval, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("timestamp_trunc", |_, _, arguments| {
        let unit = unit(arguments.text(0)?, "timestamp without time zone")?;
        Ok(Value::Timestamp(truncated(unit, arguments.timestamp(1)?)?))
    }),
    ScalarEntry::new("timestamptz_trunc", |context, _, arguments| in_zone(arguments, &Zone::of(context.host))),
    ScalarEntry::new("timestamptz_trunc_zone", |_, _, arguments| in_zone(arguments, &named(arguments.text(2)?)?)),
    ScalarEntry::new("interval_trunc", |_, _, arguments| interval(arguments.text(0)?, arguments.interval(1)?)),
];

/// The units that something can be cut to.
fn unit(name: &str, type_name: &str) -> Result<Unit> {
    match Unit::named(name) {
        Some(
            Unit::Epoch
            | Unit::DayOfWeek
            | Unit::IsoDayOfWeek
            | Unit::DayOfYear
            | Unit::IsoYear
            | Unit::Julian
            | Unit::Zone
            | Unit::ZoneHour
            | Unit::ZoneMinute,
        )
        | None => Err(not_recognized(name, type_name)),
        Some(unit) => Ok(unit),
    }
}

fn truncated(unit: Unit, timestamp: i64) -> Result<i64> {
    if is_infinite(timestamp) {
        return Ok(timestamp);
    }
    let of_time = |size: i64| Ok(timestamp.div_euclid(size) * size);
    let local = Local::of(timestamp);
    let month = |year: i32, month: i32| {
        let first = Local { year, month, day: 1, ..Local::default() };
        first.timestamp().ok_or_else(|| out_of_range("timestamp"))
    };
    // Before the first year comes none of number 0.
    let (year, before) = (local.year, local.year - 1);
    match unit {
        Unit::Microsecond => Ok(timestamp),
        Unit::Millisecond => of_time(SECOND / 1000),
        Unit::Second => of_time(SECOND),
        Unit::Minute => of_time(MINUTE),
        Unit::Hour => of_time(HOUR),
        Unit::Day => of_time(DAY),
        Unit::Week => {
            let day = timestamp.div_euclid(DAY);
            Ok((day - i64::from(iso_weekday(day as i32 + DAY_2000)) + 1) * DAY)
        }
        Unit::Month => month(year, local.month),
        Unit::Quarter => month(year, (local.month - 1) / 3 * 3 + 1),
        Unit::Year => month(year, 1),
        Unit::Decade => month(if year > 0 { year / 10 * 10 } else { -((8 - before) / 10) * 10 }, 1),
        Unit::Century => month(if year > 0 { (year + 99) / 100 * 100 - 99 } else { -((99 - before) / 100) * 100 + 1 }, 1),
        _ => month(if year > 0 { (year + 999) / 1000 * 1000 - 999 } else { -((999 - before) / 1000) * 1000 + 1 }, 1),
    }
}

/// Units from the day on end at the zone's midnight; smaller ones do not ask what the clock says.
fn in_zone(arguments: &[Value], zone: &Zone) -> Result<Value> {
    let unit = unit(arguments.text(0)?, "timestamp with time zone")?;
    let moment = arguments.timestamp(1)?;
    let local = zone.to_local(moment);
    let cut = truncated(unit, local)?;
    let is_time = matches!(unit, Unit::Microsecond | Unit::Millisecond | Unit::Second | Unit::Minute | Unit::Hour);
    Ok(Value::Timestamp(match is_infinite(moment) {
        true => moment,
        false if is_time => moment - (local - cut),
        false => zone.to_utc(cut),
    }))
}

fn interval(name: &str, interval: Interval) -> Result<Value> {
    let Interval { months, days, microseconds } = interval;
    let of_months = |size: i32| Interval { months: months / size * size, days: 0, microseconds: 0 };
    let of_time = |size: i64| Interval { months, days, microseconds: microseconds / size * size };
    let cut = match unit(name, "interval")? {
        Unit::Microsecond => interval,
        Unit::Millisecond => of_time(SECOND / 1000),
        Unit::Second => of_time(SECOND),
        Unit::Minute => of_time(MINUTE),
        Unit::Hour => of_time(HOUR),
        Unit::Day => Interval { months, days, microseconds: 0 },
        Unit::Week => {
            let message = format!("unit \"{}\" not supported for type interval", name.to_lowercase());
            return Err(Error::new(Code::Unsupported, message).detail("Months usually have fractional weeks."));
        }
        Unit::Month => of_months(1),
        Unit::Quarter => of_months(3),
        Unit::Year => of_months(12),
        Unit::Decade => of_months(120),
        Unit::Century => of_months(1200),
        _ => of_months(12_000),
    };
    Ok(Value::Interval(Box::new(cut)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn timestamps_are_cut() {
        let moment = Local { year: 2024, month: 2, day: 29, hour: 13, minute: 14, second: 15, micros: 678_900 };
        for (name, year, month, day, time) in [
            ("week", 2024, 2, 26, 0),
            ("quarter", 2024, 1, 1, 0),
            ("century", 2001, 1, 1, 0),
            ("decade", 2020, 1, 1, 0),
            ("millennium", 2001, 1, 1, 0),
            ("hour", 2024, 2, 29, 13 * HOUR),
            ("millisecond", 2024, 2, 29, 13 * HOUR + 14 * MINUTE + 15 * SECOND + 678_000),
        ] {
            let cut = truncated(unit(name, "").unwrap(), moment.timestamp().unwrap()).unwrap();
            let expected = Local { year, month, day, ..Local::default() }.timestamp().unwrap() + time;
            assert_eq!(cut, expected, "{name}");
        }
        assert_eq!(unit("doy", "interval").unwrap_err().message, "unit \"doy\" not recognized for type interval");
    }
}
