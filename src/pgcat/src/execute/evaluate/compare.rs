//! Comparisons of rows, with the elements of arrays, and with nulls as values.

use std::sync::Arc;

use spi::Result;

use super::apply;
use crate::execute::run::Run;
use crate::expr::{CompareRows, RowOperator};
use crate::function::Function;
use crate::value::Value;

/// IS DISTINCT FROM.
pub(super) fn is_distinct(left: Value, right: Value, equal: &Function, run: &mut Run) -> Result<bool> {
    if left.is_null() || right.is_null() {
        return Ok(left.is_null() != right.is_null());
    }
    Ok(apply(equal, &[left, right], run)?.as_bool() != Some(true))
}

/// `left operator ANY (array)` and ALL.
pub(super) fn quantified(left: Value, operator: &Function, array: &Value, all: bool, run: &mut Run) -> Result<Value> {
    let Value::Array(array) = array else { return Ok(Value::Null) };
    if array.values.is_empty() {
        return Ok(Value::Bool(all));
    }
    if left.is_null() && operator.is_strict {
        return Ok(Value::Null);
    }
    let mut has_null = false;
    let mut pair = [left, Value::Null];
    for element in &array.values {
        run.touch()?;
        pair[1] = element.clone();
        match apply(operator, &pair, run)? {
            Value::Bool(truth) if truth != all => return Ok(Value::Bool(truth)),
            Value::Bool(_) => {}
            _ => has_null = true,
        }
    }
    Ok(if has_null { Value::Null } else { Value::Bool(all) })
}

/// Compares two rows: `=` and `<>` by all pairs, the others by the first pair that differs.
pub(super) fn rows(rows: &CompareRows, left: Vec<Value>, right: Vec<Value>, run: &mut Run) -> Result<Value> {
    match rows.operator {
        RowOperator::Equal => all_equal(&rows.equal, left, right, run),
        RowOperator::NotEqual => Ok(match all_equal(&rows.equal, left, right, run)? {
            Value::Bool(truth) => Value::Bool(!truth),
            other => other,
        }),
        _ => first_difference(rows, left, right, run),
    }
}

fn all_equal(equal: &[Arc<Function>], left: Vec<Value>, right: Vec<Value>, run: &mut Run) -> Result<Value> {
    let mut has_null = false;
    for ((left, right), equal) in left.into_iter().zip(right).zip(equal) {
        match apply(equal, &[left, right], run)? {
            Value::Bool(true) => {}
            Value::Bool(false) => return Ok(Value::Bool(false)),
            _ => has_null = true,
        }
    }
    Ok(if has_null { Value::Null } else { Value::Bool(true) })
}

fn first_difference(rows: &CompareRows, left: Vec<Value>, right: Vec<Value>, run: &mut Run) -> Result<Value> {
    let last = rows.compare.len().saturating_sub(1);
    for (place, (left, right)) in left.into_iter().zip(right).enumerate() {
        let (Some(equal), Some(compare)) = (rows.equal.get(place), rows.compare.get(place)) else { break };
        let pair = [left, right];
        if place == last {
            return apply(compare, &pair, run);
        }
        match apply(equal, &pair, run)? {
            Value::Bool(true) => {}
            Value::Bool(false) => return apply(compare, &pair, run),
            _ => return Ok(Value::Null),
        }
    }
    Ok(Value::Null)
}
