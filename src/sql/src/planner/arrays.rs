//! `array @> array`, `array <@ array`, `array && array` and comparisons, of which one side may be an array in text form.

use arrow::datatypes::DataType;
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::functions_nested::expr_fn::{array_has_all, array_has_any};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{Expr, ExprSchemable};
use datafusion::sql::sqlparser::ast::BinaryOperator;
use spi::types::PgType;

use super::casts::conversion;

/// Plans them as functions, and comparisons as what they are.
#[derive(Debug)]
pub(super) struct ArrayOperators;

impl ExprPlanner for ArrayOperators {
    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let RawBinaryExpr { op, mut left, mut right } = expr;
        if !(is_search(&op) || is_comparison(&op)) || is_text(&left) == is_text(&right) && !is_search(&op) {
            return Ok(PlannerResult::Original(RawBinaryExpr { op, left, right }));
        }
        let (left_type, right_type) = (left.get_type(schema)?, right.get_type(schema)?);
        match (left_type.is_list(), right_type.is_list()) {
            (true, false) => right = read(right, &left_type)?,
            (false, true) => left = read(left, &right_type)?,
            _ => {}
        }
        if !is_search(&op) || !left.get_type(schema)?.is_list() || !right.get_type(schema)?.is_list() {
            return Ok(PlannerResult::Original(RawBinaryExpr { op, left, right }));
        }
        Ok(PlannerResult::Planned(match op {
            BinaryOperator::AtArrow => array_has_all(left, right),
            BinaryOperator::ArrowAt => array_has_all(right, left),
            _ => array_has_any(left, right),
        }))
    }
}

fn is_search(op: &BinaryOperator) -> bool {
    matches!(op, BinaryOperator::AtArrow | BinaryOperator::ArrowAt | BinaryOperator::PGOverlap)
}

fn is_comparison(op: &BinaryOperator) -> bool {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq)
}

fn is_text(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(ScalarValue::Utf8(Some(_)), _))
}

/// A text literal as an array of the other side's type.
fn read(expr: Expr, array: &DataType) -> Result<Expr> {
    if is_text(&expr) { conversion::convert(expr, &DataType::Utf8, PgType::from_arrow(array)) } else { Ok(expr) }
}
