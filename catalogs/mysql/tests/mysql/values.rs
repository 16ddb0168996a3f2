//! Values of every type, at their limits, are read exactly, and what cannot be is an error.

use std::sync::Arc;

use arrow::datatypes::DataType;
use libtest_mimic::Trial;
use spi::Code;
use spi::query::{Expr, Function};

use crate::fixture::{relation, source};
use crate::server::{Product, Server};
use crate::{Shared, trial, trial_on};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(shared, "values::every_type_is_read_at_its_limits", every_type_is_read_at_its_limits),
        trial(shared, "values::dates_that_are_none_are_errors", dates_that_are_none_are_errors),
        trial(shared, "values::text_with_zero_bytes_is_an_error", text_with_zero_bytes_is_an_error),
        trial(shared, "values::rows_are_counted_and_limited", rows_are_counted_and_limited),
        trial(shared, "values::large_tables_come_in_bounded_batches", large_tables_come_in_bounded_batches),
        trial(shared, "values::what_changed_since_the_harvest_is_told", what_changed_since_the_harvest_is_told),
        trial(shared, "values::unsigned_numbers_are_multiplied", unsigned_numbers_are_multiplied),
        trial_on(Product::MySql, shared, "values::unsigned_numbers_are_multiplied", unsigned_numbers_are_multiplied),
        trial(shared, "values::another_type_is_told", another_type_is_told),
        trial_on(Product::MySql, shared, "values::another_type_is_told", another_type_is_told),
    ]
}

/// Native type, type, and values with what is read for them. Every column also holds NULL.
pub(crate) type Example = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

pub(crate) const TYPES: &[Example] = &[
    ("tinyint(1)", "smallint", &[("-128", "-128"), ("127", "127")]),
    ("tinyint(1) unsigned", "smallint", &[("255", "255"), ("0", "0")]),
    ("tinyint(4)", "smallint", &[("-128", "-128")]),
    ("tinyint(3) unsigned", "smallint", &[("200", "200")]),
    ("smallint(6)", "smallint", &[("-32768", "-32768"), ("32767", "32767")]),
    ("smallint(5) unsigned", "integer", &[("65535", "65535")]),
    ("mediumint(9)", "integer", &[("-8388608", "-8388608"), ("8388607", "8388607")]),
    ("mediumint(8) unsigned", "integer", &[("16777215", "16777215")]),
    ("int(11)", "integer", &[("-2147483648", "-2147483648"), ("2147483647", "2147483647")]),
    ("int(10) unsigned", "bigint", &[("4294967295", "4294967295")]),
    ("bigint(20)", "bigint", &[("-9223372036854775808", "-9223372036854775808"), ("9223372036854775807", "9223372036854775807")]),
    ("bigint(20) unsigned", "numeric(20,0)", &[("18446744073709551615", "18446744073709551615"), ("0", "0")]),
    ("int(5) unsigned zerofill", "bigint", &[("42", "42")]),
    ("decimal(10,2)", "numeric(10,2)", &[("-99999999.99", "-99999999.99"), ("0.01", "0.01")]),
    ("decimal(38,38)", "numeric(38,38)", &[]),
    (
        "decimal(65,30)",
        "numeric(65,30)",
        &[(
            "-99999999999999999999999999999999999.999999999999999999999999999999",
            "-99999999999999999999999999999999999.999999999999999999999999999999",
        )],
    ),
    ("decimal(39,0)", "numeric(39,0)", &[("999999999999999999999999999999999999999", "999999999999999999999999999999999999999")]),
    ("float", "real", &[("0.1", "0.1"), ("-3.4028234e38", "-3.4028235e38")]),
    ("double", "double precision", &[("0.1", "0.1"), ("1.7976931348623157e308", "1.7976931348623157e308"), ("5e-324", "5e-324")]),
    ("bit(1)", "boolean", &[("b'1'", "true"), ("b'0'", "false")]),
    ("bit(10)", "bytea", &[("b'1000000001'", "0201")]),
    ("bit(64)", "bytea", &[("18446744073709551615", "ffffffffffffffff")]),
    ("char(5)", "character varying(5)", &[("'a  '", "a"), ("''", "")]),
    ("varchar(5)", "character varying(5)", &[("'a  '", "a  "), ("'é😀\\\\'", "é😀\\")]),
    ("longtext", "text", &[("repeat('x', 70000)", "")]),
    ("binary(3)", "bytea", &[("x'41'", "410000")]),
    ("varbinary(3)", "bytea", &[("x'ff00'", "ff00"), ("''", "")]),
    ("mediumblob", "bytea", &[("x'00'", "00")]),
    ("enum('a','é')", "text", &[("'é'", "é")]),
    ("set('a','b')", "text", &[("'b,a'", "a,b"), ("''", "")]),
    ("uuid", "uuid", &[("'123E4567-E89B-12D3-A456-426655440000'", "123e4567-e89b-12d3-a456-426655440000")]),
    ("inet6", "inet", &[("'2001:db8::ff00:42:8329'", "2001:db8::ff00:42:8329")]),
    ("date", "date", &[("'1000-01-01'", "1000-01-01"), ("'9999-12-31'", "9999-12-31")]),
    ("datetime", "timestamp without time zone", &[("'1000-01-01 00:00:00'", "1000-01-01T00:00:00")]),
    (
        "datetime(6)",
        "timestamp without time zone",
        &[("'9999-12-31 23:59:59.999999'", "9999-12-31T23:59:59.999999"), ("'2024-02-29'", "2024-02-29T00:00:00")],
    ),
    (
        "timestamp(3)",
        "timestamp with time zone",
        &[("'1970-01-01 00:00:01.5'", "1970-01-01T00:00:01.500Z"), ("'2038-01-19 03:14:07'", "2038-01-19T03:14:07Z")],
    ),
    (
        "time(6)",
        "interval",
        &[
            ("'838:59:59'", "838 hours 59 mins 59.000000000 secs"),
            ("'-838:59:59.000001'", "-838 hours -59 mins -59.000001000 secs"),
            ("'00:00:00'", "0 secs"),
        ],
    ),
    ("year(4)", "smallint", &[("1901", "1901"), ("2155", "2155"), ("'0000'", "0")]),
    ("point", "bytea", &[("ST_GeomFromText('POINT(1 2)', 4326)", "0101000000000000000000f03f0000000000000040")]),
];

/// A table `t` of a column for each example, with a row for each of its values and one of nothing else.
pub(crate) fn table_of(examples: &[Example]) -> String {
    let columns: Vec<String> = (0..).zip(examples).map(|(place, (native, ..))| format!("c{place} {native} NULL DEFAULT NULL")).collect();
    let mut sql =
        format!("SET time_zone = '+00:00'; CREATE TABLE t (id int primary key, {}); INSERT INTO t (id) VALUES (0);", columns.join(", "));
    for (place, (.., values)) in examples.iter().enumerate() {
        for (id, (value, _)) in (1..).zip(*values) {
            sql += &format!("INSERT INTO t (id, c{place}) VALUES ({}, {value});", place * 10 + id);
        }
    }
    sql
}

async fn every_type_is_read_at_its_limits(server: &Server) {
    let source = source(server, "every_type", &table_of(TYPES)).await;
    let schema = source.harvest().await;
    let table = schema.table("t").expect("the table");
    for (column, (native, expected, _)) in schema.columns_of(table).skip(1).zip(TYPES) {
        let found = schema.column_type(column);
        assert_eq!((found.native.as_str(), found.pg.format().as_str()), (*native, *expected));
    }
    for (place, (native, _, values)) in TYPES.iter().enumerate() {
        let mut request = source.request("t").await;
        request.columns = vec![request.columns[0].clone(), request.columns[place + 1].clone()];
        let rows = source.rows(request).await.unwrap_or_else(|error| panic!("{native}: {error}"));
        assert_eq!(rows[0], "0|NULL", "{native}");
        for (id, (value, expected)) in (1..).zip(*values) {
            let id = place * 10 + id;
            let row = rows.iter().find_map(|row| row.strip_prefix(&format!("{id}|"))).expect("the row");
            if *native == "longtext" {
                assert!(row.len() == 70_000 && row.bytes().all(|byte| byte == b'x'));
            } else {
                assert_eq!(row, *expected, "{native} {value}");
            }
        }
    }
}

async fn dates_that_are_none_are_errors(server: &Server) {
    let source = source(
        server,
        "no_dates",
        "SET sql_mode = 'ALLOW_INVALID_DATES'; CREATE TABLE zero (d date); INSERT INTO zero VALUES ('0000-00-00');
         CREATE TABLE part (d datetime); INSERT INTO part VALUES ('2024-05-00 01:02:03');
         CREATE TABLE beyond (d date); INSERT INTO beyond VALUES ('2023-02-31');
         CREATE TABLE stamp (d timestamp); INSERT INTO stamp VALUES (0);",
    )
    .await;
    for (table, value, expected) in [
        ("zero", "'0000-00-00'", "date"),
        ("part", "'2024-05-00 01:02:03'", "timestamp without time zone"),
        ("beyond", "'2023-02-31'", "date"),
        ("stamp", "'0000-00-00'", "timestamp with time zone"),
    ] {
        let error = source.rows(source.request(table).await).await.expect_err(table);
        assert_eq!(error.code, Code::BadData);
        assert_eq!(error.message, format!("column \"d\" of table \"no_dates.{table}\" holds a value that is not of its type"));
        assert_eq!(error.detail, Some(format!("Data source \"shop\" holds {value} where {expected} is expected.")));
    }
    // The connection was not given back with rows on it.
    assert_eq!(source.rows(source.request("zero").await).await.expect_err("again").code, Code::BadData);
}

async fn text_with_zero_bytes_is_an_error(server: &Server) {
    let source = source(server, "zero_bytes", "CREATE TABLE t (c varchar(9)); INSERT INTO t VALUES (concat('a', char(0)));").await;
    let error = source.rows(source.request("t").await).await.expect_err("a zero byte");
    assert_eq!(error.detail.as_deref(), Some("Data source \"shop\" holds 'a\\0' where text is expected."));
}

async fn rows_are_counted_and_limited(server: &Server) {
    let source = source(server, "counts", "CREATE TABLE t (a int); INSERT INTO t SELECT seq FROM seq_1_to_20000;").await;
    let mut request = source.request("t").await;
    request.limit = Some(5);
    assert_eq!(source.rows(request.clone()).await.expect("rows").len(), 5);
    request.columns.clear();
    let counted = |batches: Vec<arrow::array::RecordBatch>| batches.iter().map(|batch| batch.num_rows()).sum::<usize>();
    assert_eq!(counted(source.batches(request.clone()).await.expect("rows")), 5);
    request.limit = None;
    assert_eq!(counted(source.batches(request).await.expect("rows")), 20_000);
}

async fn large_tables_come_in_bounded_batches(server: &Server) {
    let source = source(
        server,
        "batches",
        "CREATE TABLE narrow (a int); INSERT INTO narrow SELECT seq FROM seq_1_to_20000;
         CREATE TABLE wide (a longtext); INSERT INTO wide SELECT repeat('x', 1000000) FROM seq_1_to_12;",
    )
    .await;
    let rows: Vec<usize> =
        source.batches(source.request("narrow").await).await.expect("rows").iter().map(|batch| batch.num_rows()).collect();
    assert_eq!(rows, [8192, 8192, 3616]);
    let rows: Vec<usize> = source.batches(source.request("wide").await).await.expect("rows").iter().map(|batch| batch.num_rows()).collect();
    assert_eq!(rows, [5, 5, 2]);
}

async fn what_changed_since_the_harvest_is_told(server: &Server) {
    let source = source(server, "changed", "CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, 2); CREATE TABLE u (a int);").await;
    let (t, u) = (source.request("t").await, source.request("u").await);
    assert_eq!(relation(&source.harvest().await, spi::metadata::Relation::Tables, &["name"]), ["t", "u"]);
    server.execute("DROP TABLE changed.u; ALTER TABLE changed.t DROP COLUMN b").await;
    let error = source.rows(u).await.expect_err("dropped");
    assert_eq!(
        (error.code, error.message.as_str()),
        (Code::UndefinedTable, "table \"changed.u\" of data source \"shop\" does not exist any more")
    );
    assert_eq!(source.rows(t).await.expect_err("dropped").code, Code::UndefinedColumn);
}

/// Between the plan of a read and the read itself.
async fn another_type_is_told(server: &Server) {
    let sql = "CREATE TABLE t (a int, b int, c date, d decimal(5,1)); INSERT INTO t VALUES (1, 1, '2024-05-06', 1.5);";
    let source = source(server, "retyped", sql).await;
    let whole = source.request("t").await;
    server
        .execute(
            "ALTER TABLE retyped.t MODIFY a varchar(9), MODIFY b bigint, MODIFY c datetime, MODIFY d decimal(9,3);
             UPDATE retyped.t SET b = 5000000000, c = '2024-05-06 07:08:09', d = 1.125",
        )
        .await;
    for column in &whole.columns {
        let mut request = whole.clone();
        request.columns = vec![Arc::clone(column)];
        let result = source.rows(request).await;
        let error = result.expect_err(column.name());
        if column.name() == "c" {
            // A date that is none looks the same.
            assert_eq!((error.code, error.retryable), (Code::BadData, false), "{error}");
            continue;
        }
        assert_eq!((error.code, error.retryable), (Code::DatatypeMismatch, true), "{error}");
        assert_eq!(
            error.message,
            format!("column \"{}\" of table \"retyped.t\" of data source \"shop\" has another type now", column.name())
        );
        assert!(error.hint.expect("a hint").contains("refresh_metadata"));
    }
}

async fn unsigned_numbers_are_multiplied(server: &Server) {
    let source =
        source(server, "multiplied", "CREATE TABLE t (a bigint unsigned); INSERT INTO t VALUES (18446744073709551615), (NULL), (0);").await;
    let column = Expr::column(0, DataType::Decimal128(20, 0));
    let written = ["a".to_owned(), "a".to_owned()];
    let dialect = source.connector.dialect().expect("a dialect");
    for (function, most) in [(Function::Add, "36893488147419103230"), (Function::Multiply, "340282366920938463426481119284349108225")] {
        let called = dialect.call(function, &[column.clone(), column.clone()], &written, &DataType::Decimal128(38, 0));
        let query = format!("SELECT {} FROM t ORDER BY a DESC", called.expect("a call"));
        assert_eq!(source.query(&query).await.expect("rows").1, [most, "0", "NULL"], "{query}");
    }
}
