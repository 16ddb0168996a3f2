//! Joins: which rows meet, and what is read on the way.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::support::*;
use crate::expr::Expr;
use crate::fixture::session::Session;
use crate::query::JoinKind;
use crate::value::Value;

fn people() -> Arc<Table> {
    table("people", true, &[&[1, 10], &[2, 20], &[3, -1]])
}

fn orders() -> Arc<Table> {
    table("orders", false, &[&[100, 1], &[101, 1], &[102, 3], &[103, 9], &[104, -1]])
}

fn joined(kind: JoinKind, on: Expr) -> Vec<String> {
    run_sorted(&query(select(vec![join(kind, scan(&people(), 0), scan(&orders(), 2), on)], None, vec![col(0), col(2)])))
}

#[test]
fn inner_join_keeps_pairs_that_meet() {
    assert_eq!(joined(JoinKind::Inner, eq(col(0), col(3))), ["1 100", "1 101", "3 102"]);
}

#[test]
fn left_join_keeps_all_of_the_left() {
    assert_eq!(joined(JoinKind::Left, eq(col(0), col(3))), ["1 100", "1 101", "2 -", "3 102"]);
}

#[test]
fn right_join_keeps_all_of_the_right() {
    assert_eq!(joined(JoinKind::Right, eq(col(0), col(3))), ["- 103", "- 104", "1 100", "1 101", "3 102"]);
}

#[test]
fn full_join_keeps_both() {
    assert_eq!(joined(JoinKind::Full, eq(col(0), col(3))), ["- 103", "- 104", "1 100", "1 101", "2 -", "3 102"]);
}

#[test]
fn full_join_of_a_constant_needs_no_equality() {
    let none = ["- 100", "- 101", "- 102", "- 103", "- 104", "1 -", "2 -", "3 -"];
    assert_eq!(joined(JoinKind::Full, Expr::Constant(Value::Bool(false))), none);
    assert_eq!(joined(JoinKind::Full, Expr::Constant(Value::Bool(true))).len(), 15);
}

#[test]
fn a_condition_of_on_removes_no_row_of_the_kept_side() {
    let on = Expr::And(vec![eq(col(0), col(3)), eq(col(0), int(1))]);
    assert_eq!(joined(JoinKind::Left, on.clone()), ["1 100", "1 101", "2 -", "3 -"]);
    assert_eq!(joined(JoinKind::Right, on.clone()), ["- 102", "- 103", "- 104", "1 100", "1 101"]);
    assert_eq!(joined(JoinKind::Full, on), ["- 102", "- 103", "- 104", "1 100", "1 101", "2 -", "3 -"]);
}

#[test]
fn a_condition_of_where_removes_rows_behind_an_outer_join() {
    let from = || join(JoinKind::Left, scan(&people(), 0), scan(&orders(), 2), eq(col(0), col(3)));
    let is_null = Expr::IsNull { operand: Box::new(col(2)), negated: false, is_row: false };
    assert_eq!(run(&query(select(vec![from()], Some(is_null), vec![col(0)]))), ["2"]);
    assert_eq!(run(&query(select(vec![from()], Some(eq(col(2), int(101))), vec![col(0)]))), ["1"]);
}

#[test]
fn the_nullable_side_may_be_a_join_itself() {
    let more = table("more", false, &[&[100, 7], &[102, 8]]);
    let right = join(JoinKind::Inner, scan(&orders(), 2), scan(&more, 4), eq(col(2), col(4)));
    let from = join(JoinKind::Left, scan(&people(), 0), right, eq(col(0), col(3)));
    assert_eq!(run_sorted(&query(select(vec![from], None, vec![col(0), col(2), col(5)]))), ["1 100 7", "2 - -", "3 102 8"]);
}

#[test]
fn a_chain_of_left_joins_may_use_what_an_earlier_one_made_null() {
    let more = table("more", false, &[&[100, 7], &[102, 8]]);
    let first = join(JoinKind::Left, scan(&people(), 0), scan(&orders(), 2), eq(col(0), col(3)));
    let both = join(JoinKind::Left, first, scan(&more, 4), eq(col(2), col(4)));
    let rows = run_sorted(&query(select(vec![both], None, vec![col(0), col(2), col(5)])));
    assert_eq!(rows, ["1 100 7", "1 101 -", "2 - -", "3 102 8"]);
}

#[test]
fn an_inner_join_behind_a_left_join_sees_its_nulls() {
    let more = table("more", false, &[&[100, 7], &[102, 8]]);
    let first = join(JoinKind::Left, scan(&people(), 0), scan(&orders(), 2), eq(col(0), col(3)));
    let both = join(JoinKind::Inner, first, scan(&more, 4), eq(col(2), col(4)));
    assert_eq!(run_sorted(&query(select(vec![both], None, vec![col(0), col(2), col(5)]))), ["1 100 7", "3 102 8"]);
}

#[test]
fn a_cross_join_has_all_pairs() {
    let from = vec![scan(&people(), 0), scan(&orders(), 2)];
    assert_eq!(run(&query(select(from, None, vec![col(0), col(2)]))).len(), 15);
}

#[test]
fn what_a_constant_says_is_looked_up_and_leads_to_the_rest() {
    let (people, orders) = (people(), orders());
    let filter = Expr::And(vec![eq(col(0), col(3)), eq(col(0), int(3))]);
    let from = vec![scan(&orders, 2), scan(&people, 0)];
    assert_eq!(run(&query(select(from, Some(filter), vec![col(2), col(1)]))), ["102 -"]);
    assert_eq!(people.lookups.load(Ordering::Relaxed), 1);
    assert!(people.values_read.load(Ordering::Relaxed) <= 3);
}

#[test]
fn a_unique_index_is_used_for_each_row_before_it() {
    let many: Vec<Vec<i64>> = (0..1000).map(|number| vec![number, number + 1]).collect();
    let many: Vec<&[i64]> = many.iter().map(Vec::as_slice).collect();
    let (large, orders) = (table("large", true, &many), orders());
    let from = vec![scan(&large, 0), scan(&orders, 2)];
    let rows = run_sorted(&query(select(from, Some(eq(col(3), col(0))), vec![col(2), col(1)])));
    assert_eq!(rows, ["100 2", "101 2", "102 4", "103 10"]);
    assert_eq!(large.lookups.load(Ordering::Relaxed), 4, "a null is not looked up");
}

#[test]
fn a_list_of_values_is_looked_up_once_each() {
    let people = people();
    let array = Expr::Array { element: 23, items: vec![int(3), int(1), int(3), null()], nested: false };
    let any = Expr::Quantified { left: Box::new(col(0)), operator: equal(), array: Box::new(array), all: false };
    assert_eq!(run_sorted(&query(select(vec![scan(&people, 0)], Some(any), vec![col(0)]))), ["1", "3"]);
    assert_eq!(people.lookups.load(Ordering::Relaxed), 2);
    let either = Expr::Or(vec![eq(col(0), int(2)), eq(int(1), col(0))]);
    assert_eq!(run_sorted(&query(select(vec![scan(&people, 0)], Some(either), vec![col(0)]))), ["1", "2"]);
    assert_eq!(people.lookups.load(Ordering::Relaxed), 4);
}

#[test]
fn a_parameter_is_looked_up() {
    let people = people();
    let body = query(select(vec![scan(&people, 0)], Some(eq(col(0), Expr::Parameter(0))), vec![col(1)]));
    let session = || Arc::new(Session::new());
    assert_eq!(try_run_with(&body, session(), vec![Value::Int(2)]).unwrap(), ["20"]);
    assert!(try_run_with(&body, session(), vec![Value::Null]).unwrap().is_empty());
    assert_eq!(people.lookups.load(Ordering::Relaxed), 1);
}

#[test]
fn a_condition_without_columns_is_asked_before_anything_is_read() {
    let people = people();
    assert!(run(&query(select(vec![scan(&people, 0)], Some(truth(false)), vec![col(0)]))).is_empty());
    assert_eq!(people.values_read.load(Ordering::Relaxed), 0);
}
