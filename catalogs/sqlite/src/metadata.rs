//! The harvest: five statements per schema, in one read transaction, whatever the number of tables.
//!
//! SQLite answers `PRAGMA table_xinfo` and its like for one table at a time; as table-valued functions, joined to the list of
//! tables, they answer for all of them at once. What only the text of `CREATE` statements says comes from `definition.rs`.
//!
//! Left out: SQLite's own tables (`sqlite_sequence` and the like) and the shadow tables of virtual tables. A view or virtual table
//! that SQLite itself cannot resolve, because a table or a module is missing, is listed without columns.

mod resolved;
mod statements;
mod table;

use std::collections::HashMap;
use std::sync::Arc;

use spi::Result;
use spi::connector::Scope;
use spi::metadata::{Harvest, SchemaRow};
use sqlx::Connection;

use crate::failure::failure;
use crate::pool::Pool;
use statements::{Found, Table};
use table::TableParts;

/// Pushes the metadata of every schema that the scope covers.
pub(crate) async fn harvest(pool: &Arc<Pool>, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
    let database = pool.database();
    let context = &database.context;
    let failed = |error| failure(&context.source, format!("could not read the metadata of data source \"{}\"", context.source), error);
    let mut lease = pool.acquire("harvest its metadata".to_owned()).await?;
    // All statements see one state of each file.
    context.remote_calls.count();
    let mut transaction = lease.sqlite().begin().await.map_err(failed)?;
    for schema in database.schemas().filter(|schema| scope.covers_schema(schema)) {
        let found = Found::read(database, &mut transaction, schema, scope.table.as_deref()).await?;
        push_schema(&found, schema, harvest)?;
    }
    context.remote_calls.count();
    transaction.rollback().await.map_err(failed)?;
    lease.finish();
    Ok(())
}

fn push_schema(found: &Found, schema: &str, harvest: &mut Harvest) -> Result<()> {
    harvest.schema(SchemaRow { name: schema, owner: None, comment: None });
    let columns = by_table(&found.columns, |column| &column.table);
    let foreign_key_columns = by_table(&found.foreign_key_columns, |column| &column.table);
    let index_columns = by_table(&found.index_columns, |column| &column.table);
    for table in &found.tables {
        let columns = of_table(&columns, table);
        let (foreign_key_columns, index_columns) = (of_table(&foreign_key_columns, table), of_table(&index_columns, table));
        TableParts { schema, table, columns, foreign_key_columns, index_columns }.push(harvest)?;
    }
    Ok(())
}

/// The rows of each table, which stand together.
fn by_table<T>(rows: &[T], table: impl Fn(&T) -> &str) -> HashMap<&str, &[T]> {
    rows.chunk_by(|one, next| table(one) == table(next)).map(|rows| (table(&rows[0]), rows)).collect()
}

fn of_table<'a, T>(rows: &HashMap<&str, &'a [T]>, table: &Table) -> &'a [T] {
    rows.get(table.name.as_str()).copied().unwrap_or_default()
}
