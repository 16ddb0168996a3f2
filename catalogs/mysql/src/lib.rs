//! The connector for MySQL, MariaDB and servers that speak their protocol. Databases are schemas.
//!
//! - `options.rs` is what an operator says; `kinds.rs` lists the types of data sources that this connector serves.
//! - `endpoint.rs` opens connections, read-only, in UTC and in UTF-8; `pool.rs` keeps them, and spares dead servers.
//! - `metadata.rs` harvests `information_schema`, and `fingerprint.rs` says whether that is needed; `types.rs` says which type a
//!   column of a native type has.
//! - `read.rs` streams a table; `value.rs`, `moment.rs` and `decimal.rs` read the binary protocol into Arrow.
//! - `write.rs` adds rows to a table; `native.rs` describes and runs statements in the server's own language.
//! - `watch.rs` notices that nobody is at the other end of a connection any more.
//! - `query.rs` says what of a whole query is pushed down, and in which words; `answer.rs` streams its rows.
//! - `predicate.rs` says which conditions the server applies exactly as PostgreSQL would, and `dialect.rs` how they are written.
//! - `probe.rs` is the connection test, `failure.rs` says what the server's errors are for the gateway.
//!
//! Deliberately absent: `LOCAL INFILE`. The connection never offers it, so that no server can ask the gateway for a file. And the
//! name of who asks: the family learns of a session's program only when it connects, and the driver does not say it.

mod answer;
mod decimal;
mod dialect;
mod endpoint;
mod failure;
mod fingerprint;
mod kinds;
mod metadata;
mod moment;
mod native;
mod options;
mod pool;
mod predicate;
mod probe;
mod query;
mod read;
mod types;
mod value;
mod watch;
mod write;

use std::sync::Arc;

use async_trait::async_trait;
use spi::Result;
use spi::connector::{Connector, QueryColumn, ReadPlan, ReadRequest, RowStream, RunRequest, Scope, TestStage, WriteRequest};
use spi::metadata::Harvest;
use spi::predicate::Predicate;
use spi::query::Dialect;

pub use kinds::{Doris, MariaDb, MySql, OceanBase, StarRocks, TiDb};
pub use options::MySqlOptions;

use endpoint::Endpoint;
use pool::Pool;

/// An open data source of any of the kinds.
struct MySqlConnector {
    pool: Arc<Pool>,
}

impl MySqlConnector {
    fn new(endpoint: Endpoint, connections_max: u32) -> Self {
        Self { pool: Pool::new(Arc::new(endpoint), connections_max) }
    }
}

#[async_trait]
impl Connector for MySqlConnector {
    fn default_schema(&self) -> &str {
        self.pool.endpoint().default_database()
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
        write::write(&self.pool, &request, rows).await
    }

    async fn describe(&self, query: &str, _: &str) -> Result<Vec<QueryColumn>> {
        native::describe(&self.pool, query).await
    }

    async fn execute(&self, statement: &str, _: &str) -> Result<u64> {
        native::execute(&self.pool, statement).await
    }
}
