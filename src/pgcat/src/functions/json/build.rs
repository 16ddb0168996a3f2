//! `json_build_object`, `json_build_array`, `json_object`, and the same for `jsonb`.

use spi::{Code, Error, Result};

use super::convert::{write, write_key};
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::functions::limits::within_limit;
use crate::functions::variadic::typed_values;
use crate::io::json;
use crate::value::{Array, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("json_build_object", |context, signature, arguments| object(context, signature, arguments, Form::Json)),
    ScalarEntry::new("jsonb_build_object", |context, signature, arguments| object(context, signature, arguments, Form::Jsonb)),
    ScalarEntry::new("json_build_array", |context, signature, arguments| array(context, signature, arguments, Form::Json)),
    ScalarEntry::new("jsonb_build_array", |context, signature, arguments| array(context, signature, arguments, Form::Jsonb)),
    ScalarEntry::new("json_build_object_noargs", |_, _, _| Ok("{}".into())),
    ScalarEntry::new("jsonb_build_object_noargs", |_, _, _| Ok("{}".into())),
    ScalarEntry::new("json_build_array_noargs", |_, _, _| Ok("[]".into())),
    ScalarEntry::new("jsonb_build_array_noargs", |_, _, _| Ok("[]".into())),
    ScalarEntry::new("json_object", |_, _, arguments| of_pairs(arguments.array(0)?, Form::Json)),
    ScalarEntry::new("jsonb_object", |_, _, arguments| of_pairs(arguments.array(0)?, Form::Jsonb)),
    ScalarEntry::new("json_object_two_arg", |_, _, arguments| of_lists(arguments.array(0)?, arguments.array(1)?, Form::Json)),
    ScalarEntry::new("jsonb_object_two_arg", |_, _, arguments| of_lists(arguments.array(0)?, arguments.array(1)?, Form::Jsonb)),
];

/// Which of the two types is built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Json,
    Jsonb,
}

impl Form {
    /// The value of a text of `json`.
    pub fn value(self, text: String) -> Result<Value> {
        within_limit(text.len())?;
        match self {
            Form::Json => Ok(text.into()),
            Form::Jsonb => Ok(json::normalise(&text)?.into()),
        }
    }
}

fn object(context: &Context<'_>, signature: &Signature, arguments: &[Value], form: Form) -> Result<Value> {
    let Some(values) = typed_values(signature, arguments, 0) else { return Ok(Value::Null) };
    let values: Vec<(u32, &Value)> = values.collect();
    if values.len() % 2 == 1 {
        let name = if form == Form::Json { "json_build_object" } else { "jsonb_build_object" };
        return Err(Error::new(Code::InvalidArgument, "argument list must have even number of elements")
            .hint(format!("The arguments of {name}() must consist of alternating keys and values.")));
    }
    let mut out = String::from("{");
    for (place, pair) in values.chunks_exact(2).enumerate() {
        let ((key_type, key), (value_type, value)) = (pair[0], pair[1]);
        if key.is_null() {
            return Err(match form {
                Form::Json => Error::new(Code::NullValue, "null value not allowed for object key"),
                Form::Jsonb => Error::new(Code::InvalidArgument, format!("argument {}: key must not be null", place * 2 + 1)),
            });
        }
        if place > 0 {
            out.push_str(", ");
        }
        write_key(context, key_type, key, &mut out)?;
        out.push_str(" : ");
        write(context, value_type, value, &mut out)?;
    }
    out.push('}');
    form.value(out)
}

fn array(context: &Context<'_>, signature: &Signature, arguments: &[Value], form: Form) -> Result<Value> {
    let Some(values) = typed_values(signature, arguments, 0) else { return Ok(Value::Null) };
    let mut out = String::from("[");
    for (place, (type_oid, value)) in values.enumerate() {
        if place > 0 {
            out.push_str(", ");
        }
        write(context, type_oid, value, &mut out)?;
    }
    out.push(']');
    form.value(out)
}

/// Of an array of keys and values in turn, or of pairs.
fn of_pairs(array: &Array, form: Form) -> Result<Value> {
    let subscripts = |message: &str| Error::new(Code::Subscript, message);
    match array.dimensions.as_slice() {
        [] | [_] if array.values.len() % 2 == 1 => return Err(subscripts("array must have even number of elements")),
        [_, columns] if columns.length != 2 => return Err(subscripts("array must have two columns")),
        [] | [_] | [_, _] => {}
        _ => return Err(subscripts("wrong number of array subscripts")),
    }
    members(array.values.chunks_exact(2).map(|pair| (&pair[0], &pair[1])), form)
}

fn of_lists(keys: &Array, values: &Array, form: Form) -> Result<Value> {
    if keys.dimensions.len() > 1 || keys.dimensions.len() != values.dimensions.len() {
        return Err(Error::new(Code::Subscript, "wrong number of array subscripts"));
    }
    if keys.values.len() != values.values.len() {
        return Err(Error::new(Code::Subscript, "mismatched array dimensions"));
    }
    members(keys.values.iter().zip(&values.values), form)
}

fn members<'a>(pairs: impl Iterator<Item = (&'a Value, &'a Value)>, form: Form) -> Result<Value> {
    let mut out = String::from("{");
    for (place, (key, value)) in pairs.enumerate() {
        let key = key.as_str().ok_or_else(|| Error::new(Code::NullValue, "null value not allowed for object key"))?;
        if place > 0 {
            out.push_str(", ");
        }
        json::write_string(key, &mut out);
        out.push_str(" : ");
        match value.as_str() {
            Some(text) => json::write_string(text, &mut out),
            None => out.push_str("null"),
        }
    }
    out.push('}');
    form.value(out)
}
