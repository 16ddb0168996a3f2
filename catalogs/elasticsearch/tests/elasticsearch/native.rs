//! Searches as somebody writes them.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema};
use futures::TryStreamExt;
use libtest_mimic::Trial;
use serde_json::json;
use spi::connector::RunRequest;
use spi::query::Statement;
use spi::{Code, Result};

use crate::fixture::{Source, lines, source};
use crate::server::Server;
use crate::{Shared, trial};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![trial(shared, "searches_are_passed_on", searches_are_passed_on)]
}

/// Names and types of the columns, and the rows in the order in which they come.
async fn query(source: &Source, text: &str) -> Result<(String, Vec<String>)> {
    let described = source.connector.describe(text, "ann").await?;
    let fields = described.iter().map(|column| Field::new(&column.name, column.data_type.clone(), true)).collect::<Vec<_>>();
    let columns: Vec<String> = described.iter().map(|column| format!("{} {}", column.name, column.pg_type.format())).collect();
    let statement = Statement { text: text.to_owned(), parameters: Vec::new() };
    let request = RunRequest { statement, native: true, columns: Arc::new(Schema::new(fields)), user: "ann".to_owned() };
    let batches: Vec<RecordBatch> = source.connector.run(request).try_collect().await?;
    Ok((columns.join(", "), batches.iter().flat_map(lines).collect()))
}

async fn searches_are_passed_on(server: &Server) {
    server.create("searched", json!({"mappings": {"properties": {"t": {"type": "text"}, "k": {"type": "keyword"}}}})).await;
    let documents = [r#"{"t": "a full disk", "k": "a", "n": 9007199254740993}"#, r#"{"t": "nothing", "k": "b", "n": 2}"#];
    server.add("searched", &documents.map(str::to_owned)).await;
    let source = source(server, "searched").await;
    assert!(source.connector.is_read_only());
    let hits = "_index text, _id text, _score double precision, _doc jsonb";
    let (columns, rows) = query(&source, r#"{"index": "searched", "query": {"match": {"t": "disk"}}}"#).await.expect("rows");
    assert_eq!(columns, hits);
    let parts: Vec<&str> = rows[0].splitn(4, '|').collect();
    assert!(parts[2].parse::<f64>().is_ok_and(|score| score > 0.0), "{rows:?}");
    assert_eq!((rows.len(), parts[0], parts[1]), (1, "searched", "0"));
    assert_eq!(parts[3], r#"{"k": "a", "n": 9007199254740993, "t": "a full disk"}"#);
    let sorted = r#"{"index": ["searched"], "sort": [{"k": "desc"}], "_source": false, "size": 1}"#;
    assert_eq!(query(&source, sorted).await.expect("rows").1, ["searched|1|NULL|NULL"]);
    let sums = r#"{"index": "searc*", "aggs": {"ks": {"value_count": {"field": "k"}}}}"#;
    let aggregated = ("_aggregations jsonb".to_owned(), vec![r#"{"ks": {"value": 2}}"#.to_owned()]);
    assert_eq!(query(&source, sums).await.expect("rows"), aggregated);
    for (text, code) in [
        (r#"{"index": "nowhere"}"#, Code::UndefinedTable),
        (r#"{"index": "searched", "query": {"nonsense": {}}}"#, Code::BadData),
        (r#"{"index": "searched/_doc"}"#, Code::UndefinedTable),
        ("match everything", Code::Syntax),
    ] {
        let error = query(&source, text).await.expect_err(text);
        assert_eq!((error.code, error.retryable), (code, false), "{text}: {error:?}");
    }
}
