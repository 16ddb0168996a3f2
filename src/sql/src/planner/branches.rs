//! Where several expressions make one value, a text literal among them is a literal of the others' type, and no text of its own:
//! `CASE WHEN a THEN 1 ELSE '2' END`, `SELECT 1 UNION SELECT '2'`. DataFusion would make all of them text.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::expr::Case;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Projection, Union};
use datafusion::optimizer::AnalyzerRule;
use spi::types::PgType;
use spi::{Code, Error};

use super::casts::conversion;
use crate::output::arrow_type;
use crate::parameters;

/// The rule that does it. It stands before those that make types fit.
#[derive(Debug)]
pub(super) struct Branches;

impl AnalyzerRule for Branches {
    fn name(&self) -> &str {
        "postgresql_branches"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(rewrite_plan).map(|rewritten| rewritten.data)
    }
}

fn rewrite_plan(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    if let LogicalPlan::Union(union) = plan {
        return read_union(union);
    }
    let schema = merge_schema(&plan.inputs());
    let names = NamePreserver::new(&plan);
    let rewritten = plan.map_expressions(|expr| {
        let name = names.save(&expr);
        let rewritten = expr.transform_up(|expr| match expr {
            Expr::Case(case) => read_case(case, &schema).map(|rewritten| rewritten.update_data(Expr::Case)),
            other => Ok(Transformed::no(other)),
        })?;
        Ok(if rewritten.transformed { rewritten.update_data(|expr| name.restore(expr)) } else { rewritten })
    })?;
    if rewritten.transformed { rewritten.map_data(LogicalPlan::recompute_schema) } else { Ok(rewritten) }
}

fn read_case(mut case: Case, schema: &DFSchema) -> Result<Transformed<Case>> {
    if case.expr.is_none() {
        for (when, _) in &case.when_then_expr {
            match when.get_type(schema) {
                Ok(DataType::Boolean | DataType::Null) | Err(_) => {}
                Ok(_) if is_text_literal(when) || matches!(when.as_ref(), Expr::Placeholder(_)) => {}
                Ok(other) => {
                    let other = PgType::from_arrow(&other).format();
                    let error = Error::new(Code::DatatypeMismatch, format!("argument of CASE/WHEN must be type boolean, not type {other}"));
                    return Err(DataFusionError::External(Box::new(error)));
                }
            }
        }
    }
    let mut branches: Vec<&mut Box<Expr>> = case.when_then_expr.iter_mut().map(|(_, then)| then).chain(&mut case.else_expr).collect();
    let types = branches.iter().filter(|branch| !is_text_literal(branch)).map(|branch| branch.get_type(schema));
    let Some(target) = common_type(types.flatten()) else { return Ok(Transformed::no(case)) };
    let mut read = false;
    for branch in branches.iter_mut().filter(|branch| is_text_literal(branch)) {
        ***branch = typed(std::mem::take(&mut ***branch), target)?;
        read = true;
    }
    Ok(if read { Transformed::yes(case) } else { Transformed::no(case) })
}

fn read_union(union: Union) -> Result<Transformed<LogicalPlan>> {
    let literal = |input: &LogicalPlan, column: usize| match input {
        LogicalPlan::Projection(projection) => projection.expr.get(column).is_some_and(is_text_literal),
        _ => false,
    };
    let mut inputs = union.inputs.clone();
    let mut read = false;
    for column in 0..union.schema.fields().len() {
        let literals: Vec<usize> = (0..inputs.len()).filter(|index| literal(&inputs[*index], column)).collect();
        let others = inputs.iter().enumerate().filter(|(index, _)| !literals.contains(index));
        let types = others.filter_map(|(_, input)| input.schema().fields().get(column)).map(|field| field.data_type().clone());
        let Some(target) = common_type(types) else { continue };
        for index in literals {
            let LogicalPlan::Projection(projection) = inputs[index].as_ref() else { continue };
            let mut expressions = projection.expr.clone();
            let name = expressions[column].schema_name().to_string();
            let value = std::mem::take(&mut expressions[column]).unalias();
            expressions[column] = typed(value, target)?.alias(name);
            inputs[index] = Arc::new(LogicalPlan::Projection(Projection::try_new(expressions, Arc::clone(&projection.input))?));
            read = true;
        }
    }
    if !read {
        return Ok(Transformed::no(LogicalPlan::Union(union)));
    }
    Ok(Transformed::yes(LogicalPlan::Union(Union::try_new_with_loose_types(inputs)?)))
}

/// A text literal as a value. What it says is known now, and wrong even where nobody asks for the branch; but `now` and `today` are
/// said only when the statement runs.
fn typed(literal: Expr, target: PgType) -> Result<Expr> {
    let data_type = arrow_type(target);
    match literal.clone().unalias() {
        Expr::Literal(ScalarValue::Utf8(Some(text)), metadata) if !data_type.is_temporal() => {
            let value = parameters::decode_text(&text, target.oid, "UTC").map_err(|error| DataFusionError::External(Box::new(error)))?;
            Ok(Expr::Literal(value.cast_to(&data_type)?, metadata))
        }
        _ => conversion::convert(literal, &DataType::Utf8, target),
    }
}

fn is_text_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(ScalarValue::Utf8(Some(_)), _) => true,
        Expr::Alias(alias) => is_text_literal(&alias.expr),
        _ => false,
    }
}

/// The type that text literals are read as: the first one, unless one is text. Decimals have no scale that a literal fits.
fn common_type(types: impl Iterator<Item = DataType>) -> Option<PgType> {
    let types: Vec<DataType> = types.filter(|data_type| *data_type != DataType::Null).collect();
    let reads = |data_type: &DataType| {
        data_type.is_integer()
            || data_type.is_floating()
            || data_type.is_temporal()
            || data_type.is_list()
            || *data_type == DataType::Boolean
    };
    let first = types.first()?;
    types.iter().all(reads).then(|| PgType::from_arrow(first))
}
