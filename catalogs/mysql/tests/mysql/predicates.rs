//! Conditions at the source mean what they mean to PostgreSQL, however the server compares.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use libtest_mimic::Trial;
use spi::connector::ReadRequest;
use spi::predicate::{Comparison, Predicate, Value};

use crate::fixture::{Source, session_request, source};
use crate::server::{Product, Server};
use crate::{Shared, trial, trial_on};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(shared, "predicates::texts_compare_by_their_characters", texts_compare_by_their_characters),
        trial_on(Product::MySql, shared, "predicates::texts_compare_by_their_characters", texts_compare_by_their_characters),
        trial(shared, "predicates::an_index_serves_equal_texts", an_index_serves_equal_texts),
        trial(shared, "predicates::numbers_and_bytes_compare_by_value", numbers_and_bytes_compare_by_value),
        trial_on(Product::MySql, shared, "predicates::numbers_and_bytes_compare_by_value", numbers_and_bytes_compare_by_value),
        trial(shared, "predicates::moments_compare_to_the_microsecond", moments_compare_to_the_microsecond),
        trial_on(Product::MySql, shared, "predicates::moments_compare_to_the_microsecond", moments_compare_to_the_microsecond),
        trial(shared, "predicates::nulls_and_nesting", nulls_and_nesting),
        trial_on(Product::MySql, shared, "predicates::nulls_and_nesting", nulls_and_nesting),
        trial(shared, "predicates::what_would_be_inexact_is_refused", what_would_be_inexact_is_refused),
    ]
}

const COMPARISONS: [Comparison; 6] =
    [Comparison::Equal, Comparison::NotEqual, Comparison::Less, Comparison::LessOrEqual, Comparison::Greater, Comparison::GreaterOrEqual];

fn compare(column: &str, comparison: Comparison, value: Value) -> Predicate {
    Predicate::Compare { column: column.to_owned(), comparison, value }
}

fn equal(column: &str, value: Value) -> Predicate {
    compare(column, Comparison::Equal, value)
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn holds<T: PartialOrd>(comparison: Comparison, left: T, right: T) -> bool {
    match comparison {
        Comparison::Equal => left == right,
        Comparison::NotEqual => left != right,
        Comparison::Less => left < right,
        Comparison::LessOrEqual => left <= right,
        Comparison::Greater => left > right,
        Comparison::GreaterOrEqual => left >= right,
    }
}

/// The column `id` of the rows that a predicate leaves, in its order; the predicate must be one that the connector applies.
async fn matching(source: &Source, table: &str, predicate: Predicate) -> Vec<usize> {
    assert!(source.connector.applies(&predicate), "{predicate:?} is refused");
    let columns = vec![Arc::new(Field::new("id", DataType::Int32, true))];
    let predicates = vec![predicate.clone()];
    let request = ReadRequest {
        schema: source.database.clone(),
        table: table.to_owned(),
        columns,
        predicates,
        user: "ann".to_owned(),
        ..ReadRequest::default()
    };
    let ids = source.rows(request).await.unwrap_or_else(|error| panic!("{predicate:?}: {error}"));
    let mut ids: Vec<usize> = ids.iter().map(|id| id.parse().expect("an id")).collect();
    // An index gives them in another order.
    ids.sort_unstable();
    ids
}

/// For columns of several collations and character sets: a text compares as its code points do, as in PostgreSQL's C collation.
async fn texts_compare_by_their_characters(server: &Server) {
    let texts = [
        "a", "A", "a ", " a", "", " ", "ä", "Ä", "ae", "ss", "ß", "é", "e\u{301}", "\\", "'", "%", "5", "05", "5.0", "😀", "\u{ffff}", "z",
    ];
    let declared = [
        "varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
        "varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci",
        "varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        "varchar(9) CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci",
        "varchar(9) CHARACTER SET latin1 COLLATE latin1_german1_ci",
        "varchar(9) CHARACTER SET latin1 COLLATE latin1_bin",
        "varchar(9) CHARACTER SET utf16",
        "char(9) CHARACTER SET utf8mb4",
        "text CHARACTER SET utf8mb4",
        "json",
    ];
    let mut sql = String::new();
    for (place, declared) in declared.iter().enumerate() {
        let key = match (*declared, server.product) {
            // MySQL's own JSON type has no keys.
            ("json", Product::MySql) => "",
            ("json", _) => ", KEY (c(9))",
            (declared, _) if declared.starts_with("text") => ", KEY (c(4))",
            _ => ", KEY (c)",
        };
        sql += &format!("CREATE TABLE t{place} (id int primary key, c {declared}{key}); INSERT INTO t{place} VALUES (999, NULL);");
        for (id, text) in texts.iter().enumerate() {
            let text = text.replace('\\', "\\\\").replace('\'', "''");
            let text = if *declared == "json" { format!("json_quote('{text}')") } else { format!("'{text}'") };
            sql += &format!("INSERT INTO t{place} VALUES ({id}, {text});");
        }
    }
    let source = source(server, "texts", &sql).await;
    for (place, declared) in declared.iter().enumerate() {
        let table = format!("t{place}");
        let read: Vec<(usize, String)> = source
            .rows(source.request(&table).await)
            .await
            .expect("rows")
            .iter()
            .map(|row| row.split_once('|').expect("two columns"))
            .filter(|(id, _)| *id != "999")
            .map(|(id, text)| (id.parse().expect("an id"), text.to_owned()))
            .collect();
        let ids = |keep: &dyn Fn(&str) -> bool| {
            let mut ids: Vec<usize> = read.iter().filter(|(_, text)| keep(text)).map(|(id, _)| *id).collect();
            ids.sort_unstable();
            ids
        };
        for wanted in texts.iter().chain(&["A ", "AE", "\"a\"", "ẞ", "日"]) {
            for comparison in COMPARISONS {
                let found = matching(&source, &table, compare("c", comparison, text(wanted))).await;
                assert_eq!(found, ids(&|read| holds(comparison, read, *wanted)), "{declared} {comparison:?} {wanted:?}");
            }
            let listed = Predicate::In { column: "c".to_owned(), values: vec![text("a"), text(wanted)] };
            assert_eq!(matching(&source, &table, listed).await, ids(&|read| read == "a" || read == *wanted), "{declared} in {wanted:?}");
        }
    }
    server.execute("DROP DATABASE texts").await;
}

async fn an_index_serves_equal_texts(server: &Server) {
    let source = source(
        server,
        "indexed",
        "CREATE TABLE t (id int, c varchar(20), KEY (c)); INSERT INTO t SELECT seq, concat('key ', seq) FROM seq_1_to_20000; ANALYZE TABLE t;",
    )
    .await;
    // The source keeps one connection, so that these are counts of the session that reads.
    let scanned = async || -> u64 {
        let rows = source.rows(session_request("SESSION_STATUS")).await.expect("rows");
        let value =
            |name: &str| rows.iter().find_map(|row| row.strip_prefix(name)?.strip_prefix('|')?.parse::<u64>().ok()).expect("a count");
        value("HANDLER_READ_RND_NEXT") + value("HANDLER_READ_NEXT")
    };
    let mut request = source.request("t").await;
    let before = scanned().await;
    assert_eq!(source.rows(request.clone()).await.expect("rows").len(), 20_000);
    let between = scanned().await;
    request.predicates = vec![equal("c", text("key 777"))];
    assert_eq!(source.rows(request).await.expect("rows"), ["777|key 777"]);
    let after = scanned().await;
    assert!(between - before > 20_000 && after - between < 10_000, "{} and {} rows were scanned", between - before, after - between);
}

async fn numbers_and_bytes_compare_by_value(server: &Server) {
    let source = source(
        server,
        "numbers",
        "CREATE TABLE t (id int primary key, tiny tinyint, big bigint, small smallint unsigned, y year, r float, d double, b bit(1), bits bit(10),
                         v varbinary(9), f binary(2), g point, m decimal(5,2), u bigint unsigned, KEY (m), KEY (u), KEY (tiny), KEY (y), KEY (r), KEY (v), KEY (bits), KEY (b));
         INSERT INTO t VALUES (1, -128, -9223372036854775808, 0, 1970, 0.1, 0.1, 1, 5, 'a', 'a', point(1, 2), -1.5, 0),
             (2, 5, 5, 5, 2005, 5, 5, 0, 0, 'A', 'A', point(1, 3), 0.05, 5), (3, 127, 9223372036854775807, 65535, 0, -0.0, 1e300, 1, 1023, 'a ', 'ab', NULL, 999.99, 18446744073709551615),
             (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);",
    )
    .await;
    for (column, values) in [("tiny", [-128, 5, 127]), ("big", [i64::MIN, 5, i64::MAX]), ("small", [0, 5, 65_535]), ("y", [1970, 2005, 0])]
    {
        for wanted in [-129, -128, -1, 0, 5, 70, 127, 128, 300, 1970, 2005, 65_535, 65_536, i64::MIN, i64::MAX] {
            for comparison in COMPARISONS {
                let found = matching(&source, "t", compare(column, comparison, Value::Int(wanted))).await;
                let expected: Vec<usize> = (1..=3).filter(|id| holds(comparison, values[id - 1], wanted)).collect();
                assert_eq!(found, expected, "{column} {comparison:?} {wanted}");
            }
        }
    }
    for (column, values, wanted) in [("r", [f64::from(0.1_f32), 5.0, 0.0], f64::from(0.1_f32)), ("d", [0.1, 5.0, 1e300], 0.1)] {
        for wanted in [wanted, 5.0, 0.0, -0.0, 1e300, 1.5] {
            for comparison in COMPARISONS {
                let found = matching(&source, "t", compare(column, comparison, Value::Float(wanted))).await;
                let expected: Vec<usize> = (1..=3).filter(|id| holds(comparison, values[id - 1], wanted)).collect();
                assert_eq!(found, expected, "{column} {comparison:?} {wanted}");
            }
        }
    }
    for (column, values) in [("m", [-150, 5, 99_999]), ("u", [0, 500, i128::from(u64::MAX) * 100])] {
        for wanted in [-151, -150, 0, 5, 500, 99_999, 100_000, i128::from(u64::MAX) * 100, i128::MAX] {
            for comparison in COMPARISONS {
                let found = matching(&source, "t", compare(column, comparison, Value::Decimal { digits: wanted, scale: 2 })).await;
                let expected: Vec<usize> = (1..=3).filter(|id| holds(comparison, values[id - 1], wanted)).collect();
                assert_eq!(found, expected, "{column} {comparison:?} {wanted}");
            }
        }
    }
    // More digits than the column has.
    for (digits, expected) in [(-15_001, &[][..]), (-15_000, &[1]), (500, &[2]), (501, &[]), (499, &[])] {
        assert_eq!(matching(&source, "t", equal("m", Value::Decimal { digits, scale: 4 })).await, expected, "{digits}");
    }
    let listed = [5, 50_001, 50_000].map(|digits| Value::Decimal { digits, scale: 4 }).to_vec();
    assert_eq!(matching(&source, "t", Predicate::In { column: "u".to_owned(), values: listed }).await, [2]);
    assert_eq!(matching(&source, "t", equal("b", Value::Bool(true))).await, [1, 3]);
    assert_eq!(matching(&source, "t", compare("b", Comparison::NotEqual, Value::Bool(true))).await, [2]);
    let wkb = |y: f64| [&[1, 1, 0, 0, 0][..], &1_f64.to_le_bytes(), &y.to_le_bytes()].concat();
    for (column, values) in [
        ("v", [b"a".to_vec(), b"A".to_vec(), b"a ".to_vec()]),
        ("f", [b"a\0".to_vec(), b"A\0".to_vec(), b"ab".to_vec()]),
        ("bits", [vec![0, 5], vec![0, 0], vec![3, 255]]),
    ] {
        for wanted in [&b"a"[..], b"A", b"a ", b"a\0", b"ab", b"", b"\0\x05", b"\x05", b"\x03\xff", b"\0\0", b"\xff"] {
            for comparison in COMPARISONS {
                let found = matching(&source, "t", compare(column, comparison, Value::Bytes(wanted.to_vec()))).await;
                let expected: Vec<usize> = (1..=3).filter(|id| holds(comparison, values[id - 1].as_slice(), wanted)).collect();
                assert_eq!(found, expected, "{column} {comparison:?} {wanted:?}");
            }
        }
    }
    assert_eq!(matching(&source, "t", equal("g", Value::Bytes(wkb(2.0)))).await, [1]);
    assert_eq!(matching(&source, "t", compare("g", Comparison::NotEqual, Value::Bytes(wkb(2.0)))).await, [2]);
    let listed = Predicate::In { column: "v".to_owned(), values: vec![Value::Bytes(b"a".to_vec()), Value::Bytes(b"b".to_vec())] };
    assert_eq!(matching(&source, "t", listed).await, [1]);
}

async fn moments_compare_to_the_microsecond(server: &Server) {
    let source = source(
        server,
        "moments",
        "SET time_zone = '+00:00', sql_mode = 'ALLOW_INVALID_DATES';
         CREATE TABLE t (id int primary key, d date, s datetime, m datetime(6), z timestamp(3) NULL, KEY (d), KEY (s), KEY (m), KEY (z));
         INSERT INTO t VALUES (1, '1970-01-02', '1970-01-01 00:00:01', '1970-01-01 00:00:01.000001', '1970-01-01 00:00:01.001'),
             (2, '2024-02-29', '2024-02-29 12:00:00', '2024-02-29 12:00:00', '2024-02-29 12:00:00'),
             (3, '9999-12-31', '9999-12-31 23:59:59', '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07.999'),
             (4, NULL, NULL, NULL, NULL), (5, '0000-00-00', '0000-00-00', '2024-02-00', 0), (6, '2023-02-31', '2023-02-30', '0000-00-00', 0);",
    )
    .await;
    let noon = 1_709_208_000_000_000;
    let end = 253_402_300_799_000_000;
    let stamp_end = 2_147_483_647_999_000;
    for (column, values) in [("s", [1_000_000, noon, end]), ("m", [1_000_001, noon, end + 999_999]), ("z", [1_001_000, noon, stamp_end])] {
        for wanted in
            [-62_135_596_800_000_000, 0, 1_000_000, 1_000_001, 1_001_000, noon, noon + 1, noon - 500_000, stamp_end, stamp_end + 1, end]
        {
            for comparison in COMPARISONS {
                let found = matching(&source, "t", compare(column, comparison, Value::Timestamp(wanted))).await;
                let expected: Vec<usize> = (1..=3).filter(|id| holds(comparison, values[id - 1], wanted)).collect();
                assert_eq!(found, expected, "{column} {comparison:?} {wanted}");
            }
        }
    }
    let days = [1, 19_782, 2_932_896];
    for wanted in [-719_162, 0, 1, 19_782, 19_783, 2_932_896] {
        for comparison in COMPARISONS {
            let found = matching(&source, "t", compare("d", comparison, Value::Date(wanted))).await;
            let expected: Vec<usize> = (1..=3).filter(|id| holds(comparison, days[id - 1], wanted)).collect();
            assert_eq!(found, expected, "d {comparison:?} {wanted}");
        }
    }
    let listed = Predicate::In { column: "d".to_owned(), values: vec![Value::Date(1), Value::Date(19_782)] };
    assert_eq!(matching(&source, "t", listed).await, [1, 2]);
}

async fn nulls_and_nesting(server: &Server) {
    let source = source(server, "nested", "CREATE TABLE t (id int, `a``b` int); INSERT INTO t VALUES (1, NULL), (2, 5), (3, 6);").await;
    let column = "a`b";
    assert_eq!(matching(&source, "t", Predicate::IsNull { column: column.to_owned() }).await, [1]);
    assert_eq!(matching(&source, "t", Predicate::IsNotNull { column: column.to_owned() }).await, [2, 3]);
    let either = Predicate::Or(vec![
        equal("id", Value::Int(1)),
        Predicate::And(vec![compare("id", Comparison::Greater, Value::Int(2)), equal(column, Value::Int(6))]),
    ]);
    assert_eq!(matching(&source, "t", either).await, [1, 3]);
}

async fn what_would_be_inexact_is_refused(server: &Server) {
    let source = source(server, "refused", "CREATE TABLE t (c int)").await;
    let many = (0..5000).map(Value::Int).collect();
    for predicate in [
        equal("c", text("a\0b")),
        equal("c", Value::Float(f64::NAN)),
        equal("c", Value::Float(f64::INFINITY)),
        equal("c", Value::Date(-719_163)),
        equal("c", Value::Timestamp(i64::MAX)),
        equal("c", Value::Null),
        equal("c", Value::Decimal { digits: 1, scale: 31 }),
        equal("c", Value::Decimal { digits: 1, scale: -1 }),
        compare("c", Comparison::Greater, Value::Bool(false)),
        Predicate::In { column: "c".to_owned(), values: Vec::new() },
        Predicate::In { column: "c".to_owned(), values: many },
        Predicate::In { column: "c".to_owned(), values: vec![Value::Int(1), text("a")] },
        Predicate::And(Vec::new()),
        Predicate::Or(vec![equal("c", Value::Int(1)), equal("c", Value::Null)]),
    ] {
        assert!(!source.connector.applies(&predicate), "{predicate:?} is applied");
    }
}
