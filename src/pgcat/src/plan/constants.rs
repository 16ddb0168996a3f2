//! Whether a query has expressions that are constant and may fail, or make others fall away: PostgreSQL computes these before it runs
//! anything.

use crate::expr::{Conversion, Expr};
use crate::query::Query;
use crate::value::Value;

/// Whether there is one in a query or in one of those inside of it.
pub(super) fn has_any(query: &Query) -> bool {
    let mut has = false;
    query.expressions(&mut |expr, _| {
        if !has {
            expr.each(&mut |expr, _| has |= is_computed(expr));
        }
    });
    has
}

/// What of it is constant as a whole is so because its innermost calls are.
fn is_computed(expr: &Expr) -> bool {
    let is_constant = |expr: &Expr| matches!(expr, Expr::Constant(_) | Expr::Parameter(_));
    match expr {
        Expr::Call(call) => {
            let is_null = |expr: &Expr| matches!(expr, Expr::Constant(Value::Null));
            call.function.is_immutable && call.arguments.iter().all(is_constant)
                || call.function.is_strict && call.arguments.iter().any(is_null)
        }
        Expr::And(operands) | Expr::Or(operands) => operands.iter().any(is_constant),
        Expr::Convert { operand, conversion: Conversion::Text { .. } | Conversion::Modifier { .. } } => is_constant(operand),
        // Its type may have no order.
        Expr::Extreme { .. } => true,
        Expr::Subscript { array, .. } => is_constant(array),
        _ => false,
    }
}
