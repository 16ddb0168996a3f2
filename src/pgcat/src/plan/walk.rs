//! What the planner looks for in expressions and queries.

use std::sync::Arc;

use crate::expr::{Expr, SubqueryKind};
use crate::function::{Function, Implementation};
use crate::query::{Body, From, FunctionScan, Query, Register, TableExpr};

/// Below this much stack, a deeper level continues on a new piece of it.
pub(crate) const STACK_RED_ZONE: usize = 128 * 1024;
/// How large such a piece is.
pub(crate) const STACK_PIECE: usize = 2 * 1024 * 1024;

/// The registers of the query's own frame that an expression reads, also from queries inside of it.
pub(super) fn own_registers(expr: &Expr, visit: &mut dyn FnMut(Register)) {
    expr.each(&mut |expr, deeper| match expr {
        Expr::Column { depth, register } if *depth == deeper => visit(*register),
        _ => {}
    });
}

/// The registers of the frame right around a query that the query reads.
pub(super) fn outer_registers(query: &Query, visit: &mut dyn FnMut(Register)) {
    query.expressions(&mut |expr, depth| {
        expr.each(&mut |expr, deeper| match expr {
            Expr::Column { depth: found, register } if *found == depth + deeper + 1 => visit(*register),
            _ => {}
        });
    });
}

/// The expressions of functions in FROM.
pub(super) fn function_scan(scan: &FunctionScan, visit: &mut dyn FnMut(&Expr)) {
    for function in &scan.functions {
        match &function.expr {
            TableExpr::Set { arguments, .. } => arguments.iter().for_each(&mut *visit),
            TableExpr::Single(expr) => visit(expr),
        }
    }
}

/// The queries in the expressions of a query's own level: sub-queries, and bodies of functions in SQL, as (query, whether it is a body).
pub(super) fn nested(query: &Query, visit: &mut dyn FnMut(&Arc<Query>, bool)) {
    query.own_expressions(&mut |expr, _| nested_in(expr, visit));
    if let Body::Select(select) = &query.body {
        select.set_returning.iter().flatten().for_each(|call| body(&call.function, visit));
        select.from.iter().for_each(|from| bodies_in_from(from, visit));
    }
}

/// The queries in an expression.
pub(super) fn nested_in(expr: &Expr, visit: &mut dyn FnMut(&Arc<Query>, bool)) {
    expr.each(&mut |expr, deeper| {
        if deeper > 0 {
            return;
        }
        if let Expr::Subquery(subquery) = expr {
            visit(&subquery.query, false);
        }
        functions(expr, &mut |function| body(function, visit));
    });
}

fn bodies_in_from(from: &From, visit: &mut dyn FnMut(&Arc<Query>, bool)) {
    match from {
        From::Function(scan) => {
            for function in &scan.functions {
                if let TableExpr::Set { function, .. } = &function.expr {
                    body(function, visit);
                }
            }
        }
        From::Join(join) => {
            bodies_in_from(&join.left, visit);
            bodies_in_from(&join.right, visit);
        }
        From::Relation(_) | From::Query { .. } | From::Cte { .. } => {}
    }
}

fn body(function: &Function, visit: &mut dyn FnMut(&Arc<Query>, bool)) {
    if let Implementation::Sql(query) = &function.implementation {
        visit(query, true);
    }
}

/// The functions that an expression calls itself, not those inside of it.
fn functions(expr: &Expr, visit: &mut dyn FnMut(&Arc<Function>)) {
    match expr {
        Expr::Call(call) => visit(&call.function),
        Expr::IsDistinct { equal, .. } | Expr::NullIf { equal, .. } => visit(equal),
        Expr::Quantified { operator, .. } => visit(operator),
        Expr::CompareRows(rows) => rows.equal.iter().chain(&rows.compare).for_each(visit),
        Expr::Subquery(subquery) => {
            if let SubqueryKind::Quantified { operators, .. } = &subquery.kind {
                operators.iter().for_each(visit);
            }
        }
        _ => {}
    }
}
