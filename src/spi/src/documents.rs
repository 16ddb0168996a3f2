//! Documents: what connectors share whose sources have no schema.
//!
//! A connector turns what it reads into [`Document`]s, or leaves JSON to [`json::read`]. Then:
//!
//! 1. A harvest gives a bounded sample of them to an [`Inference`], with the columns that an earlier snapshot knew. It answers with
//!    [`InferredColumn`]s: each with a type, and with the evidence for it.
//! 2. A [`TableDefinition`] of an operator overrules them; without one each inferred column [is](Column::from) a [`Column`] of the table.
//!    [`check`](decoder::check) says how a definition fits a sample.
//! 3. A read makes a [`Decoder`] of the columns that are wanted, appends record after record, and gets batches with exactly these columns.
//!
//! No part of this does I/O. Values in evidence, in reports and in `_error` are data: who may not read the table must not see them.

mod calendar;
pub mod column;
pub mod decimal;
pub mod decoder;
pub mod definition;
pub mod evidence;
pub mod field_type;
pub mod inference;
pub mod json;
pub mod json_text;
pub mod path;
pub mod sample;
mod shown;
#[cfg(test)]
mod testing;
pub mod value;
pub mod written;

pub use column::Column;
pub use decimal::Decimal;
pub use decoder::{ColumnCheck, Decoder, DecoderOptions};
pub use definition::{ColumnDefinition, Part, TableDefinition, TableDefinitions, rows};
pub use evidence::{Evidence, FieldEvidence, InferredColumn, TypeCount};
pub use field_type::FieldType;
pub use inference::{Inference, InferenceOptions, Inferred};
pub use path::Path;
pub use sample::Sample;
pub use value::Document;

/// The column that holds the raw document, as `jsonb`. It is the last one of a table.
pub const DOCUMENT: &str = "_doc";

/// The column that says what of a row could not be decoded.
pub const ERROR: &str = "_error";
