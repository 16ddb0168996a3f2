//! Databases, tables and partitions, as a test makes them in a metastore.

use std::path::{Path, PathBuf};

use hive_metastore::{Database, FieldSchema, Partition, SerDeInfo, StorageDescriptor, Table};
use pilota::{AHashMap, FastStr};
use volo_thrift::{ClientError, MaybeException};

use super::server::Server;

/// Classes of a storage format: input, output and serde.
pub(crate) const TEXT: [&str; 3] = [
    "org.apache.hadoop.mapred.TextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
];
pub(crate) const CSV: [&str; 3] = [TEXT[0], TEXT[1], "org.apache.hadoop.hive.serde2.OpenCSVSerde"];
pub(crate) const JSON: [&str; 3] = [TEXT[0], TEXT[1], "org.apache.hadoop.hive.serde2.JsonSerDe"];
pub(crate) const PARQUET: [&str; 3] = [
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
];
pub(crate) const ORC: [&str; 3] = [
    "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat",
    "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
    "org.apache.hadoop.hive.ql.io.orc.OrcSerde",
];

/// A format that is not read.
pub(crate) const SEQUENCE: [&str; 3] =
    ["org.apache.hadoop.mapred.SequenceFileInputFormat", "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat", TEXT[2]];
pub(crate) const AVRO: [&str; 3] = [
    "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
    "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat",
    "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
];

/// A database of the test's own, whose folder is in the warehouse.
pub(crate) async fn database(server: &Server, name: &str) -> PathBuf {
    let folder = server.warehouse().join(name);
    let database = Database {
        name: Some(FastStr::new(name)),
        description: Some("made by a test".into()),
        location_uri: Some(FastStr::new(format!("file://{}", folder.display()))),
        owner_name: Some("ann".into()),
        ..Database::default()
    };
    done(server.client().create_database(database).await);
    folder
}

/// A table with these columns and partition keys, as `name type`.
pub(crate) fn table(folder: &Path, database: &str, name: &str, format: [&str; 3], columns: &[&str], keys: &[&str]) -> Table {
    let storage = StorageDescriptor {
        cols: Some(fields(columns)),
        location: Some(FastStr::new(format!("file://{}", folder.join(name).display()))),
        input_format: Some(FastStr::new(format[0])),
        output_format: Some(FastStr::new(format[1])),
        num_buckets: Some(-1),
        compressed: Some(false),
        serde_info: Some(SerDeInfo { name: None, serialization_lib: Some(FastStr::new(format[2])), parameters: Some(AHashMap::default()) }),
        bucket_cols: Some(Vec::new()),
        sort_cols: Some(Vec::new()),
        parameters: Some(AHashMap::default()),
        ..StorageDescriptor::default()
    };
    Table {
        table_name: Some(FastStr::new(name)),
        db_name: Some(FastStr::new(database)),
        owner: Some("ann".into()),
        sd: Some(storage),
        partition_keys: Some(fields(keys)),
        parameters: Some([("EXTERNAL".into(), "TRUE".into())].into_iter().collect()),
        table_type: Some("EXTERNAL_TABLE".into()),
        ..Table::default()
    }
}

fn fields(columns: &[&str]) -> Vec<FieldSchema> {
    let field = |column: &&str| {
        let (name, of_type) = column.split_once(' ').expect("a name and a type");
        FieldSchema { name: Some(FastStr::new(name)), r#type: Some(FastStr::new(of_type)), comment: None }
    };
    columns.iter().map(field).collect()
}

pub(crate) fn set(table: &mut Table, name: &str, value: &str) {
    table.parameters.as_mut().expect("parameters").insert(FastStr::new(name), FastStr::new(value));
}

pub(crate) fn set_serde(table: &mut Table, name: &str, value: &str) {
    let serde = table.sd.as_mut().and_then(|storage| storage.serde_info.as_mut()).expect("a serde");
    serde.parameters.as_mut().expect("parameters").insert(FastStr::new(name), FastStr::new(value));
}

pub(crate) async fn create(server: &Server, table: &Table) {
    done(server.client().create_table(table.clone()).await);
}

/// The table, with its files elsewhere.
pub(crate) fn moved(mut table: Table, location: String) -> Table {
    table.sd.as_mut().expect("storage").location = Some(location.into());
    table
}

/// A view with these columns, and its query as Hive keeps it, with all names in full.
pub(crate) async fn create_view(server: &Server, database: &str, name: &str, columns: &[&str], query: &str) {
    let mut view = table(Path::new(""), database, name, TEXT, columns, &[]);
    // It has no files.
    view.sd.as_mut().expect("storage").location = None;
    view.table_type = Some("VIRTUAL_VIEW".into());
    view.view_original_text = Some(FastStr::new(query.replace('`', "")));
    view.view_expanded_text = Some(FastStr::new(query));
    create(server, &view).await;
}

/// Adds partitions of these values, each in a folder of its name.
pub(crate) async fn add_partitions(server: &Server, table: &Table, partitions: &[Vec<&str>]) {
    let keys: Vec<FastStr> = table.partition_keys.iter().flatten().filter_map(|key| key.name.clone()).collect();
    let partition = |values: &Vec<&str>| {
        let mut storage = table.sd.clone().expect("storage");
        let parts: Vec<String> = keys.iter().zip(values).map(|(key, value)| format!("{key}={value}")).collect();
        storage.location = storage.location.map(|location| FastStr::new(format!("{location}/{}", parts.join("/"))));
        Partition {
            values: Some(values.iter().map(FastStr::new).collect()),
            db_name: table.db_name.clone(),
            table_name: table.table_name.clone(),
            sd: Some(storage),
            parameters: Some([("numRows".into(), "7".into()), ("totalSize".into(), "70".into())].into_iter().collect()),
            ..Partition::default()
        }
    };
    for page in partitions.chunks(500) {
        done(server.client().add_partitions(page.iter().map(partition).collect()).await);
    }
}

pub(crate) fn write(folder: &Path, path: &str, bytes: &[u8]) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
    std::fs::write(path, bytes).expect("a file");
}

/// What the metastore answers; a refusal is a failure of the test.
pub(crate) fn done<T, E: std::fmt::Debug>(answer: Result<MaybeException<T, E>, ClientError>) -> T {
    match answer.expect("an answer") {
        MaybeException::Ok(answer) => answer,
        MaybeException::Exception(exception) => panic!("the metastore refuses: {exception:?}"),
    }
}
