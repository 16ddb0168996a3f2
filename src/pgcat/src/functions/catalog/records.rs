//! Records that functions with several result columns give.

use std::sync::Arc;

use spi::Result;

use crate::function::{Context, RowSource, Signature};
use crate::types::oid;
use crate::value::{Field, Record, Value};

/// Names and types of the columns.
pub(crate) type Columns = &'static [(&'static str, u32)];

pub(crate) fn columns(columns: Columns) -> Arc<[Field]> {
    columns.iter().map(|(name, type_oid)| Field { name: (*name).into(), type_oid: *type_oid, typmod: -1 }).collect()
}

pub(crate) fn record(fields: &Arc<[Field]>, values: Vec<Value>) -> Value {
    Value::Record(Arc::new(Record { type_oid: oid::RECORD, fields: fields.clone(), values }))
}

/// One record.
pub(crate) fn single(names: Columns, values: Vec<Value>) -> Value {
    record(&columns(names), values)
}

/// Rows of records.
pub(crate) fn rows(names: Columns, rows: Vec<Vec<Value>>) -> RowSource {
    let fields = columns(names);
    Box::new(rows.into_iter().map(move |values| Ok(record(&fields, values))))
}

/// For functions that tell of things which there never are here.
pub(crate) fn nothing(_: &Context<'_>, _: &Signature, _: &[Value]) -> Result<RowSource> {
    Ok(Box::new(std::iter::empty()))
}

/// A record of nulls.
pub(crate) fn nulls(names: Columns) -> Value {
    single(names, vec![Value::Null; names.len()])
}
