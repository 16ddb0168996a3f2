//! JSON objects as rows of a composite type: `json_populate_record`, `json_populate_recordset`.

use std::sync::Arc;

use spi::{Code, Error, Result};

use super::raw::{Raw, read, text};
use crate::function::{Context, RowSource, ScalarEntry, SetEntry, Signature};
use crate::functions::Arguments;
use crate::io;
use crate::types::{TypeKind, oid};
use crate::value::{Array, Dimension, Field, Record, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[ScalarEntry::new("json_populate_record", one), ScalarEntry::new("jsonb_populate_record", one)];

pub const SETS: &[SetEntry] = &[
    SetEntry::new("json_populate_recordset", |context, signature, arguments| {
        many(context, signature, arguments, "json_populate_recordset")
    }),
    SetEntry::new("jsonb_populate_recordset", |context, signature, arguments| {
        many(context, signature, arguments, "jsonb_populate_recordset")
    }),
];

/// The columns of the result, with the values that those have which the object does not name.
struct Base {
    type_oid: u32,
    fields: Arc<[Field]>,
    values: Vec<Value>,
}

impl Base {
    fn of(context: &Context<'_>, signature: &Signature, given: &Value) -> Result<Self> {
        if let Value::Record(record) = given {
            return Ok(Self { type_oid: record.type_oid, fields: record.fields.clone(), values: record.values.clone() });
        }
        let type_oid = signature.result.oid;
        let info = context.catalog.type_info(type_oid).filter(|info| info.kind == TypeKind::Composite);
        let fields = match info {
            Some(info) => io::record::fields(context, &info),
            None => return Err(Error::new(Code::DatatypeMismatch, "could not determine row type for result of record function")),
        };
        Ok(Self { type_oid, values: vec![Value::Null; fields.len()], fields })
    }

    fn record(&self, context: &Context<'_>, members: &[(String, &str)]) -> Result<Value> {
        let mut values = self.values.clone();
        for (field, value) in self.fields.iter().zip(&mut values) {
            if let Some((_, json)) = members.iter().rev().find(|(name, _)| **name == *field.name) {
                *value = typed(context, field.type_oid, field.typmod, json)?;
            }
        }
        Ok(Value::Record(Arc::new(Record { type_oid: self.type_oid, fields: self.fields.clone(), values })))
    }
}

fn one(context: &Context<'_>, signature: &Signature, arguments: &[Value]) -> Result<Value> {
    if arguments.is_null(1) {
        return Ok(arguments[0].clone());
    }
    let base = Base::of(context, signature, &arguments[0])?;
    match read(arguments.text(1)?)? {
        Raw::Object(members) => base.record(context, &members),
        other => Err(Error::new(Code::InvalidArgument, format!("cannot call populate_composite on {}", kind(&other)))),
    }
}

fn many(context: &Context<'_>, signature: &Signature, arguments: &[Value], name: &str) -> Result<RowSource> {
    if arguments.is_null(1) {
        return Ok(Box::new(std::iter::empty()));
    }
    let base = Base::of(context, signature, &arguments[0])?;
    let items = match read(arguments.text(1)?)? {
        Raw::Array(items) => items,
        other => return Err(Error::new(Code::InvalidArgument, format!("cannot call {name} on {}", kind(&other)))),
    };
    let mut rows = Vec::with_capacity(items.len());
    for item in items {
        match read(item)? {
            Raw::Object(members) => rows.push(base.record(context, &members)),
            _ => return Err(Error::new(Code::InvalidArgument, format!("argument of {name} must be an array of objects"))),
        }
    }
    Ok(Box::new(rows.into_iter()))
}

fn kind(found: &Raw<'_>) -> &'static str {
    match found {
        Raw::Scalar(_) => "a scalar",
        Raw::Array(_) => "an array",
        Raw::Object(_) => "an object",
    }
}

/// A JSON value as one of a type: parts by parts, all else by its text.
fn typed(context: &Context<'_>, type_oid: u32, typmod: i32, json: &str) -> Result<Value> {
    if matches!(type_oid, oid::JSON | oid::JSONB) {
        return io::input(context, type_oid, typmod, json);
    }
    let Some(plain) = text(json)? else { return Ok(Value::Null) };
    let info = context.catalog.type_info(type_oid);
    match (read(json)?, info) {
        (Raw::Array(_), Some(info)) if info.is_array => {
            let (mut dimensions, mut values) = (Vec::new(), Vec::new());
            collect(context, info.element, json, 0, &mut dimensions, &mut values)?;
            if values.is_empty() {
                dimensions.clear();
            }
            Ok(Value::Array(Arc::new(Array { element: info.element, dimensions, values })))
        }
        (Raw::Object(members), Some(info)) if info.kind == TypeKind::Composite => {
            let fields = io::record::fields(context, &info);
            let base = Base { type_oid, values: vec![Value::Null; fields.len()], fields };
            base.record(context, &members)
        }
        _ => io::input(context, type_oid, typmod, &plain),
    }
}

/// The items of nested arrays, which must be of one length per dimension.
fn collect(
    context: &Context<'_>,
    element: u32,
    json: &str,
    depth: usize,
    dimensions: &mut Vec<Dimension>,
    values: &mut Vec<Value>,
) -> Result<()> {
    let malformed = || {
        Error::new(Code::InvalidText, "malformed JSON array")
            .detail("Multidimensional arrays must have sub-arrays with matching dimensions.")
    };
    let Raw::Array(items) = read(json)? else {
        if depth < dimensions.len() {
            return Err(malformed());
        }
        values.push(typed(context, element, -1, json)?);
        return Ok(());
    };
    let length = items.len() as i32;
    match dimensions.get(depth) {
        Some(dimension) if dimension.length != length => return Err(malformed()),
        Some(_) => {}
        None if values.is_empty() => dimensions.push(Dimension { length, lower: 1 }),
        None => return Err(malformed()),
    }
    for item in items {
        collect(context, element, item, depth + 1, dimensions, values)?;
    }
    Ok(())
}
