//! Texts as values of a column's type. What is not of the type is NULL.

use std::fmt::Write;
use std::str::FromStr;
use std::sync::Arc;

use arrow::array::timezone::Tz;
use arrow::array::{
    ArrayBuilder, ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder, Float64Builder, Int16Builder,
    Int32Builder, Int64Builder, NullArray, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::compute::kernels::cast_utils::string_to_datetime;
use arrow::datatypes::DataType;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use memchr::memchr;
use spi::predicate::Value;
use spi::types::oid;

use super::moments;
use crate::hive_type;

/// Collects the values of one column.
pub(crate) enum ColumnBuilder {
    Boolean(BooleanBuilder),
    /// Hive's `tinyint`, which has no type of its own in PostgreSQL, and its `smallint`.
    Int16 {
        builder: Int16Builder,
        is_tiny: bool,
    },
    Int32(Int32Builder),
    Int64(Int64Builder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    /// With the number of characters after which Hive cuts a value off, and whether it fills shorter ones up with blanks.
    Text {
        builder: StringBuilder,
        chars_max: Option<usize>,
        is_padded: bool,
    },
    Binary(BinaryBuilder),
    Date(Date32Builder),
    Timestamp {
        builder: TimestampMicrosecondBuilder,
        has_zone: bool,
    },
    Decimal {
        builder: Decimal128Builder,
        precision: u8,
        scale: i8,
    },
    /// A type that no text has.
    Unknown(usize),
}

impl ColumnBuilder {
    pub(crate) fn new(data_type: &DataType, native_type: &str) -> Self {
        match data_type {
            DataType::Boolean => Self::Boolean(BooleanBuilder::new()),
            DataType::Int16 => Self::Int16 { builder: Int16Builder::new(), is_tiny: native_type.eq_ignore_ascii_case("tinyint") },
            DataType::Int32 => Self::Int32(Int32Builder::new()),
            DataType::Int64 => Self::Int64(Int64Builder::new()),
            DataType::Float32 => Self::Float32(Float32Builder::new()),
            DataType::Float64 => Self::Float64(Float64Builder::new()),
            DataType::Utf8 => {
                let pg_type = hive_type::parse(native_type).pg_type;
                let chars_max = pg_type.character_maximum_length().and_then(|length| usize::try_from(length).ok());
                Self::Text { builder: StringBuilder::new(), chars_max, is_padded: pg_type.oid == oid::BPCHAR }
            }
            DataType::Binary => Self::Binary(BinaryBuilder::new()),
            DataType::Date32 => Self::Date(Date32Builder::new()),
            DataType::Timestamp(_, zone) => {
                let builder = TimestampMicrosecondBuilder::new().with_timezone_opt(zone.clone());
                Self::Timestamp { builder, has_zone: zone.is_some() }
            }
            DataType::Decimal128(precision, scale) => {
                Self::Decimal { builder: Decimal128Builder::new().with_data_type(data_type.clone()), precision: *precision, scale: *scale }
            }
            _ => Self::Unknown(0),
        }
    }

    /// Appends what a file says; `None` for NULL.
    pub(crate) fn append_text(&mut self, bytes: Option<&[u8]>) {
        let text = || bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
        match self {
            Self::Boolean(builder) => builder.append_option(text().and_then(boolean)),
            Self::Int16 { builder, is_tiny } => {
                let number = text().and_then(integer).and_then(|number| i16::try_from(number).ok());
                builder.append_option(number.filter(|number| !*is_tiny || i8::try_from(*number).is_ok()));
            }
            Self::Int32(builder) => builder.append_option(text().and_then(integer).and_then(|number| i32::try_from(number).ok())),
            Self::Int64(builder) => builder.append_option(text().and_then(integer)),
            Self::Float32(builder) => builder.append_option(text().and_then(float)),
            Self::Float64(builder) => builder.append_option(text().and_then(float)),
            Self::Text { builder, chars_max, is_padded } => {
                // PostgreSQL's text has no character of code 0.
                let text = bytes.filter(|bytes| memchr(0, bytes).is_none()).map(String::from_utf8_lossy);
                let text = text.as_deref().map(|text| cut(text, *chars_max));
                if let (Some(text), Some(width), true) = (text, *chars_max, *is_padded) {
                    // A builder takes whatever is written.
                    let _ = write!(builder, "{text:<width$}");
                    builder.append_value("");
                } else {
                    builder.append_option(text);
                }
            }
            Self::Binary(builder) => builder.append_option(bytes.map(|bytes| STANDARD.decode(bytes).unwrap_or_else(|_| bytes.to_vec()))),
            Self::Date(builder) => builder.append_option(text().and_then(moments::date)),
            Self::Timestamp { builder, has_zone: true } => builder.append_option(text().and_then(moment)),
            Self::Timestamp { builder, has_zone: false } => builder.append_option(text().and_then(moments::timestamp)),
            Self::Decimal { builder, precision, scale } => builder.append_option(text().and_then(|text| decimal(text, *precision, *scale))),
            Self::Unknown(rows) => *rows += 1,
        }
    }

    /// Appends the value of a partition key.
    pub(crate) fn append_value(&mut self, value: &Value) {
        match (self, value) {
            (Self::Boolean(builder), Value::Bool(value)) => builder.append_value(*value),
            (Self::Int16 { builder, .. }, Value::Int(value)) => builder.append_option(i16::try_from(*value).ok()),
            (Self::Int32(builder), Value::Int(value)) => builder.append_option(i32::try_from(*value).ok()),
            (Self::Int64(builder), Value::Int(value)) => builder.append_value(*value),
            (Self::Float32(builder), Value::Float(value)) => builder.append_value(*value as f32),
            (Self::Float64(builder), Value::Float(value)) => builder.append_value(*value),
            (Self::Text { builder, .. }, Value::Text(value)) => builder.append_value(value),
            (Self::Date(builder), Value::Date(value)) => builder.append_value(*value),
            (Self::Timestamp { builder, .. }, Value::Timestamp(value)) => builder.append_value(*value),
            (Self::Decimal { builder, .. }, Value::Decimal { digits, .. }) => builder.append_value(*digits),
            (builder, _) => builder.append_text(None),
        }
    }

    pub(crate) fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Boolean(builder) => ArrayBuilder::finish(builder),
            Self::Int16 { builder, .. } => ArrayBuilder::finish(builder),
            Self::Int32(builder) => ArrayBuilder::finish(builder),
            Self::Int64(builder) => ArrayBuilder::finish(builder),
            Self::Float32(builder) => ArrayBuilder::finish(builder),
            Self::Float64(builder) => ArrayBuilder::finish(builder),
            Self::Text { builder, .. } => ArrayBuilder::finish(builder),
            Self::Binary(builder) => ArrayBuilder::finish(builder),
            Self::Date(builder) => ArrayBuilder::finish(builder),
            Self::Timestamp { builder, .. } => ArrayBuilder::finish(builder),
            Self::Decimal { builder, .. } => ArrayBuilder::finish(builder),
            Self::Unknown(rows) => Arc::new(NullArray::new(std::mem::take(rows))),
        }
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A whole number, as Hive's `LazyLong` reads it: what follows a point must be digits, and is dropped. Blanks are none of a number.
fn integer(text: &str) -> Option<i64> {
    let with_fraction = || {
        let (whole, fraction) = text.split_once('.')?;
        let is_fraction = fraction.bytes().all(|byte| byte.is_ascii_digit());
        match whole {
            "" | "+" | "-" => (is_fraction && !fraction.is_empty()).then_some(0),
            whole => is_fraction.then(|| whole.parse().ok()).flatten(),
        }
    };
    // Mostly it is no more than digits.
    text.parse().ok().or_else(with_fraction)
}

/// A number as Java reads it, which writes what is none, or has no end, in one way only. A letter for its size may follow.
fn float<F: FromStr>(text: &str) -> Option<F> {
    let text = text.trim();
    match text.strip_prefix(['+', '-']).unwrap_or(text) {
        "NaN" | "Infinity" => text.parse().ok(),
        number if number.starts_with(|first: char| first.is_ascii_digit() || first == '.') => {
            text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text).parse().ok()
        }
        _ => None,
    }
}

/// Microseconds since 1970 of a time of day and its zone, which is UTC where none is said.
fn moment(text: &str) -> Option<i64> {
    let utc: Tz = "+00:00".parse().ok()?;
    string_to_datetime(&utc, text.trim()).ok().map(|moment| moment.timestamp_micros())
}

/// The digits of a number at a scale, rounded half away from zero as Hive does; `None` for what is no number or has too many digits.
pub(crate) fn decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let text = text.trim();
    let (is_negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = whole.bytes().chain(fraction.bytes());
    if whole.len() + fraction.len() == 0 || !digits.clone().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // How many of the digits count, the next one rounding them.
    let counted = i64::try_from(whole.len()).ok()? + i64::from(exponent) + i64::from(scale);
    let mut number: i128 = 0;
    for (place, digit) in digits.clone().map(|byte| i128::from(byte - b'0')).enumerate() {
        match (place as i64).cmp(&counted) {
            std::cmp::Ordering::Less => number = number.checked_mul(10)?.checked_add(digit)?,
            std::cmp::Ordering::Equal => number += i128::from(digit >= 5),
            std::cmp::Ordering::Greater => break,
        }
    }
    let missing = counted - (whole.len() + fraction.len()) as i64;
    if missing > 0 && number != 0 {
        number = number.checked_mul(10_i128.checked_pow(u32::try_from(missing).ok()?)?)?;
    }
    let limit = 10_i128.checked_pow(precision.into())?;
    (number < limit).then_some(if is_negative { -number } else { number })
}

fn cut(text: &str, chars_max: Option<usize>) -> &str {
    let end = chars_max.and_then(|max| text.char_indices().nth(max));
    end.map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_rounded_and_limited() {
        for (text, expected) in [
            ("1.005", Some(101)),
            ("-1.005", Some(-101)),
            ("1.004", Some(100)),
            ("7", Some(700)),
            (".5", Some(50)),
            ("1e2", Some(10_000)),
            ("125e-3", Some(13)),
            ("0.001", Some(0)),
            ("0e99999", Some(0)),
            ("999.99", Some(99_999)),
            ("999.995", None),
            ("1000", None),
            ("1e99999", None),
            ("", None),
            (".", None),
            ("1,5", None),
            ("x", None),
        ] {
            assert_eq!(decimal(text, 5, 2), expected, "{text}");
        }
    }

    #[test]
    fn integers_drop_their_fraction() {
        for (text, expected) in [
            ("12", Some(12)),
            ("+7", Some(7)),
            ("-12.99", Some(-12)),
            ("5.", Some(5)),
            (".5", Some(0)),
            ("-.5", Some(0)),
            ("12.x", None),
            (".", None),
            (" 12", None),
            ("9223372036854775808", None),
            ("", None),
        ] {
            assert_eq!(integer(text), expected, "{text}");
        }
    }

    #[test]
    fn floats_are_those_of_java() {
        for (text, expected) in [
            (" 1.5 ", Some(1.5)),
            ("1.5d", Some(1.5)),
            ("-.5F", Some(-0.5)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("1e400", Some(f64::INFINITY)),
            ("inf", None),
            ("nan", None),
            ("infinity", None),
            ("1.5dd", None),
            ("", None),
        ] {
            assert_eq!(float::<f64>(text), expected, "{text}");
        }
        assert!(float::<f32>("NaN").is_some_and(f32::is_nan));
    }

    #[test]
    fn values_are_cut_off_between_characters() {
        assert_eq!((cut("äöü", Some(2)), cut("äöü", Some(3)), cut("äöü", None)), ("äö", "äöü", "äöü"));
    }
}
