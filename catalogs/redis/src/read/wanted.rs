//! What has to be asked of the server for the columns that a query wants.

use std::collections::HashMap;

use arrow::datatypes::FieldRef;
use spi::Result;
use spi::documents::{DOCUMENT, Decoder, DecoderOptions, Document, ERROR, FieldType};

use crate::canonical;
use crate::kind::{KEY, Kind, TTL, TYPE, VALUE, field_type};
use crate::layout::Table;
use crate::reading::Reading;
use crate::reply::Fields;

/// The wanted columns, by what they cost.
pub(super) struct Wanted {
    pub(super) ttl: bool,
    /// All fields, for `_doc`.
    pub(super) document: bool,
    /// Whether anything is wanted of what a key holds; else it is enough to know that it is there and how much it holds.
    pub(super) held: bool,
    /// Columns of fields of hashes and streams.
    pub(super) fields: Vec<Field>,
    /// How the values of strings and of elements are read.
    pub(super) value: Reading,
    /// Whether the values are taken as JSON objects.
    pub(super) json: bool,
    /// The places of fields among the columns, by their names.
    places: HashMap<Vec<u8>, Vec<usize>>,
}

/// A column that shows a field.
pub(super) struct Field {
    column: String,
    pub(super) name: String,
    pub(super) reading: Reading,
}

/// What is asked of each key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// A walk has shown all that is wanted.
    Nothing,
    /// The wanted fields of a hash, and no others.
    Fields,
    /// A string, as far as it is short.
    Beginning,
    /// Whether it is there, and how much it holds.
    Length,
    /// The same, and then all that it holds.
    Whole,
}

impl Wanted {
    pub(super) fn new(table: &Table, columns: &[FieldRef]) -> Self {
        let is_wanted = |name: &str| columns.iter().any(|column| column.name() == name);
        let declared = |name: &str| table.columns.iter().find(|column| column.declared && column.name == name);
        // The query's own idea of a type that nobody has declared: the sample may have shown another one since.
        let reading = |column: &FieldRef| match declared(column.name()) {
            Some(declared) => Reading::of(declared),
            None => Reading::Exact(field_type(column.data_type())),
        };
        let value = columns.iter().find(|column| table.kind.value() == Some(column.name()));
        let is_own = |name: &str| {
            let own = table.kind.columns(&FieldType::TEXT);
            name == ERROR || name == DOCUMENT || own.iter().any(|(own, _)| *own == name)
        };
        let field =
            |column: &FieldRef| Field { column: column.name().clone(), name: field_name(table, column.name()), reading: reading(column) };
        let fields = columns.iter().filter(|column| table.kind.has_fields() && !is_own(column.name()));
        let fields: Vec<Field> = fields.map(field).collect();
        let mut places: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
        for (place, field) in fields.iter().enumerate() {
            places.entry(field.name.clone().into_bytes()).or_default().push(place);
        }
        Self {
            ttl: is_wanted(TTL),
            document: is_wanted(DOCUMENT),
            held: columns.iter().any(|column| ![KEY, TYPE, TTL, ERROR].contains(&column.name().as_str())),
            fields,
            value: value.map_or_else(|| Reading::Exact(table.value.clone()), reading),
            json: table.json,
            places,
        }
    }

    /// What is asked of each key. `is_seen` says that a walk has just shown it, and that walks show the login every key.
    pub(super) fn question(&self, kind: Kind, is_seen: bool) -> Question {
        match (self.held, kind) {
            (false, _) if is_seen && kind.is_one_row() && !self.ttl => Question::Nothing,
            (false, _) => Question::Length,
            (true, Kind::Hash) if !self.document => Question::Fields,
            (true, Kind::String) => Question::Beginning,
            (true, _) => Question::Whole,
        }
    }

    /// The names of the wanted fields, for each column.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.name.as_str())
    }

    /// What makes batches of exactly the columns that the query wants. Rows give the connector's own columns, then all fields where there
    /// are fields, then those of the columns.
    pub(super) fn decoder(&self, table: &Table, columns: &[FieldRef], options: DecoderOptions) -> Result<Decoder> {
        let mut given = table.kind.columns(self.value.field_type());
        if table.json {
            given.retain(|(name, _)| *name != VALUE);
        }
        if table.kind.has_fields() {
            given.push((DOCUMENT, FieldType::JSONB));
        }
        given.extend(self.fields.iter().map(|field| (field.column.as_str(), field.reading.field_type().clone())));
        let of_documents = if table.json { &table.columns[..] } else { &[] };
        Decoder::new(columns, of_documents, &given, options)
    }

    /// The values of the wanted columns, out of all fields.
    pub(super) fn typed<'f>(&self, fields: &'f Fields) -> Vec<Document<'f>> {
        let mut typed = vec![Document::Null; self.fields.len()];
        for (name, value) in fields {
            for place in self.places.get(name).into_iter().flatten() {
                typed[*place] = self.fields[*place].reading.document(value);
            }
        }
        typed
    }

    /// All fields as a document, as text. Names that are no text are shown as keys are.
    pub(super) fn whole<'f>(&self, fields: &'f Fields) -> Document<'f> {
        match self.document {
            true => Document::Object(fields.iter().map(|(name, value)| (crate::key::shown(name), canonical::raw(value))).collect()),
            false => Document::Null,
        }
    }
}

/// The field that a column shows. It has another name only where a column of every table has its own, or where somebody says so.
fn field_name(table: &Table, column: &str) -> String {
    let known = table.columns.iter().find(|known| known.name == column);
    known.and_then(|known| known.path.0.first()).map_or_else(|| column.to_owned(), Clone::clone)
}
