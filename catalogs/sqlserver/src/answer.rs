//! Streams the rows of a whole query, as `read.rs` does those of a table.

use std::sync::Arc;

use spi::connector::{RowStream, RunRequest};
use spi::rows::BatchSender;
use spi::{Code, Error, Result};

use crate::batch::{BatchBuilder, refresh};
use crate::dialect::Sql;
use crate::failure::{Remote, failure};
use crate::pool::Pool;
use crate::read::{Failure, stream};
use crate::{guard, query};

/// The rows of the statement. The connection is taken with the first poll; dropping the stream cancels the statement.
pub(crate) fn rows(pool: Arc<Pool>, request: RunRequest) -> RowStream {
    spi::rows::rows(|mut sender| async move { work(&pool, request, &mut sender).await })
}

async fn work(pool: &Arc<Pool>, request: RunRequest, sender: &mut BatchSender) -> Result<()> {
    let RunRequest { statement, native, columns, user } = request;
    let source = pool.endpoint().source();
    guard::check_query(source, &statement.text)?;
    let parameters: Option<Vec<_>> = statement.parameters.iter().map(query::bound).collect();
    let parameters = parameters.ok_or_else(|| Error::internal("a statement has a parameter of no type"))?;
    let sql = Sql { text: statement.text, parameters };
    let counted = columns.fields().is_empty();
    let mut batch = BatchBuilder::new(source, "a query".to_owned(), columns)?;
    let mut lease = pool.acquire(Some(&user), "answer a query".to_owned()).await?;
    pool.endpoint().context.remote_calls.count();
    match stream(&mut lease, &sql, &mut batch, counted, sender).await {
        // What somebody wrote may have left a lock of its own in the session, or an option.
        Ok(true) if native => lease.close(),
        Ok(true) => lease.finish(),
        // The reader has left: dropping the lease cancels the statement.
        Ok(false) => return Ok(()),
        Err(Failure::Value(error)) => return Err(error),
        Err(Failure::Server(error)) => {
            lease.close();
            return Err(query_failure(source, error));
        }
    }
    if !batch.is_empty() {
        // A reader that has left needs no last batch.
        sender.send(batch.finish()?).await;
    }
    Ok(())
}

fn query_failure(source: &str, error: Remote) -> Error {
    let error = failure(source, format!("data source \"{source}\" could not answer a query"), error);
    match error.code {
        Code::UndefinedTable | Code::UndefinedColumn => error.hint(refresh(source)),
        _ => error,
    }
}
