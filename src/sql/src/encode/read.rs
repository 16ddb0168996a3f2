//! Arrays as the few kinds of values that they hold, whatever their width, unit or layout.
//!
//! Each function answers none if the array is not of its kind. What to do with a value is the caller's `then`, which is compiled
//! into the loop over the array's own type.

use std::sync::Arc;

use arrow::array::{Array, ArrayAccessor, ArrowPrimitiveType, AsArray, ListLikeArray};
use arrow::datatypes::*;
use bytes::BytesMut;
use spi::{Code, Error, Result};

use super::Write;
use super::decimal::{self, Decimal};

/// A point in time in microseconds since 1970, or PostgreSQL's `infinity` (the largest number) and `-infinity` (the smallest).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Micros(pub(super) i64);

pub(super) fn booleans(array: &dyn Array, then: impl Fn(bool, &mut BytesMut) + Send + Sync + 'static) -> Option<Write> {
    let array = array.as_boolean_opt()?.clone();
    Some(Box::new(move |row, out| {
        then(array.value(row), out);
        Ok(())
    }))
}

pub(super) fn integers(array: &dyn Array, then: impl Fn(i64, &mut BytesMut) -> Result<()> + Send + Sync + 'static) -> Option<Write> {
    Some(match array.data_type() {
        DataType::Int8 => primitive::<Int8Type>(array, move |value, out| then(value.into(), out)),
        DataType::Int16 => primitive::<Int16Type>(array, move |value, out| then(value.into(), out)),
        DataType::Int32 => primitive::<Int32Type>(array, move |value, out| then(value.into(), out)),
        DataType::Int64 => primitive::<Int64Type>(array, then),
        DataType::UInt8 => primitive::<UInt8Type>(array, move |value, out| then(value.into(), out)),
        DataType::UInt16 => primitive::<UInt16Type>(array, move |value, out| then(value.into(), out)),
        DataType::UInt32 => primitive::<UInt32Type>(array, move |value, out| then(value.into(), out)),
        DataType::UInt64 => {
            primitive::<UInt64Type>(array, move |value, out| then(i64::try_from(value).map_err(|_| out_of_range(value, "bigint"))?, out))
        }
        _ => return None,
    })
}

/// A 16 or 32 bit number with `narrow`, a 64 bit one with `wide`.
pub(super) fn floats(
    array: &dyn Array,
    narrow: impl Fn(f32, &mut BytesMut) + Send + Sync + 'static,
    wide: impl Fn(f64, &mut BytesMut) + Send + Sync + 'static,
) -> Option<Write> {
    Some(match array.data_type() {
        DataType::Float16 => primitive::<Float16Type>(
            array,
            infallible(move |value: <Float16Type as ArrowPrimitiveType>::Native, out| narrow(value.to_f32(), out)),
        ),
        DataType::Float32 => primitive::<Float32Type>(array, infallible(narrow)),
        DataType::Float64 => primitive::<Float64Type>(array, infallible(wide)),
        _ => return None,
    })
}

/// Decimals, integers and the text of numbers.
pub(super) fn decimals(
    array: &dyn Array,
    then: impl Fn(&Decimal<'_>, &mut BytesMut) -> Result<()> + Send + Sync + 'static,
) -> Option<Write> {
    Some(match *array.data_type() {
        DataType::Decimal32(_, scale) => {
            primitive::<Decimal32Type>(array, move |value, out| decimal::with_i128(value.into(), scale, |decimal| then(decimal, out)))
        }
        DataType::Decimal64(_, scale) => {
            primitive::<Decimal64Type>(array, move |value, out| decimal::with_i128(value.into(), scale, |decimal| then(decimal, out)))
        }
        DataType::Decimal128(_, scale) => {
            primitive::<Decimal128Type>(array, move |value, out| decimal::with_i128(value, scale, |decimal| then(decimal, out)))
        }
        DataType::Decimal256(_, scale) => {
            primitive::<Decimal256Type>(array, move |value, out| decimal::with_i256(value, scale, |decimal| then(decimal, out)))
        }
        DataType::UInt64 => {
            primitive::<UInt64Type>(array, move |value, out| decimal::with_i128(value.into(), 0, |decimal| then(decimal, out)))
        }
        ref data_type if data_type.is_integer() => {
            return integers(array, move |value, out| decimal::with_i128(value.into(), 0, |decimal| then(decimal, out)));
        }
        _ => return strings(array, move |text, out| then(&decimal::parse(text, &mut Vec::new())?, out)),
    })
}

pub(super) fn strings(array: &dyn Array, then: impl Fn(&str, &mut BytesMut) -> Result<()> + Send + Sync + 'static) -> Option<Write> {
    Some(match array.data_type() {
        DataType::Utf8 => accessed(array.as_string::<i32>().clone(), move |array, row, out| then(array.value(row), out)),
        DataType::LargeUtf8 => accessed(array.as_string::<i64>().clone(), move |array, row, out| then(array.value(row), out)),
        DataType::Utf8View => accessed(array.as_string_view().clone(), move |array, row, out| then(array.value(row), out)),
        _ => return None,
    })
}

pub(super) fn binaries(array: &dyn Array, then: impl Fn(&[u8], &mut BytesMut) + Send + Sync + 'static) -> Option<Write> {
    Some(match array.data_type() {
        DataType::Binary => accessed(array.as_binary::<i32>().clone(), move |array, row, out| {
            then(array.value(row), out);
            Ok(())
        }),
        DataType::LargeBinary => accessed(array.as_binary::<i64>().clone(), move |array, row, out| {
            then(array.value(row), out);
            Ok(())
        }),
        DataType::BinaryView => accessed(array.as_binary_view().clone(), move |array, row, out| {
            then(array.value(row), out);
            Ok(())
        }),
        DataType::FixedSizeBinary(_) => accessed(array.as_fixed_size_binary().clone(), move |array, row, out| {
            then(array.value(row), out);
            Ok(())
        }),
        _ => return None,
    })
}

/// Days since 1970; the largest and the smallest number are `infinity` and `-infinity`.
pub(super) fn dates(array: &dyn Array, then: impl Fn(i32, &mut BytesMut) -> Result<()> + Send + Sync + 'static) -> Option<Write> {
    const DAY_MS: i64 = 86_400_000;
    Some(match array.data_type() {
        DataType::Date32 => primitive::<Date32Type>(array, then),
        DataType::Date64 => primitive::<Date64Type>(array, move |millis, out| {
            let days = match millis {
                i64::MAX => i32::MAX,
                i64::MIN => i32::MIN,
                _ => i32::try_from(millis.div_euclid(DAY_MS)).map_err(|_| out_of_range(millis, "date"))?,
            };
            then(days, out)
        }),
        _ => return None,
    })
}

/// Microseconds since midnight. Nanoseconds are cut off: PostgreSQL has none.
pub(super) fn times(array: &dyn Array, then: impl Fn(i64, &mut BytesMut) + Send + Sync + 'static) -> Option<Write> {
    Some(match array.data_type() {
        DataType::Time32(TimeUnit::Second) => {
            primitive::<Time32SecondType>(array, infallible(move |value: i32, out| then(i64::from(value) * 1_000_000, out)))
        }
        DataType::Time32(_) => {
            primitive::<Time32MillisecondType>(array, infallible(move |value: i32, out| then(i64::from(value) * 1000, out)))
        }
        DataType::Time64(TimeUnit::Nanosecond) => {
            primitive::<Time64NanosecondType>(array, infallible(move |value: i64, out| then(value.div_euclid(1000), out)))
        }
        DataType::Time64(_) => primitive::<Time64MicrosecondType>(array, infallible(then)),
        _ => return None,
    })
}

pub(super) fn timestamps(array: &dyn Array, then: impl Fn(Micros, &mut BytesMut) -> Result<()> + Send + Sync + 'static) -> Option<Write> {
    let DataType::Timestamp(unit, _) = array.data_type() else { return None };
    let unit = *unit;
    let then = move |value: i64, out: &mut BytesMut| {
        let micros = match unit {
            // The ends of the scale are infinity in every unit.
            _ if value == i64::MAX || value == i64::MIN => Some(value),
            TimeUnit::Second => value.checked_mul(1_000_000),
            TimeUnit::Millisecond => value.checked_mul(1000),
            TimeUnit::Microsecond => Some(value),
            TimeUnit::Nanosecond => Some(value.div_euclid(1000)),
        };
        then(Micros(micros.ok_or_else(|| out_of_range(value, "timestamp"))?), out)
    };
    Some(match unit {
        TimeUnit::Second => primitive::<TimestampSecondType>(array, then),
        TimeUnit::Millisecond => primitive::<TimestampMillisecondType>(array, then),
        TimeUnit::Microsecond => primitive::<TimestampMicrosecondType>(array, then),
        TimeUnit::Nanosecond => primitive::<TimestampNanosecondType>(array, then),
    })
}

/// PostgreSQL's three parts of an interval, which do not mix.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Span {
    pub(super) months: i32,
    pub(super) days: i32,
    pub(super) micros: i64,
}

pub(super) fn intervals(array: &dyn Array, then: impl Fn(Span, &mut BytesMut) -> Result<()> + Send + Sync + 'static) -> Option<Write> {
    Some(match array.data_type() {
        DataType::Interval(IntervalUnit::YearMonth) => {
            primitive::<IntervalYearMonthType>(array, move |months, out| then(Span { months, ..Span::default() }, out))
        }
        DataType::Interval(IntervalUnit::DayTime) => primitive::<IntervalDayTimeType>(array, move |value, out| {
            then(Span { months: 0, days: value.days, micros: i64::from(value.milliseconds) * 1000 }, out)
        }),
        DataType::Interval(IntervalUnit::MonthDayNano) => primitive::<IntervalMonthDayNanoType>(array, move |value, out| {
            then(Span { months: value.months, days: value.days, micros: value.nanoseconds / 1000 }, out)
        }),
        DataType::Duration(unit) => return durations(array, *unit, then),
        _ => return None,
    })
}

fn durations(array: &dyn Array, unit: TimeUnit, then: impl Fn(Span, &mut BytesMut) -> Result<()> + Send + Sync + 'static) -> Option<Write> {
    let then = move |value: i64, out: &mut BytesMut| {
        let micros = match unit {
            TimeUnit::Second => value.checked_mul(1_000_000),
            TimeUnit::Millisecond => value.checked_mul(1000),
            TimeUnit::Microsecond => Some(value),
            TimeUnit::Nanosecond => Some(value / 1000),
        };
        then(Span { micros: micros.ok_or_else(|| out_of_range(value, "interval"))?, ..Span::default() }, out)
    };
    Some(match unit {
        TimeUnit::Second => primitive::<DurationSecondType>(array, then),
        TimeUnit::Millisecond => primitive::<DurationMillisecondType>(array, then),
        TimeUnit::Microsecond => primitive::<DurationMicrosecondType>(array, then),
        TimeUnit::Nanosecond => primitive::<DurationNanosecondType>(array, then),
    })
}

/// The five layouts of lists behind one face.
pub(super) fn lists(array: &dyn Array) -> Option<Arc<dyn ListLikeArray>> {
    Some(match array.data_type() {
        DataType::List(_) => Arc::new(array.as_list::<i32>().clone()),
        DataType::LargeList(_) => Arc::new(array.as_list::<i64>().clone()),
        DataType::FixedSizeList(_, _) => Arc::new(array.as_fixed_size_list().clone()),
        DataType::ListView(_) => Arc::new(array.as_list_view::<i32>().clone()),
        DataType::LargeListView(_) => Arc::new(array.as_list_view::<i64>().clone()),
        _ => return None,
    })
}

fn primitive<T: ArrowPrimitiveType>(
    array: &dyn Array,
    then: impl Fn(T::Native, &mut BytesMut) -> Result<()> + Send + Sync + 'static,
) -> Write {
    let array = array.as_primitive::<T>().clone();
    Box::new(move |row, out| then(array.value(row), out))
}

fn accessed<A: Array + Send + Sync + 'static>(
    array: A,
    then: impl Fn(&A, usize, &mut BytesMut) -> Result<()> + Send + Sync + 'static,
) -> Write
where
    for<'a> &'a A: ArrayAccessor,
{
    Box::new(move |row, out| then(&array, row, out))
}

fn infallible<T>(
    then: impl Fn(T, &mut BytesMut) + Send + Sync + 'static,
) -> impl Fn(T, &mut BytesMut) -> Result<()> + Send + Sync + 'static {
    move |value, out| {
        then(value, out);
        Ok(())
    }
}

pub(super) fn out_of_range(value: impl std::fmt::Display, type_name: &str) -> Error {
    Error::new(Code::OutOfRange, format!("value {value} is out of range for type {type_name}"))
}
