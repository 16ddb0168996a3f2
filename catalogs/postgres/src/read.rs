//! Streams the rows of a table: one statement, its rows in binary form gathered into batches.
//!
//! The extended protocol gives what COPY gives, binary rows without a pause, and beyond it parameters and the types of the columns.
//!
//! There is no task of its own behind a stream: polling it polls the statement, and a reader that waits lets the server wait.
//! Dropping the stream therefore drops the connection, and with it ends the statement at the server. No deadline either: a scan
//! takes as long as its reader wants, and the statement's timeout drops the stream.

use std::sync::Arc;

use arrow::datatypes::Schema;
use futures::TryStreamExt;
use spi::connector::{ReadRequest, RowStream};
use spi::rows::BatchSender;
use spi::{Code, Error, Result};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgRow;

use crate::batch::{self, BatchBuilder, Unread};
use crate::dialect::{self, Constant};
use crate::failure::failure;
use crate::pool::{Lease, Pool};
use crate::predicate;
use crate::table::{self, Table};
use crate::value::Misfit;

/// The rows that the request asks for. The connection is taken with the first poll.
pub(crate) fn rows(pool: Arc<Pool>, request: ReadRequest) -> RowStream {
    spi::rows::rows(|mut sender| async move { scan(&pool, &request, &mut sender).await })
}

async fn scan(pool: &Arc<Pool>, request: &ReadRequest, sender: &mut BatchSender) -> Result<()> {
    let mut lease = pool.acquire(format!("read table \"{}.{}\"", request.schema, request.table)).await?;
    let table = match Table::look_up(pool.server(), lease.postgres(), request).await {
        Ok(table) => table,
        Err(error) => {
            lease.close();
            return Err(error);
        }
    };
    let plan = Statement::new(&table, request).and_then(|statement| Ok((statement, Reading::new(&table, request)?)));
    let (statement, mut reading) = match plan {
        Ok(plan) => plan,
        Err(error) => {
            // Nothing was asked of the connection since it last answered.
            lease.finish();
            return Err(error);
        }
    };
    pool.server().context.remote_calls.count();
    match run(&mut lease, statement, &mut reading, sender).await {
        Ok(Outcome::Whole) => lease.finish(),
        Ok(Outcome::Abandoned) => return Ok(()),
        Err(Failure::Server(error)) => {
            lease.close();
            return Err(read_failure(pool.server().source(), request, error));
        }
        Err(Failure::Value(error)) => return Err(error),
    }
    if !reading.batch.is_empty() {
        // A reader that has left needs no last batch.
        sender.send(reading.batch.finish()?).await;
    }
    Ok(())
}

/// How a statement ended that did not fail.
enum Outcome {
    /// All its rows were read.
    Whole,
    /// The reader has left.
    Abandoned,
}

/// Why a statement was not read to its end.
enum Failure {
    /// The server said so, or is gone: nothing runs any more.
    Server(sqlx::Error),
    /// A row could not be read, and others may follow.
    Value(Error),
}

async fn run(lease: &mut Lease, statement: Statement, reading: &mut Reading<'_>, sender: &mut BatchSender) -> Result<Outcome, Failure> {
    // Not kept by the connection: the next statement has other columns and conditions.
    let query = sqlx::query(AssertSqlSafe(statement.sql)).persistent(false);
    let query = statement.constants.into_iter().fold(query, |query, constant| query.bind(constant));
    let mut rows = query.fetch(lease.postgres());
    let mut checked = false;
    while let Some(row) = rows.try_next().await.map_err(Failure::Server)? {
        if !checked {
            reading.check(&row).map_err(Failure::Value)?;
            checked = true;
        }
        reading.append(&row).map_err(Failure::Value)?;
        let batch = &mut reading.batch;
        if batch.is_full() && !sender.send(batch.finish().map_err(Failure::Value)?).await {
            return Ok(Outcome::Abandoned);
        }
    }
    Ok(Outcome::Whole)
}

/// A statement with its parameters.
struct Statement {
    sql: String,
    constants: Vec<Constant>,
}

impl Statement {
    fn new(table: &Table, request: &ReadRequest) -> Result<Self> {
        let mut columns = Vec::with_capacity(request.columns.len());
        for field in &request.columns {
            columns.push(table.wanted(field)?.0);
        }
        let columns = if columns.is_empty() { "1".to_owned() } else { columns.join(", ") };
        let mut sql = format!("SELECT {columns} FROM {}.{} AS t", dialect::quoted(&request.schema), dialect::quoted(&request.table));
        let mut constants = Vec::new();
        for (place, one) in request.predicates.iter().enumerate() {
            if !predicate::is_exact(one) {
                return Err(Error::internal("a connector was given a predicate that it does not apply"));
            }
            sql += if place == 0 { " WHERE " } else { " AND " };
            predicate::write(one, &|name| table.operand(name), &mut sql, &mut constants)?;
        }
        if let Some(limit) = request.limit {
            sql += &format!(" LIMIT {limit}");
        }
        if request.columns.is_empty() {
            sql = format!("SELECT count(*) FROM ({sql}) AS t");
        }
        Ok(Self { sql, constants })
    }
}

/// The error of the statement. What it names has been there when the table was looked up.
fn read_failure(source: &str, request: &ReadRequest, error: sqlx::Error) -> Error {
    let table = format!("{}.{}", request.schema, request.table);
    let error = failure(source, format!("could not read table \"{table}\" of data source \"{source}\""), error);
    match error.code {
        Code::UndefinedTable | Code::UndefinedColumn => {
            let vanished = table::vanished(source, error.code, format!("table \"{table}\", or a part of it,"));
            Error { cause: error.cause, ..vanished }
        }
        _ => error,
    }
}

/// A read of a table, with the rows that wait for their batch.
struct Reading<'a> {
    table: &'a Table,
    request: &'a ReadRequest,
    batch: BatchBuilder,
    /// The types as which the columns are sent.
    sent: Vec<u32>,
}

impl<'a> Reading<'a> {
    fn new(table: &'a Table, request: &'a ReadRequest) -> Result<Self> {
        let sent: Vec<u32> = request.columns.iter().map(|field| Ok(table.wanted(field)?.1)).collect::<Result<_>>()?;
        let batch = BatchBuilder::new(Arc::new(Schema::new(request.columns.clone())), &sent)?;
        Ok(Self { table, request, batch, sent })
    }

    /// Refuses rows of other types than those that were looked up: their bytes would mean something else.
    fn check(&self, row: &PgRow) -> Result<()> {
        let found = batch::sent_oids(row);
        let changed = self.request.columns.iter().zip(self.sent.iter().zip(found)).find(|(_, (sent, found))| **sent != *found);
        changed.map_or(Ok(()), |(field, _)| Err(self.table.changed_meanwhile(field.name())))
    }

    fn append(&mut self, row: &PgRow) -> Result<()> {
        let appended = if self.request.columns.is_empty() { self.batch.append_counted(row) } else { self.batch.append(row) };
        appended.map_err(|unread| match unread {
            Unread::Row(error) => {
                failure(&self.table.source, format!("could not read a row of data source \"{}\"", self.table.source), error)
            }
            Unread::Value { place, misfit } => self.table.misfit(self.request.columns[place].name(), misfit),
        })
    }
}

impl Table {
    fn misfit(&self, column: &str, Misfit(what): Misfit) -> Error {
        let message = format!("column \"{column}\" of table \"{}\" holds a value that cannot be represented", self.name);
        Error::source(Code::OutOfRange, &self.source, message)
            .detail(format!("Data source \"{}\" holds {what}.", self.source))
            .hint("Leave out its row with a condition, or the column; or read it through a view of the source that converts it.")
    }
}
