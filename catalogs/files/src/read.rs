//! Reading a table: the query engine is given the files that are there now, and their columns as the snapshot has them.
//!
//! JSON lines and Parquet files are read by the names of columns, so that the wanted ones are all that has to be said. CSV
//! and Arrow files are read by the place of a column: their headers are looked at again, so that a file that was exchanged
//! for one with other columns is an error and not wrong data.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use futures::StreamExt;
use object_store::ObjectStore;
use spi::connector::{File, Files, ReadPlan, ReadRequest};
use spi::{Code, Error, Result};

use crate::format::Format;
use crate::layout::{DataFile, Table};
use crate::sample::{self, Columns, Extent};
use crate::source::Source;
use crate::{listing, metadata, types};

/// Says which files the query engine reads, and how.
pub(crate) async fn plan(source: &Arc<Source>, request: ReadRequest) -> Result<ReadPlan> {
    let store = source.open().await?;
    let Some(mut table) = listing::table(source, &*store, &request.schema, &request.table).await? else {
        return Err(gone(source, &request));
    };
    if let Some(problem) = &table.problem {
        return Err(source.error(Code::BadData, problem));
    }
    if request.columns.is_empty() {
        // Either only the rows are counted, or the files could not be understood at the last harvest. Then this says why.
        metadata::describe(source, &store, std::slice::from_ref(&table)).await?.into_iter().collect::<Result<Vec<_>>>()?;
    }
    // A file without bytes has no rows, and no header either.
    table.files.retain(|file| file.object.size > 0);

    let (partition_columns, file_columns): (Vec<FieldRef>, Vec<FieldRef>) =
        request.columns.iter().cloned().partition(|column| table.partition_keys.contains(column.name()));
    let file_columns = match table.format {
        Format::JsonLines(_) | Format::Parquet => file_columns,
        Format::Csv(_) | Format::Tsv(_) | Format::Arrow => all_columns(source, &store, &table, &file_columns).await?,
    };
    let files = table.files.iter().map(|file| read_file(source, &table, file, &partition_columns)).collect::<Result<_>>()?;
    Ok(ReadPlan::Files(Files {
        format: table.format.plan(source.csv),
        object_store: store,
        files,
        file_schema: Arc::new(Schema::new(file_columns)),
        partition_columns,
        ignores_case: false,
    }))
}

/// All columns of the files in their places, the wanted ones with the type that the snapshot has for them.
async fn all_columns(source: &Arc<Source>, store: &Arc<dyn ObjectStore>, table: &Table, wanted: &[FieldRef]) -> Result<Vec<FieldRef>> {
    let files = table.files.iter().map(|file| ((), file.object.clone(), table.format)).collect();
    let mut headers = std::pin::pin!(sample::take_each(source, store, files, Extent::Header));
    let mut first: Option<Columns> = None;
    while let Some(((), path, header)) = headers.next().await {
        let columns = header?.columns;
        match &first {
            Some(first) if first.names() != columns.names() => {
                return Err(source.bad_data(&path, "its columns are not those of the table's other files"));
            }
            Some(_) => {}
            None => first = Some(columns),
        }
    }
    let Some(first) = first else { return Ok(wanted.to_vec()) };
    if let Some(missing) = wanted.iter().find(|column| !first.names().contains(&column.name().as_str())) {
        return Err(changed(source, table, missing, "is no longer in its files"));
    }
    let wanted_as = |name: &str| wanted.iter().find(|column| column.name() == name);
    match first {
        Columns::Inferred(columns) => {
            let text = |name: String| Arc::new(Field::new(name, DataType::Utf8, true));
            Ok(columns.into_iter().map(|(name, _)| wanted_as(&name).cloned().unwrap_or_else(|| text(name))).collect())
        }
        Columns::Typed(fields) => {
            let differs = |field: &&FieldRef| wanted_as(field.name()).is_some_and(|column| column.data_type() != field.data_type());
            match fields.iter().find(differs) {
                Some(field) => Err(changed(source, table, field, "has another type now")),
                None => Ok(fields.iter().map(|field| wanted_as(field.name()).unwrap_or(field).clone()).collect()),
            }
        }
    }
}

fn read_file(source: &Source, table: &Table, file: &DataFile, partition_columns: &[FieldRef]) -> Result<File> {
    let value = |column: &FieldRef| {
        let place = table.partition_keys.iter().position(|key| key == column.name());
        let text = place.and_then(|place| file.partition_values[place].as_deref());
        types::partition_value(text, column.data_type())
            .ok_or_else(|| changed(source, table, column, &format!("is not of its type in \"{}\"", file.object.location)))
    };
    let partition_values = partition_columns.iter().map(value).collect::<Result<_>>()?;
    Ok(File { object: file.object.clone(), partition_values })
}

fn gone(source: &Source, request: &ReadRequest) -> Error {
    let folder = source.location.text(&Default::default());
    source
        .error(Code::Io, format!("There are no files of table \"{}.{}\" below {folder} any more.", request.schema, request.table))
        .hint(refresh_hint(source))
}

fn changed(source: &Source, table: &Table, column: &Field, what: &str) -> Error {
    source
        .error(Code::BadData, format!("Column \"{}\" of table \"{}.{}\" {what}.", column.name(), table.schema, table.name))
        .hint(refresh_hint(source))
}

fn refresh_hint(source: &Source) -> String {
    format!("Bring the files back, or CALL refresh_metadata('{}') to see the source as it is now.", source.name)
}
