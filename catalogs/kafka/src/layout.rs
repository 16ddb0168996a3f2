//! The columns of a topic: where a message is, what Kafka knows of it, what its value holds, and the value as a document.

use serde::{Deserialize, Serialize};
use spi::documents::{Column, DOCUMENT, ERROR, FieldType, Path};
use spi::types::{PgType, oid};
use spi::{Error, Result};

use crate::csv::Dialect;
use crate::schema::Kind;

pub(crate) const PARTITION: &str = "_partition";
pub(crate) const OFFSET: &str = "_offset";
pub(crate) const TIMESTAMP: &str = "_timestamp";
pub(crate) const KEY: &str = "_key";
pub(crate) const HEADERS: &str = "_headers";
pub(crate) const VALUE: &str = "_value";

/// What no field of a value may be called.
pub(crate) const RESERVED: [&str; 8] = [PARTITION, OFFSET, TIMESTAMP, KEY, HEADERS, VALUE, ERROR, DOCUMENT];

/// The form of a topic's messages. It is the recipe of the table, so that every read decodes what its columns were made of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Layout {
    pub(crate) values: Values,
    /// The columns that fields of the values are in.
    pub(crate) columns: Vec<Column>,
    /// Where in a value its rows are, of JSON. Empty where a value is one row.
    #[serde(default)]
    pub(crate) row_path: Path,
    /// A key was seen that is no text, so that keys are bytes.
    pub(crate) binary_keys: bool,
}

/// How values are written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Values {
    #[default]
    Text,
    /// As bytes of which nothing is known.
    Raw,
    Json,
    Csv(Dialect),
    /// By schemas of the schema registry.
    Schema(Kind),
}

impl Values {
    /// Whether they have fields.
    pub(crate) fn are_documents(&self) -> bool {
        match self {
            Values::Text | Values::Raw => false,
            Values::Json | Values::Csv(_) | Values::Schema(_) => true,
        }
    }

    /// The word for it in the table's options.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Values::Text => "text",
            Values::Raw => "raw",
            Values::Json => "json",
            Values::Csv(_) => "csv",
            Values::Schema(kind) => kind.word(),
        }
    }
}

impl Layout {
    /// The text that [`Layout::of_recipe`] reads.
    pub(crate) fn recipe(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::internal("the form of a topic's messages could not be written").cause(error))
    }

    pub(crate) fn of_recipe(recipe: &str) -> Result<Self> {
        serde_json::from_str(recipe).map_err(|error| Error::internal("the form of a topic's messages could not be read").cause(error))
    }

    /// Whether values are shown as bytes. Where a schema's number stands before it, JSON is no text either.
    pub(crate) fn binary_values(&self) -> bool {
        matches!(self.values, Values::Raw | Values::Schema(_))
    }

    /// The columns that every topic has, in the order in which messages give them.
    pub(crate) fn own(&self) -> [(&'static str, FieldType); 6] {
        let text_or_bytes = |binary| if binary { FieldType::BYTEA } else { FieldType::TEXT };
        [
            (PARTITION, FieldType::Scalar(PgType::new(oid::INT4))),
            (OFFSET, FieldType::INT8),
            (TIMESTAMP, FieldType::TIMESTAMPTZ),
            (KEY, text_or_bytes(self.binary_keys)),
            (HEADERS, FieldType::JSONB),
            (VALUE, text_or_bytes(self.binary_values())),
        ]
    }

    /// All columns of the table in their order.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let mut columns: Vec<Column> = self.own().into_iter().map(|(name, field_type)| own_column(name, field_type)).collect();
        columns.extend(self.columns.iter().cloned());
        columns.push(own_column(ERROR, FieldType::TEXT));
        if self.values.are_documents() {
            let mut document = own_column(DOCUMENT, FieldType::JSONB);
            if !self.row_path.0.is_empty() {
                document.comment = Some("The row, as it is in the value.".to_owned());
            }
            columns.push(document);
        }
        columns
    }
}

fn own_column(name: &str, field_type: FieldType) -> Column {
    let (native_type, comment) = match name {
        PARTITION => ("int32", "The partition that the message is in."),
        OFFSET => ("int64", "The message's place in its partition."),
        TIMESTAMP => ("int64", "When the message was made or appended, as message.timestamp.type says."),
        KEY => ("bytes", "The message's key. In a column of text, bytes that are no text are \\x and hexadecimal digits."),
        HEADERS => {
            ("array", "The message's headers as objects with key and value, both like _key in a column of text; NULL if there are none.")
        }
        VALUE => ("bytes", "The message's value, NULL for a tombstone. In a column of text, bytes that are no text are as in _key."),
        ERROR => ("text", "What of the message could not be decoded; the columns concerned are NULL."),
        _ => ("json", "The whole value."),
    };
    Column {
        name: name.to_owned(),
        path: Path::field(name),
        field_type,
        native_type: native_type.to_owned(),
        nullable: ![PARTITION, OFFSET].contains(&name),
        comment: Some(comment.to_owned()),
        declared: false,
    }
}
