//! Reading: all rows once, whatever the slices; projections, limits and counts; tables of several indices.

use std::sync::Arc;

use catalog_elasticsearch::OpenSearch;
use futures::StreamExt;
use libtest_mimic::Trial;
use serde_json::json;
use spi::metadata::Relation;
use spi::predicate::{Comparison, Predicate, Value};

use crate::fixture::{columns_of, open_as, relation, source, source_with};
use crate::server::{Product, Server};
use crate::{Shared, trial, trial_alone};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    let mut trials = vec![
        trial(shared, "every_document_is_one_row", every_document_is_one_row),
        trial(shared, "scrolls_read_every_document_too", scrolls_read_every_document_too),
        trial(shared, "limits_and_counts", limits_and_counts),
        trial(shared, "aliases_read_the_documents_that_they_mean", aliases_read_the_documents_that_they_mean),
        trial(shared, "of_an_alias_only_what_is_shown_is_read", of_an_alias_only_what_is_shown_is_read),
        trial_alone(shared, "long_documents_make_short_pages", long_documents_make_short_pages),
        trial(shared, "dropping_a_read_stops_it", dropping_a_read_stops_it),
    ];
    // The others have data streams in a module that is not published.
    if shared.0 == Product::OpenSearch {
        trials.push(trial(shared, "a_data_stream_is_one_table", a_data_stream_is_one_table));
    }
    trials
}

fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|number| json!({"n": number, "word": format!("word {number}")}).to_string()).collect()
}

async fn every_document_is_one_row(server: &Server) {
    server.create("pages", json!({"settings": {"number_of_shards": 3}})).await;
    server.add("pages", &numbers(7000)).await;
    for slices in [1, 2, 7] {
        let source = source_with(server, json!({"hosts": [server.address()], "indices": ["pages"]}), json!({"slices": slices})).await;
        let request = source.request_of("pages", &["n", "_id"]).await;
        let mut expected: Vec<String> = (0..7000).map(|number| format!("{number}|{number}")).collect();
        expected.sort();
        assert_eq!(source.rows(request).await.expect("rows"), expected, "{slices} slices");
    }
}

/// The way of `opensearch`, which Elasticsearch knows too.
async fn scrolls_read_every_document_too(server: &Server) {
    server.create("scrolled", json!({"settings": {"number_of_shards": 3}})).await;
    server.add("scrolled", &numbers(3000)).await;
    for slices in [1, 3] {
        let options = json!({"hosts": [server.address()], "indices": ["scrolled"], "slices": slices});
        let source = open_as(&OpenSearch, options).await.expect("a connector");
        let mut request = source.request_of("scrolled", &["n"]).await;
        let mut expected: Vec<String> = (0..3000).map(|number| number.to_string()).collect();
        expected.sort();
        let before = source.remote_calls.total();
        assert_eq!(source.rows(request.clone()).await.expect("rows"), expected, "{slices} slices");
        // The mapping, a look at how long documents are, of each slice its documents and that there are no more, and the end.
        assert!(source.remote_calls.total() - before <= 3 + 2 * slices, "pages are as long as fits");
        request.limit = Some(70);
        assert_eq!(source.count(request).await.expect("rows"), 70);
    }
    let open = async || {
        let stats = server.request("GET", "/_cat/indices/scrolled?h=search.open_contexts&format=json", "").await;
        stats[0]["search.open_contexts"].as_str() != Some("0")
    };
    while open().await {
        tokio::task::yield_now().await;
    }
}

async fn limits_and_counts(server: &Server) {
    server.create("counted", json!({"settings": {"number_of_shards": 2}})).await;
    server.add("counted", &numbers(1500)).await;
    let source = source(server, "counted").await;
    let mut request = source.request("counted").await;
    for (limit, expected) in [(0, 0), (1, 1), (700, 700), (9999, 1500)] {
        request.limit = Some(limit);
        assert_eq!(source.count(request.clone()).await.expect("rows"), expected, "limit {limit}");
    }
    let odd = Predicate::Compare { column: "n".to_owned(), comparison: Comparison::GreaterOrEqual, value: Value::Int(500) };
    request.predicates = vec![odd];
    for (limit, expected) in [(Some(700), 700), (None, 1000)] {
        request.limit = limit;
        assert_eq!(source.count(request.clone()).await.expect("rows"), expected, "limit {limit:?}");
    }
    // No column is wanted but the one of the condition, and it is not given.
    request.columns.clear();
    assert_eq!(source.count(request.clone()).await.expect("rows"), 1000);
    request.predicates.clear();
    // The reads before may still be on their way to be closed.
    let counting = source_with(server, json!({"hosts": [server.address()], "indices": ["counted"]}), json!({})).await;
    assert_eq!(counting.count(request.clone()).await.expect("rows"), 1500);
    assert_eq!(counting.remote_calls.total(), 1, "the server counts");
    request.limit = Some(7);
    assert_eq!(counting.count(request).await.expect("rows"), 7);
}

async fn aliases_read_the_documents_that_they_mean(server: &Server) {
    let alias = |filter| json!({"settings": {"number_of_shards": 2}, "aliases": {"both": filter}});
    server.create("part-a", alias(json!({"filter": {"range": {"n": {"lt": 3}}}}))).await;
    server.create("part-b", json!({"aliases": {"both": {}}, "mappings": {"properties": {"n": {"type": "keyword"}}}})).await;
    server.add("part-a", &numbers(10)).await;
    server.add("part-b", &numbers(2)).await;
    let source = source(server, "part-*").await;
    // A number in one index and a keyword in the other: text.
    let request = source.request_of("both", &["_index", "n"]).await;
    assert_eq!(source.rows(request).await.expect("rows"), ["part-a|0", "part-a|1", "part-a|2", "part-b|0", "part-b|1"]);
    let mut request = source.request_of("both", &["n"]).await;
    request.predicates =
        vec![Predicate::Compare { column: "_index".to_owned(), comparison: Comparison::Equal, value: Value::Text("part-b".to_owned()) }];
    assert_eq!(source.rows(request.clone()).await.expect("rows"), ["0", "1"]);
    request.predicates.clear();
    request.columns.clear();
    assert_eq!(source.count(request).await.expect("rows"), 5);
}

async fn of_an_alias_only_what_is_shown_is_read(server: &Server) {
    let alias = json!({"aliases": {"wide": {}}, "mappings": {"properties": {"n": {"type": "long"}}}});
    for (index, documents) in [("wide-in", vec![r#"{"n": 1}"#.to_owned()]), ("wide-out", vec![r#"{"n": [2, 3], "secret": 4}"#.to_owned()])]
    {
        server.create(index, alias.clone()).await;
        server.add(index, &documents).await;
    }
    for (patterns, expected) in [
        (json!(["wide-in"]), &["1"][..]),
        (json!(["wide*", "-wide-out"]), &["1"]),
        (json!(["*", "-*-out"]), &["1"]),
        (json!(["wide"]), &["[1]", "[2, 3]"]),
        (json!(["wide-*"]), &["[1]", "[2, 3]"]),
    ] {
        let source = source_with(server, json!({"hosts": [server.address()], "indices": patterns}), json!({})).await;
        let schema = source.harvest().await;
        let has_secret = columns_of(&schema, "wide").iter().any(|column| column.starts_with("secret"));
        assert_eq!(has_secret, expected.len() > 1, "{patterns}");
        let mut request = source.request_of("wide", &["n"]).await;
        assert_eq!(source.rows(request.clone()).await.expect("rows"), expected, "{patterns}");
        request.predicates = vec![Predicate::IsNotNull { column: "n".to_owned() }];
        assert_eq!(source.rows(request.clone()).await.expect("rows"), expected, "{patterns}");
        (request.predicates, request.columns) = (Vec::new(), Vec::new());
        assert_eq!(source.count(request).await.expect("rows"), expected.len(), "{patterns}");
        let sample = source.connector.infer("public", "wide", None).await.expect("a sample");
        assert_eq!(sample.inferred.iter().any(|column| column.name == "secret"), has_secret, "{patterns}");
    }
}

async fn a_data_stream_is_one_table(server: &Server) {
    let template = json!({"index_patterns": ["stream-*"], "data_stream": {}, "template": {"settings": {"number_of_shards": 2}}});
    server.request("PUT", "/_index_template/streams", &template.to_string()).await;
    for number in 0..3 {
        let document = json!({"@timestamp": number, "n": number}).to_string();
        server.request("POST", "/stream-1/_doc?refresh", &document).await;
        server.request("POST", "/stream-1/_rollover", "").await;
    }
    let source = source(server, "stream-*").await;
    let schema = source.harvest().await;
    assert_eq!(schema.table_names().iter().flatten().collect::<Vec<_>>(), ["stream-1"], "what is behind it is no table of its own");
    assert_eq!(columns_of(&schema, "stream-1")[..2], ["_id text _id", "_index text _index"]);
    assert_eq!(relation(&schema, Relation::Partitions, "stream-1").len(), 4 * 2);
    let mut request = source.request_of("stream-1", &["_index", "n", "@timestamp"]).await;
    let rows = source.rows(request.clone()).await.expect("rows");
    assert_eq!(rows[1], ".ds-stream-1-000002|1|1970-01-01T00:00:00.001Z", "{rows:?}");
    assert_eq!(rows.len(), 3);
    request.predicates = vec![Predicate::Compare { column: "n".to_owned(), comparison: Comparison::Greater, value: Value::Int(1) }];
    assert_eq!(source.rows(request).await.expect("rows"), [rows[2].clone()]);
}

async fn long_documents_make_short_pages(server: &mut Server) {
    server.create("long", json!({"mappings": {"properties": {"body": {"type": "text", "index": false}}}})).await;
    for place in 0..6 {
        let body = json!({"body": "x".repeat(8 << 20), "n": place}).to_string();
        server.request("PUT", &format!("/long/_doc/{place}?refresh"), &body).await;
    }
    let source = source_with(server, json!({"hosts": [server.address()], "indices": ["long"]}), json!({"slices": 1})).await;
    let request = source.request_of("long", &["n", "_doc"]).await;
    let mut rows = source.stream(request).await;
    let mut lengths = Vec::new();
    while let Some(batch) = rows.next().await {
        lengths.push(batch.expect("rows").num_rows());
    }
    assert_eq!(lengths.iter().sum::<usize>(), 6);
    assert!(lengths.iter().all(|rows| *rows <= 2), "{lengths:?}");
}

async fn dropping_a_read_stops_it(server: &Server) {
    server.create("dropped", json!({"settings": {"number_of_shards": 1}})).await;
    server.add("dropped", &numbers(20_000)).await;
    let source = source_with(server, json!({"hosts": [server.address()], "indices": ["dropped"]}), json!({"slices": 1})).await;
    let request = source.request("dropped").await;
    let before = source.remote_calls.total();
    // Nothing is asked before the first poll.
    drop(source.stream(request.clone()).await);
    assert_eq!(source.remote_calls.total(), before);
    let mut rows = source.stream(request).await;
    assert!(rows.next().await.expect("a batch").is_ok());
    drop(rows);
    // The mapping, the point in time, a page, and the end of it.
    while source.remote_calls.total() - before < 4 {
        tokio::task::yield_now().await;
    }
    assert_eq!(source.remote_calls.total() - before, 4);
}
