//! Connections are few, clean and replaced; statements that nobody wants stop at the server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use libtest_mimic::Trial;
use serde_json::json;
use spi::Code;
use spi::predicate::{Comparison, Predicate, Value};
use sqlx::Row;

use crate::fixture::{Source, open, options, source, source_of};
use crate::server::{Product, Server};
use crate::{Shared, trial, trial_on};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(shared, "pooling::one_connection_stays", one_connection_stays),
        trial(shared, "pooling::many_statements_are_no_burden", many_statements_are_no_burden),
        trial(shared, "pooling::a_dropped_read_stops_at_the_server", a_dropped_read_stops_at_the_server),
        trial_on(Product::MySql, shared, "pooling::a_dropped_read_stops_at_the_server", a_dropped_read_stops_at_the_server),
        trial(shared, "pooling::a_dropped_stream_is_not_reused", a_dropped_stream_is_not_reused),
        trial(shared, "pooling::a_killed_idle_connection_is_replaced", a_killed_idle_connection_is_replaced),
        trial(shared, "pooling::a_limit_of_the_server_is_told", a_limit_of_the_server_is_told),
        Trial::test("mariadb::pooling::a_killed_server_is_told_and_found_again", a_killed_server_is_told_and_found_again)
            .with_ignored_flag(Product::MariaDb.missing().is_some()),
    ]
}

/// Nothing here takes long, and a statement that is not ended takes longer.
const DEADLINE: Duration = Duration::from_secs(60);

/// A value of the first row of a statement, as a number.
async fn number(server: &Server, sql: &str) -> u64 {
    let row = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).fetch_one(&mut server.connect().await).await.expect("a row");
    row.try_get_unchecked(0).expect("a number")
}

/// Asks until the server gives this number.
async fn becomes(server: &Server, sql: &str, wanted: u64) {
    let started = Instant::now();
    while number(server, sql).await != wanted {
        assert!(started.elapsed() < DEADLINE, "{sql} does not become {wanted}");
        tokio::task::yield_now().await;
    }
}

/// A source with a login of its own, so that its connections can be told apart.
async fn source_with_login(server: &Server, name: &str, sql: &str) -> (Source, String) {
    source(server, name, sql).await;
    server.execute(&format!("CREATE USER {name}@'%' IDENTIFIED BY 'pw'; GRANT ALL ON {name}.* TO {name}@'%'")).await;
    let source = source_of(server, name, json!({"user": name, "password": "pw"})).await;
    (source, format!("SELECT count(*) FROM information_schema.PROCESSLIST WHERE USER = '{name}'"))
}

async fn one_connection_stays(server: &Server) {
    let (source, connections) = source_with_login(server, "stays", "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2);").await;
    let request = source.request("t").await;
    let reads = (0..5).map(|_| source.rows(request.clone()));
    for rows in futures::future::join_all(reads).await {
        assert_eq!(rows.expect("rows"), ["1", "2"]);
    }
    becomes(server, &connections, 1).await;
    let before = source.remote_calls.total();
    assert_eq!(source.rows(request).await.expect("rows"), ["1", "2"]);
    assert_eq!(source.remote_calls.total() - before, 2, "a ping and the statement");
    drop(source);
    becomes(server, &connections, 0).await;
}

/// Statements differ, so that each is prepared; a connection is given up before it has too many of them, and nobody waits for that.
async fn many_statements_are_no_burden(server: &Server) {
    let (source, connections) = source_with_login(server, "plenty", "CREATE TABLE t (a int); INSERT INTO t VALUES (1), (2);").await;
    let mut request = source.request("t").await;
    for limit in 1..=200 {
        request.limit = Some(limit);
        request.predicates = vec![Predicate::Compare { column: "a".to_owned(), comparison: Comparison::Equal, value: Value::Int(2) }];
        assert_eq!(source.rows(request.clone()).await.expect("rows"), ["2"]);
    }
    becomes(server, &connections, 1).await;
    let prepared = "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'PREPARED_STMT_COUNT'";
    assert!(number(server, prepared).await < 200);
}

/// The server computes for minutes without a row, so that it cannot notice the closed socket itself.
async fn a_dropped_read_stops_at_the_server(server: &Server) {
    let (source, _) =
        source_with_login(server, "endless", "CREATE TABLE t (a int); INSERT INTO t VALUES (1); CREATE VIEW v AS SELECT sleep(300) AS a;")
            .await;
    let mut request = source.request("t").await;
    request.table = "v".to_owned();
    let running = "SELECT count(*) FROM information_schema.PROCESSLIST WHERE USER = 'endless' AND INFO LIKE '%`v`%'";
    let mut stream = source.stream(request.clone()).await;
    tokio::select! {
        _ = stream.next() => panic!("a row came early"),
        _ = becomes(server, running, 1) => {}
    }
    drop(stream);
    becomes(server, running, 0).await;
    // The connection that told the server may be kept, the one that was told is gone.
    request.table = "t".to_owned();
    assert_eq!(source.rows(request).await.expect("rows"), ["1"]);
}

async fn a_dropped_stream_is_not_reused(server: &Server) {
    let (source, connections) =
        source_with_login(server, "half_read", "CREATE TABLE t (a int); INSERT INTO t SELECT seq FROM seq_1_to_100000;").await;
    let request = source.request("t").await;
    for _ in 0..3 {
        let mut stream = source.stream(request.clone()).await;
        let batch = stream.next().await.expect("a batch").expect("rows");
        assert_eq!(batch.num_rows(), 8192);
        drop(stream);
        assert_eq!(source.rows(request.clone()).await.expect("rows").len(), 100_000);
    }
    becomes(server, &connections, 1).await;
}

async fn a_killed_idle_connection_is_replaced(server: &Server) {
    let (source, connections) = source_with_login(server, "killed", "CREATE TABLE t (a int); INSERT INTO t VALUES (7);").await;
    let request = source.request("t").await;
    becomes(server, &connections, 1).await;
    server.execute("KILL USER killed").await;
    becomes(server, &connections, 0).await;
    assert_eq!(source.rows(request).await.expect("rows"), ["7"]);
}

async fn a_limit_of_the_server_is_told(server: &Server) {
    source(server, "limited", "CREATE TABLE t (a int)").await;
    server.execute("CREATE USER limited@'%' IDENTIFIED BY 'pw' WITH MAX_USER_CONNECTIONS 1; GRANT ALL ON limited.* TO limited@'%'").await;
    let source = source_of(server, "limited", json!({"user": "limited", "password": "pw"})).await;
    let request = source.request("t").await;
    let other = source_of(server, "limited", json!({"user": "limited", "password": "pw"})).await;
    let error = other.rows(request).await.expect_err("the other source keeps its connection");
    assert_eq!(error.code, Code::TooManyConnections);
    assert!(error.retryable && error.hint.is_some_and(|hint| hint.contains("connections_max")));
}

/// On a server of its own, which it kills.
fn a_killed_server_is_told_and_found_again() -> Result<(), libtest_mimic::Failed> {
    let mut server = Server::start(Product::MariaDb);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (source, request) = runtime.block_on(async {
        let source =
            source(&server, "mortal", "CREATE TABLE t (a longtext); INSERT INTO t SELECT repeat('x', 100000) FROM seq_1_to_1000;").await;
        let request = source.request("t").await;
        (source, request)
    });
    let mut stream = runtime.block_on(source.stream(request.clone()));
    assert!(runtime.block_on(stream.next()).is_some_and(|batch| batch.is_ok()));
    server.kill();
    let error = runtime.block_on(async {
        loop {
            match stream.next().await.expect("an error before the end") {
                Ok(_) => {}
                Err(error) => return error,
            }
        }
    });
    assert_eq!((error.code, error.retryable), (Code::ConnectionLost, true), "{error:?}");
    assert_eq!(error.message, "could not read table \"mortal.t\" of data source \"shop\"");
    drop(stream);
    for _ in 0..5 {
        let error = runtime.block_on(source.rows(request.clone())).expect_err("the server is down");
        assert_eq!(error.code, Code::Unreachable, "{error:?}");
    }
    // Repeated failures are answered without another attempt.
    let before = source.remote_calls.total();
    let error = runtime.block_on(source.rows(request.clone())).expect_err("the server is down");
    assert_eq!((source.remote_calls.total(), error.code), (before, Code::Unreachable));
    server.restart();
    // A source of the same options is not held up by what the other one remembers.
    let (connector, _) = runtime.block_on(open(server.product, options(&server))).expect("a connector");
    assert!(runtime.block_on(connector.test()).iter().all(|stage| stage.outcome.is_ok()));
    let started = Instant::now();
    let rows = loop {
        match runtime.block_on(source.rows(request.clone())) {
            Ok(rows) => break rows,
            Err(error) => assert!(started.elapsed() < DEADLINE, "{error:?}"),
        }
    };
    assert_eq!(rows.len(), 1000);
    Ok(())
}
