//! The registered functions against `pg_proc`, and their answers against those of PostgreSQL 16.

mod missing;

use std::collections::HashSet;

use super::*;
use crate::execute::tests::answers::check;
use crate::statics;

#[test]
fn nothing_is_registered_twice() {
    assert_eq!(SCALARS_BY_SYMBOL.len(), scalars().count());
    assert_eq!(SETS_BY_SYMBOL.len(), sets().count());
    assert_eq!(AGGREGATES_BY_NAME.len(), AGGREGATES.iter().map(|slice| slice.len()).sum::<usize>());
}

/// What PostgreSQL 16 answers (`psql -At -F '|' -P null=NULL`), with the time zone UTC.
#[test]
fn functions_answer_as_in_postgresql() {
    check(include_str!("tests/answers.txt"));
    check(include_str!("tests/order.txt"));
    check(include_str!("tests/types.txt"));
    check(include_str!("tests/ranges.txt"));
    check(include_str!("tests/geometry.txt"));
    check(include_str!("tests/search.txt"));
}

#[test]
fn functions_of_many_topics_answer_as_in_postgresql() {
    check(include_str!("tests/various.txt"));
}

#[test]
fn forms_of_the_language_answer_as_in_postgresql() {
    check(include_str!("tests/forms.txt"));
}

#[test]
fn objects_are_found_by_name_as_in_postgresql() {
    check(include_str!("tests/addresses.txt"));
}

#[test]
fn paths_find_in_json_what_they_find_in_postgresql() {
    check(include_str!("tests/jsonpath.txt"));
}

#[test]
fn hashes_are_those_of_postgresql() {
    check(include_str!("tests/hashes.txt"));
}

#[test]
fn json_becomes_rows_as_in_postgresql() {
    check(include_str!("tests/populate.txt"));
}

#[test]
fn templates_of_numbers_are_written_as_in_postgresql() {
    check(include_str!("tests/number_templates.txt"));
}

#[test]
fn templates_of_numbers_are_read_as_in_postgresql() {
    check(include_str!("tests/to_number.txt"));
}

#[test]
fn templates_of_moments_are_written_and_read_as_in_postgresql() {
    check(include_str!("tests/moment_templates.txt"));
}

/// What `pg_proc` does not name would never be called.
#[test]
fn everything_is_in_pg_proc() {
    let functions = statics::relation_named("pg_catalog", "pg_proc").unwrap();
    let column = |name| {
        let (rows, column) = (functions.rows(), functions.column(name).unwrap());
        (0..rows.len()).filter_map(|row| rows.get(row, column)).collect::<HashSet<_>>()
    };
    let (symbols, names) = (column("prosrc"), column("proname"));
    let unknown: Vec<&str> = scalars().map(|entry| entry.symbol).chain(sets().map(|entry| entry.symbol)).collect();
    let unknown: Vec<&str> = unknown.into_iter().filter(|symbol| !symbols.contains(symbol)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let unknown: Vec<&&str> = AGGREGATES_BY_NAME.keys().filter(|name| !names.contains(**name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
