//! A column of a table of documents, however it was found.

use arrow::datatypes::DataType;
use serde::{Deserialize, Serialize};

use super::evidence::InferredColumn;
use super::field_type::FieldType;
use super::path::Path;
use crate::types::PgType;

/// A column that holds a field of the documents. It can be stored, such as in the recipe of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    pub path: Path,
    pub field_type: FieldType,
    /// What the source calls the type.
    pub native_type: String,
    /// Somebody promises that it has a value in every row. What the documents hold is not believed: a missing value is null.
    pub nullable: bool,
    pub comment: Option<String>,
    /// Somebody gave the column its type, so that values are converted to it as a cast would: text is read, decimals are rounded.
    /// Values of inferred columns are only taken as they are, which is what a filter that the source applies sees.
    pub declared: bool,
}

impl Column {
    /// The type in which values are read.
    pub fn data_type(&self) -> DataType {
        self.field_type.data_type()
    }

    /// The type that clients see.
    pub fn pg_type(&self) -> PgType {
        self.field_type.pg_type()
    }
}

impl From<&InferredColumn> for Column {
    fn from(column: &InferredColumn) -> Self {
        Column {
            name: column.name.clone(),
            path: column.path.clone(),
            field_type: column.field_type.clone(),
            native_type: column.native_type(),
            nullable: true,
            comment: None,
            declared: false,
        }
    }
}
