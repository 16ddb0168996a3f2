//! JSON objects as rows: `json_populate_record` and `json_to_record`, `json_populate_recordset` and `json_to_recordset`.
//!
//! The columns are those of a composite type, or those of the list behind AS, which is the last argument then: a record of nulls.

mod value;

use std::sync::Arc;

use spi::{Code, Error, Result};

use super::raw::{Raw, read};
use crate::function::{Context, RowSource, ScalarEntry, SetEntry, Signature};
use crate::functions::Arguments;
use crate::io;
use crate::resolve::{Names, format_type};
use crate::types::{TypeKind, oid};
use crate::value::{Field, Record, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("json_populate_record", |context, signature, arguments| {
        one(context, signature, arguments, Call::populate("json_populate_record"))
    }),
    ScalarEntry::new("jsonb_populate_record", |context, signature, arguments| {
        one(context, signature, arguments, Call::populate("jsonb_populate_record"))
    }),
    ScalarEntry::new("json_to_record", |context, signature, arguments| one(context, signature, arguments, Call::to("json_to_record"))),
    ScalarEntry::new("jsonb_to_record", |context, signature, arguments| one(context, signature, arguments, Call::to("jsonb_to_record"))),
];

pub const SETS: &[SetEntry] = &[
    SetEntry::new("json_populate_recordset", |context, signature, arguments| {
        many(context, signature, arguments, Call::populate("json_populate_recordset"))
    }),
    SetEntry::new("jsonb_populate_recordset", |context, signature, arguments| {
        many(context, signature, arguments, Call::populate("jsonb_populate_recordset"))
    }),
    SetEntry::new("json_to_recordset", |context, signature, arguments| many(context, signature, arguments, Call::to("json_to_recordset"))),
    SetEntry::new("jsonb_to_recordset", |context, signature, arguments| {
        many(context, signature, arguments, Call::to("jsonb_to_recordset"))
    }),
];

/// Which function is called.
#[derive(Clone, Copy)]
struct Call {
    name: &'static str,
    /// Where the JSON value is: behind the row that is to be filled, where there is one.
    json: usize,
}

impl Call {
    const fn populate(name: &'static str) -> Self {
        Self { name, json: 1 }
    }

    const fn to(name: &'static str) -> Self {
        Self { name, json: 0 }
    }
}

fn one(context: &Context<'_>, signature: &Signature, arguments: &[Value], call: Call) -> Result<Value> {
    let base = Base::of(context, signature, arguments, call)?;
    if arguments.is_null(call.json) {
        return Ok(if call.json == 0 { Value::Null } else { arguments[0].clone() });
    }
    match read(arguments.text(call.json)?)? {
        Raw::Object(members) => base.record(context, &members),
        other => Err(value::no_object(&other)),
    }
}

fn many(context: &Context<'_>, signature: &Signature, arguments: &[Value], call: Call) -> Result<RowSource> {
    let base = Base::of(context, signature, arguments, call)?;
    if arguments.is_null(call.json) {
        return Ok(Box::new(std::iter::empty()));
    }
    let invalid = |message: String| Error::new(Code::InvalidArgument, message);
    let name = call.name;
    let items = match read(arguments.text(call.json)?)? {
        Raw::Array(items) => items,
        _ if name.starts_with("jsonb") => return Err(invalid(format!("cannot call {name} on a non-array"))),
        other => return Err(invalid(format!("cannot call {name} on {}", value::kind(&other)))),
    };
    let mut rows = Vec::with_capacity(items.len());
    for item in items {
        match read(item)? {
            Raw::Object(members) => rows.push(base.record(context, &members)),
            _ => return Err(invalid(format!("argument of {name} must be an array of objects"))),
        }
    }
    Ok(Box::new(rows.into_iter()))
}

/// The columns of the result, with the values that those have which the object does not name.
struct Base {
    type_oid: u32,
    fields: Arc<[Field]>,
    values: Vec<Value>,
}

impl Base {
    fn of(context: &Context<'_>, signature: &Signature, arguments: &[Value], call: Call) -> Result<Self> {
        let shape = match arguments.last() {
            Some(Value::Record(shape)) if arguments.len() > call.json + 1 => Some(shape),
            _ => None,
        };
        match (arguments.first(), shape) {
            (Some(Value::Record(given)), shape) if call.json == 1 => {
                if let Some(shape) = shape {
                    check_fields(context, given, shape)?;
                }
                Ok(Self::filled(given))
            }
            (_, Some(shape)) => Ok(Self::filled(shape)),
            (_, None) => Self::of_type(context, signature, call),
        }
    }

    fn filled(record: &Record) -> Self {
        Self { type_oid: record.type_oid, fields: record.fields.clone(), values: record.values.clone() }
    }

    fn empty(type_oid: u32, fields: Arc<[Field]>) -> Self {
        Self { type_oid, values: vec![Value::Null; fields.len()], fields }
    }

    fn of_type(context: &Context<'_>, signature: &Signature, call: Call) -> Result<Self> {
        let type_oid = signature.result.oid;
        match context.catalog.type_info(type_oid) {
            Some(info) if info.kind == TypeKind::Composite => Ok(Self::empty(type_oid, io::record::fields(context, &info))),
            _ if type_oid == oid::RECORD => {
                let hint = match call.json {
                    0 => "Call the function in the FROM clause using a column definition list.",
                    _ => "Provide a non-null record argument, or call the function in the FROM clause using a column definition list.",
                };
                Err(Error::new(Code::Unsupported, format!("could not determine row type for result of {}", call.name)).hint(hint))
            }
            _ => Err(Error::new(Code::DatatypeMismatch, format!("first argument of {} must be a row type", call.name))),
        }
    }

    fn record(&self, context: &Context<'_>, members: &[(String, &str)]) -> Result<Value> {
        let mut values = self.values.clone();
        for (field, value) in self.fields.iter().zip(&mut values) {
            if let Some((_, json)) = members.iter().rev().find(|(name, _)| **name == *field.name) {
                *value = value::typed(context, field, json)?;
            }
        }
        Ok(Value::Record(Arc::new(Record { type_oid: self.type_oid, fields: self.fields.clone(), values })))
    }
}

/// Refuses a row whose columns are not those of the list behind AS.
fn check_fields(context: &Context<'_>, given: &Record, shape: &Record) -> Result<()> {
    let fault = |detail: String| {
        let message = "function return row and query-specified return row do not match";
        Err(Error::new(Code::DatatypeMismatch, message).detail(detail))
    };
    let (returned, expected) = (given.fields.len(), shape.fields.len());
    if returned != expected {
        let s = if returned == 1 { "" } else { "s" };
        return fault(format!("Returned row contains {returned} attribute{s}, but query expects {expected}."));
    }
    let types = given.fields.iter().zip(shape.fields.iter()).map(|(left, right)| (left.type_oid, right.type_oid));
    match types.enumerate().find(|(_, (returned, expected))| returned != expected) {
        Some((place, (returned, expected))) => {
            let name = |type_oid| format_type(Names::new(context.catalog, &[]), type_oid, None);
            let (returned, expected) = (name(returned), name(expected));
            fault(format!("Returned type {returned} at ordinal position {}, but query expects {expected}.", place + 1))
        }
        None => Ok(()),
    }
}
