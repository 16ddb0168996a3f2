//! Facts that a server knows of itself: references between catalogs, versions of collations, and options as rows.

use spi::{Code, Error, Result};

use super::records::{Columns, rows};
use crate::catalog::oid as catalog_oid;
use crate::function::{Context, RowSource, ScalarEntry, SetEntry, Signature};
use crate::functions::Arguments;
use crate::statics;
use crate::types::oid;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_collation_actual_version", pg_collation_actual_version),
    ScalarEntry::new("pg_database_collation_actual_version", |_, _, _| Ok(Value::Null)),
];

pub const SETS: &[SetEntry] =
    &[SetEntry::new("pg_get_catalog_foreign_keys", pg_get_catalog_foreign_keys), SetEntry::new("pg_options_to_table", pg_options_to_table)];

/// The version of a collation that the catalog has is that which is used.
fn pg_collation_actual_version(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let collation = arguments.oid(0)?;
    let row = context.catalog.by_oid(catalog_oid::PG_COLLATION, collation);
    let missing = || Error::new(Code::UndefinedObject, format!("collation with OID {collation} does not exist"));
    let row = row.ok_or_else(missing)?;
    Ok(row.get("collversion"))
}

const FOREIGN_KEYS: Columns = &[
    ("fktable", oid::REGCLASS),
    ("fkcols", oid::TEXT_ARRAY),
    ("pktable", oid::REGCLASS),
    ("pkcols", oid::TEXT_ARRAY),
    ("is_array", oid::BOOL),
    ("is_opt", oid::BOOL),
];

fn pg_get_catalog_foreign_keys(_: &Context<'_>, _: &Signature, _: &[Value]) -> Result<RowSource> {
    let names = |columns: &[&str]| Value::array(oid::TEXT, columns.iter().map(|column| (*column).into()).collect());
    let row = |key: &statics::CatalogForeignKey| {
        let (columns, referenced) = (names(&key.columns), names(&key.referenced_columns));
        let (table, other) = (Value::oid(key.table), Value::oid(key.referenced_table));
        vec![table, columns, other, referenced, key.is_array.into(), key.is_optional.into()]
    };
    Ok(rows(FOREIGN_KEYS, statics::catalog_foreign_keys().iter().map(row).collect()))
}

const OPTIONS: Columns = &[("option_name", oid::TEXT), ("option_value", oid::TEXT)];

/// A row for each `name=value`; without `=` the value is null.
fn pg_options_to_table(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<RowSource> {
    let option = |text: &str| match text.split_once('=') {
        Some((name, value)) => vec![name.into(), value.into()],
        None => vec![text.into(), Value::Null],
    };
    Ok(rows(OPTIONS, arguments.array(0)?.values.iter().filter_map(Value::as_str).map(option).collect()))
}
