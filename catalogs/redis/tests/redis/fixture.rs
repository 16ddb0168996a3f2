//! A data source `cache` on a server of the test's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use catalog_redis::Redis;
use futures::TryStreamExt;
use serde_json::{Value, json};
use spi::Result;
use spi::connector::{Connector, ConnectorFactory, OpenContext, ReadPlan, ReadRequest, RemoteCalls, RowStream, Scope};
use spi::documents::{TableDefinition, TableDefinitions};
use spi::metadata::{Harvest, Relation, SchemaMetadata};
use spi::options::Options;
use spi::predicate::{Comparison, Predicate, Value as Constant};

use crate::server::Server;

/// Definitions of tables of `db0`, by their names.
pub(crate) type Defined = BTreeMap<String, Arc<TableDefinition>>;

pub(crate) struct Source {
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) remote_calls: RemoteCalls,
}

pub(crate) async fn source(server: &Server) -> Source {
    source_with(server, json!({})).await
}

/// A data source with further options.
pub(crate) async fn source_with(server: &Server, more: Value) -> Source {
    let mut options = json!({"host": "127.0.0.1", "port": server.port});
    options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    open(options).await.expect("a connector")
}

pub(crate) async fn open(options: Value) -> Result<Source> {
    let options: Options = serde_json::from_value(options).expect("an object");
    let context = OpenContext { source: "cache".to_owned(), remote_calls: RemoteCalls::default() };
    let remote_calls = context.remote_calls.clone();
    Ok(Source { connector: ConnectorFactory::open(&Redis, &options, context).await?, remote_calls })
}

impl Source {
    pub(crate) async fn harvest(&self, scope: &Scope) -> Result<Vec<SchemaMetadata>> {
        let mut harvest = Harvest::new();
        self.connector.harvest(scope, &mut harvest).await?;
        harvest.finish()
    }

    /// The metadata of `db0` after what was known, where tables are defined.
    pub(crate) async fn schema_after(&self, earlier: &SchemaMetadata, tables: &Defined, scope: &Scope) -> Result<SchemaMetadata> {
        let definitions = TableDefinitions(BTreeMap::from([("db0".to_owned(), tables.clone())]));
        let mut harvest = Harvest::after(vec![Arc::new(earlier.clone())], Arc::new(definitions));
        self.connector.harvest(scope, &mut harvest).await?;
        Ok(harvest.finish()?.remove(0))
    }

    /// The metadata of a logical database.
    pub(crate) async fn schema(&self, name: &str) -> SchemaMetadata {
        let schemas = self.harvest(&Scope::default()).await.expect("a harvest");
        schemas.into_iter().find(|schema| schema.name == name).expect("the schema")
    }

    /// The request for all columns of a table of `db0`.
    pub(crate) async fn request(&self, table: &str) -> ReadRequest {
        self.request_as(&self.schema("db0").await, table)
    }

    /// The request for all columns that a table of `db0` has in the metadata.
    pub(crate) fn request_as(&self, schema: &SchemaMetadata, table: &str) -> ReadRequest {
        let row = schema.table(table).unwrap_or_else(|| panic!("no table {table}"));
        let (columns, recipe) = (schema.arrow_fields(row), schema.recipe(row).map(Arc::from));
        let (schema, table) = ("db0".to_owned(), table.to_owned());
        ReadRequest { schema, table, columns, recipe, user: "ann".to_owned(), ..ReadRequest::default() }
    }

    /// The request for some columns of a table of `db0`.
    pub(crate) async fn request_of(&self, table: &str, columns: &[&str]) -> ReadRequest {
        some_of(self.request(table).await, columns)
    }

    pub(crate) async fn stream(&self, request: ReadRequest) -> RowStream {
        match self.connector.read(request).await.expect("a plan") {
            ReadPlan::Rows(rows) => rows,
            ReadPlan::Files(_) => panic!("a server gives rows"),
        }
    }

    /// Each row as text, its values separated by `|`; sorted, as the server has no order of keys.
    pub(crate) async fn rows(&self, request: ReadRequest) -> Result<Vec<String>> {
        let batches: Vec<RecordBatch> = self.stream(request).await.try_collect().await?;
        let mut rows: Vec<String> = batches.iter().flat_map(texts).collect();
        rows.sort();
        Ok(rows)
    }

    pub(crate) async fn rows_of(&self, table: &str, columns: &[&str]) -> Vec<String> {
        self.rows(self.request_of(table, columns).await).await.expect("rows")
    }

    /// How many rows a request has, and in how many batches.
    pub(crate) async fn count(&self, request: ReadRequest) -> (usize, usize) {
        let batches: Vec<RecordBatch> = self.stream(request).await.try_collect().await.expect("batches");
        (batches.iter().map(RecordBatch::num_rows).sum(), batches.len())
    }
}

/// The request with some of its columns.
pub(crate) fn some_of(mut request: ReadRequest, columns: &[&str]) -> ReadRequest {
    let of_name = |name: &&str| request.columns.iter().find(|column| column.name() == name).expect("a column").clone();
    request.columns = columns.iter().map(of_name).collect();
    request
}

/// `_key = key`.
pub(crate) fn key_is(key: &str) -> Predicate {
    Predicate::Compare { column: "_key".to_owned(), comparison: Comparison::Equal, value: Constant::Text(key.to_owned()) }
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
    texts(&batch.project(&places).expect("a projection"))
}

/// Names of tables, and what they estimate to hold.
pub(crate) fn tables(schema: &SchemaMetadata) -> Vec<String> {
    relation(schema, Relation::Tables, &["name", "row_estimate"])
}

/// Name and type of the columns of a table.
pub(crate) fn columns(schema: &SchemaMetadata, table: &str) -> Vec<String> {
    let columns = schema.columns_of(schema.table(table).expect("the table"));
    columns.map(|column| format!("{} {}", schema.column_name(column), schema.column_type(column).pg.format())).collect()
}

/// The options of a table that have the name.
pub(crate) fn options(schema: &SchemaMetadata, table: &str, name: &str) -> Vec<String> {
    let row = schema.table(table).expect("the table");
    let start = format!("{row}|{name}|");
    let all = relation(schema, Relation::TableOptions, &["table", "name", "value"]);
    all.iter().filter_map(|option| option.strip_prefix(&start)).map(str::to_owned).collect()
}
