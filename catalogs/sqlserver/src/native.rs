//! Statements that somebody wrote in the server's own language.

use std::sync::Arc;
use std::time::Duration;

use spi::connector::QueryColumn;
use spi::{Code, Error, Result};
use tiberius::Row;

use crate::dialect::text_parameter;
use crate::failure::{failure, in_doubt};
use crate::guard;
use crate::metadata::{text, truth};
use crate::pool::Pool;
use crate::types::Native;

/// Describing waits for nothing but locks that somebody holds on the tables.
const DESCRIBE_TIMEOUT: Duration = Duration::from_secs(30);

/// A query that cannot be described is one row that says why.
pub(crate) const DESCRIBE: &str = "SELECT name, system_type_name, is_hidden, error_message, CONVERT(bit, ISNULL(error_number, 0)) \
     FROM sys.dm_exec_describe_first_result_set(@P1, NULL, 0) ORDER BY column_ordinal";

/// The columns that a query answers with. It is not run.
pub(crate) async fn describe(pool: &Arc<Pool>, query: &str, user: &str) -> Result<Vec<QueryColumn>> {
    let endpoint = pool.endpoint();
    let source = endpoint.source();
    guard::check_query(source, query)?;
    let mut lease = pool.acquire(Some(user), "describe a query".to_owned()).await?;
    endpoint.context.remote_calls.count();
    let parameter = text_parameter(query);
    let asked = async {
        let rows = async { lease.client().query(DESCRIBE, &[&parameter]).await?.into_first_result().await };
        rows.await.map_err(|error| endpoint.unqueried(error))
    };
    let rows = endpoint.within(DESCRIBE_TIMEOUT, "describe a query of", asked).await?;
    lease.finish();
    if let Some(failed) = rows.iter().find(|row| truth(row, 4)) {
        let message = text(failed, 3).unwrap_or("it cannot be described").trim_end_matches('.');
        let error = Error::source(Code::Syntax, source, format!("data source \"{source}\" cannot run a query"));
        return Err(error.detail(format!("The server says: {message}.")));
    }
    rows.iter().filter(|row| !truth(row, 2)).map(|row| column(source, row)).collect()
}

fn column(source: &str, row: &Row) -> Result<QueryColumn> {
    let name = text(row, 0).unwrap_or_default().to_owned();
    let native = text(row, 1).and_then(Native::parse).filter(Native::is_read_plainly);
    let Some(native) = native else {
        let type_name = text(row, 1).unwrap_or("made of a class");
        let message = format!("column \"{name}\" of a query of data source \"{source}\" cannot be read");
        return Err(Error::source(Code::Unsupported, source, message)
            .detail(format!("Its type is {type_name}, which the protocol does not carry exactly."))
            .hint("CONVERT it in the query: money to decimal(19, 4), geometry with STAsBinary(), others to nvarchar(max)."));
    };
    Ok(QueryColumn { name, data_type: native.data_type(), pg_type: native.pg_type() })
}

/// Runs one batch, and says how many rows its statements concerned. SQL Server needs nothing between statements, and has batches as
/// bodies of procedures: where one ends, only the server knows, and it does not say. So a batch may be several statements, outside of
/// any transaction. Its connection is closed, whatever it has made of the session.
pub(crate) async fn execute(pool: &Arc<Pool>, statement: &str, user: &str) -> Result<u64> {
    let source = pool.endpoint().source();
    let mut lease = pool.acquire(Some(user), "execute a statement".to_owned()).await?;
    pool.endpoint().context.remote_calls.count();
    let executed = lease.client().execute(statement, &[]).await;
    lease.close();
    let failed = |error| in_doubt(failure(source, format!("data source \"{source}\" could not execute a statement"), error));
    Ok(executed.map_err(failed)?.total())
}
