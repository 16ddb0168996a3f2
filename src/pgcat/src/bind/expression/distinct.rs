//! `a IS DISTINCT FROM b AND c`, which the parser library reads as `a IS DISTINCT FROM (b AND c)`.
//!
//! What it reads so is everything up to the end of the condition, whatever stands before: `NOT a IS DISTINCT FROM b OR c` as well. The
//! parts are put into their order again, and grouped as PostgreSQL does: by NOT, then AND, then OR.

use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator};

/// A condition without AND and OR, or one of the words between.
enum Part {
    Condition(Box<Expr>),
    Not,
    And,
    Or,
}

/// The condition as it is meant; `None` where it was read so.
pub(super) fn regrouped(condition: &Expr) -> Option<Expr> {
    if !is_misread(condition) {
        return None;
    }
    let mut parts = Vec::new();
    collect(condition, &mut parts);
    let mut parts = parts.into_iter().peekable();
    let mut any = Vec::new();
    loop {
        let mut all = vec![negated(&mut parts)?];
        while parts.next_if(|part| matches!(part, Part::And)).is_some() {
            all.push(negated(&mut parts)?);
        }
        any.push(joined(all, &BinaryOperator::And)?);
        if parts.next_if(|part| matches!(part, Part::Or)).is_none() {
            break;
        }
    }
    joined(any, &BinaryOperator::Or)
}

/// Only the last part of a condition can have taken what follows it.
fn is_misread(condition: &Expr) -> bool {
    match condition {
        Expr::BinaryOp { op: BinaryOperator::And | BinaryOperator::Or, right, .. } => is_misread(right),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => is_misread(expr),
        Expr::IsDistinctFrom(_, right) | Expr::IsNotDistinctFrom(_, right) if !begins_with_not(right) => {
            matches!(**right, Expr::BinaryOp { op: BinaryOperator::And | BinaryOperator::Or, .. }) || is_misread(right)
        }
        _ => false,
    }
}

/// What negates the right side itself stays as it was read.
fn begins_with_not(condition: &Expr) -> bool {
    match condition {
        Expr::BinaryOp { left, op: BinaryOperator::And | BinaryOperator::Or, .. } => begins_with_not(left),
        Expr::UnaryOp { op: UnaryOperator::Not, .. } => true,
        _ => false,
    }
}

/// The parts in the order in which they are written.
fn collect(condition: &Expr, parts: &mut Vec<Part>) {
    match condition {
        Expr::BinaryOp { left, op: op @ (BinaryOperator::And | BinaryOperator::Or), right } => {
            collect(left, parts);
            parts.push(if *op == BinaryOperator::And { Part::And } else { Part::Or });
            collect(right, parts);
        }
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
            parts.push(Part::Not);
            collect(expr, parts);
        }
        Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) if !begins_with_not(right) => {
            let first = parts.len();
            collect(right, parts);
            let Some(Part::Condition(right)) = parts.get_mut(first) else { return };
            let (left, taken) = (left.clone(), Box::new(std::mem::replace(&mut **right, Expr::Tuple(Vec::new()))));
            **right = match condition {
                Expr::IsDistinctFrom(..) => Expr::IsDistinctFrom(left, taken),
                _ => Expr::IsNotDistinctFrom(left, taken),
            };
        }
        other => parts.push(Part::Condition(Box::new(other.clone()))),
    }
}

/// A condition with what negates it.
fn negated(parts: &mut impl Iterator<Item = Part>) -> Option<Expr> {
    match parts.next()? {
        Part::Condition(condition) => Some(*condition),
        Part::Not => Some(Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(negated(parts)?) }),
        Part::And | Part::Or => None,
    }
}

fn joined(conditions: Vec<Expr>, op: &BinaryOperator) -> Option<Expr> {
    let join = |left, right| Expr::BinaryOp { left: Box::new(left), op: op.clone(), right: Box::new(right) };
    conditions.into_iter().reduce(join)
}
