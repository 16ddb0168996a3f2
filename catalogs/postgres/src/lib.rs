//! The connector for PostgreSQL, and for servers that speak its protocol and have its catalogs.
//!
//! - `options.rs` is what an operator says; `variant.rs` is how the kinds of server differ.
//! - `server.rs` opens connections, `pool.rs` keeps them and spares a server that is down, `cancel.rs` stops statements.
//! - `metadata.rs` harvests in one transaction with a fixed number of statements; `fingerprint.rs` says whether that is needed;
//!   `databases.rs` lists those of the server.
//! - `types.rs` says which type a column has; `value.rs`, `numeric.rs` and `array.rs` read binary values as that type.
//! - `query.rs` says what of a whole query is pushed down, and in which words; `answer.rs` streams its rows.
//! - `native.rs` describes and executes statements that somebody else has written; `write.rs` adds rows, as the words of `text.rs`.
//! - `read.rs` streams a table, whose columns `table.rs` looks up as they are now; `predicate.rs` says which conditions the server
//!   applies exactly, and `dialect.rs` how names, constants and comparisons are written.
//! - `transfer.rs` moves what has no parameters, in the format of `copy.rs`; `batch.rs` gathers rows.

mod answer;
mod array;
mod batch;
mod cancel;
mod copy;
mod databases;
mod dialect;
mod failure;
mod fingerprint;
mod metadata;
mod native;
mod numeric;
mod options;
mod pool;
mod predicate;
mod probe;
mod query;
mod read;
mod server;
mod table;
mod text;
mod transfer;
mod types;
mod value;
mod variant;
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

use native::Conversions;
pub use options::{PostgresOptions, SslMode};
use pool::Pool;
use server::Server;
use variant::{Lineage, Variant};

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

/// Data sources of type `gaussdb`.
pub struct Gaussdb;

impl ConnectorKind for Postgresql {
    type Options = PostgresOptions;
    const KIND: &'static str = "postgresql";
    const SUMMARY: &'static str = "A database of a PostgreSQL server, versions 11 to 18.";
    const CAPABILITIES: Capabilities = Capabilities::RELATIONAL;
    const TESTED_VERSIONS: Option<&'static [&'static str]> = Some(&["15", "16"]);

    async fn open(&self, options: PostgresOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
        open(&variant::POSTGRESQL, options, context)
    }
}

impl ConnectorKind for Ppas {
    type Options = PostgresOptions;
    const KIND: &'static str = "ppas";
    const SUMMARY: &'static str =
        "A database of EDB Postgres Advanced Server, versions 11 to 18. Not tested against a server of its own, only against PostgreSQL.";
    const CAPABILITIES: Capabilities = Capabilities::RELATIONAL;
    const TESTED_VERSIONS: Option<&'static [&'static str]> = Some(&[]);

    async fn open(&self, options: PostgresOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
        open(&variant::PPAS, options, context)
    }
}

impl ConnectorKind for Greenplum {
    type Options = PostgresOptions;
    const KIND: &'static str = "greenplum";
    const SUMMARY: &'static str =
        "A database of Greenplum, version 7 and later. Not tested against a server of its own, only against PostgreSQL.";
    const CAPABILITIES: Capabilities = Capabilities::RELATIONAL;
    const TESTED_VERSIONS: Option<&'static [&'static str]> = Some(&[]);

    async fn open(&self, options: PostgresOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
        open(&variant::GREENPLUM, options, context)
    }
}

impl ConnectorKind for Kingbase {
    type Options = PostgresOptions;
    const KIND: &'static str = "kingbase";
    const SUMMARY: &'static str =
        "A database of KingbaseES V8R6 and later. Not tested against a server of its own, only against PostgreSQL.";
    const CAPABILITIES: Capabilities = Capabilities::RELATIONAL;
    const TESTED_VERSIONS: Option<&'static [&'static str]> = Some(&[]);

    async fn open(&self, options: PostgresOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
        open(&variant::KINGBASE, options, context)
    }
}

impl ConnectorKind for Gaussdb {
    type Options = PostgresOptions;
    const KIND: &'static str = "gaussdb";
    const SUMMARY: &'static str = "A database of GaussDB or openGauss, for a role whose password the server keeps as MD5. It is only read, \
         and conditions are applied by the gateway. Not tested against a server of its own, only against PostgreSQL.";
    const TESTED_VERSIONS: Option<&'static [&'static str]> = Some(&[]);

    async fn open(&self, options: PostgresOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
        open(&variant::GAUSSDB, options, context)
    }
}

fn open(variant: &'static Variant, options: PostgresOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
    options::check(&options)?;
    let connections_max = options.connections_max;
    let server = Arc::new(Server::new(variant, options, context));
    Ok(Arc::new(PostgresConnector { pool: Pool::new(server, connections_max), conversions: Conversions::default() }))
}

struct PostgresConnector {
    pool: Arc<Pool>,
    conversions: Conversions,
}

impl PostgresConnector {
    /// Whether the source stands for the server: its databases are sources of their own, and it has nothing else.
    fn covers_server(&self) -> bool {
        self.pool.server().options.databases.is_some()
    }

    /// Whether conditions and queries mean there what they mean here.
    fn answers_queries(&self) -> bool {
        self.pool.server().variant.lineage == Lineage::Recent
    }
}

#[async_trait]
impl Connector for PostgresConnector {
    fn default_schema(&self) -> &str {
        DEFAULT_SCHEMA
    }

    fn applies(&self, predicate: &Predicate) -> bool {
        self.answers_queries() && predicate::is_exact(predicate)
    }

    async fn test(&self) -> Vec<TestStage> {
        probe::probe(self.pool.server()).await
    }

    async fn harvest(&self, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
        match self.covers_server() {
            true => Ok(()),
            false => metadata::harvest(&self.pool, scope, harvest).await,
        }
    }

    async fn fingerprint(&self) -> Result<Option<String>> {
        match self.covers_server() || !self.answers_queries() {
            true => Ok(None),
            false => fingerprint::fingerprint(&self.pool).await,
        }
    }

    async fn databases(&self) -> Result<Option<Vec<String>>> {
        match self.covers_server() {
            true => databases::databases(&self.pool).await.map(Some),
            false => Ok(None),
        }
    }

    async fn read(&self, request: ReadRequest) -> Result<ReadPlan> {
        Ok(ReadPlan::Rows(read::rows(Arc::clone(&self.pool), request)))
    }

    fn dialect(&self) -> Option<&dyn Dialect> {
        self.answers_queries().then_some(&query::Words as &dyn Dialect)
    }

    fn run(&self, mut request: RunRequest) -> RowStream {
        if request.native {
            request.statement.text = self.conversions.text(request.statement.text);
        }
        answer::rows(Arc::clone(&self.pool), request)
    }

    fn is_read_only(&self) -> bool {
        self.pool.server().options.read_only || !self.answers_queries()
    }

    async fn write(&self, request: WriteRequest, rows: RowStream) -> Result<u64> {
        write::write(&self.pool, request, rows).await
    }

    async fn describe(&self, query: &str, user: &str) -> Result<Vec<QueryColumn>> {
        native::describe(&self.pool, &self.conversions, query, user).await
    }

    async fn execute(&self, statement: &str, user: &str) -> Result<u64> {
        native::execute(&self.pool, statement, user).await
    }
}
