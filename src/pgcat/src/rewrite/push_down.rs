//! Conditions on a query in FROM that cannot become part of the query around it go into it: before its groups are made, and into both
//! sides of a UNION.

use std::collections::HashMap;
use std::sync::Arc;

use super::{columns, conjuncts};
use crate::expr::Expr;
use crate::query::{Body, Distinct, Fill, From, JoinKind, Query, Register, Select};

/// Pushes what can be pushed, and leaves the rest.
pub(super) fn push_down(query: &mut Query) {
    let Body::Select(select) = &mut query.body else { return };
    let mut left = Vec::new();
    for condition in conjuncts::split(select.filter.take()) {
        if !select.from.iter_mut().any(|from| push(&condition, from)) {
            left.push(condition);
        }
    }
    select.filter = conjuncts::join(left);
}

/// Pushes a condition into an item of FROM, if it is about that alone.
fn push(condition: &Expr, from: &mut From) -> bool {
    match from {
        From::Query { query, registers, .. } => {
            let Some(condition) = about(condition, registers) else { return false };
            push_into(condition, Arc::make_mut(query))
        }
        From::Join(join) => match join.kind {
            JoinKind::Inner => push(condition, &mut join.left) || push(condition, &mut join.right),
            JoinKind::Left => push(condition, &mut join.left),
            JoinKind::Right => push(condition, &mut join.right),
            JoinKind::Full => false,
        },
        From::Relation(_) | From::Function(_) | From::Cte { .. } => false,
    }
}

/// The condition as one of the query's columns, which stand for registers of it, and of what is further out; `None` if it reads
/// anything else of the query around, or nothing of this one.
fn about(condition: &Expr, fills: &[Fill]) -> Option<Expr> {
    if condition.is_volatile() {
        return None;
    }
    let (mut is_about, mut reads) = (true, false);
    let mut moved = condition.clone();
    moved.each_mut(&mut |expr, level| match expr {
        Expr::Column { depth, register } if *depth == level => match fills.iter().find(|fill| fill.register == *register) {
            Some(fill) => {
                *register = fill.column;
                reads = true;
            }
            None => is_about = false,
        },
        Expr::Column { depth, .. } if *depth > level => *depth += 1,
        // A sub-query may read the WITH of a query around, which would be elsewhere then.
        Expr::Subquery(_) => is_about = false,
        _ => {}
    });
    (is_about && reads).then_some(moved)
}

/// `condition` reads column n of the query as register n. Gives whether it went in.
fn push_into(condition: Expr, query: &mut Query) -> bool {
    if query.limit.is_some() || query.offset.is_some() || query.is_volatile {
        return false;
    }
    match &mut query.body {
        Body::Select(select) => push_into_select(condition, select),
        Body::Values(_) => false,
        Body::SetOperation(operation) => {
            let mut moved = condition;
            moved.each_mut(&mut |expr, level| match expr {
                Expr::Column { depth, .. } if *depth > level => *depth += 1,
                _ => {}
            });
            if !(takes(&moved, &operation.left) && takes(&moved, &operation.right)) {
                return false;
            }
            push_into(moved.clone(), &mut operation.left) && push_into(moved, &mut operation.right)
        }
    }
}

/// Whether [`push_into`] would push it.
fn takes(condition: &Expr, query: &Query) -> bool {
    push_into(condition.clone(), &mut query.clone())
}

fn push_into_select(mut condition: Expr, select: &mut Select) -> bool {
    if !select.windows.is_empty() || matches!(select.distinct, Distinct::On(_)) {
        return false;
    }
    let outputs: HashMap<Register, Expr> = select.output.iter().cloned().enumerate().collect();
    // Columns are numbered like registers, which they are not: each is replaced once, by an expression of this query.
    condition = replaced_once(&condition, &outputs);
    let sets: Vec<Register> = select.set_returning.iter().flatten().map(|call| call.register).collect();
    if reads_any(&condition, &sets) {
        return false;
    }
    if let Some(grouping) = &select.grouping {
        // A condition on keys alone holds for whole groups.
        let all: Vec<usize> = (0..grouping.keys.len()).collect();
        let computed: Vec<Register> = grouping.aggregates.iter().map(|call| call.register).collect();
        if grouping.keys.is_empty() || grouping.sets != [all] || !grouping.grouping_calls.is_empty() || reads_any(&condition, &computed) {
            return false;
        }
        let keys: HashMap<Register, Expr> = grouping.keys.iter().map(|(key, register)| (*register, key.clone())).collect();
        if !reads_only(&condition, &keys) {
            return false;
        }
        condition = replaced_once(&condition, &keys);
    }
    conjuncts::add(&mut select.filter, vec![condition]);
    true
}

/// The registers replaced, without looking for registers in what replaces them.
fn replaced_once(expr: &Expr, replacements: &HashMap<Register, Expr>) -> Expr {
    // The registers get out of the way of those that the replacements read.
    let away = usize::MAX / 2;
    let mut moved = expr.clone();
    moved.each_mut(&mut |inner, level| match inner {
        Expr::Column { depth, register } if *depth == level => *register += away,
        _ => {}
    });
    let replacements = replacements.iter().map(|(register, expr)| (register + away, expr.clone())).collect();
    columns::substitute_in(&mut moved, &replacements);
    moved
}

fn reads_any(expr: &Expr, registers: &[Register]) -> bool {
    let mut reads = false;
    expr.each(&mut |inner, level| {
        reads |= matches!(inner, Expr::Column { depth, register } if *depth == level && registers.contains(register));
    });
    reads
}

fn reads_only(expr: &Expr, registers: &HashMap<Register, Expr>) -> bool {
    let mut only = true;
    expr.each(&mut |inner, level| {
        only &= !matches!(inner, Expr::Column { depth, register } if *depth == level && !registers.contains_key(register));
    });
    only
}
