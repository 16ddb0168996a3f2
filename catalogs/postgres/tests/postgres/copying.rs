//! Rows in bulk are copied: the server's own log says so.

use std::sync::Arc;

use arrow::datatypes::Schema;
use futures::TryStreamExt;
use spi::connector::{ReadRequest, RunRequest};
use spi::predicate::Predicate;
use spi::query::Statement;
use spi::{Code, Result};

use crate::fixture::{Fixture, database, texts};
use crate::server;

/// The rows of a query of the gateway's, as text.
async fn answer(fixture: &Fixture, columns: &ReadRequest, text: &str) -> Result<Vec<String>> {
    let columns = Arc::new(Schema::new(columns.columns.clone()));
    let statement = Statement { text: text.to_owned(), parameters: Vec::new() };
    let rows = fixture.connector.run(RunRequest { statement, native: false, columns, user: "ana".to_owned() });
    Ok(rows.try_collect::<Vec<_>>().await?.iter().flat_map(texts).collect())
}

#[tokio::test]
async fn what_has_no_parameters_is_copied() {
    if server::shared_own().is_none() {
        return;
    }
    let Some(fixture) = database("CREATE TABLE t AS SELECT n, 'x' || n AS s FROM generate_series(1, 3) n").await else { return };
    let copies = || fixture.server.log_of(&fixture.name).iter().filter(|line| line.contains("statement: COPY (")).count();
    let request = fixture.request("public", "t").await;
    let expected = ["1|x1", "2|x2", "3|x3"];
    assert_eq!((fixture.rows(request.clone()).await.expect("rows"), copies()), (expected.map(str::to_owned).to_vec(), 1));
    let conditional = ReadRequest { predicates: vec![Predicate::IsNotNull { column: "n".to_owned() }], ..request.clone() };
    assert_eq!((fixture.rows(conditional).await.expect("rows"), copies()), (expected.map(str::to_owned).to_vec(), 1));
    assert_eq!(
        (answer(&fixture, &request, "SELECT n, s FROM t ORDER BY n").await.expect("rows"), copies()),
        (expected.map(str::to_owned).to_vec(), 2)
    );
    let short = answer(&fixture, &request, "SELECT n, s FROM t ORDER BY n LIMIT 2").await.expect("rows");
    assert_eq!((short, copies()), (expected[..2].iter().map(|row| (*row).to_owned()).collect(), 2));
}

#[tokio::test]
async fn a_query_that_was_planned_with_other_types_may_be_planned_again() {
    let Some(fixture) = database("CREATE TABLE t AS SELECT 1::int AS a FROM generate_series(1, 1000)").await else { return };
    let request = fixture.request("public", "t").await;
    for round in 0..20 {
        // Both have four bytes: one type's row read as the other's would be another number.
        let alter = format!("ALTER TABLE t ALTER a TYPE {}", if round % 2 == 0 { "real" } else { "int" });
        let text = if round % 4 < 2 { "SELECT a FROM t" } else { "SELECT a FROM t LIMIT 999" };
        let (_, rows) = futures::join!(fixture.execute(&alter), answer(&fixture, &request, text));
        match rows {
            Ok(rows) => assert!(rows.iter().all(|row| row == "1") && rows.len() >= 999, "{round}: {:?}", rows.first()),
            Err(error) => assert_eq!((error.code, error.retryable), (Code::DatatypeMismatch, true), "{error}"),
        }
    }
    fixture.execute("DROP TABLE t").await;
    let error = answer(&fixture, &request, "SELECT a FROM t").await.expect_err("no table");
    assert_eq!(error.code, Code::UndefinedTable);
    assert_eq!(error.hint.as_deref(), Some("CALL refresh_metadata('shop') to see the source as it is now."));
}

#[tokio::test]
async fn a_query_runs_once_although_it_is_looked_at_before() {
    if server::shared_own().is_none() {
        return;
    }
    let sql = "CREATE TABLE t AS SELECT 1::int AS a; CREATE VIEW v AS SELECT a FROM t; \
         CREATE FUNCTION noted(a int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RAISE LOG ''noted''; RETURN a; END'";
    let Some(fixture) = database(sql).await else { return };
    let noted = || fixture.server.log_of(&fixture.name).iter().filter(|line| line.ends_with("noted")).count();
    let request = fixture.request("public", "t").await;
    for (place, text) in [
        "SELECT noted(a) FROM t",
        "SELECT noted(max(a)) FROM v GROUP BY a",
        "SELECT max(noted(a)) FROM t",
        "SELECT l.a FROM t AS l LEFT JOIN t AS r ON noted(l.a) = r.a",
        "SELECT noted(a) FROM t UNION ALL SELECT a FROM v WHERE a > 1",
        "SELECT a FROM t WHERE a = (SELECT noted(1)) ORDER BY a OFFSET 0",
        "WITH w AS (SELECT noted(a) AS a FROM t) SELECT a FROM w",
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(answer(&fixture, &request, text).await.expect("rows"), ["1"], "{text}");
        assert_eq!(noted(), place + 1, "{text}");
    }
}
