//! Streams the rows of a whole query, as `read.rs` does those of a table.

use std::sync::Arc;

use futures::TryStreamExt;
use spi::connector::{RowStream, RunRequest};
use spi::predicate::Value;
use spi::rows::BatchSender;
use spi::{Error, Result};
use sqlx::AssertSqlSafe;

use crate::failure::{failure, is_unknown_column, is_unknown_table};
use crate::pool::Pool;
use crate::read::batch::{BatchBuilder, Subject};
use crate::watch::Watch;
use crate::{predicate, query};

/// The rows of the statement. The connection is taken with the first poll; dropping the stream stops the statement.
pub(crate) fn rows(pool: Arc<Pool>, request: RunRequest) -> RowStream {
    spi::rows::rows(|mut sender| async move { work(&pool, &request, &mut sender).await })
}

async fn work(pool: &Arc<Pool>, request: &RunRequest, sender: &mut BatchSender) -> Result<()> {
    let statement = &request.statement;
    let context = &pool.endpoint().context;
    let parameters: Option<Vec<Value>> = statement.parameters.iter().map(query::bound).collect();
    let parameters = parameters.ok_or_else(|| Error::internal("a statement has a parameter of no type"))?;
    let mut batch = BatchBuilder::new(&context.source, Subject::Query, Arc::clone(&request.columns))?;
    let mut lease = pool.acquire("answer a query".to_owned()).await?;
    context.remote_calls.count();
    let watch = Watch::new(pool, &lease);
    let query = predicate::bind(sqlx::query(AssertSqlSafe(statement.text.as_str())), &parameters);
    let mut rows = query.fetch(lease.mysql());
    while let Some(row) = watch.over(rows.try_next()).await?.map_err(|error| query_failure(&context.source, error))? {
        batch.append(&row)?;
        if batch.is_full() && !sender.send(batch.finish()?).await {
            return Ok(());
        }
    }
    drop(rows);
    match request.native {
        // What somebody wrote may have left a lock or a variable in the session.
        true => lease.close().await,
        false => lease.finish().await,
    }
    if !batch.is_empty() {
        // A reader that has left needs no last batch.
        sender.send(batch.finish()?).await;
    }
    Ok(())
}

fn query_failure(source: &str, error: sqlx::Error) -> Error {
    let vanished = is_unknown_table(&error) || is_unknown_column(&error);
    let error = failure(source, format!("data source \"{source}\" could not answer a query"), error);
    if vanished { error.hint(format!("CALL refresh_metadata('{source}') to see the source as it is now.")) } else { error }
}
