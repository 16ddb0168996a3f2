//! Statements in the server's own language are described without being run, run as described, and executed one at a time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::datatypes::{DataType, Field, Schema};
use futures::TryStreamExt;
use serde_json::json;
use spi::connector::{QueryColumn, RunRequest};
use spi::query::Statement;
use spi::types::{PgType, oid};
use spi::{Code, Result};

use crate::fixture::{Fixture, database, open, options, texts, with};

/// Each row of a query as text, of the columns as which it was described.
async fn rows(fixture: &Fixture, query: &str) -> Result<Vec<String>> {
    let columns = fixture.connector.describe(query, "ana").await?;
    let fields = columns.into_iter().map(|QueryColumn { name, data_type, .. }| Field::new(name, data_type, true));
    let statement = Statement { text: query.to_owned(), parameters: Vec::new() };
    let request =
        RunRequest { statement, native: true, columns: Arc::new(Schema::new(fields.collect::<Vec<_>>())), user: "ana".to_owned() };
    let batches: Vec<_> = fixture.connector.run(request).try_collect().await?;
    Ok(batches.iter().flat_map(texts).collect())
}

async fn execute(fixture: &Fixture, statement: &str) -> Result<u64> {
    fixture.connector.execute(statement, "ana").await
}

#[tokio::test]
async fn columns_are_described_as_those_of_tables() {
    let sql = "CREATE DOMAIN amount AS numeric(9,2); CREATE DOMAIN price AS amount; CREATE TYPE mood AS ENUM ('sad'); \
         CREATE TABLE t (a int, b numeric(5,1), c price, d varchar(7), e uuid, f mood, g int[], h char(3)[])";
    let Some(fixture) = database(sql).await else { return };
    let described = fixture.connector.describe("SELECT *, b + c AS s, count(*) OVER () AS a FROM t", "ana").await.expect("columns");
    let column = |name: &str, data_type, pg_type| QueryColumn { name: name.to_owned(), data_type, pg_type };
    let list = |item| DataType::new_list(item, true);
    assert_eq!(
        described,
        [
            column("a", DataType::Int32, PgType::new(oid::INT4)),
            column("b", DataType::Decimal128(5, 1), PgType::numeric(5, 1)),
            column("c", DataType::Decimal128(9, 2), PgType::numeric(9, 2)),
            column("d", DataType::Utf8, PgType::varchar(7)),
            column("e", DataType::Utf8, PgType::new(oid::UUID)),
            column("f", DataType::Utf8, PgType::new(oid::TEXT)),
            column("g", list(DataType::Int32), PgType::new(1007)),
            column("h", list(DataType::Utf8), PgType::new(1014)),
            column("s", DataType::Utf8, PgType::new(oid::NUMERIC)),
            column("a", DataType::Int64, PgType::new(oid::INT8)),
        ]
    );
    // A table that has changed meanwhile is described anew.
    fixture.execute("ALTER TABLE t ALTER a TYPE text").await;
    let described = fixture.connector.describe("SELECT *, b + c AS s, count(*) OVER () AS a FROM t", "ana").await.expect("columns");
    assert_eq!(described[0].data_type, DataType::Utf8);
}

#[tokio::test]
async fn a_query_is_run_as_it_was_described() {
    let sql = "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (n int, m mood, q numeric(5,2), c char(3)); \
         INSERT INTO t VALUES (2, 'ok', 1.5, 'x'), (1, 'sad', -2, NULL)";
    let Some(fixture) = database(sql).await else { return };
    for (query, expected) in [
        ("SELECT 1", &["1"][..]),
        ("SELECT n, q, c FROM t ORDER BY n DESC", &["2|1.50|x  ", "1|-2.00|NULL"]),
        ("SELECT n, m, sum(q) OVER () AS q, q FROM t ORDER BY n DESC -- all of them\n;", &["2|ok|-0.50|1.50", "1|sad|-0.50|-2.00"]),
        (
            "WITH w AS (SELECT n AS \"N\", n FROM t) SELECT max(n), 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS n, ARRAY[1.5] FROM w",
            &["2|a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|[1.5]"],
        ),
        ("VALUES (inet '10.0.0.1'), (NULL)", &["10.0.0.1", "NULL"]),
        ("SHOW server_encoding", &["UTF8"]),
        ("SELECT n FROM t WHERE false", &[]),
    ] {
        assert_eq!(rows(&fixture, query).await.unwrap_or_else(|error| panic!("{query}: {error}")), expected, "{query}");
    }
    assert!(rows(&fixture, "EXPLAIN SELECT * FROM t").await.expect("a plan")[0].starts_with("Seq Scan"));
}

#[tokio::test]
async fn what_is_no_query_is_refused() {
    let Some(fixture) = database("CREATE TABLE t (n int)").await else { return };
    for (query, code) in [
        ("SELECT 1; SELECT 2", Code::Syntax),
        ("SELEC 1", Code::Syntax),
        ("SELECT * FROM nowhere", Code::UndefinedTable),
        ("SELECT x FROM t", Code::UndefinedColumn),
        ("SELECT $1::int", Code::UndefinedParameter),
        ("DELETE FROM t", Code::Unsupported),
        ("CREATE TABLE u ()", Code::Unsupported),
        ("", Code::Unsupported),
    ] {
        let error = fixture.connector.describe(query, "ana").await.expect_err(query);
        assert_eq!(error.code, code, "{query}: {error}");
    }
    // What writes and answers with rows fails when it is run.
    let error = rows(&fixture, "INSERT INTO t VALUES (1) RETURNING n").await.expect_err("a refusal");
    assert_eq!((error.code, error.code.sqlstate()), (Code::ReadOnly, "25006"));
    assert_eq!(fixture.answer("SELECT ARRAY[n::text] FROM t").await, [""; 0]);
    assert_eq!(rows(&fixture, "SELECT 1").await.expect("rows"), ["1"]);
}

#[tokio::test]
async fn one_statement_is_executed_and_counted() {
    let Some(fixture) = database("").await else { return };
    for (statement, count) in [
        ("CREATE TABLE t (n int)", 0),
        ("INSERT INTO t SELECT generate_series(1, 9) RETURNING n", 9),
        ("UPDATE t SET n = 0 WHERE n > 5;", 4),
        ("SELECT n FROM t WHERE n = 0", 4),
        ("VACUUM t", 0),
        ("DO $$ BEGIN DELETE FROM t; END $$", 0),
        ("CREATE INDEX CONCURRENTLY i ON t (n)", 0),
    ] {
        assert_eq!(execute(&fixture, statement).await.unwrap_or_else(|error| panic!("{statement}: {error}")), count, "{statement}");
    }
    let name = format!("{}_other", fixture.name);
    execute(&fixture, &format!("CREATE DATABASE {name} TEMPLATE template0")).await.expect("a database");
    execute(&fixture, &format!("DROP DATABASE {name}")).await.expect("no database");
    for (statement, code) in [
        ("DELETE FROM t; DELETE FROM t", Code::Syntax),
        ("DROP TABLE nowhere", Code::UndefinedTable),
        ("CREATE TABLE t ()", Code::AlreadyExists),
        ("INSERT INTO t VALUES ('x')", Code::InvalidText),
        ("COPY t FROM STDIN", Code::Unsupported),
        ("COPY t TO STDOUT", Code::Unsupported),
    ] {
        assert_eq!(execute(&fixture, statement).await.expect_err(statement).code, code, "{statement}");
    }
}

#[tokio::test]
async fn a_statement_leaves_no_session_behind() {
    let Some(fixture) = database("CREATE TABLE t (n int); CREATE VIEW session AS SELECT pg_backend_pid() p").await else { return };
    // With one connection at a time, each statement would meet the state that the one before has left.
    let options = with(options(fixture.server, &fixture.name), json!({"connections_max": 1, "read_only": false}));
    let fixture = Fixture { connector: open(options).await.expect("a connector"), ..fixture };
    assert!(!fixture.connector.is_read_only());
    for statement in ["BEGIN", "SET search_path = nowhere", "SET default_transaction_read_only = off", "COMMIT", "LISTEN news"] {
        execute(&fixture, statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
        assert_eq!(rows(&fixture, "SHOW default_transaction_read_only").await.expect("rows"), ["on"], "{statement}");
        assert_eq!(rows(&fixture, "SELECT count(*) FROM t").await.expect("rows"), ["0"], "{statement}");
    }
    let error = rows(&fixture, "INSERT INTO t VALUES (1) RETURNING n").await.expect_err("a refusal");
    assert_eq!(error.code, Code::ReadOnly);
}

#[tokio::test]
async fn a_statement_that_nobody_waits_for_ends_at_the_server() {
    let Some(fixture) = database("CREATE TABLE t (n int)").await else { return };
    let running = "SELECT ARRAY[count(*)::text] FROM pg_stat_activity WHERE application_name = 'metagate/ana' \
         AND datname = current_database() AND state = 'active'";
    let wait_for = async |wanted: &str| {
        let started = Instant::now();
        while fixture.answer(running).await != [wanted] {
            assert!(started.elapsed() < Duration::from_secs(10), "not {wanted} statements run");
        }
    };
    tokio::select! {
        ended = execute(&fixture, "DO $$ BEGIN INSERT INTO t VALUES (1); PERFORM pg_sleep(60); END $$") => panic!("it ended: {ended:?}"),
        () = wait_for("1") => {}
    }
    wait_for("0").await;
    assert_eq!(fixture.answer("SELECT ARRAY[n::text] FROM t").await, [""; 0]);
}

#[tokio::test]
async fn a_query_cannot_make_itself_write() {
    let sql = "CREATE TABLE t (n int); INSERT INTO t VALUES (1); \
         CREATE PROCEDURE p(INOUT n int) LANGUAGE plpgsql AS 'BEGIN COMMIT; SET TRANSACTION READ WRITE; DELETE FROM t; END'";
    let Some(fixture) = database(sql).await else { return };
    // With one connection at a time, each query would meet the session that the one before has left.
    let options = with(options(fixture.server, &fixture.name), json!({"connections_max": 1}));
    let fixture = Fixture { connector: open(options).await.expect("a connector"), ..fixture };
    for limit in ["", " LIMIT 10"] {
        let off = format!("SELECT set_config('default_transaction_read_only', 'off', false){limit}");
        assert_eq!(rows(&fixture, &off).await.expect("rows"), ["off"]);
        assert_eq!(rows(&fixture, "SHOW default_transaction_read_only").await.expect("rows"), ["on"], "{off}");
        rows(&fixture, &format!("SELECT set_config('transaction_read_only', 'off', false){limit}")).await.expect_err("too late");
    }
    for query in ["INSERT INTO t VALUES (2) RETURNING n", "WITH d AS (DELETE FROM t RETURNING n) SELECT n FROM d LIMIT 10", "CALL p(1)"] {
        let error = rows(&fixture, query).await.expect_err(query);
        assert!(query == "CALL p(1)" || error.code == Code::ReadOnly, "{query}: {error}");
    }
    assert_eq!(fixture.answer("SELECT ARRAY[n::text] FROM t").await, ["1"]);
}

#[tokio::test]
async fn a_function_that_writes_is_refused() {
    let Some(fixture) = database("CREATE TABLE t (n int)").await else { return };
    let sql = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS \
         'BEGIN PERFORM set_config(''default_transaction_read_only'', ''off'', false); INSERT INTO t VALUES (1); RETURN 1; END'";
    fixture.execute(sql).await;
    for query in ["SELECT f()", "SELECT f() LIMIT 1", "EXPLAIN ANALYZE SELECT f()"] {
        let error = rows(&fixture, query).await.expect_err(query);
        assert_eq!(error.code, Code::ReadOnly, "{query}: {error}");
    }
    assert_eq!(fixture.answer("SELECT ARRAY[n::text] FROM t").await, [""; 0]);
}
