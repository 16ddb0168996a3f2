//! Columns of type `char(n)`, whose values have blanks at their end that mean nothing: not in a comparison, and not once they are text.
//!
//! They are cut off where PostgreSQL does it: in comparisons, before `||` and `concat`, by a cast to another text, and for `length`.
//! LIKE sees them. Rows are read, grouped and sorted with them, which makes no difference as long as all values are of one length;
//! where UNION, JOIN … USING or DISTINCT meets columns of different lengths, and in `nullif`, they still count.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DataFusionError, Result, ScalarValue};
use datafusion::datasource::source_as_provider;
use datafusion::functions::string::rtrim;
use datafusion::logical_expr::expr::{Between, Case, InList, InSubquery, ScalarFunction};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{BinaryExpr, Expr, LogicalPlan, Operator, Projection, Subquery, TableScan};
use datafusion::optimizer::AnalyzerRule;
use spi::types::{PgType, oid};

use super::operators::is_comparison;
use crate::output::{cast_target, origins};
use crate::source_table::SourceTable;

/// Rewrites the expressions of plans that read such columns.
#[derive(Debug)]
pub(super) struct Padded;

impl AnalyzerRule for Padded {
    fn name(&self) -> &str {
        "postgresql_padded_text"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        let mut reads_any = false;
        plan.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node {
                let columns = 0..scan.source.schema().fields().len();
                reads_any |= columns.into_iter().any(|column| is_char(scan, column));
            }
            Ok(if reads_any { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
        })?;
        if reads_any { plan.transform_up_with_subqueries(rewrite_plan).map(|rewritten| rewritten.data) } else { Ok(plan) }
    }
}

/// Whether the column of a table is a `char(n)` of a data source.
fn is_char(scan: &TableScan, column: usize) -> bool {
    let pg_type = source_as_provider(&scan.source).ok().and_then(|table| table.downcast_ref::<SourceTable>()?.pg_type(column));
    pg_type.is_some_and(|PgType { oid, .. }| oid == oid::BPCHAR)
}

fn rewrite_plan(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let inputs: Vec<LogicalPlan> = plan.inputs().into_iter().cloned().collect();
    let names = NamePreserver::new(&plan);
    let rewritten = plan.map_expressions(|expr| {
        let name = names.save(&expr);
        Ok(expr.transform_up(|expr| rewrite(expr, &inputs))?.update_data(|expr| name.restore(expr)))
    })?;
    if rewritten.transformed { rewritten.map_data(LogicalPlan::recompute_schema) } else { Ok(rewritten) }
}

fn rewrite(mut expr: Expr, inputs: &[LogicalPlan]) -> Result<Transformed<Expr>> {
    let is_char = |expr: &Expr| Side::of(expr, inputs) == Side::Char;
    let mut changes = false;
    let unpadded = match &mut expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if is_comparison(*op) && (is_char(left) || is_char(right)) => {
            vec![left.as_mut(), right.as_mut()]
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::StringConcat, right }) => {
            [left.as_mut(), right.as_mut()].into_iter().filter(|side| is_char(side)).collect()
        }
        Expr::Between(Between { expr, low, high, .. }) if is_char(expr) => vec![expr.as_mut(), low.as_mut(), high.as_mut()],
        Expr::InList(InList { expr, list, .. }) if is_char(expr) => std::iter::once(expr.as_mut()).chain(list).collect(),
        Expr::Cast(cast) if matches!(cast_target(&cast.field).oid, oid::TEXT | oid::VARCHAR) && is_char(&cast.expr) => {
            vec![cast.expr.as_mut()]
        }
        Expr::Case(Case { expr: Some(searched), when_then_expr, .. }) if is_char(searched) => {
            std::iter::once(searched.as_mut()).chain(when_then_expr.iter_mut().map(|(when, _)| when.as_mut())).collect()
        }
        Expr::InSubquery(InSubquery { expr: searched, subquery, .. }) => {
            changes = unpad_column(subquery)?;
            std::iter::once(searched.as_mut()).filter(|searched| is_char(searched)).collect()
        }
        Expr::ScalarFunction(function) if counts_characters(function) => {
            function.args.iter_mut().filter(|argument| is_char(argument)).collect()
        }
        _ => Vec::new(),
    };
    changes |= !unpadded.is_empty();
    for side in unpadded {
        unpad(side, inputs);
    }
    Ok(if changes { Transformed::yes(expr) } else { Transformed::no(expr) })
}

/// What is searched for in a sub-query is compared with its only column. Answers whether that has blanks to be cut off.
fn unpad_column(subquery: &mut Subquery) -> Result<bool> {
    let plan = subquery.subquery.as_ref();
    let [column] = plan.schema().columns().try_into().map_err(|_| DataFusionError::Internal("IN takes one column".to_owned()))?;
    let is_char = Side::of_column(&column, plan) == Some(Side::Char);
    if is_char {
        let unpadded = Expr::ScalarFunction(ScalarFunction::new_udf(rtrim(), vec![Expr::Column(column.clone())]));
        let unpadded = unpadded.alias_qualified(column.relation, column.name);
        subquery.subquery = Arc::new(LogicalPlan::Projection(Projection::try_new(vec![unpadded], Arc::clone(&subquery.subquery))?));
    }
    Ok(is_char)
}

/// Whether the function sees a `char(n)` as the text that it is without its blanks.
fn counts_characters(function: &ScalarFunction) -> bool {
    matches!(function.name(), "concat" | "concat_ws" | "character_length" | "char_length" | "length")
}

/// What stands beside a `char(n)`.
#[derive(PartialEq)]
enum Side {
    Char,
    /// A literal, which becomes one.
    Literal,
    /// A value that was computed elsewhere; beside a `char(n)` it is nearly always one.
    Unknown,
    /// A text whose own blanks count.
    Text,
}

impl Side {
    fn of(expr: &Expr, inputs: &[LogicalPlan]) -> Self {
        match expr {
            Expr::Column(column) => inputs.iter().find_map(|input| Side::of_column(column, input)).unwrap_or(Side::Unknown),
            Expr::Literal(ScalarValue::Utf8(Some(_)), _) => Side::Literal,
            Expr::ScalarFunction(function) if matches!(function.name(), "coalesce" | "nullif" | "greatest" | "least") => Side::Unknown,
            Expr::Case(_) | Expr::ScalarSubquery(_) | Expr::OuterReferenceColumn(..) => Side::Unknown,
            Expr::Alias(alias) => Side::of(&alias.expr, inputs),
            _ => Side::Text,
        }
    }

    fn of_column(column: &Column, input: &LogicalPlan) -> Option<Self> {
        let origins = origins(input, input.schema().maybe_index_of_column(column)?);
        if origins.is_empty() {
            return None;
        }
        let mut found = Side::Text;
        let looked = input.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node
                && origins.iter().any(|origin| origin.table == scan.table_name && is_char(scan, origin.column))
            {
                found = Side::Char;
            }
            Ok(TreeNodeRecursion::Continue)
        });
        looked.is_ok().then_some(found)
    }
}

fn unpad(side: &mut Expr, inputs: &[LogicalPlan]) {
    match (Side::of(side, inputs), &mut *side) {
        (Side::Literal, Expr::Literal(ScalarValue::Utf8(Some(text)), _)) => text.truncate(text.trim_end_matches(' ').len()),
        (Side::Char | Side::Unknown, _) => {
            let expr = std::mem::take(side);
            *side = Expr::ScalarFunction(ScalarFunction::new_udf(rtrim(), vec![expr]));
        }
        _ => {}
    }
}
