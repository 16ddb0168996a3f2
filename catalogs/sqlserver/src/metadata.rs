//! The harvest: twelve statements on the catalog views, whatever the number of tables, their rows pushed as they arrive.
//!
//! Catalog views are no part of a transaction's state: what appears or goes between two statements is left out until the next harvest.
//! The server hides what the login has no privilege on; nothing beyond that is asked for. Rows and bytes come from `sys.partitions` and
//! `sys.allocation_units`, which everybody may read, where `sys.dm_db_partition_stats` has the same and wants a privilege.
//!
//! Left out: keys of XML and full-text indexes, columns that an index only includes and the direction of the others, rules and defaults
//! of old, synonyms, external tables, and triggers of the database itself.

mod columns;
mod constraints;
mod indexes;
mod partitions;
mod routines;
mod schemas;
mod sequences;
mod statement;
mod tables;
mod triggers;
mod user_types;

use std::sync::Arc;

use spi::Result;
use spi::connector::Scope;
use spi::metadata::Harvest;
use tiberius::{ColumnData, Row};

use crate::pool::Pool;
use statement::Statements;

/// Pushes the metadata of every schema that the source shows and the scope covers.
pub(crate) async fn harvest(pool: &Arc<Pool>, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
    let mut lease = pool.acquire(None, "harvest its metadata".to_owned()).await?;
    // Dropping the lease after an error closes its connection.
    let mut statements = Statements { endpoint: pool.endpoint(), client: lease.client(), scope };
    let schemas = schemas::push(&mut statements, harvest).await?;
    let tables = tables::push(&mut statements, &schemas, harvest).await?;
    columns::push(&mut statements, &tables, harvest).await?;
    indexes::push(&mut statements, &tables, harvest).await?;
    constraints::push_foreign_keys(&mut statements, &tables, harvest).await?;
    constraints::push_checks(&mut statements, &tables, harvest).await?;
    triggers::push(&mut statements, &tables, harvest).await?;
    partitions::push(&mut statements, &tables, harvest).await?;
    // These belong to a schema, not to a table of it.
    if scope.table.is_none() {
        sequences::push(&mut statements, &schemas, harvest).await?;
        user_types::push(&mut statements, &schemas, harvest).await?;
        let routines = routines::gather(&mut statements, &schemas).await?;
        routines::push(&mut statements, routines, harvest).await?;
    }
    lease.finish();
    Ok(())
}

/// A value of a row as text.
pub(crate) fn text(row: &Row, place: usize) -> Option<&str> {
    match value(row, place)? {
        ColumnData::String(text) => text.as_deref(),
        _ => None,
    }
}

/// A value of a row as a number.
pub(crate) fn number(row: &Row, place: usize) -> Option<i64> {
    match value(row, place)? {
        ColumnData::U8(number) => number.map(i64::from),
        ColumnData::I16(number) => number.map(i64::from),
        ColumnData::I32(number) => number.map(i64::from),
        ColumnData::I64(number) => *number,
        _ => None,
    }
}

/// Whether a value of a row is 1.
pub(crate) fn truth(row: &Row, place: usize) -> bool {
    match value(row, place) {
        Some(ColumnData::Bit(truth)) => truth.unwrap_or(false),
        _ => number(row, place) == Some(1),
    }
}

fn value(row: &Row, place: usize) -> Option<&ColumnData<'static>> {
    row.cells().nth(place).map(|(_, value)| value)
}
