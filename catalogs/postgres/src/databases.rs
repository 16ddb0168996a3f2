//! The databases of the server, where each of them is to be a data source: one statement.
//!
//! Left out are templates, databases that take no connections or not this role's, and what an interrupted `DROP DATABASE` has left.

use std::sync::Arc;
use std::time::Duration;

use spi::{Code, Result};

use crate::failure::failure;
use crate::pool::Pool;

/// The statement reads one catalog, which is in memory.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

const STATEMENT: &str = "SELECT d.datname::pg_catalog.text FROM pg_catalog.pg_database d \
     WHERE d.datallowconn AND NOT d.datistemplate AND d.datconnlimit OPERATOR(pg_catalog.<>) -2 \
     AND pg_catalog.has_database_privilege(d.oid, 'CONNECT') ORDER BY d.datname";

/// The names of the databases that the role may connect to.
pub(crate) async fn databases(pool: &Arc<Pool>) -> Result<Vec<String>> {
    let server = pool.server();
    let mut lease = pool.acquire("list the databases of the server".to_owned()).await?;
    let query = async {
        server.context.remote_calls.count();
        let names = sqlx::query_scalar(STATEMENT).persistent(false).fetch_all(lease.postgres()).await;
        names.map_err(|error| {
            failure(server.source(), format!("could not list the databases of data source \"{}\"", server.source()), error)
        })
    };
    // Dropping the lease after an error closes its connection.
    let databases = server.within(STATEMENT_TIMEOUT, Code::Unavailable, "query", query).await?;
    lease.finish();
    Ok(databases)
}
