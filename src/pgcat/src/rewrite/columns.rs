//! Every place of a query where a register or a query of a WITH is read, however deep.

use std::collections::HashMap;
use std::sync::Arc;

use super::with_stack;
use crate::expr::Expr;
use crate::query::{Body, From, Query, Register};

/// Visits every expression of a query, the outer ones first, with how many queries deeper it stands.
pub(super) fn each_mut(query: &mut Query, visit: &mut dyn FnMut(&mut Expr, usize)) {
    query.expressions_mut(&mut |expr, depth| expr.each_mut(&mut |inner, deeper| visit(inner, depth + deeper)));
}

/// Visits the readers of WITH: by how many queries up that is, and how many queries deeper than this one the reader stands.
pub(super) fn each_cte_mut(query: &mut Query, level: usize, visit: &mut dyn FnMut(&mut usize, usize)) {
    if let Body::Select(select) = &mut query.body {
        select.from.iter_mut().for_each(|from| ctes_of(from, level, visit));
    }
    query.queries_mut(&mut |inner| with_stack(|| each_cte_mut(inner, level + 1, visit)));
    query.own_expressions_mut(&mut |expr, _| {
        expr.each_mut(&mut |inner, deeper| match inner {
            Expr::Subquery(subquery) if deeper == 0 => each_cte_mut(Arc::make_mut(&mut subquery.query), level + 1, visit),
            _ => {}
        });
    });
}

fn ctes_of(from: &mut From, level: usize, visit: &mut dyn FnMut(&mut usize, usize)) {
    match from {
        From::Cte { levels, .. } => visit(levels, level),
        From::Join(join) => {
            ctes_of(&mut join.left, level, visit);
            ctes_of(&mut join.right, level, visit);
        }
        From::Relation(_) | From::Function(_) | From::Query { .. } => {}
    }
}

/// Puts expressions of the query in the places where registers of it are read. An expression may hold registers that are replaced too.
pub(super) fn substitute(query: &mut Query, replacements: &HashMap<Register, Expr>) {
    each_mut(query, &mut |expr, level| replace(expr, level, replacements));
}

/// The same inside one expression of the query.
pub(super) fn substitute_in(expr: &mut Expr, replacements: &HashMap<Register, Expr>) {
    expr.each_mut(&mut |inner, level| replace(inner, level, replacements));
}

fn replace(expr: &mut Expr, level: usize, replacements: &HashMap<Register, Expr>) {
    while let Expr::Column { depth, register } = expr
        && *depth == level
        && let Some(replacement) = replacements.get(register)
    {
        *expr = raised(replacement, level);
    }
}

/// An expression so many queries further in than it stands.
fn raised(expr: &Expr, by: usize) -> Expr {
    let mut raised = expr.clone();
    raised.each_mut(&mut |inner, level| match inner {
        Expr::Column { depth, .. } if *depth >= level => *depth += by,
        Expr::Subquery(subquery) if level == 0 => {
            each_cte_mut(Arc::make_mut(&mut subquery.query), 1, &mut |levels, level| {
                if *levels >= level {
                    *levels += by;
                }
            });
        }
        _ => {}
    });
    raised
}

/// Says for every sub-query what it reads of those around it, when rewriting has changed that.
pub(super) fn refresh_outer(query: &mut Query) {
    each_mut(query, &mut |expr, _| {
        let Expr::Subquery(subquery) = expr else { return };
        let mut outer = Vec::new();
        subquery.query.expressions(&mut |expr, depth| {
            expr.each(&mut |inner, deeper| {
                if let Expr::Column { depth: read, register } = inner
                    && *read > depth + deeper
                {
                    let found = (*read - (depth + deeper) - 1, *register);
                    if !outer.contains(&found) {
                        outer.push(found);
                    }
                }
            });
        });
        subquery.outer = outer;
    });
}
