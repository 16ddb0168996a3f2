//! What is read: every type with the values that it takes, and those that it does not.

use spi::Code;

use crate::fixture::{database, execute};

/// What a column of a declared type reads after a value was inserted.
async fn stored(declared: &str, value: &str) -> spi::Result<String> {
    let fixture = database(&format!("CREATE TABLE t (c {declared}); INSERT INTO t VALUES ({value});")).await;
    let request = fixture.request("main", "t").await;
    Ok(fixture.rows(request).await?.remove(0))
}

#[tokio::test]
async fn values_are_exact() {
    for (declared, value, expected) in [
        ("INTEGER", "9223372036854775807", "9223372036854775807"),
        ("INTEGER", "-9223372036854775808", "-9223372036854775808"),
        ("INTEGER", "'12'", "12"),
        ("INTEGER", "NULL", "NULL"),
        ("BOOLEAN", "TRUE", "true"),
        ("BOOLEAN", "0", "false"),
        ("BOOL", "'t'", "true"),
        ("BOOLEAN", "'false'", "false"),
        ("DATE", "'2024-02-29'", "2024-02-29"),
        ("DATE", "1709164800", "2024-02-29"),
        ("DATE", "2460369.5", "2024-02-29"),
        ("DATETIME", "'2024-02-29 12:30:00.25'", "2024-02-29T12:30:00.250"),
        ("TIMESTAMP", "'2024-02-29T12:30:00+02:00'", "2024-02-29T10:30:00"),
        ("TIMESTAMP", "1709209800", "2024-02-29T12:30:00"),
        ("TIMESTAMP", "julianday('2024-02-29 12:30:00.125')", "2024-02-29T12:30:00.125"),
        ("TIMESTAMPTZ", "'2024-02-29 12:30:00+02:00'", "2024-02-29T10:30:00Z"),
        ("DECIMAL(10,2)", "12.3", "12.30"),
        ("DECIMAL(10,2)", "0.1 + 0.2", "0.30"),
        ("DECIMAL(10,2)", "1.005", "1.01"),
        ("DECIMAL(10,2)", "-7", "-7.00"),
        // SQLite itself makes a real of a number with so many digits.
        ("NUMERIC(20,0)", "'12345678901234567890'", "12345678901234567000"),
        ("NUMERIC", "0.1", "0.1"),
        ("REAL", "1e300", "1e300"),
        ("REAL", "7", "7.0"),
        ("REAL", "9e999", "inf"),
        ("TEXT", "'naïve 🦀'", "naïve 🦀"),
        ("TEXT", "''", ""),
        ("TEXT", "12", "12"),
        ("VARCHAR(2)", "'longer than two'", "longer than two"),
        ("BLOB", "x'00ff'", "00ff"),
        ("BLOB", "x''", ""),
        ("", "'text'", "text"),
        ("", "12", "12"),
        ("", "1.0", "1.0"),
        ("", "1e300", "1e300"),
        ("", "-0.0", "0.0"),
    ] {
        assert_eq!(stored(declared, value).await.expect(value), expected, "{value} in {declared}");
    }
}

#[tokio::test]
async fn misfits_are_errors_that_name_table_column_and_value() {
    for (declared, value, shown) in [
        ("INTEGER", "'abc'", "text 'abc' where bigint"),
        ("INTEGER", "1.5", "real 1.5 where bigint"),
        ("INTEGER", "9223372036854775808", "real 9.223372036854776e18 where bigint"),
        ("INTEGER", "x'01'", "blob of 1 bytes where bigint"),
        ("BOOLEAN", "2", "integer 2 where boolean"),
        ("BOOLEAN", "'yes'", "text 'yes' where boolean"),
        ("DATE", "'2024-02-30'", "text '2024-02-30' where date"),
        ("DATE", "'2024-02-29 00:00:01'", "text '2024-02-29 00:00:01' where date"),
        ("DATE", "'2024'", "integer 2024 where date"),
        ("DATETIME", "1709209800000", "integer 1709209800000 where timestamp without time zone"),
        ("DATETIME", "'yesterday'", "text 'yesterday' where timestamp without time zone"),
        ("DECIMAL(4,2)", "100", "integer 100 where numeric(4,2)"),
        ("DECIMAL(4,2)", "99.995", "real 99.995 where numeric(4,2)"),
        ("DECIMAL(4,2)", "'much'", "text 'much' where numeric(4,2)"),
        ("REAL", "'x'", "text 'x' where double precision"),
        ("NUMERIC", "9007199254740993", "integer 9007199254740993 where double precision"),
        ("TEXT", "x'414243'", "blob of 3 bytes where text"),
        ("TEXT", "CAST(x'ff' AS TEXT)", "text that is not UTF-8 or has a zero byte where text"),
        ("TEXT", "'a' || char(0)", "text that is not UTF-8 or has a zero byte where text"),
        ("BLOB", "'abc'", "text 'abc' where bytea"),
    ] {
        let error = stored(declared, value).await.expect_err(value);
        assert_eq!(error.code, Code::BadData);
        assert_eq!(error.message, "column \"c\" of table \"main.t\" holds a value that is not of its type");
        assert_eq!(error.detail, Some(format!("Data source \"shop\" stores {shown} is declared.")), "{value} in {declared}");
    }
}

#[tokio::test]
async fn generated_columns_views_and_odd_names_are_read() {
    let fixture = database(
        r#"CREATE TABLE "a ""b"" ;--" ("select" INTEGER, "x""y" INTEGER AS ("select" * 2) VIRTUAL, z TEXT AS ('<' || "select" || '>') STORED);
           INSERT INTO "a ""b"" ;--" VALUES (1), (2);
           CREATE VIEW "üb er" AS SELECT sum("select") AS "total sum" FROM "a ""b"" ;--";"#,
    )
    .await;
    assert_eq!(fixture.rows(fixture.request("main", "a \"b\" ;--").await).await.expect("rows"), ["1|2|<1>", "2|4|<2>"]);
    assert_eq!(fixture.rows(fixture.request("main", "üb er").await).await.expect("rows"), ["3"]);
}

#[tokio::test]
async fn columns_come_as_asked_and_no_columns_are_a_count() {
    let fixture = database("CREATE TABLE t (a, b, c); INSERT INTO t VALUES (1, 2, 3), (4, 5, 6), (7, 8, 9);").await;
    let mut request = fixture.request("main", "t").await;
    request.columns = vec![request.columns[2].clone(), request.columns[0].clone()];
    request.limit = Some(2);
    assert_eq!(fixture.rows(request.clone()).await.expect("rows"), ["3|1", "6|4"]);
    request.columns = Vec::new();
    let count = |batches: Vec<arrow::array::RecordBatch>| batches.iter().map(|batch| batch.num_rows()).sum::<usize>();
    assert_eq!(count(fixture.batches(request.clone()).await.expect("batches")), 2);
    request.limit = None;
    assert_eq!(count(fixture.batches(request).await.expect("batches")), 3);
}

#[tokio::test]
async fn batches_are_bounded_in_rows_and_bytes() {
    let fixture = database(
        "CREATE TABLE many AS WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i FROM n;
         CREATE TABLE wide AS WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 12) SELECT zeroblob(1048576) AS b FROM n;",
    )
    .await;
    let sizes = |batches: Vec<arrow::array::RecordBatch>| batches.iter().map(|batch| batch.num_rows()).collect::<Vec<_>>();
    assert_eq!(sizes(fixture.batches(fixture.request("main", "many").await).await.expect("batches")), [8192, 8192, 3616]);
    let mut wide = fixture.request("main", "wide").await;
    let binary = std::sync::Arc::new(arrow::datatypes::Field::new("b", arrow::datatypes::DataType::Binary, true));
    wide.columns = vec![binary];
    assert_eq!(sizes(fixture.batches(wide).await.expect("batches")), [4, 4, 4]);
}

#[tokio::test]
async fn what_has_gone_since_the_harvest_is_named() {
    let fixture = database("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2);").await;
    let request = fixture.request("main", "t").await;
    execute(&fixture.path(), "ALTER TABLE t DROP COLUMN b").await;
    let error = fixture.rows(request.clone()).await.expect_err("no column b");
    assert_eq!(
        (error.code, error.message.as_str()),
        (Code::UndefinedColumn, "column \"b\" of table \"main.t\" of data source \"shop\" does not exist any more")
    );
    execute(&fixture.path(), "DROP TABLE t").await;
    let error = fixture.rows(request).await.expect_err("no table t");
    assert_eq!(
        (error.code, error.message.as_str()),
        (Code::UndefinedTable, "table \"main.t\" of data source \"shop\" does not exist any more")
    );
    assert_eq!(error.hint.as_deref(), Some("CALL refresh_metadata('shop') to see the source as it is now."));
}
