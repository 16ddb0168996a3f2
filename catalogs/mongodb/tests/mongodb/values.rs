//! Values of all types, at their edges.

use std::sync::Arc;

use bson::oid::ObjectId;
use bson::spec::BinarySubtype;
use bson::{Binary, Bson, DateTime, Document, Regex, Timestamp, doc};
use libtest_mimic::Trial;
use serde_json::json;
use spi::Code;

use crate::fixture::{source, source_with};
use crate::server::{Product, Server};
use crate::{Shared, trial};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(Product::Java, shared, "values_are_exact", values_are_exact),
        trial(Product::Java, shared, "what_does_not_fit_is_null_and_says_so", what_does_not_fit),
        trial(Product::Java, shared, "a_strict_source_refuses_what_does_not_fit", a_strict_source),
        trial(Product::FerretDb, shared, "values_come_through", values_come_through),
    ]
}

/// The values of a column of that many documents, by their `_id`.
async fn column(server: &Server, database: &str, values: Vec<Bson>) -> Vec<String> {
    let source = source(server, database).await;
    let document = |(number, value): (usize, Bson)| doc! { "_id": number as i64, "v": value };
    source.insert("c", values.into_iter().enumerate().map(document)).await;
    let request = source.request("c", &["v"]).await;
    source.rows(request).await.expect("rows")
}

async fn values_are_exact(server: &Server) {
    let bytes = |bytes: &[u8]| Bson::Binary(Binary { subtype: BinarySubtype::Generic, bytes: bytes.to_vec() });
    let decimal = |text: &str| Bson::Decimal128(text.parse().expect("a number"));
    let id = ObjectId::parse_str("65f000000000000000000001").expect("an id");
    let regex = Regex { pattern: "^a".try_into().expect("a pattern"), options: "i".try_into().expect("options") };
    let uuid = Bson::Binary(Binary { subtype: BinarySubtype::Uuid, bytes: vec![0xab; 16] });
    for (name, values, expected) in [
        (
            "whole",
            vec![Bson::Int32(i32::MIN), Bson::Int64(i64::MAX), Bson::Null, Bson::Int64(9_007_199_254_740_993)],
            vec!["-2147483648", "9223372036854775807", "NULL", "9007199254740993"],
        ),
        (
            "double",
            vec![Bson::Double(0.1), Bson::Double(f64::NAN), Bson::Int32(3), Bson::Double(f64::NEG_INFINITY)],
            vec!["0.1", "NaN", "3.0", "-inf"],
        ),
        ("number", vec![Bson::Double(0.5), Bson::Int64(i64::MAX)], vec!["0.5", "9223372036854775807.0"]),
        (
            "decimal",
            vec![decimal("0.00000000000000000001"), decimal("1234567890123456789.5")],
            vec!["0.00000000000000000001", "1234567890123456789.50000000000000000000"],
        ),
        ("special", vec![decimal("NaN"), decimal("1E+3")], vec!["NaN", "1000"]),
        ("text", vec![Bson::String("π\u{1f600}".to_owned()), Bson::String(String::new())], vec!["π\u{1f600}", ""]),
        (
            "date",
            vec![Bson::DateTime(DateTime::from_millis(-1)), Bson::DateTime(DateTime::from_millis(253_402_300_799_999))],
            vec!["1969-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"],
        ),
        ("binary", vec![bytes(b"\0\xff"), bytes(b"")], vec!["00ff", ""]),
        ("id", vec![Bson::ObjectId(id)], vec!["65f000000000000000000001"]),
        ("uuid", vec![uuid], vec!["abababab-abab-abab-abab-abababababab"]),
        ("regex", vec![Bson::RegularExpression(regex)], vec!["/^a/i"]),
        ("stamp", vec![Bson::Timestamp(Timestamp { time: 7, increment: 2 })], vec!["{t: 7, i: 2}"]),
        ("list", vec![Bson::Array(vec![Bson::Int32(1), Bson::Null]), Bson::Array(Vec::new())], vec!["[1, NULL]", "[]"]),
        ("mixed", vec![Bson::Int32(5), Bson::String("x".to_owned()), Bson::Boolean(true)], vec!["5", "x", "true"]),
        (
            "json",
            vec![Bson::Int32(5), Bson::Document(doc! { "a": [1, "x"] }), Bson::String("x".to_owned())],
            vec!["5", "{\"a\": [1, \"x\"]}", "\"x\""],
        ),
    ] {
        let found = column(server, &format!("exact_{name}"), values).await;
        assert_eq!(found, expected, "{name}");
    }
}

async fn what_does_not_fit(server: &Server) {
    let source = source(server, "misfits").await;
    source.insert("c", [doc! { "_id": 1, "n": 1, "t": DateTime::from_millis(0) }]).await;
    let schema = source.harvest().await;
    let far = DateTime::from_millis(i64::MAX);
    source.insert("c", [doc! { "_id": 2, "n": "two", "t": far }, doc! { "_id": 3, "n": [3] }, doc! { "_id": 4, "n": 4.0 }]).await;
    let request = source.request_of(&schema, "c", &["_id", "n", "t", "_error", "_doc"]);
    let rows = source.rows(request).await.expect("rows");
    assert_eq!(rows[0], "1|1|1970-01-01T00:00:00Z|NULL|{\"n\": 1, \"t\": \"1970-01-01T00:00:00+00:00\", \"_id\": 1}");
    assert!(rows[1].starts_with("2|NULL|NULL|field n: ") && rows[1].contains("two") && rows[1].contains("field t: "), "{}", rows[1]);
    assert!(rows[2].starts_with("3|NULL|NULL|field n: ") && rows[2].ends_with("|{\"n\": [3], \"_id\": 3}"), "{}", rows[2]);
    assert_eq!(rows[3], "4|4|NULL|NULL|{\"n\": 4.0, \"_id\": 4}");
}

async fn a_strict_source(server: &Server) {
    let source = source_with(server, "strict", json!({"strict": true})).await;
    source.insert("c", [doc! { "_id": 1, "n": 1 }]).await;
    let schema = source.harvest().await;
    source.insert("c", [doc! { "_id": 2, "n": "two" }]).await;
    let error = source.rows(source.request_of(&schema, "c", &["n"])).await.expect_err("a value that does not fit");
    assert_eq!((error.code, error.message.as_str()), (Code::BadData, "could not decode row 2 of table \"strict.c\""));
    // What is not wanted is not looked at.
    assert_eq!(source.rows(source.request_of(&schema, "c", &["_id"])).await.expect("rows").len(), 2);
}

async fn values_come_through(server: &Server) {
    let source = source(server, "through").await;
    let id = ObjectId::parse_str("65f000000000000000000001").expect("an id");
    source.insert("c", [doc! { "_id": id, "n": 5i64, "d": 0.5, "s": "π", "t": DateTime::from_millis(1500), "l": [1, 2] }]).await;
    let request = source.request("c", &["_id", "n", "d", "s", "t", "l"]).await;
    let rows = source.rows(request).await.expect("rows");
    assert_eq!(rows, ["65f000000000000000000001|5|0.5|π|1970-01-01T00:00:01.500Z|[1, 2]"]);
    let found: Option<Document> = source.database.collection("c").find_one(doc! {}).await.expect("a document");
    assert!(found.is_some());
}
