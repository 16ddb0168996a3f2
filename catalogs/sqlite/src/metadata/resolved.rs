//! The columns of views and virtual tables, which SQLite has to resolve first.
//!
//! It resolves them one after the other, and one that it cannot resolve (a table or a module is missing) fails the whole
//! statement. So the statement goes through them in a known order, and is asked again from behind the one that failed: one
//! statement, and one more for each broken view.

use futures::TryStreamExt;
use spi::Result;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, FromRow, Row};

use super::statements::{Column, Scope, Table};
use crate::failure::is_broken_expression;
use crate::read::quoted;

/// What `*` leaves out, such as the columns through which arguments are given.
const HIDDEN: i64 = 1;

/// The columns of those tables of the scope that can be resolved. The rows of a table stand together.
pub(crate) async fn columns(scope: &Scope<'_>, sqlite: &mut SqliteConnection, tables: &[Table]) -> Result<Vec<Column>> {
    let mut found = Vec::new();
    let mut after = Some(0);
    while let Some(rowid) = after {
        let resolved = resolve(scope, sqlite, rowid, &mut found).await?;
        // Each table has a column, so the one that failed is the next.
        let candidates = tables.iter().filter(|table| table.kind != "table").map(|table| table.rowid);
        after = resolved.broken_after.and_then(|last| candidates.filter(|rowid| *rowid > last).min());
    }
    found.retain(|column| column.hidden != HIDDEN);
    Ok(found)
}

/// How far the statement came.
struct Resolved {
    /// The last table that could be resolved, or the one to start from, if the next one could not be.
    broken_after: Option<i64>,
}

async fn resolve(scope: &Scope<'_>, sqlite: &mut SqliteConnection, after: i64, found: &mut Vec<Column>) -> Result<Resolved> {
    let sql = format!(
        "SELECT s.name, c.cid, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk, c.hidden, s.rowid \
         FROM {}.sqlite_schema AS s CROSS JOIN pragma_table_xinfo(s.name, ?1) AS c \
         WHERE (s.type = 'view' OR (s.type = 'table' AND s.rootpage = 0)) AND (?2 IS NULL OR s.name = ?2) AND s.rowid > ?3 \
         ORDER BY s.rowid",
        quoted(scope.schema)
    );
    let query = sqlx::query(AssertSqlSafe(sql)).persistent(false).bind(scope.schema).bind(scope.table).bind(after);
    scope.database.context.remote_calls.count();
    let statement = async {
        let mut last = after;
        let mut rows = query.fetch(sqlite);
        loop {
            match rows.try_next().await {
                Ok(Some(row)) => last = push(&row, found).map_err(|error| scope.failure(error))?,
                Ok(None) => return Ok(Resolved { broken_after: None }),
                Err(error) if is_broken_expression(&error) => return Ok(Resolved { broken_after: Some(last) }),
                Err(error) => return Err(scope.failure(error)),
            }
        }
    };
    scope.in_time(statement).await
}

/// Keeps a column, and says whose it is.
fn push(row: &SqliteRow, found: &mut Vec<Column>) -> sqlx::Result<i64> {
    found.push(Column::from_row(row)?);
    row.try_get(8)
}
