//! A data source `shop` on a database of the test's own.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use bson::Document;
use catalog_mongodb::{FerretDb, MongoDb};
use futures::TryStreamExt;
use mongodb::Database;
use serde_json::{Value as Json, json};
use spi::Result;
use spi::connector::{Connector, ConnectorFactory, OpenContext, ReadPlan, ReadRequest, RemoteCalls, RowStream, Scope};
use spi::metadata::{Harvest, Relation, SchemaMetadata};
use spi::options::Options;
use spi::predicate::Predicate;

use crate::server::{PASSWORD, Product, Server, USER};

pub(crate) struct Source {
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) remote_calls: RemoteCalls,
    /// The database, for the test itself.
    pub(crate) database: Database,
}

/// A data source on a database that no other test has.
pub(crate) async fn source(server: &Server, database: &str) -> Source {
    source_with(server, database, json!({})).await
}

pub(crate) async fn source_with(server: &Server, database: &str, more: Json) -> Source {
    let mut given = options(server);
    given["databases"] = json!([database]);
    given.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let (connector, remote_calls) = open(server.product, given).await.expect("a connector");
    Source { connector, remote_calls, database: server.client().database(database) }
}

/// The options that let the test in.
pub(crate) fn options(server: &Server) -> Json {
    let mut options = json!({"host": "127.0.0.1", "port": server.port, "connect_timeout": 3000});
    match server.product {
        Product::FerretDb => {
            options["user"] = USER.into();
            options["password"] = PASSWORD.into();
        }
        Product::JavaWithTls => {
            options["tls"] = true.into();
            options["tls_ca_file"] = server.folder.path().join("ca.crt").display().to_string().into();
        }
        Product::Java => {}
    }
    options
}

pub(crate) async fn open(product: Product, options: Json) -> Result<(Arc<dyn Connector>, RemoteCalls)> {
    let options: Options = serde_json::from_value(options).expect("an object");
    let context = OpenContext { source: "shop".to_owned(), remote_calls: RemoteCalls::default() };
    let remote_calls = context.remote_calls.clone();
    let connector = match product {
        Product::FerretDb => ConnectorFactory::open(&FerretDb, &options, context).await?,
        Product::Java | Product::JavaWithTls => ConnectorFactory::open(&MongoDb, &options, context).await?,
    };
    Ok((connector, remote_calls))
}

impl Source {
    pub(crate) async fn insert(&self, collection: &str, documents: impl IntoIterator<Item = Document>) {
        self.database.collection::<Document>(collection).insert_many(documents).await.expect("inserted documents");
    }

    /// The metadata of the test's database.
    pub(crate) async fn harvest(&self) -> SchemaMetadata {
        let schemas = harvest(&*self.connector, &Scope::default()).await.expect("a harvest");
        schemas.into_iter().find(|schema| schema.name == self.database.name()).expect("the schema")
    }

    /// The request for some columns of a table, as a snapshot has them.
    pub(crate) fn request_of(&self, schema: &SchemaMetadata, table: &str, columns: &[&str]) -> ReadRequest {
        let row = schema.table(table).expect("the table");
        let fields = schema.arrow_fields(row);
        let field = |name: &&str| fields.iter().find(|field| field.name() == name).unwrap_or_else(|| panic!("no column {name}")).clone();
        ReadRequest {
            schema: self.database.name().to_owned(),
            table: table.to_owned(),
            columns: columns.iter().map(field).collect(),
            recipe: schema.recipe(row).map(Into::into),
            user: "ann".to_owned(),
            ..ReadRequest::default()
        }
    }

    pub(crate) async fn request(&self, table: &str, columns: &[&str]) -> ReadRequest {
        self.request_of(&self.harvest().await, table, columns)
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

    /// Each row as text, its values separated by `|`.
    pub(crate) async fn rows(&self, request: ReadRequest) -> Result<Vec<String>> {
        Ok(self.batches(request).await?.iter().flat_map(texts).collect())
    }

    /// The same, where a predicate holds; the connector must apply it.
    pub(crate) async fn matching(&self, request: &ReadRequest, predicate: Predicate) -> Vec<String> {
        assert!(self.connector.applies(&predicate), "{predicate:?} is not applied");
        let request = ReadRequest { predicates: vec![predicate.clone()], ..request.clone() };
        self.rows(request).await.unwrap_or_else(|error| panic!("{predicate:?}: {error:?}"))
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
    texts(&batch.project(&places).expect("a projection"))
}

/// The columns of a table with the types that clients see, and the source's own.
pub(crate) fn columns(schema: &SchemaMetadata, table: &str) -> Vec<String> {
    let table = schema.table(table).expect("the table");
    let column = |column| {
        let of = schema.column_type(column);
        format!("{} {} ({})", schema.column_name(column), of.pg.format(), of.native)
    };
    schema.columns_of(table).map(column).collect()
}
