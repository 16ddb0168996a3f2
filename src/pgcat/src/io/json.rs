//! JSON: checked and kept as it is written for `json`, taken apart and printed in one form for `jsonb`.

mod key;
mod lexer;
mod parse;

pub use key::made;
pub use parse::{check, parse};

use spi::Result;

use super::numeric;
use crate::value::Value;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    /// As it is written.
    Number(String),
    String(String),
    Array(Vec<Json>),
    /// As it is written: keys may come twice.
    Object(Vec<(String, Json)>),
}

/// A text as a value of `jsonb`.
pub fn value(text: &str) -> Result<Value> {
    key::ordered(&normal(parse(text)?)?)
}

/// The form that `jsonb` has: keys by length and then by bytes, of keys that come twice the last one, numbers as `numeric` prints them.
pub fn normalise(text: &str) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    write(&normal(parse(text)?)?, &mut out);
    Ok(out)
}

/// A value as `jsonb` has it.
pub fn normal(json: Json) -> Result<Json> {
    Ok(match json {
        Json::Number(digits) => {
            let mut text = String::with_capacity(digits.len());
            numeric::write(&numeric::read(&digits)?, &mut text);
            Json::Number(text)
        }
        Json::Array(items) => Json::Array(items.into_iter().map(normal).collect::<Result<_>>()?),
        Json::Object(members) => {
            let mut members = members.into_iter().map(|(key, value)| Ok((key, normal(value)?))).collect::<Result<Vec<_>>>()?;
            // The sort is stable, so that of equal keys the last written is the last here.
            members.sort_by(|(left, _), (right, _)| left.len().cmp(&right.len()).then_with(|| left.cmp(right)));
            members.reverse();
            members.dedup_by(|(later, _), (kept, _)| later == kept);
            members.reverse();
            Json::Object(members)
        }
        other => other,
    })
}

/// As `jsonb` is printed: a space behind each comma and colon.
pub fn write(json: &Json, out: &mut String) {
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(true) => out.push_str("true"),
        Json::Bool(false) => out.push_str("false"),
        Json::Number(digits) => out.push_str(digits),
        Json::String(text) => write_string(text, out),
        Json::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                write(item, out);
            }
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            for (place, (key, value)) in members.iter().enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                write_string(key, out);
                out.push_str(": ");
                write(value, out);
            }
            out.push('}');
        }
    }
}

/// A text in quotes, with what must be escaped escaped.
pub fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..'\u{20}' => out.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => out.push(character),
        }
    }
    out.push('"');
}
