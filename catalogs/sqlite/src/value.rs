//! Stored values into Arrow columns: exactly, or not at all. The table in `types.rs` says what is read as what.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Decimal256Builder, Float64Builder, Int64Builder,
    StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, TimeUnit, i256};
use spi::types::PgType;
use spi::{Error, Result};
use sqlx::decode::Decode;
use sqlx::error::BoxDynError;
use sqlx::sqlite::{Sqlite, SqliteValueRef};
use sqlx::{TypeInfo, ValueRef};

use crate::decimal::{self, Excess};
use crate::moment;

/// A value as SQLite stores it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stored<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'a str),
    Blob(&'a [u8]),
    /// Text that is not UTF-8, or holds a zero byte, which PostgreSQL's text cannot.
    DamagedText,
}

/// Values of one column of a batch.
pub(crate) enum ColumnBuilder {
    Boolean(BooleanBuilder),
    Integer(Int64Builder),
    Float(Float64Builder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    Decimal128(Decimal128Builder, u8, i8),
    Decimal256(Decimal256Builder, u8, i8),
    Text(StringBuilder),
    Binary(BinaryBuilder),
}

/// The stored value does not fit the column's type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misfit;

/// How much of a value an error shows.
const SHOWN_CHARS_MAX: usize = 60;

impl<'a> Stored<'a> {
    pub(crate) fn of(value: SqliteValueRef<'a>) -> Result<Self, BoxDynError> {
        if value.is_null() {
            return Ok(Stored::Null);
        }
        let class = value.type_info().into_owned();
        Ok(match class.name() {
            "INTEGER" => Stored::Integer(<i64 as Decode<Sqlite>>::decode(value)?),
            "REAL" => Stored::Real(<f64 as Decode<Sqlite>>::decode(value)?),
            "TEXT" => match <&str as Decode<Sqlite>>::decode(value) {
                Ok(text) if !text.contains('\0') => Stored::Text(text),
                _ => Stored::DamagedText,
            },
            _ => Stored::Blob(<&[u8] as Decode<Sqlite>>::decode(value)?),
        })
    }

    /// The bytes that it takes, roughly.
    pub(crate) fn size(&self) -> usize {
        match self {
            Stored::Text(text) => text.len(),
            Stored::Blob(bytes) => bytes.len(),
            _ => size_of::<i256>(),
        }
    }

    /// As an error shows it.
    pub(crate) fn describe(&self) -> String {
        match self {
            Stored::Null => "NULL".to_owned(),
            Stored::Integer(value) => format!("integer {value}"),
            Stored::Real(value) => format!("real {}", real_text(*value)),
            Stored::Text(text) if text.chars().count() > SHOWN_CHARS_MAX => {
                format!("text '{}…'", text.chars().take(SHOWN_CHARS_MAX).collect::<String>())
            }
            Stored::Text(text) => format!("text '{text}'"),
            Stored::Blob(bytes) => format!("blob of {} bytes", bytes.len()),
            Stored::DamagedText => "text that is not UTF-8 or has a zero byte".to_owned(),
        }
    }
}

/// The shortest text that reads back as the same number.
pub(crate) fn real_text(value: f64) -> String {
    // Debug, unlike Display, keeps the point of whole numbers and the exponent of large ones. The sum makes -0.0 the 0.0 that
    // SQLite takes it for.
    format!("{:?}", value + 0.0)
}

impl ColumnBuilder {
    pub(crate) fn new(data_type: &DataType) -> Result<Self> {
        Ok(match data_type {
            DataType::Boolean => Self::Boolean(BooleanBuilder::new()),
            DataType::Int64 => Self::Integer(Int64Builder::new()),
            DataType::Float64 => Self::Float(Float64Builder::new()),
            DataType::Date32 => Self::Date(Date32Builder::new()),
            DataType::Timestamp(TimeUnit::Microsecond, zone) => {
                Self::Timestamp(TimestampMicrosecondBuilder::new().with_timezone_opt(zone.clone()))
            }
            DataType::Decimal128(precision, scale) => {
                let builder = Decimal128Builder::new().with_precision_and_scale(*precision, *scale)?;
                Self::Decimal128(builder, *precision, *scale)
            }
            DataType::Decimal256(precision, scale) => {
                let builder = Decimal256Builder::new().with_precision_and_scale(*precision, *scale)?;
                Self::Decimal256(builder, *precision, *scale)
            }
            DataType::Utf8 => Self::Text(StringBuilder::new()),
            DataType::Binary => Self::Binary(BinaryBuilder::new()),
            other => return Err(Error::internal(format!("SQLite columns are never of type {other}, but the snapshot has one"))),
        })
    }

    pub(crate) fn append(&mut self, stored: Stored<'_>) -> Result<(), Misfit> {
        match self {
            Self::Boolean(builder) => builder.append_option(fit(stored, boolean)?),
            Self::Integer(builder) => builder.append_option(fit(stored, integer)?),
            Self::Float(builder) => builder.append_option(fit(stored, float)?),
            Self::Date(builder) => builder.append_option(fit(stored, |stored| moment_of(stored).and_then(moment::whole_days))?),
            Self::Timestamp(builder) => builder.append_option(fit(stored, moment_of)?),
            Self::Decimal128(builder, precision, scale) => {
                let value = |stored| decimal_of(stored, *precision, *scale).and_then(i256::to_i128);
                builder.append_option(fit(stored, value)?);
            }
            Self::Decimal256(builder, precision, scale) => {
                builder.append_option(fit(stored, |stored| decimal_of(stored, *precision, *scale))?);
            }
            Self::Text(builder) => match stored {
                Stored::Null => builder.append_null(),
                Stored::Text(text) => builder.append_value(text),
                Stored::Integer(value) => builder.append_value(value.to_string()),
                Stored::Real(value) => builder.append_value(real_text(value)),
                Stored::Blob(_) | Stored::DamagedText => return Err(Misfit),
            },
            Self::Binary(builder) => match stored {
                Stored::Null => builder.append_null(),
                Stored::Blob(bytes) => builder.append_value(bytes),
                _ => return Err(Misfit),
            },
        }
        Ok(())
    }

    /// The values so far; the builder starts anew.
    pub(crate) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Float(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Timestamp(builder) => Arc::new(builder.finish()),
            Self::Decimal128(builder, ..) => Arc::new(builder.finish()),
            Self::Decimal256(builder, ..) => Arc::new(builder.finish()),
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Binary(builder) => Arc::new(builder.finish()),
        }
    }
}

/// The name of the type that a client sees, for an error.
pub(crate) fn type_name(data_type: &DataType) -> String {
    PgType::from_arrow(data_type).format()
}

fn fit<'a, T>(stored: Stored<'a>, convert: impl FnOnce(Stored<'a>) -> Option<T>) -> Result<Option<T>, Misfit> {
    match stored {
        Stored::Null => Ok(None),
        other => convert(other).map(Some).ok_or(Misfit),
    }
}

fn boolean(stored: Stored<'_>) -> Option<bool> {
    match stored {
        Stored::Integer(0) | Stored::Text("f" | "false") => Some(false),
        Stored::Integer(1) | Stored::Text("t" | "true") => Some(true),
        _ => None,
    }
}

fn integer(stored: Stored<'_>) -> Option<i64> {
    match stored {
        Stored::Integer(value) => Some(value),
        _ => None,
    }
}

fn float(stored: Stored<'_>) -> Option<f64> {
    match stored {
        Stored::Real(value) => Some(value),
        // Through 128 bits, because 2^63 as a double would come back as the largest 64-bit integer.
        Stored::Integer(value) => Some(value as f64).filter(|float| *float as i128 == i128::from(value)),
        _ => None,
    }
}

fn moment_of(stored: Stored<'_>) -> Option<i64> {
    match stored {
        Stored::Integer(seconds) => moment::of_unix_time(seconds),
        Stored::Real(day) => moment::of_julian_day(day),
        Stored::Text(text) => moment::of_text(text),
        _ => None,
    }
}

fn decimal_of(stored: Stored<'_>, precision: u8, scale: i8) -> Option<i256> {
    match stored {
        Stored::Integer(value) => decimal::parse(&value.to_string(), precision, scale, Excess::Refuse),
        Stored::Real(value) => decimal::parse(&real_text(value), precision, scale, Excess::Round),
        Stored::Text(text) => decimal::parse(text, precision, scale, Excess::Refuse),
        _ => None,
    }
}
