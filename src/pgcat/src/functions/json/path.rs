//! Parts of JSON values by key, place or path: `->`, `->>`, `#>`, `#>>`.

use spi::Result;

use super::raw::{Raw, read, text};
use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("json_object_field", |_, _, arguments| field(arguments, Given::Value)),
    ScalarEntry::new("jsonb_object_field", |_, _, arguments| field(arguments, Given::Value)),
    ScalarEntry::new("json_object_field_text", |_, _, arguments| field(arguments, Given::Text)),
    ScalarEntry::new("jsonb_object_field_text", |_, _, arguments| field(arguments, Given::Text)),
    ScalarEntry::new("json_array_element", |_, _, arguments| element(arguments, item, Given::Value)),
    ScalarEntry::new("jsonb_array_element", |_, _, arguments| element(arguments, item_of_any, Given::Value)),
    ScalarEntry::new("json_array_element_text", |_, _, arguments| element(arguments, item, Given::Text)),
    ScalarEntry::new("jsonb_array_element_text", |_, _, arguments| element(arguments, item_of_any, Given::Text)),
    ScalarEntry::new("json_extract_path", |_, _, arguments| path(arguments, Given::Value)),
    ScalarEntry::new("jsonb_extract_path", |_, _, arguments| path(arguments, Given::Value)),
    ScalarEntry::new("json_extract_path_text", |_, _, arguments| path(arguments, Given::Text)),
    ScalarEntry::new("jsonb_extract_path_text", |_, _, arguments| path(arguments, Given::Text)),
];

/// What is given of the part: itself, or its text.
#[derive(Clone, Copy)]
pub enum Given {
    Value,
    Text,
}

impl Given {
    pub fn of(self, part: &str) -> Result<Value> {
        Ok(match self {
            Given::Value => part.into(),
            Given::Text => text(part)?.map_or(Value::Null, |text| text.as_ref().into()),
        })
    }
}

fn field(arguments: &[Value], given: Given) -> Result<Value> {
    match member(arguments.text(0)?, arguments.text(1)?)? {
        Some(part) => given.of(part),
        None => Ok(Value::Null),
    }
}

/// Of a key that comes more than once the last one counts.
fn member<'a>(json: &'a str, key: &str) -> Result<Option<&'a str>> {
    Ok(match read(json)? {
        Raw::Object(members) => members.into_iter().rev().find(|(name, _)| name == key).map(|(_, value)| value),
        _ => None,
    })
}

/// What is at a place of a value.
type Item = fn(&str, i64) -> Result<Option<&str>>;

fn element(arguments: &[Value], item: Item, given: Given) -> Result<Value> {
    match item(arguments.text(0)?, arguments.int(1)?)? {
        Some(part) => given.of(part),
        None => Ok(Value::Null),
    }
}

/// Places are counted from 0, negative ones from the end.
fn item(json: &str, place: i64) -> Result<Option<&str>> {
    let Raw::Array(items) = read(json)? else { return Ok(None) };
    let place = if place < 0 { place + items.len() as i64 } else { place };
    Ok(usize::try_from(place).ok().and_then(|place| items.get(place).copied()))
}

/// The same, with a scalar as an array of it alone, as which `jsonb` keeps it.
fn item_of_any(json: &str, place: i64) -> Result<Option<&str>> {
    match read(json)? {
        Raw::Scalar(_) => Ok((place == 0 || place == -1).then_some(json)),
        _ => item(json, place),
    }
}

fn path(arguments: &[Value], given: Given) -> Result<Value> {
    let mut part = arguments.text(0)?.trim();
    for step in &arguments.array(1)?.values {
        let Some(step) = step.as_str() else { return Ok(Value::Null) };
        let next = match read(part)? {
            Raw::Object(members) => members.into_iter().rev().find(|(name, _)| name == step).map(|(_, value)| value),
            Raw::Array(_) => step.trim_start().parse().map_or(Ok(None), |place| item(part, place))?,
            Raw::Scalar(_) => None,
        };
        match next {
            Some(next) => part = next,
            None => return Ok(Value::Null),
        }
    }
    given.of(part)
}
