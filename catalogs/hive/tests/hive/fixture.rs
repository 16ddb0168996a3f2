//! A data source `lake` on a metastore, and what tests ask of it.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, FieldRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use catalog_hive::Hive;
use futures::TryStreamExt;
use serde_json::{Value, json};
use spi::Error;
use spi::connector::{Connector, ConnectorFactory, OpenContext, ReadPlan, ReadRequest, RemoteCalls, Scope};
use spi::metadata::{Harvest, Relation, SchemaMetadata};
use spi::options::Options;

use crate::server::Server;
pub(crate) use crate::warehouse::*;

pub(crate) struct Source {
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) remote_calls: RemoteCalls,
}

/// A data source on the server that may read its warehouse.
pub(crate) async fn source(server: &Server) -> Source {
    source_with(server, json!({})).await
}

pub(crate) async fn source_with(server: &Server, more: Value) -> Source {
    let mut options = json!({"uris": [server.uri()], "username": "ann", "local_folders": [server.warehouse()]});
    options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    open(options).await.expect("a connector")
}

pub(crate) async fn open(options: Value) -> Result<Source, Error> {
    let options: Options = serde_json::from_value(options).expect("an object");
    let context = OpenContext { source: "lake".to_owned(), remote_calls: RemoteCalls::default() };
    let remote_calls = context.remote_calls.clone();
    let connector = ConnectorFactory::open(&Hive, &options, context).await?;
    Ok(Source { connector, remote_calls })
}

impl Source {
    /// The schema of a database.
    pub(crate) async fn harvest(&self, database: &str) -> SchemaMetadata {
        self.harvest_of(Scope { schema: Some(database.to_owned()), table: None }).await
    }

    pub(crate) async fn harvest_of(&self, scope: Scope) -> SchemaMetadata {
        let mut harvest = Harvest::new();
        self.connector.harvest(&scope, &mut harvest).await.expect("a harvest");
        harvest.finish().expect("schemas").remove(0)
    }

    /// All schemas, where an earlier harvest saw these, and had this fingerprint.
    pub(crate) async fn harvest_after(&self, earlier: &[Arc<SchemaMetadata>], since: Option<String>) -> Vec<Arc<SchemaMetadata>> {
        let mut harvest = Harvest::after(earlier.to_vec(), Arc::default());
        if let Some(fingerprint) = since {
            harvest = harvest.since(fingerprint);
        }
        self.connector.harvest(&Scope::default(), &mut harvest).await.expect("a harvest");
        harvest.finish().expect("schemas").into_iter().map(Arc::new).collect()
    }

    /// A request for all rows and columns of a table.
    pub(crate) async fn request(&self, database: &str, table: &str) -> ReadRequest {
        let schema = self.harvest(database).await;
        let row = schema.table(table).expect("a table");
        let field = |column: usize| -> FieldRef {
            Arc::new(Field::new(schema.column_name(column), schema.column_type(column).arrow.clone(), true))
        };
        ReadRequest {
            schema: database.to_owned(),
            table: table.to_owned(),
            columns: schema.columns_of(row).map(field).collect(),
            user: "ann".to_owned(),
            ..ReadRequest::default()
        }
    }

    /// The rows of a text table, in the order of its files: each its values with bars between them.
    pub(crate) async fn rows(&self, request: ReadRequest) -> Result<Vec<String>, Error> {
        match self.connector.read(request).await? {
            ReadPlan::Rows(rows) => Ok(rows.try_collect::<Vec<_>>().await?.iter().flat_map(lines).collect()),
            ReadPlan::Files(_) => panic!("text is read as rows"),
        }
    }

    /// The files that a read means: path below the warehouse, and the values of the folders.
    pub(crate) async fn files(&self, server: &Server, request: ReadRequest) -> Result<Vec<String>, Error> {
        let ReadPlan::Files(files) = self.connector.read(request).await? else { panic!("files are read as files") };
        let root = server.warehouse().canonicalize().expect("a folder").display().to_string();
        let shown = |file: &spi::connector::File| {
            let path = format!("/{}", file.object.location);
            format!("{} {:?}", path.strip_prefix(&root).expect("a file of the warehouse"), file.partition_values)
        };
        Ok(files.files.iter().map(shown).collect())
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
