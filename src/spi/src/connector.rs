//! What a connector implements.
//!
//! A connector crate declares one [`ConnectorKind`] with its options and gives the gateway a [`ConnectorFactory`] of it.
//! It sees neither the store nor a session: it is given options and a [`Scope`], and gives metadata and rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, FieldRef, SchemaRef};
use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::{ObjectMeta, ObjectStore};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::documents::{Sample, TableDefinition};
use crate::error::{Error, Result};
use crate::grouping::Grouping;
use crate::metadata::Harvest;
use crate::options::{self, OptionSpec, Options};
use crate::predicate::{Predicate, Value};
use crate::query::{Dialect, Statement};
use crate::top_n::TopN;
use crate::types::PgType;

/// The option that names the database of a source, where a kind's [`Connector::databases`] can answer.
pub const DATABASE_OPTION: &str = "database";

/// The option that makes a source one of a whole server.
pub const DATABASES_OPTION: &str = "databases";

/// One kind of data source, as a connector crate writes it.
pub trait ConnectorKind: Send + Sync + 'static {
    /// The options of the kind. Their doc comments are the documentation that operators read.
    type Options: DeserializeOwned + JsonSchema + Send;
    /// The word after the name in `CALL create_datasource(name, type, …)`: lower-case, for example `sqlite`.
    const KIND: &'static str;
    /// One sentence that says what such a source is.
    const SUMMARY: &'static str;
    /// What its sources can do beyond being read.
    const CAPABILITIES: Capabilities = Capabilities::NONE;
    /// The versions of the server that this repository's tests run against; empty where no test has met one, and `None` for what
    /// is no server.
    const TESTED_VERSIONS: Option<&'static [&'static str]>;

    /// Makes a connector. It opens nothing remote: the first `test`, `harvest` or `read` does.
    fn open(&self, options: Self::Options, context: OpenContext) -> impl Future<Output = Result<Arc<dyn Connector>>> + Send;
}

/// What sources of a kind can do beyond being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Whole queries move to them: [`Connector::dialect`] and [`Connector::run`].
    pub queries: bool,
    /// Rows can be added to their tables: [`Connector::write`].
    pub writes: bool,
    /// Statements in their own language: [`Connector::describe`] and [`Connector::execute`].
    pub native_statements: bool,
    /// A refresh finds out at once that nothing has changed: [`Connector::fingerprint`].
    pub fingerprint: bool,
    /// Operators may say what the source does not say about its tables: [`Connector::infer`], and
    /// [`Harvest::definitions`](crate::metadata::Harvest::definitions).
    pub definitions: bool,
}

impl Capabilities {
    pub const NONE: Self = Self { queries: false, writes: false, native_statements: false, fingerprint: false, definitions: false };
    /// What relational databases can do.
    pub const RELATIONAL: Self = Self { queries: true, writes: true, native_statements: true, fingerprint: true, definitions: false };
}

/// A [`ConnectorKind`] as the gateway holds it, its options' type forgotten.
#[async_trait]
pub trait ConnectorFactory: Send + Sync + 'static {
    fn kind(&self) -> &'static str;
    fn summary(&self) -> &'static str;
    fn capabilities(&self) -> Capabilities;
    fn tested_versions(&self) -> Option<&'static [&'static str]>;
    /// The kind's own options, without the [`CommonOptions`](crate::options::CommonOptions) that every source has.
    fn options(&self) -> Vec<OptionSpec>;
    /// Makes a connector of checked options.
    async fn open(&self, options: &Options, context: OpenContext) -> Result<Arc<dyn Connector>>;
}

#[async_trait]
impl<K: ConnectorKind> ConnectorFactory for K {
    fn kind(&self) -> &'static str {
        K::KIND
    }

    fn summary(&self) -> &'static str {
        K::SUMMARY
    }

    fn capabilities(&self) -> Capabilities {
        K::CAPABILITIES
    }

    fn tested_versions(&self) -> Option<&'static [&'static str]> {
        K::TESTED_VERSIONS
    }

    fn options(&self) -> Vec<OptionSpec> {
        options::describe::<K::Options>()
    }

    async fn open(&self, options: &Options, context: OpenContext) -> Result<Arc<dyn Connector>> {
        ConnectorKind::open(self, options::parse(K::KIND, options)?, context).await
    }
}

/// What the gateway gives a connector.
#[derive(Clone, Debug)]
pub struct OpenContext {
    /// The data source's name, for messages.
    pub source: String,
    /// Where the connector counts what it asks of the source.
    pub remote_calls: RemoteCalls,
}

/// Counts requests to a data source: statements, listings, file reads. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct RemoteCalls(Arc<AtomicU64>);

impl RemoteCalls {
    /// To be called right before each request that leaves the gateway.
    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn total(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counts rows that were read with an [`_error`](crate::documents::ERROR), whether the query wants to see it or not. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct RowErrors(Arc<AtomicU64>);

impl RowErrors {
    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many were counted since the last call.
    pub fn take(&self) -> u64 {
        self.0.swap(0, Ordering::Relaxed)
    }
}

/// An open data source. Dropping a future of any method cancels the work.
#[async_trait]
pub trait Connector: Send + Sync {
    /// The schema that an unqualified table name means, after `public`.
    fn default_schema(&self) -> &str;

    /// Whether `read` applies the predicate exactly as PostgreSQL would. What it refuses, the gateway applies to the rows.
    fn applies(&self, predicate: &Predicate) -> bool;

    /// Whether `read` answers with [`ReadPlan::Files`]. The gateway then asks while it plans how a query runs, to spread the files
    /// over its cores; else it asks when the rows are wanted.
    fn reads_files(&self) -> bool {
        false
    }

    /// Tries the way to the source, stage by stage, and stops after the first stage that fails.
    async fn test(&self) -> Vec<TestStage>;

    /// Pushes the metadata of the scope into the harvest, with a number of requests that does not grow with the tables.
    async fn harvest(&self, scope: &Scope, harvest: &mut Harvest) -> Result<()>;

    /// Says how the rows of a table are read.
    async fn read(&self, request: ReadRequest) -> Result<ReadPlan>;

    /// What [`Connector::read`] would ask of the source, in the source's own language, for EXPLAIN. It asks nobody.
    fn explain(&self, request: &ReadRequest) -> Option<String> {
        let _ = request;
        None
    }

    /// Whether [`Connector::read_groups`] may know this. It asks nobody.
    fn groups(&self, request: &ReadRequest, grouping: &Grouping) -> bool {
        let _ = (request, grouping);
        false
    }

    /// Groups of the rows that the request asks for, as the source makes them, in one batch. `None` where it turns out, by the values
    /// that it has, that they would not be exactly those of the rows, or where they are too many: the gateway reads the rows then.
    async fn read_groups(&self, request: ReadRequest, grouping: Grouping) -> Result<Option<RecordBatch>> {
        let _ = (request, grouping);
        Ok(None)
    }

    /// What [`Connector::read_groups`] would ask of the source, as [`Connector::explain`].
    fn explain_groups(&self, request: &ReadRequest, grouping: &Grouping) -> Option<String> {
        let _ = (request, grouping);
        None
    }

    /// The SQL of the source, where it is a database that answers whole queries. [`Connector::run`] then answers them.
    fn dialect(&self) -> Option<&dyn Dialect> {
        None
    }

    /// The rows of a statement in the source's own language, with exactly the columns of the request. It changes nothing, and nothing
    /// is asked before the first poll.
    fn run(&self, request: RunRequest) -> RowStream {
        let _ = request;
        futures::stream::once(async { Err(incapable()) }).boxed()
    }

    /// A text that is another one whenever the metadata of the source may have changed, at the cost of a few statements however
    /// many tables there are. `None` where the source cannot tell. What it does not notice, the kind's documentation says; the
    /// gateway harvests from time to time even if it stays the same.
    async fn fingerprint(&self) -> Result<Option<String>> {
        Ok(None)
    }

    /// Looks at a sample of a table's records, as a harvest would, and keeps nothing. A definition is obeyed and tried on the sample; it
    /// may be of a table that is not there without it.
    async fn infer(&self, schema: &str, table: &str, definition: Option<&TableDefinition>) -> Result<Sample> {
        let _ = (schema, table, definition);
        Err(incapable())
    }

    /// The databases of the server, where the source's options say that each of them is to be a source of its own. Its options are
    /// the same, but [`DATABASE_OPTION`] names the database, and [`DATABASES_OPTION`] is left out.
    async fn databases(&self) -> Result<Option<Vec<String>>> {
        Ok(None)
    }

    /// Whether the source's options forbid [`Connector::write`] and [`Connector::execute`]. The gateway then calls neither.
    fn is_read_only(&self) -> bool {
        true
    }

    /// Adds rows to a table, all of them or none, and says how many there were. The rows are pulled as fast as the source takes them.
    async fn write(&self, request: WriteRequest, rows: RowStream) -> Result<u64> {
        let _ = (request, rows);
        Err(incapable())
    }

    /// The columns of the rows that a query in the source's own language answers with. It is not run. What is no query is an error.
    async fn describe(&self, query: &str, user: &str) -> Result<Vec<QueryColumn>> {
        let _ = (query, user);
        Err(incapable())
    }

    /// Runs one statement in the source's own language and says how many rows it concerned. Rows that it answers with are thrown away.
    /// Where statements follow each other with nothing between them, as in SQL Server, it runs what the source takes as one batch.
    /// An error after which the statement may have been done is [in doubt](crate::Error::in_doubt).
    async fn execute(&self, statement: &str, user: &str) -> Result<u64> {
        let _ = (statement, user);
        Err(incapable())
    }
}

/// The gateway calls only what the kind's [`Capabilities`] say.
fn incapable() -> Error {
    Error::internal("a connector was asked for what it cannot do")
}

/// A query whose rows are wanted.
#[derive(Clone, Debug)]
pub struct RunRequest {
    pub statement: Statement,
    /// Whether somebody wrote the text, in the source's own language. It may leave anything behind in its session, which then serves
    /// nobody else. Other texts are written by the connector's own dialect.
    pub native: bool,
    /// The columns as they are to be given, with their types.
    pub columns: SchemaRef,
    /// Who asks, for the source's own list of sessions.
    pub user: String,
}

/// Where rows are to be added.
#[derive(Clone, Debug)]
pub struct WriteRequest {
    pub schema: String,
    pub table: String,
    /// The columns of the rows, named as in the table. The others get their defaults.
    pub columns: Vec<FieldRef>,
    /// Who adds them, for the source's own list of sessions.
    pub user: String,
}

/// A column of a query in a source's own language.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryColumn {
    /// As the source names it; names may repeat.
    pub name: String,
    /// The type in which [`Connector::run`] gives the values.
    pub data_type: DataType,
    /// The type that clients see.
    pub pg_type: PgType,
}

/// What part of a source a harvest covers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Only this schema.
    pub schema: Option<String>,
    /// Only this table of the schema.
    pub table: Option<String>,
}

impl Scope {
    /// Whether a schema is covered, in whole or in part.
    pub fn covers_schema(&self, schema: &str) -> bool {
        self.schema.as_deref().is_none_or(|only| only == schema)
    }

    pub fn covers_table(&self, schema: &str, table: &str) -> bool {
        self.covers_schema(schema) && self.table.as_deref().is_none_or(|only| only == table)
    }
}

/// The answer of one stage of a connection test.
#[derive(Clone, Debug)]
pub struct TestStage {
    pub stage: Stage,
    pub latency: Duration,
    /// What was found, or why the stage failed.
    pub outcome: Result<String>,
}

/// The stages of a connection test, in their order. A kind of source leaves out those that it does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Resolve,
    Connect,
    Tls,
    Authenticate,
    Query,
}

impl Stage {
    pub fn name(self) -> &'static str {
        match self {
            Stage::Resolve => "resolve",
            Stage::Connect => "connect",
            Stage::Tls => "tls",
            Stage::Authenticate => "authenticate",
            Stage::Query => "query",
        }
    }
}

/// Which rows of which table are wanted.
#[derive(Clone, Debug, Default)]
pub struct ReadRequest {
    pub schema: String,
    pub table: String,
    /// The wanted columns as the snapshot has them, in the order in which the rows must have them. May be empty: only the count matters.
    pub columns: Vec<FieldRef>,
    /// Predicates that all hold for the wanted rows. [`Connector::applies`] said yes to each; of a connector that
    /// [reads files](Connector::reads_files) it was not asked: it may leave out files by them, and the gateway applies them to the rows.
    pub predicates: Vec<Predicate>,
    /// How many rows are enough.
    pub limit: Option<usize>,
    /// Which rows are enough, where those are the first ones by a column. There is no limit then, and every predicate of the query is
    /// among these.
    pub top_n: Option<TopN>,
    /// What the harvest that the columns come from wrote down for this, with [`Harvest::recipe`]; any node may read the table.
    pub recipe: Option<Arc<str>>,
    /// Who asks, for the source's own list of sessions.
    pub user: String,
    /// Where the connector counts rows whose values do not fit their columns. Who asked is warned of them.
    pub row_errors: RowErrors,
}

/// How the rows of a table are read.
pub enum ReadPlan {
    /// Files, which the query engine scans itself.
    Files(Files),
    /// Rows that the connector streams, with exactly the columns of the request.
    Rows(RowStream),
}

pub type RowStream = BoxStream<'static, Result<RecordBatch>>;

/// Files of one format that together are a table.
pub struct Files {
    pub format: FileFormat,
    /// Where the files are. Their paths are relative to it.
    pub object_store: Arc<dyn ObjectStore>,
    pub files: Vec<File>,
    /// The columns in the files, in the order of the table.
    pub file_schema: SchemaRef,
    /// The columns that come from `key=value` folders. They follow those of the files.
    pub partition_columns: Vec<FieldRef>,
    /// Whether the columns may be called otherwise in the files, by upper and lower case. Only [`FileFormat::Parquet`] is read so.
    pub ignores_case: bool,
}

/// One file, and the values that its `key=value` folders say, in the order of the partition columns.
pub struct File {
    pub object: ObjectMeta,
    pub partition_values: Vec<Value>,
}

/// The format of a table's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// Comma-separated values, RFC 4180.
    Csv {
        header: bool,
        delimiter: u8,
        quote: u8,
        compression: Compression,
    },
    /// One JSON object per line.
    JsonLines {
        compression: Compression,
    },
    Parquet,
    /// Arrow IPC, file format.
    Arrow,
}

/// How a whole file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    None,
    Gzip,
    Zstd,
}
