//! Dates, times and intervals made of numbers: `make_date`, `make_timestamp`, `make_interval`, `to_timestamp(seconds)`.

use spi::{Code, Error, Result};

use super::zone::displaced_or_named;
use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::io::calendar::{self, DAY, HOUR, Local, MINUTE, SECOND, SINCE_1970, days_in_month, out_of_range};
use crate::io::zone::Zone;
use crate::value::{Interval, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("make_date", |_, _, arguments| Ok(Value::Date(date(arguments, counted)?))),
    ScalarEntry::new("make_time", |_, _, arguments| Ok(Value::Time(time(arguments, 0)?))),
    ScalarEntry::new("make_timestamp", |_, _, arguments| Ok(Value::Timestamp(timestamp(arguments)?))),
    ScalarEntry::new("make_timestamptz", |context, _, arguments| moment(arguments, &Zone::of(context.host))),
    ScalarEntry::new("make_timestamptz_at_timezone", |_, _, arguments| {
        let local = timestamp(arguments)?;
        Ok(Value::Timestamp(in_range(displaced_or_named(arguments.text(6)?)?.to_utc(local))?))
    }),
    ScalarEntry::new("make_interval", |_, _, arguments| interval(arguments)),
    ScalarEntry::new("float8_timestamptz", |_, _, arguments| of_seconds(arguments.float(0)?)),
];

/// Years before the first one are negative: -44 is 44 BC. Errors show a year as it is told.
fn date(arguments: &[Value], shown: fn(i32) -> i32) -> Result<i32> {
    let (year, month, day) = (arguments.int(0)? as i32, arguments.int(1)? as i32, arguments.int(2)? as i32);
    let fault = |what: &str| Error::new(Code::DatetimeRange, format!("{what}: {}-{month:02}-{day:02}", shown(year)));
    if year == 0 || !(1..=12).contains(&month) || day < 1 || day > days_in_month(counted(year), month) {
        return Err(fault("date field value out of range"));
    }
    let days = Local { year: counted(year), month, day, ..Local::default() }.days();
    days.and_then(|days| calendar::date(i64::from(days))).ok_or_else(|| fault("date out of range"))
}

/// The year where 1 BC is 0.
fn counted(year: i32) -> i32 {
    if year < 0 { year + 1 } else { year }
}

/// Hour, minute and second from an argument on. The day ends at 24:00:00.
fn time(arguments: &[Value], from: usize) -> Result<i64> {
    let (hour, minute, second) = (arguments.int(from)?, arguments.int(from + 1)?, arguments.float(from + 2)?);
    let micros = (second * SECOND as f64).round_ties_even();
    let is_valid = (0..=24).contains(&hour) && (0..60).contains(&minute) && (0.0..=60.0).contains(&second);
    let time = if is_valid { hour * HOUR + minute * MINUTE + micros as i64 } else { i64::MAX };
    if time > DAY {
        let shown = if second.fract() == 0.0 { format!("{second:02}") } else { format!("{second}") };
        return Err(Error::new(Code::DatetimeRange, format!("time field value out of range: {hour}:{minute:02}:{shown}")));
    }
    Ok(time)
}

fn timestamp(arguments: &[Value]) -> Result<i64> {
    in_range(i64::from(date(arguments, |year| year)?).saturating_mul(DAY).saturating_add(time(arguments, 3)?))
}

fn in_range(micros: i64) -> Result<i64> {
    calendar::timestamp(micros).ok_or_else(|| out_of_range("timestamp"))
}

fn moment(arguments: &[Value], zone: &Zone) -> Result<Value> {
    Ok(Value::Timestamp(in_range(zone.to_utc(timestamp(arguments)?))?))
}

/// Years, months, weeks, days, hours, minutes and seconds.
fn interval(arguments: &[Value]) -> Result<Value> {
    let seconds = arguments.float(6)?;
    let months = arguments.int(0)? * 12 + arguments.int(1)?;
    let days = arguments.int(2)? * 7 + arguments.int(3)?;
    let micros = (seconds * SECOND as f64).round_ties_even();
    let made = || {
        let time = arguments.int(4).ok()?.checked_mul(HOUR)?.checked_add(arguments.int(5).ok()?.checked_mul(MINUTE)?)?;
        let is_small = micros.is_finite() && micros.abs() < i64::MAX as f64;
        Some(Interval {
            months: i32::try_from(months).ok()?,
            days: i32::try_from(days).ok()?,
            microseconds: time.checked_add(is_small.then_some(micros as i64)?)?,
        })
    };
    made().map(|interval| Value::Interval(Box::new(interval))).ok_or_else(|| out_of_range("interval"))
}

/// Seconds since 1970.
fn of_seconds(seconds: f64) -> Result<Value> {
    if seconds.is_nan() {
        return Err(Error::new(Code::DatetimeRange, "timestamp cannot be NaN"));
    }
    if seconds.is_infinite() {
        return Ok(Value::Timestamp(if seconds > 0.0 { i64::MAX } else { i64::MIN }));
    }
    let micros = (seconds - (SINCE_1970 / SECOND) as f64) * SECOND as f64;
    let fault = || Error::new(Code::DatetimeRange, format!("timestamp out of range: \"{seconds}\""));
    calendar::timestamp(micros.round_ties_even() as i64).map(Value::Timestamp).ok_or_else(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ints(numbers: &[i64]) -> Vec<Value> {
        numbers.iter().map(|number| Value::Int(*number)).collect()
    }

    /// Recorded from PostgreSQL 16.
    #[test]
    fn dates_are_made() {
        assert_eq!(date(&ints(&[2024, 2, 29]), counted).unwrap(), 8825);
        for (numbers, message) in [
            ([2024, 2, 30], "date field value out of range: 2024-02-30"),
            ([0, 1, 1], "date field value out of range: 0-01-01"),
            ([2013, 13, 15], "date field value out of range: 2013-13-15"),
        ] {
            assert_eq!(date(&ints(&numbers), |year| year).unwrap_err().message, message);
        }
        let noon = |hour, second| time(&[Value::Int(hour), Value::Int(0), Value::Float(second)], 0);
        assert_eq!(noon(24, 0.0).unwrap(), DAY);
        assert_eq!(noon(25, 0.0).unwrap_err().message, "time field value out of range: 25:00:00");
        assert_eq!(of_seconds(1_284_352_323.5).unwrap(), Value::Timestamp(337_667_523_500_000));
    }
}
