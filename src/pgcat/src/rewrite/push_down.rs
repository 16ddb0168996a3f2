//! Conditions on a query in FROM that cannot become part of the query around it go into it: before its groups are made, and into both
//! sides of a UNION.

use std::collections::HashMap;
use std::sync::Arc;

use super::{columns, conjuncts, with_stack};
use crate::expr::Expr;
use crate::query::{Body, Distinct, Fill, From, JoinKind, Query, Register, Select};

/// Pushes what can be pushed, and leaves the rest.
pub(super) fn push_down(query: &mut Query) {
    let Body::Select(select) = &mut query.body else { return };
    let mut left = Vec::new();
    for condition in conjuncts::split(select.filter.take()) {
        let pushed =
            columns_read(&condition).is_some_and(|registers| select.from.iter_mut().any(|from| push(&condition, &registers, from)));
        if !pushed {
            left.push(condition);
        }
    }
    select.filter = conjuncts::join(left);
}

/// What a condition reads, if it can be pushed anywhere.
fn columns_read(condition: &Expr) -> Option<Vec<Register>> {
    let (mut can_move, mut registers) = (!condition.is_volatile(), Vec::new());
    condition.each(&mut |expr, level| match expr {
        Expr::Column { depth, register } if *depth == level => registers.push(*register),
        // A sub-query may read the WITH of a query around, which would be elsewhere then.
        Expr::Subquery(_) => can_move = false,
        _ => {}
    });
    (can_move && !registers.is_empty()).then_some(registers)
}

/// Pushes a condition that reads these registers into an item of FROM, if it is about that alone.
fn push(condition: &Expr, registers: &[Register], from: &mut From) -> bool {
    match from {
        From::Query { query, registers: fills, .. } => {
            let column = |register: &Register| fills.iter().find(|fill| fill.register == *register).map(|fill| fill.column);
            let Some(columns) = registers.iter().map(column).collect::<Option<Vec<usize>>>() else { return false };
            let takes = takes(&columns, query);
            if takes {
                push_into(moved(condition, fills), Arc::make_mut(query));
            }
            takes
        }
        From::Join(join) => match join.kind {
            JoinKind::Inner => push(condition, registers, &mut join.left) || push(condition, registers, &mut join.right),
            JoinKind::Left => push(condition, registers, &mut join.left),
            JoinKind::Right => push(condition, registers, &mut join.right),
            JoinKind::Full => false,
        },
        From::Relation(_) | From::Function(_) | From::Cte { .. } => false,
    }
}

/// The condition as one of the query's columns, which stand for registers of it, and of what is further out.
fn moved(condition: &Expr, fills: &[Fill]) -> Expr {
    let mut moved = condition.clone();
    moved.each_mut(&mut |expr, level| match expr {
        Expr::Column { depth, register } if *depth == level => {
            if let Some(fill) = fills.iter().find(|fill| fill.register == *register) {
                *register = fill.column;
            }
        }
        Expr::Column { depth, .. } if *depth > level => *depth += 1,
        _ => {}
    });
    moved
}

/// Whether a condition on these columns of a query can be asked inside of it.
fn takes(columns: &[usize], query: &Query) -> bool {
    if query.limit.is_some() || query.offset.is_some() || query.is_volatile {
        return false;
    }
    match &query.body {
        Body::Select(select) => select_takes(columns, select),
        Body::Values(_) => false,
        Body::SetOperation(operation) => with_stack(|| takes(columns, &operation.left) && takes(columns, &operation.right)),
    }
}

fn select_takes(columns: &[usize], select: &Select) -> bool {
    if !select.windows.is_empty() || matches!(select.distinct, Distinct::On(_)) {
        return false;
    }
    let sets: Vec<Register> = select.set_returning.iter().flatten().map(|call| call.register).collect();
    let mut outputs = columns.iter().map(|column| &select.output[*column]);
    match &select.grouping {
        None => outputs.all(|output| !reads_any(output, &sets)),
        // A condition on keys alone holds for whole groups.
        Some(grouping) => {
            let all: Vec<usize> = (0..grouping.keys.len()).collect();
            let keys: Vec<Register> = grouping.keys.iter().map(|(_, register)| *register).collect();
            !keys.is_empty()
                && grouping.sets == [all]
                && grouping.grouping_calls.is_empty()
                && outputs.all(|output| !reads_any(output, &sets) && reads_only(output, &keys))
        }
    }
}

/// Asks a condition inside of a query that [`takes`] it. The condition reads column n of the query as register n.
fn push_into(mut condition: Expr, query: &mut Query) {
    match &mut query.body {
        Body::Select(select) => push_into_select(&condition, select),
        // Nothing is asked of rows that are listed.
        Body::Values(_) => {}
        Body::SetOperation(operation) => {
            condition.each_mut(&mut |expr, level| match expr {
                Expr::Column { depth, .. } if *depth > level => *depth += 1,
                _ => {}
            });
            with_stack(|| {
                push_into(condition.clone(), &mut operation.left);
                push_into(condition, &mut operation.right);
            });
        }
    }
}

fn push_into_select(condition: &Expr, select: &mut Select) {
    // Columns are numbered like registers, which they are not: each is replaced once, by an expression of this query.
    let mut condition = replaced_once(condition, &select.output.iter().cloned().enumerate().collect());
    if let Some(grouping) = &select.grouping {
        condition = replaced_once(&condition, &grouping.keys.iter().map(|(key, register)| (*register, key.clone())).collect());
    }
    conjuncts::add(&mut select.filter, vec![condition]);
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

fn reads_only(expr: &Expr, registers: &[Register]) -> bool {
    let mut only = true;
    expr.each(&mut |inner, level| {
        only &= !matches!(inner, Expr::Column { depth, register } if *depth == level && !registers.contains(register));
    });
    only
}
