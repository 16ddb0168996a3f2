//! The files themselves: missing, wrong, locked, replaced; and connections that are given back.

use std::time::Duration;

use futures::StreamExt;
use spi::Code;
use spi::connector::{Connector, Scope, Stage};
use sqlx::Connection;

use crate::fixture::{database, database_with, execute, harvest, open, run, writer};

/// Far longer than what it guards takes, far shorter than the statements that must be stopped.
const SOON: Duration = Duration::from_secs(20);

async fn failed_stage(connector: &dyn Connector) -> (Stage, spi::Error) {
    let last = connector.test().await.pop().expect("a stage");
    (last.stage, last.outcome.expect_err("a failure"))
}

#[tokio::test]
async fn a_test_says_each_stage() {
    let fixture = database("CREATE TABLE t (a)").await;
    let stages: Vec<_> = fixture.connector.test().await.into_iter().map(|stage| (stage.stage, stage.outcome.expect("a success"))).collect();
    assert_eq!(
        stages,
        [
            (Stage::Resolve, "the file exists".to_owned()),
            (Stage::Connect, "opened read-only, schema version 1".to_owned()),
            (Stage::Query, "1 objects".to_owned()),
        ]
    );
}

#[tokio::test]
async fn a_missing_file_is_named_and_not_created() {
    let fixture = database("CREATE TABLE t (a)").await;
    let request = fixture.request("main", "t").await;
    std::fs::remove_file(fixture.path()).expect("a removed file");
    let error = fixture.rows(request).await.expect_err("no file");
    assert_eq!((error.code, error.message.as_str()), (Code::Io, "could not open data source \"shop\""));
    assert_eq!(error.detail, Some(format!("File \"{}\" does not exist.", fixture.path().display())));
    assert!(error.hint.is_some_and(|hint| hint.contains("\"path\"") && hint.contains("CALL pause_datasource('shop')")));
    assert_eq!(failed_stage(&*fixture.connector).await.0, Stage::Resolve);
    let error = harvest(&*fixture.connector, &Scope::default()).await.expect_err("no file");
    assert_eq!(error.code, Code::Io);
    assert!(!fixture.path().exists());
}

#[tokio::test]
async fn paths_are_never_uris() {
    let folder = tempfile::tempdir().expect("a folder");
    let created = folder.path().join("created.db");
    let tricks = [format!("file:{}?mode=rwc", created.display()), ":memory:".to_owned(), format!("{}?mode=rwc", created.display())];
    for path in tricks {
        let (connector, _) = open(serde_json::json!({ "path": path })).await.expect("a connector");
        let (stage, error) = failed_stage(&*connector).await;
        assert_eq!((stage, error.code), (Stage::Resolve, Code::Io), "{path}");
    }
    assert!(!created.exists());
}

#[tokio::test]
async fn a_file_of_another_kind_is_bad_data() {
    let fixture = database("CREATE TABLE t (a)").await;
    std::fs::write(fixture.path(), "this is no database, but it is long enough for its header ".repeat(20)).expect("a written file");
    let (stage, error) = failed_stage(&*fixture.connector).await;
    assert_eq!((stage, error.code), (Stage::Connect, Code::BadData));
    let (connector, _) = open(serde_json::json!({ "path": fixture.folder.path() })).await.expect("a connector");
    let (stage, error) = failed_stage(&*connector).await;
    assert_eq!((stage, error.code), (Stage::Resolve, Code::BadData));
}

#[tokio::test]
async fn a_locked_database_is_worth_another_try() {
    let fixture = database_with("CREATE TABLE t (a); INSERT INTO t VALUES (1);", serde_json::json!({ "busy_timeout_ms": 10 })).await;
    let request = fixture.request("main", "t").await;
    let locking = run(writer(&fixture.path()).await, "BEGIN EXCLUSIVE; INSERT INTO t VALUES (2);").await;
    let error = fixture.rows(request.clone()).await.expect_err("a lock");
    assert_eq!((error.code, error.retryable), (Code::Unavailable, true));
    run(locking, "COMMIT").await.close().await.expect("a closed database");
    assert_eq!(fixture.rows(request).await.expect("rows"), ["1", "2"]);
}

#[tokio::test]
async fn a_replaced_file_is_read_instead_of_the_old_one() {
    let fixture = database("CREATE TABLE t (a); INSERT INTO t VALUES ('old');").await;
    let request = fixture.request("main", "t").await;
    assert_eq!(fixture.rows(request.clone()).await.expect("rows"), ["old"]);
    let next = fixture.folder.path().join("next.db");
    execute(&next, "CREATE TABLE t (a); INSERT INTO t VALUES ('new');").await;
    std::fs::rename(&next, fixture.path()).expect("a replaced file");
    assert_eq!(fixture.rows(request).await.expect("rows"), ["new"]);
}

#[tokio::test]
async fn a_database_in_wal_mode_is_read_while_it_is_written() {
    let fixture = database("PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1);").await;
    let request = fixture.request("main", "t").await;
    let writing = run(writer(&fixture.path()).await, "BEGIN IMMEDIATE; INSERT INTO t VALUES (2);").await;
    assert_eq!(fixture.rows(request.clone()).await.expect("rows"), ["1"]);
    run(writing, "COMMIT").await.close().await.expect("a closed database");
    assert_eq!(fixture.rows(request).await.expect("rows"), ["1", "2"]);
}

/// With one connection, each of these reads has it only if the one before was stopped and gave it back.
#[tokio::test]
async fn a_dropped_stream_gives_its_connection_back() {
    let fixture = database_with(
        "CREATE TABLE t (a); INSERT INTO t VALUES (1);
         CREATE VIEW endless AS WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;
         CREATE VIEW silent AS SELECT i FROM endless WHERE i < 0;",
        serde_json::json!({ "connections_max": 1 }),
    )
    .await;
    let (table, endless, silent) =
        (fixture.request("main", "t").await, fixture.request("main", "endless").await, fixture.request("main", "silent").await);
    for round in 0..3 {
        let mut rows = fixture.stream(endless.clone()).await;
        assert_eq!(rows.next().await.expect("a batch").expect("rows").num_rows(), 8192);
        drop(rows);
        // This one never has a row: only the interruption ends it.
        let mut rows = fixture.stream(silent.clone()).await;
        assert!(futures::poll!(rows.next()).is_pending());
        drop(rows);
        let read = tokio::time::timeout(SOON, fixture.rows(table.clone())).await;
        assert_eq!(read.expect("the connection").expect("rows"), ["1"], "round {round}");
    }
}

#[tokio::test]
async fn finished_statements_share_a_connection() {
    let fixture = database("CREATE TABLE t (a); INSERT INTO t VALUES (1);").await;
    let request = fixture.request("main", "t").await;
    let before = fixture.remote_calls.total();
    for _ in 0..5 {
        assert_eq!(fixture.rows(request.clone()).await.expect("rows"), ["1"]);
    }
    assert_eq!(fixture.remote_calls.total() - before, 5);
}

#[tokio::test]
async fn options_out_of_range_are_refused() {
    for options in [
        serde_json::json!({ "path": "x.db", "connections_max": 0 }),
        serde_json::json!({ "path": "x.db", "busy_timeout_ms": 60_001 }),
        serde_json::json!({ "path": "" }),
        serde_json::json!({ "path": "x.db", "attach": { "main": "y.db" } }),
    ] {
        assert_eq!(open(options.clone()).await.err().map(|error| error.code), Some(Code::InvalidArgument), "{options}");
    }
}
