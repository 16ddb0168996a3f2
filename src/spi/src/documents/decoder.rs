//! From documents to Arrow batches.
//!
//! A [`Decoder`] is made of the columns that a query wants. Rows are appended one by one, as documents or as JSON, which is then read no
//! further than wanted; [`Decoder::is_full`] says when [`Decoder::finish`] has to hand the batch on.
//!
//! A value is taken exactly or not at all. One that does not fit its column is NULL there, and so is the whole of a record that is no
//! document; the row's `_error` says which fields are concerned and why. In strict mode that is an error of the query instead, after which
//! the decoder is of no more use. Only wanted columns are looked at, so that `_error` tells of no others.

mod builder;
mod check;
mod place;
mod plan;
mod scalar;

use std::fmt::Display;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef};

use super::column::Column;
use super::field_type::FieldType;
use super::json::{self, Wanted};
use super::shown::shown;
use super::value::Document;
use super::{DOCUMENT, ERROR};
use crate::connector::{ReadRequest, RowErrors};
use crate::error::{Code, Error, Result};
use builder::ColumnBuilder;
pub use check::{ColumnCheck, check};
use place::Place;
use plan::{Found, Plan};

/// Rows of a batch: what the query engine works with best.
pub const ROWS_MAX: usize = 8192;

/// Bytes of values of a batch. One row may exceed it, by the size of its document.
pub const BYTES_MAX: usize = 8 << 20;

/// The most bytes of values that a batch can be made to hold: the offsets of its texts have 31 bits.
pub const BYTES_LIMIT: usize = 1 << 30;

/// How rows are decoded.
#[derive(Clone, Debug)]
pub struct DecoderOptions {
    /// The data source's name, for errors.
    pub source: String,
    /// Whether what does not fit is an error of the query.
    pub strict: bool,
    pub rows_max: usize,
    /// At most [`BYTES_LIMIT`].
    pub bytes_max: usize,
    /// Where rows that have an `_error` are counted.
    pub row_errors: RowErrors,
}

impl DecoderOptions {
    pub fn new(source: impl Into<String>, strict: bool) -> Self {
        Self { source: source.into(), strict, rows_max: ROWS_MAX, bytes_max: BYTES_MAX, row_errors: RowErrors::default() }
    }

    /// As the rows of a query are decoded.
    pub fn of(request: &ReadRequest, source: impl Into<String>, strict: bool) -> Self {
        Self { row_errors: request.row_errors.clone(), ..Self::new(source, strict) }
    }
}

/// Where the values of a wanted column come from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    /// From the document, or a part of it: the place among the plan's targets.
    Target(usize),
    /// The raw document, `_doc`.
    Document,
    /// What is wrong with the row, `_error`.
    Error,
    /// A value of the connector's own.
    Given(usize),
}

struct Output {
    name: String,
    origin: Origin,
    builder: ColumnBuilder,
}

/// Makes batches of rows.
pub struct Decoder {
    schema: SchemaRef,
    outputs: Vec<Output>,
    plan: Plan,
    wanted: Wanted,
    options: DecoderOptions,
    /// Rows and bytes of the batch that is being made.
    rows: usize,
    bytes: usize,
}

impl Decoder {
    /// A decoder for the wanted columns of a table, in their order. Each is `_doc`, `_error`, one of the connector's own by its name and
    /// type, or one of the table's.
    pub fn new(wanted: &[FieldRef], columns: &[Column], given: &[(&str, FieldType)], options: DecoderOptions) -> Result<Self> {
        let mut plan = Plan::default();
        let outputs = wanted.iter().map(|field| output(field, columns, given, &mut plan)).collect::<Result<Vec<_>>>()?;
        let needs_all = outputs.iter().any(|output| output.origin == Origin::Document);
        let bytes_max = options.bytes_max.min(BYTES_LIMIT);
        Ok(Self {
            schema: Arc::new(Schema::new(wanted.to_vec())),
            outputs,
            wanted: if needs_all { Wanted::All } else { plan.wanted() },
            plan,
            options: DecoderOptions { bytes_max, ..options },
            rows: 0,
            bytes: 0,
        })
    }

    /// What has to be in the documents. Whoever reads another format than JSON can leave out the rest.
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// Appends a row: its document, and the connector's own values in the order that [`Decoder::new`] was told. The position says which
    /// row of the source it is, for errors: `message 17 of partition 3 of topic "orders"`.
    pub fn append(&mut self, document: &Document<'_>, given: &[Document<'_>], position: impl Display) -> Result<()> {
        let problem = match document.plain() {
            Document::Object(_) | Document::Null => None,
            _ if self.plan.wants_fields() => Some(format!("the document is not an object, but {}", shown(document))),
            _ => None,
        };
        self.append_row(Some(document), None, problem, given, position)
    }

    /// Appends a row whose document is a record of JSON.
    pub fn append_json(&mut self, record: &[u8], given: &[Document<'_>], position: impl Display) -> Result<()> {
        if record.len() > BYTES_LIMIT {
            let problem = format!("the record has {} bytes, more than {BYTES_LIMIT}", record.len());
            return self.append_error(None, problem, given, position);
        }
        match json::read_wanted(record, &self.wanted) {
            Ok(document) => self.append(&document, given, position),
            Err(error) => self.append_error(Some(record), error, given, position),
        }
    }

    /// Appends a row whose record is no document. Its `_doc` is the record as a JSON string: its text, or its bytes as `\x…`.
    pub fn append_error(
        &mut self,
        record: Option<&[u8]>,
        problem: impl Display,
        given: &[Document<'_>],
        position: impl Display,
    ) -> Result<()> {
        self.append_row(None, record, Some(problem.to_string()), given, position)
    }

    fn append_row(
        &mut self,
        document: Option<&Document<'_>>,
        record: Option<&[u8]>,
        problem: Option<String>,
        given: &[Document<'_>],
        position: impl Display,
    ) -> Result<()> {
        let mut place = Place::new(BYTES_LIMIT.saturating_sub(self.bytes), problem);
        let found = self.plan.find(document.unwrap_or(&Document::Null));
        for Output { name, origin, builder } in &mut self.outputs {
            match origin {
                Origin::Target(target) => {
                    let path = self.plan.path(*target);
                    match found[*target] {
                        Found::Nothing => builder.append_null(),
                        Found::Value(value) => place.of(|| path.to_string(), |place| builder.append(Some(value), place)),
                        Found::Blocked(value, depth) => {
                            self.plan.block(*target, depth, value, &mut place);
                            builder.append_null();
                        }
                    }
                }
                Origin::Document => {
                    let raw = record.map(raw);
                    place.of(|| name.clone(), |place| builder.append(document.or(raw.as_ref()), place));
                }
                Origin::Given(number) => place.of(|| name.clone(), |place| builder.append(given.get(*number), place)),
                // It is known when all others are done.
                Origin::Error => {}
            }
        }
        self.bytes = BYTES_LIMIT - place.bytes_left();
        self.finish_row(place.error(), position)
    }

    fn finish_row(&mut self, error: Option<String>, position: impl Display) -> Result<()> {
        self.rows += 1;
        if error.is_some() {
            self.options.row_errors.count();
        }
        if self.options.strict
            && let Some(error) = error
        {
            return Err(Error::source(Code::BadData, &self.options.source, format!("could not decode {position}"))
                .detail(format!("{error}."))
                .hint("Define the columns of the table otherwise, or set the option strict to false: such values are NULL then."));
        }
        for output in self.outputs.iter_mut().filter(|output| output.origin == Origin::Error) {
            self.bytes += error.as_ref().map_or(0, String::len);
            output.builder.append_error(error.as_deref());
        }
        Ok(())
    }

    /// The rows that wait for [`Decoder::finish`].
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether the batch has enough rows or bytes to be handed on.
    pub fn is_full(&self) -> bool {
        self.rows >= self.options.rows_max || self.bytes >= self.options.bytes_max
    }

    /// The rows since the last batch, with exactly the wanted columns. The decoder is empty then.
    pub fn finish(&mut self) -> Result<RecordBatch> {
        let arrays = self.outputs.iter_mut().map(|output| output.builder.finish()).collect::<Result<Vec<_>>>()?;
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(self.rows));
        (self.rows, self.bytes) = (0, 0);
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)?)
    }
}

fn output(field: &FieldRef, columns: &[Column], given: &[(&str, FieldType)], plan: &mut Plan) -> Result<Output> {
    let name = field.name().as_str();
    let (origin, field_type, declared) = match given.iter().position(|(given, _)| *given == name) {
        Some(number) => (Origin::Given(number), given[number].1.clone(), true),
        None if name == DOCUMENT => (Origin::Document, FieldType::JSONB, false),
        None if name == ERROR => (Origin::Error, FieldType::TEXT, false),
        None => {
            let column = columns.iter().find(|column| column.name == name).ok_or_else(|| stale(name, "is not known any more"))?;
            (Origin::Target(plan.add(&column.path)), column.field_type.clone(), column.declared)
        }
    };
    // The query was planned with an older snapshot, where the column was narrower. What is held as text may have been anything.
    let field_type = match field.data_type() {
        same if *same == field_type.data_type() => field_type,
        DataType::Utf8 => return Err(stale(name, "has another type by now")),
        _ => FieldType::of_field(field).ok_or_else(|| stale(name, "has another type by now"))?,
    };
    Ok(Output { name: name.to_owned(), origin, builder: ColumnBuilder::new(&field_type, declared) })
}

/// The query was planned with a snapshot, and the connector has learnt more since.
fn stale(name: &str, what: &str) -> Error {
    Error::new(Code::UndefinedColumn, format!("column \"{name}\" {what}"))
        .hint("CALL refresh_metadata for the data source, and ask again.")
        .retryable()
}

/// A record that is no document, as one.
fn raw(record: &[u8]) -> Document<'_> {
    match std::str::from_utf8(record) {
        Ok(text) if !text.contains('\0') => Document::Text(text.into()),
        _ => Document::Bytes(record.into()),
    }
}

#[cfg(test)]
mod tests;
