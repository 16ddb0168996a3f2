//! Integer literals have PostgreSQL's type: `integer` where they fit, `bigint` where they do not.
//!
//! DataFusion reads every one as a 64-bit number. A literal that fits 32 bits is planned as a cast, which the optimizer folds;
//! where the grammar wants a plain number, as in `LIMIT 1` or `ORDER BY 1`, it stays one. Hexadecimal ones, `0x1F`, are numbers
//! too, and a sign belongs to what stands right behind it: `-2 ^ 2` is 4.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Distinct, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr,
    LimitClause, NamedWindowExpr, OrderByKind, Query, Select, TableFactor, UnaryOperator, Value, VisitMut, VisitorMut, WindowFrame,
    WindowFrameBound, WindowType,
};

/// Functions whose result type DataFusion takes from a literal argument, which must then be recognisable as one.
const READ_LITERALS: &[&str] = &["round", "trunc", "lag", "lead", "nth_value", "ntile", "approx_percentile_cont"];

/// Larger exponents than this leave no room for digits in a decimal of 38.
const EXPONENT_MAX: i32 = 30;

/// Types the integer literals of a query.
pub(crate) fn type_integers(query: &mut Query) {
    // The visitor never breaks.
    let _ = query.visit(&mut Integers);
}

struct Integers;

impl VisitorMut for Integers {
    type Break = std::convert::Infallible;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        match expr {
            Expr::Value(value) if is_beyond_decimals(&value.value) => {
                let mut literal = Box::new(std::mem::replace(expr, Expr::Tuple(Vec::new())));
                quote_number(&mut literal);
                let data_type = DataType::DoublePrecision;
                *expr = Expr::Cast { kind: CastKind::DoubleColon, expr: literal, data_type, array: false, format: None };
            }
            Expr::Value(value) => {
                // Only the length tells `0x1F` from the string of bits `X'1F'`.
                let length = value.span.end.column.saturating_sub(value.span.start.column);
                if let Value::HexStringLiteral(digits) = &value.value
                    && length == digits.len() as u64 + 2
                    && let Ok(number) = i64::from_str_radix(digits, 16)
                {
                    value.value = Value::Number(number.to_string(), false);
                }
            }
            // Its literal is planned as it is, so that no digit is lost on the way through a decimal.
            Expr::Cast { expr: inner, data_type, .. } if is_floating(data_type) => quote_number(inner),
            Expr::UnaryOp { op: UnaryOperator::Minus, expr: inner } => {
                if let Some(base) = base_of_power(inner) {
                    let positive = std::mem::replace(base, Expr::Tuple(Vec::new()));
                    *base = Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(positive) };
                    *expr = std::mem::replace(inner.as_mut(), Expr::Tuple(Vec::new()));
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        match expr {
            Expr::Value(value) if matches!(&value.value, Value::Number(digits, _) if digits.parse::<i32>().is_ok()) => {
                let literal = std::mem::replace(expr, Expr::Tuple(Vec::new()));
                *expr = typed(literal);
            }
            // The sign belongs to the number, so that DataFusion folds both at once.
            Expr::UnaryOp { op: UnaryOperator::Minus, expr: inner } if is_typed(inner) => {
                untype(inner);
                let literal = std::mem::replace(expr, Expr::Tuple(Vec::new()));
                *expr = typed(literal);
            }
            // The least integer of 32 bits is one only with its sign.
            Expr::UnaryOp { op: UnaryOperator::Minus, expr: inner } if is_least_integer(inner) => {
                let literal = std::mem::replace(expr, Expr::Tuple(Vec::new()));
                *expr = typed(literal);
            }
            // Its opposite is one of 64 bits.
            Expr::UnaryOp { op: UnaryOperator::Minus, expr: inner } => {
                if let Some(number) = negated_least_integer(inner) {
                    *expr = number;
                }
            }
            Expr::Function(function) => untype_in_function(function),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<Self::Break> {
        if let GroupByExpr::Expressions(expressions, _) = &mut select.group_by {
            expressions.iter_mut().for_each(untype);
        }
        if let Some(Distinct::On(expressions)) = &mut select.distinct {
            expressions.iter_mut().for_each(untype);
        }
        for window in &mut select.named_window {
            if let NamedWindowExpr::WindowSpec(spec) = &mut window.1 {
                spec.window_frame.iter_mut().for_each(untype_frame);
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<Self::Break> {
        if let Some(OrderByKind::Expressions(expressions)) = query.order_by.as_mut().map(|order_by| &mut order_by.kind) {
            expressions.iter_mut().for_each(|order| untype(&mut order.expr));
        }
        match &mut query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, .. }) => {
                limit.iter_mut().for_each(untype);
                offset.iter_mut().for_each(|offset| untype(&mut offset.value));
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => {
                untype(offset);
                untype(limit);
            }
            None => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Self::Break> {
        match factor {
            TableFactor::Table { args: Some(arguments), .. } => arguments.args.iter_mut().for_each(untype_argument),
            TableFactor::Function { args, .. } => args.iter_mut().for_each(untype_argument),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// `Int32` is a type that no statement in PostgreSQL's language can name, so it marks our own casts.
fn typed(literal: Expr) -> Expr {
    Expr::Cast { kind: CastKind::DoubleColon, expr: Box::new(literal), data_type: DataType::Int32, array: false, format: None }
}

/// What stands behind the sign of the least integer, in parentheses.
fn negated_least_integer(expr: &Expr) -> Option<Expr> {
    match expr {
        Expr::Nested(inner) => negated_least_integer(inner),
        Expr::Cast { expr, data_type: DataType::Int32, .. } => match expr.as_ref() {
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } if is_least_integer(expr) => Some(expr.as_ref().clone()),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a number is so large or small that only a floating-point number holds it.
fn is_beyond_decimals(value: &Value) -> bool {
    let Value::Number(digits, _) = value else { return false };
    let exponent = digits.split_once(['e', 'E']).and_then(|(_, exponent)| exponent.parse::<i32>().ok());
    exponent.is_some_and(|exponent| exponent.abs() > EXPONENT_MAX)
}

fn is_floating(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Real | DataType::Float4 | DataType::Float8 | DataType::DoublePrecision | DataType::Float(_))
}

fn quote_number(literal: &mut Expr) {
    if let Expr::Value(value) = literal
        && let Value::Number(digits, _) = &value.value
    {
        value.value = Value::SingleQuotedString(digits.clone());
    }
}

fn is_least_integer(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(&value.value, Value::Number(digits, _) if digits == "2147483648"))
}

/// The first operand of a power, or of powers of powers.
fn base_of_power(expr: &mut Expr) -> Option<&mut Expr> {
    match expr {
        Expr::BinaryOp { left, op: BinaryOperator::PGExp, .. } => match left.as_mut() {
            Expr::BinaryOp { op: BinaryOperator::PGExp, .. } => base_of_power(left),
            _ => Some(left),
        },
        _ => None,
    }
}

fn is_typed(expr: &Expr) -> bool {
    matches!(expr, Expr::Cast { data_type: DataType::Int32, .. })
}

fn untype(expr: &mut Expr) {
    if let Expr::Cast { expr: inner, data_type: DataType::Int32, .. } = expr {
        *expr = std::mem::replace(inner, Expr::Tuple(Vec::new()));
    }
}

fn untype_argument(argument: &mut FunctionArg) {
    match argument {
        FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg) => {
            if let FunctionArgExpr::Expr(expr) = arg {
                untype(expr);
            }
        }
    }
}

fn untype_in_function(function: &mut Function) {
    let name = function.name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.to_lowercase());
    if let FunctionArguments::List(list) = &mut function.args
        && name.is_some_and(|name| READ_LITERALS.contains(&name.as_str()))
    {
        list.args.iter_mut().for_each(untype_argument);
    }
    if let Some(WindowType::WindowSpec(spec)) = &mut function.over {
        spec.window_frame.iter_mut().for_each(untype_frame);
    }
}

fn untype_frame(frame: &mut WindowFrame) {
    for bound in std::iter::once(&mut frame.start_bound).chain(&mut frame.end_bound) {
        if let WindowFrameBound::Preceding(Some(expr)) | WindowFrameBound::Following(Some(expr)) = bound {
            untype(expr);
        }
    }
}

#[cfg(test)]
mod tests {
    use datafusion::sql::sqlparser::{ast::Statement, dialect::PostgreSqlDialect, parser::Parser};

    use super::*;

    #[track_caller]
    fn check(sql: &str, rewritten: &str) {
        let statement = Parser::parse_sql(&PostgreSqlDialect {}, sql).expect("a statement").remove(0);
        let Statement::Query(mut query) = statement else { panic!("a query") };
        type_integers(&mut query);
        assert_eq!(query.to_string(), rewritten);
    }

    #[test]
    fn literals_that_fit_are_integers() {
        check("SELECT 1, 3000000000, -2, 1.5", "SELECT 1::Int32, 3000000000, -2::Int32, 1.5");
        check("SELECT 0x1F, -2147483648, 2147483648", "SELECT 31::Int32, -2147483648::Int32, 2147483648");
        check("SELECT -(-2147483648), -(-1)", "SELECT 2147483648, -(-1::Int32)");
        check("SELECT -a ^ 2, -a ^ 2 ^ 3, -(a ^ 2)", "SELECT -a ^ 2::Int32, -a ^ 2::Int32 ^ 3::Int32, -(a ^ 2::Int32)");
        check("SELECT 1e300, 1e3, 1e15::float8", "SELECT '1e300'::DOUBLE PRECISION, 1e3, '1e15'::FLOAT8");
        check("SELECT a[1], round(1.5, 2)", "SELECT a[1::Int32], round(1.5, 2)");
    }

    #[test]
    fn ordinals_and_limits_stay_numbers() {
        check("SELECT a FROM t GROUP BY 1 ORDER BY 1 LIMIT 2 OFFSET 3", "SELECT a FROM t GROUP BY 1 ORDER BY 1 LIMIT 2 OFFSET 3");
        check("SELECT DISTINCT ON (1) a FROM f(1)", "SELECT DISTINCT ON (1) a FROM f(1)");
        check(
            "SELECT sum(a) OVER (ORDER BY b ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING)",
            "SELECT sum(a) OVER (ORDER BY b ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING)",
        );
    }
}
