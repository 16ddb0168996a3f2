//! Lines that are JSON objects, of JsonSerDe. Names of fields are looked for whatever their case: the metastore keeps them in lower case.
//!
//! A line that is no JSON is a row of NULLs, and so is a value that is not of its column's type.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, new_empty_array, new_null_array};
use arrow::compute::concat;
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use arrow::error::ArrowError;
use arrow::json::ReaderBuilder;
use arrow::json::reader::Decoder as MapDecoder;
use spi::documents::{Column as Target, Decoder, DecoderOptions, Document, FieldType, Path, json};
use spi::predicate::Value;
use spi::types::{PgType, oid};
use spi::{Code, Error, Result};

use super::values::ColumnBuilder;
use super::{Column, Place};
use crate::hive_type;

/// The wanted values of lines.
pub(super) struct Json<'a> {
    source: &'a str,
    columns: &'a [Column],
    folder: &'a [Value],
    decoder: Decoder,
}

impl<'a> Json<'a> {
    /// Why such columns are not read, as a sentence.
    pub(super) fn new(source: &'a str, columns: &'a [Column], folder: &'a [Value]) -> Result<Self, String> {
        let of_lines: Vec<&Column> = columns.iter().filter(|column| matches!(column.place, Place::Line(_))).collect();
        if let Some(column) = of_lines.iter().find(|column| holds_binary(column.field.data_type())) {
            return Err(format!("The column \"{}\" is binary, which versions of Hive write in different ways.", column.field.name()));
        }
        let targets: Vec<Target> = of_lines.iter().map(|column| target(column)).collect();
        let wanted: Vec<FieldRef> =
            targets.iter().map(|target| Arc::new(Field::new(&target.name, target.field_type.data_type(), true))).collect();
        let decoder = Decoder::new(&wanted, &targets, &[], DecoderOptions::new(source, false)).map_err(|error| error.to_string())?;
        Ok(Self { source, columns, folder, decoder })
    }

    pub(super) fn append(&mut self, line: &[u8]) -> Result<()> {
        match json::read(line) {
            Ok(Document::Object(fields)) => {
                let type_of = |name: &str| self.columns.iter().find(|column| column.field.name() == name);
                let fields = fields.into_iter().filter_map(|(name, value)| {
                    let name = folded(name);
                    let column = type_of(&name)?;
                    Some((name, fold(value, column.field.data_type())))
                });
                self.decoder.append(&Document::Object(fields.collect()), &[], "a line")
            }
            Ok(_) => self.decoder.append_error(None, "the line is no object", &[], "a line"),
            Err(problem) => self.decoder.append_error(None, problem, &[], "a line"),
        }
    }

    /// The columns of the lines since the last time, so many.
    pub(super) fn finish(&mut self, rows: usize) -> Result<Vec<ArrayRef>> {
        let decoded = self.decoder.finish()?;
        let mut of_lines = decoded.columns().iter();
        let array = |column: &Column| match column.place {
            Place::Folder(place) => Ok(constant(column, &self.folder[place], rows)),
            Place::Line(_) => {
                // As many columns of lines are wanted as the decoder was made of.
                let decoded = of_lines.next().ok_or_else(|| Error::internal("a column was not decoded"))?;
                match holds_map(column.field.data_type()) {
                    true => with_maps(self.source, &column.field, decoded),
                    false => Ok(Arc::clone(decoded)),
                }
            }
        };
        self.columns.iter().map(array).collect()
    }
}

/// How the decoder is to read a column. It knows no maps: what has any in it is decoded as JSON, of which [`with_maps`] makes values.
fn target(column: &Column) -> Target {
    let field_type = match column.field.data_type() {
        nested if holds_map(nested) => FieldType::JSONB,
        data_type => field_type(data_type, hive_type::parse(&column.native_type).pg_type),
    };
    Target {
        name: column.field.name().clone(),
        path: Path::field(column.field.name()),
        field_type,
        native_type: column.native_type.clone(),
        nullable: true,
        comment: None,
        // Somebody declared the types, so that a number in quotes is a number.
        declared: true,
    }
}

fn field_type(data_type: &DataType, pg_type: PgType) -> FieldType {
    match data_type {
        DataType::List(item) => FieldType::list(field_type(item.data_type(), PgType::from_arrow(item.data_type()))),
        DataType::Struct(fields) => FieldType::Struct(
            fields
                .iter()
                .map(|field| (field.name().clone(), field_type(field.data_type(), PgType::from_arrow(field.data_type()))))
                .collect(),
        ),
        // Documents have no text that is filled up with blanks.
        _ if pg_type.oid == oid::BPCHAR => FieldType::TEXT,
        _ => FieldType::Scalar(pg_type),
    }
}

fn holds_binary(data_type: &DataType) -> bool {
    holds(data_type, |data_type| matches!(data_type, DataType::Binary))
}

fn holds_map(data_type: &DataType) -> bool {
    holds(data_type, |data_type| matches!(data_type, DataType::Map(..)))
}

/// Whether a type, or one within it, is such a one.
fn holds(data_type: &DataType, is_such: fn(&DataType) -> bool) -> bool {
    is_such(data_type)
        || match data_type {
            DataType::List(item) | DataType::Map(item, _) => holds(item.data_type(), is_such),
            DataType::Struct(fields) => fields.iter().any(|field| holds(field.data_type(), is_such)),
            _ => false,
        }
}

/// A value with the names of its structs' fields in the case of the type's. Keys of maps are data.
fn fold<'a>(value: Document<'a>, data_type: &DataType) -> Document<'a> {
    match (value, data_type) {
        (Document::List(items), DataType::List(item)) => {
            Document::List(items.into_iter().map(|value| fold(value, item.data_type())).collect())
        }
        (Document::Object(fields), DataType::Struct(types)) => {
            let field = |(name, value): (Cow<'a, str>, Document<'a>)| match types.iter().find(|one| is_name(one.name(), &name)) {
                Some(found) => (Cow::Owned(found.name().clone()), fold(value, found.data_type())),
                None => (name, value),
            };
            Document::Object(fields.into_iter().map(field).collect())
        }
        (Document::Object(entries), DataType::Map(entry, _)) => match entry.data_type() {
            DataType::Struct(types) if types.len() == 2 => {
                Document::Object(entries.into_iter().map(|(key, value)| (key, fold(value, types[1].data_type()))).collect())
            }
            _ => Document::Object(entries),
        },
        (value, _) => value,
    }
}

fn is_name(wanted: &str, found: &str) -> bool {
    wanted == found || wanted.to_lowercase() == found.to_lowercase()
}

fn folded(name: Cow<'_, str>) -> Cow<'_, str> {
    match name.chars().any(char::is_uppercase) {
        true => Cow::Owned(name.to_lowercase()),
        false => name,
    }
}

/// A column of JSON texts as values of a type with maps in it. A text that is not of the type is NULL.
fn with_maps(source: &str, field: &FieldRef, texts: &ArrayRef) -> Result<ArrayRef> {
    let schema = Arc::new(Schema::new(vec![Arc::clone(field)]));
    let decoder = |rows: usize| {
        let builder = ReaderBuilder::new(Arc::clone(&schema)).with_batch_size(rows.max(1)).with_coerce_primitive(true);
        builder.build_decoder().map_err(|error| {
            let name = field.name();
            let message = format!("could not read column \"{name}\" of a table of data source \"{source}\"");
            Error::source(Code::Unsupported, source, message).detail(format!("Its type is {}.", field.data_type())).cause(error)
        })
    };
    let texts = texts.as_string::<i32>();
    if let Ok(values) = decoded(decoder(texts.len())?, field, texts) {
        return Ok(values);
    }
    // Only then one by one.
    let null = new_null_array(field.data_type(), 1);
    let mut values = Vec::with_capacity(texts.len());
    for place in 0..texts.len() {
        let value = decoded(decoder(1)?, field, &texts.slice(place, 1));
        values.push(value.unwrap_or_else(|_| Arc::clone(&null)));
    }
    Ok(concat(&values.iter().map(AsRef::as_ref).collect::<Vec<_>>())?)
}

/// All of the texts, or an error where one of them is not of the type.
fn decoded(mut decoder: MapDecoder, field: &FieldRef, texts: &StringArray) -> std::result::Result<ArrayRef, ArrowError> {
    let name = json_string(field.name());
    let mut line = String::new();
    for place in 0..texts.len() {
        line.clear();
        let text = if texts.is_null(place) { "null" } else { texts.value(place) };
        line.extend(["{", &name, ":", text, "}\n"]);
        decoder.decode(line.as_bytes())?;
    }
    let read = decoder.flush()?;
    Ok(read.map_or_else(|| new_empty_array(field.data_type()), |batch| Arc::clone(batch.column(0))))
}

/// A name as JSON writes it.
fn json_string(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 2);
    text.push('"');
    for character in name.chars() {
        match character {
            '"' | '\\' => text.extend(['\\', character]),
            control if control.is_control() => text.push_str(&format!("\\u{:04x}", control as u32)),
            plain => text.push(plain),
        }
    }
    text.push('"');
    text
}

/// The value of a partition key, for so many rows.
fn constant(column: &Column, value: &Value, rows: usize) -> ArrayRef {
    let mut builder = ColumnBuilder::new(column.field.data_type(), &column.native_type);
    (0..rows).for_each(|_| builder.append_value(value));
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_folded_and_keys_of_maps_are_not() {
        let data_type = hive_type::parse("struct<userid:int,tags:map<string,struct<n:int>>>").data_type;
        let value = json::read(br#"{"userId": 1, "TAGS": {"Kept": {"N": 2}}, "Other": 3}"#).expect("JSON");
        let folded = fold(value, &data_type);
        assert_eq!(spi::documents::json_text::write(&folded).expect("text"), r#"{"tags": {"Kept": {"n": 2}}, "Other": 3, "userid": 1}"#);
    }

    #[test]
    fn what_is_of_another_type_is_null_and_nothing_else() {
        let data_type = hive_type::parse("map<string,struct<n:int>>").data_type;
        let field: FieldRef = Arc::new(Field::new("tags", data_type, true));
        let texts = [Some(r#"{"a": {"n": 1}}"#), Some("5"), Some(r#"{"k": {"n": "x"}}"#), None, Some(r#"{"b": {"n": 2}}"#)];
        let values = with_maps("lake", &field, &(Arc::new(StringArray::from(texts.to_vec())) as ArrayRef)).expect("values");
        assert_eq!((0..5).map(|row| values.is_valid(row)).collect::<Vec<_>>(), [true, false, false, false, true]);
        assert_eq!(values.slice(4, 1).as_map().keys().as_string::<i32>().value(1), "b");
    }
}
