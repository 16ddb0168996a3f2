//! Brokers that end and come back, and topics that do.

use std::time::{Duration, Instant};

use futures::StreamExt;
use libtest_mimic::Trial;
use serde_json::json;
use spi::Code;
use spi::connector::ReadRequest;

use crate::fixture::{Source, source_with};
use crate::server::{Server, value};
use crate::trial_alone;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial_alone("faults::a_killed_broker_is_told_and_comes_back", a_killed_broker_is_told_and_comes_back),
        trial_alone("faults::a_silent_broker_is_noticed", a_silent_broker_is_noticed),
        trial_alone("faults::a_topic_may_go_and_come_back", a_topic_may_go_and_come_back),
        trial_alone("faults::a_topic_that_changes_during_a_read_is_told", a_topic_that_changes_during_a_read_is_told),
    ]
}

/// More than a client's buffers hold.
const MESSAGES: usize = 60_000;

async fn a_killed_broker_is_told_and_comes_back(server: &mut Server) {
    server.create("long", 1, &[]).await;
    server.send("long", &vec![value(format!("{{\"text\": \"{}\"}}", "x".repeat(1000))); MESSAGES]);
    let source = source_with(server, json!({"request_timeout": 3000, "connect_timeout": 3000})).await;
    let request = source.request("long").await;
    let mut stream = source.stream(request.clone()).await;
    assert!(stream.next().await.is_some_and(|batch| batch.is_ok()));
    server.kill();
    let error = loop {
        if let Err(error) = stream.next().await.expect("an error before the end") {
            break error;
        }
    };
    assert_eq!((error.code, error.retryable), (Code::ConnectionLost, true), "{error:?}");
    assert!(error.message.contains("read table \"public.long\""), "{error:?}");
    server.restart();
    assert_eq!(rows_when_back(&source, &request).await.len(), MESSAGES);
    // A broker that is back soon is waited for.
    let patient = source_with(server, json!({"request_timeout": 120_000})).await;
    let mut stream = patient.stream(request).await;
    let mut rows = stream.next().await.expect("a batch").expect("a batch").num_rows();
    server.kill();
    server.restart();
    while let Some(batch) = stream.next().await {
        rows += batch.expect("a batch").num_rows();
    }
    assert_eq!(rows, MESSAGES);
}

/// Its connections stay open, and nothing comes any more.
async fn a_silent_broker_is_noticed(server: &mut Server) {
    server.create("long", 1, &[]).await;
    server.send("long", &vec![value(format!("{{\"text\": \"{}\"}}", "x".repeat(1000))); MESSAGES]);
    let source = source_with(server, json!({"request_timeout": 3000, "connect_timeout": 3000})).await;
    let request = source.request("long").await;
    let mut stream = source.stream(request.clone()).await;
    assert!(stream.next().await.is_some_and(|batch| batch.is_ok()));
    server.hold(true);
    let started = Instant::now();
    let error = loop {
        if let Err(error) = stream.next().await.expect("an error before the end") {
            break error;
        }
    };
    assert_eq!((error.code, error.retryable), (Code::ConnectionLost, true), "{error:?}");
    let error = source.rows(request.clone()).await.expect_err("silence");
    assert_eq!((error.code, error.retryable), (Code::Unreachable, true), "{error:?}");
    // The deadlines are six seconds; the rest is for a busy machine.
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    server.hold(false);
    assert_eq!(rows_when_back(&source, &request).await.len(), MESSAGES);
}

/// The rows of a broker that is back, as soon as it leads its partitions again.
async fn rows_when_back(source: &Source, request: &ReadRequest) -> Vec<String> {
    let started = Instant::now();
    loop {
        match source.rows(request.clone()).await {
            Ok(rows) => return rows,
            Err(error) => {
                assert!(error.retryable, "{error:?}");
                assert!(started.elapsed() < Duration::from_secs(60), "the broker is back: {error:?}");
            }
        }
    }
}

async fn a_topic_may_go_and_come_back(server: &mut Server) {
    server.create("moody", 3, &[]).await;
    server.send("moody", &[value("{\"n\": 1}")]);
    let source = source_with(server, json!({})).await;
    let request = source.request_of("moody", &["n"]).await;
    server.delete("moody").await;
    let error = source.rows(request.clone()).await.expect_err("it is gone");
    assert_eq!(error.code, Code::UndefinedTable, "{error:?}");
    server.create("moody", 1, &[]).await;
    server.send("moody", &[value("{\"n\": 2}"), value("{\"n\": 3}")]);
    assert_eq!(source.rows(request).await.expect("rows"), ["2", "3"]);
}

/// Rows of before and rows of after are never given as if they were one topic's.
async fn a_topic_that_changes_during_a_read_is_told(server: &mut Server) {
    let long = vec![value("x".repeat(1000)); MESSAGES];
    let source = source_with(server, json!({"request_timeout": 5000})).await;
    for change in ["truncated", "emptied", "gone", "shorter", "longer"] {
        server.create(change, 1, &[]).await;
        server.send(change, &long);
        let mut request = source.request(change).await;
        request.columns.retain(|column| column.name() == "_offset");
        let mut stream = source.stream(request).await;
        assert!(stream.next().await.is_some_and(|batch| batch.is_ok()));
        match change {
            "truncated" => server.delete_before(change, MESSAGES as i64 - 1).await,
            "emptied" => server.delete_before(change, MESSAGES as i64).await,
            _ => server.delete(change).await,
        }
        if ["shorter", "longer"].contains(&change) {
            server.create(change, 1, &[]).await;
            server.send(change, &long[..if change == "longer" { MESSAGES } else { 1 }]);
        }
        let error = loop {
            match stream.next().await {
                Some(Ok(_)) => {}
                Some(Err(error)) => break error,
                None => panic!("rows are missing, and nobody was told: {change}"),
            }
        };
        assert_eq!((error.code, error.retryable), (Code::Conflict, true), "{change}: {error:?}");
    }
}
