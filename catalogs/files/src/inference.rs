//! The type of a column, found by looking at its values.
//!
//! Every value has a type of its own; the column's is the narrowest that all of them have in common. A value counts as a
//! number only if it is written as one is printed: `00123` or `+49` are codes, and turning them into numbers loses something.

use std::collections::BTreeMap;

use arrow::array::timezone::Tz;
use arrow::compute::kernels::cast_utils::{Parser, string_to_datetime};
use arrow::datatypes::{DataType, Date32Type, Field, Fields, Float64Type, TimeUnit};
use serde_json::Value;

/// Whole numbers of more digits do not fit 128 bits.
const NUMERIC_DIGITS_MAX: usize = 38;

/// What is known of a column's type.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Inferred {
    /// No value seen yet that is not null.
    #[default]
    Unknown,
    Boolean,
    BigInt,
    /// Whole numbers too big for `bigint`.
    Numeric,
    Double,
    Date,
    Timestamp,
    TimestampTz,
    Text,
    List(Box<Inferred>),
    Struct(BTreeMap<String, Inferred>),
    /// Values that have no type in common.
    Mixed,
}

impl Inferred {
    /// The type of one value of a CSV file or a partition folder.
    pub(crate) fn of_text(text: &str) -> Self {
        if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
            return Inferred::Boolean;
        }
        match text.bytes().next() {
            Some(b'-' | b'.' | b'0'..=b'9') => of_number(text).or_else(|| of_time(text)).unwrap_or(Inferred::Text),
            _ if matches!(text, "NaN" | "inf") => Inferred::Double,
            _ => Inferred::Text,
        }
    }

    /// The type of one value of a JSON file. Text stays text, whatever it looks like: JSON has numbers of its own.
    pub(crate) fn of_json(value: &Value) -> Self {
        match value {
            Value::Null => Inferred::Unknown,
            Value::Bool(_) => Inferred::Boolean,
            Value::Number(number) if number.is_i64() => Inferred::BigInt,
            Value::Number(number) if number.is_u64() => Inferred::Numeric,
            Value::Number(_) => Inferred::Double,
            Value::String(_) => Inferred::Text,
            Value::Array(items) => {
                Inferred::List(Box::new(items.iter().map(Inferred::of_json).fold(Inferred::Unknown, |all, item| all.merge(item))))
            }
            Value::Object(members) => {
                Inferred::Struct(members.iter().map(|(name, value)| (name.clone(), Inferred::of_json(value))).collect())
            }
        }
    }

    /// The type that values of both types have in common.
    pub(crate) fn merge(self, other: Self) -> Self {
        use Inferred::*;
        match (self, other) {
            (one, another) if one == another => one,
            (Unknown, one) | (one, Unknown) => one,
            (BigInt, Numeric) | (Numeric, BigInt) => Numeric,
            (BigInt | Numeric, Double) | (Double, BigInt | Numeric) => Double,
            (Date, Timestamp) | (Timestamp, Date) => Timestamp,
            (List(one), List(another)) => List(Box::new(one.merge(*another))),
            (Struct(mut one), Struct(another)) => {
                for (name, inferred) in another {
                    let member = one.entry(name).or_default();
                    *member = std::mem::take(member).merge(inferred);
                }
                Struct(one)
            }
            _ => Mixed,
        }
    }

    /// The Arrow type for a CSV file or a partition folder, where every value can also be read as the text that it is.
    pub(crate) fn text_type(&self) -> DataType {
        self.json_type().unwrap_or(DataType::Utf8)
    }

    /// The Arrow type for a JSON file; `None` where there is no type as which all values could be read.
    pub(crate) fn json_type(&self) -> Option<DataType> {
        Some(match self {
            Inferred::Unknown | Inferred::Text => DataType::Utf8,
            Inferred::Boolean => DataType::Boolean,
            Inferred::BigInt => DataType::Int64,
            Inferred::Numeric => DataType::Decimal128(NUMERIC_DIGITS_MAX as u8, 0),
            Inferred::Double => DataType::Float64,
            Inferred::Date => DataType::Date32,
            Inferred::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Inferred::TimestampTz => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Inferred::List(item) => DataType::new_list(item.json_type()?, true),
            Inferred::Struct(members) => {
                let member = |(name, inferred): (&String, &Inferred)| Some(Field::new(name, inferred.json_type()?, true));
                let fields: Fields = members.iter().filter_map(member).collect();
                // An object of which nothing can be read is not worth a column.
                if fields.is_empty() {
                    return None;
                }
                DataType::Struct(fields)
            }
            Inferred::Mixed => return None,
        })
    }
}

fn of_number(text: &str) -> Option<Inferred> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let whole_digits = digits.bytes().take_while(u8::is_ascii_digit).count();
    if digits.starts_with('0') && whole_digits > 1 {
        return None;
    }
    if whole_digits == digits.len() {
        return match text.parse::<i64>() {
            Ok(_) => Some(Inferred::BigInt),
            Err(_) => (1..=NUMERIC_DIGITS_MAX).contains(&whole_digits).then_some(Inferred::Numeric),
        };
    }
    let number_like = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    (text == "-inf" || number_like && Float64Type::parse(text).is_some()).then_some(Inferred::Double)
}

/// `2024-01-31`, or that followed by a time of day, with or without an offset from UTC.
fn of_time(text: &str) -> Option<Inferred> {
    let (date, time) = text.split_at_checked("yyyy-mm-dd".len())?;
    if date.bytes().enumerate().any(|(place, byte)| if matches!(place, 4 | 7) { byte != b'-' } else { !byte.is_ascii_digit() }) {
        return None;
    }
    if time.is_empty() {
        return Date32Type::parse(text).map(|_| Inferred::Date);
    }
    timestamp_micros(text)?;
    let has_offset = time.bytes().any(|byte| matches!(byte, b'Z' | b'z' | b'+' | b'-'));
    let only_offset = time.bytes().skip(1).all(|byte| matches!(byte, b'0'..=b'9' | b':' | b'.' | b' ' | b'Z' | b'z' | b'+' | b'-'));
    only_offset.then_some(if has_offset { Inferred::TimestampTz } else { Inferred::Timestamp })
}

/// Microseconds since 1970 in UTC. Without an offset the text is taken for UTC.
pub(crate) fn timestamp_micros(text: &str) -> Option<i64> {
    let utc: Tz = "+00:00".parse().ok()?;
    string_to_datetime(&utc, text).ok().map(|time| time.timestamp_micros())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn timestamp(zone: Option<&str>) -> DataType {
        DataType::Timestamp(TimeUnit::Microsecond, zone.map(Into::into))
    }

    #[test]
    fn text_is_the_narrowest_type_of_all_values() {
        for (values, expected) in [
            (&["true", "FALSE"][..], DataType::Boolean),
            (&["true", "1"], DataType::Utf8),
            (&["0", "-7", "9223372036854775807"], DataType::Int64),
            (&["1", "9223372036854775808"], DataType::Decimal128(38, 0)),
            (&["1234567890123456789012345678901234567890"], DataType::Utf8),
            (&["00123", "5"], DataType::Utf8),
            (&["-01"], DataType::Utf8),
            (&["+49"], DataType::Utf8),
            (&["1", "2.5", "-1e-3", "0.5", ".5", "NaN"], DataType::Float64),
            (&["1.2.3"], DataType::Utf8),
            (&["00.5"], DataType::Utf8),
            (&["-", "."], DataType::Utf8),
            (&["1 "], DataType::Utf8),
            (&["2024-02-29"], DataType::Date32),
            (&["2023-02-29"], DataType::Utf8),
            (&["20240229"], DataType::Int64),
            (&["2024-02-29", "2024-02-29 12:00:00"], timestamp(None)),
            (&["0001-01-01T00:00:00", "9999-12-31 23:59:59.999999"], timestamp(None)),
            (&["2024-02-29T12:00:00Z", "2024-02-29 12:00:00.5+02:00"], timestamp(Some("UTC"))),
            (&["2024-02-29T12:00:00Z", "2024-02-29 12:00:00"], DataType::Utf8),
            (&["2024-02-29 25:00:00"], DataType::Utf8),
            (&["192.168.0.1"], DataType::Utf8),
            (&["2024-02-2é"], DataType::Utf8),
            (&[], DataType::Utf8),
        ] {
            let inferred = values.iter().map(|value| Inferred::of_text(value)).fold(Inferred::Unknown, Inferred::merge);
            assert_eq!(inferred.text_type(), expected, "{values:?}");
        }
    }

    #[test]
    fn json_has_lists_and_objects() {
        let list = |item| Some(DataType::new_list(item, true));
        for (values, expected) in [
            (json!([1, null, 2]), Some(DataType::Int64)),
            (json!([1, 2.5]), Some(DataType::Float64)),
            (json!([1, u64::MAX]), Some(DataType::Decimal128(38, 0))),
            (json!(["2024-01-01", "1"]), Some(DataType::Utf8)),
            (json!([null]), Some(DataType::Utf8)),
            (json!([1, "1"]), None),
            (json!([[1], [], [2.5]]), list(DataType::Float64)),
            (json!([[1], 1]), None),
            (json!([[1, "1"]]), None),
            (json!([{}]), None),
            (json!([{"a": [1, true]}]), None),
        ] {
            let inferred = values.as_array().expect("values").iter().map(Inferred::of_json).fold(Inferred::Unknown, Inferred::merge);
            assert_eq!(inferred.json_type(), expected, "{values}");
        }
        let merged = Inferred::of_json(&json!({"a": 1, "mixed": 1})).merge(Inferred::of_json(&json!({"b": [true], "mixed": "x"})));
        let fields =
            vec![Field::new("a", DataType::Int64, true), Field::new_list("b", Field::new_list_field(DataType::Boolean, true), true)];
        assert_eq!(merged.json_type(), Some(DataType::Struct(fields.into())));
    }
}
