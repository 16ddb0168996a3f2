//! Queries and statements in the server's own language.

use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::json;
use spi::Code;

use crate::fixture::{Source, source, source_of};
use crate::server::{Product, Server};
use crate::{Shared, trial_on};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    let on = |product| {
        [
            trial_on(product, shared, "native::queries_are_described_and_run", queries_are_described_and_run),
            trial_on(product, shared, "native::what_is_no_query_is_refused", what_is_no_query_is_refused),
            trial_on(product, shared, "native::a_query_leaves_no_session_behind", a_query_leaves_no_session_behind),
            trial_on(product, shared, "native::statements_are_run", statements_are_run),
            trial_on(product, shared, "native::one_statement_is_one", one_statement_is_one),
        ]
    };
    [Product::MariaDb, Product::MySql].into_iter().flat_map(on).collect()
}

async fn queries_are_described_and_run(server: &Server) {
    let source = source(
        server,
        "described",
        "SET time_zone = '+00:00'; CREATE TABLE t (a int unsigned, b decimal(10,2), c varchar(9) COLLATE utf8mb4_bin,
             d datetime(3), e bit(1), f json, g blob, h time, i bigint unsigned, j timestamp NULL, k year, l double);
         INSERT INTO t VALUES (1, 2.50, 'x', '2024-01-02 03:04:05.678', 1, '[1]', x'00ff', '-01:02:03', 18446744073709551615,
             '2024-01-02 03:04:05', 2024, 0.5), (2, 3.25, 'y', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);",
    )
    .await;
    let (columns, rows) = source.query("SELECT * FROM t WHERE a = 1").await.expect("rows");
    let json = if server.product == Product::MySql { "jsonb" } else { "text" };
    let types: Vec<String> = columns.iter().map(|column| format!("{} {}", column.name, column.pg_type.format())).collect();
    assert_eq!(
        types,
        [
            "a bigint",
            "b numeric",
            "c text",
            "d timestamp without time zone",
            "e bytea",
            &format!("f {json}"),
            "g bytea",
            "h interval",
            "i numeric(20,0)",
            "j timestamp with time zone",
            "k smallint",
            "l double precision",
        ]
    );
    let times = "-1 hours -2 mins -3.000000000 secs|18446744073709551615|2024-01-02T03:04:05Z|2024|0.5";
    assert_eq!(rows, [format!("1|2.50|x|2024-01-02T03:04:05.678|01|[1]|00ff|{times}")]);
    let (columns, rows) = source
        .query("SELECT c AS x, COUNT(*) AS x, SUM(b), AVG(a), NULL, 'it''s \\n', MAX(e) = 1 FROM described.t GROUP BY c ORDER BY c DESC")
        .await
        .expect("rows");
    assert_eq!((columns[0].name.as_str(), columns[1].name.as_str()), ("x", "x"));
    assert_eq!(rows, ["y|1|3.25|2.0000|NULL|it's \\n|NULL", "x|1|2.50|1.0000|NULL|it's \\n|1"]);
    assert_eq!(source.query("SHOW TABLES").await.expect("rows").1, ["t"]);
    assert_eq!(source.query("SELECT a FROM t WHERE false;").await.expect("rows").1, [""; 0]);
}

async fn what_is_no_query_is_refused(server: &Server) {
    let source = source(server, "no_query", "CREATE TABLE t (a int); CREATE PROCEDURE p() SELECT 1;").await;
    for (text, code) in [
        ("INSERT INTO t VALUES (1)", Code::InvalidArgument),
        ("CALL p()", Code::InvalidArgument),
        ("DROP TABLE t", Code::InvalidArgument),
        ("SELECT 1 INTO @x", Code::InvalidArgument),
        ("SELECT 1; DROP TABLE t", Code::Syntax),
        ("SELECT 1; SELECT 2", Code::Syntax),
        ("SELEC 1", Code::Syntax),
        ("", Code::Syntax),
        ("SELECT ?", Code::UndefinedParameter),
        ("SELECT * FROM gone", Code::UndefinedTable),
        ("SELECT gone FROM t", Code::UndefinedColumn),
        ("SELECT no_query.gone()", Code::UndefinedFunction),
    ] {
        let error = source.connector.describe(text, "ann").await.expect_err(text);
        assert_eq!((error.code, error.retryable), (code, false), "{text}: {error:?}");
    }
    if server.product == Product::MariaDb {
        let error = source.query("INSERT INTO t VALUES (1) RETURNING a").await.expect_err("refused");
        assert_eq!(error.code, Code::InvalidArgument, "{error:?}");
    }
    assert!(source.rows(source.request("t").await).await.expect("rows").is_empty());
}

async fn a_query_leaves_no_session_behind(server: &Server) {
    let source = source(server, "left_behind", "").await;
    assert_eq!(source.query("SELECT @kept := 5").await.expect("rows").1, ["5"]);
    assert_eq!(source.query("SELECT @kept IS NULL").await.expect("rows").1, ["1"]);
}

async fn execute(source: &Source, statement: &str) -> spi::Result<u64> {
    source.connector.execute(statement, "ann").await
}

async fn statements_are_run(server: &Server) {
    source(server, "run_here", "CREATE TABLE t (a int PRIMARY KEY, b int); CREATE TABLE note (a int)").await;
    let source = source_of(server, "run_here", json!({"read_only": false})).await;
    for (statement, rows) in [
        ("INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)", 3),
        // Rows that stay as they are count as well, as in PostgreSQL.
        ("UPDATE run_here.t SET b = 1 WHERE a < 3", 2),
        ("DELETE FROM t WHERE a = 3", 1),
        ("CREATE TABLE u (a int)", 0),
        // These are not prepared.
        ("CREATE TRIGGER noted AFTER INSERT ON t FOR EACH ROW BEGIN INSERT INTO note VALUES (NEW.a); INSERT INTO note VALUES (0); END", 0),
        ("CREATE PROCEDURE two() BEGIN SELECT 1; SELECT 2; DELETE FROM note WHERE a = 0; END", 0),
        ("INSERT INTO t VALUES (7, 7)", 1),
        ("CALL two()", 1),
        ("LOCK TABLES t WRITE", 0),
        ("START TRANSACTION", 0),
        ("SET sql_mode = '', time_zone = '+05:00'", 0),
        ("SELECT * FROM t", 0),
    ] {
        assert_eq!(execute(&source, statement).await.unwrap_or_else(|error| panic!("{statement}: {error:?}")), rows, "{statement}");
    }
    assert_eq!(source.rows(source.request("t").await).await.expect("rows"), ["1|1", "2|1", "7|7"]);
    assert_eq!(source.rows(source.request("note").await).await.expect("rows"), ["7"]);
    for (statement, code) in [
        ("INSERT INTO t VALUES (1, 1)", Code::UniqueViolation),
        ("CREATE TABLE t (a int)", Code::AlreadyExists),
        ("DROP TABLE gone", Code::UndefinedTable),
        ("DELETE FROM run_here.gone", Code::UndefinedTable),
        ("CREATE TABLE gone.t (a int)", Code::UndefinedSchema),
        ("CALL gone()", Code::UndefinedFunction),
        ("INSERT INTO t VALUES (?, 1)", Code::UndefinedParameter),
        ("HELLO", Code::Syntax),
    ] {
        let error = execute(&source, statement).await.expect_err(statement);
        assert_eq!((error.code, error.retryable), (code, false), "{statement}: {error:?}");
    }
    // Nothing of it is left in the sessions that read.
    assert_eq!(source.query("SELECT @@time_zone").await.expect("rows").1, ["+00:00"]);
}

/// Neither where statements are prepared nor where they are not.
async fn one_statement_is_one(server: &Server) {
    source(server, "just_one", "CREATE TABLE t (a int)").await;
    let source = source_of(server, "just_one", json!({"read_only": false})).await;
    for statement in [
        "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)",
        "CREATE TRIGGER once AFTER INSERT ON t FOR EACH ROW SET @a = 1; DROP TABLE t",
        "CREATE PROCEDURE p() SELECT 1; DROP TABLE t",
        "LOCK TABLES t WRITE; DROP TABLE t",
        "USE mysql; DROP TABLE just_one.t",
    ] {
        let error = execute(&source, statement).await.expect_err(statement);
        assert_eq!(error.code, Code::Syntax, "{statement}: {error:?}");
    }
    assert!(source.rows(source.request("t").await).await.expect("rows").is_empty());
}
