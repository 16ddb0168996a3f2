//! Reading what the settings of an index make different.

use std::sync::Arc;

use catalog_elasticsearch::{Elasticsearch, OpenSearch};
use libtest_mimic::Trial;
use serde_json::{Value as Json, json};
use spi::Code;
use spi::connector::ConnectorFactory;
use spi::predicate::{Comparison, Predicate, Value};

use crate::fixture::{columns_of, error_of, open_as, source, source_with};
use crate::server::{Product, Server};
use crate::{Shared, trial};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    let mut trials = vec![
        trial(shared, "searches_stay_within_the_limits_of_the_index", searches_stay_within_the_limits_of_the_index),
        trial(shared, "a_blocked_or_closed_index_is_named", a_blocked_or_closed_index_is_named),
    ];
    if matches!(shared.0, Product::Elasticsearch | Product::Elasticsearch9) {
        trials.push(trial(shared, "an_index_may_keep_no_documents", an_index_may_keep_no_documents));
    }
    if shared.0 == Product::Elasticsearch9 {
        trials.extend([
            trial(shared, "vectors_are_in_documents", vectors_are_in_documents),
            trial(shared, "fields_beyond_the_limit_are_found", fields_beyond_the_limit_are_found),
            trial(shared, "objects_that_pass_their_fields_on_are_objects", objects_that_pass_their_fields_on_are_objects),
            trial(shared, "long_keywords_of_logs_are_found", long_keywords_of_logs_are_found),
        ]);
    }
    trials
}

async fn searches_stay_within_the_limits_of_the_index(server: &Server) {
    let date = json!({"type": "date"});
    let settings = json!({"max_result_window": 70, "max_docvalue_fields_search": 2, "number_of_shards": 2});
    let mapping = json!({"properties": {"n": {"type": "long"}, "a": date, "b": date, "c": date}});
    server.create("little", json!({"settings": settings, "mappings": mapping, "aliases": {"little-alias": {}}})).await;
    let document = |n: u32| json!({"n": n, "a": 0, "b": 1, "c": 2, "list": [n]}).to_string();
    server.add("little", &(0..1000).map(document).collect::<Vec<_>>()).await;
    let kinds: [&dyn ConnectorFactory; 2] = [&Elasticsearch, &OpenSearch];
    // OpenSearch has scrolls only; the others have both.
    for kind in &kinds[usize::from(server.product == Product::OpenSearch)..] {
        let options = json!({"hosts": [server.address()], "indices": ["little*"], "sample_documents": 1000});
        let source = open_as(*kind, options).await.expect("a connector");
        assert!(columns_of(&source.harvest().await, "little").contains(&"list bigint[] long".to_owned()), "documents were looked into");
        for table in ["little", "little-alias"] {
            let request = source.request_of(table, &["n", "a", "b", "c"]).await;
            assert_eq!(source.count(request).await.expect("rows"), 1000, "{} {table}", kind.kind());
        }
        let sample = source.connector.infer("public", "little", None).await.expect("a sample");
        assert_eq!(sample.inferred[0].evidence.present, 70);
    }
}

async fn a_blocked_or_closed_index_is_named(server: &Server) {
    server.create("unblocked", json!({"aliases": {"half-closed": {}}})).await;
    server.create("blocked", json!({"aliases": {"half-closed": {}}})).await;
    let source = source(server, "*blocked").await;
    let (blocked, half) = (source.request("blocked").await, source.request("half-closed").await);
    let message = |table: &str| format!("could not read table \"{table}\" of data source \"shop\"");
    server.request("PUT", "/blocked/_settings", r#"{"index.blocks.read": true}"#).await;
    let error = error_of(source.stream(blocked).await).await;
    assert_eq!((error.code, error.message, error.retryable), (Code::Unavailable, message("blocked"), false), "{:?}", error.detail);
    assert!(error.hint.is_some_and(|hint| hint.contains("index.blocks")));
    server.request("PUT", "/blocked/_settings", r#"{"index.blocks.read": null}"#).await;
    server.request("POST", "/blocked/_close", "").await;
    let error = error_of(source.stream(half).await).await;
    assert_eq!((error.code, error.message, error.retryable), (Code::Unavailable, message("half-closed"), false), "{:?}", error.detail);
    assert!(error.hint.is_some_and(|hint| hint.starts_with("Open the index")));
}

async fn an_index_may_keep_no_documents(server: &Server) {
    let properties = json!({"n": {"type": "long"}, "t": {"type": "text"}});
    let definition = match server.product {
        Product::Elasticsearch9 => json!({"settings": {"mapping.source.mode": "disabled"}, "mappings": {"properties": properties}}),
        _ => json!({"mappings": {"_source": {"mode": "disabled"}, "properties": properties}}),
    };
    server.create("sourceless", definition).await;
    server.add("sourceless", &[r#"{"n": 5, "t": "x"}"#.to_owned()]).await;
    let source = source(server, "sourceless").await;
    let columns = ["_id text _id", "n bigint long", "_error text text", "_doc jsonb _source"];
    assert_eq!(columns_of(&source.harvest().await, "sourceless"), columns);
    let request = source.request_of("sourceless", &["n"]).await;
    assert_eq!(source.rows(request).await.expect("rows"), ["5"]);
    // Of an index that has documents, nothing is asked that its index does not have.
    let with = json!({"aliases": {"sources": {}}, "mappings": {"properties": {"n": {"type": "text"}}}});
    server.create("sourceful", with).await;
    server.add("sourceful", &[r#"{"n": "x"}"#.to_owned()]).await;
    server.request("POST", "/_aliases", r#"{"actions": [{"add": {"index": "sourceless", "alias": "sources"}}]}"#).await;
    let both = crate::fixture::source(server, "source*").await;
    let request = both.request_of("sources", &["_index", "n"]).await;
    assert_eq!(both.rows(request).await.expect("rows"), ["sourceful|x", "sourceless|NULL"]);
}

/// Though the server leaves them out unless they are asked for.
async fn vectors_are_in_documents(server: &Server) {
    let dense = json!({"type": "dense_vector", "dims": 2, "similarity": "l2_norm"});
    let parts = json!({"type": "nested", "properties": {"v": dense}});
    let properties = json!({"dense": dense, "sparse": {"type": "sparse_vector"}, "parts": parts, "n": {"type": "long"}});
    server.create("embedded", json!({"mappings": {"properties": properties}})).await;
    let document = r#"{"dense": [1.5, 2.0], "n": 1, "parts": [{"v": [3.0, 4.0]}], "sparse": {"a": 1.5}}"#;
    server.add("embedded", &[document.to_owned()]).await;
    let source = source(server, "embedded").await;
    for (columns, expected) in [
        (&["dense", "n", "parts", "sparse"][..], r#"[1.5, 2.0]|1|[{v: [3.0, 4.0]}]|{"a": 1.5}"#),
        (&["dense", "n"], "[1.5, 2.0]|1"),
        (&["sparse"], r#"{"a": 1.5}"#),
        (&["parts"], "[{v: [3.0, 4.0]}]"),
        (&["n"], "1"),
    ] {
        let request = source.request_of("embedded", columns).await;
        assert_eq!(source.rows(request).await.expect("rows"), [expected], "{columns:?}");
    }
    let request = source.request_of("embedded", &["_doc"]).await;
    let read: Json = serde_json::from_str(&source.rows(request).await.expect("rows")[0]).expect("JSON");
    assert_eq!(read, serde_json::from_str::<Json>(document).expect("JSON"));
}

/// A document with more fields than the mapping takes is kept, and the others of its fields are not indexed; a mapping may learn of them.
async fn fields_beyond_the_limit_are_found(server: &Server) {
    let total_fields = json!({"limit": 1, "ignore_dynamic_beyond_limit": true});
    server.create("overflowing", json!({"settings": {"mapping.total_fields": total_fields}})).await;
    let document = json!({"a": 1, "k": "x", "n": 5, "o": {"k": "x"}, "t": "x"});
    server.add("overflowing", &[document.to_string()]).await;
    server.request("PUT", "/overflowing/_settings", r#"{"index.mapping.total_fields.limit": 100}"#).await;
    let keyword = json!({"type": "keyword"});
    let text = json!({"type": "text", "fields": {"raw": keyword}});
    let later = json!({"k": keyword, "n": {"type": "long"}, "o": {"properties": {"k": keyword}}, "t": text});
    server.request("PUT", "/overflowing/_mapping", &json!({"properties": later}).to_string()).await;
    server.request("PUT", "/overflowing/_doc/new?refresh=true", &document.to_string()).await;
    let source = source(server, "overflowing").await;
    let equal = |column: &str, value: Value| Predicate::Compare { column: column.to_owned(), comparison: Comparison::Equal, value };
    let x = Value::Text("x".to_owned());
    for (column, value) in [("k", x.clone()), ("n", Value::Int(5)), ("o.k", x.clone()), ("t", x)] {
        for predicate in [equal(column, value), Predicate::IsNotNull { column: column.to_owned() }] {
            let mut request = source.request_of("overflowing", &["_id"]).await;
            request.predicates = vec![predicate.clone()];
            assert_eq!(source.rows(request).await.expect("rows"), ["0", "new"], "{predicate:?}");
        }
    }
}

/// What is longer than indices of these modes take is in their documents alone.
async fn long_keywords_of_logs_are_found(server: &Server) {
    let long = "x".repeat(9000);
    for mode in ["logsdb", "logsdb_columnar"] {
        let properties = json!({"@timestamp": {"type": "date"}, "k": {"type": "keyword"}});
        server.create(mode, json!({"settings": {"mode": mode}, "mappings": {"properties": properties}})).await;
        server.add(mode, &[json!({"@timestamp": 0, "k": long}).to_string(), json!({"@timestamp": 0, "k": "x"}).to_string()]).await;
        let source = source_with(server, json!({"hosts": [server.address()], "indices": [mode]}), json!({})).await;
        let mut request = source.request_of(mode, &["_id"]).await;
        request.predicates =
            vec![Predicate::Compare { column: "k".to_owned(), comparison: Comparison::Equal, value: Value::Text(long.clone()) }];
        assert_eq!(source.rows(request).await.expect("rows"), ["0"], "{mode}");
    }
}

async fn objects_that_pass_their_fields_on_are_objects(server: &Server) {
    let attributes = json!({"type": "passthrough", "priority": 1, "dynamic": true, "properties": {"k": {"type": "keyword"}}});
    server.create("passing", json!({"mappings": {"properties": {"attributes": attributes}}})).await;
    server.add("passing", &[r#"{"attributes": {"k": "a", "n": 5}}"#.to_owned(), r#"{"attributes.k": "b"}"#.to_owned()]).await;
    let source = source(server, "passing").await;
    let mut request = source.request_of("passing", &["attributes.k", "attributes.n"]).await;
    assert_eq!(source.rows(request.clone()).await.expect("rows"), ["a|5", "b|NULL"]);
    request.predicates =
        vec![Predicate::Compare { column: "attributes.k".to_owned(), comparison: Comparison::Equal, value: Value::Text("b".to_owned()) }];
    assert_eq!(source.rows(request).await.expect("rows"), ["b|NULL"]);
}
