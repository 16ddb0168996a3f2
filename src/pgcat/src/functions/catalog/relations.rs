//! What can be done with relations: whether rows can be changed or published.

use spi::Result;

use crate::catalog::{CatalogRow, oid};
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::statics;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_relation_is_updatable", pg_relation_is_updatable),
    ScalarEntry::new("pg_column_is_updatable", pg_column_is_updatable),
    ScalarEntry::new("pg_relation_is_publishable", pg_relation_is_publishable),
    ScalarEntry::new("pg_get_replica_identity_index", pg_get_replica_identity_index),
];

/// The numbers of commands, as bits.
const UPDATE: i64 = 1 << 2;
const INSERT: i64 = 1 << 3;
const DELETE: i64 = 1 << 4;
const ALL: i64 = UPDATE | INSERT | DELETE;

/// A view of PostgreSQL itself of which rows can be changed.
struct UpdatableView {
    name: &'static str,
    commands: i64,
    columns: &'static [&'static str],
}

/// All of them. Source: PostgreSQL 16.
const VIEWS: [UpdatableView; 4] = [
    UpdatableView { name: "pg_settings", commands: UPDATE, columns: &[] },
    UpdatableView { name: "pg_group", commands: ALL, columns: &["groname", "grosysid"] },
    UpdatableView { name: "pg_stat_database_conflicts", commands: ALL, columns: &["datid", "datname"] },
    UpdatableView { name: "enabled_roles", commands: DELETE, columns: &[] },
];

fn view(row: &CatalogRow<'_>) -> Option<&'static UpdatableView> {
    let name = row.text("relname").filter(|_| row.oid("oid").is_some_and(is_postgresqls))?;
    VIEWS.iter().find(|view| *view.name == *name)
}

/// Whether a relation belongs to PostgreSQL itself.
fn is_postgresqls(relation: u32) -> bool {
    statics::has_object(oid::PG_CLASS, relation)
}

/// Whether all rows of a relation can be changed, as those of tables can.
fn is_table(row: &CatalogRow<'_>) -> bool {
    matches!(row.char("relkind"), Some(b'r' | b'p'))
}

/// Which commands can change rows of a relation. Views of sources are read only.
fn pg_relation_is_updatable(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let Some(row) = context.catalog.by_oid(oid::PG_CLASS, arguments.oid(0)?) else { return Ok(Value::Int(0)) };
    let commands = if is_table(&row) { ALL } else { view(&row).map_or(0, |view| view.commands) };
    Ok(Value::Int(commands))
}

/// Columns of the system, whose numbers are below 1, never can.
fn pg_column_is_updatable(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let (table, number) = (arguments.oid(0)?, arguments.int(1)?);
    let row = context.catalog.by_oid(oid::PG_CLASS, table).filter(|_| number > 0);
    let Some(row) = row else { return Ok(false.into()) };
    if is_table(&row) {
        return Ok(true.into());
    }
    let key = [Value::oid(table), Value::Int(number)];
    let column = context.catalog.find_one(oid::PG_ATTRIBUTE, &["attrelid", "attnum"], &key).and_then(|row| row.text("attname"));
    let is_updatable = |view: &UpdatableView| column.is_some_and(|column| view.columns.contains(&&*column));
    Ok(view(&row).is_some_and(is_updatable).into())
}

/// Tables that do not belong to PostgreSQL itself.
fn pg_relation_is_publishable(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let relation = arguments.oid(0)?;
    let row = context.catalog.by_oid(oid::PG_CLASS, relation);
    Ok(row.map(|row| is_table(&row) && !is_postgresqls(relation)).into())
}

/// The index that tells rows apart for others: the primary key, unless another was chosen.
fn pg_get_replica_identity_index(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let table = arguments.oid(0)?;
    let identity = context.catalog.by_oid(oid::PG_CLASS, table).and_then(|row| row.char("relreplident"));
    let column = match identity {
        Some(b'd') => "indisprimary",
        Some(b'i') => "indisreplident",
        _ => return Ok(Value::Null),
    };
    let indexes = context.catalog.find(oid::PG_INDEX, &["indrelid"], &[Value::oid(table)]);
    let found = indexes.iter().find(|row| row.bool(column) == Some(true));
    Ok(found.map_or(Value::Null, |row| row.get("indexrelid")))
}
