//! What `jsonb` values are compared by: bytes in PostgreSQL's order of these values, in which `1` and `1.0` are one.

use bigdecimal::num_bigint::Sign;
use spi::Result;

use super::{Json, parse, write};
use crate::io::numeric;
use crate::types::oid;
use crate::value::{Numeric, Value};

/// How much stack one level may need, and how much is added when there is less.
const STACK_LEVEL_BYTES: usize = 32 * 1024;
const STACK_ADDED_BYTES: usize = 1024 * 1024;

/// Sorts of values, the least first. At the top, an array without elements is less than everything else.
const EMPTY_ARRAY: u8 = 0;
const NULL: u8 = 1;
const STRING: u8 = 2;
const NUMBER: u8 = 3;
const BOOL: u8 = 4;
const ARRAY: u8 = 5;
const OBJECT: u8 = 6;

/// Signs of numbers, the least first.
const NEGATIVE: u8 = 0;
const ZERO: u8 = 1;
const POSITIVE: u8 = 2;

/// A text ends with it, so that one that begins like another is less. None has this character.
const END: u8 = 0;

/// A value in the form of `jsonb`.
pub fn ordered(json: &Json) -> Result<Value> {
    let mut text = String::new();
    write(json, &mut text);
    Ok(Value::ordered(key(json)?, text))
}

/// A value that a function made: of `jsonb` it may be only a text, in the form of that type.
pub fn made(type_oid: u32, value: Value) -> Result<Value> {
    match value {
        Value::Text(text) if type_oid == oid::JSONB => Ok(Value::ordered(key(&parse(&text)?)?, &*text)),
        value => Ok(value),
    }
}

fn key(json: &Json) -> Result<Vec<u8>> {
    let mut key = Vec::new();
    match json {
        Json::Array(items) if items.is_empty() => key.push(EMPTY_ARRAY),
        json => push(json, &mut key)?,
    }
    Ok(key)
}

fn push(json: &Json, key: &mut Vec<u8>) -> Result<()> {
    match json {
        Json::Null => key.push(NULL),
        Json::Bool(truth) => key.extend([BOOL, u8::from(*truth)]),
        Json::Number(digits) => {
            key.push(NUMBER);
            push_number(&numeric::read(digits)?, key);
        }
        Json::String(text) => {
            key.push(STRING);
            push_text(text, key);
        }
        Json::Array(items) => {
            push_count(ARRAY, items.len(), key);
            for item in items {
                stacker::maybe_grow(STACK_LEVEL_BYTES, STACK_ADDED_BYTES, || push(item, key))?;
            }
        }
        Json::Object(members) => {
            push_count(OBJECT, members.len(), key);
            for (name, value) in members {
                push_text(name, key);
                stacker::maybe_grow(STACK_LEVEL_BYTES, STACK_ADDED_BYTES, || push(value, key))?;
            }
        }
    }
    Ok(())
}

/// What has more parts is greater.
fn push_count(sort: u8, count: usize, key: &mut Vec<u8>) {
    key.push(sort);
    key.extend((count as u64).to_be_bytes());
}

fn push_text(text: &str, key: &mut Vec<u8>) {
    key.extend(text.as_bytes());
    key.push(END);
}

/// The sign, where the point stands from the first digit, and the digits; of what is less than zero, turned round.
fn push_number(number: &Numeric, key: &mut Vec<u8>) {
    let Numeric::Finite(number) = number else { return };
    let (digits, scale) = number.as_bigint_and_exponent();
    let written = digits.magnitude().to_string();
    let point = written.len() as i64 - scale;
    let mut size = (point ^ i64::MIN).to_be_bytes().to_vec();
    size.extend(written.trim_end_matches('0').as_bytes());
    size.push(END);
    match digits.sign() {
        Sign::NoSign => key.push(ZERO),
        Sign::Plus => {
            key.push(POSITIVE);
            key.extend(size);
        }
        Sign::Minus => {
            key.push(NEGATIVE);
            key.extend(size.iter().map(|byte| !byte));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::json::normal;
    use crate::value::compare::{compare, equal};

    fn value(text: &str) -> Value {
        ordered(&normal(parse(text).unwrap()).unwrap()).unwrap()
    }

    #[test]
    fn values_are_in_the_order_of_postgresql() {
        let sorted = [
            "[]",
            "null",
            r#""""#,
            r#""B""#,
            r#""a""#,
            r#""ab""#,
            "-1e300",
            "-20",
            "-10.5",
            "-10",
            "-1.5",
            "-0.001",
            "0",
            "0.001",
            "0.01",
            "1",
            "2",
            "10",
            "10.01",
            "1e300",
            "false",
            "true",
            "[null]",
            "[1]",
            "[true]",
            "[[]]",
            "[[1]]",
            "[{}]",
            "[1, 0]",
            "[[], 1]",
            "{}",
            r#"{"a": 1}"#,
            r#"{"aa": 0}"#,
            r#"{"b": 0}"#,
            r#"{"a": 0, "b": 0}"#,
        ];
        for pair in sorted.windows(2) {
            assert!(compare(&value(pair[0]), &value(pair[1])).is_lt(), "{} and {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn numbers_that_are_written_differently_are_equal() {
        for (left, right) in [("1", "1.00"), ("0", "-0.0"), ("100", "1e2"), (r#"{"a": [0.10]}"#, r#"{"a": [0.1]}"#)] {
            assert!(equal(&value(left), &value(right)), "{left} and {right}");
        }
    }
}
