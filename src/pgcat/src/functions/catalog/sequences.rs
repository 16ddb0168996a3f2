//! Sequences: which belongs to a column, and what they give.

use spi::{Code, Error, Result};

use super::lookup;
use super::names::{Naming, RELATION};
use super::records::{Columns, single};
use crate::catalog::{CatalogRow, oid};
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::types::oid as type_oid;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_get_serial_sequence", pg_get_serial_sequence),
    ScalarEntry::new("pg_sequence_parameters", pg_sequence_parameters),
    ScalarEntry::new("pg_sequence_last_value", pg_sequence_last_value),
    // A catalog changes nothing, so that no number was ever drawn in the session.
    ScalarEntry::new("nextval_oid", |_, _, _| Err(read_only("nextval"))),
    ScalarEntry::new("setval_oid", |_, _, _| Err(read_only("setval"))),
    ScalarEntry::new("setval3_oid", |_, _, _| Err(read_only("setval"))),
    ScalarEntry::new("currval_oid", currval),
    ScalarEntry::new("lastval", |_, _, _| Err(Error::new(Code::WrongState, "lastval is not yet defined in this session"))),
];

fn read_only(name: &str) -> Error {
    Error::new(Code::ReadOnly, format!("cannot execute {name}() in a read-only transaction"))
}

fn currval(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let row = context.catalog.by_oid(oid::PG_CLASS, arguments.oid(0)?);
    let name = row.as_ref().and_then(|row| row.text("relname")).unwrap_or_default();
    Err(match row.and_then(|row| row.char("relkind")) {
        Some(b'S') => Error::new(Code::WrongState, format!("currval of sequence \"{name}\" is not yet defined in this session")),
        _ => Error::new(Code::WrongObject, format!("\"{name}\" is not a sequence")),
    })
}

/// The sequence that lives and dies with a column, as an identity or as a serial number.
fn pg_get_serial_sequence(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let table = lookup::relation(context, arguments.text(0)?)?;
    let column = lookup::column(context, table, arguments.text(1)?)?;
    let key = [Value::oid(oid::PG_CLASS), Value::oid(table), column.get("attnum")];
    let dependent = context.catalog.find(oid::PG_DEPEND, &["refclassid", "refobjid", "refobjsubid"], &key);
    let is_sequence = |oid: &u32| context.catalog.by_oid(oid::PG_CLASS, *oid).and_then(|row| row.char("relkind")) == Some(b'S');
    let belongs = |row: &&CatalogRow<'_>| row.oid("classid") == Some(oid::PG_CLASS) && matches!(row.char("deptype"), Some(b'a' | b'i'));
    let sequence = dependent.iter().filter(belongs).filter_map(|row| row.oid("objid")).find(is_sequence);
    Ok(sequence.and_then(|sequence| Naming::new(context).full_name(&RELATION, sequence)).into())
}

const PARAMETERS: Columns = &[
    ("start_value", type_oid::INT8),
    ("minimum_value", type_oid::INT8),
    ("maximum_value", type_oid::INT8),
    ("increment", type_oid::INT8),
    ("cycle_option", type_oid::BOOL),
    ("cache_size", type_oid::INT8),
    ("data_type", type_oid::OID),
];

fn pg_sequence_parameters(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let sequence = arguments.oid(0)?;
    let row = context.catalog.find_one(oid::PG_SEQUENCE, &["seqrelid"], &[Value::oid(sequence)]);
    // PostgreSQL has no SQLSTATE of its own for a relation that is none.
    let missing = || match context.catalog.by_oid(oid::PG_CLASS, sequence).and_then(|class| class.text("relname")) {
        Some(name) => Error::new(Code::WrongObject, format!("\"{name}\" is not a sequence")),
        None => Error::new(Code::UndefinedTable, format!("relation with OID {sequence} does not exist")),
    };
    let row = row.ok_or_else(missing)?;
    let columns = ["seqstart", "seqmin", "seqmax", "seqincrement", "seqcycle", "seqcache", "seqtypid"];
    Ok(single(PARAMETERS, columns.map(|column| row.get(column)).to_vec()))
}

/// Where a source's sequence stands is not known without asking the source: it is as if it had not been used in this session.
fn pg_sequence_last_value(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    match context.catalog.by_oid(oid::PG_CLASS, arguments.oid(0)?) {
        Some(row) if row.char("relkind") != Some(b'S') => {
            let name = row.text("relname").unwrap_or_default();
            Err(Error::new(Code::WrongObject, format!("\"{name}\" is not a sequence")))
        }
        _ => Ok(Value::Null),
    }
}
