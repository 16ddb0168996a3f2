//! Names, types, origins and errors of whole queries. What is expected is what PostgreSQL 16 says.

mod parameters;

use spi::{Code, Error};

use super::*;
use crate::catalog::oid as catalog_oid;
use crate::fixture::sales;
use crate::fixture::session::Session;
use crate::{parse, statics};

fn bound(text: &str) -> Result<Bound> {
    bind(&sales(), &Session::new(), parse::query(text)?.as_ref(), text, &[])
}

/// The columns of the answer, as `name:type` by `pg_type.oid`.
#[track_caller]
fn columns(text: &str, expected: &[&str]) {
    let bound = bound(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let found: Vec<String> = bound.query.columns.iter().map(|column| format!("{}:{}", column.name, column.type_.oid)).collect();
    assert_eq!(found, expected, "{text}");
}

#[track_caller]
fn failure(text: &str) -> Error {
    bound(text).map(|_| ()).expect_err(text)
}

/// The SQLSTATE, the message, and where in the text it points at.
#[track_caller]
fn fails(text: &str, sqlstate: &str, message: &str, position: Option<usize>) {
    let error = failure(text);
    assert_eq!((error.code.sqlstate(), error.message.as_str(), error.position), (sqlstate, message, position), "{text}");
}

#[test]
fn columns_have_the_names_and_types_of_what_they_are() {
    columns("SELECT relname, c.oid AS id, NULL, 'x' FROM pg_class c", &["relname:19", "id:26", "?column?:25", "?column?:25"]);
    columns("SELECT oid, oid FROM pg_class", &["oid:26", "oid:26"]);
    columns("SELECT tableoid, xmin, ctid, cmax FROM pg_class", &["tableoid:26", "xmin:28", "ctid:27", "cmax:29"]);
    columns("SELECT pg_catalog.pg_class.relname, sales.pg_catalog.pg_class.oid FROM pg_class", &["relname:19", "oid:26"]);
    columns("TABLE pg_enum", &["oid:26", "enumtypid:26", "enumsortorder:700", "enumlabel:19"]);
    columns("SELECT c FROM pg_enum c", &[&format!("c:{}", composite("pg_enum"))]);
    columns("SELECT * FROM (VALUES (1, 'a'), (2.5, NULL)) v", &["column1:1700", "column2:25"]);
    columns("VALUES (1), (2) ORDER BY column1 + 1", &["column1:23"]);
    columns("SELECT FROM pg_class", &[]);
}

/// The type of a static relation's rows.
fn composite(relation: &str) -> u32 {
    let class = sales().class(crate::catalog::PG_CATALOG, relation).and_then(|class| class.oid("reltype"));
    class.unwrap_or_default()
}

#[test]
fn joins_merge_columns() {
    columns("SELECT * FROM (SELECT 1 AS a, 2 AS b) x JOIN (SELECT 2.5 AS b, 'c' AS c) y USING (b)", &["b:1700", "a:23", "c:25"]);
    columns("SELECT * FROM (SELECT 1 AS a) x NATURAL FULL JOIN (SELECT 2 AS a, 3 AS b) y", &["a:23", "b:23"]);
    columns("SELECT j.*, d FROM ((SELECT 1 AS a) x CROSS JOIN (SELECT 2) y) AS j(c, d)", &["c:23", "d:23", "d:23"]);
    columns("SELECT x.a, y.a, a FROM (SELECT 1 AS a) x JOIN (SELECT 2 AS a) y USING (a)", &["a:23", "a:23", "a:23"]);
    let text = "SELECT x.a FROM ((SELECT 1 AS a) x CROSS JOIN (SELECT 2 AS b) y) AS j";
    fails(text, "42P01", "invalid reference to FROM-clause entry for table \"x\"", Some(8));
}

#[test]
fn with_and_set_operations_find_common_types() {
    columns("SELECT 1 AS a UNION SELECT 2.5 ORDER BY a", &["a:1700"]);
    columns("(SELECT 1 AS a LIMIT 1) UNION ALL (SELECT 2.5 ORDER BY 1)", &["a:1700"]);
    columns("SELECT 'a' AS x UNION SELECT relname FROM pg_class", &["x:19"]);
    columns("WITH a(x) AS (SELECT 1), b AS (SELECT x, 'y' AS y FROM a) SELECT * FROM b, a", &["x:23", "y:25", "x:23"]);
    columns("WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT * FROM t", &["n:23"]);
    fails("SELECT 1 UNION SELECT 'a'", "22P02", "invalid input syntax for type integer: \"a\"", Some(23));
    fails("WITH a AS (SELECT 1), a AS (SELECT 2) SELECT 1", "42712", "WITH query name \"a\" specified more than once", Some(23));
    let text = "SELECT 1 AS a UNION SELECT 2 ORDER BY a + 1";
    fails(text, "0A000", "invalid UNION/INTERSECT/EXCEPT ORDER BY clause", Some(39));
}

#[test]
fn records_in_from_and_in_select_lists_have_columns() {
    columns("SELECT * FROM (SELECT ROW(1, 'a') AS r) x", &["r:2249"]);
    columns("SELECT (r).*, (r).f1 FROM (SELECT ROW(1, 'a'::text) AS r) x", &["f1:23", "f2:25", "f1:23"]);
    columns("SELECT (e).* FROM pg_enum e", &["oid:26", "enumtypid:26", "enumsortorder:700", "enumlabel:19"]);
    fails(
        "SELECT (r).x FROM (SELECT 1 AS r) x",
        "42809",
        "column notation .x applied to type integer, which is not a composite type",
        Some(9),
    );
}

#[test]
fn columns_come_from_tables_and_views() {
    let bound = bound("SELECT x.relname, v.tablename, relname || '', n FROM (SELECT relname, 1 AS n FROM pg_class) x, pg_tables v")
        .expect("a query");
    let view = sales().class(crate::catalog::PG_CATALOG, "pg_tables").and_then(|class| class.oid("oid"));
    let origins: Vec<_> = bound.query.columns.iter().map(|column| column.origin).collect();
    assert_eq!(origins, [Some((catalog_oid::PG_CLASS, 2)), view.map(|view| (view, 2)), None, None]);
}

#[test]
fn names_that_mean_nothing_are_named() {
    for (text, sqlstate, message, position) in [
        ("SELECT relnam FROM pg_class", "42703", "column \"relnam\" does not exist", 8),
        ("SELECT c.x FROM pg_class c", "42703", "column c.x does not exist", 8),
        ("SELECT d.x FROM pg_class c", "42P01", "missing FROM-clause entry for table \"d\"", 8),
        ("SELECT oid FROM pg_class a, pg_class b", "42702", "column reference \"oid\" is ambiguous", 8),
        ("SELECT * FROM a.b", "42P01", "relation \"a.b\" does not exist", 15),
        ("SELECT * FROM x.a.b", "0A000", "cross-database references are not implemented: \"x.a.b\"", 15),
        ("SELECT * FROM pg_class_oid_index", "42809", "cannot open relation \"pg_class_oid_index\"", 15),
        ("SELECT relkind FROM pg_class ORDER BY 2", "42P10", "ORDER BY position 2 is not in select list", 39),
        ("SELECT * FROM pg_class a JOIN pg_class b ON a.oid", "42804", "argument of JOIN/ON must be type boolean, not type oid", 45),
        ("SELECT 1 WHERE 1", "42804", "argument of WHERE must be type boolean, not type integer", 16),
        ("SELECT 1 LIMIT true", "42804", "argument of LIMIT must be type bigint, not type boolean", 16),
        ("SELECT oid FROM pg_class LIMIT oid::int", "42P10", "argument of LIMIT must not contain variables", 32),
    ] {
        fails(text, sqlstate, message, Some(position));
    }
    fails("SELECT * FROM pg_class c, pg_type c", "42712", "table name \"c\" specified more than once", None);
    let hidden = failure("SELECT pg_class.oid FROM pg_class c");
    assert_eq!(hidden.hint.as_deref(), Some("Perhaps you meant to reference the table alias \"c\"."));
    let lateral = failure("SELECT * FROM pg_class c, (SELECT c.oid) x");
    assert_eq!(lateral.hint.as_deref(), Some("To reference that table, you must mark this subquery with LATERAL."));
    assert!(bound("SELECT * FROM pg_class c, LATERAL (SELECT c.oid) x").is_ok());
    let user = failure("SELECT * FROM crm.orders");
    assert_eq!((user.code, user.message.as_str()), (Code::Unsupported, "relation \"crm.orders\" is not in the catalog"));
}

#[test]
fn groups_are_read_by_their_keys() {
    columns("SELECT relkind AS k FROM pg_class GROUP BY k", &["k:18"]);
    // The primary key determines the other columns.
    columns("SELECT c.oid, relname FROM pg_class c GROUP BY c.oid", &["oid:26", "relname:19"]);
    columns(
        "SELECT relkind, relnatts, grouping(relkind) FROM pg_class GROUP BY CUBE (1, 2)",
        &["relkind:18", "relnatts:21", "grouping:23"],
    );
    let ungrouped = "column \"pg_class.relname\" must appear in the GROUP BY clause or be used in an aggregate function";
    fails("SELECT relname FROM pg_class GROUP BY relkind", "42803", ungrouped, Some(8));
    fails("SELECT relname FROM pg_class HAVING true", "42803", ungrouped, Some(8));
    let text = "SELECT (SELECT x.oid FROM pg_class x WHERE x.oid = c.oid) FROM pg_class c GROUP BY c.relkind";
    fails(text, "42803", "subquery uses ungrouped column \"c.oid\" from outer query", Some(52));
    assert!(bound("SELECT (SELECT x.oid FROM pg_class x WHERE x.relkind = c.relkind) FROM pg_class c GROUP BY c.relkind").is_ok());
}

#[test]
fn grouping_sets_are_spelt_out() {
    for (grouping, expected) in [
        ("ROLLUP (relkind, relnatts)", vec![vec![0, 1], vec![0], vec![]]),
        ("CUBE (relkind, relnatts)", vec![vec![0, 1], vec![0], vec![1], vec![]]),
        ("GROUPING SETS ((relkind), (relnatts), ())", vec![vec![0], vec![1], vec![]]),
        ("relkind, ROLLUP (relnatts)", vec![vec![0, 1], vec![0]]),
        ("(relkind, relnatts)", vec![vec![0, 1]]),
    ] {
        let bound = bound(&format!("SELECT 1 FROM pg_class GROUP BY {grouping}")).expect(grouping);
        let crate::query::Body::Select(select) = &bound.query.body else { panic!("{grouping}") };
        assert_eq!(select.grouping.as_ref().map(|grouping| &grouping.sets), Some(&expected), "{grouping}");
    }
}

#[test]
fn distinct_agrees_with_the_order() {
    let text = "SELECT DISTINCT relname FROM pg_class ORDER BY oid";
    fails(text, "42P10", "for SELECT DISTINCT, ORDER BY expressions must appear in select list", None);
    let text = "SELECT DISTINCT ON (relkind) relname FROM pg_class ORDER BY relname";
    fails(text, "42P10", "SELECT DISTINCT ON expressions must match initial ORDER BY expressions", None);
    let bound = bound("SELECT DISTINCT ON (relkind) relname FROM pg_class ORDER BY relkind, oid").expect("a query");
    let keys: Vec<usize> = bound.query.order_by.iter().map(|key| key.column).collect();
    assert_eq!((bound.query.columns.len(), keys), (1, vec![1, 2]));
}

#[test]
fn only_what_is_read_has_a_register() {
    let bound = bound("SELECT relname FROM pg_class WHERE oid = 1").expect("a query");
    assert_eq!(bound.query.registers, 2);
}

#[test]
fn outer_registers_are_known() {
    let bound =
        bound("SELECT EXISTS (SELECT 1 FROM pg_type t WHERE t.oid = c.reltype AND c.relname <> '') FROM pg_class c").expect("a query");
    let crate::query::Body::Select(select) = &bound.query.body else { panic!("no select") };
    let Expr::Subquery(subquery) = &select.output[0] else { panic!("no sub-query") };
    assert_eq!(subquery.outer, [(0, 0), (0, 1)]);
}

#[test]
fn parameters_take_the_types_of_what_they_are_compared_with() {
    let bound = bound("SELECT $1, $3::int FROM pg_class WHERE relname = $2").expect("a query");
    assert_eq!(bound.parameter_types, [oid::TEXT, oid::NAME, oid::INT4]);
}

#[test]
fn a_query_says_what_it_refers_to() {
    let query = parse::query(
        "WITH a AS (SELECT f(1) FROM a), b AS (SELECT * FROM a) SELECT * FROM b, x.\"Y\", g(2) WHERE EXISTS (SELECT 1 FROM z)",
    );
    let found = referenced(&query.expect("a query"));
    let names = |names: &[&[&str]]| -> Vec<Vec<String>> {
        names.iter().map(|parts| parts.iter().map(|part| (*part).to_owned()).collect()).collect()
    };
    assert_eq!(found.relations, names(&[&["a"], &["x", "Y"], &["z"]]));
    assert_eq!(found.functions, names(&[&["f"], &["g"]]));
}

/// Views whose functions are all computed have the columns that the catalog says they have.
#[test]
fn views_have_their_columns() {
    let catalog = sales();
    let mut count = 0;
    for class in catalog.find(catalog_oid::PG_CLASS, &["relkind"], &["v".into()]) {
        let (view, name) = (class.oid("oid").unwrap_or_default(), class.text("relname").unwrap_or_default());
        let Some(text) = statics::view_definition(view, false) else { continue };
        let query = parse::query(text).unwrap_or_else(|error| panic!("{name}: {error:?}"));
        match bind(&catalog, &Session::new(), &query, "", &[]) {
            Ok(bound) => {
                let mut types: Vec<(i64, u32)> = catalog
                    .find(catalog_oid::PG_ATTRIBUTE, &["attrelid"], &[crate::value::Value::oid(view)])
                    .iter()
                    .filter_map(|attribute| Some((attribute.int("attnum")?, attribute.oid("atttypid")?)))
                    .collect();
                types.sort_unstable();
                let types: Vec<u32> = types.into_iter().map(|(_, type_oid)| type_oid).collect();
                let found: Vec<u32> = bound.query.columns.iter().map(|column| column.type_.oid).collect();
                assert_eq!(found, types, "{name}");
                count += 1;
            }
            Err(error) => assert!(error.message.ends_with("is not supported"), "{name}: {error:?}"),
        }
    }
    assert!(count > 20, "{count}");
}
