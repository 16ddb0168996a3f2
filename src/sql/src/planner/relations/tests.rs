//! Rewritten queries, over CTEs whose columns their text tells.

use datafusion::sql::sqlparser::{dialect::PostgreSqlDialect, parser::Parser};
use spi::Code;

use super::*;

/// Rewrites what follows two relations, `a (x, p)` and `b (x, q)`.
fn rewritten(sql: &str) -> Result<String> {
    let with = "WITH a AS (SELECT 1 AS x, 2 AS p), b AS (SELECT 1 AS x, 3 AS q) ";
    let mut query =
        Parser::new(&PostgreSqlDialect {}).try_with_sql(&format!("{with}{sql}")).expect("tokens").parse_query().expect("a query");
    rewrite(&mut query, &Relations::default())?;
    Ok(query.to_string().replace(with, ""))
}

#[track_caller]
fn check(sql: &str, expected: &str) {
    assert_eq!(rewritten(sql).expect("a query that can be told"), expected);
}

#[track_caller]
fn check_refused(sql: &str, code: Code, message: &str) {
    let error = rewritten(sql).expect_err("a wrong query");
    assert_eq!((error.code, error.message.as_str()), (code, message));
}

#[test]
fn merged_columns_have_the_value_of_the_side_that_has_one() {
    check("SELECT * FROM a JOIN b USING (x)", "SELECT a.\"x\", a.\"p\", b.\"q\" FROM a JOIN b ON a.\"x\" = b.\"x\"");
    check("SELECT X + 1 FROM a RIGHT JOIN b USING (x)", "SELECT b.\"x\" + 1 FROM a RIGHT JOIN b ON a.\"x\" = b.\"x\"");
    check(
        "SELECT x FROM a FULL JOIN b USING (x) GROUP BY x ORDER BY x, x + 1",
        "SELECT coalesce(a.\"x\", b.\"x\") AS \"x\" FROM a FULL JOIN b ON a.\"x\" = b.\"x\" \
         GROUP BY coalesce(a.\"x\", b.\"x\") ORDER BY x, coalesce(a.\"x\", b.\"x\") + 1",
    );
    check("SELECT p FROM a NATURAL LEFT JOIN b AS c", "SELECT p FROM a LEFT JOIN b AS c ON a.\"x\" = c.\"x\"");
    check("SELECT p FROM a NATURAL JOIN (SELECT 1) AS c", "SELECT p FROM a JOIN (SELECT 1) AS c ON true");
}

#[test]
fn a_chain_merges_what_is_merged_already() {
    check(
        "SELECT x FROM a FULL JOIN b USING (x) JOIN a AS c USING (x) WHERE x = 1",
        "SELECT coalesce(a.\"x\", b.\"x\") AS \"x\" FROM a FULL JOIN b ON a.\"x\" = b.\"x\" JOIN a AS c ON coalesce(a.\"x\", b.\"x\") = c.\"x\" \
         WHERE coalesce(a.\"x\", b.\"x\") = 1",
    );
}

#[test]
fn queries_within_see_merged_columns_unless_they_have_their_own() {
    check(
        "SELECT (SELECT x), (SELECT x FROM b) FROM a JOIN b USING (x)",
        "SELECT (SELECT a.\"x\"), (SELECT x FROM b) FROM a JOIN b ON a.\"x\" = b.\"x\"",
    );
}

#[test]
fn a_join_with_a_name_is_a_query() {
    check(
        "SELECT j.x FROM (a FULL JOIN b USING (x)) AS j",
        "SELECT j.x FROM (SELECT coalesce(a.\"x\", b.\"x\") AS \"x\", a.\"p\", b.\"q\" FROM a FULL JOIN b ON a.\"x\" = b.\"x\") AS j",
    );
}

#[test]
fn what_cannot_be_merged_is_refused() {
    let message = "column \"p\" specified in USING clause does not exist in right table";
    check_refused("SELECT 1 FROM a JOIN b USING (p)", Code::UndefinedColumn, message);
    let message = "common column name \"x\" appears more than once in left table";
    check_refused("SELECT 1 FROM a JOIN b ON true JOIN a AS c USING (x)", Code::Ambiguous, message);
}

#[test]
fn relations_whose_columns_cannot_be_told_stay_as_they_are() {
    check("SELECT * FROM a JOIN f() USING (x)", "SELECT * FROM a JOIN f() USING(x)");
}

#[test]
fn aliases_name_the_first_columns() {
    check("SELECT y FROM a AS c (y)", "SELECT y FROM a AS c (y, \"p\")");
    check("SELECT y FROM (VALUES (1, 2)) AS c (y)", "SELECT y FROM (VALUES (1, 2)) AS c (y, \"column2\")");
    check(
        "SELECT y FROM (WITH c (y) AS (SELECT 1, 2) SELECT * FROM c) d",
        "SELECT y FROM (WITH c (y, \"?column?\") AS (SELECT 1, 2) SELECT * FROM c) d",
    );
    let message = "table \"c\" has 2 columns available but 3 columns specified";
    check_refused("SELECT 1 FROM a AS c (i, j, k)", Code::InvalidReference, message);
    let message = "WITH query \"c\" has 1 columns available but 2 columns specified";
    check_refused("SELECT 1 FROM (WITH c (i, j) AS (SELECT 1) SELECT 1) d", Code::InvalidReference, message);
}

#[test]
fn rows_of_multisets_are_numbered() {
    check(
        "SELECT p FROM a EXCEPT ALL SELECT q FROM b ORDER BY p",
        "SELECT c1 AS \"p\" FROM (SELECT c1, row_number() OVER (PARTITION BY c1) FROM (SELECT p FROM a) AS rows (c1) \
         EXCEPT SELECT c1, row_number() OVER (PARTITION BY c1) FROM (SELECT q FROM b) AS rows (c1)) AS rows (c1, c2) ORDER BY p",
    );
}
