//! Functions that only make sense inside event triggers, and lists of what there never is here.

use spi::{Code, Error, Result};

use super::records::nothing;
use crate::function::{Context, RowSource, ScalarEntry, SetEntry, Signature};
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_event_trigger_table_rewrite_oid", |_, _, _| {
        outside("pg_event_trigger_table_rewrite_oid", "a table_rewrite event trigger function")
    }),
    ScalarEntry::new("pg_event_trigger_table_rewrite_reason", |_, _, _| {
        outside("pg_event_trigger_table_rewrite_reason", "a table_rewrite event trigger function")
    }),
    ScalarEntry::new("pg_trigger_depth", |_, _, _| Ok(Value::Int(0))),
    // Sources have no extended statistics, so none can be described.
    ScalarEntry::new("pg_get_statisticsobjdef", |_, _, _| Ok(Value::Null)),
    ScalarEntry::new("pg_get_statisticsobjdef_columns", |_, _, _| Ok(Value::Null)),
    ScalarEntry::new("pg_get_statisticsobjdef_expressions", |_, _, _| Ok(Value::Null)),
];

pub const SETS: &[SetEntry] = &[
    SetEntry::new("pg_event_trigger_dropped_objects", |_, _, _| {
        outside("pg_event_trigger_dropped_objects", "a sql_drop event trigger function")
    }),
    SetEntry::new("pg_event_trigger_ddl_commands", |_, _, _| outside("pg_event_trigger_ddl_commands", "an event trigger function")),
    SetEntry::new("pg_get_multixact_members", multixact_members),
    SetEntry::new("pg_get_publication_tables", publication_tables),
    SetEntry::new("pg_get_wal_resource_managers", nothing),
];

fn outside<T>(function: &str, place: &str) -> Result<T> {
    Err(Error::new(Code::Protocol, format!("{function}() can only be called in {place}")))
}

/// No row was ever locked by several transactions.
fn multixact_members(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<RowSource> {
    match arguments.oid(0)? {
        0 => Err(Error::new(Code::InvalidArgument, "invalid MultiXactId: 0")),
        number => Err(Error::internal(format!("MultiXactId {number} has not been created yet -- apparent wraparound"))),
    }
}

/// Nothing is published, so every name is one of a publication that there is not.
fn publication_tables(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<RowSource> {
    match arguments.array(0)?.values.iter().find_map(Value::as_str) {
        Some(name) => Err(Error::not_found("publication", name)),
        None => Ok(Box::new(std::iter::empty())),
    }
}
