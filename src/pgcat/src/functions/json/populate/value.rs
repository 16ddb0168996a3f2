//! A JSON value as one of a type: arrays and rows part by part, all else by its text.

use std::sync::Arc;

use spi::{Code, Error, Result};

use super::Base;
use crate::function::Context;
use crate::functions::json::raw::{Raw, read, text};
use crate::io;
use crate::types::{TypeKind, oid};
use crate::value::{Array, Dimension, Field, Value};

/// The value of a field.
pub fn typed(context: &Context<'_>, field: &Field, json: &str) -> Result<Value> {
    let place = Place { key: &field.name, items: Vec::new() };
    part(context, field.type_oid, field.typmod, json, &place)
}

pub fn no_object(found: &Raw<'_>) -> Error {
    Error::new(Code::InvalidArgument, format!("cannot call populate_composite on {}", kind(found)))
}

pub fn kind(found: &Raw<'_>) -> &'static str {
    match found {
        Raw::Scalar(_) => "a scalar",
        Raw::Array(_) => "an array",
        Raw::Object(_) => "an object",
    }
}

/// Where a part stands: under which key, and at which places of nested arrays.
struct Place<'a> {
    key: &'a str,
    items: Vec<usize>,
}

impl Place<'_> {
    fn no_array(&self) -> Error {
        let indices: String = self.items.iter().map(|place| format!("[{place}]")).collect();
        let hint = match indices.as_str() {
            "" => format!("See the value of key \"{}\".", self.key),
            indices => format!("See the array element {indices} of key \"{}\".", self.key),
        };
        Error::new(Code::InvalidText, "expected JSON array").hint(hint)
    }
}

fn part(context: &Context<'_>, type_oid: u32, typmod: i32, json: &str, place: &Place<'_>) -> Result<Value> {
    let Some(plain) = text(json)? else { return Ok(Value::Null) };
    if matches!(type_oid, oid::JSON | oid::JSONB) {
        return io::input(context, type_oid, typmod, json);
    }
    let (type_oid, typmod) = context.catalog.base_type(type_oid, typmod);
    let is_string = json.starts_with('"');
    match context.catalog.type_info(type_oid) {
        Some(info) if info.is_array && !is_string => {
            let mut items = Items { context, element: info.element, typmod, lengths: Vec::new(), depth: None, values: Vec::new() };
            items.collect(json, &mut Place { key: place.key, items: Vec::new() })?;
            Ok(items.array())
        }
        Some(info) if info.kind == TypeKind::Composite && !is_string => match read(json)? {
            Raw::Object(members) => Base::empty(type_oid, io::record::fields(context, &info)).record(context, &members),
            other => Err(no_object(&other)),
        },
        _ => io::input(context, type_oid, typmod, &plain),
    }
}

/// The items of nested arrays as they are found.
struct Items<'a> {
    context: &'a Context<'a>,
    element: u32,
    typmod: i32,
    /// Of each dimension; `None` before the end of its first array.
    lengths: Vec<Option<usize>>,
    /// How many dimensions there are, as the first item that is no array says: what is deeper is an item, whatever it is.
    depth: Option<usize>,
    values: Vec<Value>,
}

impl Items<'_> {
    fn collect(&mut self, json: &str, place: &mut Place<'_>) -> Result<()> {
        let Raw::Array(items) = read(json)? else { return Err(place.no_array()) };
        let level = place.items.len();
        if self.lengths.len() == level {
            self.lengths.push(None);
        }
        for (index, item) in items.iter().enumerate() {
            place.items.push(index);
            let is_array = item.starts_with('[');
            if !is_array && self.depth.is_none() {
                self.depth = Some(level + 1);
            }
            match self.depth {
                Some(depth) if depth == level + 1 => {
                    let value = part(self.context, self.element, self.typmod, item, place)?;
                    self.values.push(value);
                }
                _ => self.collect(item, place)?,
            }
            place.items.pop();
        }
        if self.depth.is_none() && level + 1 == self.lengths.len() {
            // The innermost array is empty, so that nothing can be deeper.
            self.depth = Some(level + 1);
        }
        match self.lengths[level] {
            Some(length) if length != items.len() => Err(Error::new(Code::InvalidText, "malformed JSON array")
                .detail("Multidimensional arrays must have sub-arrays with matching dimensions.")),
            _ => {
                self.lengths[level] = Some(items.len());
                Ok(())
            }
        }
    }

    fn array(self) -> Value {
        if self.values.is_empty() {
            return Value::Array(Arc::new(Array::new(self.element, Vec::new(), 1)));
        }
        let dimensions = self.lengths.iter().flatten().map(|length| Dimension { length: *length as i32, lower: 1 }).collect();
        Value::Array(Arc::new(Array { element: self.element, dimensions, values: self.values }))
    }
}
