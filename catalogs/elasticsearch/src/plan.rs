//! How documents become rows: where the value of each column comes from, and so what the server is asked for.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field as ArrowField, FieldRef, Schema, SchemaRef};
use serde_json::{Value, json};
use spi::connector::ReadRequest;
use spi::documents::{Decoder, DecoderOptions, Document, FieldType};
use spi::{Error, Result};

use crate::catalog::{self, Column, Limits, Origin};
use crate::document::Fields;
use crate::kinds::Flavor;
use crate::mapping::{Field, Kind};
use crate::moment;
use crate::narrow::{self, FieldsByColumn};
use crate::options::Settings;
use crate::predicate;
use crate::value::{Shape, with_nulls};

/// How documents become rows.
pub(crate) struct Plan {
    pub(crate) source: String,
    flavor: Flavor,
    pub(crate) table: String,
    pub(crate) limits: Limits,
    options: DecoderOptions,
    /// The columns that are read: those that are wanted, and then those that only conditions name.
    schema: SchemaRef,
    /// The columns that the decoder is given values for.
    given: Vec<(String, FieldType, Given)>,
    /// What is looked for in the documents.
    fields: Fields,
    wants_document: bool,
}

/// Where a column's value comes from.
enum Given {
    Id,
    Index,
    /// The place among the fields of the documents.
    Source(usize, Shape),
    /// The places among them of a field and of those that are copied to it.
    Gathered(Vec<usize>, Shape),
    /// The server is asked for it by its path: it is not in the document, or not in a form that can be read here.
    Fetched(String, Shape),
    /// The same, of a field for whose nulls the server gives another value. The place is that among the fields of the documents.
    Nulled(String, usize, Shape),
    /// Asked for by its path, where the index has it: documents are kept without it, or it is asked for in a form that is not the document's,
    /// which the server makes faster of what is in the index.
    Indexed(String, Shape),
}

impl Plan {
    /// How the columns of a request are read, and those that only its conditions name.
    pub(crate) fn new(source: &str, settings: &Settings, columns: &[Column], limits: Limits, request: &ReadRequest) -> Result<Self> {
        let mut wanted = request.columns.clone();
        let mut named = Vec::new();
        request.predicates.iter().for_each(|one| predicate::columns(one, &mut named));
        let mut seen: HashSet<&str> = request.columns.iter().map(|field| field.name().as_str()).collect();
        for name in named.into_iter().filter(|name| seen.insert(name)) {
            let column = find(source, request, columns, name)?;
            wanted.push(Arc::new(ArrowField::new(name, column.field_type().data_type(), true)));
        }
        let (mut given, mut paths, mut wants_document) = (Vec::new(), Vec::new(), false);
        for field in &wanted {
            let column = find(source, request, columns, field.name())?;
            let listed = matches!(field.data_type(), DataType::List(_));
            let origin = match &column.origin {
                Origin::Id => Given::Id,
                Origin::Index => Given::Index,
                Origin::Error => continue,
                Origin::Document => {
                    wants_document = true;
                    continue;
                }
                Origin::Field(field) => {
                    let (path, shape) = (field.target.as_ref().unwrap_or(&field.path).clone(), Shape::new(field, listed));
                    match is_fetched(field) {
                        // It looks for copies in the index alone.
                        true if field.copied && settings.flavor == Flavor::OpenSearch => match field.kind {
                            Kind::Date { .. } => Given::Indexed(path, shape),
                            _ => {
                                let first = paths.len();
                                paths.extend([path].into_iter().chain(field.copied_from.clone()));
                                Given::Gathered((first..paths.len()).collect(), shape)
                            }
                        },
                        true if field.nulled && !field.from_index && !field.copied => {
                            paths.push(path.clone());
                            Given::Nulled(path, paths.len() - 1, shape)
                        }
                        _ if (field.from_index && field.doc_values)
                            || (wanted.len() <= limits.indexed && is_as_in_index(field, listed)) =>
                        {
                            Given::Indexed(path, shape)
                        }
                        true => Given::Fetched(path, shape),
                        false => {
                            paths.push(path);
                            Given::Source(paths.len() - 1, shape)
                        }
                    }
                }
            };
            given.push((column.name.clone(), column.field_type_as(listed), origin));
        }
        let plan = Self {
            source: source.to_owned(),
            flavor: settings.flavor,
            table: request.table.clone(),
            limits,
            options: DecoderOptions::of(request, source, settings.strict),
            schema: Arc::new(Schema::new(wanted)),
            given,
            fields: Fields::new(paths),
            wants_document,
        };
        // A column of another type than the snapshot says is noticed before anything is asked.
        plan.decoder()?;
        Ok(plan)
    }

    /// For the documents of one page.
    pub(crate) fn decoder(&self) -> Result<Decoder> {
        let wanted: Vec<FieldRef> = self.schema.fields().iter().cloned().collect();
        let given: Vec<(&str, FieldType)> = self.given.iter().map(|(name, field_type, _)| (name.as_str(), field_type.clone())).collect();
        Decoder::new(&wanted, &[], &given, self.options.clone())
    }

    /// What is searched for, and what of each document is sent. `rows` finds the documents that are rows at all.
    pub(crate) fn body(&self, request: &ReadRequest, columns: &[Column], rows: Option<Value>) -> Value {
        let is_listed = |name: &str| self.schema.field_with_name(name).is_ok_and(|field| matches!(field.data_type(), DataType::List(_)));
        let fields = columns
            .iter()
            .filter_map(|column| match &column.origin {
                Origin::Field(field) if !is_listed(&column.name) => Some((column.name.as_str(), &**field)),
                _ => None,
            })
            .collect();
        let by_column = FieldsByColumn { flavor: self.flavor, fields };
        let mut source: Vec<&str> = self.fields.paths().collect();
        source.sort_unstable();
        let leaves_out = columns.iter().filter_map(Column::field).any(|field| field.left_out);
        let mut body = match source.is_empty() {
            // What the server does to leave something out takes longer than sending it, if it is hardly anything.
            _ if self.wants_document || self.wants_all_of(columns) => match leaves_out {
                true => json!({"_source": {"exclude_vectors": false}}),
                false => json!({"_source": true}),
            },
            true => json!({"_source": false}),
            false if leaves_out => json!({"_source": {"exclude_vectors": false, "includes": source}}),
            false => json!({"_source": source}),
        };
        for (_, field_type, given) in &self.given {
            let (list, path) = match given {
                Given::Fetched(path, _) | Given::Nulled(path, ..) => ("fields", path),
                Given::Indexed(path, _) => ("docvalue_fields", path),
                Given::Id | Given::Index | Given::Source(..) | Given::Gathered(..) => continue,
            };
            let mut field = json!({"field": path});
            if is_of_moments(field_type) {
                field["format"] = json!(moment::FORMAT);
            }
            match body[list].as_array_mut() {
                Some(fields) => fields.push(field),
                None => body[list] = json!([field]),
            }
        }
        match (rows, narrow::search(&request.predicates, &by_column)) {
            (None, None) => {}
            (Some(one), None) | (None, Some(one)) => body["query"] = one,
            (Some(rows), Some(search)) => body["query"] = json!({"bool": {"filter": [rows, search]}}),
        }
        body
    }

    /// Whether every column is wanted that is read from documents, and there is one.
    fn wants_all_of(&self, columns: &[Column]) -> bool {
        let wanted: HashSet<&str> = self.fields.paths().collect();
        let is_wanted = |column: &Column| match &column.origin {
            Origin::Field(field) => {
                field.from_index || is_fetched(field) || wanted.contains(field.target.as_deref().unwrap_or(&field.path))
            }
            Origin::Id | Origin::Index | Origin::Error | Origin::Document => true,
        };
        !wanted.is_empty() && columns.iter().all(is_wanted)
    }

    /// Makes a row of a document.
    pub(crate) fn append(&self, decoder: &mut Decoder, hit: &Document<'_>) -> Result<()> {
        let document = hit.get("_source").unwrap_or(&Document::Null);
        let found = self.fields.find(document);
        let values: Vec<Document<'_>> = self.given.iter().map(|(_, _, given)| value(given, hit, &found)).collect();
        let document = if self.wants_document { document } else { &Document::Null };
        let named = |name| if let Some(Document::Text(text)) = hit.get(name) { text } else { "?" };
        decoder.append(document, &values, format_args!("document \"{}\" of index \"{}\"", named(catalog::ID), named(catalog::INDEX)))
    }
}

/// A column of the snapshot that the index has had then.
fn find<'c>(source: &str, request: &ReadRequest, columns: &'c [Column], name: &str) -> Result<&'c Column> {
    columns.iter().find(|column| column.name == name).ok_or_else(|| {
        let object = format!("column \"{name}\" of table \"{}\"", request.table);
        Error::source(spi::Code::UndefinedColumn, source, format!("{object} of data source \"{source}\" does not exist any more"))
            .detail("The metadata of the source is older than the source itself.")
            .hint(format!("CALL refresh_metadata('{source}') to see the source as it is now."))
    })
}

/// What is copied or computed is in no document.
fn is_fetched(field: &Field) -> bool {
    matches!(field.kind, Kind::Fetched | Kind::Date { .. }) || field.copied || field.computed
}

/// Whether a value that the server is asked for is the same in the index: there, a list is sorted.
fn is_as_in_index(field: &Field, listed: bool) -> bool {
    matches!(field.kind, Kind::Date { .. }) && field.doc_values && !field.gaps && !field.copied && !listed
}

fn is_of_moments(field_type: &FieldType) -> bool {
    match field_type {
        FieldType::List(item) => is_of_moments(item),
        other => *other == FieldType::TIMESTAMPTZ,
    }
}

fn value<'a>(given: &Given, hit: &Document<'a>, found: &[Vec<&Document<'a>>]) -> Document<'a> {
    match given {
        Given::Id => hit.get(catalog::ID).cloned().unwrap_or(Document::Null),
        Given::Index => hit.get(catalog::INDEX).cloned().unwrap_or(Document::Null),
        Given::Source(place, shape) => shape.read(&found[*place]),
        Given::Gathered(places, shape) => shape.read(&places.iter().flat_map(|place| found[*place].iter().copied()).collect::<Vec<_>>()),
        Given::Fetched(path, shape) | Given::Indexed(path, shape) => asked(hit, path, shape, Cow::Borrowed),
        Given::Nulled(path, place, shape) => asked(hit, path, shape, |values| Cow::Owned(with_nulls(values, &found[*place]))),
    }
}

/// What the server was asked for by its path.
fn asked<'d, 'a>(
    hit: &'d Document<'a>,
    path: &str,
    shape: &Shape,
    values: impl Fn(&'d Document<'a>) -> Cow<'d, Document<'a>>,
) -> Document<'a> {
    match hit.get("fields").and_then(|fields| fields.get(path)) {
        Some(given) if is_ignored(hit, path) => shape.read(&[&values(given), &IGNORED]),
        Some(given) => shape.read(&[&values(given)]),
        None if is_ignored(hit, path) => IGNORED,
        None => Document::Null,
    }
}

/// What stands for a value that the server does not give.
const IGNORED: Document<'static> = Document::Unreadable(Cow::Borrowed("a value that the server ignored"));

/// Whether the server has kept a field of the document out of its index, because its value is none.
fn is_ignored(hit: &Document<'_>, path: &str) -> bool {
    let ignored = hit.get("_ignored");
    matches!(ignored, Some(Document::List(fields)) if fields.iter().any(|field| *field == Document::text(path)))
}
