//! Batches of rows as the messages that clients read, straight into the send buffer.

use bytes::{BufMut, BytesMut};
use spi::Result;
pub(crate) use sql::encode::{Cell, Style, size};
use sql::{Batch, Column};

/// A batch on its way to the client, which may take it in several parts.
pub(crate) struct Rows {
    cells: Vec<Cell>,
    rows: usize,
    next: usize,
}

impl Rows {
    pub(crate) fn new(batch: &Batch, columns: &[Column], style: &Style) -> Result<Self> {
        Ok(Self { cells: sql::encode::cells(batch, columns, style)?, rows: batch.num_rows(), next: 0 })
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.next == self.rows
    }

    pub(crate) fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Hands out the next row for whoever writes rows in another form.
    pub(crate) fn take_row(&mut self) -> Option<usize> {
        let row = self.next;
        (row < self.rows).then(|| self.next += 1).map(|()| row)
    }

    /// Appends DataRow messages until the batch ends, `rows_max` are written or the buffer holds `bytes_full`. Returns how many.
    /// After an error the buffer ends with the last whole message.
    pub(crate) fn put_data_rows(&mut self, rows_max: usize, bytes_full: usize, out: &mut BytesMut) -> Result<usize> {
        let mut written = 0;
        while written < rows_max && out.len() < bytes_full {
            let Some(row) = self.take_row() else { break };
            let start = out.len();
            if let Err(error) = self.put_data_row(row, out) {
                out.truncate(start);
                return Err(error);
            }
            written += 1;
        }
        Ok(written)
    }

    fn put_data_row(&self, row: usize, out: &mut BytesMut) -> Result<()> {
        out.put_u8(b'D');
        let start = out.len();
        out.put_i32(0);
        out.put_u16(self.cells.len() as u16);
        for cell in &self.cells {
            cell.put_sized(row, out)?;
        }
        let length = size(out.len() - start)?;
        out[start..start + 4].copy_from_slice(&length.to_be_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};
    use spi::types::{PgType, oid};
    use sql::{Format, Settings};

    use super::*;

    fn batch() -> (Batch, Vec<Column>) {
        let arrays: [(&str, ArrayRef); 2] =
            [("a", Arc::new(Int32Array::from(vec![Some(1), None, Some(300)]))), ("b", Arc::new(StringArray::from(vec!["x", "", "z"])))];
        let columns =
            vec![Column::new("a", PgType::new(oid::INT4)), Column { format: Format::Binary, ..Column::new("b", PgType::new(oid::TEXT)) }];
        (RecordBatch::try_from_iter(arrays).expect("a batch").into(), columns)
    }

    #[test]
    fn rows_are_messages() {
        let (batch, columns) = batch();
        let mut rows = Rows::new(&batch, &columns, &Style::of(&Settings::default())).expect("writers");
        let mut out = BytesMut::new();
        assert_eq!(rows.put_data_rows(2, usize::MAX, &mut out).expect("rows"), 2);
        assert_eq!(out, &b"D\0\0\0\x10\0\x02\0\0\0\x011\0\0\0\x01xD\0\0\0\x0e\0\x02\xff\xff\xff\xff\0\0\0\0"[..]);
        assert!(!rows.is_finished());
        out.clear();
        assert_eq!(rows.put_data_rows(usize::MAX, usize::MAX, &mut out).expect("rows"), 1);
        assert_eq!(out, &b"D\0\0\0\x12\0\x02\0\0\0\x03300\0\0\0\x01z"[..]);
        assert!(rows.is_finished());
        assert!(Rows::new(&batch, &columns[..1], &Style::of(&Settings::default())).is_err());
    }

    #[test]
    fn a_full_buffer_stops_after_a_whole_row() {
        let (batch, columns) = batch();
        let mut rows = Rows::new(&batch, &columns, &Style::of(&Settings::default())).expect("writers");
        let mut out = BytesMut::new();
        assert_eq!(rows.put_data_rows(usize::MAX, 1, &mut out).expect("rows"), 1);
        assert_eq!(rows.put_data_rows(usize::MAX, 1, &mut out).expect("rows"), 0);
    }

    #[test]
    fn a_row_that_fails_leaves_no_half_message() {
        let arrays: [(&str, ArrayRef); 1] = [("a", Arc::new(Int64Array::from(vec![1, i64::MAX])))];
        let batch = RecordBatch::try_from_iter(arrays).expect("a batch").into();
        let columns = [Column { format: Format::Binary, ..Column::new("a", PgType::new(oid::INT4)) }];
        let mut rows = Rows::new(&batch, &columns, &Style::of(&Settings::default())).expect("writers");
        let mut out = BytesMut::new();
        assert!(rows.put_data_rows(usize::MAX, usize::MAX, &mut out).is_err());
        assert_eq!(out, &b"D\0\0\0\x0e\0\x01\0\0\0\x04\0\0\0\x01"[..]);
    }
}
