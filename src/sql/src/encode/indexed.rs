//! Arrays that say which of their values a row has: dictionaries and runs. The values are prepared once, the rows point to them.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Int16Type, Int32Type, Int64Type, RunEndIndexType};
use bytes::BytesMut;
use spi::types::PgType;
use spi::{Error, Result};

use super::{Style, Write, cell};
use crate::answer::Format;

pub(super) fn writer(array: &ArrayRef, pg_type: PgType, format: Format, style: &Style) -> Result<Write> {
    let (values, indices) = match array.data_type() {
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            // Without values every row is null, and asking for the keys would panic.
            let indices = if dictionary.values().is_empty() { Vec::new() } else { dictionary.normalized_keys() };
            (dictionary.values().clone(), indices)
        }
        DataType::RunEndEncoded(ends, _) => match ends.data_type() {
            DataType::Int16 => runs::<Int16Type>(array),
            DataType::Int32 => runs::<Int32Type>(array),
            _ => runs::<Int64Type>(array),
        },
        other => return Err(Error::internal(format!("{other} is not an indexed type"))),
    };
    let values = cell(&values, pg_type, format, style)?;
    Ok(Box::new(move |row, out: &mut BytesMut| values.put(indices[row], out).map(|_| ())))
}

fn runs<R: RunEndIndexType>(array: &ArrayRef) -> (ArrayRef, Vec<usize>) {
    let runs = array.as_run::<R>();
    (runs.values().clone(), (0..runs.len()).map(|row| runs.get_physical_index(row)).collect())
}
