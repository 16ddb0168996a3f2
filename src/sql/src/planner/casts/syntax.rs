//! Calls of functions that have a syntax of their own.

use datafusion::sql::sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, UnaryOperator, Value};

use crate::planner::results::call;

/// `extract(… FROM …)`, `… AT TIME ZONE …`, `|/ …`, `||/ …` or `@ …` as the call that it stands for.
pub(super) fn called(expr: &mut Expr) -> Option<Function> {
    let taken = |expr: &mut Expr| std::mem::replace(expr, Expr::Tuple(Vec::new()));
    let (name, arguments) = match expr {
        Expr::Extract { field, expr, .. } => {
            let field = Value::SingleQuotedString(field.to_string().trim_matches('\'').to_lowercase());
            ("extract", vec![Expr::Value(field.with_empty_span()), taken(expr)])
        }
        Expr::AtTimeZone { timestamp, time_zone } => ("timezone", vec![taken(time_zone), taken(timestamp)]),
        Expr::UnaryOp { op, expr } => match op {
            UnaryOperator::PGSquareRoot => ("sqrt", vec![taken(expr)]),
            UnaryOperator::PGCubeRoot => ("cbrt", vec![taken(expr)]),
            UnaryOperator::PGAbs => ("abs", vec![taken(expr)]),
            _ => return None,
        },
        _ => return None,
    };
    let arguments = arguments.into_iter().map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)));
    Some(call(name, arguments.collect()))
}
