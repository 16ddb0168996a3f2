//! `date`, `time`, `timetz`, `timestamp` and `timestamptz`: text and modifiers.

mod write;

pub use write::{date, fraction, time, timestamp, timestamptz, timetz};

use spi::{Code, Error, Result};

use super::calendar::{self, DAY, Local, SECOND, SINCE_1970};
use super::datetime::{Decoded, Expected, Fault, Session, decode, split};
use super::wire::Input;

const DATE: &str = "date";
const TIME: &str = "time";
const TIMETZ: &str = "time with time zone";
const TIMESTAMP: &str = "timestamp";
const TIMESTAMPTZ: &str = "timestamp with time zone";

fn decoded(text: &str, session: &Session, expected: Expected, type_name: &str) -> Result<Decoded> {
    let read = || -> Result<Decoded, Fault> { decode(&split(text)?, session, expected) };
    read().map_err(|fault| fault.error(text, type_name))
}

/// Days since 2000.
pub fn read_date(text: &str, session: &Session) -> Result<i32> {
    match decoded(text, session, Expected::Date, DATE)? {
        Decoded::Epoch => Ok((-SINCE_1970 / DAY) as i32),
        Decoded::Infinity => Ok(i32::MAX),
        Decoded::NegativeInfinity => Ok(i32::MIN),
        Decoded::Local(local, _) => {
            let days = local.days().and_then(|days| calendar::date(days.into()));
            days.ok_or_else(|| Error::new(Code::DatetimeRange, format!("date out of range: \"{text}\"")))
        }
    }
}

/// Microseconds since 2000. A zone in the text says nothing here.
pub fn read_timestamp(text: &str, session: &Session) -> Result<i64> {
    let decoded = decoded(text, session, Expected::Date, TIMESTAMP)?;
    moment(decoded, text, |local, _| Some(local))
}

/// Microseconds since 2000 UTC.
pub fn read_timestamptz(text: &str, session: &Session) -> Result<i64> {
    let decoded = decoded(text, session, Expected::Date, TIMESTAMPTZ)?;
    moment(decoded, text, |local, east| local.checked_sub(i64::from(east) * SECOND))
}

fn moment(decoded: Decoded, text: &str, shifted: fn(i64, i32) -> Option<i64>) -> Result<i64> {
    match decoded {
        Decoded::Epoch => Ok(-SINCE_1970),
        Decoded::Infinity => Ok(i64::MAX),
        Decoded::NegativeInfinity => Ok(i64::MIN),
        Decoded::Local(local, east) => {
            let micros = local.timestamp().and_then(|local| shifted(local, east)).and_then(calendar::timestamp);
            micros.ok_or_else(|| Error::new(Code::DatetimeRange, format!("timestamp out of range: \"{text}\"")))
        }
    }
}

/// Microseconds since midnight.
pub fn read_time(text: &str, session: &Session) -> Result<i64> {
    time_of_day(text, session, TIME).map(|(local, _)| local.time())
}

/// Microseconds since midnight, and seconds west.
pub fn read_timetz(text: &str, session: &Session) -> Result<(i64, i32)> {
    time_of_day(text, session, TIMETZ).map(|(local, east)| (local.time(), -east))
}

fn time_of_day(text: &str, session: &Session, type_name: &str) -> Result<(Local, i32)> {
    match decoded(text, session, Expected::Time, type_name)? {
        Decoded::Local(local, east) => Ok((local, east)),
        // The words that stand for moments are refused where a time is expected.
        _ => Err(Fault::Format.error(text, type_name)),
    }
}

pub fn receive_date(input: &mut Input<'_>) -> Result<i32> {
    let days = input.i32()?;
    let is_known = matches!(days, i32::MIN | i32::MAX) || calendar::date(days.into()).is_some();
    if is_known { Ok(days) } else { Err(calendar::out_of_range(DATE)) }
}

pub fn receive_timestamp(input: &mut Input<'_>) -> Result<i64> {
    let micros = input.i64()?;
    let is_known = calendar::is_infinite(micros) || calendar::timestamp(micros).is_some();
    if is_known { Ok(micros) } else { Err(calendar::out_of_range(TIMESTAMP)) }
}

pub fn receive_time(input: &mut Input<'_>) -> Result<i64> {
    let micros = input.i64()?;
    if (0..=DAY).contains(&micros) { Ok(micros) } else { Err(calendar::out_of_range(TIME)) }
}

/// Seconds west.
pub fn receive_displacement(input: &mut Input<'_>) -> Result<i32> {
    const DISPLACEMENT_END: i32 = 16 * 3600;
    let west = input.i32()?;
    let is_known = west.abs() < DISPLACEMENT_END;
    if is_known { Ok(west) } else { Err(Error::new(Code::TimeZoneRange, "time zone displacement out of range")) }
}
