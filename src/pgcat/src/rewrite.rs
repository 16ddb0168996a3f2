//! From one query to another with the same answer, of which more can be looked up and less has to be read.
//!
//! From the inside out, simple queries in FROM become part of those around them; then, from the outside in, conditions go into the
//! queries that stay.

mod columns;
mod conjuncts;
mod existence;
mod outer_joins;
mod pull_up;
mod push_down;

use std::sync::Arc;

use crate::expr::Expr;
use crate::plan::{STACK_PIECE, STACK_RED_ZONE};
use crate::query::Query;

/// Rewrites a query with all queries in it.
pub(crate) fn rewrite(query: &mut Query) {
    existence::simplify(query);
    pull(query);
    push(query);
    columns::refresh_outer(query);
}

fn pull(query: &mut Query) {
    with_stack(|| {
        each_inner(query, &mut pull);
        pull_up::pull_up(query);
        outer_joins::simplify(query);
    });
}

fn push(query: &mut Query) {
    with_stack(|| {
        push_down::push_down(query);
        each_inner(query, &mut push);
    });
}

/// Goes one query deeper with enough stack for it: a UNION of many is nested as deep as it has terms.
fn with_stack<T>(work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(STACK_RED_ZONE, STACK_PIECE, work)
}

/// Visits the queries directly inside of a query.
fn each_inner(query: &mut Query, visit: &mut dyn FnMut(&mut Query)) {
    query.queries_mut(visit);
    query.own_expressions_mut(&mut |expr, _| {
        expr.each_mut(&mut |inner, deeper| match inner {
            Expr::Subquery(subquery) if deeper == 0 => visit(Arc::make_mut(&mut subquery.query)),
            _ => {}
        });
    });
}
