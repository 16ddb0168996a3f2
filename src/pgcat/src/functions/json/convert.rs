//! Values of any type as JSON: `to_json`, `row_to_json`, `array_to_json`.

use spi::{Code, Error, Result};

use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::io::style::{DateForm, DateStyle};
use crate::io::zone::Zone;
use crate::io::{self, json, times};
use crate::types::oid;
use crate::value::{Array, Dimension, Record, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("to_json", |context, signature, arguments| Ok(argument(context, signature, arguments)?.into())),
    ScalarEntry::new("to_jsonb", |context, signature, arguments| Ok(json::normalise(&argument(context, signature, arguments)?)?.into())),
    ScalarEntry::new("row_to_json", |context, _, arguments| row(context, arguments)),
    ScalarEntry::new("row_to_json_pretty", |context, _, arguments| row(context, arguments)),
    ScalarEntry::new("array_to_json", |context, _, arguments| array(context, arguments)),
    ScalarEntry::new("array_to_json_pretty", |context, _, arguments| array(context, arguments)),
];

fn argument(context: &Context<'_>, signature: &Signature, arguments: &[Value]) -> Result<String> {
    let mut out = String::new();
    write(context, signature.arguments.first().map_or(oid::TEXT, |argument| argument.oid), &arguments[0], &mut out)?;
    Ok(out)
}

fn row(context: &Context<'_>, arguments: &[Value]) -> Result<Value> {
    let breaks = arguments.len() > 1 && arguments.bool(1)?;
    let mut out = String::new();
    write_record(context, arguments.record(0)?, breaks, &mut out)?;
    Ok(out.into())
}

fn array(context: &Context<'_>, arguments: &[Value]) -> Result<Value> {
    let breaks = arguments.len() > 1 && arguments.bool(1)?;
    let mut out = String::new();
    write_array(context, arguments.array(0)?, breaks, &mut out)?;
    Ok(out.into())
}

/// Appends a value of a type as `json` has it.
pub fn write(context: &Context<'_>, type_oid: u32, value: &Value, out: &mut String) -> Result<()> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Array(array) if !matches!(type_oid, oid::INT2VECTOR | oid::OIDVECTOR) => write_array(context, array, false, out)?,
        Value::Record(record) => write_record(context, record, false, out)?,
        Value::Text(_) | Value::Ordered(_) if matches!(type_oid, oid::JSON | oid::JSONB) => {
            out.push_str(value.as_str().unwrap_or_default());
        }
        Value::Date(_) | Value::Timestamp(_) => json::write_string(&moment(context, type_oid, value), out),
        _ => {
            let text = io::output(context, type_oid, value)?;
            match type_oid {
                oid::INT2 | oid::INT4 | oid::INT8 | oid::FLOAT4 | oid::FLOAT8 | oid::NUMERIC if is_number(&text) => out.push_str(&text),
                _ => json::write_string(&text, out),
            }
        }
    }
    Ok(())
}

/// Dates and timestamps in the form of ISO 8601, whatever the session's style is.
fn moment(context: &Context<'_>, type_oid: u32, value: &Value) -> String {
    const STYLE: DateStyle = DateStyle { form: DateForm::Xml, ..DateStyle::ISO };
    let mut text = String::new();
    match value {
        Value::Date(days) => times::date(*days, STYLE, &mut text),
        Value::Timestamp(moment) if type_oid == oid::TIMESTAMPTZ => {
            times::timestamptz(*moment, &Zone::of(context.host), STYLE, &mut text);
        }
        Value::Timestamp(local) => times::timestamp(*local, STYLE, &mut text),
        _ => {}
    }
    text
}

/// Infinities and NaN are no numbers in JSON.
fn is_number(text: &str) -> bool {
    text.ends_with(|last: char| last.is_ascii_digit())
}

/// A key of an object, which must not be null nor have parts.
pub fn write_key(context: &Context<'_>, type_oid: u32, value: &Value, out: &mut String) -> Result<()> {
    let has_parts = matches!(value, Value::Array(_) | Value::Record(_)) || matches!(type_oid, oid::JSON | oid::JSONB);
    if has_parts {
        return Err(Error::new(Code::InvalidArgument, "key value must be scalar, not array, composite, or json"));
    }
    match value {
        Value::Bool(truth) => json::write_string(if *truth { "true" } else { "false" }, out),
        value => json::write_string(&io::output(context, type_oid, value)?, out),
    }
    Ok(())
}

fn write_array(context: &Context<'_>, array: &Array, breaks: bool, out: &mut String) -> Result<()> {
    if array.dimensions.is_empty() {
        out.push_str("[]");
        return Ok(());
    }
    let mut values = array.values.iter();
    write_dimension(context, array.element, &array.dimensions, &mut values, breaks, out)
}

/// Only the outermost dimension has line breaks between its items.
fn write_dimension<'a>(
    context: &Context<'_>,
    element: u32,
    dimensions: &[Dimension],
    values: &mut impl Iterator<Item = &'a Value>,
    breaks: bool,
    out: &mut String,
) -> Result<()> {
    let Some((first, inner)) = dimensions.split_first() else {
        return write(context, element, values.next().unwrap_or(&Value::Null), out);
    };
    out.push('[');
    for place in 0..first.length {
        if place > 0 {
            out.push_str(if breaks { ",\n " } else { "," });
        }
        write_dimension(context, element, inner, values, false, out)?;
    }
    out.push(']');
    Ok(())
}

fn write_record(context: &Context<'_>, record: &Record, breaks: bool, out: &mut String) -> Result<()> {
    out.push('{');
    for (place, (field, value)) in record.fields.iter().zip(&record.values).enumerate() {
        if place > 0 {
            out.push_str(if breaks { ",\n " } else { "," });
        }
        json::write_string(&field.name, out);
        out.push(':');
        write(context, field.type_oid, value, out)?;
    }
    out.push('}');
    Ok(())
}
