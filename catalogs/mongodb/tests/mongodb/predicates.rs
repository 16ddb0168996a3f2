//! What the connector applies, against the same applied here to all rows.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};
use bson::doc;
use libtest_mimic::Trial;
use serde_json::json;
use spi::connector::ReadRequest;
use spi::predicate::{Comparison, Predicate, Value};

use crate::fixture::{Source, source, source_with};
use crate::generated::{Random, any, clean};
use crate::server::{Product, Server};
use crate::{Shared, trial};

const COMPARISONS: [Comparison; 6] =
    [Comparison::Equal, Comparison::NotEqual, Comparison::Less, Comparison::LessOrEqual, Comparison::Greater, Comparison::GreaterOrEqual];

/// Documents of any values. They are as many as make every pair of a column and a kind of value likely.
const DOCUMENTS: i64 = 600;

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(Product::Java, shared, "filters_give_what_the_full_read_gives", differential),
        trial(Product::FerretDb, shared, "an_incomplete_server_leaves_filters_to_the_gateway", left_to_the_gateway),
        trial(Product::Java, shared, "exact_filters_limit_and_count_at_the_server", at_the_server),
        trial(Product::Java, shared, "what_the_server_is_asked_is_shown", explained),
        trial(Product::Java, shared, "what_cannot_be_decided_is_refused", refused),
    ]
}

/// The values that a column is compared with.
fn constants(column: &str) -> Vec<Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    match column {
        "n" | "o.n" => [5, 0, -3, i64::MAX, i64::MIN, 1 << 53].map(Value::Int).to_vec(),
        "d" => [5.0, 0.0, -0.0, 0.1, 5.5, f64::INFINITY, f64::NEG_INFINITY, 1e300].map(Value::Float).to_vec(),
        "c" => [(50, 1), (55, 1), (1, 1), (125, 1), (0, 1), (-5, 1)].map(|(digits, scale)| Value::Decimal { digits, scale }).to_vec(),
        "s" => {
            ["5", "true", "", "text", "b", "NaN", "65f000000000000000000001", "abababab-abab-abab-abab-abababababab", "[5]", "\u{10ffff}"]
                .map(text)
                .to_vec()
        }
        "b" => vec![Value::Bool(true), Value::Bool(false)],
        _ => [0, 1000, 500, -1000, 1_709_208_000_000_000, -300_000_000_000_000_000, i64::MAX, i64::MIN + 1].map(Value::Timestamp).to_vec(),
    }
}

async fn differential(server: &Server) {
    let source = source_with(server, "differential", json!({"flatten": true})).await;
    source.insert("c", (0..3).map(clean)).await;
    // These decide the types; what comes after has values that do not fit.
    let schema = source.harvest().await;
    let mut random = Random::new(0x5eed);
    source.insert("c", (3..DOCUMENTS).map(|id| any(id, &mut random))).await;
    for column in ["n", "o.n", "d", "c", "s", "b", "t"] {
        let request = source.request_of(&schema, "c", &["_id", column]);
        let all = source.batches(request.clone()).await.expect("all rows");
        assert_eq!(all.iter().map(RecordBatch::num_rows).sum::<usize>(), DOCUMENTS as usize);
        let ids = source.request_of(&schema, "c", &["_id"]);
        let values = constants(column);
        for value in &values {
            for comparison in COMPARISONS {
                let predicate = Predicate::Compare { column: column.to_owned(), comparison, value: value.clone() };
                if !source.connector.applies(&predicate) {
                    assert!(matches!(value, Value::Bool(_)), "{predicate:?} is not applied");
                    continue;
                }
                let expected = expected(&all, |row| holds(row, comparison, value));
                assert_eq!(source.matching(&ids, predicate.clone()).await, expected, "{predicate:?}");
                let without_columns = source.request_of(&schema, "c", &[]);
                assert_eq!(count(&source, without_columns, predicate).await, expected.len());
            }
        }
        let listed = Predicate::In { column: column.to_owned(), values: values.clone() };
        let any_of = |row: Option<Ordered>| values.iter().any(|value| holds(row.clone(), Comparison::Equal, value));
        assert_eq!(source.matching(&ids, listed).await, expected(&all, any_of), "{column} IN");
        let missing = Predicate::IsNull { column: column.to_owned() };
        assert_eq!(source.matching(&ids, missing).await, expected(&all, |row| row.is_none()), "{column} IS NULL");
        let present = Predicate::IsNotNull { column: column.to_owned() };
        assert_eq!(source.matching(&ids, present).await, expected(&all, |row| row.is_some()), "{column} IS NOT NULL");
        let less = Predicate::Compare { column: column.to_owned(), comparison: Comparison::NotEqual, value: values[0].clone() };
        let equal = Predicate::Compare { column: column.to_owned(), comparison: Comparison::Equal, value: values[0].clone() };
        let either = expected(&all, |row| row.is_some());
        assert_eq!(source.matching(&ids, Predicate::Or(vec![less.clone(), equal.clone()])).await, either, "{column} OR");
        assert!(source.matching(&ids, Predicate::And(vec![less, equal])).await.is_empty(), "{column} AND");
    }
}

async fn left_to_the_gateway(server: &Server) {
    let source = source(server, "incomplete").await;
    source.insert("c", [doc! { "_id": 1, "n": 5 }, doc! { "_id": 2, "n": 7 }, doc! { "_id": 3 }]).await;
    let schema = source.harvest().await;
    source.insert("c", [doc! { "_id": 4, "n": [7] }, doc! { "_id": 5, "n": "7" }, doc! { "_id": 6, "n": 7.0 }]).await;
    let compare = |comparison, value| Predicate::Compare { column: "n".to_owned(), comparison, value: Value::Int(value) };
    let request = source.request_of(&schema, "c", &["_id"]);
    assert_eq!(source.matching(&request, compare(Comparison::Equal, 7)).await, ["2", "6"]);
    assert_eq!(source.matching(&request, compare(Comparison::NotEqual, 7)).await, ["1"]);
    let limited = ReadRequest { predicates: vec![compare(Comparison::GreaterOrEqual, 5)], limit: Some(2), ..request.clone() };
    assert_eq!(source.rows(limited).await.expect("rows"), ["1", "2"]);
    assert_eq!(source.matching(&request, Predicate::IsNull { column: "n".to_owned() }).await, ["3", "4", "5"]);
    let counted = ReadRequest { columns: Vec::new(), ..request };
    assert_eq!(count(&source, counted, compare(Comparison::Less, 6)).await, 1);
}

async fn count(source: &Source, request: ReadRequest, predicate: Predicate) -> usize {
    let request = ReadRequest { predicates: vec![predicate], ..request };
    source.batches(request).await.expect("a count").iter().map(RecordBatch::num_rows).sum()
}

/// A value with PostgreSQL's order.
#[derive(Clone, Debug)]
enum Ordered {
    Int(i64),
    Float(f64),
    Decimal(i128),
    Text(String),
    Bool(bool),
}

/// The ids of the rows whose second column has such a value.
fn expected(all: &[RecordBatch], qualifies: impl Fn(Option<Ordered>) -> bool) -> Vec<String> {
    let mut ids = Vec::new();
    for batch in all {
        let id = batch.column(0).as_primitive::<Int64Type>();
        ids.extend((0..batch.num_rows()).filter(|row| qualifies(value(batch.column(1), *row))).map(|row| id.value(row).to_string()));
    }
    ids
}

fn value(column: &dyn Array, row: usize) -> Option<Ordered> {
    column.is_valid(row).then(|| match column.data_type() {
        DataType::Int64 => Ordered::Int(column.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => Ordered::Float(column.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(38, 1) => Ordered::Decimal(column.as_primitive::<Decimal128Type>().value(row)),
        DataType::Utf8 => Ordered::Text(column.as_string::<i32>().value(row).to_owned()),
        DataType::Boolean => Ordered::Bool(column.as_boolean().value(row)),
        DataType::Timestamp(..) => Ordered::Int(column.as_primitive::<TimestampMicrosecondType>().value(row)),
        other => panic!("a column of type {other}"),
    })
}

/// Whether the comparison is true in PostgreSQL.
fn holds(value: Option<Ordered>, comparison: Comparison, constant: &Value) -> bool {
    let Some(value) = value else { return false };
    let order = match (&value, constant) {
        (Ordered::Int(value), Value::Int(constant) | Value::Timestamp(constant)) => value.cmp(constant),
        (Ordered::Float(value), Value::Float(constant)) => {
            let known = value.partial_cmp(constant);
            known.unwrap_or(if value.is_nan() { Ordering::Greater } else { Ordering::Less })
        }
        (Ordered::Decimal(value), Value::Decimal { digits, .. }) => value.cmp(digits),
        (Ordered::Text(value), Value::Text(constant)) => value.as_bytes().cmp(constant.as_bytes()),
        (Ordered::Bool(value), Value::Bool(constant)) => value.cmp(constant),
        other => panic!("no comparison of {other:?}"),
    };
    match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

async fn at_the_server(server: &Server) {
    let source = source(server, "exact").await;
    source.insert("c", (0..5000).map(|id| doc! { "_id": id, "n": id % 2, "s": "x" })).await;
    let schema = source.harvest().await;
    let equal = |column: &str, value| Predicate::Compare { column: column.to_owned(), comparison: Comparison::Equal, value };
    let request = source.request_of(&schema, "c", &["_id"]);
    let calls = async |predicates: Vec<Predicate>, columns: bool, limit| {
        let columns = if columns { request.columns.clone() } else { Vec::new() };
        let before = source.remote_calls.total();
        let batches = source.batches(ReadRequest { predicates, limit, columns, ..request.clone() }).await.expect("rows");
        (batches.iter().map(RecordBatch::num_rows).sum::<usize>(), source.remote_calls.total() - before)
    };
    // The first call of all asks which product the server is; the harvest did it.
    assert_eq!(calls(vec![equal("n", Value::Int(1))], false, None).await, (2500, 1));
    assert_eq!(calls(vec![equal("n", Value::Int(1)), equal("s", Value::Text("x".to_owned()))], true, Some(7)).await, (7, 1));
    assert_eq!(calls(Vec::new(), false, Some(10)).await, (10, 1));
    assert_eq!(calls(vec![equal("s", Value::Text("y".to_owned()))], true, None).await, (0, 2), "and whether the table is there");
}

async fn explained(server: &Server) {
    let source = source(server, "explained").await;
    source.insert("c", [doc! { "_id": 1, "n": 1, "d": 0.5 }]).await;
    let schema = source.harvest().await;
    let before = source.remote_calls.total();
    let compare = |column: &str, value| Predicate::Compare { column: column.to_owned(), comparison: Comparison::Equal, value };
    let explain = |columns: &[&str], predicate, limit| {
        let request = ReadRequest { predicates: vec![predicate], limit, ..source.request_of(&schema, "c", columns) };
        source.connector.explain(&request).expect("a command")
    };
    let filter = r#"{"$and":[{"n":{"$in":[1]}},{"n":{"$not":{"$type":"array"}}}]}"#;
    assert_eq!(
        explain(&["n"], compare("n", Value::Int(1)), Some(3)),
        format!(r#"{{"find":"c","filter":{filter},"projection":{{"_id":0,"n":1}},"limit":3,"$db":"explained"}}"#)
    );
    assert_eq!(
        explain(&[], compare("n", Value::Int(1)), None),
        format!(r#"{{"aggregate":"c","pipeline":[{{"$match":{filter}}},{{"$count":"rows"}}],"$db":"explained"}}"#)
    );
    // Where rows are looked at again, the server does not know which of them are enough.
    assert_eq!(
        explain(&["_id", "_doc"], compare("d", Value::Float(0.5)), Some(3)),
        r#"{"find":"c","filter":{"$or":[{"d":{"$in":[0.5]}},{"d":{"$type":"decimal"}}]},"$db":"explained"}"#
    );
    assert_eq!(source.remote_calls.total(), before);
}

async fn refused(server: &Server) {
    let source = source(server, "refused").await;
    let compare = |comparison, value| Predicate::Compare { column: "c".to_owned(), comparison, value };
    let equal = |value| compare(Comparison::Equal, value);
    for predicate in [
        equal(Value::Text("a\0b".to_owned())),
        equal(Value::Float(f64::NAN)),
        equal(Value::Null),
        equal(Value::Bytes(vec![1])),
        equal(Value::Date(1)),
        compare(Comparison::Greater, Value::Bool(false)),
        Predicate::IsNull { column: "_error".to_owned() },
        Predicate::IsNotNull { column: "_doc".to_owned() },
        Predicate::In { column: "c".to_owned(), values: Vec::new() },
        Predicate::In { column: "c".to_owned(), values: (0..5000).map(Value::Int).collect() },
        Predicate::In { column: "c".to_owned(), values: vec![Value::Int(1), Value::Bool(true)] },
        Predicate::And(Vec::new()),
        Predicate::Or(vec![equal(Value::Int(1)), equal(Value::Null)]),
        // The server has no such fields.
        Predicate::Compare { column: "_error".to_owned(), comparison: Comparison::NotEqual, value: Value::Text(String::new()) },
        Predicate::In { column: "_doc".to_owned(), values: vec![Value::Text("{}".to_owned())] },
    ] {
        assert!(!source.connector.applies(&predicate), "{predicate:?} is applied");
    }
}
