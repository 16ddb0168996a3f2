//! Where relations and databases are stored. Objects of sources are not stored here, so their numbers of files are their own.

use spi::{Code, Result};

use crate::catalog::{CatalogRow, oid};
use crate::function::{Context, RowSource, ScalarEntry, SetEntry, Signature};
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_relation_filenode", pg_relation_filenode),
    ScalarEntry::new("pg_relation_filepath", pg_relation_filepath),
    ScalarEntry::new("pg_filenode_relation", pg_filenode_relation),
    ScalarEntry::new("pg_tablespace_location", pg_tablespace_location),
];

pub const SETS: &[SetEntry] = &[SetEntry::new("pg_tablespace_databases", pg_tablespace_databases)];

/// The tablespaces that every server has.
const DEFAULT: u32 = 1663;
const GLOBAL: u32 = 1664;

/// The number of a relation's file. Some catalogs have 0 there, and their own OID as the number; relations without rows have none.
fn filenode(row: &CatalogRow<'_>) -> Option<u32> {
    if !matches!(row.char("relkind")?, b'r' | b'i' | b'S' | b't' | b'm') {
        return None;
    }
    row.oid("relfilenode").filter(|number| *number != 0).or_else(|| row.oid("oid"))
}

fn pg_relation_filenode(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let row = context.catalog.by_oid(oid::PG_CLASS, arguments.oid(0)?);
    Ok(row.and_then(|row| filenode(&row)).map_or(Value::Null, Value::oid))
}

fn pg_relation_filepath(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let Some(row) = context.catalog.by_oid(oid::PG_CLASS, arguments.oid(0)?) else { return Ok(Value::Null) };
    let Some(number) = filenode(&row) else { return Ok(Value::Null) };
    Ok(match row.oid("reltablespace") {
        Some(GLOBAL) => format!("global/{number}").into(),
        _ => format!("base/{}/{number}", context.catalog.database()).into(),
    })
}

/// The tablespace 0 is that of the database.
fn pg_filenode_relation(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let tablespace = if arguments.oid(0)? == DEFAULT { 0 } else { arguments.oid(0)? };
    let found = context.catalog.find_one(oid::PG_CLASS, &["relfilenode", "reltablespace"], &[arguments[1].clone(), Value::oid(tablespace)]);
    Ok(found.filter(|_| arguments[1] != Value::Int(0)).map_or(Value::Null, |row| row.get("oid")))
}

/// The tablespaces of every server are in its own folder, which is said by an empty text.
fn pg_tablespace_location(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let tablespace = arguments.oid(0)?;
    if tablespace != 0 && context.catalog.by_oid(oid::PG_TABLESPACE, tablespace).is_none() {
        let message = format!("could not stat file \"pg_tblspc/{tablespace}\": No such file or directory");
        return Err(spi::Error::new(Code::Io, message));
    }
    Ok("".into())
}

/// The databases that have something in a tablespace: all have, in that which is theirs by default.
fn pg_tablespace_databases(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<RowSource> {
    let found = context.catalog.find(oid::PG_DATABASE, &["dattablespace"], &[arguments[0].clone()]);
    let databases: Vec<Result<Value>> = found.iter().map(|row| Ok(row.get("oid"))).collect();
    Ok(Box::new(databases.into_iter()))
}
