//! Rows on their way into a batch.

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use spi::Result;
use sqlx::postgres::PgRow;
use sqlx::{Column, Row, ValueRef};

use crate::copy::Tuple;
use crate::value::{ColumnBuilder, Misfit};

/// DataFusion's own batch size: smaller ones cost it more per row, larger ones delay the first row.
const BATCH_ROWS_MAX: usize = 8_192;

/// Rows of long texts are cut earlier, so that a batch stays well below the memory of a query.
const BATCH_BYTES_MAX: usize = 4 << 20;

/// A batch of one statement's rows.
pub(crate) struct BatchBuilder {
    schema: SchemaRef,
    columns: Vec<ColumnBuilder>,
    rows: usize,
    bytes: usize,
}

/// Why a row was not read.
pub(crate) enum Unread {
    /// It is not what the protocol promises.
    Row(sqlx::Error),
    /// The value at a place does not fit.
    Value { place: usize, misfit: Misfit },
}

impl From<sqlx::Error> for Unread {
    fn from(error: sqlx::Error) -> Self {
        Self::Row(error)
    }
}

/// The types as which the columns of a row are sent.
pub(crate) fn sent_oids(row: &PgRow) -> Vec<u32> {
    row.columns().iter().map(|column| column.type_info().oid().map_or(0, |oid| oid.0)).collect()
}

impl BatchBuilder {
    /// For rows of these columns, which are sent as these types.
    pub(crate) fn new(schema: SchemaRef, sent: &[u32]) -> Result<Self> {
        let columns = schema.fields().iter().zip(sent).map(|(field, sent)| ColumnBuilder::new(field.data_type(), *sent));
        Ok(Self { columns: columns.collect::<Result<_>>()?, schema, rows: 0, bytes: 0 })
    }

    /// A row of the extended protocol.
    pub(crate) fn append(&mut self, row: &PgRow) -> Result<(), Unread> {
        for place in 0..self.columns.len() {
            let value = row.try_get_raw(place).map_err(Unread::Row)?;
            let bytes =
                if value.is_null() { None } else { Some(value.as_bytes().map_err(|error| Unread::Row(sqlx::Error::Decode(error)))?) };
            self.append_value(place, bytes)?;
        }
        self.rows += 1;
        Ok(())
    }

    /// A row of COPY.
    pub(crate) fn append_copied(&mut self, tuple: Tuple<'_>) -> Result<(), Unread> {
        if tuple.len() != self.columns.len() {
            let message = format!("a row of COPY has {} fields, not {}", tuple.len(), self.columns.len());
            return Err(Unread::Row(sqlx::Error::Protocol(message)));
        }
        for (place, value) in tuple.enumerate() {
            self.append_value(place, value)?;
        }
        self.rows += 1;
        Ok(())
    }

    #[inline]
    fn append_value(&mut self, place: usize, value: Option<&[u8]>) -> Result<(), Unread> {
        self.bytes += value.map_or(1, <[u8]>::len);
        self.columns[place].append(value).map_err(|misfit| Unread::Value { place, misfit })
    }

    /// Rows of which only the number was asked for.
    pub(crate) fn append_counted(&mut self, row: &PgRow) -> Result<(), Unread> {
        let count: i64 = row.try_get(0).map_err(Unread::Row)?;
        self.rows += usize::try_from(count).unwrap_or(0);
        Ok(())
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
        let columns: Vec<ArrayRef> = self.columns.iter_mut().map(ColumnBuilder::finish).collect::<Result<_>>()?;
        (self.rows, self.bytes) = (0, 0);
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?)
    }
}
