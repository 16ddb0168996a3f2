use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use apache_avro::{BigDecimal, Days, Decimal as AvroDecimal, Duration, Millis, Months, Schema, Uuid};
use spi::documents::json_text;

use super::*;

/// Writes a value with Avro's own writer, reads it, and shows it as JSON.
fn shown(schema: &str, value: Value) -> String {
    let written = Schema::parse_str(schema).expect("a schema");
    let writer = GenericDatumWriter::builder(&written).build().expect("a writer");
    let bytes = writer.write_value_to_vec(value).expect("a value");
    let avro = Avro::parse(schema, &[]).expect("a schema");
    json_text::write(&avro.read(&bytes, &Wanted::All).expect("a value")).expect("a text")
}

fn columns(schema: &str) -> Vec<String> {
    let fields = Avro::parse(schema, &[]).expect("a schema").fields();
    fields.iter().map(|field| format!("{} {} {}", field.name, field.field_type, field.native_type)).collect()
}

#[test]
fn values_of_all_types_are_read() {
    let of = |avro_type: &str| format!(r#"{{"type": "record", "name": "r", "fields": [{{"name": "v", "type": {avro_type}}}]}}"#);
    let uuid = Uuid::from_u128(0xa0eebc99_9c0b_4ef8_bb6d_6bb9bd380a11);
    for (avro_type, value, expected) in [
        (r#""null""#, Value::Null, "null"),
        (r#""boolean""#, Value::Boolean(true), "true"),
        (r#""int""#, Value::Int(-5), "-5"),
        (r#""long""#, Value::Long(i64::MIN), "-9223372036854775808"),
        (r#""float""#, Value::Float(0.5), "0.5"),
        (r#""double""#, Value::Double(0.1), "0.1"),
        (r#""bytes""#, Value::Bytes(vec![1, 255]), r#""\\x01ff""#),
        (r#""string""#, Value::String("ä".into()), r#""ä""#),
        (r#"{"type": "fixed", "name": "f", "size": 2}"#, Value::Fixed(2, vec![1, 2]), r#""\\x0102""#),
        (r#"{"type": "enum", "name": "e", "symbols": ["A", "B"]}"#, Value::Enum(1, "B".into()), r#""B""#),
        (r#"["null", "long"]"#, Value::Union(1, Box::new(Value::Long(7))), "7"),
        (r#"["null", "long"]"#, Value::Union(0, Box::new(Value::Null)), "null"),
        (r#"{"type": "array", "items": "int"}"#, Value::Array(vec![Value::Int(1), Value::Int(2)]), "[1, 2]"),
        (r#"{"type": "array", "items": "int"}"#, Value::Array(Vec::new()), "[]"),
        (r#"{"type": "map", "values": "int"}"#, Value::Map([("k".to_owned(), Value::Int(1))].into()), r#"{"k": 1}"#),
        (
            r#"{"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}"#,
            Value::Decimal(AvroDecimal::from(vec![0xfb, 0x2e])),
            "-12.34",
        ),
        (r#"{"type": "bytes", "logicalType": "big-decimal"}"#, Value::BigDecimal("1.50".parse::<BigDecimal>().expect("a number")), "1.50"),
        (r#"{"type": "string", "logicalType": "uuid"}"#, Value::Uuid(uuid), r#""a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11""#),
        (
            r#"{"type": "fixed", "name": "u", "size": 16, "logicalType": "uuid"}"#,
            Value::Uuid(uuid),
            r#""a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11""#,
        ),
        (r#"{"type": "int", "logicalType": "date"}"#, Value::Date(19_782), r#""2024-02-29""#),
        (r#"{"type": "int", "logicalType": "time-millis"}"#, Value::TimeMillis(1_500), r#""00:00:01.5""#),
        (r#"{"type": "long", "logicalType": "time-micros"}"#, Value::TimeMicros(1), r#""00:00:00.000001""#),
        (r#"{"type": "long", "logicalType": "timestamp-millis"}"#, Value::TimestampMillis(1), r#""1970-01-01T00:00:00.001+00:00""#),
        (r#"{"type": "long", "logicalType": "timestamp-micros"}"#, Value::TimestampMicros(1), r#""1970-01-01T00:00:00.000001+00:00""#),
        (r#"{"type": "long", "logicalType": "timestamp-nanos"}"#, Value::TimestampNanos(1_500), r#""1970-01-01T00:00:00.000002+00:00""#),
        (r#"{"type": "long", "logicalType": "local-timestamp-micros"}"#, Value::LocalTimestampMicros(1), r#""1970-01-01T00:00:00.000001""#),
        (
            r#"{"type": "fixed", "name": "d", "size": 12, "logicalType": "duration"}"#,
            Value::Duration(Duration::new(Months::new(1), Days::new(2), Millis::new(3))),
            r#""P1M2DT0.003S""#,
        ),
    ] {
        let record = Value::Record(vec![("v".to_owned(), value)]);
        assert_eq!(shown(&of(avro_type), record), format!(r#"{{"v": {expected}}}"#), "{avro_type}");
    }
}

#[test]
fn declared_types_are_those_of_columns() {
    let schema = r#"{"type": "record", "name": "order", "namespace": "shop", "fields": [
        {"name": "id", "type": "int"},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}},
        {"name": "huge", "type": {"type": "bytes", "logicalType": "decimal", "precision": 100, "scale": 2}},
        {"name": "at", "type": ["null", {"type": "long", "logicalType": "timestamp-micros"}]},
        {"name": "local", "type": {"type": "long", "logicalType": "local-timestamp-millis"}},
        {"name": "who", "type": {"type": "record", "name": "person", "fields": [{"name": "name", "type": "string"}]}},
        {"name": "friend", "type": ["null", "person"]},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "more", "type": {"type": "map", "values": "long"}},
        {"name": "mixed", "type": ["int", "double", "null"]},
        {"name": "next", "type": ["null", "order"]},
        {"name": "state", "type": {"type": "enum", "name": "state", "symbols": ["NEW"]}},
        {"name": "key", "type": {"type": "string", "logicalType": "uuid"}}
    ]}"#;
    let expected = [
        "id integer int",
        "price numeric(10,2) decimal(10,2)",
        "huge numeric decimal(100,2)",
        "at timestamp with time zone null|timestamp-micros",
        "local timestamp without time zone local-timestamp-millis",
        "who struct(name text) record",
        "friend struct(name text) null|record",
        "tags text[] array<string>",
        "more jsonb map<long>",
        "mixed double precision int|double|null",
        "next jsonb null|record",
        "state text enum",
        "key uuid uuid",
    ];
    assert_eq!(columns(schema), expected);
    assert!(columns(r#""string""#).is_empty());
    let either = r#"[{"type": "record", "name": "a", "fields": [{"name": "n", "type": "int"}]},
        {"type": "record", "name": "b", "fields": [{"name": "n", "type": "string"}, {"name": "m", "type": "int"}]}]"#;
    assert_eq!(columns(either), ["n text int|string", "m integer int"]);
}

#[test]
fn types_of_other_schemas_are_found() {
    let person = r#"{"type": "record", "name": "person", "namespace": "shop", "fields": [{"name": "name", "type": "string"}]}"#;
    let order = r#"{"type": "record", "name": "order", "namespace": "shop", "fields": [
        {"name": "who", "type": "person"}, {"name": "also", "type": "shop.person"}]}"#;
    let references = [("shop.person".to_owned(), person.to_owned())];
    let avro = Avro::parse(order, &references).expect("a schema");
    let read = avro.read(&[2, b'a', 2, b'b'], &Wanted::All).expect("a value");
    assert_eq!(json_text::write(&read).expect("a text"), r#"{"who": {"name": "a"}, "also": {"name": "b"}}"#);
    assert!(Avro::parse(order, &[]).err().is_some_and(|error| error.contains("shop.person")));
}

#[test]
fn only_what_is_wanted_is_read() {
    let schema = r#"{"type": "record", "name": "r", "fields": [
        {"name": "a", "type": {"type": "array", "items": "int"}}, {"name": "b", "type": "string"}]}"#;
    let avro = Avro::parse(schema, &[]).expect("a schema");
    let wanted = Wanted::Fields([("b".to_owned(), Wanted::All)].into());
    let read = avro.read(&[4, 2, 4, 0, 2, b'x'], &wanted).expect("a value");
    assert_eq!(read, Document::Object(vec![("b".into(), Document::text("x"))]));
    // A block with its bytes, which is passed over all the same.
    assert_eq!(avro.read(&[3, 4, 2, 4, 0, 2, b'x'], &wanted).expect("a value"), read);
}

#[test]
fn poison_is_refused() {
    let list = r#"{"type": "record", "name": "list", "fields": [{"name": "next", "type": ["null", "list"]}]}"#;
    let nulls = r#"{"type": "array", "items": "null"}"#;
    let endless = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    for (schema, bytes, problem) in [
        (list, &vec![2; 1_000_000][..], "nested too deeply"),
        (nulls, &endless, "too many values"),
        (r#"{"type": "array", "items": "long"}"#, &endless, "a whole number was expected"),
        (r#""string""#, &endless, "ends too early"),
        (r#""string""#, &[1], "a length was expected"),
        (r#""string""#, &[2, 0xff], "UTF-8"),
        (r#""boolean""#, &[2], "a boolean"),
        (r#""int""#, &endless, "32 bits"),
        (r#""long""#, &[], "a whole number"),
        (r#""long""#, &[2, 2], "more behind the value"),
        (r#"["null"]"#, &[4], "no such branch"),
        (r#"{"type": "enum", "name": "e", "symbols": ["A"]}"#, &[2], "no such symbol"),
    ] {
        let error = Avro::parse(schema, &[]).expect("a schema").read(bytes, &Wanted::All).expect_err("refused");
        assert!(error.starts_with("invalid Avro at byte ") && error.contains(problem), "{schema}: {error}");
    }
}
