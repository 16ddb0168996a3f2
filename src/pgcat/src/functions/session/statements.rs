//! The session's prepared statements and cursors.

use crate::function::SetEntry;
use crate::functions::catalog::records::{Columns, nothing, rows};
use crate::host::{Cursor, PreparedStatement};
use crate::types::oid;
use crate::value::Value;

pub const SETS: &[SetEntry] = &[
    SetEntry::new("pg_prepared_statement", |context, _, _| {
        Ok(rows(PREPARED_STATEMENT, context.host.prepared_statements().into_iter().map(prepared_statement).collect()))
    }),
    SetEntry::new("pg_cursor", |context, _, _| Ok(rows(CURSOR, context.host.cursors().into_iter().map(cursor).collect()))),
    SetEntry::new("pg_prepared_xact", nothing),
    SetEntry::new("pg_listening_channels", nothing),
];

const PREPARED_STATEMENT: Columns = &[
    ("name", oid::TEXT),
    ("statement", oid::TEXT),
    ("prepare_time", oid::TIMESTAMPTZ),
    ("parameter_types", REGTYPE_ARRAY),
    ("result_types", REGTYPE_ARRAY),
    ("from_sql", oid::BOOL),
    ("generic_plans", oid::INT8),
    ("custom_plans", oid::INT8),
];

const CURSOR: Columns = &[
    ("name", oid::TEXT),
    ("statement", oid::TEXT),
    ("is_holdable", oid::BOOL),
    ("is_binary", oid::BOOL),
    ("is_scrollable", oid::BOOL),
    ("creation_time", oid::TIMESTAMPTZ),
];

const REGTYPE_ARRAY: u32 = 2211;

fn prepared_statement(statement: PreparedStatement) -> Vec<Value> {
    let types = |types: Vec<u32>| Value::array(oid::REGTYPE, types.into_iter().map(Value::oid).collect());
    vec![
        statement.name.into(),
        statement.statement.into(),
        Value::Timestamp(statement.prepared_at),
        types(statement.parameter_types),
        statement.result_types.map_or(Value::Null, types),
        statement.from_sql.into(),
        Value::Int(0),
        Value::Int(0),
    ]
}

fn cursor(cursor: Cursor) -> Vec<Value> {
    vec![
        cursor.name.into(),
        cursor.statement.into(),
        cursor.is_holdable.into(),
        cursor.is_binary.into(),
        cursor.is_scrollable.into(),
        Value::Timestamp(cursor.created_at),
    ]
}
