//! Conditions at the source mean what they mean to PostgreSQL, whatever SQLite stores and however it compares.

use spi::predicate::{Comparison, Predicate, Value};

use crate::fixture::{Fixture, database};

fn compare(column: &str, comparison: Comparison, value: Value) -> Predicate {
    Predicate::Compare { column: column.to_owned(), comparison, value }
}

fn equal(column: &str, value: Value) -> Predicate {
    compare(column, Comparison::Equal, value)
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

/// The ids, which are the first column, of the rows that a predicate leaves; it must be one that the connector applies.
async fn matching(fixture: &Fixture, table: &str, predicate: Predicate) -> Vec<String> {
    assert!(fixture.connector.applies(&predicate), "{predicate:?} is refused");
    let mut request = fixture.request("main", table).await;
    request.columns.truncate(1);
    request.predicates = vec![predicate];
    let mut ids = fixture.rows(request).await.expect("rows");
    // An index gives them in another order.
    ids.sort_by_key(|id| id.parse::<i64>().expect("an id"));
    ids
}

#[tokio::test]
async fn integers_compare_as_integers_only() {
    let fixture = database(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER);
         INSERT INTO t VALUES (1, 5), (2, 6), (3, NULL), (4, 'abc'), (5, x'05'), (6, 5.5), (7, -1), (8, '5');",
    )
    .await;
    for (comparison, expected) in [
        (Comparison::Equal, &["1", "8"][..]),
        (Comparison::NotEqual, &["2", "7"]),
        (Comparison::Less, &["7"]),
        (Comparison::LessOrEqual, &["1", "7", "8"]),
        (Comparison::Greater, &["2"]),
        (Comparison::GreaterOrEqual, &["1", "2", "8"]),
    ] {
        assert_eq!(matching(&fixture, "t", compare("n", comparison, Value::Int(5))).await, expected, "{comparison:?}");
    }
    let values = vec![Value::Int(6), Value::Int(-1), Value::Int(99)];
    assert_eq!(matching(&fixture, "t", Predicate::In { column: "n".to_owned(), values }).await, ["2", "7"]);
    assert_eq!(matching(&fixture, "t", Predicate::IsNull { column: "n".to_owned() }).await, ["3"]);
    assert_eq!(matching(&fixture, "t", Predicate::IsNotNull { column: "n".to_owned() }).await, ["1", "2", "4", "5", "6", "7", "8"]);
    let either = Predicate::Or(vec![
        equal("id", Value::Int(3)),
        Predicate::And(vec![compare("id", Comparison::Greater, Value::Int(6)), equal("n", Value::Int(5))]),
    ]);
    assert_eq!(matching(&fixture, "t", either).await, ["3", "8"]);
}

/// For each kind of column that is read as text: a text equals exactly those rows that are read as that text.
#[tokio::test]
async fn texts_equal_what_is_read() {
    let values = [
        "'a'",
        "'A'",
        "'a '",
        "''",
        "'5'",
        "5",
        "5.0",
        "'5.0'",
        "'05'",
        "' 5'",
        "'5 '",
        "'+5'",
        "5.5",
        "'5.5'",
        "1e300",
        "'1e300'",
        "1e5",
        "'100000.0'",
        "'1e5'",
        "9223372036854775807",
        "9.3e18",
        "-0.0",
        "'-0.0'",
        "'0.0'",
        "0",
        "9e999",
        "'inf'",
        "'NaN'",
        "NULL",
        "'ä'",
    ];
    for declared in ["TEXT", "TEXT COLLATE NOCASE", "TEXT COLLATE RTRIM", "", "STRING", "ANY", "VARCHAR(9)"] {
        let rows: Vec<String> = values.iter().enumerate().map(|(id, value)| format!("({id}, {value})")).collect();
        let fixture = database(&format!(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, c {declared}); INSERT INTO t VALUES {}; CREATE INDEX i ON t(c);",
            rows.join(", ")
        ))
        .await;
        let read: Vec<(String, String)> = fixture
            .rows(fixture.request("main", "t").await)
            .await
            .expect("rows")
            .iter()
            .filter_map(|row| row.split_once('|').map(|(id, value)| (id.to_owned(), value.to_owned())))
            .collect();
        let mut wanted: Vec<&str> = read.iter().map(|(_, value)| value.as_str()).filter(|value| *value != "NULL").collect();
        wanted.extend(["5e0", "1e300 ", "nan", "x", "0x5"]);
        for value in wanted {
            let ids = |keep: &dyn Fn(&str) -> bool| -> Vec<String> {
                read.iter().filter(|(_, read)| read != "NULL" && keep(read)).map(|(id, _)| id.clone()).collect()
            };
            assert_eq!(matching(&fixture, "t", equal("c", text(value))).await, ids(&|read| read == value), "{declared} = {value:?}");
            assert_eq!(
                matching(&fixture, "t", compare("c", Comparison::NotEqual, text(value))).await,
                ids(&|read| read != value),
                "{declared} <> {value:?}"
            );
            let listed = Predicate::In { column: "c".to_owned(), values: vec![text("a"), text(value)] };
            let found = matching(&fixture, "t", listed).await;
            assert_eq!(found, ids(&|read| read == value || read == "a"), "{declared} IN ('a', {value:?})");
        }
    }
}

#[tokio::test]
async fn booleans_numbers_and_bytes_compare_by_value() {
    let fixture = database(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, b BOOLEAN, r REAL, x BLOB);
         INSERT INTO t VALUES (1, 1, 1.5, x'01'), (2, 'true', 2, x'02'), (3, 0, -1.5, x'0100'), (4, 'f', 1e300, x''), (5, NULL, NULL, NULL);",
    )
    .await;
    assert_eq!(matching(&fixture, "t", equal("b", Value::Bool(true))).await, ["1", "2"]);
    assert_eq!(matching(&fixture, "t", equal("b", Value::Bool(false))).await, ["3", "4"]);
    assert_eq!(matching(&fixture, "t", compare("b", Comparison::NotEqual, Value::Bool(false))).await, ["1", "2"]);
    assert_eq!(matching(&fixture, "t", compare("r", Comparison::Greater, Value::Float(1.5))).await, ["2", "4"]);
    assert_eq!(matching(&fixture, "t", equal("r", Value::Float(2.0))).await, ["2"]);
    assert_eq!(matching(&fixture, "t", compare("x", Comparison::LessOrEqual, Value::Bytes(vec![1]))).await, ["1", "4"]);
    let values = vec![Value::Bytes(vec![1, 0]), Value::Bytes(vec![])];
    assert_eq!(matching(&fixture, "t", Predicate::In { column: "x".to_owned(), values }).await, ["3", "4"]);
}

#[tokio::test]
async fn what_would_be_inexact_is_refused() {
    let fixture = database("CREATE TABLE t (c)").await;
    let many = (0..1000).map(Value::Int).collect();
    for predicate in [
        compare("c", Comparison::Less, text("a")),
        equal("c", text("a\0b")),
        equal("c", Value::Float(f64::NAN)),
        equal("c", Value::Date(1)),
        equal("c", Value::Timestamp(1)),
        equal("c", Value::Null),
        compare("c", Comparison::Greater, Value::Bool(false)),
        Predicate::In { column: "c".to_owned(), values: Vec::new() },
        Predicate::In { column: "c".to_owned(), values: many },
        Predicate::And(Vec::new()),
        Predicate::Or(vec![equal("c", Value::Int(1)), equal("c", Value::Date(1))]),
    ] {
        assert!(!fixture.connector.applies(&predicate), "{predicate:?} is applied");
    }
}
