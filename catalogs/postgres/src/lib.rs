//! The connector for PostgreSQL, and for servers that speak its protocol and have its catalogs.
//!
//! - `options.rs` is what an operator says; `variant.rs` is how the kinds of server differ.
//! - `server.rs` opens connections, `pool.rs` keeps them, `breaker.rs` remembers that a server is down, `cancel.rs` stops statements.
//! - `metadata.rs` harvests in one transaction with a fixed number of statements.
//! - `types.rs` says which type a column has; `value.rs`, `numeric.rs` and `array.rs` read binary values as that type.
//! - `query.rs` says what of a whole query is pushed down, and in which words; `answer.rs` streams its rows.
//! - `read.rs` streams a table, whose columns `table.rs` looks up as they are now; `predicate.rs` says which conditions the server
//!   applies exactly, and `dialect.rs` how names, constants and comparisons are written.

mod answer;
mod array;
mod batch;
mod breaker;
mod cancel;
mod dialect;
mod failure;
mod metadata;
mod numeric;
mod options;
mod pool;
mod predicate;
mod probe;
mod query;
mod read;
mod server;
mod table;
mod types;
mod value;
mod variant;

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use spi::Result;
use spi::connector::{Connector, ConnectorKind, OpenContext, ReadPlan, ReadRequest, RowStream, Scope, TestStage};
use spi::metadata::Harvest;
use spi::predicate::Predicate;
use spi::query::{Dialect, Statement};

pub use options::{PostgresOptions, SslMode};
use pool::Pool;
use server::Server;
use variant::Variant;

/// The schema in which PostgreSQL makes tables that name none.
const DEFAULT_SCHEMA: &str = "public";

/// Data sources of type `postgresql`.
pub struct Postgresql;

/// Data sources of type `ppas`.
pub struct Ppas;

/// Data sources of type `greenplum`.
pub struct Greenplum;

/// Data sources of type `kingbase`.
pub struct Kingbase;

impl ConnectorKind for Postgresql {
    type Options = PostgresOptions;
    const KIND: &'static str = "postgresql";
    const SUMMARY: &'static str = "A database of a PostgreSQL server, versions 11 to 18; tested against 11, 15, 16 and 18.";

    async fn open(&self, options: PostgresOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
        open(&variant::POSTGRESQL, options, context)
    }
}

impl ConnectorKind for Ppas {
    type Options = PostgresOptions;
    const KIND: &'static str = "ppas";
    const SUMMARY: &'static str =
        "A database of EDB Postgres Advanced Server, versions 11 to 18. Not tested against a server of its own, only against PostgreSQL.";

    async fn open(&self, options: PostgresOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
        open(&variant::PPAS, options, context)
    }
}

impl ConnectorKind for Greenplum {
    type Options = PostgresOptions;
    const KIND: &'static str = "greenplum";
    const SUMMARY: &'static str =
        "A database of Greenplum, version 7 and later. Not tested against a server of its own, only against PostgreSQL.";

    async fn open(&self, options: PostgresOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
        open(&variant::GREENPLUM, options, context)
    }
}

impl ConnectorKind for Kingbase {
    type Options = PostgresOptions;
    const KIND: &'static str = "kingbase";
    const SUMMARY: &'static str =
        "A database of KingbaseES V8R6 and later. Not tested against a server of its own, only against PostgreSQL.";

    async fn open(&self, options: PostgresOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
        open(&variant::KINGBASE, options, context)
    }
}

fn open(variant: &'static Variant, options: PostgresOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
    options::check(&options)?;
    let connections_max = options.connections_max;
    let server = Arc::new(Server::new(variant, options, context));
    Ok(Arc::new(PostgresConnector { pool: Pool::new(server, connections_max) }))
}

struct PostgresConnector {
    pool: Arc<Pool>,
}

#[async_trait]
impl Connector for PostgresConnector {
    fn default_schema(&self) -> &str {
        DEFAULT_SCHEMA
    }

    fn applies(&self, predicate: &Predicate) -> bool {
        predicate::is_exact(predicate)
    }

    async fn test(&self) -> Vec<TestStage> {
        probe::probe(self.pool.server()).await
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

    fn run(&self, statement: Statement, columns: SchemaRef) -> RowStream {
        answer::rows(Arc::clone(&self.pool), statement, columns)
    }
}
