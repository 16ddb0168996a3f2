//! Messages of Protobuf as documents. Messages that Protobuf itself defines are what they stand for.

use std::borrow::Cow;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value};
use spi::documents::{Decimal, Document, FieldType};
use spi::types::{PgType, oid};

use crate::schema::avro::logical;

/// The message as an object of its fields. A field that was not set is null where Protobuf tells that, and else has its default.
pub(super) fn document(message: &DynamicMessage) -> Document<'static> {
    if let Some(known) = known_document(message) {
        return known;
    }
    let field = |field: FieldDescriptor| {
        let is_null = field.supports_presence() && !message.has_field(&field);
        let value = if is_null { Document::Null } else { value_document(&message.get_field(&field), &field.kind()) };
        (Cow::Owned(field.name().to_owned()), value)
    };
    Document::Object(message.descriptor().fields().map(field).collect())
}

fn value_document(value: &Value, kind: &Kind) -> Document<'static> {
    match value {
        Value::Bool(value) => Document::Bool(*value),
        Value::I32(value) => Document::Int((*value).into()),
        Value::I64(value) => Document::Int(*value),
        Value::U32(value) => Document::Int((*value).into()),
        Value::U64(value) => whole(*value),
        Value::F32(value) => Document::Float((*value).into()),
        Value::F64(value) => Document::Float(*value),
        Value::String(text) => Document::text(text.clone()),
        Value::Bytes(bytes) => Document::Bytes(bytes.to_vec().into()),
        // A newer file may have more names.
        Value::EnumNumber(number) => {
            let name = kind.as_enum().and_then(|kind| kind.get_value(*number)).map(|value| value.name().to_owned());
            Document::text(name.unwrap_or_else(|| number.to_string()))
        }
        Value::Message(message) => document(message),
        Value::List(items) => Document::List(items.iter().map(|item| value_document(item, kind)).collect()),
        Value::Map(entries) => {
            let kind = kind.as_message().map(|entry| entry.map_entry_value_field().kind());
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            let entry = |(key, value): (&MapKey, &Value)| {
                let value = kind.as_ref().map_or(Document::Null, |kind| value_document(value, kind));
                (Cow::Owned(key_text(key)), value)
            };
            Document::Object(entries.into_iter().map(entry).collect())
        }
    }
}

fn key_text(key: &MapKey) -> String {
    match key {
        MapKey::Bool(key) => key.to_string(),
        MapKey::I32(key) => key.to_string(),
        MapKey::I64(key) => key.to_string(),
        MapKey::U32(key) => key.to_string(),
        MapKey::U64(key) => key.to_string(),
        MapKey::String(key) => key.clone(),
    }
}

fn whole(value: u64) -> Document<'static> {
    match i64::try_from(value) {
        Ok(value) => Document::Int(value),
        Err(_) => Decimal::from_i128(value.into(), 0).map_or(Document::Null, Document::Decimal),
    }
}

/// The type of a message that Protobuf, or Confluent, defines.
pub(super) fn well_known(message: &MessageDescriptor) -> Option<FieldType> {
    let scalar = |oid| Some(FieldType::Scalar(PgType::new(oid)));
    match message.full_name() {
        "google.protobuf.Timestamp" => Some(FieldType::TIMESTAMPTZ),
        "google.protobuf.Duration" | "google.protobuf.StringValue" | "google.protobuf.FieldMask" => Some(FieldType::TEXT),
        "google.protobuf.DoubleValue" => Some(FieldType::FLOAT8),
        "google.protobuf.FloatValue" => scalar(oid::FLOAT4),
        "google.protobuf.Int64Value" | "google.protobuf.UInt32Value" => Some(FieldType::INT8),
        "google.protobuf.UInt64Value" => Some(FieldType::Scalar(PgType::numeric(20, 0))),
        "google.protobuf.Int32Value" => scalar(oid::INT4),
        "google.protobuf.BoolValue" => Some(FieldType::BOOL),
        "google.protobuf.BytesValue" => Some(FieldType::BYTEA),
        "google.protobuf.Struct" | "google.protobuf.Value" | "google.protobuf.ListValue" => Some(FieldType::JSONB),
        "confluent.type.Decimal" => Some(FieldType::NUMERIC),
        _ => None,
    }
}

/// What such a message stands for.
fn known_document(message: &DynamicMessage) -> Option<Document<'static>> {
    let field = |number: u32| message.get_field_by_number(number);
    let long = |number| field(number).and_then(|value| value.as_i64()).unwrap_or_default();
    let int = |number| field(number).and_then(|value| value.as_i32()).unwrap_or_default();
    Some(match message.descriptor().full_name() {
        "google.protobuf.Timestamp" => moment(long(1), int(2)),
        "google.protobuf.Duration" => duration(long(1), int(2)),
        "google.protobuf.FieldMask" => match field(1)?.as_list() {
            Some(paths) => Document::text(paths.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")),
            None => Document::Null,
        },
        "google.protobuf.DoubleValue"
        | "google.protobuf.FloatValue"
        | "google.protobuf.Int64Value"
        | "google.protobuf.UInt64Value"
        | "google.protobuf.Int32Value"
        | "google.protobuf.UInt32Value"
        | "google.protobuf.BoolValue"
        | "google.protobuf.StringValue"
        | "google.protobuf.BytesValue"
        | "google.protobuf.Struct"
        | "google.protobuf.ListValue" => {
            let inner = message.descriptor().get_field(1)?;
            value_document(field(1)?.as_ref(), &inner.kind())
        }
        "google.protobuf.Value" => match message.fields().next() {
            // A null is a field, too.
            Some((field, _)) if field.name() == "null_value" => Document::Null,
            Some((field, value)) => value_document(value, &field.kind()),
            None => Document::Null,
        },
        "confluent.type.Decimal" => {
            let digits = field(1)?;
            logical::decimal(digits.as_bytes()?, int(3).into())
        }
        _ => return None,
    })
}

fn moment(seconds: i64, nanos: i32) -> Document<'static> {
    let micros = seconds.checked_mul(1_000_000).and_then(|micros| micros.checked_add(logical::rounded_to_micros(nanos.into())));
    micros.map_or_else(|| Document::Unreadable(format!("{seconds} s since 1970").into()), Document::TimestampTz)
}

/// As Protobuf's JSON has it: `1.5s`.
fn duration(seconds: i64, nanos: i32) -> Document<'static> {
    let total = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    let (sign, total) = (if total < 0 { "-" } else { "" }, total.unsigned_abs());
    let text = format!("{sign}{}.{:09}", total / 1_000_000_000, total % 1_000_000_000);
    Document::text(format!("{}s", text.trim_end_matches('0').trim_end_matches('.')))
}
