//! Database files made for a test, and the connector opened on them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use catalog_sqlite::Sqlite;
use futures::TryStreamExt;
use spi::Result;
use spi::connector::{Connector, ConnectorFactory, OpenContext, ReadPlan, ReadRequest, RemoteCalls, RowStream, Scope};
use spi::metadata::{Harvest, SchemaMetadata};
use spi::options::Options;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tempfile::TempDir;

/// A folder with a database, and a data source `shop` on it.
pub(crate) struct Fixture {
    pub(crate) folder: TempDir,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) remote_calls: RemoteCalls,
}

/// A data source on a new database that the statements make.
pub(crate) async fn database(sql: &str) -> Fixture {
    database_with(sql, serde_json::json!({})).await
}

/// The same with more options.
pub(crate) async fn database_with(sql: &str, mut options: serde_json::Value) -> Fixture {
    let folder = tempfile::tempdir().expect("a folder");
    execute(&folder.path().join("shop.db"), sql).await;
    options["path"] = folder.path().join("shop.db").to_str().expect("UTF-8").into();
    let (connector, remote_calls) = open(options).await.expect("a connector");
    Fixture { folder, connector, remote_calls }
}

/// A connector with these options.
pub(crate) async fn open(options: serde_json::Value) -> Result<(Arc<dyn Connector>, RemoteCalls)> {
    let options: Options = serde_json::from_value(options).expect("an object");
    let context = OpenContext { source: "shop".to_owned(), remote_calls: RemoteCalls::default() };
    let remote_calls = context.remote_calls.clone();
    Ok((ConnectorFactory::open(&Sqlite, &options, context).await?, remote_calls))
}

/// Runs statements as another program would, and closes the file.
pub(crate) async fn execute(path: &Path, sql: &str) {
    let connection = writer(path).await;
    run(connection, sql).await.close().await.expect("a closed database");
}

/// Another program's connection.
pub(crate) async fn writer(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.expect("a database")
}

pub(crate) async fn run(mut connection: SqliteConnection, sql: &str) -> SqliteConnection {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect("valid statements");
    connection
}

impl Fixture {
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("shop.db")
    }

    pub(crate) async fn harvest(&self) -> Vec<SchemaMetadata> {
        harvest(&*self.connector, &Scope::default()).await.expect("a harvest")
    }

    /// The request for all columns of a table.
    pub(crate) async fn request(&self, schema: &str, table: &str) -> ReadRequest {
        let schemas = self.harvest().await;
        let metadata = schemas.iter().find(|found| found.name == schema).expect("the schema");
        let columns = metadata.arrow_fields(metadata.table(table).expect("the table"));
        ReadRequest { schema: schema.to_owned(), table: table.to_owned(), columns, user: "tester".to_owned(), ..ReadRequest::default() }
    }

    pub(crate) async fn stream(&self, request: ReadRequest) -> RowStream {
        match self.connector.read(request).await.expect("a plan") {
            ReadPlan::Rows(rows) => rows,
            ReadPlan::Files(_) => panic!("SQLite gives rows"),
        }
    }

    pub(crate) async fn batches(&self, request: ReadRequest) -> Result<Vec<RecordBatch>> {
        self.stream(request).await.try_collect().await
    }

    /// Each row as text, its values separated by `|`.
    pub(crate) async fn rows(&self, request: ReadRequest) -> Result<Vec<String>> {
        Ok(self.batches(request).await?.iter().flat_map(texts).collect())
    }
}

pub(crate) async fn harvest(connector: &dyn Connector, scope: &Scope) -> Result<Vec<SchemaMetadata>> {
    let mut harvest = Harvest::new();
    connector.harvest(scope, &mut harvest).await?;
    harvest.finish()
}

/// Each row of a batch as text.
pub(crate) fn texts(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::default().with_null("NULL");
    let columns: Vec<_> = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).expect("a formatter")).collect();
    let row = |row| columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join("|");
    (0..batch.num_rows()).map(row).collect()
}

/// A relation of the metadata as text, without the columns that are null everywhere or only identify.
pub(crate) fn relation(schema: &SchemaMetadata, relation: spi::metadata::Relation, columns: &[&str]) -> Vec<String> {
    let batch = schema.relation(relation);
    let places: Vec<usize> = columns.iter().map(|name| batch.schema().index_of(name).expect("a column")).collect();
    let batch = batch.project(&places).expect("a projection");
    assert!(batch.columns().iter().all(|column| column.len() == batch.num_rows()));
    texts(&batch)
}
