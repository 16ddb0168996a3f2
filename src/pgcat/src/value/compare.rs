//! The order and equality of values of one type, as the default B-tree operators of PostgreSQL have them.
//!
//! Texts are in the order of their bytes, which is our default collation. Nulls are equal to each other here and behind everything else:
//! that is how sorting, grouping and the elements of arrays see them; operators see to nulls before they ask.

use std::cmp::Ordering;

use bigdecimal::BigDecimal;

use crate::query::SortOrder;
use crate::value::range::{all_identical_spans, compare_span_lists};
use crate::value::{Array, Interval, Numeric, Record, Value};

const MICROSECONDS_PER_SECOND: i64 = 1_000_000;
const MICROSECONDS_PER_DAY: i128 = 86_400_000_000;
const DAYS_PER_MONTH: i128 = 30;

/// Whether two values are the same to `=`, with nulls the same as each other.
pub fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => left == right,
        (Value::Text(left), Value::Text(right)) => left == right,
        _ => compare(left, right) == Ordering::Equal,
    }
}

/// The order of two values of one type.
pub fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Greater,
        (_, Value::Null) => Ordering::Less,
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Int(left), Value::Int(right)) => left.cmp(right),
        (Value::Float(left), Value::Float(right)) => compare_floats(*left, *right),
        (Value::Numeric(left), Value::Numeric(right)) => compare_numerics(left, right),
        (Value::Text(left), Value::Text(right)) => left.as_bytes().cmp(right.as_bytes()),
        (Value::Text(_) | Value::Ordered(_), Value::Text(_) | Value::Ordered(_)) => left.text_key().cmp(&right.text_key()),
        (Value::Bytes(left), Value::Bytes(right)) => left.cmp(right),
        (Value::Date(left), Value::Date(right)) => left.cmp(right),
        (Value::Time(left), Value::Time(right)) => left.cmp(right),
        (Value::TimeTz(left, left_zone), Value::TimeTz(right, right_zone)) => {
            let moment = |time: &i64, zone: &i32| time + i64::from(*zone) * MICROSECONDS_PER_SECOND;
            moment(left, left_zone).cmp(&moment(right, right_zone)).then(left_zone.cmp(right_zone))
        }
        (Value::Timestamp(left), Value::Timestamp(right)) => left.cmp(right),
        (Value::Interval(left), Value::Interval(right)) => span(left).cmp(&span(right)),
        (Value::Uuid(left), Value::Uuid(right)) => left.cmp(right),
        (Value::Tid(left, left_offset), Value::Tid(right, right_offset)) => left.cmp(right).then(left_offset.cmp(right_offset)),
        (Value::Array(left), Value::Array(right)) => compare_arrays(left, right),
        (Value::Record(left), Value::Record(right)) => compare_records(left, right),
        (Value::Range(left), Value::Range(right)) => compare_span_lists(left.spans(), right.spans()),
        (Value::Multirange(left), Value::Multirange(right)) => compare_span_lists(&left.spans, &right.spans),
        // Values of one type are represented alike, so this only keeps the order total.
        _ => rank(left).cmp(&rank(right)),
    }
}

/// The order of two values in a sort, with nulls where the sort wants them.
pub fn compare_in(order: SortOrder, left: &Value, right: &Value) -> Ordering {
    match (left.is_null(), right.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) => nulls(order),
        (false, true) => nulls(order).reverse(),
        (false, false) if order.descending => compare(right, left),
        (false, false) => compare(left, right),
    }
}

/// Whether two values are the same in all that can be seen of them. `1.0` and `1.00` are equal, but not identical.
pub fn identical(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Float(left), Value::Float(right)) => left.to_bits() == right.to_bits(),
        (Value::Numeric(left), Value::Numeric(right)) => match (&**left, &**right) {
            (Numeric::Finite(left), Numeric::Finite(right)) => {
                left.fractional_digit_count() == right.fractional_digit_count() && left == right
            }
            (left, right) => left == right,
        },
        (Value::Array(left), Value::Array(right)) => {
            left.element == right.element && left.dimensions == right.dimensions && all_identical(&left.values, &right.values)
        }
        (Value::Record(left), Value::Record(right)) => {
            left.type_oid == right.type_oid && left.fields == right.fields && all_identical(&left.values, &right.values)
        }
        (Value::Range(left), Value::Range(right)) => left.type_oid == right.type_oid && all_identical_spans(left.spans(), right.spans()),
        (Value::Multirange(left), Value::Multirange(right)) => {
            left.range_type == right.range_type && all_identical_spans(&left.spans, &right.spans)
        }
        _ => left == right,
    }
}

/// [`identical`] for each pair of two lists.
pub fn all_identical(left: &[Value], right: &[Value]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| identical(left, right))
}

/// NaN is equal to itself and greater than everything else.
pub fn compare_floats(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}

/// NaN is equal to itself and greater than everything else, infinity among it.
pub fn compare_numerics(left: &Numeric, right: &Numeric) -> Ordering {
    let rank = |number: &Numeric| match number {
        Numeric::NegativeInfinity => 0,
        Numeric::Finite(_) => 1,
        Numeric::Infinity => 2,
        Numeric::NaN => 3,
    };
    match (left, right) {
        (Numeric::Finite(left), Numeric::Finite(right)) => BigDecimal::cmp(left, right),
        _ => rank(left).cmp(&rank(right)),
    }
}

/// How long an interval is, in microseconds, with months of 30 days.
pub(crate) fn span(interval: &Interval) -> i128 {
    let days = i128::from(interval.months) * DAYS_PER_MONTH + i128::from(interval.days);
    days * MICROSECONDS_PER_DAY + i128::from(interval.microseconds)
}

/// By the elements, then by how many there are, then by the dimensions.
fn compare_arrays(left: &Array, right: &Array) -> Ordering {
    compare_lists(&left.values, &right.values).then_with(|| left.dimensions.len().cmp(&right.dimensions.len())).then_with(|| {
        let extents = |array: &Array| -> Vec<(i32, i32)> { array.dimensions.iter().map(|each| (each.length, each.lower)).collect() };
        extents(left).cmp(&extents(right))
    })
}

fn compare_records(left: &Record, right: &Record) -> Ordering {
    compare_lists(&left.values, &right.values)
}

/// By the first pair that differs, then by length.
fn compare_lists(left: &[Value], right: &[Value]) -> Ordering {
    let differing = left.iter().zip(right).map(|(left, right)| compare(left, right)).find(|order| *order != Ordering::Equal);
    differing.unwrap_or_else(|| left.len().cmp(&right.len()))
}

fn nulls(order: SortOrder) -> Ordering {
    if order.nulls_first { Ordering::Less } else { Ordering::Greater }
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Bool(_) => 0,
        Value::Int(_) => 1,
        Value::Float(_) => 2,
        Value::Numeric(_) => 3,
        Value::Text(_) | Value::Ordered(_) => 4,
        Value::Bytes(_) => 5,
        Value::Date(_) => 6,
        Value::Time(_) => 7,
        Value::TimeTz(..) => 8,
        Value::Timestamp(_) => 9,
        Value::Interval(_) => 10,
        Value::Uuid(_) => 11,
        Value::Tid(..) => 12,
        Value::Array(_) => 13,
        Value::Record(_) => 14,
        Value::Range(_) => 15,
        Value::Multirange(_) => 16,
        Value::Null => 17,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::oid;

    fn float(number: f64) -> Value {
        Value::Float(number)
    }

    fn numeric(text: &str) -> Value {
        Value::Numeric(Box::new(Numeric::Finite(text.parse().unwrap())))
    }

    fn interval(months: i32, days: i32, microseconds: i64) -> Value {
        Value::Interval(Box::new(Interval { months, days, microseconds }))
    }

    #[test]
    fn nan_is_the_greatest_float_and_equal_to_itself() {
        assert_eq!(compare(&float(f64::NAN), &float(f64::INFINITY)), Ordering::Greater);
        assert_eq!(compare(&float(f64::NAN), &float(f64::NAN)), Ordering::Equal);
        assert_eq!(compare(&float(0.0), &float(-0.0)), Ordering::Equal);
        assert_eq!(compare(&Value::Numeric(Box::new(Numeric::NaN)), &Value::Numeric(Box::new(Numeric::Infinity))), Ordering::Greater);
    }

    #[test]
    fn numerics_of_different_digits_are_equal_but_not_identical() {
        assert!(equal(&numeric("1.0"), &numeric("1.00")));
        assert!(!identical(&numeric("1.0"), &numeric("1.00")));
        assert!(identical(&numeric("1.0"), &numeric("1.0")));
    }

    #[test]
    fn a_month_is_as_long_as_thirty_days() {
        assert!(equal(&interval(1, 0, 0), &interval(0, 30, 0)));
        assert_eq!(compare(&interval(1, 0, 0), &interval(0, 30, 1)), Ordering::Less);
    }

    #[test]
    fn arrays_are_compared_by_elements_then_by_length() {
        let array = |numbers: &[i64]| Value::array(oid::INT4, numbers.iter().map(|number| Value::Int(*number)).collect());
        assert_eq!(compare(&array(&[1, 2, 3]), &array(&[1, 3])), Ordering::Less);
        assert_eq!(compare(&array(&[1, 2]), &array(&[1, 2, 0])), Ordering::Less);
        assert_eq!(compare(&Value::array(oid::INT4, vec![Value::Null]), &array(&[1])), Ordering::Greater);
    }

    #[test]
    fn nulls_stand_where_the_sort_wants_them() {
        let order = |descending, nulls_first| SortOrder { descending, nulls_first };
        assert_eq!(compare_in(order(false, false), &Value::Null, &Value::Int(1)), Ordering::Greater);
        assert_eq!(compare_in(order(true, true), &Value::Null, &Value::Int(1)), Ordering::Less);
        assert_eq!(compare_in(order(true, false), &Value::Int(1), &Value::Int(2)), Ordering::Greater);
    }
}
