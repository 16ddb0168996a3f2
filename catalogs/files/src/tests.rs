//! The connector over real files: what it lists, what it reads, what it refuses.

mod listing;
mod reading;
mod refusing;
mod s3;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Schema, TimeUnit};
use object_store::{ObjectStoreExt, path::Path};
use serde_json::{Value, json};
use spi::connector::{
    Compression, Connector, ConnectorFactory, FileFormat, Files as Plan, OpenContext, ReadPlan, ReadRequest, RemoteCalls, Scope, Stage,
};
use spi::metadata::{Harvest, Relation, SchemaMetadata};
use spi::{Code, Error, predicate};

use crate::Files;

/// A folder with a connector over it.
struct Folder {
    directory: tempfile::TempDir,
    remote_calls: RemoteCalls,
}

impl Folder {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = Self { directory: tempfile::tempdir().expect("a temporary folder"), remote_calls: RemoteCalls::default() };
        for (path, bytes) in files {
            folder.write(path, bytes);
        }
        folder
    }

    fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join("root").join(path)
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, bytes).expect("a file");
    }

    async fn open_with(&self, options: Value) -> Result<Arc<dyn Connector>, Error> {
        let mut options = options.as_object().expect("options").clone();
        options.insert("path".to_owned(), self.path("").display().to_string().into());
        let context = OpenContext { source: "x".to_owned(), remote_calls: self.remote_calls.clone() };
        ConnectorFactory::open(&Files, &options, context).await
    }

    async fn open(&self) -> Arc<dyn Connector> {
        self.open_with(json!({})).await.expect("a connector")
    }

    async fn harvest(&self) -> Vec<SchemaMetadata> {
        harvest(&*self.open().await, Scope::default()).await
    }
}

async fn harvest(connector: &dyn Connector, scope: Scope) -> Vec<SchemaMetadata> {
    let mut harvest = Harvest::new();
    connector.harvest(&scope, &mut harvest).await.expect("a harvest");
    harvest.finish().expect("metadata")
}

fn schema<'a>(schemas: &'a [SchemaMetadata], name: &str) -> &'a SchemaMetadata {
    schemas.iter().find(|schema| schema.name == name).expect(name)
}

fn tables(schemas: &[SchemaMetadata]) -> Vec<String> {
    let of_schema = |schema: &SchemaMetadata| -> Vec<String> {
        schema.table_names().iter().flatten().map(|table| format!("{}.{table}", schema.name)).collect()
    };
    schemas.iter().flat_map(of_schema).collect()
}

/// The columns of a table with their types, as `name type`.
fn columns(schemas: &[SchemaMetadata], of_schema: &str, table: &str) -> Vec<String> {
    let schema = schema(schemas, of_schema);
    let columns = schema.columns_of(schema.table(table).expect(table));
    columns.map(|column| format!("{} {}", schema.column_name(column), schema.column_type(column).pg.format())).collect()
}

/// The value of a table's option.
fn option(schemas: &[SchemaMetadata], of_schema: &str, table: &str, option: &str) -> Option<String> {
    let schema = schema(schemas, of_schema);
    let names = schema.names(Relation::TableOptions, "name").downcast_dict::<StringArray>().expect("names");
    let values = schema.text(Relation::TableOptions, "value");
    let mut rows = schema.rows_of(Relation::TableOptions, schema.table(table).expect(table));
    rows.find(|row| arrow::array::ArrayAccessor::value(&names, *row) == option).map(|row| values.value(row).to_owned())
}

fn estimate(schemas: &[SchemaMetadata], of_schema: &str, table: &str) -> Option<i64> {
    use arrow::array::{Array, AsArray};
    let schema = schema(schemas, of_schema);
    let rows = schema.column(Relation::Tables, "row_estimate").as_primitive::<arrow::datatypes::Int64Type>();
    let row = schema.table(table).expect(table);
    rows.is_valid(row).then(|| rows.value(row))
}

async fn read(connector: &dyn Connector, schemas: &[SchemaMetadata], of_schema: &str, table: &str, wanted: &[&str]) -> Result<Plan, Error> {
    let schema = schema(schemas, of_schema);
    let fields = schema.arrow_fields(schema.table(table).expect(table));
    let columns = wanted.iter().map(|name| fields.iter().find(|field| field.name() == name).expect(name).clone()).collect();
    let request =
        ReadRequest { schema: of_schema.to_owned(), table: table.to_owned(), columns, user: String::new(), ..ReadRequest::default() };
    match connector.read(request).await? {
        ReadPlan::Files(files) => Ok(files),
        ReadPlan::Rows(_) => panic!("files are read as files"),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("gzip");
    encoder.finish().expect("gzip")
}

fn batch() -> RecordBatch {
    let columns: [(&str, ArrayRef); 2] =
        [("id", Arc::new(Int32Array::from(vec![1, 2, 3]))), ("name", Arc::new(StringArray::from(vec!["a", "b", "c"])))];
    RecordBatch::try_from_iter(columns).expect("a batch")
}

fn parquet() -> Vec<u8> {
    let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), batch().schema(), None).expect("a writer");
    writer.write(&batch()).expect("a batch");
    writer.into_inner().expect("a file")
}

fn arrow_file() -> Vec<u8> {
    let mut writer = arrow::ipc::writer::FileWriter::try_new(Vec::new(), &batch().schema()).expect("a writer");
    writer.write(&batch()).expect("a batch");
    writer.into_inner().expect("a file")
}
