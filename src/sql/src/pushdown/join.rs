//! Joins of tables of one source.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::{JoinType, NullEquality, Result};
use datafusion::logical_expr::{Join, LogicalPlan};
use spi::query::{Expr, Function, JoinKind, Query};

use super::expression::translate;
use super::{Below, Part, Whole, part as part_of, with_subqueries};

pub(super) fn part(mut node: Join) -> Result<Part> {
    let (left, right) = (part_of(node.left.as_ref().clone())?, part_of(node.right.as_ref().clone())?);
    if let (Part::Whole(left), Part::Whole(right)) = (&left, &right)
        && let Some(said) = joined(left, right, &node)
    {
        return Ok(Part::Whole(said));
    }
    (node.left, node.right) = (Arc::new(left.into_plan()?), Arc::new(right.into_plan()?));
    with_subqueries(LogicalPlan::Join(node))
}

fn joined(left: &Whole, right: &Whole, node: &Join) -> Option<Whole> {
    // `NOT IN` of rows with nulls has a meaning of its own.
    if !left.is_of(right) || node.null_aware {
        return None;
    }
    // The right side's rows are those that a semi-join gives: it is the left one of the query.
    let (kind, turned) = match node.join_type {
        JoinType::Inner => (JoinKind::Inner, false),
        JoinType::Left => (JoinKind::Left, false),
        JoinType::Right => (JoinKind::Right, false),
        JoinType::Full => (JoinKind::Full, false),
        JoinType::LeftSemi => (JoinKind::Semi, false),
        JoinType::LeftAnti => (JoinKind::Anti, false),
        JoinType::RightSemi => (JoinKind::Semi, true),
        JoinType::RightAnti => (JoinKind::Anti, true),
        JoinType::LeftMark => (JoinKind::Mark, false),
        JoinType::RightMark => (JoinKind::Mark, true),
    };
    let (first, second) = if turned { (right, left) } else { (left, right) };
    let schemas = [first.schema.as_ref(), second.schema.as_ref()];
    let equal = match node.null_equality {
        NullEquality::NullEqualsNothing => Function::Equal,
        NullEquality::NullEqualsNull => Function::IsNotDistinctFrom,
    };
    let mut conditions = Vec::new();
    for (one, other) in &node.on {
        conditions.push(Expr::call(equal, vec![translate(one, &schemas)?, translate(other, &schemas)?], DataType::Boolean));
    }
    if let Some(filter) = &node.filter {
        conditions.push(translate(filter, &schemas)?);
    }
    let condition = match conditions.len() {
        0 | 1 => conditions.pop(),
        _ => Some(Expr::call(Function::And, conditions, DataType::Boolean)),
    };
    let query = Query::Join { left: first.input(), right: second.input(), kind, condition };
    first.with(query, &node.schema, Below::Statement)
}
