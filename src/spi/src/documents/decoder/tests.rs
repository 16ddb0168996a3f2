//! What becomes of rows, of those that do not fit too.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Decimal128Type, Field, Float64Type, Int64Type};
use arrow::util::display::array_value_to_string;
use proptest::prelude::*;

use super::*;
use crate::documents::decimal::Decimal;
use crate::documents::inference::{Inference, InferenceOptions};
use crate::documents::path::Path;
use crate::documents::{json_text, testing};

fn column(name: &str, path: &str, field_type: &str, declared: bool) -> Column {
    let field_type = FieldType::parse(field_type).expect("a type");
    let path = Path::parse(path).expect("a path");
    Column { name: name.to_owned(), path, field_type, native_type: String::new(), nullable: true, comment: None, declared }
}

fn field(name: &str, data_type: DataType) -> FieldRef {
    Arc::new(Field::new(name, data_type, true))
}

/// All columns, `_error` and `_doc`.
fn fields(columns: &[Column]) -> Vec<FieldRef> {
    let own = [field(ERROR, DataType::Utf8), field(DOCUMENT, DataType::Utf8)];
    columns.iter().map(|column| field(&column.name, column.data_type())).chain(own).collect()
}

fn decoder(columns: &[Column], strict: bool) -> Decoder {
    Decoder::new(&fields(columns), columns, &[], DecoderOptions::new("src", strict)).expect("a decoder")
}

/// A batch as text, row by row, with `∅` for null.
fn rows(batch: &RecordBatch) -> Vec<String> {
    let cell = |column: &arrow::array::ArrayRef, row| match column.is_null(row) {
        true => "∅".to_owned(),
        false => array_value_to_string(column, row).expect("a value"),
    };
    (0..batch.num_rows()).map(|row| batch.columns().iter().map(|column| cell(column, row)).collect::<Vec<_>>().join(" | ")).collect()
}

fn decode(columns: &[Column], records: &[&str]) -> Vec<String> {
    let mut decoder = decoder(columns, false);
    records.iter().for_each(|record| decoder.append_json(record.as_bytes(), &[], "row").expect("not strict"));
    rows(&decoder.finish().expect("a batch"))
}

#[test]
fn rows_have_the_wanted_columns() {
    let columns = [column("n", "n", "bigint", false), column("s", "o.s", "text", false), column("l", "l", "bigint[]", false)];
    assert_eq!(
        decode(&columns, &[r#"{"n": 9007199254740993, "o": {"s": "x"}, "l": [1, null]}"#, r#"{"o": null, "n": null}"#, "null"]),
        [
            r#"9007199254740993 | x | [1, ] | ∅ | {"l": [1, null], "n": 9007199254740993, "o": {"s": "x"}}"#,
            r#"∅ | ∅ | ∅ | ∅ | {"n": null, "o": null}"#,
            "∅ | ∅ | ∅ | ∅ | ∅",
        ]
    );
}

#[test]
fn what_does_not_fit_is_null_and_told() {
    let columns = [
        column("n", "n", "bigint", false),
        column("s", "o.s", "text", false),
        column("l", "l", "bigint[]", false),
        column("j", "j", "jsonb", false),
    ];
    assert_eq!(
        decode(&columns, &[r#"{"n": "5", "o": 7, "l": [1, "x", 2.5], "j": "\u0000"}"#]),
        ["∅ | ∅ | [1, , ] | ∅ | field n: text \"5\" is not bigint; field o: int 7 is not an object; \
          field l[1]: text \"x\" is not bigint; field l[2]: float 2.5 is not bigint; \
          field j: text \"\u{fffd}\" has a character of code 0, which text in PostgreSQL does not have; and 1 more | ∅"]
    );
    assert_eq!(decode(&columns, &["[1]"]), ["∅ | ∅ | ∅ | ∅ | the document is not an object, but list of 1 | [1]"]);
}

#[test]
fn records_that_are_no_documents_are_kept() {
    let columns = [column("n", "n", "bigint", false)];
    let mut decoder = decoder(&columns, false);
    for record in [&b"{\"n\": 1"[..], b"\xff\x00", b"{\"n\": \"\\ud800\"}"] {
        decoder.append_json(record, &[], "row").expect("not strict");
    }
    decoder.append_error(None, "gone", &[], "row").expect("not strict");
    decoder.append_json(b"{\"n\": 1}", &[], "row").expect("not strict");
    assert_eq!(decoder.options.row_errors.take(), 4);
    assert_eq!(
        rows(&decoder.finish().expect("a batch")),
        [
            r#"∅ | invalid JSON at byte 7: the text ends too early | "{\"n\": 1""#,
            r#"∅ | invalid JSON at byte 0: the text is not valid UTF-8 | "\\xff00""#,
            r#"∅ | invalid JSON at byte 7: half of a surrogate pair stands alone | "{\"n\": \"\\ud800\"}""#,
            "∅ | gone | ∅",
            r#"1 | ∅ | {"n": 1}"#,
        ]
    );
}

#[test]
fn strict_rows_are_errors_with_their_position() {
    let columns = [column("n", "n", "bigint", false)];
    let mut decoder = decoder(&columns, true);
    decoder.append_json(b"{\"n\": 1}", &[], "message 1").expect("it fits");
    let error = decoder.append_json(b"{\"n\": \"x\"}", &[], "message 2").expect_err("it does not fit");
    assert_eq!((error.code, error.message.as_str()), (Code::BadData, "could not decode message 2"));
    assert_eq!(error.detail.as_deref(), Some("field n: text \"x\" is not bigint."));
    assert_eq!(error.origin, crate::error::Origin::Source("src".to_owned()));
}

#[test]
fn values_of_the_connector_stay_beside_errors() {
    let given = [("_offset", FieldType::INT8), ("_key", FieldType::TEXT)];
    let wanted = [field("_key", DataType::Utf8), field("n", DataType::Int64), field("_offset", DataType::Int64)];
    let columns = [column("n", "n", "bigint", false), column("_key", "_key", "bigint", false)];
    let mut decoder = Decoder::new(&wanted, &columns, &given, DecoderOptions::new("src", false)).expect("a decoder");
    decoder.append_json(b"{\"n\": 1, \"_key\": 3}", &[Document::Int(7), Document::text("k")], "row").expect("not strict");
    decoder.append_json(b"x", &[Document::Int(8), Document::Null], "row").expect("not strict");
    assert_eq!(rows(&decoder.finish().expect("a batch")), ["k | 1 | 7", "∅ | ∅ | 8"]);
    assert_eq!(decoder.options.row_errors.take(), 1);
}

#[test]
fn only_what_is_wanted_is_read() {
    let columns = [column("c", "a.b.c", "text", false), column("b", "a.b", "jsonb", false), column("x", "x", "text", false)];
    let wanted = |names: &[&str]| {
        let fields: Vec<FieldRef> = names.iter().map(|name| field(name, DataType::Utf8)).collect();
        Decoder::new(&fields, &columns, &[], DecoderOptions::new("src", false)).expect("a decoder").wanted().clone()
    };
    let fields = |name: &str, inner| Wanted::Fields([(name.to_owned(), inner)].into());
    assert_eq!(wanted(&["c"]), fields("a", fields("b", fields("c", Wanted::All))));
    assert_eq!(wanted(&["c", "b"]), fields("a", fields("b", Wanted::All)));
    assert_eq!(wanted(&["c", "_doc"]), Wanted::All);
    assert_eq!(wanted(&["_error"]), Wanted::Fields(Default::default()));
}

#[test]
fn rows_without_columns_are_counted() {
    let mut decoder = Decoder::new(&[], &[], &[], DecoderOptions::new("src", false)).expect("a decoder");
    (0..3).for_each(|_| decoder.append_json(b"[]", &[], "row").expect("not strict"));
    assert_eq!((decoder.finish().expect("a batch").num_rows(), decoder.rows()), (3, 0));
}

#[test]
fn batches_are_full_by_rows_and_by_bytes() {
    let columns = [column("s", "s", "text", false)];
    let options = DecoderOptions { rows_max: 3, bytes_max: 1000, ..DecoderOptions::new("src", false) };
    let mut decoder = Decoder::new(&[field("s", DataType::Utf8)], &columns, &[], options).expect("a decoder");
    let long = format!("{{\"s\": \"{}\"}}", "x".repeat(1000));
    for (record, full) in [("{}", false), ("{}", false), ("{}", true)] {
        decoder.append_json(record.as_bytes(), &[], "row").expect("not strict");
        assert_eq!(decoder.is_full(), full);
    }
    assert_eq!(decoder.finish().expect("a batch").num_rows(), 3);
    decoder.append_json(long.as_bytes(), &[], "row").expect("not strict");
    assert!(decoder.is_full());
    assert_eq!(decoder.finish().expect("a batch").column(0).as_string::<i32>().value(0).len(), 1000);
    assert!(!decoder.is_full());
}

#[test]
fn declared_types_convert_as_casts_do() {
    let declared = [
        column("i", "i", "smallint", true),
        column("n", "n", "numeric(4,1)", true),
        column("d", "d", "date", true),
        column("t", "t", "timestamptz[]", true),
        column("v", "v", "varchar(2)", true),
        column("u", "u", "uuid", true),
        column("b", "b", "boolean", true),
    ];
    let batch = {
        let mut decoder = decoder(&declared, false);
        let record = r#"{"i": "7", "n": "1.25", "d": "2024-02-29", "t": ["1970-01-01T00:00:01Z"], "v": 12,
            "u": "A0EEBC999C0B4EF8BB6D6BB9BD380A11", "b": "off"}"#;
        decoder.append_json(record.as_bytes(), &[], "row").expect("not strict");
        decoder.append_json(br#"{"i": 40000, "n": 12345, "d": "soon", "v": "123"}"#, &[], "row").expect("not strict");
        decoder.finish().expect("a batch")
    };
    assert_eq!(batch.column(1).as_primitive::<Decimal128Type>().value(0), 13);
    let rows = rows(&batch);
    let first = "7 | 1.3 | 2024-02-29 | [1970-01-01T00:00:01Z] | 12 | a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11 | false | ∅ | ";
    assert!(rows[0].starts_with(first), "{}", rows[0]);
    let second = "∅ | ∅ | ∅ | ∅ | ∅ | ∅ | ∅ | field i: int 40000 is not smallint; field n: int 12345 is not numeric(4,1); \
                  field d: text \"soon\" is not date; field v: text \"123\" is not character varying(2) | ";
    assert!(rows[1].starts_with(second), "{}", rows[1]);
}

#[test]
fn a_stale_snapshot_is_told() {
    for (wanted, message) in [
        (field("gone", DataType::Utf8), "column \"gone\" is not known any more"),
        (field("n", DataType::Utf8), "column \"n\" has another type by now"),
    ] {
        let error = Decoder::new(&[wanted], &[column("n", "n", "bigint", false)], &[], DecoderOptions::new("src", false)).err();
        assert_eq!(error.map(|error| (error.code, error.message)), Some((Code::UndefinedColumn, message.to_owned())));
    }
}

#[test]
fn an_older_snapshot_is_served_in_its_types() {
    let columns = [column("n", "n", "double precision", false), column("l", "l", "text[]", false)];
    let wanted = [field("n", DataType::Int64), field("l", DataType::new_list(DataType::Int64, true))];
    let mut decoder = Decoder::new(&wanted, &columns, &[], DecoderOptions::new("src", false)).expect("a decoder");
    decoder.append_json(br#"{"n": 1, "l": [2]}"#, &[], "row").expect("not strict");
    decoder.append_json(br#"{"n": 1.5, "l": ["x"]}"#, &[], "row").expect("not strict");
    assert_eq!(rows(&decoder.finish().expect("a batch")), ["1 | [2]", "∅ | []"]);
    assert_eq!(decoder.options.row_errors.take(), 1);
}

#[test]
fn columns_are_checked_on_a_sample() {
    let sample: Vec<Document<'_>> = [r#"{"n": 1, "o": {"x": 1}}"#, r#"{"n": "x", "o": 5}"#, r#"{"n": null}"#]
        .map(|json| json::read(json.as_bytes()).expect("valid"))
        .into();
    let columns = [column("n", "n", "bigint", true), column("x", "o.x", "bigint", true), column("never", "never", "text", true)];
    let checks = check(&columns, &sample);
    let found: Vec<_> = checks.iter().map(|check| (check.sampled, check.present, check.misfits, check.example.as_deref())).collect();
    assert_eq!(
        found,
        [(3, 2, 1, Some("field n: text \"x\" is not bigint")), (3, 1, 1, Some("field o: int 5 is not an object")), (3, 0, 0, None),]
    );
}

/// Whether a cell says all that the value says, but what its type leaves out.
fn says(array: &dyn Array, row: usize, value: Option<&Document<'_>>, field_type: &FieldType) -> bool {
    let value = value.map(Document::plain).filter(|value| !value.is_null());
    let Some(value) = value else { return array.is_null(row) };
    if array.is_null(row) {
        return false;
    }
    let cell = || array_value_to_string(array, row).expect("a value");
    if field_type.is_json() {
        return array.as_string::<i32>().value(row) == json_text::write(value).expect("no NUL");
    }
    match (field_type, value) {
        (FieldType::List(item), Document::List(values)) => {
            let cells = array.as_list::<i32>().value(row);
            cells.len() == values.len() && values.iter().enumerate().all(|(place, value)| says(&*cells, place, Some(value), item))
        }
        (FieldType::Struct(fields), value) => {
            let cells = array.as_struct();
            let all_in_type = match value {
                Document::Object(members) => members.iter().all(|(name, _)| fields.iter().any(|(field, _)| field == name)),
                _ => false,
            };
            let mut places = fields.iter().zip(cells.columns());
            all_in_type && places.all(|((name, field), cells)| says(&**cells, row, value.get(name), field))
        }
        (_, Document::Int(number)) if *array.data_type() == DataType::Int64 => array.as_primitive::<Int64Type>().value(row) == *number,
        (_, value) if *array.data_type() == DataType::Float64 => {
            let (found, expected) = (array.as_primitive::<Float64Type>().value(row), super::scalar::decimal(value, false));
            expected.is_some_and(|expected| {
                expected.exact_f64().is_some_and(|expected| expected.total_cmp(&found).is_eq() || found == expected)
            })
        }
        (_, Document::Int(_) | Document::Float(_) | Document::Decimal(_)) => {
            let expected = super::scalar::decimal(value, false).expect("a number");
            Decimal::parse(&cell()).is_some_and(|found| found.same_value(&expected))
        }
        (_, Document::Text(text)) => array.as_string::<i32>().value(row) == text,
        (_, Document::Bytes(bytes)) if *array.data_type() == DataType::Binary => array.as_binary::<i32>().value(row) == &**bytes,
        (FieldType::Scalar(_), value) if *array.data_type() == DataType::Utf8 => {
            let mut text = String::new();
            json_text::write_scalar(value, json_text::Separator::Space, &mut text);
            cell() == text
        }
        (_, Document::Bool(value)) => cell() == value.to_string(),
        (_, Document::Date(days)) => match array.data_type() {
            DataType::Date32 => array.as_primitive::<arrow::datatypes::Date32Type>().value(row) == *days,
            _ => micros(array, row) == i64::from(*days) * 86_400_000_000,
        },
        (_, Document::Timestamp(value) | Document::TimestampTz(value)) => micros(array, row) == *value,
        _ => false,
    }
}

fn micros(array: &dyn Array, row: usize) -> i64 {
    array.as_primitive::<arrow::datatypes::TimestampMicrosecondType>().value(row)
}

fn part<'d, 'a>(document: &'d Document<'a>, path: &Path) -> Option<&'d Document<'a>> {
    path.0.iter().try_fold(document, |value, name| value.get(name))
}

proptest! {
    #[test]
    fn what_was_inferred_loses_nothing(documents in prop::collection::vec(testing::documents(), 0..8), flatten: bool) {
        let mut inference = Inference::new(InferenceOptions { flatten, ..InferenceOptions::default() });
        documents.iter().for_each(|document| inference.add(document));
        let columns: Vec<Column> = inference.finish(&[]).columns.iter().map(Column::from).collect();
        let mut decoder = decoder(&columns, true);
        for document in &documents {
            decoder.append(document, &[], "row").map_err(|error| TestCaseError::fail(format!("{error}")))?;
        }
        let batch = decoder.finish().expect("a batch");
        prop_assert_eq!(batch.num_rows(), documents.len());
        for (row, document) in documents.iter().enumerate() {
            for (place, column) in columns.iter().enumerate() {
                let array = batch.column(place);
                let value = part(document, &column.path);
                prop_assert!(says(&**array, row, value, &column.field_type), "{column:?}: {value:?} became {array:?}");
            }
            let raw = batch.column(columns.len() + 1).as_string::<i32>().value(row).to_owned();
            prop_assert_eq!(raw, json_text::write(document).expect("no NUL"));
        }
    }

    #[test]
    fn any_document_is_a_row_of_any_table(
        sample in prop::collection::vec(testing::documents(), 0..4),
        documents in prop::collection::vec(prop_oneof![4 => testing::documents(), 1 => testing::values()], 0..8),
        declared: bool,
    ) {
        let mut inference = Inference::new(InferenceOptions::default());
        sample.iter().for_each(|document| inference.add(document));
        let columns: Vec<Column> = inference.finish(&[]).columns.iter().map(|column| Column { declared, ..Column::from(column) }).collect();
        let mut decoder = decoder(&columns, false);
        for document in &documents {
            decoder.append(document, &[], "row").expect("not strict");
        }
        let batch = decoder.finish().expect("a batch");
        for (row, document) in documents.iter().enumerate() {
            let told = !batch.column(columns.len()).is_null(row);
            let lost = columns.iter().enumerate().any(|(place, column)| {
                let value = part(document, &column.path).filter(|value| !value.is_null());
                value.is_some() && batch.column(place).is_null(row)
            });
            prop_assert!(told || !lost);
        }
    }
}

#[test]
fn a_short_document_does_not_become_a_huge_row() {
    let members = (0..1000).map(|member| (format!("f{member}"), FieldType::INT8)).collect();
    let wide = Column { field_type: FieldType::list(FieldType::Struct(members)), ..column("l", "l", "text", false) };
    let mut decoder = decoder(&[wide], false);
    let nulls = |count: usize| format!("{{\"l\": [{}]}}", vec!["null"; count].join(","));
    decoder.append_json(nulls(70_000).as_bytes(), &[], "row 1").expect("a row");
    decoder.append_json(nulls(10).as_bytes(), &[], "row 2").expect("a row");
    let batch = decoder.finish().expect("a batch");
    assert!(batch.column(0).is_null(0) && batch.column(0).is_valid(1));
    assert!(batch.column(1).as_string::<i32>().value(0).contains("more than a batch of rows holds"), "{:?}", batch.column(1));
}
