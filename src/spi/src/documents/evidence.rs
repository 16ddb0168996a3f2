//! Why a column has the type that it has.

use serde::{Deserialize, Serialize};

use super::field_type::FieldType;
use super::path::Path;

/// What was seen of a column, or of a field within one.
///
/// It holds data: [`Evidence::conflict`] quotes values of documents. Who may not read the table must not see it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// How many rows were looked at; of what is in a list, how many elements.
    pub sampled: u64,
    /// How many of them had a value that is not null.
    pub present: u64,
    /// How many had a null. The others did not have the field.
    pub nulls: u64,
    /// The types of the values as the source names them, the most frequent first.
    pub types: Vec<TypeCount>,
    /// Two values, cut short, that have no type in common, for example `int 5, but text "n/a"`.
    pub conflict: Option<String>,
    /// How sure it is that the next value has the column's type, from 0 to below 1.
    ///
    /// It is `agreeing / (present + 1)`, where `agreeing` counts the values that belong to the most frequent family of types: numbers of
    /// all kinds are one family, dates and timestamps without a zone another. So it is 0 where nothing was seen, one half after one
    /// value, and 0.999 after a thousand alike; and half of that where every second value was of another kind.
    pub confidence: f64,
}

/// A type, and how many values had it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeCount {
    pub name: String,
    pub count: u64,
}

/// A column that was found in documents. It can be stored, and given to the next inference as known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InferredColumn {
    /// Unique in the table, and none of the reserved names.
    pub name: String,
    pub path: Path,
    #[serde(rename = "type")]
    pub field_type: FieldType,
    /// Whether the last sample showed the field. One that it did not show stays, with its earlier evidence.
    pub confirmed: bool,
    pub evidence: Evidence,
    /// The fields of its objects and the elements of its lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldEvidence>,
}

/// Evidence of what is within a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldEvidence {
    /// From the document on, with `[]` for the elements of a list: `items[].price`.
    pub path: String,
    #[serde(rename = "type")]
    pub field_type: FieldType,
    pub evidence: Evidence,
}

impl InferredColumn {
    /// The type as the source has it: the names of the types seen, the most frequent first, for example `int|double`.
    pub fn native_type(&self) -> String {
        let names: Vec<&str> = self.evidence.types.iter().map(|seen| seen.name.as_str()).collect();
        if names.is_empty() { "null".to_owned() } else { names.join("|") }
    }
}

/// The confidence of [`Evidence::confidence`].
pub(super) fn confidence(agreeing: u64, present: u64) -> f64 {
    agreeing as f64 / (present as f64 + 1.0)
}
