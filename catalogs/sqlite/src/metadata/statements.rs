//! The statements of a schema's harvest that ask about all tables at once, and their rows.

use std::future::Future;
use std::time::Duration;

use spi::{Error, Result};
use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, FromRow};

use super::resolved;
use crate::database::Database;
use crate::failure::failure;
use crate::read::quoted;

/// For each statement. A hundred thousand tables take a few seconds.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(60);

/// The tables of `?1` that are shown, and of them only `?2` where it is given. Names that start with `sqlite_` are SQLite's own.
const SHOWN: &str = r"t.schema = ?1 AND t.type <> 'shadow' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND (?2 IS NULL OR t.name = ?2)";

/// Everything that was found. In each list the rows of a table stand together.
pub(crate) struct Found {
    pub(crate) tables: Vec<Table>,
    pub(crate) columns: Vec<Column>,
    pub(crate) foreign_key_columns: Vec<ForeignKeyColumn>,
    pub(crate) index_columns: Vec<IndexColumn>,
}

pub(crate) struct Table {
    pub(crate) name: String,
    /// `table`, `view` or `virtual`.
    pub(crate) kind: String,
    pub(crate) without_rowid: bool,
    pub(crate) strict: bool,
    /// The `CREATE` statement.
    pub(crate) sql: String,
    /// The row of `sqlite_schema`.
    pub(crate) rowid: i64,
}

pub(crate) struct Column {
    pub(crate) table: String,
    /// From 0.
    pub(crate) place: i64,
    pub(crate) name: String,
    pub(crate) declared_type: String,
    pub(crate) not_null: bool,
    pub(crate) default: Option<String>,
    /// The place in the primary key, from 1; 0 outside of it.
    pub(crate) primary_key_place: i64,
    /// 1 for a column of a virtual table that `*` leaves out, 2 for a virtual and 3 for a stored generated column.
    pub(crate) hidden: i64,
}

/// A column of a foreign key.
pub(crate) struct ForeignKeyColumn {
    pub(crate) table: String,
    /// Counts from the last foreign key of the `CREATE` statement to the first.
    pub(crate) key: i64,
    pub(crate) name: String,
    pub(crate) referenced_table: String,
    /// `None` where the key names no columns and the referenced table does not exist.
    pub(crate) referenced_column: Option<String>,
    pub(crate) on_update: String,
    pub(crate) on_delete: String,
}

/// A column or expression of an index.
pub(crate) struct IndexColumn {
    pub(crate) table: String,
    pub(crate) index: String,
    pub(crate) unique: bool,
    /// `c` made by `CREATE INDEX`, `u` by a unique constraint, `pk` by the primary key.
    pub(crate) origin: String,
    /// `None` for an expression.
    pub(crate) name: Option<String>,
    /// The `CREATE` statement.
    pub(crate) sql: Option<String>,
}

impl Found {
    /// Asks everything about a schema.
    pub(crate) async fn read(database: &Database, sqlite: &mut SqliteConnection, schema: &str, table: Option<&str>) -> Result<Self> {
        let schema_table = format!("{}.sqlite_schema", quoted(schema));
        let scope = Scope { database, schema, table };
        // CROSS JOIN keeps the order: the list of tables is made once, and everything else is looked up for each of them.
        let tables = scope.rows(
            sqlite,
            format!(
                "SELECT t.name, t.type, t.wr, t.strict, s.sql, s.rowid FROM pragma_table_list AS t CROSS JOIN {schema_table} AS s \
                 WHERE {SHOWN} AND s.name = t.name AND s.type IN ('table', 'view') ORDER BY t.name"
            ),
        );
        let tables = tables.await?;
        let columns = scope.rows(
            sqlite,
            format!(
                "SELECT t.name, c.cid, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk, c.hidden \
                 FROM pragma_table_list AS t CROSS JOIN pragma_table_xinfo(t.name, ?1) AS c \
                 WHERE {SHOWN} AND t.type = 'table' ORDER BY t.name, c.cid"
            ),
        );
        let mut columns = columns.await?;
        columns.extend(resolved::columns(&scope, sqlite, &tables).await?);
        // A key names its table and columns in any case, and no columns where it means the primary key.
        let foreign_key_columns = scope.rows(
            sqlite,
            format!(
                "SELECT t.name, f.id, f.\"from\", coalesce(p.name, f.\"table\"), coalesce(r.name, f.\"to\"), f.on_update, f.on_delete \
                 FROM pragma_table_list AS t CROSS JOIN pragma_foreign_key_list(t.name, ?1) AS f \
                 LEFT JOIN {schema_table} AS p ON p.name = f.\"table\" COLLATE NOCASE AND p.type = 'table' AND p.rootpage > 0 \
                 LEFT JOIN pragma_table_xinfo(p.name, ?1) AS r \
                 ON r.name = f.\"to\" COLLATE NOCASE OR (f.\"to\" IS NULL AND r.pk = f.seq + 1) \
                 WHERE {SHOWN} AND t.type = 'table' ORDER BY t.name, f.id, f.seq"
            ),
        );
        let foreign_key_columns = foreign_key_columns.await?;
        let index_columns = scope.rows(
            sqlite,
            format!(
                "SELECT t.name, i.name, i.\"unique\", i.origin, x.name, d.sql FROM pragma_table_list AS t \
                 CROSS JOIN pragma_index_list(t.name, ?1) AS i CROSS JOIN pragma_index_xinfo(i.name, ?1) AS x \
                 LEFT JOIN {schema_table} AS d ON d.name = i.name AND d.type = 'index' \
                 WHERE {SHOWN} AND t.type = 'table' AND x.\"key\" ORDER BY t.name, i.name, x.seqno"
            ),
        );
        Ok(Self { tables, columns, foreign_key_columns, index_columns: index_columns.await? })
    }
}

/// What the statements are asked about.
pub(crate) struct Scope<'a> {
    pub(crate) database: &'a Database,
    pub(crate) schema: &'a str,
    /// Only this table.
    pub(crate) table: Option<&'a str>,
}

impl Scope<'_> {
    async fn rows<T>(&self, sqlite: &mut SqliteConnection, sql: String) -> Result<Vec<T>>
    where
        T: for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        let query = sqlx::query_as::<Sqlite, T>(AssertSqlSafe(sql)).persistent(false).bind(self.schema).bind(self.table);
        self.database.context.remote_calls.count();
        self.in_time(async { query.fetch_all(sqlite).await.map_err(|error| self.failure(error)) }).await
    }

    /// The result of a statement, unless it takes too long.
    pub(crate) async fn in_time<T>(&self, statement: impl Future<Output = Result<T>>) -> Result<T> {
        self.database.within(STATEMENT_TIMEOUT, "read the metadata of", statement).await
    }

    pub(crate) fn failure(&self, error: sqlx::Error) -> Error {
        let source = &self.database.context.source;
        failure(source, format!("could not read the metadata of data source \"{source}\""), error)
    }
}

/// Rows are read by the places of their columns, in the order of the fields.
macro_rules! rows_by_place {
    ($($row:ident { $($place:literal: $field:ident),* })*) => {
        $(impl FromRow<'_, SqliteRow> for $row {
            fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
                Ok(Self { $($field: sqlx::Row::try_get(row, $place)?,)* })
            }
        })*
    };
}

rows_by_place! {
    Table { 0: name, 1: kind, 2: without_rowid, 3: strict, 4: sql, 5: rowid }
    Column { 0: table, 1: place, 2: name, 3: declared_type, 4: not_null, 5: default, 6: primary_key_place, 7: hidden }
    ForeignKeyColumn { 0: table, 1: key, 2: name, 3: referenced_table, 4: referenced_column, 5: on_update, 6: on_delete }
    IndexColumn { 0: table, 1: index, 2: unique, 3: origin, 4: name, 5: sql }
}
