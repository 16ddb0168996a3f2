//! Streams the rows of a table: one statement, its rows gathered into batches.
//!
//! There is no task of its own behind a stream: polling it polls the statement, while SQLite works a few rows ahead on its own
//! thread. Dropping the stream therefore drops the statement and the connection. No deadline either: a scan takes as long as
//! its reader wants, and the statement's timeout drops the stream.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use futures::TryStreamExt;
use spi::connector::{ReadRequest, RowStream};
use spi::predicate::Value;
use spi::rows::BatchSender;
use spi::{Code, Error, Result};
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Row};

use crate::failure::{failure, text_of};
use crate::pool::Pool;
use crate::predicate;
use crate::value::{ColumnBuilder, Stored, type_name};

/// DataFusion's own batch size: smaller ones cost it more per row, larger ones delay the first row.
const BATCH_ROWS_MAX: usize = 8_192;

/// Rows of long texts and blobs are cut earlier, so that a batch stays well below the memory of a query.
const BATCH_BYTES_MAX: usize = 4 << 20;

/// The rows that the request asks for. The connection is taken with the first poll.
pub(crate) fn rows(pool: Arc<Pool>, request: ReadRequest) -> RowStream {
    spi::rows::rows(|mut sender| async move { scan(&pool, &request, &mut sender).await })
}

async fn scan(pool: &Arc<Pool>, request: &ReadRequest, sender: &mut BatchSender) -> Result<()> {
    let source = &pool.database().context;
    let statement = Statement::new(request)?;
    let mut batch = BatchBuilder::new(&source.source, request)?;
    let mut lease = pool.acquire(format!("read table \"{}.{}\"", request.schema, request.table)).await?;
    source.remote_calls.count();
    let mut rows = statement.query().fetch(lease.sqlite());
    while let Some(row) = rows.try_next().await.map_err(|error| read_failure(&source.source, request, error))? {
        batch.append(&row)?;
        if batch.is_full() && !sender.send(batch.finish()?).await {
            return Ok(());
        }
    }
    drop(rows);
    lease.finish();
    if batch.rows > 0 {
        // A reader that has left needs no last batch.
        sender.send(batch.finish()?).await;
    }
    Ok(())
}

/// A statement with its parameters.
struct Statement {
    sql: String,
    parameters: Vec<Value>,
}

impl Statement {
    fn new(request: &ReadRequest) -> Result<Self> {
        // Every column is qualified: SQLite takes a quoted name that is no column for a string.
        let columns: Vec<String> = request.columns.iter().map(|field| quoted_column(field.name())).collect();
        let columns = if columns.is_empty() { "1".to_owned() } else { columns.join(", ") };
        let mut sql = format!("SELECT {columns} FROM {}.{} AS t", quoted(&request.schema), quoted(&request.table));
        let mut parameters = Vec::new();
        for (place, one) in request.predicates.iter().enumerate() {
            if !predicate::is_exact(one) {
                return Err(Error::internal("a connector was given a predicate that it does not apply"));
            }
            sql += if place == 0 { " WHERE " } else { " AND " };
            predicate::write(one, &mut sql, &mut parameters);
        }
        if let Some(limit) = request.limit {
            sql += &format!(" LIMIT {limit}");
        }
        if request.columns.is_empty() {
            sql = format!("SELECT count(*) FROM ({sql})");
        }
        Ok(Self { sql, parameters })
    }

    fn query(&self) -> Query<'_, Sqlite, SqliteArguments> {
        // Not kept by the connection: the next statement has other columns and conditions.
        let query = sqlx::query(AssertSqlSafe(self.sql.as_str())).persistent(false);
        self.parameters.iter().fold(query, |query, parameter| match parameter {
            Value::Int(value) => query.bind(*value),
            Value::Float(value) => query.bind(*value),
            Value::Text(value) => query.bind(value.as_str()),
            Value::Bytes(value) => query.bind(value.as_slice()),
            // No predicate writes these as parameters; NULL would satisfy no comparison.
            Value::Null | Value::Bool(_) | Value::Decimal { .. } | Value::Date(_) | Value::Timestamp(_) => query.bind(None::<i64>),
        })
    }
}

/// A column of the table that is read, as the statement names it.
pub(crate) fn quoted_column(name: &str) -> String {
    format!("t.{}", quoted(name))
}

/// A name of any characters.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The error of the statement. What it names has been there when the metadata was read.
fn read_failure(source: &str, request: &ReadRequest, error: sqlx::Error) -> Error {
    let table = format!("{}.{}", request.schema, request.table);
    let text = text_of(&error);
    let vanished = |code, object: String| {
        Error::source(code, source, format!("{object} of data source \"{source}\" does not exist any more"))
            .detail("The metadata of the source is older than the source itself.")
            .hint(format!("CALL refresh_metadata('{source}') to see the source as it is now."))
    };
    // SQLite has no code for either, only these messages.
    if text == format!("no such table: {table}") {
        return vanished(Code::UndefinedTable, format!("table \"{table}\"")).cause(error);
    }
    if let Some(column) = text.strip_prefix("no such column: t.") {
        return vanished(Code::UndefinedColumn, format!("column \"{column}\" of table \"{table}\"")).cause(error);
    }
    failure(source, format!("could not read table \"{table}\" of data source \"{source}\""), error)
}

/// Rows on their way into a batch.
struct BatchBuilder<'a> {
    source: &'a str,
    request: &'a ReadRequest,
    schema: SchemaRef,
    columns: Vec<ColumnBuilder>,
    rows: usize,
    bytes: usize,
}

impl<'a> BatchBuilder<'a> {
    fn new(source: &'a str, request: &'a ReadRequest) -> Result<Self> {
        let columns = request.columns.iter().map(|field| ColumnBuilder::new(field.data_type())).collect::<Result<_>>()?;
        let schema = Arc::new(Schema::new(request.columns.clone()));
        Ok(Self { source, request, schema, columns, rows: 0, bytes: 0 })
    }

    fn append(&mut self, row: &SqliteRow) -> Result<()> {
        let unreadable = |error| failure(self.source, format!("could not read a row of data source \"{}\"", self.source), error);
        if self.columns.is_empty() {
            // The statement counted the rows itself.
            let count: i64 = row.try_get(0).map_err(unreadable)?;
            self.rows += usize::try_from(count).unwrap_or(0);
            return Ok(());
        }
        for (place, column) in self.columns.iter_mut().enumerate() {
            let raw = row.try_get_raw(place).map_err(unreadable)?;
            let stored = Stored::of(raw).map_err(|error| unreadable(sqlx::Error::Decode(error)))?;
            self.bytes += stored.size();
            let field = &self.request.columns[place];
            column.append(stored).map_err(|_| misfit(self.source, self.request, field.name(), field.data_type(), stored))?;
        }
        self.rows += 1;
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.rows >= BATCH_ROWS_MAX || self.bytes >= BATCH_BYTES_MAX
    }

    fn finish(&mut self) -> Result<RecordBatch> {
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        let columns: Vec<ArrayRef> = self.columns.iter_mut().map(ColumnBuilder::finish).collect();
        (self.rows, self.bytes) = (0, 0);
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }
}

fn misfit(source: &str, request: &ReadRequest, column: &str, data_type: &DataType, stored: Stored<'_>) -> Error {
    let message = format!("column \"{column}\" of table \"{}.{}\" holds a value that is not of its type", request.schema, request.table);
    Error::source(Code::BadData, source, message)
        .detail(format!("Data source \"{source}\" stores {} where {} is declared.", stored.describe(), type_name(data_type)))
        .hint("SQLite does not enforce declared types: correct the value, or read it through a view that converts it.")
}
