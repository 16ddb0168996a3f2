//! How much room things take: `pg_relation_size` and its kin.
//!
//! The catalog knows it in pages, which is what a source said of its tables when its metadata was read; nothing is measured here.

use spi::{Code, Error, Result};

use super::lookup;
use crate::catalog::{CatalogRow, oid};
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_relation_size", pg_relation_size),
    ScalarEntry::new("pg_table_size", pg_table_size),
    ScalarEntry::new("pg_indexes_size", pg_indexes_size),
    ScalarEntry::new("pg_total_relation_size", pg_total_relation_size),
    ScalarEntry::new("pg_database_size_oid", pg_database_size),
    ScalarEntry::new("pg_database_size_name", pg_database_size),
    ScalarEntry::new("pg_tablespace_size_oid", pg_tablespace_size),
    ScalarEntry::new("pg_tablespace_size_name", pg_tablespace_size),
];

/// Bytes of a page.
const PAGE: i64 = 8192;
/// The tablespace of what all databases share.
const GLOBAL: u32 = 1664;

/// Null where there is no such relation.
fn size(context: &Context<'_>, relation: u32) -> Option<i64> {
    context.catalog.by_oid(oid::PG_CLASS, relation).map(|row| pages(&row) * PAGE)
}

/// An estimate that was never made counts as nothing.
fn pages(row: &CatalogRow<'_>) -> i64 {
    row.int("relpages").unwrap_or_default().max(0)
}

fn indexes(context: &Context<'_>, table: u32) -> i64 {
    let indexes = context.catalog.find(oid::PG_INDEX, &["indrelid"], &[Value::oid(table)]);
    indexes.iter().filter_map(|row| size(context, row.oid("indexrelid")?)).sum()
}

/// A table with what its long values are kept in.
fn table(context: &Context<'_>, table: u32) -> Option<i64> {
    let row = context.catalog.by_oid(oid::PG_CLASS, table)?;
    let long_values = row.oid("reltoastrelid").filter(|other| *other != 0);
    let beside = long_values.map(|other| size(context, other).unwrap_or_default() + indexes(context, other));
    Some(pages(&row) * PAGE + beside.unwrap_or_default())
}

fn bytes(size: Option<i64>) -> Result<Value> {
    Ok(size.map_or(Value::Null, Value::Int))
}

/// Only the main fork has a size.
fn pg_relation_size(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let found = size(context, arguments.oid(0)?);
    match arguments.text(1)? {
        "main" => bytes(found),
        "fsm" | "vm" | "init" => bytes(found.map(|_| 0)),
        _ => {
            let error = Error::new(Code::InvalidArgument, "invalid fork name");
            Err(error.hint("Valid fork names are \"main\", \"fsm\", \"vm\", and \"init\"."))
        }
    }
}

fn pg_table_size(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    bytes(table(context, arguments.oid(0)?))
}

fn pg_indexes_size(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let relation = arguments.oid(0)?;
    bytes(size(context, relation).map(|_| indexes(context, relation)))
}

fn pg_total_relation_size(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let relation = arguments.oid(0)?;
    bytes(table(context, relation).map(|size| size + indexes(context, relation)))
}

/// Of another database only that it is there is known here, so its size is null.
fn pg_database_size(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let database = match &arguments[0] {
        Value::Text(name) => lookup::database(context, name)?,
        _ => arguments.oid(0)?,
    };
    bytes((database == context.catalog.database()).then(|| sum(context, |_| true)))
}

/// Of the tablespace of this database, or of that of what all databases share.
fn pg_tablespace_size(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let tablespace = match &arguments[0] {
        Value::Text(name) => lookup::tablespace(context, name)?,
        _ => arguments.oid(0)?,
    };
    if context.catalog.by_oid(oid::PG_TABLESPACE, tablespace).is_none() {
        return Ok(Value::Null);
    }
    bytes(Some(sum(context, |row| (row.oid("reltablespace") == Some(GLOBAL)) == (tablespace == GLOBAL))))
}

fn sum(context: &Context<'_>, counts: impl Fn(&CatalogRow<'_>) -> bool) -> i64 {
    context.catalog.find(oid::PG_CLASS, &[], &[]).iter().filter(|row| counts(row)).map(pages).sum::<i64>() * PAGE
}
