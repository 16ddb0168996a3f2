//! `IS JSON`: whether a text is JSON, and of which sort.

use std::collections::HashSet;

use spi::Result;

use crate::function::Scalar;
use crate::functions::Arguments;
use crate::io::json::{Json, parse};
use crate::value::Value;

/// What a text must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Any,
    Object,
    Array,
    Scalar,
}

/// The predicate of a sort; with `unique`, no object may have a key twice.
pub fn is_json(sort: Sort, unique: bool) -> Scalar {
    match (sort, unique) {
        (Sort::Any, false) => |_, _, arguments| test(arguments, Sort::Any, false),
        (Sort::Any, true) => |_, _, arguments| test(arguments, Sort::Any, true),
        (Sort::Object, false) => |_, _, arguments| test(arguments, Sort::Object, false),
        (Sort::Object, true) => |_, _, arguments| test(arguments, Sort::Object, true),
        (Sort::Array, false) => |_, _, arguments| test(arguments, Sort::Array, false),
        (Sort::Array, true) => |_, _, arguments| test(arguments, Sort::Array, true),
        (Sort::Scalar, false) => |_, _, arguments| test(arguments, Sort::Scalar, false),
        (Sort::Scalar, true) => |_, _, arguments| test(arguments, Sort::Scalar, true),
    }
}

fn test(arguments: &[Value], sort: Sort, unique: bool) -> Result<Value> {
    let text = match &arguments[0] {
        Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(_) => return Ok(Value::Bool(false)),
        },
        _ => arguments.text(0)?,
    };
    let Ok(json) = parse(text) else { return Ok(Value::Bool(false)) };
    let found = match json {
        Json::Object(_) => Sort::Object,
        Json::Array(_) => Sort::Array,
        _ => Sort::Scalar,
    };
    Ok(Value::Bool((sort == Sort::Any || sort == found) && (!unique || has_unique_keys(&json))))
}

fn has_unique_keys(json: &Json) -> bool {
    match json {
        Json::Object(members) => {
            let mut keys = HashSet::new();
            members.iter().all(|(key, value)| keys.insert(key) && has_unique_keys(value))
        }
        Json::Array(items) => items.iter().all(has_unique_keys),
        _ => true,
    }
}
