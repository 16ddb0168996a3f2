//! What is planned of statements, long ones among them.

use super::{Plan, plan};
use crate::bind::bind;
use crate::fixture::sales;
use crate::fixture::session::Session;
use crate::parse;

fn planned(text: &str) -> Plan {
    // The parser wants the more stack the deeper joins are nested.
    let query = stacker::grow(32 << 20, || parse::query(text)).unwrap();
    let bound = bind(&sales(), &Session::new(), &query, text, &[]).unwrap();
    plan(&bound.query, &Session::new()).unwrap()
}

/// Where the time doubled with each part of the statement, its plan would never come.
fn is_planned(text: &str) {
    assert!(planned(text).cost() > 0.0, "{text:.80}…");
}

fn joined(count: usize, separator: &str, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect::<Vec<_>>().join(separator)
}

#[test]
fn many_relations_are_planned() {
    let from = joined(200, ", ", |place| format!("pg_class c{place}"));
    let conditions = joined(199, " AND ", |place| format!("c{place}.oid = c{}.reltoastrelid", place + 1));
    is_planned(&format!("SELECT c0.oid, c199.relname FROM {from} WHERE {conditions}"));
    let joins =
        joined(200, " ", |place| format!("LEFT JOIN pg_attribute a{place} ON a{place}.attrelid = c.oid AND a{place}.attnum = {place}"));
    is_planned(&format!("SELECT * FROM pg_class c {joins}"));
}

#[test]
fn many_conditions_are_planned() {
    let from = joined(50, ", ", |place| format!("pg_class c{place}"));
    let conditions = joined(1000, " AND ", |place| format!("c{}.oid <> c{}.oid", place % 50, place * 7 % 50));
    is_planned(&format!("SELECT count(*) FROM {from} WHERE {conditions}"));
}

#[test]
fn nested_outer_joins_are_planned() {
    for kind in ["FULL", "RIGHT", "LEFT"] {
        let joins = joined(150, " ", |place| format!("{kind} JOIN pg_class c{} ON c{}.oid = c{place}.oid", place + 1, place + 1));
        is_planned(&format!("SELECT c0.oid FROM pg_class c0 {joins}"));
    }
    let opened = joined(60, "", |place| format!("pg_class c{place} LEFT JOIN ("));
    let closed = joined(60, "", |place| format!(") ON c{}.oid = c60.oid", 59 - place));
    is_planned(&format!("SELECT c0.oid FROM {opened} pg_class c60 JOIN pg_class c61 ON c60.oid = c61.oid {closed}"));
}

#[test]
fn a_condition_on_a_union_of_many_is_planned() {
    let terms = joined(120, " UNION ALL ", |place| format!("SELECT {place} AS a, oid FROM pg_class"));
    is_planned(&format!("SELECT * FROM ({terms}) u WHERE a = 3 AND oid = 1259"));
}

#[test]
fn no_object_is_what_most_rows_have() {
    let cost = |parent: u32| planned(&format!("SELECT conname FROM pg_constraint WHERE conparentid = {parent}")).cost();
    assert!(cost(0) > 2.0 * cost(16_400), "{} and {}", cost(0), cost(16_400));
}

#[test]
fn a_plan_says_whether_its_cost_can_be_trusted() {
    for text in [
        "SELECT relname FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid WHERE relname = 'pg_class'",
        "WITH c AS (SELECT oid FROM pg_class) SELECT * FROM c",
        "SELECT now(), current_setting('search_path')",
        "SELECT (SELECT count(*) FROM pg_class) FROM pg_namespace",
    ] {
        assert!(!planned(text).is_unbounded(), "{text}");
    }
    for text in [
        "SELECT * FROM generate_series(1, 1000000000)",
        "SELECT generate_series(1, 1000000000)",
        "SELECT oid FROM pg_class WHERE oid IN (SELECT unnest(conkey) FROM pg_constraint)",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r",
        "SELECT pg_sleep(1)",
        "SELECT relname FROM pg_class WHERE (SELECT pg_sleep(1)) IS NULL",
        "SELECT information_schema._pg_expandarray(ARRAY[1, 2])",
    ] {
        assert!(planned(text).is_unbounded(), "{text}");
    }
}

#[test]
fn the_cost_of_with_queries_counts_once_for_all_readers() {
    let product = "SELECT count(*) FROM pg_attribute a, pg_attribute b WHERE a.attnum > b.attnum";
    let cost = |text: String| planned(&text).cost();
    let alone = cost(product.to_owned());
    let once = cost(format!("WITH c AS ({product}) SELECT * FROM c"));
    let twice = cost(format!("WITH c AS ({product}) SELECT * FROM c UNION ALL SELECT * FROM c"));
    assert!(alone <= once && once < twice && twice < alone * 1.5, "{alone} {once} {twice}");
    let unread = cost(format!("WITH c AS ({product}) SELECT 1"));
    assert!(unread < 10.0, "{unread}");
}
