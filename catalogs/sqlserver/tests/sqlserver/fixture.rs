//! A data source on an imitation of a server, or on a real one.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use catalog_sqlserver::SqlServer;
use futures::TryStreamExt;
use serde_json::{Value, json};
use spi::Result;
use spi::connector::{Connector, ConnectorFactory, OpenContext, ReadPlan, ReadRequest, RemoteCalls, RowStream, Scope};
use spi::metadata::{Harvest, SchemaMetadata};
use spi::options::Options;

use crate::imitation::{Answer, Imitation, Type, bit, int, text};

/// The options of a data source on an imitation.
pub(crate) fn options(server: &Imitation) -> Value {
    json!({"host": "127.0.0.1", "port": server.port, "database": "shop", "user": "reader", "password": "secret", "encrypt": "false"})
}

/// The same with other options in addition.
pub(crate) fn with(mut options: Value, more: Value) -> Value {
    options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    options
}

/// A connector with these options.
pub(crate) async fn open(options: Value) -> Result<Arc<dyn Connector>> {
    let options: Options = serde_json::from_value(options).expect("an object");
    let context = OpenContext { source: "shop".to_owned(), remote_calls: RemoteCalls::default() };
    ConnectorFactory::open(&SqlServer, &options, context).await
}

/// What the server answers to the look-up of a table whose columns have these native types, and bytes.
pub(crate) fn looked_up(columns: &[(&str, &str, i32)]) -> (&'static str, Answer) {
    let types = vec![Type::Text, Type::Text, Type::Integer(4), Type::Integer(4), Type::Integer(4), Type::Bit, Type::Text];
    let row = |(name, native, length): &(&str, &str, i32)| {
        // Precision and scale are those of a `decimal(12,2)`, which only that has, or the digits of a second.
        let scale = if native.starts_with("datetime") || *native == "time" { 7 } else { 2 };
        vec![text(name), text(native), int(*length), int(12), int(scale), bit(false), None]
    };
    ("WHERE c.object_id = OBJECT_ID(", Answer::Rows(types, columns.iter().map(row).collect()))
}

pub(crate) fn request(columns: &[(&str, DataType)]) -> ReadRequest {
    let field = |(name, data_type): &(&str, DataType)| Arc::new(Field::new(*name, data_type.clone(), true));
    ReadRequest {
        schema: "dbo".to_owned(),
        table: "t".to_owned(),
        columns: columns.iter().map(field).collect(),
        user: "ana".to_owned(),
        ..ReadRequest::default()
    }
}

pub(crate) async fn stream(connector: &dyn Connector, request: ReadRequest) -> RowStream {
    match connector.read(request).await.expect("a plan") {
        ReadPlan::Rows(rows) => rows,
        ReadPlan::Files(_) => panic!("SQL Server gives rows"),
    }
}

/// Each row as text, its values separated by `|`.
pub(crate) async fn rows(stream: RowStream) -> Result<Vec<String>> {
    let batches: Vec<RecordBatch> = stream.try_collect().await?;
    Ok(batches.iter().flat_map(texts).collect())
}

/// Each row of a batch as text.
pub(crate) fn texts(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::default().with_null("NULL");
    let columns: Vec<_> = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options).expect("a formatter")).collect();
    let row = |row| columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join("|");
    (0..batch.num_rows()).map(row).collect()
}

pub(crate) async fn harvest(connector: &dyn Connector, scope: &Scope) -> Result<Vec<SchemaMetadata>> {
    let mut harvest = Harvest::new();
    connector.harvest(scope, &mut harvest).await?;
    harvest.finish()
}
