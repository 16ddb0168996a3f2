//! Joins, subqueries, arrays and aggregates, with PostgreSQL's answers.

use super::World;

/// The rows, or what was refused, of statements that need no table.
#[track_caller]
fn check(cases: &[(&str, &[&str])]) {
    let world = World::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut wrong = Vec::new();
    for (sql, expected) in cases {
        let answered = match runtime.block_on(world.rows(sql, Vec::new())) {
            Ok(rows) => rows,
            Err(error) => vec![format!("{} {}", error.code.sqlstate(), error.message)],
        };
        if answered != *expected {
            wrong.push(format!("{sql}\n     is {answered:?}\n not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn merged_columns() {
    check(&[
        (
            "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS l(id, p) RIGHT JOIN (VALUES (2, 'x'), (3, 'y')) AS r(id, q) USING (id) ORDER BY id",
            &["2|b|x", "3|NULL|y"],
        ),
        (
            "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS l(id, p) FULL JOIN (VALUES (2, 'x'), (3, 'y')) AS r(id, q) USING (id) ORDER BY id",
            &["1|a|NULL", "2|b|x", "3|NULL|y"],
        ),
        ("SELECT * FROM (VALUES (10, 1, 'a')) AS l(n, id, p) JOIN (VALUES ('x', 1, 10)) AS r(q, id, n) USING (id, n)", &["1|10|a|x"]),
        (
            "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS l(id, p) NATURAL FULL JOIN (VALUES (2, 'x'), (3, 'y')) AS r(id, q) ORDER BY id",
            &["1|a|NULL", "2|b|x", "3|NULL|y"],
        ),
        ("SELECT x FROM (VALUES (1), (2)) AS a(x) JOIN (VALUES (1), (2)) AS b(x) USING (x) WHERE x = 1", &["1"]),
        ("SELECT x FROM (VALUES (1), (2)) AS a(x) NATURAL JOIN (VALUES (1), (2)) AS b(x) WHERE x > 1", &["2"]),
        ("SELECT x FROM (VALUES (1), (2)) AS a(x) JOIN (VALUES (1), (2)) AS b(x) USING (x) JOIN (VALUES (2)) AS c(x) USING (x)", &["2"]),
        (
            "SELECT id, count(*) FROM accounts a JOIN accounts b USING (id) WHERE id < 3 GROUP BY id HAVING id > 0 ORDER BY id",
            &["1|1", "2|1"],
        ),
        ("SELECT a.x, b.x FROM (VALUES (1)) AS a(x) FULL JOIN (VALUES (2)) AS b(x) USING (x) ORDER BY a.x", &["1|NULL", "NULL|2"]),
        ("SELECT count(*) FROM (accounts a JOIN accounts b USING (id)) JOIN accounts c USING (id) WHERE id = 1", &["1"]),
        ("SELECT id FROM accounts WHERE EXISTS (SELECT 1 FROM orders o JOIN accounts b USING (id)) OR id = 1", &["1"]),
        ("SELECT max(n) OVER (ORDER BY id) FROM (VALUES (1, 5)) AS l(id, n) JOIN (VALUES (1)) AS r(id) USING (id)", &["5"]),
        (
            "SELECT p FROM (VALUES (1)) AS l(id) JOIN (VALUES (1)) AS r(p) USING (id)",
            &["42703 column \"id\" specified in USING clause does not exist in right table"],
        ),
    ]);
}

#[test]
fn arrays() {
    check(&[
        (
            "SELECT 2 = ANY (ARRAY[1, NULL]), 1 = ANY (ARRAY[1, NULL]), 2 <> ALL (ARRAY[1, NULL]), NULL = ANY ('{}'::int[])",
            &["NULL|true|NULL|false"],
        ),
        (
            "SELECT 1 = ANY ('{1,2}'), 'a' = ANY ('{a,b}'), 'a' = ANY ('{}'), 1 <> ALL ('{1,2}'), 3 > ALL ('{1,2}'), 1 >= ANY ('{2}')",
            &["true|true|false|false|true|false"],
        ),
        ("SELECT id FROM accounts WHERE id = ANY ('{1,3}') ORDER BY id", &["1", "3"]),
        ("SELECT id FROM accounts WHERE name <> ALL ('{ann}') ORDER BY id", &["2"]),
        ("SELECT name FROM accounts WHERE name LIKE ANY (ARRAY['a%', 'b%']) ORDER BY name", &["ann", "bob"]),
        ("SELECT name FROM accounts WHERE name NOT LIKE ALL (ARRAY['a%', 'c%']) ORDER BY name", &["bob"]),
        ("SELECT id = ANY (ARRAY[id, 5]), id = ANY (ARRAY[NULL, 2]) FROM accounts ORDER BY id", &["true|NULL", "true|true", "true|NULL"]),
        (
            "SELECT ARRAY['a', 'b'] @> '{a}', ARRAY[1, 2] @> '{}', ARRAY[1, 2] && ARRAY[2, 3], '{1}' <@ ARRAY[1, 2], ARRAY[1] && '{2}'",
            &["true|true|true|true|false"],
        ),
        ("SELECT ARRAY['a'] = '{}', ARRAY['a'] = '{a}'", &["false|true"]),
        ("SELECT 1 = ANY (1)", &["42883 op ANY/ALL (array) requires array on right side"]),
    ]);
}

#[test]
fn subqueries() {
    check(&[
        ("SELECT 1 WHERE 3 NOT IN (SELECT x FROM (VALUES (1), (NULL)) AS t(x))", &[]),
        ("SELECT 1 WHERE 3 NOT IN (SELECT x FROM (VALUES (1), (2)) AS t(x))", &["1"]),
        ("SELECT id FROM accounts WHERE name NOT IN (SELECT name FROM accounts)", &[]),
        ("SELECT 1 IN (SELECT x FROM (VALUES (1), (NULL)) AS t(x)), 3 IN (SELECT x FROM (VALUES (1), (NULL)) AS t(x))", &["true|NULL"]),
        ("SELECT 1 NOT IN (SELECT 1 WHERE false), EXISTS (SELECT 1), NOT EXISTS (SELECT 1 WHERE false)", &["true|true|true"]),
        ("SELECT id FROM accounts WHERE balance >= ALL (SELECT balance FROM accounts)", &["2"]),
        ("SELECT id FROM accounts WHERE balance < ANY (SELECT balance FROM accounts) ORDER BY 1", &["1", "3"]),
        ("SELECT id FROM accounts WHERE id = ANY (SELECT account FROM orders) ORDER BY 1", &["1", "2"]),
        ("SELECT id FROM accounts WHERE id <> ALL (SELECT account FROM orders) ORDER BY 1", &["3"]),
        ("SELECT (SELECT 1 WHERE false), (SELECT 2)", &["NULL|2"]),
        ("SELECT id, EXISTS (SELECT 1 FROM orders o WHERE o.account = a.id) FROM accounts a ORDER BY id", &["1|true", "2|true", "3|false"]),
        ("SELECT id, id IN (SELECT account FROM orders o) FROM accounts a ORDER BY id", &["1|true", "2|true", "3|false"]),
        ("SELECT id, (SELECT name FROM accounts a WHERE a.id = o.account) FROM orders o ORDER BY id", &["10|ann", "11|ann", "12|bob"]),
        ("SELECT id, (SELECT o.id FROM orders o WHERE o.account = a.id) FROM accounts a WHERE id > 1 ORDER BY 1", &["2|12", "3|NULL"]),
        (
            "SELECT id, (SELECT o.id FROM orders o WHERE o.account = a.id) FROM accounts a",
            &["21000 more than one row returned by a subquery used as an expression"],
        ),
        (
            "SELECT id, (SELECT o.id FROM orders o WHERE o.account = a.id ORDER BY o.id DESC LIMIT 1) FROM accounts a ORDER BY 1",
            &["1|11", "2|12", "3|NULL"],
        ),
        ("SELECT ARRAY(SELECT id FROM orders ORDER BY id DESC), ARRAY(SELECT 1 WHERE false)", &["[12, 11, 10]|[]"]),
        (
            "SELECT id, ARRAY(SELECT o.id FROM orders o WHERE o.account = a.id ORDER BY o.id) FROM accounts a ORDER BY id",
            &["1|[10, 11]", "2|[12]", "3|[]"],
        ),
        ("SELECT id FROM orders WHERE (id, account) IN (SELECT 10, 1)", &["10"]),
        ("SELECT id FROM orders o WHERE (id, account) NOT IN (SELECT 10, 1) ORDER BY id", &["11", "12"]),
        ("SELECT 1 IN (SELECT 1, 2)", &["42601 subquery must return only one column"]),
        ("SELECT id FROM accounts WHERE id = 1 OR id IN (SELECT account FROM orders WHERE account = 2) ORDER BY 1", &["1", "2"]),
        ("SELECT id FROM accounts WHERE NOT (id IN (SELECT account FROM orders)) ORDER BY 1", &["3"]),
    ]);
}

#[test]
fn aggregates() {
    check(&[
        ("SELECT sum(x) FROM (VALUES (9223372036854775807), (1)) AS t(x)", &["9223372036854775808"]),
        ("SELECT avg(x) FROM (VALUES (1), (2)) AS t(x)", &["1.5000000000000000"]),
        ("SELECT avg(x), avg(DISTINCT x) FROM (VALUES (0), (1), (1)) AS t(x)", &["0.6666666666666667|0.5000000000000000"]),
        ("SELECT avg(x) FROM (VALUES (1.5), (2.25)) AS t(x)", &["1.8750000000000000"]),
        (
            "SELECT account, avg(id), sum(account) FROM orders GROUP BY account ORDER BY 1",
            &["1|10.5000000000000000|2", "2|12.0000000000000000|2"],
        ),
        (
            "SELECT avg(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM accounts ORDER BY id",
            &["1.5000000000000000", "2.0000000000000000", "2.5000000000000000"],
        ),
        (
            "SELECT sum(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), avg(balance) OVER () > 0 FROM accounts ORDER BY id",
            &["1|true", "3|true", "5|true"],
        ),
        ("SELECT sum(id), count(DISTINCT account) FROM orders GROUP BY account ORDER BY account", &["21|1", "12|1"]),
        (
            "SELECT pg_typeof(sum(1)), pg_typeof(sum(2::bigint)), pg_typeof(avg(3)), pg_typeof(avg(4::float8))",
            &["bigint|numeric|numeric|double precision"],
        ),
    ]);
}

#[test]
fn forms() {
    check(&[
        ("SELECT x FROM (VALUES (1), (2), (2), (2)) AS t(x) INTERSECT ALL SELECT x FROM (VALUES (2), (2)) AS t(x)", &["2", "2"]),
        ("SELECT x FROM (VALUES (1), (1), (2)) AS t(x) EXCEPT ALL SELECT 1 ORDER BY 1", &["1", "2"]),
        (
            "SELECT id, row_number() OVER w2 FROM orders WINDOW w AS (PARTITION BY account), w2 AS (w ORDER BY id) ORDER BY id",
            &["10|1", "11|2", "12|1"],
        ),
        ("SELECT id FROM accounts AS o(number) WHERE number = 1", &["42703 column \"id\" does not exist"]),
        ("SELECT number, name FROM accounts AS o(number) WHERE number = 1", &["1|ann"]),
        ("WITH a(x) AS (SELECT 1, 2) SELECT * FROM a", &["1|2"]),
        ("SELECT a FROM (VALUES (1)) AS t(a, b)", &["42P10 table \"t\" has 1 columns available but 2 columns specified"]),
        ("SELECT 1 FROM accounts GROUP BY ()", &["1"]),
        ("SELECT count(*) FROM accounts GROUP BY ()", &["3"]),
        ("SELECT DISTINCT ON (1) account, id FROM orders ORDER BY 1, 2 DESC", &["1|11", "2|12"]),
        ("SELECT id FROM orders ORDER BY id LIMIT '2' OFFSET '1'", &["11", "12"]),
        (
            "SELECT 'abc' SIMILAR TO '(a|x)%', 'abc' SIMILAR TO 'ab', 'abc' SIMILAR TO 'a_c', 'abc' NOT SIMILAR TO 'b'",
            &["true|false|true|true"],
        ),
        ("SELECT x FROM (VALUES ('2026-01-02'::date), ('2025-12-31'), (NULL)) AS t(x) ORDER BY x", &["2025-12-31", "2026-01-02", "NULL"]),
        ("SELECT CASE WHEN true THEN 1 ELSE 'x' END", &["22P02 invalid input syntax for type integer: \"x\""]),
        ("SELECT CASE WHEN false THEN 1 ELSE '2' END + 1, CASE WHEN 't' THEN 'a' ELSE 'b' END", &["3|a"]),
        ("SELECT CASE WHEN 1 THEN 1 END", &["42804 argument of CASE/WHEN must be type boolean, not type integer"]),
        ("SELECT 1 AS x UNION SELECT '2' ORDER BY x", &["1", "2"]),
        ("SELECT 1 UNION SELECT 'x'", &["22P02 invalid input syntax for type integer: \"x\""]),
        (
            "SELECT DATE '2026-01-01' AS d UNION SELECT TIMESTAMP '2026-01-02 03:04:05' ORDER BY d",
            &["2026-01-01T00:00:00", "2026-01-02T03:04:05"],
        ),
        ("SELECT j.id, p FROM ((VALUES (1, 'a')) AS l(id, p) RIGHT JOIN (VALUES (2)) AS r(id) USING (id)) AS j", &["2|NULL"]),
        ("SELECT true UNION SELECT 1", &["42804 UNION types boolean and integer cannot be matched"]),
        ("VALUES (1, 2), (3)", &["42601 VALUES lists must all be the same length"]),
        ("SELECT id FROM accounts WHERE id", &["42804 argument of WHERE must be type boolean, not type integer"]),
        ("SELECT sum(count(*)) FROM accounts", &["42803 aggregate function calls cannot be nested"]),
        ("SELECT sum(x) OVER w FROM (VALUES (1)) AS t(x)", &["42704 window \"w\" does not exist"]),
        (
            "SELECT DISTINCT ON (account) id FROM orders ORDER BY id",
            &["42P10 SELECT DISTINCT ON expressions must match initial ORDER BY expressions"],
        ),
        ("SELECT 1 FROM accounts a JOIN orders o ON a.id", &["42804 argument of JOIN/ON must be type boolean, not type integer"]),
        ("SELECT 1 LIKE '1'", &["42883 operator does not exist: integer ~~ text"]),
    ]);
}
