//! The connector for SQLite databases: one file, and optionally others that are attached to it as schemas.
//!
//! - `database.rs` says which files a source is and opens them, read-only and distrustful; `pool.rs` keeps the connections.
//! - `metadata.rs` harvests, with the help of `definition.rs` for what SQLite keeps in `CREATE` statements alone.
//! - `types.rs` says which type a declared type is; `value.rs`, `decimal.rs` and `moment.rs` read stored values as that type.
//! - `read.rs` streams a table; `predicate.rs` says which conditions SQLite applies exactly as PostgreSQL would.

mod database;
mod decimal;
mod definition;
mod failure;
mod metadata;
mod moment;
mod pool;
mod predicate;
mod probe;
mod read;
mod types;
mod value;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use spi::Result;
use spi::connector::{Connector, ConnectorKind, OpenContext, ReadPlan, ReadRequest, Scope, TestStage};
use spi::metadata::Harvest;
use spi::predicate::Predicate;

use database::{Database, MAIN_SCHEMA};
use pool::Pool;

/// Data sources of type `sqlite`.
pub struct Sqlite;

/// What an operator says about a SQLite data source.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct SqliteOptions {
    /// The database file, on the machine of the gateway. It must exist, and is only ever read; beside a database in WAL mode
    /// SQLite itself keeps its `-wal` and `-shm` files.
    pub path: String,
    /// More database files, as an object of schema name and file: each is a schema beside `main`.
    #[serde(default)]
    pub attach: BTreeMap<String, String>,
    /// How long to wait for a program that has locked the database, in milliseconds, at most 60000.
    #[serde(default = "default_busy_timeout_ms")]
    pub busy_timeout_ms: u32,
    /// The most connections that are open at a time, 1 to 64. A table that is being read needs one.
    #[serde(default = "default_connections_max")]
    pub connections_max: u32,
}

/// What SQLite's own shell waits at most for a writer's commit.
fn default_busy_timeout_ms() -> u32 {
    5_000
}

/// A join of as many tables of one source, or as many sessions; a connection is a thread and a page cache of 2 MB.
fn default_connections_max() -> u32 {
    8
}

impl ConnectorKind for Sqlite {
    type Options = SqliteOptions;
    const KIND: &'static str = "sqlite";
    const SUMMARY: &'static str = "A SQLite database file, read-only, with other files attached as schemas.";
    const TESTED_VERSIONS: Option<&'static [&'static str]> = None;

    async fn open(&self, options: SqliteOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
        let connections_max = pool::check_connections_max(options.connections_max)?;
        let database = Arc::new(Database::new(&options, context)?);
        Ok(Arc::new(SqliteConnector { pool: Pool::new(database, connections_max) }))
    }
}

struct SqliteConnector {
    pool: Arc<Pool>,
}

#[async_trait]
impl Connector for SqliteConnector {
    fn default_schema(&self) -> &str {
        MAIN_SCHEMA
    }

    fn applies(&self, predicate: &Predicate) -> bool {
        predicate::is_exact(predicate)
    }

    async fn test(&self) -> Vec<TestStage> {
        probe::probe(self.pool.database()).await
    }

    async fn harvest(&self, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
        metadata::harvest(&self.pool, scope, harvest).await
    }

    async fn read(&self, request: ReadRequest) -> Result<ReadPlan> {
        Ok(ReadPlan::Rows(read::rows(Arc::clone(&self.pool), request)))
    }
}
