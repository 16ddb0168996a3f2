//! Values at the edges of their types, and what does not fit.

use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::json;
use spi::Code;
use spi::predicate::{Comparison, Predicate, Value};

use crate::fixture::{columns_of, error_of, source, source_with};
use crate::server::{Product, Server};
use crate::{Shared, trial};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    let mut trials = vec![
        trial(shared, "values_keep_all_that_their_types_have", values_keep_all_that_their_types_have),
        trial(shared, "what_does_not_fit_is_null_and_said", what_does_not_fit_is_null_and_said),
        trial(shared, "dates_are_those_that_documents_have", dates_are_those_that_documents_have),
        trial(shared, "arrays_in_the_sample_make_array_columns", arrays_in_the_sample_make_array_columns),
        trial(shared, "documents_are_kept_without_some_fields", documents_are_kept_without_some_fields),
        trial(shared, "a_field_may_be_a_name_elsewhere", a_field_may_be_a_name_elsewhere),
        trial(shared, "objects_are_columns_or_structs", objects_are_columns_or_structs),
    ];
    // The others have such numbers in a module that is not published.
    if shared.0 == Product::OpenSearch {
        trials.push(trial(shared, "unsigned_numbers_keep_all_digits", unsigned_numbers_keep_all_digits));
    } else {
        trials.push(trial(shared, "what_the_server_computes_has_its_type", what_the_server_computes_has_its_type));
    }
    // The others have vectors in a module that is not published.
    if matches!(shared.0, Product::Elasticsearch | Product::Elasticsearch9) {
        trials.push(trial(shared, "vectors_are_lists", vectors_are_lists));
    }
    trials
}

async fn values_keep_all_that_their_types_have(server: &Server) {
    let types = ["long", "double", "float", "boolean", "date", "date_nanos", "ip", "binary", "keyword", "geo_point"];
    let properties: serde_json::Map<_, _> = types.iter().map(|name| ((*name).to_owned(), json!({"type": name}))).collect();
    server.create("values", json!({"mappings": {"properties": properties}})).await;
    let documents = [
        r#"{"long": 9223372036854775807, "double": 1.7976931348623157e308, "float": 0.1, "boolean": true, 
            "date": "9999-12-31T23:59:59.999Z", "date_nanos": "2024-02-29T12:00:00.123456789Z", "ip": "2001:DB8::1", "binary": "AAH/",
            "keyword": "日本 😀", "geo_point": [1.5, 2]}"#,
        r#"{"long": -9223372036854775808, "double": 5e-324, "float": 3, "boolean": "false", "date": EARLY, "date_nanos": 0,
            "ip": "10.0.0.1", "binary": "", "keyword": 12345678901234567890123, "geo_point": "41.12,-71.34"}"#,
        r#"{"long": null, "keyword": [null], "date": [], "ip": null}"#,
        r#"{"date": "-0044-03-15", "keyword": "", "binary": "AA=="}"#,
    ];
    // Version 7 takes no milliseconds before 1970.
    let early = if server.product == Product::Elasticsearch7 { r#""0000-12-31T23:59:59.999Z""# } else { "-62135596800001" };
    let documents: Vec<String> = documents.iter().map(|document| document.replace('\n', "").replace("EARLY", early)).collect();
    server.add("values", &documents).await;
    let source = source_with(server, json!({"hosts": [server.address()], "indices": ["values"]}), json!({"sample_documents": 0})).await;
    let request = source.request_of("values", &[&["_id"][..], &types, &["_error"]].concat()).await;
    let rows = source.rows(request).await.expect("rows");
    assert_eq!(
        rows,
        [
            "0|9223372036854775807|1.7976931348623157e308|0.1|true|9999-12-31T23:59:59.999Z|\
             2024-02-29T12:00:00.123456Z|2001:db8::1|0001ff|日本 😀|[1.5, 2]|NULL",
            "1|-9223372036854775808|5e-324|3.0|false|0000-12-31T23:59:59.999Z|1970-01-01T00:00:00Z|\
             10.0.0.1||12345678901234567890123|\"41.12,-71.34\"|NULL",
            "2|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL",
            "3|NULL|NULL|NULL|NULL|-0044-03-15T00:00:00Z|NULL|NULL|00||NULL|NULL",
        ]
    );
    let request = source.request_of("values", &["_doc", "_id"]).await;
    let rows = source.rows(request).await.expect("rows");
    assert!(rows.iter().any(|row| row.contains("12345678901234567890123") && row.contains("1.5") == row.ends_with("|0")), "{rows:?}");
}

async fn what_does_not_fit_is_null_and_said(server: &Server) {
    let integer = json!({"type": "integer", "ignore_malformed": true});
    let date = json!({"type": "date", "ignore_malformed": true});
    server.create("unfit", json!({"mappings": {"properties": {"n": integer, "d": date, "k": {"type": "keyword"}}}})).await;
    let documents = [
        r#"{"n": 1, "d": "2024-01-01", "k": "fits"}"#,
        r#"{"n": "many", "d": "2024-01-01", "k": "fits"}"#,
        r#"{"n": 1, "d": "yesterday", "k": 1.50}"#,
        r#"{"n": [1, 2], "d": ["2024-01-01", "2024-01-02"], "k": ["a", "a"]}"#,
    ];
    server.add("unfit", &documents.map(str::to_owned)).await;
    let options = json!({"hosts": [server.address()], "indices": ["unfit"]});
    let source = source_with(server, options.clone(), json!({"sample_documents": 0})).await;
    let request = source.request_of("unfit", &["_id", "n", "d", "k", "_error"]).await;
    let rows = source.rows(request.clone()).await.expect("rows");
    assert_eq!(rows[0], "0|1|2024-01-01T00:00:00Z|fits|NULL");
    for (row, begin, fields) in [
        (1, "1|NULL|2024-01-01T00:00:00Z|fits|", &["n"][..]),
        (2, "2|1|NULL|NULL|", &["d", "k"]),
        (3, "3|NULL|NULL|NULL|", &["n", "d", "k"]),
    ] {
        let error = rows[row].strip_prefix(begin).unwrap_or_else(|| panic!("{}", rows[row]));
        for field in ["n", "d", "k"] {
            assert_eq!(error.contains(&format!("field {field}: ")), fields.contains(&field), "{error}");
        }
    }
    // Of what is not wanted nothing is said.
    let request_of_one = source.request_of("unfit", &["_id", "_error"]).await;
    assert!(source.rows(request_of_one).await.expect("rows").iter().all(|row| row.ends_with("|NULL")));
    let strict = source_with(server, options, json!({"sample_documents": 0, "strict": true, "slices": 1})).await;
    let error = error_of(strict.stream(request).await).await;
    assert_eq!((error.code, error.message.as_str()), (Code::BadData, "could not decode document \"1\" of index \"unfit\""));
}

/// Though the server is asked for them, which gives another value for a null, and leaves out what is malformed.
async fn dates_are_those_that_documents_have(server: &Server) {
    let date = json!({"type": "date", "null_value": "1970-01-01", "ignore_malformed": true});
    server.create("dates", json!({"mappings": {"properties": {"d": date, "n": {"type": "long"}}}})).await;
    let documents = [
        r#"{"d": null}"#,
        r#"{"n": 1}"#,
        r#"{"d": "1970-01-01"}"#,
        r#"{"d": ["2024-01-01", "malformed"]}"#,
        r#"{"d": [null, "2024-01-01"]}"#,
        r#"{"d": [[], "2024-01-02", ["2024-01-01"]]}"#,
    ];
    server.add("dates", &documents.map(str::to_owned)).await;
    // It gives nothing of a list of which anything is malformed.
    let partly = if server.product == Product::OpenSearch { "NULL" } else { "[2024-01-01T00:00:00Z, NULL]" };
    for (sample_documents, expected) in [
        (0, ["NULL", "NULL", "1970-01-01T00:00:00Z", "NULL", "2024-01-01T00:00:00Z", "NULL"]),
        (
            1000,
            [
                "NULL",
                "NULL",
                "[1970-01-01T00:00:00Z]",
                partly,
                "[NULL, 2024-01-01T00:00:00Z]",
                "[2024-01-02T00:00:00Z, 2024-01-01T00:00:00Z]",
            ],
        ),
    ] {
        let options = json!({"hosts": [server.address()], "indices": ["dates"]});
        let source = source_with(server, options, json!({"sample_documents": sample_documents})).await;
        let mut request = source.request_of("dates", &["_id", "d", "_error"]).await;
        let rows = source.rows(request.clone()).await.expect("rows");
        let shown: Vec<&str> = rows.iter().filter_map(|row| row.split('|').nth(1)).collect();
        assert_eq!(shown, expected, "{rows:?}");
        // Of what is not as it was written, something is said.
        let said: Vec<bool> = rows.iter().map(|row| !row.ends_with("|NULL")).collect();
        assert_eq!(said, [false, false, false, true, false, sample_documents == 0], "{rows:?}");
        request.predicates = vec![Predicate::IsNull { column: "d".to_owned() }];
        let nulls = expected.iter().filter(|value| **value == "NULL").count();
        assert_eq!(source.count(request.clone()).await.expect("rows"), nulls);
        request.predicates = vec![Predicate::IsNotNull { column: "d".to_owned() }];
        assert_eq!(source.count(request).await.expect("rows"), 6 - nulls);
    }
}

async fn arrays_in_the_sample_make_array_columns(server: &Server) {
    let properties = json!({"k": {"type": "keyword"}, "n": {"type": "long"}, "d": {"type": "date"}, "one": {"type": "keyword"}});
    server.create("arrays", json!({"mappings": {"properties": properties}})).await;
    let documents = [
        r#"{"k": ["a", null, "b"], "n": 1, "d": ["2024-01-01", "2024-01-02"], "one": "x"}"#,
        r#"{"k": "c", "n": [], "d": "2024-01-03", "one": "y"}"#,
        r#"{"k": null, "n": [[1, 2], 3]}"#,
    ];
    server.add("arrays", &documents.map(str::to_owned)).await;
    let source = source(server, "arrays").await;
    let schema = source.harvest().await;
    let columns = columns_of(&schema, "arrays");
    let expected = ["_id text _id", "d timestamp with time zone[] date", "k text[] keyword", "n bigint[] long", "one text keyword"];
    assert_eq!(columns[..5], expected);
    let request = source.request_of("arrays", &["_id", "k", "n", "d", "one", "_error"]).await;
    assert_eq!(
        source.rows(request).await.expect("rows"),
        [
            "0|[a, NULL, b]|[1]|[2024-01-01T00:00:00Z, 2024-01-02T00:00:00Z]|x|NULL",
            "1|[c]|[]|[2024-01-03T00:00:00Z]|y|NULL",
            "2|NULL|[1, 2, 3]|NULL|NULL|NULL",
        ]
    );
}

async fn objects_are_columns_or_structs(server: &Server) {
    let inner = json!({"properties": {"k": {"type": "keyword"}, "d": {"type": "date"}}});
    let nested = json!({"type": "nested", "properties": {"n": {"type": "long"}}});
    let properties = json!({"o": inner, "list": nested, "empty": {"type": "object"}});
    server.create("objects", json!({"mappings": {"properties": properties}})).await;
    let documents = [
        r#"{"o": {"k": "a", "d": "2024-01-01"}, "list": [{"n": 1}, {"n": "2"}], "empty": {}}"#,
        r#"{"o.k": "b", "list": {"n": 3}}"#,
        r#"{"o": [{"k": "c"}, {"d": "2024-01-02"}]}"#,
    ];
    server.add("objects", &documents.map(str::to_owned)).await;
    let options = json!({"hosts": [server.address()], "indices": ["objects"]});
    let flat = source_with(server, options.clone(), json!({"sample_documents": 0})).await;
    let columns = columns_of(&flat.harvest().await, "objects");
    let expected = ["_id text _id", "empty jsonb object", "list jsonb[] nested", "o.d timestamp with time zone date", "o.k text keyword"];
    assert_eq!(columns[..5], expected);
    let request = flat.request_of("objects", &["_id", "empty", "list", "o.d", "o.k", "_error"]).await;
    assert_eq!(
        flat.rows(request).await.expect("rows"),
        ["0|{}|[{n: 1}, {n: 2}]|2024-01-01T00:00:00Z|a|NULL", "1|NULL|[{n: 3}]|NULL|b|NULL", "2|NULL|NULL|2024-01-02T00:00:00Z|c|NULL",]
    );
    let structs = source_with(server, options, json!({"sample_documents": 0, "flatten": false})).await;
    assert_eq!(columns_of(&structs.harvest().await, "objects")[3], "o jsonb object");
    let request = structs.request_of("objects", &["_id", "o"]).await;
    let rows = structs.rows(request).await.expect("rows");
    // Dates in objects are as they were written, and a name with a dot is no object.
    assert_eq!(rows[..2], ["0|{d: 2024-01-01, k: a}", "1|NULL"]);
}

async fn documents_are_kept_without_some_fields(server: &Server) {
    let members = json!({"d": {"type": "date"}, "t": {"type": "text"}});
    let properties = json!({"k": {"type": "keyword"}, "n": {"type": "long"}, "o": {"properties": members}, "t": {"type": "text"}});
    let document = r#"{"k": "a", "n": 5, "o": {"d": "2024-01-01", "t": "x"}, "t": "y"}"#.to_owned();
    for (index, kept, columns) in [
        ("kept-without", json!({"excludes": ["k", "o"]}), &["_id", "k", "n", "o.d", "t"][..]),
        ("kept-nothing", json!({"enabled": false}), &["_id", "k", "n", "o.d"]),
    ] {
        server.create(index, json!({"mappings": {"_source": kept, "properties": properties.clone()}})).await;
        server.add(index, std::slice::from_ref(&document)).await;
        let source = source(server, index).await;
        let names = columns_of(&source.harvest().await, index);
        assert_eq!(names.iter().filter_map(|column| column.split(' ').next()).collect::<Vec<_>>(), [columns, &["_error", "_doc"]].concat());
        let row = ["0", "a", "5", "2024-01-01T00:00:00Z", "y"][..columns.len()].join("|");
        let mut request = source.request_of(index, columns).await;
        assert_eq!(source.rows(request.clone()).await.expect("rows"), std::slice::from_ref(&row));
        let is_a = Predicate::Compare { column: "k".to_owned(), comparison: Comparison::Equal, value: Value::Text("a".to_owned()) };
        request.predicates = vec![is_a];
        assert_eq!(source.rows(request).await.expect("rows"), [row]);
    }
}

async fn a_field_may_be_a_name_elsewhere(server: &Server) {
    let one = json!({"x": {"type": "keyword"}, "f": {"type": "alias", "path": "x"}, "d": {"type": "date"}});
    let other = json!({"f": {"type": "keyword"}, "y": {"type": "date"}, "d": {"type": "alias", "path": "y"}});
    for (index, properties, document) in
        [("named-1", one, r#"{"x": "one", "d": "2024-01-01"}"#), ("named-2", other, r#"{"f": "two", "y": "2024-01-02"}"#)]
    {
        server.create(index, json!({"aliases": {"named": {}}, "mappings": {"properties": properties}})).await;
        server.add(index, &[document.to_owned()]).await;
    }
    let source = source(server, "named-*").await;
    let mut request = source.request_of("named", &["f", "d"]).await;
    assert_eq!(source.rows(request.clone()).await.expect("rows"), ["one|2024-01-01T00:00:00Z", "two|2024-01-02T00:00:00Z"]);
    request.predicates = vec![Predicate::Compare {
        column: "d".to_owned(),
        comparison: Comparison::Greater,
        value: Value::Timestamp(1_704_067_200_000_000),
    }];
    assert_eq!(source.rows(request).await.expect("rows"), ["two|2024-01-02T00:00:00Z"]);
}

async fn unsigned_numbers_keep_all_digits(server: &Server) {
    server.create("unsigned", json!({"mappings": {"properties": {"u": {"type": "unsigned_long"}}}})).await;
    let values = ["18446744073709551615", "\"18446744073709551614\"", "1.9", "\"2.9\"", "null", "0", "[1, 2]"];
    server.add("unsigned", &values.map(|value| format!("{{\"u\": {value}}}"))).await;
    let options = json!({"hosts": [server.address()], "indices": ["unsigned"]});
    let source = source_with(server, options, json!({"sample_documents": 0})).await;
    let mut request = source.request_of("unsigned", &["_id", "u"]).await;
    let rows = ["0|18446744073709551615", "1|18446744073709551614", "2|1", "3|2", "4|NULL", "5|0", "6|NULL"];
    assert_eq!(source.rows(request.clone()).await.expect("rows"), rows);
    request.predicates = vec![Predicate::IsNotNull { column: "u".to_owned() }];
    assert_eq!(source.rows(request).await.expect("rows"), [rows[0], rows[1], rows[2], rows[3], rows[5]]);
}

/// Without a script, a runtime field is read from the documents, by the server.
async fn what_the_server_computes_has_its_type(server: &Server) {
    let types = ["boolean", "date", "double", "ip", "keyword", "long"];
    let runtime: serde_json::Map<_, _> = types.iter().map(|name| ((*name).to_owned(), json!({"type": name}))).collect();
    server.create("computed", json!({"mappings": {"dynamic": false, "runtime": runtime}})).await;
    let document = r#"{"boolean": "true", "date": "2024-01-01", "double": "1.5", "ip": "::FFFF:10.0.0.1", "keyword": 5, "long": "7"}"#;
    server.add("computed", &[document.to_owned(), "{}".to_owned()]).await;
    let source = source(server, "computed").await;
    let columns = columns_of(&source.harvest().await, "computed");
    let expected = [
        "boolean boolean boolean (runtime)",
        "date timestamp with time zone date (runtime)",
        "double double precision double (runtime)",
        "ip inet ip (runtime)",
        "keyword text keyword (runtime)",
        "long bigint long (runtime)",
    ];
    assert_eq!(columns[1..7], expected);
    let mut request = source.request_of("computed", &[&["_id"][..], &types, &["_error"]].concat()).await;
    let row = "0|true|2024-01-01T00:00:00Z|1.5|10.0.0.1|5|7|NULL";
    assert_eq!(source.rows(request.clone()).await.expect("rows"), [row, "1|NULL|NULL|NULL|NULL|NULL|NULL|NULL"]);
    for (column, value) in [("long", Value::Int(7)), ("double", Value::Float(1.5)), ("boolean", Value::Bool(true))] {
        let column = column.to_owned();
        request.predicates = vec![Predicate::Compare { column, comparison: Comparison::Equal, value }];
        assert_eq!(source.rows(request.clone()).await.expect("rows"), [row]);
    }
}

async fn vectors_are_lists(server: &Server) {
    server.create("vectors", json!({"mappings": {"properties": {"v": {"type": "dense_vector", "dims": 4}}}})).await;
    // Version 9 keeps a vector as its length and its direction, which gives these numbers as they were, and others nearly.
    server.add("vectors", &[r#"{"v": [1.5, -1.5, 1.5, 1.5]}"#.to_owned(), "{}".to_owned()]).await;
    let source = source(server, "vectors").await;
    let request = source.request_of("vectors", &["_id", "v", "_error"]).await;
    assert_eq!(source.rows(request).await.expect("rows"), ["0|[1.5, -1.5, 1.5, 1.5]|NULL", "1|NULL|NULL"]);
}
