//! The connector for Redis and Valkey. Logical databases are schemas, and keys that look alike are tables.
//!
//! - `options.rs` is what an operator says; `kinds.rs` lists the types of data sources that this connector serves.
//! - `endpoint.rs` opens connections, with `encryption.rs`; `connection.rs` sends pipelines over one; `pool.rs` keeps them, and spares dead
//!   servers; `nodes.rs` says which servers hold the keys, in a cluster or behind sentinels.
//! - `databases.rs` finds the logical databases. `sample.rs` looks at keys and values of one: `clustering.rs` finds the `pattern.rs` of
//!   keys that belong together, `layout.rs` the tables, `kind.rs` the shape of their rows; `earlier.rs` knows those that a sample may
//!   miss. `metadata.rs` says all that in rows, and `recipe.rs` writes down what reading needs of it.
//! - `definition.rs` is what an operator says of a table instead: a `glob.rs` of its keys, for example. `members.rs` are the keys of a
//!   table, whoever has found them; `infer.rs` shows one table as it would be.
//! - `fingerprint.rs` says whether a sample would find anything new.
//! - `read.rs` streams a table, by `scan.rs` or, where `predicate.rs` says which keys are wanted, by looking them up; `pace.rs` says
//!   how much it asks for at a time, and `recent.rs` leaves out what servers show twice.
//! - `native.rs` runs commands that somebody writes.
//! - `key.rs` and `canonical.rs` say what bytes are as text, and what text is as a narrower type, `reading.rs` which of both a column is;
//!   `reply.rs` and `info.rs` take answers apart.
//! - `probe.rs` is the connection test, `failure.rs` says what the errors of servers are for the gateway.
//!
//! Deliberately absent: KEYS and whatever else keeps a server from serving others for long; and reading from replicas, which lag.

mod canonical;
mod clustering;
mod connection;
mod databases;
mod definition;
mod earlier;
mod encryption;
mod endpoint;
mod failure;
mod fingerprint;
mod glob;
mod infer;
mod info;
mod key;
mod kind;
mod kinds;
mod layout;
mod members;
mod metadata;
mod native;
mod nodes;
mod options;
mod pace;
mod pattern;
mod pool;
mod predicate;
mod probe;
mod read;
mod reading;
mod recent;
mod recipe;
mod reply;
mod sample;
mod scan;

use std::sync::Arc;

use async_trait::async_trait;
use spi::Result;
use spi::connector::{Connector, OpenContext, QueryColumn, ReadPlan, ReadRequest, RowStream, RunRequest, Scope, TestStage};
use spi::documents::{Sample, TableDefinition};
use spi::metadata::Harvest;
use spi::predicate::Predicate;

pub use kinds::{Redis, Valkey};
pub use options::RedisOptions;

use endpoint::Endpoint;
use pool::Pool;
use sample::Bounds;

/// An open data source of either kind.
struct RedisConnector {
    pool: Arc<Pool>,
    bounds: Bounds,
    /// The logical databases that the options name; empty if all are shown.
    databases: Vec<u16>,
    default_schema: String,
    strict: bool,
    read_only: bool,
}

impl RedisConnector {
    fn new(options: RedisOptions, context: OpenContext) -> Result<Self> {
        let endpoint = Endpoint::new(&options, context)?;
        let bounds =
            Bounds { keys: options.sample_keys as usize, values: options.sample_values as usize, delimiter: options.key_delimiter };
        Ok(Self {
            pool: Pool::new(Arc::new(endpoint), options.connections_max),
            bounds,
            default_schema: layout::schema_name(options.databases.first().copied().unwrap_or_default()),
            databases: options.databases,
            strict: options.strict,
            read_only: options.read_only,
        })
    }

    /// The first logical database.
    fn database(&self) -> u16 {
        self.databases.first().copied().unwrap_or_default()
    }
}

#[async_trait]
impl Connector for RedisConnector {
    fn default_schema(&self) -> &str {
        &self.default_schema
    }

    fn applies(&self, predicate: &Predicate) -> bool {
        predicate::is_exact(predicate)
    }

    async fn test(&self) -> Vec<TestStage> {
        probe::probe(self.pool.endpoint()).await
    }

    async fn harvest(&self, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
        metadata::harvest(&self.pool, &self.bounds, &self.databases, scope, harvest).await
    }

    async fn read(&self, request: ReadRequest) -> Result<ReadPlan> {
        Ok(ReadPlan::Rows(read::rows(Arc::clone(&self.pool), self.strict, request)))
    }

    fn explain(&self, request: &ReadRequest) -> Option<String> {
        read::explain(self.pool.endpoint().sees_all(), request)
    }

    async fn infer(&self, schema: &str, table: &str, definition: Option<&TableDefinition>) -> Result<Sample> {
        infer::infer(&self.pool, &self.databases, &self.bounds, schema, table, definition).await
    }

    async fn fingerprint(&self) -> Result<Option<String>> {
        fingerprint::fingerprint(&self.pool).await
    }

    fn run(&self, request: RunRequest) -> RowStream {
        native::rows(Arc::clone(&self.pool), self.database(), request)
    }

    fn is_read_only(&self) -> bool {
        self.read_only
    }

    async fn describe(&self, query: &str, _: &str) -> Result<Vec<QueryColumn>> {
        native::describe(query)
    }

    async fn execute(&self, statement: &str, _: &str) -> Result<u64> {
        native::execute(&self.pool, self.database(), statement).await
    }
}
