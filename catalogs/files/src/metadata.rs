//! The harvest: what tables there are, and which columns they have.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef};
use futures::StreamExt;
use object_store::ObjectStore;
use object_store::path::Path;
use spi::connector::Scope;
use spi::metadata::{ColumnRow, Harvest, PartitionRow, SchemaRow, TableKind, TableOptionRow, TableRow};
use spi::types::PgType;
use spi::{Code, Error, Result};

use crate::format::{Format, compression_name};
use crate::inference::Inferred;
use crate::layout::{PUBLIC, Table};
use crate::sample::{self, Columns, Extent, Sample};
use crate::source::Source;
use crate::{listing, types};

/// Pushes the tables of the scope.
pub(crate) async fn harvest(source: &Arc<Source>, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
    let store = source.open().await?;
    let mut tables = match (&scope.schema, &scope.table) {
        (Some(schema), Some(table)) => listing::table(source, &*store, schema, table).await?.into_iter().collect(),
        _ => listing::all(source, &*store).await?,
    };
    tables.retain(|table| scope.covers_table(&table.schema, &table.name));
    let descriptions = describe(source, &store, &tables).await?;
    if scope.covers_schema(PUBLIC) {
        harvest.schema(SchemaRow { name: PUBLIC, ..SchemaRow::default() });
    }
    for (table, description) in tables.iter().zip(&descriptions) {
        push(source, table, description.as_ref(), harvest)?;
    }
    Ok(())
}

/// What the files of a table say about it.
#[derive(Debug)]
pub(crate) struct Description {
    /// The columns in the files, then those of the `key=value` folders.
    columns: Vec<FieldRef>,
    /// The rows of each file, where known.
    rows: Vec<Option<u64>>,
    /// Members of JSON objects that are no columns, because their values have no type in common.
    left_out: Vec<String>,
}

/// Looks at every file of some tables. A table whose files cannot be understood gives an error of its own; a source that
/// cannot be reached gives one for all.
pub(crate) async fn describe(source: &Arc<Source>, store: &Arc<dyn ObjectStore>, tables: &[Table]) -> Result<Vec<Result<Description>>> {
    let mut merged: Vec<Merged> = tables
        .iter()
        .map(|table| Merged {
            columns: match &table.problem {
                Some(problem) => Err(source.error(Code::BadData, problem)),
                None => Ok(Columns::Inferred(Vec::new())),
            },
            rows: Vec::with_capacity(table.files.len()),
        })
        .collect();
    let sound = tables.iter().enumerate().filter(|(_, table)| table.problem.is_none());
    let files = sound.flat_map(|(place, table)| table.files.iter().map(move |file| (place, file.object.clone(), table.format))).collect();
    let mut samples = std::pin::pin!(sample::take_each(source, store, files, Extent::Rows));
    while let Some((place, path, sample)) = samples.next().await {
        if let Err(error) = &sample
            && error.code == Code::Unreachable
        {
            return Err(error.clone());
        }
        merged[place].add(sample, |columns, more| columns.merge(more, tables[place].format).map_err(|why| source.bad_data(&path, why)));
    }
    Ok(tables.iter().zip(merged).map(|(table, merged)| description(source, table, merged)).collect())
}

/// What is known of a table while its files are looked at, one after the other. The first error stays.
struct Merged {
    columns: Result<Columns>,
    rows: Vec<Option<u64>>,
}

impl Merged {
    fn add(&mut self, sample: Result<Sample>, merge: impl FnOnce(Columns, Columns) -> Result<Columns>) {
        let known = std::mem::replace(&mut self.columns, Ok(Columns::Inferred(Vec::new())));
        self.columns = known.and_then(|known| {
            let sample = sample?;
            self.rows.push(sample.rows);
            merge(known, sample.columns)
        });
    }
}

fn description(source: &Source, table: &Table, merged: Merged) -> Result<Description> {
    let mut columns = Vec::new();
    let mut left_out = Vec::new();
    match merged.columns? {
        Columns::Typed(fields) => columns.extend(fields.iter().cloned()),
        Columns::Inferred(inferred) => {
            let is_json = matches!(table.format, Format::JsonLines(_));
            for (name, inferred) in inferred {
                let inferred_type = || if is_json { inferred.json_type() } else { Some(inferred.text_type()) };
                match given_type(source, table, &name).or_else(inferred_type) {
                    Some(data_type) => columns.push(Arc::new(Field::new(name, data_type, true))),
                    None => left_out.push(name),
                }
            }
        }
    }
    if columns.is_empty() {
        return Err(source.bad_data(&table.location, "there are no columns in it"));
    }
    for (place, key) in table.partition_keys.iter().enumerate() {
        columns.push(Arc::new(Field::new(key, partition_type(source, table, place, key)?, true)));
    }
    let mut seen = HashSet::new();
    if let Some(twice) = columns.iter().find(|column| !seen.insert(column.name())) {
        return Err(source.bad_data(&table.location, format!("column \"{}\" is there twice", twice.name())));
    }
    Ok(Description { columns, rows: merged.rows, left_out })
}

fn partition_type(source: &Source, table: &Table, place: usize, key: &str) -> Result<DataType> {
    let values = || table.files.iter().map(|file| file.partition_values[place].as_deref());
    let inferred = || values().flatten().map(Inferred::of_text).fold(Inferred::Unknown, Inferred::merge).text_type();
    let given = given_type(source, table, key);
    let data_type = given.clone().unwrap_or_else(inferred);
    let Some(odd) = values().find(|value| types::partition_value(*value, &data_type).is_none()) else { return Ok(data_type) };
    // Whole numbers too big for `bigint` are a type of files, but not of folders.
    if given.is_none() {
        return Ok(DataType::Utf8);
    }
    let odd = odd.unwrap_or_default();
    Err(source.bad_data(&table.location, format!("partition \"{key}={odd}\" is not of the type that option \"types\" gives the column")))
}

fn given_type(source: &Source, table: &Table, column: &str) -> Option<DataType> {
    source.types.get(&format!("{}.{}.{column}", table.schema, table.name)).cloned()
}

fn push(source: &Source, table: &Table, description: Result<&Description, &Error>, harvest: &mut Harvest) -> Result<()> {
    let (schema, name) = (table.schema.as_str(), table.name.as_str());
    let rows = description.map(|description| description.rows.as_slice()).unwrap_or_default();
    let size: u64 = table.files.iter().map(|file| file.object.size).sum();
    harvest.table(TableRow {
        schema,
        name,
        kind: if table.partition_keys.is_empty() { TableKind::Table } else { TableKind::PartitionedTable },
        owner: None,
        comment: None,
        row_estimate: total(rows.iter().copied()).filter(|_| description.is_ok()),
        size_bytes: i64::try_from(size).ok(),
    })?;

    let mut option = |option: &str, value: &str| harvest.table_option(TableOptionRow { schema, table: name, name: option, value });
    option("format", table.format.name())?;
    option("location", &source.location.text(&table.location))?;
    option("compression", compression_name(table.format.compression()))?;
    let description = match description {
        Ok(description) => description,
        Err(error) => return option("error", error.detail.as_deref().unwrap_or(&error.message)),
    };
    if !description.left_out.is_empty() {
        option("columns_left_out", &description.left_out.join(", "))?;
    }

    for (column, ordinal) in description.columns.iter().zip(1..) {
        let data_type = column.data_type();
        harvest.column(ColumnRow {
            schema,
            table: name,
            name: column.name(),
            ordinal,
            data_type,
            pg_type: PgType::from_arrow(data_type),
            native_type: &data_type.to_string(),
            nullable: column.is_nullable(),
            default: None,
            generated: None,
            collation: None,
            comment: None,
        })?;
    }
    push_partitions(source, table, rows, harvest)
}

/// A partition: the files below one chain of `key=value` folders.
struct Partition<'a> {
    values: &'a [Option<String>],
    rows: Vec<Option<u64>>,
    size: u64,
}

fn push_partitions(source: &Source, table: &Table, rows: &[Option<u64>], harvest: &mut Harvest) -> Result<()> {
    if table.partition_keys.is_empty() {
        return Ok(());
    }
    let (above, depth) = (table.location.parts_count(), table.partition_keys.len());
    let mut partitions: BTreeMap<Path, Partition<'_>> = BTreeMap::new();
    for (file, rows) in table.files.iter().zip(rows) {
        let folders = file.object.location.parts().take(above + depth).collect();
        let partition =
            partitions.entry(folders).or_insert_with(|| Partition { values: &file.partition_values, rows: Vec::new(), size: 0 });
        partition.rows.push(*rows);
        partition.size += file.object.size;
    }
    let keys = table.partition_keys.join(", ");
    for (folder, partition) in partitions {
        let values: Vec<&str> = partition.values.iter().map(|value| value.as_deref().unwrap_or("NULL")).collect();
        let name: Path = folder.parts().skip(above).collect();
        harvest.partition(PartitionRow {
            schema: &table.schema,
            table: &table.name,
            name: name.as_ref(),
            method: "list",
            expression: &keys,
            description: &values.join(", "),
            location: Some(&source.location.text(&folder)),
            row_estimate: total(partition.rows.into_iter()),
            size_bytes: i64::try_from(partition.size).ok(),
        })?;
    }
    Ok(())
}

/// The sum, if all are known.
fn total(mut rows: impl Iterator<Item = Option<u64>>) -> Option<i64> {
    rows.try_fold(0, |sum: u64, rows| sum.checked_add(rows?)).and_then(|sum| i64::try_from(sum).ok())
}
