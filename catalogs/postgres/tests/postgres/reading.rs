//! Rows come as asked for, in bounded batches, and a table that has changed meanwhile is noticed.

use std::sync::Arc;

use futures::TryStreamExt;
use serde_json::json;
use spi::Code;
use spi::connector::ReadRequest;

use crate::fixture::{Fixture, database, open, options, with};

#[tokio::test]
async fn columns_limits_and_counts_are_as_asked() {
    let sql = "CREATE TABLE \"We\"\"ird\" (a int, \"sel ect\" text, c int); INSERT INTO \"We\"\"ird\" SELECT n, 'x' || n, -n FROM generate_series(1, 9) n";
    let Some(fixture) = database(sql).await else { return };
    let whole = fixture.request("public", "We\"ird").await;
    let mut request = whole.clone();
    request.columns = vec![Arc::clone(&whole.columns[2]), Arc::clone(&whole.columns[1])];
    request.limit = Some(2);
    assert_eq!(fixture.rows(request).await.expect("rows"), ["-1|x1", "-2|x2"]);
    for (limit, count) in [(None, 9), (Some(4), 4), (Some(0), 0)] {
        let request = ReadRequest { columns: Vec::new(), limit, ..whole.clone() };
        let batches = fixture.batches(request).await.expect("batches");
        assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), count);
    }
}

#[tokio::test]
async fn batches_are_bounded_by_rows_and_by_bytes() {
    let sql = "CREATE TABLE narrow AS SELECT n FROM generate_series(1, 20000) n; \
         CREATE TABLE wide AS SELECT repeat('x', 1000000) s FROM generate_series(1, 20)";
    let Some(fixture) = database(sql).await else { return };
    let narrow = fixture.batches(fixture.request("public", "narrow").await).await.expect("batches");
    assert_eq!(narrow.iter().map(|batch| batch.num_rows()).collect::<Vec<_>>(), [8_192, 8_192, 3_616]);
    let wide = fixture.batches(fixture.request("public", "wide").await).await.expect("batches");
    assert!(wide.len() >= 4 && wide.iter().all(|batch| batch.num_rows() <= 5));
}

#[tokio::test]
async fn views_partitions_and_the_logins_own_search_path_work() {
    let sql = "CREATE TABLE part (d date, v int) PARTITION BY RANGE (d); \
         CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM ('2024-01-01') TO ('2025-01-01'); INSERT INTO part VALUES ('2024-05-05', 1); \
         CREATE FUNCTION twice() RETURNS bigint LANGUAGE sql AS 'SELECT 2 * count(*) FROM part'; CREATE VIEW doubled AS SELECT twice() AS n; \
         CREATE MATERIALIZED VIEW kept AS SELECT v FROM part";
    let Some(fixture) = database(sql).await else { return };
    for (table, expected) in [("part", "2024-05-05|1"), ("part_1", "2024-05-05|1"), ("doubled", "2"), ("kept", "1")] {
        assert_eq!(fixture.rows(fixture.request("public", table).await).await.expect("rows"), [expected]);
    }
}

/// The error of reading what was there when the request was made, after the statements.
async fn error_after(fixture: &Fixture, sql: &str) -> spi::Error {
    let request = fixture.request("public", "t").await;
    fixture.execute(sql).await;
    fixture.rows(request).await.expect_err("a failure")
}

#[tokio::test]
async fn a_table_that_has_changed_is_noticed() {
    let Some(fixture) = database("CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, 2)").await else { return };
    let error = error_after(&fixture, "ALTER TABLE t ALTER b TYPE real").await;
    assert_eq!(
        (error.code, error.message.as_str()),
        (Code::DatatypeMismatch, "column \"b\" of table \"public.t\" of data source \"shop\" has another type now")
    );
    let error = error_after(&fixture, "ALTER TABLE t DROP b").await;
    assert_eq!(error.code, Code::UndefinedColumn);
    let error = error_after(&fixture, "DROP TABLE t").await;
    assert_eq!(
        (error.code, error.hint.as_deref()),
        (Code::UndefinedTable, Some("CALL refresh_metadata('shop') to see the source as it is now."))
    );
}

#[tokio::test]
async fn an_expression_that_fails_says_why() {
    let Some(fixture) = database("CREATE VIEW v AS SELECT 1 / (n - 3) AS q FROM generate_series(1, 5) n").await else { return };
    let error = fixture.rows(fixture.request("public", "v").await).await.expect_err("a division by zero");
    assert_eq!(error.code, Code::DivisionByZero);
    assert!(error.detail.expect("a detail").contains("division by zero (22012)"));
}

#[tokio::test]
async fn sessions_are_read_only_in_utc_and_say_who_they_are() {
    let sql = "CREATE VIEW session AS SELECT current_setting('TimeZone') z, current_setting('default_transaction_read_only') r, \
         current_setting('application_name') a, current_setting('statement_timeout') s";
    let Some(fixture) = database(sql).await else { return };
    assert_eq!(fixture.rows(fixture.request("public", "session").await).await.expect("rows"), ["UTC|on|metagate/ana|0"]);
}

#[tokio::test]
async fn a_connection_goes_from_user_to_user_and_says_whose_it_is() {
    let sql = "CREATE VIEW session AS SELECT pg_backend_pid() p, current_setting('application_name') a";
    let Some(fixture) = database(sql).await else { return };
    let request = fixture.request("public", "session").await;
    let mut sessions = Vec::new();
    for user in ["ana", "bob", "bob", "名前'; DROP TABLE t"] {
        sessions.extend(fixture.rows(ReadRequest { user: user.to_owned(), ..request.clone() }).await.expect("rows"));
    }
    let process = sessions[0].split_once('|').expect("two columns").0.to_owned();
    // Servers before version 16 show a question mark for each byte beyond ASCII, later ones its code.
    let last = sessions.pop().expect("the last");
    assert_eq!(sessions, ["ana", "bob", "bob"].map(|user| format!("{process}|metagate/{user}")));
    assert!(last.starts_with(&format!("{process}|metagate/")) && last.ends_with("'; DROP TABLE t"), "{last}");
}

#[tokio::test]
async fn a_table_that_changes_between_two_reads_is_never_misread() {
    // Values of both types have four bytes; a row of one type read as the other would be another number.
    let Some(fixture) = database("CREATE TABLE t AS SELECT 1::int AS a FROM generate_series(1, 1000)").await else { return };
    let request = fixture.request("public", "t").await;
    for round in 0..20 {
        let alter = format!("ALTER TABLE t ALTER a TYPE {}", if round % 2 == 0 { "real" } else { "int" });
        let (_, rows) = futures::join!(fixture.execute(&alter), fixture.rows(request.clone()));
        match rows {
            Ok(rows) => assert!(rows.iter().all(|row| row == "1") && rows.len() == 1_000, "{round}: {:?}", rows.first()),
            Err(error) => assert_eq!((error.code, error.retryable), (Code::DatatypeMismatch, true), "{error}"),
        }
    }
}

#[tokio::test]
async fn connections_are_limited() {
    let Some(fixture) = database("CREATE TABLE t AS SELECT n FROM generate_series(1, 100000) n").await else { return };
    let options = with(options(fixture.server, &fixture.name), json!({"connections_max": 2}));
    let fixture = Fixture { connector: open(options).await.expect("a connector"), ..fixture };
    let request = fixture.request("public", "t").await;
    let mut first = fixture.stream(request.clone()).await;
    let mut second = fixture.stream(request.clone()).await;
    assert!(first.try_next().await.expect("a batch").is_some() && second.try_next().await.expect("a batch").is_some());
    let mut third = fixture.stream(request.clone()).await;
    // Nothing comes while the others hold both connections.
    assert!(futures::poll!(third.try_next()).is_pending());
    assert_eq!(first.try_fold(0, |rows, batch| async move { Ok(rows + batch.num_rows()) }).await.expect("rows"), 100_000 - 8_192);
    assert!(third.try_next().await.expect("a batch").is_some());
}
