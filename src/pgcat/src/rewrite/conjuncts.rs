//! Conditions as lists of what AND connects.

use crate::expr::Expr;

/// What AND connects, however nested.
pub(super) fn split(condition: Option<Expr>) -> Vec<Expr> {
    match condition {
        None => Vec::new(),
        Some(Expr::And(parts)) => parts.into_iter().flat_map(|part| split(Some(part))).collect(),
        Some(other) => vec![other],
    }
}

/// All of them, as one condition.
pub(super) fn join(mut conditions: Vec<Expr>) -> Option<Expr> {
    match conditions.len() {
        0 | 1 => conditions.pop(),
        _ => Some(Expr::And(conditions)),
    }
}

/// A condition with others added.
pub(super) fn add(condition: &mut Option<Expr>, others: Vec<Expr>) {
    if !others.is_empty() {
        let mut all = split(condition.take());
        all.extend(others);
        *condition = join(all);
    }
}
