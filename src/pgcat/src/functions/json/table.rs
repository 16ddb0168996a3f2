//! JSON values as rows: `json_each`, `json_array_elements`, `json_object_keys`.

use spi::{Code, Error, Result};

use super::path::Given;
use super::raw::{Raw, read};
use crate::function::{RowSource, SetEntry};
use crate::functions::Arguments;
use crate::functions::catalog::records::{Columns, rows};
use crate::types::oid;
use crate::value::Value;

pub const SETS: &[SetEntry] = &[
    SetEntry::new("json_each", |_, _, arguments| each(arguments, JSON_MEMBERS, Given::Value, Faults::DECONSTRUCT)),
    SetEntry::new("json_each_text", |_, _, arguments| each(arguments, TEXT_MEMBERS, Given::Text, Faults::DECONSTRUCT)),
    SetEntry::new("jsonb_each", |_, _, arguments| {
        each(arguments, JSONB_MEMBERS, Given::Value, Faults::both("cannot call jsonb_each on a non-object"))
    }),
    SetEntry::new("jsonb_each_text", |_, _, arguments| {
        each(arguments, TEXT_MEMBERS, Given::Text, Faults::both("cannot call jsonb_each_text on a non-object"))
    }),
    SetEntry::new("json_array_elements", |_, _, arguments| {
        let faults =
            Faults { container: "cannot call json_array_elements on a non-array", scalar: "cannot call json_array_elements on a scalar" };
        elements(arguments, Given::Value, faults)
    }),
    SetEntry::new("json_array_elements_text", |_, _, arguments| {
        let faults = Faults {
            container: "cannot call json_array_elements_text on a non-array",
            scalar: "cannot call json_array_elements_text on a scalar",
        };
        elements(arguments, Given::Text, faults)
    }),
    SetEntry::new("jsonb_array_elements", |_, _, arguments| elements(arguments, Given::Value, Faults::EXTRACT)),
    SetEntry::new("jsonb_array_elements_text", |_, _, arguments| elements(arguments, Given::Text, Faults::EXTRACT)),
    SetEntry::new("json_object_keys", |_, _, arguments| {
        keys(
            arguments,
            Faults { container: "cannot call json_object_keys on an array", scalar: "cannot call json_object_keys on a scalar" },
        )
    }),
    SetEntry::new("jsonb_object_keys", |_, _, arguments| {
        keys(
            arguments,
            Faults { container: "cannot call jsonb_object_keys on an array", scalar: "cannot call jsonb_object_keys on a scalar" },
        )
    }),
];

const JSON_MEMBERS: Columns = &[("key", oid::TEXT), ("value", oid::JSON)];
const JSONB_MEMBERS: Columns = &[("key", oid::TEXT), ("value", oid::JSONB)];
const TEXT_MEMBERS: Columns = &[("key", oid::TEXT), ("value", oid::TEXT)];

/// What is said of a value of another kind: of an array or object, and of a scalar.
struct Faults {
    container: &'static str,
    scalar: &'static str,
}

impl Faults {
    const DECONSTRUCT: Faults = Faults { container: "cannot deconstruct an array as an object", scalar: "cannot deconstruct a scalar" };
    const EXTRACT: Faults = Faults { container: "cannot extract elements from an object", scalar: "cannot extract elements from a scalar" };

    fn both(message: &'static str) -> Self {
        Faults { container: message, scalar: message }
    }

    fn error(&self, found: &Raw<'_>) -> Error {
        let message = if matches!(found, Raw::Scalar(_)) { self.scalar } else { self.container };
        Error::new(Code::InvalidArgument, message)
    }
}

fn each(arguments: &[Value], columns: Columns, given: Given, faults: Faults) -> Result<RowSource> {
    let members = match read(arguments.text(0)?)? {
        Raw::Object(members) => members,
        other => return Err(faults.error(&other)),
    };
    let values = members.into_iter().map(|(key, value)| Ok(vec![key.into(), given.of(value)?])).collect::<Result<_>>()?;
    Ok(rows(columns, values))
}

fn elements(arguments: &[Value], given: Given, faults: Faults) -> Result<RowSource> {
    let items = match read(arguments.text(0)?)? {
        Raw::Array(items) => items,
        other => return Err(faults.error(&other)),
    };
    let values: Vec<Value> = items.into_iter().map(|item| given.of(item)).collect::<Result<_>>()?;
    Ok(Box::new(values.into_iter().map(Ok)))
}

fn keys(arguments: &[Value], faults: Faults) -> Result<RowSource> {
    match read(arguments.text(0)?)? {
        Raw::Object(members) => {
            let keys: Vec<String> = members.into_iter().map(|(key, _)| key).collect();
            Ok(Box::new(keys.into_iter().map(|key| Ok(key.into()))))
        }
        other => Err(faults.error(&other)),
    }
}
