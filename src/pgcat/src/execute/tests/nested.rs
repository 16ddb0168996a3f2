//! Queries inside of queries: in expressions, in FROM, in WITH, and as bodies of functions.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::support::*;
use crate::expr::{Expr, RowOperator, Subquery, SubqueryKind};
use crate::fixture::session::Session;
use crate::function::{Function, Implementation};
use crate::query::{Body, Cte, Fill, From, Query, SetOperation, SetOperator};
use crate::types::oid;

fn subquery(kind: SubqueryKind, query: Query, outer: Vec<(usize, usize)>) -> Expr {
    Expr::Subquery(Box::new(Subquery { id: 0, kind, query: Arc::new(query), outer, is_volatile: false }))
}

fn parents() -> Arc<Table> {
    table("parents", true, &[&[1, 5], &[2, 5], &[3, 6]])
}

fn children() -> Arc<Table> {
    table("children", false, &[&[10, 1], &[11, 1], &[12, 3], &[13, -1]])
}

/// The children of the parent in register 0 of the query around.
fn children_of_parent(children: &Arc<Table>) -> Query {
    query(select(vec![scan(children, 0)], Some(eq(col(1), outer(1, 0))), vec![col(0)]))
}

#[test]
fn exists_and_array_are_asked_for_each_row() {
    let children = children();
    let exists = subquery(SubqueryKind::Exists, children_of_parent(&children), vec![(0, 0)]);
    let array = subquery(SubqueryKind::Array { element: oid::INT4 }, children_of_parent(&children), vec![(0, 0)]);
    let rows = run(&query(select(vec![scan(&parents(), 0)], None, vec![col(0), exists, array])));
    assert_eq!(rows, ["1 true {10,11}", "2 false {}", "3 true {12}"]);
}

#[test]
fn a_scalar_sub_query_is_null_without_a_row_and_fails_with_two() {
    let children = children();
    let scalar = || subquery(SubqueryKind::Scalar, children_of_parent(&children), vec![(0, 0)]);
    let with_filter = |parent| query(select(vec![scan(&parents(), 0)], Some(eq(col(0), int(parent))), vec![scalar()]));
    assert_eq!(run(&with_filter(2)), ["-"]);
    assert_eq!(run(&with_filter(3)), ["12"]);
    let error = try_run(&with_filter(1)).unwrap_err();
    assert_eq!(error.code.sqlstate(), "21000");
    assert_eq!(error.message, "more than one row returned by a subquery used as an expression");
}

#[test]
fn an_answer_is_remembered_by_what_it_depends_on() {
    let children = children();
    let of_b = query(select(vec![scan(&children, 0)], Some(eq(col(1), outer(1, 1))), vec![col(0)]));
    let exists = subquery(SubqueryKind::Exists, of_b, vec![(0, 1)]);
    let rows = run(&query(select(vec![scan(&parents(), 0)], None, vec![exists])));
    assert_eq!(rows, ["false", "false", "false"]);
    // Two different values of `b`, each asked once over the column of four rows.
    assert_eq!(children.values_read.load(Ordering::Relaxed), 8);
}

#[test]
fn in_a_sub_query_knows_three_values() {
    let is_in = |left: Expr, query: Query, all| {
        let operator = if all { RowOperator::NotEqual } else { RowOperator::Equal };
        let unequal = function(144, "int4ne", |_, _, values| Ok(crate::value::Value::Bool(values[0] != values[1])), oid::BOOL);
        let operators = vec![if all { unequal } else { equal() }];
        subquery(SubqueryKind::Quantified { left: vec![left], operators, row_operator: operator, all }, query, Vec::new())
    };
    let parents_of = || query(select(vec![scan(&children(), 0)], None, vec![col(1)]));
    let none = || query(select(vec![scan(&children(), 0)], Some(truth(false)), vec![col(1)]));
    let answer = |expr| run(&query(select(Vec::new(), None, vec![expr]))).remove(0);
    assert_eq!(answer(is_in(int(1), parents_of(), false)), "true");
    assert_eq!(answer(is_in(int(2), parents_of(), false)), "-");
    assert_eq!(answer(is_in(null(), parents_of(), false)), "-");
    assert_eq!(answer(is_in(null(), none(), false)), "false");
    assert_eq!(answer(is_in(int(1), parents_of(), true)), "false");
    assert_eq!(answer(is_in(int(2), parents_of(), true)), "-");
    assert_eq!(answer(is_in(int(2), none(), true)), "true");
}

#[test]
fn in_a_sub_query_is_looked_up() {
    let parents = parents();
    let of_children = query(select(vec![scan(&children(), 0)], None, vec![col(1)]));
    let kind = SubqueryKind::Quantified { left: vec![col(0)], operators: vec![equal()], row_operator: RowOperator::Equal, all: false };
    let filter = subquery(kind, of_children, Vec::new());
    let rows = run_sorted(&query(select(vec![scan(&parents, 0)], Some(filter), vec![col(0)])));
    assert_eq!(rows, ["1", "3"]);
    assert_eq!(parents.lookups.load(Ordering::Relaxed), 2);
}

#[test]
fn a_query_in_from_may_read_what_stands_before_it() {
    let lateral = From::Query {
        query: Arc::new(children_of_parent(&children())),
        alias: "c".into(),
        registers: vec![Fill { column: 0, register: 2 }],
    };
    let rows = run(&query(select(vec![scan(&parents(), 0), lateral], None, vec![col(0), col(2)])));
    assert_eq!(rows, ["1 10", "1 11", "3 12"]);
}

fn cte(levels: usize, cte: usize, first: usize, width: usize) -> From {
    let registers = (0..width).map(|column| Fill { column, register: first + column }).collect();
    From::Cte { levels, cte, alias: "cte".into(), registers }
}

fn with(name: &str, query: Query, is_recursive: bool) -> Cte {
    Cte { name: name.into(), query: Arc::new(query), is_recursive }
}

#[test]
fn a_with_query_is_computed_once_for_all_readers() {
    let children = children();
    let ctes = vec![with("c", query(select(vec![scan(&children, 0)], None, vec![col(0)])), false)];
    let body = query(select(vec![cte(0, 0, 0, 1), cte(0, 0, 1, 1)], Some(eq(col(0), col(1))), vec![col(0), col(1)]));
    assert_eq!(run(&Query { ctes, ..body }), ["10 10", "11 11", "12 12", "13 13"]);
    assert_eq!(children.values_read.load(Ordering::Relaxed), 8, "two columns of four rows");
}

/// `WITH RECURSIVE t(n) AS (VALUES (1) UNION [ALL] SELECT (n + 1) … FROM t WHERE …) SELECT n FROM t`.
fn recursive(all: bool, filter: Option<Expr>, next: Expr) -> Query {
    let step = query(select(vec![cte(2, 0, 0, 1)], filter, vec![next]));
    let operation = SetOperation { operator: SetOperator::Union, all, left: values(&[&[1]]), right: step };
    let ctes = vec![with("t", query_of(Body::SetOperation(Box::new(operation)), 1), true)];
    Query { ctes, ..query(select(vec![cte(0, 0, 0, 1)], None, vec![col(0)])) }
}

#[test]
fn recursion_ends_when_it_gives_no_rows() {
    assert_eq!(run(&recursive(true, Some(lt(col(0), int(5))), add(col(0), int(1)))), ["1", "2", "3", "4", "5"]);
}

#[test]
fn recursion_without_all_ends_when_it_gives_nothing_new() {
    let next = Expr::Case { branches: vec![(lt(col(0), int(3)), add(col(0), int(1)))], otherwise: Some(Box::new(int(1))) };
    assert_eq!(run(&recursive(false, None, next)), ["1", "2", "3"]);
}

#[test]
fn recursion_is_computed_as_far_as_it_is_read() {
    let endless = recursive(true, None, add(col(0), int(1)));
    assert_eq!(run(&Query { limit: Some(int(3)), ..endless }), ["1", "2", "3"]);
}

#[test]
fn a_sub_query_that_reads_a_with_query_is_asked_anew_with_it() {
    // SELECT (WITH x AS (SELECT a) SELECT (SELECT a FROM x)) FROM parents
    let innermost = query(select(vec![cte(1, 0, 0, 1)], None, vec![col(0)]));
    let inner = query(select(Vec::new(), None, vec![subquery(SubqueryKind::Scalar, innermost, Vec::new())]));
    let ctes = vec![with("x", query(select(Vec::new(), None, vec![outer(2, 0)])), false)];
    let scalar = subquery(SubqueryKind::Scalar, Query { ctes, ..inner }, vec![(0, 0)]);
    assert_eq!(run(&query(select(vec![scan(&parents(), 0)], None, vec![scalar]))), ["1", "2", "3"]);
}

fn sql_function(body: Query) -> Arc<Function> {
    let plus = (*plus()).clone();
    Arc::new(Function { implementation: Implementation::Sql(Arc::new(body)), ..plus })
}

#[test]
fn functions_in_sql_see_their_own_parameters() {
    let plain = sql_function(query(select(Vec::new(), None, vec![add(Expr::Parameter(0), Expr::Parameter(1))])));
    let body = query(select(vec![scan(&parents(), 0)], None, vec![call(plain, vec![col(0), Expr::Parameter(0)])]));
    let session = Arc::new(Session::new());
    assert_eq!(try_run_with(&body, session, vec![crate::value::Value::Int(100)]).unwrap(), ["101", "102", "103"]);
}

#[test]
fn a_function_in_sql_gives_its_first_row() {
    let children = children();
    let with_rows = sql_function(query(select(vec![scan(&children, 0)], Some(eq(col(1), Expr::Parameter(0))), vec![col(0)])));
    let body = query(select(vec![scan(&parents(), 0)], None, vec![call(with_rows, vec![col(0), int(0)])]));
    assert_eq!(run(&body), ["10", "-", "12"]);
}

#[test]
fn answers_in_a_function_are_remembered_by_the_parameters_that_they_read() {
    let children = children();
    let of_first = query(select(vec![scan(&children, 0)], Some(eq(col(1), Expr::Parameter(0))), vec![col(0)]));
    let count = sql_function(query(select(Vec::new(), None, vec![subquery(SubqueryKind::Exists, of_first, Vec::new())])));
    // The second argument differs from row to row, and nobody reads it.
    let body = query(select(vec![scan(&parents(), 0)], None, vec![call(count.clone(), vec![int(3), col(0)])]));
    assert_eq!(run(&body), ["true", "true", "true"]);
    let once = children.values_read.swap(0, Ordering::Relaxed);
    let body = query(select(vec![scan(&parents(), 0)], None, vec![call(count, vec![col(0), int(3)])]));
    assert_eq!(run(&body), ["true", "false", "true"]);
    assert!(children.values_read.load(Ordering::Relaxed) > once, "what is read differs from row to row");
    assert_eq!(once, 4, "the column of the rows up to the child of 3, and what is shown of it");
}
