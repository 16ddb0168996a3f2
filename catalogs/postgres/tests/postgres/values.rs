//! Values of every type arrive exactly, or as an error that says which one does not.

use arrow::datatypes::DataType;
use futures::StreamExt;
use spi::Code;
use spi::connector::{ReadRequest, WriteRequest};
use spi::predicate::Predicate;

use crate::fixture::{Fixture, database};

/// Type, literals, and each value as it is read.
const TYPES: &[(&str, &[(&str, &str)])] = &[
    ("boolean", &[("true", "true"), ("false", "false")]),
    ("smallint", &[("-32768", "-32768"), ("32767", "32767")]),
    ("integer", &[("-2147483648", "-2147483648"), ("2147483647", "2147483647")]),
    ("bigint", &[("-9223372036854775808", "-9223372036854775808"), ("9223372036854775807", "9223372036854775807")]),
    ("oid", &[("0", "0"), ("4294967295", "4294967295")]),
    ("real", &[("3.4028235e38", "3.4028235e38"), ("1e-45", "1e-45"), ("NaN", "NaN"), ("-Infinity", "-inf")]),
    (
        "double precision",
        &[("1.7976931348623157e308", "1.7976931348623157e308"), ("5e-324", "5e-324"), ("0.1", "0.1"), ("Infinity", "inf")],
    ),
    ("numeric(5,2)", &[("-999.99", "-999.99"), ("0.01", "0.01"), ("0", "0.00"), ("100", "100.00")]),
    ("numeric(38,0)", &[("99999999999999999999999999999999999999", "99999999999999999999999999999999999999")]),
    ("numeric(38,38)", &[("-0.00000000000000000000000000000000000001", "-0.00000000000000000000000000000000000001")]),
    (
        "numeric(76,6)",
        &[(
            "-9999999999999999999999999999999999999999999999999999999999999999999999.999999",
            "-9999999999999999999999999999999999999999999999999999999999999999999999.999999",
        )],
    ),
    ("numeric", &[("1e100", "1e100"), ("0.10", "0.10"), ("NaN", "NaN"), ("-12345678901234567890.123", "-12345678901234567890.123")]),
    ("text", &[("", ""), (" a ", " a "), ("ä€😀", "ä€😀")]),
    ("varchar(3)", &[("abc", "abc"), ("a ", "a ")]),
    ("char(5)", &[("ab", "ab   "), ("", "     ")]),
    ("name", &[("n", "n")]),
    ("\"char\"", &[("x", "x")]),
    ("bytea", &[("\\x00ff", "00ff"), ("", "")]),
    ("date", &[("4713-01-01 BC", "-4712-01-01"), ("1969-12-31", "1969-12-31"), ("9999-12-31", "9999-12-31")]),
    ("time", &[("00:00:00", "00:00:00"), ("23:59:59.999999", "23:59:59.999999")]),
    ("timetz", &[("12:00:00+05:30", "12:00:00+05:30")]),
    (
        "timestamp",
        &[("0001-01-01 00:00:00.000001", "0001-01-01T00:00:00.000001"), ("9999-12-31 23:59:59.999999", "9999-12-31T23:59:59.999999")],
    ),
    ("timestamptz", &[("2024-07-01 12:00:00+02", "2024-07-01T10:00:00Z")]),
    ("interval", &[("1 year 2 mons -3 days 04:05:06.000007", "14 mons -3 days 4 hours 5 mins 6.000007000 secs")]),
    ("uuid", &[("A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")]),
    ("json", &[("{\"a\":  1}", "{\"a\":  1}")]),
    ("jsonb", &[("{\"b\": 1, \"a\":  [1.0]}", "{\"a\": [1.0], \"b\": 1}")]),
    ("inet", &[("10.0.0.1/8", "10.0.0.1/8"), ("::1", "::1")]),
    ("cidr", &[("10.0.0.0/8", "10.0.0.0/8")]),
    ("macaddr", &[("08:00:2b:01:02:03", "08:00:2b:01:02:03")]),
    ("money", &[("-12.34", "-$12.34")]),
    ("bit(3)", &[("101", "101")]),
    ("varbit", &[("1", "1")]),
    ("point", &[("(1,2)", "(1,2)")]),
    ("int4range", &[("[1,5)", "[1,5)")]),
    ("tsvector", &[("a fat cat", "'a' 'cat' 'fat'")]),
    ("mood", &[("sad", "sad"), ("ok", "ok")]),
    ("pair", &[("(1,a)", "(1,a)")]),
    ("positive", &[("5", "5")]),
    ("price", &[("1.5", "1.50")]),
    ("integer[]", &[("{1,NULL,-3}", "[1, NULL, -3]"), ("{}", "[]")]),
    ("text[]", &[("{a,\"b c\",NULL,\"\"}", "[a, b c, NULL, ]")]),
    ("bigint[]", &[("{9223372036854775807}", "[9223372036854775807]")]),
    ("oid[]", &[("{4294967295}", "[4294967295]")]),
    ("char(3)[]", &[("{a}", "[a  ]")]),
    ("date[]", &[("{2024-02-29}", "[2024-02-29]")]),
    ("timestamptz[]", &[("{2024-07-01 12:00:00+02}", "[2024-07-01T10:00:00Z]")]),
    ("numeric(4,1)[]", &[("{1.5,NaN}", "[1.5, NaN]")]),
    ("inet[]", &[("{::1,10.0.0.1}", "[::1, 10.0.0.1]")]),
    ("uuid[]", &[("{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "[a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11]")]),
    ("jsonb[]", &[("{\"{\\\"a\\\": 1}\"}", "[{\"a\": 1}]")]),
    ("mood[]", &[("{sad,ok}", "{sad,ok}")]),
];

const USER_TYPES: &str = "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE pair AS (n int, t text); \
     CREATE DOMAIN positive AS int CHECK (VALUE > 0); CREATE DOMAIN amount AS numeric(9,2); CREATE DOMAIN price AS amount;";

/// A table `t<place>` for each type with its values, and an empty one `w<place>`; `None` where there is no server.
async fn tables() -> Option<Fixture> {
    let mut sql = format!("SET lc_monetary = 'C'; {USER_TYPES}");
    for (place, (name, values)) in TYPES.iter().enumerate() {
        sql += &format!("CREATE TABLE t{place} (n int PRIMARY KEY, v {name}); CREATE TABLE w{place} (n int PRIMARY KEY, v {name});");
        for (row, (literal, _)) in values.iter().enumerate() {
            sql += &format!("INSERT INTO t{place} VALUES ({row}, '{}');", literal.replace('\'', "''"));
        }
        sql += &format!("INSERT INTO t{place} VALUES ({}, NULL);", values.len());
    }
    database(&sql).await
}

/// The same rows by the extended protocol: what has a condition is not copied.
fn conditional(request: &ReadRequest) -> ReadRequest {
    ReadRequest { predicates: vec![Predicate::IsNotNull { column: "n".to_owned() }], ..request.clone() }
}

#[tokio::test]
async fn values_of_every_type_arrive_exactly_either_way() {
    let Some(fixture) = tables().await else { return };
    for (place, (name, values)) in TYPES.iter().enumerate() {
        let request = fixture.request("public", &format!("t{place}")).await;
        let mut expected: Vec<String> = values.iter().enumerate().map(|(row, (_, read))| format!("{row}|{read}")).collect();
        expected.push(format!("{}|NULL", values.len()));
        // What Arrow's formatter makes of 10^100 is the digits that PostgreSQL prints.
        let expected: Vec<String> = expected.iter().map(|row| row.replace("1e100", &format!("1{}", "0".repeat(100)))).collect();
        for request in [conditional(&request), request] {
            let mut rows = fixture.rows(request).await.unwrap_or_else(|error| panic!("{name}: {error}"));
            rows.sort();
            assert_eq!(rows, expected, "{name}");
        }
    }
}

#[tokio::test]
async fn values_of_every_type_are_written_exactly() {
    let Some(fixture) = tables().await else { return };
    for (place, (name, values)) in TYPES.iter().enumerate() {
        let read = fixture.request("public", &format!("t{place}")).await;
        let rows = fixture.stream(read.clone()).await;
        let request =
            WriteRequest { schema: "public".to_owned(), table: format!("w{place}"), columns: read.columns, user: "ana".to_owned() };
        let count = fixture.connector.write(request, rows.boxed()).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(count as usize, values.len() + 1, "{name}");
        let at_server = |table: char| format!("SELECT ARRAY[n::text, v::text] FROM {table}{place}");
        assert_eq!(fixture.answer(&at_server('w')).await, fixture.answer(&at_server('t')).await, "{name}");
    }
}

#[tokio::test]
async fn values_that_do_not_fit_are_errors_that_name_them() {
    let values = [
        ("date", "infinity", "infinity"),
        ("date", "-infinity", "-infinity"),
        ("timestamp", "infinity", "infinity"),
        ("timestamptz", "-infinity", "-infinity"),
        ("timestamp", "294276-12-31", "the moment"),
        ("time", "24:00:00", "24:00:00"),
        ("numeric(5,2)", "NaN", "NaN"),
        ("interval", "3000000 hours", "an interval of 0 months, 0 days and 10800000000000000 microseconds"),
        ("integer[]", "{{1,2},{3,4}}", "an array of 2 dimensions"),
        ("integer[]", "[0:1]={1,2}", "an array whose first index is 0"),
        ("date[]", "{infinity}", "an array with infinity"),
    ];
    let mut sql = String::new();
    for (place, (name, literal, _)) in values.iter().enumerate() {
        sql += &format!("CREATE TABLE t{place} (v {name}); INSERT INTO t{place} VALUES ('{literal}');");
    }
    let Some(fixture) = database(&sql).await else { return };
    for (place, (name, literal, shown)) in values.iter().enumerate() {
        let request = fixture.request("public", &format!("t{place}")).await;
        for predicates in [Vec::new(), vec![Predicate::IsNotNull { column: "v".to_owned() }]] {
            let error = fixture.rows(ReadRequest { predicates, ..request.clone() }).await.expect_err(literal);
            assert_eq!(error.code, Code::OutOfRange, "{name} {literal}");
            assert_eq!(error.message, format!("column \"v\" of table \"public.t{place}\" holds a value that cannot be represented"));
            assert!(error.detail.as_deref().expect("a detail").contains(shown), "{name} {literal}: {error}");
        }
        // The connection is not returned in the middle of a statement: the next one is answered.
        assert_eq!(fixture.harvest().await.len(), 1);
    }
}

#[tokio::test]
async fn precisions_beyond_a_decimal_are_text() {
    let Some(fixture) = database("CREATE TABLE t (a numeric(77,0), b numeric(76,76)); INSERT INTO t VALUES (5, 0.5)").await else { return };
    let request = fixture.request("public", "t").await;
    let types: Vec<DataType> = request.columns.iter().map(|field| field.data_type().clone()).collect();
    assert_eq!(types, [DataType::Utf8, DataType::Decimal256(76, 76)]);
    assert_eq!(fixture.rows(request).await.expect("rows"), [format!("5|0.5{}", "0".repeat(75))]);
}
