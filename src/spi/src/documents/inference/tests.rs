//! Which columns documents make.

use proptest::prelude::*;

use super::*;
use crate::documents::field_type::FieldType;
use crate::documents::json;
use crate::documents::path::Path;

fn infer_with(options: InferenceOptions, known: &[InferredColumn], documents: &[&str]) -> Inferred {
    let mut inference = Inference::new(options);
    for document in documents {
        inference.add(&json::read(document.as_bytes()).expect(document));
    }
    inference.finish(known)
}

fn infer(documents: &[&str]) -> Inferred {
    infer_with(InferenceOptions::default(), &[], documents)
}

fn flat() -> InferenceOptions {
    InferenceOptions { flatten: true, ..InferenceOptions::default() }
}

/// `name type, …`, with `?` behind what is not confirmed.
fn listed(inferred: &Inferred) -> String {
    let column = |column: &InferredColumn| format!("{} {}{}", column.name, column.field_type, if column.confirmed { "" } else { "?" });
    inferred.columns.iter().map(column).collect::<Vec<_>>().join(", ")
}

#[test]
fn values_have_their_narrowest_common_type() {
    for (values, expected) in [
        (&["true", "null"][..], "boolean"),
        (&["9007199254740993"], "bigint"),
        (&["1", "1.5"], "double precision"),
        (&["9007199254740992", "1.5"], "double precision"),
        (&["9007199254740993", "1.5"], "numeric(38,1)"),
        (&["1", "12345678901234567890"], "numeric(38,0)"),
        (&["1.5", "12345678901234567890"], "numeric(38,1)"),
        (&["1e50", "12345678901234567890"], "numeric(76,0)"),
        (&["1e300", "12345678901234567890"], "numeric"),
        (&["\"1\"", "1"], "text"),
        (&["true", "1"], "text"),
        (&["\"2024-02-29\""], "text"),
        (&["null"], "jsonb"),
        (&["[]", "null"], "jsonb"),
        (&["[null]"], "jsonb"),
        (&["[]", "[1]", "[2.5, null]"], "double precision[]"),
        (&["[1, \"a\"]"], "text[]"),
        (&["[1, [2]]"], "jsonb[]"),
        (&["[[1], [2, 3]]"], "bigint[][]"),
        (&["[[[[[[1]]]]]]"], "bigint[][][][][][]"),
        (&["[[[[[[[1]]]]]]]"], "jsonb[][][][][][]"),
        (&["{}"], "jsonb"),
        (&["{}", "{\"a\": 1}", "{\"b\": \"x\", \"a\": null}"], "struct(a bigint, b text)"),
        (&["{\"a\": {\"b\": [{\"c\": 1}, {\"d\": []}]}}"], "struct(a struct(b struct(c bigint, d jsonb)[]))"),
        (&["{\"a\": 1}", "5"], "jsonb"),
        (&["[1]", "5"], "jsonb"),
        (&["[1]", "{}"], "jsonb"),
        (
            &["{\"1\": {\"2\": {\"3\": {\"4\": {\"5\": {\"6\": {\"7\": {\"8\": 9}}}}}}}}"],
            "struct(1 struct(2 struct(3 struct(4 struct(5 struct(6 struct(7 struct(8 bigint))))))))",
        ),
        (
            &["{\"1\": {\"2\": {\"3\": {\"4\": {\"5\": {\"6\": {\"7\": {\"8\": [9]}}}}}}}}"],
            "struct(1 struct(2 struct(3 struct(4 struct(5 struct(6 struct(7 struct(8 jsonb))))))))",
        ),
    ] {
        let documents: Vec<String> = values.iter().map(|value| format!("{{\"v\": {value}}}")).collect();
        let inferred = infer(&documents.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(listed(&inferred), format!("v {expected}"), "{values:?}");
    }
}

#[test]
fn scalars_that_json_lacks_have_types_too() {
    let infer = |values: &[Document<'_>]| {
        let mut inference = Inference::new(InferenceOptions::default());
        values.iter().for_each(|value| inference.add(&Document::object([("v", value.clone())])));
        inference.finish(&[]).columns.remove(0)
    };
    let nan = Document::Decimal(super::super::Decimal::NaN);
    for (values, expected) in [
        (&[Document::Bytes([1][..].into())][..], FieldType::BYTEA),
        (&[Document::Date(1), Document::Null], FieldType::DATE),
        (&[Document::Date(1), Document::Timestamp(1)], FieldType::TIMESTAMP),
        (&[Document::Date(1), Document::TimestampTz(1)], FieldType::TEXT),
        (&[Document::TimestampTz(1), Document::Unreadable("x".into())], FieldType::TIMESTAMPTZ),
        (&[Document::Float(f64::NAN), Document::Int(1)], FieldType::FLOAT8),
        (&[nan, Document::Int(1)], FieldType::NUMERIC),
        (&[Document::Unreadable("x".into())], FieldType::Unknown),
    ] {
        assert_eq!(infer(values).field_type, expected, "{values:?}");
    }
    let id =
        infer(&[Document::native("objectId", Document::text("a")), Document::text("b"), Document::native("objectId", Document::text("c"))]);
    assert_eq!((id.field_type.clone(), id.native_type().as_str()), (FieldType::TEXT, "objectId|text"));
}

#[test]
fn columns_stand_in_the_order_of_their_first_use() {
    assert_eq!(listed(&infer(&["{\"b\": 1, \"B\": 2}", "{\"a\": \"x\", \"b\": 3}"])), "b bigint, B bigint, a text");
}

#[test]
fn objects_are_flattened_where_that_is_wanted() {
    let documents = ["{\"a\": {\"x\": 1, \"y\": {\"z\": [1]}, \"e\": {}}, \"a.x\": true}", "{\"a\": null}"];
    let inferred = infer_with(flat(), &[], &documents);
    assert_eq!(listed(&inferred), "a.x bigint, a.y.z bigint[], a.e jsonb, a.x_2 boolean");
    assert_eq!(inferred.columns[3].path, Path::field("a.x"));
    assert_eq!(inferred.columns[1].path.to_string(), "a.y.z");
}

#[test]
fn reserved_and_impossible_names_are_replaced() {
    let inferred = infer(&["{\"_doc\": 1, \"_error\": 1, \"_error_field\": 1, \"\": 1, \"a\\u0000\": 1, \"π\": 1}"]);
    let names: Vec<_> = inferred.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["_doc_field", "_error_field", "_error_field_2", "_empty", "a\u{fffd}", "π"]);
    assert_eq!(inferred.columns[0].path, Path::field("_doc"));
}

#[test]
fn limits_hold() {
    let wide: Vec<String> = (0..30).map(|key| format!("{{\"m\": {{\"k{key}\": {{\"x\": 1}}}}, \"c{key}\": 1}}")).collect();
    let wide: Vec<&str> = wide.iter().map(String::as_str).collect();
    let options = |columns_max, keys_max, fields_max| InferenceOptions { columns_max, keys_max, fields_max, ..InferenceOptions::default() };
    // The keys of a map do not count once they are known to be data.
    let maps = (0..20).map(|map| format!("\"m{map}\": {{\"a\": 1, \"b\": 1, \"c\": {{\"d\": 1}}}}")).collect::<Vec<_>>().join(", ");
    let found = infer_with(options(1600, 2, 30), &[], &[&format!("{{{maps}}}")]);
    assert_eq!((found.columns.len(), found.truncated), (20, false));
    assert!(found.columns.iter().all(|column| column.field_type == FieldType::JSONB));
    let map = infer_with(options(1600, 29, 1000), &[], &wide);
    assert_eq!((listed(&map).starts_with("m jsonb, c0 bigint"), map.columns.len(), map.truncated), (true, 31, false));
    let record = infer_with(options(1600, 30, 1000), &[], &wide);
    assert!(listed(&record).starts_with("m struct(k0 struct(x bigint), k1 "));
    let few_columns = infer_with(options(5, 29, 1000), &[], &wide);
    assert_eq!((few_columns.columns.len(), few_columns.truncated), (5, true));
    let few_fields = infer_with(options(1600, 200, 20), &[], &wide);
    assert!(few_fields.columns.len() <= 20 && few_fields.truncated);
}

#[test]
fn evidence_says_what_was_seen() {
    let inferred =
        infer(&["{\"a\": 1}", "{\"a\": \"n/a\"}", "{\"a\": 2}", "{\"a\": null}", "{\"l\": [{\"p\": 1}, {\"p\": 1.5}, null]}", "[1]"]);
    assert_eq!((inferred.sampled, inferred.not_objects), (6, 1));
    let [a, l] = &inferred.columns[..] else { panic!("{inferred:?}") };
    assert_eq!((a.evidence.sampled, a.evidence.present, a.evidence.nulls), (6, 3, 1));
    let types: Vec<_> = a.evidence.types.iter().map(|seen| (seen.name.as_str(), seen.count)).collect();
    assert_eq!(types, [("int", 2), ("text", 1)]);
    assert_eq!(a.evidence.conflict.as_deref(), Some("int 1, but text \"n/a\""));
    assert_eq!(a.evidence.confidence, 0.5);
    assert_eq!((l.evidence.confidence, &l.evidence.conflict), (0.5, &None));
    let nested: Vec<_> = l.fields.iter().map(|field| (field.path.as_str(), field.field_type.to_string(), field.evidence.sampled)).collect();
    assert_eq!(nested, [("l[]", "struct(p double precision)".to_owned(), 3), ("l[].p", "double precision".to_owned(), 3)]);
    assert_eq!((l.fields[1].evidence.present, l.fields[0].evidence.nulls), (2, 1));
    let json = serde_json::to_string(&inferred.columns).expect("JSON");
    assert_eq!(serde_json::from_str::<Vec<InferredColumn>>(&json).expect("columns"), inferred.columns);
}

#[test]
fn known_columns_stay_and_only_widen() {
    let first = infer(&["{\"a\": 1, \"b\": null, \"c\": true, \"d\": {}, \"_doc\": 1}"]);
    let second = infer_with(InferenceOptions::default(), &first.columns, &["{\"n\": 1, \"d\": {\"x\": 1}, \"b\": \"t\", \"a\": 2.5}"]);
    assert_eq!(listed(&second), "a double precision, b text, c boolean?, d struct(x bigint), _doc_field bigint?, n bigint");
    let third = infer_with(InferenceOptions::default(), &second.columns, &["{\"a\": 1, \"c\": false, \"b\": null, \"d\": 1}"]);
    assert_eq!(listed(&third), "a double precision, b text, c boolean, d jsonb, _doc_field bigint?, n bigint?");
    let nothing = infer_with(InferenceOptions::default(), &third.columns, &[]);
    assert!(nothing.columns.iter().all(|column| !column.confirmed) && nothing.columns.len() == third.columns.len());
}

#[test]
fn flattening_can_be_turned_on_and_off() {
    let document = "{\"a\": {\"x\": 1, \"y\": {\"z\": true}}, \"b\": {}}";
    let structs = infer(&[document]);
    let flattened = infer_with(flat(), &structs.columns, &["{\"a\": {\"x\": 1.5}, \"b\": {\"k\": 1}}"]);
    assert_eq!(listed(&flattened), "a.x double precision, a.y.z boolean?, b.k bigint");
    let back = infer_with(InferenceOptions::default(), &flattened.columns, &[document]);
    assert_eq!(listed(&back), "a struct(x double precision, y struct(z boolean)), b struct(k bigint)");
    let conflict = infer_with(flat(), &[], &[document, "{\"a\": 5}"]);
    assert_eq!(listed(&conflict), "a jsonb, b jsonb");
    assert_eq!(listed(&infer_with(flat(), &conflict.columns, &[document])), "a jsonb, b jsonb");
}

proptest! {
    #[test]
    fn a_second_sample_only_widens(
        one in prop::collection::vec(crate::documents::testing::documents(), 0..6),
        other in prop::collection::vec(crate::documents::testing::documents(), 0..6),
        flatten: bool,
    ) {
        let infer = |documents: &[Document<'static>], known: &[InferredColumn]| {
            let mut inference = Inference::new(InferenceOptions { flatten, ..InferenceOptions::default() });
            documents.iter().for_each(|document| inference.add(document));
            inference.finish(known)
        };
        let first = infer(&one, &[]);
        let second = infer(&other, &first.columns);
        for column in &first.columns {
            match second.columns.iter().find(|later| later.path == column.path) {
                Some(later) => {
                    prop_assert_eq!(&later.name, &column.name);
                    prop_assert_eq!(&later.field_type.clone().widened(column.field_type.clone()), &later.field_type);
                }
                None => prop_assert!(column.field_type.is_open()),
            }
        }
        let mut names: Vec<_> = second.columns.iter().map(|column| &column.name).collect();
        names.sort();
        names.dedup();
        prop_assert_eq!(names.len(), second.columns.len());
    }
}
