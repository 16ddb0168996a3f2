//! Conditions at the source leave the rows that PostgreSQL itself leaves, text compared by its bytes.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use spi::connector::ReadRequest;
use spi::predicate::{Comparison, Predicate, Value};

use crate::fixture::{Fixture, database};

const ROWS: &str = "
CREATE COLLATION anycase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair AS (n int, t text);
CREATE TABLE t (id int PRIMARY KEY, i2 smallint, i8 bigint, o oid, f4 real, f8 double precision, b boolean, x bytea, d date,
    ts timestamp, tz timestamptz, s text COLLATE \"en-x-icu\", v varchar(9), c char(5), k text COLLATE anycase, u uuid, m mood, j jsonb, n name, p pair);
INSERT INTO t VALUES
 (1, 5, 5, 5, 0.1, 0.1, true, '\\x01', '2024-02-29', '2024-02-29 12:00', '2024-02-29 12:00+00', 'a', 'a', 'a', 'a', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'sad', '{\"a\": 1}', 'a', (1, 'a')),
 (2, -5, -9223372036854775808, 4294967295, 'NaN', 'NaN', false, '', '1969-12-31', '1969-12-31 23:59:59.999999', '1969-12-31 23:59:59.999999+00', 'A', 'A', 'A', 'A', 'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'ok', '[]', 'A', (NULL, NULL)),
 (3, 0, 0, 0, 0, '-0', true, '\\x0100', '4713-01-01 BC', '0001-01-01', '0001-01-01 00:00+00', 'a ', 'a ', 'a    ', 'ä', 'c0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'happy', '1', 'b', (NULL, 'a')),
 (4, 32767, 9223372036854775807, 7, 'Infinity', '-Infinity', false, '\\xff', 'infinity', 'infinity', '-infinity', 'ä', 'ä', 'ä', 'Ä', NULL, NULL, 'null', 'ä', NULL),
 (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (6, 6, 6, 6, 1.5, 1.5, NULL, '\\x7f', '2024-03-01', '2024-03-01', '2024-03-01 00:00+00', '', '', '', '', NULL, 'ok', '\"x\"', '', (2, 'b'));
ALTER TABLE t ADD q numeric(9,3) DEFAULT 10; UPDATE t SET q = -1.5 WHERE id < 3; UPDATE t SET q = 'NaN' WHERE id = 4;
ALTER TABLE t ADD ip inet; UPDATE t SET ip = '10.0.0.1' WHERE id = 1; UPDATE t SET ip = '10.0.0.1/8' WHERE id = 2;
CREATE INDEX ON t (s); CREATE INDEX ON t (k); CREATE INDEX ON t (c);
";

const COMPARISONS: [(Comparison, &str); 6] = [
    (Comparison::Equal, "="),
    (Comparison::NotEqual, "<>"),
    (Comparison::Less, "<"),
    (Comparison::LessOrEqual, "<="),
    (Comparison::Greater, ">"),
    (Comparison::GreaterOrEqual, ">="),
];

fn compare(column: &str, comparison: Comparison, value: Value) -> Predicate {
    Predicate::Compare { column: column.to_owned(), comparison, value }
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

/// The ids of the rows that a predicate leaves are those that the server finds with a condition of its own.
async fn same(fixture: &Fixture, predicate: Predicate, condition: &str) {
    assert!(fixture.connector.applies(&predicate), "{predicate:?} is refused");
    let request = ReadRequest {
        schema: "public".to_owned(),
        table: "t".to_owned(),
        columns: vec![Arc::new(Field::new("id", DataType::Int32, true))],
        predicates: vec![predicate.clone()],
        user: "ana".to_owned(),
        ..ReadRequest::default()
    };
    let mut ids = fixture.rows(request).await.unwrap_or_else(|error| panic!("{predicate:?}: {error}"));
    ids.sort();
    let expected = fixture.answer(&format!("SELECT ARRAY[id::text] FROM t WHERE {condition}")).await;
    assert_eq!(ids, expected, "{predicate:?} against {condition}");
}

#[tokio::test]
async fn every_comparison_of_every_type_is_the_servers_own() {
    let Some(fixture) = database(ROWS).await else { return };
    let values = [
        ("i2", Value::Int(5), "5"),
        ("i2", Value::Int(100_000), "100000"),
        ("i8", Value::Int(i64::MIN), "'-9223372036854775808'::int8"),
        ("o", Value::Int(4_294_967_295), "4294967295::oid"),
        ("f4", Value::Float(f64::from(0.1f32)), "0.1::real"),
        ("f4", Value::Float(0.1), "0.1::float8"),
        ("f8", Value::Float(f64::NAN), "'NaN'::float8"),
        ("f8", Value::Float(0.0), "0::float8"),
        ("f8", Value::Float(-0.0), "'-0'::float8"),
        ("b", Value::Bool(true), "true"),
        ("x", Value::Bytes(vec![1]), "'\\x01'::bytea"),
        ("x", Value::Bytes(Vec::new()), "''::bytea"),
        ("q", Value::Decimal { digits: -15, scale: 1 }, "-1.5"),
        ("q", Value::Decimal { digits: 1, scale: -1 }, "10"),
        ("d", Value::Date(19_782), "'2024-02-29'::date"),
        ("d", Value::Date(-1), "'1969-12-31'::date"),
        ("d", Value::Date(-2_440_588), "'4714-11-24 BC'::date"),
        ("ts", Value::Timestamp(-1), "'1969-12-31 23:59:59.999999'::timestamp"),
        ("tz", Value::Timestamp(1_709_208_000_000_000), "'2024-02-29 12:00:00+00'::timestamptz"),
    ];
    for (column, value, literal) in values {
        for (comparison, operator) in COMPARISONS {
            same(&fixture, compare(column, comparison, value.clone()), &format!("{column} {operator} {literal}")).await;
        }
    }
}

#[tokio::test]
async fn text_compares_by_its_bytes_whatever_the_collation() {
    let Some(fixture) = database(ROWS).await else { return };
    for column in ["s", "v", "k", "u", "m", "j", "n"] {
        for value in ["a", "A", "a ", "", "ä", "ok", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "{\"a\": 1}", "it's"] {
            let literal = format!("'{}'", value.replace('\'', "''"));
            for (comparison, operator) in COMPARISONS {
                let condition = format!("{column}::text COLLATE \"C\" {operator} {literal}");
                same(&fixture, compare(column, comparison, text(value)), &condition).await;
            }
            let listed = Predicate::In { column: column.to_owned(), values: vec![text("b"), text(value)] };
            same(&fixture, listed, &format!("{column}::text COLLATE \"C\" IN ('b', {literal})")).await;
        }
    }
}

#[tokio::test]
async fn blanks_at_the_end_of_a_char_mean_nothing() {
    let Some(fixture) = database(ROWS).await else { return };
    for value in ["a", "a  ", "A", "ä", ""] {
        for (comparison, operator) in COMPARISONS {
            let condition = format!("c COLLATE \"C\" {operator} '{value}'::char(5)");
            same(&fixture, compare("c", comparison, text(value)), &condition).await;
        }
        let listed = Predicate::In { column: "c".to_owned(), values: vec![text(value), text("x")] };
        same(&fixture, listed, &format!("c IN ('{value}'::char(5), 'x')")).await;
    }
}

#[tokio::test]
async fn lists_nulls_and_combinations_are_the_servers_own() {
    let Some(fixture) = database(ROWS).await else { return };
    let list = |column: &str, values: Vec<Value>| Predicate::In { column: column.to_owned(), values };
    same(&fixture, list("i2", vec![Value::Int(5), Value::Int(i64::MAX)]), "i2 IN (5)").await;
    same(&fixture, list("o", vec![Value::Int(7), Value::Int(-1)]), "o IN (7)").await;
    same(&fixture, list("f8", vec![Value::Float(f64::NAN), Value::Float(1.5)]), "f8 IN ('NaN', 1.5)").await;
    same(&fixture, list("b", vec![Value::Bool(false)]), "b IN (false)").await;
    same(&fixture, list("x", vec![Value::Bytes(vec![255])]), "x IN ('\\xff')").await;
    let decimals = vec![Value::Decimal { digits: -1500, scale: 3 }, Value::Decimal { digits: 0, scale: 0 }];
    same(&fixture, list("q", decimals), "q IN (-1.5, 0)").await;
    same(&fixture, list("d", vec![Value::Date(-1), Value::Date(0)]), "d IN ('1969-12-31', '1970-01-01')").await;
    same(&fixture, list("tz", vec![Value::Timestamp(-1)]), "tz IN ('1969-12-31 23:59:59.999999+00')").await;
    same(&fixture, list("ip", vec![text("10.0.0.1"), text("10.0.0.1/32")]), "ip = '10.0.0.1'").await;
    same(&fixture, Predicate::IsNull { column: "s".to_owned() }, "s IS NULL").await;
    // A composite value of nulls is a value: the gateway reads `(,)`.
    same(&fixture, Predicate::IsNull { column: "p".to_owned() }, "p::text IS NULL").await;
    same(&fixture, Predicate::IsNotNull { column: "p".to_owned() }, "p::text IS NOT NULL").await;
    let either = Predicate::Or(vec![
        compare("id", Comparison::Equal, Value::Int(5)),
        Predicate::And(vec![compare("i2", Comparison::Greater, Value::Int(0)), compare("s", Comparison::NotEqual, text("a"))]),
    ]);
    same(&fixture, either, "id = 5 OR (i2 > 0 AND s <> 'a')").await;
}

#[tokio::test]
async fn order_is_by_utf8_in_a_database_of_another_encoding() {
    let Some(server) = crate::server::shared() else { return };
    let name = format!("metagate_test_{}_win1252", std::process::id());
    let mut admin = crate::fixture::login(server, "postgres").await;
    let create = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'WIN1252' LC_COLLATE 'C' LC_CTYPE 'C'");
    crate::fixture::run(&mut admin, &create).await;
    let fixture = Fixture::new(server, name).await;
    // The euro sign is the byte 80 there, before the ä; in UTF-8 it comes after it.
    fixture.execute("CREATE TABLE t (id int, s text); INSERT INTO t VALUES (1, '€'), (2, 'ä'), (3, 'z')").await;
    same(&fixture, compare("s", Comparison::Greater, text("ä")), "s = '€'").await;
    same(&fixture, compare("s", Comparison::Less, text("€")), "s <> '€'").await;
    same(&fixture, compare("s", Comparison::Equal, text("€")), "s = '€'").await;
}
