//! Types as they are written, widened and stored.

use super::*;

fn parse(text: &str) -> FieldType {
    FieldType::parse(text).unwrap_or_else(|| panic!("{text} is a type"))
}

fn record(fields: &[(&str, FieldType)]) -> FieldType {
    FieldType::Struct(fields.iter().map(|(name, field)| ((*name).to_owned(), field.clone())).collect())
}

#[test]
fn types_are_read_as_postgresql_writes_them() {
    for (text, printed, data_type) in [
        ("INT", "integer", DataType::Int32),
        ("int8", "bigint", DataType::Int64),
        ("double  precision", "double precision", DataType::Float64),
        ("decimal( 12 , 2 )", "numeric(12,2)", DataType::Decimal128(12, 2)),
        ("numeric(50)", "numeric(50,0)", DataType::Decimal256(50, 0)),
        ("numeric", "numeric", DataType::Utf8),
        ("varchar(20)", "character varying(20)", DataType::Utf8),
        ("timestamptz", "timestamp with time zone", DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, Some("UTC".into()))),
        ("uuid", "uuid", DataType::Utf8),
        ("jsonb", "jsonb", DataType::Utf8),
        ("text[]", "text[]", DataType::new_list(DataType::Utf8, true)),
        ("bigint[][]", "bigint[][]", DataType::new_list(DataType::new_list(DataType::Int64, true), true)),
    ] {
        let parsed = parse(text);
        assert_eq!((parsed.to_string().as_str(), parsed.data_type()), (printed, data_type), "{text}");
    }
    for text in ["", "numeric(77)", "numeric(3,4)", "numeric(a)", "varchar(0)", "text(3)", "txt", "interval", "int4[", "record", "oid"] {
        assert_eq!(FieldType::parse(text), None, "{text}");
    }
}

#[test]
fn clients_see_types_of_postgresql() {
    let inner = record(&[("a", FieldType::INT8), ("j", FieldType::JSONB), ("n", FieldType::NUMERIC), ("u", FieldType::Unknown)]);
    for (field_type, pg_type) in [
        (FieldType::Unknown, "jsonb"),
        (FieldType::list(FieldType::Unknown), "jsonb"),
        (FieldType::list(FieldType::list(FieldType::Unknown)), "jsonb"),
        (record(&[]), "jsonb"),
        (FieldType::list(record(&[])), "jsonb"),
        (FieldType::list(FieldType::JSONB), "jsonb[]"),
        (FieldType::list(FieldType::list(FieldType::INT8)), "bigint[]"),
        (inner.clone(), "jsonb"),
        (FieldType::list(inner.clone()), "jsonb[]"),
    ] {
        assert_eq!(field_type.pg_type().format(), pg_type, "{field_type}");
        assert_eq!(field_type.data_type() == DataType::Utf8, field_type.is_json(), "{field_type}");
    }
    let DataType::Struct(fields) = inner.data_type() else { panic!("no struct") };
    let marks: Vec<_> = fields.iter().map(|field| field.metadata().get(POSTGRESQL_TYPE).map(String::as_str)).collect();
    assert_eq!(marks, [None, Some("3802 -1"), Some("1700 -1"), Some("3802 -1")]);
}

#[test]
fn arrow_types_tell_what_they_were_made_of() {
    let inner = record(&[("a", FieldType::INT8), ("j", FieldType::JSONB), ("n", FieldType::NUMERIC), ("u", parse("uuid[]"))]);
    for field_type in [FieldType::TEXT, parse("numeric(12,2)[]"), parse("timestamptz"), FieldType::list(inner)] {
        assert_eq!(FieldType::of_field(&Field::new("f", field_type.data_type(), true)), Some(field_type));
    }
    assert_eq!(FieldType::of_field(&Field::new("f", DataType::Date64, true)), None);
}

#[test]
fn the_wider_type_holds_both() {
    let list = FieldType::list;
    for (one, other, wider) in [
        (FieldType::Unknown, FieldType::BOOL, FieldType::BOOL),
        (FieldType::INT8, FieldType::FLOAT8, FieldType::FLOAT8),
        (FieldType::INT8, parse("numeric(38,2)"), parse("numeric(38,2)")),
        (FieldType::INT8, parse("numeric(38,30)"), parse("numeric(76,30)")),
        (parse("numeric(38,2)"), parse("numeric(38,5)"), parse("numeric(76,5)")),
        (parse("numeric(76,2)"), parse("numeric(76,5)"), FieldType::NUMERIC),
        (FieldType::FLOAT8, parse("numeric(38,2)"), FieldType::NUMERIC),
        (FieldType::DATE, FieldType::TIMESTAMP, FieldType::TIMESTAMP),
        (FieldType::TIMESTAMP, FieldType::TIMESTAMPTZ, FieldType::TEXT),
        (FieldType::BOOL, FieldType::INT8, FieldType::TEXT),
        (FieldType::TEXT, FieldType::JSONB, FieldType::JSONB),
        (FieldType::TEXT, list(FieldType::TEXT), FieldType::JSONB),
        (list(FieldType::Unknown), FieldType::INT8, FieldType::JSONB),
        (list(FieldType::Unknown), list(FieldType::INT8), list(FieldType::INT8)),
        (record(&[]), record(&[("a", FieldType::INT8)]), record(&[("a", FieldType::INT8)])),
        (
            record(&[("a", FieldType::INT8), ("b", FieldType::TEXT)]),
            record(&[("c", FieldType::BOOL), ("a", FieldType::FLOAT8)]),
            record(&[("a", FieldType::FLOAT8), ("b", FieldType::TEXT), ("c", FieldType::BOOL)]),
        ),
    ] {
        assert_eq!(one.clone().widened(other.clone()), wider, "{one} and {other}");
        let again = wider.clone().widened(one.clone()).widened(other.clone());
        assert_eq!(again, wider, "{one} and {other} are within");
    }
}

#[test]
fn types_survive_being_stored() {
    let all = record(&[
        ("a.b", FieldType::list(record(&[("", FieldType::Unknown), ("x", parse("numeric(38,4)"))]))),
        ("v", parse("varchar(7)")),
        ("l", FieldType::list(FieldType::list(FieldType::TIMESTAMPTZ))),
        ("e", record(&[])),
    ]);
    let json = serde_json::to_string(&all).expect("JSON");
    assert_eq!(serde_json::from_str::<FieldType>(&json).expect(&json), all);
    assert!(serde_json::from_str::<FieldType>("\"txt\"").is_err());
    assert_eq!(
        all.to_string(),
        "struct(\"a.b\" struct(\"\" jsonb, x numeric(38,4))[], v character varying(7), l timestamp with time zone[][], e jsonb)"
    );
}

#[test]
fn types_have_as_many_dimensions_as_postgresql_allows() {
    let of = |dimensions: usize| FieldType::parse(&format!("bigint{}", "[]".repeat(dimensions)));
    assert_eq!(of(6).map(|field_type| field_type.to_string()).as_deref(), Some("bigint[][][][][][]"));
    assert_eq!((of(7), of(1_000_000)), (None, None));
    assert_eq!(FieldType::parse("bigint [] []"), of(2));
}
