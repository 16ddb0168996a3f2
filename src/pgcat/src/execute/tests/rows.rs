//! What is made of rows: sorting, DISTINCT, LIMIT, set operations, set-returning functions, and what stops a statement.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use spi::Code;

use super::support::*;
use crate::fixture::session::Session;
use crate::query::{Body, Distinct, Fill, From, FunctionScan, Query, Select, SetOperation, SetOperator, SetReturning, SortKey};
use crate::query::{TableExpr, TableFunction};
use crate::value::Value;

fn numbers() -> Select {
    select(vec![scan(&table("numbers", false, &[&[3, 1], &[1, 2], &[-1, 3], &[2, 4], &[1, 5]]), 0)], None, vec![col(0), col(1)])
}

#[test]
fn sorting_is_stable_and_nulls_stand_where_they_are_wanted() {
    assert_eq!(run(&sorted_by(&[0], query(numbers()))), ["1 2", "1 5", "2 4", "3 1", "- 3"]);
    let descending = Query { order_by: vec![SortKey { column: 0, order: DESCENDING }], ..query(numbers()) };
    assert_eq!(run(&descending), ["- 3", "3 1", "2 4", "1 2", "1 5"]);
}

#[test]
fn many_rows_are_sorted_in_pieces() {
    let rows: Vec<Vec<i64>> = (0..20_000).map(|number| vec![number * 7919 % 20_000, number]).collect();
    let rows: Vec<&[i64]> = rows.iter().map(Vec::as_slice).collect();
    let all = query(select(vec![scan(&table("many", false, &rows), 0)], None, vec![col(0)]));
    let expected: Vec<String> = (0..20_000).map(|number| number.to_string()).collect();
    assert_eq!(run(&sorted_by(&[0], all.clone())), expected);
    let first = Query { limit: Some(int(3)), offset: Some(int(2)), ..sorted_by(&[0], all) };
    assert_eq!(run(&first), ["2", "3", "4"]);
}

#[test]
fn columns_that_are_only_sorted_by_are_not_seen() {
    let mut hidden = sorted_by(&[1], query(numbers()));
    hidden.columns.truncate(1);
    assert_eq!(run(&hidden), ["3", "1", "-", "2", "1"]);
}

#[test]
fn distinct_takes_nulls_as_the_same() {
    let body = Select { output: vec![col(0)], distinct: Distinct::All, ..numbers() };
    assert_eq!(run(&query(body)), ["3", "1", "-", "2"]);
}

#[test]
fn distinct_on_takes_the_first_in_order() {
    let body = Select { distinct: Distinct::On(vec![0]), ..numbers() };
    let order = |order| vec![SortKey { column: 0, order: ASCENDING }, SortKey { column: 1, order }];
    assert_eq!(run(&Query { order_by: order(DESCENDING), ..query(body.clone()) }), ["1 5", "2 4", "3 1", "- 3"]);
    assert_eq!(run(&Query { order_by: order(ASCENDING), limit: Some(int(1)), ..query(body) }), ["1 2"]);
}

#[test]
fn limit_and_offset_leave_rows_out() {
    let cut = |offset, limit| Query { offset, limit, ..query(numbers()) };
    assert_eq!(run(&cut(Some(int(1)), Some(int(2)))), ["1 2", "- 3"]);
    assert_eq!(run(&cut(Some(int(9)), None)).len(), 0);
    assert_eq!(run(&cut(None, Some(null()))).len(), 5);
    let error = try_run(&cut(None, Some(int(-2)))).unwrap_err();
    assert_eq!((error.code.sqlstate(), error.message.as_str()), ("2201W", "LIMIT must not be negative"));
    let error = try_run(&cut(Some(int(-2)), None)).unwrap_err();
    assert_eq!((error.code.sqlstate(), error.message.as_str()), ("2201X", "OFFSET must not be negative"));
}

#[test]
fn with_ties_gives_all_that_are_like_the_last() {
    let ties = Query { limit: Some(int(1)), with_ties: true, ..sorted_by(&[0], query(numbers())) };
    assert_eq!(run(&ties), ["1 2", "1 5"]);
}

#[test]
fn set_operations_are_sets_or_bags() {
    let both = |operator, all| {
        let (left, right) = (values(&[&[1], &[1], &[2], &[3]]), values(&[&[1], &[3], &[3], &[4]]));
        run_sorted(&query_of(Body::SetOperation(Box::new(SetOperation { operator, all, left, right })), 1))
    };
    assert_eq!(both(SetOperator::Union, false), ["1", "2", "3", "4"]);
    assert_eq!(both(SetOperator::Union, true), ["1", "1", "1", "2", "3", "3", "3", "4"]);
    assert_eq!(both(SetOperator::Intersect, false), ["1", "3"]);
    assert_eq!(both(SetOperator::Intersect, true), ["1", "3"]);
    assert_eq!(both(SetOperator::Except, false), ["2"]);
    assert_eq!(both(SetOperator::Except, true), ["1", "2"]);
}

#[test]
fn set_returning_functions_run_in_lockstep() {
    let set = |last, register| SetReturning { function: series(), arguments: vec![int(1), last], register };
    let mut body = select(Vec::new(), None, vec![col(0), col(1)]);
    body.set_returning = vec![vec![set(int(3), 0), set(int(2), 1)]];
    assert_eq!(run(&query(body.clone())), ["1 1", "2 2", "3 -"]);
    body.set_returning = vec![vec![set(int(2), 0)], vec![set(col(0), 1)]];
    assert_eq!(run(&query(body.clone())), ["1 1", "2 1", "2 2"]);
    body.set_returning = vec![vec![set(int(0), 0), set(null(), 1)]];
    assert!(run(&query(body)).is_empty());
}

#[test]
fn functions_in_from_stand_side_by_side() {
    let set = |last: i64, register| TableFunction {
        expr: TableExpr::Set { function: series(), arguments: vec![int(1), int(last)] },
        is_record: false,
        registers: vec![Fill { column: 0, register }],
    };
    let one = TableFunction { expr: TableExpr::Single(int(7)), is_record: false, registers: vec![Fill { column: 0, register: 2 }] };
    let scan = FunctionScan { alias: "f".into(), functions: vec![set(3, 0), set(2, 1), one], ordinality: Some(3) };
    let body = select(vec![From::Function(scan)], None, vec![col(0), col(1), col(2), col(3)]);
    assert_eq!(run(&query(body)), ["1 1 7 1", "2 2 - 2", "3 - - 3"]);
}

#[test]
fn a_function_in_from_may_read_what_stands_before_it() {
    let lateral = TableFunction {
        expr: TableExpr::Set { function: series(), arguments: vec![int(1), col(0)] },
        is_record: false,
        registers: vec![Fill { column: 0, register: 2 }],
    };
    let scan_of = |functions| From::Function(FunctionScan { alias: "f".into(), functions, ordinality: None });
    let from = vec![scan(&table("t", false, &[&[2, 0], &[-1, 0], &[1, 0]]), 0), scan_of(vec![lateral])];
    assert_eq!(run(&query(select(from, None, vec![col(0), col(2)]))), ["2 1", "2 2", "1 1"]);
}

#[test]
fn without_from_there_is_one_row() {
    assert_eq!(run(&query(select(Vec::new(), None, vec![int(1)]))), ["1"]);
    assert!(run(&query(select(Vec::new(), Some(null()), vec![int(1)]))).is_empty());
}

#[test]
fn a_cancelled_statement_stops() {
    let endless = FunctionScan {
        alias: "f".into(),
        functions: vec![TableFunction {
            expr: TableExpr::Set { function: series(), arguments: vec![int(1), int(i64::MAX - 1)] },
            is_record: false,
            registers: vec![Fill { column: 0, register: 0 }],
        }],
        ordinality: None,
    };
    let body = query(select(vec![From::Function(endless)], Some(lt(col(0), int(0))), vec![col(0)]));
    let catalog = Arc::new(crate::catalog::Catalog::new(1, 1, Vec::new()));
    let session = Arc::new(Session::new());
    let plan = Arc::new(crate::plan::plan(&body, &*session).unwrap());
    session.is_cancelled.store(true, Ordering::Relaxed);
    let mut execution = crate::execute::Execution::new(plan, catalog, session, Vec::<Value>::new());
    assert_eq!(execution.next().unwrap_err().code, Code::Cancelled);
    assert_eq!(execution.next().unwrap(), None, "nothing comes behind an error");
}

#[test]
fn a_statement_may_rest_in_any_thread() {
    fn is_free<T: Send + 'static>() {}
    is_free::<crate::execute::Execution>();
}
