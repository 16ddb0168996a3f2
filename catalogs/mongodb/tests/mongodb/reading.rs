//! Rows as they stream.

use std::sync::Arc;

use bson::{Document, doc};
use futures::StreamExt;
use libtest_mimic::Trial;
use serde_json::json;
use spi::Code;
use spi::connector::ReadRequest;
use spi::predicate::{Comparison, Predicate, Value};

use crate::fixture::{open, options, source, source_with};
use crate::server::{Product, Server};
use crate::{Shared, trial};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(Product::Java, shared, "many_documents_come_in_batches", many_documents),
        trial(Product::Java, shared, "a_reader_that_leaves_stops_the_scan", a_reader_that_leaves),
        trial(Product::Java, shared, "columns_are_taken_by_their_path", columns_by_path),
        trial(Product::Java, shared, "a_read_before_the_first_harvest_knows_what_an_earlier_one_found", before_the_first_harvest),
        trial(Product::Java, shared, "what_is_gone_says_so", what_is_gone),
        trial(Product::Java, shared, "a_document_of_16_mb_is_read", a_large_document),
    ]
}

async fn many_documents(server: &Server) {
    let source = source(server, "many").await;
    for start in [0, 10_000, 20_000] {
        source.insert("c", (start..start + 10_000).map(|id| doc! { "_id": id, "s": "x".repeat(20) })).await;
    }
    let request = source.request("c", &["_id", "s"]).await;
    let before = source.remote_calls.total();
    let batches = source.batches(request).await.expect("rows");
    assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 30_000);
    assert!(batches.iter().all(|batch| batch.num_rows() <= 8_192));
    let calls = source.remote_calls.total() - before;
    assert!((3..=5).contains(&calls), "{calls} calls");
}

async fn a_reader_that_leaves(server: &Server) {
    let source = source(server, "leaving").await;
    for start in 0..5 {
        source.insert("c", (start * 10_000..(start + 1) * 10_000).map(|id| doc! { "_id": id })).await;
    }
    let request = source.request("c", &["_id"]).await;
    let before = source.remote_calls.total();
    let mut rows = source.stream(request.clone()).await;
    assert_eq!(source.remote_calls.total(), before, "nothing is asked before the first poll");
    assert!(rows.next().await.expect("a batch").is_ok());
    drop(rows);
    // One batch, and the word that no more is wanted.
    assert_eq!(source.remote_calls.total() - before, 2);
    let limited = ReadRequest { limit: Some(10), ..request };
    assert_eq!(source.rows(limited).await.expect("rows").len(), 10);
}

async fn columns_by_path(server: &Server) {
    let source = source_with(server, "paths", json!({"flatten": true})).await;
    source.insert("c", [doc! { "_id": 1, "o": { "n": 1 }, "x": 1 }]).await;
    let schema = source.harvest().await;
    source.insert("c", [doc! { "_id": 2, "o": [{ "n": 1 }] }, doc! { "_id": 3, "o": 1 }, doc! { "_id": 4 }]).await;
    let rows = source.rows(source.request_of(&schema, "c", &["o.n", "_id", "_error"])).await.expect("rows");
    assert_eq!((rows[0].as_str(), rows[3].as_str()), ("1|1|NULL", "NULL|4|NULL"));
    assert!(rows[1].starts_with("NULL|2|field o: ") && rows[2].starts_with("NULL|3|field o: "), "{rows:?}");
    // Without columns only the count matters.
    let request = source.request_of(&schema, "c", &[]);
    let compare = |value| Predicate::Compare { column: "o.n".to_owned(), comparison: Comparison::GreaterOrEqual, value };
    let predicates = vec![compare(Value::Int(1))];
    let batches = source.batches(ReadRequest { predicates, ..request }).await.expect("a count");
    assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 1);
}

async fn before_the_first_harvest(server: &Server) {
    let source = source_with(server, "restarted", json!({"flatten": true})).await;
    source.insert("c", [doc! { "_id": 1, "o": { "n": 7 }, "j": { "a": { "b": 1 } }, "_doc": "own" }, doc! { "_id": 2, "j": "x" }]).await;
    let request = source.request("c", &["o.n", "j", "_doc_field"]).await;
    let mut given = options(server);
    given["databases"] = json!(["restarted"]);
    given["flatten"] = true.into();
    let (connector, remote_calls) = open(server.product, given).await.expect("a connector");
    let restarted = crate::fixture::Source { connector, ..source };
    assert_eq!(restarted.rows(request.clone()).await.expect("rows"), ["7|{\"a\": {\"b\": 1}}|own", "NULL|\"x\"|NULL"]);
    assert_eq!(remote_calls.total(), 2, "its version and its rows");
    let seven = Predicate::Compare { column: "o.n".to_owned(), comparison: Comparison::Equal, value: Value::Int(7) };
    assert_eq!(restarted.matching(&request, seven).await.len(), 1);
    assert_eq!(remote_calls.total(), 3);
}

async fn what_is_gone(server: &Server) {
    let source = source(server, "gone").await;
    source.insert("c", [doc! { "_id": 1 }]).await;
    let request = source.request("c", &["_id"]).await;
    source.database.collection::<Document>("c").delete_many(doc! {}).await.expect("an empty collection");
    assert!(source.rows(request.clone()).await.expect("no rows").is_empty());
    source.database.collection::<Document>("c").drop().await.expect("no collection");
    for request in [ReadRequest { columns: Vec::new(), ..request.clone() }, request] {
        let error = source.rows(request).await.expect_err("no such table");
        assert_eq!(error.code, Code::UndefinedTable);
        assert_eq!(error.message, "table \"gone.c\" of data source \"shop\" does not exist any more");
    }
}

async fn a_large_document(server: &Server) {
    let source = source(server, "large").await;
    let text = "x".repeat(15 << 20);
    source.insert("c", [doc! { "_id": 1, "s": &text }]).await;
    let request = source.request("c", &["s", "_doc"]).await;
    let rows = source.rows(request).await.expect("rows");
    assert!(rows[0].len() > 2 * text.len());
}
