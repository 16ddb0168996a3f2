//! Streams the rows of a whole query, as `read.rs` does those of a table.
//!
//! A query without parameters is copied, after the server has said the types of its columns; a short one is not, since that is one
//! more question.
//!
//! What somebody wrote in the server's own language runs in a transaction that cannot write, whatever it makes of its session, and its
//! connection is closed afterwards. The gateway's own statements do without: they leave the session read-only, as it is.

use std::sync::Arc;

use arrow::datatypes::{FieldRef, SchemaRef};
use futures::TryStreamExt;
use spi::connector::{RowStream, RunRequest};
use spi::rows::BatchSender;
use spi::{Code, Error, Result};
use sqlx::{AssertSqlSafe, Executor};

use crate::batch::{self, BatchBuilder, Unread};
use crate::dialect::{self, Constant};
use crate::failure::failure;
use crate::pool::{Lease, Pool};
use crate::server::Server;
use crate::transfer::{self, BEGIN, Failure, Outcome};
use crate::types;

/// Copying so many rows saves about as much time as the question before costs on the machine itself.
const SHORT_ROWS: u64 = 1_000;

/// The rows of the statement. The connection is taken with the first poll; dropping the stream ends the statement.
pub(crate) fn rows(pool: Arc<Pool>, request: RunRequest) -> RowStream {
    spi::rows::rows(|mut sender| async move { work(&pool, request, &mut sender).await })
}

async fn work(pool: &Arc<Pool>, request: RunRequest, sender: &mut BatchSender) -> Result<()> {
    let source = pool.server().source().to_owned();
    let RunRequest { statement, native, columns, user } = request;
    let constants = statement.parameters.iter().map(|parameter| dialect::parameter(&parameter.value, &parameter.data_type));
    let constants = constants.collect::<Option<Vec<_>>>().ok_or_else(|| Error::internal("a statement has a parameter of no type"))?;
    let mut lease = pool.acquire_for(&user, "answer a query".to_owned()).await?;
    let query = Query { server: pool.server(), text: statement.text, native, columns };
    let mut batch = None;
    match query.run(&mut lease, constants, &mut batch, sender).await {
        Ok(Outcome::Whole) => {
            match native {
                true => lease.close(),
                false => lease.finish(),
            }
            if let Some(mut batch) = batch.filter(|batch| !batch.is_empty()) {
                // A reader that has left needs no last batch.
                sender.send(batch.finish()?).await;
            }
            Ok(())
        }
        // The reader has left, or the rows are of no use: dropping the lease ends the statement.
        Ok(Outcome::Abandoned) => Ok(()),
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

/// A query that is being answered.
struct Query<'a> {
    server: &'a Server,
    text: String,
    /// Whether somebody wrote the text.
    native: bool,
    columns: SchemaRef,
}

impl Query<'_> {
    /// Sends the rows, and leaves the last ones in the batch, which is made when their types are known.
    async fn run(
        &self,
        lease: &mut Lease,
        constants: Vec<Constant>,
        batch: &mut Option<BatchBuilder>,
        sender: &mut BatchSender,
    ) -> Result<Outcome, Failure> {
        let copies = constants.is_empty() && !self.columns.fields().is_empty() && !is_short(&self.text);
        match if copies { self.types(lease).await? } else { None } {
            Some(types) => {
                let batch = batch.insert(self.builder(&types)?);
                transfer::copy(self.server, lease, &self.text, batch, sender, |unread| self.unreadable(unread)).await
            }
            None if self.native => {
                self.command(lease, BEGIN).await?;
                let outcome = self.fetch(lease, constants, batch, sender).await?;
                if outcome == Outcome::Whole {
                    self.command(lease, "COMMIT").await?;
                }
                Ok(outcome)
            }
            None => self.fetch(lease, constants, batch, sender).await,
        }
    }

    /// The types as which the columns are sent, in a transaction that keeps them so; `None` for what is no part of a query, such as
    /// `SHOW`.
    async fn types(&self, lease: &mut Lease) -> Result<Option<Vec<u32>>, Failure> {
        // One row of nulls. The server plans the query with it, and sees that none of its rows is needed.
        let sql = format!("{BEGIN}; SELECT q.* FROM (VALUES (1)) AS one LEFT JOIN (\n{}\n) AS q ON false", self.text);
        self.server.context.remote_calls.count();
        match lease.postgres().fetch_one(sqlx::raw_sql(AssertSqlSafe(sql))).await {
            Ok(row) => Ok(Some(batch::sent_oids(&row))),
            Err(error) if is_syntax_error(&error) => {
                self.command(lease, "ROLLBACK").await?;
                Ok(None)
            }
            Err(error) => Err(Failure::Server(error)),
        }
    }

    async fn command(&self, lease: &mut Lease, command: &'static str) -> Result<(), Failure> {
        self.server.context.remote_calls.count();
        lease.postgres().execute(sqlx::raw_sql(command)).await.map(drop).map_err(Failure::Server)
    }

    async fn fetch(
        &self,
        lease: &mut Lease,
        constants: Vec<Constant>,
        batch: &mut Option<BatchBuilder>,
        sender: &mut BatchSender,
    ) -> Result<Outcome, Failure> {
        // Not kept by the connection: hardly any statement comes again.
        let query = sqlx::query(AssertSqlSafe(self.text.as_str())).persistent(false);
        let query = constants.into_iter().fold(query, |query, constant| query.bind(constant));
        self.server.context.remote_calls.count();
        let mut rows = query.fetch(lease.postgres());
        while let Some(row) = rows.try_next().await.map_err(Failure::Server)? {
            let batch = match &mut *batch {
                Some(batch) => batch,
                none => none.insert(self.builder(&batch::sent_oids(&row))?),
            };
            batch.append(&row).map_err(|unread| self.unreadable(unread))?;
            if batch.is_full() && !sender.send(batch.finish()?).await {
                return Ok(Outcome::Abandoned);
            }
        }
        Ok(Outcome::Whole)
    }

    /// Refuses rows of other types than the snapshot's: their bytes would mean something else.
    fn builder(&self, sent: &[u32]) -> Result<BatchBuilder> {
        let Self { columns, .. } = self;
        let source = self.server.source();
        let fits = |(place, field): (usize, &FieldRef)| sent.get(place).is_some_and(|sent| types::is_read_as(*sent, field.data_type()));
        match columns.fields().iter().enumerate().find(|column| !fits(*column)) {
            None => BatchBuilder::new(Arc::clone(columns), sent),
            Some((place, _)) => {
                let message =
                    format!("column {} of a query of data source \"{source}\" has another type than it was planned with", place + 1);
                Err(Error::source(Code::DatatypeMismatch, source, message).hint(refresh(source)).retryable())
            }
        }
    }

    fn unreadable(&self, unread: Unread) -> Failure {
        let source = self.server.source();
        match unread {
            Unread::Row(error) => Failure::Server(error),
            Unread::Value { place, misfit } => {
                let message =
                    format!("column {} of a query of data source \"{source}\" holds a value that cannot be represented", place + 1);
                Failure::Value(Error::source(Code::OutOfRange, source, message).detail(format!("The data source gave {}.", misfit.0)))
            }
        }
    }
}

/// Whether the query ends in a limit of few rows, as `query.rs` writes it.
fn is_short(text: &str) -> bool {
    let limit = text.rsplit_once(" LIMIT ").and_then(|(_, limit)| limit.parse::<u64>().ok());
    limit.is_some_and(|limit| limit < SHORT_ROWS)
}

fn is_syntax_error(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == "42601")
}

fn refresh(source: &str) -> String {
    format!("CALL refresh_metadata('{source}') to see the source as it is now.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_of_few_rows_makes_a_query_short() {
        assert!(is_short("SELECT t1.a FROM t AS t1 LIMIT 10") && is_short("SELECT t1.a FROM t AS t1 LIMIT 0"));
        assert!(!is_short("SELECT t1.a FROM t AS t1 LIMIT 1000") && !is_short("SELECT t1.a FROM (SELECT 1 LIMIT 10) AS t1"));
    }
}
