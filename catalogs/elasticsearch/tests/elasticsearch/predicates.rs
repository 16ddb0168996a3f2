//! Conditions: what is pushed gives exactly the rows that the same condition gives over a full read.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType};
use libtest_mimic::Trial;
use serde_json::{Value as Json, json};
use spi::connector::ReadRequest;
use spi::predicate::{Comparison, Predicate, Value};

use crate::fixture::{Source, source_with};
use crate::server::{Product, Server};
use crate::{Shared, trial};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    let mut trials = vec![
        trial(shared, "pushed_conditions_are_those_of_a_full_read", pushed_conditions_are_those_of_a_full_read),
        trial(shared, "nulls_are_those_of_a_full_read", nulls_are_those_of_a_full_read),
        trial(shared, "a_narrow_search_does_not_read_the_table", a_narrow_search_does_not_read_the_table),
        trial(shared, "identities_are_looked_up", identities_are_looked_up),
        trial(shared, "values_that_were_never_indexed_are_found", values_that_were_never_indexed_are_found),
    ];
    // The others have no such mode, or not for all kinds of fields.
    if shared.0 == Product::Elasticsearch9 {
        let name = "pushed_conditions_are_those_of_made_up_documents";
        trials.push(trial(shared, name, pushed_conditions_are_those_of_made_up_documents));
    }
    trials
}

const COMPARISONS: [Comparison; 6] =
    [Comparison::Equal, Comparison::NotEqual, Comparison::Less, Comparison::LessOrEqual, Comparison::Greater, Comparison::GreaterOrEqual];

/// Fields of every kind that is compared, with what makes them differ from SQL.
fn mapping() -> Json {
    json!({"properties": {
        "keyword": {"type": "keyword"},
        "short": {"type": "keyword", "ignore_above": 3},
        "nulled": {"type": "keyword", "null_value": "a"},
        "hidden": {"type": "keyword", "index": false, "doc_values": false},
        "lower": {"type": "keyword", "normalizer": "lowercase"},
        "text": {"type": "text", "fields": {"raw": {"type": "keyword", "ignore_above": 5}}},
        "plain": {"type": "text", "copy_to": "copied"},
        "copied": {"type": "keyword"},
        "long": {"type": "long"},
        "integer": {"type": "integer", "ignore_malformed": true},
        "byte": {"type": "byte"},
        "double": {"type": "double"},
        "float": {"type": "float"},
        "half": {"type": "half_float"},
        "boolean": {"type": "boolean"},
        "date": {"type": "date", "ignore_malformed": true},
        "seconds": {"type": "date", "format": "epoch_second||dd.MM.yyyy"},
        "nanos": {"type": "date_nanos"},
        "ip": {"type": "ip"},
        "object": {"properties": {"keyword": {"type": "keyword"}}},
        "other": {"type": "alias", "path": "long"},
    }})
}

/// Values that documents have in the fields of a kind, and constants that they are compared with.
fn values(field: &str) -> Vec<Json> {
    let texts = json!(["a", "A", "ab", "abc", "abcd", "abcdef", "", " ", "ä", "z", "😀😀", "1", "1.5", "true", 5, true, ["a"], ["a", "b"]]);
    let values = match field {
        "long" | "integer" => json!([0, 1, -1, 1.7, "2", "2.9", 2_147_483_647, -2_147_483_648i64, [3], [3, 4]]),
        "byte" => json!([0, 1, -1, 127, -128, [5], [5, 6]]),
        "double" | "float" | "half" => json!([0, -0.0, 0.1, 1.5, -2.25, 100.1, 3.0000001, "0.5", [1.5], [1.5, 2.5]]),
        "boolean" => json!([true, false, "true", "false", "", [true], [true, false]]),
        "date" => json!([
            "2024-02-29",
            "2024-02-29T12:00:00.123Z",
            "1969-12-31T23:59:59.999Z",
            0,
            1_709_208_000_000i64,
            "0044-03-15",
            [5],
            [5, 6]
        ]),
        "seconds" => json!([0, 1, "29.02.2024", "01.01.1900", [1]]),
        "nanos" => json!(["2024-02-29T12:00:00.123456789Z", "2024-02-29T12:00:00.123456Z", "1971-01-01", [0, 1]]),
        "ip" => json!(["10.0.0.1", "10.0.0.2", "::1", "2001:DB8::1", "::ffff:10.0.0.1", ["10.0.0.1"], ["10.0.0.1", "::1"]]),
        "other" => json!([]),
        _ => texts,
    };
    values.as_array().expect("an array").clone()
}

/// Documents that have each value of each field at least once, and some of them nulls, nothing, or what is malformed.
fn documents() -> Vec<String> {
    let mapping = mapping();
    let fields: Vec<&String> = mapping["properties"].as_object().expect("fields").keys().collect();
    let document = |number: usize| {
        let mut document = serde_json::Map::new();
        for (place, field) in fields.iter().enumerate().filter(|(_, field)| **field != "other") {
            let values = values(field);
            match mixed(number, place) % (values.len() + 2) {
                0 if number.is_multiple_of(3) => drop(document.insert((*field).clone(), Json::Null)),
                choice if choice < values.len() => drop(match field.as_str() {
                    "object" => document.insert("object.keyword".to_owned(), values[choice].clone()),
                    _ => document.insert((*field).clone(), values[choice].clone()),
                }),
                _ if number.is_multiple_of(2) && ["integer", "date"].contains(&field.as_str()) => {
                    // The second is a number to PostgreSQL.
                    drop(document.insert((*field).clone(), json!(if number.is_multiple_of(4) { "malformed" } else { " 1" })));
                }
                _ => {}
            }
        }
        Json::Object(document).to_string()
    };
    (0..400).map(document).collect()
}

/// A number that has little to do with either.
fn mixed(number: usize, place: usize) -> usize {
    ((number as u64 * 1009 + place as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize
}

/// Constants that a column of a type is compared with.
fn constants(data_type: &DataType) -> Vec<Value> {
    let texts = ["a", "A", "ab", "abc", "abcd", "abcdef", "", "ä", "z", "😀😀", "1", "1.5", "5", "true", "10.0.0.1", "::1", "10.0.0.0/8"];
    match data_type {
        DataType::Boolean => vec![Value::Bool(true), Value::Bool(false)],
        DataType::Int16 => [0, 1, 2, 127, -128, 128, -32_768].map(Value::Int).to_vec(),
        DataType::Int32 => [0, 1, 2, 3, 2_147_483_647, -2_147_483_648].map(Value::Int).to_vec(),
        DataType::Int64 => [0, 1, 2, 3, i64::MAX, i64::MIN].map(Value::Int).to_vec(),
        DataType::Float32 | DataType::Float64 => {
            [0.0, -0.0, 0.1, f64::from(0.1_f32), 1.5, 100.1, f64::from(100.1_f32), 3.0, 3.000_000_1, 1e300, f64::INFINITY]
                .map(Value::Float)
                .to_vec()
        }
        DataType::Timestamp(..) => {
            let noon = 1_709_208_000_000_000;
            [0, 1, -1000, 5000, noon, noon + 123_000, noon + 123_456, noon + 123_457, -2_208_988_800_000_000, i64::MAX]
                .map(Value::Timestamp)
                .to_vec()
        }
        _ => texts.map(|text| Value::Text(text.to_owned())).to_vec(),
    }
}

/// Whether a condition is true for a value.
type Meaning = Box<dyn Fn(&Value) -> bool>;

async fn pushed_conditions_are_those_of_a_full_read(server: &Server) {
    compare_conditions(server, "differential", json!({"number_of_shards": 2}), mapping(), 1).await;
}

/// The documents are put together of what the index has.
async fn pushed_conditions_are_those_of_made_up_documents(server: &Server) {
    compare_conditions(server, "differential-synthetic", json!({"mapping.source.mode": "synthetic"}), mapping(), 5).await;
    let mut columnar = mapping();
    // It takes none of these.
    columnar["properties"]["plain"].as_object_mut().expect("a field").remove("copy_to");
    columnar["properties"].as_object_mut().expect("fields").remove("hidden");
    compare_conditions(server, "differential-columnar", json!({"mode": "columnar"}), columnar, 5).await;
}

/// Compares what each of so many conditions finds with what it finds in all rows.
async fn compare_conditions(server: &Server, index: &str, settings: Json, mapping: Json, step: usize) {
    server.create(index, json!({"mappings": mapping, "settings": settings})).await;
    server.add(index, &documents()).await;
    // Without a sample no column is an array column but that which others are copied to, and arrays do not fit.
    let options = json!({"hosts": [server.address()], "indices": [index]});
    let source = source_with(server, options, json!({"sample_documents": 0, "slices": 1})).await;
    let full = source.request(index).await;
    let read = source.batches(full.clone()).await.expect("rows");
    let mut compared = 0;
    for field in full.columns.iter().filter(|field| !["_id", "_error", "_doc", "copied"].contains(&field.name().as_str())) {
        let column = field.name();
        let constants = constants(field.data_type());
        let mut conditions: Vec<(Predicate, Meaning)> = Vec::new();
        for constant in &constants {
            for comparison in COMPARISONS {
                let (column, value) = (column.clone(), constant.clone());
                let own = constant.clone();
                conditions.push((Predicate::Compare { column, comparison, value }, Box::new(move |read| holds(comparison, read, &own))));
            }
        }
        for pair in constants.windows(2) {
            let (values, own) = (pair.to_vec(), pair.to_vec());
            let listed = Predicate::In { column: column.clone(), values };
            conditions.push((listed, Box::new(move |read| own.iter().any(|one| holds(Comparison::Equal, read, one)))));
        }
        for (predicate, is_true) in conditions.into_iter().step_by(step) {
            assert!(source.connector.applies(&predicate), "{predicate:?}");
            let expected = expected(&read, column, &is_true);
            compared += usize::from(!expected.is_empty());
            assert_eq!(matching(&source, &full, predicate.clone()).await, expected, "{predicate:?}");
        }
    }
    assert!(compared > 500 / step, "only {compared} conditions were true for any row");
}

/// With array columns, which may be empty, and without, where arrays do not fit and are NULL.
async fn nulls_are_those_of_a_full_read(server: &Server) {
    server.create("nulls", json!({"mappings": mapping(), "settings": {"number_of_shards": 2}})).await;
    let more = [json!({"keyword": [], "long": [], "text": "…"}), json!({"text": "", "short": "far too long"})];
    server.add("nulls", &[documents(), more.map(|document| document.to_string()).to_vec()].concat()).await;
    for sample_documents in [0, 1000] {
        let options = json!({"hosts": [server.address()], "indices": ["nulls"]});
        let source = source_with(server, options, json!({"sample_documents": sample_documents})).await;
        let full = source.request("nulls").await;
        let read = source.batches(full.clone()).await.expect("rows");
        for field in full.columns.iter().filter(|field| field.name() != "_error") {
            let name = field.name();
            let of_nulls = |wanted: bool| {
                let rows = read.iter().flat_map(|batch| {
                    let values = batch.column_by_name(name).expect("a column");
                    let ids = batch.column_by_name("_id").expect("identities").as_string::<i32>();
                    (0..batch.num_rows()).filter(move |row| values.is_null(*row) == wanted).map(|row| ids.value(row).to_owned())
                });
                let mut rows: Vec<String> = rows.collect();
                rows.sort();
                rows
            };
            for (predicate, expected) in [
                (Predicate::IsNull { column: name.clone() }, of_nulls(true)),
                (Predicate::IsNotNull { column: name.clone() }, of_nulls(false)),
            ] {
                assert!(source.connector.applies(&predicate));
                assert_eq!(matching(&source, &full, predicate.clone()).await, expected, "{predicate:?} of {sample_documents} samples");
            }
        }
    }
}

/// The identities of the rows for whose value the condition is true.
fn expected(batches: &[RecordBatch], column: &str, is_true: &dyn Fn(&Value) -> bool) -> Vec<String> {
    let mut ids = Vec::new();
    for batch in batches {
        let values = batch.column_by_name(column).expect("a column");
        let of_row = batch.column_by_name("_id").expect("identities").as_string::<i32>();
        ids.extend(
            (0..batch.num_rows())
                .filter(|row| value(values, *row).is_some_and(|value| is_true(&value)))
                .map(|row| of_row.value(row).to_owned()),
        );
    }
    ids.sort();
    ids
}

fn value(array: &dyn Array, row: usize) -> Option<Value> {
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Boolean => Value::Bool(array.as_boolean().value(row)),
        DataType::Int16 => Value::Int(array.as_primitive::<Int16Type>().value(row).into()),
        DataType::Int32 => Value::Int(array.as_primitive::<Int32Type>().value(row).into()),
        DataType::Int64 => Value::Int(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float32 => Value::Float(array.as_primitive::<Float32Type>().value(row).into()),
        DataType::Float64 => Value::Float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Timestamp(..) => Value::Timestamp(array.as_primitive::<TimestampMicrosecondType>().value(row)),
        DataType::Utf8 => Value::Text(array.as_string::<i32>().value(row).to_owned()),
        other => panic!("no value of {other}"),
    })
}

fn holds(comparison: Comparison, one: &Value, other: &Value) -> bool {
    let ordering = match (one, other) {
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        (Value::Int(one), Value::Int(other)) => one.cmp(other),
        (Value::Float(one), Value::Float(other)) => one.partial_cmp(other).expect("no NaN"),
        (Value::Timestamp(one), Value::Timestamp(other)) => one.cmp(other),
        (Value::Text(one), Value::Text(other)) => one.as_bytes().cmp(other.as_bytes()),
        other => panic!("{other:?} do not compare"),
    };
    match comparison {
        Comparison::Equal => ordering == Ordering::Equal,
        Comparison::NotEqual => ordering != Ordering::Equal,
        Comparison::Less => ordering == Ordering::Less,
        Comparison::LessOrEqual => ordering != Ordering::Greater,
        Comparison::Greater => ordering == Ordering::Greater,
        Comparison::GreaterOrEqual => ordering != Ordering::Less,
    }
}

/// The identities of the rows that fulfil a condition.
async fn matching(source: &Source, full: &ReadRequest, predicate: Predicate) -> Vec<String> {
    let id = full.columns.iter().find(|field| field.name() == "_id").expect("identities").clone();
    let request = ReadRequest { columns: vec![id], predicates: vec![predicate], ..full.clone() };
    source.rows(request).await.expect("rows")
}

async fn a_narrow_search_does_not_read_the_table(server: &Server) {
    let document = |n| {
        let mut document = json!({"n": n, "k": format!("key {n}"), "d": n * 1000});
        if n == 777 {
            document["rare"] = json!("x");
        }
        document.to_string()
    };
    let documents: Vec<String> = (0..20_000).map(document).collect();
    let keyword = json!({"type": "keyword"});
    let mapping = json!({"properties": {"n": {"type": "long"}, "k": keyword.clone(), "d": {"type": "date"}, "rare": keyword}});
    server.create("narrow", json!({"mappings": mapping})).await;
    server.add("narrow", &documents).await;
    let options = json!({"hosts": [server.address()], "indices": ["narrow"]});
    let source = source_with(server, options, json!({"slices": 1})).await;
    let full = source.request("narrow").await;
    let equal = |column: &str, value| Predicate::Compare { column: column.to_owned(), comparison: Comparison::Equal, value };
    let either = Predicate::Or(vec![equal("n", Value::Int(5)), equal("k", Value::Text("key 7".to_owned()))]);
    for (predicate, rows) in [
        (equal("k", Value::Text("key 777".to_owned())), 1),
        (equal("n", Value::Int(777)), 1),
        (equal("d", Value::Timestamp(777_000_000)), 1),
        (equal("_id", Value::Text("777".to_owned())), 1),
        (either, 2),
        (Predicate::IsNotNull { column: "rare".to_owned() }, 1),
    ] {
        let before = source.remote_calls.total();
        assert_eq!(matching(&source, &full, predicate.clone()).await.len(), rows, "{predicate:?}");
        // The mapping, the point in time and one short page; a full read has many. Closing the point in time may have been counted too.
        // Before it scrolls, OpenSearch is asked how long documents are.
        let calls_max = if server.product == Product::OpenSearch { 6 } else { 5 };
        let calls = source.remote_calls.total() - before;
        assert!(calls <= calls_max, "{calls} requests for {predicate:?}");
    }
}

async fn identities_are_looked_up(server: &Server) {
    server.create("identities", json!({})).await;
    server.add("identities", &["{\"n\": 1}".to_owned(), "{\"n\": 2}".to_owned()]).await;
    let source = source_with(server, json!({"hosts": [server.address()], "indices": ["identities"]}), json!({})).await;
    let full = source.request("identities").await;
    let texts = ["1", "", "nobody", "*", &"x".repeat(600)].map(|text| Value::Text(text.to_owned())).to_vec();
    assert_eq!(matching(&source, &full, Predicate::In { column: "_id".to_owned(), values: texts }).await, ["1"]);
}

/// The mapping has learnt of the fields when the documents were there already, or does not look at them.
async fn values_that_were_never_indexed_are_found(server: &Server) {
    let off = json!({"enabled": false, "properties": {"k": {"type": "keyword"}}});
    let open = json!({"dynamic": false, "properties": {"k": {"type": "keyword"}}});
    let properties = json!({"late": {"type": "text"}, "off": off, "open": open});
    let alias = json!({"gaps": {}});
    server.create("gaps-1", json!({"aliases": alias.clone(), "mappings": {"properties": properties}})).await;
    let mapped = json!({"k": {"type": "keyword"}, "n": {"type": "long"}, "d": {"type": "date"}, "x": {"type": "double"}});
    server.create("gaps-2", json!({"aliases": alias, "mappings": {"dynamic": false, "properties": {"k": {"type": "keyword"}}}})).await;
    let long = "y".repeat(300);
    let first = json!({"late": "x", "off": {"k": "x"}, "open": {"k": "x", "m": "x"}, "k": "x", "n": 5, "d": "2024-01-01", "x": 0.5});
    server.add("gaps-1", &[first.to_string(), json!({"late": long}).to_string(), json!({"late": ""}).to_string()]).await;
    server.add("gaps-2", &[first.to_string(), "{}".to_owned()]).await;
    let form = json!({"type": "text", "fields": {"raw": {"type": "keyword", "ignore_above": 256}}});
    let later = json!({"properties": {"late": form, "open": {"properties": {"m": {"type": "keyword"}}}}});
    server.request("PUT", "/gaps-1/_mapping", &later.to_string()).await;
    server.request("PUT", "/gaps-2/_mapping", &json!({"properties": mapped}).to_string()).await;
    let second = json!({"late": "x", "open": {"m": "x"}, "k": "x", "n": 5, "d": "2024-01-01", "x": 0.5});
    for index in ["gaps-1", "gaps-2"] {
        server.request("PUT", &format!("/{index}/_doc/new?refresh=true"), &second.to_string()).await;
    }
    let source = source_with(server, json!({"hosts": [server.address()], "indices": ["gaps-*"]}), json!({"sample_documents": 0})).await;
    let text = |text: &str| Value::Text(text.to_owned());
    let day = Value::Timestamp(1_704_067_200_000_000);
    for (table, column, value, expected) in [
        ("gaps-1", "late", text("x"), &["0", "new"][..]),
        ("gaps-1", "late", text(&long), &["1"]),
        ("gaps-1", "late", text(""), &["2"]),
        ("gaps-1", "open.k", text("x"), &["0"]),
        ("gaps-1", "open.m", text("x"), &["0", "new"]),
        ("gaps-2", "n", Value::Int(5), &["0", "new"]),
        ("gaps-2", "d", day.clone(), &["0", "new"]),
        ("gaps-2", "x", Value::Float(0.5), &["0", "new"]),
        ("gaps", "k", text("x"), &["0", "0", "new", "new"]),
        ("gaps", "n", Value::Int(5), &["0", "0", "new", "new"]),
        ("gaps", "d", day, &["0", "0", "new", "new"]),
    ] {
        let full = source.request(table).await;
        let predicate = Predicate::Compare { column: column.to_owned(), comparison: Comparison::Equal, value };
        assert_eq!(matching(&source, &full, predicate).await, expected, "{table} {column}");
    }
    // What is switched off is one value, as it was given.
    let request = source.request_of("gaps-1", &["_id", "off"]).await;
    assert_eq!(source.rows(request).await.expect("rows")[0], "0|{\"k\": \"x\"}");
}
