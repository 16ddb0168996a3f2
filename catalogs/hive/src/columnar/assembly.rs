//! Which of a file's columns are those of the table, and batches made of them.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::error::ArrowError;
use spi::Result;
use spi::predicate::Value;

use super::conversion::{self, Conversion, Writer};
use super::remote_file::RemoteFile;
use super::{Column, Place, ROWS_PER_BATCH, Wanted};
use crate::text::ColumnBuilder;

/// A column of a file.
pub(super) struct FileColumn {
    pub(super) name: String,
    pub(super) data_type: DataType,
    /// As the file's format calls it, for people.
    pub(super) native_type: String,
}

/// How the batches of one file become rows of the table.
pub(super) struct Assembly {
    schema: SchemaRef,
    sources: Vec<Source>,
    /// The columns of the file that are needed, in the file's order.
    pub(super) needed: Vec<usize>,
}

/// Where the values of a wanted column are.
enum Source {
    /// The same in all rows of the file: as many values as a batch may have rows.
    Constant(ArrayRef),
    /// In one of the needed columns, from 0.
    Needed { place: usize, conversion: Conversion },
}

impl Assembly {
    /// Finds the wanted columns among those of the file: by their names, or by where the table declares them.
    pub(super) fn new(
        file: &RemoteFile<'_>,
        found: &[FileColumn],
        is_positional: bool,
        writer: &Writer,
        wanted: &Wanted<'_>,
    ) -> Result<Self> {
        let places = wanted.columns.iter().map(|column| place_in_file(column, found, is_positional));
        let places: Vec<Option<usize>> = places.collect();
        let mut needed: Vec<usize> = places.iter().copied().flatten().collect();
        needed.sort_unstable();
        needed.dedup();
        let source = |(column, place): (&Column, &Option<usize>)| match (column.place, place) {
            (Place::Folder(place), _) => Ok(Source::Constant(constant(column, &file.folder.values[place]))),
            // A column that the file is too old for.
            (_, None) => Ok(Source::Constant(new_null_array(column.field.data_type(), ROWS_PER_BATCH))),
            (_, Some(place)) => {
                let found = &found[*place];
                let conversion = conversion::new(&found.data_type, column.field.data_type(), &column.native_type, writer);
                let conversion = conversion.ok_or_else(|| mismatch(file, column, found))?;
                Ok(Source::Needed { place: needed.partition_point(|needed| needed < place), conversion })
            }
        };
        let sources = wanted.columns.iter().zip(&places).map(source).collect::<Result<_>>()?;
        Ok(Self { schema: Arc::clone(&wanted.schema), sources, needed })
    }

    /// Rows of the table, of the needed columns; not more than a batch may have.
    pub(super) fn batch(&self, needed: &[ArrayRef], rows: usize) -> Result<RecordBatch, ArrowError> {
        let array = |source: &Source| match source {
            Source::Constant(values) => Ok(values.slice(0, rows)),
            Source::Needed { place, conversion } => conversion.apply(&needed[*place]),
        };
        let arrays = self.sources.iter().map(array).collect::<Result<Vec<_>, ArrowError>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
    }
}

/// Where a wanted column is among those of a file; `None` for what is not in it.
pub(super) fn place_in_file(column: &Column, found: &[FileColumn], is_positional: bool) -> Option<usize> {
    match column.place {
        Place::Folder(_) => None,
        Place::File(place) if is_positional => Some(place).filter(|place| *place < found.len()),
        Place::File(_) => {
            let names: Vec<&str> = found.iter().map(|column| column.name.as_str()).collect();
            conversion::position(&names, column.field.name())
        }
    }
}

fn mismatch(file: &RemoteFile<'_>, column: &Column, found: &FileColumn) -> spi::Error {
    file.unsupported(&format!(
        "Its column \"{}\" is of type {}, of which no value of the table's type {} is made.",
        found.name, found.native_type, column.native_type
    ))
}

/// The value of a partition key.
fn constant(column: &Column, value: &Value) -> ArrayRef {
    let mut builder = ColumnBuilder::new(column.field.data_type(), &column.native_type);
    (0..ROWS_PER_BATCH).for_each(|_| builder.append_value(value));
    builder.finish()
}
