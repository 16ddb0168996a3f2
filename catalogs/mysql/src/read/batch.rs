//! Rows on their way into a batch.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use spi::{Code, Error, Result};
use sqlx::mysql::MySqlRow;
use sqlx::{Column, Row};

use crate::failure::failure;
use crate::metadata::number;
use crate::value::{ColumnBuilder, Wire, bytes, type_name};

/// DataFusion's own batch size: smaller ones cost it more per row, larger ones delay the first row.
const BATCH_ROWS_MAX: usize = 8_192;

/// Rows of long texts and blobs are cut earlier, so that a batch stays well below the memory of a query.
const BATCH_BYTES_MAX: usize = 4 << 20;

/// What has the columns.
pub(crate) enum Subject {
    /// A table, by its schema and name.
    Table(String),
    Query,
}

pub(crate) struct BatchBuilder<'a> {
    source: &'a str,
    subject: Subject,
    schema: SchemaRef,
    columns: Vec<ColumnBuilder>,
    /// Known from the first row on.
    wires: Vec<Wire>,
    rows: usize,
    bytes: usize,
}

impl<'a> BatchBuilder<'a> {
    pub(crate) fn new(source: &'a str, subject: Subject, schema: SchemaRef) -> Result<Self> {
        let columns = schema.fields().iter().map(|field| ColumnBuilder::new(field.data_type())).collect::<Result<_>>()?;
        Ok(Self { source, subject, schema, columns, wires: Vec::new(), rows: 0, bytes: 0 })
    }

    pub(crate) fn append(&mut self, row: &MySqlRow) -> Result<()> {
        if self.wires.is_empty() {
            self.wires = row.columns().iter().map(|column| Wire::of(column.type_info())).collect();
        }
        for (place, (column, wire)) in self.columns.iter_mut().zip(&self.wires).enumerate() {
            let raw = row
                .try_get_raw(place)
                .map_err(|error| failure(self.source, format!("could not read a row of data source \"{}\"", self.source), error))?;
            let value = bytes(raw);
            self.bytes += value.map_or(0, <[u8]>::len);
            if column.append(*wire, value).is_err() {
                return Err(self.misfit(place, *wire, value.unwrap_or_default()));
            }
        }
        self.rows += 1;
        Ok(())
    }

    /// Rows of which only the number was asked for.
    pub(super) fn append_counted(&mut self, row: &MySqlRow) {
        self.rows += number(row, 0).and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
    }

    pub(crate) fn is_full(&self) -> bool {
        self.rows >= BATCH_ROWS_MAX || self.bytes >= BATCH_BYTES_MAX
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The batch; the next one starts.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch> {
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        let columns: Vec<ArrayRef> = self.columns.iter_mut().map(ColumnBuilder::finish).collect();
        (self.rows, self.bytes) = (0, 0);
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }

    fn misfit(&self, place: usize, wire: Wire, value: &[u8]) -> Error {
        let (field, source) = (self.schema.field(place), self.source);
        let subject = match &self.subject {
            Subject::Table(name) => format!("table \"{name}\""),
            Subject::Query => "a query".to_owned(),
        };
        // Only text, dates and what a query computes may be beyond the type that the server itself declares.
        let declared = matches!(self.subject, Subject::Table(_)) && !matches!(wire, Wire::Moment | Wire::Bytes | Wire::Time);
        if declared || !self.columns[place].takes(wire) {
            let message = format!("column \"{}\" of {subject} of data source \"{source}\" has another type now", field.name());
            return Error::source(Code::DatatypeMismatch, source, message)
                .detail(format!("It was {} when the metadata was read.", type_name(field.data_type())))
                .hint(format!("CALL refresh_metadata('{source}') to see the source as it is now."))
                .retryable();
        }
        let message = format!("column \"{}\" of {subject} holds a value that is not of its type", field.name());
        Error::source(Code::BadData, source, message)
            .detail(format!("Data source \"{source}\" holds {} where {} is expected.", wire.describe(value), type_name(field.data_type())))
            .hint(format!(
                "Correct the value, or read it through a view that converts it; if the column's type has changed, \
                 CALL refresh_metadata('{source}')."
            ))
    }
}
