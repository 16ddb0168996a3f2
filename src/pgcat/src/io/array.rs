//! Arrays of all types: `{1,NULL,"a, b"}`, nested, and with lower bounds in front.

mod binary;
mod bounds;
mod parse;

pub use binary::{receive, receive_vector, send};
pub use bounds::{check_bounds, check_dimensions};

use std::sync::Arc;

use spi::{Code, Error, Result};

use super::is_space;
use crate::function::Context;
use crate::types::oid;
use crate::value::{Array, Dimension, Value};

/// Reads an array whose elements are of a type with this delimiter between them.
pub fn read(context: &Context<'_>, element: u32, typmod: i32, delimiter: u8, text: &str) -> Result<Value> {
    let parsed = parse::parse(text, delimiter.into())?;
    let value = |item: Option<String>| match item {
        None => Ok(Value::Null),
        Some(item) => super::input(context, element, typmod, &item),
    };
    let values = parsed.items.into_iter().map(value).collect::<Result<Vec<_>>>()?;
    Ok(Value::Array(Arc::new(Array { element, dimensions: parsed.dimensions, values })))
}

pub fn write(context: &Context<'_>, array: &Array, delimiter: u8, out: &mut String) -> Result<()> {
    if array.dimensions.is_empty() || array.values.is_empty() {
        out.push_str("{}");
        return Ok(());
    }
    if array.dimensions.iter().any(|dimension| dimension.lower != 1) {
        for Dimension { length, lower } in &array.dimensions {
            let upper = i64::from(*lower) + i64::from(*length) - 1;
            out.push_str(&format!("[{lower}:{upper}]"));
        }
        out.push('=');
    }
    let mut values = array.values.iter();
    write_level(context, array, &array.dimensions, &mut values, delimiter.into(), out)
}

fn write_level(
    context: &Context<'_>,
    array: &Array,
    dimensions: &[Dimension],
    values: &mut std::slice::Iter<'_, Value>,
    delimiter: char,
    out: &mut String,
) -> Result<()> {
    let Some((dimension, inner)) = dimensions.split_first() else {
        return match values.next() {
            None | Some(Value::Null) => {
                out.push_str("NULL");
                Ok(())
            }
            Some(value) => write_item(context, array.element, value, delimiter, out),
        };
    };
    out.push('{');
    for place in 0..dimension.length {
        if place > 0 {
            out.push(delimiter);
        }
        write_level(context, array, inner, values, delimiter, out)?;
    }
    out.push('}');
    Ok(())
}

fn write_item(context: &Context<'_>, element: u32, value: &Value, delimiter: char, out: &mut String) -> Result<()> {
    let start = out.len();
    super::write(context, element, value, out)?;
    let item = &out[start..];
    let special = |character: char| matches!(character, '"' | '\\' | '{' | '}') || character == delimiter || is_space(character);
    if !item.is_empty() && !item.eq_ignore_ascii_case("null") && !item.contains(special) {
        return Ok(());
    }
    let item = out.split_off(start);
    out.push('"');
    for character in item.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
    out.push('"');
    Ok(())
}

/// `int2vector` and `oidvector`: numbers with spaces between them.
pub fn read_vector(context: &Context<'_>, element: u32, text: &str) -> Result<Value> {
    let mut values = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(rest.find(is_space).unwrap_or(rest.len()));
        let value = super::input(context, element, -1, word).map_err(|mut error| {
            // What is wrong is shown with all that stands behind it.
            error.message = error.message.replace(&format!("\"{word}\""), &format!("\"{rest}\""));
            error
        })?;
        values.push(value);
        rest = behind.trim_start_matches(is_space);
    }
    Ok(Value::vector(element, values))
}

/// What was cast to one of these types may be none.
pub fn check_vector(array: &Array) -> Result<()> {
    if array.dimensions.len() != 1 || array.values.iter().any(Value::is_null) {
        let type_name = if array.element == oid::OID { "oidvector" } else { "int2vector" };
        return Err(Error::new(Code::DatatypeMismatch, format!("array is not a valid {type_name}")));
    }
    Ok(())
}

pub fn write_vector(context: &Context<'_>, array: &Array, out: &mut String) -> Result<()> {
    check_vector(array)?;
    for (place, value) in array.values.iter().enumerate() {
        if place > 0 {
            out.push(' ');
        }
        super::write(context, array.element, value, out)?;
    }
    Ok(())
}
