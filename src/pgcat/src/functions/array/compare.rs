//! Which of two arrays is the larger, and which elements they share.

use std::cmp::Ordering;

use spi::Result;

use crate::function::{Context, ScalarEntry};
use crate::functions::Arguments;
use crate::functions::comparable::{check_equality, check_order};
use crate::value::compare::{compare, equal};
use crate::value::{Array, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("array_eq", |context, _, arguments| Ok(is_equal(context, arguments)?.into())),
    ScalarEntry::new("array_ne", |context, _, arguments| Ok((!is_equal(context, arguments)?).into())),
    ScalarEntry::new("array_lt", |context, _, arguments| Ok(order(context, arguments)?.is_lt().into())),
    ScalarEntry::new("array_le", |context, _, arguments| Ok(order(context, arguments)?.is_le().into())),
    ScalarEntry::new("array_gt", |context, _, arguments| Ok(order(context, arguments)?.is_gt().into())),
    ScalarEntry::new("array_ge", |context, _, arguments| Ok(order(context, arguments)?.is_ge().into())),
    ScalarEntry::new("btarraycmp", |context, _, arguments| Ok(Value::Int(order(context, arguments)? as i64))),
    ScalarEntry::new("array_larger", |context, _, arguments| Ok(arguments[usize::from(!order(context, arguments)?.is_gt())].clone())),
    ScalarEntry::new("array_smaller", |context, _, arguments| Ok(arguments[usize::from(!order(context, arguments)?.is_lt())].clone())),
    ScalarEntry::new("arrayoverlap", |context, _, arguments| {
        let (left, right) = (arguments.array(0)?, arguments.array(1)?);
        check_equality(context, left.element)?;
        Ok(left.values.iter().any(|value| has(right, value)).into())
    }),
    ScalarEntry::new("arraycontains", |context, _, arguments| contains(context, arguments.array(0)?, arguments.array(1)?)),
    ScalarEntry::new("arraycontained", |context, _, arguments| contains(context, arguments.array(1)?, arguments.array(0)?)),
];

/// Arrays of different bounds differ, whatever is in them.
fn is_equal(context: &Context<'_>, arguments: &[Value]) -> Result<bool> {
    let (left, right) = (arguments.array(0)?, arguments.array(1)?);
    if left.dimensions != right.dimensions {
        return Ok(false);
    }
    check_equality(context, left.element)?;
    Ok(equal(&arguments[0], &arguments[1]))
}

fn order(context: &Context<'_>, arguments: &[Value]) -> Result<Ordering> {
    check_order(context, arguments.array(0)?.element)?;
    Ok(compare(&arguments[0], &arguments[1]))
}

/// Null is no element to these operators.
fn has(array: &Array, wanted: &Value) -> bool {
    !wanted.is_null() && array.values.iter().any(|value| !value.is_null() && equal(value, wanted))
}

fn contains(context: &Context<'_>, whole: &Array, part: &Array) -> Result<Value> {
    check_equality(context, whole.element)?;
    Ok(part.values.iter().all(|value| has(whole, value)).into())
}
