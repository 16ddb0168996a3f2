//! A data source `shop` on a database of the test's own.

use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use catalog_mysql::{MariaDb, MySql};
use futures::{StreamExt, TryStreamExt};
use serde_json::json;
use spi::Result;
use spi::connector::{
    Connector, ConnectorFactory, OpenContext, QueryColumn, ReadPlan, ReadRequest, RemoteCalls, RowStream, RunRequest, Scope, WriteRequest,
};
use spi::metadata::{Harvest, Relation, SchemaMetadata};
use spi::options::Options;
use spi::query::Statement;

use crate::server::{PASSWORD, Product, Server, USER};

pub(crate) struct Source {
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) remote_calls: RemoteCalls,
    pub(crate) database: String,
}

/// A data source on a new database, in which the statements make what the test needs.
pub(crate) async fn source(server: &Server, database: &str, sql: &str) -> Source {
    server.execute(&format!("CREATE DATABASE `{database}` CHARACTER SET utf8mb4; USE `{database}`; SET sql_mode = ''; {sql}")).await;
    source_of(server, database, json!({})).await
}

/// A data source on a database that is there.
pub(crate) async fn source_of(server: &Server, database: &str, more: serde_json::Value) -> Source {
    let mut options = options(server);
    options["databases"] = json!([database]);
    options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let (connector, remote_calls) = open(server.product, options).await.expect("a connector");
    Source { connector, remote_calls, database: database.to_owned() }
}

/// The options that let the administrator in.
pub(crate) fn options(server: &Server) -> serde_json::Value {
    json!({"host": "127.0.0.1", "port": server.port, "user": USER, "password": PASSWORD})
}

pub(crate) async fn open(product: Product, options: serde_json::Value) -> Result<(Arc<dyn Connector>, RemoteCalls)> {
    let options: Options = serde_json::from_value(options).expect("an object");
    let context = OpenContext { source: "shop".to_owned(), remote_calls: RemoteCalls::default() };
    let remote_calls = context.remote_calls.clone();
    let connector = match product {
        Product::MariaDb => ConnectorFactory::open(&MariaDb, &options, context).await?,
        Product::MySql => ConnectorFactory::open(&MySql, &options, context).await?,
    };
    Ok((connector, remote_calls))
}

impl Source {
    /// The metadata of the test's database.
    pub(crate) async fn harvest(&self) -> SchemaMetadata {
        let schemas = harvest(&*self.connector, &Scope::default()).await.expect("a harvest");
        schemas.into_iter().find(|schema| schema.name == self.database).expect("the schema")
    }

    /// The request for all columns of a table.
    pub(crate) async fn request(&self, table: &str) -> ReadRequest {
        let schema = self.harvest().await;
        let columns = schema.arrow_fields(schema.table(table).expect("the table"));
        ReadRequest { schema: self.database.clone(), table: table.to_owned(), columns, user: "ann".to_owned(), ..ReadRequest::default() }
    }

    pub(crate) async fn stream(&self, request: ReadRequest) -> RowStream {
        match self.connector.read(request).await.expect("a plan") {
            ReadPlan::Rows(rows) => rows,
            ReadPlan::Files(_) => panic!("a server gives rows"),
        }
    }

    pub(crate) async fn batches(&self, request: ReadRequest) -> Result<Vec<RecordBatch>> {
        self.stream(request).await.try_collect().await
    }

    /// Adds rows to a table; the batches say its columns.
    pub(crate) async fn write(&self, table: &str, batches: Vec<RecordBatch>) -> Result<u64> {
        let columns = batches[0].schema().fields().to_vec();
        self.write_stream(table, columns, futures::stream::iter(batches.into_iter().map(Ok)).boxed()).await
    }

    pub(crate) async fn write_stream(&self, table: &str, columns: Vec<FieldRef>, rows: RowStream) -> Result<u64> {
        let request = WriteRequest { schema: self.database.clone(), table: table.to_owned(), columns, user: "ann".to_owned() };
        self.connector.write(request, rows).await
    }

    /// The rows of a query in the server's own language.
    pub(crate) async fn query(&self, text: &str) -> Result<(Vec<QueryColumn>, Vec<String>)> {
        let columns = self.connector.describe(text, "ann").await?;
        let field = |column: &QueryColumn| Field::new(&column.name, column.data_type.clone(), true);
        let fields: Vec<Field> = columns.iter().map(field).collect();
        let statement = Statement { text: text.to_owned(), parameters: Vec::new() };
        let request = RunRequest { statement, native: true, columns: Arc::new(Schema::new(fields)), user: "ann".to_owned() };
        let batches: Vec<RecordBatch> = self.connector.run(request).try_collect().await?;
        Ok((columns, batches.iter().flat_map(texts).collect()))
    }

    /// Each row as text, its values separated by `|`.
    pub(crate) async fn rows(&self, request: ReadRequest) -> Result<Vec<String>> {
        Ok(self.batches(request).await?.iter().flat_map(texts).collect())
    }
}

/// The request for a table of pairs of names and values that `information_schema` has about the session itself.
pub(crate) fn session_request(table: &str) -> ReadRequest {
    let column = |name: &str| Arc::new(Field::new(name, DataType::Utf8, true));
    let columns = vec![column("VARIABLE_NAME"), column("VARIABLE_VALUE")];
    ReadRequest {
        schema: "information_schema".to_owned(),
        table: table.to_owned(),
        columns,
        user: "ann".to_owned(),
        ..ReadRequest::default()
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

/// Columns of a relation of the metadata as text.
pub(crate) fn relation(schema: &SchemaMetadata, relation: Relation, columns: &[&str]) -> Vec<String> {
    let batch = schema.relation(relation);
    let places: Vec<usize> = columns.iter().map(|name| batch.schema().index_of(name).expect("a column")).collect();
    let batch = batch.project(&places).expect("a projection");
    assert!(batch.columns().iter().all(|column| column.len() == batch.num_rows()));
    texts(&batch)
}
