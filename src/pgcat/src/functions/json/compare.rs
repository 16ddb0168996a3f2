//! The order of `jsonb` values, and what is in them: `@>`, `?`, `?|`, `?&`.

use std::cmp::Ordering;

use spi::Result;

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::io::json::{Json, parse};
use crate::io::numeric;
use crate::value::Value;
use crate::value::compare::compare_numerics;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("jsonb_eq", |_, _, arguments| Ok(ordering(arguments)?.is_eq().into())),
    ScalarEntry::new("jsonb_ne", |_, _, arguments| Ok(ordering(arguments)?.is_ne().into())),
    ScalarEntry::new("jsonb_lt", |_, _, arguments| Ok(ordering(arguments)?.is_lt().into())),
    ScalarEntry::new("jsonb_le", |_, _, arguments| Ok(ordering(arguments)?.is_le().into())),
    ScalarEntry::new("jsonb_gt", |_, _, arguments| Ok(ordering(arguments)?.is_gt().into())),
    ScalarEntry::new("jsonb_ge", |_, _, arguments| Ok(ordering(arguments)?.is_ge().into())),
    ScalarEntry::new("jsonb_cmp", |_, _, arguments| Ok(Value::Int(ordering(arguments)? as i64))),
    ScalarEntry::new("jsonb_contains", |_, _, arguments| Ok(holds(arguments.text(0)?, arguments.text(1)?)?.into())),
    ScalarEntry::new("jsonb_contained", |_, _, arguments| Ok(holds(arguments.text(1)?, arguments.text(0)?)?.into())),
    ScalarEntry::new("jsonb_exists", |_, _, arguments| Ok(has(&parse(arguments.text(0)?)?, arguments.text(1)?).into())),
    ScalarEntry::new("jsonb_exists_any", |_, _, arguments| {
        let json = parse(arguments.text(0)?)?;
        Ok(arguments.array(1)?.values.iter().filter_map(Value::as_str).any(|key| has(&json, key)).into())
    }),
    ScalarEntry::new("jsonb_exists_all", |_, _, arguments| {
        let json = parse(arguments.text(0)?)?;
        Ok(arguments.array(1)?.values.iter().filter_map(Value::as_str).all(|key| has(&json, key)).into())
    }),
];

fn ordering(arguments: &[Value]) -> Result<Ordering> {
    let (left, right) = (arguments.text(0)?, arguments.text(1)?);
    if left == right {
        return Ok(Ordering::Equal);
    }
    let (left, right) = (parse(left)?, parse(right)?);
    // At the top, an empty array is less than everything else, as PostgreSQL has it.
    match (&left, &right) {
        (Json::Array(items), other) if items.is_empty() && !matches!(other, Json::Array(_)) => Ok(Ordering::Less),
        (other, Json::Array(items)) if items.is_empty() && !matches!(other, Json::Array(_)) => Ok(Ordering::Greater),
        _ => order(&left, &right),
    }
}

/// Objects are greater than arrays, and these than truths, numbers, strings and null; longer ones are greater than shorter ones.
fn order(left: &Json, right: &Json) -> Result<Ordering> {
    Ok(match (left, right) {
        (Json::Bool(left), Json::Bool(right)) => left.cmp(right),
        (Json::Number(left), Json::Number(right)) => compare_numerics(&numeric::read(left)?, &numeric::read(right)?),
        (Json::String(left), Json::String(right)) => left.cmp(right),
        (Json::Array(left), Json::Array(right)) => {
            let mut result = left.len().cmp(&right.len());
            for (left, right) in left.iter().zip(right) {
                if result.is_ne() {
                    break;
                }
                result = order(left, right)?;
            }
            result
        }
        (Json::Object(left), Json::Object(right)) => {
            let mut result = left.len().cmp(&right.len());
            for ((left_key, left), (right_key, right)) in left.iter().zip(right) {
                if result.is_ne() {
                    break;
                }
                result = left_key.cmp(right_key);
                if result.is_eq() {
                    result = order(left, right)?;
                }
            }
            result
        }
        _ => rank(left).cmp(&rank(right)),
    })
}

fn rank(json: &Json) -> u8 {
    match json {
        Json::Null => 0,
        Json::String(_) => 1,
        Json::Number(_) => 2,
        Json::Bool(_) => 3,
        Json::Array(_) => 4,
        Json::Object(_) => 5,
    }
}

fn holds(whole: &str, part: &str) -> Result<bool> {
    let (whole, part) = (parse(whole)?, parse(part)?);
    // Only at the top, an array contains a scalar that is one of its items.
    match (&whole, &part) {
        (Json::Array(items), part) if !matches!(part, Json::Array(_) | Json::Object(_)) => any_equal(items, part),
        _ => contains(&whole, &part),
    }
}

fn any_equal(items: &[Json], wanted: &Json) -> Result<bool> {
    for item in items {
        if order(item, wanted)?.is_eq() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn contains(whole: &Json, part: &Json) -> Result<bool> {
    match (whole, part) {
        (Json::Object(whole), Json::Object(part)) => {
            for (key, value) in part {
                match whole.iter().find(|(other, _)| other == key) {
                    Some((_, other)) if contains(other, value)? => {}
                    _ => return Ok(false),
                }
            }
            Ok(true)
        }
        (Json::Array(whole), Json::Array(part)) => {
            for wanted in part {
                let mut found = false;
                for item in whole {
                    found = found || contains(item, wanted)?;
                }
                if !found {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Json::Array(_) | Json::Object(_), _) | (_, Json::Array(_) | Json::Object(_)) => Ok(false),
        (whole, part) => Ok(order(whole, part)?.is_eq()),
    }
}

/// Whether a text is a key of an object, a string of an array, or the string itself.
fn has(json: &Json, key: &str) -> bool {
    let is = |json: &Json| matches!(json, Json::String(text) if text == key);
    match json {
        Json::Object(members) => members.iter().any(|(name, _)| name == key),
        Json::Array(items) => items.iter().any(is),
        scalar => is(scalar),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn values_contain_their_parts() {
        for (whole, part, expected) in [
            ("{\"a\":1}", "{}", true),
            ("[1,[2,3]]", "[[2]]", true),
            ("[\"a\",\"b\"]", "\"a\"", true),
            ("\"a\"", "[\"a\"]", false),
            ("{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"b\":1}}", true),
            ("[1,2,3]", "[1,2]", true),
            ("[1]", "1.0", true),
        ] {
            assert_eq!(holds(whole, part).unwrap(), expected, "{whole} @> {part}");
        }
    }
}
