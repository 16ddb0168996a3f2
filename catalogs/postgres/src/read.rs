//! Streams the rows of a table: one statement, its rows in binary form gathered into batches.
//!
//! What has no conditions is copied, from a table that was locked before its columns were looked up. What has conditions, whose
//! constants are parameters, comes by the extended protocol, which says the types of the columns.
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
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor};

use crate::batch::{self, BatchBuilder, Unread};
use crate::dialect::{self, Constant};
use crate::failure::failure;
use crate::pool::{Lease, Pool};
use crate::predicate;
use crate::server::Server;
use crate::table::{self, Table};
use crate::transfer::{self, BEGIN, Failure, Outcome};
use crate::value::Misfit;
use crate::variant::Lineage;

/// The rows that the request asks for. The connection is taken with the first poll.
pub(crate) fn rows(pool: Arc<Pool>, request: ReadRequest) -> RowStream {
    spi::rows::rows(|mut sender| async move { scan(&pool, &request, &mut sender).await })
}

async fn scan(pool: &Arc<Pool>, request: &ReadRequest, sender: &mut BatchSender) -> Result<()> {
    let purpose = format!("read table \"{}.{}\"", request.schema, request.table);
    let mut lease = pool.acquire_for(&request.user, purpose).await?;
    // The number of rows is one row, for which COPY is not worth its transaction.
    let locks = pool.server().variant.lineage == Lineage::Recent;
    let copies = locks && request.predicates.is_empty() && !request.columns.is_empty();
    let table = match look_up(pool, &mut lease, request, copies).await {
        Ok(table) => table,
        // Where the time is up, the server may still be busy: dropping the lease ends that.
        Err(error) if error.code == Code::Unavailable => return Err(error),
        Err(error) => {
            lease.close();
            return Err(error);
        }
    };
    let plan = Statement::new(&table, request).and_then(|statement| Ok((statement, Reading::new(&table, request)?)));
    let (statement, mut reading) = match plan {
        Ok(plan) => plan,
        Err(error) => {
            lease.close();
            return Err(error);
        }
    };
    let ran = match copies {
        true => copy(pool.server(), &mut lease, &statement, &mut reading, sender).await,
        false => fetch(pool.server(), &mut lease, statement, &mut reading, sender).await,
    };
    match ran {
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

/// The columns as they are now, and, where the table is locked, as they stay until the transaction ends.
async fn look_up(pool: &Arc<Pool>, lease: &mut Lease, request: &ReadRequest, locks: bool) -> Result<Table> {
    if locks {
        let table = format!("{}.{}", dialect::quoted(&request.schema), dialect::quoted(&request.table));
        let sql = format!("{BEGIN}; SELECT FROM {table} AS t WHERE false");
        pool.server().context.remote_calls.count();
        let locked = lease.postgres().execute(sqlx::raw_sql(AssertSqlSafe(sql))).await;
        locked.map_err(|error| read_failure(pool.server().source(), request, error))?;
    }
    Table::look_up(pool.server(), lease.postgres(), request).await
}

async fn copy(
    server: &Server,
    lease: &mut Lease,
    statement: &Statement,
    reading: &mut Reading<'_>,
    sender: &mut BatchSender,
) -> Result<Outcome, Failure> {
    let Reading { table, request, batch, .. } = reading;
    transfer::copy(server, lease, &statement.sql, batch, sender, |unread| unreadable(table, request, unread).into()).await
}

async fn fetch(
    server: &Server,
    lease: &mut Lease,
    statement: Statement,
    reading: &mut Reading<'_>,
    sender: &mut BatchSender,
) -> Result<Outcome, Failure> {
    server.context.remote_calls.count();
    // Not kept by the connection: the next statement has other columns and conditions.
    let query = sqlx::query(AssertSqlSafe(statement.sql)).persistent(false);
    let query = statement.constants.into_iter().fold(query, |query, constant| query.bind(constant));
    let mut rows = query.fetch(lease.postgres());
    let mut checked = false;
    while let Some(row) = rows.try_next().await.map_err(Failure::Server)? {
        if !checked {
            reading.check(&row)?;
            checked = true;
        }
        reading.append(&row)?;
        let batch = &mut reading.batch;
        if batch.is_full() && !sender.send(batch.finish()?).await {
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

/// The error of a statement about the table. The snapshot has what it names.
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
        appended.map_err(|unread| unreadable(self.table, self.request, unread))
    }
}

fn unreadable(table: &Table, request: &ReadRequest, unread: Unread) -> Error {
    match unread {
        Unread::Row(error) => failure(&table.source, format!("could not read a row of data source \"{}\"", table.source), error),
        Unread::Value { place, misfit } => table.misfit(request.columns[place].name(), misfit),
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
