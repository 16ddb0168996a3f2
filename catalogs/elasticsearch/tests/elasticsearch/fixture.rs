//! A data source `shop` on the server, and what tests ask of it.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, FieldRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use catalog_elasticsearch::{Elasticsearch, OpenSearch};
use futures::{StreamExt, TryStreamExt};
use serde_json::{Value, json};
use spi::Result;
use spi::connector::{Connector, ConnectorFactory, OpenContext, ReadPlan, ReadRequest, RemoteCalls, RowStream, Scope};
use spi::metadata::{Harvest, Relation, SchemaMetadata};
use spi::options::Options;

use crate::server::{Product, Server};

pub(crate) struct Source {
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) remote_calls: RemoteCalls,
}

/// A data source that shows the indices of this pattern.
pub(crate) async fn source(server: &Server, indices: &str) -> Source {
    source_with(server, json!({"hosts": [server.address()], "indices": [indices]}), json!({})).await
}

/// A data source of the type that the server is of.
pub(crate) async fn source_with(server: &Server, mut options: Value, more: Value) -> Source {
    options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let kind: &dyn ConnectorFactory = match server.product {
        Product::Elasticsearch | Product::Elasticsearch7 | Product::Elasticsearch9 => &Elasticsearch,
        Product::OpenSearch => &OpenSearch,
    };
    open_as(kind, options).await.expect("a connector")
}

pub(crate) async fn open(options: Value) -> Result<Source> {
    open_as(&Elasticsearch, options).await
}

/// A data source of a type.
pub(crate) async fn open_as(kind: &dyn ConnectorFactory, options: Value) -> Result<Source> {
    let options: Options = serde_json::from_value(options).expect("an object");
    let context = OpenContext { source: "shop".to_owned(), remote_calls: RemoteCalls::default() };
    let remote_calls = context.remote_calls.clone();
    let connector = kind.open(&options, context).await?;
    Ok(Source { connector, remote_calls })
}

impl Source {
    pub(crate) async fn harvest(&self) -> SchemaMetadata {
        self.harvest_of(Scope::default()).await
    }

    pub(crate) async fn harvest_of(&self, scope: Scope) -> SchemaMetadata {
        let mut harvest = Harvest::new();
        self.connector.harvest(&scope, &mut harvest).await.expect("a harvest");
        harvest.finish().expect("schemas").remove(0)
    }

    /// A request for all rows and columns of a table as a fresh harvest has them.
    pub(crate) async fn request(&self, table: &str) -> ReadRequest {
        let schema = self.harvest().await;
        let row = schema.table(table).expect("a table");
        let field = |column: usize| -> FieldRef {
            Arc::new(Field::new(schema.column_name(column), schema.column_type(column).arrow.clone(), true))
        };
        let columns = schema.columns_of(row).map(field).collect();
        ReadRequest {
            schema: "public".to_owned(),
            table: table.to_owned(),
            columns,
            recipe: schema.recipe(row).map(Arc::from),
            user: "ann".to_owned(),
            ..ReadRequest::default()
        }
    }

    /// The same for some of the columns.
    pub(crate) async fn request_of(&self, table: &str, columns: &[&str]) -> ReadRequest {
        let mut request = self.request(table).await;
        let find = |name: &&str| {
            let found = request.columns.iter().find(|field| field.name() == name);
            Arc::clone(found.unwrap_or_else(|| panic!("no column {name}")))
        };
        request.columns = columns.iter().map(find).collect();
        request
    }

    pub(crate) async fn stream(&self, request: ReadRequest) -> RowStream {
        match self.connector.read(request).await.expect("a plan") {
            ReadPlan::Rows(rows) => rows,
            ReadPlan::Files(_) => panic!("rows are read, not files"),
        }
    }

    pub(crate) async fn batches(&self, request: ReadRequest) -> Result<Vec<RecordBatch>> {
        self.stream(request).await.try_collect().await
    }

    /// The rows in any order: each its values with bars between them, sorted.
    pub(crate) async fn rows(&self, request: ReadRequest) -> Result<Vec<String>> {
        let mut rows: Vec<String> = self.batches(request).await?.iter().flat_map(lines).collect();
        rows.sort();
        Ok(rows)
    }

    /// The number of rows.
    pub(crate) async fn count(&self, request: ReadRequest) -> Result<usize> {
        let counts = self.stream(request).await.map_ok(|batch| batch.num_rows());
        counts.try_fold(0, async |sum, rows| Ok(sum + rows)).await
    }
}

/// The error with which a stream ends.
pub(crate) async fn error_of(mut rows: RowStream) -> spi::Error {
    loop {
        match rows.next().await {
            Some(Ok(_)) => {}
            Some(Err(error)) => return error,
            None => panic!("the stream ended without an error"),
        }
    }
}

pub(crate) fn lines(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::new().with_null("NULL");
    let columns: Vec<_> =
        batch.columns().iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options).expect("a formatter")).collect();
    let row = |row: usize| columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join("|");
    (0..batch.num_rows()).map(row).collect()
}

/// The columns of a table: name, PostgreSQL's type and the native type.
pub(crate) fn columns_of(schema: &SchemaMetadata, table: &str) -> Vec<String> {
    let row = schema.table(table).expect("a table");
    let shown = |column: usize| {
        let column_type = schema.column_type(column);
        format!("{} {} {}", schema.column_name(column), column_type.pg.format(), column_type.native)
    };
    schema.columns_of(row).map(shown).collect()
}

/// The rows of a relation that belong to a table, their columns with bars between them.
pub(crate) fn relation(schema: &SchemaMetadata, relation: Relation, table: &str) -> Vec<String> {
    let row = schema.table(table).expect("a table");
    let range = schema.rows_of(relation, row);
    lines(&schema.relation(relation).slice(range.start, range.len()))
}
