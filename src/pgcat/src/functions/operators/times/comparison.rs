//! Comparison of dates, timestamps and timestamps with time zone with each other.

use std::cmp::Ordering;

use spi::{Error, Result};

use crate::function::{Context, ScalarEntry};
use crate::io::calendar::{DAY, is_infinite};
use crate::io::zone::Zone;
use crate::value::Value;

/// The six operators and the comparison of each pair of types, told by what stands before and behind `eq`, `ne`, …; `true` where one of them is a
/// timestamp with time zone, so that the other one is meant in the session's zone.
macro_rules! comparisons {
    ($($prefix:literal $suffix:literal $left_zoned:literal $right_zoned:literal),+ $(,)?) => {
        &[$(
            ScalarEntry::new(concat!($prefix, "eq", $suffix), |c, _, a| holds(c, a, [$left_zoned, $right_zoned], Ordering::is_eq)),
            ScalarEntry::new(concat!($prefix, "ne", $suffix), |c, _, a| holds(c, a, [$left_zoned, $right_zoned], Ordering::is_ne)),
            ScalarEntry::new(concat!($prefix, "lt", $suffix), |c, _, a| holds(c, a, [$left_zoned, $right_zoned], Ordering::is_lt)),
            ScalarEntry::new(concat!($prefix, "le", $suffix), |c, _, a| holds(c, a, [$left_zoned, $right_zoned], Ordering::is_le)),
            ScalarEntry::new(concat!($prefix, "gt", $suffix), |c, _, a| holds(c, a, [$left_zoned, $right_zoned], Ordering::is_gt)),
            ScalarEntry::new(concat!($prefix, "ge", $suffix), |c, _, a| holds(c, a, [$left_zoned, $right_zoned], Ordering::is_ge)),
            ScalarEntry::new(concat!($prefix, "cmp", $suffix), |c, _, a| {
                Ok(Value::Int(order(c, a, [$left_zoned, $right_zoned])? as i64))
            }),
        )+]
    };
}

pub const FUNCTIONS: &[ScalarEntry] = comparisons! {
    "date_" "_timestamp" false false,
    "timestamp_" "_date" false false,
    "date_" "_timestamptz" false true,
    "timestamptz_" "_date" true false,
    "timestamp_" "_timestamptz" false true,
    "timestamptz_" "_timestamp" true false,
};

fn holds(context: &Context<'_>, arguments: &[Value], zoned: [bool; 2], test: fn(Ordering) -> bool) -> Result<Value> {
    Ok(Value::Bool(test(order(context, arguments, zoned)?)))
}

fn order(context: &Context<'_>, arguments: &[Value], zoned: [bool; 2]) -> Result<Ordering> {
    let [left, right] = arguments else { return Err(Error::internal("a comparison needs two values")) };
    let zone = if zoned.contains(&true) { Zone::of(context.host) } else { Zone::Utc };
    let (left, right) = (micros(left, zoned[0], &zone)?, micros(right, zoned[1], &zone)?);
    Ok(left.cmp(&right))
}

/// Microseconds, wide enough for dates that no timestamp reaches.
fn micros(value: &Value, is_zoned: bool, zone: &Zone) -> Result<i128> {
    let local: i128 = match value {
        Value::Date(i32::MIN) | Value::Timestamp(i64::MIN) => return Ok(i128::MIN),
        Value::Date(i32::MAX) | Value::Timestamp(i64::MAX) => return Ok(i128::MAX),
        Value::Date(days) => i128::from(*days) * i128::from(DAY),
        Value::Timestamp(micros) => (*micros).into(),
        other => return Err(Error::internal(format!("{other:?} is no date or timestamp"))),
    };
    match i64::try_from(local) {
        Ok(local) if !is_zoned && !is_infinite(local) => Ok(zone.to_utc(local).into()),
        _ => Ok(local),
    }
}
