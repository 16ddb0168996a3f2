//! Expressions with nulls, rows and arrays.

use super::support::*;
use crate::expr::{CompareRows, Expr, RowOperator, Subscript};
use crate::types::oid;
use crate::value::{Array, Dimension, Value};

fn value(expr: Expr) -> String {
    run(&query(select(Vec::new(), None, vec![expr]))).remove(0)
}

#[test]
fn and_or_and_not_know_three_values() {
    assert_eq!(value(Expr::And(vec![null(), truth(false)])), "false");
    assert_eq!(value(Expr::And(vec![null(), truth(true)])), "-");
    assert_eq!(value(Expr::Or(vec![null(), truth(true)])), "true");
    assert_eq!(value(Expr::Or(vec![null(), truth(false)])), "-");
    assert_eq!(value(Expr::Not(Box::new(null()))), "-");
    let is = |operand, truth, negated| value(Expr::IsTruth { operand: Box::new(operand), truth, negated });
    assert_eq!(is(null(), Some(true), false), "false");
    assert_eq!(is(null(), Some(true), true), "true");
    assert_eq!(is(null(), None, false), "true");
    assert_eq!(is(truth(false), Some(false), false), "true");
}

#[test]
fn a_row_is_null_if_all_is_and_not_null_if_nothing_is() {
    let row = |items: Vec<Expr>| Expr::Row { type_oid: oid::RECORD, fields: [].into(), items };
    let is_null = |operand: Expr, negated| value(Expr::IsNull { operand: Box::new(operand), negated, is_row: true });
    assert_eq!(is_null(row(vec![null(), null()]), false), "true");
    assert_eq!(is_null(row(vec![int(1), null()]), false), "false");
    assert_eq!(is_null(row(vec![int(1), null()]), true), "false");
    assert_eq!(is_null(row(vec![int(1), int(2)]), true), "true");
    assert_eq!(is_null(null(), false), "true");
}

#[test]
fn only_the_branch_that_is_taken_is_computed() {
    let fails = call(function(1, "fails", |_, _, _| Err(spi::Error::internal("computed")), oid::INT4), vec![int(1)]);
    let case = Expr::Case { branches: vec![(null(), fails.clone()), (truth(true), int(1))], otherwise: Some(Box::new(fails.clone())) };
    assert_eq!(value(case), "1");
    assert_eq!(value(Expr::Coalesce(vec![null(), int(2), fails.clone()])), "2");
    assert_eq!(value(Expr::And(vec![truth(false), fails])), "false");
    assert_eq!(value(Expr::Case { branches: vec![(truth(false), int(1))], otherwise: None }), "-");
}

#[test]
fn distinct_from_takes_null_as_a_value() {
    let distinct =
        |left: Expr, right: Expr| value(Expr::IsDistinct { left: Box::new(left), right: Box::new(right), equal: equal(), negated: false });
    assert_eq!(distinct(null(), null()), "false");
    assert_eq!(distinct(null(), int(1)), "true");
    assert_eq!(distinct(int(1), int(1)), "false");
    let null_if = |left: Expr, right: Expr| value(Expr::NullIf { left: Box::new(left), right: Box::new(right), equal: equal() });
    assert_eq!(null_if(int(1), int(1)), "-");
    assert_eq!(null_if(int(1), null()), "1");
}

#[test]
fn the_greatest_leaves_nulls_out() {
    let extreme = |greatest| value(Expr::Extreme { type_oid: oid::INT4, operands: vec![int(2), null(), int(5)], greatest });
    assert_eq!((extreme(true), extreme(false)), ("5".to_owned(), "2".to_owned()));
}

#[test]
fn any_and_all_know_three_values() {
    let array = |items: Vec<Expr>| Expr::Array { element: oid::INT4, items, nested: false };
    let is =
        |left: Expr, array: Expr, all| value(Expr::Quantified { left: Box::new(left), operator: equal(), array: Box::new(array), all });
    assert_eq!(is(int(1), array(vec![int(2), int(1)]), false), "true");
    assert_eq!(is(int(1), array(vec![int(2), null()]), false), "-");
    assert_eq!(is(int(1), array(vec![int(1), int(2)]), true), "false");
    assert_eq!(is(null(), array(Vec::new()), false), "false");
    assert_eq!(is(null(), array(Vec::new()), true), "true");
    assert_eq!(is(int(1), null(), false), "-");
}

#[test]
fn rows_are_compared_by_the_first_pair_that_differs() {
    let compare = |operator, left: Vec<Expr>, right: Vec<Expr>| {
        let compare = if matches!(operator, RowOperator::Less) { vec![less(), less()] } else { Vec::new() };
        value(Expr::CompareRows(Box::new(CompareRows { operator, left, right, equal: vec![equal(), equal()], compare })))
    };
    assert_eq!(compare(RowOperator::Less, vec![int(1), int(9)], vec![int(2), int(0)]), "true");
    assert_eq!(compare(RowOperator::Less, vec![int(1), int(2)], vec![int(1), int(2)]), "false");
    assert_eq!(compare(RowOperator::Less, vec![int(1), null()], vec![int(2), int(0)]), "true");
    assert_eq!(compare(RowOperator::Less, vec![int(1), null()], vec![int(1), int(0)]), "-");
    assert_eq!(compare(RowOperator::Equal, vec![int(1), null()], vec![int(2), int(0)]), "false");
    assert_eq!(compare(RowOperator::NotEqual, vec![int(1), null()], vec![int(1), int(0)]), "-");
}

/// `'[2:4]={1,2,3}'` and `'{{1,2},{3,4}}'`.
fn arrays() -> (Expr, Expr) {
    let array = |dimensions: &[(i32, i32)], count: i64| {
        let dimensions = dimensions.iter().map(|(length, lower)| Dimension { length: *length, lower: *lower }).collect();
        let values = (1..=count).map(Value::Int).collect();
        Expr::Constant(Value::Array(Array { element: oid::INT4, dimensions, values }.into()))
    };
    (array(&[(3, 2)], 3), array(&[(2, 1), (2, 1)], 4))
}

#[test]
fn subscripts_take_elements_and_slices() {
    let (shifted, square) = arrays();
    let at = |array: &Expr, subscripts: Vec<Subscript>| value(Expr::Subscript { array: Box::new(array.clone()), subscripts });
    let index = |number| Subscript::Index(int(number));
    let slice = |lower: Option<i64>, upper: Option<i64>| Subscript::Slice { lower: lower.map(int), upper: upper.map(int) };
    assert_eq!(at(&shifted, vec![index(2)]), "1");
    assert_eq!(at(&shifted, vec![index(1)]), "-");
    assert_eq!(at(&shifted, vec![Subscript::Index(null())]), "-");
    assert_eq!(at(&shifted, vec![slice(None, Some(3))]), "{1,2}");
    assert_eq!(at(&shifted, vec![slice(Some(3), None)]), "{2,3}");
    assert_eq!(at(&shifted, vec![slice(Some(5), Some(6))]), "{}");
    assert_eq!(at(&shifted, vec![slice(Some(0), Some(2))]), "{1}");
    assert_eq!(at(&square, vec![index(1)]), "-");
    assert_eq!(at(&square, vec![index(2), index(1)]), "3");
    assert_eq!(at(&square, vec![slice(Some(1), Some(1))]), "{1,2}");
    assert_eq!(at(&square, vec![slice(Some(1), Some(2)), index(2)]), "{1,2,3,4}");
    assert_eq!(at(&square, vec![slice(Some(2), Some(2)), slice(Some(2), None)]), "{4}");
    assert_eq!(at(&shifted, vec![index(2), slice(Some(1), Some(1))]), "{}");
}
