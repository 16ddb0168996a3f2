//! From a sample of documents to the columns of a table.
//!
//! Every column has the narrowest type that all its sampled values have in common:
//!
//! - Whole numbers are `bigint`. With doubles they are `double precision` as long as each of them is exact in it, else `numeric`. Decimals
//!   make a `numeric` of the digits seen.
//! - Dates with timestamps are timestamps. Any other two scalars are `text`.
//! - Objects become structs, field by field, and lists become lists of what all their elements have in common.
//! - Values that are objects or lists in one document and something else in another are `jsonb`. So are objects whose keys are data
//!   (more than [`InferenceOptions::keys_max`] different ones), and what is nested too deeply.
//! - A field of which only nulls, empty lists or empty objects were seen is `jsonb` until a later sample tells more.
//!
//! Columns stand in the order in which they were first seen, those of an earlier snapshot first.

mod columns;
mod observed;

use super::evidence::InferredColumn;
use super::value::Document;
use observed::{Budget, Observed};

/// PostgreSQL's own limit of columns.
pub const COLUMNS_MAX: usize = 1600;

/// Objects of more different keys than this are maps: their keys are data.
pub const KEYS_MAX: usize = 200;

/// Objects and lists below a document's own fields become structs and lists so deep; what is deeper is `jsonb`.
pub const DEPTH_MAX: usize = 8;

/// The most fields, nested ones too, that are remembered of a sample. It bounds the memory of an inference whatever the documents are.
pub const FIELDS_MAX: usize = 20_000;

/// How columns are made of documents.
#[derive(Clone, Debug)]
pub struct InferenceOptions {
    /// Whether fields of nested objects become columns of their own, named by their dotted path, rather than structs.
    pub flatten: bool,
    /// Names of the connector's own columns, which no field may have.
    pub reserved: Vec<String>,
    pub columns_max: usize,
    pub keys_max: usize,
    pub depth_max: usize,
    pub fields_max: usize,
}

impl Default for InferenceOptions {
    fn default() -> Self {
        let reserved = vec![super::DOCUMENT.to_owned(), super::ERROR.to_owned()];
        let (columns_max, keys_max, depth_max, fields_max) = (COLUMNS_MAX, KEYS_MAX, DEPTH_MAX, FIELDS_MAX);
        Self { flatten: false, reserved, columns_max, keys_max, depth_max, fields_max }
    }
}

/// Looks at documents. The caller bounds how many.
#[derive(Debug)]
pub struct Inference {
    options: InferenceOptions,
    root: Observed,
    budget: Budget,
    sampled: u64,
    not_objects: u64,
}

/// What a sample says about a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Inferred {
    pub columns: Vec<InferredColumn>,
    /// How many documents were looked at.
    pub sampled: u64,
    /// How many of them were no objects, and so have no columns.
    pub not_objects: u64,
    /// Whether there were more columns or fields than are allowed. Those left out are still in `_doc`.
    pub truncated: bool,
}

impl Inference {
    pub fn new(options: InferenceOptions) -> Self {
        let budget = Budget { fields_left: options.fields_max, exhausted: false };
        Self { options, root: Observed::default(), budget, sampled: 0, not_objects: 0 }
    }

    /// Looks at one document.
    pub fn add(&mut self, document: &Document<'_>) {
        self.sampled += 1;
        match document.plain() {
            Document::Object(fields) => self.root.add_root(fields, &self.options, &mut self.budget),
            _ => self.not_objects += 1,
        }
    }

    /// The columns: those that were known before, as wide as they have to be by now, and those that are new.
    pub fn finish(self, known: &[InferredColumn]) -> Inferred {
        let (columns, left_out) = columns::columns(&self.root, self.sampled, &self.options, known);
        let truncated = left_out || self.budget.exhausted;
        Inferred { columns, sampled: self.sampled, not_objects: self.not_objects, truncated }
    }
}

#[cfg(test)]
mod tests;
