//! Rows on their way into a batch.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use spi::{Code, Error, Result};
use tiberius::Row;

use crate::metadata::number;
use crate::value::{ColumnBuilder, describe, size, type_name};

/// DataFusion's own batch size: smaller ones cost it more per row, larger ones delay the first row.
const BATCH_ROWS_MAX: usize = 8_192;

/// Rows of long texts are cut earlier, so that a batch stays well below the memory of a query.
const BATCH_BYTES_MAX: usize = 4 << 20;

/// A batch of one statement's rows.
pub(crate) struct BatchBuilder<'a> {
    source: &'a str,
    /// What has the columns, for messages: `table "s.t"`.
    subject: String,
    schema: SchemaRef,
    columns: Vec<ColumnBuilder>,
    rows: usize,
    bytes: usize,
}

impl<'a> BatchBuilder<'a> {
    pub(crate) fn new(source: &'a str, subject: String, schema: SchemaRef) -> Result<Self> {
        let columns = schema.fields().iter().map(|field| ColumnBuilder::new(field.data_type())).collect::<Result<_>>()?;
        Ok(Self { source, subject, schema, columns, rows: 0, bytes: 0 })
    }

    pub(crate) fn append(&mut self, row: Row) -> Result<()> {
        if row.len() != self.columns.len() {
            let message = format!("{} of data source \"{}\" has other columns now", self.subject, self.source);
            return Err(Error::source(Code::DatatypeMismatch, self.source, message).hint(refresh(self.source)));
        }
        for (place, value) in row.into_iter().enumerate() {
            self.bytes += size(&value);
            if self.columns[place].append(&value).is_err() {
                return Err(self.misfit(place, &describe(&value)));
            }
        }
        self.rows += 1;
        Ok(())
    }

    /// Rows of which only the number was asked for.
    pub(crate) fn append_counted(&mut self, row: &Row) {
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

    fn misfit(&self, place: usize, value: &str) -> Error {
        let (field, source) = (self.schema.field(place), self.source);
        let message = format!("column \"{}\" of {} holds a value that cannot be represented", field.name(), self.subject);
        Error::source(Code::OutOfRange, source, message)
            .detail(format!("Data source \"{source}\" holds {value} where {} is expected.", type_name(field.data_type())))
            .hint(format!("Read it through a view that converts it; if the column's type has changed, CALL refresh_metadata('{source}')."))
    }
}

/// What to do when the source has changed.
pub(crate) fn refresh(source: &str) -> String {
    format!("CALL refresh_metadata('{source}') to see the source as it is now.")
}
