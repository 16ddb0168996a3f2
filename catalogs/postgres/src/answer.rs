//! Streams the rows of a whole query, as `read.rs` does those of a table.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use futures::TryStreamExt;
use spi::connector::RowStream;
use spi::query::Statement;
use spi::rows::BatchSender;
use spi::{Code, Error, Result};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgRow;

use crate::batch::{self, BatchBuilder, Unread};
use crate::dialect::{self, Constant};
use crate::failure::failure;
use crate::pool::{Lease, Pool};
use crate::types;

/// The rows of the statement. The connection is taken with the first poll; dropping the stream ends the statement.
pub(crate) fn rows(pool: Arc<Pool>, statement: Statement, columns: SchemaRef) -> RowStream {
    spi::rows::rows(|mut sender| async move { work(&pool, statement, columns, &mut sender).await })
}

async fn work(pool: &Arc<Pool>, statement: Statement, columns: SchemaRef, sender: &mut BatchSender) -> Result<()> {
    let source = pool.server().source().to_owned();
    let constants = statement.parameters.iter().map(|parameter| dialect::parameter(&parameter.value, &parameter.data_type));
    let constants = constants.collect::<Option<Vec<_>>>().ok_or_else(|| Error::internal("a statement has a parameter of no type"))?;
    let mut lease = pool.acquire("answer a query".to_owned()).await?;
    pool.server().context.remote_calls.count();
    match run(&mut lease, &source, statement.text, constants, columns, sender).await {
        Ok(true) => {
            lease.finish();
            Ok(())
        }
        // The reader has left, or the rows are of no use: dropping the lease ends the statement.
        Ok(false) => Ok(()),
        Err(Failure::Value(error)) => Err(error),
        Err(Failure::Server(error)) => {
            lease.close();
            let error = failure(&source, format!("data source \"{source}\" could not answer a query"), error);
            Err(match error.code {
                Code::UndefinedTable | Code::UndefinedColumn => error.hint(refresh(&source)),
                _ => error,
            })
        }
    }
}

/// Why a statement was not read to its end.
enum Failure {
    /// The server said so, or is gone: nothing runs any more.
    Server(sqlx::Error),
    /// A row could not be read, and others may follow.
    Value(Error),
}

/// Whether all rows were taken.
async fn run(
    lease: &mut Lease,
    source: &str,
    text: String,
    constants: Vec<Constant>,
    columns: SchemaRef,
    sender: &mut BatchSender,
) -> Result<bool, Failure> {
    // Not kept by the connection: hardly any statement comes again.
    let query = sqlx::query(AssertSqlSafe(text)).persistent(false);
    let query = constants.into_iter().fold(query, |query, constant| query.bind(constant));
    let mut rows = query.fetch(lease.postgres());
    let mut batch: Option<BatchBuilder> = None;
    while let Some(row) = rows.try_next().await.map_err(Failure::Server)? {
        let batch = match &mut batch {
            Some(batch) => batch,
            none => none.insert(builder(source, &columns, &row).map_err(Failure::Value)?),
        };
        batch.append(&row).map_err(|unread| unreadable(source, unread))?;
        if batch.is_full() && !sender.send(batch.finish().map_err(Failure::Value)?).await {
            return Ok(false);
        }
    }
    match batch {
        Some(mut batch) if !batch.is_empty() => Ok(sender.send(batch.finish().map_err(Failure::Value)?).await),
        _ => Ok(true),
    }
}

/// Refuses rows of other types than the snapshot's: their bytes would mean something else.
fn builder(source: &str, columns: &SchemaRef, row: &PgRow) -> Result<BatchBuilder> {
    let sent = batch::sent_oids(row);
    match columns.fields().iter().zip(&sent).position(|(field, sent)| !types::is_read_as(*sent, field.data_type())) {
        None => BatchBuilder::new(Arc::clone(columns), &sent),
        Some(place) => {
            let message = format!("column {} of a query of data source \"{source}\" has another type than it was planned with", place + 1);
            Err(Error::source(Code::DatatypeMismatch, source, message).hint(refresh(source)))
        }
    }
}

fn unreadable(source: &str, unread: Unread) -> Failure {
    match unread {
        Unread::Row(error) => Failure::Server(error),
        Unread::Value { place, misfit } => {
            let message = format!("column {} of a query of data source \"{source}\" holds a value that cannot be represented", place + 1);
            Failure::Value(Error::source(Code::OutOfRange, source, message).detail(format!("The data source gave {}.", misfit.0)))
        }
    }
}

fn refresh(source: &str) -> String {
    format!("CALL refresh_metadata('{source}') to see the source as it is now.")
}
