//! Expressions as PostgreSQL 16 describes or refuses them.
//!
//! The list beside this file is what a real server said of each expression as the only column of a query: the column's name, type and
//! modifier, or the error's SQLSTATE, message, detail, hint and position.

use std::fmt::Write as _;

use crate::bind::bind;
use crate::catalog::Catalog;
use crate::fixture;
use crate::fixture::session::Session;
use crate::parse;

const EXPECTED: &str = include_str!("tests/postgresql16.tsv");

/// Ends the message for what PostgreSQL computes and we do not.
const NOT_COMPUTED: &str = " is not supported";

#[test]
fn expressions_are_described_as_postgresql_does() {
    let catalog = fixture::sales();
    let (mut wrong, mut compared) = (String::new(), 0);
    for line in EXPECTED.lines() {
        let (expression, expected) = line.split_once('\t').unwrap_or((line, ""));
        let found = describe(&catalog, expression);
        if found.starts_with("0A000\t") && found.trim_end().contains(NOT_COMPUTED) {
            continue;
        }
        compared += 1;
        // What PostgreSQL gives no place we may give one.
        let is_placed = expected.starts_with("OK\t") || expected.matches('\t').count() == 4;
        let found = if is_placed { &found } else { found.trim_end_matches(|last: char| last.is_ascii_digit()) };
        if found.trim_end() != expected.trim_end() {
            writeln!(wrong, "{expression}\n  expected {expected}\n  found    {found}").expect("a string takes all");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(compared > 400, "only {compared} were compared");
}

/// What we say of an expression, in the form of the list.
fn describe(catalog: &Catalog, expression: &str) -> String {
    let text = format!("select {expression}");
    let bound = parse::query(&text).and_then(|query| bind(catalog, &Session::new(), &query, &text, &[]));
    match bound {
        Ok(bound) => {
            let column = &bound.query.columns[0];
            // Clients are told the base type of a domain.
            let (type_oid, typmod) = catalog.base_type(column.type_.oid, column.type_.typmod);
            format!("OK\t{}\t{type_oid}\t{typmod}", column.name)
        }
        Err(error) => {
            let position = error.position.map(|position| position.to_string()).unwrap_or_default();
            let (detail, hint) = (error.detail.unwrap_or_default(), error.hint.unwrap_or_default());
            format!("{}\t{}\t{detail}\t{hint}\t{position}", error.code.sqlstate(), error.message)
        }
    }
}

#[test]
fn a_long_chain_of_operators_is_bound() {
    let catalog = fixture::sales();
    let chain = |last: &str| format!("{}{last}", "1 + ".repeat(240));
    assert_eq!(describe(&catalog, &chain("1")), "OK\t?column?\t23\t-1");
    let position = "select ".len() + "1 + ".len() * 239 + "1 +".len();
    let expected = format!("42883\toperator does not exist: integer + boolean\t\t{}\t{position}", HINT);
    assert_eq!(describe(&catalog, &chain("true")), expected);
}

const HINT: &str = "No operator matches the given name and argument types. You might need to add explicit type casts.";
