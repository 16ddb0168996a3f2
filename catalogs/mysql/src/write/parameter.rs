//! Values of a batch as parameters, in the forms in which the server takes them exactly. The table in `types.rs` says what is read as
//! what; this is the way back.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, IntervalMonthDayNano,
    IntervalMonthDayNanoType, IntervalUnit, TimeUnit, TimestampMicrosecondType,
};
use spi::Code;
use sqlx::mysql::{MySql, MySqlArguments};
use sqlx::{Arguments, Encode, Type};

use super::target::TargetColumn;
use crate::moment::{date_text, time_text, timestamp_text};
use crate::types::is_geometry;

/// Bytes that a parameter takes beside those of a text: its type, its length and, at most, a decimal's digits.
const PARAMETER_BYTES: usize = 80;

/// The years that a `year` can be, beside 0. The server takes others for years of this or the last century.
const YEARS: std::ops::RangeInclusive<i64> = 1901..=2155;

/// The column cannot hold the value.
pub(super) struct Unfit {
    pub(super) code: Code,
    pub(super) reason: String,
    pub(super) hint: Option<&'static str>,
}

/// About as many bytes as a row takes in a statement.
pub(super) fn bytes_of(batch: &RecordBatch, row: usize) -> usize {
    let of_column = |values: &ArrayRef| match values.data_type() {
        _ if values.is_null(row) => 0,
        DataType::Utf8 => values.as_string::<i32>().value_length(row) as usize,
        DataType::Binary => values.as_binary::<i32>().value_length(row) as usize,
        _ => 0,
    };
    batch.columns().iter().map(|values| PARAMETER_BYTES + of_column(values)).sum()
}

/// Adds the value of a row.
pub(super) fn add(arguments: &mut MySqlArguments, column: &TargetColumn, values: &ArrayRef, row: usize) -> Result<(), Unfit> {
    if values.is_null(row) {
        // The server would take it for the next number of a column that counts, or for the time of day.
        return match column.nullable {
            // As a text, which the server takes for NULL of any type.
            true => push(arguments, None::<String>),
            false => Err(unfit(Code::NotNullViolation, "it must have a value")),
        };
    }
    match values.data_type() {
        DataType::Boolean => push(arguments, i64::from(values.as_boolean().value(row))),
        DataType::Int16 => integer(arguments, column, values.as_primitive::<Int16Type>().value(row).into()),
        DataType::Int32 => integer(arguments, column, values.as_primitive::<Int32Type>().value(row).into()),
        DataType::Int64 => integer(arguments, column, values.as_primitive::<Int64Type>().value(row)),
        DataType::Float32 => match values.as_primitive::<Float32Type>().value(row) {
            value if value.is_finite() => push(arguments, value),
            value => Err(not_finite(value.into())),
        },
        DataType::Float64 => match values.as_primitive::<Float64Type>().value(row) {
            value if value.is_finite() => push(arguments, value),
            value => Err(not_finite(value)),
        },
        DataType::Decimal128(..) => push(arguments, values.as_primitive::<Decimal128Type>().value_as_string(row)),
        DataType::Decimal256(..) => push(arguments, values.as_primitive::<Decimal256Type>().value_as_string(row)),
        DataType::Date32 => {
            let text = date_text(values.as_primitive::<Date32Type>().value(row));
            push(arguments, text.ok_or_else(out_of_calendar)?)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            let micros = values.as_primitive::<TimestampMicrosecondType>().value(row);
            let text = timestamp_text(micros).ok_or_else(out_of_calendar)?;
            push(arguments, of_digits(column, text, micros)?)
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let value = values.as_primitive::<IntervalMonthDayNanoType>().value(row);
            push(arguments, time(column, value)?)
        }
        DataType::Utf8 => push(arguments, label(column, values.as_string::<i32>().value(row))?),
        DataType::Binary => {
            let bytes = values.as_binary::<i32>().value(row);
            match is_geometry(&column.type_name) {
                true => push(arguments, [&column.srid.to_le_bytes()[..], bytes].concat()),
                false => push(arguments, bytes),
            }
        }
        other => Err(unfit(Code::Internal, format!("no column of the family is of type {other}"))),
    }
}

fn push<'q, T: Encode<'q, MySql> + Type<MySql>>(arguments: &mut MySqlArguments, value: T) -> Result<(), Unfit> {
    arguments.add(value).map_err(|error| unfit(Code::Internal, error.to_string()))
}

fn integer(arguments: &mut MySqlArguments, column: &TargetColumn, value: i64) -> Result<(), Unfit> {
    if column.type_name == "year" && value != 0 && !YEARS.contains(&value) {
        return Err(unfit(Code::OutOfRange, format!("{value} is no year from {} to {}", YEARS.start(), YEARS.end())));
    }
    push(arguments, value)
}

/// The text of a moment or time, unless the column would round it.
fn of_digits(column: &TargetColumn, text: String, micros: i64) -> Result<String, Unfit> {
    let unit = 10_i64.pow(6_u32.saturating_sub(column.second_digits));
    if micros % unit == 0 {
        return Ok(text);
    }
    let reason = format!("it keeps {} digits of a second, which {text} has more of", column.second_digits);
    let hint = "Round the values, for example with date_trunc, or give the column more digits.";
    Err(Unfit { hint: Some(hint), ..unfit(Code::DatetimeRange, reason) })
}

/// A span of days and less, which are hours here.
fn time(column: &TargetColumn, value: IntervalMonthDayNano) -> Result<String, Unfit> {
    let nanos = i128::from(value.days) * 86_400_000_000_000 + i128::from(value.nanoseconds);
    let micros = i64::try_from(nanos / 1_000).ok().filter(|_| value.months == 0 && nanos % 1_000 == 0);
    let micros = micros.ok_or_else(|| unfit(Code::DatetimeRange, "a time is a span of hours, minutes and seconds"))?;
    of_digits(column, time_text(micros), micros)
}

/// A text, which for an `enum` must be one of the labels, and for a `set` a list of them. The server would take numbers for the
/// places of labels, and labels in other letters for their like.
fn label<'a>(column: &TargetColumn, text: &'a str) -> Result<&'a str, Unfit> {
    let is_label = |part: &str| column.labels.iter().any(|label| label == part);
    let known = match column.type_name.as_str() {
        "enum" => is_label(text),
        "set" => text.is_empty() || text.split(',').all(is_label),
        _ => true,
    };
    if known { Ok(text) } else { Err(unfit(Code::InvalidText, format!("'{}' is none of its labels", text.escape_debug()))) }
}

fn not_finite(value: f64) -> Unfit {
    unfit(Code::OutOfRange, format!("{value} is no number that it knows"))
}

fn out_of_calendar() -> Unfit {
    unfit(Code::DatetimeRange, "its years are 1 to 9999")
}

fn unfit(code: Code, reason: impl Into<String>) -> Unfit {
    Unfit { code, reason: reason.into(), hint: None }
}
