//! The types of values that a key can have, and the natural shape of each as rows.

use spi::documents::FieldType;
use spi::types::PgType;

/// A type of values. In the order in which tables of one pattern are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// One row for each key, a column for each field.
    Hash,
    /// One row for each key, its `value` or, where all are JSON objects, a column for each field.
    String,
    /// One row for each element, by `index`.
    List,
    /// One row for each `member`.
    Set,
    /// One row for each `member`, with its `score`.
    SortedSet,
    /// One row for each entry, by `_id`, a column for each field.
    Stream,
}

/// The key of a row.
pub(crate) const KEY: &str = "_key";
/// The type of its value, as TYPE says it.
pub(crate) const TYPE: &str = "_type";
/// Seconds until the key expires, as TTL says them.
pub(crate) const TTL: &str = "_ttl";
/// The id of an entry of a stream.
pub(crate) const ID: &str = "_id";
/// The time that the id of an entry says.
pub(crate) const TIMESTAMP: &str = "_timestamp";
pub(crate) const VALUE: &str = "value";
pub(crate) const INDEX: &str = "index";
pub(crate) const MEMBER: &str = "member";
pub(crate) const SCORE: &str = "score";

impl Kind {
    pub(crate) const ALL: [Kind; 6] = [Kind::Hash, Kind::String, Kind::List, Kind::Set, Kind::SortedSet, Kind::Stream];

    /// As TYPE answers and SCAN takes it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Kind::Hash => "hash",
            Kind::String => "string",
            Kind::List => "list",
            Kind::Set => "set",
            Kind::SortedSet => "zset",
            Kind::Stream => "stream",
        }
    }

    /// `None` for a type that a module brought.
    pub(crate) fn of_word(word: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word().as_bytes() == word)
    }

    /// The name of a table whose keys have nothing in common but their type.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Kind::Hash => "hashes",
            Kind::String => "strings",
            Kind::List => "lists",
            Kind::Set => "sets",
            Kind::SortedSet => "sorted_sets",
            Kind::Stream => "streams",
        }
    }

    /// The command that counts what a key holds: bytes of a string, else elements.
    pub(crate) fn length_command(self) -> &'static str {
        match self {
            Kind::Hash => "HLEN",
            Kind::String => "STRLEN",
            Kind::List => "LLEN",
            Kind::Set => "SCARD",
            Kind::SortedSet => "ZCARD",
            Kind::Stream => "XLEN",
        }
    }

    /// Whether a key has one row; else it has one for each of its elements.
    pub(crate) fn is_one_row(self) -> bool {
        matches!(self, Kind::Hash | Kind::String)
    }

    /// Whether there are fields, which are columns, and a document of them.
    pub(crate) fn has_fields(self) -> bool {
        matches!(self, Kind::Hash | Kind::Stream)
    }

    /// The column of the values of strings or of elements; `None` where there are fields.
    pub(crate) fn value(self) -> Option<&'static str> {
        match self {
            Kind::String | Kind::List => Some(VALUE),
            Kind::Set | Kind::SortedSet => Some(MEMBER),
            Kind::Hash | Kind::Stream => None,
        }
    }

    /// The columns that rows of the kind have before any others. `value` is the type of the values, where they are not of one kind only.
    pub(crate) fn columns(self, value: &FieldType) -> Vec<(&'static str, FieldType)> {
        let mut columns = vec![(KEY, FieldType::TEXT), (TYPE, FieldType::TEXT), (TTL, FieldType::INT8)];
        let own = match self {
            Kind::Hash => Vec::new(),
            Kind::String => vec![(VALUE, value.clone())],
            Kind::List => vec![(INDEX, FieldType::INT8), (VALUE, value.clone())],
            Kind::Set => vec![(MEMBER, value.clone())],
            Kind::SortedSet => vec![(MEMBER, value.clone()), (SCORE, FieldType::FLOAT8)],
            Kind::Stream => vec![(ID, FieldType::TEXT), (TIMESTAMP, FieldType::TIMESTAMPTZ)],
        };
        columns.extend(own);
        columns
    }

    /// The columns that together tell rows apart.
    pub(crate) fn primary_key(self) -> &'static [&'static str] {
        match self {
            Kind::Hash | Kind::String => &[KEY],
            Kind::List => &[KEY, INDEX],
            Kind::Set | Kind::SortedSet => &[KEY, MEMBER],
            Kind::Stream => &[KEY, ID],
        }
    }
}

/// The type of text that has the Arrow type; what columns of this connector can have.
pub(crate) fn field_type(data_type: &arrow::datatypes::DataType) -> FieldType {
    FieldType::Scalar(PgType::from_arrow(data_type))
}
