//! Values of the binary protocol into Arrow columns: exactly, or not at all. The table in `types.rs` says what is read as what.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Decimal256Builder, Float32Builder, Float64Builder,
    Int16Builder, Int32Builder, Int64Builder, IntervalMonthDayNanoBuilder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DECIMAL128_MAX_PRECISION, DataType, IntervalMonthDayNano, IntervalUnit, TimeUnit, i256};
use spi::types::PgType;
use spi::{Error, Result};
use sqlx::mysql::{MySql, MySqlTypeInfo, MySqlValueRef};
use sqlx::{Decode, Type, TypeInfo};

use crate::decimal;
use crate::moment::{self, Fields};

/// How the protocol carries the values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// Little-endian, of as many bytes as its type has.
    Signed,
    Unsigned,
    Float,
    Double,
    /// Digits.
    Decimal,
    Bit,
    Moment,
    Time,
    /// Four bytes of SRID, then WKB.
    Geometry,
    /// Text or bytes: the column's type says which.
    Bytes,
}

/// Values of one column of a batch.
pub(crate) enum ColumnBuilder {
    Boolean(BooleanBuilder),
    Int16(Int16Builder),
    Int32(Int32Builder),
    Int64(Int64Builder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    Decimal128(Decimal128Builder, u8, i8),
    Decimal256(Decimal256Builder, u8, i8),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    Interval(IntervalMonthDayNanoBuilder),
    Text(StringBuilder),
    Binary(BinaryBuilder),
}

/// The value does not fit the column's type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misfit;

/// How much of a value an error shows.
const SHOWN_CHARS_MAX: usize = 60;

/// Before the WKB of a geometry.
const SRID_BYTES: usize = 4;

impl Wire {
    /// What the server says that it sends.
    pub(crate) fn of(type_info: &MySqlTypeInfo) -> Self {
        match type_info.name() {
            "FLOAT" => Wire::Float,
            "DOUBLE" => Wire::Double,
            "DECIMAL" => Wire::Decimal,
            "BIT" => Wire::Bit,
            "DATE" | "DATETIME" | "TIMESTAMP" => Wire::Moment,
            "TIME" => Wire::Time,
            "GEOMETRY" => Wire::Geometry,
            "YEAR" => Wire::Unsigned,
            // The name of a TINYINT(1) does not say whether it is unsigned, so the type is asked.
            _ if <i64 as Type<MySql>>::compatible(type_info) => Wire::Signed,
            _ if <u64 as Type<MySql>>::compatible(type_info) => Wire::Unsigned,
            _ => Wire::Bytes,
        }
    }

    /// The value as an error shows it.
    pub(crate) fn describe(self, value: &[u8]) -> String {
        let shown = match self {
            Wire::Moment => Fields::read(value).map(|fields| format!("'{}'", fields.text())),
            Wire::Signed | Wire::Unsigned => integer(self, value).map(|number| number.to_string()),
            Wire::Decimal | Wire::Bytes => std::str::from_utf8(value).ok().map(|text| {
                let shown: String = text.chars().take(SHOWN_CHARS_MAX).flat_map(char::escape_debug).collect();
                if text.chars().nth(SHOWN_CHARS_MAX).is_some() { format!("'{shown}…'") } else { format!("'{shown}'") }
            }),
            _ => None,
        };
        shown.unwrap_or_else(|| format!("a value of {} bytes", value.len()))
    }
}

/// The bytes of a value; `None` for NULL. sqlx's own test for NULL would take zero dates for it.
pub(crate) fn bytes<'r>(value: MySqlValueRef<'r>) -> Option<&'r [u8]> {
    <&[u8] as Decode<MySql>>::decode(value).ok()
}

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
                let builder = Decimal128Builder::new().with_precision_and_scale(*precision, *scale)?;
                Self::Decimal128(builder, *precision, *scale)
            }
            DataType::Decimal256(precision, scale) => {
                let builder = Decimal256Builder::new().with_precision_and_scale(*precision, *scale)?;
                Self::Decimal256(builder, *precision, *scale)
            }
            DataType::Date32 => Self::Date(Date32Builder::new()),
            DataType::Timestamp(TimeUnit::Microsecond, zone) => {
                Self::Timestamp(TimestampMicrosecondBuilder::new().with_timezone_opt(zone.clone()))
            }
            DataType::Interval(IntervalUnit::MonthDayNano) => Self::Interval(IntervalMonthDayNanoBuilder::new()),
            DataType::Utf8 => Self::Text(StringBuilder::new()),
            DataType::Binary => Self::Binary(BinaryBuilder::new()),
            other => return Err(Error::internal(format!("MySQL columns are never of type {other}, but the snapshot has one"))),
        })
    }

    pub(crate) fn append(&mut self, wire: Wire, value: Option<&[u8]>) -> Result<(), Misfit> {
        match self {
            Self::Boolean(builder) => builder.append_option(fit(value, |value| boolean(wire, value))?),
            Self::Int16(builder) => builder.append_option(fit(value, |value| i16::try_from(integer(wire, value)?).ok())?),
            Self::Int32(builder) => builder.append_option(fit(value, |value| i32::try_from(integer(wire, value)?).ok())?),
            Self::Int64(builder) => builder.append_option(fit(value, |value| i64::try_from(integer(wire, value)?).ok())?),
            Self::Float32(builder) => builder.append_option(fit(value, |value| float(wire, value))?),
            Self::Float64(builder) => builder.append_option(fit(value, |value| double(wire, value))?),
            Self::Decimal128(builder, precision, scale) => {
                builder.append_option(fit(value, |value| decimal(wire, value, *precision, *scale)?.to_i128())?);
            }
            Self::Decimal256(builder, precision, scale) => {
                builder.append_option(fit(value, |value| decimal(wire, value, *precision, *scale))?);
            }
            Self::Date(builder) => builder.append_option(fit(value, |value| moment(wire, value)?.midnight_of_day())?),
            Self::Timestamp(builder) => builder.append_option(fit(value, |value| moment(wire, value)?.micros())?),
            Self::Interval(builder) => builder.append_option(fit(value, |value| interval(wire, value))?),
            Self::Text(builder) => builder.append_option(fit(value, |value| text(wire, value))?),
            Self::Binary(builder) => builder.append_option(fit(value, |value| binary(wire, value))?),
        }
        Ok(())
    }

    /// Whether values that come so can be of the column's type at all. The others are those of a column whose type has changed.
    pub(crate) fn takes(&self, wire: Wire) -> bool {
        match self {
            Self::Boolean(_) => matches!(wire, Wire::Bit | Wire::Signed | Wire::Unsigned | Wire::Decimal),
            Self::Int16(_) | Self::Int32(_) | Self::Int64(_) | Self::Decimal128(..) | Self::Decimal256(..) => {
                matches!(wire, Wire::Signed | Wire::Unsigned | Wire::Decimal)
            }
            Self::Float32(_) => wire == Wire::Float,
            Self::Float64(_) => matches!(wire, Wire::Float | Wire::Double),
            Self::Date(_) | Self::Timestamp(_) => wire == Wire::Moment,
            Self::Interval(_) => wire == Wire::Time,
            Self::Text(_) => matches!(wire, Wire::Bytes | Wire::Decimal),
            Self::Binary(_) => matches!(wire, Wire::Bytes | Wire::Bit | Wire::Geometry),
        }
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
            Self::Decimal128(builder, ..) => Arc::new(builder.finish()),
            Self::Decimal256(builder, ..) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Timestamp(builder) => Arc::new(builder.finish()),
            Self::Interval(builder) => Arc::new(builder.finish()),
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Binary(builder) => Arc::new(builder.finish()),
        }
    }
}

/// The name of the type that a client sees, for an error.
pub(crate) fn type_name(data_type: &DataType) -> String {
    PgType::from_arrow(data_type).format()
}

fn fit<'a, T>(value: Option<&'a [u8]>, convert: impl FnOnce(&'a [u8]) -> Option<T>) -> Result<Option<T>, Misfit> {
    match value {
        None => Ok(None),
        Some(value) => convert(value).map(Some).ok_or(Misfit),
    }
}

fn boolean(wire: Wire, value: &[u8]) -> Option<bool> {
    match (wire, value) {
        (Wire::Bit, [0]) => Some(false),
        (Wire::Bit, [1]) => Some(true),
        // A condition that the server computed.
        _ => match integer(wire, value)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
    }
}

/// An integer of up to eight bytes. Signed ones take part in the sign of their highest byte.
fn integer(wire: Wire, value: &[u8]) -> Option<i128> {
    if wire == Wire::Decimal {
        // A sum of integers.
        return decimal::parse(value, DECIMAL128_MAX_PRECISION, 0)?.to_i128();
    }
    let highest = *value.last()?;
    let fill = if wire == Wire::Signed && highest >= 0x80 { 0xff } else { 0 };
    let mut wide = [fill; 16];
    wide.get_mut(..value.len().min(8))?.copy_from_slice(value.get(..value.len().min(8))?);
    (matches!(wire, Wire::Signed | Wire::Unsigned) && value.len() <= 8).then(|| i128::from_le_bytes(wide))
}

fn float(wire: Wire, value: &[u8]) -> Option<f32> {
    (wire == Wire::Float).then(|| value.try_into().ok().map(f32::from_le_bytes))?
}

fn double(wire: Wire, value: &[u8]) -> Option<f64> {
    match wire {
        Wire::Double => value.try_into().ok().map(f64::from_le_bytes),
        Wire::Float => float(wire, value).map(f64::from),
        _ => None,
    }
}

fn decimal(wire: Wire, value: &[u8], precision: u8, scale: i8) -> Option<i256> {
    match wire {
        Wire::Decimal => decimal::parse(value, precision, scale),
        Wire::Signed | Wire::Unsigned => decimal::parse(integer(wire, value)?.to_string().as_bytes(), precision, scale),
        _ => None,
    }
}

fn moment(wire: Wire, value: &[u8]) -> Option<Fields> {
    (wire == Wire::Moment).then(|| Fields::read(value))?
}

fn interval(wire: Wire, value: &[u8]) -> Option<IntervalMonthDayNano> {
    let nanos = (wire == Wire::Time).then(|| moment::nanos_of_time(value))??;
    Some(IntervalMonthDayNano::new(0, 0, nanos))
}

/// PostgreSQL's text has no zero bytes. Decimals of any digits are text.
fn text(wire: Wire, value: &[u8]) -> Option<&str> {
    match wire {
        Wire::Bytes | Wire::Decimal => std::str::from_utf8(value).ok().filter(|text| !text.contains('\0')),
        _ => None,
    }
}

fn binary(wire: Wire, value: &[u8]) -> Option<&[u8]> {
    match wire {
        Wire::Bytes | Wire::Bit => Some(value),
        Wire::Geometry => value.get(SRID_BYTES..),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_in_every_width() {
        for (wire, bytes, expected) in [
            (Wire::Signed, &[0x80_u8][..], Some(-128)),
            (Wire::Unsigned, &[0x80], Some(128)),
            (Wire::Signed, &[0xff, 0x7f], Some(32_767)),
            (Wire::Signed, &[0, 0, 0x80, 0xff], Some(-8_388_608)),
            (Wire::Signed, &[0, 0, 0, 0, 0, 0, 0, 0x80], Some(i128::from(i64::MIN))),
            (Wire::Unsigned, &[0xff; 8], Some(i128::from(u64::MAX))),
            (Wire::Unsigned, &[0xff; 9], None),
            (Wire::Unsigned, &[], None),
            (Wire::Bytes, b"5", None),
        ] {
            assert_eq!(integer(wire, bytes), expected, "{wire:?} {bytes:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_and_described() {
        let mut numbers = ColumnBuilder::new(&DataType::Int16).expect("a builder");
        assert_eq!(numbers.append(Wire::Unsigned, Some(&[0xff, 0xff])), Err(Misfit));
        assert_eq!(numbers.append(Wire::Bytes, Some(b"5")), Err(Misfit));
        assert_eq!(numbers.append(Wire::Bytes, None), Ok(()));
        let mut texts = ColumnBuilder::new(&DataType::Utf8).expect("a builder");
        assert_eq!(texts.append(Wire::Bytes, Some(b"a\0b")), Err(Misfit));
        assert_eq!(texts.append(Wire::Bytes, Some(&[0xff])), Err(Misfit));
        assert_eq!(Wire::Moment.describe(&[0]), "'0000-00-00'");
        assert_eq!(Wire::Unsigned.describe(&[0xff, 0xff]), "65535");
        assert_eq!(Wire::Bytes.describe(b"a\0b"), "'a\\0b'");
        assert_eq!(Wire::Bytes.describe(&[0xff]), "a value of 1 bytes");
    }
}
