//! Statements with the answers that PostgreSQL 16 gives (`psql -At -F '|' -P null=NULL`), from their text to their rows.

use std::sync::Arc;

use spi::Result;

use crate::bind::bind;
use crate::catalog::Catalog;
use crate::execute::Execution;
use crate::fixture;
use crate::fixture::session::Session;
use crate::function::Context;
use crate::io;
use crate::parse;
use crate::plan::plan;
use crate::value::Value;

#[test]
fn statements_answer_as_in_postgresql() {
    check(include_str!("answers.txt"));
}

#[test]
fn constants_fail_where_postgresql_computes_them() {
    check(include_str!("constants.txt"));
}

/// What the parser library cannot read by itself, and forms of names of types.
#[test]
fn grammar_is_that_of_postgresql() {
    check(include_str!("grammar.txt"));
}

/// Where a query of WITH RECURSIVE may read itself, SEARCH, and CYCLE.
#[test]
fn recursion_is_that_of_postgresql() {
    check(include_str!("recursion.txt"));
}

/// Equality and order of `jsonb`, wherever they are asked for.
#[test]
fn jsonb_is_compared_as_in_postgresql() {
    check(include_str!("jsonb.txt"));
}

/// Aggregates of a row that is not there.
#[test]
fn hypothetical_rows_are_placed_as_in_postgresql() {
    check(include_str!("hypothetical.txt"));
}

#[test]
fn full_joins_are_refused_where_postgresql_has_no_way_to_do_them() {
    check(include_str!("full_joins.txt"));
}

/// Of every clause and every family of functions.
#[test]
fn statements_of_all_kinds_answer_as_in_postgresql() {
    check(include_str!("reviewed.txt"));
}

/// Runs each statement behind `> `: its rows are below it, or `ERROR`, the SQLSTATE and the message.
pub(crate) fn check(answers: &str) {
    let catalog = fixture::sales();
    let mut wrong = Vec::new();
    for block in answers.strip_prefix("> ").unwrap().split("\n> ") {
        let (statement, expected) = block.split_once('\n').unwrap_or((block, ""));
        let found = rows(&catalog, statement).unwrap_or_else(|error| format!("ERROR {} {}", error.code.sqlstate(), error.message));
        if found != expected.trim_end_matches('\n') {
            wrong.push(format!("{statement}\nexpected:\n{expected}\nfound:\n{found}\n"));
        }
    }
    assert!(wrong.is_empty(), "{} answers differ\n{}", wrong.len(), wrong.join("\n"));
}

fn rows(catalog: &Arc<Catalog>, statement: &str) -> Result<String> {
    let host = Arc::new(Session::new());
    let query = parse::query(statement)?;
    let bound = bind(catalog, &*host, &query, statement, &[])?;
    let mut execution = Execution::new(Arc::new(plan(&bound.query, &*host)?), catalog.clone(), host.clone(), Vec::new());
    let context = Context { catalog, host: &*host };
    let mut lines = Vec::new();
    while let Some(row) = execution.next()? {
        let fields = row.iter().zip(&bound.query.columns).map(|(value, column)| match value {
            Value::Null => Ok("NULL".to_owned()),
            value => io::output(&context, column.type_.oid, value),
        });
        lines.push(fields.collect::<Result<Vec<String>>>()?.join("|"));
    }
    Ok(lines.join("\n"))
}
