//! From one query to another with the same answer, of which more can be looked up and less has to be read.
//!
//! From the inside out, simple queries in FROM become part of those around them; then, from the outside in, conditions go into the
//! queries that stay.

mod columns;
mod conjuncts;
mod outer_joins;
mod pull_up;
mod push_down;

use std::sync::Arc;

use crate::expr::Expr;
use crate::query::{Body, From, Query};

/// Rewrites a query with all queries in it.
pub(crate) fn rewrite(query: &mut Query) {
    pull(query);
    push(query);
    columns::refresh_outer(query);
}

fn pull(query: &mut Query) {
    each_inner(query, &mut pull);
    pull_up::pull_up(query);
    outer_joins::simplify(query);
}

fn push(query: &mut Query) {
    push_down::push_down(query);
    each_inner(query, &mut push);
}

/// Visits the queries directly inside of a query.
fn each_inner(query: &mut Query, visit: &mut dyn FnMut(&mut Query)) {
    query.ctes.iter_mut().for_each(|cte| visit(Arc::make_mut(&mut cte.query)));
    match &mut query.body {
        Body::Select(select) => select.from.iter_mut().for_each(|from| in_from(from, visit)),
        Body::Values(_) => {}
        Body::SetOperation(operation) => {
            visit(&mut operation.left);
            visit(&mut operation.right);
        }
    }
    query.expressions_mut(&mut |expr, depth| {
        if depth == 0 {
            expr.each_mut(&mut |inner, deeper| match inner {
                Expr::Subquery(subquery) if deeper == 0 => visit(Arc::make_mut(&mut subquery.query)),
                _ => {}
            });
        }
    });
}

fn in_from(from: &mut From, visit: &mut dyn FnMut(&mut Query)) {
    match from {
        From::Query { query, .. } => visit(Arc::make_mut(query)),
        From::Join(join) => {
            in_from(&mut join.left, visit);
            in_from(&mut join.right, visit);
        }
        From::Relation(_) | From::Function(_) | From::Cte { .. } => {}
    }
}
