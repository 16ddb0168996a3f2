//! What has to be asked of the server for the columns that a query wants.

use arrow::datatypes::FieldRef;
use spi::Result;
use spi::documents::{Column, DOCUMENT, Decoder, DecoderOptions, Document, ERROR, FieldType, Path};

use crate::canonical;
use crate::kind::{KEY, Kind, TTL, TYPE, VALUE, field_type};
use crate::layout::Table;

/// The wanted columns, by what they cost.
pub(super) struct Wanted {
    pub(super) ttl: bool,
    /// All fields, for `_doc`.
    pub(super) document: bool,
    /// Whether anything is wanted of what a key holds; else it is enough to know that it is there and how much it holds.
    pub(super) held: bool,
    /// Fields of hashes and streams, with the types of their columns.
    pub(super) fields: Vec<(String, FieldType)>,
    /// The type of the values of strings and of elements.
    pub(super) value: FieldType,
    /// Whether the values are taken as JSON objects.
    pub(super) json: bool,
    /// The connector's own columns, in the order in which rows give them.
    given: Vec<(&'static str, FieldType)>,
}

/// What is asked of each key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// A walk has shown all that is wanted.
    Nothing,
    /// The wanted fields of a hash, and no others.
    Fields,
    /// Whether it is there, and how much it holds.
    Length,
    /// The same, and then all that it holds.
    Whole,
}

impl Wanted {
    pub(super) fn new(table: &Table, columns: &[FieldRef]) -> Self {
        let is_wanted = |name: &str| columns.iter().any(|column| column.name() == name);
        // The query's own idea of the type: the sample may have shown another one since.
        let value = columns.iter().find(|column| column.name() == VALUE || column.name() == crate::kind::MEMBER);
        let value = value.map_or_else(|| table.value.clone(), |column| field_type(column.data_type()));
        let mut given = table.kind.columns(&value);
        if table.json {
            given.retain(|(name, _)| *name != VALUE);
        }
        if table.kind.has_fields() {
            given.push((DOCUMENT, FieldType::JSONB));
        }
        let is_own = |name: &str| name == ERROR || name == DOCUMENT || given.iter().any(|(own, _)| *own == name);
        let fields = columns.iter().filter(|column| table.kind.has_fields() && !is_own(column.name()));
        let field = |column: &FieldRef| (field_name(table, column.name()), field_type(column.data_type()));
        Self {
            ttl: is_wanted(TTL),
            document: is_wanted(DOCUMENT),
            held: columns.iter().any(|column| ![KEY, TYPE, TTL, ERROR].contains(&column.name().as_str())),
            fields: fields.map(field).collect(),
            value,
            json: table.json,
            given,
        }
    }

    /// What is asked of each key. `is_seen` says that a walk has just shown it, and that walks show the login every key.
    pub(super) fn question(&self, kind: Kind, is_seen: bool) -> Question {
        match (self.held, kind) {
            (false, _) if is_seen && kind.is_one_row() && !self.ttl => Question::Nothing,
            (false, _) => Question::Length,
            (true, Kind::Hash) if !self.document => Question::Fields,
            (true, _) => Question::Whole,
        }
    }

    /// The names of the wanted fields.
    pub(super) fn names(&self) -> Vec<&str> {
        self.fields.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// What makes batches of exactly the columns that the query wants.
    pub(super) fn decoder(&self, table: &Table, columns: &[FieldRef], options: DecoderOptions) -> Result<Decoder> {
        match table.json {
            true => Decoder::new(columns, &table.columns, &self.given, options),
            false => Decoder::new(columns, &self.columns(table, columns), &self.given, options),
        }
    }

    /// Columns of fields with the types that the query has for them.
    fn columns(&self, table: &Table, columns: &[FieldRef]) -> Vec<Column> {
        let column = |column: &FieldRef| Column {
            name: column.name().clone(),
            path: Path::field(field_name(table, column.name())),
            field_type: field_type(column.data_type()),
            native_type: String::new(),
            nullable: true,
            comment: None,
            declared: false,
        };
        columns.iter().map(column).collect()
    }

    /// The wanted fields as a document, with values of their columns' types.
    pub(super) fn typed<'f>(&self, fields: &'f [(Vec<u8>, Vec<u8>)]) -> Document<'f> {
        let typed = fields.iter().filter_map(|(name, value)| {
            let name = canonical::text(name)?;
            let (_, field_type) = self.fields.iter().find(|(wanted, _)| wanted == name)?;
            Some((name.into(), canonical::document(value, field_type)))
        });
        Document::Object(typed.collect())
    }

    /// All fields as a document, as text. Names that are no text are shown as keys are.
    pub(super) fn whole<'f>(&self, fields: &'f [(Vec<u8>, Vec<u8>)]) -> Document<'f> {
        match self.document {
            true => Document::Object(fields.iter().map(|(name, value)| (crate::key::shown(name), canonical::raw(value))).collect()),
            false => Document::Null,
        }
    }
}

/// The field that a column shows. It has another name only where a column of every table has its own.
fn field_name(table: &Table, column: &str) -> String {
    let known = table.columns.iter().find(|known| known.name == column);
    known.and_then(|known| known.path.0.first()).map_or_else(|| column.to_owned(), Clone::clone)
}
