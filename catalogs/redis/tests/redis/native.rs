//! Commands as somebody writes them: as queries, and for their effect.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema};
use futures::TryStreamExt;
use serde_json::json;
use spi::connector::RunRequest;
use spi::query::Statement;
use spi::{Code, Result};

use crate::fixture::{Source, source, source_with, texts};
use crate::server::Server;

/// Names and types of the columns, and the rows in the order in which they come.
async fn query(source: &Source, text: &str) -> Result<(String, Vec<String>)> {
    let described = source.connector.describe(text, "ann").await?;
    let fields = described.iter().map(|column| Field::new(&column.name, column.data_type.clone(), true)).collect::<Vec<_>>();
    let columns: Vec<String> = described.iter().map(|column| format!("{} {}", column.name, column.pg_type.format())).collect();
    let statement = Statement { text: text.to_owned(), parameters: Vec::new() };
    let request = RunRequest { statement, native: true, columns: Arc::new(Schema::new(fields)), user: "ann".to_owned() };
    let batches: Vec<RecordBatch> = source.connector.run(request).try_collect().await?;
    Ok((columns.join(", "), batches.iter().flat_map(texts).collect()))
}

#[tokio::test]
async fn queries_have_the_shape_of_their_answers() {
    let Some(server) = Server::start().await else { return };
    server
        .run(
            "HSET user:1 name ann age 42
            RPUSH queue a b c
            SADD set x
            ZADD board 1.5 ann inf bob
            XADD log 1700000000000-0 level info code 5
            XADD log 1700000000001-0 level warn
            SET hits 12",
        )
        .await;
    let source = source(&server).await;
    for (text, columns, rows) in [
        ("GET hits", "value text", &["12"][..]),
        ("get nothing", "value text", &[]),
        ("STRLEN hits", "value bigint", &["2"]),
        ("EXISTS hits nothing", "value bigint", &["1"]),
        ("HGETALL user:1", "field text, value text", &["name|ann", "age|42"]),
        ("HMGET user:1 name none age", "value text", &["ann", "NULL", "42"]),
        ("LRANGE queue 1 -1", "value text", &["b", "c"]),
        ("SMEMBERS set", "value text", &["x"]),
        ("ZRANGE board 0 -1", "member text", &["ann", "bob"]),
        ("ZRANGE board 0 -1 WITHSCORES", "member text, score double precision", &["ann|1.5", "bob|inf"]),
        ("ZSCORE board ann", "value double precision", &["1.5"]),
        (
            "XRANGE log - +",
            "_id text, _timestamp timestamp with time zone, _doc jsonb",
            &[
                "1700000000000-0|2023-11-14T22:13:20Z|{\"code\": \"5\", \"level\": \"info\"}",
                "1700000000001-0|2023-11-14T22:13:20.001Z|{\"level\": \"warn\"}",
            ],
        ),
        (
            "XREVRANGE log + - COUNT 1",
            "_id text, _timestamp timestamp with time zone, _doc jsonb",
            &["1700000000001-0|2023-11-14T22:13:20.001Z|{\"level\": \"warn\"}"],
        ),
        ("TYPE \"user:1\"", "value text", &["hash"]),
    ] {
        let (described, mut found) = query(&source, text).await.unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!(described, columns, "{text}");
        let mut rows = rows.to_vec();
        if text.starts_with("HGETALL") {
            // The server has no order of the fields of a hash.
            found.sort();
            rows.sort_unstable();
        }
        assert_eq!(found, rows, "{text}");
    }
    for (text, code) in [
        ("SET hits 13", Code::InvalidArgument),
        ("FLUSHALL", Code::InvalidArgument),
        ("KEYS *", Code::InvalidArgument),
        ("GET \"hits", Code::Syntax),
        ("LRANGE hits 0 -1", Code::WrongObject),
        ("LRANGE queue a b", Code::BadData),
    ] {
        let error = query(&source, text).await.expect_err(text);
        assert_eq!((error.code, error.retryable), (code, false), "{text}: {error:?}");
    }
    assert_eq!(query(&source, "GET hits").await.expect("an answer").1, ["12"]);
}

#[tokio::test]
async fn an_answer_has_a_limit() {
    let Some(server) = Server::start().await else { return };
    let mut pipeline = redis::pipe();
    for chunk in 0..101 {
        let numbers = (0..10_000).map(|number| chunk * 10_000 + number);
        pipeline.cmd("RPUSH").arg("long").arg(numbers.clone().collect::<Vec<_>>());
        pipeline.cmd("ZADD").arg("board").arg(numbers.flat_map(|number| [number, number]).collect::<Vec<_>>());
    }
    let _: redis::Value = pipeline.query_async(&mut server.connect().await).await.expect("a list");
    let source = source(&server).await;
    for text in ["LRANGE long 0 -1", "LRANGE long 5 1005004", "ZRANGEBYSCORE board -inf +inf LIMIT 0 -1", "ZRANGE board 0 inf BYSCORE"] {
        let error = query(&source, text).await.expect_err(text);
        assert_eq!(error.code, Code::Limit, "{text}: {error:?}");
    }
    // What is asked for counts, not what is there.
    for text in ["LRANGE long -2 -1", "ZREVRANGE board 0 1", "ZRANGE board 0 inf BYSCORE LIMIT 1009998 2"] {
        assert_eq!(query(&source, text).await.unwrap_or_else(|error| panic!("{text}: {error:?}")).1.len(), 2, "{text}");
    }
    assert_eq!(query(&source, "LLEN long").await.expect("an answer").1, ["1010000"]);
    assert_eq!(query(&source, "LINDEX long 1009999").await.expect("an answer").1, ["1009999"]);
}

#[tokio::test]
async fn commands_are_run() {
    let Some(server) = Server::start().await else { return };
    assert!(source(&server).await.connector.is_read_only());
    let source = source_with(&server, json!({"read_only": false, "databases": [3]})).await;
    assert!(!source.connector.is_read_only());
    let execute = async |text: &str| source.connector.execute(text, "ann").await;
    for (text, rows) in [
        ("SET greeting 'hello world'", 1),
        ("HSET user:1 name ann age 42", 2),
        ("SELECT 0", 1),
        ("DEL nothing", 0),
        ("DEL greeting user:1", 2),
        ("SET \"k\\xff\" \"\\x00\"", 1),
    ] {
        assert_eq!(execute(text).await.unwrap_or_else(|error| panic!("{text}: {error:?}")), rows, "{text}");
    }
    assert_eq!(query(&source, "GET \"k\\xff\"").await.expect("an answer").1, ["\\x00"]);
    for (text, code) in [("NOSUCH", Code::Unsupported), ("MONITOR", Code::Unsupported), ("", Code::Syntax), ("HSET a", Code::BadData)] {
        let error = execute(text).await.expect_err(text);
        assert_eq!((error.code, error.retryable), (code, false), "{text}: {error:?}");
    }
    // An answer that is late leaves it open whether the command was run.
    let hasty = source_with(&server, json!({"read_only": false, "command_timeout": 300})).await;
    let error = hasty.connector.execute("BLPOP nothing 0", "ann").await.expect_err("no answer");
    assert_eq!((error.code, error.retryable), (Code::ConnectionLost, false), "{error:?}");
    assert!(error.hint.is_some_and(|hint| hint.contains("Whether it was done is not known")));
}
