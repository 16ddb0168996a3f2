//! Dates, times and moments as one another, and to the precision of their type.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, PrimitiveArray};
use arrow::datatypes::{DataType, Date32Type, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType};
use spi::types::{PgType, oid};
use spi::{Error, Result};

use super::conversion::cast;
use crate::calendar::{DAY, Zone, day, is_infinite, midnight, out_of_range};

/// The digits of a second that are kept.
const DIGITS: u32 = 6;

/// Values of a date or time type as another one.
pub(super) fn convert(array: &ArrayRef, to: PgType, zone: Zone) -> Result<ArrayRef> {
    if matches!(array.data_type(), DataType::Time32(_) | DataType::Time64(_)) {
        return Ok(to_precision(&cast(array, &DataType::Time64(TimeUnit::Microsecond))?, to));
    }
    let is_moment = matches!(array.data_type(), DataType::Timestamp(_, Some(_)));
    let times = micros(array)?;
    let local = |time: i64| if is_moment { zone.to_local(time) } else { time };
    Ok(match to.oid {
        oid::DATE => Arc::new(times.unary::<_, Date32Type>(|time| day(local(time)))),
        oid::TIME => {
            let time_of = |time: i64| match is_infinite(time) {
                true => Err(out_of_range("time")),
                false => Ok(rounded(local(time).rem_euclid(DAY), to)),
            };
            Arc::new(times.try_unary::<_, Time64MicrosecondType, Error>(time_of)?)
        }
        oid::TIMESTAMP => Arc::new(times.unary::<_, TimestampMicrosecondType>(|time| rounded(local(time), to))),
        _ => {
            let moment = |time: i64| rounded(if is_moment { time } else { zone.to_utc(time) }, to);
            Arc::new(times.unary::<_, TimestampMicrosecondType>(moment).with_timezone("UTC"))
        }
    })
}

/// Values of a date or time type that has no more than the type's digits behind the second.
pub(super) fn to_precision(array: &ArrayRef, to: PgType) -> ArrayRef {
    match array.data_type() {
        DataType::Time64(TimeUnit::Microsecond) => {
            let times = array.as_primitive::<Time64MicrosecondType>();
            Arc::new(times.unary::<_, Time64MicrosecondType>(|time| rounded(time, to)))
        }
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            let times = array.as_primitive::<TimestampMicrosecondType>();
            let times = times.unary::<_, TimestampMicrosecondType>(|time| rounded(time, to));
            Arc::new(times.with_timezone_opt(zone.clone()))
        }
        _ => Arc::clone(array),
    }
}

/// Days and times of any unit as microseconds, without their zone.
pub(in crate::planner) fn micros(array: &ArrayRef) -> Result<PrimitiveArray<TimestampMicrosecondType>> {
    match array.data_type() {
        DataType::Date32 => array.as_primitive::<Date32Type>().try_unary(midnight),
        DataType::Timestamp(_, zone) => {
            let times = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
            Ok(times.as_primitive::<TimestampMicrosecondType>().clone().with_timezone_opt(None::<String>))
        }
        _ => {
            let times = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
            Ok(times.as_primitive::<TimestampMicrosecondType>().clone())
        }
    }
}

/// To the digits that the type has behind the second.
fn rounded(time: i64, to: PgType) -> i64 {
    match u32::try_from(to.typmod) {
        Ok(digits @ 0..DIGITS) if !is_infinite(time) => {
            let unit = 10_i64.pow(DIGITS - digits);
            // PostgreSQL rounds by the distance from zero.
            let half = if time < 0 { -unit / 2 } else { unit / 2 };
            (time + half) / unit * unit
        }
        _ => time,
    }
}
