//! `->`, `->>`, `@>`, `<@` and `?` over documents, as the functions that they are in PostgreSQL.

use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::ExprSchemable;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use crate::functions;

/// Plans them where arrays have not claimed them before.
#[derive(Debug)]
pub(super) struct JsonOperators;

impl ExprPlanner for JsonOperators {
    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let by_place = || expr.right.get_type(schema).is_ok_and(|right| right.is_integer());
        let name = match expr.op {
            BinaryOperator::Arrow if by_place() => "jsonb_array_element",
            BinaryOperator::Arrow => "jsonb_object_field",
            BinaryOperator::LongArrow if by_place() => "jsonb_array_element_text",
            BinaryOperator::LongArrow => "jsonb_object_field_text",
            BinaryOperator::AtArrow => "jsonb_contains",
            BinaryOperator::ArrowAt => "jsonb_contained",
            BinaryOperator::Question => "jsonb_exists",
            _ => return Ok(PlannerResult::Original(expr)),
        };
        match functions::plain(name) {
            Some(function) => Ok(PlannerResult::Planned(function.call(vec![expr.left, expr.right]))),
            None => Ok(PlannerResult::Original(expr)),
        }
    }
}
