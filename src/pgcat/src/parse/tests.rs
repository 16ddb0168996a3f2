//! What the parser library reads, once its tokens are rewritten.

use super::*;
use crate::statics;

/// The text is read, and means what the other text says.
#[track_caller]
fn check(text: &str, meaning: &str) {
    let found = query(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    assert_eq!(found.to_string(), meaning, "{text}");
}

#[test]
fn what_only_postgresql_reads_is_put_into_other_words() {
    check("TABLE pg_class ORDER BY 1", "SELECT * FROM pg_class ORDER BY 1");
    check("SELECT 1 UNION TABLE a.\"B\"", "SELECT 1 UNION SELECT * FROM a.\"B\"");
    check(
        "SELECT * FROM ROWS FROM (f(1), g(2)) WITH ORDINALITY AS x(a, b)",
        "SELECT * FROM \"rows from\"(f(1), g(2)) WITH ORDINALITY AS x (a, b)",
    );
    check("SELECT * FROM ONLY a, ONLY (b.c) d", "SELECT * FROM a, b.c d");
    check("SELECT 1 FETCH FIRST ROW ONLY", "SELECT 1 FETCH FIRST ROWS ONLY");
    check(
        "SELECT name 'x', \"char\" 'c', pg_catalog.oid '1'",
        "SELECT CAST('x' AS name), CAST('c' AS \"char\"), CAST('1' AS pg_catalog.oid)",
    );
    check("SELECT a LIKE 'x' OR NOT a ~ 'y' AND b = oid '1'", "SELECT a LIKE 'x' OR NOT a ~ 'y' AND b = CAST('1' AS oid)");
    check(
        "SELECT CASE 'a' WHEN 'b' THEN 'c' ELSE 'd' END, trim(both 'x' from 'y')",
        "SELECT CASE 'a' WHEN 'b' THEN 'c' ELSE 'd' END, TRIM(BOTH 'x' FROM 'y')",
    );
    check("SELECT a COLLATE \"C\", b::text COLLATE \"C\" FROM c", "SELECT a COLLATE \"C\", (b::TEXT) COLLATE \"C\" FROM c");
    check("SELECT f(a.b)[1]::varchar(3)::text COLLATE \"C\" || c", "SELECT (f(a.b)[1]::VARCHAR(3)::TEXT) COLLATE \"C\" || c");
    check("SELECT a IN (b::text COLLATE \"C\")", "SELECT a IN ((b::TEXT) COLLATE \"C\")");
    check("SELECT (a).*, b.c FROM a", "SELECT (a).\"*\", b.c FROM a");
    check("SELECT a OPERATOR(pg_catalog.=) ANY (b)", "SELECT a = ANY(b)");
    check(
        "SELECT a FROM b ORDER BY a USING > NULLS LAST, c USING OPERATOR(pg_catalog.<)",
        "SELECT a FROM b ORDER BY a DESC NULLS LAST, c ASC",
    );
    check("SELECT a FROM b GROUP BY ALL a", "SELECT a FROM b GROUP BY a");
    check("SELECT * FROM f() AS (a INT, b TEXT)", "SELECT * FROM f() AS \"\" (a INT, b TEXT)");
    check("WITH a (b) AS (SELECT 1) SELECT b FROM a", "WITH a (b) AS (SELECT 1) SELECT b FROM a");
    check("SELECT a ISNULL, b AS isnull", "SELECT a IS NULL, b AS isnull");
    check("SELECT 1 AS select", "SELECT 1 AS select");
    check("SELECT ROW(a, b) = ROW(1, 2) AND c IS DISTINCT FROM ROW(3, 4)", "SELECT (a, b) = (1, 2) AND c IS DISTINCT FROM (3, 4)");
    check(
        "WITH row (a, b) AS (SELECT 1, 2) SELECT * FROM row AS row (c, d)",
        "WITH row (a, b) AS (SELECT 1, 2) SELECT * FROM row AS row (c, d)",
    );
    check("SELECT COLLATION FOR (a)", "SELECT \"pg_collation_for\"(a)");
    check("SELECT substring(a SIMILAR 'b' ESCAPE '#') FROM c", "SELECT SUBSTRING(a, 'b', '#') FROM c");
    check("SELECT f(1, VARIADIC ARRAY[1, 2])", "SELECT f(1, VARIADIC VALUE ARRAY[1, 2])");
    check(
        "SELECT 1 FROM a JOIN b LEFT JOIN c ON d ON e JOIN f CROSS JOIN g ON h",
        "SELECT 1 FROM a JOIN (b LEFT JOIN c ON d) ON e JOIN (f CROSS JOIN g) ON h",
    );
    check("SELECT a FROM b JOIN (c JOIN d USING (e)) ON f", "SELECT a FROM b JOIN (c JOIN d USING(e)) ON f");
    check(
        "SELECT bit '101', bit(2) '101', char 'ab', interval(1) '1.25 s', numeric(5, 2) '1'",
        "SELECT CAST('101' AS \"bit\"), CAST('101' AS BIT(2)), CAST('ab' AS \"bpchar\"), CAST('1.25 s' AS INTERVAL(1)), CAST('1' AS NUMERIC(5,2))",
    );
}

#[test]
fn numbers_are_written_in_plain_digits() {
    check("SELECT 0xFF, 0O17, 0b1_01, 1_000.5_5, 1e1_0, 0x1F_FF", "SELECT 255, 15, 5, 1000.55, 1e10, 8191");
    // What follows a number is part of it, and makes it none.
    check("SELECT 123abc, 0b12, 0o8, 0xFFz, 1 a, x'FF'", "SELECT 123abc, 0b12, 0o8, 0xFFz, 1 AS a, X'FF'");
}

#[test]
fn every_view_and_function_in_sql_is_read() {
    let mut count = 0;
    for number in 1..20_000 {
        let view = statics::view_definition(number, false).map(|text| query(text).err());
        let function = statics::sql_function(number).map(|function| match function {
            statics::SqlFunction::Return(text) => expression(text).err(),
            statics::SqlFunction::Statements(text) => query(text).err(),
        });
        for error in view.into_iter().chain(function) {
            assert!(error.is_none(), "{number}: {error:?}");
            count += 1;
        }
    }
    assert!(count > 150, "{count}");
}

#[test]
fn a_text_is_one_query() {
    assert!(query("SELECT 1;").is_ok());
    for text in ["SELECT 1; SELECT 2", "SELECT 1 FROM a b c", "DROP TABLE a"] {
        assert_eq!(query(text).expect_err(text).code, Code::Syntax, "{text}");
    }
}
