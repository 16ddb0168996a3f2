//! Reading a table: its partitions, their files, and who reads them.
//!
//! Parquet files are the query engine's. Lines of text are read here: no reader of CSV knows Hive's escapes and NULLs, and none of JSON
//! that names have no case. So are ORC and Avro, which the query engine does not know.

use std::sync::Arc;

use arrow::datatypes::{FieldRef, Schema};
use futures::{StreamExt, TryStreamExt, stream};
use hive_metastore::Table;
use pilota::FastStr;
use spi::connector::{File, FileFormat, Files, ReadPlan, ReadRequest};
use spi::metadata::TableKind;
use spi::predicate::Value;
use spi::{Code, Error, Result};

use crate::client::Client;
use crate::columnar::{self, ColumnarTable};
use crate::format::{self, Format};
use crate::listing;
use crate::metadata;
use crate::options::Settings;
use crate::pruning::{self, Found, Key};
use crate::questions;
use crate::storage::{Location, Storage};
use crate::text::{self, TextTable};
use crate::view;

/// How many partitions' folders are listed at a time.
const LISTINGS_AT_ONCE: usize = 8;

/// A folder of files whose rows share the values of the partition keys.
pub(crate) struct Folder {
    pub(crate) location: Location,
    pub(crate) values: Vec<Value>,
}

/// A table as it is read: its wanted columns, and where its files are.
pub(crate) struct Reading {
    /// The wanted columns that are in the files.
    pub(crate) file_columns: Vec<FieldRef>,
    /// The wanted columns that are partition keys, in the order of the values of the folders.
    pub(crate) partition_columns: Vec<FieldRef>,
    pub(crate) folders: Vec<Folder>,
}

/// Says which files are read, and by whom.
pub(crate) async fn plan(client: &Arc<Client>, storage: &Arc<Storage>, settings: &Settings, request: ReadRequest) -> Result<ReadPlan> {
    let table = questions::table(client, &request.schema, &request.table).await;
    let table = table.map_err(|failure| failure.into_error(client, &format!("read table \"{}.{}\" of", request.schema, request.table)))?;
    if metadata::kind(&table) == TableKind::View {
        return Err(unreadable(client, &request, &unreadable_view(&table)));
    }
    match format::of(&table).map_err(|why| unreadable(client, &request, &why))? {
        Format::Lines(format) => {
            let table = TextTable { client: Arc::clone(client), storage: Arc::clone(storage), settings: *settings, table, format };
            Ok(ReadPlan::Rows(text::rows(table, request)))
        }
        Format::Columnar(format) => {
            let table = ColumnarTable { client: Arc::clone(client), storage: Arc::clone(storage), settings: *settings, table, format };
            Ok(ReadPlan::Rows(columnar::rows(table, request)))
        }
        Format::Parquet => files(storage, settings, reading(client, storage, settings, &table, &request).await?).await,
    }
}

/// Why a view is asked for here, and not the tables that it reads.
fn unreadable_view(table: &Table) -> String {
    match view::query(table.view_expanded_text.as_deref().unwrap_or_default()) {
        Ok(_) => "It has become a view since its metadata was harvested.".to_owned(),
        Err(why) => format!("It is a view whose query is not run here. {why}"),
    }
}

/// Finds the folders that may hold a wanted row.
pub(crate) async fn reading(
    client: &Client,
    storage: &Storage,
    settings: &Settings,
    table: &Table,
    request: &ReadRequest,
) -> Result<Reading> {
    let keys = pruning::keys(table);
    let is_key = |column: &FieldRef| keys.iter().any(|key| key.name == *column.name());
    let (partition_columns, file_columns): (Vec<FieldRef>, Vec<FieldRef>) = request.columns.iter().cloned().partition(is_key);
    let mut folders = Vec::new();
    if keys.is_empty() {
        let location = table.sd.as_ref().and_then(|storage| storage.location.as_deref());
        let location = location.ok_or_else(|| unreadable(client, request, "The metastore knows no location of its files."))?;
        folders.push(Folder { location: storage.locate(location).await?, values: Vec::new() });
    } else {
        for partition in pruning::partitions(client, settings, table, &keys, request).await? {
            folders.push(folder(client, storage, &keys, &partition_columns, &partition, request).await?);
        }
    }
    Ok(Reading { file_columns, partition_columns, folders })
}

/// The folder of a partition, if its files are like those of the table.
async fn folder(
    client: &Client,
    storage: &Storage,
    keys: &[Key],
    partition_columns: &[FieldRef],
    partition: &Found,
    request: &ReadRequest,
) -> Result<Folder> {
    let texts: Vec<&str> = partition.values.iter().map(FastStr::as_str).collect();
    let of_partition = |why: &str| unreadable(client, request, &format!("Its partition ({}) {why}.", texts.join(", ")));
    if !partition.is_alike {
        return Err(of_partition("has another format than the table"));
    }
    let location = partition.location.as_deref().ok_or_else(|| of_partition("has no location"))?;
    let value = |column: &FieldRef| {
        let place = keys.iter().position(|key| key.name == *column.name())?;
        keys[place].value(texts.get(place)?)
    };
    let values: Option<Vec<Value>> = partition_columns.iter().map(value).collect();
    let values = values.ok_or_else(|| of_partition("has a value that is not of its key's type"))?;
    Ok(Folder { location: storage.locate(location).await?, values })
}

/// The plan for Parquet, which the query engine reads.
async fn files(storage: &Arc<Storage>, settings: &Settings, reading: Reading) -> Result<ReadPlan> {
    let object_store = match reading.folders.first() {
        Some(folder) => Arc::clone(&folder.location.store),
        // No partition is left to read.
        None => Arc::new(object_store::memory::InMemory::new()),
    };
    if reading.folders.windows(2).any(|pair| pair[0].location.store_name != pair[1].location.store_name) {
        return Err(storage.error(Code::Unsupported, "The table's partitions are in several buckets or file systems."));
    }
    let list = |folder: Folder| async move {
        let objects = listing::files(storage, settings, &folder.location).await?;
        let file = |object| File { object, partition_values: folder.values.clone() };
        Ok::<Vec<File>, Error>(objects.into_iter().map(file).collect())
    };
    let mut listed = stream::iter(reading.folders).map(list).buffered(LISTINGS_AT_ONCE);
    let mut files: Vec<File> = Vec::new();
    while let Some(found) = listed.try_next().await? {
        files.extend(found);
        if files.len() > settings.files_max {
            return Err(listing::too_many(storage, settings));
        }
    }
    drop(listed);
    Ok(ReadPlan::Files(Files {
        format: FileFormat::Parquet,
        object_store,
        files,
        file_schema: Arc::new(Schema::new(reading.file_columns)),
        partition_columns: reading.partition_columns,
        // The metastore keeps names in lower case.
        ignores_case: true,
    }))
}

/// A table that cannot be read, by name.
pub(crate) fn unreadable(client: &Client, request: &ReadRequest, why: &str) -> Error {
    let source = client.source();
    Error::source(
        Code::Unsupported,
        source,
        format!("could not read table \"{}.{}\" of data source \"{source}\"", request.schema, request.table),
    )
    .detail(why)
}
