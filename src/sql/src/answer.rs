//! What a statement answers: a stream of rows, a command tag, or a copy to the client.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use spi::Result;
use spi::types::{PgType, oid};

use crate::pg_catalog::Tuples;

/// The answer of one statement.
pub enum Answer {
    /// Rows. The command tag is `SELECT n` for SELECT and `FETCH n` for FETCH, and the bare word for the others.
    Rows { columns: Arc<[Column]>, batches: BatchStream, command: &'static str },
    /// Done, nothing to read.
    Command { tag: String },
    /// Rows that the client asked for as a copy. The command tag is `COPY n`.
    CopyOut { format: CopyFormat, columns: Arc<[Column]>, batches: BatchStream },
    /// The statement text held no statement.
    Empty,
}

impl Answer {
    /// Done, with this command tag.
    pub(crate) fn command(tag: impl Into<String>) -> Self {
        Answer::Command { tag: tag.into() }
    }

    /// Rows of text that are here already, column by column.
    pub(crate) fn text(columns: Arc<[Column]>, values: Vec<Vec<String>>, command: &'static str) -> Result<Self> {
        let arrays = values.into_iter().map(|values| Arc::new(StringArray::from(values)) as ArrayRef);
        let batch = RecordBatch::try_from_iter(columns.iter().map(|column| column.name.clone()).zip(arrays))?;
        Ok(Answer::Rows { columns, batches: stream::once(async { Ok(batch.into()) }).boxed(), command })
    }
}

/// Rows as they are computed. Dropping the stream cancels the work behind it.
pub type BatchStream = BoxStream<'static, Result<Batch>>;

/// Some rows of an answer.
#[derive(Clone, Debug)]
pub enum Batch {
    /// Of DataFusion, or made here. The arrays stand in the order of the columns; their Arrow field names mean nothing.
    Arrow(RecordBatch),
    /// Of PostgreSQL's catalog.
    Tuples(Tuples),
}

impl Batch {
    pub fn num_rows(&self) -> usize {
        match self {
            Batch::Arrow(batch) => batch.num_rows(),
            Batch::Tuples(tuples) => tuples.num_rows(),
        }
    }

    pub fn num_columns(&self) -> usize {
        match self {
            Batch::Arrow(batch) => batch.num_columns(),
            Batch::Tuples(tuples) => tuples.num_columns(),
        }
    }

    /// Some of the rows. Nothing is copied.
    pub fn slice(&self, offset: usize, length: usize) -> Self {
        match self {
            Batch::Arrow(batch) => Batch::Arrow(batch.slice(offset, length)),
            Batch::Tuples(tuples) => Batch::Tuples(tuples.slice(offset, length)),
        }
    }
}

impl From<RecordBatch> for Batch {
    fn from(batch: RecordBatch) -> Self {
        Batch::Arrow(batch)
    }
}

/// A column of an answer, as the client is told about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// As PostgreSQL would name it; names may repeat.
    pub name: String,
    /// The OID of the table whose column this is, or 0.
    pub table_oid: u32,
    /// The column's place in that table, or 0.
    pub attribute_number: i16,
    pub pg_type: PgType,
    pub format: Format,
}

impl Column {
    /// A column that belongs to no table, in text format.
    pub fn new(name: impl Into<String>, pg_type: PgType) -> Self {
        Self { name: name.into(), table_oid: 0, attribute_number: 0, pg_type, format: Format::Text }
    }

    /// A column of text that belongs to no table.
    pub(crate) fn text(name: impl Into<String>) -> Self {
        Self::new(name, PgType::new(oid::TEXT))
    }
}

/// How a value travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Text,
    Binary,
}

/// How `COPY … TO STDOUT` writes rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyFormat {
    Text(CopyText),
    Csv(CopyCsv),
    Binary,
}

/// The options of the text format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyText {
    pub delimiter: u8,
    /// What stands for NULL.
    pub null: String,
    /// Whether a first line names the columns.
    pub header: bool,
}

/// The options of the CSV format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyCsv {
    pub delimiter: u8,
    pub quote: u8,
    /// What stands before a quote, or before itself, inside a quoted value.
    pub escape: u8,
    /// What stands for NULL, unquoted.
    pub null: String,
    pub header: bool,
    /// One per column: whether its values are quoted even where they need not be.
    pub force_quote: Vec<bool>,
}

/// A message that is no error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub severity: Severity,
    /// The SQLSTATE.
    pub code: &'static str,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Notice,
    Warning,
}

impl Severity {
    /// The word that the wire protocol has for it.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Notice => "NOTICE",
            Severity::Warning => "WARNING",
        }
    }
}

impl Notice {
    pub fn note(message: impl Into<String>) -> Self {
        Self { severity: Severity::Notice, code: "00000", message: message.into(), detail: None, hint: None }
    }

    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, code, message: message.into(), detail: None, hint: None }
    }
}
