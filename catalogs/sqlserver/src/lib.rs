//! The connector for SQL Server and Azure SQL. A data source is one database.
//!
//! - `options.rs` is what an operator says; `endpoint.rs` opens connections, `channel.rs` carries them, and `encryption.rs` says whom
//!   they trust; `pool.rs` keeps them, and spares dead servers.
//! - `metadata.rs` harvests the catalog views; `fingerprint.rs` says whether that is needed; `types.rs` says which type a column has.
//! - `read.rs` streams a table, whose columns `table.rs` looks up as they are now; `batch.rs`, `value.rs` and `moment.rs` put the values
//!   into Arrow.
//! - `query.rs` says what of a whole query is pushed down, and in which words; `answer.rs` streams its rows.
//! - `predicate.rs` says which conditions the server applies exactly as PostgreSQL would, and `dialect.rs` how they are written.
//! - `native.rs` describes and executes statements that somebody else has written, `guard.rs` tells queries from other statements, and
//!   `write.rs` adds rows.
//! - `probe.rs` is the connection test, `failure.rs` says what the server's errors are for the gateway.
//!
//! Deliberately absent: the names of instances, which a service of their own resolves, and logins of Windows and of Microsoft Entra.

mod answer;
mod batch;
mod channel;
mod dialect;
mod encryption;
mod endpoint;
mod failure;
mod fingerprint;
mod guard;
mod metadata;
mod moment;
mod native;
mod options;
mod pool;
mod predicate;
mod probe;
mod query;
mod read;
mod table;
mod types;
mod value;
mod write;

use std::sync::Arc;

use async_trait::async_trait;
use spi::Result;
use spi::connector::{
    Capabilities, Connector, ConnectorKind, OpenContext, QueryColumn, ReadPlan, ReadRequest, RowStream, RunRequest, Scope, TestStage,
    WriteRequest,
};
use spi::metadata::Harvest;
use spi::predicate::Predicate;
use spi::query::Dialect;

pub use options::{Encrypt, SqlServerOptions};

use endpoint::Endpoint;
use pool::Pool;

/// The schema in which the server looks for tables that are named without one, unless the login has another.
const DEFAULT_SCHEMA: &str = "dbo";

/// Data sources of type `sqlserver`.
pub struct SqlServer;

impl ConnectorKind for SqlServer {
    type Options = SqlServerOptions;
    const KIND: &'static str = "sqlserver";
    const SUMMARY: &'static str =
        "A database of SQL Server 2016 and later, or of Azure SQL. No test has met a server; the protocol is tested against an imitation.";
    const CAPABILITIES: Capabilities = Capabilities::RELATIONAL;
    const TESTED_VERSIONS: Option<&'static [&'static str]> = Some(&[]);

    async fn open(&self, options: SqlServerOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
        let connections_max = options.connections_max;
        let endpoint = Endpoint::new(options, context)?;
        Ok(Arc::new(SqlServerConnector { pool: Pool::new(Arc::new(endpoint), connections_max) }))
    }
}

struct SqlServerConnector {
    pool: Arc<Pool>,
}

#[async_trait]
impl Connector for SqlServerConnector {
    fn default_schema(&self) -> &str {
        DEFAULT_SCHEMA
    }

    fn applies(&self, predicate: &Predicate) -> bool {
        predicate::is_exact(predicate)
    }

    async fn test(&self) -> Vec<TestStage> {
        probe::probe(self.pool.endpoint()).await
    }

    async fn harvest(&self, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
        metadata::harvest(&self.pool, scope, harvest).await
    }

    async fn read(&self, request: ReadRequest) -> Result<ReadPlan> {
        Ok(ReadPlan::Rows(read::rows(Arc::clone(&self.pool), request)))
    }

    fn dialect(&self) -> Option<&dyn Dialect> {
        Some(&query::Words)
    }

    fn run(&self, request: RunRequest) -> RowStream {
        answer::rows(Arc::clone(&self.pool), request)
    }

    async fn fingerprint(&self) -> Result<Option<String>> {
        fingerprint::fingerprint(&self.pool).await
    }

    fn is_read_only(&self) -> bool {
        self.pool.endpoint().read_only
    }

    async fn write(&self, request: WriteRequest, rows: RowStream) -> Result<u64> {
        write::write(&self.pool, request, rows).await
    }

    async fn describe(&self, query: &str, user: &str) -> Result<Vec<QueryColumn>> {
        native::describe(&self.pool, query, user).await
    }

    async fn execute(&self, statement: &str, user: &str) -> Result<u64> {
        native::execute(&self.pool, statement, user).await
    }
}
