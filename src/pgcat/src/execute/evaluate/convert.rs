//! Casts that have no function of their own.

use std::sync::Arc;

use spi::{Error, Result};

use super::evaluate;
use crate::execute::run::Run;
use crate::expr::{Conversion, ElementCast};
use crate::io;
use crate::value::{Array, Record, Value};

/// Converts a value. Null stays null.
///
/// No domain's conditions are checked: those that the catalog has are `information_schema`'s, whose own columns fulfil them.
pub(super) fn convert(value: Value, conversion: &Conversion, run: &mut Run) -> Result<Value> {
    if value.is_null() {
        return Ok(value);
    }
    match conversion {
        Conversion::Relabel | Conversion::Domain { .. } => Ok(value),
        Conversion::Text { from, to } => {
            let context = run.context();
            let text = io::output(&context, from.oid, &value)?;
            io::input(&context, to.oid, to.typmod, &text)
        }
        Conversion::Elements(cast) => elements(&value, cast, run),
        Conversion::Modifier { type_, explicit } => io::apply_modifier(type_.oid, type_.typmod, &value, *explicit),
        Conversion::Record { to } => record(&value, *to, run),
    }
}

/// The cast of an element reads it as its only parameter.
fn elements(value: &Value, cast: &ElementCast, run: &mut Run) -> Result<Value> {
    let Value::Array(array) = value else {
        return Err(Error::internal(format!("the elements of {value:?} are to be cast")));
    };
    let around = std::mem::take(&mut run.parameters);
    let values = array.values.iter().map(|element| {
        run.parameters.clear();
        run.parameters.push(element.clone());
        evaluate(&cast.cast, run)
    });
    let values: Result<Vec<Value>> = values.collect();
    run.parameters = around;
    Ok(Value::Array(Arc::new(Array { element: cast.element, dimensions: array.dimensions.clone(), values: values? })))
}

/// The fields keep their values, and take the names and types of those of the composite type.
fn record(value: &Value, to: u32, run: &Run) -> Result<Value> {
    let Value::Record(record) = value else {
        return Err(Error::internal(format!("{value:?} is to become a row")));
    };
    let context = run.context();
    let fields = match run.catalog.type_info(to) {
        Some(info) => io::record::fields(&context, &info),
        None => record.fields.clone(),
    };
    Ok(Value::Record(Arc::new(Record { type_oid: to, fields, values: record.values.clone() })))
}
