//! Arrow values in the words that PostgreSQL's types take as input, so that the server itself makes values of its columns of them.
//!
//! They mean the same whatever the session's `DateStyle` and `IntervalStyle` are.

use std::fmt::Write;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Decimal256Array, Float32Array, Float64Array,
    Int64Array, IntervalMonthDayNanoArray, ListArray, StringArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int64Type, IntervalMonthDayNanoType, IntervalUnit,
    Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use spi::types::{PgType, to_arrow};
use spi::{Code, Error, Result};

const DAY_MICROSECONDS: i64 = 86_400_000_000;

/// Floating-point numbers within these are written without an exponent, which a whole number's input would not take.
const PLAIN_FLOATS: std::ops::Range<f64> = 1e-5..1e17;

/// Values of one column of a batch.
pub(crate) enum Texts {
    Null,
    Boolean(BooleanArray),
    Int(Int64Array),
    Float32(Float32Array),
    Float64(Float64Array),
    Decimal128(Decimal128Array),
    Decimal256(Decimal256Array),
    Text(StringArray),
    Binary(BinaryArray),
    Date(Date32Array),
    Time(Time64MicrosecondArray),
    /// With whether it is a moment in UTC.
    Timestamp(TimestampMicrosecondArray, bool),
    Interval(IntervalMonthDayNanoArray),
    List(ListArray, Box<Texts>),
}

impl Texts {
    pub(crate) fn new(array: &ArrayRef) -> Result<Self> {
        let array = cast(array, &plain(array.data_type())?)?;
        Ok(match array.data_type() {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Boolean(array.as_boolean().clone()),
            DataType::Int64 => Self::Int(array.as_primitive::<Int64Type>().clone()),
            DataType::Float32 => Self::Float32(array.as_primitive::<Float32Type>().clone()),
            DataType::Float64 => Self::Float64(array.as_primitive::<Float64Type>().clone()),
            DataType::Decimal128(..) => Self::Decimal128(array.as_primitive::<Decimal128Type>().clone()),
            DataType::Decimal256(..) => Self::Decimal256(array.as_primitive::<Decimal256Type>().clone()),
            DataType::Utf8 => Self::Text(array.as_string::<i32>().clone()),
            DataType::Binary => Self::Binary(array.as_binary::<i32>().clone()),
            DataType::Date32 => Self::Date(array.as_primitive::<Date32Type>().clone()),
            DataType::Time64(_) => Self::Time(array.as_primitive::<Time64MicrosecondType>().clone()),
            DataType::Timestamp(_, zone) => Self::Timestamp(array.as_primitive::<TimestampMicrosecondType>().clone(), zone.is_some()),
            DataType::Interval(_) => Self::Interval(array.as_primitive::<IntervalMonthDayNanoType>().clone()),
            DataType::List(_) => {
                let lists = array.as_list::<i32>().clone();
                let elements = Box::new(Self::new(lists.values())?);
                Self::List(lists, elements)
            }
            other => return Err(Error::internal(format!("values of type {other} were to be written as text"))),
        })
    }

    /// Adds the value's text; false where it is null.
    pub(crate) fn write(&self, row: usize, text: &mut String) -> bool {
        // Writing to a string does not fail.
        let _ = match self {
            Self::Null => return false,
            Self::Boolean(array) if array.is_valid(row) => write!(text, "{}", array.value(row)),
            Self::Int(array) if array.is_valid(row) => write!(text, "{}", array.value(row)),
            // Each with as few digits as read back to the same number of its own width.
            Self::Float32(array) if array.is_valid(row) => float(array.value(row), array.value(row).into(), text),
            Self::Float64(array) if array.is_valid(row) => float(array.value(row), array.value(row), text),
            Self::Decimal128(array) if array.is_valid(row) => text.write_str(&array.value_as_string(row)),
            Self::Decimal256(array) if array.is_valid(row) => text.write_str(&array.value_as_string(row)),
            Self::Text(array) if array.is_valid(row) => text.write_str(array.value(row)),
            Self::Binary(array) if array.is_valid(row) => binary(array.value(row), text),
            Self::Date(array) if array.is_valid(row) => date(array.value(row).into(), text, |_| Ok(())),
            Self::Time(array) if array.is_valid(row) => time(array.value(row), text),
            Self::Timestamp(array, is_utc) if array.is_valid(row) => {
                let (days, rest) = (array.value(row).div_euclid(DAY_MICROSECONDS), array.value(row).rem_euclid(DAY_MICROSECONDS));
                date(days, text, |text| {
                    text.push(' ');
                    time(rest, text)?;
                    text.write_str(if *is_utc { "+00" } else { "" })
                })
            }
            Self::Interval(array) if array.is_valid(row) => {
                let value = array.value(row);
                interval(value.months, value.days, value.nanoseconds, text)
            }
            Self::List(array, elements) if array.is_valid(row) => {
                let offsets = array.value_offsets();
                list(elements, offsets[row] as usize..offsets[row + 1] as usize, text)
            }
            _ => return false,
        };
        true
    }
}

/// The type of ours under which values of a type are written.
fn plain(data_type: &DataType) -> Result<DataType> {
    let plain = match data_type {
        DataType::Null => DataType::Null,
        data_type if data_type.is_integer() && *data_type != DataType::UInt64 => DataType::Int64,
        DataType::Timestamp(_, zone) => DataType::Timestamp(TimeUnit::Microsecond, zone.clone()),
        DataType::Interval(_) | DataType::Duration(_) => DataType::Interval(IntervalUnit::MonthDayNano),
        // A text of any form, whose type says nothing more.
        DataType::Dictionary(_, value) => plain(value)?,
        DataType::Decimal128(..) | DataType::Decimal256(..) => data_type.clone(),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) | DataType::ListView(item) => {
            DataType::new_list(plain(item.data_type())?, true)
        }
        DataType::Struct(_) | DataType::Map(..) | DataType::Union(..) | DataType::RunEndEncoded(..) => {
            return Err(Error::new(Code::Unsupported, format!("values of type {data_type} cannot be written to a PostgreSQL server")));
        }
        other => to_arrow(PgType::from_arrow(other)),
    };
    Ok(plain)
}

fn float(value: impl std::fmt::Display + std::fmt::LowerExp, wide: f64, text: &mut String) -> std::fmt::Result {
    match wide {
        wide if wide.is_nan() => text.write_str("NaN"),
        f64::INFINITY => text.write_str("Infinity"),
        f64::NEG_INFINITY => text.write_str("-Infinity"),
        wide if wide == 0.0 || PLAIN_FLOATS.contains(&wide.abs()) => write!(text, "{value}"),
        _ => write!(text, "{value:e}"),
    }
}

fn binary(bytes: &[u8], text: &mut String) -> std::fmt::Result {
    text.write_str("\\x")?;
    bytes.iter().try_for_each(|byte| write!(text, "{byte:02x}"))
}

/// Days since 1970 as a date of the proleptic Gregorian calendar, the clock behind it, and last the era.
fn date(days: i64, text: &mut String, clock: impl FnOnce(&mut String) -> std::fmt::Result) -> std::fmt::Result {
    // Counted in eras of 400 years that begin with a March, so that a leap day is the last day of its year.
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + 400 * era + i64::from(month <= 2);
    let is_before_christ = year < 1;
    write!(text, "{:04}-{month:02}-{day:02}", if is_before_christ { 1 - year } else { year })?;
    clock(text)?;
    text.write_str(if is_before_christ { " BC" } else { "" })
}

fn time(microseconds: i64, text: &mut String) -> std::fmt::Result {
    let (seconds, fraction) = (microseconds / 1_000_000, microseconds % 1_000_000);
    write!(text, "{:02}:{:02}:{:02}.{fraction:06}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// Each part with its sign: without, a style of intervals takes the first one's for all.
fn interval(months: i32, days: i32, nanoseconds: i64, text: &mut String) -> std::fmt::Result {
    let sign = if nanoseconds < 0 { '-' } else { '+' };
    let (seconds, fraction) = (nanoseconds.unsigned_abs() / 1_000_000_000, nanoseconds.unsigned_abs() % 1_000_000_000);
    write!(text, "{months:+} mons {days:+} days {sign}{:02}:{:02}:{:02}.{fraction:09}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

fn list(elements: &Texts, range: std::ops::Range<usize>, text: &mut String) -> std::fmt::Result {
    text.push('{');
    for row in range.clone() {
        if row > range.start {
            text.push(',');
        }
        if let Texts::List(lists, _) = elements
            && lists.is_valid(row)
        {
            elements.write(row, text);
            continue;
        }
        let mut element = String::new();
        match elements.write(row, &mut element) {
            true => write!(text, "\"{}\"", element.replace('\\', "\\\\").replace('"', "\\\""))?,
            false => text.push_str("NULL"),
        }
    }
    text.push('}');
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Float32Array, Int32Array, StringViewArray, TimestampNanosecondArray, UInt64Array};
    use arrow::datatypes::{Int32Type, IntervalMonthDayNano};

    use super::*;

    fn texts(array: ArrayRef) -> Vec<Option<String>> {
        let texts = Texts::new(&array).expect("a type that can be written");
        let text = |row| {
            let mut text = String::new();
            texts.write(row, &mut text).then_some(text)
        };
        (0..array.len()).map(text).collect()
    }

    fn check(array: impl Array + 'static, expected: &[&str]) {
        assert_eq!(texts(Arc::new(array)), expected.iter().map(|text| Some((*text).to_owned())).collect::<Vec<_>>());
    }

    #[test]
    fn every_type_has_its_words() {
        check(BooleanArray::from(vec![true, false]), &["true", "false"]);
        check(Int32Array::from(vec![i32::MIN]), &["-2147483648"]);
        check(UInt64Array::from(vec![u64::MAX]), &["18446744073709551615"]);
        check(Float32Array::from(vec![0.1, -0.0, 3.4028235e38, f32::NAN]), &["0.1", "-0", "3.4028235e38", "NaN"]);
        check(Float64Array::from(vec![5e-324, 100.0, f64::NEG_INFINITY]), &["5e-324", "100", "-Infinity"]);
        check(StringViewArray::from(vec!["a\\b", ""]), &["a\\b", ""]);
        check(BinaryArray::from(vec![&[0u8, 255][..], &[]]), &["\\x00ff", "\\x"]);
        check(
            Date32Array::from(vec![0, -719_163, 2_932_897, -2_440_588]),
            &["1970-01-01", "0001-12-31 BC", "10000-01-01", "4714-11-24 BC"],
        );
        check(Time64MicrosecondArray::from(vec![86_399_999_999]), &["23:59:59.999999"]);
        check(TimestampNanosecondArray::from(vec![-1_000]), &["1969-12-31 23:59:59.999999"]);
        check(TimestampMicrosecondArray::from(vec![0]).with_timezone("UTC"), &["1970-01-01 00:00:00.000000+00"]);
        check(TimestampMicrosecondArray::from(vec![-62_135_596_800_000_001]), &["0001-12-31 23:59:59.999999 BC"]);
        let interval = IntervalMonthDayNano::new(14, -3, -3_600_000_007_000);
        check(IntervalMonthDayNanoArray::from(vec![interval]), &["+14 mons -3 days -01:00:00.000007000"]);
        let decimal = Decimal128Array::from(vec![-5, 12_345]).with_precision_and_scale(9, 2).expect("a decimal");
        check(decimal, &["-0.05", "123.45"]);
    }

    #[test]
    fn nulls_are_none_and_lists_are_arrays() {
        assert_eq!(texts(Arc::new(Int32Array::from(vec![None, Some(1)]))), [None, Some("1".to_owned())]);
        let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), None, Some(vec![])]);
        assert_eq!(texts(Arc::new(lists)), [Some("{\"1\",NULL}".to_owned()), None, Some("{}".to_owned())]);
    }

    #[test]
    fn each_day_of_four_centuries_follows_the_one_before() {
        let mut expected = (1, 1, 1999);
        for days in 10_592..10_592 + 146_097 {
            let (day, month, year) = expected;
            let mut text = String::new();
            date(days, &mut text, |_| Ok(())).expect("a date");
            assert_eq!(text, format!("{year:04}-{month:02}-{day:02}"));
            let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
            expected = match (day == length, month) {
                (false, _) => (day + 1, month, year),
                (true, 12) => (1, 1, year + 1),
                (true, _) => (1, month + 1, year),
            };
        }
    }
}
