//! What a JSON value is: `json_typeof`, `json_array_length`, `jsonb_pretty`, `json_strip_nulls`.

use spi::{Code, Error, Result};

use super::raw::{Raw, read};
use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::io::json::{Json, parse, write, write_string};
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("json_typeof", |_, _, arguments| Ok(kind(arguments.text(0)?).into())),
    ScalarEntry::new("jsonb_typeof", |_, _, arguments| Ok(kind(arguments.text(0)?).into())),
    ScalarEntry::new("json_array_length", |_, _, arguments| length(arguments.text(0)?)),
    ScalarEntry::new("jsonb_array_length", |_, _, arguments| length(arguments.text(0)?)),
    ScalarEntry::new("jsonb_pretty", |_, _, arguments| {
        let mut out = String::new();
        pretty(&parse(arguments.text(0)?)?, 0, &mut out);
        Ok(out.into())
    }),
    ScalarEntry::new("jsonb_strip_nulls", |_, _, arguments| {
        let mut out = String::new();
        write(&stripped(parse(arguments.text(0)?)?), &mut out);
        Ok(out.into())
    }),
    ScalarEntry::new("json_strip_nulls", |_, _, arguments| {
        let mut out = String::new();
        compact(&stripped(parse(arguments.text(0)?)?), &mut out);
        Ok(out.into())
    }),
];

fn kind(json: &str) -> &'static str {
    match json.trim_start().as_bytes().first() {
        Some(b'{') => "object",
        Some(b'[') => "array",
        Some(b'"') => "string",
        Some(b't' | b'f') => "boolean",
        Some(b'n') => "null",
        _ => "number",
    }
}

fn length(json: &str) -> Result<Value> {
    let message = match read(json)? {
        Raw::Array(items) => return Ok(Value::Int(items.len() as i64)),
        Raw::Object(_) => "cannot get array length of a non-array",
        Raw::Scalar(_) => "cannot get array length of a scalar",
    };
    Err(Error::new(Code::InvalidArgument, message))
}

/// Without the members that are null, at any depth; items of arrays stay.
fn stripped(json: Json) -> Json {
    match json {
        Json::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| *value != Json::Null);
            Json::Object(kept.map(|(key, value)| (key, stripped(value))).collect())
        }
        Json::Array(items) => Json::Array(items.into_iter().map(stripped).collect()),
        other => other,
    }
}

/// Without blanks.
fn compact(json: &Json, out: &mut String) {
    let separate = |place: usize, out: &mut String| {
        if place > 0 {
            out.push(',');
        }
    };
    match json {
        Json::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                separate(place, out);
                compact(item, out);
            }
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            for (place, (key, value)) in members.iter().enumerate() {
                separate(place, out);
                write_string(key, out);
                out.push(':');
                compact(value, out);
            }
            out.push('}');
        }
        scalar => write(scalar, out),
    }
}

/// One part per line, indented by four blanks per level.
fn pretty(json: &Json, level: usize, out: &mut String) {
    let line = |level: usize, out: &mut String| {
        out.push('\n');
        out.push_str(&"    ".repeat(level));
    };
    match json {
        Json::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                line(level + 1, out);
                pretty(item, level + 1, out);
            }
            line(level, out);
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            for (place, (key, value)) in members.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                line(level + 1, out);
                write_string(key, out);
                out.push_str(": ");
                pretty(value, level + 1, out);
            }
            line(level, out);
            out.push('}');
        }
        scalar => write(scalar, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn values_are_written_for_people() {
        let mut out = String::new();
        pretty(&parse("{\"a\":[1,{\"b\":2}],\"c\":{},\"d\":[]}").unwrap(), 0, &mut out);
        let expected =
            "{\n    \"a\": [\n        1,\n        {\n            \"b\": 2\n        }\n    ],\n    \"c\": {\n    },\n    \"d\": [\n    ]\n}";
        assert_eq!(out, expected);
    }

    /// Recorded from PostgreSQL 16.
    #[test]
    fn nulls_are_stripped_from_objects() {
        let mut out = String::new();
        compact(&stripped(parse("{\"a\":null,\"b\":[null,{\"c\":null}]}").unwrap()), &mut out);
        assert_eq!(out, "{\"b\":[null,{}]}");
        assert_eq!(length("{}").unwrap_err().message, "cannot get array length of a non-array");
    }
}
