//! Schemas as a schema registry has them: what they say of columns, and how values are read by them.
//!
//! A message names the schema that it was written with, as [`frame`] has it, and is read by that one. Nothing here does I/O.

pub(crate) mod avro;
pub(crate) mod field;
pub(crate) mod frame;
mod json_schema;
mod protobuf;

use serde::{Deserialize, Serialize};
use spi::documents::Document;
use spi::documents::json::{self, Wanted};

use avro::Avro;
use field::Field;
use json_schema::JsonSchema;
use protobuf::Protobuf;

/// A language of schemas, and how values are written with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Avro,
    Protobuf,
    JsonSchema,
}

impl Kind {
    /// The kind that a registry calls so. It leaves the word out where it means Avro.
    pub(crate) fn of_registry(word: Option<&str>) -> Option<Self> {
        match word {
            None | Some("AVRO") => Some(Kind::Avro),
            Some("PROTOBUF") => Some(Kind::Protobuf),
            Some("JSON") => Some(Kind::JsonSchema),
            Some(_) => None,
        }
    }

    /// The word for it in options, and in the metadata of tables.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Kind::Avro => "avro",
            Kind::Protobuf => "protobuf",
            Kind::JsonSchema => "json_schema",
        }
    }
}

/// The text of a schema, with what it refers to.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) kind: Kind,
    pub(crate) text: String,
    /// Names as the schema has them, and the texts of their schemas; of those too what they refer to.
    pub(crate) references: Vec<(String, String)>,
}

/// A schema that can be used.
pub(crate) enum Schema {
    Avro(Avro),
    Protobuf(Protobuf),
    JsonSchema(JsonSchema),
}

impl Schema {
    /// Reads the text of a schema. The error is a sentence without its end.
    pub(crate) fn parse(text: &Text) -> Result<Self, String> {
        match text.kind {
            Kind::Avro => Avro::parse(&text.text, &text.references).map(Schema::Avro),
            Kind::Protobuf => Protobuf::parse(&text.text, &text.references).map(Schema::Protobuf),
            Kind::JsonSchema => JsonSchema::parse(&text.text).map(Schema::JsonSchema),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Schema::Avro(_) => Kind::Avro,
            Schema::Protobuf(_) => Kind::Protobuf,
            Schema::JsonSchema(_) => Kind::JsonSchema,
        }
    }

    /// The fields of its values. Of Protobuf it is those of one message of the file, the first one if none is named.
    pub(crate) fn fields(&self, message: Option<&[i32]>) -> Result<Vec<Field>, String> {
        match self {
            Schema::Avro(schema) => Ok(schema.fields()),
            Schema::Protobuf(schema) => schema.fields(message.unwrap_or(&[0])),
            Schema::JsonSchema(schema) => Ok(schema.fields()),
        }
    }

    /// Whether texts in its values are to be read as the types of their columns: JSON has no form for a date.
    pub(crate) fn is_converted(&self) -> bool {
        matches!(self, Schema::JsonSchema(_))
    }

    /// Reads what follows the schema's number in a value. The error is a sentence without its end.
    pub(crate) fn read<'v>(&'v self, payload: &'v [u8], wanted: &Wanted) -> Result<Document<'v>, String> {
        match self {
            Schema::Avro(schema) => schema.read(payload, wanted),
            Schema::Protobuf(schema) => schema.read(payload),
            Schema::JsonSchema(_) => json::read_wanted(payload, wanted).map_err(|error| error.to_string()),
        }
    }
}
