//! Rows as plain structs: what `admin` relations and procedures answer, with columns and documentation from one definition.
//!
//! A row is a struct with `serde` and `schemars`. The struct's doc comment says what a row is, a field's says what its column is.

use std::io::{self, Write};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use schemars::{JsonSchema, Schema as JsonSchemaOf, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::ser::Formatter;
use spi::types::{PgType, oid};
use spi::{Error, Result};

/// A column of a relation or of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub name: String,
    pub pg_type: PgType,
    pub arrow: DataType,
    /// What the column says, for operators.
    pub description: String,
}

/// The columns of a row, in the order of its fields.
pub(crate) fn columns<R: JsonSchema>() -> Vec<Column> {
    let schema = schema_of::<R>();
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    properties
        .map(|(name, property)| {
            let pg_type = pg_type(property);
            let description = property.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
            Column { name: name.clone(), pg_type, arrow: spi::types::to_arrow(pg_type), description }
        })
        .collect()
}

/// What one row is: the doc comment of its struct.
pub(crate) fn summary<R: JsonSchema>() -> String {
    schema_of::<R>().get("description").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Rows as a batch with the columns of [`columns`].
pub(crate) fn batch<R: JsonSchema + Serialize>(rows: &[R]) -> Result<RecordBatch> {
    let schema = arrow_schema(&columns::<R>());
    let fields: Vec<FieldRef> = schema.fields().iter().cloned().collect();
    serde_arrow::to_record_batch(&fields, &rows)
        .map_err(|error| Error::internal("could not build the rows of an answer").detail(error.to_string()))
}

/// Columns as Arrow has them. All may be null.
pub(crate) fn arrow_schema(columns: &[Column]) -> SchemaRef {
    Arc::new(Schema::new(columns.iter().map(|column| Field::new(&column.name, column.arrow.clone(), true)).collect::<Vec<_>>()))
}

fn schema_of<R: JsonSchema>() -> JsonSchemaOf {
    let settings = schemars::generate::SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<R>()
}

/// The type of a field: what its JSON schema says, or the PostgreSQL type that [`Timestamp`], [`Json`] and the like name in it.
fn pg_type(property: &Value) -> PgType {
    let property = property.get("anyOf").and_then(|any| any.get(0)).unwrap_or(property);
    let text = |key: &str| property.get(key).and_then(Value::as_str);
    let data_type = match property.get("type") {
        Some(Value::Array(types)) => types.first().and_then(Value::as_str),
        other => other.and_then(Value::as_str),
    };
    PgType::new(match (text("format"), data_type) {
        (Some("yes_or_no"), _) => return PgType::varchar(3),
        (Some("sql_identifier"), _) => oid::NAME,
        (Some("character_data"), _) => oid::VARCHAR,
        (Some("timestamptz"), _) => oid::TIMESTAMPTZ,
        (Some("jsonb"), _) => oid::JSONB,
        (Some("int32" | "uint16"), _) => oid::INT4,
        (_, Some("integer")) => oid::INT8,
        (_, Some("number")) => oid::FLOAT8,
        (_, Some("boolean")) => oid::BOOL,
        (_, Some("object")) => oid::JSONB,
        (_, Some("array")) => return PgType::from_arrow(&DataType::new_list(DataType::Utf8, true)),
        _ => oid::TEXT,
    })
}

/// A moment, in microseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Timestamp(pub i64);

/// A JSON document, sent as `jsonb`.
#[derive(Clone, Debug)]
pub(crate) struct Json(pub Value);

impl Serialize for Json {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.text().map_err(serde::ser::Error::custom)?)
    }
}

impl Json {
    fn text(&self) -> serde_json::Result<String> {
        let mut text = Vec::new();
        self.0.serialize(&mut serde_json::Serializer::with_formatter(&mut text, Spaced))?;
        // serde_json writes UTF-8 only.
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

/// Writes JSON as PostgreSQL prints `jsonb`: with a space after each comma and colon.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

/// A name, which is `information_schema`'s `sql_identifier`.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Identifier(pub String);

impl From<&str> for Identifier {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

/// Text, which is `information_schema`'s `character_data`.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Characters(pub String);

/// `YES` or `NO`, as `information_schema` writes booleans.
#[derive(Clone, Copy, Debug)]
pub(crate) struct YesOrNo(pub bool);

impl Serialize for YesOrNo {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if self.0 { "YES" } else { "NO" })
    }
}

/// Gives a type the name by which [`pg_type`] knows it.
macro_rules! formatted {
    ($($name:ident: $data_type:literal, $format:literal;)*) => {$(
        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> JsonSchemaOf {
                schemars::json_schema!({ "type": $data_type, "format": $format })
            }
        }
    )*};
}

formatted! {
    Timestamp: "integer", "timestamptz";
    Json: "string", "jsonb";
    Identifier: "string", "sql_identifier";
    Characters: "string", "character_data";
    YesOrNo: "string", "yes_or_no";
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{Int64Type, TimestampMicrosecondType};

    use super::*;

    /// An example.
    #[derive(Serialize, JsonSchema)]
    struct Row {
        /// Its name.
        name: String,
        /// Its size in bytes.
        size_bytes: Option<u64>,
        /// When it was made.
        made_at: Option<Timestamp>,
        /// What it says.
        document: Json,
        /// Whether it is.
        ok: bool,
    }

    #[test]
    fn a_struct_is_columns_and_documentation() {
        let columns: Vec<_> =
            columns::<Row>().into_iter().map(|column| (column.name, column.pg_type.format(), column.description)).collect();
        let expected = [
            ("name", "text", "Its name."),
            ("size_bytes", "bigint", "Its size in bytes."),
            ("made_at", "timestamp with time zone", "When it was made."),
            ("document", "jsonb", "What it says."),
            ("ok", "boolean", "Whether it is."),
        ];
        assert_eq!(columns, expected.map(|(name, pg_type, text)| (name.to_owned(), pg_type.to_owned(), text.to_owned())));
        assert_eq!(summary::<Row>(), "An example.");
    }

    #[test]
    fn rows_become_a_batch() {
        let row = |size_bytes| Row {
            name: "a".to_owned(),
            size_bytes,
            made_at: Some(Timestamp(5)),
            document: Json(serde_json::json!({"b": [1, 2], "c": {}})),
            ok: true,
        };
        let batch = batch(&[row(Some(7)), row(None)]).expect("a batch");
        assert_eq!(batch.column(1).as_primitive::<Int64Type>().value(0), 7);
        assert!(batch.column(1).is_null(1));
        assert_eq!(batch.column(2).as_primitive::<TimestampMicrosecondType>().value(1), 5);
        assert_eq!(batch.column(3).as_string::<i32>().value(0), "{\"b\": [1, 2], \"c\": {}}");
    }
}
