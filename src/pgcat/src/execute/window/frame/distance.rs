//! Distances of frames: how far, and what is so far from a value of ORDER BY.

use bigdecimal::num_bigint::Sign;
use spi::{Code, Error, Result};

use crate::functions::operators::times::{add, add_in_zone};
use crate::io::calendar::midnight;
use crate::io::zone::Zone;
use crate::value::compare::span;
use crate::value::{Interval, Numeric, Value};

/// A distance, which must be known and not negative.
pub(super) fn checked(value: Value, which: &str, is_range: bool) -> Result<Value> {
    let is_negative = match &value {
        Value::Null => return Err(Error::new(Code::NullValue, format!("frame {which} offset must not be null"))),
        Value::Int(number) => *number < 0,
        Value::Float(number) => *number < 0.0 || number.is_nan(),
        Value::Numeric(number) => match &**number {
            Numeric::Finite(number) => number.sign() == Sign::Minus,
            Numeric::Infinity => false,
            Numeric::NegativeInfinity | Numeric::NaN => true,
        },
        Value::Interval(interval) => span(interval) < 0,
        _ => false,
    };
    match (is_negative, is_range) {
        (false, _) => Ok(value),
        (true, false) => Err(Error::new(Code::InvalidFrame, format!("frame {which} offset must not be negative"))),
        (true, true) => Err(Error::new(Code::InvalidFrame, "invalid preceding or following size in window function")),
    }
}

/// A place so many further; `None` where it is before the first.
pub(super) fn moved(place: usize, distance: &Value, forward: bool) -> Option<usize> {
    let distance = usize::try_from(distance.as_int().unwrap_or(0)).unwrap_or(usize::MAX);
    if forward { Some(place.saturating_add(distance).min(usize::MAX - 1)) } else { place.checked_sub(distance) }
}

/// A value of ORDER BY and a distance, added or subtracted. A date becomes a timestamp.
pub(super) fn shifted(value: &Value, distance: &Value, adds: bool, zone: &Zone) -> Result<Value> {
    Ok(match (value, distance) {
        (Value::Int(value), Value::Int(distance)) => {
            Value::Int(if adds { value.saturating_add(*distance) } else { value.saturating_sub(*distance) })
        }
        (Value::Float(value), Value::Float(distance)) => Value::Float(if adds { value + distance } else { value - distance }),
        (Value::Numeric(value), Value::Numeric(distance)) => Value::Numeric(Box::new(match (&**value, &**distance) {
            (Numeric::Finite(value), Numeric::Finite(distance)) => Numeric::Finite(if adds { value + distance } else { value - distance }),
            (Numeric::Finite(_), _) if adds => Numeric::Infinity,
            (Numeric::Finite(_), _) => Numeric::NegativeInfinity,
            (value, _) => value.clone(),
        })),
        (value, Value::Interval(distance)) => by_interval(value, if adds { **distance } else { negated(**distance) }, zone)?,
        _ => return Err(Error::internal(format!("{distance:?} is no distance from {value:?}"))),
    })
}

fn negated(interval: Interval) -> Interval {
    Interval {
        months: interval.months.saturating_neg(),
        days: interval.days.saturating_neg(),
        microseconds: interval.microseconds.saturating_neg(),
    }
}

fn by_interval(value: &Value, distance: Interval, zone: &Zone) -> Result<Value> {
    Ok(match value {
        Value::Date(days) => Value::Timestamp(add(midnight(*days)?, distance)?),
        Value::Timestamp(local) if matches!(zone, Zone::Utc) => Value::Timestamp(add(*local, distance)?),
        Value::Timestamp(moment) => Value::Timestamp(add_in_zone(*moment, distance, zone)?),
        // Not around the clock: what is beyond the day is beyond every time of it.
        Value::Time(time) => Value::Time(time.saturating_add(distance.microseconds)),
        Value::TimeTz(time, west) => Value::TimeTz(time.saturating_add(distance.microseconds), *west),
        Value::Interval(interval) => Value::Interval(Box::new(Interval {
            months: interval.months.saturating_add(distance.months),
            days: interval.days.saturating_add(distance.days),
            microseconds: interval.microseconds.saturating_add(distance.microseconds),
        })),
        other => return Err(Error::internal(format!("{other:?} is no date or time"))),
    })
}

/// A value of ORDER BY as it can be compared with what is so far from one.
pub(super) fn comparable(value: &Value, bound: &Value) -> Value {
    match (value, bound) {
        // A date beyond all timestamps is at their end.
        (Value::Date(days), Value::Timestamp(_)) => {
            Value::Timestamp(midnight(*days).unwrap_or(if *days < 0 { i64::MIN } else { i64::MAX }))
        }
        _ => value.clone(),
    }
}
