//! Arrow values as PostgreSQL writes them, in its text form and in its binary one: what clients read, and what casts to text give.
//!
//! What to do with a column is decided once per batch: [`cell`] turns an array into a function that appends one value. Per value
//! there is one indirect call and no allocation, so that narrow rows leave at millions per second.

mod array;
mod binary;
mod bytea;
mod calendar;
mod decimal;
mod float;
mod indexed;
mod integer;
mod interval;
mod json;
mod kind;
mod network;
mod read;
mod style;
mod text;

use arrow::array::{Array, ArrayRef};
use arrow::buffer::NullBuffer;
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::DataType;
use bytes::{BufMut, BytesMut};
use spi::types::{PgType, to_arrow};
use spi::{Code, Error, Result};

use crate::answer::{Batch, Column, Format};
use kind::Kind;
pub use style::Style;

/// Appends the value of one row, without a length. Never called for a null.
pub(crate) type Write = Box<dyn Fn(usize, &mut BytesMut) -> Result<()> + Send + Sync>;

/// A column of a batch, ready to be written row by row.
pub struct Cell {
    nulls: Nulls,
    write: Write,
}

/// Which rows of a column are null.
enum Nulls {
    Buffer(Option<NullBuffer>),
    Asked(Box<dyn Fn(usize) -> bool + Send + Sync>),
}

impl Cell {
    /// A column whose values are not those of an array.
    pub(crate) fn of(
        is_null: impl Fn(usize) -> bool + Send + Sync + 'static,
        write: impl Fn(usize, &mut BytesMut) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self { nulls: Nulls::Asked(Box::new(is_null)), write: Box::new(write) }
    }

    pub fn is_null(&self, row: usize) -> bool {
        match &self.nulls {
            Nulls::Buffer(nulls) => nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)),
            Nulls::Asked(is_null) => is_null(row),
        }
    }

    /// Appends the value of a row. False if it is null, and then nothing is appended.
    pub fn put(&self, row: usize, out: &mut BytesMut) -> Result<bool> {
        if self.is_null(row) {
            return Ok(false);
        }
        (self.write)(row, out)?;
        Ok(true)
    }

    /// The same behind its length, as in DataRow messages, binary arrays and binary COPY. A null is the length -1.
    pub fn put_sized(&self, row: usize, out: &mut BytesMut) -> Result<()> {
        let start = out.len();
        out.put_i32(-1);
        if self.put(row, out)? {
            let length = size(out.len() - start - 4)?;
            out[start..start + 4].copy_from_slice(&length.to_be_bytes());
        }
        Ok(())
    }
}

/// How the values of a batch are to be written, column by column.
pub fn cells(batch: &Batch, columns: &[Column], style: &Style) -> Result<Vec<Cell>> {
    if batch.num_columns() != columns.len() {
        let (found, promised) = (batch.num_columns(), columns.len());
        return Err(Error::internal(format!("a batch has {found} columns where {promised} were described")));
    }
    match batch {
        Batch::Arrow(batch) => {
            batch.columns().iter().zip(columns).map(|(array, column)| cell(array, column.pg_type, column.format, style)).collect()
        }
        Batch::Tuples(tuples) => Ok((0..).zip(columns).map(|(place, column)| tuples.cell(place, column.format)).collect()),
    }
}

/// How the values of an array are to be written.
pub(crate) fn cell(array: &ArrayRef, pg_type: PgType, format: Format, style: &Style) -> Result<Cell> {
    let nulls = Nulls::Buffer(array.logical_nulls());
    let write = match array.data_type() {
        DataType::Null => Box::new(|_: usize, _: &mut BytesMut| Ok(())),
        DataType::Dictionary(_, _) | DataType::RunEndEncoded(_, _) => indexed::writer(array, pg_type, format, style)?,
        data_type => match Kind::of(pg_type, data_type) {
            Some(kind) => match format {
                Format::Text => text::writer(array, kind, style)?,
                Format::Binary => binary::writer(array, kind, style)?,
            },
            None => return cell(&cast_to(array, pg_type)?, pg_type, format, style),
        },
    };
    Ok(Cell { nulls, write })
}

/// For the rare column that is declared as something else than its array holds, such as a date that travels as text.
fn cast_to(array: &ArrayRef, pg_type: PgType) -> Result<ArrayRef> {
    let target = to_arrow(pg_type);
    let failed = |reason: String| {
        let (from, to) = (array.data_type(), pg_type.format());
        Error::new(Code::BadData, format!("could not send a column of type {from} as {to}")).detail(format!("{reason}."))
    };
    // Were the target no better, casting again would never end.
    if Kind::of(pg_type, &target).is_none() {
        return Err(failed("There is no conversion".to_owned()));
    }
    // "safe" would turn what cannot be cast into null, silently.
    let options = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(array, &target, &options).map_err(|error| failed(error.to_string()))
}

/// Lengths on the wire are signed 32-bit numbers.
pub fn size(length: usize) -> Result<i32> {
    i32::try_from(length).map_err(|_| Error::new(Code::Limit, format!("a value or row of {length} bytes is too long for the protocol")))
}

#[cfg(test)]
mod tests;
