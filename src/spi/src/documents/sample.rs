//! What a sample says about a table, to people who decide about its definition.

use super::column::Column;
use super::decoder::{ColumnCheck, check};
use super::evidence::InferredColumn;
use super::value::Document;

/// The columns that a table would have, and how they fit a sample. It holds data of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// What was found in the documents, whatever a definition says.
    pub inferred: Vec<InferredColumn>,
    /// The columns that hold fields of the documents, in their order.
    pub columns: Vec<Column>,
    /// How each of them fits.
    pub checks: Vec<ColumnCheck>,
}

impl Sample {
    /// Tries the columns on rows of the table.
    pub fn new<'d, 'a: 'd>(inferred: Vec<InferredColumn>, columns: Vec<Column>, rows: impl IntoIterator<Item = &'d Document<'a>>) -> Self {
        let checks = check(&columns, rows);
        Self { inferred, columns, checks }
    }
}
