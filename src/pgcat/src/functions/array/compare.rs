//! Which of two arrays is the larger, and which elements they share.

use std::cmp::Ordering;

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::value::compare::{compare, equal};
use crate::value::{Array, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("btarraycmp", |_, _, arguments| {
        Ok(Value::Int(match compare(&arguments[0], &arguments[1]) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        }))
    }),
    ScalarEntry::new("array_larger", |_, _, arguments| {
        Ok(if compare(&arguments[0], &arguments[1]).is_gt() { &arguments[0] } else { &arguments[1] }.clone())
    }),
    ScalarEntry::new("array_smaller", |_, _, arguments| {
        Ok(if compare(&arguments[0], &arguments[1]).is_lt() { &arguments[0] } else { &arguments[1] }.clone())
    }),
    ScalarEntry::new("arrayoverlap", |_, _, arguments| {
        let (left, right) = (arguments.array(0)?, arguments.array(1)?);
        Ok(left.values.iter().any(|value| has(right, value)).into())
    }),
    ScalarEntry::new("arraycontains", |_, _, arguments| Ok(contains(arguments.array(0)?, arguments.array(1)?).into())),
    ScalarEntry::new("arraycontained", |_, _, arguments| Ok(contains(arguments.array(1)?, arguments.array(0)?).into())),
];

/// Null is no element to these operators.
fn has(array: &Array, wanted: &Value) -> bool {
    !wanted.is_null() && array.values.iter().any(|value| !value.is_null() && equal(value, wanted))
}

fn contains(whole: &Array, part: &Array) -> bool {
    part.values.iter().all(|value| has(whole, value))
}
