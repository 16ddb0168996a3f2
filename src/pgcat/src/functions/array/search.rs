//! Elements that are looked for: `array_position`, `array_positions`, `array_remove`, `array_replace`.

use std::sync::Arc;

use spi::{Code, Error, Result};

use crate::function::{Context, ScalarEntry};
use crate::functions::Arguments;
use crate::functions::comparable::{check_equality, check_order};
use crate::types::oid;
use crate::value::compare::equal;
use crate::value::{Array, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("array_position", |context, _, arguments| position(context, arguments)),
    ScalarEntry::new("array_position_start", |context, _, arguments| position(context, arguments)),
    ScalarEntry::new("array_positions", |context, _, arguments| positions(context, arguments)),
    ScalarEntry::new("array_remove", |context, _, arguments| match &arguments[0] {
        Value::Array(array) => remove(context, array, &arguments[1]),
        _ => Ok(Value::Null),
    }),
    ScalarEntry::new("array_replace", |context, _, arguments| match &arguments[0] {
        Value::Array(array) => replace(context, array, &arguments[1], &arguments[2]),
        _ => Ok(Value::Null),
    }),
    ScalarEntry::new("width_bucket_array", |context, _, arguments| bucket(context, &arguments[0], arguments.array(1)?)),
];

/// The subscripts at which an element stands. Null is found like any other.
fn subscripts<'a>(context: &Context<'_>, array: &'a Array, wanted: &'a Value) -> Result<impl Iterator<Item = i64> + 'a> {
    if array.dimensions.len() > 1 {
        return Err(Error::new(Code::Unsupported, "searching for elements in multidimensional arrays is not supported"));
    }
    check_wanted(context, array)?;
    let lower = array.dimensions.first().map_or(1, |dimension| i64::from(dimension.lower));
    let found = array.values.iter().enumerate().filter(|(_, value)| equal(value, wanted));
    Ok(found.map(move |(place, _)| place as i64 + lower))
}

/// Elements that cannot be told apart cannot be looked for, unless there are none.
fn check_wanted(context: &Context<'_>, array: &Array) -> Result<()> {
    if array.values.is_empty() { Ok(()) } else { check_equality(context, array.element) }
}

fn position(context: &Context<'_>, arguments: &[Value]) -> Result<Value> {
    let Value::Array(array) = &arguments[0] else { return Ok(Value::Null) };
    let start = match arguments.get(2) {
        None => i64::MIN,
        Some(Value::Null) => return Err(Error::new(Code::NullValue, "initial position must not be null")),
        Some(_) => arguments.int(2)?,
    };
    let found = subscripts(context, array, &arguments[1])?.find(|subscript| *subscript >= start);
    Ok(found.map_or(Value::Null, Value::Int))
}

fn positions(context: &Context<'_>, arguments: &[Value]) -> Result<Value> {
    let Value::Array(array) = &arguments[0] else { return Ok(Value::Null) };
    Ok(Value::array(oid::INT4, subscripts(context, array, &arguments[1])?.map(Value::Int).collect()))
}

fn remove(context: &Context<'_>, array: &Arc<Array>, unwanted: &Value) -> Result<Value> {
    if array.dimensions.len() > 1 {
        return Err(Error::new(Code::Unsupported, "removing elements from multidimensional arrays is not supported"));
    }
    check_wanted(context, array)?;
    let kept: Vec<Value> = array.values.iter().filter(|value| !equal(value, unwanted)).cloned().collect();
    let lower = array.dimensions.first().map_or(1, |dimension| dimension.lower);
    Ok(Value::Array(Arc::new(Array::new(array.element, kept, lower))))
}

fn replace(context: &Context<'_>, array: &Array, old: &Value, new: &Value) -> Result<Value> {
    check_wanted(context, array)?;
    let values = array.values.iter().map(|value| if equal(value, old) { new.clone() } else { value.clone() });
    Ok(Value::Array(Arc::new(Array { element: array.element, dimensions: array.dimensions.clone(), values: values.collect() })))
}

/// How many of sorted bounds are at or below a value.
fn bucket(context: &Context<'_>, value: &Value, bounds: &Array) -> Result<Value> {
    if bounds.dimensions.len() > 1 {
        return Err(Error::new(Code::Subscript, "thresholds must be one-dimensional array"));
    }
    if bounds.values.iter().any(Value::is_null) {
        return Err(Error::new(Code::NullValue, "thresholds array must not contain NULLs"));
    }
    check_order(context, bounds.element)?;
    Ok(Value::Int(bounds.values.partition_point(|bound| crate::value::compare::compare(bound, value).is_le()) as i64))
}
