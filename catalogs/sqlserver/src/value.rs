//! Values of the protocol into Arrow columns: exactly, or not at all. The table in `types.rs` says what is read as what.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder, Float64Builder, Int16Builder, Int32Builder,
    Int64Builder, StringBuilder, Time64MicrosecondBuilder, Time64NanosecondBuilder, TimestampMicrosecondBuilder,
    TimestampNanosecondBuilder,
};
use arrow::datatypes::{DataType, TimeUnit};
use spi::types::PgType;
use spi::{Error, Result};
use tiberius::ColumnData;
use tiberius::numeric::Numeric;

use crate::moment::{self, Instant};

/// Values of one column of a batch.
pub(crate) enum ColumnBuilder {
    Boolean(BooleanBuilder),
    Int16(Int16Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    Decimal(Decimal128Builder, u8, i8),
    Date(Date32Builder),
    Time(Time64MicrosecondBuilder),
    FineTime(Time64NanosecondBuilder),
    Timestamp(TimestampMicrosecondBuilder),
    FineTimestamp(TimestampNanosecondBuilder),
    Text(StringBuilder),
    Binary(BinaryBuilder),
}

/// The value does not fit the column's type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misfit;

/// How much of a value an error shows.
const SHOWN_CHARS_MAX: usize = 60;

/// What a value takes in a batch beside its text or bytes.
const VALUE_BYTES: usize = 8;

impl ColumnBuilder {
    pub(crate) fn new(data_type: &DataType) -> Result<Self> {
        Ok(match data_type {
            DataType::Boolean => Self::Boolean(BooleanBuilder::new()),
            DataType::Int16 => Self::Int16(Int16Builder::new()),
            DataType::Int32 => Self::Int32(Int32Builder::new()),
            DataType::Int64 => Self::Int64(Int64Builder::new()),
            DataType::Float32 => Self::Float32(Float32Builder::new()),
            DataType::Float64 => Self::Float64(Float64Builder::new()),
            DataType::Decimal128(precision, scale) => {
                Self::Decimal(Decimal128Builder::new().with_precision_and_scale(*precision, *scale)?, *precision, *scale)
            }
            DataType::Date32 => Self::Date(Date32Builder::new()),
            DataType::Time64(TimeUnit::Microsecond) => Self::Time(Time64MicrosecondBuilder::new()),
            DataType::Time64(TimeUnit::Nanosecond) => Self::FineTime(Time64NanosecondBuilder::new()),
            DataType::Timestamp(TimeUnit::Microsecond, zone) => {
                Self::Timestamp(TimestampMicrosecondBuilder::new().with_timezone_opt(zone.clone()))
            }
            DataType::Timestamp(TimeUnit::Nanosecond, zone) => {
                Self::FineTimestamp(TimestampNanosecondBuilder::new().with_timezone_opt(zone.clone()))
            }
            DataType::Utf8 => Self::Text(StringBuilder::new()),
            DataType::Binary => Self::Binary(BinaryBuilder::new()),
            other => return Err(Error::internal(format!("SQL Server's columns are never of type {other}, but the snapshot has one"))),
        })
    }

    pub(crate) fn append(&mut self, value: &ColumnData<'_>) -> Result<(), Misfit> {
        let null = is_null(value);
        match self {
            Self::Boolean(builder) => builder.append_option(fit(null, || boolean(value))?),
            Self::Int16(builder) => builder.append_option(fit(null, || i16::try_from(integer(value)?).ok())?),
            Self::Int32(builder) => builder.append_option(fit(null, || i32::try_from(integer(value)?).ok())?),
            Self::Int64(builder) => builder.append_option(fit(null, || i64::try_from(integer(value)?).ok())?),
            Self::Float32(builder) => builder.append_option(fit(null, || float(value))?),
            Self::Float64(builder) => builder.append_option(fit(null, || double(value))?),
            Self::Decimal(builder, precision, scale) => builder.append_option(fit(null, || decimal(value, *precision, *scale))?),
            Self::Date(builder) => builder.append_option(fit(null, || i32::try_from(days(value)?).ok())?),
            Self::Time(builder) => {
                builder.append_option(fit(null, || time(value).filter(|nanos| nanos % 1_000 == 0).map(|nanos| nanos / 1_000))?);
            }
            Self::FineTime(builder) => builder.append_option(fit(null, || time(value))?),
            Self::Timestamp(builder) => builder.append_option(fit(null, || instant(value)?.micros())?),
            Self::FineTimestamp(builder) => builder.append_option(fit(null, || instant(value)?.nanos())?),
            Self::Text(builder) => match (null, value) {
                (true, _) => builder.append_null(),
                (_, ColumnData::Guid(Some(guid))) => builder.append_value(guid.hyphenated().to_string()),
                _ => builder.append_value(text(value).ok_or(Misfit)?),
            },
            Self::Binary(builder) => builder.append_option(fit(null, || binary(value))?),
        }
        Ok(())
    }

    /// The values so far; the builder starts anew.
    pub(crate) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Int16(builder) => Arc::new(builder.finish()),
            Self::Int32(builder) => Arc::new(builder.finish()),
            Self::Int64(builder) => Arc::new(builder.finish()),
            Self::Float32(builder) => Arc::new(builder.finish()),
            Self::Float64(builder) => Arc::new(builder.finish()),
            Self::Decimal(builder, ..) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Time(builder) => Arc::new(builder.finish()),
            Self::FineTime(builder) => Arc::new(builder.finish()),
            Self::Timestamp(builder) => Arc::new(builder.finish()),
            Self::FineTimestamp(builder) => Arc::new(builder.finish()),
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Binary(builder) => Arc::new(builder.finish()),
        }
    }
}

/// The name of the type that a client sees, for an error.
pub(crate) fn type_name(data_type: &DataType) -> String {
    PgType::from_arrow(data_type).format()
}

/// What a value takes in a batch.
pub(crate) fn size(value: &ColumnData<'_>) -> usize {
    VALUE_BYTES + text(value).map_or(0, str::len) + binary(value).map_or(0, <[u8]>::len)
}

/// The value as an error shows it.
pub(crate) fn describe(value: &ColumnData<'_>) -> String {
    if let Some(instant) = instant(value) {
        return format!("'{}'", instant.text());
    }
    if let Some(days) = days(value) {
        return format!("'{}'", moment::date_text(days));
    }
    match value {
        ColumnData::Numeric(Some(number)) => number.to_string(),
        ColumnData::F64(Some(number)) => number.to_string(),
        ColumnData::F32(Some(number)) => number.to_string(),
        ColumnData::String(Some(text)) => shown(text),
        other => integer(other).map_or_else(|| "a value of another type".to_owned(), |number| number.to_string()),
    }
}

/// The beginning of a text, in quotes.
pub(crate) fn shown(text: &str) -> String {
    let shown: String = text.chars().take(SHOWN_CHARS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() { format!("'{shown}…'") } else { format!("'{shown}'") }
}

fn fit<T>(null: bool, convert: impl FnOnce() -> Option<T>) -> Result<Option<T>, Misfit> {
    if null { Ok(None) } else { convert().map(Some).ok_or(Misfit) }
}

/// A NULL may come as one of another type.
fn is_null(value: &ColumnData<'_>) -> bool {
    matches!(
        value,
        ColumnData::U8(None)
            | ColumnData::I16(None)
            | ColumnData::I32(None)
            | ColumnData::I64(None)
            | ColumnData::F32(None)
            | ColumnData::F64(None)
            | ColumnData::Bit(None)
            | ColumnData::String(None)
            | ColumnData::Guid(None)
            | ColumnData::Binary(None)
            | ColumnData::Numeric(None)
            | ColumnData::Xml(None)
            | ColumnData::DateTime(None)
            | ColumnData::SmallDateTime(None)
            | ColumnData::Time(None)
            | ColumnData::Date(None)
            | ColumnData::DateTime2(None)
            | ColumnData::DateTimeOffset(None)
    )
}

fn boolean(value: &ColumnData<'_>) -> Option<bool> {
    match value {
        ColumnData::Bit(truth) => *truth,
        _ => None,
    }
}

fn integer(value: &ColumnData<'_>) -> Option<i128> {
    match value {
        ColumnData::U8(number) => number.map(i128::from),
        ColumnData::I16(number) => number.map(i128::from),
        ColumnData::I32(number) => number.map(i128::from),
        ColumnData::I64(number) => number.map(i128::from),
        // A sum of integers.
        ColumnData::Numeric(number) => number.filter(|number| number.scale() == 0).map(Numeric::value),
        _ => None,
    }
}

fn float(value: &ColumnData<'_>) -> Option<f32> {
    match value {
        ColumnData::F32(number) => *number,
        _ => None,
    }
}

fn double(value: &ColumnData<'_>) -> Option<f64> {
    match value {
        ColumnData::F64(number) => *number,
        ColumnData::F32(number) => number.map(f64::from),
        _ => None,
    }
}

/// With so many digits after the point; `None` where digits would be lost, or are too many.
fn decimal(value: &ColumnData<'_>, precision: u8, scale: i8) -> Option<i128> {
    let (digits, own) = match value {
        ColumnData::Numeric(Some(number)) => (number.value(), number.scale()),
        other => (integer(other)?, 0),
    };
    let (scale, own) = (u32::try_from(scale).ok()?, u32::from(own));
    let digits = match scale.checked_sub(own) {
        Some(more) => digits.checked_mul(10_i128.checked_pow(more)?)?,
        None => {
            let divisor = 10_i128.checked_pow(own - scale)?;
            (digits % divisor == 0).then_some(digits / divisor)?
        }
    };
    (digits.unsigned_abs() < 10_u128.checked_pow(precision.into())?).then_some(digits)
}

fn days(value: &ColumnData<'_>) -> Option<i64> {
    match value {
        ColumnData::Date(date) => date.map(moment::days),
        _ => None,
    }
}

/// Nanoseconds of the day.
fn time(value: &ColumnData<'_>) -> Option<i64> {
    match value {
        ColumnData::Time(time) => moment::nanos((*time)?),
        _ => None,
    }
}

fn instant(value: &ColumnData<'_>) -> Option<Instant> {
    match value {
        ColumnData::DateTime(moment) => moment.map(Instant::of_datetime),
        ColumnData::SmallDateTime(moment) => moment.map(Instant::of_smalldatetime),
        ColumnData::DateTime2(moment) => Instant::of_datetime2((*moment)?),
        ColumnData::DateTimeOffset(moment) => Instant::of_datetimeoffset((*moment)?),
        _ => None,
    }
}

/// PostgreSQL's text has no zero bytes.
fn text<'a>(value: &'a ColumnData<'_>) -> Option<&'a str> {
    let text = match value {
        ColumnData::String(text) => text.as_deref(),
        ColumnData::Xml(text) => text.as_ref().map(|xml| xml.as_ref().as_ref()),
        _ => None,
    };
    text.filter(|text| !text.contains('\0'))
}

fn binary<'a>(value: &'a ColumnData<'_>) -> Option<&'a [u8]> {
    match value {
        ColumnData::Binary(bytes) => bytes.as_deref(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use tiberius::time::{Date, DateTime2, Time};

    use super::*;

    #[test]
    fn decimals_keep_their_digits_or_are_refused() {
        for (digits, own, precision, scale, expected) in [
            (1234, 2, 12, 2, Some(1234)),
            (1234, 2, 12, 4, Some(123_400)),
            (1230, 2, 12, 1, Some(123)),
            (1234, 2, 12, 1, None),
            (1234, 0, 3, 0, None),
            (i128::MAX, 0, 38, 2, None),
        ] {
            let value = ColumnData::Numeric(Some(Numeric::new_with_scale(digits, own)));
            assert_eq!(decimal(&value, precision, scale), expected, "{digits} {own}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_and_described() {
        let refused = |data_type: DataType, value: ColumnData<'static>| {
            assert_eq!(ColumnBuilder::new(&data_type).expect("a builder").append(&value), Err(Misfit), "{value:?}");
            describe(&value)
        };
        let text = |text: &'static str| ColumnData::String(Some(Cow::Borrowed(text)));
        assert_eq!(refused(DataType::Int16, ColumnData::I32(Some(40_000))), "40000");
        assert_eq!(refused(DataType::Utf8, text("a\0b")), "'a\\0b'");
        assert_eq!(refused(DataType::Int32, text("5")), "'5'");
        let last = DateTime2::new(Date::new(3_652_058), Time::new(1, 7));
        let fine = DataType::Timestamp(TimeUnit::Nanosecond, None);
        assert_eq!(refused(fine, ColumnData::DateTime2(Some(last))), "'9999-12-31 00:00:00.000000100'");
        let mut texts = ColumnBuilder::new(&DataType::Utf8).expect("a builder");
        assert_eq!((texts.append(&ColumnData::I32(None)), texts.append(&text("é"))), (Ok(()), Ok(())));
    }
}
